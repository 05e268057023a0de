//! Our own endpoint as a process: TLS, passwords and certificates, files that change under it, and clients that mean it
//! harm or only have bad luck. A scrape goes through all of it.

#![expect(clippy::disallowed_methods, reason = "tests start processes, write files and look at clocks")]

mod common;

use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use common::TempDir;
use common::authority::{Authority, Identity};
use common::fake_node::{FakeNode, within};
use common::sidecar::{
    Host, PROGRAM, Reply, Sidecar, connect, flag, free_port, get, has_partitions, is_up, reply, request, run, stderr,
    value,
};
use common::tools::{GET, Server, prometheus_program, skip, tool};
use rustix::process::{Pid, Resource, Rlimit, Signal, getrlimit, prlimit};
use rustls::{CipherSuite, NamedGroup, ProtocolVersion};

/// Exit codes.
const FAILED: Option<i32> = Some(1);
const USAGE: Option<i32> = Some(64);
/// Seconds in which files that changed are used: the program looks every five.
const FOLLOWED_S_MAX: u64 = 10;
const PASSWORD: &str = "correct horse: battery";

// What it is served by.

/// A host with a web configuration.
struct Secured {
    host: Host,
    authority: Authority,
}

impl Secured {
    /// With a certificate for localhost and these further lines.
    fn new(more: &str) -> Self {
        let secured = Self { host: Host::new(), authority: Authority::new() };
        secured.host.write("web/ca.pem", &secured.authority.pem);
        secured.serve_by(&secured.authority.identity(&["localhost"]));
        secured.configure(&format!("{TLS}{more}"));
        secured
    }

    fn configure(&self, text: &str) {
        self.host.write("web/web.yml", text);
    }

    fn serve_by(&self, identity: &Identity) {
        self.host.write("web/server.pem", &identity.cert);
        self.host.write("web/server.key", &identity.key);
    }

    fn file(&self) -> PathBuf {
        self.host.path("web/web.yml")
    }

    fn arguments(&self) -> Vec<String> {
        vec![self.host.procfs(), flag("web.config.file", self.file().display()), flag("log.level", "debug")]
    }

    fn start(&self) -> Sidecar {
        Sidecar::start(&self.arguments())
    }
}

/// Paths are relative to the file.
const TLS: &str = "tls_server_config:\n  cert_file: server.pem\n  key_file: server.key\n";
const MTLS: &str = "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ca.pem\n";

/// Users of the web configuration, with this cost.
fn users(names: &[&str], cost: u32) -> String {
    let hash = bcrypt::hash(PASSWORD, cost).expect("a hash");
    let lines = names.iter().map(|name| format!("  {name}: {hash}\n"));
    std::iter::once("basic_auth_users:\n".to_owned()).chain(lines).collect()
}

fn credentials(user: &str, password: &str) -> String {
    format!("Authorization: Basic {}\r\n", STANDARD.encode(format!("{user}:{password}")))
}

/// The address of this host that is not loopback; which one is asked of the routing table, and nothing is sent.
fn own_address() -> Option<IpAddr> {
    let socket = UdpSocket::bind("0.0.0.0:0").ok()?;
    socket.connect("192.0.2.1:9").ok()?;
    let own = socket.local_addr().ok()?.ip();
    (!own.is_loopback() && !own.is_unspecified()).then_some(own)
}

fn ask_at(address: impl Into<SocketAddr>, path: &str, headers: &str) -> Reply {
    let mut stream = TcpStream::connect(address.into()).expect("the server accepts");
    write!(stream, "GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{headers}\r\n").expect("it reads");
    reply(&mut stream).expect("an answer")
}

/// Seconds of CPU time that a process has taken.
fn cpu_seconds(pid: u32) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).expect("a process");
    let fields: Vec<&str> = stat.rsplit_once(')').expect("a name").1.split_ascii_whitespace().collect();
    (fields[11].parse::<f64>().expect("utime") + fields[12].parse::<f64>().expect("stime")) / 100.0
}

fn limit_hits(page: &str, limit: &str) -> f64 {
    value(page, &format!("brokerwatch_limit_hits_total{{limit=\"{limit}\"}}")).unwrap_or(0.0)
}

fn refused(page: &str, reason: &str) -> Option<f64> {
    value(page, &format!("brokerwatch_http_refused_total{{reason=\"{reason}\"}}"))
}

// HTTP.

#[test]
fn a_port_in_use_ends_it_with_the_address_and_the_flag() {
    let taken = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let host = Host::new();
    let output = run(&[&flag("web.listen-address", &address), &host.procfs()]);
    assert_eq!(output.status.code(), FAILED);
    let text = stderr(&output);
    assert!(text.contains(&address) && text.contains("--web.listen-address") && text.contains("in use"), "{text}");
    let output = run(&["--web.listen-address=192.0.2.1:9", &host.procfs()]);
    assert_eq!(output.status.code(), FAILED);
    assert!(stderr(&output).contains("--web.listen-address=192.0.2.1:9"), "{}", stderr(&output));
}

#[test]
fn methods_paths_and_formats_are_answered_as_http_wants_it() {
    let (host, node) = (Host::new(), FakeNode::start());
    let sidecar = Sidecar::start(&[host.procfs(), flag("kafka.server", node.address())]);
    sidecar.until("the partitions are seen", 6, |page| is_up(page) && has_partitions(page));
    let ask = |method, path, headers| request(sidecar.port, method, path, headers).unwrap();
    let post = ask("POST", "/metrics", "Content-Length: 0\r\n");
    assert_eq!((post.status, post.header("allow")), (405, Some("GET, HEAD")));
    let head = ask("HEAD", "/metrics", "");
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert!(
        head.header("content-length").is_some_and(|length| length.parse::<usize>().unwrap() > 1_000),
        "{}",
        head.head
    );
    assert_eq!(ask("GET", "/nothing", "").status, 404);
    for path in ["/", "/-/healthy", "/healthz"] {
        assert_eq!(ask("GET", path, "").status, 200, "{path}");
    }
    // Only once every source was tried, which the partitions do not wait for.
    assert!(within(10_000, || ask("GET", "/-/ready", "").status == 200), "{}", sidecar.log());

    let text = ask("GET", "/metrics", "");
    assert!(text.header("content-type").unwrap().starts_with("text/plain; version=0.0.4"), "{}", text.head);
    assert!(text.header("content-encoding").is_none() && !text.text().contains("# EOF"));
    let open = ask("GET", "/metrics", "Accept: application/openmetrics-text;version=1.0.0\r\n");
    assert!(open.header("content-type").unwrap().starts_with("application/openmetrics-text; version=1.0.0"));
    assert!(open.text().ends_with("# EOF\n"), "{}", open.text());
    assert!(text.header("vary").is_some_and(|vary| vary.contains("Accept-Encoding")));

    let zipped = ask("GET", "/metrics", "Accept-Encoding: gzip\r\n");
    assert_eq!(zipped.header("content-encoding"), Some("gzip"));
    let mut unzipped = String::new();
    flate2::read::GzDecoder::new(&*zipped.body).read_to_string(&mut unzipped).unwrap();
    assert!(zipped.body.len() < unzipped.len() / 2 && is_up(&unzipped));
}

#[test]
fn a_header_that_is_too_large_is_refused() {
    let host = Host::new();
    let sidecar = Sidecar::start(&[host.procfs()]);
    let mut stream = connect(sidecar.port);
    let large = "x".repeat(64 << 10);
    // The server may close before all of it was taken.
    let _ = write!(stream, "GET /metrics HTTP/1.1\r\nHost: a\r\nX-Large: {large}\r\n\r\n");
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let answer = String::from_utf8_lossy(&answer);
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431"), "{answer}");
    assert_eq!(sidecar.get("/-/healthy").status, 200);
}

#[test]
fn a_header_that_does_not_end_is_cut_off() {
    let host = Host::new();
    let sidecar = Sidecar::start(&[host.procfs()]);
    let mut stream = connect(sidecar.port);
    stream.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
    stream.write_all(b"GET /metrics HTTP/1.1\r\nX-Slow: ").unwrap();
    let started = Instant::now();
    let closed = within(13_000, || {
        let written = stream.write_all(b"x").is_err();
        let read = stream.read(&mut [0; 1]);
        written || matches!(read, Ok(0)) || read.is_err_and(|error| error.kind() == ErrorKind::ConnectionReset)
    });
    assert!(closed, "after {:?} it still listens", started.elapsed());
    assert!(started.elapsed() > Duration::from_secs(5), "a slow client has its time: {:?}", started.elapsed());
}

#[test]
fn idle_connections_do_not_stop_a_scrape() {
    let host = Host::new();
    let sidecar = Sidecar::start(&[host.procfs()]);
    let idle: Vec<TcpStream> = (0..150).map(|_| connect(sidecar.port)).collect();
    sleep(Duration::from_millis(300));
    let mut scrape = connect(sidecar.port);
    scrape.set_read_timeout(Some(Duration::from_secs(12))).unwrap();
    let started = Instant::now();
    write!(scrape, "GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").unwrap();
    let answer = reply(&mut scrape).map(|answer| answer.status);
    let took = started.elapsed();
    drop(idle);
    // Prometheus waits ten seconds by default.
    let answered = answer.as_ref().is_ok_and(|status| *status == 200);
    assert!(answered && took < Duration::from_secs(5), "{answer:?} after {took:?}");
}

// Hostile clients.

#[test]
fn a_hundred_scrapes_at_once_get_one_page() {
    let node = FakeNode::start();
    let secured = Secured::new(&users(&["prometheus"], 10));
    let (address, authority) = (flag("kafka.server", node.address()), &secured.authority);
    let plain = Sidecar::start(&[secured.host.procfs(), address.clone()]);
    let mut arguments = secured.arguments();
    arguments.push(address);
    let closed = Sidecar::start(&arguments);
    plain.until("the broker answers", 6, is_up);
    let (client, credentials) = (authority.client(None), credentials("prometheus", PASSWORD));
    let (plain_port, closed_port) = (plain.port, closed.port);
    let before = cpu_seconds(closed.pid());
    let scrapes: Vec<_> = (0..100)
        .map(|_| {
            let (client, credentials) = (client.clone(), credentials.clone());
            thread::spawn(move || {
                let plain = get(plain_port, "/metrics").map(|reply| reply.status);
                (plain, client.status(closed_port, "/metrics", &credentials))
            })
        })
        .collect();
    for scrape in scrapes {
        let (plain, closed) = scrape.join().unwrap();
        assert_eq!((plain.unwrap(), closed.unwrap()), (200, 200));
    }
    // All gave the same password: it was compared once, which alone would else take seven seconds of a core.
    let took = cpu_seconds(closed.pid()) - before;
    assert!(took < 4.0, "{took} s of CPU");
}

#[test]
fn a_flood_of_guesses_is_told_to_come_again_and_keeps_nobody_out() {
    let secured = Secured::new("");
    secured.configure(&users(&["prometheus"], 10));
    let sidecar = secured.start();
    let right = credentials("prometheus", PASSWORD);
    assert_eq!(request(sidecar.port, "GET", "/metrics", &right).unwrap().status, 200);
    let port = sidecar.port;
    let guesses: Vec<_> = (0..90)
        .map(|at| thread::spawn(move || request(port, "GET", "/metrics", &credentials("prometheus", &at.to_string()))))
        .collect();
    sleep(Duration::from_millis(500));
    for _ in 0..5 {
        let reply = request(sidecar.port, "GET", "/metrics", &right).unwrap();
        assert_eq!(reply.status, 200, "who was known is known");
    }
    assert!(guesses.iter().any(|guess| !guess.is_finished()), "and does not wait behind guesses");
    let replies: Vec<Reply> = guesses.into_iter().map(|guess| guess.join().unwrap().unwrap()).collect();
    let busy: Vec<&Reply> = replies.iter().filter(|reply| reply.status == 503).collect();
    assert!(busy.len() >= 3 && busy.iter().all(|reply| reply.header("retry-after") == Some("1")), "{}", busy.len());
    assert!(replies.iter().all(|reply| [401, 503].contains(&reply.status)));
    let page = || request(sidecar.port, "GET", "/metrics", &right).unwrap().text();
    assert!(within(5_000, || limit_hits(&page(), "password_checks") >= 3.0), "{}", page());
}

/// A host whose snapshot is larger than what the kernel takes for a client that does not read.
fn host_of_much() -> Host {
    let host = Host::new();
    let dirs: Vec<PathBuf> = (0..3_500).map(|at| host.path(&format!("{}{at}", "x".repeat(200)))).collect();
    let dirs: Vec<&std::path::Path> = dirs.iter().map(PathBuf::as_path).collect();
    let file = host.properties(9, &dirs);
    host.start_broker(100, 7, &file);
    host
}

#[test]
fn slow_readers_lose_their_place_and_their_connection() {
    let host = host_of_much();
    let sidecar = Sidecar::start(&[host.procfs()]);
    assert!(within(10_000, || sidecar.get("/snapshot").body.len() > 700_000), "{}", sidecar.log());
    let length = sidecar.get("/snapshot").body.len();
    let ask_and_sleep = || {
        let mut stream = connect(sidecar.port);
        stream.write_all(b"GET /snapshot HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
        stream
    };
    // They come at once and take every place; on a busy machine the first are slow before the last has come.
    let busy = (0..10).find_map(|_| {
        let readers: Vec<TcpStream> = (0..64).map(|_| ask_and_sleep()).collect();
        let late = sidecar.get("/metrics");
        (late.status == 503).then_some((readers, late))
    });
    let (readers, late) = busy.expect("a scrape that finds no place");
    assert_eq!(late.header("retry-after"), Some("1"), "{}", late.head);
    assert_eq!(sidecar.get("/-/healthy").status, 200, "it says that it lives");
    let served = || sidecar.get("/metrics").status == 200;
    assert!(within(10_000, served), "who reads nothing for five seconds makes room");
    drop(readers);
    sidecar.until("it is counted", 5, |page| limit_hits(page, "http_requests") >= 1.0);

    // One alone keeps its place until its time is over.
    let mut alone = ask_and_sleep();
    sleep(Duration::from_secs(25));
    assert_eq!(sidecar.get("/metrics").status, 200);
    sleep(Duration::from_secs(7));
    let mut got = Vec::new();
    let _ = alone.read_to_end(&mut got);
    assert!(got.len() < length, "after 32 s it was still served: {} bytes", got.len());
}

#[test]
fn without_descriptors_it_waits_and_then_serves_again() {
    let host = Host::new();
    let sidecar = Sidecar::start(&[host.procfs()]);
    let _ = sidecar.until("it runs", 5, |page| value(page, "kafka_node_processes").is_some());
    let pid = Pid::from_raw(i32::try_from(sidecar.pid()).unwrap());
    let open = fs::read_dir(format!("/proc/{}/fd", sidecar.pid())).unwrap().count() as u64;
    let own_limit = getrlimit(Resource::Nofile);
    let old = prlimit(pid, Resource::Nofile, Rlimit { current: Some(open + 5), ..own_limit }).unwrap();
    let idle: Vec<TcpStream> = (0..60).map(|_| connect(sidecar.port)).collect();
    sidecar.until_logged("Connections cannot be accepted", 5);
    let before = cpu_seconds(sidecar.pid());
    sleep(Duration::from_secs(2));
    let took = cpu_seconds(sidecar.pid()) - before;
    assert!(took < 0.5, "it spins: {took} s of CPU in 2 s");
    drop(idle);
    assert!(
        within(10_000, || get(sidecar.port, "/metrics").is_ok_and(|reply| reply.status == 200)),
        "{}",
        sidecar.log()
    );
    prlimit(pid, Resource::Nofile, old).unwrap();
    sidecar.until("it is counted", 5, |page| limit_hits(page, "descriptors") >= 1.0);
}

#[test]
fn few_descriptors_leave_the_sources_theirs() {
    let (host, node) = (Host::new(), FakeNode::start());
    let (port, dir) = (free_port(), TempDir::new());
    let log = fs::File::create(dir.path().join("log")).unwrap();
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -n 56; exec \"$0\" \"$@\"", PROGRAM]).args([
        host.procfs(),
        flag("kafka.server", node.address()),
        flag("web.listen-address", format!("127.0.0.1:{port}")),
    ]);
    let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().unwrap();
    let sidecar = Sidecar { child, port, dir, slowest_ms: std::cell::Cell::new(0) };
    assert!(within(10_000, || get(port, "/-/healthy").is_ok()), "{}", sidecar.log());
    sidecar.until_logged("LimitNOFILE", 5);
    let _idle: Vec<TcpStream> = (0..60).map(|_| connect(port)).collect();
    sidecar.until("the broker is seen", 6, |page| is_up(page) && has_partitions(page));
    assert!(!sidecar.log().contains("cannot be accepted"), "{}", sidecar.log());
}

#[test]
fn tls_and_plaintext_are_told_apart() {
    let secured = Secured::new("");
    let (closed, open) = (secured.start(), Sidecar::start(&[secured.host.procfs()]));
    // HTTP to the port of TLS; whoever sends it in pieces is answered too.
    for pause_ms in [0, 50] {
        let mut stream = connect(closed.port);
        stream.write_all(b"GET /metrics HTTP/1.1\r\n").unwrap();
        sleep(Duration::from_millis(pause_ms));
        let _ = stream.write_all(b"Host: a\r\n\r\n");
        let told = reply(&mut stream).unwrap();
        assert_eq!(told.status, 400);
        assert!(told.text().contains("https://"), "{}", told.text());
    }
    // TLS to the port of HTTP.
    let client = secured.authority.client(None);
    let started = Instant::now();
    assert!(client.status(open.port, "/metrics", "").is_err());
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    assert_eq!(open.get("/metrics").status, 200);
    assert_eq!(client.status(closed.port, "/metrics", "").unwrap(), 200);
    closed.until_logged("does not speak TLS", 1);
}

#[test]
fn half_handshakes_stop_neither_a_scrape_nor_the_end() {
    let secured = Secured::new("");
    let mut sidecar = secured.start();
    let half: Vec<TcpStream> = (0..150)
        .map(|at| {
            let mut stream = connect(sidecar.port);
            // Silence, or the first bytes of a ClientHello.
            let _ = stream.write_all(if at % 2 == 0 { b"" } else { b"\x16\x03\x01\x02\x00\x01" });
            stream
        })
        .collect();
    let client = secured.authority.client(None);
    let started = Instant::now();
    assert_eq!(client.status(sidecar.port, "/metrics", "").unwrap(), 200);
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    // Each is cut off when its time is over.
    let mut last = half.last().unwrap();
    last.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let end = last.read(&mut [0; 64]);
    let cut = matches!(end, Ok(0)) || end.as_ref().is_err_and(|error| error.kind() == ErrorKind::ConnectionReset);
    assert!(cut, "{end:?} after {:?}", started.elapsed());
    let page = || client.ask(sidecar.port, "/metrics", "").unwrap().0.text();
    let counted = || refused(&page(), "handshake").is_some_and(|count| count >= 100.0);
    assert!(within(8_000, counted), "{}", page());

    let _half: Vec<TcpStream> = (0..20).map(|_| connect(sidecar.port)).collect();
    sleep(Duration::from_millis(300));
    sidecar.send(Signal::TERM);
    assert!(within(4_000, || sidecar.ended().is_some()), "{}", sidecar.log());
}

// Who is let in.

#[test]
fn only_a_known_password_gets_in_and_it_is_shown_nowhere() {
    let headers = "http_server_config:\n  headers:\n    X-Frame-Options: deny\n";
    let secured = Secured::new(&format!("{headers}{}", users(&["prometheus", "alice"], 6)));
    let sidecar = secured.start();
    let client = secured.authority.client(None);
    let ask = |path: &str, headers: &str| client.ask(sidecar.port, path, headers).unwrap().0;
    for path in ["/metrics", "/", "/-/healthy", "/healthz", "/-/ready", "/snapshot", "/findings", "/nothing"] {
        let reply = ask(path, "");
        assert_eq!(
            (reply.status, reply.header("www-authenticate")),
            (401, Some("Basic realm=\"brokerwatch\"")),
            "{path}"
        );
        assert_eq!(reply.header("x-frame-options"), Some("deny"), "{path}");
    }
    let wrong = [("prometheus", "wrong"), ("nobody", PASSWORD), ("", ""), ("prometheus", "")];
    for (user, password) in wrong {
        assert_eq!(ask("/metrics", &credentials(user, password)).status, 401, "{user}");
    }
    assert_eq!(ask("/metrics", "Authorization: Bearer abc\r\n").status, 401);
    for _ in 0..2 {
        for user in ["prometheus", "alice"] {
            let reply = ask("/metrics", &credentials(user, PASSWORD));
            assert_eq!((reply.status, reply.header("x-frame-options")), (200, Some("deny")), "{user}");
        }
    }
    let page = ask("/metrics", &credentials("alice", PASSWORD)).text();
    assert_eq!(refused(&page, "credentials"), Some(13.0));
    assert_eq!(value(&page, "brokerwatch_web_config_last_reload_successful"), Some(1.0));
    let snapshot = ask("/snapshot", &credentials("alice", PASSWORD)).text();
    sidecar.until_logged("user name or password is wrong", 1);
    let hash = fs::read_to_string(secured.file()).unwrap();
    let hash = hash.lines().last().unwrap().rsplit_once(' ').unwrap().1;
    for place in [sidecar.log(), page, snapshot] {
        let told = [PASSWORD, hash, &STANDARD.encode(format!("alice:{PASSWORD}")), "BEGIN"];
        assert!(!told.iter().any(|secret| place.contains(secret)), "{place}");
    }
}

#[test]
fn an_unknown_user_takes_as_long_as_a_known_one() {
    let secured = Secured::new("");
    secured.configure(&users(&["prometheus"], 10));
    let sidecar = secured.start();
    let took = |user: &str, password: usize| {
        let started = Instant::now();
        let reply = request(sidecar.port, "GET", "/metrics", &credentials(user, &password.to_string()));
        assert_eq!(reply.unwrap().status, 401);
        started.elapsed().as_secs_f64()
    };
    // Whatever else the machine does makes some of them longer and none shorter.
    let mut least = [f64::MAX; 2];
    for password in 0..9 {
        least = [least[0].min(took("nobody", password)), least[1].min(took("prometheus", password))];
    }
    // One that were not compared would take a hundredth.
    let ratio = least[0] / least[1];
    assert!((0.3..3.0).contains(&ratio), "{ratio}");
}

#[test]
fn only_a_certificate_with_an_allowed_name_gets_in() {
    let names = ["prometheus.example", "spiffe://example/prometheus", "192.0.2.7", "ops@example.com"];
    let allowed: String = names.iter().map(|name| format!("    - {name}\n")).collect();
    let secured = Secured::new(&format!("{MTLS}  client_allowed_sans:\n{allowed}"));
    let sidecar = Sidecar::start_by(|_| {}, "0.0.0.0", &secured.arguments());
    let status = |authority: &Authority, names: &[&str]| {
        let own = authority.identity(names);
        secured.authority.client(Some(&own)).status(sidecar.port, "/metrics", "")
    };
    for name in ["prometheus.example", "spiffe://example/prometheus", "192.0.2.7", "mailto:ops@example.com"] {
        assert_eq!(status(&secured.authority, &["other.example", name]).unwrap(), 200, "{name}");
    }
    assert!(secured.authority.client(None).status(sidecar.port, "/metrics", "").is_err(), "none");
    sidecar.until_logged("has no certificate", 1);
    assert!(status(&Authority::new(), &["prometheus.example"]).is_err(), "of another authority");
    sidecar.until_logged("not in client_ca_file", 1);
    for name in ["other.example", "a.prometheus.example", "*.example", "192.0.2.8", "spiffe://example/"] {
        assert!(status(&secured.authority, &[name]).is_err(), "{name}");
    }
    sidecar.until_logged("in client_allowed_sans", 1);
    assert!(status(&secured.authority, &[]).is_err(), "without a name");

    let own = secured.authority.identity(&["prometheus.example"]);
    let client = secured.authority.client(Some(&own));
    let page = || client.ask(sidecar.port, "/metrics", "").unwrap().0.text();
    // The ninth is the harness, which asks in plaintext whether it serves. A page lives until something was seen.
    assert!(within(6_000, || refused(&page(), "handshake").is_some_and(|count| count >= 9.0)), "{}", page());
    let end = value(&page(), "brokerwatch_web_certificate_not_after_timestamp_seconds");
    assert!(end.is_some_and(|end| end > 1e9), "{end:?}");
}

#[test]
fn what_was_seen_is_told_on_loopback_and_to_who_says_who_they_are() {
    let (secured, node) = (Secured::new(""), FakeNode::start());
    let arguments = [secured.host.procfs(), flag("kafka.server", node.address())];
    let open = Sidecar::start_by(|_| {}, "0.0.0.0", &arguments);
    open.until("the partitions are seen", 6, |page| is_up(page) && has_partitions(page));
    let snapshot: serde_json::Value = serde_json::from_str(&open.get("/snapshot").text()).unwrap();
    assert_eq!(snapshot["schema"], 1);
    assert!(snapshot["nodes"][node.address()].is_object(), "{snapshot}");
    let findings: serde_json::Value = serde_json::from_str(&open.get("/findings").text()).unwrap();
    assert_eq!(findings["schema"], 1);
    let Some(own) = own_address() else {
        return skip("this host has no address but loopback");
    };
    // TLS hides what is said, but does not say who asks.
    secured.configure(&users(&["prometheus"], 4));
    let closed = Sidecar::start_by(|_| {}, "0.0.0.0", &secured.arguments());
    let right = credentials("prometheus", PASSWORD);
    for path in ["/snapshot", "/findings", "/-/safe-to-stop"] {
        let refused = ask_at((own, open.port), path, "");
        assert_eq!(refused.status, 403, "{path} from {own}");
        assert!(refused.text().contains("--web.config.file"), "{}", refused.text());
        assert_eq!(ask_at((own, closed.port), path, "").status, 401);
        // Of the node behind it nothing is known: it cannot say whether that may stop.
        let answered = if path == "/-/safe-to-stop" { 503 } else { 200 };
        assert_eq!(ask_at((own, closed.port), path, &right).status, answered);
    }
    assert_eq!(ask_at((own, open.port), "/metrics", "").status, 200);
    secured.configure("# nobody is asked\n");
    let unasked = || ask_at((own, closed.port), "/snapshot", "").status == 403;
    assert!(within(FOLLOWED_S_MAX * 1_000, unasked), "{}", closed.log());
}

#[test]
fn whether_it_is_safe_to_stop_follows_the_broker_and_is_not_known_without_it() {
    let (host, node) = (Host::new(), FakeNode::start());
    let sidecar = Sidecar::start(&[host.procfs(), flag("kafka.server", node.address())]);
    sidecar.until("it is safe to stop", 10, |page| value(page, "kafka_broker_safe_to_stop") == Some(1.0));
    let ask = || sidecar.get("/-/safe-to-stop");
    let said = |reply: &Reply| serde_json::from_str::<serde_json::Value>(&reply.text()).unwrap();
    let safe = ask();
    assert_eq!((safe.status, said(&safe)["safe"].as_bool()), (200, Some(true)), "{}", safe.text());

    // Metadata of a moment ago does not count: what is answered is asked for.
    node.becomes(|cluster| cluster.topics[0].isr = vec![1, 2]);
    sleep(Duration::from_millis(2_100));
    let harmed = ask();
    let told = said(&harmed);
    assert_eq!(harmed.status, 409, "{told}");
    assert_eq!(
        (&told["partitions"]["offline"], &told["partitions"]["under_min_isr"]),
        (&0.into(), &2.into()),
        "{told}"
    );
    assert_eq!(told["harmed"][1]["topic"], "orders", "{told}");
    assert_eq!(told["reasons"][0], "2 partitions refuse writes with acks=all: orders-0 and others.", "{told}");
    sidecar.until("the page says so too", 5, |page| value(page, "kafka_broker_safe_to_stop") == Some(0.0));

    node.becomes(|cluster| cluster.topics[0].isr = vec![1, 2, 3]);
    sleep(Duration::from_millis(2_100));
    assert_eq!(ask().status, 200);
    // The fake node votes: its stop is judged by a quorum of now, too.
    node.mute(kafka_protocol::messages::ApiKey::DescribeQuorum);
    sleep(Duration::from_millis(2_100));
    let late = ask();
    assert_eq!((late.status, late.header("retry-after")), (503, Some("1")), "{}", late.text());
    node.unmute(kafka_protocol::messages::ApiKey::DescribeQuorum);
    node.mute(kafka_protocol::messages::ApiKey::Metadata);
    sleep(Duration::from_millis(2_100));
    let late = ask();
    assert_eq!((late.status, late.header("retry-after")), (503, Some("1")), "{}", late.text());
    drop(node);
    sidecar.until("it is down", 10, |page| value(page, "kafka_broker_up") == Some(0.0));
    let down = ask();
    assert_eq!(down.status, 503, "{}", down.text());
    assert_eq!(value(&sidecar.page(), "kafka_broker_safe_to_stop"), None);
}

#[test]
fn what_if_tells_a_snapshot_by_its_exit_code_and_names_what_there_is() {
    let case = |name: &str| common::repository(&format!("tests/replay/{name}/snapshot.json")).display().to_string();
    let ask = |target: &str, name: &str, more: &[&str]| {
        let case = case(name);
        run(&[&["what-if", target, case.as_str()], more].concat())
    };
    let lost = ask("broker=1", "last-copies", &[]);
    let text = common::sidecar::stdout(&lost);
    assert_eq!(lost.status.code(), Some(1), "{text}");
    assert!(
        text.starts_with("NOT SAFE: broker=1 of cluster ") && text.contains("lose their last in-sync copy"),
        "{text}"
    );
    let json = ask("broker=1", "last-copies", &["--format=json"]);
    let json: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!((&json[0]["safe"], &json[0]["target"]), (&false.into(), &"broker=1".into()), "{json}");
    let none = ask("broker=9", "last-copies", &[]);
    assert_eq!(none.status.code(), USAGE);
    assert!(stderr(&none).contains("there is broker=1, broker=100, broker=2"), "{}", stderr(&none));
    assert_eq!(ask("node=1", "last-copies", &[]).status.code(), USAGE);
    let dead = ask("broker=1", "broker-dead", &[]);
    assert_eq!(dead.status.code(), Some(2), "{}", common::sidecar::stdout(&dead));
    assert!(common::sidecar::stdout(&dead).starts_with("NOT KNOWN"), "{}", common::sidecar::stdout(&dead));
}

#[test]
fn more_requests_than_the_rate_limit_are_told_to_come_again() {
    let secured = Secured::new("");
    secured.configure("rate_limit:\n  interval: 3s\n  burst: 3\n");
    let sidecar = secured.start();
    // The harness took one already.
    let replies: Vec<Reply> = (0..8).map(|_| sidecar.get("/metrics")).collect();
    assert_eq!(replies[0].status, 200);
    assert_eq!((replies[7].status, replies[7].header("retry-after")), (429, Some("1")));
    assert!(within(8_000, || sidecar.get("/metrics").status == 200), "a token comes back");
}

// Files.

#[test]
fn files_that_change_are_used_and_bad_ones_are_not() {
    let secured = Secured::new(&users(&["prometheus"], 4));
    let sidecar = secured.start();
    let client = secured.authority.client(None);
    let right = credentials("prometheus", PASSWORD);
    let ask = |headers: &str| client.ask(sidecar.port, "/metrics", headers).unwrap();
    let reload = "brokerwatch_web_config_last_reload_successful";
    let (reply, first) = ask(&right);
    assert_eq!(reply.status, 200);

    // Another certificate, by the key file and the certificate file one after the other.
    let second = secured.authority.identity(&["localhost"]);
    secured.serve_by(&second);
    assert!(within(FOLLOWED_S_MAX * 1_000, || ask(&right).1 == second.der), "{}", sidecar.log());
    assert_ne!(first, second.der);
    assert_eq!(ask(&right).0.status, 200, "who was known is known");

    // A pair that does not belong together, then a file that cannot be read as YAML, then none.
    let third = secured.authority.identity(&["localhost"]);
    secured.host.write("web/server.pem", &third.cert);
    let shows = |wanted: f64| within(FOLLOWED_S_MAX * 1_000, || value(&ask(&right).0.text(), reload) == Some(wanted));
    assert!(shows(0.0), "{}", sidecar.log());
    assert_eq!(ask(&right).1, second.der, "the last good one is kept");
    sidecar.until_logged("not that of the certificate", 1);
    secured.host.write("web/server.key", &third.key);
    assert!(shows(1.0), "{}", sidecar.log());
    assert_eq!(ask(&right).1, third.der);
    let good = fs::read_to_string(secured.file()).unwrap();
    secured.configure("basic_auth_userz: {}\n");
    assert!(shows(0.0), "{}", sidecar.log());
    assert_eq!(ask("").0.status, 401, "it does not stand open");
    fs::remove_file(secured.file()).unwrap();
    sidecar.until_logged("cannot be read", FOLLOWED_S_MAX);
    assert_eq!((ask("").0.status, ask(&right).0.status), (401, 200));

    // A new password; on SIGHUP at once.
    let other = bcrypt::hash("other", 4).unwrap();
    let changed = good.lines().map(|line| match line.split_once("prometheus: ") {
        Some((indent, _)) => format!("{indent}prometheus: {other}\n"),
        None => format!("{line}\n"),
    });
    secured.configure(&changed.collect::<String>());
    sidecar.send(Signal::HUP);
    let new = credentials("prometheus", "other");
    assert!(within(4_000, || ask(&new).0.status == 200), "{}", sidecar.log());
    assert_eq!(ask(&right).0.status, 401, "the old password is forgotten");
    assert_eq!(value(&ask(&new).0.text(), reload), Some(1.0));
    assert!(!sidecar.log().contains("BEGIN"));
}

#[test]
fn a_bad_web_configuration_ends_it_with_the_file_and_what_to_do() {
    let secured = Secured::new("");
    secured.host.write("web/other.key", &secured.authority.identity(&["localhost"]).key);
    let shown = secured.file().display().to_string();
    let keyed = "tls_server_config: {cert_file: server.pem, key_file: server.key, ";
    for (text, wanted) in [
        ("tls_server_config:\n  cert_filse: a\n".to_owned(), "line 2"),
        ("tls_server_config: {cert_file: server.pem}".to_owned(), "needs key_file"),
        ("tls_server_config: {min_version: TLS12}".to_owned(), "needs cert_file"),
        ("tls_server_config: {cert_file: '', key_file: server.key}".to_owned(), "needs cert_file"),
        ("tls_server_config: {cert_file: nowhere.pem, key_file: server.key}".to_owned(), "nowhere.pem: cannot be read"),
        ("tls_server_config: {cert_file: server.key, key_file: server.key}".to_owned(), "holds no certificate"),
        ("tls_server_config: {cert_file: server.pem, key_file: server.pem}".to_owned(), "holds no private key"),
        ("tls_server_config: {cert_file: server.pem, key_file: other.key}".to_owned(), "not that of the certificate"),
        (format!("{keyed}cert: x}}"), "not both"),
        (format!("{keyed}client_ca_file: ca.pem}}"), "needs client_auth_type"),
        (format!("{keyed}client_auth_type: RequireAndVerifyClientCert, client_ca_file: nowhere.pem}}"), "nowhere.pem"),
        (format!("{keyed}client_auth_type: RequireAnyClientCert, client_allowed_sans: [a]}}"), "anybody may"),
        (format!("{keyed}client_allowed_sans: [a]}}"), "anybody may"),
        (
            format!(
                "{keyed}client_auth_type: RequireAndVerifyClientCert, client_ca_file: ca.pem, client_allowed_sans: []}}"
            ),
            "nobody would get in",
        ),
        (format!("{keyed}min_version: TLS13, max_version: TLS12}}"), "leave nothing"),
        (format!("{keyed}max_version: TLS11}}"), "leave nothing"),
        (format!("{keyed}max_version: TLS12, cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA]}}"), "leave nothing"),
        (format!("{keyed}curve_preferences: [CurveP521]}}"), "CurveP521 alone"),
        ("rate_limit: {interval: 1s}".to_owned(), "burst must be 1"),
        ("basic_auth_users: {prometheus: hunter2}".to_owned(), "htpasswd"),
    ] {
        secured.configure(&text);
        let output = run(&[&flag("web.config.file", &shown), &secured.host.procfs()]);
        let said = stderr(&output);
        assert_eq!(output.status.code(), USAGE, "{text}: {said}");
        assert!(said.contains(&format!("--web.config.file={shown}: ")) && said.contains(wanted), "{text}: {said}");
        assert!(said.lines().count() == 1 && !said.contains("hunter2"), "{said}");
    }
    let output = run(&["--web.config.file=/nowhere/web.yml", &secured.host.procfs()]);
    assert_eq!(output.status.code(), USAGE);
    assert!(stderr(&output).contains("--web.config.file=/nowhere/web.yml: cannot be read"), "{}", stderr(&output));
}

#[test]
fn what_protects_less_than_it_seems_is_said() {
    let secured = Secured::new("");
    let keyed = "tls_server_config: {cert_file: server.pem, key_file: server.key, ";
    for (text, wanted) in [
        (format!("{keyed}client_auth_type: RequireAnyClientCert}}"), "proves nothing"),
        (format!("{keyed}client_auth_type: VerifyClientCertIfGiven, client_ca_file: ca.pem}}"), "lets in who has no"),
        (format!("{keyed}min_version: TLS13}}\nhttp_server_config: {{http2: true}}"), "HTTP/1.1 is spoken here"),
        (users(&["prometheus"], 4), "cross the network as they are"),
    ] {
        secured.configure(&text);
        secured.start().until_logged(wanted, 5);
    }
}

/// A text under a key of the web configuration.
fn inline(key: &str, text: &str) -> String {
    let lines = text.lines().map(|line| format!("    {line}\n"));
    std::iter::once(format!("  {key}: |\n")).chain(lines).collect()
}

#[test]
fn what_is_listed_is_spoken_and_nothing_else() {
    let secured = Secured::new("");
    let own = secured.authority.identity(&["localhost"]);
    let keys = inline("cert", &own.cert) + &inline("key", &own.key);
    let keys = keys + &inline("client_ca", &secured.authority.pem) + "  client_auth_type: VerifyClientCertIfGiven\n";
    let listed = "  max_version: TLS12\n  cipher_suites: [TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256]\n  \
                  curve_preferences: [CurveP384]\n";
    secured.configure(&format!("tls_server_config:\n{keys}{listed}"));
    let old = secured.start();
    let mut stream = secured.authority.client(None).connect(old.port).unwrap();
    write!(stream, "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    assert_eq!(reply(&mut stream).unwrap().status, 200);
    let spoken = (stream.conn.protocol_version(), stream.conn.negotiated_cipher_suite().map(|suite| suite.suite()));
    let suite = CipherSuite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256;
    assert_eq!(spoken, (Some(ProtocolVersion::TLSv1_2), Some(suite)));
    assert_eq!(stream.conn.negotiated_key_exchange_group().unwrap().name(), NamedGroup::secp384r1);
    // A certificate that is given is verified, and none is needed.
    let given = |authority: &Authority| {
        let identity = authority.identity(&["prometheus.example"]);
        secured.authority.client(Some(&identity)).status(old.port, "/metrics", "")
    };
    assert_eq!(given(&secured.authority).unwrap(), 200);
    assert!(given(&Authority::new()).is_err());

    secured.configure(&format!("{TLS}  min_version: TLS13\n"));
    let new = secured.start();
    let client = secured.authority.client(None);
    assert_eq!(client.status(new.port, "/metrics", "").unwrap(), 200);
    let aged = secured.authority.client_of(&[&rustls::version::TLS12], None);
    assert!(aged.status(new.port, "/metrics", "").is_err());
    assert_eq!(aged.status(old.port, "/metrics", "").unwrap(), 200);
}

// Prometheus itself.

#[test]
fn prometheus_scrapes_by_tls_and_password_and_its_tool_takes_the_same_file() {
    let (Some(program), Some(promtool)) = (prometheus_program(), tool(&["promtool"], GET)) else { return };
    let secured = Secured::new(&format!("{MTLS}{}", users(&["prometheus"], 10)));
    let checked = Command::new(promtool).args(["check", "web-config"]).arg(secured.file()).output().unwrap();
    assert!(checked.status.success(), "{}", stderr(&checked));
    let own = secured.authority.identity(&["prometheus.example"]);
    let sidecar = secured.start();
    let dir = TempDir::new();
    let web = secured.host.path("web").display().to_string();
    secured.host.write("web/own.pem", &own.cert);
    secured.host.write("web/own.key", &own.key);
    secured.host.write("web/password", PASSWORD);
    let job = |name: &str, password: &str| {
        format!(
            "  - job_name: {name}\n    scheme: https\n    basic_auth: {{username: prometheus, {password}}}\n    \
             tls_config: {{ca_file: {web}/ca.pem, cert_file: {web}/own.pem, key_file: {web}/own.key, server_name: localhost}}\n    \
             static_configs: [{{targets: ['127.0.0.1:{}']}}]\n",
            sidecar.port
        )
    };
    let config = format!(
        "global: {{scrape_interval: 1s, scrape_timeout: 1s}}\nscrape_configs:\n{}{}",
        job("right", &format!("password_file: {web}/password")),
        job("wrong", "password: guess")
    );
    fs::write(dir.path().join("prometheus.yaml"), config).unwrap();
    let server = Server::prometheus(&program, dir);
    let is = |expression: &str, wanted: &str| server.value(expression).as_deref() == Some(wanted);
    let seen = || is("up{job='right'}", "1") && is("up{job='wrong'}", "0");
    assert!(within(30_000, seen), "{}\n{}", server.log(), sidecar.log());
    assert!(is("count(brokerwatch_build_info)", "1"), "only the right password brings series");
}

// What sidecars give to `check`.

#[test]
fn check_compares_what_sidecars_saw_and_says_who_could_not_be_asked() {
    let (secured, first, second) = (Secured::new(&users(&["ops"], 4)), FakeNode::start(), FakeNode::start());
    let watching = |node: &FakeNode, more: Vec<String>| {
        let own = vec![secured.host.procfs(), flag("kafka.server", node.address())];
        Sidecar::start(&[own, more].concat())
    };
    let open = watching(&first, vec![]);
    let closed = watching(&second, vec![flag("web.config.file", secured.file().display())]);
    open.until("the partitions are seen", 6, |page| is_up(page) && has_partitions(page));
    let client = secured.authority.client(None);
    let seen = || {
        client
            .ask(closed.port, "/metrics", &credentials("ops", PASSWORD))
            .is_ok_and(|(reply, _)| has_partitions(&reply.text()))
    };
    assert!(within(10_000, seen), "{}", closed.log());
    let (plain, tls) =
        (format!("http://127.0.0.1:{}/snapshot", open.port), format!("https://localhost:{}/snapshot", closed.port));
    let password = secured.host.write("password", &format!("{PASSWORD}\n"));
    let ca = flag("http.ca-file", secured.host.path("web/ca.pem").display());
    let check = |arguments: &[&str]| {
        let output = run(&[&["check"], arguments].concat());
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned() + &stderr(&output))
    };

    let user = ["--http.username=ops", &flag("http.password-file", password.display())].map(str::to_owned);
    let (code, text) = check(&[&plain, &tls, &ca, &user[0], &user[1]]);
    assert!(matches!(code, Some(0 | 1)), "{code:?} {text}");
    for address in [first.address(), second.address()] {
        assert!(text.contains(&address), "{address} is in no finding: {text}");
    }

    // Each of them is a node of which nothing was seen, never clean, and says what to do.
    let wrong = secured.host.write("wrong", "wrong\n");
    let nobody = format!("http://127.0.0.1:{}/snapshot", free_port());
    for (arguments, said) in [
        (vec![tls.as_str(), &ca], "--http.username"),
        (vec![&tls, &ca, &user[0], &flag("http.password-file", wrong.display())], "--http.username"),
        (vec![&tls, &user[0], &user[1]], "--http.ca-file"),
        (vec![&nobody], "check its host and port"),
        (vec![&format!("http://127.0.0.1:{}/snapshot", closed.port)], "is its scheme right"),
        (vec![&format!("http://127.0.0.1:{}/none", open.port)], "status 404"),
        (vec![&format!("http://127.0.0.1:{}/metrics", open.port)], "not a snapshot: is it a sidecar's /snapshot?"),
        (vec![&format!("http://127.0.0.1:{}/findings", open.port)], "not a snapshot: is it a sidecar's /snapshot?"),
        (vec![&format!("http://ops:{PASSWORD}@127.0.0.1:{}/snapshot", open.port)], "give --http.username"),
        (vec![&format!("127.0.0.1:{}/snapshot", open.port)], "An address begins with http://"),
    ] {
        let (code, text) = check(&arguments);
        assert_eq!(code, Some(2), "{arguments:?}: {text}");
        assert!(text.contains(said) && !text.contains(PASSWORD), "{arguments:?}: {text}");
    }
    // A host alone is asked for its snapshot, however its scheme is written.
    for address in [format!("http://127.0.0.1:{}", open.port), format!("HTTP://127.0.0.1:{}/", open.port)] {
        let (code, text) = check(&[&address]);
        assert!(matches!(code, Some(0 | 1)) && text.contains(&first.address()), "{address}: {code:?} {text}");
    }
    let (code, text) = check(&[&plain, &nobody]);
    assert!(matches!(code, Some(1 | 2)) && text.contains("check its host and port"), "{code:?} {text}");
}

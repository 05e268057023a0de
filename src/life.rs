//! Serving and looking once: the runtime, the signals, the log.

use std::path::PathBuf;
use std::sync::Arc;

use arc_swap::ArcSwap;
use brokerwatch::cli::{Cli, HttpArgs, exit};
use brokerwatch::config::{Config, LogFormat, LogLevel};
use brokerwatch::gather::{self, Context};
use brokerwatch::limits::{LOOKS_AT_ONCE_MAX, Limits};
use brokerwatch::self_metrics::SelfMetrics;
use brokerwatch::server::{self, Gate, Pages, Server};
use brokerwatch::snapshot::{Origin, SCHEMA, Snapshot, UnixMs};
use brokerwatch::sources::given;
use brokerwatch::sources::kafka::addresses::{self, Access, fetch};
use brokerwatch::sources::kafka::security::{Mechanism, Security};
use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;
use tokio::task::{JoinSet, LocalSet};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, Registry, reload};

/// This program as the kernel knows it: right also after the file was replaced by an upgrade.
pub(crate) const OWN_PROGRAM: &str = "/proc/self/exe";

/// Milliseconds that `check` and `snapshot` wait for the slowest source.
const LOOK_MS_MAX: u64 = 15_000;

type LevelHandle = reload::Handle<Targets, Registry>;

pub(crate) fn serve(cli: &Cli) -> u8 {
    let config = match crate::configuration(cli) {
        Ok(config) => config,
        Err(message) => return crate::usage(&message),
    };
    let gate = match Gate::new(config.web_config_file.as_deref()) {
        Ok(gate) => Arc::new(gate),
        Err(message) => return crate::usage(&message),
    };
    let level = start_log(config.log_level, config.log_format);
    let Some(runtime) = runtime() else { return exit::FINDINGS };
    let code = runtime.block_on(serve_until_stopped(cli, config, gate, &level));
    // A name that is being looked up on another thread is not waited for.
    runtime.shutdown_background();
    code
}

async fn serve_until_stopped(cli: &Cli, config: Config, gate: Arc<Gate>, level: &LevelHandle) -> u8 {
    let signals = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()), signal(SignalKind::hangup()));
    let (Ok(mut terminate), Ok(mut interrupt), Ok(hangup)) = signals else {
        tracing::error!("Signals cannot be received.");
        return exit::FINDINGS;
    };
    let listeners = match server::bind(&config.listen_addresses).await {
        Ok(listeners) => listeners,
        Err(message) => {
            tracing::error!(error = %message, "Cannot serve.");
            return exit::FINDINGS;
        }
    };
    tracing::info!(version = env!("CARGO_PKG_VERSION"), "brokerwatch starts.");
    if rustix::process::geteuid().is_root() {
        tracing::warn!("Running as root is not needed; the user of the broker is enough.");
    }
    warn_of_exposure(&config.security);
    for address in &config.listen_addresses {
        tracing::info!(address, path = config.telemetry_path, tls = gate.speaks_tls(), "Serving.");
    }
    let context = context(config);
    let tasks = gather::start(&context);
    let reloads = tokio::task::LocalSet::new();
    let server = Arc::new(Server { context: context.clone(), pages: Pages::default(), gate: gate.clone() });
    let (stopping, stopped) = oneshot::channel();
    let stop = async {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("Stopping.");
        let _ = stopping.send(());
    };
    let serving = server::serve(server, listeners, stop);
    let cut_off = async {
        match stopped.await {
            Ok(()) => another_signal().await,
            Err(_) => std::future::pending().await,
        }
    };
    reloads
        .run_until(async {
            tokio::select! {
                () = serving => {}
                () = cut_off => tracing::warn!("A second signal: what is open is cut off."),
                () = reload_on(hangup, cli, &context, &gate, level) => {}
            }
        })
        .await;
    tasks.iter().for_each(tokio::task::JoinHandle::abort);
    context.keep_all_histories().await;
    exit::CLEAN
}

/// Waits for a signal to stop that comes after this call.
async fn another_signal() {
    let signals = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()));
    let (Ok(mut terminate), Ok(mut interrupt)) = signals else { return std::future::pending().await };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}

/// Says what of the configuration lets others listen in or pretend to be the broker.
fn warn_of_exposure(security: &Security) {
    let plain =
        security.sasl.as_ref().is_some_and(|sasl| matches!(sasl.mechanism, Mechanism::Plain | Mechanism::OauthBearer));
    if plain && security.tls.is_none() {
        tracing::warn!(
            "Without --tls.enabled the password or token crosses the network as it is; SCRAM would not send it."
        );
    }
    if security.tls.as_ref().is_some_and(|tls| tls.insecure_skip_verify) {
        tracing::warn!("With --tls.insecure-skip-tls-verify whoever answers is believed to be the broker.");
    }
}

/// Takes a new configuration on each SIGHUP, or keeps the old one and says why.
async fn reload_on(mut hangup: Signal, cli: &Cli, context: &Context, gate: &Gate, level: &LevelHandle) {
    while hangup.recv().await.is_some() {
        gate.look_now();
        match crate::configuration(cli) {
            Ok(config) => {
                let old = context.config.load_full();
                if config.listen_addresses != old.listen_addresses
                    || config.reader_socket != old.reader_socket
                    || config.web_config_file != old.web_config_file
                {
                    tracing::warn!(
                        "Listen addresses, the reader's socket and the name of the web configuration change with a \
                         restart only."
                    );
                }
                let _ = level.modify(|filter| *filter = level_filter(config.log_level));
                context.config.store(Arc::new(config));
                context.metrics.config_reloaded(true);
                context.forget_choice();
                tracing::info!("The configuration was read again.");
            }
            Err(message) => {
                context.metrics.config_reloaded(false);
                tracing::error!(error = %message, "The new configuration is refused; the old one stays.");
            }
        }
    }
    std::future::pending().await
}

/// Looks at one node once.
pub(crate) fn look_at_node(cli: &Cli, config: Config) -> Snapshot {
    start_log(cli.options.log_level.unwrap_or(LogLevel::Error), config.log_format);
    let Some(runtime) = runtime() else { return nothing_seen() };
    let snapshot = runtime.block_on(async { look(config).await });
    runtime.shutdown_background();
    snapshot
}

/// Looks once at the named node, or at every Kafka node of this host when none is named; then at every other broker
/// that they name: each answers for itself only.
pub(crate) fn look_at_cluster(cli: &Cli, config: Config) -> Snapshot {
    start_log(cli.options.log_level.unwrap_or(LogLevel::Error), config.log_format);
    let Some(runtime) = runtime() else { return nothing_seen() };
    let snapshot = runtime.block_on(async {
        let mut all = look(config.clone()).await;
        let files = gather::undecided_files(&all);
        if !files.is_empty() {
            let here = files.into_iter().map(|file| Config { properties_file: Some(file), ..config.clone() });
            // The first look saw only that there are several.
            all.nodes.clear();
            look_at_all(&mut all, here).await;
        }
        let others = gather::other_brokers(&all, &config.security).into_iter();
        let others = others.map(|other| Config { server: Some(other), properties_file: None, ..config.clone() });
        look_at_all(&mut all, others).await;
        all
    });
    runtime.shutdown_background();
    snapshot
}

/// Looks at several nodes, all at once up to a number: one that does not answer costs its own deadline, not everybody's.
async fn look_at_all(all: &mut Snapshot, mut configs: impl Iterator<Item = Config>) {
    let mut looks = JoinSet::new();
    let looking = async {
        loop {
            while looks.len() < LOOKS_AT_ONCE_MAX
                && let Some(config) = configs.next()
            {
                looks.spawn_local(look(config));
            }
            match looks.join_next().await {
                Some(Ok(seen)) => {
                    all.taken_at = all.taken_at.max(seen.taken_at);
                    all.nodes.extend(seen.nodes);
                }
                Some(Err(error)) => tracing::error!(%error, "A look at a broker failed inside this program."),
                None => break,
            }
        }
    };
    LocalSet::new().run_until(looking).await;
}

async fn look(config: Config) -> Snapshot {
    let context = context(config);
    let tasks = gather::start(&context);
    gather::settle(&context, LOOK_MS_MAX).await;
    let snapshot = Pages::default().snapshot(&context);
    tasks.iter().for_each(tokio::task::JoinHandle::abort);
    snapshot
}

/// The snapshot that a sidecar gives at `address`. One that cannot be had is a node of which nothing was seen.
pub(crate) fn fetch_snapshot(cli: &Cli, address: &str, http: &HttpArgs) -> Result<Snapshot, String> {
    let config = crate::configuration(cli)?;
    start_log(cli.options.log_level.unwrap_or(LogLevel::Error), config.log_format);
    let access = Access {
        username: http.username.clone(),
        password_file: http.password_file.clone(),
        ca_file: http.ca_file.clone(),
    };
    let Some(runtime) = runtime() else { return Ok(nothing_seen()) };
    let fetched = runtime.block_on(fetch(address, &access));
    runtime.shutdown_background();
    Ok(fetched.unwrap_or_else(|message| given::unread(&addresses::shown(address), message, now())))
}

/// This moment.
pub(crate) fn now() -> UnixMs {
    gather::now()
}

/// A snapshot of no node.
pub(crate) fn nothing_seen() -> Snapshot {
    Snapshot {
        schema: SCHEMA,
        program_version: env!("CARGO_PKG_VERSION").to_owned(),
        taken_at: gather::now(),
        nodes: std::iter::empty::<(Origin, _)>().collect(),
    }
}

fn context(config: Config) -> Arc<Context> {
    let config = Arc::new(ArcSwap::from_pointee(config));
    let metrics = Arc::new(SelfMetrics::new());
    Arc::new(Context::new(config, PathBuf::from(OWN_PROGRAM), metrics, Limits::default()))
}

fn runtime() -> Option<Runtime> {
    let runtime = Builder::new_current_thread().enable_all().build();
    runtime.inspect_err(|error| tracing::error!(error = %error, "The runtime cannot be started.")).ok()
}

fn start_log(level: LogLevel, format: LogFormat) -> LevelHandle {
    let (filter, handle) = reload::Layer::new(level_filter(level));
    let lines: Box<dyn Layer<_> + Send + Sync> = match format {
        LogFormat::Logfmt => {
            Box::new(tracing_logfmt::builder().with_target(false).layer().with_writer(std::io::stderr))
        }
        LogFormat::Json => Box::new(tracing_subscriber::fmt::layer().json().with_writer(std::io::stderr)),
    };
    // `check` looks at several addresses one after the other: all of them log as the first one does.
    let _ = tracing_subscriber::registry().with(filter).with(lines).try_init();
    handle
}

/// Libraries are heard at trace only; of a library that logs through `log` only when that was the level at the start.
fn level_filter(level: LogLevel) -> Targets {
    let own = |level: LevelFilter| Targets::new().with_target(env!("CARGO_CRATE_NAME"), level);
    own(match level {
        LogLevel::Trace => return Targets::new().with_default(LevelFilter::TRACE),
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Error => LevelFilter::ERROR,
    })
}

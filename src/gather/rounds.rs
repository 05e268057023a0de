//! One round of each source: what it needs from what was seen before, the look, and who is woken by it.

use std::path::Path;
use std::sync::{Arc, PoisonError};

use super::identity::{Identity, Witness};
use super::{Context, NotSeen, choose_endpoint, now};
use crate::acls::Profile;
use crate::derive::{self, broker::BrokerState};
use crate::limits::{PROCESSES, PROPERTIES_FILE_BYTES, SUSPECT_TOPICS, SUSPECT_TOPICS_MAX, UTF8};
use crate::snapshot::{
    Attempt, BrokerProcess, Cluster, ConfigFile, Configs, ErrorKind, Failure, NodeView, Partition, ProcessCandidate,
    Section, TopicEntry,
};
use crate::sources::kafka::calls::{API_VERSIONS, Api, DESCRIBE_CONFIGS, DESCRIBE_OPERATION};
use crate::sources::kafka::configs::Wanted as WantedTopics;
use crate::sources::kafka::{self, Endpoint, cluster, configs as config_calls, is_this_host};
use crate::sources::mounts::group_of;
use crate::sources::proc::Wanted;
use crate::sources::reader::Question;
use crate::sources::{
    ACLS, CLIENT_QUOTAS, CONFIGS, FILES, HOST, JVM, LIVENESS, LOG_DIRS, MEMORY_MAPS, METADATA_SOURCE, OFFSETS, PROCESS,
    PROPERTIES, QUORUM, REASSIGNMENTS, REGISTRATIONS, RESOURCES, Round, SCRAM_USERS, STORAGE, Source, THREADS,
};

/// Milliseconds between two questions for what we may do on topics.
const TOPIC_OPERATIONS_EVERY_MS: u64 = 300_000;

/// What one broker is asked for all of the cluster; which one, follows from Metadata.
const OF_THE_CLUSTER: [&Source; 5] = [&QUORUM, &REASSIGNMENTS, &ACLS, &CLIENT_QUOTAS, &SCRAM_USERS];

/// The group of questions about `/proc`, which hangs for reasons of its own.
pub(super) const PROC: &str = "/proc";
/// Milliseconds for one question to the reader.
pub(super) const QUESTION_MS: u64 = 1_000;
/// Milliseconds for one log directory: short enough that sixteen mounts which hang at once are all told in one round.
pub(super) const LOG_DIR_MS: u64 = 500;

/// The broker's process.
pub fn process(context: Arc<Context>) -> Round {
    Box::pin(async move {
        let before = context.store.read(|view| view.process.last.as_ref().map(|seen| seen.value.clone()));
        let known = before.clone();
        let look = context.clone();
        let seen = context.observe(&PROCESS, |view| &mut view.process, async move {
            Ok(find_process(&look, known.as_deref()).await?)
        });
        let Some(seen) = seen.await else { return };
        let chosen = |process: &BrokerProcess| process.chosen.as_ref().map(|chosen| (chosen.pid, chosen.start_ticks));
        if before.as_deref().map(chosen) != Some(chosen(&seen)) {
            log_choice(&seen);
            for source in [&PROPERTIES, &HOST, &STORAGE, &MEMORY_MAPS, &RESOURCES, &THREADS, &JVM] {
                context.wake(source);
            }
        }
    })
}

async fn find_process(context: &Context, known: Option<&BrokerProcess>) -> Result<BrokerProcess, Failure> {
    let config = context.config.load_full();
    let procfs = config.procfs.clone();
    if let Some((known, chosen)) = known.and_then(|known| Some((known, known.chosen.as_ref()?))) {
        let question = Question::State { procfs: procfs.clone(), pid: chosen.pid };
        let state: Option<(char, u64)> = context.reader.ask(PROC, question, QUESTION_MS).await?;
        if let Some((state, start_ticks)) = state
            && start_ticks == chosen.start_ticks
        {
            let chosen = ProcessCandidate { state, ..chosen.clone() };
            return Ok(BrokerProcess { chosen: Some(chosen), ..known.clone() });
        }
    }
    let wanted = match (&config.properties_file, &config.server) {
        (Some(file), _) => Wanted::PropertiesFile(file.clone()),
        (None, Some(server)) if is_this_host(&server.host).await => Wanted::ListeningOn(server.port),
        // A broker elsewhere: no process of this host is its own.
        (None, Some(_)) => Wanted::ListeningOn(0),
        (None, None) => Wanted::Any,
    };
    let mut seen: BrokerProcess = context.reader.ask(PROC, Question::Process { procfs, wanted }, QUESTION_MS).await?;
    if seen.more_processes {
        context.metrics.limit_hit(PROCESSES);
    }
    if seen.candidates.iter().any(|candidate| candidate.properties_file.contains(char::REPLACEMENT_CHARACTER)) {
        context.metrics.limit_hit(UTF8);
    }
    let by_file = config.properties_file.as_ref().map(|file| format!("--kafka.properties-file={file}"));
    seen.wanted = by_file.or(config.server.as_ref().map(|server| format!("--kafka.server={server}")));
    Ok(seen)
}

fn log_choice(seen: &BrokerProcess) {
    match &seen.chosen {
        Some(chosen) => {
            let why = derive::node::selection(seen);
            tracing::info!(pid = chosen.pid, properties_file = %chosen.properties_file, why, "Watching this Kafka process.");
        }
        None => tracing::warn!(reason = derive::node::no_process(seen), "No Kafka process to watch; looking again."),
    }
}

/// Its properties file. One that was found once is read on after its process has ended: then its log directories and
/// listener are what matters.
pub fn properties(context: Arc<Context>) -> Round {
    Box::pin(async move {
        let (running, before) = context.store.read(|view| {
            let running = view.process.fresh(now()).and_then(|process| process.chosen.clone());
            (running, view.properties.last.as_ref().map(|seen| seen.value.clone()))
        });
        let named = context.config.load().properties_file.clone();
        let overrides = running.as_ref().map(|process| process.overrides.clone()).unwrap_or_default();
        let path = named
            .or(running.map(|process| process.properties_file))
            .or(before.as_ref().map(|before| before.path.clone()));
        let look = context.clone();
        let seen = context.observe(&PROPERTIES, |view| &mut view.properties, async move {
            let Some(path) = path else { return Err(look.no_process_yet()) };
            let mounts = look.own_mounts();
            let mount = group_of(&mounts, &mounts, Path::new(&path));
            let key_file = look.config.load().secrets_key_file.clone();
            let question = Question::Properties { path, overrides, key_file };
            let answer = look.reader.ask(&mount, question, QUESTION_MS).await;
            Ok(answer.inspect_err(|failure| look.count_file_limit(failure))?)
        });
        let seen = seen.await;
        if let Some(failure) = seen.as_ref().and_then(|seen| unmarked(seen))
            && before.as_ref().and_then(|before| unmarked(before)) != Some(failure)
        {
            tracing::warn!(error = %failure.message, "Secrets of the node's file are not marked.");
        }
        follow_endpoint(&context);
        context.wake(&FILES);
        if seen.is_some_and(|seen| before != Some(seen)) {
            [&HOST, &STORAGE].into_iter().for_each(|source| context.wake(source));
        }
    })
}

/// Why its secrets could not be marked.
fn unmarked(file: &ConfigFile) -> Option<&Failure> {
    file.marks.as_ref()?.as_ref().err()
}

/// Points the connections at the listener that is right now.
fn follow_endpoint(context: &Context) {
    if context.config.load().profile == Profile::Zero {
        // The lanes close what was open.
        context.endpoint.send_replace(None);
        context.store.update(|view| view.liveness = Section::default());
        return;
    }
    let (process, properties) = context.store.read(|view| {
        let process = view.process.fresh(now()).and_then(|process| process.chosen.clone());
        (process, view.properties.last.as_ref().map(|seen| seen.value.clone()))
    });
    let process = process.map(|process| (process.pid, process.start_ticks));
    let (endpoint, why) = match (&context.config.load().server, &properties) {
        (Some(server), _) => (server.clone(), "--kafka.server".to_owned()),
        (None, Some(properties)) => match choose_endpoint(properties, &context.config.load().security) {
            Ok(chosen) => (chosen.endpoint, chosen.why),
            Err(reason) => return context.complain(reason),
        },
        (None, None) => return,
    };
    let endpoint = Endpoint { process, ..endpoint };
    let before = context.endpoint.send_replace(Some(endpoint.clone()));
    if before.is_some_and(|before| before.is_same_listener(&endpoint)) {
        return;
    }
    ask_anew(context);
    tracing::info!(endpoint = %endpoint, why, "Speaking to this listener.");
}

/// What another listener or process said is not this one's: its first answer wakes the other sources.
fn ask_anew(context: &Context) {
    context.store.update(|view| view.liveness = Section::default());
    context.wake(&LIVENESS);
}

/// Whether the broker answers.
pub fn liveness(context: Arc<Context>) -> Round {
    Box::pin(async move {
        let was_up = context.store.read(|view| derive::broker::state(view, now()) == BrokerState::Up);
        let (look, asked) = (context.clone(), context.endpoint());
        let seen = context.observe(&LIVENESS, |view| &mut view.liveness, async move {
            look.require_endpoint()?;
            let answer = cluster::read_liveness(&look.client, LIVENESS.deadline_ms).await?;
            if !was_up {
                look.recognise().await;
            }
            Ok(answer)
        });
        let is_up = seen.await.is_some();
        let listener = context.endpoint();
        if asked.is_some_and(|asked| !listener.is_some_and(|listener| listener.is_same_listener(&asked))) {
            // Another one was chosen meanwhile, and this answer may be of either.
            return ask_anew(&context);
        }
        if is_up && !was_up {
            // A broker that was away may have come back with other settings.
            context.store.update(|view| view.configs.last = None);
            [&REGISTRATIONS, &METADATA_SOURCE, &LOG_DIRS, &CONFIGS].into_iter().for_each(|source| context.wake(source));
            OF_THE_CLUSTER.into_iter().for_each(|source| context.wake(source));
        }
    })
}

/// Registered brokers.
pub fn registrations(context: Arc<Context>) -> Round {
    Box::pin(async move {
        let known = context.own_id();
        let look = context.clone();
        let seen = context.observe(&REGISTRATIONS, |view| &mut view.registrations, async move {
            look.require_up()?;
            let asks_configs = look.config.load().profile.calls(&DESCRIBE_CONFIGS);
            let told = cluster::read_registrations(&look.client, REGISTRATIONS.deadline_ms, asks_configs).await?;
            look.hear_identity(&REGISTRATIONS, Witness::Answers, Identity::of_registrations(&told));
            Ok(told)
        });
        if seen.await.is_some() && known.is_none() {
            [&OFFSETS, &CONFIGS].into_iter().chain(OF_THE_CLUSTER).for_each(|source| context.wake(source));
        }
    })
}

/// Topics and partitions.
pub fn metadata(context: Arc<Context>) -> Round {
    Box::pin(async move {
        let (before, was_fresh) = context.store.read(|view| {
            let before = view.cluster.last.as_ref().map(|seen| seen.value.clone());
            (before, view.cluster.fresh(now()).is_some())
        });
        let changes = context.identity_changes();
        let known = before.as_ref().and_then(|before| before.topic_operations.clone());
        let look = context.clone();
        let seen = context.observe(&METADATA_SOURCE, |view| &mut view.cluster, async move {
            look.require_up()?;
            let elr = look.store.read(|view| view.liveness.fresh(now()).is_some_and(|liveness| liveness.elr()));
            let at = now();
            let known = known.filter(|known| at.since(known.at) < TOPIC_OPERATIONS_EVERY_MS);
            let operations = known.is_none().then_some(at);
            let told = cluster::read_cluster(&look.client, METADATA_SOURCE.deadline_ms, elr, operations).await?;
            look.hear_identity(&METADATA_SOURCE, Witness::Answers, Identity::of_cluster(&told));
            look.refuse_hidden(&told)?;
            Ok(Cluster { topic_operations: known.or(told.topic_operations), ..told })
        });
        let (Some(seen), Some(id)) = (seen.await, context.own_id()) else { return };
        // Between two nodes nothing has changed: they have nothing to do with each other.
        if let Some(before) = before.filter(|_| context.identity_changes() == changes) {
            forget_settings(&context, &before, &seen);
            context.store.update(|view| view.ledger = derive::changes::advance(&view.ledger, &before, &seen, id));
        }
        context.wake(&OFFSETS);
        let known = context.store.read(|view| view.configs.last.as_ref().map(|seen| seen.value.clone()));
        let all_known = |known: &Configs| {
            let WantedTopics { led, followed } = hosted_topics(&seen, id);
            led.iter().all(|topic| known.topics.contains_key(topic))
                && followed.iter().all(|topic| known.followed.contains_key(topic) || known.topics.contains_key(topic))
        };
        if known.is_some_and(|known| !all_known(&known)) {
            context.wake(&CONFIGS);
        }
        if !was_fresh {
            OF_THE_CLUSTER.into_iter().for_each(|source| context.wake(source));
        }
    })
}

/// Offsets; a round follows each round of Metadata.
pub fn offsets(context: Arc<Context>) -> Round {
    Box::pin(async move {
        let look = context.clone();
        let work = async move {
            let (cluster, id) = look.require_cluster()?;
            Ok(kafka::offsets::read_offsets(&look.client, OFFSETS.deadline_ms, &cluster, id).await?)
        };
        context.observe(&OFFSETS, |view| &mut view.offsets, work).await;
    })
}

/// Log directories.
pub fn log_dirs(context: Arc<Context>) -> Round {
    Box::pin(async move {
        let look = context.clone();
        let work = async move {
            look.require_up()?;
            Ok(kafka::log_dirs::read_log_dirs(&look.client, LOG_DIRS.deadline_ms).await?)
        };
        let before = context.store.read(|view| view.log_dirs.last.as_ref().map(|seen| seen.at));
        let seen = context.observe(&LOG_DIRS, |view| &mut view.log_dirs, work).await;
        if let Some(seen) = seen {
            context.store.update(|view| {
                let ms = before.map_or(0, |before| now().since(before));
                view.ingest = derive::retention::advance(&view.ingest, &seen, ms);
            });
        }
    })
}

/// Effective settings: all of them each interval, those of new topics in between.
pub fn configs(context: Arc<Context>) -> Round {
    Box::pin(async move {
        let look = context.clone();
        let work = async move {
            look.require_profile(&DESCRIBE_CONFIGS)?;
            let id = look.require_id()?;
            let (cluster, known, untried) = look.store.read(|view| {
                let known = view.configs.last.as_ref().map(|seen| seen.value.clone());
                let cluster = view.cluster.last.as_ref().map(|seen| seen.value.clone());
                (cluster, known, view.cluster.attempt == Attempt::NotTried)
            });
            // Which topics are to be asked for is not known before: a look that ends with the first round of each source
            // would have none of them.
            if untried && !look.is_controller_only() {
                return Err(NotSeen::Waiting);
            }
            let mut topics = cluster.map(|cluster| hosted_topics(&cluster, id)).unwrap_or_default();
            let at = now();
            let partly = known.filter(|known| at.since(known.whole_at) < CONFIGS.interval_ms * 3 / 4);
            if let Some(known) = &partly {
                let is_known = |topic: &Arc<str>| known.topics.contains_key(topic);
                topics.led.retain(|topic| !is_known(topic));
                topics.followed.retain(|topic| !is_known(topic) && !known.followed.contains_key(topic));
            }
            let deadline_ms = CONFIGS.deadline_ms;
            let mut configs =
                config_calls::read_configs(&look.client, deadline_ms, id, &topics, partly.as_deref()).await?;
            if partly.is_none() {
                configs.whole_at = at;
            }
            // Topics may have gone meanwhile.
            if let Some(cluster) = look.store.read(|view| view.cluster.last.as_ref().map(|seen| seen.value.clone())) {
                configs.topics.retain(|topic, _| cluster.partitions.topic(topic).is_some());
                let Configs { topics, followed, .. } = &mut configs;
                followed.retain(|topic, _| cluster.partitions.topic(topic).is_some() && !topics.contains_key(topic));
            }
            Ok(configs)
        };
        context.observe(&CONFIGS, |view| &mut view.configs, work).await;
    })
}

/// The quorum.
pub fn quorum(context: Arc<Context>) -> Round {
    Box::pin(async move {
        let look = context.clone();
        let work = async move {
            look.require_up()?;
            // A voter asks for itself: whether the quorum outlives its stop is its own question.
            if !look.is_voter() {
                look.require_lowest()?;
            }
            Ok(kafka::quorum::read_quorum(&look.client, QUORUM.deadline_ms).await?)
        };
        context.observe(&QUORUM, |view| &mut view.quorum, work).await;
    })
}

/// Reassignments.
pub fn reassignments(context: Arc<Context>) -> Round {
    Box::pin(async move {
        let look = context.clone();
        let work = async move {
            let (cluster, id) = look.require_cluster()?;
            let is_lowest = is_lowest(&cluster, id);
            let mut topics = (!is_lowest).then(|| suspects(&cluster, id));
            if let Some(topics) = topics.as_mut().filter(|topics| topics.len() > SUSPECT_TOPICS_MAX) {
                look.metrics.limit_hit(SUSPECT_TOPICS);
                topics.truncate(SUSPECT_TOPICS_MAX);
            }
            if topics.as_ref().is_some_and(Vec::is_empty) {
                let reason = "The live broker of the lowest id asks; no partition led here misses a replica.";
                return Err(NotSeen::Skipped(reason.to_owned()));
            }
            Ok(kafka::quorum::read_reassignments(&look.client, REASSIGNMENTS.deadline_ms, topics).await?)
        };
        context.observe(&REASSIGNMENTS, |view| &mut view.reassignments, work).await;
    })
}

/// Drops the settings of topics that are gone, or were made anew under the same name: those are asked for again.
fn forget_settings(context: &Context, before: &Cluster, seen: &Cluster) {
    let same = |old: &TopicEntry| {
        let now = seen.partitions.topic(&old.name);
        now.is_some_and(|now| now.id == old.id)
    };
    let gone: Vec<&TopicEntry> = before.partitions.topics().iter().filter(|topic| !same(topic)).collect();
    if gone.is_empty() {
        return;
    }
    context.store.update(|view| {
        if let Some(configs) = &mut view.configs.last {
            let Configs { topics, followed, .. } = Arc::make_mut(&mut configs.value);
            let lives = |name: &Arc<str>| gone.iter().all(|topic| topic.name != *name);
            topics.retain(|name, _| lives(name));
            followed.retain(|name, _| lives(name));
        }
    });
}

/// Topics of which a broker hosts replicas.
fn hosted_topics(cluster: &Cluster, id: i32) -> WantedTopics {
    let mut wanted = WantedTopics::default();
    for (index, topic) in cluster.partitions.topics().iter().enumerate() {
        let of_topic = || cluster.partitions.of_topic(index);
        if of_topic().any(|found| found.leader() == Some(id)) {
            wanted.led.push(topic.name.clone());
        } else if of_topic().any(|found| found.replicas.contains(&id)) {
            wanted.followed.push(topic.name.clone());
        }
    }
    wanted
}

/// Whether this is the live broker of the lowest id.
fn is_lowest(cluster: &Cluster, id: i32) -> bool {
    cluster.brokers.first().map(|broker| broker.id) == Some(id)
}

/// Partitions led here that miss a replica: a reassignment may be the reason.
fn suspects(cluster: &Cluster, id: i32) -> Vec<(Arc<str>, Vec<i32>)> {
    let suspect = |found: &Partition<'_>| found.leader() == Some(id) && found.missing().next().is_some();
    let mut topics: Vec<(Arc<str>, Vec<i32>)> = Vec::new();
    for found in cluster.partitions.iter().filter(suspect) {
        match topics.last_mut() {
            Some((name, list)) if *name == found.topic.name => list.push(found.row.partition),
            _ => topics.push((found.topic.name.clone(), vec![found.row.partition])),
        }
    }
    topics
}

impl Context {
    /// The only limit that a file can be over is that of its bytes.
    pub(super) fn count_file_limit(&self, failure: &Failure) {
        if failure.kind == ErrorKind::Limit {
            self.metrics.limit_hit(PROPERTIES_FILE_BYTES);
        }
    }

    fn own_id(&self) -> Option<i32> {
        self.store.read(|view| derive::node::id(view, now()))
    }

    /// Why no properties file is read.
    fn no_process_yet(&self) -> NotSeen {
        self.store.read(|view| match &view.process.attempt {
            Attempt::NotTried => NotSeen::Waiting,
            _ => NotSeen::Skipped("No properties file is known: no Kafka process was chosen.".to_owned()),
        })
    }

    /// Why no log directory is looked at.
    pub(super) fn no_properties_yet(&self) -> NotSeen {
        self.store.read(|view| match &view.properties.attempt {
            Attempt::NotTried => NotSeen::Waiting,
            _ => NotSeen::Skipped("No log directory is known: no properties file was read.".to_owned()),
        })
    }

    /// Why none of the listeners of its properties file can be spoken to.
    fn no_listener(&self, view: &NodeView) -> String {
        let chosen =
            view.properties.last.as_ref().map(|seen| choose_endpoint(&seen.value, &self.config.load().security));
        chosen.and_then(Result::err).unwrap_or_else(|| "Its listener is about to be asked.".to_owned())
    }

    /// Says once why no listener can be spoken to, not in each round.
    fn complain(&self, reason: String) {
        let mut said = self.complaint.lock().unwrap_or_else(PoisonError::into_inner);
        if *said != reason {
            tracing::warn!(reason, "No listener to speak to.");
            *said = reason;
        }
    }

    fn is_controller_only(&self) -> bool {
        self.store.read(|view| derive::node::is_controller_only(view, now()))
    }

    /// Whether the node votes in the controller quorum, as far as that is known.
    fn is_voter(&self) -> bool {
        self.is_controller_only() || self.store.read(|view| derive::node::votes(view, now()) == Some(true))
    }

    /// Metadata is silent about topics that are denied. When it names none at all, and they are on disk, or our principal
    /// may not even describe the cluster, that is a denial and not an empty cluster.
    fn refuse_hidden(&self, seen: &Cluster) -> Result<(), NotSeen> {
        if !seen.partitions.is_empty() {
            return Ok(());
        }
        let first =
            self.store.read(|view| [&view.registrations.attempt, &view.files.attempt].contains(&&Attempt::NotTried));
        if first {
            return Err(NotSeen::Waiting);
        }
        let on_disk = self.store.read(|view| derive::replication::on_disk(view, now())).unwrap_or_default();
        let operations = self.store.read(|view| view.registrations.fresh(now())?.authorized_operations);
        let denied = operations.is_some_and(|bits| bits & (1 << DESCRIBE_OPERATION) == 0);
        let why = match (on_disk, denied) {
            (1.., _) => format!("{on_disk} replicas are on this broker's disks"),
            (0, true) => "our principal may not describe the cluster either".to_owned(),
            (0, false) => return Ok(()),
        };
        let next = "grant Describe on Topic to our principal (brokerwatch acls prints how)";
        let message = format!("The broker named no topic, but {why}: {next}.");
        Err(NotSeen::Failed(Failure::new(ErrorKind::Authorization, message)))
    }

    /// Whether `api` may be called at all, as configured.
    pub(super) fn require_profile(&self, api: &Api) -> Result<(), NotSeen> {
        let profile = self.config.load().profile;
        if profile.calls(api) {
            return Ok(());
        }
        let reason = match profile {
            Profile::Zero => "--kafka.profile=zero: the broker is not spoken to.".to_owned(),
            profile => format!("--kafka.profile={}: {} is not called.", profile.as_str(), api.name),
        };
        Err(NotSeen::Skipped(reason))
    }

    /// Whether a listener is known. While it is not: whether one may still be found, or why there is none.
    fn require_endpoint(&self) -> Result<(), NotSeen> {
        self.require_profile(&API_VERSIONS)?;
        if self.endpoint.borrow().is_some() {
            return Ok(());
        }
        self.store.read(|view| {
            let no_file = |view: &NodeView| match view.properties.attempt {
                Attempt::NotTried => NotSeen::Waiting,
                Attempt::Ok => NotSeen::Skipped(self.no_listener(view)),
                _ => NotSeen::Skipped(view.properties.why_absent()),
            };
            Err(match view.process.fresh(now()) {
                None if view.process.attempt == Attempt::NotTried => NotSeen::Waiting,
                None => NotSeen::Skipped(view.process.why_absent()),
                Some(process) if process.chosen.is_some() => no_file(view),
                Some(process) => match no_file(view) {
                    NotSeen::Skipped(_) if view.properties.last.is_none() => {
                        NotSeen::Skipped(derive::node::no_process(process))
                    }
                    other => other,
                },
            })
        })
    }

    /// A broker that does not answer ApiVersions is asked nothing else.
    fn require_up(&self) -> Result<(), NotSeen> {
        self.require_endpoint()?;
        self.store.read(|view| match (derive::broker::state(view, now()), view.liveness.failure()) {
            (BrokerState::Up, _) => Ok(()),
            (_, Some(failure)) => Err(NotSeen::Behind(failure.clone())),
            // Its next answer is due, or overdue.
            (_, None) => Err(NotSeen::Waiting),
        })
    }

    fn require_id(&self) -> Result<i32, NotSeen> {
        self.require_up()?;
        let unknown = || match self.store.read(|view| view.registrations.attempt.clone()) {
            Attempt::NotTried => NotSeen::Waiting,
            _ => NotSeen::Skipped("Which broker answers is not known: grant DescribeConfigs on Cluster.".to_owned()),
        };
        self.own_id().ok_or_else(unknown)
    }

    /// Whether this is the node that asks for what every broker can be asked for: the live broker of the lowest id.
    pub(super) fn require_lowest(&self) -> Result<(), NotSeen> {
        self.require_up()?;
        let asks = !self.is_controller_only() && self.require_cluster().map(|(cluster, id)| is_lowest(&cluster, id))?;
        if asks { Ok(()) } else { Err(NotSeen::Skipped("The live broker of the lowest id asks.".to_owned())) }
    }

    fn require_cluster(&self) -> Result<(Arc<Cluster>, i32), NotSeen> {
        self.require_up()?;
        if self.is_controller_only() {
            return Err(NotSeen::Skipped("A controller's listener knows no partitions.".to_owned()));
        }
        let id = self.require_id()?;
        self.store.read(|view| match (view.cluster.fresh(now()), &view.cluster.last, &view.cluster.attempt) {
            (Some(_), Some(seen), _) => Ok((seen.value.clone(), id)),
            (_, _, Attempt::NotTried) => Err(NotSeen::Waiting),
            _ => Err(NotSeen::Skipped(format!("Metadata is missing: {}", view.cluster.why_absent()))),
        })
    }
}

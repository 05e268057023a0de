//! Compose files: each service that runs Kafka, a Connect worker or a Schema Registry is a configuration.
//!
//! Reference: the Compose specification: services, volumes, `extends`, `env_file`, interpolation.

use serde_yaml::{Mapping as Map, Value};

use super::environment::{Variable, apply, has_variable, variables};
use super::yaml::{self, Text, scalar, text_of};
use super::{ConfigError, ReadOther};
use crate::snapshot::{ConfigFile, Container, FileKind, Form, Mapping, Mount, MountSource};

/// How deep a service may extend others.
const EXTENDS_MAX: usize = 16;

/// The configurations of a compose file. `read` gives the files that it names (`env_file`), by their path.
///
/// # Errors
/// What is not YAML, or has no services.
pub fn parse_compose(path: &str, bytes: &[u8], read: ReadOther<'_>) -> Result<Vec<ConfigFile>, ConfigError> {
    let text = yaml::text(bytes)?;
    let lines = yaml::lines(text);
    let documents = yaml::documents(&lines)?;
    let mut files = Vec::new();
    for document in &documents {
        let Some(services) = document.value.get("services").and_then(Value::as_mapping) else { continue };
        let empty = Map::new();
        let volumes = document.value.get("volumes").and_then(Value::as_mapping).unwrap_or(&empty);
        let compose = Compose { path, services, volumes, text: document.text, read };
        files.extend(services.keys().filter_map(Value::as_str).filter_map(|name| compose.service(name)));
    }
    Ok(files)
}

struct Compose<'a> {
    path: &'a str,
    services: &'a Map,
    volumes: &'a Map,
    text: Text<'a>,
    read: ReadOther<'a>,
}

impl Compose<'_> {
    /// The configuration of a service; absent when it runs nothing of Kafka's.
    fn service(&self, name: &str) -> Option<ConfigFile> {
        let layers = self.layers(name);
        let of = |key: &str| layers.iter().rev().find_map(|(_, layer)| text_of(layer, key));
        let image = of("image");
        let mut container = Container {
            service: name.to_owned(),
            image: image.clone(),
            host_network: of("network_mode").as_deref() == Some("host"),
            hostname: of("hostname"),
            container_name: of("container_name"),
            ..Container::default()
        };
        let mut variables = Vec::new();
        for (service, layer) in &layers {
            self.env_files(layer, &mut variables, &mut container.unread_files);
            self.environment(service, layer, &mut variables);
            self.mounts(layer, &mut container.mounts, 0);
            container.ports.extend(items(layer.get("ports")).filter_map(port));
            container.replicas = replicas(layer).or(container.replicas);
            if layer.get("extends").and_then(|extends| extends.get("file")).is_some() {
                container.unread_files.extend(layer.get("extends").and_then(|it| it.get("file")).and_then(scalar));
            }
        }
        let variables = last_of_each(variables);
        let known = image.as_deref().and_then(Mapping::of_image);
        let mapping = known.or_else(|| Mapping::of_variables(&variables))?;
        container.mounted_config = mounted_config(mapping, &container.mounts);
        let mut file = ConfigFile::new(self.path, Form::Compose);
        file.part = Some(format!("service {name}"));
        file.container = Some(container);
        apply(&mut file, mapping, &variables);
        if let (
            FileKind::Unknown(_),
            Some(Mapping::Apache | Mapping::Confluent | Mapping::Bitnami | Mapping::Wurstmeister),
        ) = (&file.kind, known)
        {
            file.kind = FileKind::Broker;
        }
        // Tools beside Kafka have variables of that name too (`KAFKA_CLUSTERS_0_NAME`).
        let is_ours = known.is_some() || mapping == Mapping::Bitnami || is_recognised(&file.kind);
        is_ours.then_some(file)
    }

    /// The service under what it extends, the farthest first.
    fn layers(&self, name: &str) -> Vec<(String, Map)> {
        let mut layers = Vec::new();
        let mut next = Some(name.to_owned());
        while let Some(name) = next.take()
            && layers.len() < EXTENDS_MAX
        {
            let Some(service) = self.services.get(name.as_str()).and_then(Value::as_mapping) else { break };
            next = service.get("extends").and_then(|extends| {
                let is_other_file = extends.get("file").is_some();
                extends
                    .as_str()
                    .or_else(|| extends.get("service")?.as_str())
                    .filter(|_| !is_other_file)
                    .map(str::to_owned)
            });
            layers.push((name, service.clone()));
        }
        layers.reverse();
        layers
    }

    fn environment(&self, service: &str, layer: &Map, variables: &mut Vec<Variable>) {
        let block = self.text.block("services").and_then(|services| services.block(service));
        let block = block.and_then(|service| service.block("environment"));
        let mut add = |name: &str, value: Option<String>| {
            let is_template = value.as_deref().is_some_and(has_variable);
            let value = value.map(|value| value.replace("$$", "$"));
            let line = block.and_then(|block| block.line(name));
            variables.push(Variable { name: name.to_owned(), value, is_template, line, file: None });
        };
        match layer.get("environment") {
            Some(Value::Mapping(map)) => {
                for (name, value) in map {
                    if let Some(name) = name.as_str() {
                        add(name, scalar(value));
                    }
                }
            }
            list => {
                for item in items(list).filter_map(scalar) {
                    match item.split_once('=') {
                        Some((name, value)) => add(name, Some(value.to_owned())),
                        None => add(&item, None),
                    }
                }
            }
        }
    }

    fn env_files(&self, layer: &Map, into: &mut Vec<Variable>, unread: &mut Vec<String>) {
        let named = layer.get("env_file");
        let single = named.and_then(scalar);
        let path_of = |item: &Value| scalar(item).or_else(|| item.get("path").and_then(scalar));
        for name in single.into_iter().chain(items(named).filter_map(path_of)) {
            let path = beside(self.path, &name);
            match (self.read)(&path).and_then(|bytes| variables(&bytes, Some(&path)).ok()) {
                Some(found) => into.extend(found),
                None => unread.push(name),
            }
        }
    }

    fn mounts(&self, layer: &Map, into: &mut Vec<Mount>, depth: usize) {
        let mut add = |mount: Mount| {
            into.retain(|other| other.target != mount.target);
            into.push(mount);
        };
        items(layer.get("volumes")).filter_map(|item| self.mount(item)).for_each(&mut add);
        let tmpfs = layer.get("tmpfs");
        let single = tmpfs.and_then(scalar);
        for target in single.into_iter().chain(items(tmpfs).filter_map(scalar)) {
            let target = target.split(':').next().unwrap_or_default().to_owned();
            add(Mount { source: MountSource::Tmpfs, target, read_only: false });
        }
        for other in items(layer.get("volumes_from")).filter_map(scalar) {
            let name = other.split(':').next().unwrap_or_default();
            if depth < EXTENDS_MAX
                && let Some(service) = self.services.get(name).and_then(Value::as_mapping)
            {
                self.mounts(service, into, depth + 1);
            }
        }
    }

    /// One entry of `volumes`, in its short or long form.
    fn mount(&self, item: &Value) -> Option<Mount> {
        if let Some(short) = scalar(item) {
            return Some(self.short_mount(&short));
        }
        let of = |key: &str| item.get(key).and_then(scalar);
        let source = match (of("type").as_deref(), of("source").or_else(|| of("src"))) {
            (Some("tmpfs"), _) => MountSource::Tmpfs,
            (Some("bind"), Some(source)) => self.host_path(&source),
            (_, Some(source)) => self.source(&source),
            (_, None) => MountSource::Anonymous,
        };
        let target = of("target").or_else(|| of("dst")).or_else(|| of("destination"))?;
        let read_only = item.get("read_only").and_then(Value::as_bool).unwrap_or(false);
        Some(Mount { source, target, read_only })
    }

    /// `[SOURCE:]TARGET[:MODE]`; a source may hold a template with colons, or a drive letter.
    fn short_mount(&self, short: &str) -> Mount {
        let parts = split_outside_braces(short);
        let (source, target, mode) = match parts.as_slice() {
            [target] => (None, *target, ""),
            [drive, path, rest @ ..] if drive.len() == 1 && path.starts_with(['\\', '/']) && !rest.is_empty() => {
                let source = &short[..drive.len() + 1 + path.len()];
                (Some(source), rest[0], rest.get(1).copied().unwrap_or(""))
            }
            [source, target, rest @ ..] => (Some(*source), *target, rest.first().copied().unwrap_or("")),
            [] => (None, short, ""),
        };
        let source = source.map_or(MountSource::Anonymous, |source| self.source(source));
        Mount { source, target: target.to_owned(), read_only: mode.split(',').any(|flag| flag == "ro") }
    }

    fn source(&self, source: &str) -> MountSource {
        if has_variable(source) {
            MountSource::Template(source.to_owned())
        } else if source.starts_with(['/', '.', '~']) || source.contains('\\') || source.contains(":/") {
            self.host_path(source)
        } else {
            self.volume(source)
        }
    }

    fn host_path(&self, source: &str) -> MountSource {
        if has_variable(source) {
            return MountSource::Template(source.to_owned());
        }
        MountSource::HostPath(beside(self.path, source))
    }

    /// A named volume: a directory of the host when its options bind one, else its name on the host.
    fn volume(&self, name: &str) -> MountSource {
        let options = self.volumes.get(name);
        let of = |key: &str| options?.get("driver_opts")?.get(key).and_then(scalar);
        let is_bind = of("o").is_some_and(|o| o.split(',').any(|flag| matches!(flag, "bind" | "rbind")));
        match of("device") {
            Some(device) if is_bind => self.host_path(&device),
            _ => {
                let own = options.and_then(|options| options.get("name")).and_then(scalar);
                MountSource::Volume(own.unwrap_or_else(|| name.to_owned()))
            }
        }
    }
}

fn is_recognised(kind: &FileKind) -> bool {
    kind.is_node() || matches!(kind, FileKind::ConnectWorker | FileKind::SchemaRegistry)
}

fn items(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    value.and_then(Value::as_sequence).into_iter().flatten()
}

/// Parts between colons, those inside `${...}` left alone.
fn split_outside_braces(text: &str) -> Vec<&str> {
    let mut depth = 0usize;
    let is_end = move |c: char| {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        c == ':' && depth == 0
    };
    text.split(is_end).collect()
}

fn port(item: &Value) -> Option<String> {
    scalar(item).or_else(|| {
        let target = item.get("target").and_then(scalar)?;
        Some(match item.get("published").and_then(scalar) {
            Some(published) => format!("{published}:{target}"),
            None => target,
        })
    })
}

fn replicas(layer: &Map) -> Option<u32> {
    let deploy = layer.get("deploy").and_then(|deploy| deploy.get("replicas"));
    u32::try_from(deploy.or_else(|| layer.get("scale"))?.as_u64()?).ok()
}

/// Of each variable the one that counts: variables of the service are over those of its files.
fn last_of_each(variables: Vec<Variable>) -> Vec<Variable> {
    let mut seen = std::collections::BTreeSet::new();
    let mut last: Vec<Variable> = variables.into_iter().rev().filter(|one| seen.insert(one.name.clone())).collect();
    last.reverse();
    last
}

/// A properties file that is mounted where the image reads one.
fn mounted_config(mapping: Mapping, mounts: &[Mount]) -> Option<String> {
    let directories: &[&str] = match mapping {
        Mapping::Apache => &["/mnt/shared/config"],
        Mapping::Bitnami => &["/bitnami/kafka/config", "/opt/bitnami/kafka/config"],
        // These write their files anew at each start, from the variables alone.
        Mapping::Confluent | Mapping::ConfluentConnect | Mapping::ConfluentSchemaRegistry => return None,
        Mapping::Wurstmeister | Mapping::Unknown => &["/opt/kafka/config"],
    };
    let is_read = |mount: &&Mount| {
        let target = mount.target.trim_end_matches('/');
        let directory = target.strip_suffix("/server.properties").unwrap_or(target);
        directories.contains(&directory)
            || directories
                .iter()
                .any(|read| target.strip_prefix(read).is_some_and(|rest| rest.ends_with(".properties")))
    };
    mounts.iter().find(is_read).map(|mount| mount.target.clone())
}

/// A path that is named in a file, from where the file is: names of the path are joined, nothing is looked up.
fn beside(file: &str, path: &str) -> String {
    if path.starts_with(['/', '~']) || path.contains(":\\") || path.contains(":/") {
        return path.to_owned();
    }
    let directory = file.rsplit_once('/').map(|(directory, _)| directory).unwrap_or("");
    let is_absolute = file.starts_with('/');
    let mut names: Vec<&str> = Vec::new();
    for name in directory.split('/').chain(path.split('/')) {
        match name {
            "" | "." => {}
            ".." if names.last().is_some_and(|last| *last != "..") => _ = names.pop(),
            ".." if is_absolute => {}
            name => names.push(name),
        }
    }
    let joined = names.join("/");
    if is_absolute { format!("/{joined}") } else { joined }
}

#[cfg(test)]
mod tests;

//! deploy/kubernetes and deploy/strimzi: judged by the schemas of Kubernetes and of the Prometheus operator, and by what the
//! files promise themselves.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use super::common::sidecar::{run, stdout};
use super::common::tools::skip;
use super::common::{TempDir, repository};
use super::{files, output};

const KAFKA_USER: &str = "deploy/strimzi/kafka-user.yaml";
const FOLDERS: [&str; 2] = ["deploy/kubernetes", "deploy/strimzi"];

/// All manifests, those of the Prometheus operator apart.
fn manifests() -> (Vec<PathBuf>, Vec<PathBuf>) {
    let all = FOLDERS.iter().flat_map(|folder| files(folder, "yaml"));
    // Strimzi's, judged apart; what stands in it is what the program prints (tests/generated.rs).
    let kafka_user = repository(KAFKA_USER);
    let all = all.filter(|path| *path != kafka_user);
    all.partition(|path| !std::fs::read_to_string(path).unwrap().contains("monitoring.coreos.com/"))
}

/// Each document of the files.
fn resources(paths: &[PathBuf]) -> Vec<(PathBuf, Value)> {
    let parse = |path: &PathBuf| {
        let text = std::fs::read_to_string(path).unwrap();
        let values = text.split("\n---\n").map(|text| serde_yaml::from_str(text).unwrap());
        values.map(|value| (path.clone(), value)).collect::<Vec<_>>()
    };
    paths.iter().flat_map(parse).collect()
}

/// The folder of the tools; none when they cannot be had here.
fn tools() -> Option<PathBuf> {
    folder_of("tests/tools/kubernetes-validate")
}

/// The folder that a script of ours prints; none when it cannot be made here.
fn folder_of(script: &str) -> Option<PathBuf> {
    let output = Command::new(repository(script)).stdin(Stdio::null()).output().unwrap();
    if output.status.success() {
        return Some(String::from_utf8_lossy(&output.stdout).trim().into());
    }
    skip(&format!("{script}: {}", String::from_utf8_lossy(&output.stderr)));
    None
}

fn validate(tools: &Path) -> Command {
    let mut command = Command::new(tools.join("kubernetes-validate"));
    command.arg("--strict");
    command
}

#[test]
fn the_schemas_of_kubernetes_and_of_the_prometheus_operator_accept_the_manifests() {
    let Some(tools) = tools() else { return };
    let (core, monitoring) = manifests();
    assert!(core.len() >= 4 && monitoring.len() >= 3);
    output(validate(&tools).args(&core));
    let script = repository("tests/deploy/monitoring_kinds.py");
    let said = output(Command::new(tools.join("python")).arg(&script).args(&monitoring));
    assert_eq!(said.matches(" passed").count(), monitoring.len(), "{said}");

    // The tools do refuse: a misspelt field in one of each.
    let dir = TempDir::new();
    let wrong = dir.path().join("wrong.yaml");
    let misspell = |path: &str, right: &str| {
        let text = std::fs::read_to_string(repository(path)).unwrap();
        assert!(text.contains(right), "{path}: {right}");
        std::fs::write(&wrong, text.replace(right, &format!("x{right}"))).unwrap();
    };
    misspell("deploy/strimzi/broker-0.yaml", "readOnlyRootFilesystem:");
    assert!(!validate(&tools).arg(&wrong).output().unwrap().status.success());
    misspell("deploy/strimzi/pod-monitor.yaml", "scrapeTimeout:");
    assert!(!Command::new(tools.join("python")).arg(&script).arg(&wrong).output().unwrap().status.success());
}

/// Also what the tests of `check` take for Strimzi's resources.
#[test]
fn the_definitions_of_strimzi_accept_the_user_and_the_resources_of_the_tests() {
    let (Some(tools), Some(definitions)) = (tools(), folder_of("tests/tools/strimzi-crds")) else { return };
    let judge = |files: &[PathBuf]| {
        let mut command = Command::new(tools.join("python"));
        command.arg(repository("tests/deploy/strimzi_kinds.py")).arg(&definitions).args(files);
        command
    };
    let said = output(&mut judge(&[repository(KAFKA_USER), repository("tests/fixtures/sets/strimzi/kafka.yaml")]));
    assert_eq!(said.matches(" passed").count(), 4, "{said}");
    println!("{said}");

    // It does refuse: a version that is gone, a field and an operation that are not there.
    let dir = TempDir::new();
    let text = std::fs::read_to_string(repository(KAFKA_USER)).unwrap();
    for (number, (right, wrong)) in
        [("strimzi.io/v1", "strimzi.io/v1beta2"), ("patternType:", "pattern:"), ("[Describe,", "[Look,")]
            .iter()
            .enumerate()
    {
        assert!(text.contains(right), "{right}");
        let path = dir.path().join(format!("{number}.yaml"));
        std::fs::write(&path, text.replace(right, wrong)).unwrap();
        assert!(!judge(&[path]).output().unwrap().status.success(), "{wrong}");
    }
}

#[test]
fn pods_have_least_rights_no_probe_that_could_stop_a_broker_and_flags_that_are_there() {
    let help = stdout(&run(&["--help"]));
    let mut seen = 0;
    for (path, resource) in resources(&manifests().0) {
        let pod = &resource["spec"]["template"]["spec"];
        let containers = pod["containers"].as_array().into_iter().flatten();
        for container in containers.filter(|container| container["name"] == "brokerwatch") {
            let at = path.display();
            seen += 1;
            assert_eq!(pod["securityContext"]["runAsNonRoot"], true, "{at}");
            assert_eq!(pod["securityContext"]["seccompProfile"]["type"], "RuntimeDefault", "{at}");
            assert_eq!(pod["automountServiceAccountToken"], false, "{at}");
            let rights = &container["securityContext"];
            assert_eq!(rights["readOnlyRootFilesystem"], true, "{at}");
            assert_eq!(rights["allowPrivilegeEscalation"], false, "{at}");
            assert_eq!(rights["capabilities"]["drop"][0], "ALL", "{at}");
            assert!(container.get("readinessProbe").is_none() && container.get("startupProbe").is_none(), "{at}");
            assert_eq!(container["livenessProbe"]["httpGet"]["path"], "/-/healthy", "{at}");
            for mount in container["volumeMounts"].as_array().unwrap() {
                assert_eq!(mount["readOnly"], true, "{at}: {mount}");
            }
            for argument in container["args"].as_array().unwrap() {
                let flag = argument.as_str().unwrap().split('=').next().unwrap();
                let known = help.lines().any(|line| line.trim_start().split([' ', '[']).next() == Some(flag));
                assert!(known, "{at}: no flag {flag}");
            }
        }
    }
    assert_eq!(seen, 2, "a sidecar, and a pod beside a broker");
}

/// Paths mean the same to both; and the image's start puts server.properties where the process is told to read it.
#[test]
fn the_sidecar_sees_the_brokers_folders_by_their_own_paths() {
    let manifest = resources(&[repository("deploy/kubernetes/statefulset-sidecar.yaml")]);
    let set = manifest.iter().find(|(_, resource)| resource["kind"] == "StatefulSet").unwrap();
    let mounts = |name: &str| {
        let containers = set.1["spec"]["template"]["spec"]["containers"].as_array().unwrap();
        let container = containers.iter().find(|container| container["name"] == name).unwrap();
        let mounts = container["volumeMounts"].as_array().unwrap().iter();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        mounts.map(|mount| (text(&mount["name"]), text(&mount["mountPath"]))).collect::<BTreeSet<_>>()
    };
    let seen = mounts("brokerwatch");
    assert!(seen.is_subset(&mounts("kafka")), "{seen:?}");
    for path in ["/var/lib/kafka", "/opt/kafka/config"] {
        assert!(seen.iter().any(|(_, mounted)| mounted == path), "{path}");
    }
}

/// Names of a broker's pod in the certificate that Strimzi makes for it (its ClusterCa); POD.SERVICE is none of them.
fn certificate_names(pod: &str, cluster: &str, name_space: &str) -> [String; 2] {
    let name = format!("{pod}.{cluster}-kafka-brokers.{name_space}.svc");
    [format!("{name}.cluster.local"), name]
}

#[test]
fn the_pod_beside_strimzis_broker_asks_for_a_name_of_its_certificate() {
    let broker = resources(&[repository("deploy/strimzi/broker-0.yaml")]).remove(0).1;
    let pod = &broker["spec"]["template"]["spec"];
    let container = &pod["containers"][0];
    // The kubelet puts in the variables of the container, the name space among them.
    let space = container["env"].as_array().unwrap().iter().find(|variable| variable["name"] == "NAMESPACE").unwrap();
    assert_eq!(space["valueFrom"]["fieldRef"]["fieldPath"], "metadata.namespace");
    let mut arguments = container["args"].as_array().unwrap().iter().map(|argument| argument.as_str().unwrap());
    let server = arguments.find_map(|argument| argument.strip_prefix("--kafka.server=")).unwrap();
    let server = server.replace("$(NAMESPACE)", "kafka");
    assert!(!server.contains('$'), "{server}");
    let (host, _port) = server.rsplit_once(':').unwrap();

    let near = &pod["affinity"]["podAffinity"]["preferredDuringSchedulingIgnoredDuringExecution"][0];
    let beside = &near["podAffinityTerm"]["labelSelector"]["matchLabels"];
    let [cluster, of] = ["strimzi.io/cluster", "strimzi.io/pod-name"].map(|label| beside[label].as_str().unwrap());
    let names = certificate_names(of, cluster, "kafka");
    assert!(names.iter().any(|name| name == host), "{host} is none of {names:?}");
}

#[test]
fn the_files_of_strimzi_name_one_cluster() {
    let mut seen = 0;
    for (path, resource) in resources(&files("deploy/strimzi", "yaml")) {
        let mut left = vec![&resource];
        while let Some(value) = left.pop() {
            left.extend(value.as_array().into_iter().flatten());
            left.extend(value.as_object().into_iter().flat_map(serde_json::Map::values));
            for label in ["strimzi.io/cluster", "kafka-cluster"] {
                let Some(cluster) = value.get(label) else { continue };
                seen += 1;
                assert_eq!(cluster, "my-cluster", "{}", path.display());
            }
        }
    }
    assert!(seen >= 5, "{seen}");
}

#[test]
fn nothing_of_strimzi_mounts_a_brokers_volume_or_a_folder_of_the_machine() {
    let kinds: BTreeSet<String> = resources(&files("deploy/strimzi", "yaml"))
        .iter()
        .flat_map(|(_, resource)| {
            resource["spec"]["template"]["spec"]["volumes"].as_array().cloned().unwrap_or_default()
        })
        .flat_map(|volume| volume.as_object().unwrap().keys().cloned().collect::<Vec<_>>())
        .collect();
    assert_eq!(kinds, BTreeSet::from(["name".to_owned(), "secret".to_owned()]));
}

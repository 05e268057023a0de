//! The rights that the program needs in Kafka, as lines to paste: made from the table of calls, so that none is missing
//! and none is too many.

use std::collections::BTreeSet;
use std::fmt::Write;

use clap::ValueEnum;

use serde::Deserialize;

use crate::sources::kafka::calls::{APIS, Api, Right};

/// How much the program is to see.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// Files and processes only: the broker is not spoken to, and no connection is opened.
    Zero,
    /// Topics, replicas, log directories, the quorum; not the effective settings, so nothing that needs min ISR, nor ACLs,
    /// quotas and users.
    Minimal,
    /// Everything that this version reads. Never a right to read messages, to write or to alter.
    #[default]
    Full,
}

/// Form of the lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Form {
    /// Lines for kafka-acls.sh.
    #[default]
    KafkaAcls,
    /// A KafkaUser for Strimzi 0.49 or newer.
    Strimzi,
}

impl Profile {
    /// Whether `api` is called at all: what our principal may not do is not tried, since brokers log each denial.
    #[must_use]
    pub fn calls(self, api: &Api) -> bool {
        self >= api.least
    }

    /// Its name, as it is given.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Zero => "zero",
            Self::Minimal => "minimal",
            Self::Full => "full",
        }
    }
}

/// The rights of a profile.
#[must_use]
pub fn rights(profile: Profile) -> BTreeSet<Right> {
    APIS.iter().filter(|api| profile.calls(api)).flat_map(|api| api.rights).copied().collect()
}

/// The lines that grant the rights of `profile` to `principal`, such as `User:brokerwatch`.
///
/// # Errors
/// One line when that is no principal of Kafka's, or none that a KafkaUser can be for.
pub fn text(profile: Profile, form: Form, principal: &str) -> Result<String, String> {
    let is_principal = principal.split_once(':').is_some_and(|(kind, name)| !kind.is_empty() && !name.is_empty());
    if !is_principal || principal.contains(char::is_control) {
        return Err(format!("--principal={principal:?}: must be TYPE:NAME, such as User:brokerwatch"));
    }
    let rights = rights(profile);
    if rights.is_empty() {
        return Ok("# The profile zero needs no right in Kafka.\n".to_owned());
    }
    match form {
        Form::KafkaAcls => Ok(kafka_acls(&rights, &principal.replace('\'', r"'\''"))),
        Form::Strimzi => strimzi(&rights, principal),
    }
}

/// Whether Kubernetes takes it for the name of a resource (RFC 1123).
fn is_resource_name(name: &str) -> bool {
    let is_label = |label: &str| {
        let inner = |letter: u8| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == b'-';
        !label.is_empty() && label.bytes().all(inner) && !label.starts_with('-') && !label.ends_with('-')
    };
    name.len() <= 253 && name.split('.').all(is_label)
}

fn kafka_acls(rights: &BTreeSet<Right>, principal: &str) -> String {
    let mut out = String::new();
    for right in rights {
        let resource = if right.resource() == "Cluster" { "--cluster" } else { "--topic '*'" };
        let _ = writeln!(
            out,
            "kafka-acls.sh --bootstrap-server HOST:PORT --add --allow-principal '{principal}' --operation {} {resource}",
            right.operation()
        );
    }
    out
}

fn strimzi(rights: &BTreeSet<Right>, principal: &str) -> Result<String, String> {
    let name = principal.strip_prefix("User:").unwrap_or(principal);
    let name = name.strip_prefix("CN=").unwrap_or(name);
    if !is_resource_name(name) {
        return Err(format!(
            "--principal={principal}: a KafkaUser is the principal User:NAME or User:CN=NAME; its NAME has small letters, \
             digits, - and . only"
        ));
    }
    let mut out = format!(
        "apiVersion: kafka.strimzi.io/v1\nkind: KafkaUser\nmetadata:\n  name: {name}\n  labels:\n    \
         strimzi.io/cluster: my-cluster\nspec:\n  authentication:\n    type: tls\n  authorization:\n    type: simple\n    acls:\n"
    );
    for resource in ["Cluster", "Topic"] {
        let of = rights.iter().filter(|right| right.resource() == resource);
        let operations: Vec<&str> = of.map(|right| right.operation()).collect();
        if operations.is_empty() {
            continue;
        }
        let _ = writeln!(out, "      - resource:\n          type: {}", resource.to_lowercase());
        if resource == "Topic" {
            out.push_str("          name: \"*\"\n          patternType: literal\n");
        }
        let _ = writeln!(out, "        operations: [{}]", operations.join(", "));
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_profiles_grow_and_never_write() {
        assert!(rights(Profile::Zero).is_empty());
        assert!(rights(Profile::Minimal).is_subset(&rights(Profile::Full)));
        assert!(rights(Profile::Full).iter().all(|right| right.operation().starts_with("Describe")));
    }

    #[test]
    fn a_profile_calls_what_its_rights_are_enough_for() {
        use crate::sources::kafka::calls::{
            API_VERSIONS, DESCRIBE_ACLS, DESCRIBE_CLIENT_QUOTAS, DESCRIBE_CONFIGS, DESCRIBE_USER_SCRAM_CREDENTIALS,
            METADATA,
        };
        assert!(!Profile::Zero.calls(&API_VERSIONS), "zero opens no connection");
        assert!(Profile::Minimal.calls(&API_VERSIONS) && Profile::Minimal.calls(&METADATA));
        assert!(!Profile::Minimal.calls(&DESCRIBE_CONFIGS) && Profile::Full.calls(&DESCRIBE_CONFIGS));
        for api in [&DESCRIBE_ACLS, &DESCRIBE_CLIENT_QUOTAS, &DESCRIBE_USER_SCRAM_CREDENTIALS] {
            assert!(!Profile::Minimal.calls(api) && Profile::Full.calls(api), "{}", api.name);
        }
        for (profile, api) in
            [Profile::Minimal, Profile::Full].iter().flat_map(|p| APIS.iter().map(move |api| (p, api)))
        {
            let granted = api.rights.iter().all(|right| rights(*profile).contains(right));
            assert!(granted || !profile.calls(api), "{profile:?} calls {} without its rights", api.name);
        }
        assert!(rights(Profile::Minimal).iter().all(|right| right.operation() == "Describe"));
    }

    #[test]
    fn kafka_acls_lines_name_each_right_once() {
        let text = text(Profile::Minimal, Form::KafkaAcls, "User:mon").unwrap();
        let expected = "kafka-acls.sh --bootstrap-server HOST:PORT --add --allow-principal 'User:mon' --operation Describe --cluster\n\
                        kafka-acls.sh --bootstrap-server HOST:PORT --add --allow-principal 'User:mon' --operation Describe --topic '*'\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn what_is_no_principal_is_refused_and_a_quote_ends_no_word_of_the_shell() {
        let lines = |principal: &str| text(Profile::Minimal, Form::KafkaAcls, principal);
        assert!(lines("User:o'brien").unwrap().contains(r"--allow-principal 'User:o'\''brien' --operation"));
        for bad in ["", "brokerwatch", "User:", ":x", "User:a\nrm -rf /"] {
            assert!(lines(bad).unwrap_err().starts_with("--principal="), "{bad}");
        }
        let user = |principal: &str| text(Profile::Full, Form::Strimzi, principal);
        assert!(user("User:CN=mon.a-1").unwrap().contains("name: mon.a-1\n"));
        for bad in ["User:CN=a,O=b", "User:Mon", "User:-a", "Group:a", "User:a..b"] {
            assert!(user(bad).unwrap_err().contains("KafkaUser"), "{bad}");
        }
    }

    #[test]
    fn a_kafka_user_is_yaml() {
        let text = text(Profile::Full, Form::Strimzi, "User:mon").unwrap();
        let user: serde_yaml::Value = serde_yaml::from_str(&text).unwrap();
        assert_eq!(user["metadata"]["name"].as_str(), Some("mon"));
        let acls = user["spec"]["authorization"]["acls"].as_sequence().unwrap();
        assert_eq!(acls.len(), 2);
        assert_eq!(acls[1]["resource"]["name"].as_str(), Some("*"));
    }
}

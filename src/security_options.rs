//! TLS and SASL as options: what belongs together, and what is missing when something is.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use hyper::Uri;
use serde::Deserialize;

use crate::sources::kafka::security::{Mechanism, Sasl, Security, TlsFiles, TokenEndpoint};

const URL_FLAG: &str = "--sasl.oauthbearer.token-endpoint-url";

/// The options of TLS and SASL. Absent means not said there.
#[derive(Args, Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct SecurityOptions {
    /// Speak TLS to the broker.
    #[arg(
        long = "tls.enabled",
        env = "BROKERWATCH_TLS_ENABLED",
        value_name = "true|false",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true",
        global = true,
        help_heading = "Kafka"
    )]
    #[serde(rename = "tls.enabled")]
    pub tls_enabled: Option<bool>,

    /// PEM file of the authorities that the broker's certificate is of. [default: the host's own]
    #[arg(
        long = "tls.ca-file",
        env = "BROKERWATCH_TLS_CA_FILE",
        value_name = "FILE",
        global = true,
        help_heading = "Kafka"
    )]
    #[serde(rename = "tls.ca-file")]
    pub tls_ca_file: Option<PathBuf>,

    /// PEM file of our own certificate and its chain, for listeners that ask for one.
    #[arg(
        long = "tls.cert-file",
        env = "BROKERWATCH_TLS_CERT_FILE",
        value_name = "FILE",
        global = true,
        help_heading = "Kafka"
    )]
    #[serde(rename = "tls.cert-file")]
    pub tls_cert_file: Option<PathBuf>,

    /// PEM file of the key of our own certificate.
    #[arg(
        long = "tls.key-file",
        env = "BROKERWATCH_TLS_KEY_FILE",
        value_name = "FILE",
        global = true,
        help_heading = "Kafka"
    )]
    #[serde(rename = "tls.key-file")]
    pub tls_key_file: Option<PathBuf>,

    /// Name that the broker's certificate is for. [default: its advertised host, or the host of --kafka.server]
    #[arg(
        long = "tls.server-name",
        env = "BROKERWATCH_TLS_SERVER_NAME",
        value_name = "NAME",
        global = true,
        help_heading = "Kafka"
    )]
    #[serde(rename = "tls.server-name")]
    pub tls_server_name: Option<String>,

    /// Take any certificate: whoever answers is believed to be the broker.
    #[arg(
        long = "tls.insecure-skip-tls-verify",
        env = "BROKERWATCH_TLS_INSECURE_SKIP_TLS_VERIFY",
        value_name = "true|false",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true",
        global = true,
        help_heading = "Kafka"
    )]
    #[serde(rename = "tls.insecure-skip-tls-verify")]
    pub tls_insecure: Option<bool>,

    /// How to say who we are: PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER.
    #[arg(
        long = "sasl.mechanism",
        env = "BROKERWATCH_SASL_MECHANISM",
        value_name = "MECHANISM",
        global = true,
        help_heading = "Kafka"
    )]
    #[serde(rename = "sasl.mechanism")]
    pub sasl_mechanism: Option<String>,

    /// User name for PLAIN and SCRAM.
    #[arg(
        long = "sasl.username",
        env = "BROKERWATCH_SASL_USERNAME",
        value_name = "NAME",
        global = true,
        help_heading = "Kafka"
    )]
    #[serde(rename = "sasl.username")]
    pub sasl_username: Option<String>,

    /// File of the password for PLAIN and SCRAM; read for each connection.
    #[arg(
        long = "sasl.password-file",
        env = "BROKERWATCH_SASL_PASSWORD_FILE",
        value_name = "FILE",
        global = true,
        help_heading = "Kafka"
    )]
    #[serde(rename = "sasl.password-file")]
    pub sasl_password_file: Option<PathBuf>,

    /// File of the token for OAUTHBEARER; read for each connection.
    #[arg(
        long = "sasl.token-file",
        env = "BROKERWATCH_SASL_TOKEN_FILE",
        value_name = "FILE",
        global = true,
        help_heading = "Kafka"
    )]
    #[serde(rename = "sasl.token-file")]
    pub sasl_token_file: Option<PathBuf>,

    /// URL of the endpoint that gives tokens for OAUTHBEARER: https, or http on a loopback address.
    #[arg(
        long = "sasl.oauthbearer.token-endpoint-url",
        env = "BROKERWATCH_SASL_OAUTHBEARER_TOKEN_ENDPOINT_URL",
        value_name = "URL",
        global = true,
        help_heading = "Kafka"
    )]
    #[serde(rename = "sasl.oauthbearer.token-endpoint-url")]
    pub token_endpoint_url: Option<String>,

    /// Client id that tokens are got for.
    #[arg(
        long = "sasl.oauthbearer.client-id",
        env = "BROKERWATCH_SASL_OAUTHBEARER_CLIENT_ID",
        value_name = "ID",
        global = true,
        help_heading = "Kafka"
    )]
    #[serde(rename = "sasl.oauthbearer.client-id")]
    pub client_id: Option<String>,

    /// File of the client secret that tokens are got with; read for each token.
    #[arg(
        long = "sasl.oauthbearer.client-secret-file",
        env = "BROKERWATCH_SASL_OAUTHBEARER_CLIENT_SECRET_FILE",
        value_name = "FILE",
        global = true,
        help_heading = "Kafka"
    )]
    #[serde(rename = "sasl.oauthbearer.client-secret-file")]
    pub client_secret_file: Option<PathBuf>,

    /// Scope that is asked of the token endpoint. [default: the issuer's own]
    #[arg(
        long = "sasl.oauthbearer.scope",
        env = "BROKERWATCH_SASL_OAUTHBEARER_SCOPE",
        value_name = "SCOPE",
        global = true,
        help_heading = "Kafka"
    )]
    #[serde(rename = "sasl.oauthbearer.scope")]
    pub scope: Option<String>,

    /// PEM file of the authorities that the token endpoint's certificate is of. [default: the host's own]
    #[arg(
        long = "sasl.oauthbearer.ca-file",
        env = "BROKERWATCH_SASL_OAUTHBEARER_CA_FILE",
        value_name = "FILE",
        global = true,
        help_heading = "Kafka"
    )]
    #[serde(rename = "sasl.oauthbearer.ca-file")]
    pub token_ca_file: Option<PathBuf>,
}

impl SecurityOptions {
    /// These options, and those of `file` where these say nothing.
    #[must_use]
    pub fn or(self, file: Self) -> Self {
        Self {
            tls_enabled: self.tls_enabled.or(file.tls_enabled),
            tls_ca_file: self.tls_ca_file.or(file.tls_ca_file),
            tls_cert_file: self.tls_cert_file.or(file.tls_cert_file),
            tls_key_file: self.tls_key_file.or(file.tls_key_file),
            tls_server_name: self.tls_server_name.or(file.tls_server_name),
            tls_insecure: self.tls_insecure.or(file.tls_insecure),
            sasl_mechanism: self.sasl_mechanism.or(file.sasl_mechanism),
            sasl_username: self.sasl_username.or(file.sasl_username),
            sasl_password_file: self.sasl_password_file.or(file.sasl_password_file),
            sasl_token_file: self.sasl_token_file.or(file.sasl_token_file),
            token_endpoint_url: self.token_endpoint_url.or(file.token_endpoint_url),
            client_id: self.client_id.or(file.client_id),
            client_secret_file: self.client_secret_file.or(file.client_secret_file),
            scope: self.scope.or(file.scope),
            token_ca_file: self.token_ca_file.or(file.token_ca_file),
        }
    }

    /// How listeners are spoken to with these options.
    ///
    /// # Errors
    /// One line that names the option, and what it needs or should be.
    pub fn validate(self) -> Result<Security, String> {
        Ok(Security { tls: self.tls()?, sasl: self.sasl()? })
    }

    fn tls(&self) -> Result<Option<Arc<TlsFiles>>, String> {
        let given = [
            ("--tls.ca-file", self.tls_ca_file.is_some()),
            ("--tls.cert-file", self.tls_cert_file.is_some()),
            ("--tls.key-file", self.tls_key_file.is_some()),
            ("--tls.server-name", self.tls_server_name.is_some()),
            ("--tls.insecure-skip-tls-verify", self.tls_insecure == Some(true)),
        ];
        match (self.tls_enabled, given.iter().find(|(_, given)| *given)) {
            (Some(true), _) => {}
            (None, Some((flag, _))) => return Err(format!("{flag}: needs --tls.enabled")),
            _ => return Ok(None),
        }
        let identity = match (&self.tls_cert_file, &self.tls_key_file) {
            (Some(certificate), Some(key)) => Some((certificate.clone(), key.clone())),
            (None, None) => None,
            (Some(_), None) => return Err("--tls.cert-file: needs --tls.key-file".to_owned()),
            (None, Some(_)) => return Err("--tls.key-file: needs --tls.cert-file".to_owned()),
        };
        Ok(Some(Arc::new(TlsFiles {
            ca_file: self.tls_ca_file.clone(),
            identity,
            server_name: self.tls_server_name.clone(),
            insecure_skip_verify: self.tls_insecure == Some(true),
        })))
    }

    fn sasl(&self) -> Result<Option<Arc<Sasl>>, String> {
        let Some(name) = &self.sasl_mechanism else {
            return match self.sasl_flags().find(|(_, given, _)| *given) {
                Some((flag, ..)) => Err(format!("{flag}: needs --sasl.mechanism, such as SCRAM-SHA-512")),
                None => Ok(None),
            };
        };
        let mechanism = Mechanism::parse(name).map_err(|what| format!("--sasl.mechanism={name}: {what}"))?;
        let is_bearer = mechanism == Mechanism::OauthBearer;
        if let Some((flag, ..)) = self.sasl_flags().find(|(_, given, of_bearer)| *given && *of_bearer != is_bearer) {
            return Err(format!("{flag}: is not for --sasl.mechanism={name}"));
        }
        if is_bearer {
            return self.bearer(name).map(|sasl| Some(Arc::new(sasl)));
        }
        let needs = |flag: &str| format!("--sasl.mechanism={name}: needs {flag}");
        let username = self.sasl_username.clone().ok_or_else(|| needs("--sasl.username"))?;
        if username.chars().any(char::is_control) {
            return Err("--sasl.username: must hold no control characters".to_owned());
        }
        let secret_file = self.sasl_password_file.clone().ok_or_else(|| needs("--sasl.password-file"))?;
        Ok(Some(Arc::new(Sasl { mechanism, username, secret_file, token_endpoint: None })))
    }

    /// The flags of SASL: whether each is given, and whether it is of OAUTHBEARER.
    fn sasl_flags(&self) -> impl Iterator<Item = (&'static str, bool, bool)> {
        let flags = [
            ("--sasl.username", self.sasl_username.is_some(), false),
            ("--sasl.password-file", self.sasl_password_file.is_some(), false),
            ("--sasl.token-file", self.sasl_token_file.is_some(), true),
            (URL_FLAG, self.token_endpoint_url.is_some(), true),
            ("--sasl.oauthbearer.client-id", self.client_id.is_some(), true),
            ("--sasl.oauthbearer.client-secret-file", self.client_secret_file.is_some(), true),
            ("--sasl.oauthbearer.scope", self.scope.is_some(), true),
            ("--sasl.oauthbearer.ca-file", self.token_ca_file.is_some(), true),
        ];
        flags.into_iter()
    }

    fn bearer(&self, name: &str) -> Result<Sasl, String> {
        let sasl = |secret_file: &PathBuf, token_endpoint| {
            let (mechanism, secret_file) = (Mechanism::OauthBearer, secret_file.clone());
            Sasl { mechanism, username: String::new(), secret_file, token_endpoint }
        };
        let Some(url) = &self.token_endpoint_url else {
            let of_endpoint = self.sasl_flags().skip_while(|(flag, ..)| *flag != URL_FLAG);
            if let Some((flag, ..)) = of_endpoint.into_iter().find(|(_, given, _)| *given) {
                return Err(format!("{flag}: needs {URL_FLAG}"));
            }
            let needs = || format!("--sasl.mechanism={name}: needs --sasl.token-file, or {URL_FLAG}");
            return Ok(sasl(self.sasl_token_file.as_ref().ok_or_else(needs)?, None));
        };
        if self.sasl_token_file.is_some() {
            return Err(format!("--sasl.token-file: give it or {URL_FLAG}, not both"));
        }
        let url = token_endpoint_url(url)?;
        let needs = |flag: &str| format!("{URL_FLAG}: needs {flag}");
        let client_id = self.client_id.clone().ok_or_else(|| needs("--sasl.oauthbearer.client-id"))?;
        // Basic authentication ends the id at the first colon (RFC 7617).
        if client_id.is_empty() || client_id.contains(|letter: char| letter == ':' || letter.is_control()) {
            return Err("--sasl.oauthbearer.client-id: must hold neither a colon nor control characters".to_owned());
        }
        let file = self.client_secret_file.as_ref().ok_or_else(|| needs("--sasl.oauthbearer.client-secret-file"))?;
        let (scope, ca_file) = (self.scope.clone(), self.token_ca_file.clone());
        Ok(sasl(file, Some(TokenEndpoint { url, client_id, scope, ca_file })))
    }
}

/// The text is not repeated in the message: a URL may hold a password.
fn token_endpoint_url(text: &str) -> Result<Uri, String> {
    let wrong = |what: &str| format!("{URL_FLAG}: {what}");
    let url: Uri = text.parse().map_err(|_| wrong("must be a URL, such as https://issuer.example/oauth2/token"))?;
    let Some(authority) = url.authority().filter(|authority| !authority.host().is_empty()) else {
        return Err(wrong("must be a URL, such as https://issuer.example/oauth2/token"));
    };
    if authority.as_str().contains('@') {
        return Err(wrong("must hold no user and no password; give --sasl.oauthbearer.client-secret-file"));
    }
    if !crate::sources::kafka::is_safe_token_url(&url) {
        return Err(wrong(
            "must be https; http is taken for a loopback address only, since the secret would be sent as it is",
        ));
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use crate::config::Options;

    #[test]
    fn tls_and_sasl_are_whole_or_name_what_is_missing() {
        let read = |yaml: &str| Options::parse("f", yaml).and_then(Options::validate);
        let refused = |yaml: &str| read(yaml).unwrap_err();
        assert_eq!(refused("tls.ca-file: a"), "--tls.ca-file: needs --tls.enabled");
        assert_eq!(refused("{tls.enabled: true, tls.key-file: a}"), "--tls.key-file: needs --tls.cert-file");
        assert_eq!(refused("{tls.enabled: true, tls.cert-file: a}"), "--tls.cert-file: needs --tls.key-file");
        assert!(refused("sasl.password-file: a").starts_with("--sasl.password-file: needs --sasl.mechanism"));
        assert!(refused("sasl.mechanism: GSSAPI").contains("Kerberos is not supported"));
        assert!(refused("sasl.mechanism: CRAM").starts_with("--sasl.mechanism=CRAM: must be one of PLAIN"));
        assert!(refused("sasl.mechanism: PLAIN").ends_with("needs --sasl.username"));
        assert!(refused("{sasl.mechanism: PLAIN, sasl.username: u}").ends_with("needs --sasl.password-file"));
        assert!(
            refused("sasl.mechanism: OAUTHBEARER").contains("needs --sasl.token-file, or --sasl.oauthbearer.token-e")
        );
        let yaml = "{kafka.server: 'a:1', tls.enabled: true, sasl.mechanism: scram-sha-512, sasl.username: u, sasl.password-file: p}";
        let config = read(yaml).unwrap();
        assert_eq!(config.security.protocol(), "SASL_SSL");
        assert_eq!(config.server.unwrap().security, config.security);
        assert_eq!(read("{tls.enabled: false, tls.ca-file: a}").unwrap().security, super::Security::default());
    }

    #[test]
    fn a_token_endpoint_is_whole_and_safe_or_says_what_is_wrong() {
        let read = |yaml: &str| Options::parse("f", yaml).and_then(Options::validate);
        let refused = |yaml: &str| read(yaml).unwrap_err();
        let with = |further: &str| {
            format!(
                "{{sasl.mechanism: OAUTHBEARER, sasl.oauthbearer.token-endpoint-url: 'https://i.example/t'{further}}}"
            )
        };
        assert!(refused(&with("")).ends_with("needs --sasl.oauthbearer.client-id"));
        let id = ", sasl.oauthbearer.client-id: me";
        assert!(refused(&with(id)).ends_with("needs --sasl.oauthbearer.client-secret-file"));
        let whole = format!("{id}, sasl.oauthbearer.client-secret-file: /s, sasl.oauthbearer.scope: a");
        let sasl = read(&with(&whole)).unwrap().security.sasl.unwrap();
        assert_eq!(sasl.secret_flag(), "--sasl.oauthbearer.client-secret-file");
        assert_eq!(sasl.token_endpoint.as_ref().unwrap().shown(), "i.example");
        assert!(refused(&with(&format!("{whole}, sasl.token-file: t"))).contains("not both"));
        let url = |url: &str| refused(&with(&whole).replace("https://i.example/t", url));
        assert!(url("http://i.example/t").contains("loopback address only"));
        assert!(url("https://me:pw@i.example/t").contains("no password"));
        assert!(!url("https://me:pw@i.example/t").contains("pw"), "it may be a secret");
        assert!(url("i.example").contains("must be https") && url("nonsense url").contains("must be a URL"));
        assert!(
            refused("{sasl.mechanism: OAUTHBEARER, sasl.oauthbearer.scope: a}").contains("scope: needs --sasl.oauth")
        );
        let other = "{sasl.mechanism: PLAIN, sasl.username: u, sasl.password-file: p, sasl.token-file: t}";
        assert_eq!(refused(other), "--sasl.token-file: is not for --sasl.mechanism=PLAIN");
        assert!(refused(&with(&whole).replace("client-id: me", "client-id: 'a:b'")).contains("colon"));
    }
}

//! What an operator can set.
//!
//! A value comes from a flag, else from the environment, else from the file, else from here. A
//! key nobody knows refuses to start: a typing error must never quietly leave something open
//! (threat T138). Secrets are named by where they are, not written down.

mod admin;
mod sessions;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;
use verify::webauthn::attestation::mds::MdsSigner;

use crate::http::client_ip::Network;
use crate::http::tenants::well_known::WellKnown;
use crate::rate_limit::RateConfig;

pub use admin::{AdminConfig, AdminListen, NotAPlace};
pub use sessions::{RpcUrl, SessionsConfig, SolanaConfig};

/// Everything that can be set. `docs/samples/zegel.toml` shows it with the defaults.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    /// Where to listen. Loopback until somebody says otherwise (threat T137); port 0 takes any.
    pub listen: SocketAddr,
    /// The address people and programs reach the server under, without a slash at the end.
    /// Bodies that name an audience must name this one. Default: where it listens.
    pub public_url: Option<String>,
    /// Proxies that say truly, in `X-Forwarded-For` or `Forwarded`, where a request comes from.
    /// Nobody else is believed (threat T25).
    pub trusted_proxies: Vec<Network>,
    /// Where everything is kept that is not the root key. Made if it is not there.
    pub data_dir: PathBuf,
    /// A `postgres://` address; without one, SQLite in the data directory.
    pub database: Option<DatabaseUrl>,
    /// A file that holds that address, for addresses with a password in them.
    pub database_file: Option<PathBuf>,
    /// The key everything else is sealed under. Default: a file beside the data directory, made
    /// at the first start.
    pub root_key: Option<RootKeyConfig>,
    /// Commands stamped before this moment, in milliseconds since 1970, are refused. Set it to
    /// the present when a backup is restored: what was stamped after the backup may have been
    /// executed, and the restored data does not remember it (threat T11).
    pub not_before: u64,
    /// Names for authenticators besides those that come with the server: a JSON object from
    /// AAGUID to name.
    pub aaguid_names: Option<PathBuf>,
    /// The server's own log.
    pub log: LogConfig,
    /// The operator's API.
    pub admin: AdminConfig,
    /// Numbers for Prometheus.
    pub metrics: MetricsConfig,
    /// What is let in.
    pub limits: LimitsConfig,
    /// How often somebody may call the Passkey API.
    pub rate_limits: RateConfig,
    /// Whose attestations count.
    pub attestation: AttestationConfig,
    /// What is served below `/.well-known` of the server's own host name.
    pub well_known: WellKnown,
    /// Passkey sessions, and the chains behind them.
    pub sessions: SessionsConfig,
    /// The transparency log.
    pub transparency: TransparencyConfig,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            public_url: None,
            trusted_proxies: Vec::new(),
            data_dir: PathBuf::from("zegel-data"),
            database: None,
            database_file: None,
            root_key: None,
            not_before: 0,
            aaguid_names: None,
            log: LogConfig::default(),
            admin: AdminConfig::default(),
            metrics: MetricsConfig::default(),
            limits: LimitsConfig::default(),
            rate_limits: RateConfig::default(),
            attestation: AttestationConfig::default(),
            well_known: WellKnown::default(),
            sessions: SessionsConfig::default(),
            transparency: TransparencyConfig::default(),
        }
    }
}

/// The address of a database, which may hold a password: it is never printed whole.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct DatabaseUrl(String);

impl DatabaseUrl {
    /// The address with whatever it holds.
    pub fn new(url: impl Into<String>) -> Self {
        Self(url.into())
    }

    /// The address with whatever it holds, for the store and nothing else.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// Scheme, host and database; no user, no password, no options.
impl std::fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (scheme, rest) = self.0.split_once("://").unwrap_or(("postgres", "…"));
        let rest = rest.split('?').next().unwrap_or_default();
        let place = rest.rsplit_once('@').map_or(rest, |(_, place)| place);
        write!(f, "{scheme}://{place}")
    }
}

impl std::fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}

/// Where the root key comes from: exactly one of these.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(
    deny_unknown_fields,
    rename_all = "kebab-case",
    rename_all_fields = "kebab-case"
)]
pub enum RootKeyConfig {
    /// A file that holds the key itself.
    File {
        /// The file; made with mode 0600 if it and the data are new.
        path: PathBuf,
    },
    /// A file that opens with a passphrase.
    Passphrase {
        /// The wrapped key; made if it and the data are new.
        wrapped: PathBuf,
        /// A file with the passphrase; a newline at its end does not count.
        passphrase_file: Option<PathBuf>,
        /// Or an environment variable. Other processes of the same user can read it; prefer a
        /// file.
        passphrase_env: Option<String>,
    },
    /// A file that a Transit engine (OpenBao, HashiCorp Vault) opens.
    Transit {
        /// The wrapped key; made if it and the data are new.
        wrapped: PathBuf,
        /// Where the engine is mounted, such as `https://vault.example:8200/v1/transit`.
        url: String,
        /// Which of its keys wraps.
        key: String,
        /// A file with the token to call it with.
        token_file: PathBuf,
        /// Certificates (PEM) to trust instead of the public ones.
        ca_file: Option<PathBuf>,
    },
}

/// The server's own log, which goes to standard error.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct LogConfig {
    /// How a line looks.
    pub format: LogFormat,
    /// `error`, `warn`, `info`, `debug`, `trace`, or directives such as `info,store=debug`.
    pub level: String,
}

impl Default for LogConfig {
    fn default() -> Self {
        Self {
            format: LogFormat::Auto,
            level: "info".to_owned(),
        }
    }
}

/// How a line of the log looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LogFormat {
    /// For people on a terminal, else JSON.
    #[default]
    Auto,
    /// For people.
    Human,
    /// One JSON object per line.
    Json,
}

/// Numbers for Prometheus.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct MetricsConfig {
    /// Where `/metrics` is served, apart from everything else (threat T142). Off by default.
    pub listen: Option<SocketAddr>,
}

/// What is let in.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct LimitsConfig {
    /// Longest body, in bytes.
    pub body_bytes: usize,
    /// Longest a body may take to arrive, in seconds.
    pub body_seconds: u64,
    /// Longest the head of a request may take to arrive, and so longest a connection may idle
    /// between two, in seconds. On Linux also longest a client may take nothing of its answer.
    pub head_seconds: u64,
    /// How many connections at once; further ones wait to be accepted.
    pub connections: usize,
    /// How long a stop waits for requests that were accepted, in seconds.
    pub stop_seconds: u64,
}

impl Default for LimitsConfig {
    fn default() -> Self {
        let intake = crate::http::intake::Limits::default();
        Self {
            body_bytes: intake.body,
            body_seconds: intake.body_time.as_secs(),
            head_seconds: 75,
            connections: 4096,
            stop_seconds: 20,
        }
    }
}

impl LimitsConfig {
    /// The part intake looks after.
    pub fn intake(&self) -> crate::http::intake::Limits {
        crate::http::intake::Limits {
            body: self.body_bytes,
            body_time: Duration::from_secs(self.body_seconds),
        }
    }
}

/// Whose attestations count, for tenants that ask for one.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct AttestationConfig {
    /// Files with certificates (PEM or DER) that may vouch for any authenticator.
    pub roots: Vec<PathBuf>,
    /// The BLOB of the FIDO Metadata Service. The server fetches nothing: replace the file every
    /// month and start again.
    pub mds_blob: Option<PathBuf>,
    /// A file with the root (PEM or DER) that whoever signs the BLOB must lead to.
    pub mds_root: Option<PathBuf>,
    /// The DNS name the signer's certificate must be for.
    pub mds_name: String,
}

impl Default for AttestationConfig {
    fn default() -> Self {
        Self {
            roots: Vec::new(),
            mds_blob: None,
            mds_root: None,
            mds_name: MdsSigner::FIDO_ALLIANCE.to_owned(),
        }
    }
}

/// The transparency log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct TransparencyConfig {
    /// The log's name in every checkpoint, for good: such as `keys.example.com/log`. Default: a
    /// random one, chosen at the first start.
    pub origin: Option<String>,
}

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("the configuration file {path} cannot be read")]
    Unreadable {
        /// Which one.
        path: PathBuf,
        /// Why.
        #[source]
        cause: std::io::Error,
    },
    /// The file is not what it should be: TOML, with known keys and values of their kind.
    #[error("the configuration file {path} is not valid: {message}")]
    Invalid {
        /// Which one.
        path: PathBuf,
        /// Where, and what is wrong.
        message: String,
    },
    /// Two settings contradict one another, or one cannot be meant.
    #[error("{0}")]
    Contradiction(String),
}

impl Config {
    /// Reads a configuration file.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|cause| ConfigError::Unreadable {
            path: path.to_owned(),
            cause,
        })?;
        toml::from_str(&text).map_err(|error| ConfigError::Invalid {
            path: path.to_owned(),
            message: error.to_string(),
        })
    }

    /// Refuses what cannot be meant.
    pub fn check(&self) -> Result<(), ConfigError> {
        let refuse = |message: String| Err(ConfigError::Contradiction(message));
        if self.database.is_some() && self.database_file.is_some() {
            return refuse("database and database-file are both set; keep one".to_owned());
        }
        if let Some(url) = &self.public_url
            && (url.ends_with('/') || !(url.starts_with("http://") || url.starts_with("https://")))
        {
            return refuse(format!(
                "public-url {url:?} must begin with http:// or https:// and not end with a slash"
            ));
        }
        if let Some(RootKeyConfig::File { path } | RootKeyConfig::Passphrase { wrapped: path, .. }) =
            &self.root_key
            && path.starts_with(&self.data_dir)
        {
            return refuse(format!(
                "the root key {} must not be kept in the data directory {}: whoever copies the \
                 directory would have both",
                path.display(),
                self.data_dir.display()
            ));
        }
        if let Some(RootKeyConfig::Passphrase {
            passphrase_file,
            passphrase_env,
            ..
        }) = &self.root_key
            && passphrase_file.is_some() == passphrase_env.is_some()
        {
            return refuse("set one of passphrase-file and passphrase-env".to_owned());
        }
        self.admin.check().map_err(ConfigError::Contradiction)?;
        self.sessions.check().map_err(ConfigError::Contradiction)?;
        let limits = &self.limits;
        if limits.body_bytes == 0 || limits.connections == 0 || limits.head_seconds == 0 {
            return refuse("limits of zero would let nothing in".to_owned());
        }
        if self.rate_limits.lets_nobody_in() {
            return refuse("rate-limits of zero would let nobody in".to_owned());
        }
        if self.attestation.mds_blob.is_some() != self.attestation.mds_root.is_some() {
            return refuse("mds-blob needs mds-root to be believed, and the reverse".to_owned());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str = include_str!("../../../docs/samples/zegel.toml");

    fn read(text: &str) -> Result<Config, toml::de::Error> {
        toml::from_str(text)
    }

    #[test]
    fn the_sample_shows_the_defaults() {
        assert_eq!(read(SAMPLE).unwrap(), Config::default());
    }

    #[test]
    fn the_sample_still_reads_with_every_line_switched_on() {
        // Settings stand behind `#`, prose behind `# `. Alternatives cannot all be on at once.
        let on = SAMPLE.lines().map(|line| match line.strip_prefix('#') {
            Some(setting) if !setting.starts_with([' ', '#']) => setting,
            _ => line,
        });
        let all: String = on.map(|line| format!("{line}\n")).collect();
        let (before, keys) = all.split_once("[root-key.file]").unwrap();
        read(before).unwrap().check().unwrap();
        let keys = format!("[root-key.file]{keys}");
        let mut sections = keys
            .split("\n[")
            .map(|section| section.trim_start_matches('['));
        assert_eq!(sections.clone().count(), 3);
        assert!(sections.all(|section| read(&format!("[{section}")).is_ok()));
    }

    #[test]
    fn t138_refuses_a_key_nobody_knows() {
        for text in [
            "listne = \"127.0.0.1:1\"",
            "[limits]\nbody = 1",
            "[rate-limits]\nper-ip = 1",
            "[attestation]\nroot = []",
            "[log]\nlevl = \"info\"",
            "[root-key.file]\npath = \"/k\"\nmode = 1",
            "[root-key.transit]\nwrapped=\"/w\"\nurl=\"u\"\nkey=\"k\"\ntoken-file=\"/t\"\nca=\"/c\"",
        ] {
            let error = read(text).unwrap_err().to_string();
            assert!(
                error.contains("unknown field") || error.contains("unexpected key"),
                "{error}"
            );
        }
        assert!(read("[root-key.sticky-note]\npath = \"/k\"").is_err());
    }

    #[test]
    fn refuses_two_places_for_one_root_key() {
        assert!(
            read("[root-key.file]\npath=\"/k\"\n[root-key.passphrase]\nwrapped=\"/w\"").is_err()
        );
        for sources in ["", "passphrase-file=\"/f\"\npassphrase-env=\"E\""] {
            let config =
                read(&format!("[root-key.passphrase]\nwrapped=\"/w\"\n{sources}")).unwrap();
            assert!(
                config
                    .check()
                    .unwrap_err()
                    .to_string()
                    .contains("set one of")
            );
        }
    }

    #[test]
    fn refuses_a_root_key_inside_the_data_directory() {
        let config =
            read("data-dir = \"/d\"\n[root-key.file]\npath = \"/d/keys/root.key\"").unwrap();
        assert!(
            config
                .check()
                .unwrap_err()
                .to_string()
                .contains("must not be kept")
        );
    }

    #[test]
    fn t137_listens_on_loopback_unless_told_otherwise() {
        let config = Config::default();
        assert!(config.listen.ip().is_loopback());
        assert_eq!(config.metrics.listen, None);
    }

    #[test]
    fn t25_trusts_no_proxy_unless_told_to() {
        assert!(Config::default().trusted_proxies.is_empty());
        let config = read("trusted-proxies = [\"10.0.0.0/8\", \"::1\"]").unwrap();
        assert_eq!(config.trusted_proxies.len(), 2);
        let error = read("trusted-proxies = [\"10.1.2.3/8\"]").unwrap_err();
        assert!(error.to_string().contains("is not a network"), "{error}");
    }

    #[test]
    fn refuses_limits_and_metadata_that_cannot_be_meant() {
        for (text, expected) in [
            ("[rate-limits]\nper-ip-burst = 0", "let nobody in"),
            (
                "[attestation]\nmds-blob = \"/b\"",
                "mds-blob needs mds-root",
            ),
            (
                "[attestation]\nmds-root = \"/r\"",
                "mds-blob needs mds-root",
            ),
        ] {
            let error = read(text).unwrap().check().unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn t105_a_database_address_is_shown_without_its_password() {
        let url = DatabaseUrl::new("postgres://ada:hunter2@db:5432/zegel?sslmode=disable");
        assert_eq!(url.to_string(), "postgres://db:5432/zegel");
        assert_eq!(format!("{url:?}"), "postgres://db:5432/zegel");
    }
}

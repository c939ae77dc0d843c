//! Flags that say which server, data directory or key is meant.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use server::Config;
use server::config::{AdminListen, DatabaseUrl, RpcUrl};
use wire::environment::Environment;
use wire::id::OrganisationId;

use crate::client::Client;
use crate::key_file::KeyFile;
use crate::outcome::Problem;

/// Where a server keeps its things. Flags win over environment variables, those over the file.
#[derive(Args, Clone, Debug, Default)]
pub struct DataArgs {
    /// Configuration file (TOML); docs/samples/zegel.toml shows everything it can hold.
    #[arg(long, value_name = "FILE", env = "ZEGEL_CONFIG")]
    pub config: Option<PathBuf>,
    /// Where everything is kept that is not the root key [default: zegel-data].
    #[arg(long, value_name = "DIR", env = "ZEGEL_DATA_DIR")]
    pub data_dir: Option<PathBuf>,
    /// A postgres:// address instead of SQLite in the data directory.
    #[arg(
        long,
        value_name = "URL",
        env = "ZEGEL_DATABASE",
        hide_env_values = true
    )]
    pub database: Option<String>,
}

impl DataArgs {
    /// The configuration that results.
    pub fn config(&self) -> anyhow::Result<Config> {
        let mut config = match &self.config {
            Some(path) => Config::read(path).map_err(|error| {
                Problem::new(
                    "CONFIG_INVALID",
                    format!("{:#}", anyhow::Error::from(error)),
                )
                .next("correct the file; docs/samples/zegel.toml shows every key there is")
            })?,
            None => Config::default(),
        };
        if let Some(path) = &self.data_dir {
            config.data_dir.clone_from(path);
        }
        if let Some(url) = &self.database {
            config.database = Some(DatabaseUrl::new(url));
            config.database_file = None;
        }
        Ok(config)
    }
}

/// What only a running server needs.
#[derive(Args, Clone, Debug, Default)]
pub struct ListenArgs {
    /// Where to listen; port 0 takes any [default: 127.0.0.1:8080].
    #[arg(long, value_name = "ADDR", env = "ZEGEL_LISTEN")]
    pub listen: Option<SocketAddr>,
    /// The address people and programs reach the server under, such as https://keys.example.com.
    #[arg(long, value_name = "URL", env = "ZEGEL_PUBLIC_URL")]
    pub public_url: Option<String>,
    /// Where to serve the admin API, or off [default: 127.0.0.1:8081, or any port if --listen takes
    /// any].
    #[arg(long, value_name = "ADDR", env = "ZEGEL_ADMIN_LISTEN")]
    pub admin_listen: Option<AdminListen>,
    /// Where to serve /metrics for Prometheus [default: nowhere].
    #[arg(long, value_name = "ADDR", env = "ZEGEL_METRICS_LISTEN")]
    pub metrics_listen: Option<SocketAddr>,
    /// A Solana network behind passkey sessions, as sandbox=, devnet= or mainnet= and the URL of a
    /// node's JSON-RPC; more than one with spaces between, or several times. Other users of the
    /// machine can read a command line: a URL with a key in it belongs in the environment variable
    /// or in a file.
    #[arg(
        long,
        value_name = "ENVIRONMENT=URL",
        env = "ZEGEL_SOLANA",
        hide_env_values = true,
        value_delimiter = ' '
    )]
    pub solana: Vec<String>,
}

impl ListenArgs {
    /// Puts the flags into a configuration.
    pub fn apply(&self, config: &mut Config) -> anyhow::Result<()> {
        if let Some(address) = self.listen {
            config.listen = address;
        }
        if let Some(url) = &self.public_url {
            config.public_url = Some(url.clone());
        }
        if let Some(place) = self.admin_listen {
            config.admin.listen = Some(place);
        }
        if let Some(address) = self.metrics_listen {
            config.metrics.listen = Some(address);
        }
        // A variable may be set and empty.
        for network in self.solana.iter().filter(|network| !network.is_empty()) {
            let (environment, url) = network_behind(network)?;
            let network = config.sessions.solana.entry(environment).or_default();
            network.rpc_url = Some(url);
            network.rpc_url_file = None;
        }
        Ok(())
    }
}

/// What `--solana` says. The text may hold a key, so no error repeats it.
fn network_behind(text: &str) -> anyhow::Result<(Environment, RpcUrl)> {
    let read = text.split_once('=').and_then(|(environment, url)| {
        let environment = environment.parse().ok()?;
        Some((environment, RpcUrl::new(url)))
    });
    let unread = || {
        Problem::new(
            "CONFIG_INVALID",
            "--solana is not an environment, =, and a URL",
        )
        .next("such as --solana devnet=https://rpc.example.com")
    };
    Ok(read.ok_or_else(unread)?)
}

/// Which server to talk to.
#[derive(Args, Clone, Debug)]
pub struct HostArgs {
    /// The server: a URL, or a name that is reached by https [default: the one the key file
    /// names, else http://127.0.0.1:8080].
    #[arg(long, value_name = "URL", env = "ZEGEL_HOST")]
    pub host: Option<String>,
}

impl HostArgs {
    /// The server's URL, without a slash at the end.
    pub fn url(&self, key: Option<&KeyFile>) -> String {
        let named = self.host.clone().or_else(|| key?.api_base_url.clone());
        let host = named.unwrap_or_else(|| "http://127.0.0.1:8080".to_owned());
        let host = host.trim_end_matches('/');
        if host.contains("://") {
            host.to_owned()
        } else {
            format!("https://{host}")
        }
    }
}

/// Which key to stamp with.
#[derive(Args, Clone, Debug)]
pub struct KeyArgs {
    /// The API key's file, as `zegel keys new` and `zegel init` write it.
    #[arg(long = "key", value_name = "FILE", env = "ZEGEL_API_KEY_FILE")]
    pub key: Option<PathBuf>,
}

impl KeyArgs {
    /// Reads the key.
    pub fn read(&self) -> anyhow::Result<KeyFile> {
        let path = self.key.as_ref().ok_or_else(|| {
            Problem::new("NO_KEY", "no API key was named")
                .next("give --key FILE or set ZEGEL_API_KEY_FILE; `zegel keys new` makes one")
        })?;
        KeyFile::read(path)
    }
}

/// Who asks whom about which organisation.
#[derive(Args, Clone, Debug)]
pub struct CallerArgs {
    #[command(flatten)]
    host: HostArgs,
    #[command(flatten)]
    key: KeyArgs,
    /// The organisation [default: the one the key file names].
    #[arg(long, value_name = "ID", env = "ZEGEL_ORGANIZATION_ID")]
    organization: Option<OrganisationId>,
}

impl CallerArgs {
    /// A client that stamps.
    pub fn client(&self) -> anyhow::Result<Client> {
        let key = self.key.read()?;
        let organisation = self.organization.or(key.organization_id).ok_or_else(|| {
            Problem::new("NO_ORGANIZATION", "no organisation was named")
                .next("give --organization ID or set ZEGEL_ORGANIZATION_ID")
        })?;
        Client::new(self.host.url(Some(&key)), key.pair()?, organisation)
    }
}

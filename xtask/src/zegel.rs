//! A fresh server for a stage, with one root organisation and its API key.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use anyhow::{Context, bail};
use serde_json::Value;
use tempfile::TempDir;

use crate::workspace::{self, cargo, output};

/// Builds the binary in the dev profile and says where it is.
pub fn build() -> anyhow::Result<PathBuf> {
    workspace::run(cargo().args(["build", "--package", "cli", "--bin", "zegel"]))?;
    let folder = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    let folder = folder.unwrap_or_else(|| workspace::path("target"));
    Ok(workspace::root().join(folder).join("debug/zegel"))
}

/// A suite asks from one address what a thousand people ask from theirs.
const CONFIG: &str = "[rate-limits]\nper-ip-per-second = 100000\nper-ip-burst = 100000\n";

/// A data directory with one organisation in it, which no server runs on.
pub struct Place {
    binary: PathBuf,
    directory: TempDir,
    /// PostgreSQL instead of SQLite in the data directory.
    database: Option<String>,
    /// The root organisation.
    pub organisation: String,
    /// Its first user's API key, hexadecimal.
    pub public_key: String,
    /// The private half.
    pub private_key: String,
}

impl Place {
    /// Makes one, with `zegel init`. `database` is the address of an empty one on PostgreSQL.
    pub fn new(binary: &Path, database: Option<String>) -> anyhow::Result<Self> {
        let directory = tempfile::Builder::new().prefix("zegel-").tempdir()?;
        let mut place = Self {
            binary: binary.to_owned(),
            directory,
            database,
            organisation: String::new(),
            public_key: String::new(),
            private_key: String::new(),
        };
        std::fs::write(place.config(), CONFIG)?;
        let text = output(place.command().args(["init", "--json", "--org", "Compat"]))?;
        let made: Value = serde_json::from_str(&text).context("what `zegel init` printed")?;
        let member = |name: &str| {
            let text = made[name].as_str().map(str::to_owned);
            text.with_context(|| format!("`zegel init --json` printed no {name}"))
        };
        place.organisation = member("organizationId")?;
        place.public_key = member("apiPublicKey")?;
        place.private_key = member("apiPrivateKey")?;
        Ok(place)
    }

    fn config(&self) -> PathBuf {
        self.directory.path().join("zegel.toml")
    }

    /// A command line of the binary for this place, free of what the caller's environment says.
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.binary);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("ZEGEL_") {
                command.env_remove(name);
            }
        }
        command.env("ZEGEL_CONFIG", self.config());
        command.env("ZEGEL_DATA_DIR", self.directory.path().join("data"));
        command.envs(self.database.as_ref().map(|url| ("ZEGEL_DATABASE", url)));
        command
    }

    /// Starts a server here and waits until it says that it is ready.
    pub fn serve(&self) -> anyhow::Result<Server> {
        let log_path = self.directory.path().join("log");
        let log = File::options().create(true).append(true).open(&log_path)?;
        let mut serve = self.command();
        serve.args(["serve", "--json", "--listen", "127.0.0.1:0"]);
        serve
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log);
        let mut child = serve.spawn().context("zegel serve")?;
        let mut stdout = BufReader::new(child.stdout.take().context("a piped standard output")?);
        let mut line = String::new();
        stdout.read_line(&mut line)?;
        let greeting: Value = serde_json::from_str(&line).unwrap_or_default();
        let (Some(url), Some(log_key)) = (greeting["url"].as_str(), greeting["logKey"].as_str())
        else {
            // It has ended, or is of no use.
            let _ = child.kill();
            let _ = child.wait();
            bail!(
                "zegel did not start:\n{}",
                std::fs::read_to_string(log_path).unwrap_or_default()
            );
        };
        let (url, log_key) = (url.to_owned(), log_key.to_owned());
        let admin_url = greeting["adminUrl"].as_str().unwrap_or_default().to_owned();
        let token_file = greeting["adminTokenFile"].as_str().unwrap_or_default();
        let admin_token = std::fs::read_to_string(token_file).unwrap_or_default();
        Ok(Server {
            child,
            _stdout: stdout,
            url,
            log_key,
            admin_url,
            admin_token: admin_token.trim_end().to_owned(),
        })
    }
}

/// A running server, which is killed when this is dropped.
pub struct Server {
    child: Child,
    /// Held open: a server that cannot print must not be what a test finds.
    _stdout: BufReader<ChildStdout>,
    /// Its address.
    pub url: String,
    /// The log's public key.
    pub log_key: String,
    /// Where the operator's API is; empty if it is nowhere.
    pub admin_url: String,
    /// What opens it.
    pub admin_token: String,
}

impl Server {
    /// SIGKILL, and nothing before it.
    pub fn kill(mut self) -> anyhow::Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

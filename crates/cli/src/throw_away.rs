//! A server of one's own for a moment: this very binary, in a temporary directory, on loopback.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use serde_json::{Value, json};
use server::admin_token;
use tempfile::TempDir;
use wire::id::OrganisationId;
use wire::keys::Curve;
use zeroize::Zeroizing;

use crate::client::{Client, Connection};
use crate::key_file::KeyFile;

/// A running server that ends, with all it has stored, when this is dropped.
pub struct ThrowAway {
    child: Child,
    directory: TempDir,
    arguments: Vec<String>,
    admin: Option<Admin>,
    /// Its address.
    pub url: String,
    /// The log's public key.
    pub log_key: String,
    /// From the start of the process to its saying that it is ready.
    pub ready_after: Duration,
    first_step: String,
}

/// Where the operator's API is, and the token for it.
struct Admin {
    connection: Connection,
    token: Zeroizing<String>,
}

/// The first organisation of a throw-away server, and who holds its key.
pub struct Root {
    /// A client with that key.
    pub client: Client,
    /// The organisation.
    pub organisation: OrganisationId,
}

impl ThrowAway {
    /// Starts one, with the defaults of every server, in the system's temporary directory or in
    /// another.
    pub fn start(place: Option<&Path>) -> anyhow::Result<Self> {
        Self::start_with(place, &["--listen", "127.0.0.1:0"])
    }

    /// The same, with arguments of `zegel serve` that say where it listens.
    pub fn start_with(place: Option<&Path>, arguments: &[&str]) -> anyhow::Result<Self> {
        let arguments: Vec<String> = arguments.iter().copied().map(str::to_owned).collect();
        let mut builder = tempfile::Builder::new();
        builder.prefix("zegel-");
        let directory = match place {
            Some(place) => builder.tempdir_in(place),
            None => builder.tempdir(),
        }
        .context("no temporary directory can be made")?;
        let (child, ready_after, greeting) = spawn(directory.path(), &arguments)?;
        let text = |member: &str| greeting[member].as_str().unwrap_or_default().to_owned();
        Ok(Self {
            child,
            arguments,
            admin: Admin::of(&greeting)?,
            url: text("url"),
            log_key: text("logKey"),
            first_step: text("firstStep"),
            ready_after,
            directory,
        })
    }

    /// Starts it again on what it has stored, after [`kill`](Self::kill). The address changes.
    pub fn restart(&mut self) -> anyhow::Result<()> {
        let (child, ready_after, greeting) = spawn(self.directory.path(), &self.arguments)?;
        self.child = child;
        self.admin = Admin::of(&greeting)?;
        self.ready_after = ready_after;
        greeting["url"]
            .as_str()
            .unwrap_or_default()
            .clone_into(&mut self.url);
        Ok(())
    }

    /// Ends the process at once, as a power cut would.
    pub fn kill(&mut self) {
        // It may have ended by itself; that is as well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Takes the first step with a new API key.
    pub fn found(&self, organisation: &str) -> anyhow::Result<Root> {
        let (_, token) = self
            .first_step
            .split_once('#')
            .context("a first-step link")?;
        let key = KeyFile::generate(Curve::P256)?;
        let body = json!({
            "organizationName": organisation,
            "userName": "Operator",
            "apiKey": {
                "apiKeyName": "operator",
                "publicKey": key.public_key,
                "curveType": key.curve_type(),
            },
        });
        let bearer = ("Authorization", format!("Bearer {token}"));
        let reply = Connection::to(self.url.clone())?.send(
            "/first-step",
            body.to_string(),
            Some(bearer),
        )?;
        ensure!(
            reply.status == 200,
            "the first step was refused: {}",
            reply.body
        );
        let answer: Value = serde_json::from_str(&reply.body)?;
        let organisation: OrganisationId = answer["organizationId"]
            .as_str()
            .unwrap_or_default()
            .parse()?;
        let client = Client::new(self.url.clone(), key.pair()?, organisation)?;
        Ok(Root {
            client,
            organisation,
        })
    }

    /// Asks the operator's API, and expects success.
    pub fn as_operator(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> anyhow::Result<Value> {
        let Admin { connection, token } = self.admin.as_ref().context("an admin API")?;
        let bearer = Zeroizing::new(format!("Bearer {}", **token));
        let header = ("Authorization", bearer.as_str());
        let reply = connection.exchange(method, path, header, body.map(Value::to_string))?;
        ensure!(
            (200..300).contains(&reply.status),
            "the operator was refused: {}",
            reply.body
        );
        Ok(serde_json::from_str(&reply.body).unwrap_or_default())
    }

    /// Host and port.
    pub fn address(&self) -> anyhow::Result<&str> {
        self.url.strip_prefix("http://").context("a plain address")
    }

    /// The process's number.
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// Memory the process has resident, in bytes; `None` where the system does not tell.
    pub fn resident_bytes(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process())).ok()?;
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))?;
        line.trim()
            .strip_suffix(" kB")?
            .parse::<u64>()
            .ok()
            .map(|kib| kib * 1024)
    }

    /// The configuration of its data, for whoever opens it after it has ended.
    pub fn data_dir(&self) -> PathBuf {
        data_dir(self.directory.path())
    }

    /// A directory that goes when the server goes.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }
}

impl Drop for ThrowAway {
    fn drop(&mut self) {
        // Nothing of it is kept, so it need not be asked politely.
        self.kill();
    }
}

impl Admin {
    fn of(greeting: &Value) -> anyhow::Result<Option<Self>> {
        let members = ["adminUrl", "adminTokenFile"].map(|member| greeting[member].as_str());
        let [Some(url), Some(file)] = members else {
            return Ok(None);
        };
        Ok(Some(Self {
            connection: Connection::to(url.to_owned())?,
            token: admin_token::read(Path::new(file))?,
        }))
    }
}

fn data_dir(directory: &Path) -> PathBuf {
    directory.join("data")
}

/// Starts the process and waits for its greeting.
fn spawn(directory: &Path, arguments: &[String]) -> anyhow::Result<(Child, Duration, Value)> {
    let log = directory.join("log");
    let mut command = Command::new(std::env::current_exe()?);
    command
        .args(["serve", "--json", "--data-dir"])
        .arg(data_dir(directory))
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(File::options().create(true).append(true).open(&log)?);
    // What the caller has set for a server of his own is not meant for this one.
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("ZEGEL_") {
            command.env_remove(name);
        }
    }
    let began = Instant::now();
    let mut child = command
        .spawn()
        .context("the throw-away server could not be started")?;
    let stdout = child.stdout.take().context("a piped standard output")?;
    let mut line = String::new();
    BufReader::new(stdout).read_line(&mut line)?;
    let ready_after = began.elapsed();
    let Ok(greeting) = serde_json::from_str(&line) else {
        let _ = child.kill();
        let _ = child.wait();
        bail!(
            "the throw-away server did not start:\n{}",
            std::fs::read_to_string(&log)?
        );
    };
    Ok((child, ready_after, greeting))
}

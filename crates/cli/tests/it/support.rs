//! Running the binary.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use serde_json::Value;
use tempfile::TempDir;

/// What a command did.
#[derive(Debug)]
pub struct Done {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Done {
    /// What it printed, as JSON; it must have succeeded.
    #[track_caller]
    pub fn json(&self) -> Value {
        assert_eq!(self.code, 0, "{self:?}");
        serde_json::from_str(&self.stdout).unwrap_or_else(|_| panic!("{self:?}"))
    }

    /// What it says went wrong, as JSON; it must have ended with this code.
    #[track_caller]
    pub fn problem(&self, code: i32) -> String {
        assert_eq!(self.code, code, "{self:?}");
        let problem: Value =
            serde_json::from_str(&self.stderr).unwrap_or_else(|_| panic!("{self:?}"));
        problem["code"].as_str().unwrap().to_owned()
    }
}

/// The command, with nothing set that the caller's environment has for it.
pub fn zegel() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_zegel"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("ZEGEL_") {
            command.env_remove(name);
        }
    }
    command
}

/// Runs a command to its end.
pub fn run(place: &Path, arguments: &[&str]) -> Done {
    let output = zegel().args(arguments).current_dir(place).output().unwrap();
    Done {
        code: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A running `zegel serve` in a directory of its own, which ends when this is dropped.
pub struct Server {
    pub child: Child,
    pub greeting: Value,
    /// The line the greeting came in.
    pub line: String,
    stdout: BufReader<std::process::ChildStdout>,
    place: Arc<TempDir>,
}

impl Server {
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// Starts with further arguments; the data directory is `data`.
    pub fn start_with(arguments: &[&str]) -> Self {
        Self::start_in(Arc::new(tempfile::tempdir().unwrap()), arguments)
    }

    /// Stops and starts anew on the same data.
    pub fn again(self) -> Self {
        let place = Arc::clone(&self.place);
        let (code, _, stderr) = self.stop();
        assert_eq!(code, Some(0), "{stderr}");
        Self::start_in(place, &[])
    }

    pub fn start_in(place: Arc<TempDir>, arguments: &[&str]) -> Self {
        let mut child = zegel()
            .args([
                "serve",
                "--json",
                "--listen",
                "127.0.0.1:0",
                "--data-dir",
                "data",
            ])
            .args(arguments)
            .current_dir(place.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let greeting = serde_json::from_str(&line).unwrap_or_else(|_| {
            let mut stderr = String::new();
            child
                .stderr
                .take()
                .unwrap()
                .read_to_string(&mut stderr)
                .unwrap();
            panic!("no greeting: {line:?} {stderr}")
        });
        Self {
            child,
            greeting,
            line,
            stdout,
            place,
        }
    }

    pub fn url(&self) -> &str {
        self.greeting["url"].as_str().unwrap()
    }

    pub fn place(&self) -> &Path {
        self.place.path()
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.place.path().join(name)
    }

    /// Runs a command where the server's data lies.
    pub fn run(&self, arguments: &[&str]) -> Done {
        run(self.place(), arguments)
    }

    /// Takes the first step with an API key.
    pub fn init(&self) -> Root {
        let made = self
            .run(&["--json", "init", "--org", "Acme", "--data-dir", "data"])
            .json();
        Root {
            organisation: made["organizationId"].as_str().unwrap().to_owned(),
            user: made["userId"].as_str().unwrap().to_owned(),
            key_file: made["keyFile"].as_str().unwrap().to_owned(),
            public_key: made["apiPublicKey"].as_str().unwrap().to_owned(),
            private_key: made["apiPrivateKey"].as_str().unwrap().to_owned(),
        }
    }

    /// Posts a body that is stamped with a key.
    pub fn request(&self, key_file: &str, path: &str, body: &Value) -> Done {
        let body = body.to_string();
        let host = self.url();
        self.run(&[
            "--json", "request", "--host", host, "--key", key_file, "--path", path, "--body", &body,
        ])
    }

    /// Submits an activity.
    pub fn submit(
        &self,
        key_file: &str,
        organisation: &str,
        kind: &str,
        parameters: Value,
    ) -> Done {
        let base = match kind.rsplit_once("_V") {
            Some((base, version)) if version.parse::<u8>().is_ok() => base,
            _ => kind,
        };
        let path = format!("/public/v1/submit/{}", base.to_lowercase());
        let body = serde_json::json!({
            "type": format!("ACTIVITY_TYPE_{kind}"),
            "timestampMs": now_ms().to_string(),
            "organizationId": organisation,
            "parameters": parameters,
        });
        self.request(key_file, &path, &body)
    }

    /// Asks the process to stop, and gives its exit code with everything it printed since the
    /// greeting: standard output, standard error.
    pub fn stop(mut self) -> (Option<i32>, String, String) {
        self.signal(rustix::process::Signal::TERM);
        let status = self.child.wait().unwrap();
        let (mut stdout, mut stderr) = (String::new(), String::new());
        self.stdout.read_to_string(&mut stdout).unwrap();
        self.child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut stderr)
            .unwrap();
        (status.code(), stdout, stderr)
    }

    pub fn signal(&self, signal: rustix::process::Signal) {
        let id = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(id, signal).unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The first user of the root organisation.
pub struct Root {
    pub organisation: String,
    pub user: String,
    pub key_file: String,
    pub public_key: String,
    pub private_key: String,
}

pub fn now_ms() -> u128 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.unwrap().as_millis()
}

/// A plain request: status and body.
pub fn http(method: &str, url: &str, headers: &[(&str, &str)], body: &str) -> (u16, String) {
    let (head, body) = exchange(method, url, headers, body);
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body)
}

/// A plain request: head of the answer and body.
pub fn exchange(method: &str, url: &str, headers: &[(&str, &str)], body: &str) -> (String, String) {
    use std::io::Write;
    let rest = url.strip_prefix("http://").unwrap();
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let mut stream = std::net::TcpStream::connect(authority).unwrap();
    let headers: String = headers
        .iter()
        .map(|(n, v)| format!("{n}: {v}\r\n"))
        .collect();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nhost: {authority}\r\nconnection: close\r\n\
         content-length: {}\r\n{headers}\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), body.to_owned())
}

#[cfg(unix)]
pub fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

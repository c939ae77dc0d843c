//! A disk that fails while the server runs.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Resource, Rlimit, Signal, kill_process, prlimit};
use serde_json::{Value, json};

use crate::support::{http, now_ms, run};

/// A commit that fails leaves unknown what is on the disk, so nothing is written after it, the
/// probe says so to whoever could start the server anew, and a new start is well (threat T115).
#[test]
fn t115_a_server_whose_commit_failed_is_not_ready_until_it_starts_anew() {
    let place = tempfile::tempdir().unwrap();
    let server = Server::start(place.path());
    let made = run(
        place.path(),
        &["--json", "init", "--org", "Acme", "--data-dir", "data"],
    )
    .json();
    assert_eq!(server.create_wallet(place.path(), &made, "before"), 0);
    assert_eq!(server.readiness(), 200);

    server.let_no_file_grow();
    assert_eq!(server.create_wallet(place.path(), &made, "refused"), 1);
    assert_eq!(server.readiness(), 503);
    // It is not the disk that stands in the way now.
    server.let_files_grow();
    assert_eq!(
        server.create_wallet(place.path(), &made, "refused as well"),
        1
    );
    assert_eq!(server.readiness(), 503);
    assert_eq!(server.get("/healthz"), 200);
    // What can be read is still served.
    assert_eq!(server.list_wallets(place.path(), &made), ["before"]);
    drop(server);

    let server = Server::start(place.path());
    assert_eq!(server.readiness(), 200);
    assert_eq!(server.create_wallet(place.path(), &made, "after"), 0);
    let wallets = server.list_wallets(place.path(), &made);
    assert!(wallets.contains(&"before".to_owned()) && wallets.contains(&"after".to_owned()));
    drop(server);
    let checked = run(
        place.path(),
        &["--json", "log", "fsck", "--data-dir", "data"],
    )
    .json();
    assert_eq!(checked["intact"], true);
}

/// A running `zegel serve` on the directory `data`, stopped when dropped.
struct Server {
    child: Child,
    url: String,
}

impl Server {
    /// Starts one that is told of a limit on files by an error and not by a deadly signal.
    fn start(place: &Path) -> Self {
        let mut child = Command::new("sh")
            .args([
                "-c",
                "trap '' XFSZ; exec \"$@\"",
                "sh",
                env!("CARGO_BIN_EXE_zegel"),
            ])
            .args([
                "serve",
                "--json",
                "--listen",
                "127.0.0.1:0",
                "--data-dir",
                "data",
            ])
            .current_dir(place)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut greeting = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut greeting)
            .unwrap();
        let greeting: Value = serde_json::from_str(&greeting).unwrap();
        Self {
            child,
            url: greeting["url"].as_str().unwrap().to_owned(),
        }
    }

    /// From now on every write to a file fails as on a broken disk: not for want of space.
    fn let_no_file_grow(&self) {
        self.limit_files(Some(1));
    }

    fn let_files_grow(&self) {
        self.limit_files(None);
    }

    fn limit_files(&self, current: Option<u64>) {
        let limit = Rlimit {
            current,
            maximum: None,
        };
        prlimit(Some(Pid::from_child(&self.child)), Resource::Fsize, limit).unwrap();
    }

    fn get(&self, path: &str) -> u16 {
        http("GET", &format!("{}{path}", self.url), &[], "").0
    }

    fn readiness(&self) -> u16 {
        self.get("/readyz")
    }

    /// The exit code of a submission.
    fn create_wallet(&self, place: &Path, made: &Value, name: &str) -> i32 {
        let body = json!({
            "type": "ACTIVITY_TYPE_CREATE_WALLET",
            "timestampMs": now_ms().to_string(),
            "organizationId": made["organizationId"],
            "parameters": { "walletName": name, "accounts": [] },
        });
        self.request(place, made, "submit/create_wallet", &body)
            .code
    }

    fn list_wallets(&self, place: &Path, made: &Value) -> Vec<String> {
        let body = json!({ "organizationId": made["organizationId"] });
        let listed = self
            .request(place, made, "query/list_wallets", &body)
            .json();
        let wallets = listed["wallets"].as_array().unwrap().iter();
        wallets
            .map(|wallet| wallet["walletName"].as_str().unwrap().to_owned())
            .collect()
    }

    fn request(
        &self,
        place: &Path,
        made: &Value,
        path: &str,
        body: &Value,
    ) -> crate::support::Done {
        let (key, path) = (
            made["keyFile"].as_str().unwrap(),
            format!("/public/v1/{path}"),
        );
        let body = body.to_string();
        let target = [
            "--json", "request", "--host", &self.url, "--key", key, "--path", &path,
        ];
        run(place, &[&target[..], &["--body", &body]].concat())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = kill_process(Pid::from_child(&self.child), Signal::TERM);
        let _ = self.child.wait();
    }
}

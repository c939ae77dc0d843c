//! A PostgreSQL server of our own, for the length of a test.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::Location;

/// A running server with fsync on, reached over a socket in its own directory.
pub(super) struct Cluster {
    directory: TempDir,
    binaries: PathBuf,
    databases: u32,
}

impl Cluster {
    /// Makes and starts a server. Fails if PostgreSQL is not installed: a test that would skip
    /// instead says nothing.
    pub(super) fn start() -> Self {
        let binaries = binaries();
        let directory = tempfile::tempdir().unwrap();
        let cluster = Self {
            directory,
            binaries,
            databases: 0,
        };
        if is_root() {
            run(Command::new("chown").arg("postgres").arg(cluster.path()));
        }
        let data = cluster.path().join("data");
        run(cluster
            .command("initdb")
            .arg("-D")
            .arg(&data)
            .args(["-A", "trust", "-U", "postgres"]));
        let options = format!("-k {} -c listen_addresses=''", cluster.path().display());
        run(cluster
            .command("pg_ctl")
            .args(["-w", "-s", "start", "-o", &options, "-D"])
            .arg(&data)
            .arg("-l")
            .arg(cluster.path().join("log")));
        cluster
    }

    /// A new empty database.
    pub(super) fn database(&mut self) -> Location {
        self.databases += 1;
        let name = format!("test{}", self.databases);
        run(self
            .command("createdb")
            .arg("-h")
            .arg(self.path())
            .args(["-U", "postgres", &name]));
        Location::Postgres(self.address(&name))
    }

    /// How to reach a database.
    pub(super) fn address(&self, name: &str) -> String {
        format!("host={} user=postgres dbname={name}", self.path().display())
    }

    fn path(&self) -> &Path {
        self.directory.path()
    }

    /// The server refuses to run as root.
    fn command(&self, name: &str) -> Command {
        let binary = self.binaries.join(name);
        let mut command = if is_root() {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--"]).arg(binary);
            command
        } else {
            Command::new(binary)
        };
        command.current_dir("/");
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let data = self.path().join("data");
        let _ = self
            .command("pg_ctl")
            .args(["-s", "-m", "immediate", "stop", "-D"])
            .arg(data)
            .status();
    }
}

fn binaries() -> PathBuf {
    let installed = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten();
    let newest = installed.map(|entry| entry.path().join("bin")).max();
    newest.filter(|path| path.join("initdb").exists()).expect(
        "PostgreSQL is not installed, and its tests do not pass without it: apt-get install postgresql",
    )
}

fn is_root() -> bool {
    let output = Command::new("id").arg("-u").output().unwrap();
    output.stdout == b"0\n"
}

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}");
}

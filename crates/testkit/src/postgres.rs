//! A PostgreSQL server of our own, for the length of a test.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// A running server with fsync on, reached over a socket in its own directory. Dropping it stops
/// it. Starting one takes a second or two, so a test starts one and takes a
/// [`database`](Self::database) for each thing it tries.
pub struct Cluster {
    directory: TempDir,
    binaries: PathBuf,
    databases: u32,
}

impl Cluster {
    /// Makes and starts a server. Fails if PostgreSQL is not installed: a test that would skip
    /// instead says nothing.
    pub fn start() -> Self {
        let binaries = binaries();
        let directory = tempfile::tempdir().expect("there is a place for temporary files");
        let cluster = Self {
            directory,
            binaries,
            databases: 0,
        };
        if is_root() {
            run(Command::new("chown").arg("postgres").arg(cluster.path()));
        }
        let data = cluster.path().join("data");
        let mut initdb = cluster.command("initdb");
        run(initdb
            .arg("-D")
            .arg(&data)
            .args(["-A", "trust", "-U", "postgres", "--no-sync"]));
        let options = format!("-k {} -c listen_addresses=''", cluster.path().display());
        run(cluster
            .command("pg_ctl")
            .args(["-w", "-s", "start", "-o", &options, "-D"])
            .arg(&data)
            .arg("-l")
            .arg(cluster.path().join("log")));
        cluster
    }

    /// A place with nothing in it, as the address that leads there: `postgres://…`. It is a schema
    /// of its own in one database; a database of its own would be three hundred files to make and
    /// to remove, which takes longer than most tests.
    pub fn database(&mut self) -> String {
        self.databases += 1;
        let name = format!("test{}", self.databases);
        let mut psql = self.command("psql");
        psql.arg("-h")
            .arg(self.path())
            .args(["-U", "postgres", "-q"]);
        run(psql.args(["-c", &format!("CREATE SCHEMA {name}")]));
        let socket = self.path().display();
        format!("postgres://postgres@/postgres?host={socket}&options=-csearch_path%3D{name}")
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
        let mut stop = self.command("pg_ctl");
        stop.args(["-s", "-m", "immediate", "stop", "-D"]);
        let _ = stop.arg(self.path().join("data")).status();
    }
}

/// Where Debian puts the newest release's programs.
fn binaries() -> PathBuf {
    let installed = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten();
    let release = |bin: &PathBuf| {
        let name = bin.parent()?.file_name()?;
        name.to_str()?.parse::<u32>().ok()
    };
    let newest = installed
        .map(|entry| entry.path().join("bin"))
        .max_by_key(release);
    newest.filter(|path| path.join("initdb").exists()).expect(
        "PostgreSQL is not installed, and its tests do not pass without it: apt-get install postgresql",
    )
}

fn is_root() -> bool {
    let output = Command::new("id")
        .arg("-u")
        .output()
        .expect("every Unix has id");
    output.stdout == b"0\n"
}

fn run(command: &mut Command) {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}");
}

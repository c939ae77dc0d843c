//! A PostgreSQL server of our own, from Debian's binaries, on a socket in its own directory.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context;
use tempfile::TempDir;

use crate::workspace::output;

/// A running server, which stops and is gone when this is dropped.
pub struct Cluster {
    directory: TempDir,
    binaries: PathBuf,
    is_root: bool,
}

impl Cluster {
    /// Makes and starts one. It syncs, as PostgreSQL does unless it is told otherwise.
    pub fn start() -> anyhow::Result<Self> {
        let directory = tempfile::Builder::new()
            .prefix("zegel-postgres-")
            .tempdir()?;
        let is_root = output(Command::new("id").arg("-u"))?.trim() == "0";
        let cluster = Self {
            directory,
            binaries: binaries()?,
            is_root,
        };
        if is_root {
            output(Command::new("chown").arg("postgres").arg(cluster.path()))?;
        }
        let data = cluster.path().join("data");
        let access = ["--auth", "trust", "--username", "postgres"];
        output(cluster.command("initdb").args(access).arg("-D").arg(&data))?;
        let options = format!("-k {} -c listen_addresses=''", cluster.path().display());
        let mut start = cluster.command("pg_ctl");
        start
            .args(["-w", "-s", "start", "-o", &options, "-D"])
            .arg(&data);
        output(start.arg("-l").arg(cluster.path().join("log")))?;
        Ok(cluster)
    }

    /// The address of its one database.
    pub fn url(&self) -> String {
        format!(
            "postgres://postgres@/postgres?host={}",
            self.path().display()
        )
    }

    fn path(&self) -> &Path {
        self.directory.path()
    }

    /// The server refuses to run as root.
    fn command(&self, name: &str) -> Command {
        let binary = self.binaries.join(name);
        let mut command = Command::new(if self.is_root {
            "runuser".as_ref()
        } else {
            &*binary
        });
        if self.is_root {
            command.args(["-u", "postgres", "--"]).arg(binary);
        }
        command.current_dir("/");
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let data = self.path().join("data");
        let mut stop = self.command("pg_ctl");
        let _ = stop
            .args(["-s", "-m", "immediate", "stop", "-D"])
            .arg(data)
            .status();
    }
}

/// Where the newest version's programs are.
pub fn binaries() -> anyhow::Result<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten();
    let folders = versions.map(|version| version.path().join("bin"));
    let newest = folders
        .filter(|folder| folder.join("initdb").exists())
        .max();
    newest.context("PostgreSQL's server is not installed")
}

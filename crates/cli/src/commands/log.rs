//! `zegel log`

use clap::{Args, Subcommand};
use serde_json::json;
use server::data_dir::DataDir;

use crate::client::Connection;
use crate::outcome::{Outcome, Problem, named};
use crate::output::Output;
use crate::settings::{DataArgs, HostArgs};

/// Look at the transparency log, and check all of it.
#[derive(Args)]
pub struct Log {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Key(Key),
    Checkpoint(Checkpoint),
    Fsck(Fsck),
}

/// Print the log's public key, which verifies receipts.
#[derive(Args)]
#[command(after_help = "\
Examples:
  zegel log key --host https://keys.example.com
  zegel log key > log.vkey")]
struct Key {
    #[command(flatten)]
    host: HostArgs,
}

/// Print the newest signed checkpoint: how many outcomes the log holds, and their root hash.
#[derive(Args)]
#[command(after_help = "\
Example:
  zegel log checkpoint --host https://keys.example.com")]
struct Checkpoint {
    #[command(flatten)]
    host: HostArgs,
}

/// Check the whole log against what is stored. Works on the data directory; stop the server
/// first, or use a copy.
#[derive(Args)]
#[command(after_help = "\
Example:
  zegel log fsck --data-dir /var/lib/zegel")]
struct Fsck {
    #[command(flatten)]
    data: DataArgs,
}

impl Log {
    /// Prints or checks.
    pub fn run(self, out: Output) -> anyhow::Result<Outcome> {
        match self.command {
            Command::Key(Key { host }) => print(out, &host, "/log/key", "key"),
            Command::Checkpoint(Checkpoint { host }) => {
                print(out, &host, "/log/checkpoint", "checkpoint")
            }
            Command::Fsck(command) => command.run(out),
        }
    }
}

fn print(out: Output, host: &HostArgs, path: &str, member: &str) -> anyhow::Result<Outcome> {
    let reply = Connection::to(host.url(None))?.get(path)?;
    if reply.status != 200 {
        let message = format!("the server answered {} to {path}", reply.status);
        return Err(Problem::new(format!("HTTP_{}", reply.status), message).into());
    }
    out.verbatim(&json!({ member: reply.body }), &reply.body);
    Ok(Outcome::Done)
}

impl Fsck {
    fn run(self, out: Output) -> anyhow::Result<Outcome> {
        let config = self.data.config()?;
        config.check()?;
        let data_dir = DataDir::new(&config.data_dir);
        if !data_dir.is_in_use() {
            let message = format!("there is no log in {}", data_dir.path().display());
            return Err(Problem::new("NO_LOG", message)
                .next("name the data directory with --data-dir")
                .into());
        }
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()?;
        let (audit, checkpoint) = runtime.block_on(async {
            let opened = server::open(&config, String::new()).await.map_err(named)?;
            let audit = opened.engine.store().audit().await?;
            anyhow::Ok((audit, opened.engine.checkpoint().await?))
        })?;
        if let Some(damage) = &audit.damage {
            let message = format!("the log is not as it was written: {damage:?}");
            return Err(Problem::new("LOG_DAMAGED", message)
                .next("stop using this directory and restore a backup; keep this one for inquiry")
                .into());
        }
        let value = json!({
            "intact": true,
            "size": audit.head.size,
            "rootHash": audit.head.root.to_string(),
            "checkpoint": checkpoint,
        });
        out.answer(&value, |out| {
            format!(
                "{} {} outcomes, each as it was written.\n\n{checkpoint}",
                out.good("Intact:"),
                audit.head.size
            )
        });
        Ok(Outcome::Done)
    }
}

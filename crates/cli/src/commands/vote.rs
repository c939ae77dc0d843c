//! `zegel approve` and `zegel reject`

use clap::Args;
use serde_json::{Value, json};
use wire::id::ActivityId;

use crate::client::Client;
use crate::outcome::{Outcome, Problem};
use crate::output::Output;
use crate::settings::CallerArgs;

/// Approve an activity that awaits approval.
///
/// The last approval that was missing executes it. Exit code 2 if others are still missing.
#[derive(Args)]
#[command(after_help = "\
Examples:
  zegel approve 019a5f3e-…
  zegel approve sha256:7e8b4653…")]
pub struct Approve {
    #[command(flatten)]
    ballot: Ballot,
}

/// Reject an activity that awaits approval, which ends it.
#[derive(Args)]
#[command(after_help = "\
Example:
  zegel reject 019a5f3e-…")]
pub struct Reject {
    #[command(flatten)]
    ballot: Ballot,
}

#[derive(Args)]
struct Ballot {
    /// The activity's id, or its fingerprint (sha256:…).
    #[arg(value_name = "ACTIVITY")]
    target: String,
    #[command(flatten)]
    caller: CallerArgs,
}

impl Approve {
    /// Approves.
    pub fn run(self, out: Output) -> anyhow::Result<Outcome> {
        let answer = self.ballot.cast("approve_activity", "APPROVE_ACTIVITY")?;
        out.document(&answer);
        Ok(Outcome::of_answer(&answer))
    }
}

impl Reject {
    /// Rejects. That the activity is rejected then is what was asked for.
    pub fn run(self, out: Output) -> anyhow::Result<Outcome> {
        let answer = self.ballot.cast("reject_activity", "REJECT_ACTIVITY")?;
        out.document(&answer);
        match answer["activity"]["status"].as_str() {
            Some("ACTIVITY_STATUS_REJECTED") => Ok(Outcome::Done),
            _ => Ok(Outcome::of_answer(&answer)),
        }
    }
}

impl Ballot {
    fn cast(&self, name: &str, kind: &str) -> anyhow::Result<Value> {
        let client = self.caller.client()?;
        let fingerprint = fingerprint(&client, &self.target)?;
        client.submit(name, kind, json!({ "fingerprint": fingerprint }))
    }
}

fn fingerprint(client: &Client, target: &str) -> anyhow::Result<String> {
    if target.starts_with("sha256:") {
        return Ok(target.to_owned());
    }
    let id: ActivityId = target.parse().map_err(|_| {
        Problem::new(
            "ACTIVITY",
            format!("{target:?} is neither an activity's id nor a fingerprint"),
        )
        .next("`zegel activities list --pending` shows what awaits approval")
    })?;
    let answer = client.ask("get_activity", json!({ "activityId": id }))?;
    let fingerprint = answer["activity"]["fingerprint"].as_str();
    Ok(fingerprint
        .ok_or_else(|| Problem::new("ACTIVITY", "the server told no fingerprint"))?
        .to_owned())
}

//! `zegel activities`

use clap::{Args, Subcommand};
use serde_json::{Value, json};
use wire::id::ActivityId;

use crate::outcome::Outcome;
use crate::output::Output;
use crate::settings::CallerArgs;
use crate::table::shown;

/// Look at activities: what was asked of an organisation and what came of it.
#[derive(Args)]
pub struct Activities {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    List(List),
    Get(Get),
}

/// List activities, newest first.
#[derive(Args)]
#[command(after_help = "\
Examples:
  zegel activities list
  zegel activities list --pending
  zegel activities list --limit 100 --json | jq '.activities[].id'")]
struct List {
    /// Only those that await approval.
    #[arg(long)]
    pending: bool,
    /// How many, 1 to 100.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=100))]
    limit: u32,
    #[command(flatten)]
    caller: CallerArgs,
}

/// Show one activity. Exit code 2 if it awaits approval, 3 if it was refused.
#[derive(Args)]
#[command(after_help = "\
Example:
  zegel activities get 019a5f3e-…")]
struct Get {
    /// Its id.
    activity: ActivityId,
    #[command(flatten)]
    caller: CallerArgs,
}

impl Activities {
    /// Lists or shows.
    pub fn run(self, out: Output) -> anyhow::Result<Outcome> {
        match self.command {
            Command::List(list) => {
                let mut question =
                    json!({ "paginationOptions": { "limit": list.limit.to_string() } });
                if list.pending {
                    question["filterByStatus"] = json!(["ACTIVITY_STATUS_CONSENSUS_NEEDED"]);
                }
                let answer = list.caller.client()?.ask("list_activities", question)?;
                out.answer(&answer, |_| table(&answer));
                Ok(Outcome::Done)
            }
            Command::Get(get) => {
                let question = json!({ "activityId": get.activity });
                let answer = get.caller.client()?.ask("get_activity", question)?;
                out.document(&answer);
                Ok(Outcome::of_answer(&answer))
            }
        }
    }
}

fn table(answer: &Value) -> String {
    let activities = answer["activities"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    if activities.is_empty() {
        return "There is none.".to_owned();
    }
    let lines = activities.iter().map(|activity| {
        let text = |member: &str| shown(activity[member].as_str().unwrap_or_default());
        let (kind, status) = (text("type"), text("status"));
        let kind = kind.trim_start_matches("ACTIVITY_TYPE_");
        let status = status.trim_start_matches("ACTIVITY_STATUS_");
        format!("{}  {status:<17}  {kind}", text("id"))
    });
    lines.collect::<Vec<_>>().join("\n")
}

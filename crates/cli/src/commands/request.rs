//! `zegel request`

use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::Args;
use serde_json::{Value, json};
use wire::stamp::X_STAMP;

use super::stamp::read_body;
use crate::client::{Connection, stamp};
use crate::outcome::{Outcome, Problem};
use crate::output::Output;
use crate::settings::{HostArgs, KeyArgs};

/// Stamp a body and post it, or print how to.
#[derive(Args)]
#[command(after_help = "\
Examples:
  zegel request --path /public/v1/query/whoami --body '{\"organizationId\":\"…\"}'
  zegel request --host api.example.com --path /public/v1/submit/create_wallet --body-file body.json
  zegel request --no-post --host api.example.com --path /api/v1/sign --body '{\"payload\": \"hello\"}'

With --no-post nothing is sent; curlCommand, message and stamp are printed as JSON. Exit code 2
means that the activity awaits approval, 3 that it was refused.")]
pub struct Request {
    /// The path, such as /public/v1/query/whoami.
    #[arg(long)]
    path: String,
    /// The body, exactly as it is to be stamped.
    #[arg(
        long,
        value_name = "JSON",
        conflicts_with = "body_file",
        required_unless_present = "body_file"
    )]
    body: Option<String>,
    /// A file with the body; `-` for standard input.
    #[arg(long, value_name = "FILE")]
    body_file: Option<PathBuf>,
    /// Send nothing; print curlCommand, message and stamp.
    #[arg(long)]
    no_post: bool,
    #[command(flatten)]
    host: HostArgs,
    #[command(flatten)]
    key: KeyArgs,
}

impl Request {
    /// Posts, or tells how to.
    pub fn run(self, out: Output) -> anyhow::Result<Outcome> {
        let key = self.key.read()?;
        let url = self.host.url(Some(&key));
        let body = match (self.body, self.body_file) {
            (Some(body), None) => body,
            (None, Some(path)) => {
                String::from_utf8(read_body(&path)?).context("the body is not UTF-8")?
            }
            (None, None) | (Some(_), Some(_)) => bail!("give one of --body and --body-file"),
        };
        if !self.path.starts_with('/') {
            return Err(Problem::new("PATH", "the path must begin with a slash").into());
        }
        let stamp = stamp(&key.pair()?, body.as_bytes())?;
        if self.no_post {
            let value = json!({
                "curlCommand": curl(&url, &self.path, &body, &stamp),
                "message": body,
                "stamp": stamp,
            });
            out.document(&value);
            return Ok(Outcome::Done);
        }
        let answer: Value = Connection::to(url)?.post(&self.path, body, (X_STAMP, stamp))?;
        out.document(&answer);
        Ok(Outcome::of_answer(&answer))
    }
}

/// A command line that sends the same bytes.
fn curl(url: &str, path: &str, body: &str, stamp: &str) -> String {
    format!(
        "curl -X POST -d{} -H{} -v {}",
        quoted(body),
        quoted(&format!("{X_STAMP}: {stamp}")),
        quoted(&format!("{url}{path}")),
    )
}

/// A word of a POSIX shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_in_the_body_does_not_end_the_word() {
        assert_eq!(quoted(r#"{"name":"Ada's"}"#), r#"'{"name":"Ada'\''s"}'"#);
    }
}

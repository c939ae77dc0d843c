//! `zegel serve`

use std::collections::BTreeMap;

use clap::Args;
use serde_json::json;
use server::serve::{Greeting, Server, stop_signal};

use crate::outcome::{Outcome, named};
use crate::output::Output;
use crate::settings::{DataArgs, ListenArgs};

/// Run a server.
///
/// On an empty data directory it prints a one-time link to a page that registers the first
/// passkey and so makes the root organisation. It stops on SIGTERM or Ctrl-C, after finishing
/// what it has accepted.
#[derive(Args)]
#[command(after_help = "\
Examples:
  zegel serve
  zegel serve --listen 127.0.0.1:0 --data-dir /var/lib/zegel --json
  zegel serve --config /etc/zegel/zegel.toml --metrics-listen 127.0.0.1:9090
  zegel serve --database postgres://zegel@/zegel?host=/run/postgresql

With --json it prints one line when it is ready: {\"url\": …, \"firstStep\": …}. Its log goes to
standard error.")]
pub struct Serve {
    #[command(flatten)]
    data: DataArgs,
    #[command(flatten)]
    listen: ListenArgs,
}

impl Serve {
    /// Serves until it is told to stop.
    pub fn run(self, out: Output) -> anyhow::Result<Outcome> {
        let mut config = self.data.config()?;
        self.listen.apply(&mut config)?;
        server::telemetry::start_log(&config.log)?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()?;
        runtime.block_on(async {
            let server = Server::start(config).await.map_err(named)?;
            let stop = stop_signal()?;
            greet(out, server.greeting());
            server.run(stop).await;
            Ok(Outcome::Done)
        })
    }
}

fn greet(out: Output, greeting: &Greeting) {
    let root_key = &greeting.root_key;
    let for_machines = json!({
        "url": greeting.url,
        "firstStep": greeting.first_step.as_ref().map(|link| link.as_str()),
        "dataDir": greeting.data_dir,
        "database": greeting.database,
        "rootKey": { "path": root_key.path, "isNew": root_key.is_new },
        "logKey": greeting.log_key.to_string(),
        "adminUrl": greeting.admin.as_ref().map(|admin| &admin.url),
        "adminTokenFile": greeting.admin.as_ref().map(|admin| &admin.token_file),
        "metricsUrl": greeting.metrics_url,
        "payers": greeting.payers.iter().copied().collect::<BTreeMap<_, _>>(),
        "gaps": greeting.gaps.iter().map(ToString::to_string).collect::<Vec<_>>(),
    });
    out.answer(&for_machines, |out| for_people(out, greeting));
}

fn for_people(out: Output, greeting: &Greeting) -> String {
    let root_key = &greeting.root_key;
    let mut lines = vec![
        String::new(),
        format!(
            "  {} {}",
            out.bold("zegel"),
            out.quiet(env!("CARGO_PKG_VERSION"))
        ),
        String::new(),
        format!("  address    {}", out.bold(&greeting.url)),
        format!(
            "  data       {} ({})",
            greeting.data_dir.display(),
            greeting.database
        ),
        format!(
            "  root key   {} ({})",
            root_key.path.display(),
            root_key.kind
        ),
        format!("  log key    {}", greeting.log_key),
    ];
    if let Some(admin) = &greeting.admin {
        let (url, token) = (&admin.url, admin.token_file.display());
        lines.push(format!("  admin      {url} (token in {token})"));
    }
    if let Some(url) = &greeting.metrics_url {
        lines.push(format!("  metrics    {url}"));
    }
    for (environment, payer) in &greeting.payers {
        lines.push(format!("  payer      {payer} ({environment})"));
    }
    if root_key.is_new {
        let warning = "The root key was made just now. Whoever has it and the data has every key; \
                       without it\n  the data is worth nothing. Keep a copy, and not where the data \
                       is.";
        lines.extend([String::new(), format!("  {}", out.warning(warning))]);
    }
    if root_key.is_open_to_others {
        let warning = "Other users of this machine can read the root key. chmod 600 closes it.";
        lines.extend([String::new(), format!("  {}", out.warning(warning))]);
    }
    if greeting
        .admin
        .as_ref()
        .is_some_and(|admin| admin.is_open_to_others)
    {
        let warning = "Other users of this machine can read the admin token. chmod 600 closes it.";
        lines.extend([String::new(), format!("  {}", out.warning(warning))]);
    }
    for gap in &greeting.gaps {
        lines.extend([
            String::new(),
            format!("  {}", out.warning(&format!("Not protected: {gap}."))),
        ]);
    }
    if let Some(link) = &greeting.first_step {
        lines.extend([
            String::new(),
            format!(
                "  {}",
                out.bold("Take the first step: open this link, which works once.")
            ),
            String::new(),
            format!("    {}", link.as_str()),
            String::new(),
            "  Or with an API key, for scripts:".to_owned(),
            String::new(),
            format!(
                "    zegel init --org NAME --data-dir {}",
                greeting.data_dir.display()
            ),
        ]);
    }
    lines.push(String::new());
    lines.join("\n")
}

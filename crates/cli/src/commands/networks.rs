//! `zegel networks`

use clap::Args;
use serde_json::{Value, json};
use wire::solana::sol;

use super::tenants::text;
use crate::admin::AdminArgs;
use crate::outcome::Outcome;
use crate::output::Output;
use crate::table::{shown, table};

/// Show the chains behind passkey sessions, and whether whoever pays there can go on.
#[derive(Args)]
#[command(after_help = "\
Examples:
  zegel networks
  zegel networks --json | jq -e 'all(.networks[]; .lamports >= .minimumLamports)'

The server pays for what happens on a chain with a key of its own for each environment. Send it SOL
of that network when it runs low: without, no account is made there and no session bound.")]
pub struct Networks {
    #[command(flatten)]
    admin: AdminArgs,
}

impl Networks {
    /// Does it.
    pub fn run(self, out: Output) -> anyhow::Result<Outcome> {
        let networks = self.admin.open()?.list("/networks")?.entries;
        out.answer(&json!({ "networks": networks }), |out| {
            for_people(&networks, |advice| out.warning(advice))
        });
        Ok(Outcome::Done)
    }
}

/// A table, and what to do about each that is not well.
fn for_people(networks: &[Value], warning: impl Fn(&str) -> String) -> String {
    if networks.is_empty() {
        return "No environment has a chain: accounts of passkeys are kept, and nothing is sent \
                anywhere.\nSet [sessions.solana.devnet] rpc-url in the server's configuration to \
                change that."
            .to_owned();
    }
    let rows = networks.iter().map(|network| {
        [
            text(network, "environment"),
            text(network, "payer"),
            network["lamports"].as_u64().map(sol).unwrap_or_default(),
            standing(network).to_owned(),
        ]
    });
    let mut told = table(
        ["environment", "payer", "SOL", "state"],
        &rows.collect::<Vec<_>>(),
    );
    for advice in networks.iter().filter_map(advice) {
        told.push_str(&format!("\n\n{}", warning(&advice)));
    }
    told
}

/// What a payer lacks; `None` if the chain did not say what it has.
fn lacking(network: &Value) -> Option<u64> {
    let has = network["lamports"].as_u64()?;
    let minimum = network["minimumLamports"].as_u64().unwrap_or_default();
    Some(minimum.saturating_sub(has))
}

fn standing(network: &Value) -> &'static str {
    match lacking(network) {
        None => "unreachable",
        Some(0) => "well",
        Some(_) => "poor",
    }
}

fn advice(network: &Value) -> Option<String> {
    let environment = shown(&text(network, "environment"));
    match lacking(network) {
        None => Some(format!(
            "{environment} does not answer: look at rpc-url in [sessions.solana.{environment}], \
             and at the server's log."
        )),
        Some(0) => None,
        Some(lamports) => Some(format!(
            "The payer of {environment} is poor: send at least {} SOL to {}.",
            sol(lamports),
            shown(&text(network, "payer"))
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(lamports: Option<u64>) -> Value {
        json!({
            "environment": "devnet", "payer": "PAYER", "lamports": lamports,
            "minimumLamports": 100_000_000, "reachable": lamports.is_some(),
        })
    }

    fn told(networks: &[Value]) -> String {
        for_people(networks, str::to_owned)
    }

    #[test]
    fn a_payer_that_is_well_needs_no_words() {
        assert_eq!(
            told(&[network(Some(100_000_000))]),
            "environment  payer  SOL  state\ndevnet       PAYER  0.1  well"
        );
    }

    #[test]
    fn who_runs_the_server_is_told_what_to_do() {
        let poor = told(&[network(Some(1_000))]);
        let advice = "\n\nThe payer of devnet is poor: send at least 0.099999 SOL to PAYER.";
        assert!(poor.ends_with(advice), "{poor}");
        let lost = told(&[network(None)]);
        assert!(
            lost.contains("unreachable") && lost.contains("rpc-url"),
            "{lost}"
        );
        assert!(told(&[]).contains("[sessions.solana.devnet]"));
    }
}

//! What stands at the root of the admin API.

use axum::http::StatusCode;
use axum::response::Response;
use wire::environment::Environment;
use wire::solana::{Address, sol};

use super::html;
use super::html::{Html, fill};

/// A chain behind an environment, and who pays there.
pub(crate) struct Network {
    pub(crate) environment: Environment,
    pub(crate) payer: Address,
    /// What the payer has; `None` if the chain did not say.
    pub(crate) lamports: Option<u64>,
    /// What it should have at least.
    pub(crate) minimum_lamports: u64,
}

/// The page.
pub(crate) fn status(networks: &[Network]) -> Response {
    html(StatusCode::OK, page(networks))
}

fn page(networks: &[Network]) -> String {
    let networks = match networks {
        [] => Html::ours(
            "<p>No environment has a chain: accounts of passkeys are kept, and nothing is sent \
             anywhere.</p>\n",
        ),
        networks => table(networks),
    };
    fill(include_str!("admin.html"), &[("networks", networks)]).into_string()
}

fn table(networks: &[Network]) -> Html {
    let mut table = Html::ours(
        "<table>\n<thead><tr><th>environment</th><th>payer</th><th>SOL</th><th></th></tr></thead>\n\
         <tbody>\n",
    );
    for network in networks {
        table.push_ours("<tr><td>");
        table.push_text(network.environment.name());
        table.push_ours("</td><td><code>");
        table.push_text(&network.payer.to_string());
        table.push_ours("</code></td><td>");
        table.push_text(&network.lamports.map(sol).unwrap_or_default());
        table.push_ours("</td><td>");
        table.push_text(&network.state());
        table.push_ours("</td></tr>\n");
    }
    table.push_ours("</tbody>\n</table>\n");
    table
}

impl Network {
    fn state(&self) -> String {
        match self.lamports {
            None => "the chain does not answer".to_owned(),
            Some(lamports) if lamports < self.minimum_lamports => format!(
                "poor: send at least {} SOL to the payer",
                sol(self.minimum_lamports - lamports)
            ),
            Some(_) => "well".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(lamports: Option<u64>) -> Network {
        Network {
            environment: Environment::Devnet,
            payer: Address::from_bytes([7; 32]),
            lamports,
            minimum_lamports: 100_000_000,
        }
    }

    #[test]
    fn a_payer_is_well_poor_or_not_known() {
        let state = |lamports| network(lamports).state();
        assert_eq!(state(None), "the chain does not answer");
        assert_eq!(state(Some(0)), "poor: send at least 0.1 SOL to the payer");
        assert_eq!(
            state(Some(99_999_999)),
            "poor: send at least 0.000000001 SOL to the payer"
        );
        assert_eq!(state(Some(100_000_000)), "well");
    }

    #[test]
    fn the_page_shows_each_network_or_that_there_is_none() {
        let shown = page(&[network(Some(2_500_000_000))]);
        let payer = Address::from_bytes([7; 32]);
        let row = format!(
            "<tr><td>devnet</td><td><code>{payer}</code></td><td>2.5</td><td>well</td></tr>"
        );
        assert!(shown.contains(&row), "{shown}");
        let none = page(&[]);
        assert!(!none.contains("<table>") && none.contains("No environment has a chain"));
    }
}

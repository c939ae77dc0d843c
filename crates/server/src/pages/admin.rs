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
        networks => list(networks),
    };
    fill(include_str!("admin.html"), &[("networks", networks)]).into_string()
}

/// The page has no style, since its listener serves nothing without the token: a plain list is read
/// more easily than a table then.
fn list(networks: &[Network]) -> Html {
    let mut list = Html::ours("<dl>\n");
    for network in networks {
        list.push_ours("<dt>");
        list.push_text(network.environment.name());
        list.push_ours("</dt><dd><code>");
        list.push_text(&network.payer.to_string());
        list.push_ours("</code></dd><dd>");
        list.push_text(&network.state());
        list.push_ours("</dd>\n");
    }
    list.push_ours("</dl>\n");
    list
}

impl Network {
    fn state(&self) -> String {
        let Some(lamports) = self.lamports else {
            return "The chain does not answer.".to_owned();
        };
        let has = sol(lamports);
        match self.minimum_lamports.saturating_sub(lamports) {
            0 => format!("It has {has} SOL."),
            lacking => format!(
                "It has {has} SOL, which is little: send it at least {} SOL.",
                sol(lacking)
            ),
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
    fn a_payer_has_enough_little_or_nobody_knows() {
        let state = |lamports| network(lamports).state();
        assert_eq!(state(None), "The chain does not answer.");
        assert_eq!(
            state(Some(0)),
            "It has 0 SOL, which is little: send it at least 0.1 SOL."
        );
        assert_eq!(
            state(Some(99_999_999)),
            "It has 0.099999999 SOL, which is little: send it at least 0.000000001 SOL."
        );
        assert_eq!(state(Some(100_000_000)), "It has 0.1 SOL.");
    }

    #[test]
    fn the_page_shows_each_network_or_that_there_is_none() {
        let shown = page(&[network(Some(2_500_000_000))]);
        let payer = Address::from_bytes([7; 32]);
        let entry = format!("<dt>devnet</dt><dd><code>{payer}</code></dd><dd>It has 2.5 SOL.</dd>");
        assert!(shown.contains(&entry), "{shown}");
        let none = page(&[]);
        assert!(!none.contains("<dl>") && none.contains("No environment has a chain"));
    }
}

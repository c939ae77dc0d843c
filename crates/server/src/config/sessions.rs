//! Which chains stand behind passkey sessions.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use serde::Deserialize;
use wire::environment::Environment;

use crate::solana::Endpoint;

/// Passkey sessions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct SessionsConfig {
    /// The Solana network behind each environment. Where there is none, accounts and sessions are
    /// kept and nothing is sent anywhere.
    pub solana: BTreeMap<Environment, SolanaConfig>,
}

/// A Solana network.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct SolanaConfig {
    /// A node's JSON-RPC: https, or http on this machine.
    pub rpc_url: Option<RpcUrl>,
    /// A file that holds that address, for addresses with a key in them.
    pub rpc_url_file: Option<PathBuf>,
    /// Certificates (PEM) to trust instead of the public ones.
    pub ca_file: Option<PathBuf>,
    /// Warn when whoever pays the fees has less.
    pub min_balance_lamports: u64,
}

impl Default for SolanaConfig {
    fn default() -> Self {
        Self {
            rpc_url: None,
            rpc_url_file: None,
            ca_file: None,
            min_balance_lamports: 100_000_000,
        }
    }
}

/// The address of a node as it was written, which may hold a key: it is never printed whole.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct RpcUrl(String);

impl RpcUrl {
    /// The address with whatever it holds.
    pub fn new(url: impl Into<String>) -> Self {
        Self(url.into())
    }

    /// The address with whatever it holds, to be read as an [`Endpoint`] and for nothing else.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// Scheme and host, if it is an address at all.
impl fmt::Debug for RpcUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Endpoint::parse(&self.0) {
            Ok(endpoint) => fmt::Display::fmt(&endpoint, f),
            Err(_) => f.write_str("…"),
        }
    }
}

impl SessionsConfig {
    /// What whoever pays the fees should have at least, in each environment.
    pub fn min_balances(&self) -> BTreeMap<Environment, u64> {
        let networks = self.solana.iter();
        networks
            .map(|(environment, network)| (*environment, network.min_balance_lamports))
            .collect()
    }

    /// Refuses what cannot be meant, with what to do about it.
    pub(super) fn check(&self) -> Result<(), String> {
        for (environment, network) in &self.solana {
            let section = format!("[sessions.solana.{environment}]");
            if network.rpc_url.is_some() == network.rpc_url_file.is_some() {
                return Err(format!("{section}: set one of rpc-url and rpc-url-file"));
            }
            if let Some(url) = &network.rpc_url {
                Endpoint::parse(url.expose())
                    .map_err(|error| format!("{section} rpc-url {error}"))?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<SessionsConfig, toml::de::Error> {
        toml::from_str(text)
    }

    #[test]
    fn each_environment_may_have_a_network() {
        let config = read(
            "[solana.sandbox]\nrpc-url = \"http://127.0.0.1:8899\"\n\
             [solana.mainnet]\nrpc-url-file = \"/run/secrets/rpc\"\nmin-balance-lamports = 5\n",
        )
        .unwrap();
        config.check().unwrap();
        let of = |environment| &config.solana[&environment];
        assert_eq!(of(Environment::Sandbox).min_balance_lamports, 100_000_000);
        assert_eq!(of(Environment::Mainnet).min_balance_lamports, 5);
        assert_eq!(config.solana.len(), 2);
        assert!(SessionsConfig::default().solana.is_empty());
    }

    #[test]
    fn t138_refuses_networks_that_cannot_be_meant() {
        for text in [
            "[solana.testnet]\nrpc-url = \"https://rpc.example\"",
            "[solana.Devnet]\nrpc-url = \"https://rpc.example\"",
            "[solana.devnet]\nurl = \"https://rpc.example\"",
            "[solana.devnet]\nmin-balance-lamports = -1",
            "[ethereum]",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
        for (keys, expected) in [
            ("", "set one of"),
            (
                "rpc-url = \"https://a.example\"\nrpc-url-file = \"/f\"",
                "set one of",
            ),
            (
                "rpc-url = \"http://rpc.example\"",
                "must begin with https://",
            ),
        ] {
            let config = read(&format!("[solana.devnet]\n{keys}")).unwrap();
            let refused = config.check().unwrap_err();
            assert!(refused.contains(expected), "{refused}");
            assert!(refused.contains("[sessions.solana.devnet]"), "{refused}");
        }
    }

    #[test]
    fn t105_an_address_of_a_node_is_not_shown_whole() {
        for url in [
            "https://rpc.example/hunter2?api-key=hunter2",
            "http://rpc.example/hunter2",
            "hunter2",
        ] {
            let config = read(&format!("[solana.devnet]\nrpc-url = \"{url}\"")).unwrap();
            let shown = format!("{config:?} {:?}", config.check());
            assert!(!shown.contains("hunter2"), "{shown}");
        }
    }
}

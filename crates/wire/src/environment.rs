//! Where a passkey session is meant to act.

use serde::{Deserialize, Serialize};

/// One of the three worlds that clients of the passkey-session protocol name. Accounts of one are
/// not accounts of another, though the same passkey has the same address in each.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Environment {
    /// For trying things out.
    #[default]
    Sandbox,
    /// The chain's network for developers.
    Devnet,
    /// The chain's network with real money.
    Mainnet,
}

/// A name that is none of an environment's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not sandbox, devnet or mainnet")]
pub struct NotAnEnvironment(pub String);

impl Environment {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Sandbox, Self::Devnet, Self::Mainnet];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sandbox => "sandbox",
            Self::Devnet => "devnet",
            Self::Mainnet => "mainnet",
        }
    }
}

impl std::fmt::Display for Environment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// `production` is what some clients call `mainnet`.
impl std::str::FromStr for Environment {
    type Err = NotAnEnvironment;

    fn from_str(text: &str) -> Result<Self, NotAnEnvironment> {
        match text {
            "sandbox" => Ok(Self::Sandbox),
            "devnet" => Ok(Self::Devnet),
            "mainnet" | "production" => Ok(Self::Mainnet),
            _ => Err(NotAnEnvironment(text.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_leads_back_to_its_environment() {
        for environment in Environment::ALL {
            assert_eq!(environment.name().parse(), Ok(environment));
        }
        assert_eq!("production".parse(), Ok(Environment::Mainnet));
    }

    #[test]
    fn other_names_are_refused() {
        for name in ["", "Sandbox", "testnet", "mainnet-beta", " devnet"] {
            assert_eq!(
                name.parse::<Environment>(),
                Err(NotAnEnvironment(name.to_owned()))
            );
        }
    }
}

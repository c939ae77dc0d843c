//! Where the operator's API listens, and for whom.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;

use serde::Deserialize;

/// The admin API: tenants of the Passkey API, their keys and their users.
///
/// It has a listener of its own, so that no firewall rule for the public one can open it by
/// accident (threat T137). There is no way to serve it without its token.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct AdminConfig {
    /// Where it listens; `"off"` is nowhere. Default: port 8081 on loopback, or any free port if
    /// the server itself takes any.
    pub listen: Option<AdminListen>,
    /// Whether `listen` may be an address that other machines can reach. Put TLS in front of it
    /// first: the token travels with every request.
    pub allow_remote: bool,
    /// Names it is reached under besides `localhost` and IP addresses. A request for any other
    /// name is refused, so that no page can reach it by pointing a name of its own here.
    pub names: Vec<String>,
    /// The file with the token. Default: `admin.token` in the data directory. Made if it is not
    /// there.
    pub token_file: Option<PathBuf>,
}

/// Where the admin API listens, if anywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum AdminListen {
    /// Nowhere.
    Off,
    /// Here; port 0 takes any.
    At(SocketAddr),
}

/// The text is neither an address with a port nor `off`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is neither an address such as \"127.0.0.1:8081\" nor \"off\"")]
pub struct NotAPlace(String);

impl FromStr for AdminListen {
    type Err = NotAPlace;

    fn from_str(text: &str) -> Result<Self, NotAPlace> {
        match text {
            "off" => Ok(Self::Off),
            _ => match text.parse() {
                Ok(address) => Ok(Self::At(address)),
                Err(_) => Err(NotAPlace(text.to_owned())),
            },
        }
    }
}

impl TryFrom<String> for AdminListen {
    type Error = NotAPlace;

    fn try_from(text: String) -> Result<Self, NotAPlace> {
        text.parse()
    }
}

const PORT: u16 = 8081;

impl AdminConfig {
    /// Where to listen, beside a server that listens at `public`.
    ///
    /// Many servers on one machine, as tests have them, all take any port for themselves; they
    /// must not quarrel over this one.
    pub fn place(&self, public: SocketAddr) -> Option<SocketAddr> {
        match self.listen {
            Some(AdminListen::Off) => None,
            Some(AdminListen::At(address)) => Some(address),
            None => {
                let port = if public.port() == 0 { 0 } else { PORT };
                Some(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
            }
        }
    }

    /// Refuses what cannot be meant, with what to do about it.
    pub(super) fn check(&self) -> Result<(), String> {
        if let Some(AdminListen::At(address)) = self.listen
            && !address.ip().is_loopback()
            && !self.allow_remote
        {
            return Err(format!(
                "[admin] listen = \"{address}\" can be reached by other machines; keep it on \
                 127.0.0.1, or put TLS in front of it and set allow-remote = true"
            ));
        }
        // A name as it is compared: without scheme and port.
        if let Some(name) = self.names.iter().find(|name| !is_name(name)) {
            return Err(format!(
                "[admin] names: {name:?} is not a host name such as \"zegel.internal\""
            ));
        }
        Ok(())
    }
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> AdminConfig {
        toml::from_str(text).unwrap()
    }

    fn address(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    #[test]
    fn t137_listens_on_loopback_unless_told_otherwise() {
        let default = AdminConfig::default();
        let place = default.place(address("0.0.0.0:8080")).unwrap();
        assert_eq!(place, address("127.0.0.1:8081"));
        default.check().unwrap();
    }

    #[test]
    fn servers_that_take_any_port_take_any_port_for_it_too() {
        let default = AdminConfig::default();
        assert_eq!(
            default.place(address("127.0.0.1:0")),
            Some(address("127.0.0.1:0"))
        );
        // Unless it was told where to be.
        let told = read("listen = \"127.0.0.1:9999\"");
        assert_eq!(
            told.place(address("127.0.0.1:0")),
            Some(address("127.0.0.1:9999"))
        );
        assert_eq!(read("listen = \"off\"").place(address("127.0.0.1:0")), None);
    }

    #[test]
    fn t137_an_address_for_other_machines_takes_a_word_more() {
        for listen in ["0.0.0.0:8081", "192.0.2.1:8081", "[::]:8081"] {
            let open = format!("listen = \"{listen}\"");
            let refused = read(&open).check().unwrap_err();
            assert!(refused.contains("allow-remote = true"), "{refused}");
            read(&format!("{open}\nallow-remote = true"))
                .check()
                .unwrap();
        }
        for listen in ["127.0.0.1:1", "127.9.9.9:1", "[::1]:1", "off"] {
            read(&format!("listen = \"{listen}\"")).check().unwrap();
        }
    }

    #[test]
    fn t138_refuses_places_and_names_that_cannot_be_meant() {
        for listen in ["", "on", "Off", "8081", "localhost:8081", "127.0.0.1"] {
            let text = format!("listen = \"{listen}\"");
            let refused = toml::from_str::<AdminConfig>(&text)
                .unwrap_err()
                .to_string();
            assert!(refused.contains("neither an address"), "{refused}");
        }
        for name in ["", "http://zegel.internal", "zegel.internal:8081", "*"] {
            let refused = read(&format!("names = [\"{name}\"]")).check().unwrap_err();
            assert!(refused.contains("is not a host name"), "{refused}");
        }
        read("names = [\"zegel.internal\", \"Zegel\"]")
            .check()
            .unwrap();
    }
}

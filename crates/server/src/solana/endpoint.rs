//! Where a node is, which is often half a secret: providers put their keys into the address.

use std::fmt;

use url::{Host, Url};

/// The address of a node's JSON-RPC: https, or http on this machine. It is never printed whole.
#[derive(Clone, PartialEq, Eq)]
pub struct Endpoint(Url);

/// Why a text is no such address. The text itself is not repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAnEndpoint {
    /// It is no absolute address with a host.
    #[error("is not an address such as https://rpc.example.com/")]
    Unreadable,
    /// Everybody on the way could read and change it.
    #[error("must begin with https://, or with http:// for a node on this machine")]
    Plain,
    /// Name and password.
    #[error("must not hold a user or a password; providers take keys in the path or the query")]
    User,
    /// A fragment, which is never sent.
    #[error("must not have a fragment (#)")]
    Fragment,
}

impl Endpoint {
    /// Reads an address.
    ///
    /// # Errors
    ///
    /// [`NotAnEndpoint`].
    pub fn parse(text: &str) -> Result<Self, NotAnEndpoint> {
        let url = Url::parse(text).map_err(|_| NotAnEndpoint::Unreadable)?;
        let is_here = match url.host() {
            None => return Err(NotAnEndpoint::Unreadable),
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
        };
        match url.scheme() {
            "https" => {}
            "http" if is_here => {}
            _ => return Err(NotAnEndpoint::Plain),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(NotAnEndpoint::User);
        }
        if url.fragment().is_some() {
            return Err(NotAnEndpoint::Fragment);
        }
        // What browsers take is a little more than what can be asked for.
        ureq::http::Uri::try_from(url.as_str()).map_err(|_| NotAnEndpoint::Unreadable)?;
        Ok(Self(url))
    }

    /// The address with whatever it holds, for the request line and nothing else.
    pub(super) fn expose(&self) -> &str {
        self.0.as_str()
    }

    /// What a node said, made fit to be repeated: bounded, in one line, and without the parts of
    /// the address that may be a key. Nodes like to say which key is not valid.
    pub(super) fn without_secrets(&self, text: &str) -> String {
        let mut said = text.to_owned();
        // As they were written, and as they were meant.
        let segments = self.0.path_segments().into_iter().flatten();
        let pairs = self.0.query().unwrap_or_default().split('&');
        let values = pairs.map(|pair| pair.split_once('=').map_or(pair, |(_, value)| value));
        let meant: Vec<_> = self.0.query_pairs().collect();
        let meant = meant.iter().map(|(_, value)| value.as_ref());
        let parts = segments.chain(values).chain(meant);
        for secret in parts.filter(|part| part.len() >= KEY) {
            said = said.replace(secret, "…");
        }
        said.retain(|letter| !letter.is_control());
        match said.char_indices().nth(LONGEST) {
            None => said,
            Some((end, _)) => format!("{}…", &said[..end]),
        }
    }
}

/// Shorter parts of an address are words such as `v2`.
const KEY: usize = 6;

/// The most letters of a node's own words.
const LONGEST: usize = 200;

/// Scheme, host and port.
impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.origin().ascii_serialization())
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_https_anywhere_and_http_on_this_machine() {
        for (text, shown) in [
            ("https://rpc.example.com", "https://rpc.example.com"),
            (
                "https://rpc.example.com:8443/v2/k",
                "https://rpc.example.com:8443",
            ),
            ("http://127.0.0.1:8899", "http://127.0.0.1:8899"),
            ("http://127.9.9.9/", "http://127.9.9.9"),
            ("http://[::1]:8899/x", "http://[::1]:8899"),
            ("http://localhost:8899", "http://localhost:8899"),
        ] {
            assert_eq!(Endpoint::parse(text).unwrap().to_string(), shown);
        }
    }

    #[test]
    fn refuses_addresses_that_others_could_listen_to_and_what_is_none() {
        use NotAnEndpoint as E;
        for (text, error) in [
            ("http://rpc.example.com", E::Plain),
            ("http://10.0.0.1:8899", E::Plain),
            ("http://0.0.0.0:8899", E::Plain),
            ("http://localhost.example.com", E::Plain),
            ("http://127.0.0.1.example.com", E::Plain),
            ("ws://127.0.0.1:8900", E::Plain),
            ("ftp://127.0.0.1", E::Plain),
            ("https://ada:pass@rpc.example.com", E::User),
            ("https://ada@rpc.example.com", E::User),
            ("https://rpc.example.com/#key", E::Fragment),
            ("rpc.example.com", E::Unreadable),
            ("unix:/run/rpc.sock", E::Unreadable),
            ("https://", E::Unreadable),
            ("", E::Unreadable),
        ] {
            assert_eq!(Endpoint::parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn t105_an_endpoint_is_shown_without_path_and_query() {
        let endpoint = Endpoint::parse("https://rpc.example/v2/hunter2?api-key=swordfish").unwrap();
        assert_eq!(
            format!("{endpoint} {endpoint:?}"),
            ["https://rpc.example"; 2].join(" ")
        );
    }

    #[test]
    fn t105_what_a_node_says_is_repeated_without_our_key() {
        let endpoint =
            Endpoint::parse("https://rpc.example/v2/hunter2?api-key=sword%66ish").unwrap();
        let said = endpoint.without_secrets("v2: no\nhunter2, swordfish, sword%66ish\u{1b}[2J");
        assert_eq!(said, "v2: no…, …, …[2J");
        let long = endpoint.without_secrets(&"ä".repeat(1000));
        assert_eq!(long.chars().count(), LONGEST + 1);
    }
}

//! Whose request this is, as far as an address can tell.
//!
//! It is the address the connection came from, unless that is a proxy the operator named. Then it
//! is what the proxy says, in `X-Forwarded-For` or `Forwarded` (RFC 7239): each proxy adds the
//! address it saw at the right, so the right-most address that is none of our proxies' is the last
//! one that somebody trusted has seen. What stands left of it anybody can write (threat T25).

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use axum::http::HeaderMap;
use serde::Deserialize;

/// A network: an address and how many of its first bits count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Network {
    address: IpAddr,
    bits: u32,
}

/// The text is not a network such as `10.0.0.0/8`, `2001:db8::/32` or a bare address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a network such as \"10.0.0.0/8\", \"2001:db8::/32\" or \"127.0.0.1\"")]
pub struct NotANetwork(String);

impl Network {
    /// Whether an address is in the network. IPv4 addresses written as IPv6 are IPv4.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                let differ = u32::from(network) ^ u32::from(address);
                differ.leading_zeros() >= self.bits
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => {
                let differ = u128::from(network) ^ u128::from(address);
                differ.leading_zeros() >= self.bits
            }
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let (address, bits) = match text.split_once('/') {
            None => (text, None),
            // Parsing alone would take a plus sign.
            Some((_, bits)) if !bits.bytes().all(|b| b.is_ascii_digit()) => return None,
            Some((address, bits)) => (address, Some(bits.parse::<u32>().ok()?)),
        };
        let address: IpAddr = address.parse().ok()?;
        let is_mapped = address.to_canonical() != address;
        let (length, value) = match address {
            IpAddr::V4(address) => (32, u128::from(u32::from(address)) << 96),
            IpAddr::V6(address) => (128, u128::from(address)),
        };
        let bits = bits.unwrap_or(length);
        // A bit set behind the prefix is a slip: 10.1.2.3/8 cannot be meant. So is a mapped
        // address, which no address would ever match.
        let is_plain = bits <= length && value.checked_shl(bits).unwrap_or(0) == 0 && !is_mapped;
        is_plain.then_some(Self { address, bits })
    }
}

impl FromStr for Network {
    type Err = NotANetwork;
    fn from_str(text: &str) -> Result<Self, NotANetwork> {
        Self::parse(text).ok_or_else(|| NotANetwork(text.to_owned()))
    }
}

impl TryFrom<String> for Network {
    type Error = NotANetwork;
    fn try_from(text: String) -> Result<Self, NotANetwork> {
        text.parse()
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.bits)
    }
}

/// The address a request comes from: `peer`, or what the trusted proxies between say.
///
/// A trusted proxy that says nothing readable is all that is known. So it is if both headers are
/// there and disagree: a proxy writes one of them and lets the other through as the client made
/// it, and which is which cannot be told.
pub fn client_ip(peer: IpAddr, headers: &HeaderMap, trusted: &[Network]) -> IpAddr {
    let peer = peer.to_canonical();
    if !is_trusted(peer, trusted) {
        return peer;
    }
    let follow = |hops: Vec<Option<IpAddr>>| last_untrusted(peer, &hops, trusted);
    match (x_forwarded_for(headers), forwarded(headers)) {
        (None, None) => peer,
        (Some(hops), None) | (None, Some(hops)) => follow(hops),
        (Some(one), Some(other)) => {
            let (one, other) = (follow(one), follow(other));
            if one == other { one } else { peer }
        }
    }
}

/// The scheme the client used, as a trusted proxy says in its `X-Forwarded-Proto`: `http` or
/// `https`, and nothing from anybody else.
pub fn forwarded_scheme(
    peer: IpAddr,
    headers: &HeaderMap,
    trusted: &[Network],
) -> Option<&'static str> {
    if !is_trusted(peer, trusted) {
        return None;
    }
    // The nearest proxy's word is the last one.
    let last = headers.get_all("x-forwarded-proto").iter().next_back()?;
    match last.to_str().ok()?.rsplit(',').next()?.trim() {
        "https" => Some("https"),
        "http" => Some("http"),
        _ => None,
    }
}

fn is_trusted(address: IpAddr, trusted: &[Network]) -> bool {
    trusted.iter().any(|network| network.contains(address))
}

/// Walks from the nearest hop outwards to the first that is no proxy of ours. `None` is a hop that
/// could not be read, behind which nothing counts.
fn last_untrusted(peer: IpAddr, hops: &[Option<IpAddr>], trusted: &[Network]) -> IpAddr {
    let mut nearest = peer;
    for hop in hops.iter().rev() {
        let Some(address) = hop else {
            return nearest;
        };
        nearest = address.to_canonical();
        if !is_trusted(nearest, trusted) {
            return nearest;
        }
    }
    nearest
}

/// The hops in `X-Forwarded-For`, farthest first; `None` without the header.
fn x_forwarded_for(headers: &HeaderMap) -> Option<Vec<Option<IpAddr>>> {
    let lines = lines(headers, "x-forwarded-for")?;
    let hops = lines.flat_map(|line| line.split(',').map(str::trim));
    Some(hops.map(node).collect())
}

/// The hops in `Forwarded` (RFC 7239 §4), farthest first; `None` without the header.
fn forwarded(headers: &HeaderMap) -> Option<Vec<Option<IpAddr>>> {
    let lines = lines(headers, "forwarded")?;
    let hops = lines.flat_map(|line| split(line, ','));
    Some(hops.map(for_node).collect())
}

/// A header's lines in order. One that is not text reads as nothing, which no hop is.
fn lines<'h>(headers: &'h HeaderMap, name: &'static str) -> Option<impl Iterator<Item = &'h str>> {
    let mut values = headers.get_all(name).iter().peekable();
    values.peek()?;
    Some(values.map(|value| value.to_str().unwrap_or_default()))
}

/// The `for` parameter of one element, whose name is case-insensitive and whose value may be
/// quoted. Twice in one element is once too often.
fn for_node(element: &str) -> Option<IpAddr> {
    let mut found = None;
    for pair in split(element, ';') {
        let (name, value) = pair.split_once('=')?;
        if name.trim().eq_ignore_ascii_case("for") {
            let value = value.trim();
            let inside = value
                .strip_prefix('"')
                .and_then(|rest| rest.strip_suffix('"'));
            // No address needs a backslash, so quoted pairs are not undone.
            let address = node(inside.unwrap_or(value))?;
            if found.replace(address).is_some() {
                return None;
            }
        }
    }
    found
}

/// An address, with or without a port: `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1` or
/// `[2001:db8::1]:80`. `unknown` and obfuscated names (RFC 7239 §6) are no addresses.
fn node(text: &str) -> Option<IpAddr> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Some(address);
    }
    if let Ok(with_port) = text.parse::<SocketAddr>() {
        return Some(with_port.ip());
    }
    let inside = text.strip_prefix('[')?.strip_suffix(']')?;
    inside.parse().ok().map(IpAddr::V6)
}

/// Splits at a separator that is not in quotes.
fn split(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let (mut is_quoted, mut is_escaped) = (false, false);
    text.split(move |c| {
        if is_escaped {
            is_escaped = false;
            return false;
        }
        match c {
            '"' => is_quoted = !is_quoted,
            '\\' => is_escaped = is_quoted,
            _ => return c == separator && !is_quoted,
        }
        false
    })
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    fn networks(texts: &[&str]) -> Vec<Network> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
        lines
            .iter()
            .map(|(name, value)| {
                (
                    HeaderName::from_static(name),
                    HeaderValue::from_str(value).unwrap(),
                )
            })
            .fold(HeaderMap::new(), |mut map, (name, value)| {
                map.append(name, value);
                map
            })
    }

    /// With proxies at 10.0.0.0/8 and 2001:db8:ffff::/48.
    fn check(peer: &str, lines: &[(&'static str, &str)], expected: &str) {
        let trusted = networks(&["10.0.0.0/8", "2001:db8:ffff::/48"]);
        let found = client_ip(peer.parse().unwrap(), &headers(lines), &trusted);
        assert_eq!(found.to_string(), expected, "{peer} {lines:?}");
    }

    const XFF: &str = "x-forwarded-for";
    const FORWARDED: &str = "forwarded";

    #[test]
    fn t25_nobody_but_a_trusted_proxy_says_who_is_calling() {
        let spoofs = [
            (XFF, "1.1.1.1"),
            (XFF, "10.0.0.1"),
            (XFF, "127.0.0.1, 10.0.0.1"),
            (FORWARDED, "for=1.1.1.1"),
            (FORWARDED, "for=10.0.0.1"),
            ("x-real-ip", "1.1.1.1"),
            ("true-client-ip", "1.1.1.1"),
            ("cf-connecting-ip", "1.1.1.1"),
        ];
        for spoof in spoofs {
            check("203.0.113.9", &[spoof], "203.0.113.9");
            check("2001:db8::9", &[spoof], "2001:db8::9");
            check("127.0.0.1", &[spoof], "127.0.0.1");
            // By default nobody is trusted, not even a neighbour.
            let found = client_ip([10, 0, 0, 1].into(), &headers(&[spoof]), &[]);
            assert_eq!(found.to_string(), "10.0.0.1");
        }
        check("10.0.0.1", &[("x-real-ip", "1.1.1.1")], "10.0.0.1");
    }

    #[test]
    fn t25_what_a_client_wrote_before_the_proxy_does_not_count() {
        for (line, expected) in [
            ("203.0.113.9", "203.0.113.9"),
            ("1.1.1.1, 203.0.113.9", "203.0.113.9"),
            ("1.1.1.1,203.0.113.9", "203.0.113.9"),
            ("10.9.9.9, 203.0.113.9", "203.0.113.9"),
            ("1.1.1.1, 203.0.113.9, 10.0.0.2, 10.0.0.3", "203.0.113.9"),
            ("<script>, 203.0.113.9", "203.0.113.9"),
            // Nothing is known behind what cannot be read.
            ("203.0.113.9, unknown", "10.0.0.1"),
            ("203.0.113.9, 999.1.1.1", "10.0.0.1"),
            ("203.0.113.9, 010.0.0.1", "10.0.0.1"),
            ("203.0.113.9,", "10.0.0.1"),
            ("203.0.113.9, junk, 10.0.0.2", "10.0.0.2"),
            ("", "10.0.0.1"),
            // A caller inside our own network: the farthest hop.
            ("10.0.0.7, 10.0.0.2", "10.0.0.7"),
        ] {
            check("10.0.0.1", &[(XFF, line)], expected);
        }
        // Several lines are one list.
        check(
            "10.0.0.1",
            &[(XFF, "1.1.1.1"), (XFF, "203.0.113.9")],
            "203.0.113.9",
        );
    }

    #[test]
    fn t25_reads_forwarded_as_rfc_7239_spells_it() {
        for (line, expected) in [
            ("for=203.0.113.9", "203.0.113.9"),
            (
                "For=\"203.0.113.9:4711\";proto=https;by=10.0.0.1",
                "203.0.113.9",
            ),
            ("for=\"[2001:db8:cafe::17]:4711\"", "2001:db8:cafe::17"),
            ("for=1.1.1.1, for=203.0.113.9", "203.0.113.9"),
            (
                "for=1.1.1.1;host=\"a,for=2.2.2.2\", for=203.0.113.9",
                "203.0.113.9",
            ),
            ("for=203.0.113.9;host=\"a,for=2.2.2.2\"", "203.0.113.9"),
            ("for=203.0.113.9;host=\"a\\\",for=2.2.2.2\"", "203.0.113.9"),
            ("for=203.0.113.9, for=10.0.0.2", "203.0.113.9"),
            ("for=203.0.113.9, for=unknown", "10.0.0.1"),
            ("for=203.0.113.9, for=_hidden", "10.0.0.1"),
            ("for=203.0.113.9, proto=https", "10.0.0.1"),
            ("for=203.0.113.9;for=1.1.1.1", "10.0.0.1"),
            ("1.1.1.1", "10.0.0.1"),
        ] {
            check("10.0.0.1", &[(FORWARDED, line)], expected);
        }
    }

    #[test]
    fn t25_two_headers_that_disagree_are_both_doubted() {
        let one = (XFF, "203.0.113.9");
        check(
            "10.0.0.1",
            &[one, (FORWARDED, "for=203.0.113.9")],
            "203.0.113.9",
        );
        check("10.0.0.1", &[one, (FORWARDED, "for=1.1.1.1")], "10.0.0.1");
    }

    #[test]
    fn one_address_has_one_spelling() {
        check(
            "::ffff:10.0.0.1",
            &[(XFF, "::ffff:203.0.113.9")],
            "203.0.113.9",
        );
        check("::ffff:203.0.113.9", &[], "203.0.113.9");
        check("2001:db8:ffff::1", &[(XFF, "2001:DB8:0::7")], "2001:db8::7");
        check("10.0.0.1", &[(XFF, "[2001:db8::7]:80")], "2001:db8::7");
        check("10.0.0.1", &[(XFF, "[2001:db8::7]")], "2001:db8::7");
        check("10.0.0.1", &[(XFF, "203.0.113.9:65535")], "203.0.113.9");
    }

    #[test]
    fn networks_contain_what_their_prefix_says() {
        for (network, inside, outside) in [
            ("10.0.0.0/8", "10.255.0.1", "11.0.0.0"),
            ("192.0.2.1", "192.0.2.1", "192.0.2.0"),
            ("192.0.2.1/32", "::ffff:192.0.2.1", "192.0.2.3"),
            ("2001:db8::/33", "2001:db8:7fff::1", "2001:db8:8000::"),
            ("0.0.0.0/0", "255.255.255.255", "::1"),
            ("::/0", "::1", "127.0.0.1"),
            ("::1", "::1", "::2"),
        ] {
            let parsed: Network = network.parse().unwrap();
            assert!(parsed.contains(inside.parse().unwrap()), "{network}");
            assert!(!parsed.contains(outside.parse().unwrap()), "{network}");
        }
    }

    #[test]
    fn refuses_networks_that_cannot_be_meant() {
        for text in [
            "",
            "10.0.0.0/33",
            "::/129",
            "10.0.0.0/+8",
            "10.0.0.0/-1",
            "10.0.0.0/",
            "10.1.2.3/8",
            "2001:db8::1/64",
            "localhost",
            "10.0.0",
            "10.0.0.0/8 ",
            "::ffff:10.0.0.1",
        ] {
            let refused = text.parse::<Network>().unwrap_err();
            assert!(refused.to_string().contains("is not a network"), "{text}");
        }
    }

    #[test]
    fn t25_the_scheme_is_a_trusted_proxys_word_as_well() {
        const PROTO: &str = "x-forwarded-proto";
        let trusted = networks(&["10.0.0.0/8"]);
        let scheme = |peer: [u8; 4], lines: &[(&'static str, &str)]| {
            forwarded_scheme(peer.into(), &headers(lines), &trusted)
        };
        let proxy = [10, 0, 0, 1];
        assert_eq!(scheme(proxy, &[(PROTO, "https")]), Some("https"));
        assert_eq!(scheme(proxy, &[(PROTO, "http")]), Some("http"));
        assert_eq!(scheme(proxy, &[(PROTO, "http, https")]), Some("https"));
        assert_eq!(
            scheme(proxy, &[(PROTO, "http"), (PROTO, "https")]),
            Some("https")
        );
        for line in ["javascript", "HTTPS://", "", "https,"] {
            assert_eq!(scheme(proxy, &[(PROTO, line)]), None, "{line}");
        }
        assert_eq!(scheme(proxy, &[]), None);
        assert_eq!(scheme([203, 0, 113, 9], &[(PROTO, "https")]), None);
    }
}

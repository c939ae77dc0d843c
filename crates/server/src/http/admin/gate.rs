//! Who is let in: under a name of ours, with the operator's token.

use std::net::IpAddr;

use axum::http::{HeaderMap, Uri, header};
use verify::tenant::Operator;

use crate::http::tenants::call::bearer;
use crate::rate_limit::{RateConfig, RateLimits, RetryAfter};

/// What stands before every route but the health checks.
///
/// The token alone would do: no browser sends it by itself. The name is looked at as well so that
/// a page which points a name of its own at this address (DNS rebinding) learns not even that
/// something is there.
pub struct Gate {
    token_hash: [u8; 32],
    names: Vec<String>,
    wrong_tokens: RateLimits,
}

/// Why somebody is not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turned {
    /// The request is for another server.
    Astray,
    /// The token is missing or wrong.
    Away,
    /// As before, and too often.
    AwayForNow(RetryAfter),
}

/// Wrong tokens from one address: a burst, then one per second. A right one is always let in, so
/// nobody can lock the operator out.
const WRONG_TOKENS: (u32, u32) = (1, 20);

impl Gate {
    /// A gate for the token with this hash, under these names besides `localhost` and addresses.
    pub fn new(token_hash: [u8; 32], names: &[String]) -> Self {
        let (per_ip_per_second, per_ip_burst) = WRONG_TOKENS;
        Self {
            token_hash,
            names: names.iter().map(|name| name.to_ascii_lowercase()).collect(),
            wrong_tokens: RateLimits::new(&RateConfig {
                per_ip_per_second,
                per_ip_burst,
                ..RateConfig::default()
            }),
        }
    }

    /// Whether the request is for us, by its `Host` and by its target if that names a host too.
    pub(super) fn check_host(&self, headers: &HeaderMap, target: &Uri) -> Result<(), Turned> {
        let mut hosts = headers.get_all(header::HOST).iter();
        let host = match (hosts.next(), hosts.next()) {
            (Some(host), None) => host.to_str().unwrap_or_default(),
            _ => return Err(Turned::Astray),
        };
        let is_ours = |authority: &str| self.is_ours(without_port(authority));
        let is_target_ours = target
            .authority()
            .is_none_or(|there| is_ours(there.as_str()));
        if is_ours(host) && is_target_ours {
            Ok(())
        } else {
            Err(Turned::Astray)
        }
    }

    /// An address is nobody's name, so no page can make it lead here; the loopback name is ours.
    fn is_ours(&self, host: &str) -> bool {
        let bare = host
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'));
        if bare.unwrap_or(host).parse::<IpAddr>().is_ok() {
            return true;
        }
        let name = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
        name == "localhost" || self.names.contains(&name)
    }

    /// The operator, if the request shows the token.
    pub(super) fn operator(&self, headers: &HeaderMap, peer: IpAddr) -> Result<Operator, Turned> {
        let shown = bearer(headers);
        if let Some(operator) = shown.and_then(|it| Operator::recognise(it, &self.token_hash)) {
            return Ok(operator);
        }
        Err(match self.wrong_tokens.check_ip(peer) {
            Ok(()) => Turned::Away,
            Err(wait) => Turned::AwayForNow(wait),
        })
    }
}

/// The host of `host:port`, where a port is digits and an IPv6 address stands in brackets.
fn without_port(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((host, port))
            if port.bytes().all(|b| b.is_ascii_digit())
                && (!host.contains(':') || host.ends_with(']')) =>
        {
            host
        }
        _ => authority,
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    fn gate() -> Gate {
        let hash = verify::tenant::hash_secret("the token");
        Gate::new(hash, &["Zegel.internal".to_owned()])
    }

    fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            let value = HeaderValue::from_str(value).unwrap();
            headers.append(HeaderName::from_static(name), value);
        }
        headers
    }

    #[test]
    fn t137_a_request_under_a_foreign_name_is_turned_away() {
        let path: Uri = "/tenants".parse().unwrap();
        let check = |host: &str| gate().check_host(&headers(&[("host", host)]), &path);
        for host in [
            "localhost",
            "localhost:8081",
            "LocalHost.:8081",
            "127.0.0.1:8081",
            "127.0.0.1",
            "[::1]:8081",
            "[::1]",
            "10.0.0.7:8081",
            "zegel.internal",
            "ZEGEL.INTERNAL:8081",
        ] {
            assert_eq!(check(host), Ok(()), "{host}");
        }
        for host in [
            "",
            "evil.example",
            "evil.example:8081",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "127.0.0.1@evil.example",
            "zegel.internal.evil.example",
            "localhost:port",
            "[::1",
            "2130706433x",
        ] {
            assert_eq!(check(host), Err(Turned::Astray), "{host}");
        }
    }

    #[test]
    fn t137_two_names_or_none_are_no_name() {
        let gate = gate();
        let path: Uri = "/tenants".parse().unwrap();
        for lines in [&[][..], &[("host", "localhost"), ("host", "evil.example")]] {
            assert_eq!(gate.check_host(&headers(lines), &path), Err(Turned::Astray));
        }
        let ours = headers(&[("host", "localhost")]);
        let whole: Uri = "http://evil.example/tenants".parse().unwrap();
        assert_eq!(gate.check_host(&ours, &whole), Err(Turned::Astray));
        let whole: Uri = "http://127.0.0.1:8081/tenants".parse().unwrap();
        assert_eq!(gate.check_host(&ours, &whole), Ok(()));
    }

    #[test]
    fn t137_only_the_token_makes_an_operator() {
        let gate = gate();
        let peer = [127, 0, 0, 1].into();
        for line in ["Bearer the token", "bearer the token", "BEARER  the token"] {
            let shown = headers(&[("authorization", line)]);
            assert!(gate.operator(&shown, peer).is_ok(), "{line}");
        }
        for lines in [
            &[][..],
            &[("authorization", "")],
            &[("authorization", "Bearer")],
            &[("authorization", "Bearer ")],
            &[("authorization", "Bearer The token")],
            &[("authorization", "Basic the token")],
            &[("authorization", "the token")],
            &[("apikey", "the token")],
            &[("cookie", "token=the token")],
            &[
                ("authorization", "Bearer the token"),
                ("authorization", "Bearer the token"),
            ],
        ] {
            let turned = gate.operator(&headers(lines), peer).unwrap_err();
            assert_eq!(turned, Turned::Away, "{lines:?}");
        }
    }

    #[test]
    fn wrong_tokens_are_slowed_down_and_the_right_one_never_is() {
        let gate = gate();
        let peer = [127, 0, 0, 1].into();
        let wrong = headers(&[("authorization", "Bearer wrong")]);
        let turned = |peer| gate.operator(&wrong, peer).unwrap_err();
        for _ in 0..WRONG_TOKENS.1 {
            assert_eq!(turned(peer), Turned::Away);
        }
        assert!(matches!(turned(peer), Turned::AwayForNow(_)));
        let right = headers(&[("authorization", "Bearer the token")]);
        assert!(gate.operator(&right, peer).is_ok());
        assert_eq!(turned([192, 0, 2, 1].into()), Turned::Away);
    }
}

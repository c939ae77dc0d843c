//! Which origins are accepted, and which RP IDs an origin may speak for.

use super::relying_party::Origins;
use super::sha256;

/// The scheme of Android's app origins; the rest is the base64url hash of the signing
/// certificate.
const ANDROID_APP: &str = "android:apk-key-hash:";

impl Origins {
    /// Whether a ceremony may run on `origin`.
    pub(super) fn accept(&self, origin: &str) -> bool {
        match self {
            Self::Exact(listed) => listed.iter().any(|known| known == origin),
            Self::AnySecure => is_android_app(origin) || secure_host(origin).is_some(),
        }
    }
}

/// Whether `origin` is that of a native Android app.
pub(super) fn is_android_app(origin: &str) -> bool {
    origin.strip_prefix(ANDROID_APP).is_some_and(|hash| {
        wire::encoding::base64url::decode(hash).is_ok_and(|hash| hash.len() == 32)
    })
}

/// Whether some RP ID that a page on `origin` may claim hashes to `rp_id_hash`.
///
/// An origin may claim its host and the host's parent domains (§5.1.3). Without the public
/// suffix list we cannot tell `co.uk` from a registrable domain; the browser has it and enforced
/// it, so we only refuse what is certainly wrong, a single label.
pub(super) fn may_claim(origin: &str, rp_id_hash: &[u8; 32]) -> bool {
    secure_host(origin)
        .is_some_and(|host| claimable(host).any(|rp_id| sha256(rp_id.as_bytes()) == *rp_id_hash))
}

/// `host` and its parent domains, down to two labels; or to `localhost`.
fn claimable(host: &str) -> impl Iterator<Item = &str> {
    let domains = std::iter::successors(Some(host), |domain| {
        domain.split_once('.').map(|(_, parent)| parent)
    });
    domains.filter(|domain| domain.contains('.') || *domain == "localhost")
}

/// The host of a serialised origin that is a secure context on a domain name.
///
/// Browsers serialise origins in one way: lower case, punycode, no default port, no path. What
/// deviates was not written by a browser and is refused.
fn secure_host(origin: &str) -> Option<&str> {
    let (authority, local_only, default_port) = match origin.split_once("://")? {
        ("https", authority) => (authority, false, "443"),
        ("http", authority) => (authority, true, "80"),
        _ => return None,
    };
    let host = match authority.split_once(':') {
        None => authority,
        Some((host, port)) => {
            let number: u16 = port.parse().ok()?;
            if port == default_port || number.to_string() != port {
                return None;
            }
            host
        }
    };
    let is_local = host == "localhost" || host.ends_with(".localhost");
    (is_domain(host) && (is_local || !local_only)).then_some(host)
}

/// Whether `host` is a domain name in lower-case ASCII: not an address, no empty label.
fn is_domain(host: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_')
    };
    let last = host.rsplit('.').next().unwrap_or(host);
    // A host whose last label is a number is an IPv4 address in some spelling (URL Standard).
    host.len() <= 253
        && host.split('.').all(is_label)
        && !last.bytes().all(|b| b.is_ascii_digit())
        && !last.starts_with("0x")
        && (host.contains('.') || host == "localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    const APP: &str = "android:apk-key-hash:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

    #[test]
    fn a_list_accepts_only_its_own_bytes() {
        let origins = Origins::Exact(vec!["https://example.org".into(), APP.into()]);
        assert!(origins.accept("https://example.org"));
        assert!(origins.accept(APP));
        for origin in [
            "",
            "null",
            "example.org",
            "http://example.org",
            "https://example.org:443",
            "https://example.org:8443",
            "https://example.org/",
            "https://example.org/x",
            "https://EXAMPLE.org",
            "https://example.org.",
            "https://a.example.org",
            "https://example.org.evil.com",
            "https://notexample.org",
            "https://u@example.org",
            "https://ex\u{430}mple.org",
            "https://example.org\0",
        ] {
            assert!(!origins.accept(origin), "{origin:?}");
        }
    }

    #[test]
    fn any_secure_accepts_secure_contexts_on_domain_names() {
        for origin in [
            "https://example.org",
            "https://a.b-c.example.org:8443",
            "https://xn--bcher-kva.example",
            "http://localhost",
            "http://localhost:3000",
            "https://localhost",
            "http://app.localhost:1",
            APP,
        ] {
            assert!(Origins::AnySecure.accept(origin), "{origin:?}");
        }
    }

    #[test]
    fn any_secure_refuses_everything_else() {
        for origin in [
            "",
            "null",
            "https://",
            "https://com",
            "http://example.org",
            "http://localhost.evil.com",
            "http://notlocalhost",
            "https://example.org/",
            "https://example.org:443",
            "https://example.org:08443",
            "https://example.org:",
            "https://example.org:+8",
            "https://Example.org",
            "https://example.org.",
            "https://.example.org",
            "https://a..example.org",
            "https://-a.example.org",
            "https://u@example.org",
            "https://127.0.0.1",
            "https://0x7f.1.0x1",
            "https://[::1]",
            "https://ex\u{430}mple.org",
            "ftp://example.org",
            "chrome-extension://abc",
            "ios:bundle-id:x",
            "android:apk-key-hash:",
            "android:apk-key-hash:AAAA",
            "https://example.org?x",
            "https://example.org#x",
        ] {
            assert!(!Origins::AnySecure.accept(origin), "{origin:?}");
        }
    }

    #[test]
    fn an_origin_may_claim_its_host_and_parents_but_no_single_label() {
        let claims = |origin: &str, rp_id: &str| may_claim(origin, &sha256(rp_id.as_bytes()));
        assert!(claims("https://a.b.example.org:8443", "a.b.example.org"));
        assert!(claims("https://a.b.example.org", "b.example.org"));
        assert!(claims("https://a.b.example.org", "example.org"));
        assert!(!claims("https://a.b.example.org", "org"));
        assert!(!claims("https://a.b.example.org", "xample.org"));
        assert!(!claims("https://example.org", "a.example.org"));
        assert!(!claims("https://example.org", "https://example.org"));
        assert!(claims("http://localhost:3000", "localhost"));
        assert!(claims("http://app.localhost", "localhost"));
        assert!(!claims(APP, "example.org"));
    }
}

//! Addresses that a tenant lists: its pages, and where people are led back to.
//!
//! What is listed is compared letter by letter, so it has to be spelled as every reader of addresses
//! spells it: one that reads otherwise than we do could be led elsewhere (threat T50).

use url::{Host, Url};

/// A whole address, spelled as browsers spell it, without user, query and fragment.
pub fn whole(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    // Parsers drop blanks, turn backslashes around, decode, and go up paths before they look.
    let is_spelled_so =
        url.as_str() == text || (url.path() == "/" && url.as_str().strip_suffix('/') == Some(text));
    let is_bare = url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    let has_plain_host = match url.host() {
        Some(Host::Domain(host)) => host.split('.').all(is_label),
        Some(Host::Ipv4(_) | Host::Ipv6(_)) | None => true,
    };
    (is_spelled_so && is_bare && has_plain_host).then_some(url)
}

/// Neither a wildcard nor empty, as it would be before a dot at the end.
fn is_label(label: &str) -> bool {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
    !label.is_empty() && label.bytes().all(is_plain)
}

/// The origin and the host of a page on which passkeys work: https, or http on this machine.
pub fn page(text: &str) -> Option<(String, String)> {
    let url = whole(text)?;
    let host = match url.host()? {
        Host::Domain(host) => host.to_owned(),
        Host::Ipv4(_) | Host::Ipv6(_) => return None,
    };
    let is_local = host == "localhost" || host.ends_with(".localhost");
    let is_secure = url.scheme() == "https" || (url.scheme() == "http" && is_local);
    is_secure.then(|| (url.origin().ascii_serialization(), host))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_https_or_local() {
        let found = |url| page(url).map(|(origin, host)| format!("{origin} {host}"));
        let expected = Some("https://auth.example.com auth.example.com".to_owned());
        assert_eq!(found("https://auth.example.com/passkeys"), expected);
        let local = Some("http://app.localhost:3000 app.localhost".to_owned());
        assert_eq!(found("http://app.localhost:3000"), local);
        for other in ["http://auth.example.com", "http://localhost.example.com"] {
            assert_eq!(found(other), None, "{other}");
        }
    }

    #[test]
    fn t50_a_page_has_one_spelling() {
        for row in testkit::vectors::addresses("https://app.example") {
            assert_eq!(page(&row.address).is_some(), row.page, "{row:?}");
        }
    }
}

//! What a tenant sets for passkey sessions.

use rules::tenant::config::Sessions;
use url::{Host, Url};

use crate::http::session_pages::view::redirect;
use crate::http::tenants::fields::Wrong;
use crate::pages::colour::Colour;

/// Notes what no session could be opened with, and what no page could show.
pub(super) fn check(sessions: &Sessions, wrong: &mut Wrong) {
    for url in &sessions.base_urls {
        if !is_page(url) {
            wrong.note(format!(
                "zegel.sessions.base_urls: {url:?} is not an https URL, or http on localhost, \
                 without user, query and fragment"
            ));
        }
    }
    for url in &sessions.redirect_urls {
        if redirect(url).is_none() {
            wrong.note(format!(
                "zegel.sessions.redirect_urls: {url:?} is neither an http(s) URL nor an app's such \
                 as com.example.app:/back, without user, query and fragment"
            ));
        }
    }
    let brand = &sessions.brand;
    if let Some(accent) = &brand.accent
        && Colour::parse(accent).is_none()
    {
        wrong.note(format!(
            "zegel.sessions.brand.accent: {accent:?} is not a colour such as #8f2a1c"
        ));
    }
    for (name, text, most) in [("name", &brand.name, 60), ("words", &brand.words, 200)] {
        let length = text.as_ref().map(|text| text.trim().chars().count());
        if length.is_some_and(|length| length == 0 || length > most) {
            wrong.note(format!(
                "zegel.sessions.brand.{name} must have 1 to {most} characters"
            ));
        }
    }
}

/// Whether passkeys work on the page: browsers ask for https, or for localhost.
fn is_page(text: &str) -> bool {
    let is_plain = text.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
    Url::parse(text).is_ok_and(|url| {
        let is_local = match url.host() {
            Some(Host::Domain(host)) => host == "localhost" || host.ends_with(".localhost"),
            _ => return false,
        };
        is_plain
            && (url.scheme() == "https" || (url.scheme() == "http" && is_local))
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none()
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::http::tenants::dialect::Fault;

    /// What is told of a member; nothing, if it is taken.
    fn told(sessions: Value) -> String {
        let sessions = serde_json::from_value(sessions).unwrap();
        let mut wrong = Wrong::default();
        check(&sessions, &mut wrong);
        match wrong.check() {
            Ok(()) => String::new(),
            Err(Fault::Process(told) | Fault::Validate(told)) => told,
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_sessions_need_is_taken() {
        let sessions = json!({
            "base_urls": ["https://auth.example/passkeys", "http://app.localhost:3000"],
            "redirect_urls":
                ["https://app.example/back", "http://localhost:3000/", "com.example.app:/back"],
            "brand": { "name": "Acme", "accent": "#7D4aee", "words": "Your money, your passkey." },
        });
        assert_eq!(told(sessions), "");
        assert_eq!(told(json!({})), "");
    }

    #[test]
    fn t50_pages_and_ways_back_are_whole_addresses() {
        for url in [
            "javascript:alert(1)",
            "//app.example/back",
            "https://app.example/back?next=//evil.example",
            "https://app.example/back#x",
            "https://app.example@evil.example/back",
            "https:\\\\app.example",
            "data:text/html,x",
            "",
        ] {
            let fault = told(json!({ "redirect_urls": [url] }));
            assert!(fault.starts_with("zegel.sessions.redirect_urls: "), "{url}");
            let fault = told(json!({ "base_urls": [url] }));
            assert!(fault.starts_with("zegel.sessions.base_urls: "), "{url}");
        }
        for url in [
            "http://app.example",
            "https://192.0.2.1",
            "com.example.app:/x",
        ] {
            let fault = told(json!({ "base_urls": [url] }));
            assert!(fault.starts_with("zegel.sessions.base_urls: "), "{url}");
        }
    }

    #[test]
    fn t53_a_brand_is_a_colour_and_short_texts() {
        for brand in [
            json!({ "accent": "red;} body { background: url(//evil.example)" }),
            json!({ "accent": "#fff" }),
            json!({ "name": " " }),
            json!({ "name": "x".repeat(61) }),
            json!({ "words": "x".repeat(201) }),
        ] {
            let fault = told(json!({ "brand": brand }));
            assert!(fault.starts_with("zegel.sessions.brand."), "{fault}");
        }
    }
}

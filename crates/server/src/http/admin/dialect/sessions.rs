//! What a tenant sets for passkey sessions.

use rules::tenant::address::page;
use rules::tenant::config::Sessions;

use crate::http::session_pages::view::redirect;
use crate::http::tenants::fields::Wrong;
use crate::pages::colour::Colour;

/// Notes what no session could be opened with, and what no page could show.
pub(super) fn check(sessions: &Sessions, wrong: &mut Wrong) {
    for url in &sessions.base_urls {
        if page(url).is_none() {
            wrong.note(format!(
                "zegel.sessions.base_urls: {url:?} is not an https URL, or http on localhost, \
                 without user, query and fragment, spelled as browsers spell it"
            ));
        }
    }
    for url in &sessions.redirect_urls {
        if redirect(url).is_none() {
            wrong.note(format!(
                "zegel.sessions.redirect_urls: {url:?} is neither an http(s) URL nor an app's such \
                 as com.example.app:/back, without user, query and fragment, spelled as \
                 browsers spell it"
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
        for row in testkit::vectors::addresses("https://app.example") {
            for (list, is_taken) in [("base_urls", row.page), ("redirect_urls", row.back)] {
                let fault = told(json!({ list: [row.address] }));
                assert_eq!(fault.is_empty(), is_taken, "{list} {row:?}: {fault}");
                let told = format!("zegel.sessions.{list}: ");
                assert!(is_taken || fault.starts_with(&told), "{row:?}: {fault}");
            }
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

use axum::http::HeaderMap;

use super::*;

fn view() -> SessionView {
    SessionView {
        action: Action::Auth,
        app: "Wallet".to_owned(),
        tenant_name: "Corner Bank".to_owned(),
        brand: Branding::default(),
        rp_id: "auth.example".to_owned(),
        network: None,
        account: None,
        key: Some(Key {
            text: "4vJ9JU1bJJE96FWSJKvHsmmFADCg4gpZQff4P3bkLKi".to_owned(),
            lifetime_seconds: 900,
            limits: Limits::default(),
            stamps: None,
        }),
        expires_at_ms: 1_800_000_060_000,
        now_ms: 1_800_000_000_000,
        redirect: Some(Redirect {
            url: "https://app.example/back".to_owned(),
            origin: Some("https://app.example".to_owned()),
            place: "https://app.example".to_owned(),
        }),
        is_popup: false,
        ceremony: Ceremony {
            tenant: "07070707-0707-4707-8707-070707070707".to_owned(),
            challenge: "AAECAw".to_owned(),
            slot: 4_500_000_000,
            user_handle: "aGFuZGxl".to_owned(),
        },
        elsewhere: None,
    }
}

/// What is read of a page: its texts, one blank between them.
pub(super) fn text(page: &str) -> String {
    let mut text = String::new();
    let mut rest = page;
    while let Some((before, after)) = rest.split_once('<') {
        text.push_str(before);
        text.push(' ');
        rest = after.split_once('>').map_or("", |(_, after)| after);
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn it_says_in_plain_words_who_asks_for_what() {
    let with = |action, key: Option<u64>| {
        let key = key.map(|lifetime_seconds| Key {
            text: "K".to_owned(),
            lifetime_seconds,
            limits: Limits::default(),
            stamps: None,
        });
        text(&page(&SessionView {
            action,
            key,
            ..view()
        }))
    };
    for (action, key, words) in [
        (
            Action::Auth,
            Some(900),
            "Wallet asks for a key for 15 minutes",
        ),
        (
            Action::Create,
            Some(5_400),
            "Wallet asks for a key for 1 hour 30 minutes",
        ),
        (Action::Create, None, "Wallet asks you to make a passkey"),
        (Action::Find, None, "Wallet asks which account is yours"),
    ] {
        assert!(with(action, key).contains(words), "{words}");
    }
    let text = with(Action::Auth, Some(900));
    for words in [
        "Run by Corner Bank",
        "Passkey for auth.example",
        "Back to https://app.example",
        "For 15 minutes whoever holds the key can act for your account",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
}

fn approval(joins: bool, ends_session: bool) -> String {
    text(&page(&SessionView {
        action: Action::Approve(Approval {
            account: "4vJ9JU1bJJE96FWSJKvHsmmFADCg4gpZQff4P3bkLKi".to_owned(),
            passkey: "8qbHbw2BbbTHBW1sbeqakYXVKRQM8Ne7pLK7m6CVfeR".to_owned(),
            joins,
            ends_session,
        }),
        key: None,
        ..view()
    }))
}

#[test]
fn another_passkey_is_asked_for_in_words_of_its_own() {
    let added = approval(true, false);
    for words in [
        "Add the passkey 8qbH…VfeR to your account 4vJ9…kLKi?",
        "For good, not for a while: whoever has that passkey can act for your account",
        "Add it",
        "Added",
    ] {
        assert!(
            added.contains(words.trim_end_matches('?')),
            "{words}: {added}"
        );
    }
    // A part could be anybody's: all of both is there to compare.
    for all in ["4vJ9 JU1b JJE9", "8qbH bw2B bbTH"] {
        assert!(added.contains(all), "{all}: {added}");
    }
    for unlike in [
        "asks for a key",
        "make a passkey",
        "A passkey and an account",
    ] {
        assert!(!added.contains(unlike), "{unlike}: {added}");
    }
    let removed = approval(false, false);
    for words in [
        "Remove the passkey 8qbH…VfeR from your account 4vJ9…kLKi",
        "a session that is under way lasts until it ends",
        "Remove it",
    ] {
        assert!(removed.contains(words), "{words}: {removed}");
    }
    assert!(approval(false, true).contains("session ends at once"));
    let named = text(&page(&SessionView {
        account: Some("4vJ9JU1bJJE96FWS".to_owned()),
        ..view()
    }));
    assert!(named.contains("Account 4vJ9 JU1b"), "{named}");
}

#[test]
fn how_far_a_key_goes_is_said_and_who_sees_to_it() {
    let with = |limits| {
        let mut view = view();
        view.network = Some("devnet, for developers");
        view.key.as_mut().unwrap().limits = limits;
        text(&page(&view))
    };
    let limited = with(Limits {
        programs: Some(vec!["Memo1111".to_owned()]),
        lamports: Some(1_500_000_000),
        transactions: Some(1),
    });
    for words in [
        "Network devnet, for developers",
        "May spend 1.5 SOL in all",
        "May make 1 transaction ",
        "May call Memo 1111",
        "as far as said above and this server can see to it. Go on only",
    ] {
        assert!(limited.contains(words), "{words}: {limited}");
    }
    let none = with(Limits {
        programs: Some(Vec::new()),
        ..Limits::default()
    });
    assert!(none.contains("May call no program at all"), "{none}");
    let unlimited = with(Limits::default());
    assert!(unlimited.contains("without asking you again. Go on only"));
    assert!(!unlimited.contains("May "));
}

#[test]
fn lamports_are_said_exactly() {
    for (lamports, words) in [
        (0, "0"),
        (1, "0.000000001"),
        (1_000_000_000, "1"),
        (u64::MAX, "18446744073.709551615"),
    ] {
        assert_eq!(facts::sol(lamports), words);
    }
}

fn signing(chain: &str) -> SessionView {
    SessionView {
        action: Action::Sign(Box::new(Signing {
            chain: chain.to_owned(),
            account: "Coinbase Smart Wallet".to_owned(),
            document: Document::Operation {
                sender: "0xAbCdEf".to_owned(),
                fee: Fee::Paymaster("0xDdEeFf".to_owned()),
                entry_point: "0.6, 0x12".to_owned(),
                calls: None,
                text: r#"{"sender":"0xAbCdEf","nonce":"0x7","callData":"0xb61d27f6"}"#.to_owned(),
            },
            hash: std::array::from_fn(|place| place as u8),
        })),
        key: None,
        ..view()
    }
}

#[test]
fn a_document_is_shown_whole_with_its_chain_and_its_hash() {
    let shown = page(&signing("eip155:8453"));
    let text = text(&shown);
    for words in [
        "Sign with your passkey for Wallet",
        "Chain Base (eip155:8453)",
        "Account Coinbase Smart Wallet",
        "Hash 0x 0001 0203 0405",
        "1a1b 1c1d 1e1f",
        "What is signed: a user operation",
        "Fee paid by 0xDd EeFf",
        "sender 0xAbCdEf",
        "callData 0xb61d27f6",
        "What a contract makes of this the page cannot know",
        "Cancel Sign Make another",
        "Wallet has your signature.",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    for never in [" a key", "Its key", "without asking you again"] {
        assert!(!text.contains(never), "{never}");
    }
    let unknown = self::text(&page(&signing("eip155:1337")));
    assert!(unknown.contains("Chain eip155:1337"));
    let (_, session) = shown.split_once("data-session=\"").unwrap();
    let (session, _) = session.split_once('"').unwrap();
    let session: serde_json::Value =
        serde_json::from_str(&session.replace("&quot;", "\"")).unwrap();
    assert_eq!(
        session,
        json!({
            "action": "sign",
            "challenge": "AAECAw",
            "tenant": "07070707-0707-4707-8707-070707070707",
            "appName": "Wallet",
            "chain": "eip155:8453",
        })
    );
}

#[test]
fn a_time_span_is_said_exactly() {
    for (seconds, words) in [
        (0, "0 seconds"),
        (1, "1 second"),
        (60, "1 minute"),
        (900, "15 minutes"),
        (3_600, "1 hour"),
        (90_061, "1 day 1 hour 1 minute 1 second"),
        (7_776_000, "90 days"),
    ] {
        assert_eq!(duration(seconds), words);
    }
}

#[test]
fn the_key_is_shown_whole() {
    let page = page(&view());
    let (_, key) = page.split_once(r#"<code class="key">"#).unwrap();
    let (key, _) = key.split_once("</code>").unwrap();
    assert_eq!(
        key.replace("<span>", "").replace("</span>", ""),
        "4vJ9JU1bJJE96FWSJKvHsmmFADCg4gpZQff4P3bkLKi"
    );
}

#[test]
fn the_script_gets_what_was_stored() {
    let page = page(&view());
    let (_, session) = page.split_once("data-session=\"").unwrap();
    let (session, _) = session.split_once('"').unwrap();
    let session: serde_json::Value =
        serde_json::from_str(&session.replace("&quot;", "\"")).unwrap();
    assert_eq!(
        session,
        json!({
            "action": "auth",
            "challenge": "AAECAw",
            "tenant": "07070707-0707-4707-8707-070707070707",
            "slotNumber": 4_500_000_000_u64,
            "userId": "aGFuZGxl",
            "appName": "Wallet",
            "sessionKey": { "key": "4vJ9JU1bJJE96FWSJKvHsmmFADCg4gpZQff4P3bkLKi", "expiration": 900 },
        })
    );
}

#[test]
fn a_session_that_is_over_is_shown_as_such() {
    let over = SessionView {
        now_ms: view().expires_at_ms,
        ..view()
    };
    assert!(page(&over).contains(r#"data-state="expired""#));
    assert!(page(&view()).contains(r#"data-state="pending""#));
}

#[test]
fn t53_no_text_of_others_begins_markup() {
    let payload = r#""><img src=x onerror=alert(1)>'</bdi></title><script>{{app}}"#;
    let payload = || payload.to_owned();
    let hostile = SessionView {
        app: payload(),
        tenant_name: payload(),
        brand: Branding {
            name: Some(payload()),
            accent: None,
            words: Some(payload()),
        },
        rp_id: payload(),
        key: Some(Key {
            text: payload(),
            lifetime_seconds: 900,
            stamps: None,
            limits: Limits {
                programs: Some(vec![payload()]),
                ..Limits::default()
            },
        }),
        redirect: Some(Redirect {
            url: payload(),
            origin: Some(payload()),
            place: payload(),
        }),
        ceremony: Ceremony {
            tenant: payload(),
            challenge: payload(),
            slot: 1,
            user_handle: payload(),
        },
        elsewhere: Some(payload()),
        ..view()
    };
    let signed = SessionView {
        action: Action::Sign(Box::new(Signing {
            chain: payload(),
            account: payload(),
            document: Document::TypedData {
                primary_type: payload(),
                domain: json!({ payload(): payload() }).to_string(),
                message: payload(),
            },
            hash: [7; 32],
        })),
        ..hostile.clone()
    };
    for view in [hostile, signed] {
        let page = page(&view);
        assert!(!page.contains("<img"));
        assert_eq!(page.matches("<script").count(), 1);
    }
}

#[test]
fn t65_a_name_that_looks_like_another_is_pointed_out() {
    let twin = SessionView {
        app: "W\u{430}llet \u{202e}".to_owned(),
        ..view()
    };
    let text = text(&page(&twin));
    assert!(text.contains("mixes letters of different scripts"));
    assert!(text.contains("⟨U+202E⟩"));
}

#[test]
fn t58_a_page_of_another_address_says_so() {
    let twin = SessionView {
        elsewhere: Some("https://auth.example".to_owned()),
        ..view()
    };
    assert!(page(&twin).contains("SESSION_ON_ANOTHER_PAGE"));
    assert!(!page(&view()).contains(r#"id="obstacle""#));
}

#[test]
fn the_colour_of_a_tenant_is_asked_of_the_style() {
    let branded = SessionView {
        brand: Branding {
            name: Some("Acme".to_owned()),
            accent: Colour::parse("#7d4aee"),
            words: Some("Your money, your passkey.".to_owned()),
        },
        ..view()
    };
    let page = page(&branded);
    assert!(page.contains(r#"href="/session.css?accent=7d4aee""#));
    assert!(text(&page).contains("Your money, your passkey."));
    assert!(page.contains(r#"<p class="mark" aria-hidden="true">Acme</p>"#));
}

fn header<'h>(headers: &'h HeaderMap, name: &str) -> &'h str {
    headers[name].to_str().unwrap()
}

#[test]
fn t52_nobody_frames_it_and_nothing_runs_but_its_own() {
    let headers = respond(&view()).into_parts().0.headers;
    let policy = header(&headers, "content-security-policy");
    for part in [
        "default-src 'none'",
        "frame-ancestors 'none'",
        "form-action 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    ] {
        assert!(policy.contains(part), "{part}");
    }
    assert!(!policy.contains("unsafe"));
    assert_eq!(header(&headers, "x-frame-options"), "DENY");
    assert_eq!(header(&headers, "referrer-policy"), "no-referrer");
    assert_eq!(header(&headers, "cache-control"), "no-store");
    assert_eq!(
        header(&headers, "cross-origin-opener-policy"),
        "same-origin"
    );
}

#[test]
fn t57_only_a_popup_stays_in_touch_with_its_opener() {
    let popup = SessionView {
        is_popup: true,
        ..view()
    };
    let headers = respond(&popup).into_parts().0.headers;
    assert_eq!(
        header(&headers, "cross-origin-opener-policy"),
        "unsafe-none"
    );
    let headers = missing(Missing::Unknown).into_parts().0.headers;
    assert_eq!(
        header(&headers, "cross-origin-opener-policy"),
        "same-origin"
    );
}

#[test]
fn a_page_that_is_missing_is_no_success_and_is_not_kept() {
    for (why, status) in [
        (Missing::Unknown, StatusCode::NOT_FOUND),
        (
            Missing::Unavailable(StatusCode::TOO_MANY_REQUESTS),
            StatusCode::TOO_MANY_REQUESTS,
        ),
    ] {
        let response = missing(why);
        assert_eq!(response.status(), status);
        assert_eq!(header(response.headers(), "cache-control"), "no-store");
    }
}

#[test]
fn all_a_browser_loads_fits_in_sixty_kilobytes() {
    let total = page(&view()).len()
        + include_str!("../session.js").len()
        + include_str!("../session_problems.js").len()
        + include_str!("../page.js").len()
        + include_str!("../session.css").len()
        + include_str!("../style.css").len()
        + include_str!("../icon.svg").len()
        + include_str!("../../../../../sdk/passkey-session.js").len();
    assert!(total < 60_000, "{total} bytes");
}

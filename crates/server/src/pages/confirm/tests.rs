use super::*;

fn payment() -> ConfirmView {
    ConfirmView {
        tenant_name: "Corner Bank".to_owned(),
        rp_id: "bank.example".to_owned(),
        transaction_id: "order-7".to_owned(),
        content: Content::Payment {
            amount: "12.34 EUR".to_owned(),
            payee_name: "Bakery Ltd".to_owned(),
            payee_account: Some("DE02120300000000202051".to_owned()),
            reason: Some("Bread".to_owned()),
            reference: Some("RF18".to_owned()),
        },
        digest: [7; 32],
        method: Method::Webauthn,
        state: State::Pending,
        expires_at_ms: 1_795_248_300_000,
        now_ms: 1_795_248_000_000,
        return_origin: Some("https://shop.example".to_owned()),
        return_to: None,
        is_popup: false,
        problem: None,
    }
}

fn data(text: &str) -> ConfirmView {
    ConfirmView {
        content: Content::Data(text.to_owned()),
        ..payment()
    }
}

/// The tags of a page with the names of their attributes, by a reader that knows no more of HTML
/// than where a tag begins and where a quoted value ends. Marks of ours are left out.
fn skeleton(page: &str) -> Vec<String> {
    let mut tags = Vec::new();
    let mut rest = page;
    while let Some((_, after)) = rest.split_once('<') {
        let mut tag = String::new();
        let mut is_quoted = false;
        let mut end = after.len();
        for (place, char) in after.char_indices() {
            match char {
                '"' => is_quoted = !is_quoted,
                '>' if !is_quoted => {
                    end = place;
                    break;
                }
                other if !is_quoted => tag.push(other),
                _ => {}
            }
        }
        rest = &after[end..];
        if !["mark class=", "/mark"].contains(&tag.as_str()) {
            tags.push(tag);
        }
    }
    tags
}

/// Attempts to get from text to markup or script: 16 ways in, each in 14 clothes.
fn payloads() -> Vec<String> {
    let ways_in = [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<svg/onload=alert(1)>",
        "<iframe srcdoc='<script>alert(1)</script>'>",
        "<a href=\"javascript:alert(1)\">x</a>",
        "<body onpageshow=alert(1)>",
        "<details open ontoggle=alert(1)>",
        "<style>@import'//x'</style>",
        "<base href=//x>",
        "<meta http-equiv=refresh content=0;url=//x>",
        "<object data=javascript:alert(1)>",
        "<math><mtext><table><mglyph><style><img src onerror=alert(1)>",
        "<template shadowrootmode=open><slot onslotchange=alert(1)>",
        "<form action=//x><button formaction=javascript:alert(1)>",
        "<link rel=stylesheet href=//x>",
        "onfocus=alert(1) autofocus tabindex=0 ",
    ];
    let clothes: [fn(&str) -> String; 14] = [
        str::to_owned,
        |way| format!("\">{way}"),
        |way| format!("'>{way}"),
        |way| format!("--> {way} <!--"),
        |way| format!("</title>{way}"),
        |way| format!("</bdi></dd></dl>{way}"),
        |way| format!("]]>{way}"),
        |way| format!("\0{way}"),
        |way| format!("{{{{tenant}}}}{way}{{{{"),
        |way| format!("\" {way} x=\""),
        |way| format!("</textarea></noscript></style></script>{way}"),
        |way| way.to_uppercase(),
        |way| way.replace('<', "\u{FF1C}").replace('>', "\u{FF1E}") + way,
        |way| format!("&lt;{way}&#60;&quot;\u{2028}"),
    ];
    let dress = |way: &str| clothes.map(|cloth| cloth(way));
    ways_in.into_iter().flat_map(dress).collect()
}

/// A page with a text in one place.
type WithText = fn(&str) -> ConfirmView;

/// Every way a text gets onto the page.
fn fields() -> Vec<(&'static str, WithText)> {
    fn with(change: impl FnOnce(&mut ConfirmView)) -> ConfirmView {
        let mut view = payment();
        change(&mut view);
        view
    }
    fn of(text: &str, place: usize) -> ConfirmView {
        let mut texts = [
            Some("12.34 EUR"),
            Some("Bakery"),
            Some("A"),
            Some("B"),
            Some("C"),
        ]
        .map(|text| text.map(ToOwned::to_owned));
        texts[place] = Some(text.to_owned());
        let [amount, payee_name, payee_account, reason, reference] = texts;
        with(|view| {
            view.content = Content::Payment {
                amount: amount.unwrap_or_default(),
                payee_name: payee_name.unwrap_or_default(),
                payee_account,
                reason,
                reference,
            };
        })
    }
    vec![
        ("tenant_name", |text| {
            with(|view| view.tenant_name = text.to_owned())
        }),
        ("rp_id", |text| with(|view| view.rp_id = text.to_owned())),
        ("transaction_id", |text| {
            with(|view| view.transaction_id = text.to_owned())
        }),
        ("amount", |text| of(text, 0)),
        ("payee_name", |text| of(text, 1)),
        ("payee_account", |text| of(text, 2)),
        ("reason", |text| of(text, 3)),
        ("reference", |text| of(text, 4)),
        ("data", data),
        ("a value in data", |text| {
            data(&serde_json::json!({ "a": text }).to_string())
        }),
        ("a name in data", |text| {
            data(&serde_json::json!({ text: 1 }).to_string())
        }),
        ("return_origin", |text| {
            with(|view| view.return_origin = Some(text.to_owned()))
        }),
        ("return_to", |text| {
            with(|view| view.return_to = Some(text.to_owned()))
        }),
        ("an origin that is not listed", |text| {
            with(|view| view.problem = Some(PageProblem::OriginNotListed(text.to_owned())))
        }),
        ("the origin of another page", |text| {
            with(|view| view.problem = Some(PageProblem::OnAnotherPage(text.to_owned())))
        }),
    ]
}

#[test]
fn t53_of_two_hundred_payloads_none_becomes_markup_in_any_field() {
    let payloads = payloads();
    assert!(payloads.len() >= 200);
    for (field, view) in fields() {
        let harmless = skeleton(&page(&view("harmless")));
        assert!(harmless.len() > 60, "the reader reads the page");
        for payload in &payloads {
            let page = page(&view(payload));
            // A word that is not what it looks like earns a warning, in markup of ours.
            let warnings = ["p class=", "strong", "/strong", "/p"];
            let shown = skeleton(&page);
            let extra = shown.len() - harmless.len();
            if extra > 0 {
                assert!(page.contains("Look twice:"), "{field}: {payload}");
                assert_eq!(extra % warnings.len(), 0, "{field}: {payload}");
            } else {
                assert_eq!(shown, harmless, "{field}: {payload}");
            }
            for sign in [
                "<script>", "<img", "<svg", "<iframe", "<base", "<style", "<form",
            ] {
                assert!(!page.to_lowercase().contains(sign), "{field}: {payload}");
            }
        }
    }
}

#[test]
fn t61_every_text_that_is_signed_is_on_the_page() {
    let page = page(&payment());
    for text in [
        "Corner Bank",
        "bank.example",
        "12.34 EUR",
        "Bakery Ltd",
        "DE02120300000000202051",
        "Bread",
        "RF18",
        "order-7",
    ] {
        assert!(
            page.contains(&format!(r#"<bdi class="shown">{text}</bdi>"#)),
            "{text}"
        );
    }
    assert_eq!(
        page.matches(&format!("<li>{}</li>", words::of_digest(&[7; 32])[0]))
            .count(),
        8
    );
    assert!(page.contains(&format!(r#"data-digest="{}""#, "07".repeat(32))));
}

#[test]
fn t66_an_amount_is_shown_as_it_is_signed_whatever_the_language() {
    for amount in ["1.000 KWD", "1000 JPY", "1000.00 EUR", "0.01 USD"] {
        let mut view = payment();
        if let Content::Payment { amount: shown, .. } = &mut view.content {
            amount.clone_into(shown);
        }
        assert!(page(&view).contains(&format!(r#"<bdi class="shown">{amount}</bdi>"#)));
    }
}

#[test]
fn t65_a_payee_in_false_letters_is_warned_of_below_the_name() {
    let mut view = payment();
    if let Content::Payment { payee_name, .. } = &mut view.content {
        "P\u{430}ypal".clone_into(payee_name);
    }
    let page = page(&view);
    assert!(page.contains("Look twice:"));
    assert!(page.contains("Latin and Cyrillic"));
    assert!(!super::page(&payment()).contains("Look twice:"));
}

#[test]
fn t67_data_that_are_no_payment_are_never_shown_as_one() {
    let known = page(&data(r#"{"amount":"12.34","currency":"EUR"}"#));
    assert!(known.contains("Not described as a payment"));
    assert!(known.contains("Approve this request?"));
    let unknown = page(&data(r#"[{"to":"0xdeadbeef"},7]"#));
    assert!(unknown.contains("This cannot be shown as a payment"));
    assert!(unknown.contains("[{&quot;to&quot;:&quot;0xdeadbeef&quot;},7]"));
    for page in [known, unknown] {
        assert!(!page.contains(r#"class="amount""#));
    }
}

#[test]
fn an_ended_transaction_has_its_state_and_the_way_back() {
    for (state, name) in [
        (State::Confirmed, "confirmed"),
        (State::Expired, "expired"),
        (State::Cancelled, "cancelled"),
        (State::Blocked, "blocked"),
    ] {
        let mut view = payment();
        view.state = state;
        view.return_to = Some("https://shop.example/done?a=b&transaction_id=1".to_owned());
        let page = page(&view);
        assert!(page.contains(&format!(r#"data-state="{name}""#)));
        assert!(page.contains(
            r#"href="https://shop.example/done?a=b&amp;transaction_id=1">Back to https://shop.example</a>"#
        ));
    }
    assert!(page(&payment()).contains(r#"id="return" href="" hidden>"#));
}

#[test]
fn t58_an_origin_that_is_not_the_tenants_is_named_for_the_operator() {
    let mut view = payment();
    view.problem = Some(PageProblem::OriginNotListed(
        "https://twin.example".to_owned(),
    ));
    let page = page(&view);
    assert!(page.contains("CONFIRM_ORIGIN_NOT_LISTED"));
    assert!(page.contains(r#"<bdi class="shown">https://twin.example</bdi>"#));
    assert!(page.contains(r#"class="problem" id="obstacle" role="alert">"#));
}

#[test]
fn t51_the_page_names_no_address_but_ours_and_the_tenants() {
    let page = page(&payment());
    assert!(!page.replace("https://shop.example", "").contains("//"));
}

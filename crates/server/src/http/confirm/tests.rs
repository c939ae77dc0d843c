use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Request, StatusCode};
use engine::{Clock, Engine, Settings, entropy};
use http_body_util::BodyExt;
use rules::tenant::{Command, Least, Method, Purpose, Source, UserProfile};
use serde_json::{Value, json};
use store::{Location, Store};
use testkit::authenticator::Passkey;
use tower::ServiceExt;
use vault::{LogKey, RootKey, Vault};
use verify::tenant::{Operator, hash_secret};
use wire::Timestamp;
use wire::encoding::base64url;
use wire::id::TenantId;
use wire::tenants::Payment;
use wire::webauthn::RegistrationResponse;

use super::*;

const ORIGIN: &str = "https://pay.bank.example";
const NOW_MS: u64 = 1_800_000_000_000;

/// A bank, a customer with a passkey, and the bank's confirmation page.
struct Bank {
    state: Arc<crate::http::State>,
    router: Router,
    tenant: TenantId,
    key: String,
    passkey: Passkey,
}

struct Reply {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
}

impl Reply {
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }
}

impl Bank {
    async fn open() -> Self {
        Self::at(ORIGIN).await
    }

    /// Its page is at `origin`; its tenant lists [`ORIGIN`].
    async fn at(origin: &str) -> Self {
        let log_key = LogKey::generate("bank.example/log", &mut entropy::System).unwrap();
        let engine = Engine::new(
            Store::open(&Location::Memory).unwrap(),
            Vault::new(RootKey::generate(&mut entropy::System).unwrap()),
            log_key,
            Arc::new(Clock::manual(Timestamp::from_millis(NOW_MS))),
            Settings {
                audience: ORIGIN.to_owned(),
                not_before: Timestamp::from_millis(0),
            },
        );
        let tenant = engine.new_tenant_id().unwrap();
        let state = Arc::new(crate::http::State {
            engine,
            limits: intake::Limits::default(),
            tenants: crate::http::tenants::Doors::new("https://zegel.example"),
        });
        let router = routes(Setup {
            state: Arc::clone(&state),
            public_origin: Some(origin.to_owned()),
        });
        let mut bank = Self {
            state,
            router,
            tenant,
            key: String::new(),
            passkey: Passkey::es256(1, "bank.example", ORIGIN),
        };
        bank.key = bank.create().await;
        bank
    }

    async fn create(&self) -> String {
        let config = json!({
            "cors": { "allowed_origins": [ORIGIN], "allow_unsafe_wildcard": false },
            "webauthn": {
                "relying_party":
                    { "id": "bank.example", "display_name": "Corner Bank", "origins": [ORIGIN] },
                "timeout": 60_000, "user_verification": "required",
                "attestation_preference": "none", "resident_key_requirement": "required",
            },
            "mfa": {
                "timeout": 60_000, "user_verification": "preferred",
                "attestation_preference": "direct", "resident_key_requirement": "discouraged",
            },
            "zegel": {
                "token_algorithm": "ES256",
                "return_urls": ["https://shop.example/paid"],
                "payment_caller_origins": ["https://shop.example"],
            },
        });
        let command = Command::CreateTenant {
            tenant: self.tenant,
            name: "tenant 7".to_owned(),
            config: Box::new(serde_json::from_value(config).unwrap()),
            with_key: true,
        };
        let operator = Operator::recognise("token", &hash_secret("token")).unwrap();
        let done = self
            .state
            .engine
            .operate(operator, self.tenant, Vec::new(), source(), |_| {
                Ok::<_, ()>(command.clone())
            })
            .await;
        match done.unwrap().into_inner() {
            Ok(Answer::Tenant { key: Some(key), .. }) => key.secret.to_string(),
            other => panic!("a key is expected, not {other:?}"),
        }
    }

    /// As the bank's own backend, with its key.
    async fn asks(&self, command: Command) -> Answer {
        let call = Call {
            tenant: self.tenant,
            api_key: Some(self.key.clone()),
            body: format!("{command:?}").into_bytes(),
        };
        let done = self
            .state
            .engine
            .perform(call, Least::Bearer, source(), |_, _| {
                Ok::<_, ()>(command.clone())
            })
            .await;
        done.unwrap().into_inner().unwrap()
    }

    async fn register(&self, purpose: Purpose) {
        let begun = self.asks(Command::BeginRegistration {
            user_id: "alice".to_owned(),
            profile: UserProfile {
                name: "alice".to_owned(),
                display_name: "Alice".to_owned(),
                icon: None,
            },
            purpose,
            conditional: false,
        });
        let Answer::Creation(options) = begun.await else {
            panic!("options are expected");
        };
        let made = self.passkey.attestation(&options.challenge).to_json();
        let response = RegistrationResponse::from_json(made.to_string().as_bytes()).unwrap();
        self.asks(Command::FinishRegistration {
            mfa: false,
            response: Box::new(response),
        })
        .await;
    }

    /// The path of the page of a new payment.
    async fn begin(&self, method: Method) -> String {
        let payment = json!({
            "amount": "12.34",
            "currency": "EUR",
            "payee": { "name": "Bakery <Ltd>" },
        });
        self.link(Command::BeginPayment {
            transaction_id: "order 7&8".to_owned(),
            user_id: "alice".to_owned(),
            payment: Payment::from_value(&payment).unwrap(),
            method,
            expires_in_seconds: 300,
            return_url: Some("https://shop.example/paid".to_owned()),
        })
        .await
    }

    async fn link(&self, command: Command) -> String {
        match self.asks(command).await {
            Answer::Transaction(begun) => format!("/confirm/{}", begun.transaction.id),
            other => panic!("a transaction is expected, not {other:?}"),
        }
    }

    /// A customer and the page of her payment.
    async fn payment() -> (Self, String) {
        let bank = Self::open().await;
        bank.register(Purpose::Passkey).await;
        let link = bank.begin(Method::WebAuthn).await;
        (bank, link)
    }

    async fn send(&self, request: Request<Body>) -> Reply {
        let (parts, body) = self
            .router
            .clone()
            .oneshot(request)
            .await
            .unwrap()
            .into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        Reply {
            status: parts.status,
            headers: parts.headers,
            text: String::from_utf8(bytes.to_vec()).unwrap(),
        }
    }

    async fn get(&self, path: &str) -> Reply {
        self.send(Request::get(path).body(Body::empty()).unwrap())
            .await
    }

    /// As the page's script asks.
    async fn post(&self, path: &str, body: &Value) -> Reply {
        let request = Request::post(path)
            .header("content-type", "application/json")
            .header("sec-fetch-site", "same-origin");
        self.send(request.body(Body::from(body.to_string())).unwrap())
            .await
    }

    /// What the passkey answers to a fresh challenge, on a page at `origin`.
    async fn answer_on(&self, link: &str, origin: &str) -> Value {
        let asked = self.post(&format!("{link}/challenge"), &json!({})).await;
        assert_eq!(asked.status, StatusCode::OK, "{}", asked.text);
        let challenge = asked.json()["publicKey"]["challenge"]
            .as_str()
            .unwrap()
            .to_owned();
        let passkey = Passkey::es256(1, "bank.example", origin);
        let challenge = base64url::decode(challenge).unwrap();
        passkey.assertion(&challenge).to_json(Some(b"alice"))
    }
}

fn source() -> Source {
    Source::new("127.0.0.1", "test", "request")
}

fn spc(caller: &str) -> Method {
    let terms = json!({
        "callerOrigin": caller,
        "topOrigin": caller,
        "payeeOrigin": "https://bakery.example",
        "instrument": { "displayName": "Card ··42", "icon": "data:image/png;base64,AAAA" },
    });
    Method::SecurePaymentConfirmation(serde_json::from_value(terms).unwrap())
}

#[tokio::test]
async fn t52_the_page_shows_the_payment_and_is_nobody_elses() {
    let (bank, link) = Bank::payment().await;
    let page = bank.get(&link).await;
    assert_eq!(page.status, StatusCode::OK);
    for text in [
        "Corner Bank",
        "12.34 EUR",
        "Bakery &lt;Ltd&gt;",
        "bank.example",
    ] {
        assert!(page.text.contains(text), "{text}");
    }
    assert!(
        !page.text.contains("tenant 7"),
        "operators' names are theirs"
    );
    let header = |name: &str| page.headers[name].to_str().unwrap();
    for directive in [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'none'",
        "require-trusted-types-for 'script'",
    ] {
        assert!(
            header("content-security-policy").contains(directive),
            "{directive}"
        );
    }
    assert!(!header("content-security-policy").contains("unsafe"));
    assert_eq!(header("referrer-policy"), "no-referrer");
    assert_eq!(header("cache-control"), "no-store");
    assert_eq!(header("x-frame-options"), "DENY");
    assert_eq!(header("cross-origin-opener-policy"), "same-origin");
    assert_eq!(
        header("permissions-policy"),
        "publickey-credentials-get=(self), payment=(self)"
    );
}

#[tokio::test]
async fn t57_only_a_popup_stays_in_touch_with_who_opened_it() {
    let (bank, link) = Bank::payment().await;
    for (query, expected) in [
        ("?popup=1", "unsafe-none"),
        ("?a=b&popup=1", "unsafe-none"),
        ("?popup=10", "same-origin"),
        ("?xpopup=1", "same-origin"),
    ] {
        let page = bank.get(&format!("{link}{query}")).await;
        assert_eq!(
            page.headers["cross-origin-opener-policy"], expected,
            "{query}"
        );
        let is_popup = page.text.contains(r#"data-popup="yes""#);
        assert_eq!(is_popup, expected == "unsafe-none", "{query}");
    }
}

#[tokio::test]
async fn a_link_nobody_knows_leads_to_a_page_that_says_so() {
    let (bank, link) = Bank::payment().await;
    let other = "/confirm/00000000-0000-4000-8000-000000000000";
    for path in [
        other,
        "/confirm/x",
        &link.to_uppercase().replace("CONFIRM", "confirm"),
    ] {
        let page = bank.get(path).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{path}");
        assert!(page.text.contains("CONFIRM_UNKNOWN"));
        let asked = bank.post(&format!("{path}/challenge"), &json!({})).await;
        assert_eq!(asked.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn a_payment_is_approved_and_leads_back_without_a_token() {
    let (bank, link) = Bank::payment().await;
    let answer = bank.answer_on(&link, ORIGIN).await;
    let finished = bank.post(&format!("{link}/finish"), &answer).await;
    let expected = json!({
        "state": "confirmed",
        "return_to": "https://shop.example/paid?transaction_id=order+7%268&state=confirmed",
    });
    assert_eq!(
        finished.json(),
        expected,
        "t51: no token in what a page gets to know"
    );
    // The answer got lost on the way, so it was sent again.
    let again = bank.post(&format!("{link}/finish"), &answer).await;
    assert_eq!(again.json(), expected);
    let page = bank.get(&link).await;
    assert!(page.text.contains(r#"data-state="confirmed""#));
    let expected = "https://shop.example/paid?transaction_id=order+7%268&amp;state=confirmed";
    assert!(page.text.contains(expected));
}

#[tokio::test]
async fn t63_every_challenge_ends_with_the_digest_of_the_page() {
    let (bank, link) = Bank::payment().await;
    let page = bank.get(&link).await;
    let (_, digest) = page.text.split_once(r#"data-digest=""#).unwrap();
    for _ in 0..2 {
        let asked = bank
            .post(&format!("{link}/challenge"), &json!({}))
            .await
            .json();
        let challenge = asked["publicKey"]["challenge"].as_str().unwrap();
        let challenge = base64url::decode(challenge).unwrap();
        assert!(digest.starts_with(&wire::encoding::hex::encode(&challenge[32..])));
    }
}

#[tokio::test]
async fn five_answers_that_are_not_believed_block_it_and_none_says_why() {
    let (bank, link) = Bank::payment().await;
    for _ in 0..5 {
        let answer = bank.answer_on(&link, "https://twin.example").await;
        let refused = bank.post(&format!("{link}/finish"), &answer).await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
        assert_eq!(refused.json()["code"], "not_accepted");
        assert!(!refused.text.contains("origin"));
    }
    let asked = bank.post(&format!("{link}/challenge"), &json!({})).await;
    assert_eq!(asked.status, StatusCode::CONFLICT);
    assert_eq!(asked.json()["code"], "transaction_blocked");
    let page = bank.get(&link).await;
    assert!(page.text.contains(r#"data-state="blocked""#));
}

#[tokio::test]
async fn who_says_no_has_said_no() {
    let (bank, link) = Bank::payment().await;
    let answer = bank.answer_on(&link, ORIGIN).await;
    let cancelled = bank.post(&format!("{link}/cancel"), &json!({})).await;
    assert_eq!(cancelled.json()["state"], "cancelled");
    let finished = bank.post(&format!("{link}/finish"), &answer).await;
    assert_ne!(finished.status, StatusCode::OK);
    for deed in ["challenge", "cancel"] {
        let refused = bank.post(&format!("{link}/{deed}"), &json!({})).await;
        assert_eq!(refused.json()["code"], "transaction_cancelled", "{deed}");
    }
}

#[tokio::test]
async fn what_nobody_answered_in_time_is_over() {
    let (bank, link) = Bank::payment().await;
    let answer = bank.answer_on(&link, ORIGIN).await;
    let late = Timestamp::from_millis(NOW_MS + 300_000);
    bank.state.engine.clock().set(late);
    let finished = bank.post(&format!("{link}/finish"), &answer).await;
    assert_eq!(finished.json()["code"], "transaction_expired");
    let page = bank.get(&link).await;
    assert!(page.text.contains(r#"data-state="expired""#));
}

#[tokio::test]
async fn t54_another_page_can_neither_approve_nor_cancel() {
    let (bank, link) = Bank::payment().await;
    let attempt = |headers: &[(&'static str, &'static str)], body: &'static str| {
        let mut request = Request::post(format!("{link}/cancel"));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        bank.send(request.body(Body::from(body)).unwrap())
    };
    let json = ("content-type", "application/json");
    for foreign in [
        vec![json, ("sec-fetch-site", "cross-site"), ("origin", ORIGIN)],
        vec![json, ("sec-fetch-site", "same-site")],
        vec![json, ("origin", "https://evil.example")],
        vec![json],
    ] {
        assert_eq!(attempt(&foreign, "{}").await.status, StatusCode::FORBIDDEN);
    }
    for form in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/jsonp",
    ] {
        let own = ("sec-fetch-site", "same-origin");
        let refused = attempt(&[own, ("content-type", form)], "{}").await;
        assert_eq!(refused.status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{form}");
    }
    let own = [
        ("content-type", "application/json; charset=utf-8"),
        ("origin", ORIGIN),
    ];
    assert_eq!(attempt(&own, "{}").await.status, StatusCode::OK);
}

#[test]
fn t54_a_browser_says_which_page_asks() {
    for (site, origin, expected) in [
        (Some("same-origin"), None, true),
        (Some("none"), Some(ORIGIN), false),
        (None, Some(ORIGIN), true),
        (None, Some("https://pay.bank.example.evil.example"), false),
        (None, Some("null"), false),
        (None, None, false),
    ] {
        let mut headers = HeaderMap::new();
        if let Some(site) = site {
            headers.insert("sec-fetch-site", HeaderValue::from_static(site));
        }
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, HeaderValue::from_static(origin));
        }
        assert_eq!(
            is_from_the_page(&headers, ORIGIN),
            expected,
            "{site:?} {origin:?}"
        );
    }
}

#[tokio::test]
async fn t58_a_page_whose_origin_the_tenant_does_not_list_names_it() {
    let bank = Bank::at("https://other.example").await;
    bank.register(Purpose::Passkey).await;
    let link = bank.begin(Method::WebAuthn).await;
    let page = bank.get(&link).await;
    assert!(page.text.contains("CONFIRM_ORIGIN_NOT_LISTED"));
    assert!(page.text.contains("https://other.example"));
}

#[tokio::test]
async fn a_browser_is_given_what_it_shows_in_secure_payment_confirmation() {
    let bank = Bank::open().await;
    bank.register(Purpose::Payment).await;
    let link = bank.begin(spc(ORIGIN)).await;
    let page = bank.get(&link).await;
    assert!(page.text.contains("once more"));
    assert!(!page.text.contains("CONFIRM_ON_ANOTHER_PAGE"));
    let asked = bank
        .post(&format!("{link}/challenge"), &json!({}))
        .await
        .json();
    let mut request = asked["payment_request"].clone();
    let challenge = request["challenge"].take();
    assert_eq!(challenge.as_str().unwrap().len(), 86);
    assert_eq!(
        request,
        json!({
            "credentialIds": [base64url::encode(bank.passkey.credential_id())],
            "challenge": null,
            "rpId": "bank.example",
            "instrument":
                { "displayName": "Card ··42", "icon": "data:image/png;base64,AAAA" },
            "payeeName": "Bakery <Ltd>",
            "payeeOrigin": "https://bakery.example",
            "timeout": 60_000,
            "total": {
                "label": "Bakery <Ltd>",
                "amount": { "currency": "EUR", "value": "12.34" },
            },
        })
    );
}

#[tokio::test]
async fn what_is_to_be_approved_on_a_merchants_page_says_where() {
    let bank = Bank::open().await;
    bank.register(Purpose::Payment).await;
    let link = bank.begin(spc("https://shop.example")).await;
    let page = bank.get(&link).await;
    assert!(page.text.contains("CONFIRM_ON_ANOTHER_PAGE"));
    assert!(page.text.contains("https://shop.example"));
}

#[tokio::test]
async fn t67_data_of_any_shape_are_shown_as_they_are_signed() {
    let bank = Bank::open().await;
    bank.register(Purpose::Passkey).await;
    let link = bank
        .link(Command::BeginTransaction {
            transaction_id: "t".to_owned(),
            user_id: "alice".to_owned(),
            data: r#"{"amount":1e+21,"to":"\u003cb\u003e"}"#.to_owned(),
        })
        .await;
    let page = bank.get(&link).await;
    for text in ["Not described as a payment", "1e+21", "&lt;b&gt;"] {
        assert!(page.text.contains(text), "{text}");
    }
}

#[tokio::test]
async fn who_asks_too_often_waits_and_a_person_is_told_on_a_page() {
    let (bank, link) = Bank::payment().await;
    let page = loop {
        let page = bank.get(&link).await;
        if page.status != StatusCode::OK {
            break page;
        }
    };
    assert_eq!(page.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(page.headers.contains_key("retry-after"));
    assert!(page.text.contains("CONFIRM_UNAVAILABLE"));
    let asked = bank.post(&format!("{link}/challenge"), &json!({})).await;
    assert_eq!(asked.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(asked.json()["code"], "too_many_requests");
}

use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use engine::tenants::{Answer, OpenedSession};
use engine::{Clock, Engine, FirstCredential, FirstStep, Settings, entropy};
use http_body_util::BodyExt;
use rules::command::NewApiKey;
use rules::tenant::signing::{AskedSigning, Document, SmartAccount};
use rules::tenant::{ActivityScope, AskedKey, Command, Least, SessionScope, Source};
use rules::text::Label;
use serde_json::json;
use store::{Location, Store};
use tower::ServiceExt;
use vault::{LogKey, RootKey, Vault};
use verify::tenant::{Call, Operator, hash_secret};
use wire::Timestamp;
use wire::activities::SigningType;
use wire::environment::Environment;
use wire::evm::EntryPointVersion;
use wire::id::OrganisationId;
use wire::solana::Address;

use super::*;
use crate::http::intake;

const ORIGIN: &str = "https://auth.bank.example";
const NOW_MS: u64 = 1_800_000_000_000;

/// A tenant whose app opens sessions, and the pages they are answered on.
struct Bank {
    state: Arc<crate::http::State>,
    router: Router,
    tenant: TenantId,
    key: String,
    /// An organisation that session keys may stamp for.
    organisation: OrganisationId,
}

struct Reply {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
}

impl Bank {
    async fn open() -> Self {
        Self::at(ORIGIN).await
    }

    /// Its pages are served at `origin`; sessions are opened for [`ORIGIN`].
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
        let organisation = found(&engine).await;
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
            organisation,
        };
        bank.key = bank.create(bank.tenant).await;
        bank
    }

    async fn create(&self, tenant: TenantId) -> String {
        let config = json!({
            "cors": { "allowed_origins": [ORIGIN], "allow_unsafe_wildcard": false },
            "webauthn": {
                "relying_party":
                    { "id": "bank.example", "display_name": "Corner <Bank>", "origins": [ORIGIN] },
                "timeout": 60_000, "user_verification": "required",
                "attestation_preference": "none", "resident_key_requirement": "required",
            },
            "mfa": {
                "timeout": 60_000, "user_verification": "preferred",
                "attestation_preference": "direct", "resident_key_requirement": "discouraged",
            },
            "zegel": { "sessions": {
                "redirect_urls": ["https://app.example/back", "javascript:alert(1)"],
                "organizations": [self.organisation],
                "brand": { "accent": "#7d4aee" },
            } },
        });
        let command = Command::CreateTenant {
            tenant,
            name: "tenant".to_owned(),
            config: Box::new(serde_json::from_value(config).unwrap()),
            with_key: true,
        };
        let operator = Operator::recognise("token", &hash_secret("token")).unwrap();
        let engine = &self.state.engine;
        let done = engine.operate(operator, tenant, Vec::new(), source(), |_| {
            Ok::<_, ()>(command.clone())
        });
        match done.await.unwrap().into_inner() {
            Ok(Answer::Tenant { key: Some(key), .. }) => key.secret.to_string(),
            other => panic!("a key is expected, not {other:?}"),
        }
    }

    async fn session(&self, action: SessionAction, redirect_url: &str) -> OpenedSession {
        self.session_for(action, redirect_url, SessionScope::default())
            .await
    }

    async fn session_for(
        &self,
        action: SessionAction,
        redirect_url: &str,
        scope: SessionScope,
    ) -> OpenedSession {
        let command = Command::OpenSession {
            environment: Environment::Sandbox,
            action,
            key: Some(AskedKey {
                key: Address::from_bytes([7; 32]),
                expiration: 900,
                scope,
            }),
            base_url: None,
            redirect_url: Some(redirect_url.to_owned()),
            app_name: Some("Wallet".to_owned()),
            account: None,
        };
        match self.ask(command).await {
            Answer::SessionOpened(opened) => *opened,
            other => panic!("a session is expected, not {other:?}"),
        }
    }

    /// The challenge of a user operation that sends five of the smallest unit.
    async fn signing(&self, call_data: &str) -> Vec<u8> {
        let operation = json!({
            "sender": format!("0x{}", "33".repeat(20)), "nonce": "0x1", "callData": call_data,
            "callGasLimit": 1, "verificationGasLimit": 1, "preVerificationGas": 1,
            "maxFeePerGas": 1, "maxPriorityFeePerGas": 1,
        });
        let version = EntryPointVersion::V0_7;
        let command = Command::OpenSigning {
            environment: Environment::Sandbox,
            asked: Box::new(AskedSigning {
                account: SmartAccount::Solady,
                chain_id: 8453,
                document: Document::UserOperation {
                    text: operation.to_string(),
                    version,
                    entry_point: version.address(),
                },
            }),
            base_url: None,
            redirect_url: Some(BACK.to_owned()),
            app_name: Some("Wallet".to_owned()),
        };
        match self.ask(command).await {
            Answer::SigningOpened(opened) => opened.challenge,
            other => panic!("a page is expected, not {other:?}"),
        }
    }

    async fn ask(&self, command: Command) -> Answer {
        let call = Call {
            tenant: self.tenant,
            api_key: Some(self.key.clone()),
            body: format!("{command:?}").into_bytes(),
        };
        let engine = &self.state.engine;
        let done = engine.perform(call, Least::Bearer, source(), |_, _| {
            Ok::<_, ()>(command.clone())
        });
        done.await.unwrap().into_inner().unwrap()
    }

    fn link(&self, opened: &OpenedSession) -> String {
        let page = opened.terms.action.name();
        let challenge = base64url::encode(&opened.challenge);
        format!("/{page}?challenge={challenge}&tenant={}", self.tenant)
    }

    async fn get(&self, path: &str) -> Reply {
        let request = Request::get(path).body(Body::empty()).unwrap();
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
}

/// An organisation whose name wants to be more than a name.
async fn found(engine: &Engine) -> OrganisationId {
    let key = testkit::ApiKey::p256(1);
    let founded = engine.found_organisation(FirstStep {
        organisation: Label::parse("Vault <b>Club</b>").unwrap(),
        user: Label::parse("Ann").unwrap(),
        credential: FirstCredential::ApiKey(NewApiKey {
            name: Label::parse("key").unwrap(),
            curve: key.curve(),
            public_key: key.public_key(),
            expiration_seconds: None,
        }),
        body: b"{}".to_vec(),
    });
    founded.await.unwrap().into_inner().organisation
}

fn source() -> Source {
    Source::new("127.0.0.1", "test", "request")
}

const BACK: &str = "https://app.example/back";

#[tokio::test]
async fn t56_what_is_shown_is_what_was_opened_whatever_the_address_says() {
    let bank = Bank::open().await;
    let opened = bank.session(SessionAction::Auth, BACK).await;
    let link = format!(
        "{}&app-name=Evil&redirect-url=https://evil.example/&expiration-in-seconds=1\
         &session-key=Evi1&user-id=Evil&slot-num=1&env=Evil",
        bank.link(&opened)
    );
    let page = bank.get(&link).await;
    assert_eq!(page.status, StatusCode::OK);
    for shown in [
        r#"<bdi class="shown">Wallet</bdi> asks for a key for 15 minutes"#,
        "Corner &lt;Bank&gt;",
        r#"data-redirect="https://app.example/back""#,
        "/session.css?accent=7d4aee",
    ] {
        assert!(page.text.contains(shown), "{shown}");
    }
    for never in ["Evil", "evil", "Evi1"] {
        assert!(!page.text.contains(never), "{never}");
    }
}

#[tokio::test]
async fn whoever_answers_is_told_for_which_organisation_the_key_signs() {
    let bank = Bank::open().await;
    let scope = SessionScope {
        activities: Some(Box::new(ActivityScope {
            organisation: bank.organisation,
            types: [SigningType::RawPayload, SigningType::Transaction].into(),
        })),
        ..SessionScope::default()
    };
    let opened = bank.session_for(SessionAction::Auth, BACK, scope).await;
    let page = bank.get(&bank.link(&opened)).await.text;
    let id = bank.organisation.to_string();
    for shown in [
        "Signs for",
        "Vault &lt;b&gt;Club&lt;/b&gt;",
        id.as_str(),
        "data, transactions",
        "It can also sign for the organisation ",
    ] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    assert!(!page.contains("<b>Club"), "t53");
    let opened = bank.session(SessionAction::Auth, BACK).await;
    let page = bank.get(&bank.link(&opened)).await.text;
    for never in ["Signs for", "It can also sign", id.as_str()] {
        assert!(!page.contains(never), "{never}");
    }
}

#[tokio::test]
async fn t67_what_an_operation_calls_is_shown_and_what_cannot_be_read_is_said_to_be_so() {
    let bank = Bank::open().await;
    let words = [
        "11".repeat(20),
        "5".to_owned(),
        "60".to_owned(),
        "0".to_owned(),
    ];
    let words = words.map(|word| format!("{word:0>64}")).concat();
    for (call_data, shown, never) in [
        (
            format!("0xb61d27f6{words}"),
            "0.000000000000000005 of the chain’s own coin",
            "What this does cannot be shown",
        ),
        (
            format!("0xb61d27f7{words}"),
            "What this does cannot be shown",
            "Sends it",
        ),
    ] {
        let challenge = base64url::encode(bank.signing(&call_data).await);
        let link = format!("?challenge={challenge}&tenant={}", bank.tenant);
        let page = bank
            .get(&format!("/sign{link}&chain=eip155:1&app-name=Evil"))
            .await;
        assert_eq!(page.status, StatusCode::OK);
        for shown in ["Base (eip155:8453)", &call_data, "Solady", shown] {
            assert!(page.text.contains(shown), "{shown}");
        }
        for never in ["Evil", "eip155:1)", never] {
            assert!(!page.text.contains(never), "{never}");
        }
        for other in ["create", "auth", "find"] {
            let page = bank.get(&format!("/{other}{link}")).await;
            assert_eq!(page.status, StatusCode::NOT_FOUND, "{other}");
        }
    }
}

#[tokio::test]
async fn t50_an_address_that_runs_is_no_way_back_though_it_is_listed() {
    let bank = Bank::open().await;
    let opened = bank
        .session(SessionAction::Auth, "javascript:alert(1)")
        .await;
    let page = bank.get(&bank.link(&opened)).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(!page.text.contains("javascript:alert"));
}

#[tokio::test]
async fn a_link_opens_its_own_page_of_its_own_tenant() {
    let bank = Bank::open().await;
    let opened = bank.session(SessionAction::Auth, BACK).await;
    let challenge = base64url::encode(&opened.challenge);
    let tenant = bank.tenant;
    let other = bank.state.engine.new_tenant_id().unwrap();
    bank.create(other).await;
    let standard = challenge.replace('-', "%2B").replace('_', "/");
    for good in [
        format!("/auth?challenge={challenge}&tenant={tenant}"),
        format!("/auth?tenant={tenant}&challenge={standard}="),
    ] {
        assert_eq!(bank.get(&good).await.status, StatusCode::OK, "{good}");
    }
    let unknown = base64url::encode([0; 32]);
    for bad in [
        format!("/create?challenge={challenge}&tenant={tenant}"),
        format!("/find?challenge={challenge}&tenant={tenant}"),
        format!("/sign?challenge={challenge}&tenant={tenant}"),
        format!("/auth?challenge={unknown}&tenant={tenant}"),
        format!("/auth?challenge={challenge}&tenant={other}"),
        format!("/auth?challenge={challenge}&challenge={challenge}&tenant={tenant}"),
        format!("/auth?challenge={challenge}"),
        format!("/auth?challenge=%00&tenant={tenant}"),
        format!("/auth?tenant={tenant}"),
        "/auth".to_owned(),
    ] {
        let page = bank.get(&bad).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{bad}");
        assert!(page.text.contains("SESSION_UNKNOWN"), "{bad}");
        assert_eq!(page.headers["x-frame-options"], "DENY");
    }
}

#[tokio::test]
async fn a_session_that_has_expired_says_so_and_leads_back() {
    let bank = Bank::open().await;
    let opened = bank.session(SessionAction::Create, BACK).await;
    let clock = bank.state.engine.clock();
    clock.set(opened.expires_at);
    let page = bank.get(&bank.link(&opened)).await;
    assert!(page.text.contains(r#"data-state="expired""#));
    assert!(page.text.contains("Back to https://app.example"));
}

#[tokio::test]
async fn t58_at_another_address_it_cannot_be_answered() {
    let bank = Bank::at("https://twin.example").await;
    let opened = bank.session(SessionAction::Auth, BACK).await;
    let page = bank.get(&bank.link(&opened)).await;
    assert!(page.text.contains("SESSION_ON_ANOTHER_PAGE"));
    assert!(page.text.contains(ORIGIN));
}

#[tokio::test]
async fn the_modules_and_the_style_are_the_servers_own() {
    let bank = Bank::open().await;
    for (path, kind) in [
        ("/session.js", "text/javascript; charset=utf-8"),
        ("/session-problems.js", "text/javascript; charset=utf-8"),
        ("/passkey-session.js", "text/javascript; charset=utf-8"),
        ("/session.css", "text/css; charset=utf-8"),
    ] {
        let reply = bank.get(path).await;
        assert_eq!(reply.status, StatusCode::OK, "{path}");
        assert_eq!(reply.headers["content-type"], kind);
        assert_eq!(reply.headers["x-content-type-options"], "nosniff");
    }
}

#[tokio::test]
async fn t53_the_style_takes_a_colour_and_nothing_else() {
    let bank = Bank::open().await;
    let coloured = bank.get("/session.css?accent=7d4aee").await.text;
    assert!(coloured.contains("--brand: #7d4aee;"));
    let plain = bank.get("/session.css").await.text;
    for other in ["red", "%237d4aee", "7d4aee;%7D", "7d4aee&accent=7d4aee", ""] {
        assert_eq!(
            bank.get(&format!("/session.css?accent={other}")).await.text,
            plain
        );
    }
}

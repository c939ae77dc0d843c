//! What the end of a login costs on the walk: no HTTP, and a store that nobody syncs.
//!
//! Each measured call spends a challenge that was begun and answered before, verifies the
//! assertion, signs the token, and records the event with its leaf. The algorithms differ in
//! nothing but the token's signature.

use std::hint::black_box;
use std::sync::Arc;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use engine::tenants::Answer;
use engine::{Clock, Engine, Settings, entropy};
use rules::tenant::{Command, Config, Least, Purpose, Source, UserProfile};
use serde_json::json;
use store::{Location, Store};
use testkit::authenticator::Passkey;
use tokio::runtime::Runtime;
use vault::{LogKey, RootKey, Vault};
use verify::tenant::{Call, Operator, hash_secret};
use wire::Timestamp;
use wire::id::TenantId;
use wire::webauthn::{AssertionResponse, RegistrationResponse};

const RP_ID: &str = "bank.example";
const ORIGIN: &str = "https://bank.example";
const OPERATOR: &str = "the operator's token";
const USER: &str = "alice";

fn logins(criterion: &mut Criterion) {
    // The caller's thread drives the walk; the store's writer has its own, as on a server.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let mut group = criterion.benchmark_group("login, from command to record");
    for algorithm in ["ES256", "RS256", "EdDSA"] {
        let bank = Bank::open(&runtime, algorithm);
        group.bench_function(format!("{algorithm} token"), |bencher| {
            bencher.iter_batched(
                || bank.answered(),
                |answered| black_box(bank.perform(None, Least::Nobody, answered)),
                BatchSize::SmallInput,
            );
        });
    }
    group.finish();
}

/// A tenant with one user, who has one passkey.
struct Bank<'a> {
    runtime: &'a Runtime,
    engine: Engine,
    tenant: TenantId,
    passkey: Passkey,
}

impl<'a> Bank<'a> {
    fn open(runtime: &'a Runtime, algorithm: &str) -> Self {
        let store = Store::open(&Location::Memory).expect("a store in memory");
        let root = RootKey::generate(&mut entropy::System).expect("a root key");
        let log = LogKey::generate("bank.example/log", &mut entropy::System).expect("a log key");
        let settings = Settings {
            audience: "https://zegel.example".to_owned(),
            not_before: Timestamp::from_millis(0),
        };
        let clock = Arc::new(Clock::manual(Timestamp::from_millis(1_790_000_000_000)));
        let engine = Engine::new(store, Vault::new(root), log, clock, settings);
        let bank = Self {
            runtime,
            tenant: engine.new_tenant_id().expect("randomness"),
            engine,
            passkey: Passkey::es256(1, RP_ID, ORIGIN),
        };
        let key = bank.found(algorithm);
        bank.register(&key);
        bank
    }

    /// Gives the first API key.
    fn found(&self, algorithm: &str) -> String {
        let command = Command::CreateTenant {
            tenant: self.tenant,
            name: "Bank".to_owned(),
            config: Box::new(config(algorithm)),
            with_key: true,
        };
        let operator = Operator::recognise(OPERATOR, &hash_secret(OPERATOR)).expect("the token");
        let read = |_: &[u8]| Ok::<_, ()>(command.clone());
        let made = self
            .engine
            .operate(operator, self.tenant, Vec::new(), source(), read);
        match self.runtime.block_on(made).expect("recorded").into_inner() {
            Ok(Answer::Tenant { key: Some(key), .. }) => key.secret.to_string(),
            other => panic!("a key is expected, not {other:?}"),
        }
    }

    fn register(&self, key: &str) {
        let begin = Command::BeginRegistration {
            user_id: USER.to_owned(),
            profile: UserProfile {
                name: USER.to_owned(),
                display_name: USER.to_owned(),
                icon: None,
            },
            purpose: Purpose::Passkey,
            conditional: false,
        };
        let Answer::Creation(options) = self.perform(Some(key), Least::Bearer, begin) else {
            panic!("options are expected");
        };
        let created = self.passkey.attestation(&options.challenge).to_json();
        let response = RegistrationResponse::from_json(created.to_string().as_bytes());
        let finish = Command::FinishRegistration {
            mfa: false,
            response: Box::new(response.expect("well-formed")),
        };
        self.perform(Some(key), Least::Bearer, finish);
    }

    /// A login that was begun, and answered by the passkey.
    fn answered(&self) -> Command {
        let begin = Command::BeginLogin {
            mfa: false,
            user_id: None,
        };
        let Answer::Request(options) = self.perform(None, Least::Nobody, begin) else {
            panic!("options are expected");
        };
        let answer = self.passkey.assertion(&options.challenge);
        let body = answer.to_json(Some(USER.as_bytes())).to_string();
        Command::FinishLogin {
            mfa: false,
            response: Box::new(AssertionResponse::from_json(body.as_bytes()).expect("well-formed")),
        }
    }

    fn perform(&self, key: Option<&str>, least: Least, command: Command) -> Answer {
        let call = Call {
            tenant: self.tenant,
            api_key: key.map(str::to_owned),
            body: Vec::new(),
        };
        let read = |_: &[u8], _: &_| Ok::<_, ()>(command.clone());
        let done = self.engine.perform(call, least, source(), read);
        let recorded = self.runtime.block_on(done).expect("recorded");
        recorded.into_inner().expect("allowed")
    }
}

fn source() -> Source {
    Source::new("127.0.0.1", "bench", "request")
}

fn config(algorithm: &str) -> Config {
    let text = json!({
        "cors": { "allowed_origins": [ORIGIN], "allow_unsafe_wildcard": false },
        "webauthn": {
            "relying_party": { "id": RP_ID, "display_name": "Bank", "origins": [ORIGIN] },
            "timeout": 60_000, "user_verification": "required",
            "attestation_preference": "none", "resident_key_requirement": "required",
        },
        "mfa": {
            "timeout": 60_000, "user_verification": "preferred", "attachment": "cross-platform",
            "attestation_preference": "direct", "resident_key_requirement": "discouraged",
        },
        "zegel": { "token_algorithm": algorithm },
    });
    serde_json::from_value(text).expect("a configuration")
}

criterion_group!(benches, logins);
criterion_main!(benches);

//! A bank with a tenant, and its customers.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;

use engine::chain::Chain;
use engine::tenants::{Answer, Failure, Options, Page, Reader, TransactionAnswer};
use engine::{Clock, Engine, Settings, entropy};
use rules::tenant::{
    Command, Config, EventKind, Least, Method, Purpose, Refusal, Source, Transaction, UserProfile,
    Which,
};
use serde_json::{Value, json};
use store::{Location, Store};
use testkit::authenticator::Passkey;
use vault::{LogKey, RootKey, Vault};
use verify::tenant::{Call, Operator, hash_secret};
use wire::Timestamp;
use wire::encoding::base64url;
use wire::environment::Environment;
use wire::id::TenantId;
use wire::log::VerifierKey;
use wire::tenants::Payment;
use wire::webauthn::{AssertionResponse, RegistrationResponse};

const RP_ID: &str = "bank.example";
const ORIGIN: &str = "https://bank.example";
const LOG: &str = "bank.example/log";
const OPERATOR: &str = "the operator's token";
pub const NOBODY: Option<&str> = None;
pub const PAGE: Page = Page {
    number: 1,
    size: 50,
};

pub struct Bank {
    pub engine: Arc<Engine>,
    pub tenant: TenantId,
    pub key: String,
    log: VerifierKey,
    passkeys: Cell<u64>,
}

/// A customer's passkey, with the page it is used on.
pub struct Customer {
    seed: u64,
    passkey: Passkey,
}

impl Customer {
    /// The same passkey on another page.
    pub fn on(&self, origin: &str) -> Self {
        Self {
            seed: self.seed,
            passkey: Passkey::es256(self.seed, RP_ID, origin),
        }
    }

    /// The same key, scoped to another RP ID.
    pub fn of(&self, rp_id: &str) -> Self {
        Self {
            seed: self.seed,
            passkey: Passkey::es256(self.seed, rp_id, ORIGIN),
        }
    }
}

impl Bank {
    pub async fn open() -> Self {
        let log_key = LogKey::generate(LOG, &mut entropy::System).unwrap();
        let log = log_key.verifier_key().clone();
        Self::found(server(&Location::Memory, log_key), log).await
    }

    /// A bank on a server with chains.
    pub async fn open_on(chains: BTreeMap<Environment, Arc<dyn Chain>>) -> Self {
        let log_key = LogKey::generate(LOG, &mut entropy::System).unwrap();
        let log = log_key.verifier_key().clone();
        let engine = engine(&Location::Memory, log_key);
        let engine = engine.with_chains(chains).await.unwrap();
        Self::found(Arc::new(engine), log).await
    }

    /// One bank on two servers that share a database.
    pub async fn open_on_two_servers(place: &Location) -> (Self, Self) {
        let log_key = LogKey::generate(LOG, &mut entropy::System).unwrap();
        let log = log_key.verifier_key().clone();
        let sealed = log_key.seal(&root(), &mut entropy::System).unwrap();
        let same = LogKey::open(&root(), LOG, &sealed).unwrap();
        let first = Self::found(server(place, log_key), log.clone()).await;
        let second = Self {
            engine: server(place, same),
            tenant: first.tenant,
            key: first.key.clone(),
            log,
            passkeys: Cell::new(1_000),
        };
        (first, second)
    }

    /// Two banks on one server.
    pub async fn open_two() -> (Self, Self) {
        let bank = Self::open().await;
        let other = Self::found(Arc::clone(&bank.engine), bank.log.clone()).await;
        (bank, other)
    }

    async fn found(engine: Arc<Engine>, log: VerifierKey) -> Self {
        let mut bank = Self {
            tenant: engine.new_tenant_id().unwrap(),
            engine,
            key: String::new(),
            log,
            passkeys: Cell::new(0),
        };
        let made = bank
            .operate(Command::CreateTenant {
                tenant: bank.tenant,
                name: "Bank".to_owned(),
                config: Box::new(config()),
                with_key: true,
            })
            .await;
        let Ok(Answer::Tenant { key: Some(key), .. }) = made else {
            panic!("a key is expected, not {made:?}");
        };
        bank.key = key.secret.to_string();
        bank
    }

    pub async fn operate(&self, command: Command) -> Result<Answer, Refusal> {
        let operator = Operator::recognise(OPERATOR, &hash_secret(OPERATOR)).unwrap();
        let body = format!("{command:?}").into_bytes();
        let done = self
            .engine
            .operate(operator, self.tenant, body, source(), |_| {
                Ok::<_, ()>(command.clone())
            })
            .await;
        done.unwrap().into_inner()
    }

    /// Asks as who holds `key`, for a route that needs `least`.
    pub async fn ask(
        &self,
        key: Option<&str>,
        least: Least,
        command: Command,
    ) -> Result<Result<Answer, Refusal>, Failure<()>> {
        let call = Call {
            tenant: self.tenant,
            api_key: key.map(str::to_owned),
            body: format!("{command:?}").into_bytes(),
        };
        let done = self
            .engine
            .perform(call, least, source(), |_, _| Ok(command.clone()))
            .await?;
        Ok(done.into_inner())
    }

    async fn with_key(&self, command: Command) -> Result<Answer, Refusal> {
        self.ask(Some(&self.key), Least::Bearer, command)
            .await
            .unwrap()
    }

    pub async fn register(&self, user_id: &str, purpose: Purpose) -> Customer {
        let challenge = self.begin_registration(user_id, purpose).await;
        self.finish_registration(&challenge, purpose).await.unwrap()
    }

    pub async fn begin_registration(&self, user_id: &str, purpose: Purpose) -> Vec<u8> {
        let begun = self
            .with_key(Command::BeginRegistration {
                user_id: user_id.to_owned(),
                profile: UserProfile {
                    name: user_id.to_owned(),
                    display_name: user_id.to_owned(),
                    icon: None,
                },
                purpose,
                conditional: false,
            })
            .await;
        let Ok(Answer::Creation(options)) = begun else {
            panic!("options are expected, not {begun:?}");
        };
        options.challenge
    }

    pub async fn finish_registration(
        &self,
        challenge: &[u8],
        purpose: Purpose,
    ) -> Result<Customer, Refusal> {
        self.finish_registration_telling(challenge, purpose, &json!({}))
            .await
    }

    /// As a client does that tells more of its authenticator.
    pub async fn finish_registration_telling(
        &self,
        challenge: &[u8],
        purpose: Purpose,
        more: &Value,
    ) -> Result<Customer, Refusal> {
        let seed = self.passkeys.get();
        self.passkeys.set(seed + 1);
        let passkey = Passkey::es256(seed, RP_ID, ORIGIN);
        let mut body = passkey.attestation(challenge).to_json();
        if let Some(transports) = more["response"].get("transports") {
            body["response"]["transports"] = transports.clone();
        }
        if let Some(attachment) = more.get("authenticatorAttachment") {
            body["authenticatorAttachment"] = attachment.clone();
        }
        let body = body.to_string();
        let command = Command::FinishRegistration {
            mfa: purpose.is_mfa(),
            response: Box::new(RegistrationResponse::from_json(body.as_bytes()).unwrap()),
        };
        let done = self.with_key(command).await?;
        assert!(matches!(done, Answer::Token(_)), "{done:?}");
        Ok(Customer { seed, passkey })
    }

    /// The challenge of a login, by nobody in particular unless a user is named.
    pub async fn begin_login(&self, user_id: Option<&str>) -> Vec<u8> {
        let command = Command::BeginLogin {
            mfa: false,
            user_id: user_id.map(str::to_owned),
        };
        let begun = self.ask(NOBODY, Least::Nobody, command).await.unwrap();
        let Ok(Answer::Request(options)) = begun else {
            panic!("options are expected, not {begun:?}");
        };
        options.challenge
    }

    /// The challenge of a login of this user.
    pub async fn begin_login_of(&self, mfa: bool, user_id: &str) -> Vec<u8> {
        let user_id = Some(user_id.to_owned());
        let begun = self.with_key(Command::BeginLogin { mfa, user_id }).await;
        let Ok(Answer::Request(options)) = begun else {
            panic!("options are expected, not {begun:?}");
        };
        options.challenge
    }

    pub async fn finish_login(
        &self,
        mfa: bool,
        customer: &Customer,
        challenge: &[u8],
        user_id: &str,
    ) -> Result<String, Refusal> {
        let command = Command::FinishLogin {
            mfa,
            response: answer(customer, challenge, user_id),
        };
        let key = mfa.then_some(self.key.as_str());
        match self.ask(key, Least::Nobody, command).await {
            Ok(Ok(Answer::Token(token))) => Ok(token),
            Ok(Err(refusal)) | Err(Failure::Unbelieved(refusal)) => Err(refusal),
            other => panic!("a token or a refusal is expected, not {other:?}"),
        }
    }

    pub async fn login(&self, customer: &Customer) -> String {
        let challenge = self.begin_login(None).await;
        let token = self.finish_login(false, customer, &challenge, "alice");
        token.await.unwrap()
    }

    pub async fn begin_payment(
        &self,
        id: &str,
        amount: &str,
    ) -> Result<TransactionAnswer, Refusal> {
        self.begin_payment_of("alice", id, amount).await
    }

    pub async fn begin_payment_of(
        &self,
        user_id: &str,
        id: &str,
        amount: &str,
    ) -> Result<TransactionAnswer, Refusal> {
        let begun = self
            .with_key(Command::BeginPayment {
                transaction_id: id.to_owned(),
                user_id: user_id.to_owned(),
                payment: payment(amount),
                method: Method::WebAuthn,
                expires_in_seconds: 300,
                return_url: None,
            })
            .await;
        begun.map(transaction)
    }

    pub async fn renew(&self, id: &str) -> Result<TransactionAnswer, Refusal> {
        let which = Which::Identifier(id.to_owned());
        let renewed = self.with_key(Command::RenewChallenge { which }).await;
        renewed.map(transaction)
    }

    pub async fn confirm(
        &self,
        id: &str,
        customer: &Customer,
        challenge: &[u8],
        user_id: &str,
    ) -> Result<(Transaction, String), Refusal> {
        let command = Command::ConfirmTransaction {
            which: Some(Which::Identifier(id.to_owned())),
            response: answer(customer, challenge, user_id),
        };
        let done = transaction(self.with_key(command).await?);
        Ok((done.transaction, done.token.unwrap()))
    }

    /// Alice's confirmation, whoever sends it.
    pub fn confirmation(&self, which: Which, customer: &Customer, challenge: &[u8]) -> Command {
        Command::ConfirmTransaction {
            which: Some(which),
            response: answer(customer, challenge, "alice"),
        }
    }

    pub async fn confirm_on(
        &self,
        id: &str,
        customer: &Customer,
        challenge: &[u8],
        origin: &str,
    ) -> Result<(Transaction, String), Refusal> {
        self.confirm(id, &customer.on(origin), challenge, "alice")
            .await
    }

    pub async fn consume(&self, id: &str, payment: Payment) -> Result<Transaction, Refusal> {
        let command = Command::ConsumeTransaction {
            transaction_id: id.to_owned(),
            payment,
        };
        let done = self.with_key(command).await;
        done.map(|answer| transaction(answer).transaction)
    }

    pub async fn reader(&self) -> Reader<'_> {
        let Ok(reader) = self.try_reader().await else {
            panic!("the key is the tenant's");
        };
        reader
    }

    pub async fn try_reader(&self) -> Result<Reader<'_>, Failure<Infallible>> {
        let call = Call {
            tenant: self.tenant,
            api_key: Some(self.key.clone()),
            body: Vec::new(),
        };
        self.engine.reader(call, None).await
    }

    pub async fn transaction(&self, id: &str) -> Transaction {
        self.reader().await.transaction(id).await.unwrap().unwrap()
    }

    pub async fn events(&self) -> Vec<EventKind> {
        let page = PAGE;
        let reader = self.reader().await;
        let events = reader.events(Default::default(), page).await.unwrap();
        events.items.iter().map(|event| event.kind).collect()
    }

    pub async fn receipt(&self, id: &str) -> String {
        let receipt = self.reader().await.receipt(id).await.unwrap().unwrap();
        serde_json::to_string(&receipt).unwrap()
    }

    /// The transaction a receipt is of, if it holds.
    pub fn check_receipt(
        &self,
        receipt: &str,
    ) -> Result<String, verify::evidence::EvidenceRejection> {
        let verified = verify::evidence::verify(receipt, &self.log)?;
        Ok(verified.transaction().transaction_id.clone())
    }
}

fn transaction(answer: Answer) -> TransactionAnswer {
    let Answer::Transaction(answer) = answer else {
        panic!("a transaction is expected, not {answer:?}");
    };
    *answer
}

/// The challenge that a transaction was begun or renewed with.
pub fn challenge_of(begun: &TransactionAnswer) -> Vec<u8> {
    let Some(Options::Request(options)) = &begun.options else {
        panic!("options are expected, not {begun:?}");
    };
    options.challenge.clone()
}

fn root() -> RootKey {
    RootKey::from_bytes(b"any thirty-two bytes that differ").unwrap()
}

/// A server on a database of its own or of several.
fn server(place: &Location, log_key: LogKey) -> Arc<Engine> {
    Arc::new(engine(place, log_key))
}

fn engine(place: &Location, log_key: LogKey) -> Engine {
    let settings = Settings {
        audience: "https://zegel.example".to_owned(),
        not_before: Timestamp::from_millis(0),
    };
    let store = Store::open(place).unwrap();
    let vault = Vault::new(root());
    let clock = Arc::new(Clock::manual(Timestamp::from_millis(1_790_000_000_000)));
    Engine::new(store, vault, log_key, clock, settings)
}

/// A customer's answer, whatever it is sent for.
pub fn answer(customer: &Customer, challenge: &[u8], user_id: &str) -> Box<AssertionResponse> {
    let body = customer
        .passkey
        .assertion(challenge)
        .to_json(Some(user_id.as_bytes()));
    Box::new(AssertionResponse::from_json(body.to_string().as_bytes()).unwrap())
}

pub fn payment(amount: &str) -> Payment {
    let value = json!({ "amount": amount, "currency": "EUR", "payee": { "name": "Bücher" } });
    Payment::from_value(&value).unwrap()
}

fn source() -> Source {
    Source::new("127.0.0.1", "test", "request")
}

pub fn config() -> Config {
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
        "zegel": { "token_algorithm": "ES256" },
    });
    serde_json::from_value(text).unwrap()
}

/// A part of a token, not verified.
fn part(token: &str, index: usize) -> Value {
    let part = token.split('.').nth(index).unwrap();
    serde_json::from_slice(&base64url::decode(part).unwrap()).unwrap()
}

pub fn header(token: &str) -> Value {
    part(token, 0)
}

pub fn claims(token: &str) -> Value {
    part(token, 1)
}

//! A tenant on a server with a chain, and people with passkeys and session keys.

use std::sync::Arc;
use std::time::Duration;

use engine::tenants::{Answer, Failure, OpenedSession, Page, Sent, ToSign};
use engine::{Engine, entropy};
use rules::tenant::{
    AskedKey, Command, Event, Least, PasskeyAccount, Paying, Refusal, Sending, SessionAction,
    SessionAnswer,
};
use store::Location;
use vault::LogKey;
use verify::tenant::{Call, Operator, hash_secret};
use wire::environment::Environment;
use wire::id::TenantId;
use wire::solana::{Address, Instruction, Message, Transaction, Version};
use wire::{Sealed, Timestamp};
use zegel_solana_rpc::Pace;

use super::net::Net;
use super::person::{Person, asked, bind, hand_in, signed};
use super::server::{Parted, config, root, server, source};
use crate::support::{SOL, Wallet};

pub const ORIGIN: &str = "https://auth.example.com";
pub const HERE: Environment = Environment::Devnet;
pub const LOG: &str = "auth.example.com/log";
const OPERATOR: &str = "the operator's token";

/// What a signature costs.
pub const FEE: u64 = 5_000;
/// What stays with an account of 152 bytes.
pub const RENT: u64 = 1_948_800;

/// One tenant's view of a server, and the chain behind it.
#[derive(Clone)]
pub struct World {
    pub net: Arc<Net>,
    pub engine: Arc<Engine>,
    pub tenant: TenantId,
    pub key: String,
    pub sealed: Sealed,
}

impl World {
    pub async fn new() -> Self {
        Self::at(&Location::Memory).await
    }

    pub async fn at(place: &Location) -> Self {
        let net = Arc::new(Net::new());
        let log_key = LogKey::generate(LOG, &mut entropy::System).unwrap();
        let sealed = log_key.seal(&root(), &mut entropy::System).unwrap();
        let engine = server(place, log_key, &net).await;
        let tenant = engine.new_tenant_id().unwrap();
        let mut world = Self {
            net,
            engine,
            tenant,
            key: String::new(),
            sealed,
        };
        let payer = world.payer();
        world.net.with(|machine| machine.give(&payer, 100 * SOL));
        world.key = world.found(tenant).await;
        world
    }

    /// Another server on the same store and the same chain.
    pub async fn beside(&self, place: &Location) -> Self {
        self.parting().return_to(place).await
    }

    /// What outlives the server.
    pub fn parting(&self) -> Parted {
        Parted {
            net: Arc::clone(&self.net),
            tenant: self.tenant,
            key: self.key.clone(),
            sealed: self.sealed.clone(),
            now: self.engine.clock().now(),
        }
    }

    /// Another tenant of the same server.
    pub async fn neighbour(&self) -> Self {
        let tenant = self.engine.new_tenant_id().unwrap();
        let key = self.found(tenant).await;
        Self {
            tenant,
            key,
            ..self.clone()
        }
    }

    async fn found(&self, tenant: TenantId) -> String {
        let command = Command::CreateTenant {
            tenant,
            name: "App".to_owned(),
            config: Box::new(config()),
            with_key: true,
        };
        match self.operate(tenant, command).await {
            Answer::Tenant { key: Some(key), .. } => key.secret.to_string(),
            other => panic!("a key is expected, not {other:?}"),
        }
    }

    pub async fn operate(&self, tenant: TenantId, command: Command) -> Answer {
        let operator = Operator::recognise(OPERATOR, &hash_secret(OPERATOR)).unwrap();
        let read = |_: &[u8]| Ok::<_, ()>(command.clone());
        let body = format!("{command:?}").into_bytes();
        let done = self.engine.operate(operator, tenant, body, source(), read);
        done.await.unwrap().into_inner().unwrap()
    }

    pub fn payer(&self) -> Address {
        self.engine.payers()[0].1
    }

    /// What the payer has.
    pub fn funds(&self) -> u64 {
        self.net.balance(&self.payer())
    }

    /// Our clock goes on; the chain's does not.
    pub fn wait_ms(&self, ms: u64) {
        let then = self.engine.clock().now().as_millis() + ms;
        self.engine.clock().set(Timestamp::from_millis(then));
    }

    /// A few blocks, so that nothing is the same by accident.
    pub fn blocks(&self, blocks: u64) {
        self.net.with(|machine| machine.blocks(blocks));
    }

    /// The chain's clock is set to this second, and our own as well.
    pub fn set_time(&self, unix_s: u64) {
        self.net.with(|machine| {
            let seconds = unix_s - machine.unix_s();
            machine.advance(Pace {
                seconds,
                ..Pace::default()
            });
        });
        let now = Timestamp::from_millis(unix_s * 1000);
        self.engine.clock().set(now);
    }

    /// Asks as who holds `key`.
    pub async fn ask(&self, key: Option<&str>, command: Command) -> Result<Answer, Refusal> {
        let least = command.least();
        let body = format!("{command:?}").into_bytes();
        self.ask_with(key, least, command, body).await
    }

    /// The same, in other words if need be.
    pub async fn ask_with(
        &self,
        key: Option<&str>,
        least: Least,
        command: Command,
        body: Vec<u8>,
    ) -> Result<Answer, Refusal> {
        match self.perform(key, least, command, body).await {
            Ok(outcome) => outcome,
            Err(Failure::Unbelieved(refusal)) => Err(refusal),
            Err(other) => panic!("an outcome is expected, not {other:?}"),
        }
    }

    /// Why there is no outcome.
    pub async fn unavailable(&self, command: Command) -> engine::Error {
        let (least, body) = (command.least(), b"a request".to_vec());
        match self.perform(Some(&self.key), least, command, body).await {
            Err(Failure::Engine(error)) => error,
            other => panic!("no outcome is expected, not {other:?}"),
        }
    }

    async fn perform(
        &self,
        key: Option<&str>,
        least: Least,
        command: Command,
        body: Vec<u8>,
    ) -> Result<Result<Answer, Refusal>, Failure<()>> {
        let call = Call {
            tenant: self.tenant,
            api_key: key.map(str::to_owned),
            body,
        };
        let read = |_: &[u8], _: &_| Ok(command.clone());
        let done = self.engine.perform(call, least, source(), read).await;
        done.map(|recorded| recorded.into_inner())
    }

    pub async fn with_key(&self, command: Command) -> Result<Answer, Refusal> {
        self.ask(Some(&self.key), command).await
    }

    pub async fn open(&self, action: SessionAction, key: Option<(&Wallet, u64)>) -> OpenedSession {
        let asked = key.map(|(wallet, expiration)| asked(wallet, expiration));
        self.try_open(action, asked).await.unwrap()
    }

    pub async fn try_open(
        &self,
        action: SessionAction,
        key: Option<AskedKey>,
    ) -> Result<OpenedSession, Refusal> {
        let command = Command::OpenSession {
            environment: HERE,
            action,
            key,
            base_url: None,
            redirect_url: None,
            app_name: None,
            account: None,
        };
        match self.with_key(command).await? {
            Answer::SessionOpened(opened) => Ok(*opened),
            other => panic!("a session is expected, not {other:?}"),
        }
    }

    /// An answer to a challenge, recorded: on its way to the chain if it goes there.
    pub async fn submit(
        &self,
        action: SessionAction,
        answer: SessionAnswer,
    ) -> Result<Answer, Refusal> {
        self.ask(None, bind(action, answer)).await
    }

    /// The same, seen through.
    pub async fn bind(
        &self,
        action: SessionAction,
        answer: SessionAnswer,
    ) -> Result<PasskeyAccount, Refusal> {
        let answer = self.submit(action, answer).await?;
        match self.see_through(answer).await? {
            Answer::SessionBound(account) => Ok(*account),
            other => panic!("an account is expected, not {other:?}"),
        }
    }

    pub async fn see_through(&self, answer: Answer) -> Result<Answer, Refusal> {
        match answer {
            Answer::Sending(signature) => {
                let delivered = self.engine.deliver(self.tenant, &signature);
                let patience = Duration::from_secs(60);
                let delivered = tokio::time::timeout(patience, delivered).await;
                delivered.expect("seen through by now").unwrap()
            }
            other => Ok(other),
        }
    }

    /// An account with a session of this key, and ten SOL to spend.
    pub async fn with_session(&self, person: &Person, key: AskedKey) -> PasskeyAccount {
        let opened = self.try_open(SessionAction::Create, Some(key)).await;
        let answer = person.new_answer(&opened.unwrap().challenge);
        let account = self.bind(SessionAction::Create, answer).await.unwrap();
        self.net
            .with(|machine| machine.give(&person.purse(), 10 * SOL));
        self.blocks(1);
        account
    }

    /// Has what an account should do wrapped for its session key, at our cost.
    pub async fn prepare(&self, person: &Person, asked: &[Instruction]) -> Result<ToSign, Refusal> {
        let message = Message::compile(Version::V0, person.purse(), asked, [0; 32]).unwrap();
        self.prepare_draft(person, Transaction::unsigned(message), Paying::Server)
            .await
    }

    pub async fn prepare_draft(
        &self,
        person: &Person,
        draft: Transaction,
        payer: Paying,
    ) -> Result<ToSign, Refusal> {
        let command = Command::PrepareTransaction {
            environment: HERE,
            account: person.account(),
            transaction: Box::new(draft),
            payer,
        };
        match self.with_key(command).await? {
            Answer::ToSign(to_sign) => Ok(to_sign),
            other => panic!("something to sign is expected, not {other:?}"),
        }
    }

    pub async fn hand_in(&self, person: &Person, signed: &Transaction) -> Result<Answer, Refusal> {
        self.with_key(hand_in(person, signed)).await
    }

    /// Handed in, and seen through.
    pub async fn act(&self, person: &Person, signed: &Transaction) -> Result<Sent, Refusal> {
        let answer = self.hand_in(person, signed).await?;
        match self.see_through(answer).await? {
            Answer::Carried(sent) => Ok(sent),
            other => panic!("a signature is expected, not {other:?}"),
        }
    }

    /// From the wish to what came of it.
    pub async fn spend(
        &self,
        person: &Person,
        key: &Wallet,
        asked: &[Instruction],
    ) -> Result<Sent, Refusal> {
        let to_sign = self.prepare(person, asked).await?;
        self.act(person, &signed(&to_sign, &[key])).await
    }

    pub async fn revoke(&self, person: &Person) -> Result<Answer, Refusal> {
        let (environment, account) = (HERE, person.account());
        let revoke = Command::RevokeSession {
            environment,
            account,
        };
        self.with_key(revoke).await
    }

    /// The account, as who holds the tenant's key is told.
    pub async fn told(&self, person: &Person) -> Option<PasskeyAccount> {
        let reader = self.engine.reader(self.call(), Some(HERE)).await;
        let Ok(reader) = reader else {
            panic!("the key is the tenant's");
        };
        let account = reader.passkey_account(HERE, person.account());
        account.await.unwrap()
    }

    /// The account as it is kept here, whatever the chain says.
    pub async fn kept(&self, person: &Person) -> Option<PasskeyAccount> {
        let store = self.engine.store();
        let account = store.passkey_account(self.tenant, HERE, person.account());
        account.await.unwrap()
    }

    /// A transaction as it is recorded.
    pub async fn sending(&self, signature: &[u8]) -> Sending {
        let sent = self.engine.store().sending(self.tenant, signature).await;
        sent.unwrap().unwrap().sending().clone()
    }

    /// Sends what is recorded past whoever should do it, who then does not know.
    pub async fn send_unnoticed(&self, signature: &[u8]) {
        let packet = self.sending(signature).await.packet;
        self.net.with(|machine| machine.send(&packet)).unwrap();
    }

    /// The newest events, the newest first.
    pub async fn events(&self) -> Vec<Event> {
        let Ok(reader) = self.engine.reader(self.call(), Some(HERE)).await else {
            panic!("the key is the tenant's");
        };
        let page = Page {
            number: 1,
            size: 50,
        };
        reader.events(Default::default(), page).await.unwrap().items
    }

    fn call(&self) -> Call {
        Call {
            tenant: self.tenant,
            api_key: Some(self.key.clone()),
            body: Vec::new(),
        }
    }
}

/// What a transaction on its way is called.
pub fn signature_of(answer: &Answer) -> Vec<u8> {
    match answer {
        Answer::Sending(signature) => signature.clone(),
        other => panic!("a transaction on its way is expected, not {other:?}"),
    }
}

/// What the payer has and what was sent, both of which stay as they are.
pub struct Spent(u64, usize);

impl Spent {
    pub fn of(world: &World) -> Self {
        Self(world.funds(), world.net.count())
    }

    pub fn is_nothing(&self, world: &World) {
        assert_eq!(world.funds(), self.0, "the payer has paid");
        assert_eq!(world.net.count(), self.1, "something was sent");
    }
}

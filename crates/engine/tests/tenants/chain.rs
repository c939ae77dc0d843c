//! Passkey sessions on a chain that does what nodes do: one lags, another falls silent.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use engine::chain::{
    Answer as Told, Blockhash, Chain, ChainAccount, ChainError, ChainFailure, Status,
};
use engine::tenants::{Answer, Failure, OpenedSession};
use rules::tenant::{AskedKey, Command, Least, Paying, SessionAction, SessionAnswer, SessionScope};
use testkit::authenticator::Passkey;
use testkit::keys::SigningKey;
use verify::solana::passkey_account;
use wire::environment::Environment;
use wire::solana::external_signature::{PasskeyAccount, SessionKey};
use wire::solana::secp256r1::CompressedKey;
use wire::solana::{
    Address, Instruction, Message, SlotHash, SlotHashes, Transaction, Version, program,
};

use crate::support::{Bank, NOBODY};

const ENVIRONMENT: Environment = Environment::Devnet;
const RP_ID: &str = "zegel.example";

/// The second at which every session here ends.
const END: u64 = 1_790_000_900;

/// What the network has, and what its nodes tell of it.
#[derive(Default)]
struct Ledger {
    /// The passkey account, and what it will be when something was carried out.
    account: Option<(Address, PasskeyAccount)>,
    next: Option<PasskeyAccount>,
    /// How many more times the account is told as it was.
    lag: u32,
    carried_out: Vec<[u8; 64]>,
    is_silent: bool,
}

struct Node(Mutex<Ledger>);

impl Node {
    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.0.lock().unwrap()
    }

    fn tell<'a, T: Send + 'a>(&self, told: impl FnOnce(&mut Ledger) -> T) -> Told<'a, T> {
        let mut ledger = self.ledger();
        let told = match ledger.is_silent {
            true => Err(ChainError::Unreachable("nobody is there".to_owned())),
            false => Ok(told(&mut ledger)),
        };
        Box::pin(async { told })
    }
}

impl Chain for Node {
    fn slot_hashes(&self) -> Told<'_, SlotHashes> {
        let entry = |slot: u64| SlotHash {
            slot,
            hash: [slot as u8; 32],
        };
        self.tell(|_| SlotHashes::new((51..=100).rev().map(entry).collect()).unwrap())
    }

    fn now_s(&self) -> Told<'_, u64> {
        self.tell(|_| 1_790_000_000)
    }

    fn account<'a>(&'a self, address: &'a Address) -> Told<'a, Option<ChainAccount>> {
        self.tell(|ledger| {
            if !ledger.carried_out.is_empty() && ledger.next.is_some() {
                match ledger.lag.checked_sub(1) {
                    Some(lag) => ledger.lag = lag,
                    None => ledger.account.as_mut().unwrap().1 = ledger.next.take().unwrap(),
                }
            }
            let data = match &ledger.account {
                Some((at, account)) if at == address => account.to_bytes().to_vec(),
                // The payer.
                _ => Vec::new(),
            };
            let owner = match data.is_empty() {
                true => program::SYSTEM,
                false => program::EXTERNAL_SIGNATURE,
            };
            Some(ChainAccount {
                lamports: 1_000_000_000,
                owner,
                data,
            })
        })
    }

    fn latest_blockhash(&self) -> Told<'_, Blockhash> {
        self.tell(|_| Blockhash {
            hash: [8; 32],
            last_valid_height: 150,
        })
    }

    fn block_height(&self) -> Told<'_, u64> {
        self.tell(|_| 1)
    }

    fn send<'a>(&'a self, packet: &'a [u8]) -> Told<'a, ()> {
        let sent = Transaction::parse(packet).unwrap();
        self.tell(|ledger| ledger.carried_out.push(sent.signatures()[0]))
    }

    fn status<'a>(&'a self, signature: &'a [u8; 64]) -> Told<'a, Option<Status>> {
        self.tell(|ledger| {
            let status = Status {
                slot: 101,
                failed: None,
            };
            ledger.carried_out.contains(signature).then_some(status)
        })
    }

    fn simulate<'a>(&'a self, _: &'a [u8]) -> Told<'a, Result<(), ChainFailure>> {
        self.tell(|_| Ok(()))
    }
}

/// A bank whose customer has an account on the chain.
struct Place {
    bank: Bank,
    node: Arc<Node>,
    passkey: Passkey,
    account: Address,
}

fn session_key(seed: u8) -> (SigningKey, Address) {
    let key = SigningKey::ed25519([seed; 32]);
    let public = key.public_key_compressed();
    let address = Address::from_bytes(public.try_into().unwrap());
    (key, address)
}

impl Place {
    async fn open() -> Self {
        let passkey = Passkey::es256(1, RP_ID, "https://zegel.example");
        let cose = passkey.public_key();
        let mut key = [2 + (cose[76] & 1); 33];
        key[1..].copy_from_slice(&cose[10..42]);
        let key = CompressedKey::from_bytes(key).unwrap();
        let account = passkey_account(&key).address;
        let kept = |key_seed| PasskeyAccount {
            rp_id: RP_ID.parse().unwrap(),
            rp_id_hash: [0; 32],
            public_key: key,
            session_key: SessionKey {
                key: session_key(key_seed).1,
                expires_at_s: END,
            },
            counter: 0,
        };
        let node = Arc::new(Node(Mutex::new(Ledger {
            account: Some((account, kept(2))),
            next: Some(kept(1)),
            ..Ledger::default()
        })));
        let chain: Arc<dyn Chain> = Arc::<Node>::clone(&node);
        let bank = Bank::open_on(BTreeMap::from([(ENVIRONMENT, chain)])).await;
        Self {
            bank,
            node,
            passkey,
            account,
        }
    }

    async fn ask(&self, command: Command) -> Result<Answer, Failure<()>> {
        let asked = self.bank.ask(Some(&self.bank.key), Least::Bearer, command);
        Ok(asked.await?.unwrap())
    }

    async fn opened(&self) -> OpenedSession {
        let opening = Command::OpenSession {
            environment: ENVIRONMENT,
            action: SessionAction::Auth,
            key: Some(AskedKey {
                key: session_key(1).1,
                expiration: 900,
                scope: SessionScope::default(),
            }),
            base_url: None,
            redirect_url: None,
            app_name: None,
            account: None,
        };
        match self.ask(opening).await.unwrap() {
            Answer::SessionOpened(opened) => *opened,
            other => panic!("a session is expected, not {other:?}"),
        }
    }

    /// Binds the first session key; what the answer says is bound.
    async fn bind(&self) -> Option<Address> {
        let made = self.passkey.assertion(&self.opened().await.challenge);
        let binding = Command::BindSession {
            action: SessionAction::Auth,
            key: None,
            slot: None,
            answer: Box::new(SessionAnswer {
                client_data_json: made.client_data_json,
                authenticator_data: made.authenticator_data,
                signature: made.signature,
                public_key: None,
                credential_id: None,
            }),
        };
        let bound = self.bank.ask(NOBODY, Least::Nobody, binding).await;
        match self.delivered(bound.unwrap().unwrap()).await {
            Answer::SessionBound(account) => account.session.map(|session| session.key),
            other => panic!("an account is expected, not {other:?}"),
        }
    }

    async fn delivered(&self, sending: Answer) -> Answer {
        let Answer::Sending(signature) = sending else {
            panic!("something on its way is expected, not {sending:?}");
        };
        let engine = &self.bank.engine;
        let outcome = engine.deliver(self.bank.tenant, &signature).await;
        outcome.unwrap().unwrap()
    }

    /// A memo, prepared and signed by the session key.
    async fn signed(&self, memo: &str) -> Result<Command, Failure<()>> {
        let (key, address) = session_key(1);
        let memo = Instruction {
            program: program::MEMO,
            accounts: Vec::new(),
            data: memo.as_bytes().to_vec(),
        };
        let message = Message::compile(Version::V0, address, &[memo], [0; 32]).unwrap();
        let preparing = Command::PrepareTransaction {
            environment: ENVIRONMENT,
            account: self.account,
            transaction: Box::new(Transaction::unsigned(message)),
            payer: Paying::Server,
        };
        let Answer::ToSign(to_sign) = self.ask(preparing).await? else {
            panic!("something to sign is expected");
        };
        let transaction = Transaction::parse(&to_sign.transaction).unwrap();
        let signature = key.sign(transaction.message_bytes()).try_into().unwrap();
        let transaction = transaction.with_signature(&address, &signature).unwrap();
        Ok(Command::SubmitTransaction {
            environment: ENVIRONMENT,
            account: self.account,
            transaction: Box::new(transaction),
        })
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_was_bound_is_kept_though_a_node_lags() {
    let place = Place::open().await;
    place.node.ledger().lag = 3;
    assert_eq!(place.bind().await, Some(session_key(1).1));
    // It may act: it is known here, and for how long it was asked for.
    let submitting = place.signed("hello").await.unwrap();
    let sent = place.ask(submitting).await.unwrap();
    assert!(matches!(place.delivered(sent).await, Answer::Carried(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_again_hears_of_what_was_sent_though_the_chain_is_silent() {
    let place = Place::open().await;
    place.bind().await.unwrap();
    let submitting = place.signed("hello").await.unwrap();
    let other = place.signed("hello again").await.unwrap();
    let Answer::Sending(first) = place.ask(submitting.clone()).await.unwrap() else {
        panic!("something on its way is expected");
    };
    place.node.ledger().is_silent = true;
    let again = place.ask(submitting).await;
    assert!(matches!(again, Ok(Answer::Sending(again)) if again == first));
    let other = place.ask(other).await;
    assert!(
        matches!(other, Err(Failure::Engine(engine::Error::Chain(_)))),
        "nothing was sent, and nothing is"
    );
}

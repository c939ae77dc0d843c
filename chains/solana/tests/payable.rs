//! What a real vault's payer signs, and what it would lose if it signed anything.

use rules::tenant::prepare::{self, FeePayer, PrepareRefusal, Wrapped, Wrapping};
use rules::tenant::{SessionScope, Used};
use sha2::{Digest, Sha256};
use vault::{Entropy, PayerRow, RootKey, Vault};
use verify::solana::{Assertion, Expect, ForChain, Nonce, Payable, PayableRejection, SelfPaid};
use wire::environment::Environment;
use wire::solana::external_signature::{
    ExecuteWithSession, Inner, SessionKey, SessionLifetime, SignerScheme,
};
use wire::solana::{
    AccountMeta, Address, ComputeBudget, Instruction, Message, Transaction, Version,
};
use zegel_solana_rpc::{Executed, Refused};

use crate::support::*;

/// Different bytes at every call, the same in every run.
struct Counting(u64);

impl Entropy for Counting {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), vault::Error> {
        for chunk in bytes.chunks_mut(32) {
            let block = Sha256::digest(self.0.to_be_bytes());
            chunk.copy_from_slice(&block[..chunk.len()]);
            self.0 += 1;
        }
        Ok(())
    }
}

/// A scene in which a vault pays.
struct Server {
    scene: Scene,
    vault: Vault,
    row: PayerRow,
}

impl Server {
    fn new() -> Self {
        let mut scene = Scene::new();
        let vault = Vault::new(RootKey::generate(&mut Counting(0)).unwrap());
        let row = vault
            .create_payer(Environment::Devnet, &mut Counting(100))
            .unwrap();
        scene.chain.give(&row.address, 100 * SOL);
        Self { scene, vault, row }
    }

    /// The account has a session, and something to spend.
    fn with_session(key: &Wallet) -> Self {
        let mut server = Self::new();
        let session = SessionKey {
            key: key.address(),
            expires_at_s: NOW_S + 900,
        };
        server.initialise(Some(session)).unwrap();
        let scene = &mut server.scene;
        scene.chain.give(&scene.execution_account(), 10 * SOL);
        scene.wait_s(0);
        server
    }

    fn nonce(&self, slot: Slot) -> Nonce {
        Nonce {
            slot_hash: slot.hash,
            signer: self.row.address,
        }
    }

    /// What the passkey answers, believed.
    fn proof(&self, challenge: &[u8; 32]) -> ForChain {
        let made = self.scene.passkey.assertion(challenge);
        let assertion = Assertion {
            authenticator_data: &made.authenticator_data,
            client_data_json: &made.client_data_json,
            signature: &made.signature,
        };
        let expect = Expect {
            rp_id: RP_ID,
            challenge,
            counter: 0,
        };
        assertion.for_chain(&self.scene.key(), &expect).unwrap()
    }

    fn initialise(&mut self, session: Option<SessionKey>) -> Result<Executed, Refused> {
        let slot = self.scene.slot();
        let nonce = self.nonce(slot);
        let proof = self.proof(&nonce.initialise(session));
        let blockhash = self.scene.chain.latest_blockhash();
        let payable = Payable::initialise(&proof, slot.number, &nonce, session, blockhash);
        self.pay(payable.unwrap())
    }

    fn refresh(&mut self, session: SessionLifetime) -> Result<Executed, Refused> {
        let slot = self.scene.slot();
        let nonce = self.nonce(slot);
        let proof = self.proof(&nonce.refresh(session));
        let blockhash = self.scene.chain.latest_blockhash();
        let payable = Payable::refresh(&proof, slot.number, &nonce, session, blockhash);
        self.pay(payable.unwrap())
    }

    fn pay(&mut self, payable: Payable) -> Result<Executed, Refused> {
        let paid = self.vault.pay(&self.row, payable).unwrap();
        self.scene.chain.send(&paid.to_packet().unwrap())
    }

    fn wrap(&self, key: &Wallet, asked: &[Instruction]) -> Wrapped {
        wrap(&self.scene, FeePayer::Sponsor(self.row.address), key, asked).unwrap()
    }
}

/// As the client drafts it, with the account in the payer's place.
fn wrap(
    scene: &Scene,
    payer: FeePayer,
    key: &Wallet,
    asked: &[Instruction],
) -> Result<Wrapped, PrepareRefusal> {
    let from = scene.execution_account();
    let draft = Message::compile(Version::V0, from, asked, [0; 32]).unwrap();
    let terms = Wrapping {
        account: scene.account(),
        execution_account: from,
        session_key: key.address(),
        payer,
        scope: &SessionScope::default(),
        used: &Used::default(),
    };
    prepare::wrap(&draft, &terms)
}

/// The wrapped message, signed by these.
fn signed(scene: &Scene, wrapped: &Wrapped, by: &[&Wallet]) -> (Vec<u8>, Transaction) {
    let message = wrapped.compile(scene.chain.latest_blockhash()).unwrap();
    let unsigned = Transaction::unsigned(message);
    let prepared = unsigned.message_bytes().to_vec();
    let signed = by.iter().fold(unsigned, |it, signer| signer.sign(it));
    (prepared, signed)
}

const ELSEWHERE: u8 = 77;

fn elsewhere() -> Address {
    Wallet::new(ELSEWHERE).address()
}

#[test]
fn a_vault_pays_for_an_account_and_its_sessions() {
    let (first, later) = (Wallet::new(9), Wallet::new(10));
    let mut server = Server::with_session(&first);
    let stored = server.scene.stored();
    assert_eq!(stored.session().unwrap().key, first.address());
    assert_eq!(stored.public_key, server.scene.key());
    // Two signatures and the rent.
    let spent = 100 * SOL - server.scene.balance(&server.row.address);
    assert_eq!(spent, 10_000 + 1_948_800);

    let session = SessionLifetime {
        key: later.address(),
        lifetime_s: 60,
    };
    let done = server.refresh(session).unwrap();
    assert_eq!(done.fee, 10_000);
    let stored = server.scene.stored().session().unwrap();
    assert_eq!(stored.key, later.address());
}

#[test]
fn a_vault_pays_the_fee_of_a_session_key_and_nothing_else() {
    let key = Wallet::new(9);
    let mut server = Server::with_session(&key);
    let before = server.scene.balance(&server.row.address);
    let from = server.scene.execution_account();
    let asked = [
        ComputeBudget::UnitLimit(100_000).instruction(),
        memo(from, "rent"),
        transfer(from, elsewhere(), SOL),
    ];
    let wrapped = server.wrap(&key, &asked);
    let (prepared, submitted) = signed(&server.scene, &wrapped, &[&key]);
    let payable = Payable::session(&prepared, submitted, server.row.address).unwrap();
    let done = server.pay(payable).unwrap();
    assert_eq!(done.fee, 10_000);
    assert!(done.logs.join("\n").contains("rent"));
    assert_eq!(server.scene.balance(&elsewhere()), SOL);
    assert_eq!(before - server.scene.balance(&server.row.address), 10_000);
}

#[test]
fn a_passkey_account_signs_what_a_vault_pays_for() {
    let key = Wallet::new(9);
    let mut server = Server::with_session(&key);
    let asked = [memo(server.scene.account(), "it is me")];
    let wrapped = server.wrap(&key, &asked);
    assert_eq!(wrapped.call().signer, SignerScheme::PasskeyAccount);
    let (prepared, submitted) = signed(&server.scene, &wrapped, &[&key]);
    let payable = Payable::session(&prepared, submitted, server.row.address).unwrap();
    server.pay(payable).unwrap();
}

#[test]
fn a_session_key_that_pays_for_itself_pays_a_price_too() {
    let key = Wallet::new(9);
    let mut scene = Server::with_session(&key).scene;
    scene.chain.give(&key.address(), SOL);
    let from = scene.execution_account();
    let asked = [
        ComputeBudget::UnitLimit(100_000).instruction(),
        ComputeBudget::UnitPrice(1_000_000).instruction(),
        transfer(from, elsewhere(), SOL),
        transfer(from, key.address(), SOL),
    ];
    let wrapped = wrap(&scene, FeePayer::Client(key.address()), &key, &asked).unwrap();
    let (prepared, submitted) = signed(&scene, &wrapped, &[&key]);
    let paid = SelfPaid::read(&prepared, submitted).unwrap();
    let packet = paid.into_transaction().to_packet().unwrap();
    let done = scene.chain.send(&packet).unwrap();
    assert_eq!(done.fee, 5_000 + 100_000);
    assert_eq!(scene.balance(&elsewhere()), SOL);
    assert_eq!(scene.balance(&key.address()), 2 * SOL - done.fee);
}

/// An account with a session of this key, and a payer whose key signs whatever it is given.
fn careless(key: &Wallet) -> Scene {
    let mut scene = Scene::initialised(Some(SessionKey {
        key: key.address(),
        expires_at_s: NOW_S + 900,
    }));
    scene.chain.give(&scene.execution_account(), 10 * SOL);
    scene.wait_s(0);
    scene
}

/// A call that nobody looked at.
fn unjudged(scene: &Scene, key: &Wallet, asked: &[Instruction]) -> Instruction {
    ExecuteWithSession {
        account: scene.account(),
        session_key: key.address(),
        signer: SignerScheme::ExecutionAccount,
        inner: Inner::new(asked, &scene.execution_account()).unwrap(),
    }
    .instruction()
}

/// What we say to it, before it is prepared and once more before it is paid for; and what the
/// chain says if the payer signs nevertheless.
fn both(
    scene: &mut Scene,
    key: &Wallet,
    asked: &[Instruction],
) -> (PrepareRefusal, PayableRejection, Result<Executed, Refused>) {
    let payer = scene.payer.address();
    let prepare = wrap(scene, FeePayer::Sponsor(payer), key, asked).unwrap_err();
    let call = unjudged(scene, key, asked);
    let packet = scene.packet(&[call], &[key]);
    let submitted = Transaction::parse(&packet).unwrap();
    let prepared = submitted.message_bytes().to_vec();
    let pay = Payable::session(&prepared, submitted, payer).unwrap_err();
    (prepare, pay, scene.chain.send(&packet))
}

#[test]
fn t48_a_session_key_would_spend_the_payer_s_money_if_the_payer_let_it() {
    // Whether the draft says that the payer signs or not: its signature is on the transaction.
    for says_so in [true, false] {
        let key = Wallet::new(9);
        let mut scene = careless(&key);
        let payer = scene.payer.address();
        let mut theft = transfer(payer, elsewhere(), 50 * SOL);
        theft.accounts[0].is_signer = says_so;
        let (prepare, pay, done) = both(&mut scene, &key, &[theft]);
        assert_eq!(prepare, PrepareRefusal::SponsorNamed);
        assert_eq!(pay, PayableRejection::PayerNamed);
        done.unwrap();
        assert_eq!(scene.balance(&elsewhere()), 50 * SOL);
    }
}

#[test]
fn t48_a_session_key_would_give_the_payer_s_account_away() {
    // System program, Assign: who owns an account may do with it as he likes.
    let key = Wallet::new(9);
    let mut scene = careless(&key);
    let payer = scene.payer.address();
    let owner = Address::from_bytes([0x55; 32]);
    let assign = Instruction {
        accounts: vec![AccountMeta::writable(payer).signed()],
        data: [&[1, 0, 0, 0][..], owner.as_bytes()].concat(),
        ..transfer(payer, payer, 0)
    };
    let (prepare, pay, done) = both(&mut scene, &key, &[assign]);
    assert_eq!(prepare, PrepareRefusal::SponsorNamed);
    assert_eq!(pay, PayableRejection::PayerNamed);
    done.unwrap();
    assert_eq!(scene.chain.account(&payer).unwrap().owner, owner);
}

#[test]
fn t48_with_the_payer_as_its_session_key_an_account_would_need_nobody_s_word() {
    let payer = Wallet::new(1);
    let mut scene = careless(&payer);
    assert_eq!(scene.payer.address(), payer.address());
    let asked = [transfer(scene.execution_account(), elsewhere(), SOL)];
    let (prepare, pay, done) = both(&mut scene, &payer, &asked);
    assert_eq!(prepare, PrepareRefusal::SponsorIsSessionKey);
    assert_eq!(pay, PayableRejection::PayerNamed);
    done.unwrap();
    assert_eq!(scene.balance(&elsewhere()), SOL);
}

#[test]
fn t48_a_draft_would_spend_the_session_key_s_money_without_saying_so() {
    let key = Wallet::new(9);
    let mut scene = careless(&key);
    scene.chain.give(&key.address(), 5 * SOL);
    let mut theft = transfer(key.address(), elsewhere(), SOL);
    theft.accounts[0].is_signer = false;
    let payer = FeePayer::Sponsor(scene.payer.address());
    let asked = [theft];
    let refused = wrap(&scene, payer, &key, &asked).unwrap_err();
    assert_eq!(refused, PrepareRefusal::SignerNamed(key.address()));
    let call = unjudged(&scene, &key, &asked);
    scene.send(&[call], &[&key]).unwrap();
    assert_eq!(scene.balance(&elsewhere()), SOL);
}

//! A person with a passkey, a server that pays, and the chain between them.

use testkit::authenticator::{AuthData, ClientData};
use testkit::keys::SigningKey;
use testkit::{Assertion, Passkey};
use verify::solana::{self, Expect, Nonce, Rebuilt, TemplateRejection, execution_account};
use wire::solana::external_signature::{
    Ceremony, ClientDataShape, Initialise, PasskeyAccount, ProgramError, Refresh, RpId, SessionKey,
    SessionLifetime,
};
use wire::solana::secp256r1::{CompressedKey, SignedMessage};
use wire::solana::{
    AccountMeta, Address, Instruction, Message, SlotHash, Transaction, TruncatedSlot, Version,
    program,
};
use wire::webauthn::{CoseKey, KeyMaterial};
use zegel_solana_rpc::{Chain, Executed, Pace, Refused};

pub const RP_ID: &str = "auth.example.com";

/// One SOL.
pub const SOL: u64 = 1_000_000_000;

/// When tests begin.
pub const NOW_S: u64 = 1_800_000_000;

/// What most browsers write.
pub const PLAIN: ClientDataShape = ClientDataShape {
    ceremony: Ceremony::Get,
    cross_origin: false,
    http: false,
    reminder: false,
    port: None,
};

/// An Ed25519 key that signs transactions.
pub struct Wallet(SigningKey);

impl Wallet {
    pub fn new(seed: u8) -> Self {
        Self(SigningKey::ed25519([seed; 32]))
    }

    pub fn address(&self) -> Address {
        let bytes: [u8; 32] = self.0.public_key_compressed().try_into().unwrap();
        bytes.into()
    }

    pub fn sign(&self, transaction: Transaction) -> Transaction {
        let signature = self.sign_bytes(transaction.message_bytes());
        transaction
            .with_signature(&self.address(), &signature)
            .unwrap()
    }

    pub fn sign_bytes(&self, bytes: &[u8]) -> [u8; 64] {
        self.0.sign(bytes).try_into().unwrap()
    }
}

/// A chain, a payer that is the nonce signer too, and a passkey whose account may not exist yet.
pub struct Scene {
    pub chain: Chain,
    pub payer: Wallet,
    pub passkey: Passkey,
    pub rp_id: String,
}

/// An assertion on its way into a transaction.
#[derive(Clone)]
pub struct Proof {
    pub signed: SignedMessage,
    /// What the server would tell the program.
    pub shape: ClientDataShape,
    /// What `verify` says beforehand.
    pub foreseen: Result<Rebuilt, TemplateRejection>,
}

impl Proof {
    pub fn instruction(&self) -> Instruction {
        self.signed.instruction().unwrap()
    }
}

/// A slot hash and the number that names it.
#[derive(Clone, Copy)]
pub struct Slot {
    pub number: TruncatedSlot,
    pub hash: [u8; 32],
}

impl From<SlotHash> for Slot {
    fn from(entry: SlotHash) -> Self {
        Self {
            number: TruncatedSlot::of(entry.slot),
            hash: entry.hash,
        }
    }
}

impl Scene {
    /// Nobody has done anything yet.
    pub fn new() -> Self {
        Self::at(350_000_500, RP_ID, &format!("https://{RP_ID}"))
    }

    pub fn at(slot: u64, rp_id: &str, origin: &str) -> Self {
        let payer = Wallet::new(1);
        let mut chain = Chain::new(slot, NOW_S);
        chain.give(&payer.address(), 100 * SOL);
        Self {
            chain,
            payer,
            passkey: Passkey::es256(7, rp_id, origin),
            rp_id: rp_id.to_owned(),
        }
    }

    /// The account is there; it has a session if one is given.
    pub fn initialised(session: Option<SessionKey>) -> Self {
        let mut scene = Self::new();
        scene.initialise(session).unwrap();
        scene
    }

    pub fn key(&self) -> CompressedKey {
        compressed(&self.passkey)
    }

    pub fn account(&self) -> Address {
        solana::passkey_account(&self.key()).address
    }

    pub fn execution_account(&self) -> Address {
        execution_account(&self.account()).address
    }

    /// What the chain holds for the passkey.
    pub fn stored(&self) -> PasskeyAccount {
        let account = self.chain.account(&self.account()).unwrap();
        assert_eq!(account.owner, program::EXTERNAL_SIGNATURE);
        PasskeyAccount::parse(&account.data).unwrap()
    }

    pub fn balance(&self, address: &Address) -> u64 {
        self.chain
            .account(address)
            .map_or(0, |account| account.lamports)
    }

    /// The newest slot hash, as a server would take it.
    pub fn slot(&self) -> Slot {
        self.chain.slot_hashes().newest().into()
    }

    pub fn nonce(&self, slot: Slot) -> Nonce {
        Nonce {
            slot_hash: slot.hash,
            signer: self.payer.address(),
        }
    }

    pub fn prove(&self, challenge: &[u8; 32]) -> Proof {
        self.prove_with(challenge, |_, _| {})
    }

    pub fn prove_with(
        &self,
        challenge: &[u8; 32],
        edit: impl FnOnce(&mut ClientData, &mut AuthData),
    ) -> Proof {
        self.foresee(challenge, &self.passkey.assertion_with(challenge, edit))
    }

    /// Puts an assertion into the form the chain takes, and asks `verify` about it.
    pub fn foresee(&self, challenge: &[u8; 32], assertion: &Assertion) -> Proof {
        let assertion = solana::Assertion {
            authenticator_data: &assertion.authenticator_data,
            client_data_json: &assertion.client_data_json,
            signature: &assertion.signature,
        };
        let known = self.chain.account(&self.account());
        let foreseen = assertion.rebuild(&Expect {
            rp_id: &self.rp_id,
            challenge,
            counter: known
                .and_then(|account| PasskeyAccount::parse(&account.data).ok())
                .map_or(0, |account| account.counter),
        });
        Proof {
            signed: assertion.signed_by(&self.key()).unwrap(),
            shape: foreseen.as_ref().map_or(PLAIN, |rebuilt| rebuilt.shape),
            foreseen,
        }
    }

    /// The instruction that creates the account with this proof.
    pub fn creating(&self, slot: Slot, session: Option<SessionKey>, proof: &Proof) -> Instruction {
        Initialise {
            account: self.account(),
            payer: self.payer.address(),
            slot: slot.number,
            rp_id: self.rp_id.parse::<RpId>().unwrap(),
            public_key: self.key(),
            shape: proof.shape,
            session,
        }
        .instruction()
    }

    /// The instruction that gives the account a session with this proof.
    pub fn refreshing(&self, slot: Slot, session: SessionLifetime, proof: &Proof) -> Instruction {
        Refresh {
            account: self.account(),
            nonce_signer: self.payer.address(),
            slot: slot.number,
            public_key: self.key(),
            shape: proof.shape,
            session,
        }
        .instruction()
    }

    /// All of creating an account, from the slot hash to the transaction.
    pub fn initialise(&mut self, session: Option<SessionKey>) -> Result<Executed, Refused> {
        let slot = self.slot();
        let proof = self.prove(&self.nonce(slot).initialise(session));
        assert!(proof.foreseen.is_ok());
        let instruction = self.creating(slot, session, &proof);
        self.send(&[proof.instruction(), instruction], &[])
    }

    /// All of a new session.
    pub fn refresh(&mut self, session: SessionLifetime) -> Result<Executed, Refused> {
        let slot = self.slot();
        let proof = self.prove(&self.nonce(slot).refresh(session));
        assert!(proof.foreseen.is_ok());
        let instruction = self.refreshing(slot, session, &proof);
        self.send(&[proof.instruction(), instruction], &[])
    }

    /// A transaction of these instructions, signed by the payer and others.
    pub fn packet(&self, instructions: &[Instruction], signers: &[&Wallet]) -> Vec<u8> {
        let payer = self.payer.address();
        let blockhash = self.chain.latest_blockhash();
        let message = Message::compile(Version::V0, payer, instructions, blockhash).unwrap();
        let mut transaction = self.payer.sign(Transaction::unsigned(message));
        for signer in signers {
            transaction = signer.sign(transaction);
        }
        assert!(transaction.is_complete());
        transaction.to_packet().unwrap()
    }

    pub fn send(
        &mut self,
        instructions: &[Instruction],
        signers: &[&Wallet],
    ) -> Result<Executed, Refused> {
        let packet = self.packet(instructions, signers);
        self.chain.send(&packet)
    }

    /// Lets seconds pass, and a block, so that nothing is the same transaction by accident.
    pub fn wait_s(&mut self, seconds: u64) {
        self.chain.advance(Pace {
            blocks: 1,
            seconds,
            ..Pace::default()
        });
    }
}

/// The program's own error, if it was the program that refused, in the second instruction.
pub fn program_error(outcome: Result<Executed, Refused>) -> Option<ProgramError> {
    let (instruction, number) = outcome.unwrap_err().custom()?;
    assert_eq!(instruction, 1, "the program is called second");
    ProgramError::from_number(number.try_into().unwrap())
}

/// The error of instruction `at` by name, where the program has none of its own.
pub fn builtin_error(outcome: Result<Executed, Refused>, at: u64) -> String {
    let refused = outcome.unwrap_err();
    let error = &refused.error["InstructionError"];
    assert_eq!(error[0], at, "{refused}");
    error[1]
        .as_str()
        .unwrap_or_else(|| panic!("{refused}"))
        .to_owned()
}

pub fn compressed(passkey: &Passkey) -> CompressedKey {
    let cose = passkey.public_key();
    let KeyMaterial::Ec2 { x, y } = CoseKey::parse(&cose).unwrap().material else {
        panic!("an ES256 key is a point");
    };
    let mut bytes = [0; 33];
    bytes[0] = 2 | y[31] & 1;
    bytes[1..].copy_from_slice(x);
    CompressedKey::from_bytes(bytes).unwrap()
}

pub fn transfer(from: Address, to: Address, lamports: u64) -> Instruction {
    Instruction {
        program: program::SYSTEM,
        accounts: vec![
            AccountMeta::writable(from).signed(),
            AccountMeta::writable(to),
        ],
        data: [&2_u32.to_le_bytes()[..], &lamports.to_le_bytes()].concat(),
    }
}

/// Says something in the log; refuses accounts that did not sign.
pub fn memo(signer: Address, text: &str) -> Instruction {
    Instruction {
        program: "MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr"
            .parse()
            .unwrap(),
        accounts: vec![AccountMeta::readonly(signer).signed()],
        data: text.into(),
    }
}

//! The four instructions of the program.

use super::super::secp256r1::CompressedKey;
use super::super::{AccountMeta, Address, Instruction, TruncatedSlot, program};
use super::{ClientDataShape, Inner, P256_WEBAUTHN, RpId};

/// A session key with the end of its session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SessionKey {
    /// The Ed25519 key that may act.
    pub key: Address,
    /// The last second of the session, in Unix time.
    pub expires_at_s: u64,
}

/// A session key with the length of its session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SessionLifetime {
    /// The Ed25519 key that may act.
    pub key: Address,
    /// How long, from the moment the chain carries the instruction out; at most
    /// [`MAX_SESSION_S`](super::MAX_SESSION_S).
    pub lifetime_s: u64,
}

/// Whom the program signs for in inner instructions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SignerScheme {
    /// The execution account, which holds what the user owns.
    ExecutionAccount,
    /// The passkey account itself, always read-only: how a smart account knows its signer.
    PasskeyAccount,
}

/// Instruction 0: creates the passkey account, with a session or without.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Initialise {
    /// The passkey account, not yet created.
    pub account: Address,
    /// Who pays the rent and is the nonce signer.
    pub payer: Address,
    /// Which slot hash the challenge covers.
    pub slot: TruncatedSlot,
    /// The relying party the account will belong to, for good.
    pub rp_id: RpId,
    /// The passkey.
    pub public_key: CompressedKey,
    /// The client data of the assertion.
    pub shape: ClientDataShape,
    /// A first session.
    pub session: Option<SessionKey>,
}

/// Instruction 1: carries inner instructions out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Execute {
    /// The passkey account.
    pub account: Address,
    /// Who must sign the transaction; covered by the challenge.
    pub nonce_signer: Address,
    /// Which slot hash the challenge covers.
    pub slot: TruncatedSlot,
    /// The passkey.
    pub public_key: CompressedKey,
    /// The client data of the assertion.
    pub shape: ClientDataShape,
    /// In whose name.
    pub signer: SignerScheme,
    /// What is to be done.
    pub inner: Inner,
}

/// Instruction 2: puts a new session in place of the old one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refresh {
    /// The passkey account.
    pub account: Address,
    /// Who must sign the transaction; covered by the challenge.
    pub nonce_signer: Address,
    /// Which slot hash the challenge covers.
    pub slot: TruncatedSlot,
    /// The passkey.
    pub public_key: CompressedKey,
    /// The client data of the assertion.
    pub shape: ClientDataShape,
    /// The new session.
    pub session: SessionLifetime,
}

/// Instruction 3: carries inner instructions out on the word of the session key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExecuteWithSession {
    /// The passkey account.
    pub account: Address,
    /// The session key, which must sign the transaction.
    pub session_key: Address,
    /// In whose name.
    pub signer: SignerScheme,
    /// What is to be done.
    pub inner: Inner,
}

impl SignerScheme {
    const fn byte(self) -> u8 {
        match self {
            Self::ExecutionAccount => 0,
            Self::PasskeyAccount => 1,
        }
    }
}

impl SessionKey {
    /// Key and end, as it travels and as challenges cover it.
    pub fn to_bytes(self) -> [u8; 40] {
        key_and_number(self.key, self.expires_at_s)
    }
}

impl SessionLifetime {
    /// Key and length, as it travels and as challenges cover it.
    pub fn to_bytes(self) -> [u8; 40] {
        key_and_number(self.key, self.lifetime_s)
    }
}

impl Initialise {
    /// The instruction.
    pub fn instruction(&self) -> Instruction {
        let mut arguments = vec![self.rp_id.as_str().len() as u8]; // At most 32.
        arguments.extend(self.rp_id.as_str().as_bytes());
        arguments.extend(key_and_shape(&self.public_key, self.shape));

        let mut data = vec![0];
        data.extend(self.slot.number().to_le_bytes());
        data.push(P256_WEBAUTHN);
        data.extend(counted(&arguments));
        data.push(u8::from(self.session.is_some()));
        data.extend(self.session.into_iter().flat_map(SessionKey::to_bytes));
        let accounts = vec![
            AccountMeta::writable(self.account),
            AccountMeta::writable(self.payer).signed(),
            AccountMeta::readonly(program::INSTRUCTIONS_SYSVAR),
            AccountMeta::readonly(program::SLOT_HASHES_SYSVAR),
            AccountMeta::readonly(program::SYSTEM),
        ];
        call(accounts, data)
    }
}

impl Execute {
    /// The instruction.
    pub fn instruction(&self) -> Instruction {
        let mut data = vec![1, P256_WEBAUTHN, self.signer.byte()];
        data.extend(self.slot.number().to_le_bytes());
        data.extend(counted(&key_and_shape(&self.public_key, self.shape)));
        data.extend(self.inner.to_bytes());
        let mut accounts = proven(self.account, self.nonce_signer);
        accounts.extend(self.inner.accounts());
        call(accounts, data)
    }
}

impl Refresh {
    /// The instruction.
    pub fn instruction(&self) -> Instruction {
        let mut data = vec![2];
        data.extend(self.slot.number().to_le_bytes());
        data.push(P256_WEBAUTHN);
        data.extend(counted(&key_and_shape(&self.public_key, self.shape)));
        data.extend(self.session.to_bytes());
        call(proven(self.account, self.nonce_signer), data)
    }
}

impl ExecuteWithSession {
    /// The first byte of its data.
    pub const DISCRIMINATOR: u8 = 3;

    /// The instruction.
    pub fn instruction(&self) -> Instruction {
        let mut data = vec![Self::DISCRIMINATOR, P256_WEBAUTHN, self.signer.byte()];
        data.extend(self.inner.to_bytes());
        let mut accounts = vec![
            // The program changes nothing in it here; read-only lets sessions run in parallel.
            AccountMeta::readonly(self.account),
            AccountMeta::readonly(self.session_key).signed(),
        ];
        accounts.extend(self.inner.accounts());
        call(accounts, data)
    }
}

/// The accounts that every proof by assertion begins with.
fn proven(account: Address, nonce_signer: Address) -> Vec<AccountMeta> {
    vec![
        AccountMeta::writable(account), // For the counter.
        AccountMeta::readonly(program::INSTRUCTIONS_SYSVAR),
        AccountMeta::readonly(program::SLOT_HASHES_SYSVAR),
        AccountMeta::readonly(nonce_signer).signed(),
    ]
}

fn call(accounts: Vec<AccountMeta>, data: Vec<u8>) -> Instruction {
    Instruction {
        program: program::EXTERNAL_SIGNATURE,
        accounts,
        data,
    }
}

fn key_and_shape(key: &CompressedKey, shape: ClientDataShape) -> Vec<u8> {
    [&key.as_bytes()[..], &shape.to_bytes()].concat()
}

/// Arguments of a scheme behind their length: at most 1 + 32 + 33 + 4 bytes.
fn counted(arguments: &[u8]) -> Vec<u8> {
    [&[arguments.len() as u8], arguments].concat()
}

fn key_and_number(key: Address, number: u64) -> [u8; 40] {
    let mut bytes = [0; 40];
    bytes[..32].copy_from_slice(key.as_bytes());
    bytes[32..].copy_from_slice(&number.to_le_bytes());
    bytes
}

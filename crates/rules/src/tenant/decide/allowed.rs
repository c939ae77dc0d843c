//! What may be done, as data for who does it.

use std::sync::Arc;

use verify::evm::Encoded;
use verify::solana::ForChain;
use verify::webauthn::{VerifiedAssertion, VerifiedRegistration};
use wire::environment::Environment;
use wire::id::{TenantId, TenantSecretId, TenantUserId, TokenKeyId};
use wire::solana::secp256r1::CompressedKey;
use wire::solana::{Address, TruncatedSlot};

use crate::tenant::facts::{Prepared, Signed};
use crate::tenant::member::{Member, PasskeyChange};
use crate::tenant::{
    ActTerms, Ceremony, Config, Content, ExpectedUser, Passkey, PasskeyAccount, Purpose,
    SessionTerms, SigningTerms, TenantUser, Transaction, UserProfile,
};

/// What may be done, with everything it needs.
#[derive(Clone, Debug)]
#[allow(missing_docs)] // As in `Command`, with the facts it was judged by.
pub enum Allowed {
    BeginRegistration {
        user_id: String,
        user: Option<TenantUserId>,
        profile: UserProfile,
        purpose: Purpose,
        conditional: bool,
        exclude: Vec<Passkey>,
    },
    FinishRegistration {
        ceremony: Arc<Ceremony>,
        user: Option<TenantUser>,
        verified: Box<VerifiedRegistration>,
        attachment: Option<String>,
    },
    BeginLogin {
        mfa: bool,
        user: Option<ExpectedUser>,
        allow: Vec<Passkey>,
    },
    FinishLogin {
        mfa: bool,
        ceremony: Arc<Ceremony>,
        passkey: Arc<Passkey>,
        verified: Box<VerifiedAssertion>,
    },
    BeginTransaction {
        identifier: String,
        user: TenantUser,
        content: Content,
        expires_in_seconds: Option<u64>,
        return_url: Option<String>,
        allow: Vec<Passkey>,
    },
    RenewChallenge {
        transaction: Transaction,
        allow: Vec<Passkey>,
    },
    Confirm {
        transaction: Arc<Transaction>,
        passkey: Arc<Passkey>,
        verified: Box<VerifiedAssertion>,
    },
    /// The request that confirmed it came again: it gets the same answer.
    ConfirmAgain {
        transaction: Arc<Transaction>,
        verified: Box<VerifiedAssertion>,
    },
    Cancel {
        transaction: Transaction,
    },
    Consume {
        transaction: Transaction,
    },
    OpenSession {
        base_url: String,
        terms: Box<SessionTerms>,
    },
    BindSession {
        ceremony: Arc<Ceremony>,
        terms: Box<SessionTerms>,
        key: CompressedKey,
        address: Address,
        account: Option<PasskeyAccount>,
        /// The account it is answered for, if it is not the passkey's own.
        named: Option<Box<PasskeyAccount>>,
        verified: Box<VerifiedAssertion>,
        on_chain: Option<Box<Believed>>,
    },
    OpenSigning {
        base_url: String,
        terms: Box<SigningTerms>,
        /// What it takes the place of.
        waiting: Option<Arc<Ceremony>>,
    },
    FinishSigning {
        ceremony: Arc<Ceremony>,
        terms: Box<SigningTerms>,
        account: Box<PasskeyAccount>,
        verified: Box<VerifiedAssertion>,
        encoded: Box<Encoded>,
    },
    /// The account's passkeys are asked.
    OpenChange {
        base_url: String,
        terms: Box<SessionTerms>,
        member: Member,
    },
    /// One of them said yes.
    ChangePasskeys {
        ceremony: Arc<Ceremony>,
        terms: Box<SessionTerms>,
        change: PasskeyChange,
        member: Member,
        /// Whose passkey it was.
        approver: Box<PasskeyAccount>,
        account: Box<PasskeyAccount>,
        verified: Box<VerifiedAssertion>,
    },
    RevokeSession {
        account: PasskeyAccount,
    },
    PrepareTransaction {
        prepared: Box<Prepared>,
    },
    SubmitTransaction {
        ceremony: Arc<Ceremony>,
        terms: Box<ActTerms>,
        signed: Box<Signed>,
        account: PasskeyAccount,
    },
    /// The very same was sent before: it is told what became of it.
    SubmitAgain {
        signature: Vec<u8>,
    },
    RenameCredential {
        passkey: Arc<Passkey>,
        name: String,
    },
    DeleteCredential {
        passkey: Arc<Passkey>,
    },
    CreateTenant {
        tenant: TenantId,
        name: String,
        config: Box<Config>,
        with_key: bool,
    },
    UpdateTenant {
        name: String,
        config: Box<Config>,
    },
    DeleteTenant,
    CreateSecret {
        name: String,
        environment: Option<Environment>,
    },
    DeleteSecret {
        id: TenantSecretId,
    },
    CreateTokenKey {
        name: String,
    },
    DeleteTokenKey {
        id: TokenKeyId,
    },
    DeleteUser {
        user: TenantUser,
    },
}

/// What a chain will believe, with what the transaction is made of beside it.
#[derive(Clone, Debug)]
pub struct Believed {
    /// The assertion.
    pub proof: ForChain,
    /// What names the challenge's slot hash now.
    pub number: TruncatedSlot,
    /// What dates the transaction.
    pub blockhash: [u8; 32],
    /// The last block height at which the chain takes it.
    pub last_valid_height: u64,
}

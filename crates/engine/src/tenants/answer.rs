//! What a command on a tenant is answered with, before a door spells it.

use std::fmt;

use rules::tenant::config::{Ceremonies, Preference};
use rules::tenant::{
    Member, Passkey, PasskeyAccount, PasskeyChange, SessionTerms, SigningTerms, TokenKey,
    Transaction,
};
use verify::evm::Encoded;
use wire::Timestamp;
use wire::environment::Environment;
use wire::id::{TenantId, TenantSecretId};
use wire::solana::Address;
use wire::tenants::record::SpcTerms;
use zeroize::Zeroizing;

/// What came of a command.
pub enum Answer {
    /// What `navigator.credentials.create()` is to be called with.
    Creation(Box<CreationOptions>),
    /// What `navigator.credentials.get()` is to be called with.
    Request(RequestOptions),
    /// A compact JWS.
    Token(String),
    /// A transaction as it stands.
    Transaction(Box<TransactionAnswer>),
    /// A tenant was made, perhaps with a key.
    Tenant {
        /// Its identifier.
        id: TenantId,
        /// Its first API key.
        key: Option<NewSecret>,
    },
    /// An API key was made.
    Secret(NewSecret),
    /// A token key was made.
    TokenKey(Box<TokenKey>),
    /// A passkey session was opened.
    SessionOpened(Box<OpenedSession>),
    /// The passkeys of an account were asked whether this one is to join, or to go.
    ChangeOpened(Box<OpenedSession>, Member),
    /// One of them said yes, and this one joined or went.
    PasskeysChanged(Box<PasskeysChanged>),
    /// A session was answered: whose it is, and the key that may act, if one was bound.
    SessionBound(Box<PasskeyAccount>),
    /// A session key's transaction was prepared.
    ToSign(ToSign),
    /// A signature was asked for.
    SigningOpened(Box<OpenedSigning>),
    /// A document was signed.
    Signed(Box<SignedDocument>),
    /// A transaction is on its way to the chain: its first signature, 64 bytes.
    /// [`Engine::deliver`](crate::Engine::deliver) sees it through.
    Sending(Vec<u8>),
    /// A session key's transaction was carried out.
    Carried(Sent),
    /// It was done, and there is nothing to tell.
    Done,
}

/// A transaction, with what goes with it.
pub struct TransactionAnswer {
    /// The transaction.
    pub transaction: Transaction,
    /// Whether it was made just now.
    pub is_new: bool,
    /// What to call the browser with, if it waits for an answer.
    pub options: Option<Options>,
    /// The token, if it was confirmed just now.
    pub token: Option<String>,
}

impl TransactionAnswer {
    /// A transaction as it stands, and nothing with it.
    pub(super) fn of(transaction: Transaction) -> Self {
        Self {
            transaction,
            is_new: false,
            options: None,
            token: None,
        }
    }
}

/// What to call the browser with to confirm a transaction.
#[derive(Debug)]
pub enum Options {
    /// `navigator.credentials.get()`.
    Request(RequestOptions),
    /// `new PaymentRequest()` with the method `secure-payment-confirmation`.
    Payment(Box<PaymentRequest>),
}

/// `PublicKeyCredentialCreationOptions` (WebAuthn §5.4).
#[derive(Debug)]
#[allow(missing_docs)] // The members are the specification's.
pub struct CreationOptions {
    pub rp_id: String,
    pub rp_name: String,
    pub user_handle: Vec<u8>,
    pub user_name: String,
    pub user_display_name: String,
    pub user_icon: Option<String>,
    pub challenge: Vec<u8>,
    pub timeout_ms: u64,
    /// Attachment, residency, verification and attestation as they are asked for.
    pub asked: Ceremonies,
    pub exclude: Vec<Passkey>,
    /// Whether the `payment` extension is asked for (SPC §"payment").
    pub payment: bool,
    /// Whether conditional mediation is meant.
    pub conditional: bool,
}

/// `PublicKeyCredentialRequestOptions` (WebAuthn §5.5).
#[derive(Debug)]
#[allow(missing_docs)] // The members are the specification's.
pub struct RequestOptions {
    pub rp_id: String,
    pub challenge: Vec<u8>,
    pub timeout_ms: u64,
    pub allow: Vec<Passkey>,
    pub user_verification: Preference,
}

/// `SecurePaymentConfirmationRequest`, and the total of the payment request around it.
#[derive(Debug)]
#[allow(missing_docs)] // The members are the specification's.
pub struct PaymentRequest {
    pub rp_id: String,
    pub challenge: Vec<u8>,
    pub timeout_ms: u64,
    pub credential_ids: Vec<Vec<u8>>,
    pub spc: SpcTerms,
    /// The payment's canonical text.
    pub payment: String,
}

/// A passkey session that waits for its answer.
#[derive(Debug)]
pub struct OpenedSession {
    /// The page that asks for it.
    pub base_url: String,
    /// What it was opened as.
    pub terms: SessionTerms,
    /// What is to be signed: 32 bytes.
    pub challenge: Vec<u8>,
    /// The first instant at which it is too late.
    pub expires_at: Timestamp,
}

/// An account of which a passkey has just become one, or is none any more.
#[derive(Debug)]
pub struct PasskeysChanged {
    /// Whose.
    pub account: Address,
    /// What was approved.
    pub change: PasskeyChange,
    /// The passkey, as it joined.
    pub member: Member,
}

/// A session key's transaction, not signed by anybody yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToSign {
    /// The transaction, with room for the signatures.
    pub transaction: Vec<u8>,
    /// Who is to sign it; the server does so last, if it pays.
    pub signers: Vec<Address>,
}

/// A document that waits for a passkey's signature.
#[derive(Debug)]
pub struct OpenedSigning {
    /// The page that asks for it.
    pub base_url: String,
    /// What is to be signed.
    pub terms: SigningTerms,
    /// The challenge: 32 bytes, or with Daimo's end 38 or 39.
    pub challenge: Vec<u8>,
}

/// A document that a passkey has signed.
#[derive(Debug)]
pub struct SignedDocument {
    /// Whose passkey it was.
    pub account: PasskeyAccount,
    /// What was signed.
    pub terms: SigningTerms,
    /// What the account's contract takes.
    pub encoded: Encoded,
}

/// A transaction that the chain has carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// Its first signature: 64 bytes.
    pub signature: Vec<u8>,
    /// When we knew.
    pub at: Timestamp,
}

/// An API key that was just made: the only time its secret is seen.
pub struct NewSecret {
    /// Its identifier.
    pub id: TenantSecretId,
    /// What it is called.
    pub name: String,
    /// The secret itself.
    pub secret: Zeroizing<String>,
    /// The one environment it is for, if it is for one alone.
    pub environment: Option<Environment>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Without the token, which is as good as a login to whoever reads it (threat T105).
impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Creation(options) => options.fmt(f),
            Self::Request(options) => options.fmt(f),
            Self::Token(_) => f.write_str("Token"),
            Self::Transaction(answer) => answer.fmt(f),
            Self::Tenant { id, key } => write!(f, "Tenant({id}, {key:?})"),
            Self::Secret(secret) => secret.fmt(f),
            Self::TokenKey(key) => key.fmt(f),
            Self::SessionOpened(opened) => opened.fmt(f),
            Self::ChangeOpened(opened, _) => opened.fmt(f),
            Self::PasskeysChanged(changed) => changed.fmt(f),
            Self::SessionBound(account) => account.fmt(f),
            Self::ToSign(to_sign) => to_sign.fmt(f),
            Self::SigningOpened(opened) => opened.fmt(f),
            Self::Signed(signed) => signed.fmt(f),
            Self::Sending(_) => f.write_str("Sending"),
            Self::Carried(sent) => sent.fmt(f),
            Self::Done => f.write_str("Done"),
        }
    }
}

/// As above.
impl fmt::Debug for TransactionAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TransactionAnswer")
            .field("transaction", &self.transaction)
            .field("is_new", &self.is_new)
            .field("options", &self.options)
            .field("has_token", &self.token.is_some())
            .finish()
    }
}

impl fmt::Debug for NewSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NewSecret({}, {:?})", self.id, self.name)
    }
}

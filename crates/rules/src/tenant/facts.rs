//! What a decision on a tenant rests on, beside the tenant itself.

use std::sync::Arc;

use verify::evm::{Encoded, EvmRejection};
use verify::solana::{
    ForChain, ForChainRejection, Located, NonceRejection, Payable, PayableRejection, SelfPaid,
};
use verify::webauthn::{Rejection, VerifiedAssertion, VerifiedRegistration};

use wire::Timestamp;
use wire::environment::Environment;
use wire::solana::secp256r1::CompressedKey;
use wire::solana::{Address, Message};

use super::member::Member;
use super::prepare::PrepareRefusal;
use super::signing::Hashed;
use super::{
    ActTerms, Anchor, Begun, Ceremony, Passkey, PasskeyAccount, Refusal, SessionKey, TenantUser,
    Transaction,
};

/// What was found for a command.
#[derive(Clone, Debug)]
pub enum Found {
    /// It needs nothing but the tenant.
    Nothing,
    /// A user and their credentials, oldest first.
    User {
        /// The user, if there is one.
        user: Option<TenantUser>,
        /// Their credentials.
        passkeys: Vec<Passkey>,
    },
    /// A user, their credentials, and who has the transaction's identifier.
    Beginning {
        /// The user, if there is one.
        user: Option<TenantUser>,
        /// Their credentials.
        passkeys: Vec<Passkey>,
        /// The transaction that has the identifier.
        taken: Option<Transaction>,
    },
    /// A registration's answer.
    Registration {
        /// What was begun with its challenge.
        ceremony: Option<Arc<Ceremony>>,
        /// The user it is for, if already known.
        user: Option<TenantUser>,
        /// Whether the credential is registered already.
        is_taken: bool,
        /// What the verifier says; looked at only if the ceremony is right.
        verified: Option<Result<Box<VerifiedRegistration>, Rejection>>,
    },
    /// A login's answer.
    Login {
        /// What was begun with its challenge.
        ceremony: Option<Arc<Ceremony>>,
        /// The credential it names.
        passkey: Option<Arc<Passkey>>,
        /// What the verifier says; looked at only if the ceremony is right.
        verified: Option<Result<Box<VerifiedAssertion>, Rejection>>,
    },
    /// A transaction's answer.
    Confirmation {
        /// The transaction whose open challenge was answered; if there is none, the one that is
        /// named.
        transaction: Option<Arc<Transaction>>,
        /// Whether it is the first of the two.
        is_open: bool,
        /// The credential it names.
        passkey: Option<Arc<Passkey>>,
        /// What the verifier says.
        verified: Option<Result<Box<VerifiedAssertion>, Rejection>>,
    },
    /// A transaction, and the credentials that could confirm it.
    Transaction {
        /// The transaction, if there is one.
        transaction: Option<Transaction>,
        /// The credentials of the user who is to confirm.
        passkeys: Vec<Passkey>,
    },
    /// What a session's challenge is to be made of.
    Opening {
        /// The address of our own pages.
        hosted: String,
        /// What makes it fresh; `None` in an environment that this server does not serve.
        anchor: Option<Anchor>,
        /// A user handle nobody has.
        user_handle: String,
    },
    /// The same, of a ceremony about an account that is named.
    OpeningFor {
        /// The address of our own pages.
        hosted: String,
        /// What makes it fresh; `None` in an environment that this server does not serve.
        anchor: Option<Anchor>,
        /// A user handle nobody has.
        user_handle: String,
        /// The account.
        named: Box<Named>,
    },
    /// The answer to a session's challenge.
    Binding {
        /// What was opened with it.
        ceremony: Option<Arc<Ceremony>>,
        /// Whose answer it is.
        answered: Option<Answered>,
        /// The signature of the transaction that the very same request caused before.
        sent: Option<Vec<u8>>,
    },
    /// A document that a passkey is to sign.
    Drafting {
        /// The address of our own pages.
        hosted: String,
        /// Whether this server keeps accounts in the environment.
        is_served: bool,
        /// What it says and its hash, or why it has none.
        read: Result<Hashed, String>,
        /// What was begun with the very same challenge before.
        waiting: Option<Arc<Ceremony>>,
    },
    /// What a passkey made of a document.
    Signed {
        /// What was asked for.
        ceremony: Option<Arc<Ceremony>>,
        /// Whose answer it is.
        answered: Option<Box<AnsweredSigning>>,
    },
    /// A passkey account.
    Account(Option<PasskeyAccount>),
    /// A client's transaction, to be prepared for the session key.
    Preparing {
        /// Who would act; `None` where there is no chain.
        acting: Option<Acting>,
        /// What there is to sign.
        prepared: Option<Result<Prepared, PrepareRefusal>>,
        /// Whether the very same waits already.
        is_waiting: bool,
    },
    /// A transaction that came back signed.
    Submitting {
        /// What was prepared.
        ceremony: Option<Arc<Ceremony>>,
        /// Who would act; `None` where there is no chain.
        acting: Option<Acting>,
        /// Whether everybody has signed who should; looked at only if it was prepared.
        signed: Option<Result<Signed, PayableRejection>>,
        /// Why the chain would not do it, if it would not.
        failure: Option<Refusal>,
        /// The signature under which the very same was sent before.
        sent: Option<Vec<u8>>,
    },
    /// A credential.
    Passkey(Option<Arc<Passkey>>),
}

impl Found {
    /// Where a session was opened that is now answered.
    pub(super) fn environment(&self) -> Option<Environment> {
        match self {
            Self::Binding {
                ceremony: Some(ceremony),
                ..
            } => match &ceremony.begun {
                Begun::Session(terms) => Some(terms.environment),
                _ => None,
            },
            Self::Signed {
                ceremony: Some(ceremony),
                ..
            } => match &ceremony.begun {
                Begun::Signing(terms) => Some(terms.environment),
                _ => None,
            },
            _ => None,
        }
    }
}

/// An account on a chain, and the session key that may act for it.
#[derive(Clone, Debug)]
pub struct Acting {
    /// The account as the chain has it, if there is one.
    pub account: Option<PasskeyAccount>,
    /// The session key of the account, if it was bound through us: it may be over.
    pub session: Option<SessionKey>,
    /// The chain's clock.
    pub chain_now: Timestamp,
    /// How many transactions were made for the tenant in the last day.
    pub made_today: u64,
}

/// What a session key is to sign.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// The message.
    pub message: Message,
    /// What it was prepared as.
    pub terms: ActTerms,
}

/// A transaction that everybody has signed but, perhaps, our payer.
#[derive(Clone, Debug)]
pub enum Signed {
    /// Our payer is to sign as well.
    Sponsored(Payable),
    /// It costs us nothing.
    SelfPaid(SelfPaid),
}

/// An account that was named, with its passkeys.
#[derive(Clone, Debug)]
pub struct Named {
    /// Its address.
    pub address: Address,
    /// Whether it is on a chain, where no passkey joins it: nothing else is looked up then.
    pub is_on_chain: bool,
    /// The account, if there is one.
    pub account: Option<PasskeyAccount>,
    /// The passkeys that joined it, oldest first; read after the account.
    pub members: Vec<Member>,
    /// The account of the passkey that is to join, if one is and it has one.
    pub joining: Option<PasskeyAccount>,
}

impl Named {
    /// Whether a passkey, by the account it makes, is one of its passkeys.
    pub fn has(&self, passkey: &Address) -> bool {
        *passkey == self.address || self.member(passkey).is_some()
    }

    /// The passkey, as it joined.
    pub fn member(&self, passkey: &Address) -> Option<&Member> {
        let mut members = self.members.iter();
        members.find(|member| member.passkey == *passkey)
    }
}

/// Whose answer to a session's challenge it is, and whether it is believed.
#[derive(Clone, Debug)]
pub struct Answered {
    /// The passkey's public key: told, looked up, or recovered from the signature.
    pub key: CompressedKey,
    /// The address that follows from it.
    pub address: Address,
    /// The account there, if there is one.
    pub account: Option<PasskeyAccount>,
    /// The account it is answered for, if one was named when the session was opened.
    pub named: Option<Box<Named>>,
    /// What the verifier says.
    pub verified: Result<Box<VerifiedAssertion>, Rejection>,
    /// What a chain will make of it, if there is one and it is to change something there.
    pub on_chain: Option<Box<OnChain>>,
}

/// Whose signature on a document it is, and whether it is believed.
#[derive(Clone, Debug)]
pub struct AnsweredSigning {
    /// The account of the passkey.
    pub account: PasskeyAccount,
    /// What the verifier says.
    pub verified: Result<Box<VerifiedAssertion>, Rejection>,
    /// What the contract will take, or why it will not.
    pub encoded: Result<Encoded, EvmRejection>,
}

/// What a chain will make of an answer, seen before it costs a fee.
#[derive(Clone, Debug)]
pub struct OnChain {
    /// Whether the program there will believe it.
    pub proof: Result<ForChain, ForChainRejection>,
    /// Where the slot hash stands that the challenge covers.
    pub located: Result<Located, NonceRejection>,
    /// What dates the transaction.
    pub blockhash: [u8; 32],
    /// The last block height at which the chain takes it.
    pub last_valid_height: u64,
    /// How many transactions were made for the tenant in the last day.
    pub made_today: u64,
}

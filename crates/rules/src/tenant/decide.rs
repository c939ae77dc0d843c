//! The judgement of a command on a tenant.

mod act;
mod ceremony;
mod member;
mod session;
mod signing;
mod transaction;

use std::sync::Arc;

use verify::evm::Encoded;
use verify::solana::ForChain;
use verify::tenant::{Asked, Proof};
use verify::webauthn::{Rejection, VerifiedAssertion, VerifiedRegistration};
use wire::Timestamp;
use wire::environment::Environment;
use wire::id::{TenantId, TenantSecretId, TenantUserId, TokenKeyId};
use wire::solana::secp256r1::CompressedKey;
use wire::solana::{Address, TruncatedSlot};

use super::command::{Command, Least};
use super::config::Config;
use super::facts::{Named, Prepared, Signed};
use super::member::{Member, PasskeyChange};
use super::transaction::{Content, Stage};
use super::user::MAX_USER_HANDLE;
use super::{
    ActTerms, Ceremony, ExpectedUser, Found, MAX_KEYS, Passkey, PasskeyAccount, Purpose, Refusal,
    SessionTerms, SigningTerms, Tenant, TenantChange, TenantUser, Transaction, UserProfile,
};

use ceremony::{finish_login, finish_registration};
use transaction::{begin_payment, confirm, consume, pending, usable_for};

/// A command that may be carried out. Made only by [`decide`].
#[derive(Debug)]
pub struct Authorised(Allowed);

impl Authorised {
    /// What may be done, with everything it needs.
    pub fn into_inner(self) -> Allowed {
        self.0
    }
}

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

/// Judges a command by what was found for it.
pub fn decide(
    asked: &Asked<Command>,
    tenant: Option<&Tenant>,
    found: &Found,
    now: Timestamp,
) -> Result<Authorised, Refusal> {
    prove(asked)?;
    let fingerprint = asked.fingerprint();
    let allowed = match (asked.content(), tenant) {
        (
            Command::CreateTenant {
                tenant,
                name,
                config,
                with_key,
            },
            _,
        ) => {
            check_config(config)?;
            Ok(Allowed::CreateTenant {
                tenant: *tenant,
                name: name.clone(),
                config: config.clone(),
                with_key: *with_key,
            })
        }
        // The walk does not get here without one.
        (_, None) => Err(Refusal::Invalid("tenant not found".to_owned())),
        (command, Some(tenant)) => {
            let environment = command.environment().or(found.environment());
            // An answer to nothing is nowhere, and is told so: a backend that sends one twice is not
            // to look for another key.
            if !matches!(
                found,
                Found::Binding { ceremony: None, .. } | Found::Signed { ceremony: None, .. }
            ) {
                stay_in_environment(asked.proof(), environment, tenant)?;
            }
            in_earnest(asked, tenant)?;
            within(command, tenant, found, fingerprint, now)
        }
    };
    allowed.map(Authorised)
}

/// What is written although the command was refused: the challenge is burnt, and a transaction
/// remembers the failed attempt.
pub fn burnt(refusal: &Refusal, found: &Found, now: Timestamp) -> Vec<TenantChange> {
    match found {
        Found::Registration {
            ceremony: Some(ceremony),
            ..
        }
        | Found::Login {
            ceremony: Some(ceremony),
            ..
        }
        | Found::Binding {
            ceremony: Some(ceremony),
            ..
        }
        | Found::Signed {
            ceremony: Some(ceremony),
            ..
        } => vec![TenantChange::SpendCeremony(ceremony.challenge.clone())],
        Found::Confirmation {
            transaction: Some(transaction),
            ..
        } if transaction.stage == Stage::Pending && counts_as_attempt(refusal) => {
            vec![TenantChange::UpdateTransaction(
                transaction.after_failure(now),
            )]
        }
        _ => Vec::new(),
    }
}

fn counts_as_attempt(refusal: &Refusal) -> bool {
    matches!(
        refusal,
        Refusal::NotBelieved(_) | Refusal::CredentialNotFound
    )
}

/// Whether who asks has proven enough for it. Whoever has not must not learn anything from how
/// long looking takes, so nothing is looked up for them (threat T26).
pub fn prove(asked: &Asked<Command>) -> Result<(), Refusal> {
    let reached = match asked.proof() {
        Proof::Nobody => Least::Nobody,
        Proof::Bearer(_) => Least::Bearer,
        Proof::Operator => Least::Operator,
    };
    if reached >= asked.content().least() {
        Ok(())
    } else {
        Err(Refusal::NotProven)
    }
}

/// A key that is for one environment does nothing elsewhere, the Passkey API included.
pub fn stay_in_environment(
    proof: Proof,
    environment: Option<Environment>,
    tenant: &Tenant,
) -> Result<(), Refusal> {
    match tenant.environment_of(proof) {
        Some(own) if environment != Some(own) => Err(Refusal::OtherEnvironment(own)),
        _ => Ok(()),
    }
}

/// An organisation is in no environment, and nor is a chain that a passkey signs for by itself: who
/// has a key for trying things out asks for neither (threat T48).
fn in_earnest(asked: &Asked<Command>, tenant: &Tenant) -> Result<(), Refusal> {
    let what = match asked.content() {
        Command::OpenSession { key: Some(key), .. } if key.scope.activities.is_some() => {
            "sessionKey.scope.activities is for an organisation, whose keys are no trial"
        }
        Command::OpenSigning { .. } => "what a passkey signs for an EVM is no trial",
        _ => return Ok(()),
    };
    match tenant.environment_of(asked.proof()) {
        Some(own @ (Environment::Sandbox | Environment::Devnet)) => Err(Refusal::Invalid(format!(
            "{what}: the api key is for {own} alone"
        ))),
        Some(Environment::Mainnet) | None => Ok(()),
    }
}

fn within(
    command: &Command,
    tenant: &Tenant,
    found: &Found,
    fingerprint: &[u8; 32],
    now: Timestamp,
) -> Result<Allowed, Refusal> {
    match (command, found) {
        (
            Command::BeginRegistration {
                user_id,
                profile,
                purpose,
                conditional,
            },
            Found::User { user, passkeys },
        ) => {
            check_user_id(user_id)?;
            Ok(Allowed::BeginRegistration {
                user_id: user_id.clone(),
                user: user.as_ref().map(|user| user.id),
                profile: profile.clone(),
                purpose: *purpose,
                conditional: *conditional,
                exclude: passkeys.clone(),
            })
        }
        (Command::FinishRegistration { mfa, response }, found) => {
            finish_registration(*mfa, response, tenant, found, now)
        }
        (
            Command::BeginLogin {
                mfa: true,
                user_id: None,
            },
            _,
        ) => Err(Refusal::Invalid("user_id is a required field".to_owned())),
        (
            Command::BeginLogin {
                mfa: false,
                user_id: None,
            },
            _,
        ) => Ok(Allowed::BeginLogin {
            mfa: false,
            user: None,
            allow: Vec::new(),
        }),
        (
            Command::BeginLogin {
                mfa,
                user_id: Some(_),
            },
            Found::User { user, passkeys },
        ) => {
            let user = user.as_ref().ok_or(Refusal::UserNotFound)?;
            let allow = usable(passkeys, |purpose| *mfa || !purpose.is_mfa())?;
            Ok(Allowed::BeginLogin {
                mfa: *mfa,
                user: Some(ExpectedUser {
                    id: user.id,
                    user_id: user.user_id.clone(),
                }),
                allow,
            })
        }
        (Command::FinishLogin { mfa, .. }, found) => finish_login(*mfa, found, now),
        (
            Command::BeginTransaction {
                transaction_id,
                data,
                ..
            },
            Found::Beginning {
                user,
                passkeys,
                taken,
            },
        ) => {
            let user = user.as_ref().ok_or(Refusal::UserNotFound)?;
            if taken.is_some() {
                return Err(Refusal::TransactionExists);
            }
            Ok(Allowed::BeginTransaction {
                identifier: transaction_id.clone(),
                user: user.clone(),
                content: Content::Compatible { data: data.clone() },
                expires_in_seconds: None,
                return_url: None,
                allow: usable(passkeys, |purpose| !purpose.is_mfa())?,
            })
        }
        (Command::BeginPayment { .. }, Found::Beginning { .. }) => {
            begin_payment(command, tenant, found, now)
        }
        (
            Command::RenewChallenge { .. },
            Found::Transaction {
                transaction,
                passkeys,
            },
        ) => {
            let transaction = pending(transaction.as_ref(), now)?;
            let allow = usable_for(transaction, passkeys)?;
            Ok(Allowed::RenewChallenge {
                transaction: transaction.clone(),
                allow,
            })
        }
        (Command::ConfirmTransaction { which, .. }, found) => {
            confirm(which.as_ref(), found, fingerprint, now)
        }
        (Command::CancelTransaction { .. }, Found::Transaction { transaction, .. }) => {
            let transaction = pending(transaction.as_ref(), now)?;
            Ok(Allowed::Cancel {
                transaction: transaction.clone(),
            })
        }
        (
            Command::ConsumeTransaction { payment, .. },
            Found::Transaction {
                transaction: known, ..
            },
        ) => {
            let transaction = known.as_ref().ok_or(Refusal::TransactionNotFound)?;
            consume(transaction, &payment.canonical(), now)
        }
        (Command::OpenSession { .. }, Found::Opening { .. } | Found::OpeningFor { .. }) => {
            session::open(command, &tenant.config, found, now)
        }
        (Command::BindSession { .. }, Found::Binding { .. }) => {
            session::bind(command, &tenant.config, found, now)
        }
        (Command::ChangePasskeys { .. }, Found::OpeningFor { .. }) => {
            member::open(command, &tenant.config, found, now)
        }
        (Command::OpenSigning { .. }, found) => signing::open(command, &tenant.config, found),
        (Command::FinishSigning { .. }, found) => signing::finish(found, now),
        (Command::RevokeSession { .. }, Found::Account(account)) => {
            let account = account.clone().ok_or(Refusal::AccountUnknown)?;
            Ok(Allowed::RevokeSession { account })
        }
        (Command::PrepareTransaction { environment, .. }, found) => {
            act::prepare(*environment, &tenant.config, found)
        }
        (
            Command::SubmitTransaction {
                environment,
                account,
                ..
            },
            found,
        ) => act::submit((*environment, *account), &tenant.config, found, now),
        (Command::RenameCredential { name, .. }, Found::Passkey(passkey)) => {
            let passkey = passkey.clone().ok_or(Refusal::CredentialNotFound)?;
            Ok(Allowed::RenameCredential {
                passkey,
                name: name.clone(),
            })
        }
        (Command::DeleteCredential { .. }, Found::Passkey(passkey)) => {
            let passkey = passkey.clone().ok_or(Refusal::CredentialNotFound)?;
            Ok(Allowed::DeleteCredential { passkey })
        }
        (Command::RenameTenant { name }, _) => Ok(Allowed::UpdateTenant {
            name: name.clone(),
            config: Box::new(tenant.config.clone()),
        }),
        (Command::ConfigureTenant { config }, _) => {
            check_config(config)?;
            Ok(Allowed::UpdateTenant {
                name: tenant.name.clone(),
                config: config.clone(),
            })
        }
        (Command::DeleteTenant, _) => Ok(Allowed::DeleteTenant),
        (Command::CreateSecret { name, environment }, _) => {
            free_name(tenant, name, tenant.secrets.len())?;
            Ok(Allowed::CreateSecret {
                name: name.clone(),
                environment: *environment,
            })
        }
        (Command::DeleteSecret { id }, _) => {
            let known = tenant.secrets.iter().any(|secret| secret.id == *id);
            known
                .then_some(Allowed::DeleteSecret { id: *id })
                .ok_or(Refusal::SecretNotFound)
        }
        (Command::CreateTokenKey { name }, _) => {
            free_name(tenant, name, tenant.token_keys.len())?;
            Ok(Allowed::CreateTokenKey { name: name.clone() })
        }
        (Command::DeleteTokenKey { id }, _) => {
            if !tenant.token_keys.iter().any(|key| key.id == *id) {
                return Err(Refusal::SecretNotFound);
            }
            // Without one, nobody could finish anything.
            if tenant.token_keys.len() == 1 {
                return Err(Refusal::LastTokenKey);
            }
            Ok(Allowed::DeleteTokenKey { id: *id })
        }
        (Command::DeleteUser { .. }, Found::User { user, .. }) => {
            let user = user.clone().ok_or(Refusal::UserNotFound)?;
            Ok(Allowed::DeleteUser { user })
        }
        _ => Err(Refusal::Invalid(
            "the facts are those of another command".to_owned(),
        )),
    }
}

fn usable(passkeys: &[Passkey], may: impl Fn(Purpose) -> bool) -> Result<Vec<Passkey>, Refusal> {
    let usable: Vec<Passkey> = passkeys
        .iter()
        .filter(|passkey| may(passkey.purpose))
        .cloned()
        .collect();
    if usable.is_empty() {
        Err(Refusal::NoCredentials)
    } else {
        Ok(usable)
    }
}

fn believed<T>(verified: &Option<Result<T, Rejection>>) -> Result<&T, Refusal> {
    match verified {
        Some(Ok(verified)) => Ok(verified),
        Some(Err(rejection)) => Err(Refusal::NotBelieved(*rejection)),
        None => Err(Refusal::CredentialNotFound),
    }
}

fn check_user_id(user_id: &str) -> Result<(), Refusal> {
    if user_id.len() > MAX_USER_HANDLE {
        return Err(Refusal::Invalid(format!(
            "user_id cannot have more than {MAX_USER_HANDLE} bytes: it is the WebAuthn user handle"
        )));
    }
    Ok(())
}

/// What can be told to be wrong with a configuration before anybody uses it.
fn check_config(config: &Config) -> Result<(), Refusal> {
    for (name, asked) in [
        ("webauthn", &config.webauthn.ceremonies),
        ("mfa", &config.mfa),
    ] {
        if !(1..=MAX_TIMEOUT_MS).contains(&asked.timeout) {
            return Err(Refusal::Invalid(format!(
                "config.{name}.timeout must be 1 to {MAX_TIMEOUT_MS} milliseconds"
            )));
        }
    }
    let rules = &config.zegel.attestation;
    if !rules.allow_aaguids.is_empty() && !rules.require_trusted {
        return Err(Refusal::Invalid(
            "config.zegel.attestation.allow_aaguids needs require_trusted: without it anybody can \
             claim to be any model"
                .to_owned(),
        ));
    }
    for text in rules.allow_aaguids.iter().chain(&rules.deny_aaguids) {
        if super::config::aaguid(text).is_none() {
            return Err(Refusal::Invalid(format!(
                "config.zegel.attestation: {text:?} is no AAGUID such as \
                 fbfc3007-154e-4ecc-8c0b-6e020557d7bd"
            )));
        }
    }
    Ok(())
}

/// The longest a ceremony may take: what nobody finishes is kept as long.
const MAX_TIMEOUT_MS: u64 = 3_600_000;

fn free_name(tenant: &Tenant, name: &str, keys: usize) -> Result<(), Refusal> {
    if tenant.has_key_named(name) {
        return Err(Refusal::SecretNameTaken);
    }
    if keys >= MAX_KEYS {
        return Err(Refusal::LimitExceeded(format!(
            "a tenant has at most {MAX_KEYS} keys of a kind"
        )));
    }
    Ok(())
}

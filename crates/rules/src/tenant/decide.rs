//! The judgement of a command on a tenant.

mod act;
mod allowed;
mod caller;
mod ceremony;
mod config;
mod member;
mod session;
mod signing;
mod transaction;

use verify::tenant::Asked;
use verify::webauthn::Rejection;
use wire::Timestamp;

use super::command::Command;
use super::facts::Named;
use super::transaction::{Content, Stage};
use super::user::MAX_USER_HANDLE;
use super::{ExpectedUser, Found, MAX_KEYS, Passkey, Purpose, Refusal, Tenant, TenantChange};

pub use allowed::{Allowed, Believed};
pub use caller::{prove, stay_in_environment};

use caller::in_earnest;
use ceremony::{finish_login, finish_registration};
use config::check_config;
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

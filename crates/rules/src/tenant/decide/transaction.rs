//! Where a transaction stands, and what may become of it.

use std::sync::Arc;

use verify::webauthn::Rejection;
use wire::Timestamp;
use wire::encoding::hex;
use wire::tenants::Payment;
use wire::tenants::record::SpcTerms;

use super::{Allowed, believed, usable};
use crate::tenant::command::{Command, Which};
use crate::tenant::transaction::{Content, Method, State};
use crate::tenant::{Found, Passkey, Purpose, Refusal, Tenant, Transaction};

pub(super) fn begin_payment(
    command: &Command,
    tenant: &Tenant,
    found: &Found,
    now: Timestamp,
) -> Result<Allowed, Refusal> {
    let (
        Command::BeginPayment {
            transaction_id,
            user_id,
            payment,
            method,
            expires_in_seconds,
            return_url,
        },
        Found::Beginning {
            user,
            passkeys,
            taken,
        },
    ) = (command, found)
    else {
        return Err(Refusal::TransactionNotFound);
    };
    let user = user.as_ref().ok_or(Refusal::UserNotFound)?;
    let content = Content::Payment {
        payment: payment.canonical(),
        method: method.clone(),
    };
    if let Some(taken) = taken {
        // The same payment by the same user, still open: the caller lost our answer.
        let same = taken.terms.content == content
            && taken.terms.user_id == *user_id
            && taken.terms.return_url == *return_url
            && taken.state(now) == State::Pending;
        return if same {
            Ok(Allowed::RenewChallenge {
                transaction: taken.clone(),
                allow: usable_for(taken, passkeys)?,
            })
        } else {
            Err(Refusal::TransactionExists)
        };
    }
    if let Some(url) = return_url
        && !tenant.config.zegel.return_urls.contains(url)
    {
        return Err(Refusal::Invalid(format!(
            "return_url {url:?} is not among the tenant's config.zegel.return_urls"
        )));
    }
    if let Method::SecurePaymentConfirmation(spc) = method {
        check_shown(payment, spc)?;
        let callers = &tenant.config.zegel.payment_caller_origins;
        let own = &tenant.config.webauthn.relying_party.origins;
        for origin in [&spc.caller_origin, &spc.top_origin] {
            if !callers.contains(origin) && !own.contains(origin) {
                return Err(Refusal::Invalid(format!(
                    "spc origin {origin:?} is not among the tenant's \
                     config.zegel.payment_caller_origins"
                )));
            }
        }
    }
    Ok(Allowed::BeginTransaction {
        identifier: transaction_id.clone(),
        user: user.clone(),
        allow: match method {
            Method::WebAuthn => usable(passkeys, |purpose| !purpose.is_mfa())?,
            Method::SecurePaymentConfirmation(_) => {
                usable(passkeys, |purpose| purpose == Purpose::Payment)?
            }
        },
        content,
        expires_in_seconds: Some(*expires_in_seconds),
        return_url: return_url.clone(),
    })
}

/// Our own pages escape what turns the direction of a text around. A browser's window shows it as
/// it is, and a name can be made to read as another one (threat T65).
fn check_shown(payment: &Payment, spc: &SpcTerms) -> Result<(), Refusal> {
    let instrument = &spc.instrument;
    for (field, text) in [
        ("payment.payee.name", payment.payee().name()),
        ("spc.instrument.display_name", &instrument.display_name),
        (
            "spc.instrument.details",
            instrument.details.as_deref().unwrap_or_default(),
        ),
    ] {
        // UAX #9 §2.1 to §2.4: embeddings, overrides and isolates.
        let turns = |c| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        if text.contains(turns) {
            return Err(Refusal::Invalid(format!(
                "{field} must not contain characters that turn the direction of text around: \
                 browsers show them as they are"
            )));
        }
    }
    Ok(())
}

pub(super) fn confirm(
    which: Option<&Which>,
    found: &Found,
    fingerprint: &[u8; 32],
    now: Timestamp,
) -> Result<Allowed, Refusal> {
    let Found::Confirmation {
        transaction: Some(transaction),
        is_open,
        passkey,
        verified,
    } = found
    else {
        return Err(Refusal::ChallengeUnknown);
    };
    let meant = match which {
        None => true,
        Some(Which::Identifier(identifier)) => transaction.identifier == *identifier,
        Some(Which::Link(id)) => transaction.id == *id,
    };
    if !meant {
        return Err(Refusal::ChallengeUnknown);
    }
    match transaction.state(now) {
        State::Pending => {}
        State::Confirmed if is_same_request(transaction, fingerprint) => {
            return Ok(Allowed::ConfirmAgain {
                transaction: Arc::clone(transaction),
                verified: believed(verified)?.clone(),
            });
        }
        // The compatible road knows only ceremonies.
        State::Expired if which.is_none() => return Err(Refusal::CeremonyExpired),
        other => return Err(Refusal::TransactionIs(other)),
    }
    // Void or made up: nothing was signed that could be judged, so it is no attempt either.
    if !is_open {
        return Err(Refusal::ChallengeUnknown);
    }
    let passkey = passkey
        .as_ref()
        .filter(|passkey| passkey.owner == transaction.user && may_confirm(passkey, transaction))
        .ok_or(Refusal::CredentialNotFound)?;
    let verified = believed(verified)?;
    if !verified.user_verified() {
        return Err(Refusal::NotBelieved(Rejection::UserVerificationMissing));
    }
    Ok(Allowed::Confirm {
        transaction: Arc::clone(transaction),
        passkey: Arc::clone(passkey),
        verified: verified.clone(),
    })
}

fn is_same_request(transaction: &Transaction, fingerprint: &[u8; 32]) -> bool {
    let confirmation = transaction.terms.confirmation.as_ref();
    confirmation.is_some_and(|known| known.fingerprint == hex::encode(fingerprint))
}

pub(super) fn consume(
    transaction: &Transaction,
    payment: &str,
    now: Timestamp,
) -> Result<Allowed, Refusal> {
    let Content::Payment {
        payment: confirmed, ..
    } = &transaction.terms.content
    else {
        return Err(Refusal::Invalid(
            "only typed payments can be consumed".to_owned(),
        ));
    };
    if confirmed != payment {
        return Err(Refusal::PaymentMismatch);
    }
    match transaction.state(now) {
        State::Confirmed if transaction.terms.consumed_at.is_some() => {
            Err(Refusal::AlreadyConsumed)
        }
        State::Confirmed => Ok(Allowed::Consume {
            transaction: transaction.clone(),
        }),
        other => Err(Refusal::TransactionIs(other)),
    }
}

pub(super) fn pending(
    transaction: Option<&Transaction>,
    now: Timestamp,
) -> Result<&Transaction, Refusal> {
    let transaction = transaction.ok_or(Refusal::TransactionNotFound)?;
    match transaction.state(now) {
        State::Pending => Ok(transaction),
        other => Err(Refusal::TransactionIs(other)),
    }
}

pub(super) fn usable_for(
    transaction: &Transaction,
    passkeys: &[Passkey],
) -> Result<Vec<Passkey>, Refusal> {
    let allow: Vec<Passkey> = passkeys
        .iter()
        .filter(|passkey| may_confirm(passkey, transaction))
        .cloned()
        .collect();
    if allow.is_empty() {
        Err(Refusal::NoCredentials)
    } else {
        Ok(allow)
    }
}

/// Second factors confirm nothing, and what the browser is to show needs a credential that was
/// registered for that.
fn may_confirm(passkey: &Passkey, transaction: &Transaction) -> bool {
    match transaction.spc() {
        Some(_) => passkey.purpose == Purpose::Payment,
        None => !passkey.purpose.is_mfa(),
    }
}

//! Carrying out what was allowed on a tenant, into changes and an answer.

mod executed;
mod keys;
mod registration;
mod transaction;

use rules::tenant::config::Ceremonies;
use rules::tenant::{Allowed, Authorised, Begun, Ceremony, Command, Passkey, Tenant, TenantChange};
use serde_json::{Value, json};
use verify::tenant::{Asked, Proof};
use verify::webauthn::{CounterVerdict, VerifiedAssertion};
use wire::Timestamp;
use wire::encoding::base64url;
use wire::id::EventId;
use wire::token::TokenUse;

use super::after;
use super::answer::{Answer, RequestOptions, TransactionAnswer};
use super::token::About;
use crate::error::Error;
use crate::{Engine, entropy};

pub(super) use executed::Executed;
use keys::new_secret;
use registration::{Registered, begin_registration};
use transaction::{new_transaction, options, settled, transaction_challenge};

impl Engine {
    /// Carries out what was allowed.
    pub(super) fn execute_allowed(
        &self,
        authorised: Authorised,
        asked: &Asked<Command>,
        tenant: Option<&Tenant>,
        event: EventId,
        now: Timestamp,
    ) -> Result<Executed, Error> {
        let allowed = authorised.into_inner();
        if let Allowed::CreateTenant {
            tenant,
            name,
            config,
            with_key,
        } = allowed
        {
            return self.create_tenant(tenant, name, *config, with_key, now);
        }
        let tenant = tenant.ok_or_else(|| Error::Unreadable("no tenant".to_owned()))?;
        match allowed {
            Allowed::CreateTenant { .. } => Err(Error::Unreadable("made twice".to_owned())),
            Allowed::BeginRegistration { .. } => begin_registration(allowed, tenant, now),
            Allowed::FinishRegistration {
                ceremony,
                user,
                verified,
                attachment,
            } => {
                let answered = Registered {
                    ceremony: &ceremony,
                    user,
                    verified: &verified,
                    attachment,
                };
                self.finish_registration(answered, tenant, event, now)
            }
            Allowed::BeginLogin { mfa, user, allow } => {
                let asked_for = tenant.config.ceremonies(mfa);
                let begun = Begun::Login {
                    mfa,
                    user: user.clone(),
                };
                let ceremony = open(begun, asked_for, now)?;
                let request = RequestOptions {
                    rp_id: tenant.config.webauthn.relying_party.id.clone(),
                    challenge: ceremony.challenge.clone(),
                    timeout_ms: asked_for.timeout,
                    allow,
                    user_verification: ceremony.user_verification,
                };
                let mut executed = Executed::new(
                    Answer::Request(request),
                    vec![TenantChange::OpenCeremony(ceremony)],
                );
                // Anybody may begin a login; a log that anybody can fill is no log.
                executed.is_event = asked.proof() != Proof::Nobody;
                executed.user_id = user.map(|user| user.user_id);
                Ok(executed)
            }
            Allowed::FinishLogin {
                mfa,
                ceremony,
                passkey,
                verified,
            } => {
                let usage = match mfa {
                    true => TokenUse::MfaLogin,
                    false => TokenUse::Login,
                };
                let about = About {
                    usage,
                    user_id: &passkey.user_id,
                    credential_id: &passkey.credential_id,
                    event,
                    at: now,
                    user_verified: verified.user_verified(),
                    transaction: None,
                };
                let evidence = vault::Ceremony::Assertion(&verified);
                let token = self.token(tenant, evidence, &about)?;
                let changes = vec![
                    TenantChange::SpendCeremony(ceremony.challenge.clone()),
                    TenantChange::UpdatePasskey(used(&passkey, &verified, now)),
                ];
                Ok(Executed::new(Answer::Token(token), changes)
                    .about(&passkey.user_id)
                    .with(signed_in(&passkey, &verified)))
            }
            Allowed::BeginTransaction {
                identifier,
                user,
                content,
                expires_in_seconds,
                return_url,
                allow,
            } => {
                let transaction = new_transaction(
                    tenant,
                    identifier,
                    &user,
                    content,
                    expires_in_seconds,
                    return_url,
                    now,
                )?;
                let options = options(tenant, &transaction, allow, now)?;
                let answer = TransactionAnswer {
                    transaction: transaction.clone(),
                    is_new: true,
                    options: Some(options),
                    token: None,
                };
                let detail = json!({ "digest": transaction.terms.digest });
                let change = TenantChange::InsertTransaction(transaction.clone());
                Ok(
                    Executed::new(Answer::Transaction(Box::new(answer)), vec![change])
                        .of(&transaction)
                        .with(detail),
                )
            }
            Allowed::RenewChallenge { transaction, allow } => {
                let challenge = transaction_challenge(&transaction)?;
                let next = transaction.challenged(challenge, now);
                let options = options(tenant, &next, allow, now)?;
                let answer = TransactionAnswer {
                    transaction: next.clone(),
                    is_new: false,
                    options: Some(options),
                    token: None,
                };
                let change = TenantChange::UpdateTransaction(next.clone());
                let mut executed =
                    Executed::new(Answer::Transaction(Box::new(answer)), vec![change]).of(&next);
                executed.is_event = asked.proof() != Proof::Nobody;
                Ok(executed)
            }
            Allowed::Confirm {
                transaction,
                passkey,
                verified,
            } => self.confirm(
                asked,
                tenant,
                (&transaction, &passkey, &verified),
                event,
                now,
            ),
            Allowed::ConfirmAgain {
                transaction,
                verified,
            } => {
                let token = self.token_again(tenant, &transaction, &verified)?;
                let answer = TransactionAnswer {
                    transaction: (*transaction).clone(),
                    is_new: false,
                    options: None,
                    token: Some(token),
                };
                let answer = Answer::Transaction(Box::new(answer));
                let mut executed = Executed::new(answer, Vec::new())
                    .of(&transaction)
                    .with(json!({ "again": true }));
                // The same outcome told once more. Who has only the link may ask as often as they
                // like.
                executed.is_event = asked.proof() != Proof::Nobody;
                Ok(executed)
            }
            Allowed::Cancel { transaction } => {
                let next = transaction.cancelled(now);
                Ok(settled(&next))
            }
            Allowed::Consume { transaction } => {
                let next = transaction.consumed(now);
                Ok(settled(&next))
            }
            Allowed::RenameCredential { passkey, name } => {
                let mut next = (*passkey).clone();
                let detail = credential(&passkey.credential_id);
                next.name = Some(name);
                let change = TenantChange::UpdatePasskey(next);
                Ok(Executed::new(Answer::Done, vec![change])
                    .about(&passkey.user_id)
                    .with(detail))
            }
            Allowed::DeleteCredential { passkey } => {
                let change = TenantChange::DeletePasskey((*passkey).clone());
                Ok(Executed::new(Answer::Done, vec![change])
                    .about(&passkey.user_id)
                    .with(credential(&passkey.credential_id)))
            }
            Allowed::UpdateTenant { name, config } => {
                let at = now;
                let change = TenantChange::UpdateTenant { name, config, at };
                Ok(Executed::new(Answer::Done, vec![change]))
            }
            Allowed::DeleteTenant => Ok(Executed::new(
                Answer::Done,
                vec![TenantChange::DeleteTenant],
            )),
            Allowed::CreateSecret { name } => {
                let (row, secret) = new_secret(name, now)?;
                let detail = json!({ "id": row.id, "name": row.name });
                let change = TenantChange::InsertSecret(row);
                Ok(Executed::new(Answer::Secret(secret), vec![change]).with(detail))
            }
            Allowed::DeleteSecret { id } => Ok(Executed::new(
                Answer::Done,
                vec![TenantChange::DeleteSecret(id)],
            )
            .with(json!({ "id": id }))),
            Allowed::CreateTokenKey { name } => {
                // The newest signs, whatever the clock did meanwhile.
                let newest = tenant.token_keys.iter().map(|key| key.created_at).max();
                let at = newest.map_or(now, |newest| now.max(after(newest, 1)));
                let key = self.new_token_key(tenant.id, name, &tenant.config, at)?;
                let detail = json!({ "id": key.id, "name": key.name });
                let change = TenantChange::InsertTokenKey(key.clone());
                Ok(Executed::new(Answer::TokenKey(Box::new(key)), vec![change]).with(detail))
            }
            Allowed::DeleteTokenKey { id } => Ok(Executed::new(
                Answer::Done,
                vec![TenantChange::DeleteTokenKey(id)],
            )
            .with(json!({ "id": id }))),
            Allowed::DeleteUser { user } => Ok(Executed::new(
                Answer::Done,
                vec![TenantChange::DeleteUser(user.id)],
            )
            // Who is to be forgotten is not written down once more.
            .with(json!({ "id": user.id }))),
        }
    }
}

fn open(begun: Begun, asked: &Ceremonies, now: Timestamp) -> Result<Ceremony, Error> {
    Ok(Ceremony {
        challenge: entropy::bytes::<32>()?.to_vec(),
        begun,
        user_verification: asked.user_verification,
        expires_at: after(now, asked.timeout),
    })
}

/// A credential after it was used.
fn used(passkey: &Passkey, verified: &VerifiedAssertion, now: Timestamp) -> Passkey {
    let mut next = passkey.clone();
    if verified.counter() == CounterVerdict::Increased {
        next.sign_count = verified.sign_count();
    }
    next.backup_state = verified.backed_up();
    next.last_used_at = now;
    next
}

fn signed_in(passkey: &Passkey, verified: &VerifiedAssertion) -> Value {
    json!({
        "credentialId": base64url::encode(&passkey.credential_id),
        "origin": verified.origin(),
        "userVerified": verified.user_verified(),
        "backupState": verified.backed_up(),
        "signCount": verified.sign_count(),
    })
}

fn credential(id: &[u8]) -> Value {
    json!({ "credentialId": base64url::encode(id) })
}

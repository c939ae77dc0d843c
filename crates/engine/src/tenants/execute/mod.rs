//! Carrying out what was allowed on a tenant, into changes and an answer.

mod act;
mod executed;
mod keys;
mod login;
mod member;
mod registration;
mod session;
mod signing;
mod transaction;

use rules::tenant::config::Ceremonies;
use rules::tenant::{Allowed, Authorised, Begun, Ceremony, Command, Source, Tenant, TenantChange};
use serde_json::{Value, json};
use verify::tenant::Asked;
use wire::Timestamp;
use wire::encoding::base64url;
use wire::id::EventId;

use super::after;
use super::answer::Answer;
use crate::error::Error;
use crate::{Engine, entropy};

pub(super) use executed::Executed;
use keys::new_secret;
use login::{LoggedIn, begin_login, used};
use registration::{Registered, begin_registration};
pub(super) use session::NOBODYS_END_S;
pub(super) use session::challenge as opening;
use transaction::{begin_transaction, renew_challenge, settled};

impl Engine {
    /// Carries out what was allowed.
    pub(super) fn execute_allowed(
        &self,
        authorised: Authorised,
        asked: &Asked<Command>,
        tenant: Option<&Tenant>,
        (event, source): (EventId, &Source),
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
                begin_login(asked, tenant, (mfa, user), allow, now)
            }
            Allowed::FinishLogin {
                mfa,
                ceremony,
                passkey,
                verified,
            } => {
                let answered = LoggedIn {
                    mfa,
                    ceremony: &ceremony,
                    passkey: &passkey,
                    verified: &verified,
                };
                self.finish_login(answered, tenant, event, now)
            }
            Allowed::BeginTransaction { .. } => begin_transaction(allowed, tenant, now),
            Allowed::RenewChallenge { transaction, allow } => {
                renew_challenge(asked, tenant, &transaction, allow, now)
            }
            Allowed::Confirm {
                transaction,
                passkey,
                verified,
            } => {
                let answered = (&*transaction, &*passkey, &*verified);
                self.confirm(asked, tenant, answered, event, now)
            }
            Allowed::ConfirmAgain {
                transaction,
                verified,
            } => self.confirm_again(asked, tenant, &transaction, &verified),
            Allowed::Cancel { transaction } => Ok(settled(transaction.cancelled(now))),
            Allowed::Consume { transaction } => Ok(settled(transaction.consumed(now))),
            Allowed::OpenSession { base_url, terms } => session::open(base_url, *terms, now),
            Allowed::OpenChange {
                base_url,
                terms,
                member,
            } => member::open(base_url, *terms, member, now),
            Allowed::ChangePasskeys { .. } => member::change(allowed, asked, now),
            Allowed::BindSession { .. } => self.bind_session(allowed, asked, source, now),
            Allowed::OpenSigning {
                base_url,
                terms,
                waiting,
            } => signing::open(base_url, *terms, waiting, now),
            Allowed::FinishSigning { .. } => signing::finish(allowed, asked, now),
            Allowed::RevokeSession { account } => Ok(session::revoke(account, now)),
            Allowed::PrepareTransaction { prepared } => Ok(act::prepare(*prepared, now)),
            Allowed::SubmitTransaction {
                ceremony,
                terms,
                signed,
                account,
            } => {
                let challenge = ceremony.challenge.clone();
                let cause = (source, asked.fingerprint());
                self.submit_transaction(challenge, &terms, *signed, account, cause, now)
            }
            Allowed::SubmitAgain { signature } => Ok(act::again(signature)),
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
                let detail = json!({ "name": name, "config": config });
                let at = now;
                let change = TenantChange::UpdateTenant { name, config, at };
                Ok(Executed::new(Answer::Done, vec![change]).with(detail))
            }
            Allowed::DeleteTenant => Ok(Executed::new(
                Answer::Done,
                vec![TenantChange::DeleteTenant],
            )),
            Allowed::CreateSecret { name, environment } => {
                let (row, secret) = new_secret(name, environment, now)?;
                let detail = json!({
                    "id": row.id, "name": row.name, "environment": row.environment,
                });
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

fn credential(id: &[u8]) -> Value {
    json!({ "credentialId": base64url::encode(id) })
}

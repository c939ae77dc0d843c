//! What a decision on a tenant rests on: rows, and what the verifier says of an answer.

use std::sync::Arc;

use rules::tenant::config::Preference;
use rules::tenant::decide::prove;
use rules::tenant::{
    Begun, Ceremony, Command, Found, Passkey, Tenant, TenantUser, Transaction, Which,
};
use verify::tenant::Asked;
use verify::webauthn::{
    AssertionExpect, CounterPolicy, CredentialRecord, ExpectedUser, RegistrationExpect, Rejection,
    assertion, registration,
};
use wire::Timestamp;
use wire::encoding::{base64url, hex};
use wire::id::TenantId;
use wire::webauthn::{AssertionResponse, ClientData, RegistrationResponse};

use super::Judged;
use super::confirmation::Way;
use crate::Engine;
use crate::error::Error;

impl Engine {
    /// Loads what a command is judged by: nothing for who may not ask for it anyway.
    pub(super) async fn look_up(
        &self,
        asked: &Asked<Command>,
        tenant: Option<&Tenant>,
        now: Timestamp,
    ) -> Result<Found, Error> {
        let Some(tenant) = tenant.filter(|_| prove(asked).is_ok()) else {
            return Ok(Found::Nothing);
        };
        let id = tenant.id;
        Ok(match asked.content() {
            Command::BeginRegistration { user_id, .. }
            | Command::BeginLogin {
                user_id: Some(user_id),
                ..
            } => {
                let (user, passkeys) = self.user(id, user_id).await?;
                Found::User { user, passkeys }
            }
            Command::FinishRegistration { response, .. } => {
                self.found_registration(tenant, response, now).await?
            }
            Command::FinishLogin { response, .. } => self.found_login(tenant, response).await?,
            Command::BeginTransaction {
                user_id,
                transaction_id,
                ..
            }
            | Command::BeginPayment {
                user_id,
                transaction_id,
                ..
            } => {
                let (user, passkeys) = self.user(id, user_id).await?;
                let taken = self.store.transaction(id, transaction_id).await?;
                Found::Beginning {
                    user,
                    passkeys,
                    taken,
                }
            }
            Command::RenewChallenge { which } | Command::CancelTransaction { which } => {
                let transaction = self.transaction(id, which).await?;
                let passkeys = match &transaction {
                    Some(transaction) => self.store.passkeys_of(id, transaction.user).await?,
                    None => Vec::new(),
                };
                Found::Transaction {
                    transaction,
                    passkeys,
                }
            }
            Command::ConsumeTransaction { transaction_id, .. } => Found::Transaction {
                transaction: self.store.transaction(id, transaction_id).await?,
                passkeys: Vec::new(),
            },
            Command::ConfirmTransaction { which, response } => {
                let fingerprint = asked.fingerprint();
                self.found_confirmation(tenant, which.as_ref(), response, fingerprint)
                    .await?
            }
            Command::OpenSession {
                environment,
                account: Some(account),
                ..
            } => {
                let about = (*environment, *account);
                self.found_opening_for(id, about, None, now).await?
            }
            Command::OpenSession {
                environment,
                action,
                key,
                ..
            } => {
                let what = (*environment, *action);
                self.found_opening(id, what, key.as_ref(), now).await?
            }
            Command::ChangePasskeys {
                environment,
                account,
                change,
                ..
            } => {
                let about = (*environment, *account);
                self.found_opening_for(id, about, Some(change), now).await?
            }
            Command::BindSession { action, answer, .. } => {
                let answer = (&**answer, asked.fingerprint());
                self.found_binding(tenant, *action, answer).await?
            }
            Command::OpenSigning {
                environment, asked, ..
            } => self.found_drafting(id, *environment, asked).await?,
            Command::FinishSigning { answer } => self.found_signed(tenant, answer).await?,
            Command::RevokeSession {
                environment,
                account,
            } => Found::Account(self.own_account(id, *environment, *account).await?),
            Command::PrepareTransaction {
                environment,
                account,
                transaction,
                payer,
            } => {
                self.found_preparing(id, (*environment, *account), transaction, *payer)
                    .await?
            }
            Command::SubmitTransaction {
                environment,
                account,
                transaction,
            } => {
                self.found_submitting(id, (*environment, *account), transaction)
                    .await?
            }
            Command::RenameCredential { credential_id, .. }
            | Command::DeleteCredential { credential_id } => {
                Found::Passkey(self.store.passkey(id, credential_id).await?)
            }
            Command::DeleteUser { id: user } => Found::User {
                user: self.store.tenant_user_by_id(id, *user).await?,
                passkeys: Vec::new(),
            },
            Command::BeginLogin { user_id: None, .. }
            | Command::CreateTenant { .. }
            | Command::RenameTenant { .. }
            | Command::ConfigureTenant { .. }
            | Command::DeleteTenant
            | Command::CreateSecret { .. }
            | Command::DeleteSecret { .. }
            | Command::CreateTokenKey { .. }
            | Command::DeleteTokenKey { .. } => Found::Nothing,
        })
    }

    async fn user(
        &self,
        tenant: TenantId,
        user_id: &str,
    ) -> Result<(Option<TenantUser>, Vec<Passkey>), Error> {
        let user = self.store.tenant_user(tenant, user_id).await?;
        let passkeys = match &user {
            Some(user) => self.store.passkeys_of(tenant, user.id).await?,
            None => Vec::new(),
        };
        Ok((user, passkeys))
    }

    async fn transaction(
        &self,
        tenant: TenantId,
        which: &Which,
    ) -> Result<Option<Transaction>, Error> {
        Ok(match which {
            Which::Identifier(identifier) => self.store.transaction(tenant, identifier).await?,
            Which::Link(link) => {
                let found = self.store.transaction_by_link(*link).await?;
                found.and_then(|(of, transaction)| (of == tenant).then_some(transaction))
            }
        })
    }

    async fn found_registration(
        &self,
        tenant: &Tenant,
        response: &RegistrationResponse,
        now: Timestamp,
    ) -> Result<Found, Error> {
        let ceremony = self.ceremony(tenant.id, &response.client_data_json).await?;
        let begun = ceremony.as_deref().map(|ceremony| &ceremony.begun);
        let Some(Begun::Registration {
            user_id,
            conditional,
            ..
        }) = begun
        else {
            return Ok(Found::Registration {
                ceremony,
                user: None,
                is_taken: false,
                verified: None,
            });
        };
        let user = self.store.tenant_user(tenant.id, user_id).await?;
        let verified = ceremony.as_deref().map(|ceremony| {
            let mut expect = RegistrationExpect::new(&ceremony.challenge);
            expect.conditional = *conditional;
            let judged = registration::finish(
                &tenant.config.relying_party(ceremony.user_verification),
                &expect,
                response,
                now,
                &self.authenticators.trust,
            );
            judged.map(Box::new)
        });
        // What the attestation object says, not what the envelope does.
        let is_taken = match &verified {
            Some(Ok(verified)) => {
                let id = verified.credential_id();
                self.store.passkey(tenant.id, id).await?.is_some()
            }
            _ => false,
        };
        Ok(Found::Registration {
            ceremony,
            user,
            is_taken,
            verified,
        })
    }

    async fn found_login(
        &self,
        tenant: &Tenant,
        response: &AssertionResponse,
    ) -> Result<Found, Error> {
        let ceremony = self.ceremony(tenant.id, &response.client_data_json).await?;
        let passkey = match &ceremony {
            Some(_) => {
                let id = &response.credential_id;
                self.store.passkey(tenant.id, id).await?
            }
            None => None,
        };
        let verified = match (ceremony.as_deref(), passkey.as_deref()) {
            (Some(ceremony), Some(passkey)) => {
                self.judge_login(tenant, ceremony, passkey, response)
            }
            _ => None,
        };
        Ok(Found::Login {
            ceremony,
            passkey,
            verified,
        })
    }

    fn judge_login(
        &self,
        tenant: &Tenant,
        ceremony: &Ceremony,
        passkey: &Passkey,
        response: &AssertionResponse,
    ) -> Judged<verify::webauthn::VerifiedAssertion> {
        let Begun::Login { user, .. } = &ceremony.begun else {
            return None;
        };
        let expected = match user {
            Some(user) => ExpectedUser::Identified(user_handle(&user.user_id, response)),
            None => ExpectedUser::Discoverable,
        };
        let rp = tenant.config.relying_party(ceremony.user_verification);
        let expect = AssertionExpect::new(&ceremony.challenge, expected);
        let judged = self.with_record(passkey, response, |record| {
            assertion::finish(&rp, &expect, response, Some(record))
        });
        Some(judged.map(Box::new))
    }

    async fn found_confirmation(
        &self,
        tenant: &Tenant,
        which: Option<&Which>,
        response: &AssertionResponse,
        fingerprint: &[u8; 32],
    ) -> Result<Found, Error> {
        let transaction = match challenge(&response.client_data_json) {
            Some(challenge) => {
                self.store
                    .transaction_by_challenge(tenant.id, &challenge)
                    .await?
            }
            None => None,
        };
        // Nothing waits for this answer. Perhaps it was given before and the caller lost ours.
        let is_open = transaction.is_some();
        let transaction = match (transaction, which) {
            (None, Some(which)) => self.transaction(tenant.id, which).await?.map(Arc::new),
            (transaction, _) => transaction,
        };
        let Some(transaction) = transaction else {
            return Ok(Found::Confirmation {
                transaction: None,
                is_open,
                passkey: None,
                verified: None,
            });
        };
        let challenge = match is_open {
            true => transaction.challenge.clone(),
            false => answered(&transaction, fingerprint),
        };
        let passkey = self
            .store
            .passkey(tenant.id, &response.credential_id)
            .await?;
        let verified = match (&challenge, passkey.as_deref()) {
            (Some(challenge), Some(passkey)) => {
                let terms = &transaction.terms;
                let mut rp = tenant.config.relying_party(Preference::Required);
                // The digest names it, whatever the tenant was configured to since.
                rp.rp_ids = vec![terms.rp_id.clone()];
                if !is_open {
                    // The counter was compared when the answer was new.
                    rp.counter = CounterPolicy::Report;
                }
                let way = Way::of(&transaction)?;
                let user = ExpectedUser::Identified(user_handle(&terms.user_id, response));
                let judged = self.with_record(passkey, response, |record| {
                    way.judge(&rp, user, challenge, response, record)
                });
                Some(judged.map(Box::new))
            }
            _ => None,
        };
        Ok(Found::Confirmation {
            transaction: Some(transaction),
            is_open,
            passkey,
            verified,
        })
    }

    pub(super) async fn ceremony(
        &self,
        tenant: TenantId,
        client_data: &[u8],
    ) -> Result<Option<Arc<Ceremony>>, Error> {
        match challenge(client_data) {
            Some(challenge) => Ok(self.store.ceremony(tenant, &challenge).await?),
            None => Ok(None),
        }
    }

    /// Lends the verifier what is known of a passkey.
    fn with_record<T>(
        &self,
        passkey: &Passkey,
        response: &AssertionResponse,
        judge: impl FnOnce(&CredentialRecord<'_>) -> Result<T, Rejection>,
    ) -> Result<T, Rejection> {
        let key = self.keys.passkey(&passkey.public_key)?;
        judge(&CredentialRecord {
            id: &passkey.credential_id,
            key: &key,
            user_handle: user_handle(&passkey.user_id, response),
            rp_id_hash: None,
            sign_count: passkey.sign_count,
            backup_eligible: Some(passkey.backup_eligible),
            enabled: true,
        })
    }
}

/// The challenge an answer says it answers: good for looking up, and for nothing else.
pub(super) fn challenge(client_data: &[u8]) -> Option<Vec<u8>> {
    let client = ClientData::parse(client_data).ok()?;
    base64url::decode(&client.challenge).ok()
}

/// The challenge that this very request answered, if it did.
fn answered(transaction: &Transaction, fingerprint: &[u8; 32]) -> Option<Vec<u8>> {
    let confirmation = transaction.terms.confirmation.as_ref()?;
    let same = confirmation.fingerprint == hex::encode(fingerprint);
    same.then(|| base64url::decode(&confirmation.challenge).ok())?
}

/// A user's handle: the UTF-8 bytes of their id. Older servers of this API turned ids that are
/// UUIDs into their 16 bytes; credentials that were moved from there still tell those.
fn user_handle<'a>(user_id: &'a str, response: &'a AssertionResponse) -> &'a [u8] {
    if let Some(told) = response.user_handle.as_deref()
        && told.len() == 16
        && told != user_id.as_bytes()
        && let Ok(uuid) = <[u8; 16]>::try_from(told)
        && TenantId::from_bytes(uuid).to_string() == user_id
    {
        return told;
    }
    user_id.as_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_of_sixteen_bytes_is_first_of_all_itself() {
        let told = |handle: &[u8]| AssertionResponse {
            user_handle: Some(handle.to_vec()),
            ..AssertionResponse::default()
        };
        let plain = told(b"sixteen-bytes-id");
        assert_eq!(user_handle("sixteen-bytes-id", &plain), b"sixteen-bytes-id");
        let bytes = [7; 16];
        let uuid = TenantId::from_bytes(bytes).to_string();
        assert_eq!(user_handle(&uuid, &told(&bytes)), bytes);
        assert_eq!(
            user_handle("somebody-else", &told(&bytes)),
            b"somebody-else"
        );
    }
}

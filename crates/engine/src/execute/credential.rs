//! API keys and passkeys.

use rules::command::{NewApiKey, NewAuthenticator};
use rules::outcome::Done;
use rules::{Authenticator, Change, Refusal, credential};
use wire::id::{ApiKeyId, AuthenticatorId, UserId};

use super::{Effect, Execution, Failure};

impl Execution<'_> {
    pub(super) fn create_api_keys(&mut self, user: UserId, new: &[NewApiKey]) -> Effect {
        for evicted in self.user(user)?.evicted_by(new, self.now) {
            self.change(Change::DeleteApiKey { user, id: evicted });
        }
        let mut keys = Vec::new();
        for key in new {
            let key = key.registered(self.id(ApiKeyId::from_random)?, self.now);
            keys.push(key.id);
            self.change(Change::InsertApiKey { user, key });
        }
        Ok(Done::ApiKeysCreated { keys })
    }

    pub(super) fn delete_api_keys(&mut self, user: UserId, keys: &[ApiKeyId]) -> Effect {
        for id in keys {
            self.change(Change::DeleteApiKey { user, id: *id });
        }
        Ok(Done::ApiKeysDeleted {
            keys: keys.to_vec(),
        })
    }

    pub(super) fn create_authenticators(
        &mut self,
        user: UserId,
        new: &[NewAuthenticator],
    ) -> Effect {
        let mut authenticators = Vec::new();
        for new in new {
            let id = self.id(AuthenticatorId::from_random)?;
            let authenticator = self.new_authenticator(id, new)?;
            authenticators.push(id);
            self.change(Change::InsertAuthenticator {
                user,
                authenticator,
            });
        }
        Ok(Done::AuthenticatorsCreated { authenticators })
    }

    pub(super) fn new_authenticator(
        &self,
        id: AuthenticatorId,
        new: &NewAuthenticator,
    ) -> Result<Authenticator, Failure> {
        let verified = credential::read_authenticator(new, self.facts.settings(), self.now)
            .map_err(|problem| {
                Failure::Refused(Refusal::invalid(format!(
                    "invalid authenticator attestation: {problem}"
                )))
            })?;
        Ok(credential::registered(id, new, &verified, self.now))
    }

    pub(super) fn delete_authenticators(
        &mut self,
        user: UserId,
        authenticators: &[AuthenticatorId],
    ) -> Effect {
        for id in authenticators {
            self.change(Change::DeleteAuthenticator { user, id: *id });
        }
        Ok(Done::AuthenticatorsDeleted {
            authenticators: authenticators.to_vec(),
        })
    }
}

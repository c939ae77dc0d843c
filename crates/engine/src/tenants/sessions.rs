//! What a decision on a passkey session rests on.

use std::sync::Arc;

use rules::tenant::facts::Answered;
use rules::tenant::{
    Anchor, Begun, Ceremony, Found, PasskeyAccount, SessionAnswer, SessionTerms, Tenant,
};
use verify::session::{SessionExpect, judge, key_from_spki};
use verify::solana::{Assertion, passkey_account};
use wire::Timestamp;
use wire::encoding::base64url;
use wire::id::TenantId;
use wire::solana::Address;
use wire::solana::secp256r1::CompressedKey;

use crate::error::Error;
use crate::{Engine, entropy};

/// How long a slot takes, in milliseconds: what makes a slot of the time where there is no chain.
const SLOT_MS: u64 = 400;

impl Engine {
    /// The tenant of an API key, for calls that name none.
    pub async fn tenant_of_key(&self, key: &str) -> Result<Option<TenantId>, Error> {
        let hash = verify::tenant::hash_secret(key);
        Ok(self.store.tenant_of_secret(&hash).await?)
    }

    /// The session of a tenant that waits for an answer to this challenge, for the page that shows
    /// it. It may have expired.
    pub async fn session_of(
        &self,
        tenant: TenantId,
        challenge: &[u8],
    ) -> Result<Option<Arc<Ceremony>>, Error> {
        let ceremony = self.store.ceremony(tenant, challenge).await?;
        Ok(ceremony.filter(|ceremony| matches!(ceremony.begun, Begun::Session(_))))
    }

    pub(super) fn found_opening(&self, now: Timestamp) -> Result<Found, Error> {
        Ok(Found::Opening {
            hosted: hosted(&self.settings.audience),
            anchor: Anchor {
                slot: now.as_millis() / SLOT_MS,
                hash: Address::from_bytes(entropy::bytes()?),
                payer: Address::from_bytes([0; 32]),
            },
            user_handle: base64url::encode(entropy::bytes::<16>()?),
        })
    }

    pub(super) async fn found_binding(
        &self,
        tenant: &Tenant,
        answer: &SessionAnswer,
    ) -> Result<Found, Error> {
        let ceremony = self.ceremony(tenant.id, &answer.client_data_json).await?;
        let opened = match ceremony.as_deref().map(|ceremony| &ceremony.begun) {
            Some(Begun::Session(terms)) => Some(terms),
            _ => None,
        };
        let answered = match (&ceremony, opened) {
            (Some(ceremony), Some(terms)) => {
                self.answered(tenant.id, terms, &ceremony.challenge, answer)
                    .await?
            }
            _ => None,
        };
        Ok(Found::Binding { ceremony, answered })
    }

    /// Whose answer it is: the key is told, or is one of the two that the signature can be of. `None` if none of them is anybody's.
    async fn answered(
        &self,
        tenant: TenantId,
        terms: &SessionTerms,
        challenge: &[u8],
        answer: &SessionAnswer,
    ) -> Result<Option<Answered>, Error> {
        let assertion = Assertion {
            authenticator_data: &answer.authenticator_data,
            client_data_json: &answer.client_data_json,
            signature: &answer.signature,
        };
        let told = answer.public_key.as_deref().and_then(key_from_spki);
        let found = match told {
            Some(key) => Some((key, self.account_of(tenant, &key).await?)),
            None => self.recover(tenant, &assertion).await?,
        };
        let Some((key, account)) = found else {
            return Ok(None);
        };
        let expect = SessionExpect {
            rp_id: &terms.rp_id,
            origin: &terms.origin,
            challenge,
            sign_count: account.as_ref().map_or(0, |account| account.sign_count),
        };
        Ok(Some(Answered {
            address: passkey_account(&key).address,
            verified: judge(&expect, &assertion, &key).map(Box::new),
            key,
            account,
        }))
    }

    /// The one of the two keys a signature can be of that has an account.
    async fn recover(
        &self,
        tenant: TenantId,
        assertion: &Assertion<'_>,
    ) -> Result<Option<(CompressedKey, Option<PasskeyAccount>)>, Error> {
        let Ok(candidates) = assertion.candidates() else {
            return Ok(None);
        };
        for key in candidates {
            if let Some(account) = self.account_of(tenant, &key).await? {
                return Ok(Some((key, Some(account))));
            }
        }
        Ok(None)
    }

    async fn account_of(
        &self,
        tenant: TenantId,
        key: &CompressedKey,
    ) -> Result<Option<PasskeyAccount>, Error> {
        let address = passkey_account(key).address;
        Ok(self.store.passkey_account(tenant, address).await?)
    }
}

/// Where our own pages are. Browsers have no passkeys at a bare address, so a loopback one goes by
/// its name.
fn hosted(audience: &str) -> String {
    let is_whole = |rest: &&str| rest.is_empty() || rest.starts_with([':', '/']);
    ["http://127.0.0.1", "http://[::1]"]
        .iter()
        .find_map(|bare| audience.strip_prefix(bare).filter(is_whole))
        .map_or_else(
            || audience.to_owned(),
            |rest| format!("http://localhost{rest}"),
        )
}

#[cfg(test)]
mod tests {
    use super::hosted;

    #[test]
    fn a_loopback_address_goes_by_its_name() {
        for (audience, page) in [
            ("http://127.0.0.1:8080", "http://localhost:8080"),
            ("http://[::1]:8080/zegel", "http://localhost:8080/zegel"),
            ("http://127.0.0.1", "http://localhost"),
            ("http://127.0.0.1.example", "http://127.0.0.1.example"),
            ("https://127.0.0.1:8080", "https://127.0.0.1:8080"),
            ("https://zegel.example", "https://zegel.example"),
        ] {
            assert_eq!(hosted(audience), page);
        }
    }
}

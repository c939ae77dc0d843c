//! What a decision on a passkey session rests on.

use std::sync::Arc;

use rules::tenant::facts::{Answered, Named, OnChain};
use rules::tenant::session::session_key;
use rules::tenant::{
    Anchor, AskedKey, Begun, Ceremony, Found, PasskeyAccount, PasskeyChange, SessionAction,
    SessionAnswer, SessionTerms, Tenant,
};
use verify::session::{SessionExpect, judge, key_from_spki};
use verify::solana::{
    Assertion, Expect, ForChain, ForChainRejection, TemplateRejection, locate, passkey_account,
};
use wire::Timestamp;
use wire::encoding::base64url;
use wire::environment::Environment;
use wire::id::TenantId;
use wire::solana::Address;
use wire::solana::secp256r1::CompressedKey;

use super::Network;
use super::execute::opening;
use super::found::challenge;
use crate::error::Error;
use crate::{Engine, entropy};

/// How long a slot takes, in milliseconds: what makes a slot of the time where there is no chain.
const SLOT_MS: u64 = 400;

/// How many of the newest slots a challenge may be made of. A slot is good for 150 blocks, and who
/// answers is to have most of them.
const RECENT: usize = 32;

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

    pub(super) async fn found_opening(
        &self,
        tenant: TenantId,
        (environment, action): (Environment, SessionAction),
        key: Option<&AskedKey>,
        now: Timestamp,
    ) -> Result<Found, Error> {
        let user_handle = base64url::encode(entropy::bytes::<16>()?);
        let key = key.and_then(|asked| session_key(asked, now));
        let of = |anchor: &Anchor| opening(action, key.as_ref(), anchor, &user_handle);
        Ok(Found::Opening {
            hosted: hosted(&self.settings.audience),
            anchor: self.anchor(tenant, environment, of, now).await?,
            user_handle,
        })
    }

    pub(super) async fn found_opening_for(
        &self,
        tenant: TenantId,
        (environment, account): (Environment, Address),
        change: Option<&PasskeyChange>,
        now: Timestamp,
    ) -> Result<Found, Error> {
        let named = self.named(tenant, (environment, account), change).await?;
        // Its hash alone makes it a new one. A chain need not be asked for what it has no place for.
        let anchor = match named.is_on_chain {
            true => None,
            false => self.anchor(tenant, environment, |_| None, now).await?,
        };
        Ok(Found::OpeningFor {
            hosted: hosted(&self.settings.audience),
            anchor,
            user_handle: base64url::encode(entropy::bytes::<16>()?),
            named: Box::new(named),
        })
    }

    /// An account with its passkeys. Whatever is written on the strength of them updates the account
    /// too. It is read first: if they change meanwhile, it is not as it was read any more.
    async fn named(
        &self,
        tenant: TenantId,
        (environment, address): (Environment, Address),
        change: Option<&PasskeyChange>,
    ) -> Result<Named, Error> {
        if self.networks.contains_key(&environment) {
            return Ok(Named {
                address,
                is_on_chain: true,
                account: None,
                members: Vec::new(),
                joining: None,
            });
        }
        let account = self.account_at(tenant, environment, address).await?;
        let members = self.store.members(tenant, environment, address).await?;
        let joining = match change {
            Some(PasskeyChange::Add { passkey, .. }) => {
                self.account_at(tenant, environment, *passkey).await?
            }
            Some(PasskeyChange::Remove { .. }) | None => None,
        };
        Ok(Named {
            address,
            is_on_chain: false,
            account,
            members,
            joining,
        })
    }

    /// What makes a challenge fresh: the chain's newest slot; where there is no chain, the time and
    /// a random hash. There is no main network without a chain.
    ///
    /// Whoever asks for the same in the same slot would be given the same challenge, and a challenge
    /// is good for one answer: the later ones get an older slot.
    async fn anchor(
        &self,
        tenant: TenantId,
        environment: Environment,
        challenge: impl Fn(&Anchor) -> Option<[u8; 32]>,
        now: Timestamp,
    ) -> Result<Option<Anchor>, Error> {
        if let Some(network) = self.networks.get(&environment) {
            let hashes = network.chain.slot_hashes().await?;
            for recent in hashes.entries().iter().take(RECENT) {
                let anchor = Anchor {
                    slot: recent.slot,
                    hash: Address::from_bytes(recent.hash),
                    payer: network.payer.address,
                };
                let is_new = match challenge(&anchor) {
                    Some(challenge) => self.is_new(tenant, &challenge).await?,
                    None => true,
                };
                if is_new {
                    return Ok(Some(anchor));
                }
            }
            return Err(Error::Contended(RECENT as u32)); // 32.
        }
        let kept = Anchor {
            slot: now.as_millis() / SLOT_MS,
            hash: Address::from_bytes(entropy::bytes()?),
            payer: Address::from_bytes([0; 32]),
        };
        Ok((environment != Environment::Mainnet).then_some(kept))
    }

    /// Whether nobody waits for an answer to a challenge, and nothing was sent for it.
    async fn is_new(&self, tenant: TenantId, challenge: &[u8]) -> Result<bool, Error> {
        Ok(self.store.ceremony(tenant, challenge).await?.is_none()
            && self.store.sending_of(tenant, challenge).await?.is_none())
    }

    pub(super) async fn found_binding(
        &self,
        tenant: &Tenant,
        action: SessionAction,
        (answer, fingerprint): (&SessionAnswer, &[u8; 32]),
    ) -> Result<Found, Error> {
        let ceremony = self.ceremony(tenant.id, &answer.client_data_json).await?;
        let opened = match ceremony.as_deref().map(|ceremony| &ceremony.begun) {
            Some(Begun::Session(terms)) => Some(terms),
            _ => None,
        };
        let answered = match (&ceremony, opened) {
            (Some(ceremony), Some(terms)) => {
                let opened = Opened {
                    tenant: tenant.id,
                    terms,
                    challenge: &ceremony.challenge,
                };
                self.answered(opened, action, answer).await?
            }
            _ => None,
        };
        let sent = match (&ceremony, challenge(&answer.client_data_json)) {
            (None, Some(challenge)) => self.store.sending_of(tenant.id, &challenge).await?,
            _ => None,
        };
        let sent = sent.filter(|sent| sent.sending().fingerprint == *fingerprint);
        Ok(Found::Binding {
            ceremony,
            answered,
            sent: sent.map(|sent| sent.sending().signature.clone()),
        })
    }

    /// Whose answer it is: the key is told, or is one of the two that the signature can be of.
    /// `None` if none of them is anybody's.
    async fn answered(
        &self,
        opened: Opened<'_>,
        action: SessionAction,
        answer: &SessionAnswer,
    ) -> Result<Option<Answered>, Error> {
        let assertion = Assertion {
            authenticator_data: &answer.authenticator_data,
            client_data_json: &answer.client_data_json,
            signature: &answer.signature,
        };
        let terms = opened.terms;
        let named = match terms.account {
            Some(account) => {
                let about = (terms.environment, account);
                let named = self.named(opened.tenant, about, terms.change.as_ref());
                Some(named.await?)
            }
            None => None,
        };
        let told = answer.public_key.as_deref().and_then(key_from_spki);
        let found = match told {
            Some(key) => Some((key, self.account_of(opened, &key).await?)),
            None => self.recover(opened, named.as_ref(), &assertion).await?,
        };
        let Some((key, account)) = found else {
            return Ok(None);
        };
        let sign_count = account.as_ref().map_or(0, |account| account.sign_count);
        let expect = SessionExpect {
            rp_id: &opened.terms.rp_id,
            origin: &opened.terms.origin,
            challenge: opened.challenge,
            sign_count,
        };
        // Finding an account changes nothing on a chain.
        let network = self.networks.get(&opened.terms.environment);
        let on_chain = match network.filter(|_| action != SessionAction::Find) {
            Some(network) => {
                let proof = for_chain(opened, &assertion, &key, sign_count);
                Some(Box::new(self.on_chain(network, opened, proof).await?))
            }
            None => None,
        };
        Ok(Some(Answered {
            address: passkey_account(&key).address,
            verified: judge(&expect, &assertion, &key).map(Box::new),
            on_chain,
            key,
            account,
            named: named.map(Box::new),
        }))
    }

    async fn on_chain(
        &self,
        network: &Network,
        opened: Opened<'_>,
        proof: Result<ForChain, ForChainRejection>,
    ) -> Result<OnChain, Error> {
        let (hashes, blockhash, can_pay) = tokio::join!(
            network.chain.slot_hashes(),
            network.chain.latest_blockhash(),
            network.can_pay(),
        );
        let (hashes, blockhash) = (hashes?, blockhash?);
        can_pay?;
        Ok(OnChain {
            proof,
            located: locate(&hashes, opened.terms.anchor.hash.as_bytes()),
            blockhash: blockhash.hash,
            last_valid_height: blockhash.last_valid_height,
            made_today: self.made_today(opened.tenant).await?,
        })
    }

    /// The one of the two keys a signature can be of that has an account; if one is named, rather the
    /// one that is a passkey of it.
    async fn recover(
        &self,
        opened: Opened<'_>,
        named: Option<&Named>,
        assertion: &Assertion<'_>,
    ) -> Result<Option<(CompressedKey, Option<PasskeyAccount>)>, Error> {
        let Ok(candidates) = assertion.candidates() else {
            return Ok(None);
        };
        let mut found = None;
        for key in candidates {
            let Some(account) = self.account_of(opened, &key).await? else {
                continue;
            };
            if named.is_none_or(|named| named.has(&account.address)) {
                return Ok(Some((key, Some(account))));
            }
            found.get_or_insert((key, Some(account)));
        }
        Ok(found)
    }

    async fn account_of(
        &self,
        opened: Opened<'_>,
        key: &CompressedKey,
    ) -> Result<Option<PasskeyAccount>, Error> {
        let address = passkey_account(key).address;
        self.account_at(opened.tenant, opened.terms.environment, address)
            .await
    }
}

/// A session that waits for its answer.
#[derive(Clone, Copy)]
struct Opened<'a> {
    tenant: TenantId,
    terms: &'a SessionTerms,
    challenge: &'a [u8],
}

/// What the program on the chain would make of an answer.
fn for_chain(
    opened: Opened<'_>,
    assertion: &Assertion<'_>,
    key: &CompressedKey,
    sign_count: u32,
) -> Result<ForChain, ForChainRejection> {
    let challenge = opened.challenge.try_into();
    let challenge = challenge.map_err(|_| TemplateRejection::Challenge);
    assertion.for_chain(
        key,
        &Expect {
            rp_id: &opened.terms.rp_id,
            challenge: challenge.map_err(ForChainRejection::Template)?,
            counter: sign_count.into(),
        },
    )
}

/// Where our own pages are. Browsers have no passkeys at a bare address, so a loopback one goes by
/// its name.
pub(super) fn hosted(audience: &str) -> String {
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

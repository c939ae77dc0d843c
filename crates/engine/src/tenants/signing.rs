//! What a passkey's signature on a document rests on.

use std::sync::Arc;

use rules::tenant::facts::AnsweredSigning;
use rules::tenant::signing::{AskedSigning, Document, Hashed};
use rules::tenant::{Begun, Ceremony, Found, SessionAnswer, SigningTerms, Tenant};
use vault::payload::{TypedData, U256, UserOperation};
use verify::evm::encode;
use verify::session::{SessionExpect, judge};
use verify::solana::{Assertion, passkey_account};
use wire::environment::Environment;
use wire::id::TenantId;

use super::sessions::hosted;
use crate::Engine;
use crate::error::Error;

impl Engine {
    /// The document of a tenant that waits for a signature with this challenge, for the page that
    /// shows it. It may have expired.
    pub async fn signing_of(
        &self,
        tenant: TenantId,
        challenge: &[u8],
    ) -> Result<Option<Arc<Ceremony>>, Error> {
        let ceremony = self.store.ceremony(tenant, challenge).await?;
        Ok(ceremony.filter(|ceremony| matches!(ceremony.begun, Begun::Signing(_))))
    }

    pub(super) async fn found_drafting(
        &self,
        tenant: TenantId,
        environment: Environment,
        asked: &AskedSigning,
    ) -> Result<Found, Error> {
        let read = read(asked);
        // The same document has the same challenge, and is asked for again when a page was closed.
        let waiting = match (&read, asked.account.family()) {
            (Ok(hashed), Some(family)) => {
                let challenge = verify::evm::challenge(&family, &hashed.hash);
                self.store.ceremony(tenant, &challenge).await?
            }
            _ => None,
        };
        Ok(Found::Drafting {
            hosted: hosted(&self.settings.audience),
            is_served: environment != Environment::Mainnet
                || self.networks.contains_key(&environment),
            read,
            waiting,
        })
    }

    pub(super) async fn found_signed(
        &self,
        tenant: &Tenant,
        answer: &SessionAnswer,
    ) -> Result<Found, Error> {
        let ceremony = self.ceremony(tenant.id, &answer.client_data_json).await?;
        let answered = match ceremony.as_deref() {
            Some(Ceremony {
                begun: Begun::Signing(terms),
                challenge,
                ..
            }) => {
                let opened = (&**terms, challenge.as_slice());
                self.answered_signing(tenant.id, opened, answer).await?
            }
            _ => None,
        };
        Ok(Found::Signed {
            ceremony,
            answered: answered.map(Box::new),
        })
    }

    /// Of the two keys that the signature can be of, the one that has an account with the tenant.
    /// What the answer says of its key is not looked at: nobody signs for an account that is new.
    async fn answered_signing(
        &self,
        tenant: TenantId,
        (terms, challenge): (&SigningTerms, &[u8]),
        answer: &SessionAnswer,
    ) -> Result<Option<AnsweredSigning>, Error> {
        let assertion = Assertion {
            authenticator_data: &answer.authenticator_data,
            client_data_json: &answer.client_data_json,
            signature: &answer.signature,
        };
        let family = terms.account.family();
        let family = family.ok_or_else(|| Error::Unreadable("an end too far away".to_owned()))?;
        for key in assertion.candidates().into_iter().flatten() {
            let address = passkey_account(&key).address;
            let kept = self
                .store
                .passkey_account(tenant, terms.environment, address);
            let Some(account) = kept.await? else {
                continue;
            };
            let expect = SessionExpect {
                rp_id: &terms.rp_id,
                origin: &terms.origin,
                challenge,
                sign_count: account.sign_count,
            };
            return Ok(Some(AnsweredSigning {
                verified: judge(&expect, &assertion, &key).map(Box::new),
                encoded: encode(&family, &assertion, &key, &terms.hash),
                account,
            }));
        }
        Ok(None)
    }
}

/// The document in the form that is kept, with the hash that follows from it; or why there is
/// none.
fn read(asked: &AskedSigning) -> Result<Hashed, String> {
    let chain_id = U256::from(asked.chain_id);
    match &asked.document {
        Document::UserOperation {
            text,
            version,
            entry_point,
        } => {
            let operation =
                UserOperation::parse(text, *version).map_err(|error| error.to_string())?;
            Ok(Hashed {
                hash: operation.hash(entry_point, chain_id),
                document: Document::UserOperation {
                    text: operation.canonical(),
                    version: *version,
                    entry_point: *entry_point,
                },
            })
        }
        Document::TypedData { text } => {
            let typed = TypedData::parse_exactly(text).map_err(|error| error.to_string())?;
            let hash = typed.signing_hash().map_err(|error| error.to_string())?;
            // Without one, the signature would be good on every chain.
            if typed.chain_id() != Some(chain_id) {
                let chain = asked.chain_id;
                return Err(format!(
                    "`domain.chainId` must be there, signed, and {chain}"
                ));
            }
            Ok(Hashed {
                hash,
                document: asked.document.clone(),
            })
        }
    }
}

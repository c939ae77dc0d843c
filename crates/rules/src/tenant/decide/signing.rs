//! Whether a passkey may be asked to sign a document, and whether it has.

use std::sync::Arc;

use wire::Timestamp;

use super::Allowed;
use super::session::place;
use crate::tenant::signing::{Document, MAX_DOCUMENT, SmartAccount};
use crate::tenant::{Begun, Command, Config, Found, Refusal, SigningTerms};

pub(super) fn open(command: &Command, config: &Config, found: &Found) -> Result<Allowed, Refusal> {
    let (
        Command::OpenSigning {
            environment,
            asked,
            base_url,
            redirect_url,
            app_name,
        },
        Found::Drafting {
            hosted,
            is_served,
            read,
            waiting,
        },
    ) = (command, found)
    else {
        return Err(Refusal::ChallengeUnknown);
    };
    if !is_served {
        return Err(Refusal::NoNetwork(*environment));
    }
    if asked.account.family().is_none() {
        let message = "evm.validUntil must be below 2^48 seconds".to_owned();
        return Err(Refusal::Invalid(message));
    }
    suits(asked.account, &asked.document)?;
    let hashed = read.clone().map_err(|reason| {
        let member = asked.document.member();
        Refusal::Invalid(format!("evm.{member} cannot be signed: {reason}"))
    })?;
    if hashed.document.text().len() > MAX_DOCUMENT {
        let member = asked.document.member();
        return Err(Refusal::Invalid(format!(
            "evm.{member} is longer than the {MAX_DOCUMENT} bytes that anybody can be shown"
        )));
    }
    let place = place(config, hosted, base_url.as_ref(), redirect_url.as_ref())?;
    Ok(Allowed::OpenSigning {
        base_url: place.base_url,
        terms: Box::new(SigningTerms {
            environment: *environment,
            account: asked.account,
            chain_id: asked.chain_id,
            document: hashed.document,
            hash: hashed.hash,
            rp_id: place.rp_id,
            origin: place.origin,
            redirect_url: redirect_url.clone(),
            app_name: app_name.clone(),
        }),
        waiting: waiting.clone(),
    })
}

/// Refuses what the account's contract would hash otherwise, so that nobody signs for nothing.
fn suits(account: SmartAccount, document: &Document) -> Result<(), Refusal> {
    use SmartAccount as A;
    let why = match (account, document) {
        (A::Safe, Document::UserOperation { .. }) => {
            "a Safe signs the SafeOp of a user operation: send that as evm.typedData"
        }
        (A::DaimoV1(_) | A::DaimoV2(_), Document::TypedData { .. }) => {
            "Daimo's accounts take user operations alone: send evm.userOperation"
        }
        _ => return Ok(()),
    };
    Err(Refusal::Invalid(why.to_owned()))
}

pub(super) fn finish(found: &Found, now: Timestamp) -> Result<Allowed, Refusal> {
    let Found::Signed {
        ceremony: Some(ceremony),
        answered,
    } = found
    else {
        return Err(Refusal::ChallengeUnknown);
    };
    let Begun::Signing(terms) = &ceremony.begun else {
        return Err(Refusal::ChallengeUnknown);
    };
    if ceremony.is_expired(now) {
        return Err(Refusal::CeremonyExpired);
    }
    let answered = answered.as_ref().ok_or(Refusal::AccountUnknown)?;
    let verified = answered.verified.as_ref();
    let verified = verified.map_err(|rejection| Refusal::NotBelieved(*rejection))?;
    if answered.account.rp_id != terms.rp_id {
        let own = answered.account.rp_id.clone();
        return Err(Refusal::OtherRelyingParty(own));
    }
    let encoded = answered.encoded.clone().map_err(Refusal::NotForContract)?;
    Ok(Allowed::FinishSigning {
        ceremony: Arc::clone(ceremony),
        terms: terms.clone(),
        account: Box::new(answered.account.clone()),
        verified: verified.clone(),
        encoded: Box::new(encoded),
    })
}

#[cfg(test)]
mod tests {
    use testkit::authenticator::Passkey;
    use verify::evm::{Assertion, EvmRejection, encode};
    use verify::session::{SessionExpect, judge};
    use wire::environment::Environment;
    use wire::evm::EntryPointVersion;
    use wire::solana::secp256r1::CompressedKey;

    use super::*;
    use crate::tenant::config::Preference;
    use crate::tenant::facts::AnsweredSigning;
    use crate::tenant::signing::{AskedSigning, DaimoKey, Hashed};
    use crate::tenant::{Ceremony, PasskeyAccount};

    const HOSTED: &str = "https://auth.example";
    const RP_ID: &str = "auth.example";
    const NOW: Timestamp = Timestamp::from_millis(1_790_000_000_000);

    fn operation() -> Document {
        let version = EntryPointVersion::V0_7;
        Document::UserOperation {
            text: "{}".to_owned(),
            version,
            entry_point: version.address(),
        }
    }

    fn typed(length: usize) -> Document {
        Document::TypedData {
            text: " ".repeat(length),
        }
    }

    fn daimo(valid_until: u64) -> SmartAccount {
        SmartAccount::DaimoV2(DaimoKey {
            key_slot: 0,
            valid_until,
        })
    }

    fn asked(
        account: SmartAccount,
        document: &Document,
        is_served: bool,
    ) -> Result<Allowed, Refusal> {
        let command = Command::OpenSigning {
            environment: Environment::Sandbox,
            asked: Box::new(AskedSigning {
                account,
                chain_id: 1,
                document: document.clone(),
            }),
            base_url: None,
            redirect_url: None,
            app_name: None,
        };
        let found = Found::Drafting {
            hosted: HOSTED.to_owned(),
            is_served,
            read: Ok(Hashed {
                document: document.clone(),
                hash: [7; 32],
            }),
            waiting: None,
        };
        let ceremony = serde_json::json!({
            "timeout": 60_000, "user_verification": "preferred",
            "attestation_preference": "none", "resident_key_requirement": "required",
        });
        let mut webauthn = ceremony.clone();
        webauthn["relying_party"] =
            serde_json::json!({ "id": RP_ID, "display_name": "A", "origins": [HOSTED] });
        let config = serde_json::from_value(serde_json::json!({
            "cors": { "allowed_origins": [], "allow_unsafe_wildcard": false },
            "webauthn": webauthn,
            "mfa": ceremony,
        }));
        open(&command, &config.unwrap(), &found)
    }

    #[test]
    fn a_document_is_signed_by_accounts_that_hash_it_so() {
        let typed = typed(2);
        for (account, document, is_good) in [
            (SmartAccount::Coinbase { owner_index: 0 }, operation(), true),
            (SmartAccount::Solady, typed.clone(), true),
            (SmartAccount::OpenZeppelin, typed.clone(), true),
            (SmartAccount::Safe, typed.clone(), true),
            (SmartAccount::Safe, operation(), false),
            (daimo(0), operation(), true),
            (daimo((1 << 48) - 1), operation(), true),
            (daimo(1 << 48), operation(), false),
            (daimo(0), typed, false),
        ] {
            match asked(account, &document, true) {
                Ok(Allowed::OpenSigning { terms, .. }) => {
                    assert!(is_good, "{account:?}");
                    assert_eq!((terms.hash, terms.rp_id.as_str()), ([7; 32], RP_ID));
                }
                Err(Refusal::Invalid(_)) => assert!(!is_good, "{account:?}"),
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn what_nobody_could_be_shown_is_not_signed() {
        assert!(asked(SmartAccount::Safe, &typed(MAX_DOCUMENT), true).is_ok());
        let refused = asked(SmartAccount::Safe, &typed(MAX_DOCUMENT + 1), true);
        assert!(matches!(refused, Err(Refusal::Invalid(_))));
        let elsewhere = asked(SmartAccount::Safe, &typed(2), false).unwrap_err();
        assert_eq!(elsewhere, Refusal::NoNetwork(Environment::Sandbox));
    }

    /// An answer to a document of this account's, by a passkey with or without a verified user.
    fn answered(account: SmartAccount, is_verified: bool, rp_id: &str) -> Found {
        let passkey = Passkey::es256(1, RP_ID, HOSTED);
        let family = account.family().unwrap();
        let challenge = verify::evm::challenge(&family, &[7; 32]);
        let made = passkey.assertion_with(&challenge, |_, data| {
            data.flags = if is_verified { 0x05 } else { 0x01 };
        });
        let cose = passkey.public_key();
        let key = [&[2 + (cose[76] & 1)][..], &cose[10..42]].concat();
        let key = CompressedKey::from_bytes(key.try_into().unwrap()).unwrap();
        let assertion = Assertion {
            authenticator_data: &made.authenticator_data,
            client_data_json: &made.client_data_json,
            signature: &made.signature,
        };
        let expect = SessionExpect {
            rp_id: RP_ID,
            origin: HOSTED,
            challenge: &challenge,
            sign_count: 0,
        };
        let known = PasskeyAccount {
            environment: Environment::Sandbox,
            address: verify::solana::passkey_account(&key).address,
            public_key: key.as_bytes().to_vec(),
            credential_id: None,
            rp_id: rp_id.to_owned(),
            session: None,
            sign_count: 0,
            revision: Some(1),
            created_at: NOW,
            updated_at: NOW,
        };
        Found::Signed {
            answered: Some(Box::new(AnsweredSigning {
                account: known,
                verified: judge(&expect, &assertion, &key).map(Box::new),
                encoded: encode(&family, &assertion, &key, &[7; 32]),
            })),
            ceremony: Some(Arc::new(Ceremony {
                challenge,
                begun: Begun::Signing(Box::new(SigningTerms {
                    environment: Environment::Sandbox,
                    account,
                    chain_id: 1,
                    document: operation(),
                    hash: [7; 32],
                    rp_id: RP_ID.to_owned(),
                    origin: HOSTED.to_owned(),
                    redirect_url: None,
                    app_name: None,
                })),
                user_verification: Preference::Required,
                expires_at: NOW,
            })),
        }
    }

    const EARLIER: Timestamp = Timestamp::from_millis(1_789_999_999_999);

    #[test]
    fn an_answer_in_time_that_the_contract_takes_is_taken() {
        for account in [SmartAccount::Safe, SmartAccount::Solady, daimo(9)] {
            let found = answered(account, true, RP_ID);
            let allowed = finish(&found, EARLIER);
            assert!(
                matches!(allowed, Ok(Allowed::FinishSigning { .. })),
                "{allowed:?}"
            );
            assert_eq!(finish(&found, NOW).unwrap_err(), Refusal::CeremonyExpired);
        }
    }

    #[test]
    fn every_other_answer_is_refused_by_name() {
        let refused = |found: &Found| finish(found, EARLIER).unwrap_err();
        let unverified = answered(SmartAccount::Safe, false, RP_ID);
        let reason = Refusal::NotForContract(EvmRejection::UserVerification);
        assert_eq!(refused(&unverified), reason);
        assert!(finish(&answered(SmartAccount::Solady, false, RP_ID), EARLIER).is_ok());
        let other = answered(SmartAccount::Solady, true, "other.example");
        let reason = Refusal::OtherRelyingParty("other.example".to_owned());
        assert_eq!(refused(&other), reason);
        let Found::Signed { ceremony, .. } = answered(SmartAccount::Solady, true, RP_ID) else {
            panic!("an answer");
        };
        let nobodys = Found::Signed {
            ceremony,
            answered: None,
        };
        assert_eq!(refused(&nobodys), Refusal::AccountUnknown);
        let unknown = Found::Signed {
            ceremony: None,
            answered: None,
        };
        assert_eq!(refused(&unknown), Refusal::ChallengeUnknown);
    }
}

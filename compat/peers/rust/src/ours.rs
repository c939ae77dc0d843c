//! zegel: from the envelope's text to the proof.

use serde_json::Value;
use testkit::Passkey;
use verify::stamp::KeyCache;
use verify::webauthn::{
    AssertionExpect, CredentialRecord, ExpectedUser, ParsedKey, RelyingParty, assertion,
};
use wire::webauthn::AssertionResponse;

use crate::{Call, ORIGIN, RP_ID, USER};

/// Random enough for a signature.
pub const CHALLENGE: &[u8; 32] = b"thirty-two bytes, but not random";

/// What a server stores of a passkey, and what it expects of the next answer.
struct Known {
    body: Vec<u8>,
    rp: RelyingParty,
    credential_id: Vec<u8>,
    public_key: Vec<u8>,
}

/// As the server does it: keys that were used lately stay parsed.
pub fn with_key_at_hand(passkey: &Passkey) -> anyhow::Result<Call> {
    let known = Known::of(passkey);
    let cache = KeyCache::new(16);
    cache.passkey(&known.public_key)?;
    Ok(Box::new(move || {
        let key = cache.passkey(&known.public_key);
        key.is_ok_and(|key| known.judge(&key))
    }))
}

/// As its peers do it: from the stored bytes each time.
pub fn reading_the_key(passkey: &Passkey) -> Call {
    let known = Known::of(passkey);
    Box::new(move || ParsedKey::from_cose(&known.public_key).is_ok_and(|key| known.judge(&key)))
}

impl Known {
    fn of(passkey: &Passkey) -> Self {
        let envelope: Value = passkey.assertion(CHALLENGE).to_json(Some(USER));
        Self {
            body: envelope.to_string().into_bytes(),
            rp: RelyingParty::new(RP_ID, &[ORIGIN]),
            credential_id: passkey.credential_id().to_vec(),
            public_key: passkey.public_key(),
        }
    }

    fn judge(&self, key: &ParsedKey) -> bool {
        let record = CredentialRecord {
            id: &self.credential_id,
            key,
            user_handle: USER,
            rp_id_hash: None,
            sign_count: 0,
            backup_eligible: Some(false),
            enabled: true,
        };
        let expect = AssertionExpect::new(CHALLENGE, ExpectedUser::Identified(USER));
        AssertionResponse::from_json(&self.body).is_ok_and(|response| {
            assertion::finish(&self.rp, &expect, &response, Some(&record)).is_ok()
        })
    }
}

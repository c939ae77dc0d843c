//! Evidence, which only `verify` can make: a request is stamped and authenticated for real.

use vault::ApiKeyPair;
use verify::stamp::KeyCache;
use verify::webauthn::RelyingParty;
use verify::{Authenticated, Claim, Credential, CredentialKey, Signer};
use wire::id::{OrganisationId, UserId};
use wire::keys::Curve;
use wire::{RawRequest, Timestamp};

/// Evidence that somebody of the organisation stamped an empty request.
pub fn evidence(home: OrganisationId) -> Authenticated {
    let key = ApiKeyPair::from_private_hex(Curve::P256, &"07".repeat(32)).unwrap();
    let stamp = key.stamp(key.default_scheme(), b"{}").unwrap();
    let raw = RawRequest {
        path: "/public/v1/submit/sign_raw_payload".to_owned(),
        body: b"{}".to_vec(),
        stamp: Some(stamp.to_header()),
        webauthn_stamp: None,
    };
    let user = UserId::from_bytes([1; 16]);
    let credential = Credential {
        tenant: home,
        signer: Signer { home, user },
        key: CredentialKey::ApiKey {
            curve: Curve::P256,
            public_key: stamp.public_key,
            expires_at: None,
        },
    };
    let relying_party = RelyingParty::new("example.com", &[]);
    let (claim, now) = (Claim::read(&raw).unwrap(), Timestamp::from_millis(0));
    verify::authenticate(
        raw,
        claim,
        &credential,
        &relying_party,
        &KeyCache::new(1),
        now,
    )
    .unwrap()
}

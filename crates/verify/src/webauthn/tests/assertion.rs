use testkit::authenticator::{AT, AuthData, BE, BS, ClientData, UP, UV};
use testkit::keys::SigningKey;
use wire::webauthn::{AssertionResponse, AuthenticatorDataError};

use super::super::assertion::finish;
use super::super::{
    AssertionExpect, CounterPolicy, CounterVerdict, CredentialRecord, ExpectedUser, Origins,
    ParsedKey, Profile, Rejection, RelyingParty, UserVerification, VerifiedAssertion,
};
use super::{CHALLENGE, ES256, ORIGIN, RP_ID, key};

/// An assertion that is in order until a test changes something.
struct Draft {
    rp: RelyingParty,
    expect: AssertionExpect<'static>,
    client: ClientData,
    data: AuthData,
    signer: SigningKey,
    user_handle: Option<Vec<u8>>,
    app_id: Option<bool>,
    signature: Option<Vec<u8>>,
    record: Option<Record>,
}

/// The stored side.
struct Record {
    id: &'static [u8],
    user_handle: &'static [u8],
    rp_id_hash: Option<[u8; 32]>,
    sign_count: u32,
    backup_eligible: Option<bool>,
    enabled: bool,
}

impl Draft {
    fn new() -> Self {
        Self {
            rp: RelyingParty::new(RP_ID, &[ORIGIN]),
            expect: AssertionExpect::new(CHALLENGE, ExpectedUser::Identified(b"alice")),
            client: ClientData::get(CHALLENGE, ORIGIN),
            data: AuthData::assertion(RP_ID),
            signer: key("credential"),
            user_handle: None,
            app_id: None,
            signature: None,
            record: Some(Record {
                id: b"credential",
                user_handle: b"alice",
                rp_id_hash: Some(testkit::encode::sha256(&[RP_ID.as_bytes()])),
                sign_count: 0,
                backup_eligible: Some(false),
                enabled: true,
            }),
        }
    }

    fn record(&mut self) -> &mut Record {
        self.record.as_mut().expect("drafts begin with a record")
    }

    fn finish(self) -> Result<VerifiedAssertion, Rejection> {
        let client_data_json = self.client.encode();
        let authenticator_data = self.data.encode();
        let hash = testkit::encode::sha256(&[&client_data_json]);
        let signed = [&authenticator_data[..], &hash].concat();
        let mut response = AssertionResponse {
            credential_id: b"credential".to_vec(),
            signature: self.signature.unwrap_or_else(|| self.signer.sign(&signed)),
            client_data_json,
            authenticator_data,
            user_handle: self.user_handle,
            ..AssertionResponse::default()
        };
        response.extensions.app_id = self.app_id;
        let registered = ParsedKey::from_cose(&key("credential").cose(ES256).encode()).unwrap();
        let record = self.record.as_ref().map(|record| CredentialRecord {
            id: record.id,
            key: &registered,
            user_handle: record.user_handle,
            rp_id_hash: record.rp_id_hash.as_ref(),
            sign_count: record.sign_count,
            backup_eligible: record.backup_eligible,
            enabled: record.enabled,
        });
        finish(&self.rp, &self.expect, &response, record.as_ref())
    }
}

fn accepts(edit: impl FnOnce(&mut Draft)) -> VerifiedAssertion {
    let mut draft = Draft::new();
    edit(&mut draft);
    draft.finish().expect("the assertion is in order")
}

fn refuses(expected: Rejection, edit: impl FnOnce(&mut Draft)) {
    let mut draft = Draft::new();
    edit(&mut draft);
    assert_eq!(draft.finish().err(), Some(expected));
}

#[test]
fn answers_the_facts_to_update() {
    let verified = accepts(|draft| {
        draft.data.sign_count = 9;
        draft.data.flags |= BE | BS;
        draft.record().backup_eligible = Some(true);
    });
    assert_eq!(verified.credential_id(), b"credential");
    assert_eq!(verified.user_handle(), b"alice");
    assert_eq!(verified.sign_count(), 9);
    assert_eq!(verified.counter(), CounterVerdict::Increased);
    assert!(verified.user_verified() && verified.backed_up());
    assert_eq!(verified.origin(), ORIGIN);
}

#[test]
fn refuses_credentials_that_were_not_asked_for_unknown_or_disabled() {
    refuses(Rejection::CredentialNotAllowed, |draft| {
        draft.expect.allowed = &[b"another"]
    });
    accepts(|draft| draft.expect.allowed = &[b"another", b"credential"]);
    refuses(Rejection::CredentialUnknown, |draft| draft.record = None);
    refuses(Rejection::CredentialUnknown, |draft| {
        draft.record().id = b"another"
    });
    refuses(Rejection::CredentialDisabled, |draft| {
        draft.record().enabled = false
    });
}

#[test]
fn t44_an_identified_user_must_own_the_credential_whatever_handle_is_told() {
    accepts(|draft| draft.user_handle = Some(b"alice".to_vec()));
    accepts(|draft| draft.user_handle = Some(Vec::new()));
    refuses(Rejection::UserHandleMismatch, |draft| {
        draft.user_handle = Some(b"bob".to_vec())
    });
    for told in [None, Some(b"alice".to_vec()), Some(b"bob".to_vec())] {
        refuses(Rejection::CredentialWrongUser, |draft| {
            draft.record().user_handle = b"bob";
            draft.user_handle = told;
        });
    }
}

#[test]
fn a_discoverable_credential_must_tell_its_owner() {
    let told = |draft: &mut Draft, handle: Option<&[u8]>| {
        draft.expect.user = ExpectedUser::Discoverable;
        draft.user_handle = handle.map(<[u8]>::to_vec);
    };
    accepts(|draft| told(draft, Some(b"alice")));
    refuses(Rejection::UserHandleMissing, |draft| told(draft, None));
    refuses(Rejection::UserHandleMissing, |draft| told(draft, Some(b"")));
    refuses(Rejection::UserHandleMismatch, |draft| {
        told(draft, Some(b"bob"))
    });
}

#[test]
fn a_stamp_is_its_owners() {
    accepts(|draft| draft.expect.user = ExpectedUser::Owner);
    refuses(Rejection::UserHandleMismatch, |draft| {
        draft.expect.user = ExpectedUser::Owner;
        draft.user_handle = Some(b"bob".to_vec());
    });
}

#[test]
fn t29_refuses_client_data_that_is_not_of_this_ceremony() {
    refuses(Rejection::TypeMismatch, |draft| {
        draft.client.set("type", "webauthn.create")
    });
    refuses(Rejection::ChallengeMismatch, |draft| {
        draft.expect.challenge = b"another"
    });
    refuses(Rejection::OriginMismatch, |draft| {
        draft.client.set("origin", "https://evil.com")
    });
    refuses(Rejection::CrossOriginNotAllowed, |draft| {
        draft.client.set("crossOrigin", true)
    });
}

#[test]
fn refuses_another_rp_id_than_ours_or_the_credentials() {
    refuses(Rejection::RpIdHashMismatch, |draft| {
        draft.data = AuthData::assertion("example.com")
    });
    refuses(Rejection::RpIdHashMismatch, |draft| {
        draft.record().rp_id_hash = Some([0; 32])
    });
    // Several RP IDs, a credential of the first, and an assertion for the second.
    refuses(Rejection::RpIdHashMismatch, |draft| {
        draft.rp.rp_ids.push("example.com".to_owned());
        draft.data = AuthData::assertion("example.com");
    });
    accepts(|draft| draft.record().rp_id_hash = None);
}

#[test]
fn t33_any_secure_binds_a_native_app_to_the_registered_rp_id() {
    let app = |draft: &mut Draft, rp_id: &str| {
        const APP: &str = "android:apk-key-hash:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        draft.rp.origins = Origins::AnySecure;
        draft.rp.rp_ids.clear();
        draft.client.set("origin", APP);
        draft.data = AuthData::assertion(rp_id);
    };
    accepts(|draft| app(draft, RP_ID));
    refuses(Rejection::RpIdHashMismatch, |draft| {
        app(draft, "example.com")
    });
}

#[test]
fn accepts_the_app_id_only_when_asked_for_and_reported() {
    const APP_ID: &str = "https://example.org/app-id.json";
    let signed_for_app_id = |draft: &mut Draft| draft.data = AuthData::assertion(APP_ID);
    refuses(Rejection::RpIdHashMismatch, signed_for_app_id);
    refuses(Rejection::RpIdHashMismatch, |draft| {
        signed_for_app_id(draft);
        draft.app_id = Some(true);
    });
    refuses(Rejection::RpIdHashMismatch, |draft| {
        signed_for_app_id(draft);
        draft.expect.app_id = Some(APP_ID);
    });
    accepts(|draft| {
        signed_for_app_id(draft);
        draft.expect.app_id = Some(APP_ID);
        draft.app_id = Some(true);
    });
}

#[test]
fn t38_judges_presence_verification_and_backup() {
    refuses(Rejection::UserPresenceMissing, |draft| {
        draft.data.flags &= !UP
    });
    refuses(Rejection::UserPresenceMissing, |draft| {
        draft.rp.user_verification = UserVerification::Discouraged;
        draft.data.flags = 0;
    });
    accepts(|draft| {
        draft.rp.user_verification = UserVerification::Discouraged;
        draft.rp.profile = Profile::FidoConformance;
        draft.data.flags = 0;
    });
    refuses(Rejection::UserVerificationMissing, |draft| {
        draft.data.flags &= !UV
    });
    accepts(|draft| {
        draft.expect.user_verification = Some(UserVerification::Preferred);
        draft.data.flags &= !UV;
    });
    refuses(Rejection::BackupStateWithoutEligibility, |draft| {
        draft.data.flags |= BS
    });
    refuses(Rejection::BackupEligibilityChanged, |draft| {
        draft.data.flags |= BE
    });
    refuses(Rejection::BackupEligibilityChanged, |draft| {
        draft.record().backup_eligible = Some(true);
    });
    accepts(|draft| draft.record().backup_eligible = None);
}

#[test]
fn verifies_with_the_registered_key_alone() {
    refuses(Rejection::SignatureInvalid, |draft| {
        draft.signer = key("another")
    });
    // A key inside the assertion is ignored: with it the signature would verify.
    refuses(Rejection::SignatureInvalid, |draft| {
        draft.signer = key("another");
        draft.data = AuthData::registration(RP_ID, b"credential", key("another").cose(ES256));
    });
    accepts(|draft| {
        draft.data = AuthData::registration(RP_ID, b"credential", key("another").cose(ES256));
    });
    refuses(
        Rejection::AuthenticatorData(AuthenticatorDataError::Truncated),
        |draft| {
            draft.data.flags |= AT;
        },
    );
}

#[test]
fn tells_a_malformed_signature_from_a_wrong_one() {
    refuses(Rejection::SignatureNotDer, |draft| {
        draft.signature = Some(vec![0; 64])
    });
    refuses(Rejection::SignatureInvalid, |draft| {
        draft.signature = Some(vec![0x30, 6, 2, 1, 0, 2, 1, 0]);
    });
}

#[test]
fn t37_judges_the_counter_as_configured() {
    let counters = |draft: &mut Draft, stored, received| {
        draft.record().sign_count = stored;
        draft.data.sign_count = received;
    };
    for (stored, received, verdict) in [
        (0, 0, CounterVerdict::Absent),
        (0, 1, CounterVerdict::Increased),
        (7, u32::MAX, CounterVerdict::Increased),
    ] {
        assert_eq!(
            accepts(|draft| counters(draft, stored, received)).counter(),
            verdict
        );
    }
    for (stored, received) in [(5, 5), (5, 4), (5, 0)] {
        refuses(Rejection::SignCountNotIncreased, |draft| {
            counters(draft, stored, received)
        });
        let reported = accepts(|draft| {
            counters(draft, stored, received);
            draft.rp.counter = CounterPolicy::Report;
        });
        assert_eq!(reported.counter(), CounterVerdict::NotIncreased);
    }
    // A wrong signature is found before its counter is believed.
    refuses(Rejection::SignatureInvalid, |draft| {
        counters(draft, 5, 4);
        draft.signer = key("another");
    });
}

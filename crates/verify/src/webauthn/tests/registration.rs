use testkit::authenticator::{AT, AuthData, BE, BS, ClientData, ED, UP, UV};
use testkit::encode::cbor::{Cbor, map};
use testkit::keys::SigningKey;
use wire::webauthn::{
    AuthenticatorDataError, ClientDataError, CoseAlgorithm, RegistrationResponse,
};

use super::super::registration::finish;
use super::super::{
    CrossOrigin, Origins, Profile, RegistrationExpect, Rejection, RelyingParty, TopOrigins,
    TrustStore, UserVerification, VerifiedRegistration,
};
use super::{CHALLENGE, ES256, NOW, ORIGIN, RP_ID, key};

/// A registration that is in order until a test changes something.
pub(super) struct Draft {
    pub rp: RelyingParty,
    pub expect: RegistrationExpect<'static>,
    pub client: ClientData,
    pub data: AuthData,
    pub response: RegistrationResponse,
}

impl Draft {
    pub(super) fn of(algorithm: i64, key: &SigningKey) -> Self {
        Self {
            rp: RelyingParty::new(RP_ID, &[ORIGIN]),
            expect: RegistrationExpect::new(CHALLENGE),
            client: ClientData::create(CHALLENGE, ORIGIN),
            data: AuthData::registration(RP_ID, b"credential", key.cose(algorithm)),
            response: RegistrationResponse {
                credential_id: b"credential".to_vec(),
                ..RegistrationResponse::default()
            },
        }
    }

    fn finish(mut self) -> Result<VerifiedRegistration, Rejection> {
        let object = map([
            ("fmt", "none".into()),
            ("attStmt", Cbor::Map(vec![])),
            ("authData", Cbor::Bytes(self.data.encode())),
        ]);
        self.response.client_data_json = self.client.encode();
        self.response.attestation_object = object.encode();
        finish(
            &self.rp,
            &self.expect,
            &self.response,
            NOW,
            &TrustStore::empty(),
        )
    }
}

fn accepts(edit: impl FnOnce(&mut Draft)) -> VerifiedRegistration {
    let mut draft = Draft::of(ES256, &key("credential"));
    edit(&mut draft);
    draft.finish().expect("the registration is in order")
}

fn refuses(expected: Rejection, edit: impl FnOnce(&mut Draft)) {
    let mut draft = Draft::of(ES256, &key("credential"));
    edit(&mut draft);
    assert_eq!(draft.finish().err(), Some(expected));
}

#[test]
fn answers_the_facts_to_keep() {
    let verified = accepts(|draft| {
        draft.data.flags |= BE | BS;
        draft.data.sign_count = 7;
        draft.data.credential().aaguid = [3; 16];
        draft.response.transports = vec!["internal".into(), "telepathy".into()];
        draft.response.extensions.resident_key = Some(true);
    });
    assert_eq!(verified.credential_id(), b"credential");
    assert_eq!(
        verified.public_key(),
        key("credential").cose(ES256).encode()
    );
    assert_eq!(verified.algorithm(), CoseAlgorithm::Es256);
    assert!(verified.user_verified() && verified.backup_eligible() && verified.backed_up());
    assert_eq!(verified.sign_count(), 7);
    assert_eq!(verified.aaguid(), &[3; 16]);
    assert_eq!(verified.transports(), ["internal", "telepathy"]);
    assert_eq!(verified.resident_key(), Some(true));
    assert_eq!(verified.origin(), ORIGIN);
    assert!(!verified.attestation().trusted);
}

#[test]
fn t31_refuses_client_data_of_another_ceremony() {
    for kind in ["webauthn.get", "payment.get", "", "WEBAUTHN.CREATE"] {
        refuses(Rejection::TypeMismatch, |draft| {
            draft.client.set("type", kind)
        });
    }
    refuses(
        Rejection::ClientData(ClientDataError::TypeMissing),
        |draft| {
            draft.client.remove("type");
        },
    );
}

#[test]
fn refuses_every_other_spelling_of_the_challenge() {
    use wire::encoding::{base64, base64url, hex};
    let spelled = base64url::encode(CHALLENGE);
    for challenge in [
        String::new(),
        format!("{spelled}="),
        base64::encode(CHALLENGE),
        hex::encode(CHALLENGE),
        base64url::encode(&spelled),
        base64url::encode(&CHALLENGE[1..]),
        base64url::encode([CHALLENGE, b"\0"].concat()),
        spelled.to_uppercase(),
        // The same bytes to a lax decoder: the last character has bits to spare.
        format!(
            "{}B",
            spelled
                .strip_suffix('A')
                .expect("25 bytes leave spare bits")
        ),
    ] {
        refuses(Rejection::ChallengeMismatch, |draft| {
            draft.client.set("challenge", challenge)
        });
    }
}

#[test]
fn accepts_a_challenge_of_any_length() {
    for length in [0, 1, 16, 64, 1024] {
        let challenge: &'static [u8] = vec![0x5a; length].leak();
        accepts(|draft| {
            draft.expect.challenge = challenge;
            draft.client = ClientData::create(challenge, ORIGIN);
        });
    }
}

#[test]
fn refuses_origins_and_frames_that_are_not_configured() {
    refuses(Rejection::OriginMismatch, |draft| {
        draft.client.set("origin", "https://evil.com")
    });
    refuses(Rejection::CrossOriginNotAllowed, |draft| {
        draft.client.set("crossOrigin", true)
    });
    refuses(Rejection::TopOriginWithoutCrossOrigin, |draft| {
        draft.client.set("topOrigin", ORIGIN)
    });
    let framed = |draft: &mut Draft, top: Option<&str>| {
        let listed = vec!["https://top.example".to_owned()];
        draft.rp.cross_origin = CrossOrigin::Allow(TopOrigins::Listed(listed));
        draft.client.set("crossOrigin", true);
        if let Some(top) = top {
            draft.client.set("topOrigin", top);
        }
    };
    accepts(|draft| framed(draft, None));
    accepts(|draft| framed(draft, Some("https://top.example")));
    refuses(Rejection::TopOriginMismatch, |draft| {
        framed(draft, Some("https://evil.com"))
    });
}

#[test]
fn judges_token_binding_only_for_the_conformance_suite() {
    use serde_json::json;
    accepts(|draft| draft.client.set("tokenBinding", "unused"));
    for (binding, expected) in [
        (json!("unused"), Rejection::TokenBindingNotObject),
        (json!({}), Rejection::TokenBindingStatusMissing),
        (
            json!({ "status": "maybe" }),
            Rejection::TokenBindingStatusUnknown,
        ),
    ] {
        refuses(expected, |draft| {
            draft.rp.profile = Profile::FidoConformance;
            draft.client.set("tokenBinding", binding);
        });
    }
    accepts(|draft| {
        draft.rp.profile = Profile::FidoConformance;
        draft
            .client
            .set("tokenBinding", json!({ "status": "supported" }));
    });
}

#[test]
fn refuses_another_rp_id() {
    for rp_id in ["example.com", "org", "a.example.org", "EXAMPLE.org", ORIGIN] {
        refuses(Rejection::RpIdHashMismatch, |draft| {
            draft.data.rp_id_hash = testkit::encode::sha256(&[rp_id.as_bytes()]);
        });
    }
}

#[test]
fn any_secure_origin_may_register_for_its_own_domain() {
    let any = |draft: &mut Draft, origin: &str, rp_id: &str| {
        draft.rp.origins = Origins::AnySecure;
        draft.rp.rp_ids.clear();
        draft.client.set("origin", origin);
        draft.data.rp_id_hash = testkit::encode::sha256(&[rp_id.as_bytes()]);
    };
    const APP: &str = "android:apk-key-hash:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    accepts(|draft| any(draft, "https://wallet.example.org", "example.org"));
    accepts(|draft| any(draft, APP, "example.org"));
    refuses(Rejection::RpIdHashMismatch, |draft| {
        any(draft, "https://evil.com", "example.org")
    });
    refuses(Rejection::RpIdHashMismatch, |draft| {
        any(draft, "https://example.org", "org")
    });
    refuses(Rejection::OriginMismatch, |draft| {
        any(draft, "http://example.org", "example.org")
    });
    // With RP IDs configured, the domain must be one of them as well.
    refuses(Rejection::RpIdHashMismatch, |draft| {
        any(draft, "https://evil.com", "evil.com");
        draft.rp.rp_ids = vec![RP_ID.to_owned()];
    });
    refuses(Rejection::RpIdHashMismatch, |draft| {
        any(draft, APP, "evil.com");
        draft.rp.rp_ids = vec![RP_ID.to_owned()];
    });
}

#[test]
fn t36_judges_every_flag_byte_by_the_same_rules() {
    for flags in 0..=u8::MAX {
        for asked in [
            UserVerification::Required,
            UserVerification::Preferred,
            UserVerification::Discouraged,
        ] {
            for conditional in [false, true] {
                let mut draft = Draft::of(ES256, &key("credential"));
                draft.rp.user_verification = asked;
                draft.expect.conditional = conditional;
                // Attested data stands there and no extensions do; the other bits are free.
                draft.data.flags = (flags | AT) & !ED;
                let flags = draft.data.flags;
                let expected = if flags & UP == 0 && !conditional {
                    Some(Rejection::UserPresenceMissing)
                } else if flags & UV == 0 && asked == UserVerification::Required {
                    Some(Rejection::UserVerificationMissing)
                } else if flags & BS != 0 && flags & BE == 0 {
                    Some(Rejection::BackupStateWithoutEligibility)
                } else {
                    None
                };
                assert_eq!(draft.finish().err(), expected, "{flags:#010b} {asked:?}");
            }
        }
    }
}

#[test]
fn a_ceremony_may_ask_for_more_or_less_than_its_relying_party() {
    refuses(Rejection::UserVerificationMissing, |draft| {
        draft.rp.user_verification = UserVerification::Discouraged;
        draft.expect.user_verification = Some(UserVerification::Required);
        draft.data.flags &= !UV;
    });
    accepts(|draft| {
        draft.expect.user_verification = Some(UserVerification::Preferred);
        draft.data.flags &= !UV;
    });
}

#[test]
fn refuses_a_response_without_a_credential_or_with_another_id() {
    refuses(Rejection::AttestedCredentialMissing, |draft| {
        draft.data.flags &= !AT;
        draft.data.credential = None;
    });
    refuses(
        Rejection::AuthenticatorData(AuthenticatorDataError::TrailingBytes),
        |draft| {
            draft.data.flags &= !AT;
        },
    );
    refuses(Rejection::CredentialIdMismatch, |draft| {
        draft.response.credential_id.push(0)
    });
}

#[test]
fn refuses_a_credential_that_is_registered_already() {
    refuses(Rejection::CredentialAlreadyRegistered, |draft| {
        draft.expect.registered = &[b"another", b"credential"];
    });
    accepts(|draft| draft.expect.registered = &[b"another", b"credentia"]);
}

#[test]
fn t39_refuses_algorithms_that_were_not_offered() {
    let offered = |algorithm: i64| {
        let key = SigningKey::for_algorithm(algorithm, "credential");
        Draft::of(algorithm, &key)
    };
    for algorithm in [-35, -47] {
        assert_eq!(
            offered(algorithm).finish().err(),
            Some(Rejection::AlgNotAllowed)
        );
        let mut draft = offered(algorithm);
        draft.rp.algorithms = CoseAlgorithm::ALL.to_vec();
        assert!(draft.finish().is_ok(), "{algorithm}");
    }
}

#[test]
fn refuses_a_point_off_the_curve() {
    refuses(Rejection::PointNotOnCurve, |draft| {
        draft
            .data
            .credential()
            .public_key
            .set(-3, Cbor::Bytes(vec![0x11; 32]));
    });
    refuses(Rejection::PointNotOnCurve, |draft| {
        draft
            .data
            .credential()
            .public_key
            .set(-2, Cbor::Bytes(vec![0; 32]));
        draft
            .data
            .credential()
            .public_key
            .set(-3, Cbor::Bytes(vec![0; 32]));
    });
    refuses(Rejection::PointNotOnCurve, |draft| {
        draft
            .data
            .credential()
            .public_key
            .set(-2, Cbor::Bytes(vec![0xff; 32]));
    });
}

#[test]
fn refuses_sha1_signatures_outside_the_conformance_suite() {
    let rs1 = || {
        let mut draft = Draft::of(-257, &SigningKey::for_algorithm(-257, "credential"));
        draft
            .data
            .credential()
            .public_key
            .set(3, Cbor::from(-65535));
        draft.rp.algorithms = CoseAlgorithm::ALL.to_vec();
        draft
    };
    assert_eq!(rs1().finish().err(), Some(Rejection::AlgNotAllowed));
    let mut draft = rs1();
    draft.rp.profile = Profile::FidoConformance;
    assert!(draft.finish().is_ok());
}

#[test]
fn ignores_reserved_flags_and_unknown_extensions() {
    let verified = accepts(|draft| {
        draft.data.flags |= 0x22 | ED;
        draft.data.extensions = Some(map([("news", Cbor::from(1))]));
    });
    assert_eq!(verified.extensions(), Some(&b"\xa1\x64news\x01"[..]));
}

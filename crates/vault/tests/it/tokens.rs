//! Tokens: anyone can verify them by the published key, and only a ceremony gets one.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents,
    UnparsedPublicKey,
};
use testkit::authenticator::UV;
use vault::{Ceremony, Entropy, Error, TokenKeyRow, Vault};
use verify::webauthn::{VerifiedAssertion, VerifiedRegistration};
use wire::Sealed;
use wire::encoding::base64url;
use wire::id::{OrganisationId, PrivateKeyId, TenantId, TokenKeyId};
use wire::keys::Curve;
use wire::token::{Claims, PublicJwk, TokenAlgorithm, TokenPublicKey, TokenUse};

use crate::ceremony::ceremonies;
use crate::support::{Counting, key_row, read_vectors, root_key, vault};

/// A vault with one token key, and a ceremony of each kind.
struct Tenant {
    vault: Vault,
    row: TokenKeyRow,
    algorithm: TokenAlgorithm,
    sealed: Sealed,
    public: PublicJwk,
    registration: VerifiedRegistration,
    assertion: VerifiedAssertion,
}

impl Tenant {
    fn new(algorithm: TokenAlgorithm) -> Self {
        let (vault, row) = (vault(), row(1, 1));
        let (sealed, public) = vault
            .create_token_key(&row, algorithm, &mut Counting(0))
            .unwrap();
        let (registration, assertion) = ceremonies(1, |_| {});
        Self {
            vault,
            row,
            algorithm,
            sealed,
            public,
            registration,
            assertion,
        }
    }

    /// A token for the assertion.
    fn issue(&self, claims: &Claims) -> Result<String, Error> {
        self.issue_for(Ceremony::Assertion(&self.assertion), claims)
    }

    fn issue_for(&self, evidence: Ceremony<'_>, claims: &Claims) -> Result<String, Error> {
        let Self {
            vault, row, sealed, ..
        } = self;
        vault.issue(row, self.algorithm, sealed, evidence, claims)
    }

    /// What the login of passkey number one gives.
    fn login(&self) -> Claims {
        Claims {
            iss: None,
            sub: "u-42".to_owned(),
            aud: vec!["example.org".to_owned()],
            iat: 1_782_000_000,
            exp: 1_782_000_300,
            jti: "0196e3a4-0000-7000-8000-000000000001".to_owned(),
            usage: TokenUse::Login,
            cred: base64url::encode(self.assertion.credential_id()),
            trans: None,
            txd: None,
            amr: vec!["webauthn".to_owned(), "user".to_owned()],
        }
    }
}

fn row(tenant: u8, key: u8) -> TokenKeyRow {
    TokenKeyRow {
        tenant: TenantId::from_bytes([tenant; 16]),
        key: TokenKeyId::from_bytes([key; 16]),
    }
}

/// Verifies as a client does that has nothing but the published key.
fn is_signed_by(key: &TokenPublicKey, token: &str) -> bool {
    let (input, signature) = token.rsplit_once('.').unwrap();
    let Ok(signature) = base64url::decode(signature) else {
        return false;
    };
    let input = input.as_bytes();
    let verified = match key {
        TokenPublicKey::Rsa { modulus, exponent } => {
            let (n, e) = (modulus, exponent);
            RsaPublicKeyComponents { n, e }.verify(&RSA_PKCS1_2048_8192_SHA256, input, &signature)
        }
        TokenPublicKey::P256 { x, y } => {
            let point = [&[4], &x[..], y].concat();
            UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(input, &signature)
        }
        TokenPublicKey::Ed25519 { x } => {
            UnparsedPublicKey::new(&ED25519, x).verify(input, &signature)
        }
    };
    verified.is_ok()
}

fn parts(token: &str) -> [String; 2] {
    let mut parts = token.split('.');
    let mut text = || String::from_utf8(base64url::decode(parts.next().unwrap()).unwrap()).unwrap();
    [text(), text()]
}

#[test]
fn a_token_is_verified_by_the_published_key_alone() {
    for algorithm in TokenAlgorithm::ALL {
        let tenant = Tenant::new(algorithm);
        let published = PublicJwk::from_json(&tenant.public.to_json()).unwrap();
        assert_eq!(published.kid, tenant.row.key);
        assert_eq!(published.key.algorithm(), algorithm);

        let claims = tenant.login();
        let token = tenant.issue(&claims).unwrap();
        assert!(is_signed_by(&published.key, &token), "{algorithm}");
        let [header, payload] = parts(&token);
        let kid = tenant.row.key;
        assert_eq!(
            header,
            format!(r#"{{"alg":"{algorithm}","kid":"{kid}","typ":"JWT"}}"#)
        );
        assert_eq!(serde_json::from_str::<Claims>(&payload).unwrap(), claims);
        // Warm, and with another start of the process between.
        assert_eq!(tenant.issue(&claims).unwrap(), token);
        let restarted = Tenant {
            vault: vault(),
            ..tenant
        };
        assert_eq!(restarted.issue(&claims).unwrap(), token);
    }
}

#[test]
fn a_changed_token_or_another_tenants_key_does_not_verify() {
    for algorithm in TokenAlgorithm::ALL {
        let tenant = Tenant::new(algorithm);
        let token = tenant.issue(&tenant.login()).unwrap();
        let (_, stranger) = tenant
            .vault
            .create_token_key(&row(2, 2), algorithm, &mut Counting(77))
            .unwrap();
        assert!(!is_signed_by(&stranger.key, &token), "{algorithm}");
        for at in (0..token.len()).step_by(31) {
            let mut changed = token.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            if changed.matches('.').count() == 2 {
                let verified = is_signed_by(&tenant.public.key, &changed);
                assert!(!verified, "{algorithm} at {at}");
            }
        }
    }
}

#[test]
fn keys_and_tokens_of_others_verify_as_they_should() {
    let vectors = read_vectors(include_str!("../../../../vectors/tokens/jws.txt"));
    for vector in &vectors {
        let bytes = |name| base64url::decode(vector[name]).unwrap();
        let coordinate = |name| bytes(name).try_into().unwrap();
        let key = match vector["alg"] {
            "RS256" => TokenPublicKey::Rsa {
                modulus: bytes("n"),
                exponent: bytes("e"),
            },
            "ES256" => TokenPublicKey::P256 {
                x: coordinate("x"),
                y: coordinate("y"),
            },
            "EdDSA" => TokenPublicKey::Ed25519 { x: coordinate("x") },
            other => panic!("{other}"),
        };
        assert_eq!(key.algorithm().as_str(), vector["alg"]);
        assert!(is_signed_by(&key, vector["token"]), "{}", vector["alg"]);

        let kid = TokenKeyId::from_bytes([1; 16]);
        let spelled = PublicJwk { kid, key }.to_json();
        for member in ["n", "e", "x", "y", "crv"] {
            if let Some(value) = vector.get(member) {
                assert!(spelled.contains(&format!(r#""{member}":"{value}""#)));
            }
        }
    }
    assert_eq!(vectors.len(), 3);
}

#[test]
fn t68_a_token_names_the_credential_of_its_ceremony_or_is_not_signed() {
    let tenant = Tenant::new(TokenAlgorithm::EdDsa);
    let (login, cred) = (tenant.login(), tenant.login().cred);
    assert!(tenant.issue(&login).is_ok());
    let (_, other) = ceremonies(2, |_| {});
    for wrong in [
        base64url::encode(other.credential_id()),
        format!("{cred}="),
        cred[..cred.len() - 1].to_owned(),
        hex::encode(tenant.assertion.credential_id()),
        String::new(),
    ] {
        let claims = Claims {
            cred: wrong,
            ..login.clone()
        };
        assert_eq!(tenant.issue(&claims), Err(Error::Unproven), "{claims:?}");
    }
    let refused = tenant.issue_for(Ceremony::Assertion(&other), &login);
    assert_eq!(refused, Err(Error::Unproven));
}

#[test]
fn t68_a_registration_is_no_login_and_a_login_no_registration() {
    let tenant = Tenant::new(TokenAlgorithm::EdDsa);
    let registration = Ceremony::Registration(&tenant.registration);
    let assertion = Ceremony::Assertion(&tenant.assertion);
    for (usage, fits, other) in [
        (TokenUse::Registration, registration, assertion),
        (TokenUse::MfaRegistration, registration, assertion),
        (TokenUse::Login, assertion, registration),
        (TokenUse::MfaLogin, assertion, registration),
        (TokenUse::Transaction, assertion, registration),
    ] {
        let claims = Claims {
            usage,
            ..tenant.login()
        };
        assert!(tenant.issue_for(fits, &claims).is_ok(), "{usage:?}");
        let refused = tenant.issue_for(other, &claims);
        assert_eq!(refused, Err(Error::Unproven), "{usage:?}");
    }
}

#[test]
fn t68_a_token_says_that_the_user_was_verified_only_if_that_was_so() {
    let tenant = Tenant::new(TokenAlgorithm::EdDsa);
    let (registration, assertion) = ceremonies(1, |data| data.flags &= !UV);
    for (evidence, usage) in [
        (
            Ceremony::Registration(&registration),
            TokenUse::Registration,
        ),
        (Ceremony::Assertion(&assertion), TokenUse::Login),
    ] {
        let mut claims = Claims {
            usage,
            ..tenant.login()
        };
        let refused = tenant.issue_for(evidence, &claims);
        assert_eq!(refused, Err(Error::Unproven), "{usage:?}");
        claims.amr = vec!["webauthn".to_owned()];
        assert!(tenant.issue_for(evidence, &claims).is_ok(), "{usage:?}");
    }
}

#[test]
fn t68_a_key_signs_by_the_algorithm_it_was_made_for_and_no_other() {
    for made_for in TokenAlgorithm::ALL {
        let mut tenant = Tenant::new(made_for);
        let claims = tenant.login();
        // Warm for its own algorithm, which must not help the others.
        assert!(tenant.issue(&claims).is_ok());
        for algorithm in TokenAlgorithm::ALL {
            tenant.algorithm = algorithm;
            let issued = tenant.issue(&claims).map(drop);
            let expected = if algorithm == made_for {
                Ok(())
            } else {
                Err(Error::WrongAlgorithm)
            };
            assert_eq!(issued, expected, "{made_for} as {algorithm}");
        }
    }
}

#[test]
fn t99_a_token_key_opens_in_its_own_row_only_warm_or_not() {
    for algorithm in TokenAlgorithm::ALL {
        let mut tenant = Tenant::new(algorithm);
        let claims = tenant.login();
        for warm in [false, true] {
            for other in [row(2, 1), row(1, 2), row(2, 2)] {
                tenant.row = other;
                assert_eq!(tenant.issue(&claims), Err(Error::Unopenable), "{warm}");
            }
            tenant.row = row(1, 1);
            assert!(tenant.issue(&claims).is_ok());
        }
    }
}

#[test]
fn t99_a_warm_token_key_does_not_cover_for_a_swapped_row() {
    let mut tenant = Tenant::new(TokenAlgorithm::Es256);
    let claims = tenant.login();
    assert!(tenant.issue(&claims).is_ok());
    let (other, _) = tenant
        .vault
        .create_token_key(&row(2, 2), tenant.algorithm, &mut Counting(77))
        .unwrap();
    tenant.sealed = other;
    assert_eq!(tenant.issue(&claims), Err(Error::Unopenable));
}

#[test]
fn t99_a_token_key_never_opens_as_a_private_key_nor_the_other_way_round() {
    let mut tenant = Tenant::new(TokenAlgorithm::Es256);
    // An organisation and a tenant with the same bytes, and so with their keys.
    let private = key_row(1);
    assert_eq!(private.organisation, OrganisationId::from_bytes([1; 16]));
    assert_eq!(private.key, PrivateKeyId::from_bytes([1; 16]));
    let (sealed, _) = tenant
        .vault
        .create_private_key(&private, Curve::P256, &mut Counting(0))
        .unwrap();
    let token_key = std::mem::replace(&mut tenant.sealed, sealed);
    assert_eq!(tenant.issue(&tenant.login()), Err(Error::Unopenable));
    let opened = tenant.vault.public_key(&vault::KeyRef::PrivateKey {
        key: private,
        sealed: &token_key,
        curve: Curve::P256,
    });
    assert_eq!(opened, Err(Error::Unopenable));
}

#[test]
fn t98_nothing_of_a_token_key_shows_in_what_is_stored_and_another_root_key_does_not_open_it() {
    for algorithm in TokenAlgorithm::ALL {
        let mut tenant = Tenant::new(algorithm);
        if let TokenPublicKey::Rsa { modulus, .. } = &tenant.public.key {
            // PKCS#8 holds the modulus too; whoever finds none of it finds no prime either.
            let sealed = tenant.sealed.as_bytes();
            assert!(sealed.len() > 1000);
            for part in modulus.chunks(8) {
                assert!(!sealed.windows(8).any(|window| window == part));
            }
        }
        tenant.vault = Vault::new(root_key(2));
        assert_eq!(tenant.issue(&tenant.login()), Err(Error::OtherRootKey));
    }
}

#[test]
fn t105_the_published_key_is_all_that_can_be_printed() {
    for algorithm in TokenAlgorithm::ALL {
        let tenant = Tenant::new(algorithm);
        let members: serde_json::Value = serde_json::from_str(&tenant.public.to_json()).unwrap();
        for private in ["d", "p", "q", "dp", "dq", "qi", "k"] {
            assert_eq!(members.get(private), None, "{algorithm} {private}");
        }
        // A prime is half as long as the modulus, so one of them would double this.
        let longest = match algorithm {
            TokenAlgorithm::Rs256 => 256,
            TokenAlgorithm::Es256 => 64,
            TokenAlgorithm::EdDsa => 32,
        };
        let printed = format!("{:?} {:?}", tenant.public, tenant.row);
        assert!(printed.len() < 300 + 5 * longest, "{printed}");
    }
}

#[test]
fn t108_makes_no_token_key_without_randomness() {
    struct Broken;
    impl Entropy for Broken {
        fn fill(&mut self, _: &mut [u8]) -> Result<(), Error> {
            Err(Error::NoEntropy)
        }
    }
    for algorithm in TokenAlgorithm::ALL {
        let made = vault().create_token_key(&row(1, 1), algorithm, &mut Broken);
        assert_eq!(made.err(), Some(Error::NoEntropy), "{algorithm}");
    }
}

#[test]
fn a_forgotten_key_is_opened_again_when_it_is_needed() {
    let tenant = Tenant::new(TokenAlgorithm::Rs256);
    let claims = tenant.login();
    let token = tenant.issue(&claims).unwrap();
    tenant.vault.forget_token_key(tenant.row.key);
    assert_eq!(tenant.issue(&claims), Ok(token.clone()));
    tenant.vault.forget_tenant(tenant.row.tenant);
    assert_eq!(tenant.issue(&claims), Ok(token));
}

//! A passkey that signs whatever it is shown, and signatures spelled without asking `verify`.

use testkit::authenticator::AuthData;
use testkit::encode::sha256;
use testkit::keys::{self, SigningKey, alg};
use verify::evm::{Assertion, DaimoVersion, Encoded, EvmRejection, Family, challenge, encode};
use verify::solana::LowS;
use wire::encoding::base64url;
use wire::evm::daimo::{SignatureV1, SignatureV2, ValidUntil};
use wire::evm::{P256Signature, coinbase, openzeppelin, safe};
use wire::solana::secp256r1::CompressedKey;

/// What contracts check signatures with. In base64url it has every unusual letter.
pub const HASH: [u8; 32] = [0xfb; 32];

pub const OWNER_INDEX: u64 = 3;
pub const KEY_SLOT: u8 = 9;
pub const VALID_UNTIL_S: u64 = 1_800_000_000;

pub const COINBASE: Family = Family::Coinbase {
    owner_index: OWNER_INDEX,
};
pub const DAIMO_V1: Family = daimo(DaimoVersion::V1);
pub const DAIMO_V2: Family = daimo(DaimoVersion::V2);
pub const FAMILIES: [Family; 6] = [
    COINBASE,
    Family::Solady,
    Family::OpenZeppelin,
    Family::Safe,
    DAIMO_V1,
    DAIMO_V2,
];

const fn daimo(version: DaimoVersion) -> Family {
    let Some(valid_until) = ValidUntil::at_s(VALID_UNTIL_S) else {
        panic!("2027 is before 2^48");
    };
    Family::Daimo {
        version,
        key_slot: KEY_SLOT,
        valid_until,
    }
}

/// A credential's key.
pub struct Passkey(SigningKey);

impl Passkey {
    pub fn new(seed: u8) -> Self {
        Self(SigningKey::for_algorithm(
            alg::ES256,
            &format!("owner {seed}"),
        ))
    }

    pub fn key(&self) -> CompressedKey {
        let bytes = self.0.public_key_compressed().try_into().unwrap();
        CompressedKey::from_bytes(bytes).unwrap()
    }

    /// Answers the challenge of a family, after `edit`.
    pub fn answer(&self, family: &Family, edit: impl FnOnce(&mut Ceremony)) -> Signed {
        let mut ceremony = Ceremony::new(&challenge(family, &HASH));
        edit(&mut ceremony);
        let Ceremony { data, client } = ceremony;
        let message = [&data[..], &sha256(&[client.as_bytes()])].concat();
        Signed {
            signature: self.0.sign(&message),
            data,
            client: client.into_bytes(),
        }
    }
}

/// What is about to be signed.
pub struct Ceremony {
    /// Authenticator data; its flags are byte 32.
    pub data: Vec<u8>,
    /// Client data.
    pub client: String,
}

impl Ceremony {
    fn new(challenge: &[u8]) -> Self {
        let challenge = base64url::encode(challenge);
        Self {
            data: AuthData::assertion("auth.example.com").encode(),
            client: format!(
                r#"{{"type":"webauthn.get","challenge":"{challenge}","origin":"https://auth.example.com","crossOrigin":false}}"#
            ),
        }
    }

    pub fn replace(&mut self, from: &str, to: &str) {
        assert!(self.client.contains(from), "{from}");
        self.client = self.client.replace(from, to);
    }
}

/// An answer, in the bytes of an authenticator.
#[derive(Clone)]
pub struct Signed {
    pub data: Vec<u8>,
    pub client: Vec<u8>,
    pub signature: Vec<u8>,
}

impl Signed {
    /// What `verify` says.
    pub fn encode(&self, family: &Family, key: &CompressedKey) -> Result<Encoded, EvmRejection> {
        self.encode_for(family, key, &HASH)
    }

    pub fn encode_for(
        &self,
        family: &Family,
        key: &CompressedKey,
        hash: &[u8; 32],
    ) -> Result<Encoded, EvmRejection> {
        let assertion = Assertion {
            authenticator_data: &self.data,
            client_data_json: &self.client,
            signature: &self.signature,
        };
        encode(family, &assertion, key, hash)
    }

    /// The parts of the same, as good as they are.
    pub fn draft(&self) -> Draft {
        let low = LowS::from_der(&self.signature).unwrap();
        Draft {
            data: self.data.clone(),
            client: self.client.clone(),
            challenge_index: position(&self.client, r#""challenge""#),
            type_index: position(&self.client, r#""type""#),
            signature: P256Signature::from_bytes(low.as_bytes()),
        }
    }
}

/// A signature that nobody checked.
#[derive(Clone)]
pub struct Draft {
    pub data: Vec<u8>,
    pub client: Vec<u8>,
    pub challenge_index: usize,
    pub type_index: usize,
    pub signature: P256Signature,
}

impl Draft {
    /// The same with n − s.
    pub fn with_high_s(mut self, der: &[u8]) -> Self {
        let low = LowS::from_der(der).unwrap();
        for candidate in [der.to_vec(), keys::p256_twin(der)] {
            let (_, s) = keys::ecdsa_integers(&candidate);
            let s = s.to_bytes_be();
            let mut word = [0; 32];
            word[32 - s.len()..].copy_from_slice(&s);
            if word != low.as_bytes()[32..] {
                self.signature.s = word;
            }
        }
        assert_ne!(self.signature.s, low.as_bytes()[32..]);
        self
    }

    /// The bytes for a family, whatever it will think of them.
    pub fn spell(&self, family: &Family) -> Vec<u8> {
        let Self {
            data: authenticator_data,
            client: client_data_json,
            challenge_index,
            type_index,
            signature,
        } = self;
        let (challenge_index, type_index) = (*challenge_index, *type_index);
        let signature = *signature;
        let auth = coinbase::WebAuthnAuth {
            authenticator_data,
            client_data_json,
            challenge_index,
            type_index,
            signature,
        };
        match *family {
            Family::Coinbase { owner_index } => coinbase::SignatureWrapper {
                owner_index,
                signature_data: &auth.to_bytes(),
            }
            .to_bytes(),
            Family::Solady => auth.to_bytes(),
            Family::OpenZeppelin => openzeppelin::WebAuthnAuth {
                signature,
                challenge_index,
                type_index,
                authenticator_data,
                client_data_json,
            }
            .to_bytes(),
            Family::Safe => safe::Signature {
                authenticator_data,
                client_data_fields: self.fields(),
                signature,
            }
            .to_bytes(),
            Family::Daimo {
                version: DaimoVersion::V1,
                key_slot,
                valid_until,
            } => SignatureV1 {
                valid_until,
                key_slot,
                authenticator_data,
                client_data_json,
                challenge_location: challenge_index,
                response_type_location: type_index,
                signature,
            }
            .to_bytes(),
            Family::Daimo {
                version: DaimoVersion::V2,
                key_slot,
                valid_until,
            } => SignatureV2 {
                valid_until,
                key_slot,
                authenticator_data,
                client_data_json,
                signature,
            }
            .to_bytes(),
        }
    }

    /// What follows the challenge, the comma and the last brace left out.
    pub fn fields(&self) -> &[u8] {
        let after = &self.client[self.challenge_index + r#""challenge":""#.len()..];
        let end = position(after, "\",");
        let fields = &after[end + 2..];
        &fields[..fields.len() - 1]
    }
}

/// Where text stands, or 0.
fn position(bytes: &[u8], wanted: &str) -> usize {
    let mut windows = bytes.windows(wanted.len());
    windows
        .position(|window| window == wanted.as_bytes())
        .unwrap_or(0)
}

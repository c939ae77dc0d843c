//! Those who sign: sub-organisations with wallets, each with an API key and a passkey, and the
//! requests they have stamped beforehand.

use std::collections::HashSet;
use std::sync::Arc;

use anyhow::{Context, ensure};
use aws_lc_rs::rand::{SystemRandom, fill};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};
use wire::encoding::hex;
use wire::id::OrganisationId;
use wire::stamp::{ApiKeyStamp, Scheme, X_STAMP, X_STAMP_WEBAUTHN};

use super::load::Requests;
use crate::client::{Connection, activity};
use crate::ethereum;
use crate::passkey::Passkey;
use crate::throw_away::Root;

/// How many of what.
#[derive(Clone, Copy)]
pub struct Size {
    /// Sub-organisations.
    pub organisations: usize,
    /// Wallets in each.
    pub wallets: usize,
}

/// What stamps.
#[derive(Clone, Copy)]
pub enum Stamper {
    /// A P-256 key.
    ApiKey,
    /// A passkey.
    Passkey,
}

/// Everybody.
pub struct Population {
    members: Vec<Member>,
}

struct Member {
    organisation: OrganisationId,
    key: FastKey,
    passkey: Passkey,
    addresses: Vec<String>,
}

const SIGN: &str = "/public/v1/submit/sign_raw_payload";

impl Population {
    /// Makes everybody, one after the other.
    pub fn make(root: &Root, size: Size) -> anyhow::Result<Self> {
        let members =
            (0..size.organisations).map(|number| Member::make(root, number, size.wallets));
        Ok(Self {
            members: members.collect::<anyhow::Result<_>>()?,
        })
    }

    /// So many different requests for a signature, stamped now.
    pub fn requests(&self, stamper: Stamper, count: usize) -> anyhow::Result<Requests> {
        let requests = (0..count).map(|index| {
            let member = &self.members[index % self.members.len()];
            member.request(stamper, index / self.members.len())
        });
        Ok(Requests(Arc::new(requests.collect::<anyhow::Result<_>>()?)))
    }

    /// Recovers the signer of every answer with another library than the one that signed. Gives
    /// the number of signatures that were checked.
    pub fn verify(&self, answers: &[(usize, Vec<u8>)]) -> anyhow::Result<usize> {
        let known: HashSet<&String> = self
            .members
            .iter()
            .flat_map(|member| &member.addresses)
            .collect();
        for (_, answer) in answers {
            let answer: Value = serde_json::from_slice(answer)?;
            let activity = &answer["activity"];
            let asked = &activity["intent"]["signRawPayloadIntentV2"];
            let signed = &activity["result"]["signRawPayloadResult"];
            let bytes = |value: &Value| -> anyhow::Result<[u8; 32]> {
                Ok(hex::decode_array(value.as_str().unwrap_or_default())?)
            };
            let mut compact = [0; 64];
            compact[..32].copy_from_slice(&bytes(&signed["r"])?);
            compact[32..].copy_from_slice(&bytes(&signed["s"])?);
            let parity = u8::from_str_radix(signed["v"].as_str().unwrap_or_default(), 16)?;
            let signer = ethereum::recover(bytes(&asked["payload"])?, &compact, parity)?;
            let address = asked["signWith"].as_str().unwrap_or_default();
            ensure!(
                known.contains(&address.to_owned()) && address.eq_ignore_ascii_case(&signer),
                "{address} was asked to sign and {signer} did"
            );
        }
        Ok(answers.len())
    }
}

impl Member {
    fn make(root: &Root, number: usize, wallets: usize) -> anyhow::Result<Self> {
        let (key, passkey) = (
            FastKey::generate()?,
            Passkey::new("http://localhost".to_owned())?,
        );
        let answer = root.client.submit(
            "create_sub_organization",
            "CREATE_SUB_ORGANIZATION_V7",
            json!({
                "subOrganizationName": format!("Member {number}"),
                "rootUsers": [{
                    "userName": "Owner",
                    "apiKeys": [{
                        "apiKeyName": "key",
                        "publicKey": hex::encode(&key.public_key),
                        "curveType": "API_KEY_CURVE_P256",
                    }],
                    "authenticators": [passkey.registration("passkey")?],
                    "oauthProviders": [],
                }],
                "rootQuorumThreshold": 1,
                "wallet": wallet(0),
            }),
        )?;
        let made = &answer["activity"]["result"]["createSubOrganizationResultV7"];
        let organisation = made["subOrganizationId"]
            .as_str()
            .context("an id")?
            .parse()?;
        let mut member = Self {
            organisation,
            key,
            passkey,
            addresses: vec![first_address(&made["wallet"])?],
        };
        for wallet in 1..wallets {
            member.add_wallet(root.client.connection(), wallet)?;
        }
        Ok(member)
    }

    fn add_wallet(&mut self, connection: &Connection, number: usize) -> anyhow::Result<()> {
        let body = activity(self.organisation, "CREATE_WALLET", &wallet(number));
        let stamp = self.key.stamp(body.as_bytes())?;
        let answer = connection.post("/public/v1/submit/create_wallet", body, (X_STAMP, stamp))?;
        let made = &answer["activity"]["result"]["createWalletResult"];
        self.addresses.push(first_address(made)?);
        Ok(())
    }

    /// A whole HTTP request for a signature over a random digest.
    fn request(&self, stamper: Stamper, turn: usize) -> anyhow::Result<Vec<u8>> {
        let mut digest = [0; 32];
        fill(&mut digest).ok().context("randomness")?;
        let parameters = json!({
            "signWith": self.addresses[turn % self.addresses.len()],
            "payload": hex::encode(digest),
            "encoding": "PAYLOAD_ENCODING_HEXADECIMAL",
            "hashFunction": "HASH_FUNCTION_NO_OP",
        });
        let body = activity(self.organisation, "SIGN_RAW_PAYLOAD_V2", &parameters);
        let (name, value) = match stamper {
            Stamper::ApiKey => (X_STAMP, self.key.stamp(body.as_bytes())?),
            Stamper::Passkey => (X_STAMP_WEBAUTHN, self.passkey.stamp(body.as_bytes())?),
        };
        let length = body.len();
        Ok(format!(
            "POST {SIGN} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
             content-length: {length}\r\n{name}: {value}\r\n\r\n{body}"
        )
        .into_bytes())
    }
}

/// Parameters of a wallet with one Ethereum account.
fn wallet(number: usize) -> Value {
    json!({
        "walletName": format!("Wallet {number}"),
        "accounts": [{
            "curve": "CURVE_SECP256K1",
            "pathFormat": "PATH_FORMAT_BIP32",
            "path": "m/44'/60'/0'/0/0",
            "addressFormat": "ADDRESS_FORMAT_ETHEREUM",
        }],
    })
}

fn first_address(made: &Value) -> anyhow::Result<String> {
    Ok(made["addresses"][0]
        .as_str()
        .context("an address")?
        .to_owned())
}

/// A P-256 key that stamps as fast as can be, since that is not what is measured.
pub struct FastKey {
    pair: EcdsaKeyPair,
    /// SEC 1 compressed.
    pub public_key: Vec<u8>,
}

impl FastKey {
    /// A new key.
    pub fn generate() -> anyhow::Result<Self> {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING)?;
        let point = pair.public_key().as_ref();
        // SEC 1 §2.3.3: the last bit of y says which of the two points it is.
        let mut public_key = vec![2 + (point[64] & 1)];
        public_key.extend_from_slice(&point[1..33]);
        Ok(Self { pair, public_key })
    }

    /// The bare signature over a body, in DER.
    pub fn sign(&self, body: &[u8]) -> anyhow::Result<Vec<u8>> {
        Ok(self
            .pair
            .sign(&SystemRandom::new(), body)?
            .as_ref()
            .to_vec())
    }

    /// The value of an `X-Stamp` header.
    pub fn stamp(&self, body: &[u8]) -> anyhow::Result<String> {
        let stamp = ApiKeyStamp {
            public_key: self.public_key.clone(),
            scheme: Scheme::P256,
            signature: self.sign(body)?,
        };
        Ok(stamp.to_header())
    }
}

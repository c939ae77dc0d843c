//! Asking for a signature on a document, for an account on an EVM: a call of our own.
//!
//! There is no member for a hash. Whoever chose one could have a passkey sign what it is not shown,
//! down to the challenge of another protocol.

use rules::tenant::signing::{AskedSigning, DaimoKey, Document, SmartAccount};
use rules::tenant::{Command, SessionAnswer};
use serde_json::{Map, Value};
use wire::encoding::hex;
use wire::environment::Environment;
use wire::evm::EntryPointVersion;

use super::{Body, answer_of, text};
use crate::http::sessions::problem::Problem;

/// The members of `evm`, in both spellings.
const FAMILY: [&str; 1] = ["family"];
const OWNER_INDEX: [&str; 2] = ["ownerIndex", "owner_index"];
const KEY_SLOT: [&str; 2] = ["keySlot", "key_slot"];
const VALID_UNTIL: [&str; 2] = ["validUntil", "valid_until"];
const CHAIN_ID: [&str; 2] = ["chainId", "chain_id"];
const USER_OPERATION: [&str; 2] = ["userOperation", "user_operation"];
const ENTRY_POINT: [&str; 2] = ["entryPoint", "entry_point"];
const VERSION: [&str; 2] = ["entryPointVersion", "entry_point_version"];
const TYPED_DATA: [&str; 2] = ["typedData", "typed_data"];

/// Asking for it.
pub(in crate::http::sessions) fn open(
    body: &Body,
    environment: Environment,
) -> Result<Command, Problem> {
    let asked = body.part(&["evm"])?;
    let asked = asked.ok_or_else(|| Problem::invalid("evm", "is missing"))?;
    let about = body.part(&["metaInfo", "meta_info"])?;
    let about = about.unwrap_or_else(|| Body(Map::new()));
    Ok(Command::OpenSigning {
        environment,
        asked: Box::new(asked.signing()?),
        base_url: text(body, &["baseUrl", "base_url"])?,
        redirect_url: text(&about, &["redirectUrl", "redirect_url"])?,
        app_name: text(&about, &["appName", "app_name"])?,
    })
}

/// Bringing it.
pub(in crate::http::sessions) fn finish(body: &Body) -> Result<Command, Problem> {
    Ok(Command::FinishSigning {
        answer: Box::new(SessionAnswer {
            // The account is there already: its key is recovered and not told.
            public_key: None,
            ..answer_of(body)?
        }),
    })
}

impl Body {
    fn signing(&self) -> Result<AskedSigning, Problem> {
        let known: [&[&str]; 9] = [
            &FAMILY,
            &OWNER_INDEX,
            &KEY_SLOT,
            &VALID_UNTIL,
            &CHAIN_ID,
            &USER_OPERATION,
            &ENTRY_POINT,
            &VERSION,
            &TYPED_DATA,
        ];
        let is_foreign = |name: &&String| !known.concat().contains(&name.as_str());
        if let Some(foreign) = self.0.keys().find(is_foreign) {
            let field = format!("evm.{foreign}");
            return Err(Problem::invalid(
                &field,
                "is no member of this: what is signed is userOperation or typedData, and the \
                 server makes the hash itself",
            ));
        }
        Ok(AskedSigning {
            account: self.smart_account()?,
            chain_id: self.chain_id()?,
            document: self.document()?,
        })
    }

    fn smart_account(&self) -> Result<SmartAccount, Problem> {
        let family = self.text(&FAMILY)?.unwrap_or_default();
        let account = match family {
            "coinbase" => SmartAccount::Coinbase {
                owner_index: self.needed(&OWNER_INDEX)?,
            },
            "solady" => SmartAccount::Solady,
            "openzeppelin" => SmartAccount::OpenZeppelin,
            "safe" => SmartAccount::Safe,
            "daimo-v1" => SmartAccount::DaimoV1(self.daimo_key()?),
            "daimo-v2" => SmartAccount::DaimoV2(self.daimo_key()?),
            _ => {
                return Err(Problem::invalid(
                    "evm.family",
                    "must be coinbase, solady, openzeppelin, safe, daimo-v1 or daimo-v2",
                ));
            }
        };
        let (has_index, has_key) = match account {
            SmartAccount::Coinbase { .. } => (true, false),
            SmartAccount::DaimoV1(_) | SmartAccount::DaimoV2(_) => (false, true),
            SmartAccount::Solady | SmartAccount::OpenZeppelin | SmartAccount::Safe => {
                (false, false)
            }
        };
        for (names, belongs) in [
            (OWNER_INDEX, has_index),
            (KEY_SLOT, has_key),
            (VALID_UNTIL, has_key),
        ] {
            if !belongs && self.value(&names)?.is_some() {
                let field = format!("evm.{}", names[0]);
                let message = format!("does not go with the family {family}");
                return Err(Problem::invalid(&field, message));
            }
        }
        Ok(account)
    }

    fn daimo_key(&self) -> Result<DaimoKey, Problem> {
        Ok(DaimoKey {
            key_slot: self
                .needed(&KEY_SLOT)?
                .try_into()
                .map_err(|_| Problem::invalid("evm.keySlot", "must be at most 255"))?,
            valid_until: self.needed(&VALID_UNTIL)?,
        })
    }

    fn needed(&self, names: &[&str]) -> Result<u64, Problem> {
        self.number(names)?
            .ok_or_else(|| Problem::invalid(&format!("evm.{}", names[0]), "is missing"))
    }

    /// The chain, as CAIP-2 names it, in its one spelling.
    fn chain_id(&self) -> Result<u64, Problem> {
        let named = self.text(&CHAIN_ID)?.and_then(|text| {
            let digits = text.strip_prefix("eip155:")?;
            let number: u64 = digits.parse().ok()?;
            (number > 0 && number.to_string() == digits).then_some(number)
        });
        named.ok_or_else(|| {
            Problem::invalid("evm.chainId", "must name a chain by CAIP-2, as eip155:8453")
        })
    }

    fn document(&self) -> Result<Document, Problem> {
        let object = |names| match self.value(names)? {
            None => Ok(None),
            Some(value @ Value::Object(_)) => Ok(Some(value.to_string())),
            Some(_) => {
                let field = format!("evm.{}", names[0]);
                Err(Problem::invalid(&field, "must be an object"))
            }
        };
        let entry_point = self.entry_point()?;
        match (object(&USER_OPERATION)?, object(&TYPED_DATA)?, entry_point) {
            (Some(text), None, Some((version, entry_point))) => Ok(Document::UserOperation {
                text,
                version,
                entry_point,
            }),
            (Some(_), None, None) => Err(Problem::invalid(
                "evm.entryPointVersion",
                "is missing: 0.6, 0.7 or 0.8",
            )),
            (None, Some(text), None) => Ok(Document::TypedData { text }),
            (None, Some(_), Some(_)) => Err(Problem::invalid(
                "evm.entryPoint",
                "goes with userOperation alone",
            )),
            (Some(_), Some(_), _) | (None, None, _) => Err(Problem::invalid(
                "evm",
                "must have one of userOperation and typedData",
            )),
        }
    }

    /// The version is known from the address, and the address from the version, where it is the
    /// usual one. A contract elsewhere needs both.
    fn entry_point(&self) -> Result<Option<(EntryPointVersion, [u8; 20])>, Problem> {
        let version = match self.text(&VERSION)? {
            None => None,
            Some(name) => Some(EntryPointVersion::named(name).ok_or_else(|| {
                Problem::invalid("evm.entryPointVersion", "must be 0.6, 0.7 or 0.8")
            })?),
        };
        let address = match self.text(&ENTRY_POINT)? {
            None => None,
            Some(text) => Some(address(text).ok_or_else(|| {
                let message = "must be an address (0x and 40 hexadecimal digits)";
                Problem::invalid("evm.entryPoint", message)
            })?),
        };
        let usual = address.and_then(|address| {
            let mut all = EntryPointVersion::ALL.into_iter();
            all.find(|version| version.address() == address)
        });
        match (version, address, usual) {
            (None, None, _) => Ok(None),
            (Some(version), None, _) => Ok(Some((version, version.address()))),
            (None, Some(address), Some(version)) => Ok(Some((version, address))),
            (None, Some(_), None) => Err(Problem::invalid(
                "evm.entryPointVersion",
                "is missing, and the address is none that tells",
            )),
            (Some(version), Some(_), Some(usual)) if usual != version => {
                let message = format!("is that of version {}", usual.name());
                Err(Problem::invalid("evm.entryPoint", message))
            }
            (Some(version), Some(address), _) => Ok(Some((version, address))),
        }
    }
}

fn address(text: &str) -> Option<[u8; 20]> {
    let digits = text.strip_prefix("0x")?.to_ascii_lowercase();
    hex::decode(&digits).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(evm: Value) -> Result<AskedSigning, String> {
        let body = json!({ "evm": evm });
        let body = Body::parse(body.to_string().as_bytes()).map_err(|problem| problem.said())?;
        match open(&body, Environment::Sandbox) {
            Ok(Command::OpenSigning { asked, .. }) => Ok(*asked),
            Ok(other) => panic!("{other:?}"),
            Err(problem) => Err(problem.said()),
        }
    }

    fn asked() -> Value {
        json!({
            "family": "coinbase", "ownerIndex": 1, "chainId": "eip155:8453",
            "userOperation": {}, "entryPointVersion": "0.6",
        })
    }

    #[test]
    fn names_are_taken_in_both_spellings_and_entry_points_by_either_name() {
        let first = read(asked()).unwrap();
        assert_eq!(first.account, SmartAccount::Coinbase { owner_index: 1 });
        assert_eq!(first.chain_id, 8453);
        for same in [
            json!({
                "family": "coinbase", "owner_index": "1", "chain_id": "eip155:8453",
                "user_operation": {}, "entry_point_version": "0.6",
            }),
            json!({
                "family": "coinbase", "ownerIndex": 1, "chainId": "eip155:8453",
                "userOperation": {}, "entryPoint": "0x5FF137D4b0FDCD49DcA30c7CF57E578a026d2789",
            }),
        ] {
            assert_eq!(read(same), Ok(first.clone()));
        }
        let mut elsewhere = asked();
        elsewhere["entryPoint"] = format!("0x{}", "11".repeat(20)).into();
        let Document::UserOperation { entry_point, .. } = read(elsewhere).unwrap().document else {
            panic!("a user operation");
        };
        assert_eq!(entry_point, [0x11; 20]);
    }

    #[test]
    fn every_family_has_its_members_and_no_others() {
        for (family, rest) in [
            ("coinbase", json!({ "ownerIndex": 1 })),
            ("solady", json!({})),
            ("openzeppelin", json!({})),
            ("safe", json!({})),
            ("daimo-v1", json!({ "keySlot": 3, "validUntil": 9 })),
            ("daimo-v2", json!({ "keySlot": 3, "validUntil": 9 })),
        ] {
            let with = |rest: &Value| {
                let mut asked = json!({
                    "family": family, "chainId": "eip155:1", "typedData": {},
                });
                for (name, value) in rest.as_object().unwrap() {
                    asked[name] = value.clone();
                }
                asked
            };
            assert_eq!(read(with(&rest)).unwrap().account.name(), family);
            for name in ["ownerIndex", "keySlot", "validUntil"] {
                let mut other = rest.clone();
                match rest.get(name) {
                    Some(_) => drop(other.as_object_mut().unwrap().remove(name)),
                    None => other[name] = 1.into(),
                }
                let refused = read(with(&other)).unwrap_err();
                assert!(refused.starts_with(&format!("evm.{name} ")), "{refused}");
            }
        }
    }

    #[test]
    fn no_caller_chooses_a_hash() {
        for name in ["hash", "challenge", "userOpHash", "digest", "message"] {
            let mut other = asked();
            other[name] = format!("0x{}", "11".repeat(32)).into();
            let refused = read(other).unwrap_err();
            assert!(
                refused.contains("the server makes the hash itself"),
                "{name}"
            );
        }
    }

    #[test]
    fn what_has_two_readings_or_none_is_refused() {
        for (name, value) in [
            ("family", json!("argent")),
            ("family", json!(null)),
            ("chainId", json!("8453")),
            ("chainId", json!(8453)),
            ("chainId", json!("eip155:0")),
            ("chainId", json!("eip155:08453")),
            ("chainId", json!("eip155:+1")),
            ("chainId", json!("solana:1")),
            ("userOperation", json!(null)),
            ("userOperation", json!("{}")),
            ("typedData", json!({})),
            ("entryPointVersion", json!("0.5")),
            ("entryPointVersion", json!(null)),
            ("entryPoint", json!("0x12")),
            (
                "entryPoint",
                json!("0x0000000071727De22E5E9d8BAf0edAc6f37da032"),
            ),
            ("owner_index", json!(1)),
        ] {
            let mut other = asked();
            other[name] = value.clone();
            assert!(read(other).is_err(), "{name} {value}");
        }
        let both = json!({
            "family": "solady", "chainId": "eip155:1", "typedData": {}, "entryPointVersion": "0.7",
        });
        assert!(read(both).is_err());
    }
}

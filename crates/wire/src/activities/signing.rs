//! The activities that sign: what a session's key may be let stamp.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::endpoint::submission;

/// A kind of activity that signs with a key of a wallet. Its versions differ in spelling alone, so
/// each of them is meant by any.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "&'static str")]
pub enum SigningType {
    /// One payload.
    RawPayload,
    /// Several payloads with one key.
    RawPayloads,
    /// A transaction.
    Transaction,
}

/// A type that is none of these. The text lists those that are.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not a type of activity that signs: send some of {list}",
    list = SigningType::ALL.map(SigningType::as_str).join(", ")
)]
pub struct NotASigningType(pub String);

impl SigningType {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::RawPayload, Self::RawPayloads, Self::Transaction];

    /// The kind: the type without prefix and version.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::RawPayload => "SIGN_RAW_PAYLOAD",
            Self::RawPayloads => "SIGN_RAW_PAYLOADS",
            Self::Transaction => "SIGN_TRANSACTION",
        }
    }

    /// The one of this kind, if it is a kind that signs.
    pub fn of_kind(kind: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.kind() == kind)
    }

    /// The type in its newest version.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RawPayload => "ACTIVITY_TYPE_SIGN_RAW_PAYLOAD_V2",
            Self::RawPayloads => "ACTIVITY_TYPE_SIGN_RAW_PAYLOADS",
            Self::Transaction => "ACTIVITY_TYPE_SIGN_TRANSACTION_V2",
        }
    }
}

impl FromStr for SigningType {
    type Err = NotASigningType;

    /// Any version of the type will do.
    fn from_str(text: &str) -> Result<Self, NotASigningType> {
        let found = Self::ALL.into_iter().find(|known| {
            let path = known.kind().to_ascii_lowercase();
            submission(&path).is_some_and(|endpoint| endpoint.accepts(text))
        });
        found.ok_or_else(|| NotASigningType(text.to_owned()))
    }
}

impl TryFrom<String> for SigningType {
    type Error = NotASigningType;

    fn try_from(text: String) -> Result<Self, NotASigningType> {
        text.parse()
    }
}

impl From<SigningType> for &'static str {
    fn from(known: SigningType) -> Self {
        known.as_str()
    }
}

impl fmt::Display for SigningType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::super::endpoint::TYPE_PREFIX;
    use super::*;

    #[test]
    fn every_version_leads_to_its_kind_and_the_newest_leads_back() {
        for known in SigningType::ALL {
            let endpoint = submission(&known.kind().to_ascii_lowercase()).unwrap();
            let first = format!("{TYPE_PREFIX}{}", known.kind());
            let later = (2..=endpoint.versions).map(|version| format!("{first}_V{version}"));
            let versions: Vec<String> = [first.clone()].into_iter().chain(later).collect();
            for version in &versions {
                assert_eq!(version.parse(), Ok(known));
            }
            assert_eq!(versions.last().unwrap(), known.as_str());
            assert_eq!(SigningType::of_kind(known.kind()), Some(known));
            let json = serde_json::to_string(&known).unwrap();
            assert_eq!(json, format!("{:?}", known.as_str()));
            assert_eq!(serde_json::from_str::<SigningType>(&json).unwrap(), known);
        }
    }

    #[test]
    fn what_does_not_sign_is_refused_with_the_list() {
        for other in [
            "",
            "SIGN_RAW_PAYLOAD",
            "ACTIVITY_TYPE_SIGN_RAW_PAYLOAD_V3",
            "ACTIVITY_TYPE_SIGN_RAW_PAYLOADS_V2",
            "activity_type_sign_transaction",
            "ACTIVITY_TYPE_SIGN_TRANSACTION_V2 ",
            "ACTIVITY_TYPE_CREATE_WALLET",
            "ACTIVITY_TYPE_EXPORT_WALLET",
            "ACTIVITY_TYPE_APPROVE_ACTIVITY",
        ] {
            let refused = other.parse::<SigningType>().unwrap_err();
            assert_eq!(refused, NotASigningType(other.to_owned()));
            let text = refused.to_string();
            assert!(
                text.ends_with(
                    "send some of ACTIVITY_TYPE_SIGN_RAW_PAYLOAD_V2, \
                     ACTIVITY_TYPE_SIGN_RAW_PAYLOADS, ACTIVITY_TYPE_SIGN_TRANSACTION_V2"
                ),
                "{text}"
            );
        }
        for other in ["CREATE_WALLET", "sign_transaction", "SIGN_RAW_PAYLOAD_V2"] {
            assert_eq!(SigningType::of_kind(other), None);
        }
    }
}

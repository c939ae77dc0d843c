//! How far a session key may go.
//!
//! The program on the chain knows no bounds: whoever holds the key and pays the fee can go past
//! us. A scope binds what this server makes, pays for and sends, and what the key stamps here.

use std::collections::BTreeSet;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use wire::activities::SigningType;
use wire::id::OrganisationId;
use wire::solana::Address;

/// What a session key is asked to be good for. What is absent is not bounded; but without
/// `activities` it stamps nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct SessionScope {
    /// The programs it may call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub programs: Option<Vec<Address>>,
    /// How many lamports it may spend in all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_lamports: Option<u64>,
    /// How many transactions it may make.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_transactions: Option<u32>,
    /// What it may stamp.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub activities: Option<Box<ActivityScope>>,
}

/// What a session key may stamp: requests of one organisation, for the user there who has the
/// session's passkey.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ActivityScope {
    /// The organisation.
    #[serde(rename = "organizationId", deserialize_with = "organisation")]
    pub organisation: OrganisationId,
    /// The activities: all that sign, if nothing is said. Those of today, not those of a release
    /// to come.
    #[serde(default = "every", deserialize_with = "some")]
    pub types: BTreeSet<SigningType>,
}

fn organisation<'de, D: Deserializer<'de>>(from: D) -> Result<OrganisationId, D::Error> {
    let text = String::deserialize(from)?;
    text.parse().map_err(|_| {
        D::Error::custom("activities.organizationId must be a UUID in lower case with hyphens")
    })
}

fn every() -> BTreeSet<SigningType> {
    SigningType::ALL.into()
}

/// Nothing is not everything, and a list of nothing may be meant as either.
fn some<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeSet<SigningType>, D::Error> {
    let types = BTreeSet::deserialize(from)?;
    match types.is_empty() {
        false => Ok(types),
        true => Err(D::Error::custom(
            "activities.types is empty: name some, or leave it out for all that sign",
        )),
    }
}

/// What a session key has used of its scope.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Used {
    /// Lamports spent, as far as they could be read.
    pub lamports: u64,
    /// Transactions made.
    pub transactions: u32,
}

impl SessionScope {
    /// Whether nothing is said of it.
    pub fn is_unbounded(&self) -> bool {
        *self == Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: &str = "01010101-0101-0101-0101-010101010101";

    fn read(text: &str) -> Result<SessionScope, String> {
        serde_json::from_str(text).map_err(|error| error.to_string())
    }

    #[test]
    fn a_scope_that_names_no_types_may_stamp_all_that_sign() {
        let read = read(&format!(
            r#"{{"activities":{{"organizationId":"{HERE}"}}}}"#
        ))
        .unwrap();
        let activities = read.activities.as_ref().unwrap();
        assert_eq!(activities.organisation.to_string(), HERE);
        assert_eq!(activities.types, every());
        // What it may is kept with it, so that no later release adds to it.
        let kept = serde_json::to_string(&read).unwrap();
        assert!(kept.contains("ACTIVITY_TYPE_SIGN_RAW_PAYLOAD_V2"), "{kept}");
        assert_eq!(self::read(&kept).unwrap(), read);
    }

    #[test]
    fn t48_a_scope_stamps_nothing_unless_it_says_so() {
        let silent = read(r#"{"maxTransactions":3}"#).unwrap();
        assert_eq!(silent.activities, None);
        assert_eq!(SessionScope::default().activities, None);
    }

    #[test]
    fn a_narrower_scope_names_what_it_may() {
        let narrow = read(&format!(
            r#"{{"activities":{{"organizationId":"{HERE}","types":["ACTIVITY_TYPE_SIGN_RAW_PAYLOAD","ACTIVITY_TYPE_SIGN_RAW_PAYLOAD_V2"]}}}}"#
        ));
        let types = narrow.unwrap().activities.unwrap().types;
        assert_eq!(types, [SigningType::RawPayload].into());
    }

    #[test]
    fn t48_what_is_misspelled_or_too_much_is_refused_by_name() {
        for (activities, told) in [
            (
                format!(r#"{{"organizationId":"{HERE}","types":["ACTIVITY_TYPE_EXPORT_WALLET"]}}"#),
                "\"ACTIVITY_TYPE_EXPORT_WALLET\" is not a type of activity that signs: send some of",
            ),
            (
                format!(
                    r#"{{"organizationId":"{HERE}","types":["ACTIVITY_TYPE_APPROVE_ACTIVITY"]}}"#
                ),
                "is not a type of activity that signs",
            ),
            (
                format!(r#"{{"organizationId":"{HERE}","types":[]}}"#),
                "activities.types is empty",
            ),
            (
                format!(
                    r#"{{"organizationId":"{HERE}","types":"ACTIVITY_TYPE_SIGN_TRANSACTION"}}"#
                ),
                "invalid type",
            ),
            (
                format!(r#"{{"organizationId":"{HERE}","types":null}}"#),
                "invalid type",
            ),
            (
                format!(r#"{{"organizationId":"{HERE}","type":[]}}"#),
                "unknown field `type`",
            ),
            (
                format!(r#"{{"organisationId":"{HERE}"}}"#),
                "unknown field `organisationId`",
            ),
            ("{}".to_owned(), "missing field `organizationId`"),
            (
                r#"{"organizationId":"*"}"#.to_owned(),
                "activities.organizationId must be a UUID",
            ),
            (
                r#"{"organizationId":"01010101010101010101010101010101"}"#.to_owned(),
                "activities.organizationId must be a UUID",
            ),
            ("true".to_owned(), "invalid type"),
        ] {
            let refused = read(&format!(r#"{{"activities":{activities}}}"#)).unwrap_err();
            assert!(refused.contains(told), "{activities}: {refused}");
        }
    }
}

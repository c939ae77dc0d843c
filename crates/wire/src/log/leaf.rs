//! What one entry of the log says.
//!
//! A leaf is short canonical JSON that names an outcome without telling its content: anyone may
//! hold all leaves and learn only ids, types, times and hashes (threat T77). The content is bound
//! by a salted commitment, so it can be erased while every proof still verifies.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::LogTextError;
use crate::Timestamp;
use crate::id::{ActivityId, EventId, OrganisationId, TenantId};

/// One outcome, as the log remembers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaf {
    /// What the outcome is of.
    pub subject: Subject,
    /// The type of an activity or an event, for example `ACTIVITY_TYPE_CREATE_WALLET` or
    /// `WEBAUTHN_TRANSACTION_FINAL`.
    pub record_type: Symbol,
    /// How it stood after this outcome, for example `ACTIVITY_STATUS_COMPLETED` or `SUCCEEDED`.
    pub status: Symbol,
    /// SHA-256 over the exact bytes of the request.
    pub fingerprint: [u8; 32],
    /// When the outcome was decided, by the server's clock.
    pub time: Timestamp,
    /// SHA-256 over salt and full record; see `verify::receipt::commitment`.
    pub commitment: [u8; 32],
}

/// What an outcome is of. One log holds all families of records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A stamped activity. It may have several leaves: held, then completed.
    Activity {
        /// The organisation it addressed.
        organisation: OrganisationId,
        /// Its identifier.
        activity: ActivityId,
    },
    /// An event of the Passkey API. It has one leaf.
    Event {
        /// The tenant it happened in.
        tenant: TenantId,
        /// Its identifier.
        event: EventId,
    },
}

impl Subject {
    /// The identifier of the activity or the event.
    pub fn id(&self) -> String {
        match self {
            Self::Activity { activity, .. } => activity.to_string(),
            Self::Event { event, .. } => event.to_string(),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Activity,
    Event,
}

/// A name of capital letters, digits and underscores, at most 96 characters, so that JSON has one
/// way to spell it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Symbol(String);

impl Symbol {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Symbol {
    type Err = LogTextError;

    fn from_str(text: &str) -> Result<Self, LogTextError> {
        text.to_owned().try_into()
    }
}

impl TryFrom<String> for Symbol {
    type Error = LogTextError;

    fn try_from(text: String) -> Result<Self, LogTextError> {
        let plain = |c: u8| c.is_ascii_uppercase() || c.is_ascii_digit() || c == b'_';
        if (1..=96).contains(&text.len()) && text.bytes().all(plain) {
            Ok(Self(text))
        } else {
            Err(LogTextError::Leaf)
        }
    }
}

impl From<Symbol> for String {
    fn from(symbol: Symbol) -> String {
        symbol.0
    }
}

impl fmt::Display for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The fields in the order in which they are printed, of which each kind has its own two ids.
/// Version 1 has exactly these.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Text {
    v: u8,
    kind: Kind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    organization_id: Option<OrganisationId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    activity_id: Option<ActivityId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tenant_id: Option<TenantId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    event_id: Option<EventId>,
    r#type: Symbol,
    status: Symbol,
    fingerprint: String,
    time_ms: Timestamp,
    commitment: String,
}

impl fmt::Display for Leaf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = Text {
            v: VERSION,
            kind: Kind::Activity,
            organization_id: None,
            activity_id: None,
            tenant_id: None,
            event_id: None,
            r#type: self.record_type.clone(),
            status: self.status.clone(),
            fingerprint: hex::encode(self.fingerprint),
            time_ms: self.time,
            commitment: hex::encode(self.commitment),
        };
        match self.subject {
            Subject::Activity {
                organisation,
                activity,
            } => {
                text.organization_id = Some(organisation);
                text.activity_id = Some(activity);
            }
            Subject::Event { tenant, event } => {
                text.kind = Kind::Event;
                text.tenant_id = Some(tenant);
                text.event_id = Some(event);
            }
        }
        f.write_str(&serde_json::to_string(&text).map_err(|_| fmt::Error)?)
    }
}

impl FromStr for Leaf {
    type Err = LogTextError;

    fn from_str(text: &str) -> Result<Self, LogTextError> {
        let read: Text = serde_json::from_str(text).map_err(|_| LogTextError::Leaf)?;
        let subject = match read.kind {
            Kind::Activity => Subject::Activity {
                organisation: read.organization_id.ok_or(LogTextError::Leaf)?,
                activity: read.activity_id.ok_or(LogTextError::Leaf)?,
            },
            Kind::Event => Subject::Event {
                tenant: read.tenant_id.ok_or(LogTextError::Leaf)?,
                event: read.event_id.ok_or(LogTextError::Leaf)?,
            },
        };
        let leaf = Self {
            subject,
            record_type: read.r#type,
            status: read.status,
            fingerprint: hash(&read.fingerprint)?,
            time: read.time_ms,
            commitment: hash(&read.commitment)?,
        };
        // JSON has many spellings; the log has one. Printing settles order, spaces and escapes,
        // and that a kind has its own ids and no others.
        if read.v == VERSION && leaf.to_string() == text {
            Ok(leaf)
        } else {
            Err(LogTextError::Leaf)
        }
    }
}

fn hash(text: &str) -> Result<[u8; 32], LogTextError> {
    let mut bytes = [0; 32];
    hex::decode_to_slice(text, &mut bytes).map_err(|_| LogTextError::Leaf)?;
    Ok(bytes)
}

const VERSION: u8 = 1;

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"{"v":1,"kind":"activity","organizationId":"0d8f4b8e-27c5-4b3a-9c55-0f5f8a3f6a11","activityId":"01938b5e-7c00-7a00-8000-000000000001","type":"ACTIVITY_TYPE_CREATE_WALLET","status":"ACTIVITY_STATUS_COMPLETED","fingerprint":"0101010101010101010101010101010101010101010101010101010101010101","timeMs":1764000000000,"commitment":"0202020202020202020202020202020202020202020202020202020202020202"}"#;

    #[test]
    fn prints_what_it_read() {
        let leaf: Leaf = TEXT.parse().unwrap();
        assert_eq!(leaf.record_type.as_str(), "ACTIVITY_TYPE_CREATE_WALLET");
        assert_eq!(leaf.time, Timestamp::from_millis(1_764_000_000_000));
        assert_eq!((leaf.fingerprint, leaf.commitment), ([1; 32], [2; 32]));
        assert_eq!(leaf.to_string(), TEXT);
    }

    const EVENT: &str = r#"{"v":1,"kind":"event","tenantId":"0d8f4b8e-27c5-4b3a-9c55-0f5f8a3f6a11","eventId":"01938b5e-7c00-7a00-8000-000000000001","type":"WEBAUTHN_TRANSACTION_FINAL","status":"SUCCEEDED","fingerprint":"0101010101010101010101010101010101010101010101010101010101010101","timeMs":1764000000000,"commitment":"0202020202020202020202020202020202020202020202020202020202020202"}"#;

    #[test]
    fn each_kind_has_its_own_ids_and_no_others() {
        let leaf: Leaf = EVENT.parse().unwrap();
        assert!(matches!(leaf.subject, Subject::Event { .. }));
        assert_eq!(leaf.to_string(), EVENT);
        for text in [
            EVENT.replace("\"event\"", "\"activity\""),
            TEXT.replace("\"activity\"", "\"event\""),
            EVENT.replace(
                "\"tenantId\"",
                "\"organizationId\":\"0d8f4b8e-27c5-4b3a-9c55-0f5f8a3f6a11\",\"tenantId\"",
            ),
            EVENT.replace("tenantId", "organizationId"),
        ] {
            assert_eq!(text.parse::<Leaf>(), Err(LogTextError::Leaf), "{text}");
        }
    }

    #[test]
    fn refuses_any_other_spelling_of_the_same_leaf() {
        for text in [
            TEXT.replace(":1,", ": 1,"),
            TEXT.replace("\"v\":1", "\"v\":2"),
            TEXT.replace("0101", "0A01"),
            TEXT.replace("WALLET", "W\\u0041LLET"),
            TEXT.replace(
                "{\"v\":1,\"kind\":\"activity\"",
                "{\"kind\":\"activity\",\"v\":1",
            ),
            TEXT.replace("{\"v\":1,", "{\"v\":1,\"v\":1,"),
            TEXT.replace("}", ",\"more\":0}"),
            TEXT.replace("1764000000000", "1764000000000.0"),
            TEXT.replace("CREATE_WALLET", "create_wallet"),
            format!("{TEXT}\n"),
        ] {
            assert_eq!(text.parse::<Leaf>(), Err(LogTextError::Leaf), "{text}");
        }
    }
}

//! The small JSON object inside a stamp: distinct members, each a string.

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;

use super::error::{Fault, Member, StampError};
use crate::encoding::{base64url, hex};

/// Members in the order of the text, repetitions included.
pub(super) struct Members(Vec<(String, Value)>);

impl Members {
    /// Reads one JSON object and nothing after it.
    pub(super) fn read(json: &[u8]) -> Result<Self, StampError> {
        serde_json::from_slice(json).map_err(|_| {
            // Telling the two apart is worth a second look only on the way out.
            match serde_json::from_slice::<IgnoredAny>(json) {
                Ok(_) => StampError::NotAnObject,
                Err(_) => StampError::NotJson,
            }
        })
    }

    /// The wanted members, each a non-empty string; no other may be there.
    pub(super) fn take<const N: usize>(self, wanted: [Member; N]) -> Result<[Text; N], StampError> {
        let Self(members) = self;
        for (index, (name, _)) in members.iter().enumerate() {
            if members[..index].iter().any(|(earlier, _)| earlier == name) {
                return Err(StampError::Duplicate);
            }
        }
        for member in wanted {
            if !members.iter().any(|(name, _)| name == member.as_str()) {
                return Err(StampError::At(member, Fault::Missing));
            }
        }
        if members.len() > N {
            return Err(StampError::UnknownMember);
        }
        let mut texts = wanted.map(|member| Text {
            member,
            value: String::new(),
        });
        for (name, value) in members {
            let text = texts.iter_mut().find(|text| text.member.as_str() == name);
            // Distinct, all wanted ones present, none left over: each name is wanted.
            let text = text.ok_or(StampError::UnknownMember)?;
            text.value = match value {
                Value::String(value) if value.is_empty() => Err(Fault::Empty),
                Value::String(value) => Ok(value),
                _ => Err(Fault::NotText),
            }
            .map_err(|fault| StampError::At(text.member, fault))?;
        }
        Ok(texts)
    }
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::with_capacity(4);
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        reader.deserialize_map(Object)
    }
}

/// The non-empty string value of one member.
pub(super) struct Text {
    member: Member,
    value: String,
}

impl Text {
    /// The string itself.
    pub(super) fn text(&self) -> &str {
        &self.value
    }

    /// The bytes that lower-case hexadecimal digits stand for.
    pub(super) fn hex(&self) -> Result<Vec<u8>, StampError> {
        hex::decode(&self.value).map_err(|_| StampError::At(self.member, Fault::NotHex))
    }

    /// The bytes that canonical base64url stands for.
    pub(super) fn base64url(&self) -> Result<Vec<u8>, StampError> {
        base64url::decode(&self.value).map_err(|_| StampError::At(self.member, Fault::NotBase64Url))
    }
}

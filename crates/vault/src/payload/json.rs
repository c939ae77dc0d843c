//! JSON read one level at a time, with every number kept as it was written.
//!
//! Typed data carries integers of up to 256 bits, which clients write as JSON numbers, too; the
//! usual reader would round them through a float. A member that appears twice is refused:
//! what a person was shown and what is signed could be the two different ones.

use core::fmt;
use std::collections::BTreeMap;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde_json::value::RawValue;

/// The members of an object, by name, still unread.
pub(super) struct Object<'a>(BTreeMap<String, &'a RawValue>);

impl<'a> Object<'a> {
    /// Reads the text as an object; `None` when it is something else or not JSON.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// The member of that name. A member that is `null` counts as absent.
    pub(super) fn member(&self, name: &str) -> Option<&'a RawValue> {
        self.0
            .get(name)
            .copied()
            .filter(|value| value.get() != "null")
    }

    /// The names of all members, those that are `null` included.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// The names and values of all members that are not `null`, sorted by name.
    pub(super) fn members(&self) -> impl Iterator<Item = (&str, &'a RawValue)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), *value))
            .filter(|(_, value)| value.get() != "null")
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Object<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;

        impl<'de> Visitor<'de> for Members {
            type Value = BTreeMap<String, &'de RawValue>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = BTreeMap::new();
                while let Some((name, value)) = map.next_entry::<String, &RawValue>()? {
                    if members.insert(name, value).is_some() {
                        return Err(A::Error::custom("a member appears twice"));
                    }
                }
                Ok(members)
            }
        }

        deserializer.deserialize_map(Members).map(Object)
    }
}

/// The text of a JSON string; `None` for any other value.
pub(super) fn string(value: &RawValue) -> Option<String> {
    serde_json::from_str(value.get()).ok()
}

/// An integer as clients write it: a JSON number without fraction or exponent, or a string of
/// decimal digits, or a string of hexadecimal digits after `0x`. `None` for any other value.
pub(super) fn integer_text(value: &RawValue) -> Option<String> {
    let text = value.get();
    match text.as_bytes().first()? {
        b'"' => string(value),
        b'-' | b'0'..=b'9' => Some(text.to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_numbers_as_written() {
        let object = Object::parse(r#"{"a": 115792089237316195423570985008687907853, "b": null}"#)
            .expect("an object");
        let number = object.member("a").and_then(integer_text);
        assert_eq!(
            number.as_deref(),
            Some("115792089237316195423570985008687907853")
        );
        assert!(object.member("b").is_none());
    }

    #[test]
    fn refuses_a_member_that_appears_twice() {
        assert!(Object::parse(r#"{"a": 1, "\u0061": 2}"#).is_none());
    }

    #[test]
    fn refuses_what_is_no_object() {
        for text in ["", "[]", "1", "{", "{}x", "null"] {
            assert!(Object::parse(text).is_none(), "{text}");
        }
    }
}

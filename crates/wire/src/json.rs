//! Strict JSON: one document, one meaning.
//!
//! Refuses what parsers disagree on: repeated member names at any depth, whatever their escapes
//! (threat T3), text after the document, invalid UTF-8, lone surrogates and byte order marks (T6),
//! numbers a double cannot hold, and nesting or member counts meant to exhaust memory (T7).

use std::fmt;

use serde::de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// Deepest nesting of arrays and objects.
pub const MAX_DEPTH: u32 = 32;

/// Most members and elements in one document.
pub const MAX_NODES: u32 = 20_000;

/// Why a text is not one strict JSON document; `Display` says where.
#[derive(Debug, thiserror::Error)]
pub enum JsonError {
    /// A member is named twice, perhaps with different escapes.
    #[error("{0}")]
    DuplicateMember(serde_json::Error),
    /// Anything else.
    #[error("{0}")]
    NotJson(serde_json::Error),
}

/// Reads one strict document.
///
/// ```
/// assert!(wire::json::parse(br#"{"a": [1, "2"]}"#).is_ok());
/// assert!(wire::json::parse(br#"{"a": 1, "\u0061": 2}"#).is_err());
/// ```
pub fn parse(text: &[u8]) -> Result<Value, JsonError> {
    let mut reader = serde_json::Deserializer::from_slice(text);
    let mut seen = Seen::default();
    let strict = Strict {
        depth: MAX_DEPTH,
        seen: &mut seen,
    };
    let read = strict.deserialize(&mut reader);
    match read.and_then(|value| reader.end().map(|()| value)) {
        Ok(value) => Ok(value),
        Err(error) if seen.duplicate => Err(JsonError::DuplicateMember(error)),
        Err(error) => Err(JsonError::NotJson(error)),
    }
}

/// What was met on the way, kept on the side because serde's error carries only text.
#[derive(Default)]
struct Seen {
    nodes: u32,
    duplicate: bool,
}

/// Visits one value, counting down depth and up nodes.
struct Strict<'a> {
    depth: u32,
    seen: &'a mut Seen,
}

impl Strict<'_> {
    /// The visitor for a value inside this one.
    fn inner<E: serde::de::Error>(&mut self) -> Result<Strict<'_>, E> {
        if self.seen.nodes == MAX_NODES {
            return Err(E::custom(format_args!("more than {MAX_NODES} members")));
        }
        self.seen.nodes += 1;
        let depth = self
            .depth
            .checked_sub(1)
            .ok_or_else(|| E::custom(format_args!("nested deeper than {MAX_DEPTH} levels")))?;
        Ok(Strict {
            depth,
            seen: self.seen,
        })
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: serde::Deserializer<'de>>(self, reader: D) -> Result<Value, D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value)
            .map(Value::Number)
            .ok_or_else(|| E::custom("number out of range"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut seq: A) -> Result<Value, A::Error> {
        let mut elements = Vec::new();
        while let Some(element) = seq.next_element_seed(self.inner()?)? {
            elements.push(element);
        }
        Ok(Value::Array(elements))
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            let value = members.next_value_seed(self.inner()?)?;
            if object.contains_key(&name) {
                self.seen.duplicate = true;
                return Err(A::Error::custom(format_args!(
                    "member {name:?} appears twice"
                )));
            }
            object.insert(name, value);
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn t3_refuses_repeated_members_at_every_depth() {
        for text in [
            r#"{"a":1,"a":1}"#,
            r#"{"a":1,"\u0061":2}"#,
            r#"{"x":{"a":1,"b":2,"a":3}}"#,
            r#"[{"x":[{"é":1,"\u00e9":2}]}]"#,
            r#"{"":1,"":2}"#,
        ] {
            let error = parse(text.as_bytes()).unwrap_err();
            assert!(matches!(error, JsonError::DuplicateMember(_)), "{text}");
            assert!(
                error.to_string().contains("appears twice"),
                "{text}: {error}"
            );
        }
    }

    #[test]
    fn t6_refuses_what_is_not_json_in_utf8() {
        let cases: &[&[u8]] = &[
            b"",
            b" ",
            b"{",
            b"{}{}",
            b"{} x",
            b"{\"a\":1,}",
            b"[1,]",
            b"{'a':1}",
            b"{\"a\":01}",
            b"{\"a\":+1}",
            b"{\"a\":.5}",
            b"{\"a\":NaN}",
            b"{\"a\":1e999}",
            b"\xef\xbb\xbf{}",
            b"{\"a\":\"\xff\"}",
            b"{\"a\":\"\\ud800\"}",
            b"{\"a\":\"\\udc00\\ud800\"}",
            b"{\"a\":\"\n\"}",
            b"{\"a\":\"\0\"}",
            b"{\"a\":\"\\x41\"}",
            b"// {}",
        ];
        for text in cases {
            let read = parse(text);
            let shown = String::from_utf8_lossy(text);
            assert!(matches!(read, Err(JsonError::NotJson(_))), "{shown:?}");
        }
    }

    #[test]
    fn t7_refuses_bombs() {
        let nest = |n: usize| "[".repeat(n) + &"]".repeat(n);
        assert!(parse(nest(32).as_bytes()).is_ok());
        assert!(parse(nest(34).as_bytes()).is_err());
        let wide = format!("[{}]", vec!["0"; 20_001].join(","));
        assert!(parse(wide.as_bytes()).is_err());
    }

    #[test]
    fn keeps_values_as_they_are() {
        let text = r#"{"a":[null,true,-1,18446744073709551615,1.5,"é"]}"#;
        assert_eq!(parse(text.as_bytes()).unwrap().to_string(), text);
    }

    /// Any value, with member names that are easily confused.
    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            ".{0,12}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 64, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::btree_map("[ab\u{e9}]{0,3}", inner, 0..6)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        /// What is read here is what an ordinary reader reads: strictness changes whether, never
        /// what (threat T2).
        #[test]
        fn t2_agrees_with_an_independent_reader(value in any_value(), pretty: bool) {
            let text = if pretty {
                serde_json::to_vec_pretty(&value).unwrap()
            } else {
                serde_json::to_vec(&value).unwrap()
            };
            prop_assert_eq!(parse(&text).unwrap(), serde_json::from_slice::<Value>(&text).unwrap());
        }

        #[test]
        fn never_panics(text: Vec<u8>) {
            let _ = parse(&text);
        }
    }
}

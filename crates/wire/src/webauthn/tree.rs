//! JSON from an untrusted client, read once into a tree that names no member twice.
//!
//! `serde_json` guards the nesting depth, lone surrogates and trailing bytes; what it does not
//! do is refuse duplicate members, on which two parsers may disagree (threats T3 and T46).
//! Names are compared after unescaping, so `"type"` and `"\u0074ype"` are the same member.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

/// Why a text is not a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TreeError {
    NotJson,
    DuplicateMember,
}

/// One JSON value. Numbers are recognised and not kept: no member we read is one.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Tree<'a> {
    Null,
    Bool(bool),
    Number,
    String(Cow<'a, str>),
    Array(Vec<Tree<'a>>),
    Object(Members<'a>),
}

/// The members of an object, in the order they were written; no name occurs twice.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Members<'a>(Vec<(Cow<'a, str>, Tree<'a>)>);

impl<'a> Members<'a> {
    pub(super) fn find(&self, name: &str) -> Option<&Tree<'a>> {
        self.0
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value)
    }

    fn has_duplicates(&self) -> bool {
        let mut names: Vec<&str> = self.0.iter().map(|(name, _)| name.as_ref()).collect();
        names.sort_unstable();
        names.windows(2).any(|pair| pair[0] == pair[1])
    }
}

/// Reads `text` whole.
pub(super) fn parse(text: &str) -> Result<Tree<'_>, TreeError> {
    let mut duplicate = false;
    let mut json = serde_json::Deserializer::from_str(text);
    let tree = Reader {
        duplicate: &mut duplicate,
    }
    .deserialize(&mut json);
    match (tree, duplicate) {
        (_, true) => Err(TreeError::DuplicateMember),
        (Ok(tree), false) if json.end().is_ok() => Ok(tree),
        _ => Err(TreeError::NotJson),
    }
}

/// Builds a tree; raises `duplicate` on the side because serde's error carries only text.
struct Reader<'d> {
    duplicate: &'d mut bool,
}

impl<'de> DeserializeSeed<'de> for Reader<'_> {
    type Value = Tree<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Tree<'de>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader<'_> {
    type Value = Tree<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Tree<'de>, E> {
        Ok(Tree::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Tree<'de>, E> {
        Ok(Tree::Bool(value))
    }

    fn visit_u64<E>(self, _: u64) -> Result<Tree<'de>, E> {
        Ok(Tree::Number)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Tree<'de>, E> {
        Ok(Tree::Number)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Tree<'de>, E> {
        Ok(Tree::Number)
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Tree<'de>, E> {
        Ok(Tree::String(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Tree<'de>, E> {
        Ok(Tree::String(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Tree<'de>, A::Error> {
        let mut array = Vec::new();
        while let Some(item) = items.next_element_seed(Reader {
            duplicate: self.duplicate,
        })? {
            array.push(item);
        }
        Ok(Tree::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Tree<'de>, A::Error> {
        let mut members = Members::default();
        while let Some(Tree::String(name)) = entries.next_key_seed(Reader {
            duplicate: self.duplicate,
        })? {
            let value = entries.next_value_seed(Reader {
                duplicate: self.duplicate,
            })?;
            members.0.push((name, value));
        }
        if members.has_duplicates() {
            *self.duplicate = true;
            return Err(A::Error::custom("a member is repeated"));
        }
        Ok(Tree::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_a_repeated_member_at_every_depth() {
        for text in [
            r#"{"a":1,"a":1}"#,
            r#"{"a":1,"\u0061":2}"#,
            r#"{"x":{"a":1,"b":2,"a":3}}"#,
            r#"[[{"a":1,"a":1}]]"#,
        ] {
            assert_eq!(parse(text), Err(TreeError::DuplicateMember), "{text}");
        }
        assert!(parse(r#"{"a":{"a":[{"a":1},{"a":2}]}}"#).is_ok());
    }

    #[test]
    fn refuses_what_is_not_one_json_value() {
        let deep = "[".repeat(10_000);
        for text in [
            "",
            "{",
            "{}x",
            "{}{}",
            "'a'",
            "{a:1}",
            r#""\ud800""#,
            "\u{feff}{}",
            &deep,
        ] {
            assert_eq!(parse(text), Err(TreeError::NotJson), "{text:.20}");
        }
    }
}

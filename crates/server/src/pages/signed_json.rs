//! Signed JSON of any shape, as nested lists of names and values (threats T61 and T67).
//!
//! Numbers and the like are shown letter by letter as they stand in the text, never as another
//! number that is equal to them; strings are shown as [`shown`](super::shown) shows them. What
//! could be read in two ways, or is too much to be looked at, is not taken apart at all.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::confirm::warning;
use super::html::Html;
use super::shown::shown;

/// Deeper than this nobody follows.
const DEEPEST: usize = 6;
/// More lines than this nobody reads.
const MOST_LINES: usize = 100;

/// A list of the members, or `None` for what is no object of readable size with one value to
/// each name.
pub(super) fn table(text: &str) -> Option<Html> {
    let mut html = Html::default();
    let mut lines = 0;
    push_members(&mut html, text, 0, &mut lines)?;
    Some(html)
}

/// The members of an object in their order, each name once.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Each;
        impl<'de> Visitor<'de> for Each {
            type Value = Members<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members: Vec<(String, &RawValue)> = Vec::new();
                while let Some((name, value)) = map.next_entry::<String, &RawValue>()? {
                    if members.iter().any(|(earlier, _)| *earlier == name) {
                        return Err(A::Error::custom("a name appears twice"));
                    }
                    if members.len() == MOST_LINES {
                        return Err(A::Error::custom("too many members"));
                    }
                    members.push((name, value));
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Each)
    }
}

fn push_members(html: &mut Html, text: &str, depth: usize, lines: &mut usize) -> Option<()> {
    let Members(members) = serde_json::from_str(text).ok()?;
    if members.is_empty() {
        push_literal(html, "{}");
        return Some(());
    }
    html.push_ours(r#"<dl class="facts data">"#);
    for (name, value) in members {
        push_line(html, &shown(&name), value, depth, lines)?;
    }
    html.push_ours("</dl>");
    Some(())
}

fn push_items(html: &mut Html, text: &str, depth: usize, lines: &mut usize) -> Option<()> {
    let items: Vec<&RawValue> = serde_json::from_str(text).ok()?;
    if items.is_empty() {
        push_literal(html, "[]");
        return Some(());
    }
    html.push_ours(r#"<dl class="facts data">"#);
    for (place, item) in items.into_iter().enumerate() {
        let mut name = Html::ours("No. ");
        name.push_number(place as u64 + 1);
        push_line(html, &name, item, depth, lines)?;
    }
    html.push_ours("</dl>");
    Some(())
}

fn push_line(
    html: &mut Html,
    name: &Html,
    value: &RawValue,
    depth: usize,
    lines: &mut usize,
) -> Option<()> {
    *lines += 1;
    if *lines > MOST_LINES || depth == DEEPEST {
        return None;
    }
    html.push_ours("<div><dt>");
    html.push(name);
    html.push_ours("</dt><dd>");
    let text = value.get();
    match text.as_bytes().first()? {
        b'{' => push_members(html, text, depth + 1, lines)?,
        b'[' => push_items(html, text, depth + 1, lines)?,
        b'"' => {
            let string: String = serde_json::from_str(text).ok()?;
            html.push(&shown(&string));
            html.push(&warning(&string));
        }
        _ => push_literal(html, text),
    }
    html.push_ours("</dd></div>");
    Some(())
}

/// What is no string, in another type, so that `true` and `"true"` differ.
fn push_literal(html: &mut Html, text: &str) {
    html.push_ours("<code>");
    html.push(&shown(text));
    html.push_ours("</code>");
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text a reader sees.
    fn seen(json: &str) -> Option<String> {
        let html = table(json)?.into_string();
        let mut seen = String::new();
        for (place, piece) in html.split('<').enumerate() {
            let text = if place == 0 {
                piece
            } else {
                piece.split_once('>')?.1
            };
            if !text.is_empty() {
                seen.push_str(text);
                seen.push('|');
            }
        }
        Some(seen)
    }

    #[test]
    fn shows_every_member_in_its_place() {
        let json = r#"{"amount":"12.34","to":{"name":"Bakery","accounts":["a","b"]},"n":[]}"#;
        let expected = "amount|12.34|to|name|Bakery|accounts|No. 1|a|No. 2|b|n|[]|";
        assert_eq!(seen(json).as_deref(), Some(expected));
    }

    #[test]
    fn t61_shows_numbers_letter_by_letter() {
        let json = r#"{"a":12345678901234567890,"b":1e+21,"c":1.50,"d":-0,"e":true,"f":null}"#;
        let expected = "a|12345678901234567890|b|1e+21|c|1.50|d|-0|e|true|f|null|";
        assert_eq!(seen(json).as_deref(), Some(expected));
    }

    #[test]
    fn t61_a_string_and_a_literal_of_the_same_letters_differ() {
        assert_ne!(table(r#"{"a":"true"}"#), table(r#"{"a":true}"#));
        assert_ne!(table(r#"{"a":"{}"}"#), table(r#"{"a":{}}"#));
    }

    #[test]
    fn t67_takes_nothing_apart_that_could_be_read_in_two_ways() {
        for json in [
            "",
            "0",
            "null",
            r#""text""#,
            r#"["a"]"#,
            r#"{"a":1,"a":2}"#,
            r#"{"a":1,"\u0061":2}"#,
            r#"{"b":{"a":1,"a":2}}"#,
            r#"{"a":1} {"a":2}"#,
            r#"{"a":"\ud800"}"#,
            r#"{"a":1"#,
        ] {
            assert_eq!(table(json), None, "{json}");
        }
    }

    #[test]
    fn t67_takes_nothing_apart_that_nobody_would_read() {
        let members: Vec<String> = (0..101).map(|place| format!(r#""m{place}":1"#)).collect();
        assert_eq!(table(&format!("{{{}}}", members.join(","))), None);
        assert!(table(&format!("{{{}}}", members[..100].join(","))).is_some());
        let deep = |levels: usize| format!("{}1{}", r#"{"a":"#.repeat(levels), "}".repeat(levels));
        assert!(table(&deep(6)).is_some());
        assert_eq!(table(&deep(7)), None);
        let bottomless = "[".repeat(100_000);
        assert_eq!(table(&format!(r#"{{"a":{bottomless}}}"#)), None);
    }
}

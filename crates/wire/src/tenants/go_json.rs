//! The canonical JSON that compatible transactions are hashed in.
//!
//! Servers of this API written in Go hash what `json.Marshal` makes of a document that
//! `json.Unmarshal` read into an empty interface. This is the same text, byte for byte, as of
//! Go 1.22. Three things to know before building on it:
//!
//! * Every number passes through a double, so 9007199254740993 and 9007199254740992 become one
//!   text and two accounts may share a digest (threat T5). Typed payments have no numbers.
//! * It is not RFC 8785: members are sorted by UTF-8 bytes, and `<`, `>`, `&`, U+2028 and U+2029
//!   are escaped.
//! * What Go would mend, a repeated member or a lone surrogate, never gets here:
//!   [`json::parse`](crate::json::parse) refuses it.

use std::fmt::Write as _;

use serde_json::{Number, Value};

/// Spells `value` as Go's `encoding/json` does.
///
/// ```
/// let value = serde_json::json!({ "b": 1, "a": { "d": 1.0, "c": 1e21, "x": "<&>" } });
/// let text = r#"{"a":{"c":1e+21,"d":1,"x":"\u003c\u0026\u003e"},"b":1}"#;
/// assert_eq!(wire::tenants::go_json::canonical(&value), text);
/// ```
pub fn canonical(value: &Value) -> String {
    let mut text = String::new();
    write_value(&mut text, value);
    text
}

fn write_value(text: &mut String, value: &Value) {
    match value {
        Value::Null => text.push_str("null"),
        Value::Bool(true) => text.push_str("true"),
        Value::Bool(false) => text.push_str("false"),
        Value::Number(number) => write_number(text, number),
        Value::String(string) => write_string(text, string),
        Value::Array(elements) => write_list(text, ['[', ']'], elements, write_value),
        Value::Object(members) => {
            // The map's own order is a feature of the JSON library that any crate could switch.
            let mut members: Vec<_> = members.iter().collect();
            members.sort_unstable_by(|(a, _), (b, _)| a.as_bytes().cmp(b.as_bytes()));
            write_list(text, ['{', '}'], members, |text, (name, value)| {
                write_string(text, name);
                text.push(':');
                write_value(text, value);
            });
        }
    }
}

fn write_list<T>(
    text: &mut String,
    [open, close]: [char; 2],
    items: impl IntoIterator<Item = T>,
    write: impl Fn(&mut String, T),
) {
    text.push(open);
    for (index, item) in items.into_iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        write(text, item);
    }
    text.push(close);
}

/// The shortest digits that read back as the same double, and of two such the even one; with an
/// exponent where JavaScript has one. That is RFC 8785 but for the sign of zero.
fn write_number(text: &mut String, number: &Number) {
    let double = number
        .as_f64()
        .expect("numbers of the strict reader are doubles or 64-bit integers");
    if double == 0.0 && double.is_sign_negative() {
        text.push_str("-0");
    } else {
        // Not what the standard library prints: of two shortest spellings it takes the upper one.
        let spelled = serde_json_canonicalizer::to_string(&double);
        text.push_str(&spelled.expect("a number of a JSON document is finite"));
    }
}

fn write_string(text: &mut String, string: &str) {
    text.push('"');
    for c in string.chars() {
        match c {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\u{8}' => text.push_str("\\b"),
            '\u{c}' => text.push_str("\\f"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            '\0'..='\u{1f}' | '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                // Writing to a string cannot fail.
                let _ = write!(text, "\\u{:04x}", u32::from(c));
            }
            _ => text.push(c),
        }
    }
    text.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    const VECTORS: &str = include_str!("../../../../vectors/tenants/go-json.txt");

    fn spelled(text: &str) -> String {
        canonical(&crate::json::parse(text.as_bytes()).unwrap())
    }

    #[test]
    fn spells_every_vector_as_go_does() {
        let mut seen = 0;
        for block in VECTORS.split("\n\n") {
            let field = |name| block.lines().find_map(|line| line.strip_prefix(name));
            let Some(input) = field("input: ") else {
                continue;
            };
            assert_eq!(spelled(input), field("output: ").unwrap(), "{input}");
            seen += 1;
        }
        assert_eq!(seen, 30);
    }

    #[test]
    fn what_it_spelled_it_spells_again() {
        for text in [r#"{"b":[{"z":1,"a":"\u2028"}],"a":-0.0}"#, "[1e-7,2.5e30]"] {
            let once = spelled(text);
            assert_eq!(spelled(&once), once);
        }
    }

    /// Two accounts, one text: why typed payments allow no numbers.
    #[test]
    fn t5_large_numbers_collapse() {
        assert_eq!(
            spelled(r#"{"account":12345678901234567}"#),
            spelled(r#"{"account":12345678901234568}"#)
        );
    }
}

//! One member at a time: texts of the protocol read into what they stand for.
//!
//! Every function is told the member's name, so that what it says about a bad one names it.

use std::str::FromStr;

use engine::dialect::Malformed;
use rules::FeatureName;
use rules::text::{Email, Label, Phone};

/// A member as it was read, or what is wrong with it.
pub(super) type Read<T> = Result<T, Malformed>;

/// Reads each element of a list under its own field name.
pub(super) fn each<T, U>(
    field: &str,
    list: Vec<T>,
    read: impl Fn(&str, T) -> Read<U>,
) -> Read<Vec<U>> {
    list.into_iter()
        .enumerate()
        .map(|(i, item)| read(&format!("{field}[{i}]"), item))
        .collect()
}

pub(super) fn id<T: FromStr>(field: &str, text: &str) -> Read<T> {
    text.parse().map_err(|_| {
        Malformed::new(format!(
            "{field}: {text:?} is not a UUID in lower case with hyphens"
        ))
    })
}

pub(super) fn ids<T: FromStr>(field: &str, texts: &[String]) -> Read<Vec<T>> {
    texts
        .iter()
        .enumerate()
        .map(|(i, text)| id(&format!("{field}[{i}]"), text))
        .collect()
}

pub(super) fn parse<T: FromStr>(field: &str, text: &str, fragment: &str) -> Read<T> {
    text.parse()
        .map_err(|_| Malformed::new(format!("{fragment}: {field}: {text:?}")))
}

/// A decimal number in a string, the way the protocol spells 64-bit integers.
pub(super) fn decimal(field: &str, text: &str) -> Read<u64> {
    let plain = !text.is_empty()
        && text.bytes().all(|b| b.is_ascii_digit())
        && (text == "0" || !text.starts_with('0'));
    plain.then(|| text.parse().ok()).flatten().ok_or_else(|| {
        Malformed::new(format!(
            "{field}: {text:?} is not a decimal number in a string"
        ))
    })
}

pub(super) fn threshold(field: &str, value: i64) -> Read<u32> {
    u32::try_from(value).map_err(|_| {
        Malformed::new(format!(
            "quorum threshold must be non-zero integer: {field} is {value}"
        ))
    })
}

pub(super) fn label(field: &str, text: &str) -> Read<Label> {
    Label::parse(text).map_err(|problem| Malformed::new(format!("{field}: {problem}")))
}

/// An empty text counts as absent, as the protocol's `omitempty` has it.
fn present(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text.is_empty())
}

pub(super) fn optional_label(field: &str, text: Option<&str>) -> Read<Option<Label>> {
    present(text).map(|text| label(field, text)).transpose()
}

pub(super) fn email(field: &str, text: Option<&str>) -> Read<Option<Email>> {
    let read = |text| Email::parse(text).map_err(|e| Malformed::new(format!("{field}: {e}")));
    present(text).map(read).transpose()
}

pub(super) fn phone(field: &str, text: Option<&str>) -> Read<Option<Phone>> {
    let read = |text| Phone::parse(text).map_err(|e| Malformed::new(format!("{field}: {e}")));
    present(text).map(read).transpose()
}

pub(super) fn feature(name: &str) -> Read<FeatureName> {
    FeatureName::parse(name)
        .ok_or_else(|| Malformed::new(format!("parameters.name: {name:?} is not a feature")))
}

pub(super) fn unverified(field: &str, token: Option<&str>) -> Read<()> {
    match present(token) {
        None => Ok(()),
        Some(_) => Err(Malformed::unsupported(format!(
            "{field}: one-time passwords are not served, so there are no verification tokens"
        ))),
    }
}

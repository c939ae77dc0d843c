//! Members that only configurations have.

use serde_json::Value;
use url::Url;
use wire::environment::Environment;

use crate::http::tenants::fields::{Object, Read, Wrong};

/// Text that must be there and short enough for people.
pub(super) fn name(object: &Object, name: &str, wrong: &mut Wrong) -> Read<String> {
    Ok(wrong.required(name, object.text(name)?, MAX_NAME))
}

/// Yes or no, which must be said.
pub(super) fn decision(object: &Object, name: &str, wrong: &mut Wrong) -> Read<bool> {
    if object.value(name).is_none() {
        wrong.note(format!("{name} is a required field"));
    }
    object.flag(name)
}

/// At least one text.
pub(super) fn texts(object: &Object, name: &str, wrong: &mut Wrong) -> Read<Vec<String>> {
    let texts = match object.value(name) {
        None => {
            wrong.note(format!("{name} is a required field"));
            return Ok(Vec::new());
        }
        Some(Value::Array(texts)) => texts,
        Some(other) => return Err(object.mistyped("[]string", other, name)),
    };
    if texts.is_empty() {
        wrong.note(format!("{name} must at least have 1 entry"));
    }
    let texts = texts.iter().map(|text| match text {
        Value::String(text) => Ok(text.clone()),
        other => Err(object.mistyped("string", other, name)),
    });
    texts.collect()
}

/// How long a ceremony may take, in milliseconds, which must be said.
pub(super) fn timeout(object: &Object, name: &str, wrong: &mut Wrong) -> Read<u64> {
    let given = match object.value(name) {
        None => 0,
        Some(Value::Number(number)) if !number.is_f64() => {
            // Beyond 63 bits is as much too long as the largest number there is.
            number.as_i64().unwrap_or(i64::MAX)
        }
        Some(other) => return Err(object.mistyped("int", other, name)),
    };
    match u64::try_from(given) {
        Ok(0) => wrong.note(format!("{name} is a required field")),
        Ok(ms) if ms <= MAX_TIMEOUT_MS => return Ok(ms),
        _ => wrong.note(format!(
            "{name} must be between 1 and {MAX_TIMEOUT_MS} milliseconds"
        )),
    }
    Ok(0)
}

/// One of a few words, or nothing.
pub(super) fn one_of<T: Copy>(
    object: &Object,
    name: &str,
    words: &[(&str, T)],
    wrong: &mut Wrong,
) -> Read<Option<T>> {
    let Some(text) = object.text(name)? else {
        return Ok(None);
    };
    let found = words.iter().find(|(word, _)| *word == text);
    if found.is_none() {
        let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        wrong.note(format!("{name} must be one of '{}'", known.join(" ")));
    }
    Ok(found.map(|(_, meant)| *meant))
}

/// An environment, or nothing. A misspelt one must not be taken for none: the key would be good
/// everywhere. So it is refused, and so is an empty one.
pub(super) fn environment(
    object: &Object,
    name: &str,
    wrong: &mut Wrong,
) -> Read<Option<Environment>> {
    let Some(text) = object.text(name)? else {
        return Ok(None);
    };
    let found = text.parse();
    if let Err(error) = &found {
        wrong.note(format!("{name}: {error}"));
    }
    Ok(found.ok())
}

/// A URL, or nothing.
pub(super) fn url(object: &Object, name: &str, wrong: &mut Wrong) -> Read<Option<String>> {
    let text = object.text(name)?;
    if text.is_some_and(|text| Url::parse(text).is_err()) {
        wrong.note(format!("{name} must be a valid URL"));
    }
    Ok(text.map(str::to_owned))
}

/// Most characters in a name.
const MAX_NAME: usize = 255;

/// Longest a ceremony may take: an hour. What is begun is remembered for that long.
const MAX_TIMEOUT_MS: u64 = 3_600_000;

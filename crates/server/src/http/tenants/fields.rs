//! Members of a body: what they must be, and the words for what they are not.
//!
//! The compatible calls match names regardless of case and ignore what they do not know; ours take
//! every name as it is and refuse others. Either way a name stands once: two spellings of one name
//! are one too many.

use std::borrow::Cow;

use serde_json::{Map, Value};
use wire::json;

use super::dialect::Fault;

/// A member as it was read, or what is wrong with it.
pub(in crate::http) type Read<T> = Result<T, Fault>;

/// The members of an object.
pub(in crate::http) struct Object {
    path: Cow<'static, str>,
    members: Map<String, Value>,
}

impl Object {
    /// A compatible body. `null` is as good as an empty object.
    pub(in crate::http) fn lenient(body: &[u8]) -> Read<Self> {
        Self::known_in_any_case(Cow::Borrowed(""), parse(body)?)
    }

    /// A compatible object inside this one. One that is not there has no members.
    pub(in crate::http) fn part(&self, name: &str) -> Read<Self> {
        let path = format!("{}{name}.", self.path);
        let value = self.value(name).cloned().unwrap_or_default();
        Self::known_in_any_case(Cow::Owned(path), value)
    }

    fn known_in_any_case(path: Cow<'static, str>, value: Value) -> Read<Self> {
        let members = match value {
            Value::Object(members) => members,
            Value::Null => Map::new(),
            other => return Err(mistyped("object", &other, path.trim_end_matches('.'))),
        };
        let mut names: Vec<String> = members.keys().map(|name| name.to_lowercase()).collect();
        names.sort_unstable();
        match names.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(pair) => Err(Fault::Process(format!(
                "Syntax error: member {:?} appears twice",
                pair[0]
            ))),
            None => Ok(Self { path, members }),
        }
    }

    /// A body of ours, with members of these names and no others.
    pub(in crate::http) fn strict(body: &[u8], names: &[&str]) -> Read<Self> {
        Self::inside("", &parse(body)?, names)
    }

    /// An object of ours inside another; `path` ends with a dot.
    pub(in crate::http) fn inside(path: &'static str, value: &Value, names: &[&str]) -> Read<Self> {
        let Value::Object(members) = value else {
            return Err(mistyped("object", value, path.trim_end_matches('.')));
        };
        match members.keys().find(|name| !names.contains(&name.as_str())) {
            Some(other) => Err(Fault::Process(format!(
                "{path}{other} is not known here: send {}",
                names.join(", ")
            ))),
            None => Ok(Self {
                path: Cow::Borrowed(path),
                members: members.clone(),
            }),
        }
    }

    /// A member, if it is there and not `null`.
    pub(in crate::http) fn value(&self, name: &str) -> Option<&Value> {
        let exact = self.members.get(name);
        let found = exact.or_else(|| {
            let mut others = self.members.iter();
            let same = others.find(|(known, _)| known.eq_ignore_ascii_case(name));
            same.map(|(_, value)| value)
        });
        found.filter(|value| !value.is_null())
    }

    /// A text, if it is there.
    pub(in crate::http) fn text(&self, name: &str) -> Read<Option<&str>> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => Err(self.mistyped("string", other, name)),
        }
    }

    /// Yes or no; no unless it is there.
    pub(in crate::http) fn flag(&self, name: &str) -> Read<bool> {
        match self.value(name) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(other) => Err(self.mistyped("bool", other, name)),
        }
    }

    /// A whole number that is not negative, if it is there.
    pub(in crate::http) fn number(&self, name: &str) -> Read<Option<u64>> {
        match self.value(name) {
            None => Ok(None),
            Some(value) => match value.as_u64() {
                Some(number) => Ok(Some(number)),
                None => Err(self.mistyped("unsigned integer", value, name)),
            },
        }
    }

    /// What to say of a member that is of the wrong shape.
    pub(in crate::http) fn mistyped(&self, expected: &str, found: &Value, name: &str) -> Fault {
        mistyped(expected, found, &format!("{}{name}", self.path))
    }
}

/// What is of the right shape and still wrong, gathered to the end so that a caller can mend it
/// all at once.
#[derive(Default)]
pub(in crate::http) struct Wrong(Vec<String>);

impl Wrong {
    /// Notes something.
    pub(in crate::http) fn note(&mut self, message: impl Into<String>) {
        self.0.push(message.into());
    }

    /// A text that must be there, of at most `longest` characters.
    pub(in crate::http) fn required(
        &mut self,
        name: &str,
        text: Option<&str>,
        longest: usize,
    ) -> String {
        match text {
            None | Some("") => {
                self.note(format!("{name} is a required field"));
                String::new()
            }
            Some(text) => self.bounded(name, text, longest),
        }
    }

    /// A text that may be left out, of at most `longest` characters.
    pub(in crate::http) fn optional(
        &mut self,
        name: &str,
        text: Option<&str>,
        longest: usize,
    ) -> Option<String> {
        text.map(|text| self.bounded(name, text, longest))
    }

    fn bounded(&mut self, name: &str, text: &str, longest: usize) -> String {
        if text.chars().count() > longest {
            self.note(format!("{name} cannot have more than {longest} entries"));
        }
        // Not every database takes one.
        if text.contains('\0') {
            self.note(format!("{name} must not contain the character NUL"));
        }
        text.to_owned()
    }

    /// Everything that was noted, if anything was.
    pub(in crate::http) fn check(self) -> Read<()> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(Fault::Validate(self.0.join(" and ")))
        }
    }
}

fn parse(body: &[u8]) -> Read<Value> {
    json::parse(body).map_err(|error| Fault::Process(format!("Syntax error: {error}")))
}

fn mistyped(expected: &str, found: &Value, field: &str) -> Fault {
    let found = match found {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    Fault::Process(format!(
        "Unmarshal type error: expected={expected}, got={found}, field={field}"
    ))
}

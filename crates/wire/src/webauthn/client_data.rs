//! `CollectedClientData` (§5.8.1): what the browser says it did.

use serde_json::{Map, Value};

use crate::json::{self, JsonError};

/// More client data than this, in bytes, is refused before it is looked at. Browsers write about
/// two hundred; servers will usually bound the whole request much earlier.
const MAX_CLIENT_DATA: usize = 128 * 1024;

/// The client data of one ceremony. Unknown members were read and dropped (§5.8.1 asks for it).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ClientData {
    /// The ceremony: `webauthn.create`, `webauthn.get` or `payment.get`.
    pub kind: String,
    /// The challenge as the client spelled it: base64url, not decoded here.
    pub challenge: String,
    /// The serialised origin of the caller.
    pub origin: String,
    /// Whether the caller was not same-origin with its ancestors; absent means `false`.
    pub cross_origin: bool,
    /// The origin of the top-level page, when the client chose to tell.
    pub top_origin: Option<String>,
    /// The reserved `tokenBinding` member, if present.
    pub token_binding: Option<TokenBinding>,
    /// The `payment` member, unread: [`PaymentData::read`](super::PaymentData::read) reads that of
    /// a confirmation. At a registration, and at a login, it says nothing.
    pub payment: Option<Value>,
}

/// The `tokenBinding` member, reserved since Level 2 and still tested by conformance suites.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenBinding {
    /// Something other than an object; old Edge really sends the string `"unused"`.
    NotAnObject,
    /// An object without a textual `status`.
    WithoutStatus,
    /// An object with this `status`.
    Status(String),
}

/// Why bytes are not client data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClientDataError {
    /// More bytes than any client sends.
    #[error("client data is larger than 128 KiB")]
    TooLarge,
    /// The bytes are not UTF-8.
    #[error("client data is not UTF-8")]
    NotUtf8,
    /// The text is not one [strict](crate::json) JSON value.
    #[error("client data is not JSON")]
    NotJson,
    /// A member is named twice, perhaps with different escapes.
    #[error("client data names a member twice")]
    DuplicateMember,
    /// The JSON value is not an object.
    #[error("client data is not a JSON object")]
    NotAnObject,
    /// `type` is absent.
    #[error("client data has no type")]
    TypeMissing,
    /// `type` is not a string.
    #[error("the type in client data is not a string")]
    TypeNotString,
    /// `challenge` is absent.
    #[error("client data has no challenge")]
    ChallengeMissing,
    /// `challenge` is not a string.
    #[error("the challenge in client data is not a string")]
    ChallengeNotString,
    /// `origin` is absent.
    #[error("client data has no origin")]
    OriginMissing,
    /// `origin` is not a string.
    #[error("the origin in client data is not a string")]
    OriginNotString,
    /// `crossOrigin` is not a boolean.
    #[error("crossOrigin in client data is not a boolean")]
    CrossOriginNotBool,
    /// `topOrigin` is not a string.
    #[error("topOrigin in client data is not a string")]
    TopOriginNotString,
}

impl ClientDataError {
    /// The stable name of this failure.
    pub fn code(self) -> &'static str {
        match self {
            Self::TooLarge => "client_data_too_large",
            Self::NotUtf8 => "clientdata_not_utf8",
            Self::NotJson => "clientdata_not_json",
            Self::DuplicateMember => "clientdata_duplicate_key",
            Self::NotAnObject => "clientdata_not_object",
            Self::TypeMissing => "clientdata_type_missing",
            Self::TypeNotString => "clientdata_type_not_string",
            Self::ChallengeMissing => "clientdata_challenge_missing",
            Self::ChallengeNotString => "clientdata_challenge_not_string",
            Self::OriginMissing => "clientdata_origin_missing",
            Self::OriginNotString => "clientdata_origin_not_string",
            Self::CrossOriginNotBool => "clientdata_crossorigin_not_bool",
            Self::TopOriginNotString => "clientdata_toporigin_not_string",
        }
    }
}

impl ClientData {
    /// Reads the bytes of `clientDataJSON`.
    ///
    /// # Errors
    ///
    /// [`ClientDataError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, ClientDataError> {
        use ClientDataError as E;

        if bytes.len() > MAX_CLIENT_DATA {
            return Err(E::TooLarge);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| E::NotUtf8)?;
        // §7.1 step 5 and §7.2 step 8 say "UTF-8 decode", which drops one byte order mark.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut members = match json::parse(text.as_bytes()) {
            Ok(Value::Object(members)) => members,
            Ok(_) => return Err(E::NotAnObject),
            Err(JsonError::NotJson(_)) => return Err(E::NotJson),
            Err(JsonError::DuplicateMember(_)) => return Err(E::DuplicateMember),
        };
        let mut string = |name, missing, not_string| match members.remove(name) {
            Some(Value::String(text)) => Ok(text),
            Some(_) => Err(not_string),
            None => Err(missing),
        };
        Ok(Self {
            kind: string("type", E::TypeMissing, E::TypeNotString)?,
            challenge: string("challenge", E::ChallengeMissing, E::ChallengeNotString)?,
            origin: string("origin", E::OriginMissing, E::OriginNotString)?,
            cross_origin: match members.get("crossOrigin") {
                None => false,
                Some(Value::Bool(value)) => *value,
                Some(_) => return Err(E::CrossOriginNotBool),
            },
            top_origin: match members.remove("topOrigin") {
                None => None,
                Some(Value::String(origin)) => Some(origin),
                Some(_) => return Err(E::TopOriginNotString),
            },
            token_binding: token_binding(&mut members),
            payment: members.remove("payment"),
        })
    }
}

fn token_binding(members: &mut Map<String, Value>) -> Option<TokenBinding> {
    Some(match members.remove("tokenBinding")? {
        Value::Object(mut binding) => match binding.remove("status") {
            Some(Value::String(status)) => TokenBinding::Status(status),
            _ => TokenBinding::WithoutStatus,
        },
        _ => TokenBinding::NotAnObject,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: &str =
        r#"{"type":"webauthn.get","challenge":"AA","origin":"https://example.org"}"#;

    #[test]
    fn accepts_what_browsers_write() {
        let data = ClientData::parse(PLAIN.as_bytes()).unwrap();
        assert_eq!(data.kind, "webauthn.get");
        assert_eq!(data.challenge, "AA");
        assert_eq!(data.origin, "https://example.org");
        assert!(!data.cross_origin);
        assert_eq!(data.top_origin, None);
    }

    #[test]
    fn accepts_one_byte_order_mark_escapes_and_unknown_members() {
        let text = format!(
            "\u{feff}{}",
            r#"{ "new":{"x":[1,2.5e3]}, "origin":"https:\/\/example.\u006frg",
                "challenge":"AA", "crossOrigin":true, "topOrigin":"https://a.example",
                "type":"webauthn.get", "tokenBinding":"unused" }"#
        );
        let data = ClientData::parse(text.as_bytes()).unwrap();
        assert_eq!(data.origin, "https://example.org");
        assert!(data.cross_origin);
        assert_eq!(data.top_origin.as_deref(), Some("https://a.example"));
        assert_eq!(data.token_binding, Some(TokenBinding::NotAnObject));
    }

    #[test]
    fn refuses_each_malformation_by_its_own_name() {
        use ClientDataError as E;
        let two_marks = format!("\u{feff}\u{feff}{PLAIN}");
        for (text, expected) in [
            (two_marks.as_str(), E::NotJson),
            ("nope", E::NotJson),
            ("[]", E::NotAnObject),
            ("null", E::NotAnObject),
            (r#"{"type":"a","\u0074ype":"b"}"#, E::DuplicateMember),
            (r#"{"x":{"y":1,"y":1}}"#, E::DuplicateMember),
            ("{}", E::TypeMissing),
            (r#"{"type":1}"#, E::TypeNotString),
            (r#"{"type":""}"#, E::ChallengeMissing),
            (r#"{"type":"","challenge":null}"#, E::ChallengeNotString),
            (r#"{"type":"","challenge":""}"#, E::OriginMissing),
            (
                r#"{"type":"","challenge":"","origin":null}"#,
                E::OriginNotString,
            ),
            (
                r#"{"type":"","challenge":"","origin":"","crossOrigin":1}"#,
                E::CrossOriginNotBool,
            ),
            (
                r#"{"type":"","challenge":"","origin":"","crossOrigin":null}"#,
                E::CrossOriginNotBool,
            ),
            (
                r#"{"type":"","challenge":"","origin":"","topOrigin":1}"#,
                E::TopOriginNotString,
            ),
        ] {
            assert_eq!(ClientData::parse(text.as_bytes()), Err(expected), "{text}");
        }
        assert_eq!(ClientData::parse(b"{\"type\":\"\xff\"}"), Err(E::NotUtf8));
        assert_eq!(
            ClientData::parse(&vec![b' '; MAX_CLIENT_DATA + 1]),
            Err(E::TooLarge)
        );
    }
}

//! The JSON envelopes of `PublicKeyCredential.toJSON()` (§5.1.9): `RegistrationResponseJSON` and
//! `AuthenticationResponseJSON`.
//!
//! The convenience members `publicKey`, `publicKeyAlgorithm` and, at registration,
//! `authenticatorData` are deliberately not read: they repeat, unsigned, what the attestation
//! object says.

use serde_json::{Map, Value};

use crate::encoding::base64url;
use crate::json::{self, JsonError};

/// What a browser returned from `navigator.credentials.create()`, decoded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RegistrationResponse {
    /// The credential id the client reports; the signed one is in the attestation object.
    pub credential_id: Vec<u8>,
    /// The exact bytes of `clientDataJSON`.
    pub client_data_json: Vec<u8>,
    /// The exact bytes of `attestationObject`.
    pub attestation_object: Vec<u8>,
    /// How the authenticator may be reached; unknown values are kept (§5.8.4).
    pub transports: Vec<String>,
    /// `platform`, `cross-platform` or something newer.
    pub authenticator_attachment: Option<String>,
    /// What client extensions reported.
    pub extensions: ClientExtensionOutputs,
}

/// What a browser returned from `navigator.credentials.get()`, decoded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AssertionResponse {
    /// The credential id the client reports. It selects a key; only the signature proves it.
    pub credential_id: Vec<u8>,
    /// The exact bytes of `clientDataJSON`.
    pub client_data_json: Vec<u8>,
    /// The exact bytes of `authenticatorData`.
    pub authenticator_data: Vec<u8>,
    /// The signature, in the encoding its algorithm uses (§6.5.5).
    pub signature: Vec<u8>,
    /// The user handle, if the authenticator told one; never empty.
    pub user_handle: Option<Vec<u8>>,
    /// `platform`, `cross-platform` or something newer.
    pub authenticator_attachment: Option<String>,
    /// What client extensions reported.
    pub extensions: ClientExtensionOutputs,
}

/// The client extension outputs that a server acts on; the others are tolerated and dropped
/// (§7.1 step 28).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientExtensionOutputs {
    /// `appid`: the RP ID was replaced by the legacy AppID (§10.1.1).
    pub app_id: Option<bool>,
    /// `credProps.rk`: the credential is discoverable (§10.1.3).
    pub resident_key: Option<bool>,
    /// `payment.browserBoundSignature.signature`: this browser's own signature over the client
    /// data (Secure Payment Confirmation).
    pub browser_bound_signature: Option<Vec<u8>>,
}

/// Why a body is not a registration or assertion response.
///
/// `Missing`, `Type`, `Empty` and `Base64Url` carry the code, which names the member.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    /// The body is not JSON.
    #[error("the body is not JSON")]
    NotJson,
    /// The body names a member twice.
    #[error("the body names a member twice")]
    DuplicateMember,
    /// The body is not a JSON object.
    #[error("the body is not an object")]
    NotAnObject,
    /// A required member is absent.
    #[error("a member is missing: {0}")]
    Missing(&'static str),
    /// A member has the wrong type.
    #[error("a member has the wrong type: {0}")]
    Type(&'static str),
    /// A member that must not be empty is.
    #[error("a member is empty: {0}")]
    Empty(&'static str),
    /// A member is not canonical base64url.
    #[error("a member is not canonical base64url: {0}")]
    Base64Url(&'static str),
    /// `type` is not `public-key`.
    #[error("the credential type is not public-key")]
    NotPublicKey,
    /// `id` and `rawId` differ.
    #[error("id and rawId differ")]
    RawIdMismatch,
}

impl EnvelopeError {
    /// The stable name of this failure.
    pub fn code(self) -> &'static str {
        match self {
            Self::NotJson => "body_not_json",
            Self::DuplicateMember => "body_duplicate_key",
            Self::NotAnObject => "body_not_object",
            Self::Missing(code) | Self::Type(code) => code,
            Self::Empty(code) | Self::Base64Url(code) => code,
            Self::NotPublicKey => "type_not_public_key",
            Self::RawIdMismatch => "raw_id_mismatch",
        }
    }
}

impl RegistrationResponse {
    /// Reads `RegistrationResponseJSON`.
    ///
    /// # Errors
    ///
    /// [`EnvelopeError`].
    pub fn from_json(body: &[u8]) -> Result<Self, EnvelopeError> {
        let envelope = Envelope::read(body)?;
        let response = envelope.response()?;
        Ok(Self {
            client_data_json: required(response, &CLIENT_DATA_JSON)?,
            attestation_object: required(response, &ATTESTATION_OBJECT)?,
            transports: transports(response)?,
            authenticator_attachment: envelope.attachment()?,
            extensions: envelope.extensions()?,
            credential_id: envelope.credential_id,
        })
    }
}

impl AssertionResponse {
    /// Reads `AuthenticationResponseJSON`.
    ///
    /// # Errors
    ///
    /// [`EnvelopeError`].
    pub fn from_json(body: &[u8]) -> Result<Self, EnvelopeError> {
        let envelope = Envelope::read(body)?;
        let response = envelope.response()?;
        Ok(Self {
            client_data_json: required(response, &CLIENT_DATA_JSON)?,
            authenticator_data: required(response, &AUTHENTICATOR_DATA)?,
            signature: required(response, &SIGNATURE)?,
            user_handle: user_handle(response)?,
            authenticator_attachment: envelope.attachment()?,
            extensions: envelope.extensions()?,
            credential_id: envelope.credential_id,
        })
    }
}

/// What both responses have in common.
struct Envelope {
    members: Map<String, Value>,
    credential_id: Vec<u8>,
}

impl Envelope {
    fn read(body: &[u8]) -> Result<Self, EnvelopeError> {
        let members = match json::parse(body) {
            Ok(Value::Object(members)) => members,
            Ok(_) => return Err(EnvelopeError::NotAnObject),
            Err(JsonError::NotJson(_)) => return Err(EnvelopeError::NotJson),
            Err(JsonError::DuplicateMember(_)) => return Err(EnvelopeError::DuplicateMember),
        };
        let credential_id = required(&members, &ID)?;
        let raw_id = required(&members, &RAW_ID)?;
        match members.get("type") {
            None => return Err(EnvelopeError::Missing("type_missing")),
            Some(Value::String(kind)) if kind == "public-key" => {}
            Some(Value::String(_)) => return Err(EnvelopeError::NotPublicKey),
            Some(_) => return Err(EnvelopeError::Type("type_type")),
        }
        if credential_id != raw_id {
            return Err(EnvelopeError::RawIdMismatch);
        }
        Ok(Self {
            members,
            credential_id,
        })
    }

    fn response(&self) -> Result<&Map<String, Value>, EnvelopeError> {
        match self.members.get("response") {
            None => Err(EnvelopeError::Missing("response_missing")),
            Some(Value::Object(response)) => Ok(response),
            Some(_) => Err(EnvelopeError::Type("response_type")),
        }
    }

    fn attachment(&self) -> Result<Option<String>, EnvelopeError> {
        match self.members.get("authenticatorAttachment") {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(attachment)) => Ok(Some(attachment.to_string())),
            Some(_) => Err(EnvelopeError::Type("authenticator_attachment_type")),
        }
    }

    fn extensions(&self) -> Result<ClientExtensionOutputs, EnvelopeError> {
        let outputs = match self.members.get("clientExtensionResults") {
            None => return Ok(ClientExtensionOutputs::default()),
            Some(Value::Object(outputs)) => outputs,
            Some(_) => return Err(EnvelopeError::Type("client_extension_results_type")),
        };
        // An output of an unexpected type is treated as absent: outputs are unsigned hints.
        let boolean = |outputs: &Map<String, Value>, name| match outputs.get(name) {
            Some(Value::Bool(value)) => Some(*value),
            _ => None,
        };
        Ok(ClientExtensionOutputs {
            app_id: boolean(outputs, "appid"),
            resident_key: match outputs.get("credProps") {
                Some(Value::Object(properties)) => boolean(properties, "rk"),
                _ => None,
            },
            browser_bound_signature: outputs
                .get("payment")
                .and_then(|payment| {
                    payment
                        .get("browserBoundSignature")?
                        .get("signature")?
                        .as_str()
                })
                .and_then(|signature| base64url::decode(signature).ok()),
        })
    }
}

/// A base64url member and the codes for what may be wrong with it.
struct Field {
    name: &'static str,
    missing: &'static str,
    not_text: &'static str,
    empty: &'static str,
    not_base64url: &'static str,
}

fn required(members: &Map<String, Value>, field: &Field) -> Result<Vec<u8>, EnvelopeError> {
    let text = match members.get(field.name) {
        None => return Err(EnvelopeError::Missing(field.missing)),
        Some(Value::String(text)) => text,
        Some(_) => return Err(EnvelopeError::Type(field.not_text)),
    };
    if text.is_empty() {
        return Err(EnvelopeError::Empty(field.empty));
    }
    base64url::decode(text.as_bytes()).map_err(|_| EnvelopeError::Base64Url(field.not_base64url))
}

/// Absent, `null` and empty all mean that the authenticator told no user handle.
fn user_handle(response: &Map<String, Value>) -> Result<Option<Vec<u8>>, EnvelopeError> {
    match response.get("userHandle") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.is_empty() => Ok(None),
        Some(Value::String(text)) => base64url::decode(text.as_bytes())
            .map(Some)
            .map_err(|_| EnvelopeError::Base64Url("user_handle_base64url")),
        Some(_) => Err(EnvelopeError::Type("user_handle_type")),
    }
}

fn transports(response: &Map<String, Value>) -> Result<Vec<String>, EnvelopeError> {
    let wrong = EnvelopeError::Type("transports_type");
    match response.get("transports") {
        None => Ok(Vec::new()),
        Some(Value::Array(items)) => items
            .iter()
            .map(|item| match item {
                Value::String(transport) => Ok(transport.to_string()),
                _ => Err(wrong),
            })
            .collect(),
        Some(_) => Err(wrong),
    }
}

const ID: Field = Field {
    name: "id",
    missing: "id_missing",
    not_text: "id_type",
    empty: "id_empty",
    not_base64url: "bad_base64url",
};

const RAW_ID: Field = Field {
    name: "rawId",
    missing: "raw_id_missing",
    not_text: "raw_id_type",
    empty: "raw_id_empty",
    not_base64url: "bad_base64url",
};

const CLIENT_DATA_JSON: Field = Field {
    name: "clientDataJSON",
    missing: "client_data_json_missing",
    not_text: "client_data_json_type",
    empty: "client_data_json_empty",
    not_base64url: "client_data_json_base64url",
};

const ATTESTATION_OBJECT: Field = Field {
    name: "attestationObject",
    missing: "attestation_object_missing",
    not_text: "attestation_object_type",
    empty: "attestation_object_empty",
    not_base64url: "attestation_object_base64url",
};

const AUTHENTICATOR_DATA: Field = Field {
    name: "authenticatorData",
    missing: "authenticator_data_missing",
    not_text: "authenticator_data_type",
    empty: "authenticator_data_empty",
    not_base64url: "authenticator_data_base64url",
};

const SIGNATURE: Field = Field {
    name: "signature",
    missing: "signature_missing",
    not_text: "signature_type",
    empty: "signature_empty",
    not_base64url: "signature_base64url",
};

#[cfg(test)]
mod tests {
    use super::*;

    fn registration(
        edit: impl FnOnce(&mut serde_json::Value),
    ) -> Result<RegistrationResponse, EnvelopeError> {
        let mut body = serde_json::json!({
            "id": "AQ", "rawId": "AQ", "type": "public-key",
            "response": {
                "clientDataJSON": "e30", "attestationObject": "oA",
                "transports": ["internal", "telepathy"],
            },
            "authenticatorAttachment": "platform",
            "clientExtensionResults": { "credProps": { "rk": true }, "news": [] },
        });
        edit(&mut body);
        RegistrationResponse::from_json(body.to_string().as_bytes())
    }

    fn assertion(
        edit: impl FnOnce(&mut serde_json::Value),
    ) -> Result<AssertionResponse, EnvelopeError> {
        let mut body = serde_json::json!({
            "id": "AQ", "rawId": "AQ", "type": "public-key",
            "response": {
                "clientDataJSON": "e30", "authenticatorData": "AA", "signature": "AA",
                "userHandle": "AQI",
            },
            "clientExtensionResults": { "appid": true },
        });
        edit(&mut body);
        AssertionResponse::from_json(body.to_string().as_bytes())
    }

    #[test]
    fn accepts_what_browsers_send() {
        let read = registration(|_| {}).unwrap();
        assert_eq!(read.credential_id, [1]);
        assert_eq!(read.client_data_json, b"{}");
        assert_eq!(read.attestation_object, [0xa0]);
        assert_eq!(read.transports, ["internal", "telepathy"]);
        assert_eq!(read.authenticator_attachment.as_deref(), Some("platform"));
        assert_eq!(read.extensions.resident_key, Some(true));

        let read = assertion(|_| {}).unwrap();
        assert_eq!(read.user_handle.as_deref(), Some(&[1, 2][..]));
        assert_eq!(read.extensions.app_id, Some(true));
        for none in [serde_json::json!(null), serde_json::json!("")] {
            let read = assertion(|body| body["response"]["userHandle"] = none).unwrap();
            assert_eq!(read.user_handle, None);
        }
    }

    #[test]
    fn refuses_a_registration_by_the_code_of_the_member() {
        use serde_json::json;
        for (pointer, value, code) in [
            ("/id", json!(1), "id_type"),
            ("/id", json!(null), "id_type"),
            ("/id", json!("!!"), "bad_base64url"),
            ("/id", json!("AR"), "bad_base64url"),
            ("/id", json!(""), "id_empty"),
            ("/rawId", json!("Ag"), "raw_id_mismatch"),
            ("/type", json!(1), "type_type"),
            ("/type", json!("PUBLIC-KEY"), "type_not_public_key"),
            ("/response", json!("x"), "response_type"),
            ("/response", json!([]), "response_type"),
            ("/response", json!({}), "client_data_json_missing"),
            (
                "/response/clientDataJSON",
                json!({}),
                "client_data_json_type",
            ),
            (
                "/response/clientDataJSON",
                json!(""),
                "client_data_json_empty",
            ),
            (
                "/response/clientDataJSON",
                json!("e30="),
                "client_data_json_base64url",
            ),
            (
                "/response/attestationObject",
                json!(7),
                "attestation_object_type",
            ),
            (
                "/response/attestationObject",
                json!(""),
                "attestation_object_empty",
            ),
            (
                "/response/attestationObject",
                json!("o A"),
                "attestation_object_base64url",
            ),
            ("/response/transports", json!("usb"), "transports_type"),
            ("/response/transports", json!([1]), "transports_type"),
            (
                "/clientExtensionResults",
                json!([]),
                "client_extension_results_type",
            ),
            (
                "/authenticatorAttachment",
                json!(1),
                "authenticator_attachment_type",
            ),
        ] {
            let refused = registration(|body| *body.pointer_mut(pointer).unwrap() = value);
            assert_eq!(refused.map_err(EnvelopeError::code), Err(code), "{pointer}");
        }
        for (body, code) in [
            ("[]", "body_not_object"),
            ("", "body_not_json"),
            ("{}", "id_missing"),
            (r#"{"id":"AQ"}"#, "raw_id_missing"),
            (r#"{"id":"AQ","rawId":"AQ"}"#, "type_missing"),
            (
                r#"{"id":"AQ","rawId":"AQ","type":"public-key"}"#,
                "response_missing",
            ),
            (r#"{"id":"AQ","i\u0064":"AQ"}"#, "body_duplicate_key"),
        ] {
            let refused = RegistrationResponse::from_json(body.as_bytes());
            assert_eq!(refused.map_err(EnvelopeError::code), Err(code), "{body}");
        }
    }

    #[test]
    fn refuses_an_assertion_by_the_code_of_the_member() {
        use serde_json::json;
        for (pointer, value, code) in [
            (
                "/response/authenticatorData",
                json!(true),
                "authenticator_data_type",
            ),
            (
                "/response/authenticatorData",
                json!(""),
                "authenticator_data_empty",
            ),
            (
                "/response/authenticatorData",
                json!("*"),
                "authenticator_data_base64url",
            ),
            ("/response/signature", json!([]), "signature_type"),
            ("/response/signature", json!(""), "signature_empty"),
            ("/response/signature", json!("A"), "signature_base64url"),
            ("/response/userHandle", json!(1), "user_handle_type"),
            ("/response/userHandle", json!("A="), "user_handle_base64url"),
            (
                "/response",
                json!({ "clientDataJSON": "e30" }),
                "authenticator_data_missing",
            ),
        ] {
            let refused = assertion(|body| *body.pointer_mut(pointer).unwrap() = value);
            assert_eq!(refused.map_err(EnvelopeError::code), Err(code), "{pointer}");
        }
    }
}

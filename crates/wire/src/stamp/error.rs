//! What can be wrong with the form of a stamp.

use std::fmt;

/// A member of the JSON object in a stamp header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Member {
    /// `publicKey`
    PublicKey,
    /// `scheme`
    Scheme,
    /// `signature`
    Signature,
    /// `credentialId`
    CredentialId,
    /// `clientDataJson`
    ClientDataJson,
    /// `authenticatorData`
    AuthenticatorData,
}

impl Member {
    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PublicKey => "publicKey",
            Self::Scheme => "scheme",
            Self::Signature => "signature",
            Self::CredentialId => "credentialId",
            Self::ClientDataJson => "clientDataJson",
            Self::AuthenticatorData => "authenticatorData",
        }
    }

    /// The name as error codes spell it.
    const fn as_snake_case(self) -> &'static str {
        match self {
            Self::PublicKey => "public_key",
            Self::Scheme => "scheme",
            Self::Signature => "signature",
            Self::CredentialId => "credential_id",
            Self::ClientDataJson => "client_data_json",
            Self::AuthenticatorData => "authenticator_data",
        }
    }
}

impl fmt::Display for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What is wrong with one member.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// It is not there. Names are compared byte for byte.
    Missing,
    /// Its value is not a string.
    NotText,
    /// Its value is the empty string.
    Empty,
    /// Its value is not lower-case hexadecimal.
    NotHex,
    /// Its value is not base64url in its one canonical form.
    NotBase64Url,
    /// It decodes to a length, or a first byte, that no value of its kind has.
    Length,
}

impl Fault {
    /// The fault as error codes spell it.
    const fn as_snake_case(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::NotText => "type",
            Self::Empty => "empty",
            Self::NotHex => "hex",
            Self::NotBase64Url => "base64url",
            Self::Length => "length",
        }
    }

    /// What to do about it.
    const fn remedy(self) -> &'static str {
        match self {
            Self::Missing => "is missing; add it, spelt exactly so",
            Self::NotText => "is not a string; put its value in quotes",
            Self::Empty => "is empty; fill it in",
            Self::NotHex => {
                "is not lower-case hexadecimal; write two digits 0-9a-f per byte, without 0x"
            }
            Self::NotBase64Url => {
                "is not canonical base64url; use the alphabet A-Za-z0-9-_ without padding"
            }
            Self::Length => {
                "has a length or first byte that its scheme does not allow; send a compressed SEC1 \
                 key with a DER signature, or 32 bytes with 64 for Ed25519; a credential id has at \
                 most 1023 bytes"
            }
        }
    }
}

/// Why a header is not a stamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum StampError {
    /// The request carries no stamp.
    #[error("no stamp; send X-Stamp or X-Stamp-Webauthn")]
    Absent,
    /// The request carries both kinds of stamp.
    #[error("two stamps; send either X-Stamp or X-Stamp-Webauthn")]
    Ambiguous,
    /// The header is longer than [`super::MAX_HEADER_LENGTH`].
    #[error("stamp longer than 8192 bytes")]
    TooLarge,
    /// An [`super::X_STAMP`] value is not base64url.
    #[error("stamp is not canonical base64url; use the alphabet A-Za-z0-9-_ without padding")]
    NotBase64Url,
    /// What the header holds is not one JSON document.
    #[error("stamp is not JSON")]
    NotJson,
    /// The JSON is not an object.
    #[error("stamp is not a JSON object")]
    NotAnObject,
    /// A member appears twice.
    #[error("stamp has a member twice; parsers disagree about which one counts")]
    Duplicate,
    /// A member is there that no stamp has.
    #[error("stamp has a member that does not belong to it; send only the documented ones")]
    UnknownMember,
    /// `scheme` names no scheme we know.
    #[error(
        "scheme is unknown; use SIGNATURE_SCHEME_TK_API_P256, _SECP256K1, _SECP256K1_EIP191 or \
         _ED25519"
    )]
    UnknownScheme,
    /// One member has one fault.
    #[error("{0} {remedy}", remedy = .1.remedy())]
    At(Member, Fault),
}

impl StampError {
    /// A stable code for tests and logs, such as `stamp_signature_base64url`.
    pub fn code(self) -> String {
        let code = match self {
            Self::Absent => "stamp_missing",
            Self::Ambiguous => "stamp_ambiguous",
            Self::TooLarge => "stamp_too_large",
            Self::NotBase64Url => "stamp_not_base64url",
            Self::NotJson => "stamp_not_json",
            Self::NotAnObject => "stamp_not_object",
            Self::Duplicate => "stamp_duplicate_key",
            Self::UnknownMember => "stamp_unknown_field",
            Self::UnknownScheme => "stamp_scheme_unknown",
            Self::At(member, fault) => {
                return format!("stamp_{}_{}", member.as_snake_case(), fault.as_snake_case());
            }
        };
        code.to_owned()
    }
}

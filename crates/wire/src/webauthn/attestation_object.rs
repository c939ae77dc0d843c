//! Attestation objects (§6.5.4): authenticator data and a statement about its origin.

use crate::encoding::cbor::{self, CborError, Map, Value};

/// A larger attestation object than this, in bytes, is refused before it is looked at. A
/// post-quantum key with its certificate chain takes about 20 KiB.
const MAX_ATTESTATION_OBJECT: usize = 64 * 1024;

/// An attestation object, borrowing from its bytes. Unknown members such as `epAtt` are dropped.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct AttestationObject<'a> {
    /// The attestation statement format identifier, compared case-sensitively.
    pub format: &'a str,
    /// The authenticator data, byte for byte as signed.
    pub authenticator_data: &'a [u8],
    /// The statement, whose meaning the format gives.
    pub statement: Statement<'a>,
}

/// An attestation statement that is not interpreted yet.
#[derive(Clone, Debug, PartialEq)]
pub enum Statement<'a> {
    /// What every format but `compound` uses.
    Map(Map<'a>),
    /// The sub-statements of a `compound` attestation (§8.9).
    Array(Vec<Value<'a>>),
}

/// Why bytes are not an attestation object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AttestationObjectError {
    /// More bytes than any authenticator sends.
    #[error("the attestation object is larger than 64 KiB")]
    TooLarge,
    /// Not CBOR in the form we read.
    #[error("the attestation object is not canonical CBOR: {0}")]
    Cbor(CborError),
    /// Bytes follow the map.
    #[error("bytes follow the attestation object")]
    TrailingBytes,
    /// The CBOR item is not a map.
    #[error("the attestation object is not a map")]
    NotMap,
    /// `fmt` is absent.
    #[error("the attestation object has no fmt")]
    FormatMissing,
    /// `fmt` is not text.
    #[error("fmt is not text")]
    FormatType,
    /// `attStmt` is absent.
    #[error("the attestation object has no attStmt")]
    StatementMissing,
    /// `attStmt` is neither a map nor, for `compound`, an array.
    #[error("attStmt has the wrong type")]
    StatementType,
    /// `authData` is absent.
    #[error("the attestation object has no authData")]
    AuthenticatorDataMissing,
    /// `authData` is not a byte string.
    #[error("authData is not a byte string")]
    AuthenticatorDataType,
}

impl AttestationObjectError {
    /// The stable name of this failure.
    pub fn code(self) -> &'static str {
        match self {
            Self::TooLarge => "attestation_object_too_large",
            Self::Cbor(_) => "attobj_cbor",
            Self::TrailingBytes => "attobj_trailing_bytes",
            Self::NotMap => "attobj_not_map",
            Self::FormatMissing => "attobj_fmt_missing",
            Self::FormatType => "attobj_fmt_type",
            Self::StatementMissing => "attobj_attStmt_missing",
            Self::StatementType => "attobj_attStmt_type",
            Self::AuthenticatorDataMissing => "attobj_authData_missing",
            Self::AuthenticatorDataType => "attobj_authData_type",
        }
    }
}

impl<'a> AttestationObject<'a> {
    /// Reads the decoded bytes of `attestationObject`, to the last one.
    ///
    /// # Errors
    ///
    /// [`AttestationObjectError`].
    pub fn parse(bytes: &'a [u8]) -> Result<Self, AttestationObjectError> {
        use AttestationObjectError as E;

        if bytes.len() > MAX_ATTESTATION_OBJECT {
            return Err(E::TooLarge);
        }
        let value = cbor::decode(bytes).map_err(|error| match error {
            CborError::TrailingBytes => E::TrailingBytes,
            other => E::Cbor(other),
        })?;
        let map = value.as_map().ok_or(E::NotMap)?;
        let format = map
            .text("fmt")
            .ok_or(E::FormatMissing)?
            .as_text()
            .ok_or(E::FormatType)?;
        let statement = match map.text("attStmt").ok_or(E::StatementMissing)? {
            Value::Map(statement) => Statement::Map(statement.clone()),
            Value::Array(items) if format == "compound" => Statement::Array(items.clone()),
            _ => return Err(E::StatementType),
        };
        let authenticator_data = map
            .text("authData")
            .ok_or(E::AuthenticatorDataMissing)?
            .as_bytes()
            .ok_or(E::AuthenticatorDataType)?;
        Ok(Self {
            format,
            authenticator_data,
            statement,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoding::hex;

    fn check(hex_text: &str, expected: AttestationObjectError) {
        let bytes = hex::decode(hex_text).unwrap();
        assert_eq!(
            AttestationObject::parse(&bytes),
            Err(expected),
            "{hex_text}"
        );
    }

    const FMT_NONE: &str = "63666d74646e6f6e65";
    const STATEMENT: &str = "6761747453746d74a0";
    const DATA: &str = "686175746844617461420102";

    #[test]
    fn accepts_members_in_any_order_and_unknown_ones() {
        for members in [
            format!("a3{FMT_NONE}{STATEMENT}{DATA}"),
            format!("a3{FMT_NONE}{DATA}{STATEMENT}"),
            format!("a4{FMT_NONE}{DATA}{STATEMENT}65657041747 4f5").replace(' ', ""),
        ] {
            let bytes = hex::decode(members).unwrap();
            let read = AttestationObject::parse(&bytes).unwrap();
            assert_eq!(read.format, "none");
            assert_eq!(read.authenticator_data, [1, 2]);
            assert!(matches!(read.statement, Statement::Map(map) if map.is_empty()));
        }
    }

    #[test]
    fn refuses_each_malformation_by_its_own_name() {
        use AttestationObjectError as E;
        check("80", E::NotMap);
        check(&format!("a2{STATEMENT}{DATA}"), E::FormatMissing);
        check(&format!("a363666d7401{STATEMENT}{DATA}"), E::FormatType);
        check(&format!("a2{FMT_NONE}{DATA}"), E::StatementMissing);
        check(
            &format!("a3{FMT_NONE}6761747453746d7480{DATA}"),
            E::StatementType,
        );
        check(
            &format!("a3{FMT_NONE}6761747453746d7440{DATA}"),
            E::StatementType,
        );
        check(
            &format!("a2{FMT_NONE}{STATEMENT}"),
            E::AuthenticatorDataMissing,
        );
        check(
            &format!("a3{FMT_NONE}{STATEMENT}68617574684461746160"),
            E::AuthenticatorDataType,
        );
        check(
            &format!("a3{FMT_NONE}{STATEMENT}{DATA}00"),
            E::TrailingBytes,
        );
        check(
            &format!("a4{FMT_NONE}{STATEMENT}{DATA}{DATA}"),
            E::Cbor(CborError::DuplicateKey),
        );
        check(
            &format!("bf{FMT_NONE}{STATEMENT}{DATA}ff"),
            E::Cbor(CborError::Forbidden),
        );
        let oversized = vec![0; MAX_ATTESTATION_OBJECT + 1];
        assert_eq!(AttestationObject::parse(&oversized), Err(E::TooLarge));
    }
}

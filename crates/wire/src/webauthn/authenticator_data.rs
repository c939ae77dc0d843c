//! Authenticator data (§6.1): what the authenticator signs.
//!
//! ```text
//! rpIdHash 32 | flags 1 | signCount 4 BE | [AT: attested credential data] | [ED: CBOR map]
//! attested credential data: aaguid 16 | idLength 2 BE | credentialId | COSE key (CBOR)
//! ```

use std::fmt;

use crate::encoding::cbor::{self, CborError, Value};

/// The longest credential id that may be registered (§7.1 step 25), in bytes.
pub const MAX_CREDENTIAL_ID: usize = 1023;

/// Authenticator data, borrowing from the bytes it was read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AuthenticatorData<'a> {
    /// SHA-256 of the RP ID the credential is scoped to.
    pub rp_id_hash: &'a [u8; 32],
    /// What happened: presence, verification, backup.
    pub flags: Flags,
    /// The signature counter; 0 throughout on authenticators without one.
    pub sign_count: u32,
    /// The new credential; required at registration, to be ignored at assertion.
    pub attested_credential: Option<AttestedCredential<'a>>,
    /// The CBOR map of authenticator extension outputs, if there is one.
    pub extensions: Option<&'a [u8]>,
}

/// Attested credential data (§6.5.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AttestedCredential<'a> {
    /// The authenticator model; all zero when it does not tell.
    pub aaguid: &'a [u8; 16],
    /// The credential id, 1 to [`MAX_CREDENTIAL_ID`] bytes.
    pub credential_id: &'a [u8],
    /// The public key: one well-formed CBOR item, to be read as a [`CoseKey`](super::CoseKey).
    pub public_key: &'a [u8],
}

/// The flags byte of authenticator data. Bits 1 and 5 are reserved and tolerated.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Flags(u8);

impl Flags {
    /// The byte as it was signed.
    pub const fn as_byte(self) -> u8 {
        self.0
    }

    /// UP: a user was present.
    pub const fn user_present(self) -> bool {
        self.0 & 0x01 != 0
    }

    /// UV: the user was verified.
    pub const fn user_verified(self) -> bool {
        self.0 & 0x04 != 0
    }

    /// BE: the credential may be backed up. Never changes over its life.
    pub const fn backup_eligible(self) -> bool {
        self.0 & 0x08 != 0
    }

    /// BS: the credential is backed up now.
    pub const fn backed_up(self) -> bool {
        self.0 & 0x10 != 0
    }

    const fn has_attested_credential(self) -> bool {
        self.0 & 0x40 != 0
    }

    const fn has_extensions(self) -> bool {
        self.0 & 0x80 != 0
    }
}

impl fmt::Debug for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Flags({:#010b})", self.0)
    }
}

/// Why bytes are not authenticator data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthenticatorDataError {
    /// Fewer than the 37 fixed bytes.
    #[error("authenticator data is shorter than 37 bytes")]
    TooShort,
    /// The attested credential data is cut off.
    #[error("attested credential data is cut off")]
    Truncated,
    /// The credential id is empty.
    #[error("the credential id is empty")]
    CredentialIdEmpty,
    /// The credential id exceeds [`MAX_CREDENTIAL_ID`].
    #[error("the credential id is longer than 1023 bytes")]
    CredentialIdTooLong,
    /// The credential public key is not canonical CBOR.
    #[error("the credential public key is not canonical CBOR: {0}")]
    PublicKeyCbor(CborError),
    /// The ED flag is set and nothing follows.
    #[error("the extension flag is set and there are no extensions")]
    ExtensionsMissing,
    /// The extension outputs are not canonical CBOR.
    #[error("the extension outputs are not canonical CBOR: {0}")]
    ExtensionsCbor(CborError),
    /// The extension outputs are not a map.
    #[error("the extension outputs are not a map")]
    ExtensionsNotMap,
    /// Bytes follow what the flags announce.
    #[error("bytes follow the authenticator data")]
    TrailingBytes,
}

impl AuthenticatorDataError {
    /// The stable name of this failure.
    pub fn code(self) -> &'static str {
        match self {
            Self::TooShort => "authdata_too_short",
            Self::Truncated => "authdata_truncated",
            Self::CredentialIdEmpty => "credential_id_empty",
            Self::CredentialIdTooLong => "credential_id_too_long",
            Self::PublicKeyCbor(_) => "authdata_pubkey_cbor",
            Self::ExtensionsMissing => "authdata_extensions_missing",
            Self::ExtensionsCbor(_) => "authdata_extensions_cbor",
            Self::ExtensionsNotMap => "authdata_extensions_not_map",
            Self::TrailingBytes => "authdata_trailing_bytes",
        }
    }
}

impl<'a> AuthenticatorData<'a> {
    /// Reads `bytes` to the last one.
    ///
    /// # Errors
    ///
    /// [`AuthenticatorDataError`].
    pub fn parse(bytes: &'a [u8]) -> Result<Self, AuthenticatorDataError> {
        use AuthenticatorDataError as E;

        let (rp_id_hash, rest) = bytes.split_first_chunk::<32>().ok_or(E::TooShort)?;
        let (flags, rest) = rest.split_first().ok_or(E::TooShort)?;
        let (sign_count, mut rest) = rest.split_first_chunk::<4>().ok_or(E::TooShort)?;
        let flags = Flags(*flags);

        let mut attested_credential = None;
        if flags.has_attested_credential() {
            let (credential, after) = AttestedCredential::parse(rest)?;
            (attested_credential, rest) = (Some(credential), after);
        }
        let mut extensions = None;
        if flags.has_extensions() {
            if rest.is_empty() {
                return Err(E::ExtensionsMissing);
            }
            let (outputs, after) = cbor::decode_prefix(rest).map_err(E::ExtensionsCbor)?;
            if !matches!(outputs, Value::Map(_)) {
                return Err(E::ExtensionsNotMap);
            }
            (extensions, rest) = (Some(&rest[..rest.len() - after.len()]), after);
        }
        if !rest.is_empty() {
            return Err(E::TrailingBytes);
        }
        let sign_count = u32::from_be_bytes(*sign_count);
        Ok(Self {
            rp_id_hash,
            flags,
            sign_count,
            attested_credential,
            extensions,
        })
    }
}

impl<'a> AttestedCredential<'a> {
    fn parse(bytes: &'a [u8]) -> Result<(Self, &'a [u8]), AuthenticatorDataError> {
        use AuthenticatorDataError as E;

        let (aaguid, rest) = bytes.split_first_chunk::<16>().ok_or(E::Truncated)?;
        let (length, rest) = rest.split_first_chunk::<2>().ok_or(E::Truncated)?;
        let length = usize::from(u16::from_be_bytes(*length));
        let (credential_id, rest) = rest.split_at_checked(length).ok_or(E::Truncated)?;
        match length {
            0 => return Err(E::CredentialIdEmpty),
            1..=MAX_CREDENTIAL_ID => {}
            _ => return Err(E::CredentialIdTooLong),
        }
        let (_, after) = cbor::decode_prefix(rest).map_err(E::PublicKeyCbor)?;
        let public_key = &rest[..rest.len() - after.len()];
        Ok((
            Self {
                aaguid,
                credential_id,
                public_key,
            },
            after,
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(flags: u8, tail: &[u8]) -> Vec<u8> {
        [&[7; 32][..], &[flags], &[0, 0, 1, 2], tail].concat()
    }

    /// Attested credential data with a one-byte "key" (CBOR 0).
    fn attested(id_length: u16, id: &[u8], key: &[u8]) -> Vec<u8> {
        [&[9; 16][..], &id_length.to_be_bytes(), id, key].concat()
    }

    #[test]
    fn accepts_an_assertion_and_a_registration() {
        let bytes = data(0x1d, &[]);
        let read = AuthenticatorData::parse(&bytes).unwrap();
        assert_eq!(read.rp_id_hash, &[7; 32]);
        assert_eq!(read.sign_count, 0x0102);
        assert!(read.flags.user_present() && read.flags.user_verified());
        assert!(read.flags.backup_eligible() && read.flags.backed_up());

        let bytes = data(0xc1, &[&attested(2, b"id", &[0x00])[..], &[0xa0]].concat());
        let read = AuthenticatorData::parse(&bytes).unwrap();
        let credential = read.attested_credential.unwrap();
        assert_eq!(credential.aaguid, &[9; 16]);
        assert_eq!(credential.credential_id, b"id");
        assert_eq!(credential.public_key, &[0x00]);
        assert_eq!(read.extensions, Some(&[0xa0][..]));
    }

    #[test]
    fn refuses_each_malformation_by_its_own_name() {
        use AuthenticatorDataError as E;
        for (bytes, expected) in [
            (data(0x01, &[])[..36].to_vec(), E::TooShort),
            (Vec::new(), E::TooShort),
            (data(0x01, &[0]), E::TrailingBytes),
            (data(0x41, &[]), E::Truncated),
            (data(0x41, &attested(3, b"id", &[])), E::Truncated),
            (data(0x41, &attested(0, b"", &[0])), E::CredentialIdEmpty),
            (
                data(0x41, &attested(1024, &[1; 1024], &[0])),
                E::CredentialIdTooLong,
            ),
            (
                data(0x41, &attested(2, b"id", &[])),
                E::PublicKeyCbor(CborError::Truncated),
            ),
            (
                data(0x41, &attested(2, b"id", &[0xbf, 0xff])),
                E::PublicKeyCbor(CborError::Forbidden),
            ),
            (data(0x41, &attested(2, b"id", &[0, 0])), E::TrailingBytes),
            (data(0x81, &[]), E::ExtensionsMissing),
            (data(0x81, &[0x80]), E::ExtensionsNotMap),
            (data(0x81, &[0xa1]), E::ExtensionsCbor(CborError::Truncated)),
            (data(0x81, &[0xa0, 0]), E::TrailingBytes),
            (data(0x01, &[0xa0]), E::TrailingBytes),
        ] {
            assert_eq!(AuthenticatorData::parse(&bytes), Err(expected));
        }
        assert!(AuthenticatorData::parse(&data(0x41, &attested(1023, &[1; 1023], &[0]))).is_ok());
    }
}

//! The client data that the program can write anew.

use std::fmt;
use std::str::FromStr;

use crate::encoding::base64url;

/// A relying party's id as the program can hold it: 1 to 32 bytes without a quotation mark.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RpId(String);

/// Why the program cannot hold an RP ID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RpIdError {
    /// The text is empty.
    #[error("the RP ID is empty")]
    Empty,
    /// The text takes more than 32 bytes.
    #[error("the RP ID is longer than 32 bytes")]
    TooLong,
    /// The text has a quotation mark, which would end a string early in the rebuilt client data.
    #[error("the RP ID has a quotation mark")]
    Quote,
}

/// Which ceremony the client data is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ceremony {
    /// `webauthn.create`, of use where the attestation is signed by the credential itself.
    Create,
    /// `webauthn.get`.
    Get,
}

/// All that the program is told about the client data: the rest it knows, or cannot rebuild.
///
/// On the wire it is one byte and an optional port, little endian, behind a byte that says whether
/// there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClientDataShape {
    /// The `type`: high nibble of the byte, 0 or 1.
    pub ceremony: Ceremony,
    /// Whether `crossOrigin` is `true` (bit 0). It can be neither absent nor with a `topOrigin`.
    pub cross_origin: bool,
    /// Whether the origin begins with `http://` (bit 1) instead of `https://`.
    pub http: bool,
    /// Whether Chrome's [reminder](ClientDataShape::REMINDER) follows (bit 2).
    pub reminder: bool,
    /// The port, if the origin names one.
    pub port: Option<u16>,
}

impl RpId {
    /// The most bytes.
    pub const MAX: usize = 32;

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for RpId {
    type Err = RpIdError;

    fn from_str(text: &str) -> Result<Self, RpIdError> {
        if text.is_empty() {
            Err(RpIdError::Empty)
        } else if text.len() > Self::MAX {
            Err(RpIdError::TooLong)
        } else if text.contains('"') {
            Err(RpIdError::Quote)
        } else {
            Ok(Self(text.to_owned()))
        }
    }
}

impl fmt::Display for RpId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Ceremony {
    /// The `type` in client data.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Create => "webauthn.create",
            Self::Get => "webauthn.get",
        }
    }
}

impl ClientDataShape {
    /// The member that Chrome adds now and then.
    pub const REMINDER_NAME: &str = "other_keys_can_be_added_here";

    /// What it says.
    pub const REMINDER: &str =
        "do not compare clientDataJSON against a template. See https://goo.gl/yabPex";

    /// Type and flags in one byte.
    pub fn byte(self) -> u8 {
        let ceremony = match self.ceremony {
            Ceremony::Create => 0x00,
            Ceremony::Get => 0x10,
        };
        ceremony
            | u8::from(self.cross_origin)
            | u8::from(self.http) << 1
            | u8::from(self.reminder) << 2
    }

    /// As it travels: 2 bytes without a port, 4 with one.
    pub fn to_bytes(self) -> Vec<u8> {
        let mut bytes = vec![self.byte(), u8::from(self.port.is_some())];
        bytes.extend(self.port.into_iter().flat_map(u16::to_le_bytes));
        bytes
    }

    /// The client data that the program writes for this shape.
    pub fn render(self, rp_id: &RpId, challenge: &[u8; 32]) -> String {
        let kind = self.ceremony.as_str();
        let challenge = base64url::encode(challenge);
        let scheme = if self.http { "http" } else { "https" };
        let port = self.port.map(|port| format!(":{port}")).unwrap_or_default();
        let cross_origin = self.cross_origin;
        let reminder = if self.reminder {
            format!(r#","{}":"{}""#, Self::REMINDER_NAME, Self::REMINDER)
        } else {
            String::new()
        };
        format!(
            r#"{{"type":"{kind}","challenge":"{challenge}","origin":"{scheme}://{rp_id}{port}","crossOrigin":{cross_origin}{reminder}}}"#
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: ClientDataShape = ClientDataShape {
        ceremony: Ceremony::Get,
        cross_origin: false,
        http: false,
        reminder: false,
        port: None,
    };

    #[test]
    fn renders_what_browsers_write() {
        let rp_id = "localhost".parse().unwrap();
        assert_eq!(
            PLAIN.render(&rp_id, &[0; 32]),
            r#"{"type":"webauthn.get","challenge":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","origin":"https://localhost","crossOrigin":false}"#
        );
        let full = ClientDataShape {
            ceremony: Ceremony::Create,
            cross_origin: true,
            http: true,
            reminder: true,
            port: Some(3000),
        };
        assert_eq!(
            full.render(&rp_id, &[0xff; 32]),
            r#"{"type":"webauthn.create","challenge":"__________________________________________8","origin":"http://localhost:3000","crossOrigin":true,"other_keys_can_be_added_here":"do not compare clientDataJSON against a template. See https://goo.gl/yabPex"}"#
        );
    }

    #[test]
    fn spells_each_flag_as_its_own_bit() {
        let with = |change: fn(&mut ClientDataShape)| {
            let mut shape = PLAIN;
            change(&mut shape);
            shape.to_bytes()
        };
        assert_eq!(with(|_| ()), [0x10, 0]);
        assert_eq!(with(|shape| shape.ceremony = Ceremony::Create), [0x00, 0]);
        assert_eq!(with(|shape| shape.cross_origin = true), [0x11, 0]);
        assert_eq!(with(|shape| shape.http = true), [0x12, 0]);
        assert_eq!(with(|shape| shape.reminder = true), [0x14, 0]);
        assert_eq!(with(|shape| shape.port = Some(3000)), [0x10, 1, 0xb8, 0x0b]);
    }

    #[test]
    fn refuses_rp_ids_the_program_cannot_hold() {
        let parse = |text: &str| text.parse::<RpId>().map(|id| id.as_str().len());
        assert_eq!(parse(&"a".repeat(32)), Ok(32));
        assert_eq!(parse(&"a".repeat(33)), Err(RpIdError::TooLong));
        assert_eq!(parse(&"ü".repeat(17)), Err(RpIdError::TooLong));
        assert_eq!(parse(""), Err(RpIdError::Empty));
        assert_eq!(parse("a\"b"), Err(RpIdError::Quote));
    }
}

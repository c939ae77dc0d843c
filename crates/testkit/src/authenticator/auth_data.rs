//! Authenticator data (W3C WebAuthn L3 §6.1).

use crate::encode::cbor::Cbor;
use crate::encode::sha256;

/// User present.
pub const UP: u8 = 0x01;
/// User verified.
pub const UV: u8 = 0x04;
/// Backup eligible.
pub const BE: u8 = 0x08;
/// Backed up.
pub const BS: u8 = 0x10;
/// Attested credential data follows.
pub const AT: u8 = 0x40;
/// Extension data follows.
pub const ED: u8 = 0x80;

/// Authenticator data in parts. What is written depends on the parts alone, never on the flags,
/// so the two can be made to disagree.
#[derive(Clone, Debug)]
pub struct AuthData {
    /// SHA-256 of the RP ID.
    pub rp_id_hash: [u8; 32],
    /// The flags.
    pub flags: u8,
    /// The signature counter.
    pub sign_count: u32,
    /// The attested credential, if there is one.
    pub credential: Option<Credential>,
    /// The extension outputs, if any.
    pub extensions: Option<Cbor>,
    /// Bytes after everything else.
    pub trailing: Vec<u8>,
}

/// Attested credential data (§6.5.1).
#[derive(Clone, Debug)]
pub struct Credential {
    /// The authenticator model.
    pub aaguid: [u8; 16],
    /// The credential id.
    pub id: Vec<u8>,
    /// The length that is written for it, if not the true one.
    pub claimed_length: Option<u16>,
    /// The public key.
    pub public_key: Cbor,
}

impl AuthData {
    /// For a registration: present, verified, counter zero, no AAGUID.
    pub fn registration(rp_id: &str, id: &[u8], public_key: Cbor) -> Self {
        Self {
            flags: UP | UV | AT,
            credential: Some(Credential {
                aaguid: [0; 16],
                id: id.to_vec(),
                claimed_length: None,
                public_key,
            }),
            ..Self::assertion(rp_id)
        }
    }

    /// For an assertion: present, verified, counter zero.
    pub fn assertion(rp_id: &str) -> Self {
        Self {
            rp_id_hash: sha256(&[rp_id.as_bytes()]),
            flags: UP | UV,
            sign_count: 0,
            credential: None,
            extensions: None,
            trailing: vec![],
        }
    }

    /// The attested credential.
    ///
    /// # Panics
    ///
    /// If there is none.
    pub fn credential(&mut self) -> &mut Credential {
        self.credential
            .as_mut()
            .expect("registration data has a credential")
    }

    /// The bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = self.rp_id_hash.to_vec();
        out.push(self.flags);
        out.extend(self.sign_count.to_be_bytes());
        if let Some(credential) = &self.credential {
            let length = credential
                .claimed_length
                .unwrap_or(credential.id.len() as u16);
            out.extend(credential.aaguid);
            out.extend(length.to_be_bytes());
            out.extend(&credential.id);
            out.extend(credential.public_key.encode());
        }
        if let Some(extensions) = &self.extensions {
            out.extend(extensions.encode());
        }
        out.extend(&self.trailing);
        out
    }
}

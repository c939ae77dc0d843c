//! Ciphertext at rest.

use std::fmt;

/// Something the vault has sealed: ciphertext bound to the row it belongs to.
///
/// Anyone may hold, store and copy one; opening is what fails, unless the vault has the right
/// root key and is told the same kind, organisation, owner and version it was sealed for. The
/// bytes are the vault's own format and mean nothing elsewhere.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Sealed(Vec<u8>);

impl Sealed {
    /// The sealed value with exactly these bytes, as read back from the store.
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The bytes to store.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The bytes to store, by value.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed({} bytes)", self.0.len())
    }
}

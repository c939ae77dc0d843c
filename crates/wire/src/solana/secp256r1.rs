//! The native program that checks P-256 signatures (SIMD-0075).
//!
//! It runs before any other program and refuses the whole transaction if a signature is false.
//! Its data is a count and, per signature, seven offsets that may point anywhere; here there is
//! one signature and the customary layout:
//!
//! | offset | bytes | |
//! |---|---|---|
//! | 0 | 2 | how many signatures: 1; padding: 0 |
//! | 2 | 14 | offsets of signature, key and message, all within this instruction |
//! | 16 | 33 | public key, compressed |
//! | 49 | 64 | signature, r ‖ s, big endian, s at most n/2 |
//! | 113 | … | the message, which the program hashes with SHA-256 |

use std::fmt;

use super::{Instruction, program};

const KEY_AT: usize = 16;
const SIGNATURE_AT: usize = 49;
const MESSAGE_AT: usize = 113;

/// "This instruction", where an offset names the instruction it points into.
const HERE: u16 = u16::MAX;

/// A P-256 public key in the 33 bytes of SEC 1 §2.3.3: a prefix that tells whether y is odd, and
/// x. Whether there is such a point on the curve is not asked.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct CompressedKey([u8; 33]);

/// The bytes do not begin like a compressed point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a compressed point begins with 02 or 03")]
pub struct NotCompressed;

/// What one signature of the program covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedMessage {
    /// Whose signature it is.
    pub public_key: CompressedKey,
    /// r ‖ s, big endian. The program refuses s above n/2.
    pub signature: [u8; 64],
    /// What is signed; for WebAuthn authenticator data ‖ SHA-256 of the client data.
    pub message: Vec<u8>,
}

/// Why data is not one signature in the customary layout, or cannot be put into it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LayoutError {
    /// Fewer bytes than the fixed part takes.
    #[error("the data ends before the message")]
    TooShort,
    /// Another number of signatures than one, or offsets that point elsewhere.
    #[error("not one signature in the customary layout")]
    Layout,
    /// The key is not a compressed point.
    #[error(transparent)]
    Key(#[from] NotCompressed),
    /// A message longer than 16 bits can count.
    #[error("the message is longer than 65535 bytes")]
    TooLong,
}

impl CompressedKey {
    /// The key of these bytes.
    ///
    /// # Errors
    ///
    /// [`NotCompressed`].
    pub const fn from_bytes(bytes: [u8; 33]) -> Result<Self, NotCompressed> {
        match bytes[0] {
            0x02 | 0x03 => Ok(Self(bytes)),
            _ => Err(NotCompressed),
        }
    }

    /// The 33 bytes.
    pub const fn as_bytes(&self) -> &[u8; 33] {
        &self.0
    }
}

impl fmt::Debug for CompressedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CompressedKey({})", crate::encoding::hex::encode(self.0))
    }
}

impl SignedMessage {
    /// The instruction that has the signature checked. The
    /// [external signature program](super::external_signature) wants it to be the first of its
    /// transaction.
    ///
    /// # Errors
    ///
    /// [`LayoutError::TooLong`].
    pub fn instruction(&self) -> Result<Instruction, LayoutError> {
        let mut data = header(self.message.len())?.to_vec();
        data.extend(self.public_key.0);
        data.extend(self.signature);
        data.extend(&self.message);
        Ok(Instruction {
            program: program::SECP256R1,
            accounts: Vec::new(),
            data,
        })
    }

    /// Reads the data of such an instruction.
    ///
    /// # Errors
    ///
    /// [`LayoutError`].
    pub fn parse(data: &[u8]) -> Result<Self, LayoutError> {
        let (fixed, message) = data
            .split_first_chunk::<MESSAGE_AT>()
            .ok_or(LayoutError::TooShort)?;
        if fixed[..KEY_AT] != header(message.len())? {
            return Err(LayoutError::Layout);
        }
        let mut key = [0; 33];
        key.copy_from_slice(&fixed[KEY_AT..SIGNATURE_AT]);
        let mut signature = [0; 64];
        signature.copy_from_slice(&fixed[SIGNATURE_AT..]);
        Ok(Self {
            public_key: CompressedKey::from_bytes(key)?,
            signature,
            message: message.to_vec(),
        })
    }
}

/// Count, padding and offsets.
fn header(message_length: usize) -> Result<[u8; KEY_AT], LayoutError> {
    let length = u16::try_from(message_length).map_err(|_| LayoutError::TooLong)?;
    let offsets = [
        SIGNATURE_AT as u16,
        HERE,
        KEY_AT as u16,
        HERE,
        MESSAGE_AT as u16,
        length,
        HERE,
    ];
    let mut header = [0; KEY_AT];
    header[0] = 1;
    for (place, offset) in header[2..].chunks_exact_mut(2).zip(offsets) {
        place.copy_from_slice(&offset.to_le_bytes());
    }
    Ok(header)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signed() -> SignedMessage {
        let mut key = [0xaa; 33];
        key[0] = 3;
        SignedMessage {
            public_key: CompressedKey::from_bytes(key).unwrap(),
            signature: [0xbb; 64],
            message: vec![0xcc; 69],
        }
    }

    #[test]
    fn puts_everything_where_it_is_looked_for() {
        let instruction = signed().instruction().unwrap();
        assert_eq!(instruction.program, program::SECP256R1);
        assert!(instruction.accounts.is_empty());
        let data = instruction.data;
        assert_eq!(data.len(), 182);
        assert_eq!(
            crate::encoding::hex::encode(&data[..16]),
            "01003100ffff1000ffff71004500ffff"
        );
        assert_eq!((data[16], data[17], data[48]), (3, 0xaa, 0xaa));
        assert_eq!((data[49], data[112]), (0xbb, 0xbb));
        assert_eq!((data[113], data[181]), (0xcc, 0xcc));
        assert_eq!(SignedMessage::parse(&data), Ok(signed()));
    }

    #[test]
    fn refuses_each_malformation_by_its_own_name() {
        let data = signed().instruction().unwrap().data;
        assert_eq!(
            SignedMessage::parse(&data[..112]),
            Err(LayoutError::TooShort)
        );
        assert_eq!(SignedMessage::parse(&data[..181]), Err(LayoutError::Layout));
        for at in 0..16 {
            let mut changed = data.clone();
            changed[at] ^= 1;
            assert_eq!(SignedMessage::parse(&changed), Err(LayoutError::Layout));
        }
        let mut uncompressed = data;
        uncompressed[16] = 4;
        assert_eq!(
            SignedMessage::parse(&uncompressed),
            Err(LayoutError::Key(NotCompressed))
        );
        let long = SignedMessage {
            message: vec![0; 65_536],
            ..signed()
        };
        assert_eq!(long.instruction(), Err(LayoutError::TooLong));
    }
}

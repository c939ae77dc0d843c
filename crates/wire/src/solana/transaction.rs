//! Transactions: signature slots, then the message they cover.

use super::compact::{Reader, compact_u16};
use super::{Address, Message, MessageError};

/// The most bytes of a transaction: what is left of an IPv6 packet of minimal size.
pub const MAX_PACKET: usize = 1232;

/// A transaction in which at least one signature may be missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transaction {
    /// One slot per required signer, zeroes where a signature is missing.
    slots: Vec<[u8; 64]>,
    /// What the bytes below say.
    message: Message,
    /// What every signer signs.
    message_bytes: Vec<u8>,
}

/// A transaction of more than [`MAX_PACKET`] bytes, which no node takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a transaction of {0} bytes does not fit into {MAX_PACKET}")]
pub struct TooLarge(pub usize);

/// A signature as the chain's tools write it: base58.
pub fn signature_text(signature: &[u8]) -> String {
    bs58::encode(signature).into_string()
}

impl Transaction {
    /// A transaction that nobody has signed.
    pub fn unsigned(message: Message) -> Self {
        Self {
            slots: vec![[0; 64]; message.signers().len()],
            message_bytes: message.to_bytes(),
            message,
        }
    }

    /// Reads a whole wire transaction. Slots may be empty or filled. The length is not bounded
    /// here: see [`Transaction::to_packet`].
    ///
    /// # Errors
    ///
    /// [`MessageError`], for everything the network would refuse before running anything.
    pub fn parse(transaction: &[u8]) -> Result<Self, MessageError> {
        let mut reader = Reader::new(transaction);
        let slots = reader.list("the signatures", |reader| reader.array("a signature"))?;
        let message_bytes = reader.rest().to_vec();
        let message = Message::parse(&message_bytes)?;
        let signers = message.signers().len();
        if slots.len() != signers {
            return Err(MessageError::Slots {
                slots: slots.len(),
                signers,
            });
        }
        Ok(Self {
            slots,
            message,
            message_bytes,
        })
    }

    /// What the transaction says.
    pub fn message(&self) -> &Message {
        &self.message
    }

    /// What every signer signs.
    pub fn message_bytes(&self) -> &[u8] {
        &self.message_bytes
    }

    /// The signatures, in the order of [`Message::signers`], zeroes where one is missing. The
    /// first names the transaction once it is there.
    pub fn signatures(&self) -> &[[u8; 64]] {
        &self.slots
    }

    /// Whether no slot is empty. Whether the signatures are true is not asked.
    pub fn is_complete(&self) -> bool {
        self.slots.iter().all(|slot| *slot != [0; 64])
    }

    /// Which slot belongs to this key, from 0. Ask before signing.
    ///
    /// # Errors
    ///
    /// [`MessageError::NotASigner`].
    pub fn slot_of(&self, signer: &Address) -> Result<usize, MessageError> {
        self.message
            .signers()
            .iter()
            .position(|key| key == signer)
            .ok_or(MessageError::NotASigner)
    }

    /// The transaction with this key's slot filled. The other slots stay as they came.
    ///
    /// # Errors
    ///
    /// [`MessageError::NotASigner`].
    pub fn with_signature(
        mut self,
        signer: &Address,
        signature: &[u8; 64],
    ) -> Result<Self, MessageError> {
        let slot = self.slot_of(signer)?;
        // In range: there are as many slots as signers.
        self.slots[slot] = *signature;
        Ok(self)
    }

    /// The bytes, however many.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = compact_u16(self.message.header().required_signatures.into());
        bytes.extend(self.slots.as_flattened());
        bytes.extend(&self.message_bytes);
        bytes
    }

    /// The bytes, if a node would take that many.
    ///
    /// # Errors
    ///
    /// [`TooLarge`].
    pub fn to_packet(&self) -> Result<Vec<u8>, TooLarge> {
        let bytes = self.to_bytes();
        if bytes.len() > MAX_PACKET {
            Err(TooLarge(bytes.len()))
        } else {
            Ok(bytes)
        }
    }
}

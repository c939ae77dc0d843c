//! Solana transactions: signature slots, then the message they cover, legacy or version 0.

pub use message::{AddressTableLookup, SolanaInstruction, SolanaMessage, SolanaVersion};

use reader::{Reader, compact_u16};

mod message;
mod reader;

/// A Solana transaction in which at least one signature may be missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SolanaTransaction {
    /// One slot per required signer, zeroes where a signature is missing.
    slots: Vec<[u8; 64]>,
    /// What the bytes below say.
    message: SolanaMessage,
    /// What every signer signs.
    message_bytes: Vec<u8>,
}

/// Why bytes are not a Solana transaction, or not one this key can sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SolanaError {
    /// The bytes end before the transaction does.
    #[error("the input ends within {0}")]
    TooShort(&'static str),
    /// Bytes follow the message.
    #[error("something follows the message")]
    Trailing,
    /// A length is not spelled in the shortest way or exceeds 16 bits.
    #[error("the length of {0} is not a canonical compact-u16")]
    Length(&'static str),
    /// A message version that is not known here.
    #[error("unsupported message version {0}")]
    Version(u8),
    /// The header names no signer, or all of them as read-only: nobody could pay the fee.
    #[error("the message has no writable signer to pay its fee")]
    NoFeePayer,
    /// The header counts more accounts than the message lists.
    #[error("the header counts more accounts than there are")]
    Header,
    /// There are not as many signature slots as required signers.
    #[error("{slots} signature slots for {signers} required signers")]
    Slots {
        /// Signature slots in the transaction.
        slots: usize,
        /// Signers the message requires.
        signers: usize,
    },
    /// An instruction's program is the fee payer, or its index points behind the accounts the
    /// message lists: nowhere, or into a lookup table, whose content a signer does not see.
    #[error("instruction {instruction}: its program is not among the listed accounts")]
    Program {
        /// Which instruction, from 0.
        instruction: usize,
    },
    /// An instruction names an account that is neither listed nor looked up.
    #[error("instruction {instruction}: account index {index} is out of range")]
    Account {
        /// Which instruction, from 0.
        instruction: usize,
        /// The index it gives.
        index: u8,
    },
    /// A lookup that loads no account.
    #[error("an address table lookup loads nothing")]
    EmptyLookup,
    /// More than 256 accounts, listed and looked up together.
    #[error("more than 256 accounts")]
    TooManyAccounts,
    /// The key is not one of the required signers.
    #[error("the signer is not among the required signers")]
    NotASigner,
}

impl SolanaTransaction {
    /// Reads a whole wire transaction. Slots may be empty or filled by other signers.
    pub fn parse(transaction: &[u8]) -> Result<Self, SolanaError> {
        let mut reader = Reader::new(transaction);
        let slots = reader.list("the signatures", |reader| reader.array("a signature"))?;
        let message_bytes = reader.rest().to_vec();
        let message = SolanaMessage::parse(&message_bytes)?;
        let signers = usize::from(message.required_signatures);
        if slots.len() != signers {
            return Err(SolanaError::Slots {
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
    pub fn message(&self) -> &SolanaMessage {
        &self.message
    }

    /// What every signer signs.
    pub fn message_bytes(&self) -> &[u8] {
        &self.message_bytes
    }

    /// Which slot belongs to this public key, from 0; or that none does. Ask before signing.
    pub fn slot_of(&self, public_key: &[u8; 32]) -> Result<usize, SolanaError> {
        self.message
            .signers()
            .iter()
            .position(|signer| signer == public_key)
            .ok_or(SolanaError::NotASigner)
    }

    /// The transaction with this key's slot filled, as hexadecimal digits without `0x`. The
    /// other slots stay as they came.
    pub fn into_signed(
        mut self,
        public_key: &[u8; 32],
        signature: &[u8; 64],
    ) -> Result<String, SolanaError> {
        let slot = self.slot_of(public_key)?;
        // In range: `parse` made sure that there are as many slots as signers.
        self.slots[slot] = *signature;
        let mut signed = compact_u16(self.message.required_signatures.into());
        signed.extend(self.slots.as_flattened());
        signed.extend(&self.message_bytes);
        Ok(hex::encode(signed))
    }
}

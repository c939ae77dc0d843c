//! What can be wrong with a message and with the transaction around it.

/// Why bytes are not a transaction, why instructions do not make one, or why a key has no place
/// in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MessageError {
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
    /// More than 127 signers, in compiling: the first byte of a legacy message counts no further.
    #[error("more than 127 signers")]
    TooManySigners,
    /// More than 65535 of something, in compiling.
    #[error("the length of {0} exceeds 16 bits")]
    TooLong(&'static str),
    /// The key is not one of the required signers.
    #[error("the signer is not among the required signers")]
    NotASigner,
}

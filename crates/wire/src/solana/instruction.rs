//! What one wants done, before it is compiled into a message.

use super::Address;

/// An account that an instruction touches, and with which rights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AccountMeta {
    /// The account.
    pub address: Address,
    /// Whether it must sign the transaction.
    pub is_signer: bool,
    /// Whether its lamports or data may change.
    pub is_writable: bool,
}

impl AccountMeta {
    /// An account that is only looked at.
    pub const fn readonly(address: Address) -> Self {
        Self {
            address,
            is_signer: false,
            is_writable: false,
        }
    }

    /// An account that may change.
    pub const fn writable(address: Address) -> Self {
        Self {
            is_writable: true,
            ..Self::readonly(address)
        }
    }

    /// The same account, which must sign as well.
    pub const fn signed(self) -> Self {
        Self {
            is_signer: true,
            ..self
        }
    }

    /// The rights of both, for one account named twice: whoever signs, signs everywhere.
    pub(super) fn promote(&mut self, other: Self) {
        debug_assert_eq!(self.address, other.address);
        self.is_signer |= other.is_signer;
        self.is_writable |= other.is_writable;
    }
}

/// One call of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instruction {
    /// Who is called.
    pub program: Address,
    /// The accounts it is given, in the order it expects.
    pub accounts: Vec<AccountMeta>,
    /// What it reads.
    pub data: Vec<u8>,
}

//! What a Solana message says, and the strict reader of it.
//!
//! The reader refuses what the network would refuse before running anything (the runtime calls
//! it sanitising), so a judge of the message may index accounts without fear.

use super::SolanaError;
use super::reader::Reader;

/// Everything a Solana message says. Indices of accounts count through `account_keys` and then
/// through what the lookups load: first every writable account, then every read-only one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SolanaMessage {
    /// How it is spelled.
    pub version: SolanaVersion,
    /// How many of the first accounts must sign; the very first pays the fee.
    pub required_signatures: u8,
    /// How many of the signers, the last ones, are read-only.
    pub readonly_signed: u8,
    /// How many of the other listed accounts, the last ones, are read-only.
    pub readonly_unsigned: u8,
    /// The listed accounts.
    pub account_keys: Vec<[u8; 32]>,
    /// A recent blockhash, or the value of a durable nonce.
    pub recent_blockhash: [u8; 32],
    /// What is to be done, in order.
    pub instructions: Vec<SolanaInstruction>,
    /// Accounts taken from tables on the chain (version 0 only).
    pub address_table_lookups: Vec<AddressTableLookup>,
}

/// The spelling of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SolanaVersion {
    /// Without a version byte and without lookups.
    Legacy,
    /// Version 0, with lookups.
    V0,
}

/// One call of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SolanaInstruction {
    /// Index of the program among the *listed* accounts, never 0.
    pub program_index: u8,
    /// Indices of the accounts it is given.
    pub accounts: Vec<u8>,
    /// What the program reads.
    pub data: Vec<u8>,
}

/// Accounts loaded from one table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressTableLookup {
    /// The account of the table.
    pub table: [u8; 32],
    /// Positions in the table of the accounts loaded as writable.
    pub writable: Vec<u8>,
    /// Positions in the table of the accounts loaded as read-only.
    pub readonly: Vec<u8>,
}

impl SolanaMessage {
    /// The accounts that must sign, the fee payer first.
    pub fn signers(&self) -> &[[u8; 32]] {
        &self.account_keys[..usize::from(self.required_signatures)]
    }

    /// Whether the account at this index must sign.
    pub fn is_signer(&self, index: u8) -> bool {
        index < self.required_signatures
    }

    /// Whether the message asks for write access to the account at this index.
    pub fn is_writable(&self, index: u8) -> bool {
        let index = usize::from(index);
        let listed = self.account_keys.len();
        let signers = usize::from(self.required_signatures);
        if index < signers {
            index < signers - usize::from(self.readonly_signed)
        } else if index < listed {
            index < listed - usize::from(self.readonly_unsigned)
        } else {
            let looked_up: usize = self
                .address_table_lookups
                .iter()
                .map(|l| l.writable.len())
                .sum();
            index - listed < looked_up
        }
    }

    /// The program an instruction of this message calls.
    pub fn program(&self, instruction: &SolanaInstruction) -> Option<&[u8; 32]> {
        self.account_keys
            .get(usize::from(instruction.program_index))
    }

    pub(super) fn parse(bytes: &[u8]) -> Result<Self, SolanaError> {
        const VERSION_FLAG: u8 = 0x80;
        let mut reader = Reader::new(bytes);
        let first = reader.byte("the header")?;
        let (version, required_signatures) = match first.checked_sub(VERSION_FLAG) {
            None => (SolanaVersion::Legacy, first),
            Some(0) => (SolanaVersion::V0, reader.byte("the header")?),
            Some(unknown) => return Err(SolanaError::Version(unknown)),
        };
        let message = Self {
            version,
            required_signatures,
            readonly_signed: reader.byte("the header")?,
            readonly_unsigned: reader.byte("the header")?,
            account_keys: reader.list("the account keys", |reader| reader.array("a key"))?,
            recent_blockhash: reader.array("the blockhash")?,
            instructions: reader.list("the instructions", instruction)?,
            address_table_lookups: match version {
                SolanaVersion::Legacy => Vec::new(),
                SolanaVersion::V0 => reader.list("the address table lookups", lookup)?,
            },
        };
        reader.finish()?;
        message.check_header()?;
        message.check_indices()?;
        Ok(message)
    }

    fn check_header(&self) -> Result<(), SolanaError> {
        if self.readonly_signed >= self.required_signatures {
            return Err(SolanaError::NoFeePayer);
        }
        let counted = usize::from(self.required_signatures) + usize::from(self.readonly_unsigned);
        if counted > self.account_keys.len() {
            Err(SolanaError::Header)
        } else {
            Ok(())
        }
    }

    fn check_indices(&self) -> Result<(), SolanaError> {
        let listed = self.account_keys.len();
        let mut accounts = listed;
        for lookup in &self.address_table_lookups {
            let loaded = lookup.writable.len() + lookup.readonly.len();
            if loaded == 0 {
                return Err(SolanaError::EmptyLookup);
            }
            accounts += loaded;
        }
        if accounts > 256 {
            return Err(SolanaError::TooManyAccounts);
        }
        for (number, instruction) in self.instructions.iter().enumerate() {
            let program = usize::from(instruction.program_index);
            if program == 0 || program >= listed {
                return Err(SolanaError::Program {
                    instruction: number,
                });
            }
            if let Some(&index) = instruction
                .accounts
                .iter()
                .find(|&&index| usize::from(index) >= accounts)
            {
                return Err(SolanaError::Account {
                    instruction: number,
                    index,
                });
            }
        }
        Ok(())
    }
}

fn instruction(reader: &mut Reader<'_>) -> Result<SolanaInstruction, SolanaError> {
    Ok(SolanaInstruction {
        program_index: reader.byte("an instruction")?,
        accounts: reader.bytes("an instruction's accounts")?,
        data: reader.bytes("an instruction's data")?,
    })
}

fn lookup(reader: &mut Reader<'_>) -> Result<AddressTableLookup, SolanaError> {
    Ok(AddressTableLookup {
        table: reader.array("an address table lookup")?,
        writable: reader.bytes("a lookup's writable positions")?,
        readonly: reader.bytes("a lookup's read-only positions")?,
    })
}

//! What a message says, and the strict reader of it.
//!
//! The reader refuses what the network would refuse before running anything (the runtime calls
//! it sanitising), so a judge of the message may index accounts without fear. It accepts one
//! spelling per message, so the fields and the bytes cannot tell different stories.

use super::compact::{Reader, compact_u16};
use super::{AccountMeta, Address, MessageError};

/// Everything a message says. Indices of accounts count through `account_keys` and then through
/// what the lookups load: first every writable account, then every read-only one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    version: Version,
    header: Header,
    account_keys: Vec<Address>,
    recent_blockhash: [u8; 32],
    instructions: Vec<CompiledInstruction>,
    address_table_lookups: Vec<AddressTableLookup>,
}

/// The spelling of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Version {
    /// Without a version byte and without lookups.
    Legacy,
    /// Version 0, with lookups.
    V0,
}

/// How the listed accounts divide into those that sign and those that may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Header {
    /// How many of the first accounts must sign; the very first pays the fee.
    pub required_signatures: u8,
    /// How many of the signers, the last ones, are read-only.
    pub readonly_signed: u8,
    /// How many of the other listed accounts, the last ones, are read-only.
    pub readonly_unsigned: u8,
}

/// One call of a program, its accounts by their positions in a list.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CompiledInstruction {
    /// Index of the program; in a message it counts among the *listed* accounts and is never 0.
    pub program_index: u8,
    /// Indices of the accounts it is given.
    pub accounts: Vec<u8>,
    /// What the program reads.
    pub data: Vec<u8>,
}

/// Accounts loaded from one table.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AddressTableLookup {
    /// The account of the table.
    pub table: Address,
    /// Positions in the table of the accounts loaded as writable.
    pub writable: Vec<u8>,
    /// Positions in the table of the accounts loaded as read-only.
    pub readonly: Vec<u8>,
}

/// Set in the first byte of every message that is not legacy.
const VERSION_FLAG: u8 = 0x80;

impl Message {
    /// Reads a message, legacy or version 0, to its last byte.
    ///
    /// # Errors
    ///
    /// [`MessageError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, MessageError> {
        let mut reader = Reader::new(bytes);
        let first = reader.byte("the header")?;
        let (version, required_signatures) = match first.checked_sub(VERSION_FLAG) {
            None => (Version::Legacy, first),
            Some(0) => (Version::V0, reader.byte("the header")?),
            Some(unknown) => return Err(MessageError::Version(unknown)),
        };
        let header = Header {
            required_signatures,
            readonly_signed: reader.byte("the header")?,
            readonly_unsigned: reader.byte("the header")?,
        };
        let account_keys =
            reader.list("the account keys", |r| r.array("a key").map(Address::from))?;
        let recent_blockhash = reader.array("the blockhash")?;
        let instructions = reader.list("the instructions", instruction)?;
        let lookups = match version {
            Version::Legacy => Vec::new(),
            Version::V0 => reader.list("the address table lookups", lookup)?,
        };
        reader.finish()?;
        Self::sound(Self {
            version,
            header,
            account_keys,
            recent_blockhash,
            instructions,
            address_table_lookups: lookups,
        })
    }

    /// The message of these parts, if they are sound together and can be spelled.
    pub(super) fn compiled(
        version: Version,
        header: Header,
        account_keys: Vec<Address>,
        recent_blockhash: [u8; 32],
        instructions: Vec<CompiledInstruction>,
    ) -> Result<Self, MessageError> {
        if header.required_signatures >= VERSION_FLAG {
            return Err(MessageError::TooManySigners);
        }
        Self::sound(Self {
            version,
            header,
            account_keys,
            recent_blockhash,
            instructions,
            address_table_lookups: Vec::new(),
        })
    }

    /// The bytes that every signer signs.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = match self.version {
            Version::Legacy => Vec::new(),
            Version::V0 => vec![VERSION_FLAG],
        };
        let Header {
            required_signatures,
            readonly_signed,
            readonly_unsigned,
        } = self.header;
        bytes.extend([required_signatures, readonly_signed, readonly_unsigned]);
        bytes.extend(length(self.account_keys.len()));
        bytes.extend(self.account_keys.iter().flat_map(|key| *key.as_bytes()));
        bytes.extend(self.recent_blockhash);
        bytes.extend(length(self.instructions.len()));
        for instruction in &self.instructions {
            bytes.push(instruction.program_index);
            counted(&mut bytes, &instruction.accounts);
            counted(&mut bytes, &instruction.data);
        }
        if self.version == Version::V0 {
            bytes.extend(length(self.address_table_lookups.len()));
            for lookup in &self.address_table_lookups {
                bytes.extend(lookup.table.as_bytes());
                counted(&mut bytes, &lookup.writable);
                counted(&mut bytes, &lookup.readonly);
            }
        }
        bytes
    }

    /// How the message is spelled.
    pub fn version(&self) -> Version {
        self.version
    }

    /// How the listed accounts divide.
    pub fn header(&self) -> Header {
        self.header
    }

    /// The listed accounts.
    pub fn account_keys(&self) -> &[Address] {
        &self.account_keys
    }

    /// A recent blockhash, or the value of a durable nonce.
    pub fn recent_blockhash(&self) -> &[u8; 32] {
        &self.recent_blockhash
    }

    /// What is to be done, in order.
    pub fn instructions(&self) -> &[CompiledInstruction] {
        &self.instructions
    }

    /// Accounts taken from tables on the chain (version 0 only).
    pub fn address_table_lookups(&self) -> &[AddressTableLookup] {
        &self.address_table_lookups
    }

    /// The accounts that must sign, the fee payer first.
    pub fn signers(&self) -> &[Address] {
        // In range: `sound` compared the two.
        &self.account_keys[..usize::from(self.header.required_signatures)]
    }

    /// Whether the account at this index must sign.
    pub fn is_signer(&self, index: u8) -> bool {
        index < self.header.required_signatures
    }

    /// Whether the message asks for write access to the account at this index.
    pub fn is_writable(&self, index: u8) -> bool {
        let index = usize::from(index);
        let listed = self.account_keys.len();
        let signers = usize::from(self.header.required_signatures);
        if index < signers {
            index < signers - usize::from(self.header.readonly_signed)
        } else if index < listed {
            index < listed - usize::from(self.header.readonly_unsigned)
        } else {
            let lookups = self.address_table_lookups.iter();
            let writable: usize = lookups.map(|lookup| lookup.writable.len()).sum();
            index - listed < writable
        }
    }

    /// A listed account with the rights this message gives it, which are the sum of what its
    /// instructions asked for. A called program sees these rights, not those of its own
    /// instruction. (The runtime further takes write access away from sysvars, built-in programs
    /// and programs that are called; whoever compiles should not ask for it.)
    pub fn meta(&self, address: &Address) -> Option<AccountMeta> {
        let position = self.account_keys.iter().position(|key| key == address)?;
        let index = u8::try_from(position).ok()?;
        Some(AccountMeta {
            address: *address,
            is_signer: self.is_signer(index),
            is_writable: self.is_writable(index),
        })
    }

    /// The program an instruction of this message calls.
    pub fn program(&self, instruction: &CompiledInstruction) -> Option<&Address> {
        self.account_keys
            .get(usize::from(instruction.program_index))
    }

    fn sound(self) -> Result<Self, MessageError> {
        self.check_header()?;
        self.check_indices()?;
        Ok(self)
    }

    fn check_header(&self) -> Result<(), MessageError> {
        let header = self.header;
        if header.readonly_signed >= header.required_signatures {
            return Err(MessageError::NoFeePayer);
        }
        let counted =
            usize::from(header.required_signatures) + usize::from(header.readonly_unsigned);
        if counted > self.account_keys.len() {
            Err(MessageError::Header)
        } else {
            Ok(())
        }
    }

    fn check_indices(&self) -> Result<(), MessageError> {
        let listed = self.account_keys.len();
        let mut accounts = listed;
        for lookup in &self.address_table_lookups {
            let loaded = lookup.writable.len() + lookup.readonly.len();
            if loaded == 0 {
                return Err(MessageError::EmptyLookup);
            }
            accounts += loaded;
        }
        if accounts > 256 {
            return Err(MessageError::TooManyAccounts);
        }
        for (number, instruction) in self.instructions.iter().enumerate() {
            let program = usize::from(instruction.program_index);
            if program == 0 || program >= listed {
                return Err(MessageError::Program {
                    instruction: number,
                });
            }
            if let Some(&index) = instruction
                .accounts
                .iter()
                .find(|&&index| usize::from(index) >= accounts)
            {
                return Err(MessageError::Account {
                    instruction: number,
                    index,
                });
            }
        }
        Ok(())
    }
}

fn instruction(reader: &mut Reader<'_>) -> Result<CompiledInstruction, MessageError> {
    Ok(CompiledInstruction {
        program_index: reader.byte("an instruction")?,
        accounts: reader.bytes("an instruction's accounts")?,
        data: reader.bytes("an instruction's data")?,
    })
}

fn lookup(reader: &mut Reader<'_>) -> Result<AddressTableLookup, MessageError> {
    Ok(AddressTableLookup {
        table: Address::from_bytes(reader.array("an address table lookup")?),
        writable: reader.bytes("a lookup's writable positions")?,
        readonly: reader.bytes("a lookup's read-only positions")?,
    })
}

fn counted(bytes: &mut Vec<u8>, content: &[u8]) {
    bytes.extend(length(content.len()));
    bytes.extend(content);
}

fn length(number: usize) -> Vec<u8> {
    compact_u16(u16::try_from(number).expect("lengths were read from 16 bits or checked"))
}

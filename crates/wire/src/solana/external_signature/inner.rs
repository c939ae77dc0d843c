//! What the passkey is asked to do: instructions within an instruction.

use super::super::{AccountMeta, Address, CompiledInstruction, Instruction, Message, program};

/// The most accounts that inner instructions may share; the program indexes no further.
pub const MAX_INNER_ACCOUNTS: usize = 64;

/// Instructions that the program carries out in the passkey's name, and the accounts they share.
///
/// The challenge of an execution covers the accounts with their rights *as the compiled message
/// gives them*, so take [`Inner::as_seen_in`] before asking for a signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inner {
    accounts: Vec<AccountMeta>,
    instructions: Vec<CompiledInstruction>,
}

/// Why instructions cannot be carried out by the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InnerError {
    /// More than [`MAX_INNER_ACCOUNTS`].
    #[error("the inner instructions touch more than 64 accounts")]
    TooManyAccounts,
    /// More instructions than a byte counts.
    #[error("more than 255 inner instructions")]
    TooManyInstructions,
    /// More accounts than a byte, or more data than 16 bits count.
    #[error("an inner instruction is too long")]
    TooLong,
    /// The program refuses to be called by itself.
    #[error("an inner instruction calls the external signature program")]
    CallsItself,
}

impl Inner {
    /// Puts instructions together. Accounts stand in the order of their first mention, with the
    /// sum of the rights asked for.
    ///
    /// `acting` is the account that the program signs for, the execution or the passkey account:
    /// it may be marked as signer in the instructions and is none in the transaction.
    ///
    /// # Errors
    ///
    /// [`InnerError`].
    pub fn new(instructions: &[Instruction], acting: &Address) -> Result<Self, InnerError> {
        if instructions.len() > usize::from(u8::MAX) {
            return Err(InnerError::TooManyInstructions);
        }
        let mut inner = Self {
            accounts: Vec::new(),
            instructions: Vec::new(),
        };
        for instruction in instructions {
            inner.push(instruction)?;
        }
        for account in &mut inner.accounts {
            account.is_signer &= account.address != *acting;
        }
        Ok(inner)
    }

    /// The same with the rights that `message`, which carries these instructions, gives to the
    /// accounts. This is what the program sees and what a challenge covers.
    #[must_use]
    pub fn as_seen_in(mut self, message: &Message) -> Self {
        for account in &mut self.accounts {
            *account = message.meta(&account.address).unwrap_or(*account);
        }
        self
    }

    /// The accounts the indices count through.
    pub fn accounts(&self) -> &[AccountMeta] {
        &self.accounts
    }

    /// The instructions.
    pub fn instructions(&self) -> &[CompiledInstruction] {
        &self.instructions
    }

    /// The instructions as the program reads them: their number as one byte, then for each the
    /// program, the accounts behind one byte and the data behind two, little endian.
    pub fn to_bytes(&self) -> Vec<u8> {
        // The casts lose nothing: `new` and `push` checked every length.
        let mut bytes = vec![self.instructions.len() as u8];
        for instruction in &self.instructions {
            bytes.extend([instruction.program_index, instruction.accounts.len() as u8]);
            bytes.extend(&instruction.accounts);
            bytes.extend((instruction.data.len() as u16).to_le_bytes());
            bytes.extend(&instruction.data);
        }
        bytes
    }

    fn push(&mut self, instruction: &Instruction) -> Result<(), InnerError> {
        if instruction.program == program::EXTERNAL_SIGNATURE {
            return Err(InnerError::CallsItself);
        }
        if instruction.accounts.len() > usize::from(u8::MAX)
            || instruction.data.len() > usize::from(u16::MAX)
        {
            return Err(InnerError::TooLong);
        }
        let accounts = instruction
            .accounts
            .iter()
            .map(|meta| self.index(*meta))
            .collect::<Result<_, _>>()?;
        let program_index = self.index(AccountMeta::readonly(instruction.program))?;
        self.instructions.push(CompiledInstruction {
            program_index,
            accounts,
            data: instruction.data.clone(),
        });
        Ok(())
    }

    /// Where the account stands; it is added, or given the new rights as well.
    fn index(&mut self, meta: AccountMeta) -> Result<u8, InnerError> {
        let known = self
            .accounts
            .iter()
            .position(|account| account.address == meta.address);
        let index = match known {
            Some(index) => {
                self.accounts[index].promote(meta);
                index
            }
            None if self.accounts.len() < MAX_INNER_ACCOUNTS => {
                self.accounts.push(meta);
                self.accounts.len() - 1
            }
            None => return Err(InnerError::TooManyAccounts),
        };
        Ok(index as u8) // Below 64.
    }
}

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
    /// An index that leads to no account.
    #[error("an inner instruction names an account that is not there")]
    Index,
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
        let mut shared = Vec::new();
        let mut compiled = Vec::with_capacity(instructions.len());
        for instruction in instructions {
            let accounts = instruction
                .accounts
                .iter()
                .map(|meta| index(&mut shared, *meta))
                .collect::<Result<_, _>>()?;
            compiled.push(CompiledInstruction {
                program_index: index(&mut shared, AccountMeta::readonly(instruction.program))?,
                accounts,
                data: instruction.data.clone(),
            });
        }
        for account in &mut shared {
            account.is_signer &= account.address != *acting;
        }
        Self::from_parts(shared, compiled)
    }

    /// Instructions that somebody else compiled.
    ///
    /// # Errors
    ///
    /// [`InnerError`].
    pub fn from_parts(
        accounts: Vec<AccountMeta>,
        instructions: Vec<CompiledInstruction>,
    ) -> Result<Self, InnerError> {
        if accounts.len() > MAX_INNER_ACCOUNTS {
            return Err(InnerError::TooManyAccounts);
        }
        if instructions.len() > usize::from(u8::MAX) {
            return Err(InnerError::TooManyInstructions);
        }
        let account = |index: &u8| accounts.get(usize::from(*index)).ok_or(InnerError::Index);
        for instruction in &instructions {
            if instruction.accounts.len() > usize::from(u8::MAX)
                || instruction.data.len() > usize::from(u16::MAX)
            {
                return Err(InnerError::TooLong);
            }
            if account(&instruction.program_index)?.address == program::EXTERNAL_SIGNATURE {
                return Err(InnerError::CallsItself);
            }
            for index in &instruction.accounts {
                account(index)?;
            }
        }
        Ok(Self {
            accounts,
            instructions,
        })
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
        // The casts lose nothing: `from_parts` checked every length.
        let mut bytes = vec![self.instructions.len() as u8];
        for instruction in &self.instructions {
            bytes.extend([instruction.program_index, instruction.accounts.len() as u8]);
            bytes.extend(&instruction.accounts);
            bytes.extend((instruction.data.len() as u16).to_le_bytes());
            bytes.extend(&instruction.data);
        }
        bytes
    }
}

/// Where the account stands; it is added, or given the new rights as well.
fn index(accounts: &mut Vec<AccountMeta>, meta: AccountMeta) -> Result<u8, InnerError> {
    let known = accounts
        .iter()
        .position(|account| account.address == meta.address);
    let index = match known {
        Some(index) => {
            accounts[index].promote(meta);
            index
        }
        None if accounts.len() < MAX_INNER_ACCOUNTS => {
            accounts.push(meta);
            accounts.len() - 1
        }
        None => return Err(InnerError::TooManyAccounts),
    };
    Ok(index as u8) // Below 64.
}

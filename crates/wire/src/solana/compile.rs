//! Compiling: instructions that name accounts become a message that counts through a list of them.

use std::collections::BTreeMap;

use super::{
    AccountMeta, Address, CompiledInstruction, Header, Instruction, Message, MessageError, Version,
};

impl Message {
    /// The message that asks for these instructions, in their order, paid for by `payer`.
    ///
    /// Every account is listed once, with the sum of the rights any instruction asks for. The
    /// payer comes first; then come writable signers, read-only signers, writable accounts and
    /// read-only accounts, within each group in the order of their bytes, as Solana's own compiler
    /// puts them.
    ///
    /// `recent_blockhash` may be the value of a durable nonce.
    ///
    /// # Errors
    ///
    /// [`MessageError::TooManyAccounts`], [`MessageError::TooManySigners`],
    /// [`MessageError::TooLong`], and [`MessageError::Program`] if the payer is called as a
    /// program. Whether the message fits into a packet is asked of the
    /// [`Transaction`](super::Transaction).
    pub fn compile(
        version: Version,
        payer: Address,
        instructions: &[Instruction],
        recent_blockhash: [u8; 32],
    ) -> Result<Self, MessageError> {
        let (header, account_keys) = list(payer, instructions)?;
        let index = |address: &Address| position(&account_keys, address);
        let instructions = instructions
            .iter()
            .map(|instruction| compile(instruction, index))
            .collect::<Result<Vec<_>, _>>()?;
        if u16::try_from(instructions.len()).is_err() {
            return Err(MessageError::TooLong("the instructions"));
        }
        Self::compiled(
            version,
            header,
            account_keys,
            recent_blockhash,
            instructions,
        )
    }
}

/// The accounts in their order, and how the header counts them.
fn list(
    payer: Address,
    instructions: &[Instruction],
) -> Result<(Header, Vec<Address>), MessageError> {
    let mut metas: BTreeMap<Address, AccountMeta> = BTreeMap::new();
    for instruction in instructions {
        let program = AccountMeta::readonly(instruction.program);
        for meta in instruction.accounts.iter().copied().chain([program]) {
            metas
                .entry(meta.address)
                .and_modify(|known| known.promote(meta))
                .or_insert(meta);
        }
    }
    metas.remove(&payer);

    let mut others: Vec<AccountMeta> = metas.into_values().collect();
    others.sort_by_key(|meta| (!meta.is_signer, !meta.is_writable)); // Stable: bytes decide last.
    let payer = AccountMeta::writable(payer).signed();
    let ordered: Vec<AccountMeta> = [payer].into_iter().chain(others).collect();
    if ordered.len() > 256 {
        return Err(MessageError::TooManyAccounts);
    }

    let count = |wanted: fn(&AccountMeta) -> bool| {
        // Only signers can be 256, since the payer signs; that many are refused further on.
        u8::try_from(ordered.iter().filter(|meta| wanted(meta)).count()).unwrap_or(u8::MAX)
    };
    let header = Header {
        required_signatures: count(|meta| meta.is_signer),
        readonly_signed: count(|meta| meta.is_signer && !meta.is_writable),
        readonly_unsigned: count(|meta| !meta.is_signer && !meta.is_writable),
    };
    Ok((header, ordered.iter().map(|meta| meta.address).collect()))
}

fn compile(
    instruction: &Instruction,
    index: impl Fn(&Address) -> u8,
) -> Result<CompiledInstruction, MessageError> {
    if u16::try_from(instruction.accounts.len()).is_err() {
        return Err(MessageError::TooLong("an instruction's accounts"));
    }
    if u16::try_from(instruction.data.len()).is_err() {
        return Err(MessageError::TooLong("an instruction's data"));
    }
    Ok(CompiledInstruction {
        program_index: index(&instruction.program),
        accounts: instruction
            .accounts
            .iter()
            .map(|meta| index(&meta.address))
            .collect(),
        data: instruction.data.clone(),
    })
}

/// Where an address stands in a list that has it and is no longer than 256.
fn position(account_keys: &[Address], address: &Address) -> u8 {
    account_keys
        .iter()
        .position(|key| key == address)
        .and_then(|position| u8::try_from(position).ok())
        .expect("every account of every instruction was listed, and the list is short enough")
}

//! Compiling and reading back, and the instructions of the program byte by byte.

use super::*;

mod external_signature;
mod messages;

const PAYER: Address = Address::from_bytes([0x11; 32]);
const ACCOUNT: Address = Address::from_bytes([0x22; 32]);
const SESSION: Address = Address::from_bytes([0x33; 32]);
const MEMO: Address = Address::from_bytes([0x44; 32]);

fn call(program: Address, accounts: &[AccountMeta], data: &[u8]) -> Instruction {
    Instruction {
        program,
        accounts: accounts.to_vec(),
        data: data.to_vec(),
    }
}

fn transfer(from: Address, to: Address, lamports: u64) -> Instruction {
    let data = [&[2, 0, 0, 0][..], &lamports.to_le_bytes()].concat();
    call(
        program::SYSTEM,
        &[
            AccountMeta::writable(from).signed(),
            AccountMeta::writable(to),
        ],
        &data,
    )
}

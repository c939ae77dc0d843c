//! Fails with: E0451

use vault::{PayerRow, Vault};
use verify::solana::Payable;
use wire::solana::{Address, Transaction};

pub fn as_it_came(vault: &Vault, row: &PayerRow, payer: Address, transaction: Transaction) {
    let _ = vault.pay(row, Payable { payer, transaction });
}

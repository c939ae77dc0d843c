//! The key that pays: for what is payable, from its own row, and for nothing else.

use testkit::keys::SigningKey;
use vault::{Error, PayerRow, Vault};
use verify::solana::{Payable, SelfPaid};
use wire::environment::Environment;
use wire::keys::Curve;
use wire::solana::external_signature::{ExecuteWithSession, Inner, SignerScheme};
use wire::solana::{AccountMeta, Address, Instruction, Message, Transaction, Version, program};

use crate::support::{Counting, key_row, root_key, vault};

/// A session key's transaction that this address is to pay for.
fn payable(payer: Address) -> Payable {
    let session_key = SigningKey::ed25519([9; 32]);
    let address: [u8; 32] = session_key.public_key_compressed().try_into().unwrap();
    let address = Address::from_bytes(address);
    let acting = Address::from_bytes([2; 32]);
    let remark = Instruction {
        program: program::MEMO,
        accounts: vec![AccountMeta::readonly(acting).signed()],
        data: b"rent".to_vec(),
    };
    let call = ExecuteWithSession {
        account: Address::from_bytes([1; 32]),
        session_key: address,
        signer: SignerScheme::ExecutionAccount,
        inner: Inner::new(&[remark], &acting).unwrap(),
    };
    let message = Message::compile(Version::V0, payer, &[call.instruction()], [7; 32]).unwrap();
    let prepared = message.to_bytes();
    let signature = session_key.sign(&prepared).try_into().unwrap();
    let signed = Transaction::unsigned(message)
        .with_signature(&address, &signature)
        .unwrap();
    Payable::session(&prepared, signed, payer).unwrap()
}

fn payer(vault: &Vault, environment: Environment, seed: u64) -> PayerRow {
    vault
        .create_payer(environment, &mut Counting(seed))
        .unwrap()
}

/// Whether the key of the row pays for what is to be paid from its address.
fn pay(vault: &Vault, row: &PayerRow) -> Result<(), Error> {
    vault.pay(row, payable(row.address)).map(drop)
}

#[test]
fn the_payer_s_signature_is_the_last_that_was_missing() {
    let vault = vault();
    for environment in Environment::ALL {
        let row = payer(&vault, environment, 0);
        let payable = payable(row.address);
        let prepared = payable.message().to_vec();
        let paid = vault.pay(&row, payable).unwrap();
        assert!(paid.is_complete());
        // Which looks at every signature.
        assert_eq!(SelfPaid::read(&prepared, paid).err(), None);
    }
}

#[test]
fn nothing_is_paid_that_another_is_to_pay() {
    let vault = vault();
    let row = payer(&vault, Environment::Devnet, 0);
    let other = payer(&vault, Environment::Devnet, 100);
    assert_ne!(row.address, other.address);
    let refused = vault.pay(&row, payable(other.address));
    assert_eq!(refused, Err(Error::NotThePayer));
    assert_eq!(pay(&vault, &other), Ok(()));
}

#[test]
fn t99_a_payer_s_key_opens_in_its_own_row_only() {
    let vault = vault();
    let own = payer(&vault, Environment::Sandbox, 0);
    let other = payer(&vault, Environment::Sandbox, 100);
    let mainnet = PayerRow {
        environment: Environment::Mainnet,
        ..own.clone()
    };
    let elsewhere = PayerRow {
        address: other.address,
        ..own.clone()
    };
    let swapped = PayerRow {
        sealed: other.sealed,
        ..own.clone()
    };
    for row in [mainnet, elsewhere, swapped] {
        assert_eq!(pay(&vault, &row), Err(Error::Unopenable), "{row:?}");
    }
    assert_eq!(pay(&vault, &own), Ok(()));
}

#[test]
fn t99_another_secret_is_no_payer_s_key() {
    let vault = vault();
    let own = payer(&vault, Environment::Sandbox, 0);
    let (sealed, _) = vault
        .create_private_key(&key_row(1), Curve::Ed25519, &mut Counting(0))
        .unwrap();
    let row = PayerRow { sealed, ..own };
    assert_eq!(pay(&vault, &row), Err(Error::Unopenable));
}

#[test]
fn t98_another_root_key_does_not_open_it() {
    let row = payer(&vault(), Environment::Sandbox, 0);
    let stranger = Vault::new(root_key(2));
    assert_eq!(pay(&stranger, &row), Err(Error::OtherRootKey));
}

//! Accounts that look like a passkey's and are none.

use wire::solana::external_signature::{
    ACCOUNT_LENGTH, ExecuteWithSession, Inner, ProgramError, SessionLifetime, SignerScheme,
};
use wire::solana::{AccountMeta, Address, Instruction, program};

use crate::support::*;

/// Creates an account of the system program with room for a passkey's.
fn room(scene: &Scene, at: &Wallet, owner: Address, length: usize) -> Instruction {
    Instruction {
        program: program::SYSTEM,
        accounts: vec![
            AccountMeta::writable(scene.payer.address()).signed(),
            AccountMeta::writable(at.address()).signed(),
        ],
        data: [
            &0_u32.to_le_bytes()[..],
            &SOL.to_le_bytes(),
            &(length as u64).to_le_bytes(),
            owner.as_bytes(),
        ]
        .concat(),
    }
}

/// Tells the program to act for whoever this account is.
fn act(scene: &mut Scene, account: Address, key: &Wallet) -> Result<(), String> {
    let acting = scene.execution_account();
    let instruction = ExecuteWithSession {
        account,
        session_key: key.address(),
        signer: SignerScheme::ExecutionAccount,
        inner: Inner::new(&[memo(acting, "it is me")], &acting).unwrap(),
    }
    .instruction();
    let outcome = scene.send(&[instruction], &[key]);
    match outcome {
        Ok(_) => Ok(()),
        Err(refused) => Err(refused.error["InstructionError"][1].to_string()),
    }
}

#[test]
fn an_account_of_another_program_gives_nobody_a_session() {
    let key = Wallet::new(9);
    let mut scene = Scene::initialised(None);
    let forged = Wallet::new(50);
    for owner in [program::SYSTEM, program::SMART_ACCOUNT] {
        let forged = if owner == program::SYSTEM {
            &forged
        } else {
            &Wallet::new(51)
        };
        let create = room(&scene, forged, owner, ACCOUNT_LENGTH);
        scene.send(&[create], &[forged]).unwrap();
        let refused = act(&mut scene, forged.address(), &key);
        assert_eq!(refused, Err("\"InvalidAccountOwner\"".to_owned()));
    }
}

#[test]
fn an_account_of_the_program_that_it_did_not_write_gives_nobody_a_session() {
    let key = Wallet::new(9);
    let mut scene = Scene::initialised(None);
    for (seed, length, error) in [
        (50, ACCOUNT_LENGTH, ProgramError::HeaderRead),
        (51, ACCOUNT_LENGTH - 1, ProgramError::DataRead),
        (52, ACCOUNT_LENGTH + 1, ProgramError::DataRead),
        (53, 0, ProgramError::DataRead),
    ] {
        let forged = Wallet::new(seed);
        let create = room(&scene, &forged, program::EXTERNAL_SIGNATURE, length);
        scene.send(&[create], &[&forged]).unwrap();
        let refused = act(&mut scene, forged.address(), &key);
        let number = error.number();
        assert_eq!(refused, Err(format!("{{\"Custom\":{number}}}")), "{length}");
    }
}

#[test]
fn a_session_of_one_passkey_does_not_act_for_another() {
    let key = Wallet::new(9);
    let mut scene = Scene::initialised(None);
    let victim = scene.execution_account();
    scene.chain.give(&victim, SOL);
    scene.passkey = testkit::Passkey::es256(8, RP_ID, "https://auth.example.com");
    scene.initialise(None).unwrap();
    scene
        .refresh(SessionLifetime {
            key: key.address(),
            lifetime_s: 900,
        })
        .unwrap();
    let instruction = ExecuteWithSession {
        account: scene.account(),
        session_key: key.address(),
        signer: SignerScheme::ExecutionAccount,
        inner: Inner::new(&[transfer(victim, key.address(), SOL)], &victim).unwrap(),
    }
    .instruction();
    let refused = scene.send(&[instruction], &[&key]);
    assert_eq!(builtin_error(refused, 0), "MissingRequiredSignature");
    assert_eq!(scene.balance(&victim), SOL);
}

//! What the passkey itself carries out, without a session.

use wire::solana::external_signature::{Execute, Inner, ProgramError, SignerScheme};
use wire::solana::{Address, Instruction, Message, Version};
use zegel_solana_rpc::{Executed, Refused};

use crate::support::*;

/// An account with something to spend.
fn scene() -> Scene {
    let mut scene = Scene::initialised(None);
    scene.chain.give(&scene.execution_account(), 10 * SOL);
    scene.wait_s(0);
    scene
}

fn call(scene: &Scene, slot: Slot, signer: SignerScheme, inner: Inner) -> Execute {
    Execute {
        account: scene.account(),
        nonce_signer: scene.payer.address(),
        slot: slot.number,
        public_key: scene.key(),
        shape: PLAIN,
        signer,
        inner,
    }
}

/// The challenge covers the rights that the whole message gives, so it is compiled once before.
fn as_seen(scene: &Scene, execute: &Execute) -> Inner {
    let instructions = [
        Instruction {
            program: wire::solana::program::SECP256R1,
            accounts: vec![],
            data: vec![],
        },
        execute.instruction(),
    ];
    let payer = scene.payer.address();
    let message = Message::compile(Version::V0, payer, &instructions, [0; 32]).unwrap();
    execute.inner.clone().as_seen_in(&message)
}

fn run(
    scene: &mut Scene,
    signer: SignerScheme,
    acting: Address,
    asked: &[Instruction],
    edit: impl FnOnce(&mut Instruction),
) -> Result<Executed, Refused> {
    let slot = scene.slot();
    let execute = call(scene, slot, signer, Inner::new(asked, &acting).unwrap());
    let seen = as_seen(scene, &execute);
    let proof = scene.prove(&scene.nonce(slot).execute(&seen));
    assert_eq!(proof.foreseen.clone().unwrap().shape, PLAIN);
    let mut instruction = execute.instruction();
    edit(&mut instruction);
    scene.send(&[proof.instruction(), instruction], &[])
}

#[test]
fn a_passkey_spends_what_its_execution_account_has() {
    let mut scene = scene();
    let (from, to) = (scene.execution_account(), Wallet::new(77).address());
    let asked = [memo(from, "rent"), transfer(from, to, SOL)];
    run(
        &mut scene,
        SignerScheme::ExecutionAccount,
        from,
        &asked,
        |_| {},
    )
    .unwrap();
    assert_eq!(scene.balance(&to), SOL);
}

#[test]
fn a_passkey_signs_as_its_account() {
    let mut scene = scene();
    let account = scene.account();
    let asked = [memo(account, "it is me")];
    run(
        &mut scene,
        SignerScheme::PasskeyAccount,
        account,
        &asked,
        |_| {},
    )
    .unwrap();
}

#[test]
fn the_challenge_covers_the_rights_an_account_has_elsewhere_in_the_message() {
    let mut scene = scene();
    // The payer is named as an ordinary account and signs nevertheless.
    let (from, payer) = (scene.execution_account(), scene.payer.address());
    let asked = [transfer(from, payer, SOL)];
    run(
        &mut scene,
        SignerScheme::ExecutionAccount,
        from,
        &asked,
        |_| {},
    )
    .unwrap();

    scene.wait_s(0);
    let slot = scene.slot();
    let inner = Inner::new(&asked, &from).unwrap();
    let execute = call(&scene, slot, SignerScheme::ExecutionAccount, inner.clone());
    assert_ne!(as_seen(&scene, &execute), inner);
    let proof = scene.prove(&scene.nonce(slot).execute(&inner));
    let refused = scene.send(&[proof.instruction(), execute.instruction()], &[]);
    assert_eq!(program_error(refused), Some(ProgramError::ClientDataHash));
}

#[test]
fn nothing_that_was_signed_can_be_changed() {
    let mut scene = scene();
    let (from, to) = (scene.execution_account(), Wallet::new(77).address());
    let asked = [transfer(from, to, SOL)];
    let mut refused_after = |edit: fn(&mut Instruction)| {
        let refused = run(
            &mut scene,
            SignerScheme::ExecutionAccount,
            from,
            &asked,
            edit,
        );
        assert_eq!(program_error(refused), Some(ProgramError::ClientDataHash));
    };
    // The amount, the recipient, its rights, one account more.
    refused_after(|call| *call.data.last_mut().unwrap() = 1);
    refused_after(|call| call.accounts[5].address = Wallet::new(78).address());
    refused_after(|call| call.accounts[5].is_writable = false);
    refused_after(|call| call.accounts.push(call.accounts[5]));
    assert_eq!(scene.balance(&to), 0);
}

#[test]
fn unknown_schemes_are_refused() {
    let mut scene = scene();
    let from = scene.execution_account();
    let asked = [memo(from, "hello")];
    let mut refused = |at: usize| {
        let scheme = SignerScheme::ExecutionAccount;
        program_error(run(&mut scene, scheme, from, &asked, |call| {
            call.data[at] = 7
        }))
    };
    assert_eq!(refused(1), Some(ProgramError::Scheme));
    assert_eq!(refused(2), Some(ProgramError::SignerScheme));
}

#[test]
fn the_same_transfer_runs_twice_under_a_fresh_blockhash_where_nobody_counts() {
    let mut scene = scene();
    let (from, to) = (scene.execution_account(), Wallet::new(77).address());
    let slot = scene.slot();
    let inner = Inner::new(&[transfer(from, to, SOL)], &from).unwrap();
    let execute = call(&scene, slot, SignerScheme::ExecutionAccount, inner);
    let proof = scene.prove(&scene.nonce(slot).execute(&as_seen(&scene, &execute)));
    let instructions = [proof.instruction(), execute.instruction()];
    for sent in 1..=2 {
        scene.send(&instructions, &[]).unwrap();
        assert_eq!(scene.balance(&to), sent * SOL);
        scene.wait_s(0);
    }
}

//! What a session key may do, and until when.

use wire::solana::external_signature::{
    ExecuteWithSession, Inner, ProgramError, SessionKey, SessionLifetime, SignerScheme,
};
use wire::solana::{AccountMeta, Address, Instruction, program};
use zegel_solana_rpc::{Executed, Refused};

use crate::support::*;

const SCHEMES: [SignerScheme; 2] = [SignerScheme::ExecutionAccount, SignerScheme::PasskeyAccount];

/// An account with a session of 900 seconds, and something to spend.
fn with_session(key: &Wallet) -> Scene {
    let mut scene = Scene::initialised(None);
    scene
        .refresh(SessionLifetime {
            key: key.address(),
            lifetime_s: 900,
        })
        .unwrap();
    scene.chain.give(&scene.execution_account(), 10 * SOL);
    scene.wait_s(0);
    scene
}

fn acting(scene: &Scene, signer: SignerScheme) -> Address {
    match signer {
        SignerScheme::ExecutionAccount => scene.execution_account(),
        SignerScheme::PasskeyAccount => scene.account(),
    }
}

fn call(scene: &Scene, key: &Wallet, signer: SignerScheme, asked: &[Instruction]) -> Instruction {
    ExecuteWithSession {
        account: scene.account(),
        session_key: key.address(),
        signer,
        inner: Inner::new(asked, &acting(scene, signer)).unwrap(),
    }
    .instruction()
}

/// Sends one SOL from the execution account to nobody in particular.
fn spend(scene: &mut Scene, key: &Wallet) -> Result<Executed, Refused> {
    let from = scene.execution_account();
    let asked = [transfer(from, Wallet::new(77).address(), SOL)];
    let instruction = call(scene, key, SignerScheme::ExecutionAccount, &asked);
    scene.send(&[instruction], &[key])
}

/// The program's error in the only instruction.
fn error(outcome: Result<Executed, Refused>) -> Option<ProgramError> {
    let (instruction, number) = outcome.unwrap_err().custom()?;
    assert_eq!(instruction, 0);
    ProgramError::from_number(number.try_into().unwrap())
}

#[test]
fn a_session_key_spends_what_the_execution_account_has() {
    let key = Wallet::new(9);
    let mut scene = with_session(&key);
    spend(&mut scene, &key).unwrap();
    assert_eq!(scene.balance(&Wallet::new(77).address()), SOL);
    assert_eq!(scene.balance(&scene.execution_account()), 9 * SOL);
}

#[test]
fn several_instructions_run_in_order_or_not_at_all() {
    let key = Wallet::new(9);
    let mut scene = with_session(&key);
    let from = scene.execution_account();
    let to = Wallet::new(77).address();
    let asked = [
        memo(from, "rent"),
        transfer(from, to, SOL),
        memo(from, "paid"),
    ];
    let instruction = call(&scene, &key, SignerScheme::ExecutionAccount, &asked);
    let done = scene.send(&[instruction], &[&key]).unwrap();
    let logs = done.logs.join("\n");
    assert!(logs.find("rent").unwrap() < logs.find("paid").unwrap());

    let asked = [transfer(from, to, SOL), transfer(from, to, 100 * SOL)];
    let instruction = call(&scene, &key, SignerScheme::ExecutionAccount, &asked);
    scene.send(&[instruction], &[&key]).unwrap_err();
    assert_eq!(scene.balance(&to), SOL);
}

#[test]
fn the_passkey_account_signs_as_itself_but_never_changes() {
    let key = Wallet::new(9);
    let mut scene = with_session(&key);
    let account = scene.account();
    let asked = [memo(account, "it is me")];
    let instruction = call(&scene, &key, SignerScheme::PasskeyAccount, &asked);
    scene.send(&[instruction], &[&key]).unwrap();

    // Not even to receive, though the transaction would allow it.
    let asked = [transfer(scene.payer.address(), account, SOL)];
    let instruction = call(&scene, &key, SignerScheme::PasskeyAccount, &asked);
    let refused = scene.send(&[instruction], &[&key]);
    assert_eq!(builtin_error(refused, 0), "ReadonlyLamportChange");
    let instruction = call(&scene, &key, SignerScheme::ExecutionAccount, &asked);
    scene.send(&[instruction], &[&key]).unwrap();
}

#[test]
fn each_scheme_signs_for_its_own_account_only() {
    let key = Wallet::new(9);
    let mut scene = with_session(&key);
    for (signer, other) in [(SCHEMES[0], SCHEMES[1]), (SCHEMES[1], SCHEMES[0])] {
        let foreign = acting(&scene, other);
        let inner = Inner::new(&[memo(foreign, "not me")], &foreign).unwrap();
        let instruction = ExecuteWithSession {
            account: scene.account(),
            session_key: key.address(),
            signer,
            inner,
        }
        .instruction();
        let refused = scene.send(&[instruction], &[&key]);
        assert_eq!(builtin_error(refused, 0), "MissingRequiredSignature");
    }
}

#[test]
fn t47_a_session_is_good_to_its_last_second() {
    let key = Wallet::new(9);
    for (offset, good) in [(-1_i64, true), (0, true), (1, false)] {
        let mut scene = with_session(&key);
        let end = scene.stored().session().unwrap().expires_at_s;
        let wanted = end.checked_add_signed(offset).unwrap();
        let now = scene.chain.unix_s();
        scene.chain.advance(zegel_solana_rpc::Pace {
            seconds: wanted - now,
            ..Default::default()
        });
        assert_eq!(scene.chain.unix_s(), wanted);
        let outcome = spend(&mut scene, &key);
        if good {
            outcome.unwrap();
        } else {
            assert_eq!(error(outcome), Some(ProgramError::SessionExpired));
        }
    }
}

#[test]
fn a_session_given_as_a_duration_at_creation_was_over_before_it_began() {
    let key = Wallet::new(9);
    let mut scene = Scene::initialised(Some(SessionKey {
        key: key.address(),
        expires_at_s: 900,
    }));
    scene.chain.give(&scene.execution_account(), 10 * SOL);
    let refused = spend(&mut scene, &key);
    assert_eq!(error(refused), Some(ProgramError::SessionExpired));
}

#[test]
fn t47_another_key_is_refused_and_so_is_the_one_before() {
    let (old, new) = (Wallet::new(9), Wallet::new(10));
    let mut scene = with_session(&old);
    let refused = spend(&mut scene, &new);
    assert_eq!(error(refused), Some(ProgramError::SessionKey));
    let session = SessionLifetime {
        key: new.address(),
        lifetime_s: 900,
    };
    scene.refresh(session).unwrap();
    scene.wait_s(0);
    let refused = spend(&mut scene, &old);
    assert_eq!(error(refused), Some(ProgramError::SessionKey));
    spend(&mut scene, &new).unwrap();
}

#[test]
fn without_a_session_no_key_is_the_right_one() {
    let key = Wallet::new(9);
    let mut scene = Scene::initialised(None);
    scene.chain.give(&scene.execution_account(), 10 * SOL);
    let refused = spend(&mut scene, &key);
    assert_eq!(error(refused), Some(ProgramError::SessionKey));
}

#[test]
fn the_session_key_must_sign() {
    let key = Wallet::new(9);
    let mut scene = with_session(&key);
    let asked = [memo(scene.execution_account(), "hello")];
    let mut instruction = call(&scene, &key, SignerScheme::ExecutionAccount, &asked);
    instruction.accounts[1].is_signer = false;
    let refused = scene.send(&[instruction], &[]);
    assert_eq!(error(refused), Some(ProgramError::SessionSignature));
}

#[test]
fn a_session_key_cannot_lengthen_its_own_life() {
    let key = Wallet::new(9);
    let mut scene = with_session(&key);
    let account = scene.account();
    // Our own types refuse to write it: a memo becomes a call of the program itself.
    let asked = [memo(account, "hello")];
    let mut instruction = call(&scene, &key, SignerScheme::PasskeyAccount, &asked);
    let called = instruction
        .accounts
        .iter_mut()
        .find(|meta| ![account, key.address()].contains(&meta.address));
    called.unwrap().address = program::EXTERNAL_SIGNATURE;
    let refused = scene.send(&[instruction], &[&key]);
    assert_eq!(error(refused), Some(ProgramError::CrossProgramCall));
}

#[test]
fn malformed_inner_instructions_are_refused() {
    let key = Wallet::new(9);
    let mut scene = with_session(&key);
    let asked = [memo(scene.execution_account(), "hello")];
    let good = call(&scene, &key, SignerScheme::ExecutionAccount, &asked);
    for length in 0..good.data.len() {
        let mut cut = good.clone();
        cut.data.truncate(length);
        scene.send(&[cut], &[&key]).unwrap_err();
    }
    let mut changed = |at: usize, to: u8| {
        let mut changed = good.clone();
        changed.data[at] = to;
        scene.send(&[changed], &[&key])
    };
    assert_eq!(error(changed(1, 1)), Some(ProgramError::Scheme));
    assert_eq!(error(changed(2, 2)), Some(ProgramError::SignerScheme));
    // The program and the account of the memo.
    for at in [4, 6] {
        assert_eq!(builtin_error(changed(at, 2), 0), "NotEnoughAccountKeys");
    }
    let mut longer = good.clone();
    longer.data.push(0);
    let refused = scene.send(&[longer], &[&key]);
    assert_eq!(error(refused), Some(ProgramError::ExecutionArguments));
    scene.send(&[good], &[&key]).unwrap();
}

#[test]
fn others_that_sign_the_transaction_sign_inside_as_well() {
    // Who pays the fee signs, and can be made to pay for more: a server looks at what it signs.
    let key = Wallet::new(9);
    let mut scene = with_session(&key);
    let payer = scene.payer.address();
    let asked = [Instruction {
        accounts: vec![
            AccountMeta::writable(payer).signed(),
            AccountMeta::writable(Wallet::new(77).address()),
        ],
        ..transfer(payer, payer, SOL)
    }];
    let instruction = call(&scene, &key, SignerScheme::ExecutionAccount, &asked);
    scene.send(&[instruction], &[&key]).unwrap();
    assert_eq!(scene.balance(&Wallet::new(77).address()), SOL);
}

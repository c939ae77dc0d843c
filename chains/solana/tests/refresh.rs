//! A new session in place of the old one.

use testkit::Passkey;
use wire::solana::external_signature::{MAX_SESSION_S, ProgramError, SessionKey, SessionLifetime};

use crate::support::*;

fn session(seed: u8, lifetime_s: u64) -> SessionLifetime {
    SessionLifetime {
        key: Wallet::new(seed).address(),
        lifetime_s,
    }
}

#[test]
fn a_session_lasts_from_the_chain_s_own_clock() {
    let mut scene = Scene::initialised(None);
    scene.wait_s(1234);
    let now = scene.chain.unix_s();
    scene.refresh(session(9, 900)).unwrap();
    let expected = SessionKey {
        key: Wallet::new(9).address(),
        expires_at_s: now + 900,
    };
    assert_eq!(scene.stored().session(), Some(expected));
}

#[test]
fn a_new_session_takes_the_place_of_the_old_one() {
    let mut scene = Scene::initialised(None);
    scene.refresh(session(9, 900)).unwrap();
    scene.wait_s(0);
    scene.refresh(session(10, 60)).unwrap();
    let stored = scene.stored().session().unwrap();
    assert_eq!(stored.key, Wallet::new(10).address());
    assert_eq!(stored.expires_at_s, scene.chain.unix_s() + 60);
}

#[test]
fn ninety_days_are_the_most() {
    let mut scene = Scene::initialised(None);
    scene.refresh(session(9, MAX_SESSION_S)).unwrap();
    scene.wait_s(0);
    for lifetime_s in [MAX_SESSION_S + 1, u64::MAX] {
        let refused = scene.refresh(session(9, lifetime_s));
        assert_eq!(program_error(refused), Some(ProgramError::SessionTooLong));
    }
}

#[test]
fn a_signature_for_one_purpose_is_none_for_another() {
    let mut scene = Scene::initialised(None);
    let slot = scene.slot();
    let absolute = SessionKey {
        key: Wallet::new(9).address(),
        expires_at_s: 900,
    };
    let proof = scene.prove(&scene.nonce(slot).initialise(Some(absolute)));
    let instruction = scene.refreshing(slot, session(9, 900), &proof);
    let refused = scene.send(&[proof.instruction(), instruction], &[]);
    assert_eq!(program_error(refused), Some(ProgramError::ClientDataHash));
}

#[test]
fn t49_another_session_than_the_signed_one_is_refused() {
    for asked in [session(9, 901), session(10, 900)] {
        let mut scene = Scene::initialised(None);
        let slot = scene.slot();
        let proof = scene.prove(&scene.nonce(slot).refresh(session(9, 900)));
        let instruction = scene.refreshing(slot, asked, &proof);
        let refused = scene.send(&[proof.instruction(), instruction], &[]);
        assert_eq!(program_error(refused), Some(ProgramError::ClientDataHash));
    }
}

#[test]
fn a_passkey_gives_no_session_to_another_s_account() {
    let mut scene = Scene::initialised(None);
    let victim = scene.account();
    let victims_key = scene.key();
    scene.passkey = Passkey::es256(8, RP_ID, "https://auth.example.com");
    let slot = scene.slot();
    let proof = scene.prove(&scene.nonce(slot).refresh(session(9, 900)));

    let mut instruction = scene.refreshing(slot, session(9, 900), &proof);
    instruction.accounts[0].address = victim;
    let refused = scene.send(&[proof.instruction(), instruction.clone()], &[]);
    assert_eq!(program_error(refused), Some(ProgramError::KeyMismatch));
    // Nor by saying it were the other key.
    instruction.data[5..38].copy_from_slice(victims_key.as_bytes());
    let refused = scene.send(&[proof.instruction(), instruction], &[]);
    assert_eq!(program_error(refused), Some(ProgramError::KeyMismatch));
}

#[test]
fn refuses_an_account_that_is_not_there_or_may_not_change() {
    let mut scene = Scene::new();
    let refused = scene.refresh(session(9, 900));
    assert_eq!(builtin_error(refused, 1), "InvalidAccountOwner");

    scene.initialise(None).unwrap();
    let slot = scene.slot();
    let proof = scene.prove(&scene.nonce(slot).refresh(session(9, 900)));
    let mut instruction = scene.refreshing(slot, session(9, 900), &proof);
    instruction.accounts[0].is_writable = false;
    let refused = scene.send(&[proof.instruction(), instruction], &[]);
    assert_eq!(
        program_error(refused),
        Some(ProgramError::AccountNotWritable)
    );
}

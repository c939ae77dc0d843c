//! How long an assertion is good, for whom, and how often.

use verify::solana::{NonceRejection, locate, resolve};
use wire::solana::external_signature::{ProgramError, SessionLifetime};
use wire::solana::{AccountMeta, SlotHashes, TruncatedSlot, program};
use zegel_solana_rpc::{Executed, Pace, Refused};

use crate::support::*;

/// Calls whom it is told to call.
const CALLER: &[u8] = include_bytes!("../verifier/caller.so");

fn session() -> SessionLifetime {
    SessionLifetime {
        key: Wallet::new(9).address(),
        lifetime_s: 900,
    }
}

/// Takes a slot hash, lets the chain go on, and submits under the number `named` gives.
fn after(
    scene: &mut Scene,
    pace: &[Pace],
    named: impl FnOnce(Slot, &SlotHashes) -> TruncatedSlot,
) -> Result<Executed, Refused> {
    let taken = scene.slot();
    let proof = scene.prove(&scene.nonce(taken).refresh(session()));
    for pace in pace {
        scene.chain.advance(*pace);
    }
    let slot = Slot {
        number: named(taken, &scene.chain.slot_hashes()),
        ..taken
    };
    let instruction = scene.refreshing(slot, session(), &proof);
    scene.send(&[proof.instruction(), instruction], &[])
}

fn blocks(blocks: u64) -> Pace {
    Pace {
        blocks,
        ..Pace::default()
    }
}

fn skipped(skipped: u64) -> Pace {
    Pace {
        skipped,
        ..Pace::default()
    }
}

fn honest(taken: Slot, _: &SlotHashes) -> TruncatedSlot {
    taken.number
}

#[test]
fn a_slot_hash_is_good_for_149_blocks() {
    for age in [0, 1, 75, 149] {
        let mut scene = Scene::initialised(None);
        after(&mut scene, &[blocks(age)], |taken, hashes| {
            let located = locate(hashes, &taken.hash).unwrap();
            assert_eq!(
                (located.number, u64::from(located.age)),
                (taken.number, age)
            );
            taken.number
        })
        .unwrap();
    }
}

#[test]
fn a_slot_hash_150_blocks_old_has_expired() {
    for age in [150, 151, 400] {
        let mut scene = Scene::initialised(None);
        let refused = after(&mut scene, &[blocks(age)], |taken, hashes| {
            let foreseen = locate(hashes, &taken.hash).unwrap_err();
            assert_eq!(foreseen, NonceRejection::Expired);
            taken.number
        });
        assert_eq!(program_error(refused), Some(ProgramError::SlotHashExpired));
    }
}

#[test]
fn the_number_of_a_slot_to_come_has_expired() {
    let mut scene = Scene::initialised(None);
    let refused = after(&mut scene, &[], |taken, hashes| {
        let next = taken.number.before(999);
        assert_eq!(resolve(hashes, next), Err(NonceRejection::Expired));
        next
    });
    assert_eq!(program_error(refused), Some(ProgramError::SlotHashExpired));
}

#[test]
fn numbers_wrap_at_a_thousand() {
    // The hash is taken in slot …999 and submitted in the next thousand.
    for ahead in [1, 40, 149] {
        let mut scene = Scene::at(350_001_000, RP_ID, "https://auth.example.com");
        scene.initialise(None).unwrap();
        assert_eq!(scene.slot().number.number(), 999);
        after(&mut scene, &[blocks(ahead)], honest).unwrap();
    }
}

#[test]
fn numbers_of_a_thousand_and_more_are_refused() {
    let mut scene = Scene::initialised(None);
    let slot = scene.slot();
    let proof = scene.prove(&scene.nonce(slot).refresh(session()));
    let mut instruction = scene.refreshing(slot, session(), &proof);
    instruction.data[1..3].copy_from_slice(&1000_u16.to_le_bytes());
    let refused = scene.send(&[proof.instruction(), instruction], &[]);
    assert_eq!(program_error(refused), Some(ProgramError::TruncatedSlot));
}

#[test]
fn numbers_that_lead_behind_a_young_chain_are_refused() {
    let mut scene = Scene::at(100, RP_ID, "https://auth.example.com");
    scene.initialise(None).unwrap();
    let refused = after(&mut scene, &[], |taken, hashes| {
        assert_eq!(hashes.entries().len(), 100);
        let behind = taken.number.before(100);
        assert_eq!(resolve(hashes, behind), Err(NonceRejection::Unknown));
        behind
    });
    assert_eq!(program_error(refused), Some(ProgramError::SlotHashIndex));
}

/// Otherwise a program in between could choose what becomes of an assertion.
#[test]
fn another_program_cannot_bring_an_assertion() {
    let mut scene = Scene::initialised(None);
    let caller = Wallet::new(60).address();
    scene.chain.install(&caller, CALLER);
    let slot = scene.slot();
    let proof = scene.prove(&scene.nonce(slot).refresh(session()));
    let direct = scene.refreshing(slot, session(), &proof);
    let mut through = direct.clone();
    through.program = caller;
    let called = AccountMeta::readonly(program::EXTERNAL_SIGNATURE);
    through.accounts.insert(0, called);
    let refused = scene.send(&[proof.instruction(), through], &[]);
    assert_eq!(program_error(refused), Some(ProgramError::CrossProgramCall));
    scene.send(&[proof.instruction(), direct], &[]).unwrap();
}

#[test]
fn after_a_skipped_slot_the_honest_number_is_refused() {
    let paces: [&[Pace]; 3] = [
        &[skipped(1), blocks(1)],
        &[blocks(3), skipped(2), blocks(3)],
        &[skipped(1), blocks(1), skipped(1), blocks(1)],
    ];
    for pace in paces {
        let mut scene = Scene::initialised(None);
        let refused = after(&mut scene, pace, |taken, hashes| {
            // An older entry stands where the number leads.
            assert_ne!(resolve(hashes, taken.number).unwrap().hash, taken.hash);
            taken.number
        });
        assert_eq!(program_error(refused), Some(ProgramError::ClientDataHash));
    }
}

#[test]
fn after_a_skipped_slot_the_located_number_is_accepted() {
    let paces: [(&[Pace], u16); 4] = [
        (&[skipped(1), blocks(1)], 1),
        (&[blocks(3), skipped(2), blocks(3)], 6),
        (&[skipped(1), blocks(1), skipped(1), blocks(1)], 2),
        // Older in time than any slot hash lives without skipped slots.
        (&[skipped(200), blocks(149)], 149),
    ];
    for (pace, age) in paces {
        let mut scene = Scene::initialised(None);
        after(&mut scene, pace, |taken, hashes| {
            let located = locate(hashes, &taken.hash).unwrap();
            assert_eq!(located.age, age);
            assert_ne!(located.number, taken.number);
            located.number
        })
        .unwrap();
    }
}

#[test]
fn an_assertion_is_good_for_one_sender_only() {
    let mut scene = Scene::initialised(None);
    let slot = scene.slot();
    let proof = scene.prove(&scene.nonce(slot).refresh(session()));
    scene.payer = Wallet::new(2);
    scene.chain.give(&scene.payer.address(), SOL);
    let instruction = scene.refreshing(slot, session(), &proof);
    let refused = scene.send(&[proof.instruction(), instruction], &[]);
    assert_eq!(program_error(refused), Some(ProgramError::ClientDataHash));
}

#[test]
fn the_sender_must_sign() {
    let mut scene = Scene::initialised(None);
    let slot = scene.slot();
    let signer = Wallet::new(2);
    let nonce = verify::solana::Nonce {
        signer: signer.address(),
        ..scene.nonce(slot)
    };
    let proof = scene.prove(&nonce.refresh(session()));
    let mut instruction = scene.refreshing(slot, session(), &proof);
    instruction.accounts[3].address = signer.address();
    let mut unsigned = instruction.clone();
    unsigned.accounts[3].is_signer = false;
    let refused = scene.send(&[proof.instruction(), unsigned], &[]);
    assert_eq!(program_error(refused), Some(ProgramError::NonceSignature));
    // The sender need not be who pays.
    scene
        .send(&[proof.instruction(), instruction], &[&signer])
        .unwrap();
}

#[test]
fn the_same_transaction_runs_once() {
    let mut scene = Scene::initialised(None);
    let slot = scene.slot();
    let proof = scene.prove(&scene.nonce(slot).refresh(session()));
    let instruction = scene.refreshing(slot, session(), &proof);
    let packet = scene.packet(&[proof.instruction(), instruction], &[]);
    let first = scene.chain.send(&packet).unwrap();
    let again = scene.chain.send(&packet).unwrap_err();
    assert_eq!(again.error, "AlreadyProcessed");
    let (_, outcome) = scene.chain.outcome(&first.signature).unwrap();
    assert_eq!(outcome, Ok(()), "the first answer stands");
}

/// This is why challenges are spent by the server, and why it sends a transaction's own bytes
/// again and never builds a second one: the chain would run it.
#[test]
fn the_same_assertion_runs_again_under_a_fresh_blockhash_where_nobody_counts() {
    let mut scene = Scene::initialised(None);
    let slot = scene.slot();
    let proof = scene.prove(&scene.nonce(slot).refresh(session()));
    let instruction = scene.refreshing(slot, session(), &proof);
    let instructions = [proof.instruction(), instruction];
    scene.send(&instructions, &[]).unwrap();
    let first = scene.stored().session().unwrap();
    scene.wait_s(10);
    scene.send(&instructions, &[]).unwrap();
    let second = scene.stored().session().unwrap();
    assert!(
        second.expires_at_s > first.expires_at_s,
        "a longer life than was asked for"
    );
}

#[test]
fn the_same_assertion_does_not_run_again_where_the_authenticator_counts() {
    let mut scene = Scene::initialised(None);
    let slot = scene.slot();
    let challenge = scene.nonce(slot).refresh(session());
    let count = |count| {
        move |_: &mut _, data: &mut testkit::authenticator::AuthData| {
            data.sign_count = count;
        }
    };
    let proof = scene.prove_with(&challenge, count(5));
    let instruction = scene.refreshing(slot, session(), &proof);
    let instructions = [proof.instruction(), instruction];
    scene.send(&instructions, &[]).unwrap();
    assert_eq!(scene.stored().counter, 5);
    scene.wait_s(0);
    let refused = scene.send(&instructions, &[]);
    assert_eq!(builtin_error(refused, 1), "ProgramFailedToComplete");

    // Nor does another with a counter that has not grown; `verify` knows it beforehand.
    for (sign_count, runs) in [(4, false), (5, false), (6, true), (0, true)] {
        let proof = scene.prove_with(&challenge, count(sign_count));
        assert_eq!(proof.foreseen.is_ok(), runs);
        let instruction = scene.refreshing(slot, session(), &proof);
        let outcome = scene.send(&[proof.instruction(), instruction], &[]);
        assert_eq!(outcome.is_ok(), runs, "{sign_count}");
    }
    assert_eq!(scene.stored().counter, 6);
}

#[test]
fn a_blockhash_is_good_for_150_blocks() {
    for (age, good) in [(149, true), (150, false)] {
        let mut scene = Scene::new();
        let payer = scene.payer.address();
        let packet = scene.packet(&[transfer(payer, Wallet::new(3).address(), SOL)], &[]);
        scene.chain.blocks(age);
        let outcome = scene.chain.send(&packet);
        assert_eq!(outcome.is_ok(), good, "{age}");
        if let Err(refused) = outcome {
            assert_eq!(refused.error, "BlockhashNotFound");
        }
    }
}

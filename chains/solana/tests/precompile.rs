//! The native program that checks P-256 signatures, and how the verifier finds what it checked.

use testkit::keys::p256_order;
use wire::solana::external_signature::ProgramError;
use wire::solana::secp256r1::SignedMessage;
use wire::solana::{Instruction, program};
use zegel_solana_rpc::{Executed, Refused};

use crate::support::*;

/// Creates an account with instructions made from a good proof and a good call.
fn attempt(
    edit: impl FnOnce(&Proof, Instruction) -> Vec<Instruction>,
) -> Result<Executed, Refused> {
    let mut scene = Scene::new();
    let slot = scene.slot();
    let proof = scene.prove(&scene.nonce(slot).initialise(None));
    let instruction = scene.creating(slot, None, &proof);
    let instructions = edit(&proof, instruction);
    scene.send(&instructions, &[])
}

/// The number the native program gives in instruction 0.
fn native_error(outcome: Result<Executed, Refused>) -> u64 {
    let (instruction, number) = outcome.unwrap_err().custom().unwrap();
    assert_eq!(instruction, 0);
    number
}

/// s instead of n − s.
fn high(signed: &SignedMessage) -> SignedMessage {
    let s = testkit::keys::hex_number(&wire::encoding::hex::encode(&signed.signature[32..]));
    let twin = (p256_order() - s).to_bytes_be();
    let mut signature = signed.signature;
    signature[32..].fill(0);
    signature[64 - twin.len()..].copy_from_slice(&twin);
    SignedMessage {
        signature,
        ..signed.clone()
    }
}

#[test]
fn takes_our_layout() {
    let done = attempt(|proof, call| vec![proof.instruction(), call]).unwrap();
    let logs = done.logs.join("\n");
    assert!(logs.contains("Program ExtSgUPtP3JyKUysFw2S5fpL5fWfUPzGUQLd2bTwftXN success"));
}

#[test]
fn other_instructions_come_after() {
    let limit = || Instruction {
        program: program::COMPUTE_BUDGET,
        accounts: vec![],
        data: [&[2][..], &200_000_u32.to_le_bytes()].concat(),
    };
    attempt(|proof, call| vec![proof.instruction(), limit(), call]).unwrap();
    attempt(|proof, call| vec![proof.instruction(), call, limit()]).unwrap();
    let (instruction, number) = attempt(|proof, call| vec![limit(), proof.instruction(), call])
        .unwrap_err()
        .custom()
        .unwrap();
    assert_eq!(instruction, 2);
    assert_eq!(number, u64::from(ProgramError::NotThePrecompile.number()));
}

#[test]
fn a_high_s_is_refused_and_never_made() {
    let number = native_error(attempt(|proof, call| {
        let twin = high(&proof.signed);
        assert_ne!(twin, proof.signed);
        vec![twin.instruction().unwrap(), call]
    }));
    assert_eq!(number, 2);
    // Authenticators sign with a high s every other time; what `verify` makes of it is low.
    for seed in 0..8 {
        let mut scene = Scene::new();
        scene.passkey = testkit::Passkey::es256(seed, RP_ID, "https://auth.example.com");
        scene.initialise(None).unwrap();
    }
}

#[test]
fn both_spellings_of_a_signature_become_the_low_one() {
    let mut scene = Scene::new();
    let slot = scene.slot();
    let challenge = scene.nonce(slot).initialise(None);
    let mut assertion = scene.passkey.assertion(&challenge);
    let one = scene.foresee(&challenge, &assertion);
    assertion.signature = testkit::keys::p256_twin(&assertion.signature);
    let other = scene.foresee(&challenge, &assertion);
    assert_eq!(one.signed, other.signed);
    let instruction = scene.creating(slot, None, &other);
    scene
        .send(&[other.instruction(), instruction], &[])
        .unwrap();
}

#[test]
fn a_changed_message_or_signature_is_refused() {
    for at in [49, 112, 113, 113 + 36, 113 + 37, 181] {
        let number = native_error(attempt(|proof, call| {
            let mut instruction = proof.instruction();
            instruction.data[at] ^= 1;
            vec![instruction, call]
        }));
        assert_eq!(number, 2, "byte {at}");
    }
}

#[test]
fn two_signatures_are_refused() {
    let error = program_error(attempt(|proof, call| {
        // The second is the first again: seven more offsets, and all of them 14 bytes further on.
        let one = proof.instruction().data;
        let mut data = vec![2, 0];
        for _ in 0..2 {
            for (index, offset) in one[2..16].chunks_exact(2).enumerate() {
                let offset = u16::from_le_bytes([offset[0], offset[1]]);
                let moved = if matches!(index, 0 | 2 | 4) {
                    offset + 14
                } else {
                    offset
                };
                data.extend(moved.to_le_bytes());
            }
        }
        data.extend(&one[16..]);
        let twice = Instruction {
            data,
            ..proof.instruction()
        };
        vec![twice, call]
    }));
    assert_eq!(error, Some(ProgramError::SignatureCount));
}

#[test]
fn no_signature_at_all_is_refused() {
    let number = native_error(attempt(|proof, call| {
        let none = Instruction {
            data: vec![0, 0],
            ..proof.instruction()
        };
        vec![none, call]
    }));
    assert_eq!(number, 4);
}

#[test]
fn parts_named_by_the_number_of_an_instruction_are_refused() {
    // Instruction 0 is this one, so the native program finds everything where it was. The verifier
    // does not follow such names, wherever they lead.
    for field in [4, 8, 14] {
        let error = program_error(attempt(|proof, call| {
            let mut instruction = proof.instruction();
            assert_eq!(instruction.data[field..field + 2], [0xff, 0xff]);
            instruction.data[field..field + 2].fill(0);
            vec![instruction, call]
        }));
        assert_eq!(error, Some(ProgramError::SignatureIndex), "field {field}");
    }
}

#[test]
fn an_ordinary_call_in_its_place_is_refused() {
    let error = program_error(attempt(|_, call| {
        vec![memo(call.accounts[1].address, "hello"), call]
    }));
    assert_eq!(error, Some(ProgramError::NotThePrecompile));
}

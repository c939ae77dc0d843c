//! Creating the account of a passkey.

use testkit::authenticator::{UP, statement};
use testkit::keys::alg;
use testkit::{Assertion, Passkey};
use wire::solana::external_signature::{
    ACCOUNT_LENGTH, Ceremony, MAX_SESSION_S, PasskeyAccount, ProgramError, SessionKey,
    SessionLifetime,
};
use wire::solana::{Address, program};

use crate::support::*;

#[test]
fn creates_the_account_of_a_passkey() {
    let mut scene = Scene::new();
    let paid_before = scene.balance(&scene.payer.address());
    let done = scene.initialise(None).unwrap();
    let stored = scene.stored();
    let expected = PasskeyAccount {
        rp_id: RP_ID.parse().unwrap(),
        rp_id_hash: scene.passkey.rp_id_hash(),
        public_key: scene.key(),
        session_key: SessionKey {
            key: Address::from_bytes([0; 32]),
            expires_at_s: 0,
        },
        counter: 0,
    };
    assert_eq!(stored, expected);
    let account = scene.chain.account(&scene.account()).unwrap();
    assert_eq!(account.data, expected.to_bytes());
    assert_eq!(account.data.len(), ACCOUNT_LENGTH);
    assert_eq!(
        account.lamports, 1_948_800,
        "just enough not to be swept away"
    );
    // Two signatures: the payer's and the passkey's.
    assert_eq!(done.fee, 10_000);
    let paid = paid_before - scene.balance(&scene.payer.address());
    assert_eq!(paid, 10_000 + 1_948_800);
}

#[test]
fn a_first_session_ends_when_it_says() {
    let session = SessionKey {
        key: Wallet::new(9).address(),
        expires_at_s: NOW_S + 900,
    };
    assert_eq!(
        Scene::initialised(Some(session)).stored().session(),
        Some(session)
    );
}

#[test]
fn a_duration_where_a_time_is_wanted_makes_a_session_that_is_over() {
    let session = SessionKey {
        key: Wallet::new(9).address(),
        expires_at_s: 900,
    };
    assert_eq!(
        Scene::initialised(Some(session)).stored().session(),
        Some(session)
    );
}

#[test]
fn refuses_a_first_session_of_more_than_ninety_days() {
    let session = |expires_at_s| SessionKey {
        key: Wallet::new(9).address(),
        expires_at_s,
    };
    let last = NOW_S + MAX_SESSION_S;
    Scene::initialised(Some(session(last)));
    let refused = Scene::new().initialise(Some(session(last + 1)));
    assert_eq!(program_error(refused), Some(ProgramError::SessionTooLong));
}

#[test]
fn refuses_to_create_an_account_twice() {
    let mut scene = Scene::initialised(None);
    scene.wait_s(0);
    let refused = scene.initialise(None);
    assert_eq!(builtin_error(refused, 1), "InvalidAccountOwner");
}

#[test]
fn nobody_prevents_an_account_by_sending_lamports_to_its_address() {
    for lamports in [1, 1_948_799, 1_948_800, SOL] {
        let mut scene = Scene::new();
        scene.chain.give(&scene.account(), lamports);
        scene.initialise(None).unwrap();
        let expected = lamports.max(1_948_800);
        assert_eq!(scene.balance(&scene.account()), expected);
    }
}

#[test]
fn refuses_the_address_of_another_passkey() {
    let mut scene = Scene::new();
    let slot = scene.slot();
    let proof = scene.prove(&scene.nonce(slot).initialise(None));
    let mut instruction = scene.creating(slot, None, &proof);
    let other = compressed(&Passkey::es256(8, RP_ID, "https://auth.example.com"));
    instruction.accounts[0].address = verify::solana::passkey_account(&other).address;
    let refused = scene.send(&[proof.instruction(), instruction], &[]);
    assert_eq!(builtin_error(refused, 1), "InvalidSeeds");
}

#[test]
fn refuses_an_account_that_may_not_change() {
    let mut scene = Scene::new();
    let slot = scene.slot();
    let proof = scene.prove(&scene.nonce(slot).initialise(None));
    let mut instruction = scene.creating(slot, None, &proof);
    instruction.accounts[0].is_writable = false;
    let refused = scene.send(&[proof.instruction(), instruction], &[]);
    assert_eq!(
        program_error(refused),
        Some(ProgramError::AccountNotWritable)
    );
}

#[test]
fn t49_a_session_that_was_not_signed_for_is_refused() {
    let session = SessionKey {
        key: Wallet::new(9).address(),
        expires_at_s: NOW_S + 900,
    };
    let longer = SessionKey {
        expires_at_s: NOW_S + 901,
        ..session
    };
    let another = SessionKey {
        key: Wallet::new(10).address(),
        ..session
    };
    for (signed, asked) in [
        (None, Some(session)),
        (Some(session), None),
        (Some(session), Some(longer)),
        (Some(session), Some(another)),
    ] {
        let mut scene = Scene::new();
        let slot = scene.slot();
        let proof = scene.prove(&scene.nonce(slot).initialise(signed));
        let instruction = scene.creating(slot, asked, &proof);
        let refused = scene.send(&[proof.instruction(), instruction], &[]);
        assert_eq!(program_error(refused), Some(ProgramError::ClientDataHash));
    }
}

#[test]
fn the_user_need_not_have_been_verified() {
    let mut scene = Scene::new();
    let slot = scene.slot();
    let proof = scene.prove_with(&scene.nonce(slot).initialise(None), |_, data| {
        data.flags = UP
    });
    assert!(!proof.foreseen.clone().unwrap().user_verified);
    let instruction = scene.creating(slot, None, &proof);
    scene
        .send(&[proof.instruction(), instruction], &[])
        .unwrap();
}

#[test]
fn a_registration_will_do_if_the_passkey_itself_attests_it() {
    let mut scene = Scene::new();
    let slot = scene.slot();
    let challenge = scene.nonce(slot).initialise(None);
    let mut signed = None;
    let attestation = scene.passkey.attestation_with(
        &challenge,
        |_, _| {},
        |key, data, hash| {
            signed = Some((data.to_vec(), key.sign(&[data, hash].concat())));
            (
                "packed",
                statement::packed_self(alg::ES256, key, data, hash),
            )
        },
    );
    let (authenticator_data, signature) = signed.unwrap();
    let proof = scene.foresee(
        &challenge,
        &Assertion {
            credential_id: attestation.credential_id,
            client_data_json: attestation.client_data_json,
            authenticator_data,
            signature,
        },
    );
    assert_eq!(proof.shape.ceremony, Ceremony::Create);
    let instruction = scene.creating(slot, None, &proof);
    scene
        .send(&[proof.instruction(), instruction], &[])
        .unwrap();
    assert_eq!(scene.stored().public_key, scene.key());
}

#[test]
fn the_first_counter_is_kept() {
    let mut scene = Scene::new();
    let slot = scene.slot();
    let challenge = scene.nonce(slot).initialise(None);
    let proof = scene.prove_with(&challenge, |_, data| data.sign_count = 29);
    let instruction = scene.creating(slot, None, &proof);
    scene
        .send(&[proof.instruction(), instruction], &[])
        .unwrap();
    assert_eq!(scene.stored().counter, 29);
}

#[test]
fn relying_parties_are_32_bytes_long_at_most() {
    let longest = "a-domain-of-thirty-2.example.com";
    assert_eq!(longest.len(), 32);
    let mut scene = Scene::at(350_000_500, longest, &format!("https://{longest}"));
    scene.initialise(None).unwrap();
    assert_eq!(scene.stored().rp_id.as_str(), longest);

    assert_eq!(
        refusal_of_rp_id(&format!("x{longest}")),
        ProgramError::RpIdTooLong
    );
    assert_eq!(
        refusal_of_rp_id("auth\".example.com"),
        ProgramError::RpIdQuote
    );
}

/// What the chain answers to an RP ID that our own types refuse to write, and `verify` foresees.
fn refusal_of_rp_id(rp_id: &str) -> ProgramError {
    let mut scene = Scene::at(350_000_500, rp_id, "https://auth.example.com");
    let slot = scene.slot();
    let proof = scene.prove(&scene.nonce(slot).initialise(None));
    let foreseen = proof.foreseen.clone().unwrap_err().program_error().unwrap();

    scene.rp_id = RP_ID.to_owned();
    let mut instruction = scene.creating(slot, None, &proof);
    // Behind discriminator, slot and scheme: the length of the arguments, of the RP ID, and it.
    let key_and_shape = instruction.data.split_off(6 + RP_ID.len());
    instruction.data.truncate(4);
    let length = rp_id.len() + 36;
    instruction.data.extend([length as u8, rp_id.len() as u8]);
    instruction.data.extend(rp_id.as_bytes());
    instruction.data.extend(key_and_shape);
    let refused = scene.send(&[proof.instruction(), instruction], &[]);
    assert_eq!(program_error(refused), Some(foreseen));
    foreseen
}

#[test]
fn malformed_instructions_are_refused() {
    let mut scene = Scene::new();
    let slot = scene.slot();
    let proof = scene.prove(&scene.nonce(slot).initialise(None));
    let good = scene.creating(slot, None, &proof);
    for length in 0..good.data.len() {
        let mut cut = good.clone();
        cut.data.truncate(length);
        scene.send(&[proof.instruction(), cut], &[]).unwrap_err();
    }
    let mut changed = |at: usize, to: u8| {
        let mut changed = good.clone();
        changed.data[at] = to;
        scene.send(&[proof.instruction(), changed], &[])
    };
    assert_eq!(builtin_error(changed(0, 4), 1), "InvalidInstructionData");
    assert_eq!(program_error(changed(3, 1)), Some(ProgramError::Scheme));
    let shape = good.data.len() - 3;
    for byte in [0x18, 0x20, 0xf0] {
        let refused = program_error(changed(shape, byte));
        assert_eq!(refused, Some(ProgramError::VerificationArguments));
    }
    let session = good.data.len() - 1;
    let refused = program_error(changed(session, 2));
    assert_eq!(refused, Some(ProgramError::ExecutionArguments));

    let mut longer = good.clone();
    longer.data.push(0);
    let refused = scene.send(&[proof.instruction(), longer], &[]);
    assert_eq!(
        program_error(refused),
        Some(ProgramError::ExecutionArguments)
    );
    let mut fewer = good.clone();
    fewer.accounts.pop();
    let refused = scene.send(&[proof.instruction(), fewer], &[]);
    assert_eq!(builtin_error(refused, 1), "NotEnoughAccountKeys");
    scene.send(&[proof.instruction(), good], &[]).unwrap();
}

#[test]
fn other_sysvars_are_refused() {
    let mut scene = Scene::new();
    let slot = scene.slot();
    let proof = scene.prove(&scene.nonce(slot).initialise(None));
    let good = scene.creating(slot, None, &proof);
    let mut changed = good.clone();
    changed.accounts[2].address = program::SLOT_HASHES_SYSVAR;
    let refused = scene.send(&[proof.instruction(), changed], &[]);
    assert_eq!(
        program_error(refused),
        Some(ProgramError::InstructionsSysvar)
    );
    let mut changed = good;
    changed.accounts[3].address = program::INSTRUCTIONS_SYSVAR;
    let refused = scene.send(&[proof.instruction(), changed], &[]);
    assert_eq!(builtin_error(refused, 1), "UnsupportedSysvar");
}

#[test]
fn other_keys_than_the_one_that_signed_are_refused() {
    let mut scene = Scene::new();
    let slot = scene.slot();
    let proof = scene.prove(&scene.nonce(slot).initialise(None));
    scene.passkey = Passkey::es256(8, RP_ID, "https://auth.example.com");
    let instruction = scene.creating(slot, None, &proof);
    assert_ne!(proof.signed.public_key, scene.key());
    let refused = scene.send(&[proof.instruction(), instruction], &[]);
    assert_eq!(program_error(refused), Some(ProgramError::KeyMismatch));
}

/// The lengths were measured with other encoders for the same RP ID, in messages without a version,
/// which takes two bytes.
#[test]
fn transactions_are_as_long_as_those_of_others() {
    let scene = Scene::new();
    let slot = scene.slot();
    let session = SessionKey {
        key: Wallet::new(9).address(),
        expires_at_s: NOW_S + 900,
    };
    for (session, length) in [(None, 578 + 2), (Some(session), 618 + 2)] {
        let proof = scene.prove(&scene.nonce(slot).initialise(session));
        let wanted = [proof.instruction(), scene.creating(slot, session, &proof)];
        assert_eq!(scene.packet(&wanted, &[]).len(), length);
    }
    let session = SessionLifetime {
        key: Wallet::new(9).address(),
        lifetime_s: 900,
    };
    let proof = scene.prove(&scene.nonce(slot).refresh(session));
    let wanted = [proof.instruction(), scene.refreshing(slot, session, &proof)];
    assert_eq!(scene.packet(&wanted, &[]).len(), 567 + 2);
}

//! The last moment at which something works, and the first at which it does not.

use rules::tenant::{Refusal, SessionAction};
use verify::solana::{Nonce, Payable};
use wire::solana::TruncatedSlot;
use wire::solana::external_signature::ProgramError;
use zegel_solana_rpc::{Executed, Pace, Refused};

use super::person::*;
use super::world::*;
use crate::support::{NOW_S, SOL, Wallet, program_error, transfer};

#[tokio::test(flavor = "multi_thread")]
async fn t30_a_challenge_is_answered_within_sixty_seconds_of_our_clock() {
    for (passed_ms, is_good) in [(59_999, true), (60_000, false), (60_001, false)] {
        let (world, alice) = (World::new().await, Person::new(1));
        let opened = world.open(SessionAction::Create, None).await;
        world.wait_ms(passed_ms);
        let answer = alice.new_answer(&opened.challenge);
        let bound = world.bind(SessionAction::Create, answer).await;
        match is_good {
            true => assert_eq!(world.told(&alice).await, Some(bound.unwrap())),
            false => {
                assert_eq!(bound.unwrap_err(), Refusal::CeremonyExpired);
                assert_eq!(world.net.count(), 0);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slot_is_good_for_149_blocks_for_us_and_for_the_chain() {
    let (world, alice) = (World::new().await, Person::new(1));
    let opened = world.open(SessionAction::Create, None).await;
    world.blocks(149);
    let answer = alice.new_answer(&opened.challenge);
    world.bind(SessionAction::Create, answer).await.unwrap();

    let (world, alice) = (World::new().await, Person::new(1));
    let opened = world.open(SessionAction::Create, None).await;
    world.blocks(150);
    let answer = alice.new_answer(&opened.challenge);
    let refused = world.bind(SessionAction::Create, answer).await;
    assert_eq!(refused.unwrap_err(), Refusal::SlotExpired);
    assert_eq!(world.net.count(), 0);
    // What the chain would have said.
    let there = regardless(&world, &alice, &opened.terms.anchor.hash).await;
    assert_eq!(program_error(there), Some(ProgramError::SlotHashExpired));
}

/// Creates the account whatever anybody thinks of the slot.
async fn regardless(
    world: &World,
    person: &Person,
    slot_hash: &wire::solana::Address,
) -> Result<Executed, Refused> {
    let nonce = Nonce {
        slot_hash: *slot_hash.as_bytes(),
        signer: world.payer(),
    };
    let (hashes, blockhash) = world
        .net
        .with(|machine| (machine.slot_hashes(), machine.latest_blockhash()));
    let slot = hashes.entries()[hashes.position(&nonce.slot_hash).unwrap()].slot;
    let proof = person.proof(&nonce.initialise(None));
    let number = TruncatedSlot::of(slot);
    let payable = Payable::initialise(&proof, number, &nonce, None, blockhash).unwrap();
    let packet = world.pay(payable).await;
    world.net.with(|machine| machine.send(&packet))
}

#[tokio::test(flavor = "multi_thread")]
async fn slots_that_were_skipped_while_the_passkey_answered_are_made_up_for() {
    let skipping = Pace {
        skipped: 3,
        blocks: 2,
        seconds: 0,
    };
    let (world, alice) = (World::new().await, Person::new(1));
    let opened = world.open(SessionAction::Create, None).await;
    world.net.with(|machine| machine.advance(skipping));
    // The slot as it is called leads to another hash.
    let honest = regardless(&world, &alice, &opened.terms.anchor.hash).await;
    assert_eq!(program_error(honest), Some(ProgramError::ClientDataHash));
    let answer = alice.new_answer(&opened.challenge);
    world.bind(SessionAction::Create, answer).await.unwrap();
}

/// The transaction is made once. What happens to the chain while it is on its way is told.
#[tokio::test(flavor = "multi_thread")]
async fn what_grew_too_old_on_its_way_is_told_as_that() {
    let (world, alice) = (World::new().await, Person::new(1));
    let opened = world.open(SessionAction::Create, None).await;
    world.blocks(140);
    let answer = alice.new_answer(&opened.challenge);
    let sending = world.submit(SessionAction::Create, answer).await.unwrap();
    world.blocks(10);
    let refused = world.see_through(sending).await;
    assert_eq!(refused.unwrap_err(), Refusal::SlotExpired);
    assert_eq!(world.kept(&alice).await, None);

    let opened = world.open(SessionAction::Create, None).await;
    let answer = alice.new_answer(&opened.challenge);
    let sending = world.submit(SessionAction::Create, answer).await.unwrap();
    world.net.with(|machine| {
        machine.advance(Pace {
            skipped: 1,
            blocks: 1,
            seconds: 0,
        });
    });
    let refused = world.see_through(sending).await.unwrap_err();
    let Refusal::OnChain { custom, .. } = &refused else {
        panic!("the program's number is expected, not {refused:?}");
    };
    let number = custom.and_then(ProgramError::from_number);
    assert_eq!(number, Some(ProgramError::ClientDataHash));
    assert_eq!(world.kept(&alice).await, None);

    let opened = world.open(SessionAction::Create, None).await;
    let answer = alice.new_answer(&opened.challenge);
    world.bind(SessionAction::Create, answer).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn t47_a_session_key_acts_here_no_longer_than_on_the_chain() {
    let key = Wallet::new(9);
    for (offset, ours, theirs) in [(-1_i64, true, true), (0, false, true), (1, false, false)] {
        let (world, alice) = (World::new().await, Person::new(1));
        let account = world.with_session(&alice, asked(&key, 30)).await;
        let end = account.session.unwrap().expires_at_seconds;
        assert_eq!(end, NOW_S + 30);
        // Prepared while it lives.
        let pay = [transfer(alice.purse(), elsewhere(), SOL)];
        let before = signed(&world.prepare(&alice, &pay).await.unwrap(), &[&key]);

        world.set_time(end.checked_add_signed(offset).unwrap());
        let done = world.past_us(&alice, &key, &pay);
        assert_eq!(done.is_ok(), theirs, "{offset}: {done:?}");
        let handed_in = world.act(&alice, &before).await;
        let anew = [transfer(alice.purse(), elsewhere(), 1)];
        let anew = world.prepare(&alice, &anew).await;
        match ours {
            true => {
                handed_in.unwrap();
                anew.unwrap();
            }
            false => {
                assert_eq!(handed_in.unwrap_err(), Refusal::SessionOver);
                assert_eq!(anew.unwrap_err(), Refusal::SessionOver);
            }
        }
    }
}

/// Our clock is not asked how long a session key lives on the chain.
#[tokio::test(flavor = "multi_thread")]
async fn t47_the_end_of_a_session_key_is_judged_by_the_chain_s_clock() {
    let key = Wallet::new(9);
    let (world, alice) = (World::new().await, Person::new(1));
    world.with_session(&alice, asked(&key, 30)).await;
    let pay = [transfer(alice.purse(), elsewhere(), SOL)];
    let prepared = signed(&world.prepare(&alice, &pay).await.unwrap(), &[&key]);
    // The chain is half a minute ahead of us.
    world.net.with(|machine| {
        machine.advance(Pace {
            seconds: 30,
            ..Pace::default()
        });
    });
    let late = world.hand_in(&alice, &prepared).await;
    assert_eq!(late.unwrap_err(), Refusal::SessionOver);
    assert_eq!(world.net.balance(&elsewhere()), 0);

    // And as far behind.
    let (world, alice) = (World::new().await, Person::new(1));
    world.with_session(&alice, asked(&key, 30)).await;
    world.wait_ms(31_000);
    world.spend(&alice, &key, &pay).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_prepared_is_good_for_a_minute_and_its_blockhash_for_150_blocks() {
    let key = Wallet::new(9);
    for (passed_ms, is_good) in [(59_999, true), (60_000, false)] {
        let (world, alice) = (World::new().await, Person::new(1));
        world.with_session(&alice, asked(&key, 900)).await;
        let pay = [transfer(alice.purse(), elsewhere(), SOL)];
        let prepared = signed(&world.prepare(&alice, &pay).await.unwrap(), &[&key]);
        world.wait_ms(passed_ms);
        let done = world.act(&alice, &prepared).await;
        match is_good {
            true => drop(done.unwrap()),
            false => assert_eq!(done.unwrap_err(), Refusal::PreparationUnknown),
        }
    }
    for (blocks, is_good) in [(149, true), (150, false)] {
        let (world, alice) = (World::new().await, Person::new(1));
        world.with_session(&alice, asked(&key, 900)).await;
        let pay = [transfer(alice.purse(), elsewhere(), SOL)];
        let prepared = signed(&world.prepare(&alice, &pay).await.unwrap(), &[&key]);
        world.blocks(blocks);
        let (done, spent) = (
            world.act(&alice, &prepared).await,
            world.net.balance(&elsewhere()),
        );
        match is_good {
            true => drop(done.unwrap()),
            false => {
                let refused = done.unwrap_err();
                assert!(
                    matches!(refused, Refusal::OnChain { custom: None, .. }),
                    "{refused:?}"
                );
            }
        }
        assert_eq!(spent, if is_good { SOL } else { 0 });
    }
}

//! What is lost, late, or in another order than it was sent.

use std::sync::atomic::Ordering;
use std::time::Duration;

use engine::tenants::Answer;
use rules::tenant::{Refusal, SendingOutcome, SessionAction, SessionScope};

use super::net::Way;
use super::person::*;
use super::world::*;
use crate::support::{SOL, Wallet, transfer};

#[tokio::test(flavor = "multi_thread")]
async fn what_can_no_longer_be_carried_out_is_told_so_and_binds_nothing() {
    for is_tried in [false, true] {
        let (world, alice) = (World::new().await, Person::new(1));
        world.net.set(Way::Closed);
        let opened = world
            .open(SessionAction::Create, Some((&Wallet::new(9), 900)))
            .await;
        let answer = alice.new_answer(&opened.challenge);
        let sending = world
            .submit(SessionAction::Create, answer.clone())
            .await
            .unwrap();
        let signature = signature_of(&sending);
        let lapse = async {
            while is_tried && world.net.count() == 0 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            world.blocks(150 + 32);
        };
        let told = match is_tried {
            true => tokio::join!(world.see_through(sending), lapse).0,
            false => {
                lapse.await;
                world.see_through(sending).await
            }
        };
        assert_eq!(told.unwrap_err(), Refusal::Lapsed);
        assert_eq!(world.net.count(), usize::from(is_tried));
        assert_eq!(
            world.sending(&signature).await.outcome,
            Some(SendingOutcome::Lapsed)
        );
        assert_eq!(
            (world.told(&alice).await, world.kept(&alice).await),
            (None, None)
        );
        let again = world.bind(SessionAction::Create, answer).await;
        assert_eq!(again.unwrap_err(), Refusal::Lapsed, "and stays so");

        world.net.set(Way::Open);
        let opened = world
            .open(SessionAction::Create, Some((&Wallet::new(9), 900)))
            .await;
        let answer = alice.new_answer(&opened.challenge);
        world.bind(SessionAction::Create, answer).await.unwrap();
    }
}

/// Behind an address there may be many nodes, of which some know less than others.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_node_that_lags_does_not_know_yet_is_not_given_up() {
    let (world, alice) = (World::new().await, Person::new(1));
    let opened = world.open(SessionAction::Create, None).await;
    let answer = alice.new_answer(&opened.challenge);
    let sending = world.submit(SessionAction::Create, answer).await.unwrap();
    world.net.is_lagging.store(true, Ordering::Relaxed);
    let (told, ()) = tokio::join!(world.see_through(sending), async {
        while world.net.count() == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        world.blocks(150 + 31);
        tokio::time::sleep(Duration::from_millis(600)).await;
        world.net.is_lagging.store(false, Ordering::Relaxed);
    });
    assert!(matches!(told, Ok(Answer::SessionBound(_))), "{told:?}");
    assert_eq!(world.net.count(), 1, "too old to be sent again");
}

/// At its last block a transaction is still good, and it is still waited for.
#[tokio::test(flavor = "multi_thread")]
async fn a_blockhash_is_given_up_not_one_block_too_early() {
    let (world, alice) = (World::new().await, Person::new(1));
    let key = Wallet::new(9);
    world.with_session(&alice, asked(&key, 900)).await;
    let pay = [transfer(alice.purse(), elsewhere(), SOL)];
    let signed = signed(&world.prepare(&alice, &pay).await.unwrap(), &[&key]);
    let sending = world.hand_in(&alice, &signed).await.unwrap();
    world.blocks(149);
    world.see_through(sending).await.unwrap();
    assert_eq!(world.net.balance(&elsewhere()), SOL);
}

/// Challenges are made of a slot, and a slot lasts for more than one person.
#[tokio::test(flavor = "multi_thread")]
async fn many_open_sessions_in_one_slot() {
    let world = World::new().await;
    let key = Wallet::new(9);
    let mut challenges = Vec::new();
    for _ in 0..3 {
        for (action, key) in [
            (SessionAction::Create, None),
            (SessionAction::Create, Some((&key, 900))),
            (SessionAction::Auth, Some((&key, 900))),
            (SessionAction::Find, None),
        ] {
            challenges.push(world.open(action, key).await.challenge);
        }
    }
    // And at once.
    let hurried = (0..20).map(|_| world.open(SessionAction::Create, None));
    let hurried = futures_util::future::join_all(hurried).await;
    challenges.extend(hurried.into_iter().map(|opened| opened.challenge));
    let opened = challenges.len();
    challenges.sort();
    challenges.dedup();
    assert_eq!(challenges.len(), opened);
}

/// In one slot as well: what was spent is not opened again.
#[tokio::test(flavor = "multi_thread")]
async fn a_spent_challenge_is_not_issued_again() {
    let (world, alice, bob) = (World::new().await, Person::new(1), Person::new(2));
    for person in [&alice, &bob] {
        let opened = world.open(SessionAction::Create, None).await;
        let answer = person.new_answer(&opened.challenge);
        world.bind(SessionAction::Create, answer).await.unwrap();
    }
    let key = Wallet::new(9);
    for _ in 0..2 {
        let opened = world.open(SessionAction::Auth, Some((&key, 900))).await;
        let answer = alice.answer(&opened.challenge);
        world.bind(SessionAction::Auth, answer).await.unwrap();
    }
    assert_eq!(world.net.packets().len(), 4);
}

/// Two sessions are on their way, and the later one's outcome is known first.
#[tokio::test(flavor = "multi_thread")]
async fn t48_outcomes_that_come_in_another_order_leave_the_session_that_the_chain_has() {
    let (world, alice) = (World::new().await, Person::new(1));
    world
        .with_session(&alice, asked(&Wallet::new(9), 900))
        .await;
    let (earlier, later) = (Wallet::new(10), Wallet::new(11));
    let scope = SessionScope {
        max_lamports: Some(SOL),
        ..SessionScope::default()
    };
    let mut sendings = Vec::new();
    for key in [&earlier, &later] {
        let key = within(key, 900, scope.clone());
        let opened = world.try_open(SessionAction::Auth, Some(key)).await;
        let answer = alice.answer(&opened.unwrap().challenge);
        let sending = world.submit(SessionAction::Auth, answer).await.unwrap();
        let signature = signature_of(&sending);
        world.send_unnoticed(&signature).await;
        world.blocks(1);
        sendings.push(sending);
    }
    for sending in sendings.into_iter().rev() {
        world.see_through(sending).await.unwrap();
        let session = world.kept(&alice).await.unwrap().session.unwrap();
        assert_eq!((session.key, &session.scope), (later.address(), &scope));
    }
    let too_much = [transfer(alice.purse(), elsewhere(), SOL + 1)];
    let refused = world.prepare(&alice, &too_much).await.unwrap_err();
    assert_eq!(refused.code(), "scope_lamports");
}

/// The chain has the key, and we do not know yet that it does.
#[tokio::test(flavor = "multi_thread")]
async fn t47_a_key_that_is_taken_away_while_its_outcome_is_unknown_stays_away() {
    for is_new in [true, false] {
        let (world, alice) = (World::new().await, Person::new(1));
        let key = Wallet::new(10);
        let action = match is_new {
            true => SessionAction::Create,
            false => {
                world
                    .with_session(&alice, asked(&Wallet::new(9), 900))
                    .await;
                SessionAction::Auth
            }
        };
        let opened = world.open(action, Some((&key, 900))).await;
        let answer = alice.new_answer(&opened.challenge);
        let sending = world.submit(action, answer).await.unwrap();
        world.send_unnoticed(&signature_of(&sending)).await;

        world.wait_ms(1);
        world.revoke(&alice).await.unwrap();
        world.see_through(sending).await.unwrap();
        let session = world.kept(&alice).await.unwrap().session.unwrap();
        assert!(session.key == key.address() && session.is_revoked);
        let pay = [transfer(alice.purse(), elsewhere(), 1)];
        let refused = world.prepare(&alice, &pay).await;
        assert_eq!(refused.unwrap_err(), Refusal::SessionOver);

        // The passkey's owner may give it again.
        world.blocks(1);
        world.wait_ms(1);
        let opened = world.open(SessionAction::Auth, Some((&key, 900))).await;
        let answer = alice.answer(&opened.challenge);
        world.bind(SessionAction::Auth, answer).await.unwrap();
        world.prepare(&alice, &pay).await.unwrap();
    }
}

/// The chain makes one account of a passkey, and whoever was too late is told so.
#[tokio::test(flavor = "multi_thread")]
async fn of_two_accounts_of_a_passkey_on_their_way_there_will_be_one() {
    let (world, alice) = (World::new().await, Person::new(1));
    let mut sendings = Vec::new();
    for key in [Wallet::new(9), Wallet::new(10)] {
        let opened = world.open(SessionAction::Create, Some((&key, 900))).await;
        let answer = alice.new_answer(&opened.challenge);
        sendings.push(world.submit(SessionAction::Create, answer).await.unwrap());
    }
    let late = sendings.remove(0);
    world.see_through(sendings.remove(0)).await.unwrap();
    let refused = world.see_through(late).await.unwrap_err();
    assert!(matches!(refused, Refusal::OnChain { .. }), "{refused:?}");
    let session = world.kept(&alice).await.unwrap().session.unwrap();
    assert_eq!(session.key, Wallet::new(10).address());
    assert_eq!(world.told(&alice).await, world.kept(&alice).await);
}

/// Two tenants ask for the same key in the same slot, so the passkey answers both at once.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_counts_once_on_the_chain_whichever_tenant_brings_it() {
    let (world, alice, key) = (World::new().await, Person::new(1), Wallet::new(9));
    let neighbour = world.neighbour().await;
    world.create_elsewhere(&alice, None);
    let opened = world.open(SessionAction::Auth, Some((&key, 900))).await;
    let same = neighbour.open(SessionAction::Auth, Some((&key, 900))).await;
    assert_eq!(opened.challenge, same.challenge);
    let answer = alice.answer(&opened.challenge);
    world
        .bind(SessionAction::Auth, answer.clone())
        .await
        .unwrap();
    world.blocks(1);
    let command = bind(SessionAction::Auth, answer);
    let error = neighbour.unavailable(command).await;
    assert!(matches!(error, engine::Error::Contended(_)), "{error:?}");
    assert_eq!(world.net.packets().len(), 1);
}

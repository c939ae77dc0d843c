//! Whatever happens on the way, it happens once.

use std::sync::atomic::Ordering;
use std::time::Duration;

use engine::tenants::Answer;
use futures_util::future::join_all;
use rules::tenant::{Least, PasskeyAccount, Refusal, SendingOutcome, SessionAction};
use store::Location;
use testkit::postgres::Cluster;
use wire::solana::Transaction;

use super::net::Way;
use super::person::*;
use super::world::*;
use crate::support::{SOL, Wallet, transfer};

/// A hundred callers with one answer, of whom it is the same.
async fn all_answer_once(worlds: &[World]) {
    let (world, alice) = (&worlds[0], Person::new(1));
    let opened = world
        .open(SessionAction::Create, Some((&Wallet::new(9), 900)))
        .await;
    let answer = alice.new_answer(&opened.challenge);
    let funds = world.funds();
    let callers =
        (0..100).map(|n| worlds[n % worlds.len()].bind(SessionAction::Create, answer.clone()));
    let told = join_all(callers).await;
    let accounts: Vec<&PasskeyAccount> = told.iter().flatten().collect();
    assert!(!accounts.is_empty());
    for told in &told {
        match told {
            Ok(account) => assert_eq!(account, accounts[0]),
            Err(refusal) => assert_eq!(*refusal, Refusal::ChallengeUnknown),
        }
    }
    assert_eq!(world.net.packets().len(), 1);
    assert_eq!(funds - world.funds(), 2 * FEE + RENT);

    // The same request later is told the same, and the same answer in another request nothing.
    let again = world.bind(SessionAction::Create, answer.clone()).await;
    assert_eq!(&again.unwrap(), accounts[0]);
    let command = bind(SessionAction::Create, answer);
    let body = b"other words".to_vec();
    let other = world.ask_with(None, Least::Nobody, command, body).await;
    assert_eq!(other.unwrap_err(), Refusal::ChallengeUnknown);
    assert_eq!(world.net.packets().len(), 1);
}

/// A hundred callers with one signed transaction: the money moves once, and all are told so.
async fn all_spend_once(worlds: &[World]) {
    let (world, bob) = (&worlds[0], Person::new(2));
    let key = Wallet::new(9);
    world.with_session(&bob, asked(&key, 901)).await;
    let before = world.net.packets().len();
    let pay = [transfer(bob.purse(), elsewhere(), SOL)];
    let signed = signed(&world.prepare(&bob, &pay).await.unwrap(), &[&key]);
    let callers = (0..100).map(|n| worlds[n % worlds.len()].act(&bob, &signed));
    let told = join_all(callers).await;
    let first = told[0].as_ref().unwrap();
    for told in &told {
        assert_eq!(told.as_ref().unwrap().signature, first.signature);
    }
    let used = world.kept(&bob).await.unwrap().session.unwrap().used;
    assert_eq!((used.transactions, used.lamports), (1, SOL));

    world.blocks(1);
    let again = world.act(&bob, &signed).await.unwrap();
    assert_eq!(again.signature, first.signature);
    let unsigned = Transaction::unsigned(signed.message().clone());
    let again = world.act(&bob, &unsigned).await.unwrap();
    assert_eq!(
        again.signature, first.signature,
        "it was done, whoever asks"
    );
    let under_another = world.act(&Person::new(3), &signed).await;
    assert_eq!(under_another.unwrap_err(), Refusal::PreparationUnknown);
    assert_eq!(world.net.packets().len(), before + 1);
    assert_eq!(world.net.balance(&elsewhere()), SOL);
}

#[tokio::test(flavor = "multi_thread")]
async fn t28_of_a_hundred_who_submit_at_once_one_is_carried_out() {
    let world = [World::new().await];
    all_answer_once(&world).await;
    all_spend_once(&world).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn t28_of_a_hundred_who_submit_at_two_servers_one_is_carried_out() {
    let mut cluster = Cluster::start();
    let place = Location::Postgres(cluster.database());
    let first = World::at(&place).await;
    let second = first.beside(&place).await;
    let worlds = [first, second];
    all_answer_once(&worlds).await;
    all_spend_once(&worlds).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_lost_is_sent_again_byte_for_byte() {
    let (world, alice) = (World::new().await, Person::new(1));
    world.net.set(Way::Losing(2));
    let opened = world.open(SessionAction::Create, None).await;
    let answer = alice.new_answer(&opened.challenge);
    world.bind(SessionAction::Create, answer).await.unwrap();
    assert_eq!((world.net.count(), world.net.packets().len()), (3, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chain_that_falls_silent_is_asked_again() {
    let (world, alice) = (World::new().await, Person::new(1));
    let opened = world.open(SessionAction::Create, None).await;
    let answer = alice.new_answer(&opened.challenge);
    let sending = world.submit(SessionAction::Create, answer).await.unwrap();
    world.net.is_silent.store(true, Ordering::Relaxed);
    let (told, ()) = tokio::join!(world.see_through(sending), async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        world.net.is_silent.store(false, Ordering::Relaxed);
    });
    assert!(matches!(told, Ok(Answer::SessionBound(_))), "{told:?}");
    assert_eq!(world.net.packets().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn t113_what_was_recorded_and_not_sent_is_sent_by_who_comes_after() {
    let directory = tempfile::tempdir().unwrap();
    let place = Location::Directory(directory.path().to_owned());
    let (world, alice) = (World::at(&place).await, Person::new(1));
    let opened = world.open(SessionAction::Create, None).await;
    let answer = alice.new_answer(&opened.challenge);
    let sending = world.submit(SessionAction::Create, answer.clone()).await;
    let signature = signature_of(&sending.unwrap());
    assert_eq!(world.net.count(), 0);

    // The first server is gone, and nothing was sent.
    let world = come_back(world, &place).await;
    assert_eq!(
        world.engine.forgotten().await.unwrap(),
        [],
        "it may still be at it"
    );
    world.wait_ms(15_000);
    let forgotten = world.engine.forgotten().await.unwrap();
    assert_eq!(forgotten, [(world.tenant, signature.clone())]);
    let told = world
        .engine
        .deliver(world.tenant, &signature)
        .await
        .unwrap();
    let Ok(Answer::SessionBound(account)) = told else {
        panic!("an account is expected, not {told:?}");
    };
    assert_eq!(world.net.count(), 1);
    assert_eq!(world.told(&alice).await.as_ref(), Some(&*account));
    assert_eq!(world.engine.forgotten().await.unwrap(), []);

    // Whoever asks again, the person among them, is told and sends nothing.
    world
        .engine
        .deliver(world.tenant, &signature)
        .await
        .unwrap()
        .unwrap();
    let again = world.bind(SessionAction::Create, answer).await.unwrap();
    assert_eq!(again, *account);
    assert_eq!(world.net.count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn t113_what_was_sent_and_not_recorded_is_not_sent_again() {
    let directory = tempfile::tempdir().unwrap();
    let place = Location::Directory(directory.path().to_owned());
    let (world, alice) = (World::at(&place).await, Person::new(1));
    let key = Wallet::new(9);
    world.with_session(&alice, asked(&key, 900)).await;
    let pay = [transfer(alice.purse(), elsewhere(), SOL)];
    let signed = signed(&world.prepare(&alice, &pay).await.unwrap(), &[&key]);
    let signature = signature_of(&world.hand_in(&alice, &signed).await.unwrap());
    world.send_unnoticed(&signature).await;
    let count = world.net.count();

    let world = come_back(world, &place).await;
    // Long dead by now, if it had not been carried out.
    world.blocks(1_000);
    world
        .engine
        .deliver(world.tenant, &signature)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(world.net.count(), count);
    assert_eq!(world.net.balance(&elsewhere()), SOL);
    let outcome = world.sending(&signature).await.outcome;
    assert!(
        matches!(outcome, Some(SendingOutcome::Landed { .. })),
        "{outcome:?}"
    );
}

/// The server ends, and another begins on what it left.
async fn come_back(world: World, place: &Location) -> World {
    let engine = std::sync::Arc::downgrade(&world.engine);
    let aside = world.parting();
    drop(world);
    assert!(engine.upgrade().is_none(), "nobody holds the old one");
    aside.return_to(place).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_payment_a_second_time_waits_for_the_next_block() {
    let (world, alice) = (World::new().await, Person::new(1));
    let key = Wallet::new(9);
    world.with_session(&alice, asked(&key, 900)).await;
    let pay = [transfer(alice.purse(), elsewhere(), SOL)];
    world.prepare(&alice, &pay).await.unwrap();
    let twice = world.prepare(&alice, &pay).await;
    assert_eq!(twice.unwrap_err(), Refusal::Waiting);
    world.blocks(1);
    world.spend(&alice, &key, &pay).await.unwrap();
    let again = world.prepare(&alice, &pay).await;
    assert_eq!(again.unwrap_err(), Refusal::Waiting);
    world.blocks(1);
    world.spend(&alice, &key, &pay).await.unwrap();
    assert_eq!(world.net.balance(&elsewhere()), 2 * SOL);
}

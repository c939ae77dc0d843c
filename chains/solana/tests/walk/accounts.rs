//! Accounts: made, found again, adopted, and as the chain has them.

use rules::tenant::{Refusal, SessionAction};
use wire::solana::external_signature::{self as program, PasskeyAccount};

use super::person::*;
use super::world::*;
use crate::support::{NOW_S, RP_ID, Wallet, compressed};

/// What the chain holds for somebody.
fn on_chain(world: &World, person: &Person) -> PasskeyAccount {
    let account = world.net.with(|machine| machine.account(&person.account()));
    PasskeyAccount::parse(&account.unwrap().data).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_made_on_the_chain_and_kept_as_it_is_there() {
    let key = Wallet::new(9);
    for asked in [None, Some((&key, 900))] {
        let (world, alice) = (World::new().await, Person::new(1));
        let opened = world.open(SessionAction::Create, asked).await;
        let answer = alice.new_answer(&opened.challenge);
        let made = world.bind(SessionAction::Create, answer).await.unwrap();

        let there = on_chain(&world, &alice);
        assert_eq!(made.address, alice.account());
        assert_eq!(made.public_key, there.public_key.as_bytes());
        assert_eq!(there.public_key, compressed(&alice.passkey));
        assert_eq!((made.rp_id.as_str(), there.rp_id.as_str()), (RP_ID, RP_ID));
        assert_eq!((made.sign_count, there.counter), (0, 0));
        // Without a session key there is one that nobody has, which was over in 1970.
        let session = there.session().map(|it| (it.key, it.expires_at_s));
        let session = session.filter(|(_, end)| *end > 1);
        let ours = made.session.as_ref();
        assert_eq!(
            session,
            asked.map(|(key, life)| (key.address(), NOW_S + life))
        );
        assert_eq!(session, ours.map(|it| (it.key, it.expires_at_seconds)));
        assert_eq!(world.told(&alice).await.as_ref(), Some(&made));
        assert_eq!(world.kept(&alice).await.as_ref(), Some(&made));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signature_alone_tells_whose_account_it_is() {
    let (world, alice) = (World::new().await, Person::new(1));
    let (first, later) = (Wallet::new(9), Wallet::new(10));
    world.with_session(&alice, asked(&first, 900)).await;

    let opened = world.open(SessionAction::Auth, Some((&later, 60))).await;
    let answer = alice.answer(&opened.challenge);
    let renewed = world.bind(SessionAction::Auth, answer).await.unwrap();
    assert_eq!(renewed.address, alice.account());
    let there = on_chain(&world, &alice).session().unwrap();
    assert_eq!(there.key, later.address());
    let now = world.net.with(|machine| machine.unix_s());
    assert_eq!(there.expires_at_s, now + 60);
    assert_eq!(renewed.session.unwrap().expires_at_seconds, now + 60);

    let sent = world.net.count();
    let opened = world.open(SessionAction::Find, None).await;
    let answer = alice.answer(&opened.challenge);
    let found = world.bind(SessionAction::Find, answer).await.unwrap();
    assert_eq!(found.session.unwrap().key, later.address());
    assert_eq!(world.net.count(), sent, "finding sends nothing");

    // Somebody else's signature tells of nobody's account.
    for action in [SessionAction::Auth, SessionAction::Find] {
        let key = (action == SessionAction::Auth).then_some((&later, 61));
        let opened = world.open(action, key).await;
        let answer = Person::new(2).answer(&opened.challenge);
        let refused = world.bind(action, answer).await;
        assert_eq!(refused.unwrap_err(), Refusal::AccountUnknown);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_others_made_is_taken_for_what_it_is() {
    for action in [SessionAction::Auth, SessionAction::Find] {
        let (world, alice) = (World::new().await, Person::new(1));
        let key = Wallet::new(9);
        world.create_elsewhere(&alice, None);
        let told = world.told(&alice).await.unwrap();
        assert_eq!((told.revision, told.session), (None, None));
        assert_eq!(world.kept(&alice).await, None);

        let asked = (action == SessionAction::Auth).then_some((&key, 900));
        let opened = world.open(action, asked).await;
        let answer = alice.answer(&opened.challenge);
        let adopted = world.bind(action, answer).await.unwrap();
        assert_eq!(adopted.public_key, compressed(&alice.passkey).as_bytes());
        let session = adopted.session.map(|session| session.key);
        assert_eq!(session, asked.map(|(key, _)| key.address()));
        assert!(world.kept(&alice).await.is_some());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_gets_no_second_account_and_nothing_is_paid_for_the_attempt() {
    let (world, alice, bob) = (World::new().await, Person::new(1), Person::new(2));
    world
        .with_session(&alice, asked(&Wallet::new(9), 900))
        .await;
    world.create_elsewhere(&bob, None);
    let (funds, sent) = (world.funds(), world.net.count());
    for person in [&alice, &bob] {
        let opened = world.open(SessionAction::Create, None).await;
        let answer = person.new_answer(&opened.challenge);
        let refused = world.bind(SessionAction::Create, answer).await;
        assert_eq!(refused.unwrap_err(), Refusal::AccountExists);
        world.blocks(1);
    }
    assert_eq!((world.funds(), world.net.count()), (funds, sent));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_told_of_an_account_is_what_the_chain_says() {
    let (world, alice) = (World::new().await, Person::new(1));
    let (ours, theirs) = (Wallet::new(9), Wallet::new(10));
    assert_eq!(world.told(&alice).await, None);
    world.with_session(&alice, asked(&ours, 900)).await;
    world.refresh_elsewhere(&alice, &theirs, 60);
    let told = world.told(&alice).await.unwrap().session.unwrap();
    let there = on_chain(&world, &alice).session().unwrap();
    assert_eq!(
        (told.key, told.expires_at_seconds),
        (there.key, there.expires_at_s)
    );
    assert_eq!(told.key, theirs.address());
    let kept = world.kept(&alice).await.unwrap().session.unwrap();
    assert_eq!(kept.key, ours.address());
}

/// What was bound elsewhere has no scope here, so nothing is done for it, however it was met.
#[tokio::test(flavor = "multi_thread")]
async fn t48_a_session_key_that_was_bound_elsewhere_is_not_made_ours_by_finding_the_account() {
    let (world, alice) = (World::new().await, Person::new(1));
    let theirs = Wallet::new(10);
    let session = program::SessionKey {
        key: theirs.address(),
        expires_at_s: NOW_S + 900,
    };
    world.create_elsewhere(&alice, Some(session));
    let pay = [crate::support::transfer(alice.purse(), elsewhere(), 1)];
    let unknown = world.prepare(&alice, &pay).await;
    assert_eq!(unknown.unwrap_err(), Refusal::AccountUnknown);

    let opened = world.open(SessionAction::Find, None).await;
    let answer = alice.answer(&opened.challenge);
    let found = world.bind(SessionAction::Find, answer).await.unwrap();
    assert_eq!(found.session.unwrap().key, theirs.address());
    let refused = world.prepare(&alice, &pay).await;
    assert_eq!(refused.unwrap_err(), Refusal::SessionOver);

    let ours = Wallet::new(9);
    let opened = world.open(SessionAction::Auth, Some((&ours, 900))).await;
    let answer = alice.answer(&opened.challenge);
    world.bind(SessionAction::Auth, answer).await.unwrap();
    world.prepare(&alice, &pay).await.unwrap();
}

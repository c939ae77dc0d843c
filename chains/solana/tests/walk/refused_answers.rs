//! Answers of passkeys that are refused by us, before a fee is spent.

use rules::tenant::{
    AskedKey, Command, Least, PasskeyChange, Refusal, Role, SessionAction, SessionAnswer,
    SessionScope,
};
use testkit::authenticator::{AuthData, ClientData, UP};
use testkit::encode::sha256;
use testkit::keys::p256_twin;

use super::person::*;
use super::world::*;
use crate::support::Wallet;

type Edit = fn(&mut ClientData, &mut AuthData);

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_the_chain_would_not_believe_costs_nothing() {
    let edits: [(&str, Edit); 9] = [
        ("rp_id_hash_mismatch", |_, data| {
            data.rp_id_hash = sha256(&[b"evil.example"])
        }),
        ("cross_origin_missing", |client, _| {
            client.remove("crossOrigin")
        }),
        ("cross_origin_not_allowed", |client, _| {
            client.set("crossOrigin", true);
            client.set("topOrigin", "https://evil.example");
        }),
        ("top_origin_without_cross_origin", |client, _| {
            client.set("topOrigin", ORIGIN)
        }),
        ("origin_mismatch", |client, _| {
            client.set("origin", "https://a.auth.example.com")
        }),
        ("origin_mismatch", |client, _| {
            client.set("origin", "https://evil.example")
        }),
        ("user_presence_missing", |_, data| data.flags &= !UP),
        ("type_mismatch", |client, _| {
            client.set("type", "webauthn.create")
        }),
        ("unknown_member", |client, _| client.set("other", "member")),
    ];
    let (world, key) = (World::new().await, Wallet::new(9));
    let mut told = Vec::new();
    for (n, (code, edit)) in edits.into_iter().enumerate() {
        let somebody = Person::new(n as u64);
        for action in [SessionAction::Create, SessionAction::Auth] {
            let spent = Spent::of(&world);
            let opened = world.open(action, Some((&key, 900))).await;
            let answer = SessionAnswer {
                public_key: Some(spki(&somebody.passkey)),
                ..somebody.answer_with(&opened.challenge, edit)
            };
            let refused = world.bind(action, answer).await.unwrap_err();
            told.push((code, refused.code()));
            // It was one attempt, and the only one.
            let good = somebody.new_answer(&opened.challenge);
            let late = world.bind(action, good).await;
            assert_eq!(late.unwrap_err(), Refusal::ChallengeUnknown);
            spent.is_nothing(&world);
            if action == SessionAction::Create {
                world.create_elsewhere(&somebody, None);
            }
        }
    }
    let foreseen: Vec<_> = edits.iter().flat_map(|it| [(it.0, it.0); 2]).collect();
    assert_eq!(told, foreseen);
}

/// The chain would refuse a counter that does not rise, at our cost.
#[tokio::test(flavor = "multi_thread")]
async fn t37_a_counter_must_be_above_the_one_that_the_chain_has() {
    let (world, alice, key) = (World::new().await, Person::new(1), Wallet::new(9));
    let mut challenges = Vec::new();
    for life in 900..905 {
        let action = match life {
            900 => SessionAction::Create,
            _ => SessionAction::Auth,
        };
        challenges.push((
            action,
            world.open(action, Some((&key, life))).await.challenge,
        ));
    }
    let counts = [(7, true), (7, false), (6, false), (0, false), (8, true)];
    for ((action, challenge), (count, is_good)) in challenges.into_iter().zip(counts) {
        let answer = SessionAnswer {
            public_key: Some(spki(&alice.passkey)),
            ..alice.answer_with(&challenge, |_, data| data.sign_count = count)
        };
        let spent = Spent::of(&world);
        match (world.bind(action, answer).await, is_good) {
            (Ok(account), true) => assert_eq!(account.sign_count, count),
            (Err(refused), false) => {
                assert_eq!(refused.code(), "sign_count_not_increased");
                spent.is_nothing(&world);
            }
            (other, _) => panic!("{count}: {other:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_of_another_key_costs_nothing() {
    let (world, alice, mallory) = (World::new().await, Person::new(1), Person::new(2));
    world
        .with_session(&alice, asked(&Wallet::new(9), 900))
        .await;
    let spent = Spent::of(&world);
    let key = Wallet::new(10);
    // Somebody says that it is Alice's, and signs with a key of their own; or says nothing.
    let opened = world.open(SessionAction::Auth, Some((&key, 900))).await;
    let answer = SessionAnswer {
        public_key: Some(spki(&alice.passkey)),
        ..mallory.answer(&opened.challenge)
    };
    let refused = world.bind(SessionAction::Auth, answer).await.unwrap_err();
    assert_eq!(refused.code(), "signature_invalid");
    let opened = world.open(SessionAction::Auth, Some((&key, 900))).await;
    let answer = mallory.answer(&opened.challenge);
    let refused = world.bind(SessionAction::Auth, answer).await;
    assert_eq!(refused.unwrap_err(), Refusal::AccountUnknown);
    // Alice's passkey on another page.
    let elsewhere = Person::of(1, "evil.example");
    let opened = world.open(SessionAction::Auth, Some((&key, 900))).await;
    let refused = world
        .bind(SessionAction::Auth, elsewhere.answer(&opened.challenge))
        .await;
    assert!(
        matches!(refused, Err(Refusal::NotBelieved(_))),
        "{refused:?}"
    );
    // What she signed before, and what she signed for something else.
    let opened = world.open(SessionAction::Auth, Some((&key, 900))).await;
    let mut answer = alice.answer(&opened.challenge);
    answer.signature = alice.answer(&[7; 32]).signature;
    let refused = world.bind(SessionAction::Auth, answer).await;
    assert!(refused.is_err(), "{refused:?}");
    spent.is_nothing(&world);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_high_s_is_made_low_and_lands() {
    let (world, alice) = (World::new().await, Person::new(1));
    for (action, life) in [(SessionAction::Create, 900), (SessionAction::Auth, 901)] {
        let opened = world.open(action, Some((&Wallet::new(9), life))).await;
        let low = alice.new_answer(&opened.challenge);
        let twin = p256_twin(&low.signature);
        // In DER, a number whose first bit is set has a byte of zero before it; n/2 has not.
        let is_high = |signature: &[u8]| signature[signature.len() - 33] == 0;
        assert_ne!(is_high(&low.signature), is_high(&twin));
        let mut answer = low;
        if is_high(&twin) {
            answer.signature = twin;
        }
        world.bind(action, answer).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_not_taken_twice_by_us_though_it_would_be_by_the_chain() {
    let (world, alice, key) = (World::new().await, Person::new(1), Wallet::new(9));
    world.with_session(&alice, asked(&key, 900)).await;
    let opened = world.open(SessionAction::Auth, Some((&key, 60))).await;
    let answer = alice.answer(&opened.challenge);
    world
        .bind(SessionAction::Auth, answer.clone())
        .await
        .unwrap();
    world.blocks(1);
    let spent = Spent::of(&world);
    let command = bind(SessionAction::Auth, answer.clone());
    let body = b"another request".to_vec();
    let again = world.ask_with(None, Least::Nobody, command, body).await;
    assert_eq!(again.unwrap_err(), Refusal::ChallengeUnknown);
    // Nor by another tenant, whose challenge it never was.
    let neighbour = world.neighbour().await;
    let refused = neighbour.bind(SessionAction::Auth, answer).await;
    assert_eq!(refused.unwrap_err(), Refusal::ChallengeUnknown);
    spent.is_nothing(&world);
}

#[tokio::test(flavor = "multi_thread")]
async fn t48_the_payer_s_key_is_no_session_key() {
    let world = World::new().await;
    for action in [SessionAction::Create, SessionAction::Auth] {
        let key = AskedKey {
            key: world.payer(),
            expiration: 900,
            scope: SessionScope::default(),
        };
        let refused = world.try_open(action, Some(key)).await;
        assert!(matches!(refused, Err(Refusal::Invalid(_))), "{refused:?}");
    }
}

/// The RP ID of an account never changes; nobody answers for it on another page.
#[tokio::test(flavor = "multi_thread")]
async fn an_account_of_another_relying_party_is_left_alone() {
    let (world, alice) = (World::new().await, Person::new(1));
    let there = Person::of(1, "other.example");
    assert_eq!(there.account(), alice.account(), "the same key");
    world.create_elsewhere(&there, None);
    let spent = Spent::of(&world);
    let opened = world
        .open(SessionAction::Auth, Some((&Wallet::new(9), 900)))
        .await;
    let refused = world
        .bind(SessionAction::Auth, alice.answer(&opened.challenge))
        .await;
    let other = Refusal::OtherRelyingParty("other.example".to_owned());
    assert_eq!(refused.unwrap_err(), other);
    spent.is_nothing(&world);
}

/// On a chain an account has the passkey that made it, and no other.
#[tokio::test(flavor = "multi_thread")]
async fn no_second_passkey_acts_for_an_account_on_a_chain() {
    let (world, alice, bob, key) = (
        World::new().await,
        Person::new(1),
        Person::new(2),
        Wallet::new(9),
    );
    world.with_session(&alice, asked(&key, 900)).await;
    let spent = Spent::of(&world);
    let named = Command::OpenSession {
        environment: HERE,
        action: SessionAction::Auth,
        key: Some(asked(&key, 60)),
        base_url: None,
        redirect_url: None,
        app_name: None,
        account: Some(alice.account()),
    };
    let joining = Command::ChangePasskeys {
        environment: HERE,
        account: alice.account(),
        change: PasskeyChange::Add {
            passkey: bob.account(),
            role: Role::Backup,
        },
        base_url: None,
        redirect_url: None,
        app_name: None,
    };
    for command in [named, joining] {
        let refused = world.with_key(command).await;
        assert_eq!(refused.unwrap_err(), Refusal::OnePasskey(HERE));
    }
    spent.is_nothing(&world);
}

//! What is remembered and told of what was sent, and what it cost.

use std::sync::atomic::Ordering;

use engine::Error;
use rules::tenant::{Event, EventKind, Paying, Refusal, SessionAction};
use serde_json::{Value, json};
use testkit::encode::sha256;
use wire::solana::{
    AccountMeta, Address, ComputeBudget, Instruction, Message, Transaction, Version, program,
    signature_text,
};

use super::person::*;
use super::world::*;
use crate::support::{SOL, Wallet, transfer};

/// The events of one kind, the newest first.
async fn events(world: &World, kind: EventKind) -> Vec<Event> {
    let mut events = world.events().await;
    events.retain(|event| event.kind == kind);
    events
}

fn outcome(event: &Event) -> (&Value, &Value) {
    (
        &event.detail["signature"],
        &event.detail["outcome"]["outcome"],
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_sent_and_what_came_of_it_are_events_with_its_signature() {
    let (world, alice, key) = (World::new().await, Person::new(1), Wallet::new(9));
    world.with_session(&alice, asked(&key, 900)).await;
    let bound = events(&world, EventKind::SessionBound).await;
    let settled = events(&world, EventKind::ChainSettled).await;
    let ([bound], [settled]) = (&bound[..], &settled[..]) else {
        panic!("one of each is expected, not {bound:?} and {settled:?}");
    };
    let packets = world.net.packets();
    let signature = json!(signature_text(&packets.first().unwrap()[1..65]));
    assert_eq!(bound.detail["transaction"], signature);
    assert_eq!(bound.detail["environment"], "devnet");
    assert_eq!(outcome(settled), (&signature, &json!("landed")));
    assert_eq!((&bound.error, &settled.error), (&None, &None));

    let pay = [transfer(alice.purse(), elsewhere(), SOL)];
    let sent = world.spend(&alice, &key, &pay).await.unwrap();
    let signature = json!(signature_text(&sent.signature));
    let submitted = &events(&world, EventKind::ChainSubmitted).await[0];
    let settled = &events(&world, EventKind::ChainSettled).await[0];
    assert_eq!(submitted.detail["transaction"], signature);
    assert_eq!(submitted.detail["used"]["lamports"], SOL);
    assert_eq!(outcome(settled), (&signature, &json!("landed")));
    assert_eq!(settled.detail["account"], json!(alice.account()));
    assert_eq!(events(&world, EventKind::ChainPrepared).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_failed_on_the_chain_is_recorded_and_told_with_its_number() {
    let (world, alice, key) = (World::new().await, Person::new(1), Wallet::new(9));
    world.with_session(&alice, asked(&key, 900)).await;
    let too_much = [transfer(alice.purse(), elsewhere(), 11 * SOL)];
    // Asked beforehand, the chain says no, and nothing is sent.
    let sent = world.net.count();
    let refused = world.spend(&alice, &key, &too_much).await.unwrap_err();
    assert!(
        matches!(
            refused,
            Refusal::OnChain {
                custom: Some(1),
                ..
            }
        ),
        "{refused:?}"
    );
    assert_eq!(world.net.count(), sent);
    let submitted = &events(&world, EventKind::ChainSubmitted).await[0];
    assert!(
        submitted
            .error
            .as_deref()
            .unwrap()
            .starts_with("on_chain: ")
    );

    world.blocks(1);
    world.net.is_flattering.store(true, Ordering::Relaxed);
    let refused = world.spend(&alice, &key, &too_much).await.unwrap_err();
    let Refusal::OnChain { custom, error } = &refused else {
        panic!("the chain's refusal is expected, not {refused:?}");
    };
    assert_eq!(*custom, Some(1));
    assert!(error.contains("InstructionError"), "{error}");
    let settled = &events(&world, EventKind::ChainSettled).await[0];
    assert_eq!(settled.detail["outcome"]["outcome"], "failed");
    assert_eq!(settled.detail["outcome"]["custom"], 1);
    assert!(settled.error.as_deref().unwrap().starts_with("on_chain: "));
    assert_eq!(world.net.balance(&elsewhere()), 0);
}

/// Every program counts its errors from nought: the number alone does not tell whose it is.
#[tokio::test(flavor = "multi_thread")]
async fn the_number_of_another_program_is_not_taken_for_an_expired_slot() {
    let (world, alice, key) = (World::new().await, Person::new(1), Wallet::new(9));
    world.with_session(&alice, asked(&key, 900)).await;
    world.net.is_flattering.store(true, Ordering::Relaxed);
    let refused = world.spend(&alice, &key, &of_no_mint(&alice)).await;
    let refused = refused.unwrap_err();
    assert!(
        matches!(
            refused,
            Refusal::OnChain {
                custom: Some(2),
                ..
            }
        ),
        "{refused:?}"
    );
}

/// Opens an account for tokens of a mint that is none, which the token program answers with 2.
fn of_no_mint(person: &Person) -> [Instruction; 3] {
    let token: Address = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA"
        .parse()
        .unwrap();
    let rent = "SysvarRent111111111111111111111111111111111"
        .parse()
        .unwrap();
    let purse = person.purse();
    let create = |seed: &[u8; 4], size: u64| {
        let made: Address = sha256(&[purse.as_bytes(), seed, token.as_bytes()]).into();
        let mut data = [&3_u32.to_le_bytes()[..], purse.as_bytes()].concat();
        data.extend([4_u64.to_le_bytes().as_slice(), seed].concat());
        data.extend([SOL, size].map(u64::to_le_bytes).concat());
        data.extend(token.as_bytes());
        let payer = AccountMeta::writable(purse).signed();
        let create = Instruction {
            program: program::SYSTEM,
            accounts: vec![payer, AccountMeta::writable(made)],
            data,
        };
        (made, create)
    };
    let (held, create_held) = create(b"held", 165);
    let (mint, create_mint) = create(b"mint", 82);
    let open = Instruction {
        program: token,
        accounts: vec![
            AccountMeta::writable(held),
            AccountMeta::readonly(mint),
            AccountMeta::readonly(purse),
            AccountMeta::readonly(rent),
        ],
        data: vec![1],
    };
    [create_held, create_mint, open]
}

/// A challenge is not spent on what nobody pays for.
#[tokio::test(flavor = "multi_thread")]
async fn a_payer_without_money_is_told_of_before_anything_is_spent() {
    let (world, alice, key) = (World::new().await, Person::new(1), Wallet::new(9));
    world.with_session(&alice, asked(&key, 900)).await;
    let (payer, funds, sent) = (world.payer(), world.funds(), world.net.count());
    let opened = world.open(SessionAction::Create, None).await;
    let create = Person::new(2).new_answer(&opened.challenge);
    let opened = world.open(SessionAction::Auth, Some((&key, 901))).await;
    let auth = alice.answer(&opened.challenge);
    let pay = [transfer(alice.purse(), elsewhere(), SOL)];
    let prepared = signed(&world.prepare(&alice, &pay).await.unwrap(), &[&key]);
    for left in [0, FEE] {
        world.net.with(|machine| machine.leave(&payer, left));
        for command in [
            bind(SessionAction::Create, create.clone()),
            bind(SessionAction::Auth, auth.clone()),
            hand_in(&alice, &prepared),
        ] {
            let error = world.unavailable(command).await;
            assert!(
                matches!(error, Error::PayerPoor(poor) if poor == payer),
                "{error:?}"
            );
        }
    }
    assert_eq!(world.net.count(), sent);
    world.net.with(|machine| machine.give(&payer, funds));
    world.act(&alice, &prepared).await.unwrap();
    world.bind(SessionAction::Create, create).await.unwrap();
    world.bind(SessionAction::Auth, auth).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_costs_more_than_its_fee_and_the_rent_of_what_is_new() {
    let (world, alice, key) = (World::new().await, Person::new(1), Wallet::new(9));
    let mut funds = world.funds();
    let mut cost = || {
        let before = funds;
        funds = world.funds();
        before - funds
    };
    // The payer's signature and the passkey's.
    world.with_session(&alice, asked(&key, 900)).await;
    assert_eq!(cost(), 2 * FEE + RENT);
    let opened = world.open(SessionAction::Auth, Some((&key, 901))).await;
    let answer = alice.answer(&opened.challenge);
    world.bind(SessionAction::Auth, answer).await.unwrap();
    assert_eq!(cost(), 2 * FEE);
    let opened = world.open(SessionAction::Find, None).await;
    let answer = alice.answer(&opened.challenge);
    world.bind(SessionAction::Find, answer).await.unwrap();
    assert_eq!(cost(), 0);
    // The payer's signature and the session key's.
    let pay = [transfer(alice.purse(), elsewhere(), SOL)];
    world.spend(&alice, &key, &pay).await.unwrap();
    assert_eq!(cost(), 2 * FEE);
    // Who pays for themselves costs us nothing, and may pay more.
    world.net.with(|machine| machine.give(&key.address(), SOL));
    let pay = [
        ComputeBudget::UnitLimit(100_000).instruction(),
        ComputeBudget::UnitPrice(1_000_000).instruction(),
        transfer(alice.purse(), elsewhere(), SOL),
    ];
    let message = Message::compile(Version::V0, key.address(), &pay, [0; 32]).unwrap();
    let draft = Transaction::unsigned(message);
    let to_sign = world.prepare_draft(&alice, draft, Paying::SessionKey).await;
    let signed = signed(&to_sign.unwrap(), &[&key]);
    world.act(&alice, &signed).await.unwrap();
    assert_eq!(cost(), 0);
    assert_eq!(world.net.balance(&key.address()), SOL - FEE - 100_000);
    assert_eq!(world.net.balance(&elsewhere()), 2 * SOL);
    world.revoke(&alice).await.unwrap();
    assert_eq!(cost(), 0);
}

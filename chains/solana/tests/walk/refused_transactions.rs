//! Session keys' transactions that are refused by us, before a fee is spent.

use rules::tenant::prepare::PrepareRefusal;
use rules::tenant::{Command, Paying, Refusal, ScopeRefusal, SessionAction, SessionScope};
use verify::solana::PayableRejection;
use wire::environment::Environment;
use wire::solana::external_signature::InnerError;
use wire::solana::{
    AccountMeta, ComputeBudget, Instruction, Message, Transaction, Version, program,
};

use super::person::*;
use super::world::*;
use crate::support::{SOL, Wallet, memo, transfer};

#[tokio::test(flavor = "multi_thread")]
async fn t48_what_is_not_wrapped_costs_nothing() {
    let (world, alice, key) = (World::new().await, Person::new(1), Wallet::new(9));
    world.with_session(&alice, asked(&key, 900)).await;
    let (payer, purse) = (world.payer(), alice.purse());
    let spent = Spent::of(&world);
    let itself = Instruction {
        program: program::EXTERNAL_SIGNATURE,
        ..memo(purse, "hello")
    };
    let named = |account: AccountMeta| Instruction {
        accounts: vec![account],
        ..memo(purse, "hello")
    };
    for (asked, refusal) in [
        (
            transfer(payer, elsewhere(), 1),
            PrepareRefusal::SponsorNamed,
        ),
        (transfer(purse, payer, 1), PrepareRefusal::SponsorNamed),
        (
            named(AccountMeta::readonly(payer)),
            PrepareRefusal::SponsorNamed,
        ),
        (itself, PrepareRefusal::Inner(InnerError::CallsItself)),
        (
            transfer(key.address(), elsewhere(), 1),
            PrepareRefusal::SignerNamed(key.address()),
        ),
        (
            memo(elsewhere(), "not me"),
            PrepareRefusal::OtherSigner(elsewhere()),
        ),
        (
            ComputeBudget::UnitLimit(1).instruction(),
            PrepareRefusal::Empty,
        ),
    ] {
        let refused = world.prepare(&alice, &[asked]).await;
        assert_eq!(refused.unwrap_err(), Refusal::NotPrepared(refusal));
    }
    let priced = [
        ComputeBudget::UnitPrice(1).instruction(),
        transfer(purse, elsewhere(), 1),
    ];
    let refused = world.prepare(&alice, &priced).await;
    assert_eq!(
        refused.unwrap_err(),
        Refusal::NotPrepared(PrepareRefusal::Price)
    );
    // The price is the session key's own affair if it pays.
    let message = Message::compile(Version::V0, purse, &priced, [0; 32]).unwrap();
    let draft = Transaction::unsigned(message);
    let self_paid = world
        .prepare_draft(&alice, draft.clone(), Paying::SessionKey)
        .await;
    assert_eq!(self_paid.unwrap().signers, [key.address()]);
    let as_us = world
        .prepare_draft(&alice, draft.clone(), Paying::Other(payer))
        .await;
    assert_eq!(
        as_us.unwrap_err(),
        Refusal::NotPrepared(PrepareRefusal::Price)
    );
    // Whatever a table holds may be the payer.
    let mut with_table = draft.message().to_bytes();
    let none = with_table.pop();
    assert_eq!(none, Some(0));
    with_table.extend([1]);
    with_table.extend([5; 32]);
    with_table.extend([1, 0, 0]);
    let tabled = Transaction::unsigned(Message::parse(&with_table).unwrap());
    let refused = world.prepare_draft(&alice, tabled, Paying::Server).await;
    assert_eq!(
        refused.unwrap_err(),
        Refusal::NotPrepared(PrepareRefusal::LookupTables)
    );
    spent.is_nothing(&world);
}

#[tokio::test(flavor = "multi_thread")]
async fn t48_a_scope_is_kept_to_whatever_the_chain_would_allow() {
    let (world, alice, key) = (World::new().await, Person::new(1), Wallet::new(9));
    let scope = SessionScope {
        programs: Some(vec![program::SYSTEM]),
        max_lamports: Some(SOL),
        max_transactions: Some(2),
        ..SessionScope::default()
    };
    world.with_session(&alice, within(&key, 900, scope)).await;
    let pay = |lamports| [transfer(alice.purse(), elsewhere(), lamports)];
    let spent = Spent::of(&world);
    let refused = |outcome: Result<engine::tenants::ToSign, Refusal>| match outcome {
        Err(Refusal::NotPrepared(PrepareRefusal::Scope(refusal))) => refusal,
        other => panic!("the scope is expected to be kept to, not {other:?}"),
    };
    let said = memo(alice.purse(), "hello");
    let called = refused(world.prepare(&alice, std::slice::from_ref(&said)).await);
    assert_eq!(called, ScopeRefusal::Program(said.program));
    let all = refused(world.prepare(&alice, &pay(SOL + 1)).await);
    let (left, wanted) = (SOL, SOL + 1);
    assert_eq!(all, ScopeRefusal::Lamports { left, wanted });
    // In two parts it is as much.
    let parts = [pay(SOL)[0].clone(), pay(1)[0].clone()];
    assert_eq!(refused(world.prepare(&alice, &parts).await), all);
    spent.is_nothing(&world);

    // Two that are each within the scope are prepared before either comes back.
    let one = signed(&world.prepare(&alice, &pay(SOL)).await.unwrap(), &[&key]);
    let other = signed(
        &world.prepare(&alice, &pay(SOL - 1)).await.unwrap(),
        &[&key],
    );
    world.act(&alice, &one).await.unwrap();
    let spent = Spent::of(&world);
    let late = world.act(&alice, &other).await;
    let (left, wanted) = (0, SOL - 1);
    let none_left = ScopeRefusal::Lamports { left, wanted };
    assert_eq!(late.unwrap_err(), Refusal::OutOfScope(none_left));
    // And by count: the second of two that are left is the last.
    let one = signed(&world.prepare(&alice, &pay(0)).await.unwrap(), &[&key]);
    world.blocks(1);
    let other = signed(&world.prepare(&alice, &pay(0)).await.unwrap(), &[&key]);
    spent.is_nothing(&world);
    world.act(&alice, &one).await.unwrap();
    let spent = Spent::of(&world);
    let late = world.act(&alice, &other).await;
    assert_eq!(
        late.unwrap_err(),
        Refusal::OutOfScope(ScopeRefusal::Transactions(2))
    );
    assert_eq!(
        refused(world.prepare(&alice, &pay(0)).await),
        ScopeRefusal::Transactions(2)
    );
    spent.is_nothing(&world);
    // The chain knows no scope: who pays the fee may go past us. It is said so.
    world.past_us(&alice, &key, &pay(SOL)).unwrap();
}

/// As above, but both at once.
#[tokio::test(flavor = "multi_thread")]
async fn t48_what_is_within_a_scope_once_is_carried_out_once_however_many_hurry() {
    let (world, alice, key) = (World::new().await, Person::new(1), Wallet::new(9));
    let scope = SessionScope {
        max_transactions: Some(3),
        ..SessionScope::default()
    };
    world.with_session(&alice, within(&key, 900, scope)).await;
    let mut all = Vec::new();
    for lamports in 1..=20 {
        let pay = [transfer(alice.purse(), elsewhere(), SOL + lamports)];
        all.push(signed(&world.prepare(&alice, &pay).await.unwrap(), &[&key]));
    }
    world
        .net
        .with(|machine| machine.give(&alice.purse(), 100 * SOL));
    let handed_in = all.iter().map(|signed| world.act(&alice, signed));
    let told = futures_util::future::join_all(handed_in).await;
    assert_eq!(told.iter().filter(|told| told.is_ok()).count(), 3);
    assert_eq!(world.net.balance(&elsewhere()) / SOL, 3);
    for refused in told.into_iter().filter_map(Result::err) {
        assert_eq!(refused, Refusal::OutOfScope(ScopeRefusal::Transactions(3)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn t47_a_key_that_was_taken_away_or_replaced_does_nothing_here() {
    for is_revoked in [true, false] {
        let (world, alice, key) = (World::new().await, Person::new(1), Wallet::new(9));
        world.with_session(&alice, asked(&key, 900)).await;
        let pay = [transfer(alice.purse(), elsewhere(), SOL)];
        let before = signed(&world.prepare(&alice, &pay).await.unwrap(), &[&key]);
        match is_revoked {
            true => drop(world.revoke(&alice).await.unwrap()),
            false => world.refresh_elsewhere(&alice, &Wallet::new(10), 900),
        }
        world.blocks(1);
        let spent = Spent::of(&world);
        let late = world.act(&alice, &before).await;
        assert_eq!(late.unwrap_err(), Refusal::SessionOver);
        let anew = world.prepare(&alice, &pay).await;
        assert_eq!(anew.unwrap_err(), Refusal::SessionOver);
        spent.is_nothing(&world);
        // What the chain knows of it.
        assert_eq!(world.past_us(&alice, &key, &pay).is_ok(), is_revoked);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_back_is_what_was_prepared_signed_by_whom_it_asked_for() {
    let (world, alice, bob) = (World::new().await, Person::new(1), Person::new(2));
    let (key, other_key) = (Wallet::new(9), Wallet::new(10));
    world.with_session(&alice, asked(&key, 900)).await;
    world.with_session(&bob, asked(&other_key, 901)).await;
    let pay = [transfer(alice.purse(), elsewhere(), SOL)];
    let to_sign = world.prepare(&alice, &pay).await.unwrap();
    assert_eq!(to_sign.signers, [key.address()]);
    let good = signed(&to_sign, &[&key]);
    let spent = Spent::of(&world);

    // Another message, however well signed: more money, a later blockhash, another program.
    let mut changed = good.message().to_bytes();
    let last = changed.len() - 2;
    changed[last] ^= 1;
    let changed = key.sign(Transaction::unsigned(Message::parse(&changed).unwrap()));
    let refused = world.act(&alice, &changed).await;
    assert_eq!(refused.unwrap_err(), Refusal::PreparationUnknown);
    // A signature that is missing, or another's, or of something else.
    let missing = signed(&to_sign, &[]);
    let by_another = good
        .clone()
        .with_signature(&key.address(), &other_key.sign_bytes(good.message_bytes()))
        .unwrap();
    let of_another = good
        .clone()
        .with_signature(&key.address(), &key.sign_bytes(b"something else"))
        .unwrap();
    for unsigned in [missing, by_another, of_another] {
        let refused = world.act(&alice, &unsigned).await;
        let signature = PayableRejection::Signature(key.address());
        assert_eq!(refused.unwrap_err(), Refusal::NotSigned(signature));
    }
    // Under another's account, at another tenant, in another environment, or by a key that is for
    // another, or by nobody.
    let refused = world.act(&bob, &good).await;
    assert_eq!(refused.unwrap_err(), Refusal::PreparationUnknown);
    let neighbour = world.neighbour().await;
    let refused = neighbour.act(&alice, &good).await;
    assert_eq!(refused.unwrap_err(), Refusal::PreparationUnknown);
    for environment in [Environment::Sandbox, Environment::Mainnet] {
        let command = Command::SubmitTransaction {
            environment,
            account: alice.account(),
            transaction: Box::new(good.clone()),
        };
        let refused = world.with_key(command).await;
        assert_eq!(refused.unwrap_err(), Refusal::NoChain(environment));
    }
    let secret = world
        .operate(
            world.tenant,
            Command::CreateSecret {
                name: "main".to_owned(),
                environment: Some(Environment::Mainnet),
            },
        )
        .await;
    let engine::tenants::Answer::Secret(secret) = secret else {
        panic!("a key is expected, not {secret:?}");
    };
    let elsewhere_only = Some(secret.secret.as_str());
    let refused = world.ask(elsewhere_only, hand_in(&alice, &good)).await;
    assert_eq!(
        refused.unwrap_err(),
        Refusal::OtherEnvironment(Environment::Mainnet)
    );
    spent.is_nothing(&world);

    // None of it has spoilt what was prepared.
    world.act(&alice, &good).await.unwrap();
    assert_eq!(world.net.balance(&elsewhere()), SOL);
}

/// Another tenant of the same server has its own scopes, and no part in this one's.
#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_does_nothing_for_a_key_that_another_has_bound() {
    let (world, alice, key) = (World::new().await, Person::new(1), Wallet::new(9));
    world.with_session(&alice, asked(&key, 900)).await;
    let neighbour = world.neighbour().await;
    let pay = [transfer(alice.purse(), elsewhere(), SOL)];
    let unknown = neighbour.prepare(&alice, &pay).await;
    assert_eq!(unknown.unwrap_err(), Refusal::AccountUnknown);
    let revoked = neighbour.revoke(&alice).await;
    assert_eq!(revoked.unwrap_err(), Refusal::AccountUnknown);
    let opened = neighbour.open(SessionAction::Find, None).await;
    let answer = alice.answer(&opened.challenge);
    neighbour.bind(SessionAction::Find, answer).await.unwrap();
    let known = neighbour.prepare(&alice, &pay).await;
    assert_eq!(known.unwrap_err(), Refusal::SessionOver);
}

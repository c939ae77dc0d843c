//! Batches: their preconditions, and all or nothing.

use rules::refusal::Reason;
use rules::{ActivityStatus, Change, Organisation, Refusal, Selection};
use wire::id::{OrganisationId, WalletId};

use super::super::fixtures::*;
use crate::{Batch, Error, RecordError, Store};

pub(in crate::tests) async fn a_stale_revision_is_a_conflict_and_leaves_nothing(store: Store) {
    let founded = founded(&store).await;
    let renamed = |name: &str| {
        vec![Change::RenameOrganisation {
            name: name.into(),
            at: at(1),
        }]
    };
    change(&store, &founded, renamed("second")).await.unwrap();
    let before = everything(&store).await;
    for changes in [renamed("third"), vec![]] {
        let stale = store
            .record_in(founded.id, batch(founded.id, 0, changes))
            .await;
        assert!(matches!(stale, Err(RecordError::Conflict)), "{stale:?}");
    }
    assert_eq!(everything(&store).await, before);
}

pub(in crate::tests) async fn a_taken_place_of_an_account_is_a_conflict(store: Store) {
    let founded = founded(&store).await;
    let wallet = *founded.wallets.keys().next().unwrap();
    let insert = || Change::InsertWalletAccount(Box::new(account(founded.id, wallet, 0)));
    change(&store, &founded, vec![insert()]).await.unwrap();
    let second = change(&store, &founded, vec![insert()]).await;
    assert!(matches!(second, Err(RecordError::Conflict)), "{second:?}");
}

pub(in crate::tests) async fn t12_a_known_fingerprint_answers_with_its_activity(store: Store) {
    let founded = founded(&store).await;
    let first = batch(founded.id, 0, vec![]);
    let recorded = store.record_in(founded.id, first.clone()).await.unwrap();
    assert_eq!(*recorded.get(), first.activity);

    let mut again = batch(founded.id, 0, vec![Change::DeleteOrganisation]);
    again.activity.fingerprint = first.activity.fingerprint;
    let answer = store.record_in(founded.id, again).await.unwrap();
    assert_eq!(answer, recorded);
    assert_eq!(store.head().size, 2);

    let found = store
        .activity_by_fingerprint(founded.id, &first.activity.fingerprint)
        .await;
    assert_eq!(found.unwrap(), Some(recorded));
    let elsewhere = OrganisationId::from_bytes(fresh());
    let found = store
        .activity_by_fingerprint(elsewhere, &first.activity.fingerprint)
        .await;
    assert_eq!(found.unwrap(), None);
}

pub(in crate::tests) async fn a_hundred_equal_submissions_make_one_activity(store: Store) {
    let founded = founded(&store).await;
    let fingerprint = activity(founded.id);
    let submissions = (0..100).map(|_| {
        let (store, tenant) = (store.clone(), founded.id);
        let mut batch = batch(founded.id, 0, vec![]);
        batch.activity.fingerprint = fingerprint.fingerprint;
        batch.activity.body.clone_from(&fingerprint.body);
        tokio::spawn(async move { store.record_in(tenant, batch).await })
    });
    let submissions: Vec<_> = submissions.collect();
    let mut answers = Vec::new();
    for submission in submissions {
        answers.push(submission.await.unwrap().unwrap().into_inner().id);
    }
    answers.dedup();
    assert_eq!(answers.len(), 1);
    assert_eq!(store.head().size, 2);
}

pub(in crate::tests) async fn a_batch_outside_its_scope_is_refused(store: Store) {
    let (ours, theirs) = (founded(&store).await, founded(&store).await);
    let child = organisation(Some(theirs.id));
    let rename = || {
        vec![Change::RenameOrganisation {
            name: "taken".into(),
            at: at(1),
        }]
    };
    let mut addressed = batch(theirs.id, 0, rename());
    addressed.activity.organisation = ours.id;
    let mut target = batch(ours.id, 0, vec![]);
    target.target = Some(activity(theirs.id));
    let before = everything(&store).await;
    for batch in [
        batch(theirs.id, 0, rename()),
        batch(theirs.id, 0, vec![]),
        batch(
            ours.id,
            0,
            vec![Change::InsertOrganisation(Box::new(child))],
        ),
        batch(
            ours.id,
            0,
            vec![Change::InsertWalletAccount(Box::new(account(
                theirs.id,
                *theirs.wallets.keys().next().unwrap(),
                0,
            )))],
        ),
        addressed,
        target,
    ] {
        let refused = store.record_in(ours.id, batch).await;
        assert!(
            matches!(refused, Err(RecordError::Store(Error::OutsideScope))),
            "{refused:?}"
        );
    }
    assert_eq!(everything(&store).await, before);
}

/// A held activity as recorded.
async fn held(store: &Store, founded: &Organisation) -> rules::Activity {
    let mut batch = batch(founded.id, 0, vec![]);
    batch.activity.status = ActivityStatus::Held;
    store
        .record_in(founded.id, batch)
        .await
        .unwrap()
        .into_inner()
}

/// The batch by which one more vote settles it.
fn settled(target: &rules::Activity, status: ActivityStatus) -> Batch {
    let mut target = target.clone();
    target.votes.push(vote(Selection::Rejected));
    target.status = status;
    target.updated_at = at(9);
    Batch {
        target: Some(target.clone()),
        ..batch(target.organisation, 0, vec![])
    }
}

pub(in crate::tests) async fn t94_a_held_activity_settles_once(store: Store) {
    let founded = founded(&store).await;
    let target = held(&store, &founded).await;
    let rejection = settled(&target, ActivityStatus::Rejected);
    let expected = rejection.target.clone();
    store.record_in(founded.id, rejection).await.unwrap();
    let found = store
        .activity(founded.id, target.id)
        .await
        .unwrap()
        .unwrap()
        .into_inner();
    assert_eq!(Some(&found), expected.as_ref());
    // The founding, the proposal, the vote and the settled activity.
    assert_eq!(store.head().size, 4);

    let again = settled(&found, ActivityStatus::Held);
    let again = store.record_in(founded.id, again).await;
    assert!(matches!(again, Err(RecordError::Conflict)), "{again:?}");
}

pub(in crate::tests) async fn a_vote_that_missed_another_is_a_conflict(store: Store) {
    let founded = founded(&store).await;
    let target = held(&store, &founded).await;
    let [first, second] = [(); 2].map(|()| settled(&target, ActivityStatus::Held));
    store.record_in(founded.id, first).await.unwrap();
    let missed = store.record_in(founded.id, second).await;
    assert!(matches!(missed, Err(RecordError::Conflict)), "{missed:?}");
}

pub(in crate::tests) async fn outcomes_come_back_as_they_were_recorded(store: Store) {
    let founded = founded(&store).await;
    for status in [
        ActivityStatus::Held,
        ActivityStatus::Rejected,
        ActivityStatus::Completed(rules::Done::UsersDeleted {
            users: vec![founded.quorum.users[0]],
        }),
        ActivityStatus::Refused(Refusal {
            reason: Reason::NotAllowed,
            message: "no – “why”".into(),
        }),
    ] {
        let mut batch = batch(founded.id, 0, vec![]);
        batch.activity.status = status;
        let recorded = store.record_in(founded.id, batch).await.unwrap();
        let found = store.activity(founded.id, recorded.get().id).await.unwrap();
        assert_eq!(found, Some(recorded));
    }
}

pub(in crate::tests) async fn a_failing_batch_is_undone_alone(store: Store) {
    let founded = founded(&store).await;
    let size = store.head().size;
    let submissions = (0..60).map(|n| {
        let (store, tenant) = (store.clone(), founded.id);
        // Every third inserts a row and only then fails.
        let changes = match n % 3 {
            0 => vec![
                Change::RenameOrganisation {
                    name: "undone".into(),
                    at: at(1),
                },
                Change::DeleteWallet(WalletId::from_bytes(fresh())),
            ],
            _ => vec![],
        };
        let batch = batch(founded.id, 0, changes);
        tokio::spawn(async move { store.record_in(tenant, batch).await.is_ok() })
    });
    let submissions: Vec<_> = submissions.collect();
    for (n, submission) in submissions.into_iter().enumerate() {
        assert_eq!(submission.await.unwrap(), n % 3 != 0, "{n}");
    }
    assert_eq!(store.head().size, size + 40);
    assert_eq!(*load(&store, founded.id).await, founded);
    assert_eq!(store.audit().await.unwrap().damage, None);
}

pub(in crate::tests) async fn whichever_write_fails_nothing_is_left(store: Store) {
    let founded = founded(&store).await;
    let target = held(&store, &founded).await;
    let child = organisation(Some(founded.id));
    let mut batch = settled(&target, ActivityStatus::Rejected);
    batch.changes = vec![
        Change::InsertOrganisation(Box::new(child)),
        Change::InsertUser(Box::new(user("eve"))),
        Change::RenameOrganisation {
            name: "renamed".into(),
            at: at(3),
        },
    ];
    let before = everything(&store).await;
    let head = store.head();
    let faults = store.on_writer(|connection| connection.faults.clone());
    let mut failed = 0;
    loop {
        faults.fail_after(failed);
        let answer = store.record_in(founded.id, batch.clone()).await;
        let struck = faults.struck();
        faults.clear();
        if !struck {
            answer.unwrap();
            break;
        }
        assert!(
            matches!(answer, Err(RecordError::Store(_))),
            "write {failed}: {answer:?}"
        );
        assert_eq!(everything(&store).await, before, "write {failed}");
        assert_eq!(store.head(), head, "write {failed}");
        failed += 1;
    }
    assert!(failed > 20, "only {failed} writes");
    assert_eq!(store.head().size, head.size + 2);
    assert_eq!(store.audit().await.unwrap().damage, None);
}

pub(in crate::tests) async fn a_contended_transaction_is_tried_again(store: Store) {
    let founded = founded(&store).await;
    store.on_writer(|connection| connection.faults.contend(3));
    let renamed = Change::RenameOrganisation {
        name: "once".into(),
        at: at(1),
    };
    change(&store, &founded, vec![renamed]).await.unwrap();
    assert_eq!(load(&store, founded.id).await.revision, 1);
    assert_eq!(store.head().size, 2);

    // But not for ever, and then nothing is left and nothing is broken.
    store.on_writer(|connection| connection.faults.contend(1_000));
    let before = everything(&store).await;
    let refused = change(&store, &founded, vec![]).await;
    assert!(
        matches!(refused, Err(RecordError::Store(Error::Unavailable(_)))),
        "{refused:?}"
    );
    assert_eq!(everything(&store).await, before);
    store.on_writer(|connection| connection.faults.contend(0));
    change(&store, &founded, vec![]).await.unwrap();
}

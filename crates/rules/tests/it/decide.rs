//! Who is counted, in which order things are asked, and what a vote is good for.

use rules::activity::{APPROVAL_LIFE_SECONDS, Activity, ActivityStatus};
use rules::command::Command;
use rules::decide::{can_approve, can_reject, decide_held};
use rules::facts::Found;
use rules::policy::Permit;
use rules::refusal::Reason;
use rules::text::Label;
use rules::{Authorised, Decision};
use wire::Timestamp;
use wire::id::{UserId, WalletId};

use crate::world::*;

fn rename() -> Command {
    Command::UpdateOrganisationName {
        name: Label::parse("There").unwrap(),
    }
}

fn rename_a_wallet_that_is_not_there() -> Command {
    Command::UpdateWallet {
        wallet: WalletId::from_bytes([31; 16]),
        name: None,
    }
}

/// How many approvals are missing of a command that already has these; `None` if it is refused.
fn missing(members: &[UserId], threshold: u32, approvals: &[UserId]) -> Option<u32> {
    let mut organisation = organisation(members);
    organisation.quorum.threshold = threshold;
    let mut facts = facts(&organisation, members[0], Found::Nothing);
    facts.approvals = approvals.to_vec();
    match judged(HERE, members[0], rename(), &facts) {
        Decision::Allow(authorised) => {
            assert_eq!(authorised.permit(), Permit::RootQuorum);
            Some(0)
        }
        Decision::Hold { missing } => Some(missing),
        Decision::Deny(_) => None,
    }
}

fn reason(decision: Decision) -> Reason {
    match decision {
        Decision::Deny(refusal) => refusal.reason,
        other => panic!("not refused: {other:?}"),
    }
}

#[test]
fn t92_counts_people_and_not_their_votes() {
    assert_eq!(missing(&[ANNA, BEN], 2, &[ANNA]), Some(1));
    assert_eq!(missing(&[ANNA, BEN], 2, &[ANNA, ANNA, ANNA]), Some(1));
    assert_eq!(missing(&[ANNA, BEN], 2, &[ANNA, BEN]), Some(0));
}

#[test]
fn t91_counts_only_those_who_are_members_now() {
    assert_eq!(missing(&[ANNA, BEN], 2, &[ANNA, CLARA, DAVID]), Some(1));
    let nobody = UserId::from_bytes([99; 16]);
    assert_eq!(missing(&[ANNA, BEN], 2, &[ANNA, nobody]), Some(1));
}

/// Over every quorum of four, every threshold and every set of approvals there is.
#[test]
fn t87_one_more_approval_never_stands_in_the_way() {
    let members = [ANNA, BEN, CLARA, DAVID];
    for threshold in 1..=4 {
        for set in 0..16_u32 {
            let chosen = |set: u32| -> Vec<UserId> {
                (0..4)
                    .filter(|i| set & (1 << i) != 0)
                    .map(|i| members[i])
                    .collect()
            };
            let before = missing(&members, threshold, &chosen(set)).unwrap();
            assert_eq!(before, threshold.saturating_sub(set.count_ones()));
            for one_more in 0..4 {
                let after = missing(&members, threshold, &chosen(set | 1 << one_more)).unwrap();
                assert!(after <= before, "{threshold} of {set:04b}, then {one_more}");
            }
        }
    }
}

#[test]
fn t81_tells_who_is_not_at_home_nothing_about_the_command() {
    let facts = facts(&organisation(&[ANNA]), ANNA, Found::Nothing);
    for home in [PARENT, ELSEWHERE] {
        for command in [rename(), rename_a_wallet_that_is_not_there()] {
            assert_eq!(
                reason(judged(home, ANNA, command, &facts)),
                Reason::OtherOrganisation
            );
        }
    }
}

#[test]
fn refuses_facts_of_another_organisation_than_the_one_addressed() {
    let mut other = organisation(&[ANNA]);
    other.id = ELSEWHERE;
    let facts = facts(&other, ANNA, Found::Nothing);
    assert_eq!(
        reason(judged(HERE, ANNA, rename(), &facts)),
        Reason::OtherOrganisation
    );
}

#[test]
fn refuses_a_user_who_has_been_removed() {
    let mut organisation = organisation(&[ANNA]);
    organisation.users.remove(&CLARA);
    let facts = facts(&organisation, CLARA, Found::Nothing);
    assert_eq!(
        reason(judged(HERE, CLARA, rename(), &facts)),
        Reason::NotAllowed
    );
}

#[test]
fn asks_for_permission_before_it_looks_at_the_command() {
    let facts = facts(&organisation(&[ANNA, BEN]), CLARA, Found::Nothing);
    let command = rename_a_wallet_that_is_not_there();
    assert_eq!(
        reason(judged(HERE, CLARA, command, &facts)),
        Reason::NotAllowed
    );
}

#[test]
fn refuses_at_once_what_could_not_be_done_after_any_number_of_approvals() {
    let facts = facts(&organisation(&[ANNA, BEN]), ANNA, Found::Nothing);
    let command = rename_a_wallet_that_is_not_there();
    assert_eq!(
        reason(judged(HERE, ANNA, command, &facts)),
        Reason::NotFound
    );
}

fn approve() -> Command {
    Command::ApproveActivity {
        fingerprint: [22; 32],
    }
}

fn reject() -> Command {
    Command::RejectActivity {
        fingerprint: [22; 32],
    }
}

/// What becomes of Anna's vote on an activity of the organisation that she and Ben govern.
fn vote_on(activity: Option<Activity>, vote: Command) -> Decision {
    let found = Found::Activity(activity.map(Box::new));
    judged(
        HERE,
        ANNA,
        vote,
        &facts(&organisation(&[ANNA, BEN]), ANNA, found),
    )
}

/// Anna's approval of what Ben proposed.
fn vote() -> Authorised {
    match vote_on(Some(held(&[BEN])), approve()) {
        Decision::Allow(vote) => vote,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_vote_is_never_held_however_many_must_agree() {
    assert!(matches!(vote().command(), Command::ApproveActivity { .. }));
}

#[test]
fn the_last_vote_allows_what_was_held() {
    let mut facts = facts(&organisation(&[ANNA, BEN]), ANNA, Found::Nothing);
    let decided = decide_held(&vote(), rename(), Some(BEN), &facts, NOW);
    assert!(
        matches!(decided, Decision::Hold { missing: 1 }),
        "{decided:?}"
    );
    facts.approvals = vec![BEN, ANNA];
    let decided = decide_held(&vote(), rename(), Some(BEN), &facts, NOW);
    assert!(matches!(decided, Decision::Allow(_)), "{decided:?}");
}

#[test]
fn no_vote_revives_what_its_proposer_could_not_ask_for_any_more() {
    let mut facts = facts(&organisation(&[ANNA, BEN]), ANNA, Found::Nothing);
    facts.approvals = vec![BEN, ANNA];
    for proposer in [None, Some(UserId::from_bytes([99; 16])), Some(CLARA)] {
        let decided = decide_held(&vote(), rename(), proposer, &facts, NOW);
        assert_eq!(reason(decided), Reason::NotAllowed, "{proposer:?}");
    }
}

#[test]
fn a_member_approves_once_until_the_approval_lapses() {
    let organisation = organisation(&[ANNA, BEN]);
    let activity = held(&[BEN]);
    let lapsed = NOW.plus_seconds(APPROVAL_LIFE_SECONDS);
    let just_before = Timestamp::from_millis(lapsed.as_millis() - 1);
    for (user, at, expected) in [
        (ANNA, NOW, true),
        (BEN, NOW, false),
        (BEN, just_before, false),
        (BEN, lapsed, true),
        (CLARA, NOW, false),
    ] {
        assert_eq!(
            can_approve(&activity, user, &organisation, at),
            expected,
            "{user} {at:?}"
        );
    }
    assert_eq!(activity.approvals(&organisation, just_before), [BEN]);
    assert_eq!(activity.approvals(&organisation, lapsed), []);
}

#[test]
fn an_approval_goes_with_the_key_it_was_stamped_with() {
    let mut organisation = organisation(&[ANNA, BEN]);
    let activity = held(&[ANNA, BEN]);
    assert_eq!(activity.approvals(&organisation, NOW), [ANNA, BEN]);
    organisation.users.get_mut(&BEN).unwrap().api_keys.clear();
    assert_eq!(activity.approvals(&organisation, NOW), [ANNA]);
    organisation.users.remove(&ANNA);
    assert_eq!(activity.approvals(&organisation, NOW), []);
}

#[test]
fn a_member_may_reject_what_he_has_approved() {
    let organisation = organisation(&[ANNA, BEN]);
    let activity = held(&[BEN]);
    assert!(!can_approve(&activity, BEN, &organisation, NOW));
    assert!(can_reject(&activity, BEN, &organisation));
    assert!(!can_reject(&activity, CLARA, &organisation));
}

#[test]
fn refuses_a_vote_on_what_is_not_there_or_does_not_wait() {
    let mut done = held(&[BEN]);
    done.status = ActivityStatus::Rejected;
    for (activity, expected) in [(None, Reason::NotFound), (Some(done), Reason::Invalid)] {
        for command in [approve(), reject()] {
            assert_eq!(reason(vote_on(activity.clone(), command)), expected);
        }
    }
}

#[test]
fn refuses_a_second_approval_and_takes_a_rejection_after_it() {
    let activity = held(&[BEN, ANNA]);
    let decided = vote_on(Some(activity.clone()), approve());
    assert_eq!(reason(decided), Reason::AlreadyExists);
    assert!(matches!(
        vote_on(Some(activity), reject()),
        Decision::Allow(_)
    ));
}

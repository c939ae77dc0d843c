//! Votes.

use wire::Timestamp;

use super::Checked;
use crate::activity::ActivityStatus;
use crate::facts::Facts;
use crate::refusal::{Reason, Refusal};
use crate::user::User;

pub(super) fn is_wanted(member: &User, facts: &Facts, now: Timestamp) -> Checked {
    let Some(activity) = facts.activity() else {
        return Err(Refusal::not_found(
            "No activity found with fingerprint. Consensus activities must target an existing \
             activity by fingerprint",
        ));
    };
    if activity.status != ActivityStatus::Held {
        return Err(Refusal::invalid(format!(
            "activity {} does not wait for approval any more",
            activity.id
        )));
    }
    if activity.votes.iter().any(|vote| vote.user == member.id && vote.counts(now)) {
        return Err(Refusal::new(
            Reason::AlreadyExists,
            format!("user {} has voted on this activity already", member.id),
        ));
    }
    Ok(())
}

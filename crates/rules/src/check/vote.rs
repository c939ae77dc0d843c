//! Votes.

use wire::Timestamp;

use super::Checked;
use crate::activity::{Activity, ActivityStatus};
use crate::facts::Facts;
use crate::refusal::{Reason, Refusal};
use crate::user::User;

/// One approval is enough of each user; a rejection may follow one's own approval, and ends it.
pub(super) fn approval(member: &User, facts: &Facts, now: Timestamp) -> Checked {
    let activity = held(facts)?;
    let organisation = &facts.organisation;
    let mut votes = activity.votes.iter().filter(|vote| vote.user == member.id);
    if votes.any(|vote| vote.counts(organisation, now)) {
        return Err(Refusal::new(
            Reason::AlreadyExists,
            format!("user {} has voted on this activity already", member.id),
        ));
    }
    Ok(())
}

/// The activity voted on, if it waits.
pub(super) fn held(facts: &Facts) -> Result<&Activity, Refusal> {
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
    Ok(activity)
}

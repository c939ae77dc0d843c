//! May this be done?

use verify::Reach;
use wire::Timestamp;
use wire::activities::SigningType;
use wire::id::{OrganisationId, UserId};

use crate::activity::{Activity, ActivityStatus};
use crate::check;
use crate::command::{Command, Submission};
use crate::facts::Facts;
use crate::organisation::Organisation;
use crate::policy::{self, Permit, Target};
use crate::refusal::{Reason, Refusal};
use crate::user::User;

/// A command read from bytes somebody stamped, with who that was.
pub type Submitted = verify::Submitted<Submission>;

/// What a rule says.
#[derive(Debug)]
pub enum Decision {
    /// Do it.
    Allow(Authorised),
    /// Not yet: so many more approvals of root quorum members are missing.
    Hold {
        /// How many.
        missing: u32,
    },
    /// No.
    Deny(Refusal),
}

/// A command that may be executed, and why. Made only by [`decide`].
#[derive(Debug)]
pub struct Authorised {
    command: Command,
    permit: Permit,
}

impl Authorised {
    /// The command.
    pub fn command(&self) -> &Command {
        &self.command
    }

    /// The rule that allowed it.
    pub fn permit(&self) -> Permit {
        self.permit
    }
}

/// Judges a submitted command.
///
/// The order is: whether the signer stands inside the wall at all, whether the stamp reaches so far,
/// whether quorum or policy let him, whether the command makes sense in the organisation as it is, and last whether enough
/// people agree. So a refusal tells a stranger nothing, and what is held could be done.
pub fn decide(submitted: &Submitted, facts: &Facts, now: Timestamp) -> Decision {
    let Submission {
        organisation,
        command,
        ..
    } = submitted.content();
    let member = match member(submitted.signer(), *organisation, facts) {
        Ok(member) => member,
        Err(refusal) => return Decision::Deny(refusal),
    };
    if let Err(refusal) = within_reach(submitted.reach(), command) {
        return Decision::Deny(refusal);
    }
    judge(command, member, facts, now)
}

/// Whether a stamp is good for a command of this kind. A session's is good for what its scope names
/// and never for what does not sign: a kind nobody thought of is denied (threat T48).
fn within_reach(reach: &Reach, command: &Command) -> Result<(), Refusal> {
    let Reach::Session(may) = reach else {
        return Ok(());
    };
    let kind = command.entry().name;
    if SigningType::of_kind(kind).is_some_and(|signing| may.contains(&signing)) {
        return Ok(());
    }
    let may: Vec<_> = may.iter().map(|signing| signing.as_str()).collect();
    Err(Refusal::new(
        Reason::NotAllowed,
        format!(
            "a session's key may not send {kind}: this one may send {}. Ask anew, with another \
             timestampMs, and stamp it with the passkey: this body stays refused.",
            may.join(", ")
        ),
    ))
}

/// Judges a held activity again, now that one more vote is in. Its command was read from the
/// stored body; `vote` proves that a member asked for this.
pub fn decide_held(
    vote: &Authorised,
    command: Command,
    proposer: Option<UserId>,
    facts: &Facts,
    now: Timestamp,
) -> Decision {
    debug_assert!(matches!(vote.command, Command::ApproveActivity { .. }));
    let Some(member) = proposer.and_then(|id| facts.organisation.users.get(&id)) else {
        let gone = "the user who proposed this activity has been removed; submit it again";
        return Decision::Deny(Refusal::new(Reason::NotAllowed, gone));
    };
    judge(&command, member, facts, now)
}

/// The signer as a user of the organisation addressed. A parent reads its children and never
/// acts in them: this is where that is decided, for every command at once (threat T81).
fn member<'a>(
    signer: &verify::Signer,
    addressed: OrganisationId,
    facts: &'a Facts,
) -> Result<&'a User, Refusal> {
    if signer.home != addressed || facts.organisation.id != addressed {
        return Err(Refusal::new(
            Reason::OtherOrganisation,
            format!(
                "organization mismatch: request is targeting organization (\"{addressed}\"), but \
                 voters are in organization (\"{}\")",
                signer.home
            ),
        ));
    }
    facts.organisation.users.get(&signer.user).ok_or_else(|| {
        Refusal::new(
            Reason::NotAllowed,
            "the signer is no longer a user of this organisation",
        )
    })
}

fn judge(command: &Command, member: &User, facts: &Facts, now: Timestamp) -> Decision {
    let Some(standing) = standing(command, member, facts) else {
        return Decision::Deny(Refusal::new(
            Reason::NotAllowed,
            "You don't have sufficient permissions to take this action. Have a member of the root \
             quorum send it.",
        ));
    };
    if let Err(refusal) = check::command(command, member, facts, now) {
        return Decision::Deny(refusal);
    }
    match standing {
        Standing::Enough(permit) => Decision::Allow(Authorised {
            command: command.clone(),
            permit,
        }),
        Standing::Missing(missing) => Decision::Hold { missing },
    }
}

/// Where a command stands between allowed and held.
enum Standing {
    Enough(Permit),
    Missing(u32),
}

fn standing(command: &Command, member: &User, facts: &Facts) -> Option<Standing> {
    let entry = command.entry();
    let quorum = &facts.organisation.quorum;
    if let Some(permit) = policy::permit(member, entry, target(command)) {
        return Some(Standing::Enough(permit));
    }
    if !quorum.contains(member.id) {
        return None;
    }
    if !entry.holdable {
        return Some(Standing::Enough(Permit::RootQuorum));
    }
    // Distinct users are counted, never credentials (T92), and only those who still are members
    // (T91).
    let agreed = quorum
        .users
        .iter()
        .filter(|user| facts.approvals.contains(user))
        .count();
    let agreed = u32::try_from(agreed).unwrap_or(u32::MAX);
    Some(match quorum.threshold.saturating_sub(agreed) {
        0 => Standing::Enough(Permit::RootQuorum),
        missing => Standing::Missing(missing),
    })
}

fn target(command: &Command) -> Target {
    match command {
        Command::CreateApiKeys { user, .. }
        | Command::DeleteApiKeys { user, .. }
        | Command::CreateAuthenticators { user, .. }
        | Command::DeleteAuthenticators { user, .. } => Target::CredentialsOf(*user),
        _ => Target::Organisation,
    }
}

/// Whether this user could approve this activity now: it waits, the user is a member of the root
/// quorum, and no approval of his counts yet.
pub fn can_approve(
    activity: &Activity,
    user: UserId,
    organisation: &Organisation,
    now: Timestamp,
) -> bool {
    let mut votes = activity.votes.iter().filter(|vote| vote.user == user);
    can_reject(activity, user, organisation) && !votes.any(|vote| vote.counts(organisation, now))
}

/// Whether this user could reject this activity now: it waits, and he is a member of the quorum.
pub fn can_reject(activity: &Activity, user: UserId, organisation: &Organisation) -> bool {
    activity.status == ActivityStatus::Held && organisation.quorum.contains(user)
}

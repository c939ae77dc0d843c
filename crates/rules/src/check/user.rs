//! Users.

use wire::Timestamp;
use wire::id::UserId;

use super::{Checked, credential, distinct, not_empty, tag};
use crate::command::{NewUser, UserUpdate};
use crate::facts::Facts;
use crate::organisation::{MAX_USERS, Organisation};
use crate::refusal::Refusal;
use crate::tag::TagKind;
use crate::text::Label;
use crate::user::User;

pub(super) fn exists(id: UserId, organisation: &Organisation) -> Result<&User, Refusal> {
    organisation
        .users
        .get(&id)
        .ok_or_else(|| Refusal::not_found(format!("user {id} not found in this organization")))
}

pub(super) fn create(new: &[NewUser], facts: &Facts, now: Timestamp) -> Checked {
    let organisation = &facts.organisation;
    not_empty(new, "parameters.users")?;
    let total = organisation.users.len() + new.len();
    if total > MAX_USERS {
        return Err(Refusal::limit(format!(
            "organization has exceeded maximum users: {total} of {MAX_USERS}"
        )));
    }
    let taken: Vec<&User> = organisation.users.values().collect();
    new_users(new, "parameters.users", &taken, facts, now)?;
    for user in new {
        distinct(&user.tags, "parameters.users[].userTags")?;
        tag::all_exist(&user.tags, TagKind::User, organisation)?;
    }
    Ok(())
}

/// What must hold among users that are made together, and against users that are there.
pub(super) fn new_users(
    new: &[NewUser],
    field: &str,
    taken: &[&User],
    facts: &Facts,
    now: Timestamp,
) -> Checked {
    if new.len() > MAX_USERS {
        return Err(Refusal::limit(format!(
            "{field}: more than {MAX_USERS} users"
        )));
    }
    for (i, user) in new.iter().enumerate() {
        let name = user.name.as_str();
        let twice = new[..i].iter().any(|other| other.name == user.name);
        if twice || taken.iter().any(|other| other.name == name) {
            return Err(Refusal::already_exists(format!(
                "{field}[{i}].userName: there is a user named {name:?} already"
            )));
        }
    }
    credential::new_credentials(new, field, taken, facts, now)
}

pub(super) fn rename(id: UserId, name: &Label, organisation: &Organisation) -> Checked {
    exists(id, organisation)?;
    let taken = organisation
        .users
        .values()
        .any(|user| user.id != id && user.name == name.as_str());
    if taken {
        return Err(Refusal::already_exists(format!(
            "parameters.userName: there is a user named {:?} already",
            name.as_str()
        )));
    }
    Ok(())
}

pub(super) fn update(id: UserId, update: &UserUpdate, organisation: &Organisation) -> Checked {
    exists(id, organisation)?;
    if let Some(name) = &update.name {
        rename(id, name, organisation)?;
    }
    if let Some(tags) = &update.tags {
        distinct(tags, "parameters.userTagIds")?;
        tag::all_exist(tags, TagKind::User, organisation)?;
    }
    Ok(())
}

pub(super) fn delete(users: &[UserId], organisation: &Organisation) -> Checked {
    not_empty(users, "parameters.userIds")?;
    distinct(users, "parameters.userIds")?;
    for id in users {
        exists(*id, organisation)?;
        if organisation.quorum.contains(*id) {
            return Err(Refusal::invalid(format!(
                "user {id} is a member of the root quorum; change the quorum first with \
                 update_root_quorum"
            )));
        }
    }
    Ok(())
}

//! Tags.

use wire::id::{PrivateKeyId, TagId, UserId};

use super::{Checked, distinct, not_empty, private_key, user};
use crate::organisation::{MAX_TAGS, MAX_TAGS_IN_SUB_ORGANISATION, Organisation};
use crate::refusal::Refusal;
use crate::tag::{Tag, TagKind};
use crate::text::Label;

pub(super) fn create_user_tag(
    name: &Label,
    users: &[UserId],
    organisation: &Organisation,
) -> Checked {
    create(name, TagKind::User, organisation)?;
    distinct(users, "parameters.userIds")?;
    users
        .iter()
        .try_for_each(|id| user::exists(*id, organisation).map(drop))
}

pub(super) fn create_private_key_tag(
    name: &Label,
    keys: &[PrivateKeyId],
    organisation: &Organisation,
) -> Checked {
    create(name, TagKind::PrivateKey, organisation)?;
    distinct(keys, "parameters.privateKeyIds")?;
    keys.iter()
        .try_for_each(|id| private_key::exists(*id, organisation).map(drop))
}

pub(super) fn update_user_tag(
    tag: TagId,
    name: Option<&Label>,
    add: &[UserId],
    remove: &[UserId],
    organisation: &Organisation,
) -> Checked {
    update(tag, name, TagKind::User, organisation)?;
    disjoint(
        add,
        remove,
        "parameters.addUserIds",
        "parameters.removeUserIds",
    )?;
    add.iter()
        .chain(remove)
        .try_for_each(|id| user::exists(*id, organisation).map(drop))
}

pub(super) fn update_private_key_tag(
    tag: TagId,
    name: Option<&Label>,
    add: &[PrivateKeyId],
    remove: &[PrivateKeyId],
    organisation: &Organisation,
) -> Checked {
    update(tag, name, TagKind::PrivateKey, organisation)?;
    disjoint(
        add,
        remove,
        "parameters.addPrivateKeyIds",
        "parameters.removePrivateKeyIds",
    )?;
    add.iter()
        .chain(remove)
        .try_for_each(|id| private_key::exists(*id, organisation).map(drop))
}

pub(super) fn delete(tags: &[TagId], kind: TagKind, organisation: &Organisation) -> Checked {
    not_empty(tags, "parameters: tag ids")?;
    distinct(tags, "parameters: tag ids")?;
    all_exist(tags, kind, organisation)
}

pub(super) fn all_exist(tags: &[TagId], kind: TagKind, organisation: &Organisation) -> Checked {
    tags.iter()
        .try_for_each(|id| exists(*id, kind, organisation).map(drop))
}

fn exists(id: TagId, kind: TagKind, organisation: &Organisation) -> Result<&Tag, Refusal> {
    organisation
        .tags
        .get(&id)
        .filter(|tag| tag.kind == kind)
        .ok_or_else(|| Refusal::not_found(format!("tag {id} not found in this organization")))
}

fn create(name: &Label, kind: TagKind, organisation: &Organisation) -> Checked {
    let most = if organisation.parent.is_some() {
        MAX_TAGS_IN_SUB_ORGANISATION
    } else {
        MAX_TAGS
    };
    if organisation.tags.len() >= most {
        return Err(Refusal::limit(format!(
            "organization has exceeded maximum tags: {most}"
        )));
    }
    name_is_free(name, kind, None, organisation)
}

fn update(id: TagId, name: Option<&Label>, kind: TagKind, organisation: &Organisation) -> Checked {
    exists(id, kind, organisation)?;
    name.map_or(Ok(()), |name| {
        name_is_free(name, kind, Some(id), organisation)
    })
}

fn name_is_free(
    name: &Label,
    kind: TagKind,
    but: Option<TagId>,
    organisation: &Organisation,
) -> Checked {
    let taken = organisation
        .tags
        .values()
        .any(|tag| tag.kind == kind && Some(tag.id) != but && tag.name == name.as_str());
    if taken {
        return Err(Refusal::already_exists(format!(
            "there is a tag named {:?} already",
            name.as_str()
        )));
    }
    Ok(())
}

fn disjoint<T: Ord + Copy>(add: &[T], remove: &[T], adds: &str, removes: &str) -> Checked {
    distinct(add, adds)?;
    distinct(remove, removes)?;
    if add.iter().any(|id| remove.contains(id)) {
        return Err(Refusal::invalid(format!(
            "{adds} and {removes} name the same id"
        )));
    }
    Ok(())
}

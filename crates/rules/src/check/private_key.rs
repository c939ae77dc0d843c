//! Raw private keys.

use wire::id::PrivateKeyId;

use super::{Checked, distinct, not_empty, tag, wallet};
use crate::command::NewPrivateKey;
use crate::organisation::{MAX_PRIVATE_KEYS, Organisation};
use crate::private_key::PrivateKey;
use crate::refusal::Refusal;
use crate::tag::TagKind;

pub(super) fn exists(
    id: PrivateKeyId,
    organisation: &Organisation,
) -> Result<&PrivateKey, Refusal> {
    organisation.private_keys.get(&id).ok_or_else(|| {
        Refusal::not_found(format!("private key {id} not found in this organization"))
    })
}

pub(super) fn create(new: &[NewPrivateKey], organisation: &Organisation) -> Checked {
    not_empty(new, "parameters.privateKeys")?;
    let total = organisation.private_keys.len() + new.len();
    if total > MAX_PRIVATE_KEYS {
        return Err(Refusal::limit(format!(
            "organization has exceeded maximum private keys: {total} of {MAX_PRIVATE_KEYS}"
        )));
    }
    let taken: Vec<&PrivateKey> = organisation.private_keys.values().collect();
    names(new, &taken)?;
    for key in new {
        distinct(&key.tags, "parameters.privateKeys[].privateKeyTags")?;
        tag::all_exist(&key.tags, TagKind::PrivateKey, organisation)?;
    }
    Ok(())
}

/// What must hold among keys made together, and against keys that are there.
pub(super) fn names(new: &[NewPrivateKey], taken: &[&PrivateKey]) -> Checked {
    for (i, key) in new.iter().enumerate() {
        let name = key.name.as_str();
        let twice = new[..i].iter().any(|other| other.name == key.name);
        if twice || taken.iter().any(|other| other.name == name) {
            return Err(Refusal::already_exists(format!(
                "parameters.privateKeys[{i}].privateKeyName: there is a key named {name:?} already"
            )));
        }
        for format in &key.address_formats {
            if !format.curves().contains(&key.curve) {
                return Err(Refusal::invalid(format!(
                    "invalid address format: parameters.privateKeys[{i}]: {} does not go with {}",
                    format.as_str(),
                    key.curve.as_str()
                )));
            }
        }
    }
    Ok(())
}

pub(super) fn delete(
    keys: &[PrivateKeyId],
    without_export: bool,
    organisation: &Organisation,
) -> Checked {
    not_empty(keys, "parameters.privateKeyIds")?;
    distinct(keys, "parameters.privateKeyIds")?;
    for id in keys {
        let key = exists(*id, organisation)?;
        if !key.exported && !without_export {
            return Err(wallet::not_exported("private key", &id.to_string()));
        }
    }
    Ok(())
}

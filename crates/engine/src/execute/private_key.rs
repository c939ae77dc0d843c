//! Raw private keys.

use rules::command;
use rules::outcome::{Done, NewPrivateKey};
use rules::{Change, PrivateKey, Refusal};
use vault::PrivateKeyRow;
use wire::id::{OrganisationId, PrivateKeyId};

use super::{Effect, Execution, Failure};
use crate::entropy::System;

impl Execution<'_> {
    pub(super) fn create_private_keys(&mut self, new: &[command::NewPrivateKey]) -> Effect {
        let organisation = self.organisation().id;
        let mut keys = Vec::new();
        for key in new {
            let (key, told) = self.new_private_key(organisation, key)?;
            self.change(Change::InsertPrivateKey(Box::new(key)));
            keys.push(told);
        }
        Ok(Done::PrivateKeysCreated { keys })
    }

    pub(super) fn new_private_key(
        &self,
        organisation: OrganisationId,
        new: &command::NewPrivateKey,
    ) -> Result<(PrivateKey, NewPrivateKey), Failure> {
        let id = self.id(PrivateKeyId::from_random)?;
        let row = PrivateKeyRow {
            organisation,
            key: id,
        };
        let (secret, public_key) =
            self.engine
                .vault
                .create_private_key(&row, new.curve, &mut System)?;
        let mut addresses = Vec::new();
        for format in &new.address_formats {
            let address = vault::address(*format, &public_key)
                .map_err(|error| Failure::Refused(Refusal::invalid(error.to_string())))?;
            addresses.push((*format, address));
        }
        let key = PrivateKey {
            id,
            name: new.name.as_str().to_owned(),
            curve: new.curve,
            public_key: public_key.as_bytes().to_vec(),
            secret,
            addresses: addresses.clone(),
            tags: new.tags.clone(),
            exported: false,
            imported: false,
            created_at: self.now,
            updated_at: self.now,
        };
        Ok((key, NewPrivateKey { key: id, addresses }))
    }

    pub(super) fn delete_private_keys(&mut self, keys: &[PrivateKeyId]) -> Effect {
        for id in keys {
            self.engine.vault.forget_private_key(*id);
            self.change(Change::DeletePrivateKey(*id));
        }
        Ok(Done::PrivateKeysDeleted {
            keys: keys.to_vec(),
        })
    }
}

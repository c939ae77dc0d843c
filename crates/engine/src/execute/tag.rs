//! Tags.

use rules::outcome::Done;
use rules::text::Label;
use rules::{Change, Tag, TagKind};
use wire::id::{PrivateKeyId, TagId, UserId};

use super::{Effect, Execution, Failure};

impl Execution<'_> {
    pub(super) fn create_user_tag(&mut self, name: &Label, users: &[UserId]) -> Effect {
        let tag = self.new_tag(name, TagKind::User)?;
        for user in users {
            self.change(Change::TagUser { tag, user: *user });
        }
        Ok(Done::UserTagCreated {
            tag,
            users: users.to_vec(),
        })
    }

    pub(super) fn update_user_tag(
        &mut self,
        tag: TagId,
        name: Option<&Label>,
        add: &[UserId],
        remove: &[UserId],
    ) -> Effect {
        self.rename_tag(tag, name);
        // Adding what is there and removing what is not are done already.
        for user in add {
            if !self.user(*user)?.tags.contains(&tag) {
                self.change(Change::TagUser { tag, user: *user });
            }
        }
        for user in remove {
            if self.user(*user)?.tags.contains(&tag) {
                self.change(Change::UntagUser { tag, user: *user });
            }
        }
        Ok(Done::UserTagUpdated { tag })
    }

    pub(super) fn delete_user_tags(&mut self, tags: &[TagId]) -> Effect {
        let organisation = self.organisation();
        let tagged = organisation
            .users
            .values()
            .filter(|user| shares(&user.tags, tags));
        let users = tagged.map(|user| user.id).collect();
        self.delete_tags(tags);
        Ok(Done::UserTagsDeleted {
            tags: tags.to_vec(),
            users,
        })
    }

    pub(super) fn create_private_key_tag(&mut self, name: &Label, keys: &[PrivateKeyId]) -> Effect {
        let tag = self.new_tag(name, TagKind::PrivateKey)?;
        for key in keys {
            self.change(Change::TagPrivateKey { tag, key: *key });
        }
        Ok(Done::PrivateKeyTagCreated {
            tag,
            keys: keys.to_vec(),
        })
    }

    pub(super) fn update_private_key_tag(
        &mut self,
        tag: TagId,
        name: Option<&Label>,
        add: &[PrivateKeyId],
        remove: &[PrivateKeyId],
    ) -> Effect {
        self.rename_tag(tag, name);
        for key in add {
            if !self.key_has(*key, tag) {
                self.change(Change::TagPrivateKey { tag, key: *key });
            }
        }
        for key in remove {
            if self.key_has(*key, tag) {
                self.change(Change::UntagPrivateKey { tag, key: *key });
            }
        }
        Ok(Done::PrivateKeyTagUpdated { tag })
    }

    pub(super) fn delete_private_key_tags(&mut self, tags: &[TagId]) -> Effect {
        let organisation = self.organisation();
        let tagged = organisation
            .private_keys
            .values()
            .filter(|key| shares(&key.tags, tags));
        let keys = tagged.map(|key| key.id).collect();
        self.delete_tags(tags);
        Ok(Done::PrivateKeyTagsDeleted {
            tags: tags.to_vec(),
            keys,
        })
    }

    fn key_has(&self, key: PrivateKeyId, tag: TagId) -> bool {
        self.organisation()
            .private_keys
            .get(&key)
            .is_some_and(|key| key.tags.contains(&tag))
    }

    fn new_tag(&mut self, name: &Label, kind: TagKind) -> Result<TagId, Failure> {
        let id = self.id(TagId::from_random)?;
        let name = name.as_str().to_owned();
        let tag = Tag {
            id,
            name,
            kind,
            created_at: self.now,
            updated_at: self.now,
        };
        self.change(Change::InsertTag(tag));
        Ok(id)
    }

    fn rename_tag(&mut self, id: TagId, name: Option<&Label>) {
        if let Some(name) = name {
            self.change(Change::RenameTag {
                id,
                name: name.as_str().to_owned(),
                at: self.now,
            });
        }
    }

    fn delete_tags(&mut self, tags: &[TagId]) {
        for tag in tags {
            self.change(Change::DeleteTag(*tag));
        }
    }
}

fn shares(held: &[TagId], named: &[TagId]) -> bool {
    held.iter().any(|tag| named.contains(tag))
}

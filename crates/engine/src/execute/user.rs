//! Users.

use rules::command::{NewUser, UserUpdate};
use rules::outcome::Done;
use rules::{Change, User};
use wire::id::{ApiKeyId, AuthenticatorId, UserId};

use super::{Effect, Execution, Failure};
use rules::Refusal;

impl Execution<'_> {
    pub(super) fn create_users(&mut self, new: &[NewUser]) -> Effect {
        let mut users = Vec::new();
        for user in new {
            let user = self.new_user(user)?;
            users.push(user.id);
            self.change(Change::InsertUser(Box::new(user)));
        }
        Ok(Done::UsersCreated { users })
    }

    pub(super) fn new_user(&self, new: &NewUser) -> Result<User, Failure> {
        let mut api_keys = Vec::new();
        for key in &new.api_keys {
            api_keys.push(key.registered(self.id(ApiKeyId::from_random)?, self.now));
        }
        let mut authenticators = Vec::new();
        for authenticator in &new.authenticators {
            let id = self.id(AuthenticatorId::from_random)?;
            authenticators.push(self.new_authenticator(id, authenticator)?);
        }
        Ok(User {
            id: self.id(UserId::from_random)?,
            name: new.name.as_str().to_owned(),
            email: new.email.clone().map(String::from),
            phone: new.phone.clone().map(String::from),
            tags: new.tags.clone(),
            api_keys,
            authenticators,
            created_at: self.now,
            updated_at: self.now,
        })
    }

    pub(super) fn update_user(&mut self, id: UserId, update: &UserUpdate) -> Effect {
        self.change_user(id, |user| {
            if let Some(name) = &update.name {
                user.name = name.as_str().to_owned();
            }
            if let Some(email) = &update.email {
                user.email = Some(email.as_str().to_owned());
            }
            if let Some(phone) = &update.phone {
                user.phone = Some(phone.as_str().to_owned());
            }
            if let Some(tags) = &update.tags {
                user.tags.clone_from(tags);
            }
        })
    }

    pub(super) fn change_user(&mut self, id: UserId, change: impl FnOnce(&mut User)) -> Effect {
        let mut user = self.user(id)?.clone();
        change(&mut user);
        user.updated_at = self.now;
        self.change(Change::UpdateUser(Box::new(user)));
        Ok(Done::UserUpdated { user: id })
    }

    pub(super) fn delete_users(&mut self, users: &[UserId]) -> Effect {
        for id in users {
            self.change(Change::DeleteUser(*id));
        }
        Ok(Done::UsersDeleted {
            users: users.to_vec(),
        })
    }

    pub(super) fn user(&self, id: UserId) -> Result<&User, Failure> {
        self.organisation()
            .users
            .get(&id)
            .ok_or_else(|| Failure::Refused(Refusal::not_found(format!("user {id} not found"))))
    }
}

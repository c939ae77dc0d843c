//! Organisations as one value, at one revision.

use std::collections::BTreeMap;
use std::sync::Arc;

use rules::{
    ApiKey, Authenticator, FeatureName, Organisation, PrivateKey, Quorum, Tag, TagKind, User,
    Wallet,
};
use wire::id::{OrganisationId, PrivateKeyId, TagId, UserId, WalletId};
use wire::keys::AddressFormat;

use crate::apply::tag_kind;
use crate::backend::{Connection, Fields, values};
use crate::sql::{Statement, statements};
use crate::{Error, Store};

statements! {
    SELECT_REVISION = "SELECT revision FROM organisations WHERE id = $1";
    SELECT_ORGANISATION =
        "SELECT parent, name, revision, threshold, created_at, updated_at
         FROM organisations WHERE id = $1";
    SELECT_QUORUM =
        "SELECT user_id FROM quorum_members WHERE organisation = $1 ORDER BY position";
    SELECT_FEATURES = "SELECT name, value FROM features WHERE organisation = $1";
    SELECT_TAGS = "SELECT id, kind, name, created_at, updated_at FROM tags WHERE organisation = $1";
    SELECT_USERS =
        "SELECT id, name, email, phone, created_at, updated_at FROM users WHERE organisation = $1";
    SELECT_USER_TAGS = "SELECT user_id, tag FROM user_tags WHERE organisation = $1 ORDER BY tag";
    SELECT_API_KEYS =
        "SELECT user_id, id, name, curve, public_key, expiration_seconds, created_at
         FROM api_keys WHERE organisation = $1 ORDER BY created_at, id";
    SELECT_AUTHENTICATORS =
        "SELECT user_id, id, name, credential_id, public_key, rp_id_hash, aaguid,
                attestation_type, transports, backup_eligible, created_at
         FROM authenticators WHERE organisation = $1 ORDER BY created_at, id";
    SELECT_WALLETS =
        "SELECT id, name, seed, exported, imported, created_at, updated_at
         FROM wallets WHERE organisation = $1";
    SELECT_PRIVATE_KEYS =
        "SELECT id, name, curve, public_key, secret, exported, imported, created_at, updated_at
         FROM private_keys WHERE organisation = $1";
    SELECT_PRIVATE_KEY_ADDRESSES =
        "SELECT private_key, format, address FROM private_key_addresses
         WHERE organisation = $1 ORDER BY private_key, position";
    SELECT_PRIVATE_KEY_TAGS =
        "SELECT private_key, tag FROM private_key_tags WHERE organisation = $1 ORDER BY tag";
}

impl Store {
    /// The organisation as it is now, with everything that counts into its revision.
    ///
    /// From memory where it can be: where this process alone writes, the writer forgets what it
    /// changed before it answers, so what is remembered is so; where others write too, the
    /// remembered revision is compared with the stored one each time.
    pub async fn organisation(
        &self,
        id: OrganisationId,
    ) -> Result<Option<Arc<Organisation>>, Error> {
        let cached = self.organisations().get(&id);
        if cached.is_some() && self.writes_alone() {
            return Ok(cached);
        }
        let epoch = self.organisations().epoch();
        let remembered = cached.as_ref().map(|organisation| organisation.revision);
        let found = self.read(move |connection| look(connection, id, remembered));
        Ok(match found.await? {
            Found::Nothing => None,
            Found::AsRemembered => cached,
            Found::Newer(organisation) => {
                let organisation = Arc::new(*organisation);
                self.organisations()
                    .insert(epoch, id, Arc::clone(&organisation));
                Some(organisation)
            }
        })
    }
}

enum Found {
    Nothing,
    AsRemembered,
    Newer(Box<Organisation>),
}

fn look(
    connection: &mut Connection,
    id: OrganisationId,
    remembered: Option<u64>,
) -> Result<Found, Error> {
    let Some(row) = connection.query(&SELECT_REVISION, values![id])?.pop() else {
        return Ok(Found::Nothing);
    };
    if remembered == Some(row.only()?) {
        return Ok(Found::AsRemembered);
    }
    // Fourteen queries must see one moment.
    connection.begin_reading()?;
    let loaded = load(connection, id);
    connection.rollback()?;
    Ok(loaded?.map_or(Found::Nothing, |organisation| {
        Found::Newer(Box::new(organisation))
    }))
}

fn load(connection: &mut Connection, id: OrganisationId) -> Result<Option<Organisation>, Error> {
    let Some(row) = connection.query(&SELECT_ORGANISATION, values![id])?.pop() else {
        return Ok(None);
    };
    let mut row = row.fields();
    let (parent, name, revision) = (row.next()?, row.next()?, row.next()?);
    let threshold: u64 = row.next()?;
    let (created_at, updated_at) = (row.next()?, row.next()?);
    let mut of = Of {
        connection,
        organisation: id,
    };
    Ok(Some(Organisation {
        id,
        parent,
        name,
        revision,
        quorum: Quorum {
            threshold: threshold
                .try_into()
                .map_err(|_| damaged("a quorum's threshold"))?,
            users: of.each(&SELECT_QUORUM, |row| row.next())?,
        },
        users: of.users()?,
        tags: of.each(&SELECT_TAGS, tag)?,
        features: of.each(&SELECT_FEATURES, feature)?,
        wallets: of.each(&SELECT_WALLETS, wallet)?,
        private_keys: of.private_keys()?,
        created_at,
        updated_at,
    }))
}

/// A connection and the organisation whose rows are read.
struct Of<'a> {
    connection: &'a mut Connection,
    organisation: OrganisationId,
}

impl Of<'_> {
    fn each<T, C: FromIterator<T>>(
        &mut self,
        statement: &Statement,
        read: impl Fn(&mut Fields) -> Result<T, Error>,
    ) -> Result<C, Error> {
        let rows = self
            .connection
            .query(statement, values![self.organisation])?;
        rows.into_iter()
            .map(|row| read(&mut row.fields()))
            .collect()
    }

    fn users(&mut self) -> Result<BTreeMap<UserId, User>, Error> {
        let mut users: BTreeMap<UserId, User> = self.each(&SELECT_USERS, user)?;
        let tags: Vec<(UserId, TagId)> =
            self.each(&SELECT_USER_TAGS, |row| Ok((row.next()?, row.next()?)))?;
        for (id, tag) in tags {
            owner(&mut users, id)?.tags.push(tag);
        }
        let keys: Vec<(UserId, ApiKey)> = self.each(&SELECT_API_KEYS, api_key)?;
        for (id, key) in keys {
            owner(&mut users, id)?.api_keys.push(key);
        }
        let found: Vec<(UserId, Authenticator)> =
            self.each(&SELECT_AUTHENTICATORS, authenticator)?;
        for (id, authenticator) in found {
            owner(&mut users, id)?.authenticators.push(authenticator);
        }
        Ok(users)
    }

    fn private_keys(&mut self) -> Result<BTreeMap<PrivateKeyId, PrivateKey>, Error> {
        let mut keys: BTreeMap<PrivateKeyId, PrivateKey> =
            self.each(&SELECT_PRIVATE_KEYS, private_key)?;
        let addresses: Vec<(PrivateKeyId, (AddressFormat, String))> = self
            .each(&SELECT_PRIVATE_KEY_ADDRESSES, |row| {
                Ok((row.next()?, (row.parse()?, row.next()?)))
            })?;
        for (id, address) in addresses {
            owner(&mut keys, id)?.addresses.push(address);
        }
        let tags: Vec<(PrivateKeyId, TagId)> = self.each(&SELECT_PRIVATE_KEY_TAGS, |row| {
            Ok((row.next()?, row.next()?))
        })?;
        for (id, tag) in tags {
            owner(&mut keys, id)?.tags.push(tag);
        }
        Ok(keys)
    }
}

/// The thing a row belongs to; a foreign key keeps it there.
fn owner<K: Ord, V>(things: &mut BTreeMap<K, V>, id: K) -> Result<&mut V, Error> {
    things
        .get_mut(&id)
        .ok_or_else(|| damaged("the owner of a row"))
}

fn feature(row: &mut Fields) -> Result<(FeatureName, Option<String>), Error> {
    let name: String = row.next()?;
    let name = FeatureName::parse(&name).ok_or_else(|| damaged("a feature's name"))?;
    Ok((name, row.next()?))
}

fn tag(row: &mut Fields) -> Result<(TagId, Tag), Error> {
    let (id, kind): (TagId, String) = (row.next()?, row.next()?);
    let kind = [TagKind::User, TagKind::PrivateKey]
        .into_iter()
        .find(|k| tag_kind(*k) == kind);
    let kind = kind.ok_or_else(|| damaged("a tag's kind"))?;
    let (name, created_at, updated_at) = (row.next()?, row.next()?, row.next()?);
    Ok((
        id,
        Tag {
            id,
            name,
            kind,
            created_at,
            updated_at,
        },
    ))
}

fn user(row: &mut Fields) -> Result<(UserId, User), Error> {
    let id = row.next()?;
    let user = User {
        id,
        name: row.next()?,
        email: row.next()?,
        phone: row.next()?,
        tags: Vec::new(),
        api_keys: Vec::new(),
        authenticators: Vec::new(),
        created_at: row.next()?,
        updated_at: row.next()?,
    };
    Ok((id, user))
}

fn api_key(row: &mut Fields) -> Result<(UserId, ApiKey), Error> {
    let owner = row.next()?;
    let key = ApiKey {
        id: row.next()?,
        name: row.next()?,
        curve: row.parse()?,
        public_key: row.next()?,
        expiration_seconds: row.next()?,
        created_at: row.next()?,
    };
    Ok((owner, key))
}

fn authenticator(row: &mut Fields) -> Result<(UserId, Authenticator), Error> {
    let owner = row.next()?;
    let found = Authenticator {
        id: row.next()?,
        name: row.next()?,
        credential_id: row.next()?,
        public_key: row.next()?,
        rp_id_hash: row.next()?,
        aaguid: row.next()?,
        attestation_type: row.next()?,
        transports: row
            .next::<String>()?
            .split_whitespace()
            .map(str::to_owned)
            .collect(),
        backup_eligible: row.next()?,
        created_at: row.next()?,
    };
    Ok((owner, found))
}

fn wallet(row: &mut Fields) -> Result<(WalletId, Wallet), Error> {
    let id = row.next()?;
    let wallet = Wallet {
        id,
        name: row.next()?,
        seed: row.next()?,
        exported: row.next()?,
        imported: row.next()?,
        created_at: row.next()?,
        updated_at: row.next()?,
    };
    Ok((id, wallet))
}

fn private_key(row: &mut Fields) -> Result<(PrivateKeyId, PrivateKey), Error> {
    let id = row.next()?;
    let key = PrivateKey {
        id,
        name: row.next()?,
        curve: row.parse()?,
        public_key: row.next()?,
        secret: row.next()?,
        addresses: Vec::new(),
        tags: Vec::new(),
        exported: row.next()?,
        imported: row.next()?,
        created_at: row.next()?,
        updated_at: row.next()?,
    };
    Ok((id, key))
}

fn damaged(what: &str) -> Error {
    Error::Damaged(format!("{what} is unknown"))
}

//! Organisations, activities and batches to test with.

pub(super) mod tenant;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_lc_rs::digest::{SHA256, digest};
use rules::outcome::Done;
use rules::{
    Activity, ActivityStatus, ApiKey, Authenticator, Change, FeatureName, Organisation, PrivateKey,
    Quorum, Selection, Tag, TagKind, User, Vote, Wallet, WalletAccount,
};
use wire::Timestamp;
use wire::id::*;
use wire::keys::{AddressFormat, Curve};
use wire::sealed::Sealed;

use crate::{Batch, RecordError, Recorded, Store};

static COUNT: AtomicU64 = AtomicU64::new(1);

/// Sixteen bytes never handed out before, later ones greater.
pub(super) fn fresh() -> [u8; 16] {
    u128::from(COUNT.fetch_add(1, Ordering::Relaxed)).to_be_bytes()
}

/// Makes what is handed out from now on differ from what other processes hand out.
pub(super) fn count_from(start: u64) {
    COUNT.store(start, Ordering::Relaxed);
}

pub(super) fn at(ms: u64) -> Timestamp {
    Timestamp::from_millis(1_764_000_000_000 + ms)
}

pub(super) fn bytes<const N: usize>() -> [u8; N] {
    let hash = digest(&SHA256, &fresh());
    let mut bytes = [2; N];
    bytes[..N.min(32)].copy_from_slice(&hash.as_ref()[..N.min(32)]);
    bytes
}

pub(super) fn api_key() -> ApiKey {
    ApiKey {
        id: ApiKeyId::from_bytes(fresh()),
        name: "key".into(),
        curve: Curve::P256,
        public_key: bytes::<33>().to_vec(),
        expiration_seconds: Some(3600),
        created_at: at(0),
    }
}

pub(super) fn authenticator() -> Authenticator {
    Authenticator {
        id: AuthenticatorId::from_bytes(fresh()),
        name: "passkey".into(),
        credential_id: bytes::<20>().to_vec(),
        public_key: vec![0xa5, 1],
        rp_id_hash: [7; 32],
        aaguid: [8; 16],
        attestation_type: "none".into(),
        transports: vec![
            "AUTHENTICATOR_TRANSPORT_HYBRID".into(),
            "AUTHENTICATOR_TRANSPORT_USB".into(),
        ],
        backup_eligible: true,
        created_at: at(0),
    }
}

pub(super) fn user(name: &str) -> User {
    User {
        id: UserId::from_bytes(fresh()),
        name: name.into(),
        email: Some(format!("{name}@example.com")),
        phone: None,
        tags: Vec::new(),
        api_keys: vec![api_key()],
        authenticators: vec![authenticator()],
        created_at: at(0),
        updated_at: at(0),
    }
}

pub(super) fn tag(kind: TagKind) -> Tag {
    let id = TagId::from_bytes(fresh());
    Tag {
        id,
        name: "tag".into(),
        kind,
        created_at: at(0),
        updated_at: at(0),
    }
}

pub(super) fn wallet() -> Wallet {
    Wallet {
        id: WalletId::from_bytes(fresh()),
        name: "wallet".into(),
        seed: Sealed::from_bytes(vec![1, 2, 3]),
        exported: false,
        imported: true,
        created_at: at(0),
        updated_at: at(0),
    }
}

pub(super) fn private_key() -> PrivateKey {
    PrivateKey {
        id: PrivateKeyId::from_bytes(fresh()),
        name: "raw".into(),
        curve: Curve::Ed25519,
        public_key: vec![9; 32],
        secret: Sealed::from_bytes(vec![4, 5]),
        addresses: vec![
            (AddressFormat::Solana, "So1".into()),
            (AddressFormat::Sui, "0xAB".into()),
        ],
        tags: Vec::new(),
        exported: false,
        imported: false,
        created_at: at(0),
        updated_at: at(0),
    }
}

pub(super) fn account(organisation: OrganisationId, wallet: WalletId, path: u32) -> WalletAccount {
    let id = fresh();
    WalletAccount {
        id: WalletAccountId::from_bytes(id),
        organisation,
        wallet,
        curve: Curve::Secp256k1,
        path: format!("m/44'/60'/0'/0/{path}").parse().unwrap(),
        address_format: AddressFormat::Ethereum,
        address: format!("0xAbCd{}", u128::from_be_bytes(id)),
        public_key: bytes::<33>().to_vec(),
        name: Some("account".into()),
        exported: false,
        created_at: at(u64::from(path)),
        updated_at: at(u64::from(path)),
    }
}

/// An organisation with one of everything.
pub(super) fn organisation(parent: Option<OrganisationId>) -> Organisation {
    let (user_tag, key_tag) = (tag(TagKind::User), tag(TagKind::PrivateKey));
    let mut user = user("ann");
    user.tags.push(user_tag.id);
    let mut key = private_key();
    key.tags.push(key_tag.id);
    let wallet = wallet();
    Organisation {
        id: OrganisationId::from_bytes(fresh()),
        parent,
        name: "organisation".into(),
        revision: 0,
        quorum: Quorum {
            threshold: 1,
            users: vec![user.id],
        },
        users: BTreeMap::from([(user.id, user)]),
        tags: BTreeMap::from([(user_tag.id, user_tag), (key_tag.id, key_tag)]),
        features: BTreeMap::from([
            (FeatureName::EmailAuth, None),
            (
                FeatureName::WebauthnOrigins,
                Some("https://example.com".into()),
            ),
        ]),
        wallets: BTreeMap::from([(wallet.id, wallet)]),
        private_keys: BTreeMap::from([(key.id, key)]),
        created_at: at(0),
        updated_at: at(0),
    }
}

pub(super) fn vote(selection: Selection) -> Vote {
    Vote {
        id: VoteId::from_bytes(fresh()),
        user: UserId::from_bytes(fresh()),
        selection,
        message: b"{\"body\":1}".to_vec(),
        public_key: "02ab".into(),
        signature: "3045".into(),
        scheme: "SIGNATURE_SCHEME_TK_API_P256".into(),
        created_at: at(1),
    }
}

/// A completed activity with a body of its own.
pub(super) fn activity(organisation: OrganisationId) -> Activity {
    let body = format!("{{\"n\":{}}}", u128::from_be_bytes(fresh())).into_bytes();
    let mut fingerprint = [0; 32];
    fingerprint.copy_from_slice(digest(&SHA256, &body).as_ref());
    let mut own = vote(Selection::Approved);
    own.message.clone_from(&body);
    Activity {
        id: ActivityId::from_bytes(fresh()),
        organisation,
        kind: "ACTIVITY_TYPE_SIGN_RAW_PAYLOAD_V2".into(),
        fingerprint,
        body,
        status: ActivityStatus::Completed(Done::QuorumUpdated),
        votes: vec![own],
        created_at: at(1),
        updated_at: at(1),
    }
}

/// A batch on an organisation at a revision.
pub(super) fn batch(organisation: OrganisationId, revision: u64, changes: Vec<Change>) -> Batch {
    Batch {
        organisation,
        revision,
        session: None,
        activity: activity(organisation),
        target: None,
        changes,
    }
}

/// A store with one root organisation in it.
pub(super) async fn founded(store: &Store) -> Organisation {
    let organisation = organisation(None);
    store
        .found(organisation.clone(), activity(organisation.id))
        .await
        .unwrap();
    organisation
}

/// Records changes to an organisation of the tenant `tenant` as it is now.
pub(super) async fn change(
    store: &Store,
    organisation: &Organisation,
    changes: Vec<Change>,
) -> Result<Recorded<Activity>, RecordError> {
    let now = store.organisation(organisation.id).await.unwrap().unwrap();
    let batch = batch(organisation.id, now.revision, changes);
    store.record_in(organisation.root_id(), batch).await
}

/// Every row of every table, to compare before and after.
pub(super) async fn everything(store: &Store) -> String {
    const TABLES: [&str; 24] = [
        "organisations",
        "quorum_members",
        "features",
        "tags",
        "users",
        "user_tags",
        "api_keys",
        "authenticators",
        "wallets",
        "wallet_accounts",
        "private_keys",
        "private_key_addresses",
        "private_key_tags",
        "activities",
        "votes",
        "log_entries",
        "tenants",
        "tenant_secrets",
        "token_keys",
        "tenant_users",
        "passkeys",
        "ceremonies",
        "transactions",
        "tenant_events",
    ];
    let dump = store.read(|connection| {
        let mut dump = String::new();
        for table in TABLES {
            let sql: &'static str = format!("SELECT * FROM {table} ORDER BY 1, 2, 3").leak();
            let statement = crate::sql::Statement { name: sql, sql };
            dump += &format!("{table}: {:?}\n", connection.query(&statement, &[])?);
        }
        Ok(dump)
    });
    dump.await.unwrap()
}

/// The organisation as it is now.
pub(super) async fn load(store: &Store, id: OrganisationId) -> Arc<Organisation> {
    store.organisation(id).await.unwrap().unwrap()
}

//! An organisation with a few people in it, and evidence that one of them asked for something.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use rules::activity::{Activity, ActivityStatus, Selection, Vote};
use rules::command::{Command, Submission};
use rules::decide::Submitted;
use rules::facts::{Facts, Found};
use rules::{ApiKey, Decision, Organisation, Quorum, User, decide};
use verify::stamp::KeyCache;
use verify::webauthn::RelyingParty;
use verify::{Claim, Credential, CredentialKey, SessionCredential, Signer};
use wire::activities::SigningType;
use wire::id::{ActivityId, ApiKeyId, OrganisationId, UserId, VoteId};
use wire::{RawRequest, Timestamp};

/// When everything here happens.
pub const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

/// The organisation that is addressed.
pub const HERE: OrganisationId = OrganisationId::from_bytes([1; 16]);
/// Its parent, where it has one.
pub const PARENT: OrganisationId = OrganisationId::from_bytes([2; 16]);
/// A root organisation that has nothing to do with it.
pub const ELSEWHERE: OrganisationId = OrganisationId::from_bytes([3; 16]);

/// Members of the root quorum, where it is large enough.
pub const ANNA: UserId = UserId::from_bytes([11; 16]);
pub const BEN: UserId = UserId::from_bytes([12; 16]);
/// Users outside the root quorum.
pub const CLARA: UserId = UserId::from_bytes([13; 16]);
pub const DAVID: UserId = UserId::from_bytes([14; 16]);

/// The organisation with these members of its root quorum, all of whom must agree.
pub fn organisation(members: &[UserId]) -> Organisation {
    let threshold = u32::try_from(members.len()).unwrap();
    Organisation {
        id: HERE,
        parent: None,
        name: "Here".to_owned(),
        revision: 7,
        quorum: Quorum {
            threshold,
            users: members.to_vec(),
        },
        users: [ANNA, BEN, CLARA, DAVID]
            .into_iter()
            .map(|id| (id, user(id)))
            .collect(),
        tags: BTreeMap::new(),
        features: BTreeMap::new(),
        wallets: BTreeMap::new(),
        private_keys: BTreeMap::new(),
        created_at: NOW,
        updated_at: NOW,
    }
}

/// A user with one API key that lasts.
pub fn user(id: UserId) -> User {
    User {
        id,
        name: id.to_string(),
        email: None,
        phone: None,
        tags: Vec::new(),
        api_keys: vec![ApiKey {
            id: api_key(id),
            name: "key".to_owned(),
            curve: wire::keys::Curve::P256,
            public_key: id.as_bytes().to_vec(),
            expiration_seconds: None,
            created_at: NOW,
        }],
        authenticators: Vec::new(),
        created_at: NOW,
        updated_at: NOW,
    }
}

/// The API key of a [`user`].
pub fn api_key(owner: UserId) -> ApiKeyId {
    ApiKeyId::from_bytes(*owner.as_bytes())
}

/// What a decision about a command that `user` just sent rests on.
pub fn facts(organisation: &Organisation, user: UserId, found: Found) -> Facts {
    Facts {
        organisation: Arc::new(organisation.clone()),
        parent: None,
        approvals: vec![user],
        found,
    }
}

/// An activity that waits, with approvals by these users' API keys.
pub fn held(approvals: &[UserId]) -> Activity {
    Activity {
        id: ActivityId::from_bytes([21; 16]),
        organisation: HERE,
        kind: "ACTIVITY_TYPE_CREATE_WALLET".to_owned(),
        fingerprint: [22; 32],
        body: Vec::new(),
        status: ActivityStatus::Held,
        votes: approvals.iter().map(|user| approval(*user)).collect(),
        created_at: NOW,
        updated_at: NOW,
    }
}

fn approval(user: UserId) -> Vote {
    Vote {
        id: VoteId::from_bytes(*user.as_bytes()),
        user,
        selection: Selection::Approved,
        message: Vec::new(),
        public_key: wire::encoding::hex::encode(user.as_bytes()),
        signature: String::new(),
        scheme: String::new(),
        created_at: NOW,
    }
}

/// Decides a command that a user of `home` stamps and sends to [`HERE`].
pub fn judged(home: OrganisationId, user: UserId, command: Command, facts: &Facts) -> Decision {
    let key = testkit::ApiKey::p256(1);
    let held = CredentialKey::ApiKey {
        curve: key.curve(),
        public_key: key.public_key(),
        expires_at: None,
    };
    let signer = Signer { home, user };
    decide(&submitted(signer, &key, held, command), facts, NOW)
}

/// Decides a command that a session's key stamps for a user of `home`, if it may stamp these.
pub fn judged_by_session(
    signer: Signer,
    may: &[SigningType],
    command: Command,
    facts: &Facts,
) -> Decision {
    let key = testkit::ApiKey::ed25519(1);
    let session = CredentialKey::Session(SessionCredential {
        public_key: key.public_key().try_into().unwrap(),
        expires_at: NOW.plus_seconds(1),
        is_revoked: false,
        may: may.iter().copied().collect(),
    });
    decide(&submitted(signer, &key, session, command), facts, NOW)
}

/// Evidence, which only `verify` can make: a body is stamped and authenticated for real.
fn submitted(
    signer: Signer,
    by: &testkit::ApiKey,
    key: CredentialKey,
    command: Command,
) -> Submitted {
    let body = format!(r#"{{"organizationId":"{HERE}"}}"#).into_bytes();
    let raw = RawRequest {
        path: "/public/v1/submit/anything".to_owned(),
        stamp: Some(by.stamp(&body).1),
        webauthn_stamp: None,
        body,
    };
    let credential = Credential {
        tenant: signer.home,
        signer,
        key,
    };
    let claim = Claim::read(&raw).unwrap();
    let relying_party = RelyingParty::new("example.org", &[]);
    let keys = KeyCache::new(1);
    let authenticated =
        verify::authenticate(raw, claim, &credential, &relying_party, &keys, NOW).unwrap();
    let kind = format!("ACTIVITY_TYPE_{}", command.entry().name);
    let submission = Submission {
        organisation: HERE,
        command,
        kind,
        timestamp: NOW,
        audience: None,
    };
    authenticated.read(|_, _| Ok::<_, ()>(submission)).unwrap()
}

/// Compares a table with the file somebody reviewed, by its path in the repository.
/// `ZEGEL_UPDATE_TABLES=1` writes it.
#[expect(
    clippy::disallowed_methods,
    reason = "the rules do no I/O; their tests read a table"
)]
pub fn check_table(file: &str, table: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(file);
    if std::env::var_os("ZEGEL_UPDATE_TABLES").is_some() {
        std::fs::write(&file, table).unwrap();
    }
    let reviewed = std::fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(table, reviewed, "{}", file.display());
}

use std::collections::BTreeMap;

use serde_json::json;
use testkit::Passkey;
use wire::activities::SigningType;
use wire::environment::Environment;
use wire::id::{AuthenticatorId, OrganisationId, TenantId, UserId};

use super::*;
use crate::tenant::{ActivityScope, Config, SessionKey, SessionScope, Used};
use crate::{FeatureName, Quorum};

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);
const KEY: Address = Address::from_bytes([9; 32]);
const HERE: OrganisationId = OrganisationId::from_bytes([1; 16]);
const PARENT: OrganisationId = OrganisationId::from_bytes([2; 16]);
const ANNA: UserId = UserId::from_bytes([11; 16]);
const BEN: UserId = UserId::from_bytes([12; 16]);

/// Everything that a stamp hangs on.
struct World {
    key: Address,
    account: PasskeyAccount,
    tenant: Tenant,
    organisation: Organisation,
    root: Organisation,
}

fn passkey(seed: u64, rp_id: &str) -> Passkey {
    Passkey::es256(seed, rp_id, &format!("https://{rp_id}"))
}

fn authenticator(passkey: &Passkey, id: u8) -> Authenticator {
    Authenticator {
        id: AuthenticatorId::from_bytes([id; 16]),
        name: "phone".to_owned(),
        credential_id: vec![id; 16],
        public_key: passkey.public_key(),
        rp_id_hash: passkey.rp_id_hash(),
        aaguid: [0; 16],
        attestation_type: "none".to_owned(),
        transports: Vec::new(),
        backup_eligible: false,
        created_at: NOW,
    }
}

fn user(id: UserId, authenticators: Vec<Authenticator>) -> (UserId, User) {
    let user = User {
        id,
        name: "somebody".to_owned(),
        email: None,
        phone: None,
        tags: Vec::new(),
        api_keys: Vec::new(),
        authenticators,
        created_at: NOW,
        updated_at: NOW,
    };
    (id, user)
}

fn organisation(id: OrganisationId, parent: Option<OrganisationId>) -> Organisation {
    Organisation {
        id,
        parent,
        name: "Here".to_owned(),
        revision: 7,
        quorum: Quorum {
            threshold: 1,
            users: vec![ANNA],
        },
        users: BTreeMap::new(),
        tags: BTreeMap::new(),
        features: BTreeMap::new(),
        wallets: BTreeMap::new(),
        private_keys: BTreeMap::new(),
        created_at: NOW,
        updated_at: NOW,
    }
}

fn config() -> Config {
    let ceremonies = json!({
        "timeout": 60_000, "user_verification": "required", "attestation_preference": "none",
        "resident_key_requirement": "required",
    });
    let mut webauthn = ceremonies.clone();
    webauthn["relying_party"] = json!({
        "id": "app.example", "display_name": "App", "origins": ["https://app.example"],
    });
    let config = json!({
        "cors": { "allowed_origins": [], "allow_unsafe_wildcard": false },
        "webauthn": webauthn, "mfa": ceremonies,
        "zegel": { "sessions": { "organizations": [HERE] } },
    });
    serde_json::from_value(config).unwrap()
}

fn world() -> World {
    let own = passkey(1, "app.example");
    let mut here = organisation(HERE, Some(PARENT));
    here.users = [
        user(ANNA, vec![authenticator(&own, 1)]),
        user(BEN, vec![authenticator(&passkey(2, "app.example"), 2)]),
    ]
    .into();
    World {
        key: KEY,
        account: PasskeyAccount {
            environment: Environment::Sandbox,
            address: Address::from_bytes([5; 32]),
            public_key: key_from_cose(&own.public_key())
                .unwrap()
                .as_bytes()
                .to_vec(),
            credential_id: None,
            rp_id: "app.example".to_owned(),
            session: Some(SessionKey {
                key: KEY,
                lifetime_seconds: 900,
                expires_at_seconds: 1_800_000_900,
                scope: SessionScope {
                    activities: Some(Box::new(ActivityScope {
                        organisation: HERE,
                        types: [SigningType::RawPayload].into(),
                    })),
                    ..SessionScope::default()
                },
                used: Used::default(),
                is_revoked: false,
            }),
            sign_count: 0,
            revision: Some(0),
            created_at: NOW,
            updated_at: NOW,
        },
        tenant: Tenant {
            id: TenantId::from_bytes([3; 16]),
            name: "App".to_owned(),
            config: config(),
            secrets: Vec::new(),
            token_keys: Vec::new(),
            revision: 0,
            created_at: NOW,
            updated_at: NOW,
        },
        organisation: here,
        root: organisation(PARENT, None),
    }
}

fn found(world: &World) -> Vec<Credential> {
    let addressed = Addressed {
        organisation: &world.organisation,
        root: &world.root,
    };
    credentials(&world.key, &world.account, &world.tenant, addressed)
}

fn session(world: &mut World) -> &mut SessionKey {
    world.account.session.as_mut().unwrap()
}

fn activities(world: &mut World) -> &mut ActivityScope {
    session(world).scope.activities.as_mut().unwrap()
}

fn anna(world: &mut World) -> &mut User {
    world.organisation.users.get_mut(&ANNA).unwrap()
}

#[test]
fn t47_a_key_leads_to_the_user_who_has_its_passkey() {
    let mut world = world();
    let credential = |is_revoked| Credential {
        tenant: PARENT,
        signer: Signer {
            home: HERE,
            user: ANNA,
        },
        key: CredentialKey::Session(SessionCredential {
            public_key: [9; 32],
            expires_at: Timestamp::from_millis(1_800_000_900_000),
            is_revoked,
            may: [SigningType::RawPayload].into(),
        }),
    };
    assert_eq!(found(&world), [credential(false)]);
    // That it was taken away is for its holder to hear.
    session(&mut world).is_revoked = true;
    assert_eq!(found(&world), [credential(true)]);
}

#[test]
fn t47_it_leads_to_nobody_once_anything_it_hangs_on_is_gone() {
    type Change = fn(&mut World);
    let changes: [(&str, Change); 15] = [
        ("another key", |w| w.key = Address::from_bytes([8; 32])),
        ("another session", |w| {
            session(w).key = Address::from_bytes([8; 32]);
        }),
        ("no session", |w| w.account.session = None),
        ("nothing to stamp", |w| session(w).scope.activities = None),
        ("for another organisation", |w| {
            activities(w).organisation = PARENT
        }),
        ("in another organisation", |w| {
            w.organisation.id = OrganisationId::from_bytes([4; 16]);
        }),
        ("not listed", |w| {
            w.tenant.config.zegel.sessions.organisations.clear();
        }),
        ("the parent listed", |w| {
            w.tenant.config.zegel.sessions.organisations = vec![PARENT];
        }),
        ("no passkey", |w| anna(w).authenticators.clear()),
        ("no user", |w| {
            w.organisation.users.remove(&ANNA);
        }),
        ("another passkey", |w| {
            anna(w).authenticators = vec![authenticator(&passkey(3, "app.example"), 3)];
        }),
        ("the same key for another page", |w| {
            anna(w).authenticators = vec![authenticator(&passkey(1, "evil.example"), 1)];
        }),
        ("an account of another page", |w| {
            w.account.rp_id = "evil.example".to_owned();
        }),
        ("a key that is none", |w| {
            anna(w).authenticators[0].public_key = vec![0xa0];
        }),
        ("other pages listed", |w| {
            let other = Some("https://elsewhere.example".to_owned());
            w.root.features.insert(FeatureName::WebauthnOrigins, other);
        }),
    ];
    for (what, change) in changes {
        let mut world = world();
        change(&mut world);
        assert_eq!(found(&world), [], "{what}");
    }
    let mut listed = world();
    let own = Some("https://app.example".to_owned());
    listed
        .root
        .features
        .insert(FeatureName::WebauthnOrigins, own);
    assert_eq!(found(&listed).len(), 1, "its own page listed");
}

#[test]
fn t45_two_who_have_the_passkey_are_both_told_of() {
    let mut world = world();
    let twin = authenticator(&passkey(1, "app.example"), 7);
    let ben = world.organisation.users.get_mut(&BEN).unwrap();
    ben.authenticators.push(twin);
    let users: Vec<UserId> = found(&world)
        .iter()
        .map(|found| found.signer.user)
        .collect();
    assert_eq!(users, [ANNA, BEN]);
}

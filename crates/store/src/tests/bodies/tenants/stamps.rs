//! Session keys that stamp requests of an organisation.

use rules::tenant::{ActivityScope, PasskeyAccount, SessionKey, SessionScope, TenantChange, Used};
use wire::activities::SigningType;
use wire::environment::Environment;
use wire::id::{OrganisationId, TenantId};
use wire::solana::Address;

use super::super::super::fixtures::tenant::{founded_tenant, record};
use super::super::super::fixtures::{at, batch, founded};
use super::is_conflict;
use crate::{SessionRead, Stamping, Store};

const KEY: Address = Address::from_bytes([9; 32]);
const OTHER_KEY: Address = Address::from_bytes([8; 32]);
const HERE: OrganisationId = OrganisationId::from_bytes([1; 16]);
const ELSEWHERE: OrganisationId = OrganisationId::from_bytes([2; 16]);

fn session(key: Address, organisation: Option<OrganisationId>) -> SessionKey {
    SessionKey {
        key,
        lifetime_seconds: 900,
        expires_at_seconds: 2_000,
        scope: SessionScope {
            activities: organisation.map(|organisation| {
                Box::new(ActivityScope {
                    organisation,
                    types: [SigningType::RawPayload].into(),
                })
            }),
            ..SessionScope::default()
        },
        used: Used::default(),
        is_revoked: false,
    }
}

fn account(name: u8, session: Option<SessionKey>) -> PasskeyAccount {
    PasskeyAccount {
        environment: Environment::Sandbox,
        address: Address::from_bytes([name; 32]),
        public_key: vec![name; 33],
        credential_id: None,
        rp_id: "auth.example".into(),
        session,
        sign_count: 0,
        revision: None,
        created_at: at(1),
        updated_at: at(1),
    }
}

async fn keep(store: &Store, tenant: TenantId, account: &PasskeyAccount) {
    let kept = Box::new(account.clone());
    let change = match account.revision {
        Some(_) => TenantChange::UpdateAccount(kept),
        None => TenantChange::InsertAccount(kept),
    };
    record(store, tenant, vec![change]).await.unwrap();
}

async fn read(store: &Store, of: Stamping) -> PasskeyAccount {
    let found = store.passkey_account(of.tenant, of.environment, of.address);
    found.await.unwrap().unwrap()
}

fn at_of(tenant: TenantId, name: u8) -> Stamping {
    Stamping {
        tenant,
        environment: Environment::Sandbox,
        address: Address::from_bytes([name; 32]),
    }
}

pub(in crate::tests) async fn t47_a_session_key_is_found_by_key_and_organisation(store: Store) {
    let tenant = founded_tenant(&store).await.id;
    let neighbour = founded_tenant(&store).await.id;
    let stamping = async |key, organisation| store.stamping(key, organisation, 9).await.unwrap();
    keep(&store, tenant, &account(1, Some(session(KEY, Some(HERE))))).await;
    keep(&store, tenant, &account(2, Some(session(KEY, None)))).await;
    keep(&store, tenant, &account(3, None)).await;
    let own = at_of(tenant, 1);
    assert_eq!(stamping(KEY, HERE).await, [own]);
    assert_eq!(stamping(KEY, ELSEWHERE).await, []);
    assert_eq!(stamping(OTHER_KEY, HERE).await, []);

    // Several are told of, for the caller to refuse (threat T45).
    let twin = account(1, Some(session(KEY, Some(HERE))));
    keep(&store, neighbour, &twin).await;
    assert_eq!(stamping(KEY, HERE).await.len(), 2);
    assert_eq!(store.stamping(KEY, HERE, 1).await.unwrap().len(), 1);
    let mut gone = read(&store, at_of(neighbour, 1)).await;
    gone.session = None;
    keep(&store, neighbour, &gone).await;
    assert_eq!(stamping(KEY, HERE).await, [own]);

    // One that was taken away is still found: that it was is told to its holder.
    let mut taken = read(&store, own).await;
    taken.session.as_mut().unwrap().is_revoked = true;
    keep(&store, tenant, &taken).await;
    assert_eq!(stamping(KEY, HERE).await, [own]);

    // Another key, or another organisation, takes its place.
    let mut other = read(&store, own).await;
    other.session = Some(session(OTHER_KEY, Some(HERE)));
    keep(&store, tenant, &other).await;
    assert_eq!(stamping(KEY, HERE).await, []);
    assert_eq!(stamping(OTHER_KEY, HERE).await, [own]);
    let mut other = read(&store, own).await;
    other.session = Some(session(OTHER_KEY, Some(ELSEWHERE)));
    keep(&store, tenant, &other).await;
    assert_eq!(stamping(OTHER_KEY, HERE).await, []);
    record(&store, tenant, vec![TenantChange::DeleteTenant])
        .await
        .unwrap();
    assert_eq!(stamping(OTHER_KEY, ELSEWHERE).await, [], "t47");
}

pub(in crate::tests) async fn t47_what_a_session_stamped_rests_on_the_session_as_it_was(
    store: Store,
) {
    let organisation = founded(&store).await;
    let tenant = founded_tenant(&store).await;
    let of = at_of(tenant.id, 1);
    let bound = account(1, Some(session(KEY, Some(organisation.id))));
    keep(&store, tenant.id, &bound).await;
    let read_at = |tenant_revision, revision| SessionRead {
        of,
        tenant_revision,
        revision,
    };
    // Whether a batch that rests on it was recorded, or has met a conflict.
    let is_recorded = async |session| {
        let mut batch = batch(organisation.id, organisation.revision, Vec::new());
        batch.session = Some(session);
        let recorded = store.record_in(organisation.id, batch).await.map(|_| ());
        assert!(recorded.is_ok() || is_conflict(&recorded), "{recorded:?}");
        recorded.is_ok()
    };
    assert!(is_recorded(read_at(0, 0)).await);
    for stale in [
        read_at(1, 0),
        read_at(0, 1),
        SessionRead {
            of: at_of(tenant.id, 2),
            ..read_at(0, 0)
        },
        SessionRead {
            of: Stamping {
                environment: Environment::Devnet,
                ..of
            },
            ..read_at(0, 0)
        },
    ] {
        assert!(!is_recorded(stale).await, "{stale:?}");
    }
    let mut taken = read(&store, of).await;
    taken.session.as_mut().unwrap().is_revoked = true;
    keep(&store, tenant.id, &taken).await;
    assert!(
        !is_recorded(read_at(0, 0)).await,
        "it was taken away meanwhile"
    );
    assert!(is_recorded(read_at(0, 1)).await);
    let renamed = TenantChange::UpdateTenant {
        name: "other".to_owned(),
        config: Box::new(tenant.config.clone()),
        at: at(2),
    };
    record(&store, tenant.id, vec![renamed]).await.unwrap();
    assert!(
        !is_recorded(read_at(0, 1)).await,
        "its tenant was set otherwise meanwhile"
    );
    assert!(is_recorded(read_at(1, 1)).await);
}

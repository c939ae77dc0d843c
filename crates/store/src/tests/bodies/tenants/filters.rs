//! Finding events, whatever the filter says.

use rules::tenant::{EventKind, Source};

use super::super::super::fixtures::tenant::*;
use super::super::super::fixtures::*;
use crate::{EventFilter, Page, Store};

/// The `detail.n` of what is found, and how many there are in all.
async fn found(store: &Store, filter: EventFilter, page: Page) -> (Vec<u64>, u64) {
    let tenant = store.tenants().await.unwrap()[0].0;
    let listed = store.events(tenant, &filter, page).await.unwrap();
    let numbers = listed
        .items
        .iter()
        .map(|event| event.detail["n"].as_u64().unwrap());
    (numbers.collect(), listed.total)
}

/// Five events, the third a failure, and as many in another tenant.
async fn recorded(store: &Store) {
    let tenants = [
        founded_tenant(store).await.id,
        founded_tenant(store).await.id,
    ];
    for tenant in tenants {
        for (n, kind, user_id, ip) in [
            (0, EventKind::RegistrationInit, Some("ann"), "203.0.113.7"),
            (
                1,
                EventKind::CredentialDeleted,
                Some("Anna%"),
                "2001:db8::7",
            ),
            (
                2,
                EventKind::AuthenticationFinal,
                Some("bob_1"),
                "203.0.113.70",
            ),
            (3, EventKind::AuthenticationFinal, None, ""),
            (
                4,
                EventKind::MfaAuthenticationFinal,
                Some("o'\\x"),
                "203.0.113.7",
            ),
        ] {
            let mut event = event(tenant, kind);
            event.user_id = user_id.map(str::to_owned);
            event.source = Source::new(ip, "", "");
            event.at = at(100 + n);
            event.error = (n == 2).then(|| "refused".to_owned());
            event.detail = serde_json::json!({ "n": n });
            record_event(store, event, vec![]).await.unwrap();
        }
    }
}

pub(in crate::tests) async fn events_are_found_by_each_filter(store: Store) {
    recorded(&store).await;
    let all = EventFilter::default;
    let since = |from, to| EventFilter {
        from: Some(at(from)),
        to: Some(at(to)),
        ..all()
    };
    let types = |types: &[&str]| EventFilter {
        types: types.iter().map(|&name| name.to_owned()).collect(),
        ..all()
    };
    let user = |part: &str| EventFilter {
        user_id_contains: Some(part.to_owned()),
        ..all()
    };
    let ip = |part: &str| EventFilter {
        ip_contains: Some(part.to_owned()),
        ..all()
    };
    let any = |part: &str| EventFilter {
        q: Some(part.to_owned()),
        ..all()
    };
    // 99 is the founding.
    for (filter, expected) in [
        (all(), vec![4, 3, 2, 1, 0, 99]),
        (since(101, 103), vec![2, 1]),
        (since(103, 101), vec![]),
        (types(&["webauthn_registration_init_succeeded"]), vec![0]),
        (types(&["webauthn_credential_deleted"]), vec![1]),
        (types(&["webauthn_authentication_final_failed"]), vec![2]),
        (types(&["webauthn_authentication_final_succeeded"]), vec![3]),
        (
            types(&[
                "webauthn_authentication_final_succeeded",
                "webauthn_authentication_final_failed",
                "webauthn_credential_deleted",
                "unknown",
            ]),
            vec![3, 2, 1],
        ),
        (types(&["webauthn_authentication_final"]), vec![]),
        (types(&[""]), vec![]),
        (user("ann"), vec![0, 99]),
        (user("nn"), vec![1, 0, 99]),
        (user("%"), vec![1]),
        (user("_"), vec![2]),
        (user("'\\"), vec![4]),
        (user(""), vec![4, 3, 2, 1, 0, 99]),
        (ip("203.0.113.7"), vec![4, 2, 0, 99]),
        (ip("db8"), vec![1]),
        (ip("DB8"), vec![]),
        (any("7"), vec![4, 2, 1, 0, 99]),
        (any("bob"), vec![2]),
        (any("nobody"), vec![]),
        (
            EventFilter {
                q: Some("ann".into()),
                ..ip("113")
            },
            vec![0, 99],
        ),
    ] {
        let what = format!("{filter:?}");
        let total = expected.len() as u64;
        assert_eq!(
            found(&store, filter, ALL).await,
            (expected, total),
            "{what}"
        );
    }
    let page = |number, size| found(&store, all(), Page { number, size });
    assert_eq!(page(1, 2).await, (vec![4, 3], 6));
    assert_eq!(page(3, 2).await, (vec![0, 99], 6));
    assert_eq!(page(4, 2).await, (vec![], 6));
    assert_eq!(page(1, 0).await, (vec![], 6));
}

/// Each of these found another tenant's events, or all of this one's, in a server that built its
/// statement from them.
const HOSTILE: [&str; 12] = [
    "x') OR true OR type IN ('x",
    "' OR '1'='1",
    "'; DROP TABLE tenant_events; --",
    "' UNION SELECT hash FROM tenant_secrets --",
    "\" OR \"\"=\"",
    "\\' OR 1=1 --",
    "%",
    "_",
    "$1",
    "?1 OR 1=1",
    ",",
    "\0",
];

pub(in crate::tests) async fn no_filter_is_ever_read_as_sql(store: Store) {
    recorded(&store).await;
    let before = everything(&store).await;
    let tenant = store.tenants().await.unwrap()[0].0;
    for text in HOSTILE {
        let part = Some(text.to_owned());
        for filter in [
            EventFilter {
                types: vec![text.to_owned(), "unknown".into()],
                ..EventFilter::default()
            },
            EventFilter {
                user_id_contains: part.clone(),
                ..EventFilter::default()
            },
            EventFilter {
                ip_contains: part.clone(),
                ..EventFilter::default()
            },
            EventFilter {
                q: part,
                ..EventFilter::default()
            },
        ] {
            let by_user = filter.user_id_contains.is_some() || filter.q.is_some();
            let expected = match text {
                "%" if by_user => vec![1],
                "_" if by_user => vec![2],
                _ => vec![],
            };
            let total = expected.len() as u64;
            let what = format!("{filter:?}");
            assert_eq!(
                found(&store, filter, ALL).await,
                (expected, total),
                "{what}"
            );
        }
        assert_eq!(store.tenant_user(tenant, text).await.unwrap(), None);
        assert_eq!(store.transaction(tenant, text).await.unwrap(), None);
        let listed = store.passkeys(tenant, Some(text), ALL, true).await.unwrap();
        assert_eq!(listed.total, 0);
        let listed = store.transactions(tenant, Some(text), ALL).await.unwrap();
        assert_eq!(listed.total, 0);
        let found = store.passkey(tenant, text.as_bytes()).await.unwrap();
        assert_eq!(found, None);
    }
    assert_eq!(everything(&store).await, before);
}

//! Ceremonies: begun once, spent once, swept.

use rules::tenant::TenantChange;

use super::super::super::fixtures::tenant::*;
use super::super::super::fixtures::*;
use super::{done_of_a_hundred, is_conflict};
use crate::Store;

pub(in crate::tests) async fn a_ceremony_comes_back_until_it_is_spent(store: Store) {
    let (tenant, user, _) = populated(&store).await;
    for begun in [ceremony(), registration(&user)] {
        let open = vec![TenantChange::OpenCeremony(begun.clone())];
        record_silently(&store, tenant, open).await.unwrap();
        // From memory, and from the store.
        for _ in 0..2 {
            let found = store.ceremony(tenant, &begun.challenge).await.unwrap();
            assert_eq!(found.as_deref(), Some(&begun));
            store.memory().forget_all();
        }
        let again = vec![TenantChange::OpenCeremony(begun.clone())];
        assert!(is_conflict(&record_silently(&store, tenant, again).await));
        assert!(
            store
                .ceremony(tenant, &begun.challenge)
                .await
                .unwrap()
                .is_some()
        );

        let spend = || vec![TenantChange::SpendCeremony(begun.challenge.clone())];
        record(&store, tenant, spend()).await.unwrap();
        let found = store.ceremony(tenant, &begun.challenge).await.unwrap();
        assert_eq!(found, None);
        assert!(is_conflict(&record(&store, tenant, spend()).await));
    }
    let mut unknown = ceremony().challenge;
    assert_eq!(store.ceremony(tenant, &unknown).await.unwrap(), None);
    unknown.clear();
    assert_eq!(store.ceremony(tenant, &unknown).await.unwrap(), None);
}

pub(in crate::tests) async fn t28_of_a_hundred_who_spend_a_ceremony_one_does(store: Store) {
    let (tenant, _, passkey) = populated(&store).await;
    for round in 0..3 {
        let begun = ceremony();
        let open = vec![TenantChange::OpenCeremony(begun.clone())];
        record_silently(&store, tenant, open).await.unwrap();
        let head = store.head().size;
        let done = done_of_a_hundred(|| {
            let (store, challenge) = (store.clone(), begun.challenge.clone());
            let id = passkey.credential_id.clone();
            async move {
                let passkey = store.passkey(tenant, &id).await?.unwrap();
                let changes = vec![
                    TenantChange::SpendCeremony(challenge),
                    TenantChange::UpdatePasskey(used(&passkey, 1)),
                ];
                record(&store, tenant, changes).await
            }
        });
        assert_eq!(done.await, 1, "round {round}");
        assert_eq!(store.head().size, head + 1);
    }
    let id = &passkey.credential_id;
    let found = store.passkey_as_stored(tenant, id).await.unwrap().unwrap();
    assert_eq!(found.revision, 3);
    assert_eq!(store.audit().await.unwrap().damage, None);
}

pub(in crate::tests) async fn t125_ceremonies_that_ended_are_swept(store: Store) {
    let tenants = [
        founded_tenant(&store).await.id,
        founded_tenant(&store).await.id,
    ];
    let mut begun = Vec::new();
    for n in 0..1_300 {
        let mut ceremony = ceremony();
        ceremony.expires_at = at(n);
        begun.push(ceremony);
    }
    for (tenant, part) in tenants.into_iter().zip(begun.chunks(650)) {
        let open = part.iter().cloned().map(TenantChange::OpenCeremony);
        record_silently(&store, tenant, open.collect())
            .await
            .unwrap();
    }
    let head = store.head();
    // At its end a ceremony is over; an instant before it is not.
    assert_eq!(store.sweep_ended(at(1_199)).await.unwrap(), 1_200);
    assert_eq!(store.sweep_ended(at(1_199)).await.unwrap(), 0);
    assert_eq!(store.head(), head);
    store.memory().forget_all();
    let [over, open] = [&begun[1_199], &begun[1_200]].map(|ceremony| &ceremony.challenge);
    assert_eq!(store.ceremony(tenants[1], over).await.unwrap(), None);
    assert!(store.ceremony(tenants[1], open).await.unwrap().is_some());
}

//! What is promised in memory is promised on every store.
//!
//! The tests of the other files make their worlds in memory, each in a process of its own. Here
//! the same tests are called once more, one after another, on SQLite in a directory and on a
//! PostgreSQL server that is started once. What takes a store that outlives its server, or that
//! two servers can share, is written here.

use futures_util::future::join_all;
use serde_json::{Value, json};
use store::Location;
use testkit::ApiKey;
use testkit::postgres::Cluster;

use crate::stores;
use crate::support::{Persona, Reply, World};

#[test]
fn a_directory_keeps_the_promises_of_memory() {
    let directory = tempfile::tempdir().unwrap();
    let mut number = 0;
    let fresh = move || {
        number += 1;
        Location::Directory(directory.path().join(number.to_string()))
    };
    stores::on(fresh, || {
        every_body();
        what_was_answered_outlives_the_server();
    });
}

#[test]
fn postgres_keeps_the_promises_of_memory() {
    let mut cluster = Cluster::start();
    let fresh = move || Location::Postgres(cluster.database());
    stores::on(fresh, || {
        every_body();
        what_was_answered_outlives_the_server();
        two_servers_are_one_to_whoever_asks();
    });
}

/// Names the tests that are called again.
macro_rules! bodies {
    ($($module:ident: [$($body:ident),* $(,)?]),* $(,)?) => {
        fn every_body() {
            $($(
                eprintln!("{}::{}", stringify!($module), stringify!($body));
                crate::$module::$body();
            )*)*
        }
    };
}

bodies!(
    activities: [
        an_activity_has_every_member,
        a_vote_verifies_by_itself,
        every_version_of_a_type_is_accepted_and_named,
        malformed_bodies_name_the_member,
        names_are_unique_and_limits_hold,
        lists_are_cut_into_pages,
        sub_organisations_are_found_by_what_is_in_them,
        whoami_finds_the_one_child_that_knows_the_key,
    ],
    catalogue: [
        every_example_completes_for_the_owner,
    ],
    consensus: [
        the_last_missing_approval_executes,
        a_rejection_ends_it,
        t92_one_person_votes_once_with_however_many_credentials,
        t91_votes_of_users_who_left_the_quorum_do_not_count,
        t93_a_vote_is_for_one_fingerprint,
        t90_what_a_held_command_needs_is_judged_again_when_it_executes,
        approvals_lapse_after_a_day,
        t95_a_quorum_can_be_neither_impossible_nor_empty,
        only_those_whose_vote_is_wanted_can_approve,
        votes_go_with_the_credential_they_were_cast_with,
        a_member_may_reject_what_he_approved,
        t95_a_quorum_must_outlast_its_expiring_keys,
    ],
    credentials: [
        an_expired_key_is_refused_in_the_words_clients_know,
        a_removed_credential_stops_at_once,
        the_eleventh_expiring_key_evicts_an_expired_one_else_the_oldest,
        long_lived_keys_and_passkeys_have_limits,
        the_last_lasting_credential_of_a_quorum_member_stays,
        t20_keys_that_are_no_points_are_refused,
        users_tags_and_features_are_kept,
    ],
    hostile: [
        t47_a_command_under_way_does_not_outlive_its_credential,
        t26_only_its_holder_learns_that_a_key_has_expired,
        a_new_sub_organisation_cannot_name_tags,
        tagging_twice_and_untagging_twice_is_done_once,
        transports_are_names,
        a_nul_is_the_senders_fault,
        extremes_are_answered_and_never_with_a_five,
    ],
    passkeys: [
        a_passkey_signs_with_its_own_wallet,
        t35_a_stamp_for_another_rp_or_page_is_refused,
        t32_listed_origins_are_exact_and_reach_into_children,
        t27_a_stamp_covers_one_body,
        t43_a_passkey_is_registered_once_in_an_organisation,
        t45_a_passkey_known_in_two_children_is_ambiguous_without_one_named,
        t21_a_stamp_of_the_wrong_kind_is_refused,
    ],
    receipts: [
        every_outcome_has_a_receipt_that_verifies_offline,
        t76_no_byte_of_a_receipt_can_change,
        the_log_is_public_and_holds_only_hashes,
    ],
    replay: [
        t10_the_same_body_is_the_same_activity,
        t10_a_hundred_at_once_are_one,
        t13_the_window_is_an_hour_back_and_five_minutes_ahead,
        t8_a_submission_is_good_for_one_path_only,
        t8_a_query_is_no_submission,
        t19_the_high_s_twin_of_a_stamp_is_the_same_activity,
        t11_a_restored_server_refuses_what_was_stamped_before,
        a_crowd_that_changes_one_organisation_gets_through,
        t10_a_refused_body_stays_refused,
        t8_a_submission_is_no_query,
    ],
    signing: [
        an_ethereum_signature_recovers_to_the_address,
        every_curve_signs_and_verifies,
        several_payloads_are_signed_in_order,
        a_private_key_signs_by_id_address_and_public_key,
        an_ethereum_transaction_comes_back_signed,
        what_cannot_be_signed_is_refused_in_the_words_clients_know,
    ],
    strict: [
        t9_reads_must_be_fresh_where_asked,
        t14_bodies_must_name_this_server_where_asked,
        t4_unknown_members_are_refused_where_asked,
        a_child_is_never_laxer_than_its_parent,
    ],
    walls: [
        t81_a_parent_can_never_act_in_its_child,
        t81_a_parent_can_read_its_child,
        t82_strangers_and_random_organisations_are_answered_alike,
        t82_foreign_and_random_ids_are_answered_alike,
        t84_a_body_without_an_organisation_is_refused,
        a_user_outside_the_quorum_is_refused_and_may_tend_his_own_credentials,
        a_refusal_is_recorded_and_does_not_burn_the_body,
    ],
);

fn block_on(body: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_time()
        .build();
    runtime.unwrap().block_on(body);
}

const CREATE_WALLET: &str = "/public/v1/submit/create_wallet";

fn what_was_answered_outlives_the_server() {
    block_on(async {
        let world = World::new().await;
        let (child, wallet) = world.child("Child", ApiKey::p256(2)).await;
        let parameters = json!({ "walletName": "w", "accounts": [] });
        let body = world.body(&child, "CREATE_WALLET", parameters);
        let first = world
            .post(CREATE_WALLET, &body, child.key.stamp(&body))
            .await;
        let remembered = world.state.engine.store().head();

        let world = world.restarted();
        assert_eq!(world.state.engine.store().head(), remembered);
        // The same body is the same activity, and nothing is done again (threat T10).
        let second = world
            .post(CREATE_WALLET, &body, child.key.stamp(&body))
            .await;
        assert_eq!(first.activity()["id"], second.activity()["id"]);
        assert_eq!(first.completed(), second.completed());
        assert_eq!(wallets(&world, &child).await.len(), 2);
        assert_eq!(world.state.engine.store().head(), remembered);
        // What was sealed opens again.
        let sign = json!({
            "signWith": wallet.address, "payload": "00".repeat(32),
            "encoding": "PAYLOAD_ENCODING_HEXADECIMAL", "hashFunction": "HASH_FUNCTION_NO_OP",
        });
        world.done(&child, "SIGN_RAW_PAYLOAD_V2", sign).await;
        receipt_verifies(&world, &child, &first).await;
        audit(&world).await;
    });
}

/// Two processes on one database, in front of which somebody spreads the requests.
fn two_servers_are_one_to_whoever_asks() {
    block_on(async {
        let one = World::new().await;
        let other = one.beside();
        let servers = [&one, &other];

        // Both change one organisation at once; each body comes twice, once to each.
        let bodies: Vec<Vec<u8>> = (0..32)
            .map(|i| {
                let parameters = json!({ "walletName": format!("w{i}"), "accounts": [] });
                one.body(&one.root, "CREATE_WALLET", parameters)
            })
            .collect();
        let posts = bodies.iter().flat_map(|body| {
            servers.map(|server| server.post(CREATE_WALLET, body, one.root.key.stamp(body)))
        });
        let replies = join_all(posts).await;
        for (body, pair) in bodies.iter().zip(replies.chunks(2)) {
            let [first, second] = pair else {
                unreachable!("two servers were asked")
            };
            assert_eq!(
                first.completed(),
                second.completed(),
                "{}",
                String::from_utf8_lossy(body)
            );
            assert_eq!(first.activity()["id"], second.activity()["id"]);
        }
        for server in servers {
            assert_eq!(wallets(server, &one.root).await.len(), bodies.len());
        }

        // What one is told the other knows at once, however warm its memory.
        for round in 0..20 {
            let (here, there) = (servers[round % 2], servers[(round + 1) % 2]);
            let name = json!({ "organizationName": format!("Name {round}") });
            there.advance_ms(1);
            here.done(&one.root, "UPDATE_ORGANIZATION_NAME", name).await;
            let seen = there.ask(&one.root, "whoami", json!({})).await;
            assert_eq!(
                seen.body["organizationName"],
                format!("Name {round}"),
                "{:#}",
                seen.body
            );
        }
        let (child, _) = one.child("Child", ApiKey::p256(2)).await;
        let spare = ApiKey::p256(3);
        let key = crate::support::api_key("spare", &spare);
        let parameters = json!({ "userId": child.user, "apiKeys": [key] });
        let made = other.submit(&child, "CREATE_API_KEYS_V2", parameters).await;
        let holder = Persona {
            key: spare,
            ..child.clone()
        };
        assert_eq!(one.ask(&holder, "whoami", json!({})).await.status, 200);
        assert_eq!(other.ask(&holder, "whoami", json!({})).await.status, 200);
        let removal = json!({ "userId": child.user, "apiKeyIds": made.completed()["apiKeyIds"] });
        one.done(&child, "DELETE_API_KEYS", removal).await;
        other
            .ask(&holder, "whoami", json!({}))
            .await
            .fails(401, "could not find public key");

        // One log: each proves what the other recorded.
        for server in servers {
            receipt_verifies(server, &child, &made).await;
            audit(server).await;
        }
        let checkpoint = async |server: &World| server.state.engine.checkpoint().await.unwrap();
        assert_eq!(checkpoint(&one).await, checkpoint(&other).await);
    });
}

async fn wallets(world: &World, who: &Persona) -> Vec<Value> {
    let listed = world.ask(who, "list_wallets", json!({})).await;
    listed.body["wallets"].as_array().unwrap().clone()
}

async fn receipt_verifies(world: &World, who: &Persona, reply: &Reply) {
    let id = reply.activity()["id"].clone();
    let asked = world
        .ask(who, "get_receipt", json!({ "activityId": id }))
        .await;
    let key = world.state.engine.log_verifier_key().parse().unwrap();
    let verified = verify::receipt::verify(asked.body["receipt"].as_str().unwrap(), &key).unwrap();
    assert_eq!(verified.leaf().subject.id(), id.as_str().unwrap());
}

/// The log is as it was written.
async fn audit(world: &World) {
    let audit = world.state.engine.store().audit().await.unwrap();
    assert_eq!(audit.damage, None);
}

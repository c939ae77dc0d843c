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
        block_on(crate::tenants::two_servers_know_one_tenant());
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
    admin: [
        t102_no_route_does_anything_without_the_token,
        a_tenant_is_made_shown_and_listed,
        a_configuration_is_replaced_as_a_whole,
        a_tenant_goes_with_everything_in_it,
        what_the_operator_does_is_in_the_audit_log,
        what_is_wrong_with_a_tenant_is_told_at_once,
        an_api_key_is_shown_once_and_works_until_it_is_removed,
        an_api_key_may_be_for_one_environment,
        each_chain_is_shown_with_its_payer_and_what_it_has,
        a_name_is_given_once_in_a_tenant_to_keys_of_either_kind,
        a_new_token_key_signs_at_once_and_the_old_one_still_verifies,
        keys_are_removed_by_their_id_where_they_are,
        users_are_listed_page_by_page,
        a_user_is_shown_with_passkeys_and_transactions,
        a_user_goes_with_passkeys_and_transactions,
        t82_what_belongs_to_another_tenant_is_not_there,
        credentials_are_listed_renamed_and_removed,
        transactions_are_listed_called_off_and_proven,
    ],
    bound_keys: [
        a_key_for_one_environment_opens_sessions_there_alone,
        t48_a_key_for_trying_things_out_has_no_key_stamp_for_an_organisation,
        a_key_for_one_environment_looks_and_acts_there_alone,
        a_key_for_one_environment_brings_answers_to_its_own_sessions_alone,
        a_key_for_one_environment_is_refused_by_the_passkey_api,
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
    session_lists: [
        a_tenants_accounts_are_listed_newest_first,
        t82_a_list_holds_the_accounts_of_its_own_tenant,
        a_list_wants_a_key_and_a_page_that_is_one,
        every_answer_about_an_account_says_where_its_money_lies,
        the_operator_lists_accounts_and_takes_session_keys_away,
    ],
    session_stamps: [
        a_session_key_signs_as_the_owner_of_its_passkey,
        t48_a_session_signs_and_reads_and_does_nothing_else,
        t48_a_narrower_session_signs_what_it_names,
        t48_a_session_that_was_not_asked_to_stamps_nothing,
        t48_the_operator_alone_lists_organisations,
        t48_no_further_passkey_of_an_account_lets_a_key_stamp,
        t47_a_session_stamps_until_its_last_moment,
        t47_a_session_that_was_taken_away_is_over,
        t47_a_command_under_way_does_not_outlive_its_session,
        t47_a_session_in_whose_place_another_is_stamps_nothing,
        t47_a_session_goes_with_its_passkey_and_its_owner,
        t47_a_session_goes_with_what_the_operator_takes_from_its_tenant,
        t47_an_organisation_that_lists_its_pages_has_sessions_of_those_alone,
        t47_on_a_chain_a_session_is_what_the_chain_says,
        t82_a_session_for_one_organisation_is_none_for_any_other,
        t81_a_session_of_the_parents_user_is_nobody_in_the_child,
        t47_only_the_passkey_of_a_user_makes_a_session_his,
        t35_a_passkey_of_another_relying_party_makes_no_session,
        t45_a_key_of_two_sessions_stamps_for_neither,
        t48_a_key_that_is_registered_is_what_it_is_registered_as,
        t48_a_session_proposes_and_does_not_approve,
        t49_the_key_that_was_signed_is_the_key_that_stamps,
    ],
    sessions: [
        an_account_is_made_bound_and_found,
        older_clients_are_served,
        every_refusal_has_its_code,
        a_tenant_sees_its_own_accounts_alone,
    ],
    sessions_crossed: [
        t29_what_was_signed_for_a_session_logs_nobody_in_and_confirms_nothing,
        t29_what_was_signed_to_log_in_or_to_confirm_opens_no_session_and_signs_nothing,
    ],
    sessions_evm: [
        every_family_gets_what_its_contract_takes,
        an_unverified_user_is_told_of_before_gas_is_paid,
        t28_a_signature_is_asked_of_the_tenants_own_passkeys_once_and_for_a_minute,
        t29_what_was_asked_as_one_thing_is_not_answered_as_another,
        t143_no_caller_chooses_what_a_passkey_signs_but_by_a_document,
    ],
    sessions_idempotency: [
        the_same_request_is_told_the_same_for_a_day,
        a_key_stands_for_one_request,
        another_tenants_keys_are_its_own,
        a_passkeys_answer_is_told_again_and_spends_one_challenge,
        refusals_are_told_again_and_what_may_go_better_is_not,
        a_request_under_way_is_waited_for_and_taken_over_when_it_died,
        of_fifty_equal_requests_one_is_carried_out,
        t125_who_has_no_api_key_leaves_nothing_under_a_key,
    ],
    sessions_passkeys: [
        a_backup_joins_an_account_and_acts_for_it,
        t47_a_passkey_that_left_opens_no_session_more,
        t48_who_may_say_yes_to_a_change,
        a_change_is_answered_once_in_time_and_as_what_it_is,
        what_cannot_be_is_refused_before_anybody_is_asked,
        t82_passkeys_join_within_one_tenant_and_environment,
        an_account_has_ten_passkeys_beside_its_own,
        on_a_chain_an_account_has_one_passkey_for_good,
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
    tenants: [
        whatever_is_in_a_body_is_answered_and_never_with_a_five,
        whatever_is_in_an_address_is_answered_and_never_with_a_five,
        names_come_back_as_they_were_given,
        a_login_begins_with_an_empty_body_of_any_kind,
        a_body_has_to_be_called_json,
        t3_a_body_has_one_meaning,
        a_tenant_is_found_in_every_spelling_and_nothing_else_is_one,
        t23_a_wrong_method_is_told_like_a_wrong_path_and_only_with_the_key,
        a_key_is_asked_for_before_the_body_is_read,
        a_request_id_comes_back_if_it_is_plain,
        t122_long_and_encoded_bodies_are_refused,
        t29_a_challenge_is_answered_on_its_own_road_and_no_other,
        t28_of_a_hundred_equal_answers_one_gets_a_token,
        a_failed_attempt_burns_the_challenge,
        t30_a_ceremony_expires_to_the_millisecond,
        t29_a_challenge_is_for_one_tenant,
        what_nobody_can_finish_is_swept,
        a_credential_is_shown_renamed_and_removed,
        credentials_are_listed_page_by_page,
        signals_tell_authenticators_what_is_left,
        the_audit_log_keeps_what_happened_failures_included,
        whoever_answers_is_logged_in,
        a_named_user_is_offered_what_he_has,
        naming_a_user_needs_the_key,
        who_has_only_second_factors_cannot_log_in,
        a_second_factor_is_shown_with_any_credential_of_the_user,
        every_mfa_route_needs_the_key,
        a_user_id_may_have_any_length_a_handle_may_have,
        a_uuid_is_known_by_its_bytes_as_well,
        a_login_fails_in_the_words_clients_know,
        t37_a_counter_that_does_not_rise_is_refused,
        t55_a_tenants_pages_may_read_its_answers_and_others_may_not,
        t23_every_options_request_below_a_tenant_is_a_preflight,
        t55_each_tenant_has_its_own_list,
        related_origins_are_told_to_whoever_asks,
        a_payment_is_confirmed_and_executed_once,
        the_same_confirmation_again_is_answered_the_same,
        the_same_payment_again_gets_a_fresh_challenge_and_another_is_refused,
        a_renewed_challenge_voids_the_one_before,
        five_failed_attempts_block,
        a_cancelled_payment_stays_cancelled,
        t30_a_payment_expires_to_the_millisecond,
        t28_a_hundred_confirmations_at_once_are_one,
        t64_of_a_hundred_payments_of_one_name_one_is_made,
        t62_nothing_runs_together_into_the_same_digest,
        a_receipt_shows_others_what_was_confirmed,
        payments_are_listed_by_user_and_state,
        secure_payment_confirmation_needs_a_credential_registered_for_it,
        what_cannot_be_paid_is_refused_by_name,
        what_the_browser_showed_is_confirmed_and_proven,
        options_say_what_the_tenant_asks_for,
        a_passkey_is_registered_and_a_token_says_so,
        what_a_user_has_is_excluded_from_what_is_registered_next,
        a_registration_that_is_only_begun_changes_nothing,
        a_credential_is_registered_once_in_a_tenant,
        t36_a_registration_without_verification_has_an_answer_of_its_own,
        a_credential_id_may_be_of_any_length_up_to_1023_bytes,
        a_conditional_registration_needs_nobody_to_be_present,
        a_payment_credential_is_asked_for_as_browsers_demand,
        transports_are_kept_wherever_they_stand,
        a_token_verifies_with_the_published_keys,
        the_published_keys_may_be_kept_for_a_while,
        tokens_of_the_old_key_verify_until_it_is_removed,
        t68_a_token_says_what_it_is_for_and_no_other_tenant_vouches_for_it,
        a_transaction_is_confirmed_by_its_challenge,
        a_user_handle_may_be_missing,
        what_is_wrong_is_found_in_the_order_clients_know,
        a_confirmation_fails_in_the_words_clients_know,
        transactions_of_a_user_are_listed_under_either_id,
        t64_of_a_hundred_transactions_of_one_name_one_is_begun,
        t82_what_is_anothers_is_told_like_what_does_not_exist,
        t82_a_key_opens_one_tenant,
        the_same_names_mean_each_tenants_own,
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

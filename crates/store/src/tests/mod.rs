//! What the store promises, on every engine it runs on.
//!
//! Each body in [`bodies`] runs on SQLite in memory, on SQLite in a directory and on PostgreSQL,
//! the same code each time. What only one engine can show is in [`sqlite`], [`killed`] and
//! [`postgres`].

mod bodies;
mod fixtures;
mod killed;
mod postgres;
mod sqlite;

use std::future::Future;

use crate::{Location, Store};

fn block_on<T>(body: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(4)
        .build();
    runtime.unwrap().block_on(body)
}

/// Names the bodies; each becomes two tests here and one part of a test on PostgreSQL, where
/// starting a server for each would take most of the time.
macro_rules! on_every_engine {
    ($($body:ident),* $(,)?) => {
        mod in_memory {
            $(#[test]
            fn $body() {
                let store = super::Store::open(&super::Location::Memory).unwrap();
                super::block_on(super::bodies::$body(store));
            })*
        }

        mod in_a_directory {
            $(#[test]
            fn $body() {
                let directory = tempfile::tempdir().unwrap();
                let location = super::Location::Directory(directory.path().join("data"));
                let store = super::Store::open(&location).unwrap();
                super::block_on(super::bodies::$body(store));
            })*
        }

        /// Runs each body on a database of its own.
        fn every_body_on(mut fresh: impl FnMut() -> Location) {
            $(
                eprintln!("{}", stringify!($body));
                let store = Store::open(&fresh()).unwrap();
                block_on(bodies::$body(store));
            )*
        }
    };
}

on_every_engine!(
    an_organisation_comes_back_as_it_was_founded,
    only_a_root_organisation_is_founded,
    every_change_shows_in_the_aggregate,
    deleting_takes_along_what_belongs_to_the_deleted,
    a_deleted_organisation_is_gone_and_its_activities_stay,
    only_changes_to_the_aggregate_raise_the_revision,
    a_stale_revision_is_a_conflict_and_leaves_nothing,
    a_taken_place_of_an_account_is_a_conflict,
    t12_a_known_fingerprint_answers_with_its_activity,
    a_hundred_equal_submissions_make_one_activity,
    a_batch_outside_its_scope_is_refused,
    t94_a_held_activity_settles_once,
    a_vote_that_missed_another_is_a_conflict,
    outcomes_come_back_as_they_were_recorded,
    a_failing_batch_is_undone_alone,
    whichever_write_fails_nothing_is_left,
    a_contended_transaction_is_tried_again,
    activities_are_listed_page_by_page,
    sub_organisations_are_found_by_each_filter,
    accounts_are_found_by_address_key_path_and_place,
    accounts_are_listed_page_by_page,
    credentials_lead_to_their_homes,
    a_receipt_verifies_with_nothing_but_the_log_key,
    every_leaf_of_a_long_log_has_a_proof,
    t114_an_audit_names_what_was_changed,
    a_ceremony_comes_back_until_it_is_spent,
    t28_of_a_hundred_who_spend_a_ceremony_one_does,
    t125_ceremonies_that_ended_are_swept,
    an_event_comes_back_as_it_was_recorded,
    a_receipt_of_an_event_verifies_with_the_log_key_alone,
    events_and_activities_are_leaves_of_one_log,
    t77_erasing_a_user_keeps_every_proof,
    t77_a_deleted_tenant_leaves_its_leaves,
    t114_an_audit_names_what_was_changed_of_an_event,
    whichever_write_to_a_tenant_fails_nothing_is_left,
    events_are_found_by_each_filter,
    no_filter_is_ever_read_as_sql,
    a_tenant_comes_back_as_it_was_made,
    every_change_to_a_tenant_shows_and_raises_its_revision,
    a_stale_tenant_is_a_conflict_whatever_is_done,
    users_come_back_and_are_listed_page_by_page,
    credentials_come_back_and_are_listed_page_by_page,
    a_credential_changes_only_from_what_was_read,
    a_user_goes_with_credentials_and_transactions,
    a_transaction_is_found_by_every_road,
    a_void_challenge_finds_nothing_in_memory_either,
    t64_of_a_hundred_who_take_an_identifier_one_does,
    of_a_hundred_who_confirm_a_transaction_one_does,
    a_transaction_keeps_its_name_and_its_payer,
    transactions_are_listed_by_user_and_state,
    accounts_of_passkeys_are_listed_page_by_page,
    what_is_under_way_on_one_chain_hides_nothing_on_another,
    what_was_settled_long_ago_is_forgotten,
    an_assertion_is_sent_once_whoever_brings_it,
    accounts_are_live_as_long_as_their_session_key,
    t47_a_session_key_is_found_by_key_and_organisation,
    t47_what_a_session_stamped_rests_on_the_session_as_it_was,
    passkeys_join_an_account_once_and_leave_it_once,
    t82_passkeys_of_an_account_stay_in_its_tenant_and_environment,
    of_two_changes_to_an_account_one_comes_first,
    t82_one_tenant_cannot_touch_what_is_alike_in_another,
    t29_a_challenge_means_nothing_in_another_tenant,
    a_batch_that_names_another_tenant_is_refused,
    a_warm_finish_is_three_statements_and_reads_nothing,
    t7_a_long_transaction_is_found_but_not_remembered,
    beginning_and_a_hopeless_finish_cost_little_as_well,
    an_answer_under_a_key_is_told_again,
    a_key_means_one_request_of_one_tenant,
    a_released_key_is_free,
    a_request_that_was_given_up_is_begun_again,
    of_a_hundred_equal_requests_one_begins,
    t125_keys_that_expired_are_swept,
    keys_go_with_their_tenant,
);

//! Killed at any moment, the store has everything it said it had (threats T69, T113).
//!
//! This ends the process, not the power: what the kernel had in memory survives. That a commit
//! syncs before it returns is SQLite's promise under `synchronous = FULL`.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use super::block_on;
use super::fixtures::*;
use crate::{Location, Store};

const DIRECTORY: &str = "ZEGEL_TEST_DIRECTORY_TO_FILL";
const ROUND: &str = "ZEGEL_TEST_ROUND";

#[test]
fn t113_what_was_answered_survives_a_kill() {
    let directory = tempfile::tempdir().unwrap();
    let mut answered = Vec::new();
    for round in 1..=5u64 {
        answered.extend(fill_and_kill(directory.path(), round));
        block_on(async {
            let store = Store::open(&Location::Directory(directory.path().to_owned())).unwrap();
            assert_eq!(store.audit().await.unwrap().damage, None, "round {round}");
            for fingerprint in &answered {
                let (organisation, fingerprint) = fingerprint;
                let found = store
                    .activity_by_fingerprint(*organisation, fingerprint)
                    .await;
                assert!(
                    found.unwrap().is_some(),
                    "round {round} lost an answered activity"
                );
            }
            assert!(store.head().size >= answered.len() as u64);
        });
    }
    assert!(answered.len() >= 5 * ANSWERS);
}

/// How many answers a child gives before it is killed.
const ANSWERS: usize = 200;

type Answered = (wire::id::OrganisationId, [u8; 32]);

fn fill_and_kill(directory: &std::path::Path, round: u64) -> Vec<Answered> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "--nocapture",
            "tests::killed::a_child_fills_the_directory_it_is_given",
        ])
        .env(DIRECTORY, directory)
        .env(ROUND, round.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut answered = Vec::new();
    let parse = |line: String| {
        let (organisation, fingerprint) = line.strip_prefix("answered ")?.split_once(' ')?;
        let fingerprint = wire::encoding::hex::decode(fingerprint)
            .ok()?
            .try_into()
            .ok()?;
        Some((organisation.parse().ok()?, fingerprint))
    };
    while answered.len() < ANSWERS {
        let line = lines
            .next()
            .expect("the child writes until it is killed")
            .unwrap();
        answered.extend(parse(line));
    }
    child.kill().unwrap();
    // Answers that were on their way count as well; the last line may be torn.
    answered.extend(lines.map_while(Result::ok).filter_map(parse));
    child.wait().unwrap();
    answered
}

/// The child's part. Alone it has no directory, and nothing to do.
#[test]
fn a_child_fills_the_directory_it_is_given() {
    let Some(directory) = std::env::var_os(DIRECTORY) else {
        return;
    };
    let round: u64 = std::env::var(ROUND).unwrap().parse().unwrap();
    count_from(round * 1_000_000);
    let store = Store::open(&Location::Directory(directory.into())).unwrap();
    block_on(async {
        let organisation = founded(&store).await;
        for _ in 0..8 {
            let (store, organisation) = (store.clone(), organisation.id);
            tokio::spawn(async move {
                loop {
                    let batch = batch(organisation, 0, vec![]);
                    let answer = store.record_in(organisation, batch).await.unwrap();
                    let fingerprint = wire::encoding::hex::encode(answer.get().fingerprint);
                    let line = format!("answered {organisation} {fingerprint}\n");
                    std::io::stdout().write_all(line.as_bytes()).unwrap();
                }
            });
        }
        std::future::pending::<()>().await;
    });
}

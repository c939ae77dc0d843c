//! H8: what is there after the server was killed in the middle of its work.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, ensure};
use server::Config;

use super::population::{Population, Stamper};
use super::track::{Scene, Track};
use crate::client::Connection;

/// What came back after the process was killed under load.
#[derive(Default)]
pub struct Recovery {
    /// How often it was killed.
    pub crashes: u64,
    /// Answered 200 before a crash.
    pub acknowledged: u64,
    /// In the log afterwards.
    pub found: u64,
    /// From start to ready, the longest.
    pub ready_after: Duration,
}

/// Requests at a crash: more than are answered before it.
const AT_A_CRASH: usize = 3_000;

/// Kills the server as often as asked for.
pub fn crash(
    track: &mut Track,
    population: &Population,
    scene: Scene,
    times: u16,
) -> anyhow::Result<Recovery> {
    let mut recovery = Recovery::default();
    for turn in 0..times {
        // Never at the same moment twice in a row.
        let after = Duration::from_millis(30 + u64::from(turn) * 37 % 300);
        once(track, population, scene, after, &mut recovery)?;
    }
    Ok(recovery)
}

/// One crash. Afterwards all requests are sent once more, those that were answered, those that
/// were cut off and those that never left. A body is an activity, so the log must then have grown
/// by exactly their number: nothing acknowledged was lost, and nothing ran twice.
fn once(
    track: &mut Track,
    population: &Population,
    scene: Scene,
    after: Duration,
    recovery: &mut Recovery,
) -> anyhow::Result<()> {
    let before = logged(&track.server.url)?;
    let requests = population.requests(Stamper::ApiKey, AT_A_CRASH)?;
    let driven = track.while_driving(&requests, scene, async |server| {
        tokio::time::sleep(after).await;
        server.kill();
    })?;
    let acknowledged = driven.latencies.len() as u64;
    track.server.restart()?;
    let found = logged(&track.server.url)? - before;
    ensure!(
        found >= acknowledged,
        "{acknowledged} were acknowledged before the crash and {found} are there"
    );
    track.all(&requests, scene)?;
    let (sent, grown) = (requests.len() as u64, logged(&track.server.url)? - before);
    ensure!(
        grown == sent,
        "{sent} different requests made {grown} outcomes"
    );
    recovery.crashes += 1;
    recovery.acknowledged += acknowledged;
    recovery.found += found;
    recovery.ready_after = recovery.ready_after.max(track.server.ready_after);
    Ok(())
}

/// How many outcomes the log holds, by its checkpoint.
fn logged(url: &str) -> anyhow::Result<u64> {
    let reply = Connection::to(url.to_owned())?.get("/log/checkpoint")?;
    let size = reply.body.lines().nth(1).context("a checkpoint")?;
    Ok(size.parse()?)
}

/// Checks the whole log of a directory that no server runs on. Gives its size.
pub fn check_log(data_dir: &Path) -> anyhow::Result<u64> {
    let config = Config {
        data_dir: data_dir.to_owned(),
        ..Config::default()
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let opened = server::open(&config, String::new()).await?;
        let audit = opened.engine.store().audit().await?;
        ensure!(
            audit.damage.is_none(),
            "the log is damaged: {:?}",
            audit.damage
        );
        Ok(audit.head.size)
    })
}

//! How many batches a second become durable here, beside what this disk can sync.
//!
//! `cargo run --release -p store --example durable_batches [DIRECTORY]`
//!
//! Prints four rates, each over the same directory and in the same run: raw `fdatasync` after a
//! 4 KiB append; one submitter, so that each batch has a commit of its own; 64 submitters, whose
//! batches share commits; and, if `ZEGEL_POSTGRES` names a database, the same 64 there. A batch
//! here founds an organisation: what a signature leaves behind (an activity, its vote and a leaf)
//! and two rows more, since a signature's batch takes a signer.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use rules::outcome::Done;
use rules::{Activity, ActivityStatus, Organisation, Quorum, Selection, Vote};
use store::{Location, Store};
use wire::Timestamp;
use wire::id::{ActivityId, OrganisationId, UserId, VoteId};

const FOR: Duration = Duration::from_secs(3);
const SUBMITTERS: usize = 64;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let directory = std::env::args()
        .nth(1)
        .map_or_else(std::env::temp_dir, PathBuf::from);
    let directory = directory.join(format!("zegel-bench-{}", std::process::id()));
    std::fs::create_dir_all(&directory)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;

    let syncs = syncs_per_second(&directory)?;
    println!("fdatasync of 4 KiB appends           {syncs:>9.0} /s");
    let store = Store::open(&Location::Directory(directory.join("data")))?;
    let alone = runtime.block_on(batches_per_second(&store, 1));
    println!("sqlite, 1 submitter                  {alone:>9.0} /s");
    let together = runtime.block_on(batches_per_second(&store, SUBMITTERS));
    println!("sqlite, {SUBMITTERS} submitters                {together:>9.0} /s");
    println!(
        "  {:.1} times one commit a batch, {:.1} times the raw syncs",
        together / alone,
        together / syncs
    );
    if let Ok(url) = std::env::var("ZEGEL_POSTGRES") {
        let store = Store::open(&Location::Postgres(url))?;
        let rate = runtime.block_on(batches_per_second(&store, SUBMITTERS));
        println!("postgres, {SUBMITTERS} submitters              {rate:>9.0} /s");
    }
    drop(store);
    std::fs::remove_dir_all(&directory)?;
    Ok(())
}

fn syncs_per_second(directory: &std::path::Path) -> std::io::Result<f64> {
    let mut file = File::create(directory.join("raw"))?;
    let (started, mut syncs) = (Instant::now(), 0);
    while started.elapsed() < FOR {
        file.write_all(&[7; 4096])?;
        file.sync_data()?;
        syncs += 1;
    }
    Ok(f64::from(syncs) / started.elapsed().as_secs_f64())
}

async fn batches_per_second(store: &Store, submitters: usize) -> f64 {
    let started = Instant::now();
    let submitters = (0..submitters).map(|_| {
        let store = store.clone();
        tokio::spawn(async move {
            let mut recorded = 0u32;
            while started.elapsed() < FOR {
                let organisation = organisation();
                let activity = activity(organisation.id);
                store
                    .found(organisation, activity)
                    .await
                    .expect("nothing contends");
                recorded += 1;
            }
            recorded
        })
    });
    let mut recorded = 0;
    for submitter in submitters.collect::<Vec<_>>() {
        recorded += submitter.await.expect("a submitter does not panic");
    }
    f64::from(recorded) / started.elapsed().as_secs_f64()
}

fn organisation() -> Organisation {
    let (id, user) = (
        OrganisationId::from_random(random()),
        UserId::from_random(random()),
    );
    Organisation {
        id,
        parent: None,
        name: "benchmark".into(),
        revision: 0,
        quorum: Quorum {
            threshold: 1,
            users: vec![user],
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

fn activity(organisation: OrganisationId) -> Activity {
    let body = vec![b'x'; 300];
    let vote = Vote {
        id: VoteId::from_random(random()),
        user: UserId::from_random(random()),
        selection: Selection::Approved,
        message: body.clone(),
        public_key: "02".repeat(33),
        signature: "30".repeat(71),
        scheme: "SIGNATURE_SCHEME_TK_API_P256".into(),
        created_at: NOW,
    };
    Activity {
        id: ActivityId::from_time(NOW, random()),
        organisation,
        kind: "ACTIVITY_TYPE_SIGN_RAW_PAYLOAD_V2".into(),
        fingerprint: random(),
        body,
        status: ActivityStatus::Completed(Done::QuorumUpdated),
        votes: vec![vote],
        created_at: NOW,
        updated_at: NOW,
    }
}

const NOW: Timestamp = Timestamp::from_millis(1_764_000_000_000);

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    aws_lc_rs::rand::fill(&mut bytes).expect("the system has randomness");
    bytes
}

//! What must hold after a crash.

use std::collections::BTreeSet;

use anyhow::{Context, ensure};
use serde_json::{Value, json};
use verify::receipt;
use wire::log::{Checkpoint, Note, TreeHash, VerifierKey};

use super::http::Connection;
use super::load::{Load, Sent};
use crate::workspace::output;
use crate::zegel::{Place, Server};

/// Everything that was sent and shown, over all lives.
#[derive(Default)]
pub(super) struct Memory {
    sent: Vec<Sent>,
    /// Where the last life's commands begin.
    last_life: usize,
    checkpoints: Vec<String>,
    receipts: Vec<String>,
}

/// The founding of the organisation is in the log as well.
const FOUNDING: u64 = 1;

impl Memory {
    pub(super) fn add(&mut self, sent: Vec<Sent>) {
        self.last_life = self.sent.len();
        self.sent.extend(sent);
    }

    pub(super) fn sent(&self) -> usize {
        self.sent.len()
    }

    pub(super) fn acknowledged(&self) -> usize {
        self.sent
            .iter()
            .filter(|sent| sent.answer.is_some())
            .count()
    }

    /// After a restart: the last life's commands, and a checkpoint and a receipt to hold against
    /// the log later.
    pub(super) fn look_back(&mut self, load: &Load, server: &Server) -> anyhow::Result<()> {
        let mut connection = Connection::open(&server.url)?;
        // The newest ones are those the kill was about.
        for sent in &self.sent[self.last_life..] {
            is_one(load, &mut connection, sent)?;
        }
        if let Some(answer) = self.sent.last().and_then(|sent| sent.answer.as_ref()) {
            let question = json!({ "activityId": answer.activity });
            let answered = load.ask(&mut connection, "get_receipt", question)?;
            self.receipts.push(
                answered["receipt"]
                    .as_str()
                    .context("no receipt")?
                    .to_owned(),
            );
        }
        let checkpoint = connection.get("/log/checkpoint")?;
        self.checkpoints.push(String::from_utf8(checkpoint.body)?);
        Ok(())
    }

    /// At the end: everything ever sent, and the whole log. Returns its size.
    pub(super) fn account(&self, load: &Load, server: &Server) -> anyhow::Result<u64> {
        let mut connection = Connection::open(&server.url)?;
        let mut activities = BTreeSet::new();
        for sent in &self.sent {
            activities.insert(is_one(load, &mut connection, sent)?);
        }
        ensure!(
            activities.len() == self.sent.len(),
            "two commands are one activity"
        );
        for name in self.sent.iter().filter_map(|sent| sent.makes.as_deref()) {
            let question = json!({ "filterType": "NAME", "filterValue": name });
            let found = load.ask(&mut connection, "list_suborgs", question)?;
            let found = found["organizationIds"].as_array().map_or(0, Vec::len);
            ensure!(found == 1, "{name:?} was made {found} times");
        }
        let size = self.log(&mut connection, &server.log_key)?;
        let expected = FOUNDING + Load::PREPARATIONS + u64::try_from(self.sent.len())?;
        ensure!(size == expected, "{size} leaves for {expected} outcomes");
        Ok(size)
    }

    /// Rebuilds the log's tree from its public tiles and holds everything ever shown against it.
    fn log(&self, connection: &mut Connection, key: &str) -> anyhow::Result<u64> {
        let key: VerifierKey = key.parse()?;
        let newest = connection.get("/log/checkpoint")?;
        let newest = read(&String::from_utf8(newest.body)?, &key)?;
        let leaves = leaves(connection, newest.size())?;
        let holds = |checkpoint: &Checkpoint| -> anyhow::Result<()> {
            let begin = leaves.get(..usize::try_from(checkpoint.size())?);
            let begin = begin.context("a checkpoint was larger than the log is now")?;
            let size = checkpoint.size();
            ensure!(
                root(begin) == checkpoint.root(),
                "the log changed below leaf {size}"
            );
            Ok(())
        };
        holds(&newest)?;
        for checkpoint in &self.checkpoints {
            holds(&read(checkpoint, &key)?)?;
        }
        for text in &self.receipts {
            holds(receipt::verify(text, &key)?.checkpoint())?;
        }
        Ok(newest.size())
    }
}

/// Sent again, a command is the activity it was, with the same result. Returns its id.
fn is_one(load: &Load, connection: &mut Connection, sent: &Sent) -> anyhow::Result<String> {
    let again = load.again(connection, sent)?;
    if let Some(answer) = &sent.answer {
        ensure!(
            again == *answer,
            "acknowledged as {answer:?}, now {again:?}"
        );
    }
    Ok(again.activity)
}

/// `zegel log fsck` on what the dead server left.
pub(super) fn fsck(place: &Place) -> anyhow::Result<()> {
    let mut fsck = place.command();
    fsck.args(["log", "fsck", "--json"]);
    let said: Value = serde_json::from_str(&output(&mut fsck)?)?;
    ensure!(said["intact"] == true, "{said}");
    Ok(())
}

fn read(note: &str, key: &VerifierKey) -> anyhow::Result<Checkpoint> {
    let note: Note = note.parse()?;
    Ok(receipt::verify_checkpoint(&note, key)?)
}

/// The hashes of all leaves, from the tiles of level 0 (C2SP tlog-tiles).
fn leaves(connection: &mut Connection, size: u64) -> anyhow::Result<Vec<TreeHash>> {
    let mut hashes = Vec::new();
    for tile in 0..size.div_ceil(256) {
        ensure!(
            tile < 1_000_000,
            "more tiles than this test knows how to name"
        );
        let index = match tile {
            0..1000 => format!("{tile:03}"),
            _ => format!("x{:03}/{:03}", tile / 1000, tile % 1000),
        };
        let width = (size - tile * 256).min(256);
        let partial = if width < 256 {
            format!(".p/{width}")
        } else {
            String::new()
        };
        let reply = connection.get(&format!("/log/tile/0/{index}{partial}"))?;
        ensure!(
            reply.status == 200,
            "tile {index}{partial}: status {}",
            reply.status
        );
        let (whole, rest) = reply.body.as_chunks::<32>();
        ensure!(rest.is_empty(), "tile {index} is not made of hashes");
        hashes.extend(whole.iter().copied().map(TreeHash));
    }
    ensure!(
        u64::try_from(hashes.len())? == size,
        "the tiles hold {} leaves",
        hashes.len()
    );
    Ok(hashes)
}

/// The root over these leaves (RFC 6962 section 2.1), written down from its definition.
fn root(leaves: &[TreeHash]) -> TreeHash {
    match leaves {
        [] => receipt::empty_root(),
        [leaf] => *leaf,
        _ => {
            // The largest power of two below their number.
            let split = leaves.len().next_power_of_two() / 2;
            let (left, right) = leaves.split_at(split);
            receipt::node_hash(root(left), root(right))
        }
    }
}

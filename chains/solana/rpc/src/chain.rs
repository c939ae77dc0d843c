//! The chain: a virtual machine, its past, and a clock.

use std::collections::{HashMap, VecDeque};

use litesvm::LiteSVM;
use serde_json::Value;
use sha2::{Digest, Sha256};
use solana_clock::Clock;
use solana_transaction::versioned::VersionedTransaction;
use solana_transaction_error::TransactionError;
use wire::solana::{Address, SlotHash, SlotHashes, Transaction, program};

/// Our own verifier; how it is built is written beside it.
const VERIFIER: &[u8] = include_bytes!("../../verifier/verifier.so");

/// How long a slot lasts.
const SLOT_MS: u64 = 400;

/// The most entries of the slot hashes.
const MAX_SLOT_HASHES: usize = 512;

/// How many blocks a blockhash is good for.
const BLOCKHASH_LIFE: usize = 150;

/// A chain in memory.
///
/// Slot `n` has the hash SHA-256(`n` as u64, little endian), if it has a block at all.
pub struct Chain {
    svm: LiteSVM,
    slot: u64,
    unix_ms: u64,
    /// The slots before this one that had a block, the newest first.
    past: VecDeque<SlotHash>,
    /// The newest first.
    blockhashes: VecDeque<[u8; 32]>,
    /// What became of transactions, by their first signature.
    outcomes: HashMap<[u8; 64], (u64, Result<(), Value>)>,
}

/// How far to go on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pace {
    /// Slots without a block, which come first.
    pub skipped: u64,
    /// Slots with a block.
    pub blocks: u64,
    /// Seconds that pass on the clock beside what the slots take.
    pub seconds: u64,
}

/// What is known about an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// What it holds.
    pub lamports: u64,
    /// Which program may change it.
    pub owner: Address,
    /// What that program wrote.
    pub data: Vec<u8>,
    /// Whether it is a program itself.
    pub executable: bool,
}

/// A transaction that was carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Executed {
    /// Its first signature, which names it.
    pub signature: [u8; 64],
    /// What it cost beside the fee.
    pub compute_units: u64,
    /// The fee in lamports.
    pub fee: u64,
    /// What programs said.
    pub logs: Vec<String>,
}

/// A transaction that was not carried out, and has changed nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the chain refuses the transaction: {error}")]
pub struct Refused {
    /// The reason, as JSON-RPC writes it.
    pub error: Value,
    /// What programs said.
    pub logs: Vec<String>,
    /// What it cost until then.
    pub compute_units: u64,
}

impl Refused {
    /// The instruction that failed and its program's own number for why.
    pub fn custom(&self) -> Option<(u64, u64)> {
        let [instruction, reason] = self.error["InstructionError"].as_array()?.as_slice() else {
            return None;
        };
        Some((instruction.as_u64()?, reason["Custom"].as_u64()?))
    }

    fn without_running(error: &TransactionError) -> Self {
        Self {
            error: spelled(error),
            logs: Vec::new(),
            compute_units: 0,
        }
    }
}

impl Chain {
    /// A chain in this slot at this time, with the verifier at the public program's address. All
    /// slots before had a block.
    ///
    /// # Panics
    ///
    /// At slot 0, which has no past.
    pub fn new(slot: u64, unix_s: u64) -> Self {
        Self::on(LiteSVM::new(), slot, unix_s)
    }

    /// The same, but nobody asks who signed a transaction: for recorded assertions whose nonce
    /// signer lent nobody its key. The P-256 signatures are checked nevertheless.
    ///
    /// # Panics
    ///
    /// At slot 0, which has no past.
    pub fn trusting(slot: u64, unix_s: u64) -> Self {
        Self::on(LiteSVM::new().with_sigverify(false), slot, unix_s)
    }

    fn on(svm: LiteSVM, slot: u64, unix_s: u64) -> Self {
        assert!(slot > 0, "slot 0 has no past");
        // LiteSVM knows one blockhash at a time; we keep the list.
        let svm = svm.with_blockhash_check(false);
        let oldest = slot.saturating_sub(MAX_SLOT_HASHES as u64);
        let past: VecDeque<SlotHash> = (oldest..slot).rev().map(block).collect();
        let mut chain = Self {
            svm,
            slot,
            unix_ms: unix_s * 1000,
            blockhashes: past.iter().take(BLOCKHASH_LIFE).map(blockhash).collect(),
            past,
            outcomes: HashMap::new(),
        };
        chain.install(&program::EXTERNAL_SIGNATURE, VERIFIER);
        chain.tell_the_time();
        chain
    }

    /// The slot that transactions run in.
    pub fn slot(&self) -> u64 {
        self.slot
    }

    /// The chain's clock.
    pub fn unix_s(&self) -> u64 {
        self.unix_ms / 1000
    }

    /// Ends the slot, and goes on.
    pub fn advance(&mut self, pace: Pace) {
        for index in 0..pace.skipped + pace.blocks {
            // The slot we are in is skipped like those after it, though transactions may have run.
            if index >= pace.skipped {
                let block = block(self.slot);
                self.past.push_front(block);
                self.blockhashes.push_front(blockhash(&block));
            }
            self.slot += 1;
        }
        self.past.truncate(MAX_SLOT_HASHES);
        self.blockhashes.truncate(BLOCKHASH_LIFE);
        self.unix_ms += (pace.skipped + pace.blocks) * SLOT_MS + pace.seconds * 1000;
        self.tell_the_time();
    }

    /// Ends so many slots, each with a block.
    pub fn blocks(&mut self, blocks: u64) {
        self.advance(Pace {
            blocks,
            ..Pace::default()
        });
    }

    /// The blockhash to put into a transaction.
    pub fn latest_blockhash(&self) -> [u8; 32] {
        self.blockhashes[0] // There is one: slot 0 was refused.
    }

    /// The last slot in which the latest blockhash is good, if no slot is skipped.
    pub fn last_valid_slot(&self) -> u64 {
        self.slot + BLOCKHASH_LIFE as u64 - 1
    }

    /// The sysvar as a running program sees it.
    pub fn slot_hashes(&self) -> SlotHashes {
        SlotHashes::new(self.past.iter().copied().collect())
            .expect("at least one block, at most 512, the newest first")
    }

    /// What is known about an account; `None` where there is none.
    pub fn account(&self, address: &Address) -> Option<Account> {
        let account = self.svm.get_account(&(*address.as_bytes()).into())?;
        Some(Account {
            lamports: account.lamports,
            owner: account.owner.to_bytes().into(),
            data: account.data,
            executable: account.executable,
        })
    }

    /// Puts a program there.
    ///
    /// # Panics
    ///
    /// If the machine does not take it.
    pub fn install(&mut self, at: &Address, binary: &[u8]) {
        self.svm
            .add_program(*at.as_bytes(), binary)
            .expect("a program that the machine takes");
    }

    /// Gives lamports that nobody had.
    pub fn give(&mut self, address: &Address, lamports: u64) {
        let address = (*address.as_bytes()).into();
        let mut account = self.svm.get_account(&address).unwrap_or_default();
        account.lamports += lamports;
        self.svm
            .set_account(address, account)
            .expect("more lamports make no account invalid");
    }

    /// Takes away from an account what it has beyond so many lamports.
    pub fn leave(&mut self, address: &Address, lamports: u64) {
        let address = (*address.as_bytes()).into();
        let mut account = self.svm.get_account(&address).unwrap_or_default();
        account.lamports = account.lamports.min(lamports);
        self.svm
            .set_account(address, account)
            .expect("fewer lamports make no account without data invalid");
    }

    /// Carries a transaction out and remembers what became of it, unless it never got to the point
    /// where an instruction could fail: such a one is dropped, as by the network.
    ///
    /// # Errors
    ///
    /// [`Refused`].
    pub fn send(&mut self, packet: &[u8]) -> Result<Executed, Refused> {
        let (signature, transaction) = self.read(packet)?;
        let outcome = match self.svm.send_transaction(transaction) {
            Ok(done) => Ok(executed(done)),
            Err(failed) => Err(refused(failed)),
        };
        let told = match &outcome {
            Ok(_) => Some(Ok(())),
            Err(no) if no.error.get("InstructionError").is_some() => Some(Err(no.error.clone())),
            Err(_) => None,
        };
        if let Some(told) = told {
            self.outcomes.insert(signature, (self.slot, told));
        }
        outcome
    }

    /// What would happen to a transaction. `checking` asks who signed it.
    ///
    /// # Errors
    ///
    /// [`Refused`].
    pub fn simulate(&self, packet: &[u8], checking: bool) -> Result<Executed, Refused> {
        let (_, transaction) = self.read(packet)?;
        let outcome = if checking {
            self.svm.simulate_transaction(transaction)
        } else {
            let trusting = self.svm.clone().with_sigverify(false);
            trusting.simulate_transaction(transaction)
        };
        outcome.map(|done| executed(done.meta)).map_err(refused)
    }

    /// In which slot a transaction arrived and what became of it.
    pub fn outcome(&self, signature: &[u8; 64]) -> Option<(u64, Result<(), Value>)> {
        self.outcomes.get(signature).cloned()
    }

    /// Reads a transaction with a blockhash that is still good.
    fn read(&self, packet: &[u8]) -> Result<([u8; 64], VersionedTransaction), Refused> {
        let no = |error| Refused::without_running(&error);
        let read = Transaction::parse(packet).map_err(|_| no(TransactionError::SanitizeFailure))?;
        // As a node does when the packet comes in.
        let whole = read.to_packet().ok();
        if whole.as_deref() != Some(packet) {
            return Err(no(TransactionError::SanitizeFailure));
        }
        if !self.blockhashes.contains(read.message().recent_blockhash()) {
            return Err(no(TransactionError::BlockhashNotFound));
        }
        let transaction =
            bincode::deserialize(packet).map_err(|_| no(TransactionError::SanitizeFailure))?;
        let signatures = read.signatures();
        let first = signatures
            .first()
            .ok_or(no(TransactionError::SanitizeFailure))?;
        Ok((*first, transaction))
    }

    /// Writes the sysvars anew.
    fn tell_the_time(&mut self) {
        let past: Vec<_> = self
            .past
            .iter()
            .map(|entry| (entry.slot, entry.hash.into()))
            .collect();
        self.svm
            .set_sysvar(&solana_slot_hashes::SlotHashes::new(&past));
        let mut clock: Clock = self.svm.get_sysvar();
        clock.slot = self.slot;
        clock.unix_timestamp = self.unix_s() as i64; // Until the year 292 277 026 596.
        self.svm.set_sysvar(&clock);
    }
}

fn block(slot: u64) -> SlotHash {
    SlotHash {
        slot,
        hash: Sha256::digest(slot.to_le_bytes()).into(),
    }
}

fn blockhash(block: &SlotHash) -> [u8; 32] {
    Sha256::digest([b"blockhash", &block.hash[..]].concat()).into()
}

fn executed(done: litesvm::types::TransactionMetadata) -> Executed {
    Executed {
        signature: done.signature.into(),
        compute_units: done.compute_units_consumed,
        fee: done.fee,
        logs: done.logs,
    }
}

fn refused(failed: litesvm::types::FailedTransactionMetadata) -> Refused {
    Refused {
        error: spelled(&failed.err),
        logs: failed.meta.logs,
        compute_units: failed.meta.compute_units_consumed,
    }
}

/// The error as JSON-RPC writes it.
fn spelled(error: &TransactionError) -> Value {
    serde_json::to_value(error).expect("an enum of names and numbers")
}

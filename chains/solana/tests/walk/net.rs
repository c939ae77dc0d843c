//! The chain as the engine meets it.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use engine::chain::{Answer, Blockhash, Chain, ChainAccount, ChainError, ChainFailure, Status};
use serde_json::Value;
use wire::solana::{Address, SlotHashes};
use zegel_solana_rpc::Chain as Machine;

use crate::support::NOW_S;

/// What becomes of packets on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// They arrive.
    Open,
    /// So many are lost, and whoever sent them is none the wiser.
    Losing(u32),
    /// All are lost.
    Closed,
}

/// A network of one machine.
pub struct Net {
    machine: Mutex<Machine>,
    way: Mutex<Way>,
    /// Everything that was handed in, lost or not.
    sent: Mutex<Vec<Vec<u8>>>,
    /// Nobody answers.
    pub is_silent: AtomicBool,
    /// It is not known yet what became of anything.
    pub is_lagging: AtomicBool,
    /// Whatever is asked, it would work.
    pub is_flattering: AtomicBool,
}

impl Net {
    pub fn new() -> Self {
        Self {
            machine: Mutex::new(Machine::new(350_000_500, NOW_S)),
            way: Mutex::new(Way::Open),
            sent: Mutex::new(Vec::new()),
            is_silent: AtomicBool::new(false),
            is_lagging: AtomicBool::new(false),
            is_flattering: AtomicBool::new(false),
        }
    }

    /// The machine, for what nobody but a test does.
    pub fn with<T>(&self, act: impl FnOnce(&mut Machine) -> T) -> T {
        act(&mut self.machine.lock().unwrap())
    }

    pub fn set(&self, way: Way) {
        *self.way.lock().unwrap() = way;
    }

    pub fn balance(&self, address: &Address) -> u64 {
        self.with(|machine| machine.account(address).map_or(0, |it| it.lamports))
    }

    /// How many packets were handed in.
    pub fn count(&self) -> usize {
        self.sent.lock().unwrap().len()
    }

    /// The different packets that were handed in.
    pub fn packets(&self) -> BTreeSet<Vec<u8>> {
        self.sent.lock().unwrap().iter().cloned().collect()
    }

    fn ask<T>(&self, act: impl FnOnce(&mut Machine) -> T) -> Result<T, ChainError> {
        if self.is_silent.load(Ordering::Relaxed) {
            return Err(ChainError::Unreachable("told to be silent".to_owned()));
        }
        Ok(self.with(act))
    }
}

impl Chain for Net {
    fn slot_hashes(&self) -> Answer<'_, SlotHashes> {
        Box::pin(async { self.ask(|machine| machine.slot_hashes()) })
    }

    fn now_s(&self) -> Answer<'_, u64> {
        Box::pin(async { self.ask(|machine| machine.unix_s()) })
    }

    fn account<'a>(&'a self, address: &'a Address) -> Answer<'a, Option<ChainAccount>> {
        Box::pin(async {
            let account = self.ask(|machine| machine.account(address))?;
            Ok(account.map(|account| ChainAccount {
                lamports: account.lamports,
                owner: account.owner,
                data: account.data,
            }))
        })
    }

    fn latest_blockhash(&self) -> Answer<'_, Blockhash> {
        Box::pin(async {
            self.ask(|machine| Blockhash {
                hash: machine.latest_blockhash(),
                last_valid_height: machine.last_valid_slot(),
            })
        })
    }

    fn block_height(&self) -> Answer<'_, u64> {
        Box::pin(async { self.ask(|machine| machine.slot()) })
    }

    fn send<'a>(&'a self, packet: &'a [u8]) -> Answer<'a, ()> {
        Box::pin(async {
            self.ask(|_| self.sent.lock().unwrap().push(packet.to_vec()))?;
            let mut way = self.way.lock().unwrap();
            match *way {
                Way::Open => {
                    // A node does not say; the status does.
                    let _ = self.with(|machine| machine.send(packet));
                }
                Way::Losing(1) => *way = Way::Open,
                Way::Losing(more) => *way = Way::Losing(more - 1),
                Way::Closed => {}
            }
            Ok(())
        })
    }

    fn status<'a>(&'a self, signature: &'a [u8; 64]) -> Answer<'a, Option<Status>> {
        Box::pin(async {
            let outcome = self.ask(|machine| machine.outcome(signature))?;
            let outcome = outcome.filter(|_| !self.is_lagging.load(Ordering::Relaxed));
            Ok(outcome.map(|(slot, told)| Status {
                slot,
                failed: told.err().map(|error| failure(&error)),
            }))
        })
    }

    fn simulate<'a>(&'a self, packet: &'a [u8]) -> Answer<'a, Result<(), ChainFailure>> {
        Box::pin(async {
            if self.is_flattering.load(Ordering::Relaxed) {
                return Ok(Ok(()));
            }
            let told = self.ask(|machine| machine.simulate(packet, false))?;
            Ok(told.map(drop).map_err(|refused| failure(&refused.error)))
        })
    }
}

fn failure(error: &Value) -> ChainFailure {
    let of_instruction = &error["InstructionError"];
    let number = of_instruction[1]["Custom"].as_u64();
    ChainFailure {
        instruction: of_instruction[0].as_u64().map(|it| it.try_into().unwrap()),
        custom: number.map(|it| it.try_into().unwrap()),
        error: error.to_string(),
    }
}

//! An EVM with nothing on it, and the compiled contracts to put there.

use std::collections::BTreeMap;

use revm::context::result::{ExecutionResult, Output};
use revm::context::{BlockEnv, CfgEnv, Context, TxEnv};
use revm::database::InMemoryDB;
use revm::primitives::hardfork::SpecId;
use revm::primitives::{Address, Bytes, TxKind, keccak256};
use revm::{ExecuteCommitEvm as _, MainBuilder as _, MainContext as _};
use wire::encoding::hex;
use wire::evm::abi::{self, Value};

/// A chain of one user who pays nothing.
pub struct Machine {
    spec: SpecId,
    database: InMemoryDB,
    nonce: u64,
}

/// How a call ended.
#[derive(Debug, PartialEq)]
pub enum Ended {
    /// With an answer.
    Returned(Vec<u8>),
    /// With nothing done: the contract gave up, or the machine did.
    Reverted,
}

impl Machine {
    /// With the precompiled contract for P-256.
    pub fn osaka() -> Self {
        Self::at(SpecId::OSAKA)
    }

    /// As it was before there was such a contract.
    pub fn prague() -> Self {
        Self::at(SpecId::PRAGUE)
    }

    fn at(spec: SpecId) -> Self {
        Self {
            spec,
            database: InMemoryDB::default(),
            nonce: 0,
        }
    }

    /// Puts the contract of this name there.
    pub fn deploy(&mut self, name: &str, arguments: &[Value<'_>]) -> Address {
        let code = [code(name), abi::encode(arguments)].concat();
        match self.transact(TxKind::Create, code) {
            ExecutionResult::Success {
                output: Output::Create(_, Some(address)),
                ..
            } => address,
            other => panic!("{name} was not deployed: {other:?}"),
        }
    }

    /// Calls a function, named with its types, and keeps what it changes.
    pub fn call(&mut self, to: Address, function: &str, arguments: &[Value<'_>]) -> Ended {
        let selector = selector(function);
        self.send(to, [&selector[..], &abi::encode(arguments)].concat())
    }

    /// Sends bytes.
    pub fn send(&mut self, to: Address, bytes: Vec<u8>) -> Ended {
        match self.transact(TxKind::Call(to), bytes) {
            ExecutionResult::Success { output, .. } => Ended::Returned(output.into_data().into()),
            ExecutionResult::Revert { .. } | ExecutionResult::Halt { .. } => Ended::Reverted,
        }
    }

    fn transact(&mut self, kind: TxKind, bytes: Vec<u8>) -> ExecutionResult {
        let transaction = TxEnv::builder()
            .kind(kind)
            .data(Bytes::from(bytes))
            .nonce(self.nonce)
            .build()
            .unwrap();
        self.nonce += 1;
        let cfg = CfgEnv::new_with_spec(self.spec);
        let mut evm = Context::mainnet()
            .with_block(BlockEnv::default())
            .with_cfg(cfg)
            .with_db(&mut self.database)
            .build_mainnet();
        evm.transact_commit(transaction).unwrap()
    }
}

impl Ended {
    /// The answer's only word.
    pub fn word(&self) -> Option<[u8; 32]> {
        match self {
            Self::Returned(bytes) => Some(bytes.as_slice().try_into().expect("one word")),
            Self::Reverted => None,
        }
    }
}

/// The first four bytes of a call.
pub fn selector(function: &str) -> [u8; 4] {
    *keccak256(function).first_chunk().expect("a hash is longer")
}

/// Code that deploys a contract, as `compile.js` left it.
fn code(name: &str) -> Vec<u8> {
    let path = std::env::var_os("EVM_CONTRACTS")
        .expect("`cargo xtask test evm` compiles the contracts and says where they are");
    let text = std::fs::read_to_string(path).unwrap();
    let mut all: BTreeMap<String, String> = serde_json::from_str(&text).unwrap();
    let code = all.remove(name).unwrap_or_else(|| panic!("no {name}"));
    hex::decode(&code).unwrap()
}

//! What the engine asks of a chain, as calls of JSON-RPC.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use engine::chain::{Answer, Blockhash, Chain, ChainAccount, ChainError, ChainFailure, Status};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use wire::encoding::{base58, base64};
use wire::environment::Environment;
use wire::solana::{Address, Clock, SlotHashes, program};

use super::Endpoint;
use super::answers::{self, Account, Envelope, InContext, Latest, Odd, SignatureStatus, Simulated};
use super::node::{Node, Repeat, Reply};
use super::shared::Shared;

/// A Solana network behind one node.
pub struct Rpc {
    environment: Environment,
    node: Arc<Node>,
    next_id: AtomicU64,
    slot_hashes: Shared<Result<SlotHashes, ChainError>>,
}

/// Whoever waits is a person in front of a page.
const PATIENCE: Duration = Duration::from_secs(5);

/// A slot's length. What is opened with slot hashes so old is still good for a minute.
const SLOT: Duration = Duration::from_millis(400);

/// The part of the network's word that does not vanish.
const CONFIRMED: &str = "confirmed";

impl Rpc {
    /// The network that stands behind `environment`. Nothing is asked yet.
    pub fn new(
        environment: Environment,
        endpoint: Endpoint,
        ca_file: Option<&Path>,
    ) -> anyhow::Result<Self> {
        Self::with_patience(environment, endpoint, ca_file, PATIENCE)
    }

    pub(super) fn with_patience(
        environment: Environment,
        endpoint: Endpoint,
        ca_file: Option<&Path>,
        patience: Duration,
    ) -> anyhow::Result<Self> {
        Ok(Self {
            environment,
            node: Arc::new(Node::new(endpoint, ca_file, patience)?),
            next_id: AtomicU64::new(1),
            slot_hashes: Shared::new(SLOT),
        })
    }

    /// Calls a method, reads its result as a `T`, and makes of it what is wanted.
    async fn call<T: DeserializeOwned, U>(
        &self,
        method: &'static str,
        params: Value,
        read: impl FnOnce(T) -> Result<U, Odd>,
    ) -> Result<U, ChainError> {
        let environment = self.environment.name();
        let began = Instant::now();
        let answer = self
            .ask(method, params)
            .await
            .and_then(|result: T| read(result).map_err(|odd| ChainError::Answered(odd.to_owned())));
        let result = match &answer {
            Ok(_) => "ok",
            Err(ChainError::Unreachable(_)) => "unreachable",
            Err(ChainError::Answered(_)) => "refused",
        };
        metrics::counter!("zegel_solana_calls_total", "environment" => environment, "method" => method, "result" => result)
            .increment(1);
        metrics::histogram!("zegel_solana_call_seconds", "environment" => environment)
            .record(began.elapsed());
        answer
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        method: &'static str,
        params: Value,
    ) -> Result<T, ChainError> {
        // Whether a transaction was sent is not to be guessed from a broken connection.
        let repeat = match method {
            SEND => Repeat::Never,
            _ => Repeat::Once,
        };
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        let body = json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params });
        let reply = self.node.post(body.to_string(), repeat).await?;
        self.result(id, &reply)
            .map_err(|why| ChainError::Answered(self.node.without_secrets(&why)))
    }

    /// The result in a reply, or why there is none.
    fn result<T: DeserializeOwned>(&self, id: u64, reply: &Reply) -> Result<T, String> {
        let Reply { status, body } = reply;
        let envelope = serde_json::from_slice::<Envelope<'_>>(body)
            .map_err(|error| error.to_string())
            .and_then(|envelope| Ok(envelope.open(id)?));
        match (status, envelope) {
            (200, Ok(Ok(result))) => {
                serde_json::from_str(result).map_err(|error| error.to_string())
            }
            (_, Ok(Err(fault))) => Err(format!("error {}: {}", fault.code, fault.message)),
            (200, Err(error)) => Err(error),
            (status, _) => Err(format!("HTTP status {status}")),
        }
    }

    /// What names the network: the hash of its first block, in base58.
    pub(super) async fn genesis(&self) -> Result<String, ChainError> {
        self.call("getGenesisHash", json!([]), |genesis: String| Ok(genesis))
            .await
    }

    async fn account_now(&self, address: &Address) -> Result<Option<ChainAccount>, ChainError> {
        let how = json!({ "encoding": "base64", "commitment": CONFIRMED });
        let read = |answer: InContext<Option<Account>>| answer.value.map(Account::read).transpose();
        self.call("getAccountInfo", json!([address, how]), read)
            .await
    }

    /// An account that every network has.
    async fn sysvar(&self, address: &Address) -> Result<Vec<u8>, ChainError> {
        let account = self.account_now(address).await?;
        let missing = || ChainError::Answered(format!("there is no account {address}"));
        Ok(account.ok_or_else(missing)?.data)
    }

    async fn slot_hashes_now(&self) -> Result<SlotHashes, ChainError> {
        let data = self.sysvar(&program::SLOT_HASHES_SYSVAR).await?;
        let hashes = SlotHashes::parse(&data).map_err(|error| odd(&error))?;
        answers::slot(hashes.newest().slot).map_err(|error| odd(&error))?;
        Ok(hashes)
    }
}

const SEND: &str = "sendTransaction";

fn odd(error: &dyn std::fmt::Display) -> ChainError {
    ChainError::Answered(error.to_string())
}

impl Chain for Rpc {
    fn slot_hashes(&self) -> Answer<'_, SlotHashes> {
        Box::pin(self.slot_hashes.get(self.slot_hashes_now()))
    }

    fn now_s(&self) -> Answer<'_, u64> {
        Box::pin(async {
            let data = self.sysvar(&program::CLOCK_SYSVAR).await?;
            let clock = Clock::parse(&data).map_err(|error| odd(&error))?;
            match clock.unix_s {
                now_s @ ..=MAX_TIME_S => Ok(now_s),
                _ => Err(odd(&"a time that cannot be")),
            }
        })
    }

    fn account<'a>(&'a self, address: &'a Address) -> Answer<'a, Option<ChainAccount>> {
        Box::pin(self.account_now(address))
    }

    fn latest_blockhash(&self) -> Answer<'_, Blockhash> {
        let params = json!([{ "commitment": CONFIRMED }]);
        Box::pin(self.call("getLatestBlockhash", params, InContext::<Latest>::read))
    }

    fn block_height(&self) -> Answer<'_, u64> {
        let params = json!([{ "commitment": CONFIRMED }]);
        Box::pin(self.call("getBlockHeight", params, answers::slot))
    }

    fn send<'a>(&'a self, packet: &'a [u8]) -> Answer<'a, ()> {
        // The engine has tried it already, and sends it again as often as it sees fit.
        let how = json!({ "encoding": "base64", "skipPreflight": true, "maxRetries": 0 });
        let params = json!([base64::encode(packet), how]);
        let read = |signature: String| match base58::decode::<64>(signature) {
            // Its first signature names a transaction.
            Ok(signature) if packet.get(1..65) == Some(&signature) => Ok(()),
            _ => Err("another signature than the transaction's"),
        };
        Box::pin(self.call(SEND, params, read))
    }

    fn status<'a>(&'a self, signature: &'a [u8; 64]) -> Answer<'a, Option<Status>> {
        let how = json!({ "searchTransactionHistory": true });
        let params = json!([[base58::encode(signature)], how]);
        let read = |answer: InContext<[Option<SignatureStatus>; 1]>| {
            let [status] = answer.value;
            Ok(status.map(SignatureStatus::read).transpose()?.flatten())
        };
        Box::pin(self.call("getSignatureStatuses", params, read))
    }

    fn simulate<'a>(&'a self, packet: &'a [u8]) -> Answer<'a, Result<(), ChainFailure>> {
        let how = json!({
            "encoding": "base64", "commitment": CONFIRMED,
            "sigVerify": false, "replaceRecentBlockhash": false,
        });
        let params = json!([base64::encode(packet), how]);
        let read = |answer: InContext<Simulated>| answer.value.read();
        Box::pin(self.call("simulateTransaction", params, read))
    }
}

/// Tens of thousands of years ahead.
const MAX_TIME_S: u64 = 1 << 40;

//! JSON-RPC 2.0, as far as zegel speaks it to a node, and one method of our own.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use wire::solana::Address;

use crate::chain::{Chain, Executed, Pace, Refused};

/// A node that answers requests about a chain.
pub struct Rpc {
    chain: Chain,
}

/// Why a request gets no result: JSON-RPC's number, a sentence, and what belongs to it.
#[derive(Debug)]
struct Fault {
    code: i64,
    message: String,
    data: Option<Value>,
}

const PARSE_ERROR: i64 = -32700;
const INVALID_REQUEST: i64 = -32600;
const METHOD_NOT_FOUND: i64 = -32601;
const INVALID_PARAMS: i64 = -32602;
/// Solana's own: the transaction failed when it was tried before being sent.
const PREFLIGHT_FAILURE: i64 = -32002;

impl Fault {
    fn new(code: i64, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            data: None,
        }
    }

    fn params(what: &str) -> Self {
        Self::new(INVALID_PARAMS, format!("Invalid params: {what}"))
    }
}

impl Rpc {
    /// A node of this chain.
    pub fn new(chain: Chain) -> Self {
        Self { chain }
    }

    /// The chain, for what no method does.
    pub fn chain(&mut self) -> &mut Chain {
        &mut self.chain
    }

    /// Answers a request, or several in an array. The answer is JSON-RPC whatever came.
    pub fn answer(&mut self, body: &[u8]) -> Value {
        match serde_json::from_slice(body) {
            Err(_) => faulty(&Value::Null, &Fault::new(PARSE_ERROR, "Parse error")),
            Ok(Value::Array(requests)) => requests.iter().map(|one| self.one(one)).collect(),
            Ok(request) => self.one(&request),
        }
    }

    fn one(&mut self, request: &Value) -> Value {
        let id = &request["id"];
        let Some(method) = request["method"].as_str() else {
            return faulty(id, &Fault::new(INVALID_REQUEST, "Invalid request"));
        };
        match self.call(method, &request["params"]) {
            Ok(result) => json!({ "jsonrpc": "2.0", "result": result, "id": id }),
            Err(fault) => faulty(id, &fault),
        }
    }

    /// What the node can do.
    fn call(&mut self, method: &str, params: &Value) -> Result<Value, Fault> {
        match method {
            "getHealth" => Ok(json!("ok")),
            // Heights and slots are one here: a slot without a block still counts.
            "getSlot" | "getBlockHeight" => Ok(json!(self.chain.slot())),
            "getLatestBlockhash" => Ok(self.latest_blockhash()),
            "getBalance" => self.balance(params),
            "getAccountInfo" => self.account_info(params),
            "getSignatureStatuses" => self.signature_statuses(params),
            "simulateTransaction" => self.simulate(params),
            "sendTransaction" => self.send(params),
            "requestAirdrop" => self.airdrop(params),
            "zegel_advance" => self.advance(params),
            _ => Err(Fault::new(METHOD_NOT_FOUND, "Method not found")),
        }
    }

    /// A value and the slot it is of.
    fn now(&self, value: Value) -> Value {
        json!({ "context": { "slot": self.chain.slot() }, "value": value })
    }

    fn latest_blockhash(&self) -> Value {
        self.now(json!({
            "blockhash": base58(&self.chain.latest_blockhash()),
            "lastValidBlockHeight": self.chain.last_valid_slot(),
        }))
    }

    fn balance(&self, params: &Value) -> Result<Value, Fault> {
        let account = self.chain.account(&address(&params[0])?);
        Ok(self.now(json!(account.map_or(0, |account| account.lamports))))
    }

    fn account_info(&self, params: &Value) -> Result<Value, Fault> {
        let address = address(&params[0])?;
        if params[1]["encoding"] != "base64" {
            return Err(Fault::params("encoding must be base64"));
        }
        let account = self.chain.account(&address).map(|account| {
            json!({
                "data": [STANDARD.encode(&account.data), "base64"],
                "executable": account.executable,
                "lamports": account.lamports,
                "owner": account.owner,
                "rentEpoch": u64::MAX,
                "space": account.data.len(),
            })
        });
        Ok(self.now(json!(account)))
    }

    fn signature_statuses(&self, params: &Value) -> Result<Value, Fault> {
        let signatures = params[0]
            .as_array()
            .ok_or_else(|| Fault::params("signatures must be an array"))?;
        let statuses: Vec<Value> = signatures
            .iter()
            .map(|text| Ok(self.status(&signature(text)?)))
            .collect::<Result<_, Fault>>()?;
        Ok(self.now(json!(statuses)))
    }

    fn status(&self, signature: &[u8; 64]) -> Value {
        let Some((slot, outcome)) = self.chain.outcome(signature) else {
            return Value::Null;
        };
        let (status, error) = match outcome {
            Ok(()) => (json!({ "Ok": null }), Value::Null),
            Err(error) => (json!({ "Err": error }), error),
        };
        json!({
            "slot": slot,
            "confirmations": null,
            "confirmationStatus": "finalized",
            "status": status,
            "err": error,
        })
    }

    fn simulate(&self, params: &Value) -> Result<Value, Fault> {
        let packet = packet(params)?;
        let checking = params[1]["sigVerify"] == true;
        let told = match self.chain.simulate(&packet, checking) {
            Ok(Executed {
                logs,
                compute_units,
                ..
            }) => failure(Value::Null, &logs, compute_units),
            Err(refused) => told(&refused),
        };
        Ok(self.now(told))
    }

    fn send(&mut self, params: &Value) -> Result<Value, Fault> {
        let packet = packet(params)?;
        if params[1]["skipPreflight"] != true
            && let Err(refused) = self.chain.simulate(&packet, true)
        {
            return Err(Fault {
                data: Some(told(&refused)),
                ..Fault::new(
                    PREFLIGHT_FAILURE,
                    format!("Transaction simulation failed: {}", refused.error),
                )
            });
        }
        // Without a try before, a node answers before it knows; the signature statuses tell.
        let signature = packet
            .get(1..65)
            .ok_or_else(|| Fault::params("no signature"))?;
        let answer = json!(base58(signature));
        let _ = self.chain.send(&packet);
        Ok(answer)
    }

    fn airdrop(&mut self, params: &Value) -> Result<Value, Fault> {
        let address = address(&params[0])?;
        let lamports = params[1]
            .as_u64()
            .ok_or_else(|| Fault::params("lamports must be a number"))?;
        self.chain.give(&address, lamports);
        // No transaction did it, so none can be looked up.
        Ok(json!(base58(&[0; 64])))
    }

    /// `zegel_advance [{"skipped": 2, "blocks": 1, "seconds": 0}]`: ends the slot and goes on.
    fn advance(&mut self, params: &Value) -> Result<Value, Fault> {
        let number = |name: &str| match &params[0][name] {
            Value::Null => Ok(0),
            // Days of slots; more would be a slip of the finger, and take long.
            value => value
                .as_u64()
                .filter(|number| *number <= 1_000_000)
                .ok_or_else(|| Fault::params(name)),
        };
        self.chain.advance(Pace {
            skipped: number("skipped")?,
            blocks: number("blocks")?,
            seconds: number("seconds")?,
        });
        Ok(json!({ "slot": self.chain.slot(), "unixTime": self.chain.unix_s() }))
    }
}

fn faulty(id: &Value, fault: &Fault) -> Value {
    let mut error = json!({ "code": fault.code, "message": fault.message });
    if let Some(data) = &fault.data {
        error["data"] = data.clone();
    }
    json!({ "jsonrpc": "2.0", "error": error, "id": id })
}

fn told(refused: &Refused) -> Value {
    failure(refused.error.clone(), &refused.logs, refused.compute_units)
}

fn failure(error: Value, logs: &[String], compute_units: u64) -> Value {
    json!({
        "err": error,
        "logs": logs,
        "unitsConsumed": compute_units,
        "accounts": null,
        "returnData": null,
    })
}

fn base58(bytes: &[u8]) -> String {
    bs58::encode(bytes).into_string()
}

fn address(text: &Value) -> Result<Address, Fault> {
    let text = text.as_str().unwrap_or_default();
    text.parse()
        .map_err(|_| Fault::params("an address in base58 is wanted"))
}

fn signature(text: &Value) -> Result<[u8; 64], Fault> {
    let decoded = bs58::decode(text.as_str().unwrap_or_default()).into_vec();
    decoded
        .ok()
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or_else(|| Fault::params("a signature in base58 is wanted"))
}

fn packet(params: &Value) -> Result<Vec<u8>, Fault> {
    if params[1]["encoding"] != "base64" {
        return Err(Fault::params("encoding must be base64"));
    }
    let text = params[0].as_str().unwrap_or_default();
    STANDARD
        .decode(text)
        .map_err(|_| Fault::params("a transaction in base64 is wanted"))
}

//! What a node may answer, as types: members that matter are there and of their kind, members that
//! do not matter are passed over.

use engine::chain::{Blockhash, ChainAccount, ChainFailure, Status};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;
use wire::encoding::{base58, base64};
use wire::solana::Address;

/// An answer that has the right shape and makes no sense.
pub(super) type Odd = &'static str;

/// The frame of every answer. Exactly one of `result` and `error` is there.
#[derive(Deserialize)]
pub(super) struct Envelope<'a> {
    jsonrpc: String,
    /// `null` when a node could not tell which request it refuses.
    id: Option<u64>,
    #[serde(borrow)]
    result: Option<&'a RawValue>,
    error: Option<Fault>,
}

/// Why a node gives no result.
#[derive(Debug, Deserialize)]
pub(super) struct Fault {
    pub(super) code: i64,
    pub(super) message: String,
}

impl<'a> Envelope<'a> {
    /// What the frame holds.
    pub(super) fn open(self, id: u64) -> Result<Result<&'a str, Fault>, Odd> {
        if self.jsonrpc != "2.0" {
            return Err("not JSON-RPC 2.0");
        }
        match (self.result, self.error) {
            (None, Some(fault)) => Ok(Err(fault)),
            (Some(result), None) if self.id == Some(id) => Ok(Ok(result.get())),
            (Some(_), None) => Err("the answer to another request"),
            (None, None) | (Some(_), Some(_)) => Err("neither a result nor an error, or both"),
        }
    }
}

/// A value, and the slot it is of.
#[derive(Deserialize)]
#[serde(bound = "T: Deserialize<'de>")]
pub(super) struct InContext<T> {
    context: Context,
    #[serde(deserialize_with = "present")]
    pub(super) value: T,
}

#[derive(Deserialize)]
struct Context {
    slot: u64,
}

/// What may be `null` but must be there: a forgotten `err` is no success.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<T, D::Error> {
    T::deserialize(deserializer)
}

/// Slots and heights beyond this lie ten million years ahead.
const MAX_SLOT: u64 = 1 << 49;

/// More than there will be, and the most that a database keeps.
const MAX_LAMPORTS: u64 = i64::MAX as u64;

/// A slot or a height, if it is one.
pub(super) fn slot(number: u64) -> Result<u64, Odd> {
    match number {
        0..=MAX_SLOT => Ok(number),
        _ => Err("a slot or height that cannot be"),
    }
}

#[derive(Deserialize)]
pub(super) struct Account {
    lamports: u64,
    owner: Address,
    data: (String, Encoding),
}

#[derive(Deserialize)]
enum Encoding {
    #[serde(rename = "base64")]
    Base64,
}

impl Account {
    pub(super) fn read(self) -> Result<ChainAccount, Odd> {
        let (data, Encoding::Base64) = self.data;
        if self.lamports > MAX_LAMPORTS {
            return Err("more lamports than there are");
        }
        Ok(ChainAccount {
            lamports: self.lamports,
            owner: self.owner,
            data: base64::decode(data).map_err(|_| "data that is not base64")?,
        })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Latest {
    blockhash: String,
    last_valid_block_height: u64,
}

impl InContext<Latest> {
    pub(super) fn read(self) -> Result<Blockhash, Odd> {
        // A height is never above the slot, and 150 blocks later the hash is dead. With more, a
        // transaction would be waited for that can no longer happen.
        let most = slot(self.context.slot)? + 300;
        if self.value.last_valid_block_height > most {
            return Err("a blockhash that lives too long");
        }
        Ok(Blockhash {
            hash: base58::decode(self.value.blockhash).map_err(|_| "a blockhash that is none")?,
            last_valid_height: self.value.last_valid_block_height,
        })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SignatureStatus {
    slot: u64,
    confirmation_status: Confirmation,
    #[serde(deserialize_with = "present")]
    err: Option<Value>,
}

/// How many have voted for the block.
#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Confirmation {
    Processed,
    Confirmed,
    Finalized,
}

impl SignatureStatus {
    /// `None` as long as the block may still vanish.
    pub(super) fn read(self) -> Result<Option<Status>, Odd> {
        let status = Status {
            slot: slot(self.slot)?,
            failed: self.err.as_ref().map(failure).transpose()?,
        };
        Ok(match self.confirmation_status {
            Confirmation::Processed => None,
            Confirmation::Confirmed | Confirmation::Finalized => Some(status),
        })
    }
}

#[derive(Deserialize)]
pub(super) struct Simulated {
    #[serde(deserialize_with = "present")]
    err: Option<Value>,
}

impl Simulated {
    pub(super) fn read(self) -> Result<Result<(), ChainFailure>, Odd> {
        Ok(match self.err {
            None => Ok(()),
            Some(error) => Err(failure(&error)?),
        })
    }
}

/// The most letters of the chain's own words.
const LONGEST_ERROR: usize = 200;

/// A transaction's error: a name, or an object from a name to what belongs to it. An instruction's
/// is `{"InstructionError": [index, reason]}`, where a program's own number is `{"Custom": n}`.
fn failure(error: &Value) -> Result<ChainFailure, Odd> {
    const ODD: Odd = "an error that is none";
    let (mut instruction, mut custom) = (None, None);
    match error {
        Value::String(_) => {}
        Value::Object(members) if members.len() == 1 => {
            if let Some(of_instruction) = members.get("InstructionError") {
                let Some([index, reason]) = of_instruction.as_array().map(Vec::as_slice) else {
                    return Err(ODD);
                };
                let index = index.as_u64().and_then(|index| index.try_into().ok());
                instruction = Some(index.ok_or(ODD)?);
                if let Some(number) = reason.get("Custom") {
                    let number = number.as_u64().and_then(|number| number.try_into().ok());
                    custom = Some(number.ok_or(ODD)?);
                }
            }
        }
        _ => return Err(ODD),
    }
    let mut error = error.to_string();
    if let Some((end, _)) = error.char_indices().nth(LONGEST_ERROR) {
        error.truncate(end);
    }
    Ok(ChainFailure {
        instruction,
        custom,
        error,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_error_tells_which_instruction_failed_and_why() {
        for (error, instruction, custom) in [
            (
                json!({ "InstructionError": [1, { "Custom": 26 }] }),
                Some(1),
                Some(26),
            ),
            (
                json!({ "InstructionError": [0, "InvalidAccountData"] }),
                Some(0),
                None,
            ),
            (
                json!({ "InstructionError": [255, { "BorshIoError": "x" }] }),
                Some(255),
                None,
            ),
            (
                json!({ "InsufficientFundsForRent": { "account_index": 0 } }),
                None,
                None,
            ),
            (json!("BlockhashNotFound"), None, None),
        ] {
            let expected = ChainFailure {
                instruction,
                custom,
                error: error.to_string(),
            };
            assert_eq!(failure(&error), Ok(expected));
        }
    }

    #[test]
    fn an_error_that_is_none_is_odd_and_a_long_one_is_cut() {
        for error in [
            json!(7),
            json!(true),
            json!([]),
            json!({}),
            json!({ "A": 1, "B": 2 }),
            json!({ "InstructionError": 1 }),
            json!({ "InstructionError": [1] }),
            json!({ "InstructionError": [1, "A", "B"] }),
            json!({ "InstructionError": [256, "A"] }),
            json!({ "InstructionError": [-1, "A"] }),
            json!({ "InstructionError": [1, { "Custom": 4_294_967_296_u64 }] }),
            json!({ "InstructionError": [1, { "Custom": "1" }] }),
        ] {
            assert!(failure(&error).is_err(), "{error}");
        }
        let long = failure(&json!("ä".repeat(10_000))).unwrap();
        assert_eq!(long.error.chars().count(), LONGEST_ERROR);
    }
}

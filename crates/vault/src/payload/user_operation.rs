//! ERC-4337: user operations, and the hash of theirs that an account's owner signs.
//!
//! Three layouts of the entry point are known. 0.6 hashes the members as callers send them, 0.7
//! packs some of them first, and 0.8 puts what 0.7 packs into typed data. Chain and entry point are
//! in each.

use core::fmt;

use serde_json::value::RawValue;
use wire::evm::EntryPointVersion;
use wire::evm::abi::{self, Value};

use super::json::{self, Object};
use super::{U256, U256Error, authorization, bytes_from_hex, keccak256};

/// A user operation, before its signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserOperation {
    version: EntryPointVersion,
    sender: [u8; 20],
    nonce: U256,
    /// The account's factory and what it is called with; empty if the account is there.
    init_code: Vec<u8>,
    call_data: Vec<u8>,
    call_gas_limit: U256,
    verification_gas_limit: U256,
    pre_verification_gas: U256,
    max_fee_per_gas: U256,
    max_priority_fee_per_gas: U256,
    /// Who pays, with what it is asked; empty if the account pays.
    paymaster_and_data: Vec<u8>,
}

/// Why a text is not a user operation, and at which member.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{member}` {fault}")]
pub struct UserOperationError {
    /// The member.
    pub member: String,
    /// What is wrong with it.
    pub fault: UserOperationFault,
}

/// What is wrong with a member of a user operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UserOperationFault {
    /// Not JSON, not an object, or a member appears twice.
    #[error("is not a JSON object with unique members")]
    NotAnObject,
    /// A member is absent or `null`.
    #[error("is missing")]
    Missing,
    /// A member that this entry point does not hash.
    #[error("is no member of a user operation of entry point {0}")]
    Unknown(&'static str),
    /// A member without the one it belongs to.
    #[error("goes with {0} alone")]
    Alone(&'static str),
    /// Not an address.
    #[error("is not an address (0x and 40 hexadecimal digits)")]
    NotAnAddress,
    /// Not bytes.
    #[error("is not bytes (0x and hexadecimal digits)")]
    NotBytes,
    /// Not a number within its bounds.
    #[error("is {0}")]
    NotAnInteger(U256Error),
    /// The account is an address of a person's that runs a contract's code; its hash holds which
    /// contract, and only the chain knows that.
    #[error("stands for EIP-7702, whose hash depends on the chain's state")]
    Eip7702,
    /// A paymaster that is none: the account pays, though the operation reads as if it did not.
    #[error("names the zero address, for which the account pays: leave it out")]
    NoPaymaster,
}

impl UserOperation {
    /// Reads a user operation as callers of a bundler spell it for this version (ERC-7769).
    /// Numbers may be JSON numbers or decimal or `0x` strings. `signature` is no part of what is
    /// signed; any other member that is not hashed is refused.
    pub fn parse(text: &str, version: EntryPointVersion) -> Result<Self, UserOperationError> {
        let object = Object::parse(text)
            .ok_or_else(|| at("userOperation", UserOperationFault::NotAnObject))?;
        let members = Members(&object);
        let packs = version != EntryPointVersion::V0_6;
        let known = if packs { PACKED } else { PLAIN };
        for name in object.names() {
            if !known.contains(&name) && !COMMON.contains(&name) {
                return Err(at(name, UserOperationFault::Unknown(version.name())));
            }
        }
        // What is packed shares a word with another.
        let bits = if packs { 128 } else { 256 };
        let (init_code, paymaster_and_data) = match packs {
            true => (members.factory()?, members.paymaster()?),
            false => (
                members.bytes("initCode")?,
                members.bytes("paymasterAndData")?,
            ),
        };
        // The entry points of 0.6 and 0.7 take the zero address for none (threat T67).
        if paymaster_and_data.starts_with(&[0; 20]) {
            let member = if packs {
                "paymaster"
            } else {
                "paymasterAndData"
            };
            return Err(at(member, UserOperationFault::NoPaymaster));
        }
        if version == EntryPointVersion::V0_8 && init_code.starts_with(&EIP_7702_MARKER) {
            return Err(at("factory", UserOperationFault::Eip7702));
        }
        Ok(Self {
            version,
            sender: members.address("sender")?,
            nonce: members.number("nonce", 256)?,
            init_code,
            call_data: members.bytes("callData")?,
            call_gas_limit: members.number("callGasLimit", bits)?,
            verification_gas_limit: members.number("verificationGasLimit", bits)?,
            pre_verification_gas: members.number("preVerificationGas", 256)?,
            max_fee_per_gas: members.number("maxFeePerGas", bits)?,
            max_priority_fee_per_gas: members.number("maxPriorityFeePerGas", bits)?,
            paymaster_and_data,
        })
    }

    /// `userOpHash`: what the entry point at this address hands the account on this chain.
    pub fn hash(&self, entry_point: &[u8; 20], chain_id: U256) -> [u8; 32] {
        let place = [address(entry_point), Value::Word(chain_id.to_be_bytes())];
        match self.version {
            EntryPointVersion::V0_6 | EntryPointVersion::V0_7 => {
                let [entry_point, chain_id] = place;
                let operation = keccak256(&abi::encode(&self.words()));
                let whole = [Value::Word(operation), entry_point, chain_id];
                keccak256(&abi::encode(&whole))
            }
            EntryPointVersion::V0_8 => {
                let [entry_point, chain_id] = place;
                let text = |text: &str| Value::Word(keccak256(text.as_bytes()));
                let domain = [
                    text(DOMAIN_TYPE),
                    text("ERC4337"),
                    text("1"),
                    chain_id,
                    entry_point,
                ];
                let mut operation = vec![text(OPERATION_TYPE)];
                operation.extend(self.words());
                let [domain, operation] =
                    [&domain[..], &operation].map(|words| keccak256(&abi::encode(words)));
                keccak256(&[&[0x19, 0x01][..], &domain, &operation].concat())
            }
        }
    }

    /// The members in the one form that is kept and shown: texts, every number in hexadecimal.
    pub fn canonical(&self) -> String {
        let members = self.members();
        let mut text = String::from("{");
        for (name, value) in members {
            if text.len() > 1 {
                text.push(',');
            }
            // Neither has a character that JSON would escape.
            text.push_str(&format!("\"{name}\":\"{value}\""));
        }
        text.push('}');
        text
    }

    /// The account.
    pub fn sender(&self) -> [u8; 20] {
        self.sender
    }

    /// Names and values of what is signed.
    fn members(&self) -> Vec<(&'static str, String)> {
        let mut members = vec![
            ("sender", hex(&self.sender)),
            ("nonce", quantity(self.nonce)),
        ];
        match self.version {
            EntryPointVersion::V0_6 => members.push(("initCode", hex(&self.init_code))),
            EntryPointVersion::V0_7 | EntryPointVersion::V0_8 => {
                if let Some((factory, rest)) = self.init_code.split_first_chunk::<20>() {
                    members.push(("factory", hex(factory)));
                    members.push(("factoryData", hex(rest)));
                }
            }
        }
        members.extend([
            ("callData", hex(&self.call_data)),
            ("callGasLimit", quantity(self.call_gas_limit)),
            (
                "verificationGasLimit",
                quantity(self.verification_gas_limit),
            ),
            ("preVerificationGas", quantity(self.pre_verification_gas)),
            ("maxFeePerGas", quantity(self.max_fee_per_gas)),
            (
                "maxPriorityFeePerGas",
                quantity(self.max_priority_fee_per_gas),
            ),
        ]);
        match self.version {
            EntryPointVersion::V0_6 => {
                members.push(("paymasterAndData", hex(&self.paymaster_and_data)));
            }
            EntryPointVersion::V0_7 | EntryPointVersion::V0_8 => {
                if let Some((paymaster, rest)) = self.paymaster_and_data.split_first_chunk::<20>() {
                    // Packed by us, so both are there.
                    let (limits, rest) = rest.split_at(32);
                    let (verification, post_op) = limits.split_at(16);
                    let number = |bytes| quantity(U256::from_be_slice(bytes).unwrap_or_default());
                    members.extend([
                        ("paymaster", hex(paymaster)),
                        ("paymasterVerificationGasLimit", number(verification)),
                        ("paymasterPostOpGasLimit", number(post_op)),
                        ("paymasterData", hex(rest)),
                    ]);
                }
            }
        }
        members
    }

    /// The words that are hashed, in the order of the version's struct.
    fn words(&self) -> Vec<Value<'static>> {
        let hashed = |bytes: &[u8]| Value::Word(keccak256(bytes));
        let number = |number: U256| Value::Word(number.to_be_bytes());
        let both = |high: U256, low: U256| {
            let mut word = low.to_be_bytes();
            word[..16].copy_from_slice(&high.to_be_bytes()[16..]);
            Value::Word(word)
        };
        let mut words = vec![
            address(&self.sender),
            number(self.nonce),
            hashed(&self.init_code),
            hashed(&self.call_data),
        ];
        match self.version {
            EntryPointVersion::V0_6 => words.extend([
                number(self.call_gas_limit),
                number(self.verification_gas_limit),
                number(self.pre_verification_gas),
                number(self.max_fee_per_gas),
                number(self.max_priority_fee_per_gas),
            ]),
            EntryPointVersion::V0_7 | EntryPointVersion::V0_8 => words.extend([
                both(self.verification_gas_limit, self.call_gas_limit),
                number(self.pre_verification_gas),
                both(self.max_priority_fee_per_gas, self.max_fee_per_gas),
            ]),
        }
        words.push(hashed(&self.paymaster_and_data));
        words
    }
}

/// The members of one user operation, still unread.
struct Members<'a>(&'a Object<'a>);

impl Members<'_> {
    fn required(&self, name: &str) -> Result<&RawValue, UserOperationError> {
        let member = self.0.member(name);
        member.ok_or_else(|| at(name, UserOperationFault::Missing))
    }

    fn address(&self, name: &str) -> Result<[u8; 20], UserOperationError> {
        authorization::address(self.required(name)?)
            .ok_or_else(|| at(name, UserOperationFault::NotAnAddress))
    }

    fn bytes(&self, name: &str) -> Result<Vec<u8>, UserOperationError> {
        json::string(self.required(name)?)
            .filter(|text| text.starts_with("0x"))
            .and_then(|text| bytes_from_hex(&text).ok())
            .ok_or_else(|| at(name, UserOperationFault::NotBytes))
    }

    fn number(&self, name: &str, bits: u16) -> Result<U256, UserOperationError> {
        json::integer_text(self.required(name)?)
            .ok_or(U256Error::NotAnInteger)
            .and_then(|text| U256::parse(&text))
            .and_then(|number| match number.bit_length() <= bits.into() {
                true => Ok(number),
                false => Err(U256Error::TooLarge { bits }),
            })
            .map_err(|error| at(name, UserOperationFault::NotAnInteger(error)))
    }

    /// Bytes that may be absent.
    fn perhaps(&self, name: &str) -> Result<Vec<u8>, UserOperationError> {
        match self.0.member(name) {
            Some(_) => self.bytes(name),
            None => Ok(Vec::new()),
        }
    }

    fn belongs(&self, names: &[&str], to: &'static str) -> Result<(), UserOperationError> {
        let alone = names.iter().find(|name| self.0.member(name).is_some());
        alone.map_or(Ok(()), |name| Err(at(name, UserOperationFault::Alone(to))))
    }

    fn factory(&self) -> Result<Vec<u8>, UserOperationError> {
        if self.0.member("factory").is_none() {
            self.belongs(&["factoryData"], "factory")?;
            return Ok(Vec::new());
        }
        let factory = self.required("factory")?;
        if json::string(factory).is_some_and(|text| text.eq_ignore_ascii_case("0x7702")) {
            return Err(at("factory", UserOperationFault::Eip7702));
        }
        let factory = self.address("factory")?;
        Ok([&factory[..], &self.perhaps("factoryData")?].concat())
    }

    fn paymaster(&self) -> Result<Vec<u8>, UserOperationError> {
        let limits = ["paymasterVerificationGasLimit", "paymasterPostOpGasLimit"];
        if self.0.member("paymaster").is_none() {
            self.belongs(&limits, "paymaster")?;
            self.belongs(&["paymasterData"], "paymaster")?;
            return Ok(Vec::new());
        }
        let mut packed = self.address("paymaster")?.to_vec();
        for name in limits {
            packed.extend(&self.number(name, 128)?.to_be_bytes()[16..]);
        }
        packed.extend(self.perhaps("paymasterData")?);
        Ok(packed)
    }
}

fn address(address: &[u8; 20]) -> Value<'static> {
    let mut word = [0; 32];
    word[12..].copy_from_slice(address);
    Value::Word(word)
}

fn hex(bytes: &[u8]) -> String {
    format!("0x{}", hex::encode(bytes))
}

/// A number as bundlers spell it: hexadecimal, without zeros before it.
fn quantity(number: U256) -> String {
    let digits = hex::encode(number.to_be_bytes());
    let digits = digits.trim_start_matches('0');
    format!("0x{}", if digits.is_empty() { "0" } else { digits })
}

fn at(member: impl fmt::Display, fault: UserOperationFault) -> UserOperationError {
    UserOperationError {
        member: member.to_string(),
        fault,
    }
}

/// What callers of every version send.
const COMMON: &[&str] = &[
    "sender",
    "nonce",
    "callData",
    "callGasLimit",
    "verificationGasLimit",
    "preVerificationGas",
    "maxFeePerGas",
    "maxPriorityFeePerGas",
    "signature",
];

/// What they send for 0.6 besides.
const PLAIN: &[&str] = &["initCode", "paymasterAndData"];

/// What they send for later ones.
const PACKED: &[&str] = &[
    "factory",
    "factoryData",
    "paymaster",
    "paymasterVerificationGasLimit",
    "paymasterPostOpGasLimit",
    "paymasterData",
];

/// The factory that is none (ERC-4337 "Support for EIP-7702 authorizations"), which bundlers also
/// write as its first two bytes.
const EIP_7702_MARKER: [u8; 20] = [
    0x77, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
];

const DOMAIN_TYPE: &str =
    "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)";

const OPERATION_TYPE: &str = "PackedUserOperation(address sender,uint256 nonce,bytes initCode,\
     bytes callData,bytes32 accountGasLimits,uint256 preVerificationGas,bytes32 gasFees,\
     bytes paymasterAndData)";

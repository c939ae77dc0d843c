//! An account of every family, owned by one passkey.

use revm::primitives::Address;
use verify::evm::{DaimoVersion, Family, public_key};
use wire::evm::abi::Value;
use wire::evm::{P256Verify, PublicKey};
use wire::solana::secp256r1::CompressedKey;

use crate::ceremony::{KEY_SLOT, OWNER_INDEX, VALID_UNTIL_S};
use crate::machine::{Ended, Machine, selector};

/// Accounts on one machine.
pub struct Wallets {
    pub machine: Machine,
    owner: PublicKey,
    coinbase: Address,
    solady: Address,
    openzeppelin: Address,
    /// Not an account but a verifier, for keys that are given with each call.
    erc7913: Address,
    safe: Address,
    daimo_v1: Address,
    daimo_v2: Address,
}

/// ERC-1271's answer.
const GOOD: [u8; 4] = [0x16, 0x26, 0xba, 0x7e];

impl Wallets {
    pub fn osaka(owner: &CompressedKey) -> Self {
        let mut machine = Machine::osaka();
        let owner = public_key(owner).unwrap();
        let safe = safe(&mut machine, owner, None);
        Self::on(machine, owner, safe)
    }

    /// Safe's account is given a contract to check the curve with, as it is on such chains.
    pub fn prague(owner: &CompressedKey) -> Self {
        let mut machine = Machine::prague();
        let owner = public_key(owner).unwrap();
        let curve = machine.deploy("FCLP256Verifier", &[]);
        let safe = safe(&mut machine, owner, Some(curve));
        Self::on(machine, owner, safe)
    }

    fn on(mut machine: Machine, owner: PublicKey, safe: Address) -> Self {
        let (x, y) = (Value::Word(owner.x), Value::Word(owner.y));
        let bytes = owner.to_bytes();

        let coinbase = machine.deploy("CoinbaseWallet", &[]);
        let place = [Value::number(OWNER_INDEX), Value::Bytes(&bytes)];
        done(machine.call(coinbase, "addOwner(uint256,bytes)", &place));

        let mut daimo = |name| {
            let account = machine.deploy(name, &[]);
            let place = [Value::number(KEY_SLOT.into()), x.clone(), y.clone()];
            done(machine.call(account, "addSigningKey(uint8,bytes32,bytes32)", &place));
            account
        };
        Self {
            daimo_v1: daimo("DaimoAccountV1"),
            daimo_v2: daimo("DaimoAccountV2"),
            solady: machine.deploy("SoladyAccount", &[Value::Bytes(&bytes)]),
            openzeppelin: machine.deploy("OpenZeppelinAccount", &[x, y]),
            erc7913: machine.deploy("ERC7913WebAuthnVerifier", &[]),
            machine,
            owner,
            coinbase,
            safe,
        }
    }

    /// Whether the family's account takes a signature. What is neither yes nor no is no answer.
    pub fn accept(&mut self, family: &Family, hash: &[u8; 32], signature: &[u8]) -> bool {
        match family {
            Family::Coinbase { .. } => self.erc1271(self.coinbase, hash, signature),
            Family::Solady => self.erc1271(self.solady, hash, signature),
            Family::OpenZeppelin => {
                let accepted = self.erc1271(self.openzeppelin, hash, signature);
                assert_eq!(accepted, self.erc7913(hash, signature));
                accepted
            }
            Family::Safe => self.erc1271(self.safe, hash, signature),
            Family::Daimo { version, .. } => self.daimo(*version, hash, signature),
        }
    }

    /// Whether a Safe on this machine takes a signature if it has nobody else to ask about the
    /// curve.
    pub fn safe_without_help(&mut self, hash: &[u8; 32], signature: &[u8]) -> bool {
        let safe = safe(&mut self.machine, self.owner, None);
        self.erc1271(safe, hash, signature)
    }

    fn erc1271(&mut self, account: Address, hash: &[u8; 32], signature: &[u8]) -> bool {
        let arguments = [Value::Word(*hash), Value::Bytes(signature)];
        let function = "isValidSignature(bytes32,bytes)";
        let word = self.machine.call(account, function, &arguments).word();
        is(word, GOOD)
    }

    fn erc7913(&mut self, hash: &[u8; 32], signature: &[u8]) -> bool {
        let key = self.owner.to_bytes();
        let hash = Value::Word(*hash);
        let arguments = [Value::Bytes(&key), hash, Value::Bytes(signature)];
        let function = "verify(bytes,bytes32,bytes)";
        let word = self.machine.call(self.erc7913, function, &arguments).word();
        is(word, selector(function))
    }

    fn daimo(&mut self, version: DaimoVersion, hash: &[u8; 32], signature: &[u8]) -> bool {
        let account = match version {
            DaimoVersion::V1 => self.daimo_v1,
            DaimoVersion::V2 => self.daimo_v2,
        };
        let arguments = [Value::Word(*hash), Value::Bytes(signature)];
        let answer = self
            .machine
            .call(account, "validate(bytes32,bytes)", &arguments);
        let Some(word) = answer.word() else {
            return false;
        };
        // ERC-4337: until when, above an address of nobody; or 1.
        let mut good = [0; 32];
        good[4..12].copy_from_slice(&VALID_UNTIL_S.to_be_bytes());
        let mut failed = [0; 32];
        failed[31] = 1;
        assert!(word == good || word == failed, "{word:02x?}");
        word == good
    }
}

/// A signer of Safe's own factory. What it checks the curve with are the precompiled contract and,
/// if there is one, another.
fn safe(machine: &mut Machine, owner: PublicKey, curve: Option<Address>) -> Address {
    let factory = machine.deploy("SafeWebAuthnSignerFactory", &[]);
    let mut verifiers = [0; 32];
    verifiers[10..12].copy_from_slice(&(P256Verify::ADDRESS as u16).to_be_bytes());
    if let Some(curve) = curve {
        verifiers[12..].copy_from_slice(curve.as_slice());
    }
    let arguments = [owner.x, owner.y, verifiers].map(Value::Word);
    let function = "createSigner(uint256,uint256,uint176)";
    let word = machine.call(factory, function, &arguments).word();
    Address::from_slice(&word.expect("a signer")[12..])
}

fn done(ended: Ended) {
    assert_eq!(ended, Ended::Returned(Vec::new()));
}

/// Whether a `bytes4` is this one; the others that may come are those of a refusal.
fn is(word: Option<[u8; 32]>, good: [u8; 4]) -> bool {
    let Some(word) = word else { return false };
    let (answer, rest) = word.split_first_chunk().expect("longer than four");
    assert_eq!(rest, [0; 28]);
    assert!([good, [0; 4], [0xff; 4]].contains(answer), "{answer:02x?}");
    *answer == good
}

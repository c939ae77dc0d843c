//! TON: the account of a wallet contract is the hash of its initial state.
//!
//! A state is a tree of cells, and a cell's hash needs of its children only their hashes and
//! depths. So the contract's code enters as two numbers, and the data cell is made from the key.

use sha2::{Digest, Sha256};

use wire::encoding::base64url;

use super::stellar::crc16_xmodem;

/// A published wallet contract.
#[derive(Clone, Copy)]
pub(super) enum Contract {
    V3r2,
    V4r2,
    V5r1,
}

/// The user-friendly address on the main network's base chain: not bounceable, as addresses of
/// wallets are shown since they receive before they exist, and in the URL-safe alphabet (`UQ…`).
pub(super) fn address(contract: Contract, key: &[u8; 32]) -> String {
    let mut bytes = vec![NOT_BOUNCEABLE, BASE_CHAIN];
    bytes.extend_from_slice(&account(contract, key));
    bytes.extend_from_slice(&crc16_xmodem(&bytes).to_be_bytes());
    base64url::encode(&bytes)
}

/// The hash of the StateInit cell: no split depth, not special, with code, with data, no library.
fn account(contract: Contract, key: &[u8; 32]) -> [u8; 32] {
    let mut bits = Bits::default();
    bits.push(0b00110, 5);
    bits.cell(&[contract.code(), contract.data(key)]).hash
}

impl Contract {
    /// The code cell of the published contract.
    const fn code(self) -> CellName {
        match self {
            Self::V3r2 => CellName {
                depth: 0,
                hash: V3R2_CODE,
            },
            Self::V4r2 => CellName {
                depth: 7,
                hash: V4R2_CODE,
            },
            Self::V5r1 => CellName {
                depth: 6,
                hash: V5R1_CODE,
            },
        }
    }

    /// The data cell of a contract that has never sent a message.
    fn data(self, key: &[u8; 32]) -> CellName {
        let mut bits = Bits::default();
        match self {
            Self::V3r2 => {
                bits.push(SEQUENCE_NUMBER, 32);
                bits.push(SUBWALLET, 32);
                bits.push_bytes(key);
            }
            Self::V4r2 => {
                bits.push(SEQUENCE_NUMBER, 32);
                bits.push(SUBWALLET, 32);
                bits.push_bytes(key);
                bits.push(NO_DICTIONARY, 1);
            }
            Self::V5r1 => {
                bits.push(SIGNATURES_ALLOWED, 1);
                bits.push(SEQUENCE_NUMBER, 32);
                bits.push(V5_WALLET, 32);
                bits.push_bytes(key);
                bits.push(NO_DICTIONARY, 1);
            }
        }
        bits.cell(&[])
    }
}

/// What a parent needs to know of a cell.
struct CellName {
    depth: u16,
    hash: [u8; 32],
}

/// The bits of an ordinary cell.
#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    length: usize,
}

impl Bits {
    /// Appends the lowest `width` bits of `value`, highest first.
    fn push(&mut self, value: u32, width: u32) {
        for position in (0..width).rev() {
            if self.length.is_multiple_of(8) {
                self.bytes.push(0);
            }
            let bit = (value >> position & 1) as u8;
            // A byte was pushed just now or for an earlier bit.
            if let Some(last) = self.bytes.last_mut() {
                *last |= bit << (7 - self.length % 8);
            }
            self.length += 1;
        }
    }

    fn push_bytes(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.push((*byte).into(), 8));
    }

    /// The standard hash of the cell: two descriptor bytes, the bits with a closing one, and the
    /// depths and hashes of the children.
    fn cell(mut self, children: &[CellName]) -> CellName {
        let (whole, bits) = (self.length / 8, self.length);
        let descriptors = [children.len() as u8, (whole + bits.div_ceil(8)) as u8];
        if !bits.is_multiple_of(8) {
            self.push(1, 1);
        }
        let mut hasher = Sha256::new()
            .chain_update(descriptors)
            .chain_update(&self.bytes);
        children
            .iter()
            .for_each(|child| hasher.update(child.depth.to_be_bytes()));
        children.iter().for_each(|child| hasher.update(child.hash));
        let depth = children
            .iter()
            .map(|child| child.depth + 1)
            .max()
            .unwrap_or(0);
        CellName {
            depth,
            hash: hasher.finalize().into(),
        }
    }
}

const NOT_BOUNCEABLE: u8 = 0x51;
const BASE_CHAIN: u8 = 0;

const SEQUENCE_NUMBER: u32 = 0;
const SIGNATURES_ALLOWED: u32 = 1;
const NO_DICTIONARY: u32 = 0;

/// The number that every wallet of versions 3 and 4 on the base chain starts with.
const SUBWALLET: u32 = 698_983_191;

/// Version 5's counterpart: the context "client, base chain, contract version 0, subwallet 0"
/// (0x80000000) combined by exclusive or with the main network's id, -239.
const V5_WALLET: u32 = 0x8000_0000 ^ -239_i32 as u32;

const V3R2_CODE: [u8; 32] = [
    0x84, 0xda, 0xfa, 0x44, 0x9f, 0x98, 0xa6, 0x98, 0x77, 0x89, 0xba, 0x23, 0x23, 0x58, 0x07, 0x2b,
    0xc0, 0xf7, 0x6d, 0xc4, 0x52, 0x40, 0x02, 0xa5, 0xd0, 0x91, 0x8b, 0x9a, 0x75, 0xd2, 0xd5, 0x99,
];

const V4R2_CODE: [u8; 32] = [
    0xfe, 0xb5, 0xff, 0x68, 0x20, 0xe2, 0xff, 0x0d, 0x94, 0x83, 0xe7, 0xe0, 0xd6, 0x2c, 0x81, 0x7d,
    0x84, 0x67, 0x89, 0xfb, 0x4a, 0xe5, 0x80, 0xc8, 0x78, 0x86, 0x6d, 0x95, 0x9d, 0xab, 0xd5, 0xc0,
];

const V5R1_CODE: [u8; 32] = [
    0x20, 0x83, 0x4b, 0x7b, 0x72, 0xb1, 0x12, 0x14, 0x7e, 0x1b, 0x2f, 0xb4, 0x57, 0xb8, 0x4e, 0x74,
    0xd1, 0xa3, 0x0f, 0x04, 0xf7, 0x37, 0xd4, 0xf6, 0x2a, 0x66, 0x8e, 0x95, 0x52, 0xd2, 0xb7, 0x2f,
];

//! What a user operation calls, where its account has the two functions that most accounts have.

use super::abi::{self, Value};

/// One call of an account's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Whom it calls.
    pub target: [u8; 20],
    /// What it sends along, in the chain's smallest unit: 32 bytes, big endian.
    pub value: [u8; 32],
    /// What it says.
    pub data: Vec<u8>,
}

/// `execute(address,uint256,bytes)`.
const EXECUTE: [u8; 4] = [0xb6, 0x1d, 0x27, 0xf6];

/// `executeBatch((address,uint256,bytes)[])`.
const EXECUTE_BATCH: [u8; 4] = [0x34, 0xfc, 0xd5, 0xbe];

/// More calls than this nobody reads.
const MOST: usize = 16;

impl Call {
    /// The calls in an operation's call data, if it is spelled as compilers spell it. What could be
    /// read otherwise is not read: it is encoded anew and compared.
    ///
    /// That the account has these functions and that they do what they are called is the account's
    /// matter.
    pub fn read(call_data: &[u8]) -> Option<Vec<Self>> {
        let (selector, words) = call_data.split_first_chunk::<4>()?;
        let calls = match *selector {
            EXECUTE => vec![Self::at(words, 0)?],
            EXECUTE_BATCH => Self::batch(words)?,
            _ => return None,
        };
        let again = match *selector {
            EXECUTE => abi::encode(&calls[0].values()),
            _ => {
                let elements: Vec<_> = calls
                    .iter()
                    .map(|call| Value::Tuple(call.values().into()))
                    .collect();
                let head = [Value::number(32), Value::number(calls.len() as u64)];
                [abi::encode(&head), abi::encode(&elements)].concat()
            }
        };
        (again == words).then_some(calls)
    }

    fn batch(words: &[u8]) -> Option<Vec<Self>> {
        let count = number(words, 32)?;
        let elements = words.get(64..)?;
        if count > MOST {
            return None;
        }
        (0..count)
            .map(|place| Self::at(elements, number(elements, place * 32)?))
            .collect()
    }

    /// The call whose members begin there, its bytes counted from there.
    fn at(words: &[u8], start: usize) -> Option<Self> {
        let words = words.get(start..)?;
        let bytes = number(words, 64)?;
        let length = number(words, bytes)?;
        let first = bytes.checked_add(32)?;
        Some(Self {
            target: *word(words, 0)?.last_chunk()?,
            value: *word(words, 32)?,
            data: words.get(first..first.checked_add(length)?)?.to_vec(),
        })
    }

    fn values(&self) -> [Value<'_>; 3] {
        let mut target = [0; 32];
        target[12..].copy_from_slice(&self.target);
        [
            Value::Word(target),
            Value::Word(self.value),
            Value::Bytes(&self.data),
        ]
    }
}

fn word(words: &[u8], start: usize) -> Option<&[u8; 32]> {
    words.get(start..)?.first_chunk()
}

fn number(words: &[u8], start: usize) -> Option<usize> {
    let (zeros, low) = word(words, start)?.split_at(28);
    let low: [u8; 4] = low.try_into().ok()?;
    let number = u32::from_be_bytes(low).try_into().ok()?;
    zeros.iter().all(|byte| *byte == 0).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoding::hex;

    fn call(target: u8, value: u8, data: &[u8]) -> Call {
        let mut word = [0; 32];
        word[31] = value;
        Call {
            target: [target; 20],
            value: word,
            data: data.to_vec(),
        }
    }

    /// As viem encodes them.
    fn execute() -> Vec<u8> {
        hex::decode(concat!(
            "b61d27f6",
            "0000000000000000000000001111111111111111111111111111111111111111",
            "0000000000000000000000000000000000000000000000000000000000000005",
            "0000000000000000000000000000000000000000000000000000000000000060",
            "0000000000000000000000000000000000000000000000000000000000000003",
            "0a0b0c0000000000000000000000000000000000000000000000000000000000",
        ))
        .unwrap()
    }

    fn batch() -> Vec<u8> {
        hex::decode(concat!(
            "34fcd5be",
            "0000000000000000000000000000000000000000000000000000000000000020",
            "0000000000000000000000000000000000000000000000000000000000000002",
            "0000000000000000000000000000000000000000000000000000000000000040",
            "00000000000000000000000000000000000000000000000000000000000000e0",
            "0000000000000000000000001111111111111111111111111111111111111111",
            "0000000000000000000000000000000000000000000000000000000000000005",
            "0000000000000000000000000000000000000000000000000000000000000060",
            "0000000000000000000000000000000000000000000000000000000000000003",
            "0a0b0c0000000000000000000000000000000000000000000000000000000000",
            "0000000000000000000000002222222222222222222222222222222222222222",
            "0000000000000000000000000000000000000000000000000000000000000000",
            "0000000000000000000000000000000000000000000000000000000000000060",
            "0000000000000000000000000000000000000000000000000000000000000000",
        ))
        .unwrap()
    }

    #[test]
    fn reads_one_call_and_several() {
        let first = call(0x11, 5, &[10, 11, 12]);
        assert_eq!(Call::read(&execute()), Some(vec![first.clone()]));
        assert_eq!(Call::read(&batch()), Some(vec![first, call(0x22, 0, &[])]));
    }

    #[test]
    fn t67_reads_nothing_that_could_be_read_otherwise() {
        for whole in [execute(), batch()] {
            for end in 0..whole.len() {
                assert_eq!(Call::read(&whole[..end]), None, "{end}");
            }
            assert_eq!(Call::read(&[&whole[..], &[0]].concat()), None);
            // Each byte is part of a call, or refused if it is another.
            let calls = Call::read(&whole);
            for place in 0..whole.len() {
                let mut other = whole.clone();
                other[place] ^= 0x40;
                assert_ne!(Call::read(&other), calls, "{place}");
            }
        }
        assert_eq!(Call::read(&[]), None);
        assert_eq!(Call::read(&[0; 200]), None);
    }

    #[test]
    fn t7_counts_and_places_beyond_the_data_are_refused() {
        for place in [4 + 32, 4 + 64, 4 + 96] {
            for number in [[0xff; 32], {
                let mut word = [0; 32];
                word[28..].copy_from_slice(&[0xff; 4]);
                word
            }] {
                let mut other = batch();
                other[place..place + 32].copy_from_slice(&number);
                assert_eq!(Call::read(&other), None, "{place}");
            }
        }
    }
}

//! The values of typed data: each becomes 32 bytes (EIP-712 "Definition of encodeData").

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use super::schema::{Base, Member, Schema};
use super::{MAX_DEPTH, TypedDataError, TypedDataFault, at};
use crate::payload::json::{self, Object};
use crate::payload::{U256, U256Error, authorization, bytes_from_hex, keccak256};

/// Hashes the values of one piece of typed data.
pub(super) struct Hasher<'a> {
    pub(super) schema: &'a Schema,
    pub(super) type_hashes: &'a BTreeMap<String, [u8; 32]>,
    /// Whether members outside the types are refused.
    pub(super) is_exact: bool,
}

impl Hasher<'_> {
    /// `hashStruct`: `keccak256(typeHash ‖ encodeData)`.
    pub(super) fn hash_struct(
        &self,
        name: &str,
        text: &str,
        depth: usize,
    ) -> Result<[u8; 32], TypedDataError> {
        if depth > MAX_DEPTH {
            return Err(here(TypedDataFault::TooDeep));
        }
        let (Some(members), Some(type_hash)) =
            (self.schema.members(name), self.type_hashes.get(name))
        else {
            return Err(here(TypedDataFault::UnknownType));
        };
        let object = Object::parse(text).ok_or(here(TypedDataFault::NotAnObject))?;
        let is_foreign = |name: &&str| !members.iter().any(|member| member.name == **name);
        if let Some(foreign) = object.names().find(is_foreign).filter(|_| self.is_exact) {
            return Err(at(foreign, TypedDataFault::Unsigned));
        }
        let mut preimage = type_hash.to_vec();
        for Member { name, kind, .. } in members {
            let word = object
                .member(name)
                .ok_or(here(TypedDataFault::Missing))
                .and_then(|value| self.encode(&kind.base, &kind.dimensions, value, depth + 1))
                .map_err(|error| error.within(name))?;
            preimage.extend(word);
        }
        Ok(keccak256(&preimage))
    }

    fn encode(
        &self,
        base: &Base,
        dimensions: &[Option<usize>],
        value: &RawValue,
        depth: usize,
    ) -> Result<[u8; 32], TypedDataError> {
        if let Some((length, inner)) = dimensions.split_last() {
            return self.encode_array(base, *length, inner, value, depth);
        }
        let word = match base {
            Base::Struct(name) => return self.hash_struct(name, value.get(), depth),
            Base::Address => address(value),
            Base::Bool => boolean(value),
            Base::String => string(value),
            Base::Bytes => bytes(value).map(|bytes| keccak256(&bytes)),
            Base::FixedBytes { length } => fixed_bytes(value, *length),
            Base::Uint { bits } => unsigned(value, *bits),
            Base::Int { bits } => signed(value, *bits),
        };
        word.map_err(here)
    }

    /// An array is the hash of its encoded elements, one behind the other.
    fn encode_array(
        &self,
        base: &Base,
        length: Option<usize>,
        inner: &[Option<usize>],
        value: &RawValue,
        depth: usize,
    ) -> Result<[u8; 32], TypedDataError> {
        if depth > MAX_DEPTH {
            return Err(here(TypedDataFault::TooDeep));
        }
        let elements: Vec<&RawValue> = serde_json::from_str(value.get())
            .map_err(|_| here(TypedDataFault::NotA("an array")))?;
        if length.is_some_and(|length| length != elements.len()) {
            return Err(here(TypedDataFault::Length));
        }
        let mut preimage = Vec::with_capacity(elements.len() * 32);
        for (index, element) in elements.into_iter().enumerate() {
            let word = self
                .encode(base, inner, element, depth + 1)
                .map_err(|error| error.within(&format!("[{index}]")))?;
            preimage.extend(word);
        }
        Ok(keccak256(&preimage))
    }
}

/// A fault of the value at hand; the levels above add its path.
fn here(fault: TypedDataFault) -> TypedDataError {
    at("", fault)
}

type Word = Result<[u8; 32], TypedDataFault>;

fn address(value: &RawValue) -> Word {
    let address = authorization::address(value).ok_or(TypedDataFault::NotA(
        "an address (0x and 40 hexadecimal digits)",
    ))?;
    let mut word = [0; 32];
    word[12..].copy_from_slice(&address);
    Ok(word)
}

fn boolean(value: &RawValue) -> Word {
    let flag: bool =
        serde_json::from_str(value.get()).map_err(|_| TypedDataFault::NotA("true or false"))?;
    Ok(U256::from(u64::from(flag)).to_be_bytes())
}

fn string(value: &RawValue) -> Word {
    let text = json::string(value).ok_or(TypedDataFault::NotA("a string"))?;
    Ok(keccak256(text.as_bytes()))
}

fn bytes(value: &RawValue) -> Result<Vec<u8>, TypedDataFault> {
    json::string(value)
        .filter(|text| text.starts_with("0x"))
        .and_then(|text| bytes_from_hex(&text).ok())
        .ok_or(TypedDataFault::NotA("bytes (0x and hexadecimal digits)"))
}

/// Padded with zeros at the end, unlike numbers.
fn fixed_bytes(value: &RawValue, length: usize) -> Word {
    let bytes = bytes(value)?;
    if bytes.len() != length {
        return Err(TypedDataFault::Length);
    }
    let mut word = [0; 32];
    word[..length].copy_from_slice(&bytes);
    Ok(word)
}

fn unsigned(value: &RawValue, bits: usize) -> Word {
    let (negative, magnitude) = integer(value)?;
    let in_range = magnitude.bit_length() <= bits && (!negative || magnitude == U256::ZERO);
    in_range
        .then(|| magnitude.to_be_bytes())
        .ok_or(TypedDataFault::OutOfRange)
}

/// Two's complement, extended to 256 bits.
fn signed(value: &RawValue, bits: usize) -> Word {
    let (negative, magnitude) = integer(value)?;
    let word = if negative {
        magnitude.negated()
    } else {
        magnitude
    };
    // −2ⁿ⁻¹ is the one number whose magnitude needs all n bits: the one before it does not.
    let in_range = if negative {
        magnitude
            .predecessor()
            .is_none_or(|before| before.bit_length() < bits)
    } else {
        magnitude.bit_length() < bits
    };
    in_range
        .then(|| word.to_be_bytes())
        .ok_or(TypedDataFault::OutOfRange)
}

/// Whether there is a minus sign, and the number behind it.
fn integer(value: &RawValue) -> Result<(bool, U256), TypedDataFault> {
    let text = json::integer_text(value).ok_or(TypedDataFault::NotA("an integer"))?;
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.as_str()),
    };
    match U256::parse(digits) {
        Ok(magnitude) => Ok((negative, magnitude)),
        Err(U256Error::NotAnInteger) => Err(TypedDataFault::NotA("an integer")),
        Err(U256Error::TooLarge { bits: _ }) => Err(TypedDataFault::OutOfRange),
    }
}

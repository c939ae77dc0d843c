//! The types of typed data: structs, their members, and their encoded form.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::value::RawValue;

use super::{DOMAIN_TYPE, MAX_STRUCTS, TypedDataError, TypedDataFault, at};
use crate::payload::json::{self, Object};
use crate::payload::keccak256;

/// All structs by name.
pub(super) struct Schema {
    structs: BTreeMap<String, Vec<Member>>,
}

/// A member of a struct.
pub(super) struct Member {
    pub(super) name: String,
    /// The type as it is written, which is how the encoded type spells it.
    written: String,
    pub(super) kind: Kind,
}

/// A type: a base, and an array around it for each dimension, the innermost first.
#[derive(Clone)]
pub(super) struct Kind {
    pub(super) base: Base,
    /// The length of each array, `None` for any.
    pub(super) dimensions: Vec<Option<usize>>,
}

/// A type that is no array.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Base {
    Address,
    Bool,
    String,
    Bytes,
    FixedBytes { length: usize },
    Uint { bits: usize },
    Int { bits: usize },
    Struct(String),
}

impl Schema {
    /// Reads `{"Mail": [{"name": "to", "type": "Person"}, …], …}`.
    pub(super) fn parse(types: &RawValue) -> Result<Self, TypedDataError> {
        let object =
            Object::parse(types.get()).ok_or_else(|| at("types", TypedDataFault::NotAnObject))?;
        let mut structs = BTreeMap::new();
        for (name, members) in object.members() {
            let read = read_struct(name, members).map_err(|error| error.within("types"))?;
            structs.insert(name.to_owned(), read);
        }
        Ok(Self { structs })
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.structs.contains_key(name)
    }

    pub(super) fn members(&self, name: &str) -> Option<&[Member]> {
        self.structs.get(name).map(Vec::as_slice)
    }

    /// Adds the struct of the domain.
    pub(super) fn add_domain(&mut self, members: Vec<(&'static str, Base, &'static str)>) {
        let members = members
            .into_iter()
            .map(|(name, base, written)| Member {
                name: name.to_owned(),
                written: written.to_owned(),
                kind: Kind {
                    base,
                    dimensions: Vec::new(),
                },
            })
            .collect();
        self.structs.insert(DOMAIN_TYPE.to_owned(), members);
    }

    /// The hash of every struct's encoded type, for the structs that these reach.
    pub(super) fn type_hashes(
        &self,
        roots: [&str; 2],
    ) -> Result<BTreeMap<String, [u8; 32]>, TypedDataError> {
        let mut hashes = BTreeMap::new();
        for root in roots {
            for name in self.reachable(root)? {
                let encoded = self.encode_type(name, &self.reachable(name)?);
                hashes.insert(name.to_owned(), keccak256(encoded.as_bytes()));
            }
        }
        Ok(hashes)
    }

    /// `encodeType` (EIP-712 "Definition of encodeType"): the struct itself, then every other
    /// struct it reaches, sorted by name.
    fn encode_type(&self, name: &str, reachable: &BTreeSet<&str>) -> String {
        let others = reachable.iter().filter(|other| **other != name);
        [&name]
            .into_iter()
            .chain(others)
            .map(|name| self.encode_one(name))
            .collect()
    }

    fn encode_one(&self, name: &str) -> String {
        let members: Vec<_> = self
            .members(name)
            .unwrap_or_default()
            .iter()
            .map(|member| format!("{} {}", member.written, member.name))
            .collect();
        format!("{name}({})", members.join(","))
    }

    /// The struct and every struct it reaches. A list of those still to visit, not recursion: the
    /// chain may be as long as the payload.
    fn reachable<'a>(&'a self, name: &'a str) -> Result<BTreeSet<&'a str>, TypedDataError> {
        let mut seen = BTreeSet::new();
        let mut to_visit = vec![name];
        while let Some(name) = to_visit.pop() {
            if !seen.insert(name) {
                continue;
            }
            if seen.len() > MAX_STRUCTS {
                return Err(at("types", TypedDataFault::TooManyTypes));
            }
            for member in self.members(name).unwrap_or_default() {
                if let Base::Struct(inner) = &member.kind.base {
                    if !self.has(inner) {
                        let error = at(&member.name, TypedDataFault::UnknownType);
                        return Err(error.within(name).within("types"));
                    }
                    to_visit.push(inner);
                }
            }
        }
        Ok(seen)
    }
}

impl Kind {
    /// Reads a type such as `uint8[2][]`. A name that is no type of Solidity's ABI is taken for a
    /// struct; whether there is one shows when the types are hashed.
    fn parse(written: &str) -> Option<Self> {
        let mut base = written;
        let mut dimensions = Vec::new();
        while let Some(open) = base.strip_suffix(']') {
            let (inner, length) = open.rsplit_once('[')?;
            dimensions.push(match length {
                "" => None,
                digits => Some(decimal(digits)?),
            });
            base = inner;
        }
        dimensions.reverse();
        let base = match elementary(base) {
            Some(base) => base,
            None if is_name(base) => Base::Struct(base.to_owned()),
            None => return None,
        };
        Some(Self { base, dimensions })
    }
}

/// The types of Solidity's ABI that EIP-712 allows. `uint` and `int` alone mean 256 bits.
fn elementary(name: &str) -> Option<Base> {
    match name {
        "address" => return Some(Base::Address),
        "bool" => return Some(Base::Bool),
        "string" => return Some(Base::String),
        "bytes" => return Some(Base::Bytes),
        "uint" => return Some(Base::Uint { bits: 256 }),
        "int" => return Some(Base::Int { bits: 256 }),
        _ => {}
    }
    let whole_bytes = |bits: &usize| (8..=256).contains(bits) && bits.is_multiple_of(8);
    if let Some(bits) = name.strip_prefix("uint") {
        decimal(bits)
            .filter(whole_bytes)
            .map(|bits| Base::Uint { bits })
    } else if let Some(bits) = name.strip_prefix("int") {
        decimal(bits)
            .filter(whole_bytes)
            .map(|bits| Base::Int { bits })
    } else if let Some(length) = name.strip_prefix("bytes") {
        decimal(length)
            .filter(|length| (1..=32).contains(length))
            .map(|length| Base::FixedBytes { length })
    } else {
        None
    }
}

fn read_struct(name: &str, members: &RawValue) -> Result<Vec<Member>, TypedDataError> {
    if !is_name(name) || elementary(name).is_some() {
        return Err(at(name, TypedDataFault::Name));
    }
    let not_a_struct = || at(name, TypedDataFault::NotAStruct);
    let members: Vec<&RawValue> =
        serde_json::from_str(members.get()).map_err(|_| not_a_struct())?;
    let mut names = BTreeSet::new();
    let mut read = Vec::new();
    for member in members {
        let object = Object::parse(member.get()).ok_or_else(not_a_struct)?;
        let text = |key| {
            object
                .member(key)
                .and_then(json::string)
                .ok_or_else(not_a_struct)
        };
        let (member, written) = (text("name")?, text("type")?);
        if !is_name(&member) {
            return Err(at(&member, TypedDataFault::Name).within(name));
        }
        if !names.insert(member.clone()) {
            return Err(not_a_struct());
        }
        let kind = Kind::parse(&written)
            .ok_or_else(|| at(&member, TypedDataFault::UnknownType).within(name))?;
        read.push(Member {
            name: member,
            written,
            kind,
        });
    }
    Ok(read)
}

/// Whether a name keeps an encoded type unambiguous. Solidity's identifiers would be a narrower
/// rule, but applications in wide use have a colon in theirs (`HyperliquidTransaction:UsdSend`).
fn is_name(name: &str) -> bool {
    let structural = |c: char| c.is_whitespace() || c.is_control() || "()[],".contains(c);
    !name.is_empty() && !name.contains(structural)
}

/// A decimal number without sign or leading zeros.
fn decimal(digits: &str) -> Option<usize> {
    let number: usize = digits.parse().ok()?;
    (number.to_string() == digits).then_some(number)
}

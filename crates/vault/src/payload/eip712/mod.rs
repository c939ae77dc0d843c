//! EIP-712: typed structured data, and the digest that is signed for it.
//!
//! The rules are those of the EIP; where it is silent, the behaviour is that of viem and ethers,
//! whose users are the callers here: numbers may be strings, a domain without a written type gets
//! the standard one, members outside the types are not signed.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use super::json::{self, Object};
use super::{U256, keccak256};
use schema::{Base, Schema};
use value::Hasher;

mod schema;
mod value;

/// Typed data as it arrived: the JSON object `{domain, types, primaryType, message}`.
pub struct TypedData<'a> {
    schema: Schema,
    /// Of every struct that the message or the domain reaches.
    type_hashes: BTreeMap<String, [u8; 32]>,
    primary_type: String,
    domain: Option<&'a RawValue>,
    message: &'a RawValue,
    /// Whether members outside the types are refused instead of left out.
    is_exact: bool,
}

/// Why a text is not typed data, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{path}` {fault}")]
pub struct TypedDataError {
    /// The way to the culprit, such as `message.to.wallets[1]`.
    pub path: String,
    /// What is wrong with it.
    pub fault: TypedDataFault,
}

/// What is wrong with a part of typed data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TypedDataFault {
    /// Not JSON, not an object, or a member appears twice.
    #[error("is not a JSON object with unique members")]
    NotAnObject,
    /// A member is absent or `null`.
    #[error("is missing")]
    Missing,
    /// Not a list of `{name, type}` with unique names.
    #[error("is not a list of members with unique names and types")]
    NotAStruct,
    /// A name that is empty or would change the shape of an encoded type.
    #[error("is not a name that can stand in an encoded type")]
    Name,
    /// Neither a type of Solidity's ABI nor one of the structs.
    #[error("names an unknown type")]
    UnknownType,
    /// The value is not what its type asks for.
    #[error("is not {0}")]
    NotA(&'static str),
    /// An integer outside its type's range.
    #[error("does not fit into its integer type")]
    OutOfRange,
    /// Bytes or an array of another length than the type's.
    #[error("has another length than its type")]
    Length,
    /// The domain has a member the standard does not know, and its type is not written out.
    #[error("is not a member of the standard domain, and the type EIP712Domain is not given")]
    UnknownDomainMember,
    /// Deeper than 32 levels.
    #[error("is nested too deeply")]
    TooDeep,
    /// A member that no type has: it would be shown and not signed.
    #[error("is not in the types, so it would not be signed")]
    Unsigned,
    /// More than 64 structs reachable from one.
    #[error("reaches too many struct types")]
    TooManyTypes,
}

impl<'a> TypedData<'a> {
    /// Reads the frame and the types; the values are read when they are hashed.
    pub fn parse(text: &'a str) -> Result<Self, TypedDataError> {
        let object =
            Object::parse(text).ok_or_else(|| at("payload", TypedDataFault::NotAnObject))?;
        let member = |name: &str| {
            object
                .member(name)
                .ok_or_else(|| at(name, TypedDataFault::Missing))
        };
        let domain = object.member("domain");
        let mut schema = Schema::parse(member("types")?)?;
        if !schema.has(DOMAIN_TYPE) {
            schema.add_domain(standard_domain(domain)?);
        }
        let primary_type = json::string(member("primaryType")?)
            .filter(|name| schema.has(name))
            .ok_or_else(|| at("primaryType", TypedDataFault::UnknownType))?;
        Ok(Self {
            type_hashes: schema.type_hashes([&primary_type, DOMAIN_TYPE])?,
            message: member("message")?,
            schema,
            primary_type,
            domain,
            is_exact: false,
        })
    }

    /// The same for a text that is shown to the person who signs: what is no part of the digest is
    /// refused, wherever it stands, and so is a primary type that leaves the message out.
    pub fn parse_exactly(text: &'a str) -> Result<Self, TypedDataError> {
        let typed = Self::parse(text)?;
        let object =
            Object::parse(text).ok_or_else(|| at("payload", TypedDataFault::NotAnObject))?;
        let known = ["domain", "types", "primaryType", "message"];
        if let Some(foreign) = object.names().find(|name| !known.contains(name)) {
            return Err(at(foreign, TypedDataFault::Unsigned));
        }
        if typed.primary_type == DOMAIN_TYPE {
            return Err(at("message", TypedDataFault::Unsigned));
        }
        Ok(Self {
            is_exact: true,
            ..typed
        })
    }

    /// The chain that the domain names, if it is signed.
    pub fn chain_id(&self) -> Option<U256> {
        let members = self.schema.members(DOMAIN_TYPE)?;
        let member = members.iter().find(|member| member.name == "chainId")?;
        let is_number = matches!(member.kind.base, Base::Uint { .. });
        let domain = Object::parse(self.domain?.get())?;
        let text = json::integer_text(domain.member("chainId")?)?;
        let is_signed = is_number && member.kind.dimensions.is_empty();
        U256::parse(&text).ok().filter(|_| is_signed)
    }

    /// The name of the struct that the message is.
    pub fn primary_type(&self) -> &str {
        &self.primary_type
    }

    /// `keccak256(0x1901 ‖ domainSeparator ‖ hashStruct(message))`; without the last part when
    /// the primary type is the domain itself, which is its own message.
    pub fn signing_hash(&self) -> Result<[u8; 32], TypedDataError> {
        let mut preimage = vec![0x19, 0x01];
        preimage.extend(self.domain_separator()?);
        if self.primary_type != DOMAIN_TYPE {
            preimage.extend(self.message_hash()?);
        }
        Ok(keccak256(&preimage))
    }

    /// `hashStruct(domain)`. A domain that is absent counts as empty.
    pub fn domain_separator(&self) -> Result<[u8; 32], TypedDataError> {
        let text = self.domain.map_or("{}", RawValue::get);
        self.hash(DOMAIN_TYPE, text)
            .map_err(|error| error.within("domain"))
    }

    fn message_hash(&self) -> Result<[u8; 32], TypedDataError> {
        self.hash(&self.primary_type, self.message.get())
            .map_err(|error| error.within("message"))
    }

    fn hash(&self, name: &str, text: &str) -> Result<[u8; 32], TypedDataError> {
        let Self {
            schema,
            type_hashes,
            is_exact,
            ..
        } = self;
        Hasher {
            schema,
            type_hashes,
            is_exact: *is_exact,
        }
        .hash_struct(name, text, 0)
    }
}

/// The type of a domain whose type is not written out: the standard members that it has, in the
/// standard order. Libraries derive the same; hashing an empty domain instead would make the
/// signature good for every application.
fn standard_domain(
    domain: Option<&RawValue>,
) -> Result<Vec<(&'static str, Base, &'static str)>, TypedDataError> {
    let standard = [
        ("name", Base::String, "string"),
        ("version", Base::String, "string"),
        ("chainId", Base::Uint { bits: 256 }, "uint256"),
        ("verifyingContract", Base::Address, "address"),
        ("salt", Base::FixedBytes { length: 32 }, "bytes32"),
    ];
    let Some(domain) = domain else {
        return Ok(Vec::new());
    };
    let object =
        Object::parse(domain.get()).ok_or_else(|| at("domain", TypedDataFault::NotAnObject))?;
    for (name, _) in object.members() {
        if !standard.iter().any(|(known, ..)| *known == name) {
            return Err(at(name, TypedDataFault::UnknownDomainMember).within("domain"));
        }
    }
    Ok(standard
        .into_iter()
        .filter(|(name, ..)| object.member(name).is_some())
        .collect())
}

fn at(path: &str, fault: TypedDataFault) -> TypedDataError {
    TypedDataError {
        path: path.to_owned(),
        fault,
    }
}

impl TypedDataError {
    /// The same fault, seen from one level further out.
    fn within(mut self, outer: &str) -> Self {
        let joint = if self.path.is_empty() || self.path.starts_with('[') {
            ""
        } else {
            "."
        };
        self.path = format!("{outer}{joint}{}", self.path);
        self
    }
}

/// The struct that describes the domain.
const DOMAIN_TYPE: &str = "EIP712Domain";

/// How deep values may be nested: structs and arrays each count one.
pub(super) const MAX_DEPTH: usize = 32;

/// How many structs one struct may reach. It bounds the work that a hostile payload can ask for.
pub(super) const MAX_STRUCTS: usize = 64;

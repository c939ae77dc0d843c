//! EIP-7702 authorisations: an account's consent to run the code of another address.

use serde_json::value::RawValue;

use super::json::{self, Object};
use super::{U256, U256Error, bytes_from_hex, keccak256};
use crate::transaction::rlp::Encoder;

/// What an account consents to, before its signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Authorization {
    /// The chain it holds on; zero means every chain.
    pub chain_id: U256,
    /// The contract whose code the account is to run; the zero address takes the consent back.
    pub address: [u8; 20],
    /// The account's nonce at which it holds.
    pub nonce: u64,
}

/// Why a text is not an authorisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthorizationError {
    /// Not JSON, not an object, or a member appears twice.
    #[error("not a JSON object with unique members")]
    NotAnObject,
    /// A member is absent or `null`.
    #[error("`{0}` is missing")]
    Missing(&'static str),
    /// The address is not `0x` and 40 hexadecimal digits.
    #[error("`address` is not 0x and 40 hexadecimal digits")]
    NotAnAddress,
    /// A member is not an unsigned integer within its bounds.
    #[error("`{0}`: {1}")]
    NotAnInteger(&'static str, U256Error),
}

impl Authorization {
    /// Reads `{"address", "chainId", "nonce"}`; numbers may be JSON numbers or decimal or `0x`
    /// strings. Other members are ignored, since they are not part of what is signed.
    pub fn parse(text: &str) -> Result<Self, AuthorizationError> {
        let object = Object::parse(text).ok_or(AuthorizationError::NotAnObject)?;
        let member = |name| object.member(name).ok_or(AuthorizationError::Missing(name));
        Ok(Self {
            chain_id: integer("chainId", member("chainId")?)?,
            address: address(member("address")?).ok_or(AuthorizationError::NotAnAddress)?,
            nonce: integer("nonce", member("nonce")?)?
                .try_into()
                .map_err(|error| AuthorizationError::NotAnInteger("nonce", error))?,
        })
    }

    /// `keccak256(0x05 ‖ rlp([chain_id, address, nonce]))` (EIP-7702, "set code transaction").
    pub fn signing_hash(&self) -> [u8; 32] {
        const MAGIC: u8 = 0x05;
        let mut items = Encoder::default();
        items.integer(self.chain_id);
        items.string(&self.address);
        items.integer(self.nonce.into());
        let mut preimage = vec![MAGIC];
        preimage.extend(items.into_list());
        keccak256(&preimage)
    }
}

/// `0x` and 40 hexadecimal digits in either case. The mixed-case checksum of EIP-55 is not
/// judged: libraries send what their user typed, and lower case is as common.
pub(super) fn address(value: &RawValue) -> Option<[u8; 20]> {
    let text = json::string(value)?;
    text.strip_prefix("0x")?;
    bytes_from_hex(&text).ok()?.try_into().ok()
}

fn integer(name: &'static str, value: &RawValue) -> Result<U256, AuthorizationError> {
    json::integer_text(value)
        .ok_or(U256Error::NotAnInteger)
        .and_then(|text| U256::parse(&text))
        .map_err(|error| AuthorizationError::NotAnInteger(name, error))
}

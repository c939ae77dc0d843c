//! Passkeys that own accounts on an EVM: an assertion in the bytes that an account's contract
//! takes, and whether it will.
//!
//! - [`Family`]: whose contracts, and [`challenge`], what the passkey has to sign for one;
//! - [`encode()`]: a believed assertion, held against the checks of those contracts and spelled for
//!   them ([`wire::evm`]), or the [`EvmRejection`] that says what a contract would not take;
//! - [`public_key`]: the key in the form in which accounts store their owners.
//!
//! Contracts trust whatever the passkey signs: they know no origin, no relying party and no
//! counter. So the [ceremony](crate::webauthn) comes first, and nothing here replaces it.

mod client_data;
mod encode;
mod family;
mod rejection;

pub use crate::solana::{Assertion, SignatureRejection};
pub use encode::{Encoded, encode, public_key};
pub use family::{DaimoVersion, Family, challenge};
pub use rejection::EvmRejection;

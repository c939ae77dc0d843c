//! Passkeys that act on Solana: what the chain will make of an assertion, before it costs a fee.
//!
//! The program on the chain ([`wire::solana::external_signature`]) trusts a WebAuthn assertion whose
//! challenge is a hash of what is asked for. This module computes the same things off the chain:
//!
//! - [`passkey_account`], [`execution_account`]: the addresses that follow from a public key;
//! - [`Nonce`]: the three challenges;
//! - [`locate`]: which number names a slot hash *now*, skipped slots included;
//! - [`Assertion::rebuild`]: whether the program could rebuild the client data, and if not, why;
//! - [`Assertion::signed_by`]: the signature, checked, in the form the chain takes;
//! - [`Assertion::candidates`]: whose signature it could be, where the client did not say;
//! - [`Assertion::for_chain`]: the two together;
//! - [`Payable`]: a transaction that rests on such evidence, for the server's payer to sign.
//!
//! None of it replaces the ceremony ([`crate::webauthn`]), which knows about origins, users and
//! spent challenges; the program knows nothing of these.

mod address;
mod assertion;
mod challenge;
mod client_data;
mod for_chain;
mod nonce;
mod payable;
mod signature;
mod template;

pub use address::{Derived, SeedsError, derive, derive_with, execution_account, passkey_account};
pub use assertion::Assertion;
pub use challenge::Nonce;
pub use for_chain::{ForChain, ForChainRejection};
pub use nonce::{Located, NonceRejection, locate, resolve};
pub use payable::{Payable, PayableRejection, SelfPaid};
pub use signature::{LowS, SignatureRejection};
pub use template::{Expect, Rebuilt, TemplateRejection};

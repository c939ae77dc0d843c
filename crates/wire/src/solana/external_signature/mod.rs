//! The program that lets a passkey act on the chain.
//!
//! # The two accounts of a passkey
//!
//! The *passkey account* holds what the program knows ([`PasskeyAccount`]): the relying party, the
//! public key, one session key and the counter. The *execution account* holds what the user owns.
//! Both addresses follow from the public key alone.
//!
//! # The four instructions
//!
//! [`Initialise`], [`Execute`] and [`Refresh`] carry out what a WebAuthn assertion signed:
//! the challenge is a hash of what is asked for, of a recent slot hash and of the key that must
//! sign the transaction. The assertion itself travels in instruction 0 of the transaction
//! ([`secp256r1`](super::secp256r1)), and the client data does not travel at all: the program
//! writes it anew from a [`ClientDataShape`] and compares hashes. [`ExecuteWithSession`] needs no
//! assertion, only the signature of the session key.
//!
//! # Two kinds of time
//!
//! [`Initialise`] stores the end of a session as given; [`Refresh`] adds what it is given to the
//! chain's clock. [`SessionKey`] and [`SessionLifetime`] keep them apart.

mod account;
mod error;
mod inner;
mod instruction;
mod shape;

pub use account::{ACCOUNT_LENGTH, AccountError, PasskeyAccount};
pub use error::{ErrorKind, ProgramError};
pub use inner::{Inner, InnerError, MAX_INNER_ACCOUNTS};
pub use instruction::{
    Execute, ExecuteWithSession, Initialise, Refresh, SessionKey, SessionLifetime, SignerScheme,
};
pub use shape::{Ceremony, ClientDataShape, RpId, RpIdError};

/// The longest life of a session, in seconds: ninety days.
pub const MAX_SESSION_S: u64 = 90 * 24 * 60 * 60;

/// How many entries of the slot hashes a nonce may be old; at this many it has expired.
pub const NONCE_LIFE: u16 = 150;

/// The only signature scheme: P-256 as WebAuthn uses it.
const P256_WEBAUTHN: u8 = 0;

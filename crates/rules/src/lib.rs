//! What may happen.
//!
//! Organisations, users, credentials, wallets, keys and votes as pure decisions over facts. No
//! I/O, no clock, no randomness: `now` and the facts come in, a [`Decision`] comes out. What a
//! completed command leaves behind is a list of [`Change`]s, effects as data.

pub mod activity;
pub mod catalogue;
pub mod change;
pub mod check;
pub mod command;
pub mod credential;
pub mod decide;
pub mod facts;
pub mod feature;
pub mod organisation;
pub mod outcome;
pub mod policy;
pub mod private_key;
pub mod query;
pub mod refusal;
pub mod strictness;
pub mod tag;
pub mod tenant;
pub mod text;
pub mod user;
pub mod wallet;

pub use activity::{Activity, ActivityStatus, Selection, Vote};
pub use change::Change;
pub use command::Command;
pub use credential::{ApiKey, Authenticator};
pub use decide::{Authorised, Decision, decide};
pub use facts::Facts;
pub use feature::FeatureName;
pub use organisation::{Organisation, Quorum};
pub use outcome::{Done, Outcome};
pub use private_key::PrivateKey;
pub use query::Query;
pub use refusal::Refusal;
pub use tag::{Tag, TagKind};
pub use user::User;
pub use wallet::{Wallet, WalletAccount};

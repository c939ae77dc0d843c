//! What the secret types inside the room cannot do, checked by the compiler (threat T105).
//!
//! `tests/it/secrecy.rs` does the same for those that leave the room.

use std::fmt::{Debug, Display};

/// Does not compile when the type has the trait: then two implementations answer to the call.
macro_rules! t105_lacks {
    ($type:ty: $($trait:path),+) => {$(const _: fn() = || {
        trait Answers<Which> {
            fn call() {}
        }
        impl<T: ?Sized> Answers<()> for T {}
        struct HasTheTrait;
        impl<T: ?Sized + $trait> Answers<HasTheTrait> for T {}
        <$type as Answers<_>>::call()
    };)+};
}

t105_lacks!(crate::memory::Arena: Debug, Display, Clone, PartialEq);
t105_lacks!(crate::memory::SecretCell: Debug, Display, Clone, PartialEq);
t105_lacks!(crate::raw::RawKey: Debug, Display, Clone, PartialEq);
t105_lacks!(crate::seed::WalletSeed: Debug, Display, Clone, PartialEq);
t105_lacks!(crate::signing_key::SigningKey: Debug, Display, Clone, PartialEq);
t105_lacks!(crate::warm::WarmKeys: Debug, Display, Clone, PartialEq);
t105_lacks!(crate::token_key::TokenKey: Debug, Display, Clone, PartialEq);
t105_lacks!(crate::token_key::WarmTokenKeys: Debug, Display, Clone, PartialEq);

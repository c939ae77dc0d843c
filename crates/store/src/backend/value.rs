//! What goes into statements and comes out of rows.

use wire::Timestamp;
use wire::id::{
    ActivityId, ApiKeyId, AuthenticatorId, EventId, OrganisationId, PrivateKeyId, TagId, TenantId,
    TenantSecretId, TenantUserId, TokenKeyId, TransactionId, UserId, VoteId, WalletAccountId,
    WalletId,
};
use wire::log::TreeHash;
use wire::sealed::Sealed;

use crate::Error;

/// A value of one of the three types columns have. Truth is 0 or 1, time is milliseconds.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Null,
    Int(i64),
    Text(String),
    Bytes(Vec<u8>),
}

/// One row, read from left to right.
#[derive(Debug)]
pub(crate) struct Row(Vec<Value>);

impl Row {
    pub(super) fn new(values: Vec<Value>) -> Self {
        Self(values)
    }

    /// The columns in the order in which the statement selects them.
    pub(crate) fn fields(self) -> Fields {
        Fields(self.0.into_iter())
    }

    /// The first column as it is.
    #[cfg(test)]
    pub(crate) fn first(mut self) -> Value {
        self.0.swap_remove(0)
    }

    /// The only column.
    pub(crate) fn only<T: Read>(self) -> Result<T, Error> {
        self.fields().next()
    }
}

/// The columns of a row that have not been read yet.
pub(crate) struct Fields(std::vec::IntoIter<Value>);

impl Fields {
    /// The next column.
    pub(crate) fn next<T: Read>(&mut self) -> Result<T, Error> {
        let value = self.0.next().unwrap_or(Value::Null);
        T::read(value)
            .ok_or_else(|| Error::Damaged(format!("a column is no {}", std::any::type_name::<T>())))
    }

    /// The next column, parsed from its text.
    pub(crate) fn parse<T: std::str::FromStr>(&mut self) -> Result<T, Error> {
        let text: String = self.next()?;
        text.parse()
            .map_err(|_| Error::Damaged(format!("{text:?} is unknown")))
    }
}

/// A type a column can be read as.
pub(crate) trait Read: Sized {
    fn read(value: Value) -> Option<Self>;
}

/// The values of a statement, in the order of its parameters.
macro_rules! values {
    ($($value:expr),* $(,)?) => { &[$($crate::backend::Value::from($value)),*][..] };
}
pub(crate) use values;

impl<T: Read> Read for Option<T> {
    fn read(value: Value) -> Option<Self> {
        match value {
            Value::Null => Some(None),
            value => T::read(value).map(Some),
        }
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl Read for u64 {
    fn read(value: Value) -> Option<Self> {
        let Value::Int(number) = value else {
            return None;
        };
        number.try_into().ok()
    }
}

impl From<u64> for Value {
    fn from(number: u64) -> Self {
        // Times, counts and revisions; none comes near the end of the range.
        Self::Int(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

impl Read for bool {
    fn read(value: Value) -> Option<Self> {
        match value {
            Value::Int(0) => Some(false),
            Value::Int(1) => Some(true),
            _ => None,
        }
    }
}

impl From<bool> for Value {
    fn from(truth: bool) -> Self {
        Self::Int(truth.into())
    }
}

impl Read for Timestamp {
    fn read(value: Value) -> Option<Self> {
        u64::read(value).map(Self::from_millis)
    }
}

impl From<Timestamp> for Value {
    fn from(time: Timestamp) -> Self {
        time.as_millis().into()
    }
}

impl Read for String {
    fn read(value: Value) -> Option<Self> {
        let Value::Text(text) = value else {
            return None;
        };
        Some(text)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<&String> for Value {
    fn from(text: &String) -> Self {
        Self::Text(text.clone())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl Read for Vec<u8> {
    fn read(value: Value) -> Option<Self> {
        let Value::Bytes(bytes) = value else {
            return None;
        };
        Some(bytes)
    }
}

impl From<&[u8]> for Value {
    fn from(bytes: &[u8]) -> Self {
        Self::Bytes(bytes.to_vec())
    }
}

impl From<&Vec<u8>> for Value {
    fn from(bytes: &Vec<u8>) -> Self {
        Self::Bytes(bytes.clone())
    }
}

impl<const N: usize> Read for [u8; N] {
    fn read(value: Value) -> Option<Self> {
        Vec::read(value)?.try_into().ok()
    }
}

impl<const N: usize> From<&[u8; N]> for Value {
    fn from(bytes: &[u8; N]) -> Self {
        Self::Bytes(bytes.to_vec())
    }
}

impl Read for TreeHash {
    fn read(value: Value) -> Option<Self> {
        <[u8; 32]>::read(value).map(Self)
    }
}

impl From<TreeHash> for Value {
    fn from(hash: TreeHash) -> Self {
        (&hash.0).into()
    }
}

impl Read for Sealed {
    fn read(value: Value) -> Option<Self> {
        Vec::read(value).map(Self::from_bytes)
    }
}

impl From<&Sealed> for Value {
    fn from(sealed: &Sealed) -> Self {
        sealed.as_bytes().into()
    }
}

macro_rules! ids {
    ($($id:ident),*) => {$(
        impl Read for $id {
            fn read(value: Value) -> Option<Self> {
                <[u8; 16]>::read(value).map(Self::from_bytes)
            }
        }

        impl From<$id> for Value {
            fn from(id: $id) -> Self {
                id.as_bytes().into()
            }
        }
    )*};
}

ids!(
    ActivityId,
    ApiKeyId,
    AuthenticatorId,
    EventId,
    OrganisationId,
    PrivateKeyId,
    TagId,
    TenantId,
    TenantSecretId,
    TenantUserId,
    TokenKeyId,
    TransactionId,
    UserId,
    VoteId,
    WalletAccountId,
    WalletId
);

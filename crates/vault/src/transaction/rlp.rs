//! RLP, the canonical spelling only (Ethereum Yellow Paper, appendix B).
//!
//! A value has exactly one spelling here: shortest length prefix, a lone byte below 0x80 as
//! itself, integers without leading zeros, nothing left over.

use crate::payload::U256;

/// Why bytes are not canonical RLP of the expected shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RlpError {
    /// The bytes end before the item does.
    #[error("the input ends too early")]
    TooShort,
    /// Bytes follow where the list or the input should end.
    #[error("something follows the last item")]
    Trailing,
    /// A length or a single byte is not spelled in the shortest way.
    #[error("not the shortest spelling")]
    NotCanonical,
    /// An integer begins with a zero byte.
    #[error("an integer with a leading zero")]
    LeadingZero,
    /// An integer is larger than its field.
    #[error("an integer too large for its field")]
    TooLarge,
    /// A list stands where a string should.
    #[error("a list in place of a string")]
    UnexpectedList,
    /// A string stands where a list should.
    #[error("a string in place of a list")]
    UnexpectedString,
    /// A string of fixed length has another length.
    #[error("expected {expected} bytes, found {found}")]
    Length {
        /// The length of the field.
        expected: usize,
        /// The length of the string.
        found: usize,
    },
}

/// Reads items one after the other.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

enum Item<'a> {
    String(&'a [u8]),
    List(&'a [u8]),
}

impl<'a> Reader<'a> {
    /// Reads `bytes`, which must be one list and nothing else, and enters it.
    pub(crate) fn list_only(bytes: &'a [u8]) -> Result<Self, RlpError> {
        let mut outer = Self { rest: bytes };
        let inner = outer.list()?;
        outer.finish()?;
        Ok(inner)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The bytes not yet read.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(crate) fn finish(&self) -> Result<(), RlpError> {
        if self.is_empty() {
            Ok(())
        } else {
            Err(RlpError::Trailing)
        }
    }

    pub(crate) fn string(&mut self) -> Result<&'a [u8], RlpError> {
        match self.item()? {
            Item::String(bytes) => Ok(bytes),
            Item::List(_) => Err(RlpError::UnexpectedList),
        }
    }

    pub(crate) fn list(&mut self) -> Result<Self, RlpError> {
        match self.item()? {
            Item::List(rest) => Ok(Self { rest }),
            Item::String(_) => Err(RlpError::UnexpectedString),
        }
    }

    /// Every item of a list, each read by `read`.
    pub(crate) fn list_of<T>(
        &mut self,
        read: impl Fn(&mut Self) -> Result<T, RlpError>,
    ) -> Result<Vec<T>, RlpError> {
        let mut items = self.list()?;
        let mut values = Vec::new();
        while !items.is_empty() {
            values.push(read(&mut items)?);
        }
        Ok(values)
    }

    pub(crate) fn fixed<const N: usize>(&mut self) -> Result<[u8; N], RlpError> {
        let bytes = self.string()?;
        bytes.try_into().map_err(|_| RlpError::Length {
            expected: N,
            found: bytes.len(),
        })
    }

    pub(crate) fn u256(&mut self) -> Result<U256, RlpError> {
        let bytes = self.string()?;
        if bytes.first() == Some(&0) {
            return Err(RlpError::LeadingZero);
        }
        U256::from_be_slice(bytes).ok_or(RlpError::TooLarge)
    }

    pub(crate) fn u64(&mut self) -> Result<u64, RlpError> {
        self.u256()?.try_into().map_err(|_| RlpError::TooLarge)
    }

    fn item(&mut self) -> Result<Item<'a>, RlpError> {
        let first = *self.rest.first().ok_or(RlpError::TooShort)?;
        match first {
            0x00..=0x7f => self.take(1).map(Item::String),
            0x80..=0xb7 => {
                self.take(1)?;
                let bytes = self.take(usize::from(first - 0x80))?;
                match bytes {
                    [0x00..=0x7f] => Err(RlpError::NotCanonical),
                    _ => Ok(Item::String(bytes)),
                }
            }
            0xb8..=0xbf => self.long(usize::from(first - 0xb7)).map(Item::String),
            0xc0..=0xf7 => {
                self.take(1)?;
                self.take(usize::from(first - 0xc0)).map(Item::List)
            }
            0xf8..=0xff => self.long(usize::from(first - 0xf7)).map(Item::List),
        }
    }

    /// The content behind a prefix byte and a length of `width` bytes, 1 to 8.
    fn long(&mut self, width: usize) -> Result<&'a [u8], RlpError> {
        self.take(1)?;
        let length = self.take(width)?;
        if length.first() == Some(&0) {
            return Err(RlpError::NotCanonical);
        }
        let length = length
            .iter()
            .fold(0_u64, |sum, &byte| (sum << 8) | u64::from(byte));
        if length <= SHORT_MAX as u64 {
            return Err(RlpError::NotCanonical);
        }
        self.take(usize::try_from(length).map_err(|_| RlpError::TooShort)?)
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], RlpError> {
        let (taken, rest) = self
            .rest
            .split_at_checked(length)
            .ok_or(RlpError::TooShort)?;
        self.rest = rest;
        Ok(taken)
    }
}

/// Writes items one after the other, then wraps them into a list.
#[derive(Default)]
pub(crate) struct Encoder {
    items: Vec<u8>,
}

impl Encoder {
    /// Starts behind items that are spelled already.
    pub(crate) fn after(items: &[u8]) -> Self {
        Self {
            items: items.to_vec(),
        }
    }

    pub(crate) fn string(&mut self, bytes: &[u8]) {
        match bytes {
            [byte @ 0x00..=0x7f] => self.items.push(*byte),
            _ => {
                self.items.extend(header(0x80, bytes.len()));
                self.items.extend(bytes);
            }
        }
    }

    pub(crate) fn integer(&mut self, value: U256) {
        self.string(value.significant_bytes());
    }

    pub(crate) fn into_list(self) -> Vec<u8> {
        let mut list = header(0xc0, self.items.len());
        list.extend(self.items);
        list
    }
}

fn header(offset: u8, length: usize) -> Vec<u8> {
    if length <= SHORT_MAX {
        return vec![offset + length as u8];
    }
    let bytes = length.to_be_bytes();
    let zeros = bytes.iter().take_while(|&&byte| byte == 0).count();
    let significant = &bytes[zeros..];
    let mut header = vec![offset + SHORT_MAX as u8 + significant.len() as u8];
    header.extend(significant);
    header
}

/// The longest content whose length fits into the prefix byte.
const SHORT_MAX: usize = 55;

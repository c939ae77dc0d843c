//! A reader for the CBOR that authenticators are allowed to write.
//!
//! WebAuthn L3 §2.4 lets a relying party refuse what the CTAP2 canonical form forbids. This
//! reader refuses indefinite lengths, tags, duplicate map keys, lengths and integers not in
//! their shortest form, text that is not UTF-8 and nesting deeper than [`MAX_DEPTH`]. The order
//! of map keys is reported by [`Map::is_canonical`] and not enforced: deployed Windows clients
//! write attestation objects out of order.
//!
//! Values borrow from the input. Nothing is allocated on the word of a declared length, so
//! memory stays proportional to the bytes actually given.

use std::cmp::Ordering;

/// Nesting beyond this is refused. A compound attestation, the deepest legitimate shape, is five
/// deep.
pub const MAX_DEPTH: usize = 8;

/// Why bytes are not CBOR that we read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CborError {
    /// The input ends inside an item, or declares more than it holds.
    #[error("the input ends inside an item")]
    Truncated,
    /// Bytes follow the outermost item.
    #[error("bytes follow the item")]
    TrailingBytes,
    /// An indefinite length, a tag, or a reserved or unassigned initial byte.
    #[error("an indefinite length, a tag or an unassigned simple value")]
    Forbidden,
    /// An integer or length is not in its shortest form.
    #[error("an integer or length is not in its shortest form")]
    NotMinimal,
    /// A text string is not UTF-8.
    #[error("a text string is not UTF-8")]
    NotUtf8,
    /// A map names the same key twice.
    #[error("a map key is repeated")]
    DuplicateKey,
    /// Items are nested deeper than [`MAX_DEPTH`].
    #[error("nested too deeply")]
    TooDeep,
}

/// One data item, borrowing its strings from the input.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    /// A non-negative integer.
    Unsigned(u64),
    /// The negative integer `-1 - n`.
    Negative(u64),
    /// A byte string.
    Bytes(&'a [u8]),
    /// A text string.
    Text(&'a str),
    /// An array.
    Array(Vec<Value<'a>>),
    /// A map.
    Map(Map<'a>),
    /// `true` or `false`.
    Bool(bool),
    /// `null` or `undefined`.
    Null,
    /// A floating-point number, not interpreted: nothing we read has one.
    Float,
}

impl<'a> Value<'a> {
    /// The integer, if this is one that fits.
    pub fn as_integer(&self) -> Option<i64> {
        match self {
            Self::Unsigned(n) => i64::try_from(*n).ok(),
            Self::Negative(n) => i64::try_from(*n).ok().map(|n| -1 - n),
            _ => None,
        }
    }

    /// The byte string, if this is one.
    pub fn as_bytes(&self) -> Option<&'a [u8]> {
        match self {
            Self::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// The text string, if this is one.
    pub fn as_text(&self) -> Option<&'a str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The array's items, if this is an array.
    pub fn as_array(&self) -> Option<&[Value<'a>]> {
        match self {
            Self::Array(items) => Some(items),
            _ => None,
        }
    }

    /// The map, if this is one.
    pub fn as_map(&self) -> Option<&Map<'a>> {
        match self {
            Self::Map(map) => Some(map),
            _ => None,
        }
    }
}

/// A map in the order it was written. Its keys are distinct.
#[derive(Clone, Debug, PartialEq)]
pub struct Map<'a> {
    entries: Vec<(Value<'a>, Value<'a>)>,
    canonical: bool,
}

impl<'a> Map<'a> {
    /// The value under the text key `name`.
    pub fn text(&self, name: &str) -> Option<&Value<'a>> {
        self.find(|key| matches!(key, Value::Text(text) if *text == name))
    }

    /// The value under the integer key `label`.
    pub fn integer(&self, label: i64) -> Option<&Value<'a>> {
        self.find(|key| key.as_integer() == Some(label))
    }

    /// Keys and values in the order they were written.
    pub fn entries(&self) -> &[(Value<'a>, Value<'a>)] {
        &self.entries
    }

    /// Whether there is nothing in the map.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Whether the keys of this map (not of maps inside it) stand in CTAP2 canonical order.
    pub fn is_canonical(&self) -> bool {
        self.canonical
    }

    fn find(&self, matches: impl Fn(&Value<'a>) -> bool) -> Option<&Value<'a>> {
        self.entries
            .iter()
            .find(|(key, _)| matches(key))
            .map(|(_, value)| value)
    }
}

/// Reads one item that fills `input` to the last byte.
///
/// # Errors
///
/// [`CborError`], of which [`CborError::TrailingBytes`] means that the item itself was sound.
pub fn decode(input: &[u8]) -> Result<Value<'_>, CborError> {
    let (value, rest) = decode_prefix(input)?;
    if rest.is_empty() {
        Ok(value)
    } else {
        Err(CborError::TrailingBytes)
    }
}

/// Reads one item from the start of `input`; answers it and what follows it.
///
/// # Errors
///
/// [`CborError`], but never [`CborError::TrailingBytes`].
pub fn decode_prefix(input: &[u8]) -> Result<(Value<'_>, &[u8]), CborError> {
    let mut reader = Reader { rest: input };
    let value = reader.item(MAX_DEPTH)?;
    Ok((value, reader.rest))
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn item(&mut self, depth: usize) -> Result<Value<'a>, CborError> {
        let initial = self.take(1)?[0];
        let (major, info) = (initial >> 5, initial & 0x1f);
        if major == 7 {
            return self.simple(info);
        }
        let argument = self.argument(info)?;
        match major {
            0 => Ok(Value::Unsigned(argument)),
            1 => Ok(Value::Negative(argument)),
            2 => Ok(Value::Bytes(self.string(argument)?)),
            3 => std::str::from_utf8(self.string(argument)?)
                .map(Value::Text)
                .map_err(|_| CborError::NotUtf8),
            4 => self.array(argument, depth),
            5 => self.map(argument, depth),
            _ => Err(CborError::Forbidden), // Major type 6: a tag.
        }
    }

    /// The number that follows an initial byte, in its shortest form only.
    fn argument(&mut self, info: u8) -> Result<u64, CborError> {
        let (value, smallest) = match info {
            0..=23 => return Ok(u64::from(info)),
            24 => (self.big_endian(1)?, 24),
            25 => (self.big_endian(2)?, 1 << 8),
            26 => (self.big_endian(4)?, 1 << 16),
            27 => (self.big_endian(8)?, 1 << 32),
            _ => return Err(CborError::Forbidden), // 28–30 reserved, 31 indefinite.
        };
        if value < smallest {
            Err(CborError::NotMinimal)
        } else {
            Ok(value)
        }
    }

    fn simple(&mut self, info: u8) -> Result<Value<'a>, CborError> {
        match info {
            20 => Ok(Value::Bool(false)),
            21 => Ok(Value::Bool(true)),
            22 | 23 => Ok(Value::Null),
            25..=27 => self.take(1 << (info - 24)).map(|_| Value::Float),
            _ => Err(CborError::Forbidden),
        }
    }

    fn array(&mut self, length: u64, depth: usize) -> Result<Value<'a>, CborError> {
        let depth = depth.checked_sub(1).ok_or(CborError::TooDeep)?;
        let mut items = Vec::with_capacity(self.capacity(length, 1)?);
        for _ in 0..length {
            items.push(self.item(depth)?);
        }
        Ok(Value::Array(items))
    }

    fn map(&mut self, length: u64, depth: usize) -> Result<Value<'a>, CborError> {
        let depth = depth.checked_sub(1).ok_or(CborError::TooDeep)?;
        let capacity = self.capacity(length, 2)?;
        let mut entries = Vec::with_capacity(capacity);
        // Every accepted item has one spelling, so equal keys have equal bytes.
        let mut spellings: Vec<&[u8]> = Vec::with_capacity(capacity);
        for _ in 0..length {
            let before = self.rest;
            let key = self.item(depth)?;
            spellings.push(&before[..before.len() - self.rest.len()]);
            entries.push((key, self.item(depth)?));
        }
        let canonical = spellings.is_sorted_by(|a, b| canonical_order(a, b).is_lt());
        if !canonical {
            spellings.sort_unstable();
            if spellings.windows(2).any(|pair| pair[0] == pair[1]) {
                return Err(CborError::DuplicateKey);
            }
        }
        Ok(Value::Map(Map { entries, canonical }))
    }

    fn string(&mut self, length: u64) -> Result<&'a [u8], CborError> {
        self.take(usize::try_from(length).map_err(|_| CborError::Truncated)?)
    }

    fn big_endian(&mut self, length: usize) -> Result<u64, CborError> {
        Ok(self
            .take(length)?
            .iter()
            .fold(0, |value, byte| value << 8 | u64::from(*byte)))
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], CborError> {
        let (taken, rest) = self
            .rest
            .split_at_checked(length)
            .ok_or(CborError::Truncated)?;
        self.rest = rest;
        Ok(taken)
    }

    /// What to allocate for `length` items of at least `bytes_each`, which the bytes that are left
    /// must be able to hold. Never much: every level of nesting may claim all the bytes there are.
    fn capacity(&self, length: u64, bytes_each: usize) -> Result<usize, CborError> {
        match usize::try_from(length) {
            Ok(length) if length <= self.rest.len() / bytes_each => Ok(length.min(16)),
            _ => Err(CborError::Truncated),
        }
    }
}

/// CTAP2 §8: lower major type first, then the shorter spelling, then byte order.
fn canonical_order(a: &[u8], b: &[u8]) -> Ordering {
    (a[0] >> 5)
        .cmp(&(b[0] >> 5))
        .then(a.len().cmp(&b.len()))
        .then(a.cmp(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(hex: &str, expected: Result<Value<'_>, CborError>) {
        let bytes = hex::decode(hex).expect("test input is hexadecimal");
        assert_eq!(decode(&bytes), expected, "{hex}");
    }

    #[test]
    fn accepts_each_kind_of_item() {
        check("17", Ok(Value::Unsigned(23)));
        check("1818", Ok(Value::Unsigned(24)));
        check("1bffffffffffffffff", Ok(Value::Unsigned(u64::MAX)));
        check("26", Ok(Value::Negative(6)));
        check("42beef", Ok(Value::Bytes(&[0xbe, 0xef])));
        check("62c3a9", Ok(Value::Text("é")));
        check(
            "8201f5",
            Ok(Value::Array(vec![Value::Unsigned(1), Value::Bool(true)])),
        );
        check("f6", Ok(Value::Null));
        check("f93c00", Ok(Value::Float));
        check("fb3ff0000000000000", Ok(Value::Float));
    }

    #[test]
    fn finds_entries_by_text_and_by_integer() {
        let value = decode(&[0xa2, 0x01, 0x02, 0x61, b'a', 0x20]).unwrap();
        let map = value.as_map().unwrap();
        assert_eq!(map.integer(1), Some(&Value::Unsigned(2)));
        assert_eq!(map.text("a").and_then(Value::as_integer), Some(-1));
        assert_eq!(map.text("b"), None);
        assert!(map.is_canonical());
    }

    #[test]
    fn reports_map_keys_out_of_canonical_order() {
        for (hex, canonical) in [
            ("a203000100", false),
            ("a201000300", true),
            ("a2626161006162 00", false),
        ] {
            let bytes = hex::decode(hex.replace(' ', "")).unwrap();
            assert_eq!(
                decode(&bytes).unwrap().as_map().unwrap().is_canonical(),
                canonical
            );
        }
    }

    #[test]
    fn refuses_what_the_canonical_form_forbids() {
        check("9fff", Err(CborError::Forbidden));
        check("bfff", Err(CborError::Forbidden));
        check("5f41ff", Err(CborError::Forbidden));
        check("c001", Err(CborError::Forbidden));
        check("d81841ff", Err(CborError::Forbidden));
        check("f0", Err(CborError::Forbidden));
        check("f8ff", Err(CborError::Forbidden));
        check("1817", Err(CborError::NotMinimal));
        check("190018", Err(CborError::NotMinimal));
        check("5801ff", Err(CborError::NotMinimal));
        check("a201000100", Err(CborError::DuplicateKey));
        check("a3010003000100", Err(CborError::DuplicateKey));
        check("61ff", Err(CborError::NotUtf8));
        check("0000", Err(CborError::TrailingBytes));
    }

    #[test]
    fn refuses_lengths_the_input_does_not_hold() {
        for hex in [
            "",
            "18",
            "42ff",
            "5b7fffffffffffffff",
            "9b7fffffffffffffff",
            "ba00ffffff",
            "a101",
        ] {
            check(hex, Err(CborError::Truncated));
        }
    }

    #[test]
    fn refuses_nesting_beyond_the_cap() {
        let nested = |depth: usize| [vec![0x81; depth], vec![0x00]].concat();
        assert!(decode(&nested(MAX_DEPTH)).is_ok());
        assert_eq!(decode(&nested(MAX_DEPTH + 1)), Err(CborError::TooDeep));
        assert_eq!(decode(&nested(100_000)), Err(CborError::TooDeep));
    }
}

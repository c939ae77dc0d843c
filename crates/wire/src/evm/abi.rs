//! The little of Solidity's ABI that signatures need: words, bytes and tuples, writing only.
//!
//! A value whose length is known is written where it stands. Of any other the *head* holds an
//! offset, counted from the head's beginning, and the *tail* behind all heads holds the value.

/// The bytes of a word.
const WORD: usize = 32;

/// A value in the making.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// Any type that fills one word: `uint256`, `bytes32`, and smaller ones after padding.
    Word([u8; WORD]),
    /// `bytes` or `string`, which are written alike.
    Bytes(&'a [u8]),
    /// A `struct`.
    Tuple(Vec<Value<'a>>),
}

impl Value<'_> {
    /// A whole number: any `uint` type that it fits.
    pub fn number(value: u64) -> Self {
        let mut word = [0; WORD];
        word[WORD - 8..].copy_from_slice(&value.to_be_bytes());
        Self::Word(word)
    }

    /// Whether the length is not known from the type.
    fn is_dynamic(&self) -> bool {
        match self {
            Self::Word(_) => false,
            Self::Bytes(_) => true,
            Self::Tuple(values) => values.iter().any(Self::is_dynamic),
        }
    }

    /// How many bytes the head takes.
    fn head_length(&self) -> usize {
        match self {
            Self::Tuple(values) if !self.is_dynamic() => values.iter().map(Self::head_length).sum(),
            Self::Word(_) | Self::Bytes(_) | Self::Tuple(_) => WORD,
        }
    }

    fn encode(&self) -> Vec<u8> {
        match self {
            Self::Word(word) => word.to_vec(),
            Self::Bytes(bytes) => {
                let mut out = word(bytes.len()).to_vec();
                out.extend(*bytes);
                out.resize(WORD + bytes.len().next_multiple_of(WORD), 0);
                out
            }
            Self::Tuple(values) => encode(values),
        }
    }
}

/// `abi.encode(…)` of these values, side by side.
pub fn encode(values: &[Value<'_>]) -> Vec<u8> {
    let heads: usize = values.iter().map(Value::head_length).sum();
    let (mut head, mut tail) = (Vec::with_capacity(heads), Vec::new());
    for value in values {
        if value.is_dynamic() {
            head.extend(word(heads + tail.len()));
            tail.extend(value.encode());
        } else {
            head.extend(value.encode());
        }
    }
    [head, tail].concat()
}

fn word(length: usize) -> [u8; WORD] {
    let mut word = [0; WORD];
    word[WORD - size_of::<usize>()..].copy_from_slice(&length.to_be_bytes());
    word
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoding::hex;

    /// Compares word by word, each without its leading zeros, bytes without trailing ones.
    fn check(values: &[Value<'_>], expected: &[&str]) {
        let encoded = encode(values);
        assert_eq!(encoded.len() % WORD, 0);
        let words: Vec<String> = encoded.chunks(WORD).map(hex::encode).collect();
        let expected: Vec<String> = expected.iter().map(|word| format!("{word:0>64}")).collect();
        assert_eq!(words, expected);
    }

    #[test]
    fn words_stand_side_by_side() {
        check(&[], &[]);
        check(
            &[Value::number(0x45), Value::Word([0x11; 32])],
            &["45", &"11".repeat(32)],
        );
    }

    #[test]
    fn bytes_are_counted_and_padded_behind_the_heads() {
        let text = format!("{:0<64}", hex::encode("Hello, world!"));
        check(
            &[Value::Bytes(b"Hello, world!"), Value::number(1)],
            &["40", "1", "d", &text],
        );
        check(
            &[Value::Bytes(&[]), Value::Bytes(&[0xff; 32])],
            &["40", "60", "0", "20", &"ff".repeat(32)],
        );
        let long = Value::Bytes(&[0xff; 33]);
        let end = format!("{:0<64}", "ff");
        check(&[long], &["20", "21", &"ff".repeat(32), &end]);
    }

    #[test]
    fn a_tuple_of_words_stands_where_it_is() {
        let pair = Value::Tuple(vec![Value::number(1), Value::number(2)]);
        check(&[pair.clone(), Value::number(3)], &["1", "2", "3"]);
        // And the offsets behind it count its words.
        let bytes = Value::Bytes(&[]);
        check(&[bytes, pair], &["60", "1", "2", "0"]);
    }

    #[test]
    fn a_tuple_with_bytes_has_offsets_of_its_own() {
        let inner = Value::Tuple(vec![Value::number(7), Value::Bytes(&[])]);
        check(std::slice::from_ref(&inner), &["20", "7", "40", "0"]);
        check(
            &[Value::number(1), inner, Value::Bytes(&[])],
            &["1", "60", "c0", "7", "40", "0", "0"],
        );
    }
}

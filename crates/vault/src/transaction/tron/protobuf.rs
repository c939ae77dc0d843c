//! Protobuf's wire format, as far as Tron's transactions use it: numbers and bytes.

use std::collections::BTreeSet;

use super::TronError;

/// One field of a message.
pub(super) struct Field<'a> {
    pub(super) number: u64,
    pub(super) value: Value<'a>,
}

/// The value of a field.
#[derive(Clone, Copy)]
pub(super) enum Value<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

/// Reads fields one after the other.
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Value<'a> {
    /// An `int64` or an enum: the 64 bits in two's complement.
    pub(super) fn number(self, field: u64) -> Result<i64, TronError> {
        match self {
            Self::Number(number) => Ok(number.cast_signed()),
            Self::Bytes(_) => Err(TronError::WireType(field)),
        }
    }

    /// Bytes, a string or a message.
    pub(super) fn bytes(self, field: u64) -> Result<&'a [u8], TronError> {
        match self {
            Self::Bytes(bytes) => Ok(bytes),
            Self::Number(_) => Err(TronError::WireType(field)),
        }
    }
}

impl<'a> Reader<'a> {
    /// Every field of a message, each at most once.
    pub(super) fn fields(message: &'a [u8]) -> Result<Vec<Field<'a>>, TronError> {
        let mut reader = Self { rest: message };
        let mut seen = BTreeSet::new();
        let mut fields = Vec::new();
        while !reader.rest.is_empty() {
            let field = reader.field()?;
            if !seen.insert(field.number) {
                return Err(TronError::Repeated(field.number));
            }
            fields.push(field);
        }
        Ok(fields)
    }

    fn field(&mut self) -> Result<Field<'a>, TronError> {
        let key = self.varint()?;
        let number = key >> 3;
        let value = match key & 0x07 {
            WIRE_VARINT => Value::Number(self.varint()?),
            WIRE_BYTES => Value::Bytes(self.bytes()?),
            _ => return Err(TronError::WireType(number)),
        };
        Ok(Field { number, value })
    }

    fn bytes(&mut self) -> Result<&'a [u8], TronError> {
        let length = usize::try_from(self.varint()?).map_err(|_| TronError::TooShort)?;
        let (bytes, rest) = self
            .rest
            .split_at_checked(length)
            .ok_or(TronError::TooShort)?;
        self.rest = rest;
        Ok(bytes)
    }

    /// Seven bits per byte, the lowest first, in the shortest spelling.
    fn varint(&mut self) -> Result<u64, TronError> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let (&byte, rest) = self.rest.split_first().ok_or(TronError::TooShort)?;
            self.rest = rest;
            let bits = u64::from(byte & 0x7f);
            let padded = byte == 0 && shift > 0;
            if padded || (bits << shift) >> shift != bits {
                return Err(TronError::Varint);
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(TronError::Varint)
    }
}

/// A field of bytes, with its key and length in front.
pub(super) fn length_delimited(number: u64, bytes: &[u8]) -> Vec<u8> {
    let mut field = varint((number << 3) | WIRE_BYTES);
    field.extend(varint(bytes.len() as u64));
    field.extend(bytes);
    field
}

fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value > 0x7f {
        bytes.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

const WIRE_VARINT: u64 = 0;
const WIRE_BYTES: u64 = 2;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn refuses_long_spellings_and_more_than_64_bits() {
        let read = |bytes: &[u8]| Reader { rest: bytes }.varint();
        assert_eq!(read(&[0x80, 0x00]), Err(TronError::Varint));
        assert_eq!(read(&[0xff; 10]), Err(TronError::Varint));
        assert_eq!(
            read(&[&[0x80; 9][..], &[0x02]].concat()),
            Err(TronError::Varint)
        );
        assert_eq!(read(&[&[0xff; 9][..], &[0x01]].concat()), Ok(u64::MAX));
        assert_eq!(read(&[0x80]), Err(TronError::TooShort));
    }

    proptest! {
        #[test]
        fn every_number_survives_the_round_trip(value: u64, shift in 0..64_u32) {
            let bytes = varint(value >> shift);
            prop_assert_eq!(Reader { rest: &bytes }.varint(), Ok(value >> shift));
        }
    }
}

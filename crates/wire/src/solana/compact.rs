//! Solana's wire encoding: fixed arrays, and lists behind a compact-u16 length.

use super::MessageError;

/// Reads values one after the other; each is named, so that an error can say where it happened.
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// The bytes not yet read.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(super) fn finish(&self) -> Result<(), MessageError> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(MessageError::Trailing)
        }
    }

    pub(super) fn byte(&mut self, what: &'static str) -> Result<u8, MessageError> {
        let [byte] = self.array(what)?;
        Ok(byte)
    }

    pub(super) fn array<const N: usize>(
        &mut self,
        what: &'static str,
    ) -> Result<[u8; N], MessageError> {
        let (array, rest) = self
            .rest
            .split_first_chunk()
            .ok_or(MessageError::TooShort(what))?;
        self.rest = rest;
        Ok(*array)
    }

    /// Bytes behind their number.
    pub(super) fn bytes(&mut self, what: &'static str) -> Result<Vec<u8>, MessageError> {
        let length = self.length(what)?;
        let (bytes, rest) = self
            .rest
            .split_at_checked(length)
            .ok_or(MessageError::TooShort(what))?;
        self.rest = rest;
        Ok(bytes.to_vec())
    }

    /// Values behind their number. Nothing is set aside for values that have not come.
    pub(super) fn list<T>(
        &mut self,
        what: &'static str,
        read: impl Fn(&mut Self) -> Result<T, MessageError>,
    ) -> Result<Vec<T>, MessageError> {
        let length = self.length(what)?;
        let mut values = Vec::new();
        for _ in 0..length {
            values.push(read(self)?);
        }
        Ok(values)
    }

    /// A compact-u16: seven bits per byte, the lowest first, at most three bytes, the shortest
    /// spelling only.
    fn length(&mut self, what: &'static str) -> Result<usize, MessageError> {
        let mut value = 0_u32;
        for position in 0..3 {
            let byte = self.byte(what)?;
            value |= u32::from(byte & 0x7f) << (7 * position);
            if byte & 0x80 == 0 {
                let padded = byte == 0 && position > 0;
                return match u16::try_from(value) {
                    Ok(length) if !padded => Ok(length.into()),
                    _ => Err(MessageError::Length(what)),
                };
            }
        }
        Err(MessageError::Length(what))
    }
}

/// A number as a compact-u16.
///
/// ```
/// use wire::solana::compact_u16;
/// assert_eq!(compact_u16(0x7f), [0x7f]);
/// assert_eq!(compact_u16(0x80), [0x80, 0x01]);
/// assert_eq!(compact_u16(0xffff), [0xff, 0xff, 0x03]);
/// ```
pub fn compact_u16(number: u16) -> Vec<u8> {
    let mut rest = number;
    let mut bytes = Vec::new();
    while rest > 0x7f {
        bytes.push((rest & 0x7f) as u8 | 0x80);
        rest >>= 7;
    }
    bytes.push(rest as u8);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_survives_the_round_trip() {
        for number in 0..=u16::MAX {
            let bytes = compact_u16(number);
            let mut reader = Reader::new(&bytes);
            assert_eq!(reader.length("it"), Ok(usize::from(number)));
            assert_eq!(reader.finish(), Ok(()));
        }
    }

    #[test]
    fn refuses_long_spellings_and_more_than_16_bits() {
        for bytes in [
            &[0x80, 0x00][..],
            &[0xff, 0x80, 0x00],
            &[0xff, 0xff, 0x04],
            &[0xff; 4],
        ] {
            assert_eq!(
                Reader::new(bytes).length("it"),
                Err(MessageError::Length("it"))
            );
        }
        assert_eq!(
            Reader::new(&[0x80]).length("it"),
            Err(MessageError::TooShort("it"))
        );
    }
}

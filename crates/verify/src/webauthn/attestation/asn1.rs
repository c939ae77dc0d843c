//! A DER reader for the private extensions in attestation certificates.

/// The content octets of consecutive DER elements.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a>(&'a [u8]);

/// One element: its identifier and its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Element<'a> {
    /// Class, constructed bit and number, with multi-byte numbers folded in; see [`context`].
    pub tag: u32,
    pub content: &'a [u8],
}

pub(super) const INTEGER: u32 = 0x02;
pub(super) const BIT_STRING: u32 = 0x03;
pub(super) const OCTET_STRING: u32 = 0x04;
pub(super) const ENUMERATED: u32 = 0x0a;
pub(super) const SEQUENCE: u32 = 0x30;
pub(super) const SET: u32 = 0x31;

/// The tag of a constructed, context-specific element `[number]`.
pub(super) const fn context(number: u32) -> u32 {
    if number < 31 {
        0xa0 | number
    } else {
        0xbf << 16 | number
    }
}

impl<'a> Reader<'a> {
    pub(super) fn new(content: &'a [u8]) -> Self {
        Self(content)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The next element, if the bytes are DER.
    pub(super) fn next(&mut self) -> Option<Element<'a>> {
        let tag = self.tag()?;
        let length = self.length()?;
        let (content, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(Element { tag, content })
    }

    /// The content of the next element, which must have this tag.
    pub(super) fn expect(&mut self, tag: u32) -> Option<&'a [u8]> {
        self.next()
            .filter(|element| element.tag == tag)
            .map(|element| element.content)
    }

    /// The content of the only element there is, which must have this tag.
    pub(super) fn only(mut self, tag: u32) -> Option<&'a [u8]> {
        let content = self.expect(tag)?;
        self.is_empty().then_some(content)
    }

    fn tag(&mut self) -> Option<u32> {
        let first = self.byte()?;
        if first & 0x1f != 0x1f {
            return Some(u32::from(first));
        }
        // Android's authorisation lists number up to three digits: two base-128 octets.
        let high = self.byte()?;
        let number = match high {
            0x1f..=0x7f => u32::from(high),
            0x81..=0xff => {
                let low = self.byte().filter(|low| *low < 0x80)?;
                u32::from(high & 0x7f) << 7 | u32::from(low)
            }
            _ => return None,
        };
        Some(u32::from(first) << 16 | number)
    }

    fn length(&mut self) -> Option<usize> {
        match self.byte()? {
            short @ 0..=0x7f => Some(usize::from(short)),
            0x81 => self
                .byte()
                .filter(|length| *length >= 0x80)
                .map(usize::from),
            0x82 => {
                let length = u16::from_be_bytes([self.byte()?, self.byte()?]);
                (length >= 0x100).then_some(usize::from(length))
            }
            _ => None, // Extensions of 64 KiB and more do not occur.
        }
    }

    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }
}

/// A small non-negative INTEGER or ENUMERATED.
pub(super) fn small_number(content: &[u8]) -> Option<u32> {
    match content {
        [] | [0x80..=0xff, ..] => None,
        [0, 0..=0x7f, ..] => None,
        _ if content.len() > 4 => None,
        _ => Some(
            content
                .iter()
                .fold(0, |number, byte| number << 8 | u32::from(*byte)),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_short_and_long_tags_and_lengths() {
        let long = [&[0x04, 0x81, 0x80][..], &[7; 128]].concat();
        assert_eq!(Reader::new(&long).only(OCTET_STRING), Some(&[7; 128][..]));
        let tagged = [0xbf, 0x84, 0x58, 0x02, 0x05, 0x00];
        let element = Reader::new(&tagged).next().unwrap();
        assert_eq!(
            element,
            Element {
                tag: context(600),
                content: &[5, 0]
            }
        );
    }

    #[test]
    fn refuses_what_is_not_der() {
        for bytes in [
            &[][..],
            &[0x04],
            &[0x04, 2, 1],
            &[0x04, 0x80, 0, 0],
            &[0x04, 0x81, 1, 1],
            &[0x04, 0x82, 0, 1, 1],
            &[0xbf, 0x80, 1, 0],
            &[0xbf, 0x1e, 0],
        ] {
            assert_eq!(Reader::new(bytes).next(), None, "{bytes:02x?}");
        }
    }
}

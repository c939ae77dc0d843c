//! A DER writer.

use num_bigint::BigUint;

/// An element: tag, length in its shortest form, content.
pub fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let mut out = vec![tag];
    match length {
        0..=0x7f => out.push(length as u8),
        0x80..=0xff => out.extend([0x81, length as u8]),
        _ => out.extend([0x82, (length >> 8) as u8, length as u8]),
    }
    out.extend_from_slice(content);
    out
}

/// A SEQUENCE of the parts.
pub fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    element(0x30, &parts.concat())
}

/// A SET of one part.
pub fn set(part: &[u8]) -> Vec<u8> {
    element(0x31, part)
}

/// An INTEGER that is not negative.
pub fn integer(value: &BigUint) -> Vec<u8> {
    let mut content = value.to_bytes_be();
    if content[0] >= 0x80 {
        content.insert(0, 0);
    }
    element(0x02, &content)
}

/// A small INTEGER.
pub fn small(value: u32) -> Vec<u8> {
    integer(&BigUint::from(value))
}

/// An OBJECT IDENTIFIER from its arcs.
pub fn oid(arcs: &[u32]) -> Vec<u8> {
    let mut content = vec![(arcs[0] * 40 + arcs[1]) as u8];
    for arc in &arcs[2..] {
        let mut groups = vec![(arc & 0x7f) as u8];
        let mut rest = arc >> 7;
        while rest > 0 {
            groups.push((rest & 0x7f) as u8 | 0x80);
            rest >>= 7;
        }
        content.extend(groups.iter().rev());
    }
    element(0x06, &content)
}

/// An OCTET STRING.
pub fn octets(content: &[u8]) -> Vec<u8> {
    element(0x04, content)
}

/// A BIT STRING of whole bytes.
pub fn bits(content: &[u8]) -> Vec<u8> {
    element(0x03, &[&[0], content].concat())
}

/// A UTF8String.
pub fn utf8(text: &str) -> Vec<u8> {
    element(0x0c, text.as_bytes())
}

/// `TRUE`.
pub const TRUE: [u8; 3] = [0x01, 0x01, 0xff];

/// `NULL`.
pub const NULL: [u8; 2] = [0x05, 0x00];

/// `[number] EXPLICIT` around `content`; numbers above 30 take the long form, as Android uses.
pub fn explicit(number: u32, content: &[u8]) -> Vec<u8> {
    if number < 31 {
        return element(0xa0 | number as u8, content);
    }
    let mut out = element(0xbf, content);
    let tag = [(number >> 7) as u8 | 0x80, (number & 0x7f) as u8];
    out.splice(1..1, tag);
    out
}

/// An ECDSA signature from its two integers.
pub fn ecdsa(r: &BigUint, s: &BigUint) -> Vec<u8> {
    sequence(&[&integer(r), &integer(s)])
}

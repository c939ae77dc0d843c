//! Unsigned integers of 256 bits: read, compared, printed; no arithmetic is done with them.

use core::fmt;

/// An unsigned 256-bit integer, kept as big-endian bytes, so that the order of the bytes is the
/// order of the numbers.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct U256([u8; 32]);

/// Why a text is not an unsigned 256-bit integer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum U256Error {
    /// Not a run of decimal digits, nor `0x` and hexadecimal digits.
    #[error("not an integer")]
    NotAnInteger,
    /// More bits than there is room for.
    #[error("an integer of more than {bits} bits")]
    TooLarge {
        /// How many there is room for.
        bits: u16,
    },
}

impl U256 {
    /// Zero.
    pub const ZERO: Self = Self([0; 32]);

    /// From 32 big-endian bytes.
    pub const fn from_be_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 big-endian bytes.
    pub const fn to_be_bytes(self) -> [u8; 32] {
        self.0
    }

    /// From at most 32 big-endian bytes; `None` when there are more.
    pub fn from_be_slice(bytes: &[u8]) -> Option<Self> {
        let start = 32_usize.checked_sub(bytes.len())?;
        let mut word = [0; 32];
        word[start..].copy_from_slice(bytes);
        Some(Self(word))
    }

    /// The big-endian bytes without leading zeros; none at all for zero.
    pub fn significant_bytes(&self) -> &[u8] {
        let zeros = self.0.iter().take_while(|&&byte| byte == 0).count();
        &self.0[zeros..]
    }

    /// How many bits the number needs; zero needs none.
    pub fn bit_length(&self) -> usize {
        let bytes = self.significant_bytes();
        bytes
            .first()
            .map_or(0, |first| bytes.len() * 8 - first.leading_zeros() as usize)
    }

    /// Reads `1234` or `0x4d2`: digits only, in either case, leading zeros allowed.
    pub fn parse(text: &str) -> Result<Self, U256Error> {
        let (digits, radix) = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
            Some(digits) => (digits, 16),
            None => (text, 10),
        };
        if digits.is_empty() {
            return Err(U256Error::NotAnInteger);
        }
        let mut value = Self::ZERO;
        for digit in digits.chars() {
            let digit = digit.to_digit(radix).ok_or(U256Error::NotAnInteger)?;
            value = value
                .times_plus(radix, digit)
                .ok_or(U256Error::TooLarge { bits: 256 })?;
        }
        Ok(value)
    }

    /// The two's complement negation, modulo 2²⁵⁶.
    pub(crate) fn negated(self) -> Self {
        let mut word = self.0.map(|byte| !byte);
        for byte in word.iter_mut().rev() {
            let (sum, carried) = byte.overflowing_add(1);
            *byte = sum;
            if !carried {
                break;
            }
        }
        Self(word)
    }

    /// The number before it; there is none before zero.
    pub(crate) fn predecessor(self) -> Option<Self> {
        // −(−n) = n and ¬(n − 1) = −n, so n − 1 = ¬(−n).
        (self != Self::ZERO).then(|| Self(self.negated().0.map(|byte| !byte)))
    }

    fn times_plus(mut self, factor: u32, summand: u32) -> Option<Self> {
        let mut carry = summand;
        for byte in self.0.iter_mut().rev() {
            let sum = u32::from(*byte) * factor + carry;
            *byte = (sum & 0xff) as u8;
            carry = sum >> 8;
        }
        (carry == 0).then_some(self)
    }

    fn divide_by_ten(&mut self) -> u8 {
        let mut remainder = 0_u16;
        for byte in &mut self.0 {
            let dividend = (remainder << 8) | u16::from(*byte);
            *byte = (dividend / 10) as u8;
            remainder = dividend % 10;
        }
        remainder as u8
    }
}

impl From<u64> for U256 {
    fn from(value: u64) -> Self {
        u128::from(value).into()
    }
}

impl From<u128> for U256 {
    fn from(value: u128) -> Self {
        let mut word = [0; 32];
        word[16..].copy_from_slice(&value.to_be_bytes());
        Self(word)
    }
}

impl TryFrom<U256> for u64 {
    type Error = U256Error;

    /// The number, or `TooLarge` at 2⁶⁴ and above.
    fn try_from(value: U256) -> Result<Self, U256Error> {
        let bytes = value.significant_bytes();
        if bytes.len() > 8 {
            return Err(U256Error::TooLarge { bits: 64 });
        }
        Ok(bytes
            .iter()
            .fold(0, |number, &byte| (number << 8) | Self::from(byte)))
    }
}

impl fmt::Display for U256 {
    /// Decimal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = *self;
        let mut digits = Vec::new();
        while rest != Self::ZERO {
            digits.push(char::from(b'0' + rest.divide_by_ten()));
        }
        if digits.is_empty() {
            digits.push('0');
        }
        f.pad_integral(true, "", &digits.into_iter().rev().collect::<String>())
    }
}

impl fmt::Debug for U256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "U256({self})")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MAX: &str =
        "115792089237316195423570985008687907853269984665640564039457584007913129639935";

    #[test]
    fn reads_decimal_and_hexadecimal() {
        assert_eq!(U256::parse("0x4D2"), Ok(U256::from(1234_u64)));
        assert_eq!(U256::parse("0001234"), Ok(U256::from(1234_u64)));
        assert_eq!(U256::parse(MAX), Ok(U256([0xff; 32])));
        assert_eq!(U256([0xff; 32]).to_string(), MAX);
        assert_eq!(U256::ZERO.to_string(), "0");
    }

    #[test]
    fn t5_refuses_what_is_no_integer_or_too_large() {
        for text in ["", "0x", "-1", "+1", "1.0", "1e3", " 1", "0xg", "a", "١"] {
            assert_eq!(U256::parse(text), Err(U256Error::NotAnInteger), "{text:?}");
        }
        let beyond = format!("{}6", &MAX[..MAX.len() - 1]);
        assert_eq!(U256::parse(&beyond), Err(U256Error::TooLarge { bits: 256 }));
        assert_eq!(
            U256::parse(&format!("0x1{}", "0".repeat(64))),
            Err(U256Error::TooLarge { bits: 256 })
        );
    }

    #[test]
    fn counts_bits() {
        assert_eq!(U256::ZERO.bit_length(), 0);
        assert_eq!(U256::from(1_u64).bit_length(), 1);
        assert_eq!(U256::from(256_u64).bit_length(), 9);
        assert_eq!(U256([0xff; 32]).bit_length(), 256);
    }

    proptest! {
        #[test]
        fn agrees_with_128_bit_integers(a: u128, b: u128) {
            prop_assert_eq!(U256::parse(&a.to_string()), Ok(a.into()));
            prop_assert_eq!(U256::parse(&format!("{a:#x}")), Ok(a.into()));
            prop_assert_eq!(U256::from(a).to_string(), a.to_string());
            prop_assert_eq!(U256::from(a).cmp(&U256::from(b)), a.cmp(&b));
        }

        #[test]
        fn negating_twice_is_nothing(word: [u8; 32]) {
            prop_assert_eq!(U256(word).negated().negated(), U256(word));
        }
    }
}

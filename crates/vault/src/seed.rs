//! A wallet's seed: BIP-39 entropy and what becomes of it.

use bip39::{Language, Mnemonic};
use zeroize::{Zeroize, Zeroizing};

use crate::entropy::fresh;
use crate::{Entropy, Error};

/// How many words a wallet's mnemonic has. Fewer than twelve are not offered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum WordCount {
    /// 12 words, 128 bits.
    #[default]
    Twelve,
    /// 15 words, 160 bits.
    Fifteen,
    /// 18 words, 192 bits.
    Eighteen,
    /// 21 words, 224 bits.
    TwentyOne,
    /// 24 words, 256 bits.
    TwentyFour,
}

impl WordCount {
    /// The count with this number of words, as `mnemonicLength` members have it.
    pub const fn from_number(words: u32) -> Option<Self> {
        Some(match words {
            12 => Self::Twelve,
            15 => Self::Fifteen,
            18 => Self::Eighteen,
            21 => Self::TwentyOne,
            24 => Self::TwentyFour,
            _ => return None,
        })
    }

    const fn entropy_length(self) -> usize {
        match self {
            Self::Twelve => 16,
            Self::Fifteen => 20,
            Self::Eighteen => 24,
            Self::TwentyOne => 28,
            Self::TwentyFour => 32,
        }
    }
}

/// The entropy behind the words, kept for export, and the 64-byte seed made from them, kept so
/// that deriving a key does not cost 2,048 rounds of PBKDF2. The BIP-39 passphrase is empty.
pub(crate) struct WalletSeed {
    entropy: Zeroizing<Vec<u8>>,
    seed: Zeroizing<[u8; 64]>,
}

impl WalletSeed {
    const FORMAT: u8 = 1;

    pub(crate) fn generate(words: WordCount, entropy: &mut dyn Entropy) -> Result<Self, Error> {
        let bytes = fresh::<32>(entropy)?;
        Self::from_entropy(&bytes[..words.entropy_length()])
    }

    /// Reads an English mnemonic: lower-case words, white space between them.
    pub(crate) fn from_mnemonic(words: &str) -> Result<Self, Error> {
        let mnemonic = Mnemonic::parse_in_normalized(Language::English, words)
            .map_err(|_| Error::InvalidMnemonic)?;
        Ok(Self::from_words(&mnemonic))
    }

    fn from_entropy(entropy: &[u8]) -> Result<Self, Error> {
        let mnemonic = Mnemonic::from_entropy_in(Language::English, entropy)
            .map_err(|_| Error::InvalidMnemonic)?;
        Ok(Self::from_words(&mnemonic))
    }

    fn from_words(mnemonic: &Mnemonic) -> Self {
        // One byte longer than any entropy: the library keeps the checksum behind it.
        let (mut padded, length) = mnemonic.to_entropy_array();
        let entropy = Zeroizing::new(padded[..length].to_vec());
        padded.zeroize();
        Self {
            entropy,
            seed: Zeroizing::new(mnemonic.to_seed_normalized("")),
        }
    }

    /// The 64 bytes that BIP-32 and SLIP-10 start from.
    pub(crate) fn bytes(&self) -> &[u8; 64] {
        &self.seed
    }

    /// What is sealed: format, length of the entropy, entropy, seed.
    pub(crate) fn to_plaintext(&self) -> Zeroizing<Vec<u8>> {
        let mut text = Zeroizing::new(Vec::with_capacity(2 + 32 + 64));
        // At most 32, so it fits a byte.
        text.extend_from_slice(&[Self::FORMAT, self.entropy.len() as u8]);
        text.extend_from_slice(&self.entropy);
        text.extend_from_slice(self.seed.as_slice());
        text
    }

    pub(crate) fn from_plaintext(text: &[u8]) -> Result<Self, Error> {
        let [Self::FORMAT, length, rest @ ..] = text else {
            return Err(Error::Unopenable);
        };
        let (entropy, seed) = rest
            .split_at_checked(usize::from(*length))
            .ok_or(Error::Unopenable)?;
        let seed = Zeroizing::new(seed.try_into().map_err(|_| Error::Unopenable)?);
        Ok(Self {
            entropy: Zeroizing::new(entropy.to_vec()),
            seed,
        })
    }
}

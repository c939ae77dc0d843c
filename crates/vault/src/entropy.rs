//! Randomness, handed in by the caller.

use zeroize::Zeroizing;

use crate::Error;

/// A source of bytes fit for keys: the operating system's generator, or a counter in tests.
pub trait Entropy {
    /// Fills `bytes` completely, or fails with [`Error::NoEntropy`]; there is no in-between.
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), Error>;
}

/// `N` fresh bytes, wiped when dropped.
///
/// A generator that answers with one repeated byte is broken (an unseeded buffer, a failed
/// device), and failing closed costs a healthy one nothing: for the sixteen bytes and more that
/// the vault asks for, the chance is below 2⁻¹²⁰. Shorter requests are not judged.
pub(crate) fn fresh<const N: usize>(
    entropy: &mut dyn Entropy,
) -> Result<Zeroizing<[u8; N]>, Error> {
    let mut bytes = Zeroizing::new([0; N]);
    entropy.fill(bytes.as_mut_slice())?;
    if N >= 16 && bytes.windows(2).all(|pair| pair[0] == pair[1]) {
        return Err(Error::NoEntropy);
    }
    Ok(bytes)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Different bytes at every call, the same in every run.
    pub(crate) struct Counting(pub u64);

    impl Entropy for Counting {
        fn fill(&mut self, bytes: &mut [u8]) -> Result<(), Error> {
            use sha2::{Digest, Sha256};
            for chunk in bytes.chunks_mut(32) {
                let block = Sha256::digest(self.0.to_be_bytes());
                chunk.copy_from_slice(&block[..chunk.len()]);
                self.0 += 1;
            }
            Ok(())
        }
    }

    struct Stuck(u8);

    impl Entropy for Stuck {
        fn fill(&mut self, bytes: &mut [u8]) -> Result<(), Error> {
            bytes.fill(self.0);
            Ok(())
        }
    }

    struct Broken;

    impl Entropy for Broken {
        fn fill(&mut self, _: &mut [u8]) -> Result<(), Error> {
            Err(Error::NoEntropy)
        }
    }

    #[test]
    fn t108_fails_closed_when_the_source_fails_or_is_stuck() {
        assert_eq!(fresh::<32>(&mut Broken).err(), Some(Error::NoEntropy));
        assert_eq!(fresh::<32>(&mut Stuck(0)).err(), Some(Error::NoEntropy));
        assert_eq!(fresh::<16>(&mut Stuck(0xff)).err(), Some(Error::NoEntropy));
        assert!(fresh::<32>(&mut Counting(0)).is_ok());
    }
}

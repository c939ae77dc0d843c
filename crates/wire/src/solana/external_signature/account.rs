//! What the passkey account holds: 152 bytes, little endian.
//!
//! | offset | bytes | |
//! |---|---|---|
//! | 0 | 1 | version: 1 |
//! | 1 | 1 | scheme: 0 |
//! | 2 | 2 | reserved: 0 |
//! | 4 | 1 | length of the RP ID |
//! | 5 | 32 | the RP ID, then zeroes |
//! | 37 | 32 | SHA-256 of the RP ID |
//! | 69 | 32 | x of the public key |
//! | 101 | 1 | its prefix, 02 or 03 |
//! | 102 | 2 | padding: 0 |
//! | 104 | 32 | the session key, or zeroes |
//! | 136 | 8 | the last second of its session |
//! | 144 | 8 | the signature counter |

use super::super::Address;
use super::super::secp256r1::{CompressedKey, NotCompressed};
use super::{P256_WEBAUTHN, RpId, RpIdError, SessionKey};

/// How long the account is, in bytes.
pub const ACCOUNT_LENGTH: usize = 152;

const VERSION: u8 = 1;

/// A passkey account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PasskeyAccount {
    /// The relying party, for good.
    pub rp_id: RpId,
    /// What the account says is SHA-256 of the RP ID; nothing here hashes.
    pub rp_id_hash: [u8; 32],
    /// The passkey, for good.
    pub public_key: CompressedKey,
    /// The session as stored; see [`PasskeyAccount::session`].
    pub session_key: SessionKey,
    /// The highest signature counter seen; 0 for authenticators that do not count.
    pub counter: u64,
}

/// Why data is not a passkey account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccountError {
    /// Another length than [`ACCOUNT_LENGTH`]; 0 where there is no account yet.
    #[error("a passkey account has 152 bytes, not {0}")]
    Length(usize),
    /// Another version or another signature scheme.
    #[error("version {version}, scheme {scheme} of a passkey account is not known")]
    Header {
        /// The first byte.
        version: u8,
        /// The second byte.
        scheme: u8,
    },
    /// Something where zeroes are expected.
    #[error("reserved bytes of a passkey account are in use")]
    Reserved,
    /// An RP ID the program would not have stored.
    #[error(transparent)]
    RpId(#[from] RpIdError),
    /// An RP ID that is not UTF-8.
    #[error("the RP ID is not UTF-8")]
    NotUtf8,
    /// A key that is not a compressed point.
    #[error(transparent)]
    Key(#[from] NotCompressed),
}

impl PasskeyAccount {
    /// The session, if there is one. It may be over.
    pub fn session(&self) -> Option<SessionKey> {
        (*self.session_key.key.as_bytes() != [0; 32]).then_some(self.session_key)
    }

    /// Reads the data of the account. Who owns the account is the caller's to check.
    ///
    /// # Errors
    ///
    /// [`AccountError`].
    pub fn parse(data: &[u8]) -> Result<Self, AccountError> {
        let data: &[u8; ACCOUNT_LENGTH] = data
            .try_into()
            .map_err(|_| AccountError::Length(data.len()))?;
        let [version, scheme] = array(data, 0);
        if (version, scheme) != (VERSION, P256_WEBAUTHN) {
            return Err(AccountError::Header { version, scheme });
        }
        if (array::<2>(data, 2), array::<2>(data, 102)) != ([0; 2], [0; 2]) {
            return Err(AccountError::Reserved);
        }
        let mut key = [0; 33];
        key[0] = data[101];
        key[1..].copy_from_slice(&data[69..101]);
        Ok(Self {
            rp_id: rp_id(data[4].into(), &data[5..37])?,
            rp_id_hash: array(data, 37),
            public_key: CompressedKey::from_bytes(key)?,
            session_key: SessionKey {
                key: Address::from_bytes(array(data, 104)),
                expires_at_s: u64::from_le_bytes(array(data, 136)),
            },
            counter: u64::from_le_bytes(array(data, 144)),
        })
    }

    /// The data of the account.
    pub fn to_bytes(&self) -> [u8; ACCOUNT_LENGTH] {
        let rp_id = self.rp_id.as_str().as_bytes();
        let [prefix, x @ ..] = self.public_key.as_bytes();
        let mut data = [0; ACCOUNT_LENGTH];
        let mut put = |at: usize, bytes: &[u8]| data[at..at + bytes.len()].copy_from_slice(bytes);
        put(0, &[VERSION, P256_WEBAUTHN]);
        put(4, &[rp_id.len() as u8]); // At most 32.
        put(5, rp_id);
        put(37, &self.rp_id_hash);
        put(69, x);
        put(101, &[*prefix]);
        put(104, &self.session_key.to_bytes());
        put(144, &self.counter.to_le_bytes());
        data
    }
}

fn rp_id(length: usize, field: &[u8]) -> Result<RpId, AccountError> {
    let (text, padding) = field.split_at_checked(length).ok_or(RpIdError::TooLong)?;
    if padding.iter().any(|byte| *byte != 0) {
        return Err(AccountError::Reserved);
    }
    let text = std::str::from_utf8(text).map_err(|_| AccountError::NotUtf8)?;
    Ok(text.parse()?)
}

/// The `N` bytes at an offset that the layout above puts within the account.
fn array<const N: usize>(data: &[u8; ACCOUNT_LENGTH], at: usize) -> [u8; N] {
    std::array::from_fn(|index| data[at + index])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account() -> PasskeyAccount {
        let mut key = [0x55; 33];
        key[0] = 2;
        PasskeyAccount {
            rp_id: "auth.example.com".parse().unwrap(),
            rp_id_hash: [0x44; 32],
            public_key: CompressedKey::from_bytes(key).unwrap(),
            session_key: SessionKey {
                key: Address::from_bytes([0x66; 32]),
                expires_at_s: 0x0102,
            },
            counter: 29,
        }
    }

    #[test]
    fn puts_every_field_at_its_offset() {
        let data = account().to_bytes();
        assert_eq!(data[..5], [1, 0, 0, 0, 16]);
        assert_eq!(&data[5..21], b"auth.example.com");
        assert_eq!(data[21..37], [0; 16]);
        assert_eq!(data[37..69], [0x44; 32]);
        assert_eq!(data[69..101], [0x55; 32]);
        assert_eq!(data[101..104], [2, 0, 0]);
        assert_eq!(data[104..136], [0x66; 32]);
        assert_eq!(data[136..144], [2, 1, 0, 0, 0, 0, 0, 0]);
        assert_eq!(data[144..], [29, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(PasskeyAccount::parse(&data), Ok(account()));
    }

    #[test]
    fn zeroes_are_no_session() {
        let mut without = account();
        assert_eq!(without.session(), Some(without.session_key));
        without.session_key.key = Address::from_bytes([0; 32]);
        assert_eq!(without.session(), None);
    }

    #[test]
    fn refuses_each_malformation_by_its_own_name() {
        use AccountError as E;
        let changed = |at: usize, to: u8| {
            let mut data = account().to_bytes();
            data[at] = to;
            PasskeyAccount::parse(&data)
        };
        assert_eq!(PasskeyAccount::parse(&[]), Err(E::Length(0)));
        assert_eq!(PasskeyAccount::parse(&[1; 153]), Err(E::Length(153)));
        for (at, version, scheme) in [(0, 7, 0), (1, 1, 7)] {
            assert_eq!(changed(at, 7), Err(E::Header { version, scheme }));
        }
        for at in [2, 3, 21, 36, 102, 103] {
            assert_eq!(changed(at, 1), Err(E::Reserved), "{at}");
        }
        assert_eq!(changed(4, 33), Err(E::RpId(RpIdError::TooLong)));
        assert_eq!(changed(4, 15), Err(E::Reserved));
        assert_eq!(changed(5, b'"'), Err(E::RpId(RpIdError::Quote)));
        assert_eq!(changed(5, 0xff), Err(E::NotUtf8));
        assert_eq!(changed(101, 4), Err(E::Key(NotCompressed)));
    }
}

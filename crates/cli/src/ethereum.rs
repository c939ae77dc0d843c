//! Just enough Ethereum to judge a signature without asking the server: an EIP-1559 transfer, and
//! who signed it according to libsecp256k1.

use anyhow::{Context, ensure};
use secp256k1::Message;
use secp256k1::ecdsa::{RecoverableSignature, RecoveryId};
use sha3::{Digest, Keccak256};
use wire::encoding::hex;

/// The type byte of EIP-1559.
const TYPE: u8 = 0x02;

/// A transfer that nobody has signed yet.
pub struct Transfer {
    /// The nine members, encoded, without the list around them.
    members: Vec<u8>,
}

impl Transfer {
    /// Sends `wei` on the main chain.
    pub fn new(to: [u8; 20], wei: u64) -> Self {
        let number = |value: u64| {
            let bytes = value.to_be_bytes();
            let zeroes = bytes.iter().take_while(|byte| **byte == 0).count();
            string(&bytes[zeroes..])
        };
        let [chain, nonce, tip, fee, gas] =
            [1, 0, 1_000_000_000, 30_000_000_000, 21_000].map(number);
        let (data, access_list) = (string(&[]), list(&[]));
        let members = [
            chain,
            nonce,
            tip,
            fee,
            gas,
            string(&to),
            number(wei),
            data,
            access_list,
        ]
        .concat();
        Self { members }
    }

    /// The transaction as it is handed in for signing, in hexadecimal.
    pub fn unsigned(&self) -> String {
        hex::encode(self.payload())
    }

    /// Who signed: the address, from the signature and what it must be over. Fails if the
    /// transaction that came back is not this one.
    pub fn signer(&self, signed: &str) -> anyhow::Result<String> {
        let signed = hex::decode(signed).ok().context("hexadecimal")?;
        let (kind, rest) = signed.split_first().context("a type byte")?;
        let (members, after) = read(rest)?;
        ensure!(
            *kind == TYPE && after.is_empty(),
            "one EIP-1559 transaction"
        );
        let rest = members
            .strip_prefix(&*self.members)
            .context("the same nine members")?;
        let (v, rest) = read(rest)?;
        let (r, rest) = read(rest)?;
        let (s, rest) = read(rest)?;
        ensure!(
            rest.is_empty() && r.len() <= 32 && s.len() <= 32,
            "y parity, r and s"
        );

        let mut compact = [0; 64];
        compact[32 - r.len()..32].copy_from_slice(r);
        compact[64 - s.len()..].copy_from_slice(s);
        recover(
            keccak(&self.payload()),
            &compact,
            v.first().copied().unwrap_or(0),
        )
    }

    fn payload(&self) -> Vec<u8> {
        [&[TYPE], &*list(&self.members)].concat()
    }
}

/// The address, in lower case, whose key signed a digest, according to libsecp256k1.
pub fn recover(digest: [u8; 32], compact: &[u8; 64], parity: u8) -> anyhow::Result<String> {
    let id = RecoveryId::try_from(i32::from(parity))?;
    let signature = RecoverableSignature::from_compact(compact, id)?;
    Ok(address(
        &signature.recover_ecdsa(Message::from_digest(digest))?,
    ))
}

/// The address of a public key, in lower case.
fn address(key: &secp256k1::PublicKey) -> String {
    let hash = keccak(&key.serialize_uncompressed()[1..]);
    format!("0x{}", hex::encode(&hash[12..]))
}

fn keccak(bytes: &[u8]) -> [u8; 32] {
    Keccak256::digest(bytes).into()
}

/// RLP of a string.
fn string(bytes: &[u8]) -> Vec<u8> {
    match bytes {
        [byte] if *byte < 0x80 => vec![*byte],
        _ => framed(0x80, bytes),
    }
}

/// RLP of a list of encoded members.
fn list(members: &[u8]) -> Vec<u8> {
    framed(0xc0, members)
}

fn framed(offset: u8, content: &[u8]) -> Vec<u8> {
    // Everything here is shorter than 256 bytes.
    let length = content.len() as u8;
    let head = if length < 56 {
        vec![offset + length]
    } else {
        vec![offset + 56, length]
    };
    [head, content.to_vec()].concat()
}

/// Content of the first item, and what comes after it.
fn read(bytes: &[u8]) -> anyhow::Result<(&[u8], &[u8])> {
    let (head, rest) = bytes.split_first().context("an item")?;
    let (length, rest) = match head {
        0x00..0x80 => return Ok(bytes.split_at(1)),
        0x80..0xb8 => (usize::from(head - 0x80), rest),
        0xc0..0xf8 => (usize::from(head - 0xc0), rest),
        0xb8 | 0xf8 => {
            let (length, rest) = rest.split_first().context("a length")?;
            (usize::from(*length), rest)
        }
        _ => anyhow::bail!("an item longer than any here"),
    };
    rest.split_at_checked(length).context("a whole item")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The private key of EIP-155's example, and its address.
    #[test]
    fn recovers_who_signed_and_refuses_another_transaction() {
        let transfer = Transfer::new([0x35; 20], 1);
        let key = secp256k1::SecretKey::from_secret_bytes([0x46; 32]).unwrap();
        let message = Message::from_digest(keccak(&transfer.payload()));
        let (id, compact) =
            RecoverableSignature::sign_ecdsa_recoverable(message, &key).serialize_compact();
        let tail = [
            // Zero is the empty string.
            if id.to_u8() == 0 {
                string(&[])
            } else {
                string(&[id.to_u8()])
            },
            string(&compact[..32]),
            string(&compact[32..]),
        ];
        let signed = |transfer: &Transfer| {
            let members = [&*transfer.members, &tail.concat()].concat();
            hex::encode([&[TYPE], &*list(&members)].concat())
        };
        assert_eq!(
            transfer.signer(&signed(&transfer)).unwrap(),
            "0x9d8a62f656a8d1615c1294fd71e9cfb3e4855a4f"
        );
        let other = Transfer::new([0x35; 20], 2);
        assert!(transfer.signer(&signed(&other)).is_err());
    }
}

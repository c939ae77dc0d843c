//! A transaction together with the key that is going to sign it.

use wire::keys::Curve;
use wire::solana::{self, Address};

use super::{EthereumTransaction, TransactionError, TronTransaction, UnsignedTransaction};
use crate::payload::ToSign;
use crate::{PublicKey, RecoverableSignature};

/// A transaction that this key can sign, awaiting the signature.
///
/// It is made by [`UnsignedTransaction::for_signer`] alone, and nothing else says what to sign:
/// nobody can be asked to sign a transaction that has no place for their signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AwaitingSignature(Awaiting);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Awaiting {
    Ethereum(EthereumTransaction),
    Solana(solana::Transaction, Address),
    Tron(TronTransaction),
}

impl UnsignedTransaction {
    /// The curve a signer of this family has.
    pub const fn curve(&self) -> Curve {
        match self {
            Self::Ethereum(_) | Self::Tron(_) => Curve::Secp256k1,
            Self::Solana(_) => Curve::Ed25519,
        }
    }

    /// Makes sure that this key can sign: its curve is the family's, and a Solana transaction
    /// names it among the required signers.
    pub fn for_signer(self, signer: &PublicKey) -> Result<AwaitingSignature, TransactionError> {
        let needs = self.curve();
        match (self, *signer) {
            (Self::Ethereum(transaction), PublicKey::Secp256k1(_)) => {
                Ok(AwaitingSignature(Awaiting::Ethereum(transaction)))
            }
            (Self::Tron(transaction), PublicKey::Secp256k1(_)) => {
                Ok(AwaitingSignature(Awaiting::Tron(transaction)))
            }
            (Self::Solana(transaction), PublicKey::Ed25519(key)) => {
                let key = Address::from_bytes(key);
                transaction.slot_of(&key)?;
                Ok(AwaitingSignature(Awaiting::Solana(transaction, key)))
            }
            (_, other) => Err(TransactionError::WrongCurve {
                needs,
                found: other.curve(),
            }),
        }
    }
}

impl AwaitingSignature {
    /// What the key is given.
    pub fn to_sign(&self) -> ToSign {
        match &self.0 {
            Awaiting::Ethereum(transaction) => ToSign::Digest(transaction.signing_hash()),
            Awaiting::Tron(transaction) => ToSign::Digest(transaction.signing_hash()),
            Awaiting::Solana(transaction, _) => {
                ToSign::Message(transaction.message_bytes().to_vec())
            }
        }
    }

    /// The signed transaction as hexadecimal digits without `0x`.
    ///
    /// Whether the signature is the key's over [`AwaitingSignature::to_sign`] is the caller's to
    /// know. An ECDSA signature whose recovery id is not 0 or 1 has no spelling on these chains.
    pub fn into_signed(self, signature: &RecoverableSignature) -> Result<String, TransactionError> {
        let RecoverableSignature { r, s, v } = signature;
        match self.0 {
            Awaiting::Ethereum(transaction) => Ok(transaction.into_signed(r, s, parity(*v)?)),
            Awaiting::Tron(transaction) => Ok(transaction.into_signed(r, s, parity(*v)?)),
            Awaiting::Solana(transaction, key) => {
                let signed = transaction.with_signature(&key, &signature.to_bytes())?;
                Ok(hex::encode(signed.to_bytes()))
            }
        }
    }
}

fn parity(recovery_id: u8) -> Result<bool, TransactionError> {
    match recovery_id {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(TransactionError::RecoveryId),
    }
}

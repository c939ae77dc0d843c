//! What can go wrong in the vault, grouped by whose fault it is.

/// Why the vault did not do what it was asked to. No variant carries a secret, or any part of
/// the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    // The caller's request.
    /// The key's curve does not offer this operation, or this address format.
    #[error("the key's curve does not offer this")]
    WrongCurve,
    /// Not a private key of the named curve: wrong length, zero, or not below the group order.
    #[error("not a private key of this curve")]
    InvalidPrivateKey,
    /// Not 12, 15, 18, 21 or 24 words of the English list with a good checksum.
    #[error("not an English BIP-39 mnemonic")]
    InvalidMnemonic,
    /// A passphrase's cost is outside the accepted range.
    #[error("the passphrase cost is outside the accepted range")]
    InvalidCost,
    /// Not a public key of the named curve.
    #[error("not a public key of this curve")]
    InvalidPublicKey,
    /// The signer belongs to another organisation than the key.
    #[error("the key belongs to another organisation")]
    ForeignKey,
    /// The token key was made for another algorithm.
    #[error("the token key is for another algorithm")]
    WrongAlgorithm,
    /// A token was to say more than the ceremony showed: another credential, another kind of
    /// ceremony, or a user verification that did not happen.
    #[error("the ceremony does not bear out the claims")]
    Unproven,
    /// Another key is to pay for the transaction.
    #[error("another key is to pay for the transaction")]
    NotThePayer,
    /// The path leads to a number that is no key. The chance is 2⁻¹²⁷; choose another index.
    #[error("this path leads to no valid key")]
    InvalidChild,

    // What was stored.
    /// The ciphertext is damaged, or belongs to another kind, organisation or owner.
    #[error("sealed value does not belong here or is damaged")]
    Unopenable,
    /// The ciphertext was sealed under a different root key.
    #[error("sealed under another root key")]
    OtherRootKey,
    /// The key file or wrapped root key is not in a format we write.
    #[error("not a root key in a known format")]
    MalformedRootKey,
    /// The passphrase is wrong, or the wrapped root key is damaged.
    #[error("the passphrase does not open this root key")]
    WrongPassphrase,

    // The machine.
    /// The source of randomness failed.
    #[error("no randomness")]
    NoEntropy,
    /// A fresh signature did not verify. Nothing was released; suspect the hardware.
    #[error("a fresh signature did not verify")]
    FaultySignature,
    /// The library refused an operation that cannot fail on valid input.
    #[error("a cryptographic operation failed")]
    Crypto,
}

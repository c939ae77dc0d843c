//! Keys that pay for transactions of passkeys.
//!
//! Such a key signs what `verify` found payable: there is no way to have it sign anything else.

use verify::solana::Payable;
use wire::Sealed;
use wire::environment::Environment;
use wire::keys::Curve;
use wire::solana::{Address, Transaction};

use crate::raw::RawKey;
use crate::seal::{Place, open, seal};
use crate::signing_key::{PublicKey, SigningKey};
use crate::{Entropy, Error, Vault};

/// The row of the key that pays in an environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PayerRow {
    /// Where it pays.
    pub environment: Environment,
    /// Its public half, which is where its money lies.
    pub address: Address,
    /// Its private half, which opens for this environment and this address alone.
    pub sealed: Sealed,
}

impl PayerRow {
    fn place(&self) -> Place<'_> {
        Place::Payer {
            environment: self.environment,
            address: &self.address,
        }
    }
}

impl Vault {
    /// Makes a key that pays in an environment, and seals it for its row.
    ///
    /// # Errors
    ///
    /// [`Error::NoEntropy`].
    pub fn create_payer(
        &self,
        environment: Environment,
        entropy: &mut dyn Entropy,
    ) -> Result<PayerRow, Error> {
        let mut raw = RawKey::generate(Curve::Ed25519, entropy)?;
        let text = raw.to_plaintext();
        let key = SigningKey::new(raw.curve, &mut raw.secret, self.token_keys.arena())?;
        let PublicKey::Ed25519(public) = key.public() else {
            return Err(Error::WrongCurve);
        };
        let address = Address::from_bytes(public);
        let place = Place::Payer {
            environment,
            address: &address,
        };
        Ok(PayerRow {
            environment,
            address,
            sealed: seal(&self.root, place, &text, entropy)?,
        })
    }

    /// Signs as the payer, the last signature that was missing.
    ///
    /// The key is not kept warm: a transaction takes the chain far longer than opening takes us.
    ///
    /// # Errors
    ///
    /// [`Error::NotThePayer`] when another key is to pay, [`Error::Unopenable`] when the key was
    /// sealed for another row.
    pub fn pay(&self, row: &PayerRow, payable: Payable) -> Result<Transaction, Error> {
        if *payable.payer() != row.address {
            return Err(Error::NotThePayer);
        }
        let text = open(&self.root, row.place(), &row.sealed)?;
        let mut raw = RawKey::from_plaintext(Curve::Ed25519, &text)?;
        let key = SigningKey::new(raw.curve, &mut raw.secret, self.token_keys.arena())?;
        let signature = key.sign_message(payable.message())?;
        Ok(payable.into_transaction(&signature))
    }
}

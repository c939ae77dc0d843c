//! Signatures.

use rules::Refusal;
use rules::command::PayloadForm;
use rules::facts::{Found, SignWith};
use rules::outcome::{Done, Signature};
use vault::payload::{self, ToSign};
use vault::transaction::{TransactionError, UnsignedTransaction};
use vault::{KeyRef, PrivateKeyRow, PublicKey, RecoverableSignature, WalletRow};
use wire::keys::{AddressFormat, Curve};
use wire::signing::TransactionType;

use super::{Effect, Execution, Failure};

impl Execution<'_> {
    pub(super) fn sign_payload(&mut self, payload: &str, how: PayloadForm) -> Effect {
        Ok(Done::PayloadSigned(self.signature(payload, how)?))
    }

    pub(super) fn sign_payloads(&mut self, payloads: &[String], how: PayloadForm) -> Effect {
        let signatures = payloads
            .iter()
            .map(|payload| self.signature(payload, how))
            .collect::<Result<_, _>>()?;
        Ok(Done::PayloadsSigned { signatures })
    }

    pub(super) fn sign_transaction(&mut self, text: &str, kind: TransactionType) -> Effect {
        let signer = self.signer()?;
        let refused =
            |error: TransactionError| Failure::Refused(Refusal::invalid(error.to_string()));
        let public_key = PublicKey::from_bytes(signer.curve(), signer.public_key())?;
        let awaiting = UnsignedTransaction::parse(text, kind)
            .and_then(|transaction| transaction.for_signer(&public_key))
            .map_err(refused)?;
        let signature = self.sign(&signer, &awaiting.to_sign())?;
        let transaction = awaiting.into_signed(&signature).map_err(refused)?;
        Ok(Done::TransactionSigned { transaction })
    }

    fn signature(&self, text: &str, how: PayloadForm) -> Result<Signature, Failure> {
        let signer = self.signer()?;
        let prepared = payload::prepare(text, how.encoding, how.hash, signer.curve())
            .map_err(|error| Failure::Refused(Refusal::invalid(error.to_string())))?;
        let signature = self.sign(&signer, &prepared)?;
        Ok(Signature {
            r: wire::encoding::hex::encode(signature.r),
            s: wire::encoding::hex::encode(signature.s),
            v: wire::encoding::hex::encode([signature.v]),
        })
    }

    fn sign(
        &self,
        signer: &Signer<'_>,
        prepared: &ToSign,
    ) -> Result<RecoverableSignature, Failure> {
        let (vault, key) = (&self.engine.vault, signer.key());
        metrics::counter!("zegel_signatures_total", "curve" => signer.curve().as_str())
            .increment(1);
        Ok(match prepared {
            ToSign::Digest(digest) if signer.is_taproot() => {
                vault.sign_taproot(self.evidence, &key, digest)?
            }
            ToSign::Digest(digest) => vault.sign_digest(self.evidence, &key, digest)?,
            ToSign::Message(message) => vault.sign_message(self.evidence, &key, message)?,
        })
    }

    /// The key that was asked for, with its sealed secret.
    fn signer(&self) -> Result<Signer<'_>, Failure> {
        let organisation = self.organisation().id;
        match &self.facts.found {
            Found::Signer(Some(SignWith::Account(account))) => {
                let wallet = self.wallet(account.wallet)?;
                let row = WalletRow {
                    organisation,
                    wallet: wallet.id,
                };
                Ok(Signer::Account {
                    row,
                    wallet,
                    account,
                })
            }
            Found::Signer(Some(SignWith::PrivateKey(key, format))) => {
                let row = PrivateKeyRow {
                    organisation,
                    key: key.id,
                };
                Ok(Signer::PrivateKey {
                    row,
                    key,
                    format: *format,
                })
            }
            _ => Err(Failure::Refused(Refusal::not_found(
                "there is no such key to sign with",
            ))),
        }
    }
}

/// A key to sign with, and what it is known by.
enum Signer<'a> {
    Account {
        row: WalletRow,
        wallet: &'a rules::Wallet,
        account: &'a rules::WalletAccount,
    },
    PrivateKey {
        row: PrivateKeyRow,
        key: &'a rules::PrivateKey,
        format: Option<AddressFormat>,
    },
}

impl Signer<'_> {
    fn key(&self) -> KeyRef<'_> {
        match self {
            Self::Account {
                row,
                wallet,
                account,
            } => KeyRef::Account {
                wallet: *row,
                sealed: &wallet.seed,
                path: &account.path,
                curve: account.curve,
            },
            Self::PrivateKey { row, key, .. } => KeyRef::PrivateKey {
                key: *row,
                sealed: &key.secret,
                curve: key.curve,
            },
        }
    }

    fn curve(&self) -> Curve {
        match self {
            Self::Account { account, .. } => account.curve,
            Self::PrivateKey { key, .. } => key.curve,
        }
    }

    fn public_key(&self) -> &[u8] {
        match self {
            Self::Account { account, .. } => &account.public_key,
            Self::PrivateKey { key, .. } => &key.public_key,
        }
    }

    /// A Taproot address stands for the tweaked key, so that is the one that must sign.
    fn is_taproot(&self) -> bool {
        match self {
            Self::Account { account, .. } => account.address_format.is_taproot(),
            Self::PrivateKey { format, .. } => format.is_some_and(AddressFormat::is_taproot),
        }
    }
}

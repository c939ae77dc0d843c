//! What the server's payer may sign.
//!
//! Who pays for a transaction signs it, and whoever signs a transaction signs for every
//! instruction in it, inner ones included: a program that is given the payer's account may spend
//! what lies there. So the payer's key, which is `vault`'s, signs a [`Payable`] and nothing else,
//! and a [`Payable`] is made here and nowhere else:
//!
//! - of an assertion that the chain will believe, for what its challenge covers; or
//! - of a session key's transaction as it was prepared, signed by everybody but the payer, whose
//!   account no instruction names and whose fee no instruction raises.

use ed25519_dalek::{Signature, VerifyingKey};
use wire::solana::external_signature::{
    ExecuteWithSession, Initialise, Refresh, SessionKey, SessionLifetime,
};
use wire::solana::{
    Address, CompiledInstruction, ComputeBudget, Instruction, Message, MessageError, TooLarge,
    Transaction, TruncatedSlot, Version, program,
};

use super::{ForChain, Nonce, passkey_account};

/// A transaction that the server's payer may sign, as its first signer. Everybody else has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payable {
    payer: Address,
    transaction: Transaction,
}

/// A session key's transaction that costs us nothing: its payer has signed it like the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SelfPaid(Transaction);

/// Why the payer signs nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PayableRejection {
    /// The assertion's challenge does not cover what is to be paid for.
    #[error("the passkey has not signed for this")]
    Challenge,
    /// The instructions make no message.
    #[error(transparent)]
    Message(#[from] MessageError),
    /// The transaction fits into no packet.
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
    /// The message is not the one that was prepared.
    #[error("the transaction is not the one that was prepared")]
    Changed,
    /// Somebody else is to pay.
    #[error("the fee payer is another one")]
    FeePayer,
    /// An instruction names the payer, or a lookup table that may have it.
    #[error("an instruction is given the fee payer's account")]
    PayerNamed,
    /// Something other than one call with a session key, or one that raises the fee.
    #[error("the transaction is not a session key's, or raises its fee")]
    Call,
    /// A signature is missing or false.
    #[error("the signature of {0} is missing or false")]
    Signature(Address),
}

impl Payable {
    /// Creates the passkey's account, with a first session or without, at the cost of
    /// `nonce.signer`. `number` is what names the slot hash [now](super::locate).
    ///
    /// # Errors
    ///
    /// [`PayableRejection::Challenge`] if the passkey signed for anything else than this.
    pub fn initialise(
        proof: &ForChain,
        number: TruncatedSlot,
        nonce: &Nonce,
        session: Option<SessionKey>,
        blockhash: [u8; 32],
    ) -> Result<Self, PayableRejection> {
        covers(proof, nonce.initialise(session))?;
        let initialise = Initialise {
            account: passkey_account(proof.key()).address,
            payer: nonce.signer,
            slot: number,
            rp_id: proof.rebuilt().rp_id.clone(),
            public_key: *proof.key(),
            shape: proof.rebuilt().shape,
            session,
        };
        Self::proven(proof, nonce.signer, initialise.instruction(), blockhash)
    }

    /// Gives the passkey's account a new session, at the cost of `nonce.signer`.
    ///
    /// # Errors
    ///
    /// [`PayableRejection::Challenge`] if the passkey signed for anything else than this.
    pub fn refresh(
        proof: &ForChain,
        number: TruncatedSlot,
        nonce: &Nonce,
        session: SessionLifetime,
        blockhash: [u8; 32],
    ) -> Result<Self, PayableRejection> {
        covers(proof, nonce.refresh(session))?;
        let refresh = Refresh {
            account: passkey_account(proof.key()).address,
            nonce_signer: nonce.signer,
            slot: number,
            public_key: *proof.key(),
            shape: proof.rebuilt().shape,
            session,
        };
        Self::proven(proof, nonce.signer, refresh.instruction(), blockhash)
    }

    /// A session key's transaction that came back signed. `prepared` is the message as we made it.
    ///
    /// That `payer` loses nothing but the fee is looked at here once more, whoever prepared it.
    ///
    /// # Errors
    ///
    /// [`PayableRejection`].
    pub fn session(
        prepared: &[u8],
        submitted: Transaction,
        payer: Address,
    ) -> Result<Self, PayableRejection> {
        let message = unchanged(prepared, &submitted)?;
        // In range: a message without a fee payer is none.
        if message.signers()[0] != payer {
            return Err(PayableRejection::FeePayer);
        }
        costs_the_fee_only(message, &payer)?;
        submitted.to_packet()?;
        signed_by_all(&submitted, Some(&payer))?;
        Ok(Self {
            payer,
            transaction: submitted,
        })
    }

    /// Who is to sign, and pays.
    pub fn payer(&self) -> &Address {
        &self.payer
    }

    /// What the payer is to sign.
    pub fn message(&self) -> &[u8] {
        self.transaction.message_bytes()
    }

    /// The transaction with the payer's signature in its place.
    pub fn into_transaction(self, payer_signature: &[u8; 64]) -> Transaction {
        self.transaction
            .with_signature(&self.payer, payer_signature)
            .expect("the payer is the first signer, in each of the three ways here")
    }

    /// The chain wants the assertion before the instruction that rests on it, and first of all.
    fn proven(
        proof: &ForChain,
        payer: Address,
        instruction: Instruction,
        blockhash: [u8; 32],
    ) -> Result<Self, PayableRejection> {
        let assertion = proof.signed().instruction();
        let assertion = assertion.expect("what is signed was measured when it was verified");
        let instructions = [assertion, instruction];
        let message = Message::compile(Version::V0, payer, &instructions, blockhash)?;
        let transaction = Transaction::unsigned(message);
        transaction.to_packet()?;
        Ok(Self { payer, transaction })
    }
}

impl SelfPaid {
    /// A session key's transaction that came back signed by everybody, its payer among them.
    ///
    /// # Errors
    ///
    /// [`PayableRejection::Changed`], [`PayableRejection::TooLarge`] and
    /// [`PayableRejection::Signature`].
    pub fn read(prepared: &[u8], submitted: Transaction) -> Result<Self, PayableRejection> {
        unchanged(prepared, &submitted)?;
        submitted.to_packet()?;
        signed_by_all(&submitted, None)?;
        Ok(Self(submitted))
    }

    /// The transaction, ready to be sent.
    pub fn into_transaction(self) -> Transaction {
        self.0
    }
}

impl PayableRejection {
    /// The stable name of this rejection.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Challenge => "not_signed_for",
            Self::Message(_) => "message",
            Self::TooLarge(_) => "too_large",
            Self::Changed => "changed",
            Self::FeePayer => "fee_payer",
            Self::PayerNamed => "payer_named",
            Self::Call => "call",
            Self::Signature(_) => "signature",
        }
    }
}

fn covers(proof: &ForChain, challenge: [u8; 32]) -> Result<(), PayableRejection> {
    if *proof.challenge() == challenge {
        Ok(())
    } else {
        Err(PayableRejection::Challenge)
    }
}

fn unchanged<'a>(
    prepared: &[u8],
    submitted: &'a Transaction,
) -> Result<&'a Message, PayableRejection> {
    if submitted.message_bytes() == prepared {
        Ok(submitted.message())
    } else {
        Err(PayableRejection::Changed)
    }
}

/// Nobody is given the payer's account, so nobody can spend from it; and the fee is that of the
/// signatures alone.
fn costs_the_fee_only(message: &Message, payer: &Address) -> Result<(), PayableRejection> {
    let is_payer = |index: &u8| message.account_keys().get(usize::from(*index)) == Some(payer);
    let mut given = message.instructions().iter().flat_map(|it| &it.accounts);
    if given.any(is_payer) || !message.address_table_lookups().is_empty() {
        return Err(PayableRejection::PayerNamed);
    }
    let (budget, calls): (Vec<_>, Vec<_>) = message
        .instructions()
        .iter()
        .partition(|it| message.program(it) == Some(&program::COMPUTE_BUDGET));
    let raises_fee = |it: &CompiledInstruction| {
        !matches!(
            ComputeBudget::parse(&it.data),
            Some(ComputeBudget::UnitLimit(_) | ComputeBudget::UnitPrice(0))
        )
    };
    match calls[..] {
        [call] if is_session_call(message, call) && !budget.into_iter().any(raises_fee) => Ok(()),
        _ => Err(PayableRejection::Call),
    }
}

/// Whether the program is called with a session key, which signs: second among the accounts.
fn is_session_call(message: &Message, call: &CompiledInstruction) -> bool {
    message.program(call) == Some(&program::EXTERNAL_SIGNATURE)
        && call.data.first() == Some(&ExecuteWithSession::DISCRIMINATOR)
        && call
            .accounts
            .get(1)
            .is_some_and(|it| message.is_signer(*it))
}

/// Checks every signature but that of one who is still to sign, as strictly as the chain does.
fn signed_by_all(
    transaction: &Transaction,
    still_to_sign: Option<&Address>,
) -> Result<(), PayableRejection> {
    let signers = transaction.message().signers();
    for (signer, signature) in signers.iter().zip(transaction.signatures()) {
        if Some(signer) == still_to_sign {
            continue;
        }
        VerifyingKey::from_bytes(signer.as_bytes())
            .and_then(|key| {
                let signature = Signature::from_bytes(signature);
                key.verify_strict(transaction.message_bytes(), &signature)
            })
            .map_err(|_| PayableRejection::Signature(*signer))?;
    }
    Ok(())
}

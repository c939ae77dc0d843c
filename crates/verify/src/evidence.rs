//! Offline verification of confirmed transactions.
//!
//! A [`ReceiptDocument`] holds what a third party needs to see, years later and without the
//! server, that a passkey confirmed a transaction: the log's word that this record was made then,
//! and the signed bytes themselves. [`verify`] takes its text and the log's public key, and
//! nothing else.
//!
//! What holding a [`VerifiedConfirmation`] means: the log's key signed for the record, and the
//! credential's key for exactly this transaction, with the user present and verified, on an origin
//! and for an RP ID that the record names. What it cannot mean: that the credential was that
//! user's. For this the record is the server's word, made before anyone could know of the dispute.

use serde::de::DeserializeOwned;
use serde_json::Value;
use wire::encoding::base64url;
use wire::id::{EventId, TenantId};
use wire::json;
use wire::log::VerifierKey;
use wire::log::leaf::Subject;
use wire::tenants::record::{
    Confirmation, ConfirmedTransaction, ConfirmingCredential, EventRecord, RECEIPT_VERSION,
    RECORD_VERSION, ReceiptDocument, SUCCEEDED, TRANSACTION_CONFIRMED, TRANSACTION_FINAL,
};
use wire::tenants::{ConfirmationMethod, Payment, go_json};
use wire::webauthn::{AssertionResponse, ClientData, ClientExtensionOutputs, CoseAlgorithm};

use crate::receipt::{self, ReceiptRejection, VerifiedReceipt};
use crate::transaction::{TransactionContent, compat_digest, digest_v2};
use crate::webauthn::{
    self, AssertionExpect, CounterPolicy, CredentialRecord, CrossOrigin, ExpectedUser, ParsedKey,
    PaymentExpect, RelyingParty, TopOrigins, VerifiedAssertion,
};

/// Why a receipt document does not prove a confirmation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EvidenceRejection {
    /// The text is not a receipt document of a known version, in strict JSON.
    #[error("not a receipt document of version {RECEIPT_VERSION}")]
    Document,
    /// The log did not sign for this leaf.
    #[error(transparent)]
    Receipt(#[from] ReceiptRejection),
    /// The leaf is of something else than a confirmation that went well.
    #[error("the receipt is not of a confirmed transaction")]
    NotAConfirmation,
    /// The leaf commits to another record, or with another salt.
    #[error("the log's commitment is to another record")]
    Commitment,
    /// The record is not that of a confirmation, in strict JSON.
    #[error("the record is not that of a confirmed transaction")]
    Record,
    /// The record is of another tenant or another type than the leaf.
    #[error("the record is of another event than the log's leaf")]
    AnotherEvent,
    /// The payment is not in its canonical form.
    #[error("the payment is not in canonical form")]
    Payment,
    /// The digest is not that of the transaction.
    #[error("the digest is not that of the transaction")]
    Digest,
    /// The challenge that was signed does not end with the digest.
    #[error("the signed challenge is not for this transaction")]
    Challenge,
    /// The method and what was expected do not fit together.
    #[error("the record has other terms than its method needs")]
    Method,
    /// The log's leaf is from when the transaction had expired.
    #[error("the transaction had expired when it was confirmed")]
    Late,
    /// The passkey's answer does not hold.
    #[error(transparent)]
    Assertion(#[from] webauthn::Rejection),
    /// The record says something about the credential that the signed bytes do not.
    #[error("the record and the signed bytes differ about the credential")]
    Credential,
}

impl EvidenceRejection {
    /// The stable name of this failure.
    pub fn code(self) -> &'static str {
        match self {
            Self::Document => "document_malformed",
            Self::Receipt(_) => "receipt_rejected",
            Self::NotAConfirmation => "not_a_confirmation",
            Self::Commitment => "commitment_mismatch",
            Self::Record => "record_malformed",
            Self::AnotherEvent => "record_of_another_event",
            Self::Payment => "payment_not_canonical",
            Self::Digest => "digest_mismatch",
            Self::Challenge => "challenge_not_for_transaction",
            Self::Method => "terms_do_not_fit_method",
            Self::Late => "confirmed_after_expiry",
            Self::Assertion(rejection) => rejection.code(),
            Self::Credential => "credential_mismatch",
        }
    }
}

/// A transaction that a passkey provably confirmed.
#[derive(Clone, Debug)]
pub struct VerifiedConfirmation {
    receipt: VerifiedReceipt,
    event: EventId,
    confirmation: Confirmation,
    payment: Option<Payment>,
    assertion: VerifiedAssertion,
}

impl VerifiedConfirmation {
    /// What the log says: the leaf with its time, its place and the checkpoint.
    pub fn receipt(&self) -> &VerifiedReceipt {
        &self.receipt
    }

    /// The event, which is also the `jti` of the token that was issued.
    pub fn event(&self) -> EventId {
        self.event
    }

    /// The tenant.
    pub fn tenant(&self) -> TenantId {
        self.confirmation.transaction.tenant_id
    }

    /// What was confirmed, as it was hashed.
    pub fn transaction(&self) -> &ConfirmedTransaction {
        &self.confirmation.transaction
    }

    /// The payment; `None` for compatible transactions, whose data is any JSON and stands in
    /// [`transaction`](Self::transaction).
    pub fn payment(&self) -> Option<&Payment> {
        self.payment.as_ref()
    }

    /// By which credential.
    pub fn credential(&self) -> &ConfirmingCredential {
        &self.confirmation.credential
    }

    /// What the passkey signed: flags, counter, origin, and the browser's own key if it has one.
    pub fn assertion(&self) -> &VerifiedAssertion {
        &self.assertion
    }
}

/// Verifies a receipt document against the log's public key.
///
/// # Errors
///
/// The [`EvidenceRejection`] of the first step that failed.
pub fn verify(
    document: &str,
    log: &VerifierKey,
) -> Result<VerifiedConfirmation, EvidenceRejection> {
    use EvidenceRejection as E;

    // 1. The log's key signed for a leaf, and the leaf is of a confirmation.
    let document: ReceiptDocument = strict(document).ok_or(E::Document)?;
    if document.version != RECEIPT_VERSION {
        return Err(E::Document);
    }
    let receipt = receipt::verify(&document.receipt, log)?;
    let leaf = receipt.leaf();
    let Subject::Event { tenant, event } = leaf.subject else {
        return Err(E::NotAConfirmation);
    };
    if leaf.record_type.as_str() != TRANSACTION_FINAL || leaf.status.as_str() != SUCCEEDED {
        return Err(E::NotAConfirmation);
    }
    // 2. The leaf commits to this record, and the record is of the same event.
    if receipt::commitment(&document.salt, document.record.as_bytes()) != leaf.commitment {
        return Err(E::Commitment);
    }
    let record: EventRecord<Confirmation> = strict(&document.record).ok_or(E::Record)?;
    if record.v != RECORD_VERSION {
        return Err(E::Record);
    }
    let confirmation = record.detail;
    let is_same = record.r#type == TRANSACTION_CONFIRMED
        && record.error.is_none()
        && confirmation.transaction.tenant_id == tenant;
    if !is_same {
        return Err(E::AnotherEvent);
    }
    // 3. The digest is the transaction's, and what was signed is for the digest.
    let payment = check_digest(&confirmation.transaction)?;
    let challenge = read_challenge(&confirmation)?;
    // The digest covers until when it was good: what was signed for then is not good later.
    if leaf.time >= confirmation.transaction.expires_ms {
        return Err(E::Late);
    }
    // 4. The passkey signed it, and the browser too where the method is its own.
    let assertion = check_assertion(&confirmation, payment.as_ref(), &challenge)?;
    Ok(VerifiedConfirmation {
        receipt,
        event,
        confirmation,
        payment,
        assertion,
    })
}

/// Reads a type from one strict JSON document, without unknown or repeated members.
fn strict<T: DeserializeOwned>(text: &str) -> Option<T> {
    let value: Value = json::parse(text.as_bytes()).ok()?;
    serde_json::from_value(value).ok()
}

/// Makes the digest again from its parts; answers the payment, if it is typed.
fn check_digest(transaction: &ConfirmedTransaction) -> Result<Option<Payment>, EvidenceRejection> {
    use EvidenceRejection as E;

    let text = &transaction.payment;
    let (digest, payment) = match transaction.version {
        1 => {
            let data = json::parse(text.as_bytes()).map_err(|_| E::Payment)?;
            if go_json::canonical(&data) != *text {
                return Err(E::Payment);
            }
            (compat_digest(&transaction.transaction_id, &data), None)
        }
        2 => {
            let payment: Payment = text.parse().map_err(|_| E::Payment)?;
            let digest = digest_v2(&TransactionContent {
                tenant: transaction.tenant_id,
                user_id: &transaction.user_id,
                transaction_id: &transaction.transaction_id,
                payment: &payment,
                rp_id: &transaction.rp_id,
                method: transaction.method,
                expires_at: transaction.expires_ms,
            });
            (digest, Some(payment))
        }
        _ => return Err(E::Record),
    };
    if digest == transaction.digest {
        Ok(payment)
    } else {
        Err(E::Digest)
    }
}

/// The challenge that was signed: 32 bytes nobody could foresee, and the digest.
fn read_challenge(confirmation: &Confirmation) -> Result<[u8; 64], EvidenceRejection> {
    let client = ClientData::parse(&confirmation.assertion.client_data_json)
        .map_err(webauthn::Rejection::from)?;
    base64url::decode(&client.challenge)
        .ok()
        .and_then(|challenge| <[u8; 64]>::try_from(challenge).ok())
        .filter(|challenge| challenge[32..] == confirmation.transaction.digest)
        .ok_or(EvidenceRejection::Challenge)
}

/// Judges the passkey's answer as the server did, with what the record says it expected.
fn check_assertion(
    confirmation: &Confirmation,
    payment: Option<&Payment>,
    challenge: &[u8],
) -> Result<VerifiedAssertion, EvidenceRejection> {
    let Confirmation {
        transaction,
        credential,
        assertion,
        expected,
    } = confirmation;
    let response = AssertionResponse {
        credential_id: credential.id.clone(),
        client_data_json: assertion.client_data_json.clone(),
        authenticator_data: assertion.authenticator_data.clone(),
        signature: assertion.signature.clone(),
        extensions: ClientExtensionOutputs {
            browser_bound_signature: assertion.browser_bound_signature.clone(),
            ..ClientExtensionOutputs::default()
        },
        ..AssertionResponse::default()
    };
    let key = ParsedKey::from_cose(&credential.public_key)?;
    let record = CredentialRecord {
        id: &credential.id,
        key: &key,
        user_handle: transaction.user_id.as_bytes(),
        rp_id_hash: None,
        sign_count: 0,
        backup_eligible: Some(credential.backup_eligible),
        enabled: true,
    };
    let origins: Vec<&str> = expected.origins.iter().map(String::as_str).collect();
    let mut rp = RelyingParty::new(&transaction.rp_id, &origins);
    // Whether the counter had increased, the server knew; the record has only where it stood.
    rp.counter = CounterPolicy::Report;
    // Nor does it have what the server offered; SHA-1 proves nothing to anybody.
    let all = CoseAlgorithm::ALL.iter().copied();
    rp.algorithms = all.filter(|known| *known != CoseAlgorithm::Rs1).collect();
    if let Some(top_origins) = &expected.top_origins {
        rp.cross_origin = CrossOrigin::Allow(TopOrigins::Listed(top_origins.clone()));
    }
    let owner = ExpectedUser::Owner;
    let verified = match (transaction.method, payment, &expected.spc) {
        (ConfirmationMethod::Webauthn, _, None) if assertion.browser_bound_signature.is_none() => {
            let expect = AssertionExpect::new(challenge, owner);
            webauthn::assertion::finish(&rp, &expect, &response, Some(&record))?
        }
        (ConfirmationMethod::SecurePaymentConfirmation, Some(payment), Some(terms)) => {
            let expect = PaymentExpect::new(challenge, owner, payment, terms);
            webauthn::payment::finish(&rp, &expect, &response, Some(&record))?
        }
        _ => return Err(EvidenceRejection::Method),
    };
    let is_as_signed = verified.backed_up() == credential.backup_state
        && verified.sign_count() == credential.sign_count;
    if is_as_signed {
        Ok(verified)
    } else {
        Err(EvidenceRejection::Credential)
    }
}

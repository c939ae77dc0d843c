//! Judging the answer to a transaction, and keeping what a third party needs to judge it again.

use rules::tenant::config::Preference;
use rules::tenant::{Content, Passkey, Tenant, Transaction};
use verify::webauthn::payment::PaymentExpect;
use verify::webauthn::{
    AssertionExpect, CredentialRecord, CrossOrigin, ExpectedUser, Rejection, RelyingParty,
    TopOrigins, VerifiedAssertion, assertion, payment,
};
use wire::encoding::hex;
use wire::tenants::record::{
    AssertionEvidence, Confirmation, ConfirmedTransaction, ConfirmingCredential, ExpectedEvidence,
    SpcTerms,
};
use wire::tenants::{ConfirmationMethod, Payment};
use wire::webauthn::AssertionResponse;

use crate::error::Error;

/// How a transaction is to be confirmed, ready to be judged by.
pub(super) enum Way<'a> {
    /// By an assertion.
    Assertion,
    /// By Secure Payment Confirmation of this payment.
    Payment(Box<Payment>, &'a SpcTerms),
}

impl<'a> Way<'a> {
    pub(super) fn of(transaction: &'a Transaction) -> Result<Self, Error> {
        match (&transaction.terms.content, transaction.spc()) {
            (Content::Payment { payment, .. }, Some(terms)) => {
                Ok(Self::Payment(Box::new(parse_payment(payment)?), terms))
            }
            _ => Ok(Self::Assertion),
        }
    }

    /// Judges an answer to `challenge` this way and no other: an assertion never passes for Secure
    /// Payment Confirmation, nor the other way round.
    pub(super) fn judge(
        &self,
        rp: &RelyingParty,
        user: ExpectedUser<'_>,
        challenge: &[u8],
        response: &AssertionResponse,
        record: &CredentialRecord<'_>,
    ) -> Result<VerifiedAssertion, Rejection> {
        match self {
            Self::Assertion => {
                let expect = AssertionExpect::new(challenge, user);
                assertion::finish(rp, &expect, response, Some(record))
            }
            Self::Payment(shown, terms) => {
                let expect = PaymentExpect::new(challenge, user, shown, terms);
                payment::finish(rp, &expect, response, Some(record))
            }
        }
    }
}

/// A payment from its canonical text.
pub(super) fn parse_payment(canonical: &str) -> Result<Payment, Error> {
    let unreadable = |error: String| Error::Unreadable(format!("a stored payment: {error}"));
    let value = serde_json::from_str(canonical).map_err(|e| unreadable(e.to_string()))?;
    Payment::from_value(&value).map_err(|e| unreadable(e.to_string()))
}

/// What the log remembers of a confirmation.
pub(super) fn evidence(
    tenant: &Tenant,
    transaction: &Transaction,
    passkey: &Passkey,
    verified: &VerifiedAssertion,
    response: &AssertionResponse,
) -> Result<Confirmation, Error> {
    let terms = &transaction.terms;
    let (payment, method, version) = match &terms.content {
        Content::Payment { payment, method } => (payment, method.kind(), 2),
        Content::Compatible { data } => (data, ConfirmationMethod::Webauthn, 1),
    };
    let digest = hex::decode_array(&terms.digest)
        .map_err(|_| Error::Unreadable(format!("digest of transaction {}", transaction.id)))?;
    let config = &tenant.config;
    let rp = config.relying_party(Preference::Required);
    let top_origins = match rp.cross_origin {
        CrossOrigin::Allow(TopOrigins::Listed(origins)) => Some(origins),
        CrossOrigin::Allow(TopOrigins::Any) | CrossOrigin::Deny => None,
    };
    Ok(Confirmation {
        transaction: ConfirmedTransaction {
            tenant_id: tenant.id,
            user_id: terms.user_id.clone(),
            transaction_id: transaction.identifier.clone(),
            payment: payment.clone(),
            rp_id: terms.rp_id.clone(),
            method,
            expires_ms: transaction.expires_at,
            digest,
            version,
        },
        credential: ConfirmingCredential {
            id: passkey.credential_id.clone(),
            public_key: passkey.public_key.clone(),
            aaguid: wire::id::TenantId::from_bytes(passkey.aaguid).to_string(),
            backup_eligible: passkey.backup_eligible,
            backup_state: verified.backed_up(),
            sign_count: verified.sign_count(),
        },
        assertion: AssertionEvidence {
            client_data_json: response.client_data_json.clone(),
            authenticator_data: response.authenticator_data.clone(),
            signature: response.signature.clone(),
            browser_bound_signature: response.extensions.browser_bound_signature.clone(),
        },
        expected: ExpectedEvidence {
            origins: config.origins(),
            top_origins,
            spc: transaction.spc().cloned(),
        },
    })
}

//! Verifying a Secure Payment Confirmation (W3C SPC, "Verifying an Authentication Assertion").
//!
//! The browser shows amount, payee and instrument in a window of its own and puts them among the
//! signed bytes, so a page that was tampered with cannot show one payment and have another signed.
//! The page that asks may be a merchant's; its origin is expected per payment and need not be one
//! of the relying party's.
//!
//! The client data says `payment.get`, never `webauthn.get`: a payment cannot serve as a login,
//! nor a login as a payment.

use wire::tenants::Payment;
use wire::tenants::record::SpcTerms;
use wire::webauthn::{
    AssertionResponse, AuthenticatorData, ClientData, CurrencyAmount, EntityLogo, Instrument,
    PaymentData, PaymentDataError,
};

use super::assertion::{self, Answer, CredentialRecord, ExpectedUser, VerifiedAssertion};
use super::key::ParsedKey;
use super::rejection::Rejection;
use super::relying_party::{CrossOrigin, RelyingParty, TopOrigins, UserVerification};
use super::{authenticator_data, client_data};

/// What one payment was begun with.
#[derive(Clone, Debug)]
pub struct PaymentExpect<'a> {
    /// The challenge that was issued.
    pub challenge: &'a [u8],
    /// Whose assertion this must be.
    pub user: ExpectedUser<'a>,
    /// The `credentialIds` of the request; empty means any.
    pub allowed: &'a [&'a [u8]],
    /// The origin that makes the call: ours or a merchant's.
    pub caller_origin: &'a str,
    /// The origin of the top-level page.
    pub top_origin: &'a str,
    /// The payee's name that was to be shown, or that none was.
    pub payee_name: Option<&'a str>,
    /// The payee's origin that was to be shown, or that none was.
    pub payee_origin: Option<&'a str>,
    /// The logos that were to be shown, in order. A browser may leave some out.
    pub logos: &'a [EntityLogo],
    /// The amount.
    pub total: CurrencyAmount,
    /// What is paid with.
    pub instrument: &'a Instrument,
}

impl<'a> PaymentExpect<'a> {
    /// The confirmation of `payment` on these `terms`, answering `challenge`: the payee's name is
    /// shown, and no logos are.
    pub fn new(
        challenge: &'a [u8],
        user: ExpectedUser<'a>,
        payment: &'a Payment,
        terms: &'a SpcTerms,
    ) -> Self {
        Self {
            challenge,
            user,
            allowed: &[],
            caller_origin: &terms.caller_origin,
            top_origin: &terms.top_origin,
            payee_name: Some(payment.payee().name()),
            payee_origin: terms.payee_origin.as_deref(),
            logos: &[],
            total: CurrencyAmount {
                currency: payment.currency().code().to_owned(),
                value: payment.amount().to_owned(),
            },
            instrument: &terms.instrument,
        }
    }
}

/// Why the payment that was signed is not the one that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PaymentRejection {
    /// The client data's `payment` member is malformed.
    #[error(transparent)]
    Data(#[from] PaymentDataError),
    /// The payment is for another RP ID, or names two.
    #[error("the payment is for another RP ID")]
    RpId,
    /// The payment was asked for below another top-level page.
    #[error("the payment was asked for below another top-level page")]
    TopOrigin,
    /// Another payee was shown, or one where none was to be.
    #[error("another payee's name was shown")]
    PayeeName,
    /// Another payee's origin was shown, or one where none was to be.
    #[error("another payee's origin was shown")]
    PayeeOrigin,
    /// A logo was shown that was not asked for, or in another order.
    #[error("other logos were shown")]
    Logos,
    /// Another currency was shown.
    #[error("another currency was shown")]
    Currency,
    /// Another amount was shown.
    #[error("another amount was shown")]
    Value,
    /// Another name of the instrument was shown.
    #[error("another name of the instrument was shown")]
    InstrumentDisplayName,
    /// Another icon of the instrument was shown.
    #[error("another icon of the instrument was shown")]
    InstrumentIcon,
    /// Other details of the instrument were shown.
    #[error("other details of the instrument were shown")]
    InstrumentDetails,
    /// The icon was allowed to be missing, or was not.
    #[error("the icon was to be shown under another rule")]
    IconMustBeShown,
    /// The browser's key is none, or of an algorithm that is not accepted.
    #[error("the browser-bound key is not an acceptable key")]
    BrowserBoundKey,
    /// The browser signed, and its key is not among the signed bytes.
    #[error("a browser-bound signature without a key")]
    BrowserBoundKeyMissing,
    /// The browser's key is there, and its signature is not.
    #[error("a browser-bound key without a signature")]
    BrowserBoundSignatureMissing,
    /// The browser's signature does not verify.
    #[error("the browser-bound signature does not verify")]
    BrowserBoundSignature,
}

impl PaymentRejection {
    /// The stable name of this failure.
    pub fn code(self) -> &'static str {
        match self {
            Self::Data(error) => error.code(),
            Self::RpId => "spc_rp_id_mismatch",
            Self::TopOrigin => "spc_top_origin_mismatch",
            Self::PayeeName => "spc_payee_name_mismatch",
            Self::PayeeOrigin => "spc_payee_origin_mismatch",
            Self::Logos => "spc_logos_mismatch",
            Self::Currency => "spc_currency_mismatch",
            Self::Value => "spc_value_mismatch",
            Self::InstrumentDisplayName => "spc_instrument_display_name_mismatch",
            Self::InstrumentIcon => "spc_instrument_icon_mismatch",
            Self::InstrumentDetails => "spc_instrument_details_mismatch",
            Self::IconMustBeShown => "spc_icon_must_be_shown_mismatch",
            Self::BrowserBoundKey => "browser_bound_key_unacceptable",
            Self::BrowserBoundKeyMissing => "browser_bound_key_missing",
            Self::BrowserBoundSignatureMissing => "browser_bound_signature_missing",
            Self::BrowserBoundSignature => "browser_bound_signature_invalid",
        }
    }
}

/// Judges the answer to a payment request, in the order of the specification. The user must have
/// been verified, whatever the relying party asks of its logins.
///
/// `credential` is what the caller found under the id the response names; `None` if nothing.
/// Whether the challenge was still unspent, and whether the credential was registered for
/// payments, is the caller's to know.
///
/// # Errors
///
/// The [`Rejection`] of the first step that failed.
pub fn finish(
    rp: &RelyingParty,
    expect: &PaymentExpect<'_>,
    response: &AssertionResponse,
    credential: Option<&CredentialRecord<'_>>,
) -> Result<VerifiedAssertion, Rejection> {
    // WebAuthn §7.2 steps 5–7.
    let credential = assertion::check_credential(expect.allowed, response, credential)?;
    assertion::check_user(expect.user, response, credential)?;
    // Steps 8–14, as SPC changes them, and the steps it inserts.
    let client = ClientData::parse(&response.client_data_json)?;
    client_data::check_ceremony(&client, "payment.get", expect.challenge)?;
    if client.origin != expect.caller_origin {
        return Err(Rejection::OriginMismatch);
    }
    // Cross-origin use is what this is for; Chromium says `crossOrigin: false` even then.
    let below = TopOrigins::Listed(vec![expect.top_origin.to_owned()]);
    client_data::check_frame(&client, &CrossOrigin::Allow(below))?;
    let shown = PaymentData::read(client.payment.as_ref()).map_err(PaymentRejection::Data)?;
    check_shown(rp, expect, &shown)?;
    // Steps 15–22.
    let data = AuthenticatorData::parse(&response.authenticator_data)?;
    authenticator_data::check_rp_id_is(&shown.rp_id, data.rp_id_hash, credential.rp_id_hash)?;
    let answer = Answer {
        response,
        credential,
        data: &data,
        origin: client.origin,
    };
    let verified = answer.conclude(rp, UserVerification::Required)?;
    // Only now that the passkey vouches for it may the browser's key be believed.
    check_browser(rp, response, shown.browser_bound_key.as_deref())?;
    Ok(verified.with_browser_bound_key(shown.browser_bound_key))
}

/// Whether what the browser says it showed is what it was asked to show.
fn check_shown(
    rp: &RelyingParty,
    expect: &PaymentExpect<'_>,
    shown: &PaymentData,
) -> Result<(), PaymentRejection> {
    use PaymentRejection as E;

    let is_ours = rp.rp_ids.contains(&shown.rp_id);
    let is_one = shown.rp.as_ref().is_none_or(|rp| *rp == shown.rp_id);
    let asked = expect.instrument;
    let instrument = &shown.instrument;
    for (holds, rejection) in [
        (is_ours && is_one, E::RpId),
        (shown.top_origin == expect.top_origin, E::TopOrigin),
        (
            shown.payee_name.as_deref() == expect.payee_name,
            E::PayeeName,
        ),
        (
            shown.payee_origin.as_deref() == expect.payee_origin,
            E::PayeeOrigin,
        ),
        (is_ordered_subset(&shown.logos, expect.logos), E::Logos),
        // As text: the browser shows and signs what it was given, digit for digit.
        (shown.total.currency == expect.total.currency, E::Currency),
        (shown.total.value == expect.total.value, E::Value),
        (
            instrument.display_name == asked.display_name,
            E::InstrumentDisplayName,
        ),
        (instrument.icon == asked.icon, E::InstrumentIcon),
        (instrument.details == asked.details, E::InstrumentDetails),
        (
            instrument.icon_must_be_shown == asked.icon_must_be_shown,
            E::IconMustBeShown,
        ),
    ] {
        if !holds {
            return Err(rejection);
        }
    }
    Ok(())
}

/// Whether `shown` is `asked` with some left out.
fn is_ordered_subset(shown: &[EntityLogo], asked: &[EntityLogo]) -> bool {
    let mut asked = asked.iter();
    shown.iter().all(|logo| asked.any(|other| other == logo))
}

/// Checks the browser's own signature, over the client data as it stands.
///
/// It comes on top of the passkey's and never instead of it. Key and signature go together: the
/// key is among the bytes the passkey signed, so whoever strips the signature is caught.
fn check_browser(
    rp: &RelyingParty,
    response: &AssertionResponse,
    key: Option<&[u8]>,
) -> Result<(), PaymentRejection> {
    use PaymentRejection as E;

    let (key, signature) = match (key, &response.extensions.browser_bound_signature) {
        (None, None) => return Ok(()),
        (None, Some(_)) => return Err(E::BrowserBoundKeyMissing),
        (Some(_), None) => return Err(E::BrowserBoundSignatureMissing),
        (Some(key), Some(signature)) => (key, signature),
    };
    let key = ParsedKey::from_cose(key).map_err(|_| E::BrowserBoundKey)?;
    if !rp.algorithms.contains(&key.algorithm()) {
        return Err(E::BrowserBoundKey);
    }
    key.verify(&response.client_data_json, signature)
        .map_err(|_| E::BrowserBoundSignature)
}

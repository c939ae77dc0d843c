//! The `payment` member of client data (Secure Payment Confirmation,
//! `CollectedClientAdditionalPaymentData`): what the browser says it showed.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::encoding::base64url;

/// What a browser showed to the user and put among the signed bytes.
///
/// The members that the specification names are read strictly. Others are dropped, as everywhere
/// in client data (§5.8.1): whatever a newer browser shows in addition, a payment is only ever
/// carried out as it was stored, and everything stored is compared.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PaymentData {
    /// The RP ID of the bank whose credential signed.
    pub rp_id: String,
    /// The same under the name that older browsers add.
    pub rp: Option<String>,
    /// The origin of the top-level page.
    pub top_origin: String,
    /// The payee's name, if one was shown.
    pub payee_name: Option<String>,
    /// The payee's origin, if one was shown.
    pub payee_origin: Option<String>,
    /// The logos that were shown, which may be fewer than were asked for.
    pub logos: Vec<EntityLogo>,
    /// The amount.
    pub total: CurrencyAmount,
    /// What is paid with.
    pub instrument: Instrument,
    /// The public key of this browser on this device, as COSE_Key bytes, if it has one.
    pub browser_bound_key: Option<Vec<u8>>,
}

/// `PaymentCurrencyAmount`: both members are compared as text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CurrencyAmount {
    /// The code of the currency.
    pub currency: String,
    /// The amount, in decimal.
    pub value: String,
}

/// `PaymentCredentialInstrument`: what is paid with, as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Instrument {
    /// The name, such as the last digits of a card.
    pub display_name: String,
    /// The URL of the icon. A `data:` URL puts the picture itself among the signed bytes.
    pub icon: String,
    /// More about the instrument.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<String>,
    /// Whether the ceremony fails if the icon cannot be shown. Left out where it is `true`.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub icon_must_be_shown: bool,
}

/// `PaymentEntityLogo`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EntityLogo {
    /// The URL of the picture.
    pub url: String,
    /// What it is called aloud.
    pub label: String,
}

/// Why a `payment` member is not that of a confirmation. Each carries the code, which names the
/// member.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PaymentDataError {
    /// A required member is absent.
    #[error("a member of the payment is missing: {0}")]
    Missing(&'static str),
    /// A member has another type.
    #[error("a member of the payment has the wrong type: {0}")]
    Type(&'static str),
    /// A member is not canonical base64url.
    #[error("a member of the payment is not base64url: {0}")]
    Base64Url(&'static str),
}

impl PaymentDataError {
    /// The stable name of this failure.
    pub fn code(self) -> &'static str {
        match self {
            Self::Missing(code) | Self::Type(code) | Self::Base64Url(code) => code,
        }
    }
}

impl PaymentData {
    /// Reads the member, as [`ClientData::payment`](super::ClientData::payment) has it.
    ///
    /// # Errors
    ///
    /// [`PaymentDataError`], for the first member that is wrong.
    pub fn read(payment: Option<&Value>) -> Result<Self, PaymentDataError> {
        let payment = object(payment, &PAYMENT)?;
        let total = object(payment.get("total"), &TOTAL)?;
        let instrument = object(payment.get("instrument"), &INSTRUMENT)?;
        Ok(Self {
            rp_id: required(payment, &RP_ID)?,
            rp: optional(payment, &RP)?,
            top_origin: required(payment, &TOP_ORIGIN)?,
            payee_name: optional(payment, &PAYEE_NAME)?,
            payee_origin: optional(payment, &PAYEE_ORIGIN)?,
            logos: logos(payment)?,
            total: CurrencyAmount {
                currency: required(total, &CURRENCY)?,
                value: required(total, &VALUE)?,
            },
            instrument: Instrument {
                display_name: required(instrument, &DISPLAY_NAME)?,
                icon: required(instrument, &ICON)?,
                details: optional(instrument, &DETAILS)?,
                icon_must_be_shown: match instrument.get("iconMustBeShown") {
                    None => yes(),
                    Some(Value::Bool(must)) => *must,
                    Some(_) => return Err(PaymentDataError::Type("spc_icon_must_be_shown_type")),
                },
            },
            browser_bound_key: optional(payment, &BROWSER_BOUND_KEY)?
                .map(base64url::decode)
                .transpose()
                .map_err(|_| PaymentDataError::Base64Url("spc_browser_bound_key_base64url"))?,
        })
    }
}

fn logos(payment: &Map<String, Value>) -> Result<Vec<EntityLogo>, PaymentDataError> {
    let wrong = PaymentDataError::Type("spc_logos_type");
    match payment.get("paymentEntitiesLogos") {
        None => Ok(Vec::new()),
        Some(Value::Array(logos)) => logos
            .iter()
            .map(|logo| {
                let logo = logo.as_object().ok_or(wrong)?;
                Ok(EntityLogo {
                    url: required(logo, &LOGO_URL)?,
                    label: required(logo, &LOGO_LABEL)?,
                })
            })
            .collect(),
        Some(_) => Err(wrong),
    }
}

/// A member and the codes for what may be wrong with it.
struct Field {
    name: &'static str,
    missing: &'static str,
    wrong_type: &'static str,
}

fn object<'a>(
    value: Option<&'a Value>,
    field: &Field,
) -> Result<&'a Map<String, Value>, PaymentDataError> {
    match value {
        None => Err(PaymentDataError::Missing(field.missing)),
        Some(Value::Object(members)) => Ok(members),
        Some(_) => Err(PaymentDataError::Type(field.wrong_type)),
    }
}

fn required(members: &Map<String, Value>, field: &Field) -> Result<String, PaymentDataError> {
    optional(members, field)?.ok_or(PaymentDataError::Missing(field.missing))
}

fn optional(
    members: &Map<String, Value>,
    field: &Field,
) -> Result<Option<String>, PaymentDataError> {
    match members.get(field.name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(PaymentDataError::Type(field.wrong_type)),
    }
}

fn yes() -> bool {
    true
}

fn is_yes(value: &bool) -> bool {
    *value
}

macro_rules! fields {
    ($($constant:ident = $name:literal, $code:literal;)*) => {$(
        const $constant: Field = Field {
            name: $name,
            missing: concat!("spc_", $code, "_missing"),
            wrong_type: concat!("spc_", $code, "_type"),
        };
    )*};
}

fields! {
    PAYMENT = "payment", "payment";
    RP_ID = "rpId", "rp_id";
    RP = "rp", "rp";
    TOP_ORIGIN = "topOrigin", "top_origin";
    PAYEE_NAME = "payeeName", "payee_name";
    PAYEE_ORIGIN = "payeeOrigin", "payee_origin";
    LOGO_URL = "url", "logo_url";
    LOGO_LABEL = "label", "logo_label";
    TOTAL = "total", "total";
    CURRENCY = "currency", "currency";
    VALUE = "value", "value";
    INSTRUMENT = "instrument", "instrument";
    DISPLAY_NAME = "displayName", "instrument_display_name";
    ICON = "icon", "instrument_icon";
    DETAILS = "details", "instrument_details";
    BROWSER_BOUND_KEY = "browserBoundPublicKey", "browser_bound_key";
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn payment(edit: impl FnOnce(&mut Value)) -> Result<PaymentData, PaymentDataError> {
        let mut payment = json!({
            "rpId": "bank.example",
            "rp": "bank.example",
            "topOrigin": "https://shop.example",
            "payeeName": "Shop",
            "payeeOrigin": "https://shop.example",
            "paymentEntitiesLogos": [{ "url": "data:a", "label": "A" }],
            "total": { "value": "5.00", "currency": "EUR" },
            "instrument": {
                "icon": "data:i", "displayName": "Card", "details": "1234",
                "iconMustBeShown": false,
            },
            "browserBoundPublicKey": "oA",
            "news": [],
        });
        edit(&mut payment);
        PaymentData::read(Some(&payment))
    }

    #[test]
    fn accepts_every_member_and_their_absence() {
        let full = payment(|_| {}).unwrap();
        assert_eq!(full.browser_bound_key, Some(vec![0xa0]));
        assert_eq!(full.logos.len(), 1);
        assert!(!full.instrument.icon_must_be_shown);

        // What Chromium writes when nothing optional was asked for.
        let least = json!({
            "rpId": "bank.example", "topOrigin": "https://bank.example",
            "paymentEntitiesLogos": [],
            "total": { "value": "5.00", "currency": "EUR" },
            "instrument": { "icon": "data:i", "displayName": "Card" },
        });
        let least = PaymentData::read(Some(&least)).unwrap();
        assert_eq!(least.payee_name, None);
        assert_eq!(least.logos, []);
        assert!(least.instrument.icon_must_be_shown);
        assert_eq!(least.browser_bound_key, None);
    }

    #[test]
    fn refuses_the_absence_of_each_required_member_by_its_own_name() {
        let missing = |pointer: &str, name: &str| {
            let without = |value: &mut Value| {
                let parent = value.pointer_mut(pointer).unwrap();
                parent.as_object_mut().unwrap().remove(name);
            };
            payment(without).unwrap_err().code()
        };
        assert_eq!(
            PaymentData::read(None).unwrap_err().code(),
            "spc_payment_missing"
        );
        for (pointer, name, code) in [
            ("", "rpId", "spc_rp_id_missing"),
            ("", "topOrigin", "spc_top_origin_missing"),
            ("", "total", "spc_total_missing"),
            ("/total", "value", "spc_value_missing"),
            ("/total", "currency", "spc_currency_missing"),
            ("", "instrument", "spc_instrument_missing"),
            ("/instrument", "icon", "spc_instrument_icon_missing"),
            (
                "/instrument",
                "displayName",
                "spc_instrument_display_name_missing",
            ),
            ("/paymentEntitiesLogos/0", "url", "spc_logo_url_missing"),
            ("/paymentEntitiesLogos/0", "label", "spc_logo_label_missing"),
        ] {
            assert_eq!(missing(pointer, name), code);
        }
    }

    #[test]
    fn refuses_another_type_of_each_member_by_its_own_name() {
        let wrong = |pointer: &str| {
            payment(|value| *value.pointer_mut(pointer).unwrap() = Value::Null)
                .unwrap_err()
                .code()
        };
        for (pointer, code) in [
            ("", "spc_payment_type"),
            ("/rpId", "spc_rp_id_type"),
            ("/rp", "spc_rp_type"),
            ("/topOrigin", "spc_top_origin_type"),
            ("/payeeName", "spc_payee_name_type"),
            ("/payeeOrigin", "spc_payee_origin_type"),
            ("/paymentEntitiesLogos", "spc_logos_type"),
            ("/paymentEntitiesLogos/0", "spc_logos_type"),
            ("/paymentEntitiesLogos/0/url", "spc_logo_url_type"),
            ("/paymentEntitiesLogos/0/label", "spc_logo_label_type"),
            ("/total", "spc_total_type"),
            ("/total/value", "spc_value_type"),
            ("/total/currency", "spc_currency_type"),
            ("/instrument", "spc_instrument_type"),
            ("/instrument/icon", "spc_instrument_icon_type"),
            (
                "/instrument/displayName",
                "spc_instrument_display_name_type",
            ),
            ("/instrument/details", "spc_instrument_details_type"),
            ("/instrument/iconMustBeShown", "spc_icon_must_be_shown_type"),
            ("/browserBoundPublicKey", "spc_browser_bound_key_type"),
        ] {
            assert_eq!(wrong(pointer), code, "{pointer}");
        }
        let padded = payment(|value| value["browserBoundPublicKey"] = json!("oA==")).unwrap_err();
        assert_eq!(padded.code(), "spc_browser_bound_key_base64url");
    }
}

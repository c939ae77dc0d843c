use serde_json::{Value, json};
use testkit::authenticator::{AuthData, BE, BS, BrowserKey, ClientData, UP};
use testkit::keys::alg;
use testkit::{Passkey, PaymentAssertion};
use wire::tenants::Payment;
use wire::tenants::record::SpcTerms;
use wire::webauthn::{AssertionResponse, EntityLogo, Instrument};

use super::super::{
    AssertionExpect, CredentialRecord, CrossOrigin, ExpectedUser, ParsedKey, PaymentExpect,
    Rejection, RelyingParty, TopOrigins, UserVerification, VerifiedAssertion, assertion, payment,
};
use super::{CHALLENGE, ORIGIN, RP_ID};

const SHOP: &str = "https://shop.example";
const MALL: &str = "https://mall.example";

/// A payment in order, asked for by a shop in a mall's frame, until a test changes something.
struct Draft {
    rp: RelyingParty,
    /// What the browser shows and signs.
    shown: Value,
    browser: Option<BrowserKey>,
    logos: Vec<EntityLogo>,
    allowed: Vec<&'static [u8]>,
    user: ExpectedUser<'static>,
    icon_must_be_shown: bool,
    details: Option<String>,
    payee_origin: Option<String>,
}

impl Draft {
    fn new() -> Self {
        Self {
            rp: RelyingParty::new(RP_ID, &[ORIGIN]),
            shown: json!({
                "rpId": RP_ID,
                "topOrigin": MALL,
                "payeeName": "Shop",
                "payeeOrigin": SHOP,
                "paymentEntitiesLogos": [
                    { "url": "data:a", "label": "A" },
                    { "url": "data:c", "label": "C" },
                ],
                "total": { "value": "123.45", "currency": "EUR" },
                "instrument": { "icon": "data:i", "displayName": "Card", "details": "1234" },
            }),
            browser: None,
            logos: ["a", "b", "c"].map(logo).to_vec(),
            allowed: vec![],
            user: ExpectedUser::Owner,
            icon_must_be_shown: true,
            details: Some("1234".to_owned()),
            payee_origin: Some(SHOP.to_owned()),
        }
    }

    fn with_browser(algorithm: i64) -> Self {
        Self {
            browser: Some(BrowserKey::new(algorithm, 1)),
            ..Self::new()
        }
    }

    fn finish(self) -> Result<VerifiedAssertion, Rejection> {
        self.finish_with(|_, _| {}, |_| {})
    }

    /// Signs what `edit` made of the parts, changes the answer, and judges it.
    fn finish_with(
        self,
        edit: impl FnOnce(&mut ClientData, &mut AuthData),
        change: impl FnOnce(&mut AssertionResponse),
    ) -> Result<VerifiedAssertion, Rejection> {
        let passkey = passkey();
        let answer = passkey.payment_assertion_with(
            CHALLENGE,
            SHOP,
            &self.shown,
            self.browser.as_ref(),
            edit,
        );
        let mut response = response(&answer);
        change(&mut response);
        let payment = Payment::from_value(&json!({
            "amount": "123.45", "currency": "EUR", "payee": { "name": "Shop" },
        }))
        .unwrap();
        let terms = SpcTerms {
            caller_origin: SHOP.to_owned(),
            top_origin: MALL.to_owned(),
            payee_origin: self.payee_origin,
            instrument: Instrument {
                display_name: "Card".to_owned(),
                icon: "data:i".to_owned(),
                details: self.details,
                icon_must_be_shown: self.icon_must_be_shown,
            },
        };
        let expect = PaymentExpect {
            allowed: &self.allowed,
            logos: &self.logos,
            ..PaymentExpect::new(CHALLENGE, self.user, &payment, &terms)
        };
        with_record(&passkey, |record| {
            payment::finish(&self.rp, &expect, &response, Some(record))
        })
    }
}

fn passkey() -> Passkey {
    // The origin of the passkey's own logins; a payment names its caller instead.
    Passkey::es256(1, RP_ID, ORIGIN)
}

fn with_record<T>(passkey: &Passkey, judge: impl FnOnce(&CredentialRecord<'_>) -> T) -> T {
    let key = ParsedKey::from_cose(&passkey.public_key()).unwrap();
    judge(&CredentialRecord {
        id: passkey.credential_id(),
        key: &key,
        user_handle: b"alice",
        rp_id_hash: Some(&passkey.rp_id_hash()),
        sign_count: 0,
        backup_eligible: Some(false),
        enabled: true,
    })
}

fn response(answer: &PaymentAssertion) -> AssertionResponse {
    AssertionResponse::from_json(answer.to_json(None).to_string().as_bytes()).unwrap()
}

fn logo(name: &str) -> EntityLogo {
    EntityLogo {
        url: format!("data:{name}"),
        label: name.to_uppercase(),
    }
}

#[test]
fn accepts_what_was_asked_for_and_tells_who_signed() {
    let verified = Draft::new().finish().unwrap();
    assert_eq!(verified.origin(), SHOP);
    assert_eq!(verified.credential_id(), passkey().credential_id());
    assert_eq!(verified.user_handle(), b"alice");
    assert!(verified.user_verified());
    assert_eq!(verified.browser_bound_key(), None);
}

/// Every member that is shown, changed before it was signed: the signature is good each time.
#[test]
fn refuses_every_shown_member_that_differs_by_its_own_code() {
    for (pointer, value, code) in [
        ("/rpId", json!("evil.example"), "spc_rp_id_mismatch"),
        ("/rpId", json!("EXAMPLE.org"), "spc_rp_id_mismatch"),
        ("/rp", json!("evil.example"), "spc_rp_id_mismatch"),
        ("/topOrigin", json!(SHOP), "spc_top_origin_mismatch"),
        (
            "/topOrigin",
            json!("https://mall.example/"),
            "spc_top_origin_mismatch",
        ),
        ("/payeeName", json!("Sh\u{43e}p"), "spc_payee_name_mismatch"),
        ("/payeeName", json!(""), "spc_payee_name_mismatch"),
        ("/payeeOrigin", json!(MALL), "spc_payee_origin_mismatch"),
        (
            "/paymentEntitiesLogos/0/url",
            json!("data:x"),
            "spc_logos_mismatch",
        ),
        (
            "/paymentEntitiesLogos/1/label",
            json!("X"),
            "spc_logos_mismatch",
        ),
        ("/total/currency", json!("USD"), "spc_currency_mismatch"),
        ("/total/currency", json!("eur"), "spc_currency_mismatch"),
        ("/total/value", json!("123.46"), "spc_value_mismatch"),
        ("/total/value", json!("123.450"), "spc_value_mismatch"),
        ("/total/value", json!("0123.45"), "spc_value_mismatch"),
        (
            "/instrument/displayName",
            json!("Other"),
            "spc_instrument_display_name_mismatch",
        ),
        (
            "/instrument/icon",
            json!("data:j"),
            "spc_instrument_icon_mismatch",
        ),
        (
            "/instrument/details",
            json!("4321"),
            "spc_instrument_details_mismatch",
        ),
        (
            "/instrument/iconMustBeShown",
            json!(false),
            "spc_icon_must_be_shown_mismatch",
        ),
        ("/payeeName", json!(null), "spc_payee_name_type"),
        ("/total/value", json!(123.45), "spc_value_type"),
    ] {
        let mut draft = Draft::new();
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        draft.shown.pointer_mut(parent).unwrap()[name] = value.clone();
        let rejection = draft.finish().unwrap_err();
        assert_eq!(rejection.code(), code, "{pointer} = {value}");
    }
}

#[test]
fn refuses_the_absence_of_every_shown_member_by_its_own_code() {
    for (parent, name, code) in [
        ("", "rpId", "spc_rp_id_missing"),
        ("", "topOrigin", "spc_top_origin_missing"),
        ("", "payeeName", "spc_payee_name_mismatch"),
        ("", "payeeOrigin", "spc_payee_origin_mismatch"),
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
        ("/instrument", "details", "spc_instrument_details_mismatch"),
    ] {
        let mut draft = Draft::new();
        let parent = draft.shown.pointer_mut(parent).unwrap();
        parent.as_object_mut().unwrap().remove(name);
        assert_eq!(draft.finish().unwrap_err().code(), code, "{name}");
    }
}

#[test]
fn refuses_what_is_shown_though_it_was_not_asked_for() {
    let mut draft = Draft::new();
    draft.payee_origin = None;
    assert_eq!(
        draft.finish().unwrap_err().code(),
        "spc_payee_origin_mismatch"
    );

    let mut draft = Draft::new();
    draft.details = None;
    assert_eq!(
        draft.finish().unwrap_err().code(),
        "spc_instrument_details_mismatch"
    );

    let mut draft = Draft::new();
    draft.icon_must_be_shown = false;
    assert_eq!(
        draft.finish().unwrap_err().code(),
        "spc_icon_must_be_shown_mismatch"
    );
}

#[test]
fn logos_may_be_left_out_but_neither_added_nor_moved() {
    let judge = |shown: &[&str]| {
        let mut draft = Draft::new();
        let logos = shown
            .iter()
            .map(|name| serde_json::to_value(logo(name)).unwrap());
        draft.shown["paymentEntitiesLogos"] = logos.collect();
        draft.finish()
    };
    for shown in [&["a", "b", "c"][..], &["a", "c"], &["b"], &[]] {
        assert!(judge(shown).is_ok(), "{shown:?}");
    }
    for shown in [&["c", "a"][..], &["a", "a"], &["d"], &["a", "b", "c", "c"]] {
        let rejection = judge(shown).unwrap_err();
        assert_eq!(rejection.code(), "spc_logos_mismatch", "{shown:?}");
    }
}

#[test]
fn accepts_the_name_that_older_browsers_add_and_members_of_newer_ones() {
    let mut draft = Draft::new();
    draft.shown["rp"] = json!(RP_ID);
    draft.shown["news"] = json!([1]);
    assert!(draft.finish().is_ok());
}

#[test]
fn refuses_another_ceremony_caller_or_frame() {
    type Edit = fn(&mut ClientData);
    let cases: [(Edit, Rejection); 7] = [
        (
            |client| client.set("type", "webauthn.get"),
            Rejection::TypeMismatch,
        ),
        (
            |client| client.set("type", "webauthn.create"),
            Rejection::TypeMismatch,
        ),
        (
            |client| client.set("challenge", "AAAA"),
            Rejection::ChallengeMismatch,
        ),
        (
            |client| client.set("origin", ORIGIN),
            Rejection::OriginMismatch,
        ),
        (
            |client| client.set("origin", MALL),
            Rejection::OriginMismatch,
        ),
        (
            |client| client.set("topOrigin", MALL),
            Rejection::TopOriginWithoutCrossOrigin,
        ),
        (
            |client| {
                client.set("crossOrigin", true);
                client.set("topOrigin", SHOP);
            },
            Rejection::TopOriginMismatch,
        ),
    ];
    for (edit, rejection) in cases {
        let judged = Draft::new().finish_with(|client, _| edit(client), |_| {});
        assert_eq!(judged.unwrap_err(), rejection);
    }
}

#[test]
fn accepts_a_frame_that_the_browser_tells_of() {
    let framed = |client: &mut ClientData, _: &mut AuthData| {
        client.set("crossOrigin", true);
        client.set("topOrigin", MALL);
    };
    assert!(Draft::new().finish_with(framed, |_| {}).is_ok());
}

#[test]
fn refuses_what_the_authenticator_must_not_say() {
    type Edit = fn(&mut AuthData);
    let cases: [(Edit, Rejection); 5] = [
        (
            |data| data.rp_id_hash = [0; 32],
            Rejection::RpIdHashMismatch,
        ),
        (|data| data.flags &= !UP, Rejection::UserPresenceMissing),
        (|data| data.flags = UP, Rejection::UserVerificationMissing),
        (
            |data| data.flags |= BS,
            Rejection::BackupStateWithoutEligibility,
        ),
        (|data| data.flags |= BE, Rejection::BackupEligibilityChanged),
    ];
    for (edit, rejection) in cases {
        let judged = Draft::new().finish_with(|_, data| edit(data), |_| {});
        assert_eq!(judged.unwrap_err(), rejection);
    }
}

#[test]
fn needs_a_verified_user_whatever_logins_need() {
    let mut draft = Draft::new();
    draft.rp.user_verification = UserVerification::Discouraged;
    let judged = draft.finish_with(|_, data| data.flags = UP, |_| {});
    assert_eq!(judged.unwrap_err(), Rejection::UserVerificationMissing);
}

#[test]
fn the_signed_rp_id_and_the_shown_one_are_the_same() {
    let mut draft = Draft::new();
    draft.rp.rp_ids.push("other.example".to_owned());
    draft.shown["rpId"] = json!("other.example");
    assert_eq!(draft.finish().unwrap_err(), Rejection::RpIdHashMismatch);
}

#[test]
fn refuses_another_credential_or_user() {
    let mut draft = Draft::new();
    draft.allowed = vec![b"another"];
    assert_eq!(draft.finish().unwrap_err(), Rejection::CredentialNotAllowed);

    let mut draft = Draft::new();
    draft.user = ExpectedUser::Identified(b"bob");
    assert_eq!(draft.finish().unwrap_err(), Rejection::CredentialWrongUser);
}

/// Whatever is changed after it was signed: the comparison or the signature finds it.
#[test]
fn refuses_every_changed_byte_of_the_client_data() {
    let length = response(&passkey().payment_assertion(CHALLENGE, SHOP, &Draft::new().shown))
        .client_data_json
        .len();
    for at in 0..length {
        let judged =
            Draft::new().finish_with(|_, _| {}, |response| response.client_data_json[at] ^= 1);
        assert!(judged.is_err(), "byte {at}");
    }
}

#[test]
fn a_browsers_own_key_is_reported_once_both_signatures_hold() {
    for algorithm in [alg::ES256, alg::RS256] {
        let key = BrowserKey::new(algorithm, 1).public_key();
        let verified = Draft::with_browser(algorithm).finish().unwrap();
        assert_eq!(verified.browser_bound_key(), Some(&key[..]));
    }
}

#[test]
fn refuses_a_browsers_signature_that_is_missing_foreign_or_over_something_else() {
    let judge = |change: &dyn Fn(&mut AssertionResponse)| {
        let judged = Draft::with_browser(alg::ES256).finish_with(|_, _| {}, change);
        judged.unwrap_err().code()
    };
    let sign = |seed: u64, message: &[u8]| Some(BrowserKey::new(alg::ES256, seed).sign(message));
    assert_eq!(
        judge(&|answer| answer.extensions.browser_bound_signature = None),
        "browser_bound_signature_missing"
    );
    assert_eq!(
        judge(&|answer| {
            answer.extensions.browser_bound_signature = sign(2, &answer.client_data_json);
        }),
        "browser_bound_signature_invalid"
    );
    assert_eq!(
        judge(&|answer| {
            let hash = testkit::encode::sha256(&[&answer.client_data_json]);
            answer.extensions.browser_bound_signature = sign(1, &hash);
        }),
        "browser_bound_signature_invalid"
    );
    assert_eq!(
        judge(&|answer| answer.extensions.browser_bound_signature = Some(vec![0x30, 0])),
        "browser_bound_signature_invalid"
    );
}

#[test]
fn refuses_a_browsers_key_that_is_none_or_not_accepted() {
    let with_key = |key: &str| {
        let mut draft = Draft::new();
        draft.shown["browserBoundPublicKey"] = json!(key);
        let signed = |answer: &mut AssertionResponse| {
            answer.extensions.browser_bound_signature = Some(vec![1]);
        };
        draft.finish_with(|_, _| {}, signed).unwrap_err().code()
    };
    assert_eq!(with_key("oA"), "browser_bound_key_unacceptable");
    assert_eq!(with_key("oA=="), "spc_browser_bound_key_base64url");
    assert_eq!(
        Draft::with_browser(alg::ES384).finish().unwrap_err().code(),
        "browser_bound_key_unacceptable"
    );
    let added = |answer: &mut AssertionResponse| {
        answer.extensions.browser_bound_signature = Some(vec![1]);
    };
    let judged = Draft::new().finish_with(|_, _| {}, added);
    assert_eq!(judged.unwrap_err().code(), "browser_bound_key_missing");
}

/// The browser's signature never stands in for the passkey's.
#[test]
fn judges_the_passkeys_signature_before_the_browsers() {
    let spoilt = |answer: &mut AssertionResponse| {
        answer.signature = BrowserKey::new(alg::ES256, 1).sign(&answer.client_data_json);
        answer.extensions.browser_bound_signature = None;
    };
    let judged = Draft::with_browser(alg::ES256).finish_with(|_, _| {}, spoilt);
    assert_eq!(judged.unwrap_err(), Rejection::SignatureInvalid);
}

/// The login attack: a merchant has a user confirm a payment and presents it as a login.
#[test]
fn no_payment_is_a_login_and_no_login_is_a_payment() {
    let passkey = passkey();
    let mut rp = RelyingParty::new(RP_ID, &[ORIGIN, SHOP]);
    rp.cross_origin = CrossOrigin::Allow(TopOrigins::Any);
    let payment = passkey.payment_assertion(CHALLENGE, ORIGIN, &Draft::new().shown);
    let expect = AssertionExpect::new(CHALLENGE, ExpectedUser::Owner);
    let judged = with_record(&passkey, |record| {
        assertion::finish(&rp, &expect, &response(&payment), Some(record))
    });
    assert_eq!(judged.unwrap_err(), Rejection::TypeMismatch);

    // A login that even carries the payment, on the very page that is expected.
    let as_login = |client: &mut ClientData, _: &mut AuthData| client.set("type", "webauthn.get");
    let judged = Draft::new().finish_with(as_login, |_| {});
    assert_eq!(judged.unwrap_err(), Rejection::TypeMismatch);
}

//! From a stored session to what its page shows.

use rules::tenant::address::whole;
use rules::tenant::signing::{Document, SmartAccount};
use rules::tenant::{
    Ceremony, PasskeyChange, SessionAction, SessionScope, SessionTerms, SigningTerms, Tenant,
};
use serde::Deserialize;
use serde_json::value::RawValue;
use vault::payload::U256;
use wire::Timestamp;
use wire::activities::SigningType;
use wire::encoding::{base64url, hex};
use wire::environment::Environment;
use wire::evm::Call;
use wire::solana::Address;

use crate::pages::colour::Colour;
use crate::pages::session as page;

/// Where and when the page is shown.
pub(super) struct Place {
    /// The origin the browser has it from.
    pub origin: String,
    /// Whether another page opened it and waits to be told.
    pub is_popup: bool,
    /// The time.
    pub now: Timestamp,
}

/// What the page of a session shows. `organisation` is what the one is called that the key may stamp
/// for, if it is there.
pub(super) fn of(
    tenant: &Tenant,
    ceremony: &Ceremony,
    terms: &SessionTerms,
    organisation: Option<&str>,
    place: Place,
) -> page::SessionView {
    let about = About {
        action: action(terms),
        app_name: terms.app_name.as_deref(),
        rp_id: &terms.rp_id,
        origin: &terms.origin,
        redirect_url: terms.redirect_url.as_deref(),
    };
    let mut view = shown(tenant, ceremony, about, place);
    view.key = terms.key.as_ref().map(|key| page::Key {
        text: key.key.to_string(),
        lifetime_seconds: key.lifetime_seconds,
        limits: limits(&key.scope),
        stamps: stamps(&key.scope, organisation),
    });
    if terms.change.is_none() {
        view.account = terms.account.map(|account| account.to_string());
    }
    let is_on_chain = terms.anchor.is_on_chain();
    view.network = is_on_chain.then(|| network(terms.environment));
    view.ceremony.slot = terms.anchor.slot;
    view.ceremony.user_handle.clone_from(&terms.user_handle);
    view
}

/// What the page shows on which a document is signed; `None` if the document is not what it was when
/// it was read.
pub(super) fn of_signing(
    tenant: &Tenant,
    ceremony: &Ceremony,
    terms: &SigningTerms,
    place: Place,
) -> Option<page::SessionView> {
    let signing = page::Signing {
        chain: terms.chain(),
        account: owned(&terms.account).to_owned(),
        document: document(&terms.document)?,
        hash: terms.hash,
    };
    let about = About {
        action: page::Action::Sign(Box::new(signing)),
        app_name: terms.app_name.as_deref(),
        rp_id: &terms.rp_id,
        origin: &terms.origin,
        redirect_url: terms.redirect_url.as_deref(),
    };
    Some(shown(tenant, ceremony, about, place))
}

/// What both have terms for.
struct About<'t> {
    action: page::Action,
    app_name: Option<&'t str>,
    rp_id: &'t str,
    origin: &'t str,
    redirect_url: Option<&'t str>,
}

fn shown(
    tenant: &Tenant,
    ceremony: &Ceremony,
    about: About<'_>,
    place: Place,
) -> page::SessionView {
    let brand = &tenant.config.zegel.sessions.brand;
    let party = &tenant.config.webauthn.relying_party;
    let tenant_name = brand.name.as_ref().unwrap_or(&party.display_name);
    page::SessionView {
        action: about.action,
        app: about.app_name.unwrap_or(tenant_name).to_owned(),
        tenant_name: tenant_name.clone(),
        brand: page::Branding {
            name: brand.name.clone(),
            accent: brand.accent.as_deref().and_then(Colour::parse),
            words: brand.words.clone(),
        },
        rp_id: about.rp_id.to_owned(),
        network: None,
        account: None,
        key: None,
        expires_at_ms: ceremony.expires_at.as_millis(),
        now_ms: place.now.as_millis(),
        redirect: about.redirect_url.and_then(redirect),
        is_popup: place.is_popup,
        ceremony: page::Ceremony {
            tenant: tenant.id.to_string(),
            challenge: base64url::encode(&ceremony.challenge),
            slot: 0,
            user_handle: String::new(),
        },
        elsewhere: (about.origin != place.origin).then(|| about.origin.to_owned()),
    }
}

/// What people call the account.
fn owned(account: &SmartAccount) -> &'static str {
    match account {
        SmartAccount::Coinbase { .. } => "Coinbase Smart Wallet",
        SmartAccount::Solady => "a smart account of Solady's kind",
        SmartAccount::OpenZeppelin => "a smart account of OpenZeppelin's kind",
        SmartAccount::Safe => "Safe",
        SmartAccount::DaimoV1(_) | SmartAccount::DaimoV2(_) => "Daimo",
    }
}

/// The members of a kept user operation that are shown by themselves.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Operation {
    sender: String,
    call_data: String,
    call_gas_limit: String,
    verification_gas_limit: String,
    pre_verification_gas: String,
    max_fee_per_gas: String,
    paymaster: Option<String>,
    paymaster_and_data: Option<String>,
}

impl Operation {
    /// What the entry point takes from the account before it does anything, or who gives it.
    fn fee(&self) -> page::Fee {
        let packed = self.paymaster_and_data.as_deref();
        let packed = packed.and_then(|bytes| bytes.get(..42));
        if let Some(paymaster) = self.paymaster.as_deref().or(packed) {
            return page::Fee::Paymaster(paymaster.to_owned());
        }
        let number = |text: &str| u128::from_str_radix(text.strip_prefix("0x")?, 16).ok();
        let most = || {
            let gas = number(&self.call_gas_limit)?
                .checked_add(number(&self.verification_gas_limit)?)?
                .checked_add(number(&self.pre_verification_gas)?)?;
            gas.checked_mul(number(&self.max_fee_per_gas)?)
        };
        match most() {
            Some(most) => page::Fee::Account(most.to_string()),
            None => page::Fee::Boundless,
        }
    }
}

/// The parts of typed data, letter by letter.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TypedData<'a> {
    primary_type: String,
    #[serde(borrow)]
    domain: &'a RawValue,
    #[serde(borrow)]
    message: &'a RawValue,
}

/// What is shown of a document.
fn document(document: &Document) -> Option<page::Document> {
    Some(match document {
        Document::UserOperation {
            text,
            version,
            entry_point,
        } => {
            let operation: Operation = serde_json::from_str(text).ok()?;
            let call_data = hex::decode(operation.call_data.strip_prefix("0x")?).ok()?;
            let calls = Call::read(&call_data);
            let calls = calls.map(|calls| calls.iter().map(call).collect());
            let address = hex::encode(entry_point);
            page::Document::Operation {
                fee: operation.fee(),
                sender: operation.sender,
                entry_point: format!("{}, 0x{address}", version.name()),
                calls,
                text: text.clone(),
            }
        }
        Document::TypedData { text } => {
            let typed: TypedData<'_> = serde_json::from_str(text).ok()?;
            page::Document::TypedData {
                primary_type: typed.primary_type,
                domain: typed.domain.get().to_owned(),
                message: typed.message.get().to_owned(),
            }
        }
    })
}

fn call(call: &Call) -> page::Call {
    let function = call.data.first_chunk::<4>().map(<[u8; 4]>::as_slice);
    // Fewer than four bytes are no function's name, and still something.
    let function = function.or((!call.data.is_empty()).then_some(&call.data));
    page::Call {
        target: format!("0x{}", hex::encode(call.target)),
        value: U256::from_be_bytes(call.value).to_string(),
        function: function.map(|bytes| format!("0x{}", hex::encode(bytes))),
    }
}

fn network(environment: Environment) -> &'static str {
    match environment {
        Environment::Sandbox => "sandbox, for trying things out",
        Environment::Devnet => "devnet, for developers",
        Environment::Mainnet => "mainnet",
    }
}

fn limits(scope: &SessionScope) -> page::Limits {
    let SessionScope {
        programs,
        max_lamports,
        max_transactions,
        // What it may stamp is no limit: it is more.
        activities: _,
    } = scope;
    let texts = |programs: &Vec<Address>| programs.iter().map(Address::to_string).collect();
    page::Limits {
        programs: programs.as_ref().map(texts),
        lamports: *max_lamports,
        transactions: *max_transactions,
    }
}

fn stamps(scope: &SessionScope, name: Option<&str>) -> Option<page::Stamps> {
    let activities = scope.activities.as_ref()?;
    let word = |signing: &SigningType| match signing {
        SigningType::RawPayload => "data",
        SigningType::RawPayloads => "lists of data",
        SigningType::Transaction => "transactions",
    };
    Some(page::Stamps {
        organisation: activities.organisation.to_string(),
        name: name.unwrap_or("one that is not there").to_owned(),
        what: activities.types.iter().map(word).collect(),
    })
}

fn action(terms: &SessionTerms) -> page::Action {
    if let (Some(account), Some(change)) = (terms.account, terms.change) {
        return page::Action::Approve(page::Approval {
            account: account.to_string(),
            passkey: change.passkey().to_string(),
            joins: matches!(change, PasskeyChange::Add { .. }),
            ends_session: matches!(
                change,
                PasskeyChange::Remove {
                    ends_session: true,
                    ..
                }
            ),
        });
    }
    match terms.action {
        SessionAction::Create => page::Action::Create,
        SessionAction::Auth => page::Action::Auth,
        SessionAction::Find => page::Action::Find,
    }
}

/// An address people may be led to, though it is listed (threat T50): a page, or an app by a scheme
/// of its own, which holds a domain of the app's (RFC 8252 §7.1). No browser runs or shows what is
/// behind those itself.
pub(crate) fn redirect(text: &str) -> Option<page::Redirect> {
    let url = whole(text)?;
    let (origin, place) = match url.scheme() {
        "https" | "http" => {
            let origin = url.origin().ascii_serialization();
            (Some(origin.clone()), origin)
        }
        scheme if is_of_an_app(scheme) => (None, scheme.to_owned()),
        _ => return None,
    };
    Some(page::Redirect {
        url: text.to_owned(),
        origin,
        place,
    })
}

/// Whether a scheme is a domain back to front, such as `com.example.wallet`.
fn is_of_an_app(scheme: &str) -> bool {
    let labels: Vec<&str> = scheme.split('.').collect();
    labels.len() >= 2 && labels.iter().all(|label| !label.is_empty())
}

#[cfg(test)]
mod tests {
    use rules::tenant::{Anchor, Role};

    use super::*;

    #[test]
    fn t67_a_fee_that_takes_all_is_shown() {
        let with = |members: &str| {
            let text = format!(
                r#"{{"sender":"0x","callData":"0x","callGasLimit":"0x2","verificationGasLimit":"0x3",{members}}}"#
            );
            serde_json::from_str::<Operation>(&text).unwrap().fee()
        };
        let account = |most: &str| page::Fee::Account(most.to_owned());
        let of = |fee| {
            with(&format!(
                r#""preVerificationGas":"0x5","maxFeePerGas":"{fee}""#
            ))
        };
        assert_eq!(of("0x0"), account("0"));
        assert_eq!(of("0x10"), account("160"));
        assert_eq!(
            of("0xf0000000000000000000000000000000"),
            page::Fee::Boundless
        );
        let gas =
            r#""preVerificationGas":"0x1ffffffffffffffffffffffffffffffff","maxFeePerGas":"0x1""#;
        assert_eq!(with(gas), page::Fee::Boundless);
        let paymaster = format!("0x{}", "44".repeat(20));
        let paid = page::Fee::Paymaster(paymaster.clone());
        for member in ["paymaster", "paymasterAndData"] {
            let more = if member == "paymaster" { "" } else { "abcd" };
            let members = format!(
                r#""preVerificationGas":"0x5","maxFeePerGas":"0x1","{member}":"{paymaster}{more}""#
            );
            assert_eq!(with(&members), paid, "{member}");
        }
        let members = r#""preVerificationGas":"0x5","maxFeePerGas":"0x1","paymasterAndData":"0x""#;
        assert_eq!(with(members), account("10"));
    }

    #[test]
    fn a_change_is_shown_as_what_it_is_and_not_as_a_session() {
        let (account, passkey) = (Address::from_bytes([1; 32]), Address::from_bytes([2; 32]));
        let shown = |change| {
            action(&SessionTerms {
                action: SessionAction::Auth,
                environment: Environment::Sandbox,
                key: None,
                anchor: Anchor {
                    slot: 1,
                    hash: account,
                    payer: account,
                },
                rp_id: "auth.example".to_owned(),
                origin: "https://auth.example".to_owned(),
                redirect_url: None,
                app_name: None,
                user_handle: String::new(),
                account: Some(account),
                change,
            })
        };
        let role = Role::Backup;
        for (change, joins, ends) in [
            (PasskeyChange::Add { passkey, role }, true, false),
            (removal(passkey, false), false, false),
            (removal(passkey, true), false, true),
        ] {
            let page::Action::Approve(approval) = shown(Some(change)) else {
                panic!("{change:?} is to be approved");
            };
            assert_eq!(approval.account, account.to_string());
            assert_eq!(approval.passkey, passkey.to_string());
            assert_eq!((approval.joins, approval.ends_session), (joins, ends));
        }
        assert!(matches!(shown(None), page::Action::Auth));
    }

    fn removal(passkey: Address, ends_session: bool) -> PasskeyChange {
        PasskeyChange::Remove {
            passkey,
            ends_session,
        }
    }

    #[test]
    fn t50_people_are_led_to_pages_and_apps_alone() {
        let place = |text| redirect(text).map(|redirect| (redirect.origin, redirect.place));
        let page = |origin: &str| Some((Some(origin.to_owned()), origin.to_owned()));
        assert_eq!(
            place("https://shop.example/back"),
            page("https://shop.example")
        );
        assert_eq!(
            place("http://localhost:3000"),
            page("http://localhost:3000")
        );
        assert_eq!(
            place("com.example.wallet:/back"),
            Some((None, "com.example.wallet".to_owned()))
        );
        for row in testkit::vectors::addresses("https://shop.example") {
            let led = redirect(&row.address).map(|redirect| redirect.url);
            assert_eq!(led, row.back.then(|| row.address.clone()), "{row:?}");
        }
        for other in ["com..wallet:/back", "COM.example.wallet:/back"] {
            assert_eq!(redirect(other), None, "{other:?}");
        }
    }
}

//! From the operator's bodies to commands.

mod sessions;

use rules::tenant::Command;
use rules::tenant::address::whole;
use rules::tenant::config::{
    Attachment, Ceremonies, Config, Conveyance, Cors, Extras, Preference, RelyingParty, WebAuthn,
};
use serde_json::Value;
use url::Url;
use wire::id::TenantId;

use super::fields::{decision, environment, name, one_of, texts, timeout, url};
use crate::http::tenants::dialect::Fault;
use crate::http::tenants::fields::{Object, Read, Wrong};

/// `POST /tenants`.
pub(super) fn creation(tenant: TenantId, body: &[u8]) -> Read<Command> {
    let mut wrong = Wrong::default();
    let body = Object::lenient(body)?;
    let name = name(&body, "display_name", &mut wrong)?;
    let config = config(&body.part("config")?, &mut wrong)?;
    let with_key = body.flag("create_api_key")?;
    wrong.check()?;
    Ok(Command::CreateTenant {
        tenant,
        name,
        config: Box::new(config),
        with_key,
    })
}

/// `PUT /tenants/{id}`.
pub(super) fn renaming(body: &[u8]) -> Read<Command> {
    let name = only_name("display_name", body)?;
    Ok(Command::RenameTenant { name })
}

/// `PUT /tenants/{id}/config`: what is left out goes back to its default.
pub(super) fn configuration(body: &[u8]) -> Read<Command> {
    let mut wrong = Wrong::default();
    let config = config(&Object::lenient(body)?, &mut wrong)?;
    wrong.check()?;
    Ok(Command::ConfigureTenant {
        config: Box::new(config),
    })
}

/// `POST /tenants/{id}/secrets/api`.
pub(super) fn api_key(body: &[u8]) -> Read<Command> {
    let mut wrong = Wrong::default();
    let body = Object::lenient(body)?;
    let name = name(&body, "name", &mut wrong)?;
    let environment = environment(&body, "environment", &mut wrong)?;
    wrong.check()?;
    Ok(Command::CreateSecret { name, environment })
}

/// `POST /tenants/{id}/secrets/jwk`.
pub(super) fn token_key(body: &[u8]) -> Read<Command> {
    let name = only_name("name", body)?;
    Ok(Command::CreateTokenKey { name })
}

/// A body whose one member is a name.
fn only_name(member: &str, body: &[u8]) -> Read<String> {
    let mut wrong = Wrong::default();
    let name = name(&Object::lenient(body)?, member, &mut wrong)?;
    wrong.check()?;
    Ok(name)
}

fn config(body: &Object, wrong: &mut Wrong) -> Read<Config> {
    let cors = cors(&body.part("cors")?, wrong)?;
    let asked = body.part("webauthn")?;
    let webauthn = WebAuthn {
        relying_party: relying_party(&asked.part("relying_party")?, wrong)?,
        ceremonies: ceremonies(&asked, &PASSKEY, wrong)?,
    };
    let mfa = if body.value("mfa").is_some() {
        ceremonies(&body.part("mfa")?, &MFA, wrong)?
    } else {
        Ceremonies {
            timeout: webauthn.ceremonies.timeout,
            ..MFA
        }
    };
    let zegel = extras(body.value("zegel"), wrong)?;
    Ok(Config {
        cors,
        webauthn,
        mfa,
        zegel,
    })
}

fn cors(body: &Object, wrong: &mut Wrong) -> Read<Cors> {
    Ok(Cors {
        allowed_origins: texts(body, "allowed_origins", wrong)?,
        // Said expressly, because of what it lets in.
        allow_unsafe_wildcard: decision(body, "allow_unsafe_wildcard", wrong)?,
    })
}

fn relying_party(body: &Object, wrong: &mut Wrong) -> Read<RelyingParty> {
    let id = name(body, "id", wrong)?.to_ascii_lowercase();
    if !id.is_empty() && !is_domain(&id) {
        wrong.note("id must be a domain such as example.com, without scheme, port and path");
    }
    Ok(RelyingParty {
        id,
        display_name: name(body, "display_name", wrong)?,
        icon: url(body, "icon", wrong)?,
        origins: origins("origins", texts(body, "origins", wrong)?, wrong),
    })
}

/// What a registration or a login asks for, unless it says otherwise.
const PASSKEY: Ceremonies = Ceremonies {
    timeout: 0, // Always said.
    user_verification: Preference::Required,
    attachment: None,
    attestation_preference: Conveyance::Direct,
    resident_key_requirement: Preference::Required,
};

/// The same for second factors.
const MFA: Ceremonies = Ceremonies {
    timeout: 0, // Always said, here or for passkeys.
    user_verification: Preference::Preferred,
    attachment: Some(Attachment::CrossPlatform),
    attestation_preference: Conveyance::Direct,
    resident_key_requirement: Preference::Discouraged,
};

fn ceremonies(body: &Object, default: &Ceremonies, wrong: &mut Wrong) -> Read<Ceremonies> {
    use Preference as P;
    let verification = [
        ("required", P::Required),
        ("preferred", P::Preferred),
        ("discouraged", P::Discouraged),
    ];
    let attachments = [
        ("platform", Attachment::Platform),
        ("cross-platform", Attachment::CrossPlatform),
    ];
    let attestation = [
        ("none", Conveyance::None),
        ("indirect", Conveyance::Indirect),
        ("direct", Conveyance::Direct),
        ("enterprise", Conveyance::Enterprise),
    ];
    let residency = [
        ("discouraged", P::Discouraged),
        ("preferred", P::Preferred),
        ("required", P::Required),
    ];
    Ok(Ceremonies {
        timeout: timeout(body, "timeout", wrong)?,
        user_verification: one_of(body, "user_verification", &verification, wrong)?
            .unwrap_or(default.user_verification),
        attachment: one_of(body, "attachment", &attachments, wrong)?.or(default.attachment),
        attestation_preference: one_of(body, "attestation_preference", &attestation, wrong)?
            .unwrap_or(default.attestation_preference),
        resident_key_requirement: one_of(body, "resident_key_requirement", &residency, wrong)?
            .unwrap_or(default.resident_key_requirement),
    })
}

/// The member `zegel`, in which an unknown name is refused: a typing error here could leave a
/// rule unset (threat T138).
fn extras(body: Option<&Value>, wrong: &mut Wrong) -> Read<Extras> {
    let Some(body) = body else {
        return Ok(Extras::default());
    };
    let mut extras: Extras = serde_json::from_value(body.clone())
        .map_err(|error| Fault::Validate(format!("zegel: {error}")))?;
    for (name, listed) in [
        ("zegel.related_origins", &mut extras.related_origins),
        ("zegel.top_origins", &mut extras.top_origins),
        (
            "zegel.payment_caller_origins",
            &mut extras.payment_caller_origins,
        ),
    ] {
        *listed = origins(name, std::mem::take(listed), wrong);
    }
    for url in &extras.return_urls {
        if !is_return_url(url) {
            wrong.note(format!(
                "zegel.return_urls: {url:?} is not an http(s) URL without user, query and fragment"
            ));
        }
    }
    sessions::check(&extras.sessions, wrong);
    if extras.issuer.as_ref().is_some_and(String::is_empty) {
        wrong.note("zegel.issuer must at least have 1 entry");
    }
    Ok(extras)
}

/// Origins as browsers spell them, so that a slash at the end or a capital letter does not lock
/// everybody out. What is no origin at all is noted.
fn origins(name: &str, texts: Vec<String>, wrong: &mut Wrong) -> Vec<String> {
    let spelt = texts.into_iter().map(|text| match origin(&text) {
        Some(origin) => origin,
        None => {
            wrong.note(format!(
                "{name}: {text:?} is not an origin such as https://example.com"
            ));
            text
        }
    });
    spelt.collect()
}

fn origin(text: &str) -> Option<String> {
    // Apps have origins that are no URLs of the web: android:apk-key-hash:…, ios:bundle-id:….
    let (scheme, rest) = text.split_once(':')?;
    if !matches!(scheme.to_ascii_lowercase().as_str(), "http" | "https") {
        let is_plain = text.bytes().all(|byte| byte.is_ascii_graphic());
        let is_apps = matches!(scheme, "android" | "ios");
        let is_opaque = !rest.is_empty() && !rest.starts_with("//");
        return (is_plain && is_apps && is_opaque).then(|| text.to_owned());
    }
    let url = Url::parse(text).ok()?;
    let is_bare = url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none()
        && !text.contains(['\\', '*', ' ']);
    is_bare.then(|| url.origin().ascii_serialization())
}

fn is_return_url(text: &str) -> bool {
    whole(text).is_some_and(|url| matches!(url.scheme(), "http" | "https"))
}

/// Labels of letters, digits and hyphens; names in other scripts in their ASCII form.
fn is_domain(text: &str) -> bool {
    text.len() <= 253
        && text.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && label
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b == b'-')
                && !label.starts_with('-')
                && !label.ends_with('-')
        })
}

#[cfg(test)]
mod tests;

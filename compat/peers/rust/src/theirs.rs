//! webauthn-rs: the same, through its own ceremonies, since it takes nobody else's challenge.

use std::time::Duration;

use anyhow::{Context, anyhow};
use serde_json::{Value, json};
use testkit::Passkey;
use url::Url;
use wire::encoding::base64url;

use crate::{Call, ORIGIN, RP_ID, USER};

/// Two releases whose types have the same names and nothing else in common.
macro_rules! ceremonies {
    ($(#[$doc:meta])* $name:ident, $core:ident) => {
        $(#[$doc])*
        pub fn $name(passkey: &Passkey) -> anyhow::Result<Call> {
            use $core::WebauthnCore;
            use $core::proto::{PublicKeyCredential, UserVerificationPolicy};

            let minute = Duration::from_secs(60);
            let origins = vec![Url::parse(ORIGIN)?];
            let core =
                WebauthnCore::new_unsafe_experts_only("RP", RP_ID, origins, minute, None, None);
            let refused = |error| anyhow!("{}: {error:?}", stringify!($core));

            let begun = core
                .new_challenge_register_builder(USER, "name", "Name")
                .and_then(|builder| core.generate_challenge_register(builder));
            let (options, state) = begun.map_err(refused)?;
            let made = passkey.attestation(&challenge(&json!(options))?).to_json();
            let credential = core
                .register_credential(&serde_json::from_value(made)?, &state, None)
                .map_err(refused)?;

            let required = Some(UserVerificationPolicy::Required);
            let begun = core
                .new_challenge_authenticate_builder(vec![credential], required)
                .and_then(|builder| core.generate_challenge_authenticate(builder));
            let (options, state) = begun.map_err(refused)?;
            let assertion = passkey.assertion(&challenge(&json!(options))?);
            let body = assertion.to_json(Some(USER)).to_string();
            Ok(Box::new(move || {
                let response: Result<PublicKeyCredential, _> = serde_json::from_str(&body);
                response.is_ok_and(|response| core.authenticate_credential(&response, &state).is_ok())
            }))
        }
    };
}

ceremonies! {
    /// The newest release.
    newest, webauthn_rs_core
}

ceremonies! {
    /// The last release on OpenSSL.
    openssl, webauthn_rs_core_openssl
}

fn challenge(options: &Value) -> anyhow::Result<Vec<u8>> {
    let text = options["publicKey"]["challenge"].as_str();
    Ok(base64url::decode(text.context("a challenge")?)?)
}

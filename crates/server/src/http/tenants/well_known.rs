//! What is found below `/.well-known`, of a tenant and of the server's own host name.
//!
//! Tenants have their token keys and related origins below their own path. Browsers and phones
//! look at the root of the relying party's host; where that is this server, the operator sets what
//! they find.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use rules::tenant::Tenant;
use serde::Deserialize;
use serde_json::{Value, json};
use wire::token::JwkSet;

use super::call::Call;
use super::problem::Problem;
use super::reply::Reply;

/// How long clients may keep what is found here, in seconds.
const KEPT_SECONDS: u32 = 600;

/// `GET .well-known/jwks.json`: every key that tokens still verify with, whichever server of
/// several made it.
pub(super) async fn jwks(call: Call<'_>) -> Result<Reply, Problem> {
    let tenant = now(&call).await?;
    let keys = tenant.token_keys.iter().map(|key| key.public.clone());
    let keys = JwkSet {
        keys: keys.collect(),
    };
    Ok(Reply::ok(json!(keys)).kept_for(KEPT_SECONDS))
}

/// `GET .well-known/webauthn` (WebAuthn §5.11): for a proxy in front of the relying party's host
/// to pass on.
pub(super) async fn related_origins(call: Call<'_>) -> Result<Reply, Problem> {
    let tenant = now(&call).await?;
    let origins = &tenant.config.zegel.related_origins;
    Ok(Reply::ok(json!({ "origins": origins })).kept_for(KEPT_SECONDS))
}

/// The tenant as it is now.
async fn now(call: &Call<'_>) -> Result<Arc<Tenant>, Problem> {
    let engine = &call.state().engine;
    let stored = engine.tenant_as_stored(call.tenant().id).await?;
    stored.ok_or_else(Problem::no_tenant)
}

/// What is served at the root of the server's host name. What is not set is not there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct WellKnown {
    /// `webauthn`: other origins that may use the host's name as their RP ID (WebAuthn §5.11).
    pub related_origins: Vec<String>,
    /// `passkey-endpoints`: where people add a passkey.
    pub passkey_enroll_url: Option<String>,
    /// `passkey-endpoints`: where people manage theirs.
    pub passkey_manage_url: Option<String>,
    /// `assetlinks.json`: Android apps that share the host's passkeys.
    pub android_apps: Vec<AndroidApp>,
    /// `apple-app-site-association`: apps that share the host's passkeys, each as its team's
    /// identifier, a dot and its bundle's.
    pub apple_apps: Vec<String>,
}

/// An Android app.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct AndroidApp {
    /// Its package.
    pub package: String,
    /// The fingerprints of the certificates it is signed with, as `keytool` prints them.
    pub sha256_fingerprints: Vec<String>,
}

impl WellKnown {
    fn passkey_endpoints(&self) -> Option<Value> {
        let mut endpoints = json!({});
        let known = [
            ("enroll", &self.passkey_enroll_url),
            ("manage", &self.passkey_manage_url),
        ];
        for (name, url) in known {
            if let Some(url) = url {
                endpoints[name] = url.as_str().into();
            }
        }
        (endpoints != json!({})).then_some(endpoints)
    }

    /// Digital Asset Links: who shares the host's credentials, and opens its links.
    fn asset_links(&self) -> Option<Value> {
        let links = self.android_apps.iter().map(|app| {
            json!({
                "relation": [
                    "delegate_permission/common.handle_all_urls",
                    "delegate_permission/common.get_login_creds",
                ],
                "target": {
                    "namespace": "android_app",
                    "package_name": app.package,
                    "sha256_cert_fingerprints": app.sha256_fingerprints,
                },
            })
        });
        (!self.android_apps.is_empty()).then(|| links.collect())
    }

    fn apple_association(&self) -> Option<Value> {
        let apps = &self.apple_apps;
        (!apps.is_empty()).then(|| json!({ "webcredentials": { "apps": apps } }))
    }
}

type Shared = Arc<super::super::State>;

/// The paths at the root.
pub(in crate::http) fn routes() -> Router<Shared> {
    Router::new()
        .route("/.well-known/webauthn", get(webauthn))
        .route("/.well-known/passkey-endpoints", get(passkey_endpoints))
        .route("/.well-known/assetlinks.json", get(asset_links))
        .route(
            "/.well-known/apple-app-site-association",
            get(apple_association),
        )
}

async fn webauthn(State(state): State<Shared>) -> Response {
    let listed = &state.tenants.well_known.related_origins;
    found((!listed.is_empty()).then(|| json!({ "origins": listed })))
}

async fn passkey_endpoints(State(state): State<Shared>) -> Response {
    found(state.tenants.well_known.passkey_endpoints())
}

async fn asset_links(State(state): State<Shared>) -> Response {
    found(state.tenants.well_known.asset_links())
}

async fn apple_association(State(state): State<Shared>) -> Response {
    found(state.tenants.well_known.apple_association())
}

/// The document; some readers refuse any parameter on its type, so there is none.
fn found(document: Option<Value>) -> Response {
    let Some(document) = document else {
        return Problem::not_found().into_response();
    };
    let headers = [
        ("content-type", "application/json"),
        ("cache-control", "max-age=600"),
        ("x-content-type-options", "nosniff"),
    ];
    (StatusCode::OK, headers, document.to_string()).into_response()
}

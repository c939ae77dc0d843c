//! The door that opens once: whoever holds the token founds the first organisation.
//!
//! The token exists in memory, in the link the operator is shown and in a file only he can read.
//! It travels in a header, so that it is no part of what is recorded.

use std::path::PathBuf;
use std::sync::Arc;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use engine::{Engine, FirstCredential, FirstStep, Founded, entropy};
use rules::command::{NewApiKey, NewAuthenticator};
use rules::text::Label;
use serde::Deserialize;
use serde_json::json;
use tokio::sync::Mutex;
use vault::{Entropy, PublicKey};
use wire::encoding::{base64url, hex};
use wire::keys::Curve;
use zeroize::Zeroizing;

use crate::http::{self, intake};
use crate::pages;

/// The token while the door is open, and where it is written down.
pub struct Door {
    open: Mutex<Option<Token>>,
    written: PathBuf,
}

/// 256 random bits.
struct Token(Zeroizing<[u8; 32]>);

impl Door {
    /// A door that opens for the token in the returned link's fragment.
    pub(crate) fn open(written: PathBuf) -> Result<(Self, Zeroizing<String>), vault::Error> {
        let mut token = Zeroizing::new([0; 32]);
        entropy::System.fill(token.as_mut_slice())?;
        let text = Zeroizing::new(base64url::encode(token.as_slice()));
        Ok((
            Self {
                open: Mutex::new(Some(Token(token))),
                written,
            },
            text,
        ))
    }

    /// A door that never opens: somebody has been through already.
    pub(crate) fn closed(written: PathBuf) -> Self {
        Self {
            open: Mutex::new(None),
            written,
        }
    }

    /// Takes the written link away. It has been used, or nobody is there to open for it.
    pub(crate) fn forget_link(&self) {
        match std::fs::remove_file(&self.written) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => {
                tracing::warn!(%error, "the used first-step link could not be removed");
            }
        }
    }
}

/// What the handlers see.
struct Doorway {
    door: Arc<Door>,
    state: Arc<http::State>,
}

/// The page, its parts, and the step itself.
pub(crate) fn routes(door: Arc<Door>, state: Arc<http::State>) -> Router {
    Router::new()
        .route("/first-step", get(page).post(take))
        .route("/first-step.js", get(async || pages::first_step_module()))
        .route("/page.js", get(async || pages::page_module()))
        .route("/style.css", get(async || pages::style()))
        .route("/icon.svg", get(async || pages::icon()))
        // Some browsers ask for it whatever a page names.
        .route("/favicon.ico", get(async || pages::icon()))
        .with_state(Arc::new(Doorway { door, state }))
}

async fn page(State(way): State<Arc<Doorway>>) -> Response {
    match &*way.door.open.lock().await {
        Some(_) => pages::first_step(),
        None => pages::first_step_taken(),
    }
}

async fn take(State(way): State<Arc<Doorway>>, request: Request) -> Response {
    match step(&way, request).await {
        Ok(founded) => answer(
            StatusCode::OK,
            json!({
                "organizationId": founded.organisation,
                "userId": founded.user,
            }),
        ),
        Err(refusal) => refusal.into_response(),
    }
}

async fn step(way: &Doorway, request: Request) -> Result<Founded, Refusal> {
    let (parts, body) = request.into_parts();
    let offered = offered_token(&parts.headers);
    // Held to the end: of two who come at once, the second finds the door closed.
    let mut open = way.door.open.lock().await;
    let Token(token) = open.as_ref().ok_or(Refusal::Taken)?;
    let offered = offered.ok_or(Refusal::Token)?;
    verify_slices_are_equal(token.as_slice(), &offered).map_err(|_| Refusal::Token)?;

    let raw = intake::collect(parts, body, way.state.limits).await;
    let raw = raw.map_err(|refused| Refusal::Body(refused.to_string()))?;
    let step = read(raw.body)?;
    let engine: &Engine = &way.state.engine;
    // Another process may have been through another door.
    if !engine.is_untouched().await.map_err(Refusal::Engine)? {
        *open = None;
        return Err(Refusal::Taken);
    }
    let founded = engine
        .found_organisation(step)
        .await
        .map_err(Refusal::Engine)?;
    *open = None;
    way.door.forget_link();
    tracing::info!("the first step has been taken; its link is void");
    Ok(founded.into_inner())
}

fn offered_token(headers: &HeaderMap) -> Option<Zeroizing<Vec<u8>>> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    base64url::decode(value.strip_prefix("Bearer ")?)
        .ok()
        .map(Zeroizing::new)
}

/// The body of the first step. Exactly one credential.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Asked {
    organization_name: String,
    user_name: String,
    api_key: Option<AskedApiKey>,
    passkey: Option<AskedPasskey>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct AskedApiKey {
    api_key_name: String,
    public_key: String,
    curve_type: String,
}

/// As `create_authenticators` has it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct AskedPasskey {
    authenticator_name: String,
    challenge: String,
    attestation: AskedAttestation,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct AskedAttestation {
    credential_id: String,
    client_data_json: String,
    attestation_object: String,
    transports: Vec<String>,
}

/// Reads what is asked for, wherever it comes from: this door or the machine itself.
pub fn read(body: Vec<u8>) -> Result<FirstStep, Refusal> {
    let malformed = |problem: String| Refusal::Body(problem);
    let asked: Asked =
        serde_json::from_slice(&body).map_err(|error| malformed(error.to_string()))?;
    let label = |member: &str, text: &str| {
        Label::parse(text).map_err(|problem| malformed(format!("{member} {problem}")))
    };
    let credential = match (asked.api_key, asked.passkey) {
        (Some(key), None) => FirstCredential::ApiKey(NewApiKey {
            name: label("apiKeyName", &key.api_key_name)?,
            curve: curve(&key.curve_type)?,
            public_key: public_key(&key)?,
            expiration_seconds: None,
        }),
        (None, Some(passkey)) => {
            let bytes = |member: &str, text: &str| {
                base64url::decode(text).map_err(|problem| malformed(format!("{member}: {problem}")))
            };
            let made = &passkey.attestation;
            FirstCredential::Passkey(Box::new(NewAuthenticator {
                name: label("authenticatorName", &passkey.authenticator_name)?,
                credential_id: bytes("credentialId", &made.credential_id)?,
                client_data_json: bytes("clientDataJson", &made.client_data_json)?,
                attestation_object: bytes("attestationObject", &made.attestation_object)?,
                transports: made.transports.clone(),
                challenge: passkey.challenge,
            }))
        }
        (None, None) | (Some(_), Some(_)) => {
            return Err(malformed(
                "exactly one of apiKey and passkey is needed".to_owned(),
            ));
        }
    };
    Ok(FirstStep {
        organisation: label("organizationName", &asked.organization_name)?,
        user: label("userName", &asked.user_name)?,
        credential,
        body,
    })
}

fn curve(name: &str) -> Result<Curve, Refusal> {
    let unknown = || Refusal::Body(format!("curveType {name:?} is not known"));
    let bare = name.strip_prefix("API_KEY_").ok_or_else(unknown)?;
    bare.parse().map_err(|_| unknown())
}

fn public_key(key: &AskedApiKey) -> Result<Vec<u8>, Refusal> {
    let curve = curve(&key.curve_type)?;
    let bytes = hex::decode(&key.public_key)
        .map_err(|problem| Refusal::Body(format!("publicKey: {problem}")))?;
    let public = PublicKey::from_bytes(curve, &bytes)
        .map_err(|problem| Refusal::Body(format!("publicKey: {problem}")))?;
    Ok(public.as_bytes().to_vec())
}

/// Why the step was not taken.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// There is an organisation already.
    #[error("the first step has been taken already")]
    Taken,
    /// No token, or another one.
    #[error("this link does not hold the token of the running server; use the newest link")]
    Token,
    /// The body is not what it should be.
    #[error("{0}")]
    Body(String),
    /// The engine said no.
    #[error(transparent)]
    Engine(engine::Error),
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, code) = match &self {
            Self::Taken => (StatusCode::GONE, "FIRST_STEP_TAKEN"),
            Self::Token => (StatusCode::FORBIDDEN, "FIRST_STEP_TOKEN"),
            Self::Body(_) | Self::Engine(engine::Error::Malformed(_)) => {
                (StatusCode::BAD_REQUEST, "FIRST_STEP_INVALID")
            }
            Self::Engine(error) => {
                tracing::error!(%error, "the first step failed");
                let body = json!({
                    "code": "FIRST_STEP_FAILED",
                    "message": "the server could not do it; its log tells why",
                });
                return answer(StatusCode::SERVICE_UNAVAILABLE, body);
            }
        };
        answer(status, json!({ "code": code, "message": self.to_string() }))
    }
}

fn answer(status: StatusCode, body: serde_json::Value) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (status, headers, body.to_string()).into_response()
}

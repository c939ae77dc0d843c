//! The shop's web server: its page, and what the page asks.

use std::collections::{HashMap, HashSet};
use std::net::TcpListener;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use engine::entropy;
use serde_json::{Value, json};
use vault::Entropy;
use wire::encoding::hex;

use super::merchant::{Merchant, RETURN_PATH};

/// The counter of an open shop.
pub(super) struct Counter {
    merchant: Merchant,
    /// The origin of the server's pages.
    server: String,
    log_key: String,
    orders: Mutex<HashMap<String, Order>>,
    /// Customers who have made a passkey.
    registered: Mutex<HashSet<String>>,
}

/// What a customer is to pay for. The shop remembers it by itself: what comes back from anywhere
/// is compared with this.
#[derive(Clone)]
struct Order {
    customer: String,
    payment: Value,
}

type Shared = State<Arc<Counter>>;

impl Counter {
    pub(super) fn new(merchant: Merchant, server: &str, log_key: &str) -> Self {
        Self {
            merchant,
            server: server.to_owned(),
            log_key: log_key.to_owned(),
            orders: Mutex::default(),
            registered: Mutex::default(),
        }
    }

    /// Serves until `stop` resolves.
    pub(super) async fn serve(
        self,
        listener: TcpListener,
        stop: impl Future<Output = ()>,
    ) -> anyhow::Result<()> {
        listener.set_nonblocking(true)?;
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let routes = Router::new()
            .route("/", get(page))
            .route(RETURN_PATH, get(page))
            .route(
                "/shop.js",
                get(async || asset("text/javascript", include_str!("shop.js"))),
            )
            .route(
                "/shop.css",
                get(async || asset("text/css", include_str!("shop.css"))),
            )
            .route("/facts", get(facts))
            .route("/passkey/begin", post(begin_passkey))
            .route("/passkey/finish", post(finish_passkey))
            .route("/orders", post(order))
            .route("/orders/{order}", get(status))
            .route("/orders/{order}/receipt", get(receipt))
            .with_state(Arc::new(self));
        tokio::select! {
            served = axum::serve(listener, routes) => served?,
            () = stop => {}
        }
        Ok(())
    }

    /// An order of this very customer.
    fn order_of(&self, headers: &HeaderMap, order: &str) -> anyhow::Result<Order> {
        let found = held(&self.orders).get(order).cloned();
        let customer = customer(headers);
        found
            .filter(|order| Some(&order.customer) == customer.as_ref())
            .ok_or_else(|| anyhow::anyhow!("you have no such order"))
    }
}

/// The page. Who comes for the first time becomes a customer.
async fn page(headers: HeaderMap) -> Response {
    let mut response = asset("text/html", include_str!("shop.html"));
    if customer(&headers).is_none()
        && let Ok(name) = random()
        && let Ok(cookie) =
            HeaderValue::from_str(&format!("{COOKIE}={name}; HttpOnly; SameSite=Lax; Path=/"))
    {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}

/// What the page must know: whose messages to listen to, and what receipts are verified with.
async fn facts(State(counter): Shared, headers: HeaderMap) -> Response {
    let has_passkey =
        customer(&headers).is_some_and(|customer| held(&counter.registered).contains(&customer));
    json_answer(&json!({
        "server": counter.server,
        "logKey": counter.log_key,
        "hasPasskey": has_passkey,
    }))
}

async fn begin_passkey(State(counter): Shared, headers: HeaderMap) -> Response {
    answer(move || counter.merchant.begin_registration(&known(&headers)?)).await
}

async fn finish_passkey(State(counter): Shared, headers: HeaderMap, body: Bytes) -> Response {
    answer(move || {
        let credential = serde_json::from_slice(&body)?;
        counter.merchant.finish_registration(&credential)?;
        held(&counter.registered).insert(known(&headers)?);
        Ok(json!({}))
    })
    .await
}

/// The customer buys: the shop decides what is to be paid, and where the link leads back to.
async fn order(State(counter): Shared, headers: HeaderMap) -> Response {
    answer(move || {
        let customer = known(&headers)?;
        let order = format!("order-{}", &random()?[..8]);
        let payment = json!({
            "amount": "12.34",
            "currency": "EUR",
            "payee": { "name": "The Corner Bakery", "account": "DE02120300000000202051" },
            "reason": "Six croissants and a loaf of rye",
            "reference": order,
        });
        let host = headers
            .get(header::HOST)
            .and_then(|host| host.to_str().ok());
        let back = format!("http://{}{RETURN_PATH}", host.unwrap_or_default());
        let made = counter
            .merchant
            .begin_payment(&customer, &order, &payment, &back)?;
        let digest = made["digest"].clone();
        let placed = Order { customer, payment };
        held(&counter.orders).insert(order.clone(), placed);
        Ok(json!({
            "order": order,
            "confirmUrl": made["confirm_url"],
            "words": words(&digest),
        }))
    })
    .await
}

/// How an order stands. A message or an address that says "confirmed" is only a hint to look; what
/// counts is what the server says, and that the approval could be taken for the shop's own idea of
/// the payment.
async fn status(State(counter): Shared, Path(id): Path<String>, headers: HeaderMap) -> Response {
    answer(move || {
        let order = counter.order_of(&headers, &id)?;
        let mut transaction = counter.merchant.transaction(&id)?;
        if transaction["state"] == "confirmed" && transaction["consumed"] == false {
            transaction = counter.merchant.consume(&id, &order.payment)?;
        }
        Ok(json!({
            "order": id,
            "state": transaction["state"],
            "isPaid": transaction["consumed"],
            "words": words(&transaction["digest"]),
        }))
    })
    .await
}

async fn receipt(State(counter): Shared, Path(id): Path<String>, headers: HeaderMap) -> Response {
    let file = format!("attachment; filename=\"{id}.receipt.json\"");
    let mut response = answer(move || {
        counter.order_of(&headers, &id)?;
        counter.merchant.receipt(&id)
    })
    .await;
    if response.status().is_success()
        && let Ok(file) = HeaderValue::from_str(&file)
    {
        response
            .headers_mut()
            .insert(header::CONTENT_DISPOSITION, file);
    }
    response
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The words of a digest, as the confirmation page shows them.
fn words(digest: &Value) -> Vec<&'static str> {
    let digest = digest.as_str().unwrap_or_default();
    match hex::decode_array(digest) {
        Ok(digest) => server::digest_words(&digest).to_vec(),
        Err(_) => Vec::new(),
    }
}

const COOKIE: &str = "zegel-demo-customer";

/// The customer by their cookie.
fn customer(headers: &HeaderMap) -> Option<String> {
    let cookies = headers.get(header::COOKIE)?.to_str().ok()?;
    let mut pairs = cookies
        .split(';')
        .filter_map(|pair| pair.trim().split_once('='));
    let (_, name) = pairs.find(|(name, _)| *name == COOKIE)?;
    let is_ours = name.len() == 32 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_ours.then(|| name.to_owned())
}

fn known(headers: &HeaderMap) -> anyhow::Result<String> {
    customer(headers).ok_or_else(|| anyhow::anyhow!("open the shop's page first"))
}

/// 128 random bits.
fn random() -> anyhow::Result<String> {
    let mut bytes = [0; 16];
    entropy::System.fill(&mut bytes)?;
    Ok(hex::encode(bytes))
}

/// Talks to the server on a thread that may wait.
async fn answer(work: impl FnOnce() -> anyhow::Result<Value> + Send + 'static) -> Response {
    let done = tokio::task::spawn_blocking(work).await;
    let failed = |error: String| {
        let body = json!({ "message": error });
        (StatusCode::BAD_GATEWAY, json_answer(&body)).into_response()
    };
    match done {
        Ok(Ok(body)) => json_answer(&body),
        Ok(Err(error)) => failed(format!("{error:#}")),
        Err(error) => failed(error.to_string()),
    }
}

fn json_answer(body: &Value) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (headers, body.to_string()).into_response()
}

fn asset(kind: &'static str, text: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
             base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        ),
    ];
    (headers, text).into_response()
}

//! Accepting connections, and letting go of them.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, Request};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::config::LimitsConfig;
use crate::http;

/// Longest head of a request, in bytes.
const MAX_HEAD: usize = 64 * 1024;

/// Lets the process have as many files and connections as the system grants it: the usual soft
/// limit of 1,024 is there for programs that cannot handle more.
pub(crate) fn raise_file_limit() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
        if current != maximum
            && let Err(error) = setrlimit(
                Resource::Nofile,
                Rlimit {
                    current: maximum,
                    maximum,
                },
            )
        {
            tracing::warn!(%error, "the limit of open files could not be raised");
        }
    }
}

/// Serves `router` until `stop` resolves, then finishes what was accepted, for a bounded time.
pub(crate) async fn serve(
    listener: TcpListener,
    router: Router,
    limits: &LimitsConfig,
    stop: impl Future<Output = ()>,
) {
    let router = router.layer(from_fn(survive));
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new());
    // Enough for the longest stamp; a longer head is answered 431.
    http.max_buf_size(MAX_HEAD);
    http.header_read_timeout(Duration::from_secs(limits.head_seconds));
    let slots = Arc::new(Semaphore::new(limits.connections));
    let graceful = GracefulShutdown::new();
    let mut stop = pin!(stop);
    loop {
        let (stream, peer, slot) = tokio::select! {
            next = accept(&listener, &slots) => next,
            () = &mut stop => break,
        };
        limit_patience(&stream, limits.head_seconds);
        let router = TowerToHyperService::new(router.clone());
        let service = service_fn(move |mut request: hyper::Request<Incoming>| {
            // Where the connection comes from; handlers see it through `http::client_ip`.
            request.extensions_mut().insert(ConnectInfo(peer));
            router.call(request)
        });
        let connection = graceful.watch(http.serve_connection(TokioIo::new(stream), service));
        tokio::spawn(async move {
            metrics::gauge!("zegel_connections").increment(1);
            // A client that hangs up or talks nonsense is its own affair.
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended early");
            }
            metrics::gauge!("zegel_connections").decrement(1);
            drop(slot);
        });
    }
    drop(listener);
    let patience = Duration::from_secs(limits.stop_seconds);
    if tokio::time::timeout(patience, graceful.shutdown())
        .await
        .is_err()
    {
        tracing::warn!("some requests were still running when the time to stop was over");
    }
}

/// The next connection, once there is room for it.
async fn accept(
    listener: &TcpListener,
    slots: &Arc<Semaphore>,
) -> (TcpStream, SocketAddr, OwnedSemaphorePermit) {
    let slot = Arc::clone(slots)
        .acquire_owned()
        .await
        .expect("nobody closes the semaphore");
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                // Answers are short: waiting to fill a packet would only delay them.
                if stream.set_nodelay(true).is_ok() {
                    return (stream, peer, slot);
                }
            }
            // Out of file descriptors, mostly. Others will be closed soon.
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

/// Has the system end the connection once a client has taken nothing of an answer for so long. One
/// that asks and does not read would keep its place for ever otherwise.
fn limit_patience(stream: &TcpStream, seconds: u64) {
    #[cfg(target_os = "linux")]
    {
        let ms = u32::try_from(seconds.saturating_mul(1000)).unwrap_or(u32::MAX);
        if let Err(error) = rustix::net::sockopt::set_tcp_user_timeout(stream, ms) {
            tracing::debug!(%error, "a connection may stay as long as it likes");
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (stream, seconds);
}

/// Runs each request in a task of its own: a panic ends that request with a 500 and nothing else
/// (threat T135), and a client that hangs up does not stop half-way what it has submitted.
async fn survive(request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let answer = tokio::spawn(next.run(request)).await;
    answer.unwrap_or_else(|_| {
        tracing::error!("a request panicked");
        http::panicked(&path)
    })
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};

    use axum::body::Body;
    use axum::http::StatusCode;
    use axum::routing::get;
    use http_body_util::BodyExt;
    use serde_json::{Value, json};
    use tower::ServiceExt;

    use super::*;

    #[tokio::test]
    async fn t135_a_panic_is_told_in_the_shape_of_its_family() {
        async fn panics() {
            panic!("as a bug would");
        }
        let router = Router::new().fallback(panics).layer(from_fn(survive));
        let activities = json!({
            "code": 13, "message": "internal server error", "turnkeyErrorCode": "INTERNAL",
            "details": [{
                "@type": "type.googleapis.com/errors.v1.TurnkeyErrorDetail",
                "turnkeyErrorCode": "INTERNAL",
            }],
        });
        let tenants = json!({ "title": "Internal Server Error", "status": 500 });
        for (path, told) in [
            ("/public/v1/query/whoami", activities),
            ("/0d8f4b8e-27c5-4b3a-9c55-0f5f8a3f6a11/credentials", tenants),
        ] {
            let request = Request::get(path).body(Body::empty()).unwrap();
            let answer = router.clone().oneshot(request).await.unwrap();
            assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
            let body = answer.into_body().collect().await.unwrap().to_bytes();
            assert_eq!(serde_json::from_slice::<Value>(&body).unwrap(), told);
        }
    }

    #[tokio::test]
    async fn handlers_learn_where_a_connection_comes_from() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let echo = |ConnectInfo(peer): ConnectInfo<SocketAddr>| async move { peer.to_string() };
        let router = Router::new().route("/", get(echo));
        let call = tokio::task::spawn_blocking(move || {
            let mut stream = std::net::TcpStream::connect(address).unwrap();
            let head = "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
            stream.write_all(head.as_bytes()).unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            (stream.local_addr().unwrap(), answer)
        });
        let (called, answered) = tokio::sync::oneshot::channel();
        let limits = LimitsConfig::default();
        let server = serve(listener, router, &limits, async {
            called.send(call.await.unwrap()).unwrap();
        });
        let (_, answered) = tokio::join!(server, answered);
        let (caller, answer) = answered.unwrap();
        assert!(
            answer.ends_with(&format!("\r\n\r\n{caller}")),
            "{caller}: {answer}"
        );
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn who_asks_and_does_not_read_is_let_go() {
        // More than all buffers on the way hold.
        const LONG: usize = 64 * 1024 * 1024;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().route("/", get(async || vec![0; LONG]));
        let call = async {
            let mut stream = std::net::TcpStream::connect(address).unwrap();
            let head = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
            stream.write_all(head.as_bytes()).unwrap();
            // The kernel's time, which no test can move.
            tokio::time::sleep(Duration::from_secs(5)).await;
            let read = tokio::task::spawn_blocking(move || {
                let mut answer = Vec::new();
                let _ = stream.read_to_end(&mut answer);
                answer.len()
            });
            read.await.unwrap()
        };
        let limits = LimitsConfig {
            head_seconds: 1,
            ..LimitsConfig::default()
        };
        let (read, done) = tokio::sync::oneshot::channel();
        let server = serve(listener, router, &limits, async {
            read.send(call.await).unwrap();
        });
        let (_, read) = tokio::join!(server, done);
        assert!(read.unwrap() < LONG);
    }
}

//! Bytes on a socket: threat T16.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crate::support::World;

/// A world that listens on loopback.
pub async fn listening(world: &World) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = world.router.clone();
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

/// Everything the server says before it closes or falls silent.
fn exchange(address: SocketAddr, request: &[u8]) -> String {
    let stream = send(address, request);
    let _ = stream.shutdown(std::net::Shutdown::Write);
    answer(stream)
}

/// The answer to a request that asks for the connection to be closed.
pub fn ask(address: SocketAddr, request: &[u8]) -> String {
    answer(send(address, request))
}

fn send(address: SocketAddr, request: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(2)))
        .unwrap();
    // The server may have had enough before everything is written, and close: no failure here.
    let _ = stream.write_all(request);
    stream
}

fn answer(mut stream: TcpStream) -> String {
    let mut said = Vec::new();
    let _ = stream.read_to_end(&mut said);
    String::from_utf8_lossy(&said).into_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t16_requests_with_two_meanings_have_none() {
    let world = World::new().await;
    let address = listening(&world).await;
    let post = "POST /public/v1/query/whoami HTTP/1.1\r\nHost: x\r\n";
    let smuggled =
        "POST /public/v1/query/whoami HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}";
    let cases: Vec<(&str, String)> = vec![
        (
            "two lengths",
            format!("{post}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{{}}"),
        ),
        (
            "a list of lengths",
            format!("{post}Content-Length: 2, 3\r\n\r\n{{}}"),
        ),
        (
            "a signed length",
            format!("{post}Content-Length: +2\r\n\r\n{{}}"),
        ),
        (
            "a negative length",
            format!("{post}Content-Length: -1\r\n\r\n{{}}"),
        ),
        (
            "an unknown coding",
            format!("{post}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"),
        ),
        (
            "chunked not last",
            format!("{post}Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n"),
        ),
        (
            "a folded header",
            format!("{post}X-Stamp: a\r\n b\r\nContent-Length: 2\r\n\r\n{{}}"),
        ),
        (
            "a blank before the colon",
            format!("{post}Content-Length : 2\r\n\r\n{{}}"),
        ),
        (
            "a control character",
            format!("{post}X-Stamp: a\u{1}b\r\nContent-Length: 2\r\n\r\n{{}}"),
        ),
        (
            "a NUL",
            format!("{post}X-Stamp: a\0b\r\nContent-Length: 2\r\n\r\n{{}}"),
        ),
        (
            "a bad chunk size",
            format!("{post}Transfer-Encoding: chunked\r\n\r\nzz\r\n{{}}\r\n0\r\n\r\n"),
        ),
        (
            "no version",
            "POST /public/v1/query/whoami\r\n\r\n".to_owned(),
        ),
        ("a version to come", post.replace("1.1", "3.7") + "\r\n"),
        (
            "a space in the path",
            post.replace("whoami", "who ami") + "Content-Length: 2\r\n\r\n{}",
        ),
    ];
    for (what, request) in cases {
        let said = tokio::task::spawn_blocking(move || exchange(address, request.as_bytes()))
            .await
            .unwrap();
        assert!(
            said.is_empty() || said.starts_with("HTTP/1.1 400"),
            "{what}: {said}"
        );
    }
    // Length and coding at once (CL.TE): one request at most is seen, and the rest is not another.
    let both = format!(
        "{post}Content-Length: {}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{smuggled}",
        5 + smuggled.len()
    );
    let said = tokio::task::spawn_blocking(move || exchange(address, both.as_bytes()))
        .await
        .unwrap();
    assert!(said.matches("HTTP/1.1").count() <= 1, "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t16_oversized_heads_are_refused() {
    let world = World::new().await;
    let address = listening(&world).await;
    let request = format!(
        "POST /public/v1/query/whoami HTTP/1.1\r\nHost: x\r\nX-Stamp: {}\r\nContent-Length: 2\r\n\r\n{{}}",
        "a".repeat(1 << 20)
    );
    let said = tokio::task::spawn_blocking(move || exchange(address, request.as_bytes()))
        .await
        .unwrap();
    assert!(
        said.is_empty() || said.starts_with("HTTP/1.1 431"),
        "{said}"
    );
}

//! Nodes that are broken, hostile, or no nodes at all.

use std::net::TcpListener;
use std::time::Duration;

use engine::chain::{Chain, ChainError};
use serde_json::{Value, json};

use super::stub::{KEY, PATIENCE, Says, client, http};
use super::{ADDRESS, Stub, every_call};
use crate::solana::node::LONGEST;

/// Whatever is asked, the answer is an error of this kind, and says nothing it should not.
async fn check(chain: &dyn Chain, kind: fn(String) -> ChainError, expected: &str) {
    for (call, outcome) in every_call(chain).await {
        let error = outcome.expect_err(call);
        let said = match &error {
            ChainError::Answered(said) | ChainError::Unreachable(said) => said.clone(),
        };
        assert_eq!(error, kind(said.clone()), "{call}");
        assert!(said.contains(expected), "{call}: {said}");
        assert!(!error.to_string().contains(KEY), "{call}: {error}");
        assert!(said.chars().count() <= 201, "{call}: {said}");
    }
}

async fn refuses(says: impl Fn(&Value) -> Says + Send + Sync + 'static, expected: &str) {
    check(&Stub::new(says).chain(), ChainError::Answered, expected).await;
}

#[tokio::test]
async fn refuses_frames_that_are_not_json_rpc() {
    for body in [
        "",
        "{",
        "[]",
        "null",
        "<html>hello</html>",
        "{\"jsonrpc\":\"2.0\"}",
        "\u{feff}{}",
    ] {
        refuses(|_| Says::Body(body.to_owned()), "").await;
    }
    refuses(
        |_| {
            Says::Body(format!(
                "{{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}",
                "[".repeat(9000)
            ))
        },
        "",
    )
    .await;
    let frame = |frame: fn(&Value) -> Value| {
        move |request: &Value| Says::Body(frame(&request["id"]).to_string())
    };
    let without = |id: &Value| json!({ "jsonrpc": "2.0", "id": id });
    refuses(frame(without), "neither a result nor an error").await;
    let null = |id: &Value| json!({ "jsonrpc": "2.0", "id": id, "result": null });
    refuses(frame(null), "neither a result nor an error").await;
    let both = |id: &Value| {
        let fault = json!({ "code": 1, "message": "no" });
        json!({ "jsonrpc": "2.0", "id": id, "result": 1, "error": fault })
    };
    refuses(frame(both), "neither a result nor an error").await;
    let other = |_: &Value| json!({ "jsonrpc": "2.0", "id": 4711, "result": 1 });
    refuses(frame(other), "the answer to another request").await;
    let text = |id: &Value| json!({ "jsonrpc": "2.0", "id": id.to_string(), "result": 1 });
    refuses(frame(text), "invalid type").await;
    let old = |id: &Value| json!({ "jsonrpc": "1.0", "id": id, "result": 1 });
    refuses(frame(old), "not JSON-RPC 2.0").await;
    let twice = |request: &Value| {
        let id = &request["id"];
        Says::Body(format!(
            "{{\"jsonrpc\":\"2.0\",\"id\":{id},\"result\":1,\"result\":2}}"
        ))
    };
    refuses(twice, "duplicate field").await;
}

#[tokio::test]
async fn an_error_is_told_in_the_nodes_own_words_but_for_our_key() {
    let fault = |message: &str| {
        let fault = json!({ "code": -32005, "message": message, "data": { "numSlotsBehind": 9 } });
        json!({ "jsonrpc": "2.0", "id": null, "error": fault }).to_string()
    };
    let behind = fault("Node is behind by 9 slots");
    refuses(
        move |_| Says::Body(behind.clone()),
        "error -32005: Node is behind by 9 slots",
    )
    .await;
    let echo = fault(&format!("the key {KEY} has no credit"));
    refuses(move |_| Says::Body(echo.clone()), "the key … has no credit").await;
    let long = fault(&"long ".repeat(10_000));
    refuses(move |_| Says::Body(long.clone()), "error -32005: long long").await;
    // A result of the wrong type is quoted in the error, so it counts as words too.
    let wrong = |_: &Value| Says::Result(json!(format!("{}{KEY}", "x".repeat(100_000))));
    refuses(wrong, "").await;
    let unauthorised = http("401 Unauthorized", &fault("no such key"));
    refuses(
        move |_| Says::Raw(unauthorised.clone()),
        "error -32005: no such key",
    )
    .await;
}

#[tokio::test]
async fn other_statuses_are_no_answers_and_redirects_are_not_followed() {
    for status in [
        "204 No Content",
        "404 Not Found",
        "429 Too Many Requests",
        "503 Busy",
    ] {
        let page = http(status, "<html></html>");
        refuses(
            move |_| Says::Raw(page.clone()),
            &format!("HTTP status {}", &status[..3]),
        )
        .await;
    }
    // Not even with a result in it.
    let elsewhere = Stub::result(json!(1));
    let moved = format!(
        "HTTP/1.1 307 Moved\r\nLocation: {}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        elsewhere.url
    );
    refuses(move |_| Says::Raw(moved.clone().into()), "HTTP status 307").await;
    assert_eq!(elsewhere.asked(), [] as [Value; 0]);
    let failed = |request: &Value| {
        let body = json!({ "jsonrpc": "2.0", "id": request["id"], "result": 480 });
        Says::Raw(http("500 Oops", &body.to_string()))
    };
    refuses(failed, "HTTP status 500").await;
}

#[tokio::test]
async fn an_answer_without_end_is_not_collected() {
    let length = usize::try_from(LONGEST).unwrap() + 1;
    refuses(move |_| Says::Body(" ".repeat(length)), "more than fits").await;
    // Without a length, so that nothing but counting tells.
    let endless = move |_: &Value| {
        let head = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n";
        Says::Half(format!("{head}{}", " ".repeat(2 * length)).into())
    };
    refuses(endless, "more than fits").await;
    let head = |_: &Value| {
        let header = format!("X-Padding: {}\r\n", "x".repeat(1000));
        Says::Raw(format!("HTTP/1.1 200 OK\r\n{}\r\n", header.repeat(1000)).into())
    };
    refuses(head, "not HTTP").await;
    // As long as may be is read, and then found to be nothing.
    refuses(move |_| Says::Body(" ".repeat(length - 1)), "EOF").await;
}

#[tokio::test]
async fn what_is_not_http_is_no_answer() {
    refuses(
        |_| Says::Raw(b"SSH-2.0-OpenSSH_9.2\r\n\r\n".to_vec()),
        "not HTTP",
    )
    .await;
    refuses(|_| Says::Raw(vec![0; 4096]), "not HTTP").await;
    // It said how long it would be.
    let cut = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"jsonrpc\"";
    refuses(|_| Says::Raw(cut.to_vec()), "").await;
    let chunks = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n";
    refuses(|_| Says::Raw(chunks.to_vec()), "").await;
}

#[tokio::test]
async fn nobody_there_is_unreachable() {
    let place = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = place.local_addr().unwrap();
    drop(place);
    let chain = client(&format!("http://{address}/{KEY}"), PATIENCE);
    check(&chain, ChainError::Unreachable, "").await;
    // Somebody who hangs up at once is nobody.
    let stub = Stub::new(|_| Says::Raw(Vec::new()));
    check(&stub.chain(), ChainError::Unreachable, "").await;
}

#[tokio::test]
async fn silence_ends() {
    for half in [
        "",
        "HTTP/1.1 200 OK\r\nContent-",
        "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"jsonrpc\"",
    ] {
        let stub = Stub::new(|_| Says::Half(half.into()));
        let chain = client(&stub.url, Duration::from_millis(700));
        let outcome = chain.account(&ADDRESS).await;
        let silent = ChainError::Unreachable("no answer in time".to_owned());
        assert_eq!(outcome, Err(silent));
        // Waiting twice would be waiting too long.
        assert_eq!(stub.asked().len(), 1);
    }
}

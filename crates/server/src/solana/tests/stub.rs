//! HTTP/1.1 by hand, one request per connection, so that it can be done wrong.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use wire::environment::Environment;

use crate::solana::{Endpoint, Rpc};

/// How a request is met.
pub(super) enum Says {
    /// A result, in a frame that fits.
    Result(Value),
    /// A body, whatever it holds.
    Body(String),
    /// These bytes instead of HTTP, and the end of the connection.
    Raw(Vec<u8>),
    /// These bytes, and then nothing until the other side gives up.
    Half(Vec<u8>),
}

/// A node.
pub(super) struct Stub {
    /// Where, with keys in path and query.
    pub(super) url: String,
    asked: Arc<Mutex<Vec<Value>>>,
}

/// The part of a stub's address that nobody may repeat.
pub(super) const KEY: &str = "hunter2";

impl Stub {
    /// A node that meets each request as told.
    pub(super) fn new(says: impl Fn(&Value) -> Says + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!(
            "http://{}/v2/{KEY}?api-key={KEY}",
            listener.local_addr().unwrap()
        );
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (says, log) = (Arc::new(says), Arc::clone(&asked));
        std::thread::spawn(move || {
            for connection in listener.incoming() {
                let (says, log) = (Arc::clone(&says), Arc::clone(&log));
                std::thread::spawn(move || {
                    let connection = connection.unwrap();
                    let request = read(&connection);
                    log.lock().unwrap().push(request.clone());
                    meet(&connection, &request, says(&request));
                });
            }
        });
        Self { url, asked }
    }

    /// One that always answers this result.
    pub(super) fn result(result: Value) -> Self {
        Self::new(move |_| Says::Result(result.clone()))
    }

    /// Our client for it.
    pub(super) fn chain(&self) -> Rpc {
        client(&self.url, PATIENCE)
    }

    /// What it was asked.
    pub(super) fn asked(&self) -> Vec<Value> {
        self.asked.lock().unwrap().clone()
    }
}

/// A client for a node, with so much patience.
pub(super) fn client(url: &str, patience: Duration) -> Rpc {
    let endpoint = Endpoint::parse(url).unwrap();
    Rpc::with_patience(Environment::Devnet, endpoint, None, patience).unwrap()
}

/// Enough for the busiest machine.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);

/// A whole answer.
pub(super) fn http(status: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}")
        .into()
}

fn read(connection: &TcpStream) -> Value {
    let mut reader = BufReader::new(connection);
    let (mut line, mut length) = (String::new(), 0);
    while reader.read_line(&mut line).unwrap() > 2 {
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        line.clear();
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    serde_json::from_slice(&body).unwrap()
}

fn meet(mut connection: &TcpStream, request: &Value, says: Says) {
    let (bytes, holds) = match says {
        Says::Result(result) => {
            let body = json!({ "jsonrpc": "2.0", "id": request["id"], "result": result });
            (http("200 OK", &body.to_string()), false)
        }
        Says::Body(body) => (http("200 OK", &body), false),
        Says::Raw(bytes) => (bytes, false),
        Says::Half(bytes) => (bytes, true),
    };
    // The client may have had enough before the end.
    let _ = connection.write_all(&bytes);
    if holds {
        let _ = connection.read(&mut [0]);
    }
}

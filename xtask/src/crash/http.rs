//! The little HTTP a load needs: POST and GET over one connection that stays open.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context, ensure};

/// Longer than any answer takes, so that a server that hangs fails the test and not the machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// Longest answer that is read.
const MAX_BODY: usize = 16 * 1024 * 1024;

/// A connection to the server on this machine.
pub(super) struct Connection {
    stream: BufReader<TcpStream>,
    authority: String,
}

/// Status and body.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
}

impl Connection {
    /// Connects to `http://127.0.0.1:PORT`.
    pub(super) fn open(url: &str) -> anyhow::Result<Self> {
        let authority = url
            .strip_prefix("http://")
            .context("a plain http address")?;
        ensure!(
            authority.starts_with("127.0.0.1:"),
            "load is for this machine only, not {url}"
        );
        let stream = TcpStream::connect(authority)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(Self {
            stream: BufReader::new(stream),
            authority: authority.to_owned(),
        })
    }

    /// Posts a stamped body.
    pub(super) fn post(&mut self, path: &str, body: &str, stamp: &str) -> anyhow::Result<Reply> {
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: {}\r\nX-Stamp: {stamp}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            self.authority,
            body.len()
        );
        self.exchange(&(head + body))
    }

    /// Gets a page.
    pub(super) fn get(&mut self, path: &str) -> anyhow::Result<Reply> {
        self.exchange(&format!(
            "GET {path} HTTP/1.1\r\nHost: {}\r\n\r\n",
            self.authority
        ))
    }

    fn exchange(&mut self, request: &str) -> anyhow::Result<Reply> {
        self.stream.get_mut().write_all(request.as_bytes())?;
        let mut line = String::new();
        self.stream.read_line(&mut line)?;
        let status = line
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok());
        let status = status.with_context(|| format!("not a status line: {line:?}"))?;
        let mut length = None;
        loop {
            line.clear();
            self.stream.read_line(&mut line)?;
            // An end before the blank line is a server that died in the middle of it.
            ensure!(line.ends_with("\r\n"), "the answer breaks off in its head");
            if line == "\r\n" {
                break;
            }
            let (name, value) = line.split_once(':').context("not a header line")?;
            if name.eq_ignore_ascii_case("content-length") {
                length = value.trim().parse::<usize>().ok();
            }
        }
        let length = length.context("an answer without a length")?;
        ensure!(length <= MAX_BODY, "an answer of {length} bytes");
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body)?;
        Ok(Reply { status, body })
    }
}

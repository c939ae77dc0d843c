//! The load: requests that are ready to be sent, over connections that stay open.
//!
//! Written down to the socket, so that the client takes as little of the shared cores as it can.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::processor::Processor;

/// How to drive.
pub struct Load<'a> {
    /// Where to.
    pub address: &'a str,
    /// Over how many connections.
    pub connections: usize,
    /// For how long at most.
    pub time: Duration,
    /// When requests are due.
    pub pace: Pace,
}

/// When requests are due.
#[derive(Clone, Copy)]
pub enum Pace {
    /// A closed loop: the next when the last on the same connection is answered.
    Closed,
    /// An open loop: so many a second, whether the last are answered or not. Latency counts from
    /// the moment a request was due, so a server that stalls cannot hide it (coordinated
    /// omission).
    Open(u32),
}

impl Pace {
    /// When request number `index` is due, if its moment does not depend on others.
    fn due(self, began: Instant, index: usize) -> Option<Instant> {
        match self {
            Self::Closed => None,
            Self::Open(rate) => {
                Some(began + Duration::from_secs_f64(index as f64 / f64::from(rate)))
            }
        }
    }
}

/// Requests, whole, as they go over the wire.
#[derive(Clone)]
pub struct Requests(pub Arc<Vec<Vec<u8>>>);

impl Requests {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

/// What came of it.
#[derive(Default)]
pub struct Measured {
    /// To the last byte received of each request that was answered 200, from the first byte sent
    /// or, in an open loop, from when it was due.
    pub latencies: Vec<Duration>,
    /// How many were answered otherwise, or not at all.
    pub failures: usize,
    /// What the first of those was.
    pub first_failure: Option<String>,
    /// How long it all took.
    pub elapsed: Duration,
    /// Some of the answers.
    pub sample: Vec<Vec<u8>>,
    /// The processor time both sides took, where the system tells.
    pub processor: Option<Processor>,
}

/// One answer in so many is kept to be verified.
const SAMPLED: usize = 50;

impl Load<'_> {
    /// Sends requests, each once, until they or the time are used up. A connection that breaks
    /// ends its part.
    pub async fn drive(&self, requests: &Requests) -> anyhow::Result<Measured> {
        let mut streams = Vec::new();
        for _ in 0..self.connections {
            let stream = TcpStream::connect(self.address).await?;
            stream.set_nodelay(true)?;
            streams.push(stream);
        }
        let began = Instant::now();
        let part = Part {
            requests: requests.clone(),
            next: Arc::default(),
            pace: self.pace,
            began,
            until: began + self.time,
        };
        let tasks: Vec<_> = streams
            .into_iter()
            .map(|stream| tokio::spawn(part.clone().converse(stream)))
            .collect();
        let mut total = Measured::default();
        for task in tasks {
            total.add(task.await?);
        }
        total.elapsed = began.elapsed();
        total.latencies.sort_unstable();
        Ok(total)
    }
}

/// One connection's part in it.
#[derive(Clone)]
struct Part {
    requests: Requests,
    /// The next that nobody has taken.
    next: Arc<AtomicUsize>,
    pace: Pace,
    began: Instant,
    until: Instant,
}

impl Part {
    async fn converse(self, mut stream: TcpStream) -> Measured {
        let mut measured = Measured::default();
        let mut buffer = Vec::with_capacity(16 * 1024);
        while Instant::now() < self.until {
            let index = self.next.fetch_add(1, Ordering::Relaxed);
            let Some(request) = self.requests.0.get(index) else {
                break;
            };
            let due = self.pace.due(self.began, index);
            if let Some(due) = due {
                if due >= self.until {
                    break;
                }
                tokio::time::sleep_until(due.into()).await;
            }
            let from = due.unwrap_or_else(Instant::now);
            match exchange(&mut stream, request, &mut buffer).await {
                Ok((200, body)) => {
                    measured.latencies.push(from.elapsed());
                    if index.is_multiple_of(SAMPLED) {
                        measured.sample.push(body.to_vec());
                    }
                }
                Ok((_, body)) => measured.fail(String::from_utf8_lossy(body).into_owned()),
                Err(error) => {
                    measured.fail(format!("{error:#}"));
                    break;
                }
            }
        }
        measured
    }
}

/// Sends one request and reads its answer: status and body.
async fn exchange<'a>(
    stream: &mut TcpStream,
    request: &[u8],
    buffer: &'a mut Vec<u8>,
) -> anyhow::Result<(u16, &'a [u8])> {
    stream.write_all(request).await?;
    buffer.clear();
    loop {
        if stream.read_buf(buffer).await? == 0 {
            bail!("the connection was closed");
        }
        let Some(head) = buffer.windows(4).position(|end| end == b"\r\n\r\n") else {
            continue;
        };
        let (status, length) = read_head(&buffer[..head])?;
        let body = head + 4;
        while buffer.len() < body + length {
            if stream.read_buf(buffer).await? == 0 {
                bail!("the connection was closed within an answer");
            }
        }
        return Ok((status, &buffer[body..body + length]));
    }
}

/// The status and the length of the body.
fn read_head(head: &[u8]) -> anyhow::Result<(u16, usize)> {
    let head = str::from_utf8(head)?;
    let status = head.split(' ').nth(1).context("a status line")?.parse()?;
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    Ok((status, length.context("a content length")?.parse()?))
}

impl Measured {
    fn fail(&mut self, answer: String) {
        self.failures += 1;
        self.first_failure.get_or_insert(answer);
    }

    fn add(&mut self, other: Self) {
        self.latencies.extend(other.latencies);
        self.failures += other.failures;
        self.sample.extend(other.sample);
        self.first_failure = self.first_failure.take().or(other.first_failure);
    }

    /// Answers per second.
    pub fn rate(&self) -> f64 {
        self.latencies.len() as f64 / self.elapsed.as_secs_f64()
    }

    /// Processor time per answer.
    pub fn processor_each(&self) -> Option<Processor> {
        let answers = u32::try_from(self.latencies.len()).ok()?;
        let Processor { server, client } = self.processor?;
        Some(Processor {
            server: server.checked_div(answers)?,
            client: client.checked_div(answers)?,
        })
    }

    /// More requests than will be needed at this rate.
    pub fn enough_for(&self, seconds: u64) -> usize {
        (self.rate() * seconds as f64 * 1.5) as usize + 1_000
    }

    /// The latency that this share of requests did not exceed.
    pub fn quantile(&self, share: f64) -> Duration {
        let last = self.latencies.len().saturating_sub(1);
        let index = (self.latencies.len() as f64 * share) as usize;
        self.latencies
            .get(index.min(last))
            .copied()
            .unwrap_or_default()
    }
}

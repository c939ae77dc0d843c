//! The load: turns of a request or two, over connections that stay open.
//!
//! Written down to the socket, so that the client takes as little of the shared cores as it can.

use std::ops::Range;
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
    /// When turns are due.
    pub pace: Pace,
    /// One last answer in so many is kept.
    pub kept: usize,
}

/// One answer in so many is kept to be verified.
pub const SAMPLED: usize = 50;

/// When turns are due.
#[derive(Clone, Copy)]
pub enum Pace {
    /// A closed loop: the next when the last on the same connection is over.
    Closed,
    /// An open loop: so many a second, whether the last are answered or not. Latency counts from
    /// the moment a turn was due, so a server that stalls cannot hide it (coordinated omission).
    Open(u32),
}

impl Pace {
    /// When turn number `index` is due, if its moment does not depend on others.
    fn due(self, began: Instant, index: usize) -> Option<Instant> {
        match self {
            Self::Closed => None,
            Self::Open(rate) => {
                Some(began + Duration::from_secs_f64(index as f64 / f64::from(rate)))
            }
        }
    }
}

/// What connections send, turn by turn. Each turn is taken once, by one connection. Requests are
/// whole, as they go over the wire.
pub trait Turns: Clone + Send + Sync + 'static {
    /// What turn number `index` begins with; `None` after the last.
    fn request(&self, index: usize) -> Option<&[u8]>;

    /// What follows once that is answered so; `None` if the turn is over.
    fn follow_up(&self, _index: usize, _answer: &[u8]) -> anyhow::Result<Option<Vec<u8>>> {
        Ok(None)
    }
}

/// Turns of one request each.
#[derive(Clone)]
pub struct Requests(pub Arc<Vec<Vec<u8>>>);

impl Requests {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

impl Turns for Requests {
    fn request(&self, index: usize) -> Option<&[u8]> {
        self.0.get(index).map(Vec::as_slice)
    }
}

/// What came of it.
#[derive(Default)]
pub struct Measured {
    /// Sorted: to the last byte received in each turn whose requests were answered 200, from the first
    /// byte sent or, in an open loop, from when it was due.
    pub latencies: Vec<Duration>,
    /// How many were answered otherwise, or not at all.
    pub failures: usize,
    /// What the first of those was.
    pub first_failure: Option<String>,
    /// How long it all took.
    pub elapsed: Duration,
    /// Some of the last answers, with the numbers of their turns.
    pub sample: Vec<(usize, Vec<u8>)>,
    /// The processor time both sides took, where the system tells.
    pub processor: Option<Processor>,
}

impl Load<'_> {
    /// Takes turns until they or the time are used up. A connection that breaks ends its part.
    pub async fn drive(&self, turns: &impl Turns) -> anyhow::Result<Measured> {
        let mut streams = Vec::new();
        for _ in 0..self.connections {
            let stream = TcpStream::connect(self.address).await?;
            stream.set_nodelay(true)?;
            streams.push(stream);
        }
        let began = Instant::now();
        let part = Part {
            turns: turns.clone(),
            next: Arc::default(),
            pace: self.pace,
            kept: self.kept,
            began,
            until: began + self.time,
        };
        let tasks: Vec<_> = streams
            .into_iter()
            .map(|stream| tokio::spawn(part.clone().converse(stream)))
            .collect();
        let mut parts = Vec::new();
        for task in tasks {
            parts.push(task.await?);
        }
        let mut total = Measured {
            elapsed: began.elapsed(),
            ..Measured::default()
        };
        for part in parts {
            total.gather(part);
        }
        total.latencies.sort_unstable();
        Ok(total)
    }
}

/// One connection's part in it.
#[derive(Clone)]
struct Part<T> {
    turns: T,
    /// The next that nobody has taken.
    next: Arc<AtomicUsize>,
    pace: Pace,
    kept: usize,
    began: Instant,
    until: Instant,
}

impl<T: Turns> Part<T> {
    async fn converse(self, mut stream: TcpStream) -> Measured {
        let mut measured = Measured::default();
        let mut buffer = Vec::with_capacity(16 * 1024);
        while Instant::now() < self.until {
            let index = self.next.fetch_add(1, Ordering::Relaxed);
            let Some(request) = self.turns.request(index) else {
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
            match self.take(&mut stream, index, request, &mut buffer).await {
                Ok((200, body)) => {
                    measured.latencies.push(from.elapsed());
                    if index.is_multiple_of(self.kept) {
                        measured.sample.push((index, buffer[body].to_vec()));
                    }
                }
                Ok((_, body)) => {
                    measured.fail(String::from_utf8_lossy(&buffer[body]).into_owned());
                }
                Err(error) => {
                    measured.fail(format!("{error:#}"));
                    break;
                }
            }
        }
        measured
    }

    /// One turn: status and body of the last answer.
    async fn take(
        &self,
        stream: &mut TcpStream,
        index: usize,
        request: &[u8],
        buffer: &mut Vec<u8>,
    ) -> anyhow::Result<(u16, Range<usize>)> {
        let (status, body) = exchange(stream, request, buffer).await?;
        if status != 200 {
            return Ok((status, body));
        }
        match self.turns.follow_up(index, &buffer[body.clone()])? {
            Some(request) => exchange(stream, &request, buffer).await,
            None => Ok((status, body)),
        }
    }
}

/// Sends one request and reads its answer: the status, and where in the buffer the body is.
async fn exchange(
    stream: &mut TcpStream,
    request: &[u8],
    buffer: &mut Vec<u8>,
) -> anyhow::Result<(u16, Range<usize>)> {
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
        return Ok((status, body..body + length));
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

    /// What came of something else meanwhile.
    fn gather(&mut self, other: Self) {
        self.latencies.extend(other.latencies);
        self.failures += other.failures;
        self.first_failure = self.first_failure.take().or(other.first_failure);
        self.sample.extend(other.sample);
    }

    /// What came of something else afterwards.
    pub fn add(&mut self, other: Self) {
        self.elapsed += other.elapsed;
        self.processor = match (self.processor, other.processor) {
            (Some(one), Some(two)) => Some(one.and(two)),
            (one, two) => one.or(two),
        };
        self.gather(other);
        self.latencies.sort_unstable();
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

    /// More turns than will be needed at this rate.
    pub fn enough_for(&self, time: Duration) -> usize {
        (self.rate() * time.as_secs_f64() * 1.5) as usize + 300
    }

    /// The latency that this share of turns did not exceed.
    pub fn quantile(&self, share: f64) -> Duration {
        let last = self.latencies.len().saturating_sub(1);
        let index = (self.latencies.len() as f64 * share) as usize;
        self.latencies
            .get(index.min(last))
            .copied()
            .unwrap_or_default()
    }
}

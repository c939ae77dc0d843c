//! One node, reached by HTTP. Nothing here knows what is asked.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use engine::chain::ChainError;
use tokio::sync::Semaphore;
use ureq::Agent;

use super::Endpoint;
use crate::outbound;

/// A node, and how much of it we use at a time.
pub(super) struct Node {
    agent: Agent,
    endpoint: Endpoint,
    patience: Duration,
    permits: Arc<Semaphore>,
}

/// What a node answered.
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
}

/// Whether a request may be made a second time when the connection fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Repeat {
    Never,
    Once,
}

impl Node {
    /// A node that is given up on after `patience`.
    pub(super) fn new(
        endpoint: Endpoint,
        ca_file: Option<&Path>,
        patience: Duration,
    ) -> anyhow::Result<Self> {
        Ok(Self {
            agent: outbound::agent_within(ca_file, patience)?,
            endpoint,
            patience,
            permits: Arc::new(Semaphore::new(AT_A_TIME)),
        })
    }

    /// See [`Endpoint::without_secrets`].
    pub(super) fn without_secrets(&self, text: &str) -> String {
        self.endpoint.without_secrets(text)
    }

    /// Posts JSON and collects what comes back, up to [`LONGEST`] bytes of it.
    pub(super) async fn post(
        self: &Arc<Self>,
        body: String,
        repeat: Repeat,
    ) -> Result<Reply, ChainError> {
        let busy = || ChainError::Unreachable("too many calls are under way".to_owned());
        let permit = Arc::clone(&self.permits).acquire_owned();
        let permit = tokio::time::timeout(self.patience, permit).await;
        let permit = permit.map_err(|_| busy())?.map_err(|_| busy())?;
        let node = Arc::clone(self);
        let call = tokio::task::spawn_blocking(move || {
            // Whoever asked may have gone; the thread is busy all the same.
            let _permit = permit;
            node.exchange(&body, repeat)
        });
        let cut = |_| ChainError::Unreachable("the call was cut short".to_owned());
        call.await.map_err(cut)?
    }

    fn exchange(&self, body: &str, repeat: Repeat) -> Result<Reply, ChainError> {
        let began = Instant::now();
        let mut sent = self.send(body);
        // A node that was started anew, or closed a connection just when we took it. What took
        // longer to fail is trouble that a second try would only add to.
        if repeat == Repeat::Once
            && matches!(
                sent,
                Err(ureq::Error::Io(_) | ureq::Error::ConnectionFailed)
            )
            && began.elapsed() < AT_ONCE
        {
            sent = self.send(body);
        }
        let mut answer = sent.map_err(|error| self.failed(error, Self::unreachable))?;
        let status = answer.status().as_u16();
        // The limit is the first length that is too long.
        let body = answer.body_mut().with_config().limit(LONGEST + 1);
        match body.read_to_vec() {
            Ok(body) => Ok(Reply { status, body }),
            // What counts is that it was no success.
            Err(_) if status != 200 => Ok(Reply {
                status,
                body: Vec::new(),
            }),
            Err(error) => Err(self.failed(error, ChainError::Answered)),
        }
    }

    fn send(&self, body: &str) -> Result<ureq::http::Response<ureq::Body>, ureq::Error> {
        self.agent
            .post(self.endpoint.expose())
            .header("Content-Type", "application/json")
            .send(body)
    }

    /// Whose fault it is that there is no answer. `broken` judges a connection that failed: before
    /// an answer there was nobody, within one it is no answer.
    fn failed(&self, error: ureq::Error, broken: fn(String) -> ChainError) -> ChainError {
        use ureq::Error as E;
        match error {
            E::Timeout(_) => Self::unreachable("no answer in time".to_owned()),
            E::BodyExceedsLimit(_) => ChainError::Answered("more than fits".to_owned()),
            E::Protocol(_) | E::LargeResponseHeader(..) => {
                ChainError::Answered("something that is not HTTP".to_owned())
            }
            error => broken(self.without_secrets(&error.to_string())),
        }
    }

    fn unreachable(why: String) -> ChainError {
        ChainError::Unreachable(why)
    }
}

/// Calls of one node under way; further ones wait.
pub(super) const AT_A_TIME: usize = 16;

/// The longest answer, several times what the largest one that is wanted takes: the slot hashes
/// with 28 KB.
pub(super) const LONGEST: u64 = 256 * 1024;

/// How soon a connection must have failed for a second try.
const AT_ONCE: Duration = Duration::from_secs(1);

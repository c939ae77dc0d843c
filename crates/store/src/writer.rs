//! The one thread that writes.
//!
//! It takes batches from a channel, gives each a savepoint in one transaction, and commits them
//! together: one sync of the disk for as many as came while the last was under way. Whoever waits
//! is answered after the commit and not before (threat T113). A batch that fails is undone alone.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::thread::JoinHandle;
use std::time::Instant;

use tokio::sync::{mpsc, oneshot};
use wire::log::TreeHash;

use crate::backend::{Connection, Fault};
use crate::log::Head;
use crate::log::tiles::{self, Frontier};
use crate::record::{self, Failure, Writing, Written};
use crate::store::Remembered;
use crate::{Error, RecordError};

/// What became of what was to be written.
pub(crate) type Answer = Result<Written, RecordError>;

/// A batch on its way, with the place its answer goes to.
pub(crate) struct Job {
    pub(crate) writing: Writing,
    pub(crate) answer: oneshot::Sender<Answer>,
}

/// Batches in one commit, and batches that may wait for one.
const MAX_GROUP: usize = 128;
const MAX_WAITING: usize = 1024;
/// How often a transaction is tried that the database asks to be tried again.
const MAX_ATTEMPTS: u32 = 10;

/// The leaves of a transaction before they are in the tree.
pub(crate) struct Leaves {
    first: u64,
    hashes: Vec<TreeHash>,
}

impl Leaves {
    /// The index the next leaf will have.
    pub(crate) fn next(&self) -> u64 {
        self.first + self.hashes.len() as u64
    }

    /// Adds a leaf.
    pub(crate) fn push(&mut self, hash: TreeHash) {
        self.hashes.push(hash);
    }
}

/// How the writer gets a connection again after it lost one; `None` if there is no again.
pub(crate) type Reconnect = Box<dyn Fn() -> Result<Connection, Fault> + Send>;

pub(crate) struct Writer {
    connection: Arc<Mutex<Connection>>,
    reconnect: Option<Reconnect>,
    frontier: Frontier,
    head: Arc<RwLock<Head>>,
    remembered: Arc<Remembered>,
    /// Why nothing is written any more.
    poison: Option<String>,
    /// Tells whoever asks the store that there is a reason.
    poisoned: Arc<AtomicBool>,
}

impl Writer {
    /// Starts the thread. It ends when the last sender is gone and everything sent is answered.
    pub(crate) fn start(
        connection: Arc<Mutex<Connection>>,
        reconnect: Option<Reconnect>,
        head: Arc<RwLock<Head>>,
        remembered: Arc<Remembered>,
        poisoned: Arc<AtomicBool>,
    ) -> Result<(mpsc::Sender<Job>, JoinHandle<()>), Error> {
        let frontier = Frontier::load_at_start(&mut lock(&connection))?;
        let mut writer = Self {
            connection,
            reconnect,
            frontier,
            head,
            remembered,
            poison: None,
            poisoned,
        };
        writer.publish();
        let (sender, receiver) = mpsc::channel(MAX_WAITING);
        let thread = std::thread::Builder::new()
            .name("zegel-writer".to_owned())
            .spawn(move || writer.run(receiver))
            .map_err(|error| Error::Unavailable(error.to_string()))?;
        Ok((sender, thread))
    }

    fn run(&mut self, mut receiver: mpsc::Receiver<Job>) {
        while let Some(first) = receiver.blocking_recv() {
            let mut jobs = vec![first];
            while jobs.len() < MAX_GROUP
                && let Ok(job) = receiver.try_recv()
            {
                jobs.push(job);
            }
            let answers = self.group(&jobs);
            for (job, answer) in jobs.into_iter().zip(answers) {
                // Nobody waiting any more is nobody's loss: what was recorded stays recorded.
                let _ = job.answer.send(answer);
            }
        }
    }

    /// Writes a group of batches in one transaction.
    fn group(&mut self, jobs: &[Job]) -> Vec<Answer> {
        if let Some(why) = &self.poison {
            let refuse = |_: &Job| Err(Error::Unavailable(why.clone()).into());
            return jobs.iter().map(refuse).collect();
        }
        metrics::histogram!("zegel_group_commit_size").record(jobs.len() as f64);
        let started = Instant::now();
        let mut attempt = 1;
        let written = loop {
            match self.transaction(jobs) {
                Err(Fault::Contended(_)) if attempt < MAX_ATTEMPTS => attempt += 1,
                written => break written,
            }
        };
        metrics::histogram!("zegel_commit_seconds").record(started.elapsed());
        written.unwrap_or_else(|fault| {
            tracing::error!(
                ?fault,
                batches = jobs.len(),
                "a group of batches was not written"
            );
            jobs.iter().map(|_| Err(shared(&fault).into())).collect()
        })
    }

    fn transaction(&mut self, jobs: &[Job]) -> Result<Vec<Answer>, Fault> {
        self.reconnect()?;
        let connection = Arc::clone(&self.connection);
        let mut connection = lock(&connection);
        connection.begin()?;
        let (answers, frontier) = match self.write(&mut connection, jobs) {
            Ok(written) => written,
            Err(fault) => return Err(self.undo(&mut connection, fault)),
        };
        if let Err(fault) = connection.commit() {
            let fault = self.undo(&mut connection, fault);
            // A disk that is full or a rival says no; anything else leaves unknown what is on
            // the disk, and asking it to sync again would only pretend (fsyncgate).
            if !matches!(fault, Fault::DiskFull | Fault::Contended(_)) {
                self.stop(&fault);
            }
            return Err(fault);
        }
        self.frontier = frontier;
        self.publish();
        self.note(jobs, &answers);
        Ok(answers)
    }

    /// Brings memory in line with what was changed on the disk, before anybody is told of it.
    fn note(&self, jobs: &[Job], answers: &[Answer]) {
        for (job, answer) in jobs.iter().zip(answers) {
            match &job.writing {
                Writing::Batch { batch, .. } if answer.is_ok() && batch.touches_organisation() => {
                    self.remembered.organisations.forget(&batch.organisation);
                }
                Writing::Tenant(writing) => {
                    let answer = answer.as_ref().map(|_| ());
                    self.remembered.tenants.note(writing, answer);
                }
                Writing::Batch { .. }
                | Writing::Founding { .. }
                | Writing::Sweep { .. }
                | Writing::Payer(_)
                | Writing::Idempotency(_) => {}
            }
        }
    }

    /// Everything between begin and commit.
    fn write(
        &self,
        connection: &mut Connection,
        jobs: &[Job],
    ) -> Result<(Vec<Answer>, Frontier), Fault> {
        let mut frontier = match tiles::hold_head(connection)? {
            // Another process on the same database has appended.
            size if size != self.frontier.size() => Frontier::load(connection).map_err(other)?,
            _ => self.frontier.clone(),
        };
        let mut leaves = Leaves {
            first: frontier.size(),
            hashes: Vec::new(),
        };
        let mut answers = Vec::with_capacity(jobs.len());
        for job in jobs {
            answers.push(alone(connection, &job.writing, &mut leaves)?);
        }
        tiles::append(connection, &mut frontier, leaves.hashes)?;
        Ok((answers, frontier))
    }

    fn undo(&mut self, connection: &mut Connection, fault: Fault) -> Fault {
        if let Err(worse) = connection.rollback()
            && !connection.is_broken()
        {
            self.stop(&worse);
        }
        fault
    }

    /// Stops writing for good, unless a new connection makes all well.
    fn stop(&mut self, fault: &Fault) {
        if self.reconnect.is_none() {
            let why = format!("a commit failed and the process must start anew: {fault:?}");
            tracing::error!("{why}");
            self.poison = Some(why);
            self.poisoned.store(true, Ordering::Release);
        }
    }

    fn reconnect(&self) -> Result<(), Fault> {
        let mut connection = lock(&self.connection);
        if connection.is_broken()
            && let Some(reconnect) = &self.reconnect
        {
            *connection = reconnect()?;
        }
        Ok(())
    }

    fn publish(&self) {
        let head = Head {
            size: self.frontier.size(),
            root: self.frontier.root(),
        };
        metrics::gauge!("zegel_log_tree_size").set(head.size as f64);
        *self.head.write().unwrap_or_else(PoisonError::into_inner) = head;
    }
}

/// Writes a batch so that its failure leaves nothing behind.
fn alone(
    connection: &mut Connection,
    writing: &Writing,
    leaves: &mut Leaves,
) -> Result<Answer, Fault> {
    let before = leaves.hashes.len();
    connection.savepoint()?;
    match record::write(connection, writing, leaves) {
        Ok(written) => {
            connection.release()?;
            Ok(Ok(written))
        }
        Err(Failure::Alone(error)) => {
            leaves.hashes.truncate(before);
            connection.rollback_to_savepoint()?;
            Ok(Err(error))
        }
        Err(Failure::All(fault)) => Err(fault),
    }
}

/// One fault as the error of each batch it befell.
fn shared(fault: &Fault) -> Error {
    match fault {
        Fault::DiskFull => Error::DiskFull,
        Fault::Lost(cause)
        | Fault::Unique(cause)
        | Fault::Contended(cause)
        | Fault::Other(cause) => Error::Unavailable(cause.to_string()),
    }
}

fn other(error: Error) -> Fault {
    Fault::Other(error.into())
}

/// A connection is never left half used by a panic: the next `begin` would fail, loudly.
pub(crate) fn lock(connection: &Mutex<Connection>) -> MutexGuard<'_, Connection> {
    connection.lock().unwrap_or_else(PoisonError::into_inner)
}

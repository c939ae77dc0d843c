//! Opening the store, and the road to its readers and its writer.

use std::fs::{DirBuilder, File, TryLockError};
use std::mem;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock, mpsc as threads};
use std::thread::JoinHandle;
use std::time::Duration;

use rules::{Activity, Organisation};
use tokio::sync::{Semaphore, mpsc, oneshot};
use verify::Scope;
use wire::Timestamp;
use wire::id::{OrganisationId, TenantId};

use crate::backend::{Connection, Fault};
use crate::batch::{Batch, Recorded};
use crate::cache::Cache;
use crate::log::Head;
use crate::record::{Writing, Written};
use crate::tenant::memory::Memory;
use crate::tenant::{self, TenantBatch};
use crate::writer::{Job, Reconnect, Writer, lock};
use crate::{Error, RecordError, migrate};

/// Where everything is remembered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// A directory of our own, made if it is not there, for an embedded database.
    Directory(PathBuf),
    /// Nowhere: gone when the process ends. For trying out and for tests.
    Memory,
    /// A PostgreSQL server, `postgres://user@host/database`. Without TLS: a socket, loopback or
    /// a private network.
    Postgres(String),
}

/// Everything that is remembered. Cheap to clone; the last clone closes it. Its async methods need
/// a Tokio runtime around them.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    readers: Readers,
    remembered: Arc<Remembered>,
    head: Arc<RwLock<Head>>,
    jobs: Option<mpsc::Sender<Job>>,
    writer: Option<JoinHandle<()>>,
    /// Set by the writer once it will write nothing more.
    poisoned: Arc<AtomicBool>,
    /// Dropping it ends the checkpoint timer.
    checkpoints: Option<(threads::Sender<()>, JoinHandle<()>)>,
    /// Held as long as the directory is open.
    _directory: Option<File>,
    #[cfg(test)]
    writing: std::sync::Weak<Mutex<Connection>>,
    #[cfg(test)]
    reads: std::sync::atomic::AtomicU64,
}

/// What was read or written lately and may be asked for again.
pub(crate) struct Remembered {
    /// Organisations as they were last read.
    pub(crate) organisations: Cache<OrganisationId, Arc<Organisation>>,
    pub(crate) tenants: Memory,
}

/// Organisations remembered, in each of two generations.
const CACHED_ORGANISATIONS: usize = 5_000;
/// Connections to PostgreSQL that read at once.
const POSTGRES_READERS: usize = 16;
/// Long reads of SQLite at once, beside any number of short ones.
const LONG_READS: usize = 4;
/// How often SQLite's write-ahead log is copied into its file.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(1);

impl Store {
    /// Opens the store, bringing its schema to this release's. Waits on the disk or the network,
    /// so an async program calls it before it starts or from a blocking task.
    pub fn open(location: &Location) -> Result<Self, Error> {
        match location {
            Location::Memory => Self::open_memory(),
            Location::Directory(path) => Self::open_directory(path),
            Location::Postgres(url) => Self::open_postgres(url),
        }
    }

    fn open_memory() -> Result<Self, Error> {
        let mut connection = Connection::memory()?;
        migrate::migrate(&mut connection)?;
        let connection = Arc::new(Mutex::new(connection));
        // Nobody else can see the database, so readers take turns with the writer.
        let readers = Readers::Shared(Arc::clone(&connection));
        Self::start(connection, None, readers, None, None)
    }

    fn open_directory(path: &Path) -> Result<Self, Error> {
        let directory = claim_directory(path)?;
        let file = path.join("zegel.sqlite");
        let mut connection = Connection::sqlite(&file)?;
        migrate::migrate(&mut connection)?;
        let checkpoints = checkpoint_timer(Connection::sqlite(&file)?)?;
        let pool = Pool::new(move || Connection::sqlite(&file));
        let readers = Readers::Inline(Arc::new(pool), Arc::new(Semaphore::new(LONG_READS)));
        let connection = Arc::new(Mutex::new(connection));
        Self::start(
            connection,
            None,
            readers,
            Some(checkpoints),
            Some(directory),
        )
    }

    fn open_postgres(url: &str) -> Result<Self, Error> {
        // The client brings its own reactor, which an async thread would not let it wait on.
        let (url, readers_url) = (url.to_owned(), url.to_owned());
        let opened = std::thread::spawn(move || {
            let mut connection = Connection::postgres(&url)?;
            migrate::migrate(&mut connection)?;
            let connection = Arc::new(Mutex::new(connection));
            let reconnect: Reconnect = Box::new(move || Connection::postgres(&url));
            let pool = Pool::new(move || Connection::postgres(&readers_url));
            let readers =
                Readers::Blocking(Arc::new(pool), Arc::new(Semaphore::new(POSTGRES_READERS)));
            Self::start(connection, Some(reconnect), readers, None, None)
        });
        opened
            .join()
            .map_err(|_| Error::Unavailable("opening panicked".to_owned()))?
    }

    fn start(
        connection: Arc<Mutex<Connection>>,
        reconnect: Option<Reconnect>,
        readers: Readers,
        checkpoints: Option<(threads::Sender<()>, JoinHandle<()>)>,
        directory: Option<File>,
    ) -> Result<Self, Error> {
        let head = Arc::new(RwLock::new(Head::empty()));
        #[cfg(test)]
        let writing = Arc::downgrade(&connection);
        let remembered = Arc::new(Remembered {
            organisations: Cache::new(CACHED_ORGANISATIONS),
            tenants: Memory::new(),
        });
        let poisoned = Arc::new(AtomicBool::new(false));
        let (jobs, writer) = Writer::start(
            connection,
            reconnect,
            Arc::clone(&head),
            Arc::clone(&remembered),
            Arc::clone(&poisoned),
        )?;
        Ok(Self(Arc::new(Inner {
            readers,
            remembered,
            head,
            jobs: Some(jobs),
            writer: Some(writer),
            poisoned,
            checkpoints,
            _directory: directory,
            #[cfg(test)]
            writing,
            #[cfg(test)]
            reads: Default::default(),
        })))
    }

    /// Records a batch, with a leaf in the log for each activity in it. Returns after it is
    /// durable. If the activity's organisation already has one with the same fingerprint, that one
    /// is returned and nothing is written.
    pub async fn record(
        &self,
        scope: Scope,
        batch: Batch,
    ) -> Result<Recorded<Activity>, RecordError> {
        self.record_in(scope.tenant(), batch).await
    }

    pub(crate) async fn record_in(
        &self,
        tenant: OrganisationId,
        batch: Batch,
    ) -> Result<Recorded<Activity>, RecordError> {
        self.write_activity(Writing::Batch {
            tenant,
            batch: Box::new(batch),
        })
        .await
    }

    /// Records the founding of a root organisation, which the operator asks for and nobody's
    /// stamp.
    pub async fn found(
        &self,
        organisation: Organisation,
        activity: Activity,
    ) -> Result<Recorded<Activity>, RecordError> {
        let (organisation, activity) = (Box::new(organisation), Box::new(activity));
        self.write_activity(Writing::Founding {
            organisation,
            activity,
        })
        .await
    }

    async fn write_activity(&self, writing: Writing) -> Result<Recorded<Activity>, RecordError> {
        match self.write(writing).await? {
            Written::Activity(activity) => Ok(Recorded::new(*activity)),
            other => Err(unasked(&other).into()),
        }
    }

    pub(crate) async fn record_tenant_in(
        &self,
        tenant: TenantId,
        batch: TenantBatch,
    ) -> Result<Recorded<()>, RecordError> {
        let writing = Box::new(tenant::Writing { tenant, batch });
        match self.write(Writing::Tenant(writing)).await? {
            Written::Tenant => Ok(Recorded::new(())),
            other => Err(unasked(&other).into()),
        }
    }

    /// Deletes some of the ceremonies that ended by `now`.
    pub(crate) async fn sweep_part(&self, now: Timestamp) -> Result<u64, Error> {
        match self.write(Writing::Sweep { now }).await {
            Ok(Written::Swept(count)) => Ok(count),
            Ok(other) => Err(unasked(&other)),
            Err(RecordError::Store(error)) => Err(error),
            // It rests on nothing.
            Err(RecordError::Conflict) => Ok(0),
        }
    }

    /// Has the writer write something, and waits until it is durable.
    pub(crate) async fn write(&self, writing: Writing) -> Result<Written, RecordError> {
        let stopped = |_| RecordError::Store(Error::Unavailable("the writer has stopped".into()));
        let jobs = self.0.jobs.as_ref().ok_or(()).map_err(stopped)?;
        let (answer, answered) = oneshot::channel();
        jobs.send(Job { writing, answer })
            .await
            .map_err(|_| stopped(()))?;
        answered.await.map_err(|_| stopped(()))?
    }

    /// Reads with a connection of its own.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        reading: impl FnOnce(&mut Connection) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        #[cfg(test)]
        self.0.reads.fetch_add(1, Ordering::Relaxed);
        match &self.0.readers {
            Readers::Shared(connection) => reading(&mut lock(connection)),
            // Microseconds: less than handing the work to another thread.
            Readers::Inline(pool, _) => pool.with(reading),
            Readers::Blocking(pool, permits) => elsewhere(pool, permits, reading).await,
        }
    }

    /// Reads for so long that no async thread should be kept from its work: whatever counts or goes
    /// through a list of any length.
    pub(crate) async fn read_at_length<T: Send + 'static>(
        &self,
        reading: impl FnOnce(&mut Connection) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        #[cfg(test)]
        self.0.reads.fetch_add(1, Ordering::Relaxed);
        match &self.0.readers {
            Readers::Shared(connection) => reading(&mut lock(connection)),
            Readers::Inline(pool, permits) | Readers::Blocking(pool, permits) => {
                elsewhere(pool, permits, reading).await
            }
        }
    }

    pub(crate) fn organisations(&self) -> &Cache<OrganisationId, Arc<Organisation>> {
        &self.0.remembered.organisations
    }

    pub(crate) fn memory(&self) -> &Memory {
        &self.0.remembered.tenants
    }

    /// Whether no other process can write to this database: the directory is locked, or nobody
    /// else can see it.
    pub(crate) fn writes_alone(&self) -> bool {
        match &self.0.readers {
            Readers::Shared(_) | Readers::Inline(..) => true,
            Readers::Blocking(..) => false,
        }
    }

    /// Whether writes have a chance: the writer runs and has not given up for good, as it does
    /// when a commit to its disk failed and only a new process may try again (threat T115).
    pub fn is_writable(&self) -> bool {
        let runs = self
            .0
            .writer
            .as_ref()
            .is_some_and(|writer| !writer.is_finished());
        runs && !self.0.poisoned.load(Ordering::Acquire)
    }

    /// The log as of the last commit of this process.
    pub fn head(&self) -> Head {
        *self.0.head.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// How often anything was read, other than by the writer.
    #[cfg(test)]
    pub(crate) fn reads(&self) -> u64 {
        self.0.reads.load(Ordering::Relaxed)
    }

    /// Does something with the connection the writer writes on, on a thread that may wait.
    #[cfg(test)]
    pub(crate) fn on_writer<T: Send>(&self, act: impl FnOnce(&mut Connection) -> T + Send) -> T {
        let connection = self
            .0
            .writing
            .upgrade()
            .expect("the writer runs as long as its store");
        let act = || act(&mut lock(&connection));
        std::thread::scope(|scope| scope.spawn(act).join().expect("it is a test"))
    }
}

/// The writer's answer to another question. It answers each kind of writing in its own kind.
pub(crate) fn unasked(written: &Written) -> Error {
    Error::Unavailable(format!("the writer answered {written:?}"))
}

impl Drop for Inner {
    fn drop(&mut self) {
        // The writer answers what it was sent, then lets go of the database.
        drop(self.jobs.take());
        if let Some(writer) = self.writer.take() {
            let _ = writer.join();
        }
        if let Some((stop, timer)) = self.checkpoints.take() {
            drop(stop);
            let _ = timer.join();
        }
        // PostgreSQL clients say goodbye when dropped and wait for it, which no async thread may.
        if let Readers::Blocking(pool, _) = &self.readers {
            let idle = pool.take_all();
            let _ = std::thread::spawn(move || drop(idle)).join();
        }
    }
}

/// Takes the directory for this process alone (threat T116).
fn claim_directory(path: &Path) -> Result<File, Error> {
    let failed = |cause| Error::Directory {
        path: path.display().to_string(),
        cause,
    };
    // Nobody else's to read.
    let mut builder = DirBuilder::new();
    builder.recursive(true).mode(0o700);
    builder.create(path).map_err(failed)?;
    let lock = File::create(path.join("lock")).map_err(failed)?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(Error::InUse(path.display().to_string())),
        Err(TryLockError::Error(cause)) => Err(failed(cause)),
    }
}

/// A thread that keeps the write-ahead log short, so that no commit has to.
fn checkpoint_timer(
    mut connection: Connection,
) -> Result<(threads::Sender<()>, JoinHandle<()>), Error> {
    let (stop, stopped) = threads::channel::<()>();
    let run = move || {
        while let Err(threads::RecvTimeoutError::Timeout) = stopped.recv_timeout(CHECKPOINT_EVERY) {
            if let Err(fault) = connection.checkpoint() {
                tracing::warn!(?fault, "the write-ahead log was not copied");
            }
        }
    };
    let timer = std::thread::Builder::new()
        .name("zegel-checkpoint".to_owned())
        .spawn(run);
    Ok((
        stop,
        timer.map_err(|error| Error::Unavailable(error.to_string()))?,
    ))
}

/// Reads on a thread that may wait, once there is a permit.
async fn elsewhere<T: Send + 'static>(
    pool: &Arc<Pool>,
    permits: &Arc<Semaphore>,
    reading: impl FnOnce(&mut Connection) -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let permit = Arc::clone(permits).acquire_owned().await;
    let pool = Arc::clone(pool);
    let read = tokio::task::spawn_blocking(move || {
        let _permit = permit;
        pool.with(reading)
    });
    read.await
        .map_err(|error| Error::Unavailable(error.to_string()))?
}

/// How reads get a connection.
enum Readers {
    /// The writer's own.
    Shared(Arc<Mutex<Connection>>),
    /// One from the pool, used where it is asked for; for long reads, on a thread that may wait, as
    /// many at once as there are permits.
    Inline(Arc<Pool>, Arc<Semaphore>),
    /// One from the pool, used on a thread that may wait.
    Blocking(Arc<Pool>, Arc<Semaphore>),
}

/// Idle connections. As many are opened as are in use at once, which the threads that use them
/// bound.
struct Pool {
    open: Box<dyn Fn() -> Result<Connection, Fault> + Send + Sync>,
    idle: Mutex<Vec<Connection>>,
}

impl Pool {
    fn new(open: impl Fn() -> Result<Connection, Fault> + Send + Sync + 'static) -> Self {
        Self {
            open: Box::new(open),
            idle: Mutex::new(Vec::new()),
        }
    }

    fn with<T>(
        &self,
        reading: impl FnOnce(&mut Connection) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let idle = self.idle().pop();
        let mut connection = match idle {
            Some(connection) => connection,
            None => (self.open)()?,
        };
        let read = reading(&mut connection);
        if connection.is_broken() {
            // The server went away, and the idle ones with it.
            drop(self.take_all());
        } else {
            self.idle().push(connection);
        }
        read
    }

    fn take_all(&self) -> Vec<Connection> {
        mem::take(&mut *self.idle())
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

//! The seam between the store and its databases.
//!
//! A [`Connection`] is synchronous on both: SQLite answers in microseconds, and PostgreSQL
//! connections live on threads that may wait. What differs between them (placeholders aside,
//! which are spelled so that both read them alike) is in [`sqlite`] and [`postgres`].

#[cfg(test)]
pub(crate) mod faults;
mod postgres;
mod sqlite;
#[cfg(test)]
pub(crate) mod tally;
mod value;

use std::path::Path;

pub(crate) use self::postgres::Postgres;
pub(crate) use self::sqlite::Sqlite;
pub(crate) use self::value::{Fields, Row, Value, values};

use crate::sql::Statement;

/// Why a database did not do as it was told, by what can be done about it.
#[derive(Debug)]
pub(crate) enum Fault {
    /// A unique or foreign key would be violated: what the batch assumed no longer holds.
    Unique(Cause),
    /// No space. The transaction is lost, the database is not.
    DiskFull,
    /// The database chose this transaction as the one to retry.
    Contended(Cause),
    /// The connection or the disk is gone; whether a commit in flight happened is unknown.
    Lost(Cause),
    /// Anything else; in practice a bug.
    Other(Cause),
}

type Cause = Box<dyn std::error::Error + Send + Sync>;

/// One session with a database, with its statements prepared once.
pub(crate) struct Connection {
    engine: Engine,
    #[cfg(test)]
    pub(crate) faults: faults::FaultPlan,
    #[cfg(test)]
    pub(crate) tally: tally::Tally,
}

enum Engine {
    Sqlite(Sqlite),
    Postgres(Box<Postgres>),
}

impl Connection {
    /// The file at `path`, made if it is not there.
    pub(crate) fn sqlite(path: &Path) -> Result<Self, Fault> {
        Ok(Self::over(Engine::Sqlite(Sqlite::open(path)?)))
    }

    /// A database that vanishes with its connection.
    pub(crate) fn memory() -> Result<Self, Fault> {
        Ok(Self::over(Engine::Sqlite(Sqlite::memory()?)))
    }

    /// The database at a `postgres://` address, without TLS.
    pub(crate) fn postgres(url: &str) -> Result<Self, Fault> {
        Ok(Self::over(Engine::Postgres(Box::new(Postgres::connect(
            url,
        )?))))
    }

    fn over(engine: Engine) -> Self {
        Self {
            engine,
            #[cfg(test)]
            faults: faults::FaultPlan::default(),
            #[cfg(test)]
            tally: tally::Tally::default(),
        }
    }

    /// Runs a statement and tells how many rows it changed.
    pub(crate) fn execute(
        &mut self,
        statement: &Statement,
        values: &[Value],
    ) -> Result<u64, Fault> {
        #[cfg(test)]
        self.tally.note(statement);
        #[cfg(test)]
        self.faults.strike()?;
        match &mut self.engine {
            Engine::Sqlite(sqlite) => sqlite.execute(statement, values),
            Engine::Postgres(postgres) => postgres.execute(statement, values),
        }
    }

    /// Runs a statement and fetches all rows.
    pub(crate) fn query(
        &mut self,
        statement: &Statement,
        values: &[Value],
    ) -> Result<Vec<Row>, Fault> {
        #[cfg(test)]
        self.tally.note(statement);
        match &mut self.engine {
            Engine::Sqlite(sqlite) => sqlite.query(statement, values),
            Engine::Postgres(postgres) => postgres.query(statement, values),
        }
    }

    /// Checks that the database understands a statement.
    #[cfg(test)]
    pub(crate) fn prepare(&mut self, statement: &Statement) -> Result<(), Fault> {
        match &mut self.engine {
            Engine::Sqlite(sqlite) => sqlite.prepare(statement),
            Engine::Postgres(postgres) => postgres.prepare(statement),
        }
    }

    /// Runs one data definition statement, translated where the dialects differ.
    pub(crate) fn define(&mut self, sql: &str) -> Result<(), Fault> {
        match &mut self.engine {
            Engine::Sqlite(sqlite) => sqlite.run(&sqlite::dialect(sql)),
            Engine::Postgres(postgres) => postgres.run(sql),
        }
    }

    /// Begins a transaction that will write.
    pub(crate) fn begin(&mut self) -> Result<(), Fault> {
        match &mut self.engine {
            // Taking the write lock at once: a later upgrade could only fail.
            Engine::Sqlite(sqlite) => sqlite.control("BEGIN IMMEDIATE"),
            Engine::Postgres(postgres) => postgres.run("BEGIN"),
        }
    }

    /// Begins a transaction whose reads all see the same moment.
    pub(crate) fn begin_reading(&mut self) -> Result<(), Fault> {
        match &mut self.engine {
            Engine::Sqlite(sqlite) => sqlite.control("BEGIN"),
            Engine::Postgres(postgres) => {
                postgres.run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            }
        }
    }

    /// Makes everything since `begin` durable.
    pub(crate) fn commit(&mut self) -> Result<(), Fault> {
        #[cfg(test)]
        self.faults.strike_commit()?;
        self.run("COMMIT")
    }

    /// Undoes everything since `begin`; fine if the database has already done so.
    pub(crate) fn rollback(&mut self) -> Result<(), Fault> {
        match &mut self.engine {
            // Some failures, a full disk among them, end the transaction by themselves.
            Engine::Sqlite(sqlite) if sqlite.is_idle() => Ok(()),
            Engine::Sqlite(_) | Engine::Postgres(_) => self.run("ROLLBACK"),
        }
    }

    /// Marks a place to return to within the transaction.
    pub(crate) fn savepoint(&mut self) -> Result<(), Fault> {
        self.run("SAVEPOINT batch")
    }

    /// Keeps what was done since the mark.
    pub(crate) fn release(&mut self) -> Result<(), Fault> {
        self.run("RELEASE SAVEPOINT batch")
    }

    /// Undoes what was done since the mark, and removes it.
    pub(crate) fn rollback_to_savepoint(&mut self) -> Result<(), Fault> {
        self.run("ROLLBACK TO SAVEPOINT batch")?;
        self.release()
    }

    /// Whether the connection answers at all; a broken one must be replaced.
    pub(crate) fn is_broken(&self) -> bool {
        match &self.engine {
            Engine::Sqlite(_) => false,
            Engine::Postgres(postgres) => postgres.is_closed(),
        }
    }

    /// Copies as much of the write-ahead log into the database file as readers permit, so that
    /// no commit has to. Nothing to do on PostgreSQL.
    pub(crate) fn checkpoint(&mut self) -> Result<(), Fault> {
        match &mut self.engine {
            Engine::Sqlite(sqlite) => sqlite.checkpoint(),
            Engine::Postgres(_) => Ok(()),
        }
    }

    fn run(&mut self, sql: &'static str) -> Result<(), Fault> {
        match &mut self.engine {
            Engine::Sqlite(sqlite) => sqlite.control(sql),
            Engine::Postgres(postgres) => postgres.run(sql),
        }
    }
}

//! Embedded SQLite.

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};
use rusqlite::{ErrorCode, ffi, params_from_iter};

use super::{Fault, Row, Value};
use crate::sql::Statement;

/// A session with a SQLite database.
pub(crate) struct Sqlite(rusqlite::Connection);

impl Sqlite {
    /// The file at `path` in write-ahead mode, every commit synced before it returns.
    pub(super) fn open(path: &Path) -> Result<Self, Fault> {
        let sqlite = Self::configured(rusqlite::Connection::open(path)?)?;
        sqlite.pragma("journal_mode", "WAL")?;
        sqlite.pragma("synchronous", "FULL")?;
        // Checkpoints belong to a timer (see `writer`); this bound only catches one that died.
        sqlite.pragma("wal_autocheckpoint", "20000")?;
        Ok(sqlite)
    }

    /// A database in memory.
    pub(super) fn memory() -> Result<Self, Fault> {
        Self::configured(rusqlite::Connection::open_in_memory()?)
    }

    fn configured(connection: rusqlite::Connection) -> Result<Self, Fault> {
        connection.busy_timeout(Duration::from_secs(5))?;
        connection.set_prepared_statement_cache_capacity(256);
        // A statement is planned once. Left to itself, SQLite plans some anew for each value that
        // is bound, which costs more than running them.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        let sqlite = Self(connection);
        sqlite.pragma("foreign_keys", "ON")?;
        // What is erased is gone from the file as well, not only from the rows (threat T77).
        sqlite.pragma("secure_delete", "ON")?;
        Ok(sqlite)
    }

    fn pragma(&self, name: &str, value: &str) -> Result<(), Fault> {
        Ok(self.0.pragma_update(None, name, value)?)
    }

    pub(super) fn execute(
        &mut self,
        statement: &Statement,
        values: &[Value],
    ) -> Result<u64, Fault> {
        let mut prepared = self.0.prepare_cached(statement.sql)?;
        Ok(prepared.execute(params_from_iter(values))? as u64)
    }

    pub(super) fn query(
        &mut self,
        statement: &Statement,
        values: &[Value],
    ) -> Result<Vec<Row>, Fault> {
        let mut prepared = self.0.prepare_cached(statement.sql)?;
        let columns = prepared.column_count();
        let mut found = prepared.query(params_from_iter(values))?;
        let mut rows = Vec::new();
        while let Some(row) = found.next()? {
            let values = (0..columns).map(|column| Ok(read(row.get_ref(column)?)));
            rows.push(Row::new(values.collect::<rusqlite::Result<_>>()?));
        }
        Ok(rows)
    }

    #[cfg(test)]
    pub(super) fn prepare(&mut self, statement: &Statement) -> Result<(), Fault> {
        let prepared = self.0.prepare(statement.sql)?;
        // `$1` is a *named* parameter to SQLite, numbered by first appearance.
        for index in 1..=prepared.parameter_count() {
            let name = format!("${index}");
            assert_eq!(
                prepared.parameter_name(index),
                Some(&*name),
                "{}",
                statement.name
            );
        }
        Ok(())
    }

    pub(super) fn run(&mut self, sql: &str) -> Result<(), Fault> {
        Ok(self.0.execute_batch(sql)?)
    }

    /// Runs one of the few statements that part transactions.
    pub(super) fn control(&mut self, sql: &'static str) -> Result<(), Fault> {
        Ok(self.0.prepare_cached(sql)?.execute([]).map(|_| ())?)
    }

    /// Whether no transaction is open.
    pub(super) fn is_idle(&self) -> bool {
        self.0.is_autocommit()
    }

    pub(super) fn checkpoint(&mut self) -> Result<(), Fault> {
        // Answers with a row, so it is a query.
        Ok(self
            .0
            .query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))?)
    }
}

/// A definition in SQLite's words: its type names, and tables that hold to them.
pub(super) fn dialect(sql: &str) -> String {
    let strict = if sql.starts_with("CREATE TABLE") {
        " STRICT"
    } else {
        ""
    };
    sql.replace("BYTEA", "BLOB").replace("BIGINT", "INTEGER") + strict
}

fn read(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Int(number),
        // No column is of this type; a reader of it will say that it is damaged.
        ValueRef::Real(_) => Value::Null,
        ValueRef::Text(text) => Value::Text(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Blob(bytes) => Value::Bytes(bytes.to_vec()),
    }
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Int(number) => ValueRef::Integer(*number),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        match error
            .sqlite_error()
            .map(|error| (error.code, error.extended_code))
        {
            Some((ErrorCode::DiskFull, _)) => Self::DiskFull,
            Some((ErrorCode::SystemIoFailure, ffi::SQLITE_IOERR_NOMEM)) => {
                Self::Other(error.into())
            }
            Some((ErrorCode::SystemIoFailure | ErrorCode::DatabaseCorrupt, _)) => {
                Self::Lost(error.into())
            }
            Some((ErrorCode::ConstraintViolation, _)) => Self::Unique(error.into()),
            Some((ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked, _)) => {
                Self::Contended(error.into())
            }
            _ => Self::Other(error.into()),
        }
    }
}

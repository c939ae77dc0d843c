//! PostgreSQL, by its wire protocol.
//!
//! Without TLS for now: reach the server over a Unix socket, loopback or a private network.

use std::collections::HashMap;

use postgres::error::SqlState;
use postgres::types::private::BytesMut;
use postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use postgres::{Client, NoTls};

use super::{Fault, Row, Value};
use crate::sql::Statement;

/// A session with a PostgreSQL server. Waits: never use one on an async thread.
pub(crate) struct Postgres {
    client: Client,
    prepared: HashMap<&'static str, postgres::Statement>,
}

impl Postgres {
    pub(super) fn connect(url: &str) -> Result<Self, Fault> {
        let client = Client::connect(url, NoTls).map_err(|error| Fault::Lost(error.into()))?;
        Ok(Self {
            client,
            prepared: HashMap::new(),
        })
    }

    pub(super) fn execute(
        &mut self,
        statement: &Statement,
        values: &[Value],
    ) -> Result<u64, Fault> {
        let prepared = self.prepared(statement)?;
        Ok(self.client.execute(&prepared, &parameters(values))?)
    }

    pub(super) fn query(
        &mut self,
        statement: &Statement,
        values: &[Value],
    ) -> Result<Vec<Row>, Fault> {
        let prepared = self.prepared(statement)?;
        let rows = self.client.query(&prepared, &parameters(values))?;
        rows.iter().map(read).collect()
    }

    #[cfg(test)]
    pub(super) fn prepare(&mut self, statement: &Statement) -> Result<(), Fault> {
        self.prepared(statement).map(|_| ())
    }

    fn prepared(&mut self, statement: &Statement) -> Result<postgres::Statement, Fault> {
        if let Some(prepared) = self.prepared.get(statement.name) {
            return Ok(prepared.clone());
        }
        let prepared = self.client.prepare(statement.sql)?;
        self.prepared.insert(statement.name, prepared.clone());
        Ok(prepared)
    }

    pub(super) fn run(&mut self, sql: &str) -> Result<(), Fault> {
        Ok(self.client.batch_execute(sql)?)
    }

    pub(super) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }
}

fn parameters(values: &[Value]) -> Vec<&(dyn ToSql + Sync)> {
    values
        .iter()
        .map(|value| value as &(dyn ToSql + Sync))
        .collect()
}

fn read(row: &postgres::Row) -> Result<Row, Fault> {
    let value = |(index, column): (usize, &postgres::Column)| {
        let value = match *column.type_() {
            Type::INT8 => row.try_get::<_, Option<i64>>(index)?.map(Value::Int),
            Type::TEXT => row.try_get::<_, Option<String>>(index)?.map(Value::Text),
            Type::BYTEA => row.try_get::<_, Option<Vec<u8>>>(index)?.map(Value::Bytes),
            // No statement selects another type; a reader of it will say that it is damaged.
            _ => None,
        };
        Ok(value.unwrap_or(Value::Null))
    };
    let values = row.columns().iter().enumerate().map(value);
    Ok(Row::new(values.collect::<Result<_, Fault>>()?))
}

impl ToSql for Value {
    fn to_sql(
        &self,
        ty: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Int(number) => number.to_sql_checked(ty, out),
            Self::Text(text) => text.to_sql_checked(ty, out),
            Self::Bytes(bytes) => bytes.to_sql_checked(ty, out),
        }
    }

    fn accepts(ty: &Type) -> bool {
        matches!(*ty, Type::INT8 | Type::TEXT | Type::BYTEA)
    }

    to_sql_checked!();
}

impl From<postgres::Error> for Fault {
    fn from(error: postgres::Error) -> Self {
        match error.code() {
            Some(&SqlState::UNIQUE_VIOLATION | &SqlState::FOREIGN_KEY_VIOLATION) => {
                Self::Unique(error.into())
            }
            Some(&SqlState::DISK_FULL) => Self::DiskFull,
            Some(&SqlState::T_R_SERIALIZATION_FAILURE | &SqlState::T_R_DEADLOCK_DETECTED) => {
                Self::Contended(error.into())
            }
            // Class 57: the server is going away. No code: the connection has gone.
            Some(code) if code.code().starts_with("57") => Self::Lost(error.into()),
            None if error.is_closed() => Self::Lost(error.into()),
            Some(_) | None => Self::Other(error.into()),
        }
    }
}

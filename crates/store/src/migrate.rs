//! The schema and its numbered steps.
//!
//! Each step's text is remembered by its checksum. A database with a step this release does not
//! know is refused, as is one whose step of some number reads differently: neither is ever
//! "repaired" (threat T117). A row lock keeps two processes that start at once on one PostgreSQL
//! from migrating it twice.

use aws_lc_rs::digest::{SHA256, digest};

use crate::Error;
use crate::backend::{Connection, Fault, values};
use crate::sql::statements;

statements! {
    INSERT_LOCK = "INSERT INTO schema_lock (id, held) VALUES (1, 0) ON CONFLICT (id) DO NOTHING";
    TAKE_LOCK = "UPDATE schema_lock SET held = 1 WHERE id = 1";
    SELECT_STEPS = "SELECT number, checksum FROM schema_steps ORDER BY number";
    INSERT_STEP = "INSERT INTO schema_steps (number, name, checksum) VALUES ($1, $2, $3)";
}

struct Step {
    name: &'static str,
    sql: &'static str,
}

/// The steps in order; the first has number 1. Released ones never change.
const STEPS: &[Step] = &[
    Step {
        name: "organisations",
        sql: include_str!("../migrations/0001_organisations.sql"),
    },
    Step {
        name: "activities_and_log",
        sql: include_str!("../migrations/0002_activities_and_log.sql"),
    },
    Step {
        name: "tenants",
        sql: include_str!("../migrations/0003_tenants.sql"),
    },
    Step {
        name: "passkey_accounts",
        sql: include_str!("../migrations/0004_passkey_accounts.sql"),
    },
    Step {
        name: "chains",
        sql: include_str!("../migrations/0005_chains.sql"),
    },
    Step {
        name: "idempotency",
        sql: include_str!("../migrations/0006_idempotency.sql"),
    },
    Step {
        name: "session_stamps",
        sql: include_str!("../migrations/0007_session_stamps.sql"),
    },
    Step {
        name: "account_lists",
        sql: include_str!("../migrations/0008_account_lists.sql"),
    },
    Step {
        name: "account_passkeys",
        sql: include_str!("../migrations/0009_account_passkeys.sql"),
    },
];

/// Brings the database to this release's schema.
pub(crate) fn migrate(connection: &mut Connection) -> Result<(), Error> {
    // `IF NOT EXISTS` does not save two starters from colliding on PostgreSQL; trying again does.
    let mut attempts = 0..3;
    loop {
        match prepare(connection) {
            Err(Fault::Unique(_) | Fault::Contended(_)) if attempts.next().is_some() => {}
            prepared => break prepared?,
        }
    }
    connection.begin()?;
    match advance(connection) {
        Ok(()) => Ok(connection.commit()?),
        Err(error) => {
            connection.rollback()?;
            Err(error)
        }
    }
}

fn prepare(connection: &mut Connection) -> Result<(), Fault> {
    connection.define(
        "CREATE TABLE IF NOT EXISTS schema_lock (id BIGINT NOT NULL PRIMARY KEY, held BIGINT NOT NULL)",
    )?;
    connection.define(
        "CREATE TABLE IF NOT EXISTS schema_steps (number BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL, checksum BYTEA NOT NULL)",
    )?;
    connection.execute(&INSERT_LOCK, &[]).map(|_| ())
}

fn advance(connection: &mut Connection) -> Result<(), Error> {
    connection.execute(&TAKE_LOCK, &[])?;
    let done = check(connection)?;
    for (step, number) in STEPS.iter().zip(1u64..).skip(done) {
        for definition in definitions(step.sql) {
            connection.define(&definition)?;
        }
        connection.execute(&INSERT_STEP, values![number, step.name, &checksum(step)])?;
    }
    Ok(())
}

/// How many steps the database has taken, all of which this release knows.
fn check(connection: &mut Connection) -> Result<usize, Error> {
    let rows = connection.query(&SELECT_STEPS, &[])?;
    let done = rows.len();
    for (row, position) in rows.into_iter().zip(0..) {
        let mut fields = row.fields();
        let (number, found): (u64, [u8; 32]) = (fields.next()?, fields.next()?);
        match STEPS.get(position) {
            None => {
                return Err(Error::NewerSchema {
                    found: number,
                    known: STEPS.len() as u64,
                });
            }
            Some(step) if number != position as u64 + 1 || checksum(step) != found => {
                return Err(Error::ForeignSchema(number));
            }
            Some(_) => {}
        }
    }
    Ok(done)
}

fn checksum(step: &Step) -> [u8; 32] {
    let mut checksum = [0; 32];
    checksum.copy_from_slice(digest(&SHA256, step.sql.as_bytes()).as_ref());
    checksum
}

/// The statements of a file, without comments.
fn definitions(sql: &str) -> Vec<String> {
    let code: Vec<_> = sql.lines().filter(|line| !line.starts_with("--")).collect();
    let code = code.join("\n") + "\n";
    let statements = code
        .split(";\n")
        .map(|statement| statement.trim().to_owned());
    statements
        .filter(|statement| !statement.is_empty())
        .collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Pretends that a release with one more step was here.
    pub(crate) fn take_a_later_step(connection: &mut Connection) {
        let number = STEPS.len() as u64 + 1;
        connection
            .execute(&INSERT_STEP, values![number, "later", &[0; 32]])
            .unwrap();
    }

    #[test]
    fn migrating_again_changes_nothing() {
        let mut connection = Connection::memory().unwrap();
        migrate(&mut connection).unwrap();
        migrate(&mut connection).unwrap();
        assert_eq!(check(&mut connection).unwrap(), STEPS.len());
    }

    /// Whether the error names a schema that is one step beyond this release's.
    pub(crate) fn is_one_step_newer(error: &Error) -> bool {
        let ours = STEPS.len() as u64;
        matches!(error, Error::NewerSchema { found, known } if *known == ours && *found == ours + 1)
    }

    #[test]
    fn refuses_the_schema_of_a_newer_release() {
        let mut connection = Connection::memory().unwrap();
        migrate(&mut connection).unwrap();
        take_a_later_step(&mut connection);
        let error = migrate(&mut connection).unwrap_err();
        assert!(is_one_step_newer(&error), "{error}");
    }

    #[test]
    fn refuses_a_schema_whose_steps_read_differently() {
        let mut connection = Connection::memory().unwrap();
        prepare(&mut connection).unwrap();
        connection
            .execute(&INSERT_STEP, values![1, "other", &[0; 32]])
            .unwrap();
        let error = migrate(&mut connection).unwrap_err();
        assert!(matches!(error, Error::ForeignSchema(1)), "{error}");
    }
}

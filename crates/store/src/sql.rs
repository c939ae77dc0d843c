//! The registry of statements.
//!
//! Every SQL text of the crate is a named constant made by [`statements!`], in the subset both
//! databases take. Placeholders are `$1`, `$2`, … and first appear in that order: PostgreSQL reads
//! them by number, SQLite as names that it numbers by first appearance.

/// One SQL statement, prepared once per connection under its name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Statement {
    /// Unique in the crate.
    pub(crate) name: &'static str,
    pub(crate) sql: &'static str,
}

/// Declares statements and lists them for the test that prepares them all.
macro_rules! statements {
    ($($(#[$doc:meta])* $name:ident = $sql:expr;)*) => {
        $(
            $(#[$doc])*
            const $name: $crate::sql::Statement = $crate::sql::Statement {
                name: concat!(module_path!(), "::", stringify!($name)),
                sql: $sql,
            };
        )*

        #[cfg(test)]
        pub(crate) const STATEMENTS: &[$crate::sql::Statement] = &[$($name),*];
    };
}
pub(crate) use statements;

/// Every statement there is.
#[cfg(test)]
pub(crate) fn all() -> Vec<Statement> {
    [
        crate::activity::STATEMENTS,
        crate::aggregate::STATEMENTS,
        crate::apply::STATEMENTS,
        crate::listing::STATEMENTS,
        crate::log::audit::STATEMENTS,
        crate::log::entries::STATEMENTS,
        crate::log::tiles::STATEMENTS,
        crate::lookup::STATEMENTS,
        crate::migrate::STATEMENTS,
        crate::record::STATEMENTS,
        crate::tenant::account::STATEMENTS,
        crate::tenant::member::STATEMENTS,
        crate::tenant::aggregate::STATEMENTS,
        crate::tenant::ceremony::STATEMENTS,
        crate::tenant::event::STATEMENTS,
        crate::tenant::idempotency::STATEMENTS,
        crate::tenant::passkey::STATEMENTS,
        crate::tenant::sending::STATEMENTS,
        crate::tenant::stamp::STATEMENTS,
        crate::tenant::transaction::STATEMENTS,
        crate::tenant::user::STATEMENTS,
        crate::wallet_account::STATEMENTS,
    ]
    .concat()
}

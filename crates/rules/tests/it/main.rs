//! The rules from outside: real stamps in, decisions out.

mod decide;
mod documents;
mod matrix;
mod world;

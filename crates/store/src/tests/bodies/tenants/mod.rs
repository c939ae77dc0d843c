//! Tenants and what is in them.

mod accounts;
mod ceremonies;
mod events;
mod filters;
mod idempotency;
mod keeping;
mod members;
mod sendings;
mod stamps;
mod transactions;
mod walls;
mod warm;

pub(in crate::tests) use accounts::*;
pub(in crate::tests) use ceremonies::*;
pub(in crate::tests) use events::*;
pub(in crate::tests) use filters::*;
pub(in crate::tests) use idempotency::*;
pub(in crate::tests) use keeping::*;
pub(in crate::tests) use members::*;
pub(in crate::tests) use sendings::*;
pub(in crate::tests) use stamps::*;
pub(in crate::tests) use transactions::*;
pub(in crate::tests) use walls::*;
pub(in crate::tests) use warm::*;

use std::future::Future;

use crate::RecordError;

/// Does a hundred things at once; how many were done, the rest having met a conflict.
async fn done_of_a_hundred<F>(doing: impl Fn() -> F) -> usize
where
    F: Future<Output = Result<(), RecordError>> + Send + 'static,
{
    let doings: Vec<_> = (0..100).map(|_| tokio::spawn(doing())).collect();
    let mut done = 0;
    for doing in doings {
        match doing.await.unwrap() {
            Ok(()) => done += 1,
            Err(RecordError::Conflict) => {}
            Err(error) => panic!("{error:?}"),
        }
    }
    done
}

fn is_conflict(answer: &Result<(), RecordError>) -> bool {
    matches!(answer, Err(RecordError::Conflict))
}

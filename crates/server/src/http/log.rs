//! The log's public face: checkpoint and hash tiles (C2SP tlog-tiles).
//!
//! Tiles hold hashes of salted commitments only; entries are for those who may read the
//! organisation, who get them as receipts.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

type Shared = Arc<super::State>;

pub(super) fn routes() -> Router<Shared> {
    Router::new()
        .route("/log/checkpoint", get(checkpoint))
        .route("/log/key", get(key))
        .route("/log/tile/{level}/{*index}", get(tile))
}

async fn checkpoint(State(state): State<Shared>) -> Response {
    match state.engine.checkpoint().await {
        Ok(note) => text(note),
        Err(error) => {
            tracing::error!(%error, "no checkpoint");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}

/// The key checkpoints are signed with, in the form verifiers take.
async fn key(State(state): State<Shared>) -> Response {
    text(state.engine.log_verifier_key() + "\n")
}

async fn tile(
    State(state): State<Shared>,
    Path((level, index)): Path<(String, String)>,
) -> Response {
    let Some(tile) = Tile::parse(&level, &index) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    match state
        .engine
        .store()
        .tile(tile.level, tile.index, tile.width)
        .await
    {
        Ok(Some(hashes)) => {
            ([(header::CONTENT_TYPE, "application/octet-stream")], hashes).into_response()
        }
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Err(error) => {
            tracing::error!(%error, "no tile");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}

fn text(body: String) -> Response {
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], body).into_response()
}

/// Which hashes of the log a path means.
#[derive(Debug, PartialEq, Eq)]
struct Tile {
    level: u8,
    index: u64,
    /// 1 to 256 hashes; fewer than 256 is a partial tile.
    width: u16,
}

impl Tile {
    /// `<L>/<N>[.p/<W>]`, where N is groups of three digits, all but the last behind an `x`:
    /// 1234067 is `x001/x234/067`. One spelling for each tile.
    fn parse(level: &str, index: &str) -> Option<Self> {
        let (index, width) = match index.split_once(".p/") {
            None => (index, 256),
            Some((index, width)) => {
                let width = decimal(width).filter(|width| (1..256).contains(width))?;
                (index, u16::try_from(width).ok()?)
            }
        };
        let level = decimal(level).filter(|level| *level <= 63)?;
        Some(Self {
            level: u8::try_from(level).ok()?,
            index: number(index)?,
            width,
        })
    }
}

/// The number in groups of three digits.
fn number(text: &str) -> Option<u64> {
    let mut groups = text.split('/').rev();
    let last = groups.next()?;
    let mut number = three(last)?;
    let mut weight = 1000_u64;
    let mut first = last;
    for group in groups {
        first = group.strip_prefix('x')?;
        number = three(first)?.checked_mul(weight)?.checked_add(number)?;
        weight = weight.checked_mul(1000)?;
    }
    // No leading groups of zeros.
    (first != "000" || text == "000").then_some(number)
}

fn three(digits: &str) -> Option<u64> {
    (digits.len() == 3 && digits.bytes().all(|b| b.is_ascii_digit()))
        .then(|| digits.parse().ok())
        .flatten()
}

fn decimal(text: &str) -> Option<u64> {
    let plain = text == "0"
        || (!text.starts_with('0') && !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()));
    plain.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_tiles_have_one_spelling() {
        let tile = |level, index, width| {
            Some(Tile {
                level,
                index,
                width,
            })
        };
        for (level, index, expected) in [
            ("0", "000", tile(0, 0, 256)),
            ("1", "067.p/8", tile(1, 67, 8)),
            ("0", "x001/x234/067", tile(0, 1_234_067, 256)),
            ("0", "x001/000", tile(0, 1000, 256)),
            ("00", "000", None),
            ("64", "000", None),
            ("0", "0", None),
            ("0", "x000/001", None),
            ("0", "001/067", None),
            ("0", "067.p/0", None),
            ("0", "067.p/256", None),
            ("0", "067.p/08", None),
            ("data", "000", None),
        ] {
            assert_eq!(Tile::parse(level, index), expected, "{level}/{index}");
        }
    }
}

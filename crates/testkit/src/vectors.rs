//! Reads the vector files under `vectors/`, which other languages read as well.

use std::fs;
use std::path::PathBuf;

use serde::de::DeserializeOwned;

/// Where a vector file lies, by its path under `vectors/`.
pub fn path(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../vectors")).join(name)
}

/// Reads a vector file of JSON.
///
/// # Panics
///
/// If it is missing or has another shape: a test cannot go on without its data.
pub fn read<T: DeserializeOwned>(name: &str) -> T {
    let path = path(name);
    let text =
        fs::read(&path).unwrap_or_else(|error| panic!("cannot read {}: {error}", path.display()));
    serde_json::from_slice(&text)
        .unwrap_or_else(|error| panic!("{} has another shape: {error}", path.display()))
}

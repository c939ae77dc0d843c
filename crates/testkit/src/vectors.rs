//! Reads the vector files under `vectors/`, which other languages read as well.

use std::fs;
use std::path::PathBuf;

use serde::Deserialize;
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

/// An address, and what it may be for a tenant that lists its own.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Address {
    /// What is done to the tenant's address to get it.
    pub trick: String,
    /// The address.
    pub address: String,
    /// Whether a tenant may list it as a page of its own.
    pub page: bool,
    /// Whether a tenant may list it as a way back.
    pub back: bool,
    /// Whether it is what the tenant lists: its origin with `/back`.
    #[serde(default)]
    pub opens: bool,
}

/// Addresses that are, or may be taken for, those of a tenant whose pages are at `origin`.
pub fn addresses(origin: &str) -> Vec<Address> {
    let host = origin.split_once("//").map_or(origin, |(_, host)| host);
    let name = host.split(':').next().unwrap_or(host);
    let mut rows: Vec<Address> = read("tenants/addresses.json");
    for row in &mut rows {
        let address = row.address.replace("{origin}", origin);
        row.address = address.replace("{host}", host).replace("{name}", name);
    }
    rows
}

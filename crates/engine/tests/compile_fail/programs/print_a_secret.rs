//! Fails with: E0277

use vault::{ApiKeyPair, LogKey, RootKey};

pub fn root(key: &RootKey) -> String {
    format!("{key:?}")
}

pub fn log(key: &LogKey) -> String {
    format!("{key:?}")
}

pub fn api(key: &ApiKeyPair) -> String {
    format!("{key}")
}

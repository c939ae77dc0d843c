//! Fails with: E0277

use vault::{ApiKeyPair, LogKey, RootKey};

pub fn root(key: &RootKey) -> RootKey {
    RootKey::clone(key)
}

pub fn log(key: &LogKey) -> LogKey {
    LogKey::clone(key)
}

pub fn api(key: &ApiKeyPair) -> ApiKeyPair {
    ApiKeyPair::clone(key)
}

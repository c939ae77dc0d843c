//! Calls to other servers: TLS by rustls over the one cryptographic library of this house.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use ureq::Agent;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, TlsProvider};

/// An agent that follows no redirect, uses no proxy and reports 4xx and 5xx like any answer.
/// Trusts the public certificates, or only those in `ca_file`.
pub fn agent(ca_file: Option<&Path>) -> anyhow::Result<Agent> {
    agent_within(ca_file, Duration::from_secs(30))
}

/// The same, giving up when a call has taken so long from the first packet to the last.
pub fn agent_within(ca_file: Option<&Path>, patience: Duration) -> anyhow::Result<Agent> {
    let roots = match ca_file {
        None => RootCerts::WebPki,
        Some(path) => RootCerts::Specific(Arc::new(certificates(path)?)),
    };
    let tls = TlsConfig::builder()
        .provider(TlsProvider::Rustls)
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .root_certs(roots)
        .build();
    let config = Agent::config_builder()
        .tls_config(tls)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .http_status_as_error(false)
        .proxy(None)
        .timeout_global(Some(patience))
        .build();
    Ok(config.new_agent())
}

fn certificates(path: &Path) -> anyhow::Result<Vec<Certificate<'static>>> {
    let text = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let found: Vec<_> = ureq::tls::parse_pem(&text)
        .filter_map(|item| match item {
            Ok(PemItem::Certificate(certificate)) => Some(certificate),
            _ => None,
        })
        .collect();
    anyhow::ensure!(
        !found.is_empty(),
        "there is no certificate in {}",
        path.display()
    );
    Ok(found)
}

//! What the server says about itself: lines of log and numbers for Prometheus.
//!
//! Neither has request bodies, secrets, or names of tenants (threats T105, T142). Numbers are
//! served on a listener of their own.

use std::io::IsTerminal;

use anyhow::Context;
use axum::Router;
use axum::http::header;
use axum::routing::get;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tracing::Metadata;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::{LogConfig, LogFormat};

/// Starts the log on standard error. Once per process.
pub fn start_log(config: &LogConfig) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(format!("{QUIET},{}", config.level))
        .with_context(|| format!("log level {:?} is not understood", config.level))?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    let on_terminal = std::io::stderr().is_terminal();
    let for_people = match config.format {
        LogFormat::Auto => on_terminal,
        LogFormat::Human => true,
        LogFormat::Json => false,
    };
    let started = if for_people {
        // https://no-color.org: any value but the empty one turns colours off.
        let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        builder
            .with_ansi(on_terminal && !no_color)
            .with_target(false)
            .finish()
            .with(filter_fn(may_be_told))
            .try_init()
    } else {
        let lines = builder.json().flatten_event(true).finish();
        lines.with(filter_fn(may_be_told)).try_init()
    };
    started.map_err(|error| anyhow::anyhow!("the log was started twice: {error}"))
}

/// What PostgreSQL notes in passing is no news, unless the level asks for it by name.
const QUIET: &str = "postgres=warn,tokio_postgres=warn";

/// The HTTP client notes whole addresses and every byte it sends when it is asked for traces, and
/// keys of ours travel in both. So it is not heard at any level.
fn may_be_told(metadata: &Metadata<'_>) -> bool {
    !metadata.target().starts_with("ureq")
}

/// Starts counting. Once per process.
pub fn start_metrics() -> anyhow::Result<PrometheusHandle> {
    let handle = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), SECONDS)?
        .set_buckets_for_metric(Matcher::Suffix("_size".to_owned()), SIZES)?
        .install_recorder()?;
    describe();
    metrics::gauge!("zegel_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
    Ok(handle)
}

/// The one page of the metrics listener.
pub(crate) fn metrics_page(handle: PrometheusHandle) -> Router {
    let text = [(
        header::CONTENT_TYPE,
        "text/plain; version=0.0.4; charset=utf-8",
    )];
    let page = move || async move {
        handle.run_upkeep();
        (text, handle.render())
    };
    Router::new().route("/metrics", get(page))
}

/// From a tenth of a millisecond, where stamps are verified, to where people give up.
const SECONDS: &[f64] = &[
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5,
    10.0,
];

const SIZES: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];

fn describe() {
    use metrics::{describe_counter, describe_gauge, describe_histogram};
    describe_gauge!("zegel_build_info", "Always 1; the label tells the version.");
    describe_gauge!("zegel_connections", "Open connections.");
    describe_counter!(
        "zegel_requests_total",
        "Requests answered, by endpoint and status."
    );
    describe_histogram!(
        "zegel_request_seconds",
        "From the head of a request to its answer."
    );
    describe_counter!(
        "zegel_conflicts_total",
        "Decisions taken anew because facts had changed."
    );
    describe_histogram!("zegel_commit_seconds", "One durable commit of the store.");
    describe_histogram!(
        "zegel_group_commit_size",
        "How many activities shared a commit."
    );
    describe_gauge!("zegel_log_tree_size", "Outcomes in the transparency log.");
    describe_counter!(
        "zegel_solana_calls_total",
        "Calls of a Solana node, by environment, method and result."
    );
    describe_histogram!(
        "zegel_solana_call_seconds",
        "A call of a Solana node, with the wait for its turn."
    );
    describe_gauge!(
        "zegel_solana_payer_lamports",
        "What whoever pays the fees of an environment has left."
    );
}

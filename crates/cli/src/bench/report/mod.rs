//! What was measured, for people and for machines.

mod ceremonies;
mod signatures;

use std::time::Duration;

use serde_json::{Value, json};

use super::ceremonies::Ceremonies;
use super::crashes::Recovery;
use super::load::Measured;
use super::raw::Raw;
use super::signatures::Signatures;
use crate::output::Output;

/// Everything that was measured.
pub struct Report {
    /// Whether the numbers mean anything.
    pub is_release: bool,
    /// The yardsticks.
    pub raw: Raw,
    /// H1 to H3.
    pub signatures: Option<Signatures>,
    /// H4.
    pub ceremonies: Option<Ceremonies>,
    /// H8.
    pub recovery: Option<Recovery>,
    /// Outcomes in the whole log, which was checked.
    pub outcomes: u64,
    /// What it takes.
    pub footprint: Footprint,
}

/// What the server takes.
pub struct Footprint {
    /// From start to ready, with nothing stored.
    pub ready_after: Duration,
    /// Resident bytes before the load.
    pub idle: Option<u64>,
    /// Resident bytes after it.
    pub loaded: Option<u64>,
    /// Bytes of the binary.
    pub binary: u64,
}

impl Report {
    /// For machines.
    pub fn to_json(&self) -> Value {
        let Raw {
            p256,
            api_key_stamp,
            passkey_stamp,
            fdatasync,
        } = &self.raw;
        let mut told = json!({
            "release": self.is_release,
            "raw": { "p256VerifyPerSecond": p256, "fdatasyncPerSecond": fdatasync },
            "stampVerify": {
                "apiKeyPerSecond": api_key_stamp,
                "apiKeyShareOfRaw": api_key_stamp / p256,
                "passkeyPerSecond": passkey_stamp,
                "passkeyShareOfRaw": passkey_stamp / p256,
            },
            "h9": {
                "readyAfterMs": milliseconds(self.footprint.ready_after),
                "residentIdleBytes": self.footprint.idle,
                "residentLoadedBytes": self.footprint.loaded,
                "binaryBytes": self.footprint.binary,
            },
            "outcomesChecked": self.outcomes,
        });
        if let Some(measured) = &self.signatures {
            signatures::add_json(&mut told, measured, &self.raw);
        }
        if let Some(measured) = &self.ceremonies {
            told["h4"] = ceremonies::to_json(measured, &self.raw);
        }
        if let Some(recovery) = &self.recovery {
            told["h8"] = signatures::recovery_json(recovery);
        }
        told
    }

    /// For people.
    pub fn to_text(&self, out: Output) -> String {
        let mut lines = Vec::new();
        if !self.is_release {
            lines.push(out.warning("This is not a release build: the numbers say little."));
            lines.push(String::new());
        }
        lines.extend(yardsticks(&self.raw, out));
        if let Some(measured) = &self.signatures {
            lines.extend(signatures::text(measured, &self.raw, out));
        }
        if let Some(measured) = &self.ceremonies {
            lines.extend(ceremonies::text(measured, &self.raw, out));
        }
        if let Some(recovery) = &self.recovery {
            lines.extend(signatures::recovery_text(recovery, out));
        }
        lines.extend([
            String::new(),
            out.bold("H9  Footprint"),
            format!(
                "  ready after {:.0} ms; {} idle, {} after the load; binary {}",
                milliseconds(self.footprint.ready_after),
                megabytes(self.footprint.idle),
                megabytes(self.footprint.loaded),
                megabytes(Some(self.footprint.binary)),
            ),
            String::new(),
            format!("{} outcomes in the log, all checked", self.outcomes),
        ]);
        lines.join("\n")
    }
}

fn yardsticks(raw: &Raw, out: Output) -> Vec<String> {
    let Raw {
        p256,
        api_key_stamp,
        passkey_stamp,
        fdatasync,
    } = raw;
    vec![
        out.bold("By themselves, on one core"),
        format!("  P-256 verify, key parsed before   {p256:>9.0}/s"),
        format!(
            "  API-key stamp, header to proof    {api_key_stamp:>9.0}/s   {:.0} % of it",
            100.0 * api_key_stamp / p256
        ),
        format!(
            "  passkey stamp, header to proof    {passkey_stamp:>9.0}/s   {:.0} % of it",
            100.0 * passkey_stamp / p256
        ),
        format!("  fdatasync after 4 KiB             {fdatasync:>9.0}/s"),
    ]
}

/// One measurement, for machines.
fn figure(kind: &str, measured: &Measured, raw: &Raw) -> Value {
    json!({
        "loop": kind,
        "perSecond": measured.rate(),
        "requests": measured.latencies.len(),
        "seconds": measured.elapsed.as_secs_f64(),
        "p50Ms": milliseconds(measured.quantile(0.5)),
        "p99Ms": milliseconds(measured.quantile(0.99)),
        "p999Ms": milliseconds(measured.quantile(0.999)),
        "maxMs": milliseconds(measured.quantile(1.0)),
        "shareOfRawVerify": measured.rate() / raw.p256,
        "perFdatasync": measured.rate() / raw.fdatasync,
        "processorUs": measured.processor_each().map(|each| json!({
            "server": microseconds(each.server),
            "client": microseconds(each.client),
        })),
    })
}

/// One measurement, for people.
fn row(title: &str, measured: &Measured, raw: &Raw) -> String {
    let processor = measured.processor_each().map_or_else(String::new, |each| {
        let (server, client) = (microseconds(each.server), microseconds(each.client));
        format!("; processor {server:.0} µs in the server, {client:.0} µs in the client")
    });
    format!(
        "  {title:<37} {:>7.0}/s   p50 {:.2} ms   p99 {:.2} ms   p99.9 {:.2} ms   {:.0} % of raw \
         verify, {:.1} × fdatasync{processor}",
        measured.rate(),
        milliseconds(measured.quantile(0.5)),
        milliseconds(measured.quantile(0.99)),
        milliseconds(measured.quantile(0.999)),
        100.0 * measured.rate() / raw.p256,
        measured.rate() / raw.fdatasync,
    )
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

fn microseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

fn megabytes(bytes: Option<u64>) -> String {
    bytes.map_or_else(
        || "?".to_owned(),
        |bytes| format!("{:.1} MB", bytes as f64 / 1e6),
    )
}

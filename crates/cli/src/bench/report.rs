//! What was measured, for people and for machines.

use std::time::Duration;

use serde_json::{Value, json};

use super::load::Measured;
use super::population::Size;
use super::raw::Raw;
use crate::output::Output;

/// Everything that was measured.
pub struct Report {
    /// Whether the numbers mean anything.
    pub is_release: bool,
    /// How many connections kept the server busy.
    pub connections: usize,
    /// Arrivals a second in the open loop.
    pub rate: u32,
    /// Who was there.
    pub size: Size,
    /// The yardsticks.
    pub raw: Raw,
    /// Durable signatures, API-key stamps.
    pub h1: Measured,
    /// How many of their signatures were verified.
    pub verified: usize,
    /// The same in an open loop.
    pub h1_paced: Measured,
    /// One at a time.
    pub h2: Measured,
    /// Durable signatures, passkey stamps.
    pub h3: Measured,
    /// After a crash.
    pub recovery: Recovery,
    /// What it takes.
    pub footprint: Footprint,
}

/// What came back after the process was killed under load.
#[derive(Default)]
pub struct Recovery {
    /// How often it was killed.
    pub crashes: u64,
    /// Answered 200 before a crash.
    pub acknowledged: u64,
    /// In the log afterwards.
    pub found: u64,
    /// From start to ready, the longest.
    pub ready_after: Duration,
    /// Outcomes in the whole log, which was checked.
    pub outcomes: u64,
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
        json!({
            "release": self.is_release,
            "connections": self.connections,
            "subOrganizations": self.size.organisations,
            "walletsEach": self.size.wallets,
            "raw": { "p256VerifyPerSecond": p256, "fdatasyncPerSecond": fdatasync },
            "stampVerify": {
                "apiKeyPerSecond": api_key_stamp,
                "apiKeyShareOfRaw": api_key_stamp / p256,
                "passkeyPerSecond": passkey_stamp,
                "passkeyShareOfRaw": passkey_stamp / p256,
            },
            "h1": self.measured("closed", &self.h1),
            "h1AtRate": self.measured("open", &self.h1_paced),
            "rate": self.rate,
            "h1SignaturesVerified": self.verified,
            "h2": self.measured("closed", &self.h2),
            "h3": self.measured("closed", &self.h3),
            "h8": {
                "crashes": self.recovery.crashes,
                "acknowledged": self.recovery.acknowledged,
                "found": self.recovery.found,
                "lost": 0,
                "twice": 0,
                "readyAfterMs": milliseconds(self.recovery.ready_after),
                "outcomesChecked": self.recovery.outcomes,
            },
            "h9": {
                "readyAfterMs": milliseconds(self.footprint.ready_after),
                "residentIdleBytes": self.footprint.idle,
                "residentLoadedBytes": self.footprint.loaded,
                "binaryBytes": self.footprint.binary,
            },
        })
    }

    fn measured(&self, kind: &str, measured: &Measured) -> Value {
        json!({
            "loop": kind,
            "perSecond": measured.rate(),
            "requests": measured.latencies.len(),
            "seconds": measured.elapsed.as_secs_f64(),
            "p50Ms": milliseconds(measured.quantile(0.5)),
            "p99Ms": milliseconds(measured.quantile(0.99)),
            "p999Ms": milliseconds(measured.quantile(0.999)),
            "maxMs": milliseconds(measured.quantile(1.0)),
            "shareOfRawVerify": measured.rate() / self.raw.p256,
            "perFdatasync": measured.rate() / self.raw.fdatasync,
            "processorUs": measured.processor_each().map(|each| json!({
                "server": microseconds(each.server),
                "client": microseconds(each.client),
            })),
        })
    }

    /// For people.
    pub fn to_text(&self, out: Output) -> String {
        let Raw {
            p256,
            api_key_stamp,
            passkey_stamp,
            fdatasync,
        } = &self.raw;
        let mut lines = Vec::new();
        if !self.is_release {
            lines.push(out.warning("This is not a release build: the numbers say little."));
            lines.push(String::new());
        }
        lines.extend([
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
            String::new(),
            out.bold(&format!(
                "Durable, {} sub-organisations of {} wallets; closed loop, {} connections; client \
                 and server share the cores",
                self.size.organisations, self.size.wallets, self.connections
            )),
            self.row("H1  signatures, API-key stamps", &self.h1),
            self.row(
                &format!("    open loop, {} arrivals/s", self.rate),
                &self.h1_paced,
            ),
            self.row("H3  signatures, passkey stamps", &self.h3),
            self.row("H2  one at a time", &self.h2),
            format!(
                "  {} signatures of H1 recovered by libsecp256k1 to the right address",
                self.verified
            ),
            String::new(),
            out.bold("H8  Killed under load"),
            format!(
                "  {} times; acknowledged {}, found {}; lost 0, run twice 0; ready again after \
                 {:.0} ms; {} outcomes checked",
                self.recovery.crashes,
                self.recovery.acknowledged,
                self.recovery.found,
                milliseconds(self.recovery.ready_after),
                self.recovery.outcomes
            ),
            String::new(),
            out.bold("H9  Footprint"),
            format!(
                "  ready after {:.0} ms; {} idle, {} after the load; binary {}",
                milliseconds(self.footprint.ready_after),
                megabytes(self.footprint.idle),
                megabytes(self.footprint.loaded),
                megabytes(Some(self.footprint.binary)),
            ),
        ]);
        lines.join("\n")
    }

    fn row(&self, title: &str, measured: &Measured) -> String {
        let processor = measured.processor_each().map_or_else(String::new, |each| {
            let (server, client) = (microseconds(each.server), microseconds(each.client));
            format!("; processor {server:.0} µs in the server, {client:.0} µs in the client")
        });
        format!(
            "  {title:<31} {:>7.0}/s   p50 {:.2} ms   p99 {:.2} ms   p99.9 {:.2} ms   {:.0} % of raw \
             verify, {:.1} × fdatasync{processor}",
            measured.rate(),
            milliseconds(measured.quantile(0.5)),
            milliseconds(measured.quantile(0.99)),
            milliseconds(measured.quantile(0.999)),
            100.0 * measured.rate() / self.raw.p256,
            measured.rate() / self.raw.fdatasync,
        )
    }
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

//! The payer's balance over time.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use metrics_exporter_prometheus::PrometheusBuilder;
use serde_json::{Value, json};
use tokio::sync::watch;
use wire::environment::Environment;
use wire::solana::program;

use super::stub::Says;
use super::{ADDRESS, Stub};
use crate::solana::payer::{self, Payer};

/// Collects the lines of the log.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn the_balance_is_a_number_for_prometheus_and_a_warning_when_it_is_low() {
    let (stopping, stopped) = watch::channel(false);
    let asked = AtomicUsize::new(0);
    let stub = Stub::new(move |_| {
        let account = |lamports: u64| json!({ "data": ["", "base64"], "lamports": lamports, "owner": program::SYSTEM });
        let value = match asked.fetch_add(1, Ordering::Relaxed) {
            0 => account(100),
            // There is no account without lamports.
            1 | 2 => Value::Null,
            3 => account(7_000_000_000),
            _ => {
                stopping.send_replace(true);
                account(7_000_000_000)
            }
        };
        Says::Result(json!({ "context": { "slot": 500 }, "value": value }))
    });
    let log = Log::default();
    let lines = log.clone();
    let subscriber = tracing_subscriber::fmt().with_writer(move || lines.clone());
    let _log = tracing::subscriber::set_default(subscriber.with_ansi(false).finish());
    let recorder = PrometheusBuilder::new().build_recorder();
    let _numbers = metrics::set_default_local_recorder(&recorder);
    let payer = Payer {
        environment: Environment::Devnet,
        address: ADDRESS,
        chain: Arc::new(stub.chain()),
        min_lamports: 100,
    };
    let began = tokio::time::Instant::now();
    payer::watch(payer, stopped).await;
    assert_eq!(began.elapsed().as_secs(), 4 * 30);
    let page = recorder.handle().render();
    let gauge = "zegel_solana_payer_lamports{environment=\"devnet\"} 7000000000";
    assert!(page.contains(gauge), "{page}");
    let calls = "method=\"getAccountInfo\",result=\"ok\"} ";
    assert!(page.contains(calls), "{page}");
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let [low, enough] = log.lines().collect::<Vec<_>>().try_into().unwrap();
    assert!(
        low.contains("WARN") && low.contains("lamports=0 min=100"),
        "{low}"
    );
    assert!(
        enough.contains("INFO") && enough.contains("has enough again"),
        "{enough}"
    );
    for line in [low, enough] {
        assert!(
            line.contains("devnet") && line.contains(&ADDRESS.to_string()),
            "{line}"
        );
    }
}

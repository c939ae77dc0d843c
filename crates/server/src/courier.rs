//! Goes on with transactions that nobody sees through any more: whoever began may have been
//! interrupted, on this server or on another one.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::http::State;

/// How often it is looked whether there are any.
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// How long one is tried before it is looked again: a chain that is silent must not keep the
/// transactions for others waiting.
const PATIENCE: Duration = Duration::from_secs(60);

/// Looks after forgotten transactions until the server stops. The first look is at once: what was
/// under way when the server stopped last has waited long enough.
pub(crate) async fn run(state: Arc<State>, mut stopping: watch::Receiver<bool>) {
    loop {
        tokio::select! {
            () = round(&state) => {}
            _ = stopping.wait_for(|stopping| *stopping) => return,
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            _ = stopping.wait_for(|stopping| *stopping) => return,
        }
    }
}

async fn round(state: &Arc<State>) {
    let forgotten = match state.engine.forgotten().await {
        Ok(forgotten) => forgotten,
        Err(error) => {
            tracing::warn!(%error, "transactions under way could not be looked for");
            return;
        }
    };
    let mut deliveries = JoinSet::new();
    for (tenant, signature) in forgotten {
        let state = Arc::clone(state);
        deliveries.spawn(async move {
            let delivery = state.engine.deliver(tenant, &signature);
            match tokio::time::timeout(PATIENCE, delivery).await {
                Ok(Ok(_)) => tracing::info!(%tenant, "a forgotten transaction was seen through"),
                Ok(Err(error)) => {
                    tracing::warn!(%error, %tenant, "a transaction is not seen through");
                }
                // It is looked at again in the next round.
                Err(_) => {}
            }
        });
    }
    while deliveries.join_next().await.is_some() {}
}

//! Whether whoever pays the fees still can.

use std::sync::Arc;
use std::time::Duration;

use engine::chain::{Chain, ChainError};
use tokio::sync::watch;
use tokio::task::JoinSet;
use wire::environment::Environment;
use wire::solana::Address;

/// Whoever pays the fees on one network.
pub(crate) struct Payer {
    pub(crate) environment: Environment,
    pub(crate) address: Address,
    pub(crate) chain: Arc<dyn Chain>,
    /// With less, the operator is warned.
    pub(crate) min_lamports: u64,
}

/// How often the balance is looked at.
const EVERY: Duration = Duration::from_secs(30);

/// Tells the operator how all payers stand, until the server stops.
pub(crate) async fn watch_all(payers: Vec<Payer>, stopping: watch::Receiver<bool>) {
    let payers = payers.into_iter();
    let watches: JoinSet<()> = payers.map(|it| watch(it, stopping.clone())).collect();
    watches.join_all().await;
}

/// Tells the operator how one payer stands.
pub(super) async fn watch(payer: Payer, mut stopping: watch::Receiver<bool>) {
    let mut standing = Standing::default();
    loop {
        tokio::select! {
            balance = payer.balance() => payer.tell(standing.news(balance, payer.min_lamports)),
            _ = stopping.wait_for(|stopping| *stopping) => return,
        }
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            _ = stopping.wait_for(|stopping| *stopping) => return,
        }
    }
}

impl Payer {
    async fn balance(&self) -> Result<u64, ChainError> {
        let account = self.chain.account(&self.address).await?;
        // An account without lamports is none.
        let lamports = account.map_or(0, |account| account.lamports);
        metrics::gauge!("zegel_solana_payer_lamports", "environment" => self.environment.name())
            .set(lamports as f64);
        Ok(lamports)
    }

    fn tell(&self, news: Option<News>) {
        let (environment, payer) = (self.environment.name(), self.address.to_string());
        match news {
            None => {}
            Some(News::Low(lamports)) => tracing::warn!(
                environment,
                payer,
                lamports,
                min = self.min_lamports,
                "whoever pays the fees is running out of lamports; send some"
            ),
            Some(News::Enough(lamports)) => tracing::info!(
                environment,
                payer,
                lamports,
                "whoever pays the fees has enough again"
            ),
            Some(News::Silent(error)) => {
                tracing::warn!(environment, payer, %error, "the payer's balance cannot be read");
            }
            Some(News::Heard) => {
                tracing::info!(environment, payer, "the payer's balance can be read again");
            }
        }
    }
}

/// What the operator knows so far.
#[derive(Default)]
struct Standing {
    is_low: bool,
    is_silent: bool,
}

/// What the operator does not know yet.
#[derive(Debug, PartialEq, Eq)]
enum News {
    Low(u64),
    Enough(u64),
    Silent(ChainError),
    Heard,
}

impl Standing {
    fn news(&mut self, balance: Result<u64, ChainError>, min_lamports: u64) -> Option<News> {
        match balance {
            Err(error) => {
                let was_silent = std::mem::replace(&mut self.is_silent, true);
                (!was_silent).then_some(News::Silent(error))
            }
            Ok(lamports) => {
                let is_low = lamports < min_lamports;
                let was_low = std::mem::replace(&mut self.is_low, is_low);
                let was_silent = std::mem::replace(&mut self.is_silent, false);
                match (was_low, is_low) {
                    (false, true) => Some(News::Low(lamports)),
                    (true, false) => Some(News::Enough(lamports)),
                    (true, true) | (false, false) => was_silent.then_some(News::Heard),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_operator_is_told_once_per_crossing() {
        let silent = || Err(ChainError::Unreachable("nobody there".to_owned()));
        let told = || {
            Some(News::Silent(ChainError::Unreachable(
                "nobody there".to_owned(),
            )))
        };
        let mut standing = Standing::default();
        for (balance, expected) in [
            (Ok(100), None),
            (Ok(99), Some(News::Low(99))),
            (Ok(98), None),
            (silent(), told()),
            (silent(), None),
            (Ok(97), Some(News::Heard)),
            (Ok(96), None),
            (Ok(100), Some(News::Enough(100))),
            (Ok(500), None),
            (silent(), told()),
            (Ok(0), Some(News::Low(0))),
        ] {
            assert_eq!(standing.news(balance, 100), expected);
        }
    }

    #[test]
    fn a_payer_that_never_had_anything_is_told_of_at_once() {
        let mut standing = Standing::default();
        assert_eq!(standing.news(Ok(0), 1), Some(News::Low(0)));
        assert_eq!(Standing::default().news(Ok(0), 0), None);
    }
}

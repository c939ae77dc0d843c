//! The life of a server: open, greet, serve, stop.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use engine::chain::Chain;
use engine::tenants::Authenticators;
use engine::{Clock, Engine, Settings};
use metrics_exporter_prometheus::PrometheusHandle;
use store::{Location, Store};
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::watch;
use vault::{HardeningGap, Vault, harden_process};
use wire::Timestamp;
use wire::environment::Environment;
use wire::log::VerifierKey;
use wire::solana::Address;
use zeroize::Zeroizing;

use crate::aaguids::AaguidNames;
use crate::admin_url::WrittenUrl;
use crate::config::{Config, DatabaseUrl};
use crate::data_dir::{DataDir, write_private_file};
use crate::first_step::{self, Door};
use crate::http::admin::Gate;
use crate::http::{self, router};
use crate::rate_limit::RateLimits;
use crate::solana::payer::{self, Payer};
use crate::{admin_token, connections, courier, keys, solana, telemetry, trust};

/// Everything below HTTP, ready for use: what a server runs on and what `zegel init` uses alone.
pub struct Opened {
    /// The one path.
    pub engine: Engine,
    /// Where the root key is.
    pub root_key: RootKeyPlace,
    /// Where the rest is.
    pub database: String,
    /// The public half of the log's key.
    pub log_key: VerifierKey,
    /// What the system would not protect.
    pub gaps: Vec<HardeningGap>,
}

/// Where the root key is, for the operator to know.
#[derive(Clone, Debug)]
pub struct RootKeyPlace {
    /// The file.
    pub path: PathBuf,
    /// What kind of file.
    pub kind: &'static str,
    /// Whether it was made at this start.
    pub is_new: bool,
    /// Whether other users of the machine can read it.
    pub is_open_to_others: bool,
}

/// Opens store, keys and engine. The store comes first: it holds the lock on the directory, so
/// of two processes only one can get as far as making a key.
pub async fn open(config: &Config, audience: String) -> anyhow::Result<Opened> {
    let gaps = harden_process();
    let data_dir = DataDir::new(&config.data_dir);
    data_dir.make().with_context(|| {
        format!(
            "cannot make the data directory {}",
            data_dir.path().display()
        )
    })?;
    let (location, database) = location(config)?;
    // Waits on a disk or a network, and PostgreSQL's client brings a runtime of its own.
    let store = tokio::task::spawn_blocking(move || Store::open(&location)).await??;
    let database_is_empty = store.is_empty().await?;
    let root = keys::root_key(config.root_key.as_ref(), &data_dir, database_is_empty)?;
    let log_key = keys::log_key(&root.key, &data_dir, config.transparency.origin.as_deref())?;
    let verifier_key = log_key.verifier_key().clone();
    let keys::OpenedRootKey {
        key,
        place: path,
        kind,
        is_new,
        is_open_to_others,
    } = root;
    let clock = Arc::new(Clock::system());
    let settings = Settings {
        audience,
        not_before: Timestamp::from_millis(config.not_before),
    };
    let authenticators = authenticators(config, clock.now())?;
    let engine = Engine::new(store, Vault::new(key), log_key, clock, settings);
    Ok(Opened {
        engine: engine.with_authenticators(authenticators),
        root_key: RootKeyPlace {
            path,
            kind,
            is_new,
            is_open_to_others,
        },
        database,
        log_key: verifier_key,
        gaps,
    })
}

/// What models of authenticators are called, and whose attestations count.
fn authenticators(config: &Config, now: Timestamp) -> anyhow::Result<Authenticators> {
    let names = AaguidNames::open(config.aaguid_names.as_deref())?;
    Ok(Authenticators {
        name: Box::new(move |aaguid| names.name(aaguid).map(str::to_owned)),
        trust: trust::open(&config.attestation, now)?.store,
    })
}

/// Who pays on each chain, and when that is worth a warning.
fn payers(
    config: &Config,
    engine: &Engine,
    chains: &BTreeMap<Environment, Arc<dyn Chain>>,
) -> Vec<Payer> {
    let payers = engine.payers().into_iter();
    let watched = payers.filter_map(|(environment, address)| {
        Some(Payer {
            environment,
            address,
            chain: Arc::clone(chains.get(&environment)?),
            min_lamports: config
                .sessions
                .solana
                .get(&environment)?
                .min_balance_lamports,
        })
    });
    watched.collect()
}

/// Where the store is, and how to call it in front of people.
fn location(config: &Config) -> anyhow::Result<(Location, String)> {
    let url = match &config.database_file {
        None => config.database.clone(),
        Some(path) => {
            let text = std::fs::read_to_string(path)
                .with_context(|| format!("cannot read {}", path.display()))?;
            Some(DatabaseUrl::new(text.trim()))
        }
    };
    Ok(match url {
        Some(url) => (Location::Postgres(url.expose().to_owned()), url.to_string()),
        None => (
            Location::Directory(config.data_dir.clone()),
            "SQLite".to_owned(),
        ),
    })
}

/// The admin API's address is not to be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the admin API has no place; set [admin] listen to another address or to \"off\"")]
pub struct AdminUnbound;

/// A server that listens and has not yet accepted anything.
pub struct Server {
    listener: TcpListener,
    admin: Option<(TcpListener, Gate, WrittenUrl)>,
    metrics: Option<(TcpListener, PrometheusHandle)>,
    state: Arc<http::State>,
    door: Arc<Door>,
    payers: Vec<Payer>,
    greeting: Greeting,
    config: Config,
}

/// What the operator is told when a server is ready. The link is a secret: it goes to him and
/// nowhere else.
pub struct Greeting {
    /// Where it listens, as a URL.
    pub url: String,
    /// The one-time link of the first step, while there is one to take.
    pub first_step: Option<Zeroizing<String>>,
    /// Where everything is kept that is not the root key.
    pub data_dir: PathBuf,
    /// SQLite, or the address of a database without its password.
    pub database: String,
    /// Where the root key is.
    pub root_key: RootKeyPlace,
    /// The public half of the log's key.
    pub log_key: VerifierKey,
    /// Where the admin API is, if anywhere.
    pub admin: Option<AdminGreeting>,
    /// Where `/metrics` is, if anywhere.
    pub metrics_url: Option<String>,
    /// Who pays the fees, where there is a chain: the address to send lamports to.
    pub payers: Vec<(Environment, Address)>,
    /// What the system would not protect.
    pub gaps: Vec<HardeningGap>,
}

/// Where the operator's API is. Of its token only the place is told.
pub struct AdminGreeting {
    /// Its address.
    pub url: String,
    /// The token's file.
    pub token_file: PathBuf,
    /// Whether other users of the machine can read it.
    pub is_open_to_others: bool,
}

impl Server {
    /// Binds, opens everything, and keeps the door of the first step if nobody has taken it.
    pub async fn start(config: Config) -> anyhow::Result<Self> {
        config.check()?;
        let chains = solana::networks(&config.sessions)?;
        solana::refuse_others(&config.sessions).await?;
        connections::raise_file_limit();
        // First, so that a port in use leaves no trace on the disk.
        let listener = bind(config.listen)?;
        let address = listener.local_addr()?;
        let url = config
            .public_url
            .clone()
            .unwrap_or_else(|| format!("http://{address}"));
        let admin = match config.admin.place(config.listen) {
            Some(place) => Some(bind(place).context(AdminUnbound)?),
            None => None,
        };
        let metrics = match config.metrics.listen {
            Some(place) => Some((bind(place)?, telemetry::start_metrics()?)),
            None => None,
        };
        let Opened {
            engine,
            root_key,
            database,
            log_key,
            gaps,
        } = open(&config, url.clone()).await?;
        let engine = engine.with_chains(chains.clone()).await?;
        let payers = payers(&config, &engine, &chains);
        let data_dir = DataDir::new(&config.data_dir);
        let is_untouched = engine.is_untouched().await?;
        let (door, first_step) = door(
            &data_dir,
            is_untouched,
            address,
            &page_url(&config, address),
        )
        .context("the first-step link cannot be written")?;
        let admin = match admin {
            Some(listener) => Some(admin_door(&config, &data_dir, listener)?),
            None => None,
        };
        let (admin, admin_greeting) = admin.unzip();
        let metrics_url = match &metrics {
            Some((listener, _)) => Some(format!("http://{}/metrics", listener.local_addr()?)),
            None => None,
        };
        let public_url = page_url(&config, address);
        let greeting = Greeting {
            url,
            first_step,
            data_dir: config.data_dir.clone(),
            database,
            root_key,
            log_key,
            admin: admin_greeting,
            metrics_url,
            payers: engine.payers(),
            gaps,
        };
        let state = Arc::new(http::State {
            engine,
            limits: config.limits.intake(),
            tenants: http::tenants::Doors {
                public_url,
                trusted_proxies: config.trusted_proxies.clone(),
                rates: RateLimits::new(&config.rate_limits),
                well_known: config.well_known.clone(),
                min_balances: config.sessions.min_balances(),
            },
        });
        Ok(Self {
            listener,
            admin,
            metrics,
            state,
            door: Arc::new(door),
            payers,
            greeting,
            config,
        })
    }

    /// What to tell the operator.
    pub fn greeting(&self) -> &Greeting {
        &self.greeting
    }

    /// Serves until `stop` resolves, then finishes what was accepted.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let Self {
            listener,
            admin,
            metrics,
            state,
            door,
            payers,
            greeting,
            config,
        } = self;
        tracing::info!(url = greeting.url, "ready");
        for gap in &greeting.gaps {
            tracing::warn!("not protected: {gap}");
        }
        // The link has been shown; nothing needs to keep it.
        drop(greeting);
        let pages = http::confirm::Setup {
            state: Arc::clone(&state),
            public_origin: config.public_url.as_deref().and_then(origin),
        };
        let routes = router(Arc::clone(&state))
            .merge(first_step::routes(Arc::clone(&door), Arc::clone(&state)))
            .merge(http::confirm::routes(pages.clone()))
            .merge(http::session_pages::routes(pages));
        let (stopping, _) = watch::channel(false);
        let metrics = metrics.map(|(listener, handle)| {
            let page = telemetry::metrics_page(handle);
            let (limits, stopped) = (config.limits.clone(), stopped(stopping.subscribe()));
            tokio::spawn(async move {
                connections::serve(listener, page, &limits, stopped).await;
            })
        });
        let (admin, written_url) = match admin {
            Some((listener, gate, written)) => (Some((listener, gate)), Some(written)),
            None => (None, None),
        };
        let admin = admin.map(|(listener, gate)| {
            let routes = http::admin::router(Arc::clone(&state), gate);
            let (limits, stopped) = (config.limits.clone(), stopped(stopping.subscribe()));
            tokio::spawn(async move {
                connections::serve(listener, routes, &limits, stopped).await;
            })
        });
        let sweeper = tokio::spawn(sweep(Arc::clone(&state), stopping.subscribe()));
        let courier = tokio::spawn(courier::run(Arc::clone(&state), stopping.subscribe()));
        let watcher = tokio::spawn(payer::watch_all(payers, stopping.subscribe()));
        connections::serve(listener, routes, &config.limits, stop).await;
        stopping.send_replace(true);
        for (name, task) in [
            ("sweeper", sweeper),
            ("courier", courier),
            ("payers' watcher", watcher),
        ] {
            if task.await.is_err() {
                tracing::error!("the {name} panicked");
            }
        }
        for (name, task) in [("admin", admin), ("metrics", metrics)] {
            if let Some(task) = task
                && task.await.is_err()
            {
                tracing::error!("the {name} listener panicked");
            }
        }
        if let Some(Err(error)) = written_url.map(WrittenUrl::forget) {
            tracing::warn!(%error, "admin.url could not be removed");
        }
        door.forget_link();
        // The last reference closes the store, which waits for its writer.
        drop(state);
        tracing::info!("stopped");
    }
}

fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    let listen = || {
        let socket = match address {
            SocketAddr::V4(_) => TcpSocket::new_v4()?,
            SocketAddr::V6(_) => TcpSocket::new_v6()?,
        };
        // A server that is started anew takes its port back at once.
        #[cfg(unix)]
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        socket.listen(BACKLOG)
    };
    listen()
        .with_context(|| format!("cannot listen on {address}; is another server running there?"))
}

/// Opens the token, and writes down where the admin API is, for `zegel`'s own commands.
fn admin_door(
    config: &Config,
    data_dir: &DataDir,
    listener: TcpListener,
) -> anyhow::Result<((TcpListener, Gate, WrittenUrl), AdminGreeting)> {
    let place = config.admin.token_file.clone();
    let token = admin_token::open(&place.unwrap_or_else(|| data_dir.admin_token()))?;
    let url = format!("http://{}", reachable(listener.local_addr()?));
    let written = WrittenUrl::write(data_dir.admin_url(), url.clone())
        .context("the address of the admin API cannot be written down")?;
    let gate = Gate::new(token.hash, &config.admin.names);
    let greeting = AdminGreeting {
        url,
        token_file: token.place,
        is_open_to_others: token.is_open_to_others,
    };
    Ok(((listener, gate, written), greeting))
}

/// An address to reach a listener at from its own machine, if it listens on all of them.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(match address {
            SocketAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            SocketAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    address
}

/// Removes what has expired, until the server stops.
async fn sweep(state: Arc<http::State>, mut stopping: watch::Receiver<bool>) {
    loop {
        tokio::select! {
            _ = tokio::time::sleep(SWEEP_EVERY) => {}
            _ = stopping.wait_for(|stopping| *stopping) => return,
        }
        match state.engine.sweep().await {
            Ok(0) => {}
            Ok(swept) => tracing::debug!(swept, "removed what had expired"),
            Err(error) => tracing::warn!(%error, "what has expired could not be removed"),
        }
    }
}

/// How often what has expired is removed. It is useless the moment it expires; this is only about
/// space (threat T125).
const SWEEP_EVERY: Duration = Duration::from_secs(30);

/// Connections that wait to be accepted. A crowd that comes at once overflows the usual 128, and
/// whoever does not fit tries again only after a second.
const BACKLOG: u32 = 4096;

async fn stopped(mut stopping: watch::Receiver<bool>) {
    // An error means that the sender is gone, which is a stop as well.
    let _ = stopping.wait_for(|stopping| *stopping).await;
}

/// The address for people. Browsers refuse passkeys on a bare IP address, and `localhost` is the
/// one name that always leads here.
fn page_url(config: &Config, address: SocketAddr) -> String {
    match &config.public_url {
        Some(url) => url.clone(),
        None if address.ip().is_loopback() => format!("http://localhost:{}", address.port()),
        None => format!("http://{address}"),
    }
}

/// The origin of an address, as browsers spell it.
fn origin(address: &str) -> Option<String> {
    let origin = url::Url::parse(address).ok()?.origin();
    origin.is_tuple().then(|| origin.ascii_serialization())
}

/// Opens the door of the first step, or leaves it closed. The link that is returned is for a
/// browser, which may be anywhere and wants a name; the one that is written is for `zegel init` on
/// this machine, which needs no proxy in between.
fn door(
    data_dir: &DataDir,
    is_untouched: bool,
    address: SocketAddr,
    page_url: &str,
) -> anyhow::Result<(Door, Option<Zeroizing<String>>)> {
    let written = data_dir.first_step_link();
    if !is_untouched {
        return Ok((Door::closed(written), None));
    }
    let (door, token) = Door::open(written.clone())?;
    // One that a crash left behind.
    door.forget_link();
    let link = |url: &str| Zeroizing::new(format!("{url}/first-step#{}", *token));
    write_private_file(&written, link(&format!("http://{address}")).as_bytes())?;
    Ok((door, Some(link(page_url))))
}

/// Listens for being asked to stop: SIGTERM, SIGINT or Ctrl-C. From here on such a signal no longer
/// ends the process by itself, so call it before telling anybody that the server is ready.
#[cfg(unix)]
pub fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// Listens for being asked to stop: Ctrl-C.
#[cfg(not(unix))]
pub fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    Ok(async {
        // Without a handler the system ends the process, which is a stop as well.
        let _ = tokio::signal::ctrl_c().await;
    })
}

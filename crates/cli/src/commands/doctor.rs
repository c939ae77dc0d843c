//! `zegel doctor`

use std::net::TcpListener;
use std::path::Path;

use clap::Args;
use serde_json::json;
use server::Config;
use server::config::RootKeyConfig;
use server::data_dir::{DataDir, is_open_to_others};
use store::{Location, Store};

use crate::outcome::Outcome;
use crate::output::Output;
use crate::settings::{DataArgs, ListenArgs};

/// Check a server's surroundings: clock, files, permissions, listener, addresses, nodes.
///
/// Exit code 1 if something would keep the server from starting.
#[derive(Args)]
#[command(after_help = "\
Examples:
  zegel doctor
  zegel doctor --config /etc/zegel/zegel.toml --json")]
pub struct Doctor {
    #[command(flatten)]
    data: DataArgs,
    #[command(flatten)]
    listen: ListenArgs,
}

/// What one look found.
struct Finding {
    about: &'static str,
    grade: Grade,
    text: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Grade {
    Good,
    Warning,
    Bad,
}

impl Doctor {
    /// Looks at everything and tells.
    pub fn run(self, out: Output) -> anyhow::Result<Outcome> {
        let mut config = self.data.config()?;
        self.listen.apply(&mut config)?;
        let mut findings = vec![
            configuration(&config),
            clock(),
            memory(),
            data_directory(&config),
            lock(&config),
            root_key(&config),
            listener(&config),
            admin(&config),
            origin(&config),
        ];
        findings.extend(networks(&config)?);
        tell(out, &findings);
        let is_bad = findings.iter().any(|finding| finding.grade == Grade::Bad);
        Ok(if is_bad {
            Outcome::Failed
        } else {
            Outcome::Done
        })
    }
}

fn tell(out: Output, findings: &[Finding]) {
    let grade = |grade| match grade {
        Grade::Good => "good",
        Grade::Warning => "warning",
        Grade::Bad => "bad",
    };
    let value = json!(
        findings
            .iter()
            .map(|found| json!({
                "about": found.about, "grade": grade(found.grade), "text": found.text,
            }))
            .collect::<Vec<_>>()
    );
    out.answer(&value, |out| {
        let lines = findings.iter().map(|found| {
            let mark = match found.grade {
                Grade::Good => out.good("ok  "),
                Grade::Warning => out.warning("note"),
                Grade::Bad => out.bad("bad "),
            };
            format!("{mark}  {:<14} {}", found.about, found.text)
        });
        lines.collect::<Vec<_>>().join("\n")
    });
}

fn good(about: &'static str, text: impl Into<String>) -> Finding {
    Finding {
        about,
        grade: Grade::Good,
        text: text.into(),
    }
}

fn warning(about: &'static str, text: impl Into<String>) -> Finding {
    Finding {
        about,
        grade: Grade::Warning,
        text: text.into(),
    }
}

fn bad(about: &'static str, text: impl Into<String>) -> Finding {
    Finding {
        about,
        grade: Grade::Bad,
        text: text.into(),
    }
}

fn configuration(config: &Config) -> Finding {
    match config.check() {
        Ok(()) => good("configuration", "no contradictions"),
        Err(error) => bad("configuration", error.to_string()),
    }
}

/// Whether the nodes of the networks behind passkey sessions answer.
fn networks(config: &Config) -> anyhow::Result<Vec<Finding>> {
    let networks = match server::solana::networks(&config.sessions) {
        Ok(networks) => networks,
        Err(error) => return Ok(vec![bad("solana", format!("{error:#}"))]),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let look = networks.into_iter().map(|(environment, chain)| {
        match runtime.block_on(chain.block_height()) {
            Ok(height) => good("solana", format!("{environment} is at block {height}")),
            // The server starts all the same.
            Err(error) => warning("solana", format!("{environment}: {error}")),
        }
    });
    Ok(look.collect())
}

/// Stamps carry a time, so a clock that is years off refuses everybody. Nothing offline can tell
/// a clock that is minutes off.
fn clock() -> Finding {
    const RELEASE_MS: u128 = 1_795_000_000_000;
    match crate::client::now_ms() {
        now if now < RELEASE_MS => bad(
            "clock",
            format!("{now} ms since 1970 lies before this release; set it right"),
        ),
        now => good(
            "clock",
            format!("{now} ms since 1970; keep it in step by NTP"),
        ),
    }
}

fn memory() -> Finding {
    let gaps = vault::harden_process();
    match gaps.as_slice() {
        [] => good("memory", "locked, and closed to debuggers and core dumps"),
        gaps => {
            let gaps: Vec<_> = gaps.iter().map(ToString::to_string).collect();
            warning("memory", gaps.join("; "))
        }
    }
}

fn data_directory(config: &Config) -> Finding {
    let path = &config.data_dir;
    let shown = path.display();
    match is_open_to_others(path) {
        Ok(true) => warning(
            "data directory",
            format!("other users can read {shown}; chmod 700 closes it"),
        ),
        Ok(false) => good("data directory", shown.to_string()),
        Err(_) if !path.exists() => good(
            "data directory",
            format!("{shown} will be made at the first start"),
        ),
        Err(error) => bad("data directory", format!("{shown}: {error}")),
    }
}

fn lock(config: &Config) -> Finding {
    if config.database.is_some() || config.database_file.is_some() {
        return good(
            "database",
            "PostgreSQL; the server checks it when it starts",
        );
    }
    if !DataDir::new(&config.data_dir).is_in_use() {
        return good("database", "SQLite; will be made at the first start");
    }
    match Store::open(&Location::Directory(config.data_dir.clone())) {
        Ok(store) => good(
            "database",
            format!("opens; {} outcomes in its log", store.head().size),
        ),
        Err(store::Error::InUse(_)) => {
            warning("database", "a server is running on the data directory")
        }
        Err(error) => bad("database", error.to_string()),
    }
}

fn root_key(config: &Config) -> Finding {
    let data_dir = DataDir::new(&config.data_dir);
    let default = data_dir.default_root_key();
    let (path, is_wrapped): (&Path, bool) = match &config.root_key {
        None => (&default, false),
        Some(RootKeyConfig::File { path }) => (path, false),
        Some(
            RootKeyConfig::Passphrase { wrapped, .. } | RootKeyConfig::Transit { wrapped, .. },
        ) => (wrapped, true),
    };
    let shown = path.display();
    match is_open_to_others(path) {
        Ok(true) if !is_wrapped => warning(
            "root key",
            format!("other users can read {shown}; chmod 600 closes it"),
        ),
        Ok(_) => good("root key", shown.to_string()),
        Err(_) if path.exists() => bad("root key", format!("{shown} cannot be read")),
        Err(_) if data_dir.is_in_use() => bad(
            "root key",
            format!("{shown} is not there, and the data opens with nothing else"),
        ),
        Err(_) => good(
            "root key",
            format!("{shown} will be made at the first start"),
        ),
    }
}

fn listener(config: &Config) -> Finding {
    let address = config.listen;
    match TcpListener::bind(address) {
        Err(error) => warning("listener", format!("{address}: {error}")),
        Ok(_) if address.ip().is_loopback() => {
            good("listener", format!("{address}, loopback only"))
        }
        Ok(_) => warning(
            "listener",
            format!("{address} is open to the network; put TLS in front of it"),
        ),
    }
}

/// Whether the operator's API can be served, and who can read the token for it.
fn admin(config: &Config) -> Finding {
    let Some(address) = config.admin.place(config.listen) else {
        return good("admin", "off");
    };
    let data_dir = DataDir::new(&config.data_dir);
    let token = config.admin.token_file.clone();
    let token = token.unwrap_or_else(|| data_dir.admin_token());
    let shown = token.display();
    if token.exists() {
        if let Err(error) = server::admin_token::read(&token) {
            return bad("admin", format!("{error:#}"));
        }
        if is_open_to_others(&token).unwrap_or_default() {
            return warning(
                "admin",
                format!("other users can read the token in {shown}; chmod 600 closes it"),
            );
        }
    }
    match TcpListener::bind(address) {
        Err(error) => warning("admin", format!("{address}: {error}")),
        Ok(_) if address.ip().is_loopback() => good(
            "admin",
            format!("{address}, loopback only; token in {shown}"),
        ),
        Ok(_) => warning(
            "admin",
            format!("{address} is open to the network; put TLS in front of it"),
        ),
    }
}

/// Where browsers will let a passkey be used.
fn origin(config: &Config) -> Finding {
    match &config.public_url {
        Some(url) if url.starts_with("https://") => good("origin", url.clone()),
        Some(url) if url.starts_with("http://localhost") => good("origin", url.clone()),
        Some(url) => warning(
            "origin",
            format!("browsers refuse passkeys on {url}; they want https"),
        ),
        None if config.listen.ip().is_loopback() => {
            let port = config.listen.port();
            good(
                "origin",
                format!("http://localhost:{port}; browsers refuse passkeys on bare IPs"),
            )
        }
        None => warning(
            "origin",
            "set public-url to an https address, else passkeys are refused",
        ),
    }
}

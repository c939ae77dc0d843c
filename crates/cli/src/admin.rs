//! Talking to a server's admin API: which server, with which token, and its answers.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use serde_json::Value;
use server::Config;
use server::data_dir::DataDir;
use server::{admin_token, admin_url};
use wire::id::TenantId;
use zeroize::Zeroizing;

use crate::client::{Connection, Reply};
use crate::outcome::Problem;
use crate::settings::DataArgs;

/// Which server's admin API, and the token for it.
#[derive(Args, Clone, Debug)]
pub struct AdminArgs {
    /// The server's configuration file.
    #[arg(long, value_name = "FILE", env = "ZEGEL_CONFIG")]
    config: Option<PathBuf>,
    /// The server's data directory, where the token and the address are found [default:
    /// zegel-data].
    #[arg(long, value_name = "DIR", env = "ZEGEL_DATA_DIR")]
    data_dir: Option<PathBuf>,
    /// The admin API, if it is elsewhere [default: the one of the server on the data directory].
    #[arg(long, value_name = "URL", env = "ZEGEL_ADMIN_URL")]
    admin_url: Option<String>,
    /// The token's file, if it is elsewhere. The token itself may be in ZEGEL_ADMIN_TOKEN
    /// [default: admin.token in the data directory].
    #[arg(long, value_name = "FILE", env = "ZEGEL_ADMIN_TOKEN_FILE")]
    admin_token_file: Option<PathBuf>,
}

/// Which tenant of that server.
#[derive(Args, Clone, Debug)]
pub struct TenantArgs {
    /// The tenant's id.
    #[arg(long, value_name = "ID", env = "ZEGEL_TENANT", value_parser = tenant_id)]
    tenant: TenantId,
    #[command(flatten)]
    admin: AdminArgs,
}

/// Which page of a list.
#[derive(Args, Clone, Copy, Debug)]
pub struct PageArgs {
    /// Which page.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    page: u32,
    /// How many on a page, 1 to 1000.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1000))]
    per_page: u32,
}

/// The admin API of one server.
pub struct Admin {
    connection: Connection,
    token: Zeroizing<String>,
}

/// A page of a list.
pub struct Listed {
    /// What is on the page.
    pub entries: Vec<Value>,
    /// How many there are on all pages.
    pub total: u64,
}

impl PageArgs {
    /// As a query string has it.
    pub fn query(self) -> String {
        format!("page={}&per_page={}", self.page, self.per_page)
    }
}

impl TenantArgs {
    /// The admin API, and the path of the tenant in it.
    pub fn open(&self) -> anyhow::Result<(Admin, String)> {
        Ok((self.admin.open()?, path_of(self.tenant)))
    }
}

/// A tenant's id, in any spelling its API takes.
pub fn tenant_id(text: &str) -> Result<TenantId, String> {
    TenantId::parse_lenient(text).ok_or_else(|| {
        "a tenant's id is a UUID; `zegel tenants list` shows those there are".to_owned()
    })
}

/// The path of a tenant.
pub fn path_of(tenant: TenantId) -> String {
    format!("/tenants/{tenant}")
}

/// Text as one segment of a path or one value of a query.
pub fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_~.".contains(&byte);
    let spelt = text.bytes().map(|byte| match plain(byte) {
        true => char::from(byte).to_string(),
        false => format!("%{byte:02X}"),
    });
    match spelt.collect::<String>().as_str() {
        // A segment of dots would be taken as a step in the path.
        "." => "%2E".to_owned(),
        ".." => "%2E%2E".to_owned(),
        spelt => spelt.to_owned(),
    }
}

impl AdminArgs {
    /// Finds address and token.
    pub fn open(&self) -> anyhow::Result<Admin> {
        let config = DataArgs {
            config: self.config.clone(),
            data_dir: self.data_dir.clone(),
            database: None,
        }
        .config()?;
        let url = self.url(&config)?;
        check_address(&url)?;
        let token = self.token(&config)?;
        let connection = Connection::to(url)?;
        Ok(Admin { connection, token })
    }

    /// Named, or written down by the server that runs on the data directory. An address that is
    /// only likely is none: somebody else may listen there, and the token would be his.
    fn url(&self, config: &Config) -> anyhow::Result<String> {
        if let Some(url) = &self.admin_url {
            return Ok(url.trim_end_matches('/').to_owned());
        }
        let written = DataDir::new(&config.data_dir).admin_url();
        let running = admin_url::read(&written)
            .with_context(|| format!("cannot read {}", written.display()))?;
        running.ok_or_else(|| {
            let message = format!(
                "no server with an admin API runs on {}",
                config.data_dir.display()
            );
            Problem::new("NO_ADMIN_URL", message)
                .next("start `zegel serve` there, or name the API with --admin-url")
                .into()
        })
    }

    fn token(&self, config: &Config) -> anyhow::Result<Zeroizing<String>> {
        if let Ok(token) = std::env::var("ZEGEL_ADMIN_TOKEN") {
            return Ok(Zeroizing::new(token));
        }
        let file = self.admin_token_file.as_ref();
        let file = file.or(config.admin.token_file.as_ref()).cloned();
        let file = file.unwrap_or_else(|| DataDir::new(&config.data_dir).admin_token());
        read_token(&file)
    }
}

fn read_token(file: &Path) -> anyhow::Result<Zeroizing<String>> {
    admin_token::read(file).map_err(|error| {
        Problem::new("NO_ADMIN_TOKEN", format!("{error:#}"))
            .next(
                "name the server's --data-dir or the token's --admin-token-file; only the user \
                 the server runs as can read it",
            )
            .into()
    })
}

/// The token goes with every request, so it goes over TLS or stays on this machine.
fn check_address(url: &str) -> anyhow::Result<()> {
    let rest = match url.split_once("://") {
        Some(("https", _)) => return Ok(()),
        Some(("http", rest)) => rest,
        _ => {
            let message = format!("{url:?} is not the URL of an admin API");
            return Err(Problem::new("ADMIN_URL", message)
                .next("write it like https://zegel.internal or http://127.0.0.1:8081")
                .into());
        }
    };
    let authority = rest.split('/').next().unwrap_or_default();
    let host = authority
        .rsplit_once(':')
        .map_or(authority, |(host, port)| {
            if port.ends_with(']') { authority } else { host }
        });
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let is_plain = !authority.contains('@');
    let is_here = host == "localhost" || bare.parse().is_ok_and(|ip: IpAddr| ip.is_loopback());
    if is_plain && is_here {
        return Ok(());
    }
    let message = format!("the token would travel to {url} in the clear");
    Err(Problem::new("ADMIN_URL", message)
        .next("name its https address with --admin-url, or run this command where it listens")
        .into())
}

impl Admin {
    /// Gets something.
    pub fn get(&self, path: &str) -> anyhow::Result<Value> {
        read(&self.call("GET", path, None)?)
    }

    /// Gets a page of a list.
    pub fn list(&self, path: &str) -> anyhow::Result<Listed> {
        let reply = self.call("GET", path, None)?;
        let Value::Array(entries) = read(&reply)? else {
            anyhow::bail!("the server answered something that is no list");
        };
        let total = reply.total.unwrap_or(entries.len() as u64);
        Ok(Listed { entries, total })
    }

    /// Makes something, or has something done.
    pub fn post(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        read(&self.call("POST", path, Some(body))?)
    }

    /// Replaces something.
    pub fn put(&self, path: &str, body: &Value) -> anyhow::Result<()> {
        self.call("PUT", path, Some(body)).map(drop)
    }

    /// Changes something.
    pub fn patch(&self, path: &str, body: &Value) -> anyhow::Result<()> {
        self.call("PATCH", path, Some(body)).map(drop)
    }

    /// Removes something.
    pub fn delete(&self, path: &str) -> anyhow::Result<()> {
        self.call("DELETE", path, None).map(drop)
    }

    fn call(&self, method: &str, path: &str, body: Option<&Value>) -> anyhow::Result<Reply> {
        let bearer = Zeroizing::new(format!("Bearer {}", *self.token));
        let body = body.map(Value::to_string);
        let header = ("Authorization", bearer.as_str());
        let reply = self.connection.exchange(method, path, header, body)?;
        if (200..300).contains(&reply.status) {
            Ok(reply)
        } else {
            Err(refused(&reply).into())
        }
    }
}

fn read(reply: &Reply) -> anyhow::Result<Value> {
    serde_json::from_str(&reply.body).context("the server answered something that is not JSON")
}

/// An answer that is not success, as a problem: its title, and its details if there are any.
fn refused(reply: &Reply) -> Problem {
    let body: Value = serde_json::from_str(&reply.body).unwrap_or_default();
    let text = |member: &str| body[member].as_str().unwrap_or_default();
    let said = match (text("title"), text("details")) {
        ("", _) => format!("the server answered {}", reply.status),
        (title, "") => title.to_owned(),
        (title, details) => format!("{title}: {details}"),
    };
    match reply.status {
        400 | 422 => Problem::new("INVALID", said),
        401 => Problem::new("ADMIN_TOKEN_REJECTED", said)
            .refusal()
            .next("is it the token of this very server? Each data directory has its own"),
        404 if text("code") == "tenant_not_found" => Problem::new("NOT_FOUND", said)
            .next("`zegel tenants list` shows the tenants of this server"),
        404 => Problem::new("NOT_FOUND", said),
        409 => Problem::new("CONFLICT", said).refusal(),
        421 => Problem::new("ADMIN_NAME", said)
            .next("list the name under [admin] names in the server's configuration"),
        429 => Problem::new("TOO_MANY_REQUESTS", said).next("wait a little and try again"),
        status => Problem::new(format!("HTTP_{status}"), said),
    }
}

/// Asks for a word more before something is gone for good.
pub fn confirmed(yes: bool, what: &str) -> anyhow::Result<()> {
    if yes {
        return Ok(());
    }
    Err(Problem::new("NOT_CONFIRMED", format!("{what}, for good"))
        .next("add --yes if that is meant")
        .into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_travels_over_tls_or_not_at_all() {
        for url in [
            "https://zegel.internal",
            "http://127.0.0.1:8081",
            "http://127.0.0.1",
            "http://localhost:8081",
            "http://[::1]:8081",
            "http://[::1]",
        ] {
            check_address(url).unwrap();
        }
        for url in [
            "http://zegel.internal:8081",
            "http://192.0.2.1:8081",
            "http://localhost.evil.example",
            "http://127.0.0.1.evil.example",
            "http://127.0.0.1@evil.example",
            "http://localhost:80@evil.example",
            "http://[2001:db8::1]:8081",
            "zegel.internal",
            "ftp://127.0.0.1",
        ] {
            check_address(url).unwrap_err();
        }
    }

    #[test]
    fn text_is_one_segment_whatever_is_in_it() {
        assert_eq!(encoded("pay-2026_0001~.x"), "pay-2026_0001~.x");
        assert_eq!(encoded("a/b?c#d%e ü"), "a%2Fb%3Fc%23d%25e%20%C3%BC");
        assert_eq!(encoded(".."), "%2E%2E");
        assert_eq!(encoded("..."), "...");
    }
}

//! `zegel init`

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Value, json};
use server::Config;
use server::data_dir::DataDir;
use server::first_step;
use wire::keys::Curve;
use zeroize::Zeroizing;

use crate::client::Connection;
use crate::key_file::KeyFile;
use crate::outcome::{Outcome, Problem};
use crate::output::Output;
use crate::settings::DataArgs;

/// Make the root organisation, with an API key for its first user.
///
/// Works on the data directory itself, or through the server that is running on it. Prints what
/// the constructor of an SDK client needs.
#[derive(Args)]
#[command(after_help = "\
Examples:
  zegel init --org Acme
  zegel init --org Acme --user Ada --data-dir /var/lib/zegel --json
  zegel init --org Acme --key-file ci-key.json

The private key is written to a file that only you can read. With --json it is printed as well,
so that a script can hand it on.")]
pub struct Init {
    /// What to call the organisation.
    #[arg(long, value_name = "NAME")]
    org: String,
    /// What to call its first user.
    #[arg(long, value_name = "NAME", default_value = "Root user")]
    user: String,
    /// The API key's file: used if it is there, made if not [default: beside the root key].
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
    #[command(flatten)]
    data: DataArgs,
}

/// Who made it, and where it is.
struct Founded {
    organisation: String,
    user: String,
    /// The address of the server, if one is running.
    url: Option<String>,
}

impl Init {
    /// Takes the first step.
    pub fn run(self, out: Output) -> anyhow::Result<Outcome> {
        let config = self.data.config()?;
        config.check()?;
        let path = self
            .key_file
            .clone()
            .unwrap_or_else(|| default_key_file(&config));
        let is_new = !path.exists();
        let mut key = if is_new {
            KeyFile::generate(Curve::P256)?
        } else {
            KeyFile::read(&path)?
        };
        // On the disk before the organisation exists: a crash must not lose its only key.
        if is_new {
            key.create(&path)?;
        }
        let founded = found(&config, self.body(&key)).inspect_err(|_| {
            if is_new {
                // Nobody has been told of this key.
                let _ = std::fs::remove_file(&path);
            }
        })?;
        key.organization_id = Some(founded.organisation.parse()?);
        key.api_base_url = config.public_url.clone().or_else(|| founded.url.clone());
        key.replace(&path)?;
        tell(out, &config, &founded, &key, &path);
        Ok(Outcome::Done)
    }

    fn body(&self, key: &KeyFile) -> String {
        json!({
            "organizationName": self.org,
            "userName": self.user,
            "apiKey": {
                "apiKeyName": "First API key",
                "publicKey": key.public_key,
                "curveType": key.curve_type(),
            },
        })
        .to_string()
    }
}

fn default_key_file(config: &Config) -> PathBuf {
    DataDir::new(&config.data_dir)
        .default_root_key()
        .with_file_name("first-api-key.json")
}

/// Through the server that runs on the directory, else on the directory itself.
fn found(config: &Config, body: String) -> anyhow::Result<Founded> {
    let link = DataDir::new(&config.data_dir).first_step_link();
    match std::fs::read_to_string(&link).map(Zeroizing::new) {
        Ok(link) => match through_server(&link, body.clone()) {
            // A link that a crash left behind: nobody is at the other end.
            Err(error) if is_unreachable(&error) => on_directory(config, body),
            answer => answer,
        },
        Err(_) => on_directory(config, body),
    }
}

fn is_unreachable(error: &anyhow::Error) -> bool {
    error
        .downcast_ref::<Problem>()
        .is_some_and(|problem| problem.code == "UNREACHABLE")
}

fn through_server(link: &str, body: String) -> anyhow::Result<Founded> {
    let (url, token) = link
        .split_once("/first-step#")
        .ok_or_else(|| Problem::new("FIRST_STEP_LINK", "the first-step link is damaged"))?;
    let bearer = format!("Bearer {token}");
    let reply = Connection::to(url.to_owned())?.send(
        "/first-step",
        body,
        Some(("Authorization", bearer)),
    )?;
    let answer: Value = serde_json::from_str(&reply.body).unwrap_or_default();
    let text = |member: &str| answer[member].as_str().unwrap_or_default().to_owned();
    if reply.status != 200 {
        let problem = Problem::new(text("code"), text("message"));
        return Err(if reply.status == 410 {
            problem.next(ALREADY)
        } else {
            problem
        }
        .into());
    }
    Ok(Founded {
        organisation: text("organizationId"),
        user: text("userId"),
        url: Some(url.to_owned()),
    })
}

const ALREADY: &str = "use a key of the organisation that is there, or another --data-dir";

fn on_directory(config: &Config, body: String) -> anyhow::Result<Founded> {
    let step = first_step::read(body.into_bytes())
        .map_err(|refusal| Problem::new("FIRST_STEP_INVALID", refusal.to_string()))?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let audience = config.public_url.clone().unwrap_or_default();
        let opened = server::open(config, audience).await.map_err(in_use)?;
        if !opened.engine.is_untouched().await? {
            let message = "there is an organisation already".to_owned();
            return Err(Problem::new("FIRST_STEP_TAKEN", message)
                .next(ALREADY)
                .into());
        }
        let founded = opened.engine.found_organisation(step).await?.into_inner();
        Ok(Founded {
            organisation: founded.organisation.to_string(),
            user: founded.user.to_string(),
            url: None,
        })
    })
}

/// A server that runs on the directory and has no link to offer has its organisation.
fn in_use(error: anyhow::Error) -> anyhow::Error {
    match error.downcast_ref::<store::Error>() {
        Some(store::Error::InUse(_)) => Problem::new(
            "FIRST_STEP_TAKEN",
            "a server is running on this data directory, and its first step has been taken",
        )
        .next(ALREADY)
        .into(),
        _ => error,
    }
}

fn tell(out: Output, config: &Config, founded: &Founded, key: &KeyFile, path: &Path) {
    let url = key
        .api_base_url
        .clone()
        .unwrap_or_else(|| format!("http://{}", config.listen));
    let value = json!({
        "apiBaseUrl": url,
        "apiPublicKey": key.public_key,
        "apiPrivateKey": key.expose_private_key(),
        "defaultOrganizationId": founded.organisation,
        "organizationId": founded.organisation,
        "userId": founded.user,
        "keyFile": path,
    });
    out.answer(&value, |out| {
        format!(
            "{title}

  organisation   {organisation}
  user           {user}
  API key        {file}

For an SDK:

  new Turnkey({{
    apiBaseUrl: \"{url}\",
    apiPublicKey: \"{public}\",
    apiPrivateKey: /* privateKey in {file} */,
    defaultOrganizationId: \"{organisation}\",
  }})

For this tool:

  export ZEGEL_API_KEY_FILE={file}
  zegel request --path /public/v1/query/whoami --body '{{\"organizationId\":\"{organisation}\"}}'",
            title = out.bold("The organisation is made."),
            organisation = founded.organisation,
            user = founded.user,
            file = path.display(),
            public = key.public_key,
        )
    });
}

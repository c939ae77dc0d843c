//! A call on a tenant, carried out and answered.

use std::sync::Arc;
use std::time::Duration;

use engine::tenants::{Answer, Failure, Reader};
use rules::tenant::{Command, Least, SessionAction, Source, Tenant};
use serde_json::Value;
use wire::environment::Environment;
use wire::id::TenantId;
use wire::solana::Address;

use super::dialect::{self, Body, KeyForm};
use super::problem::Problem;
use super::{Shape, answer, members};
use crate::http::State;

/// How long a caller waits for the chain.
const PATIENCE: Duration = Duration::from_secs(45);

/// How long a transaction is seen through for whoever sent it: longer than the chain takes it.
const PERSISTENCE: Duration = Duration::from_secs(120);

/// A call of somebody on a tenant.
pub(super) struct Call<'a> {
    pub(super) state: &'a Arc<State>,
    pub(super) tenant: TenantId,
    pub(super) environment: Environment,
    pub(super) key: Option<String>,
    pub(super) source: Source,
}

impl Call<'_> {
    pub(super) async fn perform(
        &self,
        body: &[u8],
        least: Least,
        action: Option<SessionAction>,
        read: impl Fn(&Body) -> Result<Command, Problem>,
    ) -> Result<Answer, Problem> {
        let read = |body: &[u8], _: &Tenant| read(&Body::parse(body)?);
        let engine = &self.state.engine;
        let performed = engine
            .perform(self.shown(body), least, self.source.clone(), read)
            .await;
        match performed {
            Ok(recorded) => recorded
                .into_inner()
                .map_err(|refusal| Problem::refused(&refusal, action)),
            Err(failure) => Err(Problem::failed(failure, action)),
        }
    }

    pub(super) async fn open(
        &self,
        body: &[u8],
        action: Option<SessionAction>,
    ) -> Result<Value, Problem> {
        let read = |body: &Body| dialect::open(body, self.environment, action);
        match self.perform(body, Least::Bearer, None, read).await? {
            Answer::SessionOpened(opened) => Ok(answer::url(&opened, self.tenant)),
            other => Err(unexpected(&other)),
        }
    }

    pub(super) async fn sign(&self, body: &[u8]) -> Result<Value, Problem> {
        let read = |body: &Body| dialect::evm::open(body, self.environment);
        match self.perform(body, Least::Bearer, None, read).await? {
            Answer::SigningOpened(opened) => Ok(answer::signing_url(&opened, self.tenant)),
            other => Err(unexpected(&other)),
        }
    }

    pub(super) async fn bind(
        &self,
        body: &[u8],
        action: Option<SessionAction>,
        shape: Shape,
        form: KeyForm,
    ) -> Result<Value, Problem> {
        let read = |body: &Body| dialect::bind(body, action);
        let told = action.or(Some(SessionAction::Create));
        let performed = self.perform(body, Least::Nobody, told, read).await?;
        match self.delivered(performed, told).await? {
            Answer::SessionBound(account) => {
                let now = self.state.engine.clock().now();
                Ok(match shape {
                    Shape::Bound => answer::bound(&account, form, now),
                    Shape::Whole => answer::whole(&account, now),
                })
            }
            Answer::Signed(signed) => Ok(answer::signed(&signed)),
            Answer::PasskeysChanged(changed) => Ok(members::changed(&changed)),
            other => Err(unexpected(&other)),
        }
    }

    /// The answer to a command, after the chain has done what it asks.
    pub(super) async fn delivered(
        &self,
        performed: Answer,
        action: Option<SessionAction>,
    ) -> Result<Answer, Problem> {
        let Answer::Sending(signature) = performed else {
            return Ok(performed);
        };
        // It goes on if nobody waits any more, though not without end: the courier does.
        let (state, tenant, sent) = (Arc::clone(self.state), self.tenant, signature.clone());
        let delivery = tokio::spawn(async move {
            let delivery = state.engine.deliver(tenant, &sent);
            tokio::time::timeout(PERSISTENCE, delivery).await.ok()
        });
        match tokio::time::timeout(PATIENCE, delivery).await {
            Ok(Ok(Some(Ok(outcome)))) => {
                outcome.map_err(|refusal| Problem::refused(&refusal, action))
            }
            // It was sent, whatever is not known of it; somebody will see it through.
            Ok(Ok(Some(Err(error)))) => {
                tracing::warn!(%error, "what became of a transaction is not known yet");
                Err(Problem::not_yet(&signature))
            }
            Ok(Err(failed)) => Err(engine::Error::Unreadable(failed.to_string()).into()),
            Ok(Ok(None)) | Err(_) => Err(Problem::not_yet(&signature)),
        }
    }

    pub(super) async fn prepare(&self, address: &str, body: &[u8]) -> Result<Value, Problem> {
        let account = parse(address)?;
        let read = |body: &Body| dialect::prepare(body, self.environment, account);
        match self.perform(body, Least::Bearer, None, read).await? {
            Answer::ToSign(to_sign) => Ok(answer::to_sign(&to_sign, self.at())),
            other => Err(unexpected(&other)),
        }
    }

    pub(super) async fn submit(&self, address: &str, body: &[u8]) -> Result<Value, Problem> {
        let account = parse(address)?;
        let read = |body: &Body| dialect::submit(body, self.environment, account);
        let performed = self.perform(body, Least::Bearer, None, read).await?;
        match self.delivered(performed, None).await? {
            Answer::Carried(sent) => Ok(answer::carried(&sent, self.at())),
            other => Err(unexpected(&other)),
        }
    }

    /// What answers in an envelope say of the request.
    pub(super) fn at(&self) -> answer::At<'_> {
        answer::At {
            request_id: &self.source.request_id,
            now: self.state.engine.clock().now(),
        }
    }

    pub(super) async fn account(&self, address: &str) -> Result<Value, Problem> {
        let account = self.look_up(parse(address)?).await?;
        let account = account.ok_or_else(Problem::no_account)?;
        Ok(answer::account(&account, self.state.engine.clock().now()))
    }

    pub(super) async fn revoke(&self, address: &str) -> Result<Value, Problem> {
        let account = parse(address)?;
        let read = |_: &Body| {
            Ok(Command::RevokeSession {
                environment: self.environment,
                account,
            })
        };
        match self.perform(b"{}", Least::Bearer, None, read).await? {
            Answer::SessionBound(account) => {
                Ok(answer::account(&account, self.state.engine.clock().now()))
            }
            other => Err(unexpected(&other)),
        }
    }

    pub(super) async fn look_up(
        &self,
        address: Address,
    ) -> Result<Option<rules::tenant::PasskeyAccount>, Problem> {
        let reader = self.reader().await?;
        Ok(reader.passkey_account(self.environment, address).await?)
    }

    pub(super) async fn reader(&self) -> Result<Reader<'_>, Problem> {
        let engine = &self.state.engine;
        let reader = engine.reader(self.shown(&[]), Some(self.environment)).await;
        reader.map_err(|failure| match failure {
            Failure::Engine(error) => error.into(),
            Failure::Unbelieved(refusal) => Problem::refused(&refusal, None),
            _ => Problem::unauthorised(),
        })
    }

    pub(super) fn shown(&self, body: &[u8]) -> verify::tenant::Call {
        verify::tenant::Call {
            tenant: self.tenant,
            api_key: self.key.clone(),
            body: body.to_vec(),
        }
    }
}

pub(super) fn parse(address: &str) -> Result<Address, Problem> {
    address
        .parse()
        .map_err(|_| Problem::invalid("address", "must be 32 bytes in base58"))
}

pub(super) fn unexpected(answer: &Answer) -> Problem {
    engine::Error::Unreadable(format!("another answer than was asked for: {answer:?}")).into()
}

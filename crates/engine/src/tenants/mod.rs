//! The walk of a command on a tenant.
//!
//! The same steps as [`Engine::submit`](crate::Engine::submit) takes, with other evidence: an API
//! key, the operator's token, or a ceremony that is its own proof. A challenge is spent by the
//! batch that records what came of it, believed or not, so of many that answer it at once one is
//! recorded and the others find it gone.

mod acting;
mod answer;
mod confirmation;
mod delivery;
mod execute;
mod found;
mod idempotency;
mod network;
mod reader;
mod sessions;
mod signing;
mod token;

pub use answer::{
    Answer, CreationOptions, NewSecret, OpenedSession, OpenedSigning, Options, PasskeysChanged,
    PaymentRequest, RequestOptions, Sent, SignedDocument, ToSign, TransactionAnswer,
};
pub(crate) use network::Network;
pub use network::PayerBalance;
pub use reader::{EventFilter, Listed, Page, Reader};
pub use store::{Idempotent, Turn};

use std::sync::Arc;

use rules::tenant::decide::burnt;
use rules::tenant::event::cut;
use rules::tenant::{Command, Event, Least, Refusal, Source, Tenant, Transaction, decide};
use store::{Recorded, TenantBatch};
use verify::tenant::{Asked, Call, Operator, Presented, Proof};
use verify::webauthn::TrustStore;
use wire::Timestamp;
use wire::id::{EventId, TenantId, TransactionId};

use crate::error::Error;
use crate::{Engine, entropy};

use execute::Executed;

/// How often a command is decided anew because something it rested on changed meanwhile.
const MAX_ATTEMPTS: u32 = 64;

/// What a model of authenticators is called, by its AAGUID.
pub type Naming = Box<dyn Fn(&[u8; 16]) -> Option<String> + Send + Sync>;

/// What this server knows of authenticators, beyond any tenant.
pub struct Authenticators {
    /// What a model is called.
    pub name: Naming,
    /// The anchors attestation is judged by.
    pub trust: TrustStore,
}

impl Default for Authenticators {
    fn default() -> Self {
        Self {
            name: Box::new(|_| None),
            trust: TrustStore::default(),
        }
    }
}

/// A command's outcome: what it is answered with, or why a rule said no. Both are recorded.
pub type Outcome = Result<Answer, Refusal>;

/// How a call on a tenant ends without a recorded outcome.
#[derive(Debug)]
pub enum Failure<E> {
    /// There is no such tenant.
    NoTenant,
    /// The API key is missing or wrong.
    NotProven,
    /// Refused, and there is no log to record it in: nothing is recorded in a tenant's log for a
    /// stranger, and a tenant that was not made has none.
    Unbelieved(Refusal),
    /// Believed, but unreadable: what the dialect says.
    Unreadable(E),
    /// Not available, or a bug.
    Engine(Error),
}

impl<E> From<Error> for Failure<E> {
    fn from(error: Error) -> Self {
        Self::Engine(error)
    }
}

impl<E> From<store::Error> for Failure<E> {
    fn from(error: store::Error) -> Self {
        Self::Engine(error.into())
    }
}

impl<E> From<vault::Error> for Failure<E> {
    fn from(error: vault::Error) -> Self {
        Self::Engine(error.into())
    }
}

impl Engine {
    /// A tenant as it was last read. For what is published without being recorded there is
    /// [`tenant_as_stored`](Self::tenant_as_stored).
    pub async fn tenant(&self, id: TenantId) -> Result<Option<Arc<Tenant>>, Error> {
        Ok(self.store.tenant(id).await?)
    }

    /// Whether a tenant was read before, so that reading it again costs nothing.
    pub fn remembers_tenant(&self, id: TenantId) -> bool {
        self.store.remembers_tenant(id)
    }

    /// A tenant as it is now, whichever server changed it: for its token keys, which verifiers
    /// fetch from any of them.
    pub async fn tenant_as_stored(&self, id: TenantId) -> Result<Option<Arc<Tenant>>, Error> {
        Ok(self.store.tenant_as_stored(id).await?)
    }

    /// An identifier for a tenant to be.
    pub fn new_tenant_id(&self) -> Result<TenantId, Error> {
        Ok(TenantId::from_random(entropy::sixteen()?))
    }

    /// All tenants, oldest first, for who runs the server.
    pub async fn tenants(&self, _operator: Operator) -> Result<Vec<(TenantId, String)>, Error> {
        Ok(self.store.tenants().await?)
    }

    /// The transaction a link leads to. Who has the link may look: its id cannot be guessed.
    pub async fn linked(
        &self,
        link: TransactionId,
    ) -> Result<Option<(Arc<Tenant>, Transaction)>, Error> {
        let Some((tenant, transaction)) = self.store.transaction_by_link(link).await? else {
            return Ok(None);
        };
        let tenant = self.store.tenant_as_stored(tenant).await?;
        Ok(tenant.map(|tenant| (tenant, transaction)))
    }

    /// Takes a command along the whole walk. `least` is what the route asks for before it reads
    /// the body; what the command asks for, `decide` knows.
    pub async fn perform<E>(
        &self,
        call: Call,
        least: Least,
        source: Source,
        read: impl Fn(&[u8], &Tenant) -> Result<Command, E>,
    ) -> Result<Recorded<Outcome>, Failure<E>> {
        let mut turn = None;
        for _ in 0..MAX_ATTEMPTS {
            let (tenant, presented) = self.present(&call, least).await?;
            let asked = presented
                .read(|body| read(body, &tenant))
                .map_err(Failure::Unreadable)?;
            if let Some(recorded) = self.attempt(&asked, Some(&tenant), &source).await? {
                return Ok(recorded);
            }
            if turn.is_none() {
                turn = Some(self.turnstiles.enter(call.tenant.as_bytes()).await);
            }
        }
        Err(Error::Contended(MAX_ATTEMPTS).into())
    }

    /// Takes an operator's command along the same walk.
    pub async fn operate<E>(
        &self,
        operator: Operator,
        tenant: TenantId,
        body: Vec<u8>,
        source: Source,
        read: impl Fn(&[u8]) -> Result<Command, E>,
    ) -> Result<Recorded<Outcome>, Failure<E>> {
        let mut turn = None;
        for _ in 0..MAX_ATTEMPTS {
            let asked = operator
                .present(tenant, body.clone())
                .read(&read)
                .map_err(Failure::Unreadable)?;
            let known = self.store.tenant_as_stored(tenant).await?;
            if known.is_none() && !matches!(asked.content(), Command::CreateTenant { .. }) {
                return Err(Failure::NoTenant);
            }
            if let Some(recorded) = self.attempt(&asked, known.as_deref(), &source).await? {
                return Ok(recorded);
            }
            if turn.is_none() {
                turn = Some(self.turnstiles.enter(tenant.as_bytes()).await);
            }
        }
        Err(Error::Contended(MAX_ATTEMPTS).into())
    }

    /// Settles who calls. A key that is not known is looked for once more in the database: it may
    /// have been made by another server.
    async fn present<E>(
        &self,
        call: &Call,
        least: Least,
    ) -> Result<(Arc<Tenant>, Presented), Failure<E>> {
        let cached = self.store.tenant(call.tenant).await?;
        let tenant = cached.ok_or(Failure::NoTenant)?;
        let presented = present(call, &tenant);
        if presented.proof() != Proof::Nobody || call.api_key.is_none() {
            return admitted(tenant, presented, least);
        }
        let stored = self.store.tenant_as_stored(call.tenant).await?;
        let tenant = stored.ok_or(Failure::NoTenant)?;
        let presented = present(call, &tenant);
        admitted(tenant, presented, least)
    }

    /// One try; `None` if something it rested on changed meanwhile.
    async fn attempt<E>(
        &self,
        asked: &Asked<Command>,
        tenant: Option<&Tenant>,
        source: &Source,
    ) -> Result<Option<Recorded<Outcome>>, Failure<E>> {
        let now = self.clock.now();
        let found = self.look_up(asked, tenant, now).await?;
        let id = EventId::from_time(now, entropy::sixteen()?);
        let decided = decide(asked, tenant, &found, now);
        let (outcome, executed) = match decided {
            Ok(authorised) => {
                let mut executed =
                    self.execute_allowed(authorised, asked, tenant, (id, source), now)?;
                let answer = std::mem::replace(&mut executed.answer, Answer::Done);
                (Ok(answer), executed)
            }
            Err(refusal) => {
                let changes = burnt(&refusal, &found, now);
                // A stranger's attempt that touched nothing is nobody's to remember, and a tenant
                // that was not made has no log to remember it in.
                let is_nobodys = asked.proof() == Proof::Nobody || tenant.is_none();
                if is_nobodys && changes.is_empty() {
                    return Err(Failure::Unbelieved(refusal));
                }
                let executed = Executed::refused(asked.content(), &found, changes);
                (Err(refusal), executed)
            }
        };
        let event = executed.is_event.then(|| Event {
            id,
            tenant: asked.scope().tenant(),
            kind: executed.kind.unwrap_or(asked.content().event()),
            error: outcome.as_ref().err().map(refused_because),
            user_id: executed.user_id,
            transaction_id: executed.transaction_id,
            source: source.clone(),
            fingerprint: *asked.fingerprint(),
            detail: executed.detail,
            at: now,
        });
        // Even if it leaves nothing behind: what is told rests on the tenant as it is stored.
        let batch = TenantBatch {
            revision: tenant.map_or(0, |tenant| tenant.revision),
            changes: executed.changes,
            event,
        };
        match self.store.record_tenant(asked.scope(), batch).await {
            Ok(recorded) => {
                count(asked.content(), &outcome);
                self.forget_keys(asked);
                Ok(Some(recorded.map(|()| outcome)))
            }
            Err(store::RecordError::Conflict) => {
                metrics::counter!("zegel_conflicts_total").increment(1);
                Ok(None)
            }
            Err(store::RecordError::Store(error)) => Err(error.into()),
        }
    }

    /// Keys that are no longer used need not stay ready.
    fn forget_keys(&self, asked: &Asked<Command>) {
        match asked.content() {
            Command::DeleteTenant => self.vault.forget_tenant(asked.scope().tenant()),
            Command::DeleteTokenKey { id } => self.vault.forget_token_key(*id),
            _ => {}
        }
    }

    /// Removes what nobody can finish or asks for any more.
    pub async fn sweep(&self) -> Result<u64, Error> {
        let now = self.clock.now();
        let ended = self.store.sweep_ended(now).await?;
        Ok(ended + self.store.sweep_idempotent(now).await?)
    }
}

fn present(call: &Call, tenant: &Tenant) -> Presented {
    let secrets = tenant.secrets.iter();
    verify::tenant::present(
        call.clone(),
        secrets.map(|secret| (secret.id, &secret.hash)),
    )
}

fn admitted<E>(
    tenant: Arc<Tenant>,
    presented: Presented,
    least: Least,
) -> Result<(Arc<Tenant>, Presented), Failure<E>> {
    match (presented.proof(), least) {
        (Proof::Nobody, Least::Bearer | Least::Operator) => Err(Failure::NotProven),
        _ => Ok((tenant, presented)),
    }
}

/// The error of an audit entry: the stable word first, then the words for people.
fn refused_because(refusal: &Refusal) -> String {
    cut(&format!("{}: {refusal}", refusal.code()))
}

/// Counts an outcome by kind and result, both from short lists.
fn count(command: &Command, outcome: &Outcome) {
    let result = if outcome.is_ok() { "done" } else { "refused" };
    metrics::counter!("zegel_tenant_commands_total", "type" => command.event().name(), "result" => result)
        .increment(1);
}

/// The moment `ms` milliseconds after `now`.
fn after(now: Timestamp, ms: u64) -> Timestamp {
    Timestamp::from_millis(now.as_millis().saturating_add(ms))
}

/// The moment `ms` milliseconds before `now`.
fn before(now: Timestamp, ms: u64) -> Timestamp {
    Timestamp::from_millis(now.as_millis().saturating_sub(ms))
}

/// What the verifier says; `None` if there was nothing to judge, or nothing to judge it by.
type Judged<T> = Option<Result<Box<T>, verify::webauthn::Rejection>>;

//! One batch, inside the savepoint the writer made for it. Those of tenants go on in
//! [`crate::tenant::record`].

use rules::tenant::Payer;
use rules::{Activity, Change, Organisation, Vote};
use wire::Timestamp;
use wire::id::OrganisationId;

use crate::activity::{self, Standing};
use crate::apply::apply;
use crate::backend::{Connection, Fault, values};
use crate::batch::Batch;
use crate::log::entries::{self, Entry};
use crate::sql::statements;
use crate::tenant::idempotency::{self, Idempotent};
use crate::writer::Leaves;
use crate::{Error, RecordError, tenant};

statements! {
    SELECT_REVISION = "SELECT revision FROM organisations WHERE id = $1";
    SELECT_PARENT = "SELECT parent FROM organisations WHERE id = $1";
    RAISE_REVISION =
        "UPDATE organisations SET revision = revision + 1 WHERE id = $1 AND revision = $2";
    INSERT_ACTIVITY =
        "INSERT INTO activities
            (organisation, id, kind, fingerprint, dedupe, body, status, outcome, created_at,
             updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    SETTLE_ACTIVITY =
        "UPDATE activities SET status = $1, outcome = $2, dedupe = $3, updated_at = $4
         WHERE organisation = $5 AND id = $6 AND status = 'HELD'";
    COUNT_VOTES = "SELECT COUNT(*) FROM votes WHERE organisation = $1 AND activity = $2";
    INSERT_VOTE =
        "INSERT INTO votes
            (organisation, activity, position, id, leaf, user_id, selection, message, public_key,
             signature, scheme, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
}

/// What is to be recorded.
pub(crate) enum Writing {
    /// A command's batch, with the tenant its signer was believed for.
    Batch {
        tenant: OrganisationId,
        batch: Box<Batch>,
    },
    /// The founding of a root organisation, which nobody's stamp asks for.
    Founding {
        organisation: Box<Organisation>,
        activity: Box<Activity>,
    },
    /// A batch of a tenant.
    Tenant(Box<tenant::Writing>),
    /// The deletion of some of what has ended by a time: ceremonies, and transactions long settled.
    Sweep { now: Timestamp },
    /// Who is to pay on a chain, if nobody does yet.
    Payer(Box<Payer>),
    /// What becomes of a request under a key of its caller's.
    Idempotency(Box<idempotency::Step>),
}

/// What was recorded.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Written {
    /// An activity, or the one that already has its fingerprint.
    Activity(Box<Activity>),
    /// All of a tenant's batch.
    Tenant,
    /// How many rows were deleted.
    Swept(u64),
    /// What there was under a key.
    Begun(Idempotent),
    /// How many rows were changed.
    Changed(u64),
}

/// Why a batch failed: alone, or with everything else in its transaction.
pub(crate) enum Failure {
    Alone(RecordError),
    All(Fault),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Alone(error.into())
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        match fault {
            // Another batch took what this one found free.
            Fault::Unique(_) => CONFLICT,
            Fault::Other(_) => Self::Alone(Error::from(fault).into()),
            Fault::DiskFull | Fault::Contended(_) | Fault::Lost(_) => Self::All(fault),
        }
    }
}

pub(crate) const CONFLICT: Failure = Failure::Alone(RecordError::Conflict);

/// Writes what is to be written, with its leaves.
pub(crate) fn write(
    connection: &mut Connection,
    writing: &Writing,
    leaves: &mut Leaves,
) -> Result<Written, Failure> {
    match writing {
        Writing::Batch { tenant, batch } => {
            once(connection, &batch.activity, leaves, |connection, leaves| {
                write_batch(connection, *tenant, batch, leaves)
            })
        }
        Writing::Founding {
            organisation,
            activity,
        } => once(connection, activity, leaves, |connection, leaves| {
            found(connection, organisation, activity, leaves)
        }),
        Writing::Tenant(writing) => {
            tenant::record::write(connection, writing, leaves)?;
            Ok(Written::Tenant)
        }
        Writing::Sweep { now } => {
            let ceremonies = tenant::ceremony::sweep(connection, *now)?;
            Ok(Written::Swept(
                ceremonies + tenant::sending::sweep(connection, *now)?,
            ))
        }
        Writing::Payer(payer) => Ok(Written::Changed(tenant::sending::appoint(
            connection, payer,
        )?)),
        Writing::Idempotency(step) => idempotency::write(connection, step),
    }
}

/// Writes an activity, or finds the one that already has its fingerprint.
fn once(
    connection: &mut Connection,
    own: &Activity,
    leaves: &mut Leaves,
    write: impl FnOnce(&mut Connection, &mut Leaves) -> Result<(), Failure>,
) -> Result<Written, Failure> {
    let known = activity::answering(
        connection,
        own.organisation,
        &own.fingerprint,
        own.proposer(),
    )?;
    let written = match known {
        Some(known) => known,
        None => {
            write(connection, leaves)?;
            own.clone()
        }
    };
    Ok(Written::Activity(Box::new(written)))
}

fn write_batch(
    connection: &mut Connection,
    tenant: OrganisationId,
    batch: &Batch,
    leaves: &mut Leaves,
) -> Result<(), Failure> {
    stay_in_scope(connection, tenant, batch)?;
    hold_revision(connection, batch)?;
    if let Some(session) = &batch.session {
        tenant::stamp::hold(connection, session)?;
    }
    for (change, place) in batch.changes.iter().zip(0..) {
        apply(connection, batch.organisation, change, place)?;
    }
    insert(connection, &batch.activity, leaves)?;
    match &batch.target {
        Some(target) => settle(connection, target, leaves),
        None => Ok(()),
    }
}

fn found(
    connection: &mut Connection,
    organisation: &Organisation,
    activity: &Activity,
    leaves: &mut Leaves,
) -> Result<(), Failure> {
    if organisation.parent.is_some() || activity.organisation != organisation.id {
        return Err(Error::OutsideScope.into());
    }
    let change = Change::InsertOrganisation(Box::new(organisation.clone()));
    apply(connection, organisation.id, &change, 0)?;
    insert(connection, activity, leaves)
}

/// Everything written lies in the tenant: the wall is checked where the writing happens.
fn stay_in_scope(
    connection: &mut Connection,
    tenant: OrganisationId,
    batch: &Batch,
) -> Result<(), Failure> {
    inside(connection, tenant, batch.activity.organisation)?;
    if let Some(target) = &batch.target {
        inside(connection, tenant, target.organisation)?;
    }
    if !batch.changes.is_empty() {
        inside(connection, tenant, batch.organisation)?;
    }
    // Two changes name an organisation themselves: a new one, and its wallet's accounts.
    let mut own = vec![batch.organisation];
    for change in &batch.changes {
        let allowed = match change {
            Change::InsertOrganisation(new) => {
                own.push(new.id);
                new.root_id() == tenant
            }
            Change::InsertWalletAccount(account) => own.contains(&account.organisation),
            _ => true,
        };
        if !allowed {
            return Err(Error::OutsideScope.into());
        }
    }
    Ok(())
}

fn inside(
    connection: &mut Connection,
    tenant: OrganisationId,
    organisation: OrganisationId,
) -> Result<(), Failure> {
    if organisation == tenant {
        return Ok(());
    }
    // Gone means deleted since it was read.
    let found = connection
        .query(&SELECT_PARENT, values![organisation])?
        .pop()
        .ok_or(CONFLICT)?;
    let parent: Option<OrganisationId> = found.only()?;
    if parent == Some(tenant) {
        Ok(())
    } else {
        Err(Error::OutsideScope.into())
    }
}

/// The organisation is still as it was read; if its aggregate changes, so does its revision.
fn hold_revision(connection: &mut Connection, batch: &Batch) -> Result<(), Failure> {
    let held = if batch.touches_organisation() {
        connection.execute(&RAISE_REVISION, values![batch.organisation, batch.revision])? == 1
    } else {
        let found = connection
            .query(&SELECT_REVISION, values![batch.organisation])?
            .pop();
        let revision: Option<u64> = found.map(|row| row.only()).transpose()?;
        revision == Some(batch.revision)
    };
    if held { Ok(()) } else { Err(CONFLICT) }
}

fn insert(
    connection: &mut Connection,
    activity: &Activity,
    leaves: &mut Leaves,
) -> Result<(), Failure> {
    let Standing { status, outcome } = Standing::of(&activity.status)?;
    connection.execute(
        &INSERT_ACTIVITY,
        values![
            activity.organisation,
            activity.id,
            &activity.kind,
            &activity.fingerprint,
            &activity.answers(),
            &activity.body,
            status,
            outcome,
            activity.created_at,
            activity.updated_at,
        ],
    )?;
    for (vote, position) in activity.votes.iter().zip(0..) {
        insert_vote(connection, activity, vote, position, leaves.next())?;
    }
    log(connection, activity, 0, leaves)
}

fn settle(
    connection: &mut Connection,
    target: &Activity,
    leaves: &mut Leaves,
) -> Result<(), Failure> {
    let key = values![target.organisation, target.id];
    let Some((vote, before)) = target.votes.split_last() else {
        return Err(CONFLICT);
    };
    let found = connection.query(&COUNT_VOTES, key)?.pop().ok_or(CONFLICT)?;
    if found.only::<u64>()? != before.len() as u64 {
        return Err(CONFLICT);
    }
    let Standing { status, outcome } = Standing::of(&target.status)?;
    let settled = connection.execute(
        &SETTLE_ACTIVITY,
        values![
            status,
            outcome,
            &target.answers(),
            target.updated_at,
            target.organisation,
            target.id
        ],
    )?;
    if settled != 1 {
        return Err(CONFLICT);
    }
    insert_vote(connection, target, vote, before.len() as u64, leaves.next())?;
    log(connection, target, before.len(), leaves)
}

fn insert_vote(
    connection: &mut Connection,
    activity: &Activity,
    vote: &Vote,
    position: u64,
    leaf: u64,
) -> Result<(), Failure> {
    connection.execute(
        &INSERT_VOTE,
        values![
            activity.organisation,
            activity.id,
            position,
            vote.id,
            leaf,
            vote.user,
            activity::selection(vote.selection),
            // The submitter stamped the very body that the activity has.
            (vote.message != activity.body).then_some(&vote.message[..]),
            &vote.public_key,
            &vote.signature,
            &vote.scheme,
            vote.created_at,
        ],
    )?;
    Ok(())
}

/// Appends the leaf of an activity as it stands, committing to the votes that came with it: those
/// from the place `since` on.
fn log(
    connection: &mut Connection,
    activity: &Activity,
    since: usize,
    leaves: &mut Leaves,
) -> Result<(), Failure> {
    let entry = Entry::new(activity, since)?;
    let leaf = leaves.next();
    leaves.push(entry.hash());
    entries::insert(connection, leaf, &entry)?;
    Ok(())
}

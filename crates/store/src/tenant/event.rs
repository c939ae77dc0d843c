//! What happened in a tenant: the audit log, whose every entry is a leaf of the one log.
//!
//! A leaf names an event without telling its content, which is the record: JSON that the leaf
//! commits to with a salt. Erasing takes record and salt, and what was copied out of the record
//! into columns to be searched; the leaf and every proof of it stay (threat T77).

use aws_lc_rs::rand;
use rules::tenant::{Event, EventKind, Source};
use verify::receipt::{commitment, leaf_hash};
use wire::Timestamp;
use wire::id::{EventId, TenantId, TenantUserId};
use wire::log::leaf::Subject;
use wire::log::{Leaf, TreeHash};
use wire::tenants::record::{EventRecord, RECORD_VERSION};

use super::record::At;
use super::{Listed, Page, bad_json, exactly_one, from_json, is_storable, unknown};
use crate::backend::{Connection, Fields, Value, values};
use crate::log::Inclusion;
use crate::record::Failure;
use crate::sql::statements;
use crate::writer::Leaves;
use crate::{Error, Store};

/// The columns an event is read from.
macro_rules! columns {
    () => {
        "leaf, tenant, id, kind, failed, user_id, source_ip, fingerprint, created_at, record, salt,
         commitment, leaf_hash"
    };
}

macro_rules! events {
    ($rest:literal) => {
        concat!("SELECT ", columns!(), " FROM tenant_events WHERE ", $rest)
    };
}

/// The audit log's filter. A part is found by taking it out: what differs then, had it. Unlike
/// `LIKE` that knows no wildcards, and both databases do it alike.
macro_rules! filtered {
    ($columns:expr, $rest:literal) => {
        concat!(
            "SELECT ",
            $columns,
            " FROM tenant_events
             WHERE tenant = $1 AND created_at >= $2 AND created_at < $3
               AND (CAST($4 AS TEXT) = ''
                    OR REPLACE($4, ',' || kind || ':' || CAST(failed AS TEXT) || ',', '') <> $4)
               AND (CAST($5 AS TEXT) = '' OR REPLACE(user_id, $5, '') <> user_id)
               AND (CAST($6 AS TEXT) = '' OR REPLACE(source_ip, $6, '') <> source_ip)
               AND (CAST($7 AS TEXT) = '' OR REPLACE(user_id, $7, '') <> user_id
                    OR REPLACE(source_ip, $7, '') <> source_ip)",
            $rest
        )
    };
}

statements! {
    // The tenant's revision is checked in the same statement: no other is needed for it.
    INSERT_EVENT =
        "INSERT INTO tenant_events
            (leaf, tenant, id, kind, failed, user_id, source_ip, fingerprint, created_at, record,
             salt, commitment, leaf_hash)
         SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13
         FROM tenants WHERE id = $14 AND revision = $15";
    SELECT_EVENT = events!("tenant = $1 AND id = $2");
    SELECT_RANGE = events!("leaf >= $1 AND leaf < $2 ORDER BY leaf");
    COUNT_EVENTS = "SELECT COUNT(*) FROM tenant_events";
    LIST_EVENTS = filtered!(
        columns!(),
        " ORDER BY created_at DESC, leaf DESC LIMIT $8 OFFSET $9");
    COUNT_FILTERED = filtered!("COUNT(*)", "");
    ERASE_ALL =
        "UPDATE tenant_events SET record = NULL, salt = NULL, user_id = NULL, source_ip = NULL
         WHERE tenant = $1";
    ERASE_OF_USER =
        "UPDATE tenant_events SET record = NULL, salt = NULL, user_id = NULL, source_ip = NULL
         WHERE tenant = $1 AND user_id =
            (SELECT u.user_id FROM tenant_users u WHERE u.tenant = $2 AND u.id = $3)";
}

/// Which events are wanted. What is left out does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventFilter {
    /// The first instant.
    pub from: Option<Timestamp>,
    /// The first instant that is too late.
    pub to: Option<Timestamp>,
    /// One of these [audit types](Event::audit_type); none named: any.
    pub types: Vec<String>,
    /// The user's name contains this.
    pub user_id_contains: Option<String>,
    /// The caller's address contains this.
    pub ip_contains: Option<String>,
    /// One of the two contains this.
    pub q: Option<String>,
}

/// Everything a third party needs to check that an event was recorded, and what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventProof {
    /// The leaf and the way from it to a head.
    pub inclusion: Inclusion,
    /// The salt of the leaf's commitment.
    pub salt: [u8; 32],
    /// The exact JSON text the leaf commits to.
    pub record: String,
}

impl Store {
    /// Events of a tenant, newest first. Of one that was erased only its kind, outcome, time and
    /// fingerprint are left; its `detail` is `null`.
    pub async fn events(
        &self,
        tenant: TenantId,
        filter: &EventFilter,
        page: Page,
    ) -> Result<Listed<Event>, Error> {
        let Some(mut values) = filter.values(tenant) else {
            return Ok(Listed::nothing());
        };
        self.read_at_length(move |connection| {
            let total = connection.query(&COUNT_FILTERED, &values)?.pop();
            values.extend([page.size.into(), page.offset().into()]);
            let rows = connection.query(&LIST_EVENTS, &values)?.into_iter();
            let events = rows.map(|row| Stored::read(&mut row.fields())?.event());
            Ok(Listed {
                items: events.collect::<Result<_, _>>()?,
                total: total.map_or(Ok(0), |row| row.only())?,
            })
        })
        .await
    }

    /// The proof of an event, for the head as it is now; `None` if there is no such event or its
    /// content was erased.
    pub async fn event_proof(
        &self,
        tenant: TenantId,
        id: EventId,
    ) -> Result<Option<EventProof>, Error> {
        let known = self.head();
        self.read(move |connection| {
            let Some(stored) = find(connection, tenant, id)? else {
                return Ok(None);
            };
            let Some((record, salt)) = stored.content.clone() else {
                return Ok(None);
            };
            let inclusion = Inclusion::find(connection, stored.leaf, stored.index, known)?;
            Ok(Some(EventProof {
                inclusion,
                salt,
                record,
            }))
        })
        .await
    }

    /// The proof that an event is in the log, for the head as it is now, whether or not its
    /// content was erased.
    pub async fn event_inclusion(
        &self,
        tenant: TenantId,
        id: EventId,
    ) -> Result<Option<Inclusion>, Error> {
        let known = self.head();
        self.read(move |connection| {
            find(connection, tenant, id)?
                .map(|stored| Inclusion::find(connection, stored.leaf, stored.index, known))
                .transpose()
        })
        .await
    }
}

impl EventFilter {
    /// The values of the filter's places; `None` if there can be no such event.
    fn values(&self, tenant: TenantId) -> Option<Vec<Value>> {
        let part = |part: &Option<String>| part.clone().unwrap_or_default();
        let parts = [&self.user_id_contains, &self.ip_contains, &self.q].map(part);
        if !parts.iter().all(|part| is_storable(part)) {
            return None;
        }
        let mut values = vec![
            tenant.into(),
            self.from.map_or(Value::Int(i64::MIN), Value::from),
            self.to.map_or(Value::Int(i64::MAX), Value::from),
            wanted(&self.types).into(),
        ];
        values.extend(parts.map(Value::from));
        Some(values)
    }
}

/// The wanted kinds and outcomes as `,kind:0,kind:1,`; empty if any is.
fn wanted(types: &[String]) -> String {
    if types.is_empty() {
        return String::new();
    }
    let mut wanted = ",".to_owned();
    for kind in EventKind::ALL {
        for failed in [false, true] {
            if types.contains(&kind.audit_type(failed)) {
                wanted += &format!("{}:{},", kind.name(), u8::from(failed));
            }
        }
    }
    wanted
}

fn find(
    connection: &mut Connection,
    tenant: TenantId,
    id: EventId,
) -> Result<Option<Stored>, Error> {
    let row = connection.query(&SELECT_EVENT, values![tenant, id])?.pop();
    row.map(|row| Stored::read(&mut row.fields())).transpose()
}

/// Writes an event with its leaf, if its tenant is at the revision it was decided at.
pub(super) fn insert(
    connection: &mut Connection,
    at: At,
    event: &Event,
    leaves: &mut Leaves,
) -> Result<(), Failure> {
    let mut salt = [0; 32];
    rand::fill(&mut salt)
        .map_err(|_| Error::Unavailable("the system has no randomness".to_owned()))?;
    let record = serde_json::to_string(&record(event)).map_err(bad_json)?;
    let leaf = leaf(event, commitment(&salt, record.as_bytes()))?;
    let hash = leaf_hash(leaf.to_string().as_bytes());
    let index = leaves.next();
    let written = connection.execute(
        &INSERT_EVENT,
        values![
            index,
            event.tenant,
            event.id,
            event.kind.name(),
            event.error.is_some(),
            event.user_id.as_deref().map(column),
            source_ip(&event.source),
            &event.fingerprint,
            event.at,
            record,
            &salt,
            &leaf.commitment,
            hash,
            at.tenant,
            at.revision,
        ],
    )?;
    exactly_one(written)?;
    leaves.push(hash);
    Ok(())
}

/// Erases the events of a tenant.
pub(super) fn erase_all(connection: &mut Connection, tenant: TenantId) -> Result<(), Failure> {
    connection.execute(&ERASE_ALL, values![tenant])?;
    Ok(())
}

/// Erases the events about a user. The one that will tell of the erasure is not among them.
pub(super) fn erase_of_user(
    connection: &mut Connection,
    tenant: TenantId,
    user: TenantUserId,
) -> Result<(), Failure> {
    connection.execute(&ERASE_OF_USER, values![tenant, tenant, user])?;
    Ok(())
}

fn leaf(event: &Event, commitment: [u8; 32]) -> Result<Leaf, Error> {
    let unspeakable = |_| Error::Damaged(format!("{:?} has no leaf", event.kind));
    let record_type = event.kind.name().to_ascii_uppercase();
    Ok(Leaf {
        subject: Subject::Event {
            tenant: event.tenant,
            event: event.id,
        },
        record_type: record_type.parse().map_err(unspeakable)?,
        status: event.status().parse().map_err(unspeakable)?,
        fingerprint: event.fingerprint,
        time: event.at,
        commitment,
    })
}

/// A text of the record as it is in a column to be searched. A refused request may say anything,
/// and PostgreSQL has no zero character.
fn column(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

fn source_ip(source: &Source) -> Option<String> {
    (!source.ip.is_empty()).then(|| column(&source.ip))
}

/// What the leaf of an event commits to, whatever its detail.
type Record = EventRecord<serde_json::Value>;

fn record(event: &Event) -> Record {
    let said = |text: &String| (!text.is_empty()).then(|| text.clone());
    Record {
        v: RECORD_VERSION,
        r#type: event.audit_type(),
        error: event.error.clone(),
        user_id: event.user_id.clone(),
        transaction_id: event.transaction_id.clone(),
        source_ip: said(&event.source.ip),
        user_agent: said(&event.source.user_agent),
        request_id: said(&event.source.request_id),
        detail: event.detail.clone(),
    }
}

/// An event as stored, with the leaf its columns make.
pub(crate) struct Stored {
    index: u64,
    kind: EventKind,
    failed: bool,
    user_id: Option<String>,
    source_ip: Option<String>,
    /// Record and salt, unless erased.
    content: Option<(String, [u8; 32])>,
    tenant: TenantId,
    id: EventId,
    leaf: Leaf,
    pub(crate) hash: TreeHash,
}

impl Stored {
    fn read(row: &mut Fields) -> Result<Self, Error> {
        let index = row.next()?;
        let (tenant, id) = (row.next()?, row.next()?);
        let kind: String = row.next()?;
        let kind = EventKind::named(&kind).ok_or_else(|| unknown(&kind))?;
        let failed = row.next()?;
        let (user_id, source_ip) = (row.next()?, row.next()?);
        let event = Event {
            id,
            tenant,
            kind,
            error: bool::then(failed, String::new),
            user_id: None,
            transaction_id: None,
            source: Source::default(),
            fingerprint: row.next()?,
            detail: serde_json::Value::Null,
            at: row.next()?,
        };
        let (record, salt): (Option<String>, Option<[u8; 32]>) = (row.next()?, row.next()?);
        if record.is_some() != salt.is_some() {
            return Err(Error::Damaged("an event is half erased".to_owned()));
        }
        Ok(Self {
            index,
            kind,
            failed,
            user_id,
            source_ip,
            content: record.zip(salt),
            tenant,
            id,
            leaf: leaf(&event, row.next()?)?,
            hash: row.next()?,
        })
    }

    fn event(&self) -> Result<Event, Error> {
        let mut event = Event {
            id: self.id,
            tenant: self.tenant,
            kind: self.kind,
            error: self.failed.then(|| ERASED.to_owned()),
            user_id: None,
            transaction_id: None,
            source: Source::default(),
            fingerprint: self.leaf.fingerprint,
            detail: serde_json::Value::Null,
            at: self.leaf.time,
        };
        if let Some((record, _)) = &self.content {
            let record: Record = from_json(record)?;
            event.error = record.error;
            event.user_id = record.user_id;
            event.transaction_id = record.transaction_id;
            event.source = Source {
                ip: record.source_ip.unwrap_or_default(),
                user_agent: record.user_agent.unwrap_or_default(),
                request_id: record.request_id.unwrap_or_default(),
            };
            event.detail = record.detail;
        }
        Ok(event)
    }

    /// What does not agree: the columns with the leaf, the record with the commitment, or what
    /// was copied out of the record with it.
    pub(crate) fn disagreement(&self) -> Option<&'static str> {
        if leaf_hash(self.leaf.to_string().as_bytes()) != self.hash {
            return Some("the leaf's fields");
        }
        let Some((record, salt)) = &self.content else {
            let rest = self.user_id.is_some() || self.source_ip.is_some();
            return rest.then_some("an erased event's columns");
        };
        if commitment(salt, record.as_bytes()) != self.leaf.commitment {
            return Some("the event's record");
        }
        let same = self.event().is_ok_and(|event| {
            event.error.is_some() == self.failed
                && event.user_id.as_deref().map(column) == self.user_id
                && source_ip(&event.source) == self.source_ip
        });
        (!same).then_some("the event's columns")
    }
}

/// Stands for the reason of a failure whose record was erased.
const ERASED: &str = "erased";

/// An event's entry in the log, or what stands where it should be.
pub(crate) type Found = Result<(u64, Stored), Error>;

/// Events from one leaf up to another, each on its own: readable, or damaged.
pub(crate) fn stored(connection: &mut Connection, from: u64, to: u64) -> Result<Vec<Found>, Error> {
    let rows = connection.query(&SELECT_RANGE, values![from, to])?;
    let read = |row: crate::backend::Row| {
        let stored = Stored::read(&mut row.fields())?;
        Ok((stored.index, stored))
    };
    Ok(rows.into_iter().map(read).collect())
}

/// How many events there are.
pub(crate) fn count(connection: &mut Connection) -> Result<u64, Error> {
    let row = connection.query(&COUNT_EVENTS, &[])?.pop();
    row.map_or(Ok(0), |row| row.only())
}

//! The walk of a command, from claim to record.

use std::sync::Arc;
use std::time::Instant;

use rules::activity::{Activity, ActivityStatus, Selection, Vote};
use rules::catalogue::Entry;
use rules::command::{Command, Needs, Submission};
use rules::decide::Submitted;
use rules::facts::{Facts, Found};
use rules::strictness::Strictness;
use rules::{Authorised, Decision, Done, Organisation, decide};

use store::{Batch, Recorded};
use wire::activities::Members;
use wire::id::{ActivityId, OrganisationId, UserId, VoteId};
use wire::{RawRequest, Timestamp};

use crate::dialect::Dialect;
use crate::error::Error;
use crate::execute::Executed;
use crate::signer::Standing;
use crate::{Engine, entropy, fresh};

/// How often a command is decided anew because its organisation changed meanwhile.
const MAX_ATTEMPTS: u32 = 64;

/// An activity as somebody may see it.
#[derive(Clone, Debug)]
pub struct View {
    /// The activity.
    pub activity: Activity,
    /// Its organisation, for what votes and flags show of users; `None` once it was deleted.
    pub organisation: Option<Arc<Organisation>>,
    /// Who looks.
    pub viewer: UserId,
}

impl Engine {
    /// Takes a command along the whole walk.
    ///
    /// 1. *Claim*: what the request says about itself chooses the credential to load.
    /// 2. *Evidence*: the stamp is verified over the exact body; only then is the body read.
    /// 3. *Authority*: facts are read at one revision and the rules judge.
    /// 4. *Effect*: what is allowed is executed, into a batch of changes.
    /// 5. *Memory*: the batch is recorded with its outcome, or the organisation has changed and
    ///    the walk goes back to 3.
    pub async fn submit(
        &self,
        raw: RawRequest,
        dialect: &Dialect,
    ) -> Result<Recorded<View>, Error> {
        let now = self.clock.now();
        let claim = verify::Claim::read(&raw)?;
        let standing = self.standing(&claim).await?;
        let strictness = Strictness::of(&standing.addressed, standing.parent.as_deref());
        let authenticated = self.authenticate(raw, claim, &standing, now)?;
        let submitted = authenticated
            .read(|path, body| (dialect.submission)(path, body, members(strictness)))?;
        fresh::time(submitted.content().timestamp, now)?;
        fresh::not_before(submitted.content().timestamp, self.settings.not_before)?;
        let audience = submitted.content().audience.as_deref();
        fresh::audience(audience, strictness, &self.settings.audience)?;

        let mut turn = None;
        for _ in 0..MAX_ATTEMPTS {
            // The same body is the same activity, for ever.
            if let Some(activity) = self.already(&submitted).await? {
                return self.view(activity, submitted.signer().user).await;
            }
            let facts = self.facts(&submitted).await?;
            let parent = facts.parent.as_deref();
            let session = self
                .still_stands(&standing, &facts.organisation, parent, self.clock.now())
                .await?;
            let decision = decide(&submitted, &facts, now);
            let mut batch = match (&submitted.content().command, decision) {
                (Command::ApproveActivity { .. }, Decision::Allow(vote)) => {
                    self.approve(&submitted, &vote, &facts, dialect, now)
                        .await?
                }
                (Command::RejectActivity { .. }, Decision::Allow(_)) => {
                    self.reject(&submitted, &facts, now)?
                }
                (_, decision) => self.effect(&submitted, decision, &facts, now)?,
            };
            batch.session = session;
            match self.store.record(submitted.scope(), batch).await {
                Ok(recorded) => {
                    count(submitted.content().command.entry(), recorded.get());
                    let shown = self.shown(recorded).await?;
                    return self.view(shown, submitted.signer().user).await;
                }
                Err(store::RecordError::Conflict) => {
                    metrics::counter!("zegel_conflicts_total").increment(1);
                    if turn.is_none() {
                        let organisation = submitted.content().organisation;
                        turn = Some(self.turnstiles.enter(organisation.as_bytes()).await);
                    }
                }
                Err(store::RecordError::Store(error)) => return Err(error.into()),
            }
        }
        Err(Error::Contended(MAX_ATTEMPTS))
    }

    /// Verifies the stamp with what the standing's organisations ask of passkeys.
    pub(crate) fn authenticate(
        &self,
        raw: RawRequest,
        claim: verify::Claim,
        standing: &Standing,
        now: Timestamp,
    ) -> Result<verify::Authenticated, Error> {
        let root = standing.parent.as_deref().unwrap_or(&standing.addressed);
        let relying_party = rules::credential::relying_party(root);
        let started = Instant::now();
        let judged = verify::authenticate(
            raw,
            claim,
            &standing.credential,
            &relying_party,
            &self.keys,
            now,
        );
        metrics::histogram!("zegel_stamp_verify_seconds").record(started.elapsed());
        judged.map_err(|rejection| match rejection {
            verify::Rejection::Expired => standing.expired(),
            rejection => Error::Rejected(rejection),
        })
    }

    async fn already(&self, submitted: &Submitted) -> Result<Option<Recorded<Activity>>, Error> {
        let organisation = recorded_in(submitted);
        let (fingerprint, submitter) = (submitted.fingerprint(), submitted.signer().user);
        match self
            .store
            .answer_to(organisation, fingerprint, submitter)
            .await?
        {
            Some(activity) => self.shown(activity).await.map(Some),
            None => Ok(None),
        }
    }

    /// The activity a submitter is answered with: his own, or the one he voted on.
    async fn shown(&self, own: Recorded<Activity>) -> Result<Recorded<Activity>, Error> {
        let ActivityStatus::Completed(Done::Voted { activity }) = own.get().status else {
            return Ok(own);
        };
        let target = self
            .store
            .activity(own.get().organisation, activity)
            .await?;
        target.ok_or_else(|| Error::Unreadable("the target of a counted vote is gone".to_owned()))
    }

    /// What somebody may see of an activity, with the users it mentions.
    pub(crate) async fn view(
        &self,
        activity: Recorded<Activity>,
        viewer: UserId,
    ) -> Result<Recorded<View>, Error> {
        let id = activity.get().organisation;
        let organisation = self.store.organisation(id).await?;
        Ok(activity.map(|activity| View {
            activity,
            organisation,
            viewer,
        }))
    }

    /// Reads what the decision rests on.
    async fn facts(&self, submitted: &Submitted) -> Result<Facts, Error> {
        let Submission {
            organisation,
            command,
            ..
        } = submitted.content();
        // A stranger is refused at the wall, whatever else there is to know.
        let needs = match submitted.signer().home == *organisation {
            true => command.needs(),
            false => Needs::Nothing,
        };
        self.facts_for(*organisation, needs, vec![submitted.signer().user])
            .await
    }

    async fn facts_for(
        &self,
        organisation: OrganisationId,
        needs: Needs<'_>,
        approvals: Vec<UserId>,
    ) -> Result<Facts, Error> {
        let organisation = self
            .store
            .organisation(organisation)
            .await?
            .ok_or_else(|| gone(organisation))?;
        let parent = match organisation.parent {
            Some(id) => self.store.organisation(id).await?,
            None => None,
        };
        let found = self.found(&organisation, needs).await?;
        Ok(Facts {
            organisation,
            parent,
            approvals,
            found,
        })
    }

    async fn found(&self, organisation: &Organisation, needs: Needs<'_>) -> Result<Found, Error> {
        let id = organisation.id;
        Ok(match needs {
            Needs::Nothing => Found::Nothing,
            Needs::SignWith(text) => Found::Signer(self.sign_with(organisation, text).await?),
            Needs::Accounts(ids) => Found::Accounts(self.store.accounts_by_id(id, ids).await?),
            Needs::AccountsAt(wallet, places) => {
                Found::Accounts(self.store.accounts_at(id, wallet, places).await?)
            }
            Needs::Activity(fingerprint) => {
                let activity = self.store.activity_by_fingerprint(id, &fingerprint).await?;
                Found::Activity(activity.map(|activity| Box::new(activity.into_inner())))
            }
        })
    }

    /// What is to be remembered of a command: its activity, and what it changed.
    fn effect(
        &self,
        submitted: &Submitted,
        decision: Decision,
        facts: &Facts,
        now: Timestamp,
    ) -> Result<Batch, Error> {
        let Executed { outcome, changes } =
            self.carry_out(decision, facts, submitted.authenticated(), now)?;
        let activity = activity(submitted, outcome.into(), now)?;
        let (organisation, revision) = (facts.organisation.id, facts.organisation.revision);
        Ok(Batch {
            organisation,
            revision,
            session: None,
            activity,
            target: None,
            changes,
        })
    }

    /// Counts a vote for a held activity; the last one that was missing executes it.
    async fn approve(
        &self,
        submitted: &Submitted,
        vote: &Authorised,
        facts: &Facts,
        dialect: &Dialect,
        now: Timestamp,
    ) -> Result<Batch, Error> {
        let mut target = voted(submitted, facts, Selection::Approved, now)?;
        let held = reread(&target, dialect)?;
        let approvals = target.approvals(&facts.organisation, now);
        // The vote was judged at this revision; what it executes must not rest on a later one.
        let revision = facts.organisation.revision;
        let facts = self
            .facts_for(target.organisation, held.command.needs(), approvals)
            .await?;
        let proposer = target.proposer();
        let decision = rules::decide::decide_held(vote, held.command, proposer, &facts, now);
        let Executed { outcome, changes } =
            self.carry_out(decision, &facts, submitted.authenticated(), now)?;
        target.status = outcome.into();
        let own = activity(submitted, counted(&target), now)?;
        let organisation = facts.organisation.id;
        Ok(Batch {
            organisation,
            revision,
            session: None,
            activity: own,
            target: Some(target),
            changes,
        })
    }

    /// Counts a vote against a held activity, which ends it.
    fn reject(&self, submitted: &Submitted, facts: &Facts, now: Timestamp) -> Result<Batch, Error> {
        let mut target = voted(submitted, facts, Selection::Rejected, now)?;
        target.status = ActivityStatus::Rejected;
        let own = activity(submitted, counted(&target), now)?;
        let (organisation, revision) = (facts.organisation.id, facts.organisation.revision);
        let changes = Vec::new();
        Ok(Batch {
            organisation,
            revision,
            session: None,
            activity: own,
            target: Some(target),
            changes,
        })
    }
}

/// Counts an outcome by kind and status; both come from short lists, so nobody can grow them.
fn count(entry: &'static Entry, activity: &Activity) {
    let status = match activity.status {
        ActivityStatus::Held => "held",
        ActivityStatus::Completed(_) => "completed",
        ActivityStatus::Refused(_) => "refused",
        ActivityStatus::Rejected => "rejected",
    };
    metrics::counter!("zegel_activities_total", "type" => entry.name, "status" => status)
        .increment(1);
}

/// Whether members nobody reads are refused.
pub(crate) fn members(strictness: Strictness) -> Members {
    if strictness.strict_members {
        Members::Strict
    } else {
        Members::Tolerant
    }
}

/// Where the outcome is remembered. An outsider's attempt stays in the outsider's own
/// organisation, so that nobody fills a stranger's record.
fn recorded_in(submitted: &Submitted) -> OrganisationId {
    submitted.signer().home
}

/// The activity's row: its body, its submitter's vote and where it stands.
fn activity(
    submitted: &Submitted,
    status: ActivityStatus,
    now: Timestamp,
) -> Result<Activity, Error> {
    Ok(Activity {
        id: ActivityId::from_time(now, entropy::sixteen()?),
        organisation: recorded_in(submitted),
        kind: submitted.content().kind.clone(),
        fingerprint: *submitted.fingerprint(),
        body: submitted.body().to_vec(),
        status,
        votes: vec![cast(submitted, Selection::Approved, now)?],
        created_at: now,
        updated_at: now,
    })
}

/// A vote by the signer, with the proof that it is his.
fn cast(submitted: &Submitted, selection: Selection, now: Timestamp) -> Result<Vote, Error> {
    let evidence = submitted.evidence();
    Ok(Vote {
        id: VoteId::from_random(entropy::sixteen()?),
        user: submitted.signer().user,
        selection,
        message: submitted.body().to_vec(),
        public_key: evidence.public_key.clone(),
        signature: evidence.signature.clone(),
        scheme: evidence.scheme.to_owned(),
        created_at: now,
    })
}

/// The activity a vote is about, with that vote added. The rules have seen that it is there.
fn voted(
    submitted: &Submitted,
    facts: &Facts,
    selection: Selection,
    now: Timestamp,
) -> Result<Activity, Error> {
    let target = facts.activity().cloned();
    let mut target =
        target.ok_or_else(|| Error::Unreadable("a vote was allowed on nothing".to_owned()))?;
    target.votes.push(cast(submitted, selection, now)?);
    target.updated_at = now;
    Ok(target)
}

/// How the vote's own activity ends: it is done once it is counted.
fn counted(target: &Activity) -> ActivityStatus {
    ActivityStatus::Completed(Done::Voted {
        activity: target.id,
    })
}

/// What a held activity asks for, from the body that was stamped when it was proposed.
fn reread(held: &Activity, dialect: &Dialect) -> Result<Submission, Error> {
    let unreadable = |problem: String| Error::Unreadable(format!("{}: {problem}", held.id));
    let body = wire::json::parse(&held.body).map_err(|error| unreadable(error.to_string()))?;
    (dialect.submission)(&(dialect.path_of)(&held.kind), &body, Members::Tolerant)
        .map_err(|error| unreadable(error.to_string()))
}

fn gone(organisation: OrganisationId) -> Error {
    Error::NotFound(format!(
        "no organization found with the given ID {organisation}"
    ))
}

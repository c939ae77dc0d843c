//! Passkeys that join an account and leave it.

use rules::tenant::{Allowed, Command, Member, PasskeyChange, SessionTerms, TenantChange};
use serde_json::json;
use verify::tenant::Asked;
use wire::Timestamp;
use wire::encoding::base64url;
use wire::webauthn::MAX_CREDENTIAL_ID;

use super::Executed;
use super::session::{ceremony, evidence, opened};
use crate::error::Error;
use crate::tenants::answer::{Answer, PasskeysChanged};

/// Asks the account's passkeys; the challenge covers the account and whom it is about.
pub(super) fn open(
    base_url: String,
    terms: SessionTerms,
    member: Member,
    now: Timestamp,
) -> Result<Executed, Error> {
    let ceremony = ceremony(&terms, now)?;
    let detail = json!({
        "environment": terms.environment,
        "account": terms.account,
        "change": terms.change,
        "rpId": terms.rp_id,
    });
    let opened = Box::new(opened(base_url, terms, &ceremony));
    let answer = Answer::ChangeOpened(opened, member);
    Ok(Executed::new(answer, vec![TenantChange::OpenCeremony(ceremony)]).with(detail))
}

/// One of them said yes. The account is updated whatever becomes of its passkeys, so that of two
/// changes one is decided after the other.
pub(super) fn change(
    allowed: Allowed,
    asked: &Asked<Command>,
    now: Timestamp,
) -> Result<Executed, Error> {
    let (
        Allowed::ChangePasskeys {
            ceremony,
            terms,
            change,
            member,
            mut approver,
            mut account,
            verified,
        },
        Command::BindSession { answer, .. },
    ) = (allowed, asked.content())
    else {
        return Err(Error::Unreadable("something else was approved".to_owned()));
    };
    let detail = json!({
        "environment": terms.environment,
        "account": account.address,
        "passkey": member.passkey,
        "approvedBy": approver.address,
        "publicKey": base64url::encode(&approver.public_key),
        "terms": &*terms,
        "userVerified": verified.user_verified(),
        "assertion": evidence(answer),
    });
    // Whose own it is approves as the account itself; one row is written once.
    let is_own = approver.address == account.address;
    let approving = if is_own { &mut account } else { &mut approver };
    approving.sign_count = verified.sign_count();
    // It is not signed: kept if it can be one at all, and nothing rests on it.
    if let Some(id) = &answer.credential_id
        && id.len() <= MAX_CREDENTIAL_ID
    {
        approving.credential_id = Some(id.clone());
    }
    approving.updated_at = now;
    account.updated_at = now;
    let ends_session = matches!(
        change,
        PasskeyChange::Remove {
            ends_session: true,
            ..
        }
    );
    if let Some(session) = account.session.as_mut().filter(|_| ends_session) {
        session.is_revoked = true;
    }
    let changed = PasskeysChanged {
        account: account.address,
        change,
        member: member.clone(),
    };
    let mut changes = vec![
        TenantChange::SpendCeremony(ceremony.challenge.clone()),
        TenantChange::UpdateAccount(account),
    ];
    if !is_own {
        changes.push(TenantChange::UpdateAccount(approver));
    }
    changes.push(match change {
        PasskeyChange::Add { .. } => TenantChange::InsertMember(member),
        PasskeyChange::Remove { .. } => TenantChange::DeleteMember(member),
    });
    let answer = Answer::PasskeysChanged(Box::new(changed));
    Ok(Executed::new(answer, changes)
        .with(detail)
        .recorded_as(change.event()))
}

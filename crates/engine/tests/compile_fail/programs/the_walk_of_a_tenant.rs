//! Fails with:
//! The one way through for tenants, as far as it can be gone from outside.

use std::convert::Infallible;

use rules::tenant::{Authorised, Command, Found, Refusal, Tenant, decide};
use verify::tenant::{Call, present};
use wire::Timestamp;

/// Who calls, then what is meant, then whether it may be.
pub fn judge(
    call: Call,
    meant: Command,
    tenant: &Tenant,
    found: &Found,
    now: Timestamp,
) -> Result<Authorised, Refusal> {
    let secrets = tenant.secrets.iter();
    let presented = present(call, secrets.map(|secret| (secret.id, &secret.hash)));
    let Ok(asked) = presented.read(|_body| Ok::<_, Infallible>(meant));
    decide(&asked, Some(tenant), found, now)
}

//! Fails with: E0451

use verify::Scope;
use wire::id::OrganisationId;

pub fn of_my_choice(tenant: OrganisationId) -> Scope {
    Scope { tenant }
}

//! Fails with: E0423

use rules::tenant::{Allowed, Authorised};

pub fn delete_a_tenant() -> Authorised {
    Authorised(Allowed::DeleteTenant)
}

//! Fails with: E0451

use verify::tenant::TenantScope;
use wire::id::TenantId;

pub fn of_my_choice(tenant: TenantId) -> TenantScope {
    TenantScope { tenant }
}

//! Which task a method and a path are.
//!
//! A path is matched byte for byte, so that nothing but the exact one leads anywhere (threat T22);
//! only what stands for an id is decoded. A path with another method is no path.

use axum::http::Method;

use crate::http::tenants::percent_decode;

/// What can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Task {
    Status,
    Networks,
    ListTenants,
    CreateTenant,
    ShowTenant,
    RenameTenant,
    DeleteTenant,
    ConfigureTenant,
    AuditLogs,
    ListApiKeys,
    CreateApiKey,
    DeleteApiKey,
    ListTokenKeys,
    CreateTokenKey,
    DeleteTokenKey,
    ListUsers,
    ShowUser,
    DeleteUser,
    ListCredentials,
    ShowCredential,
    RenameCredential,
    DeleteCredential,
    ListTransactions,
    ShowTransaction,
    CancelTransaction,
    Receipt,
    ListAccounts,
    RevokeSession,
}

/// Every route behind the token. The first id in a path is the tenant's.
const ROUTES: &[(Method, &str, Task)] = {
    use Task as T;
    const GET: Method = Method::GET;
    const POST: Method = Method::POST;
    const PUT: Method = Method::PUT;
    const PATCH: Method = Method::PATCH;
    const DELETE: Method = Method::DELETE;
    &[
        (GET, "/", T::Status),
        (GET, "/networks", T::Networks),
        (GET, "/tenants", T::ListTenants),
        (POST, "/tenants", T::CreateTenant),
        (GET, "/tenants/{}", T::ShowTenant),
        (PUT, "/tenants/{}", T::RenameTenant),
        (DELETE, "/tenants/{}", T::DeleteTenant),
        (PUT, "/tenants/{}/config", T::ConfigureTenant),
        (GET, "/tenants/{}/audit_logs", T::AuditLogs),
        (GET, "/tenants/{}/secrets/api", T::ListApiKeys),
        (POST, "/tenants/{}/secrets/api", T::CreateApiKey),
        (DELETE, "/tenants/{}/secrets/api/{}", T::DeleteApiKey),
        (GET, "/tenants/{}/secrets/jwk", T::ListTokenKeys),
        (POST, "/tenants/{}/secrets/jwk", T::CreateTokenKey),
        (DELETE, "/tenants/{}/secrets/jwk/{}", T::DeleteTokenKey),
        (GET, "/tenants/{}/users", T::ListUsers),
        (GET, "/tenants/{}/users/{}", T::ShowUser),
        (DELETE, "/tenants/{}/users/{}", T::DeleteUser),
        (GET, "/tenants/{}/credentials", T::ListCredentials),
        (GET, "/tenants/{}/credentials/{}", T::ShowCredential),
        (PATCH, "/tenants/{}/credentials/{}", T::RenameCredential),
        (DELETE, "/tenants/{}/credentials/{}", T::DeleteCredential),
        (GET, "/tenants/{}/transactions", T::ListTransactions),
        (GET, "/tenants/{}/transactions/{}", T::ShowTransaction),
        (
            POST,
            "/tenants/{}/transactions/{}/cancel",
            T::CancelTransaction,
        ),
        (GET, "/tenants/{}/transactions/{}/receipt", T::Receipt),
        (GET, "/tenants/{}/accounts", T::ListAccounts),
        (DELETE, "/tenants/{}/accounts/{}/session", T::RevokeSession),
    ]
};

/// Every route behind the token: method and path, with `{}` for an id. For tests that must not
/// forget one.
pub fn routes() -> impl Iterator<Item = (Method, &'static str)> {
    ROUTES
        .iter()
        .map(|(method, path, _)| (method.clone(), *path))
}

/// A task, with the ids in its path.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) task: Task,
    pub(super) ids: Vec<String>,
}

/// Finds the task.
pub(super) fn find(method: &Method, path: &str) -> Option<Found> {
    ROUTES.iter().find_map(|(known, pattern, task)| {
        let ids = (known == method).then(|| ids(pattern, path))??;
        Some(Found { task: *task, ids })
    })
}

/// The ids in a path of this pattern.
fn ids(pattern: &str, path: &str) -> Option<Vec<String>> {
    let (mut known, mut segments) = (pattern.split('/'), path.split('/'));
    let mut ids = Vec::new();
    loop {
        match (known.next(), segments.next()) {
            (None, None) => return Some(ids),
            (Some("{}"), Some(id)) => {
                ids.push(percent_decode(id).filter(|id| !id.is_empty())?);
            }
            (Some(known), Some(segment)) if known == segment => {}
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(method: Method, path: &str) -> Option<(Task, Vec<String>)> {
        find(&method, path).map(|found| (found.task, found.ids))
    }

    fn ids<const N: usize>(ids: [&str; N]) -> Vec<String> {
        ids.map(str::to_owned).to_vec()
    }

    #[test]
    fn a_path_is_a_task_and_the_ids_in_it() {
        for (method, path, task, expected) in [
            (Method::GET, "/", Task::Status, ids([])),
            (Method::GET, "/tenants", Task::ListTenants, ids([])),
            (Method::PUT, "/tenants/t", Task::RenameTenant, ids(["t"])),
            (
                Method::GET,
                "/tenants/t/transactions/a%2Fb%20%C3%BC/receipt",
                Task::Receipt,
                ids(["t", "a/b ü"]),
            ),
        ] {
            assert_eq!(found(method, path), Some((task, expected)), "{path}");
        }
    }

    #[test]
    fn t22_nothing_but_the_exact_path_leads_anywhere() {
        for path in [
            "",
            "//",
            "/tenants/",
            "//tenants",
            "/Tenants",
            "/%74enants",
            "/tenants//config",
            "/tenants/t/",
            "/tenants/t/secrets",
            "/tenants/t/secrets/api/",
            "/tenants/t/users/u/",
            "/tenants/t/users/%ff",
            "/tenants/t/x/../users",
        ] {
            assert_eq!(found(Method::GET, path), None, "{path}");
        }
        assert_eq!(found(Method::PATCH, "/tenants"), None);
        assert_eq!(found(Method::HEAD, "/tenants"), None);
    }

    #[test]
    fn every_route_below_a_tenant_begins_with_its_id() {
        for (_, path, task) in ROUTES {
            let is_within = path.starts_with("/tenants/{}");
            let is_outside = matches!(
                task,
                Task::Status | Task::Networks | Task::ListTenants | Task::CreateTenant
            );
            assert_ne!(is_within, is_outside, "{path}");
        }
    }
}

//! Whose call it is, and where it is meant to act.

use std::net::IpAddr;
use std::sync::Arc;

use axum::http::HeaderMap;
use axum::http::request::Parts;
use rules::tenant::Tenant;
use url::form_urlencoded;
use wire::environment::Environment;
use wire::id::TenantId;

use super::dialect::Body;
use super::problem::Problem;
use crate::http::State;

/// The tenant of the API key; without a key, the one that is named.
pub(super) async fn tenant(
    state: &State,
    parts: &Parts,
    body: &Body,
    key: Option<&str>,
    client: IpAddr,
) -> Result<Arc<Tenant>, Problem> {
    let id = match key {
        Some(key) => match state.engine.tenant_of_key(key).await? {
            Some(id) => {
                state.tenants.rates.check_key(id.as_bytes())?;
                Some(id)
            }
            None => {
                // Guessing keys is as slow as having none.
                state.tenants.rates.check_ip(client)?;
                None
            }
        },
        None => named(parts, body)?,
    };
    let id = id.ok_or_else(Problem::unauthorised)?;
    let tenant = state.engine.tenant(id).await?;
    tenant.ok_or_else(Problem::unauthorised)
}

/// The tenant that is named. In two places it would have two readings (threat T3).
fn named(parts: &Parts, body: &Body) -> Result<Option<TenantId>, Problem> {
    let query = parts.uri.query().unwrap_or_default();
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    let in_query = pairs.find(|(name, _)| name == "tenant");
    let named = match (body.text(&["tenant"])?, &in_query) {
        (Some(text), Some((_, other))) if text != other => {
            return Err(Problem::invalid("tenant", "is another one in the query"));
        }
        (Some(text), _) => Some(text),
        (None, Some((_, text))) => Some(text.as_ref()),
        (None, None) => None,
    };
    Ok(named.and_then(TenantId::parse_lenient))
}

/// The network a call means: `sandbox` unless it says otherwise. Headers that say two things say
/// nothing (threat T3).
pub(super) fn environment(headers: &HeaderMap, body: &Body) -> Result<Environment, Problem> {
    let mut named = None;
    for name in ["x-grid-environment", "x-squads-network", "x-network"] {
        for value in headers.get_all(name) {
            let text = value.to_str();
            let text = text.map_err(|_| Problem::invalid(name, "must be the name of a network"))?;
            let environment = read_environment(text)?;
            if named.is_some_and(|other| other != environment) {
                return Err(Problem::invalid(name, "names another network than before"));
            }
            named = Some(environment);
        }
    }
    match named {
        Some(environment) => Ok(environment),
        None => read_environment(body.text(&["env"])?.unwrap_or("sandbox")),
    }
}

fn read_environment(name: &str) -> Result<Environment, Problem> {
    name.parse().map_err(|error| Problem::network(&error))
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderValue, header};

    use super::*;

    fn meant(headers: &[(&'static str, &'static [u8])], body: &str) -> Option<Environment> {
        let headers = headers.iter().map(|(name, value)| {
            let value = HeaderValue::from_bytes(value).unwrap();
            (header::HeaderName::from_static(name), value)
        });
        let Ok(body) = Body::parse(body.as_bytes()) else {
            panic!("{body} is an object");
        };
        environment(&headers.collect(), &body).ok()
    }

    #[test]
    fn a_call_is_on_the_network_it_names() {
        use Environment as E;
        let (newer, older) = ("x-grid-environment", "x-squads-network");
        assert_eq!(meant(&[], "{}"), Some(E::Sandbox));
        assert_eq!(meant(&[], r#"{"env":"devnet"}"#), Some(E::Devnet));
        assert_eq!(meant(&[(newer, b"production")], "{}"), Some(E::Mainnet));
        let both: [(_, &[u8]); 2] = [(newer, b"production"), (older, b"mainnet")];
        assert_eq!(meant(&both, "{}"), Some(E::Mainnet));
    }

    #[test]
    fn t3_a_call_on_two_networks_is_on_none() {
        let (newer, older) = ("x-grid-environment", "x-squads-network");
        let two: [(_, &[u8]); 2] = [(newer, b"sandbox"), (older, b"mainnet")];
        assert_eq!(meant(&two, "{}"), None);
        let twice: [(_, &[u8]); 2] = [(newer, b"sandbox"), (newer, b"mainnet")];
        assert_eq!(meant(&twice, "{}"), None);
        assert_eq!(meant(&[(newer, b"m\xffainnet")], "{}"), None);
    }

    #[test]
    fn t3_a_tenant_has_one_name() {
        let ids = [1, 2].map(|n| TenantId::from_bytes([n; 16]));
        let told = |query: &str, body: String| {
            let uri = format!("/passkeys/submit?{query}");
            let request = axum::http::Request::builder().uri(uri).body(()).unwrap();
            let Ok(body) = Body::parse(body.as_bytes()) else {
                panic!("{body} is an object");
            };
            named(&request.into_parts().0, &body).ok()
        };
        let body = |id: &TenantId| format!(r#"{{"tenant":"{id}"}}"#);
        let query = |id: &TenantId| format!("tenant={id}");
        assert_eq!(told("", body(&ids[0])), Some(Some(ids[0])));
        assert_eq!(told(&query(&ids[0]), "{}".to_owned()), Some(Some(ids[0])));
        assert_eq!(told(&query(&ids[0]), body(&ids[0])), Some(Some(ids[0])));
        assert_eq!(told(&query(&ids[0]), body(&ids[1])), None);
    }
}

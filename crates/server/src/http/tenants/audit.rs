//! The audit log of a tenant.

use engine::tenants::EventFilter;
use rules::tenant::Event;
use serde_json::{Value, json};
use url::form_urlencoded;

use super::call::Call;
use super::problem::Problem;
use super::reply::Reply;
use crate::http::instant::{parse_rfc3339, rfc3339};

/// An entry.
pub(in crate::http) fn object(event: &Event) -> Value {
    let at = rfc3339(event.at);
    let mut object = json!({
        "id": event.id,
        "type": event.audit_type(),
        "meta_http_request_id": event.source.request_id,
        "meta_source_ip": event.source.ip,
        "meta_user_agent": event.source.user_agent,
        "created_at": at,
        "updated_at": at,
        "tenant_id": event.tenant,
        "transaction_id": event.transaction_id,
    });
    if let Some(error) = &event.error {
        object["error"] = error.as_str().into();
    }
    if let Some(user_id) = &event.user_id {
        object["actor_user_id"] = user_id.as_str().into();
    }
    object
}

/// `GET audit_logs`: newest first.
pub(in crate::http) async fn list(call: Call<'_>) -> Result<Reply, Problem> {
    let reader = call.reader().await?;
    let filter = filter(call.query())?;
    let page = call.page(TITLE)?;
    let listed = reader.events(filter, page.into()).await?;
    let objects = listed.items.iter().map(object);
    Ok(Reply::ok(objects.collect()).with(call.page_headers(page, listed.total)))
}

const TITLE: &str = "unable to list audit logs";

/// What is asked for: `type` may be repeated, hold several types with commas between, or both.
/// Parameters without a value say nothing.
pub(in crate::http) fn filter(query: Option<&str>) -> Result<EventFilter, Problem> {
    let mut filter = EventFilter::default();
    for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
        if value.is_empty() {
            continue;
        }
        let instant = || {
            parse_rfc3339(&value).ok_or_else(|| {
                let why = format!("{name} must be an RFC 3339 time such as 2027-01-15T08:00:00Z");
                Problem::bad_request(TITLE, why)
            })
        };
        let text = || Some(value.clone().into_owned());
        match &*name {
            "start_time" => filter.from = Some(instant()?),
            "end_time" => filter.to = Some(instant()?),
            "type" => {
                let types = value.split(',').map(str::trim);
                let types = types.filter(|name| !name.is_empty());
                filter.types.extend(types.map(str::to_owned));
            }
            "actor_user_id" => filter.user_id_contains = text(),
            "meta_source_ip" => filter.ip_contains = text(),
            "q" => filter.q = text(),
            _ => {}
        }
    }
    Ok(filter)
}

#[cfg(test)]
mod tests {
    use wire::Timestamp;

    use super::*;

    #[test]
    fn types_are_listed_with_commas_repeated_or_both() {
        let read = |query| filter(Some(query)).unwrap().types;
        assert_eq!(read("type=a,b"), ["a", "b"]);
        assert_eq!(read("type=a&type=b,%20c&type="), ["a", "b", "c"]);
        assert!(read("q=a").is_empty());
    }

    #[test]
    fn the_rest_is_read_as_it_is_called() {
        let query = "start_time=1970-01-01T00:00:01Z&end_time=1970-01-01T01:00:02%2B01:00\
                     &actor_user_id=u&meta_source_ip=10.&q=x+y&page=2";
        assert_eq!(
            filter(Some(query)).unwrap(),
            EventFilter {
                from: Some(Timestamp::from_millis(1000)),
                to: Some(Timestamp::from_millis(2000)),
                types: Vec::new(),
                user_id_contains: Some("u".to_owned()),
                ip_contains: Some("10.".to_owned()),
                q: Some("x y".to_owned()),
            }
        );
        assert_eq!(
            filter(Some("start_time=&q=")).unwrap(),
            EventFilter::default()
        );
        assert!(filter(Some("start_time=yesterday")).is_err());
        assert!(filter(Some("end_time=1")).is_err());
    }
}

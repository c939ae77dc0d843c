//! The accounts of a tenant in an environment, page by page: a call of our own.

use engine::tenants::Page;
use serde_json::Value;
use url::form_urlencoded;

use super::answer;
use super::call::Call;
use super::problem::Problem;
use crate::http::tenants::page;

/// Most accounts on a page.
const MAX_SIZE: u64 = 100;

/// What a list is asked for with.
#[derive(Debug, PartialEq, Eq)]
struct Asked {
    page: Page,
    are_live: bool,
}

impl Call<'_> {
    pub(super) async fn accounts(&self, query: &str) -> Result<Value, Problem> {
        let reader = self.reader().await?;
        let Asked { page, are_live } = asked(query)?;
        let listed = reader.passkey_accounts(Some(self.environment), are_live, page);
        Ok(answer::page(&listed.await?, page))
    }
}

/// Reads `page`, `per_page` and `session` of a query; everything else in it is somebody else's.
fn asked(query: &str) -> Result<Asked, Problem> {
    let bad = |bad: page::BadPage| Problem::invalid(bad.field, "must be a whole number from 1");
    let page = Page::from(page::Page::parse(Some(query)).map_err(bad)?);
    if page.size > MAX_SIZE {
        return Err(Problem::invalid("per_page", "must be at most 100"));
    }
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    let session = pairs.find(|(name, _)| name == "session");
    let are_live = match session.as_ref().map(|(_, value)| value.as_ref()) {
        None | Some("") => false,
        Some("live") => true,
        Some(_) => return Err(Problem::invalid("session", "must be live")),
    };
    Ok(Asked { page, are_live })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twenty_accounts_are_listed_unless_told_otherwise() {
        for (query, number, size, are_live) in [
            ("", 1, 20, false),
            ("env=devnet&session=", 1, 20, false),
            ("page=3&per_page=100&session=live", 3, 100, true),
        ] {
            let page = Page { number, size };
            assert_eq!(asked(query).unwrap(), Asked { page, are_live }, "{query}");
        }
    }

    #[test]
    fn refuses_what_is_no_page_and_no_filter() {
        for query in [
            "page=two",
            "per_page=101",
            "per_page=5000",
            "per_page=-1",
            "session=dead",
            "session=Live",
        ] {
            assert!(asked(query).is_err(), "{query}");
        }
    }
}

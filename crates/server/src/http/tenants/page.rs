//! Long lists, page by page: what is asked for, and the headers that lead to the rest.

use std::num::NonZeroU32;

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use url::form_urlencoded;

/// Which part of a list is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    number: NonZeroU32,
    size: NonZeroU32,
}

/// A parameter that is no number of its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field} must be a whole number from 1 to {max}")]
pub struct BadPage {
    /// The parameter: `page` or `per_page`.
    pub field: &'static str,
    max: u32,
}

const PAGE: &str = "page";
const PER_PAGE: &str = "per_page";

/// Entries on a page unless the caller says otherwise.
const DEFAULT_SIZE: NonZeroU32 = NonZeroU32::new(20).expect("not zero");

/// Most entries on a page. Who asks for more gets this many, and links that say so.
const MAX_SIZE: NonZeroU32 = NonZeroU32::new(1000).expect("not zero");

const TOTAL_COUNT: HeaderName = HeaderName::from_static("x-total-count");

impl Page {
    /// Reads `page` and `per_page` from a query string; everything else in it is somebody else's.
    /// Absent, empty and `0` mean the default: 1 and 20. Of a repeated parameter the first counts.
    ///
    /// # Errors
    ///
    /// [`BadPage`].
    pub fn parse(query: Option<&str>) -> Result<Self, BadPage> {
        let query = query.unwrap_or_default().as_bytes();
        let number = |field| {
            let mut pairs = form_urlencoded::parse(query);
            match pairs.find(|(name, _)| name == field) {
                None => Ok(None),
                Some((_, value)) => read(&value).ok_or(BadPage {
                    field,
                    max: u32::MAX,
                }),
            }
        };
        Ok(Self {
            number: number(PAGE)?.unwrap_or(NonZeroU32::MIN),
            size: number(PER_PAGE)?.unwrap_or(DEFAULT_SIZE).min(MAX_SIZE),
        })
    }

    /// How many entries come before the page.
    pub fn offset(self) -> u64 {
        u64::from(self.number.get() - 1) * self.limit()
    }

    /// Most entries on the page.
    pub fn limit(self) -> u64 {
        u64::from(self.size.get())
    }

    /// `X-Total-Count` and `Link` (RFC 8288) for a list of `total` entries that was asked for at
    /// `path` below `origin` (scheme and host, without a slash at the end).
    pub fn headers(self, total: u64, origin: &str, path: &str, query: Option<&str>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(TOTAL_COUNT, HeaderValue::from(total));
        // An address that was received in a request is visible ASCII.
        if let Ok(links) = HeaderValue::from_str(&self.links(total, origin, path, query)) {
            headers.insert(header::LINK, links);
        }
        headers
    }

    /// The links, in the order clients know: first, last, next, prev.
    fn links(self, total: u64, origin: &str, path: &str, query: Option<&str>) -> String {
        let page = u64::from(self.number.get());
        let last = total.div_ceil(self.limit()).max(1);
        let links = [
            ("first", 1, page != 1 || page == last),
            ("last", last, page != last),
            ("next", page + 1, page < last),
            ("prev", page - 1, page > 1),
        ];
        let links = links.iter().filter(|(_, _, is_there)| *is_there);
        let links = links.map(|(relation, page, _)| {
            let query = self.query(query, *page);
            format!("<{origin}{path}?{query}>; rel=\"{relation}\"")
        });
        links.collect::<Vec<_>>().join(",")
    }

    /// The query with another page in it, sorted by name.
    fn query(self, query: Option<&str>, page: u64) -> String {
        let given = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
        let mut pairs: Vec<(String, String)> = given
            .into_owned()
            .filter(|(name, _)| name != PAGE && name != PER_PAGE)
            .chain([
                (PAGE.to_owned(), page.to_string()),
                (PER_PAGE.to_owned(), self.size.to_string()),
            ])
            .collect();
        pairs.sort_by(|(one, _), (other, _)| one.cmp(other));
        form_urlencoded::Serializer::new(String::new())
            .extend_pairs(pairs)
            .finish()
    }
}

impl From<Page> for engine::tenants::Page {
    fn from(page: Page) -> Self {
        Self {
            number: page.number.get().into(),
            size: page.limit(),
        }
    }
}

/// A number in plain digits; `None` inside for the default.
fn read(value: &str) -> Option<Option<NonZeroU32>> {
    if value.is_empty() {
        return Some(None);
    }
    // Parsing alone would take a plus sign.
    let is_number = value.bytes().all(|b| b.is_ascii_digit());
    is_number.then(|| value.parse().ok().map(NonZeroU32::new))?
}

/// Scheme and host of the addresses in `Link`: the server's public address, with the scheme a
/// trusted proxy saw. The `Host` header has no say in it, since anybody can write one.
pub fn origin(public_url: &str, forwarded_scheme: Option<&str>) -> String {
    match (public_url.split_once("://"), forwarded_scheme) {
        (Some((_, rest)), Some(scheme)) => format!("{scheme}://{rest}"),
        _ => public_url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(query: &str) -> Page {
        Page::parse(Some(query)).unwrap()
    }

    #[test]
    fn the_first_twenty_unless_told_otherwise() {
        for query in [
            None,
            Some(""),
            Some("page=&per_page="),
            Some("page=0&per_page=0"),
            Some("q=1"),
        ] {
            let page = Page::parse(query).unwrap();
            assert_eq!((page.offset(), page.limit()), (0, 20), "{query:?}");
        }
    }

    #[test]
    fn counts_entries_from_pages() {
        for (query, offset, limit) in [
            ("page=3", 40, 20),
            ("page=2&per_page=7", 7, 7),
            ("per_page=7&x=y&page=%32", 7, 7),
            ("page=2&page=9", 20, 20),
            // No more than a thousand at once.
            ("per_page=1001", 0, 1000),
            ("page=2&per_page=4294967295", 1000, 1000),
            ("page=4294967295&per_page=1000", 4_294_967_294_000, 1000),
        ] {
            let page = page(query);
            assert_eq!((page.offset(), page.limit()), (offset, limit), "{query}");
        }
    }

    #[test]
    fn a_bad_number_is_named() {
        for (query, expected) in [
            (
                "page=two",
                "page must be a whole number from 1 to 4294967295",
            ),
            ("page=-1", "page must be"),
            ("page=1.5", "page must be"),
            ("page=%2B1", "page must be"),
            ("page= 1", "page must be"),
            ("page=4294967296", "page must be"),
            ("per_page=all", "per_page must be"),
            ("page=x&per_page=y", "page must be"),
        ] {
            let error = Page::parse(Some(query)).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{query}: {error}");
        }
    }

    #[test]
    fn links_lead_to_the_other_pages() {
        const AT: &str = "https://keys.example.com/t/credentials?page=";
        for (query, total, expected) in [
            // Nothing at all is one page as well.
            ("", 0, vec![(1, 20, "first")]),
            ("", 20, vec![(1, 20, "first")]),
            ("", 21, vec![(2, 20, "last"), (2, 20, "next")]),
            (
                "page=2&per_page=10",
                35,
                vec![
                    (1, 10, "first"),
                    (4, 10, "last"),
                    (3, 10, "next"),
                    (1, 10, "prev"),
                ],
            ),
            ("page=2", 40, vec![(1, 20, "first"), (1, 20, "prev")]),
            // Past the end.
            (
                "page=9",
                40,
                vec![(1, 20, "first"), (2, 20, "last"), (8, 20, "prev")],
            ),
            (
                "per_page=5000",
                1001,
                vec![(2, 1000, "last"), (2, 1000, "next")],
            ),
        ] {
            let expected: Vec<String> = expected
                .iter()
                .map(|(page, size, relation)| {
                    format!("<{AT}{page}&per_page={size}>; rel=\"{relation}\"")
                })
                .collect();
            let origin = "https://keys.example.com";
            let headers = page(query).headers(total, origin, "/t/credentials", Some(query));
            assert_eq!(headers["link"], expected.join(","), "{query} of {total}");
            assert_eq!(headers["x-total-count"], total.to_string());
        }
    }

    #[test]
    fn links_keep_the_rest_of_the_query() {
        let query = "type=b&user_id=a%20b%26c&page=1&type=a&per_page=2&q=%3Cx%3E%22,";
        let links = page(query).links(3, "https://k.example", "/t/audit_logs", Some(query));
        let rest = "per_page=2&q=%3Cx%3E%22%2C&type=b&type=a&user_id=a+b%26c";
        assert_eq!(
            links,
            format!(
                "<https://k.example/t/audit_logs?page=2&{rest}>; rel=\"last\",\
                 <https://k.example/t/audit_logs?page=2&{rest}>; rel=\"next\""
            )
        );
    }

    #[test]
    fn links_begin_with_the_public_address() {
        assert_eq!(origin("https://k.example", None), "https://k.example");
        assert_eq!(
            origin("http://k.example:8080", Some("https")),
            "https://k.example:8080"
        );
    }
}

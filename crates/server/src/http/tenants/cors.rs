//! Which pages may read a tenant's answers (Fetch §3.2, "CORS").
//!
//! A tenant lists origins. An entry is an origin, `*`, or a pattern in which `*` stands for any
//! characters and `?` for one, such as `https://*.example.com`. A page that is not listed is still
//! answered, since its browser is what keeps the answer from it; the headers are just not there.
//!
//! `*` and credentials never go together (threat T55): a plain `*` is answered as `*`, for which
//! browsers send and accept none. Only a tenant that says `allow_unsafe_wildcard` has every origin
//! reflected with credentials, which is that tenant's decision to regret.

use axum::http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_HEADERS, ORIGIN, VARY,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};

/// What a tenant allows.
#[derive(Clone, Copy, Debug)]
pub struct Policy<'t> {
    /// Origins and patterns.
    pub allowed_origins: &'t [String],
    /// Whether `*` means every origin with its credentials.
    pub allow_unsafe_wildcard: bool,
}

/// What a page learns about its origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Grant {
    /// Every page may read, and none with credentials.
    Everybody,
    /// This page may, with credentials.
    This,
}

/// The headers to add to the answer to a request.
pub fn headers(policy: Policy<'_>, method: &Method, request: &HeaderMap) -> HeaderMap {
    let mut answer = HeaderMap::new();
    // Whether the origin is allowed or not: a cache must not serve one page with another's answer.
    answer.insert(VARY, HeaderValue::from_static("Origin"));
    let Some(origin) = only_origin(request) else {
        return answer;
    };
    let Some(grant) = origin.to_str().ok().and_then(|text| policy.grant(text)) else {
        return answer;
    };
    match grant {
        Grant::Everybody => {
            answer.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        }
        Grant::This => {
            answer.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
            let yes = HeaderValue::from_static("true");
            answer.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, yes);
        }
    }
    if method == Method::OPTIONS {
        preflight(&mut answer, request);
    } else {
        answer.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    }
    answer
}

/// The whole answer to an OPTIONS request below a tenant, whoever sends it and wherever to; `None`
/// for other methods, which have an answer of their own to add [`headers`] to.
pub fn answer_options(
    policy: Policy<'_>,
    method: &Method,
    request: &HeaderMap,
) -> Option<Response> {
    (method == Method::OPTIONS)
        .then(|| (StatusCode::NO_CONTENT, headers(policy, method, request)).into_response())
}

/// What only the answer to a preflight has.
fn preflight(answer: &mut HeaderMap, request: &HeaderMap) {
    answer.insert(ACCESS_CONTROL_ALLOW_METHODS, METHODS);
    answer.insert(ACCESS_CONTROL_MAX_AGE, MAX_AGE);
    // Reflected: what a page may send is no secret, and API keys come in a header of their own.
    for asked in request.get_all(ACCESS_CONTROL_REQUEST_HEADERS) {
        answer.append(ACCESS_CONTROL_ALLOW_HEADERS, asked.clone());
    }
}

/// The origin, if exactly one is given.
fn only_origin(request: &HeaderMap) -> Option<&HeaderValue> {
    let mut origins = request.get_all(ORIGIN).iter();
    let origin = origins.next()?;
    origins.next().is_none().then_some(origin)
}

impl Policy<'_> {
    fn grant(self, origin: &str) -> Option<Grant> {
        let is_listed = |entry: &String| entry != ANY && matches(entry, origin);
        if is_origin(origin) && self.allowed_origins.iter().any(is_listed) {
            return Some(Grant::This);
        }
        if !self.allowed_origins.iter().any(|entry| entry == ANY) {
            return None;
        }
        // `null`, the origin of sandboxes and local files, is nobody in particular.
        Some(match self.allow_unsafe_wildcard && is_origin(origin) {
            true => Grant::This,
            false => Grant::Everybody,
        })
    }
}

const ANY: &str = "*";
const EXPOSED: HeaderValue = HeaderValue::from_static("Link, X-Total-Count, X-Request-Id");
const METHODS: HeaderValue = HeaderValue::from_static("GET,HEAD,PUT,PATCH,POST,DELETE");

/// Two hours, in seconds.
const MAX_AGE: HeaderValue = HeaderValue::from_static("7200");

/// Longer than any host name with a scheme and a port.
const MAX_ORIGIN: usize = 300;

/// Whether the text is shaped as a browser spells an origin: a scheme, and a host of full labels
/// perhaps with a port. Then no pattern can take a path or a user name for a part of a host.
fn is_origin(text: &str) -> bool {
    let Some((scheme, place)) = text.split_once("://") else {
        return false;
    };
    let is_scheme = !scheme.is_empty()
        && scheme
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b));
    let has_strange = |b: u8| !b.is_ascii_alphanumeric() && !b"-._:[]".contains(&b);
    let host = match place.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
        _ => place,
    };
    text.len() <= MAX_ORIGIN
        && is_scheme
        && !place.bytes().any(has_strange)
        && host.split('.').all(|label| !label.is_empty())
}

/// Whether `text` is what `pattern` describes, in which `*` is any characters or none and `?` is
/// one. Takes time in proportion to the product of both lengths at worst.
fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t) = (0, 0);
    // The last star, and where the text went on behind what it stood for.
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(b'?') => (p, t) = (p + 1, t + 1),
            Some(byte) if *byte == text[t] => (p, t) = (p + 1, t + 1),
            // Let the last star stand for one more.
            _ => match star {
                Some((at, from)) => {
                    star = Some((at, from + 1));
                    (p, t) = (at + 1, from + 1);
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderName;

    use super::*;

    fn request(lines: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(
                HeaderName::from_static(name),
                HeaderValue::from_str(value).unwrap(),
            );
        }
        headers
    }

    /// The allowed origin, and whether with credentials.
    fn allowed(entries: &[&str], is_unsafe: bool, origin: &str) -> Option<(String, bool)> {
        let entries: Vec<String> = entries.iter().map(|entry| (*entry).to_owned()).collect();
        let policy = Policy {
            allowed_origins: &entries,
            allow_unsafe_wildcard: is_unsafe,
        };
        let answer = headers(policy, &Method::GET, &request(&[("origin", origin)]));
        assert_eq!(answer[VARY], "Origin");
        let credentials = answer.contains_key(ACCESS_CONTROL_ALLOW_CREDENTIALS);
        let origin = answer.get(ACCESS_CONTROL_ALLOW_ORIGIN)?;
        Some((origin.to_str().unwrap().to_owned(), credentials))
    }

    #[test]
    fn t55_origins_are_allowed_as_they_are_listed() {
        for (entries, origin, is_allowed) in [
            (&["https://a.example"][..], "https://a.example", true),
            (&["https://a.example"], "http://a.example", false),
            (&["https://a.example"], "https://a.example:8443", false),
            (
                &["https://a.example"],
                "https://a.example.evil.example",
                false,
            ),
            (&["https://a.example"], "https://evil-a.example", false),
            (&["https://a.example"], "null", false),
            (
                &["https://b.example", "https://a.example"],
                "https://a.example",
                true,
            ),
            (&["http://localhost:8888"], "http://localhost:8888", true),
            (&["https://*.x.example"], "https://a.x.example", true),
            (&["https://*.x.example"], "https://a.b.x.example", true),
            (&["https://*.x.example"], "https://x.example", false),
            (&["https://*.x.example"], "https://.x.example", false),
            (&["https://*.x.example"], "http://a.x.example", false),
            (
                &["https://*.x.example"],
                "https://a.x.example.evil.example",
                false,
            ),
            (
                &["https://*.x.example"],
                "https://evil.example/.x.example",
                false,
            ),
            (
                &["https://*.x.example"],
                "https://evil.example?.x.example",
                false,
            ),
            (
                &["https://*.x.example"],
                "https://evil.example#.x.example",
                false,
            ),
            (
                &["https://*.x.example"],
                "https://me@evil.example\\.x.example",
                false,
            ),
            (&["https://a?.example"], "https://a1.example", true),
            (&["https://a?.example"], "https://a.example", false),
            (&["https://a?.example"], "https://a12.example", false),
            (&["http://localhost:*"], "http://localhost:5173", true),
            (&["http://localhost:*"], "http://localhost", false),
            (&["https://*"], "https://anything.example:1", true),
            (&["https://*"], "http://anything.example", false),
            (&["https://*"], "null", false),
            (&["null"], "null", false),
            (&["https://[::1]:*"], "https://[::1]:8443", true),
            (&[], "https://a.example", false),
            (&[""], "https://a.example", false),
        ] {
            let expected = is_allowed.then(|| (origin.to_owned(), true));
            assert_eq!(
                allowed(entries, false, origin),
                expected,
                "{entries:?} {origin}"
            );
        }
    }

    #[test]
    fn t55_a_star_never_goes_with_credentials() {
        let origin = "https://a.example";
        let everybody = || Some(("*".to_owned(), false));
        assert_eq!(allowed(&["*"], false, origin), everybody());
        assert_eq!(allowed(&["*"], false, "null"), everybody());
        assert_eq!(
            allowed(&["*", "https://b.example"], false, origin),
            everybody()
        );
        // One that is listed beside the star is meant, wherever it stands.
        let this = Some((origin.to_owned(), true));
        assert_eq!(allowed(&["*", origin], false, origin), this);
        assert_eq!(allowed(&[origin, "*"], false, origin), this);
        // Reflection is for those who insist, and never for nobody in particular.
        assert_eq!(allowed(&["*"], true, origin), this);
        assert_eq!(allowed(&["*"], true, "null"), everybody());
        assert_eq!(allowed(&["https://b.example"], true, origin), None);
    }

    #[test]
    fn a_preflight_says_what_may_be_sent() {
        let entries = ["https://a.example".to_owned()];
        let policy = Policy {
            allowed_origins: &entries,
            allow_unsafe_wildcard: false,
        };
        let request = request(&[
            ("origin", "https://a.example"),
            ("access-control-request-method", "POST"),
            ("access-control-request-headers", "content-type,apikey"),
        ]);
        let answer = answer_options(policy, &Method::OPTIONS, &request).unwrap();
        assert_eq!(answer.status(), StatusCode::NO_CONTENT);
        let answer = answer.headers();
        for (name, value) in [
            ("access-control-allow-origin", "https://a.example"),
            ("access-control-allow-credentials", "true"),
            (
                "access-control-allow-methods",
                "GET,HEAD,PUT,PATCH,POST,DELETE",
            ),
            ("access-control-allow-headers", "content-type,apikey"),
            ("access-control-max-age", "7200"),
            ("vary", "Origin"),
        ] {
            assert_eq!(answer[name], value, "{name}");
        }
        assert_eq!(answer.len(), 6);
    }

    #[test]
    fn every_options_request_is_answered_and_tells_strangers_nothing() {
        let entries = ["https://a.example".to_owned()];
        let policy = Policy {
            allowed_origins: &entries,
            allow_unsafe_wildcard: false,
        };
        for lines in [
            &[][..],
            &[("origin", "https://evil.example")],
            &[
                ("origin", "https://a.example"),
                ("origin", "https://evil.example"),
            ],
            &[("access-control-request-headers", "apikey")],
        ] {
            let request = request(lines);
            let answer = answer_options(policy, &Method::OPTIONS, &request).unwrap();
            assert_eq!(answer.status(), StatusCode::NO_CONTENT);
            let names: Vec<&str> = answer.headers().keys().map(HeaderName::as_str).collect();
            assert_eq!(names, ["vary"], "{lines:?}");
        }
        assert!(answer_options(policy, &Method::GET, &HeaderMap::new()).is_none());
    }

    #[test]
    fn an_answer_lets_the_page_read_paging_and_request_id() {
        let entries = ["*".to_owned()];
        let policy = Policy {
            allowed_origins: &entries,
            allow_unsafe_wildcard: false,
        };
        let request = request(&[("origin", "https://a.example")]);
        let answer = headers(policy, &Method::GET, &request);
        assert_eq!(
            answer[ACCESS_CONTROL_EXPOSE_HEADERS],
            "Link, X-Total-Count, X-Request-Id"
        );
        assert!(!answer.contains_key(ACCESS_CONTROL_ALLOW_METHODS));
    }

    #[test]
    fn a_pattern_of_many_stars_is_not_slow() {
        let pattern = "*a".repeat(100);
        let text = format!("https://{}b", "a".repeat(280));
        assert!(!matches(&pattern, &text));
    }
}

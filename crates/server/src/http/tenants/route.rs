//! Which call a method and a path are.
//!
//! A path is matched byte for byte, so that nothing but the exact one leads anywhere (threat T22);
//! only what stands for an id is decoded. Nothing here answers 405: what is not served is told
//! like what does not exist.

use axum::http::Method;
use rules::tenant::Least;

/// A call below a tenant, with the ids in its path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Route {
    Jwks,
    RelatedOrigins,
    BeginRegistration {
        mfa: bool,
    },
    FinishRegistration {
        mfa: bool,
    },
    BeginLogin {
        mfa: bool,
    },
    FinishLogin {
        mfa: bool,
    },
    BeginTransaction,
    FinishTransaction,
    TransactionsOf(String),
    ListCredentials,
    ShowCredential(String),
    RenameCredential(String),
    DeleteCredential(String),
    AuditLogs,
    Signals(String),
    BeginPayment,
    ListPayments,
    ShowPayment(String),
    RenewChallenge(String),
    Confirm(String),
    Cancel(String),
    Consume(String),
    Receipt(String),
    /// Nothing; and what must be shown to be told so.
    Unknown(Least),
}

impl Route {
    /// Finds the call; `path` is what follows the tenant, with its first slash.
    pub(super) fn find(method: &Method, path: &str) -> Self {
        let Some(path) = path.strip_prefix('/') else {
            return Self::Unknown(Least::Nobody);
        };
        let segments: Vec<&str> = path.split('/').collect();
        // Below these, whoever has no key learns nothing, not even what is there.
        let least = match segments[0] {
            "credentials" | "transaction" | "mfa" | "audit_logs" | "users" | "v2" => Least::Bearer,
            _ => Least::Nobody,
        };
        let found = match *method {
            Method::GET => Self::get(&segments),
            Method::POST => Self::post(&segments),
            Method::PATCH | Method::DELETE => Self::of_credential(method, &segments),
            _ => None,
        };
        found.unwrap_or(Self::Unknown(least))
    }

    fn get(segments: &[&str]) -> Option<Self> {
        Some(match segments {
            [".well-known", "jwks.json"] => Self::Jwks,
            [".well-known", "webauthn"] => Self::RelatedOrigins,
            ["credentials"] => Self::ListCredentials,
            ["credentials", id] => Self::ShowCredential(decoded(id)?),
            ["transaction", user] => Self::TransactionsOf(decoded(user)?),
            ["audit_logs"] => Self::AuditLogs,
            ["users", user, "signals"] => Self::Signals(decoded(user)?),
            ["v2", "transactions"] => Self::ListPayments,
            ["v2", "transactions", id] => Self::ShowPayment(decoded(id)?),
            ["v2", "transactions", id, "receipt"] => Self::Receipt(decoded(id)?),
            _ => return None,
        })
    }

    fn post(segments: &[&str]) -> Option<Self> {
        let (mfa, ceremony) = match segments {
            ["mfa", rest @ ..] => (true, rest),
            rest => (false, rest),
        };
        Some(match ceremony {
            ["registration", "initialize"] => Self::BeginRegistration { mfa },
            ["registration", "finalize"] => Self::FinishRegistration { mfa },
            ["login", "initialize"] => Self::BeginLogin { mfa },
            ["login", "finalize"] => Self::FinishLogin { mfa },
            _ if mfa => return None,
            ["transaction", "initialize"] => Self::BeginTransaction,
            ["transaction", "finalize"] => Self::FinishTransaction,
            ["v2", "transactions"] => Self::BeginPayment,
            ["v2", "transactions", id, "challenge"] => Self::RenewChallenge(decoded(id)?),
            ["v2", "transactions", id, "confirm"] => Self::Confirm(decoded(id)?),
            ["v2", "transactions", id, "cancel"] => Self::Cancel(decoded(id)?),
            ["v2", "transactions", id, "consume"] => Self::Consume(decoded(id)?),
            _ => return None,
        })
    }

    fn of_credential(method: &Method, segments: &[&str]) -> Option<Self> {
        let ["credentials", id] = segments else {
            return None;
        };
        let id = decoded(id)?;
        Some(match *method {
            Method::PATCH => Self::RenameCredential(id),
            _ => Self::DeleteCredential(id),
        })
    }

    /// Its name in the metrics: from a short list, so that nobody can grow them.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Jwks => "tenant_jwks",
            Self::RelatedOrigins => "tenant_related_origins",
            Self::BeginRegistration { .. } => "tenant_registration_initialize",
            Self::FinishRegistration { .. } => "tenant_registration_finalize",
            Self::BeginLogin { .. } => "tenant_login_initialize",
            Self::FinishLogin { .. } => "tenant_login_finalize",
            Self::BeginTransaction => "tenant_transaction_initialize",
            Self::FinishTransaction => "tenant_transaction_finalize",
            Self::TransactionsOf(_) => "tenant_transaction_list",
            Self::ListCredentials
            | Self::ShowCredential(_)
            | Self::RenameCredential(_)
            | Self::DeleteCredential(_) => "tenant_credentials",
            Self::AuditLogs => "tenant_audit_logs",
            Self::Signals(_) => "tenant_signals",
            Self::BeginPayment
            | Self::ListPayments
            | Self::ShowPayment(_)
            | Self::RenewChallenge(_)
            | Self::Confirm(_)
            | Self::Cancel(_)
            | Self::Consume(_)
            | Self::Receipt(_) => "tenant_v2_transactions",
            Self::Unknown(_) => "unknown",
        }
    }
}

/// An id in a path: anything but nothing, percent-encoded where it has to be.
fn decoded(segment: &str) -> Option<String> {
    percent_decode(segment).filter(|id| !id.is_empty())
}

/// What a segment of a path stands for (RFC 3986 §2.1); `None` unless it is UTF-8.
pub(in crate::http) fn percent_decode(segment: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.as_bytes();
    while let [first, behind @ ..] = rest {
        let digit = |at: usize| char::from(*behind.get(at)?).to_digit(16);
        match first {
            b'%' => {
                let byte = digit(0)? * 16 + digit(1)?;
                bytes.push(u8::try_from(byte).ok()?);
                rest = &behind[2..];
            }
            other => {
                bytes.push(*other);
                rest = behind;
            }
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(method: &str, path: &str) -> Route {
        Route::find(&method.parse().unwrap(), path)
    }

    #[test]
    fn every_call_is_found_by_its_method_and_path() {
        use Route as R;
        let id = || "a".to_owned();
        for (method, path, route) in [
            ("GET", "/.well-known/jwks.json", R::Jwks),
            ("GET", "/.well-known/webauthn", R::RelatedOrigins),
            (
                "POST",
                "/registration/initialize",
                R::BeginRegistration { mfa: false },
            ),
            (
                "POST",
                "/mfa/registration/initialize",
                R::BeginRegistration { mfa: true },
            ),
            (
                "POST",
                "/registration/finalize",
                R::FinishRegistration { mfa: false },
            ),
            (
                "POST",
                "/mfa/registration/finalize",
                R::FinishRegistration { mfa: true },
            ),
            ("POST", "/login/initialize", R::BeginLogin { mfa: false }),
            ("POST", "/mfa/login/initialize", R::BeginLogin { mfa: true }),
            ("POST", "/login/finalize", R::FinishLogin { mfa: false }),
            ("POST", "/mfa/login/finalize", R::FinishLogin { mfa: true }),
            ("POST", "/transaction/initialize", R::BeginTransaction),
            ("POST", "/transaction/finalize", R::FinishTransaction),
            ("GET", "/transaction/a", R::TransactionsOf(id())),
            ("GET", "/credentials", R::ListCredentials),
            ("GET", "/credentials/a", R::ShowCredential(id())),
            ("PATCH", "/credentials/a", R::RenameCredential(id())),
            ("DELETE", "/credentials/a", R::DeleteCredential(id())),
            ("GET", "/audit_logs", R::AuditLogs),
            ("GET", "/users/a/signals", R::Signals(id())),
            ("POST", "/v2/transactions", R::BeginPayment),
            ("GET", "/v2/transactions", R::ListPayments),
            ("GET", "/v2/transactions/a", R::ShowPayment(id())),
            (
                "POST",
                "/v2/transactions/a/challenge",
                R::RenewChallenge(id()),
            ),
            ("POST", "/v2/transactions/a/confirm", R::Confirm(id())),
            ("POST", "/v2/transactions/a/cancel", R::Cancel(id())),
            ("POST", "/v2/transactions/a/consume", R::Consume(id())),
            ("GET", "/v2/transactions/a/receipt", R::Receipt(id())),
        ] {
            assert_eq!(find(method, path), route, "{method} {path}");
            for other in ["HEAD", "PUT", "OPTIONS", "TRACE"] {
                let found = find(other, path);
                assert!(matches!(found, R::Unknown(_)), "{other} {path}: {found:?}");
            }
        }
    }

    #[test]
    fn t22_only_exact_paths_lead_anywhere() {
        for path in [
            "",
            "/",
            "/login",
            "/login/initialize/",
            "/login//initialize",
            "//login/initialize",
            "/Login/initialize",
            "/login/%69nitialize",
            "/login/initialize.",
            "/mfa/mfa/login/initialize",
            "/mfa/transaction/initialize",
            "/v2/transactions/",
            "/v2/transactions/%ff/confirm",
            "/v2/transactions/a%2/confirm",
            "/v2/transactions/a%zz/confirm",
        ] {
            let found = find("POST", path);
            assert!(matches!(found, Route::Unknown(_)), "{path}: {found:?}");
        }
    }

    #[test]
    fn an_id_may_have_any_character() {
        let found = find("GET", "/v2/transactions/a%2Fb%20%C3%A9+%25");
        assert_eq!(found, Route::ShowPayment("a/b é+%".to_owned()));
    }

    #[test]
    fn below_what_needs_a_key_nothing_is_told_without_one() {
        for (path, least) in [
            ("/credentials/a/b", Least::Bearer),
            ("/mfa", Least::Bearer),
            ("/transaction", Least::Bearer),
            ("/v2", Least::Bearer),
            ("/login", Least::Nobody),
            ("/favicon.ico", Least::Nobody),
        ] {
            assert_eq!(find("GET", path), Route::Unknown(least), "{path}");
        }
    }
}

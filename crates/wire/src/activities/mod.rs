//! The JSON of the activities protocol.
//!
//! Contract: `POST` with a JSON body; `/public/v1/submit/<name>` takes an [`Envelope`],
//! `/public/v1/query/<name>` a flat object. Every historical version of an activity type is
//! read; each structure is the union of its versions, with members that came later optional.

pub mod endpoint;
pub mod envelope;
pub mod parameters;
pub mod queries;
pub mod signing;

pub use endpoint::{Endpoint, Support};
pub use envelope::Envelope;
pub use signing::SigningType;

use serde::de::DeserializeOwned;
use serde_json::Value;

/// Why a body does not have the shape its path asks for; `Display` names the member.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ShapeError {
    /// A member is missing or has the wrong type.
    #[error("invalid request body: {path}: {problem}")]
    Member {
        /// Where, such as `parameters.accounts[0].path`.
        path: String,
        /// What is wrong there.
        problem: String,
    },
    /// Members nobody reads, where the organisation asked for strictness.
    #[error("invalid request body: unknown member {0}; remove it or correct its spelling")]
    Unknown(String),
}

/// Whether members that nobody reads are passed over or refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Members {
    /// Stock clients send members that are newer than the server.
    Tolerant,
    /// A misspelled member must not be passed over in silence (threat T4).
    Strict,
}

/// Reads a value into a structure; `at` prefixes paths in errors.
pub fn shape<T: DeserializeOwned>(
    value: &Value,
    at: &str,
    members: Members,
) -> Result<T, ShapeError> {
    let mut unknown = None;
    let mut note = |path: serde_ignored::Path<'_>| {
        unknown.get_or_insert_with(|| path.to_string());
    };
    let mut track = serde_path_to_error::Track::new();
    let reader = serde_path_to_error::Deserializer::new(value, &mut track);
    let read = T::deserialize(serde_ignored::Deserializer::new(reader, &mut note));
    match (read, unknown) {
        (Err(problem), _) => {
            let path = join(at, &track.path().to_string());
            Err(ShapeError::Member {
                path,
                problem: problem.to_string(),
            })
        }
        (Ok(_), Some(path)) if members == Members::Strict => {
            Err(ShapeError::Unknown(join(at, &path)))
        }
        (Ok(read), _) => Ok(read),
    }
}

fn join(at: &str, path: &str) -> String {
    match (at, path) {
        ("", ".") => "body".to_owned(),
        (at, ".") => at.to_owned(),
        ("", path) => path.to_owned(),
        (at, path) => format!("{at}.{path}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn errors_name_the_member() {
        let value = json!({"walletName": "w", "accounts": [{"curve": 3}]});
        let error = shape::<parameters::CreateWallet>(&value, "parameters", Members::Tolerant)
            .unwrap_err()
            .to_string();
        assert!(error.contains("parameters.accounts[0].curve"), "{error}");
    }

    #[test]
    fn t4_unknown_members_are_named_only_where_asked() {
        let value = json!({"walletId": "x", "walletNam": "y"});
        type T = parameters::UpdateWallet;
        assert!(shape::<T>(&value, "parameters", Members::Tolerant).is_ok());
        let error = shape::<T>(&value, "parameters", Members::Strict).unwrap_err();
        assert_eq!(
            error,
            ShapeError::Unknown("parameters.walletNam".to_owned())
        );
    }
}

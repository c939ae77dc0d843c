//! Client data, as a browser writes it.

use serde_json::{Map, Value};

use crate::encode::base64url;

/// The members of `clientDataJSON`, in the order they are written.
#[derive(Clone, Debug, PartialEq)]
pub struct ClientData(pub Vec<(String, Value)>);

impl ClientData {
    /// For a registration.
    pub fn create(challenge: &[u8], origin: &str) -> Self {
        Self::new("webauthn.create", challenge, origin)
    }

    /// For an assertion.
    pub fn get(challenge: &[u8], origin: &str) -> Self {
        Self::new("webauthn.get", challenge, origin)
    }

    fn new(kind: &str, challenge: &[u8], origin: &str) -> Self {
        Self(vec![
            ("type".to_owned(), kind.into()),
            ("challenge".to_owned(), base64url(challenge).into()),
            ("origin".to_owned(), origin.into()),
            ("crossOrigin".to_owned(), false.into()),
        ])
    }

    /// Puts `value` under `name`, in place if the member is there and at the end if not.
    pub fn set(&mut self, name: &str, value: impl Into<Value>) {
        let value = value.into();
        match self.0.iter_mut().find(|(known, _)| known == name) {
            Some((_, old)) => *old = value,
            None => self.0.push((name.to_owned(), value)),
        }
    }

    /// Takes a member away.
    pub fn remove(&mut self, name: &str) {
        self.0.retain(|(known, _)| known != name);
    }

    /// The text in UTF-8.
    pub fn encode(&self) -> Vec<u8> {
        // One member at a time, since a map of the library would sort them.
        let members: Vec<String> = self
            .0
            .iter()
            .map(|(name, value)| {
                let one = Map::from_iter([(name.clone(), value.clone())]);
                let text = Value::Object(one).to_string();
                text[1..text.len() - 1].to_owned()
            })
            .collect();
        format!("{{{}}}", members.join(",")).into_bytes()
    }
}

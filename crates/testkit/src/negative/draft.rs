//! A good answer, open to changes at every stage of its making.

use serde_json::{Value, json};

use super::context::{CHALLENGE, Context, Credential, ORIGIN, RP_ID};
use crate::authenticator::{AuthData, ClientData};
use crate::encode::cbor::{Cbor, map};
use crate::encode::{base64url, sha256};
use crate::keys::{SigningKey, alg};

/// The credential id of the corpus.
pub(super) const CREDENTIAL_ID: [u8; 16] = *b"testkit-cred-001";
/// The handle of its owner.
pub(super) const USER: &[u8] = b"user-1";

/// Makes a statement from authenticator data and client data hash.
type Attest = Box<dyn FnOnce(&[u8], &[u8; 32]) -> Cbor>;
/// Signs a message.
type Sign = Box<dyn FnOnce(&[u8]) -> Vec<u8>>;
/// Changes one stage in place.
pub(super) type Edit<T> = Box<dyn FnOnce(&mut T)>;

/// A registration by ES256 with format `none`, before it is put together.
pub(super) struct RegistrationDraft {
    pub client: ClientData,
    /// Replaces the text of the client data.
    pub client_text: Option<Vec<u8>>,
    pub data: AuthData,
    /// Replaces the bytes of the authenticator data.
    pub data_bytes: Option<Vec<u8>>,
    pub format: Cbor,
    pub attest: Attest,
    pub edit_object: Edit<Cbor>,
    pub edit_object_bytes: Edit<Vec<u8>>,
    pub edit_envelope: Edit<Value>,
    /// Replaces the whole body.
    pub body: Option<String>,
    pub context: Context,
}

impl RegistrationDraft {
    pub(super) fn new() -> Self {
        let key = key(alg::ES256);
        Self {
            client: ClientData::create(&CHALLENGE, ORIGIN),
            client_text: None,
            data: AuthData::registration(RP_ID, &CREDENTIAL_ID, key.cose(alg::ES256)),
            data_bytes: None,
            format: "none".into(),
            attest: Box::new(|_, _| Cbor::Map(vec![])),
            edit_object: Box::new(|_| {}),
            edit_object_bytes: Box::new(|_| {}),
            edit_envelope: Box::new(|_| {}),
            body: None,
            context: Context::default(),
        }
    }

    /// Registers the key of another algorithm, which is then the one offered.
    pub(super) fn use_algorithm(&mut self, algorithm: i64) -> SigningKey {
        let key = key(algorithm);
        self.data.credential().public_key = key.cose(algorithm);
        self.context.algorithms = vec![algorithm];
        key
    }

    /// Attests with `format` and the statement that `attest` makes.
    pub(super) fn attest(
        &mut self,
        format: &str,
        attest: impl FnOnce(&[u8], &[u8; 32]) -> Cbor + 'static,
    ) {
        self.format = format.into();
        self.attest = Box::new(attest);
    }

    /// Changes the statement once it is made.
    pub(super) fn edit_statement(&mut self, edit: impl FnOnce(&mut Cbor) + 'static) {
        self.edit_object = Box::new(|object| {
            let entry = object
                .entries()
                .iter_mut()
                .find(|(key, _)| *key == "attStmt".into());
            edit(&mut entry.expect("an attestation object has a statement").1);
        });
    }

    pub(super) fn edit_object(&mut self, edit: impl FnOnce(&mut Cbor) + 'static) {
        self.edit_object = Box::new(edit);
    }

    pub(super) fn edit_object_bytes(&mut self, edit: impl FnOnce(&mut Vec<u8>) + 'static) {
        self.edit_object_bytes = Box::new(edit);
    }

    pub(super) fn edit_envelope(&mut self, edit: impl FnOnce(&mut Value) + 'static) {
        self.edit_envelope = Box::new(edit);
    }

    /// The body and the context.
    pub(super) fn finish(self) -> (String, Context) {
        let id = self
            .data
            .credential
            .as_ref()
            .map_or(&CREDENTIAL_ID[..], |known| &known.id);
        let id = match id {
            [] => base64url(CREDENTIAL_ID),
            id => base64url(id),
        };
        let client = self.client_text.unwrap_or_else(|| self.client.encode());
        let data = self.data_bytes.unwrap_or_else(|| self.data.encode());
        let statement = (self.attest)(&data, &sha256(&[&client]));
        let mut object = map([("fmt", self.format), ("attStmt", statement)]);
        object.set("authData", Cbor::Bytes(data));
        (self.edit_object)(&mut object);
        let mut object = object.encode();
        (self.edit_object_bytes)(&mut object);
        let mut envelope = json!({
            "id": id, "rawId": id, "type": "public-key",
            "response": {
                "clientDataJSON": base64url(client),
                "attestationObject": base64url(object),
                "transports": ["internal"],
            },
            "clientExtensionResults": {},
        });
        (self.edit_envelope)(&mut envelope);
        (
            self.body.unwrap_or_else(|| envelope.to_string()),
            self.context,
        )
    }
}

/// An assertion by ES256 without a user identified beforehand, before it is put together.
pub(super) struct AssertionDraft {
    pub client: ClientData,
    /// Replaces the text of the client data.
    pub client_text: Option<Vec<u8>>,
    pub data: AuthData,
    /// Replaces the bytes of the authenticator data.
    pub data_bytes: Option<Vec<u8>>,
    /// Signs authenticator data and client data hash, one after the other.
    pub sign: Sign,
    /// Changes the authenticator data after it was signed.
    pub edit_signed_data: Edit<Vec<u8>>,
    pub edit_envelope: Edit<Value>,
    pub context: Context,
}

/// The parts of a finished assertion.
pub(super) struct Finished {
    pub client: Vec<u8>,
    pub data: Vec<u8>,
    pub signature: Vec<u8>,
}

impl AssertionDraft {
    pub(super) fn new() -> Self {
        let key = key(alg::ES256);
        let mut draft = Self {
            client: ClientData::get(&CHALLENGE, ORIGIN),
            client_text: None,
            data: AuthData::assertion(RP_ID),
            data_bytes: None,
            sign: Box::new(|_| vec![]),
            edit_signed_data: Box::new(|_| {}),
            edit_envelope: Box::new(|_| {}),
            context: Context {
                credential: Some(Credential {
                    id: base64url(CREDENTIAL_ID),
                    public_key: base64url(key.cose(alg::ES256).encode()),
                    user_handle: base64url(USER),
                    sign_count: 0,
                    backup_eligible: false,
                    enabled: true,
                }),
                ..Context::default()
            },
        };
        draft.sign(move |message| key.sign(message));
        draft
    }

    /// Lets the credential be of another algorithm, signing as its key usually does.
    pub(super) fn use_algorithm(&mut self, algorithm: i64) -> SigningKey {
        let key = key(algorithm);
        self.stored().public_key = base64url(key.cose(algorithm).encode());
        self.context.algorithms = vec![algorithm];
        let signer = key.clone();
        self.sign(move |message| signer.sign(message));
        key
    }

    /// What is stored about the credential.
    pub(super) fn stored(&mut self) -> &mut Credential {
        self.context
            .credential
            .as_mut()
            .expect("the draft begins with a credential")
    }

    pub(super) fn sign(&mut self, sign: impl FnOnce(&[u8]) -> Vec<u8> + 'static) {
        self.sign = Box::new(sign);
    }

    pub(super) fn edit_envelope(&mut self, edit: impl FnOnce(&mut Value) + 'static) {
        self.edit_envelope = Box::new(edit);
    }

    /// The parts, signed.
    pub(super) fn sign_all(self) -> (Finished, Edit<Value>, Context) {
        let client = self.client_text.unwrap_or_else(|| self.client.encode());
        let mut data = self.data_bytes.unwrap_or_else(|| self.data.encode());
        let signature = (self.sign)(&[&*data, &sha256(&[&client])].concat());
        (self.edit_signed_data)(&mut data);
        (
            Finished {
                client,
                data,
                signature,
            },
            self.edit_envelope,
            self.context,
        )
    }

    /// The body and the context.
    pub(super) fn finish(self) -> (String, Context) {
        let (parts, edit_envelope, context) = self.sign_all();
        let mut envelope = json!({
            "id": base64url(CREDENTIAL_ID), "rawId": base64url(CREDENTIAL_ID),
            "type": "public-key",
            "response": {
                "clientDataJSON": base64url(parts.client),
                "authenticatorData": base64url(parts.data),
                "signature": base64url(parts.signature),
                "userHandle": base64url(USER),
            },
            "clientExtensionResults": {},
        });
        edit_envelope(&mut envelope);
        (envelope.to_string(), context)
    }
}

/// The credential's key.
pub(super) fn key(algorithm: i64) -> SigningKey {
    SigningKey::for_algorithm(algorithm, "credential")
}

/// Somebody else's key.
pub(super) fn other_key(algorithm: i64) -> SigningKey {
    SigningKey::for_algorithm(algorithm, "another credential")
}

//! The first organisation, out of nothing.
//!
//! Every other command is stamped by somebody known. The first cannot be: it is the operator who
//! makes it, either at the machine (`zegel init`) or through a one-time link that the machine
//! printed. It is recorded and logged like everything else, in the organisation it makes.

use std::collections::BTreeMap;

use rules::activity::{Activity, ActivityStatus};
use rules::command::{NewApiKey, NewAuthenticator};
use rules::outcome::Done;
use rules::text::Label;
use rules::{Organisation, Quorum, User, credential};
use store::Recorded;
use wire::id::{ActivityId, ApiKeyId, AuthenticatorId, OrganisationId, UserId};

use crate::dialect::Malformed;
use crate::error::Error;
use crate::{Engine, entropy};

/// The name the founding of an organisation is recorded under.
const FOUNDING: &str = "ACTIVITY_TYPE_CREATE_ORGANIZATION_V2";

/// What the operator asks for.
#[derive(Clone, Debug)]
pub struct FirstStep {
    /// What to call the organisation.
    pub organisation: Label,
    /// What to call its first user.
    pub user: Label,
    /// What that user stamps with.
    pub credential: FirstCredential,
    /// The request as it came, for the record.
    pub body: Vec<u8>,
}

/// What the first user stamps with.
#[derive(Clone, Debug)]
pub enum FirstCredential {
    /// An API key, for scripts.
    ApiKey(NewApiKey),
    /// A passkey, for people.
    Passkey(Box<NewAuthenticator>),
}

/// The organisation that was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Founded {
    /// Its identifier.
    pub organisation: OrganisationId,
    /// Its first user, alone in the root quorum.
    pub user: UserId,
}

impl Engine {
    /// Makes a root organisation. Whoever calls this has proved to be the operator.
    pub async fn found_organisation(&self, step: FirstStep) -> Result<Recorded<Founded>, Error> {
        let now = self.clock.now();
        let organisation = OrganisationId::from_random(entropy::sixteen()?);
        let mut user = User {
            id: UserId::from_random(entropy::sixteen()?),
            name: step.user.into(),
            email: None,
            phone: None,
            tags: Vec::new(),
            api_keys: Vec::new(),
            authenticators: Vec::new(),
            created_at: now,
            updated_at: now,
        };
        let mut founded = Organisation {
            id: organisation,
            parent: None,
            name: step.organisation.into(),
            revision: 0,
            quorum: Quorum {
                threshold: 1,
                users: vec![user.id],
            },
            users: BTreeMap::new(),
            tags: BTreeMap::new(),
            features: BTreeMap::new(),
            wallets: BTreeMap::new(),
            private_keys: BTreeMap::new(),
            created_at: now,
            updated_at: now,
        };
        match step.credential {
            FirstCredential::ApiKey(key) => {
                let id = ApiKeyId::from_random(entropy::sixteen()?);
                user.api_keys.push(key.registered(id, now));
            }
            FirstCredential::Passkey(new) => {
                let verified = credential::read_authenticator(&new, &founded, now)
                    .map_err(|problem| Malformed::new(format!("passkey: {problem}")))?;
                let id = AuthenticatorId::from_random(entropy::sixteen()?);
                user.authenticators
                    .push(credential::registered(id, &new, &verified, now));
            }
        }
        let told = Founded {
            organisation,
            user: user.id,
        };
        founded.users.insert(user.id, user);
        let activity = Activity {
            id: ActivityId::from_time(now, entropy::sixteen()?),
            organisation,
            kind: FOUNDING.to_owned(),
            fingerprint: verify::stamp::Body::new(&step.body).sha256(),
            body: step.body,
            status: ActivityStatus::Completed(Done::OrganisationFounded { organisation }),
            votes: Vec::new(),
            created_at: now,
            updated_at: now,
        };
        match self.store.found(founded, activity).await {
            Ok(recorded) => Ok(recorded.map(|_| told)),
            Err(store::RecordError::Conflict) => Err(Error::Contended(1)),
            Err(store::RecordError::Store(error)) => Err(error.into()),
        }
    }

    /// Whether there is no organisation yet, so that the first step is still to be taken.
    pub async fn is_untouched(&self) -> Result<bool, Error> {
        Ok(self.store.is_empty().await?)
    }
}

//! From a call on a tenant to evidence of who makes it.
//!
//! A call of the Passkey API carries no stamp. What it proves is who held a secret: one of the
//! tenant's API keys, or the operator's token; or nothing, and then the ceremony it finishes is
//! its own proof. Either way the body is read only after that is settled.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use wire::id::{TenantId, TenantSecretId};

/// A call before anything is believed: where it goes, what it shows, and its exact body.
#[derive(Clone)]
pub struct Call {
    /// The tenant it addresses.
    pub tenant: TenantId,
    /// The API key it shows, if any.
    pub api_key: Option<String>,
    /// The exact body.
    pub body: Vec<u8>,
}

/// How far a caller has proven to be somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// Nobody in particular.
    Nobody,
    /// Who holds this API key of the tenant.
    Bearer(TenantSecretId),
    /// Who runs the server.
    Operator,
}

/// The tenant whose rows may be touched. Made only where a call was judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TenantScope {
    tenant: TenantId,
}

impl TenantScope {
    /// The tenant.
    pub fn tenant(self) -> TenantId {
        self.tenant
    }
}

/// A call of which it is settled who makes it. Made only by [`present`] and [`Operator`].
pub struct Presented {
    scope: TenantScope,
    proof: Proof,
    fingerprint: [u8; 32],
    body: Vec<u8>,
}

/// Settles who makes a call: `secrets` are the hashes of the tenant's API keys.
///
/// A key that is none of them proves nothing; whether that is enough is for the rules, which know
/// what is asked.
pub fn present<'a>(
    call: Call,
    secrets: impl IntoIterator<Item = (TenantSecretId, &'a [u8; 32])>,
) -> Presented {
    let mut proof = Proof::Nobody;
    if let Some(key) = &call.api_key {
        let shown = hash_secret(key);
        // All of them are compared, each in constant time: how long it takes tells nothing.
        for (id, hash) in secrets {
            if verify_slices_are_equal(&shown, hash).is_ok() {
                proof = Proof::Bearer(id);
            }
        }
    }
    Presented {
        scope: TenantScope {
            tenant: call.tenant,
        },
        proof,
        fingerprint: crate::webauthn::sha256(&call.body),
        body: call.body,
    }
}

/// What is stored of a secret: SHA-256. Secrets are 64 random bytes, so nothing slower is needed.
pub fn hash_secret(secret: &str) -> [u8; 32] {
    crate::webauthn::sha256(secret.as_bytes())
}

/// The operator, who has shown the server's own token. Made only by [`Operator::recognise`].
#[derive(Clone, Copy, Debug)]
pub struct Operator(());

impl Operator {
    /// The operator, if `shown` is the token with this hash.
    pub fn recognise(shown: &str, hash: &[u8; 32]) -> Option<Self> {
        let same = verify_slices_are_equal(&hash_secret(shown), hash).is_ok();
        same.then_some(Self(()))
    }

    /// A call the operator makes on a tenant.
    pub fn present(self, tenant: TenantId, body: Vec<u8>) -> Presented {
        Presented {
            scope: TenantScope { tenant },
            proof: Proof::Operator,
            fingerprint: crate::webauthn::sha256(&body),
            body,
        }
    }
}

impl Presented {
    /// How far the caller has proven to be somebody.
    pub fn proof(&self) -> Proof {
        self.proof
    }

    /// Reads the body, now that it is settled who sent it.
    pub fn read<C, E>(self, dialect: impl FnOnce(&[u8]) -> Result<C, E>) -> Result<Asked<C>, E> {
        let content = dialect(&self.body)?;
        Ok(Asked {
            presented: self,
            content,
        })
    }
}

/// What a caller asks, read from the body that was presented. Made only by [`Presented::read`].
pub struct Asked<C> {
    presented: Presented,
    content: C,
}

impl<C> Asked<C> {
    /// What is asked.
    pub fn content(&self) -> &C {
        &self.content
    }

    /// Whose rows may be touched.
    pub fn scope(&self) -> TenantScope {
        self.presented.scope
    }

    /// How far the caller has proven to be somebody.
    pub fn proof(&self) -> Proof {
        self.presented.proof
    }

    /// SHA-256 of the body.
    pub fn fingerprint(&self) -> &[u8; 32] {
        &self.presented.fingerprint
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(api_key: Option<&str>) -> Call {
        Call {
            tenant: TenantId::from_bytes([1; 16]),
            api_key: api_key.map(str::to_owned),
            body: b"{}".to_vec(),
        }
    }

    #[test]
    fn a_key_of_the_tenant_is_recognised_and_any_other_proves_nothing() {
        let (first, second) = (hash_secret("first"), hash_secret("second"));
        let ids = [1, 2].map(|n| TenantSecretId::from_bytes([n; 16]));
        let secrets = || [(ids[0], &first), (ids[1], &second)];
        let proof = |key| present(call(key), secrets()).proof();
        assert_eq!(proof(Some("first")), Proof::Bearer(ids[0]));
        assert_eq!(proof(Some("second")), Proof::Bearer(ids[1]));
        for wrong in [None, Some(""), Some("First"), Some("first ")] {
            assert_eq!(proof(wrong), Proof::Nobody, "{wrong:?}");
        }
    }

    #[test]
    fn only_the_right_token_makes_an_operator() {
        let hash = hash_secret("token");
        assert!(Operator::recognise("token", &hash).is_some());
        assert!(Operator::recognise("tokem", &hash).is_none());
    }
}

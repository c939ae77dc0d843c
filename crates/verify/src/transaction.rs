//! The digests that a confirmation signs.
//!
//! The challenge of a transaction is 32 random bytes and a digest of what is confirmed, so the
//! passkey's signature covers the transaction, and whoever has the transaction can see that it
//! does.

use aws_lc_rs::digest::{SHA256, digest};
use serde_json::Value;
use wire::Timestamp;
use wire::id::TenantId;
use wire::tenants::{ConfirmationMethod, Payment, go_json};

/// Everything a digest of version 2 binds.
#[derive(Clone, Copy, Debug)]
pub struct TransactionContent<'a> {
    /// The tenant.
    pub tenant: TenantId,
    /// The user, by the tenant's own name for them.
    pub user_id: &'a str,
    /// The transaction, by the tenant's own name for it.
    pub transaction_id: &'a str,
    /// What is paid.
    pub payment: &'a Payment,
    /// The RP ID of the credential that is to sign.
    pub rp_id: &'a str,
    /// How it is to be confirmed.
    pub method: ConfirmationMethod,
    /// When it expires.
    pub expires_at: Timestamp,
}

/// The digest of version 2.
///
/// SHA-256 over a line that names the version, then each part behind its length in bytes (eight
/// bytes, big-endian), so that no two transactions run together into the same input (threat T62):
/// the tenant's 16 bytes, user, transaction, canonical payment, RP ID and method in UTF-8, and
/// the expiry in milliseconds as eight bytes, big-endian.
pub fn digest_v2(content: &TransactionContent<'_>) -> [u8; 32] {
    let payment = content.payment.canonical();
    let expires_at = content.expires_at.as_millis().to_be_bytes();
    let parts: [&[u8]; 7] = [
        content.tenant.as_bytes(),
        content.user_id.as_bytes(),
        content.transaction_id.as_bytes(),
        payment.as_bytes(),
        content.rp_id.as_bytes(),
        content.method.as_str().as_bytes(),
        &expires_at,
    ];
    let mut input = b"zegel transaction v2\n".to_vec();
    for part in parts {
        input.extend((part.len() as u64).to_be_bytes());
        input.extend(part);
    }
    sha256(&input)
}

/// The digest of compatible servers: SHA-256 over transaction id and
/// [canonical Go JSON](go_json), with nothing between them.
///
/// Weaker than version 2, and kept for those who check it: neither tenant nor user is bound, large
/// numbers collapse, and `tx1` with `2` is `tx` with `12` (threat T62). There the server's own row
/// is what ties a challenge to its transaction.
pub fn compat_digest(transaction_id: &str, data: &Value) -> [u8; 32] {
    sha256(
        &[transaction_id, &go_json::canonical(data)]
            .concat()
            .into_bytes(),
    )
}

/// The challenge of a transaction: 32 random bytes and its digest.
pub fn challenge(nonce: [u8; 32], digest: [u8; 32]) -> [u8; 64] {
    let mut challenge = [0; 64];
    let (first, second) = challenge.split_at_mut(32);
    first.copy_from_slice(&nonce);
    second.copy_from_slice(&digest);
    challenge
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, bytes).as_ref());
    hash
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const GO_JSON: &str = include_str!("../../../vectors/tenants/go-json.txt");
    const DIGESTS: &str = include_str!("../../../vectors/tenants/digests.txt");

    fn payment(amount: &str) -> Payment {
        let value = json!({
            "amount": amount, "currency": "EUR", "payee": { "name": "Bücher & Söhne" },
        });
        Payment::from_value(&value).unwrap()
    }

    fn content(payment: &Payment) -> TransactionContent<'_> {
        TransactionContent {
            tenant: TenantId::from_bytes([7; 16]),
            user_id: "alice",
            transaction_id: "order-1",
            payment,
            rp_id: "bank.example",
            method: ConfirmationMethod::Webauthn,
            expires_at: Timestamp::from_millis(1_782_000_300_000),
        }
    }

    /// The lines of a block that say `name`.
    fn field<'a>(block: &'a str, name: &str) -> Option<&'a str> {
        block.lines().find_map(|line| line.strip_prefix(name))
    }

    /// The digests were computed in another language.
    #[test]
    fn t62_digests_what_the_vectors_say() {
        let mut seen = 0;
        for block in DIGESTS.split("\n\n") {
            let Some(digest) = field(block, "digest: ") else {
                continue;
            };
            let of = |name| field(block, name).unwrap();
            let payment: Payment = of("payment: ").parse().unwrap();
            let content = TransactionContent {
                tenant: of("tenant: ").parse().unwrap(),
                user_id: of("user: "),
                transaction_id: of("transaction: "),
                payment: &payment,
                rp_id: of("rp-id: "),
                method: of("method: ").parse().unwrap(),
                expires_at: Timestamp::from_millis(of("expires-ms: ").parse().unwrap()),
            };
            assert_eq!(hex::encode(digest_v2(&content)), digest);
            seen += 1;
        }
        assert_eq!(seen, 4);
    }

    #[test]
    fn t62_what_runs_together_without_lengths_has_different_digests() {
        let payment = payment("5.00");
        let digest = |user_id, transaction_id, rp_id| {
            digest_v2(&TransactionContent {
                user_id,
                transaction_id,
                rp_id,
                ..content(&payment)
            })
        };
        for (one, other) in [
            (("ab", "c", "x"), ("a", "bc", "x")),
            (("ab", "", "x"), ("", "ab", "x")),
            (("a\0", "b", "x"), ("a", "\0b", "x")),
            (("a", "b\n", "x"), ("a", "b", "\nx")),
        ] {
            assert_eq!(
                [one.0, one.1, one.2].concat(),
                [other.0, other.1, other.2].concat()
            );
            assert_ne!(
                digest(one.0, one.1, one.2),
                digest(other.0, other.1, other.2)
            );
        }
    }

    #[test]
    fn t62_every_part_changes_the_digest() {
        let (payment, other) = (payment("5.00"), payment("5.01"));
        let base = content(&payment);
        let mut digests = vec![
            digest_v2(&base),
            digest_v2(&TransactionContent {
                tenant: TenantId::from_bytes([8; 16]),
                ..base
            }),
            digest_v2(&TransactionContent {
                user_id: "Alice",
                ..base
            }),
            digest_v2(&TransactionContent {
                transaction_id: "order-2",
                ..base
            }),
            digest_v2(&TransactionContent {
                payment: &other,
                ..base
            }),
            digest_v2(&TransactionContent {
                rp_id: "bank.example.",
                ..base
            }),
            digest_v2(&TransactionContent {
                method: ConfirmationMethod::SecurePaymentConfirmation,
                ..base
            }),
            digest_v2(&TransactionContent {
                expires_at: Timestamp::from_millis(1_782_000_300_001),
                ..base
            }),
        ];
        let all = digests.len();
        digests.sort_unstable();
        digests.dedup();
        assert_eq!(digests.len(), all);
    }

    #[test]
    fn compatible_digests_are_those_of_the_go_server() {
        let mut seen = 0;
        for block in GO_JSON.split("\n\n") {
            let (Some(input), Some(digest)) = (field(block, "input: "), field(block, "digest: "))
            else {
                continue;
            };
            let id = field(block, "id: ").unwrap_or("tx-1");
            let data = wire::json::parse(input.as_bytes()).unwrap();
            assert_eq!(hex::encode(compat_digest(id, &data)), digest, "{input}");
            seen += 1;
        }
        assert_eq!(seen, 8);
    }

    /// Why version 2 exists.
    #[test]
    fn t62_compatible_digests_collide() {
        assert_eq!(
            compat_digest("tx1", &json!(2)),
            compat_digest("tx", &json!(12))
        );
    }

    #[test]
    fn a_challenge_is_the_nonce_and_the_digest() {
        let challenge = challenge([1; 32], [2; 32]);
        assert_eq!(challenge[..32], [1; 32]);
        assert_eq!(challenge[32..], [2; 32]);
    }
}

use wire::encoding::base64url;

use super::*;
use crate::entropy::tests::Counting;

#[cfg(target_os = "linux")]
#[path = "../../tests/it/own_memory.rs"]
mod own_memory;

fn arena() -> Arena {
    Arena::new(1)
}

#[test]
fn signs_what_rfc_8037_signs() {
    // RFC 8037 A.4, by the key of A.1.
    let seed = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A";
    let seed = base64url::decode(seed).unwrap();
    let text = RawKey::from_slice(Curve::Ed25519, &seed).unwrap();
    let key =
        TokenKey::from_plaintext(TokenAlgorithm::EdDsa, &text.to_plaintext(), &arena()).unwrap();

    let x = base64url::decode("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo").unwrap();
    let x = x.try_into().unwrap();
    assert_eq!(key.public(), Ok(TokenPublicKey::Ed25519 { x }));
    let input = b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
    assert_eq!(
        base64url::encode(key.sign(input).unwrap()),
        concat!(
            "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5B",
            "hVsPt9g7sVvpAr_MuM0KAg"
        )
    );
}

#[test]
fn what_was_sealed_is_the_same_key_again() {
    for algorithm in TokenAlgorithm::ALL {
        let (text, made) = TokenKey::generate(algorithm, &arena(), &mut Counting(0)).unwrap();
        let read = TokenKey::from_plaintext(algorithm, &text, &arena()).unwrap();
        assert_eq!(made.public(), read.public());
        assert_eq!(made.sign(b"x"), read.sign(b"x"), "{algorithm}");
    }
}

#[test]
fn refuses_texts_that_are_no_key() {
    for algorithm in TokenAlgorithm::ALL {
        let (text, _) = TokenKey::generate(algorithm, &arena(), &mut Counting(0)).unwrap();
        for length in [0, 1, 2, 32, text.len() - 1] {
            let read = TokenKey::from_plaintext(algorithm, &text[..length], &arena());
            assert!(read.is_err(), "{algorithm} {length}");
        }
    }
}

/// The claim in the documentation of [`Vault::issue`], about the one key that is not in our own
/// memory.
#[cfg(target_os = "linux")]
mod memory {
    use super::own_memory::{MASK, copies};
    use super::*;

    #[test]
    fn t104_a_released_rsa_key_is_overwritten() {
        let key = RsaKey::generate().unwrap();
        let mut prime = part_of_a_prime(key.to_pkcs8().unwrap().as_ref());
        assert_ne!(copies(&prime), 0, "the key in use is in the library's heap");
        for _ in 0..100 {
            key.sign(b"x").unwrap();
        }
        drop(key);
        assert_eq!(copies(&prime), 0, "as the library holds it");
        prime.reverse();
        assert_eq!(copies(&prime), 0, "as PKCS#8 holds it");
    }

    /// 32 bytes of the first prime, masked, in the order in which a big number lies in memory.
    fn part_of_a_prime(pkcs8: &[u8]) -> [u8; 32] {
        // RFC 8017 §A.1.2: the prime is the third INTEGER after the exponent, which is 65537.
        let exponent = [0x02, 0x03, 0x01, 0x00, 0x01];
        let start = pkcs8.windows(5).position(|window| window == exponent);
        let after_exponent = &pkcs8[start.unwrap() + 5..];
        // INTEGER d: 02 82 hi lo.
        let length = u16::from_be_bytes([after_exponent[2], after_exponent[3]]);
        let prime = &after_exponent[4 + usize::from(length)..];
        // INTEGER p: 02 81 81 00, then 128 bytes.
        assert_eq!(prime[..4], [0x02, 0x81, 0x81, 0x00]);
        let mut part: [u8; 32] = prime[4 + 64..4 + 96].try_into().unwrap();
        part.reverse();
        part.map(|byte| byte ^ MASK)
    }
}

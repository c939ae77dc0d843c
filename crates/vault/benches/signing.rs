//! What a signature through the vault costs beside the bare libraries.
//!
//! A warm signature should cost one signing and one verification by the other library, and next
//! to nothing else. After the usual report the ratios are printed, measured in turns within one
//! run so that a noisy machine disturbs both sides alike.

#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use aws_lc_rs::digest::{Digest as AwsDigest, SHA256};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, ED25519, ParsedPublicKey};
use criterion::Criterion;
use sha2::{Digest, Sha256};
use vault::{Ceremony, Entropy, Error, KeyRef, RootKey, TokenKeyRow, Vault, WalletRow, WordCount};
use verify::Authenticated;
use wire::Sealed;
use wire::encoding::base64url;
use wire::id::{OrganisationId, TenantId, TokenKeyId, WalletId};
use wire::keys::{Curve, DerivationPath};
use wire::token::{Claims, TokenAlgorithm, TokenUse};

#[path = "../tests/it/ceremony.rs"]
mod ceremony;
#[path = "../tests/it/evidence.rs"]
mod evidence;

use ceremony::ceremonies;
use evidence::evidence;

const DIGEST: [u8; 32] = [7; 32];

fn main() {
    let pairs = [secp256k1(), p256(), ed25519()];
    let mut criterion = Criterion::default().configure_from_args();
    for Pair {
        curve,
        library,
        vault,
    } in &pairs
    {
        let mut group = criterion.benchmark_group(curve.as_str());
        group.bench_function("libraries: sign and verify", |bencher| {
            bencher.iter(library)
        });
        group.bench_function("vault, warm", |bencher| bencher.iter(vault));
        group.finish();
    }
    cold(&mut criterion);
    tokens(&mut criterion);
    criterion.final_summary();
    pairs.iter().for_each(print_ratio);
}

/// The same work with and without the vault around it.
struct Pair {
    curve: Curve,
    library: Box<dyn Fn()>,
    vault: Box<dyn Fn()>,
}

fn secp256k1() -> Pair {
    let signer = k256::ecdsa::SigningKey::from_slice(&[1; 32]).unwrap();
    let public = signer.verifying_key().to_sec1_point(true);
    let public = secp256k1::PublicKey::from_slice(public.as_bytes()).unwrap();
    let library = move || {
        let (signature, _) = signer.sign_prehash_recoverable(black_box(&DIGEST));
        let signature = secp256k1::ecdsa::Signature::from_compact(&signature.to_bytes()).unwrap();
        let message = secp256k1::Message::from_digest(DIGEST);
        secp256k1::ecdsa::verify(&signature, message, &public).unwrap();
    };
    pair(Curve::Secp256k1, library)
}

fn p256() -> Pair {
    let signer = p256::ecdsa::SigningKey::from_slice(&[1; 32]).unwrap();
    let public = signer.verifying_key().to_sec1_point(false);
    let verifier = ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, public.as_bytes()).unwrap();
    let library = move || {
        let (signature, _) = signer.sign_prehash_recoverable(black_box(&DIGEST));
        let digest = AwsDigest::import_less_safe(&DIGEST, &SHA256).unwrap();
        verifier
            .verify_digest_sig(&digest, &signature.to_bytes())
            .unwrap();
    };
    pair(Curve::P256, library)
}

fn ed25519() -> Pair {
    use ed25519_dalek::Signer;
    let signer = ed25519_dalek::SigningKey::from_bytes(&[1; 32]);
    let verifier = ParsedPublicKey::new(&ED25519, signer.verifying_key().as_bytes()).unwrap();
    let library = move || {
        let signature = signer.sign(black_box(&DIGEST));
        verifier.verify_sig(&DIGEST, &signature.to_bytes()).unwrap();
    };
    pair(Curve::Ed25519, library)
}

fn pair(curve: Curve, library: impl Fn() + 'static) -> Pair {
    let wallet = Wallet::new();
    let vault = move || wallet.sign(curve);
    Pair {
        curve,
        library: Box::new(library),
        vault: Box::new(vault),
    }
}

/// What the first signature after a start, or after a key fell out of memory, costs.
fn cold(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("cold");
    for curve in Curve::ALL {
        let wallet = Wallet::new();
        group.bench_function(curve.as_str(), |bencher| {
            bencher.iter(|| {
                wallet.vault.forget_wallet(wallet.row.wallet);
                wallet.sign(curve);
            });
        });
    }
    group.finish();
}

/// What a token costs: with its key warm, and with the key to be opened and parsed first.
fn tokens(criterion: &mut Criterion) {
    let mut entropy = Counting(0);
    let vault = Vault::new(RootKey::generate(&mut entropy).unwrap());
    let row = TokenKeyRow {
        tenant: TenantId::from_bytes([1; 16]),
        key: TokenKeyId::from_bytes([1; 16]),
    };
    let (_, assertion) = ceremonies(1, |_| {});
    let evidence = Ceremony::Assertion(&assertion);
    let claims = Claims {
        iss: None,
        sub: "u-42".to_owned(),
        aud: vec!["example.org".to_owned()],
        iat: 1_782_000_000,
        exp: 1_782_000_300,
        jti: "0196e3a4-0000-7000-8000-000000000001".to_owned(),
        usage: TokenUse::Login,
        cred: base64url::encode(assertion.credential_id()),
        trans: None,
        txd: None,
        amr: vec!["webauthn".to_owned(), "user".to_owned()],
    };
    let mut group = criterion.benchmark_group("token");
    for algorithm in TokenAlgorithm::ALL {
        let (sealed, _) = vault
            .create_token_key(&row, algorithm, &mut entropy)
            .unwrap();
        let issue = || {
            let token = vault.issue(&row, algorithm, &sealed, evidence, black_box(&claims));
            black_box(token.unwrap());
        };
        group.bench_function(format!("{algorithm}, warm"), |bencher| bencher.iter(issue));
        group.bench_function(format!("{algorithm}, cold"), |bencher| {
            bencher.iter(|| {
                vault.forget_token_key(row.key);
                issue();
            });
        });
    }
    group.finish();
}

fn print_ratio(
    Pair {
        curve,
        library,
        vault,
    }: &Pair,
) {
    const ROUNDS: usize = 1000;
    let (mut bare, mut through) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        bare.push(time(library));
        through.push(time(vault));
    }
    let (bare, through) = (median(bare), median(through));
    let ratio = through.as_secs_f64() / bare.as_secs_f64();
    println!("{curve}: vault {through:?}, libraries {bare:?}, ratio {ratio:.2}");
}

fn time(work: &dyn Fn()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

struct Wallet {
    vault: Vault,
    row: WalletRow,
    sealed: Sealed,
    path: DerivationPath,
    evidence: Authenticated,
}

impl Wallet {
    fn new() -> Self {
        let mut entropy = Counting(0);
        let vault = Vault::new(RootKey::generate(&mut entropy).unwrap());
        let row = WalletRow {
            organisation: OrganisationId::from_bytes([1; 16]),
            wallet: WalletId::from_bytes([1; 16]),
        };
        let sealed = vault
            .create_wallet(&row, WordCount::Twelve, &mut entropy)
            .unwrap();
        let path = "m/44'/60'/0'/0/0".parse().unwrap();
        Self {
            vault,
            row,
            sealed,
            path,
            evidence: evidence(row.organisation),
        }
    }

    fn sign(&self, curve: Curve) {
        let Self {
            vault,
            row,
            sealed,
            path,
            evidence,
        } = self;
        let key = KeyRef::Account {
            wallet: *row,
            sealed,
            path,
            curve,
        };
        let signature = match curve {
            Curve::Ed25519 => vault.sign_message(evidence, &key, black_box(&DIGEST)),
            Curve::Secp256k1 | Curve::P256 => vault.sign_digest(evidence, &key, black_box(&DIGEST)),
        };
        black_box(signature.unwrap());
    }
}

struct Counting(u64);

impl Entropy for Counting {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), Error> {
        for chunk in bytes.chunks_mut(32) {
            let block = Sha256::digest(self.0.to_be_bytes());
            chunk.copy_from_slice(&block[..chunk.len()]);
            self.0 += 1;
        }
        Ok(())
    }
}

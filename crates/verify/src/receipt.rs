//! Offline verification of receipts.
//!
//! A receipt is a tlog-proof whose `extra` holds the leaf. [`verify`] takes its text and the log's
//! public key, and nothing else: no server, no clock, no network. What it returns was committed to
//! by the log's key, at that index, in a tree of that size and root.
//!
//! The tree is that of RFC 6962 section 2.1; [`leaf_hash`], [`node_hash`] and the two proof
//! algorithms here are the ones the store builds the log with.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use wire::log::{Checkpoint, Leaf, LogTextError, Note, Proof, TreeHash, VerifierKey, note};

/// Why a receipt, a checkpoint or a proof between checkpoints is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptRejection {
    /// The text is not in form.
    #[error(transparent)]
    Malformed(#[from] LogTextError),
    /// The key's id is not the one its name and public key make.
    #[error("the verifier key's id does not belong to its name and public key")]
    KeyId,
    /// No signature of this key is on the checkpoint.
    #[error("the checkpoint is not signed by this log key")]
    UnknownSigner,
    /// A signature claims to be of this key and is not.
    #[error("the checkpoint's signature does not verify")]
    Signature,
    /// The checkpoint is that of another log.
    #[error("the checkpoint's origin is not the log key's name")]
    Origin,
    /// The receipt does not carry the leaf it proves.
    #[error("the receipt carries no leaf")]
    NoLeaf,
    /// The hash path does not lead from the leaf to the checkpoint's root.
    #[error("the inclusion proof does not lead to the checkpoint's root")]
    Inclusion,
    /// The smaller tree is not a prefix of the larger.
    #[error("the consistency proof does not lead from one checkpoint to the other")]
    Consistency,
}

/// An outcome that the holder of a log key has signed for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedReceipt {
    leaf: Leaf,
    index: u64,
    checkpoint: Checkpoint,
}

impl VerifiedReceipt {
    /// What the log says about the outcome.
    pub fn leaf(&self) -> &Leaf {
        &self.leaf
    }

    /// The leaf's zero-based place in the log.
    pub fn index(&self) -> u64 {
        self.index
    }

    /// The head of the log that the proof leads to.
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }
}

/// Verifies a receipt, the text of a `.tlog-proof` file, against the log's public key
/// (c2sp.org/tlog-proof, "Verifying a tlog proof").
///
/// Cosignatures of witnesses are neither required nor looked at.
pub fn verify(receipt: &str, log: &VerifierKey) -> Result<VerifiedReceipt, ReceiptRejection> {
    let proof: Proof = receipt.parse()?;
    // Step 1: the leaf hash.
    let leaf = proof.extra.as_deref().ok_or(ReceiptRejection::NoLeaf)?;
    let leaf = str::from_utf8(leaf).map_err(|_| LogTextError::Leaf)?;
    let hash = leaf_hash(leaf.as_bytes());
    // Step 2: the checkpoint is that log's, and signed by its key.
    let checkpoint = verify_checkpoint(&proof.checkpoint, log)?;
    // Step 4: the path leads from the leaf to the signed root.
    let root = root_of_inclusion(hash, proof.index, checkpoint.size(), &proof.path);
    if root != Some(checkpoint.root()) {
        return Err(ReceiptRejection::Inclusion);
    }
    Ok(VerifiedReceipt {
        leaf: leaf.parse()?,
        index: proof.index,
        checkpoint,
    })
}

/// Verifies a log's signature on a checkpoint, and that the checkpoint is that log's.
pub fn verify_checkpoint(note: &Note, log: &VerifierKey) -> Result<Checkpoint, ReceiptRejection> {
    if key_id(&log.name, &log.public_key) != log.key_id {
        return Err(ReceiptRejection::KeyId);
    }
    let mut ours = note
        .signatures()
        .iter()
        .filter(|signature| signature.name == log.name && signature.key_id == log.key_id)
        .peekable();
    if ours.peek().is_none() {
        return Err(ReceiptRejection::UnknownSigner);
    }
    let key = UnparsedPublicKey::new(&ED25519, &log.public_key);
    // One bad signature of a known key spoils the note, as signed-note recommends.
    if ours.any(|found| {
        key.verify(note.text().as_bytes(), &found.signature)
            .is_err()
    }) {
        return Err(ReceiptRejection::Signature);
    }
    let checkpoint: Checkpoint = note.text().parse()?;
    if checkpoint.origin() != log.name {
        return Err(ReceiptRejection::Origin);
    }
    Ok(checkpoint)
}

/// Checks that the log `newer` only appended to what it was at `older` (RFC 9162 section 2.1.4.2).
pub fn verify_consistency(
    older: &Checkpoint,
    newer: &Checkpoint,
    path: &[TreeHash],
) -> Result<(), ReceiptRejection> {
    if older.origin() != newer.origin() {
        return Err(ReceiptRejection::Origin);
    }
    let consistent = match (older.size(), newer.size()) {
        (0, _) => path.is_empty() && older.root() == empty_root(),
        (m, n) if m == n => path.is_empty() && older.root() == newer.root(),
        (m, n) if m > n => false,
        (m, n) => {
            roots_of_consistency(m, n, older.root(), path) == Some((older.root(), newer.root()))
        }
    };
    if consistent {
        Ok(())
    } else {
        Err(ReceiptRejection::Consistency)
    }
}

/// The verifier key of an Ed25519 log key, with the id that signed-note recommends.
pub fn verifier_key(name: &str, public_key: [u8; 32]) -> VerifierKey {
    VerifierKey {
        name: name.to_owned(),
        key_id: key_id(name, &public_key),
        public_key,
    }
}

/// SHA-256 over name, newline, type and public key, cut to four bytes (c2sp.org/signed-note).
fn key_id(name: &str, public_key: &[u8; 32]) -> [u8; 4] {
    let [a, b, c, d, ..] = sha256(&[name.as_bytes(), b"\n", &[note::ED25519], public_key]);
    [a, b, c, d]
}

/// The commitment of a leaf to its full record: the salt keeps a record that could be guessed from
/// being confirmed, and forgetting the salt makes the commitment mean nothing (threat T77).
pub fn commitment(salt: &[u8; 32], record: &[u8]) -> [u8; 32] {
    sha256(&[b"zegel record v1\n", salt, record])
}

/// The hash of a leaf (RFC 6962 section 2.1).
pub fn leaf_hash(leaf: &[u8]) -> TreeHash {
    TreeHash(sha256(&[&[0], leaf]))
}

/// The hash of an inner node (RFC 6962 section 2.1).
pub fn node_hash(left: TreeHash, right: TreeHash) -> TreeHash {
    TreeHash(sha256(&[&[1], &left.0, &right.0]))
}

/// The root of a tree without leaves (RFC 6962 section 2.1).
pub fn empty_root() -> TreeHash {
    TreeHash(sha256(&[]))
}

/// The root that a leaf at `index` of `size` leads to along `path`; `None` if the path has not the
/// length such a leaf needs (RFC 9162 section 2.1.3.2).
pub fn root_of_inclusion(
    leaf: TreeHash,
    index: u64,
    size: u64,
    path: &[TreeHash],
) -> Option<TreeHash> {
    if index >= size {
        return None;
    }
    let (mut fn_, mut sn) = (index, size - 1);
    let mut root = leaf;
    for &sibling in path {
        if sn == 0 {
            return None;
        }
        if fn_ & 1 == 1 || fn_ == sn {
            root = node_hash(sibling, root);
            while fn_ & 1 == 0 && fn_ != 0 {
                fn_ >>= 1;
                sn >>= 1;
            }
        } else {
            root = node_hash(root, sibling);
        }
        fn_ >>= 1;
        sn >>= 1;
    }
    (sn == 0).then_some(root)
}

/// Both roots that a consistency proof from `first` to `second` leaves leads to
/// (RFC 9162 section 2.1.4.2), for `0 < first < second`.
fn roots_of_consistency(
    first: u64,
    second: u64,
    first_root: TreeHash,
    path: &[TreeHash],
) -> Option<(TreeHash, TreeHash)> {
    // A complete first tree is its own first node and is left out of the proof.
    let whole = first.is_power_of_two().then_some(first_root);
    let mut nodes = whole.into_iter().chain(path.iter().copied());
    let (mut fn_, mut sn) = (first - 1, second - 1);
    while fn_ & 1 == 1 {
        fn_ >>= 1;
        sn >>= 1;
    }
    let start = nodes.next()?;
    let (mut old, mut new) = (start, start);
    for node in nodes {
        if sn == 0 {
            return None;
        }
        if fn_ & 1 == 1 || fn_ == sn {
            old = node_hash(node, old);
            new = node_hash(node, new);
            while fn_ & 1 == 0 && fn_ != 0 {
                fn_ >>= 1;
                sn >>= 1;
            }
        } else {
            new = node_hash(new, node);
        }
        fn_ >>= 1;
        sn >>= 1;
    }
    (sn == 0).then_some((old, new))
}

fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, &parts.concat()).as_ref());
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    // The example of the signed-note specification.
    const VKEY: &str = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
    const NOTE: &str = "This is an example message.\n\n\u{2014} example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";

    fn vkey() -> VerifierKey {
        VKEY.parse().unwrap()
    }

    #[test]
    fn the_signature_of_the_specifications_example_verifies() {
        let note: Note = NOTE.parse().unwrap();
        // Past the signature the text is judged as a checkpoint, which it is not.
        let rejection = verify_checkpoint(&note, &vkey()).unwrap_err();
        assert_eq!(
            rejection,
            ReceiptRejection::Malformed(LogTextError::Checkpoint)
        );
    }

    #[test]
    fn refuses_a_signature_over_another_text_or_by_another_key() {
        let changed: Note = NOTE
            .replace("example message", "exemple message")
            .parse()
            .unwrap();
        assert_eq!(
            verify_checkpoint(&changed, &vkey()),
            Err(ReceiptRejection::Signature)
        );

        let note: Note = NOTE.parse().unwrap();
        let other = verifier_key("example.com/foo", [7; 32]);
        assert_eq!(
            verify_checkpoint(&note, &other),
            Err(ReceiptRejection::UnknownSigner)
        );

        let borrowed = VerifierKey {
            public_key: [7; 32],
            ..vkey()
        };
        assert_eq!(
            verify_checkpoint(&note, &borrowed),
            Err(ReceiptRejection::KeyId)
        );
    }

    #[test]
    fn makes_the_key_id_of_the_specifications_example() {
        assert_eq!(verifier_key("example.com/foo", vkey().public_key), vkey());
    }

    #[test]
    fn refuses_a_path_too_long_or_too_short() {
        let leaf = leaf_hash(b"leaf");
        assert_eq!(root_of_inclusion(leaf, 0, 1, &[]), Some(leaf));
        assert_eq!(root_of_inclusion(leaf, 0, 1, &[leaf]), None);
        assert_eq!(root_of_inclusion(leaf, 0, 2, &[]), None);
        assert_eq!(root_of_inclusion(leaf, 2, 2, &[leaf]), None);
        assert_eq!(root_of_inclusion(leaf, 0, 0, &[]), None);
    }

    #[test]
    fn another_salt_makes_another_commitment() {
        assert_ne!(
            commitment(&[0; 32], b"record"),
            commitment(&[1; 32], b"record")
        );
    }
}

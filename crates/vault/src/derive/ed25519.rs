//! SLIP-10 for Ed25519: hardened children only, and every 32 bytes are a key.

use wire::keys::ChildIndex;

use super::Node;
use crate::Error;

/// The node at `levels`, each taken as hardened.
pub(super) fn node(seed: &[u8], levels: &[ChildIndex]) -> Result<Node, Error> {
    let master = Node::from_hmac(b"ed25519 seed", &[seed]);
    Ok(levels.iter().fold(master, |parent, level| {
        let index = level.to_hardened().to_u32().to_be_bytes();
        Node::from_hmac(
            parent.chain_code.as_slice(),
            &[&[0], parent.key.as_slice(), &index],
        )
    }))
}

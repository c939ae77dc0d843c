//! The binaries are those of the source beside them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use sha2::{Digest, Sha256};
use wire::encoding::hex;

/// `cargo xtask build-verifier` writes both; this cannot tell that the one comes of the other, but
/// it does tell that neither was changed alone.
#[test]
fn source_and_binary_were_changed_together() {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../verifier"));
    let listed = fs::read_to_string(folder.join("SHA256SUMS")).unwrap();
    let listed: BTreeMap<String, String> = listed
        .lines()
        .filter_map(|line| line.split_once("  "))
        .map(|(sum, path)| (path.to_owned(), sum.to_owned()))
        .collect();
    let mut found = BTreeMap::new();
    let sources = fs::read_dir(folder.join("src")).unwrap();
    let names = sources.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let paths = names.map(|name| format!("src/{name}"));
    let binaries = ["caller.so", "verifier.so"].map(str::to_owned);
    for path in paths.chain(binaries) {
        let content = fs::read(folder.join(&path)).unwrap();
        found.insert(path, hex::encode(Sha256::digest(content)));
    }
    assert_eq!(found, listed, "run `cargo xtask build-verifier`");
}

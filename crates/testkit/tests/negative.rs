//! The stored corpora are those that are generated.

use testkit::{negative, vectors};

#[test]
fn the_stored_corpus_is_the_generated_one() {
    check(negative::FILE, &negative::text());
}

#[test]
fn the_stored_stamps_are_the_generated_ones() {
    check(negative::STAMPS_FILE, &negative::stamps_text());
}

fn check(name: &str, generated: &str) {
    let stored = std::fs::read_to_string(vectors::path(name)).expect("the corpus is stored");
    assert!(
        stored == generated,
        "the generator changed; run `cargo run -p testkit --example negative_vectors`"
    );
}

//! The stored corpus is the one that is generated.

use testkit::{negative, vectors};

#[test]
fn the_stored_corpus_is_the_generated_one() {
    let stored =
        std::fs::read_to_string(vectors::path(negative::FILE)).expect("the corpus is stored");
    assert!(
        stored == negative::text(),
        "the generator changed; run `cargo run -p testkit --example negative_vectors`"
    );
}

//! Writes the negative corpora to their places under `vectors/`.

use std::fs;

use testkit::{negative, vectors};

fn main() -> std::io::Result<()> {
    fs::write(vectors::path(negative::FILE), negative::text())?;
    fs::write(
        vectors::path(negative::STAMPS_FILE),
        negative::stamps_text(),
    )
}

//! Writes the negative corpus to its place under `vectors/`.

use std::fs;

use testkit::{negative, vectors};

fn main() -> std::io::Result<()> {
    let path = vectors::path(negative::FILE);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, negative::text())
}

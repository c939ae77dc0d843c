//! The pure rooms' `clippy.toml` say the same. Clippy merges nothing, so the list is repeated.

use super::Finding;
use crate::workspace::File;

const PURE: [&str; 4] = [
    "crates/rules/clippy.toml",
    "crates/vault/clippy.toml",
    "crates/verify/clippy.toml",
    "crates/wire/clippy.toml",
];

pub(super) fn check(files: &[File]) -> Vec<Finding> {
    let texts = PURE.map(|path| (path, files.iter().find(|file| file.path == path)));
    let model = texts.iter().find_map(|(_, file)| *file);
    let mut findings = Vec::new();
    for (path, file) in texts {
        match (file, model) {
            (None, _) => findings.push(Finding::new(path, "missing: a pure room bans the outside")),
            (Some(file), Some(model)) if file.text != model.text => {
                findings.push(Finding::new(path, format!("differs from {}", model.path)));
            }
            _ => {}
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_that_differ_are_found() {
        let file = |path: &str, text: &str| File {
            path: path.to_owned(),
            text: text.to_owned(),
        };
        let mut files: Vec<File> = PURE.iter().map(|path| file(path, "a")).collect();
        assert_eq!(check(&files), []);
        files[3] = file(PURE[3], "b");
        assert_eq!(check(&files).len(), 1);
        files.pop();
        assert_eq!(check(&files)[0].place, PURE[3]);
    }
}

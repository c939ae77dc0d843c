//! Nothing that belongs to one machine: no paths of somebody's disk, no addresses of the
//! registries somebody happened to use.

use super::Finding;
use crate::workspace::File;

/// Folders at the root that exist on the writer's machine and mean nothing to the reader.
const MACHINE: [&str; 4] = ["work", "root", "home", "tmp"];

/// Parts of the names of hosts that serve packages, in two pieces: this file names none either.
const REGISTRIES: [(&str, &str); 5] = [
    ("registry.", "npmjs"),
    ("python", "hosted"),
    ("pypi", ".org"),
    ("index.", "crates.io"),
    ("static.", "crates.io"),
];

/// How Cargo names its one standard source, wherever the packages really come from.
const STANDARD: &str = "source = \"registry+https://github.com/rust-lang/crates.io-index\"";

pub(super) fn check(files: &[File]) -> Vec<Finding> {
    // Vectors are as their authors published them.
    let judged = files
        .iter()
        .filter(|file| !file.path.starts_with("vectors/"));
    judged
        .flat_map(|file| {
            file.text.lines().zip(1..).filter_map(|(line, number)| {
                let complaint = complaint(&file.path, line)?;
                Some(Finding::new(format!("{}:{number}", file.path), complaint))
            })
        })
        .collect()
}

fn complaint(path: &str, line: &str) -> Option<String> {
    let mut folders = MACHINE.iter().map(|name| format!("/{name}/"));
    if let Some(folder) = folders.find(|folder| names_folder(line, folder)) {
        return Some(format!("{folder} is a folder of one machine"));
    }
    let mut hosts = REGISTRIES.iter().map(|(one, two)| format!("{one}{two}"));
    if let Some(host) = hosts.find(|host| line.contains(host)) {
        return Some(format!("{host} is the address of a registry"));
    }
    let foreign = match path.rsplit('/').next() {
        Some("Cargo.lock") => line.starts_with("source = ") && line != STANDARD,
        Some("package-lock.json") => line.trim_start().starts_with("\"resolved\""),
        Some("requirements.txt" | "requirements.in") => {
            line.starts_with("--") && line.contains("url")
        }
        _ => false,
    };
    foreign.then(|| "a lock file names packages and hashes, not where they came from".to_owned())
}

/// At the start of a path, not in the middle of an address or a longer one.
fn names_folder(line: &str, folder: &str) -> bool {
    line.match_indices(folder).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || "./_-}*".contains(c))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_belongs_to_one_machine() {
        for (path, line, expected) in [
            ("README.md", concat!("cd /", "home/ada/zegel"), true),
            ("README.md", "https://example.com/home/page", false),
            (
                "README.md",
                concat!("get https://", "pypi", ".org/simple"),
                true,
            ),
            ("docs/a.md", "/var/lib/zegel", false),
            ("Cargo.lock", STANDARD, false),
            (
                "Cargo.lock",
                "source = \"registry+sparse+https://mirror.example/\"",
                true,
            ),
            (
                "compat/node/package-lock.json",
                "  \"resolved\": \"https://mirror.example/a.tgz\",",
                true,
            ),
            (
                "compat/node/package-lock.json",
                "  \"integrity\": \"sha512-…\",",
                false,
            ),
            (
                "compat/python/requirements.txt",
                "--index-url https://mirror.example",
                true,
            ),
        ] {
            assert_eq!(complaint(path, line).is_some(), expected, "{line}");
        }
    }
}

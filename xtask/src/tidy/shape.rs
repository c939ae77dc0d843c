//! The shape of files: none too long, none with unfinished business, lints on in every room.

use super::{Finding, has_word};
use crate::workspace::File;

/// Longer than this, a file tells two stories.
const MAX_LINES: usize = 700;

/// Files that may be longer, and why. None is.
const LONGER: &[(&str, &str)] = &[];

const CODE: [&str; 8] = [".rs", ".js", ".py", ".html", ".css", ".sql", ".c", ".h"];

pub(super) fn check(files: &[File]) -> Vec<Finding> {
    files
        .iter()
        .flat_map(|file| {
            [length(file), lints(file)]
                .into_iter()
                .flatten()
                .chain(notes(file))
        })
        .collect()
}

fn is_code(file: &File) -> bool {
    CODE.iter().any(|ending| file.path.ends_with(ending))
}

fn length(file: &File) -> Option<Finding> {
    let lines = file.text.lines().count();
    let excused = LONGER.iter().any(|(path, _)| *path == file.path);
    (is_code(file) && lines > MAX_LINES && !excused).then(|| {
        Finding::new(
            &file.path,
            format!("{lines} lines: look for the second story in it"),
        )
    })
}

/// A room without the workspace's lints would allow unsafe code.
fn lints(file: &File) -> Option<Finding> {
    // A manifest without a package is a workspace's: it has the lints to take.
    let manifest = file.path.ends_with("/Cargo.toml")
        && !file.path.starts_with("compat/")
        && file.text.contains("[package]");
    (manifest && !file.text.contains("[lints]\nworkspace = true")).then(|| {
        Finding::new(
            &file.path,
            "take the workspace's lints: `[lints] workspace = true`",
        )
    })
}

fn notes(file: &File) -> Vec<Finding> {
    // This file has to spell the words.
    if !is_code(file) || file.path == "xtask/src/tidy/shape.rs" {
        return Vec::new();
    }
    let lines = file.text.lines().zip(1..);
    let noted = lines.filter(|(line, _)| {
        ["TODO", "FIXME", "XXX"]
            .iter()
            .any(|word| has_word(line, word) && !line.contains(&format!("{word}(")))
    });
    noted
        .map(|(_, number)| {
            let place = format!("{}:{number}", file.path);
            Finding::new(place, "unfinished business needs a name, as in FIXME(ada)")
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(path: &str, text: &str) -> usize {
        check(&[File {
            path: path.to_owned(),
            text: text.to_owned(),
        }])
        .len()
    }

    #[test]
    fn a_file_ends_before_its_second_story() {
        assert_eq!(findings("crates/wire/src/id.rs", &"\n".repeat(700)), 0);
        assert_eq!(findings("crates/wire/src/id.rs", &"\n".repeat(701)), 1);
        assert_eq!(findings("vectors/w3c.json", &"\n".repeat(701)), 0);
    }

    #[test]
    fn unfinished_business_has_a_name() {
        assert_eq!(findings("a.rs", "// FIXME(ada): wrong on leap days"), 0);
        assert_eq!(findings("a.rs", "// FIXME: wrong on leap days"), 1);
        assert_eq!(findings("a.js", "// TODO"), 1);
    }

    #[test]
    fn every_room_takes_the_lints() {
        assert_eq!(findings("crates/wire/Cargo.toml", "[package]\n"), 1);
        assert_eq!(
            findings("crates/wire/Cargo.toml", "[lints]\nworkspace = true\n"),
            0
        );
    }
}

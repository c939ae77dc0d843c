//! Shortcuts through the walk that the compiler refuses.
//!
//! Each file in `programs` is a wrong program; its first line names the errors it must end in, and
//! no others. `the_walk.rs` goes the right way and must compile, so that the others are known to
//! fail for their own reason.
//!
//! The programs are checked against the libraries cargo has built for this very test, so nothing
//! is compiled a second time.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

#[test]
fn the_walk_itself_compiles() {
    check("the_walk.rs");
}

#[test]
fn nothing_is_executed_that_nobody_authorised() {
    check("execute_what_nobody_authorised.rs");
}

#[test]
fn nobody_invents_a_scope() {
    check("invent_a_scope.rs");
}

#[test]
fn nothing_unrecorded_is_an_answer() {
    check("answer_with_what_was_not_recorded.rs");
}

#[test]
fn no_body_is_read_before_verification() {
    check("read_a_body_before_verification.rs");
}

#[test]
fn nobody_makes_a_command_that_nobody_signed() {
    check("make_a_command_nobody_signed.rs");
}

#[test]
fn one_stamp_is_good_for_one_request() {
    check("believe_a_claim_twice.rs");
}

#[test]
fn t105_secrets_cannot_be_printed() {
    check("print_a_secret.rs");
}

#[test]
fn t105_secrets_cannot_be_copied() {
    check("copy_a_secret.rs");
}

/// Compiles one program and compares the codes of its errors with those it announces.
fn check(name: &str) {
    let program = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/compile_fail/programs")
        .join(name);
    let text = std::fs::read_to_string(&program).unwrap();
    let announced = text
        .lines()
        .next()
        .and_then(|line| line.strip_prefix("//! Fails with:"));
    let announced: BTreeSet<&str> = announced.unwrap_or_default().split_whitespace().collect();
    let said = compile(&program);
    assert_eq!(codes(&said), announced, "{name}:\n{said}");
}

/// What the compiler says on its error channel.
fn compile(program: &Path) -> String {
    let libraries = libraries();
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let mut command = Command::new(rustc);
    command.args([
        "--edition",
        "2024",
        "--crate-type",
        "lib",
        "--emit",
        "metadata",
        "-o",
    ]);
    // The file is never looked at; two tests must not write the same.
    command.arg(
        scratch()
            .join(program.file_stem().unwrap())
            .with_extension("rmeta"),
    );
    command
        .arg("-L")
        .arg(format!("dependency={}", libraries.display()));
    for room in ["wire", "verify", "rules", "vault", "store", "engine"] {
        command
            .arg("--extern")
            .arg(format!("{room}={}", newest(&libraries, room).display()));
    }
    let output = command.arg(program).output().unwrap();
    String::from_utf8(output.stderr).unwrap()
}

/// The codes of all errors, such as `E0451`; `error` for one that has none.
fn codes(said: &str) -> BTreeSet<&str> {
    let errors = said.lines().filter_map(|line| line.strip_prefix("error"));
    // The last line only counts the others.
    let errors = errors.filter(|rest| !rest.starts_with(": aborting"));
    errors
        .map(|rest| rest.strip_prefix('[').map_or("error", |code| &code[..5]))
        .collect()
}

/// Where cargo puts libraries: beside this test.
fn libraries() -> PathBuf {
    std::env::current_exe()
        .unwrap()
        .parent()
        .unwrap()
        .to_owned()
}

fn scratch() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
}

/// The library that was built last: this test was built with it.
fn newest(folder: &Path, room: &str) -> PathBuf {
    let prefix = format!("lib{room}-");
    let entries = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
    let built = entries.filter(|entry| {
        let name = entry.file_name().into_string().unwrap_or_default();
        name.starts_with(&prefix) && name.ends_with(".rlib")
    });
    let age = |path: &PathBuf| -> SystemTime { path.metadata().unwrap().modified().unwrap() };
    built
        .map(|entry| entry.path())
        .max_by_key(age)
        .unwrap_or_else(|| panic!("no library {room}"))
}

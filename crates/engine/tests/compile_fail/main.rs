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

#[test]
fn the_walk_of_a_tenant_compiles() {
    check("the_walk_of_a_tenant.rs");
}

#[test]
fn nobody_invents_a_tenants_scope() {
    check("invent_a_tenant_scope.rs");
}

#[test]
fn nobody_is_the_operator_without_his_token() {
    check("be_the_operator.rs");
}

#[test]
fn nothing_is_allowed_on_a_tenant_that_nobody_judged() {
    check("allow_what_nobody_judged.rs");
}

#[test]
fn no_call_is_read_before_it_is_settled_who_makes_it() {
    check("ask_what_nobody_presented.rs");
}

#[test]
fn t48_nothing_is_paid_for_that_nobody_believed() {
    check("pay_what_nobody_believed.rs");
}

/// Compiles one program and compares the codes of its errors with those it announces.
fn check(name: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/compile_fail/programs");
    let program = folder.join(name);
    let text = std::fs::read_to_string(&program).unwrap();
    let first = text.lines().next().unwrap();
    let announced = first.strip_prefix("//! Fails with:").unwrap();
    let announced: BTreeSet<&str> = announced.split_whitespace().collect();
    let scratch = scratch(name);
    let said = compile(&program, &rooms(&scratch), &scratch);
    assert_eq!(codes(&said), announced, "{name}:\n{said}");
}

/// A library of a room.
type Room = (&'static str, PathBuf);

/// What the compiler says about a program that may name these rooms.
fn compile(program: &Path, rooms: &[Room], scratch: &Path) -> String {
    let mut rustc = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    rustc.args([
        "--edition",
        "2024",
        "--crate-type",
        "lib",
        "--emit",
        "metadata",
        "--out-dir",
    ]);
    rustc
        .arg(scratch)
        .arg("-L")
        .arg(format!("dependency={}", libraries().display()));
    for (room, library) in rooms {
        rustc
            .arg("--extern")
            .arg(format!("{room}={}", library.display()));
    }
    let output = rustc.arg(program).output().unwrap();
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

/// The engine that was built last and the rooms it was built with.
///
/// Cargo keeps a library for each set of features it was ever asked for. Which of them belong
/// together is for the compiler to say: a room's type must be the one the engine speaks of.
fn rooms(scratch: &Path) -> Vec<Room> {
    let together = built("engine").into_iter().find_map(|engine| {
        let engine = ("engine", engine);
        let others = SHARED.map(|(room, sentence)| {
            let program = scratch.join(format!("same_{room}.rs"));
            std::fs::write(&program, sentence).unwrap();
            built(room)
                .into_iter()
                .map(|library| (room, library))
                .find(|found| {
                    let pair = [engine.clone(), found.clone()];
                    codes(&compile(&program, &pair, scratch)).is_empty()
                })
        });
        let others: Option<Vec<Room>> = others.into_iter().collect();
        Some([vec![engine], others?].concat())
    });
    together.expect("cargo builds the engine and its rooms before this test")
}

/// What the engine says in a type of each room.
const SHARED: [(&str, &str); 5] = [
    (
        "store",
        "pub fn same(it: &engine::Engine) -> &store::Store { it.store() }",
    ),
    (
        "vault",
        "pub fn same(it: vault::Error) -> engine::Error { engine::Error::Vault(it) }",
    ),
    (
        "rules",
        "pub fn same(it: engine::View) -> rules::Activity { it.activity }",
    ),
    (
        "verify",
        "pub fn same(it: verify::Rejection) -> engine::Error { engine::Error::Rejected(it) }",
    ),
    (
        "wire",
        "pub fn same(it: engine::View) -> wire::id::UserId { it.viewer }",
    ),
];

/// Every build of a room, the newest first.
fn built(room: &str) -> Vec<PathBuf> {
    let prefix = format!("lib{room}-");
    let entries = std::fs::read_dir(libraries()).unwrap().map(Result::unwrap);
    let mut built: Vec<_> = entries
        .filter(|entry| {
            let name = entry.file_name().into_string().unwrap_or_default();
            name.starts_with(&prefix) && name.ends_with(".rlib")
        })
        // Another build may just be replacing one.
        .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
        .collect();
    built.sort();
    built
        .into_iter()
        .rev()
        .map(|(_, library)| library)
        .collect()
}

/// Where cargo puts libraries: beside this test.
fn libraries() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    test.parent().unwrap().to_owned()
}

/// A folder that no other test writes to.
fn scratch(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("compile_fail")
        .join(name);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

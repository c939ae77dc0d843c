//! Brings onto the machine what the tests need: Debian's packages, and nextest.
//!
//! Each step looks first and does nothing when the thing is there. What cannot be installed fails
//! here, with its name; no test is ever skipped for want of it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Once;

use anyhow::{Context, ensure};

use crate::postgres;
use crate::workspace::{self, cargo};

/// The runner's version, so that CI and developers read the same output.
const NEXTEST: &str = "0.9.143";

/// The linker's version, which must match the LLVM of our rustc.
const SBPF_LINKER: &str = "0.2.6";

/// The test runner.
pub fn nextest() -> anyhow::Result<()> {
    let there = quietly(cargo().args(["nextest", "--version"]));
    if !there {
        eprintln!("── installing cargo-nextest {NEXTEST}");
        let arguments = ["install", "--locked", "cargo-nextest", "--version", NEXTEST];
        workspace::run(cargo().args(arguments)).context("cargo-nextest")?;
    }
    Ok(())
}

/// PostgreSQL's server; the store's tests start a cluster of their own from it.
pub fn postgres() -> anyhow::Result<()> {
    if postgres::binaries().is_ok() {
        Ok(())
    } else {
        debian(&["postgresql"])
    }
}

/// A browser.
pub fn chromium() -> anyhow::Result<()> {
    let named = std::env::var_os("CHROMIUM").is_some_and(|path| Path::new(&path).exists());
    if named || Path::new("/usr/bin/chromium").exists() {
        return Ok(());
    }
    debian(&["chromium"])
}

/// Node.js with npm.
pub fn node() -> anyhow::Result<()> {
    if has("node") && has("npm") {
        Ok(())
    } else {
        debian(&["nodejs", "npm"])
    }
}

/// OpenSSL to build against, which one of our peers computes with.
pub fn openssl() -> anyhow::Result<()> {
    if quietly(Command::new("pkg-config").args(["--exists", "openssl"])) {
        Ok(())
    } else {
        debian(&["pkg-config", "libssl-dev"])
    }
}

/// What OpenSSL is built from source with, which Solana's virtual machine checks P-256 signatures
/// with.
pub fn openssl_builds() -> anyhow::Result<()> {
    if has("perl") && has("make") && has("cc") {
        Ok(())
    } else {
        debian(&["gcc", "make", "perl"])
    }
}

/// The compiler of the program that Solana's virtual machine runs; another version would make
/// another binary.
pub const CLANG: &str = "clang-14";

/// [`CLANG`].
pub fn clang() -> anyhow::Result<()> {
    if has(CLANG) { Ok(()) } else { debian(&[CLANG]) }
}

/// Makes programs for Solana's virtual machine out of LLVM's bitcode; says where it lies.
pub fn sbpf_linker(root: &Path) -> anyhow::Result<PathBuf> {
    let linker = root.join("bin/sbpf-linker");
    if !linker.exists() {
        eprintln!("── installing sbpf-linker {SBPF_LINKER}");
        let arguments = ["install", "--locked", "sbpf-linker", "--version"];
        let mut install = cargo();
        install.args(arguments).arg(SBPF_LINKER);
        workspace::run(install.arg("--root").arg(root)).context("sbpf-linker")?;
    }
    Ok(linker)
}

/// Python that can make virtual environments.
pub fn python() -> anyhow::Result<()> {
    let there = quietly(Command::new("python3").args(["-c", "import venv, ensurepip"]));
    if there {
        Ok(())
    } else {
        debian(&["python3", "python3-venv"])
    }
}

fn debian(packages: &[&str]) -> anyhow::Result<()> {
    static UPDATE: Once = Once::new();
    eprintln!("── installing {}", packages.join(", "));
    ensure!(
        has("apt-get"),
        "install {} by hand: this is not Debian",
        packages.join(", ")
    );
    // Without a list of packages nothing can be found; an old one is better than none.
    UPDATE.call_once(|| {
        let _ = workspace::run(Command::new("apt-get").args(["update", "-q"]));
    });
    let mut install = Command::new("apt-get");
    install
        .args(["install", "-y", "-q", "--no-install-recommends"])
        .args(packages);
    workspace::run(install.env("DEBIAN_FRONTEND", "noninteractive"))
        .with_context(|| format!("cannot install {}", packages.join(", ")))
}

fn has(program: &str) -> bool {
    quietly(Command::new(program).arg("--version"))
}

fn quietly(command: &mut Command) -> bool {
    let silent = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    silent.status().is_ok_and(|status| status.success())
}

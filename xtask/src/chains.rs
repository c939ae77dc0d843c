//! What is proven on a chain: a workspace of its own below `chains/solana`, and the verifier that
//! its virtual machine runs.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::install;
use crate::workspace::{self, cargo, output};

/// Its target folder is shared with nothing: a virtual machine takes minutes to build, and would
/// keep everybody else waiting for the lock.
const TARGET: &str = "target/chains";

/// Sources and binaries of what the machine runs.
const VERIFIER: &str = "chains/solana/verifier";

/// The tests, with the machine built before them.
pub fn tests() -> anyhow::Result<Command> {
    install::openssl_builds()?;
    let mut tests = cargo();
    tests
        .args(["test", "--locked", "--no-fail-fast", "--target-dir"])
        .arg(workspace::path(TARGET))
        .current_dir(workspace::path("chains/solana"));
    Ok(tests)
}

/// Builds the node with a chain in memory, and says where it is.
pub fn node() -> anyhow::Result<PathBuf> {
    install::openssl_builds()?;
    let build = ["build", "--locked", "--package", "zegel-solana-rpc"];
    let mut build_node = cargo();
    build_node
        .args(build)
        .arg("--target-dir")
        .arg(workspace::path(TARGET))
        .current_dir(workspace::path("chains/solana"));
    workspace::run(&mut build_node)?;
    Ok(workspace::path(TARGET).join("debug/zegel-solana-rpc"))
}

/// Compiles the verifier, and the program that calls it in a test, and notes down of which source.
pub fn build_verifier() -> anyhow::Result<()> {
    install::clang()?;
    let linker = install::sbpf_linker(&workspace::path(TARGET).join("tools"))?;
    for name in ["caller", "verifier"] {
        build(&linker, name)?;
    }
    let folder = workspace::path(VERIFIER);
    let sums = "sha256sum src/* *.so";
    let sums = output(Command::new("sh").args(["-c", sums]).current_dir(&folder))?;
    std::fs::write(folder.join("SHA256SUMS"), sums)?;
    Ok(())
}

/// C to LLVM's bitcode by Debian's compiler, bitcode to the machine's code by a linker that borrows
/// rustc's own LLVM.
fn build(linker: &Path, name: &str) -> anyhow::Result<()> {
    let bitcode = workspace::path(TARGET).join(name).with_extension("bc");
    let folder = workspace::path(VERIFIER);
    // Small rather than fast. Nobody provides memcpy, so nothing may be recognised as one.
    let compile = [
        "-target",
        "bpf",
        "-mcpu=v2",
        "-Oz",
        "-std=c11",
        "-ffreestanding",
        "-fno-builtin",
        "-fno-jump-tables",
        "-Wall",
        "-Wextra",
        "-Werror",
        "-emit-llvm",
        "-o",
    ];
    let mut compiler = Command::new(install::CLANG);
    compiler.args(compile).arg(&bitcode);
    compiler
        .arg("-c")
        .arg(folder.join("src").join(name).with_extension("c"));
    workspace::run(&mut compiler)?;

    let link = [
        "--cpu",
        "v2",
        "-O",
        "z",
        "--export",
        "entrypoint",
        "--llvm-args=--bpf-stack-size=4096",
        "--output",
    ];
    let mut linking = Command::new(linker);
    linking
        .args(link)
        .arg(folder.join(name).with_extension("so"));
    // It leaves a folder `target` wherever it runs.
    linking.arg(&bitcode).current_dir(workspace::path(TARGET));
    workspace::run(linking.env("LD_LIBRARY_PATH", rustc_libraries()?))
}

fn rustc_libraries() -> anyhow::Result<PathBuf> {
    let sysroot = output(Command::new("rustc").args(["--print", "sysroot"]))?;
    Ok(PathBuf::from(sysroot.trim()).join("lib"))
}

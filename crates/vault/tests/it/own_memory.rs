//! Reads our own memory the way a debugger would.

use std::fs::{File, read_to_string};
use std::os::unix::fs::FileExt;

/// What secrets to look for are XORed with, so that looking for them makes no copy.
pub const MASK: u8 = 0xa5;

/// Copies of the secret in writable memory, outside this thread's stack.
///
/// The stack is left out: the signing libraries keep scalars there, and what they leave
/// behind is overwritten by the next call, which safe Rust cannot hasten.
#[expect(
    clippy::disallowed_methods,
    reason = "the test looks where the vault must not"
)]
pub fn copies(masked: &[u8; 32]) -> usize {
    let here = std::ptr::from_ref(&masked).addr() as u64;
    let memory = File::open("/proc/self/mem").unwrap();
    let maps = read_to_string("/proc/self/maps").unwrap();
    let mut count = 0;
    for line in maps.lines().filter(|line| line.contains(" rw")) {
        let (from, rest) = line.split_once('-').unwrap();
        let from = u64::from_str_radix(from, 16).unwrap();
        let to = u64::from_str_radix(rest.split(' ').next().unwrap(), 16).unwrap();
        if (from..to).contains(&here) || line.ends_with("[vvar]") {
            continue;
        }
        for page in (from..to).step_by(4096) {
            let mut bytes = [0; 4096 + 31];
            let length = memory.read_at(&mut bytes, page).unwrap_or(0);
            let found = bytes[..length].windows(32).filter(|window| {
                window
                    .iter()
                    .zip(masked)
                    .all(|(byte, masked)| byte ^ MASK == *masked)
            });
            count += found.count();
        }
    }
    count
}

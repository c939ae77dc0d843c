//! Runs somebody's test runner, shows what it prints, and counts.

use std::io::{BufRead, BufReader, Read};
use std::ops::AddAssign;
use std::process::{Command, Stdio};

use anyhow::Context;

/// How many tests went which way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Ran and passed.
    pub passed: i32,
    /// Ran and failed, or should have run and did not.
    pub failed: i32,
}

impl Tally {
    /// One thing that passed.
    pub const PASSED: Self = Self {
        passed: 1,
        failed: 0,
    };
    /// One thing that failed.
    pub const FAILED: Self = Self {
        passed: 0,
        failed: 1,
    };
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

/// Runs a test runner to its end. What it skips counts as failed: a proof that did not run is no
/// proof. So does a runner that ran nothing.
pub fn run(command: &mut Command) -> anyhow::Result<Tally> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot run {command:?}"))?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let mut tally = std::thread::scope(|scope| {
        let stderr = scope.spawn(|| follow(stderr));
        let mut tally = follow(stdout);
        // The thread only reads and counts; if it panicked, what it counted is lost.
        tally += stderr.join().unwrap_or(Tally::FAILED);
        tally
    });
    let status = child.wait()?;
    let says_nothing = if status.success() {
        tally == Tally::default()
    } else {
        tally.failed == 0
    };
    if says_nothing {
        eprintln!("{command:?} ended with {status} and {tally:?}");
        tally += Tally::FAILED;
    }
    Ok(tally)
}

fn follow(stream: Option<impl Read>) -> Tally {
    let mut tally = Tally::default();
    let Some(stream) = stream else { return tally };
    // Bytes, since a test may print what is no UTF-8.
    let lines = BufReader::new(stream).split(b'\n').map_while(Result::ok);
    for line in lines {
        let line = String::from_utf8_lossy(&line);
        println!("{line}");
        tally += count(&plain(&line));
    }
    tally
}

/// What a line of a runner's own summary says; nothing for every other line. What nextest repeats
/// of a test's output is indented, and must not be counted a second time.
fn count(line: &str) -> Tally {
    let (passing, failing): (&[&str], &[&str]) = if line.trim_start().starts_with("Summary [") {
        // nextest: `Summary [ 1.2s] 5 tests run: 3 passed (1 slow), 1 failed, 1 skipped`
        (&["passed"], &["failed", "skipped", "timed", "exec"])
    } else if line.starts_with("test result:") {
        // cargo test: `test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; …`
        (&["passed"], &["failed", "ignored"])
    } else if let Some(rest) = line.strip_prefix("ℹ ") {
        return node(rest);
    } else {
        return python(line);
    };
    let words: Vec<&str> = line
        .split([' ', ',', ';', '(', ')'])
        .filter(|w| !w.is_empty())
        .collect();
    let sum = |names: &[&str]| {
        let pairs = words.windows(2).filter(|pair| names.contains(&pair[1]));
        pairs.filter_map(|pair| pair[0].parse::<i32>().ok()).sum()
    };
    Tally {
        passed: sum(passing),
        failed: sum(failing),
    }
}

/// node: `ℹ pass 3`, one number a line.
fn node(rest: &str) -> Tally {
    let Some((name, number)) = rest.split_once(' ') else {
        return Tally::default();
    };
    let Ok(number) = number.parse() else {
        return Tally::default();
    };
    match name {
        "pass" => Tally {
            passed: number,
            failed: 0,
        },
        "fail" | "cancelled" | "skipped" | "todo" => Tally {
            passed: 0,
            failed: number,
        },
        _ => Tally::default(),
    }
}

/// unittest: `Ran 3 tests in 0.1s`, and then `OK` or `FAILED (failures=1, errors=1)`. The first
/// line counts all, so the second takes away what it moves to the failures.
fn python(line: &str) -> Tally {
    if let Some(rest) = line.strip_prefix("Ran ") {
        let number = rest
            .split(' ')
            .next()
            .and_then(|number| number.parse().ok());
        return Tally {
            passed: number.unwrap_or(0),
            failed: 0,
        };
    }
    let counts = line
        .strip_prefix("FAILED (")
        .or_else(|| line.strip_prefix("OK ("));
    let Some(counts) = counts.and_then(|rest| rest.strip_suffix(')')) else {
        return Tally::default();
    };
    let numbers = counts
        .split(", ")
        .filter_map(|count| count.split_once('=')?.1.parse::<i32>().ok());
    let not_passed: i32 = numbers.sum();
    Tally {
        passed: -not_passed,
        failed: not_passed,
    }
}

/// A line without its colours.
fn plain(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut rest = line;
    while let Some((before, escape)) = rest.split_once('\u{1b}') {
        plain.push_str(before);
        rest = escape.split_once('m').map_or("", |(_, after)| after);
    }
    plain + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(passed: i32, failed: i32) -> Tally {
        Tally { passed, failed }
    }

    #[test]
    fn reads_the_summary_of_every_runner() {
        for (line, expected) in [
            (
                "     Summary [   0.005s] 3 tests run: 3 passed, 0 skipped",
                tally(3, 0),
            ),
            (
                "  Summary [ 61.2s] 5/9 tests run: 3 passed (1 slow), 1 failed, 4 skipped",
                tally(3, 5),
            ),
            (
                "test result: ok. 7 passed; 0 failed; 2 ignored; 0 measured; 0 filtered out",
                tally(7, 2),
            ),
            ("ℹ pass 12", tally(12, 0)),
            ("ℹ fail 2", tally(0, 2)),
            ("ℹ duration_ms 1093.2", tally(0, 0)),
            ("ℹ tests 14", tally(0, 0)),
            ("Ran 4 tests in 5.201s", tally(4, 0)),
            ("OK", tally(0, 0)),
            ("OK (skipped=1)", tally(-1, 1)),
            ("FAILED (failures=1, errors=2)", tally(-3, 3)),
            (
                "    test result: FAILED. 0 passed; 1 failed; 0 ignored",
                tally(0, 0),
            ),
            (
                "a test that says 3 passed, 1 failed in passing",
                tally(0, 0),
            ),
        ] {
            assert_eq!(count(line), expected, "{line}");
        }
    }

    #[test]
    fn colours_do_not_hide_a_summary() {
        assert_eq!(plain("\u{1b}[34mℹ pass 3\u{1b}[39m"), "ℹ pass 3");
    }

    #[test]
    fn a_runner_that_runs_nothing_has_failed() {
        assert_eq!(run(&mut Command::new("true")).unwrap(), Tally::FAILED);
        assert_eq!(run(&mut Command::new("false")).unwrap(), Tally::FAILED);
    }
}

//! Where the processor time went: into the server that is measured, or into its load.

use std::time::Duration;

use crate::throw_away::ThrowAway;

/// Processor time of both sides, in user and kernel mode, over all threads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Processor {
    /// The server's.
    pub server: Duration,
    /// The client's, which stamped its requests before.
    pub client: Duration,
}

impl Processor {
    /// What was spent so far; `None` where the system does not tell.
    pub fn spent(server: &ThrowAway) -> Option<Self> {
        Some(Self {
            server: of(&server.process().to_string())?,
            client: of("self")?,
        })
    }

    /// What was spent here and there.
    pub fn and(self, other: Self) -> Self {
        Self {
            server: self.server + other.server,
            client: self.client + other.client,
        }
    }

    /// What was spent since.
    pub fn since(self, earlier: Self) -> Self {
        Self {
            server: self.server.saturating_sub(earlier.server),
            client: self.client.saturating_sub(earlier.client),
        }
    }
}

fn of(process: &str) -> Option<Duration> {
    read(&std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?)
}

/// Members 14 and 15 of proc(5) `stat`: user and kernel time, which Linux tells every program in
/// hundredths of a second.
fn read(stat: &str) -> Option<Duration> {
    // The second member is the program's name, in parentheses, which may hold anything.
    let (_, members) = stat.rsplit_once(") ")?;
    let mut times = members.split(' ').skip(11);
    let mut next = || times.next()?.parse::<u64>().ok();
    Some(Duration::from_millis(10 * (next()? + next()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adds_user_and_kernel_time_of_a_program_with_any_name() {
        let stat = "7 (a) b) S 1 7 7 0 -1 4194304 100 0 0 0 250 50 3 4 20 0 5 0 99 1000 10";
        assert_eq!(read(stat), Some(Duration::from_secs(3)));
    }

    #[test]
    fn says_nothing_where_there_is_nothing() {
        assert_eq!(read(""), None);
        assert_eq!(read("7 (a) S 1 7"), None);
    }
}

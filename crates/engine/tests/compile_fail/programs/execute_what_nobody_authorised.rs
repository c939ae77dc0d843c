//! Fails with: E0451

use rules::Authorised;
use rules::command::Command;
use rules::policy::Permit;

pub fn forge(command: Command, permit: Permit) -> Authorised {
    Authorised { command, permit }
}

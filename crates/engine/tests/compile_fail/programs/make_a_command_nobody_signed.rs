//! Fails with: E0451

use rules::command::Submission;
use verify::{Authenticated, Submitted};

/// Somebody else's signature over somebody else's bytes.
pub fn put_words_into_a_mouth(
    authenticated: Authenticated,
    content: Submission,
) -> Submitted<Submission> {
    Submitted { authenticated, content }
}

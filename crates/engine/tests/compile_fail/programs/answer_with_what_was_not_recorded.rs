//! Fails with: E0308 E0423

use engine::View;
use store::Recorded;

/// An answer to a command is a `Recorded<View>`; a view by itself is none.
pub fn answer(view: View) -> Recorded<View> {
    view
}

/// And nobody but the store can call one recorded.
pub fn pretend(view: View) -> Recorded<View> {
    Recorded(view)
}

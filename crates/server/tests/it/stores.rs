//! Which store the next worlds are made on: memory, unless a test that walks other stores says so.

use std::cell::RefCell;

use store::Location;

type Places = Box<dyn FnMut() -> Location>;

thread_local! {
    static PLACES: RefCell<Option<Places>> = const { RefCell::new(None) };
}

/// Makes the worlds that `act` asks for on this thread where `places` says, each time anew.
pub fn on(places: impl FnMut() -> Location + 'static, act: impl FnOnce()) {
    PLACES.set(Some(Box::new(places)));
    act();
    PLACES.set(None);
}

/// A place nothing has been stored in yet.
pub fn fresh() -> Location {
    PLACES.with_borrow_mut(|places| places.as_mut().map_or(Location::Memory, |next| next()))
}

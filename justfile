# Short names for what `cargo xtask` does; CI runs `.ci/run`.

# Everything that must hold before a push.
check: lint test

# Format, clippy, rustdoc, tidiness.
lint:
    cargo xtask lint

# Unit and documentation tests.
test:
    cargo xtask test unit

# All of it: the published clients, the browser, and kill -9 under load.
all:
    cargo xtask test all

# The long crash test.
crash:
    cargo xtask crash --kills 200

# A server on loopback, ready to be played with.
serve:
    cargo run --release -- serve

//! Fails with: E0423

use verify::tenant::Operator;

pub fn without_a_token() -> Operator {
    Operator(())
}

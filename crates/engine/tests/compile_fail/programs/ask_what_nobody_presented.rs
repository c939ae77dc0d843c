//! Fails with: E0616

use verify::tenant::Presented;

pub fn read_before_it_is_settled_who_sent_it(presented: Presented) -> Vec<u8> {
    presented.body
}

//! The precompiled contract itself.

use revm::precompile::u64_to_address;
use verify::evm::{Family, public_key};
use wire::evm::P256Verify;

use crate::ceremony::Passkey;
use crate::machine::{Ended, Machine};

fn ask(machine: &mut Machine, input: &[u8]) -> Ended {
    machine.send(u64_to_address(P256Verify::ADDRESS), input.to_vec())
}

#[test]
fn the_precompile_takes_our_input_and_no_other() {
    let passkey = Passkey::new(1);
    let signed = passkey.answer(&Family::Solady, |_| {});
    let input = signed
        .encode(&Family::Solady, &passkey.key())
        .unwrap()
        .precompile_input;
    let mut one = [0; 32];
    one[31] = 1;
    let yes = Ended::Returned(one.to_vec());
    let no = Ended::Returned(Vec::new());

    let mut machine = Machine::osaka();
    assert_eq!(ask(&mut machine, &input), yes);
    for place in 0..input.len() {
        let mut flipped = input;
        flipped[place] ^= 1;
        assert_eq!(ask(&mut machine, &flipped), no, "{place}");
    }
    // It takes the high s, which is why libraries ask for the low one.
    let mut high = input;
    let twin = signed.draft().with_high_s(&signed.signature);
    high[64..96].copy_from_slice(&twin.signature.s);
    assert_eq!(ask(&mut machine, &high), yes);

    // Where there is none, there is no answer either.
    assert_eq!(ask(&mut Machine::prague(), &input), no);
}

#[test]
fn the_key_is_the_one_in_the_input() {
    let passkey = Passkey::new(1);
    let signed = passkey.answer(&Family::Solady, |_| {});
    let encoded = signed.encode(&Family::Solady, &passkey.key()).unwrap();
    let key = public_key(&passkey.key()).unwrap().to_bytes();
    assert_eq!(encoded.public_key, key);
    assert_eq!(encoded.precompile_input[96..], key);
}

//! Our encodings, held against the compiler's.

use wire::evm::abi::Value;

use crate::ceremony::{
    COINBASE, DAIMO_V1, DAIMO_V2, Draft, KEY_SLOT, OWNER_INDEX, Passkey, VALID_UNTIL_S,
};
use crate::machine::{Ended, Machine};
use verify::evm::Family;

const PARTS: &str = "(bytes,string,uint256,uint256,bytes32,bytes32)";

/// What the compiler's code answers for these parts.
fn reference(name: &str, before: &str, values: &[u64], draft: &Draft) -> Vec<u8> {
    let mut machine = Machine::osaka();
    let contract = machine.deploy("Reference", &[]);
    let parts = Value::Tuple(vec![
        Value::Bytes(&draft.data),
        Value::Bytes(&draft.client),
        Value::number(draft.challenge_index as u64),
        Value::number(draft.type_index as u64),
        Value::Word(draft.signature.r),
        Value::Word(draft.signature.s),
    ]);
    let mut arguments: Vec<Value<'_>> = values.iter().map(|&it| Value::number(it)).collect();
    arguments.push(parts);
    let function = format!("{name}({before}{PARTS})");
    let Ended::Returned(answer) = machine.call(contract, &function, &arguments) else {
        panic!("{function} reverted");
    };
    // One `bytes`: an offset, a length, the bytes and their padding.
    let mut length = [0; 8];
    length.copy_from_slice(&answer[56..64]);
    answer[64..64 + u64::from_be_bytes(length) as usize].to_vec()
}

#[test]
fn the_compiler_encodes_the_same() {
    let passkey = Passkey::new(1);
    // Lengths on both sides of a whole number of words.
    for more in 0..34 {
        let draft = |family| {
            let signed = passkey.answer(&family, |it| {
                it.data.extend(vec![0xee; more]);
                it.replace("https://", &format!("https://{}", "a".repeat(more)));
            });
            signed.draft()
        };
        let check = |family, name, before, values: &[u64], draft: &Draft| {
            let expected = reference(name, before, values, draft);
            assert_eq!(draft.spell(&family), expected, "{name} {more}");
        };
        let plain = draft(Family::Solady);
        check(COINBASE, "coinbase", "uint256,", &[OWNER_INDEX], &plain);
        check(Family::Solady, "solady", "", &[], &plain);
        check(Family::OpenZeppelin, "openzeppelin", "", &[], &plain);
        let end = [VALID_UNTIL_S, KEY_SLOT.into()];
        check(DAIMO_V1, "daimoV1", "uint48,uint8,", &end, &draft(DAIMO_V1));
        check(DAIMO_V2, "daimoV2", "uint48,uint8,", &end, &draft(DAIMO_V2));

        // The struct that is encoded has the fields in the place of the client data.
        let ours = plain.spell(&Family::Safe);
        let fields = Draft {
            client: plain.fields().to_vec(),
            ..plain
        };
        assert_eq!(ours, reference("safe", "", &[], &fields), "safe {more}");
    }
}

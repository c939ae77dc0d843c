//! Compiling, and reading back what was compiled.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::encoding::hex;

#[test]
fn a_transfer_compiles_to_the_bytes_everybody_knows() {
    // The first case of vectors/transaction/solana.json, which web3.js wrote.
    let payer = hex::decode("8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c");
    let payer = Address::from_bytes(payer.unwrap().try_into().unwrap());
    let wanted = [transfer(payer, Address::from_bytes([7; 32]), 1000)];
    let message = Message::compile(Version::Legacy, payer, &wanted, [9; 32]).unwrap();
    assert_eq!(
        hex::encode(message.to_bytes()),
        "010001038a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c0707070707\
         0707070707070707070707070707070707070707070707070707070000000000000000000000000000\
         0000000000000000000000000000000000000909090909090909090909090909090909090909090909\
         090909090909090909\
         01020200010c02000000e803000000000000"
    );
    let newer = Message::compile(Version::V0, payer, &wanted, [9; 32]).unwrap();
    let spelled = [&[0x80], &message.to_bytes()[..], &[0]].concat();
    assert_eq!(newer.to_bytes(), spelled);
}

#[test]
fn accounts_stand_by_rights_and_then_by_bytes() {
    let meta = |byte: u8| AccountMeta::readonly(Address::from_bytes([byte; 32]));
    let wanted = [call(
        MEMO,
        &[
            meta(9),
            AccountMeta {
                is_writable: true,
                ..meta(8)
            },
            meta(7).signed(),
            AccountMeta {
                is_writable: true,
                ..meta(6)
            }
            .signed(),
            AccountMeta {
                is_writable: true,
                ..meta(5)
            },
            meta(4),
        ],
        &[],
    )];
    let message = Message::compile(Version::V0, PAYER, &wanted, [0; 32]).unwrap();
    let firsts: Vec<u8> = message
        .account_keys()
        .iter()
        .map(|key| key.as_bytes()[0])
        .collect();
    assert_eq!(firsts, [0x11, 6, 7, 5, 8, 4, 9, 0x44]);
    let header = message.header();
    assert_eq!(
        (
            header.required_signatures,
            header.readonly_signed,
            header.readonly_unsigned
        ),
        (3, 1, 3)
    );
    assert_eq!(message.instructions()[0].accounts, [6, 4, 2, 1, 3, 5]);
    assert_eq!(message.instructions()[0].program_index, 7);
}

#[test]
fn refuses_what_cannot_be_a_message() {
    let compile = |wanted: &[Instruction]| {
        Message::compile(Version::Legacy, PAYER, wanted, [0; 32]).map(|_| ())
    };
    let many = |count: u16, signed: bool| {
        let metas = (0..count).map(|number| {
            let mut bytes = [0x77; 32];
            bytes[..2].copy_from_slice(&number.to_le_bytes());
            AccountMeta {
                is_signer: signed,
                ..AccountMeta::readonly(Address::from_bytes(bytes))
            }
        });
        [call(MEMO, &metas.collect::<Vec<_>>(), &[])]
    };
    assert_eq!(compile(&many(254, false)), Ok(()));
    assert_eq!(
        compile(&many(255, false)),
        Err(MessageError::TooManyAccounts)
    );
    assert_eq!(compile(&many(126, true)), Ok(()));
    assert_eq!(compile(&many(127, true)), Err(MessageError::TooManySigners));
    assert_eq!(compile(&many(254, true)), Err(MessageError::TooManySigners));
    assert_eq!(
        compile(&[call(PAYER, &[], &[])]),
        Err(MessageError::Program { instruction: 0 })
    );
    assert_eq!(
        compile(&[call(MEMO, &[], &vec![0; 65_536])]),
        Err(MessageError::TooLong("an instruction's data"))
    );
}

#[test]
fn a_packet_holds_1232_bytes_and_no_more() {
    let of = |data: usize| {
        let wanted = [call(MEMO, &[], &vec![1; data])];
        let message = Message::compile(Version::Legacy, PAYER, &wanted, [0; 32]).unwrap();
        Transaction::unsigned(message)
            .to_packet()
            .map(|bytes| bytes.len())
    };
    // One slot, header, two keys, blockhash, one instruction with a length of two bytes.
    let fixed = 1 + 64 + 3 + 1 + 64 + 32 + 1 + 1 + 1 + 2;
    assert_eq!(of(MAX_PACKET - fixed), Ok(MAX_PACKET));
    assert_eq!(of(MAX_PACKET - fixed + 1), Err(TooLarge(MAX_PACKET + 1)));
}

#[test]
fn a_transaction_is_complete_when_every_signer_signed() {
    let wanted = [call(MEMO, &[AccountMeta::readonly(SESSION).signed()], &[])];
    let message = Message::compile(Version::V0, PAYER, &wanted, [0; 32]).unwrap();
    let unsigned = Transaction::unsigned(message);
    assert!(!unsigned.is_complete());
    assert_eq!(unsigned.slot_of(&MEMO), Err(MessageError::NotASigner));
    let half = unsigned.with_signature(&SESSION, &[2; 64]).unwrap();
    assert!(!half.is_complete());
    let whole = half.with_signature(&PAYER, &[1; 64]).unwrap();
    assert!(whole.is_complete());
    assert_eq!(whole.signatures(), [[1; 64], [2; 64]]);
    assert_eq!(Transaction::parse(&whole.to_bytes()), Ok(whole));
}

fn instructions() -> impl Strategy<Value = Vec<Instruction>> {
    // Few distinct accounts, so that they meet again with other rights.
    let address = (0..12_u8).prop_map(|byte| Address::from_bytes([byte; 32]));
    let meta =
        (address, any::<bool>(), any::<bool>()).prop_map(|(address, is_signer, is_writable)| {
            AccountMeta {
                address,
                is_signer,
                is_writable,
            }
        });
    let program = (12..16_u8).prop_map(|byte| Address::from_bytes([byte; 32]));
    let one = (program, vec(meta, 0..6), vec(any::<u8>(), 0..200)).prop_map(
        |(program, accounts, data)| Instruction {
            program,
            accounts,
            data,
        },
    );
    vec(one, 0..6)
}

proptest! {
    #[test]
    fn addresses_survive_their_text(bytes: [u8; 32]) {
        let address = Address::from_bytes(bytes);
        prop_assert_eq!(address.to_string().parse(), Ok(address));
    }

    #[test]
    fn what_was_compiled_is_read_back(wanted in instructions(), blockhash: [u8; 32],
                                      version in prop_oneof![Just(Version::Legacy), Just(Version::V0)]) {
        let message = Message::compile(version, PAYER, &wanted, blockhash).unwrap();
        prop_assert_eq!(Message::parse(&message.to_bytes()), Ok(message.clone()));
        let transaction = Transaction::unsigned(message);
        prop_assert_eq!(Transaction::parse(&transaction.to_bytes()), Ok(transaction));
    }

    #[test]
    fn every_account_has_the_sum_of_the_rights_asked_for(wanted in instructions()) {
        let message = Message::compile(Version::V0, PAYER, &wanted, [0; 32]).unwrap();
        prop_assert_eq!(message.meta(&PAYER), Some(AccountMeta::writable(PAYER).signed()));
        let metas = || wanted.iter().flat_map(|instruction| &instruction.accounts);
        for meta in metas() {
            let same = || metas().filter(|other| other.address == meta.address);
            let sum = AccountMeta {
                address: meta.address,
                is_signer: same().any(|other| other.is_signer),
                is_writable: same().any(|other| other.is_writable),
            };
            prop_assert_eq!(message.meta(&meta.address), Some(sum));
        }
        for (asked, compiled) in wanted.iter().zip(message.instructions()) {
            prop_assert_eq!(message.program(compiled), Some(&asked.program));
            let named: Vec<_> = compiled.accounts.iter()
                .map(|index| message.account_keys()[usize::from(*index)])
                .collect();
            let asked: Vec<_> = asked.accounts.iter().map(|meta| meta.address).collect();
            prop_assert_eq!(named, asked);
        }
    }

    #[test]
    fn what_is_read_is_spelled_as_it_came(bytes in vec(any::<u8>(), 0..200)) {
        let mut message = vec![1, 0, 0, 1];
        message.extend([5; 64]);
        message.extend(bytes);
        if let Ok(read) = Message::parse(&message) {
            prop_assert_eq!(read.to_bytes(), message);
        }
    }
}

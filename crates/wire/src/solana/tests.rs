//! Compiling and reading back, and the instructions of the program byte by byte.

use proptest::collection::vec;
use proptest::prelude::*;

use super::external_signature::{
    Ceremony, ClientDataShape, Execute, ExecuteWithSession, Initialise, Inner, InnerError,
    MAX_INNER_ACCOUNTS, Refresh, SessionKey, SessionLifetime, SignerScheme,
};
use super::secp256r1::CompressedKey;
use super::*;
use crate::encoding::hex;

const PAYER: Address = Address::from_bytes([0x11; 32]);
const ACCOUNT: Address = Address::from_bytes([0x22; 32]);
const SESSION: Address = Address::from_bytes([0x33; 32]);
const MEMO: Address = Address::from_bytes([0x44; 32]);

fn call(program: Address, accounts: &[AccountMeta], data: &[u8]) -> Instruction {
    Instruction {
        program,
        accounts: accounts.to_vec(),
        data: data.to_vec(),
    }
}

fn transfer(from: Address, to: Address, lamports: u64) -> Instruction {
    let data = [&[2, 0, 0, 0][..], &lamports.to_le_bytes()].concat();
    call(
        program::SYSTEM,
        &[
            AccountMeta::writable(from).signed(),
            AccountMeta::writable(to),
        ],
        &data,
    )
}

mod messages {
    use super::*;

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
        let meta = (address, any::<bool>(), any::<bool>()).prop_map(
            |(address, is_signer, is_writable)| AccountMeta {
                address,
                is_signer,
                is_writable,
            },
        );
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
}

mod external_signature_program {
    use super::*;

    fn key() -> CompressedKey {
        let mut bytes = [0xaa; 33];
        bytes[0] = 2;
        CompressedKey::from_bytes(bytes).unwrap()
    }

    const SHAPE: ClientDataShape = ClientDataShape {
        ceremony: Ceremony::Get,
        cross_origin: false,
        http: true,
        reminder: false,
        port: Some(8080),
    };

    /// The key and the shape above behind their length, as digits.
    fn proof() -> String {
        format!("2502{}1201901f", "aa".repeat(32))
    }

    fn rights(instruction: &Instruction) -> Vec<(Address, &'static str)> {
        let metas = instruction.accounts.iter();
        metas
            .map(|meta| {
                let rights = match (meta.is_signer, meta.is_writable) {
                    (false, false) => "",
                    (true, false) => "s",
                    (false, true) => "w",
                    (true, true) => "ws",
                };
                (meta.address, rights)
            })
            .collect()
    }

    #[test]
    fn initialise_is_spelled_byte_by_byte() {
        let mut initialise = Initialise {
            account: ACCOUNT,
            payer: PAYER,
            slot: TruncatedSlot::of(469),
            rp_id: "localhost".parse().unwrap(),
            public_key: key(),
            shape: SHAPE,
            session: None,
        };
        let instruction = initialise.instruction();
        let arguments = format!("096c6f63616c686f7374{}", &proof()[2..]);
        let expected = format!("00d501002f{arguments}00");
        assert_eq!(hex::encode(&instruction.data), expected);
        assert_eq!(instruction.program, program::EXTERNAL_SIGNATURE);
        assert_eq!(
            rights(&instruction),
            [
                (ACCOUNT, "w"),
                (PAYER, "ws"),
                (program::INSTRUCTIONS_SYSVAR, ""),
                (program::SLOT_HASHES_SYSVAR, ""),
                (program::SYSTEM, ""),
            ]
        );
        initialise.session = Some(SessionKey {
            key: SESSION,
            expires_at_s: 900,
        });
        let session = format!("01{}8403000000000000", "33".repeat(32));
        assert_eq!(
            hex::encode(initialise.instruction().data),
            format!("00d501002f{arguments}{session}")
        );
    }

    #[test]
    fn refresh_is_spelled_byte_by_byte() {
        let instruction = Refresh {
            account: ACCOUNT,
            nonce_signer: PAYER,
            slot: TruncatedSlot::of(999),
            public_key: key(),
            shape: SHAPE,
            session: SessionLifetime {
                key: SESSION,
                lifetime_s: 900,
            },
        }
        .instruction();
        let session = format!("{}8403000000000000", "33".repeat(32));
        assert_eq!(
            hex::encode(&instruction.data),
            format!("02e70300{}{session}", proof())
        );
        assert_eq!(
            rights(&instruction),
            [
                (ACCOUNT, "w"),
                (program::INSTRUCTIONS_SYSVAR, ""),
                (program::SLOT_HASHES_SYSVAR, ""),
                (PAYER, "s"),
            ]
        );
    }

    fn inner() -> Inner {
        let acting = Address::from_bytes([0x55; 32]);
        let memo = call(MEMO, &[AccountMeta::readonly(PAYER).signed()], b"hi");
        Inner::new(&[memo, transfer(acting, PAYER, 5)], &acting).unwrap()
    }

    #[test]
    fn inner_instructions_share_accounts_and_the_acting_one_signs_not_outside() {
        let inner = inner();
        assert_eq!(
            rights(&call(MEMO, inner.accounts(), &[])),
            [
                (PAYER, "ws"),
                (MEMO, ""),
                (Address::from_bytes([0x55; 32]), "w"),
                (program::SYSTEM, ""),
            ]
        );
        assert_eq!(
            hex::encode(inner.to_bytes()),
            "02010100020068690302020 00c00020000000500000000000000".replace(' ', "")
        );
    }

    #[test]
    fn executions_are_spelled_byte_by_byte() {
        let instructions = hex::encode(inner().to_bytes());
        let execute = Execute {
            account: ACCOUNT,
            nonce_signer: PAYER,
            slot: TruncatedSlot::of(1_000_001),
            public_key: key(),
            shape: SHAPE,
            signer: SignerScheme::ExecutionAccount,
            inner: inner(),
        }
        .instruction();
        assert_eq!(
            hex::encode(&execute.data),
            format!("0100000100{}{instructions}", proof())
        );
        assert_eq!(rights(&execute)[3], (PAYER, "s"));
        assert_eq!(execute.accounts[4..], *inner().accounts());

        let with_session = ExecuteWithSession {
            account: ACCOUNT,
            session_key: SESSION,
            signer: SignerScheme::PasskeyAccount,
            inner: inner(),
        }
        .instruction();
        assert_eq!(
            hex::encode(&with_session.data),
            format!("030001{instructions}")
        );
        assert_eq!(rights(&with_session)[..2], [(ACCOUNT, ""), (SESSION, "s")]);
        assert_eq!(with_session.accounts[2..], *inner().accounts());
    }

    #[test]
    fn the_program_sees_the_rights_of_the_message() {
        let memo = call(MEMO, &[AccountMeta::readonly(PAYER)], &[]);
        let inner = Inner::new(&[memo], &ACCOUNT).unwrap();
        assert_eq!(rights(&call(MEMO, inner.accounts(), &[]))[0], (PAYER, ""));
        let execute = ExecuteWithSession {
            account: ACCOUNT,
            session_key: SESSION,
            signer: SignerScheme::PasskeyAccount,
            inner: inner.clone(),
        };
        let wanted = [execute.instruction()];
        let message = Message::compile(Version::V0, PAYER, &wanted, [0; 32]).unwrap();
        let seen = inner.as_seen_in(&message);
        assert_eq!(
            rights(&call(MEMO, seen.accounts(), &[])),
            [(PAYER, "ws"), (MEMO, "")]
        );
    }

    #[test]
    fn refuses_inner_instructions_the_program_cannot_carry_out() {
        let new = |instructions: &[Instruction]| Inner::new(instructions, &ACCOUNT).map(|_| ());
        let metas = |count: usize| {
            let metas = (0..count)
                .map(|number| AccountMeta::readonly(Address::from_bytes([number as u8; 32])));
            metas.collect::<Vec<_>>()
        };
        let program = Address::from_bytes([0xff; 32]);
        let most = metas(MAX_INNER_ACCOUNTS - 1);
        assert_eq!(new(&[call(program, &most, &[])]), Ok(()));
        let more = metas(MAX_INNER_ACCOUNTS);
        assert_eq!(
            new(&[call(program, &more, &[])]),
            Err(InnerError::TooManyAccounts)
        );
        assert_eq!(
            new(&vec![call(program, &[], &[]); 256]),
            Err(InnerError::TooManyInstructions)
        );
        assert_eq!(
            new(&[call(program, &[], &vec![0; 65_536])]),
            Err(InnerError::TooLong)
        );
        assert_eq!(
            new(&[call(program::EXTERNAL_SIGNATURE, &[], &[])]),
            Err(InnerError::CallsItself)
        );
        for (program_index, account) in [(1, 0), (0, 1)] {
            let instruction = CompiledInstruction {
                program_index,
                accounts: vec![account],
                data: Vec::new(),
            };
            assert_eq!(
                Inner::from_parts(metas(1), vec![instruction]),
                Err(InnerError::Index)
            );
        }
    }
}

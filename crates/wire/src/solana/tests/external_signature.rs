//! The instructions of the external signature program, byte by byte.

use super::super::external_signature::{
    Ceremony, ClientDataShape, Execute, ExecuteWithSession, Initialise, Inner, InnerError,
    MAX_INNER_ACCOUNTS, Refresh, SessionKey, SessionLifetime, SignerScheme,
};
use super::super::secp256r1::CompressedKey;
use super::*;
use crate::encoding::hex;

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
        let metas =
            (0..count).map(|number| AccountMeta::readonly(Address::from_bytes([number as u8; 32])));
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

//! What the server's payer may sign, and what it may not.

use proptest::prelude::*;
use testkit::Passkey;
use testkit::keys::SigningKey;
use verify::session::key_from_spki;
use verify::solana::{
    Assertion, Expect, ForChain, ForChainRejection, Nonce, Payable, PayableRejection as R,
    SelfPaid, SignatureRejection, TemplateRejection, passkey_account,
};
use wire::solana::external_signature::{
    ExecuteWithSession, Inner, SessionKey, SessionLifetime, SignerScheme,
};
use wire::solana::secp256r1::{CompressedKey, SignedMessage};
use wire::solana::{
    AccountMeta, Address, ComputeBudget, Instruction, Message, Transaction, TruncatedSlot, Version,
    program,
};

const RP_ID: &str = "auth.example.com";
const ORIGIN: &str = "https://auth.example.com";
const ACCOUNT: Address = Address::from_bytes([1; 32]);
const EXECUTION: Address = Address::from_bytes([2; 32]);
const OTHER: Address = Address::from_bytes([5; 32]);
const NUMBER: TruncatedSlot = TruncatedSlot::of(350_000_469);

/// An Ed25519 key by its number.
fn wallet(seed: u8) -> SigningKey {
    SigningKey::ed25519([seed; 32])
}

fn address(seed: u8) -> Address {
    let bytes: [u8; 32] = wallet(seed).public_key_compressed().try_into().unwrap();
    bytes.into()
}

const PAYER: u8 = 11;
const SESSION: u8 = 12;

fn nonce() -> Nonce {
    Nonce {
        slot_hash: [7; 32],
        signer: address(PAYER),
    }
}

fn first_session() -> SessionKey {
    SessionKey {
        key: address(SESSION),
        expires_at_s: 1_800_000_900,
    }
}

fn session() -> SessionLifetime {
    SessionLifetime {
        key: address(SESSION),
        lifetime_s: 900,
    }
}

fn key(passkey: &Passkey) -> CompressedKey {
    let cose = passkey.public_key();
    let spki = "3059301306072a8648ce3d020106082a8648ce3d03010703420004";
    let point = [&cose[10..42], &cose[45..77]].concat();
    key_from_spki(&[hex::decode(spki).unwrap(), point].concat()).unwrap()
}

fn passkey(seed: u64) -> Passkey {
    Passkey::es256(seed, RP_ID, ORIGIN)
}

/// What a passkey answers, judged by what another is known for.
fn believed(
    signer: &Passkey,
    signed: [u8; 32],
    owner: &Passkey,
    challenge: [u8; 32],
) -> Result<ForChain, ForChainRejection> {
    let made = signer.assertion(&signed);
    let assertion = Assertion {
        authenticator_data: &made.authenticator_data,
        client_data_json: &made.client_data_json,
        signature: &made.signature,
    };
    let expect = Expect {
        rp_id: RP_ID,
        challenge: &challenge,
        counter: 0,
    };
    assertion.for_chain(&key(owner), &expect)
}

fn proof(challenge: [u8; 32]) -> ForChain {
    believed(&passkey(1), challenge, &passkey(1), challenge).unwrap()
}

#[test]
fn an_assertion_is_believed_with_its_signature_and_its_client_data() {
    let challenge = nonce().find(b"salt");
    let proof = proof(challenge);
    assert_eq!(proof.challenge(), &challenge);
    assert_eq!(proof.key(), &key(&passkey(1)));
    assert_eq!(proof.signed().public_key, *proof.key());
    assert_eq!(proof.rebuilt().rp_id.as_str(), RP_ID);

    let another = believed(&passkey(2), challenge, &passkey(1), challenge).unwrap_err();
    let expected = ForChainRejection::Signature(SignatureRejection::Mismatch);
    assert_eq!((another, another.code()), (expected, "signature_invalid"));
    let other = believed(&passkey(1), challenge, &passkey(1), [8; 32]).unwrap_err();
    let expected = ForChainRejection::Template(TemplateRejection::Challenge);
    assert_eq!((other, other.code()), (expected, "challenge"));
}

#[test]
fn what_is_believed_fits_into_a_packet_and_what_does_not_fit_is_not_believed() {
    let rp_id = "a".repeat(32);
    let passkey = Passkey::es256(1, &rp_id, &format!("https://{rp_id}:65535"));
    let session = Some(first_session());
    let challenge = nonce().initialise(session);
    let believed = |length: usize| {
        // The client data is signed by its hash.
        let made = passkey.assertion_with(&challenge, |_, data| {
            data.trailing = vec![0; length - 37 - 32];
        });
        let assertion = Assertion {
            authenticator_data: &made.authenticator_data,
            client_data_json: &made.client_data_json,
            signature: &made.signature,
        };
        let expect = Expect {
            rp_id: &rp_id,
            challenge: &challenge,
            counter: 0,
        };
        assertion.for_chain(&key(&passkey), &expect)
    };
    let longest = believed(600).unwrap();
    let payable = Payable::initialise(&longest, NUMBER, &nonce(), session, [9; 32]);
    assert_eq!(payable.err(), None);
    let expected = ForChainRejection::Signature(SignatureRejection::TooLong);
    assert_eq!(believed(601).err(), Some(expected));
}

#[test]
fn an_account_is_paid_for_behind_the_assertion_that_asks_for_it() {
    for session in [None, Some(first_session())] {
        let proof = proof(nonce().initialise(session));
        let payable = Payable::initialise(&proof, NUMBER, &nonce(), session, [9; 32]).unwrap();
        assert_eq!(*payable.payer(), address(PAYER));
        let message = Message::parse(payable.message()).unwrap();
        assert_eq!(message.signers(), [address(PAYER)]);
        let [first, second] = message.instructions() else {
            panic!("two instructions");
        };
        assert_eq!(message.program(first), Some(&program::SECP256R1));
        assert_eq!(&SignedMessage::parse(&first.data).unwrap(), proof.signed());
        assert_eq!(message.program(second), Some(&program::EXTERNAL_SIGNATURE));
        assert_eq!(second.data[..3], [0, 0xd5, 0x01]);
        let account = passkey_account(proof.key()).address;
        let named = message.account_keys()[usize::from(second.accounts[0])];
        assert_eq!(named, account);
    }
}

#[test]
fn a_session_is_paid_for_behind_the_assertion_that_asks_for_it() {
    let proof = proof(nonce().refresh(session()));
    let payable = Payable::refresh(&proof, NUMBER, &nonce(), session(), [9; 32]).unwrap();
    let message = Message::parse(payable.message()).unwrap();
    assert_eq!(message.signers(), [address(PAYER)]);
    assert_eq!(message.recent_blockhash(), &[9; 32]);
    let [first, second] = message.instructions() else {
        panic!("two instructions");
    };
    assert_eq!(message.program(first), Some(&program::SECP256R1));
    assert_eq!(second.data[..3], [2, 0xd5, 0x01]);
}

#[test]
fn t49_nothing_is_paid_for_that_the_passkey_did_not_sign_for() {
    let initialise = |proof: &ForChain, nonce: &Nonce, session| {
        Payable::initialise(proof, NUMBER, nonce, session, [9; 32]).err()
    };
    let refresh = |proof: &ForChain, nonce: &Nonce, session| {
        Payable::refresh(proof, NUMBER, nonce, session, [9; 32]).err()
    };
    let (first, later) = (
        proof(nonce().initialise(Some(first_session()))),
        proof(nonce().refresh(session())),
    );
    assert_eq!(initialise(&first, &nonce(), Some(first_session())), None);
    assert_eq!(refresh(&later, &nonce(), session()), None);

    let refused = Some(R::Challenge);
    assert_eq!(initialise(&first, &nonce(), None), refused);
    let longer = SessionKey {
        expires_at_s: u64::MAX,
        ..first_session()
    };
    assert_eq!(initialise(&first, &nonce(), Some(longer)), refused);
    let another = SessionLifetime {
        key: OTHER,
        ..session()
    };
    assert_eq!(refresh(&later, &nonce(), another), refused);
    // One purpose for the other, and what was only asked who it is.
    assert_eq!(refresh(&first, &nonce(), session()), refused);
    assert_eq!(initialise(&later, &nonce(), None), refused);
    assert_eq!(
        refresh(&proof(nonce().find(b"salt")), &nonce(), session()),
        refused
    );
    // Another payer, another minute.
    let others = Nonce {
        signer: OTHER,
        ..nonce()
    };
    assert_eq!(refresh(&later, &others, session()), refused);
    let earlier = Nonce {
        slot_hash: [6; 32],
        ..nonce()
    };
    assert_eq!(refresh(&later, &earlier, session()), refused);
}

/// A call with a session key, which makes a remark on these accounts.
fn call(accounts: &[AccountMeta], session_key: Address) -> Instruction {
    let remark = Instruction {
        program: program::MEMO,
        accounts: accounts.to_vec(),
        data: b"rent".to_vec(),
    };
    ExecuteWithSession {
        account: ACCOUNT,
        session_key,
        signer: SignerScheme::ExecutionAccount,
        inner: Inner::new(&[remark], &EXECUTION).unwrap(),
    }
    .instruction()
}

fn honest() -> Instruction {
    call(
        &[AccountMeta::readonly(EXECUTION).signed()],
        address(SESSION),
    )
}

fn compiled(payer: u8, instructions: &[Instruction]) -> Message {
    Message::compile(Version::V0, address(payer), instructions, [9; 32]).unwrap()
}

/// The transaction with the signatures of these.
fn signed(message: Message, by: &[u8]) -> Transaction {
    let transaction = Transaction::unsigned(message);
    by.iter().fold(transaction, |transaction, seed| {
        let signature = wallet(*seed).sign(transaction.message_bytes());
        let signature = signature.try_into().unwrap();
        transaction
            .with_signature(&address(*seed), &signature)
            .unwrap()
    })
}

/// What comes of a message that was prepared and came back as it was, signed by the session key.
fn submitted(message: Message) -> Option<R> {
    let prepared = message.to_bytes();
    let by: &[u8] = match message.signers().contains(&address(SESSION)) {
        true => &[SESSION],
        false => &[],
    };
    Payable::session(&prepared, signed(message, by), address(PAYER)).err()
}

#[test]
fn a_session_s_transaction_is_paid_for_as_it_was_prepared() {
    let message = compiled(PAYER, &[honest()]);
    let prepared = message.to_bytes();
    let transaction = signed(message, &[SESSION]);
    let payable = Payable::session(&prepared, transaction.clone(), address(PAYER)).unwrap();
    assert_eq!(payable.message(), prepared);
    let signature: [u8; 64] = wallet(PAYER).sign(&prepared).try_into().unwrap();
    let complete = payable.into_transaction(&signature);
    assert!(complete.is_complete());
    assert_eq!(complete.signatures()[0], signature);
    assert_eq!(complete.signatures()[1], transaction.signatures()[1]);
    assert_eq!(complete.message_bytes(), prepared);

    let other = compiled(
        PAYER,
        &[honest(), ComputeBudget::UnitLimit(7).instruction()],
    );
    let refused = Payable::session(&prepared, signed(other, &[SESSION]), address(PAYER));
    assert_eq!(refused.err(), Some(R::Changed));
}

#[test]
fn the_session_key_must_have_signed_this_message() {
    let message = compiled(PAYER, &[honest()]);
    let prepared = message.to_bytes();
    let refused = R::Signature(address(SESSION));
    let judged = |transaction| Payable::session(&prepared, transaction, address(PAYER)).err();
    assert_eq!(judged(signed(message.clone(), &[])), Some(refused));
    let other = signed(compiled(PAYER, &[honest(), honest()]), &[SESSION]);
    for signature in [other.signatures()[1], [1; 64], [0xff; 64]] {
        let transaction = signed(message.clone(), &[])
            .with_signature(&address(SESSION), &signature)
            .unwrap();
        assert_eq!(judged(transaction), Some(refused));
    }
    // A key of small order, under which a signature of zeros is anybody's.
    let small = Address::from_bytes(std::array::from_fn(|at| u8::from(at == 0)));
    let acting = [AccountMeta::readonly(EXECUTION).signed()];
    let message = compiled(PAYER, &[call(&acting, small)]);
    let mut forged = [0; 64];
    forged[0] = 1;
    let transaction = signed(message.clone(), &[])
        .with_signature(&small, &forged)
        .unwrap();
    let refused = Payable::session(&message.to_bytes(), transaction, address(PAYER));
    assert_eq!(refused.err(), Some(R::Signature(small)));
}

#[test]
fn t48_the_payer_is_given_to_nobody() {
    assert_eq!(submitted(compiled(PAYER, &[honest()])), None);
    let payer = address(PAYER);
    for account in [
        AccountMeta::writable(payer).signed(),
        AccountMeta::writable(payer),
        AccountMeta::readonly(payer),
    ] {
        let message = compiled(PAYER, &[call(&[account], address(SESSION))]);
        assert_eq!(submitted(message), Some(R::PayerNamed));
    }
    // As the session key it would sign alone.
    let acting = [AccountMeta::readonly(EXECUTION).signed()];
    let message = compiled(PAYER, &[call(&acting, payer)]);
    assert_eq!(submitted(message), Some(R::PayerNamed));
    // A table may hold it.
    let mut bytes = compiled(PAYER, &[honest()]).to_bytes();
    assert_eq!(bytes.pop(), Some(0), "no tables");
    bytes.extend([&[1][..], &[7; 32], &[1, 0], &[0]].concat());
    let message = Message::parse(&bytes).unwrap();
    assert_eq!(submitted(message), Some(R::PayerNamed));
    // It may stand in the list twice.
    let mut bytes = compiled(
        PAYER,
        &[call(&[AccountMeta::writable(OTHER)], address(SESSION))],
    )
    .to_bytes();
    let at = bytes.windows(32).position(|it| it == OTHER.as_bytes());
    bytes[at.unwrap()..][..32].copy_from_slice(payer.as_bytes());
    let message = Message::parse(&bytes).unwrap();
    assert_eq!(submitted(message), Some(R::PayerNamed));
}

#[test]
fn t48_the_payer_pays_for_calls_with_a_session_key_alone() {
    let limit = ComputeBudget::UnitLimit(1_400_000).instruction();
    let free = ComputeBudget::UnitPrice(0).instruction();
    assert_eq!(submitted(compiled(PAYER, &[limit, free, honest()])), None);

    let price = ComputeBudget::UnitPrice(1).instruction();
    let heap = Instruction {
        data: vec![1, 0, 0, 4, 0],
        ..price.clone()
    };
    let mut refresh = honest();
    refresh.data[0] = 2;
    let mut unsigned = honest();
    unsigned.accounts[1].is_signer = false;
    let elsewhere = Instruction {
        program: OTHER,
        ..honest()
    };
    for instructions in [
        vec![price, honest()],
        vec![heap, honest()],
        vec![refresh],
        vec![unsigned],
        vec![elsewhere],
        vec![honest(), honest()],
        vec![],
    ] {
        let message = compiled(PAYER, &instructions);
        assert_eq!(submitted(message), Some(R::Call), "{instructions:?}");
    }
}

#[test]
fn who_pays_is_who_was_to_pay() {
    let message = compiled(13, &[honest()]);
    assert_eq!(submitted(message), Some(R::FeePayer));
}

#[test]
fn what_fits_no_packet_is_not_paid_for() {
    let mut long = honest();
    long.data.extend([0; 1000]);
    let refused = submitted(compiled(PAYER, &[long]));
    assert!(matches!(refused, Some(R::TooLarge(_))), "{refused:?}");
}

#[test]
fn who_pays_for_itself_signs_like_everybody_else() {
    let price = ComputeBudget::UnitPrice(1_000_000).instruction();
    for (payer, by) in [(SESSION, &[SESSION][..]), (13, &[13, SESSION])] {
        let message = compiled(payer, &[price.clone(), honest()]);
        let prepared = message.to_bytes();
        let transaction = signed(message.clone(), by);
        let read = SelfPaid::read(&prepared, transaction.clone()).unwrap();
        assert_eq!(read.into_transaction(), transaction);
        let unsigned = SelfPaid::read(&prepared, signed(message.clone(), &by[1..]));
        assert_eq!(unsigned, Err(R::Signature(address(payer))));
        let changed = SelfPaid::read(&prepared[1..], transaction);
        assert_eq!(changed, Err(R::Changed));
    }
}

proptest! {
    /// No bit of what comes back may differ, but in the place of the payer's own signature.
    #[test]
    fn no_bit_of_what_was_prepared_may_change(bit in 0..8_u8, at in any::<prop::sample::Index>()) {
        let message = compiled(PAYER, &[honest()]);
        let prepared = message.to_bytes();
        let mut packet = signed(message, &[SESSION]).to_bytes();
        let at = at.index(packet.len());
        packet[at] ^= 1 << bit;
        let paid = Transaction::parse(&packet)
            .is_ok_and(|it| Payable::session(&prepared, it, address(PAYER)).is_ok());
        prop_assert_eq!(paid, (1..65).contains(&at));
    }
}

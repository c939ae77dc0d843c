use proptest::prelude::*;
use testkit::keys::SigningKey;
use verify::solana::{Payable, PayableRejection};

use super::*;

const ACCOUNT: Address = Address::from_bytes([1; 32]);
const EXECUTION: Address = Address::from_bytes([2; 32]);
const SPONSOR: Address = Address::from_bytes([3; 32]);
const OTHER: Address = Address::from_bytes([5; 32]);
const SWAP: Address = Address::from_bytes([6; 32]);

fn key() -> SigningKey {
    SigningKey::ed25519([4; 32])
}

fn session_key() -> Address {
    let bytes: [u8; 32] = key().public_key_compressed().try_into().unwrap();
    bytes.into()
}

fn call(program: Address, accounts: &[AccountMeta], data: &[u8]) -> Instruction {
    Instruction {
        program,
        accounts: accounts.to_vec(),
        data: data.to_vec(),
    }
}

fn transfer(from: Address, to: Address, lamports: u64) -> Instruction {
    let data = [&[2, 0, 0, 0][..], &lamports.to_le_bytes()].concat();
    let accounts = [
        AccountMeta::writable(from).signed(),
        AccountMeta::writable(to),
    ];
    call(program::SYSTEM, &accounts, &data)
}

fn memo(accounts: &[AccountMeta], length: usize) -> Instruction {
    call(program::MEMO, accounts, &vec![b'x'; length])
}

fn draft(payer: Address, instructions: &[Instruction]) -> Message {
    Message::compile(Version::V0, payer, instructions, [9; 32]).unwrap()
}

fn wrapped_for(
    payer: FeePayer,
    scope: &SessionScope,
    asked: &Message,
) -> Result<Wrapped, PrepareRefusal> {
    let terms = Wrapping {
        account: ACCOUNT,
        execution_account: EXECUTION,
        session_key: session_key(),
        payer,
        scope,
        used: &Used::default(),
    };
    wrap(asked, &terms)
}

/// Paid by the server, without bounds.
fn wrapped(asked: &Message) -> Result<Wrapped, PrepareRefusal> {
    wrapped_for(FeePayer::Sponsor(SPONSOR), &SessionScope::default(), asked)
}

/// Paid by a wallet of the client's, or by its session key.
fn self_paid(payer: Address, asked: &Message) -> Result<Wrapped, PrepareRefusal> {
    wrapped_for(FeePayer::Client(payer), &SessionScope::default(), asked)
}

fn refused(instructions: &[Instruction]) -> PrepareRefusal {
    wrapped(&draft(EXECUTION, instructions)).unwrap_err()
}

#[test]
fn the_execution_account_sends_what_it_holds() {
    let asked = draft(EXECUTION, &[transfer(EXECUTION, OTHER, 7)]);
    let wrapped = wrapped(&asked).unwrap();
    assert_eq!(wrapped.call().signer, SignerScheme::ExecutionAccount);
    assert_eq!(wrapped.wanted().lamports, 7);
    let used = Used {
        lamports: 7,
        transactions: 1,
    };
    assert_eq!(wrapped.used(), used);
    let message = wrapped.compile([8; 32]).unwrap();
    assert_eq!(message.signers(), [SPONSOR, session_key()]);
    assert_eq!(message.recent_blockhash(), &[8; 32]);
    let meta = |address| message.meta(&address).unwrap();
    assert_eq!(meta(EXECUTION), AccountMeta::writable(EXECUTION));
    assert_eq!(
        meta(session_key()),
        AccountMeta::readonly(session_key()).signed()
    );
}

#[test]
fn the_passkey_account_acts_where_it_is_the_one_that_signs() {
    let asked = [memo(&[AccountMeta::readonly(ACCOUNT).signed()], 5)];
    let wrapped = wrapped(&draft(OTHER, &asked)).unwrap();
    assert_eq!(wrapped.call().signer, SignerScheme::PasskeyAccount);
    let both = [asked[0].clone(), transfer(EXECUTION, OTHER, 7)];
    assert_eq!(refused(&both), PrepareRefusal::TwoSigners);
}

#[test]
fn whom_a_draft_names_as_its_payer_makes_no_difference() {
    let asked = [transfer(EXECUTION, OTHER, 7)];
    let expected = wrapped(&draft(EXECUTION, &asked)).unwrap();
    for placeholder in [ACCOUNT, SPONSOR, SWAP, session_key()] {
        assert_eq!(wrapped(&draft(placeholder, &asked)).unwrap(), expected);
    }
    // Unless an instruction has it too, which may want its signature: nobody could tell.
    let refused = wrapped(&draft(OTHER, &asked)).unwrap_err();
    assert_eq!(refused, PrepareRefusal::OtherSigner(OTHER));
}

#[test]
fn nobody_but_the_account_signs_inside() {
    assert_eq!(
        refused(&[transfer(OTHER, EXECUTION, 7)]),
        PrepareRefusal::OtherSigner(OTHER)
    );
    let asked = [memo(&[AccountMeta::readonly(OTHER)], 5)];
    assert!(wrapped(&draft(EXECUTION, &asked)).is_ok());
}

#[test]
fn t48_the_server_s_payer_is_named_nowhere() {
    let named = [
        transfer(SPONSOR, OTHER, 7),
        transfer(EXECUTION, SPONSOR, 7),
        memo(&[AccountMeta::readonly(SPONSOR)], 5),
        call(SWAP, &[AccountMeta::writable(SPONSOR)], &[]),
        call(SPONSOR, &[], &[]),
    ];
    for instruction in named {
        let asked = [transfer(EXECUTION, OTHER, 7), instruction];
        assert_eq!(refused(&asked), PrepareRefusal::SponsorNamed, "{asked:?}");
        // Where it does not pay it does not sign.
        let asked = [transfer(EXECUTION, SPONSOR, 7)];
        assert!(self_paid(session_key(), &draft(EXECUTION, &asked)).is_ok());
    }
}

#[test]
fn t48_the_server_s_payer_is_no_session_key() {
    let (scope, used) = (SessionScope::default(), Used::default());
    let terms = Wrapping {
        account: ACCOUNT,
        execution_account: EXECUTION,
        session_key: SPONSOR,
        payer: FeePayer::Sponsor(SPONSOR),
        scope: &scope,
        used: &used,
    };
    let asked = draft(EXECUTION, &[transfer(EXECUTION, OTHER, 7)]);
    let refused = wrap(&asked, &terms).unwrap_err();
    assert_eq!(refused, PrepareRefusal::SponsorIsSessionKey);
}

#[test]
fn who_signs_outside_receives_and_does_nothing_else() {
    let wallet = Address::from_bytes([7; 32]);
    for outer in [session_key(), wallet] {
        for placeholder in [EXECUTION, outer] {
            let wrapped = |asked: Instruction| self_paid(wallet, &draft(placeholder, &[asked]));
            assert!(wrapped(transfer(EXECUTION, outer, 7)).is_ok());
            // Not even where the draft says that it need not sign: outside it does.
            let mut unsigned = transfer(outer, OTHER, 7);
            unsigned.accounts[0].is_signer = false;
            for asked in [
                unsigned,
                transfer(outer, OTHER, 7),
                memo(&[AccountMeta::readonly(outer)], 5),
                call(SWAP, &[AccountMeta::readonly(outer)], &[]),
            ] {
                let refused = wrapped(asked).unwrap_err();
                assert_eq!(refused, PrepareRefusal::SignerNamed(outer));
            }
        }
    }
}

#[test]
fn an_account_made_of_a_signer_is_refused() {
    let data = [&[0; 4][..], &[0; 8], &[0; 8], SWAP.as_bytes()].concat();
    let accounts = [
        AccountMeta::writable(EXECUTION).signed(),
        AccountMeta::writable(session_key()).signed(),
    ];
    let refused = refused(&[call(program::SYSTEM, &accounts, &data)]);
    assert_eq!(refused, PrepareRefusal::SignerNamed(session_key()));
}

#[test]
fn limit_and_price_stay_outside_and_only_the_client_pays_a_price() {
    let (limit, price) = (
        ComputeBudget::UnitLimit(900_000),
        ComputeBudget::UnitPrice(1),
    );
    let asked = [
        limit.instruction(),
        price.instruction(),
        transfer(EXECUTION, OTHER, 7),
    ];
    let paid = self_paid(session_key(), &draft(EXECUTION, &asked)).unwrap();
    let message = paid.compile([8; 32]).unwrap();
    let outside: Vec<_> = message.instructions().iter().map(|it| &it.data).collect();
    assert_eq!(outside[0], &limit.instruction().data);
    assert_eq!(outside[1], &price.instruction().data);
    assert_eq!(paid.call().inner.instructions().len(), 1);
    assert_eq!(refused(&asked), PrepareRefusal::Price);

    let free = ComputeBudget::UnitPrice(0);
    let asked = [limit.instruction(), free.instruction(), asked[2].clone()];
    assert!(wrapped(&draft(EXECUTION, &asked)).is_ok());
}

#[test]
fn other_budgets_and_repeated_ones_are_refused() {
    let limit = ComputeBudget::UnitLimit(900_000).instruction();
    let price = ComputeBudget::UnitPrice(0).instruction();
    let heap = call(program::COMPUTE_BUDGET, &[], &[1, 0, 0, 4, 0]);
    for budget in [
        vec![heap],
        vec![limit.clone(), limit.clone()],
        vec![price.clone(), price],
    ] {
        let asked = [&budget[..], &[transfer(EXECUTION, OTHER, 7)]].concat();
        assert_eq!(refused(&asked), PrepareRefusal::Budget);
    }
    assert_eq!(refused(&[limit]), PrepareRefusal::Empty);
}

#[test]
fn lookup_tables_are_refused() {
    let message = draft(EXECUTION, &[transfer(EXECUTION, OTHER, 7)]);
    let mut bytes = message.to_bytes();
    assert_eq!(bytes.pop(), Some(0), "no tables");
    bytes.push(1);
    bytes.extend([&[7; 32][..], &[1, 0], &[0]].concat());
    let asked = Message::parse(&bytes).unwrap();
    assert_eq!(wrapped(&asked).unwrap_err(), PrepareRefusal::LookupTables);
}

#[test]
fn the_program_is_not_called_by_itself() {
    let itself = call(program::EXTERNAL_SIGNATURE, &[], &[3]);
    let expected = PrepareRefusal::Inner(InnerError::CallsItself);
    assert_eq!(refused(&[itself]), expected);
}

#[test]
fn the_scope_is_asked() {
    let scope = SessionScope {
        max_lamports: Some(6),
        ..SessionScope::default()
    };
    let sponsor = FeePayer::Sponsor(SPONSOR);
    let asked = |lamports| draft(EXECUTION, &[transfer(EXECUTION, OTHER, lamports)]);
    assert!(wrapped_for(sponsor, &scope, &asked(6)).is_ok());
    let refused = wrapped_for(sponsor, &scope, &asked(7)).unwrap_err();
    let expected = ScopeRefusal::Lamports { left: 6, wanted: 7 };
    assert_eq!(refused, PrepareRefusal::Scope(expected));
    assert_eq!(refused.code(), "scope_lamports");
}

#[test]
fn what_fits_no_packet_is_refused_with_its_size() {
    let acting = [AccountMeta::readonly(EXECUTION).signed()];
    let size = |length| {
        let asked = draft(EXECUTION, &[memo(&acting, length)]);
        wrapped(&asked).map(|wrapped| {
            let message = wrapped.compile([8; 32]).unwrap();
            Transaction::unsigned(message).to_bytes().len()
        })
    };
    let empty = size(200).unwrap() - 200;
    let most = MAX_PACKET - empty;
    assert_eq!(size(most), Ok(MAX_PACKET));
    assert_eq!(size(most + 1), Err(PrepareRefusal::TooLarge(1233)));
}

/// The instructions inside, by the addresses they name.
fn inside(wrapped: &Wrapped) -> Vec<(Address, Vec<Address>, Vec<u8>)> {
    let inner = &wrapped.call().inner;
    let address = |index: &u8| inner.accounts()[usize::from(*index)].address;
    let instructions = inner.instructions().iter();
    instructions
        .map(|it| {
            let accounts = it.accounts.iter().map(address).collect();
            (address(&it.program_index), accounts, it.data.clone())
        })
        .collect()
}

fn instruction() -> impl Strategy<Value = Instruction> {
    let who = prop::sample::select(vec![
        ACCOUNT,
        EXECUTION,
        SPONSOR,
        OTHER,
        session_key(),
        program::EXTERNAL_SIGNATURE,
    ]);
    let account = (who.clone(), any::<bool>(), any::<bool>()).prop_map(
        |(address, is_signer, is_writable)| AccountMeta {
            address,
            is_signer,
            is_writable,
        },
    );
    let accounts = prop::collection::vec(account, 0..4);
    let programs = [
        program::SYSTEM,
        program::MEMO,
        program::COMPUTE_BUDGET,
        program::EXTERNAL_SIGNATURE,
        SWAP,
    ];
    let called = prop_oneof![4 => prop::sample::select(programs.to_vec()), 1 => who.clone()];
    let anything = (called, accounts, prop::collection::vec(0..13_u8, 0..14))
        .prop_map(|(program, accounts, data)| call(program, &accounts, &data));
    let sent = (who.clone(), who, any::<u64>(), any::<bool>()).prop_map(|(from, to, it, signs)| {
        let mut sent = transfer(from, to, it);
        sent.accounts[0].is_signer = signs;
        sent
    });
    let budget = (0..2_u64).prop_map(|price| ComputeBudget::UnitPrice(price).instruction());
    prop_oneof![3 => sent, 2 => anything, 1 => budget]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// Whatever is wrapped is what was asked for, and its payer may sign it.
    #[test]
    fn t48_whatever_is_wrapped_spends_nothing_of_the_payer_s(
        asked in prop::collection::vec(instruction(), 1..4),
        placeholder in prop::sample::select(vec![ACCOUNT, EXECUTION, OTHER, SPONSOR]),
    ) {
        let Ok(draft) = Message::compile(Version::V0, placeholder, &asked, [9; 32]) else {
            return Ok(());
        };
        let Ok(wrapped) = wrapped(&draft) else {
            return Ok(());
        };
        let expected: Vec<_> = asked
            .iter()
            .filter(|it| it.program != program::COMPUTE_BUDGET)
            .map(|it| {
                let accounts = it.accounts.iter().map(|it| it.address).collect();
                (it.program, accounts, it.data.clone())
            })
            .collect();
        prop_assert_eq!(inside(&wrapped), expected);

        let message = wrapped.compile([8; 32]).unwrap();
        prop_assert_eq!(message.signers(), [SPONSOR, session_key()]);
        let prepared = message.to_bytes();
        let unsigned = Transaction::unsigned(message);
        let refused = Payable::session(&prepared, unsigned.clone(), SPONSOR);
        prop_assert_eq!(refused, Err(PayableRejection::Signature(session_key())));
        let signature = key().sign(&prepared).try_into().unwrap();
        let signed = unsigned.with_signature(&session_key(), &signature).unwrap();
        prop_assert!(Payable::session(&prepared, signed, SPONSOR).is_ok());
    }
}

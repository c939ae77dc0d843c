use proptest::prelude::*;
use wire::solana::AccountMeta;

use super::*;

const ACTING: Address = Address::from_bytes([1; 32]);
const OTHER: Address = Address::from_bytes([2; 32]);
const SWAP: Address = Address::from_bytes([3; 32]);

fn call(program: Address, accounts: &[Address], data: Vec<u8>) -> Instruction {
    Instruction {
        program,
        accounts: accounts
            .iter()
            .copied()
            .map(AccountMeta::writable)
            .collect(),
        data,
    }
}

fn transfer(from: Address, lamports: u64) -> Instruction {
    let data = [&[2, 0, 0, 0][..], &lamports.to_le_bytes()].concat();
    call(program::SYSTEM, &[from, OTHER], data)
}

fn memo() -> Instruction {
    call(program::MEMO, &[ACTING], b"rent".to_vec())
}

fn wanted(instructions: &[Instruction]) -> Wanted {
    Wanted::of(instructions, &ACTING).unwrap()
}

fn lamports(max: u64) -> SessionScope {
    SessionScope {
        max_lamports: Some(max),
        ..SessionScope::default()
    }
}

#[test]
fn transfers_are_added_up_and_memos_are_free() {
    let sum = wanted(&[transfer(ACTING, 5), memo(), transfer(ACTING, 7)]);
    let expected = Wanted {
        programs: vec![program::SYSTEM, program::MEMO],
        lamports: 12,
        unread: None,
    };
    assert_eq!(sum, expected);
}

#[test]
fn what_cannot_be_read_is_named() {
    // Assign: the account and all it holds become another program's.
    let assign = call(
        program::SYSTEM,
        &[ACTING],
        [&[1, 0, 0, 0][..], &[3; 32]].concat(),
    );
    let swap = call(SWAP, &[ACTING], vec![]);
    let others = transfer(OTHER, 5);
    for (instruction, named) in [
        (assign, program::SYSTEM),
        (swap, SWAP),
        (others, program::SYSTEM),
    ] {
        let wanted = wanted(&[transfer(ACTING, 5), instruction]);
        assert_eq!((wanted.lamports, wanted.unread), (5, Some(named)));
        let used = Used::default();
        let refused = lamports(100).allows(&used, &wanted);
        assert_eq!(refused, Err(ScopeRefusal::Unread(named)));
        assert!(SessionScope::default().allows(&used, &wanted).is_ok());
    }
}

#[test]
fn an_amount_is_good_to_its_last_lamport() {
    let five = wanted(&[transfer(ACTING, 5)]);
    let used = |lamports| Used {
        lamports,
        transactions: 3,
    };
    let after = Used {
        lamports: 10,
        transactions: 4,
    };
    assert_eq!(lamports(10).allows(&used(5), &five), Ok(after));
    let refused = |left| Err(ScopeRefusal::Lamports { left, wanted: 5 });
    assert_eq!(lamports(10).allows(&used(6), &five), refused(4));
    assert_eq!(lamports(10).allows(&used(11), &five), refused(0));
}

#[test]
fn a_program_is_on_the_list_or_refused() {
    let scope = SessionScope {
        programs: Some(vec![program::SYSTEM]),
        ..SessionScope::default()
    };
    let used = Used::default();
    assert!(scope.allows(&used, &wanted(&[transfer(ACTING, 5)])).is_ok());
    let refused = scope.allows(&used, &wanted(&[transfer(ACTING, 5), memo()]));
    assert_eq!(refused, Err(ScopeRefusal::Program(program::MEMO)));
    let nothing = SessionScope {
        programs: Some(vec![]),
        ..scope
    };
    let refused = nothing.allows(&used, &wanted(&[transfer(ACTING, 5)]));
    assert_eq!(refused, Err(ScopeRefusal::Program(program::SYSTEM)));
}

#[test]
fn transactions_are_counted() {
    let scope = SessionScope {
        max_transactions: Some(2),
        ..SessionScope::default()
    };
    let mut used = Used::default();
    for _ in 0..2 {
        used = scope.allows(&used, &wanted(&[memo()])).unwrap();
    }
    let refused = scope.allows(&used, &wanted(&[memo()]));
    assert_eq!(refused, Err(ScopeRefusal::Transactions(2)));
}

#[test]
fn sums_that_overflow_are_refused_wherever_they_do() {
    let instructions = [transfer(ACTING, u64::MAX), transfer(ACTING, 1)];
    let within = Wanted::of(&instructions, &ACTING);
    assert_eq!(within, Err(ScopeRefusal::Overflow));
    let used = Used {
        lamports: u64::MAX,
        transactions: u32::MAX,
    };
    let one = wanted(&[transfer(ACTING, 1)]);
    let over_time = SessionScope::default().allows(&used, &one);
    assert_eq!(over_time, Err(ScopeRefusal::Overflow));
    assert_eq!(
        SessionScope::default().allows(&used, &wanted(&[memo()])),
        Ok(used)
    );
}

proptest! {
    /// However it is cut into transactions, no more is spent than was set.
    #[test]
    fn no_more_is_spent_than_was_set(
        max in any::<u64>(),
        most in any::<u8>(),
        asked in prop::collection::vec(prop::collection::vec(any::<u64>(), 0..4), 0..20),
    ) {
        let scope = SessionScope {
            max_transactions: Some(most.into()),
            ..lamports(max)
        };
        let mut used = Used::default();
        let mut spent = 0_u128;
        let mut made = 0_u32;
        for amounts in asked {
            let instructions: Vec<_> = amounts.iter().map(|it| transfer(ACTING, *it)).collect();
            let after = Wanted::of(&instructions, &ACTING)
                .and_then(|wanted| scope.allows(&used, &wanted));
            if let Ok(after) = after {
                used = after;
                spent += amounts.iter().copied().map(u128::from).sum::<u128>();
                made += 1;
            }
            prop_assert!(spent <= u128::from(max) && made <= u32::from(most));
            prop_assert_eq!((u128::from(used.lamports), used.transactions), (spent, made));
        }
    }
}

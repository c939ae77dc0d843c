//! Instructions of the system program that move lamports, read back.

use super::{Address, Instruction, program};

/// An instruction whose cost can be told by looking at it. What else the system program does may
/// cost as much: an account that is assigned to another program is lost with all it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Movement {
    /// Instruction 0: a new account is endowed; it signs as well.
    CreateAccount {
        /// Who pays, and signs.
        funder: Address,
        /// The new account.
        account: Address,
        /// How much it begins with.
        lamports: u64,
    },
    /// Instruction 2.
    Transfer {
        /// Who pays, and signs.
        from: Address,
        /// Who receives.
        to: Address,
        /// How much.
        lamports: u64,
    },
    /// Instruction 11: out of an address that is derived from another and some text.
    TransferWithSeed {
        /// The derived address.
        from: Address,
        /// Who signs for it.
        base: Address,
        /// Who receives.
        to: Address,
        /// How much.
        lamports: u64,
    },
}

impl Movement {
    /// Reads an instruction with exactly the accounts and the data that it takes. The program puts
    /// up with more of both; `None` for these, and for every other instruction.
    pub fn read(instruction: &Instruction) -> Option<Self> {
        if instruction.program != program::SYSTEM {
            return None;
        }
        let (tag, rest) = instruction.data.split_first_chunk()?;
        let (lamports, rest) = rest.split_first_chunk()?;
        let lamports = u64::from_le_bytes(*lamports);
        let accounts: Vec<Address> = instruction.accounts.iter().map(|it| it.address).collect();
        match (u32::from_le_bytes(*tag), &accounts[..]) {
            // Space and owner follow.
            (0, &[funder, account]) if rest.len() == 8 + 32 => Some(Self::CreateAccount {
                funder,
                account,
                lamports,
            }),
            (2, &[from, to]) if rest.is_empty() => Some(Self::Transfer { from, to, lamports }),
            (11, &[from, base, to]) if is_seed_and_owner(rest) => Some(Self::TransferWithSeed {
                from,
                base,
                to,
                lamports,
            }),
            _ => None,
        }
    }

    /// Who signs for the lamports that go.
    pub const fn spender(&self) -> Address {
        match self {
            Self::CreateAccount { funder, .. } => *funder,
            Self::Transfer { from, .. } => *from,
            Self::TransferWithSeed { base, .. } => *base,
        }
    }

    /// How many go.
    pub const fn lamports(&self) -> u64 {
        match self {
            Self::CreateAccount { lamports, .. }
            | Self::Transfer { lamports, .. }
            | Self::TransferWithSeed { lamports, .. } => *lamports,
        }
    }
}

/// Text behind its length in eight bytes, then an address.
fn is_seed_and_owner(bytes: &[u8]) -> bool {
    let Some((length, rest)) = bytes.split_first_chunk() else {
        return false;
    };
    let seed = rest.len().checked_sub(32).map(|length| &rest[..length]);
    seed.is_some_and(|seed| {
        u64::try_from(seed.len()) == Ok(u64::from_le_bytes(*length))
            && std::str::from_utf8(seed).is_ok()
    })
}

#[cfg(test)]
mod tests {
    use super::super::AccountMeta;
    use super::*;

    const A: Address = Address::from_bytes([1; 32]);
    const B: Address = Address::from_bytes([2; 32]);
    const C: Address = Address::from_bytes([3; 32]);

    fn system(accounts: &[Address], data: &[&[u8]]) -> Instruction {
        Instruction {
            program: program::SYSTEM,
            accounts: accounts
                .iter()
                .copied()
                .map(AccountMeta::writable)
                .collect(),
            data: data.concat(),
        }
    }

    fn good() -> [(Instruction, Movement); 3] {
        let lamports = 0x0102;
        let number: [u8; 8] = [2, 1, 0, 0, 0, 0, 0, 0];
        [
            (
                system(&[A, B], &[&[0; 4], &number, &[9; 8], &[9; 32]]),
                Movement::CreateAccount {
                    funder: A,
                    account: B,
                    lamports,
                },
            ),
            (
                system(&[A, B], &[&[2, 0, 0, 0], &number]),
                Movement::Transfer {
                    from: A,
                    to: B,
                    lamports,
                },
            ),
            (
                system(
                    &[A, B, C],
                    &[
                        &[11, 0, 0, 0],
                        &number,
                        &[2, 0, 0, 0, 0, 0, 0, 0],
                        b"xy",
                        &[9; 32],
                    ],
                ),
                Movement::TransferWithSeed {
                    from: A,
                    base: B,
                    to: C,
                    lamports,
                },
            ),
        ]
    }

    #[test]
    fn reads_who_pays_whom_and_how_much() {
        let spenders = [A, A, B];
        for ((instruction, movement), spender) in good().into_iter().zip(spenders) {
            assert_eq!(Movement::read(&instruction), Some(movement));
            assert_eq!(movement.spender(), spender);
            assert_eq!(movement.lamports(), 0x0102);
        }
    }

    #[test]
    fn reads_nothing_that_is_longer_shorter_or_another_program_s() {
        for (instruction, movement) in good() {
            let refused = |edit: &dyn Fn(&mut Instruction)| {
                let mut changed = instruction.clone();
                edit(&mut changed);
                assert_eq!(Movement::read(&changed), None, "{movement:?}");
            };
            refused(&|it| it.program = A);
            refused(&|it| it.data.push(0));
            refused(&|it| it.accounts.push(AccountMeta::readonly(C)));
            refused(&|it| it.accounts.truncate(1));
            refused(&|it| it.data[1] = 1);
            for length in 0..instruction.data.len() {
                refused(&|it| it.data.truncate(length));
            }
        }
        // Assign, Allocate, and the others that are not read.
        for tag in (1..=14_u8).filter(|tag| ![2, 11].contains(tag)) {
            for accounts in [&[A, B][..], &[A, B, C]] {
                let other = system(accounts, &[&[tag, 0, 0, 0], &[0; 8]]);
                assert_eq!(Movement::read(&other), None, "{tag}");
            }
        }
    }
}

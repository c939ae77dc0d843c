//! What a transaction wants of a session key's scope, and whether the scope has it.

use serde::{Deserialize, Serialize};
use wire::solana::{Address, Instruction, Movement, program};

use super::scope::{SessionScope, Used};

/// What a transaction wants, as far as its instructions tell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    /// The programs it calls, each once.
    pub programs: Vec<Address>,
    /// The lamports it spends, as far as they can be read.
    pub lamports: u64,
    /// A program that may spend more than can be read.
    pub unread: Option<Address>,
}

/// Why a session key may not do this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScopeRefusal {
    /// A program that is not on the list.
    #[error("the session key's scope does not include the program {0}")]
    Program(Address),
    /// An amount is set, and nobody can tell what this program spends.
    #[error("the session key's scope sets maxLamports, and what {0} spends here cannot be read")]
    Unread(Address),
    /// More than is left.
    #[error("the session key's scope has {left} lamports left, and this spends {wanted}")]
    Lamports {
        /// What is left.
        left: u64,
        /// What is wanted.
        wanted: u64,
    },
    /// All transactions have been made.
    #[error("the session key's scope was good for {0} transactions, and these have been made")]
    Transactions(u32),
    /// More than can be counted.
    #[error("the lamports of this session key are too many to be counted")]
    Overflow,
}

impl Wanted {
    /// What these instructions want, of which `acting` signs each that spends.
    ///
    /// # Errors
    ///
    /// [`ScopeRefusal::Overflow`].
    pub fn of(instructions: &[Instruction], acting: &Address) -> Result<Self, ScopeRefusal> {
        let mut wanted = Self {
            programs: Vec::new(),
            lamports: 0,
            unread: None,
        };
        for instruction in instructions {
            let called = instruction.program;
            if !wanted.programs.contains(&called) {
                wanted.programs.push(called);
            }
            match spent(instruction, acting) {
                Some(lamports) => {
                    let sum = wanted.lamports.checked_add(lamports);
                    wanted.lamports = sum.ok_or(ScopeRefusal::Overflow)?;
                }
                None => wanted.unread = wanted.unread.or(Some(called)),
            }
        }
        Ok(wanted)
    }
}

/// The lamports an instruction takes from `acting`; `None` where one cannot tell.
fn spent(instruction: &Instruction, acting: &Address) -> Option<u64> {
    match instruction.program {
        program::MEMO | program::MEMO_V1 => Some(0),
        _ => Movement::read(instruction)
            .filter(|movement| movement.spender() == *acting)
            .map(|movement| movement.lamports()),
    }
}

impl SessionScope {
    /// Whether so much may be done after what was used, and what will have been used then.
    ///
    /// # Errors
    ///
    /// [`ScopeRefusal`].
    pub fn allows(&self, used: &Used, wanted: &Wanted) -> Result<Used, ScopeRefusal> {
        use ScopeRefusal as R;

        if let Some(programs) = &self.programs {
            let other = wanted.programs.iter().find(|it| !programs.contains(it));
            if let Some(program) = other {
                return Err(R::Program(*program));
            }
        }
        if let Some(most) = self.max_lamports {
            if let Some(program) = wanted.unread {
                return Err(R::Unread(program));
            }
            let left = most.saturating_sub(used.lamports);
            if wanted.lamports > left {
                let wanted = wanted.lamports;
                return Err(R::Lamports { left, wanted });
            }
        }
        if let Some(most) = self.max_transactions
            && used.transactions >= most
        {
            return Err(R::Transactions(most));
        }
        let lamports = used.lamports.checked_add(wanted.lamports);
        Ok(Used {
            lamports: lamports.ok_or(R::Overflow)?,
            // Where nothing counts them, the number may stand still.
            transactions: used.transactions.saturating_add(1),
        })
    }
}

impl ScopeRefusal {
    /// The stable name of this refusal.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Program(_) => "scope_program",
            Self::Unread(_) => "scope_unread",
            Self::Lamports { .. } => "scope_lamports",
            Self::Transactions(_) => "scope_transactions",
            Self::Overflow => "scope_overflow",
        }
    }
}

#[cfg(test)]
mod tests;

//! The native program that bounds what a transaction may compute, and prices it.

use super::{Instruction, program};

/// One of the two instructions that wallets put before their own. The program knows others, which
/// are not read here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ComputeBudget {
    /// How many units the whole transaction may use. Alone it costs nothing.
    UnitLimit(u32),
    /// What is paid beside the fee for each unit of the limit, in millionths of a lamport.
    UnitPrice(u64),
}

impl ComputeBudget {
    /// The instruction.
    pub fn instruction(self) -> Instruction {
        let data = match self {
            Self::UnitLimit(units) => [&[2][..], &units.to_le_bytes()].concat(),
            Self::UnitPrice(price) => [&[3][..], &price.to_le_bytes()].concat(),
        };
        Instruction {
            program: program::COMPUTE_BUDGET,
            accounts: Vec::new(),
            data,
        }
    }

    /// Reads the data of such an instruction; `None` for any other.
    pub fn parse(data: &[u8]) -> Option<Self> {
        let (tag, number) = data.split_first()?;
        match tag {
            2 => Some(Self::UnitLimit(u32::from_le_bytes(number.try_into().ok()?))),
            3 => Some(Self::UnitPrice(u64::from_le_bytes(number.try_into().ok()?))),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limit_and_price_are_spelled_byte_by_byte() {
        let limit = ComputeBudget::UnitLimit(0x0102_0304);
        assert_eq!(limit.instruction().data, [2, 4, 3, 2, 1]);
        let price = ComputeBudget::UnitPrice(0x0506);
        assert_eq!(price.instruction().data, [3, 6, 5, 0, 0, 0, 0, 0, 0]);
        for budget in [limit, price] {
            let instruction = budget.instruction();
            assert_eq!(instruction.program, program::COMPUTE_BUDGET);
            assert_eq!(ComputeBudget::parse(&instruction.data), Some(budget));
        }
    }

    #[test]
    fn other_instructions_are_not_read() {
        let heap_frame = [1, 0, 0, 4, 0];
        let loaded_accounts = [4, 0, 0, 4, 0];
        let others: [&[u8]; 6] = [
            &[],
            &heap_frame,
            &loaded_accounts,
            &[2, 0, 0, 0],
            &[2, 0, 0, 0, 0, 0],
            &[3, 0, 0, 0, 0],
        ];
        for data in others {
            assert_eq!(ComputeBudget::parse(data), None, "{data:?}");
        }
    }
}

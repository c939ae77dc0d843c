//! Amounts as people read them.

/// How many lamports are one SOL.
const LAMPORTS_PER_SOL: u64 = 1_000_000_000;

/// Lamports in SOL, exactly and without zeros at the end: `0.0019488`.
pub fn sol(lamports: u64) -> String {
    let (whole, rest) = (lamports / LAMPORTS_PER_SOL, lamports % LAMPORTS_PER_SOL);
    let text = format!("{whole}.{rest:09}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lamports_are_told_in_sol() {
        for (lamports, expected) in [
            (0, "0"),
            (1, "0.000000001"),
            (1_948_800, "0.0019488"),
            (1_000_000_000, "1"),
            (10_500_000_000, "10.5"),
            (u64::MAX, "18446744073.709551615"),
        ] {
            assert_eq!(sol(lamports), expected);
        }
    }
}

//! What an organisation may ask for beyond what stock clients send.

use crate::feature::FeatureName;
use crate::organisation::Organisation;

/// Opt-in strictness; everything is off by default, since stock clients would stop working.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Strictness {
    /// Queries must carry a signed time, so that a captured read stamp goes stale (threat T9).
    pub fresh_reads: bool,
    /// Bodies must name the server they are meant for (threat T14).
    pub audience: bool,
    /// Members that nobody reads are refused (threat T4).
    pub strict_members: bool,
}

impl Strictness {
    /// Reads the value of the feature: names separated by commas. The error is the name that is
    /// not known.
    pub fn parse(value: &str) -> Result<Self, String> {
        let mut strictness = Self::default();
        for name in value
            .split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty())
        {
            match name {
                "fresh-reads" => strictness.fresh_reads = true,
                "audience" => strictness.audience = true,
                "strict-members" => strictness.strict_members = true,
                unknown => return Err(unknown.to_owned()),
            }
        }
        Ok(strictness)
    }

    /// What this organisation asks for. Its own setting and its parent's add up: a child may be
    /// stricter than its parent, never laxer.
    pub fn of(organisation: &Organisation, parent: Option<&Organisation>) -> Self {
        let asked = |organisation: &Organisation| {
            let value = organisation
                .features
                .get(&FeatureName::ZegelStrict)?
                .as_deref()?;
            Self::parse(value).ok()
        };
        let own = asked(organisation).unwrap_or_default();
        let above = parent.and_then(asked).unwrap_or_default();
        Self {
            fresh_reads: own.fresh_reads || above.fresh_reads,
            audience: own.audience || above.audience,
            strict_members: own.strict_members || above.strict_members,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_add_up_in_any_order_with_spaces_and_repetitions() {
        let both = Strictness {
            fresh_reads: true,
            audience: true,
            strict_members: false,
        };
        for value in ["fresh-reads,audience", " audience , fresh-reads,audience,"] {
            assert_eq!(Strictness::parse(value), Ok(both), "{value:?}");
        }
        assert_eq!(Strictness::parse(""), Ok(Strictness::default()));
    }

    #[test]
    fn refuses_a_name_it_does_not_know_and_tells_which() {
        for (value, unknown) in [("fresh-reads,fresh", "fresh"), ("Audience", "Audience")] {
            assert_eq!(Strictness::parse(value), Err(unknown.to_owned()));
        }
    }
}

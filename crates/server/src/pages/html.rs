//! Markup that cannot be made by accident.
//!
//! [`Html`] holds nothing but markup of ours and escaped text of others: text gets in through
//! [`Html::text`] alone, whose output has no character that begins markup, in an element or in a
//! quoted attribute (threat T53).

use std::fmt::Write;

/// A piece of a page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Html(String);

impl Html {
    /// Markup that stands in our own source.
    pub(crate) fn ours(markup: &'static str) -> Self {
        Self(markup.to_owned())
    }

    /// Anybody's text, as text.
    pub(crate) fn text(text: &str) -> Self {
        let mut html = Self::default();
        html.push_text(text);
        html
    }

    /// Adds markup of ours.
    pub(crate) fn push_ours(&mut self, markup: &'static str) {
        self.0.push_str(markup);
    }

    /// Adds a piece.
    pub(crate) fn push(&mut self, piece: &Self) {
        self.0.push_str(&piece.0);
    }

    /// Adds anybody's text.
    pub(crate) fn push_text(&mut self, text: &str) {
        text.chars().for_each(|char| self.push_char(char));
    }

    /// Adds one character of anybody's text.
    pub(crate) fn push_char(&mut self, char: char) {
        match char {
            '&' => self.0.push_str("&amp;"),
            '<' => self.0.push_str("&lt;"),
            '>' => self.0.push_str("&gt;"),
            '"' => self.0.push_str("&quot;"),
            '\'' => self.0.push_str("&#39;"),
            other => self.0.push(other),
        }
    }

    /// Adds a number.
    pub(crate) fn push_number(&mut self, number: impl Into<u64>) {
        // Writing to a string does not fail.
        let _ = write!(self.0, "{}", number.into());
    }

    /// The finished page.
    pub(crate) fn into_string(self) -> String {
        self.0
    }
}

/// Fills the `{{holes}}` of a template of ours, each by its name. What is filled in is not looked
/// at again, so a value that spells a hole stays a value.
///
/// # Panics
///
/// When the template has a hole nobody fills: both stand in our source, and a test renders each.
pub(crate) fn fill(template: &'static str, pieces: &[(&str, Html)]) -> Html {
    let mut page = Html::default();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        page.push_ours(before);
        let (name, after) = after.split_once("}}").expect("a hole of ours is closed");
        let piece = pieces.iter().find(|(filled, _)| *filled == name);
        let (_, piece) = piece.unwrap_or_else(|| panic!("nobody fills {name}"));
        page.push(piece);
        rest = after;
    }
    page.push_ours(rest);
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_begins_no_markup() {
        let text = Html::text(r#"<b title="x" id='y'>&amp;"#);
        assert_eq!(
            text.into_string(),
            "&lt;b title=&quot;x&quot; id=&#39;y&#39;&gt;&amp;amp;"
        );
    }

    #[test]
    fn what_fills_a_hole_is_not_filled_again() {
        let pieces = [("a", Html::text("{{b}}")), ("b", Html::text("secret"))];
        assert_eq!(fill("<p>{{a}}</p>", &pieces).into_string(), "<p>{{b}}</p>");
    }

    #[test]
    #[should_panic(expected = "nobody fills b")]
    fn a_hole_nobody_fills_is_a_bug_of_ours() {
        fill("{{a}}{{b}}", &[("a", Html::default())]);
    }
}

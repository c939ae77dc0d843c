//! What a person sees of a text that is signed (threats T61 and T65).
//!
//! A pure function of the text. No two texts look alike to it: what has no ink, changes the order
//! of what has, or lies on top of it, is shown by its number instead, as ⟨U+202E⟩ in a `mark`;
//! nothing is left out, shortened or made equal to something else.

use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

use super::html::Html;

/// From this many characters on, a text gets a box of its own, which scrolls.
pub(crate) const LONG: usize = 280;

/// More marks than this on one letter are a tower that hides its neighbours (UTS 39 §5.4 allows
/// four).
const MOST_MARKS: usize = 4;

/// The text as it is shown, isolated from what stands around it, with every character accounted
/// for.
pub(crate) fn shown(text: &str) -> Html {
    let length = text.chars().count();
    let mut html = Html::default();
    if length < LONG {
        html.push_ours(r#"<bdi class="shown">"#);
        push_inside(&mut html, text);
        html.push_ours("</bdi>");
        return html;
    }
    html.push_ours(
        r#"<div class="shown long" role="group" tabindex="0" aria-label="A long text; scroll to read all of it"><bdi>"#,
    );
    push_inside(&mut html, text);
    html.push_ours(r#"</bdi></div><p class="length">"#);
    html.push_number(length as u64);
    html.push_ours(" characters, all of them in this box.</p>");
    html
}

fn push_inside(html: &mut Html, text: &str) {
    let mut before = None;
    let mut marks = 0;
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        marks = if is_mark(char) { marks + 1 } else { 0 };
        let is_visible = match char {
            // A space shows only between two things that have ink.
            ' ' | '\u{3000}' => {
                before.is_some_and(|before| !is_space(before))
                    && chars.peek().is_some_and(|after| !is_space(*after))
            }
            _ if is_mark(char) => before.is_some() && marks <= MOST_MARKS && has_ink(char),
            _ => has_ink(char),
        };
        if is_visible {
            html.push_char(char);
        } else {
            push_number(html, char);
        }
        before = Some(char);
    }
    if text.is_empty() {
        html.push_ours(r#"<span class="empty">(empty)</span>"#);
    }
}

/// The character by its number, in brackets of an element that no text can make.
fn push_number(html: &mut Html, char: char) {
    html.push_ours(r#"<mark class="odd">"#);
    html.push_text(&format!("⟨U+{:04X}⟩", u32::from(char)));
    html.push_ours("</mark>");
}

fn is_space(char: char) -> bool {
    matches!(char, ' ' | '\u{3000}')
}

fn is_mark(char: char) -> bool {
    matches!(
        char.general_category(),
        GeneralCategory::NonspacingMark | GeneralCategory::EnclosingMark
    )
}

/// Whether the character leaves ink where it stands and nowhere else.
fn has_ink(char: char) -> bool {
    use GeneralCategory as Category;
    if is_ignorable(char) {
        return false;
    }
    !matches!(
        char.general_category(),
        Category::Control
            | Category::Format
            | Category::PrivateUse
            | Category::Unassigned
            | Category::Surrogate
            | Category::LineSeparator
            | Category::ParagraphSeparator
            | Category::SpaceSeparator
    )
}

/// Assigned characters of visible categories that have no ink: those with the property
/// `Default_Ignorable_Code_Point` (Unicode, DerivedCoreProperties.txt) and what looks like a
/// space or like a missing character.
fn is_ignorable(char: char) -> bool {
    matches!(char,
        // Combining grapheme joiner, Hangul fillers, Khmer inherent vowels.
        '\u{34F}' | '\u{115F}' | '\u{1160}' | '\u{3164}' | '\u{FFA0}' | '\u{17B4}' | '\u{17B5}'
        // Variation selectors.
        | '\u{180B}'..='\u{180F}' | '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}'
        // An empty Braille cell; object and replacement characters.
        | '\u{2800}' | '\u{FFFC}' | '\u{FFFD}'
    )
}

/// The bare text for attributes and titles: as [`shown`], without markup.
pub(crate) fn plainly(text: &str) -> Html {
    let mut html = Html::default();
    for char in text.chars() {
        if char == ' ' || has_ink(char) {
            html.push_char(char);
        } else {
            html.push_text(&format!("⟨U+{:04X}⟩", u32::from(char)));
        }
    }
    html
}

#[cfg(test)]
mod tests;

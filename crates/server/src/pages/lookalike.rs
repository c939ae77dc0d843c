//! Words that are not what they look like (threat T65): letters of one script among those of
//! another, and words of another script that read as Latin ones.
//!
//! Unicode UTS 39 with `unicode-security`'s tables, word by word: a name may well hold words of
//! two scripts, but hardly a word.

use unicode_script::{Script, UnicodeScript};
use unicode_security::MixedScript;
use unicode_security::confusable_detection::skeleton;

/// Why a word deserves a second look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Suspicion {
    /// Letters of these two scripts, among perhaps others, in one word.
    Mixed(Script, Script),
    /// All letters of this script, but the word reads as a Latin one, and nothing beside it shows
    /// that the script is meant.
    ReadsAsLatin(Script),
}

/// The first suspicious word of a text, and why. Characters without ink are skipped: they are
/// shown by their numbers, and a word does not end at them.
pub(crate) fn suspicion(text: &str) -> Option<(String, Suspicion)> {
    let words = words(text);
    let suspicious = |word: &String| Some((word.clone(), of_word(word, &words)?));
    words.iter().find_map(suspicious)
}

fn words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    for char in text.chars() {
        if char.is_whitespace() || char.is_ascii_punctuation() {
            words.push(String::new());
        } else if char.is_alphanumeric() {
            words
                .last_mut()
                .expect("there is one from the start")
                .push(char);
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

fn of_word(word: &str, all: &[String]) -> Option<Suspicion> {
    if word.is_ascii() {
        return None;
    }
    let mut scripts: Vec<Script> = word.chars().filter_map(script).collect();
    scripts.dedup();
    let first = *scripts.first()?;
    if !word.is_single_script() && !is_east_asian_with_latin(word) {
        let other = scripts.iter().find(|script| **script != first);
        return Some(Suspicion::Mixed(first, *other.unwrap_or(&first)));
    }
    let is_meant = || all.iter().any(|other| is_clearly(first, other));
    (first != Script::Latin && reads_as_latin(word) && !is_meant())
        .then_some(Suspicion::ReadsAsLatin(first))
}

/// Chinese, Japanese and Korean words hold Latin letters as they hold their own (UTS 39 §5.2,
/// "Highly Restrictive"), and nothing of theirs looks like one.
fn is_east_asian_with_latin(word: &str) -> bool {
    let is_not_latin = |char: &char| script(*char) != Some(Script::Latin);
    let rest: String = word.chars().filter(is_not_latin).collect();
    let scripts = rest.resolve_script_set();
    scripts.jpan || scripts.kore || scripts.hanb
}

/// The script of a letter; digits and signs have none.
fn script(char: char) -> Option<Script> {
    let script = char.script();
    (!matches!(script, Script::Common | Script::Inherited)).then_some(script)
}

/// Whether every letter has a Latin one that looks the same.
fn reads_as_latin(word: &str) -> bool {
    skeleton(word).all(|char| char.is_ascii())
}

/// Whether a word is of the script and cannot be taken for a Latin one.
fn is_clearly(meant: Script, word: &str) -> bool {
    word.chars()
        .filter_map(script)
        .all(|script| script == meant)
        && word.chars().any(|char| script(char).is_some())
        && !reads_as_latin(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<(&str, Suspicion)>) {
        let expected = expected.map(|(word, why)| (word.to_owned(), why));
        assert_eq!(suspicion(text), expected, "{text}");
    }

    #[test]
    fn t65_suspects_a_word_of_two_scripts() {
        let mixed = Suspicion::Mixed(Script::Latin, Script::Cyrillic);
        check("Pаypal", Some(("Pаypal", mixed)));
        check("to the Bаnk", Some(("Bаnk", mixed)));
        let greek = Suspicion::Mixed(Script::Greek, Script::Latin);
        check("Αpple", Some(("Αpple", greek)));
        // What has no ink does not end a word.
        check("Pa\u{200B}yp\u{430}l", Some(("Paypаl", mixed)));
    }

    #[test]
    fn t65_suspects_a_word_of_another_script_that_reads_as_latin() {
        let cyrillic = Suspicion::ReadsAsLatin(Script::Cyrillic);
        check("раура Ltd", Some(("раура", cyrillic)));
        check("ООО", Some(("ООО", cyrillic)));
        check("ΑΒΕ", Some(("ΑΒΕ", Suspicion::ReadsAsLatin(Script::Greek))));
    }

    #[test]
    fn t65_does_not_suspect_what_people_are_called() {
        for honest in [
            "",
            "Bakery Ltd",
            "Zürcher Kantonalbank, Größe 5",
            "ООО Ромашка",
            "Café Москва",
            "Ελληνική Τράπεζα ΑΕ",
            "株式会社サンプル",
            "三菱ＵＦＪ銀行",
            "스타벅스 코리아",
            "مصرف الراجحي",
            "בנק לאומי",
            "भारतीय स्टेट बैंक",
            "ธนาคารกรุงเทพ",
            "Łódź № 5 – Ō'Brien & Söhne",
            "DE02 1203 0000 0000 2020 51",
        ] {
            check(honest, None);
        }
    }
}

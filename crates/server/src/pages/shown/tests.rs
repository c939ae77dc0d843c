use super::*;

/// What stands between the brackets of the box, short or long.
fn inside(text: &str) -> String {
    let html = shown(text).into_string();
    let (_, rest) = html.split_once("<bdi").unwrap();
    let (_, rest) = rest.split_once('>').unwrap();
    rest.split_once("</bdi>").unwrap().0.to_owned()
}

/// As [`inside`], with marks as bare brackets.
fn seen(text: &str) -> String {
    inside(text)
        .replace(r#"<mark class="odd">"#, "")
        .replace("</mark>", "")
}

/// The text that was shown, from what is shown and nothing else.
fn read_back(html: &str) -> String {
    let mut text = String::new();
    let mut rest = html;
    while let Some(char) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix(r#"<mark class="odd">⟨U+"#) {
            let (number, after) = after.split_once("⟩</mark>").unwrap();
            text.push(char::from_u32(u32::from_str_radix(number, 16).unwrap()).unwrap());
            rest = after;
        } else if let Some(after) = rest.strip_prefix(r#"<span class="empty">(empty)</span>"#) {
            rest = after;
        } else if let Some(after) = rest.strip_prefix('&') {
            let (name, after) = after.split_once(';').unwrap();
            text.push(match name {
                "amp" => '&',
                "lt" => '<',
                "gt" => '>',
                "quot" => '"',
                "#39" => '\'',
                other => panic!("&{other}; is not ours"),
            });
            rest = after;
        } else {
            assert_ne!(char, '<', "markup in {html}");
            text.push(char);
            rest = &rest[char.len_utf8()..];
        }
    }
    text
}

#[test]
fn t65_hostile_characters_are_shown_by_their_numbers() {
    for (hostile, expected) in [
        // Order.
        ("Bakery\u{202E}yrekaB", "Bakery⟨U+202E⟩yrekaB"),
        (
            "a\u{202A}b\u{202B}c\u{202C}d\u{202D}e",
            "a⟨U+202A⟩b⟨U+202B⟩c⟨U+202C⟩d⟨U+202D⟩e",
        ),
        (
            "a\u{2066}b\u{2067}c\u{2068}d\u{2069}e",
            "a⟨U+2066⟩b⟨U+2067⟩c⟨U+2068⟩d⟨U+2069⟩e",
        ),
        (
            "a\u{200E}b\u{200F}c\u{61C}d",
            "a⟨U+200E⟩b⟨U+200F⟩c⟨U+061C⟩d",
        ),
        // Nothing to see.
        (
            "Ba\u{200B}ke\u{200C}ry\u{200D}",
            "Ba⟨U+200B⟩ke⟨U+200C⟩ry⟨U+200D⟩",
        ),
        (
            "a\u{2060}b\u{2061}c\u{2064}d\u{FEFF}e\u{AD}f",
            "a⟨U+2060⟩b⟨U+2061⟩c⟨U+2064⟩d⟨U+FEFF⟩e⟨U+00AD⟩f",
        ),
        (
            "a\u{180E}b\u{34F}c\u{115F}d\u{1160}e",
            "a⟨U+180E⟩b⟨U+034F⟩c⟨U+115F⟩d⟨U+1160⟩e",
        ),
        (
            "a\u{3164}b\u{FFA0}c\u{17B4}d\u{2800}e",
            "a⟨U+3164⟩b⟨U+FFA0⟩c⟨U+17B4⟩d⟨U+2800⟩e",
        ),
        (
            "a\u{FE0F}b\u{E0100}c\u{E0041}d\u{E0001}e",
            "a⟨U+FE0F⟩b⟨U+E0100⟩c⟨U+E0041⟩d⟨U+E0001⟩e",
        ),
        (
            "a\u{FFF9}b\u{FFFA}c\u{FFFB}d\u{FFFC}e\u{FFFD}f",
            "a⟨U+FFF9⟩b⟨U+FFFA⟩c⟨U+FFFB⟩d⟨U+FFFC⟩e⟨U+FFFD⟩f",
        ),
        // Controls and lines.
        (
            "a\0b\tc\nd\re\u{1B}f\u{7F}g\u{85}h\u{9B}i",
            "a⟨U+0000⟩b⟨U+0009⟩c⟨U+000A⟩d⟨U+000D⟩e⟨U+001B⟩f⟨U+007F⟩g⟨U+0085⟩h⟨U+009B⟩i",
        ),
        ("a\u{2028}b\u{2029}c", "a⟨U+2028⟩b⟨U+2029⟩c"),
        // Nobody's characters.
        (
            "a\u{E000}b\u{F8FF}c\u{F0000}d\u{10FFFD}e",
            "a⟨U+E000⟩b⟨U+F8FF⟩c⟨U+F0000⟩d⟨U+10FFFD⟩e",
        ),
        (
            "a\u{378}b\u{FFFE}c\u{1FFFF}d\u{10FFFF}e",
            "a⟨U+0378⟩b⟨U+FFFE⟩c⟨U+1FFFF⟩d⟨U+10FFFF⟩e",
        ),
        // Spaces that are not, and spaces where nobody sees them.
        (
            "a\u{A0}b\u{2003}c\u{2009}d\u{202F}e\u{1680}f",
            "a⟨U+00A0⟩b⟨U+2003⟩c⟨U+2009⟩d⟨U+202F⟩e⟨U+1680⟩f",
        ),
        (" Bakery ", "⟨U+0020⟩Bakery⟨U+0020⟩"),
        ("a  b", "a⟨U+0020⟩⟨U+0020⟩b"),
        (" ", "⟨U+0020⟩"),
        // A tower of marks, and one that leans on what stands before the text.
        (
            "a\u{300}\u{301}\u{302}\u{303}\u{304}\u{305}b",
            "a\u{300}\u{301}\u{302}\u{303}⟨U+0304⟩⟨U+0305⟩b",
        ),
        ("\u{338}12", "⟨U+0338⟩12"),
        ("a\u{20DD}", "a\u{20DD}"),
    ] {
        assert_eq!(seen(hostile), expected, "{hostile:?}");
    }
}

#[test]
fn t65_what_people_write_is_shown_as_they_write_it() {
    for honest in [
        "Bakery Ltd",
        "Größe 5, Café Noël – “ja”",
        "Cafe\u{301}",
        "ООО Ромашка",
        "山田\u{3000}太郎",
        "مصرف الراجحي",
        "בנק לאומי",
        "भारतीय स्टेट बैंक",
        "ธนาคารกรุงเทพ",
        "🍞 €£¥ №5",
        "DE02 1203 0000 0000 2020 51",
    ] {
        assert_eq!(seen(honest), honest);
    }
}

#[test]
fn an_empty_text_is_seen_to_be_empty() {
    assert!(inside("").contains("(empty)"));
}

#[test]
fn t65_a_text_cannot_make_the_marks_of_ours() {
    assert_ne!(inside("⟨U+202E⟩"), inside("\u{202E}"));
    assert_ne!(inside("(empty)"), inside(""));
}

#[test]
fn t65_a_long_text_is_shown_to_its_end_and_its_length_is_told() {
    let text = format!("{}payee", "x".repeat(9_995));
    let html = shown(&text).into_string();
    assert!(html.contains(&text));
    assert!(html.contains("10000 characters, all of them in this box."));
    assert!(
        html.contains(r#"tabindex="0""#),
        "the keyboard can scroll it"
    );
    assert!(!shown(&"x".repeat(LONG - 1)).into_string().contains("long"));
    assert!(shown(&"x".repeat(LONG)).into_string().contains("long"));
}

#[test]
fn t61_of_ten_thousand_texts_each_can_be_read_back_from_what_is_shown() {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut next = |below: u64| {
        // Marsaglia's xorshift; the same texts every time.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state % below
    };
    for _ in 0..10_000 {
        let length = next(60);
        let text: String = (0..length)
            .map(|_| match next(4) {
                0 => char::from(u8::try_from(next(128)).unwrap()),
                1 => char::from_u32(0x2000 + u32::try_from(next(0x70)).unwrap()).unwrap(),
                2 => ['<', '>', '&', '"', '\'', '⟨', '⟩', ' ', 'U', '+']
                    [usize::try_from(next(10)).unwrap()],
                _ => char::from_u32(u32::try_from(next(0x11_0000)).unwrap()).unwrap_or('a'),
            })
            .collect();
        assert_eq!(read_back(&inside(&text)), text, "{text:?}");
    }
}

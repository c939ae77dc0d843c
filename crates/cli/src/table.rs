//! Lists for people: columns that line up, and texts of strangers that cannot move the cursor.

/// A table with a head, or a word for nothing. The last column is not filled up.
pub fn table<const N: usize>(head: [&str; N], rows: &[[String; N]]) -> String {
    if rows.is_empty() {
        return "There is none.".to_owned();
    }
    let rows: Vec<[String; N]> = rows
        .iter()
        .map(|row| row.each_ref().map(|cell| shown(cell)))
        .collect();
    let head = head.map(str::to_owned);
    let lines = std::iter::once(&head).chain(&rows);
    let widths: [usize; N] = std::array::from_fn(|column| {
        let cells = lines.clone().map(|line| line[column].chars().count());
        cells.max().unwrap_or_default()
    });
    let lines = lines.map(|line| {
        let cells = line.iter().zip(widths);
        let cells = cells.map(|(cell, width)| format!("{cell:<width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Names and values under one another.
pub fn facts<'a>(facts: impl IntoIterator<Item = (&'a str, String)>) -> String {
    let facts: Vec<(&str, String)> = facts.into_iter().collect();
    let width = facts.iter().map(|(name, _)| name.len()).max();
    let width = width.unwrap_or_default();
    let lines = facts
        .iter()
        .map(|(name, value)| format!("{name:<width$}   {}", shown(value)));
    lines.collect::<Vec<_>>().join("\n")
}

/// Text with everything escaped that would not show, or would show something else: control
/// characters and marks of direction.
pub fn shown(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match is_odd(c) {
            true => shown.extend(c.escape_unicode()),
            false => shown.push(c),
        }
    }
    shown
}

/// The same for text of several lines.
pub fn shown_lines(text: &str) -> String {
    let lines: Vec<String> = text.split('\n').map(shown).collect();
    lines.join("\n")
}

/// The same for JSON, which stays the same value: only strings can hold such characters.
pub fn shown_json(json: &str) -> String {
    let mut shown = String::with_capacity(json.len());
    for c in json.chars() {
        match is_odd(c) && c != '\n' {
            true => shown.push_str(&format!("\\u{:04x}", u32::from(c))),
            false => shown.push(c),
        }
    }
    shown
}

/// What would not show, or would show something else: none of it beyond U+FFFF.
fn is_odd(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{61c}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up() {
        let rows = [
            ["1".to_owned(), "Zoë".to_owned()],
            ["22".to_owned(), String::new()],
        ];
        assert_eq!(table(["id", "name"], &rows), "id  name\n1   Zoë\n22");
        assert_eq!(table::<2>(["id", "name"], &[]), "There is none.");
        assert_eq!(
            facts([("id", "1".to_owned()), ("state", "open".to_owned())]),
            "id      1\nstate   open"
        );
    }

    #[test]
    fn a_strangers_name_cannot_move_the_cursor() {
        let hostile = "Ada\x1b[2J\r\n\u{202e}gnp\u{7f}";
        assert_eq!(
            shown(hostile),
            "Ada\\u{1b}[2J\\u{d}\\u{a}\\u{202e}gnp\\u{7f}"
        );
        assert_eq!(shown("Größe 7 €"), "Größe 7 €");
    }

    #[test]
    fn a_strangers_name_cannot_move_the_cursor_out_of_json_either() {
        let value = serde_json::json!({ "name": "Ada\x1b[2J\n\u{9b}2J\u{7f}\u{202e}gnp" });
        for json in [value.to_string(), format!("{value:#}")] {
            let shown = shown_json(&json);
            assert!(!shown.contains(['\x1b', '\u{9b}', '\u{7f}', '\u{202e}']));
            let read: serde_json::Value = serde_json::from_str(&shown).unwrap();
            assert_eq!(read, value);
        }
    }

    #[test]
    fn lines_stay_lines() {
        assert_eq!(shown_lines("a\n\nb\r\x1b[A\n"), "a\n\nb\\u{d}\\u{1b}[A\n");
    }
}

//! What is printed: answers on standard output, everything else on standard error.

use std::io::{IsTerminal, Write};

use serde_json::{Value, json};

use crate::outcome::Problem;
use crate::table::{shown, shown_json, shown_lines};

/// How to print.
#[derive(Clone, Copy)]
pub struct Output {
    json: bool,
    colour: bool,
}

impl Output {
    /// JSON for machines, or text for people, coloured on a terminal unless `NO_COLOR` is set.
    pub fn new(json: bool) -> Self {
        let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self {
            json,
            colour: !json && !no_color && std::io::stdout().is_terminal(),
        }
    }

    /// Whether machines read this.
    pub fn is_json(self) -> bool {
        self.json
    }

    /// Prints an answer: the value for machines, the text for people.
    pub fn answer(self, value: &Value, text: impl FnOnce(Self) -> String) {
        let text = if self.json {
            shown_json(&value.to_string())
        } else {
            text(self)
        };
        self.line(&text);
    }

    /// Prints a document as it is, indented for people.
    pub fn document(self, value: &Value) {
        self.answer(value, |_| shown_json(&format!("{value:#}")));
    }

    /// Prints a text as a server sent it, to be piped or copied; on a terminal without what would
    /// move the cursor.
    pub fn verbatim(self, value: &Value, text: &str) {
        self.answer(value, |_| match std::io::stdout().is_terminal() {
            true => shown_lines(text),
            false => text.to_owned(),
        });
    }

    /// Prints a line. A reader that has gone away, such as `head`, is no error.
    pub fn line(self, text: &str) {
        let mut out = std::io::stdout().lock();
        let _ = writeln!(out, "{}", text.trim_end_matches('\n')).and_then(|()| out.flush());
    }

    /// Prints what went wrong, and the way out.
    pub fn problem(self, error: &anyhow::Error) {
        let named = error.downcast_ref::<Problem>();
        let code = named.map_or("FAILED", |problem| problem.code.as_str());
        let next = named.and_then(|problem| problem.next.as_deref());
        let message = format!("{error:#}");
        if self.json {
            let value = json!({ "code": code, "message": message, "next": next });
            eprintln!("{}", shown_json(&value.to_string()));
            return;
        }
        // A server has a say in both.
        eprintln!("error [{}]: {}", shown(code), shown_lines(&message));
        if let Some(next) = next {
            eprintln!("next: {next}");
        }
    }

    /// Bold text.
    pub fn bold(self, text: &str) -> String {
        self.dressed("1", text)
    }

    /// What went as it should.
    pub fn good(self, text: &str) -> String {
        self.dressed("32", text)
    }

    /// What wants attention.
    pub fn warning(self, text: &str) -> String {
        self.dressed("33", text)
    }

    /// What did not go as it should.
    pub fn bad(self, text: &str) -> String {
        self.dressed("31", text)
    }

    /// What is said in passing.
    pub fn quiet(self, text: &str) -> String {
        self.dressed("2", text)
    }

    fn dressed(self, code: &str, text: &str) -> String {
        if self.colour {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }
}

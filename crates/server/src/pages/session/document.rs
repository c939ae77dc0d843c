//! What is signed for an account of a chain, as far as a page can say what it does. Where it cannot,
//! it says so, and shows the text (threat T67).

use super::facts::{grouped, push_digits, push_fact};
use crate::pages::html::Html;
use crate::pages::shown::shown;
use crate::pages::signed_json;

/// What the hash is of.
#[derive(Clone, Debug)]
pub(crate) enum Document {
    /// A user operation.
    Operation {
        /// The account that acts.
        sender: String,
        /// Who pays for it, and how much.
        fee: Fee,
        /// Who is to carry it out: the entry point's version and address.
        entry_point: String,
        /// What it calls, if the account reads it as most accounts do.
        calls: Option<Vec<Call>>,
        /// All of it, as JSON.
        text: String,
    },
    /// Typed data.
    TypedData {
        /// What it calls itself.
        primary_type: String,
        /// Whom it is for, as JSON.
        domain: String,
        /// What it says, as JSON.
        message: String,
    },
}

/// Who pays for an operation. Whoever carries it out gets what is left of it, so a fee can take all
/// that an account has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fee {
    /// The account, at most this much: a decimal number of the chain's smallest unit.
    Account(String),
    /// The account, more than all there is of any coin.
    Boundless,
    /// Somebody else.
    Paymaster(String),
}

/// One call of an account's.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    /// Whom.
    pub target: String,
    /// What is sent along: a decimal number of the chain's smallest unit.
    pub value: String,
    /// The function's first four bytes; `None` if it only sends.
    pub function: Option<String>,
}

/// The document below the facts.
pub(super) fn of(document: &Document) -> Html {
    let mut html = Html::ours("<h2>What is signed: ");
    match document {
        Document::Operation {
            sender,
            fee,
            entry_point,
            calls,
            text,
        } => {
            html.push_ours("a user operation</h2>");
            html.push_ours(r#"<dl class="facts">"#);
            push_digits(&mut html, "Sender", &grouped(sender));
            push_fee(&mut html, fee);
            html.push_ours("</dl>");
            push_calls(&mut html, calls.as_deref());
            // Nobody has to open what is explained above; what is not is there at once.
            html.push_ours(match calls {
                Some(_) => "<details><summary>The whole operation</summary>",
                None => "<details open><summary>The whole operation</summary>",
            });
            html.push_ours(r#"<dl class="facts">"#);
            push_fact(&mut html, "Entry point", entry_point);
            html.push_ours("</dl>");
            push_json(&mut html, text);
            html.push_ours("</details>");
        }
        Document::TypedData {
            primary_type,
            domain,
            message,
        } => {
            html.push_ours("typed data</h2>");
            html.push_ours(r#"<dl class="facts">"#);
            push_fact(&mut html, "Type", primary_type);
            html.push_ours("</dl>");
            push_json(&mut html, message);
            html.push_ours(r#"<h3 class="part">Good for</h3>"#);
            push_json(&mut html, domain);
        }
    }
    html
}

fn push_fee(html: &mut Html, fee: &Fee) {
    match fee {
        Fee::Account(most) => {
            let words = format!("at most {} of the chain’s own coin", coins(most));
            push_fact(html, "Fee", &words);
        }
        Fee::Boundless => push_fact(html, "Fee", "all that the account has"),
        Fee::Paymaster(paymaster) => push_digits(html, "Fee paid by", &grouped(paymaster)),
    }
}

fn push_calls(html: &mut Html, calls: Option<&[Call]>) {
    match calls {
        Some(calls) => {
            html.push_ours(AS_MOST_READ_IT);
            for call in calls {
                html.push_ours(r#"<dl class="facts">"#);
                push_digits(html, "Calls", &grouped(&call.target));
                if call.value != "0" {
                    let coins = format!("{} of the chain’s own coin", coins(&call.value));
                    push_fact(html, "Sends it", &coins);
                }
                match &call.function {
                    Some(function) => push_digits(html, "Function", &grouped(function)),
                    None => push_fact(html, "Function", "none: it only sends"),
                }
                html.push_ours("</dl>");
            }
            if calls.is_empty() {
                html.push_ours("<p>It calls nobody.</p>");
            }
        }
        None => html.push_ours(CANNOT_READ),
    }
}

/// Line by line, or as it stands.
fn push_json(html: &mut Html, text: &str) {
    match signed_json::table(text) {
        Some(table) => html.push(&table),
        None => {
            html.push_ours(TOO_MUCH);
            html.push(&shown(text));
        }
    }
}

const AS_MOST_READ_IT: &str = r#"<p class="quiet">What it calls, as most accounts read it. What happens there, this page cannot know.</p>"#;

const CANNOT_READ: &str = r#"<div class="caution bad" role="note"><h2>What this does cannot be shown</h2><p>Only the account’s own code can read it. You see below exactly what would be signed. If you do not understand all of it, choose Cancel.</p></div>"#;

const TOO_MUCH: &str = r#"<div class="caution bad" role="note"><h2>This cannot be shown line by line</h2><p>You see below exactly what would be signed. If you do not understand all of it, choose Cancel.</p></div>"#;

/// A number of the smallest unit in the unit people know, exactly: all EVMs have 18 decimals.
fn coins(smallest: &str) -> String {
    let digits = format!("{smallest:0>19}");
    let (whole, decimals) = digits.split_at(digits.len() - 18);
    match decimals.trim_end_matches('0') {
        "" => whole.to_owned(),
        decimals => format!("{whole}.{decimals}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::session::tests::text;

    fn calls() -> Vec<Call> {
        vec![
            Call {
                target: format!("0x{}", "11".repeat(20)),
                value: "500000000000000000".to_owned(),
                function: None,
            },
            Call {
                target: format!("0x{}", "22".repeat(20)),
                value: "0".to_owned(),
                function: Some("0xa9059cbb".to_owned()),
            },
        ]
    }

    fn operation(calls: Option<Vec<Call>>) -> String {
        let document = Document::Operation {
            sender: format!("0x{}", "33".repeat(20)),
            fee: Fee::Account("1500000000000000".to_owned()),
            entry_point: "0.7, 0xabc".to_owned(),
            calls,
            text: r#"{"sender":"0x01","callData":"0x1234"}"#.to_owned(),
        };
        of(&document).into_string()
    }

    #[test]
    fn calls_are_said_one_by_one() {
        let page = operation(Some(calls()));
        let text = text(&page);
        for words in [
            "What is signed: a user operation Sender 0x33 3333",
            "Fee at most 0.0015 of the chain’s own coin",
            "Calls 0x11 1111",
            "Sends it 0.5 of the chain’s own coin",
            "Function none: it only sends",
            "Calls 0x22 2222",
            "Function 0xa9 059c bb",
            "Entry point 0.7, 0xabc",
            "callData 0x1234",
        ] {
            assert!(text.contains(words), "{words}: {text}");
        }
        assert_eq!(text.matches("Sends it").count(), 1);
        assert!(!text.contains("cannot be shown"));
        assert!(page.contains("<details>"));
    }

    #[test]
    fn t67_what_cannot_be_read_is_said_to_be_so_and_shown_as_it_is() {
        let page = operation(None);
        let words = text(&page);
        assert!(words.contains("What this does cannot be shown"));
        assert!(words.contains("callData 0x1234"));
        assert!(page.contains("<details open>"));
        let deep = format!("{}1{}", r#"{"a":"#.repeat(9), "}".repeat(9));
        let document = Document::TypedData {
            primary_type: "T".to_owned(),
            domain: "{}".to_owned(),
            message: deep.clone(),
        };
        let words = text(&of(&document).into_string());
        assert!(words.contains("This cannot be shown line by line"));
        assert!(words.contains(&deep.replace('"', "&quot;")) || words.contains(&deep));
    }

    #[test]
    fn t65_typed_data_is_shown_member_by_member_and_twins_are_pointed_out() {
        let document = Document::TypedData {
            primary_type: "Permit".to_owned(),
            domain: r#"{"chainId":8453,"name":"P<img>aypаl"}"#.to_owned(),
            message: r#"{"amount":"115792089237316195423570985008687907853"}"#.to_owned(),
        };
        let page = of(&document).into_string();
        assert!(!page.contains("<img"));
        let words = text(&page);
        for expected in [
            "Type Permit",
            "amount 115792089237316195423570985008687907853",
            "chainId 8453",
            "mixes letters of different scripts",
        ] {
            assert!(words.contains(expected), "{expected}: {words}");
        }
    }

    #[test]
    fn coins_are_said_exactly() {
        for (smallest, words) in [
            ("0", "0"),
            ("1", "0.000000000000000001"),
            ("1000000000000000000", "1"),
            ("12500000000000000000", "12.5"),
        ] {
            assert_eq!(coins(smallest), words);
        }
    }
}

use serde_json::{Value, json};

use super::*;

fn payment(edit: impl FnOnce(&mut Value)) -> Result<Payment, PaymentError> {
    let mut value = json!({
        "amount": "123.45",
        "currency": "EUR",
        "payee": { "name": "Bücher & Söhne", "account": "DE02120300000000202051" },
        "reason": "Rent",
        "reference": "R-7",
    });
    edit(&mut value);
    Payment::from_value(&value)
}

fn with_amount(amount: Value, currency: &str) -> Result<Payment, PaymentError> {
    payment(|value| {
        value["amount"] = amount;
        value["currency"] = currency.into();
    })
}

/// Forty spellings of one and the same amount, of which one is accepted.
#[test]
fn t5_one_amount_has_one_spelling() {
    let spellings = [
        json!("1234.50"),
        json!("1234.5"),
        json!("1234.500"),
        json!("1234.5000"),
        json!("01234.50"),
        json!("001234.50"),
        json!("+1234.50"),
        json!("-1234.50"),
        json!("--1234.50"),
        json!(" 1234.50"),
        json!("1234.50 "),
        json!("1234.50\n"),
        json!("1234.50\0"),
        json!("1 234.50"),
        json!("1\u{a0}234.50"),
        json!("1\u{202f}234.50"),
        json!("1,234.50"),
        json!("1'234.50"),
        json!("1\u{2019}234.50"),
        json!("1_234.50"),
        json!("1.234,50"),
        json!("1234,50"),
        json!("1234\u{66b}50"),
        json!("1234.50."),
        json!(".1234.50"),
        json!("1234..50"),
        json!("1.2345e3"),
        json!("1.2345E3"),
        json!("1.2345e+3"),
        json!("12345e-1"),
        json!("0x4d2.80"),
        json!("123450"),
        json!("1234.50EUR"),
        json!("\u{20ac}1234.50"),
        json!("\u{661}\u{662}\u{663}\u{664}.50"),
        json!("\u{ff11}\u{ff12}\u{ff13}\u{ff14}.50"),
        json!("\u{200b}1234.50"),
        json!(1234.50),
        json!(["1234.50"]),
        json!({ "value": "1234.50" }),
    ];
    assert_eq!(spellings.len(), 40);
    let accepted: Vec<_> = spellings
        .into_iter()
        .filter(|spelling| with_amount(spelling.clone(), "EUR").is_ok())
        .collect();
    assert_eq!(accepted, [json!("1234.50")]);
}

#[test]
fn t5_accepts_the_edges_of_the_grammar_and_refuses_what_is_beyond() {
    for (amount, currency) in [
        ("0.00", "EUR"),
        ("0", "JPY"),
        ("0.01", "EUR"),
        ("999999999999999.99", "EUR"),
        ("100000000000000", "JPY"),
    ] {
        let read = with_amount(amount.into(), currency).unwrap();
        assert_eq!((read.amount(), read.currency().code()), (amount, currency));
    }
    use PaymentProblem as P;
    for (amount, problem) in [
        (json!(""), P::AmountForm),
        (json!("."), P::AmountForm),
        (json!("5."), P::AmountForm),
        (json!(".50"), P::AmountForm),
        (json!("00.50"), P::AmountForm),
        (json!("-0.00"), P::AmountForm),
        (json!("1e3"), P::AmountForm),
        (json!("NaN"), P::AmountForm),
        (json!("Infinity"), P::AmountForm),
        (json!("1000000000000000.00"), P::AmountForm),
        (json!(5), P::AmountNotText),
        (json!(null), P::AmountNotText),
        (json!(true), P::AmountNotText),
    ] {
        let error = with_amount(amount.clone(), "EUR").unwrap_err();
        assert_eq!(
            (error.field.as_str(), error.problem),
            ("amount", problem),
            "{amount}"
        );
    }
}

/// Every currency against amounts with zero to five fraction digits.
#[test]
fn t66_every_currency_takes_exactly_its_own_digits() {
    for currency in Currency::all() {
        for digits in 0..=5_u8 {
            let amount = match digits {
                0 => "7".to_owned(),
                _ => format!("7.{}", "0".repeat(digits.into())),
            };
            let read = with_amount(amount.clone().into(), currency.code());
            if digits == currency.digits() {
                assert_eq!(read.unwrap().amount(), amount);
            } else {
                let problem = PaymentProblem::AmountDigits { currency };
                assert_eq!(read.unwrap_err().problem, problem, "{amount} {currency}");
            }
        }
    }
}

#[test]
fn names_the_member_that_is_wrong() {
    use PaymentProblem as P;
    let long = "x".repeat(141);
    type Edit<'a> = &'a dyn Fn(&mut Value);
    let cases: &[(Edit<'_>, &str, P)] = &[
        (&|p| *p = json!([]), "payment", P::NotAnObject),
        (&|p| *p = json!(null), "payment", P::NotAnObject),
        (&|p| remove(p, "amount"), "amount", P::Missing),
        (&|p| remove(p, "currency"), "currency", P::Missing),
        (&|p| remove(p, "payee"), "payee", P::Missing),
        (
            &|p| remove(&mut p["payee"], "name"),
            "payee.name",
            P::Missing,
        ),
        (&|p| p["currency"] = json!(978), "currency", P::NotText),
        (
            &|p| p["currency"] = json!("eur"),
            "currency",
            P::Currency(NotACurrency),
        ),
        (&|p| p["payee"] = json!("Bob"), "payee", P::NotAnObject),
        (&|p| p["payee"]["name"] = json!(7), "payee.name", P::NotText),
        (&|p| p["payee"]["name"] = json!(""), "payee.name", P::Length),
        (
            &|p| p["payee"]["name"] = json!(long),
            "payee.name",
            P::Length,
        ),
        (
            &|p| p["payee"]["account"] = json!(null),
            "payee.account",
            P::NotText,
        ),
        (
            &|p| p["payee"]["account"] = json!("a\nb"),
            "payee.account",
            P::ControlCharacter,
        ),
        (
            &|p| p["payee"]["iban"] = json!("x"),
            "payee.iban",
            P::Unknown,
        ),
        (&|p| p["reason"] = json!(null), "reason", P::NotText),
        (
            &|p| p["reason"] = json!("a\u{9b}b"),
            "reason",
            P::ControlCharacter,
        ),
        (
            &|p| p["reference"] = json!("\u{7f}"),
            "reference",
            P::ControlCharacter,
        ),
        (&|p| p["Amount"] = json!("1.00"), "Amount", P::Unknown),
        (&|p| p["note"] = json!("x"), "note", P::Unknown),
    ];
    for (edit, field, problem) in cases {
        let error = payment(|value| edit(value)).unwrap_err();
        assert_eq!((error.field.as_str(), error.problem), (*field, *problem));
    }
}

#[test]
fn errors_say_what_to_send_instead() {
    let said = |amount, currency| with_amount(amount, currency).unwrap_err().to_string();
    assert_eq!(
        said(json!("5"), "EUR"),
        "amount must have exactly 2 digits after the decimal point, as EUR has"
    );
    assert_eq!(
        said(json!(5), "EUR"),
        "amount must be a string such as \"12.50\", never a number: numbers lose digits on the way"
    );
    assert_eq!(
        said(json!("5.00"), "Euro"),
        "currency must be an active ISO 4217 code in capital letters, such as \"EUR\""
    );
}

#[test]
fn t65_keeps_what_may_mislead_and_counts_characters_not_bytes() {
    let name = "\u{202e}\u{430}\u{200b}".repeat(46) + "\u{1f600}\u{301}";
    assert_eq!(name.chars().count(), 140);
    let read = payment(|value| value["payee"]["name"] = name.clone().into()).unwrap();
    assert_eq!(read.payee().name(), name);
}

#[test]
fn the_canonical_text_is_sorted_and_unescaped() {
    let read = payment(|value| value["reason"] = json!("\"a\\b\" </é\u{2028}>")).unwrap();
    assert_eq!(
        read.canonical(),
        "{\"amount\":\"123.45\",\"currency\":\"EUR\",\"payee\":{\"account\":\
         \"DE02120300000000202051\",\"name\":\"Bücher & Söhne\"},\
         \"reason\":\"\\\"a\\\\b\\\" </é\u{2028}>\",\"reference\":\"R-7\"}"
    );
    assert_eq!(read.canonical().parse(), Ok(read));
}

#[test]
fn only_the_canonical_text_reads_back() {
    let text = payment(|value| {
        remove(value, "reason");
        remove(value, "reference");
    })
    .unwrap()
    .canonical();
    assert!(text.parse::<Payment>().is_ok());
    for other in [
        format!("{text} "),
        text.replace(":\"EUR\"", ": \"EUR\""),
        text.replace("EUR", "\\u0045UR"),
        text.replace(
            "\"amount\":\"123.45\",\"currency\":\"EUR\"",
            "\"currency\":\"EUR\",\"amount\":\"123.45\"",
        ),
        text.replace("{\"amount\"", "{\"amount\":\"1.00\",\"amount\""),
    ] {
        assert_ne!(other, text);
        let error = other.parse::<Payment>().unwrap_err();
        assert_eq!(error.problem, PaymentProblem::NotCanonical, "{other}");
    }
}

fn remove(value: &mut Value, name: &str) {
    value.as_object_mut().unwrap().remove(name);
}

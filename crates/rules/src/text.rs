//! Text that people type, checked once and carried as a type.

/// A label: 1 to 255 characters, none of them a control character.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Label(String);

/// An e-mail address in the shape `local@domain`, at most 254 characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Email(String);

/// A telephone number in E.164 form: `+` and 7 to 15 digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phone(String);

/// What is wrong with a text; `Display` says how it must look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadText {
    /// Not a label.
    #[error("must be 1 to 255 characters without control characters")]
    Label,
    /// Not an e-mail address.
    #[error("must be an e-mail address such as ada@example.org")]
    Email,
    /// Not a telephone number.
    #[error("must be a telephone number in E.164 form such as +31201234567")]
    Phone,
}

macro_rules! text {
    ($($name:ident: $check:ident;)*) => {$(
        impl $name {
            /// The text, if it is one.
            pub fn parse(text: &str) -> Result<Self, BadText> {
                if $check(text) { Ok(Self(text.to_owned())) } else { Err(BadText::$name) }
            }

            /// The text as it was typed.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<$name> for String {
            fn from(text: $name) -> String {
                text.0
            }
        }
    )*};
}

text! {
    Label: is_label;
    Email: is_email;
    Phone: is_phone;
}

fn is_label(text: &str) -> bool {
    (1..=255).contains(&text.chars().count()) && !text.chars().any(char::is_control)
}

fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else {
        return false;
    };
    let plain = |c: char| !c.is_whitespace() && !c.is_control() && !"<>()[],;:\\\"@".contains(c);
    text.len() <= 254
        && (1..=64).contains(&local.len())
        && local.chars().all(plain)
        && !domain.is_empty()
        && domain.split('.').all(|label| {
            !label.is_empty()
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.chars().all(|c| c.is_alphanumeric() || c == '-')
        })
}

fn is_phone(text: &str) -> bool {
    text.strip_prefix('+').is_some_and(|digits| {
        (7..=15).contains(&digits.len())
            && digits.bytes().all(|b| b.is_ascii_digit())
            && !digits.starts_with('0')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_what_people_type() {
        for label in ["a", "Alice's wallet", "日本", &"x".repeat(255)] {
            assert!(Label::parse(label).is_ok(), "{label:?}");
        }
        for email in ["a@b", "ada.lovelace+tag@example.co.uk"] {
            assert!(Email::parse(email).is_ok(), "{email:?}");
        }
        assert!(Phone::parse("+31201234567").is_ok());
    }

    #[test]
    fn refuses_what_would_break_a_page_or_a_log() {
        for label in ["", "a\nb", "a\0", "\u{1b}[31m", &"x".repeat(256)] {
            assert_eq!(Label::parse(label), Err(BadText::Label), "{label:?}");
        }
        for email in ["", "a", "@b", "a@", "a b@c", "a@b..c", "a@-b.c", "<a@b>"] {
            assert_eq!(Email::parse(email), Err(BadText::Email), "{email:?}");
        }
        for phone in [
            "",
            "31201234567",
            "+0123456789",
            "+12",
            "+1234567890123456",
            "+12345a78",
        ] {
            assert_eq!(Phone::parse(phone), Err(BadText::Phone), "{phone:?}");
        }
    }
}

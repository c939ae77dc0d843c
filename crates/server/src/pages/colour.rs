//! A tenant's colour, and text that can be read on it.

use std::fmt;

/// A colour of the sRGB space.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Colour([u8; 3]);

const BLACK: Colour = Colour([0, 0, 0]);
const WHITE: Colour = Colour([255, 255, 255]);

/// What lies below a button in the light and in the dark: `--card` of the style.
const CARDS: [Colour; 2] = [WHITE, Colour([0x1d, 0x1f, 0x24])];

/// What a part of a control has to stand out by (WCAG 2.2, 1.4.11).
const VISIBLE: f64 = 3.0;

impl Colour {
    /// `#rrggbb`, and no other of the ways in which CSS writes colours. Letters may be capitals.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::from_digits(text.strip_prefix('#')?)
    }

    /// The same without `#`.
    pub(crate) fn from_digits(digits: &str) -> Option<Self> {
        wire::encoding::hex::decode_array(digits.to_ascii_lowercase())
            .ok()
            .map(Self)
    }

    /// Black or white, whichever is read better: the worse of the two contrasts with every colour
    /// there is, the better one never falls below 4.5 (WCAG 2.2, 1.4.3).
    fn ink(self) -> Self {
        let by_contrast = |ink: &Self| self.contrast(*ink);
        match by_contrast(&BLACK) > by_contrast(&WHITE) {
            true => BLACK,
            false => WHITE,
        }
    }

    /// WCAG 2.2, "contrast ratio".
    fn contrast(self, other: Self) -> f64 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    /// WCAG 2.2, "relative luminance".
    fn luminance(self) -> f64 {
        let [red, green, blue] = self.0.map(|channel| {
            let channel = f64::from(channel) / 255.0;
            if channel <= 0.04045 {
                channel / 12.92
            } else {
                ((channel + 0.055) / 1.055).powf(2.4)
            }
        });
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    /// The style's variables: the colour, the text on it, and an edge where the colour alone could
    /// not be told from what lies below.
    pub(crate) fn css(self) -> String {
        let [light, dark] = CARDS.map(|card| match self.contrast(card) >= VISIBLE {
            true => self.to_string(),
            false => "var(--ink)".to_owned(),
        });
        let ink = self.ink();
        format!(
            ":root {{ --brand: {self}; --on-brand: {ink}; --brand-edge: {light}; }}\n\
             @media (prefers-color-scheme: dark) {{ :root {{ --brand-edge: {dark}; }} }}\n"
        )
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", wire::encoding::hex::encode(self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_can_be_read_on_every_colour() {
        let steps = (0..=255u8).step_by(15);
        for red in steps.clone() {
            for green in steps.clone() {
                for blue in steps.clone() {
                    let colour = Colour([red, green, blue]);
                    assert!(colour.contrast(colour.ink()) >= 4.5, "{colour}");
                }
            }
        }
        assert_eq!(Colour::parse("#ffe14d").unwrap().ink(), BLACK);
        assert_eq!(Colour::parse("#7d4aee").unwrap().ink(), WHITE);
    }

    #[test]
    fn a_button_has_an_edge_where_its_colour_is_that_of_the_card() {
        let css = |text| Colour::parse(text).unwrap().css();
        assert_eq!(
            css("#ffffff"),
            ":root { --brand: #ffffff; --on-brand: #000000; --brand-edge: var(--ink); }\n\
             @media (prefers-color-scheme: dark) { :root { --brand-edge: #ffffff; } }\n"
        );
        assert!(css("#111111").ends_with("{ --brand-edge: var(--ink); } }\n"));
        assert!(!css("#c2410c").contains("var(--ink)"));
    }

    #[test]
    fn t53_a_colour_is_six_digits_and_nothing_else() {
        for text in [
            "",
            "#",
            "#fff",
            "#12345",
            "#1234567",
            "#ggaabb",
            "112233",
            "red",
            "#11 233",
            "#112233;}",
            "url(//evil.example)",
            "#１１２２３３",
        ] {
            assert_eq!(Colour::parse(text), None, "{text}");
        }
    }
}

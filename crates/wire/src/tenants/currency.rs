//! The currencies of ISO 4217 and their minor units.

use std::fmt;
use std::str::FromStr;

/// An active currency or fund of ISO 4217 (list one, as published on 2026-01-01) that has a minor
/// unit, which precious metals, drawing rights and test codes have not.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency {
    code: &'static str,
    digits: u8,
}

/// The text is not the code of an active currency, in capitals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be an active ISO 4217 code in capital letters, such as \"EUR\"")]
pub struct NotACurrency;

impl Currency {
    /// The code: three capital letters.
    pub const fn code(self) -> &'static str {
        self.code
    }

    /// How many digits stand after the decimal point of an amount (threat T66).
    ///
    /// ```
    /// use wire::tenants::Currency;
    /// let digits = ["EUR", "JPY", "BHD"].map(|code| code.parse::<Currency>().unwrap().digits());
    /// assert_eq!(digits, [2, 0, 3]);
    /// ```
    pub const fn digits(self) -> u8 {
        self.digits
    }

    /// All currencies, ordered by digits and code.
    pub fn all() -> impl Iterator<Item = Self> {
        BY_DIGITS.iter().flat_map(|&(digits, codes)| {
            let codes = codes.split_ascii_whitespace();
            codes.map(move |code| Self { code, digits })
        })
    }
}

impl FromStr for Currency {
    type Err = NotACurrency;

    fn from_str(text: &str) -> Result<Self, NotACurrency> {
        Self::all()
            .find(|known| known.code == text)
            .ok_or(NotACurrency)
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code)
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code)
    }
}

impl serde::Serialize for Currency {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.code)
    }
}

const BY_DIGITS: &[(u8, &str)] = &[
    (
        0,
        "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    ),
    (
        2,
        "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD \
         CAD CDF CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP \
         GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK \
         LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO \
         NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS \
         SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST \
         XAD XCD XCG YER ZAR ZMW ZWG",
    ),
    (3, "BHD IQD JOD KWD LYD OMR TND"),
    (4, "CLF UYW"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t66_the_table_has_each_code_once() {
        let all: Vec<_> = Currency::all().collect();
        let mut codes: Vec<_> = all.iter().map(|known| known.code).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), all.len());
        let count = |digits| all.iter().filter(|known| known.digits == digits).count();
        assert_eq!([0, 2, 3, 4].map(count), [17, 139, 7, 2]);
    }

    #[test]
    fn t66_refuses_codes_that_are_no_money_or_no_longer_money() {
        for text in [
            "",
            "eur",
            "EURO",
            "EU",
            " EUR",
            "E\u{421}R",
            "XAU",
            "XDR",
            "XTS",
            "XUA",
            "HRK",
            "BGN",
            "ANG",
            "CUC",
            "ZWL",
            "DEM",
            "BTC",
            "978",
        ] {
            assert_eq!(text.parse::<Currency>(), Err(NotACurrency), "{text:?}");
        }
    }
}

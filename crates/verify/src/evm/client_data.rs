//! Where contracts look in client data.
//!
//! A contract reads no JSON. It compares bytes, at a place it is told or at the beginning, so type
//! and challenge must be spelled as browsers spell them.

use wire::encoding::base64url;
use wire::evm::safe;
use wire::webauthn::ClientData;

use super::EvmRejection;

/// `"type":"webauthn.get"`, as a contract compares it.
const TYPE: &str = r#""type":"webauthn.get""#;

/// Client data of the right ceremony with the right challenge, both where a contract finds them.
pub(super) struct Located<'a> {
    json: &'a [u8],
    challenge: String,
    /// Where the type's name begins, with its quotation mark.
    pub(super) type_index: usize,
    /// Where the challenge's name begins, with its quotation mark.
    pub(super) challenge_index: usize,
}

impl<'a> Located<'a> {
    /// Reads the JSON first: bytes that merely look right could be inside another member.
    pub(super) fn find(json: &'a [u8], challenge: &[u8]) -> Result<Self, EvmRejection> {
        let data = ClientData::parse(json).map_err(EvmRejection::ClientData)?;
        if data.kind != "webauthn.get" {
            return Err(EvmRejection::Ceremony);
        }
        let challenge = base64url::encode(challenge);
        if data.challenge != challenge {
            return Err(EvmRejection::Challenge);
        }
        let member = format!(r#""challenge":"{challenge}""#);
        Ok(Self {
            type_index: position(json, TYPE).ok_or(EvmRejection::Spelling)?,
            challenge_index: position(json, &member).ok_or(EvmRejection::Spelling)?,
            json,
            challenge,
        })
    }

    /// What follows the challenge and its quotation mark, if type and challenge come first.
    pub(super) fn after_beginning(&self) -> Result<&'a [u8], EvmRejection> {
        let rest = self.json.strip_prefix(safe::CLIENT_DATA_BEGIN.as_bytes());
        rest.and_then(|rest| rest.strip_prefix(self.challenge.as_bytes()))
            .and_then(|rest| rest.strip_prefix(b"\""))
            .ok_or(EvmRejection::Beginning)
    }

    /// The fields from which Safe's module writes exactly this client data.
    pub(super) fn fields(&self) -> Result<&'a [u8], EvmRejection> {
        let begin = [safe::CLIENT_DATA_BEGIN, &self.challenge].concat();
        // It is the challenge's quotation mark that the middle begins with.
        self.after_beginning()?;
        let rest = &self.json[begin.len()..];
        rest.strip_prefix(safe::CLIENT_DATA_MIDDLE.as_bytes())
            .and_then(|rest| rest.strip_suffix(safe::CLIENT_DATA_END.as_bytes()))
            .ok_or(EvmRejection::Fields)
    }
}

fn position(bytes: &[u8], wanted: &str) -> Option<usize> {
    let mut windows = bytes.windows(wanted.len());
    windows.position(|window| window == wanted.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHALLENGE: &[u8] = &[0xfb, 0xff];

    fn find(json: &str) -> Result<(usize, usize), EvmRejection> {
        let located = Located::find(json.as_bytes(), CHALLENGE)?;
        Ok((located.type_index, located.challenge_index))
    }

    fn fields(json: &str) -> Result<String, EvmRejection> {
        let located = Located::find(json.as_bytes(), CHALLENGE)?;
        located
            .fields()
            .map(|fields| String::from_utf8(fields.to_vec()).unwrap())
    }

    const PLAIN: &str = r#"{"type":"webauthn.get","challenge":"-_8","origin":"https://a.example"}"#;

    #[test]
    fn finds_type_and_challenge_wherever_they_are() {
        assert_eq!(find(PLAIN), Ok((1, 23)));
        let turned = r#"{"origin":"https://a.example","challenge":"-_8","type":"webauthn.get"}"#;
        assert_eq!(find(turned), Ok((48, 30)));
        let marked = format!("\u{feff}{PLAIN}");
        assert_eq!(find(&marked), Ok((4, 26)));
    }

    #[test]
    fn refuses_what_only_json_understands() {
        for (from, to) in [
            (r#""type":"#, r#""type": "#),
            ("webauthn.get", r"webauthn\u002eget"),
            (r#""challenge":"#, r#""challenge" :"#),
            ("-_8", r"\u002d_8"),
        ] {
            let spelled = PLAIN.replace(from, to);
            assert_eq!(find(&spelled), Err(EvmRejection::Spelling), "{spelled}");
        }
    }

    #[test]
    fn refuses_another_ceremony_and_another_challenge() {
        let created = PLAIN.replace("webauthn.get", "webauthn.create");
        assert_eq!(find(&created), Err(EvmRejection::Ceremony));
        for other in ["-_9", "-_8=", "+/8", "-_8A", ""] {
            let json = PLAIN.replace("-_8", other);
            assert_eq!(find(&json), Err(EvmRejection::Challenge), "{other}");
        }
    }

    #[test]
    fn refuses_the_right_text_in_the_wrong_member() {
        let inside = r#"{"type":"webauthn.create","challenge":"AA","origin":"","x":{"type":"webauthn.get","challenge":"-_8"}}"#;
        assert_eq!(find(inside), Err(EvmRejection::Ceremony));
        let quoted = r#"{"type":"webauthn.get","challenge":"AA","origin":"\"challenge\":\"-_8\""}"#;
        assert_eq!(find(quoted), Err(EvmRejection::Challenge));
    }

    #[test]
    fn cuts_the_fields_after_the_challenge() {
        let origin = r#""origin":"https://a.example""#;
        assert_eq!(fields(PLAIN).as_deref(), Ok(origin));
        let turned = r#"{"challenge":"-_8","type":"webauthn.get","origin":""}"#;
        assert_eq!(fields(turned), Err(EvmRejection::Beginning));
        let marked = format!("\u{feff}{PLAIN}");
        assert_eq!(fields(&marked), Err(EvmRejection::Beginning));
        for (from, to) in [(r#"","origin"#, r#"" ,"origin"#), ("\"}", "\"}\n")] {
            let spelled = PLAIN.replace(from, to);
            assert_eq!(fields(&spelled), Err(EvmRejection::Fields), "{spelled:?}");
        }
    }
}

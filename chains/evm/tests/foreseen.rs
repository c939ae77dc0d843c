//! What `verify` refuses, the contracts refuse, and the other way round.

use verify::evm::{EvmRejection, Family};

use crate::ceremony::{COINBASE, Ceremony, DAIMO_V1, FAMILIES, HASH, Passkey};
use crate::wallets::Wallets;

/// One thing done to a ceremony before it is signed.
struct Change {
    name: &'static str,
    edit: fn(&mut Ceremony),
    /// What `verify` says, if it refuses at all.
    rejection: Option<EvmRejection>,
    /// Who refuses here and accepts on the chain.
    stricter: &'static [Family],
}

const UP: u8 = 0x01;
const UV: u8 = 0x04;
const BE: u8 = 0x08;
const BS: u8 = 0x10;

const BEGINNING: Option<EvmRejection> = Some(EvmRejection::Beginning);
const CEREMONY: Option<EvmRejection> = Some(EvmRejection::Ceremony);
const CHALLENGE: Option<EvmRejection> = Some(EvmRejection::Challenge);
const SPELLING: Option<EvmRejection> = Some(EvmRejection::Spelling);

const CHANGES: &[Change] = &[
    harmless("nothing", |_| {}),
    harmless("a synced passkey", |it| it.data[32] = UP | UV | BE | BS),
    harmless("one that could be synced", |it| it.data[32] = UP | UV | BE),
    harmless("a counter", |it| it.data[36] = 7),
    harmless("extensions", |it| it.data.extend([0xa0; 60])),
    harmless("no crossOrigin", |it| {
        it.replace(r#","crossOrigin":false"#, "");
    }),
    harmless("a member more", |it| it.replace("}", r#","more":"}\"{é"}"#)),
    harmless("an origin that quotes a challenge", |it| {
        it.replace("https:", r#"\"challenge\":\"AA\""#);
    }),
    Change {
        name: "an unverified user",
        edit: |it| it.data[32] = UP,
        rejection: Some(EvmRejection::UserVerification),
        stricter: &[],
    },
    Change {
        name: "an absent user",
        edit: |it| it.data[32] = UV,
        rejection: Some(EvmRejection::UserPresence),
        stricter: &[Family::Safe],
    },
    Change {
        name: "an impossible backup",
        edit: |it| it.data[32] = UP | UV | BS,
        rejection: Some(EvmRejection::BackupState),
        stricter: &[],
    },
    Change {
        name: "no counter",
        edit: |it| it.data.truncate(36),
        rejection: Some(EvmRejection::AuthenticatorData),
        stricter: &[COINBASE, Family::Solady, Family::Safe],
    },
    Change {
        name: "another ceremony",
        edit: |it| it.replace("webauthn.get", "webauthn.create"),
        rejection: CEREMONY,
        stricter: &[],
    },
    Change {
        name: "a payment",
        edit: |it| it.replace("webauthn.get", "payment.get"),
        rejection: CEREMONY,
        stricter: &[],
    },
    Change {
        name: "a challenge with padding",
        edit: |it| it.replace(r#"","origin"#, r#"=","origin"#),
        rejection: CHALLENGE,
        stricter: &[],
    },
    Change {
        name: "a challenge in the other alphabet",
        edit: |it| it.replace("-", "+"),
        rejection: CHALLENGE,
        stricter: &[],
    },
    Change {
        name: "a longer challenge",
        edit: |it| it.replace(r#"","origin"#, r#"A","origin"#),
        rejection: CHALLENGE,
        stricter: &[],
    },
    Change {
        name: "a blank after a colon",
        edit: |it| it.replace(r#""type":"#, r#""type": "#),
        rejection: SPELLING,
        stricter: &[],
    },
    Change {
        name: "an escape in the type",
        edit: |it| it.replace("webauthn.get", r"webauthn\u002eget"),
        rejection: SPELLING,
        stricter: &[],
    },
    Change {
        name: "an escape in a name",
        edit: |it| it.replace(r#""challenge""#, r#""challeng\u0065""#),
        rejection: SPELLING,
        stricter: &[],
    },
    Change {
        name: "a member before the others",
        edit: |it| it.replace(r#"{"type""#, r#"{"first":1,"type""#),
        rejection: BEGINNING,
        stricter: &[DAIMO_V1],
    },
    Change {
        name: "a byte order mark",
        edit: |it| it.client.insert(0, '\u{feff}'),
        rejection: BEGINNING,
        stricter: &[DAIMO_V1],
    },
    Change {
        name: "a blank before the comma",
        edit: |it| it.replace(r#"","origin"#, r#"" ,"origin"#),
        rejection: Some(EvmRejection::Fields),
        stricter: &[],
    },
    Change {
        name: "a line break at the end",
        edit: |it| it.client.push('\n'),
        rejection: Some(EvmRejection::Fields),
        stricter: &[],
    },
];

const fn harmless(name: &'static str, edit: fn(&mut Ceremony)) -> Change {
    Change {
        name,
        edit,
        rejection: None,
        stricter: &[],
    }
}

#[test]
fn a_contract_accepts_what_was_foreseen_and_nothing_else() {
    let passkey = Passkey::new(1);
    let mut wallets = Wallets::osaka(&passkey.key());
    for change in CHANGES {
        let mut refusals = 0;
        for family in FAMILIES {
            let label = format!("{}, {family:?}", change.name);
            let signed = passkey.answer(&family, change.edit);
            let foreseen = signed.encode(&family, &passkey.key());
            let sent = signed.draft().spell(&family);
            let accepted = wallets.accept(&family, &HASH, &sent);
            match foreseen {
                Ok(encoded) => {
                    assert_eq!(encoded.signature, sent, "{label}");
                    assert!(accepted, "{label}");
                }
                Err(rejection) => {
                    assert_eq!(Some(rejection), change.rejection, "{label}");
                    assert_eq!(accepted, change.stricter.contains(&family), "{label}");
                    refusals += 1;
                }
            }
        }
        // A change that was meant to be refused is, by somebody.
        assert_eq!(refusals > 0, change.rejection.is_some(), "{}", change.name);
    }
}

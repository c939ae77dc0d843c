//! `AD` and `AA`: authenticator data, its flags and its counter.

use super::context::{ORIGIN, RP_ID};
use super::draft::{AssertionDraft, RegistrationDraft, other_key};
use super::{ACCEPT, Corpus};
use crate::authenticator::{AT, AuthData, BE, BS, ED, UP, UV};
use crate::encode::cbor::{Cbor, map};
use crate::encode::{base64url, sha256};
use crate::keys::alg;

const RP: &str = "rp_id_hash_mismatch";
const TRAILING: &str = "authdata_trailing_bytes";
const TRUNCATED: &str = "authdata_truncated";
const NOBODY: &str = "user_presence_missing";
const UNVERIFIED: &str = "user_verification_missing";
const COUNTER: &str = "sign_count_not_increased";
const BACKUP: &str = "backup_eligibility_changed";

/// A good extension map.
fn extensions() -> Cbor {
    map([("credProtect", Cbor::Int(2))])
}

fn hash(rp_id: &str) -> [u8; 32] {
    sha256(&[rp_id.as_bytes()])
}

pub(super) fn registration(corpus: &mut Corpus) {
    let mut number = 0;
    let mut next = |what: &str, expect: &str, edit: &dyn Fn(&mut RegistrationDraft)| {
        number += 1;
        corpus.registration(&format!("AD-{number:02}"), what, expect, edit);
    };
    next("36 bytes", "authdata_too_short", &|draft| {
        draft.data_bytes = Some(draft.data.encode()[..36].to_vec());
    });
    next("AT and nothing after the counter", TRUNCATED, &|draft| {
        draft.data_bytes = Some(draft.data.encode()[..37].to_vec());
    });
    next("no AT and no credential", "authdata_at_missing", &|draft| {
        draft.data.flags &= !AT;
        draft.data_bytes = Some(draft.data.encode()[..37].to_vec());
    });
    next("no AT but a credential", TRAILING, &|draft| {
        draft.data.flags &= !AT
    });
    next("bytes after the public key", TRAILING, &|draft| {
        draft.data.trailing = vec![0]
    });
    next("credential id longer than the data", TRUNCATED, &|draft| {
        draft.data.credential().claimed_length = Some(1000);
    });
    next("credential id empty", "credential_id_empty", &|draft| {
        draft.data.credential().id = vec![];
    });
    next("credential id of 1,023 bytes", ACCEPT, &|draft| {
        draft.data.credential().id = vec![0x61; 1023];
    });
    next(
        "credential id of 1,024 bytes",
        "credential_id_too_long",
        &|draft| {
            draft.data.credential().id = vec![0x61; 1024];
        },
    );
    next(
        "ED and no extensions",
        "authdata_extensions_missing",
        &|draft| draft.data.flags |= ED,
    );
    next("extensions and no ED", TRAILING, &|draft| {
        draft.data.extensions = Some(extensions())
    });
    let extend = |draft: &mut RegistrationDraft, extensions: Cbor| {
        draft.data.flags |= ED;
        draft.data.extensions = Some(extensions);
    };
    next("extensions", ACCEPT, &|draft| extend(draft, extensions()));
    next("an extension nobody knows", ACCEPT, &|draft| {
        extend(draft, map([("telepathy", Cbor::Bool(true))]));
    });
    next(
        "extensions in an array",
        "authdata_extensions_not_map",
        &|draft| {
            extend(draft, Cbor::Array(vec![]));
        },
    );
    next("a byte after the extensions", TRAILING, &|draft| {
        extend(draft, extensions());
        draft.data.trailing = vec![0];
    });
    next(
        "extensions cut short",
        "authdata_extensions_cbor",
        &|draft| {
            let bytes = extensions().encode();
            extend(draft, Cbor::Raw(bytes[..bytes.len() - 1].to_vec()));
        },
    );
    next("an extension twice", "authdata_extensions_cbor", &|draft| {
        let Cbor::Map(mut entries) = extensions() else {
            return;
        };
        entries.extend(entries.clone());
        extend(draft, Cbor::Map(entries));
    });
    next("another RP ID", RP, &|draft| {
        draft.data.rp_id_hash = hash("attacker.example")
    });
    next("the suffix of the RP ID", RP, &|draft| {
        draft.data.rp_id_hash = hash("org")
    });
    next("the hash of the origin", RP, &|draft| {
        draft.data.rp_id_hash = hash(ORIGIN)
    });
    next("the RP ID in capitals", RP, &|draft| {
        draft.data.rp_id_hash = hash("EXAMPLE.ORG")
    });
    let require = |draft: &mut RegistrationDraft| {
        draft.context.user_verification = "required".to_owned();
    };
    next("nobody present", NOBODY, &|draft| {
        draft.data.flags &= !(UP | UV)
    });
    next("nobody present, conditional mediation", ACCEPT, &|draft| {
        draft.data.flags &= !(UP | UV);
        draft.context.conditional = true;
    });
    next("unverified, verification required", UNVERIFIED, &|draft| {
        draft.data.flags &= !UV;
        require(draft);
    });
    next("unverified, verification preferred", ACCEPT, &|draft| {
        draft.data.flags &= !UV
    });
    next("verified and not present", NOBODY, &|draft| {
        draft.data.flags &= !UP
    });
    next(
        "backed up and not eligible",
        "backup_state_without_eligibility",
        &|draft| {
            draft.data.flags |= BS;
        },
    );
    next("eligible and not backed up", ACCEPT, &|draft| {
        draft.data.flags |= BE
    });
    next("reserved flags", ACCEPT, &|draft| draft.data.flags |= 0x22);
    next(
        "a model that is not listed",
        "aaguid_not_allowed",
        &|draft| {
            draft.data.credential().aaguid = [7; 16];
            draft.context.attestation.aaguids = Some(vec![hex::encode([8; 16])]);
        },
    );
    next(
        "a credential that is registered",
        "credential_already_registered",
        &|draft| {
            let id = base64url(&draft.data.credential().id);
            draft.context.registered = vec![id];
        },
    );
    next(
        "no attestation where one is demanded",
        "att_fmt_not_allowed",
        &|draft| {
            draft.context.attestation.formats = Some(vec!["packed".to_owned()]);
        },
    );
}

pub(super) fn assertion(corpus: &mut Corpus) {
    let mut number = 0;
    let mut next = |what: &str, expect: &str, edit: &dyn Fn(&mut AssertionDraft)| {
        number += 1;
        corpus.assertion(&format!("AA-{number:02}"), what, expect, edit);
    };
    next("36 bytes", "authdata_too_short", &|draft| {
        draft.data_bytes = Some(draft.data.encode()[..36].to_vec());
    });
    next("a byte after the counter", TRAILING, &|draft| {
        draft.data.trailing = vec![0]
    });
    next("another RP ID", RP, &|draft| {
        draft.data.rp_id_hash = hash("attacker.example")
    });
    let app_id = "https://example.org/appid.json";
    next("the AppID, which was not asked for", RP, &|draft| {
        draft.data.rp_id_hash = hash(app_id)
    });
    next("the AppID, which was asked for", ACCEPT, &|draft| {
        draft.data.rp_id_hash = hash(app_id);
        draft.context.app_id = Some(app_id.to_owned());
        draft.edit_envelope(|envelope| {
            envelope["clientExtensionResults"] = serde_json::json!({"appid": true});
        });
    });
    let verification = |draft: &mut AssertionDraft, wish: &str| {
        draft.context.user_verification = wish.to_owned();
    };
    next("nobody present", NOBODY, &|draft| draft.data.flags &= !UP);
    next(
        "nobody present, verification discouraged",
        NOBODY,
        &|draft| {
            draft.data.flags &= !(UP | UV);
            verification(draft, "discouraged");
        },
    );
    next("unverified, verification required", UNVERIFIED, &|draft| {
        draft.data.flags &= !UV;
        verification(draft, "required");
    });
    next("unverified, verification preferred", ACCEPT, &|draft| {
        draft.data.flags &= !UV
    });
    next("verified, verification discouraged", ACCEPT, &|draft| {
        verification(draft, "discouraged");
    });
    next(
        "backed up and not eligible",
        "backup_state_without_eligibility",
        &|draft| {
            draft.data.flags |= BS;
        },
    );
    next("eligible, was not", BACKUP, &|draft| draft.data.flags |= BE);
    next("not eligible, was", BACKUP, &|draft| {
        draft.stored().backup_eligible = true
    });
    next("no longer backed up", ACCEPT, &|draft| {
        draft.data.flags |= BE;
        draft.stored().backup_eligible = true;
    });
    next("extensions", ACCEPT, &|draft| {
        draft.data.flags |= ED;
        draft.data.extensions = Some(extensions());
    });
    next(
        "ED and no extensions",
        "authdata_extensions_missing",
        &|draft| draft.data.flags |= ED,
    );
    next("extensions and no ED", TRAILING, &|draft| {
        draft.data.extensions = Some(extensions())
    });
    let attest = |draft: &mut AssertionDraft, key: Cbor| {
        let registration = AuthData::registration(RP_ID, b"testkit-cred-001", key);
        draft.data.flags |= AT;
        draft.data.credential = registration.credential;
    };
    next("the credential's key comes along", ACCEPT, &|draft| {
        attest(draft, super::draft::key(alg::ES256).cose(alg::ES256));
    });
    next(
        "another key comes along and signed",
        "signature_invalid",
        &|draft| {
            let other = other_key(alg::ES256);
            attest(draft, other.cose(alg::ES256));
            draft.sign(move |message| other.sign(message));
        },
    );
    next("AT and no credential", TRUNCATED, &|draft| {
        draft.data.flags |= AT
    });
    for (what, stored, told, expect) in [
        ("counter as it was", 5, 5, COUNTER),
        ("counter below what it was", 5, 4, COUNTER),
        ("counter zero, was not", 5, 0, COUNTER),
        ("counter zero, as it was", 0, 0, ACCEPT),
        ("counter at its end", 5, u32::MAX, ACCEPT),
    ] {
        next(what, expect, &|draft| {
            draft.stored().sign_count = stored;
            draft.data.sign_count = told;
        });
    }
}

//! `SELF` and `FULL`: the packed format.

use super::super::draft::{RegistrationDraft, key, other_key};
use super::super::{ACCEPT, Corpus};
use super::{AAGUID, Maker};
use crate::authenticator::statement::{self, packed_full, packed_self, x5c};
use crate::encode::cbor::{Cbor, bytes, map, text};
use crate::encode::certificate::{
    COMMON_NAME, COUNTRY, Certificate, ORGANISATION, UNIT, extension,
};
use crate::encode::sha256;
use crate::keys::{SigningKey, alg};

const INVALID: &str = "att_packed_signature_invalid";

pub(super) fn by_itself(corpus: &mut Corpus) {
    let mut number = 0;
    let mut next = |what: &str, expect: &str, edit: &dyn Fn(&mut RegistrationDraft)| {
        number += 1;
        corpus.registration(&format!("SELF-{number:02}"), what, expect, |draft| {
            attest(draft, alg::ES256, key(alg::ES256));
            edit(draft);
        });
    };
    // Signs something else than what is to be signed.
    let over = |message: fn(&[u8], &[u8; 32]) -> Vec<u8>| {
        move |draft: &mut RegistrationDraft| {
            draft.attest("packed", move |data, hash| {
                let signature = key(alg::ES256).sign(&message(data, hash));
                map([("alg", alg::ES256.into()), ("sig", bytes(signature))])
            });
        }
    };
    let statement =
        |edit: fn(&mut Cbor)| move |draft: &mut RegistrationDraft| draft.edit_statement(edit);
    next("ES256", ACCEPT, &|_| {});
    for (what, algorithm) in [
        ("RS256", alg::RS256),
        ("EdDSA", alg::EDDSA),
        ("ES256K", alg::ES256K),
    ] {
        next(what, ACCEPT, &|draft| {
            let key = draft.use_algorithm(algorithm);
            attest(draft, algorithm, key);
        });
    }
    let mismatch = "att_packed_self_alg_mismatch";
    next(
        "an empty statement",
        "att_packed_alg_missing",
        &statement(|s| *s = map([])),
    );
    next(
        "no alg",
        "att_packed_alg_missing",
        &statement(|s| s.remove("alg")),
    );
    next(
        "alg is text",
        "att_packed_alg_type",
        &statement(|s| s.set("alg", text("ES256"))),
    );
    next(
        "no sig",
        "att_packed_sig_missing",
        &statement(|s| s.remove("sig")),
    );
    next(
        "sig is text",
        "att_packed_sig_type",
        &statement(|s| s.set("sig", text("AA"))),
    );
    next(
        "sig is empty",
        INVALID,
        &statement(|s| s.set("sig", bytes([]))),
    );
    next("by another key", INVALID, &|draft| {
        attest(draft, alg::ES256, other_key(alg::ES256))
    });
    next(
        "over the authenticator data alone",
        INVALID,
        &over(|data, _| data.to_vec()),
    );
    next(
        "over the hash alone",
        INVALID,
        &over(|_, hash| hash.to_vec()),
    );
    next("over the client data, not its hash", INVALID, &|draft| {
        let client = draft.client.encode();
        draft.attest("packed", move |data, _| {
            packed_self(alg::ES256, &key(alg::ES256), data, &client)
        });
    });
    for (what, algorithm) in [("alg RS256", alg::RS256), ("alg ES384", alg::ES384)] {
        next(what, mismatch, &|draft| {
            draft.edit_statement(move |statement| statement.set("alg", algorithm.into()));
        });
    }
    next(
        "x5c is empty",
        "att_packed_x5c_malformed",
        &statement(|s| s.set("x5c", x5c(&[]))),
    );
    next(
        "a certificate is demanded",
        "att_type_not_allowed",
        &|draft| {
            Maker::new().trust(draft);
            draft.context.attestation.demand_certificates = true;
        },
    );
    next(
        "ecdaaKeyId",
        "att_packed_ecdaa_unsupported",
        &statement(|statement| {
            statement.set("ecdaaKeyId", bytes([1; 32]));
        }),
    );
    next(
        "authenticator data changed after signing",
        INVALID,
        &|draft| {
            let mut changed = draft.data.clone();
            changed.sign_count = 1;
            draft.edit_object(move |object| object.set("authData", bytes(changed.encode())));
        },
    );
}

fn attest(draft: &mut RegistrationDraft, algorithm: i64, key: SigningKey) {
    draft.attest("packed", move |data, hash| {
        packed_self(algorithm, &key, data, hash)
    });
}

pub(super) fn full(corpus: &mut Corpus) {
    let mut full = Full { corpus, number: 0 };
    full.certificate("a certificate under the root", ACCEPT, |_| {});
    full.chain("a certificate under an intermediate", ACCEPT, |maker| {
        let key = SigningKey::for_algorithm(alg::ES256, "intermediate");
        let intermediate = maker.root.intermediate("Testkit Intermediate", &key);
        let leaf = intermediate.leaf(&maker.key).sign(&key);
        vec![leaf, intermediate.sign(&maker.root_key)]
    });
    statements(&mut full);
    certificates(&mut full);
    chains(&mut full);
}

struct Full<'a> {
    corpus: &'a mut Corpus,
    number: u32,
}

impl Full<'_> {
    /// The next case: a good statement over a good certificate, changed by `edit`.
    fn next(&mut self, what: &str, expect: &str, edit: impl FnOnce(&mut RegistrationDraft, Maker)) {
        self.number += 1;
        let id = format!("FULL-{:02}", self.number);
        self.corpus.registration(&id, what, expect, |draft| {
            let maker = Maker::new();
            maker.trust(draft);
            let (key, leaf) = (maker.key.clone(), maker.leaf(|_| {}));
            draft.attest("packed", move |data, hash| {
                packed_full(&key, &[&leaf], data, hash)
            });
            edit(draft, maker);
        });
    }

    fn statement(&mut self, what: &str, expect: &str, edit: impl FnOnce(&mut Cbor) + 'static) {
        self.next(what, expect, |draft, _| draft.edit_statement(edit));
    }

    fn chain(&mut self, what: &str, expect: &str, make: fn(&Maker) -> Vec<Vec<u8>>) {
        self.next(what, expect, |draft, maker| {
            draft.attest("packed", move |data, hash| {
                let chain = make(&maker);
                let chain: Vec<&[u8]> = chain.iter().map(Vec::as_slice).collect();
                packed_full(&maker.key, &chain, data, hash)
            });
        });
    }

    fn certificate(&mut self, what: &str, expect: &str, edit: fn(&mut Certificate)) {
        self.next(what, expect, |draft, maker| {
            draft.attest("packed", move |data, hash| {
                packed_full(&maker.key, &[&maker.leaf(edit)], data, hash)
            });
        });
    }
}

fn statements(full: &mut Full<'_>) {
    let malformed = "att_packed_x5c_malformed";
    full.statement("no x5c, so it reads as self attestation", INVALID, |s| {
        s.remove("x5c")
    });
    full.statement("x5c is a map", malformed, |s| s.set("x5c", map([])));
    full.statement("x5c is bytes", malformed, |s| s.set("x5c", bytes([0x30])));
    full.statement("a certificate is text", malformed, |s| {
        s.set("x5c", Cbor::Array(vec![text("MII")]));
    });
    full.statement("a certificate is not DER", "att_packed_cert_parse", |s| {
        s.set("x5c", x5c(&[&[0x30, 0x03, 1, 2]]));
    });
    full.chain(
        "a byte after the certificate",
        "att_packed_cert_parse",
        |maker| {
            let mut leaf = maker.leaf(|_| {});
            leaf.push(0);
            vec![leaf]
        },
    );
    full.next("over something else", INVALID, |draft, maker| {
        draft.attest("packed", move |data, _| {
            packed_full(
                &maker.key,
                &[&maker.leaf(|_| {})],
                data,
                &sha256(&[b"other"]),
            )
        });
    });
    full.next("by the credential key", INVALID, |draft, maker| {
        draft.attest("packed", move |data, hash| {
            packed_full(&key(alg::ES256), &[&maker.leaf(|_| {})], data, hash)
        });
    });
    for (what, algorithm) in [("alg RS256", alg::RS256), ("alg ES384", alg::ES384)] {
        full.statement(what, INVALID, move |s| s.set("alg", algorithm.into()));
    }
}

fn certificates(full: &mut Full<'_>) {
    full.certificate("of an authority", "att_packed_cert_is_ca", |c| {
        c.authority = Some(true)
    });
    full.certificate("version 1", "att_packed_cert_version", |c| c.version = 1);
    let unit = "att_packed_cert_subject_ou";
    full.certificate("no unit", unit, |c| {
        c.subject.retain(|(kind, _)| *kind != UNIT)
    });
    full.certificate("another unit", unit, |c| c.subject[2].1 = "Attestation");
    full.certificate("no country", "att_packed_cert_subject_c", |c| {
        c.subject.retain(|(kind, _)| *kind != COUNTRY);
    });
    full.certificate("no organisation", "att_packed_cert_subject_o", |c| {
        c.subject.retain(|(kind, _)| *kind != ORGANISATION);
    });
    full.certificate("no common name", "att_packed_cert_subject_cn", |c| {
        c.subject.retain(|(kind, _)| *kind != COMMON_NAME);
    });
    full.certificate("of another model", "att_packed_aaguid_mismatch", |c| {
        c.extensions = vec![statement::aaguid_extension(&[7; 16])];
    });
    full.certificate(
        "the model critical",
        "att_packed_aaguid_ext_critical",
        |c| {
            let value = crate::encode::der::octets(&AAGUID);
            c.extensions = vec![extension(statement::AAGUID, true, &value)];
        },
    );
    full.certificate(
        "the model without its own wrapping",
        "att_packed_aaguid_ext_malformed",
        |c| {
            c.extensions = vec![extension(statement::AAGUID, false, &AAGUID)];
        },
    );
    full.certificate("no model named", ACCEPT, |c| c.extensions = vec![]);
}

fn chains(full: &mut Full<'_>) {
    full.chain("the intermediate first", INVALID, |maker| {
        let key = SigningKey::for_algorithm(alg::ES256, "intermediate");
        let intermediate = maker.root.intermediate("Testkit Intermediate", &key);
        let leaf = intermediate.leaf(&maker.key).sign(&key);
        vec![intermediate.sign(&maker.root_key), leaf]
    });
    full.chain(
        "a stranger's certificate second",
        "att_chain_invalid",
        |maker| {
            let key = SigningKey::for_algorithm(alg::ES256, "stranger");
            vec![
                maker.leaf(|_| {}),
                Certificate::root("Stranger", &key).sign(&key),
            ]
        },
    );
    let untrusted = "att_untrusted_root";
    full.chain("under a root that is no anchor", untrusted, |maker| {
        let key = SigningKey::for_algorithm(alg::ES256, "stranger");
        vec![
            Certificate::root("Stranger", &key)
                .leaf(&maker.key)
                .sign(&key),
        ]
    });
    full.chain(
        "under a root of the anchor's name (GHSA-6hxq-p678-4hr2)",
        untrusted,
        |maker| {
            let mallory = Maker::named("mallory");
            let leaf = mallory.root.leaf(&maker.key).sign(&mallory.root_key);
            vec![leaf, mallory.root()]
        },
    );
    full.chain("signed by itself", untrusted, |maker| {
        let mut leaf = maker.root.leaf(&maker.key);
        leaf.issuer.clone_from(&leaf.subject);
        vec![leaf.sign(&maker.key)]
    });
}

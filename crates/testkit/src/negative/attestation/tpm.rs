//! `TPM`: certified by a trusted platform module.

use super::super::draft::{RegistrationDraft, key, other_key};
use super::super::{ACCEPT, Corpus};
use super::{Maker, member};
use crate::authenticator::statement::{
    self, CertInfo, PublicArea, TPM_NAMES, aik, purpose, some_modulus, tpm, tpm_names, x5c,
};
use crate::encode::cbor::{Cbor, bytes, text};
use crate::encode::certificate::{COMMON_NAME, Certificate};
use crate::encode::digest;
use crate::keys::alg;

/// A statement's makings, open to changes before it is signed.
struct Makings {
    area: PublicArea,
    /// Changes the certification, which was made over the area as changed.
    info: fn(&mut CertInfo),
    /// How many bytes the area loses at its end.
    cut: usize,
    certificate: fn(&mut Certificate),
}

struct Tpm<'a> {
    corpus: &'a mut Corpus,
    number: u32,
}

impl Tpm<'_> {
    fn next(
        &mut self,
        what: &str,
        expect: &str,
        makings: impl FnOnce(&mut Makings),
        edit: impl FnOnce(&mut RegistrationDraft),
    ) {
        self.number += 1;
        let id = format!("TPM-{:02}", self.number);
        self.corpus.registration(&id, what, expect, |draft| {
            let maker = Maker::new();
            maker.trust(draft);
            let mut made = Makings {
                area: PublicArea::p256(&key(alg::ES256)),
                info: |_| {},
                cut: 0,
                certificate: |_| {},
            };
            makings(&mut made);
            draft.attest("tpm", move |data, hash| {
                let mut info = CertInfo::certify(&made.area, &[data, hash].concat());
                (made.info)(&mut info);
                let mut certificate = aik(&maker.root, &maker.key);
                (made.certificate)(&mut certificate);
                let area = made.area.encode();
                let chain = [&*certificate.sign(&maker.root_key)];
                tpm(
                    &maker.key,
                    &chain,
                    &area[..area.len() - made.cut],
                    &info.encode(),
                )
            });
            edit(draft);
        });
    }

    fn statement(&mut self, what: &str, expect: &str, edit: fn(&mut Cbor)) {
        self.next(what, expect, |_| {}, |draft| draft.edit_statement(edit));
    }

    fn info(&mut self, what: &str, expect: &str, edit: fn(&mut CertInfo)) {
        self.next(what, expect, |made| made.info = edit, |_| {});
    }

    fn area(&mut self, what: &str, expect: &str, edit: fn(&mut PublicArea)) {
        self.next(what, expect, |made| edit(&mut made.area), |_| {});
    }

    fn certificate(&mut self, what: &str, expect: &str, edit: fn(&mut Certificate)) {
        self.next(what, expect, |made| made.certificate = edit, |_| {});
    }
}

pub(super) fn cases(corpus: &mut Corpus) {
    let mut next = Tpm { corpus, number: 0 };
    next.statement("a good one", ACCEPT, |_| {});
    next.statement("version 1.2", "att_tpm_ver", |s| s.set("ver", text("1.2")));
    next.statement("no ver", "att_tpm_ver_missing", |s| s.remove("ver"));
    next.statement("no x5c", "att_tpm_x5c_missing", |s| s.remove("x5c"));
    next.statement("no certInfo", "att_tpm_certInfo_missing", |s| {
        s.remove("certInfo")
    });
    next.statement("no pubArea", "att_tpm_pubArea_missing", |s| {
        s.remove("pubArea")
    });

    let extra = "att_tpm_extradata_mismatch";
    next.info("another magic number", "att_tpm_magic", |info| {
        info.magic ^= 1
    });
    next.info("a quote", "att_tpm_type", |info| info.kind = 0x8018);
    next.info("extraData of something else", extra, |info| {
        info.extra_data[0] ^= 1
    });
    next.info("extraData empty", extra, |info| info.extra_data.clear());
    next.next(
        "extraData by SHA-1",
        extra,
        |_| {},
        |draft| {
            let maker = Maker::new();
            draft.attest("tpm", move |data, hash| {
                let area = PublicArea::p256(&key(alg::ES256));
                let message = [data, hash].concat();
                let mut info = CertInfo::certify(&area, &message);
                info.extra_data = digest(&aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY, &message);
                let chain = [&*aik(&maker.root, &maker.key).sign(&maker.root_key)];
                tpm(&maker.key, &chain, &area.encode(), &info.encode())
            });
        },
    );
    let name = "att_tpm_name_mismatch";
    next.info("the name of another area", name, |info| {
        info.name = PublicArea::p256(&other_key(alg::ES256)).name();
    });
    next.info("the name by another algorithm", name, |info| {
        info.name[1] = 0x0c
    });
    next.area("the name by SHA-384", ACCEPT, |area| {
        area.name_algorithm = 0x0c
    });

    let mismatch = "att_tpm_pubarea_key_mismatch";
    next.area("the area of another key", mismatch, |area| {
        *area = PublicArea::p256(&other_key(alg::ES256));
    });
    next.area("the area says P-384", mismatch, |area| area.curve = 4);
    next.next(
        "the area cut short",
        "att_tpm_pubarea_malformed",
        |made| made.cut = 1,
        |_| {},
    );
    next.area("the area of a keyed hash", "att_tpm_pubarea_type", |area| {
        area.kind = 0x08
    });
    next.area("the area of an RSA key", mismatch, |area| {
        area.kind = 0x01;
        area.unique = [some_modulus(), vec![]];
    });
    next.info(
        "a byte after certInfo",
        "att_tpm_certinfo_malformed",
        |info| info.trailing.push(0),
    );
    next.statement(
        "signed by another key",
        "att_tpm_signature_invalid",
        |statement| {
            let signature = other_key(alg::ES256).sign(&member(statement, "certInfo"));
            statement.set("sig", bytes(signature));
        },
    );

    next.certificate("with a subject", "att_tpm_cert_subject_not_empty", |c| {
        c.subject = vec![(COMMON_NAME, "Testkit")];
    });
    next.certificate("no alternative name", "att_tpm_cert_san_missing", |c| {
        c.extensions = vec![purpose(statement::AIK)];
    });
    next.certificate("no model in the name", "att_tpm_cert_san_attr", |c| {
        c.extensions[0] = tpm_names(&[TPM_NAMES[0], TPM_NAMES[2]]);
    });
    next.certificate("no purpose", "att_tpm_cert_eku", |c| {
        c.extensions.truncate(1)
    });
    next.certificate("the purpose of a web server", "att_tpm_cert_eku", |c| {
        c.extensions[1] = purpose(&[1, 3, 6, 1, 5, 5, 7, 3, 1]);
    });
    next.certificate("of an authority", "att_tpm_cert_is_ca", |c| {
        c.authority = Some(true)
    });
    next.certificate("of another model", "att_tpm_aaguid_mismatch", |c| {
        c.extensions.push(statement::aaguid_extension(&[7; 16]));
    });
    next.statement("the root first", "att_tpm_signature_invalid", |statement| {
        let maker = Maker::new();
        let leaf = aik(&maker.root, &maker.key).sign(&maker.root_key);
        statement.set("x5c", x5c(&[&maker.root(), &leaf]));
    });
}

//! `AO`: attestation objects that are unusual or no objects at all.

use super::draft::RegistrationDraft;
use super::{ACCEPT, Corpus};
use crate::encode::cbor::{Cbor, bytes, map, text};

pub(super) fn cases(corpus: &mut Corpus) {
    let mut number = 0;
    let mut next = |what: &str, expect: &str, edit: &dyn Fn(&mut RegistrationDraft)| {
        number += 1;
        corpus.registration(&format!("AO-{number:02}"), what, expect, edit);
    };
    let cbor = "attobj_cbor";
    next("a map that ends before its entries", cbor, &|draft| {
        draft.edit_object_bytes(|bytes| *bytes = vec![0xa3]);
    });
    next("an array", "attobj_not_map", &|draft| {
        draft.edit_object(|object| {
            *object = Cbor::Array(object.entries().iter().map(|(_, v)| v.clone()).collect());
        });
    });
    next("no fmt", "attobj_fmt_missing", &|draft| {
        draft.edit_object(|o| o.remove("fmt"))
    });
    next("fmt is bytes", "attobj_fmt_type", &|draft| {
        draft.format = bytes("none")
    });
    next("fmt is an integer", "attobj_fmt_type", &|draft| {
        draft.format = Cbor::Int(0)
    });
    next("no attStmt", "attobj_attStmt_missing", &|draft| {
        draft.edit_object(|object| object.remove("attStmt"));
    });
    next("attStmt is bytes", "attobj_attStmt_type", &|draft| {
        draft.edit_object(|object| object.set("attStmt", bytes([0xa0])));
    });
    next("attStmt is an array", "attobj_attStmt_type", &|draft| {
        draft.edit_object(|object| object.set("attStmt", Cbor::Array(vec![])));
    });
    next("no authData", "attobj_authData_missing", &|draft| {
        draft.edit_object(|object| object.remove("authData"));
    });
    next("authData is text", "attobj_authData_type", &|draft| {
        draft.edit_object(|object| object.set("authData", text("AA")));
    });
    next("authData is empty", "authdata_too_short", &|draft| {
        draft.data_bytes = Some(vec![])
    });
    next("a byte after the map", "attobj_trailing_bytes", &|draft| {
        draft.edit_object_bytes(|bytes| bytes.push(0));
    });
    next("authData twice", cbor, &|draft| {
        draft.edit_object(|object| {
            let again = object.entries()[2].clone();
            object.entries().push(again);
        });
    });
    next("a map of indefinite length", cbor, &|draft| {
        draft.edit_object_bytes(|bytes| {
            bytes[0] = 0xbf;
            bytes.push(0xff);
        });
    });
    next("authData of indefinite length", cbor, &|draft| {
        draft.edit_object(|object| {
            let chunk = object.entries()[2].1.encode();
            object.set("authData", Cbor::Raw([&[0x5f], &*chunk, &[0xff]].concat()));
        });
    });
    next("authData with a tag", cbor, &|draft| {
        draft.edit_object(|object| {
            let inner = object.entries()[2].1.encode();
            object.set("authData", Cbor::Raw([&[0xd8, 0x18], &*inner].concat()));
        });
    });
    next("members in another order", ACCEPT, &|draft| {
        draft.edit_object(|object| object.entries().swap(1, 2));
    });
    next("a member nobody knows", ACCEPT, &|draft| {
        draft.edit_object(|object| object.set("epAtt", Cbor::Bool(true)));
    });
    next("sixty-four arrays inside one another", cbor, &|draft| {
        draft.edit_object(|object| {
            let nested = [vec![0x81; 64], vec![0xa0]].concat();
            object.set("attStmt", map([("x", Cbor::Raw(nested))]));
        });
    });
    next(
        "an array that claims four thousand million items",
        cbor,
        &|draft| {
            draft.edit_object(|object| {
                object.entries().truncate(1);
                object.set("attStmt", Cbor::Raw(vec![0x9a, 0xff, 0xff, 0xff, 0xff]));
            });
        },
    );
    next("one byte short", cbor, &|draft| {
        draft.edit_object_bytes(|bytes| bytes.truncate(bytes.len() - 1));
    });
    next("fmt is not UTF-8", cbor, &|draft| {
        draft.format = Cbor::Raw(vec![0x64, b'n', b'o', b'n', 0xff]);
    });
    for format in ["not-a-format", "None", "android-safetynet"] {
        next(
            &format!("format {format}"),
            "att_fmt_unsupported",
            &|draft| {
                draft.format = format.into();
            },
        );
    }
}

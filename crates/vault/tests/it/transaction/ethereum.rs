//! Ethereum transactions: vectors, and transactions drawn at random and spelled by an encoder of
//! this file's own.

use proptest::collection::vec;
use proptest::prelude::*;
use serde::Deserialize;
use sha3::{Digest as _, Keccak256};
use testkit::vectors;
use vault::payload::U256;
use vault::transaction::{
    AccessListEntry, EthereumError, EthereumFields, EthereumKind, EthereumTransaction, Fees,
    RlpError, SignedAuthorization,
};
use wire::signing::TransactionType;

use super::{array, bytes, refuses_each};

#[derive(Deserialize)]
struct Vector {
    name: String,
    #[serde(rename = "type")]
    type_byte: Option<u8>,
    chain_id: Option<u64>,
    nonce: u64,
    to: Option<String>,
    value: String,
    gas_limit: String,
    unsigned: String,
    signing_hash: String,
    r: String,
    s: String,
    y_parity: u8,
    signed: String,
}

fn known() -> Vec<Vector> {
    vectors::read("transaction/ethereum.json")
}

#[test]
fn reads_hashes_and_signs_as_viem_and_ethers_do() {
    for vector in known() {
        let name = &vector.name;
        let transaction = EthereumTransaction::parse(&bytes(&vector.unsigned)).expect(name);
        let fields = transaction.fields();
        assert_eq!(fields.kind.type_byte(), vector.type_byte, "{name}");
        assert_eq!(fields.chain_id, vector.chain_id, "{name}");
        assert_eq!(fields.nonce, vector.nonce, "{name}");
        assert_eq!(
            fields.to.map(|to| format!("0x{}", hex::encode(to))),
            vector.to,
            "{name}"
        );
        assert_eq!(fields.value.to_string(), vector.value, "{name}");
        assert_eq!(fields.gas_limit.to_string(), vector.gas_limit, "{name}");
        assert_eq!(
            hex::encode(transaction.signing_hash()),
            vector.signing_hash,
            "{name}"
        );
        let signed =
            transaction.into_signed(&array(&vector.r), &array(&vector.s), vector.y_parity == 1);
        assert_eq!(signed, vector.signed, "{name}");
    }
}

#[test]
fn the_example_of_eip_155_has_the_values_of_the_eip() {
    let transaction = EthereumTransaction::parse(&bytes(
        "ec098504a817c800825208943535353535353535353535353535353535353535880de0b6b3a764000080018080",
    ))
    .unwrap();
    assert_eq!(
        hex::encode(transaction.signing_hash()),
        "daf5a779ae972f972197303d7b574746c7ef83eadac0f2791ad23db92e4c8e53"
    );
    assert!(matches!(transaction.fields().fees, Fees::Price(price) if price == gwei(20)));
    let signed = transaction.into_signed(
        &array("28ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa636276"),
        &array("67cbe9d8997f761aecb703304b3800ccf555c9f3dc64214b297fb1966a3b6d83"),
        false,
    );
    assert!(
        signed.starts_with("f86c0985") && signed.contains("8025a028ef6134"),
        "{signed}"
    );
}

#[test]
fn reads_every_field_of_a_set_code_transaction() {
    let vector = known()
        .into_iter()
        .find(|vector| vector.type_byte == Some(4))
        .unwrap();
    let transaction = EthereumTransaction::parse(&bytes(&vector.unsigned)).unwrap();
    let fields = transaction.fields();
    assert_eq!(
        fields.fees,
        Fees::Capped {
            max_fee_per_gas: gwei(30),
            max_priority_fee_per_gas: gwei(2)
        }
    );
    assert_eq!(fields.data, [0x12, 0x34, 0x56, 0x78]);
    assert_eq!(
        fields.access_list,
        [AccessListEntry {
            address: [0xaa; 20],
            storage_keys: Vec::new()
        }]
    );
    let consents: Vec<_> = fields
        .authorizations
        .iter()
        .map(|consent| (consent.chain_id, consent.address, consent.nonce))
        .collect();
    assert_eq!(
        consents,
        [(1_u64.into(), [0xaa; 20], 7), (U256::ZERO, [0; 20], 0)]
    );
}

#[test]
fn a_signature_with_leading_zeros_is_spelled_without_them() {
    let transaction = || EthereumTransaction::parse(&bytes(&known()[4].unsigned)).unwrap();
    let mut r = [0xff; 32];
    r[..2].copy_from_slice(&[0, 0]);
    let signed = transaction().into_signed(&r, &[0; 32], true);
    assert!(
        signed.ends_with(&format!("019e{}80", "ff".repeat(30))),
        "{signed}"
    );
}

#[test]
fn the_largest_chain_id_has_a_v_of_65_bits() {
    let tree = legacy_with_chain(u64::MAX);
    let transaction = EthereumTransaction::parse(&tree.encode()).unwrap();
    let signed = transaction.into_signed(&[1; 32], &[1; 32], true);
    // 35 + 2 · (2⁶⁴ − 1) + 1 = 2⁶⁵ + 34
    assert!(signed.contains("89020000000000000022a00101"), "{signed}");
}

#[test]
fn refuses_what_is_not_an_unsigned_transaction_and_says_why() {
    refuses_each(
        "transaction/refused-ethereum.json",
        TransactionType::Ethereum,
    );
}

#[test]
fn refuses_every_signed_transaction() {
    // A legacy one has its v where the chain id of an unsigned one is: r and s betray it.
    for vector in known() {
        let refusal = EthereumTransaction::parse(&bytes(&vector.signed));
        assert_eq!(
            refusal,
            Err(EthereumError::AlreadySigned),
            "{}",
            vector.name
        );
    }
}

#[test]
fn refuses_every_transaction_cut_short() {
    for vector in known() {
        let unsigned = bytes(&vector.unsigned);
        for end in 0..unsigned.len() {
            assert!(
                EthereumTransaction::parse(&unsigned[..end]).is_err(),
                "{}",
                vector.name
            );
        }
    }
}

#[test]
fn refuses_a_changed_byte_or_reads_another_transaction() {
    for vector in known() {
        let unsigned = bytes(&vector.unsigned);
        let original = EthereumTransaction::parse(&unsigned).unwrap();
        for at in 0..unsigned.len() {
            for change in [0x01, 0x40, 0x80, 0xff] {
                let mut changed = unsigned.clone();
                changed[at] ^= change;
                if let Ok(transaction) = EthereumTransaction::parse(&changed) {
                    assert_ne!(
                        transaction.fields(),
                        original.fields(),
                        "{} {at}",
                        vector.name
                    );
                    assert_ne!(transaction.signing_hash(), original.signing_hash());
                }
            }
        }
    }
}

proptest! {
    #[test]
    fn reads_back_what_was_written(fields in any_fields(), r: [u8; 32], s: [u8; 32], odd: bool) {
        let unsigned = write(&fields, None);
        let transaction = EthereumTransaction::parse(&unsigned).unwrap();
        prop_assert_eq!(transaction.fields(), &fields);
        let hash: [u8; 32] = Keccak256::digest(&unsigned).into();
        prop_assert_eq!(transaction.signing_hash(), hash);
        let signed = transaction.into_signed(&r, &s, odd);
        prop_assert_eq!(signed, hex::encode(write(&fields, Some((r, s, odd)))));
    }

    #[test]
    fn bytes_behind_a_transaction_are_refused(fields in any_fields(), tail in vec(any::<u8>(), 1..4)) {
        let mut unsigned = write(&fields, None);
        unsigned.extend(tail);
        let refusal = EthereumTransaction::parse(&unsigned);
        prop_assert_eq!(refusal, Err(EthereumError::List(RlpError::Trailing)));
    }

    #[test]
    fn no_bytes_make_it_panic(first: u8, rest in vec(any::<u8>(), 0..200)) {
        let _ = EthereumTransaction::parse(&[&[first][..], &rest].concat());
        let _ = EthereumTransaction::parse(&[&[0x02, 0xc0 | (first & 0x3f)][..], &rest].concat());
    }
}

/// RLP the plain way: a tree, spelled by recursion.
enum Tree {
    Bytes(Vec<u8>),
    List(Vec<Self>),
}

impl Tree {
    fn number(value: U256) -> Self {
        let bytes = value.to_be_bytes();
        Self::Bytes(bytes.into_iter().skip_while(|&byte| byte == 0).collect())
    }

    fn encode(&self) -> Vec<u8> {
        let (offset, content) = match self {
            Self::Bytes(bytes) if bytes.len() == 1 && bytes[0] < 0x80 => return bytes.clone(),
            Self::Bytes(bytes) => (0x80, bytes.clone()),
            Self::List(items) => (0xc0, items.iter().flat_map(Self::encode).collect()),
        };
        let mut encoded = if content.len() < 56 {
            vec![offset + content.len() as u8]
        } else {
            let length: Vec<u8> = content
                .len()
                .to_be_bytes()
                .into_iter()
                .skip_while(|&byte| byte == 0)
                .collect();
            [vec![offset + 55 + length.len() as u8], length].concat()
        };
        encoded.extend(content);
        encoded
    }
}

fn write(fields: &EthereumFields, signature: Option<([u8; 32], [u8; 32], bool)>) -> Vec<u8> {
    let number = |value: u64| Tree::number(value.into());
    let bytes = |value: &[u8]| Tree::Bytes(value.to_vec());
    let to = Tree::Bytes(fields.to.map(Vec::from).unwrap_or_default());
    let access_list = || {
        let entry = |entry: &AccessListEntry| {
            let keys = entry.storage_keys.iter().map(|key| bytes(key)).collect();
            Tree::List(vec![bytes(&entry.address), Tree::List(keys)])
        };
        Tree::List(fields.access_list.iter().map(entry).collect())
    };
    let mut items = Vec::new();
    if let (true, Some(chain_id)) = (fields.kind != EthereumKind::Legacy, fields.chain_id) {
        items.push(number(chain_id));
    }
    items.push(number(fields.nonce));
    match fields.fees {
        Fees::Price(price) => items.push(Tree::number(price)),
        Fees::Capped {
            max_fee_per_gas,
            max_priority_fee_per_gas,
        } => {
            items.push(Tree::number(max_priority_fee_per_gas));
            items.push(Tree::number(max_fee_per_gas));
        }
    }
    items.extend([
        number(fields.gas_limit),
        to,
        Tree::number(fields.value),
        bytes(&fields.data),
    ]);
    if fields.kind != EthereumKind::Legacy {
        items.push(access_list());
    }
    if let Some(fee) = fields.max_fee_per_blob_gas {
        items.push(Tree::number(fee));
        items.push(Tree::List(
            fields
                .blob_versioned_hashes
                .iter()
                .map(|h| bytes(h))
                .collect(),
        ));
    }
    if fields.kind == EthereumKind::SetCode {
        let consent = |consent: &SignedAuthorization| {
            Tree::List(vec![
                Tree::number(consent.chain_id),
                bytes(&consent.address),
                number(consent.nonce),
                number(consent.y_parity.into()),
                Tree::number(consent.r),
                Tree::number(consent.s),
            ])
        };
        items.push(Tree::List(
            fields.authorizations.iter().map(consent).collect(),
        ));
    }
    match (signature, fields.kind, fields.chain_id) {
        (None, EthereumKind::Legacy, Some(chain_id)) => {
            items.extend([number(chain_id), number(0), number(0)]);
        }
        (None, ..) => {}
        (Some((r, s, odd)), kind, chain_id) => {
            let v = match (kind, chain_id) {
                (EthereumKind::Legacy, Some(chain_id)) => 35 + 2 * u128::from(chain_id),
                (EthereumKind::Legacy, None) => 27,
                _ => 0,
            };
            items.push(Tree::number((v + u128::from(odd)).into()));
            items.push(Tree::number(U256::from_be_bytes(r)));
            items.push(Tree::number(U256::from_be_bytes(s)));
        }
    }
    let mut encoded: Vec<u8> = fields.kind.type_byte().into_iter().collect();
    encoded.extend(Tree::List(items).encode());
    encoded
}

/// Numbers of every length, small ones as often as large ones.
fn any_u256() -> impl Strategy<Value = U256> {
    vec(any::<u8>(), 0..=32).prop_map(|bytes| U256::from_be_slice(&bytes).unwrap())
}

fn any_u64() -> impl Strategy<Value = u64> {
    (any::<u64>(), 0..64_u32).prop_map(|(value, shift)| value >> shift)
}

fn any_fields() -> impl Strategy<Value = EthereumFields> {
    let kind = prop::sample::select(vec![
        EthereumKind::Legacy,
        EthereumKind::AccessList,
        EthereumKind::DynamicFee,
        EthereumKind::Blob,
        EthereumKind::SetCode,
    ]);
    let entry =
        (any::<[u8; 20]>(), vec(any::<[u8; 32]>(), 0..3)).prop_map(|(address, storage_keys)| {
            AccessListEntry {
                address,
                storage_keys,
            }
        });
    let consent = (
        any_u256(),
        any::<[u8; 20]>(),
        any_u64(),
        any::<u8>(),
        any_u256(),
        any_u256(),
    )
        .prop_map(
            |(chain_id, address, nonce, y_parity, r, s)| SignedAuthorization {
                chain_id,
                address,
                nonce,
                y_parity,
                r,
                s,
            },
        );
    let numbers = (
        any::<Option<u64>>(),
        any_u64(),
        any_u64(),
        any_u256(),
        any_u256(),
        any_u256(),
    );
    let data = prop_oneof![vec(any::<u8>(), 0..70), vec(any::<u8>(), 250..300)];
    let lists = (
        vec(entry, 0..3),
        vec(any::<[u8; 32]>(), 0..3),
        vec(consent, 0..3),
        any_u256(),
    );
    (kind, numbers, any::<Option<[u8; 20]>>(), data, lists).prop_map(
        |(kind, (chain_id, nonce, gas_limit, fee, tip, value), to, data, lists)| {
            let (access_list, blob_versioned_hashes, authorizations, blob_fee) = lists;
            let legacy = kind == EthereumKind::Legacy;
            let calls_only = matches!(kind, EthereumKind::Blob | EthereumKind::SetCode);
            let blob = kind == EthereumKind::Blob;
            EthereumFields {
                kind,
                chain_id: if legacy {
                    chain_id.filter(|&id| id != 0)
                } else {
                    Some(chain_id.unwrap_or(0))
                },
                nonce,
                gas_limit,
                fees: match kind {
                    EthereumKind::Legacy | EthereumKind::AccessList => Fees::Price(fee),
                    _ => Fees::Capped {
                        max_fee_per_gas: fee,
                        max_priority_fee_per_gas: tip,
                    },
                },
                to: if calls_only {
                    Some(to.unwrap_or_default())
                } else {
                    to
                },
                value,
                data,
                access_list: if legacy { Vec::new() } else { access_list },
                max_fee_per_blob_gas: blob.then_some(blob_fee),
                blob_versioned_hashes: if blob {
                    blob_versioned_hashes
                } else {
                    Vec::new()
                },
                authorizations: if kind == EthereumKind::SetCode {
                    authorizations
                } else {
                    Vec::new()
                },
            }
        },
    )
}

fn legacy_with_chain(chain_id: u64) -> Tree {
    let number = |value: u64| Tree::number(value.into());
    Tree::List(vec![
        number(1),
        number(1),
        number(21_000),
        Tree::Bytes(vec![0x35; 20]),
        number(1),
        Tree::Bytes(Vec::new()),
        number(chain_id),
        number(0),
        number(0),
    ])
}

fn gwei(amount: u64) -> U256 {
    (amount * 1_000_000_000).into()
}

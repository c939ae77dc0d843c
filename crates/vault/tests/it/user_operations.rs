//! The hash of a user operation, against vectors that another implementation computed.

use serde::Deserialize;
use serde_json::{Value, json};
use testkit::vectors;
use vault::payload::{TypedData, U256, UserOperation};
use wire::evm::EntryPointVersion;

#[derive(Deserialize)]
struct Row {
    name: String,
    entry_point_version: String,
    entry_point: String,
    chain_id: u64,
    user_operation: String,
    hash: String,
}

fn rows() -> Vec<Row> {
    vectors::read("payload/user-operations.json")
}

fn version(name: &str) -> EntryPointVersion {
    EntryPointVersion::named(name).unwrap()
}

fn address(text: &str) -> [u8; 20] {
    hex::decode(&text[2..]).unwrap().try_into().unwrap()
}

#[test]
fn user_operations_have_the_hash_that_viem_computes() {
    for row in rows() {
        let version = version(&row.entry_point_version);
        let operation = UserOperation::parse(&row.user_operation, version).unwrap();
        let hash = operation.hash(&address(&row.entry_point), row.chain_id.into());
        assert_eq!(hex::encode(hash), row.hash, "{}", row.name);
    }
}

#[test]
fn what_is_kept_has_the_hash_of_what_was_sent() {
    for row in rows() {
        let version = version(&row.entry_point_version);
        let operation = UserOperation::parse(&row.user_operation, version).unwrap();
        let kept = operation.canonical();
        assert!(serde_json::from_str::<Value>(&kept).unwrap().is_object());
        let again = UserOperation::parse(&kept, version).unwrap();
        assert_eq!(again, operation, "{}", row.name);
    }
}

/// Every member moves the hash, so none can be changed behind a signature.
#[test]
fn every_member_chain_and_entry_point_are_in_the_hash() {
    for row in rows() {
        let version = version(&row.entry_point_version);
        let place = address(&row.entry_point);
        let members: Value = serde_json::from_str(&row.user_operation).unwrap();
        let hash = |members: &Value, place: &[u8; 20], chain: u64| {
            let operation = UserOperation::parse(&members.to_string(), version).unwrap();
            operation.hash(place, U256::from(chain))
        };
        let first = hash(&members, &place, row.chain_id);
        assert_ne!(first, hash(&members, &place, row.chain_id + 1));
        assert_ne!(first, hash(&members, &[1; 20], row.chain_id));
        for (name, value) in members.as_object().unwrap() {
            let mut other = members.clone();
            let text = value.as_str().unwrap();
            other[name] = match text {
                "0x" => json!("0x00"),
                "0x0" => json!("0x1"),
                _ => json!(format!("0x1{}", &text[3..])),
            };
            if other[name] == *value {
                other[name] = json!(format!("0x2{}", &text[3..]));
            }
            assert_ne!(first, hash(&other, &place, row.chain_id), "{name}");
        }
    }
}

#[test]
fn numbers_are_taken_in_each_spelling_and_signatures_left_out() {
    let row = &rows()[3];
    let version = version(&row.entry_point_version);
    let operation = UserOperation::parse(&row.user_operation, version).unwrap();
    let mut members: Value = serde_json::from_str(&row.user_operation).unwrap();
    members["nonce"] = 7.into();
    members["callGasLimit"] = "100000".into();
    members["signature"] = "0xfffe".into();
    let again = UserOperation::parse(&members.to_string(), version).unwrap();
    assert_eq!(again, operation);
}

#[test]
fn refuses_what_is_no_user_operation_and_names_the_member() {
    let refused = |row: &Row, name: &str, value: Value| {
        let mut members: Value = serde_json::from_str(&row.user_operation).unwrap();
        members[name] = value;
        let version = version(&row.entry_point_version);
        UserOperation::parse(&members.to_string(), version).unwrap_err()
    };
    let rows = rows();
    let (plain, packed, payed) = (&rows[0], &rows[3], &rows[4]);
    for (row, name, value, expect) in [
        (plain, "sender", json!(null), "`sender` is missing"),
        (
            plain,
            "sender",
            json!("0x12"),
            "`sender` is not an address (0x and 40 hexadecimal digits)",
        ),
        (
            plain,
            "callData",
            json!("b61d27f6"),
            "`callData` is not bytes (0x and hexadecimal digits)",
        ),
        (
            plain,
            "hash",
            json!("0x00"),
            "`hash` is no member of a user operation of entry point 0.6",
        ),
        (
            plain,
            "factory",
            json!("0x00"),
            "`factory` is no member of a user operation of entry point 0.6",
        ),
        (
            packed,
            "initCode",
            json!("0x"),
            "`initCode` is no member of a user operation of entry point 0.7",
        ),
        (plain, "nonce", json!(-1), "`nonce` is not an integer"),
        (plain, "nonce", json!(1.5), "`nonce` is not an integer"),
        (
            packed,
            "callGasLimit",
            json!(format!("0x1{}", "0".repeat(32))),
            "`callGasLimit` is an integer of more than 128 bits",
        ),
        (
            packed,
            "factoryData",
            json!("0x"),
            "`factoryData` goes with factory alone",
        ),
        (
            packed,
            "paymasterData",
            json!("0x"),
            "`paymasterData` goes with paymaster alone",
        ),
        (
            payed,
            "paymasterPostOpGasLimit",
            json!(null),
            "`paymasterPostOpGasLimit` is missing",
        ),
        (
            payed,
            "paymaster",
            json!(format!("0x{}", "0".repeat(40))),
            "`paymaster` names the zero address, for which the account pays: leave it out",
        ),
        (
            plain,
            "paymasterAndData",
            json!(format!("0x{}ab", "0".repeat(40))),
            "`paymasterAndData` names the zero address, for which the account pays: leave it out",
        ),
        (
            &rows[8],
            "factory",
            json!("0x7702"),
            "`factory` stands for EIP-7702, whose hash depends on the chain's state",
        ),
        (
            &rows[8],
            "factory",
            json!(format!("0x7702{}", "0".repeat(36))),
            "`factory` stands for EIP-7702, whose hash depends on the chain's state",
        ),
    ] {
        assert_eq!(refused(row, name, value).to_string(), expect, "{name}");
    }
    let twice = r#"{"sender":"0x","sender":"0x"}"#;
    for text in ["", "[]", "null", twice] {
        let refused = UserOperation::parse(text, EntryPointVersion::V0_7).unwrap_err();
        assert_eq!(refused.member, "userOperation", "{text}");
    }
}

const TYPED: &str = r#"{"domain":{"name":"A","chainId":8453},"types":{"T":[{"name":"a","type":"uint256"},{"name":"b","type":"U[]"}],"U":[{"name":"c","type":"bool"}]},"primaryType":"T","message":{"a":"1","b":[{"c":true}]}}"#;

fn exactly(text: &str) -> Result<[u8; 32], String> {
    TypedData::parse_exactly(text)
        .and_then(|typed| typed.signing_hash())
        .map_err(|error| error.to_string())
}

#[test]
fn t67_what_is_shown_of_typed_data_is_what_is_signed() {
    let signed = exactly(TYPED).unwrap();
    assert_eq!(Ok(signed), TypedData::parse(TYPED).unwrap().signing_hash());
    for (from, to, expect) in [
        (r#""a":"1""#, r#""a":"1","to":"x""#, "`message.to`"),
        (r#""c":true"#, r#""c":true,"d":null"#, "`message.b[0].d`"),
        (
            r#""primaryType":"T""#,
            r#""primaryType":"T","note":"x""#,
            "`note`",
        ),
        (
            r#""types":{"#,
            r#""types":{"EIP712Domain":[{"name":"chainId","type":"uint256"}],"#,
            "`domain.name`",
        ),
        (
            r#""primaryType":"T""#,
            r#""primaryType":"EIP712Domain""#,
            "`message`",
        ),
    ] {
        let changed = TYPED.replace(from, to);
        assert_ne!(changed, TYPED);
        let expect = format!("{expect} is not in the types, so it would not be signed");
        assert_eq!(exactly(&changed), Err(expect), "{changed}");
        // Wallets that show nothing take it as other libraries do.
        assert!(TypedData::parse(&changed).unwrap().signing_hash().is_ok());
    }
}

#[test]
fn the_chain_of_typed_data_is_the_one_that_is_signed() {
    let chain = |text: &str| TypedData::parse(text).unwrap().chain_id();
    assert_eq!(chain(TYPED), Some(U256::from(8453_u64)));
    let spelled = TYPED.replace("8453", "\"0x2105\"");
    assert_eq!(chain(&spelled), Some(U256::from(8453_u64)));
    assert_eq!(chain(&TYPED.replace(r#","chainId":8453"#, "")), None);
    let unsigned = TYPED.replace(
        r#""types":{"#,
        r#""types":{"EIP712Domain":[{"name":"name","type":"string"}],"#,
    );
    assert_eq!(chain(&unsigned), None);
    let text = TYPED.replace(
        r#""types":{"#,
        r#""types":{"EIP712Domain":[{"name":"name","type":"string"},{"name":"chainId","type":"string"}],"#,
    );
    assert_eq!(chain(&text), None);
}

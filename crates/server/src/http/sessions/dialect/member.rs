//! The JSON of passkeys that are to join an account or to leave it.
//!
//! What the protocol asks its own signers for (`transaction_signers`) has no meaning here, in
//! whatever shape it comes: the account's passkeys approve.

use rules::tenant::{Command, PasskeyChange, Role};
use serde_json::{Map, Value};
use wire::environment::Environment;
use wire::solana::Address;

use super::{Body, text};
use crate::http::sessions::problem::Problem;

/// What a passkey may do, in the protocol's words: each of them all of it.
pub(in crate::http::sessions) const PERMISSIONS: [&str; 3] =
    ["CAN_INITIATE", "CAN_VOTE", "CAN_EXECUTE"];

/// A passkey is to join.
pub(in crate::http::sessions) fn add(
    body: &Body,
    environment: Environment,
    account: Address,
) -> Result<Command, Problem> {
    let told = body
        .part(&["passkey"])?
        .ok_or_else(|| Problem::invalid("passkey", "is missing"))?;
    let passkey = told
        .address(&["address"], "passkey.address")?
        .ok_or_else(|| Problem::invalid("passkey.address", "is missing"))?;
    let role = match told.text(&["role"])? {
        None => Role::Backup,
        Some(name) => Role::named(name)
            .ok_or_else(|| Problem::invalid("passkey.role", "must be primary or backup"))?,
    };
    if !may_do_all(told.value(&["permissions"])?) {
        let message = "must be CAN_INITIATE, CAN_VOTE and CAN_EXECUTE, all three: one passkey is \
                       enough for everything";
        return Err(Problem::invalid("passkey.permissions", message));
    }
    ask(
        body,
        environment,
        account,
        PasskeyChange::Add { passkey, role },
    )
}

/// A passkey is to go.
pub(in crate::http::sessions) fn remove(
    body: &Body,
    environment: Environment,
    account: Address,
    passkey: Address,
) -> Result<Command, Problem> {
    let ends_session = body.flag(&["revokeSession", "revoke_session"])?;
    let change = PasskeyChange::Remove {
        passkey,
        ends_session,
    };
    ask(body, environment, account, change)
}

fn ask(
    body: &Body,
    environment: Environment,
    account: Address,
    change: PasskeyChange,
) -> Result<Command, Problem> {
    let about = body.part(&["metaInfo", "meta_info"])?;
    let about = about.unwrap_or_else(|| Body(Map::new()));
    Ok(Command::ChangePasskeys {
        environment,
        account,
        change,
        base_url: text(body, &["baseUrl", "base_url"])?,
        redirect_url: text(&about, &["redirectUrl", "redirect_url"])?,
        app_name: text(&about, &["appName", "app_name"])?,
    })
}

/// Whether these are all permissions, in any order; they are if none are named.
fn may_do_all(told: Option<&Value>) -> bool {
    let Some(told) = told else {
        return true;
    };
    let Some(told) = told.as_array() else {
        return false;
    };
    let named = |name: &&str| told.iter().any(|it| it.as_str() == Some(name));
    told.len() == PERMISSIONS.len() && PERMISSIONS.iter().all(named)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: &str = r#"["CAN_VOTE","CAN_EXECUTE","CAN_INITIATE"]"#;

    fn account() -> Address {
        Address::from_bytes([1; 32])
    }

    fn passkey() -> Address {
        Address::from_bytes([2; 32])
    }

    fn added(body: &str) -> Option<PasskeyChange> {
        let body = Body::parse(body.as_bytes()).unwrap();
        match add(&body, Environment::Sandbox, account()) {
            Ok(Command::ChangePasskeys { change, .. }) => Some(change),
            _ => None,
        }
    }

    fn with(members: &str) -> String {
        format!(r#"{{"passkey":{{"address":"{}"{members}}}}}"#, passkey())
    }

    #[test]
    fn a_passkey_joins_as_a_backup_that_may_do_all_unless_told_otherwise() {
        let passkey = passkey();
        for (members, role) in [
            (String::new(), Role::Backup),
            (
                r#","role":null,"permissions":null"#.to_owned(),
                Role::Backup,
            ),
            (r#","role":"backup""#.to_owned(), Role::Backup),
            (
                format!(r#","role":"primary","permissions":{ALL}"#),
                Role::Primary,
            ),
        ] {
            let change = Some(PasskeyChange::Add { passkey, role });
            assert_eq!(added(&with(&members)), change, "{members}");
        }
    }

    #[test]
    fn refuses_roles_and_permissions_that_no_passkey_has() {
        for members in [
            r#","role":"owner""#,
            r#","role":"""#,
            r#","role":1"#,
            r#","permissions":[]"#,
            r#","permissions":"CAN_VOTE""#,
            r#","permissions":["CAN_INITIATE","CAN_VOTE"]"#,
            r#","permissions":["CAN_INITIATE","CAN_VOTE","CAN_VOTE"]"#,
            r#","permissions":["CAN_INITIATE","CAN_VOTE","CAN_EXECUTE","CAN_FLY"]"#,
        ] {
            assert_eq!(added(&with(members)), None, "{members}");
        }
        for body in ["{}", r#"{"passkey":"x"}"#, r#"{"passkey":{"address":"x"}}"#] {
            assert_eq!(added(body), None, "{body}");
        }
    }

    #[test]
    fn a_passkey_goes_in_every_shape_of_the_request() {
        for (body, ends_session) in [
            ("", false),
            (
                r#"{"transaction_signers":{"transaction_signers":[]}}"#,
                false,
            ),
            (
                r#"{"transaction_signers":["x"],"revokeSession":true}"#,
                true,
            ),
            (r#"{"revoke_session":true}"#, true),
        ] {
            let body = Body::parse(body.as_bytes()).unwrap();
            let removed = remove(&body, Environment::Sandbox, account(), passkey());
            let Ok(Command::ChangePasskeys { change, .. }) = removed else {
                panic!("a change is expected");
            };
            let passkey = passkey();
            let expected = PasskeyChange::Remove {
                passkey,
                ends_session,
            };
            assert_eq!(change, expected);
        }
        let unclear = Body::parse(br#"{"revokeSession":"yes"}"#).unwrap();
        assert!(remove(&unclear, Environment::Sandbox, account(), passkey()).is_err());
    }
}

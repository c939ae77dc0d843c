//! Pending is exit code 2, refused is 3.

use serde_json::{Value, json};

use crate::support::Server;

/// A key in a file, as the parameters of an API key.
fn new_key(server: &Server, file: &str) -> Value {
    let made = server.run(&["--json", "keys", "new", "--out", file]).json();
    json!({
        "apiKeyName": file, "publicKey": made["publicKey"], "curveType": made["curveType"],
    })
}

fn user(name: &str, key: Value) -> Value {
    json!({ "userName": name, "apiKeys": [key], "authenticators": [], "oauthProviders": [] })
}

/// A sub-organisation in which two must agree, and its id.
fn pair(server: &Server) -> String {
    let root = server.init();
    let (ada, bob) = (new_key(server, "ada.json"), new_key(server, "bob.json"));
    let parameters = json!({
        "subOrganizationName": "Two of two",
        "rootUsers": [user("Ada", ada), user("Bob", bob)],
        "rootQuorumThreshold": 2,
    });
    let kind = "CREATE_SUB_ORGANIZATION_V7";
    let made = server
        .submit(&root.key_file, &root.organisation, kind, parameters)
        .json();
    let made = &made["activity"]["result"]["createSubOrganizationResultV7"];
    made["subOrganizationId"].as_str().unwrap().to_owned()
}

fn propose(server: &Server, organisation: &str, name: &str) -> String {
    let parameters = json!({ "walletName": name, "accounts": [] });
    let proposed = server.submit("ada.json", organisation, "CREATE_WALLET", parameters);
    assert_eq!(proposed.code, 2, "{proposed:?}");
    let proposed: Value = serde_json::from_str(&proposed.stdout).unwrap();
    proposed["activity"]["id"].as_str().unwrap().to_owned()
}

fn call(server: &Server, key: &str, organisation: &str, words: &[&str]) -> (i32, Value) {
    let caller = [
        "--json",
        "--host",
        server.url(),
        "--key",
        key,
        "--organization",
        organisation,
    ];
    // Global flags may stand anywhere; the command's own follow it.
    let done = server.run(&[words, &caller[..]].concat());
    (
        done.code,
        serde_json::from_str(&done.stdout).unwrap_or_default(),
    )
}

#[test]
fn what_awaits_approval_ends_with_2_and_the_last_approval_executes_it() {
    let server = Server::start();
    let organisation = pair(&server);
    let id = propose(&server, &organisation, "Treasury");
    let (code, _) = call(
        &server,
        "ada.json",
        &organisation,
        &["activities", "get", &id],
    );
    assert_eq!(code, 2);
    let pending = ["activities", "list", "--pending"];
    let (_, listed) = call(&server, "bob.json", &organisation, &pending);
    assert_eq!(listed["activities"][0]["id"], id.as_str());

    let (code, approved) = call(&server, "bob.json", &organisation, &["approve", &id]);
    assert_eq!(code, 0, "{approved}");
    assert_eq!(approved["activity"]["status"], "ACTIVITY_STATUS_COMPLETED");
    let (code, _) = call(
        &server,
        "ada.json",
        &organisation,
        &["activities", "get", &id],
    );
    assert_eq!(code, 0);
}

#[test]
fn a_rejection_ends_it() {
    let server = Server::start();
    let organisation = pair(&server);
    let id = propose(&server, &organisation, "Treasury");
    let (code, rejected) = call(&server, "bob.json", &organisation, &["reject", &id]);
    assert_eq!(code, 0, "{rejected}");
    let (code, _) = call(
        &server,
        "ada.json",
        &organisation,
        &["activities", "get", &id],
    );
    assert_eq!(code, 3);
}

#[test]
fn what_is_not_allowed_ends_with_3() {
    let server = Server::start();
    let root = server.init();
    let mut outsider = user("Eve", new_key(&server, "eve.json"));
    outsider["userTags"] = json!([]);
    let users = json!({ "users": [outsider] });
    server
        .submit(&root.key_file, &root.organisation, "CREATE_USERS_V3", users)
        .json();
    let parameters = json!({ "walletName": "Mine", "accounts": [] });
    let refused = server.submit("eve.json", &root.organisation, "CREATE_WALLET", parameters);
    assert_eq!(refused.code, 3, "{refused:?}");
}

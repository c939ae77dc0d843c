//! Tending the Passkey API: tenants, users, credentials, transactions.

use serde_json::{Value, json};
use testkit::Passkey;

use crate::support::{Done, Server, http, mode, run, zegel};

const RP_ID: &str = "shop.example";
const ORIGIN: &str = "https://shop.example";
const NOWHERE: &str = "11111111-2222-4333-8444-555555555555";

/// A tenant with its first API key.
struct Tenant {
    id: String,
    key: String,
}

impl Server {
    fn admin_url(&self) -> &str {
        self.greeting["adminUrl"].as_str().unwrap()
    }

    /// Runs a command on the server's own data directory.
    fn tend(&self, words: &[&str]) -> Done {
        self.run(&[&["--json"], words, &["--data-dir", "data"]].concat())
    }

    fn tenant(&self) -> Tenant {
        let made = self
            .tend(&[
                "tenants", "create", "--name", "Shop", "--rp-id", RP_ID, "--origin", ORIGIN,
            ])
            .json();
        Tenant {
            id: made["id"].as_str().unwrap().to_owned(),
            key: made["api_key"]["secret"].as_str().unwrap().to_owned(),
        }
    }

    /// Calls the public API as the tenant's backend does.
    fn call(&self, tenant: &Tenant, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let headers = [
            ("apiKey", tenant.key.as_str()),
            ("content-type", "application/json"),
        ];
        let url = format!("{}/{}{path}", self.url(), tenant.id);
        let (status, answer) = http(method, &url, &headers, &body.to_string());
        (status, serde_json::from_str(&answer).unwrap_or_default())
    }

    /// Registers a passkey for a user.
    fn register(&self, tenant: &Tenant, user: &str, seed: u64) -> Passkey {
        let asked = json!({ "user_id": user, "username": user });
        let (status, begun) = self.call(tenant, "POST", "/registration/initialize", &asked);
        assert_eq!(status, 200, "{begun:#}");
        let passkey = Passkey::es256(seed, RP_ID, ORIGIN);
        let made = passkey.attestation(&challenge(&begun)).to_json();
        let (status, done) = self.call(tenant, "POST", "/registration/finalize", &made);
        assert_eq!(status, 200, "{done:#}");
        passkey
    }

    /// Begins a payment and gives its challenge.
    fn pay(&self, tenant: &Tenant, user: &str, transaction: &str) -> Vec<u8> {
        let asked = json!({
            "user_id": user, "transaction_id": transaction,
            "payment": { "amount": "12.50", "currency": "EUR", "payee": { "name": "Bakery" } },
        });
        let (status, begun) = self.call(tenant, "POST", "/v2/transactions", &asked);
        assert_eq!(status, 201, "{begun:#}");
        challenge(&begun)
    }
}

fn challenge(begun: &Value) -> Vec<u8> {
    let text = begun["publicKey"]["challenge"].as_str().unwrap();
    wire::encoding::base64url::decode(text).unwrap()
}

#[test]
fn t137_serve_tells_where_the_token_is_and_never_what_it_is() {
    let server = Server::start();
    assert!(server.admin_url().starts_with("http://127.0.0.1:"));
    let file = server.greeting["adminTokenFile"].as_str().unwrap();
    let token = std::fs::read_to_string(server.path(file)).unwrap();
    let token = token.trim();
    assert_eq!(mode(&server.path(file)), 0o600);
    server.tenant();
    let (_, unauthorised) = http("GET", &format!("{}/tenants", server.admin_url()), &[], "");
    assert!(!unauthorised.contains(token));
    let line = server.line.clone();
    let url_file = server.path("data/admin.url");
    assert!(url_file.exists());
    let (code, stdout, stderr) = server.stop();
    assert_eq!(code, Some(0));
    for said in [&line, &stdout, &stderr] {
        assert!(!said.contains(token), "{said}");
    }
    // Nobody listens there any more.
    assert!(!url_file.exists());
}

#[test]
fn t137_no_token_goes_to_who_took_the_place_of_a_server_that_crashed() {
    let server = Server::start();
    let url = server.admin_url().to_owned();
    let data = server.path("data");
    let place = tempfile::tempdir().unwrap();
    for file in ["admin.url", "admin.token"] {
        std::fs::copy(data.join(file), place.path().join(file)).unwrap();
    }
    // As after a crash: the file is there, something answers, but nobody holds the file.
    let left = run(
        place.path(),
        &["--json", "tenants", "list", "--data-dir", "."],
    );
    assert_eq!(left.problem(1), "NO_ADMIN_URL");
    let named = ["tenants", "list", "--data-dir", ".", "--admin-url", &url];
    run(place.path(), &[&["--json"], &named[..]].concat()).json();
}

#[test]
fn the_token_outlives_the_server() {
    let server = Server::start();
    let tenant = server.tenant();
    let token = std::fs::read(server.path("data/admin.token")).unwrap();
    let server = server.again();
    assert_eq!(
        std::fs::read(server.path("data/admin.token")).unwrap(),
        token
    );
    let listed = server.tend(&["tenants", "list"]).json();
    assert_eq!(listed["tenants"][0]["id"], tenant.id);
}

#[test]
fn servers_that_take_any_port_do_not_quarrel_and_others_are_told_what_to_set() {
    let (one, other) = (Server::start(), Server::start());
    assert_ne!(one.admin_url(), other.admin_url());
    let taken = one.admin_url().strip_prefix("http://").unwrap();
    let place = tempfile::tempdir().unwrap();
    let refused = run(
        place.path(),
        &[
            "--json",
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--admin-listen",
            taken,
        ],
    );
    assert_eq!(refused.problem(1), "ADMIN_PORT_IN_USE");
    assert!(refused.stderr.contains("[admin] listen"), "{refused:?}");
    // A port in use leaves no trace.
    assert!(!place.path().join("zegel-data").exists());
    let off = Server::start_with(&["--admin-listen", "off"]);
    assert_eq!(off.greeting["adminUrl"], Value::Null);
    assert!(!off.path("data/admin.token").exists());
}

#[test]
fn tenants_are_made_configured_and_removed() {
    let server = Server::start();
    let nothing = server.run(&["tenants", "list", "--data-dir", "data"]);
    assert_eq!(nothing.stdout, "There is none.\n");
    let tenant = server.tenant();
    let (status, credentials) = server.call(&tenant, "GET", "/credentials", &json!({}));
    assert_eq!((status, credentials), (200, json!([])));

    let id = tenant.id.as_str();
    let shown = server.tend(&["tenants", "show", id]).json();
    assert_eq!(shown["display_name"], "Shop");
    assert_eq!(shown["config"]["webauthn"]["timeout"], 300_000);
    let mut config = server
        .tend(&["tenants", "show", id, "--config-only"])
        .json();
    assert_eq!(config, shown["config"]);
    config["webauthn"]["user_verification"] = json!("preferred");
    std::fs::write(server.path("shop.json"), config.to_string()).unwrap();
    server
        .tend(&["tenants", "configure", id, "shop.json"])
        .json();
    server.tend(&["tenants", "rename", id, "Shop 2"]).json();
    let shown = server.tend(&["tenants", "show", id]).json();
    assert_eq!(shown["display_name"], "Shop 2");
    assert_eq!(shown["config"], config);
    let twin = server.tend(&[
        "tenants",
        "create",
        "--name",
        "Twin",
        "--file",
        "shop.json",
        "--no-key",
    ]);
    let twin = twin.json();
    assert!(twin.get("api_key").is_none());
    let listed = server.run(&["tenants", "list", "--data-dir", "data"]);
    let lines: Vec<&str> = listed.stdout.lines().collect();
    assert_eq!(lines.len(), 3, "{listed:?}");
    assert!(lines[1].ends_with("  Shop 2"), "{listed:?}");

    assert_eq!(
        server.tend(&["tenants", "delete", id]).problem(1),
        "NOT_CONFIRMED"
    );
    server.tend(&["tenants", "delete", id, "--yes"]).json();
    assert_eq!(
        server.tend(&["tenants", "delete", id, "--yes"]).problem(1),
        "NOT_FOUND"
    );
    assert_eq!(
        server.call(&tenant, "GET", "/credentials", &json!({})).0,
        404
    );
}

#[test]
fn what_is_wrong_is_said_with_a_way_out() {
    let server = Server::start();
    let tenant = server.tenant();
    let id = tenant.id.as_str();
    let refused = server.tend(&[
        "tenants",
        "create",
        "--name",
        "X",
        "--rp-id",
        "https://x.example",
        "--origin",
        ORIGIN,
    ]);
    assert_eq!(refused.problem(1), "INVALID");
    assert!(
        refused.stderr.contains("id must be a domain"),
        "{refused:?}"
    );
    assert_eq!(
        server.tend(&["tenants", "show", NOWHERE]).problem(1),
        "NOT_FOUND"
    );
    std::fs::write(server.path("broken.json"), "{").unwrap();
    for file in ["broken.json", "nowhere.json"] {
        let refused = server.tend(&["tenants", "configure", id, file]);
        assert_eq!(refused.problem(1), "CONFIG_FILE");
    }
    let strange = server.run(&["tenants", "show", "shop", "--data-dir", "data"]);
    assert!(strange.stderr.contains("zegel tenants list"), "{strange:?}");
}

#[test]
fn the_token_is_found_or_the_problem_says_where_it_should_be() {
    let server = Server::start();
    let url = server.admin_url();
    let place = tempfile::tempdir().unwrap();
    let list = |words: &[&str]| {
        run(
            place.path(),
            &[&["--json", "tenants", "list"], words].concat(),
        )
    };
    assert_eq!(list(&["--admin-url", url]).problem(1), "NO_ADMIN_TOKEN");
    let token_file = server.path("data/admin.token");
    let named = [
        "--admin-url",
        url,
        "--admin-token-file",
        token_file.to_str().unwrap(),
    ];
    list(&named).json();
    let token = std::fs::read_to_string(&token_file).unwrap();
    let by_environment = |token: &str| {
        let done = zegel()
            .args(["--json", "tenants", "list"])
            .env("ZEGEL_ADMIN_URL", url)
            .env("ZEGEL_ADMIN_TOKEN", token)
            .current_dir(place.path())
            .output()
            .unwrap();
        (
            done.status.code().unwrap(),
            String::from_utf8(done.stderr).unwrap(),
        )
    };
    assert_eq!(by_environment(token.trim()).0, 0);
    let (code, stderr) = by_environment("wrong");
    assert_eq!(code, 3);
    assert!(stderr.contains("ADMIN_TOKEN_REJECTED"), "{stderr}");
    let clear = list(&["--admin-url", "http://zegel.example:8081"]);
    assert_eq!(clear.problem(1), "ADMIN_URL");
}

#[test]
fn keys_come_and_go() {
    let server = Server::start();
    let tenant = server.tenant();
    let id = tenant.id.as_str();
    let made = server
        .tend(&["tenants", "keys", "new", id, "--name", "second"])
        .json();
    let second = Tenant {
        id: tenant.id.clone(),
        key: made["secret"].as_str().unwrap().to_owned(),
    };
    let status = |tenant: &Tenant| server.call(tenant, "GET", "/credentials", &json!({})).0;
    assert_eq!(status(&second), 200);
    let listed = server.tend(&["tenants", "keys", "list", id]).json();
    assert_eq!(listed["keys"][1]["name"], "second");
    assert_eq!(listed["keys"][1]["secret"], "");
    let again = server.tend(&["tenants", "keys", "new", id, "--name", "second"]);
    assert_eq!(again.problem(3), "CONFLICT");
    let key = made["id"].as_str().unwrap();
    let delete = ["tenants", "keys", "delete", id, key];
    assert_eq!(server.tend(&delete).problem(1), "NOT_CONFIRMED");
    server.tend(&[&delete[..], &["--yes"]].concat()).json();
    assert_eq!(status(&second), 401);

    let keys = || server.tend(&["tenants", "token-keys", "list", id]).json()["keys"].clone();
    let first = keys()[0]["id"].as_str().unwrap().to_owned();
    let retire = [
        "tenants",
        "token-keys",
        "retire",
        id,
        first.as_str(),
        "--yes",
    ];
    assert_eq!(server.tend(&retire).problem(3), "CONFLICT");
    server
        .tend(&["tenants", "token-keys", "new", id, "--name", "2027"])
        .json();
    assert_eq!(keys()[1]["is_signing"], true);
    server.tend(&retire).json();
    assert_eq!(keys().as_array().unwrap().len(), 1);
}

#[test]
fn users_credentials_and_transactions_are_tended() {
    let server = Server::start();
    let tenant = server.tenant();
    let of = ["--tenant", tenant.id.as_str()];
    let tend = |words: &[&str]| server.tend(&[words, &of].concat());
    let passkey = server.register(&tenant, "u-1", 1);
    server.register(&tenant, "\u{1b}[2Ju-2", 2);

    let users = tend(&["users", "list"]).json();
    assert_eq!(users["total"], 2);
    let human = server.run(&[&["users", "list", "--data-dir", "data"], &of[..]].concat());
    assert!(human.stdout.contains("\\u{1b}[2Ju-2"), "{human:?}");
    let user = tend(&["users", "show", "u-1"]).json();
    assert_eq!(user["user_id"], "u-1");
    let internal = user["id"].as_str().unwrap();
    assert_eq!(tend(&["users", "show", internal]).json(), user);
    for nobody in ["u-9", NOWHERE] {
        assert_eq!(tend(&["users", "show", nobody]).problem(1), "NOT_FOUND");
    }

    let credentials = tend(&["credentials", "list", "--user", "u-1"]).json();
    assert_eq!(credentials["total"], 1);
    let credential = credentials["credentials"][0]["id"].as_str().unwrap();
    tend(&["credentials", "rename", credential, "Laptop"]).json();
    let human = ["credentials", "list", "--user", "u-1", "--data-dir", "data"];
    let human = server.run(&[&human, &of[..]].concat());
    assert!(human.stdout.trim_end().ends_with("Laptop"), "{human:?}");

    server.pay(&tenant, "u-1", "pay-1");
    let confirmed = server.pay(&tenant, "u-1", "pay/2");
    let answer = passkey.assertion(&confirmed).to_json(Some(b"u-1"));
    let (status, done) = server.call(&tenant, "POST", "/v2/transactions/pay%2F2/confirm", &answer);
    assert_eq!(status, 200, "{done:#}");
    let listed = tend(&["transactions", "list", "--state", "pending"]).json();
    assert_eq!(listed["total"], 1);
    assert_eq!(listed["transactions"][0]["transaction_id"], "pay-1");
    assert_eq!(
        tend(&["transactions", "cancel", "pay-1"]).json()["state"],
        "cancelled"
    );
    assert_eq!(
        tend(&["transactions", "cancel", "pay-1"]).problem(3),
        "CONFLICT"
    );
    assert_eq!(
        tend(&["transactions", "receipt", "pay-1"]).problem(1),
        "NOT_FOUND"
    );
    let human = ["transactions", "show", "pay/2", "--data-dir", "data"];
    let human = server.run(&[&human, &of[..]].concat());
    assert!(human.stdout.contains("12.50 EUR to Bakery"), "{human:?}");

    tend(&["transactions", "receipt", "pay/2", "--out", "pay.json"]).json();
    let verify = [
        "--json",
        "receipt",
        "verify",
        "pay.json",
        "--log-key",
        "data/log.vkey",
    ];
    let verified = server.run(&verify).json();
    assert_eq!(verified["transactionId"], "pay/2");
    assert_eq!(verified["tenantId"], tenant.id);
    assert_eq!(verified["credentialId"], credential);
    let content: Value = serde_json::from_str(verified["content"].as_str().unwrap()).unwrap();
    assert_eq!(content["amount"], "12.50");
    let honest = std::fs::read_to_string(server.path("pay.json")).unwrap();
    for (from, to) in [
        ("12.50", "99.50"),
        ("u-1", "u-2"),
        ("\"version\":1", "\"version\":2"),
    ] {
        let forged = honest.replace(from, to);
        assert_ne!(forged, honest);
        std::fs::write(server.path("pay.json"), forged).unwrap();
        assert_eq!(server.run(&verify).problem(3), "RECEIPT_REJECTED", "{from}");
    }

    let delete = ["credentials", "delete", credential];
    assert_eq!(tend(&delete).problem(1), "NOT_CONFIRMED");
    tend(&[&delete[..], &["--yes"]].concat()).json();
    tend(&["users", "delete", "u-1", "--yes"]).json();
    assert_eq!(tend(&["users", "list"]).json()["total"], 1);
    assert_eq!(tend(&["transactions", "list"]).json()["total"], 0);
    let events = server.tend(&["tenants", "events", &tenant.id, "--type", "user_deleted"]);
    assert_eq!(events.json()["total"], 1);
}

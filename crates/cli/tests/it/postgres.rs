//! The binary on PostgreSQL: `zegel serve --database postgres://…`.

use std::collections::HashSet;
use std::sync::Arc;
use std::thread;

use serde_json::{Value, json};
use testkit::postgres::Cluster;

use crate::support::{Root, Server, http, now_ms, run};

/// One test, so that the database server starts once.
#[test]
fn postgres_serves_one_binary_and_two() {
    let mut cluster = Cluster::start();
    t113_what_was_answered_survives_a_kill(&cluster.database());
    t120_two_servers_share_one_database(&cluster.database());
}

fn t113_what_was_answered_survives_a_kill(database: &str) {
    let place = Arc::new(tempfile::tempdir().unwrap());
    let on_database = ["--database", database];
    let mut server = Server::start_in(Arc::clone(&place), &on_database);
    let shown = server.greeting["database"].as_str().unwrap();
    assert!(
        shown.starts_with("postgres://") && !shown.contains("options"),
        "{shown}"
    );
    let root = server.init();
    let body = wallet(&root, "kept");
    let first = server.request(&root.key_file, CREATE_WALLET, &body).json();
    server.child.kill().unwrap();
    drop(server);
    assert!(
        !place.path().join("data/zegel.sqlite").exists(),
        "it is all in PostgreSQL"
    );

    let server = Server::start_in(Arc::clone(&place), &on_database);
    assert_eq!(
        http("GET", &format!("{}/readyz", server.url()), &[], "").0,
        200
    );
    assert!(
        server.greeting["firstStep"].is_null(),
        "{}",
        server.greeting
    );
    let second = server.request(&root.key_file, CREATE_WALLET, &body).json();
    assert_eq!(first["activity"]["id"], second["activity"]["id"]);
    assert_eq!(first["activity"]["result"], second["activity"]["result"]);
    assert_eq!(wallets(&server, &root), ["kept"]);
    // The founding and the wallet.
    assert_eq!(fsck(&server, database)["size"], 2);
}

/// Two processes in front of which somebody spreads the requests (threat T120).
fn t120_two_servers_share_one_database(database: &str) {
    let place = Arc::new(tempfile::tempdir().unwrap());
    let on_database = ["--database", database];
    let one = Server::start_in(Arc::clone(&place), &on_database);
    let root = one.init();
    let other = Server::start_in(place, &on_database);
    let (servers, root) = (&[&one, &other], &root);

    // Both are sent the same bodies at the same time, in opposite order.
    let bodies: Vec<Value> = (0..8).map(|i| wallet(root, &format!("w{i}"))).collect();
    let activities = |server: usize| -> Vec<Value> {
        let mut order: Vec<usize> = (0..bodies.len()).collect();
        if server == 1 {
            order.reverse();
        }
        let mut answers = vec![Value::Null; bodies.len()];
        for i in order {
            let answer = servers[server]
                .request(&root.key_file, CREATE_WALLET, &bodies[i])
                .json();
            assert_eq!(
                answer["activity"]["status"], "ACTIVITY_STATUS_COMPLETED",
                "{answer:#}"
            );
            answers[i] = answer["activity"]["id"].clone();
        }
        answers
    };
    let [first, second] = thread::scope(|scope| {
        [0, 1]
            .map(|server| scope.spawn(move || activities(server)))
            .map(|t| t.join().unwrap())
    });
    assert_eq!(first, second, "one body is one activity, whoever was asked");
    assert_eq!(
        first
            .iter()
            .map(Value::to_string)
            .collect::<HashSet<_>>()
            .len(),
        bodies.len()
    );
    for server in servers {
        assert_eq!(wallets(server, root).len(), bodies.len());
    }
    assert_eq!(fsck(&one, database)["size"], 1 + bodies.len());
}

const CREATE_WALLET: &str = "/public/v1/submit/create_wallet";

fn wallet(root: &Root, name: &str) -> Value {
    json!({
        "type": "ACTIVITY_TYPE_CREATE_WALLET",
        "timestampMs": now_ms().to_string(),
        "organizationId": root.organisation,
        "parameters": { "walletName": name, "accounts": [] },
    })
}

fn wallets(server: &Server, root: &Root) -> Vec<String> {
    let body = json!({ "organizationId": root.organisation });
    let listed = server
        .request(&root.key_file, "/public/v1/query/list_wallets", &body)
        .json();
    let wallets = listed["wallets"].as_array().unwrap().iter();
    wallets
        .map(|wallet| wallet["walletName"].as_str().unwrap().to_owned())
        .collect()
}

/// The whole log, checked by a process that has not seen it before.
fn fsck(server: &Server, database: &str) -> Value {
    let checked = [
        "--json",
        "log",
        "fsck",
        "--data-dir",
        "data",
        "--database",
        database,
    ];
    let checked = run(server.place(), &checked).json();
    assert_eq!(checked["intact"], true);
    checked
}

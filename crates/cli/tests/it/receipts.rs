//! Receipts and the log.

use crate::support::Server;

#[test]
fn a_receipt_verifies_offline_and_a_changed_one_does_not() {
    let server = Server::start();
    let root = server.init();
    let (host, key) = (server.url(), root.key_file.as_str());
    let caller = ["--host", host, "--key", key];
    let listed = [&["--json", "activities", "list"], &caller[..]].concat();
    let listed = server.run(&listed).json();
    let id = listed["activities"][0]["id"].as_str().unwrap();
    let get = [
        &["--json", "receipt", "get", id, "--out", "r.tlog-proof"],
        &caller[..],
    ]
    .concat();
    server.run(&get).json();

    let verify = ["--json", "receipt", "verify", "r.tlog-proof", "--log-key"];
    let by_file = server
        .run(&[&verify[..], &["data/log.vkey"]].concat())
        .json();
    assert_eq!(by_file["activityId"], id);
    assert_eq!(by_file["organizationId"], root.organisation);
    let vkey = server.greeting["logKey"].as_str().unwrap();
    assert_eq!(server.run(&[&verify[..], &[vkey]].concat()).json(), by_file);

    let honest = std::fs::read_to_string(server.path("r.tlog-proof")).unwrap();
    let forged = [
        honest.replacen("index 0", "index 1", 1),
        honest.replacen("\n1\n", "\n2\n", 1),
        honest.replace("extra eyJ2", "extra eyJ3"),
        honest[..honest.len() - 1].to_owned(),
        String::new(),
    ];
    for forged in forged {
        assert_ne!(forged, honest);
        std::fs::write(server.path("r.tlog-proof"), &forged).unwrap();
        let refused = server.run(&[&verify[..], &[vkey]].concat());
        assert_eq!(refused.problem(3), "RECEIPT_REJECTED", "{forged}");
    }
    std::fs::write(server.path("r.tlog-proof"), &honest).unwrap();
    let other = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
    let refused = server.run(&[&verify[..], &[other]].concat());
    assert_eq!(refused.problem(3), "RECEIPT_REJECTED");
}

#[test]
fn the_log_tells_its_key_and_checkpoint_and_checks_itself_once_the_server_has_stopped() {
    let server = Server::start();
    server.init();
    let key = server.run(&["log", "key", "--host", server.url()]);
    assert_eq!(key.stdout.trim(), server.greeting["logKey"]);
    let checkpoint = server.run(&["log", "checkpoint", "--host", server.url()]);
    assert_eq!(checkpoint.stdout.lines().nth(1), Some("1"));

    server.signal(rustix::process::Signal::TERM);
    let mut server = server;
    assert!(server.child.wait().unwrap().success());
    let checked = server
        .run(&["--json", "log", "fsck", "--data-dir", "data"])
        .json();
    assert_eq!(checked["size"], 1);
    assert_eq!(checked["intact"], true);
}

#[test]
fn fsck_of_a_directory_without_a_log_makes_none() {
    let place = tempfile::tempdir().unwrap();
    let done = crate::support::run(
        place.path(),
        &["--json", "log", "fsck", "--data-dir", "data"],
    );
    assert_eq!(done.problem(1), "NO_LOG");
    assert!(!place.path().join("data").exists());
}

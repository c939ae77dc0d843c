//! From start to stop.

use std::io::{Read, Write};
use std::net::TcpStream;

use rustix::process::Signal;
use serde_json::json;

use crate::support::{Server, http, run};

#[test]
fn greets_with_one_line_and_answers_where_it_says() {
    let server = Server::start();
    assert!(server.line.ends_with('\n') && server.line.trim_end().lines().count() == 1);
    assert_eq!(
        http("GET", &format!("{}/healthz", server.url()), &[], "").0,
        200
    );
    assert_eq!(
        http("GET", &format!("{}/readyz", server.url()), &[], "").0,
        200
    );
    assert!(
        server.greeting["metricsUrl"].is_null(),
        "metrics are off unless they have a place"
    );
    let (code, stdout, _) = server.stop();
    assert_eq!((code, stdout.as_str()), (Some(0), ""));
}

#[test]
fn a_stop_finishes_what_was_accepted() {
    let server = Server::start();
    let root = server.init();
    let body = json!({ "organizationId": root.organisation }).to_string();
    let stamp = server.path("body");
    std::fs::write(&stamp, &body).unwrap();
    let stamp = server.run(&["stamp", "--key", &root.key_file, "body"]);
    let mut stream = TcpStream::connect(server.url().strip_prefix("http://").unwrap()).unwrap();
    let (first, second) = body.split_at(10);
    write!(
        stream,
        "POST /public/v1/query/whoami HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n{}\r\n\r\n{first}",
        body.len(),
        stamp.stdout.trim_end(),
    )
    .unwrap();
    // A second connection that is answered shows that the first was accepted: one queue.
    assert_eq!(
        http("GET", &format!("{}/healthz", server.url()), &[], "").0,
        200
    );
    server.signal(Signal::TERM);
    let address = server.url().strip_prefix("http://").unwrap().to_owned();
    while TcpStream::connect(&address).is_ok() {
        std::thread::yield_now();
    }
    stream.write_all(second.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    let (code, _, stderr) = server.stop();
    assert_eq!(code, Some(0), "{stderr}");
}

#[test]
fn t116_a_second_server_on_one_data_directory_is_refused() {
    let server = Server::start();
    let second = server.run(&[
        "--json",
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--data-dir",
        "data",
    ]);
    assert_eq!(second.problem(1), "DATA_DIR_IN_USE");
    assert_eq!(
        server
            .run(&["--json", "log", "fsck", "--data-dir", "data"])
            .problem(1),
        "DATA_DIR_IN_USE"
    );
    assert_eq!(
        http("GET", &format!("{}/readyz", server.url()), &[], "").0,
        200
    );
}

#[test]
fn t138_a_configuration_key_nobody_knows_refuses_to_start() {
    let place = tempfile::tempdir().unwrap();
    std::fs::write(
        place.path().join("zegel.toml"),
        "listne = \"127.0.0.1:0\"\n",
    )
    .unwrap();
    let refused = run(place.path(), &["--json", "serve", "--config", "zegel.toml"]);
    assert_eq!(refused.problem(1), "CONFIG_INVALID");
    assert!(refused.stderr.contains("listne"), "{}", refused.stderr);
    assert!(
        !place.path().join("zegel-data").exists(),
        "nothing was made"
    );
}

#[test]
fn a_port_in_use_leaves_no_trace() {
    let server = Server::start();
    let place = tempfile::tempdir().unwrap();
    let address = server.url().strip_prefix("http://").unwrap();
    let refused = run(
        place.path(),
        &["serve", "--listen", address, "--data-dir", "data"],
    );
    assert_eq!(refused.code, 1);
    assert!(
        refused.stderr.contains("is another server running there?"),
        "{}",
        refused.stderr
    );
    assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 0);
}

#[test]
fn flags_win_over_the_environment_and_that_over_the_file() {
    let place = tempfile::tempdir().unwrap();
    std::fs::write(
        place.path().join("zegel.toml"),
        "data-dir = \"from-file\"\n",
    )
    .unwrap();
    let doctor = |arguments: &[&str], environment: Option<&str>| {
        let mut command = crate::support::zegel();
        command
            .args(["doctor", "--config", "zegel.toml"])
            .args(arguments);
        if let Some(directory) = environment {
            command.env("ZEGEL_DATA_DIR", directory);
        }
        let output = command.current_dir(place.path()).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(doctor(&[], None).contains("from-file"));
    assert!(doctor(&[], Some("from-environment")).contains("from-environment"));
    let flag = ["--data-dir", "from-flag"];
    assert!(doctor(&flag, Some("from-environment")).contains("from-flag"));
}

#[test]
fn doctor_finds_a_lost_root_key() {
    let server = Server::start();
    server.init();
    let good = server.run(&["--json", "doctor", "--data-dir", "data"]);
    assert_eq!(good.code, 0, "{good:?}");
    let place = server.place().to_owned();
    std::fs::rename(place.join("data.keys/root.key"), place.join("elsewhere")).unwrap();
    let lost = server.run(&["doctor", "--data-dir", "data"]);
    assert_eq!(lost.code, 1);
    assert!(
        lost.stdout.contains("the data opens with nothing else"),
        "{}",
        lost.stdout
    );
}

#[test]
fn metrics_can_be_scraped_and_the_log_is_json_without_a_terminal() {
    let server = Server::start_with(&["--metrics-listen", "127.0.0.1:0"]);
    let url = server.greeting["metricsUrl"].as_str().unwrap().to_owned();
    let (status, text) = http("GET", &url, &[], "");
    assert_eq!(status, 200);
    assert!(text.contains("zegel_build_info{version="), "{text}");
    let (code, _, stderr) = server.stop();
    assert_eq!(code, Some(0), "{stderr}");
    for line in stderr.lines() {
        serde_json::from_str::<serde_json::Value>(line).unwrap();
    }
}

#[cfg(target_os = "linux")]
#[test]
fn takes_as_many_connections_as_the_system_grants() {
    let server = Server::start();
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", server.child.id())).unwrap();
    let files = limits
        .lines()
        .find(|line| line.starts_with("Max open files"))
        .unwrap();
    let files: Vec<_> = files.split_whitespace().collect();
    assert_eq!(files[3], files[4], "soft and hard");

    let address = server.url().strip_prefix("http://").unwrap();
    let idle: Vec<_> = (0..1500).map(|_| TcpStream::connect(address)).collect();
    assert!(idle.iter().all(Result::is_ok));
    assert_eq!(
        http("GET", &format!("{}/healthz", server.url()), &[], "").0,
        200
    );
}

#[test]
fn a_head_longer_than_any_stamp_is_refused() {
    let server = Server::start();
    let long = "a".repeat(80 * 1024);
    let url = format!("{}/healthz", server.url());
    let (status, _) = http("GET", &url, &[("x-long", &long)], "");
    assert_eq!(status, 431);
    assert_eq!(http("GET", &url, &[], "").0, 200);
}

//! What must never be seen: threats T98, T103, T105, T142.

use std::path::Path;

use serde_json::json;

use crate::support::{Server, http, zegel};

/// Files below a directory, with their contents.
fn files(directory: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = std::fs::read_dir(directory).unwrap().map(Result::unwrap);
    entries
        .map(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            (name, std::fs::read(entry.path()).unwrap())
        })
        .collect()
}

fn holds(haystack: &[u8], needle: &[u8]) -> bool {
    haystack
        .windows(needle.len())
        .any(|window| window == needle)
}

/// Makes a wallet and signs with it; gives the address.
fn work(server: &Server) -> (crate::support::Root, String) {
    let root = server.init();
    let wallet = json!({ "walletName": "Treasury", "accounts": [{
        "curve": "CURVE_SECP256K1", "pathFormat": "PATH_FORMAT_BIP32",
        "path": "m/44'/60'/0'/0/0", "addressFormat": "ADDRESS_FORMAT_ETHEREUM",
    }] });
    let made = server
        .submit(&root.key_file, &root.organisation, "CREATE_WALLET", wallet)
        .json();
    let made = &made["activity"]["result"]["createWalletResult"];
    let address = made["addresses"][0].as_str().unwrap().to_owned();
    let sign = json!({
        "signWith": address, "payload": "ab".repeat(32),
        "encoding": "PAYLOAD_ENCODING_HEXADECIMAL", "hashFunction": "HASH_FUNCTION_NO_OP",
    });
    server
        .submit(
            &root.key_file,
            &root.organisation,
            "SIGN_RAW_PAYLOAD_V2",
            sign,
        )
        .json();
    (root, address)
}

#[test]
fn t105_no_secret_is_printed_or_logged_however_much_is_logged() {
    let place = tempfile::tempdir().unwrap();
    let config = place.path().join("zegel.toml");
    std::fs::write(&config, "[log]\nlevel = \"trace\"\n").unwrap();
    let server = Server::start_with(&["--config", config.to_str().unwrap()]);
    let (root, _) = work(&server);
    // Something that goes wrong, since that is what gets logged.
    server.run(&["keys", "new", "--out", "stranger.json"]);
    let body = json!({ "organizationId": root.organisation, "note": "a note in a body" });
    server.request("stranger.json", "/public/v1/query/whoami", &body);
    let root_key = std::fs::read_to_string(server.path("data.keys/root.key")).unwrap();
    let link = server.greeting["firstStep"].as_str().unwrap().to_owned();
    let (_, token) = link.split_once('#').unwrap();
    let greeting = server.line.clone();
    let (code, stdout, stderr) = server.stop();
    assert_eq!(code, Some(0));
    assert!(stderr.contains("\"ready\""), "the log is on: {stderr}");
    let said = format!("{greeting}{stdout}{stderr}");
    for secret in [root_key.trim(), &root.private_key] {
        assert!(!said.contains(secret));
    }
    assert_eq!(
        greeting.matches(token).count(),
        1,
        "told once, to the operator"
    );
    assert!(!stdout.contains(token) && !stderr.contains(token));
    for content in [&"ab".repeat(32), "a note in a body", "Treasury"] {
        assert!(!stderr.contains(content), "bodies are not logged: {stderr}");
    }
}

#[test]
fn t105_what_is_sent_to_other_servers_is_not_logged() {
    let place = tempfile::tempdir().unwrap();
    let transit = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/open-sesame", transit.local_addr().unwrap());
    std::fs::write(place.path().join("token"), "hunter2").unwrap();
    let config = format!(
        "[log]\nlevel = \"trace,ureq=trace\"\n[root-key.transit]\nwrapped = \"wrapped\"\n\
         key = \"zegel\"\ntoken-file = \"token\"\nurl = \"{url}\"\n"
    );
    std::fs::write(place.path().join("zegel.toml"), config).unwrap();
    let asked = std::thread::spawn(move || {
        let (mut connection, _) = transit.accept().unwrap();
        let mut head = [0; 1024];
        let length = std::io::Read::read(&mut connection, &mut head).unwrap();
        String::from_utf8_lossy(&head[..length]).into_owned()
    });
    let arguments = ["serve", "--listen", "127.0.0.1:0", "--config", "zegel.toml"];
    let ended = zegel()
        .args(arguments)
        .current_dir(place.path())
        .output()
        .unwrap();
    assert!(!ended.status.success());
    let asked = asked.join().unwrap();
    assert!(asked.contains("/open-sesame/") && asked.contains("hunter2"));
    // The operator is told which address it was, once, in the error; the token is nowhere.
    let said = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(said.matches("open-sesame").count(), 1, "{said}");
    assert!(
        !said.contains("hunter2") && !said.contains("ureq"),
        "{said}"
    );
}

#[test]
fn t98_nothing_in_the_data_directory_opens_anything() {
    let server = Server::start();
    let (root, _) = work(&server);
    let root_key = std::fs::read_to_string(server.path("data.keys/root.key")).unwrap();
    let digits = root_key.trim();
    let bytes: Vec<u8> = (0..digits.len() / 2)
        .map(|i| u8::from_str_radix(&digits[2 * i..2 * i + 2], 16).unwrap())
        .collect();
    let data = files(&server.path("data"));
    assert!(data.iter().any(|(name, _)| name == "log.key"));
    for (name, contents) in data {
        assert!(
            !holds(&contents, digits.as_bytes()) && !holds(&contents, &bytes),
            "{name}"
        );
        assert!(!holds(&contents, root.private_key.as_bytes()), "{name}");
    }
}

#[cfg(unix)]
#[test]
fn t98_keys_are_readable_by_their_owner_alone() {
    use crate::support::mode;
    let server = Server::start();
    let root = server.init();
    for directory in ["data", "data.keys"] {
        assert_eq!(mode(&server.path(directory)), 0o700, "{directory}");
    }
    for file in ["data/log.key", "data.keys/root.key", &root.key_file] {
        assert_eq!(mode(&server.path(file)), 0o600, "{file}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn t103_a_server_that_aborts_leaves_no_core_and_its_keys_are_locked() {
    use std::os::unix::fs::MetadataExt;
    use std::os::unix::process::ExitStatusExt;
    let mut server = Server::start();
    work(&server);
    let process = format!("/proc/{}", server.child.id());
    let limits = std::fs::read_to_string(format!("{process}/limits")).unwrap();
    let core = limits
        .lines()
        .find(|line| line.starts_with("Max core file size"))
        .unwrap();
    let core: Vec<_> = core.split_whitespace().collect();
    assert_eq!(core[4..6], ["0", "0"], "soft and hard");
    let status = std::fs::read_to_string(format!("{process}/status")).unwrap();
    let locked = status
        .lines()
        .find_map(|line| line.strip_prefix("VmLck:"))
        .unwrap();
    assert!(!locked.trim().starts_with("0 "), "{locked}");
    // A process that may not be dumped belongs to root in /proc, whoever runs it.
    let owner = std::fs::metadata(format!("{process}/mem")).unwrap().uid();
    assert_eq!(owner, 0);

    server.signal(rustix::process::Signal::ABORT);
    let ended = server.child.wait().unwrap();
    assert_eq!(ended.signal(), Some(6));
    assert!(!ended.core_dumped());
    let left = files_and_directories(server.place());
    assert!(left.iter().all(|name| !name.contains("core")), "{left:?}");
}

#[cfg(target_os = "linux")]
fn files_and_directories(place: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(place).unwrap().map(Result::unwrap);
    entries
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect()
}

#[test]
fn t142_numbers_name_nobody_and_are_not_on_the_public_listener() {
    let server = Server::start_with(&["--metrics-listen", "127.0.0.1:0"]);
    let (root, address) = work(&server);
    let url = server.greeting["metricsUrl"].as_str().unwrap();
    let (_, text) = http("GET", url, &[], "");
    assert!(text.contains("zegel_requests_total{"), "{text}");
    for name in [&root.organisation, &root.user, &root.public_key, &address] {
        assert!(!text.contains(name.as_str()), "{name} is in the metrics");
    }
    assert!(!text.contains("Acme") && !text.contains("Treasury"));
    // No identifier of any kind: a UUID has four hyphens between hexadecimal digits.
    let is_uuid = |word: &str| word.len() == 36 && word.matches('-').count() == 4;
    assert!(
        !text
            .split(|c: char| !(c.is_alphanumeric() || c == '-'))
            .any(is_uuid)
    );

    let (status, answer) = http("GET", &format!("{}/metrics", server.url()), &[], "");
    // As with any path of one word, a tenant could be meant.
    assert_eq!(status, 400, "{answer}");
    let (status, _) = http("GET", &url.replace("/metrics", "/healthz"), &[], "");
    assert_eq!(
        status, 404,
        "the metrics listener has the metrics and nothing else"
    );
}

//! The door that opens once.

use serde_json::{Value, json};

use crate::support::{Server, exchange, http, run};

const KEY: &str = "02428b89b9a34777d7c7e55010f9693ab85571890d72cd07519a0378e9afb828f5";

fn body() -> Value {
    json!({
        "organizationName": "Acme",
        "userName": "Ada",
        "apiKey": {
            "apiKeyName": "first", "publicKey": KEY, "curveType": "API_KEY_CURVE_P256",
        },
    })
}

fn take(server: &Server, token: &str, body: &Value) -> (u16, Value) {
    let bearer = format!("Bearer {token}");
    let headers = [
        ("authorization", bearer.as_str()),
        ("content-type", "application/json"),
    ];
    let url = format!("{}/first-step", server.url());
    let (status, answer) = http("POST", &url, &headers, &body.to_string());
    (status, serde_json::from_str(&answer).unwrap())
}

fn token(server: &Server) -> String {
    let link = server.greeting["firstStep"].as_str().unwrap();
    link.split_once('#').unwrap().1.to_owned()
}

#[test]
fn t102_the_link_works_once_and_for_its_holder_only() {
    let server = Server::start();
    let token = token(&server);
    assert_eq!(token.len(), 43, "256 bits");
    let mut other = token.clone().into_bytes();
    other[0] = if other[0] == b'A' { b'B' } else { b'A' };
    for wrong in ["", "AAAA", &String::from_utf8(other).unwrap()] {
        let (status, answer) = take(&server, wrong, &body());
        assert_eq!(
            (status, answer["code"].as_str()),
            (403, Some("FIRST_STEP_TOKEN"))
        );
    }
    let (status, _) = http("GET", &format!("{}/first-step", server.url()), &[], "");
    assert_eq!(status, 200);

    let (status, answer) = take(&server, &token, &body());
    assert_eq!(status, 200, "{answer}");
    assert!(answer["organizationId"].is_string() && answer["userId"].is_string());

    let (status, answer) = take(&server, &token, &body());
    assert_eq!(
        (status, answer["code"].as_str()),
        (410, Some("FIRST_STEP_TAKEN"))
    );
    let (status, _) = http("GET", &format!("{}/first-step", server.url()), &[], "");
    assert_eq!(status, 410);
}

#[test]
fn of_many_who_come_at_once_one_gets_through() {
    let server = Server::start();
    let token = token(&server);
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let tasks: Vec<_> = (0..20)
            .map(|_| scope.spawn(|| take(&server, &token, &body()).0))
            .collect();
        tasks.into_iter().map(|task| task.join().unwrap()).collect()
    });
    assert_eq!(
        statuses.iter().filter(|status| **status == 200).count(),
        1,
        "{statuses:?}"
    );
    assert!(
        statuses.iter().all(|status| matches!(status, 200 | 410)),
        "{statuses:?}"
    );
}

#[test]
fn a_body_that_cannot_be_meant_is_refused_and_leaves_the_door_open() {
    let server = Server::start();
    let token = token(&server);
    let mut both = body();
    both["passkey"] = json!({
        "authenticatorName": "x", "challenge": "x",
        "attestation": {
            "credentialId": "AA", "clientDataJson": "AA", "attestationObject": "AA",
            "transports": [],
        },
    });
    let mut neither = body();
    neither.as_object_mut().unwrap().remove("apiKey");
    let mut passkey = both.clone();
    passkey.as_object_mut().unwrap().remove("apiKey");
    let mut unnamed = body();
    unnamed["organizationName"] = "".into();
    let mut off_curve = body();
    off_curve["apiKey"]["publicKey"] = format!("02{}", "ff".repeat(32)).into();
    let mut more = body();
    more["admin"] = true.into();
    for wrong in [both, neither, passkey, unnamed, off_curve, more, json!([])] {
        let (status, answer) = take(&server, &token, &wrong);
        assert_eq!(
            (status, answer["code"].as_str()),
            (400, Some("FIRST_STEP_INVALID")),
            "{wrong}"
        );
    }
    assert_eq!(take(&server, &token, &body()).0, 200);
}

#[cfg(unix)]
#[test]
fn the_written_link_is_the_owners_alone_and_goes_when_it_is_used() {
    use crate::support::mode;
    let server = Server::start();
    let link = server.path("data/first-step.link");
    assert_eq!(mode(&link), 0o600);
    let expected = format!("{}/first-step#{}", server.url(), token(&server));
    assert_eq!(std::fs::read_to_string(&link).unwrap(), expected);
    server.init();
    assert!(!link.exists());
}

#[test]
fn init_works_beside_a_running_server_and_without_one_and_once() {
    let server = Server::start();
    let root = server.init();
    let again = server.run(&[
        "--json",
        "init",
        "--org",
        "Other",
        "--data-dir",
        "data",
        "--key-file",
        "other.json",
    ]);
    assert_eq!(again.problem(1), "FIRST_STEP_TAKEN");
    assert!(
        !server.path("other.json").exists(),
        "a key nobody registered is not kept"
    );
    let whoami = server.request(
        &root.key_file,
        "/public/v1/query/whoami",
        &json!({ "organizationId": root.organisation }),
    );
    assert_eq!(whoami.json()["userId"], root.user);

    let place = tempfile::tempdir().unwrap();
    let offline = ["--json", "init", "--org", "Acme", "--data-dir", "data"];
    let made = run(place.path(), &offline).json();
    assert_eq!(made["apiPublicKey"].as_str().unwrap().len(), 66);
    let again = run(
        place.path(),
        &["--json", "init", "--org", "Acme", "--data-dir", "data"],
    );
    assert_eq!(again.problem(1), "FIRST_STEP_TAKEN");
}

#[test]
fn a_server_that_has_an_organisation_offers_no_first_step() {
    let server = Server::start();
    let key = server.greeting["logKey"].clone();
    assert_eq!(server.greeting["rootKey"]["isNew"], true);
    server.init();
    let server = server.again();
    assert!(server.greeting["firstStep"].is_null());
    assert!(!server.path("data/first-step.link").exists());
    assert_eq!(server.greeting["rootKey"]["isNew"], false);
    assert_eq!(server.greeting["logKey"], key);
}

#[test]
fn init_needs_no_proxy_to_reach_a_server_with_a_public_name() {
    let server = Server::start_with(&["--public-url", "https://keys.invalid"]);
    let link = server.greeting["firstStep"].as_str().unwrap();
    assert!(
        link.starts_with("https://keys.invalid/first-step#"),
        "{link}"
    );
    let root = server.init();
    let key = std::fs::read_to_string(server.path(&root.key_file)).unwrap();
    let key: Value = serde_json::from_str(&key).unwrap();
    let url = key["apiBaseUrl"].as_str().unwrap();
    assert!(url.starts_with("http://127.0.0.1:"), "{url}");
}

#[test]
fn each_start_prints_another_link_and_the_old_one_is_void() {
    let server = Server::start();
    let old = token(&server);
    let server = server.again();
    assert_ne!(token(&server), old);
    assert_eq!(take(&server, &old, &body()).0, 403);
    assert_eq!(take(&server, &token(&server), &body()).0, 200);
}

#[test]
fn the_page_runs_nothing_inline_and_fetches_nothing_from_elsewhere() {
    let server = Server::start();
    let mut parts = vec!["/first-step".to_owned()];
    let mut seen = 0;
    while let Some(path) = parts.pop() {
        let (head, text) = exchange("GET", &format!("{}{path}", server.url()), &[], "");
        assert!(head.starts_with("HTTP/1.1 200 "), "{path}: {head}");
        for guard in [
            "content-security-policy: default-src 'none';",
            "referrer-policy: no-referrer",
            "x-content-type-options: nosniff",
            "x-frame-options: DENY",
            "cache-control: no-store",
        ] {
            assert!(head.contains(guard), "{path} lacks {guard}");
        }
        assert!(
            !head.contains("unsafe-") && !head.contains("set-cookie"),
            "{head}"
        );
        assert!(
            !text.contains("style=") && !text.contains("<style"),
            "{path}"
        );
        assert!(
            !text.contains("onclick") && !text.contains("eval("),
            "{path}"
        );
        // The only absolute address there is names the language of the icon.
        let elsewhere = text.replace("http://www.w3.org/2000/svg", "");
        assert!(
            !elsewhere.contains("src=\"http") && !elsewhere.contains("href=\"http"),
            "{path}"
        );
        for attribute in ["src=\"", "href=\""] {
            let named = text
                .split(attribute)
                .skip(1)
                .filter_map(|rest| rest.split('"').next());
            parts.extend(named.map(ToOwned::to_owned));
        }
        seen += 1;
    }
    assert_eq!(seen, 4, "page, module, style, icon");
}

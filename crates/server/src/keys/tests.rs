use std::fs;

use tempfile::TempDir;

use super::*;

struct Place {
    _directory: TempDir,
    data_dir: DataDir,
}

fn place() -> Place {
    let directory = tempfile::tempdir().unwrap();
    let data_dir = DataDir::new(directory.path().join("data"));
    data_dir.make().unwrap();
    Place {
        _directory: directory,
        data_dir,
    }
}

fn passphrase_config(place: &Place, passphrase: &str) -> RootKeyConfig {
    let beside = place.data_dir.path().parent().unwrap();
    let file = beside.join(passphrase);
    fs::write(&file, format!("{passphrase}\n")).unwrap();
    RootKeyConfig::Passphrase {
        wrapped: beside.join("root.wrapped"),
        passphrase_file: Some(file),
        passphrase_env: None,
    }
}

#[cfg(unix)]
#[test]
fn t98_a_new_root_key_is_made_beside_the_data_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let place = place();
    let opened = root_key(None, &place.data_dir, true).unwrap();
    assert!(opened.is_new && !opened.is_open_to_others);
    assert!(!opened.place.starts_with(place.data_dir.path()));
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&opened.place), 0o600);
    assert_eq!(mode(opened.place.parent().unwrap()), 0o700);
}

#[test]
fn the_same_keys_open_at_the_next_start() {
    let place = place();
    let first = root_key(None, &place.data_dir, true).unwrap();
    let log = log_key(&first.key, &place.data_dir, None).unwrap();
    let second = root_key(None, &place.data_dir, true).unwrap();
    assert!(!second.is_new);
    let again = log_key(&second.key, &place.data_dir, None).unwrap();
    assert_eq!(log.verifier_key(), again.verifier_key());
    assert_eq!(
        verifier_key(&place.data_dir.log_verifier_key()).unwrap(),
        *log.verifier_key()
    );
}

#[test]
fn refuses_to_make_a_second_root_key_for_data_that_has_one() {
    let place = place();
    let first = root_key(None, &place.data_dir, true).unwrap();
    log_key(&first.key, &place.data_dir, None).unwrap();
    fs::remove_file(&first.place).unwrap();
    let refused = root_key(None, &place.data_dir, true)
        .err()
        .unwrap()
        .to_string();
    assert!(refused.contains("put the key back"), "{refused}");
    assert!(!first.place.exists());
}

#[test]
fn refuses_another_root_key_and_another_name_for_the_log() {
    let place = place();
    let first = root_key(None, &place.data_dir, true).unwrap();
    log_key(&first.key, &place.data_dir, Some("keys.example.com/log")).unwrap();
    let renamed = log_key(&first.key, &place.data_dir, Some("other.example.com/log"));
    assert!(
        renamed
            .err()
            .unwrap()
            .to_string()
            .contains("cannot be renamed")
    );

    let other = RootKey::generate(&mut entropy::System).unwrap();
    let refused = log_key(&other, &place.data_dir, None).err().unwrap();
    assert!(
        refused.to_string().contains("is this the right root key?"),
        "{refused:#}"
    );
}

#[test]
fn a_passphrase_opens_what_it_wrapped_and_no_other_does() {
    let place = place();
    let config = passphrase_config(&place, "correct horse");
    let first = root_key(Some(&config), &place.data_dir, true).unwrap();
    let log = log_key(&first.key, &place.data_dir, None).unwrap();
    let second = root_key(Some(&config), &place.data_dir, true).unwrap();
    let again = log_key(&second.key, &place.data_dir, None).unwrap();
    assert_eq!(log.verifier_key(), again.verifier_key());

    let wrong = root_key(
        Some(&passphrase_config(&place, "battery staple")),
        &place.data_dir,
        true,
    );
    let refused = format!("{:#}", wrong.err().unwrap());
    assert!(
        refused.contains("the passphrase does not open"),
        "{refused}"
    );
}

/// A Transit engine that reverses what it is given, in base64.
fn transit_engine() -> String {
    use std::io::{BufRead, BufReader, Read, Write};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/v1/transit", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut reader = BufReader::new(stream.unwrap());
            let (mut head, mut length) = (String::new(), 0);
            loop {
                let mut line = String::new();
                reader.read_line(&mut line).unwrap();
                if line == "\r\n" {
                    break;
                }
                if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
                head += &line;
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
            let turned = |text: &serde_json::Value| -> String {
                text.as_str()
                    .unwrap()
                    .trim_start_matches("vault:v1:")
                    .chars()
                    .rev()
                    .collect()
            };
            let (status, answer) = if !head.to_lowercase().contains("x-vault-token: open sesame") {
                (
                    "403 Forbidden",
                    serde_json::json!({ "errors": ["permission denied"] }),
                )
            } else if head.starts_with("POST /v1/transit/encrypt/zegel ") {
                let text = format!("vault:v1:{}", turned(&body["plaintext"]));
                (
                    "200 OK",
                    serde_json::json!({ "data": { "ciphertext": text } }),
                )
            } else {
                let text = turned(&body["ciphertext"]);
                (
                    "200 OK",
                    serde_json::json!({ "data": { "plaintext": text } }),
                )
            };
            let answer = answer.to_string();
            let stream = reader.get_mut();
            write!(
                stream,
                "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{answer}",
                answer.len()
            )
            .unwrap();
        }
    });
    url
}

#[test]
fn a_transit_engine_opens_what_it_wrapped_and_refuses_a_wrong_token() {
    let place = place();
    let beside = place.data_dir.path().parent().unwrap().to_owned();
    let config = |token: &str| {
        let token_file = beside.join("token");
        fs::write(&token_file, format!("{token}\n")).unwrap();
        RootKeyConfig::Transit {
            wrapped: beside.join("root.wrapped"),
            url: transit_engine(),
            key: "zegel".to_owned(),
            token_file,
            ca_file: None,
        }
    };
    let first = root_key(Some(&config("open sesame")), &place.data_dir, true).unwrap();
    let log = log_key(&first.key, &place.data_dir, None).unwrap();
    let second = root_key(Some(&config("open sesame")), &place.data_dir, true).unwrap();
    let again = log_key(&second.key, &place.data_dir, None).unwrap();
    assert_eq!(log.verifier_key(), again.verifier_key());

    let refused = format!(
        "{:#}",
        root_key(Some(&config("sesame")), &place.data_dir, true)
            .err()
            .unwrap()
    );
    assert!(refused.contains("403"), "{refused}");
}

//! Client data that the program cannot rebuild: refused by the chain, and by `verify` before.

use testkit::authenticator::{AuthData, ClientData, UP, UV};
use verify::solana::TemplateRejection as R;
use wire::solana::external_signature::{ClientDataShape, ProgramError, SessionLifetime};

use crate::support::*;

/// Signs with the parts changed, once to create an account and once for a new session; the chain
/// must say what `verify` said it would.
fn refuses(edit: impl Fn(&mut ClientData, &mut AuthData), expected: R) {
    let error = expected.program_error();
    assert!(error.is_some());

    let mut scene = Scene::new();
    let slot = scene.slot();
    let proof = scene.prove_with(&scene.nonce(slot).initialise(None), &edit);
    assert_eq!(proof.foreseen, Err(expected));
    let instruction = scene.creating(slot, None, &proof);
    let refused = scene.send(&[proof.instruction(), instruction], &[]);
    assert_eq!(program_error(refused), error);
    assert_eq!(scene.chain.account(&scene.account()), None);

    let mut scene = Scene::initialised(None);
    let slot = scene.slot();
    let proof = scene.prove_with(&scene.nonce(slot).refresh(session()), &edit);
    assert_eq!(proof.foreseen, Err(expected));
    let instruction = scene.refreshing(slot, session(), &proof);
    let refused = scene.send(&[proof.instruction(), instruction], &[]);
    assert_eq!(program_error(refused), error);
    assert_eq!(scene.stored().session(), None);
}

/// The same, and both accept.
fn accepts(origin: &str, edit: impl Fn(&mut ClientData, &mut AuthData), shape: ClientDataShape) {
    let mut scene = Scene::at(350_000_500, RP_ID, origin);
    let slot = scene.slot();
    let proof = scene.prove_with(&scene.nonce(slot).initialise(None), &edit);
    assert_eq!(proof.foreseen.clone().unwrap().shape, shape);
    let instruction = scene.creating(slot, None, &proof);
    scene
        .send(&[proof.instruction(), instruction], &[])
        .unwrap();

    scene.wait_s(0);
    let slot = scene.slot();
    let proof = scene.prove_with(&scene.nonce(slot).refresh(session()), &edit);
    let instruction = scene.refreshing(slot, session(), &proof);
    scene
        .send(&[proof.instruction(), instruction], &[])
        .unwrap();
    assert_eq!(scene.stored().session().unwrap().key, session().key);
}

fn session() -> SessionLifetime {
    SessionLifetime {
        key: Wallet::new(9).address(),
        lifetime_s: 900,
    }
}

const HTTPS: &str = "https://auth.example.com";

#[test]
fn accepts_everything_browsers_write_on_the_relying_party_itself() {
    accepts(HTTPS, |_, _| {}, PLAIN);
    let http = ClientDataShape {
        http: true,
        ..PLAIN
    };
    accepts("http://auth.example.com", |_, _| {}, http);
    for (origin, port) in [
        ("https://auth.example.com:1", 1),
        ("https://auth.example.com:80", 80),
        ("https://auth.example.com:443", 443),
        ("https://auth.example.com:8080", 8080),
        ("https://auth.example.com:10000", 10000),
        ("https://auth.example.com:65535", 65535),
        ("https://auth.example.com:0", 0),
    ] {
        let shape = ClientDataShape {
            port: Some(port),
            ..PLAIN
        };
        accepts(origin, |_, _| {}, shape);
    }
    let cross_origin = ClientDataShape {
        cross_origin: true,
        ..PLAIN
    };
    accepts(
        HTTPS,
        |client, _| client.set("crossOrigin", true),
        cross_origin,
    );
    let reminder = ClientDataShape {
        reminder: true,
        ..PLAIN
    };
    let remind = |client: &mut ClientData, _: &mut AuthData| {
        client.set(ClientDataShape::REMINDER_NAME, ClientDataShape::REMINDER);
    };
    accepts(HTTPS, remind, reminder);
    let all = ClientDataShape {
        cross_origin: true,
        http: true,
        port: Some(3000),
        ..reminder
    };
    let everything = |client: &mut ClientData, data: &mut AuthData| {
        client.set("crossOrigin", true);
        remind(client, data);
    };
    accepts("http://auth.example.com:3000", everything, all);
}

#[test]
fn refuses_another_relying_party() {
    let edit = |_: &mut ClientData, data: &mut AuthData| {
        data.rp_id_hash = AuthData::assertion("example.com").rp_id_hash;
    };
    refuses(edit, R::RpIdHash);
}

#[test]
fn refuses_an_absent_user() {
    refuses(|_, data| data.flags = UV, R::UserPresence);
    refuses(|_, data| data.flags = !UP, R::UserPresence);
}

#[test]
fn refuses_a_sub_domain_of_the_relying_party() {
    let edit = |client: &mut ClientData, _: &mut AuthData| {
        client.set("origin", "https://login.auth.example.com");
    };
    refuses(edit, R::OriginSubdomain);
}

#[test]
fn refuses_another_host_and_what_is_no_website() {
    for (origin, expected) in [
        ("https://evil.example", R::OriginHost),
        ("https://auth.example.com.evil.example", R::OriginHost),
        ("https://auth.example.com:0443", R::OriginPort),
        ("android:apk-key-hash:AAAA", R::OriginScheme),
    ] {
        refuses(|client, _| client.set("origin", origin), expected);
    }
}

#[test]
fn refuses_a_framed_page_whose_browser_names_the_frame() {
    let edit = |client: &mut ClientData, _: &mut AuthData| {
        client.set("crossOrigin", true);
        client.set("topOrigin", "https://shop.example");
    };
    refuses(edit, R::TopOrigin);
}

#[test]
fn refuses_client_data_without_cross_origin() {
    refuses(
        |client, _| client.remove("crossOrigin"),
        R::CrossOriginMissing,
    );
}

#[test]
fn refuses_members_and_words_that_are_new() {
    refuses(|client, _| client.set("extra", 1), R::UnknownMember);
    let reworded = |client: &mut ClientData, _: &mut AuthData| {
        client.set(ClientDataShape::REMINDER_NAME, "please do not compare");
    };
    refuses(reworded, R::Reminder);
    refuses(|client, _| client.0.swap(1, 2), R::MemberOrder);
}

#[test]
fn refuses_another_ceremony_and_another_challenge() {
    refuses(|client, _| client.set("type", "payment.get"), R::Ceremony);
    refuses(|client, _| client.set("challenge", "AAAA"), R::Challenge);
}

#[test]
fn a_server_that_tells_the_program_another_shape_is_refused() {
    let shapes = [
        ClientDataShape {
            http: true,
            ..PLAIN
        },
        ClientDataShape {
            cross_origin: true,
            ..PLAIN
        },
        ClientDataShape {
            reminder: true,
            ..PLAIN
        },
        ClientDataShape {
            port: Some(443),
            ..PLAIN
        },
        ClientDataShape {
            ceremony: wire::solana::external_signature::Ceremony::Create,
            ..PLAIN
        },
    ];
    for shape in shapes {
        let mut scene = Scene::new();
        let slot = scene.slot();
        let mut proof = scene.prove(&scene.nonce(slot).initialise(None));
        assert_eq!(proof.foreseen.clone().unwrap().shape, PLAIN);
        proof.shape = shape;
        let instruction = scene.creating(slot, None, &proof);
        let refused = scene.send(&[proof.instruction(), instruction], &[]);
        assert_eq!(program_error(refused), Some(ProgramError::ClientDataHash));
    }
}

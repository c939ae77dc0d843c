//! Every kind of command, sent by everybody who could: the permission matrix.

use std::fmt::Write as _;

use rules::catalogue::CATALOGUE;
use rules::command::{
    Command, NewAccount, NewApiKey, NewAuthenticator, NewPrivateKey, NewSubOrganisation, NewUser,
    NewWallet, PayloadForm, UserUpdate,
};
use rules::facts::{Facts, Found, SignWith};
use rules::refusal::Reason;
use rules::text::Label;
use rules::{Decision, FeatureName, Organisation, PrivateKey, Tag, TagKind, Wallet, WalletAccount};
use verify::Signer;
use wire::Sealed;
use wire::activities::SigningType;
use wire::encoding::base64url;
use wire::id::{AuthenticatorId, OrganisationId, PrivateKeyId, TagId, UserId};
use wire::id::{WalletAccountId, WalletId};
use wire::keys::{AddressFormat, Curve};
use wire::signing::{HashFunction, PayloadEncoding, TransactionType};

use crate::world::*;

const LEGEND: &str = "\
# Who may send what: allowed at once, held for one more approval, or denied.
#
# alone      the only member of the root quorum, on another user
# of two     one of two members who must agree, on another user
# on self    a user outside the root quorum, on himself where the command names a user
# on other   the same, on another user
# of parent  the root quorum of the parent organisation
# stranger   the root quorum of an organisation elsewhere
# session    as alone, with the key of a passkey session that may stamp all there is for sessions
# narrow     the same, with one that may stamp SIGN_RAW_PAYLOAD
";

/// Who sends a command, about whom, and with what.
struct Sender {
    column: &'static str,
    home: OrganisationId,
    user: UserId,
    /// Members of the root quorum.
    members: &'static [UserId],
    about: UserId,
    /// What the session may stamp whose key it is; an API key's otherwise.
    session: Option<&'static [SigningType]>,
}

const fn sender(
    column: &'static str,
    home: OrganisationId,
    user: UserId,
    members: &'static [UserId],
    about: UserId,
) -> Sender {
    Sender {
        column,
        home,
        user,
        members,
        about,
        session: None,
    }
}

const SENDERS: [Sender; 8] = [
    sender("alone", HERE, ANNA, &[ANNA], DAVID),
    sender("of two", HERE, ANNA, &[ANNA, BEN], DAVID),
    sender("on self", HERE, CLARA, &[ANNA], CLARA),
    sender("on other", HERE, CLARA, &[ANNA], DAVID),
    sender("of parent", PARENT, ANNA, &[ANNA], DAVID),
    sender("stranger", ELSEWHERE, ANNA, &[ANNA], DAVID),
    Sender {
        session: Some(&SigningType::ALL),
        ..sender("session", HERE, ANNA, &[ANNA], DAVID)
    },
    Sender {
        session: Some(&[SigningType::RawPayload]),
        ..sender("narrow", HERE, ANNA, &[ANNA], DAVID)
    },
];

#[test]
fn the_permission_matrix_is_as_reviewed() {
    let mut table = LEGEND.to_owned();
    let head = SENDERS
        .map(|Sender { column, .. }| format!("{column:<10}"))
        .concat();
    writeln!(table, "\n{:<31}{}", "", head.trim_end()).unwrap();
    for (number, entry) in CATALOGUE.iter().enumerate() {
        let cells = SENDERS.map(|sender| {
            let command = commands(sender.about).swap_remove(number);
            assert_eq!(
                command.entry(),
                entry,
                "the samples are in the catalogue's order"
            );
            format!("{:<10}", verdict(&sender, command))
        });
        writeln!(table, "{:<31}{}", entry.name, cells.concat().trim_end()).unwrap();
    }
    check_table("crates/rules/tests/matrix.txt", &table);
}

/// Drawn from the catalogue: a kind that is new is denied until somebody adds it here and there.
#[test]
fn t48_a_session_stamps_what_signs_and_nothing_else() {
    let allowed = |may: &'static [SigningType], members: &'static [UserId]| -> Vec<&str> {
        let sender = Sender {
            session: Some(may),
            ..sender("session", HERE, ANNA, members, ANNA)
        };
        let sent = commands(ANNA).into_iter();
        sent.filter(|command| verdict(&sender, command.clone()) != "deny")
            .map(|command| command.entry().name)
            .collect()
    };
    let signing = ["SIGN_RAW_PAYLOAD", "SIGN_RAW_PAYLOADS", "SIGN_TRANSACTION"];
    assert_eq!(allowed(&SigningType::ALL, &[ANNA]), signing);
    assert_eq!(allowed(&SigningType::ALL, &[ANNA, BEN]), signing, "held");
    assert_eq!(allowed(&SigningType::ALL, &[BEN]), [""; 0], "no quorum");
    assert_eq!(allowed(&[], &[ANNA]), [""; 0]);
    for (known, name) in SigningType::ALL.into_iter().zip(signing) {
        let one: &'static [SigningType] = match known {
            SigningType::RawPayload => &[SigningType::RawPayload],
            SigningType::RawPayloads => &[SigningType::RawPayloads],
            SigningType::Transaction => &[SigningType::Transaction],
        };
        assert_eq!(allowed(one, &[ANNA]), [name]);
    }
    for entry in CATALOGUE {
        let signs = entry.action == rules::catalogue::Action::Sign;
        assert_eq!(SigningType::of_kind(entry.name).is_some(), signs);
    }
}

#[test]
fn t48_a_session_that_may_not_is_told_what_it_may() {
    let facts = facts(&furnished(&[ANNA]), ANNA, Found::Nothing);
    let signer = Signer {
        home: HERE,
        user: ANNA,
    };
    let may = [SigningType::RawPayload, SigningType::Transaction];
    let command = Command::CreateUsers {
        users: vec![new_user()],
    };
    let Decision::Deny(refusal) = judged_by_session(signer, &may, command, &facts) else {
        panic!("a session makes no users");
    };
    assert_eq!(refusal.reason, Reason::NotAllowed);
    assert_eq!(
        refusal.message,
        "a session's key may not send CREATE_USERS: this one may send \
         ACTIVITY_TYPE_SIGN_RAW_PAYLOAD_V2, ACTIVITY_TYPE_SIGN_TRANSACTION_V2. Ask anew, \
         with another timestampMs, and stamp it with the passkey: this body stays refused."
    );
}

#[test]
fn every_kind_has_a_sample() {
    assert_eq!(commands(DAVID).len(), CATALOGUE.len());
}

fn verdict(sender: &Sender, command: Command) -> &'static str {
    let &Sender {
        home,
        user,
        members,
        session,
        ..
    } = sender;
    let name = command.entry().name;
    let mut organisation = furnished(members);
    // A sub-organisation has none below it, and only a sub-organisation can be deleted.
    if home == PARENT || name == "DELETE_SUB_ORGANIZATION" {
        organisation.parent = Some(PARENT);
    }
    let facts = Facts {
        found: found(&command),
        ..facts(&organisation, user, Found::Nothing)
    };
    let decision = match session {
        None => judged(home, user, command, &facts),
        Some(may) => judged_by_session(Signer { home, user }, may, command, &facts),
    };
    match decision {
        Decision::Allow(_) => "allow",
        Decision::Hold { missing } => {
            assert_eq!(missing, 1, "{name}");
            "hold"
        }
        Decision::Deny(refusal) => {
            // Nobody is to be denied because a sample makes no sense.
            let expected = if home == HERE {
                Reason::NotAllowed
            } else {
                Reason::OtherOrganisation
            };
            assert_eq!(refusal.reason, expected, "{name}: {}", refusal.message);
            "deny"
        }
    }
}

const WALLET: WalletId = WalletId::from_bytes([41; 16]);
const ACCOUNT: WalletAccountId = WalletAccountId::from_bytes([42; 16]);
const KEY: PrivateKeyId = PrivateKeyId::from_bytes([43; 16]);
const USER_TAG: TagId = TagId::from_bytes([44; 16]);
const KEY_TAG: TagId = TagId::from_bytes([45; 16]);

/// One sensible command of each kind, in the catalogue's order.
fn commands(user: UserId) -> Vec<Command> {
    let name = Label::parse("new").unwrap();
    let authenticator = AuthenticatorId::from_bytes(*user.as_bytes());
    let how = PayloadForm {
        encoding: PayloadEncoding::TextUtf8,
        hash: HashFunction::Sha256,
    };
    let sign_with = KEY.to_string();
    let account = NewAccount {
        curve: Curve::Secp256k1,
        path: "m/44'/60'/0'/0/1".parse().unwrap(),
        address_format: AddressFormat::Ethereum,
        name: None,
    };
    let wallet = NewWallet {
        name: name.clone(),
        accounts: vec![account.clone()],
        words: 12,
    };
    let key = NewPrivateKey {
        name: name.clone(),
        curve: Curve::P256,
        address_formats: Vec::new(),
        tags: Vec::new(),
    };
    vec![
        Command::CreateSubOrganisation(NewSubOrganisation {
            name: name.clone(),
            root_users: vec![new_user()],
            threshold: 1,
            wallet: Some(wallet.clone()),
            private_keys: Vec::new(),
            disabled: Vec::new(),
        }),
        Command::DeleteSubOrganisation {
            delete_without_export: true,
        },
        Command::UpdateOrganisationName { name: name.clone() },
        Command::UpdateRootQuorum {
            threshold: 2,
            users: vec![ANNA, user],
        },
        Command::SetOrganisationFeature {
            name: FeatureName::EmailAuth,
            value: None,
        },
        Command::RemoveOrganisationFeature {
            name: FeatureName::Webhook,
        },
        Command::CreateUsers {
            users: vec![new_user()],
        },
        Command::UpdateUser {
            user,
            update: UserUpdate::default(),
        },
        Command::UpdateUserName {
            user,
            name: name.clone(),
        },
        Command::UpdateUserEmail { user, email: None },
        Command::UpdateUserPhoneNumber { user, phone: None },
        Command::DeleteUsers { users: vec![user] },
        Command::CreateApiKeys {
            user,
            keys: vec![new_api_key()],
        },
        Command::DeleteApiKeys {
            user,
            keys: vec![api_key(user)],
        },
        Command::CreateAuthenticators {
            user,
            authenticators: vec![new_authenticator()],
        },
        Command::DeleteAuthenticators {
            user,
            authenticators: vec![authenticator],
        },
        Command::CreateUserTag {
            name: name.clone(),
            users: vec![user],
        },
        Command::UpdateUserTag {
            tag: USER_TAG,
            name: None,
            add: vec![user],
            remove: vec![],
        },
        Command::DeleteUserTags {
            tags: vec![USER_TAG],
        },
        Command::CreatePrivateKeyTag {
            name: name.clone(),
            keys: vec![KEY],
        },
        Command::UpdatePrivateKeyTag {
            tag: KEY_TAG,
            name: None,
            add: vec![KEY],
            remove: vec![],
        },
        Command::DeletePrivateKeyTags {
            tags: vec![KEY_TAG],
        },
        Command::CreateWallet(wallet),
        Command::CreateWalletAccounts {
            wallet: WALLET,
            accounts: vec![account],
            persist: true,
        },
        Command::UpdateWallet {
            wallet: WALLET,
            name: Some(name.clone()),
        },
        Command::UpdateWalletAccountName {
            account: ACCOUNT,
            name,
        },
        Command::DeleteWallets {
            wallets: vec![WALLET],
            delete_without_export: true,
        },
        Command::DeleteWalletAccounts {
            accounts: vec![ACCOUNT],
            delete_without_export: true,
        },
        Command::CreatePrivateKeys { keys: vec![key] },
        Command::DeletePrivateKeys {
            keys: vec![KEY],
            delete_without_export: true,
        },
        Command::SignRawPayload {
            sign_with: sign_with.clone(),
            payload: "a".to_owned(),
            how,
        },
        Command::SignRawPayloads {
            sign_with: sign_with.clone(),
            payloads: vec!["a".to_owned()],
            how,
        },
        Command::SignTransaction {
            sign_with,
            transaction: String::new(),
            kind: TransactionType::Ethereum,
        },
        Command::ApproveActivity {
            fingerprint: [22; 32],
        },
        Command::RejectActivity {
            fingerprint: [22; 32],
        },
    ]
}

fn new_user() -> NewUser {
    NewUser {
        name: Label::parse("Eve").unwrap(),
        email: None,
        phone: None,
        api_keys: vec![new_api_key()],
        authenticators: Vec::new(),
        tags: Vec::new(),
    }
}

fn new_api_key() -> NewApiKey {
    let key = testkit::ApiKey::p256(2);
    NewApiKey {
        name: Label::parse("new").unwrap(),
        curve: key.curve(),
        public_key: key.public_key(),
        expiration_seconds: None,
    }
}

fn new_authenticator() -> NewAuthenticator {
    let made = testkit::Passkey::es256(1, "example.org", "https://example.org").attestation(b"it");
    NewAuthenticator {
        name: Label::parse("new").unwrap(),
        challenge: base64url::encode(b"it"),
        credential_id: made.credential_id,
        client_data_json: made.client_data_json,
        attestation_object: made.attestation_object,
        transports: Vec::new(),
    }
}

/// The organisation with everything in it that the samples name.
fn furnished(members: &[UserId]) -> Organisation {
    let mut organisation = organisation(members);
    organisation.features.insert(FeatureName::Webhook, None);
    for (id, kind) in [(USER_TAG, TagKind::User), (KEY_TAG, TagKind::PrivateKey)] {
        let tag = Tag {
            id,
            name: "old".to_owned(),
            kind,
            created_at: NOW,
            updated_at: NOW,
        };
        organisation.tags.insert(id, tag);
    }
    for user in organisation.users.values_mut() {
        let held = rules::Authenticator {
            id: AuthenticatorId::from_bytes(*user.id.as_bytes()),
            name: "old".to_owned(),
            credential_id: user.id.as_bytes().to_vec(),
            public_key: Vec::new(),
            rp_id_hash: [0; 32],
            aaguid: [0; 16],
            attestation_type: "none".to_owned(),
            transports: Vec::new(),
            backup_eligible: false,
            created_at: NOW,
        };
        user.authenticators.push(held);
    }
    let wallet = Wallet {
        id: WALLET,
        name: "old".to_owned(),
        seed: Sealed::from_bytes(Vec::new()),
        exported: false,
        imported: false,
        created_at: NOW,
        updated_at: NOW,
    };
    organisation.wallets.insert(WALLET, wallet);
    organisation.private_keys.insert(KEY, private_key());
    organisation
}

fn private_key() -> PrivateKey {
    PrivateKey {
        id: KEY,
        name: "old".to_owned(),
        curve: Curve::Secp256k1,
        public_key: Vec::new(),
        secret: Sealed::from_bytes(Vec::new()),
        addresses: Vec::new(),
        tags: Vec::new(),
        exported: false,
        imported: false,
        created_at: NOW,
        updated_at: NOW,
    }
}

fn account() -> WalletAccount {
    WalletAccount {
        id: ACCOUNT,
        organisation: HERE,
        wallet: WALLET,
        curve: Curve::Secp256k1,
        path: "m/44'/60'/0'/0/0".parse().unwrap(),
        address_format: AddressFormat::Ethereum,
        address: String::new(),
        public_key: Vec::new(),
        name: None,
        exported: false,
        created_at: NOW,
        updated_at: NOW,
    }
}

/// What the store would find for the samples.
fn found(command: &Command) -> Found {
    use rules::command::Needs;
    match command.needs() {
        Needs::Nothing => Found::Nothing,
        Needs::SignWith(_) => {
            Found::Signer(Some(SignWith::PrivateKey(Box::new(private_key()), None)))
        }
        Needs::Accounts(_) => Found::Accounts(vec![account()]),
        Needs::AccountsAt(..) => Found::Accounts(Vec::new()),
        Needs::Activity(_) => Found::Activity(Some(Box::new(held(&[BEN])))),
    }
}

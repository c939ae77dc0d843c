//! The whole way: a document is asked for, a passkey signs it, and what the server answers is given
//! to the account's contract.

use std::sync::Arc;

use engine::tenants::{Answer, OpenedSigning, SignedDocument};
use engine::{Clock, Engine, Settings, entropy};
use rules::tenant::signing::{AskedSigning, DaimoKey, Document, SmartAccount};
use rules::tenant::{Command, Config, Least, Refusal, SessionAction, SessionAnswer, Source};
use serde_json::{Value as Json, json};
use store::{Location, Store};
use testkit::authenticator::Passkey;
use vault::{LogKey, RootKey, Vault};
use verify::evm::Family;
use verify::tenant::{Call, Operator, hash_secret};
use wire::Timestamp;
use wire::encoding::hex;
use wire::environment::Environment;
use wire::evm::EntryPointVersion;
use wire::evm::abi::Value;
use wire::id::TenantId;
use wire::solana::secp256r1::CompressedKey;

use crate::ceremony::{KEY_SLOT, OWNER_INDEX, VALID_UNTIL_S};
use crate::machine::Machine;
use crate::wallets::Wallets;

const RP_ID: &str = "zegel.example";
const ORIGIN: &str = "https://zegel.example";

/// The chain of the machine.
const CHAIN_ID: u64 = 1;

struct Server {
    engine: Arc<Engine>,
    tenant: TenantId,
    key: String,
    passkey: Passkey,
}

impl Server {
    /// With an account of the passkey's.
    async fn open() -> Self {
        let engine = Engine::new(
            Store::open(&Location::Memory).unwrap(),
            Vault::new(RootKey::generate(&mut entropy::System).unwrap()),
            LogKey::generate("zegel.example/log", &mut entropy::System).unwrap(),
            Arc::new(Clock::manual(Timestamp::from_millis(1_790_000_000_000))),
            Settings {
                audience: ORIGIN.to_owned(),
                not_before: Timestamp::from_millis(0),
            },
        );
        let engine = Arc::new(engine);
        let tenant = engine.new_tenant_id().unwrap();
        let mut server = Self {
            tenant,
            engine,
            key: String::new(),
            passkey: Passkey::es256(1, RP_ID, ORIGIN),
        };
        server.key = server.make_tenant().await;
        server.make_account().await;
        server
    }

    async fn make_tenant(&self) -> String {
        let ceremony = json!({
            "timeout": 60_000, "user_verification": "preferred",
            "attestation_preference": "none", "resident_key_requirement": "required",
        });
        let mut webauthn = ceremony.clone();
        webauthn["relying_party"] =
            json!({ "id": RP_ID, "display_name": "Bank", "origins": [ORIGIN] });
        let config: Config = serde_json::from_value(json!({
            "cors": { "allowed_origins": [ORIGIN], "allow_unsafe_wildcard": false },
            "webauthn": webauthn,
            "mfa": ceremony,
        }))
        .unwrap();
        let command = Command::CreateTenant {
            tenant: self.tenant,
            name: "Bank".to_owned(),
            config: Box::new(config),
            with_key: true,
        };
        let operator = Operator::recognise("token", &hash_secret("token")).unwrap();
        let source = Source::default();
        let done = self
            .engine
            .operate(operator, self.tenant, Vec::new(), source, |_| {
                Ok::<_, ()>(command.clone())
            });
        match done.await.unwrap().into_inner() {
            Ok(Answer::Tenant { key: Some(key), .. }) => key.secret.to_string(),
            other => panic!("a key is expected, not {other:?}"),
        }
    }

    async fn make_account(&self) {
        let opened = self
            .ask(Command::OpenSession {
                environment: Environment::Sandbox,
                action: SessionAction::Create,
                account: None,
                key: None,
                base_url: None,
                redirect_url: None,
                app_name: None,
            })
            .await;
        let Ok(Answer::SessionOpened(opened)) = opened else {
            panic!("a session is expected, not {opened:?}");
        };
        let mut answer = self.answer(&opened.challenge);
        let head = "3059301306072a8648ce3d020106082a8648ce3d03010703420004";
        let (x, y) = self.owner();
        answer.public_key = Some([&hex::decode(head).unwrap()[..], &x, &y].concat());
        let bound = self
            .ask(Command::BindSession {
                action: SessionAction::Create,
                key: None,
                slot: None,
                answer: Box::new(answer),
            })
            .await;
        assert!(matches!(bound, Ok(Answer::SessionBound(_))), "{bound:?}");
    }

    /// The passkey's coordinates.
    fn owner(&self) -> (Vec<u8>, Vec<u8>) {
        let cose = self.passkey.public_key();
        (cose[10..42].to_vec(), cose[45..77].to_vec())
    }

    fn owner_key(&self) -> CompressedKey {
        let (x, y) = self.owner();
        let bytes = [&[2 + (y[31] & 1)][..], &x].concat();
        CompressedKey::from_bytes(bytes.try_into().unwrap()).unwrap()
    }

    fn answer(&self, challenge: &[u8]) -> SessionAnswer {
        let made = self.passkey.assertion(challenge);
        SessionAnswer {
            client_data_json: made.client_data_json,
            authenticator_data: made.authenticator_data,
            signature: made.signature,
            public_key: None,
            credential_id: None,
        }
    }

    async fn ask(&self, command: Command) -> Result<Answer, Refusal> {
        let call = Call {
            tenant: self.tenant,
            api_key: Some(self.key.clone()),
            body: format!("{command:?}").into_bytes(),
        };
        let read = |_: &[u8], _: &rules::tenant::Tenant| Ok::<_, ()>(command.clone());
        let least = Least::Bearer;
        let done = self
            .engine
            .perform(call, least, Source::default(), read)
            .await;
        done.unwrap().into_inner()
    }

    async fn signed(&self, account: SmartAccount, document: Document) -> SignedDocument {
        let opened = self.opened(account, document).await;
        let answer = Box::new(self.answer(&opened.challenge));
        match self.ask(Command::FinishSigning { answer }).await {
            Ok(Answer::Signed(signed)) => *signed,
            other => panic!("a signature is expected, not {other:?}"),
        }
    }

    async fn opened(&self, account: SmartAccount, document: Document) -> OpenedSigning {
        let command = Command::OpenSigning {
            environment: Environment::Sandbox,
            asked: Box::new(AskedSigning {
                account,
                chain_id: CHAIN_ID,
                document,
            }),
            base_url: None,
            redirect_url: None,
            app_name: None,
        };
        match self.ask(command).await {
            Ok(Answer::SigningOpened(opened)) => *opened,
            other => panic!("a page is expected, not {other:?}"),
        }
    }
}

/// Members of a user operation that are all unlike.
fn members() -> Json {
    json!({
        "sender": format!("0x{}", "11".repeat(20)),
        "nonce": "0x7",
        "callData": "0xb61d27f6aabb",
        "callGasLimit": "0x186a0",
        "verificationGasLimit": "0x3d090",
        "preVerificationGas": "0x5208",
        "maxFeePerGas": "0xb2d05e00",
        "maxPriorityFeePerGas": "0x3b9aca00",
    })
}

fn operation(version: EntryPointVersion, entry_point: [u8; 20], members: &Json) -> Document {
    Document::UserOperation {
        text: members.to_string(),
        version,
        entry_point,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_family_takes_what_the_server_answers() {
    let server = Server::open().await;
    let mut wallets = Wallets::osaka(&server.owner_key());
    let key = DaimoKey {
        key_slot: KEY_SLOT,
        valid_until: VALID_UNTIL_S,
    };
    let typed = Document::TypedData {
        text: json!({
            "domain": { "chainId": CHAIN_ID, "verifyingContract": format!("0x{}", "22".repeat(20)) },
            "types": { "SafeMessage": [{ "name": "message", "type": "bytes" }] },
            "primaryType": "SafeMessage",
            "message": { "message": "0x0102" },
        })
        .to_string(),
    };
    for account in [
        SmartAccount::Coinbase {
            owner_index: OWNER_INDEX,
        },
        SmartAccount::Solady,
        SmartAccount::OpenZeppelin,
        SmartAccount::Safe,
        SmartAccount::DaimoV1(key),
        SmartAccount::DaimoV2(key),
    ] {
        let family = account.family().unwrap();
        let mut documents = Vec::new();
        if family != Family::Safe {
            for version in [EntryPointVersion::V0_7, EntryPointVersion::V0_8] {
                documents.push(operation(version, version.address(), &members()));
            }
        }
        if !matches!(family, Family::Daimo { .. }) {
            documents.push(typed.clone());
        }
        for document in documents {
            let signed = server.signed(account, document).await;
            let (hash, signature) = (signed.terms.hash, signed.encoded.signature);
            assert!(wallets.accept(&family, &hash, &signature), "{account:?}");
            // And for nothing else.
            assert!(!wallets.accept(&family, &[0xfc; 32], &signature));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_entry_point_has_the_hash_that_the_server_makes() {
    let server = Server::open().await;
    let mut machine = Machine::osaka();
    let entry_point = machine.deploy("EntryPoint", &[]);
    let whole = {
        let mut whole = members();
        whole["factory"] = format!("0x{}", "33".repeat(20)).into();
        whole["factoryData"] = "0x0102".into();
        whole["paymaster"] = format!("0x{}", "44".repeat(20)).into();
        whole["paymasterVerificationGasLimit"] = "0x5".into();
        whole["paymasterPostOpGasLimit"] = "0x6".into();
        whole["paymasterData"] = "0x03".into();
        whole
    };
    for (members, init_code, paymaster) in [
        (members(), Vec::new(), Vec::new()),
        (
            whole,
            [&[0x33; 20][..], &[1, 2]].concat(),
            [&[0x44; 20][..], &word(0, 5)[16..], &word(0, 6)[16..], &[3]].concat(),
        ),
    ] {
        let place = entry_point.into_array();
        let document = operation(EntryPointVersion::V0_7, place, &members);
        let opened = server.opened(SmartAccount::Solady, document).await;
        let mut sender = [0; 32];
        sender[12..].copy_from_slice(&[0x11; 20]);
        let packed = Value::Tuple(vec![
            Value::Word(sender),
            Value::number(7),
            Value::Bytes(&init_code),
            Value::Bytes(&[0xb6, 0x1d, 0x27, 0xf6, 0xaa, 0xbb]),
            Value::Word(word(250_000, 100_000)),
            Value::number(21_000),
            Value::Word(word(1_000_000_000, 3_000_000_000)),
            Value::Bytes(&paymaster),
            // The signature, which is not hashed.
            Value::Bytes(&[9]),
        ]);
        let function =
            "getUserOpHash((address,uint256,bytes,bytes,bytes32,uint256,bytes32,bytes,bytes))";
        let hash = machine.call(entry_point, function, &[packed]).word();
        assert_eq!(hash, Some(opened.terms.hash));
        assert_eq!(opened.challenge, opened.terms.hash);
    }
}

/// Two numbers in one word.
fn word(high: u128, low: u128) -> [u8; 32] {
    let mut word = [0; 32];
    word[..16].copy_from_slice(&high.to_be_bytes());
    word[16..].copy_from_slice(&low.to_be_bytes());
    word
}

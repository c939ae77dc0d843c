//! The crate `turnkey_client` against a live server. Signatures are checked with `k256` and
//! `p256`; where the server is, the environment says (see `compat/README.md`).

use k256::ecdsa::signature::hazmat::PrehashVerifier;
use sha2::{Digest, Sha256};
use turnkey_api_key_stamper::{Stamp, StampHeader, StamperError};
use turnkey_client::generated::immutable::common::v1::{
    AddressFormat, ApiKeyCurve, Curve, HashFunction, PathFormat, PayloadEncoding,
};
use turnkey_client::generated::{
    Activity, ActivityStatus, ActivityType, ApiKeyParamsV2, ApproveActivityIntent,
    CreateApiKeysIntentV2, CreateSubOrganizationIntentV8, CreateUserTagIntent, CreateWalletIntent,
    CreateWalletRequest, GetActivitiesRequest, GetActivityRequest, GetUsersRequest,
    GetWalletAccountsRequest, GetWalletsRequest, GetWhoamiRequest, RejectActivityIntent,
    RootUserParamsV5, SignRawPayloadIntentV2, SignRawPayloadResult, WalletAccountParams,
    WalletParams,
};
use turnkey_client::{
    TurnkeyClient, TurnkeyClientError, TurnkeyP256ApiKey, TurnkeySecp256k1ApiKey,
};

/// An environment variable; a missing one is a failure, never a reason to skip.
fn required(name: &str) -> String {
    std::env::var(name)
        .unwrap_or_else(|_| panic!("{name} is not set; compat/README.md says how to run this"))
}

/// Either kind of API key, so that one client type serves both.
enum Key {
    P256(TurnkeyP256ApiKey),
    Secp256k1(TurnkeySecp256k1ApiKey),
}

impl Key {
    fn p256() -> Self {
        Self::P256(TurnkeyP256ApiKey::generate())
    }

    fn secp256k1() -> Self {
        Self::Secp256k1(TurnkeySecp256k1ApiKey::generate())
    }

    fn params(&self) -> ApiKeyParamsV2 {
        let (public_key, curve_type) = match self {
            Self::P256(key) => (key.compressed_public_key(), ApiKeyCurve::P256),
            Self::Secp256k1(key) => (key.compressed_public_key(), ApiKeyCurve::Secp256k1),
        };
        ApiKeyParamsV2 {
            api_key_name: unique("key"),
            public_key: hex::encode(public_key),
            curve_type,
            expiration_seconds: None,
        }
    }
}

impl Stamp for Key {
    fn stamp(&self, body: &[u8]) -> Result<StampHeader, StamperError> {
        match self {
            Self::P256(key) => key.stamp(body),
            Self::Secp256k1(key) => key.stamp(body),
        }
    }
}

/// A client and the organisation it works in.
struct Person {
    client: TurnkeyClient<Key>,
    organisation: String,
}

impl Person {
    fn new(key: Key, organisation: String) -> Self {
        let client = TurnkeyClient::builder()
            .api_key(key)
            .base_url(required("ZEGEL_URL"))
            .build()
            .expect("every member of the builder is set");
        Self {
            client,
            organisation,
        }
    }

    /// The first root user of the root organisation.
    fn root() -> Self {
        let key = TurnkeyP256ApiKey::from_strings(
            required("ZEGEL_API_PRIVATE_KEY"),
            Some(required("ZEGEL_API_PUBLIC_KEY")),
        )
        .expect("ZEGEL_API_PUBLIC_KEY belongs to ZEGEL_API_PRIVATE_KEY");
        Self::new(Key::P256(key), required("ZEGEL_ORGANISATION_ID"))
    }

    /// The owners, one for each key, of a fresh sub-organisation with one wallet.
    async fn owners(keys: Vec<Key>, threshold: i32) -> Vec<Self> {
        let root = Self::root();
        let root_users = keys.iter().map(|key| RootUserParamsV5 {
            user_name: unique("owner"),
            user_email: None,
            user_phone_number: None,
            api_keys: vec![key.params()],
            authenticators: vec![],
            oauth_providers: vec![],
        });
        let params = CreateSubOrganizationIntentV8 {
            sub_organization_name: unique("child"),
            root_users: root_users.collect(),
            root_quorum_threshold: threshold,
            wallet: Some(WalletParams {
                wallet_name: "first".to_owned(),
                accounts: vec![account(Curve::Secp256k1), account(Curve::P256)],
                mnemonic_length: None,
            }),
            disable_email_recovery: None,
            disable_email_auth: None,
            disable_sms_auth: None,
            disable_otp_email_auth: None,
            verification_token: None,
            client_signature: None,
        };
        let now = root.client.current_timestamp();
        let made = root
            .client
            .create_sub_organization(root.organisation, now, params)
            .await
            .expect("the root organisation makes sub-organisations")
            .result;
        assert_eq!(made.root_user_ids.len(), keys.len());
        assert_eq!(made.wallet.map(|wallet| wallet.addresses.len()), Some(2));
        keys.into_iter()
            .map(|key| Self::new(key, made.sub_organization_id.clone()))
            .collect()
    }

    /// The only owner of a fresh sub-organisation.
    async fn owner(key: Key) -> Self {
        Self::owners(vec![key], 1).await.remove(0)
    }

    async fn whoami(&self) -> Result<String, TurnkeyClientError> {
        let request = GetWhoamiRequest {
            organization_id: self.organisation.clone(),
        };
        self.client.get_whoami(request).await.map(|who| who.user_id)
    }

    async fn create_wallet(&self, accounts: Vec<WalletAccountParams>) -> (String, Vec<String>) {
        let params = CreateWalletIntent {
            wallet_name: unique("wallet"),
            accounts,
            mnemonic_length: Some(24),
        };
        let now = self.client.current_timestamp();
        let made = self
            .client
            .create_wallet(self.organisation.clone(), now, params)
            .await
            .expect("an owner makes wallets");
        assert_eq!(made.status, ActivityStatus::Completed);
        (made.result.wallet_id, made.result.addresses)
    }

    async fn sign(&self, sign_with: &str, message: &str) -> SignRawPayloadResult {
        let params = SignRawPayloadIntentV2 {
            sign_with: sign_with.to_owned(),
            payload: message.to_owned(),
            encoding: PayloadEncoding::TextUtf8,
            hash_function: HashFunction::Sha256,
            external_signer_pubkey: None,
        };
        let now = self.client.current_timestamp();
        self.client
            .sign_raw_payload(self.organisation.clone(), now, params)
            .await
            .expect("an owner signs with an account of theirs")
            .result
    }

    async fn activity(&self, id: String) -> Activity {
        let request = GetActivityRequest {
            organization_id: self.organisation.clone(),
            activity_id: id,
        };
        let answer = self
            .client
            .get_activity(request)
            .await
            .expect("the activity is theirs");
        answer.activity.expect("the answer carries an activity")
    }

    /// Proposes a tag where two owners must agree; the activity that waits.
    async fn propose_tag(&self) -> Activity {
        let params = CreateUserTagIntent {
            user_tag_name: unique("tag"),
            user_ids: vec![],
        };
        let now = self.client.current_timestamp();
        match self
            .client
            .create_user_tag(self.organisation.clone(), now, params)
            .await
        {
            Err(TurnkeyClientError::ActivityRequiresApproval(id)) => self.activity(id).await,
            other => panic!("expected a held activity, got {other:?}"),
        }
    }
}

/// A name nobody has used before.
fn unique(name: &str) -> String {
    format!("{name} {}", uuid::Uuid::new_v4())
}

/// An account whose address is its public key in hexadecimal.
fn account(curve: Curve) -> WalletAccountParams {
    WalletAccountParams {
        curve,
        path_format: PathFormat::Bip32,
        path: "m/0'/0'".to_owned(),
        address_format: AddressFormat::Compressed,
        name: None,
    }
}

fn status(error: TurnkeyClientError) -> (u16, String) {
    match error {
        TurnkeyClientError::UnexpectedHttpStatus(status, body) => (status, body),
        other => panic!("expected an answer with a status, got {other:?}"),
    }
}

#[tokio::test]
async fn learns_who_it_is_and_reads_the_users_of_its_organisation() {
    let root = Person::root();
    let me = root.whoami().await.unwrap();
    let request = GetUsersRequest {
        organization_id: root.organisation.clone(),
    };
    let users = root.client.get_users(request).await.unwrap().users;
    let found = users.iter().find(|user| user.user_id == me).unwrap();
    assert!(!found.api_keys.is_empty());
}

#[tokio::test]
async fn reads_every_activity_of_its_organisation() {
    let root = Person::root();
    let request = GetActivitiesRequest {
        organization_id: root.organisation.clone(),
        filter_by_status: vec![],
        filter_by_type: vec![ActivityType::CreateOrganizationV2],
        pagination_options: None,
    };
    let founding = root
        .client
        .get_activities(request)
        .await
        .unwrap()
        .activities;
    assert_eq!(founding.len(), 1);
    assert_eq!(founding[0].status, ActivityStatus::Completed);
}

#[tokio::test]
async fn makes_a_sub_organisation_whose_owner_makes_and_lists_wallets() {
    let owner = Person::owner(Key::p256()).await;
    let (wallet, addresses) = owner.create_wallet(vec![account(Curve::Ed25519)]).await;

    let request = GetWalletsRequest {
        organization_id: owner.organisation.clone(),
    };
    let wallets = owner.client.get_wallets(request).await.unwrap().wallets;
    assert!(wallets.iter().any(|listed| listed.wallet_id == wallet));

    let request = GetWalletAccountsRequest {
        organization_id: owner.organisation.clone(),
        wallet_id: Some(wallet),
        include_wallet_details: None,
        pagination_options: None,
    };
    let accounts = owner
        .client
        .get_wallet_accounts(request)
        .await
        .unwrap()
        .accounts;
    assert_eq!(accounts.len(), 1);
    assert_eq!(accounts[0].address, addresses[0]);
    assert_eq!(accounts[0].curve, Curve::Ed25519);
}

#[tokio::test]
async fn gets_a_secp256k1_signature_that_recovers_the_account() {
    let owner = Person::owner(Key::p256()).await;
    let (_, addresses) = owner.create_wallet(vec![account(Curve::Secp256k1)]).await;
    let SignRawPayloadResult { r, s, v } = owner.sign(&addresses[0], "to be signed").await;

    let signature = k256::ecdsa::Signature::from_slice(&hex::decode(r + &s).unwrap()).unwrap();
    assert_eq!(signature.normalize_s(), None, "the signature has a high S");
    let recovery = k256::ecdsa::RecoveryId::from_byte(hex::decode(v).unwrap()[0]).unwrap();
    let digest = Sha256::digest("to be signed");
    let key =
        k256::ecdsa::VerifyingKey::recover_from_prehash(&digest, &signature, recovery).unwrap();
    assert_eq!(hex::encode(key.to_encoded_point(true)), addresses[0]);
}

#[tokio::test]
async fn gets_a_p256_signature_that_verifies() {
    let owner = Person::owner(Key::p256()).await;
    let (_, addresses) = owner.create_wallet(vec![account(Curve::P256)]).await;
    let SignRawPayloadResult { r, s, .. } = owner.sign(&addresses[0], "to be signed").await;

    let public = hex::decode(&addresses[0]).unwrap();
    let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(&public).unwrap();
    let signature = p256::ecdsa::Signature::from_slice(&hex::decode(r + &s).unwrap()).unwrap();
    key.verify_prehash(&Sha256::digest("to be signed"), &signature)
        .unwrap();
}

#[tokio::test]
async fn stamps_with_a_secp256k1_key_from_the_start_and_when_added_later() {
    let owner = Person::owner(Key::secp256k1()).await;
    let me = owner.whoami().await.unwrap();

    let added = Key::secp256k1();
    let params = CreateApiKeysIntentV2 {
        api_keys: vec![added.params()],
        user_id: me.clone(),
    };
    let now = owner.client.current_timestamp();
    owner
        .client
        .create_api_keys(owner.organisation.clone(), now, params)
        .await
        .unwrap();

    let again = Person::new(added, owner.organisation);
    assert_eq!(again.whoami().await.unwrap(), me);
}

#[tokio::test]
async fn gets_the_same_activity_for_the_same_body_as_its_polling_expects() {
    let owner = Person::owner(Key::p256()).await;
    let request = CreateWalletRequest {
        r#type: "ACTIVITY_TYPE_CREATE_WALLET".to_owned(),
        timestamp_ms: owner.client.current_timestamp().to_string(),
        organization_id: owner.organisation.clone(),
        parameters: Some(CreateWalletIntent {
            wallet_name: unique("wallet"),
            accounts: vec![account(Curve::Secp256k1)],
            mnemonic_length: None,
        }),
        generate_app_proofs: None,
    };
    let submit = || {
        owner.client.process_activity(
            request.clone(),
            "/public/v1/submit/create_wallet".to_owned(),
        )
    };
    let first = submit().await.unwrap();
    let second = submit().await.unwrap();
    assert_eq!(first.id, second.id);
    assert_eq!(first.fingerprint, second.fingerprint);
    assert_eq!(first.result, second.result);
}

#[tokio::test]
async fn sees_a_held_activity_approved_and_another_rejected() {
    let owners = Person::owners(vec![Key::p256(), Key::secp256k1()], 2).await;
    let [first, second] = &owners[..] else {
        panic!("two owners were asked for")
    };

    let held = first.propose_tag().await;
    assert_eq!(held.status, ActivityStatus::ConsensusNeeded);
    let approval = ApproveActivityIntent {
        fingerprint: held.fingerprint,
    };
    let now = second.client.current_timestamp();
    let done = second
        .client
        .approve_activity(second.organisation.clone(), now, approval)
        .await
        .unwrap();
    assert_eq!((done.id, done.status), (held.id, ActivityStatus::Completed));

    let held = first.propose_tag().await;
    let rejection = RejectActivityIntent {
        fingerprint: held.fingerprint,
    };
    let now = second.client.current_timestamp();
    let answer = second
        .client
        .reject_activity(second.organisation.clone(), now, rejection)
        .await;
    // The client calls the right end of a rejected activity unexpected.
    assert!(
        matches!(&answer, Err(TurnkeyClientError::UnexpectedActivityStatus(status))
            if status == "ACTIVITY_STATUS_REJECTED"),
        "{answer:?}"
    );
    assert_eq!(
        first.activity(held.id).await.status,
        ActivityStatus::Rejected
    );
}

#[tokio::test]
async fn is_told_that_a_key_is_unknown() {
    let stranger = Person::new(Key::p256(), required("ZEGEL_ORGANISATION_ID"));
    let (status, body) = status(stranger.whoami().await.unwrap_err());
    assert_eq!(status, 401);
    assert!(
        body.contains("could not find public key in organization"),
        "{body}"
    );
}

#[tokio::test]
async fn as_a_parent_reads_its_child_and_is_refused_everything_else() {
    let child = Person::owner(Key::p256()).await;
    let parent = Person {
        organisation: child.organisation,
        ..Person::root()
    };
    let request = GetUsersRequest {
        organization_id: parent.organisation.clone(),
    };
    assert_eq!(
        parent.client.get_users(request).await.unwrap().users.len(),
        1
    );

    let params = CreateWalletIntent {
        wallet_name: unique("wallet"),
        accounts: vec![],
        mnemonic_length: None,
    };
    let now = parent.client.current_timestamp();
    let refused = parent
        .client
        .create_wallet(parent.organisation.clone(), now, params)
        .await;
    let (status, body) = status(refused.unwrap_err());
    assert!((400..500).contains(&status), "{status}: {body}");
}

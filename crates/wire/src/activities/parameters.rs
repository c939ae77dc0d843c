//! Parameters of every served activity type, each the union of its versions.
//!
//! Optional members may be absent or `null` (the Rust client sends `null`). Values stay text
//! here; what they mean is the dialect's business.
#![allow(missing_docs)] // Member names are the protocol's; repeating them would say nothing.

use serde::Deserialize;

macro_rules! parameters {
    ($($name:ident { $($field:tt)* })*) => {$(
        #[derive(Clone, Debug, Deserialize)]
        #[serde(rename_all = "camelCase")]
        pub struct $name { $($field)* }
    )*};
}

parameters! {
    CreateSubOrganization {
        // The first version calls it `name` and has one root authenticator.
        #[serde(alias = "name")]
        pub sub_organization_name: String,
        #[serde(default)]
        pub root_authenticator: Option<AuthenticatorParams>,
        #[serde(default)]
        pub root_users: Option<Vec<UserParams>>,
        #[serde(default)]
        pub root_quorum_threshold: Option<i64>,
        #[serde(default)]
        pub wallet: Option<CreateWallet>,
        #[serde(default)]
        pub private_keys: Option<Vec<PrivateKeyParams>>,
        #[serde(default)]
        pub disable_email_recovery: Option<bool>,
        #[serde(default)]
        pub disable_email_auth: Option<bool>,
        #[serde(default)]
        pub disable_sms_auth: Option<bool>,
        #[serde(default)]
        pub disable_otp_email_auth: Option<bool>,
        #[serde(default)]
        pub verification_token: Option<String>,
        #[serde(default)]
        pub client_signature: Option<serde_json::Value>,
    }
    DeleteSubOrganization {
        #[serde(default)]
        pub delete_without_export: Option<bool>,
    }
    UpdateOrganizationName { pub organization_name: String, }
    UpdateRootQuorum { pub threshold: i64, pub user_ids: Vec<String>, }
    SetOrganizationFeature {
        pub name: String,
        #[serde(default)]
        pub value: Option<String>,
    }
    RemoveOrganizationFeature { pub name: String, }

    CreateUsers { pub users: Vec<UserParams>, }
    UpdateUser {
        pub user_id: String,
        #[serde(default)]
        pub user_name: Option<String>,
        #[serde(default)]
        pub user_email: Option<String>,
        #[serde(default)]
        pub user_tag_ids: Option<Vec<String>>,
        #[serde(default)]
        pub user_phone_number: Option<String>,
    }
    UpdateUserName { pub user_id: String, pub user_name: String, }
    UpdateUserEmail {
        pub user_id: String,
        pub user_email: String,
        #[serde(default)]
        pub verification_token: Option<String>,
    }
    UpdateUserPhoneNumber {
        pub user_id: String,
        pub user_phone_number: String,
        #[serde(default)]
        pub verification_token: Option<String>,
    }
    DeleteUsers { pub user_ids: Vec<String>, }

    CreateApiKeys { pub user_id: String, pub api_keys: Vec<ApiKeyParams>, }
    DeleteApiKeys { pub user_id: String, pub api_key_ids: Vec<String>, }
    CreateAuthenticators { pub user_id: String, pub authenticators: Vec<AuthenticatorParams>, }
    DeleteAuthenticators { pub user_id: String, pub authenticator_ids: Vec<String>, }

    CreateUserTag {
        pub user_tag_name: String,
        #[serde(default)]
        pub user_ids: Vec<String>,
    }
    UpdateUserTag {
        pub user_tag_id: String,
        #[serde(default)]
        pub new_user_tag_name: Option<String>,
        #[serde(default)]
        pub add_user_ids: Vec<String>,
        #[serde(default)]
        pub remove_user_ids: Vec<String>,
    }
    DeleteUserTags { pub user_tag_ids: Vec<String>, }
    CreatePrivateKeyTag {
        pub private_key_tag_name: String,
        #[serde(default)]
        pub private_key_ids: Vec<String>,
    }
    UpdatePrivateKeyTag {
        pub private_key_tag_id: String,
        #[serde(default)]
        pub new_private_key_tag_name: Option<String>,
        #[serde(default)]
        pub add_private_key_ids: Vec<String>,
        #[serde(default)]
        pub remove_private_key_ids: Vec<String>,
    }
    DeletePrivateKeyTags { pub private_key_tag_ids: Vec<String>, }

    CreateWallet {
        pub wallet_name: String,
        pub accounts: Vec<WalletAccountParams>,
        #[serde(default)]
        pub mnemonic_length: Option<i64>,
    }
    CreateWalletAccounts {
        pub wallet_id: String,
        pub accounts: Vec<WalletAccountParams>,
        #[serde(default)]
        pub persist: Option<bool>,
    }
    UpdateWallet {
        pub wallet_id: String,
        #[serde(default)]
        pub wallet_name: Option<String>,
    }
    UpdateWalletAccountName { pub wallet_account_id: String, pub name: String, }
    DeleteWallets {
        pub wallet_ids: Vec<String>,
        #[serde(default)]
        pub delete_without_export: Option<bool>,
    }
    DeleteWalletAccounts {
        pub wallet_account_ids: Vec<String>,
        #[serde(default)]
        pub delete_without_export: Option<bool>,
    }

    CreatePrivateKeys { pub private_keys: Vec<PrivateKeyParams>, }
    DeletePrivateKeys {
        pub private_key_ids: Vec<String>,
        #[serde(default)]
        pub delete_without_export: Option<bool>,
    }

    SignRawPayload {
        // The first version names a private key only.
        #[serde(alias = "privateKeyId")]
        pub sign_with: String,
        pub payload: String,
        pub encoding: String,
        pub hash_function: String,
        #[serde(default)]
        pub external_signer_pubkey: Option<String>,
    }
    SignRawPayloads {
        pub sign_with: String,
        pub payloads: Vec<String>,
        pub encoding: String,
        pub hash_function: String,
    }
    SignTransaction {
        #[serde(alias = "privateKeyId")]
        pub sign_with: String,
        pub unsigned_transaction: String,
        #[serde(rename = "type")]
        pub kind: String,
    }

    Vote { pub fingerprint: String, }

    UserParams {
        pub user_name: String,
        #[serde(default)]
        pub user_email: Option<String>,
        #[serde(default)]
        pub user_phone_number: Option<String>,
        // Only the first version of create_users has it, and it grants nothing.
        #[serde(default)]
        pub access_type: Option<String>,
        pub api_keys: Vec<ApiKeyParams>,
        pub authenticators: Vec<AuthenticatorParams>,
        #[serde(default)]
        pub oauth_providers: Option<Vec<serde_json::Value>>,
        #[serde(default)]
        pub user_tags: Option<Vec<String>>,
    }
    ApiKeyParams {
        pub api_key_name: String,
        pub public_key: String,
        #[serde(default)]
        pub curve_type: Option<String>,
        #[serde(default)]
        pub expiration_seconds: Option<String>,
    }
    AuthenticatorParams {
        pub authenticator_name: String,
        pub challenge: String,
        pub attestation: Attestation,
        // Only the first version has it; the user is the one addressed.
        #[serde(default)]
        pub user_id: Option<String>,
    }
    CredentialResponse {
        pub client_data_json: String,
        pub attestation_object: String,
        #[serde(default)]
        pub transports: Vec<String>,
        #[serde(default)]
        pub authenticator_attachment: Option<String>,
    }
    WalletAccountParams {
        pub curve: String,
        pub path_format: String,
        pub path: String,
        pub address_format: String,
        #[serde(default)]
        pub name: Option<String>,
    }
    PrivateKeyParams {
        pub private_key_name: String,
        pub curve: String,
        #[serde(default)]
        pub private_key_tags: Vec<String>,
        #[serde(default)]
        pub address_formats: Vec<String>,
    }
}

/// What `navigator.credentials.create` returned, in today's flat form or the first version's
/// nested one.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum Attestation {
    #[serde(rename_all = "camelCase")]
    Flat {
        credential_id: String,
        client_data_json: String,
        attestation_object: String,
        transports: Vec<String>,
    },
    #[serde(rename_all = "camelCase")]
    Nested {
        raw_id: String,
        response: CredentialResponse,
    },
}

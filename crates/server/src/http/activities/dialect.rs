//! From the protocol's JSON to what is meant.

use engine::dialect::Malformed;
use rules::FeatureName;
use rules::command::{
    Command, NewAccount, NewApiKey, NewAuthenticator, NewPrivateKey, NewSubOrganisation, NewUser,
    NewWallet, PayloadForm, Submission, UserUpdate,
};
use serde::de::DeserializeOwned;
use serde_json::Value;
use wire::Timestamp;
use wire::activities::{Envelope, Members, endpoint, parameters as p, shape};
use wire::encoding::base64url;
use wire::keys::{AddressFormat, Curve};

use super::fields::{
    Read, decimal, each, email, feature, id, ids, label, optional_label, parse, phone, threshold,
    unverified,
};

/// Longest challenge or credential id, in characters. The protocol's schema says 256, but a
/// credential id may have 1,023 bytes (W3C WebAuthn L3 §7.1), which are 1,364 characters.
const MAX_PASSKEY_TEXT: usize = 2048;

/// Reads the body of a submit path.
pub fn submission(path: &str, body: &Value, members: Members) -> Read<Submission> {
    let envelope: Envelope = shape(body, "", members).map_err(Malformed::shape)?;
    let name = path.rsplit('/').next().unwrap_or_default();
    let endpoint = endpoint::submission(name)
        .ok_or_else(|| Malformed::new(format!("there is no activity path {path}")))?;
    if !endpoint.accepts(&envelope.kind) {
        return Err(Malformed::new(format!(
            "invalid request body: type {:?} does not belong to the path {path}",
            envelope.kind
        )));
    }
    let organisation = id("organizationId", &envelope.organization_id).map_err(|_| {
        Malformed::new(format!(
            "malformed organization ID provided: organizationId {:?} is not a UUID in lower case",
            envelope.organization_id
        ))
    })?;
    let command = Reader {
        members,
        parameters: &envelope.parameters,
    }
    .command(name)?;
    Ok(Submission {
        organisation,
        command,
        timestamp: Timestamp::from_millis(decimal("timestampMs", &envelope.timestamp_ms)?),
        kind: envelope.kind,
        audience: envelope.audience,
    })
}

/// Reads parameters under one notion of strictness.
struct Reader<'a> {
    members: Members,
    parameters: &'a Value,
}

impl Reader<'_> {
    fn shape<T: DeserializeOwned>(&self) -> Read<T> {
        shape(self.parameters, "parameters", self.members).map_err(Malformed::shape)
    }

    fn command(&self, name: &str) -> Read<Command> {
        Ok(match name {
            "create_sub_organization" => {
                Command::CreateSubOrganisation(sub_organisation(self.shape()?)?)
            }
            "delete_sub_organization" => {
                let p: p::DeleteSubOrganization = self.shape()?;
                Command::DeleteSubOrganisation {
                    delete_without_export: p.delete_without_export.unwrap_or_default(),
                }
            }
            "update_organization_name" => {
                let p: p::UpdateOrganizationName = self.shape()?;
                Command::UpdateOrganisationName {
                    name: label("parameters.organizationName", &p.organization_name)?,
                }
            }
            "update_root_quorum" => {
                let p: p::UpdateRootQuorum = self.shape()?;
                Command::UpdateRootQuorum {
                    threshold: threshold("parameters.threshold", p.threshold)?,
                    users: ids("parameters.userIds", &p.user_ids)?,
                }
            }
            "set_organization_feature" => {
                let p: p::SetOrganizationFeature = self.shape()?;
                Command::SetOrganisationFeature {
                    name: feature(&p.name)?,
                    value: p.value,
                }
            }
            "remove_organization_feature" => {
                let p: p::RemoveOrganizationFeature = self.shape()?;
                Command::RemoveOrganisationFeature {
                    name: feature(&p.name)?,
                }
            }
            "create_users" => {
                let p: p::CreateUsers = self.shape()?;
                Command::CreateUsers {
                    users: users("parameters.users", p.users)?,
                }
            }
            "update_user" => {
                let p: p::UpdateUser = self.shape()?;
                Command::UpdateUser {
                    user: id("parameters.userId", &p.user_id)?,
                    update: UserUpdate {
                        name: optional_label("parameters.userName", p.user_name.as_deref())?,
                        email: email("parameters.userEmail", p.user_email.as_deref())?,
                        phone: phone("parameters.userPhoneNumber", p.user_phone_number.as_deref())?,
                        tags: p
                            .user_tag_ids
                            .map(|tags| ids("parameters.userTagIds", &tags))
                            .transpose()?,
                    },
                }
            }
            "update_user_name" => {
                let p: p::UpdateUserName = self.shape()?;
                Command::UpdateUserName {
                    user: id("parameters.userId", &p.user_id)?,
                    name: label("parameters.userName", &p.user_name)?,
                }
            }
            "update_user_email" => {
                let p: p::UpdateUserEmail = self.shape()?;
                unverified(
                    "parameters.verificationToken",
                    p.verification_token.as_deref(),
                )?;
                Command::UpdateUserEmail {
                    user: id("parameters.userId", &p.user_id)?,
                    email: email("parameters.userEmail", Some(&p.user_email))?,
                }
            }
            "update_user_phone_number" => {
                let p: p::UpdateUserPhoneNumber = self.shape()?;
                unverified(
                    "parameters.verificationToken",
                    p.verification_token.as_deref(),
                )?;
                Command::UpdateUserPhoneNumber {
                    user: id("parameters.userId", &p.user_id)?,
                    phone: phone("parameters.userPhoneNumber", Some(&p.user_phone_number))?,
                }
            }
            "delete_users" => {
                let p: p::DeleteUsers = self.shape()?;
                Command::DeleteUsers {
                    users: ids("parameters.userIds", &p.user_ids)?,
                }
            }
            "create_api_keys" => {
                let p: p::CreateApiKeys = self.shape()?;
                Command::CreateApiKeys {
                    user: id("parameters.userId", &p.user_id)?,
                    keys: api_keys("parameters.apiKeys", p.api_keys)?,
                }
            }
            "delete_api_keys" => {
                let p: p::DeleteApiKeys = self.shape()?;
                Command::DeleteApiKeys {
                    user: id("parameters.userId", &p.user_id)?,
                    keys: ids("parameters.apiKeyIds", &p.api_key_ids)?,
                }
            }
            "create_authenticators" => {
                let p: p::CreateAuthenticators = self.shape()?;
                Command::CreateAuthenticators {
                    user: id("parameters.userId", &p.user_id)?,
                    authenticators: authenticators("parameters.authenticators", p.authenticators)?,
                }
            }
            "delete_authenticators" => {
                let p: p::DeleteAuthenticators = self.shape()?;
                Command::DeleteAuthenticators {
                    user: id("parameters.userId", &p.user_id)?,
                    authenticators: ids("parameters.authenticatorIds", &p.authenticator_ids)?,
                }
            }
            "create_user_tag" => {
                let p: p::CreateUserTag = self.shape()?;
                Command::CreateUserTag {
                    name: label("parameters.userTagName", &p.user_tag_name)?,
                    users: ids("parameters.userIds", &p.user_ids)?,
                }
            }
            "update_user_tag" => {
                let p: p::UpdateUserTag = self.shape()?;
                Command::UpdateUserTag {
                    tag: id("parameters.userTagId", &p.user_tag_id)?,
                    name: optional_label(
                        "parameters.newUserTagName",
                        p.new_user_tag_name.as_deref(),
                    )?,
                    add: ids("parameters.addUserIds", &p.add_user_ids)?,
                    remove: ids("parameters.removeUserIds", &p.remove_user_ids)?,
                }
            }
            "delete_user_tags" => {
                let p: p::DeleteUserTags = self.shape()?;
                Command::DeleteUserTags {
                    tags: ids("parameters.userTagIds", &p.user_tag_ids)?,
                }
            }
            "create_private_key_tag" => {
                let p: p::CreatePrivateKeyTag = self.shape()?;
                Command::CreatePrivateKeyTag {
                    name: label("parameters.privateKeyTagName", &p.private_key_tag_name)?,
                    keys: ids("parameters.privateKeyIds", &p.private_key_ids)?,
                }
            }
            "update_private_key_tag" => {
                let p: p::UpdatePrivateKeyTag = self.shape()?;
                Command::UpdatePrivateKeyTag {
                    tag: id("parameters.privateKeyTagId", &p.private_key_tag_id)?,
                    name: optional_label(
                        "parameters.newPrivateKeyTagName",
                        p.new_private_key_tag_name.as_deref(),
                    )?,
                    add: ids("parameters.addPrivateKeyIds", &p.add_private_key_ids)?,
                    remove: ids("parameters.removePrivateKeyIds", &p.remove_private_key_ids)?,
                }
            }
            "delete_private_key_tags" => {
                let p: p::DeletePrivateKeyTags = self.shape()?;
                Command::DeletePrivateKeyTags {
                    tags: ids("parameters.privateKeyTagIds", &p.private_key_tag_ids)?,
                }
            }
            "create_wallet" => Command::CreateWallet(wallet("parameters", self.shape()?)?),
            "create_wallet_accounts" => {
                let p: p::CreateWalletAccounts = self.shape()?;
                Command::CreateWalletAccounts {
                    wallet: id("parameters.walletId", &p.wallet_id)?,
                    accounts: accounts("parameters.accounts", p.accounts)?,
                    persist: p.persist.unwrap_or(true),
                }
            }
            "update_wallet" => {
                let p: p::UpdateWallet = self.shape()?;
                Command::UpdateWallet {
                    wallet: id("parameters.walletId", &p.wallet_id)?,
                    name: optional_label("parameters.walletName", p.wallet_name.as_deref())?,
                }
            }
            "update_wallet_account_name" => {
                let p: p::UpdateWalletAccountName = self.shape()?;
                Command::UpdateWalletAccountName {
                    account: id("parameters.walletAccountId", &p.wallet_account_id)?,
                    name: label("parameters.name", &p.name)?,
                }
            }
            "delete_wallets" => {
                let p: p::DeleteWallets = self.shape()?;
                Command::DeleteWallets {
                    wallets: ids("parameters.walletIds", &p.wallet_ids)?,
                    delete_without_export: p.delete_without_export.unwrap_or_default(),
                }
            }
            "delete_wallet_accounts" => {
                let p: p::DeleteWalletAccounts = self.shape()?;
                Command::DeleteWalletAccounts {
                    accounts: ids("parameters.walletAccountIds", &p.wallet_account_ids)?,
                    delete_without_export: p.delete_without_export.unwrap_or_default(),
                }
            }
            "create_private_keys" => {
                let p: p::CreatePrivateKeys = self.shape()?;
                Command::CreatePrivateKeys {
                    keys: private_keys("parameters.privateKeys", p.private_keys)?,
                }
            }
            "delete_private_keys" => {
                let p: p::DeletePrivateKeys = self.shape()?;
                Command::DeletePrivateKeys {
                    keys: ids("parameters.privateKeyIds", &p.private_key_ids)?,
                    delete_without_export: p.delete_without_export.unwrap_or_default(),
                }
            }
            "sign_raw_payload" => {
                let p: p::SignRawPayload = self.shape()?;
                if p.external_signer_pubkey.is_some() {
                    return Err(Malformed::unsupported(
                        "parameters.externalSignerPubkey: external signers are not served",
                    ));
                }
                Command::SignRawPayload {
                    how: payload_form(&p.encoding, &p.hash_function)?,
                    sign_with: p.sign_with,
                    payload: p.payload,
                }
            }
            "sign_raw_payloads" => {
                let p: p::SignRawPayloads = self.shape()?;
                Command::SignRawPayloads {
                    how: payload_form(&p.encoding, &p.hash_function)?,
                    sign_with: p.sign_with,
                    payloads: p.payloads,
                }
            }
            "sign_transaction" => {
                let p: p::SignTransaction = self.shape()?;
                Command::SignTransaction {
                    kind: parse("parameters.type", &p.kind, "unsupported transaction type")?,
                    sign_with: p.sign_with,
                    transaction: p.unsigned_transaction,
                }
            }
            "approve_activity" => Command::ApproveActivity {
                fingerprint: self.fingerprint()?,
            },
            "reject_activity" => Command::RejectActivity {
                fingerprint: self.fingerprint()?,
            },
            _ => {
                return Err(Malformed::unsupported(format!(
                    "the activity path {name} is not served by this server"
                )));
            }
        })
    }

    fn fingerprint(&self) -> Read<[u8; 32]> {
        let p: p::Vote = self.shape()?;
        let digits = p.fingerprint.strip_prefix("sha256:").unwrap_or_default();
        wire::encoding::hex::decode_array(digits).map_err(|_| {
            Malformed::new(
                "parameters.fingerprint: must be \"sha256:\" and 64 lower-case hex digits",
            )
        })
    }
}

fn sub_organisation(p: p::CreateSubOrganization) -> Read<NewSubOrganisation> {
    unverified(
        "parameters.verificationToken",
        p.verification_token.as_deref(),
    )?;
    let root_users = match (p.root_users, p.root_authenticator) {
        (Some(root_users), None) => users("parameters.rootUsers", root_users)?,
        // The first version: one user with one passkey.
        (None, Some(authenticator)) => vec![NewUser {
            name: label("parameters.rootAuthenticator", "Root user")?,
            email: None,
            phone: None,
            api_keys: Vec::new(),
            authenticators: authenticators("parameters.rootAuthenticator", vec![authenticator])?,
            tags: Vec::new(),
        }],
        _ => {
            return Err(Malformed::new(
                "invalid request body: missing field parameters.rootUsers",
            ));
        }
    };
    let disabled = [
        (p.disable_email_recovery, FeatureName::EmailRecovery),
        (p.disable_email_auth, FeatureName::EmailAuth),
        (p.disable_sms_auth, FeatureName::SmsAuth),
        (p.disable_otp_email_auth, FeatureName::OtpEmailAuth),
    ];
    Ok(NewSubOrganisation {
        name: label("parameters.subOrganizationName", &p.sub_organization_name)?,
        root_users,
        threshold: threshold(
            "parameters.rootQuorumThreshold",
            p.root_quorum_threshold.unwrap_or(1),
        )?,
        wallet: p
            .wallet
            .map(|first| wallet("parameters.wallet", first))
            .transpose()?,
        private_keys: private_keys("parameters.privateKeys", p.private_keys.unwrap_or_default())?,
        disabled: disabled
            .into_iter()
            .filter(|(off, _)| *off == Some(true))
            .map(|(_, f)| f)
            .collect(),
    })
}

fn users(field: &str, users: Vec<p::UserParams>) -> Read<Vec<NewUser>> {
    each(field, users, |field, user| {
        if user
            .oauth_providers
            .is_some_and(|providers| !providers.is_empty())
        {
            return Err(Malformed::unsupported(format!(
                "{field}.oauthProviders: identities of OpenID providers are not served; send []"
            )));
        }
        Ok(NewUser {
            name: label(&format!("{field}.userName"), &user.user_name)?,
            email: email(&format!("{field}.userEmail"), user.user_email.as_deref())?,
            phone: phone(
                &format!("{field}.userPhoneNumber"),
                user.user_phone_number.as_deref(),
            )?,
            api_keys: api_keys(&format!("{field}.apiKeys"), user.api_keys)?,
            authenticators: authenticators(
                &format!("{field}.authenticators"),
                user.authenticators,
            )?,
            tags: ids(
                &format!("{field}.userTags"),
                &user.user_tags.unwrap_or_default(),
            )?,
        })
    })
}

fn api_keys(field: &str, keys: Vec<p::ApiKeyParams>) -> Read<Vec<NewApiKey>> {
    each(field, keys, |field, key| {
        let curve = match key.curve_type.as_deref() {
            // The first version had no other curve.
            None | Some("API_KEY_CURVE_P256") => Curve::P256,
            Some("API_KEY_CURVE_SECP256K1") => Curve::Secp256k1,
            Some("API_KEY_CURVE_ED25519") => Curve::Ed25519,
            Some(other) => {
                return Err(Malformed::new(format!(
                    "{field}.curveType: {other:?} is not API_KEY_CURVE_P256, \
                     API_KEY_CURVE_SECP256K1 or API_KEY_CURVE_ED25519"
                )));
            }
        };
        let public_key = wire::encoding::hex::decode(&key.public_key)
            .ok()
            .and_then(|bytes| {
                verify::stamp::PublicKey::parse(curve, &bytes)
                    .ok()
                    .map(|_| bytes)
            })
            .ok_or_else(|| {
                Malformed::new(format!(
                    "{field}.publicKey: must be a point of {curve} in lower-case hex: {} digits",
                    if curve == Curve::Ed25519 { 64 } else { 66 }
                ))
            })?;
        Ok(NewApiKey {
            name: label(&format!("{field}.apiKeyName"), &key.api_key_name)?,
            curve,
            public_key,
            expiration_seconds: key
                .expiration_seconds
                .filter(|seconds| !seconds.is_empty())
                .map(|seconds| {
                    decimal(
                        &format!("invalid api key expiration: {field}.expirationSeconds"),
                        &seconds,
                    )
                })
                .transpose()?,
        })
    })
}

fn authenticators(field: &str, list: Vec<p::AuthenticatorParams>) -> Read<Vec<NewAuthenticator>> {
    each(field, list, |field, new| {
        let (credential_id, client_data, attestation_object, transports) = match new.attestation {
            p::Attestation::Flat {
                credential_id,
                client_data_json,
                attestation_object,
                transports,
            } => (
                credential_id,
                client_data_json,
                attestation_object,
                transports,
            ),
            p::Attestation::Nested { raw_id, response } => (
                raw_id,
                response.client_data_json,
                response.attestation_object,
                response.transports,
            ),
        };
        let bytes = |member: &str, text: &str| {
            base64url::decode(text).map_err(|_| {
                Malformed::new(format!(
                    "invalid authenticator attestation: {field}.attestation.{member}: must be \
                     base64url without padding"
                ))
            })
        };
        if new.challenge.len() > MAX_PASSKEY_TEXT || credential_id.len() > MAX_PASSKEY_TEXT {
            return Err(Malformed::new(format!(
                "{field}: challenge or credentialId is too long"
            )));
        }
        Ok(NewAuthenticator {
            name: label(
                &format!("{field}.authenticatorName"),
                &new.authenticator_name,
            )?,
            credential_id: bytes("credentialId", &credential_id)?,
            client_data_json: bytes("clientDataJson", &client_data)?,
            attestation_object: bytes("attestationObject", &attestation_object)?,
            challenge: new.challenge,
            transports,
        })
    })
}

fn wallet(field: &str, p: p::CreateWallet) -> Read<NewWallet> {
    let words = match p.mnemonic_length {
        None | Some(0) => 12,
        Some(words @ (12 | 15 | 18 | 21 | 24)) => words as u8,
        Some(other) => {
            return Err(Malformed::new(format!(
                "{field}.mnemonicLength: {other} is not 12, 15, 18, 21 or 24"
            )));
        }
    };
    Ok(NewWallet {
        name: label(&format!("{field}.walletName"), &p.wallet_name)?,
        accounts: accounts(&format!("{field}.accounts"), p.accounts)?,
        words,
    })
}

fn accounts(field: &str, list: Vec<p::WalletAccountParams>) -> Read<Vec<NewAccount>> {
    each(field, list, |field, account| {
        if account.path_format != "PATH_FORMAT_BIP32" {
            return Err(Malformed::new(format!(
                "invalid path format: {field}.pathFormat: {:?} is not PATH_FORMAT_BIP32",
                account.path_format
            )));
        }
        Ok(NewAccount {
            curve: parse(&format!("{field}.curve"), &account.curve, "invalid curve")?,
            path: parse(&format!("{field}.path"), &account.path, "invalid path")?,
            address_format: address_format(
                &format!("{field}.addressFormat"),
                &account.address_format,
            )?,
            name: optional_label(&format!("{field}.name"), account.name.as_deref())?,
        })
    })
}

fn private_keys(field: &str, list: Vec<p::PrivateKeyParams>) -> Read<Vec<NewPrivateKey>> {
    each(field, list, |field, key| {
        Ok(NewPrivateKey {
            name: label(&format!("{field}.privateKeyName"), &key.private_key_name)?,
            curve: parse(&format!("{field}.curve"), &key.curve, "invalid curve")?,
            address_formats: each(
                &format!("{field}.addressFormats"),
                key.address_formats,
                |field, f| address_format(field, &f),
            )?,
            tags: ids(&format!("{field}.privateKeyTags"), &key.private_key_tags)?,
        })
    })
}

fn payload_form(encoding: &str, hash: &str) -> Read<PayloadForm> {
    Ok(PayloadForm {
        encoding: parse("parameters.encoding", encoding, "invalid payload encoding")?,
        hash: parse("parameters.hashFunction", hash, "invalid hash function")?,
    })
}

fn address_format(field: &str, text: &str) -> Read<AddressFormat> {
    parse(field, text, "invalid address format")
}

/// The path an activity of this wire type is posted to.
pub fn path_of(kind: &str) -> String {
    let served = endpoint::SUBMIT
        .iter()
        .find(|endpoint| endpoint.accepts(kind));
    format!(
        "/public/v1/submit/{}",
        served.map_or("", |endpoint| endpoint.name)
    )
}

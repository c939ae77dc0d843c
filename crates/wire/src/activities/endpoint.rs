//! The catalogue of paths and the activity types each accepts.

/// Whether this server answers a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Support {
    /// Yes.
    Served,
    /// The protocol has the path; this server answers that it does not serve it.
    NotServed,
}

/// One path below `/public/v1/`.
#[derive(Clone, Copy, Debug)]
pub struct Endpoint {
    /// The last segment of the path.
    pub name: &'static str,
    /// Number of versions of the activity type; 0 for queries.
    pub versions: u8,
    /// Whether this server answers it.
    pub support: Support,
}

impl Endpoint {
    /// Whether an activity of this wire type belongs on this path: the name in capitals, with no
    /// suffix for the first version and `_V2` and so on for the later ones.
    pub fn accepts(&self, kind: &str) -> bool {
        let Some(rest) = kind.strip_prefix(TYPE_PREFIX) else {
            return false;
        };
        let Some(suffix) = rest.strip_prefix(self.kind_name().as_str()) else {
            return false;
        };
        match suffix.strip_prefix("_V") {
            None => suffix.is_empty(),
            Some(version) => (2..=self.versions).any(|known| known.to_string() == version),
        }
    }

    /// The type without prefix and version. One path does not spell it.
    fn kind_name(&self) -> String {
        match self.name {
            "set_tvc_app_live_deployment" => "UPDATE_TVC_APP_LIVE_DEPLOYMENT".to_owned(),
            name => name.to_ascii_uppercase(),
        }
    }
}

/// What every activity type begins with.
pub const TYPE_PREFIX: &str = "ACTIVITY_TYPE_";

/// The submit endpoint with this last path segment.
pub fn submission(name: &str) -> Option<&'static Endpoint> {
    find(SUBMIT, name)
}

/// The query endpoint with this last path segment.
pub fn query_named(name: &str) -> Option<&'static Endpoint> {
    find(QUERY, name)
}

// Both tables are in alphabetical order; a test says so.
fn find(table: &'static [Endpoint], name: &str) -> Option<&'static Endpoint> {
    table
        .binary_search_by(|endpoint| endpoint.name.cmp(name))
        .ok()
        .map(|i| &table[i])
}

/// The member of `activity.intent` for a type: the message name in lower camel case, such as
/// `createSubOrganizationIntentV7`.
pub fn intent_key(kind: &str) -> String {
    let (name, version) = split_version(kind);
    format!("{}Intent{version}", lower_camel(name))
}

/// The member of `activity.result` for a type. Most types share one result message across
/// versions; the exceptions are listed.
pub fn result_key(kind: &str) -> String {
    let (name, version) = split_version(kind);
    let own = match name {
        "CREATE_SUB_ORGANIZATION" => version != "V2",
        "CREATE_PRIVATE_KEYS"
        | "UPDATE_POLICY"
        | "CREATE_READ_WRITE_SESSION"
        | "CREATE_OAUTH_PROVIDERS" => true,
        _ => false,
    };
    format!(
        "{}Result{}",
        lower_camel(name),
        if own { version } else { "" }
    )
}

/// `ACTIVITY_TYPE_CREATE_USERS_V2` is (`CREATE_USERS`, `V2`); a first version has none.
fn split_version(kind: &str) -> (&str, &str) {
    let name = kind.strip_prefix(TYPE_PREFIX).unwrap_or(kind);
    match name.rsplit_once('_') {
        Some((stem, version)) if is_version(version) => (stem, version),
        _ => (name, ""),
    }
}

fn is_version(text: &str) -> bool {
    text.strip_prefix('V')
        .is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
}

fn lower_camel(name: &str) -> String {
    let mut camel = String::with_capacity(name.len());
    for (i, word) in name.split('_').enumerate() {
        let lower = word.to_ascii_lowercase();
        match lower.chars().next() {
            Some(first) if i > 0 => {
                camel.push(first.to_ascii_uppercase());
                camel.push_str(&lower[first.len_utf8()..]);
            }
            _ => camel.push_str(&lower),
        }
    }
    camel
}

const fn submit(name: &'static str, versions: u8, support: Support) -> Endpoint {
    Endpoint {
        name,
        versions,
        support,
    }
}

const fn query(name: &'static str, support: Support) -> Endpoint {
    Endpoint {
        name,
        versions: 0,
        support,
    }
}

use Support::{NotServed, Served};

/// Paths below `/public/v1/submit/`.
#[rustfmt::skip]
pub const SUBMIT: &[Endpoint] = &[
    submit("approve_activity", 1, Served),
    submit("claim_earn_fees", 1, NotServed),
    submit("claim_swap_fees", 1, NotServed),
    submit("create_api_keys", 2, Served),
    submit("create_authenticators", 2, Served),
    submit("create_fiat_on_ramp_credential", 1, NotServed),
    submit("create_invitations", 1, NotServed),
    submit("create_mfa_policy", 1, NotServed),
    submit("create_oauth2_credential", 1, NotServed),
    submit("create_oauth_providers", 2, NotServed),
    submit("create_policies", 1, NotServed),
    submit("create_policy", 3, NotServed),
    submit("create_private_key_tag", 1, Served),
    submit("create_private_keys", 2, Served),
    submit("create_read_only_session", 1, NotServed),
    submit("create_read_write_session", 2, NotServed),
    submit("create_session_profile", 1, NotServed),
    submit("create_smart_contract_interface", 1, NotServed),
    submit("create_sub_organization", 8, Served),
    submit("create_swap_quote", 1, NotServed),
    submit("create_tvc_app", 1, NotServed),
    submit("create_tvc_deployment", 1, NotServed),
    submit("create_tvc_manifest_approvals", 1, NotServed),
    submit("create_user_tag", 1, Served),
    submit("create_users", 4, Served),
    submit("create_wallet", 1, Served),
    submit("create_wallet_accounts", 1, Served),
    submit("create_webhook_endpoint", 1, NotServed),
    submit("delete_api_keys", 1, Served),
    submit("delete_authenticators", 1, Served),
    submit("delete_fiat_on_ramp_credential", 1, NotServed),
    submit("delete_invitation", 1, NotServed),
    submit("delete_mfa_policy", 1, NotServed),
    submit("delete_oauth2_credential", 1, NotServed),
    submit("delete_oauth_providers", 1, NotServed),
    submit("delete_policies", 1, NotServed),
    submit("delete_policy", 1, NotServed),
    submit("delete_private_key_tags", 1, Served),
    submit("delete_private_keys", 1, Served),
    submit("delete_smart_contract_interface", 1, NotServed),
    submit("delete_sub_organization", 1, Served),
    submit("delete_tvc_app_and_deployments", 1, NotServed),
    submit("delete_tvc_deployment", 1, NotServed),
    submit("delete_user_tags", 1, Served),
    submit("delete_users", 1, Served),
    submit("delete_wallet_accounts", 1, Served),
    submit("delete_wallets", 1, Served),
    submit("delete_webhook_endpoint", 1, NotServed),
    submit("earn_deploy_wrapper", 1, NotServed),
    submit("earn_deposit", 1, NotServed),
    submit("earn_set_wrapper_state", 1, NotServed),
    submit("earn_withdraw", 1, NotServed),
    submit("email_auth", 3, NotServed),
    submit("eth_send_transaction", 2, NotServed),
    submit("eth_undelegate_7702", 1, NotServed),
    submit("execute_swap", 2, NotServed),
    submit("export_private_key", 1, NotServed),
    submit("export_secrets", 1, NotServed),
    submit("export_wallet", 1, NotServed),
    submit("export_wallet_account", 1, NotServed),
    submit("import_private_key", 1, NotServed),
    submit("import_secrets", 1, NotServed),
    submit("import_wallet", 1, NotServed),
    submit("init_fiat_on_ramp", 1, NotServed),
    submit("init_import_private_key", 1, NotServed),
    submit("init_import_wallet", 1, NotServed),
    submit("init_otp", 3, NotServed),
    submit("init_otp_auth", 3, NotServed),
    submit("init_user_email_recovery", 2, NotServed),
    submit("oauth", 1, NotServed),
    submit("oauth2_authenticate", 1, NotServed),
    submit("oauth_login", 1, NotServed),
    submit("otp_auth", 1, NotServed),
    submit("otp_login", 2, NotServed),
    submit("recover_user", 1, NotServed),
    submit("reject_activity", 1, Served),
    submit("remove_ip_allowlist", 1, NotServed),
    submit("remove_organization_feature", 1, Served),
    submit("restore_tvc_deployment", 1, NotServed),
    submit("set_ip_allowlist", 1, NotServed),
    submit("set_organization_feature", 1, Served),
    submit("set_tvc_app_live_deployment", 1, NotServed),
    submit("sign_raw_payload", 2, Served),
    submit("sign_raw_payloads", 1, Served),
    submit("sign_transaction", 2, Served),
    submit("sol_send_transaction", 2, NotServed),
    submit("spark_claim_transfer", 1, NotServed),
    submit("spark_prepare_lightning_receive", 1, NotServed),
    submit("spark_prepare_transfer", 1, NotServed),
    submit("spark_sign_frost", 1, NotServed),
    submit("stamp_login", 1, NotServed),
    submit("update_fiat_on_ramp_credential", 1, NotServed),
    submit("update_mfa_policy", 1, NotServed),
    submit("update_oauth2_credential", 1, NotServed),
    submit("update_organization_name", 1, Served),
    submit("update_policy", 2, NotServed),
    submit("update_private_key_tag", 1, Served),
    submit("update_root_quorum", 1, Served),
    submit("update_user", 1, Served),
    submit("update_user_email", 1, Served),
    submit("update_user_name", 1, Served),
    submit("update_user_phone_number", 1, Served),
    submit("update_user_tag", 1, Served),
    submit("update_wallet", 1, Served),
    submit("update_wallet_account_name", 1, Served),
    submit("update_webhook_endpoint", 1, NotServed),
    submit("upsert_swap_config", 1, NotServed),
    submit("verify_otp", 2, NotServed),
];

/// Paths below `/public/v1/query/`. `get_receipt` is ours.
#[rustfmt::skip]
pub const QUERY: &[Endpoint] = &[
    query("get_activity", Served),
    query("get_api_key", Served),
    query("get_api_keys", Served),
    query("get_app_status", NotServed),
    query("get_authenticator", Served),
    query("get_authenticators", Served),
    query("get_boot_proof", NotServed),
    query("get_claim_earn_fees_status", NotServed),
    query("get_earn_deploy_status", NotServed),
    query("get_earn_deposit_status", NotServed),
    query("get_earn_withdraw_status", NotServed),
    query("get_gas_usage", NotServed),
    query("get_ip_allowlist", NotServed),
    query("get_latest_boot_proof", NotServed),
    query("get_mfa_policies", NotServed),
    query("get_mfa_policy", NotServed),
    query("get_mfa_status", NotServed),
    query("get_nonces", NotServed),
    query("get_oauth2_credential", NotServed),
    query("get_oauth_providers", Served),
    query("get_onramp_transaction_status", NotServed),
    query("get_organization_configs", Served),
    query("get_policy", NotServed),
    query("get_policy_evaluations", NotServed),
    query("get_private_key", Served),
    query("get_receipt", Served),
    query("get_send_transaction_status", NotServed),
    query("get_session_profile", NotServed),
    query("get_session_profiles", NotServed),
    query("get_smart_contract_interface", NotServed),
    query("get_swap_status", NotServed),
    query("get_tvc_app", NotServed),
    query("get_tvc_deployment", NotServed),
    query("get_tvc_deployment_debug_logs", NotServed),
    query("get_tvc_qos_versions", NotServed),
    query("get_user", Served),
    query("get_wallet", Served),
    query("get_wallet_account", Served),
    query("get_wallet_address_balances", NotServed),
    query("list_activities", Served),
    query("list_app_proofs", NotServed),
    query("list_earn_enabled_vaults", NotServed),
    query("list_earn_positions", NotServed),
    query("list_earn_vaults", NotServed),
    query("list_email_events", NotServed),
    query("list_eth_transaction_history", NotServed),
    query("list_fiat_on_ramp_credentials", NotServed),
    query("list_oauth2_credentials", NotServed),
    query("list_policies", NotServed),
    query("list_private_key_tags", Served),
    query("list_private_keys", Served),
    query("list_secrets", NotServed),
    query("list_smart_contract_interfaces", NotServed),
    query("list_sol_transaction_history", NotServed),
    query("list_suborgs", Served),
    query("list_supported_assets", NotServed),
    query("list_tvc_app_deployments", NotServed),
    query("list_tvc_apps", NotServed),
    query("list_user_tags", Served),
    query("list_users", Served),
    query("list_verified_suborgs", NotServed),
    query("list_wallet_accounts", Served),
    query("list_wallets", Served),
    query("list_webhook_endpoints", NotServed),
    query("validate_tvc_image", NotServed),
    query("whoami", Served),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_in_order() {
        assert!(SUBMIT.is_sorted_by(|a, b| a.name < b.name));
        assert!(QUERY.is_sorted_by(|a, b| a.name < b.name));
    }

    #[test]
    fn t8_a_type_belongs_to_one_path() {
        let endpoint = submission("create_sub_organization").unwrap();
        for kind in [
            "CREATE_SUB_ORGANIZATION",
            "CREATE_SUB_ORGANIZATION_V2",
            "CREATE_SUB_ORGANIZATION_V8",
        ] {
            assert!(endpoint.accepts(&format!("ACTIVITY_TYPE_{kind}")), "{kind}");
        }
        for kind in [
            "CREATE_SUB_ORGANIZATION_V1",
            "CREATE_SUB_ORGANIZATION_V9",
            "CREATE_SUB_ORGANIZATION_V08",
            "CREATE_SUB_ORGANIZATION_",
            "CREATE_WALLET",
            "create_sub_organization",
        ] {
            assert!(
                !endpoint.accepts(&format!("ACTIVITY_TYPE_{kind}")),
                "{kind}"
            );
        }
        assert!(!endpoint.accepts("CREATE_SUB_ORGANIZATION"));
        for endpoint in SUBMIT {
            let kind = format!("{TYPE_PREFIX}{}", endpoint.kind_name());
            let homes = SUBMIT.iter().filter(|other| other.accepts(&kind)).count();
            assert_eq!(homes, 1, "{kind}");
        }
    }

    #[test]
    fn keys_follow_the_message_names() {
        for (kind, intent, result) in [
            ("CREATE_WALLET", "createWalletIntent", "createWalletResult"),
            (
                "SIGN_RAW_PAYLOAD_V2",
                "signRawPayloadIntentV2",
                "signRawPayloadResult",
            ),
            (
                "CREATE_SUB_ORGANIZATION_V2",
                "createSubOrganizationIntentV2",
                "createSubOrganizationResult",
            ),
            (
                "CREATE_SUB_ORGANIZATION_V8",
                "createSubOrganizationIntentV8",
                "createSubOrganizationResultV8",
            ),
            (
                "CREATE_PRIVATE_KEYS_V2",
                "createPrivateKeysIntentV2",
                "createPrivateKeysResultV2",
            ),
            (
                "CREATE_USERS_V4",
                "createUsersIntentV4",
                "createUsersResult",
            ),
        ] {
            let kind = format!("{TYPE_PREFIX}{kind}");
            assert_eq!(
                (intent_key(&kind).as_str(), result_key(&kind).as_str()),
                (intent, result)
            );
        }
    }
}

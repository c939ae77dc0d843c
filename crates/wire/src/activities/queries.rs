//! Bodies of the served queries.
#![allow(missing_docs)] // Member names are the protocol's; repeating them would say nothing.

use serde::Deserialize;

/// One structure for every query: no two queries use a member name differently, and each reads
/// only the members it knows.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct QueryBody {
    pub organization_id: Option<String>,
    pub activity_id: Option<String>,
    pub user_id: Option<String>,
    pub api_key_id: Option<String>,
    pub authenticator_id: Option<String>,
    pub wallet_id: Option<String>,
    pub private_key_id: Option<String>,
    pub address: Option<String>,
    pub path: Option<String>,
    pub include_wallet_details: Option<bool>,
    pub filter_type: Option<String>,
    pub filter_value: Option<String>,
    pub filter_by_status: Option<Vec<String>>,
    pub filter_by_type: Option<Vec<String>>,
    pub pagination_options: Option<Pagination>,
    /// Ours: decimal milliseconds, where the organisation asks for fresh reads.
    pub timestamp_ms: Option<String>,
    /// Ours: the server the body is meant for.
    pub audience: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Pagination {
    pub limit: Option<String>,
    pub before: Option<String>,
    pub after: Option<String>,
}

//! Switches of an organisation.

/// A feature's name, as the protocol spells it without the prefix `FEATURE_NAME_`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)] // The names are the documentation; most only store a value here.
pub enum FeatureName {
    RootUserEmailRecovery,
    /// Exact origins passkeys of this organisation and its sub-organisations may be used on.
    WebauthnOrigins,
    EmailAuth,
    EmailRecovery,
    Webhook,
    SmsAuth,
    OtpEmailAuth,
    AuthProxy,
    SolanaRentPrefundEnabled,
    SwapConfig,
    EarnConfig,
    /// Ours: `fresh-reads`, `audience`, `strict-members`, comma-separated (threats T4, T9, T14).
    ZegelStrict,
}

impl FeatureName {
    /// Every feature, in the order of the protocol's enumeration.
    pub const ALL: [Self; 12] = [
        Self::RootUserEmailRecovery,
        Self::WebauthnOrigins,
        Self::EmailAuth,
        Self::EmailRecovery,
        Self::Webhook,
        Self::SmsAuth,
        Self::OtpEmailAuth,
        Self::AuthProxy,
        Self::SolanaRentPrefundEnabled,
        Self::SwapConfig,
        Self::EarnConfig,
        Self::ZegelStrict,
    ];

    /// The name on the wire and in the store.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RootUserEmailRecovery => "FEATURE_NAME_ROOT_USER_EMAIL_RECOVERY",
            Self::WebauthnOrigins => "FEATURE_NAME_WEBAUTHN_ORIGINS",
            Self::EmailAuth => "FEATURE_NAME_EMAIL_AUTH",
            Self::EmailRecovery => "FEATURE_NAME_EMAIL_RECOVERY",
            Self::Webhook => "FEATURE_NAME_WEBHOOK",
            Self::SmsAuth => "FEATURE_NAME_SMS_AUTH",
            Self::OtpEmailAuth => "FEATURE_NAME_OTP_EMAIL_AUTH",
            Self::AuthProxy => "FEATURE_NAME_AUTH_PROXY",
            Self::SolanaRentPrefundEnabled => "FEATURE_NAME_SOLANA_RENT_PREFUND_ENABLED",
            Self::SwapConfig => "FEATURE_NAME_SWAP_CONFIG",
            Self::EarnConfig => "FEATURE_NAME_EARN_CONFIG",
            Self::ZegelStrict => "FEATURE_NAME_ZEGEL_STRICT",
        }
    }

    /// The feature with this wire name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|feature| feature.as_str() == name)
    }
}

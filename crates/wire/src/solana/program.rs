//! The programs and sysvars that passkey sessions meet.

use super::Address;

/// Creates accounts and moves lamports.
pub const SYSTEM: Address = Address::known("11111111111111111111111111111111");

/// Limits and prices of computing. Its instructions come after that of [`SECP256R1`].
pub const COMPUTE_BUDGET: Address = Address::known("ComputeBudget111111111111111111111111111111");

/// Puts text into the log, and refuses accounts that did not sign.
pub const MEMO: Address = Address::known("MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr");

/// The same as it was before it looked at signatures.
pub const MEMO_V1: Address = Address::known("Memo1UhkJRfHyvLMcVucJwxXeuD728EqVDDwQDxFMNo");

/// Checks P-256 signatures (SIMD-0075).
pub const SECP256R1: Address = Address::known("Secp256r1SigVerify1111111111111111111111111");

/// Lets passkeys act: [`external_signature`](super::external_signature). The same on mainnet and
/// devnet.
pub const EXTERNAL_SIGNATURE: Address =
    Address::known("ExtSgUPtP3JyKUysFw2S5fpL5fWfUPzGUQLd2bTwftXN");

/// Wallets with several signers, of which a passkey account may be one.
pub const SMART_ACCOUNT: Address = Address::known("SMRTzfY6DfH5ik3TKiyLFfXexV8uSG3d2UksSCYdunG");

/// The sysvar through which a program sees the other instructions of its transaction.
pub const INSTRUCTIONS_SYSVAR: Address =
    Address::known("Sysvar1nstructions1111111111111111111111111");

/// The sysvar that holds [`SlotHashes`](super::SlotHashes).
pub const SLOT_HASHES_SYSVAR: Address =
    Address::known("SysvarS1otHashes111111111111111111111111111");

/// The sysvar that holds the [`Clock`](super::Clock).
pub const CLOCK_SYSVAR: Address = Address::known("SysvarC1ock11111111111111111111111111111111");

//! A request as it arrived: exact bytes, nothing interpreted.

/// What intake collected, within limits. The body is held once; verifier and parser both read
/// this buffer, so what was signed is what is executed (threats T1, T2).
#[derive(Clone, Debug)]
pub struct RawRequest {
    /// The path, byte for byte, without query or fragment.
    pub path: String,
    /// The exact body.
    pub body: Vec<u8>,
    /// The `X-Stamp` header, if there was exactly one.
    pub stamp: Option<String>,
    /// The `X-Stamp-WebAuthn` header, if there was exactly one.
    pub webauthn_stamp: Option<String>,
}

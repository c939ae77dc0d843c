//! Verifying an assertion (§7.2).

use wire::webauthn::{AssertionResponse, AuthenticatorData, ClientData, Flags};

use super::key::ParsedKey;
use super::rejection::Rejection;
use super::relying_party::{CounterPolicy, Profile, RelyingParty, UserVerification};
use super::{authenticator_data, client_data, sha256};

/// What one assertion was begun with.
#[derive(Clone, Copy, Debug)]
pub struct AssertionExpect<'a> {
    /// The challenge that was issued, or that a stamp implies: any bytes, any length.
    pub challenge: &'a [u8],
    /// Whose assertion this must be.
    pub user: ExpectedUser<'a>,
    /// The credential ids of `allowCredentials`; empty means any.
    pub allowed: &'a [&'a [u8]],
    /// Replaces the relying party's user verification for this ceremony.
    pub user_verification: Option<UserVerification>,
    /// The legacy AppID, if the `appid` extension was requested (§10.1.1).
    pub app_id: Option<&'a str>,
}

impl<'a> AssertionExpect<'a> {
    /// An assertion for `challenge` by `user`, with any credential of theirs.
    pub fn new(challenge: &'a [u8], user: ExpectedUser<'a>) -> Self {
        Self {
            challenge,
            user,
            allowed: &[],
            user_verification: None,
            app_id: None,
        }
    }
}

/// Whose assertion is expected (§7.2 step 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExpectedUser<'a> {
    /// The user with this handle, identified before the ceremony.
    Identified(&'a [u8]),
    /// Whoever answers; the authenticator must tell the user handle.
    Discoverable,
    /// Whoever owns the credential. For stamps, whose format has no place for a user handle; one
    /// that is told anyway must still be right.
    Owner,
}

/// What the caller knows about the credential an assertion names.
#[derive(Clone, Copy, Debug)]
pub struct CredentialRecord<'a> {
    /// The credential id.
    pub id: &'a [u8],
    /// The public key, decoded.
    pub key: &'a ParsedKey,
    /// The handle of the user who owns the credential.
    pub user_handle: &'a [u8],
    /// SHA-256 of the RP ID it was registered for, if that was recorded.
    pub rp_id_hash: Option<&'a [u8; 32]>,
    /// The last signature counter seen.
    pub sign_count: u32,
    /// Backup eligibility as registered, if that was recorded.
    pub backup_eligible: Option<bool>,
    /// Whether the credential may be used at all.
    pub enabled: bool,
}

/// What the signature counter says (§7.2 step 22).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CounterVerdict {
    /// Both counters are zero: the authenticator does not count.
    Absent,
    /// The counter increased.
    Increased,
    /// The counter did not increase: a clone, a race, or a broken authenticator.
    NotIncreased,
}

/// An assertion of which every step passed; what to update is here (§7.2 step 24).
#[derive(Clone, Debug)]
pub struct VerifiedAssertion {
    credential_id: Vec<u8>,
    user_handle: Vec<u8>,
    rp_id_hash: [u8; 32],
    flags: Flags,
    sign_count: u32,
    counter: CounterVerdict,
    origin: String,
    browser_bound_key: Option<Vec<u8>>,
}

impl VerifiedAssertion {
    /// The credential that signed.
    pub fn credential_id(&self) -> &[u8] {
        &self.credential_id
    }

    /// The handle of the user who owns it.
    pub fn user_handle(&self) -> &[u8] {
        &self.user_handle
    }

    /// SHA-256 of the RP ID (or AppID) that was signed for.
    pub fn rp_id_hash(&self) -> &[u8; 32] {
        &self.rp_id_hash
    }

    /// All flags, as signed.
    pub fn flags(&self) -> Flags {
        self.flags
    }

    /// Whether the user was verified.
    pub fn user_verified(&self) -> bool {
        self.flags.user_verified()
    }

    /// Whether the credential is synced now.
    pub fn backed_up(&self) -> bool {
        self.flags.backed_up()
    }

    /// The signature counter, to be stored if it [`Increased`](CounterVerdict::Increased).
    pub fn sign_count(&self) -> u32 {
        self.sign_count
    }

    /// What the counter says; under [`CounterPolicy::Enforce`] never `NotIncreased`.
    pub fn counter(&self) -> CounterVerdict {
        self.counter
    }

    /// The origin the ceremony ran on.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The browser's own key, as COSE_Key bytes, if this was a [payment](super::payment) and the
    /// browser signed too. One never seen before means a device never seen before.
    pub fn browser_bound_key(&self) -> Option<&[u8]> {
        self.browser_bound_key.as_deref()
    }

    /// This assertion, signed by the browser's own key as well.
    pub(super) fn with_browser_bound_key(self, key: Option<Vec<u8>>) -> Self {
        Self {
            browser_bound_key: key,
            ..self
        }
    }
}

/// Judges an assertion response, in the order of §7.2 from step 5 on.
///
/// `credential` is what the caller found under the id the response names; `None` if nothing.
/// Whether the challenge was still unspent is the caller's to know.
///
/// # Errors
///
/// The [`Rejection`] of the first step that failed.
pub fn finish(
    rp: &RelyingParty,
    expect: &AssertionExpect<'_>,
    response: &AssertionResponse,
    credential: Option<&CredentialRecord<'_>>,
) -> Result<VerifiedAssertion, Rejection> {
    // Steps 5–7.
    let credential = check_credential(expect.allowed, response, credential)?;
    check_user(expect.user, response, credential)?;
    // Steps 8–14.
    let client = ClientData::parse(&response.client_data_json)?;
    client_data::check(&client, "webauthn.get", expect.challenge, rp)?;
    // Step 15. Attested data in an assertion is a known macOS slip and ignored: the key is always
    // the registered one.
    let data = AuthenticatorData::parse(&response.authenticator_data)?;
    if !is_app_id(expect, response, data.rp_id_hash) {
        let registered = credential.rp_id_hash;
        authenticator_data::check_rp_id(data.rp_id_hash, &client.origin, rp, registered)?;
    }
    let answer = Answer {
        response,
        credential,
        data: &data,
        origin: client.origin,
    };
    answer.conclude(rp, expect.user_verification.unwrap_or(rp.user_verification))
}

/// An answer whose client data and RP ID were judged; what is left is what the authenticator says
/// of the user and of itself, and its signature.
pub(super) struct Answer<'a> {
    pub(super) response: &'a AssertionResponse,
    pub(super) credential: &'a CredentialRecord<'a>,
    pub(super) data: &'a AuthenticatorData<'a>,
    /// The origin the ceremony ran on.
    pub(super) origin: String,
}

impl Answer<'_> {
    /// Steps 16–22, with as much user verification as was `asked` for.
    pub(super) fn conclude(
        self,
        rp: &RelyingParty,
        asked: UserVerification,
    ) -> Result<VerifiedAssertion, Rejection> {
        let Self {
            response,
            credential,
            data,
            origin,
        } = self;
        // Steps 16–19.
        authenticator_data::check_presence(data.flags, is_presence_needed(rp.profile, asked))?;
        authenticator_data::check_verification(data.flags, asked)?;
        authenticator_data::check_backup(data.flags)?;
        if credential
            .backup_eligible
            .is_some_and(|before| before != data.flags.backup_eligible())
        {
            return Err(Rejection::BackupEligibilityChanged);
        }
        // Steps 20–21.
        let hash = sha256(&response.client_data_json);
        let signed = [response.authenticator_data.as_slice(), &hash].concat();
        credential.key.verify(&signed, &response.signature)?;
        // Step 22.
        let counter = compare_counters(credential.sign_count, data.sign_count);
        if counter == CounterVerdict::NotIncreased && rp.counter == CounterPolicy::Enforce {
            return Err(Rejection::SignCountNotIncreased);
        }
        // Step 24 is the caller's.
        Ok(VerifiedAssertion {
            credential_id: credential.id.to_vec(),
            user_handle: credential.user_handle.to_vec(),
            rp_id_hash: *data.rp_id_hash,
            flags: data.flags,
            sign_count: data.sign_count,
            counter,
            origin,
            browser_bound_key: None,
        })
    }
}

/// Step 5, and that the caller's record is of the credential that was used.
pub(super) fn check_credential<'c, 'r>(
    allowed: &[&[u8]],
    response: &AssertionResponse,
    credential: Option<&'c CredentialRecord<'r>>,
) -> Result<&'c CredentialRecord<'r>, Rejection> {
    let id = response.credential_id.as_slice();
    if !allowed.is_empty() && !allowed.contains(&id) {
        return Err(Rejection::CredentialNotAllowed);
    }
    let credential = credential
        .filter(|known| known.id == id)
        .ok_or(Rejection::CredentialUnknown)?;
    if credential.enabled {
        Ok(credential)
    } else {
        Err(Rejection::CredentialDisabled)
    }
}

/// Step 6. A user identified beforehand must own the credential, whatever handle is told:
/// answering with the owner's session for somebody else's login is CVE-2026-46419.
pub(super) fn check_user(
    expected: ExpectedUser<'_>,
    response: &AssertionResponse,
    credential: &CredentialRecord<'_>,
) -> Result<(), Rejection> {
    let told = response
        .user_handle
        .as_deref()
        .filter(|handle| !handle.is_empty());
    match (expected, told) {
        (ExpectedUser::Identified(user), _) if user != credential.user_handle => {
            Err(Rejection::CredentialWrongUser)
        }
        (ExpectedUser::Discoverable, None) => Err(Rejection::UserHandleMissing),
        (_, Some(handle)) if handle != credential.user_handle => Err(Rejection::UserHandleMismatch),
        _ => Ok(()),
    }
}

/// Whether a credential from U2F times signed for the AppID that was asked for (§10.1.1).
fn is_app_id(
    expect: &AssertionExpect<'_>,
    response: &AssertionResponse,
    rp_id_hash: &[u8; 32],
) -> bool {
    response.extensions.app_id == Some(true)
        && expect
            .app_id
            .is_some_and(|app_id| sha256(app_id.as_bytes()) == *rp_id_hash)
}

/// Step 16 demands presence always; the conformance suite, only with required verification.
fn is_presence_needed(profile: Profile, asked: UserVerification) -> bool {
    match profile {
        Profile::Default => true,
        Profile::FidoConformance => asked == UserVerification::Required,
    }
}

fn compare_counters(stored: u32, received: u32) -> CounterVerdict {
    match (stored, received) {
        (0, 0) => CounterVerdict::Absent,
        _ if received > stored => CounterVerdict::Increased,
        _ => CounterVerdict::NotIncreased,
    }
}

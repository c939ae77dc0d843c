//! Registering a new credential (§7.1).

use wire::Timestamp;
use wire::webauthn::{
    AttestationObject, AuthenticatorData, ClientData, CoseAlgorithm, CoseKey, Flags,
    RegistrationResponse,
};

use super::attestation::{self, Attestation, TrustStore};
use super::key::ParsedKey;
use super::rejection::Rejection;
use super::relying_party::{Profile, RelyingParty, UserVerification};
use super::{authenticator_data, client_data, sha256};

/// What one registration was begun with.
#[derive(Clone, Copy, Debug)]
pub struct RegistrationExpect<'a> {
    /// The challenge that was issued: any bytes, any length.
    pub challenge: &'a [u8],
    /// Mediation was `conditional` (a passkey upgrade): nobody needs to be present.
    pub conditional: bool,
    /// Replaces the relying party's user verification for this ceremony.
    pub user_verification: Option<UserVerification>,
    /// Credential ids this must not be one of: those of `excludeCredentials`, and any others
    /// the caller knows to be registered. The store's uniqueness still has the last word.
    pub registered: &'a [&'a [u8]],
}

impl<'a> RegistrationExpect<'a> {
    /// An ordinary registration begun with `challenge`.
    pub fn new(challenge: &'a [u8]) -> Self {
        Self {
            challenge,
            conditional: false,
            user_verification: None,
            registered: &[],
        }
    }
}

/// A registration of which every step passed; what to keep of it is here (§7.1 step 27).
#[derive(Clone, Debug)]
pub struct VerifiedRegistration {
    credential_id: Vec<u8>,
    public_key: Vec<u8>,
    key: ParsedKey,
    rp_id_hash: [u8; 32],
    flags: Flags,
    sign_count: u32,
    aaguid: [u8; 16],
    transports: Vec<String>,
    resident_key: Option<bool>,
    origin: String,
    extensions: Option<Vec<u8>>,
    attestation: Attestation,
}

impl VerifiedRegistration {
    /// The credential id, 1 to 1023 bytes.
    pub fn credential_id(&self) -> &[u8] {
        &self.credential_id
    }

    /// The credential public key as canonical COSE CBOR, to be stored and later given to
    /// [`ParsedKey::from_cose`].
    pub fn public_key(&self) -> &[u8] {
        &self.public_key
    }

    /// The same key, decoded.
    pub fn key(&self) -> &ParsedKey {
        &self.key
    }

    /// The key's algorithm.
    pub fn algorithm(&self) -> CoseAlgorithm {
        self.key.algorithm()
    }

    /// SHA-256 of the RP ID the credential is scoped to.
    pub fn rp_id_hash(&self) -> &[u8; 32] {
        &self.rp_id_hash
    }

    /// All flags, as signed.
    pub fn flags(&self) -> Flags {
        self.flags
    }

    /// Whether the user was verified, which initialises `uvInitialized`.
    pub fn user_verified(&self) -> bool {
        self.flags.user_verified()
    }

    /// Whether the credential may be synced. Fixed for its life.
    pub fn backup_eligible(&self) -> bool {
        self.flags.backup_eligible()
    }

    /// Whether the credential is synced now.
    pub fn backed_up(&self) -> bool {
        self.flags.backed_up()
    }

    /// The signature counter to compare the first assertion with.
    pub fn sign_count(&self) -> u32 {
        self.sign_count
    }

    /// The authenticator model. Proven only if the attestation is trusted.
    pub fn aaguid(&self) -> &[u8; 16] {
        &self.aaguid
    }

    /// How the authenticator may be reached, as the client told. Not signed.
    pub fn transports(&self) -> &[String] {
        &self.transports
    }

    /// Whether the credential is discoverable, as the client told. Not signed.
    pub fn resident_key(&self) -> Option<bool> {
        self.resident_key
    }

    /// The origin the ceremony ran on.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The authenticator's extension outputs as a CBOR map, if there were any. Signed, and
    /// well-formed; unsolicited outputs are tolerated (§7.1 step 28).
    pub fn extensions(&self) -> Option<&[u8]> {
        self.extensions.as_deref()
    }

    /// What the attestation statement showed.
    pub fn attestation(&self) -> Attestation {
        self.attestation
    }
}

/// Judges a registration response, in the order of §7.1 from step 5 on.
///
/// `now` matters only for certificates in the attestation, and `trust` only if the policy
/// judges trust. Whether the challenge was still unspent is the caller's to know.
///
/// # Errors
///
/// The [`Rejection`] of the first step that failed.
pub fn finish(
    rp: &RelyingParty,
    expect: &RegistrationExpect<'_>,
    response: &RegistrationResponse,
    now: Timestamp,
    trust: &TrustStore,
) -> Result<VerifiedRegistration, Rejection> {
    // Steps 5–12.
    let client = ClientData::parse(&response.client_data_json)?;
    client_data::check(&client, "webauthn.create", expect.challenge, rp)?;
    let client_data_hash = sha256(&response.client_data_json);
    // Step 13.
    let object = AttestationObject::parse(&response.attestation_object)?;
    let data = AuthenticatorData::parse(object.authenticator_data)?;
    let credential = data
        .attested_credential
        .ok_or(Rejection::AttestedCredentialMissing)?;
    // Steps 14–19. Backup eligibility and state are facts for the caller's policy.
    let asked = expect.user_verification.unwrap_or(rp.user_verification);
    authenticator_data::check_rp_id(data.rp_id_hash, &client.origin, rp, None)?;
    authenticator_data::check_presence(data.flags, !expect.conditional)?;
    authenticator_data::check_verification(data.flags, asked)?;
    authenticator_data::check_backup(data.flags)?;
    // Step 20.
    let cose = CoseKey::parse(credential.public_key)?;
    check_algorithm(cose.algorithm, rp)?;
    let key = ParsedKey::new(&cose)?;
    if credential.credential_id != response.credential_id {
        return Err(Rejection::CredentialIdMismatch);
    }
    // Steps 21–24.
    let attestation = attestation::judge(
        &attestation::Evidence {
            format: object.format,
            statement: &object.statement,
            authenticator_data: object.authenticator_data,
            client_data_hash: &client_data_hash,
            rp_id_hash: data.rp_id_hash,
            credential: &credential,
            cose: &cose,
            key: &key,
            profile: rp.profile,
        },
        rp,
        now,
        trust,
    )?;
    // Step 25 is part of reading authenticator data. Step 26.
    if expect.registered.contains(&credential.credential_id) {
        return Err(Rejection::CredentialAlreadyRegistered);
    }
    // Step 27.
    Ok(VerifiedRegistration {
        credential_id: credential.credential_id.to_vec(),
        public_key: credential.public_key.to_vec(),
        key,
        rp_id_hash: *data.rp_id_hash,
        flags: data.flags,
        sign_count: data.sign_count,
        aaguid: *credential.aaguid,
        transports: response.transports.clone(),
        resident_key: response.extensions.resident_key,
        origin: client.origin,
        extensions: data.extensions.map(<[u8]>::to_vec),
        attestation,
    })
}

/// Whether the algorithm was offered. SHA-1 is for the conformance suite alone.
fn check_algorithm(algorithm: CoseAlgorithm, rp: &RelyingParty) -> Result<(), Rejection> {
    let is_banned = algorithm == CoseAlgorithm::Rs1 && rp.profile != Profile::FidoConformance;
    if rp.algorithms.contains(&algorithm) && !is_banned {
        Ok(())
    } else {
        Err(Rejection::AlgNotAllowed)
    }
}

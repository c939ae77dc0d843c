//! `android-key` (§8.4): a certificate for the credential key, in which the key store describes
//! the key.

use wire::encoding::cbor::Map;

use super::asn1::{self, Reader};
use super::fault::{AttestationFault as Fault, AttestationRejection};
use super::policy::{AndroidKeyPolicy, AttestationFormat, AttestationKind};
use super::statement::Fields;
use super::{Evidence, Shown};

pub(super) fn verify<'a>(
    evidence: &Evidence<'_>,
    statement: &Map<'a>,
    policy: AndroidKeyPolicy,
) -> Result<Shown<'a>, AttestationRejection> {
    let fields = Fields {
        format: AttestationFormat::AndroidKey,
        map: statement,
    };
    let algorithm = fields.algorithm(evidence.profile)?;
    let signature = fields.signature()?;
    let chain = fields.chain()?;
    let leaf = chain.leaf();
    if !algorithm.is_some_and(|alg| leaf.verifies(alg, &evidence.signed(), signature)) {
        return Err(fields.refuse(Fault::SignatureInvalid));
    }
    if !leaf.is_for(evidence.cose) {
        return Err(fields.refuse(Fault::PubkeyMismatch));
    }
    let extension = leaf
        .extension(KEY_DESCRIPTION)
        .ok_or(fields.refuse(Fault::ExtMissing))?;
    let description =
        KeyDescription::read(extension.value).ok_or(fields.refuse(Fault::ExtMalformed))?;
    if description.challenge != evidence.client_data_hash {
        return Err(fields.refuse(Fault::ChallengeMismatch));
    }
    description
        .check(policy)
        .map_err(|fault| fields.refuse(fault))?;
    Ok(Shown {
        kind: AttestationKind::Basic,
        chain: chain.into_certificates(),
    })
}

/// The parts of Android's `KeyDescription` that §8.4 asks for.
struct KeyDescription<'a> {
    challenge: &'a [u8],
    software: AuthorisationList,
    trusted_environment: AuthorisationList,
}

#[derive(Default)]
struct AuthorisationList {
    all_applications: bool,
    origin: Option<u32>,
    purposes: Option<Vec<u32>>,
}

impl<'a> KeyDescription<'a> {
    fn read(value: &'a [u8]) -> Option<Self> {
        let mut fields = Reader::new(Reader::new(value).only(asn1::SEQUENCE)?);
        fields.expect(asn1::INTEGER)?; // attestationVersion
        fields.expect(asn1::ENUMERATED)?; // attestationSecurityLevel
        fields.expect(asn1::INTEGER)?; // keymasterVersion
        fields.expect(asn1::ENUMERATED)?; // keymasterSecurityLevel
        let challenge = fields.expect(asn1::OCTET_STRING)?;
        fields.expect(asn1::OCTET_STRING)?; // uniqueId
        let software = AuthorisationList::read(fields.expect(asn1::SEQUENCE)?)?;
        let trusted_environment = AuthorisationList::read(fields.expect(asn1::SEQUENCE)?)?;
        fields.is_empty().then_some(Self {
            challenge,
            software,
            trusted_environment,
        })
    }

    fn check(&self, policy: AndroidKeyPolicy) -> Result<(), Fault> {
        let (software, trusted) = (&self.software, &self.trusted_environment);
        if software.all_applications || trusted.all_applications {
            return Err(Fault::AllApplications);
        }
        let lists: &[&AuthorisationList] = match policy {
            AndroidKeyPolicy::TrustedEnvironment => &[trusted],
            AndroidKeyPolicy::Either | AndroidKeyPolicy::Lenient => &[trusted, software],
        };
        let may_be_silent = policy == AndroidKeyPolicy::Lenient;
        let mut origins = lists.iter().filter_map(|list| list.origin).peekable();
        if origins.peek().is_none() && !may_be_silent || !origins.all(|o| o == GENERATED) {
            return Err(Fault::Origin);
        }
        let mut purposes = lists
            .iter()
            .filter_map(|list| list.purposes.as_deref())
            .peekable();
        if purposes.peek().is_none() && !may_be_silent || !purposes.all(|p| p.contains(&SIGN)) {
            return Err(Fault::Purpose);
        }
        Ok(())
    }
}

impl AuthorisationList {
    fn read(content: &[u8]) -> Option<Self> {
        const PURPOSE: u32 = asn1::context(1);
        const ALL_APPLICATIONS: u32 = asn1::context(600);
        const ORIGIN: u32 = asn1::context(702);

        let mut list = Self::default();
        let mut fields = Reader::new(content);
        while !fields.is_empty() {
            let field = fields.next()?;
            let inside = Reader::new(field.content);
            match field.tag {
                PURPOSE => list.purposes = Some(read_numbers(inside.only(asn1::SET)?)?),
                ALL_APPLICATIONS => list.all_applications = true,
                ORIGIN => list.origin = Some(asn1::small_number(inside.only(asn1::INTEGER)?)?),
                _ => {}
            }
        }
        Some(list)
    }
}

fn read_numbers(content: &[u8]) -> Option<Vec<u32>> {
    let mut numbers = Vec::new();
    let mut items = Reader::new(content);
    while !items.is_empty() {
        numbers.push(asn1::small_number(items.expect(asn1::INTEGER)?)?);
    }
    Some(numbers)
}

/// `KM_ORIGIN_GENERATED`
const GENERATED: u32 = 0;
/// `KM_PURPOSE_SIGN`
const SIGN: u32 = 2;
/// 1.3.6.1.4.1.11129.2.1.17
const KEY_DESCRIPTION: &[u8] = &[0x2b, 6, 1, 4, 1, 0xd6, 0x79, 2, 1, 17];

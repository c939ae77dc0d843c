//! What the program rebuilds, rebuilt here first.
//!
//! The client data does not travel to the chain. The program knows the RP ID and the challenge, is
//! told a [`ClientDataShape`], writes client data from them and compares hashes. So an assertion
//! that is perfectly good WebAuthn fails there if the browser wrote anything else: an origin other
//! than the RP ID, a `topOrigin`, no `crossOrigin`, a new member. Here each of these has a name,
//! to be told *before* a fee is paid for the answer "client data hash".

use wire::encoding::base64url;
use wire::solana::external_signature::{Ceremony, ClientDataShape, ProgramError, RpId, RpIdError};
use wire::webauthn::{ClientData, ClientDataError};

use super::Assertion;
use super::client_data::Members;
use crate::webauthn::sha256;

/// What the program knows.
#[derive(Clone, Copy, Debug)]
pub struct Expect<'a> {
    /// The relying party of the account, existing or to be created.
    pub rp_id: &'a str,
    /// The challenge, from [`Nonce`](super::Nonce).
    pub challenge: &'a [u8; 32],
    /// The signature counter of the account; 0 for one to be created.
    pub counter: u64,
}

/// What the program will find in an assertion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rebuilt {
    /// The RP ID, fit for the program.
    pub rp_id: RpId,
    /// What to tell the program about the client data.
    pub shape: ClientDataShape,
    /// The authenticator's counter; the account keeps it unless it is 0.
    pub sign_count: u32,
    /// Whether the user was verified, which the program does not ask.
    pub user_verified: bool,
}

/// Why the program would refuse an assertion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateRejection {
    /// The program cannot hold the RP ID: it is too long, has a quotation mark, or is empty.
    #[error(transparent)]
    RpId(RpIdError),
    /// The authenticator data ends before the counter.
    #[error("the authenticator data is shorter than 37 bytes")]
    AuthenticatorData,
    /// No user was present.
    #[error("no user was present")]
    UserPresence,
    /// The authenticator signed for another RP ID.
    #[error("the authenticator signed for another RP ID")]
    RpIdHash,
    /// The authenticator counts, and not above what the account has seen.
    #[error("the signature counter {found} is not above {stored}")]
    Counter {
        /// What the account has seen.
        stored: u64,
        /// What the authenticator says.
        found: u32,
    },
    /// Not client data at all.
    #[error(transparent)]
    ClientData(ClientDataError),
    /// Neither `webauthn.create` nor `webauthn.get`.
    #[error("client data of another ceremony")]
    Ceremony,
    /// Another challenge.
    #[error("the challenge is not the one that was issued")]
    Challenge,
    /// An origin of an app or an extension: neither `http://` nor `https://`.
    #[error("the origin is neither http nor https")]
    OriginScheme,
    /// The page lay on a sub-domain of the RP ID; the program writes the RP ID itself.
    #[error("the origin is on a sub-domain of the RP ID")]
    OriginSubdomain,
    /// The page lay on another host.
    #[error("the host of the origin is not the RP ID")]
    OriginHost,
    /// The origin goes on after the host with something other than a port.
    #[error("the port of the origin is no number")]
    OriginPort,
    /// The page lay in a frame, and the browser says in whose.
    #[error("the page was framed by another origin (topOrigin)")]
    TopOrigin,
    /// The authenticator's software left `crossOrigin` out.
    #[error("crossOrigin is missing")]
    CrossOriginMissing,
    /// A member that the program does not write.
    #[error("the client data has a member that cannot be rebuilt")]
    UnknownMember,
    /// Chrome's reminder in other words.
    #[error("the reminder in the client data has changed")]
    Reminder,
    /// The right members in another order.
    #[error("the members of the client data stand in another order")]
    MemberOrder,
    /// The right members in order, but with blanks, escapes or a byte order mark.
    #[error("the client data is spelled otherwise")]
    Spelling,
}

/// The members that the program can write.
const MEMBERS: [&str; 5] = [
    "type",
    "challenge",
    "origin",
    "crossOrigin",
    ClientDataShape::REMINDER_NAME,
];

impl Assertion<'_> {
    /// Goes through what the program does with an assertion, in its order and short of the signature.
    ///
    /// # Errors
    ///
    /// The first [`TemplateRejection`].
    pub fn rebuild(&self, expect: &Expect<'_>) -> Result<Rebuilt, TemplateRejection> {
        use TemplateRejection as R;

        let rp_id: RpId = expect.rp_id.parse().map_err(R::RpId)?;

        let fixed: &[u8; 37] = self
            .authenticator_data
            .first_chunk()
            .ok_or(R::AuthenticatorData)?;
        let [rp_id_hash @ .., flags, c0, c1, c2, c3] = fixed;
        if flags & USER_PRESENT == 0 {
            return Err(R::UserPresence);
        }
        if rp_id_hash != sha256(rp_id.as_str().as_bytes()).as_slice() {
            return Err(R::RpIdHash);
        }

        let shape = shape(self.client_data_json, &rp_id, expect.challenge)?;

        let found = u32::from_be_bytes([*c0, *c1, *c2, *c3]);
        let stored = expect.counter;
        if found != 0 && u64::from(found) <= stored {
            return Err(R::Counter { stored, found });
        }
        Ok(Rebuilt {
            rp_id,
            shape,
            sign_count: found,
            user_verified: flags & USER_VERIFIED != 0,
        })
    }
}

const USER_PRESENT: u8 = 0x01;
const USER_VERIFIED: u8 = 0x04;

/// The shape that makes the program write exactly this client data.
fn shape(
    client_data_json: &[u8],
    rp_id: &RpId,
    challenge: &[u8; 32],
) -> Result<ClientDataShape, TemplateRejection> {
    use TemplateRejection as R;

    let data = ClientData::parse(client_data_json).map_err(R::ClientData)?;
    let ceremony = [Ceremony::Create, Ceremony::Get]
        .into_iter()
        .find(|ceremony| ceremony.as_str() == data.kind)
        .ok_or(R::Ceremony)?;
    if data.challenge != base64url::encode(challenge) {
        return Err(R::Challenge);
    }
    if data.top_origin.is_some() {
        return Err(R::TopOrigin);
    }
    let (http, port) = origin(&data.origin, rp_id.as_str())?;

    let members = Members::read(client_data_json).ok_or(R::Spelling)?;
    if members.names().any(|name| !MEMBERS.contains(&name)) {
        return Err(R::UnknownMember);
    }
    if members.value("crossOrigin").is_none() {
        return Err(R::CrossOriginMissing);
    }
    let reminder = members.value(ClientDataShape::REMINDER_NAME);
    if reminder.is_some_and(|text| text != ClientDataShape::REMINDER) {
        return Err(R::Reminder);
    }

    let shape = ClientDataShape {
        ceremony,
        cross_origin: data.cross_origin,
        http,
        reminder: reminder.is_some(),
        port,
    };
    // The program compares hashes; equal bytes and equal hashes are the same thing.
    if shape.render(rp_id, challenge).as_bytes() == client_data_json {
        Ok(shape)
    } else if members
        .names()
        .eq(MEMBERS.into_iter().take(members.names().count()))
    {
        Err(R::Spelling)
    } else {
        Err(R::MemberOrder)
    }
}

/// Whether the origin is http, and its port.
fn origin(origin: &str, rp_id: &str) -> Result<(bool, Option<u16>), TemplateRejection> {
    use TemplateRejection as R;

    let (http, authority) = match (
        origin.strip_prefix("https://"),
        origin.strip_prefix("http://"),
    ) {
        (Some(authority), _) => (false, authority),
        (None, Some(authority)) => (true, authority),
        (None, None) => return Err(R::OriginScheme),
    };
    let (host, port) = match authority.split_once(':') {
        None => (authority, None),
        Some((host, port)) => (host, Some(port)),
    };
    if host != rp_id {
        let above = host.strip_suffix(rp_id);
        let is_below = above.is_some_and(|above| above.ends_with('.'));
        return Err(if is_below {
            R::OriginSubdomain
        } else {
            R::OriginHost
        });
    }
    let port = port.map(|text| number(text).ok_or(R::OriginPort));
    Ok((http, port.transpose()?))
}

/// A port in its only spelling.
fn number(text: &str) -> Option<u16> {
    let port: u16 = text.parse().ok()?;
    (port.to_string() == text).then_some(port)
}

impl TemplateRejection {
    /// The stable name of this rejection.
    pub const fn code(self) -> &'static str {
        match self {
            Self::RpId(RpIdError::Empty) => "rp_id_empty",
            Self::RpId(RpIdError::TooLong) => "rp_id_too_long",
            Self::RpId(RpIdError::Quote) => "rp_id_quote",
            Self::AuthenticatorData => "authenticator_data_too_short",
            Self::RpIdHash => "rp_id_mismatch",
            Self::UserPresence => "user_presence",
            Self::Counter { .. } => "counter",
            Self::ClientData(_) => "client_data_malformed",
            Self::Ceremony => "ceremony",
            Self::Challenge => "challenge",
            Self::OriginScheme => "origin_scheme",
            Self::OriginSubdomain => "origin_subdomain",
            Self::OriginHost => "origin_host",
            Self::OriginPort => "origin_port",
            Self::TopOrigin => "top_origin",
            Self::CrossOriginMissing => "cross_origin_missing",
            Self::UnknownMember => "unknown_member",
            Self::Reminder => "reminder",
            Self::MemberOrder => "member_order",
            Self::Spelling => "spelling",
        }
    }

    /// What the program would have answered; `None` where it would have panicked instead, or, for
    /// an empty RP ID, accepted what no browser signs.
    pub const fn program_error(self) -> Option<ProgramError> {
        match self {
            Self::RpId(RpIdError::TooLong) => Some(ProgramError::RpIdTooLong),
            Self::RpId(RpIdError::Quote) => Some(ProgramError::RpIdQuote),
            Self::RpIdHash => Some(ProgramError::RpIdMismatch),
            Self::UserPresence => Some(ProgramError::UserPresence),
            Self::RpId(RpIdError::Empty) | Self::AuthenticatorData | Self::Counter { .. } => None,
            Self::ClientData(_)
            | Self::Ceremony
            | Self::Challenge
            | Self::OriginScheme
            | Self::OriginSubdomain
            | Self::OriginHost
            | Self::OriginPort
            | Self::TopOrigin
            | Self::CrossOriginMissing
            | Self::UnknownMember
            | Self::Reminder
            | Self::MemberOrder
            | Self::Spelling => Some(ProgramError::ClientDataHash),
        }
    }
}

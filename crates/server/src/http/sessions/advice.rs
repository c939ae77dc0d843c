//! What can be done about an answer that was not believed.

/// What to do, by the code of the refusal; `None` where the refusal says all there is to say. The
/// codes are those of `verify`, of ceremonies and of what a chain can verify.
pub(super) fn of(code: &str) -> Option<&'static str> {
    Some(match code {
        "cross_origin_not_allowed"
        | "top_origin_mismatch"
        | "top_origin_without_cross_origin"
        | "top_origin" => {
            "the ceremony ran in a frame, and browsers write that into what is signed; open the \
             page in the whole window or in a popup"
        }
        "cross_origin_missing" => {
            "the passkey's provider leaves crossOrigin out of the client data, as NordPass does; \
             keep the passkey on the device or with another provider"
        }
        "unknown_member" | "reminder" | "member_order" | "spelling" => {
            "the program on the chain writes the client data anew and cannot write this; another \
             browser or provider may write it as usual"
        }
        "origin_subdomain" | "origin_host" | "origin_port" => {
            "the program on the chain takes the RP ID for the page's host; run the ceremony at \
             baseUrl itself, with its host as the RP ID"
        }
        "origin_scheme" => {
            "the program on the chain knows pages alone; run the ceremony in a browser, not in an \
             app or an extension"
        }
        "rp_id_too_long" | "rp_id_quote" | "rp_id_empty" => {
            "the program on the chain holds RP IDs of 1 to 32 bytes; choose a baseUrl with a \
             shorter host"
        }
        "counter" | "sign_count_not_increased" => {
            "the authenticator has counted further before; the passkey may have been copied"
        }
        "user_verification" => {
            "ask the device with userVerification: \"required\"; a passkey that cannot verify its \
             user is no owner of such an account"
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use verify::evm::EvmRejection;
    use verify::solana::TemplateRejection as T;
    use verify::webauthn::Rejection as R;
    use wire::solana::external_signature::RpIdError;

    use super::of;

    #[test]
    fn what_apps_and_people_can_change_comes_with_advice() {
        for code in [
            R::CrossOriginNotAllowed.code(),
            R::TopOriginMismatch.code(),
            R::TopOriginWithoutCrossOrigin.code(),
            R::SignCountNotIncreased.code(),
            T::TopOrigin.code(),
            T::CrossOriginMissing.code(),
            T::OriginSubdomain.code(),
            T::OriginHost.code(),
            T::OriginPort.code(),
            T::OriginScheme.code(),
            T::RpId(RpIdError::TooLong).code(),
            T::RpId(RpIdError::Quote).code(),
            T::RpId(RpIdError::Empty).code(),
            T::UnknownMember.code(),
            T::Reminder.code(),
            T::MemberOrder.code(),
            T::Spelling.code(),
            T::Counter {
                stored: 2,
                found: 1,
            }
            .code(),
            EvmRejection::UserVerification.code(),
        ] {
            assert!(of(code).is_some(), "{code}");
        }
        assert_eq!(of(R::SignatureInvalid.code()), None);
        assert_eq!(of("invalid"), None);
    }
}

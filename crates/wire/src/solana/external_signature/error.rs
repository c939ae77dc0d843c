//! What the program answers when it refuses, by number.

/// Declares the errors once: number by position, name, and what a person reads.
macro_rules! program_errors {
    ($($(#[$doc:meta])+ $variant:ident, $name:literal, $kind:ident;)+) => {
        /// A custom error of the program. The numbers count from 0 in the order of declaration.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum ProgramError {
            $($(#[$doc])+ $variant,)+
        }

        impl ProgramError {
            /// Every error, in the order of their numbers.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// A stable name.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }

            /// What went wrong, as far as a caller can do something about it.
            pub const fn kind(self) -> ErrorKind {
                match self {
                    $(Self::$variant => ErrorKind::$kind,)+
                }
            }
        }
    };
}

/// What a caller can do about an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The nonce is too old: ask for a new challenge.
    Expired,
    /// The authenticator's answer does not fit: sign again, elsewhere or otherwise.
    Authenticator,
    /// The session key is wrong, too old or asks for too long a life.
    Session,
    /// The transaction was not built as the program wants it: our fault.
    Transaction,
}

program_errors! {
    /// The nonce points behind the slot hashes.
    SlotHashIndex, "slot_hash_index", Transaction;
    /// The nonce is no number below 1000.
    TruncatedSlot, "truncated_slot", Transaction;
    /// The nonce is 150 entries old or older.
    SlotHashExpired, "slot_hash_expired", Expired;
    /// The nonce signer did not sign.
    NonceSignature, "nonce_signature", Transaction;
    /// Called by another program.
    CrossProgramCall, "cross_program_call", Transaction;
    /// Not the instructions sysvar.
    InstructionsSysvar, "instructions_sysvar", Transaction;
    /// Instruction 0 does not call the P-256 program.
    NotThePrecompile, "not_the_precompile", Authenticator;
    /// Not exactly one P-256 signature.
    SignatureCount, "signature_count", Authenticator;
    /// No such P-256 signature.
    SignatureIndex, "signature_index", Authenticator;
    /// An offset of the P-256 instruction leads nowhere.
    SignatureOffset, "signature_offset", Authenticator;
    /// The account's header cannot be written.
    HeaderInit, "header_init", Transaction;
    /// The account's header is of another version or scheme.
    HeaderRead, "header_read", Transaction;
    /// The account cannot be written.
    DataInit, "data_init", Transaction;
    /// The account is too short.
    DataRead, "data_read", Transaction;
    /// The key and the shape of the client data cannot be read.
    VerificationArguments, "verification_arguments", Transaction;
    /// The instruction's data cannot be read.
    ExecutionArguments, "execution_arguments", Transaction;
    /// The session key did not sign.
    SessionSignature, "session_signature", Session;
    /// Another session key signed.
    SessionKey, "session_key", Session;
    /// The session is over.
    SessionExpired, "session_expired", Session;
    /// The session would live for more than ninety days.
    SessionTooLong, "session_too_long", Session;
    /// An unknown signature scheme.
    Scheme, "scheme", Transaction;
    /// An unknown signer scheme.
    SignerScheme, "signer_scheme", Transaction;
    /// The execution account is not a signer.
    ExecutionSigner, "execution_signer", Transaction;
    /// The RP ID is longer than 32 bytes.
    RpIdTooLong, "rp_id_too_long", Transaction;
    /// The RP ID has a quotation mark.
    RpIdQuote, "rp_id_quote", Transaction;
    /// The authenticator signed for another RP ID.
    RpIdMismatch, "rp_id_mismatch", Authenticator;
    /// The client data is not what the program rebuilds. A skipped slot does it as well, since it
    /// changes the challenge.
    ClientDataHash, "client_data_hash", Authenticator;
    /// The passkey account is read-only.
    AccountNotWritable, "account_not_writable", Transaction;
    /// The credential's algorithm is not ES256.
    Algorithm, "algorithm", Authenticator;
    /// The credential's key cannot be read.
    KeyEncoding, "key_encoding", Authenticator;
    /// Another key signed.
    KeyMismatch, "key_mismatch", Authenticator;
    /// The user was not verified; not used at present.
    UserVerification, "user_verification", Authenticator;
    /// The user was not present.
    UserPresence, "user_presence", Authenticator;
}

impl ProgramError {
    /// The error with this number (`Custom(n)` of the runtime).
    ///
    /// ```
    /// use wire::solana::external_signature::ProgramError;
    /// assert_eq!(ProgramError::from_number(26), Some(ProgramError::ClientDataHash));
    /// assert_eq!(ProgramError::from_number(33), None);
    /// ```
    pub fn from_number(number: u32) -> Option<Self> {
        let index = usize::try_from(number).ok()?;
        Self::ALL.get(index).copied()
    }

    /// The number.
    pub const fn number(self) -> u32 {
        self as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_the_program() {
        assert_eq!(ProgramError::ALL.len(), 33);
        for (number, error) in (0..).zip(ProgramError::ALL) {
            assert_eq!(error.number(), number);
            assert_eq!(ProgramError::from_number(number), Some(*error));
        }
        for (error, number) in [
            (ProgramError::SlotHashExpired, 2),
            (ProgramError::NotThePrecompile, 6),
            (ProgramError::SessionKey, 17),
            (ProgramError::SessionExpired, 18),
            (ProgramError::SessionTooLong, 19),
            (ProgramError::RpIdTooLong, 23),
            (ProgramError::ClientDataHash, 26),
            (ProgramError::UserPresence, 32),
        ] {
            assert_eq!(error.number(), number);
        }
    }

    #[test]
    fn kinds_say_whose_turn_it_is() {
        let numbers_of = |kind| -> Vec<u32> {
            let all = ProgramError::ALL.iter();
            all.filter(|error| error.kind() == kind)
                .map(|error| error.number())
                .collect()
        };
        assert_eq!(numbers_of(ErrorKind::Expired), [2]);
        assert_eq!(numbers_of(ErrorKind::Session), [16, 17, 18, 19]);
        assert_eq!(
            numbers_of(ErrorKind::Authenticator),
            [6, 7, 8, 9, 25, 26, 28, 29, 30, 31, 32]
        );
    }
}

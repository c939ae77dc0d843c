//! Transactions of session keys.

use rules::tenant::config::Preference;
use rules::tenant::facts::{Prepared, Signed};
use rules::tenant::session::CHALLENGE_LIFE_MS;
use rules::tenant::{
    ActTerms, Begun, Ceremony, PasskeyAccount, SendingPurpose, Source, TenantChange,
};
use serde_json::json;
use wire::Timestamp;
use wire::solana::{Transaction, signature_text};

use super::Executed;
use super::session::{Cause, sending};
use crate::Engine;
use crate::error::Error;
use crate::tenants::acting::name;
use crate::tenants::after;
use crate::tenants::answer::{Answer, ToSign};

/// Keeps what was prepared for who comes back with it signed.
pub(super) fn prepare(prepared: Prepared, now: Timestamp) -> Executed {
    let Prepared { message, terms } = prepared;
    let sponsor = terms.sponsor;
    let signers = message.signers().iter().copied();
    let signers = signers.filter(|signer| Some(*signer) != sponsor).collect();
    let detail = json!({ "terms": terms });
    let ceremony = Ceremony {
        challenge: name(&message.to_bytes()).to_vec(),
        begun: Begun::Act(Box::new(terms)),
        user_verification: Preference::Discouraged,
        expires_at: after(now, CHALLENGE_LIFE_MS),
    };
    let to_sign = ToSign {
        transaction: Transaction::unsigned(message).to_bytes(),
        signers,
    };
    let changes = vec![TenantChange::OpenCeremony(ceremony)];
    Executed::new(Answer::ToSign(to_sign), changes).with(detail)
}

impl Engine {
    /// Sends what came back signed, at our cost if it was prepared so.
    pub(super) fn submit_transaction(
        &self,
        challenge: Vec<u8>,
        terms: &ActTerms,
        signed: Signed,
        account: PasskeyAccount,
        (source, fingerprint): (&Source, &[u8; 32]),
        now: Timestamp,
    ) -> Result<Executed, Error> {
        let transaction = match signed {
            Signed::Sponsored(payable) => {
                let network = self.network(terms.environment)?;
                self.vault.pay(&network.payer_row(), payable)?
            }
            Signed::SelfPaid(paid) => paid.into_transaction(),
        };
        let cause = Cause {
            challenge: challenge.clone(),
            fingerprint: *fingerprint,
            source: source.clone(),
        };
        let at = (terms.environment, terms.account);
        let height = terms.last_valid_height;
        let sending = sending(&transaction, at, height, SendingPurpose::Act, cause, now)?;
        let detail = json!({
            "terms": terms,
            "used": account.session.as_ref().map(|session| session.used),
            "transaction": signature_text(&sending.signature),
        });
        let answer = Answer::Sending(sending.signature.clone());
        let changes = vec![
            TenantChange::SpendCeremony(challenge),
            TenantChange::UpdateAccount(Box::new(account)),
            TenantChange::InsertSending(Box::new(sending)),
        ];
        Ok(Executed::new(answer, changes).with(detail))
    }
}

/// Tells once more what became of what was sent before.
pub(super) fn again(signature: Vec<u8>) -> Executed {
    let mut executed = Executed::new(Answer::Sending(signature), Vec::new());
    executed.is_event = false;
    executed
}

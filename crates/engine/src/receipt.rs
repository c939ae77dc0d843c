//! Receipts and checkpoints: what the log proves, signed.

use store::Head;
use wire::id::{ActivityId, OrganisationId};
use wire::log::Note;

use crate::Engine;
use crate::error::Error;

impl Engine {
    /// The receipt of an activity's latest outcome: its leaf and the way to a checkpoint that is
    /// signed now. Verifies offline with nothing but the log's public key.
    pub(crate) async fn receipt(
        &self,
        organisation: OrganisationId,
        activity: ActivityId,
    ) -> Result<Option<String>, Error> {
        let Some(inclusion) = self.store.inclusion(organisation, activity).await? else {
            return Ok(None);
        };
        let checkpoint = self.signed(&inclusion.head)?;
        Ok(Some(inclusion.receipt(checkpoint).to_string()))
    }

    /// The log as it is now, signed.
    pub async fn checkpoint(&self) -> Result<String, Error> {
        Ok(self.signed(&self.store.latest_head().await?)?.to_string())
    }

    /// The key checkpoints are signed with, in the form verifiers take.
    pub fn log_verifier_key(&self) -> String {
        self.log_key.verifier_key().to_string()
    }

    pub(crate) fn signed(&self, head: &Head) -> Result<Note, Error> {
        let unreadable = |error: wire::log::LogTextError| Error::Unreadable(error.to_string());
        let text = head
            .checkpoint(&self.log_key.verifier_key().name)
            .map_err(unreadable)?
            .to_string();
        let signature = self.log_key.sign_checkpoint(text.as_bytes())?;
        Note::new(text, vec![signature]).map_err(unreadable)
    }
}

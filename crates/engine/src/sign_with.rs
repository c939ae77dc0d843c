//! Which key a signature is asked of.

use rules::Organisation;
use rules::facts::SignWith;
use wire::id::PrivateKeyId;

use crate::Engine;
use crate::error::Error;

impl Engine {
    /// The key that `text` names: a wallet account's address, a private key's id or address, or a
    /// public key in hex. An account wins where both have the address.
    pub(crate) async fn sign_with(
        &self,
        organisation: &Organisation,
        text: &str,
    ) -> Result<Option<SignWith>, Error> {
        // No database holds it in a text, and some refuse to be asked.
        if text.contains('\0') {
            return Ok(None);
        }
        if let Ok(id) = text.parse::<PrivateKeyId>() {
            let key = organisation.private_keys.get(&id).cloned();
            return Ok(key.map(|key| SignWith::PrivateKey(Box::new(key), None)));
        }
        if let Some(account) = self.store.account_by_address(organisation.id, text).await? {
            return Ok(Some(SignWith::Account(Box::new(account))));
        }
        let by_address = organisation.private_keys.values().find_map(|key| {
            let (format, _) = key
                .addresses
                .iter()
                .find(|(_, address)| same_address(address, text))?;
            Some(SignWith::PrivateKey(Box::new(key.clone()), Some(*format)))
        });
        if by_address.is_some() {
            return Ok(by_address);
        }
        let Ok(public_key) = wire::encoding::hex::decode(text) else {
            return Ok(None);
        };
        if let Some(account) = self
            .store
            .account_by_public_key(organisation.id, &public_key)
            .await?
        {
            return Ok(Some(SignWith::Account(Box::new(account))));
        }
        let keys = &mut organisation.private_keys.values();
        let key = keys.find(|key| key.public_key == public_key).cloned();
        Ok(key.map(|key| SignWith::PrivateKey(Box::new(key), None)))
    }
}

/// Ethereum's checksum is in the case of the letters, so case does not tell addresses apart; it
/// does for every other format.
fn same_address(stored: &str, typed: &str) -> bool {
    stored == typed || (stored.starts_with("0x") && stored.eq_ignore_ascii_case(typed))
}

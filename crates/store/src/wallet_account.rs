//! Wallet accounts, of which an organisation may have any number.

use rules::WalletAccount;
use rules::command::NewAccount;
use wire::id::{OrganisationId, WalletAccountId, WalletId};

use crate::backend::{Row, Value, values};
use crate::sql::{Statement, statements};
use crate::{Error, Store};

macro_rules! accounts {
    ($condition:literal) => {
        concat!(
            "SELECT organisation, id, wallet, curve, path, address_format, address, public_key,
                    name, exported, created_at, updated_at
             FROM wallet_accounts WHERE organisation = $1 AND ",
            $condition,
            " ORDER BY created_at, id LIMIT 1"
        )
    };
}

statements! {
    BY_ID = accounts!("id = $2");
    BY_ADDRESS = accounts!("address_key = $2");
    BY_PUBLIC_KEY = accounts!("public_key = $2");
    BY_PATH = accounts!("wallet = $2 AND path = $3");
    AT_PLACE = accounts!("wallet = $2 AND path = $3 AND curve = $4 AND address_format = $5");
}

impl Store {
    /// The accounts that are there of those named.
    pub async fn accounts_by_id(
        &self,
        organisation: OrganisationId,
        ids: &[WalletAccountId],
    ) -> Result<Vec<WalletAccount>, Error> {
        let searches = ids
            .iter()
            .map(|id| values![organisation, *id].to_vec())
            .collect();
        self.find(&BY_ID, searches).await
    }

    /// The accounts that already sit where these are to be put: same wallet, path, curve and
    /// address format.
    pub async fn accounts_at(
        &self,
        organisation: OrganisationId,
        wallet: WalletId,
        places: &[NewAccount],
    ) -> Result<Vec<WalletAccount>, Error> {
        let search = |new: &NewAccount| {
            let (curve, format) = (new.curve.as_str(), new.address_format.as_str());
            values![organisation, wallet, new.path.to_string(), curve, format].to_vec()
        };
        self.find(&AT_PLACE, places.iter().map(search).collect())
            .await
    }

    /// The oldest account with this address; letter case counts except in `0x…` addresses.
    pub async fn account_by_address(
        &self,
        organisation: OrganisationId,
        address: &str,
    ) -> Result<Option<WalletAccount>, Error> {
        self.first(&BY_ADDRESS, values![organisation, address_key(address)])
            .await
    }

    /// The oldest account with this public key (SEC1 compressed, or 32 bytes for Ed25519).
    pub async fn account_by_public_key(
        &self,
        organisation: OrganisationId,
        public_key: &[u8],
    ) -> Result<Option<WalletAccount>, Error> {
        self.first(&BY_PUBLIC_KEY, values![organisation, public_key])
            .await
    }

    /// The oldest account of a wallet on this derivation path.
    pub async fn account_by_path(
        &self,
        organisation: OrganisationId,
        wallet: WalletId,
        path: &str,
    ) -> Result<Option<WalletAccount>, Error> {
        self.first(&BY_PATH, values![organisation, wallet, path])
            .await
    }

    async fn first(
        &self,
        statement: &'static Statement,
        search: &[Value],
    ) -> Result<Option<WalletAccount>, Error> {
        Ok(self.find(statement, vec![search.to_vec()]).await?.pop())
    }

    async fn find(
        &self,
        statement: &'static Statement,
        searches: Vec<Vec<Value>>,
    ) -> Result<Vec<WalletAccount>, Error> {
        let found = self.read(move |connection| {
            let mut found = Vec::new();
            for search in searches {
                for row in connection.query(statement, &search)? {
                    found.push(account(row)?);
                }
            }
            Ok(found)
        });
        found.await
    }
}

/// Reads the columns that every statement on accounts selects.
pub(crate) fn account(row: Row) -> Result<WalletAccount, Error> {
    let mut row = row.fields();
    Ok(WalletAccount {
        organisation: row.next()?,
        id: row.next()?,
        wallet: row.next()?,
        curve: row.parse()?,
        path: row.parse()?,
        address_format: row.parse()?,
        address: row.next()?,
        public_key: row.next()?,
        name: row.next()?,
        exported: row.next()?,
        created_at: row.next()?,
        updated_at: row.next()?,
    })
}

/// What an address is looked up by. Ethereum keeps its checksum in the case of the letters, so
/// case does not tell addresses apart there; everywhere else it does.
pub(crate) fn address_key(address: &str) -> String {
    if address.starts_with("0x") {
        address.to_ascii_lowercase()
    } else {
        address.to_owned()
    }
}

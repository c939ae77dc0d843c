//! Long lists, a page at a time.

use rules::query::{Page, SubOrganisationFilter};
use wire::id::{OrganisationId, WalletAccountId, WalletId};

use crate::backend::{Connection, Row, Value, values};
use crate::sql::{Statement, statements};
use crate::wallet_account::{account, address_key};
use crate::{Error, Store};
use rules::WalletAccount;

/// A page of sub-organisations for one more condition, which may use `$6`.
macro_rules! sub_organisations {
    ($order:literal, $condition:literal) => {
        concat!(
            "SELECT id FROM organisations WHERE parent = $1
             AND (created_at, id) > ($2, $3) AND (created_at, id) < ($4, $5) AND ",
            $condition,
            " ORDER BY created_at ",
            $order,
            ", id ",
            $order,
            " LIMIT $7"
        )
    };
}

/// A page of wallet accounts for one more condition, which may use `$6`.
macro_rules! accounts {
    ($order:literal, $condition:literal) => {
        concat!(
            "SELECT organisation, id, wallet, curve, path, address_format, address, public_key,
                    name, exported, created_at, updated_at
             FROM wallet_accounts WHERE organisation = $1
             AND (list_key, id) > ($2, $3) AND (list_key, id) < ($4, $5) AND ",
            $condition,
            " ORDER BY list_key ",
            $order,
            ", id ",
            $order,
            " LIMIT $7"
        )
    };
}

statements! {
    ORGANISATION_KEY = "SELECT created_at FROM organisations WHERE parent = $1 AND id = $2";
    ACCOUNT_KEY = "SELECT list_key FROM wallet_accounts WHERE organisation = $1 AND id = $2";
    // `$6` must appear even where nothing is asked of it, so that the places stay the same.
    ALL_DOWN = sub_organisations!("DESC", "CAST($6 AS TEXT) = ''");
    ALL_UP = sub_organisations!("ASC", "CAST($6 AS TEXT) = ''");
    BY_NAME_DOWN = sub_organisations!("DESC", "name = $6");
    BY_NAME_UP = sub_organisations!("ASC", "name = $6");
    BY_USER_NAME_DOWN =
        sub_organisations!("DESC", "id IN (SELECT organisation FROM users WHERE name = $6)");
    BY_USER_NAME_UP =
        sub_organisations!("ASC", "id IN (SELECT organisation FROM users WHERE name = $6)");
    BY_EMAIL_DOWN =
        sub_organisations!("DESC", "id IN (SELECT organisation FROM users WHERE email = $6)");
    BY_EMAIL_UP =
        sub_organisations!("ASC", "id IN (SELECT organisation FROM users WHERE email = $6)");
    BY_PHONE_DOWN =
        sub_organisations!("DESC", "id IN (SELECT organisation FROM users WHERE phone = $6)");
    BY_PHONE_UP =
        sub_organisations!("ASC", "id IN (SELECT organisation FROM users WHERE phone = $6)");
    BY_CREDENTIAL_DOWN = sub_organisations!(
        "DESC", "id IN (SELECT organisation FROM authenticators WHERE credential_id = $6)");
    BY_CREDENTIAL_UP = sub_organisations!(
        "ASC", "id IN (SELECT organisation FROM authenticators WHERE credential_id = $6)");
    BY_PUBLIC_KEY_DOWN = sub_organisations!(
        "DESC", "id IN (SELECT organisation FROM api_keys WHERE public_key = $6)");
    BY_PUBLIC_KEY_UP = sub_organisations!(
        "ASC", "id IN (SELECT organisation FROM api_keys WHERE public_key = $6)");
    BY_ADDRESS_DOWN = sub_organisations!(
        "DESC", "id IN (SELECT organisation FROM wallet_accounts WHERE address_key = $6)");
    BY_ADDRESS_UP = sub_organisations!(
        "ASC", "id IN (SELECT organisation FROM wallet_accounts WHERE address_key = $6)");
    ACCOUNTS_DOWN = accounts!("DESC", "CAST($6 AS TEXT) = ''");
    ACCOUNTS_UP = accounts!("ASC", "CAST($6 AS TEXT) = ''");
    ACCOUNTS_OF_WALLET_DOWN = accounts!("DESC", "wallet = $6");
    ACCOUNTS_OF_WALLET_UP = accounts!("ASC", "wallet = $6");
}

impl Store {
    /// Sub-organisations of `parent`, newest first.
    pub async fn sub_organisations(
        &self,
        parent: OrganisationId,
        filter: Option<&SubOrganisationFilter>,
        page: &Page<OrganisationId>,
    ) -> Result<Vec<OrganisationId>, Error> {
        use SubOrganisationFilter::*;
        let (directions, value): (Directions, Value) = match filter {
            None => ([&ALL_DOWN, &ALL_UP], "".into()),
            Some(Name(name)) => ([&BY_NAME_DOWN, &BY_NAME_UP], name.into()),
            Some(UserName(name)) => ([&BY_USER_NAME_DOWN, &BY_USER_NAME_UP], name.into()),
            Some(Email(email)) => ([&BY_EMAIL_DOWN, &BY_EMAIL_UP], email.into()),
            Some(PhoneNumber(phone)) => ([&BY_PHONE_DOWN, &BY_PHONE_UP], phone.into()),
            Some(CredentialId(id)) => ([&BY_CREDENTIAL_DOWN, &BY_CREDENTIAL_UP], id.into()),
            Some(PublicKey(key)) => ([&BY_PUBLIC_KEY_DOWN, &BY_PUBLIC_KEY_UP], key.into()),
            Some(WalletAccountAddress(address)) => (
                [&BY_ADDRESS_DOWN, &BY_ADDRESS_UP],
                address_key(address).into(),
            ),
        };
        let page = cursor(page);
        let found = self.read(move |connection| {
            let rows = read_page(
                connection,
                &ORGANISATION_KEY,
                directions,
                parent,
                value,
                &page,
            )?;
            rows.into_iter().map(|row| row.only()).collect()
        });
        found.await
    }

    /// Wallet accounts of an organisation, or of one wallet in it, newest first.
    pub async fn accounts(
        &self,
        organisation: OrganisationId,
        wallet: Option<WalletId>,
        page: &Page<WalletAccountId>,
    ) -> Result<Vec<WalletAccount>, Error> {
        let (directions, value): (Directions, Value) = match wallet {
            None => ([&ACCOUNTS_DOWN, &ACCOUNTS_UP], "".into()),
            Some(wallet) => (
                [&ACCOUNTS_OF_WALLET_DOWN, &ACCOUNTS_OF_WALLET_UP],
                wallet.into(),
            ),
        };
        let page = cursor(page);
        let found = self.read(move |connection| {
            let rows = read_page(
                connection,
                &ACCOUNT_KEY,
                directions,
                organisation,
                value,
                &page,
            )?;
            rows.into_iter().map(account).collect()
        });
        found.await
    }
}

/// A list's statements from the newest and from the oldest item.
type Directions = [&'static Statement; 2];

fn cursor<Id: Copy + Into<Value>>(page: &Page<Id>) -> Page<[u8; 16]> {
    let bytes = |id: Id| match id.into() {
        Value::Bytes(bytes) => bytes.try_into().unwrap_or_default(),
        Value::Null | Value::Int(_) | Value::Text(_) => [0; 16],
    };
    Page {
        limit: page.limit,
        before: page.before.map(bytes),
        after: page.after.map(bytes),
    }
}

/// Reads a page of a list ordered by (key, id), both of which grow with time. `key` finds the key
/// of a cursor; a cursor that is not in the list has nothing next to it.
fn read_page(
    connection: &mut Connection,
    key: &Statement,
    [down, up]: Directions,
    owner: OrganisationId,
    value: Value,
    page: &Page<[u8; 16]>,
) -> Result<Vec<Row>, Error> {
    let mut place = |id: [u8; 16]| {
        let found = connection.query(key, values![owner, &id])?.pop();
        let key: Option<u64> = found.map(|row| row.only()).transpose()?;
        Ok::<_, Error>(key.map(|key| (Value::from(key), Value::from(&id))))
    };
    let mut lower = (Value::Int(-1), Value::Bytes(Vec::new()));
    let mut upper = (Value::Int(i64::MAX), Value::Bytes(Vec::new()));
    if let Some(id) = page.before {
        let Some(found) = place(id)? else {
            return Ok(Vec::new());
        };
        lower = found;
    }
    if let Some(id) = page.after {
        let Some(found) = place(id)? else {
            return Ok(Vec::new());
        };
        upper = found;
    }
    // What comes right before a cursor is found walking away from it.
    let upwards = page.before.is_some() && page.after.is_none();
    let statement = if upwards { up } else { down };
    let parameters = [
        owner.into(),
        lower.0,
        lower.1,
        upper.0,
        upper.1,
        value,
        u64::from(page.limit).into(),
    ];
    let mut rows = connection.query(statement, &parameters)?;
    if upwards {
        rows.reverse();
    }
    Ok(rows)
}

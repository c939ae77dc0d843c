//! The walk of a query: the same road, ending at authority.

use std::sync::Arc;

use rules::query::{Query, Question};
use rules::strictness::Strictness;
use rules::{Organisation, User, WalletAccount};
use verify::Claim;
use wire::RawRequest;
use wire::id::{OrganisationId, UserId};

use crate::dialect::Dialect;
use crate::error::Error;
use crate::signer::Standing;
use crate::submit::{View, members};
use crate::{Engine, fresh};

/// What a query found. Made only by [`Engine::ask`].
#[derive(Debug)]
pub struct Answered<T>(T);

impl<T> Answered<T> {
    /// What was found.
    pub fn into_inner(self) -> T {
        self.0
    }
}

/// An answer: the organisation, and what of it was asked for.
#[derive(Debug)]
pub struct Answer {
    /// The query it answers.
    pub query: Query,
    /// The organisation asked about.
    pub organisation: Arc<Organisation>,
    /// The user who asks, of that organisation or of its parent.
    pub asker: User,
    /// What is not part of the organisation's own value.
    pub found: Beside,
}

/// Unbounded things a query found beside the organisation.
#[derive(Debug)]
pub enum Beside {
    /// Nothing else was asked for.
    Nothing,
    /// One activity or several.
    Activities(Vec<View>),
    /// Sub-organisations.
    Organisations(Vec<OrganisationId>),
    /// Wallet accounts.
    Accounts(Vec<WalletAccount>),
    /// A receipt, in its text form.
    Receipt(String),
}

impl Engine {
    /// Takes a query along the walk. Reading needs no policy: who belongs to the organisation or
    /// to its parent may read all of it.
    pub async fn ask(&self, raw: RawRequest, dialect: &Dialect) -> Result<Answered<Answer>, Error> {
        let now = self.clock.now();
        let claim = Claim::read(&raw)?;
        let standing = if raw.path.ends_with("/whoami") {
            self.standing_below(&claim).await?
        } else {
            self.standing(&claim).await?
        };
        let strictness = Strictness::of(&standing.addressed, standing.parent.as_deref());
        let asked = self
            .authenticate(raw, claim, &standing, now)?
            .read(|path, body| (dialect.question)(path, body, members(strictness)))?;
        fresh::read(asked.content().timestamp, strictness, now)?;
        let audience = asked.content().audience.as_deref();
        fresh::audience(audience, strictness, &self.settings.audience)?;
        let Question { query, .. } = asked.content();
        let parent = standing.parent.as_deref();
        self.still_stands(&standing, &standing.addressed, parent, self.clock.now())
            .await?;
        let asker = asker(&standing)?;
        let found = self.look(query, &standing.addressed, asker.id).await?;
        Ok(Answered(Answer {
            query: query.clone(),
            organisation: standing.addressed,
            asker,
            found,
        }))
    }

    async fn look(
        &self,
        query: &Query,
        organisation: &Arc<Organisation>,
        viewer: UserId,
    ) -> Result<Beside, Error> {
        let id = organisation.id;
        let view = |activity: store::Recorded<rules::Activity>| View {
            activity: activity.into_inner(),
            organisation: Some(Arc::clone(organisation)),
            viewer,
        };
        Ok(match query {
            Query::GetActivity { activity } => {
                let found = self.store.activity(id, *activity).await?;
                let found = found
                    .ok_or_else(|| Error::NotFound(format!("activity {activity} not found")))?;
                Beside::Activities(vec![view(found)])
            }
            Query::ListActivities {
                statuses,
                kinds,
                page,
            } => {
                let found = self
                    .store
                    .activities(id, statuses.as_deref(), kinds, page)
                    .await?;
                Beside::Activities(found.into_iter().map(view).collect())
            }
            Query::GetReceipt { activity } => {
                let receipt = self.receipt(id, *activity).await?;
                Beside::Receipt(
                    receipt
                        .ok_or_else(|| Error::NotFound(format!("activity {activity} not found")))?,
                )
            }
            Query::ListSuborgs { filter, page } => Beside::Organisations(
                self.store
                    .sub_organisations(id, filter.as_ref(), page)
                    .await?,
            ),
            Query::GetWalletAccount {
                wallet,
                address,
                path,
            } => {
                let found = self
                    .account(organisation, *wallet, address.as_deref(), path.as_deref())
                    .await?;
                Beside::Accounts(vec![found])
            }
            Query::ListWalletAccounts { wallet, page, .. } => {
                Beside::Accounts(self.store.accounts(id, *wallet, page).await?)
            }
            Query::Whoami
            | Query::GetOrganizationConfigs
            | Query::GetUser { .. }
            | Query::ListUsers
            | Query::GetApiKey { .. }
            | Query::GetApiKeys { .. }
            | Query::GetAuthenticator { .. }
            | Query::GetAuthenticators { .. }
            | Query::GetOauthProviders
            | Query::ListUserTags
            | Query::ListPrivateKeyTags
            | Query::GetWallet { .. }
            | Query::ListWallets
            | Query::GetPrivateKey { .. }
            | Query::ListPrivateKeys => Beside::Nothing,
        })
    }

    async fn account(
        &self,
        organisation: &Organisation,
        wallet: wire::id::WalletId,
        address: Option<&str>,
        path: Option<&str>,
    ) -> Result<WalletAccount, Error> {
        let found = match (address, path) {
            (Some(address), _) => {
                let found = self
                    .store
                    .account_by_address(organisation.id, address)
                    .await?;
                found.filter(|account| {
                    account.wallet == wallet && path.is_none_or(|p| account.path.to_string() == p)
                })
            }
            (None, Some(path)) => {
                self.store
                    .account_by_path(organisation.id, wallet, path)
                    .await?
            }
            (None, None) => None,
        };
        found.ok_or_else(|| {
            let named = address.or(path).unwrap_or_default();
            Error::NotFound(format!(
                "wallet account {named:?} not found in wallet {wallet}"
            ))
        })
    }
}

/// The user behind the credential, as its organisation has him now.
fn asker(standing: &Standing) -> Result<User, Error> {
    let signer = &standing.credential.signer;
    let home = match &standing.parent {
        Some(parent) if parent.id == signer.home => parent,
        _ => &standing.addressed,
    };
    let user = home.users.get(&signer.user).cloned();
    user.ok_or_else(|| Error::NotFound(format!("user {} not found", signer.user)))
}

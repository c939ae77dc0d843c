//! What a command leaves behind.

use rules::tenant::event::cut;
use rules::tenant::{Begun, Command, EventKind, Found, Passkey, TenantChange, Transaction};
use serde_json::{Value, json};

use crate::tenants::answer::Answer;

/// What is to be remembered of a command, and what it is answered with.
pub(in crate::tenants) struct Executed {
    pub(in crate::tenants) answer: Answer,
    pub(in crate::tenants) changes: Vec<TenantChange>,
    pub(in crate::tenants) is_event: bool,
    /// What it is recorded as, if the command alone does not tell.
    pub(in crate::tenants) kind: Option<EventKind>,
    pub(in crate::tenants) user_id: Option<String>,
    pub(in crate::tenants) transaction_id: Option<String>,
    pub(in crate::tenants) detail: Value,
}

impl Executed {
    pub(super) fn new(answer: Answer, changes: Vec<TenantChange>) -> Self {
        Self {
            answer,
            changes,
            is_event: true,
            kind: None,
            user_id: None,
            transaction_id: None,
            detail: json!({}),
        }
    }

    pub(super) fn about(mut self, user_id: &str) -> Self {
        self.user_id = Some(cut(user_id));
        self
    }

    pub(super) fn of(mut self, transaction: &Transaction) -> Self {
        self.transaction_id = Some(transaction.identifier.clone());
        self.about(&transaction.terms.user_id)
    }

    pub(super) fn with(mut self, detail: Value) -> Self {
        self.detail = detail;
        self
    }

    pub(super) fn recorded_as(mut self, kind: EventKind) -> Self {
        self.kind = Some(kind);
        self
    }

    /// What is remembered of a refusal: whom it was about, as far as that is known.
    pub(in crate::tenants) fn refused(
        command: &Command,
        found: &Found,
        changes: Vec<TenantChange>,
    ) -> Self {
        let refused = Self::new(Answer::Done, changes);
        match (found, command) {
            (
                Found::Confirmation {
                    transaction: Some(transaction),
                    ..
                },
                _,
            ) => refused.of(transaction),
            (
                Found::Transaction {
                    transaction: Some(transaction),
                    ..
                },
                _,
            ) => refused.of(transaction),
            (
                Found::Registration {
                    ceremony: Some(ceremony),
                    ..
                },
                _,
            ) => of_begun(refused, &ceremony.begun, None),
            (
                Found::Login {
                    ceremony: Some(ceremony),
                    passkey,
                    ..
                },
                _,
            ) => of_begun(refused, &ceremony.begun, passkey.as_deref()),
            (
                Found::Binding {
                    ceremony: Some(ceremony),
                    ..
                },
                _,
            ) => match &ceremony.begun {
                Begun::Session(terms) => Self {
                    kind: terms.change.map(|change| change.event()),
                    ..refused
                },
                _ => refused,
            },
            (
                _,
                Command::BeginTransaction {
                    user_id,
                    transaction_id,
                    ..
                }
                | Command::BeginPayment {
                    user_id,
                    transaction_id,
                    ..
                },
            ) => {
                let mut refused = refused.about(user_id);
                refused.transaction_id = Some(cut(transaction_id));
                refused
            }
            (
                _,
                Command::BeginRegistration { user_id, .. }
                | Command::BeginLogin {
                    user_id: Some(user_id),
                    ..
                },
            ) => refused.about(user_id),
            _ => refused,
        }
    }
}

/// Whom a ceremony was for. If for nobody in particular, it is about whose passkey was named.
fn of_begun(refused: Executed, begun: &Begun, named: Option<&Passkey>) -> Executed {
    let user_id = match begun {
        Begun::Registration { user_id, .. } => Some(user_id),
        Begun::Login { user, .. } => user.as_ref().map(|user| &user.user_id),
        // Accounts belong to passkeys, not to users.
        Begun::Session(_) | Begun::Signing(_) | Begun::Act(_) => None,
    };
    match user_id.or(named.map(|passkey| &passkey.user_id)) {
        Some(user_id) => refused.about(user_id),
        None => refused,
    }
}

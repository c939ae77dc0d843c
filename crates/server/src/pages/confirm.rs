//! The page on which a person approves a transaction: what is signed, all of it, and two choices
//! of equal weight.
//!
//! [`page`] is a pure function of what it is given; every text of others goes through
//! [`shown`](super::shown) or is escaped in an attribute.

use wire::Timestamp;
use wire::encoding::hex;

use super::html::{Html, fill};
use super::lookalike::{Suspicion, suspicion};
use super::shown::{plainly, shown};
use super::{signed_json, words};
use crate::http::instant::rfc3339;

/// What the page shows.
#[derive(Clone, Debug)]
pub(crate) struct ConfirmView {
    /// Who asks: the display name of the tenant's relying party.
    pub tenant_name: String,
    /// The relying party whose passkey is asked for.
    pub rp_id: String,
    /// The transaction's name among the tenant's.
    pub transaction_id: String,
    /// What is signed.
    pub content: Content,
    /// The digest the signature covers.
    pub digest: [u8; 32],
    /// How it is approved.
    pub method: Method,
    /// What has become of it.
    pub state: State,
    /// Until when it can be approved, in milliseconds since 1970.
    pub expires_at_ms: u64,
    /// The time of the server, so that a device with a wrong clock counts down right.
    pub now_ms: u64,
    /// Where a popup's opener or a redirect's target is, if the tenant named one.
    pub return_origin: Option<String>,
    /// Where to go when the transaction has ended, with its outcome in the query.
    pub return_to: Option<String>,
    /// Whether the page was opened as a popup.
    pub is_popup: bool,
    /// Why it cannot be approved here, although it could be elsewhere.
    pub problem: Option<PageProblem>,
}

/// What is signed, in its own words.
#[derive(Clone, Debug)]
pub(crate) enum Content {
    /// A payment, every text as it is signed.
    Payment {
        /// The amount with its currency, such as `12.34 EUR`.
        amount: String,
        /// Who gets it.
        payee_name: String,
        /// On which account.
        payee_account: Option<String>,
        /// What for.
        reason: Option<String>,
        /// The payee's own number for it.
        reference: Option<String>,
    },
    /// JSON of any shape, which the server does not understand: the exact text that is signed.
    Data(String),
}

/// How the transaction is approved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    /// By an assertion over the digest; this page alone shows what it is of.
    Webauthn,
    /// By Secure Payment Confirmation: the browser shows the payment once more.
    SecurePaymentConfirmation,
}

/// What has become of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// It awaits an answer.
    Pending,
    /// It was approved.
    Confirmed,
    /// Nobody answered in time.
    Expired,
    /// It was declined, or withdrawn by who asked.
    Cancelled,
    /// Too many attempts failed.
    Blocked,
}

/// Why a page cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PageProblem {
    /// The tenant does not accept assertions from the page's own origin.
    OriginNotListed(String),
    /// It is to be approved on a page of this other origin.
    OnAnotherPage(String),
}

impl State {
    fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Confirmed => "confirmed",
            Self::Expired => "expired",
            Self::Cancelled => "cancelled",
            Self::Blocked => "blocked",
        }
    }
}

/// The page, as HTML.
pub(crate) fn page(view: &ConfirmView) -> String {
    let question = match view.content {
        Content::Payment { .. } => "Approve this payment?",
        Content::Data(_) => "Approve this request?",
    };
    let expires = rfc3339(Timestamp::from_millis(view.expires_at_ms));
    let optional = |text: &Option<String>| Html::text(text.as_deref().unwrap_or_default());
    let pieces = [
        ("title", title(view)),
        ("state", Html::ours(view.state.name())),
        // As JSON, which keeps what HTML would normalise.
        (
            "transaction_json",
            Html::text(&serde_json::Value::from(view.transaction_id.as_str()).to_string()),
        ),
        ("digest", Html::text(&hex::encode(view.digest))),
        ("expires_ms", number(view.expires_at_ms)),
        ("now_ms", number(view.now_ms)),
        ("expires", Html::text(&expires)),
        (
            "expires_time",
            Html::text(&format!("{} UTC", &expires[TIME_OF_DAY])),
        ),
        ("return_origin", optional(&view.return_origin)),
        ("return_origin_shown", optional(&view.return_origin)),
        ("return_to", optional(&view.return_to)),
        (
            "return_hidden",
            Html::ours(if view.return_to.is_none() {
                " hidden"
            } else {
                ""
            }),
        ),
        ("popup", Html::ours(if view.is_popup { "yes" } else { "" })),
        ("tenant", shown(&view.tenant_name)),
        ("rp_id", shown(&view.rp_id)),
        ("question", Html::ours(question)),
        ("content", content(view)),
        ("words", check_words(&view.digest)),
        (
            "obstacle",
            view.problem
                .as_ref()
                .map(|problem| obstacle(problem, &view.tenant_name))
                .unwrap_or_default(),
        ),
    ];
    fill(include_str!("confirm.html"), &pieces).into_string()
}

/// `08:05:00` in `2027-01-15T08:05:00.000Z`.
const TIME_OF_DAY: std::ops::Range<usize> = 11..19;

fn title(view: &ConfirmView) -> Html {
    let mut title = Html::ours(match view.state {
        State::Pending => "Approve? · ",
        State::Confirmed => "Confirmed · ",
        State::Expired => "Time is up · ",
        State::Cancelled => "Cancelled · ",
        State::Blocked => "Blocked · ",
    });
    title.push(&plainly(&view.tenant_name));
    title
}

fn content(view: &ConfirmView) -> Html {
    let mut html = Html::default();
    match &view.content {
        Content::Payment {
            amount,
            payee_name,
            payee_account,
            reason,
            reference,
        } => {
            html.push_ours(r#"<dl class="facts">"#);
            push_fact(&mut html, r#"<div class="amount">"#, "Amount", amount);
            push_fact(&mut html, r#"<div class="payee">"#, "To", payee_name);
            let others = [
                ("Account", payee_account.as_ref()),
                ("For", reason.as_ref()),
                ("Reference", reference.as_ref()),
                ("Transaction", Some(&view.transaction_id)),
            ];
            for (name, text) in others {
                if let Some(text) = text {
                    push_fact(&mut html, "<div>", name, text);
                }
            }
            html.push_ours("</dl>");
            if view.method == Method::SecurePaymentConfirmation {
                html.push_ours(TWICE);
            }
        }
        Content::Data(text) => {
            match signed_json::table(text) {
                Some(table) => {
                    html.push_ours(NOT_A_PAYMENT);
                    html.push(&table);
                }
                None => {
                    html.push_ours(CANNOT_SHOW);
                    html.push(&shown(text));
                }
            }
            html.push_ours(r#"<dl class="facts">"#);
            push_fact(&mut html, "<div>", "Transaction", &view.transaction_id);
            html.push_ours("</dl>");
        }
    }
    html
}

/// The browser's own window comes on top and must agree.
const TWICE: &str = r#"<p class="quiet" data-when="pending">Your browser will show the payment once more in a window of its own. Approve it there only if it says the same.</p>"#;

const NOT_A_PAYMENT: &str = r#"<div class="caution" role="note"><h2>Not described as a payment</h2><p>The server does not know what these data do. Approve them only if you understand every line.</p></div>"#;

const CANNOT_SHOW: &str = r#"<div class="caution bad" role="note"><h2>This cannot be shown as a payment</h2><p>The server cannot take these data apart. You see them below exactly as they would be signed. If you do not understand all of it, choose Cancel.</p></div>"#;

/// One line: what it is called, and the text as it is signed.
fn push_fact(html: &mut Html, opening: &'static str, name: &'static str, text: &str) {
    html.push_ours(opening);
    html.push_ours("<dt>");
    html.push_ours(name);
    html.push_ours("</dt><dd>");
    html.push(&shown(text));
    html.push(&warning(text));
    html.push_ours("</dd></div>");
}

/// What to say below a text that may not be what it looks like.
pub(super) fn warning(text: &str) -> Html {
    let mut html = Html::default();
    let Some((word, why)) = suspicion(text) else {
        return html;
    };
    html.push_ours(r#"<p class="warning"><strong>Look twice:</strong> “"#);
    html.push(&plainly(&word));
    match why {
        Suspicion::Mixed(one, other) => {
            html.push_ours("” mixes letters of different scripts (");
            html.push_text(one.full_name());
            html.push_ours(" and ");
            html.push_text(other.full_name());
            html.push_ours(").</p>");
        }
        Suspicion::ReadsAsLatin(script) => {
            html.push_ours("” is not written in Latin letters, though it looks like it: they are ");
            html.push_text(script.full_name());
            html.push_ours(".</p>");
        }
    }
    html
}

fn check_words(digest: &[u8; 32]) -> Html {
    let mut html = Html::default();
    for word in words::of_digest(digest) {
        html.push_ours("<li>");
        html.push_ours(word);
        html.push_ours("</li>");
    }
    html
}

/// What stands above everything else while there is nothing to approve with.
fn obstacle(problem: &PageProblem, tenant_name: &str) -> Html {
    let mut html = Html::ours(r#"<section class="problem" id="obstacle" role="alert">"#);
    let code = match problem {
        PageProblem::OriginNotListed(origin) => {
            html.push_ours("<h2>This address is not set up for it</h2><p>The operator of ");
            html.push(&shown(tenant_name));
            html.push_ours(" must add <code>");
            html.push(&shown(origin));
            html.push_ours(
                "</code> to the origins in the tenant’s configuration. Until then no passkey can \
                 be used at this address.</p>",
            );
            "CONFIRM_ORIGIN_NOT_LISTED"
        }
        PageProblem::OnAnotherPage(origin) => {
            html.push_ours("<h2>This is approved on another page</h2><p>Go back to <code>");
            html.push(&shown(origin));
            html.push_ours("</code>, where your browser itself shows the payment.</p>");
            "CONFIRM_ON_ANOTHER_PAGE"
        }
    };
    html.push_ours(r#"<p class="code">Code <code>"#);
    html.push_ours(code);
    html.push_ours("</code></p></section>");
    html
}

fn number(number: u64) -> Html {
    let mut html = Html::default();
    html.push_number(number);
    html
}

#[cfg(test)]
mod tests;

//! The page on which a person answers a passkey session: who asks, for which key, for how long and
//! where it leads back to, all of it as the session was opened.
//!
//! [`page`] is a pure function of what it is given. The page's address holds the same things for
//! pages of tenants' own; nothing of it is shown here (threat T56).

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use serde_json::json;

pub(crate) use document::{Call, Document, Fee};

use super::colour::Colour;
use super::html::{Html, fill};
use super::shown::{plainly, shown};
use super::{OPENER_POLICY, PERMISSIONS_POLICY, asset, guard, html};

/// What the passkey is to do.
#[derive(Clone, Debug)]
pub(crate) enum Action {
    /// Make an account for a new passkey.
    Create,
    /// Bind a session key to an account there is.
    Auth,
    /// Say which account is its own.
    Find,
    /// Say yes to another passkey of an account, or to one less.
    Approve(Approval),
    /// Sign a document for an account of a chain.
    Sign(Box<Signing>),
}

impl Action {
    /// Its name in addresses and in what is submitted.
    fn name(&self) -> &'static str {
        match self {
            Self::Create => "create",
            // It is opened and answered as any session for an account there is.
            Self::Auth | Self::Approve(_) => "auth",
            Self::Find => "find",
            Self::Sign(_) => "sign",
        }
    }
}

/// What is to become of an account's passkeys.
#[derive(Clone, Debug)]
pub(crate) struct Approval {
    /// The account.
    pub account: String,
    /// The passkey, by the account it made.
    pub passkey: String,
    /// Whether it is to join; else it is to go.
    pub joins: bool,
    /// Whether the account's session ends.
    pub ends_session: bool,
}

/// What is signed for an account of a chain.
#[derive(Clone, Debug)]
pub(crate) struct Signing {
    /// Which chain, as CAIP-2 names it.
    pub chain: String,
    /// The kind of account it is for.
    pub account: String,
    /// What is signed.
    pub document: Document,
    /// Its hash.
    pub hash: [u8; 32],
}

/// What the page shows.
#[derive(Clone, Debug)]
pub(crate) struct SessionView {
    /// What the passkey is to do.
    pub action: Action,
    /// Who asks: what the app calls itself, or else the tenant's name.
    pub app: String,
    /// Who answers for the app: the tenant, by the name people know.
    pub tenant_name: String,
    /// How the tenant wants its pages to look.
    pub brand: Branding,
    /// The relying party whose passkey is asked for.
    pub rp_id: String,
    /// The network it is about, if there is one behind it.
    pub network: Option<&'static str>,
    /// The account the key is for, if one is named.
    pub account: Option<String>,
    /// The key that is to be bound, if one is.
    pub key: Option<Key>,
    /// Until when it can be answered, in milliseconds since 1970.
    pub expires_at_ms: u64,
    /// The time of the server, so that a device with a wrong clock counts down right.
    pub now_ms: u64,
    /// Where people go afterwards.
    pub redirect: Option<Redirect>,
    /// Whether another page opened this one and waits to be told.
    pub is_popup: bool,
    /// What the script needs.
    pub ceremony: Ceremony,
    /// The page it must be answered on, if that is another one.
    pub elsewhere: Option<String>,
}

/// How a tenant wants its pages to look.
#[derive(Clone, Debug, Default)]
pub(crate) struct Branding {
    /// Its name in the head of the page.
    pub name: Option<String>,
    /// The colour of buttons.
    pub accent: Option<Colour>,
    /// A sentence under the title.
    pub words: Option<String>,
}

/// A session key.
#[derive(Clone, Debug)]
pub(crate) struct Key {
    /// Its public half, in base58.
    pub text: String,
    /// For how long it acts.
    pub lifetime_seconds: u64,
    /// How far it goes.
    pub limits: Limits,
    /// What it may stamp beside, if anything.
    pub stamps: Option<Stamps>,
}

/// What a session key may stamp: requests to sign with the keys of an organisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stamps {
    /// The organisation's id.
    pub organisation: String,
    /// What it is called.
    pub name: String,
    /// What may be signed, in words.
    pub what: Vec<&'static str>,
}

/// How far a session key goes. What is absent has no limit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Limits {
    /// The programs it may call.
    pub programs: Option<Vec<String>>,
    /// How many lamports it may spend.
    pub lamports: Option<u64>,
    /// How many transactions it may make.
    pub transactions: Option<u32>,
}

/// Where people go afterwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Redirect {
    /// The address as it was listed.
    pub url: String,
    /// Whom a popup may tell. An app's own scheme has no origin.
    pub origin: Option<String>,
    /// Its origin or scheme, for people.
    pub place: String,
}

/// What the script needs.
#[derive(Clone, Debug)]
pub(crate) struct Ceremony {
    /// Whose session it is.
    pub tenant: String,
    /// What is signed, in base64url.
    pub challenge: String,
    /// The slot it was opened at.
    pub slot: u64,
    /// The user handle of a passkey to be made.
    pub user_handle: String,
}

/// Why there is no page to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Missing {
    /// No session has this link, or none any more.
    Unknown,
    /// The server cannot tell now.
    Unavailable(StatusCode),
}

/// The page.
pub(crate) fn respond(view: &SessionView) -> Response {
    let mut response = html(StatusCode::OK, page(view));
    guard(&mut response, &SESSION_GUARDS);
    if view.is_popup {
        // Who opened the popup is told how it ended, so the two must stay in touch.
        let loose = HeaderValue::from_static("unsafe-none");
        response.headers_mut().insert(OPENER_POLICY, loose);
    }
    response
}

/// As of any page; but scripts cannot turn text into markup (threat T53), and it is answered by
/// making passkeys and by using them.
const SESSION_GUARDS: [(HeaderName, &str); 2] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
         img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
         require-trusted-types-for 'script'; trusted-types 'none'",
    ),
    (
        PERMISSIONS_POLICY,
        "publickey-credentials-create=(self), publickey-credentials-get=(self)",
    ),
];

/// What stands in its place.
pub(crate) fn missing(why: Missing) -> Response {
    let (status, title, advice, code) = match why {
        Missing::Unknown => (
            StatusCode::NOT_FOUND,
            "This link opens nothing any more",
            "It was answered already, is older than a minute, or was copied incompletely. Nothing \
             was given to anybody just now. Go back to the app and start again there: it makes a \
             new link.",
            "SESSION_UNKNOWN",
        ),
        Missing::Unavailable(status) => (
            status,
            "This cannot be shown right now",
            "The server is busy or cannot reach its store. Nothing was given to anybody. Wait a \
             moment, then start again in the app.",
            "SESSION_UNAVAILABLE",
        ),
    };
    let pieces = [
        ("title", Html::ours(title)),
        ("advice", Html::ours(advice)),
        ("code", Html::ours(code)),
    ];
    html(
        status,
        fill(include_str!("session_none.html"), &pieces).into_string(),
    )
}

/// The module of the page.
pub(crate) fn module() -> Response {
    asset("text/javascript; charset=utf-8", include_str!("session.js"))
}

/// What goes wrong, in words for people.
pub(crate) fn problems_module() -> Response {
    let module = include_str!("session_problems.js");
    asset("text/javascript; charset=utf-8", module)
}

/// The module that runs the ceremony, here and on pages of tenants' own.
pub(crate) fn ceremony_module() -> Response {
    let module = include_str!("../../../../sdk/passkey-session.js");
    asset("text/javascript; charset=utf-8", module)
}

/// The style of the page, in a tenant's colour.
pub(crate) fn style(accent: Option<Colour>) -> Response {
    let colours = accent.map(Colour::css).unwrap_or_default();
    let style = format!("{}\n{colours}", include_str!("session.css"));
    asset("text/css; charset=utf-8", style)
}

/// The page, as HTML.
pub(crate) fn page(view: &SessionView) -> String {
    let redirect = view.redirect.as_ref();
    let state = match view.now_ms < view.expires_at_ms {
        true => "pending",
        false => "expired",
    };
    let (done_title, done) = done(view);
    let accent = view.brand.accent.map(|accent| {
        let mut html = Html::ours("?accent=");
        html.push_text(accent.to_string().trim_start_matches('#'));
        html
    });
    let mut title = plainly(&view.app);
    title.push_ours(" · passkey");
    let pieces = [
        ("title", title),
        ("accent", accent.unwrap_or_default()),
        ("state", Html::ours(state)),
        ("session_json", Html::text(&session_json(view))),
        ("expires_ms", number(view.expires_at_ms)),
        ("now_ms", number(view.now_ms)),
        (
            "redirect",
            Html::text(redirect.map_or("", |redirect| &redirect.url)),
        ),
        (
            "redirect_origin",
            Html::text(
                redirect
                    .and_then(|redirect| redirect.origin.as_deref())
                    .unwrap_or_default(),
            ),
        ),
        (
            "redirect_shown",
            plainly(redirect.map_or("", |redirect| &redirect.place)),
        ),
        ("popup", Html::ours(if view.is_popup { "yes" } else { "" })),
        (
            "mark",
            plainly(view.brand.name.as_deref().unwrap_or("zegel")),
        ),
        ("app", name(&view.app)),
        ("done_title", Html::ours(done_title)),
        ("done", done),
        ("question", question(view)),
        ("words", words(view)),
        ("facts", facts::of(view)),
        ("document", document(view)),
        ("power", power(view)),
        ("go", Html::ours(go(&view.action))),
        ("hint", Html::ours(hint(&view.action))),
        ("obstacle", obstacle(view)),
    ];
    fill(include_str!("session.html"), &pieces).into_string()
}

/// What the module that runs the ceremony works on.
fn session_json(view: &SessionView) -> String {
    let ceremony = &view.ceremony;
    let mut session = json!({
        "action": view.action.name(),
        "challenge": ceremony.challenge,
        "tenant": ceremony.tenant,
        "appName": view.app,
    });
    match &view.action {
        Action::Sign(signing) => {
            session["chain"] = signing.chain.as_str().into();
        }
        Action::Create | Action::Auth | Action::Approve(_) | Action::Find => {
            session["slotNumber"] = ceremony.slot.into();
            session["userId"] = ceremony.user_handle.as_str().into();
        }
    }
    if let Some(key) = &view.key {
        session["sessionKey"] = json!({ "key": key.text, "expiration": key.lifetime_seconds });
    }
    session.to_string()
}

/// A name within a sentence.
fn name(name: &str) -> Html {
    let mut html = Html::ours(r#"<bdi class="shown">"#);
    html.push(&plainly(name));
    html.push_ours("</bdi>");
    html
}

/// In plain words: who asks for what.
fn question(view: &SessionView) -> Html {
    let mut html = name(&view.app);
    match (&view.key, &view.action) {
        (_, Action::Sign(_)) => {
            let mut html = Html::ours("Sign with your passkey for ");
            html.push(&name(&view.app));
            return html;
        }
        (_, Action::Approve(approval)) => {
            let mut html = Html::ours(match approval.joins {
                true => "Add the passkey ",
                false => "Remove the passkey ",
            });
            html.push(&short(&approval.passkey));
            html.push_ours(if approval.joins { " to" } else { " from" });
            html.push_ours(" your account ");
            html.push(&short(&approval.account));
            return html;
        }
        (Some(key), _) => {
            html.push_ours(" asks for a key for ");
            html.push_text(&duration(key.lifetime_seconds));
        }
        (None, Action::Find) => html.push_ours(" asks which account is yours"),
        (None, _) => html.push_ours(" asks you to make a passkey"),
    }
    html
}

/// How an address begins and ends, as people know it; all of it stands among the facts.
fn short(address: &str) -> Html {
    let chars: Vec<char> = address.chars().collect();
    let shown: String = match chars.len() {
        0..=9 => address.to_owned(),
        count => chars[..4]
            .iter()
            .chain(&['…'])
            .chain(&chars[count - 4..])
            .collect(),
    };
    let mut html = Html::ours("<code>");
    html.push_text(&shown);
    html.push_ours("</code>");
    html
}

fn words(view: &SessionView) -> Html {
    let Some(words) = &view.brand.words else {
        return Html::default();
    };
    let mut html = Html::ours(r#"<p class="note-of-tenant">"#);
    html.push(&name(words));
    html.push_ours("</p>");
    html
}

/// What is signed for an account of a chain: a hash alone would say nothing to anybody.
fn document(view: &SessionView) -> Html {
    match &view.action {
        Action::Sign(signing) => document::of(&signing.document),
        Action::Create | Action::Auth | Action::Approve(_) | Action::Find => Html::default(),
    }
}

/// What somebody who goes on gives away.
fn power(view: &SessionView) -> Html {
    let (before, after) = match (&view.key, &view.action) {
        (_, Action::Sign(_)) => (
            Html::ours(
                "What a contract makes of this the page cannot know: it may move all you have \
                 there. Sign only if you understand it, and started it in ",
            ),
            " just now. If the app shows a hash, compare how it begins and how it ends.",
        ),
        (_, Action::Approve(approval)) if approval.joins => (
            Html::ours(
                "For good, not for a while: whoever has that passkey can act for your account, add \
                 others and remove them. Say yes only if it is your own, and you started this in ",
            ),
            " just now.",
        ),
        (_, Action::Approve(approval)) => (
            Html::ours(match approval.ends_session {
                true => {
                    "Whoever has that passkey cannot act for your account any more, and the \
                     account's session ends at once. Say yes only if you started this in "
                }
                false => {
                    "Whoever has that passkey cannot act for your account any more; a session that \
                     is under way lasts until it ends. Say yes only if you started this in "
                }
            }),
            ".",
        ),
        (Some(key), _) => {
            let mut html = Html::ours("For ");
            html.push_text(&duration(key.lifetime_seconds));
            html.push_ours(
                " whoever holds the key can act for your account without asking you again",
            );
            // A chain knows of no limit but the time.
            html.push_ours(match key.limits == Limits::default() {
                true => ". ",
                false => ", as far as said above and this server can see to it. ",
            });
            if let Some(stamps) = &key.stamps {
                html.push_ours("It can also sign for the organisation ");
                html.push(&name(&stamps.name));
                html.push_ours(" as you, with keys that may hold money. ");
            }
            html.push_ours("Go on only if you started this in ");
            (html, ".")
        }
        (None, Action::Find) => (
            Html::ours("No key is given and nothing can be done with your account: "),
            " only learns which one it is.",
        ),
        (None, _) => (
            Html::ours("A passkey and an account of its own are made; no key is given to "),
            ".",
        ),
    };
    let mut html = before;
    html.push(&name(&view.app));
    html.push_ours(after);
    html
}

fn done(view: &SessionView) -> (&'static str, Html) {
    let mut html = Html::ours("<strong>");
    html.push(&name(&view.app));
    let title = match (&view.key, &view.action) {
        (_, Action::Sign(_)) => {
            html.push_ours("</strong> has your signature.");
            "Signed"
        }
        (_, Action::Approve(approval)) => {
            html.push_ours(match approval.joins {
                true => "</strong> knows that the passkey is one of your account's now.",
                false => "</strong> knows that the passkey is none of your account's any more.",
            });
            if approval.joins { "Added" } else { "Removed" }
        }
        (Some(key), action) => {
            html.push_ours("</strong> has its key for ");
            html.push_text(&duration(key.lifetime_seconds));
            html.push_ours(".");
            match action {
                Action::Create => "Your passkey is made",
                Action::Auth | Action::Find | Action::Approve(_) | Action::Sign(_) => "Done",
            }
        }
        (None, Action::Find) => {
            html.push_ours("</strong> knows your account.");
            "Found"
        }
        (None, _) => {
            html.push_ours("</strong> knows your new account.");
            "Your passkey is made"
        }
    };
    (title, html)
}

fn go(action: &Action) -> &'static str {
    match action {
        Action::Sign(_) => "Sign",
        Action::Create => "Make a passkey",
        Action::Approve(approval) if approval.joins => "Add it",
        Action::Approve(_) => "Remove it",
        Action::Auth | Action::Find => "Use my passkey",
    }
}

fn hint(action: &Action) -> &'static str {
    match action {
        Action::Create => {
            "Your device will ask twice: to make the passkey, and to sign with it for the first \
             time."
        }
        Action::Auth | Action::Find | Action::Approve(_) | Action::Sign(_) => {
            "Your device will ask for your fingerprint, face, PIN or security key."
        }
    }
}

/// What stands above everything else where there is nothing to answer with.
fn obstacle(view: &SessionView) -> Html {
    let Some(origin) = &view.elsewhere else {
        return Html::default();
    };
    let mut html = Html::ours(
        r#"<section class="problem" id="obstacle" role="alert"><h2>This is answered on another page</h2><p>It was opened for <code>"#,
    );
    html.push(&shown(origin));
    html.push_ours(
        "</code>, and passkeys of one address do not work at another. If a link brought you here, \
         do not follow it again.</p><p class=\"code\">Code <code>SESSION_ON_ANOTHER_PAGE</code></p>\
         </section>",
    );
    html
}

/// A time span in words, exactly: `1 hour 30 minutes`.
pub(crate) fn duration(seconds: u64) -> String {
    let units = [
        (seconds / 86_400, "day"),
        (seconds / 3600 % 24, "hour"),
        (seconds / 60 % 60, "minute"),
        (seconds % 60, "second"),
    ];
    let words: Vec<String> = units
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, unit)| format!("{count} {unit}{}", if *count == 1 { "" } else { "s" }))
        .collect();
    match words.is_empty() {
        true => "0 seconds".to_owned(),
        false => words.join(" "),
    }
}

fn number(number: u64) -> Html {
    let mut html = Html::default();
    html.push_number(number);
    html
}

mod document;
mod facts;
#[cfg(test)]
mod tests;

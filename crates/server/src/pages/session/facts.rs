//! What a page of a session tells line by line: who asks, for whose passkey, and for what.

use wire::encoding::hex;

use super::{Action, Limits, SessionView};
use crate::pages::confirm::warning;
use crate::pages::html::Html;
use crate::pages::shown::shown;

/// The list of facts.
pub(super) fn of(view: &SessionView) -> Html {
    let mut html = Html::default();
    push_fact(&mut html, "App", &view.app);
    if view.tenant_name != view.app {
        push_fact(&mut html, "Run by", &view.tenant_name);
    }
    push_fact(&mut html, "Passkey for", &view.rp_id);
    if let Some(network) = view.network {
        push_fact(&mut html, "Network", network);
    }
    if let Some(account) = &view.account {
        push_digits(&mut html, "Account", &grouped(account));
    }
    if let Action::Approve(approval) = &view.action {
        push_digits(&mut html, "Account", &grouped(&approval.account));
        push_digits(&mut html, "Passkey", &grouped(&approval.passkey));
    }
    if let Some(key) = &view.key {
        push_digits(&mut html, "Its key", &grouped(&key.text));
        push_limits(&mut html, &key.limits);
        if let Some(stamps) = &key.stamps {
            push_fact(&mut html, "Signs for", &stamps.name);
            push_fact(&mut html, "Its id", &stamps.organisation);
            push_fact(&mut html, "May sign", &stamps.what.join(", "));
        }
    }
    if let Action::Sign(signing) = &view.action {
        match chain(&signing.chain) {
            Some(known) => push_fact(&mut html, "Chain", &format!("{known} ({})", signing.chain)),
            None => push_fact(&mut html, "Chain", &signing.chain),
        }
        push_fact(&mut html, "Account", &signing.account);
        push_digits(&mut html, "Hash", &ended(&signing.hash));
    }
    if let Some(redirect) = &view.redirect {
        push_fact(&mut html, "Back to", &redirect.place);
    }
    html
}

fn push_limits(html: &mut Html, limits: &Limits) {
    if let Some(lamports) = limits.lamports {
        push_fact(html, "May spend", &format!("{} SOL in all", sol(lamports)));
    }
    if let Some(count) = limits.transactions {
        let plural = if count == 1 { "" } else { "s" };
        push_fact(html, "May make", &format!("{count} transaction{plural}"));
    }
    if let Some(programs) = &limits.programs {
        let mut list = Html::default();
        for program in programs {
            list.push(&grouped(program));
        }
        if programs.is_empty() {
            list.push_ours("no program at all");
        }
        push_digits(html, "May call", &list);
    }
}

/// Lamports in the unit people know, exactly.
pub(super) fn sol(lamports: u64) -> String {
    let (whole, rest) = (lamports / 1_000_000_000, lamports % 1_000_000_000);
    let decimals = format!("{rest:09}");
    match decimals.trim_end_matches('0') {
        "" => whole.to_string(),
        decimals => format!("{whole}.{decimals}"),
    }
}

pub(super) fn push_fact(html: &mut Html, name: &'static str, text: &str) {
    html.push_ours("<div><dt>");
    html.push_ours(name);
    html.push_ours("</dt><dd>");
    html.push(&shown(text));
    html.push(&warning(text));
    html.push_ours("</dd></div>");
}

pub(super) fn push_digits(html: &mut Html, name: &'static str, digits: &Html) {
    html.push_ours("<div><dt>");
    html.push_ours(name);
    html.push_ours("</dt><dd>");
    html.push(digits);
    html.push_ours("</dd></div>");
}

/// What people call a chain, of those that many passkeys sign for.
fn chain(caip2: &str) -> Option<&'static str> {
    Some(match caip2 {
        "eip155:1" => "Ethereum",
        "eip155:10" => "OP Mainnet",
        "eip155:100" => "Gnosis",
        "eip155:137" => "Polygon",
        "eip155:8453" => "Base",
        "eip155:42161" => "Arbitrum One",
        "eip155:84532" => "Base Sepolia, a test network",
        "eip155:11155111" => "Sepolia, a test network",
        _ => return None,
    })
}

/// All of a key, four characters at a time, for eyes that compare it; copied, it is in one piece.
/// A part of it would do for a glance, and others can be searched for that have the same part.
pub(super) fn grouped(key: &str) -> Html {
    let mut html = Html::ours(r#"<code class="key">"#);
    push_groups(&mut html, key);
    html
}

/// All of a hash, its two ends to be seen at a glance: apps show no more of it as a rule.
fn ended(hash: &[u8]) -> Html {
    let mut html = Html::ours(r#"<code class="key hash"><span>0x</span>"#);
    push_groups(&mut html, &hex::encode(hash));
    html
}

fn push_groups(html: &mut Html, key: &str) {
    let chars: Vec<char> = key.chars().collect();
    for group in chars.chunks(4) {
        html.push_ours("<span>");
        group.iter().for_each(|char| html.push_char(*char));
        html.push_ours("</span>");
    }
    html.push_ours("</code>");
}

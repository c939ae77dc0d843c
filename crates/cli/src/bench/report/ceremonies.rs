//! H4.

use serde_json::{Value, json};

use super::{figure, row};
use crate::bench::ceremonies::{Ceremonies, Figure, Span, title};
use crate::bench::load::Pace;
use crate::bench::raw::Raw;
use crate::output::Output;

/// For machines.
pub fn to_json(measured: &Ceremonies, raw: &Raw) -> Value {
    let plan = &measured.plan;
    let figures = measured.figures.iter().map(|measured| {
        let pace = match measured.pace {
            Pace::Closed => "closed",
            Pace::Open(_) => "open",
        };
        let mut told = figure(pace, &measured.measured, raw);
        told["tokenAlgorithm"] = measured.algorithm.into();
        told["ceremony"] = measured.kind.name().into();
        told["timed"] = match measured.span {
            Span::Finish => "finalize",
            Span::Whole => "initialize, passkey, finalize",
        }
        .into();
        told
    });
    json!({
        "connections": plan.connections,
        "tenants": plan.size.tenants,
        "usersEach": plan.size.users,
        "rate": plan.rate,
        "figures": figures.collect::<Vec<_>>(),
        "tokensVerified": measured.tokens_verified,
    })
}

/// For people.
pub fn text(measured: &Ceremonies, raw: &Raw, out: Output) -> Vec<String> {
    let plan = &measured.plan;
    let head = out.bold(&format!(
        "H4  Passkey API, durable; {} tenants of {} users for each algorithm; {} connections; \
         closed loop where no rate is given",
        plan.size.tenants, plan.size.users, plan.connections
    ));
    let rows = measured.figures.iter().map(|known: &Figure| {
        let title = title(known.algorithm, known.kind, known.span, known.pace);
        row(&format!("    {title}"), &known.measured, raw)
    });
    let mut lines = vec![String::new(), head];
    lines.extend(rows);
    lines.push(format!(
        "  {} tokens verified with their tenants' published keys",
        measured.tokens_verified
    ));
    lines
}

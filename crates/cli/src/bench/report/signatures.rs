//! H1 to H3 and H8.

use serde_json::{Value, json};

use super::{figure, milliseconds, row};
use crate::bench::crashes::Recovery;
use crate::bench::raw::Raw;
use crate::bench::signatures::Signatures;
use crate::output::Output;

/// Adds the members for machines.
pub fn add_json(told: &mut Value, measured: &Signatures, raw: &Raw) {
    let plan = &measured.plan;
    told["connections"] = plan.connections.into();
    told["subOrganizations"] = plan.size.organisations.into();
    told["walletsEach"] = plan.size.wallets.into();
    told["rate"] = plan.rate.into();
    told["h1"] = figure("closed", &measured.h1, raw);
    told["h1AtRate"] = figure("open", &measured.h1_paced, raw);
    told["h1SignaturesVerified"] = measured.verified.into();
    told["h2"] = figure("closed", &measured.h2, raw);
    told["h3"] = figure("closed", &measured.h3, raw);
}

/// For people.
pub fn text(measured: &Signatures, raw: &Raw, out: Output) -> Vec<String> {
    let plan = &measured.plan;
    vec![
        String::new(),
        out.bold(&format!(
            "Durable signatures, {} sub-organisations of {} wallets; closed loop, {} connections; \
             client and server share the cores",
            plan.size.organisations, plan.size.wallets, plan.connections
        )),
        row("H1  API-key stamps", &measured.h1, raw),
        row(
            &format!("    open loop, {} arrivals/s", plan.rate),
            &measured.h1_paced,
            raw,
        ),
        row("H3  passkey stamps", &measured.h3, raw),
        row("H2  one at a time", &measured.h2, raw),
        format!(
            "  {} signatures of H1 recovered by libsecp256k1 to the right address",
            measured.verified
        ),
    ]
}

/// For machines.
pub fn recovery_json(recovery: &Recovery) -> Value {
    json!({
        "crashes": recovery.crashes,
        "acknowledged": recovery.acknowledged,
        "found": recovery.found,
        "lost": 0,
        "twice": 0,
        "readyAfterMs": milliseconds(recovery.ready_after),
    })
}

/// For people.
pub fn recovery_text(recovery: &Recovery, out: Output) -> Vec<String> {
    vec![
        String::new(),
        out.bold("H8  Killed under load"),
        format!(
            "  {} times; acknowledged {}, found {}; lost 0, run twice 0; ready again after {:.0} \
             ms",
            recovery.crashes,
            recovery.acknowledged,
            recovery.found,
            milliseconds(recovery.ready_after),
        ),
    ]
}

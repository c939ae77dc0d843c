//! Who leans on whom. No arrow points up.

use std::process::Command;

use anyhow::Context;
use serde_json::Value;

use super::Finding;
use crate::workspace::{cargo, output};

/// Each room with those of ours it may lean on. `ARCHITECTURE.md` draws it.
const ROOMS: &[(&str, &[&str])] = &[
    ("wire", &[]),
    ("verify", &["wire"]),
    ("rules", &["wire", "verify"]),
    // For the type of the evidence without which it does not sign.
    ("vault", &["wire", "verify"]),
    ("store", &["wire", "verify", "rules"]),
    ("engine", &["wire", "verify", "rules", "vault", "store"]),
    (
        "server",
        &["wire", "verify", "rules", "vault", "store", "engine"],
    ),
    (
        "cli",
        &["wire", "verify", "vault", "store", "engine", "server"],
    ),
    (
        "testkit",
        &[
            "wire", "verify", "rules", "vault", "store", "engine", "server",
        ],
    ),
    ("xtask", &["wire", "verify", "vault"]),
];

/// What the pure rooms must not even be able to name.
const OUTSIDE: &[&str] = &[
    "axum",
    "getrandom",
    "hyper",
    "metrics",
    "postgres",
    "rand",
    "reqwest",
    "rusqlite",
    "tokio",
    "tokio-postgres",
    "tracing",
    "ureq",
];

const PURE: &[&str] = &["wire", "verify", "rules", "vault"];

pub(super) fn check() -> anyhow::Result<Vec<Finding>> {
    let metadata = ["metadata", "--format-version", "1", "--no-deps"];
    let command: &mut Command = &mut cargo();
    let metadata: Value = serde_json::from_str(&output(command.args(metadata))?)?;
    let packages = metadata["packages"]
        .as_array()
        .context("cargo metadata without packages")?;
    Ok(packages.iter().flat_map(judge).collect())
}

fn judge(package: &Value) -> Vec<Finding> {
    let name = package["name"].as_str().unwrap_or_default();
    let place = format!("{name}/Cargo.toml");
    let Some((_, below)) = ROOMS.iter().find(|(room, _)| *room == name) else {
        return vec![Finding::new(
            place,
            "not a room of the house: draw it in ARCHITECTURE.md",
        )];
    };
    let dependencies = package["dependencies"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let mut findings = Vec::new();
    for dependency in dependencies {
        let leans_on = dependency["name"].as_str().unwrap_or_default();
        let for_tests = dependency["kind"].as_str() == Some("dev");
        let ours = ROOMS.iter().any(|(room, _)| *room == leans_on);
        // Tests may lean on the kit, and on whatever their room may lean on.
        let allowed = below.contains(&leans_on) || (for_tests && leans_on == "testkit");
        if ours && !allowed {
            findings.push(Finding::new(
                &place,
                format!("{name} may not lean on {leans_on}"),
            ));
        }
        if PURE.contains(&name) && !for_tests && OUTSIDE.contains(&leans_on) {
            findings.push(Finding::new(
                &place,
                format!("{name} is pure and needs no {leans_on}"),
            ));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn no_arrow_points_up() {
        let ok = json!({ "name": "rules", "dependencies": [
            { "name": "wire", "kind": null }, { "name": "testkit", "kind": "dev" },
            { "name": "serde", "kind": null },
        ]});
        assert_eq!(judge(&ok), []);
        for (leans_on, kind) in [
            ("store", Value::Null),
            ("testkit", Value::Null),
            ("tokio", Value::Null),
            ("store", "dev".into()),
        ] {
            let dependencies = json!([{ "name": leans_on, "kind": kind }]);
            let package = json!({ "name": "rules", "dependencies": dependencies });
            assert_eq!(judge(&package).len(), 1, "{leans_on}");
        }
    }

    #[test]
    fn the_picture_itself_has_no_arrow_up() {
        for (position, (room, below)) in ROOMS.iter().enumerate() {
            for leans_on in *below {
                let at = ROOMS.iter().position(|(other, _)| other == leans_on);
                assert!(
                    at.is_some_and(|at| at < position),
                    "{room} leans on {leans_on}"
                );
            }
        }
    }
}

//! The commands that bring a server of their own.

use crate::support::run;

#[test]
fn the_demonstration_tells_its_story_to_the_end() {
    let place = tempfile::tempdir().unwrap();
    let told = run(place.path(), &["--json", "demo"]).json();
    assert_eq!(told["ok"], true);
    assert_eq!(told["steps"].as_array().unwrap().len(), 8);
    assert_eq!(
        std::fs::read_dir(place.path()).unwrap().count(),
        0,
        "nothing is left behind"
    );
}

#[test]
fn the_benchmark_measures_and_verifies() {
    let place = tempfile::tempdir().unwrap();
    let place = place.path();
    let how = "--json bench --only signatures --seconds 1 --connections 8 --sub-organizations 3 \
               --wallets 2 --rate 50 --crashes 3 --dir .";
    let measured = run(place, &how.split_whitespace().collect::<Vec<_>>()).json();
    for (load, kind) in [
        ("h1", "closed"),
        ("h1AtRate", "open"),
        ("h2", "closed"),
        ("h3", "closed"),
    ] {
        assert_eq!(measured[load]["loop"], kind);
        assert!(
            measured[load]["perSecond"].as_f64().unwrap() > 1.0,
            "{measured:#}"
        );
        assert!(measured[load]["p50Ms"].as_f64() <= measured[load]["p99Ms"].as_f64());
    }
    assert!(measured["h1SignaturesVerified"].as_u64().unwrap() > 0);
    let h8 = &measured["h8"];
    assert_eq!(h8["crashes"], 3);
    assert!(h8["found"].as_u64() >= h8["acknowledged"].as_u64(), "{h8}");
    assert!(
        measured["stampVerify"]["apiKeyShareOfRaw"]
            .as_f64()
            .unwrap()
            > 0.1
    );
    assert_eq!(
        std::fs::read_dir(place).unwrap().count(),
        0,
        "nothing is left behind"
    );
}

#[test]
fn the_benchmark_of_ceremonies_verifies_the_tokens() {
    let place = tempfile::tempdir().unwrap();
    let place = place.path();
    let how = "--json bench --only ceremonies --seconds 1 --connections 8 --tenants 2 --users 3 \
               --ceremony-rate 20 --dir .";
    let measured = run(place, &how.split_whitespace().collect::<Vec<_>>()).json();
    let figures = measured["h4"]["figures"].as_array().unwrap();
    let algorithms: Vec<_> = figures
        .iter()
        .filter(|figure| figure["ceremony"] == "transaction" && figure["timed"] == "finalize")
        .filter(|figure| figure["loop"] == "closed")
        .filter_map(|figure| figure["tokenAlgorithm"].as_str())
        .collect();
    assert_eq!(algorithms, ["ES256", "RS256", "EdDSA"]);
    for figure in figures {
        assert!(figure["perSecond"].as_f64().unwrap() > 1.0, "{measured:#}");
    }
    let requests: u64 = figures
        .iter()
        .filter_map(|figure| figure["requests"].as_u64())
        .sum();
    assert!(measured["h4"]["tokensVerified"].as_u64().unwrap() > 0);
    assert!(
        measured["outcomesChecked"].as_u64().unwrap() > requests,
        "{measured:#}"
    );
    assert!(measured["h1"].is_null() && measured["h8"].is_null());
}

//! The help of every command, as files that somebody reviews. `ZEGEL_UPDATE_HELP=1` writes them.

use crate::support::run;

const COMMANDS: &[&str] = &[
    "",
    "serve",
    "init",
    "keys",
    "keys new",
    "stamp",
    "request",
    "activities",
    "activities list",
    "activities get",
    "approve",
    "reject",
    "receipt",
    "receipt get",
    "receipt verify",
    "tenants",
    "tenants list",
    "tenants create",
    "tenants show",
    "tenants rename",
    "tenants configure",
    "tenants delete",
    "tenants keys",
    "tenants keys list",
    "tenants keys new",
    "tenants keys delete",
    "tenants token-keys",
    "tenants token-keys list",
    "tenants token-keys new",
    "tenants token-keys retire",
    "tenants events",
    "users",
    "users list",
    "users show",
    "users delete",
    "credentials",
    "credentials list",
    "credentials rename",
    "credentials delete",
    "transactions",
    "transactions list",
    "transactions show",
    "transactions cancel",
    "transactions receipt",
    "sessions",
    "sessions list",
    "sessions revoke",
    "networks",
    "log",
    "log key",
    "log checkpoint",
    "log fsck",
    "doctor",
    "demo",
    "demo shop",
    "bench",
];

#[test]
fn the_help_of_every_command_is_as_reviewed() {
    let here = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/help");
    for command in COMMANDS {
        let words: Vec<&str> = command.split_whitespace().chain(["--help"]).collect();
        let done = run(&here, &words);
        assert_eq!(done.code, 0, "{command}");
        let name = if command.is_empty() { "zegel" } else { command }.replace(' ', "-");
        let file = here.join(format!("{name}.txt"));
        if std::env::var_os("ZEGEL_UPDATE_HELP").is_some() {
            std::fs::write(&file, &done.stdout).unwrap();
        }
        let reviewed = std::fs::read_to_string(&file).unwrap_or_default();
        assert_eq!(done.stdout, reviewed, "{}", file.display());
    }
}

#[test]
fn every_command_is_in_the_list_above_and_shows_examples() {
    let here = std::env::temp_dir();
    for command in COMMANDS {
        let words: Vec<&str> = command.split_whitespace().chain(["--help"]).collect();
        let help = run(&here, &words).stdout;
        let below = help.split_once("Commands:\n").map(|(_, below)| below);
        let Some(below) = below else {
            assert!(help.contains("Example"), "{command} shows no example");
            continue;
        };
        let names = below
            .lines()
            .take_while(|line| line.starts_with("  "))
            .filter_map(|line| {
                let name = line.split_whitespace().next()?;
                line[2..].starts_with(name).then_some(name)
            });
        for name in names.filter(|name| *name != "help") {
            let full = format!("{command} {name}");
            assert!(COMMANDS.contains(&full.trim()), "{full} is not reviewed");
        }
    }
}

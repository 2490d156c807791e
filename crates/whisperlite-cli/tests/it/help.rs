//! The help of every command is what was reviewed: it is compared with the committed `help.txt`.

use std::path::Path;

use crate::support::{text, whisperlite};

const COMMANDS: [&[&str]; 36] = [
    &[],
    &["demo"],
    &["import"],
    &["encoder"],
    &["encoder", "pull"],
    &["encoder", "list"],
    &["encoder", "tune"],
    &["encoder", "compose"],
    &["encoder", "info"],
    &["embed"],
    &["train"],
    &["retrain"],
    &["evaluate"],
    &["recommend"],
    &["serve"],
    &["keys"],
    &["keys", "create"],
    &["keys", "list"],
    &["keys", "revoke"],
    &["store"],
    &["store", "push"],
    &["study"],
    &["study", "plan"],
    &["study", "create"],
    &["study", "open"],
    &["study", "status"],
    &["study", "close"],
    &["study", "analyse"],
    &["study", "export"],
    &["study", "forget"],
    &["bench"],
    &["bench", "train-step"],
    &["bench", "quality"],
    &["bench", "ranking"],
    &["bench", "clip"],
    &["bench", "events"],
];

fn help(command: &[&str]) -> String {
    let args = [command, &["--help"]].concat();
    let output = whisperlite(Path::new("."), &args);
    assert!(output.status.success() && output.stderr.is_empty(), "{args:?}");
    format!("$ whisperlite {}\n{}", args.join(" "), text(&output.stdout))
}

#[test]
fn the_help_is_the_committed_one() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/help.txt");
    let found = COMMANDS.map(help).join("\n");
    if std::env::var_os("WHISPERLITE_WRITE_HELP").is_some() {
        std::fs::write(&path, &found).unwrap();
        eprintln!("wrote {}", path.display());
    }
    let expected = std::fs::read_to_string(&path).unwrap();
    let differs = found.lines().zip(expected.lines()).find(|(found, expected)| found != expected);
    assert!(
        found == expected,
        "the help differs from {}, first at {differs:?}: if that is meant, run the tests once with WHISPERLITE_WRITE_HELP=1",
        path.display()
    );
}

/// A command that is added without its help being compared would be missed by the test above.
#[test]
fn every_command_is_compared() {
    let root = help(&[]);
    let listed = root.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let names: Vec<&str> = listed.filter_map(|line| line.split_whitespace().next()).filter(|n| *n != "help").collect();
    for name in &names {
        assert!(COMMANDS.contains(&[*name].as_slice()), "{name} is missing in COMMANDS");
    }
    assert!(names.len() >= 6, "{root}");
}

#[test]
fn version_and_wrong_usage() {
    let output = whisperlite(Path::new("."), &["--version"]);
    assert_eq!(text(&output.stdout), format!("whisperlite {}\n", env!("CARGO_PKG_VERSION")));
    let wrong: [&[&str]; 4] = [&[], &["fly"], &["train"], &["recommend", "shop", "-k", "many"]];
    for args in wrong {
        assert_eq!(whisperlite(Path::new("."), args).status.code(), Some(2), "{args:?}");
    }
}

//! `whisperlite import`: what it prints, how it exits, and what a kill leaves behind.

use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use whisperlite::store::Store;

use crate::support::{text, whisperlite};

const ITEMS: &str = "item_id,title,category\na,Alpha,X > Dress\nb,Beta,X > Shoe\n";
const EVENTS: &str = "user_id,item_id,timestamp,request\nu,a,2020-01-01,red dress\nv,b,2021-02-03,\n";

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("items.csv"), ITEMS).unwrap();
    std::fs::write(folder.path().join("events.csv"), EVENTS).unwrap();
    folder
}

#[test]
fn a_summary_for_people() {
    let folder = folder();
    let args = ["import", "shop", "--from", "tables", "items.csv", "events.csv"];
    let output = whisperlite(folder.path(), &args);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let shown = text(&output.stdout);
    for line in [
        "items.csv: items, 2 rows read, 2 kept",
        "shop (data set \"shop\")",
        "events    2, 2020-01-01 to 2021-02-03",
        "requests  1 distinct, on 1 events, from a column",
    ] {
        assert!(shown.contains(line), "{line:?} is missing in {shown}");
    }
}

#[test]
fn a_summary_for_machines() {
    let folder = folder();
    let args = ["--json", "import", "shop", "--from", "tables", "--name", "My shop", "--requests", "categories", "."];
    let output = whisperlite(folder.path(), &args);
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), String::new()));
    let summary: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&summary["items"], &summary["events"], &summary["requests"]), (&2.into(), &2.into(), &2.into()));
    assert_eq!(
        (&summary["info"]["dataset"], &summary["request_source"]["source"]),
        (&"My shop".into(), &"categories".into())
    );
    assert_eq!(summary["files"][0]["rows_kept"], 2);
    assert_eq!(summary["time"]["kind"], "unix");
}

#[test]
fn failures_exit_with_1_and_wrong_usage_with_2() {
    let folder = folder();
    std::fs::write(folder.path().join("bad.csv"), "item_id,price\na,NaN\n").unwrap();
    let run = |args: &[&str]| {
        let output = whisperlite(folder.path(), args);
        (output.status.code(), text(&output.stderr))
    };
    let (code, message) = run(&["import", "shop", "--from", "tables", "bad.csv"]);
    assert_eq!(code, Some(1));
    assert!(message.contains("nothing was imported into shop: bad.csv, line 2, field \"price\""), "{message}");
    assert!(!folder.path().join("shop").exists());
    assert_eq!(run(&["import", "shop", "--from", "tables", "--on-error", "skip", "bad.csv"]).0, Some(0));
    let wrong_usage: [&[&str]; 6] = [
        &["import", "shop"],
        &["import", "shop", "--from", "spreadsheet", "items.csv"],
        &["import", "shop", "--from", "tables"],
        &["import", "shop", "--from", "tables", "--map", "item_id", "items.csv"],
        &["import", "shop", "--from", "tables", "--min-value", "nan", "items.csv"],
        &["encoder", "tune", "whisperlite-small", "--pairs", "pairs.jsonl", "--to", "out", "--config", "absent.toml"],
    ];
    for args in wrong_usage {
        assert_eq!(run(args).0, Some(2), "{args:?}");
    }
}

#[test]
fn the_help_names_every_format_and_source() {
    let folder = folder();
    let help = text(&whisperlite(folder.path(), &["import", "--help"]).stdout);
    let formats = ["hm", "amazon-2014", "amazon-2018", "amazon-2023", "google-local", "movielens", "tables"];
    for word in formats.iter().chain(&["review-title", "attributes", "--on-error", "--replace", "Examples:"]) {
        assert!(help.contains(word), "{word:?} is missing in {help}");
    }
}

/// An import that is killed leaves an old store as it was, and of a new one nothing that passes for a store.
#[test]
fn a_killed_import_leaves_the_store_as_it_was() {
    let folder = folder();
    let dir = folder.path();
    let many: String = (0..400_000).map(|n| format!("{n},title {n},X > Y\n")).collect();
    std::fs::write(dir.join("many.csv"), format!("item_id,title,category\n{many}")).unwrap();
    assert!(whisperlite(dir, &["import", "old", "--from", "tables", "items.csv", "events.csv"]).status.success());
    let before = Store::open(&dir.join("old")).unwrap().info().unwrap();

    let mut n_killed = 0;
    for millis in [30, 150, 400, 800] {
        for store in ["old", "new"] {
            let args = ["import", store, "--from", "tables", "many.csv"];
            let mut child = Command::new(env!("CARGO_BIN_EXE_whisperlite"))
                .current_dir(dir)
                .args(args)
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            std::thread::sleep(Duration::from_millis(millis));
            child.kill().unwrap();
            n_killed += u32::from(child.wait().unwrap().code().is_none());
        }
        assert!(!dir.join("new").exists(), "after {millis} ms");
        assert_eq!(Store::open(&dir.join("old")).unwrap().catalog().unwrap().info, before, "after {millis} ms");
    }
    assert!(n_killed >= 4, "the imports were too quick to be killed");
    assert!(whisperlite(dir, &["import", "new", "--from", "tables", "items.csv", "events.csv"]).status.success());
    assert_eq!(Store::open(&dir.join("new")).unwrap().catalog().unwrap().n_items(), 2);
    assert!(!dir.join(".new.importing").exists(), "the leftover of the killed import was taken over");
}

//! `whisperlite retrain`: a better model takes the place of the one in use, and a worse one does not.

use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use crate::pipeline::{copy_folder, trained_shop};
use crate::support::{json, text, whisperlite};

/// A copy of the trained shop, beside two configurations: one that learns, and one whose steps are too small to.
fn a_shop() -> (TempDir, PathBuf) {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("shop");
    copy_folder(&trained_shop(), &dir);
    let tiny = std::fs::read_to_string(trained_shop().with_file_name("tiny.toml")).unwrap();
    let idle = format!("{tiny}mixer_learning_rate = 1e-12\ntower_learning_rate = 1e-12\n");
    std::fs::write(home.path().join("learns.toml"), tiny).unwrap();
    std::fs::write(home.path().join("idle.toml"), idle).unwrap();
    (home, dir)
}

fn weights(dir: &Path) -> Vec<u8> {
    std::fs::read(dir.join("model/model.safetensors")).unwrap()
}

fn figures(said: &Value) -> (f64, f64) {
    (said["new"].as_f64().unwrap(), said["in_use"].as_f64().unwrap())
}

#[test]
fn a_better_model_is_promoted_and_a_worse_one_is_not() {
    let (home, dir) = a_shop();
    json(home.path(), &["train", "shop", "--config", "idle.toml"]);
    let idle = weights(&dir);
    let better = json(home.path(), &["retrain", "shop", "--config", "learns.toml"]);
    let (new, in_use) = figures(&better);
    assert!(better["promoted"] == true && new > in_use, "{better}");
    let learned = weights(&dir);
    assert_ne!(learned, idle);

    let output = whisperlite(home.path(), &["--json", "retrain", "shop", "--config", "idle.toml"]);
    let worse: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((output.status.code(), &worse["promoted"]), (Some(1), &false.into()), "{worse}");
    assert_eq!(figures(&worse), (in_use, new), "the same queries are asked");
    assert!(text(&output.stderr).contains("stays"), "{}", text(&output.stderr));
    assert_eq!(weights(&dir), learned);
    assert!(!dir.join("retraining").exists(), "what is over leaves no checkpoint");

    let tolerated = json(home.path(), &["retrain", "shop", "--config", "idle.toml", "--tolerance", "1"]);
    assert_eq!(tolerated["promoted"], true);
    assert_eq!(weights(&dir), idle);
}

#[test]
fn without_a_model_in_use_the_first_is_taken() {
    let (home, dir) = a_shop();
    // The same data, configuration and seed make the same model, which is no worse.
    let same = json(home.path(), &["retrain", "shop"]);
    let (new, in_use) = figures(&same);
    assert_eq!((&same["promoted"], new), (&true.into(), in_use));
    std::fs::remove_dir_all(dir.join("model")).unwrap();
    let store = rusqlite::Connection::open(dir.join("store.sqlite")).unwrap();
    assert_eq!(store.execute("DELETE FROM meta WHERE key = 'model'", []).unwrap(), 1, "it is kept there, too");
    drop(store);
    let first = json(home.path(), &["retrain", "shop", "--config", "learns.toml"]);
    assert_eq!((&first["promoted"], &first["in_use"]), (&true.into(), &Value::Null));
    json(home.path(), &["recommend", "shop", "--request", "black dress"]);
}

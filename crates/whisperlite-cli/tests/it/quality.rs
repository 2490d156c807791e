//! `whisperlite bench quality` on a small synthetic shop: files of results, going on after a cut, and the report.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::pipeline::ENCODER;
use crate::sample_shop::{Shop, Size};
use crate::support::{failure, json};

const SIZE: Size = Size { n_items: 60, n_users: 30, n_events: 600 };

/// Two variants of a training of one epoch, two seeds.
const PLAN: &str = "\
encoder = \"ENCODER\"
seeds = [1, 2]

[[dataset]]
name = \"shop\"
folder = \"raw\"
from = \"tables\"
requests = { source = \"column\" }
[dataset.train]
refit = false
model = { d_hidden = 16, d_item_part = 4 }
examples = { n_snapshots = 3, max_queries = 60, n_hard = 5, n_random = 10 }
optimizer = { max_epochs = 1, max_validation_queries = 30 }

[[variant]]
name = \"best\"

[[variant]]
name = \"no-neighbours\"
train.model.parts.neighbours = false
";

fn made(name: &str) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    if dir.exists() {
        std::fs::remove_dir_all(&dir).unwrap();
    }
    Shop::new(6, &SIZE).write(&dir.join("data").join("raw")).unwrap();
    std::fs::write(dir.join("plan.toml"), PLAN.replace("ENCODER", ENCODER)).unwrap();
    dir
}

fn names(systems: &Value) -> Vec<&str> {
    systems.as_array().unwrap().iter().map(|system| system["name"].as_str().unwrap()).collect()
}

#[test]
fn every_training_is_a_file_and_the_report_is_made_of_the_files() {
    let dir = made("quality");
    let bench = |more: &[&str]| json(&dir, &[&["bench", "quality", "data", "--plan", "plan.toml"], more].concat());
    let first = bench(&["--variant", "best", "--seeds", "1"]);
    assert_eq!((&first["missing"], &first["datasets"][0]["variants"]), (&3.into(), &Value::Null));
    let results = dir.join("quality/shop/best/seed-1.json");
    let measured_first = std::fs::read(&results).unwrap();
    assert!(dir.join("quality/shop/store/model/README.md").exists(), "the store's model is the one that was measured");

    let whole = bench(&[]);
    assert_eq!(std::fs::read(&results).unwrap(), measured_first, "what is there is not measured again");
    let shop = &whole["datasets"][0];
    assert_eq!((&whole["missing"], &shop["seeds"]), (&0.into(), &serde_json::json!([1, 2])));
    let rivals = names(&shop["discovery"]["systems"]);
    assert_eq!(rivals[0], "whisperlite");
    for rival in ["blend", "popularity", "item-neighbours"] {
        assert!(rivals.iter().any(|name| name.starts_with(rival)), "{rival} in {rivals:?}");
    }
    assert_eq!(names(&shop["variants"]["systems"]), ["whisperlite", "no-neighbours"]);
    let (ours, by_seed) = (&shop["discovery"]["systems"][0], &shop["discovery"]["systems"][0]["by_seed"]);
    let mean = by_seed.as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).sum::<f64>() / 2.0;
    assert!((ours["ndcg"]["mean"].as_f64().unwrap() - mean).abs() < 1e-6);
    assert_eq!(shop["discovery"]["comparisons"].as_array().unwrap().len(), rivals.len() - 1);
    let markdown = std::fs::read_to_string(dir.join("quality/quality.md")).unwrap();
    assert!(markdown.contains("| no-neighbours |") && markdown.contains("cold"), "{markdown}");
    assert!(std::fs::read_to_string(results.with_extension("md")).unwrap().contains("| data hash |"));

    // Another setting is another training.
    let plan = std::fs::read_to_string(dir.join("plan.toml")).unwrap();
    std::fs::write(dir.join("plan.toml"), plan.replace("n_random = 10", "n_random = 12")).unwrap();
    bench(&["--variant", "best", "--seeds", "1"]);
    assert_ne!(std::fs::read(&results).unwrap(), measured_first);
}

#[test]
fn a_plan_or_folder_that_cannot_be_is_told() {
    let dir = made("quality-wrong");
    let bench = |more: &[&str]| failure(&dir, &[&["bench", "quality"], more].concat()).1;
    let said = bench(&["nowhere", "--plan", "plan.toml"]);
    assert!(said.contains("nowhere") && said.contains("is no folder"), "{said}");
    let said = bench(&["data", "--plan", "plan.toml", "--dataset", "shpo"]);
    assert!(said.contains("`shpo`") && said.contains("there are: shop"), "{said}");
    std::fs::write(dir.join("plan.toml"), PLAN.replace("neighbours = false", "neighbors = false")).unwrap();
    let said = bench(&["data", "--plan", "plan.toml"]);
    assert!(said.contains("plan.toml") && said.contains("neighbors"), "{said}");
}

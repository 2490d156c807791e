//! The whole way, command by command, on a small synthetic shop and a tiny encoder with random weights.
//!
//! The store is made once, by the binary itself, and every test looks at another side of it.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use serde_json::Value;

use crate::sample_shop::{Shop, Size};
use crate::support::{failure, json, text, whisperlite};

const SIZE: Size = Size { n_items: 80, n_users: 40, n_events: 900 };

pub(crate) const ENCODER: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../whisperlite/tests/fixtures/encoder/mean-normalized");

/// One epoch over few examples: what is tested is the way, not the model.
const CONFIG: &str = "\
name = \"tiny\"
seed = 3

[model]
d_hidden = 16
d_item_part = 4

[examples]
n_snapshots = 3
max_queries = 90
n_hard = 5
n_random = 10

[optimizer]
max_epochs = 1
max_validation_queries = 40
";

/// A store that went through every command, and what each said with `--json`.
struct Made {
    dir: PathBuf,
    import: Value,
    embed: Value,
    train: Value,
    evaluate: Value,
}

static MADE: LazyLock<Made> = LazyLock::new(|| {
    let dir = fresh("pipeline");
    let import = json(&dir, &["import", "shop", "--from", "tables", "items.csv", "events.csv"]);
    let embed = json(&dir, &["embed", "shop", "--encoder", ENCODER]);
    let train = json(&dir, &["train", "shop", "--config", "tiny.toml"]);
    let evaluate = json(&dir, &["evaluate", "shop", "--trec", "trec"]);
    Made { dir, import, embed, train, evaluate }
});

/// An empty folder of that name with the files of a shop and a configuration.
fn fresh(name: &str) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    if dir.exists() {
        std::fs::remove_dir_all(&dir).unwrap();
    }
    Shop::new(5, &SIZE).write(&dir).unwrap();
    std::fs::write(dir.join("tiny.toml"), CONFIG).unwrap();
    dir
}

/// The folder of a trained store; whoever writes to it takes a copy.
pub(crate) fn trained_shop() -> PathBuf {
    MADE.dir.join("shop")
}

fn recommend(args: &[&str]) -> Value {
    json(&MADE.dir, &[&["recommend", "shop"], args].concat())
}

/// Someone who bought something, as the store names people.
fn a_user() -> String {
    let events = std::fs::read_to_string(MADE.dir.join("events.csv")).unwrap();
    events.lines().nth(1).unwrap().split(',').next().unwrap().to_owned()
}

fn hits(answer: &Value) -> &Vec<Value> {
    answer["hits"].as_array().unwrap()
}

#[test]
fn import_and_embed_say_what_they_did() {
    let Made { dir, import, embed, .. } = &*MADE;
    assert_eq!((&import["items"], &import["events"]), (&SIZE.n_items.into(), &SIZE.n_events.into()));
    assert_eq!(import["request_source"]["source"], "column");
    assert_eq!((&embed["dim"], &embed["n_cached"]), (&24.into(), &0.into()));
    assert_eq!(embed["n_embedded"], embed["n_texts"]);
    let again = json(dir, &["embed", "shop", "--encoder", ENCODER]);
    assert_eq!((&again["n_embedded"], &again["n_cached"]), (&0.into(), &embed["n_texts"]));
}

#[test]
fn train_says_how_each_epoch_went() {
    let Made { dir, train, .. } = &*MADE;
    assert_eq!((&train["config"], &train["seed"]), (&"tiny".into(), &3.into()));
    assert_eq!(train["epochs"].as_array().unwrap().len(), 2, "the untrained model and one epoch: {train}");
    assert!(train["epochs"][1]["loss"].as_f64().unwrap().is_finite());
    let card = std::fs::read_to_string(dir.join("shop/model/README.md")).unwrap();
    let data_hash = MADE.import["info"]["data_hash"].as_str().unwrap();
    assert!(card.contains(data_hash) && card.contains("`tiny`, seed 3"), "{card}");
    assert!(!dir.join("shop/checkpoints").exists(), "a run that is over leaves no checkpoint");
}

#[test]
fn evaluate_writes_the_report_that_it_prints() {
    let Made { dir, evaluate: report, .. } = &*MADE;
    let written: Value = serde_json::from_slice(&std::fs::read(dir.join("shop/report.json")).unwrap()).unwrap();
    assert_eq!(written, *report);
    let contract = ["dataset", "split", "protocol", "seed", "queries", "systems", "comparisons", "slices"];
    for table in [report, &report["repeats"]] {
        for key in contract {
            assert!(!table[key].is_null(), "{key} is missing");
        }
    }
    let (names, our) = (system_names(report), &report["systems"][0]);
    assert!(names.iter().filter(|name| name.starts_with("whisperlite")).count() >= 3, "{names:?}");
    for metric in ["ndcg@10", "recall@100", "hit@1", "mrr@5", "map@20"] {
        let value = &our["metrics"][metric];
        let [mean, low, high] = ["mean", "low", "high"].map(|part| value[part].as_f64().unwrap_or(f64::NAN));
        assert!(0.0 <= low && low <= mean && mean <= high && high <= 1.0, "{metric}: {value}");
    }
    for key in ["a", "b", "metric", "difference", "low", "high", "p_holm"] {
        assert!(!report["comparisons"][0][key].is_null(), "{key} is missing");
    }
    let page = std::fs::read_to_string(dir.join("shop/report.html")).unwrap();
    assert!(page.contains("ndcg@10") || page.contains("NDCG@10"));
    assert!(!page.contains("src=\"http") && !page.contains("href=\"http"), "the page is self-contained");
    assert!(std::fs::read_dir(dir.join("trec")).unwrap().count() > 0);
}

fn system_names(report: &Value) -> Vec<&str> {
    report["systems"].as_array().unwrap().iter().filter_map(|system| system["name"].as_str()).collect()
}

#[test]
fn a_known_person_with_a_request_gets_new_items() {
    let user = a_user();
    let answer = recommend(&["--request", "black dress", "--user", &user, "-k", "7"]);
    assert_eq!((hits(&answer).len(), &answer["notes"]), (7, &Value::Array(Vec::new())));
    let scores: Vec<f64> = hits(&answer).iter().map(|hit| hit["score"].as_f64().unwrap()).collect();
    assert!(scores.is_sorted_by(|a, b| a >= b), "{scores:?}");
    let events = std::fs::read_to_string(MADE.dir.join("events.csv")).unwrap();
    for hit in hits(&answer) {
        let had = format!("{user},{},", hit["item_id"].as_str().unwrap());
        assert!(!events.contains(&had), "{had} is an event");
    }
    let all = recommend(&["--user", &user, "-k", "1000", "--include-seen"]);
    assert_eq!(hits(&all).len(), SIZE.n_items);
}

#[test]
fn reasons_add_up_to_the_score() {
    let user = a_user();
    for args in [&["--request", "red scarf", "--user", &user][..], &["--request", "red scarf"], &["--user", &user], &[]]
    {
        let answer = recommend(&[args, &["--explain"]].concat());
        for hit in hits(&answer) {
            let part = |name: &str| hit["explanation"][name].as_f64().unwrap();
            let sum = part("popularity") + part("words") + part("taste");
            // Parts are differences of single-precision scores: a few units in the last place.
            assert!((sum - hit["score"].as_f64().unwrap()).abs() < 1e-4, "{args:?}: {hit}");
            assert_eq!(part("words") == 0.0, !args.contains(&"--request"), "{args:?}: {hit}");
        }
        let past: usize =
            hits(&answer).iter().map(|hit| hit["explanation"]["past_items"].as_array().unwrap().len()).sum();
        assert_eq!(past > 0, args.contains(&"--user"), "{args:?}");
    }
    let shown = text(&whisperlite(&MADE.dir, &["recommend", "shop", "--user", &user, "--explain"]).stdout);
    assert!(shown.contains("words +0.000, taste ") && shown.contains(" from "), "{shown}");
}

#[test]
fn what_is_not_known_is_said() {
    let unknown = recommend(&["--request", "boots", "--user", "nobody"]);
    assert_eq!(unknown["notes"], serde_json::json!([{"unknown_user": {"user_id": "nobody"}}]));
    assert_eq!(unknown["hits"], recommend(&["--request", "boots"])["hits"]);
    let empty = recommend(&["--user", "nobody", "--request", "  "]);
    assert_eq!(empty["notes"], serde_json::json!([{"unknown_user": {"user_id": "nobody"}}, "popular"]));
    assert_eq!(hits(&empty).len(), 10);
    let shown = text(&whisperlite(&MADE.dir, &["recommend", "shop", "--user", "nobody"]).stdout);
    assert!(shown.starts_with("note: user `nobody` is not in the store"), "{shown}");
    assert!(shown.contains("note: no request and no history: this is what is popular"), "{shown}");
}

#[test]
fn filters_hold_and_their_mistakes_are_named() {
    let answer = recommend(&["--request", "dress", "--filter", "colour = \"black\"", "-k", "100"]);
    assert!(!hits(&answer).is_empty());
    assert!(hits(&answer).iter().all(|hit| hit["title"].as_str().unwrap().contains(" black ")), "{answer}");
    let nothing = recommend(&["--filter", "price < 0"]);
    assert!(hits(&nothing).is_empty() && nothing["notes"].as_array().unwrap().contains(&"nothing_matches".into()));
    let user = a_user();
    let seen = recommend(&["--user", &user, "-k", "1000", "--include-seen"]);
    let new = recommend(&["--user", &user, "-k", "1000"]);
    let title = |hit: &Value| hit["title"].as_str().unwrap().to_owned();
    let new: Vec<String> = hits(&new).iter().map(title).collect();
    let had = hits(&seen).iter().map(title).find(|title| !new.contains(title)).unwrap();
    let filter = format!("title = \"{had}\"");
    let all_seen = recommend(&["--user", &user, "--filter", &filter]);
    assert_eq!((hits(&all_seen).len(), &all_seen["notes"]), (0, &serde_json::json!(["all_seen"])));
    let shown = text(&whisperlite(&MADE.dir, &["recommend", "shop", "--user", &user, "--filter", &filter]).stdout);
    assert!(shown.contains("is left out; --include-seen shows it"), "{shown}");
    let (code, message) = failure(&MADE.dir, &["recommend", "shop", "--filter", "color = \"black\""]);
    assert!(code == Some(1) && message.contains("color"), "{message}");
    let (code, message) = failure(&MADE.dir, &["recommend", "shop", "--filter", "colour ="]);
    assert!(code == Some(2) && message.contains("filter, column 9: expected"), "{message}");
}

/// A copy of a store on another machine, where the encoder's folder is elsewhere, or nowhere.
#[test]
fn a_copied_store_finds_the_encoder_by_its_name() {
    let home = tempfile::tempdir().unwrap();
    copy_folder(&MADE.dir.join("shop"), &home.path().join("shop"));
    let remembered = home.path().join("shop/encoder.json");
    let choice = std::fs::read_to_string(&remembered).unwrap();
    let mut choice: Value = serde_json::from_str(&choice).unwrap();
    choice["path"] = "/gone/mean-normalized".into();
    std::fs::write(&remembered, choice.to_string()).unwrap();
    let recommend = |args: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_whisperlite"));
        command.current_dir(home.path()).env("XDG_CACHE_HOME", home.path().join("cache"));
        command.args(["--json", "recommend", "shop"]).args(args).output().unwrap()
    };
    assert!(recommend(&["--user", &a_user()]).status.success(), "without words, no encoder is needed");
    let gone = recommend(&["--request", "boots"]);
    let message = text(&gone.stderr);
    assert_eq!(gone.status.code(), Some(1));
    for part in ["`mean-normalized` of /gone/mean-normalized", "whisperlite encoder pull"] {
        assert!(message.contains(part), "{message}");
    }
    let folder = home.path().join("cache/whisperlite/models/org/mean-normalized");
    copy_folder(Path::new(ENCODER), &folder);
    let found = recommend(&["--request", "boots"]);
    assert!(found.status.success(), "{}", text(&found.stderr));
    assert_eq!(
        serde_json::from_slice::<Value>(&found.stdout).unwrap(),
        crate::pipeline::recommend(&["--request", "boots"])
    );
    std::fs::remove_dir_all(&folder).unwrap();
    copy_folder(&Path::new(ENCODER).with_file_name("cls-tanh-f16"), &folder);
    let other = recommend(&["--request", "boots"]);
    assert!(!other.status.success() && text(&other.stderr).contains("belongs to encoder"), "{}", text(&other.stderr));
}

/// A model belongs to the vectors and to the held-out events that it was trained with.
#[test]
fn a_model_that_no_longer_fits_its_store_is_refused() {
    let home = tempfile::tempdir().unwrap();
    copy_folder(&MADE.dir.join("shop"), &home.path().join("shop"));
    let other = Path::new(ENCODER).with_file_name("cls-tanh-f16");
    json(home.path(), &["embed", "shop", "--encoder", other.to_str().unwrap()]);
    for args in [&["recommend", "shop", "--request", "coat"][..], &["evaluate", "shop"][..]] {
        let (code, error) = failure(home.path(), args);
        assert!(code == Some(1) && error.contains("embedded anew") && error.contains("whisperlite train"), "{error}");
    }
    json(home.path(), &["embed", "shop", "--encoder", ENCODER]);
    std::fs::write(home.path().join("more.csv"), "user_id,item_id,timestamp\nnewcomer,synthetic-0001,1704177729\n")
        .unwrap();
    json(home.path(), &["import", "shop", "--from", "tables", "more.csv", "--on-error", "skip"]);
    let (code, error) = failure(home.path(), &["evaluate", "shop"]);
    assert!(code == Some(1) && error.contains("changed since the model was trained"), "{error}");
}

pub(crate) fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() { copy_folder(&path, &target) } else { std::fs::copy(&path, &target).map(|_| ()).unwrap() }
    }
}

#[test]
fn a_mistake_in_a_configuration_is_named() {
    let dir = &MADE.dir;
    std::fs::write(dir.join("key.toml"), "[optimizer]\nmax_epoch = 1\n").unwrap();
    let (code, message) = failure(dir, &["train", "shop", "--config", "key.toml"]);
    assert!(code == Some(1) && message.contains("max_epoch") && message.contains("key.toml"), "{message}");
    std::fs::write(dir.join("value.toml"), "[optimizer]\nbatch_size = 0\n").unwrap();
    let (code, message) = failure(dir, &["train", "shop", "--config", "value.toml"]);
    assert!(code == Some(1) && message.contains("`optimizer.batch_size = 0`"), "{message}");
    let (code, message) = failure(dir, &["train", "shop", "--config", "nowhere"]);
    assert!(code == Some(2) && message.contains("there are: best, paper"), "{message}");
}

/// Every command that comes too early says which one comes first.
#[test]
fn commands_in_the_wrong_order_say_what_to_do() {
    let dir = fresh("wrong-order");
    let (code, message) = failure(&dir, &["embed", "shop", "--encoder", ENCODER]);
    assert!(code == Some(1) && message.contains("shop"), "{message}");
    json(&dir, &["import", "shop", "--from", "tables", "items.csv", "events.csv"]);
    let (code, message) = failure(&dir, &["train", "shop"]);
    assert!(code == Some(1) && message.contains("whisperlite embed"), "{message}");
    json(&dir, &["embed", "shop", "--encoder", ENCODER]);
    let (code, message) = failure(&dir, &["recommend", "shop"]);
    assert!(code == Some(1) && message.contains("run `whisperlite train shop` first"), "{message}");
}

/// Nobody reads what is said on the way: the work goes on, and ends as it would.
#[test]
fn a_closed_standard_error_is_no_failure() {
    use std::process::{Command, Stdio};
    let dir = fresh("closed-stderr");
    let code = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_whisperlite"));
        command.current_dir(&dir).args(args).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        drop(child.stderr.take());
        child.wait().unwrap().code()
    };
    assert_eq!(code(&["import", "shop", "--from", "tables", "items.csv", "events.csv"]), Some(0));
    assert_eq!(code(&["embed", "shop", "--encoder", ENCODER]), Some(0));
    assert_eq!(code(&["train", "shop", "--config", "tiny.toml"]), Some(0));
    assert!(dir.join("shop/model/README.md").exists());
    assert_eq!(code(&["train", "nowhere"]), Some(1), "an error that cannot be printed is one still");
}

/// A reader that has seen enough, such as `head`, is no failure.
#[test]
fn a_closed_pipe_is_no_failure() {
    use std::process::{Command, Stdio};
    let mut child = Command::new(env!("CARGO_BIN_EXE_whisperlite"))
        .current_dir(&MADE.dir)
        .args(["--json", "recommend", "shop", "-k", "80", "--explain"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), String::new()));
}

#[test]
fn an_encoder_without_a_composition_adds_and_one_without_eyes_says_so() {
    let first = recommend(&["-k", "1"])["hits"][0]["item_id"].as_str().unwrap().to_owned();
    let answer = recommend(&["--like", &first, "--request", "in green"]);
    assert_eq!(answer["notes"], serde_json::json!(["added"]));
    let picture = concat!(env!("CARGO_MANIFEST_DIR"), "/../whisperlite/tests/fixtures/clip/pictures/animated.png");
    let (code, message) = failure(&MADE.dir, &["recommend", "shop", "--image", picture]);
    assert!(code == Some(1) && message.contains("picture"), "{message}");
}

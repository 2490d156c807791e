//! `whisperlite encoder` and `whisperlite embed`: what they print, and what a kill leaves behind.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::hub_server::{HubFile, HubServer};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../whisperlite/tests/fixtures/encoder").join(name)
}

/// The command, in a folder that is its whole world: cache, settings and data.
fn whisperlite(home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_whisperlite"));
    command
        .current_dir(home)
        .env("XDG_CACHE_HOME", home.join("cache"))
        .env_remove("HF_ENDPOINT")
        .env_remove("HF_TOKEN");
    command
}

fn run(home: &Path, args: &[&str]) -> Output {
    whisperlite(home).args(args).output().expect("the command starts")
}

/// The answer of a command that must succeed.
fn json(home: &Path, args: &[&str]) -> Value {
    let output = run(home, &[&["--json"], args].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("the answer is JSON")
}

/// A hub with the smallest tiny encoder.
fn hub() -> HubServer {
    let hub = HubServer::start();
    let names = ["config.json", "model.safetensors", "tokenizer.json"];
    for name in names {
        let contents = std::fs::read(fixture("bare").join(name)).expect("fixture");
        hub.put(&format!("/org/tiny/resolve/main/{name}"), HubFile { contents, ..HubFile::default() });
    }
    let siblings = names.map(|name| format!("{{\"rfilename\": \"{name}\"}}")).join(",");
    let contents = format!("{{\"siblings\": [{siblings}]}}").into_bytes();
    hub.put("/api/models/org/tiny/revision/main", HubFile { contents, ..HubFile::default() });
    hub
}

#[test]
fn an_encoder_is_pulled_listed_and_described() {
    let home = tempfile::tempdir().expect("temporary folder");
    assert_eq!(json(home.path(), &["encoder", "list"])["local"], Value::Array(Vec::new()));
    let hub = hub();
    let pulled = json(home.path(), &["encoder", "pull", "org/tiny", "--endpoint", &hub.origin]);
    assert_eq!(pulled["files"].as_array().map(Vec::len), Some(3));
    assert_eq!(json(home.path(), &["encoder", "list"])["local"][0]["name"], "org/tiny");
    for name in ["org/tiny", "tiny", "cache/whisperlite/models/org/tiny"] {
        let info = json(home.path(), &["encoder", "info", name]);
        assert_eq!((&info["architecture"], &info["dim"], &info["name"]), (&"bert".into(), &24.into(), &"tiny".into()));
    }
    let shown = run(home.path(), &["encoder", "info", "tiny"]);
    assert!(String::from_utf8_lossy(&shown.stdout).contains("assumed: the folder has no modules.json"));
}

/// The one that comes with the program is found by its name, without a hub, and stays small.
#[test]
fn the_built_in_encoder_is_there_by_its_name() {
    let home = tempfile::tempdir().expect("temporary folder");
    assert_eq!(json(home.path(), &["encoder", "list"])["built_in"], "whisperlite-small");
    let info = json(home.path(), &["encoder", "info", "whisperlite-small"]);
    assert_eq!((&info["architecture"], &info["dim"]), (&"clip".into(), &128.into()));
    let folder = home.path().join("cache/whisperlite/models/whisperlite-small");
    let files = folder.read_dir().expect("the folder is there").map(|file| file.and_then(|file| file.metadata()));
    let n_bytes: u64 = files.map(|file| file.expect("metadata").len()).sum();
    assert!((1_000_000..=8_000_000).contains(&n_bytes), "{n_bytes} bytes");
    // What an older program left there is replaced.
    std::fs::write(folder.join("model.safetensors"), b"older").expect("writable");
    assert_eq!(json(home.path(), &["encoder", "info", "whisperlite-small"]), info);
}

#[test]
fn the_token_of_the_environment_is_sent_to_the_endpoint_of_the_environment() {
    let home = tempfile::tempdir().expect("temporary folder");
    let hub = hub();
    let pull = ["encoder", "pull", "org/tiny", "--to", "here"];
    let output = whisperlite(home.path()).args(pull).env("HF_ENDPOINT", &hub.origin).env("HF_TOKEN", "secret").output();
    assert!(output.expect("the command starts").status.success());
    assert!(home.path().join("here/model.safetensors").is_file());
    assert!(hub.seen("").iter().all(|seen| seen.authorization.as_deref() == Some("Bearer secret")));
}

#[test]
fn an_unknown_name_says_how_to_fetch_it() {
    let home = tempfile::tempdir().expect("temporary folder");
    let output = run(home.path(), &["encoder", "info", "nowhere"]);
    assert_eq!(output.status.code(), Some(1));
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(message.contains("whisperlite encoder pull nowhere"), "{message}");
}

/// A store of many items, imported into `shop`.
fn import_items(home: &Path, n_items: usize) {
    let mut items = "item_id,title\n".to_owned();
    let mut events = "user_id,item_id,timestamp,request\n".to_owned();
    (0..n_items).for_each(|i| items.push_str(&format!("i{i},red dress number {i}\n")));
    events.push_str("u,i0,2020-01-01,wedding\n");
    std::fs::write(home.join("items.csv"), items).expect("items");
    std::fs::write(home.join("events.csv"), events).expect("events");
    json(home, &["import", "shop", "--from", "tables", "items.csv", "events.csv"]);
}

/// Finished segments of the store's embeddings.
fn n_segments(home: &Path) -> usize {
    let Ok(encoders) = std::fs::read_dir(home.join("shop/embeddings")) else { return 0 };
    let folders = encoders.filter_map(|entry| std::fs::read_dir(entry.ok()?.path()).ok());
    let names = folders.flatten().filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    names.filter(|name| name.ends_with(".safetensors") && !name.starts_with(".tmp-")).count()
}

#[test]
fn a_store_is_embedded_once() {
    let home = tempfile::tempdir().expect("temporary folder");
    import_items(home.path(), 20);
    let encoder = fixture("mean-normalized");
    let args = ["embed", "shop", "--encoder", encoder.to_str().expect("UTF-8")];
    let first = json(home.path(), &args);
    assert_eq!((&first["n_texts"], &first["n_embedded"], &first["dim"]), (&21.into(), &21.into(), &24.into()));
    let second = json(home.path(), &args);
    assert_eq!((&second["n_embedded"], &second["n_cached"]), (&0.into(), &21.into()));
    let remembered = std::fs::read(home.path().join("shop/encoder.json")).expect("the choice is remembered");
    let remembered: Value = serde_json::from_slice(&remembered).expect("JSON");
    assert_eq!((&remembered["name"], &remembered["fingerprint"]), (&first["encoder"], &first["fingerprint"]));
}

#[test]
fn a_killed_run_goes_on_where_it_was() {
    const N_ITEMS: usize = 40_000;
    let home = tempfile::tempdir().expect("temporary folder");
    import_items(home.path(), N_ITEMS);
    let encoder = fixture("mean-normalized");
    let args = ["embed", "shop", "--encoder", encoder.to_str().expect("UTF-8")];
    let mut child = whisperlite(home.path()).arg("--json").args(args).spawn().expect("the command starts");
    let started = Instant::now();
    while n_segments(home.path()) < 2 {
        assert!(started.elapsed() < Duration::from_secs(120), "no segment was finished");
        std::thread::sleep(Duration::from_millis(1));
    }
    child.kill().expect("still running"); // SIGKILL: nothing can be tidied up
    child.wait().expect("killed");

    let n_finished = n_segments(home.path()) * 1024;
    assert!(n_finished < N_ITEMS, "killed too late to mean anything");
    let resumed = json(home.path(), &args);
    assert_eq!(resumed["n_cached"], n_finished, "what was finished is not computed again");
    assert_eq!(resumed["n_embedded"], N_ITEMS + 1 - n_finished);
    assert_eq!(json(home.path(), &args)["n_embedded"], 0);
}

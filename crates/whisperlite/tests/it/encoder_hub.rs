//! Fetching from a hub, against a stand-in on the loopback interface.

use std::path::Path;

use sha1::Sha1;
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use whisperlite::encoder::hub::{HubError, PullOptions, PullSummary, pull};
use whisperlite::progress::Silent;

use crate::encoder::fixture;
use crate::hub_server::{HubFile, HubServer};

const REPOSITORY: &str = "org/tiny";
const TOKEN: &str = "hf_secret";

fn hex(bytes: impl AsRef<[u8]>) -> String {
    bytes.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn sha256(contents: &[u8]) -> String {
    hex(Sha256::digest(contents))
}

fn git_blob(contents: &[u8]) -> String {
    hex(Sha1::new().chain_update(format!("blob {}\0", contents.len())).chain_update(contents).finalize())
}

fn resolve(file: &str) -> String {
    format!("/{REPOSITORY}/resolve/main/{file}")
}

/// A hub that has the tiny encoder, its weights on a second server.
fn hub() -> (HubServer, HubServer) {
    let (hub, storage) = (HubServer::start(), HubServer::start());
    hub.with(|state| state.storage = storage.origin.clone());
    let small = ["config.json", "tokenizer.json", "modules.json", "1_Pooling/config.json", "sentence_bert_config.json"];
    for name in small {
        let contents = std::fs::read(fixture("mean-normalized").join(name)).expect("fixture");
        let etag = git_blob(&contents);
        hub.put(&resolve(name), HubFile { contents, etag, ..HubFile::default() });
    }
    let contents = weights();
    let etag = sha256(&contents);
    storage.put(
        &resolve("model.safetensors"),
        HubFile { contents, etag: "\"of-the-storage\"".into(), ..HubFile::default() },
    );
    hub.put(&resolve("model.safetensors"), HubFile { etag, in_storage: true, ..HubFile::default() });
    list(
        &hub,
        &[&small[..], &["model.safetensors", "onnx/model.onnx", "../evil.json", "1_Pooling/../../evil.json"]].concat(),
    );
    (hub, storage)
}

fn weights() -> Vec<u8> {
    std::fs::read(fixture("mean-normalized/model.safetensors")).expect("fixture")
}

fn list(hub: &HubServer, names: &[&str]) {
    let siblings: Vec<String> = names.iter().map(|name| format!("{{\"rfilename\": \"{name}\"}}")).collect();
    let contents = format!("{{\"sha\": \"abc\", \"siblings\": [{}]}}", siblings.join(",")).into_bytes();
    hub.put(&format!("/api/models/{REPOSITORY}/revision/main"), HubFile { contents, ..HubFile::default() });
}

fn pull_into(hub: &HubServer, folder: &Path) -> Result<PullSummary, HubError> {
    let options = PullOptions { endpoint: hub.origin.clone(), token: Some(TOKEN.into()), ..PullOptions::default() };
    pull(REPOSITORY, &options, folder, &Silent)
}

fn n_fetched(summary: &PullSummary) -> u64 {
    summary.files.iter().map(|file| file.n_fetched_bytes).sum()
}

#[test]
fn a_pulled_folder_is_a_working_encoder() {
    let (hub, storage) = hub();
    let to = TempDir::new().expect("temporary folder");
    let folder = to.path().join("models/tiny");
    let summary = pull_into(&hub, &folder).expect("pulls");
    assert_eq!(summary.files.len(), 6);
    assert!(summary.files.iter().all(|file| file.checksum_verified && file.n_fetched_bytes == file.n_bytes));
    let pulled = whisperlite::encoder::open(&folder).expect("opens");
    let original = whisperlite::encoder::open(&fixture("mean-normalized")).expect("opens");
    assert_eq!(pulled.fingerprint(), original.fingerprint());

    assert!(hub.seen("model.onnx").is_empty(), "only what is needed is fetched");
    assert!(!to.path().join("models/evil.json").exists() && !to.path().join("evil.json").exists());
    assert!(hub.seen("evil.json").is_empty());
    assert!(storage.seen("model.safetensors").iter().all(|seen| seen.authorization.is_none()), "the token stays here");
    let expected = Some(format!("Bearer {TOKEN}"));
    assert!(hub.seen("").iter().all(|seen| seen.authorization == expected), "{:?}", hub.seen(""));
    let names: Vec<_> =
        std::fs::read_dir(&folder).expect("folder").map(|entry| entry.expect("entry").file_name()).collect();
    assert!(!names.iter().any(|name| name.to_string_lossy().contains(".part")), "{names:?}");
}

#[test]
fn what_is_there_and_right_is_not_fetched_again() {
    let (hub, _storage) = hub();
    let to = TempDir::new().expect("temporary folder");
    pull_into(&hub, to.path()).expect("pulls");
    assert_eq!(n_fetched(&pull_into(&hub, to.path()).expect("pulls")), 0);
    std::fs::write(to.path().join("config.json"), "{}").expect("a file is damaged");
    let summary = pull_into(&hub, to.path()).expect("pulls");
    let config = std::fs::read(fixture("mean-normalized/config.json")).expect("fixture");
    assert_eq!(n_fetched(&summary), config.len() as u64);
    assert_eq!(std::fs::read(to.path().join("config.json")).expect("file"), config);
}

#[test]
fn a_connection_that_keeps_breaking_is_resumed_by_range() {
    let (hub, storage) = hub();
    let path = resolve("model.safetensors");
    storage.with(|state| state.files.get_mut(&path).expect("weights").breaks_after = Some(20_000));
    let to = TempDir::new().expect("temporary folder");
    let summary = pull_into(&hub, to.path()).expect("pulls");
    assert_eq!(std::fs::read(to.path().join("model.safetensors")).expect("file"), weights());
    let ranges: Vec<_> = storage.seen("model.safetensors").into_iter().map(|seen| seen.range).collect();
    assert_eq!(ranges[..2], [None, Some("bytes=20000-".into())]);
    let weights_file = summary.files.iter().find(|file| file.name == "model.safetensors").expect("is listed");
    assert_eq!(weights_file.n_fetched_bytes, weights().len() as u64, "no byte is fetched twice");
}

/// Leaves `part` behind, as a killed run does, of contents that the hub called `etag`.
fn leave_part(folder: &Path, part: &[u8], etag: &str) {
    std::fs::write(folder.join("model.safetensors.part"), part).expect("part");
    std::fs::write(folder.join("model.safetensors.part.etag"), etag).expect("etag");
}

#[test]
fn a_killed_download_goes_on_where_it_was() {
    let (hub, storage) = hub();
    let to = TempDir::new().expect("temporary folder");
    leave_part(to.path(), &weights()[..12_345], &sha256(&weights()));
    let summary = pull_into(&hub, to.path()).expect("pulls");
    assert_eq!(storage.seen("model.safetensors")[0].range.as_deref(), Some("bytes=12345-"));
    let file = summary.files.iter().find(|file| file.name == "model.safetensors").expect("is listed");
    assert_eq!((file.n_bytes, file.n_fetched_bytes), (weights().len() as u64, weights().len() as u64 - 12_345));
}

#[test]
fn a_part_that_was_whole_already_is_only_verified() {
    let (hub, _storage) = hub();
    let to = TempDir::new().expect("temporary folder");
    leave_part(to.path(), &weights(), &sha256(&weights()));
    let summary = pull_into(&hub, to.path()).expect("pulls");
    let file = summary.files.iter().find(|file| file.name == "model.safetensors").expect("is listed");
    assert_eq!((file.n_bytes, file.n_fetched_bytes), (weights().len() as u64, 0));
}

#[test]
fn a_part_of_other_contents_is_not_continued() {
    let (hub, _storage) = hub();
    let to = TempDir::new().expect("temporary folder");
    leave_part(to.path(), &[7; 5_000], &sha256(b"an older revision"));
    pull_into(&hub, to.path()).expect("pulls");
    assert_eq!(std::fs::read(to.path().join("model.safetensors")).expect("file"), weights());
}

#[test]
fn a_server_without_ranges_sends_the_whole_file() {
    let (hub, storage) = hub();
    storage.with(|state| state.ignores_ranges = true);
    let to = TempDir::new().expect("temporary folder");
    leave_part(to.path(), &weights()[..5_000], &sha256(&weights()));
    pull_into(&hub, to.path()).expect("pulls");
    assert_eq!(std::fs::read(to.path().join("model.safetensors")).expect("file"), weights());
}

#[test]
fn a_connection_that_brings_nothing_gives_up_and_keeps_the_part() {
    let (hub, storage) = hub();
    let path = resolve("model.safetensors");
    storage.with(|state| state.files.get_mut(&path).expect("weights").breaks_after = Some(0));
    let to = TempDir::new().expect("temporary folder");
    leave_part(to.path(), &weights()[..5_000], &sha256(&weights()));
    let error = pull_into(&hub, to.path()).expect_err("nothing comes");
    assert!(
        matches!(&error, HubError::Interrupted { name, n_bytes: 5_000, .. } if name == "model.safetensors"),
        "{error}"
    );
    assert!(error.to_string().contains("again"), "{error}");
    assert!(!to.path().join("config.json").exists(), "half a folder is not taken for an encoder");
}

#[test]
fn wrong_contents_are_removed() {
    for (file, server) in [("model.safetensors", 1), ("tokenizer.json", 0)] {
        let servers = hub();
        let target = if server == 0 { &servers.0 } else { &servers.1 };
        target.with(|state| state.files.get_mut(&resolve(file)).expect("file").contents[10] ^= 1);
        let to = TempDir::new().expect("temporary folder");
        let error = pull_into(&servers.0, to.path()).expect_err("the contents are wrong");
        assert!(matches!(&error, HubError::Checksum { name, .. } if name == file), "{error}");
        assert!(!to.path().join(file).exists() && !to.path().join(format!("{file}.part")).exists());
    }
}

#[test]
fn refusals_say_what_to_do() {
    let (hub, _storage) = hub();
    let to = TempDir::new().expect("temporary folder");
    let listing = format!("/api/models/{REPOSITORY}/revision/main");
    let error_for = |status| {
        hub.with(|state| state.refused.insert(listing.clone(), status));
        pull_into(&hub, to.path()).expect_err("refused")
    };
    for status in [401, 403] {
        let error = error_for(status);
        assert!(matches!(error, HubError::Denied { status: found, .. } if found == status));
        assert!(error.to_string().contains("HF_TOKEN"), "{error}");
    }
    assert!(matches!(error_for(404), HubError::NotFound { .. }));
    assert!(matches!(error_for(503), HubError::Status { status: 503, .. }));
}

#[test]
fn nobody_there_is_said_with_the_ways_out() {
    let free_port = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("bound");
    let options = PullOptions { endpoint: format!("http://{free_port}"), ..PullOptions::default() };
    let to = TempDir::new().expect("temporary folder");
    let error = pull(REPOSITORY, &options, to.path(), &Silent).expect_err("nobody listens");
    assert!(matches!(error, HubError::Unreachable { .. }));
    assert!(error.to_string().contains("--endpoint"), "{error}");
}

#[test]
fn a_repository_without_weights_is_no_encoder() {
    let (hub, _storage) = hub();
    list(&hub, &["config.json", "tokenizer.json", "pytorch_model.bin"]);
    let to = TempDir::new().expect("temporary folder");
    let error = pull_into(&hub, to.path()).expect_err("no safetensors");
    assert!(matches!(error, HubError::NotAnEncoder { files, .. } if files == ["model.safetensors"]));
}

#[test]
fn a_listing_that_is_none_is_reported() {
    let (hub, _storage) = hub();
    let contents = b"<html>captive portal</html>".to_vec();
    hub.put(&format!("/api/models/{REPOSITORY}/revision/main"), HubFile { contents, ..HubFile::default() });
    let to = TempDir::new().expect("temporary folder");
    assert!(matches!(pull_into(&hub, to.path()), Err(HubError::BadListing { .. })));
}

#[test]
fn redirects_in_circles_end() {
    let (hub, storage) = hub();
    let path = resolve("model.safetensors");
    storage.with(|state| {
        state.storage = hub.origin.clone();
        state.files.get_mut(&path).expect("weights").in_storage = true;
    });
    let to = TempDir::new().expect("temporary folder");
    assert!(matches!(pull_into(&hub, to.path()), Err(HubError::Redirect { .. })));
}

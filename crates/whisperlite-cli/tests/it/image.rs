//! A server that starts again reads its engine from the image that it left, where that is its own and whole, and answers the same
//! whether it does or not.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use whisperlite::recommender::IMAGE_FILE;

use crate::cluster::Cluster;
use crate::serve::{Server, a_shop, item_ids};
use crate::shared_store::a_shared_shop;
use crate::support::json as run;

/// How a server got ready.
#[derive(Debug, PartialEq)]
enum Start {
    Read,
    /// For this reason.
    MadeAnew(String),
}

/// A server, and how it got ready, by its log.
fn start(dir: &Path, database: Option<&str>) -> (Server, Start) {
    let log = dir.with_file_name("log");
    let mut command = Server::command_that_logs(dir, "info");
    command.stderr(Stdio::from(std::fs::File::create(&log).unwrap()));
    if let Some(database) = database {
        command.env("WHISPERLITE_STORE", database);
    }
    let server = Server::announced(command);
    let log = std::fs::read_to_string(log).unwrap();
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let said = |message: &str| lines.iter().find(|line| line["fields"]["message"] == message);
    let start = match said("the engine is made anew") {
        Some(line) => Start::MadeAnew(line["fields"]["why"].as_str().unwrap().to_owned()),
        None => {
            assert!(said("the engine was read from its image").is_some(), "{log}");
            Start::Read
        }
    };
    (server, start)
}

/// Whether the start was one that made the engine anew, for a reason that says this.
fn because(start: &Start, reason: &str) -> bool {
    matches!(start, Start::MadeAnew(why) if why.contains(reason))
}

fn image_of(dir: &Path) -> PathBuf {
    dir.join(IMAGE_FILE)
}

/// Waits until a server has written another image than `before`.
fn wait_for_image(dir: &Path, before: Option<&[u8]>) -> Vec<u8> {
    let begin = Instant::now();
    loop {
        match std::fs::read(image_of(dir)) {
            Ok(bytes) if Some(&bytes[..]) != before => return bytes,
            _ => assert!(begin.elapsed() < Duration::from_secs(60), "no image is written"),
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Answers of several kinds, without what is new in each answer.
fn answers(server: &Server) -> Vec<Value> {
    let questions = [
        ("/v1/search", json!({"q": "black dress", "limit": 1000, "explain": true})),
        ("/v1/search", json!({"q": "warm coat", "user_id": "u1", "filter": "price < 100", "facets": ["category"]})),
        ("/v1/recommend", json!({"user_id": "newcomer", "limit": 1000, "explain": true})),
    ];
    let answer = |(path, question): &(&str, Value)| {
        let (status, mut answer) = server.post(path, question).unwrap();
        assert_eq!(status, 200, "{answer}");
        let told = answer.as_object_mut().unwrap();
        told.retain(|key, _| !["query_id", "request_id", "processing_time_ms"].contains(&key.as_str()));
        answer
    };
    questions.iter().map(answer).collect()
}

fn put(server: &Server, item_id: &str, title: &str) {
    let request = crate::serve::agent().put(format!("{}/v1/items/{item_id}", server.url));
    let sent =
        request.header("content-type", "application/json").send(json!({"title": title, "price": 20.0}).to_string());
    assert_eq!(sent.unwrap().status(), 201);
}

fn click(server: &Server, item_id: &str) {
    let event = json!({"type": "click", "user_id": "newcomer", "item_id": item_id});
    assert_eq!(server.post("/v1/events", &event).unwrap().0, 200);
}

#[test]
fn a_restart_reads_the_image_and_what_came_since_and_answers_the_same() {
    let (_home, dir) = a_shop();
    let (server, first) = start(&dir, None);
    assert!(because(&first, "there is no image"), "{first:?}");
    let at_first = answers(&server);
    let image = wait_for_image(&dir, None);
    put(&server, "new-1", "black velvet dress");
    click(&server, "new-1");
    let told = answers(&server);
    assert_ne!(told, at_first);
    // Killed, and started again, twice at once.
    drop(server);
    let (server, second) = start(&dir, None);
    let other = Server::start(&dir);
    assert_eq!(second, Start::Read);
    assert_eq!((answers(&server), answers(&other)), (told.clone(), told.clone()));
    assert_eq!(server.terminate(), Some(0));
    drop(other);
    assert_eq!(std::fs::read(image_of(&dir)).unwrap(), image, "an engine that was read is not written again");
    // A reload counts all that came since, and leaves an image of it.
    let (server, _) = start(&dir, None);
    assert_eq!(server.post("/v1/model:reload", &json!({})).unwrap().0, 200);
    let reloaded = answers(&server);
    wait_for_image(&dir, Some(&image));
    assert_eq!(server.terminate(), Some(0));
    let (server, fourth) = start(&dir, None);
    assert_eq!((fourth, answers(&server)), (Start::Read, reloaded.clone()));
    drop(server);
    std::fs::remove_dir_all(image_of(&dir).parent().unwrap()).unwrap();
    let (server, fifth) = start(&dir, None);
    assert!(because(&fifth, "there is no image"), "{fifth:?}");
    assert_eq!(answers(&server), reloaded, "made anew of the same moment");
}

#[test]
fn an_image_that_is_damaged_or_of_something_else_is_not_used() {
    let (home, dir) = a_shop();
    let (server, _) = start(&dir, None);
    let expected = answers(&server);
    let image = wait_for_image(&dir, None);
    drop(server);
    // Damaged, cut off, and what a killed writer leaves.
    let mut damaged = image.clone();
    damaged[image.len() / 2] ^= 1;
    let mut older = image.clone();
    older[8] = 0;
    for (bytes, reason) in [
        (&damaged[..], "is damaged"),
        (&image[..image.len() / 3], "is damaged"),
        (&older[..], "format version 0"),
        (&b"something else"[..], "no file of tables"),
    ] {
        std::fs::write(image_of(&dir), bytes).unwrap();
        std::fs::write(image_of(&dir).with_file_name(".tmp-half"), "half").unwrap();
        let (server, start) = start(&dir, None);
        assert!(because(&start, reason), "{start:?}");
        assert_eq!(answers(&server), expected);
        wait_for_image(&dir, Some(bytes));
        assert!(!image_of(&dir).with_file_name(".tmp-half").exists());
    }
    // Another model.
    let tiny = std::fs::read_to_string(crate::pipeline::trained_shop().with_file_name("tiny.toml")).unwrap();
    let config = home.path().join("seed.toml");
    std::fs::write(&config, tiny.replace("seed = 3", "seed = 21")).unwrap();
    run(&dir, &["train", ".", "--config", config.to_str().unwrap()]);
    let before = std::fs::read(image_of(&dir)).unwrap();
    let (server, other_model) = start(&dir, None);
    assert!(because(&other_model, "another model"), "{other_model:?}");
    let expected = answers(&server);
    wait_for_image(&dir, Some(&before));
    drop(server);
    // Another store in the same place, with the same data.
    let connection = rusqlite::Connection::open(dir.join("store.sqlite")).unwrap();
    connection.execute("DELETE FROM meta WHERE key = 'store_id'", []).unwrap();
    drop(connection);
    let before = std::fs::read(image_of(&dir)).unwrap();
    let (server, other_store) = start(&dir, None);
    assert!(because(&other_store, "another store"), "{other_store:?}");
    assert_eq!(answers(&server), expected);
    wait_for_image(&dir, Some(&before));
    put(&server, "new-1", "black velvet dress");
    assert_eq!(server.terminate(), Some(0));
    // An older state of the store, put back: it does not know the moment of an image that was written later.
    let backup = std::fs::read(dir.join("store.sqlite")).unwrap();
    let (server, _) = start(&dir, None);
    put(&server, "new-2", "black linen dress");
    let image = std::fs::read(image_of(&dir)).unwrap();
    assert_eq!(server.post("/v1/model:reload", &json!({})).unwrap().0, 200);
    wait_for_image(&dir, Some(&image));
    assert_eq!(server.terminate(), Some(0));
    std::fs::write(dir.join("store.sqlite"), backup).unwrap();
    let (server, put_back) = start(&dir, None);
    assert!(because(&put_back, "a moment that this one does not know"), "{put_back:?}");
    let found = answers(&server)[0].to_string();
    assert!(found.contains("new-1") && !found.contains("new-2"), "{found}");
}

/// Whenever it is killed, the next start answers the same: there is a whole image or none.
#[test]
fn killed_at_any_moment_a_server_leaves_a_whole_image_or_none() {
    let (_home, dir) = a_shop();
    let (server, _) = start(&dir, None);
    let expected = answers(&server);
    drop(server);
    for millis in [0, 1, 2, 4, 7, 11, 16, 22, 40] {
        let _ = std::fs::remove_file(image_of(&dir));
        let (server, _) = start(&dir, None);
        std::thread::sleep(Duration::from_millis(millis));
        drop(server);
        let there = image_of(&dir).exists();
        let (server, started) = start(&dir, None);
        assert_eq!(started == Start::Read, there, "after {millis} ms: {started:?}");
        assert_eq!(answers(&server), expected);
    }
}

#[test]
fn too_much_that_came_since_is_counted_instead() {
    let (_home, dir) = a_shop();
    let (server, _) = start(&dir, None);
    wait_for_image(&dir, None);
    drop(server);
    // More than was ever done before.
    let item_id = run(&dir, &["recommend", ".", "--request", "black dress", "-k", "1"])["hits"][0]["item_id"].clone();
    let event = |n: usize| json!({"user_id": format!("n{n}"), "item_id": item_id, "type": "click", "timestamp": 1_704_200_000 + n});
    let lines: String = (0..10_001).map(|n| format!("{}\n", event(n))).collect();
    std::fs::write(dir.with_file_name("events.jsonl"), lines).unwrap();
    run(&dir, &["import", ".", "--from", "tables", "../events.jsonl"]);
    let (server, started) = start(&dir, None);
    assert!(because(&started, "10001 events and 0 changes of items came after its image"), "{started:?}");
    let (status, answer) = server.post("/v1/recommend", &json!({"user_id": "n7", "limit": 1000})).unwrap();
    assert!(status == 200 && !item_ids(&answer).contains(&item_id.as_str().unwrap().to_owned()), "{answer}");
}

#[test]
fn a_store_in_a_database_has_images_as_well() {
    let Some(cluster) = Cluster::start() else { return };
    let (home, dir) = a_shop();
    let database = a_shared_shop(&cluster, home.path(), &dir);
    let (server, first) = start(&dir, Some(&database));
    assert!(because(&first, "there is no image"), "{first:?}");
    let image = wait_for_image(&dir, None);
    put(&server, "new-1", "black velvet dress");
    click(&server, "new-1");
    let told = answers(&server);
    drop(server);
    let (server, second) = start(&dir, Some(&database));
    assert_eq!((second, answers(&server)), (Start::Read, told));
    drop(server);
    cluster.sql("shop0", "UPDATE whisperlite_meta SET value = 'another' WHERE key = 'store_id'");
    let (_server, third) = start(&dir, Some(&database));
    assert!(because(&third, "another store"), "{third:?}");
    wait_for_image(&dir, Some(&image));
}

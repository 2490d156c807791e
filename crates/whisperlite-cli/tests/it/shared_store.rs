//! Several servers over one PostgreSQL: what one is told the others answer with, and none that dies or is added loses or repeats
//! anything.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::cluster::{Cluster, PASSWORD};
use crate::serve::{Server, a_shop, item_ids};
use crate::support::{failure, text, whisperlite};

/// A database with the trained shop's items and events, and the shop's folder without them.
pub(crate) fn a_shared_shop(cluster: &Cluster, home: &Path, dir: &Path) -> String {
    let database = cluster.database();
    let output = whisperlite(home, &["--json", "store", "push", "shop", "--store", &database]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let pushed: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(pushed["items"].as_u64() > Some(10) && pushed["events"].as_u64() > Some(100), "{pushed}");
    assert!(!pushed.to_string().contains(PASSWORD), "{pushed}");
    std::fs::remove_file(dir.join("store.sqlite")).unwrap();
    database
}

fn ask(server: &Server, user_id: &str) -> Vec<String> {
    let question = json!({"q": "something nice", "user_id": user_id, "limit": 1000});
    let (status, answer) = server.post("/v1/search", &question).unwrap();
    assert_eq!(status, 200, "{answer}");
    item_ids(&answer)
}

fn click(user_id: &str, item_id: &str) -> Value {
    json!({"type": "click", "user_id": user_id, "item_id": item_id})
}

#[test]
fn what_one_server_is_told_the_other_answers_with() {
    let Some(mut cluster) = Cluster::start() else { return };
    let (home, dir) = a_shop();
    let told = crate::support::json(&dir, &["recommend", ".", "--request", "black dress", "-k", "5"]);
    let database = a_shared_shop(&cluster, home.path(), &dir);
    let asked: [&str; 8] = ["recommend", "shop", "--request", "black dress", "-k", "5", "--store", &database];
    assert_eq!(crate::support::json(home.path(), &asked), told, "the same items and events, the same answer");
    let (one, other) = (Server::of_database(&dir, &database), Server::of_database(&dir, &database));
    let all = ask(&one, "newcomer");
    assert_eq!(ask(&other, "newcomer"), all);
    let (status, said) = one.post("/v1/events", &click("newcomer", &all[0])).unwrap();
    assert_eq!((status, &said["status"]), (200, &json!("recorded")), "{said}");
    assert!(!ask(&one, "newcomer").contains(&all[0]), "at once where it was told");
    let begin = Instant::now();
    while ask(&other, "newcomer").contains(&all[0]) {
        assert!(begin.elapsed() < Duration::from_secs(60), "the other server never learns of it");
        std::thread::sleep(Duration::from_millis(10));
    }
    eprintln!("in the other server's answers after {:.0?}", begin.elapsed());
    // The database is away: questions are answered, writes are refused, and all goes on when it is back.
    cluster.stop();
    assert_eq!(ask(&one, "newcomer").len(), all.len() - 1);
    let (status, refused) = one.post("/v1/events", &click("newcomer", &all[1])).unwrap();
    assert_eq!((status, &refused["code"]), (503, &json!("store_unreachable")), "{refused}");
    assert!(!refused.to_string().contains(PASSWORD));
    cluster.run();
    assert_eq!(one.post("/v1/events", &click("newcomer", &all[1])).unwrap().0, 200);
    assert_eq!(ask(&one, "newcomer").len(), all.len() - 2);
    let (code, message) = failure(home.path(), &["recommend", "shop", "--store", "postgres://a:b@c:d/e"]);
    assert!(code == Some(1) && message.contains("must read like postgres://"), "{message}");
}

/// Three servers; one dies in the middle of its work, another one comes. Clients send again what was not acknowledged, to whom
/// they can reach.
#[test]
fn a_server_that_dies_or_is_added_loses_and_repeats_nothing() {
    const CLIENTS: usize = 4;
    let Some(cluster) = Cluster::start() else { return };
    let (home, dir) = a_shop();
    let database = a_shared_shop(&cluster, home.path(), &dir);
    let mut dying = Server::of_database(&dir, &database);
    let staying = Server::of_database(&dir, &database);
    let item_id = ask(&staying, "nobody")[0].clone();
    let n_before: usize = cluster.sql("shop0", "SELECT COUNT(*) FROM whisperlite_events").parse().unwrap();
    let (n_sent, over) = (AtomicUsize::new(0), AtomicBool::new(false));
    let urls = [dying.url.clone(), staying.url.clone()];
    let sent: Vec<String> = std::thread::scope(|threads| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|client| {
                let (urls, item_id, n_sent, over) = (&urls, &item_id, &n_sent, &over);
                threads.spawn(move || {
                    let mut mine = Vec::new();
                    let mut at = client % 2;
                    while !over.load(Ordering::Relaxed) {
                        let event_id = format!("{client}-{}", mine.len());
                        let mut event = click(&format!("u{client}"), item_id);
                        event["event_id"] = event_id.clone().into();
                        let post = |url: &str| crate::serve::post(&crate::serve::agent(), url, "/v1/events", &event);
                        // Where a server is gone, the other gets the same event; it may have been stored already.
                        let (status, said) = post(&urls[at]).unwrap_or_else(|_| {
                            at = 1;
                            post(&urls[at]).unwrap()
                        });
                        assert_eq!(status, 200, "{said}");
                        mine.push(event_id);
                        n_sent.fetch_add(1, Ordering::Relaxed);
                    }
                    mine
                })
            })
            .collect();
        let wait_for = |n: usize| {
            while n_sent.load(Ordering::Relaxed) < n {
                std::thread::sleep(Duration::from_millis(1));
            }
        };
        wait_for(100);
        dying.child.kill().unwrap();
        dying.child.wait().unwrap();
        wait_for(200);
        over.store(true, Ordering::Relaxed);
        clients.into_iter().flat_map(|client| client.join().unwrap()).collect()
    });
    let stored = cluster.sql("shop0", "SELECT event_id FROM whisperlite_events WHERE event_id LIKE '_-%'");
    let stored: BTreeSet<&str> = stored.lines().collect();
    assert_eq!(stored, sent.iter().map(String::as_str).collect(), "each acknowledged event, and nothing else");
    let n_after: usize = cluster.sql("shop0", "SELECT COUNT(*) FROM whisperlite_events").parse().unwrap();
    assert_eq!(n_after - n_before, sent.len(), "each once");
    let added = Server::of_database(&dir, &database);
    for client in 0..CLIENTS {
        let user_id = format!("u{client}");
        // The order may differ: what is popular is counted when an engine is made.
        let [of_added, of_staying] = [&added, &staying].map(|server| BTreeSet::from_iter(ask(server, &user_id)));
        assert!(!of_added.contains(&item_id), "who comes later knows all of it");
        assert_eq!(of_added, of_staying);
    }
    assert_eq!((added.terminate(), staying.terminate()), (Some(0), Some(0)));
}

/// The model lies in the database, too: a folder that lost it gets it back, and one server's training reaches the folders of the others.
#[test]
fn the_model_comes_from_the_store() {
    let Some(cluster) = Cluster::start() else { return };
    let (home, dir) = a_shop();
    let weights = |dir: &Path| std::fs::read(dir.join("model/model.safetensors")).unwrap();
    let tiny = crate::pipeline::trained_shop().with_file_name("tiny.toml");
    let tiny = tiny.to_str().unwrap();
    let train = |seed: &str, more: &[&str]| {
        let args = [&["--json", "train", "shop", "--config", tiny, "--seed", seed][..], more].concat();
        let output = whisperlite(home.path(), &args);
        assert!(output.status.success(), "{}", text(&output.stderr));
    };
    train("1", &[]);
    let first = weights(&dir);
    std::fs::remove_dir_all(dir.join("model")).unwrap();
    crate::support::json(&dir, &["recommend", ".", "--request", "black dress", "-k", "5"]);
    assert_eq!(weights(&dir), first, "it came back");
    assert!(dir.join("model/validated/model.safetensors").is_file());

    let other = home.path().join("other");
    crate::pipeline::copy_folder(&dir, &other);
    let database = a_shared_shop(&cluster, home.path(), &dir);
    train("2", &["--store", &database]);
    assert_ne!(weights(&dir), first);
    let server = Server::of_database(&other, &database);
    assert_eq!(weights(&other), weights(&dir), "the server begins with the model of whoever trained last");
    train("3", &["--store", &database]);
    assert_ne!(weights(&other), weights(&dir));
    let (status, said) = server.post("/v1/model:reload", &json!({})).unwrap();
    assert_eq!(status, 200, "{said}");
    assert_ne!(said["model_version"], said["before"]);
    assert_eq!(weights(&other), weights(&dir));
    let left: Vec<_> =
        std::fs::read_dir(&other).unwrap().filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
    assert!(left.iter().all(|name| !name.starts_with(".model")), "{left:?}");
}

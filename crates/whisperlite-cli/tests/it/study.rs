//! A study by commands, from planning to export; and a server that is killed while people answer.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rusqlite::Connection;
use serde_json::{Value, json};

use crate::serve::{Server, a_shop, agent};
use crate::support::{failure as failed, json as run, text, whisperlite};

/// How often the server is killed.
const ROUNDS: usize = 25;
const CREATE: [&str; 13] = [
    "study",
    "create",
    ".",
    "--name",
    "autumn",
    "--requests",
    "20",
    "--tasks-per-rater",
    "5",
    "-k",
    "4",
    "--planned",
    "3",
];

fn failure(dir: &Path, args: &[&str]) -> String {
    failed(dir, args).1
}

#[test]
fn a_plan_says_how_many_judgements() {
    let (_home, dir) = a_shop();
    for (win_rate, needed) in [(".6", 210), (".65", 97), (".7", 54)] {
        let planned = run(&dir, &["study", "plan", "--win-rate", win_rate, "--power", ".8"]);
        assert_eq!((&planned["judgements"], &planned["design_effect"]), (&json!(needed), &json!(1.0)), "{planned}");
    }
    assert_eq!(run(&dir, &["study", "plan", "--effect", ".3"])["judgements"], 90);
    let clustered =
        run(&dir, &["study", "plan", "--win-rate", ".65", "--per-rater", "20", "--rater-correlation", ".05"]);
    assert!(clustered["judgements"].as_u64().unwrap() >= 189, "{clustered}");
    assert!(failure(&dir, &["study", "plan", "--win-rate", ".5"]).contains("win"));
}

#[test]
fn a_study_goes_from_making_to_export() {
    let (_home, dir) = a_shop();
    let made = run(&dir, &CREATE);
    assert_eq!((&made["version"]["number"], &made["questions"]), (&json!(1), &json!(20)), "{made}");
    assert_eq!(made["systems"], json!(["whisperlite", "whisperlite (search alone)"]));
    assert!(failure(&dir, &CREATE).contains("nothing is other"), "the same again is no new version");

    let beside = ["--system", "whisperlite", "--system", "bm25", "--arm", "pairs"];
    let second = run(&dir, &[&CREATE[..], &beside].concat());
    assert_eq!(second["version"]["number"], 2);
    let unknown = failure(&dir, &[&CREATE[..], &["--system", "whisperlite", "--system", "nothing"]].concat());
    assert!(unknown.contains("no system \"nothing\"; there are whisperlite, blend"), "{unknown}");
    let earlier = ["--system", "whisperlite", "--system", "before", "--model", "before=model/validated"];
    let unasked = failure(&dir, &[&CREATE[..], &["--model", "before=model/validated"]].concat());
    assert!(unasked.contains("no system is called so") && unasked.contains("--system \"before\""), "{unasked}");
    assert_eq!(run(&dir, &[&CREATE[..], &earlier].concat())["systems"], json!(["whisperlite", "before"]));

    let opened =
        run(&dir, &["study", "open", ".", "--name", "autumn", "--raters", "2", "--url", "https://shop.example/"]);
    let url = opened["links"][0]["url"].as_str().unwrap();
    assert!(url.starts_with("https://shop.example/study#") && !url.contains("autumn"), "{url}");
    let standing = run(&dir, &["study", "status", "."]);
    assert_eq!(
        (&standing[0]["status"], &standing[0]["invited"], &standing[0]["version"]),
        (&json!("open"), &json!(2), &json!(3))
    );
    assert_eq!(run(&dir, &["study", "close", ".", "--name", "autumn"])["version"], 3);
    assert!(failure(&dir, &["study", "open", ".", "--name", "autumn"]).contains("has ended"));

    let said = text(&whisperlite(&dir, &["study", "analyse", ".", "--name", "autumn"]).stdout);
    assert!(said.contains("the study decides nothing") && said.contains("missing:"), "{said}");
    let written: Value = serde_json::from_slice(&std::fs::read(dir.join("study-autumn.json")).unwrap()).unwrap();
    assert_eq!((&written["version"]["number"], &written["primary"]["estimate"]), (&json!(3), &Value::Null));
    let page = std::fs::read_to_string(dir.join("study-autumn.html")).unwrap();
    assert!(page.contains("whisperlite") && page.contains("before"), "{page}");
    run(&dir, &["study", "export", ".", "--name", "autumn", "--out", "out"]);
    let plan: Value = serde_json::from_slice(&std::fs::read(dir.join("out/plan.json")).unwrap()).unwrap();
    assert_eq!(plan["material"]["questions"].as_array().unwrap().len(), 20);
    assert!(failure(&dir, &["study", "create", ".", "--design", "out/plan.json"]).contains("nothing is other"));
    let renamed = plan.to_string().replace("\"name\":\"autumn\"", "\"name\":\"winter\"");
    std::fs::write(dir.join("winter.json"), renamed).unwrap();
    let again = run(&dir, &["study", "create", ".", "--design", "winter.json"]);
    assert_eq!(
        (&again["name"], &again["questions"]),
        (&json!("winter"), &json!(20)),
        "a plan can be carried out again"
    );
    // The same lists twice decide nothing.
    let mut same = plan.clone();
    same["design"]["name"] = json!("same");
    for question in same["material"]["questions"].as_array_mut().unwrap() {
        question["lists"]["before"] = question["lists"]["whisperlite"].clone();
    }
    std::fs::write(dir.join("same.json"), same.to_string()).unwrap();
    let refused = failure(&dir, &["study", "create", ".", "--design", "same.json"]);
    assert!(refused.contains("the same lists to every question"), "{refused}");
    assert!(std::fs::read_to_string(dir.join("out/votes.csv")).unwrap().starts_with("version,rater_id,simulated"));
    let rater = opened["links"][0]["rater_id"].as_str().unwrap();
    assert_eq!(run(&dir, &["study", "forget", ".", "--name", "autumn", "--rater", rater])["entries"], 1);
    assert!(failure(&dir, &["study", "forget", ".", "--name", "autumn", "--rater", rater]).contains("no rater"));
}

#[test]
fn requests_come_from_a_file_too() {
    let (_home, dir) = a_shop();
    let catalog = Connection::open(dir.join("store.sqlite")).unwrap();
    let user: String = catalog.query_row("SELECT user_id FROM users LIMIT 1", [], |row| row.get(0)).unwrap();
    let lines: String =
        (0..12).map(|n| format!("request number {n},{}\n", if n % 2 == 0 { &user } else { "" })).collect();
    std::fs::write(dir.join("asked.csv"), format!("request,user_id\n{lines}")).unwrap();
    let create = [
        "study",
        "create",
        ".",
        "--name",
        "listed",
        "--requests-file",
        "asked.csv",
        "--tasks-per-rater",
        "4",
        "--planned",
        "2",
    ];
    assert_eq!(run(&dir, &create)["questions"], 12);
    let other = [&create[..], &["--system", "whisperlite", "--system", "bm25"]].concat();
    assert!(failure(&dir, &other).contains("--material"));
    std::fs::write(dir.join("asked.csv"), "words\ndress\n").unwrap();
    assert!(failure(&dir, &create).contains("asked.csv: the columns are request"));
}

/// Every answer that the server acknowledged is there after it is killed, once.
#[test]
fn no_answer_is_lost_when_the_server_is_killed() {
    let (_home, dir) = a_shop();
    run(&dir, &CREATE);
    let opened = run(&dir, &["study", "open", ".", "--name", "autumn", "--raters", "3"]);
    let keys: Vec<String> = (0..3)
        .map(|rater| opened["links"][rater]["url"].as_str().unwrap().split_once('#').unwrap().1.to_owned())
        .collect();
    let mut acknowledged: Vec<String> = Vec::new();
    for round in 0..ROUNDS {
        let mut server = Server::start(&dir);
        let n_answers = AtomicUsize::new(0);
        let (url, n_answers) = (&server.url.clone(), &n_answers);
        acknowledged.extend(std::thread::scope(|threads| {
            let raters: Vec<_> = keys
                .iter()
                .enumerate()
                .map(|(rater, key)| threads.spawn(move || rate(url, key, &format!("{round}-{rater}"), n_answers)))
                .collect();
            while n_answers.load(Ordering::Relaxed) < 2 + 5 * (round % 6) && !raters.iter().any(|it| it.is_finished()) {
                std::thread::sleep(Duration::from_millis(1));
            }
            server.child.kill().unwrap();
            server.child.wait().unwrap();
            raters.into_iter().flat_map(|rater| rater.join().unwrap()).collect::<Vec<_>>()
        }));
    }
    assert!(acknowledged.len() > ROUNDS * 5, "{}", acknowledged.len());
    let standing = run(&dir, &["study", "status", "."]);
    check(&dir, &acknowledged, standing[0]["answers"].as_u64().unwrap());
}

/// Answers a rater's tasks again and again, each answer twice, until the server is gone; says which were acknowledged.
fn rate(url: &str, key: &str, name: &str, n_answers: &AtomicUsize) -> Vec<String> {
    let mut mine = Vec::new();
    let ask = |path: &str, body: Option<&Value>| -> Option<Value> {
        let (url, bearer) = (format!("{url}/page/study/{path}"), format!("Bearer {key}"));
        let answer = match body {
            Some(body) => {
                let request = agent().post(&url).header("authorization", &bearer);
                request.header("content-type", "application/json").send(body.to_string())
            }
            None => agent().get(&url).header("authorization", &bearer).call(),
        };
        let mut answer = answer.ok()?;
        assert_eq!(answer.status().as_u16(), 200);
        serde_json::from_str(&answer.body_mut().read_to_string().ok()?).ok()
    };
    if ask("joined", Some(&Value::Null)).is_none() {
        return mine;
    }
    for n in 0.. {
        let Some(sitting) = ask(&format!("sitting?place={}", n % 5), None) else { return mine };
        let task = &sitting["task"];
        let grade = |item: &Value| match task["body"]["asks_person"].as_bool() {
            Some(true) => json!({"item_id": item, "request": n % 4, "person": 1}),
            _ => json!({"item_id": item, "request": n % 4}),
        };
        let response = match task["body"]["items"].as_array() {
            None => json!({"kind": "pair", "choice": "left"}),
            Some(items) => json!({"kind": "grade", "grades": items.iter().map(grade).collect::<Vec<_>>()}),
        };
        let answer_id = format!("{name}-{n}");
        let given = json!({"answer_id": answer_id, "task_id": task["task_id"], "dwell_ms": 9000, "response": response});
        if ask("answers", Some(&given)).is_none() {
            return mine;
        }
        mine.push(answer_id);
        n_answers.fetch_add(1, Ordering::Relaxed);
        // And again, as by a page that lost the answer; this time the server may be gone.
        ask("answers", Some(&given));
    }
    mine
}

fn check(dir: &Path, acknowledged: &[String], n_counted: u64) {
    let store = Connection::open(dir.join("store.sqlite")).unwrap();
    let sql = "SELECT json_extract(document, '$.answer_id') FROM study_records WHERE kind = 'answered'";
    let mut statement = store.prepare(sql).unwrap();
    let mut kept: Vec<String> = statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let n_kept = kept.len();
    kept.sort();
    kept.dedup();
    assert_eq!((kept.len(), n_kept as u64), (n_kept, n_counted), "none is there twice, and each is counted");
    for answer_id in acknowledged {
        assert!(kept.binary_search(answer_id).is_ok(), "{answer_id} was acknowledged and is gone");
    }
}

//! `whisperlite serve` over a real socket: what it answers, what it keeps when it is killed, how it ends.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::pipeline::{copy_folder, trained_shop};
use crate::support::{failure, text};

/// A server of its own copy of the trained shop; killed when it is dropped.
pub(crate) struct Server {
    pub(crate) child: Child,
    pub(crate) url: String,
}

/// A folder with a copy of the trained shop.
pub(crate) fn a_shop() -> (TempDir, PathBuf) {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("shop");
    copy_folder(&trained_shop(), &dir);
    (home, dir)
}

impl Server {
    pub(crate) fn start(dir: &Path) -> Self {
        Self::start_with(dir, &[])
    }

    fn start_with(dir: &Path, settings: &[&str]) -> Self {
        let mut command = Self::command(dir);
        command.args(settings);
        Self::announced(command)
    }

    /// A server whose items and events are in a database.
    pub(crate) fn of_database(dir: &Path, database: &str) -> Self {
        let mut command = Self::command(dir);
        command.env("WHISPERLITE_STORE", database);
        Self::announced(command)
    }

    pub(crate) fn command(dir: &Path) -> Command {
        Self::command_that_logs(dir, "error")
    }

    pub(crate) fn command_that_logs(dir: &Path, level: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_whisperlite"));
        command.arg("--json").arg("serve").arg(dir).args(["--port", "0", "--log-level", level]);
        command
    }

    /// A server whose store lies on a disk of a few megabytes, that only this process sees; `None` where the system does not
    /// allow such a disk.
    fn on_a_small_disk(home: &Path, dir: &Path) -> Option<Self> {
        let disk = home.join("disk");
        std::fs::create_dir(&disk).unwrap();
        let in_a_room_of_its_own = |script: &str| {
            let mut command = Command::new("unshare");
            command.args(["--map-root-user", "--mount", "sh", "-e", "-c", script, "sh"]).arg(&disk).arg(dir);
            command
        };
        let mount = "mount -t tmpfs -o size=12m none \"$1\"";
        let tried = in_a_room_of_its_own(mount).stderr(Stdio::null()).status();
        if !tried.is_ok_and(|status| status.success()) {
            return None;
        }
        let serve = "cp -R \"$2\" \"$1/shop\"; exec \"$3\" --json serve \"$1/shop\" --port 0 --log-level error";
        let mut command = in_a_room_of_its_own(&format!("{mount}; {serve}"));
        command.arg(env!("CARGO_BIN_EXE_whisperlite"));
        Some(Self::announced(command))
    }

    /// Starts a server, and waits until it says where it listens.
    pub(crate) fn announced(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut said = BufReader::new(child.stdout.take().unwrap());
        let mut announced = String::new();
        while !announced.ends_with("}\n") {
            assert_ne!(said.read_line(&mut announced).unwrap(), 0, "the server ended: {announced}");
        }
        let url = serde_json::from_str::<Value>(&announced).unwrap()["url"].as_str().unwrap().to_owned();
        Self { child, url }
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Result<(u16, Value), ureq::Error> {
        post(&agent(), &self.url, path, body)
    }

    pub(crate) fn get(&self, path: &str) -> (u16, Value) {
        let mut response = agent().get(format!("{}{path}", self.url)).call().unwrap();
        let body = response.body_mut().read_to_string().unwrap();
        (response.status().as_u16(), serde_json::from_str(&body).unwrap())
    }

    /// Tells the process to end, and waits until it has.
    pub(crate) fn terminate(mut self) -> Option<i32> {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        self.child.wait().unwrap().code()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A client that takes every status for an answer.
pub(crate) fn agent() -> ureq::Agent {
    ureq::Agent::config_builder().http_status_as_error(false).build().into()
}

pub(crate) fn post(agent: &ureq::Agent, url: &str, path: &str, body: &Value) -> Result<(u16, Value), ureq::Error> {
    let request = agent.post(format!("{url}{path}")).header("content-type", "application/json");
    let mut response = request.send(body.to_string())?;
    let body = response.body_mut().read_to_string()?;
    Ok((response.status().as_u16(), serde_json::from_str(&body).unwrap_or_default()))
}

pub(crate) fn item_ids(answer: &Value) -> Vec<String> {
    answer["hits"].as_array().unwrap().iter().map(|hit| hit["item_id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_server_answers_as_the_command_does() {
    let (_home, dir) = a_shop();
    let server = Server::start(&dir);
    let (status, ready) = server.get("/health/ready");
    assert_eq!((status, &ready["status"]), (200, &json!("ready")));
    let (status, answer) =
        server.post("/v1/search", &json!({"q": "black dress", "limit": 5, "explain": true})).unwrap();
    assert_eq!(status, 200, "{answer}");
    let told = crate::support::json(&dir, &["recommend", ".", "--request", "black dress", "-k", "5", "--explain"]);
    assert_eq!(item_ids(&answer), item_ids(&told));
    for (served, told) in answer["hits"].as_array().unwrap().iter().zip(told["hits"].as_array().unwrap()) {
        for key in ["score", "title", "explanation"] {
            assert_eq!(served[key], told[key], "{key}");
        }
    }
    assert_eq!(answer["model_version"], ready["model_version"]);
    let (status, contract) = server.get("/openapi.json");
    assert_eq!((status, &contract["openapi"]), (200, &json!("3.1.0")));
}

/// What a shopper does is part of the next answer, and of the answers of the next process.
#[test]
fn an_event_changes_the_next_answer_and_survives_a_restart() {
    let (_home, dir) = a_shop();
    let server = Server::start(&dir);
    let ask = |server: &Server, who: Value| {
        let mut question = who;
        question["q"] = "something for the evening".into();
        question["limit"] = 1000.into();
        server.post("/v1/search", &question).unwrap().1
    };
    let new = json!({"session_id": "a visit"});
    let before = ask(&server, new.clone());
    let clicked = item_ids(&before)[0].clone();
    let event = json!({"type": "click", "session_id": "a visit", "item_id": clicked, "request": "never asked before",
                       "query_id": before["query_id"], "position": 1});
    let (status, said) = server.post("/v1/events", &event).unwrap();
    assert_eq!((status, &said["status"]), (200, &json!("recorded")), "{said}");
    let after = ask(&server, new.clone());
    assert!(!item_ids(&after).contains(&clicked), "what was seen is left out");
    let scores = |answer: &Value| -> Vec<f64> {
        answer["hits"].as_array().unwrap().iter().map(|hit| hit["score"].as_f64().unwrap()).collect()
    };
    let of_nobody = ask(&server, json!({}));
    assert_eq!(of_nobody["hits"], before["hits"], "nobody else is affected");
    assert_ne!(scores(&after), scores(&before)[1..], "the taste counts");
    assert_eq!(server.terminate(), Some(0));
    let names: BTreeSet<_> = std::fs::read_dir(&dir).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(!names.contains(std::ffi::OsStr::new("store.sqlite-wal")), "a store that nobody serves is one file");
    let server = Server::start(&dir);
    let again = ask(&server, new);
    assert!(!item_ids(&again).contains(&clicked), "the event is still there");
    assert_eq!(again["hits"].as_array().unwrap().len(), after["hits"].as_array().unwrap().len());
}

/// A disk that is full: a small one of the server's own, which the test fills and empties from outside.
#[test]
fn a_full_disk_is_said_and_nothing_acknowledged_is_lost() {
    let (home, dir) = a_shop();
    let Some(server) = Server::on_a_small_disk(home.path(), &dir) else {
        eprintln!("SKIPPED: this system does not let a process mount a disk of its own (unshare --mount)");
        return;
    };
    let disk = PathBuf::from(format!("/proc/{}/root{}", server.child.id(), home.path().join("disk").display()));
    let item_id = item_ids(&server.post("/v1/search", &json!({"limit": 1})).unwrap().1)[0].clone();
    let mut acknowledged = Vec::new();
    let mut send = |n: usize| {
        let event_id = format!("event {n}");
        let event = json!({"event_id": event_id, "type": "view", "user_id": "u", "item_id": item_id,
                           "request": format!("{n} {}", "long words ".repeat(100))});
        let (status, said) = server.post("/v1/events", &event).unwrap();
        if status == 200 {
            acknowledged.push(event_id);
        }
        (status, said)
    };
    assert_eq!(send(0).0, 200);
    // Whatever room is left is taken.
    let filler = disk.join("filler");
    let mut file = std::fs::File::create(&filler).unwrap();
    while std::io::Write::write_all(&mut file, &[7; 4096]).is_ok() {}
    let refused = (1..5000).map(&mut send).find(|(status, _)| *status != 200).expect("a disk without an end");
    assert_eq!((refused.0, refused.1["code"].as_str()), (507, Some("store_full")), "{}", refused.1);
    assert!(refused.1["detail"].as_str().unwrap().contains("nothing was stored"), "{}", refused.1);
    assert_eq!(server.get("/health/live").0, 200);
    assert_eq!(server.post("/v1/search", &json!({"q": "black dress"})).unwrap().0, 200, "questions are answered");
    assert_eq!(send(6000).0, 507);
    drop(file);
    std::fs::remove_file(&filler).unwrap();
    assert_eq!(send(6001).0, 200, "there is room again");
    std::fs::copy(disk.join("shop/store.sqlite"), home.path().join("copy.sqlite")).unwrap();
    std::fs::copy(disk.join("shop/store.sqlite-wal"), home.path().join("copy.sqlite-wal")).unwrap();
    let store = rusqlite::Connection::open(home.path().join("copy.sqlite")).unwrap();
    let mut has = store.prepare("SELECT COUNT(*) FROM events WHERE event_id = ?1").unwrap();
    for event_id in &acknowledged {
        assert_eq!(has.query_row([event_id], |row| row.get::<_, i64>(0)).unwrap(), 1, "{event_id}");
    }
    assert_eq!(has.query_row(["event 6000"], |row| row.get::<_, i64>(0)).unwrap(), 0, "refused is not stored");
    assert_eq!(server.terminate(), Some(0));
}

#[test]
fn what_cannot_be_served_is_said() {
    let (home, dir) = a_shop();
    let (code, message) = failure(home.path(), &["serve", "shop", "--host", "0.0.0.0", "--port", "0"]);
    assert!(code == Some(2) && message.contains("whisperlite keys create shop"), "{message}");
    let (code, message) = failure(home.path(), &["serve", "nowhere", "--port", "0"]);
    assert!(code == Some(1) && message.contains("no store here"), "{message}");
    let taken = Server::start(&dir);
    let port = taken.url.rsplit(':').next().unwrap();
    let (code, message) = failure(home.path(), &["serve", "shop", "--port", port]);
    assert!(code == Some(1) && message.contains("another --port"), "{message}");
    assert_eq!(taken.terminate(), Some(0));
    std::fs::remove_dir_all(dir.join("model")).unwrap();
    let store = rusqlite::Connection::open(dir.join("store.sqlite")).unwrap();
    store.execute("DELETE FROM meta WHERE key = 'model'", []).unwrap();
    drop(store);
    let (code, message) = failure(home.path(), &["serve", "shop", "--port", "0"]);
    assert!(code == Some(1) && message.contains("whisperlite train"), "{message}");
}

/// While a server has the store open, an import may add to it, and nobody may replace it.
#[test]
fn a_store_that_is_served_is_not_replaced() {
    let (home, dir) = a_shop();
    let server = Server::start(&dir);
    std::fs::write(home.path().join("items.csv"), "item_id,title\nnew,A new thing\n").unwrap();
    let (code, message) = failure(home.path(), &["import", "shop", "--from", "tables", "items.csv", "--replace"]);
    assert!(code == Some(1) && message.contains("a server"), "{message}");
    let output = crate::support::whisperlite(home.path(), &["import", "shop", "--from", "tables", "items.csv"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let (status, _) = server.get("/health/live");
    assert_eq!(status, 200);
}

/// A server that others reach asks for a key that the command made, until the command revokes it.
#[test]
fn keys_are_made_listed_and_revoked() {
    let (home, dir) = a_shop();
    let keys = |args: &[&str]| crate::support::json(home.path(), &[&["keys"], args].concat());
    let made = keys(&["create", "shop", "--name", "website", "--scope", "search", "--scope", "write"]);
    let key = made["key"].as_str().unwrap();
    let (code, message) = failure(home.path(), &["keys", "create", "shop", "--name", "website", "--scope", "search"]);
    assert!(code == Some(1) && message.contains("revoke it first"), "{message}");
    let listed = keys(&["list", "shop"]);
    assert_eq!((&listed[0]["name"], &listed[0]["scopes"]), (&json!("website"), &json!(["search", "write"])));
    assert!(!listed.to_string().contains(key), "a key is shown once");
    let server = Server::start_with(&dir, &["--host", "0.0.0.0"]);
    let ask = |key: &str| {
        let request = agent().post(format!("{}/v1/recommend", server.url.replace("0.0.0.0", "127.0.0.1")));
        let request =
            request.header("content-type", "application/json").header("authorization", format!("Bearer {key}"));
        request.send("{}").unwrap().status().as_u16()
    };
    assert_eq!((ask(key), ask("wl_another")), (200, 401));
    keys(&["revoke", "shop", "--name", "website"]);
    while ask(key) == 200 {
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(ask(key), 401);
    let (code, message) = failure(home.path(), &["keys", "revoke", "shop", "--name", "website"]);
    assert!(code == Some(1) && message.contains("revoked before"), "{message}");
}

/// A flag comes before the environment, the environment before the file, the file before what is usual.
#[test]
fn a_setting_has_one_name_in_flags_environment_and_file() {
    let (home, dir) = a_shop();
    let file = home.path().join("server.toml");
    let longest = |settings: &str, env: Option<&str>, flags: &[&str]| {
        std::fs::write(&file, settings).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_whisperlite"));
        command
            .args(["--json", "serve"])
            .arg(&dir)
            .args(["--port", "0", "--log-level", "error", "--config"])
            .arg(&file);
        env.iter().for_each(|value| {
            command.env("WHISPERLITE_MAX_QUERY_CHARS", value);
        });
        command.args(flags);
        let server = Server::announced(command);
        let accepted = |n: usize| server.post("/v1/search", &json!({"q": "x".repeat(n), "limit": 0})).unwrap().0 == 200;
        [10, 20, 30, 2000].into_iter().filter(|n| accepted(*n)).max()
    };
    assert_eq!(longest("", None, &[]), Some(2000));
    assert_eq!(longest("max_query_chars = 10\n", None, &[]), Some(10));
    assert_eq!(longest("max_query_chars = 10\n", Some("20"), &[]), Some(20));
    assert_eq!(longest("max_query_chars = 10\n", Some("20"), &["--max-query-chars", "30"]), Some(30));
    for (settings, part) in [
        ("max_words = 3", "no setting `max_words`"),
        ("port = [1]", "a text or a number"),
        ("port = \"many\"", "--port"),
        ("=", "no settings"),
    ] {
        std::fs::write(&file, settings).unwrap();
        let (_, message) = failure(home.path(), &["serve", "shop", "--config", "server.toml"]);
        assert!(message.contains(part), "{message}");
    }
    let (code, message) = failure(home.path(), &["serve", "shop", "--config", "nowhere.toml"]);
    assert!(code == Some(2) && message.contains("nowhere.toml"), "{message}");
}

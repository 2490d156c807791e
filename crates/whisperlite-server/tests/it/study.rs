//! A study from its making to its analysis: what raters see, what is kept of them, and lists that are mixed in the shop.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::{Method, Request};
use serde_json::{Value, json};
use whisperlite_study::log::Study;

use crate::made::{Asked, Reply};

const SYSTEMS: [&str; 2] = ["whisperlite", "whisperlite (search alone)"];

/// A shop, and the path of each of some raters of its open study.
struct Studied {
    asked: Asked,
    /// As the links have them, after the `#`.
    keys: Vec<String>,
}

fn design(name: &str, arms: &Value, primary: &str) -> Value {
    json!({
        "format": 1, "name": name, "seed": 3, "systems": SYSTEMS, "k": 4, "arms": arms,
        "primary": {"measure": primary, "system": SYSTEMS[0], "against": SYSTEMS[1]},
        "stopping": {"rule": "decisive_votes", "planned": 20}, "raters_per_item": 3, "tasks_per_rater": 6,
        "repeated_share": 0.2, "exclusion": {"min_attention_passed": 0.5, "max_too_fast": 0.9},
    })
}

fn pairs_and_grades() -> Value {
    json!({
        "pairs": {"comparisons": "with_first", "aa_per_rater": 1, "attention_per_rater": 1, "min_dwell_ms": 1000},
        "grades": {"depth": 4, "attention_per_rater": 1, "min_dwell_ms_per_item": 100},
    })
}

/// Requests of people whom the store knows.
fn requests(asked: &Asked, n: usize) -> Vec<Value> {
    let connection = asked.connection();
    let texts = |sql: &str| -> Vec<String> {
        let mut statement = connection.prepare(sql).unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    let (words, people) = (texts("SELECT request FROM requests"), texts("SELECT user_id FROM users"));
    (0..n).map(|n| json!({"request": words[n % words.len()], "user_id": people[n % people.len()]})).collect()
}

impl Studied {
    fn open(n_raters: usize) -> Self {
        let asked = Asked::new();
        let body =
            json!({"design": design("autumn", &pairs_and_grades(), "win_rate"), "requests": requests(&asked, 16)});
        let made = asked.post("/v1/studies", &body);
        assert_eq!((made.status.as_u16(), &made.body["version"]), (201, &json!(1)), "{}", made.text);
        let opened = asked.post("/v1/studies/autumn/open", &json!({"raters": n_raters}));
        let links = opened.body["links"].as_array().unwrap();
        let key = |link: &Value| link["path"].as_str().unwrap().strip_prefix("/study#").unwrap().to_owned();
        let keys = links.iter().map(key).collect();
        Self { asked, keys }
    }

    fn rater(&self, place: usize, method: Method, path: &str, body: &Value) -> Reply {
        let request = Request::builder().method(method).uri(path).header("content-type", "application/json");
        let request = request.header("authorization", format!("Bearer {}", self.keys[place]));
        self.asked.send(request.body(Body::from(body.to_string())).unwrap())
    }

    fn join(&self, place: usize) -> Value {
        let joined = self.rater(place, Method::POST, "/page/study/joined", &Value::Null);
        assert_eq!(joined.status.as_u16(), 200, "{}", joined.text);
        joined.body
    }

    /// Answers everything, pairs by `choice`, and tells every reply.
    fn answer_all(&self, place: usize, choice: &str) -> Vec<Value> {
        let mut sitting = self.join(place);
        let mut sittings = vec![sitting.clone()];
        while sitting["stage"] == "task" {
            let given = given(&sitting["task"], choice);
            let reply = self.rater(place, Method::POST, "/page/study/answers", &given);
            assert_eq!(reply.status.as_u16(), 200, "{}", reply.text);
            sitting = reply.body;
            sittings.push(sitting.clone());
        }
        assert_eq!(sitting["stage"], "done");
        sittings
    }
}

fn given(task: &Value, choice: &str) -> Value {
    let body = &task["body"];
    let grade = |item: &Value| match body["asks_person"].as_bool() {
        Some(true) => json!({"item_id": item, "request": 2, "person": 1}),
        _ => json!({"item_id": item, "request": 2}),
    };
    let response = match body["kind"].as_str() {
        Some("pair") => json!({"kind": "pair", "choice": choice}),
        _ => {
            json!({"kind": "grade", "grades": body["items"].as_array().unwrap().iter().map(grade).collect::<Vec<_>>()})
        }
    };
    json!({"answer_id": task["task_id"], "task_id": task["task_id"], "dwell_ms": 5000, "response": response})
}

#[test]
fn raters_answer_from_consent_to_the_end() {
    let studied = Studied::open(2);
    let before = studied.rater(0, Method::GET, "/page/study/sitting", &Value::Null).body;
    assert_eq!((&before["stage"], &before["task"]), (&json!("consent"), &Value::Null));
    assert!(before["consent"].as_array().unwrap().len() > 3);
    let too_early = studied.rater(
        0,
        Method::POST,
        "/page/study/answers",
        &given(&json!({"task_id": "x", "body": {"kind": "pair"}}), "left"),
    );
    too_early.assert_problem(409, "study_state", None);

    let sittings = studied.answer_all(0, "left");
    let n_tasks = sittings[0]["n_tasks"].as_u64().unwrap();
    assert!(n_tasks > 6 && sittings.len() as u64 == n_tasks + 1);
    assert_eq!(sittings.last().unwrap()["n_done"], n_tasks);
    let kinds: BTreeSet<&str> = sittings.iter().filter_map(|it| it["task"]["body"]["kind"].as_str()).collect();
    assert_eq!(kinds, BTreeSet::from(["grade", "pair"]));
    let task = &sittings[0]["task"];
    let shown = &sittings[0]["items"];
    for item in task["body"]["left"].as_array().into_iter().flatten() {
        assert!(shown[item.as_str().unwrap()]["title"].as_str().is_some_and(|title| !title.is_empty()), "{shown}");
    }

    // The link goes on where it was left, and an earlier answer can be looked at and changed.
    let back = studied.rater(0, Method::GET, "/page/study/sitting?place=0", &Value::Null).body;
    assert_eq!((&back["task"], &back["stage"]), (task, &json!("task")));
    assert!(back["given"].is_object());
    let mut other = given(task, "right");
    other["answer_id"] = json!("changed");
    studied.rater(0, Method::POST, "/page/study/answers", &other);
    let standing = studied.asked.get("/v1/studies/autumn").body;
    assert_eq!((&standing["joined"], &standing["invited"]), (&json!(1), &json!(2)), "{standing}");
    assert_eq!(standing["answers"], n_tasks + 1);
}

/// Neither the page nor anything that it is sent names a system, or tells a check from a question.
#[test]
fn raters_are_told_no_system_and_no_check() {
    let studied = Studied::open(1);
    let mut told: Vec<String> = studied.answer_all(0, "tie").iter().map(Value::to_string).collect();
    told.push(studied.rater(0, Method::GET, "/page/study/data", &Value::Null).text);
    told.push(studied.rater(0, Method::GET, "/page/study/sitting", &Value::Null).text);
    told.extend(["/study", "/page/study.js", "/page/study_tasks.js"].map(|path| studied.asked.get(path).text));
    for text in told {
        let text = text.to_lowercase().replace("whisperlite-study", "").replace("\"whisperlite\"", "SYSTEM");
        for secret in ["SYSTEM", "search alone", "\"role\"", "attention", "\"aa\"", "repeat", "chosen\":", "user_id"] {
            let found = text.find(secret).filter(|_| !(secret == "repeat" && text.contains("event.repeat")));
            assert_eq!(found, None, "{secret}: {text}");
        }
    }
}

#[test]
fn an_answer_is_kept_once_however_often_it_is_sent() {
    let studied = Studied::open(1);
    let sitting = studied.join(0);
    let given = given(&sitting["task"], "much_right");
    for _ in 0..3 {
        let reply = studied.rater(0, Method::POST, "/page/study/answers", &given);
        assert_eq!((reply.status.as_u16(), &reply.body["n_done"]), (200, &json!(1)), "{}", reply.text);
    }
    assert_eq!(studied.asked.count("SELECT COUNT(*) FROM study_records WHERE kind = 'answered'"), 1);
    // The same id with another answer is a mistake of whoever sends it, and is not taken for the first.
    let mut other = given.clone();
    other["response"]["choice"] = json!("tie");
    if other["response"]["kind"] != "pair" {
        other["response"]["grades"][0]["request"] = json!(0);
    }
    let refused = studied.rater(0, Method::POST, "/page/study/answers", &other);
    refused.assert_problem(409, "study_state", Some("answer_id"));
    let again = studied.rater(0, Method::POST, "/page/study/answers", &given);
    assert_eq!(again.status.as_u16(), 200, "{}", again.text);
    assert_eq!(studied.asked.count("SELECT COUNT(*) FROM study_records WHERE kind = 'answered'"), 1);
    // Joining again changes nothing either.
    assert_eq!(studied.join(0)["n_done"], 1);
    assert_eq!(studied.asked.count("SELECT COUNT(*) FROM study_records WHERE kind = 'joined'"), 1);
}

#[test]
fn wrong_answers_are_refused_and_nothing_is_kept() {
    let studied = Studied::open(1);
    let sitting = studied.join(0);
    let good = given(&sitting["task"], "left");
    let changed = |change: &dyn Fn(&mut Value)| {
        let mut body = good.clone();
        change(&mut body);
        studied.rater(0, Method::POST, "/page/study/answers", &body)
    };
    changed(&|body| body["task_id"] = json!("nothing")).assert_problem(400, "invalid_value", None);
    changed(&|body| body["answer_id"] = json!("")).assert_problem(400, "invalid_value", Some("answer_id"));
    changed(&|body| body["response"] = json!({"kind": "pair", "choice": "up"})).assert_problem(
        400,
        "invalid_value",
        Some("response"),
    );
    changed(&|body| body["more"] = json!(1)).assert_problem(400, "unknown_field", Some("more"));
    assert_eq!(studied.asked.count("SELECT COUNT(*) FROM study_records WHERE kind = 'answered'"), 0);
}

#[test]
fn a_link_that_opens_nothing_says_no_more() {
    let studied = Studied::open(1);
    let strange =
        ["", "Bearer", "Bearer autumn.wrong", "Bearer winter.wrong", "Bearer .", "Bearer ../x.y", "Basic a.b"];
    for key in strange {
        for (method, path) in [
            (Method::GET, "/page/study/sitting"),
            (Method::POST, "/page/study/joined"),
            (Method::GET, "/page/study/data"),
            (Method::DELETE, "/page/study/data"),
        ] {
            let reply = studied.asked.with_headers(method, path, &[("authorization", key)]);
            reply.assert_problem(401, "unauthorized", Some("authorization"));
            assert!(reply.body["detail"].as_str().unwrap().contains("opens no study"), "{}", reply.text);
        }
    }
    // A key of the store opens a rater's page no more than a rater's link opens the store.
    let admin = studied.asked.make_key("admin");
    std::thread::sleep(std::time::Duration::from_millis(1100));
    let bearer = format!("Bearer {}", studied.keys[0]);
    studied.asked.with_headers(Method::GET, "/v1/studies", &[("authorization", &bearer)]).assert_problem(
        401,
        "unauthorized",
        Some("authorization"),
    );
    let bearer = format!("Bearer {admin}");
    assert_eq!(studied.asked.with_headers(Method::GET, "/v1/studies", &[("authorization", &bearer)]).status, 200);
    assert_eq!(studied.rater(0, Method::GET, "/page/study/sitting", &Value::Null).status, 200, "links need no key");
}

#[test]
fn who_wants_to_be_forgotten_is() {
    let studied = Studied::open(2);
    studied.answer_all(0, "left");
    studied.answer_all(1, "right");
    let data = studied.rater(0, Method::GET, "/page/study/data", &Value::Null).body;
    let rater_id = data[0]["rater_id"].as_str().unwrap().to_owned();
    assert!(data.as_array().unwrap().iter().all(|entry| entry.to_string().contains(&rater_id)));
    let erased = studied.rater(0, Method::DELETE, "/page/study/data", &Value::Null).body;
    assert_eq!(erased["n_entries"], data.as_array().unwrap().len());
    studied.rater(0, Method::GET, "/page/study/sitting", &Value::Null).assert_problem(
        401,
        "unauthorized",
        Some("authorization"),
    );
    let sql = format!("SELECT COUNT(*) FROM study_records WHERE document LIKE '%{rater_id}%' AND kind != 'forgotten'");
    assert_eq!(studied.asked.count(&sql), 0);
    let standing = studied.asked.get("/v1/studies/autumn").body;
    assert_eq!((&standing["joined"], &standing["invited"]), (&json!(1), &json!(1)));
}

#[test]
fn an_admin_reads_what_came_out() {
    let studied = Studied::open(3);
    for (rater, choice) in ["left", "much_left", "right"].into_iter().enumerate() {
        studied.answer_all(rater, choice);
    }
    let analysis = studied.asked.get("/v1/studies/autumn/analysis").body;
    assert_eq!(analysis["primary"]["verdict"], "unfinished", "{analysis}");
    assert_eq!((&analysis["status"], &analysis["primary"]["estimate"]), (&json!("open"), &Value::Null));
    assert_eq!(analysis["results"]["pairs"]["comparisons"], json!([]), "nobody is told who is ahead before the end");
    assert_eq!(analysis["raters"].as_array().unwrap().len(), 3);
    let votes = studied.asked.get("/v1/studies/autumn/export/votes.csv");
    let n_rows = votes.text.lines().count();
    assert!(n_rows > 30 && votes.headers["content-type"].to_str().unwrap().starts_with("text/csv"), "{}", votes.text);
    let qrels = studied.asked.get("/v1/studies/autumn/export/qrels-request.txt");
    assert!(qrels.text.lines().all(|line| line.split(' ').count() == 4) && !qrels.text.is_empty(), "{}", qrels.text);
    let plan = studied.asked.get("/v1/studies/autumn/export/plan.json").body;
    assert_eq!(plan["design"]["systems"], json!(SYSTEMS));
    studied.asked.get("/v1/studies/autumn/export/else").assert_problem(404, "not_found", Some("file"));

    assert_eq!(studied.asked.post("/v1/studies/autumn/close", &json!({})).body["status"], "closed");
    let closed = studied.rater(0, Method::GET, "/page/study/sitting", &Value::Null).body;
    assert_eq!((&closed["stage"], &closed["task"]), (&json!("closed"), &Value::Null));
    studied.asked.post("/v1/studies/autumn/open", &json!({})).assert_problem(409, "study_state", None);
}

/// Whatever is changed makes another version, which the analysis names; answers to the first do not count for it.
#[test]
fn a_change_is_a_new_version() {
    let studied = Studied::open(1);
    studied.answer_all(0, "left");
    let plan = studied.asked.get("/v1/studies/autumn/export/plan.json").body;
    let same = json!({"design": plan["design"], "material": plan["material"]});
    studied.asked.post("/v1/studies", &same).assert_problem(409, "study_state", None);
    let mut other = same.clone();
    other["design"]["stopping"]["planned"] = json!(21);
    let made = studied.asked.post("/v1/studies", &other).body;
    assert_eq!((&made["version"], &made["changed"]), (&json!(2), &json!(["stopping"])));
    let before = studied.rater(0, Method::GET, "/page/study/sitting", &Value::Null).body;
    assert_eq!(before["stage"], "closed", "the version before has ended");
    let analysis = studied.asked.get("/v1/studies/autumn/analysis").body;
    assert_eq!((&analysis["version"]["number"], &analysis["progress"]["reached"]), (&json!(2), &json!(0)));
    assert!(analysis["left_out"]["other_versions"]["1"].as_u64().unwrap() > 0);
    let first = studied.asked.get("/v1/studies/autumn/analysis?version=1").body;
    assert!(first["progress"]["reached"].as_u64().unwrap() > 0);
    studied.asked.get("/v1/studies/autumn/analysis?version=9").assert_problem(404, "unknown_study", None);
}

#[test]
fn studies_that_cannot_be_are_refused_by_field() {
    let asked = Asked::new();
    let good = json!({"design": design("autumn", &pairs_and_grades(), "win_rate"), "requests": requests(&asked, 16)});
    let refused = |change: &dyn Fn(&mut Value)| {
        let mut body = good.clone();
        change(&mut body);
        asked.post("/v1/studies", &body)
    };
    refused(&|body| body["design"]["k"] = json!(0)).assert_problem(400, "invalid_value", Some("design"));
    refused(&|body| body["design"]["name"] = json!("Über alles")).assert_problem(400, "invalid_value", None);
    refused(&|body| body["design"]["systems"] = json!(["whisperlite", "bm25"])).assert_problem(
        400,
        "invalid_value",
        Some("design"),
    );
    refused(&|body| body["requests"] = json!([])).assert_problem(400, "invalid_value", Some("requests"));
    refused(&|body| body["requests"] = json!([{"request": "dress"}])).assert_problem(400, "invalid_value", None);
    refused(&|body| body["material"] = json!({"questions": 3})).assert_problem(400, "invalid_value", Some("material"));
    asked.get("/v1/studies/none").assert_problem(404, "unknown_study", None);
    asked.get("/v1/studies/NO%20NAME").assert_problem(400, "invalid_value", None);
    assert_eq!(asked.get("/v1/studies").body, json!([]));
    let plan = asked.post("/v1/studies:plan", &json!({"win_rate": 0.65})).body;
    assert_eq!(plan["n_independent"], 97, "{plan}");
    asked.post("/v1/studies:plan", &json!({})).assert_problem(400, "missing_field", Some("win_rate"));
    asked.post("/v1/studies:plan", &json!({"win_rate": 0.5})).assert_problem(400, "invalid_value", None);
}

/// Lists of two systems are mixed for visitors, and a click is credit for whose item it was.
#[test]
fn lists_are_mixed_in_the_live_shop() {
    let asked = Asked::new();
    // Of words alone a trained model makes much the same list as of words and person; and where lists are the same, none is mixed.
    let against = "whisperlite (recommendation alone)";
    let arms = json!({"interleaving": {"system": SYSTEMS[0], "against": against, "share_of_visits": 1.0}});
    let mut body = json!({"design": design("mixed", &arms, "interleaving_delta"), "requests": requests(&asked, 16)});
    body["design"]["systems"] = json!([SYSTEMS[0], against]);
    body["design"]["primary"]["against"] = json!(against);
    assert_eq!(asked.post("/v1/studies", &body).status, 201);
    let people = requests(&asked, 30);
    let search = |n: usize| {
        let (words, user) = (&people[n]["request"], &people[n]["user_id"]);
        asked.post(
            "/v1/search",
            &json!({"q": words, "user_id": user, "session_id": format!("s{n}"), "limit": 6, "explain": n.is_multiple_of(2)}),
        )
    };
    search(0);
    assert_eq!(asked.count("SELECT COUNT(*) FROM study_records WHERE kind = 'shown'"), 0, "it has not begun");
    asked.post("/v1/studies/mixed/open", &json!({}));
    std::thread::sleep(std::time::Duration::from_millis(1100));
    for n in 0..people.len() {
        let answer = search(n);
        let items = answer.item_ids();
        assert_eq!(items.iter().collect::<BTreeSet<_>>().len(), 6, "{items:?}");
        let scores: Vec<f64> =
            answer.body["hits"].as_array().unwrap().iter().map(|hit| hit["score"].as_f64().unwrap()).collect();
        assert!(scores.is_sorted_by(|a, b| a >= b), "scores tell no team: {scores:?}");
        assert!(!answer.text.contains("explanation"), "reasons would tell it, too: {}", answer.text);
        let event = |id: &str, kind: &str, item: usize| {
            json!({"event_id": format!("{id}{n}"), "type": kind, "item_id": items[item], "session_id": format!("s{n}"),
                   "query_id": answer.body["query_id"]})
        };
        for _ in 0..2 {
            assert_eq!(asked.post("/v1/events", &event("a", "click", n % 4)).status, 200);
        }
        asked.post("/v1/events", &event("b", "impression", 1));
        asked.post("/v1/events", &event("c", "click", 5));
    }
    assert_eq!(asked.count("SELECT COUNT(*) FROM study_records WHERE kind = 'shown'"), people.len() as i64);
    let picked = asked.count("SELECT COUNT(*) FROM study_records WHERE kind = 'picked'");
    assert_eq!(picked, people.len() as i64, "one of the mixed places each, once");
    let analysis = asked.get("/v1/studies/mixed/analysis").body;
    let result = &analysis["results"]["interleaving"];
    assert_eq!((&result["n_shown"], &result["n_picked"]), (&json!(people.len()), &json!(people.len())), "{result}");
    // Nobody's id is in it.
    assert_eq!(asked.count("SELECT COUNT(*) FROM study_records WHERE kind = 'shown' AND document LIKE '%\"s1\"%'"), 0);
    // Whom the server does not know is not mixed for, and neither is who wants another order.
    let nobody = asked.post("/v1/search", &json!({"q": people[0]["request"]}));
    let sorted = asked.post("/v1/search", &json!({"q": people[0]["request"], "session_id": "s", "sort": "price_asc"}));
    assert_eq!((nobody.status.as_u16(), sorted.status.as_u16()), (200, 200));
    assert_eq!(asked.count("SELECT COUNT(*) FROM study_records WHERE kind = 'shown'"), people.len() as i64);
}

/// A visitor's lists belong to one study.
#[test]
fn one_study_mixes_lists_at_a_time() {
    let asked = Asked::new();
    let arms = json!({"interleaving": {"system": SYSTEMS[0], "against": SYSTEMS[1], "share_of_visits": 1.0}});
    for name in ["first", "second"] {
        let body = json!({"design": design(name, &arms, "interleaving_delta"), "requests": requests(&asked, 16)});
        assert_eq!(asked.post("/v1/studies", &body).status, 201);
    }
    let open = |name: &str, raters: usize| asked.post(&format!("/v1/studies/{name}/open"), &json!({"raters": raters}));
    let for_raters = open("first", 2);
    for_raters.assert_problem(409, "study_state", None);
    assert!(for_raters.text.contains("asks raters nothing"), "{}", for_raters.text);
    assert_eq!(asked.get("/v1/studies/first").body["status"], "draft", "it was not begun by half");
    assert_eq!(open("first", 0).status, 200);
    let second = open("second", 0);
    second.assert_problem(409, "study_state", None);
    assert!(second.body["detail"].as_str().unwrap().contains("\"first\" mixes lists"), "{}", second.text);
    assert_eq!(open("first", 0).status, 200, "what is open stays open");
    asked.post("/v1/studies/first/close", &json!({}));
    assert_eq!(open("second", 0).status, 200);
}

#[test]
fn an_item_that_was_removed_is_shown_as_such() {
    let studied = Studied::open(1);
    let task = studied.join(0)["task"].clone();
    let item = task["body"]["left"][0].as_str().or(task["body"]["items"][0].as_str()).unwrap().to_owned();
    studied.asked.with_headers(Method::DELETE, &format!("/v1/items/{item}"), &[]);
    for _ in 0..100 {
        let sitting = studied.rater(0, Method::GET, "/page/study/sitting", &Value::Null).body;
        if sitting["items"][&item]["title"] == "No longer in the shop" {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    panic!("{}", studied.rater(0, Method::GET, "/page/study/sitting", &Value::Null).text);
}

/// A study is its log: a server that starts anew knows what the one before knew.
#[test]
fn a_study_is_read_from_its_log() {
    let studied = Studied::open(2);
    studied.answer_all(0, "left");
    let mut store = whisperlite::store::SqliteStore::open(studied.asked.dir()).unwrap();
    let study: Study = whisperlite_server::study::read(&mut store, "autumn").unwrap();
    assert_eq!((study.members.len(), study.raters(1).len()), (2, 1));
    assert_eq!(
        study.answers_to(1).len() as u64,
        studied.asked.get("/v1/studies/autumn").body["answers"].as_u64().unwrap()
    );
}

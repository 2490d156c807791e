//! A server takes another model without dropping a request, and keeps the one it has if the other cannot be used.

use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use crate::pipeline::trained_shop;
use crate::serve::{Server, a_shop};
use crate::support::json as run;

fn version(server: &Server) -> Value {
    server.get("/health/ready").1["model_version"].clone()
}

/// Retrains the shop with another seed, with what was put into it since.
fn retrain(dir: &Path, seed: &str, notify: &[&str]) -> Value {
    let tiny = std::fs::read_to_string(trained_shop().with_file_name("tiny.toml")).unwrap();
    let config = dir.with_file_name("seed.toml");
    std::fs::write(&config, tiny.replace("seed = 3", &format!("seed = {seed}"))).unwrap();
    run(dir, &[&["retrain", ".", "--config", config.to_str().unwrap(), "--tolerance", "1"], notify].concat())
}

/// Ends what runs beside a test, also when the test fails.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn a_model_is_reloaded_while_requests_are_answered() {
    let (_home, dir) = a_shop();
    let server = Server::start(&dir);
    let before = version(&server);
    let item = json!({"title": "Umbrella with dots"});
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let put = agent.put(format!("{}/v1/items/u-1", server.url)).header("content-type", "application/json");
    assert_eq!(put.send(item.to_string()).unwrap().status(), 201);
    let (is_over, n_answered) = (AtomicBool::new(false), AtomicUsize::new(0));
    std::thread::scope(|threads| {
        threads.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                let (status, answer) = server.post("/v1/search", &json!({"q": "umbrella", "limit": 1000})).unwrap();
                assert_eq!(status, 200, "{answer}");
                assert!(answer.to_string().contains("u-1"), "what was put stays");
                n_answered.fetch_add(1, Ordering::Relaxed);
            }
        });
        let _over = Over(&is_over);
        for seed in ["11", "12"] {
            let answered = n_answered.load(Ordering::Relaxed);
            retrain(&dir, seed, &[]);
            let old = version(&server);
            let (status, said) = server.post("/v1/model:reload", &json!({})).unwrap();
            assert_eq!((status, &said["before"], &said["model_version"]), (200, &old, &version(&server)));
            assert_ne!(old, said["model_version"]);
            assert!(n_answered.load(Ordering::Relaxed) > answered, "requests are answered meanwhile");
        }
    });
    assert_ne!(version(&server), before);

    let now = version(&server);
    std::fs::write(dir.join("model/model.safetensors"), "no weights").unwrap();
    let (status, said) = server.post("/v1/model:reload", &json!({})).unwrap();
    assert_eq!((status, &said["code"]), (409, &json!("model_not_loaded")), "{said}");
    assert!(said["detail"].as_str().unwrap().contains("whisperlite train"), "{said}");
    assert_eq!(version(&server), now);
    assert_eq!(server.post("/v1/search", &json!({"q": "umbrella"})).unwrap().0, 200);
}

#[test]
fn a_hangup_or_a_retraining_reloads() {
    let (_home, dir) = a_shop();
    let server = Server::start(&dir);
    let before = version(&server);
    retrain(&dir, "11", &[]);
    let id = server.child.id().to_string();
    assert!(Command::new("kill").args(["-HUP", &id]).status().unwrap().success());
    while version(&server) == before {
        std::thread::sleep(Duration::from_millis(20));
    }
    let hung_up = version(&server);
    let said = retrain(&dir, "12", &["--notify", &server.url]);
    assert_eq!((&said["promoted"], &said["notified"]), (&true.into(), &true.into()));
    assert_ne!(version(&server), hung_up);
}

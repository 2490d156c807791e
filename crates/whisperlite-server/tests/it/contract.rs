//! The OpenAPI document is the committed one, and says what the server does.

use std::path::Path;

use serde_json::Value;
use whisperlite_server::openapi_json;

use crate::made::Asked;

#[test]
#[allow(clippy::print_stderr, reason = "a test that writes a committed file says so")]
fn the_contract_is_the_committed_one() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi.json");
    let found = openapi_json().unwrap();
    if std::env::var_os("WHISPERLITE_WRITE_OPENAPI").is_some() {
        std::fs::write(&path, &found).unwrap();
        eprintln!("wrote {}", path.display());
    }
    let expected = std::fs::read_to_string(&path).unwrap();
    let differs = found.lines().zip(expected.lines()).find(|(found, expected)| found != expected);
    assert!(
        found == expected,
        "the contract differs from {}, first at {differs:?}: if that is meant, run the tests once with WHISPERLITE_WRITE_OPENAPI=1",
        path.display()
    );
}

#[test]
fn the_contract_is_served_and_its_paths_exist() {
    let asked = Asked::new();
    let contract = asked.get("/openapi.json").body;
    assert_eq!(contract["openapi"], "3.1.0");
    let paths = contract["paths"].as_object().unwrap();
    assert_eq!(paths.len(), 20);
    for (path, methods) in paths {
        let mut path = path.clone();
        for (field, value) in [("{id}", "nothing"), ("{name}", "nothing"), ("{rater_id}", "r"), ("{file}", "plan.json")]
        {
            path = path.replace(field, value);
        }
        for (method, operation) in methods.as_object().unwrap() {
            let reply = asked.with_headers(method.to_uppercase().parse().unwrap(), &path, &[]);
            assert!(!["not_found", "method_not_allowed"].map(Value::from).contains(&reply.body["code"]), "{path}");
            assert!(operation["summary"].is_string() && operation["operationId"].is_string(), "{operation}");
        }
    }
}

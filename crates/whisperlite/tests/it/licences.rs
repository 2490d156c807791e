//! Every dependency that is built comes under a licence that `deny.toml` allows; `cargo deny` is not needed for that.

use std::path::Path;
use std::process::Command;

use toml::Table;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// The manifests of what is built: the workspace, and the approximate graph, which is one of its own.
const MANIFESTS: [&str; 2] = ["Cargo.toml", "crates/whisperlite-usearch/Cargo.toml"];

/// Package names with their licence expressions, of everything that goes into a build with all features.
fn licences(manifest: &str) -> Vec<(String, String)> {
    let args = ["tree", "--workspace", "--all-features", "--locked", "--edges", "normal,build", "--prefix", "none"];
    let manifest = ["--manifest-path", manifest, "--format", "{p}|{l}"];
    let output = Command::new(env!("CARGO")).current_dir(ROOT).args(args).args(manifest).output();
    let output = output.expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let shown = String::from_utf8(output.stdout).expect("UTF-8");
    let mut found: Vec<(String, String)> = shown
        .lines()
        .filter_map(|line| line.split_once('|'))
        .map(|(package, licence)| {
            let name = package.split(' ').next().unwrap_or_default();
            (name.to_owned(), licence.trim_end_matches(" (*)").to_owned())
        })
        .collect();
    found.sort();
    found.dedup();
    found
}

/// Whether an expression is met: all of its parts, and of each part one alternative.
fn is_allowed(expression: &str, allowed: &[&str]) -> bool {
    expression.split(" AND ").all(|part| {
        let alternatives = part.trim_matches(['(', ')']).replace('/', " OR ");
        alternatives.split(" OR ").any(|licence| allowed.contains(&licence.trim()))
    })
}

fn names(value: &toml::Value) -> Vec<&str> {
    value.as_array().expect("a list").iter().filter_map(toml::Value::as_str).collect()
}

#[test]
fn every_dependency_has_an_allowed_licence() {
    let text = std::fs::read_to_string(Path::new(ROOT).join("deny.toml")).expect("deny.toml");
    let rules: Table = text.parse().expect("TOML");
    let allowed = names(&rules["licenses"]["allow"]);
    let exceptions = rules["licenses"]["exceptions"].as_array().expect("a list");
    let licences: Vec<(String, String)> = MANIFESTS.iter().flat_map(|manifest| licences(manifest)).collect();
    assert!(licences.len() > 100, "only {} packages were found", licences.len());
    let excepted = |name: &str| exceptions.iter().find(|exception| exception["crate"].as_str() == Some(name));
    for (name, licence) in &licences {
        let own = excepted(name).map_or(Vec::new(), |exception| names(&exception["allow"]));
        let all: Vec<&str> = allowed.iter().copied().chain(own).collect();
        assert!(is_allowed(licence, &all), "{name} is licensed {licence:?}, which deny.toml does not allow");
    }
    for exception in exceptions {
        let name = exception["crate"].as_str().expect("a name");
        assert!(licences.iter().any(|(found, _)| found == name), "deny.toml excepts {name}, which is not built");
    }
}

#[test]
fn expressions_are_read_as_they_are_meant() {
    let allowed = ["MIT", "Unicode-3.0"];
    assert!(is_allowed("MIT OR GPL-3.0", &allowed));
    assert!(is_allowed("GPL-3.0/MIT", &allowed));
    assert!(is_allowed("(MIT OR Apache-2.0) AND Unicode-3.0", &allowed));
    assert!(!is_allowed("MIT AND GPL-3.0", &allowed));
    assert!(!is_allowed("", &allowed));
}

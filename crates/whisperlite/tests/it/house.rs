//! The order of the house: which room may know which, who prints, how long a file is, and that documents name what exists.

use std::path::{Path, PathBuf};

/// Every room with the rooms that it may know, in the order of the pipeline. `ARCHITECTURE.md` gives the reasons.
const ROOMS: [(&str, &[&str]); 17] = [
    ("catalog", &["flat_file", "item_set", "progress"]),
    ("store", &["catalog", "progress"]),
    ("encoder", &["catalog", "fused", "progress", "whole_file"]),
    ("lexical", &["catalog", "flat_file"]),
    ("signals", &["catalog", "flat_file"]),
    ("index", &["flat_file", "item_set", "metrics", "fused"]),
    ("fused", &[]),
    (
        "model",
        &["catalog", "lexical", "signals", "index", "flat_file", "fused", "item_set", "loss", "metrics", "whole_file"],
    ),
    ("loss", &["fused"]),
    (
        "trainer",
        &[
            "catalog",
            "encoder",
            "signals",
            "index",
            "fused",
            "model",
            "loss",
            "metrics",
            "evaluation",
            "progress",
            "whole_file",
        ],
    ),
    ("metrics", &[]),
    ("evaluation", &["catalog", "lexical", "signals", "index", "model", "metrics", "progress", "whole_file"]),
    ("recommender", &["catalog", "encoder", "signals", "metrics", "model", "flat_file", "item_set", "whole_file"]),
    ("item_set", &[]),
    ("progress", &[]),
    ("flat_file", &[]),
    ("whole_file", &[]),
];

/// Longest file of source or tests.
const MAX_LINES: usize = 800;

fn workspace_root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the workspace is there")
}

/// Files below a folder that end in `.{extension}`, hidden folders and build outputs left out, sorted.
fn files_below(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.expect("an entry of the folder").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let skipped =
            name.starts_with('.') || ["target", "quickstart", "boutique", "fixtures", "node_modules"].contains(&&*name);
        if path.is_dir() && !skipped {
            found.extend(files_below(&path, extension));
        } else if path.extension().is_some_and(|found| found == extension) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// A line of code with where it stands.
struct Line {
    place: String,
    /// The room that the file belongs to; empty for `lib.rs`.
    room: String,
    /// Whether the file lies directly in the room's folder or is the room, so that `super` may mean the crate.
    is_top: bool,
    code: String,
}

/// The library's lines of code, without comments, up to each file's unit tests.
fn library_lines() -> Vec<Line> {
    let source = workspace_root().join("crates/whisperlite/src");
    let mut lines = Vec::new();
    for path in files_below(&source, "rs") {
        let text = std::fs::read_to_string(&path).expect("source is UTF-8");
        let relative = path.strip_prefix(&source).expect("below the source folder").to_string_lossy().into_owned();
        let room = relative.split('/').next().unwrap_or_default().trim_end_matches(".rs");
        let is_top = !relative.contains('/') || relative == format!("{room}/mod.rs");
        for (number, line) in text.lines().enumerate().take_while(|(_, line)| !line.starts_with("mod tests {")) {
            let code = if line.trim_start().starts_with("//") { "" } else { line };
            lines.push(Line {
                place: format!("crates/whisperlite/src/{relative}:{}", number + 1),
                room: if room == "lib" { String::new() } else { room.to_owned() },
                is_top,
                code: code.to_owned(),
            });
        }
    }
    lines
}

/// The rooms that a line names by `crate::room` or `crate::{room, …}`, and in a room's top file by `super::room`.
fn named_rooms(line: &Line) -> Vec<String> {
    let mut named = Vec::new();
    let roots: &[&str] = if line.is_top { &["crate::", "super::"] } else { &["crate::"] };
    for root in roots {
        for (at, _) in line.code.match_indices(root) {
            let rest = &line.code[at + root.len()..];
            let word =
                |text: &str| -> String { text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect() };
            match rest.strip_prefix('{') {
                Some(group) => named.extend(group.split(',').map(|part| word(part.trim()))),
                None => named.push(word(rest)),
            }
        }
    }
    named.retain(|name| ROOMS.iter().any(|(room, _)| room == name));
    named
}

#[test]
fn rooms_know_only_what_they_may() {
    let lines = library_lines();
    let mut wrong = Vec::new();
    for line in lines.iter().filter(|line| !line.room.is_empty()) {
        let Some((room, allowed)) = ROOMS.iter().find(|(room, _)| *room == line.room) else {
            wrong.push(format!("{}: the room `{}` is in no table: add it to ROOMS", line.place, line.room));
            continue;
        };
        for named in named_rooms(line) {
            if named != *room && !allowed.contains(&named.as_str()) {
                wrong.push(format!("{}: `{room}` must not know `{named}`: {}", line.place, line.code.trim()));
            }
        }
    }
    assert!(wrong.is_empty(), "dependencies run one way (see ARCHITECTURE.md):\n{}", wrong.join("\n"));
    let n_edges = lines.iter().map(|line| named_rooms(line).len()).sum::<usize>();
    assert!(n_edges > 50, "only {n_edges} uses were found: the reader of sources is broken");
}

/// The table itself runs one way: no room is reached from what it may know.
#[test]
fn the_table_of_rooms_has_no_circle() {
    let mut left: Vec<(&str, &[&str])> = ROOMS.to_vec();
    while !left.is_empty() {
        let waiting: Vec<&str> = left.iter().map(|(room, _)| *room).collect();
        let before = left.len();
        left.retain(|(_, allowed)| allowed.iter().any(|known| waiting.contains(known)));
        assert!(left.len() < before, "these rooms know each other in a circle: {waiting:?}");
    }
}

#[test]
fn lib_rs_lists_the_rooms_in_the_order_of_the_pipeline() {
    let text = std::fs::read_to_string(workspace_root().join("crates/whisperlite/src/lib.rs")).expect("lib.rs");
    let listed = text
        .lines()
        .filter_map(|line| line.strip_prefix("pub ").unwrap_or(line).strip_prefix("mod ")?.strip_suffix(';'));
    assert_eq!(listed.collect::<Vec<_>>(), ROOMS.map(|(room, _)| room));
}

#[test]
fn the_library_never_prints() {
    let macros = ["println!", "print!", "eprintln!", "eprint!", "dbg!"];
    let lines = library_lines();
    let printing: Vec<String> = lines
        .iter()
        .filter(|line| macros.iter().any(|name| line.code.contains(name)))
        .map(|line| format!("{}: {}", line.place, line.code.trim()))
        .collect();
    assert!(printing.is_empty(), "only the CLI prints; report by `Progress`:\n{}", printing.join("\n"));
}

/// One crate knows HTTP, and neither the library nor the boutique knows a shell.
#[test]
fn only_the_server_knows_http() {
    let manifest = |name: &str| {
        let path = workspace_root().join("crates").join(name).join("Cargo.toml");
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    };
    let has = |name: &str, dependency: &str| manifest(name).lines().any(|line| line.starts_with(dependency));
    let libraries =
        ["whisperlite", "whisperlite-boutique", "whisperlite-postgres", "whisperlite-study", "whisperlite-usearch"];
    for dependency in ["axum", "tokio", "utoipa"] {
        assert!(has("whisperlite-server", dependency), "{dependency}: the reader of manifests is broken");
        for name in libraries.into_iter().chain(["whisperlite-cli"]) {
            assert!(!has(name, dependency), "{name} must not know {dependency}");
        }
    }
    for name in libraries {
        for shell in ["whisperlite-server", "whisperlite-cli"] {
            assert!(!has(name, shell), "{name} must not know {shell}");
        }
    }
    assert!(!has("whisperlite-server", "whisperlite-cli") && !has("whisperlite-server", "clap"));
}

#[test]
fn no_file_is_too_long_to_read() {
    let crates = workspace_root().join("crates");
    let long: Vec<String> = files_below(&crates, "rs")
        .into_iter()
        .filter_map(|path| {
            let n_lines = std::fs::read_to_string(&path).expect("source is UTF-8").lines().count();
            (n_lines > MAX_LINES).then(|| format!("{}: {n_lines} lines", path.display()))
        })
        .collect();
    assert!(long.is_empty(), "split files of more than {MAX_LINES} lines:\n{}", long.join("\n"));
}

/// Targets of the inline links of a Markdown text, code blocks left out, with their line numbers.
fn links(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut in_code = false;
    for (number, line) in text.lines().enumerate() {
        in_code ^= line.trim_start().starts_with("```");
        if in_code {
            continue;
        }
        for (at, _) in line.match_indices("](") {
            if let Some(target) = line[at + 2..].split(')').next() {
                found.push((number + 1, target.to_owned()));
            }
        }
    }
    found
}

/// The anchors that the headings of a Markdown text have on the web.
fn anchors(text: &str) -> Vec<String> {
    let heading = |line: &str| line.starts_with('#').then(|| line.trim_start_matches('#').trim().to_lowercase());
    let kept = |c: &char| c.is_alphanumeric() || [' ', '-', '_'].contains(c);
    text.lines().filter_map(heading).map(|h| h.chars().filter(kept).collect::<String>().replace(' ', "-")).collect()
}

/// What is wrong with a link, if anything. Links to the web are left to whoever has one.
fn broken(file: &Path, text: &str, target: &str) -> Option<String> {
    if target.starts_with("https://") || target.starts_with("http://") {
        return None;
    }
    let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
    let linked = file.parent()?.join(path);
    if !path.is_empty() && !linked.exists() {
        return Some(format!("{target} does not exist"));
    }
    if anchor.is_empty() {
        return None;
    }
    let linked_text = if path.is_empty() { text.to_owned() } else { std::fs::read_to_string(&linked).ok()? };
    (!anchors(&linked_text).iter().any(|known| known == anchor)).then(|| format!("{target}: no such heading"))
}

#[test]
fn every_link_in_the_documents_leads_somewhere() {
    let root = workspace_root();
    let mut wrong = Vec::new();
    let mut n_links = 0;
    for file in files_below(&root, "md") {
        let text = std::fs::read_to_string(&file).expect("documents are UTF-8");
        for (line, target) in links(&text) {
            n_links += 1;
            if let Some(problem) = broken(&file, &text, &target) {
                wrong.push(format!("{}:{line}: {problem}", file.strip_prefix(&root).unwrap_or(&file).display()));
            }
        }
    }
    assert!(wrong.is_empty(), "broken links:\n{}", wrong.join("\n"));
    assert!(n_links > 10, "only {n_links} links were found: the reader of links is broken");
}

/// Documents name files in backquotes too; a path into the project must exist as well.
#[test]
fn every_file_that_the_documents_name_exists() {
    let root = workspace_root();
    let folders = ["crates/", "scripts/", "tests/", "tools/", "configs/", "docs/", ".ci/"];
    let mut wrong = Vec::new();
    let documents = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"];
    for document in documents {
        let text = std::fs::read_to_string(root.join(document)).expect("the document is there");
        for quoted in text.split('`').skip(1).step_by(2) {
            let path = quoted.split_whitespace().next().unwrap_or_default();
            let in_project = folders.iter().any(|folder| path.starts_with(folder)) && !path.contains(['*', '{', '<']);
            if in_project && !root.join(path).exists() {
                wrong.push(format!("{document}: `{path}` does not exist"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_readers_above_see_what_they_should() {
    let line = |code: &str, is_top| Line { place: String::new(), room: "x".to_owned(), is_top, code: code.to_owned() };
    assert_eq!(named_rooms(&line("use crate::{catalog, store::Store};", false)), ["catalog", "store"]);
    assert_eq!(named_rooms(&line("let a: crate::model::Words = crate::loss::EXCLUDED;", false)), ["model", "loss"]);
    assert_eq!(named_rooms(&line("use super::model::World;", true)), ["model"]);
    assert_eq!(named_rooms(&line("use super::model::World;", false)), [""; 0]);
    let text = "# A heading, here\n[a](b.md) and [c](#a-heading-here)\n```\n[not](this)\n```\n";
    assert_eq!(links(text), [(2, "b.md".to_owned()), (2, "#a-heading-here".to_owned())]);
    assert_eq!(broken(Path::new("/x/y.md"), text, "#a-heading-here"), None);
    assert!(broken(Path::new("/x/y.md"), text, "#another").is_some());
    assert!(broken(Path::new("/x/y.md"), text, "b.md").is_some());
}

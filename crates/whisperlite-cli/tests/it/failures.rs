//! What real failures look like to the person who reads them: every thing is said, and said once.

use std::path::Path;

use crate::support::{failure, json};

const ENCODER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../whisperlite/tests/fixtures/encoder/mean-normalized");

/// A folder with files in all kinds of bad shape.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, content: &[u8]| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    };
    write("items.csv", b"item_id,title\na,red dress\n");
    write("events.csv", b"user_id,item_id,timestamp\nu,a,2020-01-01\n");
    write("cut.gz", &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 1]);
    write("bad.parquet", b"PAR1 and nothing more PAR1");
    write("bad.toml", b"[optimizer\n");
    write("key.toml", b"[optimizer]\nmax_epoch = 1\n");
    write("bad-config/config.json", b"{");
    write("bad-config/tokenizer.json", b"{}");
    write("bad-tokenizer/tokenizer.json", b"{}");
    for name in ["config.json", "model.safetensors"] {
        let content = std::fs::read(Path::new(ENCODER).join(name)).unwrap();
        write(&format!("bad-tokenizer/{name}"), &content);
    }
    json(folder.path(), &["import", "shop", "--from", "tables", "items.csv", "events.csv"]);
    json(folder.path(), &["embed", "shop", "--encoder", ENCODER]);
    folder
}

/// Damages the only segment of the store's embeddings.
fn damage_embeddings(dir: &Path) {
    let encoder = std::fs::read_dir(dir.join("shop/embeddings")).unwrap().next().unwrap().unwrap();
    let files = std::fs::read_dir(encoder.path()).unwrap().map(|file| file.unwrap().path());
    for file in files.filter(|path| path.extension().is_some_and(|e| e == "safetensors")) {
        std::fs::write(file, b"damaged").unwrap();
    }
}

/// The parts of a message of which none should come twice: what stands between colons, semicolons and ends of lines.
fn parts(message: &str) -> Vec<&str> {
    let parts = message.split(['\n', ';']).flat_map(|part| part.split(": ")).map(str::trim);
    parts.filter(|part| part.len() >= 8).collect()
}

#[test]
fn nothing_is_said_twice() {
    let folder = folder();
    let import = |file: &'static str| vec!["import", "new", "--from", "tables", file];
    let failures: [(Vec<&str>, &str); 11] = [
        (import("absent.csv"), "No such file"),
        (import("cut.gz"), "cut off or damaged"),
        (import("bad.parquet"), "not readable as Parquet"),
        (vec!["import", "items.csv/new", "--from", "tables", "items.csv"], "items.csv/new"),
        (vec!["encoder", "info", "bad-config"], "config.json"),
        (vec!["encoder", "info", "bad-tokenizer"], "tokenizer.json"),
        (vec!["encoder", "pull", "org/name", "--endpoint", "http://127.0.0.1:1"], "127.0.0.1:1"),
        (vec!["train", "shop", "--config", "bad.toml"], "bad.toml"),
        (vec!["train", "shop", "--config", "key.toml"], "max_epoch"),
        (vec!["train", "shop", "--config", "absent.toml"], "absent.toml"),
        (vec!["recommend", "shop"], "whisperlite train shop"),
    ];
    let check = |args: &[&str], named: &str| {
        let (_, message) = failure(folder.path(), args);
        assert!(message.starts_with("error: ") && message.contains(named), "{args:?}: {message}");
        let parts = parts(&message);
        let twice = parts.iter().enumerate().find(|(i, part)| parts[..*i].contains(part));
        assert!(twice.is_none(), "{args:?} says {twice:?} twice: {message}");
    };
    for (args, named) in failures {
        check(&args, named);
    }
    damage_embeddings(folder.path());
    check(&["train", "shop"], "delete this file");
}

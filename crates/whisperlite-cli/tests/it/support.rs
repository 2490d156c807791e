//! What the tests share: running the binary and reading what it says.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

/// Runs the binary in a folder.
pub(crate) fn whisperlite(dir: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_whisperlite")).current_dir(dir).args(args).output().unwrap()
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Runs the binary, which must succeed, and reads its JSON.
pub(crate) fn json(dir: &Path, args: &[&str]) -> Value {
    let output = whisperlite(dir, &[&["--json"], args].concat());
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), String::new()), "{args:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Runs the binary, which must fail, and returns its exit code and message.
pub(crate) fn failure(dir: &Path, args: &[&str]) -> (Option<i32>, String) {
    let output = whisperlite(dir, args);
    assert!(!output.status.success() && output.stdout.is_empty(), "{args:?}: {}", text(&output.stdout));
    (output.status.code(), text(&output.stderr))
}

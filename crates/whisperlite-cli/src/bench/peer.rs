//! The other side of a measurement: a script in a folder, run by a Python that has what it imports.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};

use crate::ui::Ui;

const DEFAULT_PYTHON: &str = ".venv-bench/bin/python";

/// The folder of the peers' scripts: as named, else by the environment, else beside the project.
pub(super) fn folder(named: Option<&Path>) -> PathBuf {
    let named = named.map(Path::to_owned).or_else(|| std::env::var_os("WHISPERLITE_BENCH").map(PathBuf::from));
    named.unwrap_or_else(|| PathBuf::from("../shared/bench"))
}

/// A script that can run here.
pub(super) struct Peer {
    python: PathBuf,
    script: PathBuf,
}

impl Peer {
    /// The peer, if it can run here; says what is missing if it cannot. `packages` are what the script imports.
    pub(super) fn find(folder: &Path, script: &str, packages: &[&str], ui: &Ui) -> Option<Self> {
        let script = folder.join(script);
        let python = match std::env::var_os("WHISPERLITE_PYTHON") {
            Some(python) => PathBuf::from(python),
            None if Path::new(DEFAULT_PYTHON).exists() => PathBuf::from(DEFAULT_PYTHON),
            None => PathBuf::from("python3"),
        };
        if !script.is_file() {
            ui.say(&format!("NO PEER: there is no {}; name its folder by --peers. Ours alone:", script.display()));
            return None;
        }
        let imports = Command::new(&python).args(["-c", &format!("import {}", packages.join(", "))]).output();
        if !imports.is_ok_and(|output| output.status.success()) {
            ui.say(&format!(
                "NO PEER: {} lacks one of {}. Install them (`python3 -m venv .venv-bench && .venv-bench/bin/pip install \
                 {}`), or name another Python by WHISPERLITE_PYTHON. Ours alone:",
                python.display(),
                packages.join(", "),
                packages.join(" ")
            ));
            return None;
        }
        Some(Self { python, script })
    }

    /// A command that runs the script; arguments are still to be added.
    pub(super) fn command(&self) -> Command {
        let mut command = Command::new(&self.python);
        command.arg(&self.script);
        command
    }
}

/// What a command printed, if it succeeded.
pub(super) fn output_of(mut command: Command) -> anyhow::Result<Vec<u8>> {
    let output = command.output().with_context(|| format!("{command:?} cannot be started"))?;
    ensure!(output.status.success(), "{command:?} failed:\n{}", String::from_utf8_lossy(&output.stderr));
    Ok(output.stdout)
}

//! What the person at the terminal sees: progress bars on standard error, results on standard output.

use std::io::{ErrorKind, IsTerminal, Write};
use std::sync::Mutex;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;
use whisperlite::progress::Progress;

/// The terminal, or with `--json` the machine that reads us.
pub(crate) struct Ui {
    json: bool,
    bar: Mutex<Option<ProgressBar>>,
}

impl Ui {
    pub(crate) fn new(json: bool) -> Self {
        Self { json, bar: Mutex::new(None) }
    }

    /// Whether a machine reads what is said.
    pub(crate) fn is_for_machines(&self) -> bool {
        self.json
    }

    /// Prints a result: `text` for people, or `value` as one JSON document with `--json`.
    pub(crate) fn result<T: Serialize>(&self, value: &T, text: &str) -> anyhow::Result<()> {
        let shown = if self.json { serde_json::to_string_pretty(value)? } else { text.trim_end().to_owned() };
        let mut out = std::io::stdout().lock();
        match writeln!(out, "{shown}").and_then(|()| out.flush()) {
            // Whoever reads us has seen enough, as `head` does: the work itself is done.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
            written => Ok(written?),
        }
    }

    /// Says one line to the person, on standard error; silent with `--json`.
    pub(crate) fn say(&self, line: &str) {
        if !self.json {
            self.with_bar(|bar| bar.suspend(|| to_stderr(line)), || to_stderr(line));
        }
    }

    /// Prints an error as one chain of causes.
    pub(crate) fn error(&self, error: &anyhow::Error) {
        if let Some(bar) = self.lock().take() {
            bar.abandon();
        }
        to_stderr(&format!("error: {}", chain(error)));
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<ProgressBar>> {
        self.bar.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn with_bar(&self, on_bar: impl FnOnce(&ProgressBar), without: impl FnOnce()) {
        match self.lock().as_ref() {
            Some(bar) => on_bar(bar),
            None => without(),
        }
    }
}

/// An error and its causes in one line. Our errors leave their causes to this; those of some libraries repeat them, so what
/// was said already is left out.
pub(crate) fn chain(error: &anyhow::Error) -> String {
    error.chain().map(ToString::to_string).fold(String::new(), |said, cause| {
        if said.is_empty() {
            cause
        } else if said.contains(cause.trim()) {
            said
        } else {
            format!("{said}: {cause}")
        }
    })
}

/// Writes a line to standard error. That nobody reads it, or that it has no place to go, must not end the work.
fn to_stderr(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

impl Progress for Ui {
    fn start(&self, task: &str, total: Option<u64>, unit: &str) {
        if self.json || !std::io::stderr().is_terminal() {
            return;
        }
        let bytes = unit == "bytes";
        let amount = if bytes {
            "{bytes}/{total_bytes} ({bytes_per_sec})"
        } else {
            "{human_pos}/{human_len} {prefix} ({per_sec})"
        };
        let template = match total {
            Some(_) => format!("{{msg}} {{wide_bar}} {amount}, {{eta}} left"),
            None => "{spinner} {msg} {human_pos} {prefix} ({per_sec})".to_owned(),
        };
        let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template(&template) {
            bar.set_style(style);
        }
        bar.set_prefix(unit.to_owned());
        bar.set_message(task.to_owned());
        bar.enable_steady_tick(Duration::from_millis(200));
        *self.lock() = Some(bar);
    }

    fn advance(&self, n: u64) {
        self.with_bar(|bar| bar.inc(n), || ());
    }

    fn note(&self, text: &str) {
        self.with_bar(|bar| bar.set_message(text.to_owned()), || ());
    }

    fn finish(&self, summary: &str) {
        if let Some(bar) = self.lock().take() {
            bar.finish_and_clear();
        }
        self.say(summary);
    }
}

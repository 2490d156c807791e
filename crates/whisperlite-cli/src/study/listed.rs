//! What a study asks of requests that somebody wrote down: answered as the server would answer them now.

use std::path::Path;

use anyhow::{Context, bail};
use serde::Deserialize;
use whisperlite_server::study::{LIVE_SYSTEMS, LiveRequest, live_material, not_live};
use whisperlite_study::Material;

use crate::opened::Opened;

/// A line of the file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    /// What is asked for.
    request: String,
    /// Who asks; may be empty.
    #[serde(default)]
    user_id: String,
}

/// Reads requests from a CSV file with the columns `request` and, if wanted, `user_id`, and lets the live systems answer.
pub(super) fn material(opened: Opened, file: &Path, systems: &[String], k: usize) -> anyhow::Result<Material> {
    if let Some(other) = not_live(systems) {
        bail!(
            "requests of a file are answered as a server answers, by {}; lists of {other:?} come with --material",
            LIVE_SYSTEMS.join(", ")
        );
    }
    let lines = read(file)?;
    let user_id = |line: &Line| Some(line.user_id.clone()).filter(|user_id| !user_id.is_empty());
    let requests: Vec<LiveRequest> =
        lines.iter().map(|line| LiveRequest { request: line.request.clone(), user_id: user_id(line) }).collect();
    live_material(&opened.engine()?, &requests, systems, k).with_context(|| file.display().to_string())
}

fn read(file: &Path) -> anyhow::Result<Vec<Line>> {
    let place = || file.display().to_string();
    let mut reader = csv::Reader::from_path(file).with_context(place)?;
    let lines: Vec<Line> = reader
        .deserialize()
        .collect::<Result<_, _>>()
        .with_context(|| format!("{}: the columns are request and, if wanted, user_id", file.display()))?;
    match lines.iter().position(|line| line.request.trim().is_empty() && line.user_id.is_empty()) {
        Some(empty) => bail!("{}: request {} is empty, and nobody's", file.display(), empty + 1),
        None => Ok(lines),
    }
}

//! The same items and requests in another program: LanceDB, with full text and exact vectors.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use serde::{Deserialize, Serialize};
use serde_json::json;
use whisperlite::catalog::Catalog;
use whisperlite::model::Vectors;

use crate::bench::peer::{Peer, output_of};
use crate::ui::Ui;

/// What the peer did.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct PeerRow {
    version: String,
    /// Until it could be asked.
    made_in_secs: f64,
    per_second: f64,
    p50_ms: f64,
}

/// The peer with everything that it is asked, if it can run here.
pub(super) struct Prepared {
    peer: Peer,
    folder: tempfile::TempDir,
}

impl Prepared {
    /// Hands over the items, and the first `n_requests` requests with their vectors, so that the peer embeds nothing.
    pub(super) fn new(
        scripts: &Path,
        catalog: &Catalog,
        vectors: &Vectors,
        n_requests: usize,
        ui: &Ui,
    ) -> anyhow::Result<Option<Self>> {
        let Some(peer) = Peer::find(scripts, "lancedb_search.py", &["lancedb", "pyarrow", "numpy"], ui) else {
            return Ok(None);
        };
        let folder = tempfile::tempdir().context("no folder for what the peer reads")?;
        let items = catalog.items.iter().map(|item| json!({"id": item.item_id, "text": item.document()}));
        write_lines(&folder.path().join("items.jsonl"), items)?;
        write_floats(&folder.path().join("items.f32"), vectors.items())?;
        let requests: Vec<usize> =
            (0..catalog.requests.len()).filter(|&at| !catalog.requests[at].is_empty()).take(n_requests).collect();
        write_lines(&folder.path().join("requests.jsonl"), requests.iter().map(|&at| json!(catalog.requests[at])))?;
        let rows: Vec<f32> = requests.iter().flat_map(|&at| vectors.request(at as u32)).copied().collect();
        write_floats(&folder.path().join("requests.f32"), &rows)?;
        Ok(Some(Self { peer, folder }))
    }

    /// Asks as fast as it answers.
    pub(super) fn run(&self, stretch: Duration, n_threads: usize) -> anyhow::Result<PeerRow> {
        let mut command = self.peer.command();
        command.arg(self.folder.path()).arg(stretch.as_secs().to_string()).arg(n_threads.to_string());
        serde_json::from_slice(&output_of(command)?).context("the peer's result cannot be read")
    }
}

impl PeerRow {
    pub(super) fn text(&self) -> String {
        let Self { version, made_in_secs, per_second, p50_ms } = self;
        format!(
            "LanceDB {version}, words and vectors, nobody's history, in its own process: {per_second:.1}/s, p50 {p50_ms:.1} ms, made in {made_in_secs:.0} s"
        )
    }
}

fn write_lines(path: &Path, lines: impl Iterator<Item = serde_json::Value>) -> anyhow::Result<()> {
    let mut out = BufWriter::new(File::create(path)?);
    for line in lines {
        writeln!(out, "{line}")?;
    }
    Ok(out.flush()?)
}

fn write_floats(path: &Path, values: &[f32]) -> anyhow::Result<()> {
    let mut out = BufWriter::new(File::create(path)?);
    for value in values {
        out.write_all(&value.to_le_bytes())?;
    }
    Ok(out.flush()?)
}

//! `whisperlite bench exact-search`: the best of a large catalogue by inner product, beside FAISS, NumPy and usearch.
//!
//! The peers' script draws the vectors and writes them down; ours reads the very same bytes. Each round is one run of the
//! script and one of ours, each in a process of its own with the same number of threads. Ours also says how fast the same
//! bytes are merely read, between the queries, and how fast the kernel is on codes that lie in the cache. The approximate graph of
//! `crates/whisperlite-usearch` takes its turn as a program, too: it alone needs C++, and none of this does.

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, ensure};
use clap::Args;
use comfy_table::{Table, presets};
use serde::{Deserialize, Serialize};
use whisperlite::index::{ExactIndex, QuantizedIndex, code_products_per_sec};
use whisperlite::metrics::Ranked;

use super::peer::{self, Peer, output_of};
use super::{machine, median};
use crate::ui::Ui;

const PEER_SCRIPT: &str = "exact_search.py";
const PEER_PACKAGES: [&str; 3] = ["numpy", "faiss", "usearch"];
const OURS: &str = "whisperlite";
/// Length of the vectors that the script draws.
const DIM: usize = 256;
/// Places of each answer.
const K: usize = 10;
/// Queries that are asked one by one, and calls of the batch, as the peers' script has them.
const N_ALONE: usize = 20;
const BATCH: usize = 64;
const N_BATCHES: usize = 4;

/// Measure exact search beside FAISS, NumPy and usearch
#[derive(Args)]
pub(crate) struct ExactSearchArgs {
    /// Items to search
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(1_000..))]
    items: u32,
    /// Threads of each process
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    threads: u32,
    /// How often ours and the peers take turns
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Folder with the peers' script `exact_search.py`
    /// [default: $WHISPERLITE_BENCH, or ../shared/bench]
    #[arg(long, value_name = "DIR")]
    peers: Option<PathBuf>,
    /// Program that times the approximate graph on the same vectors: the example `measure` of crates/whisperlite-usearch
    #[arg(long, value_name = "PROGRAM")]
    hnsw: Option<PathBuf>,
    /// Time our search of the vectors in a folder and print the times: what each turn of ours runs
    #[arg(long, value_name = "DIR", hide = true)]
    worker: Option<PathBuf>,
}

/// How long one system took for one call, as the peers' script prints it.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Timing {
    peer: String,
    batch: usize,
    median_ms: f64,
    #[serde(rename = "recall@10")]
    recall: f64,
    /// Seconds that an approximate index took to build.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    build_secs: Option<f64>,
}

/// One turn of ours.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Turn {
    timings: Vec<Timing>,
    /// Rate at which one query went over the codes / rate at which the same bytes were read: medians.
    share_of_read: f64,
    /// Rate of the batch / rate of the kernel on codes in the cache.
    share_of_kernel: f64,
}

#[derive(Serialize)]
struct Measured {
    machine: String,
    items: u32,
    threads: u32,
    rounds: u32,
    share_of_read: f64,
    share_of_kernel: f64,
    rows: Vec<Row>,
}

/// One system and one number of queries.
#[derive(Serialize)]
struct Row {
    system: String,
    batch: usize,
    median_ms: f64,
    recall: f64,
    /// Median over the rounds of its time / ours: above 1 we are faster.
    speedup: f64,
    /// Seconds that an approximate index took to build, in the first round.
    #[serde(skip_serializing_if = "Option::is_none")]
    build_secs: Option<f64>,
}

/// Runs the command.
pub(crate) fn run(args: ExactSearchArgs, ui: &Ui) -> anyhow::Result<()> {
    if let Some(dir) = &args.worker {
        let turn = time_ours(dir)?;
        return ui.result(&turn, &serde_json::to_string(&turn)?);
    }
    let machine = machine::line();
    let peer = Peer::find(&peer::folder(args.peers.as_deref()), PEER_SCRIPT, &PEER_PACKAGES, ui)
        .context("the vectors to search are drawn by the peers' script")?;
    let written = tempfile::tempdir().context("no temporary folder")?;
    let mut rounds: Vec<(Turn, Vec<Timing>)> = Vec::new();
    for round in 1..=args.rounds {
        let mut peers = peer_turn(&peer, &args, written.path())?;
        if let Some(program) = &args.hnsw {
            peers.extend(hnsw_turn(program, &args, written.path())?);
        }
        let ours = our_turn(&args, written.path())?;
        let times = ours.timings.iter().chain(&peers).map(|t| format!("{} ×{} {:.1} ms", t.peer, t.batch, t.median_ms));
        ui.say(&format!("round {round}: {}", times.collect::<Vec<_>>().join(", ")));
        rounds.push((ours, peers));
    }
    let measured = Measured::new(machine, &args, &rounds);
    ui.result(&measured, &measured.text())
}

fn peer_turn(peer: &Peer, args: &ExactSearchArgs, written: &Path) -> anyhow::Result<Vec<Timing>> {
    let mut command = peer.command();
    command.args(["--n", &args.items.to_string(), "--threads", &args.threads.to_string(), "--write"]).arg(written);
    timings_of(command)
}

fn hnsw_turn(program: &Path, args: &ExactSearchArgs, written: &Path) -> anyhow::Result<Vec<Timing>> {
    let mut command = Command::new(program);
    command.arg(written).env("RAYON_NUM_THREADS", args.threads.to_string());
    timings_of(command)
}

/// The times that a program prints, one as JSON a line.
fn timings_of(command: Command) -> anyhow::Result<Vec<Timing>> {
    let output = String::from_utf8(output_of(command)?).context("the peer's output is no text")?;
    let lines = output.lines().filter(|line| line.starts_with('{'));
    lines.map(serde_json::from_str).collect::<Result<_, _>>().context("the peer printed no times")
}

fn our_turn(args: &ExactSearchArgs, written: &Path) -> anyhow::Result<Turn> {
    let mut command = Command::new(std::env::current_exe().context("this program cannot find itself")?);
    command.args(["bench", "exact-search", "--worker"]).arg(written);
    command.env("RAYON_NUM_THREADS", args.threads.to_string());
    serde_json::from_slice(&output_of(command)?).context("our own turn printed no times")
}

/// Searches the vectors of a folder in this process.
fn time_ours(dir: &Path) -> anyhow::Result<Turn> {
    let (rows, queries) = (read_floats(&dir.join("vectors.f32"))?, read_floats(&dir.join("queries.f32"))?);
    ensure!(queries.len() >= BATCH * DIM, "{}: fewer than {BATCH} queries", dir.display());
    let truth = ExactIndex::new(DIM, rows.clone())?.search(&queries[..BATCH * DIM], K, &[])?;
    let n_products = (rows.len() * BATCH) as f64;
    let index = QuantizedIndex::new(DIM, rows)?;
    // As many bytes as the codes have: what a plain reader of them would wait for.
    let plain = vec![1u64; index.code_bytes() / size_of::<u64>()];
    let (mut alone_ms, mut read_ms, mut hits) = (Vec::new(), Vec::new(), 0);
    for (query, truth) in queries.chunks_exact(DIM).zip(&truth).take(N_ALONE) {
        read_ms.push(millis(|| black_box(plain.iter().fold(0, |sum, word| sum ^ word))).0);
        let (took, found) = millis(|| index.search(query, K));
        alone_ms.push(took);
        hits += n_common(&found?[0], truth);
    }
    let alone_recall = hits as f64 / (N_ALONE * K) as f64;
    let (mut batch_ms, mut batch_hits) = (Vec::new(), 0);
    for _ in 0..N_BATCHES {
        let (took, found) = millis(|| index.search(&queries[..BATCH * DIM], K));
        batch_ms.push(took);
        batch_hits += found?.iter().zip(&truth).map(|(found, truth)| n_common(found, truth)).sum::<usize>();
    }
    let batch_recall = batch_hits as f64 / (N_BATCHES * BATCH * K) as f64;
    let (alone_ms, read_ms, batch_ms) = (median(alone_ms), median(read_ms), median(batch_ms));
    let timing =
        |batch, median_ms, recall| Timing { peer: OURS.to_owned(), batch, median_ms, recall, build_secs: None };
    Ok(Turn {
        timings: vec![timing(1, alone_ms, alone_recall), timing(BATCH, batch_ms, batch_recall)],
        share_of_read: read_ms / alone_ms,
        share_of_kernel: n_products / (batch_ms / 1e3) / code_products_per_sec(DIM),
    })
}

fn millis<T>(work: impl FnOnce() -> T) -> (f64, T) {
    let begin = Instant::now();
    let result = work();
    (begin.elapsed().as_secs_f64() * 1e3, result)
}

fn n_common(found: &[Ranked], truth: &[Ranked]) -> usize {
    found.iter().filter(|hit| truth.iter().any(|other| other.item_idx == hit.item_idx)).count()
}

/// A file of little-endian numbers.
fn read_floats(path: &Path) -> anyhow::Result<Vec<f32>> {
    let bytes = std::fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let (numbers, rest) = bytes.as_chunks::<4>();
    ensure!(rest.is_empty(), "{}: no whole number of values", path.display());
    Ok(numbers.iter().map(|number| f32::from_le_bytes(*number)).collect())
}

impl Measured {
    fn new(machine: String, args: &ExactSearchArgs, rounds: &[(Turn, Vec<Timing>)]) -> Self {
        let of = |timings: &[Timing], system: &str, batch: usize| {
            timings.iter().find(|timing| timing.peer == system && timing.batch == batch).cloned()
        };
        let first = rounds.iter().flat_map(|(ours, peers)| ours.timings.iter().chain(peers)).cloned();
        let mut systems: Vec<(String, usize)> = Vec::new();
        first.for_each(|t| {
            if !systems.contains(&(t.peer.clone(), t.batch)) {
                systems.push((t.peer, t.batch))
            }
        });
        let row = |(system, batch): (String, usize)| {
            let all: Vec<(Timing, Timing)> = rounds
                .iter()
                .filter_map(|(ours, peers)| {
                    let own = of(&ours.timings, OURS, batch)?;
                    Some((of(peers, &system, batch).unwrap_or_else(|| own.clone()), own))
                })
                .collect();
            let median_of = |value: fn(&(Timing, Timing)) -> f64| median(all.iter().map(value).collect());
            let (median_ms, recall) = (median_of(|(its, _)| its.median_ms), median_of(|(its, _)| its.recall));
            let speedup = median_of(|(its, ours)| its.median_ms / ours.median_ms);
            let build_secs = all.first().and_then(|(its, _)| its.build_secs);
            Row { system, batch, median_ms, recall, speedup, build_secs }
        };
        let share = |value: fn(&Turn) -> f64| median(rounds.iter().map(|(ours, _)| value(ours)).collect());
        Self {
            machine,
            items: args.items,
            threads: args.threads,
            rounds: args.rounds,
            share_of_read: share(|turn| turn.share_of_read),
            share_of_kernel: share(|turn| turn.share_of_kernel),
            rows: systems.into_iter().map(row).collect(),
        }
    }

    fn text(&self) -> String {
        let mut table = Table::new();
        table.load_preset(presets::NOTHING).set_header(["queries", "system", "ms", "recall@10", "its time / ours"]);
        let mut rows: Vec<&Row> = self.rows.iter().collect();
        rows.sort_by_key(|row| row.batch);
        for row in rows {
            let ms = format!("{:.2}", row.median_ms);
            let recall = format!("{:.4}", row.recall);
            table.add_row([row.batch.to_string(), row.system.clone(), ms, recall, format!("{:.2}", row.speedup)]);
        }
        let build_secs = self.rows.iter().find_map(|row| row.build_secs);
        let built = build_secs.map_or_else(String::new, |secs| format!("the HNSW graph took {secs:.0} s to build\n"));
        format!(
            "{table}\n{built}one query reads the codes at {:.2} of the rate of a plain read; {BATCH} at once run at {:.2} of the kernel's \
             rate in the cache\n{} items × {DIM}, {} threads each, {} rounds, {}",
            self.share_of_read, self.share_of_kernel, self.items, self.threads, self.rounds, self.machine
        )
    }
}

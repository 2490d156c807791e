//! `whisperlite bench clip`: CLIP ViT-B/32 in full size, beside onnxruntime and transformers.
//!
//! All load the same weights and see inputs of the same shapes: 16 pictures, 32 texts of 8 to 76 words' tokens, 32 short
//! texts, and one short text alone, which is what a live request costs. The peers run texts padded to 77 tokens where they
//! are of different lengths; we run each at its own. Ours and the peers take turns, each in a process of its own with the
//! same number of threads.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::Context;
use clap::Args;
use comfy_table::{Table, presets};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use whisperlite::encoder::PairEncoder;

use super::peer::{self, Peer, output_of};
use super::{machine, median};
use crate::ui::Ui;

const PEER_SCRIPT: &str = "clip.py";
const PEER_PACKAGES: [&str; 4] = ["torch", "transformers", "onnxruntime", "onnxscript"];
const OURS: &str = "whisperlite";
const SHAPES: [&str; 4] = ["images", "texts padded", "texts short", "one short text"];
/// Timed calls of each shape per turn, as the peer's script has it.
const N_CALLS: usize = 8;

/// Measure CLIP ViT-B/32 beside onnxruntime and transformers
#[derive(Args)]
pub(crate) struct ClipArgs {
    /// Threads of each process
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..))]
    threads: u32,
    /// How often ours and the peers take turns
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Folder with the peers' script `clip.py`
    /// [default: $WHISPERLITE_BENCH, or ../shared/bench]
    #[arg(long, value_name = "DIR")]
    peers: Option<PathBuf>,
    /// Folder of a CLIP to measure without peers [default: what the peers' script writes]
    #[arg(long, value_name = "FOLDER")]
    model: Option<PathBuf>,
    /// Time our encoder in this process and print its times: what each turn of ours runs
    #[arg(long, hide = true)]
    worker: bool,
}

/// How often one system did one thing in a second.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Rate {
    peer: String,
    what: String,
    per_second: f64,
}

#[derive(Serialize)]
struct Measured {
    machine: String,
    threads: u32,
    rounds: u32,
    rows: Vec<Row>,
}

/// One shape of input.
#[derive(Serialize)]
struct Row {
    what: &'static str,
    ours_per_second: f64,
    peers: Vec<PeerRate>,
}

#[derive(Serialize)]
struct PeerRate {
    name: String,
    per_second: f64,
    /// Median over the rounds of our rate / the peer's: above 1 we are faster.
    speedup: f64,
}

/// Runs the command.
pub(crate) fn run(args: ClipArgs, ui: &Ui) -> anyhow::Result<()> {
    if args.worker {
        let model = args.model.context("--worker needs --model")?;
        let rates = time_ours(&model)?;
        return ui.result(&rates, &serde_json::to_string(&rates)?);
    }
    let machine = machine::line();
    let written = tempfile::tempdir().context("no temporary folder")?;
    let peer = match &args.model {
        Some(_) => None,
        None => Peer::find(&peer::folder(args.peers.as_deref()), PEER_SCRIPT, &PEER_PACKAGES, ui),
    };
    let model = match (&args.model, &peer) {
        (Some(model), _) => model.clone(),
        (None, Some(_)) => written.path().to_owned(),
        (None, None) => anyhow::bail!("without the peers there is no model to measure: name one by --model FOLDER"),
    };
    let mut rounds: Vec<Vec<Rate>> = Vec::new();
    for round in 1..=args.rounds {
        let mut rates = match &peer {
            Some(peer) => peer_turn(peer, &args, &model)?,
            None => Vec::new(),
        };
        rates.extend(our_turn(&args, &model)?);
        ui.say(&format!("round {round}: {}", describe(&rates)));
        rounds.push(rates);
    }
    let measured = Measured::new(machine, &args, &rounds);
    ui.result(&measured, &measured.text())
}

fn peer_turn(peer: &Peer, args: &ClipArgs, model: &Path) -> anyhow::Result<Vec<Rate>> {
    let mut command = peer.command();
    command.args(["--threads", &args.threads.to_string(), "--write"]).arg(model);
    let output = String::from_utf8(output_of(command)?).context("the peer's output is no text")?;
    let lines = output.lines().filter(|line| line.starts_with('{'));
    let rates =
        lines.map(serde_json::from_str).collect::<Result<Vec<Rate>, _>>().context("the peer printed no rates")?;
    complete_clip(model)?;
    Ok(rates)
}

/// The peers' script writes weights alone. The tokenizer and the preprocessing are not measured, but belong to an encoder.
fn complete_clip(model: &Path) -> anyhow::Result<()> {
    const TOKENIZER: &str =
        r#"{"version": "1.0", "model": {"type": "WordLevel", "vocab": {"?": 0}, "unk_token": "?"}}"#;
    for (file, content) in [("tokenizer.json", TOKENIZER), ("preprocessor_config.json", "{}")] {
        std::fs::write(model.join(file), content).with_context(|| format!("{file} cannot be written"))?;
    }
    Ok(())
}

fn our_turn(args: &ClipArgs, model: &Path) -> anyhow::Result<Vec<Rate>> {
    let mut command = Command::new(std::env::current_exe().context("this program cannot find itself")?);
    command.args(["bench", "clip", "--worker", "--model"]).arg(model);
    command.env("RAYON_NUM_THREADS", args.threads.to_string());
    serde_json::from_slice(&output_of(command)?).context("our own turn printed no rates")
}

/// All shapes in this process.
fn time_ours(model: &Path) -> anyhow::Result<Vec<Rate>> {
    let encoder = PairEncoder::open(model)?;
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    let side = encoder.preprocessing().side;
    let pixels: Vec<f32> = (0..16 * 3 * side * side).map(|_| rng.random_range(-2.0..2.0)).collect();
    let mut text = |n_tokens: usize| -> Vec<u32> {
        let words = (0..n_tokens - 2).map(|_| rng.random_range(1..49_000));
        std::iter::once(49_406).chain(words).chain([49_407]).collect()
    };
    let long: Vec<Vec<u32>> = (0..32).map(|index| text(9 + index * 68 / 31)).collect();
    let short: Vec<Vec<u32>> = (0..32).map(|_| text(10)).collect();
    Ok(vec![
        rate(SHAPES[0], 16, || encoder.embed_pixels(&pixels).map(drop))?,
        rate(SHAPES[1], 32, || encoder.embed_tokens(&long).map(drop))?,
        rate(SHAPES[2], 32, || encoder.embed_tokens(&short).map(drop))?,
        rate(SHAPES[3], 1, || encoder.embed_tokens(&short[..1]).map(drop))?,
    ])
}

fn rate<E: std::error::Error + Send + Sync + 'static>(
    what: &str,
    n: usize,
    call: impl Fn() -> Result<(), E>,
) -> anyhow::Result<Rate> {
    call()?;
    let mut secs = Vec::new();
    for _ in 0..N_CALLS {
        let begin = Instant::now();
        call()?;
        secs.push(begin.elapsed().as_secs_f64());
    }
    Ok(Rate { peer: OURS.to_owned(), what: what.to_owned(), per_second: n as f64 / median(secs) })
}

/// A round in one line.
fn describe(rates: &[Rate]) -> String {
    let texts: Vec<String> =
        rates.iter().map(|rate| format!("{} {} {:.1}/s", rate.peer, rate.what, rate.per_second)).collect();
    texts.join(", ")
}

fn find(rates: &[Rate], peer: &str, what: &str) -> Option<f64> {
    rates.iter().find(|rate| rate.peer == peer && rate.what == what).map(|rate| rate.per_second)
}

impl Measured {
    fn new(machine: String, args: &ClipArgs, rounds: &[Vec<Rate>]) -> Self {
        let mut names: Vec<&str> = rounds.iter().flatten().map(|rate| rate.peer.as_str()).collect();
        names.retain(|name| *name != OURS);
        names.sort_unstable();
        names.dedup();
        let typical = |peer: &str, what: &str| {
            let rates: Vec<f64> = rounds.iter().filter_map(|rates| find(rates, peer, what)).collect();
            (!rates.is_empty()).then(|| median(rates))
        };
        let row = |what: &'static str| {
            let peer = |name: &&str| {
                let ratio = |rates: &Vec<Rate>| Some(find(rates, OURS, what)? / find(rates, name, what)?);
                let per_second = typical(name, what)?;
                let speedup = median(rounds.iter().filter_map(ratio).collect());
                Some(PeerRate { name: (*name).to_owned(), per_second, speedup })
            };
            let ours_per_second = typical(OURS, what).unwrap_or(f64::NAN);
            Row { what, ours_per_second, peers: names.iter().filter_map(peer).collect() }
        };
        Self { machine, threads: args.threads, rounds: args.rounds, rows: SHAPES.map(row).into() }
    }

    fn text(&self) -> String {
        let mut table = Table::new();
        table.load_preset(presets::NOTHING);
        for row in &self.rows {
            let mut cells = vec![row.what.to_owned(), format!("{OURS} {:.1}/s", row.ours_per_second)];
            cells.extend(
                row.peers
                    .iter()
                    .map(|peer| format!("{} {:.1}/s: {:.2} × its rate", peer.name, peer.per_second, peer.speedup)),
            );
            table.add_row(cells);
        }
        format!("{table}\n{} threads each, {} rounds, {}", self.threads, self.rounds, self.machine)
    }
}

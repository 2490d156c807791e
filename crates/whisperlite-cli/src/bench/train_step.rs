//! `whisperlite bench train-step`: one training step of the reference shape, beside PyTorch's.
//!
//! Ours and the peer take turns, each in a process of its own with the same number of threads, so that both see the
//! machine in the same state.

use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

use anyhow::Context;
use clap::Args;
use serde::{Deserialize, Serialize};
use whisperlite::trainer::ReferenceStep;

use super::peer::{self, Peer, output_of};
use super::{machine, median};
use crate::ui::Ui;

const PEER_SCRIPT: &str = "train_step.py";
/// Steps that are not timed.
const N_WARM_UP: usize = 5;

/// Measure one training step of the reference shape beside PyTorch
#[derive(Args)]
pub(crate) struct TrainStepArgs {
    /// Threads of each process
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..))]
    threads: u32,
    /// How often ours and the peer take turns
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Timed steps per turn
    #[arg(long, default_value_t = 40, value_parser = clap::value_parser!(u32).range(1..))]
    steps: u32,
    /// Folder with the peer's script `train_step.py`
    /// [default: $WHISPERLITE_BENCH, or ../shared/bench]
    #[arg(long, value_name = "DIR")]
    peers: Option<PathBuf>,
    /// Time our steps in this process and print their times: what each turn of ours runs
    #[arg(long, hide = true)]
    worker: bool,
}

/// What one turn prints, ours and the peer's.
#[derive(Debug, Serialize, Deserialize)]
struct Turn {
    peer: String,
    median_ms: f64,
    best_ms: f64,
}

#[derive(Serialize)]
struct Measured {
    machine: String,
    threads: u32,
    rounds: u32,
    ours_ms: f64,
    ours_best_ms: f64,
    peer: Option<PeerMeasured>,
}

#[derive(Serialize)]
struct PeerMeasured {
    name: String,
    ms: f64,
    best_ms: f64,
    /// Median over the rounds of the peer's median time / ours: above 1 we are faster.
    speedup: f64,
}

/// Runs the command.
pub(crate) fn run(args: TrainStepArgs, ui: &Ui) -> anyhow::Result<()> {
    if args.worker {
        let turn = time_ours(args.steps as usize);
        return ui.result(&turn, &serde_json::to_string(&turn)?);
    }
    let machine = machine::line();
    let peer = Peer::find(&peer::folder(args.peers.as_deref()), PEER_SCRIPT, &["torch"], ui);
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for round in 1..=args.rounds {
        ours.push(our_turn(&args)?);
        if let Some(peer) = &peer {
            theirs.push(peer_turn(peer, &args)?);
        }
        let both: Vec<String> = ours.last().into_iter().chain(theirs.last()).map(Turn::text).collect();
        ui.say(&format!("round {round}: {}", both.join(", ")));
    }
    let measured = Measured::new(machine, &args, &ours, &theirs);
    ui.result(&measured, &measured.text())
}

/// Steps in this process.
fn time_ours(n_steps: usize) -> Turn {
    let mut step = ReferenceStep::new(0);
    for _ in 0..N_WARM_UP {
        step.step();
    }
    let times: Vec<f64> = (0..n_steps)
        .map(|_| {
            let begin = Instant::now();
            step.step();
            begin.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    let best_ms = times.iter().copied().fold(f64::INFINITY, f64::min);
    Turn { peer: "whisperlite".to_owned(), median_ms: median(times), best_ms }
}

fn our_turn(args: &TrainStepArgs) -> anyhow::Result<Turn> {
    let mut command = Command::new(std::env::current_exe().context("this program cannot find itself")?);
    command.args(["bench", "train-step", "--worker", "--steps", &args.steps.to_string()]);
    command.env("RAYON_NUM_THREADS", args.threads.to_string());
    turn_of(command)
}

fn turn_of(command: Command) -> anyhow::Result<Turn> {
    let name = format!("{command:?}");
    serde_json::from_slice(&output_of(command)?).with_context(|| format!("{name} printed no times"))
}

fn peer_turn(peer: &Peer, args: &TrainStepArgs) -> anyhow::Result<Turn> {
    let mut command = peer.command();
    command.args(["--threads", &args.threads.to_string(), "--steps", &args.steps.to_string()]);
    turn_of(command)
}

impl Turn {
    fn text(&self) -> String {
        format!("{} {:.1} ms (best {:.1})", self.peer, self.median_ms, self.best_ms)
    }
}

impl Measured {
    fn new(machine: String, args: &TrainStepArgs, ours: &[Turn], theirs: &[Turn]) -> Self {
        let typical = |turns: &[Turn]| median(turns.iter().map(|turn| turn.median_ms).collect());
        let best = |turns: &[Turn]| turns.iter().map(|turn| turn.best_ms).fold(f64::INFINITY, f64::min);
        let peer = theirs.first().map(|first| PeerMeasured {
            name: first.peer.clone(),
            ms: typical(theirs),
            best_ms: best(theirs),
            speedup: median(ours.iter().zip(theirs).map(|(ours, theirs)| theirs.median_ms / ours.median_ms).collect()),
        });
        let (ours_ms, ours_best_ms) = (typical(ours), best(ours));
        Self { machine, threads: args.threads, rounds: args.rounds, ours_ms, ours_best_ms, peer }
    }

    fn text(&self) -> String {
        let ours = format!("whisperlite: {:.1} ms per step (best {:.1})", self.ours_ms, self.ours_best_ms);
        let peer = self.peer.as_ref().map(|peer| {
            format!(
                "\n{}: {:.1} ms per step (best {:.1})\nmedian speed-up {:.2} ×",
                peer.name, peer.ms, peer.best_ms, peer.speedup
            )
        });
        let setting = format!("{} threads each, {} rounds, {}", self.threads, self.rounds, self.machine);
        format!("{ours}{}\n{setting}", peer.unwrap_or_default())
    }
}

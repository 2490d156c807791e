//! `whisperlite bench ranking`: exact search over the whole catalogue, as a share of what the machine can multiply.

use std::time::Instant;

use clap::Args;
use serde::Serialize;
use whisperlite::index::{ExactIndex, gemm_flops_per_sec};

use super::{machine, median};
use crate::ui::Ui;

/// Rows of the square product that shows what the machine can do.
const PROBE_SIZE: usize = 4096;

/// Measure the ranking of whole catalogues against the machine's matrix products
#[derive(Args)]
pub(crate) struct RankingArgs {
    /// Queries to rank for
    #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(1..))]
    queries: u32,
    /// Items of the catalogue
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(1..))]
    items: u32,
    /// Length of a vector
    #[arg(long, default_value_t = 256, value_parser = clap::value_parser!(u32).range(1..))]
    dim: u32,
    /// Places to keep of each ranking
    #[arg(short, default_value_t = 100)]
    k: usize,
    /// How often ranking and product take turns
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
}

#[derive(Serialize)]
struct Measured {
    machine: String,
    queries: u32,
    items: u32,
    dim: u32,
    k: usize,
    seconds: f64,
    queries_per_sec: f64,
    ranking_gflops: f64,
    gemm_gflops: f64,
    /// Median over the rounds of ranking rate / product rate.
    share: f64,
}

/// Runs the command.
pub(crate) fn run(args: RankingArgs, ui: &Ui) -> anyhow::Result<()> {
    let machine = machine::line();
    let (n, dim) = (args.queries as usize, args.dim as usize);
    let index = ExactIndex::new(dim, pseudo_random(args.items as usize * dim))?;
    let queries = pseudo_random(n * dim);
    let n_operations = 2.0 * f64::from(args.queries) * f64::from(args.items) * f64::from(args.dim);
    let (mut seconds, mut gemm, mut shares) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..args.rounds {
        let before = gemm_flops_per_sec(PROBE_SIZE);
        let begin = Instant::now();
        index.search(&queries, args.k, &[])?;
        let took = begin.elapsed().as_secs_f64();
        let rate = before.max(gemm_flops_per_sec(PROBE_SIZE));
        let share = n_operations / took / rate;
        ui.say(&format!("round {}: {took:.2} s, {:.0} % of the product's rate", round + 1, 100.0 * share));
        seconds.push(took);
        gemm.push(rate / 1e9);
        shares.push(share);
    }
    let seconds = median(seconds);
    let measured = Measured {
        machine,
        queries: args.queries,
        items: args.items,
        dim: args.dim,
        k: args.k,
        seconds,
        queries_per_sec: n as f64 / seconds,
        ranking_gflops: n_operations / seconds / 1e9,
        gemm_gflops: median(gemm),
        share: median(shares),
    };
    ui.result(&measured, &text(&measured))
}

fn text(measured: &Measured) -> String {
    format!(
        "{} queries × {} items, {} dimensions, top {}: {:.2} s ({:.0} queries/s), {:.0} Gflop/s\n\
         {PROBE_SIZE}² product: {:.0} Gflop/s, so ranking runs at {:.0} % of it\n{}",
        measured.queries,
        measured.items,
        measured.dim,
        measured.k,
        measured.seconds,
        measured.queries_per_sec,
        measured.ranking_gflops,
        measured.gemm_gflops,
        100.0 * measured.share,
        measured.machine,
    )
}

/// Values in ±1 from a linear congruential generator: the time does not depend on how random they are.
fn pseudo_random(n: usize) -> Vec<f32> {
    let mut state = 1u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..n).map(|_| next()).collect()
}

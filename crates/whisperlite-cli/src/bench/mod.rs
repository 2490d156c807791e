//! `whisperlite bench`: our speed beside a peer's, in the same run on the same machine; and our quality beside every baseline's.

mod boutique;
mod candidates;
mod clip;
mod events;
mod exact_search;
mod machine;
mod peer;
mod quality;
mod ranking;
mod requests;
mod serve;
mod start;
mod train_step;

use clap::{Args, Subcommand};

use crate::ui::Ui;

/// Measure speed beside a peer, in the same run, and quality beside every baseline
#[derive(Args)]
pub(crate) struct BenchArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    TrainStep(train_step::TrainStepArgs),
    Quality(quality::QualityArgs),
    Ranking(ranking::RankingArgs),
    ExactSearch(exact_search::ExactSearchArgs),
    Clip(clip::ClipArgs),
    Events(events::EventsArgs),
    Boutique(boutique::BoutiqueArgs),
    Candidates(candidates::CandidatesArgs),
    Serve(serve::ServeBenchArgs),
    Start(start::StartArgs),
}

/// Runs the command.
pub(crate) fn run(args: BenchArgs, ui: &Ui) -> anyhow::Result<()> {
    match args.what {
        What::TrainStep(args) => train_step::run(args, ui),
        What::Quality(args) => quality::run(&args, ui),
        What::Ranking(args) => ranking::run(args, ui),
        What::ExactSearch(args) => exact_search::run(args, ui),
        What::Clip(args) => clip::run(args, ui),
        What::Events(args) => events::run(&args, ui),
        What::Boutique(args) => boutique::run(&args, ui),
        What::Candidates(args) => candidates::run(&args, ui),
        What::Serve(args) => serve::run(&args, ui),
        What::Start(args) => start::run(&args, ui),
    }
}

/// The middle value; the upper one of two.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

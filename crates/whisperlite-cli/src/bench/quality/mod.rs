//! `whisperlite bench quality`: every data set, every variant of the training and every baseline, over several seeds.
//!
//! Each training is one file of results, written when it is measured; a benchmark that is cut off goes on where it was, and a
//! training whose settings changed is done anew. The report is made of the files.

mod measure;
mod plan;
mod report;

use std::path::PathBuf;

use clap::Args;

use self::measure::Bench;
use self::plan::Plan;
use self::report::QualityReport;
use crate::bench::machine;
use crate::ui::Ui;

/// Measure quality: every data set, variant, baseline and seed of a plan, in one report
///
/// Results lie in OUT, one file for each training, with the stores that were made; what is there is not measured again. The
/// report is OUT/quality.md and OUT/quality.json, and OUT/DATASET/VARIANT/seed-N.md tells of each trained model.
#[derive(Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct QualityArgs {
    /// Folder of the data sets, each in the folder that the plan names
    data: PathBuf,
    /// Folder of results and stores
    #[arg(long, value_name = "OUT", default_value = "quality")]
    out: PathBuf,
    /// A plan [default: configs/plans/quality.toml as it was when the program was built]
    #[arg(long, value_name = "FILE")]
    plan: Option<PathBuf>,
    /// Only this data set; may be given several times
    #[arg(long, value_name = "NAME")]
    dataset: Vec<String>,
    /// Only this variant; may be given several times
    #[arg(long, value_name = "NAME")]
    variant: Vec<String>,
    /// Only the first so many seeds
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    seeds: Option<u16>,
    /// Write the report of what is there, and measure nothing
    #[arg(long)]
    report_only: bool,
}

const EXAMPLES: &str = "\
Examples:
  whisperlite bench quality ./data
  whisperlite bench quality ./data --dataset hetrec-movies --variant best --seeds 1
  whisperlite bench quality ./data --report-only";

/// Runs the command.
pub(crate) fn run(args: &QualityArgs, ui: &Ui) -> anyhow::Result<()> {
    let plan = Plan::read(args.plan.as_deref())?;
    let whole = plan.clone();
    let asked = plan.only(&args.dataset, &args.variant, args.seeds.map(usize::from))?;
    let bench = Bench { data: &args.data, out: &args.out, machine: machine::line() };
    if !args.report_only {
        bench.carry_out(&asked, &whole.variant[0].name, ui)?;
    }
    let report = QualityReport::of(&whole, &args.out)?;
    report.write(&args.out)?;
    ui.result(&report, &format!("{}\nreport: {}", report.text(), args.out.join(report::MARKDOWN).display()))
}

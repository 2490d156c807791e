//! `whisperlite study plan`: how many judgements?

use clap::Args;
use serde::Serialize;
use whisperlite_study::power::{
    Certainty, Clustering, grades_needed, paired_t_power, plan_grades, plan_win_rate, sign_test_power, votes_needed,
};

use crate::ui::Ui;

/// Say how many judgements a study needs
///
/// For two lists side by side: the exact two-sided sign test on decisive votes. For grades: the paired t test. Judgements of one rater resemble each
/// other, and so do those about one request: with --per-rater and --rater-correlation (and the same of requests) the number grows by the design effect
/// 1 + (m - 1) ρ.
#[derive(Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct PlanArgs {
    /// The true win rate that shall be found, such as .65: the part of decisive votes for the better system
    #[arg(long, value_name = "RATE", required_unless_present = "effect", conflicts_with = "effect")]
    win_rate: Option<f64>,
    /// The true difference of grades that shall be found, in standard deviations of the paired differences, such as .3
    #[arg(long, value_name = "D")]
    effect: Option<f64>,
    /// How often it shall be found
    #[arg(long, value_name = "0-1", default_value_t = 0.8)]
    power: f64,
    /// How often two equal systems may be told apart
    #[arg(long, value_name = "0-1", default_value_t = 0.05)]
    alpha: f64,
    /// Judgements of each rater
    #[arg(long, value_name = "M", default_value_t = 1.0)]
    per_rater: f64,
    /// How much judgements of one rater resemble each other, from 0 to 1
    #[arg(long, value_name = "RHO", default_value_t = 0.0)]
    rater_correlation: f64,
    /// Judgements about each request
    #[arg(long, value_name = "M", default_value_t = 1.0)]
    per_request: f64,
    /// How much judgements about one request resemble each other, from 0 to 1
    #[arg(long, value_name = "RHO", default_value_t = 0.0)]
    request_correlation: f64,
}

const EXAMPLES: &str = "\
Examples:
  whisperlite study plan --win-rate .65 --power .8
  whisperlite study plan --effect .3
  whisperlite study plan --win-rate .6 --per-rater 20 --rater-correlation .05";

/// What a machine is told.
#[derive(Serialize)]
struct Planned {
    /// What is counted.
    unit: &'static str,
    /// How many it takes if no two judgements resemble each other, and the power that so many have.
    independent: usize,
    power: f64,
    design_effect: f64,
    /// How many judgements to plan.
    judgements: usize,
}

pub(super) fn run(args: &PlanArgs, ui: &Ui) -> anyhow::Result<()> {
    let certainty = Certainty { alpha: args.alpha, power: args.power };
    let clustering = Clustering {
        per_rater: args.per_rater,
        rater_correlation: args.rater_correlation,
        per_question: args.per_request,
        question_correlation: args.request_correlation,
    };
    let is_clustered = clustering.design_effect()? > 1.0;
    let (unit, independent, power, plan) = match (args.win_rate, args.effect) {
        (Some(win_rate), _) => {
            let n = votes_needed(win_rate, certainty)?;
            let plan = is_clustered.then(|| plan_win_rate(win_rate, &clustering, certainty)).transpose()?;
            ("decisive votes", n, sign_test_power(n, win_rate, args.alpha)?, plan)
        }
        (None, effect) => {
            let effect = effect.unwrap_or_default();
            let n = grades_needed(effect, certainty)?;
            let plan = is_clustered.then(|| plan_grades(effect, &clustering, certainty)).transpose()?;
            ("paired judgements", n, paired_t_power(n, effect, args.alpha)?, plan)
        }
    };
    let planned = Planned {
        unit,
        independent,
        power,
        design_effect: plan.map_or(1.0, |plan| plan.design_effect),
        judgements: plan.map_or(independent, |plan| plan.n_judgements),
    };
    let mut text =
        format!("{} {unit} for a power of {} at the two-sided level {}", planned.judgements, args.power, args.alpha);
    match plan {
        Some(plan) => text.push_str(&format!(
            ": by {} raters about {} requests; {independent} if no judgement resembled another, and a design effect of {:.2}",
            plan.n_raters, plan.n_questions, plan.design_effect
        )),
        None => text.push_str(&format!(" (they have {power:.3}), if no judgement resembles another; see --help")),
    }
    ui.result(&planned, &text)
}

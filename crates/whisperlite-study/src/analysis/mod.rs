//! What came out? Everything that a report of a study says, in one value.
//!
//! The primary measure is the one that the design declares; everything else is said beside it. Its test is the one that
//! allows for raters and questions (see [`crate::statistics`]); the exact sign test stands beside it, and is right only where
//! votes are independent. What cannot be said yet is `None`, and [`Analysis::missing`] says what it takes.
//!
//! Until a study has ended, or reached its planned number, nothing says who is ahead; and then the verdict is by what was said until that number was
//! reached (see [`Progress`]).

mod grades;
mod interleaving;
mod offline;
mod pairs;
mod raters;

pub use grades::{FitResult, GradesResult, NdcgDifference, SystemNdcg, graded_ndcg, ndcg_differences};
pub use interleaving::{InterleavingResult, credits, delta};
pub use offline::{Correlation, offline_ndcg};
pub use pairs::{AaResult, ComparisonResult, PairsResult, SideBias, decisive_votes};
pub use raters::{ExclusionReason, RaterQuality};

use serde::{Deserialize, Serialize};

use crate::assignment::Assignment;
use crate::design::{Design, Fit, Primary};
use crate::interleave::Impression;
use crate::judgements::{Handed, Journal, Judgements, LeftOut};
use crate::log::Status;
use crate::statistics::{Cell, Estimate, mean_estimate, share_estimate};
use crate::stopping::{Decided, Progress};
use crate::version::Version;

/// The format of analyses that this program writes.
pub const ANALYSIS_FORMAT: u32 = 1;

/// Everything that came out of a study.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Analysis {
    /// [`ANALYSIS_FORMAT`].
    pub format: u32,
    /// The study's name.
    pub name: String,
    /// The version that was analysed; answers to others are left out.
    pub version: Version,
    /// Whether anything in here comes from a program that answers.
    pub simulated: bool,
    /// Where that version stands.
    pub status: Status,
    /// How far it is.
    pub progress: Progress,
    /// The measure that decides, by what was said until the planned number was reached.
    pub primary: PrimaryResult,
    /// All answers of the raters who stay, later ones included.
    pub results: Results,
    /// All answers of all raters, for comparison.
    pub results_of_all: Results,
    /// Each rater who answered, or could.
    pub raters: Vec<RaterQuality>,
    /// Answers that do not count.
    pub left_out: LeftOut,
    /// How many raters had everything of theirs erased. What is said here is of those who are left.
    pub n_forgotten: usize,
    /// What cannot be said yet, in sentences.
    pub missing: Vec<String>,
}

/// The measure that decides.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PrimaryResult {
    /// What was declared.
    pub measure: Primary,
    /// What the measure is if both systems are equal: 0.5 for a win rate, else 0.
    pub equal: f64,
    /// The measure, its interval and its test, for raters and questions like these; none before the planned number is reached.
    pub estimate: Option<Estimate>,
    /// How many raters the declared rule leaves out of it, by what they had answered until then.
    pub n_raters_left_out: usize,
    /// What may be said.
    pub verdict: Verdict,
}

/// What may be said of the primary measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The planned number is not reached: nothing.
    Unfinished,
    /// `system` is better, at the two-sided level 0.05.
    Better,
    /// `against` is better.
    Worse,
    /// Neither could be shown.
    Undecided,
}

/// What each arm says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Results {
    /// Two lists side by side; none without that arm.
    pub pairs: Option<PairsResult>,
    /// Graded items; none without that arm.
    pub grades: Option<GradesResult>,
    /// Mixed lists in the shop; none without that arm.
    pub interleaving: Option<InterleavingResult>,
}

/// Analyses one version of a study.
pub fn analyse(assignment: &Assignment<'_>, version: &Version, journal: Journal<'_>) -> Analysis {
    let design = assignment.design();
    let mut handed = Handed::new(assignment, journal.raters);
    let judgements = Judgements::of(&mut handed, version.number, journal);
    let own = |impression: &&Impression| impression.version == version.number;
    let impressions: Vec<&Impression> = journal.impressions.iter().filter(own).collect();
    let raters = raters::quality(design, &judgements, journal.raters);
    let kept = judgements.of_raters(|rater_idx| raters[rater_idx].excluded.is_empty());
    let all = Input { assignment, judgements: &judgements, impressions: &impressions, journal };
    let (mut results, mut results_of_all) = (Input { judgements: &kept, ..all }.results(), all.results());
    let mut missing = missing(&results, &judgements);
    let decision = Decision::of(&mut handed, version.number, journal);
    let primary = decision.result(design);
    if decision.progress.is_reached() && primary.estimate.is_none_or(|estimate| estimate.interval.is_none()) {
        missing.push(
            "The primary measure has no interval: it takes judgements of at least two raters about at least two questions, \
             and not all the same."
                .to_owned(),
        );
    }
    if !decision.progress.is_reached() && journal.status != Status::Closed {
        results.hide_who_is_ahead();
        results_of_all.hide_who_is_ahead();
        missing.push(
            "Who is ahead is said when the study is at its end, so that nobody ends it for what they see.".to_owned(),
        );
    }
    Analysis {
        format: ANALYSIS_FORMAT,
        name: design.name.clone(),
        version: version.clone(),
        simulated: raters.iter().any(|rater| rater.simulated && rater.n_answers > 0)
            || impressions.iter().any(|impression| impression.simulated),
        status: journal.status,
        progress: decision.progress,
        primary,
        results,
        results_of_all,
        raters,
        left_out: judgements.left_out,
        n_forgotten: journal.n_forgotten,
        missing,
    }
}

/// The primary measure of one version of a study, as [`Analysis::primary`] has it, and the judgements that it is the mean of: the quick way to
/// it, without all the rest.
pub fn primary(assignment: &Assignment<'_>, version: u32, journal: Journal<'_>) -> (PrimaryResult, Vec<Cell>) {
    let decision = Decision::of(&mut Handed::new(assignment, journal.raters), version, journal);
    (decision.result(assignment.design()), decision.cells)
}

/// What the primary measure is made of.
struct Decision {
    progress: Progress,
    /// By the raters who stay.
    cells: Vec<Cell>,
    n_raters_left_out: usize,
}

impl Decision {
    fn of(handed: &mut Handed<'_>, version: u32, journal: Journal<'_>) -> Self {
        let assignment = handed.assignment();
        let decided = Decided::of(handed, version, journal);
        let judgements = Judgements::of(handed, version, decided.journal);
        let raters = raters::quality(assignment.design(), &judgements, journal.raters);
        let kept = judgements.of_raters(|rater_idx| raters[rater_idx].excluded.is_empty());
        let impressions: Vec<&Impression> = decided.impressions.iter().collect();
        Self {
            progress: decided.progress,
            cells: primary_cells(assignment, &kept, &impressions),
            n_raters_left_out: raters.iter().filter(|rater| !rater.excluded.is_empty()).count(),
        }
    }

    fn result(&self, design: &Design) -> PrimaryResult {
        let estimate = self.progress.is_reached().then(|| estimate(&design.primary, &self.cells)).flatten();
        let equal = if matches!(design.primary, Primary::WinRate { .. }) { 0.5 } else { 0.0 };
        let verdict = match estimate {
            _ if !self.progress.is_reached() => Verdict::Unfinished,
            Some(Estimate { p: Some(p), value, .. }) if p <= 0.05 && value > equal => Verdict::Better,
            Some(Estimate { p: Some(p), value, .. }) if p <= 0.05 && value < equal => Verdict::Worse,
            _ => Verdict::Undecided,
        };
        let n_raters_left_out = self.n_raters_left_out;
        PrimaryResult { measure: design.primary.clone(), equal, estimate, n_raters_left_out, verdict }
    }
}

impl Results {
    /// Leaves what says nothing of who is ahead: agreement, bias, and how much there is.
    fn hide_who_is_ahead(&mut self) {
        self.pairs.iter_mut().for_each(|pairs| pairs.comparisons.clear());
        for fit in self.grades.iter_mut().flat_map(|grades| &mut grades.fits) {
            fit.systems.clear();
            fit.differences.clear();
        }
        self.interleaving.iter_mut().for_each(InterleavingResult::hide_who_is_ahead);
    }
}

/// What every arm's results are made of.
#[derive(Clone, Copy)]
struct Input<'a> {
    assignment: &'a Assignment<'a>,
    judgements: &'a Judgements,
    impressions: &'a [&'a Impression],
    journal: Journal<'a>,
}

impl Input<'_> {
    fn results(&self) -> Results {
        let arms = &self.assignment.design().arms;
        Results {
            pairs: arms.pairs.as_ref().map(|_| pairs::result(self)),
            grades: arms.grades.as_ref().map(|arm| grades::result(self, arm.depth)),
            interleaving: arms
                .interleaving
                .as_ref()
                .map(|arm| interleaving::result(arm, self.impressions, self.design().seed)),
        }
    }

    fn design(&self) -> &Design {
        self.assignment.design()
    }

    /// Whether any rater with one of these places is a program.
    fn any_simulated(&self, mut rater_idx: impl Iterator<Item = usize>) -> bool {
        rater_idx.any(|rater_idx| self.journal.raters[rater_idx].simulated)
    }

    /// `comparison`, turned as the primary measure has it, if it is of the same two systems.
    fn turned<'b>(&'b self, comparison: (&'b str, &'b str)) -> (&'b str, &'b str) {
        let primary = self.design().primary.systems();
        if comparison == (primary.1, primary.0) { primary } else { comparison }
    }
}

fn primary_cells(assignment: &Assignment<'_>, judgements: &Judgements, impressions: &[&Impression]) -> Vec<Cell> {
    let design = assignment.design();
    match &design.primary {
        Primary::WinRate { system, against } => decisive_votes(judgements, system, against),
        Primary::GradedNdcg { system, against, fit } => {
            let depth = design.arms.grades.as_ref().map_or(design.k, |arm| arm.depth);
            ndcg_differences(assignment.material(), judgements, (system, against), (*fit, depth))
        }
        Primary::InterleavingDelta { system, .. } => {
            let is_turned = design.arms.interleaving.as_ref().is_some_and(|arm| arm.system != *system);
            let sign = if is_turned { -1.0 } else { 1.0 };
            credits(impressions).into_iter().map(|cell| Cell { value: sign * cell.value, ..cell }).collect()
        }
    }
}

fn estimate(primary: &Primary, cells: &[Cell]) -> Option<Estimate> {
    match primary {
        Primary::WinRate { .. } => share_estimate(cells),
        Primary::GradedNdcg { .. } => mean_estimate(cells),
        Primary::InterleavingDelta { .. } => delta(cells),
    }
}

/// What each arm lacks.
fn missing(results: &Results, judgements: &Judgements) -> Vec<String> {
    let mut missing = Vec::new();
    if let Some(pairs) = &results.pairs {
        for comparison in pairs.comparisons.iter().filter(|comparison| comparison.win_rate.is_none()) {
            let (system, against) = (&comparison.system, &comparison.against);
            missing.push(format!("There is no decisive vote between {system} and {against}: no win rate."));
        }
        if pairs.alpha.is_none() {
            missing.push("No pair has different votes of two raters or more: no agreement on pairs.".to_owned());
        }
        if pairs.aa.n == 0 {
            missing.push("No A/A trial was answered: nothing shows that the same list is judged the same.".to_owned());
        }
    }
    for fit in results.grades.iter().flat_map(|grades| &grades.fits) {
        let what = if fit.fit == Fit::Request { "the request" } else { "the person" };
        if fit.differences.iter().all(|difference| difference.difference.is_none()) {
            missing.push(format!("Nothing was graded for how it fits {what}: no NDCG."));
        } else if fit.alpha.is_none() {
            missing.push(format!("No item has grades for {what} of two raters or more that differ: no agreement."));
        }
    }
    if results.interleaving.as_ref().is_some_and(|result| result.delta.is_none()) {
        missing.push("Nothing was picked from a mixed list yet: no interleaving delta.".to_owned());
    }
    if judgements.left_out.unfitting > 0 {
        let n = judgements.left_out.unfitting;
        missing.push(format!("{n} answers do not fit the task that they name, and are left out."));
    }
    missing
}

//! Do intervals cover the truth as often as they say, do equal systems come out equal, and does the planned number reach its power? Asked
//! of many simulated studies.

use serde::Serialize;

use super::{Crowd, Simulated, Source, Truth, VisitConfig, WorldConfig, simulated_impressions, simulated_study};
use crate::analysis::primary;
use crate::assignment::Assignment;
use crate::design::{Design, Primary};
use crate::error::{CalibrationError, PowerError, StudyError};
use crate::interleave::Impression;
use crate::judgements::Journal;
use crate::power::{Certainty, Clustering, Plan, plan_grades, plan_win_rate};
use crate::statistics::{
    Cell, Estimate, Interval, Resemblance, clopper_pearson, pigeonhole_interval, resemblance, sign_test,
};

/// Where the seeds of studies that measure the truth begin: far from those of studies that are measured.
const TRUTH_SEEDS: u64 = 1 << 40;

/// One kind of study, to be made many times: each with questions, raters and visitors of its own.
#[derive(Debug, Clone)]
pub struct Scenario<S = WorldConfig> {
    /// What it is about.
    pub name: String,
    /// What is fixed, but for the seed.
    pub design: Design,
    /// Questions and systems.
    pub world: S,
    /// Raters.
    pub crowd: Crowd,
    /// Visitors, for an interleaving arm.
    pub visits: VisitConfig,
}

/// What is known of a scenario by studies enough: the truth that intervals are to cover.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ScenarioTruth {
    /// The primary measure, for all questions and raters that there could be.
    pub value: f64,
    /// The mean, less that of equal systems, by the standard deviation of one judgement: Cohen's dz.
    pub effect: f64,
    /// How much alike judgements are.
    pub resemblance: Resemblance,
    /// Judgements of each rater, as the rater of an average judgement has them.
    pub per_rater: f64,
    /// Judgements about each question, likewise.
    pub per_question: f64,
}

/// What became of many studies of one scenario.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Calibration {
    /// The scenario's name.
    pub name: String,
    /// Always: these are simulated raters.
    pub simulated: bool,
    /// How many studies.
    pub n_studies: usize,
    /// What the measure truly is.
    pub truth: f64,
    /// Mean number of judgements of a study.
    pub n_judgements: f64,
    /// Mean number of raters, or visitors.
    pub n_raters: f64,
    /// Mean number of questions.
    pub n_questions: f64,
    /// Mean design effect.
    pub design_effect: f64,
    /// The part of studies whose interval covers the truth.
    pub covered: f64,
    /// Clopper and Pearson's 95 % interval of that part.
    pub covered_interval: Interval,
    /// The part whose Clopper and Pearson interval covers it, which takes votes for independent; none for grades.
    pub covered_by_exact: Option<f64>,
    /// The part of studies that find a difference at the two-sided level 0.05.
    pub rejected: f64,
    /// Clopper and Pearson's 95 % interval of that part.
    pub rejected_interval: Interval,
    /// The part whose exact sign test finds one; none for grades.
    pub rejected_by_sign_test: Option<f64>,
}

/// The judgements of one study and the primary measure.
type Outcome = (Vec<Cell>, Option<Estimate>);

impl<S: Source> Scenario<S> {
    /// Makes one study of this kind, from its questions to its primary measure.
    ///
    /// # Errors
    /// If the design does not fit the world.
    pub fn study(&self, seed: u64) -> Result<Outcome, StudyError> {
        let world = self.world.draw(seed);
        let design = Design { seed, ..self.design.clone() };
        let assignment = Assignment::new(&design, world.material())?;
        let version = self.visits.version;
        let is_interleaved = matches!(design.primary, Primary::InterleavingDelta { .. });
        let max_raters = if is_interleaved { 0 } else { 100_000 };
        let simulated = simulated_study(&assignment, &world, &self.crowd, version, max_raters, seed);
        let impressions = simulated_impressions(&design, &world, self.visits, seed);
        let (result, cells) = primary(&assignment, version, journal(&simulated, &impressions));
        Ok((cells, result.estimate))
    }

    /// Measures the truth by `n_studies` studies, which have nothing in common with those of [`Self::calibrate`].
    ///
    /// # Errors
    /// If the design does not fit the world.
    pub fn truth(&self, n_studies: usize) -> Result<ScenarioTruth, StudyError> {
        let mut pooled: Vec<Cell> = Vec::new();
        for study in 0..n_studies {
            // Raters and questions of different studies are different ones.
            let own = |idx: usize| study << 32 | idx;
            let (cells, _) = self.study(TRUTH_SEEDS + study as u64)?;
            pooled.extend(cells.into_iter().map(|cell| Cell {
                rater: own(cell.rater),
                question: own(cell.question),
                ..cell
            }));
        }
        let n = pooled.len() as f64;
        let value = pooled.iter().map(|cell| cell.value).sum::<f64>() / n;
        let deviation = (pooled.iter().map(|cell| (cell.value - value).powi(2)).sum::<f64>() / n).sqrt();
        Ok(ScenarioTruth {
            // Systems that differ only by their names are equal; nothing needs measuring.
            value: if self.is_aa() { self.equal() } else { value },
            effect: (value - self.equal()) / deviation,
            resemblance: resemblance(&pooled).unwrap_or(Resemblance { of_rater: 0.0, of_question: 0.0 }),
            per_rater: mean_group(&pooled, |cell| cell.rater),
            per_question: mean_group(&pooled, |cell| cell.question),
        })
    }

    /// Plans how many judgements such studies need: roughly, by a quarter of `n_pilots` studies of this size, and again by `n_pilots` of the
    /// size that came out, because fewer judgements share a question in a smaller study. Returns the study of the planned size, what is known of it, and the plan.
    ///
    /// # Errors
    /// If there is no difference to find, or too small a one, or if the design does not fit the world.
    pub fn planned(
        self,
        n_pilots: usize,
        certainty: Certainty,
    ) -> Result<(Self, ScenarioTruth, Plan), CalibrationError> {
        let first = self.plan(&self.truth(n_pilots.div_ceil(4))?, certainty)?;
        let again = self.with_planned(first.n_judgements);
        let truth = again.truth(n_pilots)?;
        let plan = again.plan(&truth, certainty)?;
        Ok((again.with_planned(plan.n_judgements), truth, plan))
    }

    fn plan(&self, truth: &ScenarioTruth, certainty: Certainty) -> Result<Plan, PowerError> {
        let clustering = Clustering {
            per_rater: truth.per_rater,
            rater_correlation: truth.resemblance.of_rater.max(0.0),
            per_question: truth.per_question,
            question_correlation: truth.resemblance.of_question.max(0.0),
        };
        match self.design.primary {
            Primary::WinRate { .. } => plan_win_rate(truth.value, &clustering, certainty),
            Primary::GradedNdcg { .. } | Primary::InterleavingDelta { .. } => {
                plan_grades(truth.effect, &clustering, certainty)
            }
        }
    }

    /// The same until `planned` judgements.
    fn with_planned(mut self, planned: usize) -> Self {
        self.design.stopping.planned = planned;
        self.visits.n_picked = planned;
        self
    }

    /// Makes `n_studies` studies and holds them to the truth.
    ///
    /// # Errors
    /// If the design does not fit the world.
    ///
    /// # Panics
    /// If `n_studies` is 0.
    pub fn calibrate(&self, truth: f64, n_studies: usize) -> Result<Calibration, StudyError> {
        let mut tally = Tally::default();
        for seed in 0..n_studies {
            let (cells, estimate) = self.study(seed as u64)?;
            tally.add(self, truth, &cells, estimate);
        }
        Ok(tally.finished(self, truth, n_studies))
    }

    /// The part of `n_studies` studies whose pigeonhole bootstrap interval covers the truth.
    ///
    /// # Errors
    /// If the design does not fit the world.
    pub fn covered_by_bootstrap(&self, truth: f64, n_studies: usize) -> Result<f64, StudyError> {
        let mut n_covered = 0;
        for seed in 0..n_studies as u64 {
            let (cells, _) = self.study(seed)?;
            n_covered += usize::from(pigeonhole_interval(&cells, seed).is_some_and(|interval| interval.covers(truth)));
        }
        Ok(n_covered as f64 / n_studies as f64)
    }

    /// The measure of two equal systems: one half of the votes, no difference of NDCG, no delta.
    pub fn equal(&self) -> f64 {
        if matches!(self.design.primary, Primary::WinRate { .. }) { 0.5 } else { 0.0 }
    }

    /// Whether the systems are equal, though their lists differ.
    pub fn is_aa(&self) -> bool {
        self.world.has_equal_systems()
    }

    fn has_votes(&self) -> bool {
        !matches!(self.design.primary, Primary::GradedNdcg { .. })
    }
}

fn journal<'a>(simulated: &'a Simulated, impressions: &'a [Impression]) -> Journal<'a> {
    Journal { impressions, ..simulated.journal() }
}

/// The size of the group of an average judgement.
fn mean_group(cells: &[Cell], key: impl Fn(&Cell) -> usize) -> f64 {
    let mut sizes = std::collections::BTreeMap::new();
    cells.iter().for_each(|cell| *sizes.entry(key(cell)).or_insert(0.0) += 1.0);
    sizes.values().map(|size| size * size).sum::<f64>() / cells.len() as f64
}

/// Sums over studies.
#[derive(Default)]
struct Tally {
    n_judgements: f64,
    n_raters: f64,
    n_questions: f64,
    design_effect: f64,
    covered: u64,
    covered_by_exact: u64,
    rejected: u64,
    rejected_by_sign_test: u64,
}

impl Tally {
    fn add<S: Source>(&mut self, scenario: &Scenario<S>, truth: f64, cells: &[Cell], estimate: Option<Estimate>) {
        let covers = |interval: Option<Interval>| u64::from(interval.is_some_and(|found| found.covers(truth)));
        let finds = |p: Option<f64>| u64::from(p.is_some_and(|p| p <= 0.05));
        let of = |number: fn(&Estimate) -> usize| estimate.as_ref().map_or(0.0, |estimate| number(estimate) as f64);
        self.n_judgements += of(|estimate| estimate.n);
        self.n_raters += of(|estimate| estimate.n_raters);
        self.n_questions += of(|estimate| estimate.n_questions);
        self.design_effect += estimate.and_then(|estimate| estimate.design_effect).unwrap_or(0.0);
        self.covered += covers(estimate.and_then(|estimate| estimate.interval));
        self.rejected += finds(estimate.and_then(|estimate| estimate.p));
        let equal = scenario.equal();
        let votes =
            |wins: bool| cells.iter().filter(|cell| (cell.value > equal) == wins && cell.value != equal).count();
        let test = if scenario.has_votes() { sign_test(votes(true) as u64, votes(false) as u64) } else { None };
        self.rejected_by_sign_test += finds(test.map(|test| test.p));
        let shift = equal - 0.5;
        self.covered_by_exact += u64::from(test.is_some_and(|test| test.interval.covers(truth - shift)));
    }

    fn finished<S: Source>(self, scenario: &Scenario<S>, truth: f64, n_studies: usize) -> Calibration {
        let n = n_studies as f64;
        let share = |count: u64| count as f64 / n;
        let of_votes = |count: u64| scenario.has_votes().then(|| share(count));
        let exact = |count: u64| clopper_pearson(count, n_studies as u64, 0.95).expect("at least one study");
        // A win rate's exact interval is of the measure itself; that of mixed lists leaves out ties, so it is of another.
        let is_win_rate = matches!(scenario.design.primary, Primary::WinRate { .. });
        Calibration {
            name: scenario.name.clone(),
            simulated: true,
            n_studies,
            truth,
            n_judgements: self.n_judgements / n,
            n_raters: self.n_raters / n,
            n_questions: self.n_questions / n,
            design_effect: self.design_effect / n,
            covered: share(self.covered),
            covered_interval: exact(self.covered),
            covered_by_exact: of_votes(self.covered_by_exact).filter(|_| is_win_rate),
            rejected: share(self.rejected),
            rejected_interval: exact(self.rejected),
            rejected_by_sign_test: of_votes(self.rejected_by_sign_test),
        }
    }
}

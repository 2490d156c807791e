//! Which system do people prefer, side by side?

use serde::{Deserialize, Serialize};

use super::offline::{Correlation, correlation, offline_ndcg};
use super::{Input, offline};
use crate::design::Design;
use crate::judgements::{Judgements, PairJudgement};
use crate::statistics::{
    Agreement, Cell, Estimate, Interval, Ratings, Resemblance, SignTest, agreement_of, pigeonhole_interval,
    resemblance, share_estimate, sign_test,
};
use crate::task::PairRole;

/// What pairs say.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PairsResult {
    /// Whether a program gave any of these answers.
    pub simulated: bool,
    /// For each two systems that meet; empty before the study is at its end.
    pub comparisons: Vec<ComparisonResult>,
    /// Whether raters like a side.
    pub side_bias: SideBias,
    /// What happened when both lists were the same.
    pub aa: AaResult,
    /// Krippendorff's alpha of the five answers, by their order.
    pub alpha: Option<Agreement>,
    /// Fleiss' kappa of "one", "the other" and "none".
    pub kappa: Option<Agreement>,
}

/// One system beside another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ComparisonResult {
    /// One system.
    pub system: String,
    /// The other.
    pub against: String,
    /// How many votes there are for each of the five answers, from `against` by far to `system` by far.
    pub votes: [usize; 5],
    /// The part of decisive votes for `system`, with an interval and a test for raters and questions like these. This is what decides.
    pub win_rate: Option<Estimate>,
    /// The pigeonhole bootstrap's interval of the win rate (Owen 2007): on the safe side.
    pub bootstrap: Option<Interval>,
    /// The exact sign test, and Clopper and Pearson's interval. Right only if votes are independent: too sure of itself where a rater's votes, or
    /// those about one question, resemble each other.
    pub sign_test: Option<SignTest>,
    /// How much alike decisive votes are that share a rater, or a question: what the next study is planned with.
    pub resemblance: Option<Resemblance>,
    /// As the win rate, over all votes, a tie as half of one.
    pub with_ties: Option<Estimate>,
    /// Questions to which both systems give the very same list; they are not asked.
    pub n_same_lists: usize,
    /// How raters' preference goes with the difference of offline NDCG, question by question.
    pub offline: Option<Correlation>,
}

/// Whether raters like a side: of real pairs, whose sides are balanced.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SideBias {
    /// The part of decisive votes for the left list.
    pub left_rate: Option<Estimate>,
    /// The exact sign test of left and right.
    pub sign_test: Option<SignTest>,
}

/// Votes between a list and itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AaResult {
    /// How many there are.
    pub n: usize,
    /// How many are ties, as they should be.
    pub n_ties: usize,
    /// The exact sign test of left and right among the others.
    pub sign_test: Option<SignTest>,
}

pub(super) fn result(input: &Input<'_>) -> PairsResult {
    let design = input.design();
    let comparisons = design.comparisons().into_iter().map(|pair| comparison(input, input.turned(pair))).collect();
    let (alpha, kappa) = agreement(design, input.judgements);
    PairsResult {
        simulated: input.any_simulated(input.judgements.pairs.iter().map(|pair| pair.context.rater_idx)),
        comparisons,
        side_bias: side_bias(input.judgements),
        aa: aa(input.judgements),
        alpha,
        kappa,
    }
}

/// The decisive votes between two systems: 1 for `system`, 0 for `against`. Their mean is the win rate.
pub fn decisive_votes(judgements: &Judgements, system: &str, against: &str) -> Vec<Cell> {
    let decisive = judgements.votes(system, against).filter(|(_, degree)| *degree != 0);
    decisive.map(|(pair, degree)| cell(pair, share_of(degree))).collect()
}

fn cell(pair: &PairJudgement, value: f64) -> Cell {
    Cell { rater: pair.context.rater_idx, question: pair.context.question_idx, value }
}

/// 1 for a positive degree, 0 for a negative one, one half for a tie.
fn share_of(degree: i8) -> f64 {
    (f64::from(degree.signum()) + 1.0) / 2.0
}

fn tested(cells: &[Cell]) -> Option<SignTest> {
    let n_wins = cells.iter().filter(|cell| cell.value > 0.5).count() as u64;
    sign_test(n_wins, cells.len() as u64 - n_wins)
}

fn comparison(input: &Input<'_>, (system, against): (&str, &str)) -> ComparisonResult {
    let all: Vec<(&PairJudgement, i8)> = input.judgements.votes(system, against).collect();
    let mut votes = [0; 5];
    all.iter().for_each(|(_, degree)| votes[(degree + 2) as usize] += 1);
    let with_ties: Vec<Cell> = all.iter().map(|(pair, degree)| cell(pair, share_of(*degree))).collect();
    let decisive = decisive_votes(input.judgements, system, against);
    ComparisonResult {
        system: system.to_owned(),
        against: against.to_owned(),
        votes,
        win_rate: share_estimate(&decisive),
        bootstrap: pigeonhole_interval(&decisive, input.design().seed),
        sign_test: tested(&decisive),
        resemblance: resemblance(&decisive),
        with_ties: share_estimate(&with_ties),
        n_same_lists: input.assignment.n_same_lists(system, against),
        offline: offline(input, (system, against), &all),
    }
}

/// Mean degree of preference and difference of offline NDCG, for each question with both.
fn offline(input: &Input<'_>, (system, against): (&str, &str), votes: &[(&PairJudgement, i8)]) -> Option<Correlation> {
    let degrees = votes.iter().map(|(pair, degree)| (pair.context.question_idx, f64::from(*degree)));
    let k = input.design().k;
    let points = offline::means(degrees).into_iter().filter_map(|(question_idx, degree)| {
        let question = &input.assignment.material().questions[question_idx];
        Some((question_idx, degree, offline_ndcg(question, system, k)? - offline_ndcg(question, against, k)?))
    });
    correlation(points.collect(), input.design().seed)
}

/// Agreement on each pair of lists; a unit is a question with two systems.
fn agreement(design: &Design, judgements: &Judgements) -> (Option<Agreement>, Option<Agreement>) {
    let mut units: std::collections::BTreeMap<(usize, usize), Ratings> = std::collections::BTreeMap::new();
    for (number, (system, against)) in design.comparisons().into_iter().enumerate() {
        for (pair, degree) in judgements.votes(system, against) {
            let cluster = pair.context.question_idx;
            let unit = units.entry((cluster, number)).or_insert_with(|| Ratings { cluster, given: Vec::new() });
            unit.given.push(degree);
        }
    }
    let degrees: Vec<Ratings> = units.into_values().collect();
    let sign = |unit: &Ratings| Ratings { given: unit.given.iter().map(|degree| degree.signum()).collect(), ..*unit };
    let signs: Vec<Ratings> = degrees.iter().map(sign).collect();
    (agreement_of(&degrees, design.seed).0, agreement_of(&signs, design.seed).1)
}

fn side_bias(judgements: &Judgements) -> SideBias {
    let real = judgements.pairs.iter().filter(|pair| pair.role == PairRole::Real);
    let cells = left_votes(real);
    SideBias { left_rate: share_estimate(&cells), sign_test: tested(&cells) }
}

fn aa(judgements: &Judgements) -> AaResult {
    let trials: Vec<&PairJudgement> = judgements.pairs.iter().filter(|pair| pair.role == PairRole::Aa).collect();
    let cells = left_votes(trials.iter().copied());
    AaResult { n: trials.len(), n_ties: trials.len() - cells.len(), sign_test: tested(&cells) }
}

/// Decisive votes: 1 for the left list.
fn left_votes<'a>(pairs: impl Iterator<Item = &'a PairJudgement>) -> Vec<Cell> {
    pairs.filter(|pair| pair.choice.degree() != 0).map(|pair| cell(pair, share_of(-pair.choice.degree()))).collect()
}

//! Who answered with care? What the checks say of each rater, and who is left out by the rule that was declared.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::answer::Rater;
use crate::design::{Design, Exclusion};
use crate::judgements::{Context, GradeJudgement, Judgements, PairJudgement};
use crate::statistics::{mean, spearman_rho};
use crate::task::{GradeRole, Hand, PairRole};

/// The highest grade for the request that an item of another question may get.
const MAX_STRANGE_GRADE: u8 = 1;

/// What is known of one rater.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RaterQuality {
    /// Their id.
    pub rater_id: String,
    /// Whether it is a program.
    pub simulated: bool,
    /// Answers that count, checks and repeats included.
    pub n_answers: usize,
    /// Attention checks answered: pairs with a list of another question, and tasks with an item of another question.
    pub n_attention: usize,
    /// Those passed: the fitting list preferred, the strange item graded 0 or 1 for the request.
    pub n_attention_passed: usize,
    /// Answers that came sooner than the design allows.
    pub n_too_fast: usize,
    /// The median time of an answer, in milliseconds.
    pub median_dwell_ms: Option<u64>,
    /// Judgements given twice: pairs, and graded items.
    pub n_repeated: usize,
    /// Those that were the same again: the same list or none, the same grades.
    pub n_consistent: usize,
    /// Of the decisive votes on pairs that others voted on and do not split evenly: the part that goes with the others.
    pub pair_agreement: Option<f64>,
    /// Spearman's rho of the grades for the request with the mean of the others' grades.
    pub grade_agreement: Option<f64>,
    /// The part of decisive votes on real pairs for the left list.
    pub left_rate: Option<f64>,
    /// Why the rater is left out; empty for who stays.
    pub excluded: Vec<ExclusionReason>,
}

/// Why a rater is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExclusionReason {
    /// Too few attention checks passed.
    Attention,
    /// Too many answers too fast.
    TooFast,
}

/// What is known of each of `raters`, in their order.
pub(super) fn quality(design: &Design, judgements: &Judgements, raters: &[Rater]) -> Vec<RaterQuality> {
    let others = Others::of(judgements);
    let of_rater = |(rater_idx, rater): (usize, &Rater)| {
        let own = judgements.of_raters(|other| other == rater_idx);
        let (n_attention, n_attention_passed) = attention(&own);
        let (n_repeated, n_consistent) = consistency(&own);
        let contexts: Vec<&Context> = contexts(&own).collect();
        let mut quality = RaterQuality {
            rater_id: rater.rater_id.clone(),
            simulated: rater.simulated,
            n_answers: contexts.len(),
            n_attention,
            n_attention_passed,
            n_too_fast: contexts.iter().filter(|context| context.too_fast).count(),
            median_dwell_ms: median(contexts.iter().map(|context| context.dwell_ms).collect()),
            n_repeated,
            n_consistent,
            pair_agreement: others.pair_agreement(&own),
            grade_agreement: others.grade_agreement(&own),
            left_rate: left_rate(&own),
            excluded: Vec::new(),
        };
        quality.excluded = reasons(&quality, &design.exclusion);
        quality
    };
    raters.iter().enumerate().map(of_rater).collect()
}

fn contexts(judgements: &Judgements) -> impl Iterator<Item = &Context> {
    let pairs = judgements.pairs.iter().map(|pair| &pair.context);
    pairs.chain(judgements.grades.iter().map(|task| &task.context))
}

fn reasons(quality: &RaterQuality, rule: &Exclusion) -> Vec<ExclusionReason> {
    let share = |part: usize, of: usize| if of == 0 { None } else { Some(part as f64 / of as f64) };
    let passed = share(quality.n_attention_passed, quality.n_attention);
    let too_fast = share(quality.n_too_fast, quality.n_answers);
    let careless = passed.is_some_and(|share| share < rule.min_attention_passed);
    let hasty = too_fast.is_some_and(|share| share > rule.max_too_fast);
    let reasons = [(careless, ExclusionReason::Attention), (hasty, ExclusionReason::TooFast)];
    reasons.into_iter().filter(|(holds, _)| *holds).map(|(_, reason)| reason).collect()
}

/// How many checks, and how many passed.
fn attention(own: &Judgements) -> (usize, usize) {
    let pairs = own.pairs.iter().filter_map(|pair| match pair.role {
        PairRole::Attention { fitting: Hand::Left } => Some(pair.choice.degree() < 0),
        PairRole::Attention { fitting: Hand::Right } => Some(pair.choice.degree() > 0),
        _ => None,
    });
    let grades = own.grades.iter().filter_map(|task| Some(task.attention.as_ref()?.request <= MAX_STRANGE_GRADE));
    let passed: Vec<bool> = pairs.chain(grades).collect();
    (passed.len(), passed.iter().filter(|passed| **passed).count())
}

/// How many judgements came twice, and how many were the same again.
fn consistency(own: &Judgements) -> (usize, usize) {
    let pair = |id: &str| own.pairs.iter().find(|pair| pair.context.task_id == id);
    let pairs = own.pairs.iter().filter_map(|again| {
        let PairRole::Repeat { of } = &again.role else { return None };
        let first = pair(of)?;
        let again = again.degree_for(&first.left, &first.right)?;
        Some(first.degree_for(&first.left, &first.right)?.signum() == again.signum())
    });
    let task = |id: &str| own.grades.iter().find(|task| task.context.task_id == id);
    let grades = own.grades.iter().flat_map(|again| {
        let first = match &again.role {
            GradeRole::Repeat { of } => task(of),
            GradeRole::Real => None,
        };
        let grades = again.grades.iter();
        grades
            .filter_map(move |grade| Some(first?.grades.iter().find(|other| other.item_id == grade.item_id)? == grade))
    });
    let same: Vec<bool> = pairs.chain(grades).collect();
    (same.len(), same.iter().filter(|same| **same).count())
}

fn left_rate(own: &Judgements) -> Option<f64> {
    let real = own.pairs.iter().filter(|pair| pair.role == PairRole::Real && pair.choice.degree() != 0);
    mean(&real.map(|pair| f64::from(u8::from(pair.choice.degree() < 0))).collect::<Vec<_>>())
}

fn median(mut values: Vec<u64>) -> Option<u64> {
    values.sort_unstable();
    let n = values.len();
    (n > 0).then(|| values[(n - 1) / 2].midpoint(values[n / 2]))
}

/// What everybody said together, from which a rater's own part is taken.
struct Others<'a> {
    /// For each question and two systems by name: the sum of the signs of all votes for the first.
    votes: BTreeMap<(usize, &'a str, &'a str), i64>,
    /// For each question and item: the sum of all grades for the request, and their number.
    grades: BTreeMap<(usize, &'a str), (f64, f64)>,
}

/// The unit of a real vote, systems by name, and its sign for the first of them.
fn signed(pair: &PairJudgement) -> Option<((usize, &str, &str), i64)> {
    let (first, second) = (pair.left.as_str().min(&pair.right), pair.left.as_str().max(&pair.right));
    let sign = i64::from(pair.degree_for(first, second)?.signum());
    (pair.role == PairRole::Real).then_some(((pair.context.question_idx, first, second), sign))
}

fn requests(task: &GradeJudgement) -> impl Iterator<Item = ((usize, &str), f64)> {
    let question_idx = task.context.question_idx;
    task.grades.iter().map(move |grade| ((question_idx, grade.item_id.as_str()), f64::from(grade.request)))
}

impl<'a> Others<'a> {
    fn of(judgements: &'a Judgements) -> Self {
        let mut others = Self { votes: BTreeMap::new(), grades: BTreeMap::new() };
        for (unit, sign) in judgements.pairs.iter().filter_map(signed) {
            *others.votes.entry(unit).or_default() += sign;
        }
        for (item, grade) in judgements.real_grades().flat_map(requests) {
            let sum = others.grades.entry(item).or_default();
            *sum = (sum.0 + grade, sum.1 + 1.0);
        }
        others
    }

    fn pair_agreement(&self, own: &Judgements) -> Option<f64> {
        let agrees = |((question, first, second), sign): ((usize, &str, &str), i64)| {
            let others = self.votes[&(question, first, second)] - sign;
            (sign != 0 && others != 0).then(|| f64::from(u8::from(sign == others.signum())))
        };
        mean(&own.pairs.iter().filter_map(signed).filter_map(agrees).collect::<Vec<_>>())
    }

    fn grade_agreement(&self, own: &Judgements) -> Option<f64> {
        let beside = |((question, item), grade): ((usize, &str), f64)| {
            let (sum, n) = self.grades[&(question, item)];
            (n > 1.0).then(|| (grade, (sum - grade) / (n - 1.0)))
        };
        let (own, others): (Vec<f64>, Vec<f64>) = own.real_grades().flat_map(requests).filter_map(beside).unzip();
        spearman_rho(&own, &others)
    }
}

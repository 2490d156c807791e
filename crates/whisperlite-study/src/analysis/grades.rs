//! Whose items do people grade higher?
//!
//! Each rater's own grades make an NDCG of each system's list: the gain of an item is its grade, the discount of rank i (from 1) is
//! 1 / log2(i + 1), and the best order of all pooled items is 1 (Järvelin and Kekäläinen 2002). Where a rater finds nothing that
//! fits, it is 0 for all systems. Then NDCG is a judgement of one rater about one question like any vote.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Input;
use super::offline::{Correlation, correlation, means, offline_ndcg};
use crate::design::Fit;
use crate::judgements::{GradeJudgement, Judgements};
use crate::material::Material;
use crate::statistics::{
    Agreement, Cell, Estimate, Interval, Ratings, Resemblance, TTest, agreement_of, mean_estimate, paired_t_test,
    pigeonhole_interval, resemblance,
};

/// What grades say.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GradesResult {
    /// Whether a program gave any of these answers.
    pub simulated: bool,
    /// The depth of NDCG.
    pub depth: usize,
    /// Graded tasks, repeats left out.
    pub n_tasks: usize,
    /// How items fit the request, and how they fit the person.
    pub fits: Vec<FitResult>,
}

/// What the grades for one of the two questions say.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FitResult {
    /// Which question.
    pub fit: Fit,
    /// Each system's NDCG; empty before the study is at its end.
    pub systems: Vec<SystemNdcg>,
    /// Differences of each two; likewise.
    pub differences: Vec<NdcgDifference>,
    /// Krippendorff's alpha of the grades, by their order.
    pub alpha: Option<Agreement>,
    /// Fleiss' kappa of the grades as categories.
    pub kappa: Option<Agreement>,
}

/// A system's NDCG by people's grades.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SystemNdcg {
    /// The system.
    pub system: String,
    /// Mean over raters and questions; it has no test.
    pub ndcg: Option<Estimate>,
}

/// One system's NDCG less another's, rater by rater and question by question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NdcgDifference {
    /// One system.
    pub system: String,
    /// The other.
    pub against: String,
    /// The mean difference, with an interval and a test for raters and questions like these. This is what decides.
    pub difference: Option<Estimate>,
    /// The pigeonhole bootstrap's interval (Owen 2007): on the safe side.
    pub bootstrap: Option<Interval>,
    /// How much alike differences are that share a rater, or a question: what the next study is planned with.
    pub resemblance: Option<Resemblance>,
    /// The paired t test of the questions' mean differences, as if each question had raters of its own.
    pub t_test: Option<TTest>,
    /// How the difference goes with that of offline NDCG, question by question.
    pub offline: Option<Correlation>,
}

/// NDCG at `depth` of a list, by grades of all pooled items; an item without a grade counts as 0, and so does everything without
/// any grade above 0.
pub fn graded_ndcg(list: &[String], grades: &BTreeMap<&str, f64>, depth: usize) -> f64 {
    let discounted = |gains: &mut dyn Iterator<Item = f64>| -> f64 {
        gains.take(depth).enumerate().map(|(place, gain)| gain / (place as f64 + 2.0).log2()).sum()
    };
    let mut best: Vec<f64> = grades.values().copied().collect();
    best.sort_by(|a, b| b.total_cmp(a));
    let ideal = discounted(&mut best.into_iter());
    let reached = discounted(&mut list.iter().map(|item| grades.get(item.as_str()).copied().unwrap_or(0.0)));
    if ideal > 0.0 { reached / ideal } else { 0.0 }
}

pub(super) fn result(input: &Input<'_>, depth: usize) -> GradesResult {
    GradesResult {
        simulated: input.any_simulated(input.judgements.grades.iter().map(|task| task.context.rater_idx)),
        depth,
        n_tasks: input.judgements.real_grades().count(),
        fits: [Fit::Request, Fit::Person].into_iter().map(|fit| fit_result(input, depth, fit)).collect(),
    }
}

fn fit_result(input: &Input<'_>, depth: usize, fit: Fit) -> FitResult {
    let (systems, material) = (&input.design().systems, input.assignment.material());
    let cells: BTreeMap<&str, Vec<Cell>> = systems
        .iter()
        .map(|system| (system.as_str(), ndcg_cells(material, input.judgements, system, (fit, depth))))
        .collect();
    let without_test = |system: &String| {
        let ndcg = mean_estimate(&cells[system.as_str()]).map(|estimate| Estimate { p: None, ..estimate });
        SystemNdcg { system: system.clone(), ndcg }
    };
    let pairs = (0..systems.len()).flat_map(|a| (a + 1..systems.len()).map(move |b| (a, b)));
    let differences = pairs.map(|(a, b)| {
        let (system, against) = input.turned((&systems[a], &systems[b]));
        difference(input, (system, against), (&cells[system], &cells[against]), depth)
    });
    let (alpha, kappa) = agreement_of(&item_ratings(input.judgements, fit), input.design().seed);
    FitResult {
        fit,
        systems: systems.iter().map(without_test).collect(),
        differences: differences.collect(),
        alpha,
        kappa,
    }
}

/// The difference of two systems' NDCG for each graded task that asks for `fit`. Their mean is the measure.
pub fn ndcg_differences(
    material: &Material,
    judgements: &Judgements,
    (system, against): (&str, &str),
    (fit, depth): (Fit, usize),
) -> Vec<Cell> {
    let cells = |system| ndcg_cells(material, judgements, system, (fit, depth));
    less(&cells(system), &cells(against))
}

fn less(ours: &[Cell], theirs: &[Cell]) -> Vec<Cell> {
    let less = |(ours, theirs): (&Cell, &Cell)| Cell { value: ours.value - theirs.value, ..*ours };
    ours.iter().zip(theirs).map(less).collect()
}

/// NDCG of `system` of each graded task, in the order of tasks, so that two systems' cells stand side by side.
fn ndcg_cells(material: &Material, judgements: &Judgements, system: &str, (fit, depth): (Fit, usize)) -> Vec<Cell> {
    let cell = |task: &GradeJudgement| {
        let grade = |grade: &'_ crate::answer::ItemGrade| grade.of(fit).map(f64::from);
        let grades: Option<BTreeMap<&str, f64>> =
            task.grades.iter().map(|item| Some((item.item_id.as_str(), grade(item)?))).collect();
        let question = &material.questions[task.context.question_idx];
        let value = graded_ndcg(question.list(system, depth), &grades?, depth);
        Some(Cell { rater: task.context.rater_idx, question: task.context.question_idx, value })
    };
    judgements.real_grades().filter_map(cell).collect()
}

fn difference(
    input: &Input<'_>,
    (system, against): (&str, &str),
    (ours, theirs): (&[Cell], &[Cell]),
    depth: usize,
) -> NdcgDifference {
    let cells = less(ours, theirs);
    let by_question = means(cells.iter().map(|cell| (cell.question, cell.value)));
    let question_means: Vec<f64> = by_question.values().copied().collect();
    let points = by_question.into_iter().filter_map(|(question_idx, value)| {
        let question = &input.assignment.material().questions[question_idx];
        Some((question_idx, value, offline_ndcg(question, system, depth)? - offline_ndcg(question, against, depth)?))
    });
    NdcgDifference {
        system: system.to_owned(),
        against: against.to_owned(),
        difference: mean_estimate(&cells),
        bootstrap: pigeonhole_interval(&cells, input.design().seed),
        resemblance: resemblance(&cells),
        t_test: paired_t_test(&question_means),
        offline: correlation(points.collect(), input.design().seed),
    }
}

/// The grades of each item of each question.
fn item_ratings(judgements: &Judgements, fit: Fit) -> Vec<Ratings> {
    let mut units: BTreeMap<(usize, &str), Ratings> = BTreeMap::new();
    for task in judgements.real_grades() {
        let cluster = task.context.question_idx;
        for item in &task.grades {
            if let Some(grade) = item.of(fit) {
                let unit = units.entry((cluster, &item.item_id));
                unit.or_insert_with(|| Ratings { cluster, given: Vec::new() }).given.push(grade as i8);
            }
        }
    }
    units.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ndcg_by_hand() {
        let list = |items: &[&str]| items.iter().map(|&item| item.to_owned()).collect::<Vec<_>>();
        let grades = BTreeMap::from([("a", 3.0), ("b", 0.0), ("c", 1.0), ("d", 2.0)]);
        // 0 + 3 / log2(3) + 1 / 2 of 3 + 2 / log2(3) + 1 / 2
        let expected = (3.0 / 3_f64.log2() + 0.5) / (3.0 + 2.0 / 3_f64.log2() + 0.5);
        assert!((graded_ndcg(&list(&["b", "a", "c"]), &grades, 3) - expected).abs() < 1e-12);
        assert!((graded_ndcg(&list(&["a", "d", "c"]), &grades, 3) - 1.0).abs() < 1e-12);
        assert_eq!(graded_ndcg(&list(&["x", "y"]), &grades, 3), 0.0);
        assert_eq!(graded_ndcg(&list(&["a"]), &BTreeMap::from([("a", 0.0)]), 3), 0.0);
    }
}

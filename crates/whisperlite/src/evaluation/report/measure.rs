//! From rankings to the figures of one table.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::{Comparison, OUR_PREFIX, PRIMARY_CUTOFF, PRIMARY_METRIC, ReportInput, Slice, SystemReport, Table};
use crate::evaluation::statistics::{Bootstrap, Clusters, StatisticsError, holm, sign_flip_p};
use crate::evaluation::{Answers, Run};
use crate::metrics::{CUTOFFS, Hits, Metric, SelfInformation, coverage, gini, novelty};

/// Measures all systems on one set of queries, which [`Answers::check`] has passed.
pub(super) fn table(input: &ReportInput, answers: Answers) -> Result<Table, StatisticsError> {
    let measures = Measures::all();
    let values = PerQueryValues::new(answers, &measures);
    let clusters = Clusters::by_user(answers.queries);
    let bootstrap = Bootstrap::new(&values.columns, &clusters, &input.resampling)?;
    let mut systems = measures.systems(answers.runs, &bootstrap);
    let information = SelfInformation::new(input.popularity);
    for (system, run) in systems.iter_mut().zip(answers.runs) {
        system.lists = list_metrics(run, &information, input.popularity.len());
    }
    Ok(Table {
        dataset: input.dataset.clone(),
        split: input.split.clone(),
        protocol: input.protocol.clone(),
        seed: input.resampling.seed,
        queries: clusters.n_queries(),
        users: clusters.n_clusters(),
        items: input.popularity.len(),
        systems,
        comparisons: comparisons(input, answers, &values, &clusters, &bootstrap)?,
        slices: slices(input, answers, &values)?,
    })
}

/// Metrics with their cutoffs, in the order of columns.
struct Measures(Vec<(Metric, usize)>);

impl Measures {
    fn all() -> Self {
        Self(CUTOFFS.iter().flat_map(|&k| Metric::ALL.map(|metric| (metric, k))).collect())
    }

    fn position(&self, metric: Metric, cutoff: usize) -> Option<usize> {
        self.0.iter().position(|&measure| measure == (metric, cutoff))
    }

    /// The measures at one cutoff, with their positions.
    fn at(&self, cutoff: usize) -> (Self, Vec<usize>) {
        let kept = self.0.iter().enumerate().filter(|(_, measure)| measure.1 == cutoff);
        let (positions, measures) = kept.map(|(position, &measure)| (position, measure)).unzip();
        (Self(measures), positions)
    }

    /// Reads the estimates of all systems out of a bootstrap whose columns are system by system.
    fn systems(&self, runs: &[Run], bootstrap: &Bootstrap) -> Vec<SystemReport> {
        let estimates = |system: usize| {
            let measure = |(position, &(metric, k)): (usize, &(Metric, usize))| {
                (metric.at(k), bootstrap.estimate(system * self.0.len() + position))
            };
            self.0.iter().enumerate().map(measure).collect()
        };
        let report = |(system, run): (usize, &Run)| SystemReport {
            name: run.system.clone(),
            metrics: estimates(system),
            lists: BTreeMap::new(),
        };
        runs.iter().enumerate().map(report).collect()
    }
}

/// The value of every measure of every system for every query.
struct PerQueryValues {
    n_measures: usize,
    /// System by system, measure by measure: `[n_systems * n_measures][n_queries]`.
    columns: Vec<Vec<f64>>,
}

impl PerQueryValues {
    fn new(answers: Answers, measures: &Measures) -> Self {
        let of_run = |run: &Run| {
            let hits: Vec<Hits> =
                run.rankings.iter().zip(answers.queries).map(|(r, judged)| Hits::new(r, &judged.relevant)).collect();
            let column = |&(metric, k): &(Metric, usize)| hits.iter().map(|hits| metric.value(hits, k)).collect();
            measures.0.iter().map(column).collect::<Vec<Vec<f64>>>()
        };
        Self { n_measures: measures.0.len(), columns: answers.runs.par_iter().flat_map_iter(of_run).collect() }
    }

    fn column(&self, system: usize, measure: usize) -> usize {
        system * self.n_measures + measure
    }
}

fn list_metrics(run: &Run, information: &SelfInformation, n_items: usize) -> BTreeMap<String, f64> {
    let k = PRIMARY_CUTOFF;
    BTreeMap::from([
        (format!("coverage@{k}"), coverage(&run.rankings, k, n_items)),
        (format!("novelty@{k}"), novelty(&run.rankings, k, information)),
        (format!("gini@{k}"), gini(&run.rankings, k, n_items)),
    ])
}

/// Our system against every other one on the primary metric, corrected as one family.
fn comparisons(
    input: &ReportInput,
    answers: Answers,
    values: &PerQueryValues,
    clusters: &Clusters,
    bootstrap: &Bootstrap,
) -> Result<Vec<Comparison>, StatisticsError> {
    let measure = Measures::all().position(PRIMARY_METRIC, PRIMARY_CUTOFF);
    let ours = answers.runs.iter().position(|run| run.system.starts_with(OUR_PREFIX));
    let (Some(measure), Some(ours)) = (measure, ours) else { return Ok(Vec::new()) };
    let a = values.column(ours, measure);
    let others = (0..answers.runs.len()).filter(|&system| system != ours);
    let compare = |other: usize| {
        let b = values.column(other, measure);
        let p = sign_flip_p(&values.columns[a], &values.columns[b], clusters, &input.resampling)?;
        let difference = bootstrap.difference(a, b);
        Ok(Comparison {
            a: answers.runs[ours].system.clone(),
            b: answers.runs[other].system.clone(),
            metric: PRIMARY_METRIC.at(PRIMARY_CUTOFF),
            difference: difference.mean,
            low: difference.low,
            high: difference.high,
            p,
            p_holm: p,
        })
    };
    let mut comparisons: Vec<Comparison> = others.map(compare).collect::<Result<_, StatisticsError>>()?;
    let p_values: Vec<f64> = comparisons.iter().map(|comparison| comparison.p).collect();
    for (comparison, p_holm) in comparisons.iter_mut().zip(holm(&p_values)) {
        comparison.p_holm = p_holm;
    }
    Ok(comparisons)
}

/// All systems on each named part of the queries, in order of first appearance.
fn slices(input: &ReportInput, answers: Answers, values: &PerQueryValues) -> Result<Vec<Slice>, StatisticsError> {
    let mut names: Vec<&'static str> = Vec::new();
    for name in answers.queries.iter().flat_map(|judged| &judged.slices) {
        if !names.contains(name) {
            names.push(name);
        }
    }
    names.into_iter().map(|name| slice(name, input, answers, values)).collect()
}

fn slice(
    name: &'static str,
    input: &ReportInput,
    answers: Answers,
    values: &PerQueryValues,
) -> Result<Slice, StatisticsError> {
    let members: Vec<usize> =
        (0..answers.queries.len()).filter(|&query| answers.queries[query].slices.contains(&name)).collect();
    let (measures, positions) = Measures::all().at(PRIMARY_CUTOFF);
    let systems = 0..answers.runs.len();
    let columns: Vec<Vec<f64>> = systems
        .flat_map(|system| positions.iter().map(move |&position| values.column(system, position)))
        .map(|column| members.iter().map(|&query| values.columns[column][query]).collect())
        .collect();
    let clusters = Clusters::by_user(members.iter().map(|&query| &answers.queries[query]));
    let bootstrap = Bootstrap::new(&columns, &clusters, &input.resampling)?;
    Ok(Slice {
        name: name.to_owned(),
        queries: clusters.n_queries(),
        users: clusters.n_clusters(),
        systems: measures.systems(answers.runs, &bootstrap),
    })
}

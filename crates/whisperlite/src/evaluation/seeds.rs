//! One table from several trainings: the same queries, asked of models that differ in their seed or in one part.
//!
//! What a training reached is kept query by query ([`PerQuery`]), so that trainings of different days make one table: each
//! query's value is its mean over the seeds, and intervals and tests are made from these means, clustered by person. So they are about
//! other people, while [`SystemAcrossSeeds::by_seed`] shows how much the seed does.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::report::{Comparison, PRIMARY_CUTOFF, PRIMARY_METRIC};
use super::statistics::{Bootstrap, Clusters, Estimate, Resampling, StatisticsError, holm, sign_flip_p};
use super::{Answers, JudgedQuery, Run};
use crate::metrics::{Hits, Metric};

/// What the systems of one training reached on each query of one table; needs no catalog to be read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PerQuery {
    /// `[n_queries]`: a number for each person.
    pub people: Vec<u32>,
    /// Parts of the queries by name, with the positions of those that belong to each, ascending.
    pub slices: BTreeMap<String, Vec<u32>>,
    /// Our joint model first.
    pub systems: Vec<SystemValues>,
}

/// What one system reached: positions and values of the queries whose value is not 0, ascending.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SystemValues {
    /// Name of the system.
    pub name: String,
    /// NDCG@10.
    pub ndcg: Vec<(u32, f32)>,
    /// Recall@10.
    pub recall: Vec<(u32, f32)>,
}

/// The table of several trainings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AcrossSeeds {
    /// Number of queries.
    pub queries: usize,
    /// Number of people who asked them.
    pub people: usize,
    /// In the order in which they were met.
    pub systems: Vec<SystemAcrossSeeds>,
    /// The first system against each other one, on NDCG@10, Holm-corrected as one family.
    pub comparisons: Vec<Comparison>,
    /// The same systems on parts of the queries.
    pub slices: Vec<SliceAcrossSeeds>,
}

/// One system's figures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SystemAcrossSeeds {
    /// Name of the system.
    pub name: String,
    /// NDCG@10, mean over seeds and queries, interval over people.
    pub ndcg: Estimate,
    /// Recall@10, likewise.
    pub recall: Estimate,
    /// NDCG@10 of each training that has the system.
    pub by_seed: Vec<f64>,
}

/// All systems on the queries that share a property.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SliceAcrossSeeds {
    /// Name of the property.
    pub name: String,
    /// Number of queries that have it.
    pub queries: usize,
    /// NDCG@10 by system, in the order of the systems.
    pub ndcg: Vec<Estimate>,
}

/// Trainings that make no table.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum SeedsError {
    /// There is none.
    #[error("no training was measured: there is nothing to put into a table")]
    Nothing,
    /// They were asked different things.
    #[error(
        "training {training} was asked other queries than the first: measure both with the same data and the same split"
    )]
    OtherQueries {
        /// Its place, from 1.
        training: usize,
    },
    /// A position that no query has.
    #[error("`{system}` has a value for query {query} of {n_queries}: the file is damaged, measure it again")]
    UnknownQuery {
        /// The system.
        system: String,
        /// The position.
        query: u32,
        /// Number of queries.
        n_queries: usize,
    },
    /// No statistic can be made of the values.
    #[error(transparent)]
    Statistics(#[from] StatisticsError),
}

impl PerQuery {
    /// Measures every system.
    pub fn new(answers: Answers<'_>) -> Self {
        let mut numbers: BTreeMap<Option<u32>, u32> = BTreeMap::new();
        let mut slices: BTreeMap<String, Vec<u32>> = BTreeMap::new();
        let mut people = Vec::with_capacity(answers.queries.len());
        for (position, judged) in (0u32..).zip(answers.queries) {
            // Somebody never seen is a person of their own.
            let next = numbers.len() as u32;
            let known = judged.query.user_idx.map(|user_idx| *numbers.entry(Some(user_idx)).or_insert(next));
            people.push(known.unwrap_or(u32::MAX - position));
            judged.slices.iter().for_each(|&name| slices.entry(name.to_owned()).or_default().push(position));
        }
        let systems = answers.runs.iter().map(|run| SystemValues::new(run, answers.queries)).collect();
        Self { people, slices, systems }
    }

    fn asks_the_same(&self, other: &Self) -> bool {
        self.people == other.people && self.slices == other.slices
    }
}

impl SystemValues {
    fn new(run: &Run, queries: &[JudgedQuery]) -> Self {
        let hits: Vec<Hits> =
            run.rankings.iter().zip(queries).map(|(ranking, judged)| Hits::new(ranking, &judged.relevant)).collect();
        let values = |metric: Metric| {
            let all = (0u32..).zip(hits.iter().map(|hits| metric.value(hits, PRIMARY_CUTOFF) as f32));
            all.filter(|&(_, value)| value != 0.0).collect()
        };
        Self { name: run.system.clone(), ndcg: values(Metric::Ndcg), recall: values(Metric::Recall) }
    }
}

impl AcrossSeeds {
    /// Puts the trainings into one table. Systems of the same name are one system with several seeds.
    ///
    /// # Errors
    /// If there is no training, they were not asked the same, or the settings ask for no resamples.
    pub fn new(trainings: &[&PerQuery], resampling: &Resampling) -> Result<Self, SeedsError> {
        let first = trainings.first().ok_or(SeedsError::Nothing)?;
        if let Some(place) = trainings.iter().position(|training| !training.asks_the_same(first)) {
            return Err(SeedsError::OtherQueries { training: place + 1 });
        }
        let systems = Means::of_each(trainings, first.people.len())?;
        let clusters = Clusters::new(&first.people);
        let ndcg = Bootstrap::new(&columns(&systems, |means| &means.ndcg), &clusters, resampling)?;
        let recall = Bootstrap::new(&columns(&systems, |means| &means.recall), &clusters, resampling)?;
        let slices =
            first.slices.iter().map(|(name, members)| slice(name, members, &first.people, &systems, resampling));
        Ok(Self {
            queries: clusters.n_queries(),
            people: clusters.n_clusters(),
            slices: slices.collect::<Result<_, _>>()?,
            comparisons: comparisons(&systems, &clusters, &ndcg, resampling)?,
            systems: (0..)
                .zip(systems)
                .map(|(place, means)| SystemAcrossSeeds {
                    name: means.name,
                    ndcg: ndcg.estimate(place),
                    recall: recall.estimate(place),
                    by_seed: means.by_seed,
                })
                .collect(),
        })
    }

    /// A system by its name.
    pub fn system(&self, name: &str) -> Option<&SystemAcrossSeeds> {
        self.systems.iter().find(|system| system.name == name)
    }

    /// The first system's comparison with another one.
    pub fn comparison_with(&self, name: &str) -> Option<&Comparison> {
        self.comparisons.iter().find(|comparison| comparison.b == name)
    }
}

/// A system's values, each the mean over the trainings that have it, `[n_queries]`.
struct Means {
    name: String,
    ndcg: Vec<f64>,
    recall: Vec<f64>,
    by_seed: Vec<f64>,
}

impl Means {
    fn of_each(trainings: &[&PerQuery], n_queries: usize) -> Result<Vec<Self>, SeedsError> {
        let mut all: Vec<Self> = Vec::new();
        for system in trainings.iter().flat_map(|training| &training.systems) {
            let place = all.iter().position(|means| means.name == system.name).unwrap_or_else(|| {
                let zeros = || vec![0.0; n_queries];
                all.push(Self { name: system.name.clone(), ndcg: zeros(), recall: zeros(), by_seed: Vec::new() });
                all.len() - 1
            });
            let means = &mut all[place];
            let n = n_queries.max(1) as f64;
            means.by_seed.push(system.ndcg.iter().map(|&(_, value)| f64::from(value)).sum::<f64>() / n);
            for (sums, values) in [(&mut means.ndcg, &system.ndcg), (&mut means.recall, &system.recall)] {
                for &(query, value) in values {
                    let unknown = || SeedsError::UnknownQuery { system: system.name.clone(), query, n_queries };
                    *sums.get_mut(query as usize).ok_or_else(unknown)? += f64::from(value);
                }
            }
        }
        for means in &mut all {
            let n_seeds = means.by_seed.len() as f64;
            means.ndcg.iter_mut().chain(&mut means.recall).for_each(|sum| *sum /= n_seeds);
        }
        Ok(all)
    }
}

fn columns(systems: &[Means], of: fn(&Means) -> &Vec<f64>) -> Vec<Vec<f64>> {
    systems.iter().map(|means| of(means).clone()).collect()
}

fn slice(
    name: &str,
    members: &[u32],
    people: &[u32],
    systems: &[Means],
    resampling: &Resampling,
) -> Result<SliceAcrossSeeds, StatisticsError> {
    let column = |means: &Means| members.iter().map(|&query| means.ndcg[query as usize]).collect();
    let columns: Vec<Vec<f64>> = systems.iter().map(column).collect();
    let clusters = Clusters::new(members.iter().map(|&query| people[query as usize]));
    let bootstrap = Bootstrap::new(&columns, &clusters, resampling)?;
    let ndcg = (0..systems.len()).map(|place| bootstrap.estimate(place)).collect();
    Ok(SliceAcrossSeeds { name: name.to_owned(), queries: members.len(), ndcg })
}

fn comparisons(
    systems: &[Means],
    clusters: &Clusters,
    bootstrap: &Bootstrap,
    resampling: &Resampling,
) -> Result<Vec<Comparison>, StatisticsError> {
    let compare = |place: usize| {
        let difference = bootstrap.difference(0, place);
        let p = sign_flip_p(&systems[0].ndcg, &systems[place].ndcg, clusters, resampling)?;
        Ok(Comparison {
            a: systems[0].name.clone(),
            b: systems[place].name.clone(),
            metric: PRIMARY_METRIC.at(PRIMARY_CUTOFF),
            difference: difference.mean,
            low: difference.low,
            high: difference.high,
            p,
            p_holm: p,
        })
    };
    let mut all: Vec<Comparison> = (1..systems.len()).map(compare).collect::<Result<_, StatisticsError>>()?;
    let corrected = holm(&all.iter().map(|comparison| comparison.p).collect::<Vec<f64>>());
    all.iter_mut().zip(corrected).for_each(|(comparison, p_holm)| comparison.p_holm = p_holm);
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn training(systems: &[(&str, &[(u32, f32)])]) -> PerQuery {
        let system = |&(name, values): &(&str, &[(u32, f32)])| SystemValues {
            name: name.to_owned(),
            ndcg: values.to_vec(),
            recall: values.to_vec(),
        };
        PerQuery {
            people: vec![0, 0, 1, 2],
            slices: BTreeMap::from([("cold user".to_owned(), vec![1, 3])]),
            systems: systems.iter().map(system).collect(),
        }
    }

    #[test]
    fn a_query_counts_by_its_mean_over_the_seeds() {
        let one = training(&[("ours", &[(0, 1.0), (3, 0.5)]), ("other", &[(0, 0.5)])]);
        let two = training(&[("ours", &[(0, 0.5)])]);
        let table = AcrossSeeds::new(&[&one, &two], &Resampling::new(1)).unwrap();
        assert_eq!((table.queries, table.people), (4, 3));
        let ours = table.system("ours").unwrap();
        assert!((ours.ndcg.mean - (0.75 + 0.25) / 4.0).abs() < 1e-9);
        assert_eq!(ours.by_seed, [1.5 / 4.0, 0.5 / 4.0]);
        assert!((table.slices[0].ndcg[0].mean - 0.125).abs() < 1e-9, "the mean of queries 1 and 3");
        let comparison = table.comparison_with("other").unwrap();
        assert!((comparison.difference - (0.25 + 0.25) / 4.0).abs() < 1e-9);
        assert!(comparison.p > 0.2, "three people prove nothing: {}", comparison.p);
    }

    #[test]
    fn trainings_that_were_asked_something_else_make_no_table() {
        let one = training(&[("ours", &[])]);
        let two = PerQuery { people: vec![0, 1, 1, 2], ..one.clone() };
        let error = AcrossSeeds::new(&[&one, &two], &Resampling::new(1)).unwrap_err();
        assert_eq!(error, SeedsError::OtherQueries { training: 2 });
        assert_eq!(AcrossSeeds::new(&[], &Resampling::new(1)).unwrap_err(), SeedsError::Nothing);
        let damaged = training(&[("ours", &[(4, 1.0)])]);
        let error = AcrossSeeds::new(&[&damaged], &Resampling::new(1)).unwrap_err();
        assert!(matches!(error, SeedsError::UnknownQuery { query: 4, .. }), "{error}");
    }
}

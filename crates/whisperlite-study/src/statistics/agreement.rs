//! Do raters agree? Krippendorff's alpha and Fleiss' kappa, with any number of ratings of each unit.
//!
//! 1 is agreement, 0 is what chance gives, below 0 is dispute. Alpha looks at how far ratings lie apart, in their order; kappa only at
//! whether they are the same. Intervals draw whole clusters of units again (all items of one question), so that what the items of
//! a question share does not pass for knowledge.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Interval, resampled_interval};

/// What a difference of two ratings means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Metric {
    /// Any two different ratings differ as much.
    Nominal,
    /// Only the order of ratings counts; two differ by how many ratings lie between.
    Ordinal,
}

/// The ratings of one unit, and the cluster that it belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ratings {
    /// Units of one cluster are drawn together.
    pub cluster: usize,
    /// One for each rater, in any order.
    pub given: Vec<i8>,
}

/// How much raters agree.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Agreement {
    /// Units with two ratings or more; others say nothing.
    pub n_units: usize,
    /// Ratings of these units.
    pub n_ratings: usize,
    /// Krippendorff's alpha; none if all ratings are the same.
    pub value: f64,
    /// Its 95 % bootstrap interval; none below two clusters.
    pub interval: Option<Interval>,
}

/// What both measures are made of, for some units; a sum over units, so that a resample is a sum of clusters.
#[derive(Debug, Clone)]
struct Table {
    /// How many pairs of ratings of one unit have these two values, each unit with its number of raters as weight;
    /// `[n_values, n_values]`, row by row.
    coincidences: Vec<f64>,
    /// How many ratings have each value, `[n_values]`.
    counts: Vec<f64>,
    /// The sum over units of the part of pairs that agree.
    agreement: f64,
    n_units: f64,
}

/// Krippendorff's alpha of whole-number ratings: one slice for each unit, with the ratings it got, in any order.
///
/// A unit with fewer than two ratings says nothing and is left out. None if no unit is left, or all ratings are the same.
pub fn krippendorff_alpha<'a>(units: impl IntoIterator<Item = &'a [i8]>, metric: Metric) -> Option<f64> {
    Table::of_all(units).alpha(metric)
}

/// Fleiss' kappa (1971): one slice for each unit, with the categories it was given, in any order.
///
/// Fleiss has the same number of ratings for each unit; where numbers differ, a unit's agreement is among its own ratings, and all
/// units weigh the same. A unit with fewer than two ratings is left out. None if no unit is left, or all ratings are the same.
pub fn fleiss_kappa<'a>(units: impl IntoIterator<Item = &'a [i8]>) -> Option<f64> {
    Table::of_all(units).kappa()
}

/// Alpha (by order) and kappa, each with its interval; each none where undefined.
pub fn agreement_of(units: &[Ratings], seed: u64) -> (Option<Agreement>, Option<Agreement>) {
    let units: Vec<&Ratings> = units.iter().filter(|unit| unit.given.len() >= 2).collect();
    let values = values_of(units.iter().map(|unit| unit.given.as_slice()));
    let clusters: BTreeSet<usize> = units.iter().map(|unit| unit.cluster).collect();
    let of_cluster = |cluster: &usize| {
        let members = units.iter().filter(|unit| unit.cluster == *cluster);
        Table::of(members.map(|unit| unit.given.as_slice()), &values)
    };
    let tables: Vec<Table> = clusters.iter().map(of_cluster).collect();
    let drawn = |places: &[usize]| {
        let mut sum = Table::empty(values.len());
        places.iter().for_each(|&place| sum.add(&tables[place]));
        sum
    };
    let all = drawn(&(0..tables.len()).collect::<Vec<_>>());
    let (n_units, n_ratings) = (units.len(), units.iter().map(|unit| unit.given.len()).sum());
    let with_interval = |of: &dyn Fn(&Table) -> Option<f64>| {
        let interval = || resampled_interval(tables.len(), seed, |places| of(&drawn(places)));
        of(&all).map(|value| Agreement { n_units, n_ratings, value, interval: interval() })
    };
    (with_interval(&|table| table.alpha(Metric::Ordinal)), with_interval(&Table::kappa))
}

fn values_of<'a>(units: impl Iterator<Item = &'a [i8]>) -> Vec<i8> {
    units.flatten().copied().collect::<BTreeSet<i8>>().into_iter().collect()
}

impl Table {
    fn empty(n_values: usize) -> Self {
        Self { coincidences: vec![0.0; n_values * n_values], counts: vec![0.0; n_values], agreement: 0.0, n_units: 0.0 }
    }

    fn of_all<'a>(units: impl IntoIterator<Item = &'a [i8]>) -> Self {
        let units: Vec<&[i8]> = units.into_iter().filter(|ratings| ratings.len() >= 2).collect();
        let values = values_of(units.iter().copied());
        Self::of(units.into_iter(), &values)
    }

    /// Of units with at least two ratings each, all among `values`.
    fn of<'a>(units: impl Iterator<Item = &'a [i8]>, values: &[i8]) -> Self {
        let mut table = Self::empty(values.len());
        for ratings in units {
            let count = |value: &i8| ratings.iter().filter(|rating| *rating == value).count() as f64;
            let counts: Vec<f64> = values.iter().map(count).collect();
            let n = ratings.len() as f64;
            for (a, &n_a) in counts.iter().enumerate() {
                for (b, &n_b) in counts.iter().enumerate() {
                    let pairs = if a == b { n_a * (n_a - 1.0) } else { n_a * n_b };
                    table.coincidences[a * values.len() + b] += pairs / (n - 1.0);
                }
                table.counts[a] += n_a;
                table.agreement += n_a * (n_a - 1.0) / (n * (n - 1.0));
            }
            table.n_units += 1.0;
        }
        table
    }

    fn add(&mut self, other: &Self) {
        let add = |sum: &mut [f64], more: &[f64]| sum.iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
        add(&mut self.coincidences, &other.coincidences);
        add(&mut self.counts, &other.counts);
        self.agreement += other.agreement;
        self.n_units += other.n_units;
    }

    fn alpha(&self, metric: Metric) -> Option<f64> {
        let (n_values, n) = (self.counts.len(), self.counts.iter().sum::<f64>());
        let (mut observed, mut expected) = (0.0, 0.0);
        for a in 0..n_values {
            for b in 0..a {
                let difference = self.squared_difference(b, a, metric);
                observed += self.coincidences[a * n_values + b] * difference;
                expected += self.counts[a] * self.counts[b] * difference;
            }
        }
        (expected > 0.0).then(|| 1.0 - (n - 1.0) * observed / expected)
    }

    /// δ² of two values, by their places.
    fn squared_difference(&self, low: usize, high: usize, metric: Metric) -> f64 {
        let between = || self.counts[low..=high].iter().sum::<f64>() - (self.counts[low] + self.counts[high]) / 2.0;
        match metric {
            Metric::Nominal => 1.0,
            Metric::Ordinal => between().powi(2),
        }
    }

    fn kappa(&self) -> Option<f64> {
        let n: f64 = self.counts.iter().sum();
        let by_chance: f64 = self.counts.iter().map(|count| (count / n).powi(2)).sum();
        (self.n_units > 0.0 && by_chance < 1.0).then(|| (self.agreement / self.n_units - by_chance) / (1.0 - by_chance))
    }
}

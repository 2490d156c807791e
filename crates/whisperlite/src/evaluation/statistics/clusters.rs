//! Which queries belong to the same person.

use std::collections::HashMap;
use std::hash::Hash;

use crate::evaluation::JudgedQuery;

/// The grouping of queries into clusters, numbered in order of first appearance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clusters {
    of_query: Vec<u32>,
    sizes: Vec<u32>,
}

impl Clusters {
    /// One cluster per distinct key; `keys` has one key per query, in query order.
    pub fn new<K: Hash + Eq>(keys: impl IntoIterator<Item = K>) -> Self {
        let mut numbers: HashMap<K, u32> = HashMap::new();
        let mut clusters = Self { of_query: Vec::new(), sizes: Vec::new() };
        for key in keys {
            let next = numbers.len() as u32;
            let cluster = *numbers.entry(key).or_insert(next);
            if cluster == next {
                clusters.sizes.push(0);
            }
            clusters.sizes[cluster as usize] += 1;
            clusters.of_query.push(cluster);
        }
        clusters
    }

    /// One cluster per user; a query by somebody never seen stands for a person of its own.
    pub fn by_user<'a>(queries: impl IntoIterator<Item = &'a JudgedQuery>) -> Self {
        let person = |(position, judged): (usize, &JudgedQuery)| judged.query.user_idx.ok_or(position);
        Self::new(queries.into_iter().enumerate().map(person))
    }

    /// Number of clusters.
    pub fn n_clusters(&self) -> usize {
        self.sizes.len()
    }

    /// Number of queries.
    pub fn n_queries(&self) -> usize {
        self.of_query.len()
    }

    /// Number of queries of each cluster: `[n_clusters]`.
    pub(super) fn sizes(&self) -> &[u32] {
        &self.sizes
    }

    /// Sum of the values of each cluster: `[n_clusters]` from `[n_queries]`.
    pub(super) fn sums(&self, values: impl IntoIterator<Item = f64>) -> Vec<f64> {
        let mut sums = vec![0.0; self.n_clusters()];
        for (&cluster, value) in self.of_query.iter().zip(values) {
            sums[cluster as usize] += value;
        }
        sums
    }
}

//! What a graph is like, and how far a search looks.

use serde::{Deserialize, Serialize};
use usearch::{IndexOptions, MetricKind, ScalarKind};

use crate::HnswError;

/// Parameters of a graph. Larger ones find more of the best, and take longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HnswConfig {
    /// Neighbours of an item in the graph, M: 2 to 128. A graph keeps it for as long as it lives.
    pub connectivity: usize,
    /// Candidates that are looked at for an item that comes in, efConstruction: 1 to 65,536.
    pub expansion_build: usize,
    /// Candidates that are looked at for a query, ef: 1 to 65,536; at least as many as are asked for are always looked at.
    pub expansion_search: usize,
}

impl Default for HnswConfig {
    fn default() -> Self {
        Self { connectivity: 16, expansion_build: 128, expansion_search: 128 }
    }
}

impl HnswConfig {
    /// Refuses what makes no graph.
    pub(crate) fn check(&self) -> Result<(), HnswError> {
        let of = [
            ("connectivity", self.connectivity, 2, 128),
            ("expansion_build", self.expansion_build, 1, 65_536),
            ("expansion_search", self.expansion_search, 1, 65_536),
        ];
        match of.into_iter().find(|(_, value, least, most)| !(least..=most).contains(&value)) {
            Some((name, value, least, most)) => Err(HnswError::Config { name, value, least, most }),
            None => Ok(()),
        }
    }

    /// The same in the library's words: inner product of vectors in full precision.
    pub(crate) fn options(&self, dim: usize) -> IndexOptions {
        IndexOptions {
            dimensions: dim,
            metric: MetricKind::IP,
            quantization: ScalarKind::F32,
            connectivity: self.connectivity,
            expansion_add: self.expansion_build,
            expansion_search: self.expansion_search,
            ..IndexOptions::default()
        }
    }
}

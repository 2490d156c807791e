//! Everything that is learned, in one module.

use burn::module::Module;
use burn::tensor::{Device, Int, Tensor};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::{ItemInputs, ItemTower, Mixer, ModelConfig, QueryInputs, QueryTower, World};
use crate::fused::candidate_products;

/// How much comes in: what a network's shape depends on besides its configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputShape {
    /// Items of the catalogue.
    pub n_items: usize,
    /// Vectors of an item: 1 for its words alone, 2 with its picture.
    pub n_views: usize,
    /// Length of the encoder's vectors.
    pub d: usize,
}

impl InputShape {
    /// That of a world.
    pub fn of(world: &World<'_>) -> Self {
        Self { n_items: world.catalog.n_items(), n_views: world.vectors.n_views(), d: world.vectors.dim() }
    }
}

/// The two towers and the mixer.
#[derive(Module, Debug)]
pub struct Network {
    /// What an item is.
    pub item_tower: ItemTower,
    /// What a person means by a request.
    pub query_tower: QueryTower,
    /// From products and features to a score.
    pub mixer: Mixer,
}

impl Network {
    /// An untrained network, which is the encoder's plain search.
    pub fn new(config: &ModelConfig, inputs: &InputShape, rng: &mut ChaCha8Rng, device: &Device) -> Self {
        Self {
            item_tower: ItemTower::new(config, inputs, rng, device),
            query_tower: QueryTower::new(config, inputs.d, rng, device),
            mixer: Mixer::new(config, rng, device),
        }
    }

    /// Scores of some candidates for each query.
    ///
    /// # Shapes
    /// - `queries`: a batch of queries
    /// - `pool`: all items that are a candidate of some query
    /// - `candidates`: `[batch, n]`, places in the pool
    /// - `features`: `[batch, N_FEATURES, n]`
    /// - returns `[batch, n]`
    pub fn forward(
        &self,
        queries: &QueryInputs,
        pool: &ItemInputs,
        candidates: Tensor<2, Int>,
        features: Tensor<3>,
    ) -> Tensor<2> {
        let items = self.item_tower.forward(pool);
        let products = candidate_products(self.query_tower.forward(queries), items, candidates);
        self.mixer.forward(products, features, queries.context.clone())
    }
}

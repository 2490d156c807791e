//! A model: its shape, its weights, and the units of its features.

use burn::module::Module;
use burn::tensor::Device;
use rand_chacha::ChaCha8Rng;

use super::{Fusion, ModelConfig, N_FEATURES, Network, World};

/// Everything that scoring needs besides a [`Memory`](super::Memory).
#[derive(Debug, Clone)]
pub struct Model {
    /// Its shape and parts.
    pub config: ModelConfig,
    /// Its weights.
    pub network: Network,
    /// The unit of each feature: its standard deviation over the training candidates.
    pub spread: [f32; N_FEATURES],
    /// The share of each reading of a question with words and a person.
    pub fusion: Fusion,
}

impl Model {
    /// A model that is the encoder's plain search: nothing is learned yet.
    pub fn untrained(config: &ModelConfig, world: &World<'_>, spread: [f32; N_FEATURES], rng: &mut ChaCha8Rng) -> Self {
        let network = Network::new(config, world.catalog.n_items(), world.vectors.dim(), rng, &Device::flex());
        Self { config: config.clone(), network, spread, fusion: Fusion::JOINT }
    }

    /// How many numbers are learned.
    pub fn n_parameters(&self) -> usize {
        self.network.num_params()
    }
}

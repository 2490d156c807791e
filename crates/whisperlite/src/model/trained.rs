//! A model: its shape, its weights, and the units of its features.

use burn::module::Module;
use burn::tensor::Device;
use rand_chacha::ChaCha8Rng;

use super::{Fusion, InputShape, ModelConfig, ModelError, N_FEATURES, Network, Vectors, World};

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
        let network = Network::new(config, &InputShape::of(world), rng, &Device::flex());
        Self { config: config.clone(), network, spread, fusion: Fusion::JOINT }
    }

    /// What the model takes in.
    pub fn inputs(&self) -> InputShape {
        self.network.item_tower.inputs()
    }

    /// Whether the model can read these vectors.
    ///
    /// # Errors
    /// If it was trained with pictures and these are without, or the other way round, or on longer or shorter ones.
    pub fn check(&self, vectors: &Vectors) -> Result<(), ModelError> {
        let InputShape { n_views: trained, d: trained_dim, .. } = self.inputs();
        let (found, dim) = (vectors.n_views(), vectors.dim());
        if (trained, trained_dim) == (found, dim) {
            return Ok(());
        }
        Err(ModelError::Inputs { trained, trained_dim, found, dim })
    }

    /// How many numbers are learned.
    pub fn n_parameters(&self) -> usize {
        self.network.num_params()
    }
}

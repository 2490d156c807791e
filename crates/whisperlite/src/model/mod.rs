//! **How well does this item fit this request from this person?**

mod ask;
mod config;
mod error;
mod features;
mod features_of;
mod fusion;
mod item_tower;
mod memory;
mod mixer;
mod network;
mod persist;
mod query_tower;
mod scorer;
mod tower;
mod trained;
mod vectors;
mod world;

pub use ask::{Ask, N_CONTEXT, Person};
pub(crate) use ask::{CONTEXT_BOTH, CONTEXT_PERSON, CONTEXT_REQUEST};
pub use config::{ModelConfig, Parts};
pub use error::ModelError;
pub use features::{Aspect, Feature, N_FEATURES};
pub use features_of::Known;
pub use fusion::Fusion;
pub use item_tower::{ItemInputs, ItemTower};
pub use memory::{LONG_HALF_LIFE_DAYS, Memory, SHORT_HALF_LIFE_DAYS};
pub use mixer::Mixer;
pub use network::Network;
pub use persist::{FORMAT_VERSION, ModelInfo, PersistError, TensorProblem};
pub use query_tower::{HistoryInputs, QueryInputs, QueryTower};
pub use scorer::Scorer;
pub(crate) use scorer::in_units;
pub use tower::{Tower, TowerShape};
pub use trained::Model;
pub use vectors::Vectors;
pub use world::{Words, World};

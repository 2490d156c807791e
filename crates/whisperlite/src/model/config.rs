//! Which parts the model has, and how wide they are.

use serde::{Deserialize, Serialize};

/// Shape of a model. Every part can be switched off; each switch is a row of an ablation table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ModelConfig {
    /// Width of the hidden layers of both towers.
    pub d_hidden: usize,
    /// Attention heads with which a request reads the history.
    pub n_heads: usize,
    /// Width of one head's keys.
    pub d_head: usize,
    /// Newest events of a person that the query tower reads.
    pub max_history: usize,
    /// Width of the learned per-item part.
    pub d_item_part: usize,
    /// Share of the items whose learned part is left out of a training batch, so that cold items do not suffer.
    pub item_part_dropout: f64,
    /// Width of the mixer's hidden layer.
    pub d_mixer: usize,
    /// Inverse temperature of the towers' inner product at birth.
    pub initial_scale: f32,
    /// Which parts are there.
    pub parts: Parts,
}

/// The parts of the model that an ablation can take away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Parts {
    /// The person's past items and requests.
    pub history: bool,
    /// The request chooses what it reads in the history; without it, every past item counts by its age alone.
    pub request_attention: bool,
    /// The requests under which an item was chosen before are part of what it is.
    pub past_requests: bool,
    /// BM25 over the item's words and over its past requests.
    pub lexical: bool,
    /// The learned part of each item.
    pub item_part: bool,
    /// What people with a similar history chose, and what people chose next.
    pub neighbours: bool,
    /// How much an item is wanted, of all time and of late, and how old it is.
    pub popularity: bool,
    /// Interactions between the signals; without them they are added up with gated weights.
    pub interactions: bool,
    /// The plainer readings of a question count beside the joint one.
    pub fusion: bool,
}

impl Default for Parts {
    fn default() -> Self {
        Self {
            history: true,
            request_attention: true,
            past_requests: true,
            lexical: true,
            item_part: true,
            neighbours: true,
            popularity: true,
            interactions: true,
            fusion: true,
        }
    }
}

impl Default for ModelConfig {
    fn default() -> Self {
        Self {
            d_hidden: 128,
            n_heads: 2,
            d_head: 32,
            max_history: 50,
            d_item_part: 32,
            item_part_dropout: 0.5,
            d_mixer: 32,
            initial_scale: 10.0,
            parts: Parts::default(),
        }
    }
}

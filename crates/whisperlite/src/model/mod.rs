//! **How well does this item fit this request from this person?**

mod tower;

pub use tower::{Tower, TowerShape};

//! The paths, one file for each room of the contract: what comes in, what is asked of the shop, what goes out.

pub(crate) mod answer;
pub(crate) mod events;
pub(crate) mod health;
pub(crate) mod import;
pub(crate) mod items;
pub(crate) mod model;
pub(crate) mod page;
pub(crate) mod search;
pub(crate) mod stock;
pub(crate) mod studies;

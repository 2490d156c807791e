//! A piece in the shop: a look, and what no picture shows.

use crate::brand::Brand;
use crate::look::Look;

/// A piece in the shop.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Item {
    /// Its place in the catalogue.
    pub index: u64,
    /// What can be seen of it.
    pub look: Look,
    /// Who makes it.
    pub brand: &'static Brand,
    /// Which of [`crate::BRANDS`] that is.
    pub(crate) brand_idx: usize,
    /// What it costs, in no currency in particular.
    pub price: f64,
    /// When it came into the shop, in Unix seconds. Before the boutique opened its doors for the first stock.
    pub released_at: i64,
    /// How much everybody wants it, whatever their taste: standard normal.
    pub appeal: f64,
}

impl Item {
    /// `boutique-0000042`: an id that says where it comes from.
    pub fn id(&self) -> String {
        item_id(self.index)
    }

    /// The price beside that of a plain piece of its kind.
    pub(crate) fn price_level(&self) -> f64 {
        self.price / self.look.kind.rules().base_price
    }
}

/// The id of the item at a place in the catalogue.
pub(crate) fn item_id(index: u64) -> String {
    format!("boutique-{index:07}")
}

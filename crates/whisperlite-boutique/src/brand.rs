//! Invented makers, each with a style and a level of price. Any likeness to a real name is chance.

use crate::style::Style;

/// A maker.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Brand {
    /// Its invented name.
    pub name: &'static str,
    /// What it is known for.
    pub style: Style,
    /// Its prices, as a factor on those of a plain piece.
    pub level: f64,
}

/// Every maker.
pub const BRANDS: [Brand; 16] = [
    Brand { name: "Halden & Rue", style: Style::Minimal, level: 1.4 },
    Brand { name: "Plainwick", style: Style::Minimal, level: 0.7 },
    Brand { name: "Norrvik", style: Style::Minimal, level: 1.0 },
    Brand { name: "Tansy Grove", style: Style::Romantic, level: 1.0 },
    Brand { name: "Marisol Vey", style: Style::Romantic, level: 1.7 },
    Brand { name: "Kestrel Loop", style: Style::Sporty, level: 0.9 },
    Brand { name: "Pipit Run", style: Style::Sporty, level: 0.6 },
    Brand { name: "Umbra Nine", style: Style::Edgy, level: 1.2 },
    Brand { name: "Rook & Thistle", style: Style::Edgy, level: 0.8 },
    Brand { name: "Calico Yard", style: Style::Boho, level: 0.8 },
    Brand { name: "Dune Atelier", style: Style::Boho, level: 1.5 },
    Brand { name: "Bellamy Finch", style: Style::Business, level: 1.3 },
    Brand { name: "Quillon", style: Style::Business, level: 0.9 },
    Brand { name: "Velour Noon", style: Style::Glamorous, level: 1.1 },
    Brand { name: "Ostra Maren", style: Style::Glamorous, level: 2.2 },
    Brand { name: "Sorrel Lane", style: Style::Romantic, level: 0.6 },
];

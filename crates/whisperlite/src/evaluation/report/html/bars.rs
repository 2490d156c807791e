//! Small drawings inside table cells: a bar with its interval, a difference with its interval.

use crate::evaluation::report::{Comparison, Table, words};
use crate::evaluation::statistics::Estimate;

/// Width of the drawings' own coordinates; the page scales them.
const WIDTH: f64 = 200.0;

/// Bars of one table, all on one scale.
pub(super) struct BarScale {
    max: f64,
}

impl BarScale {
    pub(super) fn new(table: &Table) -> Self {
        let highs = table.systems.iter().map(|system| system.primary().high);
        Self { max: highs.fold(f64::MIN_POSITIVE, f64::max) }
    }

    /// A bar as long as the mean, with a whisker over the interval. The numbers stand beside it as text, so it is hidden
    /// from readers that read aloud.
    pub(super) fn bar(&self, estimate: Estimate) -> String {
        let [mean, low, high] = [estimate.mean, estimate.low, estimate.high].map(|v| v / self.max * (WIDTH - 4.0));
        format!(
            "<svg class=\"bar\" viewBox=\"0 0 {WIDTH} 20\" aria-hidden=\"true\" focusable=\"false\">\
             <rect x=\"0\" y=\"4\" width=\"{mean:.1}\" height=\"12\" rx=\"2\"/>\
             <path d=\"M{low:.1} 10H{high:.1}M{low:.1} 6.5v7M{high:.1} 6.5v7\"/></svg>"
        )
    }
}

/// Differences of one table, all on one scale with zero inside.
pub(super) struct DifferenceScale {
    min: f64,
    max: f64,
}

impl DifferenceScale {
    pub(super) fn new(comparisons: &[Comparison]) -> Self {
        let min = comparisons.iter().map(|comparison| comparison.low).fold(0.0, f64::min);
        let max = comparisons.iter().map(|comparison| comparison.high).fold(f64::MIN_POSITIVE, f64::max);
        Self { min, max }
    }

    fn x(&self, difference: f64) -> f64 {
        4.0 + (difference - self.min) / (self.max - self.min) * (WIDTH - 8.0)
    }

    /// A dot at the difference, a line over its interval, and where zero is.
    pub(super) fn dot(&self, comparison: &Comparison) -> String {
        let [zero, low, high, dot] = [0.0, comparison.low, comparison.high, comparison.difference].map(|v| self.x(v));
        let class = if comparison.p_holm < words::SURE { "difference sure" } else { "difference" };
        format!(
            "<svg class=\"{class}\" viewBox=\"0 0 {WIDTH} 20\" aria-hidden=\"true\" focusable=\"false\">\
             <path class=\"zero\" d=\"M{zero:.1} 0V20\"/><path d=\"M{low:.1} 10H{high:.1}\"/>\
             <circle cx=\"{dot:.1}\" cy=\"10\" r=\"4\"/></svg>"
        )
    }
}

//! How figures are said: one way for the terminal and the page.

use super::{Comparison, Table};

/// Below it a difference is called sure.
pub(super) const SURE: f64 = 0.01;
/// Below it a difference is called likely.
const LIKELY: f64 = 0.05;

/// A metric's value.
pub(super) fn value(value: f64) -> String {
    format!("{value:.4}")
}

/// A difference, always with its sign.
pub(super) fn difference(difference: f64) -> String {
    format!("{difference:+.4}").replace('-', "−")
}

/// A p-value, as far down as it is worth reading.
pub(super) fn p_value(p: f64) -> String {
    if p < 0.001 { format!("{p:.0e}") } else { format!("{p:.3}") }
}

/// A count with its digits in groups of three.
pub(super) fn count(count: usize) -> String {
    let digits = count.to_string();
    let mut grouped = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// How sure a comparison is, in words.
pub(super) fn verdict(comparison: &Comparison) -> &'static str {
    let ahead = comparison.difference > 0.0;
    match comparison.p_holm {
        p if p < SURE && ahead => "ours is ahead, sure",
        p if p < SURE => "ours is behind, sure",
        p if p < LIKELY && ahead => "ours is ahead, likely",
        p if p < LIKELY => "ours is behind, likely",
        _ => "may be chance",
    }
}

/// The table's result in a few sentences.
pub(super) fn summary(table: &Table) -> String {
    let Some(best) = table.ranked_systems().first().copied() else {
        return "No system was measured.".to_owned();
    };
    let Some(ours) = table.ours() else {
        let best_value = value(best.primary().mean);
        return format!("No system of ours was measured; {} has the highest NDCG@10, {best_value}.", best.name);
    };
    let estimate = ours.primary();
    let [mean, low, high] = [estimate.mean, estimate.low, estimate.high].map(value);
    let reached = format!("{} reaches NDCG@10 {mean} (95 % interval {low} to {high}).", ours.name);
    match table.ranked_systems().into_iter().find(|system| system.name != ours.name) {
        None => format!("{reached} There is nothing to compare it with."),
        Some(rival) => match table.comparison_with(&rival.name) {
            None => reached,
            Some(comparison) => format!("{reached} {} {}", against_rival(comparison), tally(table)),
        },
    }
}

/// The comparison with the strongest other system.
fn against_rival(comparison: &Comparison) -> String {
    let Comparison { b, difference: d, p_holm, .. } = comparison;
    let [low, high] = [comparison.low, comparison.high].map(difference);
    let side = if *d > 0.0 { "below" } else { "above" };
    let distance = value(d.abs());
    let sureness = match *p_holm {
        p if p < SURE => "the difference is sure",
        p if p < LIKELY => "the difference is likely, not beyond doubt",
        _ => "the difference may be chance",
    };
    format!(
        "The best other system, {b}, is {distance} {side} it: {sureness} (difference {low} to {high}, Holm-corrected p = {}).",
        p_value(*p_holm)
    )
}

/// How many of the others are surely behind, and how many surely ahead.
fn tally(table: &Table) -> String {
    let sure = |ours_ahead: bool| {
        let is_sure = |c: &&Comparison| c.p_holm < SURE && (c.difference > 0.0) == ours_ahead;
        table.comparisons.iter().filter(is_sure).count()
    };
    match (sure(true), sure(false), table.comparisons.len()) {
        (ahead, _, all) if ahead == all => format!("It is ahead of all {all} others with p < {SURE}."),
        (ahead, 0, all) => format!("It is ahead of {ahead} of {all} others with p < {SURE}, and behind none."),
        (ahead, behind, all) => {
            format!("It is ahead of {ahead} and behind {behind} of {all} others with p < {SURE}.")
        }
    }
}

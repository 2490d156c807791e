//! The tables as plain text.

use super::{Comparison, Report, SystemReport, Table, words};
use crate::metrics::Metric;

/// Discovery, then repeats.
pub(super) fn report(report: &Report, cutoffs: &[usize]) -> String {
    let Table { dataset, split, protocol, seed, .. } = &report.discovery;
    format!(
        "{dataset}, {split} split, {protocol}, seed {seed}, whole catalogue ranked\n\n{}\n\n{}\n",
        section("Discovery: only items new to the person count", &report.discovery, cutoffs),
        section("With repeats: items that the person already touched count too", &report.repeats, cutoffs),
    )
}

fn section(heading: &str, table: &Table, cutoffs: &[usize]) -> String {
    let size = format!("{} queries by {} people", words::count(table.queries), words::count(table.users));
    format!("{heading} ({size})\n{}\n{}", aligned(&rows(table, cutoffs)), words::summary(table))
}

/// The head and one row per system, best first.
fn rows(table: &Table, cutoffs: &[usize]) -> Vec<Vec<String>> {
    let columns = || cutoffs.iter().flat_map(|&k| Metric::ALL.map(|metric| metric.at(k)));
    let mut head = vec!["system".to_owned()];
    head.extend(columns());
    head.extend(["coverage@10", "ours − it", "p (Holm)"].map(str::to_owned));
    let row = |system: &SystemReport| {
        let mut row = vec![system.name.clone()];
        row.extend(columns().map(|key| metric_cell(system, &key)));
        row.push(system.lists.get("coverage@10").map_or_else(absent, |&share| words::value(share)));
        row.extend(comparison_cells(table.comparison_with(&system.name)));
        row
    };
    std::iter::once(head).chain(table.ranked_systems().into_iter().map(row)).collect()
}

/// NDCG carries its interval; the others would make the table too wide for a terminal.
fn metric_cell(system: &SystemReport, key: &str) -> String {
    match system.metric(key) {
        None => absent(),
        Some(estimate) if key.starts_with(Metric::Ndcg.name()) => {
            let [mean, low, high] = [estimate.mean, estimate.low, estimate.high].map(words::value);
            format!("{mean} [{low}, {high}]")
        }
        Some(estimate) => words::value(estimate.mean),
    }
}

fn comparison_cells(comparison: Option<&Comparison>) -> [String; 2] {
    match comparison {
        None => [absent(), absent()],
        Some(comparison) => [words::difference(comparison.difference), words::p_value(comparison.p_holm)],
    }
}

fn absent() -> String {
    "–".to_owned()
}

/// Columns two spaces apart, the first to the left and the others to the right, a rule below the head.
fn aligned(rows: &[Vec<String>]) -> String {
    let width_of = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..rows[0].len()).map(width_of).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).enumerate();
        let padded = cells.map(|(i, (cell, &w))| if i == 0 { format!("{cell:<w$}") } else { format!("{cell:>w$}") });
        padded.collect::<Vec<_>>().join("  ")
    };
    let mut lines: Vec<String> = rows.iter().map(line).collect();
    lines.insert(1, widths.iter().map(|&w| "─".repeat(w)).collect::<Vec<_>>().join("  "));
    lines.join("\n")
}

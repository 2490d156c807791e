//! The tables of the page.

use super::bars::{BarScale, DifferenceScale};
use super::{Escaped, words};
use crate::evaluation::report::{Comparison, OUR_PREFIX, PRIMARY_CUTOFF, Slice, SystemReport, Table};
use crate::evaluation::statistics::Estimate;
use crate::metrics::{CUTOFFS, Metric};

/// One table's results: systems, comparisons, and all figures folded away.
pub(super) fn results(table: &Table, id: &str, heading: &str, introduction: &str) -> String {
    format!(
        "<section aria-labelledby=\"{id}\">\n<h2 id=\"{id}\">{}</h2>\n<p>{}</p>\n{}{}{}</section>\n",
        Escaped(heading),
        Escaped(introduction),
        systems(table),
        comparisons(table),
        all_figures(table),
    )
}

fn systems(table: &Table) -> String {
    let scale = BarScale::new(table);
    let row = |system: &SystemReport| {
        format!(
            "<tr{}><th scope=\"row\">{}</th><td class=\"drawing\">{}</td>{}{}{}</tr>\n",
            row_class(&system.name),
            Escaped(&system.name),
            scale.bar(system.primary()),
            estimate_cell(Some(&system.primary())),
            [Metric::Recall, Metric::HitRate, Metric::Mrr, Metric::Map]
                .map(|metric| mean_cell(system.metric(&metric.at(PRIMARY_CUTOFF))))
                .concat(),
            ["coverage@10", "novelty@10", "gini@10"].map(|key| list_cell(system, key)).concat(),
        )
    };
    let caption = format!(
        "All systems at cutoff 10, best first: means over {} queries by {} people, NDCG with its 95 % interval",
        words::count(table.queries),
        words::count(table.users)
    );
    let head = ["System", "", "NDCG", "Recall", "Hit rate", "MRR", "MAP", "Coverage", "Novelty", "Gini"];
    table_element(&caption, &head.map(str::to_owned), &table.ranked_systems().into_iter().map(row).collect::<String>())
}

fn comparisons(table: &Table) -> String {
    let Some(first) = table.comparisons.first() else { return String::new() };
    let scale = DifferenceScale::new(&table.comparisons);
    let mut comparisons: Vec<&Comparison> = table.comparisons.iter().collect();
    comparisons.sort_by(|a, b| a.difference.total_cmp(&b.difference));
    let row = |comparison: &Comparison| {
        format!(
            "<tr><th scope=\"row\">{}</th><td class=\"drawing\">{}</td><td>{} <span class=\"interval\">{} to {}</span></td>\
             <td>{}</td><td class=\"words\">{}</td></tr>\n",
            Escaped(&comparison.b),
            scale.dot(comparison),
            words::difference(comparison.difference),
            words::difference(comparison.low),
            words::difference(comparison.high),
            words::p_value(comparison.p_holm),
            words::verdict(comparison),
        )
    };
    let caption = format!("{} minus each other system on NDCG@10, query by query, the closest first", first.a);
    let head = ["Other system", "", "Difference", "p (Holm)", "Reading"].map(str::to_owned);
    table_element(&caption, &head, &comparisons.into_iter().map(row).collect::<String>())
}

fn all_figures(table: &Table) -> String {
    let metric_table = |metric: Metric| {
        let row = |system: &SystemReport| {
            let cells: String = CUTOFFS.iter().map(|&k| estimate_cell(system.metric(&metric.at(k)))).collect();
            let name = Escaped(&system.name);
            format!("<tr{}><th scope=\"row\">{name}</th>{cells}</tr>\n", row_class(&system.name))
        };
        let mut head = vec!["System".to_owned()];
        head.extend(CUTOFFS.map(|k| format!("@{k}")));
        let rows: String = table.ranked_systems().into_iter().map(row).collect();
        table_element(&format!("{} with 95 % intervals, by cutoff", display_name(metric)), &head, &rows)
    };
    let tables: String = Metric::ALL.map(metric_table).concat();
    format!("<details>\n<summary>All metrics at all cutoffs, with intervals</summary>\n{tables}</details>\n")
}

/// NDCG@10 of all systems on each part of the queries.
pub(super) fn slices(table: &Table, id: &str) -> String {
    if table.slices.is_empty() {
        return String::new();
    }
    let head_of = |slice: &Slice| format!("{} ({})", slice.name, words::count(slice.queries));
    let head: Vec<String> = std::iter::once("System".to_owned()).chain(table.slices.iter().map(head_of)).collect();
    let row = |system: &SystemReport| {
        let cells: String = table.slices.iter().map(|slice| slice_cell(slice, &system.name)).collect();
        format!("<tr{}><th scope=\"row\">{}</th>{cells}</tr>\n", row_class(&system.name), Escaped(&system.name))
    };
    let rows: String = table.ranked_systems().into_iter().map(row).collect();
    format!(
        "<section aria-labelledby=\"{id}\">\n<h2 id=\"{id}\">Slices</h2>\n\
         <p>The same systems on parts of the queries. Intervals grow as queries get fewer; the best mean of a column is set \
         bold.</p>\n{}</section>\n",
        table_element("NDCG@10 with its 95 % interval; in brackets the number of queries", &head, &rows)
    )
}

fn slice_cell(slice: &Slice, system: &str) -> String {
    let best = slice.systems.iter().map(|system| system.primary().mean).fold(0.0, f64::max);
    let estimate = slice.systems.iter().find(|of| of.name == system).map(SystemReport::primary);
    match estimate {
        Some(estimate) if estimate.mean == best && best > 0.0 => {
            format!("<td><strong>{}</strong> {}</td>", words::value(estimate.mean), interval(&estimate))
        }
        other => estimate_cell(other.as_ref()),
    }
}

fn row_class(system: &str) -> &'static str {
    if system.starts_with(OUR_PREFIX) { " class=\"ours\"" } else { "" }
}

fn estimate_cell(estimate: Option<&Estimate>) -> String {
    estimate.map_or_else(absent, |estimate| format!("<td>{} {}</td>", words::value(estimate.mean), interval(estimate)))
}

fn interval(estimate: &Estimate) -> String {
    format!("<span class=\"interval\">{} to {}</span>", words::value(estimate.low), words::value(estimate.high))
}

fn mean_cell(estimate: Option<&Estimate>) -> String {
    estimate.map_or_else(absent, |estimate| format!("<td>{}</td>", words::value(estimate.mean)))
}

fn list_cell(system: &SystemReport, key: &str) -> String {
    match system.lists.get(key) {
        None => absent(),
        Some(bits) if key.starts_with("novelty") => format!("<td>{bits:.1}</td>"),
        Some(&share) => format!("<td>{share:.3}</td>"),
    }
}

fn absent() -> String {
    "<td>–</td>".to_owned()
}

/// The metric's name for people.
pub(super) fn display_name(metric: Metric) -> &'static str {
    match metric {
        Metric::Ndcg => "NDCG",
        Metric::Recall => "Recall",
        Metric::HitRate => "Hit rate",
        Metric::Mrr => "MRR",
        Metric::Map => "MAP",
    }
}

/// A table that scrolls by itself where the screen is narrow; an empty head stands for a column of drawings.
pub(super) fn table_element(caption: &str, head: &[String], rows: &str) -> String {
    let cell = |name: &String| match name.as_str() {
        "" => "<td class=\"drawing\"></td>".to_owned(),
        name => format!("<th scope=\"col\">{}</th>", Escaped(name)),
    };
    let head: String = head.iter().map(cell).collect();
    let caption = Escaped(caption);
    format!(
        "<div class=\"scroll\" role=\"region\" aria-label=\"{caption}\" tabindex=\"0\">\n<table>\n\
         <caption><span>{caption}</span></caption>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n</div>\n"
    )
}

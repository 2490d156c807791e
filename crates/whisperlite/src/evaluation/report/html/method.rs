//! The last section: how it was measured, in plain words, and where everything came from.

use super::{Escaped, Report, fact, tables, words};
use crate::catalog::{RequestSource, TimeKind};

pub(super) fn section(report: &Report) -> String {
    let provenance = &report.provenance;
    let or_none = |value: &Option<String>| value.clone().unwrap_or_else(|| "none".to_owned());
    let facts = [
        fact("Requests", requests(&provenance.request_source)),
        fact("Timestamps", timestamps(provenance.time_kind)),
        fact("Encoder", or_none(&provenance.encoder)),
        fact("Model", or_none(&provenance.model)),
        fact("Seed", report.discovery.seed.to_string()),
        fact("Data hash", &provenance.data_hash),
        fact("Machine", &provenance.machine),
        fact("Command", &provenance.command),
    ]
    .concat();
    format!(
        "<section aria-labelledby=\"method\">\n<h2 id=\"method\">How this was measured</h2>\n{METHOD}\
         {}<dl class=\"facts\">\n{facts}</dl>\n</section>\n",
        tuned(report)
    )
}

/// What was chosen on validation.
fn tuned(report: &Report) -> String {
    if report.tuned.is_empty() {
        return String::new();
    }
    let rows: String = report
        .tuned
        .iter()
        .map(|system| {
            let parameters: Vec<String> =
                system.parameters.iter().map(|(name, value)| format!("{name} {value}")).collect();
            let parameters = if parameters.is_empty() { "nothing to choose".to_owned() } else { parameters.join(", ") };
            format!(
                "<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td></tr>\n",
                Escaped(&system.name),
                Escaped(&parameters),
                words::value(system.validation_ndcg)
            )
        })
        .collect();
    let head = ["System", "Chosen on validation", "Validation NDCG@10"].map(str::to_owned);
    tables::table_element("What was chosen for each baseline and the blend", &head, &rows)
}

const METHOD: &str = "\
<p><strong>Full ranking.</strong> Every system scores the whole catalogue for every query; nothing is sampled. Equal \
scores are ordered by item id, descending.</p>
<p><strong>Discovery.</strong> A query is a person, a request, or both, at the moment of an event that was held out. Its \
relevant items are those that the person chose then and had never touched before; what they had touched is left out of every \
ranking. The table with repeats leaves nothing out.</p>
<p><strong>Metrics.</strong> Judgements are binary. NDCG rewards relevant items near the top, Recall is the share of relevant \
items found, Hit rate says whether there is any, MRR is one over the first one's rank, MAP averages precision over all relevant \
items. Coverage is the share of the catalogue that stands in anybody's first ten, Novelty the mean surprise of what is shown in \
bits (rarely chosen items carry more), Gini how unevenly places are spread (0 even, 1 all to a few).</p>
<p><strong>Intervals.</strong> 95 % percentile bootstrap over people, because the queries of one person resemble each \
other.</p>
<p><strong>Comparisons.</strong> Our first system against every other one on NDCG@10: the difference query by query, its \
bootstrap interval, and a two-sided test that flips the signs of whole people's differences. The p-values of a table are \
corrected together by Holm's method. Below 0.01 a difference is called sure, below 0.05 likely.</p>
<p><strong>Baselines</strong> are tuned on validation queries only, the blend's weights too.</p>
";

fn requests(source: &RequestSource) -> String {
    match source {
        RequestSource::Column => "people's own words".to_owned(),
        RequestSource::ReviewTitle => "title of the review written with the event".to_owned(),
        RequestSource::ReviewText => "text of the review written with the event".to_owned(),
        RequestSource::Categories => "words of the item's category".to_owned(),
        RequestSource::Attributes { seed } => format!("derived from item attributes (seed {seed})"),
        RequestSource::None => "none".to_owned(),
    }
}

fn timestamps(kind: TimeKind) -> &'static str {
    match kind {
        TimeKind::Unix => "real time",
        TimeKind::Order => "order within each person only",
    }
}

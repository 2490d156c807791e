//! The report as one web page that needs nothing else: no script, no font, no picture from anywhere.
//!
//! Every word that comes from outside (names, commands) goes through [`Escaped`].

mod bars;
mod curves;
mod method;
mod tables;

use std::fmt::{self, Display};

use super::{Report, Table, words};

/// The whole page.
pub(super) fn page(report: &Report) -> String {
    let title = format!("{}: who is better, and is it sure?", Escaped(&report.discovery.dataset));
    let repeats = format!("{REPEATS} {}", words::summary(&report.repeats));
    let sections = [
        header(report),
        tables::results(&report.discovery, "discovery", "Discovery", DISCOVERY),
        curves::by_cutoff(&report.discovery),
        tables::slices(&report.discovery, "slices"),
        tables::results(&report.repeats, "repeats", "With repeats", &repeats),
        curves::training(&report.training),
        method::section(report),
    ];
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{title}</title>\n\
         <style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n{}</main>\n</body>\n</html>\n",
        sections.concat()
    )
}

const DISCOVERY: &str = "Only items new to the person are relevant, and what the person already touched is left out of \
    every system's ranking. This is the table that counts.";
const REPEATS: &str = "Here items that the person already touched are relevant too, and stay in every ranking.";
const STYLE: &str = include_str!("style.css");

fn header(report: &Report) -> String {
    let Table { dataset, split, protocol, queries, users, items, .. } = &report.discovery;
    format!(
        "<header>\n<p class=\"kicker\">WhisperLite evaluation</p>\n<h1>{}</h1>\n<p class=\"lead\">{}</p>\n\
         <dl class=\"facts\">\n{}{}{}{}{}</dl>\n</header>\n",
        Escaped(dataset),
        Escaped(&words::summary(&report.discovery)),
        fact("Queries", words::count(*queries)),
        fact("People", words::count(*users)),
        fact("Items ranked", words::count(*items)),
        fact("Split", format!("{split}, {protocol}")),
        fact("Made", &report.provenance.created),
    )
}

/// One entry of a definition list.
fn fact(name: &str, value: impl AsRef<str>) -> String {
    format!("<div><dt>{}</dt><dd>{}</dd></div>\n", Escaped(name), Escaped(value.as_ref()))
}

/// Text in which no character means anything to HTML.
struct Escaped<'a>(&'a str);

impl Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|character| match character {
            '&' => f.write_str("&amp;"),
            '<' => f.write_str("&lt;"),
            '>' => f.write_str("&gt;"),
            '"' => f.write_str("&quot;"),
            '\'' => f.write_str("&#39;"),
            other => write!(f, "{other}"),
        })
    }
}

//! The report's contract, its files, and what it says in words.

use std::path::Path;

use serde_json::Value;
use whisperlite::catalog::{RequestSource, TimeKind};
use whisperlite::evaluation::report::{FORMAT_VERSION, Provenance, Report, ReportError, ReportInput, TrainingEpoch};
use whisperlite::evaluation::statistics::Resampling;
use whisperlite::evaluation::tuning::Tuned;
use whisperlite::evaluation::{Answers, AnswersError};
use whisperlite::metrics::{CUTOFFS, Hits, Metric, ndcg};

use crate::synthetic::Synthetic;

fn input<'a>(discovery: &'a Synthetic, repeats: &'a Synthetic) -> ReportInput<'a> {
    let epoch = |epoch: u32| TrainingEpoch {
        epoch,
        loss: 0.4 + 2.0 / f64::from(epoch),
        validation_ndcg_at_10: 0.19 - 0.002 * f64::from(epoch.abs_diff(9)),
    };
    ReportInput {
        dataset: "sample <store> & co".to_owned(),
        split: "test".to_owned(),
        protocol: "global time split 80/10/10".to_owned(),
        provenance: Provenance {
            request_source: RequestSource::Column,
            time_kind: TimeKind::Unix,
            data_hash: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".to_owned(),
            encoder: Some("all-MiniLM-L6-v2".to_owned()),
            model: Some("whisperlite, best.toml".to_owned()),
            created: "2026-01-02T03:04:05Z".to_owned(),
            command: "whisperlite evaluate sample --split test".to_owned(),
            machine: "2 cores".to_owned(),
        },
        discovery: discovery.answers(),
        repeats: repeats.answers(),
        popularity: &discovery.popularity,
        training: (1..=14).map(epoch).collect(),
        tuned: vec![Tuned {
            name: "bm25".to_owned(),
            parameters: [("b".to_owned(), 0.75), ("k1".to_owned(), 1.2)].into(),
            validation_ndcg: 0.031,
        }],
        blend: "1.00 bm25 (z-scores)".to_owned(),
        resampling: Resampling { n_bootstrap: 400, n_sign_flips: 4_000, seed: 17 },
    }
}

fn report() -> Report {
    Report::new(input(&Synthetic::new(1, 240), &Synthetic::new(2, 300))).expect("a report")
}

#[track_caller]
fn keys(value: &Value) -> Vec<&str> {
    value.as_object().expect("an object").keys().map(String::as_str).collect()
}

#[test]
fn the_json_holds_every_key_of_the_contract() {
    let json = serde_json::to_value(report()).expect("JSON");
    for table in [&json, &json["repeats"]] {
        for key in ["dataset", "split", "protocol", "seed", "queries", "systems", "comparisons", "slices"] {
            assert!(!table[key].is_null(), "{key}");
        }
        for system in table["systems"].as_array().expect("systems") {
            assert!(system["name"].is_string());
            assert_eq!(keys(&system["metrics"]).len(), Metric::ALL.len() * CUTOFFS.len());
            assert_eq!(keys(&system["metrics"]["ndcg@10"]), ["high", "low", "mean"]);
            assert_eq!(keys(&system["lists"]), ["coverage@10", "gini@10", "novelty@10"]);
        }
        let comparison = keys(&table["comparisons"][0]);
        for key in ["a", "b", "metric", "difference", "low", "high", "p_holm"] {
            assert!(comparison.contains(&key), "{key}");
        }
    }
    assert_eq!(json["format_version"], FORMAT_VERSION);
    assert_eq!(json["request_source"]["source"], "column");
    assert_eq!((&json["tuned"][0]["parameters"]["k1"], &json["blend"]), (&1.2.into(), &"1.00 bm25 (z-scores)".into()));
    assert_eq!(keys(&json["training"][0]), ["epoch", "loss", "validation_ndcg@10"]);
    assert_eq!(json["queries"], 240);
    assert_eq!(json["repeats"]["queries"], 300);
}

#[test]
fn means_are_those_of_the_metrics() {
    let synthetic = Synthetic::new(1, 240);
    let report = Report::new(input(&synthetic, &synthetic)).expect("a report");
    for (system, run) in report.discovery.systems.iter().zip(&synthetic.runs) {
        assert_eq!(system.name, run.system);
        let values =
            run.rankings.iter().zip(&synthetic.queries).map(|(r, judged)| ndcg(&Hits::new(r, &judged.relevant), 10));
        let mean = values.sum::<f64>() / synthetic.queries.len() as f64;
        let estimate = system.primary();
        assert!((estimate.mean - mean).abs() < 1e-12);
        assert!(estimate.low <= mean && mean <= estimate.high, "{estimate:?}");
        assert!(estimate.high - estimate.low < 0.2, "{estimate:?}");
    }
    assert_eq!(report.discovery, report.repeats);
}

#[test]
fn our_first_system_is_compared_with_every_other_one() {
    let report = report();
    let table = &report.discovery;
    assert_eq!(table.comparisons.len(), table.systems.len() - 1);
    for comparison in &table.comparisons {
        assert_eq!((comparison.a.as_str(), comparison.metric.as_str()), ("whisperlite", "ndcg@10"));
        let of = |name: &str| table.systems.iter().find(|system| system.name == name).expect("measured").primary().mean;
        assert!((comparison.difference - (of(&comparison.a) - of(&comparison.b))).abs() < 1e-12);
        assert!(comparison.low <= comparison.difference && comparison.difference <= comparison.high);
        assert!(comparison.p <= comparison.p_holm && comparison.p_holm <= 1.0);
    }
    let popularity = table.comparison_with("popularity").expect("compared");
    assert!(popularity.p_holm < 0.01 && popularity.low > 0.0, "{popularity:?}");
}

#[test]
fn slices_split_the_queries_and_are_measured_on_their_own() {
    let synthetic = Synthetic::new(1, 240);
    let report = Report::new(input(&synthetic, &synthetic)).expect("a report");
    let slices = &report.discovery.slices;
    let queries_of = |name: &str| slices.iter().find(|slice| slice.name == name).expect("a slice").queries;
    assert_eq!(slices.len(), 4);
    assert_eq!(queries_of("cold user") + queries_of("warm user"), 240);
    assert_eq!(queries_of("new request") + queries_of("seen request"), 240);
    for slice in slices {
        let members = || (0..240).filter(|&query| synthetic.queries[query].slices.contains(&slice.name.as_str()));
        let run = &synthetic.runs[0];
        let value = |query: usize| ndcg(&Hits::new(&run.rankings[query], &synthetic.queries[query].relevant), 10);
        let mean = members().map(value).sum::<f64>() / members().count() as f64;
        assert!((slice.systems[0].primary().mean - mean).abs() < 1e-12, "{}", slice.name);
    }
}

#[test]
fn the_same_seed_gives_the_same_report_and_another_one_other_intervals() {
    let (discovery, repeats) = (Synthetic::new(1, 60), Synthetic::new(2, 60));
    let with_seed = |seed: u64| {
        let mut input = input(&discovery, &repeats);
        input.resampling.seed = seed;
        Report::new(input).expect("a report")
    };
    assert_eq!(with_seed(3), with_seed(3));
    let (a, b) = (with_seed(3).discovery.systems[0].primary(), with_seed(4).discovery.systems[0].primary());
    assert_eq!(a.mean, b.mean);
    assert_ne!(a, b);
}

#[test]
fn files_read_back_and_leave_nothing_beside_them() {
    let folder = tempfile::tempdir().expect("folder");
    let report = report();
    report.write(folder.path()).expect("written");
    report.write(folder.path()).expect("written over");
    let read = Report::read(folder.path()).expect("read");
    // JSON text may lose the last bit of a number, so what is compared is what is shown.
    assert_eq!(read.text(&CUTOFFS), report.text(&CUTOFFS));
    assert_eq!(read.provenance, report.provenance);
    assert_eq!(read.html(), report.html());
    let mut names: Vec<_> =
        std::fs::read_dir(folder.path()).expect("folder").map(|entry| entry.expect("entry").file_name()).collect();
    names.sort();
    assert_eq!(names, ["report.html", "report.json"]);
}

#[test]
fn a_report_of_version_1_is_read() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/golden/report-v1");
    let report = Report::read(&folder).expect("read");
    assert_eq!(report.discovery.ours().map(|system| system.name.as_str()), Some("whisperlite"));
    assert_eq!(report.repeats.queries, 3);
}

/// An error with its causes, as the command prints it.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

#[test]
fn what_is_no_report_is_refused_with_its_path() {
    let folder = tempfile::tempdir().expect("folder");
    let refusal = |content: &str| {
        std::fs::write(folder.path().join("report.json"), content).expect("written");
        Report::read(folder.path()).expect_err("no report")
    };
    let missing = Report::read(&folder.path().join("nowhere")).expect_err("missing");
    assert!(matches!(missing, ReportError::Read { .. }), "{missing}");
    for (content, expected) in
        [("", "line 1"), ("{\"format_version\": 99}", "version 99"), ("{\"format_version\": 1}", "missing field")]
    {
        let error = chain(&refusal(content));
        assert!(error.contains("report.json") && error.contains(expected), "{error}");
    }
}

#[test]
fn answers_that_do_not_fit_are_refused_with_the_table() {
    let (good, mut bad) = (Synthetic::new(1, 20), Synthetic::new(2, 20));
    bad.runs[3].rankings.pop();
    let error = Report::new(input(&good, &bad)).expect_err("a ranking is missing");
    let expected = AnswersError::WrongNumberOfRankings { system: bad.runs[3].system.clone(), expected: 20, found: 19 };
    assert!(matches!(&error, ReportError::Answers { table: "repeats", source } if *source == expected), "{error}");
    bad.queries.clear();
    bad.runs.clear();
    let error = Report::new(input(&bad, &good)).expect_err("no queries");
    let said = chain(&error);
    assert!(said.starts_with("the table of discovery cannot be made: there are no queries to measure on"), "{said}");
}

#[test]
fn the_text_is_aligned_sorted_and_says_who_wins() {
    let report = report();
    let text = report.text(&[10]);
    let table: Vec<&str> = text
        .lines()
        .skip_while(|line| !line.starts_with("system"))
        .take_while(|line| !line.starts_with("whisperlite reaches"))
        .collect();
    assert_eq!(table.len(), 2 + report.discovery.systems.len());
    let width = table[0].chars().count();
    assert!(table.iter().all(|line| line.chars().count() == width), "{text}");
    for column in ["ndcg@10", "recall@10", "hit@10", "mrr@10", "map@10", "coverage@10", "p (Holm)"] {
        assert!(table[0].contains(column), "{column}");
    }
    let names: Vec<&str> = report.discovery.ranked_systems().iter().map(|system| system.name.as_str()).collect();
    assert!(table[2..].iter().zip(names).all(|(line, name)| line.starts_with(name)), "{text}");
    assert!(text.contains("The best other system, best blend, is"), "{text}");
}

#[test]
fn without_a_system_of_ours_nothing_is_claimed() {
    let synthetic = Synthetic::new(1, 40);
    let others = Answers { queries: &synthetic.queries, runs: &synthetic.runs[3..] };
    let mut input = input(&synthetic, &synthetic);
    (input.discovery, input.repeats) = (others, others);
    let report = Report::new(input).expect("a report");
    assert!(report.discovery.comparisons.is_empty());
    assert!(report.text(&[10]).contains("No system of ours was measured"));
    assert!(!report.html().contains("class=\"ours\""));
}

#[test]
fn the_page_needs_nothing_else_and_escapes_every_name() {
    let html = report().html();
    for outside in ["http:", "https:", "//", "<script", "@import", "url(", "<link", "<img"] {
        assert!(!html.contains(outside), "{outside}");
    }
    assert!(html.contains("most recent &lt;items&gt; &amp; &quot;more&quot;"));
    assert!(html.contains("sample &lt;store&gt; &amp; co"));
    assert!(!html.contains("<items>") && !html.contains("<store>"));
    assert!(!html.contains("NaN") && !html.contains("inf\""));
    assert!(html.contains("prefers-color-scheme: dark"));
}

#[test]
fn the_page_opens_and_closes_its_elements_in_order() {
    let html = report().html();
    let body = &html[html.find("</style>").expect("style") + 8..];
    let mut open: Vec<&str> = vec!["html", "head"];
    for tag in body.split('<').skip(1) {
        let (tag, _) = tag.split_once('>').expect("a tag ends");
        let name = tag.trim_start_matches('/').split([' ', '/']).next().expect("a name");
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name), "</{name}>");
        } else if !tag.ends_with('/') && name != "meta" {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "{open:?}");
}

#[test]
fn every_table_and_drawing_says_what_it_is() {
    let html = report().html();
    let count = |part: &str| html.matches(part).count();
    assert_eq!(count("<table>"), count("<caption>"));
    assert_eq!(count("<svg"), count("role=\"img\"") + count("aria-hidden=\"true\""));
    assert_eq!(count("role=\"img\""), count("<desc"));
    // Names that the page refers to exist exactly once.
    for id in html.split("aria-labelledby=\"").skip(1).flat_map(|rest| rest.split('"').next().unwrap_or("").split(' '))
    {
        assert_eq!(count(&format!(" id=\"{id}\"")), 1, "{id}");
    }
}

#[test]
fn a_report_without_training_or_slices_leaves_their_sections_out() {
    let mut synthetic = Synthetic::new(1, 40);
    synthetic.queries.iter_mut().for_each(|judged| judged.slices.clear());
    let mut input = input(&synthetic, &synthetic);
    input.training.clear();
    let html = Report::new(input).expect("a report").html();
    assert!(!html.contains("id=\"training\"") && !html.contains("id=\"slices\""));
}

#[test]
#[ignore = "for looking at: writes report.html of a made-up evaluation into the target folder"]
fn a_sample_page_to_look_at() {
    let (discovery, repeats) = (Synthetic::new(1, 900), Synthetic::new(2, 900));
    let report = Report::new(input(&discovery, &repeats)).expect("a report");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("sample-report");
    report.write(&folder).expect("written");
    eprintln!("{}\n{}", folder.display(), report.text(&[10]));
}

//! The field's reference library reads our TREC files and finds our figures.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use whisperlite::evaluation::trec::{escape_id, run_file_name, write_trec};
use whisperlite::metrics::{CUTOFFS, Hits, Metric, Ranked, ndcg};

use crate::synthetic::Synthetic;

/// Values by query id, by metric, by run file.
type Measured = HashMap<String, HashMap<String, HashMap<String, f64>>>;

fn workspace_root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// `WHISPERLITE_PYTHON`, else the project's virtual environment, else whatever `python3` is.
fn python() -> PathBuf {
    let own = workspace_root().join(".venv/bin/python");
    match std::env::var_os("WHISPERLITE_PYTHON") {
        Some(python) => python.into(),
        None if own.exists() => own,
        None => "python3".into(),
    }
}

/// What `ir_measures` finds in the files, or `None` where it is not installed.
fn measure_again(folder: &Path) -> Option<Measured> {
    let python = python();
    let installed = Command::new(&python).args(["-c", "import ir_measures"]).output();
    if !installed.is_ok_and(|output| output.status.success()) {
        eprintln!("SKIPPED: {} cannot import ir_measures; set WHISPERLITE_PYTHON to one that can", python.display());
        return None;
    }
    let script = workspace_root().join("tools/reference/ir_measures_check.py");
    let output = Command::new(&python).arg(script).arg(folder).output().expect("python runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(serde_json::from_slice(&output.stdout).expect("JSON"))
}

#[test]
fn metrics_equal_those_of_ir_measures_on_the_trec_files() {
    let synthetic = Synthetic::new(42, 200);
    let folder = tempfile::tempdir().expect("folder");
    write_trec(folder.path(), &synthetic.items, synthetic.answers(), synthetic.answers()).expect("written");
    for folder in [folder.path().to_owned(), folder.path().join("repeats")] {
        let Some(measured) = measure_again(&folder) else { return };
        assert_eq!(measured.len(), synthetic.runs.len());
        compare(&synthetic, &measured);
    }
}

#[test]
fn the_files_that_are_measured_again_hold_ties_that_matter() {
    let synthetic = Synthetic::new(42, 200);
    let answers = synthetic.runs.iter().flat_map(|run| run.rankings.iter().zip(&synthetic.queries));
    let n_decided_by_ties = answers.filter(|(ranking, judged)| {
        let mut other_way = (*ranking).clone();
        other_way.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.item_idx.cmp(&b.item_idx)));
        let value = |ranking: &[Ranked]| ndcg(&Hits::new(ranking, &judged.relevant), 10);
        (value(ranking) - value(&other_way)).abs() > 1e-6
    });
    assert!(n_decided_by_ties.count() > 100);
}

fn compare(synthetic: &Synthetic, measured: &Measured) {
    for run in &synthetic.runs {
        let by_metric = &measured[&run_file_name(&run.system)];
        for (judged, ranking) in synthetic.queries.iter().zip(&run.rankings) {
            let hits = Hits::new(ranking, &judged.relevant);
            for (metric, k) in Metric::ALL.into_iter().flat_map(|metric| CUTOFFS.map(|k| (metric, k))) {
                let ours = metric.value(&hits, k);
                let theirs = by_metric[&metric.at(k)][&escape_id(&judged.query_id)];
                let at = (&run.system, &judged.query_id, metric, k);
                assert!((ours - theirs).abs() < 1e-6, "{at:?}: {ours} is not {theirs}");
            }
        }
    }
}

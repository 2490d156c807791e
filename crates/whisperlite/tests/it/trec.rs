//! TREC files read back: the same order, the same ids, the same ties.

use std::path::Path;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use whisperlite::evaluation::trec::{TrecError, escape_id, run_file_name, unescape_id, write_trec};
use whisperlite::evaluation::{Answers, AnswersError, Run};
use whisperlite::metrics::Ranked;

use crate::synthetic::Synthetic;

/// Lines of fields, as any reader of the format sees them.
fn read(path: &Path) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(path).expect("readable");
    text.lines().map(|line| line.split_whitespace().map(str::to_owned).collect()).collect()
}

#[test]
fn a_run_reads_back_in_our_order() {
    let synthetic = Synthetic::new(1, 30);
    let folder = tempfile::tempdir().expect("folder");
    write_trec(folder.path(), &synthetic.items, synthetic.answers(), synthetic.answers()).expect("written");
    for run in &synthetic.runs {
        let lines = read(&folder.path().join(run_file_name(&run.system)));
        assert!(lines.iter().all(|fields| fields.len() == 6 && fields[1] == "Q0"));
        for (judged, ranking) in synthetic.queries.iter().zip(&run.rankings) {
            let mut places: Vec<(f64, String)> = lines
                .iter()
                .filter(|fields| unescape_id(&fields[0]).as_ref() == Some(&judged.query_id))
                .map(|fields| (fields[4].parse().expect("a number"), fields[2].clone()))
                .collect();
            // A reader's own order: by score, then by the id as it stands in the file, both descending.
            places.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| b.1.cmp(&a.1)));
            let ids: Vec<String> = places.iter().filter_map(|(_, id)| unescape_id(id)).collect();
            let ours: Vec<String> =
                ranking.iter().map(|place| synthetic.items[place.item_idx as usize].item_id.clone()).collect();
            assert_eq!(ids, ours);
            assert!(places.iter().zip(ranking).all(|((score, _), place)| *score as f32 == place.score));
        }
    }
}

#[test]
fn qrels_name_every_relevant_item_in_both_tables() {
    let synthetic = Synthetic::new(2, 30);
    let repeats = Answers { queries: &synthetic.queries[..10], runs: &[] };
    let folder = tempfile::tempdir().expect("folder");
    write_trec(folder.path(), &synthetic.items, synthetic.answers(), repeats).expect("written");
    for (path, queries) in [("qrels", &synthetic.queries[..]), ("repeats/qrels", &synthetic.queries[..10])] {
        let expected: Vec<Vec<String>> = queries
            .iter()
            .flat_map(|judged| judged.relevant.iter().map(move |&item| (judged, item)))
            .map(|(judged, item)| {
                let item_id = &synthetic.items[item as usize].item_id;
                vec![escape_id(&judged.query_id), "0".to_owned(), escape_id(item_id), "1".to_owned()]
            })
            .collect();
        assert_eq!(read(&folder.path().join(path)), expected);
    }
    assert!(!folder.path().join("repeats/whisperlite.run").exists());
}

#[test]
fn escaping_is_reversible_keeps_the_order_and_leaves_no_white_space() {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let alphabet: Vec<char> = "aZ09 !\"#%}~\u{7f}\t\n\r\u{1c}\u{85}\u{a0}é\u{2028}\u{3000}日🎬".chars().collect();
    let mut word = || -> String {
        let length = rng.random_range(0..6);
        (0..length).map(|_| alphabet[rng.random_range(0..alphabet.len())]).collect()
    };
    for _ in 0..20_000 {
        let (a, b) = (word(), word());
        let (escaped_a, escaped_b) = (escape_id(&a), escape_id(&b));
        assert_eq!(unescape_id(&escaped_a).as_ref(), Some(&a));
        assert!(escaped_a.bytes().all(|byte| byte.is_ascii_graphic()), "{escaped_a}");
        assert_eq!(a.cmp(&b), escaped_a.cmp(&escaped_b), "{a:?} {b:?}");
    }
    assert_eq!(escape_id("red dress"), "red!20dress");
    assert_eq!(escape_id("B00-7_x.y:z"), "B00-7_x.y:z");
}

#[test]
fn what_was_never_escaped_is_not_unescaped() {
    for text in ["!", "!2", "!zz", "~C3", "a~"] {
        assert_eq!(unescape_id(text), None, "{text}");
    }
}

#[test]
fn a_system_cannot_leave_the_folder() {
    assert_eq!(run_file_name("BM25 + past requests"), "BM25!20+!20past!20requests.run");
    assert_eq!(run_file_name("../../etc/x"), "!2E.!2F..!2Fetc!2Fx.run");
}

#[test]
fn runs_that_do_not_fit_are_refused_before_anything_is_written() {
    let synthetic = Synthetic::new(4, 5);
    let folder = tempfile::tempdir().expect("folder");
    let refusal = |runs: &[Run]| {
        let answers = Answers { queries: &synthetic.queries, runs };
        match write_trec(&folder.path().join("out"), &synthetic.items, answers, answers) {
            Err(TrecError::Answers(error)) => error,
            other => panic!("{other:?}"),
        }
    };
    let run = synthetic.runs[0].clone();
    let system = run.system.clone();
    let change = |change: &dyn Fn(&mut Run)| {
        let mut changed = run.clone();
        changed.rankings[0] = vec![Ranked { item_idx: 2, score: 1.0 }, Ranked { item_idx: 1, score: 1.0 }];
        change(&mut changed);
        [changed]
    };
    let twice = refusal(&[run.clone(), run.clone()]);
    assert_eq!(twice, AnswersError::DuplicateSystem { system: system.clone() });
    let short = refusal(&change(&|run| run.rankings.truncate(2)));
    assert_eq!(short, AnswersError::WrongNumberOfRankings { system: system.clone(), expected: 5, found: 2 });
    let unknown = refusal(&change(&|run| run.rankings[0][1].item_idx = 9_999));
    assert!(matches!(unknown, AnswersError::UnknownItem { item_idx: 9_999, .. }), "{unknown}");
    let query_id = synthetic.queries[0].query_id.clone();
    let out_of_order = AnswersError::OutOfOrder { system, query_id };
    assert_eq!(refusal(&change(&|run| run.rankings[0].reverse())), out_of_order);
    assert_eq!(refusal(&change(&|run| run.rankings[0][1].score = f32::NAN)), out_of_order);
    assert!(!folder.path().join("out").exists());
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let synthetic = Synthetic::new(5, 3);
    let folder = tempfile::tempdir().expect("folder");
    let in_the_way = folder.path().join("out");
    std::fs::write(&in_the_way, "a file").expect("written");
    let error =
        write_trec(&in_the_way, &synthetic.items, synthetic.answers(), synthetic.answers()).expect_err("a file");
    assert!(error.to_string().contains("qrels"), "{error}");
}

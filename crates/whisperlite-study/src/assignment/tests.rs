use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::design::{Arms, Comparisons, InterleavingArm, Primary, Stopping, StoppingRule};
use crate::sample;
use crate::task::ViewBody;

const SYSTEMS: [&str; 3] = ["alpha-system", "beta-system", "gamma-system"];

fn pairs(tasks: &[Task]) -> impl Iterator<Item = &PairTask> {
    tasks.iter().filter_map(|task| match &task.body {
        TaskBody::Pair(pair) => Some(pair),
        TaskBody::Grade(_) => None,
    })
}

/// What a real task judges: the question, and the pair of systems or grades.
fn unit(task: &Task) -> (String, BTreeSet<String>) {
    let systems = match &task.body {
        TaskBody::Pair(pair) => BTreeSet::from([pair.left.system.clone(), pair.right.system.clone()]),
        TaskBody::Grade(_) => BTreeSet::new(),
    };
    (task.question_id.clone(), systems)
}

#[test]
fn everything_gets_its_raters_and_the_load_is_balanced() {
    for (n_questions, n_tasks, raters_per_item) in [(30, 20, 3), (31, 7, 4), (24, 20, 5), (40, 1, 3)] {
        let mut design = sample::design(&SYSTEMS);
        (design.tasks_per_rater, design.raters_per_item) = (n_tasks, raters_per_item);
        let material = sample::material(n_questions, &SYSTEMS, 5);
        let assignment = Assignment::new(&design, &material).expect("a good study");
        let mut counts: BTreeMap<_, usize> = BTreeMap::new();
        for rater in 0..assignment.raters_needed() {
            for task in assignment.tasks_of(rater).iter().filter(|task| task.is_real()) {
                *counts.entry(unit(task)).or_default() += 1;
            }
        }
        assert_eq!(counts.len(), n_questions * 4, "three comparisons and grades");
        let (least, most) = (counts.values().min(), counts.values().max());
        assert!(*least.expect("some") >= raters_per_item, "{counts:?}");
        assert!(*most.expect("some") <= 2 * raters_per_item, "{counts:?}");
        let wanted = n_questions * 4 * raters_per_item;
        let given: usize = counts.values().sum();
        assert!(given >= wanted && given <= wanted + raters_per_item * n_tasks, "{given} of {wanted}");
    }
}

#[test]
fn a_rater_meets_a_question_once_repeats_apart() {
    let (design, material) = (sample::design(&SYSTEMS), sample::material(26, &SYSTEMS, 5));
    let assignment = Assignment::new(&design, &material).expect("a good study");
    for rater in 0..60 {
        let tasks = assignment.tasks_of(rater);
        let is_repeat = |task: &&Task| match &task.body {
            TaskBody::Pair(pair) => matches!(pair.role, PairRole::Repeat { .. }),
            TaskBody::Grade(grade) => matches!(grade.role, GradeRole::Repeat { .. }),
        };
        let first: Vec<&str> =
            tasks.iter().filter(|task| !is_repeat(task)).map(|task| task.question_id.as_str()).collect();
        assert_eq!(first.iter().collect::<BTreeSet<_>>().len(), first.len(), "rater {rater}");
        assert_eq!(tasks.iter().filter(|task| task.is_real()).count(), 20);
        assert!((3..=5).contains(&tasks.iter().filter(is_repeat).count()), "a fifth of 20, rounded by arm");
        assert!(tasks.iter().enumerate().all(|(place, task)| task.place == place));
        assert_eq!(tasks, assignment.tasks_of(rater), "the same again");
    }
}

#[test]
fn sides_are_balanced_for_each_rater() {
    let (mut design, material) = (sample::design(&SYSTEMS), sample::material(30, &SYSTEMS, 5));
    design.arms.pairs.as_mut().expect("pairs").comparisons = Comparisons::WithFirst;
    let assignment = Assignment::new(&design, &material).expect("a good study");
    let mut more_left = 0;
    for rater in 0..50 {
        let tasks = assignment.tasks_of(rater);
        let real: Vec<_> = pairs(&tasks).filter(|pair| pair.role == PairRole::Real).collect();
        let left = real.iter().filter(|pair| pair.left.system == SYSTEMS[0]).count();
        assert!(left.abs_diff(real.len() - left) <= 1, "{left} of {}", real.len());
        more_left += usize::from(2 * left > real.len());
        let fitting: Vec<Hand> = pairs(&tasks)
            .filter_map(|pair| match pair.role {
                PairRole::Attention { fitting } => Some(fitting),
                _ => None,
            })
            .collect();
        assert!(fitting.len() == 2 && fitting[0] != fitting[1], "{fitting:?}");
    }
    assert!((5..45).contains(&more_left), "the odd one falls on either side: {more_left}");
}

#[test]
fn checks_are_what_they_should_be() {
    let (design, material) = (sample::design(&SYSTEMS), sample::material(30, &SYSTEMS, 5));
    let tasks = tasks_of(&design, &material, 3).expect("a good study");
    let by_id: BTreeMap<&str, &Task> = tasks.iter().map(|task| (task.task_id.as_str(), task)).collect();
    assert_eq!(by_id.len(), tasks.len(), "ids differ");
    let mut roles = BTreeMap::new();
    for task in &tasks {
        let question = material.question(&task.question_id).expect("a question");
        match &task.body {
            TaskBody::Pair(pair) => match &pair.role {
                PairRole::Real => *roles.entry("real pair").or_insert(0) += 1,
                PairRole::Aa => {
                    assert_eq!(pair.left, pair.right);
                    *roles.entry("aa").or_insert(0) += 1;
                }
                PairRole::Attention { fitting } => {
                    let (good, bad) =
                        if *fitting == Hand::Left { (&pair.left, &pair.right) } else { (&pair.right, &pair.left) };
                    assert_eq!(good.question_id, task.question_id);
                    assert!(bad.items.iter().all(|item| !question.pool(5).contains(&item.as_str())));
                    *roles.entry("attention").or_insert(0) += 1;
                }
                PairRole::Repeat { of } => {
                    let TaskBody::Pair(first) = &by_id[of.as_str()].body else { panic!("a pair") };
                    assert_eq!((&first.left, &first.right, &first.role), (&pair.right, &pair.left, &PairRole::Real));
                    assert!(by_id[of.as_str()].place + 1 < task.place);
                    *roles.entry("repeated pair").or_insert(0) += 1;
                }
            },
            TaskBody::Grade(grade) => {
                let strange = |item: &&String| !question.pool(5).contains(&item.as_str());
                assert_eq!(grade.items.iter().find(strange), grade.attention.as_ref());
                assert_eq!(grade.asks_person, question.shopper.is_some());
                *roles.entry(if task.is_real() { "real grade" } else { "repeated grade" }).or_insert(0) += 1;
                *roles.entry("strange item").or_insert(0) += usize::from(grade.attention.is_some());
            }
        }
    }
    let expected = [
        ("aa", 2),
        ("attention", 2),
        ("real grade", 4),
        ("real pair", 16),
        ("repeated grade", 1),
        ("repeated pair", 3),
        ("strange item", 1),
    ];
    assert_eq!(roles.into_iter().collect::<Vec<_>>(), expected);
}

#[test]
fn a_view_tells_nothing() {
    let (design, material) = (sample::design(&SYSTEMS), sample::material(30, &SYSTEMS, 5));
    let assignment = Assignment::new(&design, &material).expect("a good study");
    let mut shapes: BTreeMap<bool, BTreeSet<String>> = BTreeMap::new();
    for task in (0..20).flat_map(|rater| assignment.tasks_of(rater)) {
        let question = material.question(&task.question_id).expect("a question");
        let view = task.view(question);
        let text = serde_json::to_string(&view).expect("JSON");
        for hidden in ["system", "role", "real", "attention", "repeat", "chosen", "user_id", "question_id"] {
            assert!(!text.contains(hidden), "{hidden} in {text}");
        }
        if let ViewBody::Pair { left, right } = &view.body {
            assert_eq!((left.len(), right.len()), (5, 5));
            let keys = |value: serde_json::Value| value.as_object().map(|map| map.keys().cloned().collect::<Vec<_>>());
            let keys = keys(serde_json::from_str(&text).expect("JSON")).expect("an object");
            shapes.entry(task.is_real()).or_default().insert(keys.join(" "));
        }
    }
    assert_eq!(shapes[&true], shapes[&false], "what counts and what checks look alike");
}

#[test]
fn the_same_lists_are_not_shown_as_a_pair() {
    let (mut design, mut material) = (sample::design(&["a", "b"]), sample::material(30, &["a", "b"], 5));
    design.tasks_per_rater = 8;
    for question in &mut material.questions[..12] {
        let list = question.lists["a"].clone();
        question.lists.insert("b".into(), list);
    }
    let assignment = Assignment::new(&design, &material).expect("a good study");
    assert_eq!(assignment.n_same_lists("a", "b"), 12);
    let mut seen = BTreeSet::new();
    for rater in 0..assignment.raters_needed() {
        for pair in pairs(&assignment.tasks_of(rater)).filter(|pair| pair.role != PairRole::Aa) {
            assert_ne!(pair.left.items, pair.right.items);
            seen.insert(pair.left.question_id.clone());
        }
    }
    for question in &mut material.questions {
        let list = question.lists["a"].clone();
        question.lists.insert("b".into(), list);
    }
    design.arms.grades = None;
    let error = Assignment::new(&design, &material).expect_err("nothing left").to_string();
    assert!(error.contains("nothing to ask"), "{error}");
}

#[test]
fn too_many_tasks_are_refused_with_what_is_possible() {
    let (mut design, material) = (sample::design(&["a", "b"]), sample::material(20, &["a", "b"], 5));
    design.tasks_per_rater = 17;
    let error = Assignment::new(&design, &material).expect_err("too many").to_string();
    assert!(error.contains("17") && error.contains("at most 16") && error.contains("4 more"), "{error}");
    design.tasks_per_rater = 16;
    Assignment::new(&design, &material).expect("just enough");
}

#[test]
fn interleaving_alone_needs_no_raters() {
    let (mut design, material) = (sample::design(&["a", "b"]), sample::material(2, &["a", "b"], 5));
    let arm = InterleavingArm { system: "b".into(), against: "a".into(), share_of_visits: 0.5 };
    design.arms = Arms { interleaving: Some(arm), ..Arms::default() };
    design.primary = Primary::InterleavingDelta { system: "b".into(), against: "a".into() };
    let assignment = Assignment::new(&design, &material).expect("a good study");
    assert!(!assignment.has_raters() && assignment.tasks_of(0).is_empty() && assignment.raters_needed() == 0);
}

/// Fixed for ever: a change here gives the raters of running studies other tasks.
#[test]
fn the_tasks_are_those_of_the_first_version() {
    let (design, material) = (sample::design(&["a", "b"]), sample::material(30, &["a", "b"], 5));
    let tasks = tasks_of(&design, &material, 5).expect("a good study");
    let shown: Vec<String> = tasks.iter().map(|task| format!("{} {}", task.task_id, task.question_id)).collect();
    assert_eq!(crate::chance::Chance::new(0, &shown.join("\n"), &[]).id(), "0e2444e28662c7546f7915609a460190");
}

#[test]
fn a_primary_measure_that_can_never_decide_is_refused() {
    let said = |design: &Design, material: &Material| {
        let assignment = Assignment::new(design, material).expect("a good study");
        assignment.check_primary().map_err(|error| error.to_string())
    };
    let (mut design, mut material) = (sample::design(&["a", "b"]), sample::material(40, &["a", "b"], 5));
    assert_eq!(said(&design, &material), Ok(()), "97 votes by three raters about 40 questions");
    design.stopping.planned = 121;
    let error = said(&design, &material).expect_err("120 at most");
    assert!(error.contains("only 40 questions") && error.contains("120 judgements at most"), "{error}");
    design.primary = Primary::GradedNdcg { system: "a".into(), against: "b".into(), fit: Fit::Person };
    design.stopping = Stopping { rule: StoppingRule::Judgements, planned: 61 };
    let error = said(&design, &material).expect_err("every other question shows a person");
    assert!(error.contains("only 20 questions") && error.contains("60 judgements at most"), "{error}");
    for question in &mut material.questions {
        question.shopper = None;
    }
    assert!(said(&design, &material).expect_err("nobody is shown").contains("no question shows a person's history"));
    design.arms.pairs = None;
    design.primary = Primary::GradedNdcg { system: "b".into(), against: "a".into(), fit: Fit::Request };
    assert_eq!(said(&design, &material), Ok(()));
    for question in &mut material.questions[1..] {
        let same = question.lists["a"].clone();
        question.lists.insert("b".into(), same);
    }
    design.stopping.planned = 3;
    assert!(said(&design, &material).expect_err("one question is none").contains("only 1 questions"));
    let same = material.questions[0].lists["a"].clone();
    material.questions[0].lists.insert("b".into(), same);
    let error = said(&design, &material).expect_err("grades of the same lists differ by nothing");
    assert!(error.contains("\"b\" with \"a\", which give the same lists"), "{error}");
}

//! What an analysis says of studies whose answers are known.

use whisperlite_study::analysis::{Analysis, ExclusionReason, Verdict};
use whisperlite_study::answer::min_dwell_ms;
use whisperlite_study::design::{Fit, GradeArm, InterleavingArm, Primary, StoppingRule};
use whisperlite_study::simulate::{Crowd, World, preference, simulated_impressions, simulated_study};
use whisperlite_study::statistics::sign_test;
use whisperlite_study::task::{Hand, PairRole, TaskBody};
use whisperlite_study::{
    Answer, Assignment, Choice, Coverage, Design, ItemGrade, Journal, Judgements, Material, Rater, Response, Task,
    Version, analyse,
};

/// Pairs, grades and mixed lists of two systems for 40 questions.
struct Study {
    design: Design,
    world: World,
}

impl Study {
    fn new() -> Self {
        let scenario = preference("a study", [0.6, 1.4], &Crowd::default());
        let mut design = Design { seed: 3, ..scenario.design };
        design.arms.grades = Some(GradeArm { depth: 5, attention_per_rater: 2, min_dwell_ms_per_item: 400 });
        let (system, against) = ("a".to_owned(), "b".to_owned());
        design.arms.interleaving = Some(InterleavingArm { system, against, share_of_visits: 0.5 });
        Self { design, world: World::draw(&scenario.world, 3) }
    }

    fn material(&self) -> &Material {
        &self.world.material
    }

    fn assignment(&self) -> Assignment<'_> {
        Assignment::new(&self.design, self.material()).expect("a good study")
    }

    fn version(&self) -> Version {
        Version::first(&self.design, self.material())
    }

    /// `n_raters` people who all answer by `say`.
    fn answered(&self, n_raters: usize, say: impl Fn(&Task) -> Response) -> (Vec<Rater>, Vec<Answer>) {
        let assignment = self.assignment();
        let rater = |number| Rater { rater_id: format!("r{number}"), number, simulated: false };
        let raters: Vec<Rater> = (0..n_raters).map(rater).collect();
        let mut answers = Vec::new();
        for rater in &raters {
            for task in assignment.tasks_of(rater.number) {
                answers.push(Answer {
                    rater_id: rater.rater_id.clone(),
                    version: 1,
                    task_id: task.task_id.clone(),
                    place: task.place,
                    at: 0,
                    dwell_ms: min_dwell_ms(&task, &self.design),
                    response: say(&task),
                });
            }
        }
        (raters, answers)
    }

    fn analysed(&self, raters: &[Rater], answers: &[Answer]) -> Analysis {
        let analysis = analyse(&self.assignment(), &self.version(), Journal::ended(raters, answers));
        assert_sound(&analysis);
        analysis
    }
}

/// Goes through JSON unchanged, which no NaN would.
fn assert_sound(analysis: &Analysis) {
    let text = serde_json::to_string(analysis).expect("JSON");
    assert_eq!(&serde_json::from_str::<Analysis>(&text).expect("the same"), analysis);
}

/// By heart for system a; grades are what the item's place in a's list is worth.
fn for_a(task: &Task) -> Response {
    match &task.body {
        TaskBody::Pair(pair) => Response::Pair {
            choice: match &pair.role {
                PairRole::Aa => Choice::Tie,
                PairRole::Attention { fitting: Hand::Left } => Choice::MuchLeft,
                PairRole::Attention { fitting: Hand::Right } => Choice::MuchRight,
                _ if pair.left.system == "a" => Choice::Left,
                _ => Choice::Right,
            },
        },
        TaskBody::Grade(grade) => {
            let of = |item: &String| if grade.attention.as_ref() == Some(item) { 0 } else { 2 };
            grades(task, of)
        }
    }
}

fn grades(task: &Task, of: impl Fn(&String) -> u8) -> Response {
    let TaskBody::Grade(grade) = &task.body else { panic!("a graded task") };
    let item = |item: &String| ItemGrade {
        item_id: item.clone(),
        request: of(item),
        person: grade.asks_person.then(|| of(item)),
    };
    Response::Grade { grades: grade.items.iter().map(item).collect() }
}

#[test]
fn without_answers_it_says_what_is_missing() {
    let study = Study::new();
    let analysis = study.analysed(&[], &[]);
    assert_eq!((analysis.primary.estimate, analysis.primary.verdict), (None, Verdict::Unfinished));
    assert_eq!((analysis.progress.planned, analysis.progress.reached), (200, 0));
    for what in ["no win rate", "no NDCG", "no interleaving delta", "A/A"] {
        assert!(analysis.missing.iter().any(|line| line.contains(what)), "{what}: {:?}", analysis.missing);
    }
    let (raters, answers) = study.answered(1, for_a);
    for n_answers in 1..answers.len() {
        study.analysed(&raters, &answers[..n_answers]);
    }
}

#[test]
fn raters_of_one_mind_are_reported_as_such() {
    let mut study = Study::new();
    // All votes that there will be.
    let (raters, answers) = study.answered(9, for_a);
    let analysis = study.analysed(&raters, &answers);
    study.design.stopping.planned = analysis.progress.reached;
    let (raters, answers) = study.answered(9, for_a);
    let analysis = study.analysed(&raters, &answers);
    assert_eq!(analysis.primary.verdict, Verdict::Better);
    assert!(!analysis.simulated && analysis.progress.is_reached());
    let pairs = analysis.results.pairs.as_ref().expect("pairs");
    let [comparison] = &pairs.comparisons[..] else { panic!("one comparison") };
    let n_votes: usize = comparison.votes.iter().sum();
    assert_eq!(comparison.votes, [0, 0, 0, n_votes, 0]);
    assert_eq!(comparison.sign_test, sign_test(n_votes as u64, 0));
    let win_rate = comparison.win_rate.expect("votes");
    assert_eq!((win_rate.value, win_rate.n, win_rate.n_raters), (1.0, n_votes, 9));
    assert_eq!(analysis.primary.estimate, Some(win_rate));
    // Sides are balanced, so who always follows a system follows no side.
    let left = pairs.side_bias.left_rate.expect("votes");
    assert!((left.value - 0.5).abs() < 0.1 && left.p.expect("a test") > 0.3, "{left:?}");
    assert_eq!((pairs.aa.n, pairs.aa.n_ties, &pairs.aa.sign_test), (9, 9, &None));
    assert_eq!(pairs.alpha, None, "all votes are the same, so agreement is undefined");
    for rater in &analysis.raters {
        assert!(rater.excluded.is_empty() && rater.n_attention == 5, "{rater:?}");
        assert_eq!((rater.n_attention_passed, rater.n_consistent), (rater.n_attention, rater.n_repeated));
        assert!(rater.n_repeated > 0 && rater.pair_agreement == Some(1.0), "{rater:?}");
    }
    // Every item of both systems has the same grade, so both are the best there is.
    for fit in &analysis.results.grades.as_ref().expect("grades").fits {
        for system in &fit.systems {
            assert!((system.ndcg.expect("grades").value - 1.0).abs() < 1e-12, "{system:?}");
        }
        assert_eq!(fit.differences[0].difference.expect("grades").value, 0.0);
    }
}

#[test]
fn who_likes_a_side_is_found() {
    let study = Study::new();
    let say = |task: &Task| match &task.body {
        TaskBody::Pair(_) => Response::Pair { choice: Choice::MuchLeft },
        TaskBody::Grade(_) => grades(task, |_| 3),
    };
    let (raters, answers) = study.answered(9, say);
    let analysis = study.analysed(&raters, &answers);
    let of_all = analysis.results_of_all.pairs.as_ref().expect("pairs");
    assert!(of_all.side_bias.sign_test.expect("votes").p < 1e-9);
    assert_eq!((of_all.aa.n, of_all.aa.n_ties), (9, 0));
    assert!(of_all.aa.sign_test.expect("votes").p < 0.01);
    let win_rate = of_all.comparisons[0].win_rate.expect("votes");
    assert!((win_rate.value - 0.5).abs() < 0.1, "sides are balanced: {win_rate:?}");
    for rater in &analysis.raters {
        assert_eq!(rater.excluded, [ExclusionReason::Attention], "half of the pairs and no item: {rater:?}");
        assert_eq!(rater.left_rate, Some(1.0));
    }
    assert_eq!(analysis.results.pairs.as_ref().expect("pairs").comparisons[0].win_rate, None, "nobody stays");
}

#[test]
fn who_hurries_is_left_out_by_the_rule_and_counted_beside_it() {
    let study = Study::new();
    let (raters, mut answers) = study.answered(6, for_a);
    for answer in answers.iter_mut().filter(|answer| answer.rater_id == "r2") {
        answer.dwell_ms -= 1;
    }
    let analysis = study.analysed(&raters, &answers);
    for rater in &analysis.raters {
        let expected = if rater.rater_id == "r2" { vec![ExclusionReason::TooFast] } else { vec![] };
        assert_eq!(rater.excluded, expected);
    }
    let n_raters = |results: &whisperlite_study::analysis::Results| {
        results.pairs.as_ref().expect("pairs").comparisons[0].win_rate.expect("votes").n_raters
    };
    assert_eq!((n_raters(&analysis.results), n_raters(&analysis.results_of_all)), (5, 6));
}

#[test]
fn the_last_answer_counts_and_other_versions_are_named() {
    let study = Study::new();
    let (raters, mut answers) = study.answered(3, for_a);
    let n = answers.len();
    let mut other_version = answers[0].clone();
    other_version.version = 7;
    let mut nobody = answers[0].clone();
    nobody.rater_id = "erased".to_owned();
    let mut unfitting = answers[1].clone();
    unfitting.task_id = "no such task".to_owned();
    let mut changed = answers[0].clone();
    changed.response = Response::Pair { choice: Choice::Tie };
    answers.extend([other_version, nobody, unfitting, changed]);
    let left_out = study.analysed(&raters, &answers).left_out;
    assert_eq!(left_out.other_versions.into_iter().collect::<Vec<_>>(), [(7, 1)]);
    assert_eq!((left_out.replaced, left_out.unknown_rater, left_out.unfitting), (1, 1, 1));
    let before = study.analysed(&raters, &answers[..n]);
    let after = study.analysed(&raters, &answers);
    let n_answers = |analysis: &Analysis| analysis.raters.iter().map(|rater| rater.n_answers).sum::<usize>();
    assert_eq!((n_answers(&before), n_answers(&after)), (n, n));
}

/// All arms by simulated raters and visitors: everything is marked, and the better system is found.
#[test]
fn simulated_studies_are_marked_everywhere() {
    let mut study = Study::new();
    study.design.stopping.planned = 400;
    let assignment = study.assignment();
    let simulated = simulated_study(&assignment, &study.world, &Crowd::default(), 1, 200, 5);
    let visits = whisperlite_study::simulate::VisitConfig { version: 1, n_picked: 400, per_visitor: 2, taste: 0.2 };
    let impressions = simulated_impressions(&study.design, &study.world, visits, 5);
    let analysis = analyse(&assignment, &study.version(), Journal { impressions: &impressions, ..simulated.journal() });
    assert_sound(&analysis);
    let text = serde_json::to_string(&analysis).expect("JSON");
    assert!(text.contains("\"simulated\":true") && !text.contains("\"simulated\":false"));
    assert_eq!(analysis.progress.reached, 400, "stopped at the planned number");
    assert_eq!(analysis.primary.verdict, Verdict::Better);
    assert_eq!(analysis.missing, [""; 0]);
    let pairs = analysis.results.pairs.as_ref().expect("pairs");
    let (alpha, kappa) = (pairs.alpha.expect("alpha"), pairs.kappa.expect("kappa"));
    assert!(alpha.value > 0.05 && alpha.value < 0.6 && alpha.interval.expect("one").covers(alpha.value), "{alpha:?}");
    assert!(kappa.interval.expect("one").covers(kappa.value), "{kappa:?}");
    let fits = &analysis.results.grades.as_ref().expect("grades").fits;
    let request = fits.iter().find(|fit| fit.fit == Fit::Request).expect("the request");
    let difference = request.differences[0].difference.expect("grades");
    assert!(difference.value > 0.0 && request.alpha.expect("alpha").value > 0.3, "{request:?}");
    let [a, b] = &request.systems[..] else { panic!("two systems") };
    let less = a.ndcg.expect("a").value - b.ndcg.expect("b").value;
    assert!((less - difference.value).abs() < 1e-12, "differences are paired");
    let delta = analysis.results.interleaving.as_ref().expect("interleaving").delta.expect("picks");
    assert!(delta.value > 0.0 && delta.value < 0.5, "{delta:?}");
    // One item of each question was truly chosen, with noise: people and offline measures see the same to some degree.
    let offline = request.differences[0].offline.expect("chosen");
    assert!(offline.spearman > 0.0 && offline.n_questions > 30, "{offline:?}");
}

#[test]
fn a_turned_primary_measure_turns_its_figures() {
    let (mut study, mut turned) = (Study::new(), Study::new());
    (study.design.stopping.planned, turned.design.stopping.planned) = (60, 60);
    turned.design.primary = Primary::WinRate { system: "b".to_owned(), against: "a".to_owned() };
    turned.design.stopping.rule = StoppingRule::Judgements;
    let say = |task: &Task| match (&task.body, task.question_id.ends_with('7')) {
        (TaskBody::Pair(pair), true) => {
            Response::Pair { choice: if pair.left.system == "a" { Choice::Right } else { Choice::Left } }
        }
        _ => for_a(task),
    };
    let primary = |study: &Study| {
        let (raters, answers) = study.answered(8, say);
        study.analysed(&raters, &answers).primary.estimate.expect("votes")
    };
    let (one, other) = (primary(&study), primary(&turned));
    assert!((one.value + other.value - 1.0).abs() < 1e-12 && one.value > 0.5);
    let (one, other) = (one.interval.expect("one"), other.interval.expect("one"));
    assert!((one.low + other.high - 1.0).abs() < 1e-12);
}

#[test]
fn coverage_counts_raters_of_each_unit() {
    let study = Study::new();
    let assignment = study.assignment();
    let coverage = |n_raters: usize| {
        let (raters, answers) = study.answered(n_raters, for_a);
        let journal = Journal::ended(&raters, &answers);
        Coverage::of(&assignment, &Judgements::read(&assignment, 1, journal))
    };
    let all = assignment.n_units();
    assert_eq!(all, 80, "40 questions in two arms");
    assert_eq!(coverage(0), Coverage { n_units: all, n_begun: 0, n_covered: 0 });
    assert_eq!(coverage(1), Coverage { n_units: all, n_begun: 20, n_covered: 0 });
    let done = coverage(assignment.raters_needed());
    assert_eq!(done, Coverage { n_units: all, n_begun: all, n_covered: all });
    let before = coverage(assignment.raters_needed() - 4);
    assert!(before.n_covered < all, "no more raters are asked for than are needed, or nearly: {before:?}");
}

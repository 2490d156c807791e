//! What decides is fixed by the entry with which the planned number is reached: who looks often, and ends the study when they like what they see, finds no
//! more differences than who looks once.

use whisperlite_study::analysis::{
    Analysis, ExclusionReason, PrimaryResult, Results, Verdict, credits, decisive_votes, delta, primary,
};
use whisperlite_study::design::{InterleavingArm, Primary, StoppingRule};
use whisperlite_study::log::Status;
use whisperlite_study::simulate::{
    Crowd, SimulatedRater, VisitConfig, World, graded, interleaved, preference, simulated_impressions,
};
use whisperlite_study::statistics::{Estimate, clopper_pearson, share_estimate};
use whisperlite_study::task::{PairRole, TaskBody};
use whisperlite_study::{
    Answer, Assignment, Choice, Design, Impression, Journal, Judgements, Pick, Progress, Rater, Response, Task,
    Version, analyse,
};

/// Raters who all do all their tasks, one after the other, as long as there are any.
struct Asked {
    design: Design,
    world: World,
    raters: Vec<Rater>,
    answers: Vec<Answer>,
    impressions: Vec<Impression>,
}

impl Asked {
    fn new(design: Design, world: World, crowd: &Crowd, n_raters: usize) -> Self {
        let mut asked = Self { design, world, raters: Vec::new(), answers: Vec::new(), impressions: Vec::new() };
        let assignment = Assignment::new(&asked.design, &asked.world.material).expect("a good study");
        for number in 0..n_raters {
            let rater = SimulatedRater::draw(crowd, asked.design.seed, number);
            asked.raters.push(rater.rater());
            for task in assignment.tasks_of(number) {
                let question = asked.world.material.question(&task.question_id).expect("its question");
                asked.answers.push(rater.answer(&task, question, &asked.world, &asked.design, 1));
            }
        }
        asked
    }

    /// Votes between two systems until `planned` are decisive, and on.
    fn votes(noises: [f64; 2], planned: usize, n_raters: usize, seed: u64) -> Self {
        let scenario = preference("a study", noises, &Crowd::default());
        let mut design = Design { seed, ..scenario.design };
        design.stopping.planned = planned;
        Self::new(design, World::draw(&scenario.world, seed), &scenario.crowd, n_raters)
    }

    fn assignment(&self) -> Assignment<'_> {
        Assignment::new(&self.design, &self.world.material).expect("a good study")
    }

    fn journal(&self, n_answers: usize, status: Status) -> Journal<'_> {
        let (answers, impressions) = (&self.answers[..n_answers], &self.impressions[..]);
        Journal { status, answers, impressions, ..Journal::ended(&self.raters, &[]) }
    }

    fn analysed(&self, status: Status) -> Analysis {
        let version = Version::first(&self.design, &self.world.material);
        analyse(&self.assignment(), &version, self.journal(self.answers.len(), status))
    }

    fn primary(&self) -> PrimaryResult {
        primary(&self.assignment(), 1, self.journal(self.answers.len(), Status::Open)).0
    }

    fn progress(&self) -> Progress {
        Progress::of(&self.assignment(), 1, self.journal(self.answers.len(), Status::Open))
    }

    fn task(&self, answer: &Answer) -> Task {
        let rater = self.raters.iter().find(|rater| rater.rater_id == answer.rater_id).expect("a rater");
        self.assignment().tasks_of(rater.number).swap_remove(answer.place)
    }

    fn is_vote(&self, answer: &Answer) -> bool {
        matches!(self.task(answer).body, TaskBody::Pair(pair) if pair.role == PairRole::Real)
    }

    fn is_decisive(&self, answer: &Answer) -> bool {
        self.is_vote(answer) && !matches!(answer.response, Response::Pair { choice: Choice::Tie })
    }

    /// The number of answers with the last of which the planned number is reached.
    fn n_until_the_end(&self) -> usize {
        let mut decisive = self.answers.iter().enumerate().filter(|(_, answer)| self.is_decisive(answer));
        decisive.nth(self.design.stopping.planned - 1).expect("enough of them").0 + 1
    }

    /// The opposite of an answer, said once more.
    fn opposite(&self, place: usize) -> Answer {
        let Response::Pair { choice } = self.answers[place].response else { panic!("a vote") };
        Answer { response: Response::Pair { choice: choice.mirrored() }, ..self.answers[place].clone() }
    }
}

fn votes_of(results: &Results) -> usize {
    results.pairs.as_ref().expect("pairs").comparisons[0].votes.iter().sum()
}

#[test]
fn what_comes_after_the_end_is_kept_and_decides_nothing() {
    let mut asked = Asked::votes([0.8, 1.2], 60, 12, 5);
    let n_until = asked.n_until_the_end();
    let later = asked.answers.split_off(n_until);
    let at_the_end = asked.primary();
    assert_ne!(at_the_end.verdict, Verdict::Unfinished);
    assert_eq!(asked.progress(), Progress { planned: 60, reached: 60, after: 0 });
    let n_votes = votes_of(&asked.analysed(Status::Open).results_of_all);
    let n_later_votes = later.iter().filter(|answer| asked.is_vote(answer)).count();
    assert!(n_later_votes > 50, "{n_later_votes}");
    asked.answers.extend(later);
    let analysis = asked.analysed(Status::Open);
    assert_eq!(analysis.primary, at_the_end);
    assert_eq!(analysis.progress, Progress { planned: 60, reached: 60, after: n_later_votes });
    assert_eq!(votes_of(&analysis.results_of_all), n_votes + n_later_votes, "the tables have them");
    let last = asked.answers.pop().expect("an answer");
    asked.answers.truncate(n_until - 1);
    assert_eq!((asked.primary().verdict, asked.primary().estimate), (Verdict::Unfinished, None), "one is missing");
    asked.answers.push(last);
    assert_eq!(asked.progress().reached, 59, "what is no vote does not make up for it");
}

/// Who changes their mind after the end changes nothing of what decides; who does before is taken by their last word.
#[test]
fn a_changed_answer_stands_where_it_was_changed() {
    let mut asked = Asked::votes([0.8, 1.2], 60, 12, 5);
    let n_until = asked.n_until_the_end();
    let at_the_end = asked.primary();
    let decisive: Vec<usize> = (0..n_until).filter(|&place| asked.is_decisive(&asked.answers[place])).collect();
    for place in &decisive {
        asked.answers.push(asked.opposite(*place));
    }
    assert_eq!(asked.primary(), at_the_end);
    asked.answers.truncate(n_until);
    // Before: the same number is reached with the same entry, and the vote is another.
    asked.answers.insert(decisive[3] + 1, asked.opposite(decisive[3]));
    assert_eq!(asked.progress(), Progress { planned: 60, reached: 60, after: 0 });
    let value = |result: &PrimaryResult| result.estimate.expect("votes").value;
    assert!((value(&asked.primary()) - value(&at_the_end)).abs() > 1e-6);
    // A vote that becomes a tie is a vote less; the next answer takes its place.
    let tie = Response::Pair { choice: Choice::Tie };
    asked.answers[decisive[3] + 1].response = tie.clone();
    assert_eq!(asked.progress(), Progress { planned: 60, reached: 59, after: 0 });
    // After the end it is a vote still.
    let changed = asked.answers.remove(decisive[3] + 1);
    asked.answers.push(changed);
    assert_eq!(asked.progress(), Progress { planned: 60, reached: 60, after: 1 });
    assert_eq!(asked.primary(), at_the_end);
}

/// The rule by which raters are left out looks at what they said until the end. Else who is left out, and with it the verdict, could be
/// waited for.
#[test]
fn nobody_is_left_out_of_the_verdict_for_what_comes_after() {
    let mut asked = Asked::votes([0.8, 1.2], 60, 12, 5);
    let n_until = asked.n_until_the_end();
    let at_the_end = asked.primary();
    asked.answers[n_until..].iter_mut().for_each(|answer| answer.dwell_ms = 0);
    let again: Vec<Answer> =
        asked.answers[..n_until].iter().map(|answer| Answer { dwell_ms: 0, ..answer.clone() }).collect();
    asked.answers.extend(again);
    let analysis = asked.analysed(Status::Open);
    assert!(analysis.raters.iter().all(|rater| rater.excluded.contains(&ExclusionReason::TooFast)));
    assert_eq!((analysis.primary.n_raters_left_out, &analysis.primary), (0, &at_the_end));
    // Until the end, it does.
    asked.answers.truncate(n_until);
    asked.answers.iter_mut().filter(|answer| answer.rater_id == "simulated-1").for_each(|answer| answer.dwell_ms = 0);
    let primary = asked.primary();
    assert_eq!(primary.n_raters_left_out, 1);
    let n_raters = |result: &PrimaryResult| result.estimate.expect("votes").n_raters;
    assert_eq!(n_raters(&primary), n_raters(&at_the_end) - 1);
}

#[test]
fn before_the_end_nothing_says_who_is_ahead() {
    let mut asked = Asked::votes([0.6, 1.4], 500, 9, 2);
    asked.design.arms.grades = graded("grades", [1.0, 1.0], whisperlite_study::design::Fit::Request).design.arms.grades;
    let (system, against) = ("a".to_owned(), "b".to_owned());
    asked.design.arms.interleaving = Some(InterleavingArm { system, against, share_of_visits: 1.0 });
    let mut asked = Asked::new(asked.design, asked.world, &Crowd::default(), 9);
    let visits = VisitConfig { version: 1, n_picked: 50, per_visitor: 3, taste: 0.3 };
    asked.impressions = simulated_impressions(&asked.design, &asked.world, visits, 2);
    let open = asked.analysed(Status::Open);
    assert_eq!((open.primary.verdict, open.primary.estimate), (Verdict::Unfinished, None));
    assert!(open.missing.iter().any(|line| line.contains("Who is ahead")), "{:?}", open.missing);
    for results in [&open.results, &open.results_of_all] {
        let (pairs, grades) = (results.pairs.as_ref().expect("pairs"), results.grades.as_ref().expect("grades"));
        assert!(pairs.comparisons.is_empty() && pairs.alpha.is_some() && pairs.aa.n == 9);
        assert!(grades.fits.iter().all(|fit| fit.systems.is_empty() && fit.differences.is_empty()));
        let mixed = results.interleaving.as_ref().expect("mixed lists");
        assert_eq!((mixed.n_picked, mixed.n_wins, mixed.n_losses), (50, None, None));
        assert!(mixed.delta.is_none() && mixed.sign_test.is_none() && mixed.bootstrap.is_none());
    }
    // Who ended it cannot go on for what they see; it decides nothing, but it is told.
    let ended = asked.analysed(Status::Closed);
    assert_eq!((ended.primary.verdict, ended.primary.estimate), (Verdict::Unfinished, None));
    assert!(votes_of(&ended.results) > 0 && ended.results.interleaving.expect("mixed lists").delta.is_some());
}

/// Visits with picks, one after the other.
fn visits(noises: [f64; 2], n_picked: usize, planned: usize, seed: u64) -> Asked {
    let scenario = interleaved("visits", noises, 0.3);
    let mut design = Design { seed, ..scenario.design };
    design.stopping.planned = planned;
    design.stopping.rule = StoppingRule::DecisiveVotes;
    let mut asked = Asked::new(design, World::draw(&scenario.world, seed), &Crowd::default(), 0);
    let visits = VisitConfig { n_picked, ..scenario.visits };
    asked.impressions = simulated_impressions(&asked.design, &asked.world, visits, seed);
    asked
}

#[test]
fn mixed_lists_decide_by_the_picks_until_the_end() {
    let mut asked = visits([0.8, 1.2], 300, 60, 4);
    let at_the_end = asked.primary();
    let Progress { planned, reached, after } = asked.progress();
    assert!(planned == 60 && reached == 60 && after > 50, "{after}");
    // Another pick from every early list, after the end: nothing changes but the tables.
    let mut number = 1_000_000;
    for list in &mut asked.impressions[..100] {
        for place in 0..list.shown.items.len() {
            list.picked.push(Pick { place, number });
            number += 1;
        }
    }
    assert_eq!(asked.primary(), at_the_end);
    // As many picks from either team before the end make ties of those lists, and later ones take their places.
    for list in &mut asked.impressions[..100] {
        list.picked = (0..4).map(|place| Pick { place, number: 0 }).collect();
    }
    assert_ne!(asked.primary(), at_the_end);
    asked.impressions.truncate(100);
    assert_eq!(asked.progress(), Progress { planned: 60, reached: 0, after: 0 });
}

/// Named the other way round, the same lists say the opposite.
#[test]
fn a_turned_primary_of_mixed_lists_turns_its_figures() {
    let asked = visits([0.6, 1.4], 300, 100, 4);
    let mut turned = visits([0.6, 1.4], 300, 100, 4);
    turned.design.primary = Primary::InterleavingDelta { system: "b".to_owned(), against: "a".to_owned() };
    let (one, other) = (asked.primary(), turned.primary());
    assert_eq!((one.verdict, other.verdict), (Verdict::Better, Verdict::Worse));
    let (one, other): (Estimate, Estimate) = (one.estimate.expect("picks"), other.estimate.expect("picks"));
    assert!((one.value + other.value).abs() < 1e-12 && one.value > 0.0);
    let (high, low) = (one.interval.expect("one").high, other.interval.expect("one").low);
    assert!((high + low).abs() < 1e-12);
    assert_eq!(one.p.map(|p| (p * 1e9).round()), other.p.map(|p| (p * 1e9).round()));
}

/// How many studies of equal systems tell them apart: to who looks once, at everything; to who looks again and again, and ends the study when it does;
/// and to who does the same with a test of all that there is at each look, which nothing holds back.
#[derive(Debug, Default)]
struct Found {
    once: u64,
    looking: u64,
    unplanned: u64,
}

impl Found {
    /// `looks` are studies as they stood at each look, the last at everything.
    fn add(&mut self, looks: impl Iterator<Item = (Verdict, Option<f64>)>) {
        let is_found = |verdict: &Verdict| matches!(verdict, Verdict::Better | Verdict::Worse);
        let looks: Vec<(Verdict, Option<f64>)> = looks.collect();
        self.once += u64::from(looks.last().is_some_and(|(verdict, _)| is_found(verdict)));
        self.looking += u64::from(looks.iter().any(|(verdict, _)| is_found(verdict)));
        self.unplanned += u64::from(looks.iter().any(|(_, p)| p.is_some_and(|p| p <= 0.05)));
    }

    /// Of `n_studies`, looking finds what looking once finds, and that is what the level allows; and the studies are such as looking could deceive.
    fn check(&self, n_studies: u64) {
        assert_eq!(self.looking, self.once, "{self:?}");
        let found = clopper_pearson(self.looking, n_studies, 0.95).expect("studies");
        assert!(found.low <= 0.05 && self.looking <= n_studies * 7 / 100, "{self:?}");
        assert!(self.unplanned > 2 * self.looking && self.unplanned > n_studies / 10, "{self:?}");
    }
}

#[test]
fn who_looks_often_finds_no_more_than_who_looks_once() {
    const N_STUDIES: u64 = 300;
    let mut found = Found::default();
    for seed in 0..N_STUDIES {
        let asked = Asked::votes([1.0, 1.0], 100, 24, seed);
        let assignment = asked.assignment();
        let n_of_rater = asked.answers.len() / asked.raters.len();
        found.add((3..=asked.raters.len()).map(|n_raters| {
            let journal = asked.journal(n_raters * n_of_rater, Status::Open);
            let votes = decisive_votes(&Judgements::read(&assignment, 1, journal), "a", "b");
            (primary(&assignment, 1, journal).0.verdict, share_estimate(&votes).and_then(|estimate| estimate.p))
        }));
    }
    found.check(N_STUDIES);
}

#[test]
fn who_looks_often_at_mixed_lists_finds_no_more_either() {
    const N_STUDIES: u64 = 300;
    let mut found = Found::default();
    for seed in 0..N_STUDIES {
        let asked = visits([1.0, 1.0], 300, 120, seed);
        let assignment = asked.assignment();
        found.add((1..=12).map(|look| {
            let impressions = &asked.impressions[..asked.impressions.len() * look / 12];
            let journal = Journal { impressions, ..asked.journal(0, Status::Open) };
            let credits = credits(&impressions.iter().collect::<Vec<_>>());
            (primary(&assignment, 1, journal).0.verdict, delta(&credits).and_then(|estimate| estimate.p))
        }));
    }
    found.check(N_STUDIES);
}

//! The studies that the machine is tested with: preferences, grades and mixed lists; different and equal systems; votes that are nearly
//! independent and votes that are not; few raters; careless raters.

use super::{Crowd, Scenario, Source, VisitConfig, WorldConfig};
use crate::design::{
    Arms, Comparisons, DESIGN_FORMAT, Design, Exclusion, Fit, GradeArm, InterleavingArm, PairArm, Primary, Stopping,
    StoppingRule,
};

/// How much noise a good and a worse system see through.
const DIFFERENT: [f64; 2] = [0.8, 1.2];
/// A clear difference, for which a plan is not too large.
const CLEAR: [f64; 2] = [0.6, 1.4];
/// One between both.
const PLAIN: [f64; 2] = [0.7, 1.3];
/// Two systems that are as good, and answer differently.
const EQUAL: [f64; 2] = [1.0, 1.0];

/// All of them, in the order of the table in `docs/study.md`.
pub fn scenarios() -> Vec<Scenario> {
    let alike = Crowd { system_taste: 0.0, side_taste: 0.2, ..Crowd::default() };
    let own_taste = Crowd { system_taste: 0.6, ..Crowd::default() };
    let careless = Crowd { careless_share: 0.2, ..Crowd::default() };
    let few = |scenario: Scenario| scenario.with_size(100, 24, 20);
    vec![
        preference("preference, raters alike", DIFFERENT, &alike),
        preference("preference, raters with tastes", DIFFERENT, &Crowd::default()),
        preference("preference, strong tastes", DIFFERENT, &own_taste),
        few(preference("preference, strong tastes, few raters", DIFFERENT, &own_taste)),
        preference("preference, one rater in five careless", DIFFERENT, &careless),
        preference("preference, A/A, raters alike", EQUAL, &alike),
        preference("preference, A/A, raters with tastes", EQUAL, &Crowd::default()),
        preference("preference, A/A, strong tastes", EQUAL, &own_taste),
        graded("grades for the request", DIFFERENT, Fit::Request),
        graded("grades for the person", DIFFERENT, Fit::Person),
        graded("grades for the request, A/A", EQUAL, Fit::Request),
        interleaved("interleaving", DIFFERENT, 0.3),
        interleaved("interleaving, A/A", EQUAL, 0.3),
    ]
}

/// Studies whose number of judgements is planned for a power, each large enough as it stands to plan with: so many questions that
/// each is judged by `raters_per_item` raters, however many judgements come out.
pub fn planned_scenarios() -> Vec<Scenario> {
    let alike = Crowd { system_taste: 0.0, ..Crowd::default() };
    let planned = |mut scenario: Scenario, n_tasks: usize| {
        scenario.world.n_candidates = 15;
        scenario.with_size(300, 150, n_tasks)
    };
    vec![
        planned(preference("preference, raters alike", CLEAR, &alike), 20),
        planned(preference("preference, raters with tastes", CLEAR, &Crowd::default()), 20),
        planned(preference("preference, raters with tastes, plain difference", PLAIN, &Crowd::default()), 20),
        planned(graded("grades for the request", DIFFERENT, Fit::Request), 8),
        planned(graded("grades for the request, clear difference, few raters", CLEAR, Fit::Request), 8),
        planned(graded("grades for the request, plain difference, few raters", PLAIN, Fit::Request), 16),
        planned(interleaved("interleaving", CLEAR, 0.3), 20),
    ]
}

/// Side by side, until 200 decisive votes; 40 questions.
pub fn preference(name: &str, noises: [f64; 2], crowd: &Crowd) -> Scenario {
    let primary = Primary::WinRate { system: "a".to_owned(), against: "b".to_owned() };
    let pairs = PairArm { comparisons: Comparisons::All, aa_per_rater: 1, attention_per_rater: 3, min_dwell_ms: 1500 };
    let arms = Arms { pairs: Some(pairs), ..Arms::default() };
    scenario(name, noises, crowd, arms, primary, StoppingRule::DecisiveVotes)
}

/// Graded, until 200 graded tasks; 40 questions.
pub fn graded(name: &str, noises: [f64; 2], fit: Fit) -> Scenario {
    let primary = Primary::GradedNdcg { system: "a".to_owned(), against: "b".to_owned(), fit };
    let grades = GradeArm { depth: 5, attention_per_rater: 3, min_dwell_ms_per_item: 400 };
    let arms = Arms { grades: Some(grades), ..Arms::default() };
    scenario(name, noises, &Crowd::default(), arms, primary, StoppingRule::Judgements)
}

/// In the shop: 300 mixed lists with a pick, of visitors who come three times, for 40 requests.
pub fn interleaved(name: &str, noises: [f64; 2], taste: f64) -> Scenario {
    let (system, against) = ("a".to_owned(), "b".to_owned());
    let primary = Primary::InterleavingDelta { system: system.clone(), against: against.clone() };
    let arm = InterleavingArm { system, against, share_of_visits: 1.0 };
    let arms = Arms { interleaving: Some(arm), ..Arms::default() };
    let mut scenario = scenario(name, noises, &Crowd::default(), arms, primary, StoppingRule::Judgements);
    scenario.design.stopping.planned = 300;
    Scenario { visits: VisitConfig { n_picked: 300, taste, ..scenario.visits }, ..scenario }
}

impl<S: Source> Scenario<S> {
    /// The same until `planned` judgements, with `n_questions` questions and `n_tasks` tasks for each rater.
    pub fn with_size(mut self, planned: usize, n_questions: usize, n_tasks: usize) -> Self {
        self.design.stopping.planned = planned;
        self.design.tasks_per_rater = n_tasks;
        self.visits.n_picked = planned;
        Self { world: self.world.with_questions(n_questions), ..self }
    }

    /// The same study about other questions.
    pub fn about<T: Source>(self, world: T) -> Scenario<T> {
        let Self { name, design, crowd, visits, .. } = self;
        Scenario { name, design, world, crowd, visits }
    }
}

fn scenario(name: &str, noises: [f64; 2], crowd: &Crowd, arms: Arms, primary: Primary, rule: StoppingRule) -> Scenario {
    let systems = ["a".to_owned(), "b".to_owned()];
    Scenario {
        name: name.to_owned(),
        design: Design {
            format: DESIGN_FORMAT,
            name: name.to_owned(),
            seed: 0,
            systems: systems.to_vec(),
            k: 5,
            arms,
            primary,
            stopping: Stopping { rule, planned: 200 },
            raters_per_item: 3,
            tasks_per_rater: 20,
            repeated_share: 0.1,
            exclusion: Exclusion { min_attention_passed: 0.7, max_too_fast: 0.3 },
        },
        world: WorldConfig {
            n_questions: 40,
            n_candidates: 30,
            k: 5,
            systems: systems.into_iter().zip(noises).collect(),
        },
        crowd: crowd.clone(),
        visits: VisitConfig { version: 1, n_picked: 0, per_visitor: 3, taste: 0.0 },
    }
}

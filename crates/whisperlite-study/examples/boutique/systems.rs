//! Systems that order a visit's candidates by what they know of the truth, and the studies that compare them.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use whisperlite_study::design::Fit;
use whisperlite_study::material::{Material, Question, Shopper};
use whisperlite_study::simulate::{Crowd, Scenario, Source, Truth, best_seen_through, graded, interleaved, preference};
use whisperlite_study::strata::choose;

use super::visits::{Visit, Visits};

/// What a system knows of the truth, through noise.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Sees {
    /// What the request asks for, as a search alone does; noise beside a standard deviation of 1.
    Request(f64),
    /// The request, and the taste of a shopper with a past.
    RequestAndPerson(f64),
}

/// WhisperLite against its search alone: the same noise, but only one knows the shopper.
const TASTE: [Sees; 2] = [Sees::RequestAndPerson(0.8), Sees::Request(0.8)];
/// A good and a worse one that know the same.
const NOISE: [Sees; 2] = [Sees::RequestAndPerson(0.8), Sees::RequestAndPerson(1.2)];
/// A clear difference, for which a plan is not too large.
const CLEAR: [Sees; 2] = [Sees::RequestAndPerson(0.6), Sees::RequestAndPerson(1.4)];
/// Two that are as good, and answer differently.
const EQUAL: [Sees; 2] = [Sees::RequestAndPerson(1.0), Sees::RequestAndPerson(1.0)];

/// Studies of a boutique's visits.
#[derive(Debug, Clone)]
pub(crate) struct BoutiqueSource {
    /// Whose visits.
    pub(crate) visits: Arc<Visits>,
    /// How the systems `a` and `b` see.
    pub(crate) systems: [Sees; 2],
    /// How many visits are asked about.
    pub(crate) n_questions: usize,
}

/// The questions of one study, and the truth about them.
#[derive(Debug)]
pub(crate) struct Asked {
    visits: Arc<Visits>,
    material: Material,
    /// Places among the visits by the ids of questions.
    places: HashMap<String, usize>,
}

/// The noise of systems in the abstract world, which is exchanged for the boutique.
const UNASKED: [f64; 2] = [1.0, 1.0];
/// Length of the lists.
const K: usize = 5;

impl Source for BoutiqueSource {
    type World = Asked;

    /// Visits are chosen as for a study of people: as many of each stratum as there are.
    fn draw(&self, seed: u64) -> Asked {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut asked = Asked {
            visits: Arc::clone(&self.visits),
            material: Material { questions: Vec::new() },
            places: HashMap::new(),
        };
        for place in choose(self.visits.strata(), self.n_questions, seed) {
            let question = self.question(place, &mut rng);
            asked.places.insert(question.question_id.clone(), place);
            asked.material.questions.push(question);
        }
        asked
    }

    fn with_questions(self, n_questions: usize) -> Self {
        Self { n_questions, ..self }
    }

    fn has_equal_systems(&self) -> bool {
        self.systems[0] == self.systems[1]
    }
}

impl BoutiqueSource {
    fn question(&self, place: usize, rng: &mut ChaCha8Rng) -> Question {
        let visit = &self.visits.all()[place];
        let shopper = Shopper { user_id: visit.shopper.id(), history: visit.history.clone() };
        let list = |sees: Sees| {
            let (worths, noise) = Self::seen(visit, sees);
            let best = best_seen_through(&worths, noise, K, rng);
            best.into_iter().map(|place| self.visits.id(visit.candidates[place].0).to_owned()).collect()
        };
        let names = ["a", "b"].map(str::to_owned);
        let lists: BTreeMap<String, Vec<String>> = names.into_iter().zip(self.systems.map(list)).collect();
        Question {
            question_id: format!("visit-{place}"),
            request: visit.request.text.clone(),
            shopper: (!visit.history.is_empty()).then_some(shopper),
            stratum: visit.stratum,
            lists,
            chosen: visit.chosen.clone(),
        }
    }

    /// The worth of each candidate by what a system knows, and the noise.
    fn seen(visit: &Visit, sees: Sees) -> (Vec<f64>, f64) {
        let knows_person = !visit.history.is_empty() && matches!(sees, Sees::RequestAndPerson(_));
        let (Sees::Request(noise) | Sees::RequestAndPerson(noise)) = sees;
        let worth = |[request, person]: [f64; 2]| {
            if knows_person { (request + person) / std::f64::consts::SQRT_2 } else { request }
        };
        (visit.candidates.iter().map(|(_, fits)| worth(*fits)).collect(), noise)
    }
}

impl Truth for Asked {
    fn material(&self) -> &Material {
        &self.material
    }

    fn fit(&self, question: &Question, item_id: &str, fit: Fit) -> f64 {
        self.visits.fit(&self.visits.all()[self.places[&question.question_id]], item_id, fit)
    }
}

/// All of them, in the order of the table in `docs/study.md`.
pub(crate) fn scenarios(visits: &Arc<Visits>) -> Vec<Scenario<BoutiqueSource>> {
    let about = |systems| BoutiqueSource { visits: Arc::clone(visits), systems, n_questions: 40 };
    vec![
        preferred("boutique, preference, taste").about(about(TASTE)),
        preferred("boutique, preference, noise").about(about(NOISE)),
        preferred("boutique, preference, A/A").about(about(EQUAL)),
        graded("boutique, grades for the request, noise", UNASKED, Fit::Request).about(about(NOISE)),
        graded("boutique, grades for the request, A/A", UNASKED, Fit::Request).about(about(EQUAL)),
        graded("boutique, grades for the person, taste", UNASKED, Fit::Person).about(about(TASTE)),
        graded("boutique, grades for the person, A/A", UNASKED, Fit::Person).about(about(EQUAL)),
        interleaved("boutique, interleaving, taste", UNASKED, 0.3).about(about(TASTE)),
        interleaved("boutique, interleaving, A/A", UNASKED, 0.3).about(about(EQUAL)),
    ]
}

/// Studies that are planned for a power, each with questions enough that three raters judge each.
pub(crate) fn planned_scenarios(visits: &Arc<Visits>) -> Vec<Scenario<BoutiqueSource>> {
    let about = |systems| BoutiqueSource { visits: Arc::clone(visits), systems, n_questions: 0 };
    let grades = graded("boutique, grades for the request, noise", UNASKED, Fit::Request);
    vec![
        preferred("boutique, preference, clear noise").about(about(CLEAR)).with_size(300, 150, 20),
        preferred("boutique, preference, taste").about(about(TASTE)).with_size(1200, 400, 20),
        grades.about(about(NOISE)).with_size(300, 150, 8),
    ]
}

fn preferred(name: &str) -> Scenario {
    preference(name, UNASKED, &Crowd::default())
}

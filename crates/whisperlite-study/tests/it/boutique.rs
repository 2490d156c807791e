//! The same machine about real requests: visits to a drawn boutique, whose shoppers' true preferences are known. The tables of
//! `docs/study.md` come from the same scenarios, with more studies.

#[path = "../../examples/boutique/visits.rs"]
mod visits;
#[path = "../../examples/boutique/systems.rs"]
mod systems;

use std::sync::{Arc, LazyLock};

use whisperlite_study::material::Warmth;
use whisperlite_study::simulate::{Source, Truth, simulated_study};
use whisperlite_study::{Assignment, Version, analyse};

use systems::{planned_scenarios, scenarios};
use visits::Visits;

/// A smaller boutique than the example's, drawn once for all tests.
static VISITS: LazyLock<Arc<Visits>> = LazyLock::new(|| Arc::new(Visits::draw(7, 2500)));

/// Studies of each scenario; seeds are fixed, so a run is always the same.
const N_STUDIES: usize = 60;

/// With 60 studies it must not be excluded that intervals cover in 92 to 98 of 100, and that equal systems are told apart in 3 to 7.
#[test]
fn intervals_cover_the_truth_of_the_boutique() {
    for scenario in scenarios(&VISITS) {
        let truth = if scenario.is_aa() { scenario.equal() } else { scenario.truth(N_STUDIES).expect("a study").value };
        let found = scenario.calibrate(truth, N_STUDIES).expect("a study");
        assert!(found.simulated);
        assert!(found.covered_interval.high >= 0.92 && found.covered_interval.low <= 0.98, "{found:?}");
        if scenario.is_aa() {
            assert!(found.rejected_interval.low <= 0.07, "{found:?}");
        } else {
            assert!((truth - scenario.equal()) > 0.0, "who knows more is better: {found:?}");
        }
    }
}

/// Questions are visits: half of people with a past, which raters see. What answers them is marked.
#[test]
fn studies_of_the_boutique_are_of_its_visits_and_marked() {
    let scenario = scenarios(&VISITS).swap_remove(0);
    let world = scenario.world.draw(3);
    let questions = &world.material().questions;
    assert_eq!(questions.len(), 40);
    let n_warm = questions.iter().filter(|question| question.stratum.shopper == Warmth::Warm).count();
    assert!((15..=25).contains(&n_warm), "{n_warm}");
    for question in questions {
        assert!(!question.request.is_empty() && question.lists.values().all(|list| list.len() == 5));
        assert_eq!(question.shown_history().is_some(), question.stratum.shopper == Warmth::Warm);
    }
    let assignment = Assignment::new(&scenario.design, world.material()).expect("a good study");
    let simulated = simulated_study(&assignment, &world, &scenario.crowd, 1, 100, 3);
    let version = Version::first(&scenario.design, world.material());
    let analysis = analyse(&assignment, &version, simulated.journal());
    let text = serde_json::to_string(&analysis).expect("JSON");
    assert!(text.contains("\"simulated\":true") && !text.contains("\"simulated\":false"));
}

#[test]
fn the_documents_show_every_study_of_the_boutique() {
    let document = include_str!("../../../../docs/study.md");
    for scenario in scenarios(&VISITS).into_iter().chain(planned_scenarios(&VISITS)) {
        assert!(document.contains(&format!("| {} |", scenario.name)), "{}: run the example `boutique`", scenario.name);
    }
}

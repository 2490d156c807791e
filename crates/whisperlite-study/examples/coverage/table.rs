//! The tables of simulated studies, as `docs/study.md` shows them.

use whisperlite_study::power::Certainty;
use whisperlite_study::simulate::{Calibration, Scenario, Source};

/// Studies for which the pigeonhole bootstrap is made: it takes longer than all the rest.
const N_BOOTSTRAPPED: usize = 400;

/// The numbers of studies that the command line asks for; none, and a word about it, where those are no numbers.
pub(crate) fn n_studies_asked(example: &str) -> Option<[usize; 2]> {
    let number = |place: usize| std::env::args().nth(place).map_or(Ok(1000), |text| text.parse::<usize>());
    match (number(1), number(2)) {
        (Ok(n_studies), Ok(n_planned)) => Some([n_studies, n_planned]),
        _ => {
            print(&format!("Usage: {example} [STUDIES [PLANNED STUDIES]]"));
            None
        }
    }
}

/// How often intervals cover the truth, and how often a difference is found.
pub(crate) fn print_studies<S: Source>(scenarios: Vec<Scenario<S>>, n_studies: usize) {
    if n_studies == 0 {
        return;
    }
    print(&format!("{n_studies} simulated studies for each row; all raters and visitors are simulated.\n"));
    print(
        "| study | truth | judgements | raters | design effect | covered | pigeonhole | Clopper-Pearson | found | sign test finds |",
    );
    print("|---|---|---|---|---|---|---|---|---|---|");
    for scenario in scenarios {
        let truth = scenario.truth(n_studies).expect("a scenario that can be made");
        let calibration = scenario.calibrate(truth.value, n_studies).expect("a scenario that can be made");
        let n_bootstrapped = n_studies.min(N_BOOTSTRAPPED);
        let bootstrap = scenario.covered_by_bootstrap(truth.value, n_bootstrapped).expect("as above");
        print(&row(&calibration, bootstrap));
    }
}

/// Whether planned numbers reach their power.
pub(crate) fn print_planned<S: Source>(scenarios: Vec<Scenario<S>>, n_studies: usize) {
    if n_studies == 0 {
        return;
    }
    print(&format!("\n{n_studies} simulated studies for each row, planned for a power of 80 %:\n"));
    print(
        "| study | truth | effect | of a rater | of a question | independent | design effect | planned | raters | found |",
    );
    print("|---|---|---|---|---|---|---|---|---|---|");
    for scenario in scenarios {
        print(&planned_row(scenario, n_studies));
    }
}

fn planned_row<S: Source>(scenario: Scenario<S>, n_studies: usize) -> String {
    let (scenario, truth, planned) = scenario.planned(n_studies, Certainty::default()).expect("a difference to find");
    let found = scenario.calibrate(truth.value, n_studies).expect("a scenario that can be made");
    format!(
        "| {} | {:.3} | {:.3} | {:.3} × {:.1} | {:.3} × {:.1} | {} | {:.2} | {} | {:.1} | **{:.1} %** |",
        found.name,
        truth.value,
        truth.effect,
        truth.resemblance.of_rater,
        truth.per_rater,
        truth.resemblance.of_question,
        truth.per_question,
        planned.n_independent,
        planned.design_effect,
        planned.n_judgements,
        found.n_raters,
        100.0 * found.rejected,
    )
}

fn row(found: &Calibration, bootstrap: f64) -> String {
    let percent = |share: f64| format!("{:.1} %", 100.0 * share);
    let optional = |share: Option<f64>| share.map_or("–".to_owned(), percent);
    format!(
        "| {} | {:.3} | {:.0} | {:.1} | {:.1} | **{}** | {} | {} | {} | {} |",
        found.name,
        found.truth,
        found.n_judgements,
        found.n_raters,
        found.design_effect,
        percent(found.covered),
        percent(bootstrap),
        optional(found.covered_by_exact),
        percent(found.rejected),
        optional(found.rejected_by_sign_test),
    )
}

#[allow(clippy::print_stdout)] // a program that shows a table
fn print(line: &str) {
    println!("{line}");
}

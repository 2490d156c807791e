//! The statistics against SciPy, statsmodels and PyPI's `krippendorff`. Their numbers come from `tools/golden/study.py`.

use serde::Deserialize;
use whisperlite_study::power::{Certainty, grades_needed, paired_t_power, sign_test_power};
use whisperlite_study::statistics::{
    Metric, fleiss_kappa, kendall_tau_b, krippendorff_alpha, paired_t_test, sign_test, spearman_rho,
};

/// Both sides add in another order; nothing else may differ.
const TOLERANCE: f64 = 1e-9;

#[derive(Deserialize)]
struct Golden {
    sign_tests: Vec<GoldenSignTest>,
    sign_powers: Vec<GoldenSignPower>,
    t_powers: Vec<GoldenTPower>,
    t_needed: Vec<GoldenTNeeded>,
    t_tests: Vec<GoldenTTest>,
    agreements: Vec<GoldenAgreement>,
    correlations: Vec<GoldenCorrelation>,
}

#[derive(Deserialize)]
struct GoldenSignTest {
    n_wins: u64,
    n_losses: u64,
    p: f64,
    interval: [f64; 2],
}

#[derive(Deserialize)]
struct GoldenSignPower {
    n: usize,
    win_rate: f64,
    power: f64,
}

#[derive(Deserialize)]
struct GoldenTPower {
    n: usize,
    effect: f64,
    power: f64,
}

#[derive(Deserialize)]
struct GoldenTNeeded {
    effect: f64,
    power: f64,
    n: usize,
}

#[derive(Deserialize)]
struct GoldenTTest {
    values: Vec<f64>,
    p: f64,
    interval: [f64; 2],
}

#[derive(Deserialize)]
struct GoldenAgreement {
    full: Vec<Vec<i8>>,
    fleiss_kappa: f64,
    ratings: Vec<Vec<Option<i8>>>,
    alpha_ordinal: f64,
    alpha_nominal: f64,
}

#[derive(Deserialize)]
struct GoldenCorrelation {
    a: Vec<f64>,
    b: Vec<f64>,
    spearman: f64,
    kendall: f64,
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("golden/statistics.json")).expect("golden numbers")
}

#[track_caller]
fn assert_close(found: f64, golden: f64) {
    assert!((found - golden).abs() <= TOLERANCE, "{found} is not {golden}");
}

#[test]
fn sign_tests_and_their_intervals_are_those_of_scipy() {
    for golden in golden().sign_tests {
        let test = sign_test(golden.n_wins, golden.n_losses).expect("votes");
        assert_close(test.p, golden.p);
        assert_close(test.interval.low, golden.interval[0]);
        assert_close(test.interval.high, golden.interval[1]);
    }
    assert_eq!(sign_test(0, 0), None);
}

#[test]
fn the_power_of_the_sign_test_is_that_of_scipy() {
    for golden in golden().sign_powers {
        assert_close(sign_test_power(golden.n, golden.win_rate, 0.05).expect("a power"), golden.power);
    }
}

#[test]
fn the_power_of_the_paired_t_test_is_that_of_statsmodels() {
    let golden = golden();
    for golden in golden.t_powers {
        assert_close(paired_t_power(golden.n, golden.effect, 0.05).expect("a power"), golden.power);
    }
    for golden in golden.t_needed {
        let certainty = Certainty { alpha: 0.05, power: golden.power };
        assert_eq!(grades_needed(golden.effect, certainty).expect("a plan"), golden.n, "effect {}", golden.effect);
    }
}

#[test]
fn paired_t_tests_and_their_intervals_are_those_of_scipy() {
    for golden in golden().t_tests {
        let test = paired_t_test(&golden.values).expect("differences");
        assert_close(test.p, golden.p);
        assert_close(test.interval.low, golden.interval[0]);
        assert_close(test.interval.high, golden.interval[1]);
    }
    assert_eq!((paired_t_test(&[1.0]), paired_t_test(&[1.0, 1.0])), (None, None));
}

#[test]
fn agreement_is_that_of_krippendorff_and_statsmodels() {
    for golden in golden().agreements {
        let kappa = fleiss_kappa(golden.full.iter().map(Vec::as_slice)).expect("ratings differ");
        assert_close(kappa, golden.fleiss_kappa);
        let given: Vec<Vec<i8>> = golden.ratings.iter().map(|unit| unit.iter().flatten().copied().collect()).collect();
        let alpha = |metric| krippendorff_alpha(given.iter().map(Vec::as_slice), metric).expect("ratings differ");
        assert_close(alpha(Metric::Ordinal), golden.alpha_ordinal);
        assert_close(alpha(Metric::Nominal), golden.alpha_nominal);
    }
}

#[test]
fn agreement_is_undefined_without_two_ratings_or_two_values() {
    let empty: [&[i8]; 0] = [];
    let single: [&[i8]; 2] = [&[1], &[2]];
    let same: [&[i8]; 2] = [&[1, 1], &[1, 1, 1]];
    let perfect: [&[i8]; 2] = [&[1, 1], &[2, 2, 2]];
    for units in [&empty[..], &single, &same] {
        assert_eq!(krippendorff_alpha(units.iter().copied(), Metric::Ordinal), None);
        assert_eq!(fleiss_kappa(units.iter().copied()), None);
    }
    assert_close(krippendorff_alpha(perfect, Metric::Ordinal).expect("defined"), 1.0);
    assert_close(fleiss_kappa(perfect).expect("defined"), 1.0);
}

#[test]
fn correlations_are_those_of_scipy() {
    for golden in golden().correlations {
        assert_close(spearman_rho(&golden.a, &golden.b).expect("defined"), golden.spearman);
        assert_close(kendall_tau_b(&golden.a, &golden.b).expect("defined"), golden.kendall);
    }
    assert_eq!((spearman_rho(&[], &[]), kendall_tau_b(&[1.0, 2.0], &[3.0, 3.0])), (None, None));
}

//! Intervals and tests: by hand, by exact enumeration, by simulation, and against SciPy.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use serde::Deserialize;
use whisperlite::evaluation::statistics::{Bootstrap, Clusters, Resampling, StatisticsError, holm, sign_flip_p};
use whisperlite::evaluation::{JudgedQuery, Query};

fn own_clusters(n: usize) -> Clusters {
    Clusters::new(0..n)
}

fn judged(user_idx: Option<u32>) -> JudgedQuery {
    let query = Query { user_idx, request_idx: None, moment: 0 };
    JudgedQuery { query_id: String::new(), query, relevant: vec![0], slices: Vec::new() }
}

/// A standard normal number, from twelve uniform ones.
fn normal(rng: &mut ChaCha8Rng) -> f64 {
    (0..12).map(|_| rng.random::<f64>()).sum::<f64>() - 6.0
}

#[test]
fn unknown_people_are_clusters_of_their_own() {
    let queries = [judged(Some(0)), judged(None), judged(Some(0)), judged(None), judged(Some(1))];
    let clusters = Clusters::by_user(&queries);
    assert_eq!((clusters.n_queries(), clusters.n_clusters()), (5, 4));
}

#[test]
fn the_mean_is_over_queries_and_the_interval_holds_it() {
    let clusters = Clusters::new(["a", "a", "a", "b"]);
    let bootstrap = Bootstrap::new(&[vec![1.0, 1.0, 1.0, 0.0]], &clusters, &Resampling::new(1)).expect("valid");
    let estimate = bootstrap.estimate(0);
    // Resamples draw {a, a}, {a, b} or {b, b}: means 1, 3/4 and 0, each end in a quarter of the draws.
    assert_eq!((estimate.mean, estimate.low, estimate.high), (0.75, 0.0, 1.0));
}

#[test]
fn one_value_for_all_has_no_uncertainty() {
    let bootstrap = Bootstrap::new(&[vec![0.25; 40]], &own_clusters(40), &Resampling::new(1)).expect("valid");
    let estimate = bootstrap.estimate(0);
    assert_eq!((estimate.mean, estimate.low, estimate.high), (0.25, 0.25, 0.25));
}

#[test]
fn a_difference_is_paired() {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let a: Vec<f64> = (0..200).map(|_| rng.random()).collect();
    let b: Vec<f64> = a.iter().map(|value| value - 0.1).collect();
    let bootstrap = Bootstrap::new(&[a, b], &own_clusters(200), &Resampling::new(1)).expect("valid");
    let difference = bootstrap.difference(0, 1);
    // Each value spreads over 0 to 1, their difference not at all.
    assert!(bootstrap.estimate(0).high - bootstrap.estimate(0).low > 0.05);
    assert!((difference.low - 0.1).abs() < 1e-12 && (difference.high - 0.1).abs() < 1e-12, "{difference:?}");
}

#[test]
fn the_seed_decides_and_the_number_of_threads_does_not() {
    let mut rng = ChaCha8Rng::seed_from_u64(4);
    let columns: Vec<Vec<f64>> = (0..3).map(|_| (0..100).map(|_| rng.random()).collect()).collect();
    let clusters = Clusters::new((0..100).map(|query| query % 30));
    let run = |n_threads: usize, seed: u64| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build().expect("threads");
        pool.install(|| {
            let bootstrap = Bootstrap::new(&columns, &clusters, &Resampling::new(seed)).expect("valid");
            let p = sign_flip_p(&columns[0], &columns[1], &clusters, &Resampling::new(seed)).expect("valid");
            (bootstrap.estimate(2), bootstrap.difference(0, 1), p)
        })
    };
    assert_eq!(run(1, 5), run(4, 5));
    assert_ne!(run(1, 5).0, run(1, 6).0);
}

/// How often the 95 % interval holds the true mean 0, where the people of one simulated evaluation differ in their mean.
fn share_of_intervals_that_hold_the_truth(clustered: bool) -> f64 {
    let mut rng = ChaCha8Rng::seed_from_u64(11);
    let n_rounds = 400;
    let mut n_held = 0;
    for round in 0..n_rounds {
        let (mut values, mut people) = (Vec::new(), Vec::new());
        for person in 0..60 {
            let taste = normal(&mut rng);
            for _ in 0..rng.random_range(1..=9) {
                values.push(taste + normal(&mut rng));
                people.push(person);
            }
        }
        let clusters = if clustered { Clusters::new(people) } else { own_clusters(values.len()) };
        let resampling = Resampling { n_bootstrap: 500, ..Resampling::new(round) };
        let estimate = Bootstrap::new(&[values], &clusters, &resampling).expect("valid").estimate(0);
        n_held += u32::from(estimate.low <= 0.0 && 0.0 <= estimate.high);
    }
    f64::from(n_held) / n_rounds as f64
}

#[test]
fn intervals_hold_the_truth_as_often_as_they_say() {
    let share = share_of_intervals_that_hold_the_truth(true);
    // 400 rounds of 95 % scatter by ± 0.011, and the percentile bootstrap of 60 people is known to be some 0.01 short:
    // 0.91 to 0.97 is three deviations round 0.94.
    assert!((0.91..=0.97).contains(&share), "{share}");
}

#[test]
fn intervals_that_ignore_people_would_be_too_narrow() {
    let share = share_of_intervals_that_hold_the_truth(false);
    assert!(share < 0.85, "{share}: the simulation no longer shows why people are resampled");
}

/// The exact p-value: all sign patterns, one by one.
fn exact_sign_flip_p(cluster_differences: &[f64]) -> f64 {
    let n = cluster_differences.len();
    let observed: f64 = cluster_differences.iter().sum();
    let sum_of = |pattern: u32| -> f64 {
        let signed =
            (0..n).map(|i| if pattern >> i & 1 == 1 { cluster_differences[i] } else { -cluster_differences[i] });
        signed.sum()
    };
    let reached = (0..1u32 << n).filter(|&pattern| sum_of(pattern).abs() >= observed.abs() - 1e-12).count();
    reached as f64 / f64::from(1u32 << n)
}

#[test]
fn sign_flips_agree_with_exact_enumeration() {
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    for n_clusters in [2, 3, 7, 10, 13] {
        for round in 0..4 {
            // Coarse values, so that patterns tie with the observed one, and some zeros.
            let a: Vec<f64> = (0..2 * n_clusters).map(|_| f64::from(rng.random_range(0..5)) / 10.0).collect();
            let b: Vec<f64> = (0..2 * n_clusters).map(|_| f64::from(rng.random_range(0..4)) / 10.0).collect();
            let clusters = Clusters::new((0..2 * n_clusters).map(|query| query / 2));
            let differences: Vec<f64> =
                (0..n_clusters).map(|c| a[2 * c] - b[2 * c] + (a[2 * c + 1] - b[2 * c + 1])).collect();
            let exact = exact_sign_flip_p(&differences);
            let p = sign_flip_p(&a, &b, &clusters, &Resampling::new(round)).expect("valid");
            // 20,000 patterns scatter by at most ± 0.0035; four deviations.
            assert!((p - exact).abs() < 0.015, "{n_clusters} clusters: {p} is not {exact}");
        }
    }
}

#[test]
fn equal_systems_and_single_people_prove_nothing() {
    let values = [0.3, 0.5, 0.1];
    let p = sign_flip_p(&values, &values, &own_clusters(3), &Resampling::new(1));
    assert_eq!(p, Ok(1.0));
    let p = sign_flip_p(&values, &[0.0; 3], &Clusters::new(["one"; 3]), &Resampling::new(1));
    assert_eq!(p, Ok(1.0));
}

#[test]
fn a_clear_difference_falls_below_one_in_ten_thousand() {
    let a: Vec<f64> = (0..300u16).map(|query| f64::from(query % 7) / 7.0 + 0.2).collect();
    let b: Vec<f64> = (0..300u16).map(|query| f64::from(query % 7) / 7.0).collect();
    let p = sign_flip_p(&a, &b, &own_clusters(300), &Resampling::new(1)).expect("valid");
    assert_eq!(p, 1.0 / 20_001.0);
}

#[test]
fn p_values_are_uniform_where_nothing_differs() {
    let mut rng = ChaCha8Rng::seed_from_u64(6);
    let resampling = Resampling { n_sign_flips: 400, ..Resampling::new(1) };
    let rejected = (0..500).filter(|_| {
        let mut draw = || (0..40).map(|_| normal(&mut rng)).collect::<Vec<f64>>();
        sign_flip_p(&draw(), &draw(), &own_clusters(40), &resampling).expect("valid") < 0.05
    });
    // 500 rounds of 5 % are 25 ± 4.9; three deviations.
    let rejected = rejected.count();
    assert!((10..=40).contains(&rejected), "{rejected}");
}

#[test]
fn holm_by_hand() {
    // Sorted: 0.01 × 4, 0.02 × 3, 0.03 × 2 (not below the one before it), 0.5 × 1.
    let corrected = holm(&[0.02, 0.5, 0.01, 0.03]);
    for (found, expected) in corrected.iter().zip([0.06, 0.5, 0.04, 0.06]) {
        assert!((found - expected).abs() < 1e-12, "{corrected:?}");
    }
    assert_eq!(holm(&[0.6, 0.7]), [1.0, 1.0]);
    assert_eq!(holm(&[0.2]), [0.2]);
    assert!(holm(&[]).is_empty());
}

#[test]
fn holm_equals_its_definition() {
    let mut rng = ChaCha8Rng::seed_from_u64(8);
    for _ in 0..200 {
        let n = rng.random_range(1..12);
        let p: Vec<f64> = (0..n).map(|_| f64::from(rng.random_range(1..30)) / 100.0).collect();
        // The largest, over all p-values up to this one, of p times the number of p-values not below it.
        let naive = |i: usize| {
            let up_to = p.iter().filter(|&&other| other <= p[i]);
            let factor = |of: f64| n - p.iter().filter(|&&other| other < of).count();
            up_to.map(|&other| (other * factor(other) as f64).min(1.0)).fold(0.0, f64::max)
        };
        for (i, found) in holm(&p).into_iter().enumerate() {
            assert!((found - naive(i)).abs() < 1e-12, "{p:?}: {found} is not {}", naive(i));
        }
    }
}

/// Written by `tools/reference/statistics_golden.py`.
#[derive(Deserialize)]
struct Golden {
    clusters: Vec<u32>,
    a: Vec<f64>,
    b: Vec<f64>,
    mean_a: f64,
    interval_a: [f64; 2],
    difference: f64,
    interval_difference: [f64; 2],
    p_exact: f64,
}

#[test]
fn scipy_says_the_same() {
    let golden: Golden = serde_json::from_str(include_str!("golden/statistics.json")).expect("golden file");
    let clusters = Clusters::new(&golden.clusters);
    // Ten times the usual number: what is left is the scatter of 20,000 draws in the tail of an interval, well below a
    // fiftieth of its width.
    let resampling = Resampling { n_bootstrap: 20_000, n_sign_flips: 200_000, seed: 1 };
    let columns = [golden.a.clone(), golden.b.clone()];
    let bootstrap = Bootstrap::new(&columns, &clusters, &resampling).expect("valid");
    for (estimate, mean, [low, high]) in [
        (bootstrap.estimate(0), golden.mean_a, golden.interval_a),
        (bootstrap.difference(0, 1), golden.difference, golden.interval_difference),
    ] {
        let tolerance = (high - low) / 50.0;
        assert!((estimate.mean - mean).abs() < 1e-12, "{estimate:?} against mean {mean}");
        assert!((estimate.low - low).abs() < tolerance, "{estimate:?} against low {low}");
        assert!((estimate.high - high).abs() < tolerance, "{estimate:?} against high {high}");
    }
    let p = sign_flip_p(&golden.a, &golden.b, &clusters, &resampling).expect("valid");
    // 200,000 patterns scatter by ± 0.0007 round this p; four deviations.
    assert!((p - golden.p_exact).abs() < 0.003, "{p} against {}", golden.p_exact);
}

#[test]
fn values_that_no_mean_can_be_made_of_are_refused() {
    let resampling = Resampling::new(1);
    let bootstrap = |values: Vec<f64>, n: usize| Bootstrap::new(&[values], &own_clusters(n), &resampling).map(|_| ());
    assert_eq!(bootstrap(Vec::new(), 0), Err(StatisticsError::NoQueries));
    assert_eq!(bootstrap(vec![1.0], 2), Err(StatisticsError::WrongLength { expected: 2, found: 1 }));
    let error = bootstrap(vec![1.0, f64::NAN], 2).expect_err("NaN");
    assert!(error.to_string().contains("query number 1"), "{error}");
    let no_draws = Resampling { n_bootstrap: 0, n_sign_flips: 0, seed: 1 };
    let error = Bootstrap::new(&[vec![1.0]], &own_clusters(1), &no_draws).map(|_| ());
    assert_eq!(error, Err(StatisticsError::NoResamples { setting: "n_bootstrap" }));
    let error = sign_flip_p(&[1.0], &[0.0], &own_clusters(1), &no_draws);
    assert_eq!(error, Err(StatisticsError::NoResamples { setting: "n_sign_flips" }));
    let error = sign_flip_p(&[1.0], &[], &own_clusters(1), &resampling);
    assert_eq!(error, Err(StatisticsError::WrongLength { expected: 1, found: 0 }));
}

#[test]
#[ignore = "a measurement: cargo test --release -- --ignored statistics_of_a_large_table"]
fn statistics_of_a_large_table_take_seconds() {
    let mut rng = ChaCha8Rng::seed_from_u64(9);
    let n = 39_000;
    let mut column =
        || (0..n).map(|_| if rng.random::<f32>() < 0.3 { rng.random() } else { 0.0 }).collect::<Vec<f64>>();
    let columns: Vec<Vec<f64>> = (0..16 * 25).map(|_| column()).collect();
    let clusters = own_clusters(n);
    let start = std::time::Instant::now();
    for other in 1..16 {
        sign_flip_p(&columns[0], &columns[other], &clusters, &Resampling::new(1)).expect("valid");
    }
    let comparisons_secs = start.elapsed().as_secs_f64();
    let bootstrap = Bootstrap::new(&columns, &clusters, &Resampling::new(1)).expect("valid");
    let total_secs = start.elapsed().as_secs_f64();
    assert!(bootstrap.estimate(0).low > 0.0);
    eprintln!("15 comparisons {comparisons_secs:.2} s, 400 intervals {:.2} s", total_secs - comparisons_secs);
    assert!(total_secs < 20.0, "{total_secs} s");
}

//! Metrics by hand, and against naive twins written straight from their definitions.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use whisperlite::metrics::{
    CUTOFFS, Hits, MAX_CUTOFF, Metric, Ranked, SelfInformation, coverage, gini, hit_rate, map, mrr, ndcg, novelty,
    recall,
};

fn ranking(item_idxs: &[u32]) -> Vec<Ranked> {
    (0u16..).zip(item_idxs).map(|(rank, &item_idx)| Ranked { item_idx, score: -f32::from(rank) }).collect()
}

#[track_caller]
fn assert_close(found: f64, expected: f64) {
    assert!((found - expected).abs() < 1e-12, "{found} is not {expected}");
}

#[test]
fn the_longest_cutoff_is_the_longest_ranking() {
    assert_eq!(CUTOFFS.iter().max(), Some(&MAX_CUTOFF));
}

#[test]
fn two_of_three_relevant_items_at_ranks_2_and_4() {
    let hits = Hits::new(&ranking(&[9, 1, 8, 3, 7]), &[1, 3, 5]);
    let discount = |rank: f64| 1.0 / (rank + 1.0).log2();
    let ideal = 1.0 + discount(2.0) + 0.5;
    assert_close(ndcg(&hits, 5), (discount(2.0) + discount(4.0)) / ideal);
    assert_close(recall(&hits, 5), 2.0 / 3.0);
    assert_close(hit_rate(&hits, 5), 1.0);
    assert_close(mrr(&hits, 5), 0.5);
    assert_close(map(&hits, 5), (1.0 / 2.0 + 2.0 / 4.0) / 3.0);
}

#[test]
fn a_cutoff_hides_what_stands_below_it() {
    let hits = Hits::new(&ranking(&[9, 1, 8, 3, 7]), &[1, 3, 5]);
    assert_close(ndcg(&hits, 1), 0.0);
    assert_close(hit_rate(&hits, 1), 0.0);
    assert_close(mrr(&hits, 1), 0.0);
    assert_close(recall(&hits, 3), 1.0 / 3.0);
    // The ideal of NDCG@2 holds two items, although three are relevant.
    assert_close(ndcg(&hits, 2), (1.0 / 3f64.log2()) / (1.0 + 1.0 / 3f64.log2()));
    // Average precision is over all three all the same.
    assert_close(map(&hits, 2), 0.5 / 3.0);
}

#[test]
fn a_perfect_ranking_has_the_value_1_where_the_cutoff_leaves_room() {
    let hits = Hits::new(&ranking(&[4, 2, 6]), &[2, 4, 6]);
    for metric in Metric::ALL {
        assert_close(metric.value(&hits, 10), 1.0);
    }
    assert_close(ndcg(&hits, 1), 1.0);
    assert_close(recall(&hits, 1), 1.0 / 3.0);
}

#[test]
fn nothing_ranked_or_nothing_relevant_is_0() {
    for hits in [Hits::new(&[], &[1, 2]), Hits::new(&ranking(&[1, 2]), &[]), Hits::new(&[], &[])] {
        for metric in Metric::ALL {
            assert_close(metric.value(&hits, 10), 0.0);
        }
    }
}

#[test]
fn a_cutoff_of_0_looks_at_nothing() {
    let hits = Hits::new(&ranking(&[1]), &[1]);
    for metric in Metric::ALL {
        assert_close(metric.value(&hits, 0), 0.0);
    }
}

/// Every metric once more, by walking the places one by one.
fn naive(metric: Metric, items: &[u32], relevant: &[u32], k: usize) -> f64 {
    let is_hit: Vec<bool> = items.iter().take(k).map(|item| relevant.contains(item)).collect();
    let n_hits = is_hit.iter().filter(|&&hit| hit).count() as f64;
    let n_relevant = relevant.len() as f64;
    match metric {
        Metric::Recall => n_hits / n_relevant,
        Metric::HitRate => n_hits.min(1.0),
        Metric::Mrr => is_hit.iter().position(|&hit| hit).map_or(0.0, |place| 1.0 / (place + 1) as f64),
        Metric::Map => {
            let precision_at =
                |place: usize| is_hit[..=place].iter().filter(|&&hit| hit).count() as f64 / (place + 1) as f64;
            (0..is_hit.len()).filter(|&place| is_hit[place]).map(precision_at).sum::<f64>() / n_relevant
        }
        Metric::Ndcg => {
            let gain = |hits: &[bool]| -> f64 {
                let gains =
                    hits.iter().enumerate().map(|(place, &hit)| f64::from(u8::from(hit)) / (place as f64 + 2.0).log2());
                gains.sum()
            };
            gain(&is_hit) / gain(&vec![true; k.min(relevant.len())])
        }
    }
}

#[test]
fn metrics_equal_their_naive_twins() {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    for _ in 0..500 {
        let mut items: Vec<u32> = (0..150).collect();
        for place in (1..items.len()).rev() {
            items.swap(place, rng.random_range(0..=place));
        }
        items.truncate(rng.random_range(0..=MAX_CUTOFF));
        let share = rng.random::<f32>() * rng.random::<f32>();
        let mut relevant: Vec<u32> = (0..150).filter(|_| rng.random::<f32>() < share).collect();
        relevant.push(150);
        let hits = Hits::new(&ranking(&items), &relevant);
        for (metric, k) in Metric::ALL.into_iter().flat_map(|metric| CUTOFFS.map(|k| (metric, k))) {
            assert_close(metric.value(&hits, k), naive(metric, &items, &relevant, k));
        }
    }
}

#[test]
fn coverage_counts_each_item_of_the_first_places_once() {
    let rankings = [ranking(&[0, 1, 2]), ranking(&[1, 3]), ranking(&[])];
    assert_close(coverage(&rankings, 1, 10), 2.0 / 10.0);
    assert_close(coverage(&rankings, 2, 10), 3.0 / 10.0);
    assert_close(coverage(&rankings, 3, 10), 4.0 / 10.0);
    assert_close(coverage(&[], 3, 0), 0.0);
}

#[test]
fn novelty_is_the_mean_surprise_in_bits() {
    // With one added to each, the shares are 4/8, 2/8, 1/8, 1/8.
    let information = SelfInformation::new(&[3, 1, 0, 0]);
    assert_close(novelty(&[ranking(&[0, 1])], 2, &information), (1.0 + 2.0) / 2.0);
    assert_close(novelty(&[ranking(&[0, 1]), ranking(&[2])], 1, &information), (1.0 + 3.0) / 2.0);
    assert_close(novelty(&[ranking(&[])], 2, &information), 0.0);
}

#[test]
fn gini_is_0_for_an_even_spread_and_near_1_when_one_item_takes_all() {
    assert_close(gini(&[ranking(&[0, 1]), ranking(&[2, 3])], 2, 4), 0.0);
    assert_close(gini(&[ranking(&[0]), ranking(&[0])], 1, 4), 0.75);
    assert_close(gini(&[ranking(&[])], 1, 4), 0.0);
    // Exposures 0, 1, 3: the mean absolute difference over all pairs is 12 / 9, twice the mean is 8 / 3.
    assert_close(gini(&[ranking(&[1]), ranking(&[2]), ranking(&[2]), ranking(&[2])], 1, 3), 0.5);
}

#[test]
fn nothing_found_is_a_plain_zero() {
    let hits = Hits::new(&ranking(&[9, 8]), &[1]);
    for value in [ndcg, recall, hit_rate, mrr, map].map(|metric| metric(&hits, 5)) {
        assert!(value == 0.0 && value.is_sign_positive(), "{value}");
    }
}

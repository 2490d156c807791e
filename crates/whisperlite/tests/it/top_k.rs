//! Selection against a full sort, on scores full of ties.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use whisperlite::metrics::{Ranked, by_rank, top_k};

/// A full sort by the rule: score descending, then item descending.
fn naive(scores: &[f32], k: usize, excluded: &[u32]) -> Vec<(u32, f32)> {
    let mut all: Vec<(u32, f32)> =
        (0..).zip(scores.iter().copied()).filter(|(item, _)| !excluded.contains(item)).collect();
    all.sort_by(|a, b| b.1.partial_cmp(&a.1).expect("finite").then(b.0.cmp(&a.0)));
    all.truncate(k);
    all
}

fn pairs(ranking: &[Ranked]) -> Vec<(u32, f32)> {
    ranking.iter().map(|place| (place.item_idx, place.score)).collect()
}

#[test]
fn ties_go_to_the_higher_item() {
    let ranking = top_k(&[1.0, 2.0, 1.0, 2.0, 0.5], 3, &[]).expect("finite");
    assert_eq!(pairs(&ranking), [(3, 2.0), (1, 2.0), (2, 1.0)]);
}

#[test]
fn minus_zero_ties_with_zero() {
    let ranking = top_k(&[0.0, -0.0, 0.0, -0.0], 4, &[]).expect("finite");
    assert_eq!(ranking.iter().map(|place| place.item_idx).collect::<Vec<_>>(), [3, 2, 1, 0]);
}

#[test]
fn excluded_items_give_their_places_to_others() {
    let ranking = top_k(&[5.0, 4.0, 3.0, 2.0], 2, &[0, 2]).expect("finite");
    assert_eq!(pairs(&ranking), [(1, 4.0), (3, 2.0)]);
    assert!(top_k(&[5.0, 4.0], 2, &[0, 1]).expect("finite").is_empty());
}

#[test]
fn nothing_asked_or_nothing_there_is_an_empty_ranking() {
    assert!(top_k(&[1.0, 2.0], 0, &[]).expect("finite").is_empty());
    assert!(top_k(&[], 5, &[]).expect("finite").is_empty());
}

#[test]
fn equals_a_full_sort_on_random_scores_with_many_ties() {
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    for round in 0..400 {
        let n_items = rng.random_range(0..1_500);
        // From all scores equal to nearly all distinct, around zero.
        let n_levels = [1, 2, 5, 50, 100_000][round % 5];
        let level = |rng: &mut ChaCha8Rng| (rng.random_range(0..n_levels) - n_levels / 2) as f32 / 3.0;
        let scores: Vec<f32> = (0..n_items).map(|_| level(&mut rng)).collect();
        let excluded: Vec<u32> = (0..n_items as u32).filter(|_| rng.random_range(0..10) == 0).collect();
        let k = [1, 5, 10, 100, 2_000][rng.random_range(0..5)];
        let ranking = top_k(&scores, k, &excluded).expect("finite");
        assert_eq!(pairs(&ranking), naive(&scores, k, &excluded), "round {round}");
        assert!(ranking.is_sorted_by(|a, b| by_rank(a, b).is_lt()));
    }
}

#[test]
fn ascending_and_descending_scores_are_no_special_case() {
    let rising: Vec<f32> = (0..5_000u16).map(f32::from).collect();
    let falling: Vec<f32> = rising.iter().rev().copied().collect();
    for scores in [rising, falling] {
        assert_eq!(pairs(&top_k(&scores, 100, &[]).expect("finite")), naive(&scores, 100, &[]));
    }
}

#[test]
fn extreme_but_finite_scores_are_ranked() {
    let scores = [f32::MIN, f32::MAX, f32::MIN_POSITIVE, -f32::MIN_POSITIVE, 1e-45, 0.0];
    assert_eq!(pairs(&top_k(&scores, 6, &[]).expect("finite")), naive(&scores, 6, &[]));
}

#[test]
fn a_score_that_is_not_finite_is_named_wherever_it_stands() {
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        for position in [0, 1, 15, 16, 63, 64, 100, 198, 199] {
            let mut scores = vec![1.0; 200];
            scores[position] = bad;
            // Also where it would not have been looked at: far below the threshold, or excluded.
            let error = top_k(&scores, 3, &[position as u32]).expect_err("must be rejected");
            assert_eq!(error.item_idx as usize, position);
            assert!(error.to_string().contains(&format!("item {position}")), "{error}");
        }
    }
}

//! Questions of the past, with what was known when they were asked.

use std::collections::{BTreeMap, HashSet};

use rand::seq::{IndexedRandom, SliceRandom};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use crate::catalog::Catalog;
use crate::catalog::split::{Part, Split, SplitRule, Visible};
use crate::metrics::top_k;
use crate::model::{Ask, Memory, N_CONTEXT, N_FEATURES, Person, World};
use crate::progress::Progress;
use crate::signals::Histories;

use super::ExampleConfig;

/// Questions whose features are computed together.
const BLOCK: usize = 8;
/// Positives of one question that are learned from.
const MAX_POSITIVES: usize = 20;
/// The first share of the training events only fills the first snapshot.
const FIRST_SNAPSHOT: f64 = 0.1;
/// Largest gap between a snapshot and its questions, as a share of the validation period's length: in the measured period,
/// too, what everybody does is known up to its beginning only.
const MAX_GAP: f64 = 0.7;

/// Keeps the seeds of different draws apart.
const DRAW_STRIDE: u64 = 0xA24B_AED4_963E_E407;

/// One question of the past.
#[derive(Debug, Clone, PartialEq)]
pub struct Example {
    /// Its words.
    pub request_idx: Option<u32>,
    /// Past items, newest first, with the request of each.
    pub history: Vec<(u32, Option<u32>)>,
    /// What the gates see.
    pub context: [f32; N_CONTEXT],
    /// Candidates; the positives come first.
    pub items: Vec<u32>,
    /// How many candidates are positives.
    pub n_positives: usize,
    /// `[n_candidates]`: `ln` of how many items of the catalogue a candidate stands for.
    pub log_weights: Vec<f32>,
    /// `[N_FEATURES, n_candidates]`
    pub features: Vec<f32>,
}

/// The questions of one snapshot, with what the item tower needs to know about its moment.
#[derive(Debug)]
pub struct SnapshotExamples {
    /// The questions.
    pub examples: Vec<Example>,
    /// Items that somebody chose before, ascending.
    pub warm: Vec<u32>,
    /// The past-request vectors of items that have one: item → `[d]`.
    pub past_vectors: std::collections::HashMap<u32, Vec<f32>>,
}

/// A question with its answers, before anything is computed.
struct Question {
    ask: Ask,
    request_idx: Option<u32>,
    relevant: Vec<u32>,
    touched: Vec<u32>,
}

/// What a snapshot sees, and which events it asks about.
struct Plan {
    visible: Visible,
    asked: Vec<u32>,
}

/// Makes the examples of all snapshots.
pub fn examples(
    world: &World<'_>,
    split: &Split,
    config: &ExampleConfig,
    seed: u64,
    progress: &dyn Progress,
) -> Vec<SnapshotExamples> {
    let catalog = world.catalog;
    let draws = (0..config.n_draws as u64).map(|draw| seed.wrapping_add(draw.wrapping_mul(DRAW_STRIDE)));
    let plans: Vec<Plan> = draws
        .flat_map(|seed| match split.rule {
            SplitRule::GlobalTime { .. } => by_time(catalog, split, config, seed),
            SplitRule::LeaveLastOut => by_people(catalog, split, config, seed),
        })
        .collect();
    let histories = Histories::build(catalog, &split.train);
    progress.start("look back at the past", Some(plans.len() as u64), "snapshots");
    let per_snapshot = config.max_queries.div_ceil(plans.len().max(1));
    let made: Vec<SnapshotExamples> = (0u64..)
        .zip(&plans)
        .map(|(place, plan)| {
            let mut rng = ChaCha8Rng::seed_from_u64(seed ^ (place + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
            let memory = Memory::new(world, &plan.visible);
            let mut questions = questions(world, split, plan, &histories);
            questions.shuffle(&mut rng);
            // People like those who will be asked come first: elsewhere histories are shorter, and taste counts for less.
            questions.sort_by_key(|question| question.ask.person.user_idx.is_none_or(|user_idx| !split.asks(user_idx)));
            questions.truncate(per_snapshot);
            let made = answer(&memory, questions, config, rng.random());
            progress.advance(1);
            made
        })
        .filter(|snapshot| !snapshot.examples.is_empty())
        .collect();
    progress.finish(&format!("{} questions of the past", made.iter().map(|s| s.examples.len()).sum::<usize>()));
    made
}

/// Cuts the training period into snapshots with equally many events; each is known up to a random gap before its questions.
fn by_time(catalog: &Catalog, split: &Split, config: &ExampleConfig, seed: u64) -> Vec<Plan> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let time = |event_idx: u32| catalog.events[event_idx as usize].timestamp;
    let n = split.train.len();
    let first = (FIRST_SNAPSHOT * n as f64) as usize;
    // Each draw shifts the edges, so that a question meets different snapshots.
    let shift: f64 = rng.random_range(0.0..1.0);
    let edge = |snapshot: usize| {
        let share = ((snapshot as f64 - shift) / (config.n_snapshots as f64 - shift)).max(0.0);
        first + ((n - first) as f64 * share) as usize
    };
    let valid_secs = (split.visible_for(Part::Test).now - split.visible_for(Part::Valid).now) as f64;
    let earliest = time(split.train[first / 2]);
    (0..config.n_snapshots)
        .filter_map(|snapshot| {
            let asked = split.train[edge(snapshot)..edge(snapshot + 1)].to_vec();
            let begins = time(*asked.first()?);
            let gap_secs = rng.random_range(0.0..MAX_GAP) * valid_secs;
            let now = (begins - gap_secs as i64).max(earliest).min(begins);
            let n_visible = split.train.partition_point(|&event_idx| time(event_idx) < now);
            Some(Plan { visible: Visible { events: split.train[..n_visible].to_vec(), now }, asked })
        })
        .collect()
}

/// Where only each user's order is known: each fold of people is asked, and what the others did is known.
fn by_people(catalog: &Catalog, split: &Split, config: &ExampleConfig, seed: u64) -> Vec<Plan> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let n_folds = config.n_snapshots.clamp(2, MAX_FOLDS);
    let fold_of: Vec<usize> = (0..catalog.n_users()).map(|_| rng.random_range(0..n_folds)).collect();
    let fold = |event_idx: u32| fold_of[catalog.events[event_idx as usize].user_idx as usize];
    let now = split.visible_for(Part::Valid).now;
    (0..n_folds)
        .map(|asked_fold| {
            let (asked, events) = split.train.iter().partition(|&&event_idx| fold(event_idx) == asked_fold);
            Plan { visible: Visible { events, now }, asked }
        })
        .collect()
}

/// Folds of people; more would cost time and change nothing.
const MAX_FOLDS: usize = 8;

/// Who asked for what, and where every event is a question of its own, when.
type Asked = (u32, Option<u32>, i64);

/// One question per person and request, as evaluation asks them: what is new to the person is the answer.
fn questions(world: &World<'_>, split: &Split, plan: &Plan, histories: &Histories) -> Vec<Question> {
    let catalog = world.catalog;
    // Without a common clock every event is a question of its own.
    let by_event = split.rule == SplitRule::LeaveLastOut;
    let mut groups: BTreeMap<Asked, (i64, Vec<u32>)> = BTreeMap::new();
    for &event_idx in &plan.asked {
        let event = &catalog.events[event_idx as usize];
        if event.event_type.is_positive() {
            let key = (event.user_idx, event.request_idx, if by_event { event.timestamp } else { 0 });
            let (moment, items) = groups.entry(key).or_insert((event.timestamp, Vec::new()));
            *moment = event.timestamp.min(*moment);
            items.push(event.item_idx);
        }
    }
    let questions = groups.into_iter().map(|((user_idx, request_idx, _), (moment, mut relevant))| {
        let history = histories.before(user_idx, moment).to_vec();
        let touched: HashSet<u32> = history.iter().map(|entry| entry.item_idx).collect();
        relevant.sort_unstable();
        relevant.dedup();
        relevant.retain(|item| !touched.contains(item));
        let mut touched: Vec<u32> = touched.into_iter().collect();
        touched.sort_unstable();
        let person = Person { user_idx: Some(user_idx), history, moment };
        Question { ask: world.ask(request_idx, person), request_idx, relevant, touched }
    });
    questions.filter(|question| !question.relevant.is_empty()).collect()
}

/// Computes features and draws candidates, on all cores.
fn answer(memory: &Memory<'_>, questions: Vec<Question>, config: &ExampleConfig, seed: u64) -> SnapshotExamples {
    let n_items = memory.world().catalog.n_items();
    let examples: Vec<Example> = questions
        .par_chunks(BLOCK)
        .enumerate()
        .flat_map_iter(|(block, questions)| {
            let mut rng = ChaCha8Rng::seed_from_u64(seed.wrapping_add(block as u64));
            let asks: Vec<Ask> = questions.iter().map(|question| question.ask.clone()).collect();
            let known = memory.know(&asks);
            let rows = known.features.chunks_exact(N_FEATURES * n_items).zip(known.contexts);
            let answered = questions.iter().zip(rows);
            answered
                .map(|(question, (rows, context))| example(question, rows, context, config, &mut rng))
                .collect::<Vec<_>>()
        })
        .collect();
    let warm: Vec<u32> = (0u32..).take(n_items).filter(|&item| memory.is_warm(item)).collect();
    let past_vectors = warm.iter().filter_map(|&item| Some((item, memory.past_vector(item)?.to_vec()))).collect();
    SnapshotExamples { examples, warm, past_vectors }
}

fn example(
    question: &Question,
    rows: &[f32],
    context: [f32; N_CONTEXT],
    config: &ExampleConfig,
    rng: &mut ChaCha8Rng,
) -> Example {
    let n_items = rows.len() / N_FEATURES;
    let (items, log_weights) = candidates(question, rows, n_items, config, rng);
    let features = rows.chunks_exact(n_items).flat_map(|row| items.iter().map(|&item| row[item as usize])).collect();
    Example {
        request_idx: question.request_idx,
        history: question.ask.person.wanted().collect(),
        context,
        n_positives: question.relevant.len().min(MAX_POSITIVES),
        items,
        log_weights,
        features,
    }
}

/// Some positives, the best items by each feature, and random ones that stand for the rest of the catalogue. A positive
/// for which there is no room is no negative either.
fn candidates(
    question: &Question,
    rows: &[f32],
    n_items: usize,
    config: &ExampleConfig,
    rng: &mut ChaCha8Rng,
) -> (Vec<u32>, Vec<f32>) {
    let mut items: Vec<u32> = question.relevant.sample(rng, MAX_POSITIVES).copied().collect();
    let mut taken: HashSet<u32> = question.relevant.iter().copied().collect();
    for row in rows.chunks_exact(n_items) {
        let best = top_k(row, config.n_hard, &question.touched).unwrap_or_default();
        items.extend(best.iter().filter(|r| r.score > 0.0 && taken.insert(r.item_idx)).map(|r| r.item_idx));
    }
    let n_certain = items.len();
    taken.extend(&question.touched);
    let n_rest = n_items.saturating_sub(taken.len());
    for _ in 0..config.n_random {
        let item = rng.random_range(0..n_items as u32);
        if taken.insert(item) {
            items.push(item);
        }
    }
    let n_drawn = items.len() - n_certain;
    let stands_for = (n_rest as f32 / n_drawn.max(1) as f32).max(1.0).ln();
    let log_weights = (0..items.len()).map(|place| if place < n_certain { 0.0 } else { stands_for }).collect();
    (items, log_weights)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::N_FEATURES;

    #[test]
    fn a_positive_without_room_is_no_negative() {
        const N_ITEMS: usize = 60;
        let relevant: Vec<u32> = (0..40).collect();
        let question =
            Question { ask: Ask::default(), request_idx: None, relevant: relevant.clone(), touched: vec![41] };
        let rows: Vec<f32> = (0..N_FEATURES * N_ITEMS).map(|at| (at % N_ITEMS) as f32).collect();
        let config = ExampleConfig { n_hard: 50, n_random: 500, ..ExampleConfig::default() };
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let example = example(&question, &rows, [0.0; N_CONTEXT], &config, &mut rng);
        assert_eq!(example.n_positives, MAX_POSITIVES);
        let (positives, negatives) = example.items.split_at(MAX_POSITIVES);
        assert!(positives.iter().all(|item| relevant.contains(item)));
        assert!(positives.iter().any(|&item| item >= MAX_POSITIVES as u32), "drawn, not the first ones");
        let mut negatives = negatives.to_vec();
        negatives.sort_unstable();
        assert_eq!(negatives, [40].into_iter().chain(42..60).collect::<Vec<u32>>());
    }
}

//! Chance that can be repeated: every item, shopper and session has a generator of its own, seeded by what it is, so that
//! each can be made alone and in any order.

use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// What a generator is for. Each purpose has its own numbers, so that a change in one leaves the others alone.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Purpose {
    Item = 1,
    Drawing = 2,
    Words = 3,
    Shopper = 4,
    Session = 5,
    Change = 6,
    Trend = 7,
    Kinds = 8,
    Look = 9,
}

/// The generator of one thing of one boutique.
pub(crate) fn generator(seed: u64, purpose: Purpose, index: u64) -> ChaCha8Rng {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    key[8] = purpose as u8;
    let mut rng = ChaCha8Rng::from_seed(key);
    rng.set_stream(index);
    rng
}

/// One well mixed number for a thing of one boutique: splitmix64, for where a whole generator would be too much.
pub(crate) fn mixed(seed: u64, purpose: Purpose, index: u64) -> u64 {
    let mut z = seed
        .wrapping_add((purpose as u64).wrapping_mul(0xD1B5_4A32_D192_ED03))
        .wrapping_add(index.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// One of `values`, each as likely.
pub(crate) fn pick<T: Copy>(values: &[T], rng: &mut impl Rng) -> T {
    values[rng.random_range(0..values.len())]
}

/// One of `values`, early ones more likely: the n-th has the weight 1 / (n + 2).
pub(crate) fn pick_early<T: Copy>(values: &[T], rng: &mut impl Rng) -> T {
    let weight = |place: usize| 1.0 / (place as f64 + 2.0);
    let mut left = rng.random_range(0.0..(0..values.len()).map(weight).sum::<f64>());
    for (place, value) in values.iter().enumerate() {
        left -= weight(place);
        if left < 0.0 {
            return *value;
        }
    }
    values[0]
}

/// A standard normal number, by the sum of twelve uniform ones: close enough, and the same on every machine.
pub(crate) fn normal(rng: &mut impl Rng) -> f64 {
    (0..12).map(|_| rng.random::<f64>()).sum::<f64>() - 6.0
}

/// The noise whose largest sum makes a softmax choice: Gumbel's.
pub(crate) fn gumbel(rng: &mut impl Rng) -> f64 {
    -(-rng.random_range(f64::EPSILON..1.0).ln()).ln()
}

/// FNV-1a, mixed: a hash that stays the same across versions and machines, which the standard library's does not promise.
pub(crate) fn hash(bytes: impl Iterator<Item = u8>) -> u64 {
    let fnv = bytes
        .fold(0xCBF2_9CE4_8422_2325, |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3));
    mixed(fnv, Purpose::Item, 0)
}

/// A number from 0 to 1 out of a mixed one.
pub(crate) fn unit(mixed: u64) -> f64 {
    (mixed >> 11) as f64 / (1_u64 << 53) as f64
}

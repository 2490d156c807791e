//! Loops over slices that the compiler turns into vector instructions.
//!
//! Functions here are always inlined, so that inside of [`vectorised`] they are compiled for the widest vectors of the
//! processor. Sums run in a fixed number of lanes: their order is the same on every machine, and they do not wait for one
//! addition after the other.

/// Partial sums that run side by side.
const LANES: usize = 32;

/// Does `work` as compiled for this processor instead of for the oldest one.
#[inline(always)]
pub(crate) fn vectorised<R>(work: impl FnOnce() -> R) -> R {
    pulp::Arch::new().dispatch(work)
}

/// The inner product.
#[inline(always)]
pub(crate) fn dot(a: &[f32], b: &[f32]) -> f32 {
    let (mut a, mut b) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let mut sums = [0.0; LANES];
    for (a, b) in a.by_ref().zip(b.by_ref()) {
        for lane in 0..LANES {
            sums[lane] += a[lane] * b[lane];
        }
    }
    let rest: f32 = a.remainder().iter().zip(b.remainder()).map(|(a, b)| a * b).sum();
    folded(sums, |a, b| a + b) + rest
}

/// `to += factor · from`.
#[inline(always)]
pub(super) fn add_scaled(to: &mut [f32], factor: f32, from: &[f32]) {
    to.iter_mut().zip(from).for_each(|(to, from)| *to += factor * from);
}

/// Turns scores into their softmax and returns `log Σ exp`, shifted by the largest score so that nothing overflows.
pub(crate) fn softmax(scores: &mut [f32]) -> f32 {
    vectorised(|| softmax_inline(scores))
}

#[inline(always)]
pub(super) fn softmax_inline(scores: &mut [f32]) -> f32 {
    let largest = largest(scores);
    let mut sums = [0.0; LANES];
    let mut chunks = scores.chunks_exact_mut(LANES);
    for chunk in chunks.by_ref() {
        for lane in 0..LANES {
            chunk[lane] = exp(chunk[lane] - largest);
            sums[lane] += chunk[lane];
        }
    }
    let mut sum = folded(sums, |a, b| a + b);
    for score in chunks.into_remainder() {
        *score = exp(*score - largest);
        sum += *score;
    }
    let share = 1.0 / sum;
    scores.iter_mut().for_each(|score| *score *= share);
    sum.ln() + largest
}

#[inline(always)]
fn largest(values: &[f32]) -> f32 {
    let greater = |a: f32, b: f32| if a > b { a } else { b };
    let mut found = [f32::NEG_INFINITY; LANES];
    let chunks = values.chunks_exact(LANES);
    let rest = chunks.remainder().iter().copied().fold(f32::NEG_INFINITY, greater);
    for chunk in chunks {
        for lane in 0..LANES {
            found[lane] = greater(chunk[lane], found[lane]);
        }
    }
    greater(folded(found, greater), rest)
}

#[inline(always)]
fn folded(mut lanes: [f32; LANES], merge: impl Fn(f32, f32) -> f32) -> f32 {
    let mut n = LANES;
    while n > 1 {
        n /= 2;
        for lane in 0..n {
            lanes[lane] = merge(lanes[lane], lanes[lane + n]);
        }
    }
    lanes[0]
}

/// `e^x` within 2e-7 of its value, 0 where that is not a normal number, for `x` up to 88.
///
/// `x = n ln 2 + r` with a whole `n`, and `e^r` is Cephes's polynomial. No branch, so that the compiler vectorises it.
#[inline(always)]
pub(super) fn exp(x: f32) -> f32 {
    /// Added to a small number, it leaves the nearest whole number in the lowest bits.
    const ROUNDING: f32 = 12_582_912.0;
    const LN_2_HIGH: f32 = 0.693_359_4;
    const LN_2_LOW: f32 = -2.121_944_4e-4;
    const P: [f32; 6] = [1.987_569_1e-4, 1.398_2e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 0.5];
    let shifted = x * std::f32::consts::LOG2_E + ROUNDING;
    let n = shifted - ROUNDING;
    let r = x - n * LN_2_HIGH - n * LN_2_LOW;
    let p = P.iter().skip(1).fold(P[0], |sum, coefficient| sum * r + coefficient);
    let power = shifted.to_bits().wrapping_sub(ROUNDING.to_bits()).wrapping_add(127) << 23;
    if x < -87.0 { 0.0 } else { (p * r * r + r + 1.0) * f32::from_bits(power) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_is_exact_to_the_last_digits() {
        for at in -870_000..=880_000 {
            let x = at as f32 * 1e-4;
            let exact = f64::from(x).exp();
            let off = (f64::from(exp(x)) - exact).abs() / exact;
            assert!(off < 2e-7, "exp({x}) is off by {off:e}");
        }
        assert_eq!(exp(-1.0e9), 0.0);
        assert_eq!(exp(f32::NEG_INFINITY), 0.0);
        assert_eq!(exp(0.0), 1.0);
        assert!(exp(f32::NAN).is_nan());
    }

    #[test]
    fn softmax_and_products_equal_the_formulas() {
        for n in [1, 31, 32, 33, 100] {
            let scores: Vec<f32> = (0..n).map(|at| ((at * 37) % 101) as f32 * 0.1 - 3.0).collect();
            let sum: f64 = scores.iter().map(|&score| f64::from(score).exp()).sum();
            let mut found = scores.clone();
            assert!((f64::from(softmax(&mut found)) - sum.ln()).abs() < 1e-6);
            for (found, &score) in found.iter().zip(&scores) {
                assert!((f64::from(*found) - f64::from(score).exp() / sum).abs() < 1e-6);
            }
            let square: f64 = scores.iter().map(|&score| f64::from(score).powi(2)).sum();
            assert!((f64::from(dot(&scores, &scores)) - square).abs() < 1e-4 * square);
        }
    }

    #[test]
    fn a_score_that_is_no_number_stays_visible() {
        let mut scores = [0.0; 40];
        scores[3] = f32::NAN;
        assert!(softmax(&mut scores).is_nan());
    }
}

//! Resizing as Pillow does it: separable, antialiased, in fixed point, rounded to bytes after each direction.
//!
//! Only the part of the resized picture that is wanted is computed, so that no shape of picture needs more memory than
//! its own and that of the result.

use super::Picture;

/// Bits behind the point of a coefficient, as in Pillow.
const PRECISION_BITS: u32 = 32 - 8 - 2;

/// How many bytes a pixel has.
const CHANNELS: usize = 3;

/// Weights of the pixels round a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filter {
    /// Mean of the covered pixels.
    Box,
    /// Falling linearly to both sides.
    Bilinear,
    /// A window of one pixel to both sides.
    Hamming,
    /// Cubic with a = -0.5.
    Bicubic,
    /// Windowed sinc over three pixels.
    Lanczos,
}

impl Filter {
    /// Reach to each side, in pixels of the smaller picture.
    fn support(self) -> f64 {
        match self {
            Self::Box => 0.5,
            Self::Bilinear | Self::Hamming => 1.0,
            Self::Bicubic => 2.0,
            Self::Lanczos => 3.0,
        }
    }

    fn weight(self, x: f64) -> f64 {
        use std::f64::consts::PI;
        const A: f64 = -0.5;
        let sinc = |x: f64| if x == 0.0 { 1.0 } else { (PI * x).sin() / (PI * x) };
        let distance = x.abs();
        match self {
            Self::Box => f64::from(x > -0.5 && x <= 0.5),
            Self::Bilinear => (1.0 - distance).max(0.0),
            Self::Hamming if distance >= 1.0 => 0.0,
            Self::Hamming => sinc(x) * (0.54 + 0.46 * (PI * x).cos()),
            Self::Bicubic if distance < 1.0 => ((A + 2.0) * distance - (A + 3.0)) * distance * distance + 1.0,
            Self::Bicubic if distance < 2.0 => (((distance - 5.0) * distance + 8.0) * distance - 4.0) * A,
            Self::Bicubic => 0.0,
            Self::Lanczos if (-3.0..3.0).contains(&x) => sinc(x) * sinc(x / 3.0),
            Self::Lanczos => 0.0,
        }
    }
}

/// A part of one edge: pixels `first..first + n` of `full`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) full: usize,
    pub(super) first: usize,
    pub(super) n: usize,
}

/// What one pixel of the result is the sum of.
struct Taps {
    first: usize,
    coefficients: Vec<i32>,
}

/// Resizes a picture to `columns.full × rows.full` pixels and gives the wanted part of it.
///
/// # Shapes
/// Returns `[rows.n, columns.n, 3]`.
pub(super) fn resample(picture: &Picture, columns: Span, rows: Span, filter: Filter) -> Vec<u8> {
    let (width, height) = (picture.width(), picture.height());
    let (across, down) = (taps(width, columns, filter), taps(height, rows, filter));
    // Only the rows that the vertical pass reads.
    let first_row = down.first().map_or(0, |taps| taps.first);
    let end_row = down.last().map_or(0, |taps| taps.first + taps.coefficients.len());
    let needed = &picture.rgb()[first_row * width * CHANNELS..end_row * width * CHANNELS];
    if shrinks_downwards_first([width, height], [columns.full, rows.full]) {
        let low = vertical_pass(needed, width, first_row, &down);
        return horizontal_pass(&low, width, &across);
    }
    let narrow = horizontal_pass(needed, width, &across);
    vertical_pass(&narrow, columns.n, first_row, &down)
}

/// The order of the passes decides how often a pixel is rounded. Pillow goes across first, unless the picture loses much
/// more of its height than of its width; this is where its versions since 13 draw the line. It bounds the memory between the
/// passes, too.
fn shrinks_downwards_first([width, height]: [usize; 2], [new_width, new_height]: [usize; 2]) -> bool {
    let lost = |from: usize, to: usize| from as i128 - to as i128;
    height > new_height && lost(height, new_height) > 2 * lost(width, new_width)
}

/// `[n, width, 3] → [n, across.len(), 3]`
fn horizontal_pass(rows: &[u8], width: usize, across: &[Taps]) -> Vec<u8> {
    let mut out = vec![0; rows.len() / width * across.len()];
    let pairs = rows.chunks_exact(width * CHANNELS).zip(out.chunks_exact_mut(across.len() * CHANNELS));
    pairs.for_each(|(row, out)| horizontal(row, across, out));
    out
}

/// `[n, width, 3] → [down.len(), width, 3]`, for rows of which the first is `first_row` of the picture.
fn vertical_pass(rows: &[u8], width: usize, first_row: usize, down: &[Taps]) -> Vec<u8> {
    let mut out = vec![0; down.len() * width * CHANNELS];
    for (taps, out) in down.iter().zip(out.chunks_exact_mut(width * CHANNELS)) {
        vertical(rows, taps.first - first_row, taps, out);
    }
    out
}

fn horizontal(row: &[u8], across: &[Taps], out: &mut [u8]) {
    let (pixels, _) = row.as_chunks::<CHANNELS>();
    let (out, _) = out.as_chunks_mut::<CHANNELS>();
    for (taps, out) in across.iter().zip(out) {
        let mut sum = [HALF; CHANNELS];
        for (coefficient, pixel) in taps.coefficients.iter().zip(&pixels[taps.first..]) {
            for channel in 0..CHANNELS {
                sum[channel] += coefficient * i32::from(pixel[channel]);
            }
        }
        *out = sum.map(to_byte);
    }
}

fn vertical(rows: &[u8], first: usize, taps: &Taps, out: &mut [u8]) {
    let mut sums = vec![HALF; out.len()];
    for (coefficient, row) in taps.coefficients.iter().zip(rows.chunks_exact(out.len()).skip(first)) {
        for (sum, value) in sums.iter_mut().zip(row) {
            *sum += coefficient * i32::from(*value);
        }
    }
    out.iter_mut().zip(sums).for_each(|(out, sum)| *out = to_byte(sum));
}

/// One half, for rounding.
const HALF: i32 = 1 << (PRECISION_BITS - 1);

fn to_byte(sum: i32) -> u8 {
    (sum >> PRECISION_BITS).clamp(0, 255) as u8
}

/// The coefficients of the wanted pixels of an edge that had `n_in` pixels.
fn taps(n_in: usize, span: Span, filter: Filter) -> Vec<Taps> {
    if span.full == n_in {
        // Pillow leaves an edge alone that keeps its length.
        let unchanged = |first| Taps { first, coefficients: vec![1 << PRECISION_BITS] };
        return (span.first..span.first + span.n).map(unchanged).collect();
    }
    let scale = n_in as f64 / span.full as f64;
    let stretch = scale.max(1.0);
    let support = filter.support() * stretch;
    let of = |pixel: usize| {
        let center = (pixel as f64 + 0.5) * scale;
        let first = (center - support + 0.5).max(0.0) as usize;
        let end = ((center + support + 0.5) as usize).min(n_in);
        let weights = (first..end).map(|at| filter.weight((at as f64 - center + 0.5) / stretch));
        let weights: Vec<f64> = weights.collect();
        let total: f64 = weights.iter().sum();
        let total = if total == 0.0 { 1.0 } else { total };
        let fixed = |weight: &f64| (weight / total * f64::from(1u32 << PRECISION_BITS)).round() as i32;
        Taps { first, coefficients: weights.iter().map(fixed).collect() }
    };
    (span.first..span.first + span.n).map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn full(n: usize) -> Span {
        Span { full: n, first: 0, n }
    }

    fn drawn(width: usize, height: usize) -> Picture {
        let rgb = (0..width * height * CHANNELS).map(|at| (at * at / 7 % 256) as u8).collect();
        Picture::from_rgb(width, height, rgb).unwrap()
    }

    #[test]
    fn the_same_size_is_the_same_picture() {
        let picture = drawn(9, 7);
        assert_eq!(resample(&picture, full(9), full(7), Filter::Bicubic), picture.rgb());
    }

    #[test]
    fn one_colour_stays_one_colour() {
        let picture = Picture::from_rgb(31, 17, [10, 128, 250].repeat(31 * 17)).unwrap();
        for filter in [Filter::Box, Filter::Bilinear, Filter::Hamming, Filter::Bicubic, Filter::Lanczos] {
            for [width, height] in [[5, 40], [40, 5], [1, 1]] {
                let resized = resample(&picture, full(width), full(height), filter);
                assert_eq!(resized, [10, 128, 250].repeat(width * height), "{filter:?} {width} {height}");
            }
        }
    }

    #[test]
    fn a_thin_picture_squeezed_into_a_square_needs_little_memory() {
        let picture = Picture::from_rgb(1, 3_000_000, vec![9; 9_000_000]).unwrap();
        assert!(shrinks_downwards_first([1, 3_000_000], [224, 224])); // the other way needs two gigabytes
        assert_eq!(resample(&picture, full(224), full(224), Filter::Bicubic), [9; 3 * 224 * 224]);
    }

    #[test]
    fn a_part_is_a_part_of_the_whole() {
        let picture = drawn(40, 30);
        let whole = resample(&picture, full(20), full(50), Filter::Bicubic);
        let (columns, rows) = (Span { full: 20, first: 3, n: 5 }, Span { full: 50, first: 44, n: 6 });
        let part = resample(&picture, columns, rows, Filter::Bicubic);
        for (row, pixels) in part.chunks_exact(5 * CHANNELS).enumerate() {
            assert_eq!(pixels, &whole[((44 + row) * 20 + 3) * CHANNELS..][..5 * CHANNELS]);
        }
    }
}

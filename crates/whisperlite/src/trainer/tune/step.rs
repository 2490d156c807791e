//! One step: the loss of a whole batch, with the towers' work cut into parts.
//!
//! Each part of a batch has a graph of its own, built and walked back by one thread, so that its matrices stay in the cache and
//! every core is busy. What the parts share is the loss: it is computed from all their vectors, and its gradient by each
//! part's vectors is where the walk through that part's graph begins. So the gradient is that of the whole batch.

use burn::module::Module;
use burn::optim::{GradientsAccumulator, GradientsParams};
use burn::tensor::{Device, Int, Tensor, TensorData};
use rand::SeedableRng;
use rand::seq::index::sample;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::Captioned;
use crate::encoder::clip::Clip;
use crate::index::floats;
use crate::loss::multi_positive_info_nce;

/// Pictures of a part.
const PART: usize = 16;

/// A picture as the tower sees it, with the text that was drawn for it.
pub(super) struct Seen<'p> {
    pub(super) pair: &'p Captioned,
    pub(super) text: &'p str,
    /// Of that text.
    pub(super) tokens: Vec<u32>,
    /// `[3, side, side]`
    pub(super) pixels: Vec<f32>,
}

/// How the tower looks at the pictures of a step.
#[derive(Debug, Clone, Copy)]
pub(super) struct View {
    /// Pixels along the edge.
    pub(super) side: usize,
    /// Share of the patches that are seen.
    pub(super) kept_patches: f64,
    /// Chooses which.
    pub(super) seed: u64,
}

impl View {
    /// The patches that the pictures of one part show, in order; `None` for all.
    fn kept(self, clip: &Clip, part: usize, device: &Device) -> Option<Tensor<1, Int>> {
        let n_patches = clip.vision.n_patches();
        let n_kept = ((self.kept_patches * n_patches as f64).round() as usize).max(1);
        if n_kept >= n_patches {
            return None;
        }
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        rng.set_stream(part as u64);
        let mut kept: Vec<i64> = sample(&mut rng, n_patches, n_kept).into_iter().map(|patch| patch as i64).collect();
        kept.sort_unstable();
        Some(Tensor::from_data(TensorData::new(kept, [n_kept]), device))
    }
}

/// The loss of a batch, and its gradient by all weights.
///
/// InfoNCE from texts to pictures and from pictures to texts, halved; a text is right for every picture of which it is said.
pub(super) fn loss_and_gradients(clip: &Clip, seen: &[Seen<'_>], view: View) -> (f64, GradientsParams) {
    let parts: Vec<Part> =
        seen.par_chunks(PART).enumerate().map(|(part, seen)| Part::forward(clip, seen, view, part)).collect();
    let shared = Contrast::new(clip, &parts, seen);
    let d = shared.by_texts.len() / seen.len();
    let by_rows = shared.by_texts.par_chunks(PART * d).zip(shared.by_pictures.par_chunks(PART * d));
    let gradients: Vec<GradientsParams> =
        parts.into_par_iter().zip(by_rows).map(|(part, (texts, pictures))| part.backward(texts, pictures)).collect();
    let mut sum = GradientsAccumulator::new();
    gradients.into_iter().chain([shared.by_scale]).for_each(|gradients| sum.accumulate(clip, gradients));
    (shared.loss, sum.grads())
}

/// Some pictures and their texts, with the graph from the weights to their vectors.
struct Part {
    clip: Clip,
    /// `[n, d]`, rows of length 1, and so are the pictures.
    texts: Tensor<2>,
    pictures: Tensor<2>,
}

impl Part {
    fn forward(clip: &Clip, seen: &[Seen<'_>], view: View, part: usize) -> Self {
        let (clip, side, device) = (clip.clone().train(), view.side, Device::flex().autodiff());
        let pixels: Vec<f32> = seen.iter().flat_map(|seen| seen.pixels.iter().copied()).collect();
        let pixels = TensorData::new(pixels, [seen.len(), 3, side, side]);
        let tokens: Vec<&[u32]> = seen.iter().map(|seen| seen.tokens.as_slice()).collect();
        let texts = unit(clip.encode_text(&tokens));
        let kept = view.kept(&clip, part, &device);
        let pictures = unit(clip.vision.forward_of(Tensor::from_data(pixels, &device), kept));
        Self { clip, texts, pictures }
    }

    /// Walks back from the gradient by the vectors, `[n, d]` each.
    fn backward(self, by_texts: &[f32], by_pictures: &[f32]) -> GradientsParams {
        let like = |rows: &[f32], vectors: &Tensor<2>| {
            Tensor::from_data(TensorData::new(rows.to_vec(), vectors.dims()), &Device::flex().autodiff())
        };
        let (by_texts, by_pictures) = (like(by_texts, &self.texts), like(by_pictures, &self.pictures));
        let start = (self.texts * by_texts).sum() + (self.pictures * by_pictures).sum();
        GradientsParams::from_grads(start.backward(), &self.clip)
    }
}

/// The loss of a batch, and its gradients by the vectors, `[n, d]` each, and by the temperature.
struct Contrast {
    loss: f64,
    by_texts: Vec<f32>,
    by_pictures: Vec<f32>,
    by_scale: GradientsParams,
}

impl Contrast {
    fn new(clip: &Clip, parts: &[Part], seen: &[Seen<'_>]) -> Self {
        let device = Device::flex().autodiff();
        let clip = clip.clone().train();
        let whole = |vectors: fn(&Part) -> &Tensor<2>| -> Tensor<2> {
            let rows: Vec<f32> = parts.iter().flat_map(|part| floats(vectors(part).clone())).collect();
            let d = rows.len() / seen.len();
            Tensor::from_data(TensorData::new(rows, [seen.len(), d]), &device).require_grad()
        };
        let (texts, pictures) = (whole(|part| &part.texts), whole(|part| &part.pictures));
        let cosines = texts.clone().matmul(pictures.clone().transpose());
        let scores = cosines * clip.logit_scale.val().exp().reshape([1, 1]);
        let labels = labels(seen, &device);
        let of_pictures = multi_positive_info_nce(scores.clone().transpose(), labels.clone().transpose());
        let loss = (multi_positive_info_nce(scores, labels) + of_pictures) * 0.5;
        let gradients = loss.backward();
        let by = |vectors: &Tensor<2>| floats(vectors.grad(&gradients).expect("the vectors are in the graph"));
        let (by_texts, by_pictures) = (by(&texts), by(&pictures));
        let by_scale = GradientsParams::from_grads(gradients, &clip);
        Self { loss: f64::from(loss.into_scalar::<f32>()), by_texts, by_pictures, by_scale }
    }
}

/// `[n, n]`: 1 where the text of the row is said of the picture of the column.
fn labels(seen: &[Seen<'_>], device: &Device) -> Tensor<2> {
    let is_said = |row: &Seen<'_>, column: &Seen<'_>| column.pair.texts.iter().any(|text| text == row.text);
    let values: Vec<f32> = seen
        .iter()
        .flat_map(|row| seen.iter().map(move |column| if is_said(row, column) { 1.0 } else { 0.0 }))
        .collect();
    Tensor::from_data(TensorData::new(values, [seen.len(), seen.len()]), device)
}

/// Rows of length 1.
fn unit(rows: Tensor<2>) -> Tensor<2> {
    let length = rows.clone().square().sum_dim(1).sqrt().clamp_min(1e-12);
    rows / length
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use burn::module::{ModuleVisitor, Param};

    use super::*;
    use crate::encoder::clip::ClipConfig;
    use crate::encoder::transformer::TowerConfig;

    const SIDE: usize = 16;

    fn small_clip() -> Clip {
        let mut config = ClipConfig { projection_dim: 12, ..ClipConfig::default() };
        let small = |tower: TowerConfig| TowerConfig {
            hidden_size: 16,
            intermediate_size: 32,
            n_layers: 2,
            n_heads: 2,
            ..tower
        };
        config.text.tower = small(config.text.tower);
        config.text.vocab_size = 60;
        config.text.n_positions = 8;
        config.vision.tower = small(config.vision.tower);
        (config.vision.image_size, config.vision.patch_size) = (SIDE, 8);
        Clip::random(&config, 3, &Device::flex()).unwrap()
    }

    fn see(n: usize, pair: &Captioned) -> Seen<'_> {
        let pixels = (0..3 * SIDE * SIDE).map(|at| ((at * 7 + n * 13) % 19) as f32 / 19.0 - 0.5).collect();
        Seen { pair, text: &pair.texts[0], tokens: vec![1, 2 + n as u32 / 2, 59], pixels }
    }

    /// Every gradient, flat.
    struct Flat(GradientsParams, Vec<f32>);

    impl ModuleVisitor for Flat {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            self.1.extend(floats(self.0.remove::<D>(param.id).expect("every weight has a gradient")));
        }
    }

    #[test]
    fn parts_have_the_gradient_of_the_whole() {
        let clip = small_clip();
        let view = View { side: SIDE, kept_patches: 1.0, seed: 1 };
        let pairs: Vec<Captioned> = (0..PART + 5)
            .map(|n| Captioned { image: PathBuf::new(), texts: vec![format!("text {}", n / 2)], group: String::new() })
            .collect();
        let seen: Vec<Seen<'_>> = pairs.iter().enumerate().map(|(n, pair)| see(n, pair)).collect();
        let (loss, gradients) = loss_and_gradients(&clip, &seen, view);
        let mut parts = Flat(gradients, Vec::new());
        clip.visit(&mut parts);

        let whole = Part::forward(&clip, &seen, view, 0);
        let device = Device::flex().autodiff();
        let scale = whole.clip.logit_scale.val().exp().reshape([1, 1]);
        let scores = whole.texts.clone().matmul(whole.pictures.clone().transpose()) * scale;
        let labels = labels(&seen, &device);
        let of_pictures = multi_positive_info_nce(scores.clone().transpose(), labels.clone().transpose());
        let expected = (multi_positive_info_nce(scores, labels) + of_pictures) * 0.5;
        let mut whole_gradients = Flat(GradientsParams::from_grads(expected.backward(), &whole.clip), Vec::new());
        clip.visit(&mut whole_gradients);
        assert!((loss - f64::from(expected.into_scalar::<f32>())).abs() < 1e-5);
        let largest = whole_gradients.1.iter().fold(0.0f32, |largest, value| largest.max(value.abs()));
        assert!(largest > 1e-4);
        for (ours, expected) in parts.1.iter().zip(&whole_gradients.1) {
            assert!((ours - expected).abs() < 1e-4 * largest, "{ours} is not {expected}");
        }
    }
}

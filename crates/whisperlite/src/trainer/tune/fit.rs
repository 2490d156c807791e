//! The loop that trains an encoder.

use burn::module::Module;
use burn::optim::{GradientsParams, ModuleOptimizer};
use burn::tensor::{Device, Tensor, TensorData};
use rand::SeedableRng;
use rand::seq::{IndexedRandom, SliceRandom};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde::Serialize;

use super::augment::varied;
use super::recall::text_to_picture;
use super::{Captioned, TuneConfig, TuneError};
use crate::encoder::clip::{Clip, ClipModel};
use crate::encoder::{EncoderError, Picture};
use crate::loss::multi_positive_info_nce;
use crate::progress::Progress;
use crate::trainer::average::averaged;
use crate::trainer::optimizer::adam_w;

/// `ln 100`: the inverse temperature stays below 100, as in CLIP.
const MAX_LOGIT_SCALE: f32 = 4.605_17;

/// One round over the pictures.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct TuneEpoch {
    /// 1 for the first; 0 is the encoder before.
    pub epoch: usize,
    /// Mean loss of its steps; none before the first.
    pub loss: Option<f64>,
    /// Share of the held-out texts whose picture comes first among all held-out pictures; none where nothing is held out.
    pub recall_at_1: Option<f64>,
}

/// An encoder after training.
#[derive(Debug)]
pub struct Tuned {
    /// The encoder: the average of the weights over the last steps.
    pub model: ClipModel,
    /// All epochs, the state before training first.
    pub epochs: Vec<TuneEpoch>,
}

/// Trains both towers of `start`; `keep` gets the encoder after every epoch.
///
/// The loss is InfoNCE from texts to pictures and from pictures to texts, halved; a text is right for every picture of the batch
/// of which it is said.
///
/// # Errors
/// If a setting makes no sense, a picture cannot be read, the loss is no number any more, or `keep` fails.
pub fn tune(
    start: ClipModel,
    pairs: &[Captioned],
    config: &TuneConfig,
    keep: &mut dyn FnMut(&ClipModel, TuneEpoch) -> Result<(), EncoderError>,
    progress: &dyn Progress,
) -> Result<Tuned, TuneError> {
    config.check()?;
    let (held_out, learned) = divide(pairs, config)?;
    let recall = |model: &ClipModel| (!held_out.is_empty()).then(|| text_to_picture(model, &held_out)).transpose();
    let mut epochs = vec![TuneEpoch { epoch: 0, loss: None, recall_at_1: recall(&start)? }];
    let optimizer = adam_w(config.weight_decay);
    let mut run = Run { now: start.clip.clone(), optimizer, done: 0, model: start, learned, config, progress };
    for epoch in 1..=config.epochs {
        let loss = run.epoch(epoch)?;
        let now = TuneEpoch { epoch, loss: Some(loss), recall_at_1: recall(&run.model)? };
        let measured = now.recall_at_1.map_or(String::new(), |recall| format!(", held-out recall@1 {recall:.4}"));
        progress.finish(&format!("epoch {epoch}/{}: loss {loss:.4}{measured}", config.epochs));
        keep(&run.model, now)?;
        epochs.push(now);
    }
    Ok(Tuned { model: run.model, epochs })
}

/// What is held out, and what is learned from.
fn divide<'p>(
    pairs: &'p [Captioned],
    config: &TuneConfig,
) -> Result<(Vec<&'p Captioned>, Vec<&'p Captioned>), TuneError> {
    let &TuneConfig { held_out, batch_size, .. } = config;
    if pairs.len() < held_out + batch_size {
        return Err(TuneError::TooFew { n_pairs: pairs.len(), held_out, batch_size });
    }
    let mut all: Vec<&Captioned> = pairs.iter().collect();
    all.shuffle(&mut ChaCha8Rng::seed_from_u64(config.seed));
    let learned = all.split_off(held_out);
    Ok((all, learned))
}

/// A picture as the tower sees it, with the text that was drawn for it.
struct Seen<'p> {
    pair: &'p Captioned,
    text: &'p str,
    pixels: Vec<f32>,
}

struct Run<'a> {
    /// As of the last step.
    now: Clip,
    optimizer: ModuleOptimizer,
    /// Steps so far.
    done: usize,
    /// The average over the last steps, with what belongs to it.
    model: ClipModel,
    learned: Vec<&'a Captioned>,
    config: &'a TuneConfig,
    progress: &'a dyn Progress,
}

impl<'a> Run<'a> {
    /// Goes through all pictures once, in a new order; returns the mean loss.
    fn epoch(&mut self, epoch: usize) -> Result<f64, TuneError> {
        let config = self.config;
        let seed = config.seed ^ (epoch as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let mut order = self.learned.clone();
        order.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
        let batches: Vec<&[&Captioned]> = order.chunks_exact(config.batch_size).collect();
        let n_steps = batches.len() * config.epochs;
        let task = format!("epoch {epoch}/{}", config.epochs);
        self.progress.start(&task, Some((batches.len() * config.batch_size) as u64), "pictures");
        let mut sum = 0.0;
        for (step, batch) in batches.iter().enumerate() {
            let seen = self.look(batch, seed.wrapping_add(step as u64))?;
            let loss = self.step(&seen, config.rate(self.done, n_steps))?;
            if !loss.is_finite() {
                let learning_rate = config.learning_rate;
                return Err(TuneError::NonFiniteLoss { loss, epoch, step: step + 1, learning_rate });
            }
            sum += loss;
            self.progress.advance(batch.len() as u64);
            self.progress.note(&format!("{task}, loss {:.4}", sum / (step + 1) as f64));
        }
        Ok(sum / batches.len() as f64)
    }

    /// Reads the pictures of a batch, on all cores.
    fn look(&self, batch: &[&'a Captioned], seed: u64) -> Result<Vec<Seen<'a>>, TuneError> {
        let see = |(place, pair): (usize, &&'a Captioned)| {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            rng.set_stream(place as u64);
            let picture = varied(&Picture::read(&pair.image)?, self.config, &mut rng);
            let text = pair.texts.choose(&mut rng).map_or("", String::as_str);
            Ok(Seen { pair, text, pixels: self.model.preprocessing.pixels(&picture) })
        };
        batch.par_iter().enumerate().map(see).collect()
    }

    /// Moves the weights once; returns the loss before.
    fn step(&mut self, seen: &[Seen<'_>], rate: f64) -> Result<f64, TuneError> {
        let device = Device::flex().autodiff();
        let clip = self.now.clone().train();
        let texts: Vec<&str> = seen.iter().map(|seen| seen.text).collect();
        let pixels: Vec<f32> = seen.iter().flat_map(|seen| seen.pixels.iter().copied()).collect();
        let side = self.model.preprocessing.side;
        let pixels = Tensor::from_data(TensorData::new(pixels, [seen.len(), 3, side, side]), &device);
        let texts = unit(clip.encode_text(&tokens(&self.model.tokens(&texts)?)));
        let scores = texts.matmul(unit(clip.encode_image(pixels)).transpose());
        let scores = scores * clip.logit_scale.val().exp().reshape([1, 1]);
        let labels = labels(seen, &device);
        let of_pictures = multi_positive_info_nce(scores.clone().transpose(), labels.clone().transpose());
        let loss = (multi_positive_info_nce(scores, labels) + of_pictures) * 0.5;
        let gradients = GradientsParams::from_grads(loss.backward(), &clip);
        let value = f64::from(loss.into_scalar::<f32>());
        let mut moved = self.optimizer.step(rate, clip, gradients).valid();
        moved.logit_scale = moved.logit_scale.map(|scale| scale.clamp_max(MAX_LOGIT_SCALE));
        self.done += 1;
        // At first the average follows closely: what the weights were at birth is nothing to remember.
        let decay = self.config.averaging.min(self.done as f32 / (self.done as f32 + 10.0));
        self.model.clip = averaged(self.model.clip.clone(), &moved, decay);
        self.now = moved;
        Ok(value)
    }
}

fn tokens(texts: &[Vec<u32>]) -> Vec<&[u32]> {
    texts.iter().map(Vec::as_slice).collect()
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
pub(super) fn unit(rows: Tensor<2>) -> Tensor<2> {
    let length = rows.clone().square().sum_dim(1).sqrt().clamp_min(1e-12);
    rows / length
}

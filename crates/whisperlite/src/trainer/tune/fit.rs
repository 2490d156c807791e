//! The loop that trains an encoder.

use std::collections::HashSet;
use std::path::Path;

use burn::module::Module;
use burn::optim::ModuleOptimizer;
use rand::SeedableRng;
use rand::seq::{IndexedRandom, SliceRandom};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde::Serialize;

use super::augment::varied;
use super::batches::batches;
use super::recall::text_to_picture;
use super::step::{Seen, View, loss_and_gradients};
use super::{Captioned, TuneConfig, TuneError};
use crate::encoder::clip::{Clip, ClipModel};
use crate::encoder::{EncoderError, Picture};
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
    /// Pictures that were learned from.
    pub n_learned: usize,
    /// All epochs, the state before training first.
    pub epochs: Vec<TuneEpoch>,
}

/// Trains both towers of `start`; `keep` gets the encoder after every epoch.
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
    let optimizer = adam_w(config.weight_decay, config.epsilon);
    let mut run = Run { now: start.clip.clone(), optimizer, done: 0, model: start, learned, config, progress };
    for epoch in 1..=config.epochs {
        let loss = run.epoch(epoch)?;
        let now = TuneEpoch { epoch, loss: Some(loss), recall_at_1: recall(&run.model)? };
        let measured = now.recall_at_1.map_or(String::new(), |recall| format!(", held-out recall@1 {recall:.4}"));
        progress.finish(&format!("epoch {epoch}/{}: loss {loss:.4}{measured}", config.epochs));
        keep(&run.model, now)?;
        epochs.push(now);
    }
    Ok(Tuned { n_learned: run.learned.len(), model: run.model, epochs })
}

/// What is held out, and what is learned from.
fn divide<'p>(
    pairs: &'p [Captioned],
    config: &TuneConfig,
) -> Result<(Vec<&'p Captioned>, Vec<&'p Captioned>), TuneError> {
    let &TuneConfig { held_out, batch_size, .. } = config;
    let too_few = |n_learned| TuneError::TooFew { n_learned, held_out, batch_size };
    if pairs.len() < held_out {
        return Err(too_few(0));
    }
    let mut all: Vec<&Captioned> = pairs.iter().collect();
    all.shuffle(&mut ChaCha8Rng::seed_from_u64(config.seed));
    let mut learned = all.split_off(held_out);
    // A picture that is listed twice is not learned from where it is measured on.
    let measured: HashSet<&Path> = all.iter().map(|pair| pair.image.as_path()).collect();
    learned.retain(|pair| !measured.contains(pair.image.as_path()));
    if learned.len() < batch_size {
        return Err(too_few(learned.len()));
    }
    Ok((all, learned))
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
        let batches = batches(&self.learned, config, &mut ChaCha8Rng::seed_from_u64(seed));
        let n_steps = batches.len() * config.epochs;
        let task = format!("epoch {epoch}/{}", config.epochs);
        self.progress.start(&task, Some((batches.len() * config.batch_size) as u64), "pictures");
        let mut sum = 0.0;
        for (step, batch) in batches.iter().enumerate() {
            let seen = self.look(batch, seed.wrapping_add(step as u64))?;
            let kept_patches = if epoch < config.epochs { config.kept_patches } else { 1.0 };
            let view = View { side: self.model.preprocessing.side, kept_patches, seed: seed.wrapping_add(step as u64) };
            let loss = self.step(&seen, view, config.rate(self.done, n_steps));
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
            let (tokens, pixels) =
                (self.model.tokens(&[text])?.swap_remove(0), self.model.preprocessing.pixels(&picture));
            Ok(Seen { pair, text, tokens, pixels })
        };
        batch.par_iter().enumerate().map(see).collect()
    }

    /// Moves the weights once; returns the loss before.
    fn step(&mut self, seen: &[Seen<'_>], view: View, rate: f64) -> f64 {
        let (loss, gradients) = loss_and_gradients(&self.now, seen, view);
        let mut moved = self.optimizer.step(rate, self.now.clone().train(), gradients).valid();
        moved.logit_scale = moved.logit_scale.map(|scale| scale.clamp_max(MAX_LOGIT_SCALE));
        self.done += 1;
        // At first the average follows closely: what the weights were at birth is nothing to remember.
        let decay = self.config.averaging.min(self.done as f32 / (self.done as f32 + 10.0));
        self.model.clip = averaged(self.model.clip.clone(), &moved, decay);
        self.now = moved;
        loss
    }
}

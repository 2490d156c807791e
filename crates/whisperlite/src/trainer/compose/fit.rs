//! The loop that trains a composition.

use burn::module::Module;
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor, TensorData};
use rand::SeedableRng;
use rand::seq::{IndexedRandom, SliceRandom};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

use super::{ComposeConfig, ComposeError, Triples};
use crate::encoder::Composer;
use crate::loss::multi_positive_info_nce;
use crate::progress::Progress;
use crate::trainer::optimizer::{adam_w, cosine_fall};

/// What AdamW adds to the root of the second moment.
const EPSILON: f32 = 1e-8;
/// Shares of the text in what is seen of a thing: its picture alone, both, its text alone.
const VIEWS: [f32; 3] = [0.0, 0.5, 1.0];

/// One round over the triples.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ComposeEpoch {
    /// 1 for the first.
    pub epoch: usize,
    /// Mean loss of its steps.
    pub loss: f64,
}

/// Trains a composition for the encoder that embedded the triples: InfoNCE from what is composed to what was meant, against everything
/// else in the batch, the things that were started from included.
///
/// # Errors
/// If a setting makes no sense, there are too few triples, or the loss is no number any more.
pub fn compose(
    triples: &Triples,
    config: &ComposeConfig,
    progress: &dyn Progress,
) -> Result<(Composer, Vec<ComposeEpoch>), ComposeError> {
    config.check(triples.len())?;
    let (n, batch_size) = (triples.len(), config.batch_size);
    let mut rng = ChaCha8Rng::seed_from_u64(config.seed);
    let mut composer = Composer::random(triples.d, config.seed);
    let mut optimizer = adam_w(config.weight_decay, EPSILON);
    let n_steps = n / batch_size * config.epochs;
    let mut order: Vec<usize> = (0..n).collect();
    let (mut epochs, mut done) = (Vec::new(), 0);
    progress.start("learning the composition", Some((n_steps * batch_size) as u64), "triples");
    for epoch in 1..=config.epochs {
        order.shuffle(&mut rng);
        let mut sum = 0.0;
        for batch in order.chunks_exact(batch_size) {
            let learner = composer.clone().train();
            let loss = loss(&learner, triples, batch, config, &mut rng);
            let gradients = GradientsParams::from_grads(loss.backward(), &learner);
            let value = f64::from(loss.into_scalar::<f32>());
            if !value.is_finite() {
                let learning_rate = config.learning_rate;
                return Err(ComposeError::NonFiniteLoss { loss: value, epoch, learning_rate });
            }
            let rate = config.learning_rate * cosine_fall(done as f64 / n_steps as f64);
            composer = optimizer.step(rate, learner, gradients).valid();
            done += 1;
            sum += value;
            progress.advance(batch_size as u64);
        }
        epochs.push(ComposeEpoch { epoch, loss: sum / (n / batch_size) as f64 });
        progress.note(&format!("learning the composition, loss {:.4}", sum / (n / batch_size) as f64));
    }
    progress.finish(&format!("learned the composition from {n} triples"));
    Ok((composer, epochs))
}

fn loss(
    composer: &Composer,
    triples: &Triples,
    batch: &[usize],
    config: &ComposeConfig,
    rng: &mut ChaCha8Rng,
) -> Tensor<1> {
    let (d, n) = (triples.d, batch.len());
    let ends: Vec<(u32, u32)> = batch.iter().map(|&at| triples.ends[at]).collect();
    let mut seen = |thing| triples.view(thing, *VIEWS.choose(rng).expect("there are views"));
    let references: Vec<f32> = ends.iter().flat_map(|&(reference, _)| seen(reference)).collect();
    let words: Vec<f32> = batch.iter().flat_map(|&at| triples.words[at * d..][..d].iter().copied()).collect();
    // The candidates: what was meant, then what was started from.
    let candidates: Vec<u32> =
        ends.iter().map(|&(_, target)| target).chain(ends.iter().map(|&(reference, _)| reference)).collect();
    let shown: Vec<f32> = candidates.iter().flat_map(|&thing| seen(thing)).collect();
    let is_meant =
        |&(_, target): &(u32, u32)| candidates.iter().map(move |&thing| f32::from(u8::from(thing == target)));
    let labels: Vec<f32> = ends.iter().flat_map(is_meant).collect();
    let device = Device::flex().autodiff();
    let matrix =
        |values: Vec<f32>, n: usize, width: usize| Tensor::<2>::from_data(TensorData::new(values, [n, width]), &device);
    let composed = composer.forward(matrix(references, n, d), matrix(words, n, d));
    let scores = composed.matmul(matrix(shown, 2 * n, d).transpose()) / config.temperature;
    multi_positive_info_nce(scores, matrix(labels, n, 2 * n))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::Silent;
    use crate::trainer::compose::ndcg_of;

    const N_SHAPES: usize = 12;
    const N_COLOURS: usize = 4;
    const D: usize = N_SHAPES + 2 * N_COLOURS;

    /// Things are a shape in a colour, words name a colour, and what is meant is the shape in that colour.
    fn recoloured() -> Triples {
        let (mut texts, mut words, mut ends) = (Vec::new(), Vec::new(), Vec::new());
        let row = |places: &[usize]| {
            let length = (places.len() as f32).sqrt();
            (0..D).map(|place| if places.contains(&place) { 1.0 / length } else { 0.0 }).collect::<Vec<f32>>()
        };
        let thing = |shape: usize, colour: usize| (shape * N_COLOURS + colour) as u32;
        for shape in 0..N_SHAPES {
            for colour in 0..N_COLOURS {
                texts.extend(row(&[shape, N_SHAPES + colour]));
                for other in (0..N_COLOURS).filter(|&other| other != colour) {
                    words.extend(row(&[N_SHAPES + N_COLOURS + other]));
                    ends.push((thing(shape, colour), thing(shape, other)));
                }
            }
        }
        let pictures = vec![0.0; texts.len()];
        Triples { d: D, texts, pictures, words, ends }
    }

    fn mean(values: Vec<f64>) -> f64 {
        values.iter().sum::<f64>() / values.len() as f64
    }

    #[test]
    fn it_learns_what_words_change() {
        let triples = recoloured();
        let config = ComposeConfig { epochs: 60, batch_size: 48, learning_rate: 5e-3, ..ComposeConfig::default() };
        let (composer, epochs) = compose(&triples, &config, &Silent).unwrap();
        assert!(epochs[59].loss < epochs[0].loss);
        let added = mean(ndcg_of(&triples, None).unwrap());
        let composed = mean(ndcg_of(&triples, Some(&composer)).unwrap());
        assert!(composed > 0.98 && added < 0.8, "composed {composed}, added {added}");
        let (again, _) = compose(&triples, &config, &Silent).unwrap();
        assert_eq!(ndcg_of(&triples, Some(&again)).unwrap(), ndcg_of(&triples, Some(&composer)).unwrap());
    }

    #[test]
    fn too_few_triples_and_senseless_settings_are_refused() {
        let config = ComposeConfig { batch_size: 10_000, ..ComposeConfig::default() };
        let error = compose(&recoloured(), &config, &Silent).unwrap_err();
        assert!(matches!(error, ComposeError::TooFew { n_triples: 144, .. }), "{error}");
        let config = ComposeConfig { temperature: 0.0, ..ComposeConfig::default() };
        let error = compose(&recoloured(), &config, &Silent).unwrap_err();
        assert!(matches!(error, ComposeError::Setting { setting: "temperature", .. }), "{error}");
    }
}

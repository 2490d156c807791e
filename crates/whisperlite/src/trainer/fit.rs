//! The training loop.

use std::time::Instant;

use burn::module::Module;
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::average::averaged;
use super::batch::Batch;
use super::checkpoint::{CheckpointError, Checkpoints, Progressed};
use super::examples::{Example, SnapshotExamples, examples};
use super::optimizer::{EPSILON, adam_w};
use super::{ConfigError, TrainConfig};
use crate::catalog::split::{Part, Split, SplitError};
use crate::evaluation::blend::{BlendWeights, Normalisation};
use crate::evaluation::ours::OurModel;
use crate::evaluation::protocol::{Judgement, Protocol};
use crate::evaluation::suite::Models;
use crate::evaluation::tuning::Sample;
use crate::evaluation::{Ranker, ScoreError};
use crate::loss::{masked_binary_cross_entropy, multi_positive_info_nce};
use crate::model::{Fusion, Memory, Model, N_FEATURES, Network, Reading, Scorer, World};
use crate::progress::{Progress, Silent};

/// One round over the examples.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Epoch {
    /// 1 for the first; 0 is the untrained model.
    pub epoch: usize,
    /// Mean loss of its steps; none for the untrained model.
    pub loss: Option<f64>,
    /// NDCG@10 on the validation queries, discovery; none where they were learned from.
    pub validation_ndcg: Option<f64>,
}

/// What a training run made.
#[derive(Debug)]
pub struct Trained {
    /// The model to use: with [`TrainConfig::refit`], trained again on the validation events, too.
    pub model: Model,
    /// The model of the best epoch, which never saw a validation event: whatever is tuned on validation is tuned with it.
    pub validated: Model,
    /// All epochs of `validated`, the untrained model first.
    pub epochs: Vec<Epoch>,
    /// Which of them the model is from.
    pub best_epoch: usize,
}

impl Trained {
    /// Both models, as the measurement needs them.
    pub fn models(&self) -> Models<'_> {
        Models { model: &self.model, validated: &self.validated }
    }
}

/// Why training stopped without a model.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// A setting makes no sense.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The events cannot be divided as asked.
    #[error(transparent)]
    Split(#[from] SplitError),
    /// There is nothing to learn from.
    #[error("no question of the training period has an answer that was new to its person: nothing to learn from")]
    NoExamples,
    /// The loss is no number any more.
    #[error(
        "the loss became {loss} in step {step} of epoch {epoch}: lower `optimizer.mixer_learning_rate` \
         ({mixer_learning_rate}) or `optimizer.tower_learning_rate` ({tower_learning_rate}); the last good epoch is kept \
         among the checkpoints"
    )]
    NonFiniteLoss {
        /// NaN or an infinity.
        loss: f64,
        /// 1 for the first epoch.
        epoch: usize,
        /// 1 for the first step of an epoch.
        step: usize,
        /// The setting.
        mixer_learning_rate: f64,
        /// The setting.
        tower_learning_rate: f64,
    },
    /// The model's scores are no numbers any more.
    #[error(transparent)]
    Score(#[from] ScoreError),
    /// A checkpoint cannot be written or read.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
}

/// Trains a model on the training part of `split` and keeps the epoch that answers the validation part best.
///
/// With `checkpoints`, the state after every epoch is kept, and a run that was killed goes on from the last one.
pub fn train(
    world: &World<'_>,
    split: &Split,
    config: &TrainConfig,
    checkpoints: Option<&Checkpoints>,
    progress: &dyn Progress,
) -> Result<Trained, TrainError> {
    config.check()?;
    let snapshots = examples(world, split, &config.examples, config.seed, progress);
    let n_examples: usize = snapshots.iter().map(|snapshot| snapshot.examples.len()).sum();
    if n_examples == 0 {
        return Err(TrainError::NoExamples);
    }
    let protocol = Protocol::new(world.catalog, split, Part::Valid);
    let memory = Memory::new(world, protocol.visible());
    let validation = Validation {
        sample: Sample::new(&protocol, Judgement::Discovery, config.optimizer.max_validation_queries, config.seed),
        protocol: &protocol,
        memory: &memory,
    };
    let training = Training { world, snapshots: &snapshots, config, validation: Some(&validation), progress };
    let state = training.run(spread(&snapshots), checkpoints, |run| run.goes_on(config))?;
    drop(snapshots);
    let (best_epoch, mut validated) = (state.best_epoch(), state.best);
    if config.model.parts.fusion {
        validated.fusion = validation.fusion(&validated, config.seed, progress)?;
    }
    let mut model = validated.clone();
    if config.refit && best_epoch > 0 {
        model.network = refit(world, split, config, (best_epoch, validated.spread), checkpoints, progress)?;
    }
    Ok(Trained { model, validated, epochs: state.epochs, best_epoch })
}

/// Trains anew on training and validation events together, as long as served best on validation.
fn refit(
    world: &World<'_>,
    split: &Split,
    config: &TrainConfig,
    (n_epochs, spread): (usize, [f32; N_FEATURES]),
    checkpoints: Option<&Checkpoints>,
    progress: &dyn Progress,
) -> Result<Network, TrainError> {
    let snapshots = examples(world, &split.learning_from_validation(), &config.examples, config.seed, progress);
    let checkpoints = checkpoints.map(Checkpoints::of_refit);
    let training = Training { world, snapshots: &snapshots, config, validation: None, progress };
    let state = training.run(spread, checkpoints.as_ref(), |run| run.state.epochs.len() <= n_epochs)?;
    Ok(state.average.network)
}

/// What one training learns from, and how.
struct Training<'a> {
    world: &'a World<'a>,
    snapshots: &'a [SnapshotExamples],
    config: &'a TrainConfig,
    /// None where the validation events are learned from.
    validation: Option<&'a Validation<'a>>,
    progress: &'a dyn Progress,
}

impl Training<'_> {
    /// Begins, or goes on from the last checkpoint, and learns while `goes_on` says so.
    fn run(
        &self,
        spread: [f32; N_FEATURES],
        checkpoints: Option<&Checkpoints>,
        goes_on: impl Fn(&Run) -> bool,
    ) -> Result<Progressed, TrainError> {
        let latest = checkpoints.map(|checkpoints| checkpoints.latest(self.world, self.config)).transpose()?.flatten();
        let mut run = match latest {
            Some(progressed) => Run::resume(progressed),
            None => Run::begin(self, spread)?,
        };
        while goes_on(&run) {
            run.epoch(self)?;
            if let Some(checkpoints) = checkpoints {
                checkpoints.keep(&run.state)?;
            }
        }
        Ok(run.state)
    }
}

struct Validation<'a> {
    sample: Sample<'a>,
    protocol: &'a Protocol<'a>,
    memory: &'a Memory<'a>,
}

impl Validation<'_> {
    fn ndcg(&self, model: &Model) -> Result<f64, ScoreError> {
        let scorer = Scorer::new(model, self.memory);
        self.sample.mean_ndcg(&OurModel::new("whisperlite", &scorer, self.protocol, Reading::Joint))
    }

    /// The shares of the three readings that serve best.
    fn fusion(&self, model: &Model, seed: u64, progress: &dyn Progress) -> Result<Fusion, ScoreError> {
        let scorer = Scorer::new(model, self.memory);
        let readings = [Reading::Joint, Reading::SearchAlone, Reading::RecommendationAlone];
        let readings = readings.map(|reading| OurModel::new("whisperlite", &scorer, self.protocol, reading));
        let systems = readings.each_ref().map(|reading| reading as &dyn Ranker);
        progress.start("weigh the readings", None, "queries");
        let found = BlendWeights::tune_with(&[Normalisation::ZScore], &systems, &self.sample, seed, &Silent)?;
        let [joint, search, recommendation] = found.weights[..] else {
            unreachable!("three systems have three weights");
        };
        let fusion = Fusion { joint, search, recommendation };
        if !fusion.is_valid() || found.validation_ndcg == 0.0 {
            progress.finish("readings: the validation questions do not tell them apart, so the joint one counts alone");
            return Ok(Fusion::JOINT);
        }
        progress.finish(&format!(
            "readings: {joint:.2} joint, {search:.2} request alone, {recommendation:.2} person alone; \
             validation ndcg@10 {:.4}",
            found.validation_ndcg
        ));
        Ok(fusion)
    }
}

struct Run {
    state: Progressed,
    device: Device,
}

impl Run {
    fn begin(training: &Training<'_>, spread: [f32; N_FEATURES]) -> Result<Self, TrainError> {
        let &Training { world, config, validation, .. } = training;
        let mut rng = ChaCha8Rng::seed_from_u64(config.seed);
        let model = Model::untrained(&config.model, world, spread, &mut rng);
        let validation_ndcg = validation.map(|validation| validation.ndcg(&model)).transpose()?;
        let optimizer = || adam_w(config.optimizer.weight_decay, EPSILON);
        let epochs = vec![Epoch { epoch: 0, loss: None, validation_ndcg }];
        let state = Progressed {
            best: model.clone(),
            average: model.clone(),
            model,
            mixer_optimizer: optimizer(),
            item_optimizer: optimizer(),
            query_optimizer: optimizer(),
            epochs,
        };
        Ok(Self::resume(state))
    }

    fn resume(state: Progressed) -> Self {
        Self { state, device: Device::flex().autodiff() }
    }

    fn goes_on(&self, config: &TrainConfig) -> bool {
        let n_done = self.state.epochs.len() - 1;
        n_done < config.optimizer.max_epochs && n_done - self.state.best_epoch() <= config.optimizer.patience
    }

    fn epoch(&mut self, training: &Training<'_>) -> Result<(), TrainError> {
        let &Training { world, snapshots, config, validation, progress } = training;
        let epoch = self.state.epochs.len();
        let mut rng = ChaCha8Rng::seed_from_u64(config.seed ^ (epoch as u64).wrapping_mul(0xD1B5_4A32_D192_ED03));
        let steps = steps(snapshots, config.optimizer.batch_size, &mut rng);
        let n_candidates: usize = steps.iter().flat_map(|step| &step.examples).map(|e| e.items.len()).sum();
        let task = match validation {
            Some(_) => format!("epoch {epoch}/{}", config.optimizer.max_epochs),
            None => format!("again with the validation events, epoch {epoch}"),
        };
        progress.start(&task, Some(n_candidates as u64), "items");
        let begin = Instant::now();
        let (mut sum, n_steps) = (0.0, steps.len());
        for (done, step) in steps.into_iter().enumerate() {
            let share = ((epoch - 1) * n_steps + done) as f64 / (config.optimizer.max_epochs * n_steps) as f64;
            let loss = self.step(world, &step, config, 1.0 - share, &mut rng);
            if !loss.is_finite() {
                let optimizer = &config.optimizer;
                return Err(TrainError::NonFiniteLoss {
                    loss,
                    epoch,
                    step: done + 1,
                    mixer_learning_rate: optimizer.mixer_learning_rate,
                    tower_learning_rate: optimizer.tower_learning_rate,
                });
            }
            sum += loss;
            progress.advance(step.examples.iter().map(|example| example.items.len() as u64).sum());
            progress.note(&format!("{task}, loss {:.4}", sum / (done + 1) as f64));
        }
        let items_per_sec = n_candidates as f64 / begin.elapsed().as_secs_f64();
        let validation_ndcg = validation.map(|validation| validation.ndcg(&self.state.average)).transpose()?;
        let loss = sum / n_steps as f64;
        self.state.add(Epoch { epoch, loss: Some(loss), validation_ndcg });
        let measured = match validation_ndcg {
            Some(ndcg) => {
                let left = self.seconds_left(begin.elapsed().as_secs_f64(), config);
                format!(", validation ndcg@10 {ndcg:.4}, at most {left:.0} s left")
            }
            None => String::new(),
        };
        progress.finish(&format!("{task}: loss {loss:.4}, {items_per_sec:.0} items/s{measured}"));
        Ok(())
    }

    /// With all epochs that may come, and as many again if the model is refitted.
    fn seconds_left(&self, epoch_secs: f64, config: &TrainConfig) -> f64 {
        let n_left = if self.goes_on(config) { config.optimizer.max_epochs + 1 - self.state.epochs.len() } else { 0 };
        let n_again = if config.refit { self.state.best_epoch() + n_left } else { 0 };
        epoch_secs * (n_left + n_again) as f64
    }

    /// Moves the weights once; returns the loss before.
    fn step(
        &mut self,
        world: &World<'_>,
        step: &Step<'_>,
        config: &TrainConfig,
        fading: f64,
        rng: &mut ChaCha8Rng,
    ) -> f64 {
        let model = &self.state.model;
        let batch = Batch::new(world.vectors, step.snapshot, &step.examples, &model.spread, config, rng, &self.device);
        let network = model.network.clone().train();
        let loss = composite_loss(&network, &batch, config);
        let mut gradients = loss.backward();
        let value = f64::from(loss.into_scalar::<f32>());
        let Network { item_tower, query_tower, mixer } = network;
        let rates = &config.optimizer;
        let mixer_gradients = GradientsParams::from_module(&mut gradients, &mixer);
        let item_gradients = GradientsParams::from_module(&mut gradients, &item_tower);
        let query_gradients = GradientsParams::from_module(&mut gradients, &query_tower);
        let state = &mut self.state;
        let moved = Network {
            mixer: state.mixer_optimizer.step(rates.mixer_learning_rate * fading, mixer, mixer_gradients),
            item_tower: state.item_optimizer.step(rates.tower_learning_rate * fading, item_tower, item_gradients),
            query_tower: state.query_optimizer.step(rates.tower_learning_rate * fading, query_tower, query_gradients),
        };
        state.model.network = moved.valid();
        let average = state.average.network.clone();
        state.average.network = averaged(average, &state.model.network, rates.averaging);
        value
    }
}

/// `λ_con · InfoNCE + λ_bce · BCE`; a part of weight 0 is not computed.
fn composite_loss(network: &Network, batch: &Batch, config: &TrainConfig) -> Tensor<1> {
    let scores = batch.scores(network);
    let contrastive = (config.loss.contrastive > 0.0).then(|| {
        multi_positive_info_nce(batch.corrected(scores.clone()), batch.labels.clone()) * config.loss.contrastive
    });
    let binary = (config.loss.bce > 0.0)
        .then(|| masked_binary_cross_entropy(scores, batch.labels.clone(), batch.present.clone()) * config.loss.bce);
    match (contrastive, binary) {
        (Some(contrastive), Some(binary)) => contrastive + binary,
        (Some(loss), None) | (None, Some(loss)) => loss,
        (None, None) => unreachable!("the configuration was checked: one part has a weight"),
    }
}

/// Questions that are learned from together.
struct Step<'a> {
    snapshot: &'a SnapshotExamples,
    examples: Vec<&'a Example>,
}

/// Shuffles the examples within their snapshots and the batches among each other.
fn steps<'a>(snapshots: &'a [SnapshotExamples], batch_size: usize, rng: &mut ChaCha8Rng) -> Vec<Step<'a>> {
    let mut steps = Vec::new();
    for snapshot in snapshots {
        let mut order: Vec<&Example> = snapshot.examples.iter().collect();
        order.shuffle(rng);
        steps.extend(order.chunks(batch_size).map(|examples| Step { snapshot, examples: examples.to_vec() }));
    }
    steps.shuffle(rng);
    steps
}

/// The standard deviation of each feature over all candidates; 1 where it does not vary.
fn spread(snapshots: &[SnapshotExamples]) -> [f32; N_FEATURES] {
    let (mut n, mut sums, mut squares) = (0.0f64, [0.0f64; N_FEATURES], [0.0f64; N_FEATURES]);
    for example in snapshots.iter().flat_map(|snapshot| &snapshot.examples) {
        n += example.items.len() as f64;
        for (row, values) in example.features.chunks_exact(example.items.len()).enumerate() {
            sums[row] += values.iter().map(|&value| f64::from(value)).sum::<f64>();
            squares[row] += values.iter().map(|&value| f64::from(value).powi(2)).sum::<f64>();
        }
    }
    std::array::from_fn(|row| {
        let variance = squares[row] / n - (sums[row] / n).powi(2);
        if variance > 1e-9 { variance.sqrt() as f32 } else { 1.0 }
    })
}

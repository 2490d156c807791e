//! The state of a training run after each epoch, so that a killed run goes on.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use burn::module::Module;
use burn::optim::ModuleOptimizer;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::optimizer::{EPSILON, adam_w};
use super::{Epoch, TrainConfig};
use crate::model::{Model, N_FEATURES, Network, View, World};
use crate::whole_file::{LOCK_FILE, lock};

/// Version of the files of a checkpoint.
const FORMAT_VERSION: u32 = 1;
const STATE_FILE: &str = "state.json";
/// Folder of the second training within the first one's.
const REFIT: &str = "refit";

/// Where a run keeps its checkpoints: one folder per epoch, of which the newest is kept. One run at a time has the place,
/// held by a lock file.
#[derive(Debug, Clone)]
pub struct Checkpoints {
    folder: PathBuf,
    run_id: String,
    _lock: Arc<File>,
}

/// A run after some epochs.
#[derive(Clone)]
pub(super) struct Progressed {
    /// As of the last step.
    pub(super) model: Model,
    /// The average over the last steps.
    pub(super) average: Model,
    /// The average as of the best epoch.
    pub(super) best: Model,
    pub(super) mixer_optimizer: ModuleOptimizer,
    pub(super) item_optimizer: ModuleOptimizer,
    pub(super) query_optimizer: ModuleOptimizer,
    pub(super) epochs: Vec<Epoch>,
}

impl Progressed {
    /// The epoch with the highest validation NDCG@10, the earliest of equals.
    pub(super) fn best_epoch(&self) -> usize {
        let ndcg = |epoch: &Epoch| epoch.validation_ndcg.unwrap_or(f64::NEG_INFINITY);
        let better = |a: &&Epoch, b: &&Epoch| ndcg(a).total_cmp(&ndcg(b)).then(b.epoch.cmp(&a.epoch));
        self.epochs.iter().max_by(better).map_or(0, |epoch| epoch.epoch)
    }

    /// Notes an epoch, and keeps its model if it is the best so far.
    pub(super) fn add(&mut self, epoch: Epoch) {
        self.epochs.push(epoch);
        if self.best_epoch() == epoch.epoch {
            self.best = self.average.clone();
        }
    }
}

/// What a checkpoint says about itself.
#[derive(Debug, Serialize, Deserialize)]
struct State {
    format_version: u32,
    /// Hash of the data, the encoder's vectors and the configuration: another run's checkpoint is no help.
    run_id: String,
    epochs: Vec<Epoch>,
    spread: [f32; N_FEATURES],
}

/// A checkpoint that cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// A file or folder.
    #[error("cannot write or read the checkpoint {path}")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Another process trains here.
    #[error("{path}: another process is training here; wait for it to end")]
    Busy {
        /// The lock that it holds.
        path: PathBuf,
    },
    /// The weights are not those of this model.
    #[error(
        "the checkpoint {path} does not hold this model's weights ({reason}): delete it to train from the beginning"
    )]
    Weights {
        /// The file.
        path: PathBuf,
        /// What the reader says.
        reason: String,
    },
    /// The state is no JSON of the right form.
    #[error("the checkpoint {path} is damaged: delete it to train from the beginning")]
    State {
        /// The file.
        path: PathBuf,
        /// What and where.
        source: serde_json::Error,
    },
}

impl Checkpoints {
    /// Checkpoints of the run with this data and configuration, in `folder`.
    ///
    /// # Errors
    /// If another process has the place, or a file cannot be written.
    pub fn open(folder: &Path, world: &World<'_>, config: &TrainConfig) -> Result<Self, CheckpointError> {
        let path = folder.join(LOCK_FILE);
        let lock = lock(folder).map_err(|source| io(&path, source))?.ok_or(CheckpointError::Busy { path })?;
        let mut hash = Sha256::new();
        hash.update(&world.catalog.info.data_hash);
        hash.update(serde_json::to_vec(config).expect("a configuration is plain data"));
        let vectors = world.vectors;
        for matrix in [vectors.items(), vectors.items_as(View::Picture), vectors.requests()] {
            matrix.iter().for_each(|value| hash.update(value.to_le_bytes()));
        }
        let run_id = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Self { folder: folder.to_owned(), run_id, _lock: Arc::new(lock) })
    }

    /// Those of the same run's second training, which learns from the validation events, too.
    pub(super) fn of_refit(&self) -> Self {
        Self { folder: self.folder.join(REFIT), ..self.clone() }
    }

    /// Forgets all checkpoints, to begin anew.
    pub fn clear(&self) -> Result<(), CheckpointError> {
        let mut folders = self.folders()?;
        folders.push(self.folder.join(REFIT));
        folders.iter().try_for_each(|folder| remove(folder))
    }

    /// Gives the place up: the run is over.
    pub fn finish(self) -> Result<(), CheckpointError> {
        remove(&self.folder)
    }

    /// The newest state of this very run, if there is one; another run's states are forgotten.
    pub(super) fn latest(
        &self,
        world: &World<'_>,
        config: &TrainConfig,
    ) -> Result<Option<Progressed>, CheckpointError> {
        let Some(folder) = self.folders()?.pop() else { return Ok(None) };
        let path = folder.join(STATE_FILE);
        let text = fs::read(&path).map_err(|source| io(&path, source))?;
        let state: State = serde_json::from_slice(&text).map_err(|source| CheckpointError::State { path, source })?;
        if state.run_id != self.run_id || state.format_version != FORMAT_VERSION {
            self.clear()?;
            return Ok(None);
        }
        let untrained =
            Model::untrained(&config.model, world, state.spread, &mut ChaCha8Rng::seed_from_u64(config.seed));
        let model = |name: &str| -> Result<Model, CheckpointError> {
            let network = load_network(untrained.network.clone(), &folder.join(name))?;
            Ok(Model { network, ..untrained.clone() })
        };
        Ok(Some(Progressed {
            model: model("model.bpk")?,
            average: model("average.bpk")?,
            best: model("best.bpk")?,
            mixer_optimizer: load_optimizer(config, &folder.join("mixer_optimizer.bpk"))?,
            item_optimizer: load_optimizer(config, &folder.join("item_optimizer.bpk"))?,
            query_optimizer: load_optimizer(config, &folder.join("query_optimizer.bpk"))?,
            epochs: state.epochs,
        }))
    }

    /// Writes the state beside the older ones, then removes these: a kill at any moment leaves one whole checkpoint.
    pub(super) fn keep(&self, progressed: &Progressed) -> Result<(), CheckpointError> {
        let older = self.folders()?;
        let folder = self.folder.join(format!("epoch-{:04}", progressed.epochs.len() - 1));
        let unfinished = folder.with_extension("unfinished");
        remove(&unfinished)?;
        fs::create_dir_all(&unfinished).map_err(|source| io(&unfinished, source))?;
        save_network(&progressed.model.network, &unfinished.join("model.bpk"))?;
        save_network(&progressed.average.network, &unfinished.join("average.bpk"))?;
        save_network(&progressed.best.network, &unfinished.join("best.bpk"))?;
        save_optimizer(&progressed.mixer_optimizer, &unfinished.join("mixer_optimizer.bpk"))?;
        save_optimizer(&progressed.item_optimizer, &unfinished.join("item_optimizer.bpk"))?;
        save_optimizer(&progressed.query_optimizer, &unfinished.join("query_optimizer.bpk"))?;
        let state = State {
            format_version: FORMAT_VERSION,
            run_id: self.run_id.clone(),
            epochs: progressed.epochs.clone(),
            spread: progressed.model.spread,
        };
        let path = unfinished.join(STATE_FILE);
        let text = serde_json::to_vec_pretty(&state).expect("a state is plain data");
        fs::write(&path, text).map_err(|source| io(&path, source))?;
        fs::rename(&unfinished, &folder).map_err(|source| io(&folder, source))?;
        older.iter().filter(|old| **old != folder).try_for_each(|old| remove(old))
    }

    /// The folders of finished checkpoints, oldest first.
    fn folders(&self) -> Result<Vec<PathBuf>, CheckpointError> {
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(source) => return Err(io(&self.folder, source)),
        };
        let mut folders = Vec::new();
        for entry in entries {
            let path = entry.map_err(|source| io(&self.folder, source))?.path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if name.starts_with("epoch-") && path.extension().is_none() {
                folders.push(path);
            }
        }
        folders.sort();
        Ok(folders)
    }
}

/// Removes a folder, if it is there.
fn remove(folder: &Path) -> Result<(), CheckpointError> {
    match fs::remove_dir_all(folder) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => Err(io(folder, source)),
        _ => Ok(()),
    }
}

fn io(path: &Path, source: std::io::Error) -> CheckpointError {
    CheckpointError::Io { path: path.to_owned(), source }
}

fn weights(path: &Path, reason: impl ToString) -> CheckpointError {
    CheckpointError::Weights { path: path.to_owned(), reason: reason.to_string() }
}

fn save_network(network: &Network, path: &Path) -> Result<(), CheckpointError> {
    network.clone().save_file(path).map_err(|error| weights(path, error))
}

fn load_network(untrained: Network, path: &Path) -> Result<Network, CheckpointError> {
    untrained.try_load_file(path).map_err(|error| weights(path, error))
}

fn save_optimizer(optimizer: &ModuleOptimizer, path: &Path) -> Result<(), CheckpointError> {
    optimizer.save(path).map_err(|error| weights(path, error))
}

fn load_optimizer(config: &TrainConfig, path: &Path) -> Result<ModuleOptimizer, CheckpointError> {
    adam_w(config.optimizer.weight_decay, EPSILON).load(path).map_err(|error| weights(path, error))
}

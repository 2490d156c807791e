//! A model on disk: a folder in the layout of the Hugging Face hub.
//!
//! `config.json` (shape, units, what it was trained on), `model.safetensors` (weights by their path in the network) and
//! `item_ids.json` (which row of the learned item part is whose, so that a catalogue that grew still fits).

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Device, Tensor, TensorData};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Feature, Fusion, InputShape, Model, ModelConfig, N_FEATURES, Network};
use crate::catalog::Catalog;
use crate::flat_file::{FlatError, FlatReader, FlatWriter};
use crate::whole_file::write_whole;

/// Version of the files of a model.
pub const FORMAT_VERSION: u32 = 2;
const MODEL_TYPE: &str = "whisperlite";
const CONFIG_FILE: &str = "config.json";
const WEIGHTS_FILE: &str = "model.safetensors";
const ITEM_IDS_FILE: &str = "item_ids.json";
const CARD_FILE: &str = "README.md";

/// What `config.json` says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelInfo {
    /// [`FORMAT_VERSION`] of the writer.
    pub format_version: u32,
    /// Always `whisperlite`.
    pub model_type: String,
    /// Shape and parts.
    pub model: ModelConfig,
    /// The features in row order, with the unit of each.
    pub features: Vec<(Feature, f32)>,
    /// The share of each reading of a question.
    pub fusion: Fusion,
    /// Length of the encoder's vectors.
    pub d_encoder: usize,
    /// Encoder vectors of an item: 1 for its words alone, 2 with its picture.
    pub n_views: usize,
    /// What the model was trained on, and how; not read by the model itself.
    pub training: serde_json::Value,
}

/// A model folder that cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum PersistError {
    /// A file.
    #[error("cannot write or read {path}")]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A JSON file of another form.
    #[error("{path} is not what `whisperlite train` writes")]
    Json {
        /// The file.
        path: PathBuf,
        /// What and where.
        source: serde_json::Error,
    },
    /// A model of another version or kind.
    #[error(
        "{path} holds a `{model_type}` of format version {found}, this program reads `{MODEL_TYPE}` version {FORMAT_VERSION}: train again"
    )]
    Version {
        /// The file.
        path: PathBuf,
        /// What it calls itself.
        model_type: String,
        /// Its version.
        found: u32,
    },
    /// Features in another order or number.
    #[error("{path} was trained on other features than this program computes: train again")]
    Features {
        /// The file.
        path: PathBuf,
    },
    /// Readings that cannot be fused.
    #[error("the shares of `fusion` in {path} must be numbers from 0 up, not all of them 0: train again")]
    Fusion {
        /// The file.
        path: PathBuf,
    },
    /// The weights file is damaged.
    #[error("{path} is no safetensors file: {reason}")]
    Safetensors {
        /// The file.
        path: PathBuf,
        /// What the reader says.
        reason: String,
    },
    /// A tensor that the network needs is not there, or one is there that it does not know.
    #[error("{path}: tensor `{tensor}` is {problem}")]
    Tensor {
        /// The file.
        path: PathBuf,
        /// The tensor's name.
        tensor: String,
        /// What is wrong with it.
        problem: TensorProblem,
    },
}

/// What is wrong with a tensor.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TensorProblem {
    /// The file lacks it.
    #[error("missing")]
    Missing,
    /// The network does not know it.
    #[error("unknown to this network")]
    Surplus,
    /// It has another shape.
    #[error("of shape {found:?}, but {expected:?} is needed")]
    Shape {
        /// In the file.
        found: Vec<usize>,
        /// In the network.
        expected: Vec<usize>,
    },
    /// It is not of 32-bit floats.
    #[error("of type {found}, but F32 is needed")]
    Dtype {
        /// In the file.
        found: String,
    },
    /// It holds a value that no product can use.
    #[error("not finite everywhere")]
    NotFinite,
}

/// What is written beside a model's weights, for people.
#[derive(Debug, Clone, Copy)]
pub struct About<'a> {
    /// Whose items the model knows.
    pub catalog: &'a Catalog,
    /// What it was trained on, and how: goes into `config.json`.
    pub training: &'a serde_json::Value,
    /// The model card, `README.md`.
    pub card: &'a str,
}

impl Model {
    /// Writes the model into `folder` at once: a kill at any moment leaves the old model or the new one. `inside` are models for
    /// folders within the folder, each with its name and its card.
    pub fn save(&self, folder: &Path, about: &About<'_>, inside: &[(&str, &Self, &str)]) -> Result<(), PersistError> {
        let (unfinished, old) = (folder.with_extension("unfinished"), folder.with_extension("old"));
        remove(&unfinished)?;
        self.write(&unfinished, about)?;
        for &(name, model, card) in inside {
            model.write(&unfinished.join(name), &About { card, ..*about })?;
        }
        remove(&old)?;
        match fs::rename(folder, &old) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => return Err(io(folder, source)),
            _ => fs::rename(&unfinished, folder).map_err(|source| io(folder, source))?,
        }
        remove(&old)
    }

    fn write(&self, folder: &Path, about: &About<'_>) -> Result<(), PersistError> {
        let &About { catalog, training, card } = about;
        let inputs = self.inputs();
        let info = ModelInfo {
            format_version: FORMAT_VERSION,
            model_type: MODEL_TYPE.to_owned(),
            model: self.config.clone(),
            features: Feature::ALL.into_iter().zip(self.spread).collect(),
            fusion: self.fusion,
            d_encoder: inputs.d,
            n_views: inputs.n_views,
            training: training.clone(),
        };
        let ids: Vec<&str> = catalog.items.iter().map(|item| item.item_id.as_str()).collect();
        let files = [
            (CONFIG_FILE, to_json(&info)),
            (ITEM_IDS_FILE, to_json(&ids)),
            (WEIGHTS_FILE, self.network.to_safetensors()),
            (CARD_FILE, card.as_bytes().to_vec()),
        ];
        files.iter().try_for_each(|(name, bytes)| {
            let path = folder.join(name);
            write_whole(&path, |out| out.write_all(bytes)).map_err(|source| io(&path, source))
        })
    }

    /// Reads a model from `folder` for `catalog`: rows of the learned item part go to the items of the same id, items that
    /// the model never saw get none.
    pub fn load(folder: &Path, catalog: &Catalog) -> Result<(Self, ModelInfo), PersistError> {
        let aside = folder.with_extension("old");
        // A kill between the two renames of `save` leaves the old model aside.
        let folder = if !folder.exists() && aside.exists() { &aside } else { folder };
        let path = folder.join(CONFIG_FILE);
        let info: ModelInfo = from_json(&path)?;
        if info.model_type != MODEL_TYPE || info.format_version != FORMAT_VERSION {
            return Err(PersistError::Version { path, model_type: info.model_type, found: info.format_version });
        }
        if !info.features.iter().map(|&(feature, _)| feature).eq(Feature::ALL) {
            return Err(PersistError::Features { path });
        }
        if !info.fusion.is_valid() {
            return Err(PersistError::Fusion { path });
        }
        let ids: Vec<String> = from_json(&folder.join(ITEM_IDS_FILE))?;
        let path = folder.join(WEIGHTS_FILE);
        let bytes = fs::read(&path).map_err(|source| io(&path, source))?;
        // The values are all overwritten; only the shapes matter.
        let mut rng = ChaCha8Rng::seed_from_u64(0);
        let inputs = InputShape { n_items: ids.len(), n_views: info.n_views, d: info.d_encoder };
        let network = Network::new(&info.model, &inputs, &mut rng, &Device::flex());
        let network = network.with_safetensors(&path, &bytes)?.with_items_of(&ids, catalog);
        let spread: [f32; N_FEATURES] = std::array::from_fn(|row| info.features[row].1);
        Ok((Self { config: info.model.clone(), network, spread, fusion: info.fusion }, info))
    }
}

impl Model {
    /// Writes it into a file of tables, the learned item part in the order of the catalog.
    pub(crate) fn save_tables(&self, out: &mut FlatWriter<'_>) -> io::Result<()> {
        let inputs = self.inputs();
        out.value("model", &(&self.config, inputs, &self.spread[..], self.fusion))?;
        out.array("model.network", &self.network.to_safetensors())
    }

    /// Reads what [`Self::save_tables`] wrote, for the same catalog.
    pub(crate) fn load_tables(from: &mut FlatReader) -> Result<Self, FlatError> {
        let (config, inputs, spread, fusion): (ModelConfig, InputShape, Vec<f32>, Fusion) = from.value("model")?;
        let bytes: Vec<u8> = from.array("model.network")?;
        let network = Network::new(&config, &inputs, &mut ChaCha8Rng::seed_from_u64(0), &Device::flex());
        let network = network.with_safetensors(Path::new(WEIGHTS_FILE), &bytes);
        let network = network.map_err(|_| from.odd("model.network", "other weights"))?;
        let spread = spread.try_into().map_err(|_| from.odd("model", "another number of features"))?;
        Ok(Self { config, network, spread, fusion })
    }

    /// What tells the model in a folder from any other: twelve digits of the SHA-256 of its configuration and weights.
    pub fn version(folder: &Path) -> Result<String, PersistError> {
        let mut hasher = Sha256::new();
        for name in [CONFIG_FILE, WEIGHTS_FILE] {
            let path = folder.join(name);
            hasher.update(fs::read(&path).map_err(|source| io(&path, source))?);
        }
        Ok(hasher.finalize().iter().take(6).map(|byte| format!("{byte:02x}")).collect())
    }
}

impl Network {
    /// All weights by their path in the network.
    pub fn to_safetensors(&self) -> Vec<u8> {
        let mut collector = Collector::default();
        self.visit(&mut collector);
        let views: BTreeMap<&String, TensorView<'_>> = collector
            .tensors
            .iter()
            .map(|(name, (shape, bytes))| {
                let view = TensorView::new(Dtype::F32, shape.clone(), bytes).expect("a tensor's bytes fit its shape");
                (name, view)
            })
            .collect();
        safetensors::serialize(views, None).expect("whole tensors can be written")
    }

    /// The same network with the weights of a file.
    fn with_safetensors(self, path: &Path, bytes: &[u8]) -> Result<Self, PersistError> {
        let file = SafeTensors::deserialize(bytes)
            .map_err(|error| PersistError::Safetensors { path: path.to_owned(), reason: error.to_string() })?;
        let mut reader = Reader { path: path.to_owned(), file, names: Vec::new(), seen: Vec::new(), error: None };
        let network = self.map(&mut reader);
        let surplus = reader.file.names().into_iter().find(|name| !reader.seen.iter().any(|seen| seen == name));
        if let (None, Some(name)) = (&reader.error, surplus) {
            let tensor = name.to_owned();
            return Err(PersistError::Tensor { path: path.to_owned(), tensor, problem: TensorProblem::Surplus });
        }
        match reader.error {
            Some(error) => Err(error),
            None => Ok(network),
        }
    }

    /// Puts the rows of the learned item part in the order of `catalog`.
    fn with_items_of(mut self, ids: &[String], catalog: &Catalog) -> Self {
        let own = &self.item_tower.own;
        let [_, width] = own.dims();
        let rows: Vec<f32> = crate::index::floats(own.val());
        let row_of: HashMap<&str, usize> = ids.iter().enumerate().map(|(row, id)| (id.as_str(), row)).collect();
        let mut ordered = vec![0.0; catalog.n_items() * width];
        for (item, target) in catalog.items.iter().zip(ordered.chunks_exact_mut(width)) {
            if let Some(&row) = row_of.get(item.item_id.as_str()) {
                target.copy_from_slice(&rows[row * width..][..width]);
            }
        }
        let table = TensorData::new(ordered, [catalog.n_items(), width]);
        self.item_tower.own = Param::from_tensor(Tensor::from_data(table, &Device::flex()));
        self
    }
}

/// Collects weights by path.
#[derive(Default)]
struct Collector {
    names: Vec<String>,
    tensors: BTreeMap<String, (Vec<usize>, Vec<u8>)>,
}

impl ModuleVisitor for Collector {
    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.names.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.names.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let shape = param.dims().to_vec();
        let bytes = crate::index::floats(param.val()).iter().flat_map(|value| value.to_le_bytes()).collect();
        self.tensors.insert(self.names.join("."), (shape, bytes));
    }
}

/// Puts weights in by path; keeps the first problem.
struct Reader<'a> {
    path: PathBuf,
    file: SafeTensors<'a>,
    names: Vec<String>,
    seen: Vec<String>,
    error: Option<PersistError>,
}

impl Reader<'_> {
    fn values(&self, name: &str, expected: &[usize]) -> Result<Vec<f32>, TensorProblem> {
        let view = self.file.tensor(name).map_err(|_| TensorProblem::Missing)?;
        if view.dtype() != Dtype::F32 {
            return Err(TensorProblem::Dtype { found: format!("{:?}", view.dtype()) });
        }
        if view.shape() != expected {
            return Err(TensorProblem::Shape { found: view.shape().to_vec(), expected: expected.to_vec() });
        }
        let (chunks, _) = view.data().as_chunks::<4>();
        let values: Vec<f32> = chunks.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
        if values.iter().all(|value| value.is_finite()) { Ok(values) } else { Err(TensorProblem::NotFinite) }
    }
}

impl ModuleMapper for Reader<'_> {
    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.names.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.names.pop();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let name = self.names.join(".");
        let shape = param.dims();
        match self.values(&name, &shape) {
            Ok(values) => {
                self.seen.push(name);
                param.map(|tensor| Tensor::from_data(TensorData::new(values, shape), &tensor.device()))
            }
            Err(problem) => {
                let error = PersistError::Tensor { path: self.path.clone(), tensor: name, problem };
                self.error.get_or_insert(error);
                param
            }
        }
    }
}

fn io(path: &Path, source: std::io::Error) -> PersistError {
    PersistError::Io { path: path.to_owned(), source }
}

fn remove(folder: &Path) -> Result<(), PersistError> {
    match fs::remove_dir_all(folder) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => Err(io(folder, source)),
        _ => Ok(()),
    }
}

fn to_json<T: Serialize>(value: &T) -> Vec<u8> {
    serde_json::to_vec_pretty(value).expect("plain data can be written as JSON")
}

fn from_json<T: for<'de> Deserialize<'de>>(path: &Path) -> Result<T, PersistError> {
    let bytes = fs::read(path).map_err(|source| io(path, source))?;
    serde_json::from_slice(&bytes).map_err(|source| PersistError::Json { path: path.to_owned(), source })
}

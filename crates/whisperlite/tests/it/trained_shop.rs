//! A small world to train in: the sample shop with vectors that stand for words.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use whisperlite::catalog::import::Format;
use whisperlite::catalog::split::{Split, SplitConfig};
use whisperlite::catalog::{Catalog, Item};
use whisperlite::model::{Vectors, World};
use whisperlite::progress::Silent;
use whisperlite::trainer::{Checkpoints, TrainConfig, TrainError, Trained, train};

use crate::sample_shop::small_shop;
use crate::support::Folder;

pub(crate) const DIM: usize = 24;

/// The catalog of a shop of 120 items.
pub(crate) fn catalog() -> Catalog {
    let folder = Folder::new();
    small_shop(folder.path());
    let files = ["items.csv", "events.csv"].map(|name| folder.path().join(name));
    folder.import(Format::Tables, &[&files[0], &files[1]]).unwrap();
    folder.catalog()
}

/// The sum of a random direction per word: texts that share words are near each other.
pub(crate) fn embed(text: &str) -> Vec<f32> {
    let mut sum = vec![0.0; DIM];
    for word in text.to_lowercase().split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        let seed = word.bytes().fold(7u64, |seed, byte| seed.wrapping_mul(131).wrapping_add(u64::from(byte)));
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        sum.iter_mut().for_each(|value| *value += rng.random_range(-1.0..1.0));
    }
    sum
}

/// The vectors of a catalog.
pub(crate) fn vectors(catalog: &Catalog) -> Vectors {
    let items = catalog.items.iter().flat_map(|item| embed(&Item::document(item))).collect();
    let requests = catalog.requests.iter().flat_map(|request| embed(request)).collect();
    Vectors::new(DIM, items, requests).unwrap()
}

/// A configuration that trains in a moment.
pub(crate) fn quick_config() -> TrainConfig {
    let mut config = TrainConfig::default();
    config.model.d_hidden = 16;
    config.examples.n_snapshots = 4;
    config.examples.n_hard = 5;
    config.examples.n_random = 30;
    config.optimizer.max_epochs = 2;
    config.optimizer.batch_size = 16;
    config
}

/// Trains on the world.
pub(crate) fn trained(
    world: &World<'_>,
    config: &TrainConfig,
    checkpoints: Option<&Checkpoints>,
) -> Result<Trained, TrainError> {
    let split = Split::new(world.catalog, &SplitConfig::default()).unwrap();
    train(world, &split, config, checkpoints, &Silent)
}

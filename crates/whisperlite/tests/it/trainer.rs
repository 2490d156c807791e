//! Training: seeds, parts, kills, and what goes wrong.

use std::panic::{AssertUnwindSafe, catch_unwind};

use whisperlite::catalog::split::{Split, SplitConfig};
use whisperlite::model::{Model, World};
use whisperlite::progress::Progress;
use whisperlite::trainer::{Checkpoints, ConfigError, TrainConfig, TrainError, train};

use crate::support::Folder;
use crate::trained_shop::{catalog, quick_config, trained, vectors};

#[test]
fn training_learns_and_one_seed_gives_one_model() {
    let catalog = catalog();
    let vectors = vectors(&catalog);
    let world = World::new(&catalog, &vectors).unwrap();
    let weights = |seed: u64| {
        let config = TrainConfig { seed, ..quick_config() };
        let trained = trained(&world, &config, None).unwrap();
        let [untrained, .., last] = &trained.epochs[..] else { panic!("there are epochs") };
        assert!(last.validation_ndcg > untrained.validation_ndcg, "{:?}", trained.epochs);
        trained.model.network.to_safetensors()
    };
    assert_eq!(weights(1), weights(1));
    assert_ne!(weights(1), weights(2));
}

#[test]
fn only_the_refitted_model_has_seen_validation_events() {
    let catalog = catalog();
    let vectors = vectors(&catalog);
    let world = World::new(&catalog, &vectors).unwrap();
    let refitted = trained(&world, &quick_config(), None).unwrap();
    let once = trained(&world, &TrainConfig { refit: false, ..quick_config() }, None).unwrap();
    let weights = |model: &Model| model.network.to_safetensors();
    assert_eq!(weights(&refitted.validated), weights(&once.model));
    assert_eq!(weights(&once.validated), weights(&once.model));
    assert_ne!(weights(&refitted.model), weights(&once.model));
    assert_eq!(refitted.model.fusion, once.model.fusion);
}

/// Dies at the beginning of a task, as a killed process does between two epochs.
struct DiesAt(&'static str);

impl Progress for DiesAt {
    fn start(&self, task: &str, _total: Option<u64>, _unit: &str) {
        assert!(!task.starts_with(self.0), "killed");
    }
    fn advance(&self, _n: u64) {}
    fn note(&self, _text: &str) {}
    fn finish(&self, _summary: &str) {}
}

#[test]
fn a_killed_run_goes_on_to_the_same_model() {
    let catalog = catalog();
    let vectors = vectors(&catalog);
    let world = World::new(&catalog, &vectors).unwrap();
    let config = quick_config();
    let folder = Folder::new();
    let path = folder.path().join("checkpoints");
    let checkpoints = Checkpoints::open(&path, &world, &config).unwrap();
    let busy = Checkpoints::open(&path, &world, &config).unwrap_err();
    assert!(busy.to_string().contains("another process is training here"), "{busy}");
    let split = Split::new(&catalog, &SplitConfig::default()).unwrap();
    let killed = || train(&world, &split, &config, Some(&checkpoints), &DiesAt("epoch 2"));
    assert!(catch_unwind(AssertUnwindSafe(killed)).is_err(), "the run must have been killed");
    let go_on = |dies_at| train(&world, &split, &config, Some(&checkpoints), &DiesAt(dies_at));
    let killed_in_refit = AssertUnwindSafe(|| go_on("again with the validation events, epoch 2"));
    assert!(catch_unwind(killed_in_refit).is_err(), "the second training must have been killed");
    let resumed = go_on("again with the validation events, epoch 1");
    let resumed = resumed.expect("a run that begins again would have been killed");
    let whole = trained(&world, &config, None).unwrap();
    assert_eq!(resumed.epochs, whole.epochs);
    assert!(resumed.best_epoch >= 2, "too few epochs to be killed between: {:?}", resumed.epochs);
    for (resumed, whole) in [(&resumed.model, &whole.model), (&resumed.validated, &whole.validated)] {
        assert_eq!(resumed.network.to_safetensors(), whole.network.to_safetensors());
    }
    checkpoints.finish().unwrap();
    assert_eq!(folder.names(), Vec::<String>::new());
}

/// A change of a configuration.
type Switch = fn(&mut TrainConfig);

#[test]
fn every_part_can_be_switched_off() {
    let catalog = catalog();
    let vectors = vectors(&catalog);
    let world = World::new(&catalog, &vectors).unwrap();
    let switches: [Switch; 11] = [
        |config| config.loss.bce = 0.0,
        |config| config.loss.contrastive = 0.0,
        |config| config.model.parts.history = false,
        |config| config.model.parts.request_attention = false,
        |config| config.model.parts.past_requests = false,
        |config| config.model.parts.lexical = false,
        |config| config.model.parts.item_part = false,
        |config| config.model.parts.neighbours = false,
        |config| config.model.parts.popularity = false,
        |config| config.model.parts.interactions = false,
        |config| config.model.parts.fusion = false,
    ];
    let mut seen = vec![trained(&world, &quick_config(), None).unwrap()];
    for (place, switch) in switches.into_iter().enumerate() {
        let mut config = quick_config();
        switch(&mut config);
        let model = trained(&world, &config, None).unwrap();
        let same = |other: &whisperlite::trainer::Trained| {
            other.model.network.to_safetensors() == model.model.network.to_safetensors()
                && other.model.fusion == model.model.fusion
        };
        let is_fusion = place == 10;
        assert!(is_fusion || !seen.iter().any(same), "switch {place} changes nothing");
        seen.push(model);
    }
}

#[test]
fn a_loss_that_is_no_number_stops_with_an_explanation() {
    let catalog = catalog();
    let vectors = vectors(&catalog);
    let world = World::new(&catalog, &vectors).unwrap();
    let mut config = quick_config();
    config.optimizer.mixer_learning_rate = 1e30;
    let error = trained(&world, &config, None).unwrap_err();
    assert!(matches!(error, TrainError::NonFiniteLoss { epoch: 1, .. }), "{error}");
    assert!(error.to_string().contains("optimizer.mixer_learning_rate"), "{error}");
}

#[test]
fn senseless_settings_are_refused_by_name() {
    let wrong: [(&str, Switch); 4] = [
        ("optimizer.batch_size", |config| config.optimizer.batch_size = 0),
        ("loss.bce + loss.contrastive", |config| (config.loss.bce, config.loss.contrastive) = (0.0, 0.0)),
        ("model.item_part_dropout", |config| config.model.item_part_dropout = 1.5),
        ("loss.bce", |config| config.loss.bce = f32::NAN),
    ];
    for (key, change) in wrong {
        let mut config = quick_config();
        change(&mut config);
        let error = config.check().unwrap_err();
        assert!(matches!(&error, ConfigError::Value { key: found, .. } if *found == key), "{error}");
    }
}

#[test]
fn presets_and_committed_configurations_can_be_read() {
    assert_eq!(TrainConfig::preset("best").unwrap(), TrainConfig::default());
    let paper = TrainConfig::preset("paper").unwrap();
    assert!(!paper.model.parts.lexical && paper.loss.bce == 1.0 && paper.model.parts.history);
    assert_eq!(TrainConfig::preset("unheard of"), None);
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../configs");
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    for file in entries.filter(|path| path.is_file()) {
        TrainConfig::read(&file).unwrap();
    }
}

#[test]
fn another_runs_checkpoint_is_in_nobodys_way() {
    let catalog = catalog();
    let vectors = vectors(&catalog);
    let world = World::new(&catalog, &vectors).unwrap();
    let split = Split::new(&catalog, &SplitConfig::default()).unwrap();
    let folder = Folder::new();
    let run = |seed: u64, dies_at: &'static str| {
        let config = TrainConfig { seed, ..quick_config() };
        let checkpoints = Checkpoints::open(&folder.path().join("checkpoints"), &world, &config).unwrap();
        train(&world, &split, &config, Some(&checkpoints), &DiesAt(dies_at))
    };
    assert!(catch_unwind(AssertUnwindSafe(|| run(1, "epoch 2"))).is_err(), "the run must have been killed");
    let other = run(2, "nothing").expect("the first epoch of the other run finds its place free");
    let alone = trained(&world, &TrainConfig { seed: 2, ..quick_config() }, None).unwrap();
    assert_eq!(other.model.network.to_safetensors(), alone.model.network.to_safetensors());
}

//! The model before and after training, and on disk.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use whisperlite::catalog::Catalog;
use whisperlite::catalog::split::Visible;
use whisperlite::model::{
    About, Ask, Memory, Model, ModelConfig, ModelError, N_FEATURES, PersistError, Person, Scorer, TensorProblem, View,
    World,
};
use whisperlite::signals::Histories;

use crate::support::Folder;
use crate::trained_shop::{catalog, quick_config, trained, vectors};

fn scores(model: &Model, memory: &Memory<'_>, ask: &Ask) -> Vec<f32> {
    let mut scores = vec![0.0; memory.world().catalog.n_items()];
    Scorer::new(model, memory).score(std::slice::from_ref(ask), &mut scores);
    scores
}

fn about(catalog: &Catalog) -> About<'_> {
    About { catalog, training: &serde_json::Value::Null, card: "# card\n" }
}

/// The busiest person with their whole history.
fn somebody(world: &World<'_>, histories: &Histories, moment: i64) -> Person {
    let busiest = (0..world.catalog.n_users() as u32).max_by_key(|&user| histories.of(user).len()).unwrap();
    Person { user_idx: Some(busiest), history: histories.of(busiest).to_vec(), moment }
}

#[test]
fn before_training_the_towers_are_the_encoders_plain_search() {
    let catalog = catalog();
    let vectors = vectors(&catalog);
    let world = World::new(&catalog, &vectors).unwrap();
    let everything = Visible::everything(&catalog);
    let memory = Memory::new(&world, &everything);
    let config = ModelConfig::default();
    let untrained = Model::untrained(&config, &world, [1.0; N_FEATURES], &mut ChaCha8Rng::seed_from_u64(5));
    let histories = Histories::build(&catalog, &everything.events);
    for person in [Person::default(), somebody(&world, &histories, everything.now)] {
        let request = 3;
        let found = scores(&untrained, &memory, &world.ask(Some(request), person));
        for (item, score) in (0u32..).zip(found) {
            let cosine: f32 = vectors.item(item).iter().zip(vectors.request(request)).map(|(a, b)| a * b).sum();
            assert!((score - config.initial_scale * cosine).abs() < 1e-4, "{score} {cosine}");
        }
    }
}

#[test]
fn before_training_an_item_with_a_picture_is_found_by_both() {
    let catalog = catalog();
    let pictures = vectors(&catalog).items().iter().rev().copied().collect();
    let vectors = vectors(&catalog).with_pictures(pictures).unwrap();
    let world = World::new(&catalog, &vectors).unwrap();
    let everything = Visible::everything(&catalog);
    let memory = Memory::new(&world, &everything);
    let config = ModelConfig::default();
    let untrained = Model::untrained(&config, &world, [1.0; N_FEATURES], &mut ChaCha8Rng::seed_from_u64(5));
    let found = scores(&untrained, &memory, &world.ask(Some(3), Person::default()));
    let (texts, pictures) = (vectors.items_as(View::Text), vectors.items_as(View::Picture));
    let d = vectors.dim();
    for (item, score) in found.into_iter().enumerate() {
        let both: Vec<f32> = (item * d..(item + 1) * d).map(|at| texts[at] + pictures[at]).collect();
        let length = both.iter().map(|value| value * value).sum::<f32>().sqrt();
        let product: f32 = both.iter().zip(vectors.request(3)).map(|(a, b)| a * b).sum();
        assert!((score - config.initial_scale * product / length).abs() < 1e-4, "{score} {product}");
    }
}

#[test]
fn a_model_is_not_asked_about_pictures_that_it_never_saw() {
    let catalog = catalog();
    let without = vectors(&catalog);
    let world = World::new(&catalog, &without).unwrap();
    let model = Model::untrained(&ModelConfig::default(), &world, [1.0; N_FEATURES], &mut ChaCha8Rng::seed_from_u64(5));
    assert!(model.check(&without).is_ok());
    let with = vectors(&catalog).with_pictures(without.items().to_vec()).unwrap();
    let error = model.check(&with).unwrap_err();
    assert!(matches!(error, ModelError::Inputs { trained: 1, found: 2, .. }), "{error}");
}

#[test]
fn a_model_with_pictures_learns_and_is_saved_like_any_other() {
    let catalog = catalog();
    let pictures = vectors(&catalog).items().to_vec();
    let vectors = vectors(&catalog).with_pictures(pictures).unwrap();
    let world = World::new(&catalog, &vectors).unwrap();
    let trained = trained(&world, &quick_config(), None).unwrap();
    let (first, last) = (trained.epochs[1].loss.unwrap(), trained.epochs.last().unwrap().loss.unwrap());
    assert!(last < first, "{first} {last}");
    let folder = Folder::new();
    let path = folder.path().join("model");
    trained.model.save(&path, &about(&catalog), &[]).unwrap();
    let (loaded, info) = Model::load(&path, &catalog).unwrap();
    assert_eq!((info.n_views, loaded.inputs()), (2, trained.model.inputs()));
    let everything = Visible::everything(&catalog);
    let memory = Memory::new(&world, &everything);
    let ask = world.ask(Some(1), Person::default());
    assert_eq!(scores(&loaded, &memory, &ask), scores(&trained.model, &memory, &ask));
}

#[test]
fn with_an_empty_history_the_trained_model_is_search_by_words() {
    let catalog = catalog();
    let vectors = vectors(&catalog);
    let world = World::new(&catalog, &vectors).unwrap();
    let model = trained(&world, &quick_config(), None).unwrap().model;
    let everything = Visible::everything(&catalog);
    let memory = Memory::new(&world, &everything);
    let histories = Histories::build(&catalog, &everything.events);
    let person = somebody(&world, &histories, everything.now);
    let nobody = Person { history: Vec::new(), ..person.clone() };
    let alone = scores(&model, &memory, &world.ask(Some(3), Person::default()));
    assert_eq!(scores(&model, &memory, &world.ask(Some(3), nobody)), alone);
    assert_ne!(scores(&model, &memory, &world.ask(Some(3), person)), alone, "a history must count");
}

#[test]
fn a_model_without_the_history_part_does_not_read_one() {
    let catalog = catalog();
    let vectors = vectors(&catalog);
    let world = World::new(&catalog, &vectors).unwrap();
    let mut config = quick_config();
    config.model.parts.history = false;
    let model = trained(&world, &config, None).unwrap().model;
    let everything = Visible::everything(&catalog);
    let memory = Memory::new(&world, &everything);
    let histories = Histories::build(&catalog, &everything.events);
    let person = somebody(&world, &histories, everything.now);
    let alone = scores(&model, &memory, &world.ask(Some(3), Person::default()));
    assert_eq!(scores(&model, &memory, &world.ask(Some(3), person)), alone);
}

#[test]
fn a_saved_model_gives_the_same_scores_and_fits_a_grown_catalogue() {
    let catalog = catalog();
    let vectors = vectors(&catalog);
    let world = World::new(&catalog, &vectors).unwrap();
    let model = trained(&world, &quick_config(), None).unwrap().model;
    let folder = Folder::new();
    let path = folder.path().join("model");
    model.save(&path, &about(&catalog), &[]).unwrap();
    let (loaded, info) = Model::load(&path, &catalog).unwrap();
    assert_eq!((info.d_encoder, loaded.spread, loaded.fusion), (vectors.dim(), model.spread, model.fusion));
    let everything = Visible::everything(&catalog);
    let memory = Memory::new(&world, &everything);
    let ask = world.ask(Some(1), Person::default());
    assert_eq!(scores(&loaded, &memory, &ask), scores(&model, &memory, &ask));

    let mut grown = catalog.clone();
    grown.items.insert(0, whisperlite::catalog::Item { item_id: "!new".to_owned(), ..Default::default() });
    let (for_grown, _) = Model::load(&path, &grown).unwrap();
    assert!(for_grown.n_parameters() > model.n_parameters(), "the new item has a row, too");
}

#[test]
fn a_damaged_model_is_refused_by_name() {
    let catalog = catalog();
    let vectors = vectors(&catalog);
    let world = World::new(&catalog, &vectors).unwrap();
    let model = Model::untrained(&ModelConfig::default(), &world, [1.0; N_FEATURES], &mut ChaCha8Rng::seed_from_u64(5));
    let folder = Folder::new();
    let path = folder.path().join("model");
    model.save(&path, &about(&catalog), &[]).unwrap();
    let weights = path.join("model.safetensors");
    let whole = std::fs::read(&weights).unwrap();

    let renamed = String::from_utf8_lossy(&whole[..2000]).replace("query_tower.gate.bias", "query_tower.gate.bios");
    let mut surplus = renamed.into_bytes();
    surplus.truncate(2000);
    surplus.extend_from_slice(&whole[surplus.len()..]);
    if surplus.len() == whole.len() && surplus != whole {
        std::fs::write(&weights, surplus).unwrap();
        let error = Model::load(&path, &catalog).unwrap_err();
        let PersistError::Tensor { tensor, problem, .. } = error else { panic!("{error}") };
        assert_eq!((tensor.as_str(), problem), ("query_tower.gate.bias", TensorProblem::Missing));
    }
    std::fs::write(&weights, &whole[..whole.len() / 2]).unwrap();
    assert!(matches!(Model::load(&path, &catalog).unwrap_err(), PersistError::Safetensors { .. }));

    std::fs::write(&weights, &whole).unwrap();
    let config = path.join("config.json");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, text.replace("\"format_version\": 2", "\"format_version\": 9")).unwrap();
    assert!(matches!(Model::load(&path, &catalog).unwrap_err(), PersistError::Version { found: 9, .. }));
}

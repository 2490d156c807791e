//! Contrastive training of an encoder's towers.

use std::path::PathBuf;

use whisperlite::encoder;
use whisperlite::encoder::clip::ClipModel;
use whisperlite::encoder::transformer::Precision;
use whisperlite::progress::Silent;
use whisperlite::trainer::tune::{Captioned, TuneConfig, TuneError, Tuned, captioned_items, tune};

use crate::clip::fixture;
use crate::support::Folder;

/// Squares of eight colours, each said by its name.
const COLOURS: [(&str, [u8; 3]); 8] = [
    ("red", [220, 30, 30]),
    ("green", [30, 180, 60]),
    ("blue", [30, 60, 220]),
    ("yellow", [240, 220, 40]),
    ("black", [10, 10, 10]),
    ("white", [250, 250, 250]),
    ("pink", [250, 150, 190]),
    ("brown", [120, 70, 30]),
];

/// `n` squares of each colour, of slightly different shades, as PNG files.
fn squares(folder: &Folder, n: u8) -> Vec<Captioned> {
    let mut pairs = Vec::new();
    for shade in 0..n {
        for (name, colour) in COLOURS {
            let rgb: Vec<u8> = colour.map(|value| value.saturating_sub(shade)).repeat(24 * 24);
            let image: PathBuf = folder.path().join(format!("{name}-{shade}.png"));
            image::save_buffer(&image, &rgb, 24, 24, image::ExtendedColorType::Rgb8).unwrap();
            pairs.push(Captioned {
                image,
                texts: vec![name.to_owned(), format!("a {name} square")],
                group: String::new(),
            });
        }
    }
    pairs
}

fn config() -> TuneConfig {
    TuneConfig {
        epochs: 12,
        batch_size: 20,
        learning_rate: 3e-3,
        held_out: 16,
        averaging: 0.8,
        ..TuneConfig::default()
    }
}

fn tuned(pairs: &[Captioned], config: &TuneConfig) -> Result<Tuned, TuneError> {
    tune(ClipModel::random(&fixture("clip"), 1).unwrap(), pairs, config, &mut |_, _| Ok(()), &Silent)
}

#[test]
fn an_encoder_learns_from_nothing_what_the_words_mean() {
    let folder = Folder::new();
    let pairs = squares(&folder, 8);
    let tuned = tuned(&pairs, &config()).unwrap();
    let first = tuned.epochs[0].recall_at_1.unwrap();
    let last = tuned.epochs.last().unwrap();
    assert!(first < 0.4 && last.recall_at_1.unwrap() > 0.8, "{:?}", tuned.epochs);
    assert!(last.loss.unwrap() < tuned.epochs[1].loss.unwrap() * 0.7, "{:?}", tuned.epochs);

    let saved = folder.path().join("encoder");
    tuned.model.save(&saved, Precision::F32).unwrap();
    let read = encoder::open(&saved).unwrap();
    let (ours, theirs) = (tuned.model.embed_texts(&["red"]).unwrap(), read.embed_texts(&["red"]).unwrap());
    assert!(ours.iter().zip(&theirs).all(|(a, b)| (a - b).abs() < 1e-5), "what is saved is what was trained");
}

#[test]
fn the_same_seed_gives_the_same_weights() {
    let folder = Folder::new();
    let pairs = squares(&folder, 5);
    let config = TuneConfig { epochs: 1, held_out: 0, ..config() };
    let vectors = |config: &TuneConfig| tuned(&pairs, config).unwrap().model.embed_texts(&["red", "green"]).unwrap();
    assert_eq!(vectors(&config), vectors(&config));
    assert_ne!(vectors(&config), vectors(&TuneConfig { seed: 2, ..config.clone() }));
}

#[test]
fn what_cannot_be_learned_from_is_named() {
    let folder = Folder::new();
    let mut pairs = squares(&folder, 2);
    let error = tuned(&pairs, &config()).unwrap_err();
    assert!(matches!(error, TuneError::TooFew { n_learned: 0, held_out: 16, batch_size: 20 }), "{error}");
    let few = TuneConfig { batch_size: 8, held_out: 0, ..config() };
    std::fs::write(&pairs[3].image, b"no picture").unwrap();
    let error = tuned(&pairs, &few).unwrap_err();
    assert!(error.to_string().contains("yellow-0.png"), "{error}");
    pairs.remove(3);
    let error = tuned(&pairs, &TuneConfig { learning_rate: 1e30, ..few }).unwrap_err();
    assert!(matches!(error, TuneError::NonFiniteLoss { .. }), "{error}");
    let bert = ClipModel::open(&crate::encoder::fixture("mean-normalized")).unwrap_err();
    assert!(bert.to_string().contains("model_type"), "{bert}");
}

#[test]
fn the_items_of_a_store_are_pairs() {
    let folder = Folder::new();
    squares(&folder, 1);
    let items =
        folder.file("items.csv", "item_id,title,image\n1,red thing,red-0.png\n2,no picture,\n3,gone,gone.png\n");
    folder.import(whisperlite::catalog::import::Format::Tables, &[&items]).unwrap();
    let pairs = captioned_items(&folder.catalog(), &folder.store());
    assert_eq!(pairs.len(), 1);
    assert_eq!(pairs[0].texts, ["red thing"]);
}

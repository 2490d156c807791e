//! Captions name what is there; titles and descriptions read as English and vary.

use std::collections::HashSet;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use whisperlite_boutique::look::{Kind, Look};
use whisperlite_boutique::words::{caption, loose_caption};
use whisperlite_boutique::{Boutique, BoutiqueConfig};

#[test]
fn equal_captions_mean_equal_looks() {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let looks: HashSet<Look> = (0..4_000).map(|n| Look::sample(Kind::ALL[n % Kind::ALL.len()], &mut rng)).collect();
    let captions: HashSet<String> = looks.iter().map(caption).collect();
    assert_eq!(captions.len(), looks.len(), "a caption leaves something out");
}

#[test]
fn loose_captions_vary_and_keep_to_the_look() {
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    let look = Look::sample(Kind::Dress, &mut rng);
    let captions: HashSet<String> = (0..60).map(|_| loose_caption(&look, &mut rng)).collect();
    assert!(captions.len() > 15, "only {} different captions", captions.len());
    assert!(captions.iter().all(|text| text.contains("dress") || text.contains("frock")), "{captions:?}");
}

#[test]
fn titles_and_descriptions_are_whole_sentences_that_vary() {
    let boutique = Boutique::new(BoutiqueConfig::new(3, 2_000)).expect("a valid size");
    let texts: Vec<String> =
        boutique.items().flat_map(|item| [boutique.title(&item), boutique.description(&item)]).collect();
    for text in &texts {
        assert!(text.starts_with(char::is_uppercase), "{text:?}");
        assert!(!text.contains("  ") && !text.contains(" ,") && !text.contains("with with"), "{text:?}");
        assert!(!text.contains("a a ") && !text.contains("{") && text.len() < 400, "{text:?}");
    }
    let distinct = texts.iter().collect::<HashSet<_>>().len();
    assert!(distinct > 3_000, "only {distinct} of 4,000 texts are distinct");
}

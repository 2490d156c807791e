//! Chance in front of the picture tower: the same picture is never quite the same.
//!
//! Colours stay as they are: they are what is asked for.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::TuneConfig;
use crate::encoder::Picture;

/// A crop of a random share of the area, at a random place, perhaps in a mirror.
pub(super) fn varied(picture: &Picture, config: &TuneConfig, rng: &mut ChaCha8Rng) -> Picture {
    let edge = |full: usize, share: f64| ((full as f64 * share).round() as usize).clamp(1, full);
    let area = rng.random_range(config.least_area..=1.0);
    // Width and height are cut by different shares, whose product is the share of the area.
    let tilt = rng.random_range(area.sqrt()..=1.0).max(area);
    let shares = if rng.random::<bool>() { (tilt, area / tilt) } else { (area / tilt, tilt) };
    let (width, height) = (edge(picture.width(), shares.0), edge(picture.height(), shares.1));
    let left = rng.random_range(0..=picture.width() - width);
    let top = rng.random_range(0..=picture.height() - height);
    let mirrored = rng.random::<f64>() < config.mirrored;
    let mut rgb = Vec::with_capacity(width * height * 3);
    for row in picture.rgb().chunks_exact(picture.width() * 3).skip(top).take(height) {
        let row = &row[left * 3..][..width * 3];
        if mirrored {
            row.rchunks_exact(3).for_each(|pixel| rgb.extend_from_slice(pixel));
        } else {
            rgb.extend_from_slice(row);
        }
    }
    Picture::from_rgb(width, height, rgb).expect("a crop has as many bytes as it should")
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    fn picture() -> Picture {
        Picture::from_rgb(4, 2, (0..24).collect()).unwrap()
    }

    #[test]
    fn without_chance_nothing_changes_and_a_mirror_turns_the_rows() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let still = TuneConfig { least_area: 1.0, mirrored: 0.0, ..TuneConfig::default() };
        assert_eq!(varied(&picture(), &still, &mut rng), picture());
        let mirrored = varied(&picture(), &TuneConfig { mirrored: 1.0, ..still }, &mut rng);
        assert_eq!(mirrored.rgb()[..6], [9, 10, 11, 6, 7, 8]);
        assert_eq!(mirrored.rgb()[12..15], [21, 22, 23]);
    }

    #[test]
    fn crops_keep_their_share() {
        let large = Picture::from_rgb(100, 60, vec![7; 18_000]).unwrap();
        let config = TuneConfig { least_area: 0.5, ..TuneConfig::default() };
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let areas: Vec<usize> = (0..200)
            .map(|_| varied(&large, &config, &mut rng))
            .map(|picture| picture.width() * picture.height())
            .collect();
        assert!(areas.iter().all(|area| (2_900..=6_000).contains(area)), "{areas:?}");
        assert!(areas.iter().min().unwrap() + 2_000 < *areas.iter().max().unwrap());
    }
}

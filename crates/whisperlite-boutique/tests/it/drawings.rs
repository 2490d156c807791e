//! What a caption names can be seen at 64 pixels; pictures are what they claim to be.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use whisperlite_boutique::DrawError;
use whisperlite_boutique::draw::{Picture, svg};
use whisperlite_boutique::look::{Kind, Look, Pattern, Trait};

const SMALL: u32 = 64;
/// Of 4,096: a star or a row of studs is small.
const MIN_PIXELS: usize = 12;
/// Out of 255, in one of the three parts of a colour: what an eye sees beside each other.
const MIN_STEP: u8 = 20;

fn picture(look: &Look) -> Picture {
    Picture::render(&svg(look, 5), SMALL).expect("a drawing is valid SVG")
}

/// Pixels that clearly differ.
fn n_different(a: &Picture, b: &Picture) -> usize {
    let differs = |(a, b): (&[u8], &[u8])| a.iter().zip(b).any(|(a, b)| a.abs_diff(*b) >= MIN_STEP);
    a.rgb.chunks_exact(3).zip(b.rgb.chunks_exact(3)).filter(|pair| differs(*pair)).count()
}

/// Valid looks that differ from this one in one attribute only.
fn neighbours(look: &Look) -> Vec<(Trait, Look)> {
    let plain = Look { pattern: Pattern::Plain, second: None, ..*look };
    let without = Look { detail: None, ..*look };
    Trait::all()
        .map(|change| (change, look.with(change)))
        .chain([(Trait::Pattern(Pattern::Plain), plain)])
        .chain(look.detail.map(|detail| (Trait::Detail(detail), without)))
        .filter(|(change, other)| !matches!(change, Trait::Kind(_)) && other != look && other.is_valid())
        .collect()
}

#[test]
fn every_attribute_can_be_seen_in_a_small_picture() {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut n_pairs = 0;
    let mut hidden = Vec::new();
    for kind in Kind::ALL {
        for _ in 0..4 {
            let look = Look::sample(*kind, &mut rng);
            let picture_of_look = picture(&look);
            for (change, other) in neighbours(&look) {
                let n_pixels = n_different(&picture_of_look, &picture(&other));
                n_pairs += 1;
                if n_pixels < MIN_PIXELS {
                    hidden.push(format!("{n_pixels} pixels: {kind:?} {change:?} from {look:?}"));
                }
            }
        }
    }
    assert!(n_pairs > 2_000, "only {n_pairs} pairs were compared");
    assert!(hidden.is_empty(), "{} of {n_pairs} changes cannot be seen:\n{}", hidden.len(), hidden.join("\n"));
}

#[test]
fn kinds_look_different() {
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    let pictures: Vec<Picture> = Kind::ALL.iter().map(|kind| picture(&Look::sample(*kind, &mut rng))).collect();
    for (at, a) in pictures.iter().enumerate() {
        for b in &pictures[..at] {
            assert!(n_different(a, b) > 200);
        }
    }
}

#[test]
fn two_drawings_of_one_look_differ_and_one_variant_repeats() {
    let look = Look::sample(Kind::Coat, &mut ChaCha8Rng::seed_from_u64(3));
    assert_eq!(svg(&look, 1), svg(&look, 1));
    let (one, other) = (Picture::render(&svg(&look, 1), SMALL), Picture::render(&svg(&look, 2), SMALL));
    assert!(n_different(&one.expect("drawn"), &other.expect("drawn")) > 50);
}

#[test]
fn a_png_says_that_it_is_synthetic_and_holds_the_pixels() {
    let drawn = picture(&Look::sample(Kind::Boots, &mut ChaCha8Rng::seed_from_u64(4)));
    let bytes = drawn.to_png().expect("PNG");
    let mut reader = png::Decoder::new(std::io::Cursor::new(&bytes)).read_info().expect("a PNG file");
    let mut pixels = vec![0; reader.output_buffer_size().expect("a size")];
    reader.next_frame(&mut pixels).expect("one picture");
    assert_eq!(pixels, drawn.rgb);
    let notes = &reader.info().uncompressed_latin1_text;
    assert!(notes.iter().any(|note| note.keyword == "Comment" && note.text.contains("Synthetic")));
}

#[test]
fn absurd_sizes_and_broken_drawings_are_refused() {
    let drawing = svg(&Look::sample(Kind::Heels, &mut ChaCha8Rng::seed_from_u64(5)), 1);
    for size in [0, 15, 2_049, u32::MAX] {
        assert!(matches!(Picture::render(&drawing, size), Err(DrawError::Size { .. })), "{size}");
    }
    assert!(matches!(Picture::render("<svg", SMALL), Err(DrawError::Svg(_))));
}

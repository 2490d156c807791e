//! Drawings: from a look to SVG, and on to pixels.
//!
//! Pieces are flat vector drawings of 256 × 256 units. Two drawings of one look differ a little in place, size, turn, tone
//! and backdrop, as photographs do, so that nobody can learn pictures by heart.
//!
//! Not for: words, or anything that no picture shows.

mod palette;
mod shape;
mod fabric;
mod canvas;
mod torso;
mod details;
mod tops;
mod bottoms;
mod shoes;
mod render;

use rand::RngExt;

use crate::look::{Kind, Look};
use crate::random::{Purpose, generator};
use canvas::Canvas;
use fabric::Cloth;
use palette::Rgb;

pub(crate) use palette::palette;
pub use render::{Picture, SIZES};

/// The drawing of a look. The variant decides place, size, turn and tone, within what leaves the look the same.
pub fn svg(look: &Look, variant: u64) -> String {
    let mut rng = generator(variant, Purpose::Drawing, 0);
    let mut tone = |colour: Rgb| {
        let share = rng.random_range(-0.07..0.07);
        if share < 0.0 { colour.darker(-share) } else { colour.lighter(share) }
    };
    let ground = tone(palette(look.colour));
    let second = tone(palette(look.second.unwrap_or(look.colour)));
    let cloth = Cloth { ground, second, pattern: look.pattern, material: look.material, block: [0.0; 4] };
    let backdrop = tone(Rgb::hex(0xE8_E4_DE)).mix(Rgb::hex(0xDA_E1_E9), rng.random_range(0.0..0.8));
    let (size, turn) = (rng.random_range(0.9..1.0), rng.random_range(-2.0..2.0));
    let (dx, dy) = (rng.random_range(-5.0..5.0), rng.random_range(-4.0..4.0));
    let transform = format!(
        "translate({:.1} {:.1}) rotate({turn:.2}) scale({size:.3}) translate(-128 -130)",
        128.0 + dx,
        128.0 + dy
    );
    let mut canvas = Canvas::default();
    draw(&mut canvas, look, cloth);
    canvas.finish(backdrop, &transform)
}

fn draw(canvas: &mut Canvas, look: &Look, cloth: Cloth) {
    match look.kind {
        Kind::Dress => bottoms::dress(canvas, look, cloth),
        Kind::Skirt => bottoms::skirt(canvas, look, cloth),
        Kind::Trousers | Kind::Jeans | Kind::Shorts => bottoms::trousers(canvas, look, cloth),
        Kind::Jumpsuit => bottoms::jumpsuit(canvas, look, cloth),
        Kind::TShirt
        | Kind::Shirt
        | Kind::Sweater
        | Kind::Cardigan
        | Kind::Hoodie
        | Kind::Jacket
        | Kind::Blazer
        | Kind::Coat => {
            tops::draw(canvas, look, cloth);
        }
        Kind::Trainers | Kind::Boots | Kind::Heels | Kind::Sandals | Kind::Loafers | Kind::Flats => {
            shoes::draw(canvas, look, cloth);
        }
    }
}

//! What cloth looks like from near: patterns in the second colour, textures that hint at the material, and shade.
//!
//! Every motif is large enough to be seen when the picture is 64 pixels wide, a quarter of the size it is drawn in.

use super::palette::Rgb;
use crate::look::{Material, Pattern};

/// What a piece is cut from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cloth {
    pub(crate) ground: Rgb,
    pub(crate) second: Rgb,
    pub(crate) pattern: Pattern,
    pub(crate) material: Material,
    /// Where the colours of a colour block meet: the line between lies across the middle of this one.
    pub(crate) block: [f64; 4],
}

impl Cloth {
    /// The same cloth without its pattern: collars, cuffs, bands.
    pub(crate) fn plain(self) -> Self {
        Self { pattern: Pattern::Plain, ..self }
    }

    /// The inside of a piece, in shadow; on very dark cloth it is lighter, so that an opening can still be seen.
    pub(crate) fn inside(&self) -> Rgb {
        if self.ground.luminance() < 0.22 {
            self.ground.lighter(0.34)
        } else {
            self.ground.mix(Rgb::hex(0x20_18_18), 0.42)
        }
    }

    /// The second colour where there is one, for trimmings; else a tone of the ground.
    pub(crate) fn trim(&self) -> Rgb {
        if self.pattern == Pattern::Plain { self.ground.line() } else { self.second }
    }
}

/// The layers on the ground, lowest first: each an id and its definition.
pub(crate) fn layers(cloth: &Cloth, degrees: f64) -> Vec<(String, String)> {
    let turn = format!("{degrees:.0}").replace('-', "m");
    let mut layers = Vec::with_capacity(3);
    if let Some(markup) = pattern(cloth, degrees, &format!("p{turn}")) {
        layers.push((format!("p{turn}"), markup));
    }
    if let Some(markup) = texture(cloth.material, cloth.ground, degrees, &format!("t{turn}")) {
        layers.push((format!("t{turn}"), markup));
    }
    layers.push(("shade".to_owned(), shade(cloth.material)));
    layers
}

/// A tile that repeats.
fn tile(id: &str, (width, height): (f64, f64), degrees: f64, content: &str) -> String {
    format!(
        r#"<pattern id="{id}" patternUnits="userSpaceOnUse" width="{width}" height="{height}" patternTransform="translate(128 0) rotate({degrees:.1})">{content}</pattern>"#
    )
}

fn pattern(cloth: &Cloth, degrees: f64, id: &str) -> Option<String> {
    let colour = cloth.second.css();
    let made = |size, content: String| Some(tile(id, size, degrees, &content));
    match cloth.pattern {
        Pattern::Plain => None,
        Pattern::Breton => made((40.0, 22.0), format!(r#"<path d="M0 7H40V16H0Z" fill="{colour}"/>"#)),
        Pattern::Pinstripe => {
            made((20.0, 40.0), format!(r#"<path d="M-3 0H3V40H-3ZM17 0H23V40H17Z" fill="{colour}"/>"#))
        }
        Pattern::Checked => made(
            (32.0, 32.0),
            format!(
                r#"<path d="M-8 0H8V32H-8ZM24 0H32V32H24Z" fill="{colour}" fill-opacity="0.55"/><path d="M0 8H32V24H0Z" fill="{colour}" fill-opacity="0.55"/>"#
            ),
        ),
        Pattern::PolkaDot => made(
            (28.0, 28.0),
            format!(r#"<g fill="{colour}"><circle cx="7" cy="7" r="5.6"/><circle cx="21" cy="21" r="5.6"/></g>"#),
        ),
        Pattern::Floral => made((46.0, 46.0), format!("{}{}", flower(13.0, 13.0, cloth), flower(36.0, 36.0, cloth))),
        Pattern::ColourBlock => Some(colour_block(cloth, id)),
        Pattern::Leopard => made((44.0, 40.0), leopard(&colour)),
    }
}

/// Five petals round an eye, with a leaf.
fn flower(x: f64, y: f64, cloth: &Cloth) -> String {
    let (petals, leaf) = (cloth.second.css(), Rgb::hex(0x4F_8A_4C).mix(cloth.second, 0.35).css());
    let eye = if cloth.second.luminance() > 0.6 { "#e8a21c" } else { "#fbe3a0" };
    let petal = |turn: usize| {
        let angle = turn as f64 * std::f64::consts::TAU / 5.0;
        format!(r#"<circle cx="{:.1}" cy="{:.1}" r="4.9"/>"#, x + 5.6 * angle.sin(), y - 5.6 * angle.cos())
    };
    let petals_markup: String = (0..5).map(petal).collect();
    let (leaf_x, leaf_y) = (x + 14.0, y - 9.0);
    format!(
        r#"<ellipse cx="{leaf_x}" cy="{leaf_y}" rx="5.5" ry="2.6" transform="rotate(-35 {leaf_x} {leaf_y})" fill="{leaf}"/><g fill="{petals}">{petals_markup}</g><circle cx="{x}" cy="{y}" r="3.1" fill="{eye}"/>"#
    )
}

/// Broken rings of different turns, and dots between them.
fn leopard(colour: &str) -> String {
    let ring = |x: f64, y: f64, turn: f64| {
        format!(
            r#"<path d="M{x} {y}m-6 3a7 6 0 0 1 4-9m5 0a7 6 0 0 1 4 9m-4 4a7 6 0 0 1-6 1" transform="rotate({turn} {x} {y})"/>"#
        )
    };
    let rings: String = [(11.0, 10.0, 20.0), (32.0, 30.0, 150.0), (33.0, 7.0, 265.0), (10.0, 31.0, 80.0)]
        .map(|(x, y, turn)| ring(x, y, turn))
        .concat();
    format!(
        r#"<g fill="none" stroke="{colour}" stroke-width="4" stroke-linecap="round">{rings}</g><g fill="{colour}"><circle cx="22" cy="19" r="2.4"/><circle cx="21" cy="38" r="2"/><circle cx="42" cy="19" r="2.2"/></g>"#
    )
}

/// Two colours with a sharp border between them.
fn colour_block(cloth: &Cloth, id: &str) -> String {
    let [x1, y1, x2, y2] = cloth.block;
    let (ground, second) = (cloth.ground.css(), cloth.second.css());
    format!(
        r#"<linearGradient id="{id}" gradientUnits="userSpaceOnUse" x1="{x1:.1}" y1="{y1:.1}" x2="{x2:.1}" y2="{y2:.1}"><stop offset="0.5" stop-color="{ground}"/><stop offset="0.5" stop-color="{second}"/></linearGradient>"#
    )
}

fn texture(material: Material, ground: Rgb, degrees: f64, id: &str) -> Option<String> {
    // On dark cloth light threads show, on light cloth dark ones.
    let dark = ground.luminance() < 0.3;
    let (thread, strength) = if dark { ("#fff", 0.32) } else { ("#000", 0.31) };
    let made = |size, content: String| Some(tile(id, size, degrees, &content));
    match material {
        Material::Cotton => None,
        // Threads of uneven thickness, mostly across.
        Material::Linen => made(
            (46.0, 30.0),
            format!(
                r##"<path d="M0 3H26M31 8H46M8 13H46M0 18H15M22 23H46M0 28H30" stroke="{thread}" stroke-opacity="{strength}" stroke-width="2.6"/><path d="M30 3H46M0 8H24M20 18H46M0 23H16" stroke="#fff" stroke-opacity="0.24" stroke-width="2"/><path d="M12 0V14M36 10V30" stroke="{thread}" stroke-opacity="0.16" stroke-width="2"/>"##
            ),
        ),
        Material::Canvas => made(
            (14.0, 14.0),
            format!(r#"<path d="M0 0H7V7H0ZM7 7H14V14H7Z" fill="{thread}" fill-opacity="{strength}"/>"#),
        ),
        Material::Denim => made(
            (7.0, 7.0),
            r##"<path d="M-2 9L9 -2M-5.5 5.5L5.5 -5.5M1.5 12.5L12.5 1.5" stroke="#fff" stroke-opacity="0.2" stroke-width="1.8"/>"##.to_owned(),
        ),
        Material::Knit => made(
            (11.0, 20.0),
            format!(
                r##"<path d="M0 0H4V20H0Z" fill="#000" fill-opacity="{:.2}"/><path d="M6 0H9V20H6Z" fill="#fff" fill-opacity="0.22"/>"##,
                if dark { 0.4 } else { 0.2 }
            ),
        ),
        // Tweed: a faint herringbone with light and dark flecks.
        Material::Wool => made(
            (36.0, 30.0),
            format!(
                r##"<path d="M0 5L9 12L18 5L27 12L36 5M0 20L9 27L18 20L27 27L36 20" fill="none" stroke="{thread}" stroke-opacity="0.12" stroke-width="3"/><g fill="{thread}" fill-opacity="0.46"><circle cx="5" cy="6" r="2.1"/><circle cx="21" cy="15" r="2.2"/><circle cx="31" cy="4" r="1.9"/><circle cx="11" cy="24" r="2.1"/></g><g fill="#fff" fill-opacity="0.6"><circle cx="14" cy="3" r="1.9"/><circle cx="3" cy="16" r="1.9"/><circle cx="30" cy="22" r="2.1"/></g>"##
            ),
        ),
        Material::Leather => Some(sheen(id, ground)),
        Material::Satin => Some(satin(id)),
        Material::Suede => made(
            (22.0, 22.0),
            format!(
                r##"<g fill="{thread}" fill-opacity="{strength}"><circle cx="5" cy="5" r="3.6"/><circle cx="16" cy="9" r="3.2"/><circle cx="9" cy="17" r="3.6"/></g><g fill="#fff" fill-opacity="0.22"><circle cx="11" cy="6" r="2.6"/><circle cx="18" cy="18" r="3.2"/><circle cx="2" cy="13" r="2.6"/></g>"##
            ),
        ),
        Material::Lace => made((20.0, 20.0), lace(ground)),
        Material::Quilted => made((200.0, 28.0), quilt()),
    }
}

/// Hard highlights across a panel; on white, where none would show, reflections of a dark room.
fn sheen(id: &str, ground: Rgb) -> String {
    let (colour, share) = if ground.luminance() > 0.8 { ("#000", 0.45) } else { ("#fff", 1.0) };
    let stops: String = [(0.22, 0.0), (0.3, 0.62), (0.37, 0.12), (0.44, 0.0), (0.62, 0.0), (0.67, 0.4), (0.71, 0.0)]
        .iter()
        .map(|(place, opacity)| {
            let opacity = opacity * share;
            format!(r#"<stop offset="{place}" stop-color="{colour}" stop-opacity="{opacity:.2}"/>"#)
        })
        .collect();
    format!(r#"<linearGradient id="{id}" x1="0" y1="0.1" x2="1" y2="0.75">{stops}</linearGradient>"#)
}

/// Soft, broad folds of light and dark.
fn satin(id: &str) -> String {
    let stops: String = [
        (0.0, "#000", 0.14),
        (0.16, "#fff", 0.5),
        (0.32, "#000", 0.16),
        (0.52, "#fff", 0.6),
        (0.7, "#000", 0.2),
        (0.86, "#fff", 0.42),
        (1.0, "#000", 0.16),
    ]
    .iter()
    .map(|(place, colour, opacity)| {
        format!(r#"<stop offset="{place}" stop-color="{colour}" stop-opacity="{opacity}"/>"#)
    })
    .collect();
    format!(r#"<linearGradient id="{id}" x1="0" y1="0" x2="1" y2="0.28">{stops}</linearGradient>"#)
}

/// Eyelets through which the backdrop shows, with a worked edge.
fn lace(ground: Rgb) -> String {
    let (hole, edge) =
        (Rgb::hex(0xE6_DF_D6).mix(ground, if ground.luminance() > 0.75 { 0.0 } else { 0.12 }), ground.line());
    let hole = if ground.luminance() > 0.75 { hole.darker(0.22) } else { hole };
    format!(
        r#"<g fill="{}" stroke="{}" stroke-width="0.8"><circle cx="5" cy="5" r="3.6"/><circle cx="15" cy="15" r="3.6"/><circle cx="15" cy="5" r="1.6"/><circle cx="5" cy="15" r="1.6"/></g>"#,
        hole.css(),
        edge.css()
    )
}

/// Padded bands with a seam between each two.
fn quilt() -> String {
    r##"<path d="M0 3H200V9H0Z" fill="#fff" fill-opacity="0.34"/><path d="M0 9H200V13H0Z" fill="#fff" fill-opacity="0.14"/><path d="M0 19H200V25H0Z" fill="#000" fill-opacity="0.14"/><path d="M0 25H200V28H0Z" fill="#000" fill-opacity="0.42"/>"##.to_owned()
}

/// Light from the upper left: every panel is darker at its right edge.
fn shade(material: Material) -> String {
    let depth = if matches!(material, Material::Suede | Material::Leather) { 0.22 } else { 0.15 };
    format!(
        r##"<linearGradient id="shade" x1="0" y1="0" x2="1" y2="0.12"><stop offset="0" stop-color="#000" stop-opacity="{:.2}"/><stop offset="0.22" stop-color="#fff" stop-opacity="0.07"/><stop offset="0.6" stop-color="#000" stop-opacity="0"/><stop offset="1" stop-color="#000" stop-opacity="{depth}"/></linearGradient>"##,
        depth * 0.5
    )
}

//! What is worn above: T-shirts, shirts, knitwear, hoodies, jackets, blazers, coats.

use super::canvas::Canvas;
use super::details::{self, Places};
use super::fabric::Cloth;
use super::palette::Rgb;
use super::shape::{MIDDLE, Side, Stroke, line_on_side, on_side, open, symmetric};
use super::torso::{Cuffs, Torso, band};
use crate::look::{Cut, Detail, Kind, Length, Look, Material, Neckline, Sleeve};
use Stroke::{Bend, Line, Swing};

/// How a kind of top is built.
struct Build {
    top: f64,
    scale: f64,
    /// Heights of the hem by length.
    hems: [f64; 3],
    front: Front,
    edge: Edge,
}

/// What the front is.
#[derive(Clone, Copy, PartialEq)]
enum Front {
    Whole,
    /// Hangs open, from the neck down.
    Open,
    /// Closed by an overlap.
    Closed,
    /// With lapels, to the waist.
    Lapels,
}

/// What the hem is.
#[derive(Clone, Copy, PartialEq)]
enum Edge {
    Hemmed,
    Ribbed,
    /// Rounded, longer in the middle.
    Tail,
}

fn build(kind: Kind) -> Build {
    let (top, scale, hems, front, edge) = match kind {
        Kind::Shirt => (46.0, 0.98, [148.0, 190.0, 228.0], Front::Whole, Edge::Tail),
        Kind::Sweater => (50.0, 1.0, [146.0, 194.0, 232.0], Front::Whole, Edge::Ribbed),
        Kind::Cardigan => (44.0, 0.98, [142.0, 190.0, 236.0], Front::Open, Edge::Ribbed),
        Kind::Hoodie => (64.0, 0.96, [158.0, 204.0, 238.0], Front::Whole, Edge::Ribbed),
        Kind::Jacket => (46.0, 0.96, [142.0, 186.0, 226.0], Front::Closed, Edge::Hemmed),
        Kind::Blazer => (40.0, 0.92, [146.0, 190.0, 230.0], Front::Lapels, Edge::Hemmed),
        Kind::Coat => (34.0, 0.76, [152.0, 198.0, 242.0], Front::Closed, Edge::Hemmed),
        _ => (48.0, 1.04, [140.0, 190.0, 232.0], Front::Whole, Edge::Hemmed),
    };
    Build { top, scale, hems, front, edge }
}

/// Draws a top.
pub(crate) fn draw(canvas: &mut Canvas, look: &Look, cloth: Cloth) {
    let build = build(look.kind);
    let torso = Torso {
        top: build.top,
        scale: build.scale,
        cut: look.cut.unwrap_or(Cut::Straight),
        sleeve: look.sleeve.unwrap_or(Sleeve::Long),
        neckline: look.neckline.unwrap_or(if build.front == Front::Lapels { Neckline::V } else { Neckline::Round }),
    };
    let hem_y = build.hems[look.length.unwrap_or(Length::Medium) as usize];
    let cloth = Cloth { block: [MIDDLE, torso.below(20.0), MIDDLE, hem_y + 6.0], ..cloth };
    let hem = (hem_half(&torso, hem_y), hem_y);
    let cuffs = match look.kind {
        Kind::Sweater | Kind::Cardigan | Kind::Hoodie | Kind::Shirt => Cuffs::Band,
        Kind::Jacket if look.material == Material::Denim => Cuffs::Band,
        _ => Cuffs::Hemmed,
    };
    if look.kind == Kind::Hoodie {
        hood(canvas, &torso, &cloth);
    } else {
        torso.draw_back(canvas, &cloth, opening(&torso, &build, hem_y));
    }
    torso.draw_sleeves(canvas, &cloth, cuffs);
    match build.front {
        Front::Open => open_front(canvas, &torso, &cloth, hem),
        Front::Lapels => lapel_front(canvas, &torso, &cloth, hem),
        Front::Whole | Front::Closed => whole_front(canvas, &torso, &cloth, hem, build.edge),
    }
    if build.edge == Edge::Ribbed {
        ribbed_hem(canvas, &cloth, hem, build.front);
    }
    if build.front != Front::Lapels && look.kind != Kind::Hoodie {
        torso.draw_neck(canvas, &cloth);
    }
    if build.front == Front::Closed {
        closing(canvas, &torso, &cloth, hem_y);
    }
    finish(canvas, look, &torso, &cloth, hem);
}

/// Stitches and the detail.
fn finish(canvas: &mut Canvas, look: &Look, torso: &Torso, cloth: &Cloth, hem: (f64, f64)) {
    if look.material == Material::Denim {
        denim_seams(canvas, torso, cloth, hem);
    }
    if let Some(detail) = look.detail {
        let places = places(look, torso, hem);
        details::draw(canvas, detail, cloth, &places);
    }
}

/// How deep one looks in at the neck.
fn opening(torso: &Torso, build: &Build, hem_y: f64) -> f64 {
    match build.front {
        Front::Open => hem_y - 4.0,
        Front::Lapels => torso.below(104.0),
        _ => torso.neck_bottom(),
    }
}

/// Half the hem, from the waist's width.
fn hem_half(torso: &Torso, hem_y: f64) -> f64 {
    let (waist, waist_y) = torso.waist();
    let below = (hem_y - waist_y).max(0.0);
    waist
        + match torso.cut {
            Cut::Fitted => below.min(40.0) * 0.3,
            Cut::Straight => below * 0.04,
            Cut::Loose => below * 0.03,
            Cut::Flared => below * 0.36,
        }
}

/// Outline of the body down to the hem: the end of the right half.
fn sides(torso: &Torso, (hem, hem_y): (f64, f64)) -> (f64, Vec<Stroke>) {
    let (start, mut strokes) = torso.outline();
    let (waist, waist_y) = torso.waist();
    if hem_y > waist_y + 4.0 {
        strokes.push(Bend((waist + (hem - waist) * 0.35, waist_y + (hem_y - waist_y) * 0.4), (hem, hem_y)));
    } else {
        // A cropped piece ends above the waist: straight from the armpit to the hem.
        strokes.pop();
        strokes.push(Bend(((torso.chest() + hem) / 2.0, hem_y - torso.len(22.0)), (hem, hem_y)));
    }
    (start.1, strokes)
}

fn whole_front(canvas: &mut Canvas, torso: &Torso, cloth: &Cloth, hem: (f64, f64), edge: Edge) {
    let (neck, mut strokes) = sides(torso, hem);
    let (half, y) = hem;
    strokes.push(match edge {
        Edge::Tail => Swing((half * 0.8, y + 2.0), (half * 0.6, y + 17.0), (0.0, y + 17.0)),
        _ => Bend((half * 0.5, y + 5.0), (0.0, y + 5.0)),
    });
    canvas.panel(&symmetric((0.0, neck), &strokes), cloth, 0.0);
    if edge == Edge::Hemmed {
        let path = open((MIDDLE - half, y - 7.0), &[Bend((MIDDLE, y - 1.0), (MIDDLE + half, y - 7.0))]);
        canvas.stroke(&path, cloth.ground.line(), 1.3);
    }
}

/// Two fronts with the inside of the back between them.
fn open_front(canvas: &mut Canvas, torso: &Torso, cloth: &Cloth, (half, y): (f64, f64)) {
    let inside = cloth.inside();
    let (gap_above, gap) = (torso.len(4.0), torso.len(9.0));
    canvas.solid(&band(half * 0.5, torso.below(40.0), half * 0.5, y - 2.0), inside);
    let (_, strokes) = sides(torso, (half, y));
    let n_edge = if torso.neckline == Neckline::Square { 2 } else { 1 };
    let neck = (torso.neck(), torso.top);
    let bottom = torso.neck_bottom();
    for side in Side::BOTH {
        let mut outline = strokes[n_edge..].to_vec();
        outline.push(Bend((half * 0.5, y + 4.0), (gap, y + 3.0)));
        outline.push(Line((gap_above, bottom)));
        outline.push(Bend((neck.0 * 0.8, (torso.top + bottom) / 2.0), neck));
        canvas.panel(&on_side(side, neck, &outline), cloth, 0.0);
        let edge = [Bend((neck.0 * 0.8, (torso.top + bottom) / 2.0), (gap_above, bottom)), Line((gap, y + 3.0))];
        let path = line_on_side(side, neck, &edge);
        canvas.stroke(&path, cloth.ground.outline(), torso.len(9.0));
        canvas.stroke(&path, cloth.ground.mix(cloth.ground.line(), 0.3), torso.len(6.0));
    }
}

/// Two fronts that cross at the waist, each with a lapel.
fn lapel_front(canvas: &mut Canvas, torso: &Torso, cloth: &Cloth, (half, y): (f64, f64)) {
    let (_, strokes) = sides(torso, (half, y));
    let (neck, cross) = ((torso.neck(), torso.top), torso.below(100.0));
    torso.back_collar(canvas, cloth);
    for side in Side::BOTH {
        let mut outline = strokes[1..].to_vec();
        outline.push(Bend((half * 0.7, y + 3.0), (torso.len(14.0), y + 3.0)));
        outline.push(Bend((-2.0, y - 4.0), (-3.0, y - torso.len(34.0))));
        outline.push(Line((-4.0, cross)));
        canvas.panel(&on_side(side, neck, &outline), cloth, 0.0);
        let u = |length: f64| torso.len(length);
        let lapel = [
            Line((u(34.0), torso.below(22.0))),
            Line((u(27.0), torso.below(30.0))),
            Line((u(38.0), torso.below(38.0))),
            Bend((u(22.0), torso.below(72.0)), (-2.0, cross)),
            Line((neck.0 * 0.62, torso.below(20.0))),
        ];
        let tone = Cloth { ground: cloth.ground.mix(cloth.ground.line(), 0.16), ..*cloth };
        canvas.panel(&on_side(side, (neck.0 * 0.75, torso.below(-5.0)), &lapel), &tone, -side.sign() * 18.0);
    }
    let pocket_y = torso.below(128.0).min(y - 16.0);
    for side in Side::BOTH {
        let flap = [
            Line((torso.len(42.0), pocket_y)),
            Line((torso.len(42.0), pocket_y + 6.0)),
            Line((torso.len(18.0), pocket_y + 7.0)),
        ];
        canvas.flat(
            &on_side(side, (torso.len(18.0), pocket_y + 1.0), &flap),
            cloth.ground.mix(cloth.ground.line(), 0.25),
        );
    }
}

/// The overlap down the front of a coat, a little off the middle.
fn closing(canvas: &mut Canvas, torso: &Torso, cloth: &Cloth, hem_y: f64) {
    let x = MIDDLE + torso.len(8.0);
    let from = torso.neck_bottom() + 4.0;
    canvas.stroke(&open((x, from), &[Line((x + 1.0, hem_y + 3.0))]), cloth.ground.outline(), 1.8);
    canvas.tint(
        &super::shape::closed(
            (x, from),
            &[Line((x + 5.0, from)), Line((x + 6.0, hem_y + 3.0)), Line((x, hem_y + 3.0))],
        ),
        Rgb::BLACK,
        0.14,
    );
    for side in Side::BOTH {
        let (left, y) = (torso.len(26.0), torso.below(112.0).min(hem_y - 30.0));
        canvas.stroke(
            &line_on_side(side, (left, y + 14.0), &[Line((left + torso.len(8.0), y))]),
            cloth.ground.line(),
            2.4,
        );
    }
}

/// A band of ribs along the hem.
fn ribbed_hem(canvas: &mut Canvas, cloth: &Cloth, (half, y): (f64, f64), front: Front) {
    let tone = Cloth { ground: cloth.ground.mix(cloth.ground.line(), 0.14), material: Material::Knit, ..cloth.plain() };
    if front == Front::Open {
        for side in Side::BOTH {
            let strokes = [Line((half, y - 8.0)), Line((half - 3.0, y + 6.0)), Line((11.0, y + 8.0))];
            canvas.panel(&on_side(side, (11.0, y - 7.0), &strokes), &tone, 0.0);
        }
    } else {
        canvas.panel(&band(half + 0.5, y - 8.0, half - 4.0, y + 7.0), &tone, 0.0);
    }
}

/// The hood, thrown back, and the pouch.
fn hood(canvas: &mut Canvas, torso: &Torso, cloth: &Cloth) {
    let u = |length: f64| torso.len(length);
    let outer = [
        Swing((u(34.0), torso.below(-48.0)), (u(47.0), torso.below(-14.0)), (u(38.0), torso.below(12.0))),
        Line((0.0, torso.below(22.0))),
    ];
    canvas.panel(&symmetric((0.0, torso.below(-46.0)), &outer), &cloth.plain(), 0.0);
    let inner = [
        Swing((u(24.0), torso.below(-32.0)), (u(31.0), torso.below(-8.0)), (u(22.0), torso.below(14.0))),
        Line((0.0, torso.below(24.0))),
    ];
    canvas.flat(&symmetric((0.0, torso.below(-32.0)), &inner), cloth.inside());
}

/// Bright seams, as on everything of denim.
pub(crate) const DENIM_THREAD: Rgb = Rgb::hex(0xE9_A2_4B);

fn denim_seams(canvas: &mut Canvas, torso: &Torso, _cloth: &Cloth, (half, y): (f64, f64)) {
    let yoke = torso.below(44.0);
    let chest = torso.chest() * 0.86;
    canvas.stitches(&open((MIDDLE - chest, yoke), &[Bend((MIDDLE, yoke + 8.0), (MIDDLE + chest, yoke))]), DENIM_THREAD);
    canvas
        .stitches(&open((MIDDLE - half, y - 4.0), &[Bend((MIDDLE, y + 1.0), (MIDDLE + half, y - 4.0))]), DENIM_THREAD);
    for side in Side::BOTH {
        canvas.stitches(
            &line_on_side(side, (torso.len(24.0), yoke + 8.0), &[Line((half * 0.42, y - 4.0))]),
            DENIM_THREAD,
        );
    }
}

fn places(look: &Look, torso: &Torso, (hem, hem_y): (f64, f64)) -> Places {
    let (waist, waist_y) = torso.waist();
    let lapels = look.kind == Kind::Blazer;
    let from = match look.kind {
        Kind::Blazer => torso.below(102.0),
        Kind::Hoodie => torso.below(24.0),
        _ if look.neckline == Some(Neckline::High) => torso.below(12.0),
        _ => torso.neck_bottom() + torso.len(4.0),
    };
    let chest_pocket = matches!(look.kind, Kind::TShirt | Kind::Shirt);
    let pocket_y = if chest_pocket { torso.below(56.0) } else { torso.below(108.0).min(hem_y - 36.0 * torso.scale) };
    let to = if lapels { (torso.below(132.0)).min(hem_y - 4.0) } else { hem_y - 6.0 };
    Places {
        middle: (from, to.max(from + 20.0)),
        waist: (waist + 1.0, waist_y.min(hem_y - 12.0)),
        pocket: (torso.len(27.0), pocket_y),
        emblem: (
            0.0,
            torso.below(if look.detail == Some(Detail::Logo) && look.neckline == Some(Neckline::V) {
                82.0
            } else {
                66.0
            }),
        ),
        bow: (0.0, torso.neck_bottom() + torso.len(6.0)),
        hem: (hem, hem_y),
        shoulder: (torso.len(50.0), torso.below(13.0)),
        arm: torso.arm(),
        scale: torso.scale,
    }
}

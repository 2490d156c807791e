//! What is added to clothes: buttons, belts, bows. Each garment says where things go, this draws them.

use super::canvas::Canvas;
use super::fabric::Cloth;
use super::palette::Rgb;
use super::shape::{MIDDLE, Point, Side, Stroke, closed, line_on_side, on_side, open};
use super::torso::{Arm, band};
use crate::look::Detail;
use Stroke::{Bend, Line};

/// Where on a garment things go.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Places {
    /// From where to where things run down the middle.
    pub(crate) middle: (f64, f64),
    /// Half the waist, and its height.
    pub(crate) waist: Point,
    /// The middle of the right pocket.
    pub(crate) pocket: Point,
    /// Where an emblem sits, on the right side; 0 for the middle.
    pub(crate) emblem: Point,
    /// Where a bow is tied.
    pub(crate) bow: Point,
    /// Half the hem, and its height.
    pub(crate) hem: Point,
    /// The shoulder, or whatever studs and side stripes start from.
    pub(crate) shoulder: Point,
    /// A sleeve, if there is one.
    pub(crate) arm: Option<Arm>,
    /// Size of small things.
    pub(crate) scale: f64,
}

/// Metal, bright enough for any cloth.
const METAL: Rgb = Rgb::hex(0xD9_B6_5A);
const LEATHER: Rgb = Rgb::hex(0x5B_35_1E);

/// Something that is seen on this ground: cream on dark, dark brown on light.
pub(crate) fn seen_on(ground: Rgb) -> Rgb {
    if ground.luminance() < 0.52 { Rgb::hex(0xF4_EC_DA) } else { Rgb::hex(0x3B_2A_22) }
}

/// Draws a detail.
pub(crate) fn draw(canvas: &mut Canvas, detail: Detail, cloth: &Cloth, places: &Places) {
    match detail {
        Detail::Buttons => buttons(canvas, cloth, places),
        Detail::Zip => zip(canvas, cloth, places.middle),
        Detail::Belt => belt(canvas, cloth, places.waist),
        Detail::Pockets => pockets(canvas, cloth, places),
        Detail::Bow => bow(
            canvas,
            seen_on(cloth.ground).mix(cloth.trim(), 0.25),
            (MIDDLE + places.bow.0, places.bow.1),
            places.scale,
        ),
        Detail::Ruffle => ruffle(canvas, cloth, places.hem),
        Detail::Pleats => pleats(canvas, cloth, places),
        Detail::Slit => slit(canvas, cloth, places.hem),
        Detail::Logo => {
            star(canvas, seen_on(cloth.ground), (MIDDLE + places.emblem.0, places.emblem.1), 15.0 * places.scale)
        }
        Detail::Fringe => fringe(canvas, cloth, places.hem),
        Detail::Drawstring => drawstring(canvas, cloth, places),
        Detail::Buckle => buckle(canvas, (MIDDLE, places.waist.1), 8.0 * places.scale),
        Detail::Studs => studs(canvas, places),
        Detail::Stripes => stripes(canvas, cloth, places),
        Detail::Pompoms => pompoms(canvas, cloth, places.hem),
        Detail::Patches => patches(canvas, cloth, places),
    }
}

fn buttons(canvas: &mut Canvas, cloth: &Cloth, places: &Places) {
    let (from, to) = places.middle;
    canvas.stroke(&open((MIDDLE, from), &[Line((MIDDLE, to))]), cloth.ground.line(), 1.6);
    let n_buttons = ((to - from) / (21.0 * places.scale)).round().clamp(2.0, 7.0);
    for number in 0..n_buttons as usize {
        let y = from + (to - from) * (number as f64 + 0.5) / n_buttons;
        canvas.disc((MIDDLE, y), 5.8 * places.scale.max(0.9), seen_on(cloth.ground));
    }
}

fn zip(canvas: &mut Canvas, cloth: &Cloth, (from, to): (f64, f64)) {
    let line = open((MIDDLE, from), &[Line((MIDDLE, to))]);
    canvas.stroke(&line, cloth.ground.darker(0.55), 8.0);
    canvas.stroke(&line, Rgb::hex(0xE3_E3_E6), 4.0);
    canvas.stitches(&line, Rgb::hex(0x70_70_78));
    canvas.flat(&band_at((MIDDLE, from + 9.0), 4.0, 8.0), METAL);
}

/// A small upright rectangle.
fn band_at((x, y): Point, half_width: f64, half_height: f64) -> String {
    let (left, right, above, below) = (x - half_width, x + half_width, y - half_height, y + half_height);
    closed((left, above), &[Line((right, above)), Line((right, below)), Line((left, below))])
}

pub(crate) fn belt(canvas: &mut Canvas, cloth: &Cloth, (half, y): Point) {
    let brown_shows = cloth.ground.distance(LEATHER) > 0.3;
    let strap = if brown_shows { LEATHER } else { Rgb::hex(0xE0_C8_9A) };
    canvas.flat(&band(half + 1.5, y - 6.0, half + 1.5, y + 6.0), strap);
    buckle(canvas, (MIDDLE, y + 1.5), 9.0);
}

pub(crate) fn buckle(canvas: &mut Canvas, (x, y): Point, size: f64) {
    let frame = band_at((x, y), size, size * 0.9);
    canvas.stroke(&frame, METAL.darker(0.45), 5.0);
    canvas.stroke(&frame, METAL, 3.2);
    canvas.stroke(&open((x - size, y), &[Line((x + size * 0.4, y))]), METAL, 2.2);
}

fn pockets(canvas: &mut Canvas, cloth: &Cloth, places: &Places) {
    let ((x, y), u) = (places.pocket, places.scale);
    let (half, depth) = (13.0 * u, 27.0 * u);
    let tone = Cloth { ground: cloth.ground.mix(cloth.ground.line(), 0.55), ..cloth.plain() };
    for side in Side::BOTH {
        let strokes = [
            Line((x + half, y)),
            Line((x + half, y + depth * 0.75)),
            Line((x, y + depth)),
            Line((x - half, y + depth * 0.75)),
        ];
        canvas.panel(&on_side(side, (x - half, y), &strokes), &tone, 0.0);
        let flap = line_on_side(side, (x - half, y + depth * 0.26), &[Line((x + half, y + depth * 0.26))]);
        canvas.stroke(&flap, cloth.ground.outline(), 1.6);
    }
}

pub(crate) fn bow(canvas: &mut Canvas, colour: Rgb, (x, y): Point, scale: f64) {
    for sign in [-1.0, 1.0] {
        let at = |dx: f64, dy: f64| (x + sign * dx * scale, y + dy * scale);
        canvas.flat(
            &closed(at(1.0, 2.0), &[Line(at(15.0, 30.0)), Line(at(8.0, 31.0)), Line(at(3.0, 36.0))]),
            colour.darker(0.12),
        );
        canvas.flat(
            &closed(
                at(1.0, 0.0),
                &[
                    Bend(at(14.0, -15.0), at(24.0, -11.0)),
                    Bend(at(27.0, 0.0), at(24.0, 11.0)),
                    Bend(at(14.0, 13.0), at(1.0, 0.0)),
                ],
            ),
            colour,
        );
        canvas.stroke(&open(at(4.0, 0.0), &[Line(at(14.0, -2.0))]), colour.outline(), 1.4);
    }
    canvas.disc((x, y), 5.0 * scale, colour);
}

/// A wavy strip below the hem.
fn ruffle(canvas: &mut Canvas, cloth: &Cloth, (half, y): Point) {
    let n_waves = (half / 9.0).round().max(3.0) as usize * 2;
    let (above, depth) = (y - 15.0, 20.0);
    let step = 2.0 * (half + 5.0) / n_waves as f64;
    let mut strokes = vec![Line((MIDDLE + half - 1.0, above)), Line((MIDDLE + half + 5.0, above + depth))];
    for wave in 1..=n_waves {
        let x = MIDDLE + half + 5.0 - step * wave as f64;
        strokes.push(Bend((x + step / 2.0, above + depth + 11.0), (x, above + depth)));
    }
    let tone = Cloth { ground: cloth.ground.mix(seen_on(cloth.ground), 0.16), ..cloth.plain() };
    canvas.panel(&closed((MIDDLE - half + 1.0, above), &strokes), &tone, 0.0);
    for wave in 1..n_waves {
        let x = MIDDLE + half + 5.0 - step * wave as f64;
        let inner = MIDDLE + (x - MIDDLE) * (half - 1.0) / (half + 5.0);
        canvas.stroke(&open((inner, above + 2.0), &[Line((x, above + depth - 1.0))]), cloth.ground.outline(), 1.5);
    }
}

/// Folds from the waist to the hem.
fn pleats(canvas: &mut Canvas, cloth: &Cloth, places: &Places) {
    let ((waist, above), (hem, below)) = (places.waist, places.hem);
    for fold in -4..=4 {
        let share = f64::from(fold) / 4.6;
        let (from, to) = ((MIDDLE + waist * share, above + 4.0), (MIDDLE + hem * share, below + 1.0));
        let shadow = [Line(to), Line((to.0 + 9.0 * hem / 70.0, below + 1.0))];
        canvas.tint(&closed(from, &shadow), Rgb::BLACK, 0.2);
        canvas.stroke(&open(from, &[Line(to)]), cloth.ground.line(), 2.0);
    }
}

/// An open seam, to one side, through which the inside shows.
fn slit(canvas: &mut Canvas, cloth: &Cloth, (half, y): Point) {
    let x = MIDDLE + half * 0.4;
    let wedge = closed(
        (x - 2.0, y - 56.0),
        &[
            Bend((x + 3.0, y - 24.0), (x + 11.0, y + 3.0)),
            Line((x - 10.0, y + 4.0)),
            Bend((x - 4.0, y - 24.0), (x - 2.0, y - 56.0)),
        ],
    );
    canvas.flat(&wedge, cloth.ground.mix(Rgb::hex(0xEC_E6_DE), 0.86));
    canvas.stroke(&open((x - 2.0, y - 60.0), &[Line((x - 2.0, y - 50.0))]), cloth.ground.outline(), 2.0);
}

pub(crate) fn star(canvas: &mut Canvas, colour: Rgb, (x, y): Point, radius: f64) {
    let corner = |number: usize| {
        let angle = number as f64 * std::f64::consts::PI / 5.0;
        let reach = if number.is_multiple_of(2) { radius } else { radius * 0.45 };
        (x + reach * angle.sin(), y - reach * angle.cos())
    };
    let strokes: Vec<Stroke> = (1..10).map(|number| Line(corner(number))).collect();
    canvas.flat(&closed(corner(0), &strokes), colour);
}

fn fringe(canvas: &mut Canvas, cloth: &Cloth, (half, y): Point) {
    let n_threads = (half / 4.0) as i32;
    for thread in -n_threads..=n_threads {
        let x = MIDDLE + f64::from(thread) * half / f64::from(n_threads.max(1));
        let sway = if thread % 2 == 0 { 1.5 } else { -1.0 };
        let path = open((x, y - 9.0), &[Bend((x + sway, y + 2.0), (x + sway, y + 11.0))]);
        canvas.stroke(&path, cloth.ground.outline(), 3.4);
        canvas.stroke(&path, cloth.ground.mix(seen_on(cloth.ground), 0.25), 1.8);
    }
}

fn drawstring(canvas: &mut Canvas, cloth: &Cloth, places: &Places) {
    let (colour, top, u) = (seen_on(cloth.ground), places.middle.0, places.scale.max(0.8));
    for sign in [-1.0, 1.0] {
        let at = |x: f64, y: f64| (MIDDLE + sign * x * u, top + y * u);
        let path = open(at(5.0, -2.0), &[Bend(at(13.0, 16.0), at(9.0, 44.0))]);
        canvas.stroke(&path, colour.outline(), 5.2);
        canvas.stroke(&path, colour, 3.4);
        canvas.disc(at(9.0, 45.0), 4.2, colour);
    }
}

/// Rows of metal points along hem and shoulders.
fn studs(canvas: &mut Canvas, places: &Places) {
    let ((half, y), (shoulder_x, shoulder_y)) = (places.hem, places.shoulder);
    for stud in -4..=4 {
        canvas.disc((MIDDLE + half * 0.92 * f64::from(stud) / 4.0, y - 9.0), 4.0, Rgb::hex(0xE8_E3_D2));
    }
    for side in Side::BOTH {
        for stud in 0..3 {
            let step = f64::from(stud) * 10.0 * places.scale;
            canvas.disc(
                side.place((shoulder_x - 6.0 - step, shoulder_y + 3.0 - step * 0.2)),
                4.0,
                Rgb::hex(0xE8_E3_D2),
            );
        }
    }
}

/// Two lines down the outer side.
fn stripes(canvas: &mut Canvas, cloth: &Cloth, places: &Places) {
    let colour = seen_on(cloth.ground);
    for side in Side::BOTH {
        for number in 0..2 {
            let inset = f64::from(number) * 8.0;
            let path = match places.arm {
                Some(arm) => arm.stripe(side, 0.2 + inset * 0.04),
                None => {
                    let ((x, y), (hem_x, hem_y)) = (places.shoulder, places.hem);
                    line_on_side(side, (x - 5.0 - inset, y), &[Line((hem_x - 5.0 - inset, hem_y))])
                }
            };
            canvas.stroke(&path, colour, 4.2);
        }
    }
}

fn pompoms(canvas: &mut Canvas, cloth: &Cloth, (half, y): Point) {
    for ball in -3..=3 {
        canvas.disc(
            (MIDDLE + half * 0.94 * f64::from(ball) / 3.0, y + 5.0),
            7.0,
            seen_on(cloth.ground).mix(cloth.ground, 0.15),
        );
    }
}

fn patches(canvas: &mut Canvas, cloth: &Cloth, places: &Places) {
    let Some(arm) = places.arm else { return };
    let colour = if cloth.ground.distance(LEATHER) > 0.3 { Rgb::hex(0x8A_58_33) } else { Rgb::hex(0xE3_CC_A2) };
    for side in Side::BOTH {
        let patch = arm.patch(side);
        canvas.flat(&patch, colour);
        canvas.stitches(&patch, colour.lighter(0.4));
    }
}

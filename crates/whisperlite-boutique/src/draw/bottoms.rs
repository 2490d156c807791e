//! What hangs from the waist: dresses, skirts, trousers, jeans, shorts, jumpsuits.

use super::canvas::Canvas;
use super::details::{self, Places};
use super::fabric::Cloth;
use super::shape::{MIDDLE, Point, Side, Stroke, line_on_side, open, symmetric};
use super::tops::DENIM_THREAD;
use super::torso::{Cuffs, Torso, band};
use crate::look::{Cut, Kind, Length, Look, Material, Neckline, Sleeve};
use Stroke::{Bend, Line, Swing};

/// A dress.
pub(crate) fn dress(canvas: &mut Canvas, look: &Look, cloth: Cloth) {
    let torso = upper(look, 28.0, 0.74);
    let hem_y = [158.0, 200.0, 240.0][length(look)];
    let (waist, waist_y) = torso.waist();
    let drop = hem_y - waist_y;
    let half = match torso.cut {
        Cut::Fitted => 36.0,
        Cut::Flared => waist + drop * 0.5,
        _ => waist + 4.0 + drop * 0.06,
    };
    let cloth = Cloth { block: [MIDDLE, torso.top, MIDDLE, 2.0 * waist_y - torso.top], ..cloth };
    torso.draw_back(canvas, &cloth, torso.neck_bottom());
    torso.draw_sleeves(canvas, &cloth, Cuffs::Hemmed);
    let ((_, neck), mut strokes) = torso.outline();
    strokes.extend(skirt_side(torso.cut, (waist, waist_y), (half, hem_y)));
    strokes.push(Bend((half * 0.55, hem_y + 5.0), (0.0, hem_y + 5.0)));
    canvas.panel(&symmetric((0.0, neck), &strokes), &cloth, 0.0);
    if torso.cut != Cut::Straight {
        canvas.stroke(&across(waist, waist_y), cloth.ground.line(), 1.8);
    }
    skirt_folds(canvas, &cloth, torso.cut, (waist, waist_y), (half, hem_y));
    torso.draw_neck(canvas, &cloth);
    if look.material == Material::Denim {
        canvas.stitches(&across(half, hem_y - 4.0), DENIM_THREAD);
        canvas.stitches(&across(waist, waist_y + 4.0), DENIM_THREAD);
        canvas.stitches(&across(torso.chest() * 0.9, torso.below(46.0)), DENIM_THREAD);
    }
    let places = Places {
        middle: (torso.neck_bottom() + 3.0, hem_y - 12.0),
        waist: (waist, waist_y),
        pocket: (waist + 2.0, waist_y + 16.0),
        emblem: (0.0, torso.below(60.0)),
        bow: (0.0, if torso.cut == Cut::Straight { torso.neck_bottom() + 6.0 } else { waist_y }),
        hem: (half, hem_y),
        shoulder: (torso.len(50.0), torso.below(13.0)),
        arm: torso.arm(),
        scale: 0.86,
    };
    add_detail(canvas, look, &cloth, &places);
}

/// A skirt.
pub(crate) fn skirt(canvas: &mut Canvas, look: &Look, cloth: Cloth) {
    let cut = look.cut.unwrap_or(Cut::Straight);
    let (waist, waist_y) = (38.0, 48.0);
    let hem_y = [128.0, 180.0, 234.0][length(look)];
    let half = match cut {
        Cut::Fitted => 42.0 - (hem_y - 128.0) * 0.07,
        Cut::Flared => waist + (hem_y - waist_y) * 0.36 + 6.0,
        _ => 54.0,
    };
    let cloth = Cloth { block: [MIDDLE, waist_y, MIDDLE, hem_y + 8.0], ..cloth };
    let mut strokes = vec![Line((waist, waist_y))];
    strokes.extend(skirt_side(cut, (waist, waist_y), (half, hem_y)));
    strokes.push(Bend((half * 0.55, hem_y + 6.0), (0.0, hem_y + 6.0)));
    canvas.panel(&symmetric((0.0, waist_y), &strokes), &cloth, 0.0);
    skirt_folds(canvas, &cloth, cut, (waist, waist_y + 12.0), (half, hem_y));
    let tone = Cloth { ground: cloth.ground.mix(cloth.ground.line(), 0.2), ..cloth.plain() };
    canvas.panel(&band(waist - 1.0, waist_y - 7.0, waist + 1.5, waist_y + 7.0), &tone, 0.0);
    if look.material == Material::Denim {
        jeans_seams(canvas, (waist, waist_y + 9.0), (half, hem_y), waist_y + 46.0);
    }
    let places = Places {
        middle: (waist_y + 10.0, hem_y - 4.0),
        waist: (waist, waist_y),
        pocket: (waist * 0.78, waist_y + 24.0),
        emblem: (half * 0.5, hem_y - 30.0),
        bow: (0.0, waist_y + 4.0),
        hem: (half, hem_y),
        shoulder: (waist, waist_y + 14.0),
        arm: None,
        scale: 1.0,
    };
    add_detail(canvas, look, &cloth, &places);
}

/// Trousers, jeans and shorts.
pub(crate) fn trousers(canvas: &mut Canvas, look: &Look, cloth: Cloth) {
    let legs = if look.kind == Kind::Shorts {
        let hem_y = if look.length == Some(Length::Short) { 166.0 } else { 214.0 };
        Legs {
            waist: (52.0, 68.0),
            hip: (63.0, 112.0),
            crotch: 142.0,
            hem_y,
            spread: 40.0,
            width: 1.45,
            cut: cut(look),
        }
    } else {
        let hem_y = if look.length == Some(Length::Long) { 240.0 } else { 198.0 };
        Legs { waist: (37.0, 24.0), hip: (46.0, 66.0), crotch: 96.0, hem_y, spread: 29.0, width: 1.0, cut: cut(look) }
    };
    let ((waist, waist_y), hem_y) = (legs.waist, legs.hem_y);
    let cloth = Cloth { block: [MIDDLE, waist_y, MIDDLE, hem_y], ..cloth };
    let mut strokes = vec![Line((waist, waist_y))];
    strokes.extend(legs.outline());
    canvas.panel(&symmetric((0.0, waist_y), &strokes), &cloth, 0.0);
    legs.draw_lines(canvas, &cloth);
    let tone = Cloth { ground: cloth.ground.mix(cloth.ground.line(), 0.2), ..cloth.plain() };
    canvas.panel(&band(waist - 1.0, waist_y - 8.0, waist + 1.5, waist_y + 6.0), &tone, 0.0);
    let (outer, inner) = legs.hem();
    if look.material == Material::Denim {
        legs.denim(canvas);
    }
    let places = Places {
        middle: (waist_y + 4.0, legs.crotch - 8.0),
        waist: (waist, waist_y - 1.0),
        pocket: (legs.hip.0 * 0.58, legs.hip.1 - 8.0),
        emblem: (outer * 0.6, legs.crotch),
        bow: (0.0, waist_y),
        hem: (outer, hem_y),
        shoulder: (legs.hip.0 - 1.0, legs.hip.1),
        arm: None,
        scale: 1.0,
    };
    if look.detail == Some(crate::look::Detail::Pleats) {
        legs.creases(canvas, &cloth, (outer + inner) / 2.0);
    } else {
        add_detail(canvas, look, &cloth, &places);
    }
}

/// A jumpsuit: a bodice and legs.
pub(crate) fn jumpsuit(canvas: &mut Canvas, look: &Look, cloth: Cloth) {
    let torso = upper(look, 24.0, 0.7);
    let waist = torso.waist();
    let hem_y = [152.0, 202.0, 242.0][length(look)];
    let legs = Legs {
        waist,
        hip: ((waist.0 + 8.0).max(38.0), waist.1 + 28.0),
        crotch: waist.1 + 46.0,
        hem_y,
        spread: 27.0,
        width: 0.92,
        cut: cut(look),
    };
    let cloth = Cloth { block: [MIDDLE, torso.top, MIDDLE, 2.0 * waist.1 - torso.top], ..cloth };
    torso.draw_back(canvas, &cloth, torso.neck_bottom());
    torso.draw_sleeves(canvas, &cloth, Cuffs::Hemmed);
    let ((_, neck), mut strokes) = torso.outline();
    strokes.extend(legs.outline());
    canvas.panel(&symmetric((0.0, neck), &strokes), &cloth, 0.0);
    legs.draw_lines(canvas, &cloth);
    let tone = Cloth { ground: cloth.ground.mix(cloth.ground.line(), 0.2), ..cloth.plain() };
    canvas.panel(&band(waist.0, waist.1 - 4.0, waist.0 + 1.0, waist.1 + 4.0), &tone, 0.0);
    torso.draw_neck(canvas, &cloth);
    if look.material == Material::Denim {
        legs.denim(canvas);
        canvas.stitches(&across(torso.chest() * 0.9, torso.below(46.0)), DENIM_THREAD);
    }
    let places = Places {
        middle: (torso.neck_bottom() + 3.0, legs.crotch - 8.0),
        waist,
        pocket: (legs.hip.0 * 0.6, waist.1 + 10.0),
        emblem: (0.0, torso.below(60.0)),
        bow: (0.0, waist.1),
        hem: (legs.hem().0, hem_y),
        shoulder: (torso.len(50.0), torso.below(13.0)),
        arm: torso.arm(),
        scale: 0.82,
    };
    add_detail(canvas, look, &cloth, &places);
}

fn add_detail(canvas: &mut Canvas, look: &Look, cloth: &Cloth, places: &Places) {
    if let Some(detail) = look.detail {
        details::draw(canvas, detail, cloth, places);
    }
}

fn upper(look: &Look, top: f64, scale: f64) -> Torso {
    Torso {
        top,
        scale,
        cut: cut(look),
        sleeve: look.sleeve.unwrap_or(Sleeve::Sleeveless),
        neckline: look.neckline.unwrap_or(Neckline::Round),
    }
}

fn cut(look: &Look) -> Cut {
    look.cut.unwrap_or(Cut::Straight)
}

fn length(look: &Look) -> usize {
    look.length.unwrap_or(Length::Medium) as usize
}

/// The side of a skirt from waist to hem.
fn skirt_side(cut: Cut, (waist, waist_y): Point, (hem, hem_y): Point) -> Vec<Stroke> {
    let drop = hem_y - waist_y;
    match cut {
        Cut::Fitted => {
            let hip = (waist.max(30.0) + 13.0, waist_y + 38.0);
            vec![
                Swing((waist + 4.0, waist_y + 10.0), (hip.0, hip.1 - 16.0), hip),
                Swing((hip.0, hip.1 + 16.0), (hem + 1.0, hem_y - drop * 0.2), (hem, hem_y)),
            ]
        }
        Cut::Flared => {
            vec![Swing((waist + 3.0, waist_y + drop * 0.14), (hem * 0.8, hem_y - drop * 0.35), (hem, hem_y))]
        }
        _ => vec![Swing((waist + 5.0, waist_y + drop * 0.12), (hem, waist_y + drop * 0.4), (hem, hem_y))],
    }
}

/// Soft folds of a wide skirt.
fn skirt_folds(canvas: &mut Canvas, cloth: &Cloth, cut: Cut, (waist, waist_y): Point, (hem, hem_y): Point) {
    if cut != Cut::Flared {
        return;
    }
    for share in [-0.62, -0.2, 0.28, 0.66] {
        let from = (MIDDLE + waist * share, waist_y + (hem_y - waist_y) * 0.22);
        let to = (MIDDLE + hem * share, hem_y + 2.0);
        let path = open(from, &[Bend((from.0 + (to.0 - from.0) * 0.3, (from.1 + to.1) / 2.0), to)]);
        canvas.stroke(&path, cloth.ground.line(), 1.5);
    }
}

/// A line right across, sagging a little.
fn across(half: f64, y: f64) -> String {
    open((MIDDLE - half, y), &[Bend((MIDDLE, y + 4.0), (MIDDLE + half, y))])
}

/// Pockets and fly, in bright thread.
fn jeans_seams(canvas: &mut Canvas, (waist, waist_y): Point, (half, hem_y): Point, fly_to: f64) {
    canvas.stitches(&across(half - 1.0, hem_y - 3.0), DENIM_THREAD);
    canvas.stitches(
        &open(
            (MIDDLE + 7.0, waist_y),
            &[Line((MIDDLE + 7.0, fly_to - 8.0)), Bend((MIDDLE + 6.0, fly_to), (MIDDLE, fly_to))],
        ),
        DENIM_THREAD,
    );
    for side in Side::BOTH {
        let pocket = [Bend((waist * 0.55, waist_y + 20.0), (waist + 4.0, waist_y + 22.0))];
        canvas.stitches(&line_on_side(side, (waist * 0.5, waist_y), &pocket), DENIM_THREAD);
    }
}

/// Two legs.
struct Legs {
    waist: Point,
    hip: Point,
    crotch: f64,
    hem_y: f64,
    /// From the middle to the middle of a leg, at the hem.
    spread: f64,
    /// Factor on all widths of a leg.
    width: f64,
    cut: Cut,
}

impl Legs {
    /// Half the width of a leg at knee and hem.
    fn halves(&self) -> (f64, f64) {
        let (knee, hem) = match self.cut {
            Cut::Fitted => (13.0, 9.5),
            Cut::Straight => (18.0, 17.0),
            Cut::Loose => (25.0, 27.5),
            Cut::Flared => (13.5, 27.0),
        };
        (knee * self.width, hem * self.width)
    }

    /// Outer and inner end of the hem.
    fn hem(&self) -> (f64, f64) {
        if self.is_short() {
            let wider = match self.cut {
                Cut::Fitted => 0.0,
                Cut::Straight => 5.0,
                Cut::Loose => 16.0,
                Cut::Flared => 22.0,
            };
            return (self.hip.0 + wider * self.width, 6.0);
        }
        let (_, half) = self.halves();
        let middle = self.spread + (half - 17.0 * self.width).max(0.0) * 0.75;
        (middle + half, (middle - half).max(2.0))
    }

    /// Whether the legs end above the knee.
    fn is_short(&self) -> bool {
        self.hem_y - self.crotch < 80.0
    }

    fn knee_y(&self) -> f64 {
        self.crotch + (self.hem_y - self.crotch) * 0.42
    }

    /// The right half from the waist to the crotch, round the leg.
    fn outline(&self) -> Vec<Stroke> {
        if self.is_short() {
            return self.short_outline();
        }
        let (outer, inner) = self.hem();
        let (knee, _) = self.halves();
        let (knee_y, middle) = (self.knee_y(), (self.hip.0 + self.spread) * 0.42);
        let hip_x = if self.cut == Cut::Fitted { self.hip.0 - 3.0 } else { self.hip.0 };
        vec![
            Bend((hip_x, self.waist.1 + (self.hip.1 - self.waist.1) * 0.35), (hip_x, self.hip.1)),
            Swing((hip_x, self.hip.1 + 30.0), (middle + knee, knee_y - 26.0), (middle + knee, knee_y)),
            Swing((middle + knee, knee_y + 20.0), (outer, self.hem_y - 26.0), (outer, self.hem_y)),
            Bend(((outer + inner) / 2.0, self.hem_y + 4.0), (inner, self.hem_y)),
            Swing(
                (inner, self.hem_y - 26.0),
                ((middle - knee).max(2.0), knee_y + 10.0),
                ((middle - knee).max(1.5), knee_y - 6.0),
            ),
            Line((0.0, self.crotch)),
        ]
    }

    /// The same without knees.
    fn short_outline(&self) -> Vec<Stroke> {
        let ((outer, inner), (hip, hip_y)) = (self.hem(), self.hip);
        vec![
            Bend((hip, self.waist.1 + (hip_y - self.waist.1) * 0.35), (hip, hip_y)),
            Bend((hip + (outer - hip) * 0.3, (hip_y + self.hem_y) / 2.0), (outer, self.hem_y)),
            Bend(((outer + inner) / 2.0, self.hem_y + 5.0), (inner, self.hem_y)),
            Line((0.0, self.crotch)),
        ]
    }

    fn draw_lines(&self, canvas: &mut Canvas, cloth: &Cloth) {
        let ((waist, waist_y), line) = (self.waist, cloth.ground.line());
        canvas.stroke(&open((MIDDLE, waist_y + 4.0), &[Line((MIDDLE, self.crotch))]), line, 1.8);
        for side in Side::BOTH {
            let pocket = [Bend((waist * 0.72, waist_y + 22.0), (waist + 5.0, waist_y + 26.0))];
            canvas.stroke(&line_on_side(side, (waist * 0.6, waist_y + 6.0), &pocket), line, 1.5);
            let (outer, inner) = self.hem();
            canvas.stroke(
                &line_on_side(side, (outer, self.hem_y - 6.0), &[Line((inner, self.hem_y - 6.0))]),
                line,
                1.3,
            );
        }
    }

    fn denim(&self, canvas: &mut Canvas) {
        let ((waist, waist_y), (outer, inner)) = (self.waist, self.hem());
        let fly = self.crotch - 14.0;
        canvas.stitches(
            &open(
                (MIDDLE + 7.0, waist_y + 8.0),
                &[Line((MIDDLE + 7.0, fly - 8.0)), Bend((MIDDLE + 6.0, fly), (MIDDLE, fly))],
            ),
            DENIM_THREAD,
        );
        for side in Side::BOTH {
            let pocket = [Bend((waist * 0.62, waist_y + 26.0), (waist + 6.0, waist_y + 30.0))];
            canvas.stitches(&line_on_side(side, (waist * 0.5, waist_y + 8.0), &pocket), DENIM_THREAD);
            canvas.stitches(
                &line_on_side(side, (outer, self.hem_y - 4.0), &[Line((inner, self.hem_y - 4.0))]),
                DENIM_THREAD,
            );
            canvas.stitches(
                &line_on_side(side, (self.hip.0 - 4.0, self.hip.1 + 12.0), &[Line((outer - 4.0, self.hem_y - 6.0))]),
                DENIM_THREAD,
            );
        }
    }

    /// Pressed folds down the front of each leg.
    fn creases(&self, canvas: &mut Canvas, cloth: &Cloth, hem: f64) {
        for side in Side::BOTH {
            let (from, to) = ((self.waist.0 * 0.5, self.waist.1 + 8.0), (hem, self.hem_y));
            canvas.stroke(&line_on_side(side, from, &[Line(to)]), cloth.ground.line(), 3.0);
            let beside = (from.0 + 10.0, from.1);
            canvas.stroke(
                &line_on_side(side, beside, &[Line((beside.0 + 3.0, beside.1 + 26.0))]),
                cloth.ground.line(),
                2.6,
            );
        }
    }
}

//! The upper body: what dresses, shirts, knitwear, coats and jumpsuits have in common. Shoulders, arms, neckline.

use super::canvas::Canvas;
use super::fabric::Cloth;
use super::shape::{MIDDLE, Point, Side, Stroke, closed, line_on_side, on_side, symmetric};
use crate::look::{Cut, Neckline, Sleeve};
use Stroke::{Bend, Line, Swing};

/// The measures of an upper body.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Torso {
    /// Height of the point where neck and shoulder meet.
    pub(crate) top: f64,
    /// Size: 1 fills the picture with a shirt.
    pub(crate) scale: f64,
    pub(crate) cut: Cut,
    pub(crate) sleeve: Sleeve,
    pub(crate) neckline: Neckline,
}

impl Torso {
    /// A length in the picture.
    pub(crate) fn len(&self, length: f64) -> f64 {
        length * self.scale
    }

    /// A height, measured down from the neck.
    pub(crate) fn below(&self, length: f64) -> f64 {
        self.top + length * self.scale
    }

    pub(crate) fn chest(&self) -> f64 {
        self.len(match self.cut {
            Cut::Fitted | Cut::Flared => 45.0,
            Cut::Straight => 50.0,
            Cut::Loose => 61.0,
        })
    }

    /// Half the waist, and its height.
    pub(crate) fn waist(&self) -> Point {
        let half = match self.cut {
            Cut::Fitted => 34.0,
            Cut::Flared => 36.0,
            Cut::Straight => 48.0,
            Cut::Loose => 63.0,
        };
        (self.len(half), self.below(96.0))
    }

    fn armpit(&self) -> Point {
        (self.chest(), self.below(if self.cut == Cut::Loose { 66.0 } else { 57.0 }))
    }

    fn shoulder(&self) -> Point {
        let half = match (self.sleeve, self.cut) {
            (Sleeve::Sleeveless, _) => 44.0,
            (_, Cut::Loose) => 64.0,
            (_, Cut::Straight) => 55.0,
            _ => 51.0,
        };
        (self.len(half), self.below(if self.cut == Cut::Loose { 17.0 } else { 12.0 }))
    }

    /// Half the opening at the neck.
    pub(crate) fn neck(&self) -> f64 {
        self.len(match (self.sleeve, self.neckline) {
            (Sleeve::Straps, _) => 31.0,
            (_, Neckline::Square) => 29.0,
            (_, Neckline::High) => 17.0,
            (_, Neckline::Round) => 24.0,
            _ => 21.0,
        })
    }

    /// The lowest point of the opening.
    pub(crate) fn neck_bottom(&self) -> f64 {
        let strapped = self.sleeve == Sleeve::Straps;
        self.below(match self.neckline {
            Neckline::V if strapped => 82.0,
            Neckline::Square if strapped => 41.0,
            _ if strapped => 52.0,
            Neckline::Round => 22.0,
            Neckline::V => 58.0,
            Neckline::Square => 37.0,
            Neckline::High => 5.0,
            Neckline::Collar => 30.0,
        })
    }

    /// Where the cloth begins beside the neck: at the shoulder, or at the foot of the straps.
    fn neck_top(&self) -> f64 {
        if self.sleeve == Sleeve::Straps { self.below(40.0) } else { self.top }
    }

    /// The right half of the outline from the middle of the neckline to the waist.
    pub(crate) fn outline(&self) -> (Point, Vec<Stroke>) {
        let (neck, top, bottom) = (self.neck(), self.neck_top(), self.neck_bottom());
        let mut strokes = match self.neckline {
            Neckline::Round => vec![Swing((neck * 0.6, bottom), (neck * 0.97, (top + bottom) / 2.0), (neck, top))],
            Neckline::Square => vec![Line((neck * 0.94, bottom)), Line((neck, top))],
            _ => vec![Line((neck, top))],
        };
        let ((armpit_x, armpit_y), (waist_x, waist_y)) = (self.armpit(), self.waist());
        if self.sleeve == Sleeve::Straps {
            strokes.push(Bend((armpit_x * 0.84, armpit_y - self.len(4.0)), (armpit_x, armpit_y)));
        } else {
            let (x, y) = self.shoulder();
            let inset = if self.sleeve == Sleeve::Sleeveless { 9.0 } else { 5.0 };
            // A rounded shoulder, and the armhole down to the armpit.
            strokes.push(Line((x - self.len(5.0), y - self.len(1.5))));
            strokes.push(Bend((x - self.len(0.5), y), (x - self.len(1.5), y + self.len(5.0))));
            strokes.push(Swing(
                (x - self.len(inset), y + self.len(18.0)),
                (x - self.len(inset), armpit_y - self.len(10.0)),
                (armpit_x, armpit_y),
            ));
        }
        strokes.push(Swing(
            (armpit_x - self.len(2.0), armpit_y + self.len(14.0)),
            (waist_x, waist_y - self.len(18.0)),
            (waist_x, waist_y),
        ));
        ((0.0, bottom), strokes)
    }

    /// What is seen through the opening: the inside of the back, with a label.
    pub(crate) fn draw_back(&self, canvas: &mut Canvas, cloth: &Cloth, bottom: f64) {
        let (neck, inside) = (self.neck(), cloth.inside());
        if self.sleeve == Sleeve::Straps {
            let top = self.below(44.0);
            canvas.solid(
                &symmetric((0.0, top), &[Line((neck, top)), Line((neck, bottom)), Line((0.0, bottom + 4.0))]),
                inside,
            );
            return;
        }
        let top = self.below(4.0);
        let half = [Bend((neck * 0.7, top), (neck, self.top)), Line((neck * 0.96, bottom)), Line((0.0, bottom + 2.0))];
        canvas.solid(&symmetric((0.0, top), &half), inside);
        let (half, label) = (self.len(6.0), self.below(6.5));
        let path = symmetric(
            (0.0, label),
            &[Line((half, label)), Line((half, label + self.len(6.0))), Line((0.0, label + self.len(6.0)))],
        );
        canvas.fill(&path, "#f3efe6");
    }

    /// Both sleeves, if any; drawn before the body, which covers the seam.
    pub(crate) fn draw_sleeves(&self, canvas: &mut Canvas, cloth: &Cloth, cuffs: Cuffs) {
        let Some(arm) = self.arm() else { return };
        for side in Side::BOTH {
            let degrees = -side.sign() * arm.degrees;
            let path = if self.sleeve == Sleeve::Puff { self.puff(side) } else { arm.path(side) };
            canvas.panel(&path, cloth, degrees);
            match (self.sleeve, cuffs) {
                (Sleeve::Puff, _) => self.gathers(canvas, cloth, side),
                (Sleeve::Bell, _) | (_, Cuffs::Hemmed) => {
                    canvas.stroke(&arm.across(side, 0.94), cloth.ground.line(), 1.3);
                }
                (_, Cuffs::Band) => canvas.panel(&arm.cuff(side), &cloth.plain(), degrees),
            }
        }
    }

    /// The arm of a sleeve that hangs; none without one.
    pub(crate) fn arm(&self) -> Option<Arm> {
        let (length, width) = match self.sleeve {
            Sleeve::Straps | Sleeve::Sleeveless => return None,
            Sleeve::Short => (46.0, 33.0),
            Sleeve::Puff => (50.0, 30.0),
            Sleeve::Elbow => (88.0, 26.0),
            Sleeve::Long => (146.0, 18.0),
            Sleeve::Bell => (140.0, 54.0),
        };
        let loose = if self.cut == Cut::Loose { 9.0 } else { 0.0 };
        let degrees: f64 = match self.sleeve {
            Sleeve::Short => 26.0,
            Sleeve::Bell => 19.0,
            _ => 15.0,
        };
        Some(Arm {
            shoulder: self.shoulder(),
            armpit: self.armpit(),
            length: self.len(length),
            width: self.len(width + loose),
            degrees,
            flares: self.sleeve == Sleeve::Bell,
        })
    }

    /// A short sleeve that stands out like a ball.
    fn puff(&self, side: Side) -> String {
        let ((sx, sy), (ax, ay)) = (self.shoulder(), self.armpit());
        let u = |length: f64| self.len(length);
        let start = (sx - u(9.0), sy - u(5.0));
        let cuff = [(ax + u(31.0), ay + u(3.0)), (ax + u(4.0), ay + u(11.0))];
        let strokes = [
            Swing((sx + u(18.0), sy - u(17.0)), (sx + u(47.0), sy + u(14.0)), cuff[0]),
            Bend((ax + u(17.0), ay + u(11.0)), cuff[1]),
            Line((ax, ay)),
        ];
        on_side(side, start, &strokes)
    }

    /// The folds of a puff sleeve, at shoulder and cuff.
    fn gathers(&self, canvas: &mut Canvas, cloth: &Cloth, side: Side) {
        let ((sx, sy), (ax, ay)) = (self.shoulder(), self.armpit());
        let u = |length: f64| self.len(length);
        for (from, to) in [
            ((sx + u(2.0), sy), (sx + u(16.0), sy + u(12.0))),
            ((sx, sy + u(10.0)), (sx + u(15.0), sy + u(24.0))),
            ((ax + u(24.0), ay + u(6.0)), (sx + u(24.0), ay - u(13.0))),
            ((ax + u(14.0), ay + u(8.0)), (sx + u(11.0), ay - u(12.0))),
        ] {
            canvas.stroke(&line_on_side(side, from, &[Line(to)]), cloth.ground.line(), 1.6);
        }
        let cuff = [Bend((ax + u(17.0), ay + u(12.0)), (ax + u(4.0), ay + u(12.0)))];
        canvas.stroke(&line_on_side(side, (ax + u(32.0), ay + u(3.0)), &cuff), cloth.ground.outline(), u(6.0));
    }

    /// What belongs to the neckline and lies on the body: straps, tube, collar, binding.
    pub(crate) fn draw_neck(&self, canvas: &mut Canvas, cloth: &Cloth) {
        match (self.sleeve, self.neckline) {
            (Sleeve::Straps, _) => self.straps(canvas, cloth),
            (_, Neckline::High) => self.tube(canvas, cloth),
            (_, Neckline::Collar) => self.collar(canvas, cloth),
            _ => self.binding(canvas, cloth),
        }
    }

    fn straps(&self, canvas: &mut Canvas, cloth: &Cloth) {
        let (neck, foot) = (self.neck(), self.neck_top());
        for side in Side::BOTH {
            let path = line_on_side(
                side,
                (neck + self.len(1.0), foot + 2.0),
                &[Bend((neck, self.below(14.0)), (neck - self.len(5.0), self.top))],
            );
            canvas.stroke(&path, cloth.ground.outline(), self.len(7.0));
            canvas.stroke(&path, cloth.ground, self.len(4.5));
        }
    }

    fn tube(&self, canvas: &mut Canvas, cloth: &Cloth) {
        let (neck, up) = (self.neck(), self.below(-24.0));
        let half = [
            Bend((neck * 0.5, up - self.len(3.0)), (neck * 0.9, up)),
            Bend((neck * 0.86, self.below(-8.0)), (neck * 1.15, self.below(4.0))),
            Bend((neck * 0.6, self.below(12.0)), (0.0, self.below(12.0))),
        ];
        canvas.panel(&symmetric((0.0, up - self.len(2.0)), &half), &cloth.plain(), 0.0);
        let fold = [Bend((0.0 + MIDDLE, self.below(-5.0)), (MIDDLE + neck * 0.9, self.below(-10.0)))];
        canvas.stroke(&super::shape::open((MIDDLE - neck * 0.9, self.below(-10.0)), &fold), cloth.ground.line(), 1.8);
    }

    fn collar(&self, canvas: &mut Canvas, cloth: &Cloth) {
        let (neck, bottom) = (self.neck(), self.neck_bottom());
        self.back_collar(canvas, cloth);
        for side in Side::BOTH {
            let flap = [
                Bend((neck * 0.55, self.below(-10.0)), (neck * 0.95, self.below(-5.0))),
                Bend((neck * 1.35, self.below(2.0)), (neck + self.len(13.0), self.below(12.0))),
                Line((self.len(21.0), bottom + self.len(14.0))),
                Line((self.len(0.8), bottom)),
                Line((neck * 0.8, self.below(1.0))),
            ];
            canvas.panel(&on_side(side, (neck * 0.5, self.below(-8.5)), &flap), &cloth.plain(), -side.sign() * 20.0);
        }
    }

    /// The collar where it runs behind the neck.
    pub(crate) fn back_collar(&self, canvas: &mut Canvas, cloth: &Cloth) {
        let neck = self.neck();
        let half = [
            Bend((neck * 0.4, self.below(-8.0)), (neck * 0.8, self.below(-6.5))),
            Line((neck * 0.8, self.below(5.0))),
            Bend((neck * 0.4, self.below(7.5)), (0.0, self.below(7.5))),
        ];
        let tone = Cloth { ground: cloth.ground.mix(cloth.ground.line(), 0.3), ..cloth.plain() };
        canvas.panel(&symmetric((0.0, self.below(-8.0)), &half), &tone, 0.0);
    }

    /// A band along the edge of an open neck.
    fn binding(&self, canvas: &mut Canvas, cloth: &Cloth) {
        let (start, strokes) = self.outline();
        let n_edge = if self.neckline == Neckline::Square { 2 } else { 1 };
        for side in Side::BOTH {
            let path = line_on_side(side, start, &strokes[..n_edge]);
            canvas.stroke(&path, cloth.ground.outline(), self.len(6.5));
            canvas.stroke(&path, cloth.ground.mix(cloth.ground.line(), 0.35), self.len(3.8));
        }
    }
}

/// How a sleeve ends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Cuffs {
    Hemmed,
    Band,
}

/// One hanging arm, as it is on the right.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Arm {
    shoulder: Point,
    armpit: Point,
    length: f64,
    width: f64,
    /// How far it stands off.
    pub(crate) degrees: f64,
    flares: bool,
}

impl Arm {
    /// A point along the outer (0) or inner (1) edge; `share` of the way down.
    fn at(&self, share: f64, across: f64) -> Point {
        let (sin, cos) = self.degrees.to_radians().sin_cos();
        let outer = (self.shoulder.0 + 4.0 + sin * self.length, self.shoulder.1 + cos * self.length);
        let inner = (outer.0 - cos * self.width, outer.1 + sin * self.width);
        let mix =
            |from: Point, to: Point, share: f64| (from.0 + (to.0 - from.0) * share, from.1 + (to.1 - from.1) * share);
        mix(mix(self.shoulder, outer, share), mix(self.armpit, inner, share), across)
    }

    fn path(&self, side: Side) -> String {
        let (outer, inner) = (self.at(1.0, 0.0), self.at(1.0, 1.0));
        let (upper, elbow) = (self.at(0.25, 0.0), self.at(0.55, 1.0));
        let start = (self.shoulder.0 - 9.0, self.shoulder.1 - 3.0);
        let strokes = if self.flares {
            let (narrow_out, narrow_in) = (self.at(0.55, 0.16), self.at(0.55, 0.78));
            vec![
                Swing((self.shoulder.0 + 6.0, self.shoulder.1 - 1.0), (upper.0 + 4.0, upper.1 - 6.0), narrow_out),
                Bend(self.at(0.8, 0.1), outer),
                Bend(self.at(1.06, 0.5), inner),
                Bend(self.at(0.8, 0.8), narrow_in),
                Line((self.armpit.0 - 2.0, self.armpit.1)),
            ]
        } else {
            vec![
                Swing((self.shoulder.0 + 6.0, self.shoulder.1 - 1.0), (upper.0 + 4.0, upper.1 - 6.0), outer),
                Line(inner),
                Bend(elbow, (self.armpit.0 - 2.0, self.armpit.1)),
            ]
        };
        on_side(side, start, &strokes)
    }

    /// A line across the arm, `share` of the way down.
    pub(crate) fn across(&self, side: Side, share: f64) -> String {
        line_on_side(side, self.at(share, 0.02), &[Line(self.at(share, 0.98))])
    }

    /// The band at the wrist.
    fn cuff(&self, side: Side) -> String {
        let depth = 1.0 - 13.0 / self.length;
        let strokes = [Line(self.at(1.0, 0.04)), Line(self.at(1.0, 0.96)), Line(self.at(depth, 1.03))];
        on_side(side, self.at(depth, -0.03), &strokes)
    }

    /// A rhombus on the elbow.
    pub(crate) fn patch(&self, side: Side) -> String {
        let corners = [self.at(0.42, 0.5), self.at(0.55, 0.9), self.at(0.7, 0.5), self.at(0.55, 0.1)];
        on_side(
            side,
            corners[0],
            &[
                Bend(self.at(0.42, 0.9), corners[1]),
                Bend(self.at(0.7, 0.9), corners[2]),
                Bend(self.at(0.7, 0.1), corners[3]),
                Bend(self.at(0.42, 0.1), corners[0]),
            ],
        )
    }

    /// Stripes down the outer side: one line, `across` the arm.
    pub(crate) fn stripe(&self, side: Side, across: f64) -> String {
        line_on_side(side, self.at(0.05, across), &[Line(self.at(0.9, across))])
    }
}

/// A band right across, from height to height.
pub(crate) fn band(half_above: f64, above: f64, half_below: f64, below: f64) -> String {
    closed(
        (MIDDLE - half_above, above),
        &[
            Bend((MIDDLE, above + 2.0), (MIDDLE + half_above, above)),
            Line((MIDDLE + half_below, below)),
            Bend((MIDDLE, below + 2.0), (MIDDLE - half_below, below)),
        ],
    )
}

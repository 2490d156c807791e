//! What is worn on the feet, from the side, toe to the left.

use super::canvas::Canvas;
use super::details::{bow, buckle, seen_on, star};
use super::fabric::Cloth;
use super::palette::Rgb;
use super::shape::{Point, Stroke, closed, open};
use crate::look::{Detail, Heel, Kind, Length, Look};
use Stroke::{Bend, Line, Swing};

/// The floor.
const FLOOR: f64 = 206.0;
const METAL: Rgb = Rgb::hex(0xE8_E3_D2);

/// What the foot stands in: heights of the sole under toe and heel.
#[derive(Debug, Clone, Copy)]
struct Last {
    heel: Heel,
    toe_y: f64,
    seat_y: f64,
}

impl Last {
    fn new(heel: Heel) -> Self {
        let (toe, seat) = match heel {
            Heel::Flat => (7.0, 9.0),
            Heel::Block => (7.0, 44.0),
            Heel::Stiletto => (6.0, 62.0),
            Heel::Platform => (30.0, 46.0),
        };
        Self { heel, toe_y: FLOOR - toe, seat_y: FLOOR - seat }
    }

    /// The sole from the heel to the toe, for the end of an upper that starts and ends at the toe.
    fn along_sole(&self) -> [Stroke; 3] {
        let (toe, seat) = (self.toe_y, self.seat_y);
        [Line((186.0, seat)), Swing((146.0, seat + 2.0), (132.0, toe), (96.0, toe)), Line((42.0, toe))]
    }

    /// Sole and heel, drawn below the upper.
    fn draw_sole(&self, canvas: &mut Canvas, colour: Rgb) {
        canvas.floor_shadow((126.0, FLOOR + 3.0), 108.0);
        let (toe, seat) = (self.toe_y, self.seat_y);
        if self.heel == Heel::Platform {
            let wedge = [
                Line((96.0, toe)),
                Swing((132.0, toe), (146.0, seat + 2.0), (186.0, seat)),
                Line((218.0, seat - 1.0)),
                Bend((222.0, FLOOR - 20.0), (216.0, FLOOR)),
                Line((46.0, FLOOR)),
                Bend((26.0, FLOOR - 4.0), (28.0, toe)),
            ];
            canvas.solid(&closed((28.0, toe), &wedge), colour);
            canvas.stroke(&open((34.0, FLOOR - 9.0), &[Line((217.0, FLOOR - 9.0))]), colour.line(), 2.2);
            return;
        }
        let heel = match self.heel {
            Heel::Flat => {
                closed((166.0, seat + 1.0), &[Line((216.0, seat)), Line((215.0, FLOOR)), Line((168.0, FLOOR))])
            }
            Heel::Block => {
                closed((168.0, seat), &[Line((217.0, seat - 2.0)), Line((213.0, FLOOR)), Line((174.0, FLOOR))])
            }
            _ => closed(
                (184.0, seat),
                &[
                    Line((217.0, seat - 4.0)),
                    Bend((207.0, seat + 24.0), (207.0, FLOOR)),
                    Line((200.0, FLOOR)),
                    Bend((200.0, seat + 26.0), (184.0, seat)),
                ],
            ),
        };
        canvas.solid(&heel, colour);
        let sole = [
            Line((96.0, toe - 1.0)),
            Swing((132.0, toe - 1.0), (146.0, seat), (186.0, seat - 2.0)),
            Line((217.0, seat - 3.0)),
            Line((217.0, seat + 3.0)),
            Line((186.0, seat + 5.0)),
            Swing((150.0, seat + 7.0), (134.0, FLOOR), (96.0, FLOOR)),
            Line((46.0, FLOOR)),
            Bend((30.0, FLOOR - 1.0), (30.0, toe - 2.0)),
        ];
        canvas.solid(&closed((30.0, toe - 2.0), &sole), colour);
    }
}

/// Draws a shoe.
pub(crate) fn draw(canvas: &mut Canvas, look: &Look, cloth: Cloth) {
    let last = Last::new(look.heel.unwrap_or(Heel::Flat));
    let cloth = Cloth { block: [40.0, 190.0, 204.0, 176.0], ..cloth };
    let brown = cloth.ground.distance(Rgb::hex(0x4A_30_20)) < 0.25;
    let sole = if brown { Rgb::hex(0xC9_A8_78) } else { Rgb::hex(0x4A_30_20) };
    let spots = match look.kind {
        Kind::Trainers => trainer(canvas, look, &cloth),
        Kind::Boots => boot(canvas, look, &cloth, &last, sole),
        Kind::Sandals => sandal(canvas, &cloth, &last),
        Kind::Loafers => loafer(canvas, &cloth, &last, sole),
        Kind::Flats => flat(canvas, &cloth, &last, sole),
        _ => pump(canvas, &cloth, &last, sole),
    };
    if let Some(detail) = look.detail {
        trim(canvas, detail, &cloth, &spots);
    }
}

/// Where things go on a shoe.
struct Spots {
    /// On the toes.
    vamp: Point,
    /// On the side, below the ankle.
    side: Point,
    /// A line along which things are set in a row.
    edge: (Point, Point),
    /// A line from above to below, for a zip.
    shaft: (Point, Point),
}

fn pump(canvas: &mut Canvas, cloth: &Cloth, last: &Last, sole: Rgb) -> Spots {
    last.draw_sole(canvas, sole.mix(cloth.ground, 0.3));
    let (toe, seat) = (last.toe_y, last.seat_y);
    let inside = closed(
        (92.0, toe - 40.0),
        &[
            Swing((112.0, toe - 44.0), (160.0, seat - 26.0), (206.0, seat - 46.0)),
            Line((200.0, seat - 18.0)),
            Line((120.0, toe - 22.0)),
        ],
    );
    canvas.solid(&inside, cloth.ground.mix(Rgb::hex(0xE8_D9_C0), 0.6));
    let mut upper = vec![
        Bend((52.0, toe - 34.0), (92.0, toe - 42.0)),
        Swing((100.0, toe - 16.0), (150.0, seat - 8.0), (206.0, seat - 48.0)),
        Bend((224.0, seat - 26.0), (216.0, seat)),
    ];
    upper.extend(last.along_sole());
    upper.push(Bend((26.0, toe), (26.0, toe - 6.0)));
    canvas.panel(&closed((26.0, toe - 6.0), &upper), cloth, 0.0);
    Spots {
        vamp: (88.0, toe - 34.0),
        side: (190.0, seat - 24.0),
        edge: ((50.0, toe - 13.0), (124.0, (toe + seat) / 2.0 - 9.0)),
        shaft: ((208.0, seat - 40.0), (206.0, seat - 4.0)),
    }
}

fn flat(canvas: &mut Canvas, cloth: &Cloth, last: &Last, sole: Rgb) -> Spots {
    last.draw_sole(canvas, sole);
    let (toe, seat) = (last.toe_y, last.seat_y);
    let inside = closed(
        (84.0, toe - 26.0),
        &[
            Swing((110.0, toe - 34.0), (170.0, seat - 34.0), (210.0, seat - 36.0)),
            Line((200.0, seat - 10.0)),
            Line((100.0, toe - 10.0)),
        ],
    );
    canvas.solid(&inside, cloth.ground.mix(Rgb::hex(0xE8_D9_C0), 0.6));
    let mut upper = vec![
        Swing((28.0, toe - 30.0), (58.0, toe - 40.0), (88.0, toe - 36.0)),
        Swing((98.0, toe - 8.0), (170.0, seat - 10.0), (210.0, seat - 38.0)),
        Bend((222.0, seat - 18.0), (216.0, seat)),
    ];
    upper.extend(last.along_sole());
    upper.push(Bend((28.0, toe), (28.0, toe - 8.0)));
    canvas.panel(&closed((28.0, toe - 8.0), &upper), cloth, 0.0);
    let edge = open((88.0, toe - 36.0), &[Swing((98.0, toe - 8.0), (170.0, seat - 10.0), (210.0, seat - 38.0))]);
    canvas.stroke(&edge, cloth.ground.outline(), 4.2);
    Spots {
        vamp: (80.0, toe - 30.0),
        side: (182.0, seat - 14.0),
        edge: ((48.0, toe - 12.0), (126.0, toe - 10.0)),
        shaft: ((208.0, seat - 30.0), (208.0, seat - 4.0)),
    }
}

fn loafer(canvas: &mut Canvas, cloth: &Cloth, last: &Last, sole: Rgb) -> Spots {
    last.draw_sole(canvas, sole);
    let (toe, seat) = (last.toe_y, last.seat_y);
    let inside = closed(
        (118.0, toe - 56.0),
        &[Bend((160.0, seat - 50.0), (206.0, seat - 54.0)), Line((196.0, seat - 24.0)), Line((140.0, toe - 34.0))],
    );
    canvas.solid(&inside, cloth.ground.mix(Rgb::hex(0xE8_D9_C0), 0.6));
    let mut upper = vec![
        Swing((30.0, toe - 38.0), (58.0, toe - 44.0), (84.0, toe - 46.0)),
        Bend((104.0, toe - 60.0), (122.0, toe - 62.0)),
        Swing((128.0, toe - 30.0), (180.0, seat - 30.0), (206.0, seat - 56.0)),
        Bend((226.0, seat - 30.0), (216.0, seat)),
    ];
    upper.extend(last.along_sole());
    upper.push(Bend((28.0, toe), (28.0, toe - 10.0)));
    canvas.panel(&closed((28.0, toe - 10.0), &upper), cloth, 0.0);
    let seam = [Swing((52.0, toe - 26.0), (80.0, toe - 24.0), (98.0, toe - 26.0)), Line((108.0, toe - 56.0))];
    canvas.stroke(&open((40.0, toe - 24.0), &seam), cloth.ground.line(), 3.0);
    let strap = [
        Line((116.0, toe - 61.0)),
        Bend((122.0, toe - 40.0), (142.0, toe - 24.0)),
        Line((122.0, toe - 16.0)),
        Bend((102.0, toe - 30.0), (96.0, toe - 52.0)),
    ];
    let tone = Cloth { ground: cloth.ground.mix(cloth.ground.line(), 0.35), ..cloth.plain() };
    canvas.panel(&closed((96.0, toe - 52.0), &strap), &tone, 0.0);
    Spots {
        vamp: (102.0, toe - 46.0),
        side: (116.0, toe - 40.0),
        edge: ((46.0, toe - 14.0), (120.0, toe - 10.0)),
        shaft: ((208.0, seat - 46.0), (208.0, seat - 4.0)),
    }
}

fn sandal(canvas: &mut Canvas, cloth: &Cloth, last: &Last) -> Spots {
    let cork = Rgb::hex(0xC8_A0_6A);
    last.draw_sole(canvas, if cloth.ground.distance(cork) < 0.3 { Rgb::hex(0x5B_3A_24) } else { cork });
    let (toe, seat) = (last.toe_y, last.seat_y);
    let strap =
        |canvas: &mut Canvas, start: Point, strokes: &[Stroke]| canvas.panel(&closed(start, strokes), cloth, 0.0);
    // Over the toes, over the instep, round the ankle, and up the heel.
    strap(
        canvas,
        (52.0, toe),
        &[
            Bend((54.0, toe - 30.0), (78.0, toe - 36.0)),
            Line((98.0, toe - 38.0)),
            Bend((84.0, toe - 22.0), (84.0, toe)),
        ],
    );
    strap(
        canvas,
        (104.0, toe - 2.0),
        &[
            Bend((106.0, toe - 32.0), (122.0, toe - 48.0)),
            Line((138.0, toe - 56.0)),
            Bend((128.0, toe - 30.0), (134.0, toe.min(seat + 24.0) - 4.0)),
        ],
    );
    strap(
        canvas,
        (200.0, seat),
        &[
            Bend((206.0, seat - 34.0), (202.0, seat - 66.0)),
            Line((214.0, seat - 68.0)),
            Bend((220.0, seat - 34.0), (215.0, seat)),
        ],
    );
    strap(
        canvas,
        (146.0, seat - 74.0),
        &[
            Bend((180.0, seat - 56.0), (214.0, seat - 70.0)),
            Line((214.0, seat - 54.0)),
            Bend((180.0, seat - 40.0), (142.0, seat - 60.0)),
        ],
    );
    canvas.stroke(&open((138.0, toe - 54.0), &[Line((146.0, seat - 66.0))]), cloth.ground.outline(), 5.0);
    Spots {
        vamp: (76.0, toe - 26.0),
        side: (178.0, seat - 56.0),
        edge: ((60.0, toe - 12.0), (130.0, toe - 26.0)),
        shaft: ((208.0, seat - 60.0), (208.0, seat - 4.0)),
    }
}

fn boot(canvas: &mut Canvas, look: &Look, cloth: &Cloth, last: &Last, sole: Rgb) -> Spots {
    last.draw_sole(canvas, sole);
    let (toe, seat) = (last.toe_y, last.seat_y);
    let top = match look.length {
        Some(Length::Long) => 18.0,
        Some(Length::Medium) => 62.0,
        _ => 118.0_f64.min(seat - 62.0),
    };
    // How far the shaft rises above the instep.
    let rise = toe - 50.0 - top;
    let (front, back) = if top < 40.0 { (124.0, 222.0) } else { (130.0, 216.0) };
    canvas.solid(
        &closed((front, top), &[Bend((172.0, top - 9.0), (back, top)), Bend((172.0, top + 9.0), (front, top))]),
        cloth.inside(),
    );
    let mut upper = vec![
        Swing((26.0, toe - 40.0), (64.0, toe - 44.0), (90.0, toe - 50.0)),
        Swing((116.0, toe - 57.0), (front + 5.0, top + rise * 0.62), (front + 4.0, top + rise * 0.3)),
        Line((front, top)),
        Bend((172.0, top + 10.0), (back, top)),
        Swing((back, top + rise * 0.35), (205.0, seat - 56.0), (208.0, seat - 36.0)),
        Bend((222.0, seat - 18.0), (216.0, seat)),
    ];
    upper.extend(last.along_sole());
    upper.push(Bend((28.0, toe), (28.0, toe - 10.0)));
    canvas.panel(&closed((28.0, toe - 10.0), &upper), cloth, 0.0);
    canvas.stroke(
        &open((front + 5.0, (seat - 70.0).max(top + 14.0)), &[Bend((150.0, seat - 40.0), (150.0, seat - 4.0))]),
        cloth.ground.line(),
        1.8,
    );
    canvas.stroke(
        &open((front + 1.0, top + 9.0), &[Bend((172.0, top + 19.0), (back, top + 9.0))]),
        cloth.ground.line(),
        1.6,
    );
    Spots {
        vamp: (100.0, toe - 40.0),
        side: (168.0, (seat - 58.0).max(top + 20.0)),
        edge: ((132.0, top + 14.0), (212.0, top + 14.0)),
        shaft: ((186.0, top + 8.0), (188.0, seat - 12.0)),
    }
}

fn trainer(canvas: &mut Canvas, look: &Look, cloth: &Cloth) -> Spots {
    let thick = if look.heel == Some(Heel::Platform) { 42.0 } else { 17.0 };
    let base = FLOOR - thick;
    let collar = if look.length == Some(Length::Medium) { base - 96.0 } else { base - 62.0 };
    canvas.floor_shadow((126.0, FLOOR + 3.0), 110.0);
    let inside = [
        Bend((176.0, collar - 9.0), (212.0, collar - 2.0)),
        Line((206.0, collar + 22.0)),
        Line((150.0, collar + 26.0)),
    ];
    canvas.solid(&closed((136.0, collar), &inside), cloth.inside());
    let tongue = [
        Bend((118.0, collar - 22.0), (140.0, collar - 18.0)),
        Line((152.0, collar + 22.0)),
        Line((124.0, base - 36.0)),
    ];
    let tone = Cloth { ground: cloth.ground.mix(cloth.ground.line(), 0.25), ..cloth.plain() };
    canvas.panel(&closed((104.0, base - 44.0), &tongue), &tone, 0.0);
    let upper = [
        Swing((26.0, base - 34.0), (52.0, base - 38.0), (78.0, base - 42.0)),
        Bend((114.0, base - 54.0), (134.0, collar)),
        Bend((170.0, collar + 26.0), (210.0, collar - 6.0)),
        Bend((214.0, base - 40.0), (220.0, base)),
        Line((30.0, base)),
    ];
    canvas.panel(&closed((28.0, base - 8.0), &upper), cloth, 0.0);
    let cap =
        [Bend((54.0, base - 34.0), (64.0, base - 39.0)), Bend((86.0, base - 22.0), (80.0, base)), Line((30.0, base))];
    canvas.panel(&closed((28.0, base - 8.0), &cap), &tone, 0.0);
    sole_of_rubber(canvas, base, cloth);
    let laces = seen_on(cloth.ground);
    for step in 0..4 {
        let share = f64::from(step) / 3.4;
        let (x, y) = (92.0 + share * 38.0, base - 46.0 - share * (base - 52.0 - collar));
        canvas.stroke(&open((x - 5.0, y - 4.0), &[Line((x + 15.0, y + 9.0))]), laces.outline(), 5.0);
        canvas.stroke(&open((x - 5.0, y - 4.0), &[Line((x + 15.0, y + 9.0))]), laces, 3.0);
    }
    Spots {
        vamp: (70.0, base - 22.0),
        side: (168.0, base - 26.0),
        edge: ((96.0, base - 10.0), (206.0, base - 10.0)),
        shaft: ((192.0, collar + 14.0), (194.0, base - 6.0)),
    }
}

fn sole_of_rubber(canvas: &mut Canvas, base: f64, cloth: &Cloth) {
    let rubber = if cloth.ground.luminance() > 0.8 { Rgb::hex(0xB9_B4_AA) } else { Rgb::hex(0xF7_F4_EC) };
    let sole = [
        Line((222.0, base - 4.0)),
        Bend((230.0, FLOOR - 6.0), (218.0, FLOOR)),
        Line((44.0, FLOOR)),
        Bend((22.0, FLOOR - 2.0), (25.0, base - 4.0)),
    ];
    canvas.solid(&closed((25.0, base - 4.0), &sole), rubber);
    canvas.stroke(&open((26.0, FLOOR - 7.0), &[Line((222.0, FLOOR - 7.0))]), rubber.darker(0.3), 2.4);
}

fn trim(canvas: &mut Canvas, detail: Detail, cloth: &Cloth, spots: &Spots) {
    let light = seen_on(cloth.ground);
    let ((from_x, from_y), (to_x, to_y)) = spots.edge;
    let along = |share: f64| (from_x + (to_x - from_x) * share, from_y + (to_y - from_y) * share);
    match detail {
        Detail::Bow => bow(canvas, light.mix(cloth.trim(), 0.25), spots.vamp, 0.95),
        Detail::Buckle => buckle(canvas, spots.side, 10.0),
        Detail::Logo => star(canvas, light, spots.side, 17.0),
        Detail::Studs => (0..7).for_each(|stud| canvas.disc(along(f64::from(stud) / 6.0), 4.4, METAL)),
        Detail::Pompoms => {
            (0..4).for_each(|ball| canvas.disc(along(0.1 + f64::from(ball) * 0.2), 8.5, light.mix(cloth.ground, 0.12)))
        }
        Detail::Stripes => {
            let (x, y) = spots.side;
            for number in 0..3 {
                let left = x - 24.0 + f64::from(number) * 15.0;
                canvas.stroke(&open((left, y - 16.0), &[Line((left + 14.0, y + 20.0))]), light, 7.0);
            }
        }
        Detail::Zip => {
            let (above, below) = spots.shaft;
            canvas.stroke(&open(above, &[Line(below)]), cloth.ground.darker(0.6), 9.0);
            canvas.stroke(&open(above, &[Line(below)]), Rgb::hex(0xE3_E3_E6), 5.0);
            canvas.stitches(&open(above, &[Line(below)]), Rgb::hex(0x70_70_78));
        }
        Detail::Fringe => {
            for thread in 0..13 {
                let (x, y) = along(f64::from(thread) / 12.0);
                let path = open((x, y - 4.0), &[Bend((x + 2.0, y + 10.0), (x - 1.0, y + 22.0))]);
                canvas.stroke(&path, cloth.ground.outline(), 4.4);
                canvas.stroke(&path, cloth.ground.mix(light, 0.25), 2.6);
            }
        }
        _ => {
            // A ruffle, the one other trimming that the table gives to shoes.
            for wave in 0..6 {
                canvas.disc(along(f64::from(wave) / 5.0), 9.0, cloth.ground.mix(light, 0.2));
            }
        }
    }
}

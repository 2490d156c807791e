//! Outlines. Clothes are symmetric, so most of them are written as their right half: points are (distance from the middle,
//! height), and the left half is its mirror.

use std::fmt::Write;

/// The middle of the picture, from its left edge.
pub(crate) const MIDDLE: f64 = 128.0;

/// A point; in a half outline, x is the distance from the middle.
pub(crate) type Point = (f64, f64);

/// One piece of an outline, from where the last one ended.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Stroke {
    /// Straight to a point.
    Line(Point),
    /// Bent once, to the last point.
    Bend(Point, Point),
    /// Bent twice, to the last point.
    Swing(Point, Point, Point),
}

impl Stroke {
    fn end(self) -> Point {
        match self {
            Self::Line(end) | Self::Bend(_, end) | Self::Swing(_, _, end) => end,
        }
    }

    /// The same stroke with every point moved by `to`.
    fn map(self, to: impl Fn(Point) -> Point) -> Self {
        match self {
            Self::Line(end) => Self::Line(to(end)),
            Self::Bend(control, end) => Self::Bend(to(control), to(end)),
            Self::Swing(first, second, end) => Self::Swing(to(first), to(second), to(end)),
        }
    }

    /// The stroke drawn backwards, ending at `start`.
    fn reversed(self, start: Point) -> Self {
        match self {
            Self::Line(_) => Self::Line(start),
            Self::Bend(control, _) => Self::Bend(control, start),
            Self::Swing(first, second, _) => Self::Swing(second, first, start),
        }
    }

    fn write(self, path: &mut String) {
        // Writing to a string does not fail.
        let _ = match self {
            Self::Line((x, y)) => write!(path, "L{x:.1} {y:.1}"),
            Self::Bend((a, b), (x, y)) => write!(path, "Q{a:.1} {b:.1} {x:.1} {y:.1}"),
            Self::Swing((a, b), (c, d), (x, y)) => write!(path, "C{a:.1} {b:.1} {c:.1} {d:.1} {x:.1} {y:.1}"),
        };
    }
}

/// Which half of a piece.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Side {
    Left,
    Right,
}

impl Side {
    pub(crate) const BOTH: [Self; 2] = [Self::Left, Self::Right];

    /// -1 on the left, 1 on the right.
    pub(crate) fn sign(self) -> f64 {
        if self == Self::Left { -1.0 } else { 1.0 }
    }

    /// Where a point of the right half lies in the picture.
    pub(crate) fn place(self, (x, y): Point) -> Point {
        (MIDDLE + self.sign() * x, y)
    }
}

/// An open line through the strokes, in the picture's own coordinates.
pub(crate) fn open(start: Point, strokes: &[Stroke]) -> String {
    let mut path = format!("M{:.1} {:.1}", start.0, start.1);
    strokes.iter().for_each(|stroke| stroke.write(&mut path));
    path
}

/// A closed outline, in the picture's own coordinates.
pub(crate) fn closed(start: Point, strokes: &[Stroke]) -> String {
    open(start, strokes) + "Z"
}

/// A closed outline on one side, given as it is on the right.
pub(crate) fn on_side(side: Side, start: Point, strokes: &[Stroke]) -> String {
    let moved: Vec<Stroke> = strokes.iter().map(|stroke| stroke.map(|point| side.place(point))).collect();
    closed(side.place(start), &moved)
}

/// An open line on one side, given as it is on the right.
pub(crate) fn line_on_side(side: Side, start: Point, strokes: &[Stroke]) -> String {
    let moved: Vec<Stroke> = strokes.iter().map(|stroke| stroke.map(|point| side.place(point))).collect();
    open(side.place(start), &moved)
}

/// A closed outline from its right half, which runs from the middle above to the middle below.
pub(crate) fn symmetric(start: Point, half: &[Stroke]) -> String {
    let strokes = half.iter().map(|stroke| stroke.map(|point| Side::Right.place(point)));
    let mut all: Vec<Stroke> = strokes.collect();
    let starts: Vec<Point> = std::iter::once(start).chain(half.iter().map(|stroke| stroke.end())).collect();
    for (stroke, begin) in half.iter().zip(starts).rev() {
        all.push(stroke.reversed(begin).map(|point| Side::Left.place(point)));
    }
    closed(Side::Right.place(start), &all)
}

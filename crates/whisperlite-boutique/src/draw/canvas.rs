//! The sheet that a piece is drawn on: collects shapes, and knows how cloth is filled, shaded and outlined.

use std::fmt::Write;

use super::fabric::{self, Cloth};
use super::palette::Rgb;

/// Shapes and definitions of one drawing.
#[derive(Debug, Default)]
pub(crate) struct Canvas {
    defs: String,
    defined: Vec<String>,
    body: String,
    /// Everything that casts a shadow.
    silhouette: String,
}

impl Canvas {
    /// A piece of cloth: ground, pattern, texture, shade, outline. The threads run down, turned by `degrees`.
    pub(crate) fn panel(&mut self, path: &str, cloth: &Cloth, degrees: f64) {
        self.silhouette.push_str(path);
        self.fill(path, &cloth.ground.css());
        for (id, markup) in fabric::layers(cloth, degrees) {
            self.define(&id, &markup);
            self.fill(path, &format!("url(#{id})"));
        }
        self.stroke(path, cloth.ground.outline(), 1.8);
    }

    /// A shape in one colour, with an outline.
    pub(crate) fn solid(&mut self, path: &str, colour: Rgb) {
        self.silhouette.push_str(path);
        self.flat(path, colour);
    }

    /// A shape in one colour, with an outline, that lies on others and casts no shadow.
    pub(crate) fn flat(&mut self, path: &str, colour: Rgb) {
        self.fill(path, &colour.css());
        self.stroke(path, colour.outline(), 1.4);
    }

    /// A shape without outline; `paint` is anything that an SVG `fill` may be.
    pub(crate) fn fill(&mut self, path: &str, paint: &str) {
        let _ = write!(self.body, r#"<path d="{path}" fill="{paint}"/>"#);
    }

    /// A shape that darkens (black) or brightens (white) what lies below.
    pub(crate) fn tint(&mut self, path: &str, colour: Rgb, opacity: f64) {
        let _ = write!(self.body, r#"<path d="{path}" fill="{}" fill-opacity="{opacity:.2}"/>"#, colour.css());
    }

    /// A line.
    pub(crate) fn stroke(&mut self, path: &str, colour: Rgb, width: f64) {
        let colour = colour.css();
        let _ = write!(
            self.body,
            r#"<path d="{path}" fill="none" stroke="{colour}" stroke-width="{width:.1}" stroke-linejoin="round" stroke-linecap="round"/>"#
        );
    }

    /// A line of stitches.
    pub(crate) fn stitches(&mut self, path: &str, colour: Rgb) {
        let colour = colour.css();
        let _ = write!(
            self.body,
            r#"<path d="{path}" fill="none" stroke="{colour}" stroke-width="2" stroke-dasharray="5 2.5"/>"#
        );
    }

    /// A disc with an outline.
    pub(crate) fn disc(&mut self, (x, y): (f64, f64), radius: f64, colour: Rgb) {
        let _ = write!(
            self.body,
            r#"<circle cx="{x:.1}" cy="{y:.1}" r="{radius:.1}" fill="{}" stroke="{}" stroke-width="1.1"/>"#,
            colour.css(),
            colour.outline().css()
        );
    }

    /// A soft shadow on the floor.
    pub(crate) fn floor_shadow(&mut self, (x, y): (f64, f64), half_width: f64) {
        let _ = write!(
            self.body,
            r##"<ellipse cx="{x:.1}" cy="{y:.1}" rx="{half_width:.1}" ry="7" fill="#000" fill-opacity="0.13"/>"##
        );
    }

    fn define(&mut self, id: &str, markup: &str) {
        if !self.defined.iter().any(|known| known == id) {
            self.defs.push_str(markup);
            self.defined.push(id.to_owned());
        }
    }

    /// The finished drawing: `backdrop` fills it, `transform` places the piece.
    pub(crate) fn finish(self, backdrop: Rgb, transform: &str) -> String {
        let Self { defs, body, silhouette, .. } = self;
        let backdrop = backdrop.css();
        format!(
            r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 256 256" width="256" height="256"><defs>{defs}</defs><rect width="256" height="256" fill="{backdrop}"/><g transform="{transform}"><path d="{silhouette}" fill="#3a2f28" fill-opacity="0.12" transform="translate(4 5)"/>{body}</g></svg>"##
        )
    }
}

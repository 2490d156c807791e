//! From a drawing to pixels and PNG files.

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree};

use crate::error::DrawError;

/// Sizes that pictures may have, in pixels a side.
pub const SIZES: std::ops::RangeInclusive<u32> = 16..=2048;

/// The side of the square that drawings are made in.
const DRAWN_SIZE: f32 = 256.0;

/// What every picture says of itself, in a text chunk of the PNG.
const MARK: &str = "Synthetic drawing of the WhisperLite boutique: no such product, brand or shop exists.";

/// A square picture: rows of red, green, blue, one byte each, `[size, size, 3]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Pixels a side.
    pub size: u32,
    /// `size * size * 3` bytes.
    pub rgb: Vec<u8>,
}

impl Picture {
    /// The picture of a drawing.
    pub fn render(svg: &str, size: u32) -> Result<Self, DrawError> {
        if !SIZES.contains(&size) {
            return Err(DrawError::Size { size });
        }
        let tree = Tree::from_str(svg, &Options::default())?;
        let mut pixels = Pixmap::new(size, size).ok_or(DrawError::Size { size })?;
        let scale = size as f32 / DRAWN_SIZE;
        resvg::render(&tree, Transform::from_scale(scale, scale), &mut pixels.as_mut());
        // The backdrop is opaque, so the premultiplied values are the colours themselves.
        let rgb = pixels.data().chunks_exact(4).flat_map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect();
        Ok(Self { size, rgb })
    }

    /// The picture as a PNG file, which says that it is synthetic.
    pub fn to_png(&self) -> Result<Vec<u8>, DrawError> {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, self.size, self.size);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_compression(png::Compression::Fast);
        encoder.add_text_chunk("Comment".to_owned(), MARK.to_owned())?;
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&self.rgb)?;
        writer.finish()?;
        Ok(bytes)
    }
}

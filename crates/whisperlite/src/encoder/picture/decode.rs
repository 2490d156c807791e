//! Files to upright RGB, within bounds.

use std::io::{Cursor, Read};
use std::path::Path;

use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits, Rgb, RgbImage};

use super::PictureError;

/// Most pixels of a picture: a header that promises more is refused before anything is allocated. Decoding needs at most
/// 16 bytes a pixel, and time in proportion to the pixels.
pub const MAX_PIXELS: u64 = 100_000_000;

/// Largest file.
pub const MAX_BYTES: u64 = 64 << 20;

/// Most bytes that a decoder may allocate.
const MAX_ALLOCATED: u64 = 16 * MAX_PIXELS;

/// Most passes over a progressive JPEG. Usual ones have ten; each costs time, however little it adds to the file.
const MAX_SCANS: usize = 100;

/// A decoded picture: upright, 8 bits of red, green and blue a pixel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    width: usize,
    height: usize,
    rgb: Vec<u8>,
}

impl Picture {
    /// Reads and decodes a file.
    pub fn read(path: &Path) -> Result<Self, PictureError> {
        Self::decode(&Self::read_file(path)?, &path.display().to_string())
    }

    /// Reads a file that is no larger than [`MAX_BYTES`].
    pub(crate) fn read_file(path: &Path) -> Result<Vec<u8>, PictureError> {
        let origin = path.display().to_string();
        let io = |source| PictureError::Io { origin: origin.clone(), source };
        let file = std::fs::File::open(path).map_err(io)?;
        let n_bytes = file.metadata().map_err(io)?.len();
        if n_bytes > MAX_BYTES {
            return Err(PictureError::TooManyBytes { origin, n_bytes, max_bytes: MAX_BYTES });
        }
        let mut bytes = Vec::new();
        file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(io)?; // it may grow while it is read
        Ok(bytes)
    }

    /// Decodes a JPEG, PNG, WebP or GIF. `origin` says in errors where the bytes came from.
    ///
    /// - A camera's note about its orientation (EXIF) is obeyed.
    /// - Of an animation the first frame counts.
    /// - 16 bits a channel become 8, grey, palette and CMYK become RGB. Colour profiles are not applied.
    /// - What is transparent is laid over white, the background of a shop's page. `transformers` drops the
    ///   transparency instead and shows whatever colour lies hidden below, most often black.
    ///
    /// Time and memory are bounded by [`MAX_BYTES`] and [`MAX_PIXELS`].
    pub fn decode(bytes: &[u8], origin: &str) -> Result<Self, PictureError> {
        let owned = || origin.to_owned();
        let n_bytes = bytes.len() as u64;
        if n_bytes > MAX_BYTES {
            return Err(PictureError::TooManyBytes { origin: owned(), n_bytes, max_bytes: MAX_BYTES });
        }
        let damaged = |source| PictureError::Damaged { origin: owned(), source };
        let format = image::guess_format(bytes).map_err(|_| PictureError::UnknownFormat { origin: owned() })?;
        if !format.reading_enabled() {
            return Err(PictureError::UnknownFormat { origin: owned() });
        }
        if format == ImageFormat::Jpeg {
            check_scans(bytes, origin)?;
        }
        let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
        let mut limits = Limits::no_limits();
        limits.max_alloc = Some(MAX_ALLOCATED);
        reader.limits(limits);
        let mut decoder = reader.into_decoder().map_err(damaged)?;
        let (width, height) = decoder.dimensions();
        if !(1..=MAX_PIXELS).contains(&(u64::from(width) * u64::from(height))) {
            return Err(PictureError::Dimensions { origin: owned(), width, height, max_pixels: MAX_PIXELS });
        }
        let orientation = decoder.orientation().map_err(damaged)?;
        let mut image = DynamicImage::from_decoder(decoder).map_err(damaged)?;
        image.apply_orientation(orientation);
        Ok(over_white(image).into())
    }

    /// A picture from its pixels; `None` if they are not `width · height · 3`, or none at all.
    ///
    /// # Shapes
    /// - `rgb`: `[height, width, 3]`, row-major
    pub fn from_rgb(width: usize, height: usize, rgb: Vec<u8>) -> Option<Self> {
        let n = width.checked_mul(height)?.checked_mul(3)?;
        (n > 0 && n == rgb.len()).then_some(Self { width, height, rgb })
    }

    /// Pixels from left to right.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Pixels from top to bottom.
    pub fn height(&self) -> usize {
        self.height
    }

    /// # Shapes
    /// Returns `[height, width, 3]`, row-major.
    pub fn rgb(&self) -> &[u8] {
        &self.rgb
    }
}

impl From<RgbImage> for Picture {
    fn from(image: RgbImage) -> Self {
        let (width, height) = image.dimensions();
        Self { width: width as usize, height: height as usize, rgb: image.into_raw() }
    }
}

/// Within compressed data a marker's first byte is escaped, so that counting markers counts scans.
fn check_scans(bytes: &[u8], origin: &str) -> Result<(), PictureError> {
    const START_OF_SCAN: [u8; 2] = [0xFF, 0xDA];
    let n_scans = bytes.windows(2).filter(|pair| **pair == START_OF_SCAN).count();
    if n_scans <= MAX_SCANS {
        return Ok(());
    }
    Err(PictureError::TooManyScans { origin: origin.to_owned(), n_scans, max_scans: MAX_SCANS })
}

fn over_white(image: DynamicImage) -> RgbImage {
    if !image.color().has_alpha() {
        return image.into_rgb8();
    }
    let rgba = image.into_rgba8();
    let mut rgb = RgbImage::new(rgba.width(), rgba.height());
    for (from, to) in rgba.pixels().zip(rgb.pixels_mut()) {
        let [red, green, blue, alpha] = from.0.map(u32::from);
        *to = Rgb([red, green, blue].map(|value| ((value * alpha + 255 * (255 - alpha) + 127) / 255) as u8));
    }
    rgb
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_transparent_lies_over_white() {
        let mut image = image::RgbaImage::new(3, 1);
        image.put_pixel(0, 0, image::Rgba([0, 0, 0, 0]));
        image.put_pixel(1, 0, image::Rgba([200, 0, 100, 255]));
        image.put_pixel(2, 0, image::Rgba([100, 0, 200, 51]));
        let picture = Picture::from(over_white(image.into()));
        assert_eq!(picture.rgb(), [255, 255, 255, 200, 0, 100, 224, 204, 244]);
    }

    #[test]
    fn pixels_must_fill_the_picture() {
        assert!(Picture::from_rgb(2, 1, vec![0; 6]).is_some());
        for (width, height, n) in [(2, 1, 5), (0, 1, 0), (usize::MAX, 2, 6)] {
            assert!(Picture::from_rgb(width, height, vec![0; n]).is_none());
        }
    }
}

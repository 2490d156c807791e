//! What a model's folder demands of a picture.

use std::path::Path;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::resample::{Span, resample};
use super::{Filter, Picture};
use crate::encoder::EncoderError;
use crate::encoder::transformer::{bad_value, unsupported};

/// From any picture to the numbers of one tower's input.
#[derive(Debug, Clone, PartialEq)]
pub struct Preprocessing {
    /// How a picture is brought to size.
    pub resize: Resize,
    /// Weights of the pixels when it is resized.
    pub filter: Filter,
    /// Side of the square that is cut from the middle; what lies beyond the picture is black.
    pub side: usize,
    /// Factor from bytes to numbers.
    pub scale: f32,
    /// Taken from each channel.
    pub mean: [f32; 3],
    /// What each channel is divided by.
    pub std: [f32; 3],
}

/// How a picture is brought to size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resize {
    /// It stays as it is.
    Keep,
    /// The shorter edge gets this length, the proportions stay.
    ShortestEdge(usize),
    /// Exactly this size, whatever becomes of the proportions.
    Exact {
        /// Pixels from left to right.
        width: usize,
        /// Pixels from top to bottom.
        height: usize,
    },
}

const CLIP_MEAN: [f32; 3] = [0.481_454_66, 0.457_827_5, 0.408_210_73];
const CLIP_STD: [f32; 3] = [0.268_629_54, 0.261_302_6, 0.275_777_1];
const RESCALE: f32 = 1.0 / 255.0;

/// Largest edge that a folder may demand.
const MAX_SIDE: usize = 8192;

/// The keys that matter, as the file has them. A step that is absent is a step that the model's processor does.
#[derive(Deserialize)]
struct RawPreprocessing {
    do_resize: Option<bool>,
    size: Option<RawSize>,
    resample: Option<u8>,
    do_center_crop: Option<bool>,
    crop_size: Option<RawSize>,
    do_rescale: Option<bool>,
    rescale_factor: Option<f32>,
    do_normalize: Option<bool>,
    image_mean: Option<[f32; 3]>,
    image_std: Option<[f32; 3]>,
    do_pad: Option<bool>,
    do_reduce_labels: Option<bool>,
    do_grayscale: Option<bool>,
}

#[derive(Clone, Deserialize)]
#[serde(untagged)]
enum RawSize {
    Edge(usize),
    Named(Map<String, Value>),
}

/// The two image processors that the formats come from; they differ in what an absent key means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Processor {
    /// `CLIPImageProcessor`: shorter edge to size, then the middle.
    Clip,
    /// `SiglipImageProcessor`: exactly to size.
    Siglip,
}

impl Preprocessing {
    /// What CLIP's authors do, for pictures of `side` pixels.
    pub fn clip(side: usize) -> Self {
        let resize = Resize::ShortestEdge(side);
        Self { resize, filter: Filter::Bicubic, side, scale: RESCALE, mean: CLIP_MEAN, std: CLIP_STD }
    }

    /// What SigLIP's authors do, for pictures of `side` pixels.
    pub fn siglip(side: usize) -> Self {
        let resize = Resize::Exact { width: side, height: side };
        Self { resize, filter: Filter::Bicubic, side, scale: RESCALE, mean: [0.5; 3], std: [0.5; 3] }
    }

    /// Parses and checks a processor's configuration, read from `path`, for a tower that sees `side` pixels.
    pub(crate) fn parse(path: &Path, json: Value, kind: Processor, side: usize) -> Result<Self, EncoderError> {
        let raw: RawPreprocessing =
            serde_json::from_value(json).map_err(|source| EncoderError::Json { path: path.to_owned(), source })?;
        raw.refuse_variants(path)?;
        let default = match kind {
            Processor::Clip => Self::clip(224),
            Processor::Siglip => Self::siglip(224),
        };
        let crops = raw.do_center_crop.unwrap_or(kind == Processor::Clip);
        let resize = match (raw.do_resize.unwrap_or(true), raw.size.clone()) {
            (false, _) => Resize::Keep,
            (true, None) => default.resize,
            (true, Some(size)) => size.resize(path, kind)?,
        };
        let crop =
            crops.then(|| raw.crop_size.clone().map_or(Ok(default.side), |size| size.square(path))).transpose()?;
        let found = crop.or(match resize {
            Resize::Exact { width, height } if width == height => Some(width),
            _ => None,
        });
        if found != Some(side) {
            let found = found.map_or("no fixed square".to_owned(), |found| found.to_string());
            return Err(bad_value(path, "size", found, "the tower's image_size, after resizing and cropping"));
        }
        let normalizes = raw.do_normalize.unwrap_or(true);
        Ok(Self {
            resize,
            filter: raw.resample.map_or(Ok(default.filter), |number| filter(path, number))?,
            side,
            scale: if raw.do_rescale.unwrap_or(true) { raw.rescale_factor.unwrap_or(RESCALE) } else { 1.0 },
            mean: if normalizes { raw.image_mean.unwrap_or(default.mean) } else { [0.0; 3] },
            std: if normalizes { raw.std(path, default.std)? } else { [1.0; 3] },
        })
    }

    /// The settings as `preprocessor_config.json` has them.
    pub fn to_json(&self, image_processor: &str) -> Value {
        let number = match self.filter {
            Filter::Lanczos => 1,
            Filter::Bilinear => 2,
            Filter::Bicubic => 3,
            Filter::Box => 4,
            Filter::Hamming => 5,
        };
        let size = match self.resize {
            Resize::Keep => Value::Null,
            Resize::ShortestEdge(edge) => json!({ "shortest_edge": edge }),
            Resize::Exact { width, height } => json!({ "height": height, "width": width }),
        };
        json!({
            "image_processor_type": image_processor,
            "do_resize": self.resize != Resize::Keep,
            "size": size,
            "resample": number,
            "do_center_crop": true,
            "crop_size": { "height": self.side, "width": self.side },
            "do_rescale": true,
            "rescale_factor": self.scale,
            "do_normalize": true,
            "image_mean": self.mean,
            "image_std": self.std,
            "do_convert_rgb": true,
        })
    }

    /// The numbers that the tower sees.
    ///
    /// # Shapes
    /// Returns `[3, side, side]`, row-major.
    pub fn pixels(&self, picture: &Picture) -> Vec<f32> {
        let (width, height) = self.resized(picture.width(), picture.height());
        let (columns, rows) = (Middle::of(width, self.side), Middle::of(height, self.side));
        let rgb = resample(picture, columns.span, rows.span, self.filter);
        let n = self.side * self.side;
        let mut pixels = Vec::with_capacity(3 * n);
        for channel in 0..3 {
            let number = |byte: u8| (f32::from(byte) * self.scale - self.mean[channel]) / self.std[channel];
            pixels.resize((channel + 1) * n, number(0));
            let plane = &mut pixels[channel * n..];
            let numbers: Vec<f32> = (0..=255).map(number).collect();
            for (row, bytes) in rgb.chunks_exact(columns.span.n.max(1) * 3).enumerate() {
                let out = &mut plane[(rows.margin + row) * self.side + columns.margin..][..columns.span.n];
                let bytes = bytes.iter().skip(channel).step_by(3);
                out.iter_mut().zip(bytes).for_each(|(out, byte)| *out = numbers[usize::from(*byte)]);
            }
        }
        pixels
    }

    /// Width and height after resizing; the longer edge is rounded down, as `transformers` does.
    fn resized(&self, width: usize, height: usize) -> (usize, usize) {
        let long = |edge: usize, long: usize, short: usize| (edge as f64 * long as f64 / short as f64) as usize;
        match self.resize {
            Resize::Keep => (width, height),
            Resize::Exact { width, height } => (width, height),
            Resize::ShortestEdge(edge) if width <= height => (edge, long(edge, height, width)),
            Resize::ShortestEdge(edge) => (long(edge, width, height), edge),
        }
    }
}

/// The middle of an edge.
struct Middle {
    span: Span,
    /// Black pixels before it, where the edge is too short.
    margin: usize,
}

impl Middle {
    fn of(full: usize, side: usize) -> Self {
        match full >= side {
            true => Self { span: Span { full, first: (full - side) / 2, n: side }, margin: 0 },
            false => Self { span: Span { full, first: 0, n: full }, margin: (side - full).div_ceil(2) },
        }
    }
}

impl RawPreprocessing {
    /// Steps that no CLIP has and that we do not do.
    fn refuse_variants(&self, path: &Path) -> Result<(), EncoderError> {
        let steps =
            [("do_pad", self.do_pad), ("do_reduce_labels", self.do_reduce_labels), ("do_grayscale", self.do_grayscale)];
        match steps.into_iter().find(|(_, step)| *step == Some(true)) {
            None => Ok(()),
            Some((field, _)) => Err(unsupported(path, field, "true", "false")),
        }
    }

    fn std(&self, path: &Path, default: [f32; 3]) -> Result<[f32; 3], EncoderError> {
        let std = self.image_std.unwrap_or(default);
        match std.iter().all(|value| *value > 0.0 && value.is_finite()) {
            true => Ok(std),
            false => Err(bad_value(path, "image_std", format!("{std:?}"), "three positive numbers")),
        }
    }
}

impl RawSize {
    fn resize(&self, path: &Path, kind: Processor) -> Result<Resize, EncoderError> {
        let named = match self {
            Self::Edge(edge) if kind == Processor::Clip => return Ok(Resize::ShortestEdge(checked(path, *edge)?)),
            Self::Edge(edge) => return Ok(Resize::Exact { width: checked(path, *edge)?, height: *edge }),
            Self::Named(named) => named,
        };
        let edge = |name: &str| named.get(name).and_then(Value::as_u64).map(|edge| edge as usize);
        match (named.len(), edge("shortest_edge"), edge("height"), edge("width")) {
            (1, Some(edge), None, None) => Ok(Resize::ShortestEdge(checked(path, edge)?)),
            (2, None, Some(height), Some(width)) => {
                Ok(Resize::Exact { width: checked(path, width)?, height: checked(path, height)? })
            }
            _ => Err(self.refused(path, "size", "a number, shortest_edge, or height and width")),
        }
    }

    fn square(&self, path: &Path) -> Result<usize, EncoderError> {
        match self.resize(path, Processor::Siglip) {
            Ok(Resize::Exact { width, height }) if width == height => Ok(width),
            _ => Err(self.refused(path, "crop_size", "a number, or height and width of a square")),
        }
    }

    fn refused(&self, path: &Path, field: &'static str, supported: &'static str) -> EncoderError {
        let found = match self {
            Self::Edge(edge) => edge.to_string(),
            Self::Named(named) => Value::Object(named.clone()).to_string(),
        };
        unsupported(path, field, &found, supported)
    }
}

fn checked(path: &Path, edge: usize) -> Result<usize, EncoderError> {
    match (1..=MAX_SIDE).contains(&edge) {
        true => Ok(edge),
        false => Err(bad_value(path, "size", edge, "between 1 and 8192")),
    }
}

fn filter(path: &Path, number: u8) -> Result<Filter, EncoderError> {
    match number {
        1 => Ok(Filter::Lanczos),
        2 => Ok(Filter::Bilinear),
        3 => Ok(Filter::Bicubic),
        4 => Ok(Filter::Box),
        5 => Ok(Filter::Hamming),
        other => {
            Err(unsupported(path, "resample", &other.to_string(), "1 to 5: Lanczos, bilinear, bicubic, box, Hamming"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(json: Value, kind: Processor) -> Result<Preprocessing, EncoderError> {
        Preprocessing::parse(Path::new("preprocessor_config.json"), json, kind, 224)
    }

    #[test]
    fn all_forms_of_a_size_are_read() {
        let clip = Preprocessing::clip(224);
        for size in [json!(224), json!({"shortest_edge": 224})] {
            let json = json!({"size": size, "crop_size": 224, "resample": 3});
            assert_eq!(parse(json, Processor::Clip).unwrap(), clip);
        }
        assert_eq!(parse(json!({}), Processor::Clip).unwrap(), clip);
        for size in [json!(224), json!({"height": 224, "width": 224})] {
            assert_eq!(parse(json!({"size": size}), Processor::Siglip).unwrap(), Preprocessing::siglip(224));
        }
        let back = parse(clip.to_json("CLIPImageProcessor"), Processor::Clip).unwrap();
        assert_eq!(back, clip);
    }

    #[test]
    fn what_we_do_not_do_is_refused_by_name() {
        for (json, field) in [
            (json!({"resample": 0}), "resample"),
            (json!({"do_pad": true}), "do_pad"),
            (json!({"size": {"longest_edge": 224}}), "size"),
            (json!({"size": {"shortest_edge": 0}}), "size"),
            (json!({"crop_size": {"height": 200, "width": 224}}), "crop_size"),
            (json!({"crop_size": 200}), "size"),
            (json!({"do_center_crop": false}), "size"),
            (json!({"image_std": [1.0, 0.0, 1.0]}), "image_std"),
        ] {
            let error = parse(json.clone(), Processor::Clip).unwrap_err().to_string();
            assert!(error.contains(&format!("`{field}`")), "{json}: {error}");
        }
    }

    #[test]
    fn a_thin_picture_costs_no_more_than_its_result() {
        let picture = Picture::from_rgb(1, 1_000_000, vec![255; 3_000_000]).unwrap();
        let pixels = Preprocessing::clip(224).pixels(&picture);
        assert_eq!(pixels.len(), 3 * 224 * 224);
        let white = (1.0 - CLIP_MEAN[0]) / CLIP_STD[0];
        assert!((pixels[0] - white).abs() < 1e-5);
    }

    #[test]
    fn a_picture_smaller_than_the_square_gets_a_black_margin() {
        let small = Preprocessing { resize: Resize::Keep, side: 4, ..Preprocessing::siglip(4) };
        let pixels = small.pixels(&Picture::from_rgb(1, 2, vec![255; 6]).unwrap());
        let rows: Vec<&[f32]> = pixels[..16].chunks_exact(4).collect();
        assert_eq!(rows[0], [-1.0; 4]);
        assert_eq!(rows[1], [-1.0, -1.0, 1.0, -1.0]);
        assert_eq!(rows[2], rows[1]);
        assert_eq!(rows[3], [-1.0; 4]);
    }
}

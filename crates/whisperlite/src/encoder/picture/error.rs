//! What can be wrong with a picture.

/// A picture that cannot be used. `origin` is the file or address that it came from.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    /// The file cannot be read.
    #[error("{origin}: the picture cannot be read")]
    Io {
        /// Where it is.
        origin: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is larger than any picture we decode.
    #[error("{origin}: the picture's file has {n_bytes} bytes, at most {max_bytes} are read; store it smaller")]
    TooManyBytes {
        /// Where it is.
        origin: String,
        /// Its size.
        n_bytes: u64,
        /// The bound.
        max_bytes: u64,
    },
    /// No format that we know.
    #[error("{origin}: neither JPEG, PNG, WebP nor GIF; convert the picture to one of them")]
    UnknownFormat {
        /// Where it is.
        origin: String,
    },
    /// Width times height is beyond the bound, or zero.
    #[error(
        "{origin}: the picture says that it has {width} × {height} pixels; between 1 and {max_pixels} are decoded: \
         store it smaller"
    )]
    Dimensions {
        /// Where it is.
        origin: String,
        /// Pixels from left to right.
        width: u32,
        /// Pixels from top to bottom.
        height: u32,
        /// The bound.
        max_pixels: u64,
    },
    /// So many passes over a JPEG that only ill will explains them.
    #[error("{origin}: the JPEG has {n_scans} scans, at most {max_scans} are decoded; store it anew")]
    TooManyScans {
        /// Where it is.
        origin: String,
        /// Its scans.
        n_scans: usize,
        /// The bound.
        max_scans: usize,
    },
    /// The contents are damaged, or of a kind that the decoder does not know.
    #[error("{origin}: the picture is damaged or of an unknown kind; open and store it anew")]
    Damaged {
        /// Where it is.
        origin: String,
        /// What the decoder said.
        source: image::ImageError,
    },
}

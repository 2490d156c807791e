//! What can go wrong, with where and what to do.

use std::io;
use std::path::PathBuf;

/// A boutique cannot be what was asked for.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// Too few or too many items.
    #[error("a boutique has from 200 to 10,000,000 items, not {n_items}")]
    Items {
        /// What was asked for.
        n_items: u64,
    },
    /// Too few or too many shoppers.
    #[error("a boutique has from 10 to 10,000,000 shoppers, not {n_shoppers}")]
    Shoppers {
        /// What was asked for.
        n_shoppers: u64,
    },
    /// More sessions than can be counted out.
    #[error("a boutique has at most 1,000,000,000 sessions, not {n_sessions}")]
    Sessions {
        /// What was asked for.
        n_sessions: u64,
    },
}

/// A picture cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum DrawError {
    /// No such size.
    #[error("a picture is from 16 to 2048 pixels wide, not {size}")]
    Size {
        /// What was asked for.
        size: u32,
    },
    /// The text is no SVG.
    #[error("the drawing cannot be read as SVG: {0}")]
    Svg(#[from] resvg::usvg::Error),
    /// The picture cannot be packed.
    #[error("the picture cannot be written as PNG: {0}")]
    Png(#[from] png::EncodingError),
}

/// A boutique cannot be written to a folder, or read from one.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// Something else is there.
    #[error("{} exists and is not empty: choose another folder, or remove it first", .path.display())]
    NotEmpty {
        /// The folder.
        path: PathBuf,
    },
    /// The operating system refused.
    #[error("{}: {source}", .path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file that says what was made cannot be understood.
    #[error("{}: {source}; was it written by another version? Draw the boutique again", .path.display())]
    Description {
        /// The file.
        path: PathBuf,
        /// Where and why.
        source: serde_json::Error,
    },
    /// The description is of a format that this version does not know.
    #[error("{} has format version {found}, this program knows {known}: draw the boutique again", .path.display())]
    Version {
        /// The file.
        path: PathBuf,
        /// What it says.
        found: u64,
        /// What is known here.
        known: u32,
    },
    /// What is described cannot be made.
    #[error("{}: {source}", .path.display())]
    Config {
        /// The file.
        path: PathBuf,
        /// Why.
        source: ConfigError,
    },
    /// A picture failed.
    #[error("picture of item {item}: {source}")]
    Draw {
        /// The item's id.
        item: String,
        /// Why.
        source: DrawError,
    },
}

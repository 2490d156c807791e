//! The bytes of a file: opened, recognised by their first bytes, decompressed, and counted for the progress bar.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek};
use std::path::Path;

use crate::catalog::error::ImportError;
use crate::progress::Progress;

const BUFFER_BYTES: usize = 128 * 1024;

/// An opened file.
pub(super) enum Source<'p> {
    /// Lines of text, decompressed on the way.
    Text { reader: Box<dyn BufRead + 'p>, compressed: bool },
    /// A Parquet file, which is read from its end.
    Parquet(File),
}

/// Opens a file and looks at its first bytes.
pub(super) fn open<'p>(path: &Path, progress: &'p dyn Progress) -> Result<Source<'p>, ImportError> {
    let cannot_open = |source| ImportError::Open { path: path.to_owned(), source };
    // Before it is opened: opening a pipe waits for whoever writes into it.
    let metadata = std::fs::metadata(path).map_err(cannot_open)?;
    if !metadata.is_file() && !metadata.is_dir() {
        return Err(ImportError::NotAFile { path: path.to_owned() });
    }
    let mut file = File::open(path).map_err(cannot_open)?;
    let mut magic = Vec::new();
    Read::by_ref(&mut file).take(6).read_to_end(&mut magic).map_err(cannot_open)?;
    file.rewind().map_err(cannot_open)?;
    if magic.is_empty() {
        return Err(ImportError::Empty { path: path.to_owned() });
    }
    if magic.starts_with(b"PAR1") {
        return Ok(Source::Parquet(file));
    }
    if let Some(container) = container(&magic) {
        return Err(ImportError::Container { path: path.to_owned(), container });
    }
    let counted = BufReader::with_capacity(BUFFER_BYTES, Counted { file, progress });
    Ok(match magic.as_slice() {
        [0x1f, 0x8b, ..] => text(flate2::bufread::MultiGzDecoder::new(counted)),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => text(zstd::Decoder::with_buffer(counted).map_err(cannot_open)?),
        _ => Source::Text { reader: Box::new(counted), compressed: false },
    })
}

fn text<'p>(decoder: impl Read + 'p) -> Source<'p> {
    Source::Text { reader: Box::new(BufReader::with_capacity(BUFFER_BYTES, decoder)), compressed: true }
}

fn container(magic: &[u8]) -> Option<&'static str> {
    match magic {
        [b'P', b'K', 3, 4, ..] => Some("a ZIP archive; unpack it and give the files inside"),
        [0xfd, b'7', b'z', b'X', b'Z', 0] => Some("an xz file; unpack it first (unxz)"),
        [b'B', b'Z', b'h', ..] => Some("a bzip2 file; unpack it first (bunzip2)"),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => {
            Some("UTF-16 text; save it as UTF-8 (for instance: iconv -f UTF-16 -t UTF-8)")
        }
        _ => None,
    }
}

/// Reports every byte that is read from the disk.
struct Counted<'p> {
    file: File,
    progress: &'p dyn Progress,
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let n = self.file.read(buffer)?;
        self.progress.advance(n as u64);
        Ok(n)
    }
}

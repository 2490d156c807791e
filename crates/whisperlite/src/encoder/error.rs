//! What can go wrong between a model folder and a vector.

use std::path::PathBuf;

/// Everything that loading, running, fetching or caching an encoder can fail with.
#[derive(Debug, thiserror::Error)]
pub enum EncoderError {
    /// A file or folder could not be read or written.
    #[error("{}: cannot be read or written", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file that every encoder folder must have is not there.
    #[error("{}: the file is missing; {hint}", path.display())]
    MissingFile {
        /// Where it was looked for.
        path: PathBuf,
        /// What to do.
        hint: &'static str,
    },
    /// A file is not the JSON that it should be.
    #[error("{}: not the JSON that it should be", path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// Line, column and reason.
        source: serde_json::Error,
    },
    /// The folder asks for something that this library does not do.
    #[error("{}: `{field}` is {found}; supported: {supported}", path.display())]
    Unsupported {
        /// The file that asks for it.
        path: PathBuf,
        /// The key in that file.
        field: &'static str,
        /// Its value.
        found: String,
        /// What would work.
        supported: &'static str,
    },
    /// A configured number makes no sense.
    #[error("{}: `{field}` is {found}, which must be {expected}", path.display())]
    BadValue {
        /// The file.
        path: PathBuf,
        /// The key in that file.
        field: &'static str,
        /// Its value.
        found: String,
        /// What it must be.
        expected: &'static str,
    },
    /// `tokenizer.json` is not usable.
    #[error("{}: not a tokenizer that can be used", path.display())]
    Tokenizer {
        /// The tokenizer's file.
        path: PathBuf,
        /// What the tokenizer said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The tokenizer can produce a token for which the model has no vector.
    #[error("{}: token id {token_id} is outside the model's vocabulary of {vocab_size}", path.display())]
    TokenOutsideVocabulary {
        /// The tokenizer's file.
        path: PathBuf,
        /// The offending id.
        token_id: u32,
        /// Rows of the embedding table.
        vocab_size: usize,
    },
    /// A safetensors file is truncated or not one at all.
    #[error("{}: not a complete safetensors file", path.display())]
    Safetensors {
        /// The file.
        path: PathBuf,
        /// What the reader said.
        source: safetensors::SafeTensorError,
    },
    /// The architecture needs a tensor that the file does not have.
    #[error("{}: tensor `{tensor}` is missing", path.display())]
    MissingTensor {
        /// The weights' file.
        path: PathBuf,
        /// The tensor's name in the file.
        tensor: String,
    },
    /// The file has a tensor that the architecture does not know.
    #[error("{}: tensor `{tensor}` does not belong to this architecture", path.display())]
    SurplusTensor {
        /// The weights' file.
        path: PathBuf,
        /// The tensor's name in the file.
        tensor: String,
    },
    /// A tensor has another shape than the configuration says.
    #[error("{}: tensor `{tensor}` has shape {found:?}, the configuration says {expected:?}", path.display())]
    TensorShape {
        /// The weights' file.
        path: PathBuf,
        /// The tensor's name in the file.
        tensor: String,
        /// Shape in the file.
        found: Vec<usize>,
        /// Shape by the configuration.
        expected: Vec<usize>,
    },
    /// A tensor's numbers are of a type that weights do not have.
    #[error("{}: tensor `{tensor}` is stored as {found}; supported: F32, F16, BF16", path.display())]
    TensorDtype {
        /// The weights' file.
        path: PathBuf,
        /// The tensor's name in the file.
        tensor: String,
        /// Type in the file.
        found: String,
    },
    /// A weight is NaN or infinite.
    #[error("{}: tensor `{tensor}` holds {value} at position {position}; the file is damaged", path.display())]
    NonFiniteWeight {
        /// The weights' file.
        path: PathBuf,
        /// The tensor's name in the file.
        tensor: String,
        /// Flat index of the first such value.
        position: usize,
        /// The value.
        value: f32,
    },
    /// A weight to be written is no number, or too large for the precision that it is stored in.
    #[error(
        "{}: not written, because tensor `{tensor}` holds {value}: training went astray; lower `learning_rate`, or store 32 bits",
        path.display()
    )]
    UnwritableWeight {
        /// The file that was to be written.
        path: PathBuf,
        /// The tensor's name.
        tensor: String,
        /// The value, as it was trained.
        value: f32,
    },
    /// A composition that was learned for other vectors.
    #[error(
        "{}: learned for other weights than this encoder's; remove it, or learn it again with `whisperlite encoder compose`",
        path.display()
    )]
    ComposerOfAnother {
        /// The composition's file.
        path: PathBuf,
    },
    /// The model's arithmetic overflowed on a text.
    #[error("encoder `{encoder}` gave a non-finite vector for the text {text:?}; its weights are not usable")]
    NonFiniteEmbedding {
        /// The encoder's name.
        encoder: String,
        /// The first words of the text.
        text: String,
    },
    /// The model's arithmetic overflowed on a picture.
    #[error("encoder `{encoder}` gave a non-finite vector for picture {picture_idx}; its weights are not usable")]
    NonFinitePicture {
        /// The encoder's name.
        encoder: String,
        /// Position among the pictures asked for, from 0.
        picture_idx: usize,
    },
    /// A picture was given to an encoder of texts.
    #[error(
        "encoder `{encoder}` understands texts only; use a CLIP or SigLIP for pictures (`whisperlite encoder info NAME` \
         says what an encoder sees)"
    )]
    NoPictures {
        /// The encoder's name.
        encoder: String,
    },
    /// A picture cannot be used.
    #[error(transparent)]
    Picture(#[from] super::picture::PictureError),
    /// The compute device failed.
    #[error("encoder `{encoder}`: the device could not return a result: {reason}")]
    Device {
        /// The encoder's name.
        encoder: String,
        /// What the device said.
        reason: String,
    },
    /// No local encoder has this name.
    #[error("no encoder `{name}`: neither a folder nor under {}; `whisperlite encoder pull {name}` fetches one, `whisperlite encoder list` shows what is there", models.display())]
    UnknownEncoder {
        /// The name asked for.
        name: String,
        /// The folder of local encoders.
        models: PathBuf,
    },
    /// Several local encoders have this short name.
    #[error("`{name}` could be any of {}; give the full name", candidates.join(", "))]
    AmbiguousEncoder {
        /// The name asked for.
        name: String,
        /// The full names.
        candidates: Vec<String>,
    },
    /// The encoder of a store is nowhere.
    #[error(
        "the store was embedded with the encoder `{name}` of {}, which is gone, and `whisperlite encoder list` shows none of \
         that name; put it back, or fetch it with `whisperlite encoder pull ORG/{name}`, or ask without words", path.display()
    )]
    EncoderGone {
        /// Its short name.
        name: String,
        /// Where it was when the store was embedded.
        path: PathBuf,
    },
    /// Neither `XDG_CACHE_HOME` nor `HOME` is set.
    #[error(
        "the folder of local encoders is unknown: set XDG_CACHE_HOME or HOME, or give the encoder's folder by its path"
    )]
    NoCacheFolder,
    /// A file of ours was written by another version of this software.
    #[error("{}: format version {found}, this version reads {supported}; run `whisperlite embed` again with this version", path.display())]
    FormatVersion {
        /// The file.
        path: PathBuf,
        /// Version in the file.
        found: u32,
        /// Version that can be read.
        supported: u32,
    },
    /// A store was never embedded.
    #[error("{}: no encoder is remembered here; run `whisperlite embed {} --encoder NAME` first", dir.display(), dir.display())]
    NotEmbedded {
        /// The store's folder.
        dir: PathBuf,
    },
    /// Vectors of one encoder would be mixed with those of another.
    #[error("{} belongs to encoder {expected}, not to {found}; run `whisperlite embed` again", path.display())]
    OtherEncoder {
        /// The file or folder that says which encoder it is of.
        path: PathBuf,
        /// Fingerprint written there.
        expected: String,
        /// Fingerprint of the encoder at hand.
        found: String,
    },
    /// A file of cached embeddings is damaged.
    #[error("{}: damaged; delete this file and run `whisperlite embed` again", path.display())]
    CorruptSegment {
        /// The damaged file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        problem: SegmentProblem,
    },
    /// Another process is writing the same files.
    #[error("{}: another process is writing here; wait for it to end", path.display())]
    Busy {
        /// The lock that it holds.
        path: PathBuf,
    },
    /// A text or a picture has no cached embedding.
    #[error("{}: no embedding of {what:?}; run `whisperlite embed` again", path.display())]
    NotCached {
        /// The folder of cached embeddings.
        path: PathBuf,
        /// The first words of the text, or where the picture is.
        what: String,
    },
    /// Fetching from the model hub failed.
    #[error(transparent)]
    Hub(#[from] super::hub::HubError),
}

/// What is wrong with a file of cached embeddings.
#[derive(Debug, thiserror::Error)]
pub enum SegmentProblem {
    /// The container itself cannot be read.
    #[error("not a complete safetensors file")]
    Container(#[from] safetensors::SafeTensorError),
    /// A piece of the description is missing or says something else.
    #[error("`{key}` is {found}, expected {expected}")]
    Metadata {
        /// The key.
        key: &'static str,
        /// What it says.
        found: String,
        /// What it should say.
        expected: String,
    },
    /// The keys and the vectors do not fit each other.
    #[error("tensor `{tensor}` has type {dtype} and shape {shape:?}")]
    Layout {
        /// The tensor.
        tensor: &'static str,
        /// Its element type.
        dtype: String,
        /// Its shape.
        shape: Vec<usize>,
    },
    /// The contents are not those that were written.
    #[error("the checksum does not match the contents")]
    Checksum,
}

/// An error with its causes, in one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// The beginning of a text, for error messages: enough to find it, short enough for a terminal.
pub(crate) fn excerpt(text: &str) -> String {
    const MAX_CHARS: usize = 60;
    match text.char_indices().nth(MAX_CHARS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

//! `whisperlite import`: from raw files to a store.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};
use whisperlite::catalog::import::{
    ColumnMap, FileSummary, Format, ImportOptions, OnError, TimeChoice, TimeSpan, UnknownFormat,
};
use whisperlite::catalog::{RequestSource, TimeKind};
use whisperlite::store::{Store, StoreImport, WriteMode};

use crate::ui::Ui;

/// Read raw files into a store: items, users, events, requests
///
/// An import is one transaction: an error, or a kill at any moment, leaves the store as it was. Importing the same file
/// again adds nothing; items are replaced by their id. Files may be plain, gzip or zstd, which is seen by their first
/// bytes; what each file holds is seen by its columns.
#[derive(Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct ImportArgs {
    /// Folder of the store; made if it does not exist
    dir: PathBuf,
    /// Files, or a folder that holds the format's files under their usual names
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Layout of the files
    #[arg(long, value_name = "FORMAT", value_parser = format_parser())]
    from: Format,
    /// Name of the data set in reports [default: name of the folder]
    #[arg(long)]
    name: Option<String>,
    /// Where requests come from [default: the store's source, else a request column where there is one, else none]
    #[arg(long, value_enum, value_name = "SOURCE")]
    requests: Option<Requests>,
    /// Seed of the rule that derives requests from attributes
    #[arg(long, value_name = "N", default_value_t = 0)]
    request_seed: u64,
    /// Leave out events whose rating or amount is below this
    #[arg(long, value_name = "X", allow_negative_numbers = true, value_parser = finite)]
    min_value: Option<f64>,
    /// Another name of a column, for --from tables: item_id=asin, or for one kind of file items.text=desc
    #[arg(long, value_name = "OURS=THEIRS")]
    map: Vec<Mapping>,
    /// What bare numbers in the time column are [default: an order if all are below 10,000,000, else Unix seconds]
    ///
    /// Where they are no order, eight digits that are a date, such as 20200131, are that date.
    #[arg(long, value_enum, value_name = "KIND")]
    time: Option<Time>,
    /// What to do with a row that cannot be used
    #[arg(long, value_enum, value_name = "ACTION", default_value = "fail")]
    on_error: OnErrorArg,
    /// Folder of the items' pictures [default: `images` beside the file of the items, if it is there]
    ///
    /// A picture is found by the item's `image` column, or by its name: ITEM_ID.jpg (or jpeg, png, webp, gif), here or in a
    /// folder within. Pictures stay where they are; `whisperlite embed` reads them.
    #[arg(long, value_name = "FOLDER")]
    images: Option<PathBuf>,
    /// Longest line that is read
    #[arg(long, value_name = "BYTES", default_value_t = ImportOptions::DEFAULT_MAX_LINE_BYTES)]
    max_line_bytes: usize,
    /// Start the store anew instead of adding to it
    #[arg(long)]
    replace: bool,
}

const EXAMPLES: &str = "\
Examples:
  whisperlite import shop --from tables items.tsv events.tsv
  whisperlite import shop --from tables --map item_id=asin --map items.text=desc products.jsonl.gz
  whisperlite import hm --from hm --requests attributes ./hm-store
  whisperlite import films --from movielens --min-value 4 ./ml-latest-small
  whisperlite import fashion --from amazon-2018 --requests review-title AMAZON_FASHION_5.json.gz";

#[derive(Clone, Copy, ValueEnum)]
enum Requests {
    /// The people's own words, from a column
    Column,
    /// The title of the review written with the event
    ReviewTitle,
    /// The text of the review written with the event
    ReviewText,
    /// The words of the item's categories
    Categories,
    /// Some of the item's attributes, chosen by a seeded rule
    Attributes,
    /// No requests
    None,
}

#[derive(Clone, Copy, ValueEnum)]
enum Time {
    /// Seconds since 1970-01-01 UTC
    Unix,
    /// 0, 1, 2 … within each user
    Order,
}

#[derive(Clone, Copy, ValueEnum)]
enum OnErrorArg {
    /// Stop, and leave the store as it was
    Fail,
    /// Leave the row out, and count it by its reason
    Skip,
}

/// A mapping that was checked when the arguments were read.
#[derive(Clone)]
struct Mapping(String);

impl std::str::FromStr for Mapping {
    type Err = whisperlite::catalog::import::ColumnMapError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        ColumnMap::default().add(text).map(|()| Self(text.to_owned()))
    }
}

fn format_parser() -> impl TypedValueParser<Value = Format> {
    PossibleValuesParser::new(Format::ALL.map(Format::name))
        .try_map(|name| name.parse::<Format>() as Result<_, UnknownFormat>)
}

fn finite(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() => Ok(number),
        _ => Err("not a finite number".to_owned()),
    }
}

/// Runs the command.
pub(crate) fn run(args: ImportArgs, ui: &Ui) -> anyhow::Result<()> {
    let mode = if args.replace { WriteMode::Replace } else { WriteMode::Update };
    let (dir, name) = (args.dir.clone(), args.name.clone());
    let options = options(args)?;
    let import = Store::import(&dir, name.as_deref(), mode, &options, ui)
        .with_context(|| format!("nothing was imported into {}", dir.display()))?;
    ui.result(&import, &text(&dir, &import)?)
}

fn options(args: ImportArgs) -> anyhow::Result<ImportOptions> {
    let mut map = ColumnMap::default();
    for mapping in &args.map {
        map.add(&mapping.0)?;
    }
    let seed = args.request_seed;
    Ok(ImportOptions {
        requests: args.requests.map(|requests| match requests {
            Requests::Column => RequestSource::Column,
            Requests::ReviewTitle => RequestSource::ReviewTitle,
            Requests::ReviewText => RequestSource::ReviewText,
            Requests::Categories => RequestSource::Categories,
            Requests::Attributes => RequestSource::Attributes { seed },
            Requests::None => RequestSource::None,
        }),
        on_error: match args.on_error {
            OnErrorArg::Fail => OnError::Fail,
            OnErrorArg::Skip => OnError::Skip,
        },
        time: match args.time {
            None => TimeChoice::Detect,
            Some(Time::Unix) => TimeChoice::As(TimeKind::Unix),
            Some(Time::Order) => TimeChoice::As(TimeKind::Order),
        },
        map,
        min_value: args.min_value,
        images: args.images,
        max_line_bytes: args.max_line_bytes,
        ..ImportOptions::new(args.from, args.files)
    })
}

fn text(dir: &Path, import: &StoreImport) -> Result<String, std::fmt::Error> {
    let (summary, mut text) = (&import.summary, String::new());
    for file in &summary.files {
        writeln!(text, "{}", file_text(file))?;
    }
    for note in &summary.notes {
        writeln!(text, "note: {note}")?;
    }
    writeln!(text, "\n{} (data set {:?})", dir.display(), import.info.dataset)?;
    writeln!(text, "  items     {}", grouped(summary.items))?;
    if summary.items_with_picture > 0 {
        writeln!(text, "  pictures  of {} items", grouped(summary.items_with_picture))?;
    }
    writeln!(text, "  users     {}", grouped(summary.users))?;
    writeln!(text, "  events    {}{}", grouped(summary.events), summary.time.map(span).unwrap_or_default())?;
    let (with_request, distinct) = (grouped(summary.events_with_request), grouped(summary.requests));
    let source = source(&import.info.request_source);
    writeln!(text, "  requests  {distinct} distinct, on {with_request} events, from {source}")?;
    writeln!(text, "  data      sha256 {}", import.info.data_hash)?;
    Ok(text)
}

fn file_text(file: &FileSummary) -> String {
    let (read, kept) = (grouped(file.rows_read), grouped(file.rows_kept));
    let mut text = match file.kind {
        "ignored" => format!("{}: ignored", file.path.display()),
        kind => format!("{}: {kind}, {read} rows read, {kept} kept", file.path.display()),
    };
    for (reason, n) in &file.dropped {
        text.push_str(&format!("\n  {} dropped: {reason}", grouped(*n)));
    }
    for note in &file.notes {
        text.push_str(&format!("\n  note: {note}"));
    }
    text
}

fn span(time: TimeSpan) -> String {
    match time.kind {
        TimeKind::Order => ", in each user's order (no dates)".to_owned(),
        TimeKind::Unix => format!(", {} to {}", date(time.first), date(time.last)),
    }
}

fn date(unix_secs: i64) -> String {
    jiff::Timestamp::from_second(unix_secs)
        .map_or_else(|_| unix_secs.to_string(), |t| t.strftime("%Y-%m-%d").to_string())
}

fn source(source: &RequestSource) -> String {
    match source {
        RequestSource::Column => "a column".to_owned(),
        RequestSource::ReviewTitle => "review titles".to_owned(),
        RequestSource::ReviewText => "review texts".to_owned(),
        RequestSource::Categories => "categories".to_owned(),
        RequestSource::Attributes { seed } => format!("attributes (seed {seed})"),
        RequestSource::None => "nowhere".to_owned(),
    }
}

/// A number with commas between thousands.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

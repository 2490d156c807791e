//! `whisperlite recommend`: a request and a person in, items out.

use std::fmt::Write;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use whisperlite::catalog::facets::Facet;
use whisperlite::catalog::filter::Filter;
use whisperlite::encoder::Picture;
use whisperlite::recommender::{Answer, Explanation, Note, Order, Question, Reasons, SeenItems, Share};

use crate::opened::Opened;
use crate::store::StoreArgs;
use crate::ui::Ui;

/// Answer a request, for a person, with items
#[derive(Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct RecommendArgs {
    /// Folder of the store
    dir: PathBuf,
    #[command(flatten)]
    store: StoreArgs,
    /// What is asked for, in words
    #[arg(long, value_name = "TEXT", default_value = "")]
    request: String,
    /// An item that what is asked for is like; the words then say what is to be different. May be given several times
    #[arg(long, value_name = "ITEM")]
    like: Vec<String>,
    /// A picture that what is asked for is like
    #[arg(long, value_name = "FILE")]
    image: Option<PathBuf>,
    /// Who asks; somebody unknown has no history
    #[arg(long, value_name = "ID")]
    user: Option<String>,
    /// Only items that match, such as: category = "Dresses" AND price < 50
    #[arg(long, value_name = "FILTER", value_parser = Filter::parse)]
    filter: Option<Filter>,
    /// Number of items
    #[arg(short = 'k', value_name = "N", default_value_t = 10)]
    k: usize,
    /// Say how much the words, the taste and the popularity gave, and which past items spoke
    #[arg(long)]
    explain: bool,
    /// In which order: anything but relevance is one of the 200 most relevant, or of all where nothing is asked for
    #[arg(long, value_name = "ORDER", value_enum, default_value_t)]
    sort: Sort,
    /// How much it counts that items are unlike each other, from 0 to 1
    #[arg(long, value_name = "0-1", default_value = "0", conflicts_with = "sort")]
    diversity: Share,
    /// How much of what the person adds to the words is taken, from 0 (the words alone) to 1
    #[arg(long, value_name = "0-1", default_value = "1")]
    personalization: Share,
    /// Also count the values of a field (category, price, an attribute) over all items that match. May be given several times
    #[arg(long = "facet", value_name = "FIELD")]
    facets: Vec<String>,
    /// Also answer with items that the person had before
    #[arg(long)]
    include_seen: bool,
}

/// See [`Order`].
#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum Sort {
    #[default]
    Relevance,
    PriceAsc,
    PriceDesc,
    /// By the first of the attributes released_at, created_at and published_at
    Newest,
}

const EXAMPLES: &str = "\
Examples:
  whisperlite recommend films --request \"nonlinear surrealism\"
  whisperlite recommend films --request \"space opera\" --user 23172 --explain
  whisperlite recommend shop --user c0132 --filter 'category = \"Dresses\" AND price < 50' -k 5
  whisperlite recommend shop --like 0663713 --request \"but in red and longer\"
  whisperlite recommend shop --image photo.jpg --user c0132";

/// Runs the command.
pub(crate) fn run(args: RecommendArgs, ui: &Ui) -> anyhow::Result<()> {
    let opened = Opened::open(&args.store.of(&args.dir)?)?;
    if let Some(filter) = &args.filter {
        filter.check_fields(&opened.catalog.known_fields())?;
    }
    let engine = opened.engine()?;
    let question = Question {
        request: args.request,
        like: args.like,
        picture: args.image.as_deref().map(Picture::read).transpose()?,
        user_id: args.user,
        filter: args.filter,
        limit: args.k,
        order: match args.sort {
            Sort::Relevance if args.diversity == Share::NOTHING => Order::Relevance,
            Sort::Relevance => Order::Diverse(args.diversity),
            Sort::PriceAsc => Order::PriceAscending,
            Sort::PriceDesc => Order::PriceDescending,
            Sort::Newest => Order::Newest,
        },
        personalization: args.personalization,
        facets: args.facets,
        seen: if args.include_seen { SeenItems::Allowed } else { SeenItems::LeftOut },
        reasons: if args.explain { Reasons::With } else { Reasons::Without },
        ..Question::default()
    };
    let answer = engine.recommend(&question)?;
    ui.result(&answer, &text(&answer)?)
}

fn text(answer: &Answer) -> Result<String, std::fmt::Error> {
    let mut out = String::new();
    for note in &answer.notes {
        match note {
            Note::AllSeen => writeln!(out, "note: {note}; --include-seen shows it")?,
            _ => writeln!(out, "note: {note}")?,
        }
    }
    for (place, hit) in answer.hits.iter().enumerate() {
        writeln!(out, "{:>3}. {}  [{}]  {:.3}", place + 1, hit.title, hit.item_id, hit.score)?;
        if let Some(explanation) = &hit.explanation {
            explain(&mut out, explanation)?;
        }
    }
    for (field, facet) in &answer.facets {
        count(&mut out, field, facet)?;
    }
    Ok(out)
}

/// Values that a terminal shows of one field.
const MAX_VALUES_SHOWN: usize = 10;

fn count(out: &mut String, field: &str, facet: &Facet) -> std::fmt::Result {
    write!(out, "{field}: {} values", facet.n_values)?;
    if let Some(range) = facet.range {
        write!(out, " from {} to {}", range.min, range.max)?;
    }
    writeln!(out)?;
    facet.values.iter().take(MAX_VALUES_SHOWN).try_for_each(|value| writeln!(out, "{:>8} {}", value.count, value.value))
}

fn explain(out: &mut String, explanation: &Explanation) -> std::fmt::Result {
    let Explanation { popularity, words, taste, past_items } = explanation;
    writeln!(out, "       words {words:+.3}, taste {taste:+.3}, popularity {popularity:+.3}")?;
    for past in past_items {
        writeln!(out, "       {:+.3} from {} [{}]", past.share, past.title, past.item_id)?;
    }
    Ok(())
}

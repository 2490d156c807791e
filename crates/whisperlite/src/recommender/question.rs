//! What a shell asks.

use super::Share;
use crate::catalog::filter::Filter;
use crate::encoder::Picture;

/// A question as a shell hands it over.
#[derive(Debug, Clone)]
pub struct Question {
    /// What is asked for, in words; empty for a recommendation without words.
    pub request: String,
    /// Items that what is asked for is like; the words then say what is to be different. They are not in the answer.
    pub like: Vec<String>,
    /// A picture that what is asked for is like.
    pub picture: Option<Picture>,
    /// Who asks; `None` for nobody in particular.
    pub user_id: Option<String>,
    /// The visit in which somebody asks, who may not have said who they are. What was done in it counts like what the
    /// user did.
    pub session_id: Option<String>,
    /// Items that the person chose just now, newest first, on top of what the store knows.
    pub history: Vec<String>,
    /// Only items that match.
    pub filter: Option<Filter>,
    /// How many of the best items to leave out: those of the pages before.
    pub offset: usize,
    /// How many items to answer with, at most.
    pub limit: usize,
    /// Whether items that the person touched before may come again.
    pub seen: SeenItems,
    /// In which order.
    pub order: Order,
    /// How much of what the person adds to the words is taken: nothing is the answer to the words alone, all is the model's
    /// full reading.
    pub personalization: Share,
    /// Fields whose values are counted over all items that match: `category`, `price`, or an attribute.
    pub facets: Vec<String>,
    /// Whether each hit comes with its reasons.
    pub reasons: Reasons,
}

impl Default for Question {
    /// Nobody asks for nothing, and gets no items.
    fn default() -> Self {
        Self {
            request: String::new(),
            like: Vec::new(),
            picture: None,
            user_id: None,
            session_id: None,
            history: Vec::new(),
            filter: None,
            offset: 0,
            limit: 0,
            seen: SeenItems::default(),
            order: Order::default(),
            personalization: Share::ALL,
            facets: Vec::new(),
            reasons: Reasons::default(),
        }
    }
}

/// In which order items are answered with. Every order is one of relevant items that match: where something is asked for, of
/// the best [`N_RELEVANT`] of them, and otherwise of all; what is equal in it stays in the order of relevance.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub enum Order {
    /// The most relevant first.
    #[default]
    Relevance,
    /// Relevant, and unlike those before: maximal marginal relevance, of which the share is how much being unlike counts.
    /// Of the best [`N_RELEVANT`]; what is less relevant follows as it is.
    Diverse(Share),
    /// The cheapest first; items without a price last.
    PriceAscending,
    /// The dearest first; items without a price last.
    PriceDescending,
    /// The last to come into the shop first, by [`Item::released_at`](crate::catalog::Item::released_at); items that do not say
    /// when last.
    Newest,
}

/// So many of the items that match are relevant enough to be put into another order.
pub const N_RELEVANT: usize = 200;

/// What happens to items that the person touched before.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SeenItems {
    /// They are left out: the answer is something new.
    #[default]
    LeftOut,
    /// They may come again, as in a shop for food.
    Allowed,
}

/// Whether reasons are worked out, which costs some more scoring.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Reasons {
    /// Scores only.
    #[default]
    Without,
    /// With an [`Explanation`](super::Explanation) for every hit.
    With,
}

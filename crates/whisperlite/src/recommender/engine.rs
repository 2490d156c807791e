//! A recommender that owns all it is made of: opened once, asked from any thread, for as long as a program lives.
//!
//! Of what it is made of, each part looks at the one before: the world at the catalog, the memory at the world, the scorer
//! at the memory. Training and evaluation make such towers on the stack and take them down again. Here each part lies in one
//! cell with what it looks at.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use self_cell::self_cell;
use serde::{Deserialize, Serialize};

use super::{Answer, Changes, Question, RecommendError, Recommender, Stock};
use crate::catalog::split::Visible;
use crate::catalog::{Catalog, Item};
use crate::encoder::{Encoder, EncoderError, Picture, PictureError, is_address};
use crate::model::{
    CodedItems, MAX_WHOLE, Memory, MemoryTables, Model, ModelError, NewItem, Retriever, Scorer, Towers, Vectors, World,
    WorldTables,
};
use crate::signals::{Activity, Histories, HistoryEntry, RecentDeeds};

/// Why items cannot be taken in.
#[derive(Debug, thiserror::Error)]
pub enum PutError {
    /// Words or a picture cannot be embedded.
    #[error(transparent)]
    Encoder(#[from] EncoderError),
    /// The encoder's vectors are not of the kind that the model was trained on.
    #[error(transparent)]
    Model(#[from] ModelError),
}

/// What an engine is made of; all of one store.
pub struct EngineParts {
    /// Items, users, requests and events.
    pub catalog: Catalog,
    /// Of the catalog's items and requests.
    pub vectors: Vectors,
    /// Trained on the store.
    pub model: Model,
    /// The one that made the vectors.
    pub encoder: Box<dyn Encoder>,
}

self_cell!(
    struct WorldCell {
        owner: EngineParts,
        #[covariant]
        dependent: World,
    }
);

self_cell!(
    struct MemoryCell {
        owner: WorldCell,
        #[covariant]
        dependent: Memory,
    }
);

self_cell!(
    struct ScorerCell {
        owner: MemoryCell,
        #[covariant]
        dependent: Scorer,
    }
);

self_cell!(
    struct RetrieverCell {
        owner: ScorerCell,
        #[covariant]
        dependent: Retrievers,
    }
);

/// What finds candidates, where not all items are scored.
struct Retrievers<'a>(Option<Retriever<'a>>);

/// Everything that is made of an engine's parts once: by [`Engine::new`], or read from an image.
pub(super) struct Tables {
    pub(super) world: WorldTables,
    pub(super) memory: MemoryTables,
    pub(super) towers: Towers,
    pub(super) depth: Depth,
    /// Where not all items are scored.
    pub(super) coded: Option<CodedItems>,
    pub(super) histories: Histories,
    pub(super) activity: Activity,
    /// After the last event.
    pub(super) moment: i64,
}

/// How many items the whole model scores for an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Depth {
    /// All, however many there are.
    All,
    /// Some so many candidates.
    Candidates(usize),
}

impl Depth {
    /// Candidates of a larger one.
    const N_CANDIDATES: usize = 1000;

    /// What suits a catalogue.
    pub fn of(n_items: usize) -> Self {
        if n_items <= MAX_WHOLE { Self::All } else { Self::Candidates(Self::N_CANDIDATES) }
    }
}

/// A store's model, ready to answer, with everything that the store knows and with what it is told.
pub struct Engine {
    retriever: RetrieverCell,
    histories: Histories,
    activity: Activity,
    recent: RecentDeeds,
    /// Replaced as a whole, so that an answer reads one state from beginning to end.
    changes: RwLock<Arc<Changes>>,
    /// Held by whoever makes the next state.
    changing: Mutex<()>,
    moment: i64,
    depth: Depth,
}

impl Engine {
    /// Counts everything that the store knows.
    ///
    /// # Errors
    /// If the vectors are not those of the catalog, or not of the kind that the model was trained on.
    pub fn new(mut parts: EngineParts) -> Result<Self, ModelError> {
        parts.model.check(&parts.vectors)?;
        let tables = Tables::make(&parts)?;
        // All that answers need of the single events is counted, and all that they need of words and pictures apart is in the towers.
        parts.catalog.events = Vec::new();
        parts.vectors = parts.vectors.without_views();
        Self::of(parts, tables)
    }

    /// The same with another depth.
    pub fn with_depth(self, depth: Depth) -> Self {
        Self { retriever: retriever(self.retriever.into_owner(), depth, None), depth, ..self }
    }

    /// Puts an engine together.
    ///
    /// # Errors
    /// If the vectors are not those of the catalog.
    pub(super) fn of(parts: EngineParts, tables: Tables) -> Result<Self, ModelError> {
        let Tables { world, memory, towers, depth, coded, histories, activity, moment } = tables;
        // Nobody who asks is to wait for them.
        parts.catalog.columns();
        let world = WorldCell::try_new(parts, |parts| World::of(&parts.catalog, &parts.vectors, world))?;
        let memory = MemoryCell::new(world, |world| Memory::of(world.borrow_dependent(), memory));
        let scorer = ScorerCell::new(memory, |memory| {
            Scorer::of(&memory.borrow_owner().borrow_owner().model, memory.borrow_dependent(), towers)
        });
        let retriever = retriever(scorer, depth, coded);
        let (recent, changes, changing) = Default::default();
        Ok(Self { retriever, depth, histories, activity, recent, changes, changing, moment })
    }

    /// The items, users and requests that it was made of. The events are counted, and not kept: see [`Self::activity`] and
    /// [`Self::histories`].
    pub fn catalog(&self) -> &Catalog {
        &self.parts().catalog
    }

    /// How much was done before it was made.
    pub fn activity(&self) -> &Activity {
        &self.activity
    }

    /// What is counted over everybody.
    pub fn memory(&self) -> &Memory<'_> {
        self.scorer().memory()
    }

    /// What everybody did before it was made.
    pub fn histories(&self) -> &Histories {
        &self.histories
    }

    /// Whether a question may come with a picture.
    pub fn sees_pictures(&self) -> bool {
        self.parts().encoder.sees_pictures()
    }

    /// The best items for a question.
    pub fn recommend(&self, question: &Question) -> Result<Answer, RecommendError> {
        let changes = self.changes();
        let recommender = self.recommender(&changes);
        match (&self.retriever.borrow_dependent().0, self.depth) {
            (Some(retriever), Depth::Candidates(n)) => recommender.with_retriever(retriever, n).recommend(question),
            _ => recommender.recommend(question),
        }
    }

    /// The same by scoring all items, however many there are: what an answer from candidates is measured by.
    pub fn recommend_from_all(&self, question: &Question) -> Result<Answer, RecommendError> {
        self.recommender(&self.changes()).recommend(question)
    }

    fn recommender<'s>(&'s self, changes: &'s Changes) -> Recommender<'s> {
        let recommender = Recommender::new(self.scorer(), &self.histories, &*self.parts().encoder, self.moment);
        recommender.with_recent(&self.recent).with_changes(changes)
    }

    pub(super) fn scorer(&self) -> &Scorer<'_> {
        self.retriever.borrow_owner().borrow_dependent()
    }

    /// An item that can be answered with.
    pub fn item(&self, item_id: &str) -> Option<Item> {
        let changes = self.changes();
        let stock = self.stock(&changes);
        stock.there(item_id).map(|column| stock.item(column).clone())
    }

    /// The number under which histories name an item that can be answered with.
    pub fn item_idx(&self, item_id: &str) -> Option<u32> {
        self.stock(&self.changes()).there(item_id)
    }

    /// How many items can be answered with.
    pub fn n_items(&self) -> usize {
        self.stock(&self.changes()).n_items()
    }

    /// The fields that a filter on the items may ask for.
    pub fn known_fields(&self) -> BTreeSet<String> {
        self.stock(&self.changes()).known_fields()
    }

    /// Takes in items that are new or that changed, in their order: from the next answer on they are there. The store is not told.
    /// Pictures lie in files; their paths hold from `dir`.
    ///
    /// Says which pictures could not be seen; their items are there, with their words.
    ///
    /// # Errors
    /// If words or a picture cannot be embedded. Then no item was taken in.
    pub fn put_items(&self, items: Vec<Item>, dir: &Path) -> Result<Vec<PictureError>, PutError> {
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut changes = Changes::clone(&self.changes());
        let catalog = self.catalog();
        let (mut same, mut other): (Vec<(u32, Item)>, Vec<Item>) = Default::default();
        // Of an item that is there twice, the last counts.
        let mut seen = BTreeSet::new();
        let last: Vec<Item> = items.into_iter().rev().filter(|item| seen.insert(item.item_id.clone())).collect();
        for item in last.into_iter().rev() {
            let stock = self.stock(&changes);
            let column = stock.column(&item.item_id).filter(|&column| says_the_same(stock.item(column), &item));
            match column {
                Some(column) => same.push((column, item)),
                None => other.push(item),
            }
        }
        same.into_iter().for_each(|(column, item)| changes.put_record(catalog, column, item));
        let documents: Vec<String> = other.iter().map(Item::document).collect();
        let Embedded { texts, pictures, unseen } = self.embed(&other, &documents, dir)?;
        let mut texts = texts.chunks_exact(self.parts().vectors.dim());
        let read: Vec<_> = documents
            .iter()
            .zip(&other)
            .zip(&pictures)
            .map(|((document, item), picture)| {
                let text = if document.is_empty() { None } else { texts.next() };
                let earlier = catalog.item_idx(&item.item_id);
                let new = NewItem { document, text, picture: picture.as_deref(), earlier };
                self.scorer().live_item(&new)
            })
            .collect::<Result<_, _>>()?;
        other.into_iter().zip(read).for_each(|(item, read)| changes.put_column(catalog, item, read));
        self.swap(changes);
        Ok(unseen)
    }

    /// Takes items out: from the next answer on they are gone. The store is not told.
    pub fn remove_items<'i>(&self, item_ids: impl IntoIterator<Item = &'i str>) {
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut changes = Changes::clone(&self.changes());
        item_ids.into_iter().for_each(|item_id| changes.remove(self.catalog(), item_id));
        self.swap(changes);
    }

    /// `documents` are those of the items.
    fn embed(&self, items: &[Item], documents: &[String], dir: &Path) -> Result<Embedded, EncoderError> {
        let encoder = &*self.parts().encoder;
        let documents: Vec<&str> = documents.iter().map(String::as_str).filter(|text| !text.is_empty()).collect();
        let texts = if documents.is_empty() { Vec::new() } else { encoder.embed_texts(&documents)? };
        let (mut pictures, mut unseen) = (Vec::new(), Vec::new());
        for item in items {
            let path = item.image.as_deref().filter(|image| !is_address(image)).map(|image| dir.join(image));
            let seen = path.filter(|_| self.parts().vectors.sees_pictures()).map(|path| Picture::read(&path));
            pictures.push(match seen {
                None => None,
                Some(Ok(picture)) => Some(encoder.embed_pictures(std::slice::from_ref(&picture))?),
                Some(Err(error)) => {
                    unseen.push(error);
                    None
                }
            });
        }
        Ok(Embedded { texts, pictures, unseen })
    }

    fn changes(&self) -> Arc<Changes> {
        Arc::clone(&self.changes.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn swap(&self, changes: Changes) {
        *self.changes.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(changes);
    }

    fn stock<'s>(&'s self, changes: &'s Changes) -> Stock<'s> {
        Stock { catalog: self.catalog(), changes }
    }

    /// Takes in what somebody did: from the next answer on it is part of their history. The store is not told.
    pub fn record(&self, user_id: &str, entry: HistoryEntry) {
        self.recent.record(user_id, entry);
    }

    pub(super) fn depth(&self) -> Depth {
        self.depth
    }

    /// The moment after the last event that is counted.
    pub(super) fn moment(&self) -> i64 {
        self.moment
    }

    pub(super) fn retriever(&self) -> Option<&Retriever<'_>> {
        self.retriever.borrow_dependent().0.as_ref()
    }

    pub(super) fn parts(&self) -> &EngineParts {
        self.retriever.borrow_owner().borrow_owner().borrow_owner().borrow_owner()
    }
}

impl Tables {
    fn make(parts: &EngineParts) -> Result<Self, ModelError> {
        let EngineParts { catalog, vectors, model, .. } = parts;
        let everything = Visible::everything(catalog);
        let world = World::new(catalog, vectors)?;
        let memory = Memory::new(&world, &everything);
        let scorer = Scorer::new(model, &memory);
        let depth = Depth::of(catalog.n_items());
        let coded = (depth != Depth::All).then(|| CodedItems::new(&scorer));
        let towers = scorer.into_towers();
        let memory = memory.into_tables();
        Ok(Self {
            world: world.into_tables(),
            memory,
            towers,
            depth,
            coded,
            histories: Histories::build(catalog, &everything.events),
            activity: Activity::count(catalog),
            moment: everything.now,
        })
    }
}

/// `coded` are the items as an earlier retriever had them.
fn retriever(scorer: ScorerCell, depth: Depth, coded: Option<CodedItems>) -> RetrieverCell {
    RetrieverCell::new(scorer, |scorer| {
        let scorer = scorer.borrow_dependent();
        let coded = || coded.unwrap_or_else(|| CodedItems::new(scorer));
        Retrievers((depth != Depth::All).then(|| Retriever::of(scorer, coded())))
    })
}

/// The vectors of some items.
struct Embedded {
    /// `[n, d]`: of the words of those that have any, in their order.
    texts: Vec<f32>,
    /// `[n]`: of their pictures, `[d]` each.
    pictures: Vec<Option<Vec<f32>>>,
    unseen: Vec<PictureError>,
}

/// Whether an item's words and picture are as before, and so all that the model reads of it.
fn says_the_same(before: &Item, now: &Item) -> bool {
    before.image == now.image && before.document() == now.document()
}

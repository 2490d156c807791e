//! A recommender that owns all it is made of: opened once, asked from any thread, for as long as a program lives.
//!
//! Of what it is made of, each part looks at the one before: the world at the catalog, the memory at the world, the scorer
//! at the memory. Training and evaluation make such towers on the stack and take them down again. Here each part lies in one
//! cell with what it looks at.

use self_cell::self_cell;

use super::{Answer, Question, RecommendError, Recommender};
use crate::catalog::Catalog;
use crate::catalog::split::Visible;
use crate::encoder::Encoder;
use crate::model::{Memory, Model, ModelError, Scorer, Vectors, World};
use crate::signals::{Histories, HistoryEntry, RecentDeeds};

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

/// A store's model, ready to answer, with everything that the store knows and with what it is told.
pub struct Engine {
    scorer: ScorerCell,
    histories: Histories,
    recent: RecentDeeds,
    moment: i64,
}

impl Engine {
    /// Counts everything that the store knows.
    ///
    /// # Errors
    /// If the vectors are not those of the catalog, or not of the kind that the model was trained on.
    pub fn new(parts: EngineParts) -> Result<Self, ModelError> {
        parts.model.check(&parts.vectors)?;
        let everything = Visible::everything(&parts.catalog);
        let histories = Histories::build(&parts.catalog, &everything.events);
        let world = WorldCell::try_new(parts, |parts| World::new(&parts.catalog, &parts.vectors))?;
        let memory = MemoryCell::new(world, |world| Memory::new(world.borrow_dependent(), &everything));
        let scorer = ScorerCell::new(memory, |memory| {
            Scorer::new(&memory.borrow_owner().borrow_owner().model, memory.borrow_dependent())
        });
        Ok(Self { scorer, histories, recent: RecentDeeds::default(), moment: everything.now })
    }

    /// The items, users, requests and events that it was made of.
    pub fn catalog(&self) -> &Catalog {
        &self.parts().catalog
    }

    /// What is counted over everybody.
    pub fn memory(&self) -> &Memory<'_> {
        self.scorer.borrow_owner().borrow_dependent()
    }

    /// What everybody did before it was made.
    pub fn histories(&self) -> &Histories {
        &self.histories
    }

    /// The best items for a question.
    pub fn recommend(&self, question: &Question) -> Result<Answer, RecommendError> {
        let scorer = self.scorer.borrow_dependent();
        let recommender = Recommender::new(scorer, &self.histories, &*self.parts().encoder, self.moment);
        recommender.with_recent(&self.recent).recommend(question)
    }

    /// Takes in what somebody did: from the next answer on it is part of their history. The store is not told.
    pub fn record(&self, user_id: &str, entry: HistoryEntry) {
        self.recent.record(user_id, entry);
    }

    fn parts(&self) -> &EngineParts {
        self.scorer.borrow_owner().borrow_owner().borrow_owner()
    }
}

//! The studies of a store as this server knows them: their logs are read on from where they were read last.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use tokio::sync::{Mutex, OwnedMutexGuard};
use whisperlite_study::log::{Place, Study};
use whisperlite_study::{Assignment, Task};

use super::book::{self, BookError, Followed, check_name};
use crate::problem::Problem;
use crate::shop::Shop;

/// A study that nobody else reads on meanwhile.
pub(crate) type KnownStudy = OwnedMutexGuard<Known>;

/// All studies that somebody asked for.
#[derive(Default)]
pub(crate) struct Studies {
    known: Mutex<BTreeMap<String, Arc<Mutex<Known>>>>,
    /// The names of studies by what stands for them in raters' links.
    links: Mutex<HashMap<String, String>>,
}

/// What is known of a study.
#[derive(Default)]
pub(crate) struct Known {
    followed: Followed,
    /// What raters are asked, made once.
    tasks: HashMap<Place, Arc<Vec<Task>>>,
}

impl Known {
    /// The study.
    pub(crate) fn study(&self) -> &Study {
        &self.followed.study
    }

    /// What the rater in a place is asked.
    pub(crate) fn tasks(&mut self, place: Place) -> Result<Arc<Vec<Task>>, BookError> {
        if let Some(tasks) = self.tasks.get(&place) {
            return Ok(Arc::clone(tasks));
        }
        let Some(made) = self.followed.study.version(place.version) else { return Ok(Arc::default()) };
        let tasks = Arc::new(Assignment::new(&made.design, &made.material)?.tasks_of(place.number));
        self.tasks.insert(place, Arc::clone(&tasks));
        Ok(tasks)
    }
}

impl Studies {
    async fn of(&self, name: &str) -> Arc<Mutex<Known>> {
        Arc::clone(self.known.lock().await.entry(name.to_owned()).or_default())
    }
}

impl Shop {
    /// A study, with everything that was written to its log until now.
    pub(crate) async fn study(&self, name: &str) -> Result<KnownStudy, Problem> {
        check_name(name).map_err(Problem::from)?;
        let mut known = self.studies.of(name).await.lock_owned().await;
        let (last, asked) = (known.followed.last, name.to_owned());
        let records = self.ask_store(move |store| store.study_records(&asked, last)).await?;
        known.followed.take_in(records).map_err(BookError::from)?;
        if known.study().versions.is_empty() {
            // Nobody makes this server remember names that stand for nothing.
            self.studies.known.lock().await.remove(name);
            return Err(BookError::Unknown { name: name.to_owned() }.into());
        }
        Ok(known)
    }

    /// The name of the study that raters' links mean by `link_id`; all names are asked for only where one is not known yet.
    pub(crate) async fn name_of_link(&self, link_id: &str) -> Result<Option<String>, Problem> {
        if let Some(name) = self.studies.links.lock().await.get(link_id) {
            return Ok(Some(name.clone()));
        }
        let names = self.ask_store(|store| store.studies()).await?;
        let mut links = self.studies.links.lock().await;
        *links = names.into_iter().map(|name| (book::link_id(&name), name)).collect();
        Ok(links.get(link_id).cloned())
    }

    /// Does something with a study, between two commits of the store.
    pub(crate) async fn with_book<T: Send + 'static>(
        &self,
        act: impl FnOnce(&mut dyn whisperlite::store::ServingStore) -> Result<T, BookError> + Send + 'static,
    ) -> Result<T, Problem> {
        Ok(self.ask_store(move |store| Ok(act(store))).await??)
    }
}

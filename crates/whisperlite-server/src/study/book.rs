//! What may be done with a study, over any store: each act reads the log, checks, and adds to it.

use thiserror::Error;
use whisperlite::store::{NewStudyRecord, ServingStore, StoreError, StudyRecord};
use whisperlite_study::log::{Entry, Made, Status, Study};
use whisperlite_study::{Answer, Assignment, Design, Material, StudyError, Version};

use super::mixing::LIVE_SYSTEMS;
use super::turns::Turns;
use crate::token::{self, Token};

/// Characters of a study's name, at most.
const MAX_NAME_CHARS: usize = 64;

/// Why something cannot be done with a study.
#[derive(Debug, Error)]
pub enum BookError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Design or material cannot be.
    #[error(transparent)]
    Study(#[from] StudyError),
    /// No study has this name.
    #[error("the store has no study called {name:?}; `whisperlite study create` makes one")]
    Unknown {
        /// The name.
        name: String,
    },
    /// A name that is part of addresses must be plain.
    #[error("{name:?} is no name for a study: use lower-case letters, digits, `-` and `_`, {MAX_NAME_CHARS} at most")]
    Name {
        /// The name.
        name: String,
    },
    /// Lists are mixed of what the server answers with at once.
    #[error("lists of {system:?} cannot be mixed in the live shop: a server answers with {}", LIVE_SYSTEMS.join(", "))]
    NotLive {
        /// The system.
        system: String,
    },
    /// Nothing is other than in the latest version.
    #[error("nothing is other than in version {version} of {name:?}: there is no new version to make")]
    Unchanged {
        /// The study.
        name: String,
        /// Its latest version.
        version: u32,
    },
    /// A study has no version of this number.
    #[error("{name:?} has no version {version}; the latest is {latest}")]
    UnknownVersion {
        /// The study.
        name: String,
        /// The number.
        version: u32,
        /// The largest that there is.
        latest: u32,
    },
    /// The version does not take answers yet.
    #[error("version {version} of {name:?} has not begun; `whisperlite study open` begins it")]
    NotOpen {
        /// The study.
        name: String,
        /// Its version.
        version: u32,
    },
    /// The version has ended.
    #[error(
        "version {version} of {name:?} has ended, for good; what comes after is another version, by `whisperlite study create`"
    )]
    Closed {
        /// The study.
        name: String,
        /// Its version.
        version: u32,
    },
    /// The study has no such rater.
    #[error("the study has no rater {rater_id:?}, or what they said was erased")]
    UnknownRater {
        /// The id.
        rater_id: String,
    },
    /// Visitors cannot tell two studies' mixed lists apart, and neither could the server.
    #[error(
        "{other:?} mixes lists in the live shop already, and one study does at a time: end it with `whisperlite study close --name {other}` first"
    )]
    AlreadyMixing {
        /// The study that is open.
        other: String,
    },
    /// Nobody is asked anything.
    #[error("{name:?} only mixes lists in the live shop, and asks raters nothing: open it without links for raters")]
    NothingForRaters {
        /// The study.
        name: String,
    },
    /// An answer has an id under which something else was said.
    #[error("there is another answer with the id {answer_id:?}: give each answer an id of its own")]
    OtherAnswer {
        /// The id.
        answer_id: String,
    },
    /// No task of the rater fits the answer.
    #[error(transparent)]
    Answer(#[from] whisperlite_study::AnswerError),
    /// The system gives no randomness.
    #[error("the system has no randomness to give")]
    Randomness(#[source] getrandom::Error),
}

/// A link for a rater.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// Who, from now on.
    pub rater_id: String,
    /// What opens the study for them; it is shown once and kept nowhere.
    pub token: String,
}

impl Invitation {
    /// Where the rater's page is, from the server's own address on. It does not say the study's name, which may say what is compared.
    pub fn path(&self, study: &str) -> String {
        format!("/study#{}.{}", link_id(study), self.token)
    }
}

/// What stands for a study's name in its raters' links.
pub(crate) fn link_id(study: &str) -> String {
    token::hash_as_text(&format!("study {study}"))[..12].to_owned()
}

/// A study as far as it was read, and where to read on.
#[derive(Debug, Default)]
pub(crate) struct Followed {
    pub(crate) study: Study,
    pub(crate) last: i64,
}

impl Followed {
    /// Takes in records, in their order.
    pub(crate) fn take_in(&mut self, records: Vec<StudyRecord>) -> Result<(), StoreError> {
        for found in records {
            self.study.take_in(entry(&found)?, found.written_at);
            self.last = found.number;
        }
        Ok(())
    }
}

/// What a record says.
pub(super) fn entry(found: &StudyRecord) -> Result<Entry, StoreError> {
    let NewStudyRecord { study, record_id, document, .. } = &found.record;
    serde_json::from_str(document).map_err(|error| StoreError::Damaged {
        path: study.into(),
        what: format!("entry {record_id:?} of the study's log: {error}"),
    })
}

/// Reads a study.
///
/// # Errors
/// If there is none of this name, or if the store fails.
pub fn read(store: &mut dyn ServingStore, name: &str) -> Result<Study, BookError> {
    let mut followed = Followed::default();
    followed.take_in(store.study_records(name, 0)?)?;
    if followed.study.versions.is_empty() {
        return Err(BookError::Unknown { name: name.to_owned() });
    }
    Ok(followed.study)
}

/// The version that counts now.
pub(crate) fn current<'s>(study: &'s Study, name: &str) -> Result<&'s Made, BookError> {
    study.current().ok_or_else(|| BookError::Unknown { name: name.to_owned() })
}

/// Adds entries: for each, whether it is new.
///
/// # Errors
/// If the store fails; then none is added.
pub fn append(store: &mut dyn ServingStore, name: &str, entries: &[Entry]) -> Result<Vec<bool>, StoreError> {
    let records: Vec<NewStudyRecord> = entries.iter().map(|entry| record(name, entry)).collect();
    store.add_study_records(&records)
}

fn record(name: &str, entry: &Entry) -> NewStudyRecord {
    NewStudyRecord {
        study: name.to_owned(),
        record_id: entry.id(),
        rater: entry.rater().map(str::to_owned),
        kind: entry.kind().to_owned(),
        document: serde_json::to_string(entry).expect("an entry has only finite numbers and text keys"),
    }
}

/// A version that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewVersion {
    /// Which.
    pub version: Version,
    /// How many raters must do all their tasks until everything has its raters.
    pub raters_needed: usize,
}

/// Makes a study called as the design says, or the next version of one; the version before ends with that.
///
/// # Errors
/// If design or material cannot be, or can never come to a decision, or if nothing is other than before.
pub fn make(store: &mut dyn ServingStore, design: Design, material: Material) -> Result<NewVersion, BookError> {
    let name = design.name.clone();
    check_name(&name)?;
    let assignment = Assignment::new(&design, &material)?;
    assignment.check_primary().map_err(StudyError::from)?;
    let raters_needed = assignment.raters_needed();
    if let Some(arm) = &design.arms.interleaving
        && let Some(system) =
            [&arm.system, &arm.against].into_iter().find(|name| !LIVE_SYSTEMS.contains(&name.as_str()))
    {
        return Err(BookError::NotLive { system: system.clone() });
    }
    let mut followed = Followed::default();
    followed.take_in(store.study_records(&name, 0)?)?;
    let mut entries = Vec::new();
    let version = match followed.study.current() {
        None => Version::first(&design, &material),
        Some(last) => {
            let number = last.version.number;
            if followed.study.status(number) == Status::Open {
                entries.push(Entry::Closed { version: number });
            }
            let next = last.version.next((&last.design, &last.material), (&design, &material));
            next.ok_or(BookError::Unchanged { name: name.clone(), version: number })?
        }
    };
    entries.push(Entry::Made { version: version.clone(), design: design.into(), material: material.into() });
    match append(store, &name, &entries)?.last() {
        Some(true) => Ok(NewVersion { version, raters_needed }),
        _ => Err(BookError::Unchanged { name, version: version.number }),
    }
}

/// Whether a text can name a study.
pub(crate) fn check_name(name: &str) -> Result<(), BookError> {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_');
    if !name.is_empty() && name.len() <= MAX_NAME_CHARS && name.bytes().all(is_plain) {
        return Ok(());
    }
    Err(BookError::Name { name: name.to_owned() })
}

/// A version that takes answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenVersion {
    /// Its number.
    pub version: u32,
    /// The new links, one for each rater.
    pub invitations: Vec<Invitation>,
}

/// Begins the latest version, if it has not begun, and makes links for so many raters.
///
/// # Errors
/// If it has ended, if it would be the second study that mixes lists, or if there shall be raters and it asks them nothing.
pub fn open(store: &mut dyn ServingStore, name: &str, n_raters: usize) -> Result<OpenVersion, BookError> {
    let study = read(store, name)?;
    let made = current(&study, name)?;
    let (version, arms) = (made.version.number, &made.design.arms);
    if n_raters > 0 && arms.pairs.is_none() && arms.grades.is_none() {
        return Err(BookError::NothingForRaters { name: name.to_owned() });
    }
    match study.status(version) {
        Status::Closed => return Err(BookError::Closed { name: name.to_owned(), version }),
        Status::Open => {}
        Status::Draft => {
            if arms.interleaving.is_some()
                && let Some(other) = Turns::read(store)?.mixing()
            {
                return Err(BookError::AlreadyMixing { other: other.to_owned() });
            }
            append(store, name, &[Entry::Opened { version }])?;
        }
    }
    Ok(OpenVersion { version, invitations: invite(store, name, n_raters)? })
}

/// Ends the latest version, for good; tells its number.
///
/// # Errors
/// If it has not begun.
pub fn close(store: &mut dyn ServingStore, name: &str) -> Result<u32, BookError> {
    let study = read(store, name)?;
    let version = current(&study, name)?.version.number;
    if study.status(version) == Status::Draft {
        return Err(BookError::NotOpen { name: name.to_owned(), version });
    }
    append(store, name, &[Entry::Closed { version }])?;
    Ok(version)
}

fn invite(store: &mut dyn ServingStore, name: &str, n: usize) -> Result<Vec<Invitation>, BookError> {
    let invitation = |_| -> Result<(Invitation, Entry), BookError> {
        let token = Token::for_rater().map_err(BookError::Randomness)?;
        let rater_id = Token::rater_id().map_err(BookError::Randomness)?;
        let entry = Entry::Invited { rater_id: rater_id.clone(), token_hash: token.hash_as_text(), simulated: false };
        Ok((Invitation { rater_id, token: token.to_string() }, entry))
    };
    let (invitations, entries): (Vec<_>, Vec<_>) =
        (0..n).map(invitation).collect::<Result<Vec<_>, _>>()?.into_iter().unzip();
    append(store, name, &entries)?;
    Ok(invitations)
}

/// The entry by which a rater who consented gets a place in the latest version; none for one who has a place. `consent` is the SHA-256 of
/// what they read.
///
/// # Errors
/// If the version does not take answers, or if the study has no such rater.
pub(crate) fn joining(study: &Study, name: &str, rater_id: &str, consent: &str) -> Result<Option<Entry>, BookError> {
    let version = current(study, name)?.version.number;
    let unknown = || BookError::UnknownRater { rater_id: rater_id.to_owned() };
    if study.members.get(rater_id).ok_or_else(unknown)?.joined.is_some() {
        return Ok(None);
    }
    match study.status(version) {
        Status::Open => {}
        Status::Draft => return Err(BookError::NotOpen { name: name.to_owned(), version }),
        Status::Closed => return Err(BookError::Closed { name: name.to_owned(), version }),
    }
    let number = study.next_number(version);
    Ok(Some(Entry::Joined { rater_id: rater_id.to_owned(), version, number, consent: consent.to_owned() }))
}

/// Writes an answer down, unless it is there already.
///
/// # Errors
/// If something else was said under this id, or if the rater was forgotten meanwhile.
pub(crate) fn add_answer(
    store: &mut dyn ServingStore,
    name: &str,
    answer_id: String,
    answer: Answer,
) -> Result<(), BookError> {
    let (rater_id, said) = (answer.rater_id.clone(), (answer.task_id.clone(), answer.response.clone()));
    let entry = Entry::Answered { answer_id: answer_id.clone(), answer };
    if append(store, name, &[entry])? == [true] {
        return Ok(());
    }
    let is_same = |entry: &Entry| {
        matches!(entry, Entry::Answered { answer_id: id, answer }
            if *id == answer_id && (&answer.task_id, &answer.response) == (&said.0, &said.1))
    };
    if data_of(store, name, &rater_id)?.iter().any(is_same) {
        return Ok(());
    }
    Err(BookError::OtherAnswer { answer_id })
}

/// Everything that the log has of one person, as it stands there.
///
/// # Errors
/// If there is nothing.
pub fn data_of(store: &mut dyn ServingStore, name: &str, rater_id: &str) -> Result<Vec<Entry>, BookError> {
    let records = store.records_of_rater(name, rater_id)?;
    let entries: Vec<Entry> =
        records.into_iter().filter_map(|found| serde_json::from_str(&found.record.document).ok()).collect();
    if entries.is_empty() {
        return Err(BookError::UnknownRater { rater_id: rater_id.to_owned() });
    }
    Ok(entries)
}

/// Erases everything that the log has of one person; tells how many entries there were.
///
/// # Errors
/// If there was nothing.
pub fn forget(store: &mut dyn ServingStore, name: &str, rater_id: &str) -> Result<usize, BookError> {
    let told = record(name, &Entry::Forgotten { rater_id: rater_id.to_owned() });
    match store.forget_rater(rater_id, &told)? {
        0 => Err(BookError::UnknownRater { rater_id: rater_id.to_owned() }),
        n_entries => Ok(n_entries),
    }
}

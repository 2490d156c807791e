//! What has happened in a study? Entries that are only ever added, and the study that they add up to.
//!
//! Whoever keeps the log stores each [`Entry`] under its [id](Entry::id), once. An entry that is added again changes nothing, so a
//! client may send an answer until it is acknowledged. One thing takes entries out: a rater who wants to be forgotten.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::answer::{Answer, Rater};
use crate::design::Design;
use crate::interleave::{Impression, Pick};
use crate::material::Material;
use crate::version::Version;

/// Something that happened in a study.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Entry {
    /// A version was made; the first makes the study.
    Made {
        /// Which.
        version: Version,
        /// Everything that was decided.
        design: Box<Design>,
        /// Everything that raters see.
        material: Box<Material>,
    },
    /// A version began. It begins once.
    Opened {
        /// Its number.
        version: u32,
    },
    /// A version ended, for good: who goes on asks another question, and makes another version.
    Closed {
        /// Its number.
        version: u32,
    },
    /// A link was made for a rater.
    Invited {
        /// Who, from now on.
        rater_id: String,
        /// SHA-256 of the link's token, as hexadecimal digits; the token itself is kept nowhere.
        token_hash: String,
        /// Whether a program answers.
        simulated: bool,
    },
    /// A rater consented, and got a number by which their tasks are theirs.
    Joined {
        /// Who.
        rater_id: String,
        /// Which version they answer.
        version: u32,
        /// From 0; no two raters of a version have the same.
        number: usize,
        /// SHA-256 of the words that they consented to, as hexadecimal digits.
        consent: String,
    },
    /// A rater answered.
    Answered {
        /// Makes it the same answer when it is sent again.
        answer_id: String,
        /// What they said.
        answer: Answer,
    },
    /// A rater wanted to be forgotten: nothing of theirs is in the log any more.
    Forgotten {
        /// Who.
        rater_id: String,
    },
    /// A mixed list was shown in the live shop; nothing is picked yet.
    Shown {
        /// The list.
        impression: Impression,
    },
    /// Something was picked from a mixed list.
    Picked {
        /// Which list.
        impression_id: String,
        /// Who picked; the list's own visitor.
        visitor_id: String,
        /// The place in the list, from 0.
        place: usize,
    },
}

impl Entry {
    /// What makes it the same entry when it is added again.
    pub fn id(&self) -> String {
        match self {
            Self::Made { version, .. } => format!("made:{}", version.number),
            Self::Opened { version } => format!("opened:{version}"),
            Self::Closed { version } => format!("closed:{version}"),
            Self::Invited { rater_id, .. } => format!("invited:{rater_id}"),
            // Two servers that give the same number at once: the second is refused, and gives the next.
            Self::Joined { version, number, .. } => format!("joined:{version}:{number}"),
            Self::Answered { answer_id, answer } => format!("answered:{}:{answer_id}", answer.rater_id),
            Self::Forgotten { rater_id } => format!("forgotten:{rater_id}"),
            Self::Shown { impression } => format!("shown:{}", impression.impression_id),
            Self::Picked { impression_id, place, .. } => format!("picked:{impression_id}:{place}"),
        }
    }

    /// Whose it is, and with whom it goes when they want to be forgotten.
    pub fn rater(&self) -> Option<&str> {
        match self {
            Self::Invited { rater_id, .. } | Self::Joined { rater_id, .. } => Some(rater_id),
            Self::Answered { answer, .. } => Some(&answer.rater_id),
            Self::Shown { impression } => Some(&impression.visitor_id),
            Self::Picked { visitor_id, .. } => Some(visitor_id),
            Self::Made { .. } | Self::Opened { .. } | Self::Closed { .. } | Self::Forgotten { .. } => None,
        }
    }

    /// Its sort, in one word.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Made { .. } => "made",
            Self::Opened { .. } => "opened",
            Self::Closed { .. } => "closed",
            Self::Invited { .. } => "invited",
            Self::Joined { .. } => "joined",
            Self::Answered { .. } => "answered",
            Self::Forgotten { .. } => "forgotten",
            Self::Shown { .. } => "shown",
            Self::Picked { .. } => "picked",
        }
    }
}

/// Where a study stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Made, and nobody is asked yet.
    Draft,
    /// Raters answer.
    Open,
    /// No answer is taken any more.
    Closed,
}

/// A version with all that it is made of.
#[derive(Debug, Clone, PartialEq)]
pub struct Made {
    /// Which.
    pub version: Version,
    /// Everything that was decided.
    pub design: Design,
    /// Everything that raters see.
    pub material: Material,
    /// When it was made, in Unix seconds.
    pub at: i64,
}

/// A rater with a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// SHA-256 of the link's token, as hexadecimal digits.
    pub token_hash: String,
    /// Whether a program answers.
    pub simulated: bool,
    /// The version that they answer, and their number in it, once they consented.
    pub joined: Option<Place>,
}

/// A rater's place in a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The version's number.
    pub version: u32,
    /// The rater's number in it, from 0.
    pub number: usize,
}

/// A study, as far as its log was read.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Study {
    /// All versions, oldest first.
    pub versions: Vec<Made>,
    /// Raters by their id.
    pub members: BTreeMap<String, Member>,
    /// Every answer, in the order of saying.
    pub answers: Vec<Answer>,
    /// Mixed lists by their id, in no order of time.
    pub impressions: BTreeMap<String, Impression>,
    /// How many raters wanted to be forgotten.
    pub n_forgotten: usize,
    n_picks: usize,
    opened: BTreeMap<u32, i64>,
    closed: BTreeMap<u32, i64>,
}

impl Study {
    /// Takes in the next entry, which was written at a moment in Unix seconds.
    pub fn take_in(&mut self, entry: Entry, at: i64) {
        match entry {
            Entry::Made { version, design, material } => {
                self.versions.push(Made { version, design: *design, material: *material, at });
            }
            Entry::Opened { version } => {
                self.opened.insert(version, at);
            }
            Entry::Closed { version } => {
                self.closed.insert(version, at);
            }
            Entry::Invited { rater_id, token_hash, simulated } => {
                self.members.insert(rater_id, Member { token_hash, simulated, joined: None });
            }
            Entry::Joined { rater_id, version, number, .. } => {
                if let Some(member) = self.members.get_mut(&rater_id) {
                    member.joined = Some(Place { version, number });
                }
            }
            Entry::Answered { answer, .. } => self.answers.push(answer),
            Entry::Forgotten { rater_id } => {
                self.n_forgotten += 1;
                self.members.remove(&rater_id);
                self.answers.retain(|answer| answer.rater_id != rater_id);
                self.impressions.retain(|_, impression| impression.visitor_id != rater_id);
            }
            Entry::Shown { impression } => {
                self.impressions.insert(impression.impression_id.clone(), impression);
            }
            Entry::Picked { impression_id, place, .. } => {
                if let Some(impression) = self.impressions.get_mut(&impression_id) {
                    impression.picked.push(Pick { place, number: self.n_picks });
                    self.n_picks += 1;
                }
            }
        }
    }

    /// The version that counts now: the latest.
    pub fn current(&self) -> Option<&Made> {
        self.versions.last()
    }

    /// A version by its number.
    pub fn version(&self, number: u32) -> Option<&Made> {
        self.versions.iter().find(|made| made.version.number == number)
    }

    /// Where a version stands.
    pub fn status(&self, version: u32) -> Status {
        match (self.opened.get(&version), self.closed.get(&version)) {
            (_, Some(_)) => Status::Closed,
            (Some(_), None) => Status::Open,
            (None, None) => Status::Draft,
        }
    }

    /// When a version began, in Unix seconds.
    pub fn opened_at(&self, version: u32) -> Option<i64> {
        self.opened.get(&version).copied()
    }

    /// When a version ended, in Unix seconds.
    pub fn closed_at(&self, version: u32) -> Option<i64> {
        self.closed.get(&version).copied()
    }

    /// The smallest number that no rater of a version has: so the places of those who were forgotten are filled first.
    pub fn next_number(&self, version: u32) -> usize {
        let places = self.members.values().filter_map(|member| member.joined);
        let taken: BTreeSet<usize> =
            places.filter(|place| place.version == version).map(|place| place.number).collect();
        (0..=taken.len()).find(|number| !taken.contains(number)).unwrap_or(taken.len())
    }

    /// Who joined a version.
    pub fn raters(&self, version: u32) -> Vec<Rater> {
        let rater = |(rater_id, member): (&String, &Member)| {
            let place = member.joined.filter(|place| place.version == version)?;
            Some(Rater { rater_id: rater_id.clone(), number: place.number, simulated: member.simulated })
        };
        self.members.iter().filter_map(rater).collect()
    }

    /// The answers to a version, in the order of saying.
    pub fn answers_to(&self, version: u32) -> Vec<Answer> {
        self.answers.iter().filter(|answer| answer.version == version).cloned().collect()
    }

    /// The mixed lists of a version, in the order of showing.
    pub fn impressions_of(&self, version: u32) -> Vec<Impression> {
        let mut shown: Vec<Impression> =
            self.impressions.values().filter(|impression| impression.version == version).cloned().collect();
        shown.sort_by(|a, b| (a.at, &a.impression_id).cmp(&(b.at, &b.impression_id)));
        shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::{Choice, Response};
    use crate::sample;

    fn made() -> Entry {
        let (design, material) = (sample::design(&["a", "b"]), sample::material(30, &["a", "b"], 5));
        Entry::Made { version: Version::first(&design, &material), design: design.into(), material: material.into() }
    }

    fn invited(rater_id: &str) -> Entry {
        Entry::Invited { rater_id: rater_id.to_owned(), token_hash: "00".to_owned(), simulated: false }
    }

    fn joined(rater_id: &str, number: usize) -> Entry {
        Entry::Joined { rater_id: rater_id.to_owned(), version: 1, number, consent: "00".to_owned() }
    }

    fn answered(rater_id: &str) -> Entry {
        let answer = Answer {
            rater_id: rater_id.to_owned(),
            version: 1,
            task_id: "t".to_owned(),
            place: 0,
            at: 0,
            dwell_ms: 9000,
            response: Response::Pair { choice: Choice::Tie },
        };
        Entry::Answered { answer_id: "1".to_owned(), answer }
    }

    fn study(entries: impl IntoIterator<Item = Entry>) -> Study {
        let mut study = Study::default();
        for (at, entry) in entries.into_iter().enumerate() {
            let text = serde_json::to_string(&entry).expect("JSON");
            study.take_in(serde_json::from_str(&text).expect("the same"), at as i64);
        }
        study
    }

    #[test]
    fn a_version_opens_once_and_ends_for_good() {
        let mut study = study([made()]);
        assert_eq!((study.status(1), study.current().map(|made| made.version.number)), (Status::Draft, Some(1)));
        study.take_in(Entry::Opened { version: 1 }, 7);
        assert_eq!((study.status(1), study.opened_at(1)), (Status::Open, Some(7)));
        study.take_in(Entry::Closed { version: 1 }, 8);
        study.take_in(Entry::Opened { version: 1 }, 9);
        assert_eq!((study.status(1), study.status(2)), (Status::Closed, Status::Draft));
    }

    #[test]
    fn who_is_forgotten_leaves_only_their_place() {
        let people = ["r1", "r2"].map(invited).into_iter().chain([joined("r1", 0), joined("r2", 1)]);
        let mut study = study([made()].into_iter().chain(people).chain(["r1", "r2"].map(answered)));
        assert_eq!((study.raters(1).len(), study.answers_to(1).len(), study.next_number(1)), (2, 2, 2));
        study.take_in(Entry::Forgotten { rater_id: "r1".to_owned() }, 9);
        assert_eq!(study.raters(1).iter().map(|rater| rater.number).collect::<Vec<_>>(), [1]);
        assert_eq!(study.answers_to(1).iter().map(|answer| answer.rater_id.as_str()).collect::<Vec<_>>(), ["r2"]);
        assert_eq!((study.next_number(1), study.n_forgotten), (0, 1));
    }

    #[test]
    fn an_entry_is_named_by_what_may_happen_once() {
        assert_eq!(joined("r1", 3).id(), joined("r2", 3).id(), "one number, one rater");
        assert_ne!(answered("r1").id(), answered("r2").id());
        assert_eq!((answered("r1").rater(), made().rater()), (Some("r1"), None));
    }
}

//! What do raters see? The questions with every system's list, frozen before the study starts.
//!
//! Titles and pictures of items are looked up by whoever shows them; here are only ids.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::error::MaterialError;

/// Everything that raters see.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Material {
    /// The questions, in any order.
    pub questions: Vec<Question>,
}

/// One request of one person, or of nobody, with what each system answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// Its id, unique in the material.
    pub question_id: String,
    /// What is asked for, in words; empty for a pure recommendation.
    pub request: String,
    /// Who asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shopper: Option<Shopper>,
    /// Which part of the requests it stands for.
    pub stratum: Stratum,
    /// Each system's items, best first, at most `k` of the design.
    pub lists: BTreeMap<String, Vec<String>>,
    /// What was really chosen after the request, for offline measures; never shown.
    #[serde(default)]
    pub chosen: Vec<String>,
}

/// The person of a question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shopper {
    /// Their id in the store; never shown.
    pub user_id: String,
    /// Items of their past, latest first; these are shown.
    pub history: Vec<String>,
}

/// A part of the requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stratum {
    /// How often the request is made.
    pub frequency: Frequency,
    /// What is known of the person.
    pub shopper: Warmth,
}

/// How often a request is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Frequency {
    /// Among the most frequent.
    Head,
    /// In between.
    Torso,
    /// Among the rare ones.
    Tail,
}

/// Whether the person has a past.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Warmth {
    /// With a history.
    Warm,
    /// New, or nobody.
    Cold,
}

impl Question {
    /// The history that a rater is shown, if there is one; only then is asked whether an item fits the person.
    pub fn shown_history(&self) -> Option<&[String]> {
        self.shopper.as_ref().map(|shopper| shopper.history.as_slice()).filter(|history| !history.is_empty())
    }

    /// The first `depth` items of the list of `system`; of a system without a list, none.
    pub fn list(&self, system: &str, depth: usize) -> &[String] {
        let list = self.lists.get(system).map_or(&[][..], Vec::as_slice);
        &list[..depth.min(list.len())]
    }

    /// The union of all lists' first `depth` items, sorted by id.
    pub fn pool(&self, depth: usize) -> Vec<&str> {
        let items: BTreeSet<&str> =
            self.lists.keys().flat_map(|system| self.list(system, depth)).map(String::as_str).collect();
        items.into_iter().collect()
    }

    fn check(&self, systems: &[String], k: usize) -> Result<(), MaterialError> {
        let question = || self.question_id.clone();
        if self.request.trim().is_empty() && self.shown_history().is_none() {
            return Err(MaterialError::NothingToJudgeBy { question: question() });
        }
        if let Some(system) = systems.iter().find(|system| !self.lists.contains_key(*system)) {
            return Err(MaterialError::NoList { question: question(), system: system.clone() });
        }
        for (system, list) in &self.lists {
            let system = || system.clone();
            if !systems.contains(&system()) {
                return Err(MaterialError::StrangeList { question: question(), system: system() });
            }
            if list.is_empty() {
                return Err(MaterialError::EmptyList { question: question(), system: system() });
            }
            if list.len() > k {
                return Err(MaterialError::LongList { question: question(), system: system(), found: list.len(), k });
            }
            let mut seen = BTreeSet::new();
            if let Some(item) = list.iter().find(|item| !seen.insert(*item)) {
                return Err(MaterialError::SameItem { question: question(), system: system(), item: item.clone() });
            }
        }
        Ok(())
    }
}

impl Material {
    /// Reads material from JSON.
    ///
    /// # Errors
    /// If it is none, naming the field.
    pub fn from_json(text: &str) -> Result<Self, MaterialError> {
        serde_path_to_error::deserialize(&mut serde_json::Deserializer::from_str(text))
            .map_err(|error| MaterialError::Json { field: error.path().to_string(), source: error.into_inner() })
    }

    /// The question with an id.
    pub fn question(&self, question_id: &str) -> Option<&Question> {
        self.questions.iter().find(|question| question.question_id == question_id)
    }

    /// Checks that every one of `systems` has a list of 1 to `k` different items for every question.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn check(&self, systems: &[String], k: usize) -> Result<(), MaterialError> {
        if self.questions.is_empty() {
            return Err(MaterialError::NoQuestions);
        }
        let mut seen = BTreeSet::new();
        for (number, question) in self.questions.iter().enumerate() {
            if question.question_id.is_empty() {
                return Err(MaterialError::EmptyId { number });
            }
            if !seen.insert(&question.question_id) {
                return Err(MaterialError::SameQuestion { question: question.question_id.clone() });
            }
            question.check(systems, k)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn good_material_passes_and_goes_through_json() {
        let material = sample::material(12, &["a", "b"], 5);
        material.check(&["a".into(), "b".into()], 5).expect("good");
        let text = serde_json::to_string(&material).expect("JSON");
        assert_eq!(Material::from_json(&text).expect("the same"), material);
    }

    #[test]
    fn each_mistake_is_named() {
        let systems = ["a".to_owned(), "b".to_owned()];
        let said = |change: &dyn Fn(&mut Material)| {
            let mut material = sample::material(3, &["a", "b"], 5);
            change(&mut material);
            material.check(&systems, 5).expect_err("a mistake").to_string()
        };
        assert!(said(&|m| m.questions.clear()).contains("no questions"));
        assert!(said(&|m| m.questions[1].question_id.clear()).contains("number 1"));
        assert!(said(&|m| m.questions[2].question_id = "q000".into()).contains("\"q000\" stands twice"));
        assert!(said(&|m| drop(m.questions[0].lists.remove("b"))).contains("no list of system \"b\""));
        assert!(said(&|m| m.questions[0].lists.get_mut("b").expect("b").clear()).contains("is empty"));
        assert!(said(&|m| m.questions[0].lists.get_mut("b").expect("b").push("more".into())).contains("6 items"));
        assert!(said(&|m| drop(m.questions[0].lists.insert("c".into(), vec!["x".into()]))).contains("\"c\""));
        assert!(
            said(&|m| {
                let list = m.questions[0].lists.get_mut("a").expect("a");
                list[1] = list[0].clone();
            })
            .contains("twice")
        );
        assert!(
            said(&|m| {
                m.questions[0].request = " ".into();
                m.questions[0].shopper = None;
            })
            .contains("neither a request")
        );
    }

    #[test]
    fn an_unknown_field_is_refused_by_its_path() {
        let text = r#"{"questions":[{"question_id":"q","request":"r","stratum":{"frequency":"often","shopper":"warm"},"lists":{}}]}"#;
        let error = Material::from_json(text).expect_err("no such frequency").to_string();
        assert!(error.contains("questions[0].stratum.frequency"), "{error}");
    }
}

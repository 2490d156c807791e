//! What is one rater asked? A [`Task`] knows what it is for; a [`TaskView`] is all that may leave the server.

use serde::{Deserialize, Serialize};

use crate::material::Question;

/// One thing that a rater is asked, with everything that must stay hidden from them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Task {
    /// Says nothing of what the task is.
    pub task_id: String,
    /// Its place among the rater's tasks, from 0.
    pub place: usize,
    /// Whose request and history are shown.
    pub question_id: String,
    /// What is asked.
    pub body: TaskBody,
}

/// The two ways of asking a rater.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum TaskBody {
    /// Which of two lists is better?
    Pair(PairTask),
    /// How well does each item fit?
    Grade(GradeTask),
}

/// Two lists side by side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PairTask {
    /// What stands left.
    pub left: Side,
    /// What stands right.
    pub right: Side,
    /// What the answer is used for.
    pub role: PairRole,
}

/// One of two lists, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Side {
    /// The system that made it.
    pub system: String,
    /// The question that it answers: the task's own, except in one list of an attention check.
    pub question_id: String,
    /// The items, best first.
    pub items: Vec<String>,
}

/// What a pair is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "role", rename_all = "snake_case")]
pub enum PairRole {
    /// A vote between two systems.
    Real,
    /// The same list on both sides: what remains is a liking for a side.
    Aa,
    /// One list answers another question.
    Attention {
        /// Where the list stands that answers this one.
        fitting: Hand,
    },
    /// A pair that the rater had before, sides changed.
    Repeat {
        /// The task that comes again.
        of: String,
    },
}

/// Left or right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hand {
    /// The first list for who reads from left to right.
    Left,
    /// The second.
    Right,
}

/// Pooled items, shuffled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GradeTask {
    /// What is graded, in the order of showing.
    pub items: Vec<String>,
    /// Whether the rater is asked for the person, too: whether a history is shown.
    pub asks_person: bool,
    /// The one of `items` that answers another question.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attention: Option<String>,
    /// What the grades are used for.
    pub role: GradeRole,
}

/// What a graded task is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "role", rename_all = "snake_case")]
pub enum GradeRole {
    /// Grades of systems' items.
    Real,
    /// Items that the rater graded before, in another order.
    Repeat {
        /// The task that comes again.
        of: String,
    },
}

/// All of a task that a rater may see: no system, no role, nothing of what was chosen, nobody's id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskView {
    /// What the answer names.
    pub task_id: String,
    /// Its place among the rater's tasks, from 0.
    pub place: usize,
    /// What is asked for, in words; may be empty.
    pub request: String,
    /// Items of the person's past, latest first; empty without a person.
    pub history: Vec<String>,
    /// What is asked.
    pub body: ViewBody,
}

/// What a rater sees of a [`TaskBody`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum ViewBody {
    /// Two lists of items.
    Pair {
        /// Left, best first.
        left: Vec<String>,
        /// Right, best first.
        right: Vec<String>,
    },
    /// Items to grade.
    Grade {
        /// In the order of showing.
        items: Vec<String>,
        /// Whether to ask how each fits the person, too.
        asks_person: bool,
    },
}

impl Task {
    /// What the rater sees. `question` is the task's own.
    pub fn view(&self, question: &Question) -> TaskView {
        let body = match &self.body {
            TaskBody::Pair(pair) => ViewBody::Pair { left: pair.left.items.clone(), right: pair.right.items.clone() },
            TaskBody::Grade(grade) => ViewBody::Grade { items: grade.items.clone(), asks_person: grade.asks_person },
        };
        TaskView {
            task_id: self.task_id.clone(),
            place: self.place,
            request: question.request.clone(),
            history: question.shown_history().unwrap_or_default().to_vec(),
            body,
        }
    }

    /// Whether its answer counts for or against a system: neither a check nor a repeat.
    pub fn is_real(&self) -> bool {
        match &self.body {
            TaskBody::Pair(pair) => pair.role == PairRole::Real,
            TaskBody::Grade(grade) => grade.role == GradeRole::Real,
        }
    }
}

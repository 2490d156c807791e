//! What can be wrong with a study, with where and what to do.

/// A study cannot be made of its design and material.
#[derive(Debug, thiserror::Error)]
pub enum StudyError {
    /// The design is wrong.
    #[error(transparent)]
    Design(#[from] DesignError),
    /// The material is wrong.
    #[error(transparent)]
    Material(#[from] MaterialError),
}

/// A design cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DesignError {
    /// It is no design in JSON.
    #[error("the study's design cannot be read: field `{field}`: {source}")]
    Json {
        /// Path of the field, as `arms.pairs.min_dwell_ms`.
        field: String,
        /// Why.
        source: serde_json::Error,
    },
    /// It was written by another version of this program.
    #[error("the design has format version {found}, this program knows {known}: write the design anew for it")]
    Format {
        /// What it says.
        found: u32,
        /// What is known here.
        known: u32,
    },
    /// A name says nothing.
    #[error("field `{field}` is empty: give it a name")]
    Empty {
        /// Path of the field.
        field: &'static str,
    },
    /// Too few systems to compare.
    #[error("field `systems` names {found}: a study compares two or more")]
    TooFewSystems {
        /// How many are named.
        found: usize,
    },
    /// A system stands twice.
    #[error("field `systems` names {name:?} twice: give each system a name of its own")]
    SameSystem {
        /// The name.
        name: String,
    },
    /// A field names a system that is not in the study.
    #[error("field `{field}` names {name:?}, which is not among the systems ({known}): name one of them")]
    UnknownSystem {
        /// Path of the field.
        field: &'static str,
        /// What it names.
        name: String,
        /// The systems' names, with commas.
        known: String,
    },
    /// A system is compared with itself.
    #[error("field `{field}` compares {name:?} with itself: name two systems")]
    SameTwice {
        /// Path of the field.
        field: &'static str,
        /// The name.
        name: String,
    },
    /// Nothing is asked.
    #[error("field `arms` is empty: ask for `pairs`, `grades` or `interleaving`, or for several of them")]
    NoArm,
    /// The primary measure comes from an arm that is not there.
    #[error("field `primary` needs `arms.{arm}`: add that arm, or choose another measure")]
    PrimaryWithoutArm {
        /// The missing arm.
        arm: &'static str,
    },
    /// The primary measure is of other systems than those that are mixed.
    #[error(
        "field `primary` compares {system:?} with {against:?}, and `arms.interleaving` mixes others: name the same two in both"
    )]
    OtherInterleaving {
        /// The first system of the primary measure.
        system: String,
        /// The second.
        against: String,
    },
    /// The primary comparison is not among those that are asked.
    #[error(
        "field `primary` compares {system:?} with {against:?}, and `arms.pairs.comparisons` asks only for pairs with {first:?}: set it to \"all\""
    )]
    PrimaryNotAsked {
        /// The first system of the primary measure.
        system: String,
        /// The second.
        against: String,
        /// The system that all others are compared with.
        first: String,
    },
    /// Ties cannot be told from votes in this measure.
    #[error("field `stopping.rule` is \"decisive_votes\", but grades have no votes: use \"judgements\"")]
    NoVotes,
    /// A number is out of its range.
    #[error("field `{field}` is {found}, it must be {range}")]
    Range {
        /// Path of the field.
        field: &'static str,
        /// What it says.
        found: String,
        /// What may stand there.
        range: &'static str,
    },
    /// A rater would see a question twice.
    #[error(
        "field `tasks_per_rater` is {asked}, but one rater can have at most {possible} from these questions without seeing one twice \
         (checks need {checks} more): ask for fewer, or add questions"
    )]
    TooManyTasks {
        /// What the design asks for.
        asked: usize,
        /// What is possible.
        possible: usize,
        /// Questions that A/A trials and attention checks take.
        checks: usize,
    },
    /// Every list is the same as its rival.
    #[error(
        "the systems give the same lists to every question: there is nothing to ask; choose other systems or requests"
    )]
    NothingToAsk,
    /// The primary measure cannot come to a decision.
    #[error(
        "field `primary` compares {system:?} with {against:?}, which give the same lists to every question that it is asked about: nothing can be decided; \
         choose other systems or requests"
    )]
    SameLists {
        /// The first system of the primary measure.
        system: String,
        /// The second.
        against: String,
    },
    /// The primary measure is of persons, and none is shown.
    #[error(
        "field `primary` is by how items fit the person, but no question shows a person's history: ask about people with a past, or choose another \
         measure"
    )]
    NoPersonShown,
    /// The primary measure cannot reach the planned number.
    #[error(
        "field `stopping.planned` is {planned}, but only {n_telling} questions tell {system:?} from {against:?}, and {raters} raters each make {most} \
         judgements at most (of two questions or more): plan fewer, ask more questions, or raise `raters_per_item`"
    )]
    TooFewTelling {
        /// The first system of the primary measure.
        system: String,
        /// The second.
        against: String,
        /// The planned number.
        planned: usize,
        /// Questions to which they give different lists, of a person's where the measure is.
        n_telling: usize,
        /// Raters of each question.
        raters: usize,
        /// Judgements that this makes.
        most: usize,
    },
}

/// A study's material cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum MaterialError {
    /// It is no material in JSON.
    #[error("the study's material cannot be read: field `{field}`: {source}")]
    Json {
        /// Path of the field, as `questions[3].lists`.
        field: String,
        /// Why.
        source: serde_json::Error,
    },
    /// There is nothing to ask about.
    #[error("the material has no questions: choose at least one")]
    NoQuestions,
    /// A question has no id.
    #[error("question number {number} (from 0) has an empty id: give each question one")]
    EmptyId {
        /// Its place.
        number: usize,
    },
    /// A question stands twice.
    #[error("question {question:?} stands twice: give each question an id of its own")]
    SameQuestion {
        /// Its id.
        question: String,
    },
    /// A request has no words, and no person.
    #[error(
        "question {question:?} has neither a request nor a shopper with a history: raters would have nothing to judge by"
    )]
    NothingToJudgeBy {
        /// Its id.
        question: String,
    },
    /// A system has no list.
    #[error("question {question:?} has no list of system {system:?}: let every system answer every question")]
    NoList {
        /// Its id.
        question: String,
        /// The system.
        system: String,
    },
    /// A list of a system that the design does not name.
    #[error(
        "question {question:?} has a list of {system:?}, which the design does not name: leave it out, or add the system"
    )]
    StrangeList {
        /// Its id.
        question: String,
        /// The system.
        system: String,
    },
    /// A list is empty.
    #[error("question {question:?}: the list of {system:?} is empty: leave the question out")]
    EmptyList {
        /// Its id.
        question: String,
        /// The system.
        system: String,
    },
    /// A list is longer than what is shown.
    #[error("question {question:?}: the list of {system:?} has {found} items, the design shows {k}: cut it")]
    LongList {
        /// Its id.
        question: String,
        /// The system.
        system: String,
        /// Its length.
        found: usize,
        /// The design's.
        k: usize,
    },
    /// An item stands twice in a list.
    #[error("question {question:?}: the list of {system:?} has item {item:?} twice: remove one")]
    SameItem {
        /// Its id.
        question: String,
        /// The system.
        system: String,
        /// The item.
        item: String,
    },
}

/// An answer cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// The rater has no such task.
    #[error("there is no task {task:?} for this rater: load the tasks again")]
    UnknownTask {
        /// What the answer names.
        task: String,
    },
    /// A choice for grades, or grades for a choice.
    #[error("task {task:?} asks for {wanted}, and the answer gives {given}")]
    WrongKind {
        /// The task.
        task: String,
        /// What it asks for.
        wanted: &'static str,
        /// What came.
        given: &'static str,
    },
    /// An item was left out.
    #[error("item {item:?} has no grade: grade every item from 0 to 3")]
    MissingGrade {
        /// The item.
        item: String,
    },
    /// An item was not asked about.
    #[error("item {item:?} is not asked about here: grade only the items that are shown")]
    StrangeItem {
        /// The item.
        item: String,
    },
    /// An item has two grades.
    #[error("item {item:?} is graded twice: give it one grade")]
    SameItem {
        /// The item.
        item: String,
    },
    /// No such grade.
    #[error("item {item:?} has grade {grade}: grades go from 0 to 3")]
    Grade {
        /// The item.
        item: String,
        /// What came.
        grade: u8,
    },
    /// The second question was left out.
    #[error("item {item:?} has no grade for the person: grade how well it fits this person, from 0 to 3")]
    MissingPersonGrade {
        /// The item.
        item: String,
    },
    /// The second question was not asked.
    #[error("item {item:?} has a grade for the person, but no person is shown: leave it out")]
    StrangePersonGrade {
        /// The item.
        item: String,
    },
}

/// A number of judgements cannot be planned.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PowerError {
    /// A number is out of its range.
    #[error("`{field}` is {found}, it must be {range}")]
    Range {
        /// What it is called.
        field: &'static str,
        /// What it is.
        found: f64,
        /// What it may be.
        range: &'static str,
    },
    /// There is nothing to find.
    #[error(
        "`{field}` says that both systems are equal: no number of judgements shows a difference; name the smallest one that would matter"
    )]
    NoEffect {
        /// What it is called.
        field: &'static str,
    },
    /// No study is that large.
    #[error("this takes more than {most} judgements: plan for a larger difference")]
    TooMany {
        /// The most that is planned.
        most: usize,
    },
}

/// A simulated study cannot be planned.
#[derive(Debug, thiserror::Error)]
pub enum CalibrationError {
    /// It cannot be made.
    #[error(transparent)]
    Study(#[from] StudyError),
    /// Nothing can be planned.
    #[error(transparent)]
    Power(#[from] PowerError),
}

/// A study cannot be exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The operating system refused.
    #[error("the export cannot be written: {0}")]
    Io(#[from] std::io::Error),
    /// The table cannot be written.
    #[error("the votes cannot be written as CSV: {0}")]
    Csv(#[from] csv::Error),
    /// The plan cannot be written.
    #[error("the plan cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
}

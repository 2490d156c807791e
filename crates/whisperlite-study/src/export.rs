//! What may anybody else compute with? A study's plan as JSON, its raw votes as CSV, and its grades as TREC qrels.
//!
//! Everything goes to a writer; whose file that is, and that it appears whole, is the caller's work. Raw votes have all there is, checks,
//! repeats and left-out raters included, each marked as what it is, so that an analysis can be done again from them alone.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::Write;

use serde::{Deserialize, Serialize};

use crate::answer::Rater;
use crate::assignment::Assignment;
use crate::design::{Design, Fit};
use crate::error::ExportError;
use crate::judgements::{Context, Journal, Judgements};
use crate::material::Material;
use crate::task::{GradeRole, PairRole};
use crate::version::Version;

/// The format of plans that this program writes.
pub const PLAN_FORMAT: u32 = 1;

/// A study's plan: everything that was fixed before it started.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StudyPlan {
    /// [`PLAN_FORMAT`].
    pub format: u32,
    /// Which version this is.
    pub version: Version,
    /// What was fixed.
    pub design: Design,
    /// What was shown.
    pub material: Material,
}

/// A file of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportFile {
    /// What was fixed, and what was shown.
    Plan,
    /// Every judgement.
    Votes,
    /// The median grades for one fit.
    Qrels(Fit),
}

impl ExportFile {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Plan, Self::Votes, Self::Qrels(Fit::Request), Self::Qrels(Fit::Person)];

    /// The file's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plan => "plan.json",
            Self::Votes => "votes.csv",
            Self::Qrels(Fit::Request) => "qrels-request.txt",
            Self::Qrels(Fit::Person) => "qrels-person.txt",
        }
    }

    /// The file of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|file| file.name() == name)
    }

    /// What it is, for whoever fetches it.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Plan => "application/json",
            Self::Votes => "text/csv; charset=utf-8",
            Self::Qrels(_) => "text/plain; charset=utf-8",
        }
    }
}

/// Writes one file of the export of a version: all answers, those after the study's end too.
///
/// # Errors
/// If it cannot be written.
pub fn write_file(
    file: ExportFile,
    assignment: &Assignment<'_>,
    version: &Version,
    journal: Journal<'_>,
    out: impl Write,
) -> Result<(), ExportError> {
    let (design, material) = (assignment.design(), assignment.material());
    let judgements = || Judgements::read(assignment, version.number, journal);
    match file {
        ExportFile::Plan => {
            let (version, design, material) = (version.clone(), design.clone(), material.clone());
            write_plan(&StudyPlan { format: PLAN_FORMAT, version, design, material }, out)
        }
        ExportFile::Votes => write_votes(&vote_rows(material, version.number, journal.raters, &judgements()), out),
        ExportFile::Qrels(fit) => write_qrels(material, &judgements(), fit, out),
    }
}

/// Writes a study's plan as JSON. Reading it gives the same fingerprint again.
///
/// # Errors
/// If it cannot be written.
pub fn write_plan(plan: &StudyPlan, mut out: impl Write) -> Result<(), ExportError> {
    serde_json::to_writer_pretty(&mut out, plan)?;
    writeln!(out)?;
    out.flush()?;
    Ok(())
}

/// Writes TREC qrels: `question 0 item grade`, the median of the raters' grades for one fit, of two in the middle the lower one. By question and
/// item. TREC's format has no room for white space: in ids it is percent-encoded, and so are percent signs.
///
/// # Errors
/// If it cannot be written.
pub fn write_qrels(
    material: &Material,
    judgements: &Judgements,
    fit: Fit,
    mut out: impl Write,
) -> Result<(), ExportError> {
    let mut grades: BTreeMap<(&str, &str), Vec<u8>> = BTreeMap::new();
    for task in judgements.real_grades() {
        let question_id = material.questions[task.context.question_idx].question_id.as_str();
        for item in &task.grades {
            let given = item.of(fit);
            grades.entry((question_id, &item.item_id)).or_default().extend(given);
        }
    }
    for ((question_id, item_id), mut given) in grades.into_iter().filter(|(_, given)| !given.is_empty()) {
        given.sort_unstable();
        let (question_id, item_id) = (without_space(question_id), without_space(item_id));
        writeln!(out, "{question_id} 0 {item_id} {}", given[(given.len() - 1) / 2])?;
    }
    out.flush()?;
    Ok(())
}

/// White space and percent signs as in addresses, all else as it is.
fn without_space(id: &str) -> Cow<'_, str> {
    let must_change = |character: char| character.is_whitespace() || character == '%';
    if !id.contains(must_change) {
        return Cow::Borrowed(id);
    }
    let mut encoded = String::new();
    for character in id.chars() {
        if must_change(character) {
            let mut buffer = [0; 4];
            character.encode_utf8(&mut buffer).bytes().for_each(|byte| encoded += &format!("%{byte:02X}"));
        } else {
            encoded.push(character);
        }
    }
    Cow::Owned(encoded)
}

/// One row of the raw votes: a vote on a pair, or the grades of one item.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VoteRow {
    /// The study's version.
    pub version: u32,
    /// Who.
    pub rater_id: String,
    /// Whether that is a program.
    pub simulated: bool,
    /// The task.
    pub task_id: String,
    /// Its place among the rater's, from 0.
    pub place: usize,
    /// The question.
    pub question_id: String,
    /// `pair` or `grade`.
    pub arm: String,
    /// `real`, `aa`, `attention` or `repeat`.
    pub role: String,
    /// Of a repeat: the task that came again.
    pub repeat_of: String,
    /// The system that stood left.
    pub left: String,
    /// The system that stood right.
    pub right: String,
    /// Of a pair: from -2 (left by far) to 2 (right by far).
    pub degree: Option<i8>,
    /// The graded item.
    pub item_id: String,
    /// Its grade for the request.
    pub request_grade: Option<u8>,
    /// Its grade for the person.
    pub person_grade: Option<u8>,
    /// When, in seconds since 1970.
    pub at: i64,
    /// How long the whole task was looked at, in milliseconds.
    pub dwell_ms: u64,
    /// Whether that was too fast.
    pub too_fast: bool,
}

/// Every judgement that counts, checks and repeats included, as rows: pairs first, then items.
pub fn vote_rows(material: &Material, version: u32, raters: &[Rater], judgements: &Judgements) -> Vec<VoteRow> {
    let blank = |context: &Context, arm: &str| VoteRow {
        version,
        rater_id: raters[context.rater_idx].rater_id.clone(),
        simulated: raters[context.rater_idx].simulated,
        task_id: context.task_id.clone(),
        place: context.place,
        question_id: material.questions[context.question_idx].question_id.clone(),
        arm: arm.to_owned(),
        role: String::new(),
        repeat_of: String::new(),
        left: String::new(),
        right: String::new(),
        degree: None,
        item_id: String::new(),
        request_grade: None,
        person_grade: None,
        at: context.at,
        dwell_ms: context.dwell_ms,
        too_fast: context.too_fast,
    };
    let pairs = judgements.pairs.iter().map(|pair| {
        let (role, repeat_of) = match &pair.role {
            PairRole::Real => ("real", ""),
            PairRole::Aa => ("aa", ""),
            PairRole::Attention { .. } => ("attention", ""),
            PairRole::Repeat { of } => ("repeat", of.as_str()),
        };
        VoteRow {
            role: role.to_owned(),
            repeat_of: repeat_of.to_owned(),
            left: pair.left.clone(),
            right: pair.right.clone(),
            degree: Some(pair.choice.degree()),
            ..blank(&pair.context, "pair")
        }
    });
    let items = judgements.grades.iter().flat_map(|task| {
        let (role, repeat_of) = match &task.role {
            GradeRole::Real => ("real", ""),
            GradeRole::Repeat { of } => ("repeat", of.as_str()),
        };
        let own = task.grades.iter().map(move |grade| (grade, role));
        let strange = task.attention.iter().map(|grade| (grade, "attention"));
        own.chain(strange).map(move |(grade, role)| VoteRow {
            role: role.to_owned(),
            repeat_of: repeat_of.to_owned(),
            item_id: grade.item_id.clone(),
            request_grade: Some(grade.request),
            person_grade: grade.person,
            ..blank(&task.context, "grade")
        })
    });
    pairs.chain(items).collect()
}

/// Writes the raw votes as CSV with a header.
///
/// # Errors
/// If it cannot be written.
pub fn write_votes(rows: &[VoteRow], out: impl Write) -> Result<(), ExportError> {
    let mut writer = csv::WriterBuilder::new().has_headers(false).from_writer(out);
    writer.write_record(VOTE_COLUMNS)?;
    for row in rows {
        writer.serialize(row)?;
    }
    writer.flush()?;
    Ok(())
}

/// The columns of the raw votes, which are there without votes, too.
pub const VOTE_COLUMNS: [&str; 18] = [
    "version",
    "rater_id",
    "simulated",
    "task_id",
    "place",
    "question_id",
    "arm",
    "role",
    "repeat_of",
    "left",
    "right",
    "degree",
    "item_id",
    "request_grade",
    "person_grade",
    "at",
    "dwell_ms",
    "too_fast",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;
    use crate::task::TaskBody;

    #[test]
    fn a_plan_reads_back_to_the_same_fingerprint() {
        let (design, material) = (sample::design(&["a", "b"]), sample::material(30, &["a", "b"], 5));
        let version = Version::first(&design, &material);
        let plan = StudyPlan { format: PLAN_FORMAT, version, design, material };
        let mut out = Vec::new();
        write_plan(&plan, &mut out).expect("written");
        let read: StudyPlan = serde_json::from_slice(&out).expect("JSON");
        assert_eq!(read, plan);
        assert_eq!(read.design.fingerprint(&read.material), read.version.fingerprint);
    }

    /// Judgements of three raters: everything with grade 0, 1 and 3.
    fn with_judgements(test: impl FnOnce(&Material, &[Rater], &Judgements)) {
        let (mut design, material) = (sample::design(&["a", "b"]), sample::material(30, &["a", "b"], 5));
        design.arms.pairs = None;
        design.primary =
            crate::design::Primary::GradedNdcg { system: "a".into(), against: "b".into(), fit: Fit::Request };
        design.stopping.rule = crate::design::StoppingRule::Judgements;
        design.tasks_per_rater = 30;
        let assignment = Assignment::new(&design, &material).expect("a good study");
        let (mut raters, mut answers) = (Vec::new(), Vec::new());
        for (number, grade) in [0, 1, 3].into_iter().enumerate() {
            let rater_id = format!("r{number}");
            for task in assignment.tasks_of(number) {
                let TaskBody::Grade(body) = &task.body else { panic!("a graded task") };
                answers.push(sample::answer(&rater_id, &task, sample::grades(body, |_| grade)));
            }
            raters.push(Rater { rater_id, number, simulated: false });
        }
        let journal = Journal::ended(&raters, &answers);
        test(&material, &raters, &Judgements::read(&assignment, 1, journal));
    }

    #[test]
    fn qrels_have_the_median_of_each_item_and_nothing_strange() {
        with_judgements(|material, _, judgements| {
            let mut out = Vec::new();
            write_qrels(material, judgements, Fit::Request, &mut out).expect("written");
            let text = String::from_utf8(out).expect("UTF-8");
            let n_items: usize = material.questions.iter().map(|question| question.pool(5).len()).sum();
            assert_eq!(text.lines().count(), n_items);
            assert_eq!(text.lines().next(), Some("q000 0 i000-00 1"));
            assert!(text.lines().all(|line| line.ends_with(" 1") && line.split(' ').count() == 4));
            let mut spaced = material.clone();
            spaced.questions[0].question_id = "q 0\u{a0}%".into();
            let mut out = Vec::new();
            write_qrels(&spaced, judgements, Fit::Request, &mut out).expect("written");
            let text = String::from_utf8(out).expect("UTF-8");
            assert!(text.contains("q%200%C2%A0%25 0 i000-00 1\n"), "{text}");
            assert!(text.lines().all(|line| line.split_whitespace().count() == 4));
        });
    }

    #[test]
    fn raw_votes_read_back_and_have_a_header_without_votes() {
        with_judgements(|material, raters, judgements| {
            let rows = vote_rows(material, 1, raters, judgements);
            assert!(rows.iter().any(|row| row.role == "repeat") && rows.iter().any(|row| row.role == "attention"));
            let mut out = Vec::new();
            write_votes(&rows, &mut out).expect("written");
            let read: Result<Vec<VoteRow>, _> = csv::Reader::from_reader(out.as_slice()).deserialize().collect();
            assert_eq!(read.expect("CSV"), rows);
            let mut empty = Vec::new();
            write_votes(&[], &mut empty).expect("written");
            assert_eq!(String::from_utf8(empty).expect("UTF-8").trim(), VOTE_COLUMNS.join(","));
        });
    }
}

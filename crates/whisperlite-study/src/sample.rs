//! Small studies for the tests.

use std::collections::BTreeMap;

use crate::answer::{Answer, ItemGrade, Response};
use crate::design::*;
use crate::material::{Frequency, Material, Question, Shopper, Stratum, Warmth};
use crate::task::{GradeTask, Task};

/// Pairs and grades, each system with each.
pub(crate) fn design(systems: &[&str]) -> Design {
    let system = |place: usize| systems[place].to_owned();
    Design {
        format: DESIGN_FORMAT,
        name: "a study".to_owned(),
        seed: 7,
        systems: systems.iter().map(|&name| name.to_owned()).collect(),
        k: 5,
        arms: Arms {
            pairs: Some(PairArm {
                comparisons: Comparisons::All,
                aa_per_rater: 2,
                attention_per_rater: 2,
                min_dwell_ms: 1500,
            }),
            grades: Some(GradeArm { depth: 5, attention_per_rater: 1, min_dwell_ms_per_item: 400 }),
            interleaving: None,
        },
        primary: Primary::WinRate { system: system(0), against: system(1) },
        stopping: Stopping { rule: StoppingRule::DecisiveVotes, planned: 97 },
        raters_per_item: 3,
        tasks_per_rater: 20,
        repeated_share: 0.2,
        exclusion: Exclusion { min_attention_passed: 0.5, max_too_fast: 0.5 },
    }
}

/// Questions with lists of `k` items; neighbours in the list of one question are shared between systems.
pub(crate) fn material(n_questions: usize, systems: &[&str], k: usize) -> Material {
    let question = |number: usize| {
        let list = |place: usize| (0..k).map(|rank| format!("i{number:03}-{:02}", rank + 2 * place)).collect();
        let is_warm = number.is_multiple_of(2);
        Question {
            question_id: format!("q{number:03}"),
            request: format!("request {number}"),
            shopper: is_warm.then(|| Shopper { user_id: format!("u{number}"), history: vec![format!("h{number}")] }),
            stratum: Stratum {
                frequency: [Frequency::Head, Frequency::Torso, Frequency::Tail][number % 3],
                shopper: if is_warm { Warmth::Warm } else { Warmth::Cold },
            },
            lists: systems
                .iter()
                .enumerate()
                .map(|(at, &name)| (name.to_owned(), list(at)))
                .collect::<BTreeMap<_, _>>(),
            chosen: vec![format!("i{number:03}-00")],
        }
    };
    Material { questions: (0..n_questions).map(question).collect() }
}

pub(crate) fn answer(rater_id: &str, task: &Task, response: Response) -> Answer {
    Answer {
        rater_id: rater_id.to_owned(),
        version: 1,
        task_id: task.task_id.clone(),
        place: task.place,
        at: 1_700_000_000 + task.place as i64,
        dwell_ms: 20_000,
        response,
    }
}

/// Grades of all items, for request and person the same.
pub(crate) fn grades(task: &GradeTask, of: impl Fn(&str) -> u8) -> Response {
    let grade = |item: &String| ItemGrade {
        item_id: item.clone(),
        request: of(item),
        person: task.asks_person.then(|| of(item)),
    };
    Response::Grade { grades: task.items.iter().map(grade).collect() }
}

//! What does a person read? An analysis as one web page that needs nothing else: no script, no font, no picture from anywhere.
//!
//! Every name that comes from outside is escaped.

mod parts;

use crate::analysis::{Analysis, PrimaryResult, RaterQuality, Results, Verdict};
use crate::design::Primary;
use crate::statistics::{Agreement, Estimate, Interval};
use crate::stopping::Progress;

const STYLE: &str = include_str!("style.css");

/// The whole page.
pub fn html(analysis: &Analysis) -> String {
    let title = format!("{}: what people say", escaped(&analysis.name));
    let sections = [
        head(analysis),
        decision(analysis),
        parts::results(&analysis.results, "All answers of the raters who stay"),
        others(analysis),
        parts::raters(analysis),
        missing(analysis),
        method(analysis),
    ];
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{title}</title>\n\
         <style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n{}</main>\n</body>\n</html>\n",
        sections.concat()
    )
}

/// A text without a meaning for HTML.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn head(analysis: &Analysis) -> String {
    let mark = match analysis.simulated {
        true => {
            "<p class=\"mark\">Simulated: programs answered, not people. Nothing here says anything about people.</p>\n"
        }
        false => "",
    };
    let n_answering = analysis.raters.iter().filter(|rater| rater.n_answers > 0).count();
    let Progress { planned, reached, after } = analysis.progress;
    let judgements = match after {
        0 => format!("{reached} of {planned} planned"),
        after => format!("{reached} of {planned} planned, and {after} after the end"),
    };
    format!(
        "<header>\n<p class=\"kicker\">WhisperLite study</p>\n<h1>{}</h1>\n{mark}<dl class=\"facts\">\n{}{}{}{}</dl>\n</header>\n",
        escaped(&analysis.name),
        fact("Version", &format!("{} ({}…)", analysis.version.number, &analysis.version.fingerprint[..12])),
        fact("Judgements", &judgements),
        fact("Raters who answered", &n_answering.to_string()),
        fact("Left out", &analysis.raters.iter().filter(|rater| !rater.excluded.is_empty()).count().to_string()),
    )
}

fn fact(name: &str, value: &str) -> String {
    format!("<div><dt>{}</dt><dd>{}</dd></div>\n", escaped(name), escaped(value))
}

fn decision(analysis: &Analysis) -> String {
    let PrimaryResult { measure, equal, estimate, verdict, n_raters_left_out } = &analysis.primary;
    let (system, against) = measure.systems();
    let (system, against) = (escaped(system), escaped(against));
    let said = match verdict {
        Verdict::Unfinished => "The planned number is not reached: this study decides nothing.".to_owned(),
        Verdict::Better => format!("<b>{system}</b> is better than <b>{against}</b>."),
        Verdict::Worse => format!("<b>{against}</b> is better than <b>{system}</b>."),
        Verdict::Undecided => "Neither is shown to be better.".to_owned(),
    };
    let name = match measure {
        Primary::WinRate { .. } => "Win rate",
        Primary::GradedNdcg { .. } => "Difference of NDCG by people's grades",
        Primary::InterleavingDelta { .. } => "Interleaving delta",
    };
    let figure = estimate.as_ref().map_or_else(String::new, |estimate| {
        format!("<p class=\"figure\">{}</p>\n{}", with_interval(estimate), scale(estimate, *equal))
    });
    let basis = match (verdict, analysis.progress.after) {
        (Verdict::Unfinished, _) => String::new(),
        (_, after) => format!(
            "<p>By what was said until the planned number was reached, without {n_raters_left_out} raters whom the declared rule leaves out. \
             {after} answers or picks came later, and are not in it.</p>\n"
        ),
    };
    format!(
        "<section>\n<h2>What decides</h2>\n<p class=\"lead\">{said}</p>\n<p>{name} of {system} against {against}, declared before the first answer; \
         equal systems have {equal}.</p>\n{figure}{basis}</section>\n"
    )
}

/// `.612 [.540, .680], p = .0031`.
fn with_interval(estimate: &Estimate) -> String {
    let p = estimate.p.map_or_else(String::new, |p| format!(", p = {p:.4}"));
    format!("{}{}{p}", number(estimate.value), interval(estimate.interval))
}

fn interval(interval: Option<Interval>) -> String {
    interval.map_or_else(String::new, |Interval { low, high }| format!(" [{}, {}]", number(low), number(high)))
}

fn agreement(found: Option<&Agreement>) -> String {
    found.map_or_else(|| "–".to_owned(), |found| format!("{}{}", number(found.value), interval(found.interval)))
}

fn number(value: f64) -> String {
    format!("{value:.3}")
}

/// The interval on a line, beside what equal systems have.
fn scale(estimate: &Estimate, equal: f64) -> String {
    let Some(Interval { low, high }) = estimate.interval else { return String::new() };
    let reach =
        [low - equal, high - equal, estimate.value - equal].into_iter().fold(0.05f64, |most, far| most.max(far.abs()))
            * 1.15;
    let x = |value: f64| 300.0 + (value - equal) / reach * 290.0;
    format!(
        "<svg viewBox=\"0 0 600 44\" role=\"img\" aria-label=\"from {} to {}, where equal systems have {equal}\">\
         <line x1=\"300\" y1=\"2\" x2=\"300\" y2=\"42\" class=\"equal\"/>\
         <line x1=\"{:.1}\" y1=\"22\" x2=\"{:.1}\" y2=\"22\" class=\"range\"/><circle cx=\"{:.1}\" cy=\"22\" r=\"7\"/></svg>\n",
        number(low),
        number(high),
        x(low),
        x(high),
        x(estimate.value),
    )
}

fn others(analysis: &Analysis) -> String {
    let Results { pairs, grades, interleaving } = &analysis.results_of_all;
    let any_left_out = analysis.raters.iter().any(|rater: &RaterQuality| !rater.excluded.is_empty());
    match any_left_out && (pairs.is_some() || grades.is_some() || interleaving.is_some()) {
        true => parts::results(&analysis.results_of_all, "All answers of all raters, for comparison"),
        false => String::new(),
    }
}

fn missing(analysis: &Analysis) -> String {
    if analysis.missing.is_empty() {
        return String::new();
    }
    let lines: String = analysis.missing.iter().map(|line| format!("<li>{}</li>\n", escaped(line))).collect();
    format!("<section>\n<h2>What cannot be said yet</h2>\n<ul>\n{lines}</ul>\n</section>\n")
}

fn method(analysis: &Analysis) -> String {
    let left_out = &analysis.left_out;
    let others: usize = left_out.other_versions.values().sum();
    format!(
        "<section>\n<h2>How it is computed</h2>\n<p>Intervals hold 95 %. What decides is a mean over raters and requests with a variance that counts both as drawn \
         from many (two-way clusters, Cameron, Gelbach and Miller 2011). The exact sign test beside it takes votes for independent, which they are not where raters have \
         tastes. NDCG by grades takes each rater's own grades as gains. Agreement: Krippendorff's alpha for ordered grades, Fleiss' kappa for categories.</p>\n\
         <p>Answers that do not count: {others} to other versions, {} changed later, {} of raters who are not there any more, {} that fit no task. \
         {} raters had everything of theirs erased.</p>\n\
         <p>Fingerprint of everything that was fixed: <code>{}</code></p>\n</section>\n",
        left_out.replaced,
        left_out.unknown_rater,
        left_out.unfitting,
        analysis.n_forgotten,
        escaped(&analysis.version.fingerprint),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::analyse;
    use crate::assignment::Assignment;
    use crate::design::Design;
    use crate::judgements::Journal;
    use crate::sample;
    use crate::task::TaskBody;
    use crate::version::Version;
    use crate::{Choice, Rater, Response};

    fn analysis(design: &Design, n_raters: usize, simulated: bool) -> Analysis {
        let systems: Vec<&str> = design.systems.iter().map(String::as_str).collect();
        let material = sample::material(30, &systems, 5);
        let assignment = Assignment::new(design, &material).expect("a good study");
        let rater = |number| Rater { rater_id: format!("r<{number}>"), number, simulated };
        let raters: Vec<Rater> = (0..n_raters).map(rater).collect();
        let answers: Vec<_> = raters
            .iter()
            .flat_map(|rater| {
                let said = |task: &crate::Task| match &task.body {
                    TaskBody::Pair(_) => Response::Pair { choice: Choice::ALL[(task.place + rater.number) % 5] },
                    TaskBody::Grade(grade) => sample::grades(grade, |item| (item.len() + rater.number) as u8 % 4),
                };
                let tasks = assignment.tasks_of(rater.number);
                tasks.iter().map(|task| sample::answer(&rater.rater_id, task, said(task))).collect::<Vec<_>>()
            })
            .collect();
        let journal = Journal::ended(&raters, &answers);
        analyse(&assignment, &Version::first(design, &material), journal)
    }

    #[test]
    fn a_page_says_everything_and_escapes_names() {
        let mut design = sample::design(&["<ours>", "theirs & others"]);
        design.exclusion.min_attention_passed = 1.0;
        let page = html(&analysis(&design, 6, false));
        for said in [
            "&lt;ours&gt;",
            "theirs &amp; others",
            "r&lt;0&gt;",
            "Win rate",
            "Krippendorff",
            "All answers of all raters",
        ] {
            assert!(page.contains(said), "{said}");
        }
        for never in ["<ours>", "NaN", "inf", "r<0>", "Simulated"] {
            assert!(!page.contains(never), "{never}");
        }
    }

    #[test]
    fn a_study_without_answers_says_what_is_missing() {
        let page = html(&analysis(&sample::design(&["a", "b"]), 0, false));
        assert!(page.contains("decides nothing") && page.contains("What cannot be said yet") && !page.contains("NaN"));
    }

    #[test]
    fn what_programs_answered_is_marked() {
        assert!(html(&analysis(&sample::design(&["a", "b"]), 3, true)).contains("Simulated: programs answered"));
    }
}

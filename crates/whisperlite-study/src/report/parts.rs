//! The tables of a report.

use super::{agreement, escaped, interval, number, with_interval};
use crate::analysis::{
    Analysis, ComparisonResult, Correlation, ExclusionReason, GradesResult, InterleavingResult, PairsResult,
    RaterQuality, Results,
};
use crate::design::Fit;
use crate::statistics::{Estimate, SignTest};

/// What each arm says.
pub(super) fn results(results: &Results, title: &str) -> String {
    let arms = [
        results.pairs.as_ref().map(pairs),
        results.grades.as_ref().map(grades),
        results.interleaving.as_ref().map(interleaving),
    ];
    format!("<section>\n<h2>{title}</h2>\n{}</section>\n", arms.into_iter().flatten().collect::<String>())
}

/// Nothing without rows.
fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let head: String = head.iter().map(|name| format!("<th scope=\"col\">{name}</th>")).collect();
    let cells = |row: &Vec<String>| row.iter().map(|cell| format!("<td>{cell}</td>")).collect::<String>();
    let rows: String = rows.iter().map(|row| format!("<tr>{}</tr>\n", cells(row))).collect();
    format!("<div class=\"wide\"><table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table></div>\n")
}

fn estimate(found: Option<&Estimate>) -> String {
    found.map_or_else(|| "–".to_owned(), with_interval)
}

fn sign_test(found: Option<&SignTest>) -> String {
    let said = |test: &SignTest| {
        format!("{} : {}{}, p = {:.4}", test.n_wins, test.n_losses, interval(Some(test.interval)), test.p)
    };
    found.map_or_else(|| "–".to_owned(), said)
}

fn correlation(found: Option<&Correlation>) -> String {
    let said = |found: &Correlation| {
        format!("ρ {}{} on {}", number(found.spearman), interval(found.spearman_interval), found.n_questions)
    };
    found.map_or_else(|| "–".to_owned(), said)
}

fn pairs(pairs: &PairsResult) -> String {
    let row = |found: &ComparisonResult| {
        vec![
            format!("{} | {}", escaped(&found.system), escaped(&found.against)),
            votes(found),
            estimate(found.win_rate.as_ref()),
            sign_test(found.sign_test.as_ref()),
            found.n_same_lists.to_string(),
            correlation(found.offline.as_ref()),
        ]
    };
    let rows: Vec<Vec<String>> = pairs.comparisons.iter().map(row).collect();
    let head = ["Systems", "Votes", "Win rate", "As if independent", "Same lists", "With offline NDCG"];
    let aa = &pairs.aa;
    format!(
        "<h3>Side by side</h3>\n{}<dl class=\"facts\">\n{}{}{}{}</dl>\n",
        table(&head, &rows),
        figure("Krippendorff's alpha", &agreement(pairs.alpha.as_ref())),
        figure("Fleiss' kappa", &agreement(pairs.kappa.as_ref())),
        figure("The left list wins", &estimate(pairs.side_bias.left_rate.as_ref())),
        figure("The same list twice", &format!("{} of {} ties; {}", aa.n_ties, aa.n, sign_test(aa.sign_test.as_ref()))),
    )
}

/// The five answers as a bar, from the second system by far to the first by far.
fn votes(found: &ComparisonResult) -> String {
    let total: usize = found.votes.iter().sum();
    if total == 0 {
        return "–".to_owned();
    }
    let mut from = 0.0;
    let bars: String = found
        .votes
        .iter()
        .enumerate()
        .rev()
        .map(|(place, votes)| {
            let width = *votes as f64 / total as f64 * 200.0;
            from += width;
            format!("<rect class=\"v{place}\" x=\"{:.1}\" y=\"0\" width=\"{width:.1}\" height=\"14\"/>", from - width)
        })
        .collect();
    let counts: Vec<String> = found.votes.iter().rev().map(usize::to_string).collect();
    format!("<svg class=\"votes\" viewBox=\"0 0 200 14\" aria-hidden=\"true\">{bars}</svg>{}", counts.join(" · "))
}

fn figure(name: &str, value: &str) -> String {
    format!("<div><dt>{name}</dt><dd>{value}</dd></div>\n")
}

fn grades(grades: &GradesResult) -> String {
    let fits: String = grades
        .fits
        .iter()
        .map(|found| {
            let title = match found.fit {
                Fit::Request => "Does it fit the request?",
                Fit::Person => "Does it fit the person?",
            };
            let systems: Vec<Vec<String>> =
                found.systems.iter().map(|one| vec![escaped(&one.system), estimate(one.ndcg.as_ref())]).collect();
            let differences: Vec<Vec<String>> = found
                .differences
                .iter()
                .map(|one| {
                    let t_test =
                        one.t_test.as_ref().map_or_else(|| "–".to_owned(), |test| format!("p = {:.4}", test.p));
                    vec![
                        format!("{} − {}", escaped(&one.system), escaped(&one.against)),
                        estimate(one.difference.as_ref()),
                        t_test,
                        correlation(one.offline.as_ref()),
                    ]
                })
                .collect();
            format!(
                "<h3>{title}</h3>\n{}{}<dl class=\"facts\">\n{}{}</dl>\n",
                table(&["System", &format!("NDCG@{}", grades.depth)], &systems),
                table(&["Difference", "NDCG", "Paired t, by question", "With offline NDCG"], &differences),
                figure("Krippendorff's alpha", &agreement(found.alpha.as_ref())),
                figure("Fleiss' kappa", &agreement(found.kappa.as_ref())),
            )
        })
        .collect();
    fits
}

fn interleaving(found: &InterleavingResult) -> String {
    let row = vec![
        format!("{} | {}", escaped(&found.system), escaped(&found.against)),
        found.n_shown.to_string(),
        found.n_picked.to_string(),
        found.n_wins.zip(found.n_losses).map_or_else(|| "–".to_owned(), |(wins, losses)| format!("{wins} : {losses}")),
        estimate(found.delta.as_ref()),
        sign_test(found.sign_test.as_ref()),
    ];
    let head = ["Systems", "Mixed lists", "With a pick", "Won : lost", "Delta", "As if independent"];
    format!("<h3>Mixed in the shop</h3>\n{}", table(&head, &[row]))
}

/// Each rater's care.
pub(super) fn raters(analysis: &Analysis) -> String {
    if analysis.raters.is_empty() {
        return String::new();
    }
    let part = |n: usize, of: usize| if of == 0 { "–".to_owned() } else { format!("{n} of {of}") };
    let share = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), number);
    let row = |rater: &RaterQuality| {
        let reasons: Vec<&str> = rater
            .excluded
            .iter()
            .map(|reason| match reason {
                ExclusionReason::Attention => "attention",
                ExclusionReason::TooFast => "too fast",
            })
            .collect();
        vec![
            format!("{}{}", escaped(&rater.rater_id), if rater.simulated { " (simulated)" } else { "" }),
            rater.n_answers.to_string(),
            part(rater.n_attention_passed, rater.n_attention),
            part(rater.n_consistent, rater.n_repeated),
            rater.n_too_fast.to_string(),
            rater.median_dwell_ms.map_or_else(|| "–".to_owned(), |ms| format!("{:.1} s", ms as f64 / 1e3)),
            share(rater.pair_agreement),
            share(rater.grade_agreement),
            reasons.join(", "),
        ]
    };
    let rows: Vec<Vec<String>> = analysis.raters.iter().map(row).collect();
    let head = [
        "Rater",
        "Answers",
        "Attention",
        "The same again",
        "Too fast",
        "Median time",
        "Votes as others",
        "Grades as others",
        "Left out for",
    ];
    format!("<section>\n<h2>Raters</h2>\n{}</section>\n", table(&head, &rows))
}

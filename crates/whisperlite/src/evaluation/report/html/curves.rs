//! Line charts: metrics by cutoff, and the training.

use super::tables::display_name;
use super::{Escaped, words};
use crate::evaluation::report::{SystemReport, Table, TrainingEpoch};
use crate::metrics::{CUTOFFS, Metric};

/// Systems drawn in colour: the best ones, ours always among them. The others stay grey.
const N_COLOURED: usize = 6;

/// NDCG and Recall of every system at every cutoff.
pub(super) fn by_cutoff(table: &Table) -> String {
    if table.systems.is_empty() {
        return String::new();
    }
    let systems = coloured_first(table);
    let chart = |metric: Metric| {
        let lines = systems.iter().enumerate().map(|(position, system)| {
            let value = |&k: &usize| system.metric(&metric.at(k)).map_or(0.0, |estimate| estimate.mean);
            Line { name: &system.name, class: line_class(position), values: CUTOFFS.iter().map(value).collect() }
        });
        Chart {
            title: format!("{} by cutoff", display_name(metric)),
            description: format!("One line per system over the cutoffs {CUTOFFS:?}; all values are in the tables."),
            x_title: "cutoff k (places looked at)",
            x_labels: CUTOFFS.map(|k| k.to_string()).to_vec(),
            lines: lines.collect(),
        }
        .svg()
    };
    format!(
        "<section aria-labelledby=\"curves\">\n<h2 id=\"curves\">Curves by cutoff</h2>\n\
         <p>How the systems compare when more places are looked at, in discovery.</p>\n\
         <div class=\"charts\">\n{}{}</div>\n{}</section>\n",
        chart(Metric::Ndcg),
        chart(Metric::Recall),
        legend(&systems),
    )
}

/// The training loss and the validation metric, epoch by epoch; nothing where nothing was trained.
pub(super) fn training(epochs: &[TrainingEpoch]) -> String {
    let best = epochs.iter().max_by(|a, b| a.validation_ndcg_at_10.total_cmp(&b.validation_ndcg_at_10));
    let Some(best) = best else { return String::new() };
    let chart = |title: &str, value: fn(&TrainingEpoch) -> f64| {
        Chart {
            title: title.to_owned(),
            description: format!("{title} after each of {} epochs.", epochs.len()),
            x_title: "epoch",
            x_labels: epochs.iter().map(|epoch| epoch.epoch.to_string()).collect(),
            lines: vec![Line { name: title, class: line_class(0), values: epochs.iter().map(value).collect() }],
        }
        .svg()
    };
    format!(
        "<section aria-labelledby=\"training\">\n<h2 id=\"training\">Training</h2>\n\
         <p>Validation NDCG@10 was highest, {}, after epoch {} of {}.</p>\n<div class=\"charts\">\n{}{}</div>\n</section>\n",
        words::value(best.validation_ndcg_at_10),
        best.epoch,
        epochs.len(),
        chart("Training loss", |epoch| epoch.loss),
        chart("Validation NDCG@10", |epoch| epoch.validation_ndcg_at_10),
    )
}

/// Ours, then the others, best first.
fn coloured_first(table: &Table) -> Vec<&SystemReport> {
    let ours = table.ours();
    let others = table.ranked_systems().into_iter().filter(|system| ours.is_none_or(|ours| ours.name != system.name));
    ours.into_iter().chain(others).collect()
}

fn line_class(position: usize) -> String {
    if position < N_COLOURED { format!("line line-{position}") } else { "line line-other".to_owned() }
}

fn legend(systems: &[&SystemReport]) -> String {
    let entry = |class: String, name: &str| {
        let swatch = "<svg viewBox=\"0 0 32 10\" aria-hidden=\"true\" focusable=\"false\">";
        format!("<li>{swatch}<path class=\"{class}\" d=\"M1 5H31\"/></svg> {}</li>\n", Escaped(name))
    };
    let coloured = systems.iter().take(N_COLOURED).enumerate();
    let mut entries: String = coloured.map(|(position, system)| entry(line_class(position), &system.name)).collect();
    if systems.len() > N_COLOURED {
        let n_others = systems.len() - N_COLOURED;
        entries.push_str(&entry(line_class(N_COLOURED), &format!("{n_others} other systems")));
    }
    format!("<ul class=\"legend\">\n{entries}</ul>\n")
}

/// A chart with evenly spaced places on the x axis and zero at the bottom of the y axis.
struct Chart<'a> {
    title: String,
    description: String,
    x_title: &'a str,
    x_labels: Vec<String>,
    lines: Vec<Line<'a>>,
}

struct Line<'a> {
    name: &'a str,
    class: String,
    values: Vec<f64>,
}

/// The drawing's own coordinates; the page scales them.
const WIDTH: f64 = 480.0;
const HEIGHT: f64 = 300.0;
const LEFT: f64 = 52.0;
const RIGHT: f64 = 466.0;
const TOP: f64 = 40.0;
const BOTTOM: f64 = 252.0;

impl Chart<'_> {
    fn svg(&self) -> String {
        let id = self.title.to_lowercase().replace(|c: char| !c.is_ascii_alphanumeric(), "-");
        // The first line is the most important one and is drawn last, on top of the others.
        let lines: String = self.lines.iter().rev().map(|line| self.path(line)).collect();
        format!(
            "<svg class=\"chart\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-labelledby=\"{id}-title {id}-desc\">\n\
             <title id=\"{id}-title\">{title}</title>\n<desc id=\"{id}-desc\">{}</desc>\n\
             <text class=\"chart-title\" x=\"0\" y=\"18\">{title}</text>\n{}{}{lines}</svg>\n",
            Escaped(&self.description),
            self.y_axis(),
            self.x_axis(),
            title = Escaped(&self.title),
        )
    }

    fn path(&self, line: &Line) -> String {
        let points: Vec<(f64, f64)> =
            line.values.iter().enumerate().map(|(position, &value)| (self.x(position), self.y(value))).collect();
        let steps: Vec<String> = points.iter().map(|(x, y)| format!("{x:.1} {y:.1}")).collect();
        let dots: String =
            points.iter().map(|(x, y)| format!("<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"2.6\"/>")).collect();
        let (class, name) = (&line.class, Escaped(line.name));
        format!("<g class=\"{class}\"><title>{name}</title><path d=\"M{}\"/>{dots}</g>\n", steps.join("L"))
    }

    fn x(&self, position: usize) -> f64 {
        let gaps = (self.x_labels.len().max(2) - 1) as f64;
        LEFT + 8.0 + position as f64 / gaps * (RIGHT - LEFT - 16.0)
    }

    fn y(&self, value: f64) -> f64 {
        BOTTOM - value / self.top_value() * (BOTTOM - TOP)
    }

    fn top_value(&self) -> f64 {
        let values = self.lines.iter().flat_map(|line| &line.values).copied();
        round_up(values.fold(0.0, f64::max))
    }

    fn y_axis(&self) -> String {
        let top = self.top_value();
        let decimals = (2.0 - top.log10().floor()).clamp(0.0, 5.0) as usize;
        let tick = |part: u32| {
            let value = top * f64::from(part) / 4.0;
            let y = self.y(value);
            let (x, baseline) = (LEFT - 6.0, y + 4.0);
            format!(
                "<path class=\"grid\" d=\"M{LEFT} {y:.1}H{RIGHT}\"/>\
                 <text class=\"tick\" x=\"{x}\" y=\"{baseline:.1}\" text-anchor=\"end\">{value:.decimals$}</text>\n"
            )
        };
        (0..=4).map(tick).collect()
    }

    fn x_axis(&self) -> String {
        // Long runs of epochs get a label at every so many places only.
        let every = self.x_labels.len().div_ceil(12).max(1);
        let shown = self.x_labels.iter().enumerate().step_by(every);
        let labels: String = shown
            .map(|(position, label)| {
                let (x, y) = (self.x(position), BOTTOM + 18.0);
                format!(
                    "<text class=\"tick\" x=\"{x:.1}\" y=\"{y}\" text-anchor=\"middle\">{}</text>\n",
                    Escaped(label)
                )
            })
            .collect();
        let (middle, below) = (f64::midpoint(LEFT, RIGHT), BOTTOM + 38.0);
        let title = Escaped(self.x_title);
        format!("{labels}<text class=\"tick\" x=\"{middle}\" y=\"{below}\" text-anchor=\"middle\">{title}</text>\n")
    }
}

/// The next number of the form 1, 1.2, 1.6, 2, 2.4, 3.2, 4, 6, 8 × a power of ten, whose quarters are round too.
fn round_up(value: f64) -> f64 {
    if value <= 0.0 {
        return 1.0;
    }
    let power = 10f64.powf(value.log10().floor());
    let steps = [1.0, 1.2, 1.6, 2.0, 2.4, 3.2, 4.0, 6.0, 8.0, 10.0];
    power * steps.into_iter().find(|step| step * power >= value).unwrap_or(10.0)
}

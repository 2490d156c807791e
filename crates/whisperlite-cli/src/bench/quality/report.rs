//! One report of all results: `quality.md` for people, `quality.json` for machines.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::Context;
use serde::Serialize;
use whisperlite::evaluation::seeds::{AcrossSeeds, PerQuery, SystemAcrossSeeds};
use whisperlite::evaluation::statistics::{Estimate, Resampling};
use whisperlite::whole_file::write_whole;

use super::measure::{Results, Size};
use super::plan::{Dataset, Plan, Variant};

pub(super) const MARKDOWN: &str = "quality.md";
const JSON: &str = "quality.json";
/// Our joint model's name in every table.
const OURS: &str = "whisperlite";
/// The best tuned blend's.
const BLEND: &str = "blend";

/// What was measured so far.
#[derive(Serialize)]
pub(super) struct QualityReport {
    datasets: Vec<DatasetReport>,
    /// Trainings of the plan that have no results yet.
    missing: usize,
}

/// The tables of one data set.
#[derive(Serialize)]
struct DatasetReport {
    name: String,
    requests: String,
    size: Size,
    machines: Vec<String>,
    seeds: Vec<u64>,
    /// The first variant beside all rivals.
    discovery: AcrossSeeds,
    repeats: AcrossSeeds,
    /// The first variant beside the others; absent where no other was measured.
    variants: Option<AcrossSeeds>,
    trainings: Vec<Training>,
    /// What the blend of the first seed adds up.
    blend: String,
}

/// How a variant trained.
#[derive(Serialize)]
struct Training {
    variant: String,
    n_seeds: usize,
    /// The longest of the seeds.
    secs_at_most: f64,
    resident_at_most_bytes: Option<u64>,
    best_epochs: Vec<usize>,
    /// Mean over the seeds.
    validation_ndcg: f64,
}

impl QualityReport {
    /// Reads the results of a plan.
    pub(super) fn of(plan: &Plan, out: &Path) -> anyhow::Result<Self> {
        let (mut datasets, mut missing) = (Vec::new(), 0);
        for dataset in &plan.dataset {
            let mut of_variants = Vec::new();
            for variant in &plan.variant {
                let results = results(plan, dataset, variant, out)?;
                missing += plan.seeds.len() - results.len();
                of_variants.push(results);
            }
            if of_variants.first().is_some_and(|first| !first.is_empty()) {
                let report = DatasetReport::of(dataset, &of_variants);
                datasets.push(report.with_context(|| format!("data set `{}`", dataset.name))?);
            }
        }
        Ok(Self { datasets, missing })
    }

    /// Writes both files.
    pub(super) fn write(&self, out: &Path) -> anyhow::Result<()> {
        let text = self.markdown()?;
        let cannot = |name: &str| format!("cannot write {}", out.join(name).display());
        write_whole(&out.join(MARKDOWN), |file| file.write_all(text.as_bytes())).with_context(|| cannot(MARKDOWN))?;
        write_whole(&out.join(JSON), |file| Ok(serde_json::to_writer_pretty(file, self)?)).with_context(|| cannot(JSON))
    }

    /// One line for each data set.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        for DatasetReport { name, discovery, seeds, .. } in &self.datasets {
            let [ours, blend] = [OURS, BLEND].map(|system| {
                discovery.system(system).map_or_else(|| "–".to_owned(), |system| format!("{:.4}", system.ndcg.mean))
            });
            let _ = writeln!(text, "{name}: NDCG@10 {ours}, best blend {blend}, {} seeds", seeds.len());
        }
        if self.missing > 0 {
            let _ = write!(text, "{} trainings of the plan have no results yet", self.missing);
        }
        text
    }

    fn markdown(&self) -> Result<String, std::fmt::Error> {
        let mut text = String::from("# Quality\n\n");
        writeln!(
            text,
            "Test part, whole catalogue ranked, mean over seeds and queries with 95 % bootstrap intervals over people. *Discovery*: only \
             items new to the person count. `p`: sign flips by person, Holm-corrected over the table.\n"
        )?;
        if self.missing > 0 {
            writeln!(text, "{} trainings of the plan have no results yet.\n", self.missing)?;
        }
        for dataset in &self.datasets {
            dataset.markdown(&mut text)?;
        }
        Ok(text)
    }
}

/// The results of a variant that are there.
fn results(plan: &Plan, dataset: &Dataset, variant: &Variant, out: &Path) -> anyhow::Result<Vec<Results>> {
    let read = |&seed: &u64| Results::read(&Results::path(out, &dataset.name, &variant.name, seed)).transpose();
    plan.seeds.iter().filter_map(read).collect()
}

impl DatasetReport {
    /// The tables of one data set, of which the first variant was measured; `of_variants` in the plan's order.
    fn of(dataset: &Dataset, of_variants: &[Vec<Results>]) -> anyhow::Result<Self> {
        let first = &of_variants[0];
        let resampling = Resampling::new(first[0].seed);
        let tables =
            |of: fn(&Results) -> &PerQuery| AcrossSeeds::new(&first.iter().map(of).collect::<Vec<_>>(), &resampling);
        let others: Vec<&Results> = of_variants[1..].iter().flatten().collect();
        let variants = match others.is_empty() {
            true => None,
            false => {
                let alone: Vec<PerQuery> = first.iter().map(|results| joint_alone(&results.discovery)).collect();
                let all: Vec<&PerQuery> = alone.iter().chain(others.iter().map(|results| &results.discovery)).collect();
                Some(AcrossSeeds::new(&all, &resampling)?)
            }
        };
        let mut machines: Vec<String> = of_variants.iter().flatten().map(|results| results.machine.clone()).collect();
        machines.sort_unstable();
        machines.dedup();
        Ok(Self {
            name: dataset.name.clone(),
            requests: serde_json::to_string(&dataset.requests)?,
            size: first[0].size.clone(),
            machines,
            seeds: first.iter().map(|results| results.seed).collect(),
            discovery: tables(|results| &results.discovery)?,
            repeats: tables(|results| &results.repeats)?,
            variants,
            trainings: of_variants
                .iter()
                .filter(|results| !results.is_empty())
                .map(|results| training(results))
                .collect(),
            blend: first[0].blend.clone(),
        })
    }

    fn markdown(&self, text: &mut String) -> std::fmt::Result {
        let Size { items, users, events, requests } = self.size;
        writeln!(text, "## {}\n", self.name)?;
        writeln!(
            text,
            "{items} items, {users} users, {events} events, {requests} requests ({}); seeds {:?}.",
            self.requests, self.seeds
        )?;
        writeln!(text, "Measured on: {}.\n", self.machines.join("; "))?;
        table(text, "Discovery", &self.discovery)?;
        table(text, "With repeats", &self.repeats)?;
        slices(text, &self.discovery)?;
        if let Some(variants) = &self.variants {
            table(text, "Variants, discovery", variants)?;
        }
        writeln!(
            text,
            "| training | seeds | longest | most memory | best epochs | validation NDCG@10 |\n|---|---|---|---|---|---|"
        )?;
        for training in &self.trainings {
            let memory = training
                .resident_at_most_bytes
                .map_or("unknown".to_owned(), |bytes| format!("{:.2} GB", bytes as f64 / 1e9));
            let Training { variant, n_seeds, secs_at_most, best_epochs, validation_ndcg, .. } = training;
            writeln!(
                text,
                "| {variant} | {n_seeds} | {secs_at_most:.0} s | {memory} | {best_epochs:?} | {validation_ndcg:.4} |"
            )?;
        }
        writeln!(text, "\nBlend of the first seed: {}\n", self.blend)
    }
}

fn training(results: &[Results]) -> Training {
    Training {
        variant: results[0].variant.clone(),
        n_seeds: results.len(),
        secs_at_most: results.iter().map(|results| results.training_secs).fold(0.0, f64::max),
        resident_at_most_bytes: results.iter().filter_map(|results| results.resident_at_most_bytes).max(),
        best_epochs: results.iter().map(|results| results.best_epoch).collect(),
        validation_ndcg: results.iter().map(|results| results.validation_ndcg).sum::<f64>() / results.len() as f64,
    }
}

/// A training's joint model without its rivals.
fn joint_alone(values: &PerQuery) -> PerQuery {
    let systems = values.systems.iter().take(1).cloned().collect();
    PerQuery { people: values.people.clone(), slices: values.slices.clone(), systems }
}

fn table(text: &mut String, heading: &str, table: &AcrossSeeds) -> std::fmt::Result {
    writeln!(text, "**{heading}** ({} queries by {} people)\n", table.queries, table.people)?;
    writeln!(
        text,
        "| system | NDCG@10 | Recall@10 | lowest to highest seed | ours − it | p (Holm) |\n|---|---|---|---|---|---|"
    )?;
    let mut systems: Vec<&SystemAcrossSeeds> = table.systems.iter().collect();
    systems.sort_by(|a, b| b.ndcg.mean.total_cmp(&a.ndcg.mean));
    for system in systems {
        let (low, high) =
            system.by_seed.iter().fold((f64::MAX, f64::MIN), |(low, high), &value| (low.min(value), high.max(value)));
        let by_seed = if system.by_seed.len() > 1 { format!("{low:.4} to {high:.4}") } else { String::new() };
        let (difference, p) = match table.comparison_with(&system.name) {
            None => (String::new(), String::new()),
            Some(of) => {
                let estimate = Estimate { mean: of.difference, low: of.low, high: of.high };
                (interval(&estimate), if of.p_holm < 0.001 { "< .001".to_owned() } else { format!("{:.3}", of.p_holm) })
            }
        };
        let (ndcg, recall) = (interval(&system.ndcg), format!("{:.4}", system.recall.mean));
        writeln!(text, "| {} | {ndcg} | {recall} | {by_seed} | {difference} | {p} |", system.name)?;
    }
    writeln!(text)
}

fn slices(text: &mut String, table: &AcrossSeeds) -> std::fmt::Result {
    if table.slices.is_empty() {
        return Ok(());
    }
    writeln!(text, "**Parts of the discovery queries**, NDCG@10\n")?;
    let names = table.slices.iter().map(|slice| format!(" {} ({}) |", slice.name, slice.queries));
    writeln!(text, "| system |{}\n|---|{}", names.collect::<String>(), "---|".repeat(table.slices.len()))?;
    for (place, system) in table.systems.iter().enumerate() {
        let values = table.slices.iter().map(|slice| format!(" {:.4} |", slice.ndcg[place].mean));
        writeln!(text, "| {} |{}", system.name, values.collect::<String>())?;
    }
    writeln!(text)
}

fn interval(estimate: &Estimate) -> String {
    format!("{:.4} [{:.4}, {:.4}]", estimate.mean, estimate.low, estimate.high)
}

//! What is measured: data sets, variants of the training, seeds; written in a TOML file.

use std::path::Path;

use anyhow::{Context, bail, ensure};
use serde::{Deserialize, Serialize};
use whisperlite::catalog::RequestSource;
use whisperlite::catalog::import::Format;
use whisperlite::trainer::TrainConfig;

/// The plan that comes with the program.
const OWN: &str = include_str!("../../../../../configs/plans/quality.toml");

/// A plan as it is written.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Plan {
    /// Name or folder of the encoder.
    pub(super) encoder: String,
    /// Each training is done once with each.
    pub(super) seeds: Vec<u64>,
    pub(super) dataset: Vec<Dataset>,
    /// The first is measured beside all rivals; the others differ from it in something.
    pub(super) variant: Vec<Variant>,
}

/// One data set.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Dataset {
    /// Name in the report.
    pub(super) name: String,
    /// Folder below that of the data.
    pub(super) folder: String,
    /// Layout of its files.
    pub(super) from: Format,
    /// Where its requests come from.
    pub(super) requests: RequestSource,
    #[serde(default)]
    pub(super) train: toml::Table,
}

/// One way of training.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Variant {
    pub(super) name: String,
    /// What differs from the defaults and from the data set's own settings.
    #[serde(default)]
    pub(super) train: toml::Table,
}

impl Plan {
    /// Reads a plan, or takes the program's own.
    pub(super) fn read(path: Option<&Path>) -> anyhow::Result<Self> {
        let (text, name) = match path {
            None => (OWN.to_owned(), "the plan that comes with the program".to_owned()),
            Some(path) => {
                let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
                (text, path.display().to_string())
            }
        };
        let plan: Self = toml::from_str(&text).with_context(|| format!("{name} is no plan of a benchmark"))?;
        plan.check().with_context(|| format!("{name} cannot be carried out"))?;
        Ok(plan)
    }

    fn check(&self) -> anyhow::Result<()> {
        ensure!(!self.seeds.is_empty(), "`seeds` is empty: name at least one");
        let first = self.variant.first().context("there is no [[variant]]: name at least one")?;
        ensure!(!self.dataset.is_empty(), "there is no [[dataset]]: name at least one");
        let datasets = self.dataset.iter().map(|dataset| dataset.name.as_str());
        let variants = self.variant.iter().map(|variant| variant.name.as_str());
        for mut names in [datasets.collect::<Vec<_>>(), variants.collect()] {
            names.sort_unstable();
            if let Some(twice) = names.windows(2).find(|pair| pair[0] == pair[1]) {
                bail!("two are named `{}`: give each a name of its own", twice[0]);
            }
        }
        for dataset in &self.dataset {
            for variant in &self.variant {
                dataset.config(variant, self.seeds[0]).with_context(|| {
                    format!("variant `{}` of data set `{}` (`{}` is the first)", variant.name, dataset.name, first.name)
                })?;
            }
        }
        Ok(())
    }

    /// Leaves only what was asked for; nothing asked for leaves everything.
    pub(super) fn only(
        mut self,
        datasets: &[String],
        variants: &[String],
        n_seeds: Option<usize>,
    ) -> anyhow::Result<Self> {
        let known: Vec<&str> = self.dataset.iter().map(|dataset| dataset.name.as_str()).collect();
        check_known("data set", datasets, &known)?;
        let known: Vec<&str> = self.variant.iter().map(|variant| variant.name.as_str()).collect();
        check_known("variant", variants, &known)?;
        self.dataset.retain(|dataset| datasets.is_empty() || datasets.contains(&dataset.name));
        self.variant.retain(|variant| variants.is_empty() || variants.contains(&variant.name));
        self.seeds.truncate(n_seeds.unwrap_or(usize::MAX));
        Ok(self)
    }
}

fn check_known(what: &str, asked: &[String], known: &[&str]) -> anyhow::Result<()> {
    match asked.iter().find(|name| !known.contains(&name.as_str())) {
        None => Ok(()),
        Some(name) => bail!("there is no {what} `{name}` in the plan; there are: {}", known.join(", ")),
    }
}

impl Dataset {
    /// The configuration of one training.
    pub(super) fn config(&self, variant: &Variant, seed: u64) -> anyhow::Result<TrainConfig> {
        let mut settings = self.train.clone();
        merge(&mut settings, &variant.train);
        let mut config: TrainConfig = toml::Value::Table(settings).try_into()?;
        config.name.clone_from(&variant.name);
        config.seed = seed;
        config.check()?;
        Ok(config)
    }
}

/// Puts `over` on top of `settings`, table by table.
fn merge(settings: &mut toml::Table, over: &toml::Table) {
    for (key, value) in over {
        match (settings.get_mut(key), value) {
            (Some(toml::Value::Table(below)), toml::Value::Table(above)) => merge(below, above),
            _ => {
                settings.insert(key.clone(), value.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_programs_own_plan_is_whole() {
        let plan = Plan::read(None).unwrap();
        assert_eq!(plan.seeds.len(), 5);
        assert_eq!(plan.variant[0].name, "best");
        let config = plan.dataset[0].config(&plan.variant[0], 7).unwrap();
        assert_eq!((config.seed, config.name.as_str()), (7, "best"));
    }

    #[test]
    fn a_variant_lies_on_top_of_its_data_set() {
        let dataset = Dataset {
            name: "films".to_owned(),
            folder: "films".to_owned(),
            from: Format::Tables,
            requests: RequestSource::Column,
            train: "[optimizer]\nmax_epochs = 7\nbatch_size = 32".parse().unwrap(),
        };
        let variant = Variant {
            name: "short".to_owned(),
            train: "[optimizer]\nmax_epochs = 1\n[loss]\nbce = 0.0".parse().unwrap(),
        };
        let config = dataset.config(&variant, 1).unwrap();
        assert_eq!((config.optimizer.max_epochs, config.optimizer.batch_size, config.loss.bce), (1, 32, 0.0));
        let wrong = Variant { name: "wrong".to_owned(), train: "[loss]\nbcee = 0.0".parse().unwrap() };
        assert!(dataset.config(&wrong, 1).unwrap_err().to_string().contains("bcee"));
    }

    #[test]
    fn what_the_plan_does_not_have_is_named() {
        let error = Plan::read(None).unwrap().only(&["flims".to_owned()], &[], None).unwrap_err().to_string();
        assert!(error.contains("`flims`") && error.contains("hetrec-movies"), "{error}");
    }
}

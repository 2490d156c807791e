//! What is visible when: which events teach, which choose, which test.
//!
//! Everything that is counted or learned takes an explicit list of *visible events* and a moment, and this module is
//! the only place that makes such lists for measurements. So "nothing of the test period reaches a statistic" is
//! decided here, once.
//!
//! Not for: queries and judgements (see `evaluation::protocol`).

use serde::{Deserialize, Serialize};

use super::{Catalog, TimeKind};

/// How to divide the events, as written in a configuration file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SplitConfig {
    /// Where the lines run. When absent: [`SplitRule::global_time`] for Unix time, [`SplitRule::LeaveLastOut`] where
    /// the source kept only the order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<SplitRule>,
    /// Only users with at least this many events in the whole store are asked about; everybody trains.
    pub min_events_per_test_user: usize,
}

impl Default for SplitConfig {
    fn default() -> Self {
        Self { rule: None, min_events_per_test_user: 1 }
    }
}

/// Where the lines between training, validation and test run.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum SplitRule {
    /// The same two moments for everybody: quantiles of the event timestamps.
    GlobalTime {
        /// Share of the events before the first moment.
        train: f64,
        /// Share of the events between the two moments.
        valid: f64,
    },
    /// Each user's last event is for testing, the one before for validation. Users with fewer than three events train.
    LeaveLastOut,
}

impl SplitRule {
    /// The default for Unix time: 80 % training, 10 % validation, 10 % test.
    pub fn global_time() -> Self {
        Self::GlobalTime { train: 0.8, valid: 0.1 }
    }

    fn default_for(time_kind: TimeKind) -> Self {
        match time_kind {
            TimeKind::Unix => Self::global_time(),
            TimeKind::Order => Self::LeaveLastOut,
        }
    }
}

/// One of the two parts that queries are asked from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// For choosing: early stopping, parameters, blend weights.
    Valid,
    /// For reporting, once.
    Test,
}

/// Why the events cannot be divided as asked.
#[derive(Debug, thiserror::Error, PartialEq)]
pub enum SplitError {
    /// Users cannot be compared in time.
    #[error(
        "a global time split needs timestamps, but `{dataset}` keeps only the order of each user's events: \
         use `kind = \"leave_last_out\"`, or leave the rule out"
    )]
    OrderOnly {
        /// Name of the data set.
        dataset: String,
    },
    /// The shares leave no room for one of the parts.
    #[error("the shares train = {train} and valid = {valid} must be above 0 and sum to less than 1")]
    Shares {
        /// Share of the training part.
        train: f64,
        /// Share of the validation part.
        valid: f64,
    },
    /// One part has no events.
    #[error(
        "the {part} part of `{dataset}` has no events ({n_events} events in all): events of one moment stay together, \
         so choose other shares, a lower `min_events_per_test_user`, or a larger store"
    )]
    EmptyPart {
        /// The part without events.
        part: &'static str,
        /// Name of the data set.
        dataset: String,
        /// How many events the store has.
        n_events: usize,
    },
}

/// The events that may be known when a question is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visible {
    /// Indices into [`Catalog::events`], ascending.
    pub events: Vec<u32>,
    /// The moment from which one looks back: no visible event is at or after it under a global time split.
    pub now: i64,
}

impl Visible {
    /// All that a store knows: what serving sees.
    pub fn everything(catalog: &Catalog) -> Self {
        Self::after_last(catalog, (0u32..).take(catalog.events.len()).collect())
    }

    fn after_last(catalog: &Catalog, events: Vec<u32>) -> Self {
        let last = events.iter().map(|&e| catalog.events[e as usize].timestamp).max();
        Self { events, now: last.map_or(0, |t| t.saturating_add(1)) }
    }
}

/// The events of a catalog, divided. Each list is ascending, and each event is in exactly one of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Split {
    /// The rule that was followed.
    pub rule: SplitRule,
    /// Events to learn from.
    pub train: Vec<u32>,
    /// Events to choose by.
    pub valid: Vec<u32>,
    /// Events to report on.
    pub test: Vec<u32>,
    valid_now: i64,
    test_now: i64,
    asked_users: Vec<bool>,
}

impl Split {
    /// Divides the events of `catalog`.
    pub fn new(catalog: &Catalog, config: &SplitConfig) -> Result<Self, SplitError> {
        let rule = config.rule.unwrap_or_else(|| SplitRule::default_for(catalog.info.time_kind));
        let asked_users: Vec<bool> =
            events_per_user(catalog).into_iter().map(|n| n >= config.min_events_per_test_user).collect();
        let split = match rule {
            SplitRule::GlobalTime { train, valid } => global_time(catalog, rule, train, valid, asked_users)?,
            SplitRule::LeaveLastOut => leave_last_out(catalog, asked_users),
        };
        split.check_parts(catalog)?;
        Ok(split)
    }

    /// The events of users that are asked about in `part`, ascending.
    pub fn asked_events<'a>(&'a self, catalog: &'a Catalog, part: Part) -> impl Iterator<Item = u32> + 'a {
        let events = self.events_of(part).iter().copied();
        events.filter(|&e| self.asks(catalog.events[e as usize].user_idx))
    }

    /// Whether a user is asked about.
    pub fn asks(&self, user_idx: u32) -> bool {
        self.asked_users[user_idx as usize]
    }

    /// All events of `part`, also those of users who are not asked about, ascending.
    pub fn events_of(&self, part: Part) -> &[u32] {
        match part {
            Part::Valid => &self.valid,
            Part::Test => &self.test,
        }
    }

    /// What may be counted and learned from before the queries of `part` are answered: training events for
    /// validation, training and validation events for the test.
    pub fn visible_for(&self, part: Part) -> Visible {
        match part {
            Part::Valid => Visible { events: self.train.clone(), now: self.valid_now },
            Part::Test => {
                let mut events = [self.train.as_slice(), self.valid.as_slice()].concat();
                events.sort_unstable();
                Visible { events, now: self.test_now }
            }
        }
    }

    /// The same split once everything is chosen: validation events teach, too, and nothing is left to choose by.
    pub fn learning_from_validation(&self) -> Self {
        Self { train: self.visible_for(Part::Test).events, valid: Vec::new(), ..self.clone() }
    }

    fn check_parts(&self, catalog: &Catalog) -> Result<(), SplitError> {
        let empty = |part| SplitError::EmptyPart {
            part,
            dataset: catalog.info.dataset.clone(),
            n_events: catalog.events.len(),
        };
        if self.train.is_empty() {
            return Err(empty("training"));
        }
        for (part, name) in [(Part::Valid, "validation"), (Part::Test, "test")] {
            if self.asked_events(catalog, part).next().is_none() {
                return Err(empty(name));
            }
        }
        Ok(())
    }
}

fn events_per_user(catalog: &Catalog) -> Vec<usize> {
    let mut counts = vec![0; catalog.n_users()];
    for event in &catalog.events {
        counts[event.user_idx as usize] += 1;
    }
    counts
}

fn global_time(
    catalog: &Catalog,
    rule: SplitRule,
    train: f64,
    valid: f64,
    asked_users: Vec<bool>,
) -> Result<Split, SplitError> {
    if catalog.info.time_kind == TimeKind::Order {
        return Err(SplitError::OrderOnly { dataset: catalog.info.dataset.clone() });
    }
    if !(train > 0.0 && valid > 0.0 && train + valid < 1.0) {
        return Err(SplitError::Shares { train, valid });
    }
    let n_events = catalog.events.len();
    let moment_at = |share: f64| {
        let place = (share * n_events as f64) as usize;
        catalog.events.get(place).map_or(0, |event| event.timestamp)
    };
    let (valid_now, test_now) = (moment_at(train), moment_at(train + valid));
    let before = |moment| catalog.events.partition_point(|event| event.timestamp < moment) as u32;
    let (train_end, valid_end) = (before(valid_now), before(test_now));
    Ok(Split {
        rule,
        train: (0..train_end).collect(),
        valid: (train_end..valid_end).collect(),
        test: (valid_end..n_events as u32).collect(),
        valid_now,
        test_now,
        asked_users,
    })
}

/// Users who are not asked about keep all their events for training: nothing of theirs is held out.
fn leave_last_out(catalog: &Catalog, asked_users: Vec<bool>) -> Split {
    const FEWEST_EVENTS: usize = 3;
    let mut left = events_per_user(catalog);
    let held_out: Vec<bool> = left.iter().zip(&asked_users).map(|(&n, &asked)| asked && n >= FEWEST_EVENTS).collect();
    let (mut train, mut valid, mut test) = (Vec::new(), Vec::new(), Vec::new());
    for (event_idx, event) in (0u32..).zip(&catalog.events) {
        let user = event.user_idx as usize;
        left[user] -= 1;
        match (held_out[user], left[user]) {
            (true, 0) => test.push(event_idx),
            (true, 1) => valid.push(event_idx),
            _ => train.push(event_idx),
        }
    }
    let after = |events: &[&[u32]]| Visible::after_last(catalog, events.concat()).now;
    let (valid_now, test_now) = (after(&[&train]), after(&[&train, &valid]));
    Split { rule: SplitRule::LeaveLastOut, train, valid, test, valid_now, test_now, asked_users }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::sample::{catalog_of, click};

    fn unix(events: &[(u32, i64)]) -> Catalog {
        let events = events.iter().map(|&(user, time)| click(user, 0, None, time)).collect();
        catalog_of(TimeKind::Unix, 3, 2, &[], events)
    }

    fn with_rule(rule: SplitRule) -> SplitConfig {
        SplitConfig { rule: Some(rule), ..SplitConfig::default() }
    }

    #[test]
    fn equal_timestamps_fall_on_one_side() {
        let catalog = unix(&[(0, 1), (0, 2), (0, 3), (0, 3), (0, 3), (0, 3), (0, 4), (0, 4), (0, 5), (0, 6)]);
        let split = Split::new(&catalog, &with_rule(SplitRule::GlobalTime { train: 0.5, valid: 0.2 })).unwrap();
        // The event at place 5 has timestamp 3, so all four events of that moment are on the later side.
        assert_eq!(split.train, [0, 1]);
        assert_eq!(split.valid, [2, 3, 4, 5]);
        assert_eq!(split.test, [6, 7, 8, 9]);
        assert_eq!(split.visible_for(Part::Valid), Visible { events: vec![0, 1], now: 3 });
        assert_eq!(split.visible_for(Part::Test), Visible { events: (0..6).collect(), now: 4 });
    }

    #[test]
    fn nothing_visible_is_at_or_after_now() {
        let times: Vec<(u32, i64)> = (0..50).map(|t| (t % 3, i64::from(t / 4))).collect();
        let catalog = unix(&times);
        let split = Split::new(&catalog, &SplitConfig::default()).unwrap();
        for part in [Part::Valid, Part::Test] {
            let visible = split.visible_for(part);
            assert!(visible.events.iter().all(|&e| catalog.events[e as usize].timestamp < visible.now));
            assert!(split.events_of(part).iter().all(|&e| catalog.events[e as usize].timestamp >= visible.now));
        }
    }

    #[test]
    fn users_with_few_events_train_but_are_not_asked_about() {
        let catalog = unix(&[(0, 1), (1, 2), (0, 3), (1, 4), (0, 5), (2, 6), (0, 7), (2, 8), (0, 9), (2, 10)]);
        let rule = Some(SplitRule::GlobalTime { train: 0.4, valid: 0.3 });
        let split = Split::new(&catalog, &SplitConfig { rule, min_events_per_test_user: 4 }).unwrap();
        assert_eq!(split.valid, [4, 5, 6]);
        assert_eq!(split.asked_events(&catalog, Part::Valid).collect::<Vec<_>>(), [4, 6]);
        assert_eq!(split.asked_events(&catalog, Part::Test).collect::<Vec<_>>(), [8]);
        assert!(split.visible_for(Part::Test).events.contains(&5));
    }

    #[test]
    fn leave_last_out_holds_out_the_last_two_of_each_user() {
        let events = vec![
            click(0, 0, None, 0),
            click(0, 1, None, 1),
            click(0, 2, None, 2),
            click(1, 0, None, 0),
            click(1, 1, None, 1),
        ];
        let catalog = catalog_of(TimeKind::Order, 2, 3, &[], events);
        let split = Split::new(&catalog, &SplitConfig::default()).unwrap();
        assert_eq!(split.rule, SplitRule::LeaveLastOut);
        assert_eq!(
            (split.train.as_slice(), split.valid.as_slice(), split.test.as_slice()),
            (&[0, 3, 4][..], &[1][..], &[2][..])
        );
        assert_eq!(split.visible_for(Part::Test).events, [0, 1, 3, 4]);
    }

    #[test]
    fn global_time_over_mere_order_is_refused() {
        let catalog = catalog_of(TimeKind::Order, 1, 1, &[], vec![click(0, 0, None, 0); 1]);
        let error = Split::new(&catalog, &with_rule(SplitRule::global_time())).unwrap_err();
        assert_eq!(error, SplitError::OrderOnly { dataset: "sample".to_owned() });
        assert!(error.to_string().contains("leave_last_out"));
    }

    #[test]
    fn impossible_shares_and_empty_parts_are_refused() {
        let catalog = unix(&[(0, 1), (0, 1), (0, 1), (0, 2)]);
        for (train, valid) in [(0.9, 0.1), (0.0, 0.5), (f64::NAN, 0.1), (0.5, -0.1)] {
            let error = Split::new(&catalog, &with_rule(SplitRule::GlobalTime { train, valid })).unwrap_err();
            assert!(matches!(error, SplitError::Shares { .. }), "{train} {valid}: {error}");
        }
        let error = Split::new(&catalog, &SplitConfig::default()).unwrap_err();
        assert!(matches!(error, SplitError::EmptyPart { part: "validation", n_events: 4, .. }), "{error}");
    }

    #[test]
    fn the_configuration_reads_from_toml() {
        let text = "min_events_per_test_user = 5\nrule = { kind = \"global_time\", train = 0.7, valid = 0.2 }";
        let config: SplitConfig = toml::from_str(text).unwrap();
        let rule = Some(SplitRule::GlobalTime { train: 0.7, valid: 0.2 });
        assert_eq!(config, SplitConfig { rule, min_events_per_test_user: 5 });
        assert_eq!(toml::from_str::<SplitConfig>("").unwrap(), SplitConfig::default());
        assert!(toml::from_str::<SplitConfig>("min_event = 5").is_err());
    }
}

//! How much an item is wanted, of all time and of late, and how old it is.

use crate::catalog::{Catalog, TimeKind};

use super::positive_events;

/// Events per item, each counted fully or by its age.
#[derive(Debug, Clone, PartialEq)]
pub struct Popularity {
    counts: Vec<f32>,
}

impl Popularity {
    /// Every visible event counts 1.
    pub fn all_time(catalog: &Catalog, visible: &[u32]) -> Self {
        Self::weighted(catalog, visible, |_| 1.0)
    }

    /// A visible event counts ½ per `half_life_secs` of its age at `now`.
    ///
    /// Where the source kept only the order of each user's events there is no age, and every event counts 1.
    pub fn recent(catalog: &Catalog, visible: &[u32], now: i64, half_life_secs: f64) -> Self {
        match catalog.info.time_kind {
            TimeKind::Order => Self::all_time(catalog, visible),
            TimeKind::Unix => Self::weighted(catalog, visible, |timestamp| {
                let age_secs = (now as f64 - timestamp as f64).max(0.0);
                (-age_secs / half_life_secs).exp2()
            }),
        }
    }

    /// `[n_items]`: the counts.
    pub fn counts(&self) -> &[f32] {
        &self.counts
    }

    /// `[n_items]`: `ln(1 + count / mean count)`, the scale on which popularity is comparable with other scores.
    pub fn log_scale(&self) -> Vec<f32> {
        let total: f64 = self.counts.iter().copied().map(f64::from).sum();
        let mean = total / self.counts.len().max(1) as f64;
        if mean <= 0.0 {
            return vec![0.0; self.counts.len()];
        }
        self.counts.iter().map(|&count| (f64::from(count) / mean).ln_1p() as f32).collect()
    }

    /// Sums in f64, so that old and new events can stand beside each other.
    fn weighted(catalog: &Catalog, visible: &[u32], weight_at: impl Fn(i64) -> f64) -> Self {
        let mut sums = vec![0.0f64; catalog.n_items()];
        for event in positive_events(catalog, visible) {
            sums[event.item_idx as usize] += weight_at(event.timestamp);
        }
        Self { counts: sums.into_iter().map(|sum| sum as f32).collect() }
    }
}

/// When each item was chosen for the first time; `None` for items that nobody chose yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemTimes {
    first: Vec<Option<i64>>,
}

impl ItemTimes {
    /// Looks through the visible events.
    pub fn build(catalog: &Catalog, visible: &[u32]) -> Self {
        let mut first: Vec<Option<i64>> = vec![None; catalog.n_items()];
        for event in positive_events(catalog, visible) {
            let first = &mut first[event.item_idx as usize];
            *first = Some(first.map_or(event.timestamp, |before| before.min(event.timestamp)));
        }
        Self { first }
    }

    /// When the item was first chosen.
    pub fn first_seen(&self, item_idx: u32) -> Option<i64> {
        self.first[item_idx as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::EventType;
    use crate::catalog::sample::{catalog_of, click};

    fn sample(time_kind: TimeKind) -> Catalog {
        let mut events =
            vec![click(0, 0, None, 0), click(0, 1, None, 10), click(0, 0, None, 20), click(0, 1, None, 30)];
        events[1].event_type = EventType::Impression;
        catalog_of(time_kind, 1, 3, &[], events)
    }

    #[test]
    fn counts_visible_positive_events() {
        let catalog = sample(TimeKind::Unix);
        assert_eq!(Popularity::all_time(&catalog, &[0, 1, 2]).counts(), [2.0, 0.0, 0.0]);
    }

    #[test]
    fn recent_demand_halves_with_age() {
        let catalog = sample(TimeKind::Unix);
        let recent = Popularity::recent(&catalog, &[0, 1, 2, 3], 40, 20.0);
        let expected = [0.25 + 0.5, 0.5f32.sqrt(), 0.0];
        for (got, expected) in recent.counts().iter().zip(expected) {
            assert!((got - expected).abs() < 1e-6, "{got} {expected}");
        }
    }

    #[test]
    fn without_timestamps_recent_is_all_time() {
        let catalog = sample(TimeKind::Order);
        assert_eq!(Popularity::recent(&catalog, &[0, 2, 3], 40, 1.0), Popularity::all_time(&catalog, &[0, 2, 3]));
    }

    #[test]
    fn the_log_scale_is_finite_and_keeps_the_order() {
        let catalog = sample(TimeKind::Unix);
        let scale = Popularity::all_time(&catalog, &[0, 2, 3]).log_scale();
        assert!(scale[0] > scale[1] && scale[1] > scale[2] && scale[2] == 0.0);
        assert_eq!(Popularity::all_time(&catalog, &[]).log_scale(), [0.0; 3]);
    }

    #[test]
    fn item_times_are_the_first_choice() {
        let times = ItemTimes::build(&sample(TimeKind::Unix), &[2, 0, 1]);
        assert_eq!((times.first_seen(0), times.first_seen(1)), (Some(0), None));
    }
}

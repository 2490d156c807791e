//! What the numbers of a time column mean, which only the whole column tells.

use super::options::TimeChoice;
use crate::catalog::error::{Fault, ImportError, RowProblem};
use crate::catalog::formats::Moment;
use crate::catalog::types::TimeKind;

/// Below this, bare numbers are an order: as Unix seconds they would lie in the first months of 1970.
const FIRST_UNIX: i64 = 10_000_000;

/// Watches the times of one import.
pub(super) struct TimeWatch {
    choice: TimeChoice,
    stored: Option<TimeKind>,
    largest_number: Option<i64>,
    any_instant: bool,
}

impl TimeWatch {
    /// `stored` is the kind of the events that are already there.
    pub(super) fn new(choice: TimeChoice, stored: Option<TimeKind>) -> Self {
        Self { choice, stored, largest_number: None, any_instant: false }
    }

    /// Notes a moment and says its timestamp.
    pub(super) fn timestamp(&mut self, moment: Moment) -> Result<i64, Fault> {
        match moment {
            Moment::Unix(_) if self.choice == TimeChoice::As(TimeKind::Order) => Err(RowProblem::DateInOrder.into()),
            Moment::Unix(seconds) => {
                self.any_instant = true;
                Ok(seconds)
            }
            Moment::Number(number) => {
                self.largest_number = self.largest_number.max(Some(number));
                Ok(number)
            }
        }
    }

    /// The kind of all times; `None` if there were none.
    pub(super) fn kind(&self) -> Result<Option<TimeKind>, ImportError> {
        let numbers = self.largest_number.map(|largest| match self.choice {
            TimeChoice::As(kind) => kind,
            TimeChoice::Detect if largest < FIRST_UNIX => TimeKind::Order,
            TimeChoice::Detect => TimeKind::Unix,
        });
        let instants = self.any_instant.then_some(TimeKind::Unix);
        let mismatch = |found, expected, expected_by| Err(ImportError::TimeMismatch { found, expected, expected_by });
        match (numbers, instants, self.stored) {
            (Some(found), Some(expected), _) if found != expected => {
                mismatch(found, expected, "other files or rows have")
            }
            (Some(found), _, Some(expected)) if found != expected => mismatch(found, expected, "the store has"),
            (_, Some(found), Some(expected)) if found != expected => mismatch(found, expected, "the store has"),
            _ => Ok(numbers.or(instants)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(choice: TimeChoice, stored: Option<TimeKind>, moments: &[Moment]) -> Result<Option<TimeKind>, ImportError> {
        let mut watch = TimeWatch::new(choice, stored);
        for &moment in moments {
            watch.timestamp(moment).unwrap();
        }
        watch.kind()
    }

    #[test]
    fn small_numbers_are_an_order_unless_told_otherwise() {
        use Moment::{Number, Unix};
        let detect = TimeChoice::Detect;
        assert_eq!(kind(detect, None, &[]).unwrap(), None);
        assert_eq!(kind(detect, None, &[Number(0), Number(9_999_999)]).unwrap(), Some(TimeKind::Order));
        assert_eq!(kind(detect, None, &[Number(0), Number(10_000_000)]).unwrap(), Some(TimeKind::Unix));
        assert_eq!(kind(detect, None, &[Unix(5)]).unwrap(), Some(TimeKind::Unix));
        assert_eq!(kind(TimeChoice::As(TimeKind::Unix), None, &[Number(3)]).unwrap(), Some(TimeKind::Unix));
        assert_eq!(kind(TimeChoice::As(TimeKind::Unix), None, &[Number(3), Unix(5)]).unwrap(), Some(TimeKind::Unix));
    }

    #[test]
    fn two_kinds_do_not_mix() {
        use Moment::{Number, Unix};
        let detect = TimeChoice::Detect;
        assert!(kind(detect, None, &[Number(3), Unix(1_400_000_000)]).is_err());
        assert!(kind(detect, Some(TimeKind::Unix), &[Number(3)]).is_err());
        assert!(kind(detect, Some(TimeKind::Order), &[Unix(3)]).is_err());
        assert_eq!(kind(detect, Some(TimeKind::Order), &[Number(3)]).unwrap(), Some(TimeKind::Order));
        let mut ordered = TimeWatch::new(TimeChoice::As(TimeKind::Order), None);
        assert!(ordered.timestamp(Unix(3)).is_err());
    }
}

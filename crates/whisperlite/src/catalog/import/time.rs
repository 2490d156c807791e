//! What the numbers of a time column mean, which only the whole column tells.

use jiff::civil::{Date, date};
use jiff::tz::TimeZone;

use super::options::TimeChoice;
use crate::catalog::error::{Fault, ImportError, RowProblem};
use crate::catalog::formats::Moment;
use crate::catalog::types::TimeKind;

/// Below this, bare numbers are an order: as Unix seconds they would lie in the first months of 1970.
const FIRST_UNIX: i64 = 10_000_000;

/// Eight digits are a date only if it lies between these. As Unix seconds they would be three weeks of August 1970, which
/// no shop has.
const DATES_IN_DIGITS: (Date, Date) = (date(1900, 1, 1), date(2100, 12, 31));

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
                in_calendar(seconds)
            }
            Moment::Number(order) if self.choice == TimeChoice::As(TimeKind::Order) => {
                self.largest_number = self.largest_number.max(Some(order));
                Ok(order)
            }
            Moment::Number(number) => match date_in_digits(number) {
                Some(seconds) => {
                    self.any_instant = true;
                    Ok(seconds)
                }
                None => {
                    self.largest_number = self.largest_number.max(Some(number));
                    in_calendar(number)
                }
            },
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

/// The beginning of the day, if the digits of the number are a date such as 20200131.
fn date_in_digits(number: i64) -> Option<i64> {
    let (year, month, day) = (number / 10_000, number / 100 % 100, number % 100);
    let day = Date::new(year.try_into().ok()?, month.try_into().ok()?, day.try_into().ok()?).ok()?;
    let (first, last) = DATES_IN_DIGITS;
    let day = (first <= day && day <= last).then_some(day)?;
    Some(day.to_zoned(TimeZone::UTC).ok()?.timestamp().as_second())
}

/// Refuses seconds that no calendar has, such as microseconds.
fn in_calendar(seconds: i64) -> Result<i64, Fault> {
    match jiff::Timestamp::from_second(seconds) {
        Ok(_) => Ok(seconds),
        Err(_) => Err(RowProblem::BeyondCalendar { seconds }.into()),
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
    fn eight_digits_that_are_a_date_are_that_date() {
        use Moment::Number;
        for choice in [TimeChoice::Detect, TimeChoice::As(TimeKind::Unix)] {
            let mut watch = TimeWatch::new(choice, None);
            assert_eq!(watch.timestamp(Number(20_200_101)), Ok(1_577_836_800));
            assert_eq!(watch.timestamp(Number(19_691_231)), Ok(-86_400));
            assert_eq!(watch.kind().unwrap(), Some(TimeKind::Unix));
        }
        let detect = TimeChoice::Detect;
        for seconds in [20_201_301, 20_200_230, 20_200_100, 30_000_101, 120_200_101, -20_200_101] {
            assert_eq!(TimeWatch::new(detect, None).timestamp(Number(seconds)), Ok(seconds), "no date");
        }
        let order = TimeChoice::As(TimeKind::Order);
        assert_eq!(TimeWatch::new(order, None).timestamp(Number(20_200_101)), Ok(20_200_101));
        assert!(kind(detect, None, &[Number(0), Number(20_200_101)]).is_err(), "a date among 0, 1, 2 …");
        assert!(kind(detect, Some(TimeKind::Order), &[Number(20_200_101)]).is_err());
    }

    #[test]
    fn seconds_beyond_the_year_9999_are_refused() {
        use Moment::{Number, Unix};
        let (last, beyond) = (253_402_207_200, 253_402_300_800);
        for moment in [Unix as fn(i64) -> Moment, Number] {
            let timestamp = |seconds| TimeWatch::new(TimeChoice::Detect, None).timestamp(moment(seconds));
            assert_eq!(timestamp(last), Ok(last));
            for seconds in [beyond, i64::MAX, i64::MIN] {
                assert_eq!(timestamp(seconds), Err(RowProblem::BeyondCalendar { seconds }.into()));
            }
        }
        let order = TimeChoice::As(TimeKind::Order);
        assert_eq!(TimeWatch::new(order, None).timestamp(Number(beyond)), Ok(beyond));
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

//! A number between nothing and all.

use std::str::FromStr;

use thiserror::Error;

/// How much of something is taken, from 0 (nothing) to 1 (all).
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Share(f32);

/// A number that is no share.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{found} is not a number from 0 to 1")]
pub struct NotAShare {
    /// As given.
    pub found: String,
}

impl Share {
    /// 0
    pub const NOTHING: Self = Self(0.0);
    /// 1
    pub const ALL: Self = Self(1.0);

    /// A share of this size.
    ///
    /// # Errors
    /// If the number is not from 0 to 1.
    pub fn new(value: f32) -> Result<Self, NotAShare> {
        if (0.0..=1.0).contains(&value) { Ok(Self(value)) } else { Err(NotAShare { found: value.to_string() }) }
    }

    /// From 0 to 1.
    pub fn value(self) -> f32 {
        self.0
    }
}

impl FromStr for Share {
    type Err = NotAShare;

    fn from_str(text: &str) -> Result<Self, NotAShare> {
        text.parse().map_err(|_| NotAShare { found: text.to_owned() }).and_then(Self::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_numbers_from_0_to_1_are_shares() {
        assert_eq!("0".parse(), Ok(Share::NOTHING));
        assert_eq!("1".parse(), Ok(Share::ALL));
        assert_eq!("0.25".parse::<Share>().map(Share::value), Ok(0.25));
        for bad in ["", "half", "-0.1", "1.01", "NaN", "inf"] {
            let error = bad.parse::<Share>().unwrap_err();
            assert!(error.to_string().contains("from 0 to 1"), "{error}");
        }
    }
}

//! Quantiles and tails of the distributions that are used here.

use statrs::distribution::{ContinuousCDF, Normal, StudentsT};
use statrs::function::beta::{beta_reg, inv_beta_reg};
use statrs::function::gamma::ln_gamma;

/// Steps of the integral of [`noncentral_t_cdf`]; with twice as many nothing changes within 1e-12.
const N_STEPS: usize = 4000;

/// The value below which a standard normal number falls with `chance`.
pub(crate) fn normal_quantile(chance: f64) -> f64 {
    Normal::standard().inverse_cdf(chance)
}

/// The value below which Student's t with `df` degrees of freedom falls with `chance`.
pub(crate) fn t_quantile(chance: f64, df: f64) -> f64 {
    StudentsT::new(0.0, 1.0, df).expect("df above 0").inverse_cdf(chance)
}

/// How often Student's t is at least as far from 0 as `t`, on either side.
pub(crate) fn t_two_sided_p(t: f64, df: f64) -> f64 {
    beta_reg(df / 2.0, 0.5, df / (df + t * t))
}

/// The value below which a number of the beta distribution falls with `chance`.
pub(crate) fn beta_quantile(chance: f64, a: f64, b: f64) -> f64 {
    inv_beta_reg(a, b, chance)
}

/// P(T ≤ t) of the noncentral t distribution: the mean of Φ(t·s - shift) over s, where df·s² follows χ² with `df` degrees.
pub(crate) fn noncentral_t_cdf(t: f64, df: f64, shift: f64) -> f64 {
    let ln_factor = std::f64::consts::LN_2 + df / 2.0 * (df / 2.0).ln() - ln_gamma(df / 2.0);
    let density = |s: f64| {
        let ln_power = if df == 1.0 { 0.0 } else { (df - 1.0) * s.ln() };
        (ln_factor + ln_power - df * s * s / 2.0).exp()
    };
    let normal = Normal::standard();
    // Outside of twelve of its standard deviations, about 1 / sqrt(2 df), s has no weight.
    let reach = 12.0 / (2.0 * df).sqrt();
    simpson(|s| density(s) * normal.cdf(t * s - shift), (1.0 - reach).max(0.0), 1.0 + reach)
}

/// The integral of `f` by Simpson's rule.
fn simpson(f: impl Fn(f64) -> f64, low: f64, high: f64) -> f64 {
    let width = (high - low) / N_STEPS as f64;
    let weight = |step: usize| match step {
        0 | N_STEPS => 1.0,
        odd if odd % 2 == 1 => 4.0,
        _ => 2.0,
    };
    (0..=N_STEPS).map(|step| weight(step) * f(low + step as f64 * width)).sum::<f64>() * width / 3.0
}

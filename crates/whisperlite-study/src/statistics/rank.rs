//! Do two measures put things into the same order?

/// Spearman's rho: the correlation of ranks, ties at their mean rank. None below two values, or if one side is all the same.
///
/// # Panics
/// If the lengths differ.
pub fn spearman_rho(a: &[f64], b: &[f64]) -> Option<f64> {
    assert_eq!(a.len(), b.len(), "one value of each measure for each thing");
    pearson(&ranks(a), &ranks(b))
}

/// Kendall's tau-b, with ties. None below two values, or if one side is all the same.
///
/// # Panics
/// If the lengths differ.
pub fn kendall_tau_b(a: &[f64], b: &[f64]) -> Option<f64> {
    assert_eq!(a.len(), b.len(), "one value of each measure for each thing");
    let (mut score, mut untied_a, mut untied_b) = (0.0, 0.0, 0.0_f64);
    for i in 0..a.len() {
        for j in 0..i {
            let order = |values: &[f64]| f64::from(i8::from(values[i] > values[j]) - i8::from(values[i] < values[j]));
            let (in_a, in_b) = (order(a), order(b));
            score += in_a * in_b;
            untied_a += in_a.abs();
            untied_b += in_b.abs();
        }
    }
    (untied_a > 0.0 && untied_b > 0.0).then(|| score / (untied_a * untied_b).sqrt())
}

/// Ranks from 1, ties at their mean.
fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&i, &j| values[i].total_cmp(&values[j]));
    let mut ranks = vec![0.0; values.len()];
    for tied in order.chunk_by(|&i, &j| values[i] == values[j]) {
        let first = order.partition_point(|&i| values[i].total_cmp(&values[tied[0]]).is_lt());
        for &i in tied {
            ranks[i] = first as f64 + (tied.len() as f64 + 1.0) / 2.0;
        }
    }
    ranks
}

fn pearson(a: &[f64], b: &[f64]) -> Option<f64> {
    let (mean_a, mean_b) = (super::mean(a)?, super::mean(b)?);
    let product = |x: &[f64], mean_x: f64, y: &[f64], mean_y: f64| -> f64 {
        x.iter().zip(y).map(|(x, y)| (x - mean_x) * (y - mean_y)).sum()
    };
    let (var_a, var_b) = (product(a, mean_a, a, mean_a), product(b, mean_b, b, mean_b));
    (var_a > 0.0 && var_b > 0.0).then(|| (product(a, mean_a, b, mean_b) / (var_a * var_b).sqrt()).clamp(-1.0, 1.0))
}

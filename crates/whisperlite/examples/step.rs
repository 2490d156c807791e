use std::time::Instant;
fn main() {
    let mut s = whisperlite::trainer::ReferenceStep::new(0);
    let mut t = vec![];
    let mut l = 0.0;
    for k in 0..45 { let b = Instant::now(); l = s.step(); if k >= 5 { t.push(b.elapsed().as_secs_f64() * 1e3); } }
    t.sort_by(f64::total_cmp);
    println!("median {:.1} best {:.1} loss {l}", t[20], t[0]);
}

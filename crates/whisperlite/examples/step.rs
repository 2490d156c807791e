use burn::module::{Module, Param};
use burn::optim::{AdamWConfig, GradientsParams};
use burn::tensor::{Device, Distribution, Tensor, Int};
use whisperlite::model::{Tower, TowerShape};
use whisperlite::loss;
use std::time::Instant;

#[derive(Module, Debug)]
struct Towers { query: Tower, item: Tower, log_scale: Param<Tensor<1>> }

fn norm(x: Tensor<2>) -> Tensor<2> { let n = x.clone().square().sum_dim(1).sqrt().clamp_min(1e-12); x / n }

fn main() {
    let threads: usize = std::env::args().nth(1).map_or(1, |x| x.parse().unwrap());
    rayon::ThreadPoolBuilder::new().num_threads(threads).build_global().unwrap();
    let (b, neg, dq, di, h, o) = (1024usize, 4usize, 1024usize, 512usize, 512usize, 256usize);
    let plain = Device::flex();
    let device = plain.clone().autodiff();
    device.seed(0);
    let mut model = Towers {
        query: Tower::random(TowerShape { d_in: dq, d_hidden: h, d_out: o }, &device),
        item: Tower::random(TowerShape { d_in: di, d_hidden: h, d_out: o }, &device),
        log_scale: Param::from_tensor(Tensor::from_data([10f32.ln()], &device)),
    };
    let mut optim = AdamWConfig::new().with_weight_decay(0.01).init();
    let data: Vec<_> = (0..4).map(|_| (Tensor::<2>::random([b, dq], Distribution::Normal(0.0, 1.0), &device), Tensor::<2>::random([b * (1 + neg), di], Distribution::Normal(0.0, 1.0), &device))).collect();
    let diag: Tensor<1, Int> = Tensor::arange(0..b as i64, &device);
    let mut labels = vec![0f32; b * 5]; for r in 0..b { labels[r * 5] = 1.0; }
    let labels: Tensor<2> = Tensor::<1>::from_data(labels.as_slice(), &device).reshape([b, 5]);
    let mut took = vec![]; let mut parts = [0f64; 3]; let mut last = 0f32;
    for k in 0..45 {
        let (x, z) = data[k % 4].clone();
        let t0 = Instant::now();
        let q = norm(model.query.forward(x)); let v = norm(model.item.forward(z));
        let pos = v.clone().slice([0..b]); let negs = v.slice([b..b * (1 + neg)]).reshape([b, neg, o]);
        let scale = model.log_scale.val().exp().reshape([1, 1]);
        let con = loss::info_nce(q.clone().matmul(pos.clone().transpose()) * scale.clone(), diag.clone());
        let ps = (q.clone() * pos).sum_dim(1);
        let ns = (negs * q.reshape([b, 1, o])).sum_dim(2).reshape([b, neg]);
        let logits = Tensor::cat(vec![ps, ns], 1) * scale;
        let l = con + loss::binary_cross_entropy(logits, labels.clone());
        let t1 = t0.elapsed().as_secs_f64();
        let g = l.backward();
        let t2 = t0.elapsed().as_secs_f64();
        let g = GradientsParams::from_grads(g, &model);
        model = optim.step(1e-3, model, g);
        let t3 = t0.elapsed().as_secs_f64();
        last = l.into_scalar();
        if k >= 5 { took.push(t3 * 1e3); parts[0] += t1; parts[1] += t2 - t1; parts[2] += t3 - t2; }
    }
    took.sort_by(f64::total_cmp);
    println!("threads {threads} median {:.1} best {:.1} loss {last} fwd {:.1} bwd {:.1} opt {:.1}", took[20], took[0], parts[0] * 25.0, parts[1] * 25.0, parts[2] * 25.0);
}

//! The protocol and the plain baselines on real data.

use whisperlite::catalog::split::{Part, Split, SplitConfig};
use whisperlite::catalog::{Catalog, RequestSource, TimeKind};
use whisperlite::evaluation::Ranker;
use whisperlite::evaluation::baselines::{Bm25OverText, Bm25WithPastRequests, PastRequestsConfig, PopularityOfAllTime};
use whisperlite::evaluation::protocol::{Judgement, Protocol};
use whisperlite::evaluation::tuning::Sample;
use whisperlite::lexical::{Bm25Config, CatalogTerms, Stemming};

use crate::real_data::{folder, read};

fn hetrec_movies() -> Option<Catalog> {
    Some(read(&folder("hetrec-movies")?, TimeKind::Unix, RequestSource::Column))
}

fn n_users(protocol: &Protocol<'_>, judgement: Judgement) -> usize {
    let mut users: Vec<_> = protocol.judged(judgement).iter().map(|judged| judged.query.user_idx).collect();
    users.sort_unstable();
    users.dedup();
    users.len()
}

/// 1,791 queries by 406 users, and 31 % of the relevant items already in the person's history: as published beside
/// the data.
#[test]
fn hetrec_movies_has_the_known_number_of_queries() {
    let Some(catalog) = hetrec_movies() else { return };
    let split = Split::new(&catalog, &SplitConfig::default()).unwrap();
    let protocol = Protocol::new(&catalog, &split, Part::Test);
    let discovery = protocol.judged(Judgement::Discovery);
    assert_eq!((discovery.len(), n_users(&protocol, Judgement::Discovery)), (1791, 406));
    let n_relevant = |judgement| protocol.judged(judgement).iter().map(|j| j.relevant.len()).sum::<usize>();
    let old = 1.0 - n_relevant(Judgement::Discovery) as f64 / n_relevant(Judgement::Repeats) as f64;
    assert!((old - 0.31).abs() < 0.005, "{old}");
}

/// The figures beside the data, from an independent sketch whose tokenizer differs in details.
#[test]
fn plain_baselines_reproduce_the_known_figures_on_hetrec_movies() {
    let Some(catalog) = hetrec_movies() else { return };
    let split = Split::new(&catalog, &SplitConfig::default()).unwrap();
    let protocol = Protocol::new(&catalog, &split, Part::Test);
    let sample = Sample::new(&protocol, Judgement::Discovery, usize::MAX, 0);
    let terms = CatalogTerms::new(&catalog, Stemming::English);
    let past = PastRequestsConfig { bm25: Bm25Config::default(), past_weight: 1.0 };
    let expected: [(&dyn Ranker, f64, f64); 3] = [
        (&PopularityOfAllTime::new(&protocol), 0.013, 0.003),
        (&Bm25OverText::new(&terms, Bm25Config::default()), 0.031, 0.006),
        (&Bm25WithPastRequests::new(&protocol, &terms, past), 0.146, 0.015),
    ];
    for (system, known, tolerance) in expected {
        let ndcg = sample.mean_ndcg(system).unwrap();
        assert!((ndcg - known).abs() < tolerance, "{}: {ndcg:.4}, known {known}", system.name());
    }
}

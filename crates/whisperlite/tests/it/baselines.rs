//! The protocol and the plain baselines on real data.

use whisperlite::catalog::Catalog;
use whisperlite::catalog::import::Format;
use whisperlite::catalog::split::{Part, Split, SplitConfig};
use whisperlite::evaluation::baselines::{
    Bm25OverText, Bm25WithPastRequests, Materials, PastRequestsConfig, PopularityOfAllTime, tuned_baselines,
};
use whisperlite::evaluation::blend::{Blend, BlendWeights};
use whisperlite::evaluation::protocol::{Judgement, Protocol};
use whisperlite::evaluation::tuning::Sample;
use whisperlite::evaluation::{JudgedQuery, Ranker};
use whisperlite::lexical::{Bm25Config, CatalogTerms, Stemming};
use whisperlite::metrics::{Hits, ndcg};
use whisperlite::progress::Silent;

use crate::support::{Folder, real_data};

fn hetrec_movies() -> Option<Catalog> {
    let data = real_data("hetrec-movies")?;
    let folder = Folder::new();
    folder.import(Format::Tables, &[&data.join("items.tsv"), &data.join("events.tsv")]).unwrap();
    Some(folder.catalog())
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

/// With few validation queries, so that the test is quick; on all of them the blend reaches 0.19.
#[test]
fn the_blend_is_at_least_as_good_as_what_it_is_made_of() {
    let Some(catalog) = hetrec_movies() else { return };
    let split = Split::new(&catalog, &SplitConfig::default()).unwrap();
    let (valid, test) = (Protocol::new(&catalog, &split, Part::Valid), Protocol::new(&catalog, &split, Part::Test));
    let terms = CatalogTerms::new(&catalog, Stemming::English);
    let sample = Sample::new(&valid, Judgement::Discovery, 300, 7);
    let materials = Materials { valid: &valid, test: &test, terms: &terms, encoder: None };
    let systems = tuned_baselines(&materials, &sample, &Silent).unwrap();
    let names: Vec<&str> = systems.iter().map(|system| system.tuned.name.as_str()).collect();
    assert_eq!(
        names,
        ["popularity", "popularity-recent", "recent-items", "item-neighbours", "bm25", "bm25+past-requests"]
    );
    let on_valid: Vec<&dyn Ranker> = systems.iter().map(|system| &*system.valid).collect();
    let on_test: Vec<&dyn Ranker> = systems.iter().map(|system| &*system.test).collect();
    let weights = BlendWeights::tune(&on_valid, &sample, 7, &Silent).unwrap();
    for system in &systems {
        assert!(weights.validation_ndcg >= system.tuned.validation_ndcg, "{:?} beats {weights:?}", system.tuned);
    }
    let blend = Blend::new(&on_test, &weights);
    let runs = test.rank_all(&blend, &Silent).unwrap();
    let queries = test.judged(Judgement::Discovery);
    let ndcg_of = |(judged, ranking): (&JudgedQuery, &Vec<_>)| ndcg(&Hits::new(ranking, &judged.relevant), 10);
    let ndcg = queries.iter().zip(&runs.discovery.rankings).map(ndcg_of).sum::<f64>() / queries.len() as f64;
    assert!(ndcg > 0.17, "{}: {ndcg:.4}", blend.description());
    let same = Sample::new(&test, Judgement::Discovery, usize::MAX, 0).mean_ndcg(&blend).unwrap();
    assert!((ndcg - same).abs() < 1e-9, "rankings give {ndcg}, places give {same}");
}

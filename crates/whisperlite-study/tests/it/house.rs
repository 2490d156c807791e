//! The crate stays light, and its documents keep pace with it.

#[test]
fn it_depends_on_no_other_crate_of_the_house() {
    let manifest = include_str!("../../Cargo.toml");
    let dependencies = manifest.split_once("[dependencies]").expect("the table is there").1;
    // Simulations and tests may know the boutique, of which nothing reaches the crate.
    let dependencies = dependencies.split_once("\n[").map_or(dependencies, |(table, _)| table);
    let names: Vec<&str> = dependencies.lines().filter_map(|line| line.split(['.', ' ', '=']).next()).collect();
    assert!(names.contains(&"statrs"), "the reader of the manifest is broken");
    let heavy = ["burn", "whisperlite", "rusqlite", "axum", "tokio"];
    assert!(!names.iter().any(|name| heavy.iter().any(|heavy| name.starts_with(heavy))), "{names:?}");
}

/// The table of the documents has a row for each simulated scenario.
#[test]
fn the_documents_show_every_scenario() {
    let document = include_str!("../../../../docs/study.md");
    for scenario in whisperlite_study::simulate::scenarios() {
        assert!(document.contains(&format!("| {} |", scenario.name)), "{}: run the example `coverage`", scenario.name);
    }
}

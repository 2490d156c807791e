//! The crate stays light: neither the tensor library nor the recommender comes in through it.

#[test]
fn it_depends_on_neither_the_recommender_nor_the_tensor_library() {
    let manifest = include_str!("../../Cargo.toml");
    let dependencies = manifest.split_once("[dependencies]").expect("the table is there").1;
    let names: Vec<&str> = dependencies.lines().filter_map(|line| line.split(['.', ' ', '=']).next()).collect();
    assert!(names.contains(&"resvg"), "the reader of the manifest is broken");
    assert!(!names.iter().any(|name| name.starts_with("burn") || name.starts_with("whisperlite")), "{names:?}");
}

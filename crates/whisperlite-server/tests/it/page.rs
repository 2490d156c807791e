//! The page for people.

use crate::made::Asked;

/// Addresses that a part of the page names in quotation marks.
fn addresses(part: &str) -> Vec<String> {
    let quoted = part.split(['"', '`']).skip(1).step_by(2);
    quoted.filter(|quoted| quoted.starts_with("/page/") && !quoted.contains('$')).map(str::to_owned).collect()
}

#[test]
fn every_part_that_the_page_names_is_there_and_none_is_elsewhere() {
    let asked = Asked::new();
    let page = asked.get("/");
    assert_eq!(
        (page.status.as_u16(), &page.headers["content-type"]),
        (200, &"text/html; charset=utf-8".parse().unwrap())
    );
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("default-src 'none'") && !policy.contains("http"), "{policy}");
    let mut parts = vec![page.text];
    let mut left = addresses(&parts[0]);
    assert_eq!(left, ["/page/style.css", "/page/app.js"]);
    left.push("/page/server.js".to_owned());
    while let Some(address) = left.pop() {
        let reply = asked.get(&address);
        assert_eq!(reply.status, 200, "{address}");
        if address.ends_with(".js") {
            assert_eq!(reply.headers["x-content-type-options"], "nosniff");
            left.extend(addresses(&reply.text));
            parts.push(reply.text);
        }
    }
    assert!(parts.iter().all(|part| !part.contains("://")), "the page asks nobody but its own server");
}

#[test]
fn shoppers_come_with_those_who_did_most_first() {
    let reply = Asked::new().get("/page/shoppers");
    let counts: Vec<u64> = reply.body["shoppers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|shopper| {
            assert!(!shopper["latest"].as_array().unwrap().is_empty() && shopper["user_id"].is_string(), "{shopper}");
            shopper["n_events"].as_u64().unwrap()
        })
        .collect();
    assert_eq!(counts.len(), 12);
    assert!(counts.is_sorted_by(|a, b| a >= b) && counts[11] > 0, "{counts:?}");
}

#[test]
fn pictures_in_the_store_are_shown_and_those_of_the_net_are_not_fetched() {
    let (asked, [here, in_the_net]) = Asked::pictured("drawn.png", b"what a picture holds");
    let reply = asked.get(&format!("/page/pictures/{here}"));
    assert_eq!((reply.status.as_u16(), &reply.headers["content-type"]), (200, &"image/png".parse().unwrap()));
    assert_eq!(reply.text, "what a picture holds");
    asked.get(&format!("/page/pictures/{in_the_net}")).assert_problem(404, "not_found", None);
    asked.get("/page/pictures/nobody").assert_problem(404, "unknown_item", Some("item_id"));
    let (asked, [no_picture, _]) = Asked::pictured("notes.txt", b"not for the eyes of others");
    asked.get(&format!("/page/pictures/{no_picture}")).assert_problem(404, "not_found", None);
}

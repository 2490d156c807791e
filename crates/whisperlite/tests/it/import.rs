//! Readers and their options, on small files in the upstream field names.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use parquet::data_type::{ByteArray, ByteArrayType, DoubleType, Int64Type};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use whisperlite::catalog::import::{Format, ImportOptions, OnError, TimeChoice};
use whisperlite::catalog::{Attributes, EventType, Item, RequestSource, TimeKind};

use crate::support::{Folder, event_lines, gzip};

fn with_requests(format: Format, files: Vec<std::path::PathBuf>, requests: RequestSource) -> ImportOptions {
    ImportOptions { requests: Some(requests), ..ImportOptions::new(format, files) }
}

fn attributes(pairs: &[(&str, &str)]) -> Attributes {
    pairs.iter().copied().collect()
}

#[test]
fn amazon_2014_in_its_upstream_fields() {
    let folder = Folder::new();
    let reviews = r#"{"reviewerID": "A2SUAM1J3GNN3B", "asin": "0000013714", "reviewerName": "J", "helpful": [2, 3], "reviewText": "He is having a wonderful time.", "overall": 5.0, "summary": "Heavenly Highway Hymns", "unixReviewTime": 1252800000, "reviewTime": "09 13, 2009"}
"#;
    let metadata = r#"{'asin': '0000013714', 'title': "Girls' Tutu", 'price': 3.17, 'imUrl': 'http://x/51.jpg', 'related': {'also_bought': ['B00JHONN1S'], 'buy_after_viewing': []}, 'salesRank': {'Toys & Games': 211836}, 'brand': 'Coxlures', 'categories': [['Sports & Outdoors', 'Other Sports', 'Dance'], ['Girls']], 'description': 'A tutu.'}
"#;
    let files = vec![folder.file("reviews.json.gz", gzip(reviews.as_bytes())), folder.file("meta.json", metadata)];
    let import = folder.import_with(&with_requests(Format::Amazon2014, files, RequestSource::ReviewTitle)).unwrap();
    assert_eq!(import.summary.files[0].kind, "items", "items are read before events, whatever the order");
    let catalog = folder.catalog();
    let expected = Item {
        item_id: "0000013714".to_owned(),
        title: "Girls' Tutu".to_owned(),
        text: "A tutu.".to_owned(),
        category: "Sports & Outdoors > Other Sports > Dance".to_owned(),
        price: Some(3.17),
        image: Some("http://x/51.jpg".to_owned()),
        attributes: attributes(&[("brand", "Coxlures")]),
    };
    assert_eq!(catalog.items, [expected]);
    assert_eq!(event_lines(&catalog), ["A2SUAM1J3GNN3B 0000013714 Heavenly Highway Hymns"]);
    assert_eq!((catalog.events[0].timestamp, catalog.events[0].value), (1_252_800_000, Some(5.0)));
}

#[test]
fn amazon_2018_in_its_upstream_fields() {
    let folder = Folder::new();
    let reviews = r#"{"image": ["https://x/71.jpg"], "overall": 5.0, "vote": "2", "verified": true, "reviewTime": "01 1, 2018", "reviewerID": "AUI6", "asin": "5120053084", "style": {"Size:": "Large", "Color:": "Charcoal"}, "reviewerName": "Abbey", "reviewText": "I now have 4 of these.", "summary": "Comfy", "unixReviewTime": 1514764800}
"#;
    let metadata = r#"{"asin": "5120053084", "title": "Girls Ballet Tutu", "feature": ["Botiquecutie", "Hot Pink"], "description": ["This tutu is great"], "price": "$3.17 - $9.99", "imageURL": ["http://x/s.jpg"], "imageURLHighRes": ["http://x/l.jpg", "http://x/m.jpg"], "also_buy": ["B00"], "also_viewed": ["B01"], "salesRank": {"Toys": 1}, "rank": "211,836", "brand": "Coxlures", "category": ["Clothing", "Girls", "Skirts"], "main_cat": "AMAZON FASHION", "tech1": "", "date": "Nov", "similar_item": ""}
{"asin": "B1", "category": [], "title": "No price", "price": ".a-box-inner{background-color:#fff}"}
"#;
    let files = vec![folder.file("reviews.json", reviews), folder.file("meta.json", metadata)];
    folder.import_with(&with_requests(Format::Amazon2018, files, RequestSource::Categories)).unwrap();
    let catalog = folder.catalog();
    let item = &catalog.items[0];
    assert_eq!((item.text.as_str(), item.price), ("Botiquecutie Hot Pink This tutu is great", Some(3.17)));
    assert_eq!((item.category.as_str(), item.image.as_deref()), ("Clothing > Girls > Skirts", Some("http://x/l.jpg")));
    assert_eq!(item.attributes, attributes(&[("brand", "Coxlures"), ("main_category", "AMAZON FASHION")]));
    assert_eq!(catalog.items[1].price, None);
    assert_eq!(event_lines(&catalog), ["AUI6 5120053084 clothing girls skirts"]);
    assert!(!format!("{:?}", catalog.items).contains("4 of these"), "a review entered its item");
}

#[test]
fn amazon_2023_joins_on_the_parent() {
    let folder = Folder::new();
    let reviews = r#"{"rating": 5.0, "title": "Such a lovely scent", "text": "It is light.", "images": [], "asin": "B00YQ6X8EO", "parent_asin": "B00PARENT1", "user_id": "AGKH", "timestamp": 1588687728923, "helpful_vote": 0, "verified_purchase": true}
"#;
    let metadata = r#"{"main_category": "All Beauty", "title": "Howard Wax", "average_rating": 4.8, "rating_number": 10, "features": ["Soft"], "description": ["A wax."], "price": 12.5, "images": [{"thumb": "t", "large": "https://a.example/l", "variant": "MAIN", "hi_res": null}], "videos": [], "store": "Howard", "categories": ["Beauty", "Wax"], "details": {"Package Dimensions": "7 x 5 inches", "Color": "Clear", "UPC": "617390882781"}, "parent_asin": "B00PARENT1", "bought_together": null}
{"title": "Parquet edition", "price": "None", "images": {"hi_res": [null], "large": ["https://a.example/big"]}, "details": "{\"Item Form\": \"Gel\"}", "parent_asin": "B2", "categories": []}
"#;
    let files = vec![
        folder.file("r.jsonl", reviews),
        folder.file("m.jsonl", zstd::encode_all(metadata.as_bytes(), 3).unwrap()),
    ];
    folder.import_with(&with_requests(Format::Amazon2023, files, RequestSource::ReviewText)).unwrap();
    let catalog = folder.catalog();
    assert_eq!(event_lines(&catalog), ["AGKH B00PARENT1 It is light."]);
    assert_eq!(catalog.events[0].timestamp, 1_588_687_728, "milliseconds become seconds");
    let [wax, gel] = &catalog.items[..] else { panic!("{:?}", catalog.items) };
    let expected = attributes(&[("color", "Clear"), ("main_category", "All Beauty"), ("store", "Howard")]);
    assert_eq!(
        (&wax.attributes, wax.image.as_deref(), wax.price),
        (&expected, Some("https://a.example/l"), Some(12.5))
    );
    assert_eq!(
        (&gel.attributes, gel.image.as_deref(), gel.price),
        (&attributes(&[("item_form", "Gel")]), Some("https://a.example/big"), None)
    );
}

#[test]
fn google_local_in_its_upstream_fields() {
    let folder = Folder::new();
    let reviews = r#"{"user_id": "1014", "name": "Song Ro", "time": 1609909927056, "rating": 5, "text": "Love there korean rice cake.", "pics": null, "resp": null, "gmap_id": "0x80c2:0xd1"}
"#;
    let metadata = r#"{"name": "Cowboy Burgers", "address": "Cowboy Burgers, 13745 Ramona Blvd", "gmap_id": "0x80c2:0xd1", "description": null, "latitude": 34.06, "longitude": -118.2, "category": ["Restaurant", "Hamburger restaurant"], "avg_rating": 4.4, "num_of_reviews": 18, "price": "$$", "hours": [["Thursday", "6AM-9PM"]], "MISC": {"Service options": ["Takeout", "Dine-in"]}, "state": "Open now", "relative_results": ["0x80"], "url": "https://x"}
"#;
    let files = vec![folder.file("r.json", reviews), folder.file("m.json", metadata)];
    folder.import_with(&with_requests(Format::GoogleLocal, files, RequestSource::ReviewText)).unwrap();
    let catalog = folder.catalog();
    assert_eq!(event_lines(&catalog), ["1014 0x80c2:0xd1 Love there korean rice cake."]);
    assert_eq!(catalog.events[0].timestamp, 1_609_909_927);
    let item = &catalog.items[0];
    assert_eq!(
        (item.title.as_str(), item.category.as_str(), item.price),
        ("Cowboy Burgers", "Restaurant, Hamburger restaurant", None)
    );
    let address = ("address", "Cowboy Burgers, 13745 Ramona Blvd");
    assert_eq!(item.attributes, attributes(&[address, ("price_level", "$$"), ("service_options", "Takeout, Dine-in")]));
}

#[test]
fn hm_in_its_upstream_fields() {
    let folder = Folder::new();
    folder.file("articles.csv.gz", gzip(b"article_id,product_code,prod_name,product_type_no,product_type_name,product_group_name,graphical_appearance_no,graphical_appearance_name,colour_group_code,colour_group_name,index_code,index_name,index_group_name,detail_desc\n0108775015,0108775,Strap top,253,Vest top,Garment Upper body,1010016,Solid,09,Black,A,Ladieswear,Ladieswear,Jersey top.\n"));
    folder.file("transactions_train.csv", "t_dat,customer_id,article_id,price,sales_channel_id\n2018-09-20,c1,0108775015,0.05,2\n2018-09-20,c1,0108775015,0.05,2\n");
    folder.file(
        "customers.csv",
        "customer_id,FN,Active,club_member_status,fashion_news_frequency,age,postal_code\nc1,,,ACTIVE,NONE,30,x\n",
    );
    let options = ImportOptions::new(Format::Hm, vec![folder.path().to_owned()]);
    let import = folder.import_with(&options).unwrap();
    assert!(import.summary.files.iter().any(|file| file.kind == "ignored" && !file.notes.is_empty()));
    let catalog = folder.catalog();
    let item = &catalog.items[0];
    assert_eq!((item.item_id.as_str(), item.text.as_str()), ("0108775015", "Jersey top."));
    assert_eq!(item.category, "Ladieswear > Garment Upper body > Vest top");
    assert_eq!(item.attributes, attributes(&[("colour", "Black"), ("index", "Ladieswear"), ("pattern", "Solid")]));
    assert_eq!(catalog.events.len(), 2, "buying twice is two events");
    assert_eq!((catalog.events[0].timestamp, catalog.events[0].value), (1_537_401_600, Some(0.05)));
}

#[test]
fn movielens_films_have_years_and_genres() {
    let folder = Folder::new();
    folder.file(
        "movies.csv",
        "movieId,title,genres\n1,\"American President, The (1995)\",Comedy|Drama\n2,Babylon 5,(no genres listed)\n",
    );
    folder.file("tags.csv", "userId,movieId,tag,timestamp\n7,1,politics,1139045764\n");
    folder.import_with(&ImportOptions::new(Format::Movielens, vec![folder.path().to_owned()])).unwrap();
    let catalog = folder.catalog();
    assert_eq!(
        (catalog.items[0].category.as_str(), &catalog.items[0].attributes),
        ("Comedy, Drama", &attributes(&[("year", "1995")]))
    );
    assert_eq!((catalog.items[1].category.as_str(), catalog.items[1].attributes.len()), ("", 0));
    assert_eq!(event_lines(&catalog), ["7 1 politics"]);
}

const ITEMS_TSV: &str = "item_id\ttext\tcategory\tprice\tcolour\na\tan \"odd\" text\tX > Y\t5\tred\nb\t\t\t\t\n";

fn expected_items() -> [Item; 2] {
    let item = |item_id: &str, text: &str, category: &str, price, colour: &[(&str, &str)]| Item {
        item_id: item_id.to_owned(),
        text: text.to_owned(),
        category: category.to_owned(),
        price,
        attributes: attributes(colour),
        ..Item::default()
    };
    [item("a", "an \"odd\" text", "X > Y", Some(5.0), &[("colour", "red")]), item("b", "", "", None, &[])]
}

#[test]
fn tables_read_the_same_in_every_layout_and_compression() {
    let csv = "\u{feff}item_id,text,category,price,colour\r\na,\"an \"\"odd\"\" text\",X > Y,5,red\r\n\r\nb,,,,\r\n";
    let jsonl = "{\"item_id\": \"a\", \"text\": \"an \\\"odd\\\" text\", \"category\": [\"X\", \"Y\"], \"price\": 5, \"colour\": \"red\"}\n\n{\"item_id\": \"b\", \"price\": null}\n";
    let parquet_folder = Folder::new();
    let parquet = parquet_folder.path().join("items");
    write_parquet(&parquet, &[("a", "an \"odd\" text", "X > Y", 5.0, "red")]);
    let layouts = [ITEMS_TSV.as_bytes().to_vec(), csv.as_bytes().to_vec(), jsonl.as_bytes().to_vec()];
    for content in layouts {
        for packed in [content.clone(), gzip(&content), zstd::encode_all(content.as_slice(), 3).unwrap()] {
            let folder = Folder::new();
            folder.import(Format::Tables, &[&folder.file("any name", packed)]).unwrap();
            assert_eq!(folder.catalog().items, expected_items());
        }
    }
    let folder = Folder::new();
    folder.import(Format::Tables, &[&parquet]).unwrap();
    assert_eq!(folder.catalog().items, expected_items()[..1]);
}

fn write_parquet(path: &Path, rows: &[(&str, &str, &str, f64, &str)]) {
    let schema = "message items { required binary item_id (UTF8); required binary text (UTF8); required binary category (UTF8); required double price; required binary colour (UTF8); }";
    let schema = Arc::new(parse_message_type(schema).unwrap());
    let mut writer =
        SerializedFileWriter::new(File::create(path).unwrap(), schema, Arc::new(WriterProperties::new())).unwrap();
    let mut group = writer.next_row_group().unwrap();
    let texts: [Vec<ByteArray>; 4] = [
        rows.iter().map(|row| row.0.into()).collect(),
        rows.iter().map(|row| row.1.into()).collect(),
        rows.iter().map(|row| row.2.into()).collect(),
        rows.iter().map(|row| row.4.into()).collect(),
    ];
    let prices: Vec<f64> = rows.iter().map(|row| row.3).collect();
    let mut texts = texts.iter();
    for column in 0..5 {
        let mut writer = group.next_column().unwrap().unwrap();
        if column == 3 {
            writer.typed::<DoubleType>().write_batch(&prices, None, None).unwrap();
        } else {
            writer.typed::<ByteArrayType>().write_batch(texts.next().unwrap(), None, None).unwrap();
        }
        writer.close().unwrap();
    }
    group.close().unwrap();
    writer.close().unwrap();
}

#[test]
fn a_bad_parquet_row_is_named_by_its_row() {
    let folder = Folder::new();
    let path = folder.path().join("items.parquet");
    write_parquet(&path, &[("a", "", "", 1.0, ""), ("b", "", "", f64::NAN, "")]);
    let error = folder.import(Format::Tables, &[&path]).unwrap_err().to_string();
    assert!(error.contains("line 2, field \"price\": NaN is not a finite number"), "{error}");
}

#[test]
fn parquet_times_are_read_as_times() {
    let folder = Folder::new();
    let path = folder.path().join("events");
    let schema = "message events { required int64 user_id; required int64 item_id; required int64 timestamp (TIMESTAMP_MILLIS); }";
    let schema = Arc::new(parse_message_type(schema).unwrap());
    let mut writer =
        SerializedFileWriter::new(File::create(&path).unwrap(), schema, Arc::new(WriterProperties::new())).unwrap();
    let mut group = writer.next_row_group().unwrap();
    for value in [1_i64, 2, 1_464_712_860_500] {
        let mut column = group.next_column().unwrap().unwrap();
        column.typed::<Int64Type>().write_batch(&[value], None, None).unwrap();
        column.close().unwrap();
    }
    group.close().unwrap();
    writer.close().unwrap();
    folder.import(Format::Tables, &[&path]).unwrap();
    assert_eq!(folder.catalog().events[0].timestamp, 1_464_712_860);
}

#[test]
fn columns_of_other_names_are_mapped() {
    let folder = Folder::new();
    let items = folder.file("i", "asin,desc,title\na,A text,T\n");
    let events =
        folder.file("e", "who,asin,when,desc,kind,q,amount,id\nu,a,2020-01-01 10:30,x,view,red shoes,2.5,e1\n");
    let mut options = ImportOptions::new(Format::Tables, vec![items, events]);
    let maps = ["item_id=asin", "items.text=desc", "events.user_id=who", "timestamp=when", "type=kind", "request=q"];
    for mapping in maps.iter().chain(&["value=amount", "event_id=id"]) {
        options.map.add(mapping).unwrap();
    }
    folder.import_with(&options).unwrap();
    let catalog = folder.catalog();
    assert_eq!((catalog.items[0].text.as_str(), catalog.items[0].title.as_str()), ("A text", "T"));
    assert_eq!(event_lines(&catalog), ["u a red shoes"]);
    let event = catalog.events[0];
    assert_eq!((event.event_type, event.value, event.timestamp), (EventType::View, Some(2.5), 1_577_874_600));
}

#[test]
fn importing_again_adds_nothing_and_keeps_repeats() {
    let folder = Folder::new();
    let items = folder.file("items", ITEMS_TSV);
    let events = folder.file("events", "user_id,item_id,timestamp\nu,a,2020-01-01\nu,a,2020-01-01\nv,b,2020-01-02\n");
    let first = folder.import(Format::Tables, &[&items, &events]).unwrap();
    assert_eq!(first.summary.events, 3);
    let second = folder.import(Format::Tables, &[&items, &events]).unwrap();
    assert_eq!((second.summary.events, &second.info), (3, &first.info));
    assert_eq!(second.summary.files[1].dropped["already in the store"], 3);
    let more = folder.file("more", "user_id,item_id,timestamp\nu,a,2020-01-01\nu,a,2020-01-01\nu,a,2020-01-01\n");
    assert_eq!(folder.import(Format::Tables, &[&more]).unwrap().summary.events, 4);
}

#[test]
fn given_event_ids_decide_what_is_the_same() {
    let folder = Folder::new();
    let items = folder.file("items", ITEMS_TSV);
    let events = folder.file("events", "event_id,user_id,item_id,timestamp\n1,u,a,5\n1,u,b,6\n2,u,a,5\n");
    let import = folder.import(Format::Tables, &[&items, &events]).unwrap();
    assert_eq!(import.summary.events, 2);
}

#[test]
fn items_are_replaced_by_their_id() {
    let folder = Folder::new();
    folder.import(Format::Tables, &[&folder.file("items", ITEMS_TSV)]).unwrap();
    let hash = folder.catalog().info.data_hash;
    let changed = folder.file("changed", "item_id,title\na,Another\nc,New\n");
    folder.import(Format::Tables, &[&changed]).unwrap();
    let catalog = folder.catalog();
    let titles: Vec<&str> = catalog.items.iter().map(|item| item.title.as_str()).collect();
    assert_eq!(titles, ["Another", "", "New"]);
    assert_ne!(catalog.info.data_hash, hash);
}

#[test]
fn items_born_from_events_are_described_later() {
    let folder = Folder::new();
    let events = folder.file("events", "user_id,item_id,timestamp\nu,a,5\n");
    let more = folder.file("more", "user_id,item_id,timestamp\nu,b,6\n");
    folder.import(Format::Tables, &[&events]).unwrap();
    folder.import(Format::Tables, &[&more]).unwrap();
    assert_eq!(folder.catalog().items.len(), 2);
    folder.import(Format::Tables, &[&folder.file("items", ITEMS_TSV)]).unwrap();
    assert_eq!(folder.catalog().items, expected_items());
    let unknown = folder.file("unknown", "user_id,item_id,timestamp\nu,z,7\n");
    assert!(folder.import(Format::Tables, &[&unknown]).is_err(), "described items make an unknown one a mistake");
}

#[test]
fn the_kind_of_time_is_detected_or_told() {
    let kind = |times: [&str; 2], choice| {
        let folder = Folder::new();
        let events = folder.file("e", format!("user_id,item_id,timestamp\nu,a,{}\nu,b,{}\n", times[0], times[1]));
        let options = ImportOptions { time: choice, ..ImportOptions::new(Format::Tables, vec![events]) };
        folder.import_with(&options).unwrap().info.time_kind
    };
    assert_eq!(kind(["0", "9999999"], TimeChoice::Detect), TimeKind::Order);
    assert_eq!(kind(["0", "10000000"], TimeChoice::Detect), TimeKind::Unix);
    assert_eq!(kind(["0", "1"], TimeChoice::As(TimeKind::Unix)), TimeKind::Unix);
    assert_eq!(kind(["1970-01-01", "1970-01-02"], TimeChoice::Detect), TimeKind::Unix);
}

#[test]
fn eight_digits_that_are_a_date_are_read_as_that_date() {
    let folder = Folder::new();
    let events = folder.file("e", "user_id,item_id,timestamp\nu,a,20200101\nu,b,20200131\nu,c,2020-02-01\n");
    folder.import(Format::Tables, &[&events]).unwrap();
    let catalog = folder.catalog();
    let times: Vec<i64> = catalog.events.iter().map(|event| event.timestamp).collect();
    assert_eq!(
        (catalog.info.time_kind, times.as_slice()),
        (TimeKind::Unix, &[1_577_836_800, 1_580_428_800, 1_580_515_200][..])
    );
}

#[test]
fn derived_requests_depend_on_seed_and_event_alone() {
    let items: String = (0..40).map(|n| format!("{n},Tops,{},Stripe\n", ["Red", "Blue"][n % 2])).collect();
    let events = |n: usize| (0..n).map(|k| format!("u{k},{},{}\n", k % 40, 1_500_000_000 + k)).collect::<String>();
    let run = |seed, n_events| {
        let folder = Folder::new();
        let files = vec![
            folder.file("i", format!("item_id,category,colour,pattern\n{items}")),
            folder.file("e", format!("user_id,item_id,timestamp\n{}", events(n_events))),
        ];
        folder.import_with(&with_requests(Format::Tables, files, RequestSource::Attributes { seed })).unwrap();
        event_lines(&folder.catalog())
    };
    let requests = run(1, 200);
    assert_eq!(requests[..100], run(1, 100));
    assert_ne!(requests, run(2, 200));
    for wanted in ["tops", "red tops", "blue tops", "stripe tops"] {
        assert!(
            requests.iter().any(|line| line.split_once(' ').unwrap().1.split_once(' ').unwrap().1 == wanted),
            "{wanted}"
        );
    }
    assert!(!requests.iter().any(|line| line.contains("stripe")
        && (line.contains("red") || line.contains("blue"))
        && line.contains("tops")));
}

#[test]
fn low_values_are_left_out() {
    let folder = Folder::new();
    let events = folder.file("e", "user_id,item_id,timestamp,value\nu,a,1,2\nu,a,2,4\nu,a,3,\n");
    let options = ImportOptions {
        min_value: Some(4.0),
        on_error: OnError::Fail,
        ..ImportOptions::new(Format::Tables, vec![events])
    };
    let summary = folder.import_with(&options).unwrap().summary;
    assert_eq!((summary.events, summary.files[0].dropped["below --min-value"]), (2, 1));
}

//! The layout of the H&M store: transactions and articles.

use super::tables::parse_moment;
use super::{Layout, RawEvent, Role, Words, has};
use crate::catalog::error::Fault;
use crate::catalog::read::Record;
use crate::catalog::types::{EventType, Item};

/// Article ids are numbers of ten digits; a Parquet file loses their leading zeros.
const ARTICLE_ID_DIGITS: usize = 10;

/// From the broadest to the narrowest; the level between them, the index, is an attribute.
const CATEGORY_LEVELS: [&str; 3] = ["index_group_name", "product_group_name", "product_type_name"];

/// The columns that become attributes, by the names under which a person would ask for them. Columns of numbers and
/// codes (`*_no`, `*_code`, `*_id`) say the same again and are dropped.
const ATTRIBUTES: [(&str, &str); 8] = [
    ("colour_group_name", "colour"),
    ("perceived_colour_value_name", "colour_shade"),
    ("perceived_colour_master_name", "colour_family"),
    ("graphical_appearance_name", "pattern"),
    ("department_name", "department"),
    ("index_name", "index"),
    ("section_name", "section"),
    ("garment_group_name", "garment_group"),
];

/// The layout.
pub(super) struct Hm;

impl Layout for Hm {
    fn role(&self, columns: &[String]) -> Option<Role> {
        if has(columns, &["t_dat", "customer_id", "article_id"]) {
            Some(Role::Events)
        } else if has(columns, &["article_id", "prod_name"]) {
            Some(Role::Items)
        } else if has(columns, &["article_id", "detail_desc"]) {
            Some(Role::Texts)
        } else if has(columns, &["customer_id", "club_member_status"]) {
            Some(Role::Ignored("customers are known by their transactions; their age and post code are not used"))
        } else {
            None
        }
    }

    fn words(&self, _columns: &[String]) -> Words {
        Words::default()
    }

    fn item(&self, record: &Record) -> Result<Item, Fault> {
        let levels: Vec<String> = CATEGORY_LEVELS.iter().map(|name| record.text_or_empty(name)).collect();
        let attributes =
            ATTRIBUTES.iter().filter_map(|&(column, name)| Some((name, record.text(column)?.into_owned())));
        Ok(Item {
            item_id: article_id(record)?,
            title: record.text_or_empty("prod_name"),
            text: record.text_or_empty("detail_desc"),
            category: levels.into_iter().filter(|level| !level.is_empty()).collect::<Vec<_>>().join(" > "),
            price: None,
            image: record.text("image_url").map(|url| url.into_owned()),
            attributes: attributes.collect(),
        })
    }

    fn text(&self, record: &Record) -> Result<(String, String), Fault> {
        Ok((article_id(record)?, record.text_or_empty("detail_desc")))
    }

    fn event(&self, record: &Record) -> Result<RawEvent, Fault> {
        Ok(RawEvent {
            event_id: None,
            user_id: record.required("customer_id")?,
            item_id: article_id(record)?,
            event_type: EventType::Purchase,
            moment: parse_moment("t_dat", &record.required("t_dat")?)?,
            value: record.number("price")?,
            request: None,
            review_title: None,
            review_text: None,
        })
    }

    fn expected(&self) -> &'static str {
        "transactions (t_dat, customer_id, article_id, price), articles (article_id, prod_name, …) or \
         article_descriptions (article_id, detail_desc)"
    }

    fn standard_names(&self) -> &'static [&'static str] {
        &["articles.csv", "articles.parquet", "article_descriptions.csv", "transactions_train.csv", "customers.csv"]
    }
}

fn article_id(record: &Record) -> Result<String, Fault> {
    let id = record.required("article_id")?;
    Ok(format!("{id:0>ARTICLE_ID_DIGITS$}"))
}

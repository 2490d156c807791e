//! The words of the synthetic shop: what there is to buy, in which styles, and how people ask for it.
//!
//! The words of a style's items and the words by which people ask for that style are different on purpose, as they are
//! in a real shop: nobody who wants something for a rainy hike types "taped seams".

/// A kind of clothing.
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    pub(crate) category: &'static str,
    pub(crate) materials: &'static [&'static str],
    /// Price of a plain one.
    pub(crate) base_price: f64,
    /// First and last month (1 to 12) of its season; the season may run over the end of the year.
    pub(crate) season: (i8, i8),
}

/// A style, which is what the tastes of the synthetic people are made of.
pub(crate) struct Style {
    pub(crate) name: &'static str,
    /// Words of items.
    pub(crate) details: &'static [&'static str],
    /// Words of people.
    pub(crate) asks: &'static [&'static str],
}

const fn kind(
    name: &'static str,
    category: &'static str,
    materials: &'static [&'static str],
    base_price: f64,
    season: (i8, i8),
) -> Kind {
    Kind { name, category, materials, base_price, season }
}

pub(crate) const KINDS: [Kind; 16] = [
    kind("dress", "Clothes > Dresses", &["cotton", "linen", "satin", "jersey"], 60.0, (4, 9)),
    kind("evening gown", "Clothes > Dresses", &["satin", "velvet", "silk"], 140.0, (10, 2)),
    kind("skirt", "Clothes > Skirts", &["cotton", "denim", "tweed", "linen"], 45.0, (3, 10)),
    kind("trousers", "Clothes > Trousers", &["wool", "cotton", "linen", "corduroy"], 65.0, (1, 12)),
    kind("jeans", "Clothes > Trousers", &["denim", "stretch denim"], 70.0, (1, 12)),
    kind("shirt", "Clothes > Tops", &["cotton", "linen", "flannel"], 40.0, (1, 12)),
    kind("t-shirt", "Clothes > Tops", &["cotton", "jersey", "merino"], 20.0, (4, 9)),
    kind("sweater", "Clothes > Knitwear", &["wool", "cashmere", "cotton"], 75.0, (9, 3)),
    kind("cardigan", "Clothes > Knitwear", &["wool", "mohair", "cotton"], 70.0, (9, 4)),
    kind("jacket", "Clothes > Outerwear", &["denim", "leather", "canvas"], 110.0, (3, 11)),
    kind("raincoat", "Clothes > Outerwear", &["waxed cotton", "nylon"], 120.0, (9, 4)),
    kind("winter coat", "Clothes > Outerwear", &["wool", "down", "cashmere"], 190.0, (10, 2)),
    kind("trainers", "Shoes > Trainers", &["canvas", "suede", "mesh"], 80.0, (1, 12)),
    kind("boots", "Shoes > Boots", &["leather", "suede", "rubber"], 130.0, (9, 3)),
    kind("sandals", "Shoes > Sandals", &["leather", "cork"], 50.0, (5, 9)),
    kind("scarf", "Accessories > Scarves", &["silk", "wool", "cashmere"], 30.0, (10, 3)),
];

pub(crate) const STYLES: [Style; 6] = [
    Style {
        name: "minimal",
        details: &["clean lines", "no visible seams", "a straight cut", "a hidden fastening"],
        asks: &["that is simple and timeless", "for the office", "without any logo", "that nobody notices"],
    },
    Style {
        name: "outdoor",
        details: &["taped seams", "a quick-drying lining", "reinforced elbows", "deep zipped pockets"],
        asks: &["for a rainy hike", "for the mountains", "that survives a camping trip", "for bad weather"],
    },
    Style {
        name: "romantic",
        details: &["a ruffled hem", "lace trim", "a floral print", "puffed sleeves"],
        asks: &["for a wedding", "for a first date", "for a garden party", "with flowers"],
    },
    Style {
        name: "street",
        details: &["an oversized fit", "bold stitching", "a graphic print", "contrast panels"],
        asks: &["for a concert", "like the skaters wear", "that is loose and loud", "for going out in the city"],
    },
    Style {
        name: "vintage",
        details: &["a 1970s collar", "horn buttons", "a faded wash", "a houndstooth check"],
        asks: &["that looks second-hand", "in retro style", "like in an old film", "for a flea market Sunday"],
    },
    Style {
        name: "elegant",
        details: &["a fine drape", "pearl buttons", "a tailored waist", "a subtle sheen"],
        asks: &["for the opera", "for a formal dinner", "to wear at a gala", "to impress"],
    },
];

pub(crate) const COLOURS: [&str; 12] =
    ["black", "white", "grey", "navy", "red", "green", "beige", "brown", "pink", "yellow", "blue", "burgundy"];

/// First halves of the invented makers' names.
pub(crate) const MAKERS: [&str; 10] =
    ["Aldern", "Brivo", "Corvell", "Dunmere", "Estrin", "Fallow", "Grenna", "Hollis", "Ivarsen", "Juno"];

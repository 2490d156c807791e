//! What can be seen of a piece: every attribute is a small enum, and every value has one plain name.
//!
//! The names here are the exact ones, of captions and attribute columns; how people say the same stands in `words`.

use serde::{Deserialize, Serialize};

/// An attribute: an enum of values, each with its plain name.
macro_rules! attribute {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name {
            $(#[doc = $text] $variant),+
        }

        impl $name {
            /// Every value, in the order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The plain name of the value.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $text),+
                }
            }
        }
    };
}

attribute! {
    /// What kind of piece it is.
    Kind {
        Dress = "dress",
        Skirt = "skirt",
        TShirt = "t-shirt",
        Shirt = "shirt",
        Sweater = "sweater",
        Cardigan = "cardigan",
        Hoodie = "hoodie",
        Jacket = "jacket",
        Blazer = "blazer",
        Coat = "coat",
        Trousers = "trousers",
        Jeans = "jeans",
        Shorts = "shorts",
        Jumpsuit = "jumpsuit",
        Trainers = "trainers",
        Boots = "boots",
        Heels = "heels",
        Sandals = "sandals",
        Loafers = "loafers",
        Flats = "ballet flats",
    }
}

attribute! {
    /// How the piece falls, from close to the body to flared.
    Cut {
        Fitted = "fitted",
        Straight = "straight",
        Loose = "loose",
        Flared = "flared",
    }
}

attribute! {
    /// How far down the piece reaches; ordered, so that "longer" has a meaning.
    Length {
        Short = "short",
        Medium = "medium",
        Long = "long",
    }
}

attribute! {
    /// How the arms are covered.
    Sleeve {
        Straps = "thin straps",
        Sleeveless = "sleeveless",
        Short = "short sleeves",
        Elbow = "elbow sleeves",
        Long = "long sleeves",
        Puff = "puff sleeves",
        Bell = "bell sleeves",
    }
}

attribute! {
    /// The opening at the neck.
    Neckline {
        Round = "round neck",
        V = "v-neck",
        Square = "square neck",
        High = "high neck",
        Collar = "collar",
    }
}

attribute! {
    /// What a shoe stands on.
    Heel {
        Flat = "flat sole",
        Block = "block heel",
        Stiletto = "stiletto heel",
        Platform = "platform sole",
    }
}

attribute! {
    /// A colour of the fabric. The values are well apart, so that a small picture still tells them.
    Colour {
        Black = "black",
        White = "white",
        Grey = "grey",
        Navy = "navy",
        Blue = "blue",
        LightBlue = "light blue",
        Teal = "teal",
        Green = "green",
        Olive = "olive",
        Yellow = "yellow",
        Orange = "orange",
        Red = "red",
        Burgundy = "burgundy",
        Pink = "pink",
        Purple = "purple",
        Brown = "brown",
        Beige = "beige",
    }
}

attribute! {
    /// What is printed or woven on the fabric, in the second colour.
    Pattern {
        Plain = "plain",
        Breton = "horizontal stripes",
        Pinstripe = "vertical stripes",
        Checked = "checks",
        PolkaDot = "polka dots",
        Floral = "flowers",
        ColourBlock = "colour block",
        Leopard = "leopard print",
    }
}

attribute! {
    /// What it is made of, hinted at in the drawing by seams, ribs, sheen, holes or flecks.
    Material {
        Cotton = "cotton",
        Linen = "linen",
        Denim = "denim",
        Knit = "ribbed knit",
        Wool = "wool",
        Leather = "leather",
        Suede = "suede",
        Satin = "satin",
        Lace = "lace",
        Quilted = "quilted nylon",
        Canvas = "canvas",
    }
}

attribute! {
    /// The one thing that is added to the plain piece.
    Detail {
        Buttons = "buttons",
        Zip = "zip",
        Belt = "belt",
        Pockets = "patch pockets",
        Bow = "bow",
        Ruffle = "ruffle",
        Pleats = "pleats",
        Slit = "slit",
        Logo = "star logo",
        Fringe = "fringe",
        Drawstring = "drawstring",
        Buckle = "buckle",
        Studs = "studs",
        Stripes = "side stripes",
        Pompoms = "pompoms",
        Patches = "elbow patches",
    }
}

impl Kind {
    /// Whether it is worn on the feet.
    pub fn is_shoe(self) -> bool {
        matches!(self, Self::Trainers | Self::Boots | Self::Heels | Self::Sandals | Self::Loafers | Self::Flats)
    }

    /// Whether English speaks of it in the plural: "jeans", "boots".
    pub fn is_plural(self) -> bool {
        self.is_shoe() || matches!(self, Self::Trousers | Self::Jeans | Self::Shorts)
    }
}

//! Colours as numbers.

use crate::look::Colour;

/// A colour, each part from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Rgb {
    red: f64,
    green: f64,
    blue: f64,
}

impl Rgb {
    pub(crate) const BLACK: Self = Self::hex(0x00_00_00);
    pub(crate) const WHITE: Self = Self::hex(0xFF_FF_FF);

    /// From the six digits that the web writes.
    pub(crate) const fn hex(digits: u32) -> Self {
        Self {
            red: ((digits >> 16) & 0xFF) as f64 / 255.0,
            green: ((digits >> 8) & 0xFF) as f64 / 255.0,
            blue: (digits & 0xFF) as f64 / 255.0,
        }
    }

    /// This colour with a share of another.
    pub(crate) fn mix(self, other: Self, share: f64) -> Self {
        let part = |own: f64, other: f64| own + (other - own) * share;
        Self { red: part(self.red, other.red), green: part(self.green, other.green), blue: part(self.blue, other.blue) }
    }

    pub(crate) fn darker(self, share: f64) -> Self {
        self.mix(Self::BLACK, share)
    }

    pub(crate) fn lighter(self, share: f64) -> Self {
        self.mix(Self::WHITE, share)
    }

    /// How bright it looks, from 0 to 1.
    pub(crate) fn luminance(self) -> f64 {
        0.299 * self.red + 0.587 * self.green + 0.114 * self.blue
    }

    /// How far two colours are apart, green counting most, as it does for the eye.
    pub(crate) fn distance(self, other: Self) -> f64 {
        let (red, green, blue) = (self.red - other.red, self.green - other.green, self.blue - other.blue);
        (0.9 * red * red + 1.4 * green * green + 0.7 * blue * blue).sqrt()
    }

    /// Lines on this colour: darker than it, or lighter where it is too dark for that.
    pub(crate) fn line(self) -> Self {
        if self.luminance() < 0.26 { self.lighter(0.30) } else { self.darker(0.34) }
    }

    /// The outline against the backdrop: always darker.
    pub(crate) fn outline(self) -> Self {
        if self.luminance() > 0.8 { self.darker(0.42) } else { self.darker(0.5) }
    }

    /// `#rrggbb`.
    pub(crate) fn css(self) -> String {
        let byte = |part: f64| (part.clamp(0.0, 1.0) * 255.0).round() as u8;
        format!("#{:02x}{:02x}{:02x}", byte(self.red), byte(self.green), byte(self.blue))
    }
}

/// The plain tone of a colour.
pub(crate) fn palette(colour: Colour) -> Rgb {
    Rgb::hex(match colour {
        Colour::Black => 0x24_24_29,
        Colour::White => 0xFC_FB_F8,
        Colour::Grey => 0x92_96_9C,
        Colour::Navy => 0x20_2E_5C,
        Colour::Blue => 0x2B_62_CC,
        Colour::LightBlue => 0x9F_CB_EE,
        Colour::Teal => 0x13_8D_8B,
        Colour::Green => 0x2C_99_4B,
        Colour::Olive => 0x72_74_33,
        Colour::Yellow => 0xF5_C7_2C,
        Colour::Orange => 0xEF_7D_1E,
        Colour::Red => 0xD8_22_2F,
        Colour::Burgundy => 0x73_16_30,
        Colour::Pink => 0xF4_9D_BB,
        Colour::Purple => 0x7D_42_AB,
        Colour::Brown => 0x75_49_28,
        Colour::Beige => 0xDB_C4_9C,
    })
}

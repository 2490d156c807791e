//! Draws random looks of every kind on one sheet, to look at: `cargo run --release -p whisperlite-boutique --example
//! contact_sheet -- OUT.png [KIND] [SIZE]`

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use whisperlite_boutique::draw::{Picture, svg};
use whisperlite_boutique::look::{Kind, Look};

const COLUMNS: u32 = 10;
const ROWS: u32 = 8;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let out = args.first().ok_or("usage: contact_sheet OUT.png [KIND|all] [SIZE]")?;
    let only = args.get(1).and_then(|name| Kind::ALL.iter().find(|kind| kind.name() == name));
    let size: u32 = args.get(2).map_or(Ok(160), |size| size.parse())?;
    let mut rng = ChaCha8Rng::seed_from_u64(args.get(3).map_or(Ok(1), |seed| seed.parse())?);
    let (width, height) = ((COLUMNS * size) as usize, (ROWS * size) as usize);
    let mut sheet = vec![255; width * height * 3];
    for place in 0..(COLUMNS * ROWS) as usize {
        let kind = only.copied().unwrap_or(Kind::ALL[place % Kind::ALL.len()]);
        let picture = Picture::render(&svg(&Look::sample(kind, &mut rng), place as u64), size)?;
        let (left, top) = (place % COLUMNS as usize * size as usize, place / COLUMNS as usize * size as usize);
        for (row, line) in picture.rgb.chunks_exact(size as usize * 3).enumerate() {
            let from = ((top + row) * width + left) * 3;
            sheet[from..from + line.len()].copy_from_slice(line);
        }
    }
    let mut encoder =
        png::Encoder::new(std::io::BufWriter::new(std::fs::File::create(out)?), width as u32, height as u32);
    encoder.set_color(png::ColorType::Rgb);
    encoder.write_header()?.write_image_data(&sheet)?;
    Ok(())
}

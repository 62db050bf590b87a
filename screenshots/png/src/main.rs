//! Renders each `*.svg` of a folder to a PNG beside it, twice as large, for pages that show no SVG.
//!
//! `cargo run --release --manifest-path screenshots/png/Cargo.toml -- screenshots /usr/share/fonts/truetype/dejavu`

use std::error::Error;
use std::fs;
use std::path::Path;

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree, fontdb};
use sha2::{Digest, Sha256};

/// Screens are dense: at one pixel for one, letters would blur.
const SCALE: f32 = 2.0;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(folder), Some(fonts)) = (arguments.next(), arguments.next()) else {
        return Err("name the folder of the pictures and the folder of the DejaVu fonts".into());
    };
    let mut options = Options::default();
    for entry in fs::read_dir(&fonts)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "ttf") {
            options.fontdb_mut().load_font_data(fs::read(path)?);
        }
    }
    let wanted = fontdb::Family::Name("DejaVu Sans Mono");
    let query = fontdb::Query {
        families: &[wanted],
        ..fontdb::Query::default()
    };
    if options.fontdb.query(&query).is_none() {
        return Err(format!("{fonts} has no DejaVu Sans Mono (Debian: fonts-dejavu-core)").into());
    }
    for entry in fs::read_dir(&folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "svg") {
            render(&path, &options).map_err(|error| format!("{}: {error}", path.display()))?;
        }
    }
    Ok(())
}

fn render(svg: &Path, options: &Options<'_>) -> Result<(), Box<dyn Error>> {
    let source = fs::read(svg)?;
    let tree = Tree::from_data(&source, options)?;
    let size = tree
        .size()
        .to_int_size()
        .scale_by(SCALE)
        .ok_or("the picture is too large")?;
    let mut pixels = Pixmap::new(size.width(), size.height()).ok_or("the picture is too large")?;
    resvg::render(
        &tree,
        Transform::from_scale(SCALE, SCALE),
        &mut pixels.as_mut(),
    );
    let png = with_source(pixels.encode_png()?, &source);
    fs::write(svg.with_extension("png"), png)?;
    Ok(())
}

/// The same picture, saying which SVG it was made from: a text chunk with its SHA-256 before the last chunk, which is always 12 bytes.
/// <https://www.w3.org/TR/png-3/#11tEXt>
fn with_source(mut png: Vec<u8>, svg: &[u8]) -> Vec<u8> {
    let hash: String = Sha256::digest(svg).iter().map(|byte| format!("{byte:02x}")).collect();
    let chunk = [b"tEXtsource\0", hash.as_bytes()].concat();
    let length = u32::try_from(chunk.len() - 4).unwrap_or(0);
    let sum = crc32fast::hash(&chunk);
    let end = png.split_off(png.len() - 12);
    png.extend(length.to_be_bytes());
    png.extend(chunk);
    png.extend(sum.to_be_bytes());
    png.extend(end);
    png
}

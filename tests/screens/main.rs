//! Each pane as users see it, on the demo, as a picture. A screen can't change without its picture: when this fails, look at what has
//! changed, and set `SLUICE_BLESS=1` to take the new pictures.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that can't go on fails"
)]
#![cfg(all(feature = "console", feature = "gateway"))]

mod driver;
mod svg;

use std::fmt::Write;
use std::fs;
use std::path::Path;

use driver::{Console, Demo};
use sha2::{Digest, Sha256};

/// A picture: file name, title, rows, and what the user does before it is taken.
struct Picture {
    name: &'static str,
    title: &'static str,
    rows: u16,
    pose: fn(&mut Console<'_>),
}

const NEW_PET: &str = r#"{
  "name": "Dara O'Neill",
  "type": "Turtle",
  "price": { "cents": 6400 },
  "tags": ["slow", "wise"]
}"#;

const CART: &str = r#"{
  "customer": "Dara O'Neill",
  "items": [
    { "petId": 7, "quantity": 1, "cents": 5450 },
    { "petId": 8, "quantity": 2, "cents": 89000 }
  ]
}"#;

/// Those of figures first: the clock moves on with what users do, and traffic doesn't.
const PICTURES: &[Picture] = &[
    Picture {
        name: "metrics",
        title: "The metrics of a stage and of its methods",
        rows: 36,
        pose: |console| console.press("8 ]"),
    },
    Picture {
        name: "canary",
        title: "A canary: its share, its overrides, and both sides' figures",
        rows: 32,
        pose: |console| console.press("6"),
    },
    Picture {
        name: "apis",
        title: "All APIs, and what one of them is",
        rows: 14,
        pose: |console| console.press("1"),
    },
    Picture {
        name: "resources",
        title: "The resources of an API, and the life of one method: from the client to the backend and back",
        rows: 28,
        pose: to_create_order,
    },
    Picture {
        name: "test",
        title: "A method tested with stage variables: request on the left, answer and log on the right",
        rows: 36,
        pose: |console| {
            // Not the order: SDKs send its several headers in another order each time, and the log shows them.
            to(console, 13);
            console.press("t b");
            replace_body(console, NEW_PET);
            console.press("esc r");
        },
    },
    Picture {
        name: "templates",
        title: "A mapping template with its output, live",
        rows: 36,
        pose: |console| {
            to_create_order(console);
            console.press("t b");
            replace_body(console, CART);
            console.press("esc v");
        },
    },
    Picture {
        name: "stages",
        title: "A stage with its variables, its canary, its settings and its deployments",
        rows: 26,
        pose: |console| console.press("5"),
    },
    Picture {
        name: "difference",
        title: "What deploying would change",
        rows: 32,
        pose: |console| console.press("5 d"),
    },
    Picture {
        name: "keys",
        title: "Usage plans and API keys: who may call what, how fast, how much is left",
        rows: 28,
        pose: |console| console.press("7"),
    },
];

/// Writes this in place of the empty object that a body begins as.
fn replace_body(console: &mut Console<'_>, text: &str) {
    console.paste(text);
    console.press("del del del");
}

/// Into the resources, to `POST /orders`.
fn to_create_order(console: &mut Console<'_>) {
    to(console, 7);
}

/// Into the resources, to this row.
fn to(console: &mut Console<'_>, row: usize) {
    console.press("2 g g");
    for _ in 0..row {
        console.press("down");
    }
}

#[test]
fn screens_look_like_their_pictures() {
    let demo = Demo::start();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("screenshots");
    let bless = std::env::var_os("SLUICE_BLESS").is_some();
    let mut wrong = Vec::new();
    for picture in PICTURES {
        let mut console = demo.console("default");
        (picture.pose)(&mut console);
        let now = svg::svg(&console.screen(120, picture.rows), picture.title);
        let path = folder.join(format!("{}.svg", picture.name));
        if bless {
            fs::write(&path, now).unwrap();
        } else if fs::read_to_string(&path).ok() != Some(now) {
            wrong.push(picture.name);
        }
    }
    assert!(
        wrong.is_empty(),
        "these screens differ from screenshots/*.svg: {wrong:?}; set SLUICE_BLESS=1 to take new pictures, and look at them"
    );
}

/// The README shows the PNGs: each says which SVG it was made from.
#[test]
fn each_png_is_made_from_its_svg() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("screenshots");
    let mut old = Vec::new();
    for picture in PICTURES {
        let svg = fs::read(folder.join(format!("{}.svg", picture.name))).unwrap();
        let png = fs::read(folder.join(format!("{}.png", picture.name))).unwrap_or_default();
        let mut hash = String::new();
        for byte in Sha256::digest(&svg) {
            write!(hash, "{byte:02x}").unwrap();
        }
        let mark = [b"tEXtsource\0", hash.as_bytes()].concat();
        if !png.windows(mark.len()).any(|part| part == mark) {
            old.push(picture.name);
        }
    }
    assert!(
        old.is_empty(),
        "these PNGs aren't of their SVGs: {old:?}; screenshots/png makes new ones"
    );
}

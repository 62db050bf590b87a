//! Any text as a payload: reads or fails, and what was read prints.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sluice::java::{Printer, json};

fuzz_target!(|payload: &str| {
    if let Ok(value) = json::parse(payload) {
        let mut out = String::new();
        let _ = Printer::new(&mut out, 1 << 20).json(&value, json::Style::Web);
        let _ = Printer::new(&mut out, 1 << 20).print(&value);
    }
});

//! Any text as a JSON path, over a document with a bit of everything.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sluice::java::json;
use sluice::jsonpath::Path;

const DOCUMENT: &str =
    r#"{"a":[{"b":1,"c":[1,2,{"a":"x"}]},null,"s",[[],{}]],"b":{"a":{"b":2}},"c":1.5,"":{"'":0}}"#;

fuzz_target!(|path: &str| {
    if let (Ok(path), Ok(document)) = (Path::compile(path), json::parse(DOCUMENT)) {
        let _ = path.read(&document, &mut 100_000);
    }
});

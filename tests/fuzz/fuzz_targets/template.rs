//! Any text as a template, rendered if it parses: ends within its limits.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sluice::vtl::{self, Input, Limits, Overrides};

fuzz_target!(|template: &str| {
    let limits = Limits {
        output_bytes: 1 << 20,
        steps: 1_000_000,
        memory: 64 << 20,
        regex_backtracks: 100_000,
        ..Limits::default()
    };
    if let Ok(template) = vtl::parse(template, &limits) {
        let input = Input {
            body: r#"{"a":{"b":[1,"x",null,2.5]},"s":"text"}"#,
            querystring: &[("q", "a b")],
            stage_variables: &[("env", "dev")],
            ..Input::default()
        };
        let _ = template.render(&input, &mut Overrides::default(), None);
    }
});

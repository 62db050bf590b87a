use super::*;

const DOCUMENT: &str = r#"{"a":{"b":1,"c":null},"list":[1,2,3],"books":[{"t":"x","p":5},{"t":"yy","p":12.5}],"a b":"q"}"#;

fn show(path: &str) -> String {
    let document = json::parse(DOCUMENT).unwrap();
    let path = match Path::compile(path) {
        Ok(path) => path,
        Err(error) => return format!("error {}", error.problem),
    };
    match path.read(&document, &mut 100_000) {
        Ok(Some(value)) => {
            let mut out = String::new();
            Printer::new(&mut out, 10_000)
                .json(&value, json::Style::Plain)
                .unwrap();
            out
        }
        Ok(None) | Err(ReadError::NotFound) => "nothing".into(),
        Err(ReadError::Failed(message)) => format!("failed {message}"),
    }
}

#[test]
fn paths_read_as_jayway_reads_them() {
    for (path, want) in [
        ("$.a.b", "1"),
        ("a.b", "1"),
        ("$['a']['b']", "1"),
        ("$.a.c", "null"),
        ("$.a.x", "nothing"),
        ("$.list[1]", "2"),
        ("$.list[-1]", "nothing"),
        ("$.list[(@.length-1)]", "3"),
        ("$.list[0,2]", "[1,3]"),
        ("$.list[1:]", "[2,3]"),
        ("$.list[:-1]", "[1,2]"),
        ("$.list[:2]", "[1,2]"),
        ("$.list[1:9]", "[2,3]"),
        ("$.list[*]", "[1,2,3]"),
        ("$.books[*].t", r#"["x","yy"]"#),
        ("$..t", r#"["x","yy"]"#),
        ("$.books[?(@.p > 10)].t", r#"["yy"]"#),
        ("$.books[?(@.t == 'x')].p", "[5]"),
        ("$.books[?(@.t =~ /Y+/i)].p", "[12.5]"),
        ("$.books[?(@.p > 1 && @.t == 'x')].p", "[5]"),
        ("$.books[?(!@.zz)].p", "[5,12.5]"),
        ("$.books[?(@.t == 'x' || @.p > 10)].p", "[5,12.5]"),
        ("$.a['b','c']", r#"{"b":1,"c":null}"#),
        ("$['a b']", r#""q""#),
        ("$.nope[*].x", "[]"),
        ("$.a[0]", "nothing"),
        ("$..", "error a path can't end with `..`"),
        ("$.a b", "error a blank can't stand outside of brackets"),
    ] {
        assert_eq!(show(path), want, "{path}");
    }
}

#[test]
fn parameter_mapping_takes_strings_bare_and_the_rest_as_json() {
    let text = |path: &str, payload: &str| Path::compile(path).unwrap().text_in(payload);
    assert_eq!(text("$.a", r#"{"a":"x y"}"#).as_deref(), Some("x y"));
    assert_eq!(text("a", r#"{"a":[1,"b"]}"#).as_deref(), Some(r#"[1,"b"]"#));
    assert_eq!(text("$.b", r#"{"a":1}"#), None);
    assert_eq!(text("$", "plain words").as_deref(), Some("plain words"));
    assert_eq!(text("$.a", "{"), None);
}

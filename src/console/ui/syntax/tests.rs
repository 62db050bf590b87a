//! Colours by text, and how little is parsed again.

use std::fmt::Write as _;

use super::*;

fn lines(text: &str) -> Vec<String> {
    text.split('\n').map(str::to_owned).collect()
}

/// The text with each coloured piece as `<k:…>`: the meaning's first letter.
fn coloured(language: Language, text: &str) -> String {
    let lines = lines(text);
    let mut highlighter = Highlighter::new(language);
    let spans = highlighter.spans(&lines, 0..lines.len());
    let mut out = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let chars: Vec<char> = line.chars().collect();
        let mut done = 0;
        let mut shown = String::new();
        for (_, run, meaning) in spans.iter().filter(|(l, ..)| *l == at) {
            shown.extend(&chars[done..run.start]);
            let piece: String = chars[run.clone()].iter().collect();
            let _ = write!(shown, "<{}:{piece}>", &meaning.name()[..1]);
            done = run.end;
        }
        shown.extend(&chars[done..]);
        out.push(shown);
    }
    out.join("\n")
}

#[test]
fn definitions_load() {
    for language in [Language::Template, Language::Json] {
        assert!(definition(language).is_some(), "{language:?}");
    }
}

#[test]
fn json_has_its_colours() {
    for (text, expected) in [
        (r#"{"a": 1}"#, r#"{<r:"a">: <n:1>}"#),
        (
            r#"["x", -1.5e3, true]"#,
            r#"[<s:"x">, <n:-1.5e3>, <k:true>]"#,
        ),
        (r#"{"a\"b" : null}"#, r#"{<r:"a\"b"> : <k:null>}"#),
        ("\"open\n1", "<s:\"open>\n<n:1>"),
        (r#""a": "$b""#, r#"<r:"a">: <s:"$b">"#),
    ] {
        assert_eq!(coloured(Language::Json, text), expected);
    }
}

#[test]
fn templates_have_their_colours() {
    for (text, expected) in [
        ("$a.b text", "<r:$a.b> text"),
        ("$!{a.b}c", "<r:$!{a.b}>c"),
        ("$a.", "<r:$a>."),
        ("$ 5 #5", "$ <n:5> #<n:5>"),
        (
            "#set($a = $input.path('$.x'))",
            "<k:#set>(<r:$a> = <r:$input.path(><s:'$.x'><r:)>)",
        ),
        (
            r#"#set($a = "x $b")"#,
            r#"<k:#set>(<r:$a> = <s:"x ><r:$b><s:">)"#,
        ),
        (
            "#foreach($t in $in.tags)$t#if($foreach.hasNext),#end#end",
            "<k:#foreach>(<r:$t> <k:in> <r:$in.tags>)<r:$t><k:#if>(<r:$foreach.hasNext>),<k:#end#end>",
        ),
        (
            "#if($a == 1 && !$b)x#{else}y#{end}z",
            "<k:#if>(<r:$a> == <n:1> && !<r:$b>)x<k:#{else}>y<k:#{end}>z",
        ),
        (r#"{"t": "$in.type!"}"#, r#"{"t": <s:"><r:$in.type><s:!">}"#),
        (r#"{"$k": 1}"#, r#"{"<r:$k>": <n:1>}"#),
        ("a ## note $x", "a <c:## note $x>"),
        ("#* $x\n$y *# $z", "<c:#* $x>\n<c:$y *#> <r:$z>"),
        ("#[[ $x ]]# $z", "<s:#[[ $x ]]#> <r:$z>"),
        ("#set($a =\n  1)\n2", "<k:#set>(<r:$a> =\n  <n:1>)\n<n:2>"),
        ("$a[0].b(1)", "<r:$a[><n:0><r:].b(><n:1><r:)>"),
        ("#mac($a)", "<k:#mac>(<r:$a>)"),
        (r"\$a", r"\$a"),
        (
            r#""$util.escapeJavaScript("q")""#,
            r#"<s:"><r:$util.escapeJavaScript(><s:"q"><r:)><s:">"#,
        ),
    ] {
        assert_eq!(coloured(Language::Template, text), expected, "{text}");
    }
}

#[test]
fn columns_are_characters() {
    let lines = lines("\"é\" $x");
    let spans = Highlighter::new(Language::Template).spans(&lines, 0..1);
    assert_eq!(spans[0], (0, 0..3, Meaning::String));
    assert_eq!(spans[1], (0, 4..6, Meaning::Reference));
}

#[test]
fn an_edit_parses_its_line_until_the_state_is_as_before() {
    let mut text = lines(&"\"a\": $b,\n".repeat(400));
    let mut highlighter = Highlighter::new(Language::Template);
    highlighter.spans(&text, 0..30);
    assert_eq!(highlighter.parsed(), 30, "only what is on screen");
    text[10].push('1');
    highlighter.spans(&text, 0..30);
    assert_eq!(highlighter.parsed(), 31);
    text.insert(5, "new".to_owned());
    highlighter.spans(&text, 0..30);
    assert_eq!(highlighter.parsed(), 32);
    text.remove(5);
    highlighter.spans(&text, 0..30);
    assert_eq!(highlighter.parsed(), 33, "the last line came back");
    text[3] = "#* open".to_owned();
    let spans = highlighter.spans(&text, 0..30);
    assert_eq!(highlighter.parsed(), 33 + 27, "all below is a comment now");
    assert!(spans.contains(&(29, 0..8, Meaning::Comment)));
    highlighter.spans(&text, 20..60);
    assert_eq!(highlighter.parsed(), 33 + 27 + 30);
    let spans = highlighter.spans(&text[..2], 0..30);
    assert!(spans.iter().all(|(line, ..)| *line < 2));
}

//! Templates, payloads and paths that nobody would write: none may panic, hang, overflow the stack or eat the memory.

use proptest::prelude::*;
use sluice::java::json;
use sluice::jsonpath::Path;
use sluice::vtl::{self, ErrorKind, Input, Limits, Overrides, Step, Tracer};

/// Tells how a template ended, in a word.
fn end(template: &str, body: &str) -> String {
    let input = Input {
        body,
        path: &[("id", "7")],
        querystring: &[("q", "x y")],
        header: &[("H", "v")],
        stage_variables: &[("env", "dev")],
        ..Input::default()
    };
    let limits = Limits {
        output_bytes: 1 << 20,
        steps: 2_000_000,
        memory: 64 << 20,
        regex_backtracks: 100_000,
        ..Limits::default()
    };
    let rendered = vtl::parse(template, &limits)
        .and_then(|template| template.render(&input, &mut Overrides::default(), None));
    match rendered {
        Ok(output) => output,
        Err(error) => error.kind.word().to_owned(),
    }
}

#[test]
#[allow(clippy::too_many_lines, reason = "one table of attacks")]
fn each_attack_meets_its_limit() {
    let doubling = "#set($s='ab')#foreach($i in [1..100])#set($s=$s+$s)#end$s";
    let sharing = "#set($l=[1])#foreach($i in [1..60])#set($l=[$l,$l])#end";
    let nested =
        |open: &str, close: &str, n: usize| format!("{}{}", open.repeat(n), close.repeat(n));
    let nest = |value: &str| {
        format!(
            "#set($l=[])#foreach($i in [1..40])#foreach($j in [1..1000])#set($k=[$l])#set($l={value})#end#end#set($l='')done"
        )
    };
    let numbered = |count: usize, text: &str| -> String {
        let texts = (0..count).map(|n| text.replace('@', &n.to_string()));
        texts.collect()
    };
    let often = |first: &str, again: &str| {
        format!("{first}#foreach($i in [1..1000])#foreach($j in [1..1000]){again}#end#end")
    };
    let long = "#set($s='ab')#foreach($i in [1..17])#set($s=$s+$s)#end";
    let long_a = "#set($s='a')#foreach($i in [1..18])#set($s=$s+$s)#end";
    let escaped = "\\#foo".repeat(50_000);
    for (name, template, want) in [
        ("doubling text", doubling.to_owned(), "limit"),
        ("sharing lists", format!("{sharing}$l"), "limit"),
        ("comparing shared lists", format!("{sharing}#if($l==$l)same#end"), "same"),
        (
            "comparing shared lists again and again",
            format!("{sharing}#set($m=[1])#foreach($i in [1..60])#set($m=[$m,$m])#end#foreach($i in [1..1000])#foreach($j in [1..1000])#if($l==$m)#end#end#end"),
            "limit",
        ),
        (
            "looking for shared lists again and again",
            format!("{sharing}#set($m=[])#foreach($i in [1..500])#set($x=$m.add([$l,$i]))#end#foreach($i in [1..1000])$m.contains([$l])#end"),
            "limit",
        ),
        (
            "shared lists as keys",
            format!("{sharing}#set($m={{}})#foreach($i in [1..500])#set($k=[$l,$i])#set($m[$k]=1)#end$m.size()"),
            "limit",
        ),
        (
            "shared lists as keys of a map as written",
            format!("{sharing}#foreach($i in [1..1000])#set($m={{[$l,1]:1,[$l,2]:2,[$l,3]:3}})#end$m.size()"),
            "limit",
        ),
        (
            "shared lists as keys of all of a map",
            format!("{sharing}#set($n={{}})#set($x=$n.put([$l,1],1))#foreach($i in [1..1000])#set($m={{}})#set($x=$m.putAll($n))#end$m.size()"),
            "limit",
        ),
        (
            "keys that hold their map",
            "#set($m={})#foreach($i in [1..31])#set($x=$m.put($i,1))#end#set($x=$m.put([$m],1))#set($n=$m.clone())#set($x=$m.put([$n],1))$m.size()".to_owned(),
            "32",
        ),
        ("a list in itself", "#set($l=[1])#set($x=$l.add($l))$l".to_owned(), "[1, (this Collection)]"),
        ("two maps in each other", "#set($a={})#set($b={'a':$a})#set($a.b=$b)$a".to_owned(), "limit"),
        ("loops in loops", "#foreach($a in [1..1000])#foreach($b in [1..1000])#foreach($c in [1..1000])x#end#end#end".to_owned(), "limit"),
        ("silent loops", "#foreach($a in [1..1000])#foreach($b in [1..1000])#foreach($c in [1..1000])#end#end#end".to_owned(), "limit"),
        ("evaluating itself", "#set($s='#evaluate($s)')#evaluate($s)".to_owned(), "limit"),
        ("a macro calling itself", "#macro(m)#m()#end#m()".to_owned(), "runtime"),
        ("macros calling twice", "#macro(a)#b()#b()#end#macro(b)#c()#c()#end#macro(c)#a()#a()#end#a()".to_owned(), "runtime"),
        ("a definition in itself", "#define($d)x$d#end$d".to_owned(), "xx$d"),
        ("an enormous range", "#foreach($i in [0..2147483647])#end".to_owned(), "limit"),
        ("a range over zero", "#foreach($i in [-2147483648..2147483647])#end".to_owned(), "limit"),
        ("repeat", "#set($s='abc')$s.repeat(2147483647)".to_owned(), "limit"),
        ("a wide format", "#set($s='')$s.format('%2000000000d',1)".to_owned(), "method"),
        ("squaring", "#set($n=99999999999999999999)#foreach($i in [1..100])#set($n=$n*$n)#end$n".to_owned(), "runtime"),
        ("backtracking", format!("#set($s='{}b')$s.matches('(a|aa)+(?=c)$')", "a".repeat(60)), "method"),
        ("an empty split", format!("#set($s='{}')#foreach($i in [1..1000])#set($x=$s.split(''))#end", "a".repeat(9_000)), "limit"),
        ("parentheses", format!("#if({})#end", nested("(", ")", 50_000)), "limit"),
        ("lists", format!("#set($x={})", nested("[", "]", 50_000)), "limit"),
        ("maps", format!("#set($x={})", "{'a':".repeat(50_000)), "limit"),
        ("ifs", "#if(true)".repeat(30_000), "limit"),
        ("methods", format!("{}1{}", "$a.b($".repeat(1_000), ")".repeat(1_000)), "limit"),
        (
            "looking ahead",
            format!("#set($x={}1{})$x", "[$x.b(".repeat(20), ")]".repeat(20)),
            "[]",
        ),
        ("strings in strings", format!("#set($x={0}$a.b('{0})", "\"$a.b(".repeat(5_000)), "parse"),
        ("negations", format!("#if({}$a)#end", "!".repeat(50_000)), "limit"),
        ("sums", format!("#set($x=1{})$x", " + 1".repeat(1_000)), "1001"),
        ("longer sums", format!("#set($x=1{})$x", " + 1".repeat(50_000)), "limit"),
        ("conditions", format!("#if(true{})t#end", " && true".repeat(1_000)), "t"),
        ("long references", format!("$a{}", ".b".repeat(50_000)), ""),
        ("macro definitions", "#macro(a)#end".repeat(10_000), ""),
        ("lists nested without end", nest("[$l]"), "done"),
        ("maps nested without end", nest("{'a':$l}"), "done"),
        ("views nested without end", nest("{'a':$l}").replace("#set($l=[])", "#set($l={})").replace("'a':$l", "'a':$l.entrySet()"), "done"),
        ("iterators nested without end", nest("[$l.iterator()]"), "done"),
        ("parts of lists nested without end", nest("$k.subList(0,1)"), "done"),
        ("arrays nested without end", nest("$k.toArray()"), "done"),
        ("iterators of arrays nested without end", nest("$k.toArray().iterator()"), "done"),
        (
            "loops in loops that ended",
            "#foreach($i in [1..1000])#foreach($j in [1..1000])#if($x)#set($foreach=$x)#end#foreach($k in [1])#set($x=$foreach)#end#end#end".to_owned(),
            "limit",
        ),
        (
            "layers that blocks keep",
            "#macro(m)#define($d)#m()#end#end#m()#foreach($i in [1..1000])#set($s=$d.toString())#end".to_owned(),
            "limit",
        ),
        ("hash codes of shared lists", format!("{sharing}$l.hashCode()"), "limit"),
        ("hash codes again and again", often("#set($l=[1..50000])", "#set($x=$l.hashCode())"), "limit"),
        (
            "evaluating with many macros",
            format!("{}{}", numbered(12_000, "#macro(m@)#end"), often("", "#evaluate('')")),
            "limit",
        ),
        (
            "evaluating with many names",
            format!("{}{}", numbered(30_000, "$!a@"), often("", "#evaluate('')")),
            "limit",
        ),
        (
            "a macro with many parameters",
            format!("#macro(m{})#end#m({})", numbered(20_000, " $a@"), " 1".repeat(20_000)),
            "limit",
        ),
        (
            "a macro with many variables",
            format!("#macro(m)#foreach($i in [1..1000]){}#end#end#m()", numbered(10_000, "#set($a@=1)")),
            "limit",
        ),
        ("comparing long texts", often(&format!("{long}#set($t=$s+'')"), "#if($s==$t)#end"), "limit"),
        ("comparing long texts in lists", often(&format!("{long}#set($t=$s+'')#set($k=[$s])#set($l=[$t])"), "#if($k==$l)#end"), "limit"),
        ("looking for long texts", often(&format!("{long}#set($t=$s+'')#set($l=[$t])"), "#set($x=$l.contains($s))"), "limit"),
        ("long texts as keys", often(&format!("{long}#set($t=$s+'')#set($m={{}})#set($m[$t]=1)"), "#set($x=$m.get($s))"), "limit"),
        (
            "looping over an array",
            often("#set($l=[1..50000])#set($a=$l.toArray())", "#foreach($q in $a)#break#end"),
            "limit",
        ),
        (
            "printing a great number",
            often("#set($n=99999999999999999999)#foreach($i in [1..9])#set($n=$n*$n)#end", "#if(\"$n\"=='x')#end"),
            "limit",
        ),
        ("escaped directives", "\\#foo".repeat(50_000), escaped.as_str()),
        ("matches that read on in vain", format!("{long_a}$s.replaceAll('a*b|a','x')"), "limit"),
        ("parts that read on in vain", format!("{long_a}$s.split('a*b|a')"), "limit"),
        ("looking ahead in vain", often("#set($s='aaaaaaaaaaaaaaaaaaab')", "#set($x=$s.replaceAll('(?=a*b)a|(?!x)a',''))"), "limit"),
        (
            "backtracking again and again",
            often("#set($s='aaaaaaaaaaaaaaaaaaab')", "#set($x=$s.matches('(a|aa)+(?=c)$'))"),
            "limit",
        ),
        ("growing names", "#set($d='#set($v')#foreach($i in [1..1000])#set($t=$d+$i+'=1)')#evaluate($t)#end".to_owned(), ""),
    ] {
        let got = end(&template, "{}");
        assert_eq!(got, want, "{name}");
    }
}

#[test]
fn deep_payloads_are_refused_not_followed() {
    for open in ["[", "{\"a\":", "{a:[", "[[{b:"] {
        let body = open.repeat(200_000);
        assert_eq!(end("$input.path('$')", &body), "payload");
    }
    let deep = format!("{}1{}", "[".repeat(399), "]".repeat(399));
    assert!(end("$input.json('$')", &deep).len() > 700);
    assert!(end("$input.path('$..a')$input.path('$')", &deep).len() > 700);
}

#[test]
fn searching_paths_is_bounded() {
    let deep = format!("{}1{}", "{\"a\":".repeat(80), "}".repeat(80));
    let path = format!("$input.path('${}')", "..a".repeat(8));
    assert_eq!(end(&path, &deep), "limit");
}

struct Counter(usize);

impl Tracer for Counter {
    fn step(&mut self, _: Step<'_>) {
        self.0 += 1;
    }
}

/// Pieces that mean something, so that random texts get further than random characters would.
fn piece() -> impl Strategy<Value = String> {
    let pieces = [
        "$x",
        "${x}",
        "$!x.y",
        "$l[0]",
        "$m['a']",
        "$",
        "#",
        "##",
        "\\",
        "#set($x = 1)",
        "#set($l=[1,'b'])",
        "#set($m={'a':1})",
        "#if(",
        "#if($x)",
        "#if(true)",
        "#else",
        "#elseif($x)",
        "#end",
        "#{end}",
        "#foreach($i in [1,2])",
        "#foreach($i in $l)",
        "$foreach.count",
        "#macro(f $p)",
        "#f('a')",
        "#f($x)",
        "#@f()",
        "$bodyContent",
        "#define($d)",
        "$d",
        "#stop",
        "#break",
        "#evaluate('$x')",
        "#[[",
        "]]#",
        "#*",
        "*#",
        ")",
        "(",
        "[",
        "]",
        "{",
        "}",
        ".",
        ",",
        "'",
        "\"",
        " ",
        "\n",
        "!",
        "-",
        "=",
        "1",
        "2147483647",
        "1.5",
        "..",
        "null",
        "$input.path('$.a')",
        "$input.json('$..a')",
        "$input.params('q')",
        "$util.parseJson($x)",
        "$util.urlDecode('%')",
        "$x.substring(1)",
        "$x.replaceAll('a*','$0')",
        "$m.put('k',$l)",
        "$l.add($l)",
        "$context.keySet()",
        "$context.responseOverride.status",
        "é",
        "😀",
        "\\u0041",
        "#set($context.requestOverride.header.h = $x)",
        "$x.format('%s',$x)",
        "+",
        "*",
        "/",
        "%",
        "==",
        "&&",
    ];
    prop_oneof![
        8 => proptest::sample::select(pieces.to_vec()).prop_map(str::to_owned),
        1 => "\\PC{0,4}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn templates_of_random_pieces_end(pieces in prop::collection::vec(piece(), 0..40), body in "\\PC{0,20}") {
        end(&pieces.concat(), &body);
    }

    #[test]
    fn random_texts_are_templates_or_errors(text in "\\PC{0,60}") {
        if let Err(error) = vtl::parse(&text, &Limits::default()) {
            prop_assert!(error.kind != ErrorKind::Method);
            prop_assert!(error.span.start <= error.span.end);
            prop_assert!(text.get(error.span.start as usize..).is_some(), "{:?}", error.span);
            let _ = error.excerpt(&text);
        }
    }

    #[test]
    fn a_tracer_changes_nothing(pieces in prop::collection::vec(piece(), 0..20)) {
        let text = pieces.concat();
        let limits = Limits { steps: 1_000_000, ..Limits::default() };
        if let Ok(template) = vtl::parse(&text, &limits) {
            let input = Input::default();
            let (mut a, mut b) = (Overrides::default(), Overrides::default());
            let plain = template.render(&input, &mut a, None);
            let traced = template.render(&input, &mut b, Some(&mut Counter(0)));
            prop_assert_eq!(plain, traced);
            prop_assert_eq!(a, b);
        }
    }

    #[test]
    fn any_payload_reads_or_fails(text in "[\\[\\]{}:,'\"\\\\a-c0-9.eE+\\- \nntf\u{1a}é😀]{0,60}") {
        let _ = json::parse(&text);
    }

    #[test]
    fn any_path_compiles_or_fails_and_reads(path in "\\$?[.\\[\\]()?@*:,'a-c0-9<>=!&|~/ -]{0,30}", budget in 0_u64..10_000) {
        if let Ok(path) = Path::compile(&path) {
            let document = json::parse(r#"{"a":[{"b":1,"c":[1,2,{"a":"x"}]},null,"s"],"b":{"a":{"b":2}},"c":1.5}"#).unwrap();
            let mut left = budget;
            let _ = path.read(&document, &mut left);
            prop_assert!(left <= budget);
        }
    }
}

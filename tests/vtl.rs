//! Every template of the case file renders as real API Gateway's engine renders it: Apache Velocity 1.7 with Jayway `JsonPath` and
//! json-smart, which printed the expectations (`spec/vtl.md`).
//!
//! A line of the file either describes inputs that cases share (`input` and the data) or is a case: `expected` is the exact output,
//! `error` means that any error is right.

use std::collections::HashMap;

use indexmap::IndexMap;
use serde_json::{Map, Value, json};
use sluice::vtl::{self, Input, Limits, Overrides};

const CASES: &str = include_str!("data/vtl-cases.jsonl");

fn texts(value: &Value) -> IndexMap<String, String> {
    let entries = value.as_object().into_iter().flatten();
    entries
        .map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned()))
        .collect()
}

fn render(template: &str, input: &Value) -> Result<(String, Overrides), String> {
    let group = |name: &str| texts(&input["params"][name]);
    let (path, querystring, header) = (group("path"), group("querystring"), group("header"));
    let stage_variables = texts(&input["stageVariables"]);
    let no_context = Map::new();
    let input = Input {
        body: input["body"].as_str().unwrap_or_default(),
        path: &path,
        querystring: &querystring,
        header: &header,
        stage_variables: &stage_variables,
        context: input["context"].as_object().unwrap_or(&no_context),
    };
    let mut overrides = Overrides::default();
    let template = vtl::parse(template, &Limits::default()).map_err(|e| e.to_string())?;
    let output = template.render(&input, &mut overrides, None);
    Ok((output.map_err(|e| e.to_string())?, overrides))
}

#[test]
fn every_case_renders_as_the_reference_does() {
    let mut inputs = HashMap::new();
    let mut wrong = Vec::new();
    let mut count = 0;
    for line in CASES.lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let Some(template) = case["template"].as_str() else {
            inputs.insert(case["input"].as_u64().unwrap(), case);
            continue;
        };
        count += 1;
        let input = &inputs[&case["input"].as_u64().unwrap()];
        let problem = match (render(template, input), case["expected"].as_str()) {
            (Ok((output, overrides)), Some(expected)) => {
                let sides = [
                    ("requestOverride", overrides.request),
                    ("responseOverride", overrides.response),
                ];
                let set = sides.into_iter().filter(|(_, set)| !set.is_empty());
                let set: Map<String, Value> = set
                    .map(|(side, set)| (side.to_owned(), Value::Object(set)))
                    .collect();
                let none = Value::Object(Map::new());
                let wanted = case.get("expectedOverrides").unwrap_or(&none);
                if output != expected {
                    format!("printed {output:?}, not {expected:?}")
                } else if Value::Object(set.clone()) != *wanted {
                    format!("overrode {set:?}, not {wanted}")
                } else {
                    continue;
                }
            }
            (Err(_), None) => continue,
            (Ok((output, _)), None) => format!("printed {output:?} instead of failing"),
            (Err(error), Some(expected)) => format!("failed ({error}), not {expected:?}"),
        };
        wrong.push(format!("{} {template:?}\n    {problem}", case["id"]));
    }
    assert_eq!(count, 1_623);
    assert!(
        wrong.is_empty(),
        "{} of {count}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// One parsed template serves all requests, on whatever thread they are.
/// Each line of the file is a template and what the reference printed for it; `error` means that any error is right.
#[test]
fn methods_answer_as_those_of_java_do() {
    let input = json!({
        "body": r#"{"l":[1,2,3,4],"big":123456789012345678901234567890}"#,
        "params": {"querystring": {"q": "1"}},
    });
    let mut wrong = Vec::new();
    for line in include_str!("data/vtl-methods.jsonl").lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let template = case["template"].as_str().unwrap();
        match (render(template, &input), case["expected"].as_str()) {
            (Ok((output, _)), Some(expected)) if output == expected => {}
            (Err(_), None) => {}
            (got, expected) => wrong.push(format!(
                "{template}\n    {:?}\n    {expected:?}",
                got.map(|(output, _)| output)
            )),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_template_is_shared_between_threads() {
    fn shared(_: &(impl Send + Sync)) {}
    let template = vtl::parse("$input.path('$.a')", &Limits::default()).unwrap();
    shared(&template);
    std::thread::scope(|scope| {
        for n in 0..2 {
            let template = &template;
            scope.spawn(move || {
                let body = format!("{{\"a\":{n}}}");
                let input = Input {
                    body: &body,
                    ..Input::default()
                };
                let output = template.render(&input, &mut Overrides::default(), None);
                assert_eq!(output.unwrap(), n.to_string());
            });
        }
    });
}

/// A property below `$context` is found without making the whole, and must be what the whole has.
#[test]
fn properties_of_context_are_the_same_alone_and_in_the_whole() {
    let context = serde_json::json!({
        "stage": "prod", "none": null,
        "identity": {"sourceIp": "192.0.2.1", "deep": {"x": {"y": 7}}, "list": [1, {"a": "b"}]},
        "authorizer": {"n": 1, "flag": true, "no": null, "list": [1, "x"], "claims": {"sub": "u", "n": 2}},
    });
    for path in [
        "stage",
        "stage.x",
        "none",
        "none.x",
        "missing",
        "identity",
        "identity.sourceIp",
        "identity.none.x",
        "identity.deep.x.y",
        "identity.deep.x",
        "identity.list",
        "identity.list[1].a",
        "identity.class.name",
        "authorizer",
        "authorizer.n",
        "authorizer.n.length()",
        "authorizer.flag",
        "authorizer.no",
        "authorizer.list",
        "authorizer.claims",
        "authorizer.claims.sub",
        "authorizer.claims.n",
        "requestOverride.header",
        "class.name",
    ] {
        let input = serde_json::json!({"context": context});
        let alone = format!("[$context.{path}]#if($context.{path} == 1)one#end");
        let whole = format!("#set($c = $context)[$c.{path}]#if($c.{path} == 1)one#end");
        let (alone, whole) = (render(&alone, &input), render(&whole, &input));
        assert_eq!(alone.unwrap().0, whole.unwrap().0, "{path}");
    }
}

/// Patterns with counts, as the reference matches and replaces with them.
#[test]
fn counts_in_patterns_repeat_what_stands_before_them() {
    for (text, pattern, matches, replaced) in [
        ("2020-01-02", r"\d{4}-.*", true, "<2020-01-02>"),
        ("2020-01-02", r"\d{2}", false, "<20><20>-<01>-<02>"),
        ("aaa", "a{2,}", true, "<aaa>"),
        ("aaa", "a{1,2}", false, "<aa><a>"),
        ("abc-123_X", r"[a-z]{3}-\d{3}_X", true, "<abc-123_X>"),
        ("aaa", "{2}", false, "<>a<>a<>a<>"),
        ("x{y}z", r"\{.*\}", false, "x<{y}>z"),
    ] {
        let template = format!(
            "#set($p = '{pattern}')$input.path('$').matches($p) $input.path('$').replaceAll($p, '<$0>')"
        );
        let input = serde_json::json!({ "body": serde_json::json!(text).to_string() });
        let (output, _) = render(&template, &input).unwrap();
        assert_eq!(
            output,
            format!("{matches} {replaced}"),
            "{pattern} on {text}"
        );
    }
    let bad = "$input.path('$').matches('a{x}')";
    assert!(render(bad, &serde_json::json!({ "body": "\"a\"" })).is_err());
}

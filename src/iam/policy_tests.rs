use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::iam::{AwsCaller, PolicyError};

type Given = BTreeMap<String, Vec<String>>;

fn given(keys: &Value) -> Given {
    let one = |v: &Value| v.as_str().unwrap().to_owned();
    keys.as_object()
        .unwrap()
        .iter()
        .map(|(key, value)| {
            let values = match value {
                Value::Array(values) => values.iter().map(one).collect(),
                value => vec![one(value)],
            };
            (key.to_ascii_lowercase(), values)
        })
        .collect()
}

const ARN: &str = "arn:aws:execute-api:us-east-1:123456789012:abc/prod/GET/pets";

fn ask(policy: &Policy, keys: &dyn Keys) -> Finding {
    policy.evaluate(&Request {
        action: "execute-api:Invoke",
        resource: ARN,
        caller: &Caller::Anonymous,
        keys,
    })
}

/// Whether a statement with this condition applies to a request with these keys.
#[allow(clippy::needless_pass_by_value, reason = "written in place with json!")]
fn holds(condition: Value, keys: Value) -> bool {
    let policy = json!({"Version": "2012-10-17", "Statement": {
        "Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition,
    }});
    let policy = Policy::from_value(&policy, PolicyKind::Identity).unwrap();
    ask(&policy, &given(&keys)) == Finding::Allow(0)
}

#[test]
#[allow(clippy::too_many_lines, reason = "a table")]
fn every_operator_compares_as_its_page_says() {
    let k = |v: Value| json!({ "k": v });
    let table: Vec<(&str, Value, Value, bool)> = vec![
        ("StringEquals", json!("a"), json!("a"), true),
        ("StringEquals", json!("a"), json!("A"), false),
        ("StringEquals", json!(["x", "a"]), json!("a"), true),
        ("StringEquals", json!("a*"), json!("ab"), false),
        ("StringNotEquals", json!("a"), json!("b"), true),
        ("StringNotEquals", json!(["a", "b"]), json!("b"), false),
        ("StringEqualsIgnoreCase", json!("aB"), json!("Ab"), true),
        ("StringNotEqualsIgnoreCase", json!("aB"), json!("Ab"), false),
        ("StringLike", json!("a?c*"), json!("abc"), true),
        ("StringLike", json!("a?c*"), json!("ac"), false),
        ("StringNotLike", json!("a*"), json!("abc"), false),
        ("NumericEquals", json!("1.5"), json!("1.50"), true),
        ("NumericEquals", json!(3), json!("3"), true),
        ("NumericNotEquals", json!("1"), json!("2"), true),
        ("NumericLessThan", json!("2"), json!("1.9"), true),
        ("NumericLessThan", json!("2"), json!("2"), false),
        ("NumericLessThanEquals", json!("2"), json!("2"), true),
        ("NumericGreaterThan", json!("2"), json!("2"), false),
        ("NumericGreaterThanEquals", json!("2"), json!("2"), true),
        ("NumericEquals", json!("1"), json!("one"), false),
        (
            "DateEquals",
            json!("2026-01-01T00:00:00Z"),
            json!("1767225600"),
            true,
        ),
        (
            "DateNotEquals",
            json!("2026-01-01T00:00:00Z"),
            json!("2026-01-01T00:00:01Z"),
            true,
        ),
        (
            "DateLessThan",
            json!("2026-01-02"),
            json!("2026-01-01T23:59:59Z"),
            true,
        ),
        (
            "DateLessThanEquals",
            json!("2026-01-01T00:00:00Z"),
            json!("2026-01-01T01:00:00+01:00"),
            true,
        ),
        (
            "DateGreaterThan",
            json!("1767225600"),
            json!("2026-01-01T00:00:00Z"),
            false,
        ),
        (
            "DateGreaterThanEquals",
            json!("1767225600"),
            json!("2026-01-01T00:00:00Z"),
            true,
        ),
        ("Bool", json!("true"), json!("TRUE"), true),
        ("Bool", json!(false), json!("true"), false),
        ("BinaryEquals", json!("QmluYXJ5"), json!("QmluYXJ5"), true),
        ("BinaryEquals", json!("QmluYXJ5"), json!("QmluYXI="), false),
        (
            "IpAddress",
            json!("203.0.113.0/24"),
            json!("203.0.113.7"),
            true,
        ),
        (
            "IpAddress",
            json!("203.0.113.0/24"),
            json!("203.0.114.7"),
            false,
        ),
        (
            "IpAddress",
            json!("203.0.113.7"),
            json!("203.0.113.7"),
            true,
        ),
        ("IpAddress", json!("0.0.0.0/0"), json!("8.8.8.8"), true),
        ("IpAddress", json!("0.0.0.0/0"), json!("::1"), false),
        (
            "IpAddress",
            json!("2001:db8::/32"),
            json!("2001:db8:1::1"),
            true,
        ),
        (
            "IpAddress",
            json!("2001:db8::/32"),
            json!("2001:db9::1"),
            false,
        ),
        ("IpAddress", json!("::/0"), json!("2001:db9::1"), true),
        (
            "IpAddress",
            json!("10.0.0.0/8"),
            json!("::ffff:10.1.2.3"),
            true,
        ),
        (
            "NotIpAddress",
            json!(["10.0.0.0/8", "192.168.0.0/16"]),
            json!("192.168.1.1"),
            false,
        ),
        ("NotIpAddress", json!("10.0.0.0/8"), json!("8.8.8.8"), true),
        (
            "ArnEquals",
            json!("arn:aws:iam::1:role/a*"),
            json!("arn:aws:iam::1:role/a/b:c"),
            true,
        ),
        (
            "ArnLike",
            json!("arn:aws:*::1:role/x"),
            json!("arn:aws:iam::1:role/x"),
            true,
        ),
        (
            "ArnLike",
            json!("arn:*:role/x"),
            json!("arn:aws:iam::1:role/x"),
            false,
        ),
        (
            "ArnNotEquals",
            json!("arn:aws:iam::1:role/x"),
            json!("arn:aws:iam::1:role/x"),
            false,
        ),
        (
            "ArnNotLike",
            json!("arn:aws:iam::1:role/x*"),
            json!("arn:aws:iam::1:role/y"),
            true,
        ),
        ("Null", json!("true"), json!("x"), false),
        ("Null", json!("false"), json!("x"), true),
    ];
    for (operator, value, actual, expected) in table {
        assert_eq!(
            holds(json!({operator: k(value.clone())}), k(actual.clone())),
            expected,
            "{operator} {value} on {actual}"
        );
    }
}

#[test]
fn a_missing_key_means_what_its_operator_makes_of_it() {
    let table = [
        ("StringEquals", false),
        ("StringNotEquals", true),
        ("StringLike", false),
        ("StringNotLike", true),
        ("StringEqualsIgnoreCase", false),
        ("StringNotEqualsIgnoreCase", true),
        ("ArnLike", false),
        ("ArnNotLike", true),
        ("StringEqualsIfExists", true),
        ("StringNotEqualsIfExists", true),
        ("ForAllValues:StringEquals", true),
        ("ForAllValues:StringNotEquals", true),
        ("ForAnyValue:StringEquals", false),
        ("ForAnyValue:StringNotEquals", false),
        ("ForAnyValue:StringEqualsIfExists", true),
    ];
    for (operator, expected) in table {
        assert_eq!(
            holds(json!({operator: {"k": "a"}}), json!({})),
            expected,
            "{operator}"
        );
    }
    for (operator, value, expected) in [
        ("NumericEquals", "1", false),
        ("NumericNotEquals", "1", true),
        ("DateLessThan", "2026-01-01", false),
        ("Bool", "true", false),
        ("BoolIfExists", "true", true),
        ("IpAddress", "10.0.0.0/8", false),
        ("NotIpAddress", "10.0.0.0/8", true),
        ("Null", "true", true),
        ("Null", "false", false),
    ] {
        assert_eq!(
            holds(json!({operator: {"k": value}}), json!({})),
            expected,
            "{operator}"
        );
    }
}

#[test]
fn sets_of_values_are_judged_as_a_whole_or_one_by_one() {
    let table = [
        ("ForAllValues:StringEquals", vec!["a", "b"], true),
        ("ForAllValues:StringEquals", vec!["a", "c"], false),
        ("ForAnyValue:StringEquals", vec!["c", "b"], true),
        ("ForAnyValue:StringEquals", vec!["c", "d"], false),
        ("ForAllValues:StringNotEquals", vec!["c", "d"], true),
        ("ForAllValues:StringNotEquals", vec!["a", "d"], false),
        ("ForAnyValue:StringNotEquals", vec!["a", "d"], true),
        ("ForAnyValue:StringNotEquals", vec!["a", "b"], false),
        ("ForAnyValue:StringLike", vec!["x", "b"], true),
    ];
    for (operator, values, expected) in table {
        assert_eq!(
            holds(json!({operator: {"k": ["a", "b"]}}), json!({"k": values})),
            expected,
            "{operator} {values:?}"
        );
    }
}

#[test]
fn keys_are_all_asked_and_variables_filled() {
    let both =
        json!({"StringEquals": {"a": "1", "B": "2"}, "Bool": {"aws:SecureTransport": "true"}});
    let keys = json!({"A": "1", "b": "2", "aws:securetransport": "true"});
    assert!(holds(both.clone(), keys));
    assert!(!holds(
        both,
        json!({"a": "1", "b": "3", "aws:securetransport": "true"})
    ));
    let own = json!({"StringEquals": {"k": "home/${aws:username}"}});
    assert!(holds(
        own.clone(),
        json!({"k": "home/alice", "aws:username": "alice"})
    ));
    assert!(!holds(own, json!({"k": "home/alice"})));
    // Nobody can tell what isn't equal to something unknown: the statement doesn't apply.
    let other = json!({"StringNotEquals": {"k": "${aws:username}"}});
    assert!(!holds(other, json!({"k": "alice"})));
}

#[test]
#[allow(clippy::too_many_lines, reason = "a table")]
fn a_document_that_is_none_is_refused_with_its_place() {
    let statement = |more: Value| {
        let mut statement = json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
        for (name, value) in more.as_object().unwrap() {
            if value.is_null() {
                statement.as_object_mut().unwrap().remove(name);
            } else {
                statement[name] = value.clone();
            }
        }
        json!({"Statement": [statement]})
    };
    let table = [
        (json!([]), "the document: it must be an object"),
        (json!({}), "the document: it has no Statement"),
        (
            json!({"Statement": "x"}),
            "the document: Statement can't be \"x\"",
        ),
        (
            json!({"Statement": [], "Version": "2020-01-01"}),
            "the document: Version must be",
        ),
        (
            json!({"Statement": [], "statement": []}),
            "the document: there is no element statement",
        ),
        (
            json!({"Statement": [7]}),
            "statement 1: it must be an object",
        ),
        (
            statement(json!({"Effect": "allow"})),
            "statement 1: Effect must be",
        ),
        (
            statement(json!({"Effect": null})),
            "statement 1: it has no Effect",
        ),
        (
            statement(json!({"Action": null})),
            "statement 1: it has no Action",
        ),
        (
            statement(json!({"Action": []})),
            "statement 1: Action is empty",
        ),
        (
            statement(json!({"Action": "invoke"})),
            "statement 1: 'invoke' is no action",
        ),
        (
            statement(json!({"Resource": null})),
            "statement 1: it has no Resource",
        ),
        (
            statement(json!({"Resource": "pets"})),
            "statement 1: 'pets' is no ARN",
        ),
        (
            statement(json!({"NotAction": "*"})),
            "statement 1: it has both Action and NotAction",
        ),
        (
            statement(json!({"Principal": "*"})),
            "statement 1: a policy of an identity names no Principal",
        ),
        (
            statement(json!({"Foo": "*"})),
            "statement 1: there is no element Foo",
        ),
        (
            statement(json!({"Condition": []})),
            "statement 1: Condition must be an object",
        ),
        (
            statement(json!({"Condition": {"StringIs": {"a": "b"}}})),
            "statement 1: there is no condition operator StringIs",
        ),
        (
            statement(json!({"Condition": {"Some:StringEquals": {"a": "b"}}})),
            "statement 1: there is no condition operator",
        ),
        (
            statement(json!({"Condition": {"NullIfExists": {"a": "true"}}})),
            "statement 1: there is no condition operator",
        ),
        (
            statement(json!({"Condition": {"IpAddress": {"a": "10.0.0.0/33"}}})),
            "statement 1: '10.0.0.0/33' is not an address",
        ),
        (
            statement(json!({"Condition": {"NumericEquals": {"a": "x"}}})),
            "statement 1: 'x' is not a number",
        ),
    ];
    for (document, expected) in table {
        let error: PolicyError = Policy::from_value(&document, PolicyKind::Identity).unwrap_err();
        assert!(
            error.to_string().starts_with(expected),
            "{document}: {error}"
        );
    }
    let unnamed = statement(json!({}));
    let error = Policy::from_value(&unnamed, PolicyKind::Resource).unwrap_err();
    assert_eq!(error.to_string(), "statement 1: it has no Principal");
    assert!(Policy::parse("{", PolicyKind::Identity).is_err());
}

#[test]
fn a_trace_names_each_statement_and_why_it_does_not_apply() {
    let policy = json!({"Version": "2012-10-17", "Statement": [
        {"Sid": "Office", "Effect": "Deny", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "*",
         "Condition": {"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}},
        {"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "execute-api:*", "Resource": "*"},
        {"Effect": "Allow", "Principal": "*", "Action": "execute-api:ManageConnections", "Resource": "*"},
        {"Effect": "Allow", "Principal": "*", "NotAction": "apigateway:*", "NotResource": "arn:*:*:*:*:abc/*"},
        {"Sid": "All", "Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": ARN},
    ]});
    let policy = Policy::from_value(&policy, PolicyKind::Resource).unwrap();
    let keys = given(&json!({"aws:SourceIp": "10.1.1.1"}));
    let caller = Caller::Aws(AwsCaller::root("999999999999"));
    let request = Request {
        action: "execute-api:Invoke",
        resource: ARN,
        caller: &caller,
        keys: &keys,
    };
    assert_eq!(policy.evaluate(&request), Finding::Allow(4));
    let trace = policy.trace(&request);
    let office = Mismatch::Condition {
        operator: "NotIpAddress".into(),
        key: "aws:SourceIp".into(),
    };
    let told: Vec<_> = trace
        .iter()
        .map(|t| (t.statement.as_str(), t.mismatch.clone()))
        .collect();
    assert_eq!(
        told,
        [
            ("Office", Some(office)),
            ("statement 2", Some(Mismatch::Principal)),
            ("statement 3", Some(Mismatch::Action)),
            ("statement 4", Some(Mismatch::Resource)),
            ("All", None),
        ]
    );
    let away = given(&json!({"aws:SourceIp": "8.8.8.8"}));
    assert_eq!(
        policy.evaluate(&Request {
            keys: &away,
            ..request
        }),
        Finding::Deny(0)
    );
}

proptest! {
    /// A policy of any statements says what the truth table of its parts says: a denial that applies, else the first allowance.
    #[test]
    fn a_policy_says_what_the_truth_table_says(
        parts in prop::collection::vec(any::<(bool, bool, bool, bool, bool, bool, bool)>(), 0..6)
    ) {
        let mut statements = Vec::new();
        let mut expected = Finding::Silent;
        for (at, &(deny, not_action, action, not_resource, resource, negated, condition)) in parts.iter().enumerate() {
            let mut statement = json!({"Effect": if deny { "Deny" } else { "Allow" }, "Principal": "*"});
            let name = if not_action { "NotAction" } else { "Action" };
            statement[name] = json!(if action { "execute-api:*" } else { "s3:*" });
            let name = if not_resource { "NotResource" } else { "Resource" };
            statement[name] = json!(if resource { ARN } else { "arn:aws:s3:::bucket" });
            let operator = if negated { "StringNotEquals" } else { "StringEquals" };
            statement["Condition"] = json!({operator: {"aws:UserAgent": if condition { "curl" } else { "wget" }}});
            statements.push(statement);
            let applies = (action != not_action) && (resource != not_resource) && (condition != negated);
            if applies {
                expected = match (expected, deny) {
                    (Finding::Deny(first), _) => Finding::Deny(first),
                    (_, true) => Finding::Deny(at),
                    (Finding::Allow(first), false) => Finding::Allow(first),
                    (Finding::Silent, false) => Finding::Allow(at),
                };
            }
        }
        let policy = Policy::from_value(&json!({"Statement": statements}), PolicyKind::Resource).unwrap();
        let keys = given(&json!({"aws:UserAgent": "curl"}));
        prop_assert_eq!(ask(&policy, &keys), expected);
        // The trace agrees: what applies in it decides.
        let request = Request { action: "execute-api:Invoke", resource: ARN, caller: &Caller::Anonymous, keys: &keys };
        let applied = policy.trace(&request).into_iter().filter(|t| t.mismatch.is_none()).count();
        prop_assert_eq!(applied == 0, expected == Finding::Silent);
    }
}

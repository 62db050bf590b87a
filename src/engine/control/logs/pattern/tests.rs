//! Filter patterns as the service's guide shows them.

use super::*;

fn check(pattern: &str, cases: &[(&str, bool)]) {
    let compiled = Pattern::parse(pattern).unwrap_or_else(|error| panic!("{pattern}: {error}"));
    for (message, expected) in cases {
        assert_eq!(compiled.matches(message), *expected, "{pattern}: {message}");
    }
}

#[test]
fn terms_are_all_wanted_some_wanted_or_unwanted() {
    check("", &[("anything", true)]);
    check("\" \"", &[("anything", true)]);
    check("ERROR", &[("[ERROR 400]", true), ("error", false)]);
    check(
        "ERROR ARGUMENTS",
        &[("ERROR: ARGUMENTS", true), ("ERROR", false)],
    );
    check(
        "?ERROR ?WARN",
        &[("WARN", true), ("an ERROR", true), ("INFO", false)],
    );
    check(
        "ERROR -EXITING",
        &[("ERROR", true), ("ERROR EXITING", false)],
    );
    check(
        "\"INTERNAL \\\"SERVER\\\" ERROR\"",
        &[("x INTERNAL \"SERVER\" ERROR x", true), ("INTERNAL", false)],
    );
    check(
        "%AUTHORIZED|DENIED%",
        &[("UNAUTHORIZED", true), ("DENIED", true), ("ok", false)],
    );
    // Optional terms beside plain ones are ignored.
    check("ERROR ?WARN", &[("ERROR", true), ("WARN", false)]);
    check("-\"x y\"", &[("x y", false), ("x", true)]);
}

#[test]
fn json_selectors_are_compared() {
    let event = r#"{"eventType": "UpdateTrail", "sourceIPAddress": "111.111.111.111", "n": 42, "d": 1.5, "ok": true, "no": null,
        "arrayKey": ["value", "another"], "objectList": [{"name": "a", "id": 1}, {"name": "b", "id": 2}], "user": {"email": "J@x.com"},
        "a.b": "dotted", "status": "404"}"#;
    for (pattern, expected) in [
        ("{ $.eventType = \"UpdateTrail\" }", true),
        ("{ $.eventType = UpdateTrail }", true),
        ("{$.eventType=Update*}", true),
        ("{ $.eventType != UpdateTrail }", false),
        ("{ $.sourceIPAddress != 123.123.* }", true),
        ("{ $.sourceIPAddress = 111.* }", true),
        ("{ $.arrayKey[0] = \"value\" }", true),
        ("{ $.arrayKey[1] = \"value\" }", false),
        ("{ $.arrayKey[*] = another }", true),
        ("{ $.objectList[1].id = 2 }", true),
        ("{ $.n >= 42 && $.n < 43 }", true),
        ("{ $.n > 42 }", false),
        ("{ $.n = 4.2e1 }", true),
        ("{ $.n = 4* }", true),
        ("{ $.d != 1.5 }", false),
        ("{ $.ok IS TRUE }", true),
        ("{ $.ok IS FALSE }", false),
        ("{ $.no IS NULL }", true),
        ("{ $.gone IS NULL }", false),
        ("{ $.gone NOT EXISTS }", true),
        ("{ $.n NOT EXISTS }", false),
        ("{ $.gone != x }", false),
        ("{ $.user = * }", false),
        ("{ $.user.email = \"J@x.com\" || $.n = 1 }", true),
        ("{ ($.n = 1 || $.n = 42) && $.ok IS TRUE }", true),
        ("{ $.n = 1 || $.n = 42 && $.ok IS FALSE }", false),
        ("{ $.[\"a.b\"] = dotted }", true),
        ("{ $['a.b'] = dotted }", true),
        ("{ $.eventType = %Trail$% }", true),
        ("{ $.status = 404 }", true),
        ("{ $.status > 400 }", false),
    ] {
        check(pattern, &[(event, expected), ("no json", false)]);
    }
}

#[test]
fn space_delimited_fields_are_compared() {
    let event =
        "127.0.0.1 Prod frank [10/Oct/2000:13:25:15 -0700] \"GET /index.html HTTP/1.0\" 404 1534";
    for (pattern, expected) in [
        (
            "[ip, server, username, timestamp, request, status_code, bytes]",
            true,
        ),
        (
            "[ip, server, username, timestamp, request, status_code, bytes > 1000]",
            true,
        ),
        (
            "[ip, server, username, timestamp, request, status_code, bytes > 2000]",
            false,
        ),
        ("[..., status_code=4*, bytes]", true),
        ("[..., status_code=5*, bytes]", false),
        ("[ip, user, ..., bytes]", true),
        ("[ip, user, bytes]", false),
        ("[..., request=*.html*, status=4*,]", false),
        ("[..., request=*.html*, status=4*, b]", true),
        ("[..., status=500 || status=404, b]", true),
        ("[..., status>=400 && status<404, b]", false),
        ("[ip, name=\"Prod\", ...]", true),
        ("[ip!=127.0.0.1, ...]", false),
        ("[ip=%127\\.0\\.0\\.[1-9]%, ...]", true),
        ("[..., timestamp=10*, request, status, b]", true),
    ] {
        if pattern.contains(",]") {
            assert!(Pattern::parse(pattern).is_err());
        } else {
            check(pattern, &[(event, expected)]);
        }
    }
}

#[test]
fn what_is_no_pattern_is_refused_with_a_reason() {
    for pattern in [
        "a.b",
        "?",
        "\"open",
        "%(%",
        "{ $.a }",
        "{ $.a = 1",
        "{ $.a = 1 } x",
        "{ a = 1 }",
        "{ $.a > x }",
        "{ $.a = 1 && }",
        "{ $.a[x] = 1 }",
        "{ ($.a = 1 }",
        "[a",
        "[a b]",
        "[a=]",
        "[]",
    ] {
        let error = Pattern::parse(pattern).unwrap_err();
        assert!(error.starts_with("Invalid "), "{pattern}: {error}");
    }
    let deep = format!("{{ {}$.a = 1{} }}", "(".repeat(900), ")".repeat(900));
    assert!(Pattern::parse(&deep).is_err());
}

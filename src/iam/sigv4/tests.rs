use jiff::{SignedDuration, Timestamp};

use super::*;

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

fn now() -> Timestamp {
    "2015-08-30T12:36:00Z".parse().unwrap()
}

fn signer(token: Option<&'static str>) -> Signer<'static> {
    Signer {
        access_key: "AKIDEXAMPLE",
        secret: SECRET,
        token,
        region: "us-east-1",
        service: "service",
    }
}

type Header = (&'static str, &'static [u8]);
type Headers = Vec<Header>;

fn host() -> Headers {
    vec![("host", b"example.amazonaws.com")]
}

fn with(more: &[(&'static str, &'static str)]) -> Headers {
    let mut headers = host();
    headers.extend(more.iter().map(|(n, v)| (*n, v.as_bytes())));
    headers
}

/// AWS's published vectors, those whose path isn't encoded: name, verb, path, query, further headers, signature.
type Vector = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static [(&'static str, &'static str)],
    &'static str,
);

const UNRESERVED: &str = "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz=-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

const VECTORS: &[Vector] = &[
    (
        "get-vanilla",
        "GET",
        "/",
        "",
        &[],
        "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
    ),
    (
        "get-header-key-duplicate",
        "GET",
        "/",
        "",
        &[
            ("my-header1", "value2"),
            ("my-header1", "value2"),
            ("my-header1", "value1"),
        ],
        "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea",
    ),
    (
        "get-header-value-multiline",
        "GET",
        "/",
        "",
        &[("my-header1", "value1\n  value2\n     value3")],
        "cfd34249e4b1c8d6b91ef74165d41a32e5fab3306300901bb65a51a73575eefd",
    ),
    (
        "get-header-value-trim",
        "GET",
        "/",
        "",
        &[("my-header1", " value1"), ("my-header2", " \"a   b   c\"")],
        "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736",
    ),
    (
        "get-slashes-normalized",
        "GET",
        "//example//",
        "",
        &[],
        "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84",
    ),
    (
        "get-relative-relative-normalized",
        "GET",
        "/example1/example2/../..",
        "",
        &[],
        "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
    ),
    (
        "get-slash-dot-slash-normalized",
        "GET",
        "/./",
        "",
        &[],
        "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
    ),
    (
        "get-slash-pointless-dot-normalized",
        "GET",
        "/./example",
        "",
        &[],
        "ef75d96142cf21edca26f06005da7988e4f8dc83a165a80865db7089db637ec5",
    ),
    (
        "get-vanilla-query-order-key-case",
        "GET",
        "/",
        "Param2=value2&Param1=value1",
        &[],
        "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
    ),
    (
        "get-vanilla-query-order-encoded",
        "GET",
        "/",
        "Param-3=Value3&Param=Value2&%E1%88%B4=Value1",
        &[],
        "371d3713e185cc334048618a97f809c9ffe339c62934c032af5a0e595648fcac",
    ),
    (
        "get-vanilla-query-unreserved",
        "GET",
        "/",
        UNRESERVED,
        &[],
        "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197",
    ),
    (
        "post-vanilla-query",
        "POST",
        "/",
        "Param1=value1",
        &[],
        "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11",
    ),
    (
        "post-header-key-sort",
        "POST",
        "/",
        "",
        &[("my-header1", "value1")],
        "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c",
    ),
];

#[test]
fn the_published_vectors_are_signed_as_published() {
    for (name, method, path, query, more, expected) in VECTORS {
        let headers = with(more);
        let request = Received {
            method,
            path,
            query,
            headers: &headers,
        };
        let added = sign(&request, b"", &signer(None), now());
        let (_, authorization) = &added[0];
        assert!(
            authorization.ends_with(&format!("Signature={expected}")),
            "{name}: {authorization}"
        );
    }
}

#[test]
fn a_session_token_and_a_body_are_signed_as_published() {
    let headers = host();
    let request = Received {
        method: "GET",
        path: "/",
        query: "",
        headers: &headers,
    };
    let token = "6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267";
    let added = sign(&request, b"", &signer(Some(token)), now());
    assert_eq!(
        added[0].1,
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
         SignedHeaders=host;x-amz-date;x-amz-security-token, \
         Signature=07ec1639c89043aa0e3e2de82b96708f198cceab042d4a97044c66dd9f74e7f8"
    );
    // post-x-www-form-urlencoded
    let headers = with(&[
        ("content-type", "application/x-www-form-urlencoded"),
        ("content-length", "13"),
        (
            "x-amz-content-sha256",
            "9095672bbd1f56dfc5b65f3e153adc8731a4a654192329106275f4c7b24d0b6e",
        ),
    ]);
    let request = Received {
        method: "POST",
        path: "/",
        query: "",
        headers: &headers,
    };
    let added = sign(&request, b"Param1=value1", &signer(None), now());
    assert!(
        added[0]
            .1
            .ends_with("d3875051da38690788ef43de4db0d8f280229d82040bfac253562e56c3f20e0b")
    );
}

#[test]
fn an_encoded_path_is_encoded_again() {
    let headers = host();
    let request = Received {
        method: "POST",
        path: "/test/@connections/JBDvjfGEIAMCERw%3D",
        query: "",
        headers: &headers,
    };
    let text = canonical::request(&request, &["host"], "hash");
    assert!(
        text.starts_with("POST\n/test/%40connections/JBDvjfGEIAMCERw%253D\n"),
        "{text}"
    );
}

#[test]
fn a_plus_in_a_query_is_a_blank() {
    let headers = host();
    let request = Received {
        method: "GET",
        path: "/",
        query: "a=1+%2B%20b",
        headers: &headers,
    };
    let text = canonical::request(&request, &["host"], "hash");
    assert!(text.starts_with("GET\n/\na=1%20%2B%20b\n"), "{text}");
}

/// get-vanilla with the URL signed: the published signature, and the parameters in our order.
#[test]
fn a_url_is_presigned_as_published() {
    let headers = host();
    let request = Received {
        method: "GET",
        path: "/",
        query: "",
        headers: &headers,
    };
    let query = presign(&request, &signer(None), now(), 3_600);
    assert!(
        query.ends_with(
            "X-Amz-Signature=e93c787ed7f371d5c6b165c1b38ede9550f4dce4144713e844b25b7192d3865d"
        ),
        "{query}"
    );
    let received = Received {
        query: &query,
        ..request
    };
    let claim = Claim::read(&received).unwrap().unwrap();
    assert_eq!(claim.verify(&received, b"", SECRET), Ok(()));
    assert_eq!(
        claim.check_date(now() + SignedDuration::from_secs(3_600)),
        Ok(())
    );
    let late = claim
        .check_date(now() + SignedDuration::from_secs(3_601))
        .unwrap_err();
    assert_eq!(
        (late.kind, late.kind.name()),
        (SignatureErrorKind::RequestExpired, "RequestExpired")
    );
}

/// Headers, the exception's name, its message.
type Refused = (Vec<Written>, &'static str, &'static str);
type Written = (&'static str, String);

/// Changes headers, query and body of a signed request.
type Change = fn(&mut Vec<(String, Vec<u8>)>, &mut String, &mut Vec<u8>);

/// A signed request, changed by `change` before it is checked.
fn check(change: Change) -> Result<(), SignatureError> {
    let headers = with(&[("x-my", "a  b")]);
    let request = Received {
        method: "POST",
        path: "/a%20b/c",
        query: "x=1&y=%2F",
        headers: &headers,
    };
    let added = sign(&request, b"body", &signer(Some("token")), now());
    let mut owned: Vec<(String, Vec<u8>)> = headers
        .iter()
        .map(|(n, v)| ((*n).to_owned(), v.to_vec()))
        .collect();
    owned.extend(
        added
            .into_iter()
            .map(|(n, v)| (n.to_owned(), v.into_bytes())),
    );
    let (mut query, mut body) = (request.query.to_owned(), b"body".to_vec());
    change(&mut owned, &mut query, &mut body);
    let headers: Vec<(&str, &[u8])> = owned
        .iter()
        .map(|(n, v)| (n.as_str(), v.as_slice()))
        .collect();
    let received = Received {
        headers: &headers,
        query: &query,
        ..request
    };
    let claim = Claim::read(&received)?.ok_or_else(SignatureError::missing_token)?;
    claim.check_scope("us-east-1", "service")?;
    claim.check_date(now())?;
    claim.verify(&received, &body, SECRET)
}

#[test]
fn what_was_signed_is_taken_and_nothing_else() {
    assert_eq!(check(|_, _, _| {}), Ok(()));
    // Order of parameters, blanks in values and headers that aren't signed make no difference.
    assert_eq!(check(|_, query, _| *query = "y=%2f&x=1".to_owned()), Ok(()));
    assert_eq!(
        check(|headers, _, _| headers.push(("x-other".to_owned(), b"z".to_vec()))),
        Ok(())
    );
    let mismatches = [
        check(|_, query, _| query.push_str("&z=")),
        check(|_, _, body| body.push(b'!')),
        check(|headers, _, _| headers[1].1 = b"b".to_vec()),
        check(|headers, _, _| headers[0].1 = b"other".to_vec()),
        check(|headers, _, _| {
            headers.remove(1);
        }),
        check(|headers, _, _| headers.push(("x-my".to_owned(), b"more".to_vec()))),
    ];
    for mismatch in mismatches {
        let error = mismatch.unwrap_err();
        assert_eq!(error.kind.name(), "InvalidSignatureException");
        assert!(error.message.starts_with("The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.\n\nThe Canonical String for this request should have been\n'POST\n/a%2520b/c\n"), "{}", error.message);
        assert!(error.message.contains("'\n\nThe String-to-Sign should have been\n'AWS4-HMAC-SHA256\n20150830T123600Z\n20150830/us-east-1/service/aws4_request\n"));
        assert!(error.message.ends_with("'\n"));
    }
}

#[test]
fn an_unsigned_payload_counts_only_when_that_is_signed() {
    let sent = |claimed: Headers, extra: Option<Header>| {
        let request = Received {
            method: "POST",
            path: "/",
            query: "",
            headers: &claimed,
        };
        let time = claim::stamp(now());
        let mut headers = claimed.clone();
        headers.push(("x-amz-date", time.as_bytes()));
        let names: Vec<&str> = headers.iter().map(|(n, _)| *n).collect();
        let credential = Credential {
            access_key: "AKIDEXAMPLE".into(),
            date: "20150830".into(),
            region: "us-east-1".into(),
            service: "service".into(),
        };
        let canonical = canonical::request(
            &Received {
                headers: &headers,
                ..request
            },
            &names,
            UNSIGNED,
        );
        let text = canonical::string_to_sign(&time, &credential.scope(), &canonical);
        let mac = SigningKey::derive(SECRET, &credential).mac(&text).unwrap();
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/{},SignedHeaders={},Signature={}",
            credential.scope(),
            names.join(";"),
            hex(&mac.finalize().into_bytes())
        );
        headers.push(("authorization", authorization.as_bytes()));
        headers.extend(extra);
        let received = Received {
            headers: &headers,
            ..request
        };
        Claim::read(&received)
            .unwrap()
            .unwrap()
            .verify(&received, b"any body", SECRET)
    };
    assert_eq!(
        sent(with(&[("x-amz-content-sha256", UNSIGNED)]), None),
        Ok(())
    );
    assert!(sent(host(), Some(("x-amz-content-sha256", UNSIGNED.as_bytes()))).is_err());
}

fn refused(headers: &[(&str, &str)], query: &str) -> SignatureError {
    let headers: Vec<(&str, &[u8])> = headers.iter().map(|(n, v)| (*n, v.as_bytes())).collect();
    let received = Received {
        method: "GET",
        path: "/",
        query,
        headers: &headers,
    };
    let claim = Claim::read(&received).and_then(|claim| {
        let claim = claim.ok_or_else(SignatureError::missing_token)?;
        claim.check_scope("us-east-1", "execute-api")?;
        claim.check_date(now())?;
        claim.verify(&received, b"", SECRET)
    });
    claim.unwrap_err()
}

#[test]
#[allow(clippy::too_many_lines, reason = "a table")]
fn refusals_say_what_aws_says() {
    let header = |scope: &str, signed: &str| {
        format!(
            "AWS4-HMAC-SHA256 Credential=A/{scope}/aws4_request, SignedHeaders={signed}, Signature=00"
        )
    };
    let good = "20150830/us-east-1/execute-api";
    let table: Vec<Refused> = vec![
        (
            vec![],
            "MissingAuthenticationTokenException",
            "Missing Authentication Token",
        ),
        (
            vec![("authorization", String::new())],
            "MissingAuthenticationTokenException",
            "Missing Authentication Token",
        ),
        (
            vec![("authorization", "Bearer xyz".into())],
            "IncompleteSignatureException",
            "'xyz' not a valid key=value pair (missing equal-sign) in Authorization header: 'Bearer xyz'.",
        ),
        (
            vec![("authorization", "Foo".into())],
            "IncompleteSignatureException",
            "'Foo' not a valid key=value pair (missing equal-sign) in Authorization header: 'Foo'.",
        ),
        (
            vec![("authorization", "AWS4-HMAC-SHA256 a=b".into())],
            "IncompleteSignatureException",
            "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. Authorization \
          header requires 'SignedHeaders' parameter. Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' \
          header. Authorization=AWS4-HMAC-SHA256 a=b",
        ),
        (
            vec![
                ("authorization", header(good, "host")),
                ("x-amz-date", "today".into()),
            ],
            "IncompleteSignatureException",
            "Date must be in ISO-8601 'basic format'. Got 'today'. See http://en.wikipedia.org/wiki/ISO_8601",
        ),
        (
            vec![
                (
                    "authorization",
                    header("20150830/eu-west-1/execute-api", "host"),
                ),
                date(),
            ],
            "InvalidSignatureException",
            "Credential should be scoped to a valid region, not 'eu-west-1'. ",
        ),
        (
            vec![
                (
                    "authorization",
                    header("20150830/us-east-1/apigateway", "host"),
                ),
                date(),
            ],
            "InvalidSignatureException",
            "Credential should be scoped to correct service: 'execute-api'. ",
        ),
        (
            vec![
                (
                    "authorization",
                    header("20150829/us-east-1/execute-api", "host"),
                ),
                date(),
            ],
            "InvalidSignatureException",
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '20150829' != '20150830', from \
          '20150830T123600Z'.",
        ),
        (
            vec![
                ("authorization", header(good, "host")),
                ("x-amz-date", "20150830T123059Z".into()),
            ],
            "InvalidSignatureException",
            "Signature expired: 20150830T123059Z is now earlier than 20150830T123100Z (20150830T123600Z - 5 min.)",
        ),
        (
            vec![
                ("authorization", header(good, "host")),
                ("date", "Sun, 30 Aug 2015 12:41:01 GMT".into()),
            ],
            "InvalidSignatureException",
            "Signature not yet current: 20150830T124101Z is still later than 20150830T124100Z (20150830T123600Z + 5 min.)",
        ),
        (
            vec![("authorization", header(good, "x-amz-date")), date()],
            "InvalidSignatureException",
            "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
        ),
    ];
    for (headers, name, message) in table {
        let headers: Vec<(&str, &str)> = headers.iter().map(|(n, v)| (*n, v.as_str())).collect();
        let error = refused(&headers, "");
        assert_eq!((error.kind.name(), error.message.as_str()), (name, message));
    }
    let error = refused(&[], "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=A");
    assert_eq!(error.kind.name(), "IncompleteSignatureException");
    let week = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=A%2F20150830%2Fus-east-1%2Fexecute-api%2Faws4_request&\
                X-Amz-Signature=00&X-Amz-SignedHeaders=host&X-Amz-Date=20150830T123600Z&X-Amz-Expires=604801";
    assert!(refused(&[], week).message.starts_with("X-Amz-Expires"));
}

fn date() -> (&'static str, String) {
    ("x-amz-date", "20150830T123600Z".to_owned())
}

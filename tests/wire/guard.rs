//! The attack table, played against the running engine: what a web page or a rebound name could send is refused.

use std::io::{Read, Write};
use std::net::TcpStream;

use crate::support::{Gateway, mock_api};

const AUTHORIZATION: &str = "authorization: AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/apigateway/aws4_request, SignedHeaders=host, Signature=0\r\n";

/// Sends these bytes and gives status and body.
fn raw(gateway: &Gateway, request: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(gateway.addr()).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (
        head.split(' ').nth(1).unwrap().parse().unwrap(),
        body.to_owned(),
    )
}

fn request(line: &str, headers: &str) -> String {
    format!("{line} HTTP/1.1\r\n{headers}connection: close\r\ncontent-length: 0\r\n\r\n")
}

#[tokio::test]
async fn what_a_page_could_send_is_refused_and_changes_nothing() {
    let gateway = Gateway::start();
    let (api, _) = mock_api(&gateway.apigateway(), "x").await;
    let local = "host: localhost\r\n";
    let attacks = [
        (
            "a form with a forged query",
            request(
                "POST /?Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Credential=a%2F20260101%2Fus-east-1%2Fsts%2Faws4_request&X-Amz-Signature=0",
                &format!("{local}content-type: application/x-www-form-urlencoded\r\n"),
            ),
        ),
        (
            "a rebound name",
            request(
                &format!("DELETE /restapis/{api}"),
                &format!("host: attacker.example\r\n{AUTHORIZATION}"),
            ),
        ),
        (
            "a script served by an API",
            request(
                "POST /_sluice/reset",
                &format!("{local}origin: http://{api}.execute-api.localhost\r\n"),
            ),
        ),
        (
            "a form post to reset",
            request(
                "POST /_sluice/reset",
                &format!("{local}sec-fetch-site: cross-site\r\nsec-fetch-mode: navigate\r\n"),
            ),
        ),
        (
            "a signed call from a page",
            request(
                &format!("DELETE /restapis/{api}"),
                &format!("{local}origin: null\r\n{AUTHORIZATION}"),
            ),
        ),
        (
            "no host",
            request(&format!("DELETE /restapis/{api}"), AUTHORIZATION),
        ),
        (
            "no signature",
            request(&format!("DELETE /restapis/{api}"), local),
        ),
    ];
    for (what, bytes) in attacks {
        let (status, body) = raw(&gateway, &bytes);
        assert_eq!(status, 403, "{what}: {body}");
        assert!(body.contains("message"), "{what}: {body}");
    }
    let apis = gateway.apigateway().get_rest_apis().send().await.unwrap();
    assert_eq!(apis.items().len(), 1);
    let allowed = request(
        &format!("GET /restapis/{api}"),
        &format!("{local}{AUTHORIZATION}"),
    );
    assert_eq!(raw(&gateway, &allowed).0, 200);
}

#[tokio::test]
async fn no_answer_of_the_control_plane_lets_a_page_read_it() {
    let gateway = Gateway::start();
    let answer = Gateway::http()
        .request(
            reqwest::Method::OPTIONS,
            format!("{}/restapis", gateway.url()),
        )
        .header("origin", "http://evil.example")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 403);
    assert!(
        !answer
            .headers()
            .keys()
            .any(|name| name.as_str().starts_with("access-control"))
    );
}

#[test]
fn an_address_that_others_can_reach_is_refused() {
    let config = sluice::engine::Config {
        listen: "0.0.0.0:0".parse().unwrap(),
        ..Default::default()
    };
    let error = sluice::engine::start(config).err().unwrap().to_string();
    assert!(
        error.contains("0.0.0.0:0") && error.contains("loopback"),
        "{error}"
    );
}

#[test]
fn a_taken_port_is_said_and_what_to_do() {
    let gateway = Gateway::start();
    let config = sluice::engine::Config {
        listen: gateway.addr(),
        ..Default::default()
    };
    let error = sluice::engine::start(config).err().unwrap().to_string();
    assert!(error.contains("another program has the port"), "{error}");
}

#[test]
fn a_body_larger_than_any_call_has_is_refused_and_the_gateway_goes_on() {
    let gateway = Gateway::start();
    let length = 16 << 20;
    let request = format!(
        "POST /restapis HTTP/1.1\r\nhost: localhost\r\n{AUTHORIZATION}connection: close\r\n\
         content-type: application/json\r\ncontent-length: {length}\r\n\r\n"
    );
    let mut stream = TcpStream::connect(gateway.addr()).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut sender = stream.try_clone().unwrap();
    // As much as it takes: what comes after the refusal may meet a closed connection.
    let sending = std::thread::spawn(move || {
        let part = vec![b' '; 1 << 20];
        for _ in 0..(length >> 20) {
            if sender.write_all(&part).is_err() {
                return;
            }
        }
    });
    let mut answer = [0; 512];
    let n = stream.read(&mut answer).unwrap();
    let text = String::from_utf8_lossy(&answer[..n]).into_owned();
    assert!(text.starts_with("HTTP/1.1 413 "), "{text}");
    assert!(text.contains("RequestEntityTooLargeException"), "{text}");
    drop(stream);
    sending.join().unwrap();
    let allowed = request_line_ok(&gateway);
    assert_eq!(allowed, 200);
}

/// The status of an ordinary call.
fn request_line_ok(gateway: &Gateway) -> u16 {
    let ordinary = request(
        "GET /restapis",
        &format!("host: localhost\r\n{AUTHORIZATION}"),
    );
    raw(gateway, &ordinary).0
}

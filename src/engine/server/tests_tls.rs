//! TLS end to end: certificates of the local authority, both versions of HTTP, what domains ask for, and clients that don't keep to it.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Empty};
use hyper::Request;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned, SupportedProtocolVersion, version,
};
use serde_json::json;

use super::Patience;
use super::tests::{Api, GUARD, connect, control, exchange, one, rest};
use crate::engine::{Config, Engine, start};

const BOTH: &[&SupportedProtocolVersion] = &[&version::TLS12, &version::TLS13];
const CERTIFICATE: &str = "arn:aws:acm:us-east-1:000000000000:certificate/c";

fn engine(config: Config) -> Engine {
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let tls_listen = Some(any);
    start(Config {
        tls_listen,
        ..config
    })
    .unwrap()
}

fn address(engine: &Engine) -> SocketAddr {
    engine.tls().unwrap().addr
}

/// A client that trusts the engine's authority and nobody else.
fn trusting(engine: &Engine, versions: &[&'static SupportedProtocolVersion]) -> ClientConfig {
    let answer = exchange(
        engine.addr(),
        b"GET /_sluice/ca.pem HTTP/1.1\r\nhost: localhost\r\n\r\n",
    );
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let (_, pem) = answer.split_once("\r\n\r\n").unwrap();
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_slice(pem.as_bytes()).unwrap())
        .unwrap();
    ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_protocol_versions(versions)
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth()
}

type Stream = StreamOwned<ClientConnection, TcpStream>;

/// A connection whose handshake is over.
fn greet(address: SocketAddr, config: ClientConfig, name: &str) -> std::io::Result<Stream> {
    let name = ServerName::try_from(name.to_owned()).unwrap();
    let tls = ClientConnection::new(Arc::new(config), name).unwrap();
    let mut stream = StreamOwned::new(tls, connect(address));
    stream.flush()?;
    while stream.conn.is_handshaking() {
        stream.conn.complete_io(&mut stream.sock)?;
    }
    Ok(stream)
}

fn get(path: &str, host: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n")
}

/// The whole answer to a request on a connection of its own.
fn ask(mut stream: Stream, request: &str) -> String {
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn each_host_that_is_served_has_its_certificate() {
    let engine = engine(Config::default());
    let api = Api::deployed(&engine, None);
    let host = format!("{}.execute-api.localhost", api.id);
    for (name, path) in [
        (host.as_str(), "/t/".to_owned()),
        // Without a name: an address.
        ("127.0.0.1", api.path()),
        ("localhost", api.path()),
        ("any.localhost", api.path()),
    ] {
        let stream = greet(address(&engine), trusting(&engine, BOTH), name).unwrap();
        let answer = ask(stream, &get(&path, name));
        assert!(answer.starts_with("HTTP/1.1 200"), "{name}: {answer}");
        assert!(answer.ends_with("served"), "{name}: {answer}");
    }
    // Nobody here is that.
    let error = greet(address(&engine), trusting(&engine, BOTH), "www.example.org").unwrap_err();
    assert!(error.to_string().contains("not valid for name"), "{error}");
    // The control plane is on this port too.
    let stream = greet(address(&engine), trusting(&engine, BOTH), "localhost").unwrap();
    let answer = ask(stream, &get("/_sluice/health", "localhost"));
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[test]
fn without_tls_there_is_no_authority() {
    let engine = start(Config::default()).unwrap();
    assert!(engine.tls().is_none());
    let request = b"GET /_sluice/ca.pem HTTP/1.1\r\nhost: localhost\r\n\r\n";
    let answer = exchange(engine.addr(), request);
    assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
    assert!(answer.contains("--tls-listen"), "{answer}");
}

/// As HTTP/1.1 would have brought them: the host, and cookies in one header.
#[test]
fn http_2_is_served_if_the_client_likes() {
    let engine = engine(Config::default());
    let template = "$context.protocol $input.params('Host') $input.params('cookie') $input.params('x-n') $context.tlsVersion";
    let api = Api::answering(&engine, template, None);
    let host = format!("{}.execute-api.localhost", api.id);
    let mut config = trusting(&engine, BOTH);
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let asked = async {
        let stream = tokio::net::TcpStream::connect(address(&engine)).await?;
        let name = ServerName::try_from(host.clone()).unwrap();
        let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
        let stream = connector.connect(name, stream).await?;
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
        let (sender, connection) =
            hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
                .await
                .unwrap();
        tokio::spawn(connection);
        // Many at once, each with its own answer.
        let asked = (0..20).map(|n| {
            let mut sender = sender.clone();
            let request = Request::get(format!("https://{host}:8443/t/"))
                .header("cookie", "a=1")
                .header("cookie", "b=2")
                .header("x-n", n);
            let request = request.body(Empty::<bytes::Bytes>::new()).unwrap();
            tokio::spawn(async move {
                let answer = sender.send_request(request).await.unwrap();
                let status = answer.status();
                let body = answer.into_body().collect().await.unwrap().to_bytes();
                (status, n, String::from_utf8(body.to_vec()).unwrap())
            })
        });
        for asked in asked.collect::<Vec<_>>() {
            let (status, n, body) = asked.await.unwrap();
            assert_eq!(status, 200, "{body}");
            let expected = format!("HTTP/2.0 {host}:8443 a=1; b=2 {n} ");
            assert!(body.starts_with(&expected), "{body}");
        }
        Ok::<_, std::io::Error>(())
    };
    let guarded = async { tokio::time::timeout(GUARD, asked).await };
    runtime.block_on(guarded).unwrap().unwrap();
    // Its idle connection doesn't keep the engine from stopping.
    engine.stop();
}

#[test]
fn a_domain_says_which_tls_it_takes() {
    let engine = engine(Config::default());
    let api = Api::deployed(&engine, None);
    for (name, policy) in [
        ("old.example.com", "TLS_1_2"),
        ("new.example.com", "SecurityPolicy_TLS13_1_3_2025_09"),
    ] {
        let domain = json!({
            "domainName": name, "regionalCertificateArn": CERTIFICATE, "securityPolicy": policy,
            "endpointConfiguration": {"types": ["REGIONAL"]},
        });
        control(engine.addr(), "POST", "/domainnames", &domain);
        let mapping = json!({"restApiId": api.id, "stage": "t"});
        let path = format!("/domainnames/{name}/basepathmappings");
        control(engine.addr(), "POST", &path, &mapping);
    }
    for (name, versions, served) in [
        ("old.example.com", &[&version::TLS12][..], true),
        ("old.example.com", &[&version::TLS13][..], true),
        ("new.example.com", &[&version::TLS12][..], false),
        ("new.example.com", &[&version::TLS13][..], true),
    ] {
        let greeted = greet(address(&engine), trusting(&engine, versions), name);
        assert_eq!(greeted.is_ok(), served, "{name} {versions:?}");
        if let Ok(stream) = greeted {
            let answer = ask(stream, &get("/", name));
            assert!(answer.ends_with("served"), "{answer}");
        }
    }
}

#[test]
fn clients_that_say_nothing_or_no_tls_are_left() {
    let engine = engine(Config {
        patience: Patience {
            head: Duration::from_millis(50),
            round: Duration::from_millis(10),
            ..Patience::default()
        },
        ..Config::default()
    });
    // In the middle of a handshake.
    for said in [&b""[..], b"\x16\x03\x01\x02\x00\x01"] {
        let mut stream = connect(address(&engine));
        stream.write_all(said).unwrap();
        assert_eq!(rest(&mut stream), "");
    }
    let mut stream = connect(address(&engine));
    stream.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    assert!(!rest(&mut stream).starts_with("HTTP"));
    // After one, before a request's end.
    let mut stream = greet(address(&engine), trusting(&engine, BOTH), "localhost").unwrap();
    stream.write_all(b"GET / HT").unwrap();
    let mut left = Vec::new();
    assert_eq!(stream.read_to_end(&mut left).unwrap_or(0), 0, "{left:?}");
    let stream = greet(address(&engine), trusting(&engine, BOTH), "localhost").unwrap();
    let answer = ask(stream, &get("/_sluice/health", "localhost"));
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[test]
fn both_ports_share_the_room() {
    let engine = engine(Config {
        connections: Some(1),
        ..Config::default()
    });
    let mut held = connect(engine.addr());
    held.write_all(
        get("/_sluice/health", "localhost")
            .replace("close", "keep-alive")
            .as_bytes(),
    )
    .unwrap();
    assert!(one(&mut held).starts_with("HTTP/1.1 200"));
    let mut stream = connect(address(&engine));
    // No words that the client couldn't read.
    assert_eq!(rest(&mut stream), "");
}

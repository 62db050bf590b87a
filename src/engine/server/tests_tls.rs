//! TLS end to end: certificates of the local authority, both versions of HTTP, what domains ask for, and clients that don't keep to it.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Empty};
use hyper::Request;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned, SupportedProtocolVersion, version,
};
use serde_json::json;

use super::Patience;
use super::tests::{Api, GUARD, connect, control, exchange, one, rest};
use crate::engine::control::apigateway::Truststores;
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

/// A domain that leads to the API.
fn domain(api: &Api, engine: &Engine, name: &str, more: &serde_json::Value) {
    let mut domain = json!({
        "domainName": name, "regionalCertificateArn": CERTIFICATE,
        "endpointConfiguration": {"types": ["REGIONAL"]},
    });
    for (name, value) in more.as_object().unwrap() {
        domain[name] = value.clone();
    }
    control(engine.addr(), "POST", "/domainnames", &domain);
    let mapping = json!({"restApiId": api.id, "stage": "t"});
    let path = format!("/domainnames/{name}/basepathmappings");
    control(engine.addr(), "POST", &path, &mapping);
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
        domain(&api, &engine, name, &json!({"securityPolicy": policy}));
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

/// A client's certificate and key.
struct Identity {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

impl Identity {
    fn made(certificate: &rcgen::Certificate, key: &KeyPair) -> Self {
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        Self {
            chain: vec![certificate.der().clone()],
            key,
        }
    }

    /// The connection's handshake as this client.
    fn greet(&self, engine: &Engine, name: &str) -> std::io::Result<Stream> {
        self.greet_with(engine, name, BOTH)
    }

    fn greet_with(
        &self,
        engine: &Engine,
        name: &str,
        versions: &[&'static SupportedProtocolVersion],
    ) -> std::io::Result<Stream> {
        let mut config = trusting(engine, versions);
        let provider = aws_lc_rs::default_provider();
        let key = provider.key_provider.load_private_key(self.key.clone_key());
        let certified = rustls::sign::CertifiedKey::new(self.chain.clone(), key.unwrap());
        let own = rustls::sign::SingleCertAndKey::from(certified);
        config.client_auth_cert_resolver = Arc::new(own);
        greet(address(engine), config, name)
    }
}

fn params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CountryName, "US");
    params.distinguished_name.push(DnType::CommonName, name);
    params.serial_number = Some(7_u64.into());
    params
}

struct Authority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Self {
        let mut params = params("Authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        Self {
            pem,
            issuer: Issuer::new(params, key),
        }
    }

    fn client(&self, change: impl FnOnce(&mut CertificateParams)) -> Identity {
        let mut params = params("Client");
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        Identity::made(&params.signed_by(&key, &self.issuer).unwrap(), &key)
    }
}

const SHOWN: &str = "#set($c = $context.identity.clientCert)$c.subjectDN|$c.issuerDN|$c.serialNumber|$c.validity.notBefore|$c.validity.notAfter";

#[test]
fn mutual_tls_lets_in_whom_the_truststore_trusts() {
    // By OpenSSL, as AWS's guide has it made.
    const OLD: &str = include_str!("../../../tests/data/client-v1.pem");
    let (ours, strangers) = (Authority::new(), Authority::new());
    let key = KeyPair::generate().unwrap();
    let mut alone = params("Alone");
    alone.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let alone_made = alone.self_signed(&key).unwrap();
    let alone = Identity::made(&alone_made, &key);
    let mut old = CertificateDer::pem_slice_iter(OLD.as_bytes()).map(Result::unwrap);
    let (_, old) = (old.next(), old.next().unwrap());
    let old = Identity {
        chain: vec![old],
        key: PrivateKeyDer::from_pem_slice(OLD.as_bytes()).unwrap(),
    };
    let (old_authority, _) = OLD.split_once("-----END CERTIFICATE-----").unwrap();
    let store = format!(
        "{}{}{old_authority}-----END CERTIFICATE-----\n",
        ours.pem,
        alone_made.pem()
    );
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), store).unwrap();
    let mut truststores = Truststores::default();
    truststores
        .add(&format!("s3://trust/store.pem={}", file.path().display()))
        .unwrap();
    let engine = engine(Config {
        truststores,
        ..Config::default()
    });
    let api = Api::answering(&engine, SHOWN, None);
    let name = "mutual.example.com";
    let mutual = json!({"mutualTlsAuthentication": {"truststoreUri": "s3://trust/store.pem"}});
    domain(&api, &engine, name, &mutual);
    domain(&api, &engine, "open.example.com", &json!({}));

    let forbidden = |answer: String| {
        assert!(answer.starts_with("HTTP/1.1 403"), "{answer}");
        assert!(answer.contains("x-amzn-ErrorType: ForbiddenException"));
        assert!(answer.ends_with("{\"message\":\"Forbidden\"}"), "{answer}");
    };
    let served = |answer: String, expected: &str| {
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        assert!(answer.ends_with(expected), "{answer}");
    };
    let dates = "Jan  1 00:00:00 1975 GMT|Jan  1 00:00:00 4096 GMT";
    let client = ours.client(|_| ());
    let expected = format!("\r\n\r\nC=US,CN=Client|C=US,CN=Authority|7|{dates}");
    let greeted = client.greet(&engine, name).unwrap();
    served(ask(greeted, &get("/", name)), &expected);
    let greeted = alone.greet(&engine, name).unwrap();
    let expected = format!("C=US,CN=Alone|C=US,CN=Alone|7|{dates}");
    served(ask(greeted, &get("/", name)), &expected);
    for versions in [&[&version::TLS12][..], &[&version::TLS13][..]] {
        let greeted = old.greet_with(&engine, name, versions).unwrap();
        let expected = "C=US,ST=Washington,O=Example,CN=My Client|C=US,O=Example,CN=My Private CA|2|Aug 29 00:28:21 2020 GMT|Aug  5 00:28:21 2120 GMT";
        served(ask(greeted, &get("/", name)), expected);
    }

    for stranger in [
        strangers.client(|_| ()),
        ours.client(|params| params.not_after = date_time_ymd(2020, 1, 1)),
        ours.client(|params| params.not_before = date_time_ymd(4000, 1, 1)),
    ] {
        let greeted = stranger.greet(&engine, name).unwrap();
        forbidden(ask(greeted, &get("/", name)));
    }
    // Without a certificate there is no connection; TLS 1.3 tells the client only when it reads.
    let greeted = greet(address(&engine), trusting(&engine, BOTH), name);
    let failed = greeted.and_then(|mut stream| stream.read(&mut [0]));
    assert!(failed.is_err(), "{failed:?}");
    // Neither the other port nor another domain's handshake leads round it.
    forbidden(exchange(engine.addr(), get("/", name).as_bytes()));
    let open = || {
        greet(
            address(&engine),
            trusting(&engine, BOTH),
            "open.example.com",
        )
        .unwrap()
    };
    forbidden(ask(open(), &get("/", name)));
    // A certificate that nobody was asked about isn't shown.
    served(ask(open(), &get("/", "open.example.com")), "\r\n\r\n||||");
    let greeted = client.greet(&engine, name).unwrap();
    served(ask(greeted, &get("/", "open.example.com")), "\r\n\r\n||||");
}

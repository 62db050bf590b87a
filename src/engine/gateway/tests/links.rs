//! VPC links, TLS to backends and client certificates (`spec/rest/integrations.md` §7).

use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use rcgen::{CertificateParams, IsCa, KeyPair};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::spawn_local;

use super::{Backend, Rig, api, run, stage};
use crate::engine::gateway::{Settings, VpcLinkAddresses};

fn proxy(uri: &str, more: Value) -> Value {
    let mut integration = json!({"type": "HTTP_PROXY", "httpMethod": "GET", "uri": uri});
    super::merge(&mut integration, more);
    json!({ "methodIntegration": integration })
}

#[test]
fn a_link_leads_where_the_flag_says_and_the_host_stays() {
    run(|| async {
        let backend = Backend::saying(200, "{}").await;
        let mut vpc_links = VpcLinkAddresses::default();
        vpc_links
            .add(&format!("my-link={}", backend.url("")))
            .unwrap();
        let rig = Rig::with(Settings {
            vpc_links,
            ..Settings::default()
        })
        .await;
        let link = |id: &str| {
            proxy(
                "http://inner.example/path?x=1",
                json!({"connectionType": "VPC_LINK", "connectionId": id}),
            )
        };
        let definition = api(json!({
            "GET /id": link("abc123"),
            "GET /name": link("my-link"),
            "GET /variable": link("${stageVariables.link}"),
            "GET /lost": link("other1"),
            "GET /unset": link("${stageVariables.none}"),
        }));
        rig.gateway.publish_named(
            "us-east-1",
            [("abc123", "my-link"), ("other1", "other")].into_iter(),
            std::iter::empty(),
        );
        rig.publish(
            &stage(json!({"variables": {"link": "abc123"}})),
            &definition,
        );
        for path in ["/id", "/name", "/variable"] {
            assert_eq!(rig.get(path).await.status, 200, "{path}");
            let asked = backend.last();
            assert_eq!(asked.path, "/path?x=1");
            assert_eq!(asked.header("host").unwrap(), "inner.example");
        }
        for path in ["/lost", "/unset"] {
            assert_eq!(
                rig.get(path).await.error(),
                (
                    500,
                    Some("InternalServerErrorException"),
                    "Internal server error".to_owned()
                )
            );
        }
    });
}

/// An HTTPS server with a self-signed certificate; answers with the number of certificates that its client showed.
async fn https(name: &str, change: impl FnOnce(&mut CertificateParams)) -> u16 {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    change(&mut params);
    let certificate = params.self_signed(&key).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let server = rustls::ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(Arc::new(TakesAll(provider)))
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(server));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    spawn_local(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let Ok(stream) = acceptor.accept(stream).await else {
                continue;
            };
            let shown = stream.get_ref().1.peer_certificates().map_or(0, <[_]>::len);
            let service = service_fn(move |_: Request<Incoming>| async move {
                let body = Full::new(Bytes::from(shown.to_string()));
                Ok::<_, std::convert::Infallible>(Response::new(body))
            });
            spawn_local(
                hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), service),
            );
        }
    });
    port
}

/// Asks every client for a certificate, and takes any or none.
#[derive(Debug)]
struct TakesAll(Arc<rustls::crypto::CryptoProvider>);

impl rustls::server::danger::ClientCertVerifier for TakesAll {
    fn root_hint_subjects(&self) -> &[rustls::DistinguishedName] {
        &[]
    }

    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn verify_client_cert(
        &self,
        _: &rustls::pki_types::CertificateDer<'_>,
        _: &[rustls::pki_types::CertificateDer<'_>],
        _: rustls::pki_types::UnixTime,
    ) -> Result<rustls::server::danger::ClientCertVerified, rustls::Error> {
        Ok(rustls::server::danger::ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &rustls::pki_types::CertificateDer<'_>,
        dss: &rustls::DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, cert, dss, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &rustls::pki_types::CertificateDer<'_>,
        dss: &rustls::DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, cert, dss, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<rustls::SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[test]
fn verification_may_leave_out_the_authority_and_nothing_else() {
    run(|| async {
        let good = https("localhost", |_| {}).await;
        let authority = https("localhost", |params| {
            params.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        })
        .await;
        let misnamed = https("example.com", |_| {}).await;
        let misnamed_authority = https("example.com", |params| {
            params.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        })
        .await;
        let expired = https("localhost", |params| {
            params.not_after = rcgen::date_time_ymd(2001, 1, 1);
        })
        .await;
        let call = async |port: u16, insecure: bool| {
            let uri = format!("https://localhost:{port}/");
            let tls = json!({"tlsConfig": {"insecureSkipVerification": insecure}});
            let rig = Rig::serving(api(json!({"GET /": proxy(&uri, tls)}))).await;
            rig.get("/").await.status
        };
        for (port, status) in [
            (good, 200),
            (authority, 200),
            (misnamed, 504),
            (misnamed_authority, 504),
            (expired, 504),
        ] {
            assert_eq!(call(port, true).await, status, "{port}");
            assert_eq!(call(port, false).await, 504, "{port}");
        }
    });
}

#[test]
fn backends_are_shown_the_stages_certificate() {
    run(|| async {
        let port = https("localhost", |_| {}).await;
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::default().self_signed(&key).unwrap();
        let uri = format!("https://localhost:{port}/");
        let tls = json!({"tlsConfig": {"insecureSkipVerification": true}});
        let definition = api(json!({"GET /": proxy(&uri, tls)}));
        let rig = Rig::new().await;
        let (pem, key) = (certificate.pem(), key.serialize_pem());
        let certificates = [("cert01", pem.as_str(), key.as_str()), ("broken", "", "")];
        rig.gateway
            .publish_named("us-east-1", std::iter::empty(), certificates.into_iter());
        let body = async |more: Value| {
            rig.publish(&stage(more), &definition);
            let reply = rig.get("/").await;
            (reply.status, reply.body)
        };
        assert_eq!(body(json!({})).await, (200, "0".to_owned()));
        let with = body(json!({"clientCertificateId": "cert01"})).await;
        assert_eq!(with, (200, "1".to_owned()));
        for lost in ["cert02", "broken"] {
            assert_eq!(
                body(json!({"clientCertificateId": lost})).await.0,
                500,
                "{lost}"
            );
        }
        // Connections with and without it are told apart.
        assert_eq!(body(json!({})).await, (200, "0".to_owned()));
    });
}

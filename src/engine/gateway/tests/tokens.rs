//! Cognito and JWT authorizers: signatures, claims, scopes, keys. Outcomes and bodies: `spec/rest/auth.md` §5 and §6.

use std::time::Duration;

use bytes::Bytes;
use http::Response;
use http_body_util::Full;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use super::{Backend, Rig, api, mock, run, stage};
use crate::engine::gateway::{JwksSource, Settings};
use crate::model::Definition;

const POOL: &str = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_pool";

/// A key of an issuer.
struct Key {
    id: &'static str,
    algorithm: Algorithm,
    secret: EncodingKey,
}

impl Key {
    fn rsa(id: &'static str) -> Self {
        let pair = rcgen::KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).unwrap();
        let whole = pair.serialize_der();
        // The library takes the key alone, which ends what PKCS #8 wraps around it.
        let inner = pkcs1(&whole);
        Self {
            id,
            algorithm: Algorithm::RS256,
            secret: EncodingKey::from_rsa_der(inner),
        }
    }

    fn ec(id: &'static str) -> Self {
        let pair = rcgen::KeyPair::generate().unwrap();
        Self {
            id,
            algorithm: Algorithm::ES256,
            secret: EncodingKey::from_ec_der(&pair.serialize_der()),
        }
    }

    fn public(&self) -> Value {
        let mut key = Jwk::from_encoding_key(&self.secret, self.algorithm).unwrap();
        key.common.key_id = Some(self.id.to_owned());
        serde_json::to_value(key).unwrap()
    }

    /// A token with these claims; of one that is null there is none.
    fn sign(&self, usual: &Value, more: &Value) -> String {
        let mut claims = usual.clone();
        super::merge(&mut claims, more.clone());
        claims
            .as_object_mut()
            .unwrap()
            .retain(|_, value| !value.is_null());
        let mut header = Header::new(self.algorithm);
        header.kid = Some(self.id.to_owned());
        jsonwebtoken::encode(&header, &claims, &self.secret).unwrap()
    }
}

/// The RSA key in a PKCS #8 wrapper: the octet string at its end.
fn pkcs1(der: &[u8]) -> &[u8] {
    let at = der.windows(4).skip(4).position(|w| {
        w[0] == 0x30 && w[1] == 0x82 && usize::from(w[2]) << 8 | usize::from(w[3]) < der.len()
    });
    let at = at.unwrap() + 4;
    &der[at..]
}

fn set(keys: &[&Key]) -> String {
    let keys: Vec<_> = keys.iter().map(|key| key.public()).collect();
    json!({ "keys": keys }).to_string()
}

/// `GET /open` without scopes and `GET /scoped` with two, behind this authorizer.
fn guarded(kind: &str, authorizer: Value) -> Definition {
    let method = |scopes: Value| {
        let mut method = mock(
            "$context.authorizer.claims.sub $context.authorizer.claims['custom:role'] $context.authorizer.scopes",
        );
        super::merge(
            &mut method,
            json!({"authorizationType": kind, "authorizerId": "auth01", "authorizationScopes": scopes}),
        );
        method
    };
    let mut definition = api(json!({
        "GET /open": method(json!([])),
        "GET /scoped": method(json!(["pets/read", "pets/write"])),
    }));
    let mut whole = json!({"id": "auth01", "name": "guard", "type": kind});
    super::merge(&mut whole, authorizer);
    definition.authorizers = serde_json::from_value(json!({ "auth01": whole })).unwrap();
    definition
}

async fn rig(definition: &Definition, sources: &[String]) -> Rig {
    let rig = Rig::with(Settings {
        jwks: sources
            .iter()
            .map(|s| JwksSource::parse(s).unwrap())
            .collect(),
        ..Settings::default()
    })
    .await;
    rig.publish(&stage(json!({})), definition);
    rig
}

async fn call(rig: &Rig, path: &str, token: &str) -> (u16, String) {
    let reply = rig.call("GET", path, &[("authorization", token)], "").await;
    (reply.status, reply.body)
}

/// 2026-01-02T03:04:05Z, where the clock stands.
const NOW: i64 = 1_767_323_045;

#[test]
fn a_user_pools_tokens_open_what_they_are_for() {
    run(|| async {
        let (ours, stranger) = (Key::rsa("one"), Key::rsa("one"));
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), set(&[&ours])).unwrap();
        let definition = guarded(
            "COGNITO_USER_POOLS",
            json!({
                "providerARNs": ["arn:aws:cognito-idp:us-east-1:000000000000:userpool/us-east-1_pool"],
                "identitySource": "method.request.header.Authorization",
                "identityValidationExpression": "client-.*",
            }),
        );
        let rig = rig(&definition, &[format!("{POOL}={}", file.path().display())]).await;
        let usual = json!({"iss": POOL, "sub": "me", "custom:role": "admin", "token_use": "id", "aud": "client-1", "exp": NOW + 60});
        let token = |more: Value| ours.sign(&usual, &more);
        let opened = (200, "me admin ".to_owned());
        assert_eq!(call(&rig, "/open", &token(json!({}))).await, opened);
        assert_eq!(
            call(&rig, "/open", &format!("Bearer {}", token(json!({})))).await,
            opened
        );
        let refused = (401, "{\"message\":\"Unauthorized\"}".to_owned());
        for (more, why) in [
            (json!({"iss": "https://other.example.com"}), "issuer"),
            (json!({"token_use": "access"}), "use"),
            (json!({"aud": "other"}), "audience"),
            (json!({"aud": null}), "no audience"),
            (json!({"exp": null}), "no end"),
            (json!({"nbf": NOW + 1}), "not yet"),
        ] {
            assert_eq!(call(&rig, "/open", &token(more)).await, refused, "{why}");
        }
        for (token, why) in [
            (
                stranger.sign(&usual, &json!({})),
                "another key of the same name",
            ),
            (Key::ec("one").sign(&usual, &json!({})), "another algorithm"),
            ("nonsense".to_owned(), "no token"),
            ("a.b.c".to_owned(), "no token either"),
        ] {
            assert_eq!(call(&rig, "/open", &token).await, refused, "{why}");
        }
        assert_eq!(rig.get("/open").await.status, 401);
        assert_eq!(
            call(&rig, "/open", &token(json!({"exp": NOW}))).await,
            (
                401,
                "{\"message\":\"The incoming token has expired\"}".to_owned()
            )
        );
        // Scopes ask for an access token that has one of them.
        assert_eq!(call(&rig, "/scoped", &token(json!({}))).await, refused);
    });
}

#[test]
fn scopes_ask_for_an_access_token() {
    run(|| async {
        let ours = Key::rsa("one");
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), set(&[&ours])).unwrap();
        let definition = guarded(
            "COGNITO_USER_POOLS",
            json!({
                "providerARNs": ["arn:aws:cognito-idp:us-east-1:000000000000:userpool/us-east-1_pool"],
            }),
        );
        let rig = rig(&definition, &[format!("{POOL}={}", file.path().display())]).await;
        let usual = json!({"iss": POOL, "sub": "me", "token_use": "access", "exp": NOW + 60});
        for (scope, status) in [
            ("pets/write other", 200),
            ("other", 401),
            ("pets/writer", 401),
            ("", 401),
        ] {
            let token = ours.sign(&usual, &json!({"scope": scope}));
            assert_eq!(call(&rig, "/scoped", &token).await.0, status, "{scope}");
        }
        assert_eq!(
            call(&rig, "/open", &ours.sign(&usual, &json!({}))).await.0,
            401
        );
    });
}

/// The token is checked first; then the resource policy alone must allow, and its silence is a refusal (`spec/rest/auth.md` §3).
#[test]
fn a_resource_policy_must_allow_whom_a_token_proves() {
    run(|| async {
        let ours = Key::rsa("one");
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), set(&[&ours])).unwrap();
        let usual = json!({"iss": POOL, "sub": "me", "token_use": "id", "exp": NOW + 60});
        let good = ours.sign(&usual, &json!({}));
        let policy = |effect: &str, address: &str| {
            json!({"Version": "2012-10-17", "Statement": [{"Effect": effect, "Principal": "*", "Action": "execute-api:Invoke",
                "Resource": "*", "Condition": {"IpAddress": {"aws:SourceIp": address}}}]})
        };
        for (effect, address, token, status) in [
            ("Allow", "127.0.0.1", good.as_str(), 200),
            ("Allow", "127.0.0.1", "nonsense", 401),
            ("Allow", "10.0.0.1", good.as_str(), 403),
            ("Allow", "10.0.0.1", "nonsense", 401),
            ("Deny", "127.0.0.1", good.as_str(), 403),
            ("Deny", "127.0.0.1", "nonsense", 401),
            ("Deny", "10.0.0.1", good.as_str(), 403),
        ] {
            let mut definition = guarded(
                "COGNITO_USER_POOLS",
                json!({"providerARNs": ["arn:aws:cognito-idp:us-east-1:000000000000:userpool/us-east-1_pool"]}),
            );
            definition.rest_api.policy = Some(policy(effect, address).to_string());
            let rig = rig(&definition, &[format!("{POOL}={}", file.path().display())]).await;
            let (got, _) = call(&rig, "/open", token).await;
            assert_eq!(got, status, "{effect} {address} {token:.8}");
        }
    });
}

/// An issuer on this machine, with keys that change.
async fn issuer(keys: std::rc::Rc<std::cell::RefCell<String>>) -> Backend {
    Backend::answering(move |asked| {
        let host = asked.header("host").unwrap();
        let body = match asked.path.as_str() {
            "/.well-known/openid-configuration" => {
                json!({"jwks_uri": format!("http://{host}/keys")}).to_string()
            }
            "/keys" => keys.borrow().clone(),
            other => panic!("{other}"),
        };
        Response::new(Full::new(Bytes::from(body)))
    })
    .await
}

#[test]
fn an_issuers_tokens_are_judged_by_audience_claims_and_scopes() {
    run(|| async {
        let (first, second) = (Key::ec("first"), Key::ec("second"));
        let keys = std::rc::Rc::new(std::cell::RefCell::new(set(&[&first])));
        let issuer = issuer(keys.clone()).await;
        let url = issuer.url("");
        let definition = guarded(
            "JWT",
            json!({"jwtConfiguration": {"defaultAlgorithms": ["ES256"], "issuers": [{
                "issuer": url, "audiences": ["a", "b"],
                "additionalClaims": [{"claimName": "tier", "required": true, "expectedValues": ["gold", "silver"]}, {"claimName": "free"}],
            }]}}),
        );
        let rig = rig(&definition, &[]).await;
        let usual = json!({"iss": url, "sub": "me", "aud": ["x", "b"], "tier": "gold", "exp": NOW + 1_000, "scp": ["pets/read"]});
        let token = |more: Value| first.sign(&usual, &more);
        assert_eq!(
            call(&rig, "/scoped", &token(json!({}))).await,
            (200, "me  pets/read".to_owned())
        );
        for (more, status) in [
            (json!({"aud": "a"}), 200),
            (json!({"tier": ["bronze", "silver"]}), 200),
            (json!({"scp": null, "scope": "pets/write"}), 200),
            (json!({"aud": "x"}), 401),
            (json!({"tier": null}), 401),
            (json!({"tier": "bronze"}), 401),
            (json!({"exp": NOW}), 401),
            (json!({"scp": ["other"]}), 403),
            (json!({"scp": null}), 403),
        ] {
            assert_eq!(
                call(&rig, "/scoped", &token(more.clone())).await.0,
                status,
                "{more}"
            );
        }
        // Discovered once: what is kept isn't asked for again.
        assert_eq!(issuer.requests.borrow().len(), 2);
        // A new key is found when a token names it, but not at once after keys were read.
        *keys.borrow_mut() = set(&[&first, &second]);
        let new = second.sign(&usual, &json!({}));
        assert_eq!(call(&rig, "/scoped", &new).await.0, 401);
        assert_eq!(issuer.requests.borrow().len(), 2);
        rig.clock.advance(Duration::from_secs(10));
        assert_eq!(call(&rig, "/scoped", &new).await.0, 200);
        assert_eq!(issuer.requests.borrow().len(), 4);
        // A key that was taken back ends when keys are read again.
        *keys.borrow_mut() = set(&[&second]);
        assert_eq!(call(&rig, "/scoped", &token(json!({}))).await.0, 200);
        rig.clock.advance(Duration::from_mins(5));
        assert_eq!(call(&rig, "/scoped", &token(json!({}))).await.0, 401);
        // An issuer that is broken for a while doesn't lock out who holds a token of a known key.
        *keys.borrow_mut() = "broken".to_owned();
        rig.clock.advance(Duration::from_mins(5));
        assert_eq!(call(&rig, "/scoped", &new).await.0, 200);
    });
}

#[test]
fn an_issuer_that_nobody_configured_is_never_asked() {
    run(|| async {
        let definition = guarded(
            "JWT",
            json!({"jwtConfiguration": {"defaultAlgorithms": ["ES256"], "issuers": [{
            "issuer": "https://issuer.example.com", "audiences": ["a"]}]}}),
        );
        let rig = rig(&definition, &[]).await;
        let token = Key::ec("k").sign(
            &json!({"iss": "https://issuer.example.com", "aud": "a", "exp": NOW + 60}),
            &json!({}),
        );
        let (status, body) = call(&rig, "/open", &token).await;
        assert_eq!(status, 500);
        assert!(body.contains("--jwks ISSUER=FILE|URL|discover"), "{body}");
    });
}

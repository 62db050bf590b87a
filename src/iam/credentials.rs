//! The credentials file: whom access keys stand for, what they may do, and the secrets that they sign with.
//!
//! JSON, because that is what policies are written in:
//!
//! ```json
//! {"credentials": [{
//!   "accessKeyId": "AKIDALICE", "secretAccessKey": "…",
//!   "arn": "arn:aws:iam::000000000000:user/alice",
//!   "policies": [{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "*"}]}]
//! }]}
//! ```

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::identity::Identity;
use super::policy::{Policy, PolicyKind};
use super::principal::{AwsCaller, CallerKind};
use super::sigv4::{Claim, Received, SignatureError};

/// The access keys that a gateway knows.
pub struct Credentials(HashMap<String, Entry>);

struct Entry {
    identity: Arc<Identity>,
    secret: String,
    token: Option<String>,
    expiration: Option<Timestamp>,
}

/// What is wrong with a credentials file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct CredentialsError(String);

/// Never shows a secret.
impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    credentials: Vec<Given>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Given {
    access_key_id: String,
    secret_access_key: String,
    session_token: Option<String>,
    #[serde(default, deserialize_with = "time")]
    expiration: Option<Timestamp>,
    #[serde(default, deserialize_with = "time")]
    issued: Option<Timestamp>,
    mfa: Option<bool>,
    arn: String,
    user_id: Option<String>,
    principal_org_id: Option<String>,
    #[serde(default)]
    tags: BTreeMap<String, String>,
    #[serde(default)]
    policies: Vec<Value>,
    permissions_boundary: Option<Value>,
    #[serde(default)]
    session_policies: Vec<Value>,
}

fn time<'de, D: Deserializer<'de>>(given: D) -> Result<Option<Timestamp>, D::Error> {
    let text = String::deserialize(given)?;
    text.parse().map(Some).map_err(D::Error::custom)
}

impl Credentials {
    /// Reads a credentials file.
    ///
    /// # Errors
    /// When it can't be read: which entry, and what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, CredentialsError> {
        let file: File =
            serde_json::from_str(text).map_err(|error| CredentialsError(error.to_string()))?;
        let mut entries = HashMap::new();
        for given in file.credentials {
            let key = given.access_key_id.clone();
            let entry = given
                .entry()
                .map_err(|problem| CredentialsError(format!("access key {key}: {problem}")))?;
            if entries.insert(key.clone(), entry).is_some() {
                return Err(CredentialsError(format!(
                    "access key {key}: it is there twice"
                )));
            }
        }
        if entries.is_empty() {
            return Err(CredentialsError(
                "it has no credentials: nobody could sign a request".to_owned(),
            ));
        }
        Ok(Self(entries))
    }

    /// Finds out who makes a request: the claim is proved with the key's secret. `body` are the bytes on the wire.
    ///
    /// # Errors
    /// When the request isn't signed, or isn't signed as AWS would take it.
    pub fn authenticate(
        &self,
        request: &Received<'_>,
        body: &[u8],
        scope: (&str, &str),
        now: Timestamp,
    ) -> Result<Arc<Identity>, SignatureError> {
        let claim = Claim::read(request)?.ok_or_else(SignatureError::missing_token)?;
        let entry = self
            .0
            .get(&claim.credential.access_key)
            .filter(|entry| entry.token == claim.token)
            .ok_or_else(SignatureError::unrecognized)?;
        let (region, service) = scope;
        claim.check_scope(region, service)?;
        claim.check_date(now)?;
        claim.verify(request, body, &entry.secret)?;
        if entry.expiration.is_some_and(|end| end <= now) {
            return Err(SignatureError::expired_token());
        }
        Ok(Arc::clone(&entry.identity))
    }
}

impl Given {
    fn entry(self) -> Result<Entry, String> {
        let odd = |c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '-';
        if self.access_key_id.is_empty() || self.access_key_id.contains(odd) {
            return Err("an access key id has letters and digits only".to_owned());
        }
        if self.secret_access_key.is_empty() {
            return Err("secretAccessKey is empty".to_owned());
        }
        let caller = AwsCaller::parse(&self.arn)?;
        let session = caller.kind() == CallerKind::AssumedRole;
        if session && self.session_token.is_none() {
            return Err("an assumed role's keys are temporary: give sessionToken too".to_owned());
        }
        let read = |name: &str, at: usize, value: &Value| {
            Policy::from_value(value, PolicyKind::Identity)
                .map_err(|error| format!("{name} {}: {error}", at + 1))
        };
        let all = |name: &str, values: &[Value]| {
            let each = values.iter().enumerate();
            each.map(|(at, value)| read(name, at, value))
                .collect::<Result<Vec<_>, _>>()
        };
        let policies = all("policy", &self.policies)?;
        let mut limits = all("session policy", &self.session_policies)?;
        if let Some(boundary) = &self.permissions_boundary {
            limits.push(read("permissions boundary", 0, boundary)?);
        }
        let user_id = self.user_id.or_else(|| {
            let name = caller.session_name()?;
            Some(format!("{}:{name}", self.access_key_id))
        });
        let mut identity = Identity::new(caller, &self.access_key_id);
        if let Some(user_id) = user_id {
            identity.user_id = user_id;
        }
        identity.org_id = self.principal_org_id;
        identity.tags = self.tags;
        identity.issued = self.issued;
        // Only sessions say whether they have a second factor.
        identity.mfa = self
            .session_token
            .is_some()
            .then(|| self.mfa.unwrap_or(false));
        identity.policies = policies;
        identity.limits = limits;
        Ok(Entry {
            identity: Arc::new(identity),
            secret: self.secret_access_key,
            token: self.session_token,
            expiration: self.expiration,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::iam::sigv4::{Signer, sign};
    use crate::iam::{Finding, Request};

    fn now() -> Timestamp {
        "2026-01-02T03:04:05Z".parse().unwrap()
    }

    fn allow(action: &str) -> Value {
        json!({"Statement": {"Sid": action, "Effect": "Allow", "Action": action, "Resource": "*"}})
    }

    fn deny(action: &str) -> Value {
        json!({"Statement": {"Sid": "no", "Effect": "Deny", "Action": action, "Resource": "*"}})
    }

    fn entry(more: &Value) -> Value {
        let mut entry = json!({
            "accessKeyId": "AKID", "secretAccessKey": "secret", "arn": "arn:aws:iam::111122223333:user/alice",
        });
        for (name, value) in more.as_object().unwrap() {
            entry[name] = value.clone();
        }
        json!({"credentials": [entry]})
    }

    fn read(more: &Value) -> Result<Credentials, CredentialsError> {
        Credentials::parse(&entry(more).to_string())
    }

    fn ask(
        credentials: &Credentials,
        secret: &str,
        token: Option<&str>,
    ) -> Result<Arc<Identity>, &'static str> {
        let headers: [(&str, &[u8]); 1] = [("host", b"h")];
        let request = Received {
            method: "GET",
            path: "/",
            query: "",
            headers: &headers,
        };
        let signer = Signer {
            access_key: "AKID",
            secret,
            token,
            region: "us-east-1",
            service: "execute-api",
        };
        let added = sign(&request, b"", &signer, now());
        let mut headers = headers.to_vec();
        headers.extend(added.iter().map(|(n, v)| (*n, v.as_bytes())));
        let request = Received {
            headers: &headers,
            ..request
        };
        credentials
            .authenticate(&request, b"", ("us-east-1", "execute-api"), now())
            .map_err(|error| error.kind.name())
    }

    #[test]
    fn a_key_stands_for_its_owner_with_the_right_secret_and_token_only() {
        let plain = read(&json!({})).unwrap();
        let alice = ask(&plain, "secret", None).unwrap();
        assert_eq!(alice.arn(), "arn:aws:iam::111122223333:user/alice");
        assert_eq!(
            ask(&plain, "other", None).unwrap_err(),
            "InvalidSignatureException"
        );
        assert_eq!(
            ask(&plain, "secret", Some("t")).unwrap_err(),
            "UnrecognizedClientException"
        );
        let session = json!({
            "arn": "arn:aws:sts::111122223333:assumed-role/reader/s1", "sessionToken": "t",
            "expiration": "2026-01-02T04:00:00Z", "principalOrgId": "o-1", "tags": {"Team": "pets"},
        });
        let session = read(&session).unwrap();
        let reader = ask(&session, "secret", Some("t")).unwrap();
        for (key, value) in [
            ("aws:userid", "AKID:s1"),
            ("aws:principalarn", "arn:aws:iam::111122223333:role/reader"),
            ("aws:principalorgid", "o-1"),
            ("aws:principaltag/team", "pets"),
            ("aws:principaltype", "AssumedRole"),
            ("aws:multifactorauthpresent", "false"),
        ] {
            assert_eq!(reader.key(key).as_deref(), Some(value), "{key}");
        }
        assert_eq!(reader.key("aws:username"), None);
        assert_eq!(
            ask(&session, "secret", None).unwrap_err(),
            "UnrecognizedClientException"
        );
        let over = json!({"sessionToken": "t", "expiration": "2026-01-02T03:04:05Z"});
        assert_eq!(
            ask(&read(&over).unwrap(), "secret", Some("t")).unwrap_err(),
            "ExpiredTokenException"
        );
    }

    #[test]
    fn policies_add_up_and_limits_cut_down() {
        let judged = |more: &Value| {
            let credentials = read(more).unwrap();
            let identity = ask(&credentials, "secret", None).unwrap();
            let said = identity.judge(&Request {
                action: "a:B",
                resource: "r",
                caller: &identity.caller,
                keys: &(),
            });
            (said.finding, said.statement)
        };
        let (yes, no) = (allow("a:*"), deny("a:*"));
        let table = [
            (json!({}), Finding::Silent),
            (json!({"policies": [allow("x:*"), yes]}), Finding::Allow(0)),
            (json!({"policies": [yes, no]}), Finding::Deny(0)),
            (
                json!({"policies": [yes], "permissionsBoundary": allow("x:*")}),
                Finding::Silent,
            ),
            (
                json!({"policies": [yes], "permissionsBoundary": yes}),
                Finding::Allow(0),
            ),
            (
                json!({"policies": [yes], "sessionPolicies": [yes, no]}),
                Finding::Deny(0),
            ),
            (json!({"permissionsBoundary": yes}), Finding::Silent),
            (
                json!({"arn": "arn:aws:iam::111122223333:root"}),
                Finding::Allow(0),
            ),
        ];
        for (more, expected) in table {
            assert_eq!(judged(&more).0, expected, "{more}");
        }
        assert_eq!(
            judged(&json!({"policies": [yes, no]})).1.as_deref(),
            Some("no")
        );
    }

    #[test]
    fn a_bad_file_is_refused_with_the_key_and_the_reason() {
        let table = [
            (
                json!({"arn": "alice"}),
                "access key AKID: 'alice' is no ARN of a caller",
            ),
            (
                json!({"secretAccessKey": ""}),
                "access key AKID: secretAccessKey is empty",
            ),
            (
                json!({"accessKeyId": "a/b"}),
                "access key a/b: an access key id",
            ),
            (
                json!({"arn": "arn:aws:sts::111122223333:assumed-role/r/s"}),
                "access key AKID: an assumed role's keys",
            ),
            (
                json!({"policies": [{}]}),
                "access key AKID: policy 1: the document: it has no Statement",
            ),
            (json!({"secret": "x"}), "unknown field `secret`"),
        ];
        for (more, expected) in table {
            let error = read(&more).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{error}");
        }
        assert!(Credentials::parse("{\"credentials\": []}").is_err());
        assert!(Credentials::parse("").is_err());
    }
}

//! Who calls, and whom the `Principal` element of a resource policy names.
//!
//! Source: `spec/iam-policy.md` §2; page "AWS JSON policy elements: Principal".

use serde_json::Value;

use super::error::Problem;

/// Who makes a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caller {
    /// Nobody in particular: an unsigned request, or one that an authorizer answers for.
    Anonymous,
    /// Somebody with AWS credentials.
    Aws(AwsCaller),
    /// An AWS service: `apigateway.amazonaws.com`.
    Service(String),
}

impl Caller {
    /// The ARN, or `anonymous`, as refusals name the caller.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Anonymous => "anonymous",
            Self::Aws(caller) => &caller.arn,
            Self::Service(name) => name,
        }
    }
}

/// An account's root, a user, or a session of a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AwsCaller {
    /// `arn:aws:iam::123456789012:user/alice`
    pub arn: String,
    /// 12 digits.
    pub account: String,
}

/// What the ARN of a caller is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallerKind {
    /// The account itself.
    Root,
    /// An IAM user.
    User,
    /// A session of a role.
    AssumedRole,
    /// A federated user.
    FederatedUser,
}

impl AwsCaller {
    /// A caller by its ARN.
    ///
    /// # Errors
    /// When it is no ARN of a root, a user, an assumed role or a federated user.
    pub fn parse(arn: &str) -> Result<Self, String> {
        let parts: Vec<&str> = arn.splitn(6, ':').collect();
        let &["arn", _, "iam" | "sts", "", account, _] = parts.as_slice() else {
            return Err(format!(
                "'{arn}' is no ARN of a caller: give arn:aws:iam::ACCOUNT:root, arn:aws:iam::ACCOUNT:user/NAME or \
                 arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION"
            ));
        };
        if !is_account(account) {
            return Err(format!(
                "the account of '{arn}' is not a number of 12 digits"
            ));
        }
        let caller = Self {
            arn: arn.to_owned(),
            account: account.to_owned(),
        };
        match caller.parts() {
            Some(_) => Ok(caller),
            None => Err(format!(
                "'{arn}' names neither a root, a user, an assumed role nor a federated user"
            )),
        }
    }

    /// The root of an account.
    #[must_use]
    pub fn root(account: &str) -> Self {
        Self {
            arn: format!("arn:aws:iam::{account}:root"),
            account: account.to_owned(),
        }
    }

    /// What it is.
    #[must_use]
    pub fn kind(&self) -> CallerKind {
        self.parts().map_or(CallerKind::User, |(kind, _)| kind)
    }

    /// The user's name without its path; nothing for what isn't a user (`aws:username`).
    #[must_use]
    pub fn user_name(&self) -> Option<&str> {
        match self.parts()? {
            (CallerKind::User, path) => path.rsplit('/').next(),
            _ => None,
        }
    }

    /// The session's name of an assumed role.
    #[must_use]
    pub fn session_name(&self) -> Option<&str> {
        match self.parts()? {
            (CallerKind::AssumedRole, path) => Some(path.split_once('/')?.1),
            _ => None,
        }
    }

    /// What `aws:PrincipalArn` says: of a session its role.
    #[must_use]
    pub fn principal_arn(&self) -> String {
        match self.parts() {
            Some((CallerKind::AssumedRole, path)) => {
                let role = path.split('/').next().unwrap_or_default();
                let partition = self.arn.split(':').nth(1).unwrap_or("aws");
                format!("arn:{partition}:iam::{}:role/{role}", self.account)
            }
            _ => self.arn.clone(),
        }
    }

    /// The kind, and what follows its name and a slash.
    fn parts(&self) -> Option<(CallerKind, &str)> {
        let mut parts = self.arn.splitn(6, ':');
        let (service, name) = (parts.nth(2)?, parts.nth(2)?);
        if service == "iam" && name == "root" {
            return Some((CallerKind::Root, ""));
        }
        let (kind, path) = name.split_once('/')?;
        let kind = match (service, kind) {
            ("iam", "user") => CallerKind::User,
            ("sts", "assumed-role") if path.contains('/') => CallerKind::AssumedRole,
            ("sts", "federated-user") => CallerKind::FederatedUser,
            _ => return None,
        };
        (!path.is_empty()).then_some((kind, path))
    }
}

/// A compiled `Principal` or `NotPrincipal`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Principals {
    named: Vec<Named>,
    /// Whether it is `NotPrincipal`.
    negated: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Named {
    /// Everybody, unknown people included.
    Anyone,
    Account(Box<str>),
    /// An ARN, to the letter. A role's stands for its sessions.
    Arn(Box<str>),
    Service(Box<str>),
    /// Federated and canonical users: nobody that calls here.
    Nobody,
}

impl Principals {
    pub(super) fn compile(value: &Value, negated: bool) -> Result<Self, Problem> {
        let mut named = Vec::new();
        match value {
            Value::String(text) if text == "*" => named.push(Named::Anyone),
            Value::Object(kinds) if !kinds.is_empty() => {
                for (kind, values) in kinds {
                    let values = super::policy::texts("Principal", values)?;
                    for value in values {
                        named.push(Self::one(kind, value)?);
                    }
                }
            }
            other => {
                return Err(format!(
                    "Principal must be \"*\" or an object such as {{\"AWS\": \"123456789012\"}}, not {other}"
                ));
            }
        }
        Ok(Self { named, negated })
    }

    fn one(kind: &str, value: &str) -> Result<Named, Problem> {
        match kind {
            "AWS" if value == "*" => Ok(Named::Anyone),
            "AWS" if is_account(value) => Ok(Named::Account(value.into())),
            "AWS" => {
                let parts: Vec<&str> = value.splitn(6, ':').collect();
                let &["arn", _, "iam" | "sts" | "cloudfront", "", account, name] = parts.as_slice()
                else {
                    return Err(format!("'{value}' is no principal: an account or an ARN"));
                };
                if value.contains(['*', '?']) {
                    return Err(format!("a principal has no wildcards: '{value}'"));
                }
                if name == "root" && is_account(account) {
                    return Ok(Named::Account(account.into()));
                }
                Ok(Named::Arn(value.into()))
            }
            "Service" if value.contains('.') => Ok(Named::Service(value.into())),
            "Service" => Err(format!("'{value}' is no service principal")),
            "Federated" | "CanonicalUser" => Ok(Named::Nobody),
            other => Err(format!(
                "'{other}' is no kind of principal: AWS, Service, Federated or CanonicalUser"
            )),
        }
    }

    pub(super) fn include(&self, caller: &Caller) -> bool {
        self.named.iter().any(|named| named.is(caller)) != self.negated
    }
}

impl Named {
    fn is(&self, caller: &Caller) -> bool {
        match (self, caller) {
            (Self::Anyone, _) => true,
            (Self::Account(account), Caller::Aws(caller)) => *caller.account == **account,
            (Self::Arn(arn), Caller::Aws(caller)) => {
                *caller.arn == **arn || is_role_of(arn, caller)
            }
            (Self::Service(name), Caller::Service(caller)) => **name == **caller,
            _ => false,
        }
    }
}

/// Whether `arn` is of the role whose session calls. A session's ARN doesn't have the role's path.
fn is_role_of(arn: &str, caller: &AwsCaller) -> bool {
    if caller.kind() != CallerKind::AssumedRole {
        return false;
    }
    let Some((account, role)) = arn.split_once(":role/") else {
        return false;
    };
    let principal = caller.principal_arn();
    let Some((caller_account, caller_role)) = principal.split_once(":role/") else {
        return false;
    };
    account == caller_account && role.rsplit('/').next() == Some(caller_role)
}

/// Whether this is an account's number.
pub(super) fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn aws(arn: &str) -> Caller {
        Caller::Aws(AwsCaller::parse(arn).unwrap())
    }

    #[test]
    fn a_principal_names_accounts_users_roles_and_their_sessions() {
        const ALICE: &str = "arn:aws:iam::111122223333:user/people/alice";
        const SESSION: &str = "arn:aws:sts::111122223333:assumed-role/reader/s1";
        let table = [
            (json!("*"), Caller::Anonymous, true),
            (json!({"AWS": "*"}), Caller::Anonymous, true),
            (json!({"AWS": "*"}), aws(ALICE), true),
            (json!({"AWS": "111122223333"}), aws(ALICE), true),
            (json!({"AWS": "111122223333"}), Caller::Anonymous, false),
            (
                json!({"AWS": "arn:aws:iam::111122223333:root"}),
                aws(SESSION),
                true,
            ),
            (
                json!({"AWS": "arn:aws:iam::999999999999:root"}),
                aws(ALICE),
                false,
            ),
            (json!({"AWS": ["999999999999", ALICE]}), aws(ALICE), true),
            (
                json!({"AWS": "arn:aws:iam::111122223333:user/alice"}),
                aws(ALICE),
                false,
            ),
            (json!({"AWS": SESSION}), aws(SESSION), true),
            (
                json!({"AWS": "arn:aws:sts::111122223333:assumed-role/reader/s2"}),
                aws(SESSION),
                false,
            ),
            (
                json!({"AWS": "arn:aws:iam::111122223333:role/reader"}),
                aws(SESSION),
                true,
            ),
            (
                json!({"AWS": "arn:aws:iam::111122223333:role/teams/reader"}),
                aws(SESSION),
                true,
            ),
            (
                json!({"AWS": "arn:aws:iam::111122223333:role/writer"}),
                aws(SESSION),
                false,
            ),
            (
                json!({"Service": "apigateway.amazonaws.com"}),
                Caller::Service("apigateway.amazonaws.com".into()),
                true,
            ),
            (
                json!({"Service": "apigateway.amazonaws.com"}),
                aws(ALICE),
                false,
            ),
            (
                json!({"Federated": "cognito-identity.amazonaws.com"}),
                aws(ALICE),
                false,
            ),
        ];
        for (principal, caller, expected) in table {
            let named = Principals::compile(&principal, false).unwrap();
            assert_eq!(named.include(&caller), expected, "{principal} {caller:?}");
            let others = Principals::compile(&principal, true).unwrap();
            assert_eq!(
                others.include(&caller),
                !expected,
                "not {principal} {caller:?}"
            );
        }
    }

    #[test]
    fn what_is_no_principal_is_refused() {
        for wrong in [
            json!(null),
            json!("111122223333"),
            json!({}),
            json!({"AWS": "alice"}),
            json!({"AWS": "arn:aws:iam::111122223333:user/*"}),
            json!({"AWS": 7}),
            json!({"Everyone": "*"}),
            json!({"Service": "lambda"}),
        ] {
            assert!(Principals::compile(&wrong, false).is_err(), "{wrong}");
        }
        for wrong in [
            "alice",
            "arn:aws:iam::12:user/a",
            "arn:aws:iam::111122223333:role/r",
            "arn:aws:sts::111122223333:assumed-role/r",
        ] {
            assert!(AwsCaller::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_caller_knows_its_names() {
        let of = |arn| AwsCaller::parse(arn).unwrap();
        let user = of("arn:aws:iam::111122223333:user/people/alice");
        assert_eq!(
            (user.kind(), user.user_name()),
            (CallerKind::User, Some("alice"))
        );
        assert_eq!(user.principal_arn(), user.arn);
        let session = of("arn:aws:sts::111122223333:assumed-role/reader/s1");
        assert_eq!(
            (session.user_name(), session.session_name()),
            (None, Some("s1"))
        );
        assert_eq!(
            session.principal_arn(),
            "arn:aws:iam::111122223333:role/reader"
        );
        assert_eq!(AwsCaller::root("111122223333").kind(), CallerKind::Root);
    }
}

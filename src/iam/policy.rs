//! Policy documents: reading, and what a document says to a request.
//!
//! Source: `spec/iam-policy.md` §1, §3; page "Grammar of the IAM JSON policy language".

use serde_json::{Map, Value};

use super::condition::Condition;
use super::error::{PolicyError, Problem};
use super::keys::Keys;
use super::pattern::{Mode, Pattern};
use super::principal::{Caller, Principals};

/// What a policy is attached to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyKind {
    /// To a user or a role, or what an authorizer answers: it names no principal.
    Identity,
    /// To an API: it names principals.
    Resource,
}

/// What is asked of a policy.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// `execute-api:Invoke`
    pub action: &'a str,
    /// An ARN.
    pub resource: &'a str,
    /// Who asks.
    pub caller: &'a Caller,
    /// The condition keys of the request.
    pub keys: &'a dyn Keys,
}

/// A compiled policy document.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// `Id`
    pub id: Option<String>,
    statements: Vec<Statement>,
}

/// One statement.
#[derive(Clone, Debug, PartialEq)]
struct Statement {
    sid: Option<Box<str>>,
    effect: Effect,
    principals: Option<Principals>,
    actions: Either,
    resources: Either,
    conditions: Vec<Condition>,
}

/// `Action` or `NotAction`, `Resource` or `NotResource`.
#[derive(Clone, Debug, PartialEq)]
struct Either {
    negated: bool,
    patterns: Vec<Pattern>,
}

/// What a statement does where it applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It allows.
    Allow,
    /// It denies, whatever else allows.
    Deny,
}

/// What a policy says to a request. The number is that of the statement that decided, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finding {
    /// A statement denies.
    Deny(usize),
    /// A statement allows and none denies.
    Allow(usize),
    /// No statement applies.
    Silent,
}

/// Why a statement doesn't apply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mismatch {
    /// It is about other callers.
    Principal,
    /// It is about other actions.
    Action,
    /// It is about other resources.
    Resource,
    /// A condition doesn't hold.
    Condition {
        /// `IpAddress`
        operator: String,
        /// `aws:SourceIp`
        key: String,
    },
}

/// One statement's part in a verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Traced {
    /// Its `Sid`, or `statement 2`.
    pub statement: String,
    /// What it would do.
    pub effect: Effect,
    /// Why it doesn't apply; nothing when it does.
    pub mismatch: Option<Mismatch>,
}

impl Policy {
    /// Reads a document.
    ///
    /// # Errors
    /// When it isn't a policy of that kind: the place and the reason.
    pub fn parse(text: &str, kind: PolicyKind) -> Result<Self, PolicyError> {
        let value: Value = serde_json::from_str(text)
            .map_err(|error| PolicyError::document(format!("it is not JSON: {error}")))?;
        Self::from_value(&value, kind)
    }

    /// Reads a document that was JSON already.
    ///
    /// # Errors
    /// When it isn't a policy of that kind: the place and the reason.
    pub fn from_value(document: &Value, kind: PolicyKind) -> Result<Self, PolicyError> {
        let Value::Object(members) = document else {
            return Err(PolicyError::document("it must be an object"));
        };
        let (mut variables, mut id, mut statements) = (false, None, Vec::new());
        for (name, value) in members {
            match (name.as_str(), value) {
                ("Version", Value::String(version)) if version == "2012-10-17" => variables = true,
                ("Version", Value::String(version)) if version == "2008-10-17" => {}
                ("Version", other) => {
                    return Err(PolicyError::document(format!(
                        "Version must be \"2012-10-17\" or \"2008-10-17\", not {other}"
                    )));
                }
                ("Id", Value::String(text)) => id = Some(text.clone()),
                ("Statement", Value::Array(list)) => statements.extend(list),
                ("Statement", one @ Value::Object(_)) => statements.push(one),
                ("Id" | "Statement", other) => {
                    return Err(PolicyError::document(format!("{name} can't be {other}")));
                }
                (other, _) => {
                    return Err(PolicyError::document(format!(
                        "there is no element {other}"
                    )));
                }
            }
        }
        if !members.contains_key("Statement") {
            return Err(PolicyError::document("it has no Statement"));
        }
        let compile = |(at, value): (usize, &Value)| {
            Statement::compile(value, kind, variables).map_err(|p| PolicyError::statement(at, p))
        };
        Ok(Self {
            id,
            statements: statements
                .into_iter()
                .enumerate()
                .map(compile)
                .collect::<Result<_, _>>()?,
        })
    }

    /// What the policy says: a denial wins, then what allows first.
    #[must_use]
    pub fn evaluate(&self, request: &Request<'_>) -> Finding {
        let mut finding = Finding::Silent;
        for (at, statement) in self.statements.iter().enumerate() {
            if finding != Finding::Silent && statement.effect == Effect::Allow {
                continue;
            }
            if statement.judge(request).is_ok() {
                match statement.effect {
                    Effect::Deny => return Finding::Deny(at),
                    Effect::Allow => finding = Finding::Allow(at),
                }
            }
        }
        finding
    }

    /// Every statement with the reason why it applies or doesn't.
    #[must_use]
    pub fn trace(&self, request: &Request<'_>) -> Vec<Traced> {
        let traced = |(at, statement): (usize, &Statement)| Traced {
            statement: self.statement_name(at),
            effect: statement.effect,
            mismatch: statement.judge(request).err().map(Miss::into_mismatch),
        };
        self.statements.iter().enumerate().map(traced).collect()
    }

    /// The name of a statement for people: its `Sid`, else its place, `statement 2`.
    #[must_use]
    pub fn statement_name(&self, at: usize) -> String {
        let sid = self.statements.get(at).and_then(|s| s.sid.as_deref());
        sid.map_or_else(|| format!("statement {}", at + 1), str::to_owned)
    }
}

/// A [`Mismatch`] that has allocated nothing yet.
enum Miss<'a> {
    Principal,
    Action,
    Resource,
    Condition(&'a Condition),
}

impl Miss<'_> {
    fn into_mismatch(self) -> Mismatch {
        match self {
            Self::Principal => Mismatch::Principal,
            Self::Action => Mismatch::Action,
            Self::Resource => Mismatch::Resource,
            Self::Condition(condition) => Mismatch::Condition {
                operator: condition.operator.to_string(),
                key: condition.key.to_string(),
            },
        }
    }
}

impl Statement {
    fn compile(value: &Value, kind: PolicyKind, variables: bool) -> Result<Self, Problem> {
        let Value::Object(members) = value else {
            return Err(format!("it must be an object, not {value}"));
        };
        for name in members.keys() {
            if !ELEMENTS.contains(&name.as_str()) {
                return Err(format!("there is no element {name}"));
            }
        }
        let effect = match members.get("Effect") {
            Some(Value::String(text)) if text == "Allow" => Effect::Allow,
            Some(Value::String(text)) if text == "Deny" => Effect::Deny,
            Some(other) => {
                return Err(format!("Effect must be \"Allow\" or \"Deny\", not {other}"));
            }
            None => return Err("it has no Effect".to_owned()),
        };
        let sid = match members.get("Sid") {
            None => None,
            Some(Value::String(text)) => Some(text.as_str()).filter(|t| !t.is_empty()),
            Some(other) => return Err(format!("Sid must be text, not {other}")),
        };
        let principals = one_of(members, "Principal", "NotPrincipal")?;
        let principals = match (kind, principals) {
            (PolicyKind::Identity, None) => None,
            (PolicyKind::Identity, Some(_)) => {
                return Err("a policy of an identity names no Principal".to_owned());
            }
            (PolicyKind::Resource, None) => return Err("it has no Principal".to_owned()),
            (PolicyKind::Resource, Some((value, negated))) => {
                Some(Principals::compile(value, negated)?)
            }
        };
        let conditions = match members.get("Condition") {
            Some(value) => Condition::compile_all(value, variables)?,
            None => Vec::new(),
        };
        Ok(Self {
            sid: sid.map(Into::into),
            effect,
            principals,
            actions: Either::compile(members, "Action", "NotAction", Mode::Action, variables)?,
            resources: Either::compile(
                members,
                "Resource",
                "NotResource",
                Mode::Resource,
                variables,
            )?,
            conditions,
        })
    }

    fn judge(&self, request: &Request<'_>) -> Result<(), Miss<'_>> {
        let principals = self.principals.as_ref();
        if !principals.is_none_or(|p| p.include(request.caller)) {
            return Err(Miss::Principal);
        }
        if self.actions.includes(request.action, request.keys) != Some(true) {
            return Err(Miss::Action);
        }
        if self.resources.includes(request.resource, request.keys) != Some(true) {
            return Err(Miss::Resource);
        }
        let mut conditions = self.conditions.iter();
        match conditions.find(|c| c.holds(request.keys) != Some(true)) {
            Some(condition) => Err(Miss::Condition(condition)),
            None => Ok(()),
        }
    }
}

const ELEMENTS: &[&str] = &[
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
];

/// The value of one of two elements that exclude each other, and whether it is the second.
fn one_of<'a>(
    members: &'a Map<String, Value>,
    name: &str,
    negated: &str,
) -> Result<Option<(&'a Value, bool)>, Problem> {
    match (members.get(name), members.get(negated)) {
        (Some(_), Some(_)) => Err(format!("it has both {name} and {negated}")),
        (Some(value), None) => Ok(Some((value, false))),
        (None, Some(value)) => Ok(Some((value, true))),
        (None, None) => Ok(None),
    }
}

/// A text or a list of texts.
pub(super) fn texts<'a>(name: &str, value: &'a Value) -> Result<Vec<&'a str>, Problem> {
    let one = |value: &'a Value| {
        let text = value.as_str();
        text.ok_or_else(|| format!("{name} must be text or a list of texts, not {value}"))
    };
    match value {
        Value::Array(values) => values.iter().map(one).collect(),
        value => Ok(vec![one(value)?]),
    }
}

impl Either {
    fn compile(
        members: &Map<String, Value>,
        name: &str,
        not: &str,
        mode: Mode,
        variables: bool,
    ) -> Result<Self, Problem> {
        let Some((value, negated)) = one_of(members, name, not)? else {
            return Err(format!("it has no {name}"));
        };
        let texts = texts(name, value)?;
        if texts.is_empty() {
            return Err(format!("{name} is empty"));
        }
        for text in &texts {
            if mode == Mode::Action && *text != "*" && !text.contains(':') {
                return Err(format!("'{text}' is no action: service:Name"));
            }
            if mode == Mode::Resource && *text != "*" && !text.contains([':', '*', '$']) {
                return Err(format!("'{text}' is no ARN"));
            }
        }
        let patterns = texts
            .into_iter()
            .map(|text| Pattern::compile(text, mode, variables));
        Ok(Self {
            negated,
            patterns: patterns.collect(),
        })
    }

    fn includes(&self, value: &str, keys: &dyn Keys) -> Option<bool> {
        let mut unknown = false;
        for pattern in &self.patterns {
            match pattern.matches(value, keys) {
                Some(true) => return Some(!self.negated),
                Some(false) => {}
                None => unknown = true,
            }
        }
        (!unknown).then_some(self.negated)
    }
}

#[cfg(test)]
#[path = "policy_tests.rs"]
mod tests;

//! Filter expressions: which traces are asked for.
//!
//! Facts: `spec/xray.md` §6, page "Using filter expressions" of the X-Ray guide.

use serde_json::Value;

use super::document::each;

/// Parentheses and braces in each other.
const DEPTH: usize = 32;

/// A parsed expression.
#[derive(Debug, PartialEq)]
pub(super) enum Filter {
    All(Vec<Filter>),
    Any(Vec<Filter>),
    Not(Box<Filter>),
    Test(Key, Operator, Literal),
    /// A service took part, and its segment passes.
    Service(Which, Option<Box<Filter>>),
    /// One service called another, whose segment passes.
    Edge(Which, Which, Option<Box<Filter>>),
}

/// What is tested.
#[derive(Debug, PartialEq)]
pub(super) enum Key {
    Ok,
    Error,
    Fault,
    Throttle,
    Partial,
    ResponseTime,
    Duration,
    /// A member of `http`: in `request` or `response`.
    Http(&'static str, &'static str),
    User,
    Annotation(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    NotEqual,
    Less,
    AtMost,
    Greater,
    AtLeast,
    Contains,
    BeginsWith,
    EndsWith,
    /// There is such a value.
    Exists,
}

#[derive(Debug, PartialEq)]
pub(super) enum Literal {
    Bool(bool),
    Number(f64),
    Text(String),
}

/// A service, by what is said of it.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Which {
    name: Option<String>,
    kind: Option<String>,
    account: Option<String>,
}

/// A trace as filters see it.
pub(super) struct View<'a> {
    pub(super) segments: &'a [Value],
    pub(super) root: Option<&'a Value>,
    pub(super) partial: bool,
    pub(super) duration: f64,
}

impl Filter {
    /// Reads an expression; an error says what is wrong with it.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut parser = Parser {
            tokens: tokens(text)?,
            at: 0,
        };
        let filter = parser.any(0)?;
        match parser.peek() {
            None => Ok(filter),
            Some(token) => Err(format!("{token} is not expected there")),
        }
    }

    /// Whether a trace passes.
    pub(super) fn passes(&self, view: &View<'_>) -> bool {
        self.holds(view, None)
    }

    /// Whether it holds, of one segment or of the trace.
    fn holds(&self, view: &View<'_>, segment: Option<&Value>) -> bool {
        let holds = |inner: &Self| inner.holds(view, segment);
        match self {
            Self::All(all) => all.iter().all(holds),
            Self::Any(any) => any.iter().any(holds),
            Self::Not(inner) => !inner.holds(view, segment),
            Self::Test(key, operator, literal) => test(view, segment, key, *operator, literal),
            Self::Service(which, inner) => view.segments.iter().any(|segment| {
                which.is(segment)
                    && inner
                        .as_ref()
                        .is_none_or(|inner| inner.holds(view, Some(segment)))
            }),
            Self::Edge(from, to, inner) => view.segments.iter().any(|segment| {
                to.is(segment)
                    && calls(view, from, segment)
                    && inner
                        .as_ref()
                        .is_none_or(|inner| inner.holds(view, Some(segment)))
            }),
        }
    }
}

impl Which {
    fn is(&self, segment: &Value) -> bool {
        let same = |asked: &Option<String>, value: &Value| {
            asked.as_deref().is_none_or(|asked| value == asked)
        };
        let account = &segment["aws"]["account_id"];
        let gateways = &segment["aws"]["api_gateway"]["account_id"];
        same(&self.name, &segment["name"])
            && same(&self.kind, &segment["origin"])
            && (same(&self.account, account) || same(&self.account, gateways))
    }
}

/// Whether a segment of that service called the one whose segment this is.
fn calls(view: &View<'_>, from: &Which, called: &Value) -> bool {
    let Some(parent) = called["parent_id"].as_str() else {
        return false;
    };
    view.segments.iter().any(|segment| {
        let mut found = false;
        if from.is(segment) {
            each(segment, &mut |inner| found |= inner["id"] == parent);
        }
        found
    })
}

fn test(
    view: &View<'_>,
    segment: Option<&Value>,
    key: &Key,
    operator: Operator,
    literal: &Literal,
) -> bool {
    let root = segment.or(view.root);
    let flag = |name: &str| root.is_some_and(|root| root[name] == true);
    let boolean = |value: bool| match literal {
        Literal::Bool(wanted) => (value == *wanted) == (operator != Operator::NotEqual),
        _ => false,
    };
    match key {
        Key::Error => boolean(flag("error")),
        Key::Fault => boolean(flag("fault")),
        Key::Throttle => boolean(flag("throttle")),
        Key::Ok => boolean(!flag("error") && !flag("fault") && !flag("throttle")),
        Key::Partial => boolean(view.partial),
        Key::Duration if segment.is_none() => {
            compare(&Value::from(view.duration), operator, literal)
        }
        Key::Duration | Key::ResponseTime => root.is_some_and(|root| {
            let (start, end) = (root["start_time"].as_f64(), root["end_time"].as_f64());
            let took = start.zip(end).map(|(start, end)| end - start);
            took.is_some_and(|took| compare(&Value::from(took), operator, literal))
        }),
        Key::Http(side, member) => {
            let value = root.map(|root| &root["http"][side][member]);
            compare(value.unwrap_or(&Value::Null), operator, literal)
        }
        Key::User => in_any(view, segment, operator, literal, &|inner| &inner["user"]),
        Key::Annotation(name) => in_any(view, segment, operator, literal, &|inner| {
            &inner["annotations"][name]
        }),
    }
}

/// Whether any segment or subsegment has such a value.
fn in_any(
    view: &View<'_>,
    segment: Option<&Value>,
    operator: Operator,
    literal: &Literal,
    value: &dyn Fn(&Value) -> &Value,
) -> bool {
    let mut found = false;
    let segments = match segment {
        Some(segment) => std::slice::from_ref(segment),
        None => view.segments,
    };
    for segment in segments {
        each(segment, &mut |inner| {
            found |= compare(value(inner), operator, literal);
        });
    }
    found
}

fn compare(value: &Value, operator: Operator, literal: &Literal) -> bool {
    use std::cmp::Ordering::{Equal, Greater, Less};
    if value.is_null() {
        return false;
    }
    if operator == Operator::Exists {
        return true;
    }
    let order = match literal {
        Literal::Bool(wanted) => value.as_bool().map(|value| value.cmp(wanted)),
        Literal::Number(wanted) => value.as_f64().and_then(|value| value.partial_cmp(wanted)),
        Literal::Text(wanted) => {
            let Some(value) = value.as_str() else {
                return false;
            };
            match operator {
                Operator::Contains => return value.contains(wanted.as_str()),
                Operator::BeginsWith => return value.starts_with(wanted.as_str()),
                Operator::EndsWith => return value.ends_with(wanted.as_str()),
                _ => Some(value.cmp(wanted.as_str())),
            }
        }
    };
    match operator {
        Operator::Equal => order == Some(Equal),
        Operator::NotEqual => order.is_some_and(|order| order != Equal),
        Operator::Less => order == Some(Less),
        Operator::AtMost => matches!(order, Some(Less | Equal)),
        Operator::Greater => order == Some(Greater),
        Operator::AtLeast => matches!(order, Some(Greater | Equal)),
        _ => false,
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Word(String),
    Text(String),
    Number(f64),
    Sign(&'static str),
}

impl std::fmt::Display for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Word(word) => write!(f, "'{word}'"),
            Self::Text(text) => write!(f, "\"{text}\""),
            Self::Number(number) => write!(f, "{number}"),
            Self::Sign(sign) => write!(f, "'{sign}'"),
        }
    }
}

const SIGNS: [&str; 15] = [
    "!=", "<=", ">=", "=", "<", ">", "!", "(", ")", "{", "}", "[", "]", ",", ":",
];

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        if first == '"' || first == '\'' {
            let after = &rest[1..];
            let end = after
                .find(first)
                .ok_or_else(|| "a text doesn't end: its quote is missing".to_owned())?;
            tokens.push(Token::Text(after[..end].to_owned()));
            rest = &after[end + 1..];
        } else if first.is_ascii_digit() || first == '-' {
            let end = rest
                .find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '-')))
                .unwrap_or(rest.len());
            let number = rest[..end].parse();
            tokens.push(Token::Number(
                number.map_err(|_| format!("{} is no number", &rest[..end]))?,
            ));
            rest = &rest[end..];
        } else if first.is_alphabetic() || first == '_' {
            let end = rest
                .find(|c: char| !(c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | ':')))
                .unwrap_or(rest.len());
            // `name: "x"` in an id: the colon isn't the word's.
            let word = rest[..end].trim_end_matches(':');
            tokens.push(Token::Word(word.to_owned()));
            rest = &rest[word.len()..];
        } else {
            let sign = SIGNS.into_iter().find(|sign| rest.starts_with(sign));
            let sign = sign.ok_or_else(|| format!("'{first}' is not expected there"))?;
            tokens.push(Token::Sign(sign));
            rest = &rest[sign.len()..];
        }
        rest = rest.trim_start();
    }
    Ok(tokens)
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn next(&mut self) -> Result<Token, String> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token.ok_or_else(|| "the expression ends too early".to_owned())
    }

    fn takes(&mut self, sign: &str) -> bool {
        let there = matches!(self.peek(), Some(Token::Sign(s)) if *s == sign);
        self.at += usize::from(there);
        there
    }

    fn expect(&mut self, sign: &str) -> Result<(), String> {
        if self.takes(sign) {
            return Ok(());
        }
        Err(match self.peek() {
            Some(token) => format!("{token} stands where '{sign}' is expected"),
            None => format!("'{sign}' is missing"),
        })
    }

    fn word_is(&self, word: &str) -> bool {
        matches!(self.peek(), Some(Token::Word(w)) if w.eq_ignore_ascii_case(word))
    }

    fn any(&mut self, depth: usize) -> Result<Filter, String> {
        if depth > DEPTH {
            return Err(format!("the expression is nested more than {DEPTH} deep"));
        }
        let mut any = vec![self.all(depth)?];
        while self.word_is("OR") {
            self.at += 1;
            any.push(self.all(depth)?);
        }
        Ok(match any.len() {
            1 => any.remove(0),
            _ => Filter::Any(any),
        })
    }

    fn all(&mut self, depth: usize) -> Result<Filter, String> {
        let mut all = vec![self.one(depth)?];
        loop {
            if self.word_is("AND") {
                self.at += 1;
            } else if self.word_is("OR")
                || matches!(self.peek(), None | Some(Token::Sign(")" | "}")))
            {
                break;
            }
            all.push(self.one(depth)?);
        }
        Ok(match all.len() {
            1 => all.remove(0),
            _ => Filter::All(all),
        })
    }

    fn one(&mut self, depth: usize) -> Result<Filter, String> {
        if depth > DEPTH {
            return Err(format!("the expression is nested more than {DEPTH} deep"));
        }
        if self.takes("!") {
            return Ok(Filter::Not(Box::new(self.one(depth + 1)?)));
        }
        if self.takes("(") {
            let inner = self.any(depth + 1)?;
            self.expect(")")?;
            return Ok(inner);
        }
        let Token::Word(word) = self.next()? else {
            self.at -= 1;
            return Err(match self.peek() {
                Some(token) => format!("{token} stands where a keyword is expected"),
                None => "the expression ends too early".to_owned(),
            });
        };
        match word.to_ascii_lowercase().as_str() {
            "service" => {
                self.expect("(")?;
                let which = self.which()?;
                self.expect(")")?;
                Ok(Filter::Service(which, self.braced(depth)?))
            }
            "edge" => {
                self.expect("(")?;
                let from = self.which()?;
                self.expect(",")?;
                let to = self.which()?;
                self.expect(")")?;
                Ok(Filter::Edge(from, to, self.braced(depth)?))
            }
            _ => self.test(&word),
        }
    }

    fn braced(&mut self, depth: usize) -> Result<Option<Box<Filter>>, String> {
        if !self.takes("{") {
            return Ok(None);
        }
        if self.takes("}") {
            return Ok(None);
        }
        let inner = self.any(depth + 1)?;
        self.expect("}")?;
        Ok(Some(Box::new(inner)))
    }

    /// `"name"`, `id(name: "x", type: "y")`, or nothing for any.
    fn which(&mut self) -> Result<Which, String> {
        if let Some(Token::Text(name)) = self.peek() {
            let name = Some(name.clone());
            self.at += 1;
            return Ok(Which {
                name,
                ..Which::default()
            });
        }
        let mut which = Which::default();
        if !self.word_is("id") {
            return Ok(which);
        }
        self.at += 1;
        self.expect("(")?;
        while let Some(Token::Word(member)) = self.peek().cloned() {
            self.at += 1;
            self.expect(":")?;
            let Token::Text(value) = self.next()? else {
                return Err(format!("id's {member} must be a text"));
            };
            match member.as_str() {
                "name" => which.name = Some(value),
                "type" => which.kind = Some(value),
                "account.id" => which.account = Some(value),
                other => return Err(format!("'{other}' is no member of id")),
            }
            if !self.takes(",") {
                break;
            }
        }
        self.expect(")")?;
        Ok(which)
    }

    fn test(&mut self, word: &str) -> Result<Filter, String> {
        let key = match word.to_ascii_lowercase().as_str() {
            "ok" => Key::Ok,
            "error" => Key::Error,
            "fault" => Key::Fault,
            "throttle" => Key::Throttle,
            "partial" => Key::Partial,
            "responsetime" => Key::ResponseTime,
            "duration" => Key::Duration,
            "http.status" => Key::Http("response", "status"),
            "http.url" => Key::Http("request", "url"),
            "http.method" => Key::Http("request", "method"),
            "http.useragent" => Key::Http("request", "user_agent"),
            "http.clientip" => Key::Http("request", "client_ip"),
            "user" => Key::User,
            "annotation" => {
                self.expect("[")?;
                let (Token::Word(name) | Token::Text(name)) = self.next()? else {
                    return Err("an annotation's key is expected in the brackets".to_owned());
                };
                self.expect("]")?;
                Key::Annotation(name)
            }
            _ => match word.split_once('.') {
                Some(("annotation", name)) => Key::Annotation(name.to_owned()),
                _ => return Err(format!("Sluice knows no keyword '{word}' in filters")),
            },
        };
        let is_flag = matches!(
            key,
            Key::Ok | Key::Error | Key::Fault | Key::Throttle | Key::Partial
        );
        let Some(operator) = self.operator() else {
            return match key {
                Key::Annotation(_) => Ok(Filter::Test(key, Operator::Exists, Literal::Bool(true))),
                key if is_flag => Ok(Filter::Test(key, Operator::Equal, Literal::Bool(true))),
                _ => Err(format!("an operator is missing after '{word}'")),
            };
        };
        if operator == Operator::Exists {
            return Ok(Filter::Test(key, operator, Literal::Bool(true)));
        }
        let literal = match self.next()? {
            Token::Text(text) => Literal::Text(text),
            Token::Number(number) => Literal::Number(number),
            Token::Word(word) if word.eq_ignore_ascii_case("true") => Literal::Bool(true),
            Token::Word(word) if word.eq_ignore_ascii_case("false") => Literal::Bool(false),
            token => return Err(format!("{token} stands where a value is expected")),
        };
        let fits = match (&key, &literal) {
            (Key::Annotation(_), _)
            | (Key::ResponseTime | Key::Duration | Key::Http(_, "status"), Literal::Number(_))
            | (Key::User | Key::Http("request", _), Literal::Text(_)) => true,
            (_, Literal::Bool(_)) => is_flag,
            _ => false,
        };
        if !fits {
            return Err(format!(
                "'{word}' can't be compared with a value of that type"
            ));
        }
        Ok(Filter::Test(key, operator, literal))
    }

    fn operator(&mut self) -> Option<Operator> {
        let operator = match self.peek()? {
            Token::Sign("=") => Operator::Equal,
            Token::Sign("!=") => Operator::NotEqual,
            Token::Sign("<") => Operator::Less,
            Token::Sign("<=") => Operator::AtMost,
            Token::Sign(">") => Operator::Greater,
            Token::Sign(">=") => Operator::AtLeast,
            Token::Word(word) => match word.to_ascii_uppercase().as_str() {
                "CONTAINS" => Operator::Contains,
                "BEGINSWITH" => Operator::BeginsWith,
                "ENDSWITH" => Operator::EndsWith,
                "EXISTS" => Operator::Exists,
                _ => return None,
            },
            _ => return None,
        };
        self.at += 1;
        Some(operator)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn expressions_choose_traces() {
        let segments = [
            json!({
                "id": "00000000000000a1", "name": "pets/prod", "origin": "AWS::ApiGateway::Stage",
                "start_time": 10.0, "end_time": 12.5, "error": true, "user": "ann",
                "http": {
                    "request": {"url": "https://a/prod/x", "method": "GET", "client_ip": "127.0.0.1", "user_agent": "curl/8"},
                    "response": {"status": 404},
                },
                "annotations": {"aws:api_id": "abc", "tries": 3},
                "subsegments": [{"id": "00000000000000a2", "name": "shop", "annotations": {"deep": true}}],
            }),
            json!({
                "id": "00000000000000b1", "name": "shop", "origin": "AWS::EC2::Instance",
                "parent_id": "00000000000000a2", "start_time": 11.0, "end_time": 12.0, "fault": true,
            }),
        ];
        let view = View {
            segments: &segments,
            root: segments.first(),
            partial: false,
            duration: 2.5,
        };
        for (expression, expected) in [
            ("error", true),
            ("!error", false),
            ("error = true AND !fault", true),
            ("ok", false),
            ("fault OR throttle", false),
            ("error != true", false),
            ("partial", false),
            ("partial = false", true),
            ("responsetime > 2 duration < 3", true),
            ("duration >= 2.5 AND duration <= 2.5", true),
            ("responsetime < 2.5", false),
            ("http.status = 404", true),
            ("http.status >= 400 AND http.status < 500", true),
            ("http.status != 404", false),
            ("http.url CONTAINS \"/prod/\"", true),
            ("http.url BEGINSWITH \"http:\"", false),
            ("http.url ENDSWITH \"/x\"", true),
            (
                "http.method = \"GET\" http.useragent CONTAINS \"curl\"",
                true,
            ),
            ("http.clientip = \"127.0.0.1\"", true),
            ("user = \"ann\"", true),
            ("user CONTAINS \"\"", true),
            ("annotation.tries > 2", true),
            ("annotation.tries = \"3\"", false),
            ("annotation[aws:api_id] = \"abc\"", true),
            ("annotation.deep = true", true),
            ("annotation.none", false),
            ("annotation.deep EXISTS", true),
            ("service(\"shop\")", true),
            ("service(\"shop\") { fault }", true),
            ("service(\"pets/prod\") { fault }", false),
            (
                "service(id(name: \"pets/prod\", type: \"AWS::ApiGateway::Stage\"))",
                true,
            ),
            ("service(id(type: \"AWS::Lambda\"))", false),
            ("service() { fault }", true),
            ("edge(\"pets/prod\", \"shop\")", true),
            (
                "edge(\"pets/prod\", \"shop\") { responsetime < 0.5 }",
                false,
            ),
            ("edge(\"shop\", \"pets/prod\")", false),
            ("(ok OR error) AND (fault OR http.status = 404)", true),
        ] {
            let filter = Filter::parse(expression).expect(expression);
            assert_eq!(filter.passes(&view), expected, "{expression}");
        }
    }

    #[test]
    fn what_is_no_expression_is_told_why() {
        for (expression, why) in [
            ("", "ends too early"),
            ("http.status", "an operator is missing"),
            ("http.status = \"404\"", "can't be compared"),
            ("error = 5", "can't be compared"),
            ("what = 1", "no keyword 'what'"),
            ("(error", "')' is missing"),
            ("error)", "')' is not expected"),
            ("user = \"ann", "quote is missing"),
            ("service(\"a\"", "')' is missing"),
            ("error AND", "ends too early"),
            ("duration > 1-2", "is no number"),
            ("#", "'#' is not expected"),
            ("5 = 5", "keyword is expected"),
        ] {
            let error = Filter::parse(expression).unwrap_err();
            assert!(error.contains(why), "{expression}: {error}");
        }
        for deep in [
            "(".repeat(5000),
            "!".repeat(5000),
            "service(){".repeat(5000),
        ] {
            assert!(Filter::parse(&deep).is_err());
        }
    }
}

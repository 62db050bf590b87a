//! `SEARCH`: the metrics that a search expression finds.
//!
//! Facts: `spec/cloudwatch-metrics.md` §4, page "CloudWatch search expression syntax" of the CloudWatch guide.

use std::collections::BTreeSet;

use crate::engine::control::cloudwatch::metric::Metric;
use crate::engine::control::cloudwatch::statistic::Statistic;

/// Characters of a search.
const LENGTH: usize = 1024;
/// Parentheses in each other.
const DEPTH: usize = 32;

/// A search that was read.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::engine::control::cloudwatch) struct Search {
    schema: Option<Schema>,
    term: Term,
    pub(in crate::engine::control::cloudwatch) statistic: Statistic,
    pub(in crate::engine::control::cloudwatch) statistic_name: String,
    /// Seconds; the query's own where the search has none.
    pub(in crate::engine::control::cloudwatch) period: Option<i64>,
}

/// `{Namespace,Dimension,…}`
#[derive(Clone, Debug, PartialEq)]
struct Schema {
    namespace: String,
    dimensions: BTreeSet<String>,
}

#[derive(Clone, Debug, PartialEq)]
enum Term {
    All(Vec<Term>),
    Any(Vec<Term>),
    Not(Box<Term>),
    /// A word that stands in any part of the metric, or in the part of that name.
    Partial(Option<String>, String),
    /// The whole of any part, or of the one of that name.
    Exact(Option<String>, String),
}

impl Search {
    /// Reads a search; an error says what is wrong with it.
    pub(super) fn parse(text: &str, statistic: &str, period: Option<i64>) -> Result<Self, String> {
        let length = text.chars().count();
        if length > LENGTH {
            return Err(format!(
                "a search may have {LENGTH} characters, and this has {length}"
            ));
        }
        let parsed = Statistic::parse(statistic)
            .ok_or_else(|| format!("SEARCH knows no statistic '{statistic}'"))?;
        if let Some(period) = period
            && !(matches!(period, 1 | 5 | 10 | 20 | 30) || period > 0 && period % 60 == 0)
        {
            return Err(format!(
                "SEARCH takes a period of 1, 5, 10, 20, 30 or a multiple of 60 seconds, not {period}"
            ));
        }
        let (schema, rest) = schema(text)?;
        let mut parser = Parser {
            tokens: tokens(rest)?,
            at: 0,
        };
        let term = if parser.tokens.is_empty() {
            Term::All(Vec::new())
        } else {
            parser.any(None, 0)?
        };
        if let Some(token) = parser.tokens.get(parser.at) {
            return Err(format!("{token} is not expected there in a search"));
        }
        if schema.is_none() && term == Term::All(Vec::new()) {
            return Err("a search must name a schema or a term".to_owned());
        }
        Ok(Self {
            schema,
            term,
            statistic: parsed,
            statistic_name: statistic.to_owned(),
            period,
        })
    }

    /// Whether it finds this metric.
    pub(in crate::engine::control::cloudwatch) fn finds(&self, metric: &Metric) -> bool {
        let fits = self.schema.as_ref().is_none_or(|schema| {
            let names: BTreeSet<&String> = metric.dimensions.iter().map(|(n, _)| n).collect();
            schema.namespace == metric.namespace && names.into_iter().eq(&schema.dimensions)
        });
        fits && self.term.holds(metric)
    }
}

impl Term {
    fn holds(&self, metric: &Metric) -> bool {
        match self {
            Self::All(all) => all.iter().all(|term| term.holds(metric)),
            Self::Any(any) => any.iter().any(|term| term.holds(metric)),
            Self::Not(term) => !term.holds(metric),
            Self::Partial(part, word) => {
                parts(metric, part.as_deref()).any(|text| has_words(text, word))
            }
            Self::Exact(part, text) => parts(metric, part.as_deref()).any(|its| its == text),
        }
    }
}

/// The texts of a metric, or those of the part of that name.
fn parts<'a>(metric: &'a Metric, part: Option<&'a str>) -> Box<dyn Iterator<Item = &'a str> + 'a> {
    match part {
        Some("MetricName") => Box::new(std::iter::once(metric.name.as_str())),
        Some("Namespace") => Box::new(std::iter::once(metric.namespace.as_str())),
        Some(dimension) => Box::new(metric.dimension(dimension).into_iter()),
        None => {
            let own = [metric.name.as_str(), metric.namespace.as_str()];
            let dimensions = metric.dimensions.iter();
            Box::new(
                own.into_iter()
                    .chain(dimensions.flat_map(|(name, value)| [name.as_str(), value.as_str()])),
            )
        }
    }
}

/// Whether a text has the words of a term: one word whatever its letters' case, several in a row as they are written.
fn has_words(text: &str, term: &str) -> bool {
    let (text, term) = (words(text), words(term));
    match term[..] {
        [] => false,
        [one] => text.iter().any(|word| word.eq_ignore_ascii_case(one)),
        _ => text.windows(term.len()).any(|window| *window == term[..]),
    }
}

/// The words of a text: they end where letters become digits, where a capital follows, and at all other signs.
fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut start: Option<usize> = None;
    let mut before: Option<char> = None;
    let mut all = text.char_indices().peekable();
    while let Some((at, c)) = all.next() {
        if !c.is_alphanumeric() {
            words.extend(start.take().map(|start| &text[start..at]));
            before = None;
            continue;
        }
        let next_is_small = all.peek().is_some_and(|(_, next)| next.is_lowercase());
        let ends = before.is_some_and(|before| {
            before.is_numeric() != c.is_numeric()
                || (before.is_lowercase() && c.is_uppercase())
                // The last capital of `CPUUtilization` begins the next word.
                || (before.is_uppercase() && c.is_uppercase() && next_is_small)
        });
        if ends {
            words.extend(start.take().map(|start| &text[start..at]));
        }
        start = start.or(Some(at));
        before = Some(c);
    }
    words.extend(start.map(|start| &text[start..]));
    words
}

fn schema(text: &str) -> Result<(Option<Schema>, &str), String> {
    let text = text.trim_start();
    let Some(inner) = text.strip_prefix('{') else {
        return Ok((None, text));
    };
    let mut names = Vec::new();
    let mut rest = inner;
    loop {
        rest = rest.trim_start();
        let (name, after) = match rest.strip_prefix('"') {
            Some(quoted) => quoted
                .split_once('"')
                .ok_or_else(|| "a name in a search's schema doesn't end".to_owned())?,
            None => rest.split_at(rest.find([',', '}']).unwrap_or(rest.len())),
        };
        names.push(name.trim().to_owned());
        let after = after.trim_start();
        if let Some(after) = after.strip_prefix(',') {
            rest = after;
        } else if let Some(after) = after.strip_prefix('}') {
            rest = after;
            break;
        } else {
            return Err("a search's schema doesn't end: its } is missing".to_owned());
        }
    }
    if names.iter().any(String::is_empty) {
        return Err("a search's schema has an empty name".to_owned());
    }
    let namespace = names.remove(0);
    let dimensions = names.into_iter().collect();
    Ok((
        Some(Schema {
            namespace,
            dimensions,
        }),
        rest,
    ))
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Word(String),
    Text(String),
    Sign(char),
}

impl std::fmt::Display for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Word(word) => f.write_str(word),
            Self::Text(text) => write!(f, "\"{text}\""),
            Self::Sign(sign) => write!(f, "{sign}"),
        }
    }
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        if "()=".contains(first) {
            tokens.push(Token::Sign(first));
            rest = &rest[1..];
        } else if let Some(quoted) = rest.strip_prefix('"') {
            let (text, after) = quoted
                .split_once('"')
                .ok_or_else(|| "a text in a search doesn't end: its \" is missing".to_owned())?;
            tokens.push(Token::Text(text.to_owned()));
            rest = after;
        } else {
            let end = rest
                .find(|c: char| c.is_whitespace() || "()=\"".contains(c))
                .unwrap_or(rest.len());
            tokens.push(Token::Word(rest[..end].to_owned()));
            rest = &rest[end..];
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

    fn takes(&mut self, wanted: &Token) -> bool {
        let there = self.peek() == Some(wanted);
        self.at += usize::from(there);
        there
    }

    fn takes_word(&mut self, word: &str) -> bool {
        let there = matches!(self.peek(), Some(Token::Word(w)) if w == word);
        self.at += usize::from(there);
        there
    }

    fn any(&mut self, part: Option<&str>, depth: usize) -> Result<Term, String> {
        if depth > DEPTH {
            return Err(format!("a search is nested more than {DEPTH} deep"));
        }
        let mut any = vec![self.all(part, depth)?];
        while self.takes_word("OR") {
            any.push(self.all(part, depth)?);
        }
        Ok(match any.len() {
            1 => any.remove(0),
            _ => Term::Any(any),
        })
    }

    fn all(&mut self, part: Option<&str>, depth: usize) -> Result<Term, String> {
        let mut all = vec![self.one(part, depth)?];
        loop {
            let named = self.takes_word("AND");
            let ends = match self.peek() {
                None | Some(Token::Sign(')')) => true,
                Some(Token::Word(word)) => word == "OR",
                Some(_) => false,
            };
            if ends && !named {
                break;
            }
            all.push(self.one(part, depth)?);
        }
        Ok(match all.len() {
            1 => all.remove(0),
            _ => Term::All(all),
        })
    }

    fn one(&mut self, part: Option<&str>, depth: usize) -> Result<Term, String> {
        if depth > DEPTH {
            return Err(format!("a search is nested more than {DEPTH} deep"));
        }
        if self.takes_word("NOT") {
            return Ok(Term::Not(Box::new(self.one(part, depth + 1)?)));
        }
        let Some(token) = self.peek().cloned() else {
            return Err("a search ends too early".to_owned());
        };
        self.at += 1;
        match token {
            Token::Sign('(') => {
                let inner = self.any(part, depth + 1)?;
                if self.takes(&Token::Sign(')')) {
                    return Ok(inner);
                }
                Err("a search lacks a )".to_owned())
            }
            Token::Sign(sign) => Err(format!("{sign} is not expected there in a search")),
            Token::Word(word) | Token::Text(word)
                if part.is_none() && self.takes(&Token::Sign('=')) =>
            {
                self.one(Some(&word), depth + 1)
            }
            Token::Word(word) => Ok(Term::Partial(part.map(str::to_owned), word)),
            Token::Text(text) => Ok(Term::Exact(part.map(str::to_owned), text)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_end_where_a_reader_would_end_them() {
        for (text, expected) in [
            ("CPUUtilization", vec!["CPU", "Utilization"]),
            ("4XXError", vec!["4", "XX", "Error"]),
            ("i-0ab12", vec!["i", "0", "ab", "12"]),
            ("pets/{petId}", vec!["pets", "pet", "Id"]),
            ("", vec![]),
            ("--", vec![]),
        ] {
            assert_eq!(words(text), expected);
        }
    }

    #[test]
    fn terms_find_metrics() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let metric = Metric {
            namespace: "AWS/ApiGateway".to_owned(),
            name: "IntegrationLatency".to_owned(),
            dimensions: vec![pair("ApiName", "pet shop"), pair("Stage", "prod")],
        };
        for (search, expected) in [
            ("{AWS/ApiGateway,ApiName,Stage}", true),
            ("{AWS/ApiGateway, Stage, \"ApiName\"} latency", true),
            ("{AWS/ApiGateway,ApiName} latency", false),
            ("{AWS/Lambda,ApiName,Stage}", false),
            ("LATENCY", true),
            ("IntegrationLatency", true),
            ("integrationLatency", false),
            ("Integration", true),
            ("Integrat", false),
            ("\"IntegrationLatency\"", true),
            ("\"Latency\"", false),
            ("MetricName=\"IntegrationLatency\"", true),
            ("MetricName=latency", true),
            ("MetricName=\"Latency\"", false),
            ("Stage=\"prod\" ApiName=(\"a\" OR \"pet shop\")", true),
            ("Stage=\"prod\" AND NOT ApiName=\"pet shop\"", false),
            ("Stage=(\"dev\" OR \"test\")", false),
            ("(dev OR prod) shop", true),
            ("dev OR (prod NOT shop)", false),
            ("Namespace=\"AWS/ApiGateway\"", true),
            ("None=\"x\"", false),
        ] {
            let search = Search::parse(search, "Sum", None).expect(search);
            assert_eq!(search.finds(&metric), expected, "{search:?}");
        }
    }

    #[test]
    fn what_is_no_search_is_told_why() {
        for (search, statistic, period, why) in [
            ("", "Sum", None, "a schema or a term"),
            ("{AWS/ApiGateway", "Sum", None, "} is missing"),
            ("{,a}", "Sum", None, "an empty name"),
            ("a OR", "Sum", None, "ends too early"),
            ("(a", "Sum", None, "lacks a )"),
            ("a)", "Sum", None, ") is not expected"),
            ("\"a", "Sum", None, "\" is missing"),
            ("= a", "Sum", None, "= is not expected"),
            ("a", "sum", None, "no statistic 'sum'"),
            ("a", "Sum", Some(45), "not 45"),
        ] {
            let error = Search::parse(search, statistic, period).unwrap_err();
            assert!(error.contains(why), "{search}: {error}");
        }
        for deep in ["(".repeat(1000), "NOT ".repeat(250)] {
            assert!(Search::parse(&deep, "Sum", None).is_err());
        }
    }
}

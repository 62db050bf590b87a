//! Expressions of metric math as trees. Facts: `spec/cloudwatch-metrics.md` §4.

/// Characters of an expression.
const LENGTH: usize = 2048;
/// Parentheses, brackets and calls in each other.
const DEPTH: usize = 64;

/// An expression.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    Number(f64),
    Text(String),
    /// Another query, by its id.
    Id(String),
    /// A word that a function knows: `REPEAT`, `ASC`, `MAX`.
    Word(String),
    /// `[m1, m2]`
    List(Vec<Node>),
    Negative(Box<Node>),
    Binary(Operator, Box<Node>, Box<Node>),
    Call(String, Vec<Node>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    AtMost,
    Greater,
    AtLeast,
    Plus,
    Minus,
    Times,
    Divided,
    Power,
}

impl Operator {
    /// How closely it binds.
    const fn strength(self) -> u8 {
        match self {
            Self::Or => 1,
            Self::And => 2,
            Self::Equal | Self::NotEqual => 3,
            Self::Less | Self::AtMost | Self::Greater | Self::AtLeast => 4,
            Self::Plus | Self::Minus => 5,
            Self::Times | Self::Divided => 6,
            Self::Power => 8,
        }
    }
}

impl Node {
    /// Reads an expression; an error says what is wrong with it.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let length = text.chars().count();
        if length > LENGTH {
            return Err(format!(
                "it has {length} characters, and {LENGTH} are allowed"
            ));
        }
        let mut parser = Parser {
            tokens: tokens(text)?,
            at: 0,
        };
        let node = parser.binary(0, 0)?;
        match parser.peek() {
            None => Ok(node),
            Some(token) => Err(format!("{token} is not expected there")),
        }
    }

    /// Visits the nodes of the tree.
    pub(super) fn each(&self, visit: &mut dyn FnMut(&Self)) {
        visit(self);
        match self {
            Self::List(all) | Self::Call(_, all) => {
                for node in all {
                    node.each(visit);
                }
            }
            Self::Negative(inner) => inner.each(visit),
            Self::Binary(_, left, right) => {
                left.each(visit);
                right.each(visit);
            }
            Self::Number(_) | Self::Text(_) | Self::Id(_) | Self::Word(_) => {}
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Number(f64),
    Text(String),
    Word(String),
    Operator(Operator, &'static str),
    Sign(char),
}

impl std::fmt::Display for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Text(text) => write!(f, "'{text}'"),
            Self::Word(word) => f.write_str(word),
            Self::Operator(_, sign) => f.write_str(sign),
            Self::Sign(sign) => write!(f, "{sign}"),
        }
    }
}

const OPERATORS: [(&str, Operator); 13] = [
    ("==", Operator::Equal),
    ("!=", Operator::NotEqual),
    ("<=", Operator::AtMost),
    (">=", Operator::AtLeast),
    ("&&", Operator::And),
    ("||", Operator::Or),
    ("<", Operator::Less),
    (">", Operator::Greater),
    ("+", Operator::Plus),
    ("-", Operator::Minus),
    ("*", Operator::Times),
    ("/", Operator::Divided),
    ("^", Operator::Power),
];

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let after = if first == '\'' || first == '"' {
            let (text, after) = quoted(&rest[1..], first)?;
            tokens.push(Token::Text(text));
            after
        } else if first.is_ascii_digit() || first == '.' {
            let end = number_end(rest);
            let number = rest[..end].parse();
            tokens.push(Token::Number(
                number.map_err(|_| format!("{} is no number", &rest[..end]))?,
            ));
            &rest[end..]
        } else if first.is_ascii_alphabetic() {
            let end = rest
                .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
                .unwrap_or(rest.len());
            tokens.push(match &rest[..end] {
                "AND" => Token::Operator(Operator::And, "AND"),
                "OR" => Token::Operator(Operator::Or, "OR"),
                word => Token::Word(word.to_owned()),
            });
            &rest[end..]
        } else if let Some((sign, operator)) = OPERATORS
            .into_iter()
            .find(|(sign, _)| rest.starts_with(sign))
        {
            tokens.push(Token::Operator(operator, sign));
            &rest[sign.len()..]
        } else if "()[],".contains(first) {
            tokens.push(Token::Sign(first));
            &rest[1..]
        } else {
            return Err(format!("{first} is not expected there"));
        };
        rest = after.trim_start();
    }
    Ok(tokens)
}

/// The text up to the quote, in which a backslash takes the next character as it is; and what comes behind.
fn quoted(text: &str, quote: char) -> Result<(String, &str), String> {
    let mut out = String::new();
    let mut all = text.char_indices();
    while let Some((at, c)) = all.next() {
        if c == quote {
            return Ok((out, &text[at + 1..]));
        }
        match c {
            '\\' => out.extend(all.next().map(|(_, c)| c)),
            c => out.push(c),
        }
    }
    Err(format!("a text doesn't end: its {quote} is missing"))
}

fn number_end(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut end = 0;
    while let Some(b) = bytes.get(end) {
        let exponent = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
        match b {
            b'0'..=b'9' | b'.' => end += 1,
            b'e' | b'E' if exponent(end + 1) => end += 2,
            b'e' | b'E' if matches!(bytes.get(end + 1), Some(b'+' | b'-')) && exponent(end + 2) => {
                end += 3;
            }
            _ => break,
        }
    }
    end
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn takes(&mut self, sign: char) -> bool {
        let there = self.peek() == Some(&Token::Sign(sign));
        self.at += usize::from(there);
        there
    }

    fn expect(&mut self, sign: char) -> Result<(), String> {
        if self.takes(sign) {
            return Ok(());
        }
        Err(match self.peek() {
            Some(token) => format!("{token} stands where {sign} is expected"),
            None => format!("{sign} is missing"),
        })
    }

    /// A chain of operators that bind at least so closely.
    fn binary(&mut self, least: u8, depth: usize) -> Result<Node, String> {
        if depth > DEPTH {
            return Err(format!("it is nested more than {DEPTH} deep"));
        }
        let mut left = self.unary(depth)?;
        while let Some(&Token::Operator(operator, _)) = self.peek() {
            let strength = operator.strength();
            if strength < least {
                break;
            }
            self.at += 1;
            // `2^3^2` is `2^(3^2)`; the others are read from the left.
            let next = strength + u8::from(operator != Operator::Power);
            let right = self.binary(next, depth + 1)?;
            left = Node::Binary(operator, Box::new(left), Box::new(right));
        }
        Ok(left)
    }

    fn unary(&mut self, depth: usize) -> Result<Node, String> {
        if matches!(self.peek(), Some(Token::Operator(Operator::Minus, _))) {
            self.at += 1;
            // `-m1^2` is `-(m1^2)`, `-m1*2` is `(-m1)*2`.
            let inner = self.binary(7, depth + 1)?;
            return Ok(Node::Negative(Box::new(inner)));
        }
        self.primary(depth)
    }

    fn primary(&mut self, depth: usize) -> Result<Node, String> {
        let Some(token) = self.peek().cloned() else {
            return Err("it ends too early".to_owned());
        };
        self.at += 1;
        match token {
            Token::Number(number) => Ok(Node::Number(number)),
            Token::Text(text) => Ok(Node::Text(text)),
            Token::Sign('(') => {
                let inner = self.binary(0, depth + 1)?;
                self.expect(')')?;
                Ok(inner)
            }
            Token::Sign('[') => Ok(Node::List(self.list(']', depth)?)),
            Token::Word(word) => {
                if self.takes('(') {
                    return Ok(Node::Call(word, self.list(')', depth)?));
                }
                if word.starts_with(|c: char| c.is_ascii_lowercase()) {
                    return Ok(Node::Id(word));
                }
                Ok(Node::Word(word))
            }
            token => Err(format!("{token} is not expected there")),
        }
    }

    fn list(&mut self, end: char, depth: usize) -> Result<Vec<Node>, String> {
        let mut list = Vec::new();
        if self.takes(end) {
            return Ok(list);
        }
        loop {
            list.push(self.binary(0, depth + 1)?);
            if !self.takes(',') {
                break;
            }
        }
        self.expect(end)?;
        Ok(list)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(node: &Node) -> String {
        let list = |all: &[Node]| all.iter().map(shown).collect::<Vec<_>>().join(" ");
        match node {
            Node::Number(number) => number.to_string(),
            Node::Text(text) => format!("'{text}'"),
            Node::Id(word) | Node::Word(word) => word.clone(),
            Node::List(all) => format!("[{}]", list(all)),
            Node::Negative(inner) => format!("-{}", shown(inner)),
            Node::Binary(op, left, right) => {
                format!("({op:?} {} {})", shown(left), shown(right))
            }
            Node::Call(name, all) => format!("{name}({})", list(all)),
        }
    }

    #[test]
    fn operators_bind_as_in_arithmetic() {
        for (text, tree) in [
            ("m1", "m1"),
            ("1 + 2 * 3", "(Plus 1 (Times 2 3))"),
            ("1 - 2 - 3", "(Minus (Minus 1 2) 3)"),
            ("2^3^2", "(Power 2 (Power 3 2))"),
            ("-m1^2", "-(Power m1 2)"),
            ("-m1*2", "(Times -m1 2)"),
            ("2*-m1", "(Times 2 -m1)"),
            (
                "m1 > 5 AND m2 < 1e-3 || m3",
                "(Or (And (Greater m1 5) (Less m2 0.001)) m3)",
            ),
            ("a == b > c", "(Equal a (Greater b c))"),
            (
                "100*(m4xx+m5xx)/mcount",
                "(Divided (Times 100 (Plus m4xx m5xx)) mcount)",
            ),
            ("FILL(m1, REPEAT)", "FILL(m1 REPEAT)"),
            ("SUM([m1, m2])", "SUM([m1 m2])"),
            ("METRICS()", "METRICS()"),
            (r#"METRICS("err")"#, "METRICS('err')"),
            (
                r#"SEARCH('{A,B} MetricName="x\'s"', 'Sum', 60)"#,
                r#"SEARCH('{A,B} MetricName="x's"' 'Sum' 60)"#,
            ),
            (".5+1.", "(Plus 0.5 1)"),
        ] {
            assert_eq!(shown(&Node::parse(text).expect(text)), tree, "{text}");
        }
    }

    #[test]
    fn what_is_no_expression_is_told_why() {
        for (text, why) in [
            ("", "ends too early"),
            ("m1 +", "ends too early"),
            ("m1 m2", "m2 is not expected"),
            ("(m1", ") is missing"),
            ("SUM(m1", ") is missing"),
            ("[m1, ", "ends too early"),
            ("m1 ? 2", "? is not expected"),
            ("1.2.3", "is no number"),
            ("'a", "' is missing"),
            ("* m1", "* is not expected"),
            ("m1]", "] is not expected"),
        ] {
            let error = Node::parse(text).unwrap_err();
            assert!(error.contains(why), "{text}: {error}");
        }
        assert!(Node::parse(&"(".repeat(2000)).is_err());
        assert!(Node::parse(&"-".repeat(2000)).is_err());
        assert!(Node::parse(&"1+".repeat(1100)).is_err());
        assert!(Node::parse(&format!("{}1", "2^".repeat(1000))).is_err());
    }
}

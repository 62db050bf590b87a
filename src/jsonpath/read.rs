//! Following a path through a document.

use std::rc::Rc;

use crate::java::{ListClass, Map, MapClass, Value};

use super::{Operation, Path, ReadError, Token};

/// Why a search ends without going on.
pub(super) enum Miss {
    /// Jayway's `PathNotFoundException`: wildcards and filters forgive it.
    NotFound,
    /// Its `InvalidPathException`: nobody does, but the whole path counts as not found.
    Invalid,
    /// Anything else fails.
    Failed(String),
}

/// Deeper documents aren't searched; what can be read is less deep.
const DEPTH: usize = 1_000;

pub(super) struct Reader<'a> {
    pub(super) root: Value,
    budget: &'a mut u64,
    depth: usize,
}

pub(super) fn read(
    path: &Path,
    document: &Value,
    budget: &mut u64,
) -> Result<Option<Value>, ReadError> {
    if path.definite
        && let Some(found) = straight(path, document)
    {
        *budget = budget.saturating_sub(path.tokens.len() as u64);
        return Ok(found);
    }
    let mut reader = Reader {
        root: document.clone(),
        budget,
        depth: 0,
    };
    match reader.all(path, document, false) {
        Ok(value) => Ok(Some(value)),
        Err(Miss::NotFound | Miss::Invalid) => Err(ReadError::NotFound),
        Err(Miss::Failed(message)) => Err(ReadError::Failed(message)),
    }
}

/// The commonest paths: names and indexes, one after the other. `None` for others, `Some(None)` when nothing is there.
#[allow(clippy::option_option, reason = "whether it can say, and then what")]
fn straight(path: &Path, document: &Value) -> Option<Option<Value>> {
    let mut value = document.clone();
    for token in path.tokens.iter().skip(1) {
        value = match (token, &value) {
            (Token::Property(name), Value::Map(map)) => match map.get_text(name) {
                Some(next) => next,
                None => return Some(None),
            },
            (Token::Array(numbers, Operation::Single), Value::List(list)) => {
                let at = usize::try_from(numbers[0]).ok();
                match at.and_then(|at| list.items().get(at).cloned()) {
                    Some(next) => next,
                    None => return Some(None),
                }
            }
            _ => return None,
        };
    }
    Some(Some(value))
}

/// One search: its results, and whether missing properties are failures.
struct Search<'p> {
    path: &'p Path,
    results: Vec<Value>,
    strict: bool,
}

impl Search<'_> {
    /// What Jayway calls "upstream definite": the tokens from the one before on.
    fn is_definite_from(&self, at: usize) -> bool {
        self.path.tokens[at.saturating_sub(1)..]
            .iter()
            .all(Token::is_definite)
    }

    fn is_leaf(&self, at: usize) -> bool {
        at + 1 == self.path.tokens.len()
    }
}

impl Reader<'_> {
    pub(super) fn step(&mut self) -> Result<(), Miss> {
        match self.budget.checked_sub(1) {
            Some(left) => {
                *self.budget = left;
                Ok(())
            }
            None => Err(Miss::Failed("the search takes too long".into())),
        }
    }

    /// The value of a definite path inside of a filter.
    pub(super) fn inner(&mut self, path: &Path, item: &Value, strict: bool) -> Result<Value, Miss> {
        self.all(path, item, strict)
    }

    fn all(&mut self, path: &Path, document: &Value, strict: bool) -> Result<Value, Miss> {
        let mut search = Search {
            path,
            results: Vec::new(),
            strict,
        };
        self.token(&mut search, 0, document)?;
        if !path.definite {
            return Ok(Value::list(ListClass::Json, search.results));
        }
        search.results.into_iter().next().ok_or(Miss::NotFound)
    }

    /// Goes on behind a token, or takes the value as a result.
    fn hit(&mut self, search: &mut Search<'_>, at: usize, value: &Value) -> Result<(), Miss> {
        if search.is_leaf(at) {
            search.results.push(value.clone());
            Ok(())
        } else {
            self.token(search, at + 1, value)
        }
    }

    fn token(&mut self, search: &mut Search<'_>, at: usize, value: &Value) -> Result<(), Miss> {
        self.step()?;
        if self.depth > DEPTH {
            return Err(Miss::Failed("the path is too deep".into()));
        }
        self.depth += 1;
        let path = search.path;
        let result = match &path.tokens[at] {
            Token::Root => self.hit(search, at, value),
            Token::Property(name) => self.properties(search, at, std::slice::from_ref(name), value),
            Token::Properties(names) => self.properties(search, at, names, value),
            Token::Array(numbers, operation) => self.array(search, at, numbers, *operation, value),
            Token::Wildcard => self.wildcard(search, at, value),
            Token::Scan => {
                if search.is_leaf(at) {
                    Err(Miss::Failed("`..` needs something to look for".into()))
                } else {
                    self.walk(search, at + 1, value)
                }
            }
            Token::Filter(_) | Token::MissingFilter => self.filter(search, at, value),
        };
        self.depth -= 1;
        result
    }

    fn properties(
        &mut self,
        search: &mut Search<'_>,
        at: usize,
        names: &[Box<str>],
        value: &Value,
    ) -> Result<(), Miss> {
        let Value::Map(map) = value else {
            return Err(Miss::NotFound);
        };
        if let [name] = names {
            return match map.get_text(name) {
                Some(value) => self.hit(search, at, &value),
                None if search.is_leaf(at) || search.strict => Err(Miss::NotFound),
                None if search.is_definite_from(at) => Err(Miss::NotFound),
                None => Ok(()),
            };
        }
        if !search.is_leaf(at) {
            return Err(Miss::Invalid);
        }
        let merged = Map::new(MapClass::Linked);
        for name in names {
            match map.get_text(name) {
                Some(value) => {
                    merged.put(Value::text(name), value);
                }
                None if search.strict => return Err(Miss::NotFound),
                None => {}
            }
        }
        search.results.push(Value::Map(Rc::new(merged)));
        Ok(())
    }

    fn index(
        &mut self,
        search: &mut Search<'_>,
        at: usize,
        items: &[Value],
        index: i64,
    ) -> Result<(), Miss> {
        let item = usize::try_from(index)
            .ok()
            .and_then(|index| items.get(index));
        match item {
            Some(item) => self.hit(search, at, item),
            None => Err(Miss::NotFound),
        }
    }

    fn array(
        &mut self,
        search: &mut Search<'_>,
        at: usize,
        numbers: &[i32],
        operation: Operation,
        value: &Value,
    ) -> Result<(), Miss> {
        let items = match value {
            Value::List(list) => list.items().to_vec(),
            Value::Null => return Err(Miss::NotFound),
            _ => return Err(Miss::Invalid),
        };
        let len = i64::try_from(items.len()).unwrap_or(i64::MAX);
        let number = |n: usize| numbers.get(n).copied().map(i64::from);
        let Some(first) = number(0) else {
            return Err(Miss::Failed(
                "the path has brackets without an index".into(),
            ));
        };
        let range = match operation {
            Operation::Single => return self.index(search, at, &items, first),
            Operation::FromEnd => return self.index(search, at, &items, len + first),
            Operation::Sequence => {
                for &number in numbers {
                    self.index(search, at, &items, number.into())?;
                }
                return Ok(());
            }
            Operation::From => {
                let from = if first < 0 { first + len } else { first };
                from.max(0)..len
            }
            Operation::To => {
                let to = if first < 0 { first + len } else { first };
                0..to.min(len)
            }
            Operation::Between => {
                let to = number(1).unwrap_or(0).min(len);
                if len == 0 { 0..0 } else { first..to }
            }
            Operation::None => {
                return Err(Miss::Failed(
                    "the path has brackets without an index".into(),
                ));
            }
        };
        for index in range {
            self.index(search, at, &items, index)?;
        }
        Ok(())
    }

    fn wildcard(&mut self, search: &mut Search<'_>, at: usize, value: &Value) -> Result<(), Miss> {
        match value {
            Value::Map(map) => {
                let entries = map.pairs().clone();
                for (_, value) in &entries {
                    self.hit(search, at, value)?;
                }
            }
            Value::List(list) => {
                let items = list.items().to_vec();
                for item in &items {
                    match self.hit(search, at, item) {
                        Err(Miss::NotFound) if !search.strict => {}
                        other => other?,
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn accepts(&mut self, token: &Token, value: &Value) -> Result<bool, Miss> {
        match token {
            Token::Filter(filter) => filter.accepts(value, self),
            _ => Err(Miss::Failed("`[?]` has no condition".into())),
        }
    }

    fn filter(&mut self, search: &mut Search<'_>, at: usize, value: &Value) -> Result<(), Miss> {
        let path = search.path;
        let token = &path.tokens[at];
        match value {
            Value::Map(_) => {
                if self.accepts(token, value)? {
                    self.hit(search, at, value)?;
                }
                Ok(())
            }
            Value::List(list) => {
                let items = list.items().to_vec();
                for item in &items {
                    if self.accepts(token, item)? {
                        self.hit(search, at, item)?;
                    }
                }
                Ok(())
            }
            _ => Err(Miss::Invalid),
        }
    }

    /// `..`: looks for the token at `at` in a value and in everything under it.
    fn walk(&mut self, search: &mut Search<'_>, at: usize, value: &Value) -> Result<(), Miss> {
        self.step()?;
        if self.depth > DEPTH {
            return Err(Miss::Failed("the document is too deep".into()));
        }
        self.depth += 1;
        let result = self.walk_here(search, at, value);
        self.depth -= 1;
        result
    }

    fn walk_here(&mut self, search: &mut Search<'_>, at: usize, value: &Value) -> Result<(), Miss> {
        let items: Vec<Value> = match value {
            Value::Map(map) => map.pairs().iter().map(|(_, value)| value.clone()).collect(),
            Value::List(list) => list.items().to_vec(),
            _ => return Ok(()),
        };
        let path = search.path;
        let token = &path.tokens[at];
        let matches = match (token, value) {
            (Token::Property(name), Value::Map(map)) => map.get_text(name).is_some(),
            (Token::Properties(names), Value::Map(map)) => {
                names.iter().all(|name| map.get_text(name).is_some())
            }
            (Token::Array(..), Value::List(_)) | (Token::Wildcard, _) => true,
            (Token::Filter(_) | Token::MissingFilter, _) => self.accepts(token, value)?,
            _ => false,
        };
        if matches {
            if matches!(value, Value::Map(_)) || search.is_leaf(at) {
                self.token(search, at, value)?;
            } else {
                // In a list Jayway goes on with every element, whatever the token says.
                for item in &items {
                    self.token(search, at + 1, item)?;
                }
            }
        }
        for item in &items {
            self.walk(search, at, item)?;
        }
        Ok(())
    }
}

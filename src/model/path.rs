//! Matching of request paths against the resource tree: which resource and which of its verbs answers, and what the path
//! parameters are.
//!
//! Facts: `spec/rest/resources-methods.md` §3 and `spec/aws-recorded/FACTS.md` §10, §14. In short: at each level a literal
//! segment goes before `{name}`, which goes before `{name+}`; a branch that can't finish, be it for want of a path or of a verb,
//! is left for the next one; matching is case-sensitive and on the raw, still percent-encoded path.
//!
//! Slashes before the first segment and after the last one don't count (`/stage//pets/` reaches `/pets`, recorded for the front
//! and for one slash at the end); doubled slashes further inside stand for an empty segment, which only a greedy parameter takes.

/// One level of a path template.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Segment {
    Literal(Box<str>),
    Parameter(Box<str>),
    Greedy(Box<str>),
}

impl Segment {
    fn parse(text: &str) -> Self {
        match text.strip_prefix('{').and_then(|t| t.strip_suffix('}')) {
            Some(name) => match name.strip_suffix('+') {
                Some(name) => Self::Greedy(name.into()),
                None => Self::Parameter(name.into()),
            },
            None => Self::Literal(text.into()),
        }
    }
}

/// A resource's path, `/pets/{petId}`, taken apart.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct PathTemplate(Vec<Segment>);

impl PathTemplate {
    /// Takes a path apart. Everything is a template; a segment that isn't wholly `{name}` or `{name+}` is literal.
    #[must_use]
    pub fn parse(path: &str) -> Self {
        let path = path.trim_matches('/');
        if path.is_empty() {
            return Self::default();
        }
        Self(path.split('/').map(Segment::parse).collect())
    }

    /// The names of its parameters, from left to right.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|segment| match segment {
            Segment::Literal(_) => None,
            Segment::Parameter(name) | Segment::Greedy(name) => Some(&**name),
        })
    }

    /// The parameters that `path` gives, from left to right, undecoded. A path that doesn't match gives those of the part that
    /// could be read; ask [`matches`](Self::matches) first where that matters.
    #[must_use]
    pub fn parameters<'t, 'p>(&'t self, path: &'p str) -> Parameters<'t, 'p> {
        Parameters {
            template: self.0.iter(),
            rest: Some(inner(path)).filter(|p| !p.is_empty()),
        }
    }

    /// Whether `path` is one of those that this template stands for.
    #[must_use]
    pub fn matches(&self, path: &str) -> bool {
        let mut rest = Some(inner(path)).filter(|p| !p.is_empty());
        for segment in &self.0 {
            let Some(path) = rest else { return false };
            let (head, tail) = split(path);
            match segment {
                Segment::Literal(text) if head == &**text => rest = tail,
                Segment::Parameter(_) if !head.is_empty() => rest = tail,
                Segment::Greedy(_) => return true,
                Segment::Literal(_) | Segment::Parameter(_) => return false,
            }
        }
        rest.is_none()
    }
}

/// The parameters of a path, see [`PathTemplate::parameters`].
#[derive(Clone, Debug)]
pub struct Parameters<'t, 'p> {
    template: std::slice::Iter<'t, Segment>,
    rest: Option<&'p str>,
}

impl<'t, 'p> Iterator for Parameters<'t, 'p> {
    type Item = (&'t str, &'p str);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let segment = self.template.next()?;
            let path = self.rest?;
            let (head, tail) = split(path);
            self.rest = tail;
            match segment {
                Segment::Literal(_) => {}
                Segment::Parameter(name) => return Some((name, head)),
                Segment::Greedy(name) => {
                    self.rest = None;
                    return Some((name, path));
                }
            }
        }
    }
}

/// The first segment of a path and what follows its slash.
fn split(path: &str) -> (&str, Option<&str>) {
    // Segments are short: a plain loop over their bytes is faster than a search made for long texts.
    match path.bytes().position(|b| b == b'/') {
        Some(at) => (&path[..at], Some(&path[at + 1..])),
        None => (path, None),
    }
}

/// A path without the slashes around it.
fn inner(path: &str) -> &str {
    let mut path = path;
    while let Some(rest) = path.strip_prefix('/') {
        path = rest;
    }
    while let Some(rest) = path.strip_suffix('/') {
        path = rest;
    }
    path
}

/// The verbs of a resource: a target each, and one for `ANY`.
#[derive(Clone, Debug, Default)]
struct Verbs {
    explicit: Vec<(Box<str>, usize)>,
    any: Option<usize>,
}

impl Verbs {
    fn target(&self, verb: &str) -> Option<usize> {
        self.explicit
            .iter()
            .find_map(|(v, target)| (&**v == verb).then_some(*target))
            .or(self.any)
    }
}

#[derive(Clone, Debug, Default)]
struct Node {
    /// Sorted by segment.
    literals: Vec<(Box<str>, usize)>,
    parameter: Option<usize>,
    greedy: Option<Verbs>,
    verbs: Verbs,
}

/// A resource tree made ready for matching. Targets are the numbers that its maker gave to the methods.
///
/// Matching allocates nothing: a target's parameters are read from the path by its [`PathTemplate`].
#[derive(Clone, Debug)]
pub struct RouteTree(Vec<Node>);

impl Default for RouteTree {
    fn default() -> Self {
        Self(vec![Node::default()])
    }
}

impl RouteTree {
    /// Adds a method: `verb` (or `ANY`) at a resource's path. The same method twice: the later one answers.
    pub fn insert(&mut self, path: &str, verb: &str, target: usize) {
        let mut at = 0;
        for segment in PathTemplate::parse(path).0 {
            at = match segment {
                Segment::Greedy(_) => {
                    let verbs = self.0[at].greedy.get_or_insert_default();
                    Self::set(verbs, verb, target);
                    return;
                }
                Segment::Parameter(_) => {
                    if let Some(child) = self.0[at].parameter {
                        child
                    } else {
                        let child = self.push();
                        self.0[at].parameter = Some(child);
                        child
                    }
                }
                Segment::Literal(text) => {
                    match self.0[at].literals.binary_search_by(|(t, _)| t.cmp(&text)) {
                        Ok(found) => self.0[at].literals[found].1,
                        Err(place) => {
                            let child = self.push();
                            self.0[at].literals.insert(place, (text, child));
                            child
                        }
                    }
                }
            };
        }
        Self::set(&mut self.0[at].verbs, verb, target);
    }

    /// The method that answers `verb` at `path`; nothing is the service's *Missing Authentication Token*.
    #[must_use]
    pub fn find(&self, verb: &str, path: &str) -> Option<usize> {
        let path = inner(path);
        self.descend(0, verb, Some(path).filter(|p| !p.is_empty()))
    }

    // Each node is reached by one prefix of the path only, so backtracking visits a node at most once.
    fn descend(&self, at: usize, verb: &str, rest: Option<&str>) -> Option<usize> {
        let node = &self.0[at];
        let Some(path) = rest else {
            return node.verbs.target(verb);
        };
        let (head, tail) = split(path);
        if let Ok(found) = node
            .literals
            .binary_search_by(|(text, _)| (**text).cmp(head))
            && let Some(target) = self.descend(node.literals[found].1, verb, tail)
        {
            return Some(target);
        }
        if let Some(child) = node.parameter
            && !head.is_empty()
            && let Some(target) = self.descend(child, verb, tail)
        {
            return Some(target);
        }
        node.greedy.as_ref().and_then(|verbs| verbs.target(verb))
    }

    fn push(&mut self) -> usize {
        self.0.push(Node::default());
        self.0.len() - 1
    }

    fn set(verbs: &mut Verbs, verb: &str, target: usize) {
        if verb == "ANY" {
            verbs.any = Some(target);
        } else {
            verbs.explicit.retain(|(v, _)| &**v != verb);
            verbs.explicit.push((verb.into(), target));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tree(routes: &[(&str, &str)]) -> RouteTree {
        let mut tree = RouteTree::default();
        for (i, (verb, path)) in routes.iter().enumerate() {
            tree.insert(path, verb, i);
        }
        tree
    }

    const ROUTES: &[(&str, &str)] = &[
        ("GET", "/"),
        ("GET", "/pets"),
        ("ANY", "/pets/{id}"),
        ("GET", "/pets/{id}/toys"),
        ("GET", "/pets/cat"),
        ("ANY", "/files/{path+}"),
        ("POST", "/test"),
        ("OPTIONS", "/{proxy+}"),
        ("ANY", "/parent/{proxy+}"),
        ("GET", "/parent/{child}"),
        ("HEAD", "/pets"),
    ];

    /// `method path` → the method of [`ROUTES`] that answers.
    #[test]
    fn the_more_specific_resource_answers_and_what_it_lacks_falls_back() {
        let tree = tree(ROUTES);
        let cases: &[(&str, &str, Option<&str>)] = &[
            ("GET", "/", Some("GET /")),
            ("GET", "", Some("GET /")),
            ("POST", "/", None),
            ("GET", "/pets", Some("GET /pets")),
            ("HEAD", "/pets", Some("HEAD /pets")),
            ("GET", "/pets/", Some("GET /pets")),
            ("GET", "//pets", Some("GET /pets")),
            ("GET", "/Pets", None),
            ("GET", "/pets/7", Some("ANY /pets/{id}")),
            ("GET", "/pets/cat", Some("GET /pets/cat")),
            // The literal lacks the verb, the parameter beside it has it.
            ("PUT", "/pets/cat", Some("ANY /pets/{id}")),
            // The literal has no such child, the parameter has.
            ("GET", "/pets/cat/toys", Some("GET /pets/{id}/toys")),
            ("PUT", "/pets/cat/toys", None),
            ("OPTIONS", "/pets/cat/toys", Some("OPTIONS /{proxy+}")),
            // Recorded: POST only on the static one, the greedy one serves OPTIONS.
            ("OPTIONS", "/test", Some("OPTIONS /{proxy+}")),
            ("POST", "/test", Some("POST /test")),
            ("GET", "/test", None),
            // A greedy parameter needs a segment that isn't empty.
            ("GET", "/files", None),
            ("GET", "/files/", None),
            ("OPTIONS", "/", None),
            ("GET", "/files/a", Some("ANY /files/{path+}")),
            ("GET", "/files/a//b/", Some("ANY /files/{path+}")),
            ("GET", "/pets//toys", None),
            ("GET", "/parent/x", Some("GET /parent/{child}")),
            ("PUT", "/parent/x", Some("ANY /parent/{proxy+}")),
            ("GET", "/parent/x/y", Some("ANY /parent/{proxy+}")),
            ("get", "/pets", None),
        ];
        for &(verb, path, expected) in cases {
            let found = tree
                .find(verb, path)
                .map(|i| format!("{} {}", ROUTES[i].0, ROUTES[i].1));
            assert_eq!(found.as_deref(), expected, "{verb} {path}");
        }
    }

    #[test]
    fn parameters_are_read_raw() {
        type Case = (
            &'static str,
            &'static str,
            &'static [(&'static str, &'static str)],
        );
        let cases: &[Case] = &[
            ("/pets/{id}", "/pets/7", &[("id", "7")]),
            (
                "/pets/{id}",
                "/pets/test%2Balias@gmail.com",
                &[("id", "test%2Balias@gmail.com")],
            ),
            ("/a/{b}/c/{d}", "//a/1/c/2/", &[("b", "1"), ("d", "2")]),
            (
                "/x/{proxy+}",
                "/x/proxy-value//double-slash",
                &[("proxy", "proxy-value//double-slash")],
            ),
            ("/{proxy+}", "/proxy-value/", &[("proxy", "proxy-value")]),
            ("/", "/", &[]),
        ];
        for (template, path, expected) in cases {
            let template = PathTemplate::parse(template);
            assert!(template.matches(path), "{path}");
            assert_eq!(template.parameters(path).collect::<Vec<_>>(), *expected);
        }
        assert!(!PathTemplate::parse("/pets/{id}").matches("/random/test"));
        assert!(!PathTemplate::parse("/pets/{id}").matches("/pets/1/2"));
    }

    /// The rules once more, by nothing but texts: all templates that fit the path, the most specific first. Gives the template's place
    /// among the routes, and its parameters.
    fn naive(
        routes: &[(String, String)],
        verb: &str,
        path: &str,
    ) -> Option<(usize, Vec<(String, String)>)> {
        fn parts(path: &str) -> Vec<&str> {
            let path = path.trim_matches('/');
            let parts = path.split('/').collect();
            if path.is_empty() { Vec::new() } else { parts }
        }
        let path = parts(path);
        let fit = |template: &str| {
            let template = parts(template);
            let (mut rank, mut parameters) = (Vec::new(), Vec::new());
            for (i, segment) in template.iter().enumerate() {
                let rest = path.get(i..).filter(|rest| !rest.is_empty())?;
                let name = segment.trim_matches(['{', '}', '+']).to_owned();
                if segment.ends_with("+}") {
                    rank.push(2);
                    parameters.push((name, rest.join("/")));
                    return Some((rank, parameters));
                }
                let is_parameter = segment.starts_with('{') && !rest[0].is_empty();
                if is_parameter {
                    rank.push(1);
                    parameters.push((name, rest[0].to_owned()));
                } else if rest[0] == *segment {
                    rank.push(0);
                } else {
                    return None;
                }
            }
            (template.len() == path.len()).then_some((rank, parameters))
        };
        let mut fitting = Vec::new();
        for (i, (of, template)) in routes.iter().enumerate() {
            if (of == verb || of == "ANY")
                && let Some((rank, parameters)) = fit(template)
            {
                fitting.push((rank, of == "ANY", i, parameters));
            }
        }
        // Ranks of templates that fit one path differ in a segment before either ends, unless the templates are the same.
        fitting.sort();
        let (_, _, i, parameters) = fitting.into_iter().next()?;
        Some((i, parameters))
    }

    fn path_of(segments: &[&str]) -> String {
        format!("/{}", segments.join("/"))
    }

    proptest! {
        #[test]
        fn the_tree_agrees_with_the_naive_reading(
            routes in prop::collection::btree_set(
                (prop::sample::select(vec!["GET", "PUT", "ANY"]),
                 prop::collection::vec(prop::sample::select(vec!["a", "b", "{p}"]), 0..4),
                 any::<bool>()),
                0..12),
            path in prop::collection::vec(prop::sample::select(vec!["a", "b", "c", ""]), 0..5),
            verb in prop::sample::select(vec!["GET", "PUT", "HEAD"]),
        ) {
            let routes: Vec<(String, String)> = routes
                .into_iter()
                .map(|(verb, mut segments, greedy)| {
                    if greedy {
                        segments.push("{rest+}");
                    }
                    (verb.to_owned(), path_of(&segments))
                })
                .collect();
            let mut tree = RouteTree::default();
            for (i, (verb, path)) in routes.iter().enumerate() {
                tree.insert(path, verb, i);
            }
            let path = path_of(&path);
            let found = tree.find(verb, &path);
            let expected = naive(&routes, verb, &path);
            prop_assert_eq!(found, expected.as_ref().map(|(i, _)| *i));
            if let Some((found, parameters)) = expected {
                let template = PathTemplate::parse(&routes[found].1);
                prop_assert!(template.matches(&path));
                let read = template.parameters(&path);
                let read: Vec<_> = read.map(|(n, v)| (n.to_owned(), v.to_owned())).collect();
                prop_assert_eq!(read, parameters);
            }
        }
    }
}

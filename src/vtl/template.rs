//! A parsed template.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::java::{recycle, text};

use super::parser::{self, Kept};
use super::run::{Exit, Run};
use super::tree::{Macros, Names, Node, Program};
use super::{ErrorKind, Input, Limits, Overrides, Span, TemplateError, Tracer};

/// A parsed template, shared by all requests that it serves.
#[derive(Debug)]
pub struct Template {
    text: Box<str>,
    program: Program,
    limits: Limits,
    /// The length of the last output: the next one's is likely about the same.
    room: AtomicUsize,
}

/// More room than this isn't made in advance.
const ROOM: usize = 64 * 1024;

/// Parses a template. The limits also bound its renderings.
pub fn parse(text: &str, limits: &Limits) -> Result<Template, TemplateError> {
    if text.len() > limits.template_bytes {
        let message = format!(
            "the template is longer than {} bytes",
            limits.template_bytes
        );
        return Err(TemplateError::new(
            ErrorKind::Limit,
            text,
            Span::new(0, 0),
            message,
        ));
    }
    match parser::program(text, limits, Names::default(), Macros::new(), Kept::Yes) {
        Ok(program) => Ok(Template {
            text: text.into(),
            program,
            limits: limits.clone(),
            room: AtomicUsize::new(text.len().min(ROOM)),
        }),
        Err(fault) => {
            let (kind, span, message) = *fault;
            Err(TemplateError::new(kind, text, span, message))
        }
    }
}

impl Template {
    /// Renders the template over one request. What it overrides is added to `overrides`; `tracer` is told each step.
    pub fn render(
        &self,
        input: &Input<'_>,
        overrides: &mut Overrides,
        tracer: Option<&mut dyn Tracer>,
    ) -> Result<String, TemplateError> {
        if let Some(text) = self.constant().filter(|_| tracer.is_none()) {
            return Ok(text.to_owned());
        }
        // A tracer that lives longer serves for this rendering.
        #[allow(
            clippy::manual_map,
            clippy::needless_match,
            reason = "the match shortens a lifetime"
        )]
        let tracer: Option<&mut dyn Tracer> = match tracer {
            Some(tracer) => Some(tracer),
            None => None,
        };
        let mut run = Run::new(
            &self.program,
            &self.text,
            &self.limits,
            input,
            overrides,
            tracer,
        );
        let mut out = String::with_capacity(self.room.load(Ordering::Relaxed));
        let ended = run.block(&self.program.block, &None, &mut out);
        if matches!(ended, Ok(()) | Err(Exit::Nearest | Exit::All)) {
            run.collect_overrides();
        }
        let here = run.here;
        // Once no variable holds parts of it any more.
        if let Some(document) = run.ended() {
            recycle(document);
        }
        match ended {
            Ok(()) | Err(Exit::Nearest | Exit::All) => {
                let room = (out.len() + out.len() / 8).min(ROOM);
                self.room.store(room, Ordering::Relaxed);
                Ok(text::encoded(out))
            }
            Err(Exit::Loop(_)) => Err(TemplateError::new(
                ErrorKind::Runtime,
                &self.text,
                here,
                "#break names a loop that it isn't in",
            )),
            Err(Exit::Fault(fault)) => {
                let (kind, span, message) = *fault;
                Err(TemplateError::new(kind, &self.text, span, message))
            }
        }
    }

    /// The output, when it is the same for every request: the template is plain text.
    #[must_use]
    pub fn constant(&self) -> Option<&str> {
        match &*self.program.block {
            [] => Some(""),
            [Node::Text { text, .. }] => Some(text.of(&self.text)),
            _ => None,
        }
    }

    /// The template's text.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.text
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;
    use crate::java::{Other, Value};

    /// How many of the values that a template's variables hold are left once it has ended.
    fn left(template: &str) -> (usize, usize) {
        let template = parse(template, &Limits::default()).unwrap();
        let (input, mut overrides) = (Input::default(), Overrides::default());
        let program = &template.program;
        let mut run = Run::new(
            program,
            &template.text,
            &template.limits,
            &input,
            &mut overrides,
            None,
        );
        run.block(&program.block, &None, &mut String::new())
            .ok()
            .unwrap();
        let mut counts: Vec<Box<dyn Fn() -> usize>> = Vec::new();
        for slot in (0..).take(program.names.len()) {
            match run.get(slot, &None).ok().unwrap() {
                Value::List(list) => {
                    let weak = Rc::downgrade(&list);
                    counts.push(Box::new(move || weak.strong_count()));
                }
                Value::Map(map) => {
                    let weak = Rc::downgrade(&map);
                    counts.push(Box::new(move || weak.strong_count()));
                }
                Value::Other(other) if !matches!(*other, Other::Class(_)) => {
                    let weak = Rc::downgrade(&other);
                    counts.push(Box::new(move || weak.strong_count()));
                }
                _ => {}
            }
        }
        run.ended();
        let left = counts.iter().filter(|count| count() > 0).count();
        (counts.len(), left)
    }

    #[test]
    fn circles_of_references_are_freed() {
        for (template, held) in [
            ("#set($l=[1])#set($x=$l.add($l))$x", 1),
            ("#set($l=[1])#set($x=$l.addAll([$l]))$x", 1),
            ("#set($l=[1])#set($l[0]=$l)", 1),
            ("#set($m={})#set($m.a=$m)", 1),
            ("#set($m={})#set($m['a']=[$m])", 1),
            (
                "#set($a={})#set($b={'a':$a})#set($x=$a.putAll({'b':$b}))",
                2,
            ),
            (
                "#set($m={'a':1})#foreach($e in $m.entrySet())#set($x=$e.setValue($m))#end",
                1,
            ),
            ("#set($l=[1])#set($a=$l.toArray())#set($a[0]=$a)", 2),
            (
                "#foreach($i in [1])#set($s=$foreach)#set($x=$foreach.put('a',$s))#end",
                1,
            ),
            (
                "#foreach($i in [1])#set($s=$foreach)#set($foreach.a=$s)#end",
                1,
            ),
            ("#macro(m)#define($d)x#end#end#m()", 1),
        ] {
            assert_eq!(left(template), (held, 0), "{template}");
        }
    }
}

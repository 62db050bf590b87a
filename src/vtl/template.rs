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

//! A parsed template.

use super::{ErrorKind, Input, Limits, Overrides, Span, TemplateError, Tracer};

/// A parsed template, shared by all requests that it serves.
#[derive(Debug)]
pub struct Template {
    text: Box<str>,
}

/// Parses a template.
pub fn parse(text: &str, limits: &Limits) -> Result<Template, TemplateError> {
    let fail = |kind, start, message: &str| {
        let span = Span::new(start, start + 1);
        Err(TemplateError::new(kind, text, span, message))
    };
    if text.len() > limits.template_bytes {
        return fail(ErrorKind::Limit, 0, "the template is too long");
    }
    if let Some(at) = text.find(['$', '#', '\\']) {
        return fail(
            ErrorKind::Syntax,
            at,
            "references and directives aren't built yet: only plain text renders",
        );
    }
    Ok(Template { text: text.into() })
}

impl Template {
    /// Renders the template over one request. What it overrides is added to `overrides`; `tracer` is told each step.
    pub fn render(
        &self,
        _input: &Input<'_>,
        _overrides: &mut Overrides,
        _tracer: Option<&mut dyn Tracer>,
    ) -> Result<String, TemplateError> {
        Ok(self.text.to_string())
    }

    /// The output, when it is the same for every request: the template is plain text.
    #[must_use]
    pub fn constant(&self) -> Option<&str> {
        Some(&self.text)
    }

    /// The template's text.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.text
    }
}

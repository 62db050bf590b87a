//! The phase that checks a request against its method: required parameters, then the body against the model of its content type.
//!
//! Facts: `spec/rest/validation.md` §1 (the messages and the order of the names recorded).

use std::sync::Arc;

use http::header::CONTENT_TYPE;

use super::exchange::Exchange;
use super::failure::Failure;
use super::mapping::media_type;
use super::record::What;
use super::schema::{Schema, Schemas, Verdict};
use crate::model;

/// What a method's validator checks. A method without one, or whose validator has nothing to check, has none of this.
#[derive(Debug, Default)]
pub(crate) struct Validation {
    /// In the order of the message: headers, path, query.
    required: Vec<Required>,
    /// By content type; a model that describes no JSON isn't here.
    models: Vec<Checked>,
    /// Whether the validator is gone from the definition: what it checked isn't known, so nothing passes.
    lost: bool,
}

/// The model for a content type.
#[derive(Debug)]
struct Checked {
    media_type: Box<str>,
    model: Box<str>,
    schema: Arc<Schema>,
}

/// A required parameter.
#[derive(Debug)]
struct Required {
    place: Place,
    name: Box<str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Header,
    Path,
    Query,
}

/// The key of the model for content types without one of their own.
const ANY_TYPE: &str = "$default";

impl Validation {
    /// What is checked of requests to `method`.
    pub(crate) fn compile<'d>(
        method: &'d model::Method,
        schemas: &mut Schemas<'d>,
    ) -> Option<Box<Self>> {
        let id = method.request_validator_id.as_ref()?;
        let Some(validator) = schemas.definition.request_validators.get(id) else {
            return Some(Box::new(Self {
                lost: true,
                ..Self::default()
            }));
        };
        let mut compiled = Self::default();
        if validator.validate_request_parameters {
            let parameters = method.request_parameters.iter().flatten();
            let required = parameters.filter(|(_, required)| **required);
            compiled.required = required
                .filter_map(|(key, _)| Required::parse(key))
                .collect();
            // Stable: inside a group the order of the definition (which AWS's is, is unverified).
            compiled.required.sort_by_key(|required| required.place);
        }
        if validator.validate_request_body {
            for (kind, name) in method.request_models.iter().flatten() {
                if let Some(schema) = schemas.get(name) {
                    compiled.models.push(Checked {
                        media_type: kind.as_str().into(),
                        model: name.as_str().into(),
                        schema,
                    });
                }
            }
        }
        let checks = !compiled.required.is_empty() || !compiled.models.is_empty();
        checks.then(|| Box::new(compiled))
    }

    /// Whether bodies may have to be read.
    pub(crate) fn reads_body(&self) -> bool {
        !self.models.is_empty()
    }

    /// The model for bodies of this type, by name.
    fn schema(&self, media_type: &str) -> Option<(&str, &Schema)> {
        let find = |wanted: &str| {
            let mut models = self.models.iter();
            models.find(|checked| checked.media_type.eq_ignore_ascii_case(wanted))
        };
        let found = find(media_type).or_else(|| find(ANY_TYPE))?;
        Some((&found.model, &found.schema))
    }
}

impl Required {
    /// Reads `method.request.header.name`.
    fn parse(key: &str) -> Option<Self> {
        let (place, name) = key.strip_prefix("method.request.")?.split_once('.')?;
        let place = match place {
            "header" | "multivalueheader" => Place::Header,
            "path" => Place::Path,
            "querystring" | "multivaluequerystring" => Place::Query,
            _ => return None,
        };
        let name = name.into();
        Some(Self { place, name })
    }

    /// Whether the request has it, and not blank.
    fn is_given(&self, x: &Exchange) -> bool {
        match self.place {
            Place::Header => x
                .header_value(&self.name)
                .is_some_and(|value| !value.trim().is_empty()),
            Place::Path => x
                .path_parameter(&self.name)
                .is_some_and(|value| !value.trim().is_empty()),
            Place::Query => x
                .query_value(&self.name)
                .is_some_and(|value| !value.trim().is_empty()),
        }
    }
}

/// Checks the required parameters; the body needn't be there yet.
pub(crate) fn parameters(x: &Exchange) -> Result<(), Failure> {
    let Some(validation) = x.method().and_then(|m| m.validation.as_deref()) else {
        return Ok(());
    };
    if validation.lost {
        return Err(Failure::configuration(
            "Execution failed due to configuration error: The method's request validator doesn't exist",
        ));
    }
    if validation.required.is_empty() {
        return Ok(());
    }
    let missing: Vec<&str> = validation
        .required
        .iter()
        .filter(|required| !required.is_given(x))
        .map(|required| &*required.name)
        .collect();
    let failure = (!missing.is_empty()).then(|| Failure::missing_parameters(&missing));
    x.record.note(|| What::Validated {
        part: "parameters",
        model: None,
        problems: failure.iter().map(|f| f.message().to_owned()).collect(),
    });
    failure.map_or(Ok(()), Err)
}

/// Checks the body, which was read.
pub(crate) fn body(x: &Exchange) -> Result<(), Failure> {
    let Some(validation) = x.method().and_then(|m| m.validation.as_deref()) else {
        return Ok(());
    };
    let kind = media_type(x.request.headers.get(CONTENT_TYPE));
    let Some((model, schema)) = validation.schema(kind) else {
        return Ok(());
    };
    let verdict = schema.check(&x.request.body);
    x.record.note(|| What::Validated {
        part: "body",
        model: Some(model.to_owned()),
        problems: match &verdict {
            Verdict::Valid => Vec::new(),
            Verdict::Invalid(text) | Verdict::Broken(text) => vec![text.clone()],
        },
    });
    match verdict {
        Verdict::Valid => Ok(()),
        Verdict::Invalid(findings) => Err(Failure::invalid_body(kind, &findings)),
        Verdict::Broken(reason) => Err(Failure::configuration(format!(
            "Execution failed due to configuration error: The model {model} can't be used: {reason}"
        ))),
    }
}
